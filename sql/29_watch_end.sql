-- Chapter 2, what: taking capture off a table. audit.unwatch is called by the table's owner and runs with the owner's rights;
-- its definer halves end the watch, on record, and remove the code once no trigger uses it. Refuses strangers (42501).

create or replace function audit.finish_unwatch(target regclass) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set quote_all_identifiers = off
as $$
#variable_conflict use_column
declare
  v_watch audit_private.watches;
  v_context text;
begin
  get diagnostics v_context = pg_context;
  perform audit_private.require_owner(
    finish_unwatch.target, audit_private.caller_of(v_context, 'audit.finish_unwatch', 'audit.unwatch')
  );
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

create or replace function audit_private.drop_code(watch_id bigint) returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_door constant bigint := audit_private.open_door();
  v_function regprocedure;
  v_type regtype;
begin
  for v_function in
    select function.oid
    from pg_catalog.pg_proc as function
    where function.proname like format('capture\_%s\_%%', drop_code.watch_id)
      and function.pronamespace = 'audit_private'::regnamespace
      and function.prorettype = 'trigger'::regtype
  loop
    -- A partition that was detached has kept its TRUNCATE trigger.
    execute format('drop function %s cascade', v_function);
  end loop;
  for v_type in
    select type.oid
    from pg_catalog.pg_type as type
    where type.typname like format('image\_%s\_%%', drop_code.watch_id)
      and type.typnamespace = 'audit_private'::regnamespace
    -- The types of whole changes hold the image, so they go first.
    order by length(type.typname) desc
  loop
    execute format('drop type %s', v_type);
  end loop;
  perform audit_private.close_door(v_door);
end $$;
comment on function audit_private.drop_code is 'Removes the functions and types of an ended watch, which no trigger uses any longer.';

create or replace function audit.drop_capture(target regclass) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform audit_private.require_owner(drop_capture.target);
  perform audit_private.drop_code(watch.watch_id)
  from audit_private.watches as watch
  where watch.target = drop_capture.target and watch.stopped_at is not null;
end $$;
comment on function audit.drop_capture is 'Removes the code of ended watches, once no trigger uses it.';

create or replace function audit.unwatch(target regclass) returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
set quote_all_identifiers = off
as $$
declare
  v_statement text;
begin
  perform set_config('indelible.caller', current_user, true);
  -- A simple assignment: between the halves nothing else stands on the stack.
  v_statement := audit.finish_unwatch(unwatch.target);
  for v_statement in select format('drop trigger %I on %s', name, relation) from audit.surplus_capture(unwatch.target) loop
    execute v_statement;
  end loop;
  for v_statement in
    select format('revoke select on %s from audit_owner', class.oid::regclass)
    from audit.captured_relations(unwatch.target) as relation
    join pg_catalog.pg_class as class on class.oid = relation
    where class.relowner <> 'audit_owner'::regrole
  loop
    execute v_statement;
  end loop;
  perform audit.drop_capture(unwatch.target);
end $$;
comment on function audit.unwatch is 'Ends the capture of a table; called by its owner. The history stays, and the end is on record.';
