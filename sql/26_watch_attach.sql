-- Chapter 2, what: attaching capture to a table, and taking it off.
-- audit.watch and audit.unwatch run with the rights of the table's owner, who calls them. For the length of one
-- statement the owner lends Indelible the TRIGGER privilege: so nobody but audit_owner may ever execute, and thus
-- attach, a capture function, and no owner can make one record changes of another table.

create or replace function audit_private.save_watch(before audit_private.watches, after audit_private.watches) returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into audit_private.watches (watch_id, target, target_name, entity_type, capture, excluded, masked)
  overriding system value
  values ((after).watch_id, (after).target, (after).target_name, (after).entity_type, (after).capture, (after).excluded, (after).masked)
  on conflict (watch_id) do update set
    target_name = excluded.target_name, entity_type = excluded.entity_type, capture = excluded.capture,
    excluded = excluded.excluded, masked = excluded.masked;
  perform audit_private.write_capture(after);
  if (before).watch_id is null
    or ((before).entity_type, (before).capture, (before).excluded, (before).masked)
      is distinct from ((after).entity_type, (after).capture, (after).excluded, (after).masked)
  then
    perform audit_private.append(
      actor => audit_private.current_actor(),
      action => case when (before).watch_id is null then 'AUDIT_WATCH_STARTED' else 'AUDIT_WATCH_CHANGED' end,
      entity_type => 'AUDIT_WATCH',
      entity_id => (after).target_name,
      metadata => jsonb_build_object(
        'entity_type', (after).entity_type, 'capture', (after).capture,
        'exclude', (after).excluded, 'mask', (after).masked
      )
    );
  end if;
end $$;

create or replace function audit.pending_capture(target regclass)
returns table (name text, enabled text, definition text)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select wanted.name, wanted.enabled, wanted.definition
  from audit_private.watches as watch
  cross join audit_private.capture_triggers(watch) as wanted
  where watch.target = pending_capture.target
    and watch.stopped_at is null
    and not exists (
      select from pg_catalog.pg_trigger as existing
      where existing.tgrelid = watch.target
        and existing.tgname = wanted.name
        and existing.tgenabled = wanted.enabled::"char"
        and existing.tgfoid = to_regprocedure(wanted.function)
    )
$$;
comment on function audit.pending_capture is 'The capture triggers that a watched table ought to have and has not.';

create or replace function audit.surplus_capture(target regclass) returns text[]
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(array_agg(existing.tgname::text), '{}')
  from pg_catalog.pg_trigger as existing
  where existing.tgrelid = surplus_capture.target
    and existing.tgname like 'indelible\_capture\_%'
    and not existing.tgisinternal
    and existing.tgname <> all (array(
      select wanted.name::name
      from audit_private.watches as watch
      cross join audit_private.capture_triggers(watch) as wanted
      where watch.target = surplus_capture.target and watch.stopped_at is null
    ))
$$;
comment on function audit.surplus_capture is 'Capture triggers on a table that it ought not to have: all of them, once it is not watched.';

create or replace function audit.attach_capture(target regclass) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_definition text;
begin
  perform audit_private.require_owner(attach_capture.target);
  for v_definition in select definition from audit.pending_capture(attach_capture.target) loop
    execute v_definition;
  end loop;
end $$;
comment on function audit.attach_capture is 'Makes the missing triggers, while the owner lends the privilege.';

-- Creating or enabling a trigger locks out writers, so nothing is touched that is as it should be.
create or replace function audit.attach_pending(target regclass) returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  v_enable text[] := array(
    select audit.enable_statement(attach_pending.target, name, enabled) from audit.pending_capture(attach_pending.target)
  );
  v_schema regnamespace := (select relnamespace from pg_catalog.pg_class where oid = attach_pending.target);
  v_lend_schema boolean := not has_schema_privilege('audit_owner', v_schema, 'usage');
  v_lend_tables regclass[] := array(
    select relation from unnest(
      array[attach_pending.target] || array(select relid from pg_catalog.pg_partition_tree(attach_pending.target))
    ) as relation
    where not has_table_privilege('audit_owner', relation, 'trigger')
  );
  v_table regclass;
  v_statement text;
begin
  foreach v_statement in array audit.surplus_capture(attach_pending.target) loop
    execute format('drop trigger %I on %s', v_statement, attach_pending.target);
  end loop;
  if v_enable = '{}' then
    return;
  end if;
  if v_lend_schema then
    execute format('grant usage on schema %s to audit_owner', v_schema);
  end if;
  foreach v_table in array v_lend_tables loop
    execute format('grant trigger on %s to audit_owner', v_table);
  end loop;
  perform audit.attach_capture(attach_pending.target);
  foreach v_statement in array v_enable loop
    execute v_statement;
  end loop;
  foreach v_table in array v_lend_tables loop
    execute format('revoke trigger on %s from audit_owner', v_table);
  end loop;
  if v_lend_schema then
    execute format('revoke usage on schema %s from audit_owner', v_schema);
  end if;
end $$;
comment on function audit.attach_pending is 'The invoker half of audit.watch: attaches what is missing, as the table''s owner.';

create or replace function audit.watch(
  target regclass,
  entity_type text default null,
  capture text default null,
  exclude text[] default null,
  mask text[] default null,
  dry_run boolean default false
) returns text
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  v_source text[] := audit.prepare_watch(
    watch.target, watch.entity_type, watch.capture, watch.exclude, watch.mask, watch.dry_run
  );
begin
  if not watch.dry_run then
    perform audit.attach_pending(watch.target);
  end if;
  return array_to_string(v_source, E';\n\n') || E';\n';
end $$;
comment on function audit.watch is
  'Records every row change of a table from now on; called by its owner. Idempotent: what is not given stays as declared. '
  'Returns the SQL; dry_run only returns it.';

create or replace function audit.finish_unwatch(target regclass) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_watch audit_private.watches;
begin
  perform audit_private.require_owner(finish_unwatch.target);
  update audit_private.watches set stopped_at = clock_timestamp()
  where target = finish_unwatch.target and stopped_at is null
  returning * into v_watch;
  if v_watch.watch_id is null then
    return;
  end if;
  perform audit_private.append(
    actor => audit_private.current_actor(),
    action => 'AUDIT_WATCH_STOPPED',
    entity_type => 'AUDIT_WATCH',
    entity_id => v_watch.target_name,
    metadata => jsonb_build_object('entity_type', v_watch.entity_type)
  );
end $$;
comment on function audit.finish_unwatch is 'The definer half of audit.unwatch: ends the watch, on record.';

create or replace function audit.drop_capture(target regclass) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_function regprocedure;
begin
  perform audit_private.require_owner(drop_capture.target);
  for v_function in
    select function.oid
    from audit_private.watches as watch
    join pg_catalog.pg_proc as function on function.proname like format('capture\_%s\_%%', watch.watch_id)
    where watch.target = drop_capture.target
      and watch.stopped_at is not null
      and function.pronamespace = 'audit_private'::regnamespace
      and function.prorettype = 'trigger'::regtype
  loop
    execute format('drop function %s', v_function);
  end loop;
end $$;
comment on function audit.drop_capture is 'Removes the code of ended watches, once no trigger uses it.';

create or replace function audit.unwatch(target regclass) returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  v_trigger text;
begin
  perform audit.finish_unwatch(unwatch.target);
  foreach v_trigger in array audit.surplus_capture(unwatch.target) loop
    execute format('drop trigger %I on %s', v_trigger, unwatch.target);
  end loop;
  perform audit.drop_capture(unwatch.target);
end $$;
comment on function audit.unwatch is 'Ends the capture of a table; called by its owner. The history stays, and the end is on record.';

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
    perform audit_private.write_capture(v_watch);
  end loop;
end $$;
