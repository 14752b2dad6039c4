-- Chapter 2, what: many events at once, each recorded once however often it comes. What audit.record() takes one by one
-- comes here as columns, under ids of the producer, who is the login.
-- Called by the audit service (audit_writer), which sends whatever it did not hear the answer to again. Refuses single events
-- by their verdict, and never another one with them.

create or replace function audit_private.event_actor(sealed text, user_id text, ip_address inet, request_id text)
returns audit_private.actor
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_actor audit_private.actor := audit_private.resolve_actor(
    event_actor.sealed, event_actor.user_id, event_actor.ip_address, event_actor.request_id
  );
  v_claim constant text := v_actor.claim;
begin
  -- An event may wait in a spool for longer than its user is logged in; what remains is the word of the application.
  if starts_with(v_claim, 'sealed context of an ended session') and event_actor.user_id is not null then
    v_actor := audit_private.claimed_actor(event_actor.user_id, event_actor.ip_address, event_actor.request_id);
    v_actor.claim := v_claim;
  end if;
  return v_actor;
end $$;
comment on function audit_private.event_actor is 'resolve_actor for events that may come late.';

-- The address is not yet cast, for then one that is none would be an error before there is a verdict.
create or replace function audit_private.event_digest(
  action text, entity_type text, entity_id text, description text, outcome text, metadata text, permission text,
  user_id text, ip_address text, request_id text, created_at timestamptz, sealed text
) returns bytea
language sql
stable
return sha256(
  convert_to(
    concat(
      action, E'\x1f', entity_type, E'\x1f', entity_id, E'\x1f', description, E'\x1f', outcome, E'\x1f', metadata, E'\x1f',
      permission, E'\x1f', user_id, E'\x1f', ip_address, E'\x1f', request_id, E'\x1f', sealed, E'\x1f'
    ),
    'UTF8'
  ) || coalesce(timestamptz_send(created_at), '')
);

create or replace function audit_private.note_conflict(
  actor audit_private.actor, producer text, event_id uuid, log_id bigint
) returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  perform audit_private.append(
    actor => actor,
    action => 'AUDIT_EVENT_CONFLICT',
    outcome => 'denied',
    entity_type => 'AUDIT_EVENT',
    entity_id => note_conflict.log_id::text,
    metadata => jsonb_build_object('producer', note_conflict.producer, 'event_id', note_conflict.event_id)
  );
end $$;
comment on function audit_private.note_conflict is 'Puts on record that other content came under the id of a recorded event.';

-- Ids of the log are drawn first, so that the ledger has them from the start. No statement joins anything to the arrays, for
-- cached plans know nothing of how long these are.
create or replace function audit_private.record_events(
  producer text, event_ids uuid[], actions text[], entity_types text[], entity_ids text[], descriptions text[],
  outcomes text[], metadata text[], stored_metadata text[], permissions text[], user_ids text[], ip_addresses text[],
  request_ids text[], created_ats timestamptz[], sealed text[],
  out verdicts text[], out log_ids bigint[]
)
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_now constant timestamptz := clock_timestamp();
  v_application constant boolean := audit_private.is_application();
  v_actors audit_private.actor[];
  v_claimed bigint[];
  v_all boolean;
begin
  perform audit_private.require_event(action, outcome)
  from (select distinct action, outcome from unnest(record_events.actions, record_events.outcomes) as said (action, outcome)) as said;

  record_events.log_ids := array(
    select nextval('audit.audit_logs_id_seq') from generate_series(1, cardinality(record_events.event_ids))
  );
  with claimed as (
    insert into audit_private.event_ids (producer, event_id, digest, log_id, recorded_at)
    select
      record_events.producer, event_id,
      audit_private.event_digest(
        action, entity_type, entity_id, description, outcome, metadata, permission, user_id, ip_address, request_id,
        created_at, sealed
      ),
      log_id, v_now
    from unnest(
      record_events.event_ids, record_events.log_ids, record_events.actions, record_events.entity_types,
      record_events.entity_ids, record_events.descriptions, record_events.outcomes, record_events.metadata,
      record_events.permissions, record_events.user_ids, record_events.ip_addresses, record_events.request_ids,
      record_events.created_ats, record_events.sealed
    ) as said (
      event_id, log_id, action, entity_type, entity_id, description, outcome, metadata, permission, user_id, ip_address,
      request_id, created_at, sealed
    )
    -- In one order for all: whoever sends the same events at the same time waits, and does not deadlock.
    order by event_id, log_id
    on conflict (producer, event_id) do nothing
    returning log_id
  )
  select array_agg(log_id) into v_claimed from claimed;
  v_all := cardinality(v_claimed) = cardinality(record_events.event_ids);

  -- What has to be proven is, once for each context. The plain word of an application costs nothing and is taken below.
  if not v_application or array_remove(record_events.sealed, null) <> '{}' then
    select array_agg(actor order by place) into v_actors
    from (
      select
        unnest(array_agg(place)) as place,
        audit_private.event_actor(sealed, user_id, ip_address::inet, request_id) as actor
      from unnest(
        record_events.sealed, record_events.user_ids, record_events.ip_addresses, record_events.request_ids
      ) with ordinality as said (sealed, user_id, ip_address, request_id, place)
      group by sealed, user_id, ip_address, request_id
    ) as told;
  end if;

  insert into audit.audit_logs (
    id, created_at, recorded_at, action, outcome, user_id, actor_proof, entity_type, entity_id,
    description, permission, ip_address, request_id, metadata, time_source
  )
  overriding system value
  select
    log_id,
    audit_private.clamped_time(created_at, v_now),
    v_now,
    action,
    outcome::audit.outcome,
    (actor).user_id,
    (actor).proof,
    audit_private.clean(entity_type, 200),
    audit_private.entity_key(audit_private.clean(entity_id, 1000)),
    audit_private.clean(description, 2000),
    audit_private.clean(permission, 100),
    (actor).ip_address,
    (actor).request_id,
    coalesce(audit_private.require_metadata(metadata::jsonb) - 'claim', '{}')
      || case
        when (actor).claim is null then jsonb_build_object('event_id', event_id)
        else jsonb_build_object('event_id', event_id, 'claim', (actor).claim)
      end,
    audit_private.time_source(created_at, v_now)
  from (
    select
      said.*,
      case
        when v_actors is not null
          then row(told_user_id, told_ip_address, told_request_id, told_proof, told_claim)::audit_private.actor
        when num_nonnulls(user_id, ip_address, request_id) = 0 then audit_private.current_actor()
        else audit_private.claimed_actor(user_id, ip_address::inet, request_id)
      end as actor
    from unnest(
      record_events.event_ids, record_events.log_ids, record_events.actions, record_events.entity_types,
      record_events.entity_ids, record_events.descriptions, record_events.outcomes, record_events.stored_metadata,
      record_events.permissions, record_events.user_ids, record_events.ip_addresses, record_events.request_ids,
      record_events.created_ats, v_actors
    ) as said (
      event_id, log_id, action, entity_type, entity_id, description, outcome, metadata, permission, user_id, ip_address,
      request_id, created_at, told_user_id, told_ip_address, told_request_id, told_proof, told_claim
    )
    where v_all or log_id = any (v_claimed)
    offset 0
  ) as said;

  record_events.verdicts := array_fill('stored'::text, array[cardinality(record_events.event_ids)]);
  if v_all is not true then
    select
      array_agg(
        case when known.log_id = log_id_said then 'stored' when known.digest = digest_said then 'known' else 'conflict' end
        order by place
      ),
      array_agg(known.log_id order by place)
    into record_events.verdicts, record_events.log_ids
    from (
      select
        event_id, log_id as log_id_said, place,
        audit_private.event_digest(
          action, entity_type, entity_id, description, outcome, metadata, permission, user_id, ip_address, request_id,
          created_at, sealed
        ) as digest_said
      from unnest(
        record_events.event_ids, record_events.log_ids, record_events.actions, record_events.entity_types,
        record_events.entity_ids, record_events.descriptions, record_events.outcomes, record_events.metadata,
        record_events.permissions, record_events.user_ids, record_events.ip_addresses, record_events.request_ids,
        record_events.created_ats, record_events.sealed
      ) with ordinality as said (
        event_id, log_id, action, entity_type, entity_id, description, outcome, metadata, permission, user_id, ip_address,
        request_id, created_at, sealed, place
      )
    ) as said
    join audit_private.event_ids as known
      on known.producer = record_events.producer and known.event_id = said.event_id;
    perform audit_private.note_conflict(audit_private.current_actor(), record_events.producer, event_id, log_id)
    from unnest(record_events.event_ids, record_events.verdicts, record_events.log_ids) as said (event_id, verdict, log_id)
    where verdict = 'conflict';
  end if;
end $$;
comment on function audit_private.record_events is
  'Records those events that are new, all or none of them; of each: stored, known or conflict, and the id of its row.';

-- One after the other, each on its own: after a batch that could not be recorded as a whole.
create or replace function audit_private.record_event_alone(
  producer text, event_id uuid, action text, entity_type text, entity_id text, description text, outcome text,
  metadata text, permission text, user_id text, ip_address text, request_id text, created_at timestamptz, sealed text,
  out verdict text, out log_id bigint, out state text
)
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_refused constant text := '{"metadata_sanitised": ["refused"]}';
  v_metadata text := record_event_alone.metadata;
begin
  loop
    begin
      select verdicts[1], log_ids[1] into strict verdict, log_id
      from audit_private.record_events(
        producer, array[event_id], array[action], array[entity_type], array[entity_id], array[description],
        array[outcome], array[metadata], array[v_metadata], array[permission], array[user_id], array[ip_address],
        array[request_id], array[created_at], array[sealed]
      );
      state := null;
      return;
    exception
      when data_exception or integrity_constraint_violation or program_limit_exceeded or sqlstate 'ID000' then
        verdict := 'refused';
        state := sqlstate;
    end;
    -- An event is worth more than its metadata.
    exit when v_metadata is null or v_metadata = v_refused
      or state not in ('ID005', '22P02', '22P05', '22003', '54000', '54001');
    v_metadata := v_refused;
  end loop;
end $$;

create or replace function audit.record_batch(
  event_ids uuid[], actions text[], entity_types text[], entity_ids text[], descriptions text[], outcomes text[],
  metadata text[], permissions text[], user_ids text[], ip_addresses text[], request_ids text[],
  created_ats timestamptz[], sealed text[]
) returns table (verdict text, log_id bigint, state text)
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_producer constant text := 'service:' || session_user;
  v_verdicts text[];
  v_log_ids bigint[];
begin
  -- The answer is believed to be durable: nobody keeps what it says is stored.
  if current_setting('synchronous_commit') = 'off' then
    perform set_config('synchronous_commit', 'on', true);
  end if;
  begin
    select verdicts, log_ids into strict v_verdicts, v_log_ids
    from audit_private.record_events(
      v_producer, record_batch.event_ids, record_batch.actions, record_batch.entity_types, record_batch.entity_ids,
      record_batch.descriptions, record_batch.outcomes, record_batch.metadata, record_batch.metadata,
      record_batch.permissions, record_batch.user_ids, record_batch.ip_addresses, record_batch.request_ids,
      record_batch.created_ats, record_batch.sealed
    );
    return query select said.verdict, said.log_id, null::text from unnest(v_verdicts, v_log_ids) as said (verdict, log_id);
    return;
  exception
    -- What is an event's own fault. Everything else is the server's: then no verdict is given, and nothing recorded.
    when data_exception or integrity_constraint_violation or program_limit_exceeded or sqlstate 'ID000' then null;
  end;
  return query
    select alone.verdict, alone.log_id, alone.state
    from unnest(
      record_batch.event_ids, record_batch.actions, record_batch.entity_types, record_batch.entity_ids,
      record_batch.descriptions, record_batch.outcomes, record_batch.metadata, record_batch.permissions,
      record_batch.user_ids, record_batch.ip_addresses, record_batch.request_ids, record_batch.created_ats,
      record_batch.sealed
    ) as said (
      event_id, action, entity_type, entity_id, description, outcome, metadata, permission, user_id, ip_address,
      request_id, created_at, sealed
    )
    cross join lateral audit_private.record_event_alone(
      v_producer, event_id, action, entity_type, entity_id, description, outcome, metadata, permission, user_id,
      ip_address, request_id, created_at, sealed
    ) as alone;
end $$;
comment on function audit.record_batch is
  'Records events of origin service, each once for its id; of each, in order: stored, known, conflict or refused, the id of '
  'its row, and for a refused one the SQLSTATE. Metadata that cannot be stored is left out, and the event says so.';
