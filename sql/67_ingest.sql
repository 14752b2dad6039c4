-- Events of other applications: their key, their scope, their events, in one round trip.
-- Called by the audit service (audit_writer) for what came over HTTP. Each event has a verdict of its own and none aborts the
-- others; who the key does not prove gets none. Refuses with ID005 what is no array of 0 to 1000 events.

create or replace function iam.scope_expression(account text, kind text) returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  -- A pattern holds capitals, digits and _ alone, besides the * at its end: nothing else to escape.
  select '^(' || string_agg(replace(held.pattern, '*', '[A-Z0-9]+(_[A-Z0-9]+)*'), '|') || ')$'
  from iam.scopes as held
  where held.account = scope_expression.account and held.kind = scope_expression.kind
$$;
comment on function iam.scope_expression(text, text) is 'What an account may record, as a regular expression; null for nothing.';

create or replace function iam.authenticate_key(key_hash bytea, out account text, out key_id text, out refusal text)
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
  select
    owner.account, known.key_id,
    case
      when known.revoked_at is not null then 'revoked'
      when known.expires_at <= clock_timestamp() then 'expired'
      when not owner.active then 'inactive'
    end
  into authenticate_key.account, authenticate_key.key_id, authenticate_key.refusal
  from iam.api_keys as known
  join iam.service_accounts as owner using (account)
  where known.key_digest = sha256(authenticate_key.key_hash);
  if not found then
    authenticate_key.refusal := 'unknown';
  elsif authenticate_key.refusal is null then
    -- Somebody else is writing it down already, or did within the minute: events wait for neither.
    update iam.api_keys as used set last_used_at = clock_timestamp()
    where used.key_id = (
      select stale.key_id from iam.api_keys as stale
      where stale.key_id = authenticate_key.key_id
        and coalesce(stale.last_used_at, '-infinity') < clock_timestamp() - interval '1 minute'
      for no key update skip locked
    );
  end if;
end $$;
comment on function iam.authenticate_key(bytea) is 'Whose API key this is, and why it opens nothing: unknown, revoked, expired or inactive.';

-- A UUID is itself, any other text a version 8 UUID made of its SHA-256.
create or replace function audit_private.event_uuid(event_id text) returns uuid
language sql
immutable
return case
  when event_id ~ '^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$' then event_id::uuid
  else overlay(
    overlay(encode(substr(sha256(convert_to(event_id, 'UTF8')), 1, 16), 'hex') placing '8' from 13) placing '8' from 17
  )::uuid
end;

-- The two below raise nothing, whatever comes. They are written so that the planner puts them in the place of their calls.
create or replace function audit_private.is_event(item jsonb) returns boolean
language sql
stable
return case
  when jsonb_typeof(item) is distinct from 'object' then false
  when item - array[
      'event_id', 'action', 'entity_type', 'entity_id', 'description', 'outcome', 'permission',
      'user_id', 'ip_address', 'request_id', 'created_at', 'metadata'
    ] <> '{}' then false
  when (item - 'metadata') @? 'strict $.* ? (@.type() != "string" && @.type() != "null")' then false
  -- An entity is found by its id first: without a type, which the scope judges, it would pass for anybody's.
  when (item ->> 'entity_id') is not null and (item ->> 'entity_type') is null then false
  else coalesce(length(item ->> 'event_id'), 0) between 1 and 200
    and coalesce(length(item ->> 'action'), 0) between 1 and 100
    and coalesce(item ->> 'outcome', 'success') in ('success', 'failure', 'denied', 'attempted')
    and coalesce(length(item ->> 'entity_type'), 1) between 1 and 100
    and coalesce(length(item ->> 'entity_id'), 1) between 1 and 1000
    and coalesce(length(item ->> 'description'), 1) between 1 and 2000
    and coalesce(length(item ->> 'permission'), 1) between 1 and 100
    and coalesce(length(item ->> 'user_id'), 1) between 1 and 200
    and coalesce(length(item ->> 'request_id'), 1) between 1 and 128
    and (item ->> 'ip_address' is null
      or strpos(item ->> 'ip_address', '/') = 0 and pg_input_is_valid(item ->> 'ip_address', 'pg_catalog.inet'))
    and (item ->> 'created_at' is null
      or item ->> 'created_at' ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})$'
      and pg_input_is_valid(item ->> 'created_at', 'pg_catalog.timestamptz'))
    and coalesce(jsonb_typeof(item -> 'metadata'), 'null') in ('object', 'null')
    and coalesce(octet_length((item -> 'metadata')::text), 0) <= 60000
    -- These say what the database knows of an event and no column holds.
    and coalesce(item -> 'metadata', '{}') ?| array[
      'claim', 'client_request_id', 'event_id', 'producer', 'producer_address'
    ] = false
end;
comment on function audit_private.is_event(jsonb) is 'Whether this is an event as docs/ingest.md describes it.';

create or replace function audit_private.refusal_of(item jsonb, origin text, actions text, entity_types text) returns text
language sql
stable
return case
  when not audit_private.is_event(item) then 'invalid_event'
  when (item ->> 'action' ~ actions) is not true then 'action_out_of_scope'
  when (item ->> 'entity_type') is not null and (item ->> 'entity_type' ~ entity_types) is not true
    then 'entity_type_out_of_scope'
  when origin is null then 'unknown_action'
  when origin <> 'client' then 'wrong_origin'
end;
comment on function audit_private.refusal_of is
  'Why an event of a service account is not recorded, null if it is; the scope first, so that nobody probes the catalogue.';

create or replace function audit_private.claim_incoming(
  account text, events jsonb, out verdicts text[], out log_ids bigint[]
)
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_actions constant text := iam.scope_expression(claim_incoming.account, 'action');
  v_entity_types constant text := iam.scope_expression(claim_incoming.account, 'entity_type');
  v_item record;
  v_claim record;
begin
  claim_incoming.verdicts := array_fill(null::text, array[jsonb_array_length(claim_incoming.events)]);
  claim_incoming.log_ids := array_fill(null::bigint, array[jsonb_array_length(claim_incoming.events)]);
  for v_item in
    select given.position, given.item, judged.refusal,
      case when judged.refusal is null then audit_private.event_uuid(given.item ->> 'event_id') end as event_id
    from jsonb_array_elements(claim_incoming.events) with ordinality as given (item, position)
    left join audit.actions as known on known.code = given.item ->> 'action'
    cross join lateral (
      -- Not to be taken apart by the planner, which would judge twice.
      select audit_private.refusal_of(given.item, known.origin, v_actions, v_entity_types) as refusal offset 0
    ) as judged
    -- Two calls with the same ids, in whatever order, wait for each other and never both for the other.
    order by event_id, position
  loop
    if v_item.refusal is not null then
      verdicts[v_item.position] := v_item.refusal;
      continue;
    end if;
    v_claim := audit_private.claim_event(
      'client:' || claim_incoming.account, v_item.event_id, sha256(convert_to((v_item.item - 'event_id')::text, 'UTF8'))
    );
    verdicts[v_item.position] := v_claim.verdict;
    log_ids[v_item.position] := v_claim.log_id;
  end loop;
end $$;
comment on function audit_private.claim_incoming is
  'For each event: new (claimed, to be stored), known, conflict, or why it is refused; and the row that a known id became.';

-- Of user, address and time the client's word is all there is; the account is what the database has proven.
create or replace function audit_private.store_incoming(account text, item jsonb, ip_address inet, request_id text) returns bigint
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  return audit_private.append(
    actor => row(
      audit_private.clean(item ->> 'user_id', 200), (item ->> 'ip_address')::inet,
      audit_private.clean(store_incoming.request_id, 128), 'client', null
    )::audit_private.actor,
    action => item ->> 'action',
    entity_type => item ->> 'entity_type',
    entity_id => item ->> 'entity_id',
    description => item ->> 'description',
    outcome => coalesce(item ->> 'outcome', 'success'),
    permission => item ->> 'permission',
    metadata => coalesce(nullif(item -> 'metadata', 'null'), '{}') || jsonb_strip_nulls(jsonb_build_object(
      'producer', store_incoming.account,
      'producer_address', host(store_incoming.ip_address),
      'event_id', audit_private.clean(item ->> 'event_id', 200),
      'client_request_id', audit_private.clean(item ->> 'request_id', 128)
    )),
    created_at => (item ->> 'created_at')::timestamptz
  );
end $$;

create or replace function audit_private.record_incoming_refusals(
  account text, events jsonb, verdicts text[], log_ids bigint[], ip_address inet, request_id text
) returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_actor constant audit_private.actor := row(
    null, record_incoming_refusals.ip_address, audit_private.clean(record_incoming_refusals.request_id, 128), 'client', null
  )::audit_private.actor;
  v_denied constant text[] := array['action_out_of_scope', 'entity_type_out_of_scope', 'wrong_origin'];
begin
  perform audit_private.append(
    actor => v_actor,
    action => 'AUDIT_EVENT_CONFLICT',
    entity_type => 'AUDIT_EVENT',
    entity_id => log_ids[given.position]::text,
    outcome => 'failure',
    metadata => jsonb_build_object(
      'producer', record_incoming_refusals.account,
      'event_id', audit_private.clean(given.item ->> 'event_id', 200),
      'action', audit_private.clean(given.item ->> 'action', 100)
    )
  )
  from jsonb_array_elements(events) with ordinality as given (item, position)
  where verdicts[given.position] = 'conflict';
  -- One record for each call, whatever was tried in it.
  perform audit_private.append(
    actor => v_actor,
    action => 'AUDIT_EVENT_DENIED',
    entity_type => 'IAM_ACCOUNT',
    entity_id => record_incoming_refusals.account,
    outcome => 'denied',
    metadata => jsonb_build_object(
      'producer', record_incoming_refusals.account, 'count', denied.count, 'first', denied.attempts -> 0
    )
  )
  from (
    select count(*), jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
      'reason', verdicts[given.position],
      'action', audit_private.clean(given.item ->> 'action', 100),
      'entity_type', audit_private.clean(given.item ->> 'entity_type', 100)
    )) order by given.position) as attempts
    from jsonb_array_elements(events) with ordinality as given (item, position)
    where verdicts[given.position] = any (v_denied)
  ) as denied
  where denied.count > 0;
end $$;

create or replace function audit.ingest(
  key_hash bytea, events jsonb, ip_address inet default null, request_id text default null,
  out account text, out key_id text, out refusal text, out verdicts text[], out log_ids bigint[]
)
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_item record;
begin
  if jsonb_typeof(events) is distinct from 'array' or jsonb_array_length(events) > 1000 then
    raise exception using errcode = 'ID005', message = 'events are a JSON array of at most 1000';
  end if;
  -- What is answered must be on disk, whatever the login or the database has been set to.
  if current_setting('synchronous_commit') = 'off' then
    perform set_config('synchronous_commit', 'on', true);
  end if;
  select proven.account, proven.key_id, proven.refusal into ingest.account, ingest.key_id, ingest.refusal
  from iam.authenticate_key(ingest.key_hash) as proven;
  if ingest.refusal is not null then
    return;
  end if;
  select claimed.verdicts, claimed.log_ids into ingest.verdicts, ingest.log_ids
  from audit_private.claim_incoming(ingest.account, events) as claimed;
  -- In the order of the call, which is that of the history; what repeats an event of this same call finds it stored.
  for v_item in
    select given.position, given.item, audit_private.event_uuid(given.item ->> 'event_id') as event_id
    from jsonb_array_elements(events) with ordinality as given (item, position)
    where ingest.verdicts[given.position] in ('new', 'known', 'conflict') and ingest.log_ids[given.position] is null
    order by given.position
  loop
    if ingest.verdicts[v_item.position] = 'new' then
      ingest.log_ids[v_item.position] := audit_private.store_incoming(
        ingest.account, v_item.item, ingest.ip_address, ingest.request_id
      );
      ingest.verdicts[v_item.position] := 'stored';
      perform audit_private.settle_event('client:' || ingest.account, v_item.event_id, ingest.log_ids[v_item.position]);
    else
      ingest.log_ids[v_item.position] := (
        select known.log_id from audit_private.event_ids as known
        where known.producer = 'client:' || ingest.account and known.event_id = v_item.event_id
      );
    end if;
  end loop;
  if ingest.verdicts && array['conflict', 'action_out_of_scope', 'entity_type_out_of_scope', 'wrong_origin'] then
    perform audit_private.record_incoming_refusals(
      ingest.account, events, ingest.verdicts, ingest.log_ids, ingest.ip_address, ingest.request_id
    );
  end if;
end $$;
comment on function audit.ingest is
  'Records the events of the service account whose key has this sha256. For each event: stored, known (it was before), conflict '
  '(its id has other content) or why it was refused; and the id of its row. A refusal in place of that: the key opens nothing.';
