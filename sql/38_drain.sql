-- Chapter 3, guard: verdicts on their way into the log. Refusals of the guard, and of iam.require_permission(), travel in the
-- write-ahead log, because their transactions are undone; audit.drain() fetches and records them, each once. Called by
-- audit_admin (indelible maintain, up, demo), in a transaction of its own. Where no superuser installed the guard there are none.

create or replace function audit_private.record_verdict(event jsonb) returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  -- Not append(): login and time are those of the attempt.
  insert into audit.audit_logs (
    created_at, recorded_at, action, outcome, user_id, db_user, actor_proof, entity_type, entity_id,
    description, permission, ip_address, request_id, metadata
  ) values (
    (event ->> 'created_at')::timestamptz,
    clock_timestamp(),
    event ->> 'action',
    (event ->> 'outcome')::audit.outcome,
    event ->> 'user_id',
    event ->> 'db_user',
    coalesce(event ->> 'actor_proof', 'direct')::audit.actor_proof,
    event ->> 'entity_type',
    audit_private.entity_key(event ->> 'entity_id'),
    event ->> 'description',
    event ->> 'permission',
    (event ->> 'ip_address')::inet,
    event ->> 'request_id',
    nullif(event -> 'metadata', 'null')
  );
end $$;

create or replace function audit_private.note_drain(action text, metadata jsonb) returns void
language sql
volatile
set search_path = pg_catalog, pg_temp
as $$
  select audit_private.append(actor => audit_private.current_actor(), action => action, metadata => metadata)
$$;

-- All messages that begin before next_lsn are in the log. Stored only where it says something new, once a minute to say that
-- somebody drains: an idle drain writes next to nothing.
create or replace function audit_private.store_progress(slot text, next_lsn pg_lsn, matters boolean) returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
  insert into audit_private.drains (slot_name, system_identifier, next_lsn)
  values (store_progress.slot, (select system_identifier from pg_control_system()), store_progress.next_lsn)
  on conflict (slot_name) do update set
    system_identifier = excluded.system_identifier, next_lsn = excluded.next_lsn, drained_at = excluded.drained_at
  where store_progress.matters
    or drains.system_identifier <> excluded.system_identifier
    or excluded.next_lsn - drains.next_lsn > 16777216
    or excluded.drained_at - drains.drained_at > interval '1 minute';
end $$;

create or replace function audit_private.drain_slot(slot text, from_lsn pg_lsn) returns bigint
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_most constant int := 10000;
  v_upto constant pg_lsn := greatest(pg_current_wal_flush_lsn(), from_lsn);
  v_next pg_lsn := from_lsn;
  v_message record;
  v_event jsonb;
  v_seen bigint := 0;
  v_recorded bigint := 0;
  v_forged bigint := 0;
begin
  for v_message in select * from audit_guard.read_slot(slot, from_lsn, v_upto, v_most) order by lsn loop
    v_seen := v_seen + 1;
    -- Where the message ends, which is where the next one may begin.
    v_next := greatest(v_next, v_message.lsn);
    continue when v_message.content is null;
    v_event := audit_guard.open_verdict(v_message.content);
    if v_event is null then
      v_forged := v_forged + 1;
    elsif audit_private.is_news(v_event) then
      perform audit_private.record_verdict(v_event);
      v_recorded := v_recorded + 1;
    end if;
  end loop;
  if v_forged > 0 then
    perform audit_private.note_drain('AUDIT_VERDICTS_FORGED', jsonb_build_object('messages', v_forged));
  end if;
  -- Of a full portion there may be more before v_upto.
  perform audit_private.store_progress(
    slot,
    case when v_seen < v_most then greatest(v_next, v_upto) else v_next end,
    v_seen >= v_most or v_recorded + v_forged > 0
  );
  return v_recorded;
end $$;

create or replace function audit.drain() returns bigint
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
-- The first one makes the slot, for which it waits until every transaction of the server that was open is over.
set lock_timeout = '30s'
as $$
declare
  v_slot record;
  v_stored pg_lsn;
begin
  if not audit_private.guard_is_installed() then
    return 0;
  end if;
  -- The slot is moved on to what is stored; a commit that a crash could take back would take verdicts with it.
  if current_setting('synchronous_commit') = 'off' then
    perform set_config('synchronous_commit', 'on', true);
  end if;
  lock table audit_private.drains in exclusive mode;
  select * into v_slot from audit_guard.open_slot();
  if v_slot.slot is null then
    return 0;
  end if;
  select next_lsn into v_stored
  from audit_private.drains
  where slot_name = v_slot.slot and system_identifier = (select system_identifier::text from pg_control_system());
  -- A slot that is ahead of what was drained was made anew or moved on by others: whoever has REPLICATION can.
  if v_slot.lost or v_slot.next_lsn > v_stored then
    perform audit_private.note_drain('AUDIT_VERDICTS_LOST', jsonb_build_object('slot', v_slot.slot));
    -- Told once: progress is stored anew.
    delete from audit_private.drains where slot_name = v_slot.slot;
  end if;
  return audit_private.drain_slot(v_slot.slot, greatest(v_slot.next_lsn, v_stored));
end $$;
comment on function audit.drain() is
  'Records the refused attempts that wait in the write-ahead log, up to 10,000 at a time; returns how many it recorded.';

create or replace function audit.verdict_lag()
returns table (
  slot text, waiting_bytes bigint, waiting_seconds bigint, safe_bytes bigint, kept_bytes bigint, status text, failover boolean
)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select
    found.slot_name::text,
    greatest(pg_current_wal_lsn() - greatest(found.confirmed_flush_lsn, drain.next_lsn), 0)::bigint,
    greatest(extract(epoch from clock_timestamp() - drain.drained_at), 0)::bigint,
    found.safe_wal_size,
    nullif(greatest(pg_size_bytes(current_setting('max_slot_wal_keep_size')), 0), 0),
    found.wal_status,
    -- 16 has no such column, and no such slots.
    coalesce((to_jsonb(found) ->> 'failover')::boolean, false)
  from pg_catalog.pg_replication_slots as found
  left join audit_private.drains as drain
    on drain.slot_name = found.slot_name
    and drain.system_identifier = (select system_identifier::text from pg_control_system())
  where found.slot_name = format('indelible_%s', (select oid from pg_catalog.pg_database where datname = current_database()))
    and not pg_is_in_recovery()
$$;
comment on function audit.verdict_lag() is
  'How much of the write-ahead log waits to be drained, since when, and how much more may be written before verdicts are lost.';

create or replace function audit_private.note_guard(made text[]) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into audit_private.guards (made) values (note_guard.made);
  perform audit_private.append(
    actor => audit_private.current_actor(),
    action => 'AUDIT_GUARD_INSTALLED',
    metadata => jsonb_build_object('event_triggers', note_guard.made)
  );
end $$;
comment on function audit_private.note_guard(text[]) is 'Called by migrate where a superuser installs or restores the guard.';
