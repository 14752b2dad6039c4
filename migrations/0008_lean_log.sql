-- The log as lean as its readers allow. A BRIN index costs every single-row statement more than both btrees together, so
-- the months that are over get an index on time from maintain, and the current one has none. Entities are compared byte by
-- byte, whatever the database's collation, and the more selective column leads.

-- Where they stand, they hold these columns fast; sql/ makes them again.
drop view if exists audit.v_events, audit.v_data_changes, audit.v_authentication, audit.v_denials, audit.v_entity_history;

alter table audit.audit_logs
  alter column entity_type type text collate "C",
  alter column entity_id type text collate "C";

drop index audit.audit_logs_entity_idx;
drop index audit.audit_logs_created_at_idx;
create index audit_logs_entity_idx on audit.audit_logs (entity_id, entity_type);

-- A session's word for whom it acts is remembered as a number that only this session reads (currval) and only the owner
-- sets; see audit_private.current_actor. Unlogged: it outlives no session, so no crash.
create unlogged sequence audit_private.session_context minvalue -9223372036854775808;

-- What of a table is not to be recorded.
alter table audit_private.watches
  add column skipped text[] not null default '{}',
  add column operations text[] not null default '{insert,update,delete,truncate}'
    constraint watches_operations_known check (
      operations <@ '{insert,update,delete,truncate}' and cardinality(operations) > 0
    ),
  add column record_unchanged boolean not null default false;
comment on column audit_private.watches.skipped is 'Columns whose change alone is not recorded.';
comment on column audit_private.watches.operations is 'Which operations are recorded.';
comment on column audit_private.watches.record_unchanged is 'Whether updates that change nothing are recorded, too.';
