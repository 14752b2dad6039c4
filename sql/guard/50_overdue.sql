-- The guard, part 5: what only a table's owner could give, and a superuser can. A new partition of a watched table gets its
-- TRUNCATE trigger, and audit_owner may read it as it may read the table. The statements are written here, of numbers and
-- names alone: nothing that others wrote is executed. Which tables are watched is not taken from the tables of audit_owner,
-- whose members would be given any table, but from the triggers that the owner of a watched table let be attached.

create or replace function audit_guard.is_captured(relation regclass) returns boolean
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select exists (
    select from pg_catalog.pg_trigger as trigger
    join pg_catalog.pg_proc as function on function.oid = trigger.tgfoid
    where trigger.tgrelid in (select relation union select relid from pg_catalog.pg_partition_ancestors(relation))
      and trigger.tgname like '!indelible_capture_%'
      and function.pronamespace = 'audit_private'::regnamespace
  )
$$;

create or replace function audit_guard.give_overdue(target regclass, truncate_of bigint) returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
set quote_all_identifiers = off
as $$
declare
  v_schema constant regnamespace := (select relnamespace from pg_catalog.pg_class where oid = give_overdue.target);
begin
  if not audit_guard.is_captured(give_overdue.target) then
    return;
  end if;
  if not has_schema_privilege('audit_owner', v_schema, 'usage') then
    execute format('grant usage on schema %s to audit_owner', v_schema);
  end if;
  if not has_table_privilege('audit_owner', give_overdue.target, 'select') then
    execute format('grant select on %s to audit_owner', give_overdue.target);
  end if;
  if give_overdue.truncate_of is not null
    and (select relispartition and relkind = 'r' from pg_catalog.pg_class where oid = give_overdue.target)
    and not exists (
      select from pg_catalog.pg_trigger
      where tgrelid = give_overdue.target and tgname = '!indelible_capture_truncate'
    )
  then
    execute format(
      'create trigger "!indelible_capture_truncate" before truncate on %s for each statement '
      'execute function audit_private.capture_%s_truncate()', give_overdue.target, give_overdue.truncate_of
    );
    execute format('alter table %s enable always trigger "!indelible_capture_truncate"', give_overdue.target);
  end if;
end $$;

create or replace function audit_guard.tg__give_overdue() returns event_trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_late record;
  v_door bigint;
begin
  -- A superuser may drop the schemas, in any order.
  if to_regprocedure('audit_private.take_overdue()') is null then
    return;
  end if;
  for v_late in select * from audit_private.take_overdue() loop
    insert into audit_guard.doors (backend, xid) values (pg_backend_pid(), pg_current_xact_id()) returning door_id into v_door;
    perform audit_guard.give_overdue(v_late.relation, v_late.truncate_of);
    perform audit_guard.close_door(v_door);
  end loop;
end $$;
