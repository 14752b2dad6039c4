-- Chapter 4, seal: what the sealer puts on record from time to time, so that it is sealed: that it is at work, and what the
-- capture triggers of each watched table are. Called by the sealer (audit_sealer). Changes nothing else.

create or replace function audit.heartbeat() returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform audit_private.append(
    actor => audit_private.current_actor(),
    action => 'AUDIT_HEARTBEAT',
    entity_type => 'AUDIT_LOG',
    entity_id => head.origin,
    metadata => jsonb_build_object('epoch', head.epoch, 'size', head.tree_size, 'root', encode(head.root, 'base64'))
  )
  from audit.log_head() as head
  where head.epoch is not null;
end $$;
comment on function audit.heartbeat() is 'An event that says how far the log is sealed: without it, silence would look like peace.';

-- What capture and the guards of the log are at this moment: a digest of their definitions and of whether they fire, and the
-- transactions that wrote the triggers, which tell what was taken away and put back between two looks. Functions are written
-- again by every migrate: of them only the text counts.
create or replace function audit_private.triggers_of(target regclass)
returns table (digest bytea, revision text, triggers bigint, disabled bigint)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select
    sha256(convert_to(coalesce(string_agg(
      concat_ws(E'\n', pg_get_triggerdef(trigger.oid), trigger.tgenabled, function.prosrc, function.proconfig), E'\n\n'
      order by relation.oid, trigger.tgname
    ), ''), 'UTF8')),
    coalesce(string_agg(trigger.xmin::text, ' ' order by relation.oid, trigger.tgname), ''),
    count(*),
    count(*) filter (where trigger.tgenabled = 'D')
  from (
    select triggers_of.target as oid union select relid from pg_catalog.pg_partition_tree(triggers_of.target)
  ) as relation
  join pg_catalog.pg_trigger as trigger on trigger.tgrelid = relation.oid and trigger.tgname ~ '^(!?indelible_capture|log_refuse)_'
  join pg_catalog.pg_proc as function on function.oid = trigger.tgfoid
$$;

create or replace function audit.observe_capture() returns bigint
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_seen record;
  v_changes bigint := 0;
begin
  for v_seen in
    with changed as (
      select watch.target, watch.target_name, looked.*, former.digest as former_digest
      from (
        select target, target_name from audit_private.watches where stopped_at is null
        union all
        select 'audit.audit_logs'::regclass, 'audit.audit_logs'
      ) as watch
      cross join lateral audit_private.triggers_of(watch.target) as looked
      left join audit_private.seen_capture as former on former.target = watch.target
      where (former.digest, former.revision) is distinct from (looked.digest, looked.revision)
    ), noted as (
      insert into audit_private.seen_capture (target, digest, revision)
      select target, digest, revision from changed
      on conflict (target) do update set digest = excluded.digest, revision = excluded.revision, seen_at = excluded.seen_at
    )
    select * from changed
  loop
    v_changes := v_changes + 1;
    perform audit_private.append(
      actor => audit_private.current_actor(),
      action => 'AUDIT_CAPTURE_SEEN',
      entity_type => 'AUDIT_WATCH',
      entity_id => v_seen.target_name,
      metadata => jsonb_strip_nulls(jsonb_build_object(
        'digest', encode(v_seen.digest, 'hex'),
        'former_digest', encode(v_seen.former_digest, 'hex'),
        'triggers', v_seen.triggers,
        'disabled', v_seen.disabled
      ))
    );
  end loop;
  return v_changes;
end $$;
comment on function audit.observe_capture() is
  'Records the capture triggers of watched tables, and the guards of the log, that are new or changed; returns how many.';
