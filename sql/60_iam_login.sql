-- Identity: passwords, decided by the database without a hash ever leaving it ("server relief": the application
-- computes argon2id, the database compares the sha256 of the result).
-- Called by applications (audit_app), each function in a transaction of its own. login_begin commits the attempt,
-- so that rolling back login_finish is one more failure and no free guess. Refuses with ID008 what is no open attempt.

create or replace function iam.normal_username(username text) returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
  select lower(normalize(btrim(username), nfkc))
$$;

create or replace function iam.login_begin(username text, ip_address inet, request_id text)
returns table (attempt_id uuid, salt bytea, memory_kib int, iterations int, parallelism int)
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_name text := iam.normal_username(left(coalesce(login_begin.username, ''), 1000));
  v_known iam.credentials;
begin
  perform iam.record_abandoned(audit_private.mac('login', convert_to('name:' || v_name, 'UTF8')));
  select credential.* into v_known from iam.credentials as credential where credential.username = v_name;
  -- A name nobody has gets a salt that stays the same, or its changing would tell.
  attempt_id := gen_random_uuid();
  salt := coalesce(v_known.salt, substr(audit_private.mac('login', convert_to('salt:' || v_name, 'UTF8')), 1, 16));
  memory_kib := coalesce(v_known.memory_kib, 19456);
  iterations := coalesce(v_known.iterations, 2);
  parallelism := coalesce(v_known.parallelism, 1);
  insert into iam.login_attempts (attempt_id, subject, username, unknown_name, ip_address, request_id)
  select
    login_begin.attempt_id,
    audit_private.mac('login', convert_to('name:' || v_name, 'UTF8')),
    v_known.username,
    case when v_known.username is null and policy.keep_unknown_names then audit_private.clean(v_name, 200) end,
    login_begin.ip_address,
    audit_private.clean(login_begin.request_id, 128)
  from iam.policy as policy;
  return next;
end $$;
comment on function iam.login_begin is 'Opens an attempt; returns the argon2id parameters, true or convincing, of that name.';

create or replace function iam.is_locked(attempt iam.login_attempts) returns boolean
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  -- Unfinished attempts count as failures: whoever abandons or rolls back login_finish has guessed all the same.
  select coalesce(count(*) >= max(policy.max_failures), false)
  from iam.policy as policy
  cross join iam.login_attempts as other
  where other.subject = (attempt).subject
    and other.attempt_id <> (attempt).attempt_id
    and other.started_at > clock_timestamp() - make_interval(mins => policy.lock_minutes)
    and (other.verdict is null or other.verdict in ('failed', 'unknown', 'abandoned'))
    and other.started_at > coalesce(
      (
        select max(success.finished_at) from iam.login_attempts as success
        where success.subject = (attempt).subject and success.verdict = 'succeeded'
      ),
      '-infinity'
    )
$$;

create or replace function iam.judge_attempt(attempt iam.login_attempts, derived_key bytea) returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_matches boolean;
  v_active boolean;
begin
  select credential.verifier = sha256(judge_attempt.derived_key), account.active into v_matches, v_active
  from iam.credentials as credential
  join iam.users as account using (username)
  where credential.username = (attempt).username;
  return case
    when iam.is_locked(attempt) then 'locked'
    when v_active is null then 'unknown'
    when not v_active then 'inactive'
    when v_matches then 'succeeded'
    else 'failed'
  end;
end $$;

create or replace function iam.login_finish(
  attempt_id uuid, derived_key bytea, token_hash bytea, metadata jsonb default null
) returns table (verdict text, username text, expires_at timestamptz)
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_attempt iam.login_attempts;
begin
  select attempt.* into v_attempt from iam.login_attempts as attempt
  where attempt.attempt_id = login_finish.attempt_id
    and attempt.verdict is null
    and attempt.xid <> pg_current_xact_id()
    and attempt.started_at > clock_timestamp() - interval '2 minutes'
  for update;
  if v_attempt.attempt_id is null or length(login_finish.token_hash) is distinct from 32 then
    raise exception using
      errcode = 'ID008',
      message = 'no such open login attempt',
      hint = 'Call iam.login_begin() first and commit it; a token hash has 32 bytes.';
  end if;
  verdict := iam.judge_attempt(v_attempt, login_finish.derived_key);
  update iam.login_attempts as attempt
  set verdict = login_finish.verdict, finished_at = clock_timestamp()
  where attempt.attempt_id = v_attempt.attempt_id;
  if verdict = 'succeeded' then
    username := v_attempt.username;
    insert into iam.sessions as session (token_digest, username, ip_address, expires_at)
    select sha256(login_finish.token_hash), v_attempt.username, v_attempt.ip_address,
      clock_timestamp() + make_interval(hours => policy.session_hours)
    from iam.policy as policy
    returning session.expires_at into expires_at;
  end if;
  perform iam.record_attempt(v_attempt, verdict, login_finish.metadata);
  return next;
end $$;
comment on function iam.login_finish is
  'Decides an attempt and records it; on success the session of that token begins. The verdict is not for the client.';

create or replace function iam.record_attempt(attempt iam.login_attempts, verdict text, metadata jsonb) returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  perform audit_private.append(
    actor => row(
      (attempt).username, (attempt).ip_address, (attempt).request_id,
      case record_attempt.verdict when 'succeeded' then 'sealed' else 'service' end, null
    )::audit_private.actor,
    action => case record_attempt.verdict
      when 'succeeded' then 'AUTH_LOGIN_SUCCEEDED'
      when 'inactive' then 'AUTH_LOGIN_INACTIVE'
      when 'locked' then 'AUTH_LOGIN_LOCKED'
      else 'AUTH_LOGIN_FAILED'
    end,
    entity_type => 'IAM_USER',
    entity_id => (attempt).username,
    outcome => case record_attempt.verdict when 'succeeded' then 'success' else 'failure' end,
    metadata => coalesce(record_attempt.metadata, '{}') || case
      when record_attempt.verdict = 'succeeded' then '{}'::jsonb
      else jsonb_build_object('reason', case record_attempt.verdict
        when 'failed' then 'wrong_password' when 'unknown' then 'unknown_user' else record_attempt.verdict
      end)
    end || case
      when (attempt).username is not null then '{}'::jsonb
      else jsonb_strip_nulls(jsonb_build_object(
        'name_digest', encode((attempt).subject, 'hex'), 'name', (attempt).unknown_name
      ))
    end
  );
end $$;

-- Whoever rolled login_finish back, or never called it, has guessed unrecorded: it comes on record later.
create or replace function iam.record_abandoned(subject bytea) returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_attempt iam.login_attempts;
begin
  for v_attempt in
    update iam.login_attempts as attempt set verdict = 'abandoned', finished_at = clock_timestamp()
    where attempt.verdict is null
      and attempt.started_at < clock_timestamp() - interval '2 minutes'
      and (record_abandoned.subject is null or attempt.subject = record_abandoned.subject)
    returning attempt.*
  loop
    perform iam.record_attempt(v_attempt, 'abandoned', null);
  end loop;
end $$;

create or replace function iam.forget_attempts() returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  perform iam.record_abandoned(null);
  delete from iam.login_attempts where started_at < now() - interval '30 days';
  delete from iam.sessions where coalesce(ended_at, expires_at) < now() - interval '30 days';
end $$;
