-- Access, administered: roles and permissions. Called by iam_admin; idempotent; refuses with ID009.

create or replace function iam.create_role(role text, description text) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
  insert into iam.roles (role, description) values (create_role.role, create_role.description)
  on conflict (role) do nothing;
  if found then
    perform iam.record_change('IAM_ROLE_CREATED', 'IAM_ROLE', create_role.role, null);
  end if;
exception when check_violation or not_null_violation then
  raise exception using errcode = 'ID009', message = 'a role is 1 to 100 of a-z 0-9 _ . - and has a description';
end $$;
comment on function iam.create_role is 'Creates a role of the application.';

create or replace function iam.create_permission(permission text, description text) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
  insert into iam.permissions (permission, description)
  values (create_permission.permission, create_permission.description)
  on conflict (permission) do nothing;
  if found then
    perform iam.record_change('IAM_PERMISSION_CREATED', 'IAM_PERMISSION', create_permission.permission, null);
  end if;
exception when check_violation or not_null_violation then
  raise exception using
    errcode = 'ID009', message = 'a permission is named like ftms.booking.create and has a description';
end $$;
comment on function iam.create_permission is 'Makes a permission known.';

create or replace function iam.grant_permission(role text, permission text) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
  insert into iam.role_permissions (role, permission) values (grant_permission.role, grant_permission.permission)
  on conflict do nothing;
  if found then
    perform iam.record_change(
      'IAM_PERMISSION_GRANTED', 'IAM_ROLE', grant_permission.role,
      jsonb_build_object('permission', grant_permission.permission)
    );
  end if;
exception when foreign_key_violation or not_null_violation then
  raise exception using errcode = 'ID009', message = 'no such role or permission';
end $$;
comment on function iam.grant_permission is 'Gives a permission to a role.';

create or replace function iam.revoke_permission(role text, permission text) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
  delete from iam.role_permissions
  where role = revoke_permission.role and permission = revoke_permission.permission;
  if found then
    perform iam.record_change(
      'IAM_PERMISSION_REVOKED', 'IAM_ROLE', revoke_permission.role,
      jsonb_build_object('permission', revoke_permission.permission)
    );
  end if;
end $$;
comment on function iam.revoke_permission is 'Takes a permission from a role.';

create or replace function iam.grant_role(username text, role text) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
  insert into iam.user_roles (username, role) values (grant_role.username, grant_role.role)
  on conflict do nothing;
  if found then
    perform iam.record_change(
      'IAM_ROLE_GRANTED', 'IAM_USER', grant_role.username, jsonb_build_object('role', grant_role.role)
    );
  end if;
exception when foreign_key_violation or not_null_violation then
  raise exception using errcode = 'ID009', message = 'no such user or role';
end $$;
comment on function iam.grant_role is 'Gives a role to a user.';

create or replace function iam.revoke_role(username text, role text) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
  delete from iam.user_roles where username = revoke_role.username and role = revoke_role.role;
  if found then
    perform iam.record_change(
      'IAM_ROLE_REVOKED', 'IAM_USER', revoke_role.username, jsonb_build_object('role', revoke_role.role)
    );
  end if;
end $$;
comment on function iam.revoke_role is 'Takes a role from a user.';
