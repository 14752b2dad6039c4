-- Identity of other applications: service accounts, their API keys, and what they may record. Called by iam_admin.
-- A key is made by whoever administers it, outside of the database (indelible.new_api_key): what comes here is its digest.
-- Idempotent: what is so already is not done again and leaves no record. Refuses with ID009 what does not exist or is malformed.

create or replace function iam.create_service_account(account text, description text) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
  insert into iam.service_accounts (account, description)
  values (create_service_account.account, audit_private.clean(create_service_account.description, 500))
  on conflict (account) do nothing;
  if found then
    perform iam.record_change('IAM_ACCOUNT_CREATED', 'IAM_ACCOUNT', create_service_account.account, null);
  end if;
exception when check_violation or not_null_violation then
  raise exception using
    errcode = 'ID009',
    message = 'a service account is 1 to 100 of a-z 0-9 . _ - in lower case and has a description';
end $$;
comment on function iam.create_service_account(text, text) is
  'Creates an account for an application, which can record nothing before iam.grant_scope() and iam.create_api_key().';

create or replace function iam.require_service_account(account text) returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  if not exists (select from iam.service_accounts as known where known.account = require_service_account.account) then
    raise exception using
      errcode = 'ID009',
      message = format('no service account %s', coalesce(audit_private.clean(require_service_account.account, 100), 'null'));
  end if;
end $$;

create or replace function iam.set_service_account_active(account text, active boolean) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
  perform iam.require_service_account(set_service_account_active.account);
  update iam.service_accounts as known set active = set_service_account_active.active
  where known.account = set_service_account_active.account and known.active <> set_service_account_active.active;
  if found then
    perform iam.record_change(
      case when set_service_account_active.active then 'IAM_ACCOUNT_ACTIVATED' else 'IAM_ACCOUNT_DEACTIVATED' end,
      'IAM_ACCOUNT', set_service_account_active.account, null
    );
  end if;
end $$;
comment on function iam.set_service_account_active(text, boolean) is
  'Activates or deactivates an account; from its deactivation on, none of its keys opens anything.';

create or replace function iam.create_api_key(
  account text, key_id text, key_digest bytea, expires_at timestamptz default null
) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
  perform iam.require_service_account(create_api_key.account);
  if exists (
    select from iam.api_keys as known
    where known.account = create_api_key.account and known.key_id = create_api_key.key_id
      and known.key_digest = create_api_key.key_digest and known.expires_at is not distinct from create_api_key.expires_at
  ) then
    return;
  end if;
  insert into iam.api_keys (key_id, account, key_digest, expires_at)
  values (create_api_key.key_id, create_api_key.account, create_api_key.key_digest, create_api_key.expires_at);
  perform iam.record_change(
    'IAM_KEY_CREATED', 'IAM_ACCOUNT', create_api_key.account,
    jsonb_strip_nulls(jsonb_build_object('key_id', create_api_key.key_id, 'expires_at', create_api_key.expires_at))
  );
exception when check_violation or not_null_violation or unique_violation then
  raise exception using
    errcode = 'ID009',
    message = 'a key has an id of 12 of a-z 0-9 and a digest of 32 bytes, which no other key has';
end $$;
comment on function iam.create_api_key(text, text, bytea, timestamptz) is
  'Gives an account a further key: the digest is sha256(sha256(key)), and the key never comes here.';

create or replace function iam.revoke_api_key(key_id text) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_account text;
begin
  if not exists (select from iam.api_keys as known where known.key_id = revoke_api_key.key_id) then
    raise exception using errcode = 'ID009', message = 'no API key of this id';
  end if;
  update iam.api_keys as known set revoked_at = clock_timestamp()
  where known.key_id = revoke_api_key.key_id and known.revoked_at is null
  returning known.account into v_account;
  if v_account is not null then
    perform iam.record_change(
      'IAM_KEY_REVOKED', 'IAM_ACCOUNT', v_account, jsonb_build_object('key_id', revoke_api_key.key_id)
    );
  end if;
end $$;
comment on function iam.revoke_api_key(text) is 'Ends a key for ever; the account''s other keys stay.';

create or replace function iam.list_api_keys()
returns table (
  account text, active boolean, key_id text,
  created_at timestamptz, expires_at timestamptz, revoked_at timestamptz, last_used_at timestamptz
)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select known.account, owner.active, known.key_id, known.created_at, known.expires_at, known.revoked_at, known.last_used_at
  from iam.api_keys as known
  join iam.service_accounts as owner on owner.account = known.account
  order by known.account, known.created_at, known.key_id
$$;
comment on function iam.list_api_keys() is 'All keys by their ids, and when each was used last, to the minute.';

create or replace function iam.grant_scope(account text, kind text, pattern text) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
  perform iam.require_service_account(grant_scope.account);
  insert into iam.scopes (account, kind, pattern) values (grant_scope.account, grant_scope.kind, grant_scope.pattern)
  on conflict do nothing;
  if found then
    perform iam.record_change(
      'IAM_SCOPE_GRANTED', 'IAM_ACCOUNT', grant_scope.account, jsonb_build_object(grant_scope.kind, grant_scope.pattern)
    );
  end if;
exception when check_violation or not_null_violation then
  raise exception using
    errcode = 'ID009',
    message = 'a scope is an action or an entity_type such as SHOP_ORDER_PLACED, or SHOP_* for all that begin with SHOP_';
end $$;
comment on function iam.grant_scope(text, text, text) is
  'Lets an account record an action or entity_type: one, or with _* at its end all that begin so.';

create or replace function iam.revoke_scope(account text, kind text, pattern text) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
  delete from iam.scopes as held
  where held.account = revoke_scope.account and held.kind = revoke_scope.kind and held.pattern = revoke_scope.pattern;
  if found then
    perform iam.record_change(
      'IAM_SCOPE_REVOKED', 'IAM_ACCOUNT', revoke_scope.account, jsonb_build_object(revoke_scope.kind, revoke_scope.pattern)
    );
  end if;
end $$;
comment on function iam.revoke_scope(text, text, text) is 'Takes back what iam.grant_scope() gave, by the same words.';
