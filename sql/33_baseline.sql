-- Chapter 3, guard: the rows that a table held before it was watched, recorded batch by batch.
-- audit.baseline is called by the table's owner and takes the lock with the owner's rights; its definer half reads by block,
-- compares and orders nothing. Refuses strangers (42501) and what cannot be read safely or is not watched (ID012).

create or replace function audit_private.active_watch(target regclass) returns audit_private.watches
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_watch audit_private.watches;
begin
  select * into v_watch from audit_private.watches where target = active_watch.target and stopped_at is null;
  if v_watch.watch_id is null then
    raise exception using
      errcode = 'ID012',
      message = format('%s is not watched', active_watch.target),
      hint = 'Watch it with audit.watch(); a partition belongs to its partitioned table.';
  elsif to_regtype(format('audit_private.%I', audit_private.image_type(v_watch))) is null then
    perform audit_private.refuse_drift(active_watch.target);
  end if;
  return v_watch;
end $$;

-- In REPEATABLE READ the catalogue that the source was made from may be older than the lock: the types are asked of the parser.
create or replace function audit_private.require_types(watch audit_private.watches) returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_matches boolean;
  v_query constant text := (
    select format(
      'select array[%s]::regtype[] = ''{%s}''::regtype[] from (select null::%s as probe) as probes',
      string_agg(format('pg_typeof(%s)', audit_private.column_source('(probe)', name)), ', ' order by place),
      string_agg(type::text, ',' order by place), (watch).target
    )
    from audit_private.captured_columns(watch)
    where built_in
  );
begin
  execute v_query into v_matches;
  if not v_matches then
    perform audit_private.refuse_drift((watch).target);
  end if;
end $$;

create or replace function audit_private.require_baseline_lock(relation regclass) returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  if current_setting('transaction_isolation') <> 'read committed' or not audit_private.holds_lock(relation) then
    raise exception using
      errcode = 'ID012',
      message = format('a baseline of %s needs its lock and the isolation READ COMMITTED', relation),
      hint = 'Call audit.baseline() outside of transactions of another isolation.';
  end if;
end $$;

create or replace function audit_private.record_baseline(
  watch audit_private.watches, relation regclass, condition text, from_block bigint default null, to_block bigint default null,
  start_snapshot pg_snapshot default null
) returns bigint
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_actor constant audit_private.actor := audit_private.current_actor();
  v_rows bigint;
begin
  perform audit_private.require_baseline_lock(relation);
  execute audit_private.insert_source() || '  select ' || audit_private.record_source(
    watch, 'ROW_BASELINE', audit_private.entity_id_source(watch, 'present'),
    audit_private.changes_source(watch, 'new', '', 'present'), metadata => '$3', now => '$1', actor => '($2)'
  ) || format(E'\n  from only %s as present where %s', relation, condition)
  using
    clock_timestamp(), v_actor, case when v_actor.claim is not null then jsonb_build_object('claim', v_actor.claim) end,
    format('(%s,0)', from_block)::tid, format('(%s,0)', to_block)::tid, start_snapshot;
  get diagnostics v_rows = row_count;
  return v_rows;
end $$;

create or replace function audit_private.next_relation(baseline audit_private.baselines, target regclass) returns oid
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select min(class.oid)
  from audit.captured_relations(target) as captured
  join pg_catalog.pg_class as class on class.oid = captured
  where class.relkind = 'r' and class.oid <> all ((baseline).visited)
$$;

-- Returns the baseline as it is afterwards; its rows counted.
create or replace function audit_private.advance_baseline(
  watch audit_private.watches, baseline audit_private.baselines, rows int
) returns audit_private.baselines
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_goal constant bigint := baseline.rows + rows;
  -- Without a key nothing tells a row recorded twice from two rows: one batch takes them all.
  v_whole constant boolean := audit_private.key_columns(watch.target) = '{}';
  v_step constant bigint := greatest(1, rows / 100);
  v_blocks bigint;
begin
  loop
    baseline.relation := audit_private.next_relation(baseline, watch.target);
    exit when baseline.relation is null;
    if baseline.filenode is distinct from pg_relation_filenode(baseline.relation) then
      baseline.filenode := pg_relation_filenode(baseline.relation);
      baseline.next_block := 0;
    end if;
    v_blocks := pg_relation_size(baseline.relation) / current_setting('block_size')::bigint;
    while baseline.next_block < v_blocks loop
      if not v_whole and baseline.rows >= v_goal then
        return baseline;
      end if;
      baseline.rows := baseline.rows + audit_private.record_baseline(
        watch, baseline.relation, 'present.ctid >= $4 and present.ctid < $5',
        baseline.next_block, least(baseline.next_block + v_step, v_blocks)
      );
      baseline.next_block := baseline.next_block + v_step;
    end loop;
    baseline.visited := baseline.visited || baseline.relation;
    baseline.filenode := null;
  end loop;
  return baseline;
end $$;

-- The 64 bits of a row's xid: below the next one, and by less than a turn of the counter. A parsed body, so it is inlined.
create or replace function audit_private.full_xid(short xid) returns xid8
language sql
stable
return (
  pg_snapshot_xmax(pg_current_snapshot())::text::bigint
  - ((pg_snapshot_xmax(pg_current_snapshot())::text::bigint - short::text::bigint) % 4294967296 + 4294967296) % 4294967296
)::text::xid8;

-- Rows that were written meanwhile may stand in blocks that had been read before.
create or replace function audit_private.finish_baseline(watch audit_private.watches, baseline audit_private.baselines)
returns audit_private.baselines
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_relation oid;
begin
  foreach v_relation in array baseline.visited loop
    if audit_private.key_columns(watch.target) <> '{}'
      and v_relation in (select audit.captured_relations(watch.target))
    then
      baseline.rows := baseline.rows + audit_private.record_baseline(
        watch, v_relation, 'not pg_visible_in_snapshot(audit_private.full_xid(present.xmin), $6)',
        start_snapshot => baseline.start_snapshot
      );
    end if;
  end loop;
  baseline.finished_at := clock_timestamp();
  perform audit_private.append(
    actor => audit_private.current_actor(),
    action => 'AUDIT_BASELINE_FINISHED',
    entity_type => 'AUDIT_WATCH',
    entity_id => watch.target_name,
    metadata => jsonb_build_object('entity_type', watch.entity_type, 'rows', baseline.rows)
  );
  return baseline;
end $$;

-- A partition that came empty holds nothing but what is captured. One that came with rows, or comes back, is not on record:
-- audit.baseline has to be called again, and until then its strangers are no finding.
create or replace function audit_private.follow_partitions(watch audit_private.watches) returns void
language sql
volatile
set search_path = pg_catalog, pg_temp
as $$
  update audit_private.baselines as baseline set visited = array(
    select class.oid
    from audit.captured_relations(watch.target) as captured
    join pg_catalog.pg_class as class on class.oid = captured
    where class.oid = any (baseline.visited) or class.relkind = 'r' and pg_relation_size(class.oid) = 0
  )
  where baseline.watch_id = watch.watch_id and baseline.finished_at is not null
$$;

create or replace function audit_private.begin_baseline(watch audit_private.watches) returns audit_private.baselines
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_has_key constant boolean := audit_private.key_columns(watch.target) <> '{}';
  v_baseline audit_private.baselines;
begin
  insert into audit_private.baselines (watch_id, start_snapshot, first_id)
  select watch.watch_id, pg_current_snapshot(), coalesce((select max(id) from audit.audit_logs), 0)
  on conflict do nothing;
  -- Without a key a row that is on record could not be told from one that is not: then from the beginning.
  update audit_private.baselines as baseline set
    start_snapshot = pg_current_snapshot(), finished_at = null,
    first_id = case when v_has_key then first_id else coalesce((select max(id) from audit.audit_logs), 0) end,
    visited = case when v_has_key then visited else '{}' end
  where watch_id = watch.watch_id and finished_at is not null
    and audit_private.next_relation(baseline, watch.target) is not null;
  select * into v_baseline from audit_private.baselines where watch_id = watch.watch_id for update;
  return v_baseline;
end $$;

create or replace function audit.record_baseline_batch(target regclass, rows int) returns bigint
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set row_security = off
set constraint_exclusion = off
set extra_float_digits = 1
set timezone = 'UTC'
set bytea_output = 'hex'
set datestyle = 'ISO, YMD'
set intervalstyle = 'postgres'
set lc_monetary = 'C'
set xmlbinary = 'base64'
set quote_all_identifiers = off
as $$
#variable_conflict use_column
declare
  v_watch audit_private.watches;
  v_baseline audit_private.baselines;
  v_before bigint;
begin
  perform audit_private.require_owner(record_baseline_batch.target);
  perform audit_private.require_baseline_lock(record_baseline_batch.target);
  v_watch := audit_private.active_watch(record_baseline_batch.target);
  perform audit_private.require_readable(relation) from audit.captured_relations(record_baseline_batch.target) as relation;
  perform audit_private.require_types(v_watch);
  v_baseline := audit_private.begin_baseline(v_watch);
  if v_baseline.finished_at is not null then
    return 0;
  end if;
  v_before := v_baseline.rows;
  v_baseline := audit_private.advance_baseline(v_watch, v_baseline, greatest(coalesce(record_baseline_batch.rows, 1), 1));
  if v_baseline.relation is null then
    v_baseline := audit_private.finish_baseline(v_watch, v_baseline);
  end if;
  update audit_private.baselines set
    visited = v_baseline.visited, relation = v_baseline.relation, filenode = v_baseline.filenode,
    next_block = v_baseline.next_block, rows = v_baseline.rows, finished_at = v_baseline.finished_at
  where watch_id = v_baseline.watch_id;
  return v_baseline.rows - v_before;
end $$;
comment on function audit.record_baseline_batch is 'The definer half of audit.baseline: reads and records, under the caller''s lock.';

create or replace function audit.baseline(target regclass, rows int default 10000) returns bigint
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
set lock_timeout = '5s'
as $$
begin
  -- No writer is in flight meanwhile, so each record stands where it belongs in the order of the log; no index is made either.
  execute format('lock table %s in share row exclusive mode', baseline.target);
  return audit.record_baseline_batch(baseline.target, baseline.rows);
end $$;
comment on function audit.baseline is
  'Records the next rows that a watched table held already, as ROW_BASELINE; called by its owner until it returns 0. Each batch '
  'locks out writers for its time; commit after each. A table without a key is recorded in one batch.';
