-- Chapter 3, guard: findings, each with its remedy. Called by audit_admin; changes nothing.

create or replace function audit_private.findings_of_capture()
returns table (finding text, object text, detail text, remedy text)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select 'table not watched', table_name, 'its changes leave no record',
    format('as its owner: select audit.watch(%L); or, with a reason: select audit.allow_unwatched(%1$L, …)', table_name)
  from audit.v_coverage
  -- Sessions and login attempts are events of their own.
  where coverage = 'unwatched' and table_name not in ('iam.sessions', 'iam.login_attempts')
  union all
  select 'capture disabled', watch.target::text, format('trigger %s is missing, disabled or another', pending.name),
    format('as its owner: select audit.watch(%L)', watch.target::text)
  from audit_private.watches as watch
  join pg_catalog.pg_class as class on class.oid = watch.target
  cross join audit.pending_capture(watch.target) as pending
  where watch.stopped_at is null
  union all
  select 'capture drifted', watch.target::text, 'the table has changed since its capture was written',
    format('indelible migrate, or as its owner: select audit.watch(%L)', watch.target::text)
  from audit_private.watches as watch
  join pg_catalog.pg_class as class on class.oid = watch.target
  where watch.stopped_at is null and audit_private.has_drifted(watch)
  union all
  select 'table without key', watch.target::text, 'its records do not say which row they are about', 'add a primary key'
  from audit_private.watches as watch
  join pg_catalog.pg_class as class on class.oid = watch.target
  where watch.stopped_at is null and audit_private.key_columns(watch.target) = '{}'
  union all
  select 'columns not captured', table_name, format('virtual generated columns: %s', virtual_columns),
    'they follow from other columns; make them stored if their values must be on record'
  from audit.v_coverage
  where virtual_columns is not null
$$;

create or replace function audit_private.findings_of_log()
returns table (finding text, object text, detail text, remedy text)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select 'log open', tree.relid::text, format('%s may %s', acl.grantee::regrole, acl.privilege_type), 'indelible migrate'
  from pg_catalog.pg_partition_tree('audit.audit_logs') as tree
  join pg_catalog.pg_class as class on class.oid = tree.relid
  cross join aclexplode(class.relacl) as acl
  where acl.grantee <> class.relowner
    and not (tree.level = 0 and acl.privilege_type = 'SELECT' and acl.grantee in ('audit_investigator'::regrole, 'audit_sealer'::regrole))
  union all
  select 'guard missing', tree.relid::text, format('%s is not there or not ALWAYS', guard), 'indelible migrate'
  from pg_catalog.pg_partition_tree('audit.audit_logs') as tree
  cross join unnest(array['log_refuse_change', 'log_refuse_statement']) as guard
  where not exists (
    select from pg_catalog.pg_trigger
    where tgrelid = tree.relid and tgname = guard and tgenabled = 'A'
  )
  union all
  select 'row security off', tree.relid::text, 'members of pg_write_all_data could insert', 'indelible migrate'
  from pg_catalog.pg_partition_tree('audit.audit_logs') as tree
  join pg_catalog.pg_class as class on class.oid = tree.relid
  where not class.relrowsecurity
  union all
  select 'rows in the net', 'audit_private.audit_logs_default', 'events of months without a partition', 'indelible maintain'
  where exists (select from audit_private.audit_logs_default)
$$;

create or replace function audit_private.findings_of_roles()
returns table (finding text, object text, detail text, remedy text)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select 'application can bypass', login.rolname::text, powers.held, 'give the application a login of its own without these'
  from pg_catalog.pg_roles as login
  cross join lateral (
    select nullif(concat_ws(
      ', ',
      case when login.rolsuper then 'is superuser' end,
      case when login.rolbypassrls then 'has BYPASSRLS' end,
      case when login.rolreplication then 'has REPLICATION' end,
      case when pg_has_role(login.oid, 'audit_owner', 'member') then 'is a member of audit_owner' end,
      case when pg_has_role(login.oid, 'pg_write_all_data', 'member') then 'is a member of pg_write_all_data' end,
      case when exists (
        select from audit_private.watches as watch
        join pg_catalog.pg_class as class on class.oid = watch.target
        where watch.stopped_at is null and pg_has_role(login.oid, class.relowner, 'member')
      ) then 'owns a watched table' end
    ), '') as held
  ) as powers
  where login.rolcanlogin
    and powers.held is not null
    and exists (
      -- Not by pg_has_role: superusers are members of everything. Through groups of the application's own, too.
      with recursive held (role) as (
        select login.oid
        union
        select membership.roleid
        from held
        join pg_catalog.pg_auth_members as membership on membership.member = held.role
        -- Whoever made the roles administers them, and is no application for that.
        where membership.inherit_option or membership.set_option
      )
      select from held where held.role in ('audit_app'::regrole, 'audit_writer'::regrole)
    )
  union all
  select 'unsafe definer function', function.oid::regprocedure::text,
    case
      when path.names is null then 'SECURITY DEFINER without a fixed search_path'
      else 'SECURITY DEFINER with a search_path in which others may create what it calls'
    end,
    format('alter function %s set search_path = pg_catalog, pg_temp', function.oid::regprocedure)
  from pg_catalog.pg_proc as function
  left join lateral (
    select regexp_split_to_array(replace(substr(setting, length('search_path=') + 1), '"', ''), ', *') as names
    from unnest(function.proconfig) as setting
    where setting like 'search\_path=%'
  ) as path on true
  where function.prosecdef
    and function.prosqlbody is null
    and function.pronamespace::regnamespace::text not in ('pg_catalog', 'information_schema')
    and (
      path.names is null
      or '$user' = any (path.names)
      or exists (
        select from pg_catalog.pg_namespace as namespace
        where namespace.nspname = any (path.names) and has_schema_privilege('public', namespace.oid, 'create')
      )
    )
$$;

create or replace function audit.doctor() returns table (finding text, object text, detail text, remedy text)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select * from audit_private.findings_of_capture()
  union all
  select * from audit_private.findings_of_log()
  union all
  select * from audit_private.findings_of_roles()
  union all
  select * from audit_private.findings_of_drift()
  union all
  select * from audit_private.findings_of_guard()
  union all
  select * from audit_private.findings_of_owner()
  union all
  select * from audit_private.findings_of_verdicts()
  order by 1, 2, 3
$$;
comment on function audit.doctor() is 'What is not audited, disabled, drifted or open, each with its remedy; no row is good news.';
