-- Chapter 1, who: message authentication codes over the actor.
-- Called only by functions of the owner. Refuses nothing by itself: a wrong code is an answer, not an error.

create or replace function audit_private.mac(purpose text, message bytea) returns bytea
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_mac bytea;
begin
  select sha256(outer_pad || sha256(inner_pad || mac.message)) into strict v_mac
  from audit_private.secrets
  where purpose = mac.purpose;
  return v_mac;
end $$;
comment on function audit_private.mac(text, bytea) is 'HMAC-SHA-256 (RFC 2104) under the key of that purpose.';

-- Bound to transaction, backend and login: a copied context is worthless anywhere else, even on this connection.
-- A parsed body: no search_path can change its meaning, and the planner may inline it.
create or replace function audit_private.context_message(body text) returns bytea
language sql
stable
return int4send(pg_backend_pid()) || timestamptz_send(now()) || convert_to(session_user || E'\x1f' || body, 'UTF8');

create or replace function audit_private.clean(value text, length int) returns text
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
  -- C0, DEL, C1, line separators and bidirectional overrides: log injection (CWE-117) and misleading display.
  return left(
    regexp_replace(
      clean.value,
      E'[\\u0001-\\u001f\\u007f-\\u009f\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069]', chr(65533), 'g'
    ),
    clean.length
  );
end $$;
comment on function audit_private.clean(text, int) is 'Control characters become U+FFFD; cut to so many characters.';

create or replace function audit_private.is_application() returns boolean
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  -- pg_has_role alone says yes for every superuser, and psql as postgres could pose as anybody.
  return coalesce(
    (
      select not login.rolsuper and pg_has_role(login.oid, 'audit_app', 'member')
      from pg_catalog.pg_roles as login
      where login.rolname = session_user
    ),
    false
  );
end $$;
comment on function audit_private.is_application() is 'Whether this login may say for whom it acts.';
