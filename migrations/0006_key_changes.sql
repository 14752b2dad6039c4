-- Rows whose key changed, found by the old and by the new one. Written beside the log for such rows alone: an index on
-- the log itself would be paid for by every row.

create table audit_private.key_changes (
  changed_at timestamptz not null default clock_timestamp(),
  xid xid8 not null default pg_current_xact_id(),
  entity_type text not null,
  previous_entity_id text not null,
  entity_id text not null
);
create index key_changes_previous_idx on audit_private.key_changes (entity_type, previous_entity_id);
create index key_changes_entity_idx on audit_private.key_changes (entity_type, entity_id);
comment on table audit_private.key_changes is 'Old and new identity of rows whose key was changed.';
