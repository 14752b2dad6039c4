-- Chapter 2, what: attaching capture to a table.
-- audit.watch runs with the rights of the table's owner, who calls them. For the length of one
-- statement the owner lends Indelible the TRIGGER privilege: so nobody but audit_owner may ever execute, and thus
-- attach, a capture function, and no owner can make one record changes of another table.

-- A table that was dropped, where no event trigger noticed, leaves its entity type to the one made in its place.
create or replace function audit_private.end_dropped_watch(entity_type text) returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  perform audit_private.close_watch(watch, 'audit.watch')
  from audit_private.watches as watch
  where watch.stopped_at is null
    and watch.entity_type = end_dropped_watch.entity_type
    and not exists (select from pg_catalog.pg_class as class where class.oid = watch.target);
end $$;

create or replace function audit_private.save_watch(before audit_private.watches, after audit_private.watches) returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_is_declared constant boolean := (before).watch_id is not null
    and to_jsonb(before) - 'target_name' - 'started_at' = to_jsonb(after) - 'target_name' - 'started_at';
  v_declared constant jsonb := jsonb_build_object(
    'entity_type', (after).entity_type, 'capture', (after).capture, 'exclude', (after).excluded, 'mask', (after).masked,
    'skip', (after).skipped, 'operations', (after).operations, 'record_unchanged', (after).record_unchanged
  );
begin
  perform audit_private.end_dropped_watch((after).entity_type);
  insert into audit_private.watches (
    watch_id, target, target_name, entity_type, capture, excluded, masked, skipped, operations, record_unchanged
  ) overriding system value
  values (
    (after).watch_id, (after).target, (after).target_name, (after).entity_type, (after).capture, (after).excluded,
    (after).masked, (after).skipped, (after).operations, (after).record_unchanged
  )
  on conflict (watch_id) do update set
    target_name = excluded.target_name, entity_type = excluded.entity_type, capture = excluded.capture,
    excluded = excluded.excluded, masked = excluded.masked, skipped = excluded.skipped, operations = excluded.operations,
    record_unchanged = excluded.record_unchanged;
  if v_is_declared then
    perform audit_private.renew_capture(after);
  else
    perform audit_private.write_capture(after);
  end if;
  perform audit_private.follow_watch(after, 'audit.watch');
  if not v_is_declared then
    perform audit_private.append(
      actor => audit_private.current_actor(),
      action => case when (before).watch_id is null then 'AUDIT_WATCH_STARTED' else 'AUDIT_WATCH_CHANGED' end,
      entity_type => 'AUDIT_WATCH',
      entity_id => (after).target_name,
      metadata => v_declared
    );
  end if;
end $$;

create or replace function audit.pending_capture(target regclass)
returns table (relation regclass, name text, enabled text, definition text)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select wanted.relation, wanted.name, wanted.enabled, wanted.definition
  from audit_private.watches as watch
  cross join audit_private.capture_triggers(watch) as wanted
  where watch.target = pending_capture.target
    and watch.stopped_at is null
    and not exists (
      select from pg_catalog.pg_trigger as existing
      where existing.tgrelid = wanted.relation
        and existing.tgname = wanted.name
        and existing.tgenabled = wanted.enabled::"char"
        and existing.tgfoid = to_regprocedure(wanted.function)
    )
$$;
comment on function audit.pending_capture is 'The capture triggers that a watched table ought to have and has not.';

create or replace function audit.surplus_capture(target regclass) returns table (relation regclass, name text)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select existing.tgrelid::regclass, existing.tgname::text
  from pg_catalog.pg_trigger as existing
  where existing.tgrelid in (select audit.captured_relations(surplus_capture.target))
    and existing.tgname ~ '^!?indelible_capture_'
    and existing.tgparentid = 0
    and (existing.tgrelid, existing.tgname::text) not in (
      select wanted.relation, wanted.name
      from audit_private.watches as watch
      cross join audit_private.capture_triggers(watch) as wanted
      where watch.target = surplus_capture.target and watch.stopped_at is null
    )
$$;
comment on function audit.surplus_capture is 'Capture triggers on a table that it ought not to have: all of them, once it is not watched.';

create or replace function audit.attach_capture(target regclass) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_door constant bigint := audit_private.open_door();
  v_definition text;
  v_attached boolean := false;
begin
  perform audit_private.require_owner(attach_capture.target);
  if exists (
    select from pg_catalog.pg_partition_tree(attach_capture.target) as tree
    where not tree.isleaf and not audit_private.holds_lock(tree.relid)
  ) then
    raise exception using
      errcode = 'ID012', message = format('%s must be locked, with all of its partitions', attach_capture.target),
      hint = 'audit.watch() does so.';
  end if;
  -- Under the lock, so that no partition comes along whose code would run while the triggers are made.
  perform audit_private.require_known_partitioning(attach_capture.target);
  for v_definition in select definition from audit.pending_capture(attach_capture.target) loop
    execute v_definition;
    v_attached := true;
  end loop;
  if v_attached then
    perform audit_private.restart_version(watch)
    from audit_private.watches as watch
    where watch.target = attach_capture.target and watch.stopped_at is null;
  end if;
  perform audit_private.close_door(v_door);
end $$;
comment on function audit.attach_capture is 'Makes the missing triggers, while the owner lends the privilege.';

-- SELECT and, where PUBLIC has none, USAGE of the schema stay with audit_owner while the table is watched: what TRUNCATE
-- removes has to be read, and what is there compared. TRIGGER is lent for one statement.
create or replace function audit.attach_pending(target regclass) returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  v_enable text[] := array(
    select audit.enable_statement(relation, name, enabled) from audit.pending_capture(attach_pending.target)
  );
  v_schema regnamespace;
  v_relations constant regclass[] := array(select audit.captured_relations(attach_pending.target));
  v_lend constant regclass[] := array(
    -- Those between, too, which hold no rows: triggers pass through them.
    select relation from (
      select attach_pending.target as relation union select relid from pg_catalog.pg_partition_tree(attach_pending.target)
    ) as tree
    where not has_table_privilege('audit_owner', relation, 'trigger')
  );
  v_statement text;
  v_relation regclass;
begin
  for v_statement in
    select format('drop trigger %I on %s', name, relation) from audit.surplus_capture(attach_pending.target)
  loop
    execute v_statement;
  end loop;
  for v_schema in
    select distinct relnamespace from pg_catalog.pg_class
    where oid = any (v_relations) and not has_schema_privilege('audit_owner', relnamespace, 'usage')
  loop
    -- To whoever may not give it GRANT says a warning, or a refusal that does not say for whom.
    if not has_schema_privilege(v_schema, 'usage with grant option') then
      raise exception using
        errcode = '42501',
        message = format('%s cannot be watched: audit_owner may not use schema %s', attach_pending.target, v_schema),
        hint = format('As the owner of the schema: grant usage on schema %s to audit_owner', v_schema);
    end if;
    execute format('grant usage on schema %s to audit_owner', v_schema);
  end loop;
  foreach v_relation in array v_relations loop
    if not has_table_privilege('audit_owner', v_relation, 'select') then
      execute format('grant select on %s to audit_owner', v_relation);
    end if;
  end loop;
  if v_enable = '{}' then
    return;
  end if;
  foreach v_relation in array v_lend loop
    execute format('grant trigger on %s to audit_owner', v_relation);
  end loop;
  if exists (select from pg_catalog.pg_partition_tree(attach_pending.target)) then
    execute format('lock table %s in share row exclusive mode', attach_pending.target);
  end if;
  perform audit.attach_capture(attach_pending.target);
  foreach v_statement in array v_enable loop
    execute v_statement;
  end loop;
  foreach v_relation in array v_lend loop
    execute format('revoke trigger on %s from audit_owner', v_relation);
  end loop;
end $$;
comment on function audit.attach_pending is 'The invoker half of audit.watch: attaches what is missing, as the table''s owner.';

create or replace function audit.watch(
  target regclass,
  entity_type text default null,
  capture text default null,
  exclude text[] default null,
  mask text[] default null,
  dry_run boolean default false,
  skip text[] default null,
  operations text[] default null,
  record_unchanged boolean default null
) returns text
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
set quote_all_identifiers = off
as $$
declare
  v_source text[];
begin
  perform set_config('indelible.caller', current_user, true);
  -- A simple assignment: between the halves nothing else stands on the stack.
  v_source := audit.prepare_watch(
    watch.target, watch.entity_type, watch.capture, watch.exclude, watch.mask, watch.dry_run, watch.skip, watch.operations,
    watch.record_unchanged
  );
  if not watch.dry_run then
    perform audit.attach_pending(watch.target);
  end if;
  return array_to_string(v_source, E';\n\n') || E';\n';
end $$;
comment on function audit.watch is
  'Records every row change of a table from now on; called by its owner. Idempotent: what is not given stays as declared. '
  'exclude: columns never recorded; mask: only that they changed; skip: their change alone is no record; operations: some of '
  'insert, update, delete, truncate. Returns the SQL; dry_run only returns it.';

-- After every migrate: the code of capture follows the tables and this file.
do $$
declare
  v_watch audit_private.watches;
begin
  for v_watch in
    select watch.* from audit_private.watches as watch
    join pg_catalog.pg_class as class on class.oid = watch.target
    where watch.stopped_at is null
  loop
    perform audit_private.renew_capture(v_watch);
  end loop;
end $$;
