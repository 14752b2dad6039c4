-- The guard, part 2: what is guarded. Everything in the schemas of the audit, everything that belongs to its owner, and what
-- hangs on it from outside: a trigger, an index, a foreign key, a cast on one of its types would run code of others in its
-- functions. Only the catalogue is read; ordinary DDL passes in a fraction of a millisecond.

-- Parsed here and now: no search_path can change its meaning, and the planner inlines it.
create or replace function audit_guard.is_guarded_schema(name text) returns boolean
language sql
immutable
return is_guarded_schema.name in ('audit', 'audit_private', 'iam', 'audit_guard');

-- By what they own, too: a role can be renamed, and everything be reassigned, without any event.
create or replace function audit_guard.owners() returns oid[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  return array(
    select role.oid
    from pg_catalog.pg_roles as role
    where (
      role.rolname = 'audit_owner'
      or role.oid in (select nspowner from pg_catalog.pg_namespace where nspname in ('audit', 'audit_private', 'iam'))
    ) and not role.rolsuper
  );
end $$;

create or replace function audit_guard.is_guarded_relation(relation oid) returns boolean
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  return exists (
    select from pg_catalog.pg_class as class
    join pg_catalog.pg_namespace as namespace on namespace.oid = class.relnamespace
    where class.oid = relation and audit_guard.is_guarded_schema(namespace.nspname)
  );
end $$;

create or replace function audit_guard.is_guarded_type(type oid) returns boolean
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  return exists (
    select from pg_catalog.pg_type as kind
    join pg_catalog.pg_namespace as namespace on namespace.oid = kind.typnamespace
    where kind.oid = type and audit_guard.is_guarded_schema(namespace.nspname)
  );
end $$;

create or replace function audit_guard.is_guarded_table(table_oid oid, owners oid[]) returns boolean
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  return exists (select from pg_catalog.pg_class where oid = table_oid and relowner = any (owners))
    or exists (
      select from pg_catalog.pg_inherits
      where (inhrelid = table_oid and audit_guard.is_guarded_relation(inhparent))
        or (inhparent = table_oid and audit_guard.is_guarded_relation(inhrelid))
    )
    -- The checks of a foreign key run with the rights of the owner of the table it points to, and so do its casts.
    or exists (
      select from pg_catalog.pg_constraint
      where conrelid = table_oid and contype = 'f' and audit_guard.is_guarded_relation(confrelid)
    );
end $$;

create or replace function audit_guard.is_guarded_trigger(trigger oid) returns boolean
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  return exists (
    select from pg_catalog.pg_trigger as found
    join pg_catalog.pg_proc as function on function.oid = found.tgfoid
    join pg_catalog.pg_namespace as namespace on namespace.oid = function.pronamespace
    where found.oid = is_guarded_trigger.trigger
      and (audit_guard.is_guarded_schema(namespace.nspname) or audit_guard.is_guarded_relation(found.tgrelid))
  );
end $$;

-- What extensions have taken in goes when they go.
create or replace function audit_guard.has_taken_in(extension oid) returns boolean
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  return exists (
    select from pg_catalog.pg_depend as member
    cross join lateral pg_identify_object(member.classid, member.objid, member.objsubid) as object
    where member.refclassid = 'pg_extension'::regclass and member.refobjid = has_taken_in.extension and member.deptype = 'e'
      and audit_guard.is_guarded_schema(case object.type when 'schema' then object.name else object.schema end)
  );
end $$;

create or replace function audit_guard.belongs_to(class oid, object oid, owners oid[]) returns boolean
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  return exists (
    select from pg_catalog.pg_shdepend
    where dbid = (select oid from pg_catalog.pg_database where datname = current_database())
      and classid = class and objid = object and deptype = 'o'
      and refclassid = 'pg_authid'::regclass and refobjid = any (owners)
  );
end $$;

create or replace function audit_guard.is_guarded(class oid, object oid, schema_name text, owners oid[]) returns boolean
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  if audit_guard.is_guarded_schema(schema_name) then
    return true;
  end if;
  case class
    when 'pg_class'::regclass then
      return audit_guard.is_guarded_table(object, owners);
    when 'pg_trigger'::regclass then
      return audit_guard.is_guarded_trigger(object);
    when 'pg_rewrite'::regclass then
      return audit_guard.is_guarded_relation((select ev_class from pg_catalog.pg_rewrite where oid = object));
    when 'pg_policy'::regclass then
      return audit_guard.is_guarded_relation((select polrelid from pg_catalog.pg_policy where oid = object));
    when 'pg_publication_rel'::regclass then
      return audit_guard.is_guarded_relation((select prrelid from pg_catalog.pg_publication_rel where oid = object));
    when 'pg_cast'::regclass then
      return exists (
        select from pg_catalog.pg_cast
        where oid = object and (audit_guard.is_guarded_type(castsource) or audit_guard.is_guarded_type(casttarget))
      );
    else
      return audit_guard.belongs_to(class, object, owners)
        or (class = 'pg_namespace'::regclass and exists (
          select from pg_catalog.pg_namespace where oid = object and audit_guard.is_guarded_schema(nspname)
        ))
        or (class = 'pg_statistic_ext'::regclass and audit_guard.is_guarded_relation(
          (select stxrelid from pg_catalog.pg_statistic_ext where oid = object)
        ))
        or (class = 'pg_publication'::regclass and exists (
          select from pg_catalog.pg_publication_rel where prpubid = object and audit_guard.is_guarded_relation(prrelid)
        ))
        or (class = 'pg_extension'::regclass and audit_guard.has_taken_in(object));
  end case;
end $$;
comment on function audit_guard.is_guarded is 'Whether only a superuser, or Indelible itself, may have touched this object.';

-- How much younger than this transaction, modulo 2^32, is the one that wrote a row; its own subtransactions are, too.
create or replace function audit_guard.youth(xmin xid, top bigint) returns bigint
language sql
stable
return (xmin::text::bigint - top % 4294967296 + 6442450944) % 4294967296 - 2147483648;

-- A row version that is visible here, and whose writer is still at work, is this transaction's.
create or replace function audit_guard.is_mine(xmin xid, top bigint) returns boolean
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  return pg_xact_status((top + audit_guard.youth(xmin, top))::text::xid8) = 'in progress';
exception when invalid_parameter_value then
  -- The number of a frozen row, of an earlier round of the counter, lies in the future of this one.
  return false;
end $$;

-- GRANT says in no event on what; but it cannot help writing one of these. Others may do so at the same time, so only what
-- this transaction wrote counts; nothing, while it has no number (null).
create or replace function audit_guard.privileges_digest(top bigint) returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(encode(sha256(convert_to(string_agg(entry, E'\n' order by entry), 'UTF8')), 'hex'), '')
  from (
    select concat_ws(' ', 'schema', nspname, nspacl)
    from pg_catalog.pg_namespace as namespace
    where audit_guard.is_guarded_schema(nspname) and audit_guard.youth(namespace.xmin, top) >= 0 and audit_guard.is_mine(namespace.xmin, top)
    union all
    select concat_ws(' ', 'relation', class.oid, class.relacl)
    from pg_catalog.pg_class as class
    join pg_catalog.pg_namespace as namespace on namespace.oid = class.relnamespace
    where audit_guard.is_guarded_schema(namespace.nspname) and audit_guard.youth(class.xmin, top) >= 0 and audit_guard.is_mine(class.xmin, top)
    union all
    select concat_ws(' ', 'column', attribute.attrelid, attribute.attnum, attribute.attacl)
    from pg_catalog.pg_attribute as attribute
    join pg_catalog.pg_class as class on class.oid = attribute.attrelid
    join pg_catalog.pg_namespace as namespace on namespace.oid = class.relnamespace
    where audit_guard.is_guarded_schema(namespace.nspname)
      and audit_guard.youth(attribute.xmin, top) >= 0 and audit_guard.is_mine(attribute.xmin, top)
    union all
    select concat_ws(' ', 'function', function.oid, function.proacl)
    from pg_catalog.pg_proc as function
    join pg_catalog.pg_namespace as namespace on namespace.oid = function.pronamespace
    where audit_guard.is_guarded_schema(namespace.nspname) and audit_guard.youth(function.xmin, top) >= 0 and audit_guard.is_mine(function.xmin, top)
    union all
    select concat_ws(' ', 'type', kind.oid, kind.typacl)
    from pg_catalog.pg_type as kind
    join pg_catalog.pg_namespace as namespace on namespace.oid = kind.typnamespace
    where audit_guard.is_guarded_schema(namespace.nspname) and audit_guard.youth(kind.xmin, top) >= 0 and audit_guard.is_mine(kind.xmin, top)
    union all
    select concat_ws(' ', 'default', setting.oid, setting.defaclacl)
    from pg_catalog.pg_default_acl as setting
    left join pg_catalog.pg_namespace as namespace on namespace.oid = setting.defaclnamespace
    -- All of them: what was taken back to PostgreSQL's own defaults has left no row.
    where setting.defaclrole = any (audit_guard.owners()) or audit_guard.is_guarded_schema(namespace.nspname)
  ) as entries (entry)
$$;

-- CREATE SCHEMA may grant things in the same breath, and tells of no command but itself.
create or replace function audit_guard.is_about_privileges(tag text) returns boolean
language sql
immutable
return tag in ('GRANT', 'REVOKE', 'ALTER DEFAULT PRIVILEGES', 'DROP OWNED', 'CREATE SCHEMA');

create or replace function audit_guard.has_members() returns boolean
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  return exists (select from pg_catalog.pg_auth_members where roleid = any (audit_guard.owners()));
end $$;
comment on function audit_guard.has_members() is 'Whether anybody but a superuser has the rights of the owner: only they could grant some.';
