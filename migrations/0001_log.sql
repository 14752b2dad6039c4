-- The catalogue of event codes and the log itself.

create table audit.actions (
  code text
    constraint actions_pkey primary key
    constraint actions_code_format check (code ~ '^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$' and length(code) <= 100),
  description text not null
    constraint actions_description_present check (description <> ''),
  origin text not null
    constraint actions_origin_known check (origin in ('trigger', 'database', 'service', 'client')),
  defined_at timestamptz not null default clock_timestamp()
);
comment on table audit.actions is 'The event codes that may stand in the log; never renamed, never reused.';
comment on column audit.actions.origin is
  'Which door may record the code: capture triggers, database functions, the audit service, or ingest clients.';

-- Enums rather than CHECKs: a CHECK is compiled anew for every statement that writes, at several microseconds each.
create type audit.outcome as enum ('success', 'failure', 'denied', 'attempted');
create type audit.actor_proof as enum ('sealed', 'service', 'client', 'direct');
create type audit.time_source as enum ('database', 'claimed', 'clamped');

create table audit.audit_logs (
  id bigint generated always as identity,
  created_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp(),
  xid xid8 not null default pg_current_xact_id(),
  action text not null,
  outcome audit.outcome not null default 'success',
  user_id text,
  db_user text not null default session_user,
  actor_proof audit.actor_proof not null,
  entity_type text,
  entity_id text,
  description text,
  permission text,
  ip_address inet,
  request_id text,
  changes jsonb,
  metadata jsonb,
  time_source audit.time_source not null default 'database',
  constraint audit_logs_pkey primary key (id, created_at)
) partition by range (created_at);

create table audit_private.audit_logs_default partition of audit.audit_logs default;

-- pg_write_all_data and pg_read_all_data pierce grants, not row security; it costs the owner's functions nothing.
alter table audit.audit_logs enable row level security;
create policy audit_logs_read on audit.audit_logs for select to audit_investigator using (true);

create index audit_logs_entity_idx on audit.audit_logs (entity_type, entity_id, id);
create index audit_logs_created_at_idx on audit.audit_logs using brin (created_at) with (autosummarize = on);

comment on table audit.audit_logs is
  'Who did what, to which record, from where, and whether it worked. Append-only; written by functions alone.';
comment on column audit.audit_logs.id is 'Order of recording; the order of history.';
comment on column audit.audit_logs.created_at is 'When it happened (UTC). Row changes: the database''s clock.';
comment on column audit.audit_logs.recorded_at is 'When the database wrote it down, always by its own clock.';
comment on column audit.audit_logs.xid is 'The transaction that wrote this row: joins what belonged together.';
comment on column audit.audit_logs.action is 'Event code, see audit.actions.';
comment on column audit.audit_logs.outcome is 'success, failure, denied; attempted for a durable intent.';
comment on column audit.audit_logs.user_id is 'The acting user, or null where none is proven or claimed.';
comment on column audit.audit_logs.db_user is 'session_user: the login that really did it.';
comment on column audit.audit_logs.actor_proof is
  'How far user_id is proven: sealed (the database authenticated the session), service (the word of a trusted '
  'application), client (the word of an ingest client), direct (no user claimed; db_user is the actor).';
comment on column audit.audit_logs.entity_id is
  'The key''s text for one column, a JSON object by column name for several.';
comment on column audit.audit_logs.permission is 'The permission that was attempted, on denials.';
comment on column audit.audit_logs.ip_address is 'The client, as a trusted proxy or the socket named it.';
comment on column audit.audit_logs.request_id is 'Made by the middleware for each request, never by the client.';
comment on column audit.audit_logs.changes is 'Row changes: {"old": {column: value}, "new": {column: value}}.';
comment on column audit.audit_logs.time_source is 'Whether created_at is the database''s, claimed, or clamped.';
