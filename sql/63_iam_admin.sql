-- Identity and access, administered. Called by iam_admin. Every function is idempotent: what is so already is not
-- done again and leaves no record. Refuses with ID009 what does not exist or is malformed.

create or replace function iam.record_change(action text, entity_type text, entity_id text, metadata jsonb) returns void
language sql
volatile
set search_path = pg_catalog, pg_temp
as $$
  select audit_private.append(
    actor => audit_private.current_actor(),
    action => record_change.action,
    entity_type => record_change.entity_type,
    entity_id => record_change.entity_id,
    metadata => record_change.metadata
  )
$$;

create or replace function iam.require_user(username text) returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  if not exists (select from iam.users as account where account.username = require_user.username) then
    raise exception using
      errcode = 'ID009',
      message = format('no user %s', coalesce(audit_private.clean(require_user.username, 100), 'null'));
  end if;
end $$;

create or replace function iam.create_user(username text, display_name text, active boolean default true) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
  if exists (select from iam.users as account where account.username = create_user.username) then
    return;
  end if;
  insert into iam.users (username, display_name, active)
  values (create_user.username, audit_private.clean(create_user.display_name, 200), create_user.active);
  perform iam.record_change(
    'IAM_USER_CREATED', 'IAM_USER', create_user.username, jsonb_build_object('active', create_user.active)
  );
exception when check_violation or not_null_violation then
  raise exception using
    errcode = 'ID009',
    message = 'a username is 1 to 100 of a-z 0-9 . _ @ + - in lower case, a display name 1 to 200 characters';
end $$;
comment on function iam.create_user is 'Creates a user, who cannot log in before iam.set_password().';

create or replace function iam.set_password(
  username text, salt bytea, memory_kib int, iterations int, parallelism int, verifier bytea
) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
  perform iam.require_user(set_password.username);
  insert into iam.credentials (username, salt, memory_kib, iterations, parallelism, verifier)
  values (
    set_password.username, set_password.salt, set_password.memory_kib,
    set_password.iterations, set_password.parallelism, set_password.verifier
  )
  on conflict (username) do update set
    salt = excluded.salt, memory_kib = excluded.memory_kib, iterations = excluded.iterations,
    parallelism = excluded.parallelism, verifier = excluded.verifier, changed_at = clock_timestamp();
  perform iam.end_sessions(set_password.username);
  perform iam.record_change('IAM_PASSWORD_SET', 'IAM_USER', set_password.username, null);
exception when check_violation or not_null_violation then
  raise exception using
    errcode = 'ID009',
    message = 'argon2id needs a salt of 16 to 64 bytes, at least 8192 KiB, 1 to 20 iterations, and a 32-byte verifier';
end $$;
comment on function iam.set_password is 'verifier = sha256(argon2id key of 32 bytes): the password never comes here. Ends all sessions.';

create or replace function iam.set_active(username text, active boolean) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
  perform iam.require_user(set_active.username);
  update iam.users as account set active = set_active.active
  where account.username = set_active.username and account.active <> set_active.active;
  if not found then
    return;
  end if;
  if not set_active.active then
    perform iam.end_sessions(set_active.username);
  end if;
  perform iam.record_change(
    case when set_active.active then 'IAM_USER_ACTIVATED' else 'IAM_USER_DEACTIVATED' end,
    'IAM_USER', set_active.username, null
  );
end $$;
comment on function iam.set_active is 'Activates or deactivates a user; deactivation ends all sessions at once.';

create or replace function iam.set_policy(
  max_failures int default null, lock_minutes int default null,
  session_hours int default null, keep_unknown_names boolean default null
) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_before iam.policy;
  v_after iam.policy;
begin
  select * into strict v_before from iam.policy for update;
  update iam.policy set
    max_failures = coalesce(set_policy.max_failures, max_failures),
    lock_minutes = coalesce(set_policy.lock_minutes, lock_minutes),
    session_hours = coalesce(set_policy.session_hours, session_hours),
    keep_unknown_names = coalesce(set_policy.keep_unknown_names, keep_unknown_names)
  returning * into strict v_after;
  if v_after is distinct from v_before then
    perform iam.record_change(
      'IAM_POLICY_CHANGED', 'IAM_POLICY', null,
      jsonb_build_object('old', to_jsonb(v_before) - 'only_row', 'new', to_jsonb(v_after) - 'only_row')
    );
  end if;
exception when check_violation then
  raise exception using
    errcode = 'ID009',
    message = 'policy: 1 to 100 failures, locked for 1 to 1440 minutes, sessions of 1 to 720 hours';
end $$;
comment on function iam.set_policy is 'Changes lock-out, session length, or whether unknown names are kept verbatim.';
