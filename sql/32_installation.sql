-- Chapter 3, guard: which state of Indelible this database runs, so that an application can refuse another.
-- Read by applications (/readyz); written by migrate, as the last thing it does.

create or replace view audit.installation as
select digest, version, installed_at
from audit_private.installations
order by installation_id desc
limit 1;
comment on view audit.installation is 'The state of the audit objects in this database; applications compare it with their own.';

create or replace function audit_private.note_installation(digest text, version text) returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  if exists (
    select from audit.installation as current
    where current.digest = note_installation.digest and current.version = note_installation.version
  ) then
    return;
  end if;
  insert into audit_private.installations (digest, version) values (note_installation.digest, note_installation.version);
  perform audit_private.append(
    actor => audit_private.current_actor(),
    action => 'AUDIT_INSTALLED',
    metadata => jsonb_build_object('digest', note_installation.digest, 'version', note_installation.version)
  );
end $$;
comment on function audit_private.note_installation(text, text) is 'Called by migrate, at the end.';
