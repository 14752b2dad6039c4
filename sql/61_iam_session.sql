-- Identity: sessions. A bearer token is known only to its client; the application sends the token's sha256, and the
-- database stores the sha256 of that, so neither its tables nor its statement log hold what opens the HTTP door.
-- Called by applications (audit_app). Refuses nothing: no session is an empty answer.

create or replace view iam.open_sessions as
select session.session_id, session.token_digest, session.expires_at, account.username, account.display_name
from iam.sessions as session
join iam.users as account using (username)
where session.ended_at is null and session.expires_at > clock_timestamp() and account.active;
comment on view iam.open_sessions is 'Sessions that say who somebody is; for functions of the owner alone.';

create or replace function iam.authenticate(token_hash bytea, ip_address inet, request_id text)
returns table (username text, display_name text, sealed text, expires_at timestamptz)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
  return query
  select
    session.username,
    session.display_name,
    audit_private.seal_context(
      session.username, authenticate.ip_address, authenticate.request_id, session.session_id
    ),
    session.expires_at
  from iam.open_sessions as session
  where session.token_digest = sha256(authenticate.token_hash);
end $$;
comment on function iam.authenticate is
  'The user of a session, and the sealed context that lets one request act for that user. No row: not authenticated.';

create or replace function iam.logout(token_hash bytea, ip_address inet, request_id text) returns boolean
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_username text;
begin
  update iam.sessions as session set ended_at = clock_timestamp()
  where session.token_digest = sha256(logout.token_hash)
    and session.ended_at is null
    and session.expires_at > clock_timestamp()
  returning session.username into v_username;
  if v_username is null then
    return false;
  end if;
  perform audit_private.append(
    actor => row(v_username, logout.ip_address, logout.request_id, 'sealed', null)::audit_private.actor,
    action => 'AUTH_LOGOUT',
    entity_type => 'IAM_USER',
    entity_id => v_username
  );
  return true;
end $$;
comment on function iam.logout is 'Ends a session; false where there was none.';

create or replace function iam.end_sessions(username text) returns void
language sql
volatile
set search_path = pg_catalog, pg_temp
as $$
  update iam.sessions as session set ended_at = clock_timestamp()
  where session.username = end_sessions.username and session.ended_at is null
$$;
