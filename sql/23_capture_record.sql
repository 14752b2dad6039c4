-- Chapter 2, what: what every capture function has in common: its frame, who acts, and the record it writes.
-- Called by 24 to 26. Pure text.

create or replace function audit_private.function_source(watch audit_private.watches, operation text, settings text, body text)
returns text
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
declare
  -- A column may be called "$capture$" to break out of the quotes and run code as the owner.
  v_quote text := case when strpos(body, '$capture$') = 0 then '$capture$' else '$capture_' || md5(body) || '$' end;
begin
  return format(
    E'create or replace function audit_private.capture_%s_%s() returns trigger\n'
    'language plpgsql\nvolatile\nsecurity definer\nset search_path = pg_catalog, pg_temp\n%sas %s\n%s%s',
    (watch).watch_id, operation, settings, v_quote, body, v_quote
  );
end $$;

create or replace function audit_private.actor_source() returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
  select
    E'  if current_setting(''indelible.context'', true) <> '''' then\n    v_actor := audit_private.current_actor();\n'
    '    if v_actor.claim is not null then\n'
    '      v_metadata := coalesce(v_metadata, ''{}'') || jsonb_build_object(''claim'', v_actor.claim);\n'
    '    end if;\n'
    '  else\n    v_actor.proof := ''direct'';\n  end if;\n'
$$;
comment on function audit_private.actor_source is 'Sets v_actor, and in v_metadata the claim that was not honoured.';

-- The values of a record, as the list of a SELECT or of VALUES.
create or replace function audit_private.record_source(
  watch audit_private.watches, action text, entity_id text, changes text,
  metadata text default 'v_metadata', now text default 'v_now', actor text default 'v_actor'
) returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
  select format(
    E'%1$s, %1$s, %3$L, %2$s.user_id, %2$s.proof, %4$L, %5$s,\n    %2$s.ip_address, %2$s.request_id, %6$s, %7$s',
    now, actor, action, (watch).entity_type, entity_id, changes, metadata
  )
$$;

create or replace function audit_private.insert_source() returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
  select
    E'  insert into audit.audit_logs (created_at, recorded_at, action, user_id, actor_proof, entity_type, entity_id,\n'
    '    ip_address, request_id, changes, metadata)\n'
$$;
