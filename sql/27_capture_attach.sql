-- Chapter 2, what: from the declared watch to its functions and triggers.
-- Called by 28_watch.sql and 29_watch_attach.sql and, after every migrate, for all watched tables: code follows the table.

create or replace function audit_private.all_source(watch audit_private.watches) returns text[]
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select audit_private.capture_source(watch)
    || case when (watch).capture = 'statement' then audit_private.statement_source(watch) else '{}' end
    || audit_private.truncate_source(watch)
$$;

create or replace function audit_private.write_capture(watch audit_private.watches) returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_door constant bigint := audit_private.open_door();
  v_source text;
  v_owner_of_partitioned name := (
    select pg_get_userbyid(relowner) from pg_catalog.pg_class where oid = (watch).target and relkind = 'p'
  );
  v_operation text;
begin
  if to_regtype(format('audit_private.%I', audit_private.image_type(watch))) is null then
    foreach v_source in array audit_private.image_types_source(watch) loop
      execute v_source;
    end loop;
  end if;
  foreach v_source in array audit_private.all_source(watch) loop
    execute v_source;
  end loop;
  perform audit_private.remember_columns(watch);
  perform audit_private.remember_version(watch);
  if v_owner_of_partitioned is not null then
    -- New partitions copy the triggers with the owner's rights. Without USAGE on the schema the owner can do nothing else with this.
    foreach v_operation in array array['insert', 'update', 'delete'] loop
      execute format(
        'grant execute on function audit_private.capture_%s_%s() to %I', (watch).watch_id, v_operation, v_owner_of_partitioned
      );
    end loop;
  end if;
  perform audit_private.close_door(v_door);
end $$;
comment on function audit_private.write_capture is 'Writes or renews a table''s capture functions; blocks nobody.';

create or replace function audit_private.capture_code(watch audit_private.watches) returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select string_agg(prosrc, E'\n' order by proname)
  from pg_catalog.pg_proc
  where pronamespace = 'audit_private'::regnamespace and proname like format('capture\_%s\_%%', (watch).watch_id)
$$;

-- On record where the code becomes another without anybody declaring anything: code that somebody else wrote is not.
create or replace function audit_private.renew_capture(watch audit_private.watches) returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_former_code constant text := audit_private.capture_code(watch);
begin
  perform audit_private.write_capture(watch);
  if v_former_code <> audit_private.capture_code(watch) then
    perform audit_private.append(
      actor => audit_private.current_actor(),
      action => 'AUDIT_CAPTURE_WRITTEN',
      entity_type => 'AUDIT_WATCH',
      entity_id => (watch).target_name
    );
  end if;
end $$;
comment on function audit_private.renew_capture is 'Writes the capture functions again, as the table or this code has changed.';

create or replace function audit.captured_relations(target regclass) returns setof regclass
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select target
  union
  select tree.relid
  from pg_catalog.pg_partition_tree(target) as tree
  join pg_catalog.pg_class as class on class.oid = tree.relid
  where class.relkind = 'r'
$$;
comment on function audit.captured_relations is 'A table and, of a partitioned one, the partitions that hold rows.';

-- enabled as in pg_trigger.tgenabled: A always, O origin, R replica. Statement triggers and the row triggers beside them
-- share the sessions out between them. Triggers fire by name: the exclamation mark puts capture before all others, or what
-- these change in turn would be on record before its cause.
create or replace function audit_private.capture_triggers(watch audit_private.watches)
returns table (relation regclass, name text, enabled text, function text, definition text)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select trigger.relation, trigger.name, trigger.enabled, trigger.function, format(
    'create or replace trigger %I %s on %s %s execute function %s',
    trigger.name, trigger.event, trigger.relation, trigger.scope, trigger.function
  )
  from (
    select
      (watch).target as relation,
      '!indelible_capture_' || operation as name,
      case when by_statement then 'O' else 'A' end as enabled,
      format(
        'audit_private.capture_%s_%s()', (watch).watch_id, operation || case when by_statement then '_statement' else '' end
      ) as function,
      'after ' || operation as event,
      case when by_statement then concat_ws(
        ' ', 'referencing',
        case when operation in ('update', 'delete') then 'old table as indelible_old' end,
        case when operation in ('update', 'insert') then 'new table as indelible_new' end,
        'for each statement'
      ) else 'for each row' end as scope
    from (values ((watch).capture = 'statement')) as chosen (by_statement)
    cross join unnest((watch).operations) as operation
    where operation <> 'truncate'
    union all
    select
      (watch).target, '!indelible_capture_' || operation || '_replica', 'R',
      format('audit_private.capture_%s_%s()', (watch).watch_id, operation), 'after ' || operation, 'for each row'
    from unnest((watch).operations) as operation
    where (watch).capture = 'statement' and operation <> 'truncate'
    union all
    -- Statement triggers do not pass to partitions, which can be emptied one by one.
    select
      relation, '!indelible_capture_truncate', 'A', format('audit_private.capture_%s_truncate()', (watch).watch_id),
      'before truncate', 'for each statement'
    from audit.captured_relations((watch).target) as relation
    where 'truncate' = any ((watch).operations)
  ) as trigger
$$;

create or replace function audit.enable_statement(target regclass, name text, enabled text) returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
  select format(
    'alter table %s enable %strigger %I', target, case enabled when 'A' then 'always ' when 'R' then 'replica ' else '' end, name
  )
$$;
comment on function audit.enable_statement is 'The statement that enables a capture trigger as it must be.';
