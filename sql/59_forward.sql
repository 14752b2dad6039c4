-- Chapter 5, read: sealed events for whoever forwards them to another place, each once and in order: a leaf never moves. Called by
-- audit_reader and audit_investigator, who put on record by audit.note_export that they do. Refuses nothing.

create or replace function audit.sealed_log() returns table (origin text, tree_size bigint)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select epoch.origin, log_position.tree_size
  from audit_private.log_position
  join audit_private.epochs as epoch using (epoch)
$$;
comment on function audit.sealed_log() is 'The name of the sealed log and how many events it has; no row before it begins.';

-- So many that memory stays flat, whatever is in them.
create or replace function audit.sealed_events(from_leaf bigint, most int)
returns table (leaf_index bigint, event audit.v_events)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set plan_cache_mode = force_custom_plan
set jit = off
as $$
#variable_conflict use_column
declare
  v_last constant bigint := least(
    sealed_events.from_leaf + least(sealed_events.most, 1000), (select tree_size from audit.sealed_log())
  ) - 1;
  v_room bigint := 4194304;
  v_sealed record;
begin
  for v_sealed in
    select leaf.leaf_index, found.event
    from audit_private.sealed_between(sealed_events.from_leaf, v_last) as leaf
    -- One by one, by the key of the log: LIMIT keeps the planner from joining otherwise.
    left join lateral (
      select row(
        flat.id, flat.created_at, flat.recorded_at, flat.action, flat.outcome, flat.user_id, flat.db_user, flat.actor_proof,
        flat.entity_type, flat.entity_id, flat.description, flat.permission, flat.reason, flat.ip_address, flat.request_id,
        flat.transaction_id, flat.changes, flat.metadata, flat.time_source
      )::audit.v_events as event
      from audit_private.flat_events as flat
      where flat.id = leaf.id and flat.created_at = leaf.created_at
      limit 1
    ) as found on true
    order by leaf.leaf_index
  loop
    leaf_index := v_sealed.leaf_index;
    event := v_sealed.event;
    return next;
    v_room := v_room - coalesce(length((event).changes), 0) - coalesce(length((event).metadata), 0);
    exit when v_room < 0;
  end loop;
end $$;
comment on function audit.sealed_events(bigint, int) is
  'The next sealed events in order, from a leaf on; null for one whose row is gone, which `indelible verify` says more of.';
