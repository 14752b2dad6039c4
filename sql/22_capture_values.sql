-- Chapter 2, what: how the written code turns rows into JSON. Called by 23 to 26. Reads the catalogue, changes nothing.
--
-- Whole images go through composite types made for the table: to_jsonb of a composite classifies each value once, where
-- jsonb_build_object classifies the names as well, and an image inside {"new": …} is built in one pass.

create or replace function audit_private.value_source(record_name text, name text, built_in boolean, type oid, is_masked boolean)
returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
  select format(
    case
      when is_masked then '''***''::text'
      when type = 'pg_catalog.json'::regtype then '%1$s::text'
      -- A jsonb null would read as no value at all, so strings and null stand as their JSON text.
      when type = 'pg_catalog.jsonb'::regtype then
        'case when jsonb_typeof(%1$s) in (''null'', ''string'') then to_jsonb(%1$s::text) else %1$s end'
      when type in ('pg_catalog.float4'::regtype, 'pg_catalog.float8'::regtype) then
        'case when %1$s::text = ''-0'' then to_jsonb(''-0''::text) else to_jsonb(%1$s) end'
      when built_in then '%1$s'
      -- IS NULL is true of a composite of nulls, too.
      else 'case when num_nulls(%1$s) = 1 then null else format(''%%s'', %1$s) end'
    end,
    audit_private.column_source(record_name, name)
  )
$$;
comment on function audit_private.value_source is 'An expression for a column''s value, of the type that field_type names.';

create or replace function audit_private.field_type(built_in boolean, type oid, is_masked boolean) returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select case
    when is_masked or not built_in or type = 'json'::regtype then 'text'
    when type in ('float4'::regtype, 'float8'::regtype) then 'jsonb'
    -- Not format_type: it says character of bpchar, which is another type.
    else (select format('pg_catalog.%I', typname) from pg_catalog.pg_type where oid = type)
  end
$$;

-- Small integers and booleans are JSON as they are printed; a cast by output costs half of a function.
create or replace function audit_private.json_source(record_name text, name text, built_in boolean, type oid, is_masked boolean)
returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
  select case
    when is_masked then '''"***"'''
    when built_in and type in ('bool'::regtype, 'int2'::regtype, 'int4'::regtype, 'int8'::regtype) then
      format('coalesce(%s::text, ''null'')', audit_private.column_source(record_name, name))
    else format(
      'coalesce(to_json(%s), ''null'')', audit_private.value_source(record_name, name, built_in, type, is_masked)
    )
  end
$$;
comment on function audit_private.json_source is 'An expression for a column''s value as JSON text.';

-- Named for what it holds: sessions that still run code written for an older shape of the table keep their type.
create or replace function audit_private.image_type(watch audit_private.watches) returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select format('image_%s_%s', (watch).watch_id, left(md5(coalesce(string_agg(
    format('%I %s', name, audit_private.field_type(built_in, type, is_masked)), ', ' order by place
  ), '')), 8))
  from audit_private.captured_columns(watch)
$$;

create or replace function audit_private.image_types_source(watch audit_private.watches) returns text[]
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select array[
    format('create type audit_private.%I as (%s)', image, fields),
    format('create type audit_private.%I as (new audit_private.%I)', image || '_new', image),
    format('create type audit_private.%I as (old audit_private.%I)', image || '_old', image),
    format('create type audit_private.%I as (old audit_private.%2$I, new audit_private.%2$I)', image || '_both', image)
  ]
  from (
    select
      audit_private.image_type(watch) as image,
      coalesce(string_agg(
        format('%I %s', name, audit_private.field_type(built_in, type, is_masked)), ', ' order by place
      ), '') as fields
    from audit_private.captured_columns(watch)
  ) as source
$$;

create or replace function audit_private.image_source(watch audit_private.watches, record_name text) returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select format(
    'row(%s)::audit_private.%I',
    coalesce(
      string_agg(audit_private.value_source(record_name, name, built_in, type, is_masked), ', ' order by place), ''
    ),
    audit_private.image_type(watch)
  )
  from audit_private.captured_columns(watch)
$$;
comment on function audit_private.image_source is 'An expression for the image of a whole row, as a composite.';

create or replace function audit_private.changes_source(watch audit_private.watches, side text, old_name text, new_name text)
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select format(
    'to_jsonb(row(%s)::audit_private.%I)',
    concat_ws(
      ', ',
      case when side in ('old', 'both') then audit_private.image_source(watch, old_name) end,
      case when side in ('new', 'both') then audit_private.image_source(watch, new_name) end
    ),
    audit_private.image_type(watch) || '_' || side
  )
$$;
comment on function audit_private.changes_source is 'An expression for changes with whole images: old, new or both.';

create or replace function audit_private.key_source(watch audit_private.watches, record_name text) returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select case
    when count(*) > 1 then format('jsonb_build_object(%s)::text', string_agg(
      quote_literal(name) || ', ' || audit_private.value_source(record_name, name, built_in, type, false), ', '
      order by array_position(key, name)
    ))
    when bool_and(built_in and type = any (array['int2', 'int4', 'int8', 'uuid', 'text', 'varchar']::regtype[])) then
      min(audit_private.column_source(record_name, name)) || '::text'
    else format('format(''%%s'', %s)', min(audit_private.column_source(record_name, name)))
  end
  from audit_private.key_columns((watch).target) as key
  join audit_private.captured_columns(watch) on name = any (key)
$$;
comment on function audit_private.key_source is 'An expression for the key of a row that has one, however long that is.';

create or replace function audit_private.entity_id_source(watch audit_private.watches, record_name text) returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select format(
    case
      when key = '{}' then 'null'
      when (
        select bool_and((select typlen from pg_catalog.pg_type where oid = type) > 0)
        from audit_private.captured_columns(watch)
        where name = any (key)
      ) then '%s'
      else 'audit_private.entity_key(%s)'
    end,
    audit_private.key_source(watch, record_name)
  )
  from audit_private.key_columns((watch).target) as key
$$;
