-- Chapter 2, what: capture => 'row', the functions that record a watched table row by row.
-- Called by 27_capture_attach.sql. An update is a chain of IFs that collects JSON text: in a transaction of one statement
-- every expression is prepared anew, so what counts is how few functions stand in them.

create or replace function audit_private.difference_source(watch audit_private.watches, skipped boolean) returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(string_agg(
    format(
      E'  if %s then\n    v_old := concat(v_old, %L, %s);\n    v_new := concat(v_new, %2$L, %4$s);\n%s  end if;\n',
      audit_private.change_source(name, equality_is_identity),
      format(',%s:', to_json(name)),
      audit_private.json_source('old', name, built_in, type, is_masked),
      audit_private.json_source('new', name, built_in, type, is_masked),
      case when name = any (audit_private.key_columns((watch).target)) then E'    v_rekeyed := true;\n' else '' end
    ), '' order by place
  ), '')
  from audit_private.captured_columns(watch)
  where (name = any ((watch).skipped)) = skipped
$$;
comment on function audit_private.difference_source is
  'Collects what changed of the columns that count, or of those whose change alone is skipped.';

create or replace function audit_private.rekey_source(watch audit_private.watches) returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select format(
    E'  if v_rekeyed then\n'
    '    v_metadata := jsonb_build_object(''previous_entity_id'', %s);\n'
    '    insert into audit_private.key_changes (entity_type, previous_entity_id, entity_id) values (%L, %1$s, %3$s);\n'
    '  end if;\n',
    audit_private.entity_id_source(watch, 'old'), (watch).entity_type, audit_private.entity_id_source(watch, 'new')
  )
$$;

create or replace function audit_private.update_source(watch audit_private.watches) returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_key constant text[] := audit_private.key_columns((watch).target);
  v_has_key constant boolean := audit_private.key_identifies((watch).target);
  v_counting constant text[] := array(
    select name from audit_private.captured_columns(watch) where name <> all ((watch).skipped)
  );
begin
  return audit_private.function_source(
    watch, 'update', audit_private.settings_source(watch),
    E'declare\n  v_actor audit_private.actor;\n  v_now timestamptz := clock_timestamp();\n  v_metadata jsonb;\n'
    || E'  v_old text;\n  v_new text;\n  v_rekeyed boolean;\n'
    || E'begin\n' || audit_private.type_guard_source(watch, 'new')
    || case
      when v_has_key then
        audit_private.difference_source(watch, skipped => false)
        || case when (watch).record_unchanged then '' else E'  if v_new is null then\n    return null;\n  end if;\n' end
        || audit_private.difference_source(watch, skipped => true)
        || audit_private.rekey_source(watch)
      -- Without a key only the whole row says which one it was.
      when not (watch).record_unchanged then
        format(E'  if not (%s) then\n    return null;\n  end if;\n', audit_private.any_change_source(watch, v_counting))
      else ''
    end
    || case when v_has_key or v_key = '{}' then '' else
      format(E'  v_rekeyed := %s;\n', audit_private.any_change_source(watch, v_key)) || audit_private.rekey_source(watch)
    end
    || audit_private.actor_source() || audit_private.insert_source()
    || format(E'  values (%s);\n  return null;\nend ', audit_private.record_source(
      watch, 'ROW_UPDATED', audit_private.entity_id_source(watch, 'new'),
      case when v_has_key then 'format(''{"old":{%s},"new":{%s}}'', substr(v_old, 2), substr(v_new, 2))::jsonb'
        else audit_private.changes_source(watch, 'both', 'old', 'new') end
    ))
  );
end $$;

create or replace function audit_private.whole_row_source(watch audit_private.watches, operation text, action text, side text)
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select audit_private.function_source(
    watch, operation, audit_private.settings_source(watch),
    E'declare\n  v_actor audit_private.actor;\n  v_now timestamptz := clock_timestamp();\n  v_metadata jsonb;\nbegin\n'
    || audit_private.type_guard_source(watch, side) || audit_private.actor_source() || audit_private.insert_source()
    || format(E'  values (%s);\n  return null;\nend ', audit_private.record_source(
      watch, action, audit_private.entity_id_source(watch, side), audit_private.changes_source(watch, side, 'old', 'new')
    ))
  )
$$;
comment on function audit_private.whole_row_source is 'The function for inserts or deletes: the whole row, as side.';

create or replace function audit_private.capture_source(watch audit_private.watches) returns text[]
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select array[
    audit_private.whole_row_source(watch, 'insert', 'ROW_INSERTED', 'new'),
    audit_private.update_source(watch),
    audit_private.whole_row_source(watch, 'delete', 'ROW_DELETED', 'old')
  ]
$$;
