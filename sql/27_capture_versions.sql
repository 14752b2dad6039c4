-- Chapter 2, what: how the capture of a table was at each time, for whoever rebuilds the table from its log.
-- Called as audit_owner by audit_private.write_capture, where triggers are attached, and where they were found disabled or put
-- back. A version begins under the lock of the DDL that made it, so each record of the table is before or after it.

create or replace function audit_private.column_versions(watch audit_private.watches) returns jsonb
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(jsonb_object_agg(attribute.attnum, jsonb_build_object(
    'name', attribute.attname, 'type', attribute.atttypid, 'typmod', attribute.atttypmod, 'known', comparable.name is not null
  )), '{}')
  from pg_catalog.pg_attribute as attribute
  left join audit_private.comparable_columns(watch) as comparable on comparable.place = attribute.attnum
  where attribute.attrelid = (watch).target and attribute.attnum > 0 and not attribute.attisdropped
$$;

-- Under another key the same row has another entity id. Kinds of a key that are printed alike are one.
create or replace function audit_private.key_version(target regclass) returns jsonb
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(jsonb_agg(jsonb_build_array(
    attribute.attnum,
    case
      when attribute.atttypid = any (array['int2', 'int4', 'int8']::regtype[]) then 'integer'
      when attribute.atttypid = any (array['text', 'varchar']::regtype[]) then 'text'
      else format('%s,%s', attribute.atttypid, attribute.atttypmod)
    end,
    case when cardinality(key.names) > 1 then attribute.attname end
  ) order by attribute.attnum), '[]')
  from audit_private.key_columns(target) as key (names)
  join pg_catalog.pg_attribute as attribute on attribute.attrelid = target and attribute.attname = any (key.names)
$$;

create or replace function audit_private.capture_shape(watch audit_private.watches) returns jsonb
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select jsonb_build_object(
    'frame', jsonb_build_object(
      'entity_type', (watch).entity_type,
      'whole', (watch).operations @> '{insert,update,delete,truncate}',
      'key_identifies', audit_private.key_identifies((watch).target),
      'key', audit_private.key_version((watch).target)
    ),
    'columns', audit_private.column_versions(watch),
    'relations', (select jsonb_agg(relation::oid order by relation::oid) from audit.captured_relations((watch).target) as relation)
  )
$$;

create or replace function audit_private.remember_version(watch audit_private.watches, starts boolean default false)
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_shape constant jsonb := audit_private.capture_shape(watch);
  v_known jsonb;
begin
  select version.shape into v_known
  from audit_private.capture_versions as version
  where version.watch_id = (watch).watch_id
  order by version.version_id desc
  limit 1;
  if v_known is distinct from v_shape or starts then
    insert into audit_private.capture_versions (watch_id, since_id, is_start, shape)
    select
      (watch).watch_id, coalesce((select max(id) from audit.audit_logs), 0),
      starts or v_known is null or v_known -> 'frame' <> v_shape -> 'frame', v_shape;
  end if;
end $$;
comment on function audit_private.remember_version is
  'Notes how the capture of a table is now, if that is new; starts: changes before may be missing from the log.';

-- Between the declaration and the lock of its triggers others may have changed the table unrecorded.
create or replace function audit_private.restart_version(watch audit_private.watches) returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
  if exists (
    select from audit_private.capture_versions where watch_id = (watch).watch_id and is_start and since >= now()
  ) then
    perform audit_private.remember_version(watch, starts => true);
  end if;
end $$;
comment on function audit_private.restart_version is 'Once triggers are attached: a version that this transaction began begins now.';
