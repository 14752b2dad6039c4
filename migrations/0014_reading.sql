-- What reading the log needs: how the capture of each table was at each time, transactions and requests found by an index,
-- and reads on record.

create table audit_private.capture_versions (
  version_id bigint generated always as identity
    constraint capture_versions_pkey primary key,
  watch_id bigint not null
    constraint capture_versions_watch_fkey references audit_private.watches,
  since timestamptz not null default clock_timestamp(),
  since_id bigint not null,
  is_start boolean not null,
  shape jsonb not null
);
create index capture_versions_watch_idx on audit_private.capture_versions (watch_id, version_id);
comment on table audit_private.capture_versions is 'What was captured of a watched table, and under which names, from when on.';
comment on column audit_private.capture_versions.since_id is 'The newest record before it.';
comment on column audit_private.capture_versions.is_start is 'Whether changes before it may be missing, or cannot be followed across it.';
comment on column audit_private.capture_versions.shape is
  'frame: what makes rows comparable at all; columns by number, with name, type and whether each change is recorded; relations.';

create index audit_logs_request_id_idx on audit.audit_logs (request_id) where request_id is not null;

create table audit_private.noted_reads (
  reader text not null,
  view text not null,
  minute timestamptz not null,
  constraint noted_reads_pkey primary key (reader, view, minute)
);
comment on table audit_private.noted_reads is 'Reads of the log that are on record, of the last day: one for each reader, view and minute.';

insert into audit.actions (code, origin, description) values
  ('AUDIT_LOG_READ', 'database', 'The log was read in SQL; at most one for each login, view and minute.');
