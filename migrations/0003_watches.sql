-- What is captured: one row per watched table, kept after unwatch so that the history stays readable.

create table audit_private.watches (
  watch_id bigint generated always as identity
    constraint watches_pkey primary key,
  target regclass not null,
  target_name text not null,
  entity_type text not null
    constraint watches_entity_type_short check (length(entity_type) between 1 and 200),
  capture text not null
    constraint watches_capture_known check (capture in ('row', 'statement')),
  excluded text[] not null default '{}',
  masked text[] not null default '{}',
  started_at timestamptz not null default clock_timestamp(),
  stopped_at timestamptz
);
create unique index watches_active_target_key on audit_private.watches (target) where stopped_at is null;
create unique index watches_active_entity_type_key on audit_private.watches (entity_type) where stopped_at is null;
comment on table audit_private.watches is 'Tables under capture, and those that were.';
comment on column audit_private.watches.target_name is 'The table''s name when it was last watched.';

create table audit_private.installations (
  installation_id bigint generated always as identity
    constraint installations_pkey primary key,
  digest text not null,
  version text not null,
  installed_at timestamptz not null default clock_timestamp()
);
comment on table audit_private.installations is 'Which state of sql/ and migrations/ this database runs, newest last.';
