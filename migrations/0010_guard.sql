-- What the guard and its companions remember: how each watched table looked, how far verdicts were drained, and when a
-- superuser installed the guard; and the codes.

create table audit_private.shapes (
  watch_id bigint
    constraint shapes_pkey primary key
    constraint shapes_watch_fkey references audit_private.watches,
  shape jsonb not null,
  capture text not null,
  attached text[] not null default '{}',
  disabled text[] not null default '{}',
  once_excluded text[] not null default '{}',
  once_masked text[] not null default '{}',
  overdue oid[] not null default '{}',
  noted_at timestamptz not null default clock_timestamp()
);
create index shapes_overdue_idx on audit_private.shapes (watch_id) where overdue <> '{}';
comment on table audit_private.shapes is 'How each watched table looked when it was last looked at; without expressions.';
comment on column audit_private.shapes.attached is 'Its capture triggers that were as they must be.';
comment on column audit_private.shapes.disabled is 'Those of which it is on record that they no longer were.';
comment on column audit_private.shapes.once_masked is
  'Columns that were masked when they were dropped: one of the same name is masked again.';
comment on column audit_private.shapes.overdue is
  'Partitions that came, or tables that moved, until they are given what their capture needs of their owner.';

create table audit_private.drains (
  slot_name text
    constraint drains_pkey primary key,
  system_identifier text not null,
  next_lsn pg_lsn not null,
  drained_at timestamptz not null default clock_timestamp()
);
comment on table audit_private.drains is 'Up to where verdicts were taken from the write-ahead log into the audit log.';
comment on column audit_private.drains.system_identifier is 'Positions of another cluster, from which this one was restored, mean nothing.';

create table audit_private.guards (
  installed_at timestamptz not null default clock_timestamp(),
  installed_by text not null default session_user,
  made text[] not null
);
comment on table audit_private.guards is 'When a superuser installed or restored event triggers of the guard: since then they must be there.';

insert into audit.actions (code, origin, description) values
  ('AUDIT_SCHEMA_CHANGED', 'database', 'The definition of a watched table, or of a table of the audit itself, was changed.'),
  ('AUDIT_CAPTURE_DISABLED', 'database', 'Capture triggers of a watched table were disabled, dropped or replaced.'),
  ('AUDIT_CAPTURE_ENABLED', 'database', 'Capture triggers of a watched table were put back.'),
  ('AUDIT_TAMPERING_REFUSED', 'database', 'A change of the audit objects was attempted and refused.'),
  ('AUDIT_GUARD_INSTALLED', 'database', 'A superuser installed or restored the guard of the audit objects.'),
  ('AUDIT_VERDICTS_FORGED', 'database', 'Messages that pretended to be verdicts were found and thrown away.'),
  ('AUDIT_VERDICTS_LOST', 'database', 'The replication slot was lost: refusals before this moment may be missing.');
