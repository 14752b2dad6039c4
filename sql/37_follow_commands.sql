-- Chapter 3, guard: which watched tables a DDL command was about. Called by the event triggers of sql/guard/, where a
-- superuser installed them, after each command of anybody; and by migrate everywhere, for what nobody told of.

-- Themselves, those they are partitions or children of, and what inherits from them: what is done to a parent is done to
-- its children.
create or replace function audit_private.watches_of(relations oid[]) returns setof audit_private.watches
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  with recursive concerned (relation) as (
    select unnest(relations)
    union
    select child.inhrelid from concerned join pg_catalog.pg_inherits as child on child.inhparent = concerned.relation
  )
  select watch.*
  from audit_private.watches as watch
  where watch.stopped_at is null
    and watch.target in (
      select relation from concerned
      union
      select inhparent from pg_catalog.pg_inherits where inhrelid = any (relations)
      union
      select ancestor.relid
      from pg_catalog.pg_class as class
      cross join pg_catalog.pg_partition_ancestors(class.oid) as ancestor
      where class.oid = any (relations) and class.relispartition
    )
  order by watch.watch_id
$$;
comment on function audit_private.watches_of is 'The watches that a change of these tables concerns.';

-- Nobody but a superuser comes here with the tables of the audit itself, past maintenance: the guard stands before.
create or replace function audit_private.note_own_table(target regclass, command text) returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
set quote_all_identifiers = off
as $$
begin
  -- A superuser may have moved or dropped the log itself; then there is nowhere left to record it, but the sealer notices.
  if not audit_private.door_is_open()
    and exists (select from pg_catalog.pg_class where oid = to_regclass('audit.audit_logs') and relkind = 'p')
  then
    perform audit_private.append(
      actor => audit_private.current_actor(),
      action => 'AUDIT_SCHEMA_CHANGED',
      entity_type => 'AUDIT_TABLE',
      entity_id => note_own_table.target::text,
      metadata => jsonb_build_object('command', note_own_table.command)
    );
  end if;
end $$;

-- After every DDL command of anybody: tables that nobody watches must pass through here quickly.
create or replace function audit_private.follow_relations(relations oid[], command text) returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_watch audit_private.watches;
  v_table regclass;
begin
  if exists (select from audit_private.watches where stopped_at is null and target = any (relations))
    or exists (select from pg_catalog.pg_inherits where inhparent = any (relations) or inhrelid = any (relations))
  then
    for v_watch in select * from audit_private.watches_of(relations) loop
      perform audit_private.follow_watch(v_watch, command);
    end loop;
  end if;
  for v_table in
    select class.oid
    from pg_catalog.pg_class as class
    join pg_catalog.pg_namespace as namespace on namespace.oid = class.relnamespace
    where class.oid = any (relations)
      and namespace.nspname in ('audit', 'audit_private', 'iam')
      and class.relkind in ('r', 'p')
      and not exists (select from audit_private.watches where target = class.oid and stopped_at is null)
  loop
    perform audit_private.note_own_table(v_table, command);
  end loop;
end $$;

-- Whom a change of types or of a schema's name concerns.
create or replace function audit_private.watched_users_of(command text, objects oid[]) returns oid[]
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select array_agg(watch.target::oid)
  from audit_private.watches as watch
  where watch.stopped_at is null
    and (
      -- Any of them may have a part, a function say, in the schema. Of the rest nothing is locked: anybody may have a schema.
      command = 'ALTER SCHEMA' and exists (
        select from audit_private.shapes as known
        where known.watch_id = watch.watch_id and known.shape <> audit_private.table_shape(watch.target)
      )
      or exists (
        select from pg_catalog.pg_attribute as attribute
        cross join audit_private.types_within(attribute.atttypid) as part (type)
        -- A composite type is altered as the relation that it is.
        join pg_catalog.pg_type as kind on kind.oid = part.type
        where attribute.attrelid = watch.target and attribute.attnum > 0 and not attribute.attisdropped
          and attribute.atttypid >= 16384 and (kind.oid = any (objects) or kind.typrelid = any (objects))
      )
      or exists (select from pg_catalog.pg_class where oid = watch.target and reloftype = any (objects))
    )
$$;

create or replace function audit_private.tg__follow_command() returns event_trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_command record;
  v_objects oid[] := '{}';
  v_relations oid[] := '{}';
begin
  for v_command in select classid, objid, schema_name from pg_event_trigger_ddl_commands() loop
    case v_command.classid
      when 'pg_class'::regclass then
        if v_command.schema_name is distinct from 'pg_temp' then
          v_relations := v_relations || v_command.objid;
        end if;
        -- A composite type is a relation, too.
        v_objects := v_objects || (select reltype from pg_catalog.pg_class where oid = v_command.objid);
      when 'pg_trigger'::regclass then
        v_relations := v_relations || (select tgrelid from pg_catalog.pg_trigger where oid = v_command.objid);
      when 'pg_rewrite'::regclass then
        v_relations := v_relations || (select ev_class from pg_catalog.pg_rewrite where oid = v_command.objid);
      when 'pg_policy'::regclass then
        v_relations := v_relations || (select polrelid from pg_catalog.pg_policy where oid = v_command.objid);
      else
        v_objects := v_objects || v_command.objid;
    end case;
  end loop;
  if tg_tag in ('ALTER SCHEMA', 'ALTER TYPE', 'ALTER DOMAIN') then
    v_relations := v_relations || audit_private.watched_users_of(tg_tag, v_objects || v_relations);
  end if;
  if v_relations <> '{}' then
    perform audit_private.follow_relations(v_relations, tg_tag);
  end if;
end $$;
comment on function audit_private.tg__follow_command() is 'After each DDL command: capture of the watched tables it was about.';

-- Partitions, and children, that were dropped by themselves.
create or replace function audit_private.watches_that_lost(tables oid[]) returns oid[]
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select array_agg(watch.target::oid)
  from audit_private.watches as watch
  join audit_private.shapes as shape using (watch_id)
  where watch.stopped_at is null
    and (
      coalesce(shape.shape -> 'partitions', '{}') ?| tables::text[]
      or coalesce(shape.shape -> 'children', '{}') ?| tables::text[]
    )
$$;

create or replace function audit_private.tg__follow_drop() returns event_trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_dropped record;
  v_tables oid[] := '{}';
  v_relations oid[] := '{}';
  v_watch audit_private.watches;
begin
  for v_dropped in
    select object_type, objid, address_names from pg_event_trigger_dropped_objects() where not is_temporary
  loop
    case
      when v_dropped.object_type = 'table' then
        v_tables := v_tables || v_dropped.objid;
      when v_dropped.object_type = 'table column' then
        v_relations := v_relations || v_dropped.objid;
      when v_dropped.object_type in ('trigger', 'rule', 'policy', 'table constraint') then
        v_relations := v_relations || (
          select class.oid
          from pg_catalog.pg_class as class
          join pg_catalog.pg_namespace as namespace on namespace.oid = class.relnamespace
          where namespace.nspname = v_dropped.address_names[1] and class.relname = v_dropped.address_names[2]
        );
      else
        null;
    end case;
  end loop;
  if v_tables <> '{}' then
    for v_watch in
      select * from audit_private.watches where stopped_at is null and target = any (v_tables)
    loop
      perform audit_private.close_watch(v_watch, tg_tag);
    end loop;
    v_relations := v_relations || audit_private.watches_that_lost(v_tables);
  end if;
  if v_relations <> '{}' then
    perform audit_private.follow_relations(v_relations, tg_tag);
  end if;
end $$;
comment on function audit_private.tg__follow_drop() is
  'After each command that dropped something: watches end with their tables, and capture follows.';

-- USING gives a column other values without an UPDATE. Where no type has become another, nothing else would tell.
create or replace function audit_private.tg__follow_rewrite() returns event_trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set quote_all_identifiers = off
as $$
declare
  v_changes constant jsonb := jsonb_build_object('changes', jsonb_build_object(
    'rewritten', jsonb_build_array(pg_event_trigger_table_rewrite_oid()::regclass::text)
  ));
  v_watch audit_private.watches;
begin
  -- 4: AT_REWRITE_COLUMN_REWRITE, values that are computed anew.
  if pg_event_trigger_table_rewrite_reason() & 4 = 0 then
    return;
  end if;
  for v_watch in select * from audit_private.watches_of(array[pg_event_trigger_table_rewrite_oid()]) loop
    if not exists (
      select from audit_private.shapes as known
      cross join jsonb_each(known.shape -> 'columns') as old
      join jsonb_each(audit_private.column_shapes(v_watch.target)) as new using (key)
      where known.watch_id = v_watch.watch_id and old.value -> 'type' <> new.value -> 'type'
    ) then
      perform audit_private.note_changes('AUDIT_SCHEMA_CHANGED', v_watch, tg_tag, v_changes);
    end if;
  end loop;
end $$;
comment on function audit_private.tg__follow_rewrite() is
  'Before a watched table is rewritten with other values and the types it had: that it is, on record.';

-- After every migrate: what nobody told of, where no event trigger does.
do $$
declare
  v_watch audit_private.watches;
begin
  for v_watch in select * from audit_private.watches where stopped_at is null order by watch_id loop
    if exists (select from pg_catalog.pg_class where oid = v_watch.target) then
      perform audit_private.follow_watch(v_watch, 'migrate');
    else
      perform audit_private.close_watch(v_watch, 'migrate');
    end if;
  end loop;
end $$;
