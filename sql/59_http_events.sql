-- Chapter 5, read: events for applications, a page at a time, newest first, as JSON. Called by the audit service for its users
-- (audit_writer, which names whom). Pages follow ids, the key of the log, so they stay right while rows arrive and partitions
-- roll. A search that no index answers looks at so many rows and says where to go on. Refuses other users (42501).

create or replace function audit_private.action_descriptions() returns jsonb
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select jsonb_object_agg(code, description) from audit.actions
$$;

-- A parsed body, which the planner inlines: called for every event, it would cost more than finding it.
create or replace function audit_private.event_json(log audit.audit_logs, descriptions jsonb, with_diff boolean default false)
returns json
language sql
stable
return json_build_object(
  'id', (log).id,
  'created_at', (log).created_at,
  'recorded_at', (log).recorded_at,
  'action', (log).action,
  'outcome', (log).outcome,
  'user_id', (log).user_id,
  'db_user', (log).db_user,
  'actor_proof', (log).actor_proof,
  'entity_type', (log).entity_type,
  'entity_id', (log).entity_id,
  'description', coalesce((log).description, descriptions ->> (log).action),
  'permission', (log).permission,
  'reason', (log).metadata ->> 'reason',
  'ip_address', host((log).ip_address),
  'request_id', (log).request_id,
  'transaction_id', (log).xid::text,
  case when with_diff then 'diff' else 'changes' end,
  case when with_diff then audit_private.field_changes((log).changes) else (log).changes end,
  'metadata', (log).metadata,
  'time_source', (log).time_source
);

-- A partition holds one month: those outside of since and until are passed over at once, whatever is in them.
create or replace function audit_private.newest_before(before bigint, wanted audit_private.event_filter) returns bigint
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select log.id
  from audit.audit_logs as log
  where log.id < newest_before.before
    and log.created_at >= coalesce(date_trunc('month', (wanted).since, 'UTC'), '-infinity')
    and log.created_at < coalesce(
      date_trunc('month', date_trunc('month', (wanted).until - interval '1 microsecond', 'UTC') + interval '32 days', 'UTC'), 'infinity'
    )
  order by log.id desc
  limit 1
$$;

-- Whatever names one record or one request has an index, and few rows: ids are not in that index, so they are sorted, which the
-- sum keeps the planner from doing by reading the log from its end.
create or replace function audit_private.events_by_index(
  wanted audit_private.event_filter, before bigint, most int
) returns setof audit.audit_logs
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_described constant text[] := audit_private.described_actions((wanted).text);
begin
  return query
    select log.*
    from audit.audit_logs as log
    where log.id < events_by_index.before and audit_private.is_wanted(log, wanted, v_described)
    order by log.id + 0 desc
    limit events_by_index.most;
end $$;

create or replace function audit_private.events_by_id(
  wanted audit_private.event_filter, first_id bigint, last_id bigint, most int
) returns setof audit.audit_logs
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_described constant text[] := audit_private.described_actions((wanted).text);
begin
  return query
    select log.*
    from audit.audit_logs as log
    where log.id between first_id and last_id and audit_private.is_wanted(log, wanted, v_described)
    order by log.id desc
    limit events_by_id.most;
end $$;

-- Events, newest first, then perhaps a row without one: from where to go on. It comes where no more rows could be looked at.
create or replace function audit_private.page_of_events(filter jsonb, before bigint, most int, with_diff boolean)
returns table (id bigint, event json)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_wanted constant audit_private.event_filter := audit_private.parsed_filter(page_of_events.filter);
  v_indexed constant boolean := v_wanted.entity_id is not null or v_wanted.request_id is not null;
  v_before constant bigint := coalesce(page_of_events.before, 9223372036854775807);
  v_last bigint := v_before - 1;
  -- So many rows take some milliseconds.
  v_looked_at constant bigint := 5000;
  v_room bigint := 4194304;
  v_found int := 0;
  v_descriptions constant jsonb := audit_private.action_descriptions();
  v_log audit.audit_logs;
begin
  if not v_indexed then
    v_last := audit_private.newest_before(v_before, v_wanted);
  end if;
  for v_log in
    select * from audit_private.events_by_index(v_wanted, v_before, page_of_events.most) where v_indexed
    union all
    select * from audit_private.events_by_id(v_wanted, v_last - v_looked_at + 1, v_last, page_of_events.most) where not v_indexed
  loop
    id := v_log.id;
    event := audit_private.event_json(v_log, v_descriptions, page_of_events.with_diff);
    return next;
    v_found := v_found + 1;
    v_room := v_room - octet_length(event::text);
    exit when v_room < 0;
  end loop;
  if v_found < page_of_events.most and (v_room < 0 or not v_indexed) then
    if v_room >= 0 then
      id := v_last - v_looked_at + 1;
    end if;
    event := null;
    if audit_private.newest_before(id, v_wanted) is not null then
      return next;
    end if;
  end if;
end $$;

create or replace function audit.read_events(
  filter jsonb, before bigint, most int, sealed text, user_id text, ip_address inet, request_id text
) returns table (id bigint, event json)
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
-- The statistics of a log that grows are always old; its indexes are right. What is not asked for is planned away.
set enable_seqscan = off
set plan_cache_mode = force_custom_plan
set jit = off
as $$
begin
  perform audit_private.admit_http_reader(
    'http events', read_events.filter,
    read_events.sealed, read_events.user_id, read_events.ip_address, read_events.request_id
  );
  return query select * from audit_private.page_of_events(read_events.filter, read_events.before, read_events.most, false);
end $$;
comment on function audit.read_events is
  'The newest events before an id that match a filter; a last row without event says from where to go on. On record.';

create or replace function audit.read_entity_history(
  entity_type text, entity_id text, before bigint, most int, sealed text, user_id text, ip_address inet, request_id text
) returns table (id bigint, event json)
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
set enable_seqscan = off
set plan_cache_mode = force_custom_plan
set jit = off
as $$
declare
  v_filter constant jsonb := jsonb_build_object(
    'entity_type', read_entity_history.entity_type, 'entity_id', read_entity_history.entity_id
  );
begin
  perform audit_private.admit_http_reader(
    'http entity history', v_filter,
    read_entity_history.sealed, read_entity_history.user_id, read_entity_history.ip_address, read_entity_history.request_id
  );
  return query
    select * from audit_private.page_of_events(
      v_filter || '{"reads": true}', read_entity_history.before, read_entity_history.most, true
    );
end $$;
comment on function audit.read_entity_history is
  'What happened to one record, newest first, each with what changed by column: {"old": …, "new": …}. On record.';

create or replace function audit.read_event(id bigint, sealed text, user_id text, ip_address inet, request_id text)
returns table (event json, leaf_index bigint, checkpoint_size bigint)
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
#variable_conflict use_column
begin
  perform audit_private.admit_http_reader(
    'http event', jsonb_build_object('id', read_event.id),
    read_event.sealed, read_event.user_id, read_event.ip_address, read_event.request_id
  );
  return query
    select
      audit_private.event_json(log, audit_private.action_descriptions()),
      leaf.leaf_index,
      split_part(audit.read_checkpoint(), E'\n', 2)::bigint
    from audit.audit_logs as log
    left join audit_private.leaves as leaf on leaf.id = log.id
    where log.id = read_event.id
    order by leaf.leaf_index
    limit 1;
end $$;
comment on function audit.read_event is 'One event, its leaf if it is sealed, and the size of the published checkpoint. On record.';

create or replace function audit.read_coverage(sealed text, user_id text, ip_address inet, request_id text)
returns table (coverage json)
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
begin
  perform audit_private.admit_http_reader(
    'http coverage', '{}', read_coverage.sealed, read_coverage.user_id, read_coverage.ip_address, read_coverage.request_id
  );
  return query
    select row_to_json(covered) from audit.v_coverage as covered order by covered.table_name;
end $$;
comment on function audit.read_coverage is 'Every table, and whether and how its changes are captured. On record.';
