-- Roles and schema of the sample: who exists. Roles belong to the whole cluster, so this file is replayed, not
-- versioned. Run by the migrating login before migrations/ftms; needs CREATEROLE and CREATE on the database.

do $$
begin
  if to_regrole('ftms_owner') is null then
    create role ftms_owner nologin;
  end if;
  if to_regrole('ftms_app') is null then
    create role ftms_app nologin;
  end if;
  -- Set without inherit: the login acts as the owner only where a file says so.
  if not pg_has_role('ftms_owner', 'set') then
    execute format('grant ftms_owner to %I with inherit false, set true', current_user);
  end if;
  if to_regnamespace('ftms') is null then
    create schema ftms authorization ftms_owner;
  end if;
end $$;
