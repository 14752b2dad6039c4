-- Chapter 5, read: the life of one row. For members of audit_investigator who may read its table. The key is given as the log
-- names it: its text for one column, a JSON object by column name for several. Refuses tables of others (42501) and those that
-- never were watched (ID012).

-- The entity types under which a table is on record, or ever was.
create or replace function audit_private.entity_types_of(target regclass) returns text[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_types constant text[] := array(
    select entity_type from audit_private.watches where target = entity_types_of.target
    union
    select version.shape #>> '{frame,entity_type}'
    from audit_private.capture_versions as version
    join audit_private.watches as watch using (watch_id)
    where watch.target = entity_types_of.target
  );
begin
  if v_types = '{}' then
    raise exception using
      errcode = 'ID012',
      message = format('%s was never watched', entity_types_of.target),
      hint = 'Its changes are on record from audit.watch() on; a partition belongs to its partitioned table.';
  end if;
  return v_types;
end $$;

-- The rows that bore a key, and of each, back to its beginning, what it did under the keys that it had before. Rows that bore
-- the key one after the other are told apart by the record with which each took it.
create or replace function audit_private.records_of(entity_types text[], key text)
returns table (taken_by bigint, record audit.audit_logs)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
-- To plan anew for all the months of a log takes longer than to find a row in them.
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
begin
  return query
  with recursive life (entity_id, since_id, until_id, taken_by) as (
    select records_of.key, 0::bigint, 9223372036854775807, null::bigint
    union
    select rekeyed.previous_id, coalesce(beginning.id, 0), rekeyed.id, coalesce(life.taken_by, rekeyed.id)
    from life
    cross join lateral (
      select log.id, log.metadata ->> 'previous_entity_id' as previous_id
      from audit.audit_logs as log
      where log.entity_id = life.entity_id and log.entity_type = any (records_of.entity_types)
        and log.id >= life.since_id and log.id < life.until_id and log.metadata ? 'previous_entity_id'
    ) as rekeyed
    left join lateral (
      select max(log.id) as id
      from audit.audit_logs as log
      where log.entity_id = rekeyed.previous_id and log.entity_type = any (records_of.entity_types)
        and log.id < rekeyed.id and (log.action = 'ROW_INSERTED' or log.metadata ? 'previous_entity_id')
    ) as beginning on true
  ), told (taken_by, record) as (
    select life.taken_by, log
    from life
    join audit.audit_logs as log
      on log.entity_id = life.entity_id and log.entity_type = any (records_of.entity_types)
      and log.id >= life.since_id and log.id < life.until_id
    union all
    -- Where a row gave the key up.
    select null, log
    from (
      select distinct change.entity_type, change.entity_id
      from audit_private.key_changes as change
      where change.previous_entity_id = records_of.key and change.entity_type = any (records_of.entity_types)
    ) as change
    join audit.audit_logs as log
      on log.entity_id = change.entity_id and log.entity_type = change.entity_type
      and log.metadata ->> 'previous_entity_id' = records_of.key
  )
  select
    coalesce(told.taken_by, max((told.record).id) filter (
      where told.taken_by is null and (told.record).entity_id = records_of.key
        and ((told.record).action in ('ROW_INSERTED', 'ROW_BASELINE') or (told.record).metadata ? 'previous_entity_id')
    ) over (order by (told.record).id), 0),
    told.record
  from told
  where (told.record).action in ('ROW_INSERTED', 'ROW_UPDATED', 'ROW_DELETED', 'ROW_BASELINE');
end $$;

-- A parsed body: no search_path can change its meaning, and none is set for each record.
create or replace function audit_private.field_changes(changes jsonb) returns jsonb
language sql
immutable
return (
  select jsonb_object_agg(name, sides)
  from (
    select field.key as name, jsonb_object_agg(side.key, field.value) as sides
    from jsonb_each(changes) as side
    cross join jsonb_each(side.value) as field
    where jsonb_typeof(side.value) = 'object'
    group by field.key
  ) as changed
  where (sides -> 'old')::text is distinct from (sides -> 'new')::text or sides ->> 'new' = '***'
);
comment on function audit_private.field_changes is 'By column: {"old": value, "new": value}, of what changed.';

create or replace function audit_private.columns_before(target regclass, id bigint) returns jsonb
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select version.shape -> 'columns'
  from audit_private.capture_versions as version
  join audit_private.watches as watch on watch.watch_id = version.watch_id
  where watch.target = columns_before.target and version.since_id < columns_before.id
  order by version.version_id desc
  limit 1
$$;
comment on function audit_private.columns_before is 'The columns of a table, by number, as they were captured for a record.';

-- A column that was renamed goes by the name that it has now: the new names in the records of each version, null without any.
create or replace function audit_private.present_names(target regclass)
returns table (since_id bigint, until_id bigint, names jsonb)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select version.since_id, lead(version.since_id) over (order by version.version_id), renamed.names
  from audit_private.capture_versions as version
  join audit_private.watches as watch on watch.watch_id = version.watch_id
  cross join lateral (
    select jsonb_object_agg(past.value ->> 'name', attribute.attname) as names
    from jsonb_each(version.shape -> 'columns') as past
    join pg_catalog.pg_attribute as attribute
      on attribute.attrelid = present_names.target and attribute.attnum = past.key::int and not attribute.attisdropped
    where past.value ->> 'name' <> attribute.attname
  ) as renamed
  where watch.target = present_names.target
$$;

create or replace function audit_private.renamed_changes(changes jsonb, names jsonb) returns jsonb
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
  select jsonb_object_agg(side.key, audit_private.renamed_image(side.value, names))
  from jsonb_each(changes) as side
  where jsonb_typeof(side.value) = 'object'
$$;

-- As the log names it, however it was spelled.
create or replace function audit_private.named_key(target regclass, key text) returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  if cardinality(audit_private.key_columns(named_key.target)) > 1 and pg_input_is_valid(named_key.key, 'jsonb') then
    return audit_private.entity_key(named_key.key::jsonb::text);
  end if;
  return audit_private.entity_key(named_key.key);
end $$;

create or replace function audit.history(target regclass, key text)
returns table (
  version bigint, id bigint, created_at timestamptz, action text, user_id text, db_user text, actor_proof text, ip_address inet,
  request_id text, transaction xid8, entity_id text, diff jsonb, known jsonb, taken_by bigint
)
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set quote_all_identifiers = off
as $$
#variable_conflict use_column
begin
  perform audit_private.require_may_read(history.target);
  perform audit_private.tell_read('history ' || history.target::text);
  return query
  with version as materialized (
    select * from audit_private.present_names(history.target)
  ), told as (
    select
      (past.record).*, past.taken_by,
      case
        when version.names is null then (past.record).changes
        else audit_private.renamed_changes((past.record).changes, version.names)
      end as present
    from audit_private.records_of(
      audit_private.entity_types_of(history.target), audit_private.named_key(history.target, history.key)
    ) as past
    left join version on (past.record).id > version.since_id
      and (version.until_id is null or (past.record).id <= version.until_id)
  )
  select
    row_number() over (order by told.id), told.id, told.created_at, told.action, told.user_id, told.db_user,
    told.actor_proof::text, told.ip_address, told.request_id, told.xid, told.entity_id::text,
    audit_private.field_changes(told.present),
    case when told.action <> 'ROW_DELETED' then
      audit_private.merged(nullif(told.present -> 'new', 'null')) over (partition by told.taken_by order by told.id)
    end,
    told.taken_by
  from told
  order by told.id;
end $$;
comment on function audit.history(regclass, text) is
  'Every version of a row that the log has: who made it, what changed by column ({"old": …, "new": …}), and the row after it as '
  'far as it is known. A row whose key was changed is followed back; taken_by tells rows apart that bore the key in turn. '
  'select * from audit.history(''shop.orders'', ''7'').';

create or replace function audit.blame(target regclass, key text)
returns table (
  column_name text, value text, changed_at timestamptz, action text, user_id text, db_user text, actor_proof text,
  ip_address inet, request_id text, id bigint
)
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
begin atomic
  with version as materialized (
    select * from audit.history(blame.target, blame.key)
  ), present as (
    select version.* from version
    where version.taken_by = (select max(latest.taken_by) from version as latest)
  )
  select distinct on (field.key)
    field.key, field.value ->> 'new', present.created_at, present.action, present.user_id, present.db_user, present.actor_proof,
    present.ip_address, present.request_id, present.id
  from present
  cross join lateral jsonb_each(present.diff) as field
  where present.action <> 'ROW_DELETED'
  order by field.key, present.id desc;
end;
comment on function audit.blame(regclass, text) is
  'Of each column of a row who set its present value, when, from where and in which request: select * from '
  'audit.blame(''shop.orders'', ''7''). ROW_BASELINE: it was so before the table was watched.';
