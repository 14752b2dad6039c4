-- Chapter 2, what: the success of an action that was on record before it began (fail_closed). The attempt was recorded by the
-- audit service; its success belongs into the transaction of the business, whose login (audit_app) may record nothing else.
-- Called by applications right before they commit. Refuses what is no attempt, by its row and its id (ID016).

create or replace function audit.finish_attempt(
  attempt_id bigint, intent_id uuid, event_id uuid, entity_id text, metadata jsonb, created_at timestamptz
) returns bigint
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_attempt audit.audit_logs;
begin
  -- What can be said is what was attempted; the id is known to nobody but who attempted it.
  select * into v_attempt
  from audit.audit_logs as log
  where log.id = finish_attempt.attempt_id
    and log.outcome = 'attempted'
    and log.metadata ->> 'event_id' = finish_attempt.intent_id::text;
  if not found then
    raise exception using errcode = 'ID016', message = 'no such attempt is on record';
  end if;
  return audit_private.append(
    actor => audit_private.current_actor(),
    action => v_attempt.action,
    entity_type => v_attempt.entity_type,
    entity_id => coalesce(finish_attempt.entity_id, v_attempt.entity_id),
    description => v_attempt.description,
    metadata => coalesce(audit_private.require_metadata(finish_attempt.metadata) - 'claim', '{}')
      || jsonb_build_object('event_id', finish_attempt.event_id, 'intent_id', finish_attempt.intent_id),
    created_at => finish_attempt.created_at
  );
end $$;
comment on function audit.finish_attempt is
  'Records, in this transaction, that an action succeeded whose attempt is on record; returns the id of the new row.';
