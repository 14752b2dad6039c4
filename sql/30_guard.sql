-- Chapter 3, guard: the log only grows.
-- Grants and row security keep everyone out who is not the owner or a superuser, pg_write_all_data included; these
-- triggers stop the owner and superusers from changing the past, whatever session_replication_role says. Refuses with
-- ID001. On inserts no trigger fires: guarding them would be paid for with every row change of the business.

create or replace function audit_private.tg__refuse_change() returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  raise exception using
    errcode = 'ID001',
    message = format('%s on the audit log is refused: it is append-only', tg_op),
    hint = 'Events are recorded through audit.record() and by capture alone.';
end $$;
comment on function audit_private.tg__refuse_change() is 'Refuses what would change, empty or bypass the log.';

create or replace function audit_private.ensure_trigger(target regclass, name text, event text) returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  -- Attaching locks out writers, and CREATE OR REPLACE silently resets ENABLE ALWAYS: only where needed.
  if exists (
    select from pg_catalog.pg_trigger
    where tgrelid = ensure_trigger.target and tgname = ensure_trigger.name and tgenabled = 'A'
      and tgfoid = 'audit_private.tg__refuse_change()'::regprocedure
  ) then
    return;
  end if;
  execute format(
    'create or replace trigger %I %s execute function audit_private.tg__refuse_change()',
    ensure_trigger.name, format(ensure_trigger.event, ensure_trigger.target)
  );
  execute format('alter table %s enable always trigger %I', ensure_trigger.target, ensure_trigger.name);
end $$;

create or replace function audit_private.guard_partition(partition regclass) returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_grantee text;
begin
  -- Statement triggers, row security and revokes do not pass from the parent, and default privileges open new tables.
  perform audit_private.ensure_trigger(
    guard_partition.partition, 'log_refuse_statement', 'before update or delete or truncate on %s for each statement'
  );
  if not (select relrowsecurity from pg_catalog.pg_class where oid = guard_partition.partition) then
    execute format('alter table %s enable row level security', guard_partition.partition);
  end if;
  for v_grantee in
    select distinct case acl.grantee when 0 then 'public' else acl.grantee::regrole::text end
    from pg_catalog.pg_class as class
    cross join aclexplode(class.relacl) as acl
    where class.oid = guard_partition.partition and acl.grantee <> class.relowner
  loop
    execute format('revoke all on %s from %s', guard_partition.partition, v_grantee);
  end loop;
end $$;

do $$
declare
  v_partition regclass;
begin
  -- Row triggers pass to the partitions and fire for replicated changes too; statement triggers fire without any row.
  perform audit_private.ensure_trigger(
    'audit.audit_logs', 'log_refuse_change', 'before update or delete on %s for each row'
  );
  perform audit_private.ensure_trigger(
    'audit.audit_logs', 'log_refuse_statement', 'before update or delete or truncate on %s for each statement'
  );
  for v_partition in select relid from pg_catalog.pg_partition_tree('audit.audit_logs') where isleaf loop
    perform audit_private.guard_partition(v_partition);
  end loop;
end $$;
