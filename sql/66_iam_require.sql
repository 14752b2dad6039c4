-- Access, inside of any transaction: who may not do that is stopped there (ID015), and what was refused stays on record whatever
-- becomes of the transaction, if a superuser installed the guard and wal_level is logical (sql/guard/40_verdict.sql).
-- Called by anybody, for policies, triggers and functions run with the rights of whoever is at work. For whom only the context
-- of an application says: a login without one is nobody, and whatever it asks for is refused.

create or replace function iam.require_permission(
  permission text,
  sealed text default null,
  user_id text default null,
  ip_address inet default null,
  request_id text default null
) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_actor constant audit_private.actor := audit_private.resolve_actor(
    require_permission.sealed, require_permission.user_id, require_permission.ip_address, require_permission.request_id
  );
  v_verdict text;
  v_reason text;
  v_sent boolean;
begin
  select judged.verdict, judged.reason into strict v_verdict, v_reason
  from iam.judge_permission(v_actor.user_id, require_permission.permission) as judged;
  if v_verdict = 'granted' then
    return;
  end if;
  if audit_private.guard_is_installed() then
    -- By a simple assignment: so the guard sees who asks.
    v_sent := audit_guard.emit_denial(jsonb_build_object(
      'action', iam.denial_action(v_verdict),
      'user_id', v_actor.user_id,
      'actor_proof', v_actor.proof,
      'entity_type', case when v_actor.user_id is not null then 'IAM_USER' end,
      'entity_id', v_actor.user_id,
      'permission', audit_private.clean(require_permission.permission, 100),
      'ip_address', v_actor.ip_address,
      'request_id', v_actor.request_id,
      'metadata', jsonb_strip_nulls(jsonb_build_object('reason', v_reason, 'claim', v_actor.claim))
    ));
  end if;
  raise exception using errcode = 'ID015', message = 'permission denied';
end $$;
comment on function iam.require_permission is
  'Nothing where the permission is held; else ID015, and the denial is recorded whatever becomes of the transaction.';
