-- Chapter 2, what: TRUNCATE records the rows it removes, then itself. Before it happens, while they can still be read: by the
-- owner of the log, whom watch lets read the table, past row security and with the types of the columns looked up.
-- Called by 27_capture_attach.sql.
--
-- TRUNCATE of a partitioned table fires the triggers of each partition as well; the table's own records the partitions
-- that have none, so that each row is recorded once. Refuses (ID012) a table that cannot be read without running code of
-- its owner: planning any query calls the functions that stand in the expressions and predicates of its indexes, and whoever
-- first opens a partitioned table those in its partition key.

-- An older snapshot would not show what another session has attached meanwhile, and the planner sees.
create or replace function audit_private.require_present(relation regclass) returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception using
      errcode = 'ID012',
      message = format('%s cannot be opened safely in the isolation %s', relation, current_setting('transaction_isolation')),
      hint = 'Do so in READ COMMITTED, or use DELETE instead of TRUNCATE.';
  end if;
end $$;

create or replace function audit_private.code_of_others(class regclass, object oid) returns regprocedure
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select function.oid
  from pg_catalog.pg_depend as dependency
  left join pg_catalog.pg_operator as operator
    on dependency.refclassid = 'pg_operator'::regclass and operator.oid = dependency.refobjid
  join pg_catalog.pg_proc as function
    on function.oid = case when dependency.refclassid = 'pg_proc'::regclass then dependency.refobjid else operator.oprcode end
  join pg_catalog.pg_roles as author on author.oid = function.proowner
  where dependency.classid = code_of_others.class and dependency.objid = code_of_others.object
    and not author.rolsuper and function.proowner <> 'audit_owner'::regrole
  limit 1
$$;
comment on function audit_private.code_of_others is 'A function of neither a superuser nor the owner of the log that an object calls.';

create or replace function audit_private.require_known_code(relation regclass) returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_function regprocedure;
begin
  perform audit_private.require_present(relation);
  select audit_private.code_of_others(class, object) into v_function
  from (
    select 'pg_class'::regclass as class, indexrelid as object from pg_catalog.pg_index where indrelid = relation
    union all
    select 'pg_statistic_ext'::regclass, oid from pg_catalog.pg_statistic_ext where stxrelid = relation
    union all
    -- Of the table itself: its partition key.
    select 'pg_class'::regclass, relation
  ) as part
  where audit_private.code_of_others(class, object) is not null
  limit 1;
  if v_function is not null then
    raise exception using
      errcode = 'ID012',
      message = format('the rows of %s cannot be read: its indexes, statistics or partition key call %s', relation, v_function),
      hint = 'Its owner can reconcile it; instead of TRUNCATE use DELETE, which records each row, or leave truncate out of the operations.';
  end if;
end $$;
comment on function audit_private.require_known_code is 'Whether a table can be read without running code of others.';

create or replace function audit_private.holds_lock(relation regclass) returns boolean
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select exists (
    select from pg_catalog.pg_locks as held
    where held.pid = pg_backend_pid() and held.locktype = 'relation' and held.granted and held.relation = holds_lock.relation
      and held.database = (select oid from pg_catalog.pg_database where datname = current_database())
      and held.mode in ('ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
  )
$$;
comment on function audit_private.holds_lock is 'Whether this session has locked out all others that write to a table, or change it.';

-- Triggers pass to partitions, and for that each partitioned table is opened.
create or replace function audit_private.require_known_partitioning(target regclass) returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_relation regclass;
begin
  for v_relation in select relid from pg_catalog.pg_partition_tree(target) where not isleaf loop
    perform audit_private.require_present(v_relation);
    if audit_private.code_of_others('pg_class', v_relation) is not null then
      raise exception using
        errcode = 'ID012',
        message = format(
          'the partitions of %s cannot be recorded: its partition key calls %s', v_relation,
          audit_private.code_of_others('pg_class', v_relation)
        ),
        hint = 'Partition by a column, or by functions of a superuser.';
    end if;
  end loop;
end $$;

create or replace function audit_private.require_readable(relation regclass) returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  perform audit_private.require_known_code(relation);
  if not has_table_privilege('audit_owner', relation, 'select')
    or (select relrowsecurity from pg_catalog.pg_class where oid = relation)
      and not (select rolbypassrls or rolsuper from pg_catalog.pg_roles where rolname = 'audit_owner')
  then
    raise exception using
      errcode = 'ID012',
      message = format('the rows of %s cannot be recorded: audit_owner may not read all of them', relation),
      hint = 'Run audit.watch() on it again; for tables with row security audit_owner needs BYPASSRLS.';
  end if;
end $$;
comment on function audit_private.require_readable is 'Whether the owner of the log may read a table without running code of others.';

create or replace function audit_private.partitions_to_record(relation regclass, function regproc) returns setof regclass
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select tree.relid
  from pg_catalog.pg_partition_tree(relation) as tree
  where tree.isleaf
    and (tree.relid = relation or not exists (
      select from pg_catalog.pg_trigger as own
      where own.tgrelid = tree.relid and own.tgfoid = function and own.tgenabled = 'A'
    ))
  union all
  select relation where not exists (select from pg_catalog.pg_partition_tree(relation))
$$;

create or replace function audit_private.truncate_source(watch audit_private.watches) returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select audit_private.function_source(
    watch, 'truncate', audit_private.settings_source(watch) || E'set row_security = off\nset constraint_exclusion = off\n',
    E'declare\n  v_actor audit_private.actor;\n  v_now timestamptz := clock_timestamp();\n  v_metadata jsonb;\n'
    '  v_relation regclass;\n  v_count bigint;\n  v_rows bigint := 0;\nbegin\n'
    || audit_private.statement_guard_source(watch) || audit_private.actor_source()
    || format(
      E'  for v_relation in select audit_private.partitions_to_record(tg_relid, ''audit_private.capture_%s_truncate''::regproc) loop\n'
      '    perform audit_private.require_readable(v_relation);\n'
      '    execute %L || v_relation::text || '' as removed'' using v_now, v_actor, v_metadata;\n'
      '    get diagnostics v_count = row_count;\n    v_rows := v_rows + v_count;\n  end loop;\n',
      (watch).watch_id,
      audit_private.insert_source() || '  select ' || audit_private.record_source(
        watch, 'ROW_DELETED', audit_private.entity_id_source(watch, 'removed'),
        audit_private.changes_source(watch, 'old', 'removed', ''), metadata => '$3', now => '$1', actor => '($2)'
      ) || E'\n  from only '
    )
    || E'  v_metadata := coalesce(v_metadata, ''{}'') || jsonb_build_object(''table'', tg_relid::regclass::text, ''rows'', v_rows);\n'
    || audit_private.insert_source()
    || format(E'  values (%s);\n  return null;\nend ', audit_private.record_source(watch, 'TABLE_TRUNCATED', 'null', 'null'))
  )
$$;
