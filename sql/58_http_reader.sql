-- Chapter 5, read: who reads the log over HTTP, and that this is on record: one record for each user, what was read, and minute, so
-- that polling fills no log. Called by the functions for the audit service's session, which names for whom it asks. Refuses users
-- without the permission audit.event.read (42501); iam.check_permission records such a refusal before.

create or replace function audit_private.note_http_read(
  actor audit_private.actor, view text, filter jsonb default null, metadata jsonb default '{}'
) returns void
language sql
volatile
set search_path = pg_catalog, pg_temp
as $$
  select audit_private.append(
    actor => actor,
    action => 'AUDIT_LOG_READ',
    entity_type => 'AUDIT_VIEW',
    entity_id => view,
    metadata => jsonb_strip_nulls(jsonb_build_object('filter', nullif(filter, '{}'))) || metadata
  )
$$;

create or replace function audit_private.require_http_reader(actor audit_private.actor) returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  perform from iam.judge_permission((actor).user_id, 'audit.event.read') as judged where judged.verdict = 'granted';
  if not found then
    raise exception using errcode = '42501', message = 'reading the log over HTTP needs the permission audit.event.read';
  end if;
end $$;

create or replace function audit_private.admit_http_reader(
  view text, filter jsonb, sealed text, user_id text, ip_address inet, request_id text
) returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_actor constant audit_private.actor := audit_private.resolve_actor(
    admit_http_reader.sealed, admit_http_reader.user_id, admit_http_reader.ip_address, admit_http_reader.request_id
  );
begin
  perform audit_private.require_http_reader(v_actor);
  insert into audit_private.noted_reads (reader, view, minute) values (
    format('%s/%s', session_user, v_actor.user_id),
    format('%s %s', admit_http_reader.view, encode(sha256(convert_to(admit_http_reader.filter::text, 'UTF8')), 'hex')),
    date_trunc('minute', clock_timestamp())
  ) on conflict do nothing;
  if found then
    perform audit_private.note_http_read(v_actor, admit_http_reader.view, admit_http_reader.filter);
  end if;
end $$;
comment on function audit_private.admit_http_reader is 'Lets a user read who may, and puts that on record unless it is.';
