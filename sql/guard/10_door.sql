-- The guard, part 1: the door. Run by a superuser, who owns this schema: nobody else can change what stands in it.
-- A superuser's session may change the audit objects, and so may Indelible's own functions, for as long as they hold the
-- door open. Rights decide nothing here: those who may act as audit_owner have them all, and many ways lead there (SET
-- ROLE, inheritance, a definer function brought in by REASSIGN OWNED, which fires no event trigger, an expression that runs
-- with the rights of a table's owner). So the guard looks at who calls, which nobody can counterfeit.

do $$
begin
  if to_regnamespace('audit_guard') is null then
    create schema audit_guard;
  elsif exists (
    select from pg_catalog.pg_namespace as namespace
    join pg_catalog.pg_roles as keeper on keeper.oid = namespace.nspowner and not keeper.rolsuper
    where namespace.nspname = 'audit_guard'
  ) then
    raise exception 'the schema audit_guard belongs to somebody who is no superuser'
      using hint = 'Drop it, after a look at what it is, and migrate again.';
  end if;
  execute format('alter schema audit_guard owner to %I', current_user);
end $$;

create unlogged table if not exists audit_guard.doors (
  door_id bigint generated always as identity
    constraint doors_pkey primary key,
  backend int not null,
  xid xid8 not null
);
comment on table audit_guard.doors is 'Doors that stand open: only ever seen by the transaction that opened them.';

-- The stack begins: this function, audit_private.open_door(), then its caller. Between functions that call each other in
-- simple assignments stands nothing else; in SQL statements stands their text, in which anybody can write anything.
create or replace function audit_guard.open_door() returns bigint
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set lc_messages = 'C'
as $$
declare
  v_context text;
  v_frames text[];
  v_door bigint;
begin
  get diagnostics v_context = pg_context;
  v_frames := string_to_array(v_context, E'\n');
  if v_frames[2] !~ '^PL/pgSQL function ("?)audit_private\1\.("?)open_door\2\(\) line '
    or coalesce(v_frames[3], '') !~ '^PL/pgSQL function ("?)(audit|audit_private|iam)\1\.("?)[a-z_]+\3\('
  then
    perform audit_guard.refuse('audit_private.open_door()', v_frames[3], 'door');
  end if;
  insert into audit_guard.doors (backend, xid) values (pg_backend_pid(), pg_current_xact_id()) returning door_id into v_door;
  return v_door;
end $$;
comment on function audit_guard.open_door() is 'Lets the calling function of Indelible change audit objects, in this transaction.';

create or replace function audit_guard.close_door(door bigint) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  delete from audit_guard.doors where door_id = close_door.door and backend = pg_backend_pid();
end $$;

create or replace function audit_guard.door_is_open() returns boolean
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select exists (
    select from audit_guard.doors where backend = pg_backend_pid() and xid = pg_current_xact_id_if_assigned()
  )
$$;

create or replace function audit_guard.may_change() returns boolean
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select audit_guard.door_is_open()
    or (
      exists (select from pg_catalog.pg_roles where rolname = session_user and rolsuper)
      -- A superuser's ANALYZE, and autovacuum, run a table owner's code as that owner: this is not the superuser at work.
      and exists (
        select from pg_catalog.pg_roles
        where rolname = current_setting('audit_guard.caller', true) and (rolsuper or rolname = current_setting('role'))
      )
    )
$$;
comment on function audit_guard.may_change() is 'Whether a superuser''s session, or Indelible itself, is at work.';

-- The first event trigger of each event. Not a definer: who runs the command can be seen here alone, and whoever set this
-- before is overwritten.
create or replace function audit_guard.tg__note_caller() returns event_trigger
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  perform set_config('audit_guard.caller', current_user, true);
end $$;
