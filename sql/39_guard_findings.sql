-- Chapter 3, guard: whether the guard stands as it was installed, and whether anybody got past it. Called by audit.doctor().
-- Some ways fire no event trigger: REASSIGN OWNED, GRANT of a role, a superuser's SET event_triggers = off. What they leave
-- behind is found here.

-- What a superuser installs (sql/guard/90_event_triggers.sql), and doctor misses. The list stands here because whoever takes
-- the guard down takes its schema along.
create or replace function audit_private.guard_triggers() returns table (name text, event text, function text)
language sql
immutable
begin atomic
  values
    -- Earlier in the alphabet, so that the refusals know who is at work.
    ('audit_caller_start', 'ddl_command_start', 'audit_guard.tg__note_caller()'),
    ('audit_caller_end', 'ddl_command_end', 'audit_guard.tg__note_caller()'),
    ('audit_caller_drop', 'sql_drop', 'audit_guard.tg__note_caller()'),
    ('audit_guard_start', 'ddl_command_start', 'audit_guard.tg__refuse_start()'),
    ('audit_guard_end', 'ddl_command_end', 'audit_guard.tg__refuse_end()'),
    ('audit_guard_drop', 'sql_drop', 'audit_guard.tg__refuse_drop()'),
    -- Later in the alphabet, so that they come after the refusals.
    ('audit_watch_end', 'ddl_command_end', 'audit_private.tg__follow_command()'),
    ('audit_watch_finish', 'ddl_command_end', 'audit_guard.tg__give_overdue()'),
    ('audit_watch_drop', 'sql_drop', 'audit_private.tg__follow_drop()'),
    ('audit_watch_rewrite', 'table_rewrite', 'audit_private.tg__follow_rewrite()');
end;

create or replace function audit_private.findings_of_guard()
returns table (finding text, object text, detail text, remedy text)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select 'guard missing', wanted.name, 'the event trigger is not there, not ALWAYS, or another', 'as a superuser: indelible migrate'
  from audit_private.guard_triggers() as wanted
  where exists (select from audit_private.guards)
    and not exists (
      select from pg_catalog.pg_event_trigger
      where evtname = wanted.name and evtenabled = 'A' and evtfoid = to_regprocedure(wanted.function) and evttags is null
    )
  union all
  select 'guard open', 'audit_guard', format('%s may change the guard', coalesce(nullif(acl.grantee, 0)::regrole::text, 'public')),
    'as a superuser: take it back; is audit_guard a superuser''s?'
  from pg_catalog.pg_namespace as namespace
  join pg_catalog.pg_roles as keeper on keeper.oid = namespace.nspowner
  cross join lateral (
    select grantee from aclexplode(namespace.nspacl) where privilege_type = 'CREATE'
    union
    select keeper.oid
  ) as acl
  where namespace.nspname = 'audit_guard'
    and not exists (select from pg_catalog.pg_roles where oid = acl.grantee and rolsuper)
  union all
  select 'guard open', parameter.parname, format('%s may set it', coalesce(nullif(acl.grantee, 0)::regrole::text, 'public')),
    format('as a superuser: revoke set on parameter %s', parameter.parname)
  from pg_catalog.pg_parameter_acl as parameter
  cross join aclexplode(parameter.paracl) as acl
  where parameter.parname in ('event_triggers', 'session_replication_role')
    and not exists (select from pg_catalog.pg_roles where oid = acl.grantee and rolsuper)
  union all
  select 'guard open', function.oid::regprocedure::text, 'anybody may send messages that delay verdicts', 'as a superuser: indelible migrate'
  from pg_catalog.pg_proc as function
  where audit_private.guard_is_installed()
    and current_setting('server_version_num')::int >= 170000
    and function.proname = 'pg_logical_emit_message' and function.pronamespace = 'pg_catalog'::regnamespace
    and has_function_privilege('public', function.oid, 'execute')
$$;

-- Who can act as the owner reads the keys and writes into the log past the functions; no event trigger sees that.
create or replace function audit_private.findings_of_owner()
returns table (finding text, object text, detail text, remedy text)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select 'owner open', membership.member::regrole::text, 'may act as audit_owner: read its keys, and write into the log',
    format('as a superuser: revoke audit_owner from %s', membership.member::regrole)
  from pg_catalog.pg_auth_members as membership
  join pg_catalog.pg_roles as role on role.oid = membership.member and not role.rolsuper
  where membership.roleid = 'audit_owner'::regrole and audit_private.guard_is_installed()
  union
  select 'owner open', membership.roleid::regrole::text, 'audit_owner is a member of it: objects can be passed between them',
    format('revoke %s from audit_owner', membership.roleid::regrole)
  from pg_catalog.pg_auth_members as membership
  where membership.member = 'audit_owner'::regrole
  union all
  select 'ownership changed', thing.identity, format('belongs to %s', thing.owner::regrole), 'as a superuser: give it back to audit_owner'
  from (
    select nspname as schema, nspname::text as identity, nspowner as owner from pg_catalog.pg_namespace
    union all
    select nspname, class.oid::regclass::text, class.relowner
    from pg_catalog.pg_class as class join pg_catalog.pg_namespace as namespace on namespace.oid = class.relnamespace
    union all
    select nspname, function.oid::regprocedure::text, function.proowner
    from pg_catalog.pg_proc as function join pg_catalog.pg_namespace as namespace on namespace.oid = function.pronamespace
    union all
    select nspname, kind.oid::regtype::text, kind.typowner
    from pg_catalog.pg_type as kind join pg_catalog.pg_namespace as namespace on namespace.oid = kind.typnamespace
    where kind.typrelid = 0 and kind.typelem = 0
  ) as thing
  where thing.schema in ('audit', 'audit_private', 'iam') and thing.owner <> 'audit_owner'::regrole
  union all
  select 'ownership changed', thing.identity, 'belongs to audit_owner, and is none of its', 'as a superuser: drop it, after a look at it'
  from pg_catalog.pg_shdepend as owner
  cross join lateral pg_identify_object(owner.classid, owner.objid, owner.objsubid) as thing
  where owner.deptype = 'o' and owner.refclassid = 'pg_authid'::regclass and owner.refobjid = 'audit_owner'::regrole
    and owner.classid <> 'pg_default_acl'::regclass
    and owner.dbid = (select oid from pg_catalog.pg_database where datname = current_database())
    and coalesce(case thing.type when 'schema' then thing.name else thing.schema end, '')
      not in ('audit', 'audit_private', 'iam', 'pg_temp')
  union all
  select 'log altered', tree.relid::text, format('trigger %s is none of the log''s', trigger.tgname),
    format('drop trigger %I on %s', trigger.tgname, tree.relid)
  from pg_catalog.pg_partition_tree('audit.audit_logs') as tree
  join pg_catalog.pg_trigger as trigger on trigger.tgrelid = tree.relid
  where trigger.tgname not in ('log_refuse_change', 'log_refuse_statement') and trigger.tgparentid = 0
  union all
  select 'log altered', tree.relid::text, format('rule %s is none of the log''s', rule.rulename),
    format('drop rule %I on %s', rule.rulename, tree.relid)
  from pg_catalog.pg_partition_tree('audit.audit_logs') as tree
  join pg_catalog.pg_rewrite as rule on rule.ev_class = tree.relid
  union all
  select 'log altered', tree.relid::text, format('policy %s is none of the log''s', policy.polname),
    format('drop policy %I on %s', policy.polname, tree.relid)
  from pg_catalog.pg_partition_tree('audit.audit_logs') as tree
  join pg_catalog.pg_policy as policy on policy.polrelid = tree.relid
  where policy.polname <> 'audit_logs_read'
$$;

create or replace function audit_private.findings_of_verdicts()
returns table (finding text, object text, detail text, remedy text)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  -- A quarter of what may be kept is well before the slot, and verdicts with it, would be thrown away.
  select 'verdicts wait', lag.slot,
    case
      when lag.status = 'lost' then 'too much was written since anybody drained: refusals were lost'
      else concat_ws(
        ', ', format('%s behind', pg_size_pretty(lag.waiting_bytes)),
        format('drained %s ago', justify_hours(date_trunc('minute', make_interval(secs => lag.waiting_seconds)))),
        format('lost in %s', pg_size_pretty(lag.safe_bytes))
      )
    end,
    case
      when lag.status <> 'lost' and lag.waiting_bytes < lag.kept_bytes / 4
        and lag.waiting_seconds < 90000
      then 'if it stays so: end the transaction that has been open for longest, or raise max_slot_wal_keep_size'
      else 'indelible maintain, at least every night; indelible up drains all the time'
    end
  from audit.verdict_lag() as lag
  where lag.status in ('unreserved', 'lost')
    or lag.waiting_bytes > coalesce(lag.kept_bytes / 4, 1073741824)
    or lag.safe_bytes < lag.kept_bytes / 2
    -- A night was left out.
    or lag.waiting_seconds >= 90000
  union all
  select 'verdicts not kept', 'iam.require_permission',
    'its denials, refused changes of the audit, and reads of the log leave no record: ' || missing.what, missing.remedy
  from (
    select
      case
        when current_setting('wal_level') <> 'logical' then 'wal_level is not logical'
        when current_setting('max_slot_wal_keep_size') = '-1' then 'nothing bounds what a replication slot keeps'
        else 'nobody has drained yet'
      end,
      case
        when current_setting('wal_level') <> 'logical' then 'wal_level = logical, max_slot_wal_keep_size = 4GB, and a restart'
        when current_setting('max_slot_wal_keep_size') = '-1' then 'max_slot_wal_keep_size = 4GB'
        else 'indelible maintain, at least every night; indelible up drains all the time'
      end
    where audit_private.guard_is_installed() and not pg_is_in_recovery() and not exists (select from audit.verdict_lag())
  ) as missing (what, remedy)
  union all
  select 'verdicts wait', 'indelible_verdicts', 'the publication is missing, or has tables', 'as a superuser: drop it, and indelible migrate'
  where audit_private.guard_is_installed()
    and (
      not exists (select from pg_catalog.pg_publication where pubname = 'indelible_verdicts' and not puballtables)
      or exists (select from pg_catalog.pg_publication_tables where pubname = 'indelible_verdicts')
    )
$$;

create or replace function audit_private.findings_of_drift()
returns table (finding text, object text, detail text, remedy text)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select 'capture disabled', place.relation::text, format('trigger %s is %s', place.trigger, place.found),
    'as its owner: ' || case
      -- Of a partition's there is only what its table has.
      when place.found in ('missing', 'replaced') then format('select audit.watch(%L)', watch.target::text)
      else format('alter table %s enable always trigger %I', place.relation, place.trigger)
    end
  from audit_private.watches as watch
  cross join audit_private.capture_places(watch) as place
  where watch.stopped_at is null and not place.right_there
    and place.relation <> watch.target and place.trigger <> '!indelible_capture_truncate'
  union all
  select 'capture drifted', watch.target::text, 'it is captured by statement, and what is written through its parent is not',
    format('as its owner: select audit.watch(%L, capture => ''row'')', watch.target::text)
  from audit_private.watches as watch
  where watch.stopped_at is null and watch.capture = 'statement'
    and exists (select from pg_catalog.pg_inherits where inhrelid = watch.target)
  union all
  select 'capture drifted', watch.target::text, 'its new owner could not make a partition',
    format('indelible migrate, or as its owner: select audit.watch(%L)', watch.target::text)
  from audit_private.watches as watch
  join pg_catalog.pg_class as class on class.oid = watch.target and class.relkind = 'p'
  where watch.stopped_at is null
    -- Of a function that is gone this is null: has_drifted tells of it.
    and not has_function_privilege(
      class.relowner, to_regprocedure(format('audit_private.capture_%s_insert()', watch.watch_id))::oid, 'execute'
    )
  union all
  select 'capture drifted', relation::text, 'audit_owner may not read it, and TRUNCATE would fail', case
    when not has_schema_privilege('audit_owner', class.relnamespace, 'usage')
      and not has_schema_privilege(class.relowner, class.relnamespace, 'usage with grant option')
    then format('as the owner of the schema: grant usage on schema %s to audit_owner', class.relnamespace::regnamespace)
    else format('as its owner: select audit.watch(%L)', watch.target::text)
  end
  from audit_private.watches as watch
  cross join audit.captured_relations(watch.target) as relation
  join pg_catalog.pg_class as class on class.oid = relation
  where watch.stopped_at is null
    and not (has_table_privilege('audit_owner', class.oid, 'select') and has_schema_privilege('audit_owner', class.relnamespace, 'usage'))
  union all
  select 'capture drifted', watch.target_name, 'the table is gone, and its watch is not', 'indelible migrate'
  from audit_private.watches as watch
  where watch.stopped_at is null and not exists (select from pg_catalog.pg_class where oid = watch.target)
$$;

create or replace function audit.notes() returns table (note text, remedy text)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select
    'the guard is not installed: a change of a watched table is followed at the next migrate, and it leaves no record, '
      || 'nor does what iam.require_permission() refuses (iam.check_permission() records)',
    'as a superuser: indelible migrate'
  where not exists (select from audit_private.guards)
$$;
comment on function audit.notes() is
  'What Indelible cannot do on this server, and what it would need; no finding, for not everybody can change it.';
