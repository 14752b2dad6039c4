-- Chapter 2, what: the four capture functions of a watched table.
-- Called only by 23_watch.sql and, after every migrate, for all watched tables: their code follows the table.

create or replace function audit_private.function_source(watch_id bigint, operation text, settings text, body text)
returns text
language plpgsql
immutable
set search_path = ''
as $$
declare
  -- A column may be called "$capture$" to break out of the quotes and run code as the owner.
  v_quote text := case when strpos(body, '$capture$') = 0 then '$capture$' else '$capture_' || md5(body) || '$' end;
begin
  return format(
    E'create or replace function audit_private.capture_%s_%s() returns trigger\n'
    'language plpgsql\nvolatile\nsecurity definer\nset search_path = ''''\n%sas %s\n%s%s',
    watch_id, operation, settings, v_quote, body, v_quote
  );
end $$;

create or replace function audit_private.capture_source(
  watch_id bigint, target regclass, entity_type text, excluded text[], masked text[]
) returns text[]
language plpgsql
stable
set search_path = ''
as $$
declare
  v_settings text := coalesce(audit_private.settings_source(target, excluded, masked), '');
  v_declare constant text :=
    E'declare\n  v_actor audit_private.actor := audit_private.current_actor();\n  v_now timestamptz := clock_timestamp();\n';
  v_image constant text := E'  v_image jsonb;\nbegin\n  v_image := %s;\n';
  v_difference constant text :=
    E'  v_old jsonb := ''{}'';\n  v_new jsonb := ''{}'';\nbegin\n%s'
    '  if v_new = ''{}'' then\n    return null;\n  end if;\n';
  v_insert constant text :=
    E'  insert into audit.audit_logs (created_at, recorded_at, action, user_id, actor_proof, entity_type, entity_id,\n'
    '    ip_address, request_id, changes, metadata)\n'
    '  values (v_now, v_now, %L, v_actor.user_id, v_actor.proof, %L, %s,\n'
    '    v_actor.ip_address, v_actor.request_id, %s,\n'
    '    case when v_actor.claim is not null then jsonb_build_object(''claim'', v_actor.claim) end);\n'
    '  return null;\nend ';
begin
  return array[
    audit_private.function_source(watch_id, 'insert', v_settings,
      v_declare || format(v_image, audit_private.image_source('new', target, excluded, masked))
      || format(v_insert, 'ROW_INSERTED', entity_type, audit_private.entity_id_source('new', target),
        'jsonb_build_object(''new'', v_image)')),
    audit_private.function_source(watch_id, 'update', v_settings,
      v_declare || format(v_difference, audit_private.difference_source(target, excluded, masked))
      || format(v_insert, 'ROW_UPDATED', entity_type, audit_private.entity_id_source('new', target),
        'jsonb_build_object(''old'', v_old, ''new'', v_new)')),
    audit_private.function_source(watch_id, 'delete', v_settings,
      v_declare || format(v_image, audit_private.image_source('old', target, excluded, masked))
      || format(v_insert, 'ROW_DELETED', entity_type, audit_private.entity_id_source('old', target),
        'jsonb_build_object(''old'', v_image)')),
    audit_private.function_source(watch_id, 'truncate', '',
      v_declare || E'begin\n' || format(v_insert, 'TABLE_TRUNCATED', entity_type, 'null', 'null'))
  ];
end $$;

create or replace function audit_private.write_capture(watch audit_private.watches) returns void
language plpgsql
volatile
set search_path = ''
as $$
declare
  v_source text;
  v_owner_of_partitioned name := (
    select pg_get_userbyid(relowner) from pg_catalog.pg_class where oid = (watch).target and relkind = 'p'
  );
  v_operation text;
begin
  foreach v_source in array audit_private.capture_source(
    (watch).watch_id, (watch).target, (watch).entity_type, (watch).excluded, (watch).masked
  ) loop
    execute v_source;
  end loop;
  if v_owner_of_partitioned is not null then
    -- New partitions copy the triggers with the owner's rights. Without USAGE on the schema the owner can do nothing else with this.
    foreach v_operation in array array['insert', 'update', 'delete'] loop
      execute format(
        'grant execute on function audit_private.capture_%s_%s() to %I', (watch).watch_id, v_operation, v_owner_of_partitioned
      );
    end loop;
  end if;
end $$;
comment on function audit_private.write_capture is 'Writes or renews a table''s capture functions; blocks nobody.';

create or replace function audit_private.capture_triggers(watch_id bigint, target regclass)
returns table (name text, definition text)
language sql
stable
set search_path = ''
as $$
  select
    'indelible_capture_' || operation,
    format(
      'create or replace trigger indelible_capture_%1$s after %1$s on %2$s for each %3$s '
      'execute function audit_private.capture_%4$s_%1$s()',
      operation, target, case operation when 'truncate' then 'statement' else 'row' end, watch_id
    )
  from unnest(array['insert', 'update', 'delete', 'truncate']) as operation
$$;
