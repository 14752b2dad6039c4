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

-- The functions below have parsed bodies: no search_path can change their meaning, and the planner puts them in the place of
-- their calls, which are made for every transaction.

-- Bound to transaction, backend and login: a copied context is worthless anywhere else, even on this connection.
create or replace function audit_private.proven_context(body text) returns setof text
language sql
stable
begin atomic
  select
    encode(
      sha256(outer_pad || sha256(
        inner_pad || int4send(pg_backend_pid()) || timestamptz_send(now()) || convert_to(session_user || E'\x1f' || body, 'UTF8')
      )),
      'hex'
    ) || body
  from audit_private.secrets
  where purpose = 'context';
end;
comment on function audit_private.proven_context(text) is
  'A context for this transaction: 64 hexadecimal digits, its HMAC-SHA-256, and the body.';

-- C0, DEL, C1, line separators and bidirectional overrides: log injection (CWE-117) and misleading display.
create or replace function audit_private.clean(value text, length int) returns text
language sql
immutable
return left(
  regexp_replace(
    clean.value,
    E'[\\u0001-\\u001f\\u007f-\\u009f\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069]', chr(65533), 'g'
  ),
  clean.length
);
comment on function audit_private.clean(text, int) is 'Control characters become U+FFFD; cut to so many characters.';

-- Of everything pg_has_role says that a superuser is a member, and psql as postgres could pose as anybody. Whoever has the
-- owner's rights, superusers foremost, proves nothing by what he says; and whoever made the roles administers them alone.
create or replace function audit_private.is_application() returns boolean
language sql
stable
return (pg_has_role(session_user, 'audit_app', 'usage') or pg_has_role(session_user, 'audit_app', 'set'))
  and not pg_has_role(session_user, 'audit_owner', 'usage');
comment on function audit_private.is_application() is 'Whether this login may say for whom it acts.';
