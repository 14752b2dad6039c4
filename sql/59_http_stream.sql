-- Chapter 5, read: the live tail for applications, in the order in which events were sealed. Called by the audit service
-- (audit_writer), which reads once for all its streams; each stream is let in and put on record for its user by begin_stream, and
-- its end by end_stream. A leaf never moves, so nothing is missed or repeated, however late its transaction committed. Refuses
-- users without the permission audit.event.read (42501).

create or replace function audit.sealed_size() returns bigint
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select coalesce((select tree_size from audit_private.log_position), 0)
$$;
comment on function audit.sealed_size() is 'How many events are sealed: the leaves from 0 up to this, without it.';

-- Bundles hold entries of one length, each behind two bytes for that: docs/sealing.md.
create or replace function audit_private.sealed_between(first_leaf bigint, last_leaf bigint)
returns table (leaf_index bigint, id bigint, created_at timestamptz)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select
    leaf.index,
    ('x' || encode(substring(leaf.entry from 6 for 8), 'hex'))::bit(64)::bigint,
    timestamptz '2000-01-01 00:00:00+00'
      + ('x' || encode(substring(leaf.entry from 22 for 8), 'hex'))::bit(64)::bigint * interval '1 microsecond'
  from (
    select tile.number * 256 + tile.start + place as index, substring(tile.content from place * 63 + 3 for 61) as entry
    from audit_private.tiles as tile
    cross join generate_series(0, length(tile.content) / 63 - 1) as place
    where tile.level = -1 and tile.number between first_leaf / 256 and last_leaf / 256
  ) as leaf
  where leaf.index between first_leaf and last_leaf
  order by leaf.index
$$;

create or replace function audit_private.wanted_between(
  first_leaf bigint, last_leaf bigint, wanted audit_private.event_filter, described text[]
) returns table (leaf_index bigint, log audit.audit_logs)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
  return query
    select leaf.leaf_index, row(found.*)::audit.audit_logs
    from audit_private.sealed_between(wanted_between.first_leaf, wanted_between.last_leaf) as leaf
    -- One by one, by the key of the log: LIMIT keeps the planner from any other way to join.
    cross join lateral (
      select log.* from audit.audit_logs as log where log.id = leaf.id and log.created_at = leaf.created_at limit 1
    ) as found
    where audit_private.is_wanted(row(found.*)::audit.audit_logs, wanted, wanted_between.described)
    order by leaf.leaf_index;
end $$;

-- Sealed events that match, then a row without one: the leaf from which to go on.
create or replace function audit.read_sealed(filter jsonb, from_leaf bigint)
returns table (leaf_index bigint, event json)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
set enable_seqscan = off
set plan_cache_mode = force_custom_plan
set jit = off
as $$
#variable_conflict use_column
declare
  v_wanted constant audit_private.event_filter := audit_private.parsed_filter(read_sealed.filter);
  v_described constant text[] := audit_private.described_actions(v_wanted.text);
  v_last constant bigint := greatest(read_sealed.from_leaf, least(read_sealed.from_leaf + 500, audit.sealed_size())) - 1;
  v_descriptions constant jsonb := audit_private.action_descriptions();
  v_room bigint := 4194304;
  v_sealed record;
begin
  leaf_index := read_sealed.from_leaf - 1;
  for v_sealed in
    select found.leaf_index, audit_private.event_json(found.log, v_descriptions) as event
    from audit_private.wanted_between(read_sealed.from_leaf, v_last, v_wanted, v_described) as found
  loop
    leaf_index := v_sealed.leaf_index;
    event := v_sealed.event;
    return next;
    v_room := v_room - octet_length(event::text);
    exit when v_room < 0;
  end loop;
  if v_room >= 0 then
    leaf_index := v_last;
  end if;
  leaf_index := leaf_index + 1;
  event := null;
  return next;
end $$;
comment on function audit.read_sealed(jsonb, bigint) is
  'The next sealed events that match a filter, in order, from a leaf on; the last row has no event, but the leaf to go on from.';

create or replace function audit.begin_stream(
  stream text, filter jsonb, from_leaf bigint, sealed text, user_id text, ip_address inet, request_id text
) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_actor constant audit_private.actor := audit_private.resolve_actor(
    begin_stream.sealed, begin_stream.user_id, begin_stream.ip_address, begin_stream.request_id
  );
begin
  perform audit_private.require_http_reader(v_actor);
  perform audit_private.note_http_read(
    v_actor, 'http stream', begin_stream.filter,
    jsonb_build_object('stream', begin_stream.stream, 'phase', 'begun', 'from_leaf', begin_stream.from_leaf)
  );
end $$;
comment on function audit.begin_stream is 'Lets a user follow the log who may, and puts on record that a stream begins.';

create or replace function audit.end_stream(
  stream text, reason text, next_leaf bigint, events bigint, sealed text, user_id text, ip_address inet, request_id text
) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform audit_private.note_http_read(
    audit_private.resolve_actor(end_stream.sealed, end_stream.user_id, end_stream.ip_address, end_stream.request_id),
    'http stream', null,
    jsonb_build_object(
      'stream', audit_private.clean(end_stream.stream, 100), 'phase', 'ended', 'reason', audit_private.clean(end_stream.reason, 100),
      'next_leaf', end_stream.next_leaf, 'events', end_stream.events
    )
  );
end $$;
comment on function audit.end_stream is 'Puts on record that a stream ended, why, and how much it told.';
