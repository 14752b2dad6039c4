-- Chapter 2, what: from the declared watch to its functions and triggers.
-- Called by 25_watch.sql and 26_watch_attach.sql and, after every migrate, for all watched tables: code follows the table.

create or replace function audit_private.all_source(watch audit_private.watches) returns text[]
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select audit_private.capture_source(
    (watch).watch_id, (watch).target, (watch).entity_type, (watch).excluded, (watch).masked
  ) || case when (watch).capture = 'statement' then audit_private.statement_source(
    (watch).watch_id, (watch).target, (watch).entity_type, (watch).excluded, (watch).masked
  ) else '{}' end
$$;

create or replace function audit_private.write_capture(watch audit_private.watches) returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_source text;
  v_owner_of_partitioned name := (
    select pg_get_userbyid(relowner) from pg_catalog.pg_class where oid = (watch).target and relkind = 'p'
  );
  v_operation text;
begin
  foreach v_source in array audit_private.all_source(watch) loop
    execute v_source;
  end loop;
  if v_owner_of_partitioned is not null then
    -- New partitions copy the triggers with the owner's rights. Without USAGE on the schema the owner can do nothing else with this.
    foreach v_operation in array array['insert', 'update', 'delete'] loop
      execute format(
        'grant execute on function audit_private.capture_%s_%s() to %I', (watch).watch_id, v_operation, v_owner_of_partitioned
      );
    end loop;
  end if;
end $$;
comment on function audit_private.write_capture is 'Writes or renews a table''s capture functions; blocks nobody.';

-- enabled as in pg_trigger.tgenabled: A always, O origin, R replica. Statement triggers and the row triggers beside them
-- share the sessions out between them.
create or replace function audit_private.capture_triggers(watch audit_private.watches)
returns table (name text, enabled text, function text, definition text)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select trigger.name, trigger.enabled, trigger.function, format(
    'create or replace trigger %s after %s on %s %s execute function %s',
    trigger.name, trigger.operation, (watch).target, trigger.scope, trigger.function
  )
  from (
    select
      'indelible_capture_' || operation as name,
      case when by_statement and operation <> 'truncate' then 'O' else 'A' end as enabled,
      format(
        'audit_private.capture_%s_%s()', (watch).watch_id,
        operation || case when by_statement and operation <> 'truncate' then '_statement' else '' end
      ) as function,
      operation,
      case
        when operation = 'truncate' then 'for each statement'
        when not by_statement then 'for each row'
        else concat_ws(
          ' ', 'referencing',
          case when operation in ('update', 'delete') then 'old table as indelible_old' end,
          case when operation in ('update', 'insert') then 'new table as indelible_new' end,
          'for each statement'
        )
      end as scope
    from (values ((watch).capture = 'statement')) as chosen (by_statement)
    cross join unnest(array['insert', 'update', 'delete', 'truncate']) as operation
    union all
    select
      'indelible_capture_' || operation || '_replica', 'R',
      format('audit_private.capture_%s_%s()', (watch).watch_id, operation), operation, 'for each row'
    from unnest(array['insert', 'update', 'delete']) as operation
    where (watch).capture = 'statement'
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
