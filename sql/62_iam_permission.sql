-- Access: may this user do that? The answer is a verdict, never an exception, and a refusal is on record with the
-- permission that was asked for. Called by applications (audit_app) on the independent session, so that no rollback
-- of the request takes the record away.

create or replace function iam.judge_permission(username text, permission text)
returns table (verdict text, reason text)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select judged.verdict, judged.reason
  from (values (1)) as one
  left join iam.users as account on account.username = judge_permission.username
  cross join lateral (
    select
      exists (select from iam.user_roles as held where held.username = account.username) as has_role,
      exists (select from iam.permissions as known where known.permission = judge_permission.permission) as known,
      exists (
        select from iam.user_roles as held
        join iam.role_permissions as given using (role)
        where held.username = account.username and given.permission = judge_permission.permission
      ) as granted
  ) as fact
  cross join lateral (
    select
      case
        when judge_permission.username is null then 'unauthenticated'
        when not account.active then 'inactive'
        when not fact.has_role then 'no_role'
        when fact.granted then 'granted'
        else 'denied'
      end as verdict,
      case
        when judge_permission.username is null then 'unauthenticated'
        when account.username is null then 'unknown_user'
        when not account.active then 'inactive'
        when not fact.has_role then 'no_role'
        when not fact.known then 'unknown_permission'
        else 'not_granted'
      end as reason
  ) as judged
$$;

-- A parsed body: no search_path can change its meaning, and the planner inlines it.
create or replace function iam.denial_action(verdict text) returns text
language sql
immutable
return case denial_action.verdict when 'no_role' then 'RBAC_ROLE_MISSING' else 'RBAC_PERMISSION_DENIED' end;

create or replace function iam.check_permission(
  permission text,
  sealed text default null,
  user_id text default null,
  ip_address inet default null,
  request_id text default null,
  metadata jsonb default null
) returns text
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_actor audit_private.actor := audit_private.resolve_actor(
    check_permission.sealed, check_permission.user_id, check_permission.ip_address, check_permission.request_id
  );
  v_verdict text;
  v_reason text;
begin
  select judged.verdict, judged.reason into strict v_verdict, v_reason
  from iam.judge_permission(v_actor.user_id, check_permission.permission) as judged;
  if v_verdict <> 'granted' then
    perform audit_private.append(
      actor => v_actor,
      action => iam.denial_action(v_verdict),
      entity_type => case when v_actor.user_id is not null then 'IAM_USER' end,
      entity_id => v_actor.user_id,
      outcome => 'denied',
      permission => check_permission.permission,
      metadata => coalesce(check_permission.metadata, '{}') || jsonb_build_object('reason', v_reason)
    );
  end if;
  return v_verdict;
end $$;
comment on function iam.check_permission is
  'granted, denied, no_role, inactive or unauthenticated; whatever is not granted is recorded.';
