-- Chapter 2, what: the source code of capture, written per table and operation.
-- Called only by 22_watch.sql. Pure text: reads the catalogue, changes nothing.
--
-- The written functions run with the owner's rights on values that others control, so no cast, operator or
-- conversion made by a user may run in them: types of pg_catalog take the fast path, all others format('%s', …).

create or replace function audit_private.captured_columns(target regclass, excluded text[], masked text[])
returns table (place int, name text, built_in boolean, type oid, equality_is_identity boolean, is_masked boolean)
language sql
stable
set search_path = ''
as $$
  select
    attribute.attnum::int,
    attribute.attname::text,
    attribute.atttypid < 16384 and kind.typnamespace = 'pg_catalog'::regnamespace,
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
set search_path = ''
as $$
  select array_agg(attribute.attname::text order by key.ordinality)
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
set search_path = ''
as $$
  select case
    when is_masked then quote_literal('***') || '::text'
    -- json keeps its spacing and its duplicate keys only as text.
    when type = 'pg_catalog.json'::regtype then format('%s.%I::text', record_name, name)
    when built_in then format('%s.%I', record_name, name)
    else format('case when %1$s.%2$I is null then null else format(''%%s'', %1$s.%2$I) end', record_name, name)
  end
$$;

create or replace function audit_private.image_source(record_name text, target regclass, excluded text[], masked text[])
returns text
language sql
stable
set search_path = ''
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
set search_path = ''
as $$
declare
  v_key text[] := audit_private.key_columns(target);
  v_source text;
begin
  if v_key is null then
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
  -- The entity index holds keys of some 2,700 bytes; a longer one is found by its hash, and whole in changes.
  if exists (
    select from audit_private.captured_columns(target, '{}', '{}') as captured
    join pg_catalog.pg_type as t on t.oid = captured.type
    where captured.name = any (v_key) and t.typlen < 0
  ) then
    return format('audit_private.entity_key(%s)', v_source);
  end if;
  return v_source;
end $$;

create or replace function audit_private.entity_key(key text) returns text
language sql
immutable
set search_path = ''
as $$
  select case
    when octet_length(key) <= 1000 then key
    else 'sha256:' || encode(sha256(convert_to(key, 'UTF8')), 'hex')
  end
$$;

create or replace function audit_private.difference_source(target regclass, excluded text[], masked text[]) returns text
language sql
stable
set search_path = ''
as $$
  select coalesce(string_agg(
    format(
      E'  if %1$s then\n'
      '    v_old := v_old || jsonb_build_object(%2$L, %3$s);\n'
      '    v_new := v_new || jsonb_build_object(%2$L, %4$s);\n'
      '  end if;\n',
      case
        when equality_is_identity then format('old.%1$I is distinct from new.%1$I', name)
        else format('record_image_ne(row(old.%1$I), row(new.%1$I))', name)
      end,
      name,
      audit_private.value_source('old', name, built_in, type, is_masked),
      audit_private.value_source('new', name, built_in, type, is_masked)
    ), '' order by place
  ), '')
  from audit_private.captured_columns(target, excluded, masked)
$$;

create or replace function audit_private.settings_source(target regclass, excluded text[], masked text[]) returns text
language sql
stable
set search_path = ''
as $$
  -- The text of a value must not depend on what the client has set; each pinned setting costs, so only those that can matter.
  select string_agg(setting, '' order by setting)
  from (
    select distinct case
      when built_in and type in ('float4'::regtype, 'float8'::regtype) then E'set extra_float_digits = 1\n'
      when built_in and type = 'timestamptz'::regtype then E'set timezone = ''UTC''\n'
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
      'date', 'time', 'timestamp', 'inet', 'cidr', 'macaddr'
    ]::regtype[]))
  ) as needed
$$;
