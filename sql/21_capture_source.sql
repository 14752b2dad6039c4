-- Chapter 2, what: the source code of capture, written per table and operation.
-- Called by 22 and 23, which put the pieces together. Pure text: reads the catalogue, changes nothing.
--
-- The written functions run with the owner's rights on values that others control, so no cast, operator or
-- conversion made by a user may run in them: types of pg_catalog take the fast path, all others format('%s', …).

create or replace function audit_private.captured_columns(target regclass, excluded text[], masked text[])
returns table (place int, name text, built_in boolean, type oid, equality_is_identity boolean, is_masked boolean)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select
    attribute.attnum::int,
    attribute.attname::text,
    attribute.atttypid < 16384 and kind.typnamespace = 'pg_catalog'::regnamespace and kind.typcategory <> 'A',
    attribute.atttypid,
    -- Elsewhere 1.0 equals 1.00, '1 day' equals '24 hours', and json has no equality at all.
    attribute.atttypid = any (array[
      'bool', 'int2', 'int4', 'int8', 'oid', 'uuid', 'date', 'timestamp', 'timestamptz', 'bytea', 'macaddr'
    ]::regtype[])
    or attribute.atttypid = any (array['text', 'varchar']::regtype[]) and coll.collisdeterministic,
    attribute.attname = any (masked)
  from pg_catalog.pg_attribute as attribute
  join pg_catalog.pg_type as kind on kind.oid = attribute.atttypid
  left join pg_catalog.pg_collation as coll on coll.oid = attribute.attcollation
  where attribute.attrelid = target
    and attribute.attnum > 0
    and not attribute.attisdropped
    and attribute.attgenerated <> 'v'
    and attribute.attname <> all (excluded)
  order by attribute.attnum
$$;
comment on function audit_private.captured_columns is
  'Columns in table order. Virtual generated columns read as NULL in triggers and are left out.';

create or replace function audit_private.key_columns(target regclass) returns text[]
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(array_agg(attribute.attname::text order by key.ordinality), '{}')
  from pg_catalog.pg_index as index
  cross join unnest(index.indkey::int2[]) with ordinality as key (attnum, ordinality)
  join pg_catalog.pg_attribute as attribute
    on attribute.attrelid = index.indrelid and attribute.attnum = key.attnum
  where index.indrelid = target and index.indisprimary
$$;

create or replace function audit_private.value_source(record_name text, name text, built_in boolean, type oid, is_masked boolean)
returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
  select format(
    case
      when is_masked then '''***''::text'
      when type = 'pg_catalog.json'::regtype then '%1$s.%2$I::text'
      -- A jsonb null would read as no value at all, so strings and null stand as their JSON text.
      when type = 'pg_catalog.jsonb'::regtype then
        'case when jsonb_typeof(%1$s.%2$I) in (''null'', ''string'') then to_jsonb(%1$s.%2$I::text) else %1$s.%2$I end'
      when type in ('pg_catalog.float4'::regtype, 'pg_catalog.float8'::regtype) then
        'case when %1$s.%2$I::text = ''-0'' then to_jsonb(''-0''::text) else to_jsonb(%1$s.%2$I) end'
      when built_in then '%1$s.%2$I'
      -- IS NULL is true of a composite of nulls, too.
      else 'case when num_nulls(%1$s.%2$I) = 1 then null else format(''%%s'', %1$s.%2$I) end'
    end,
    record_name, name
  )
$$;

create or replace function audit_private.change_source(
  name text, equality_is_identity boolean, old_name text default 'old', new_name text default 'new'
) returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
  select format(
    case
      when equality_is_identity then '%2$s.%1$I is distinct from %3$s.%1$I'
      else 'record_image_ne(row(%2$s.%1$I), row(%3$s.%1$I))'
    end,
    name, old_name, new_name
  )
$$;

create or replace function audit_private.image_source(record_name text, target regclass, excluded text[], masked text[])
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  -- A function takes 100 arguments: 50 columns to each jsonb_build_object.
  select coalesce(string_agg(part, ' || ' order by chunk), quote_literal('{}') || '::jsonb')
  from (
    select
      numbered.chunk,
      format('jsonb_build_object(%s)', string_agg(
        quote_literal(name) || ', '
        || audit_private.value_source(record_name, name, built_in, type, is_masked), ', ' order by place
      )) as part
    from (
      select captured.*, (row_number() over (order by place) - 1) / 50 as chunk
      from audit_private.captured_columns(target, excluded, masked) as captured
    ) as numbered
    group by numbered.chunk
  ) as parts
$$;

create or replace function audit_private.entity_id_source(record_name text, target regclass) returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_key text[] := audit_private.key_columns(target);
  v_source text;
begin
  if v_key = '{}' then
    return 'null';
  elsif cardinality(v_key) = 1 then
    v_source := format('format(''%%s'', %s.%I)', record_name, v_key[1]);
  else
    select format('jsonb_build_object(%s)::text', string_agg(
      quote_literal(name) || ', ' || audit_private.value_source(record_name, name, built_in, type, false), ', '
      order by array_position(v_key, name)
    )) into v_source
    from audit_private.captured_columns(target, '{}', '{}')
    where name = any (v_key);
  end if;
  if exists (
    select from audit_private.captured_columns(target, '{}', '{}') as captured
    join pg_catalog.pg_type as t on t.oid = captured.type
    where captured.name = any (v_key) and t.typlen < 0
  ) then
    return format('audit_private.entity_key(%s)', v_source);
  end if;
  return v_source;
end $$;

create or replace function audit_private.difference_source(target regclass, excluded text[], masked text[]) returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(string_agg(
    format(
      E'  if %1$s then\n'
      '    v_old := v_old || jsonb_build_object(%2$L, %3$s);\n'
      '    v_new := v_new || jsonb_build_object(%2$L, %4$s);\n'
      '  end if;\n',
      audit_private.change_source(name, equality_is_identity),
      name,
      audit_private.value_source('old', name, built_in, type, is_masked),
      audit_private.value_source('new', name, built_in, type, is_masked)
    ), '' order by place
  ), '')
  from audit_private.captured_columns(target, excluded, masked)
$$;

-- The code is written for the types that the columns have now. Were one retyped to a user's type, the fast path would run
-- that user's casts; pg_typeof runs nothing, and code behind the guard is not even planned. One comparison of arrays is
-- prepared once for each transaction; a chain of ORs costs a tenth of a single-row update.
create or replace function audit_private.type_guard_source(record_name text, target regclass, excluded text[], masked text[])
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(format(
    E'  if array[%s] <> ''{%s}''::regtype[] then\n    perform audit_private.refuse_drift(tg_relid);\n  end if;\n',
    string_agg(format('pg_typeof(%s.%I)', record_name, name), ', ' order by place),
    string_agg(type::text, ',' order by place)
  ), '')
  from audit_private.captured_columns(target, excluded, masked)
  where built_in
  having count(*) > 0
$$;

create or replace function audit_private.refuse_drift(target regclass) returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  raise exception using
    errcode = 'ID011',
    message = format('the columns of %s have changed since it was watched', target),
    hint = 'Run audit.watch() on it again, or indelible migrate.';
end $$;

create or replace function audit_private.key_change_source(
  target regclass, old_name text default 'old', new_name text default 'new'
) returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select string_agg(audit_private.change_source(name, equality_is_identity, old_name, new_name), ' or ' order by place)
  from audit_private.captured_columns(target, '{}', '{}')
  where name = any (audit_private.key_columns(target))
$$;

create or replace function audit_private.settings_source(target regclass, excluded text[], masked text[]) returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  -- The text of a value must not depend on what the client has set; each pinned setting costs, so only those that can matter.
  select string_agg(setting, '' order by setting)
  from (
    select distinct case
      when built_in and type in ('float4'::regtype, 'float8'::regtype) then E'set extra_float_digits = 1\n'
      when built_in and type = 'timestamptz'::regtype and name <> all (audit_private.key_columns(target))
        then E'set timezone = ''UTC''\n'
      when built_in and type = 'bytea'::regtype then E'set bytea_output = ''hex''\n'
      else pinned.setting
    end as setting
    from audit_private.captured_columns(target, excluded, '{}')
    cross join (values
      (E'set extra_float_digits = 1\n'), (E'set timezone = ''UTC''\n'), (E'set bytea_output = ''hex''\n'),
      (E'set datestyle = ''ISO, YMD''\n'), (E'set intervalstyle = ''postgres''\n'), (E'set lc_monetary = ''C''\n'),
      (E'set xmlbinary = ''base64''\n')
    ) as pinned (setting)
    where not (built_in and type = any (array[
      'bool', 'int2', 'int4', 'int8', 'oid', 'uuid', 'text', 'varchar', 'bpchar', 'name', 'numeric', 'json', 'jsonb',
      'time', 'inet', 'cidr', 'macaddr'
    ]::regtype[]))
      -- As JSON these are ISO 8601 whatever the settings; as an entity id they are text.
      and not (built_in and type in ('date'::regtype, 'timestamp'::regtype) and name <> all (audit_private.key_columns(target)))
  ) as needed
$$;
