-- Chapter 2, what: which columns are captured, and what the code of capture may do with each.
-- Called by 22 to 26, and by 35 and 37. Pure text: reads the catalogue, changes nothing.
--
-- The written functions run with the owner's rights on values that others control, so no cast, operator or
-- conversion made by a user may run in them: types of pg_catalog take the fast path, all others format('%s', …).

-- Always in quotes: PL/pgSQL has keywords of its own (begin, loop, if, …) which format's %I leaves bare.
create or replace function audit_private.column_source(record_name text, name text) returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
  select record_name || '."' || replace(name, '"', '""') || '"'
$$;

create or replace function audit_private.captured_columns(watch audit_private.watches)
returns table (
  place int, name text, built_in boolean, type oid, equality_is_identity boolean, nullable boolean, is_masked boolean
)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select
    attribute.attnum::int,
    attribute.attname::text,
    attribute.atttypid < 16384 and kind.typnamespace = 'pg_catalog'::regnamespace
      and kind.typcategory <> 'A' and kind.typtype <> 'c',
    attribute.atttypid,
    -- Elsewhere 1.0 equals 1.00, '1 day' equals '24 hours', and json has no equality at all.
    attribute.atttypid = any (array[
      'bool', 'int2', 'int4', 'int8', 'oid', 'uuid', 'date', 'time', 'timestamp', 'timestamptz', 'bytea', 'macaddr'
    ]::regtype[])
    or attribute.atttypid = 'numeric'::regtype and attribute.atttypmod >= 0
    or attribute.atttypid = any (array['text', 'varchar']::regtype[]) and coll.collisdeterministic,
    not attribute.attnotnull,
    attribute.attname = any ((watch).masked)
  from pg_catalog.pg_attribute as attribute
  join pg_catalog.pg_type as kind on kind.oid = attribute.atttypid
  left join pg_catalog.pg_collation as coll on coll.oid = attribute.attcollation
  where attribute.attrelid = (watch).target
    and attribute.attnum > 0
    and not attribute.attisdropped
    and attribute.attgenerated <> 'v'
    and attribute.attname <> all ((watch).excluded)
  order by attribute.attnum
$$;
comment on function audit_private.captured_columns is
  'Columns in table order. Virtual generated columns read as NULL in triggers and are left out.';

-- A type, and what users' types are made of: bases of domains, elements, attributes, bounds.
create or replace function audit_private.types_within(type oid) returns setof oid
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  with recursive part (type) as (
    select type
    union
    select inner_type.oid
    from part
    join pg_catalog.pg_type as kind on kind.oid = part.type
    cross join lateral (
      select kind.typbasetype where kind.typtype = 'd'
      union all
      select kind.typelem where kind.typcategory = 'A'
      union all
      select atttypid from pg_catalog.pg_attribute where attrelid = kind.typrelid and attnum > 0 and not attisdropped
      union all
      select rngsubtype from pg_catalog.pg_range where kind.oid in (rngtypid, rngmultitypid)
    ) as inner_type (oid)
    where kind.oid >= 16384
  )
  select part.type from part
$$;

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
  where index.indrelid = target and index.indisprimary and key.ordinality <= index.indnkeyatts
$$;

create or replace function audit_private.key_identifies(target regclass) returns boolean
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select exists (
    select from pg_catalog.pg_index as index where index.indrelid = target and index.indisprimary and index.indimmediate
  )
$$;
comment on function audit_private.key_identifies is
  'Whether no two rows ever share a key: without one, or with a deferrable one, only whole images tell which row was changed.';

create or replace function audit_private.change_source(
  name text, equality_is_identity boolean, old_name text default 'old', new_name text default 'new'
) returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
  select format(
    case when equality_is_identity then '%s is distinct from %s' else 'record_image_ne(row(%s), row(%s))' end,
    audit_private.column_source(old_name, name), audit_private.column_source(new_name, name)
  )
$$;

create or replace function audit_private.any_change_source(
  watch audit_private.watches, names text[] default null, old_name text default 'old', new_name text default 'new'
) returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(
    string_agg(audit_private.change_source(name, equality_is_identity, old_name, new_name), E'\n    or ' order by place),
    'false'
  )
  from audit_private.captured_columns(watch)
  where names is null or name = any (names)
$$;
comment on function audit_private.any_change_source is 'The condition that any of these columns, or of all, has changed.';

-- The code is written for the types that the columns have now. Were one retyped to a user's type, the fast path would run
-- that user's casts; pg_typeof runs nothing, and code behind the guard is not even planned. One comparison of arrays is
-- prepared once for each transaction; a chain of ORs costs a tenth of a single-row update.
create or replace function audit_private.type_guard_source(watch audit_private.watches, record_name text)
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select case when count(*) = 0 then '' else format(
    E'  if array[%s] <> ''{%s}''::regtype[] then\n    perform audit_private.refuse_drift(tg_relid);\n  end if;\n',
    string_agg(format('pg_typeof(%s)', audit_private.column_source(record_name, name)), ', ' order by place),
    string_agg(type::text, ',' order by place)
  ) end
  from audit_private.captured_columns(watch)
  where built_in
$$;

-- The types, looked up once per statement.
create or replace function audit_private.statement_guard_source(watch audit_private.watches) returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select case when count(*) = 0 then '' else format(
    E'  if (\n    select count(*) from pg_catalog.pg_attribute\n    where attrelid = tg_relid and not attisdropped and (attname, atttypid) in (%s)\n'
    '  ) <> %s then\n    perform audit_private.refuse_drift(tg_relid);\n  end if;\n',
    string_agg(format('(%L::name, %s::oid)', name, type), ', ' order by place), count(*)
  ) end
  from audit_private.captured_columns(watch)
  where built_in
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

create or replace function audit_private.settings_source(watch audit_private.watches) returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  -- The text of a value must not depend on what the client has set; each pinned setting costs, so only those that can matter.
  select coalesce(string_agg(setting, '' order by setting), '')
  from (
    select distinct case
      when built_in and type in ('float4'::regtype, 'float8'::regtype) then E'set extra_float_digits = 1\n'
      when built_in and type = 'timestamptz'::regtype and name <> all (audit_private.key_columns((watch).target))
        then E'set timezone = ''UTC''\n'
      when built_in and type = 'bytea'::regtype then E'set bytea_output = ''hex''\n'
      else pinned.setting
    end as setting
    from audit_private.captured_columns(watch)
    cross join (values
      (E'set extra_float_digits = 1\n'), (E'set timezone = ''UTC''\n'), (E'set bytea_output = ''hex''\n'),
      (E'set datestyle = ''ISO, YMD''\n'), (E'set intervalstyle = ''postgres''\n'), (E'set lc_monetary = ''C''\n'),
      (E'set xmlbinary = ''base64''\n'), (E'set quote_all_identifiers = off\n')
    ) as pinned (setting)
    where not (built_in and type = any (array[
      'bool', 'int2', 'int4', 'int8', 'oid', 'uuid', 'text', 'varchar', 'bpchar', 'name', 'numeric', 'json', 'jsonb',
      'time', 'inet', 'cidr', 'macaddr'
    ]::regtype[]))
      -- As JSON these are ISO 8601 whatever the settings; as an entity id they are text.
      and not (
        built_in and type in ('date'::regtype, 'timestamp'::regtype)
        and name <> all (audit_private.key_columns((watch).target))
      )
  ) as needed
$$;
