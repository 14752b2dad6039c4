-- Chapter 3, guard: capture follows the table, on record. After each DDL command on a watched table its capture is
-- written anew, and what changed, of columns or of capture triggers, is recorded with the login that did it.
-- Called by 37_follow_commands.sql and by audit.watch.
-- Refuses a key of columns that are excluded or masked (ID007), and a table captured by statement as a partition (ID006).

-- Every capture trigger that ought to be, on the table and, where row triggers pass to them, on its partitions.
create or replace function audit_private.capture_places(watch audit_private.watches)
returns table (place text, label text, relation regclass, trigger text, right_there boolean, found text)
language sql
stable
set search_path = pg_catalog, pg_temp
set quote_all_identifiers = off
as $$
  select
    concat_ws(' ', wanted.name, nullif(wanted.relation::oid, (watch).target::oid)),
    concat_ws(' on ', wanted.name, nullif(wanted.relation, (watch).target)::regclass),
    wanted.relation,
    wanted.name,
    coalesce(existing.tgfoid = to_regprocedure(wanted.function) and existing.tgenabled::text = wanted.enabled, false),
    case
      when existing.oid is null then 'missing'
      when existing.tgfoid is distinct from to_regprocedure(wanted.function) then 'replaced'
      when existing.tgenabled = 'D' then 'disabled'
      else 'enabled as ' || existing.tgenabled::text
    end
  from (
    select relation, name, enabled, function from audit_private.capture_triggers(watch)
    union all
    select tree.relid, row.name, row.enabled, row.function
    from pg_catalog.pg_partition_tree((watch).target) as tree
    cross join audit_private.capture_triggers(watch) as row
    where tree.level > 0 and row.name <> '!indelible_capture_truncate'
  ) as wanted
  left join pg_catalog.pg_trigger as existing
    on existing.tgrelid = wanted.relation and existing.tgname = wanted.name
$$;

-- Metadata of an event has its limit, and no DDL may fail over it.
create or replace function audit_private.note_changes(
  action text, watch audit_private.watches, command text, changes jsonb
) returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  perform audit_private.append(
    actor => audit_private.current_actor(),
    action => note_changes.action,
    entity_type => 'AUDIT_WATCH',
    entity_id => (watch).target_name,
    metadata => jsonb_build_object('entity_type', (watch).entity_type, 'command', command) || case
      when octet_length(changes::text) < 60000 then changes
      else jsonb_build_object('abridged', (select jsonb_agg(section) from jsonb_object_keys(changes) as section))
    end
  );
end $$;

create or replace function audit_private.follow_capture(watch audit_private.watches, command text) returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_known audit_private.shapes;
  v_wanted text[];
  v_attached text[];
  v_lost text[];
  v_restored text[];
begin
  select * into strict v_known from audit_private.shapes where watch_id = (watch).watch_id for update;
  -- Of another kind of capture the triggers are others, which nobody has attached yet.
  if v_known.capture <> (watch).capture then
    v_known.attached := '{}';
  end if;
  select coalesce(array_agg(place), '{}'), coalesce(array_agg(place) filter (where right_there), '{}')
  into v_wanted, v_attached
  from audit_private.capture_places(watch);
  v_lost := array(select unnest(v_known.attached) intersect select unnest(v_wanted) except select unnest(v_attached) order by 1);
  v_restored := array(select unnest(v_known.disabled) intersect select unnest(v_attached) order by 1);
  if v_lost <> '{}' then
    perform audit_private.note_changes('AUDIT_CAPTURE_DISABLED', watch, command, jsonb_build_object('triggers', (
      select jsonb_object_agg(label, found) from audit_private.capture_places(watch) where place = any (v_lost)
    )));
  end if;
  if v_restored <> '{}' then
    perform audit_private.note_changes('AUDIT_CAPTURE_ENABLED', watch, command, jsonb_build_object('triggers', (
      select jsonb_agg(label order by label) from audit_private.capture_places(watch) where place = any (v_restored)
    )));
  end if;
  if v_lost <> '{}' or v_restored <> '{}' then
    perform audit_private.remember_version(watch, starts => true);
  end if;
  update audit_private.shapes set
    capture = (watch).capture,
    attached = v_attached,
    disabled = array(
      select unnest(v_known.disabled || v_lost) intersect select unnest(v_wanted) except select unnest(v_attached)
    )
  where watch_id = (watch).watch_id
    and (capture, attached, disabled) is distinct from ((watch).capture, v_attached, v_known.disabled);
end $$;

-- Statement triggers do not pass to new partitions, nor does the right to read them; a schema may be out of reach.
create or replace function audit_private.overdue_relations(target regclass, known audit_private.shapes) returns oid[]
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(array_agg(class.oid), '{}')
  from audit.captured_relations(target) as relation
  join pg_catalog.pg_class as class on class.oid = relation
  where (class.oid <> target and not coalesce((known).shape -> 'partitions' ? class.oid::text, false))
    or not has_table_privilege('audit_owner', class.oid, 'select')
    or not has_schema_privilege('audit_owner', class.relnamespace, 'usage')
$$;

create or replace function audit_private.take_overdue() returns table (relation regclass, truncate_of bigint)
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
  if not exists (select from audit_private.shapes where overdue <> '{}') then
    return;
  end if;
  return query
    select late.relation::regclass, case when 'truncate' = any (watch.operations) then watch.watch_id end
    from audit_private.shapes as shape
    join audit_private.watches as watch using (watch_id)
    cross join unnest(shape.overdue) as late (relation)
    where watch.stopped_at is null;
  update audit_private.shapes set overdue = '{}' where overdue <> '{}';
end $$;
comment on function audit_private.take_overdue() is
  'Which tables lack what their owner has to give, and the watch whose TRUNCATE trigger they ought to have; told once.';

-- What was declared of a column follows its name. Told twice of the same change it does the same again.
create or replace function audit_private.follow_columns(
  watch audit_private.watches, known audit_private.shapes, shape jsonb
) returns audit_private.watches
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_excluded record := audit_private.follow_names((watch).excluded, (known).once_excluded, (known).shape, shape);
  v_masked record := audit_private.follow_names((watch).masked, (known).once_masked, (known).shape, shape);
  v_skipped record := audit_private.follow_names((watch).skipped, '{}', (known).shape, shape);
  v_watch audit_private.watches := watch;
begin
  v_watch.excluded := v_excluded.names_now;
  v_watch.masked := v_masked.names_now;
  v_watch.skipped := v_skipped.names_now;
  update audit_private.watches set
    excluded = v_watch.excluded, masked = v_watch.masked, skipped = v_watch.skipped
  where watch_id = v_watch.watch_id;
  update audit_private.shapes set once_excluded = v_excluded.once_now, once_masked = v_masked.once_now
  where watch_id = v_watch.watch_id;
  return v_watch;
end $$;

create or replace function audit_private.follow_declaration(
  watch audit_private.watches, known audit_private.shapes, shape jsonb
) returns audit_private.watches
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_watch audit_private.watches := audit_private.follow_columns(watch, known, shape);
begin
  v_watch.target_name := shape ->> 'name';
  if v_watch.capture = 'statement' and shape ? 'parents' then
    raise exception using
      errcode = 'ID006',
      message = format('%s is captured by statement and cannot get a parent', v_watch.target_name),
      hint = 'Its statement triggers would not see what is written through the parent; audit.watch(…, capture => ''row'') first.';
  end if;
  perform audit_private.require_columns(v_watch);
  update audit_private.watches set target_name = v_watch.target_name where watch_id = v_watch.watch_id;
  update audit_private.shapes set
    shape = follow_declaration.shape,
    overdue = audit_private.overdue_relations(v_watch.target, known), noted_at = clock_timestamp()
  where watch_id = v_watch.watch_id;
  return v_watch;
end $$;

create or replace function audit_private.follow_watch(watch audit_private.watches, command text) returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_shape jsonb;
  v_known audit_private.shapes;
  v_watch audit_private.watches := watch;
begin
  -- First the lock: what was read before would undo what another session, which held it, has declared or followed.
  select * into v_known from audit_private.shapes where watch_id = (watch).watch_id for update;
  select * into strict v_watch from audit_private.watches where watch_id = (watch).watch_id;
  if v_watch.stopped_at is not null then
    return;
  end if;
  v_shape := audit_private.table_shape(v_watch.target);
  if v_known.watch_id is null then
    insert into audit_private.shapes (watch_id, shape, capture) values (v_watch.watch_id, v_shape, v_watch.capture);
  elsif v_known.shape <> v_shape then
    v_watch := audit_private.follow_declaration(v_watch, v_known, v_shape);
    perform audit_private.forget_rewritten(v_watch.watch_id, v_known.shape, v_shape);
    perform audit_private.follow_partitions(v_watch);
    perform audit_private.write_capture(v_watch);
    perform audit_private.note_changes(
      'AUDIT_SCHEMA_CHANGED', v_watch, command,
      jsonb_build_object('changes', audit_private.shape_difference(v_known.shape, v_shape))
    );
  end if;
  perform audit_private.follow_capture(v_watch, command);
end $$;
comment on function audit_private.follow_watch is
  'Brings the capture of a table up to what the table is now, and records what changed; nothing if nothing did.';

create or replace function audit_private.close_watch(watch audit_private.watches, command text) returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
  update audit_private.watches set stopped_at = clock_timestamp() where watch_id = (watch).watch_id;
  perform audit_private.note_changes('AUDIT_WATCH_STOPPED', watch, command, '{"reason": "table_dropped"}');
  perform audit_private.drop_code((watch).watch_id);
end $$;
comment on function audit_private.close_watch is 'Ends the watch of a table that is gone.';
