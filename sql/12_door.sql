-- Chapter 1, who: how the guard knows that it is Indelible itself that changes an audit object.
-- Where a superuser installed the guard (sql/guard/), whoever may act as the owner is refused all DDL on these objects, and
-- so would audit.watch() and audit.maintain() be. Functions that need it open the door at their beginning, for as long as
-- they run: by a simple assignment, v_door := audit_private.open_door(), for then the guard can see who asks.

create or replace function audit_private.guard_is_installed() returns boolean
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  -- Anybody with CREATE on the database could have made a schema of that name, whose functions the owner would then run.
  select exists (
    select from pg_catalog.pg_namespace as namespace
    join pg_catalog.pg_roles as keeper on keeper.oid = namespace.nspowner and keeper.rolsuper
    where namespace.nspname = 'audit_guard'
  ) and to_regprocedure('audit_guard.open_door()') is not null
$$;

create or replace function audit_private.open_door() returns bigint
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_door bigint;
begin
  if audit_private.guard_is_installed() then
    v_door := audit_guard.open_door();
  end if;
  return v_door;
end $$;
comment on function audit_private.open_door() is 'Lets the function that assigns it change audit objects, until it closes the door.';

create or replace function audit_private.close_door(door bigint) returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  if close_door.door is not null then
    perform audit_guard.close_door(close_door.door);
  end if;
end $$;

create or replace function audit_private.door_is_open() returns boolean
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  return audit_private.guard_is_installed() and audit_guard.door_is_open();
end $$;
