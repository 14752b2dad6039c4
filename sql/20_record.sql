-- Chapter 2, what: events. The one place from which events enter the log.
-- Called by the audit service (audit_writer). Refuses unknown codes (ID002), codes of another origin (ID003)
-- and events that make no sense (ID005).

create or replace function audit_private.require_origin(code text, origin text) returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_origin text;
begin
  select origin into v_origin from audit.actions where code = require_origin.code;
  if v_origin is null then
    raise exception using
      errcode = 'ID002',
      message = format('unknown action %s', coalesce(audit_private.clean(require_origin.code, 100), 'null')),
      hint = 'Define it with audit.define_action().';
  elsif v_origin <> require_origin.origin then
    raise exception using
      errcode = 'ID003',
      message = format('action %s may only be recorded by origin %s', require_origin.code, v_origin),
      hint = 'Row changes, logins and denials are recorded by the database itself.';
  end if;
end $$;

create or replace function audit_private.require_event(action text, outcome text) returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  perform audit_private.require_origin(require_event.action, 'service');
  if require_event.outcome is null or require_event.outcome not in ('success', 'failure', 'denied', 'attempted') then
    raise exception using
      errcode = 'ID005',
      message = 'an outcome is success, failure, denied or attempted';
  end if;
  if require_event.action like 'AUTH\_%' and require_event.outcome <> 'failure' then
    raise exception using
      errcode = 'ID005',
      message = 'only the database records that a login succeeded or was denied';
  end if;
end $$;
comment on function audit_private.require_event(text, text) is 'Refuses what the audit service may not say.';

create or replace function audit_private.require_metadata(metadata jsonb) returns jsonb
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
  if jsonb_typeof(require_metadata.metadata) <> 'object' or octet_length(require_metadata.metadata::text) > 65536 then
    raise exception using
      errcode = 'ID005',
      message = 'metadata is a JSON object of at most 65536 bytes';
  end if;
  return require_metadata.metadata;
end $$;

-- Parsed bodies: no search_path can change their meaning, and the planner inlines them.
create or replace function audit_private.clamped_time(claimed timestamptz, now timestamptz) returns timestamptz
language sql
stable
return least(
  greatest(coalesce(clamped_time.claimed, clamped_time.now), clamped_time.now - interval '30 days'), clamped_time.now
);
comment on function audit_private.clamped_time(timestamptz, timestamptz) is 'When it happened: within the last 30 days.';

create or replace function audit_private.time_source(claimed timestamptz, now timestamptz) returns audit.time_source
language sql
stable
return case
  when time_source.claimed is null then 'database'::audit.time_source
  when time_source.claimed = audit_private.clamped_time(time_source.claimed, time_source.now) then 'claimed'::audit.time_source
  else 'clamped'::audit.time_source
end;

create or replace function audit_private.entity_key(key text) returns text
language sql
immutable
return case
  -- The entity index holds keys of some 2,700 bytes; a longer one is found by its hash, and whole in changes.
  when octet_length(key) <= 1000 then key
  else 'sha256:' || encode(sha256(convert_to(key, 'UTF8')), 'hex')
end;

create or replace function audit_private.append(
  actor audit_private.actor,
  action text,
  entity_type text default null,
  entity_id text default null,
  description text default null,
  outcome text default 'success',
  permission text default null,
  metadata jsonb default null,
  created_at timestamptz default null
) returns bigint
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_now timestamptz := clock_timestamp();
  v_created_at timestamptz := audit_private.clamped_time(append.created_at, v_now);
  v_metadata jsonb := nullif(audit_private.require_metadata(append.metadata), '{}');
  v_id bigint;
begin
  if (actor).claim is not null then
    v_metadata := coalesce(v_metadata, '{}') || jsonb_build_object('claim', (actor).claim);
  end if;
  insert into audit.audit_logs (
    created_at, recorded_at, action, outcome, user_id, actor_proof, entity_type, entity_id,
    description, permission, ip_address, request_id, metadata, time_source
  ) values (
    v_created_at,
    v_now,
    append.action,
    append.outcome::audit.outcome,
    (actor).user_id,
    (actor).proof,
    audit_private.clean(append.entity_type, 200),
    audit_private.entity_key(audit_private.clean(append.entity_id, 1000)),
    audit_private.clean(append.description, 2000),
    audit_private.clean(append.permission, 100),
    (actor).ip_address,
    (actor).request_id,
    v_metadata,
    audit_private.time_source(append.created_at, v_now)
  )
  returning id into v_id;
  return v_id;
end $$;
comment on function audit_private.append is 'Writes one event; the database stamps who wrote it, when, and in which transaction.';

create or replace function audit.record(
  action text,
  entity_type text default null,
  entity_id text default null,
  description text default null,
  outcome text default 'success',
  metadata jsonb default null,
  permission text default null,
  user_id text default null,
  ip_address inet default null,
  request_id text default null,
  created_at timestamptz default null,
  sealed text default null
) returns bigint
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform audit_private.require_event(record.action, record.outcome);
  return audit_private.append(
    actor => audit_private.resolve_actor(record.sealed, record.user_id, record.ip_address, record.request_id),
    action => record.action,
    entity_type => record.entity_type,
    entity_id => record.entity_id,
    description => record.description,
    outcome => record.outcome,
    permission => record.permission,
    metadata => case when jsonb_typeof(record.metadata) = 'object' then record.metadata - 'claim' else record.metadata end,
    created_at => record.created_at
  );
end $$;
comment on function audit.record is
  'Records an event of origin service and returns its id; the independent session of an application calls it.';

create or replace function audit.define_action(code text, description text, origin text) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
  if exists (
    select from audit.actions
    where code = define_action.code and description = define_action.description and origin = define_action.origin
  ) then
    return;
  end if;
  if define_action.origin is null or define_action.origin not in ('service', 'client')
    or define_action.code ~ '^(AUTH|RBAC|IAM|ROW|TABLE|AUDIT)_'
  then
    raise exception using
      errcode = 'ID003',
      message = 'only actions of origin service or client can be defined, outside AUTH, RBAC, IAM, ROW, TABLE and AUDIT',
      hint = 'The rest belongs to Indelible itself.';
  end if;
  if define_action.code is null or define_action.code !~ '^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$'
    or length(define_action.code) > 100 or coalesce(define_action.description, '') = ''
  then
    raise exception using
      errcode = 'ID005',
      message = 'an action needs a code such as FTMS_BOOKING_CREATED and a description';
  end if;
  if exists (select from audit.actions where code = define_action.code and origin <> define_action.origin) then
    raise exception using
      errcode = 'ID003',
      message = format('action %s is taken by another origin', define_action.code);
  end if;
  insert into audit.actions (code, description, origin)
  values (define_action.code, audit_private.clean(define_action.description, 500), define_action.origin)
  on conflict (code) do update set description = excluded.description;
  perform audit_private.append(
    actor => audit_private.current_actor(),
    action => 'AUDIT_ACTION_DEFINED',
    entity_type => 'AUDIT_ACTION',
    entity_id => define_action.code,
    metadata => jsonb_build_object('origin', define_action.origin, 'description', define_action.description)
  );
end $$;
comment on function audit.define_action(text, text, text) is
  'Adds a code of origin service or client to the catalogue, or betters its description. Idempotent.';
