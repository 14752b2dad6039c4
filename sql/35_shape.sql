-- Chapter 3, guard: how a watched table looks. Pure: reads the catalogue,
-- changes nothing. Called by 36_follow.sql. Expressions (defaults, checks, conditions) stand in it as digests alone:
-- they may hold secrets.

create or replace function audit_private.expression_digest(expression text) returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
  select left(encode(sha256(convert_to(expression, 'UTF8')), 'hex'), 32)
$$;

-- What decides how values of users' types are written: labels by number, attributes of composites by name and type.
create or replace function audit_private.type_parts(type oid) returns jsonb
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select jsonb_object_agg(part.number, part.text)
  from (
    select label.oid, label.enumlabel::text
    from pg_catalog.pg_enum as label
    where label.enumtypid in (select audit_private.types_within(type_parts.type))
    union all
    select kind.oid, string_agg(attribute.attname || ' ' || format_type(attribute.atttypid, attribute.atttypmod), ', ' order by attribute.attnum)
    from pg_catalog.pg_type as kind
    join pg_catalog.pg_attribute as attribute
      on attribute.attrelid = kind.typrelid and attribute.attnum > 0 and not attribute.attisdropped
    where kind.oid in (select audit_private.types_within(type_parts.type))
    group by kind.oid
  ) as part (number, text)
$$;

-- By number, which survives a renaming.
create or replace function audit_private.column_shapes(target regclass) returns jsonb
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(jsonb_object_agg(attribute.attnum, jsonb_strip_nulls(jsonb_build_object(
    'name', attribute.attname,
    'type', format_type(attribute.atttypid, attribute.atttypmod),
    'type_parts', case when attribute.atttypid >= 16384 then audit_private.type_parts(attribute.atttypid) end,
    'collation', case when attribute.attcollation <> kind.typcollation then attribute.attcollation::regcollation::text end,
    'not_null', nullif(attribute.attnotnull, false),
    'generated', nullif(attribute.attgenerated, ''),
    'identity', nullif(attribute.attidentity, ''),
    'default', audit_private.expression_digest(value.adbin::text)
  ))), '{}')
  from pg_catalog.pg_attribute as attribute
  join pg_catalog.pg_type as kind on kind.oid = attribute.atttypid
  left join pg_catalog.pg_attrdef as value on value.adrelid = attribute.attrelid and value.adnum = attribute.attnum
  where attribute.attrelid = target and attribute.attnum > 0 and not attribute.attisdropped
$$;

-- What else can change which writes happen, or which of them are captured: by name, with a digest.
create or replace function audit_private.attachment_shapes(target regclass) returns jsonb
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select jsonb_build_object(
    'constraints', (
      select jsonb_object_agg(conname, audit_private.expression_digest(
        concat_ws('/', contype, condeferrable, condeferred, convalidated, conkey, confrelid::regclass, confkey, conbin)
      ))
      from pg_catalog.pg_constraint
      where conrelid = target and contype <> 'n'
    ),
    'triggers', (
      select jsonb_object_agg(tgname, audit_private.expression_digest(
        concat_ws('/', tgenabled, tgtype, tgfoid::regprocedure, tgattr, encode(tgargs, 'hex'), tgqual, tgdeferrable, tginitdeferred)
      ))
      from pg_catalog.pg_trigger
      where tgrelid = target and not tgisinternal
        -- Of capture, and in the place of capture, follow_capture tells; a name like capture's hides nothing else.
        and not exists (
          select from pg_catalog.pg_proc where oid = tgfoid and pronamespace = 'audit_private'::regnamespace
        )
        and not exists (
          select from audit_private.watches as watch
          cross join audit_private.capture_triggers(watch) as wanted
          where watch.target = tgrelid and watch.stopped_at is null and wanted.name = tgname
        )
    ),
    'rules', (
      select jsonb_object_agg(rulename, audit_private.expression_digest(
        concat_ws('/', ev_type, ev_enabled, is_instead, ev_qual, ev_action)
      ))
      from pg_catalog.pg_rewrite
      where ev_class = target
    ),
    'policies', (
      select jsonb_object_agg(polname, audit_private.expression_digest(
        concat_ws('/', polcmd, polpermissive, polroles, polqual, polwithcheck)
      ))
      from pg_catalog.pg_policy
      where polrelid = target
    )
  )
$$;

create or replace function audit_private.family_shapes(target regclass) returns jsonb
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select jsonb_build_object(
    'parents', (
      select jsonb_object_agg(inhparent::oid, inhparent::regclass::text)
      from pg_catalog.pg_inherits
      where inhrelid = target
    ),
    'children', (
      select jsonb_object_agg(inhrelid::oid, inhrelid::regclass::text)
      from pg_catalog.pg_inherits
      join pg_catalog.pg_class as child on child.oid = inhrelid and not child.relispartition
      where inhparent = target
    ),
    'partitions', (
      select jsonb_object_agg(relid::oid, relid::text) from pg_catalog.pg_partition_tree(target) where level > 0
    )
  )
$$;

create or replace function audit_private.table_shape(target regclass) returns jsonb
language sql
stable
set search_path = pg_catalog, pg_temp
set quote_all_identifiers = off
as $$
  select jsonb_strip_nulls(
    jsonb_build_object(
      'columns', audit_private.column_shapes(target),
      'key', to_jsonb(audit_private.key_columns(target)),
      'name', target::text,
      'owner', pg_get_userbyid(class.relowner),
      'persistence', class.relpersistence,
      'replica_identity', class.relreplident,
      'row_security', class.relrowsecurity,
      'forced_row_security', class.relforcerowsecurity
    ) || audit_private.attachment_shapes(target) || audit_private.family_shapes(target)
  )
  from pg_catalog.pg_class as class
  where class.oid = target
$$;
comment on function audit_private.table_shape is 'How a table looks now: columns by number, key, name, owner, what is attached, relatives.';
