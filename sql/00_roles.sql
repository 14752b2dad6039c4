-- Roles and schemas: who exists. Replayed before the migrations, because roles belong to the whole cluster and
-- no single database can version them. Called by the migrating login, which needs CREATEROLE and CREATE on the
-- database, or superuser. Refuses nothing; grants nothing but the right of the migrating login to act as owner.

do $$
declare
  v_role name;
begin
  foreach v_role in array array[
    'audit_owner', 'audit_app', 'audit_writer', 'audit_reader',
    'audit_investigator', 'audit_admin', 'audit_sealer', 'iam_admin'
  ]::name[] loop
    if not exists (select from pg_catalog.pg_roles where rolname = v_role) then
      execute pg_catalog.format('create role %I nologin', v_role);
    end if;
  end loop;

  -- What TRUNCATE removes must be read past the policies of the table, whose code must not run as the owner.
  if exists (select from pg_catalog.pg_roles where rolname = current_user and (rolsuper or rolbypassrls))
    and not exists (select from pg_catalog.pg_roles where rolname = 'audit_owner' and rolbypassrls)
  then
    alter role audit_owner bypassrls;
  end if;

  -- Without INHERIT the login must say SET ROLE before it can touch the log: no accident of a DBA's psql does.
  if not exists (
    select
    from pg_catalog.pg_roles as login
    where login.rolname = current_user
      and (
        login.rolsuper
        or exists (
          select
          from pg_catalog.pg_auth_members as membership
          where membership.roleid = 'audit_owner'::pg_catalog.regrole
            and membership.member = login.oid
            and membership.set_option
        )
      )
  ) then
    execute pg_catalog.format('grant audit_owner to %I with inherit false, set true', current_user);
  end if;
end $$;

do $$
declare
  v_schema name;
begin
  foreach v_schema in array array['audit', 'audit_private', 'iam']::name[] loop
    if pg_catalog.to_regnamespace(v_schema::text) is null then
      execute pg_catalog.format('create schema %I authorization audit_owner', v_schema);
    end if;
  end loop;
end $$;
