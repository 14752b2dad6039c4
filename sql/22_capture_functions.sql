-- Chapter 2, what: capture => 'row', the four functions that record a watched table row by row.
-- Called by 24_capture_attach.sql.

create or replace function audit_private.function_source(watch_id bigint, operation text, settings text, body text)
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
    watch_id, operation, settings, v_quote, body, v_quote
  );
end $$;

create or replace function audit_private.capture_source(
  watch_id bigint, target regclass, entity_type text, excluded text[], masked text[]
) returns text[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_settings text := coalesce(audit_private.settings_source(target, excluded, masked), '');
  v_key_change text := audit_private.key_change_source(target);
  v_declare constant text :=
    E'declare\n  v_actor audit_private.actor;\n  v_now timestamptz := clock_timestamp();\n  v_metadata jsonb;\n';
  v_image constant text := E'  v_image jsonb;\nbegin\n%s  v_image := %s;\n';
  v_difference constant text :=
    E'  v_old jsonb := ''{}'';\n  v_new jsonb := ''{}'';\nbegin\n%s%s'
    '  if v_new = ''{}'' then\n    return null;\n  end if;\n';
  v_new_key constant text :=
    E'  if %s then\n'
    '    v_metadata := jsonb_build_object(''previous_entity_id'', %s);\n'
    '    insert into audit_private.key_changes (entity_type, previous_entity_id, entity_id) values (%L, %s, %s);\n'
    '  end if;\n';
  v_insert constant text :=
    E'  if current_setting(''indelible.context'', true) <> '''' then\n    v_actor := audit_private.current_actor();\n'
    '  else\n    v_actor.proof := ''direct'';\n  end if;\n'
    '  if v_actor.claim is not null then\n'
    '    v_metadata := coalesce(v_metadata, ''{}'') || jsonb_build_object(''claim'', v_actor.claim);\n'
    '  end if;\n'
    '  insert into audit.audit_logs (created_at, recorded_at, action, user_id, actor_proof, entity_type, entity_id,\n'
    '    ip_address, request_id, changes, metadata)\n'
    '  values (v_now, v_now, %L, v_actor.user_id, v_actor.proof, %L, %s,\n'
    '    v_actor.ip_address, v_actor.request_id, %s, v_metadata);\n'
    '  return null;\nend ';
  v_old_guard constant text := audit_private.type_guard_source('old', target, excluded, masked);
  v_new_guard constant text := audit_private.type_guard_source('new', target, excluded, masked);
  v_old_id constant text := audit_private.entity_id_source('old', target);
  v_new_id constant text := audit_private.entity_id_source('new', target);
begin
  return array[
    audit_private.function_source(watch_id, 'insert', v_settings,
      v_declare || format(v_image, v_new_guard, audit_private.image_source('new', target, excluded, masked))
      || format(v_insert, 'ROW_INSERTED', entity_type, v_new_id, 'jsonb_build_object(''new'', v_image)')),
    audit_private.function_source(watch_id, 'update', v_settings,
      v_declare || format(v_difference, v_new_guard, audit_private.difference_source(target, excluded, masked))
      || case when v_key_change is null then '' else
        format(v_new_key, v_key_change, v_old_id, entity_type, v_old_id, v_new_id)
      end
      || format(v_insert, 'ROW_UPDATED', entity_type, v_new_id, 'jsonb_build_object(''old'', v_old, ''new'', v_new)')),
    audit_private.function_source(watch_id, 'delete', v_settings,
      v_declare || format(v_image, v_old_guard, audit_private.image_source('old', target, excluded, masked))
      || format(v_insert, 'ROW_DELETED', entity_type, v_old_id, 'jsonb_build_object(''old'', v_image)')),
    audit_private.function_source(watch_id, 'truncate', '',
      v_declare || E'begin\n' || format(v_insert, 'TABLE_TRUNCATED', entity_type, 'null', 'null'))
  ];
end $$;
