-- Chapter 2, what: which events came before. Ids belong to their producer; the digest tells a repetition from another event.
-- Called by the functions that record events of services and clients. Refuses nothing by itself: the verdict is an answer.

-- A repetition that is under way on another session is waited for. At READ COMMITTED the second statement sees it then;
-- above, the first one fails with 40001.
create or replace function audit_private.claim_event(
  producer text, event_id uuid, digest bytea, out verdict text, out log_id bigint
)
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
  insert into audit_private.event_ids (producer, event_id, digest)
  values (claim_event.producer, claim_event.event_id, claim_event.digest)
  on conflict (producer, event_id) do nothing;
  if found then
    claim_event.verdict := 'new';
    return;
  end if;
  select case when known.digest = claim_event.digest then 'known' else 'conflict' end, known.log_id
  into strict claim_event.verdict, claim_event.log_id
  from audit_private.event_ids as known
  where known.producer = claim_event.producer and known.event_id = claim_event.event_id;
end $$;
comment on function audit_private.claim_event is
  'Whether an event is new (then it is claimed, and settle_event is due), known (with its row''s id) or in conflict with a known one.';

create or replace function audit_private.settle_event(producer text, event_id uuid, log_id bigint) returns void
language sql
volatile
set search_path = pg_catalog, pg_temp
as $$
  update audit_private.event_ids set log_id = settle_event.log_id
  where producer = settle_event.producer and event_id = settle_event.event_id
$$;
comment on function audit_private.settle_event(text, uuid, bigint) is 'Keeps which row of the log a claimed event became.';
