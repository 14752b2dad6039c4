-- Chapter 2, what: capture => 'statement', for tables that are changed in bulk. Still one record per changed row, but
-- written by one INSERT … SELECT over the transition tables, and with the actor proven once.
-- Called by 24_capture_attach.sql. The row functions stay beside it, ENABLE REPLICA: logical replication fires no
-- statement trigger, and a session is either one or the other, so that each change is recorded once.

-- OLD and NEW pair by their place: both tables are filled in one pass. Pairing by the key would be wrong where a key
-- changes. The name of the place must not be a column's.
create or replace function audit_private.place_name(target regclass) returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select case when count(*) = 0 then 'place' else 'place_' || md5(string_agg(attname::text, '/' order by attnum)) end
  from pg_catalog.pg_attribute
  where attrelid = target and attname = 'place'
$$;

-- The types, looked up once per statement; see type_guard_source.
create or replace function audit_private.statement_guard_source(target regclass, excluded text[], masked text[]) returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(format(
    E'  if (\n    select count(*) from pg_catalog.pg_attribute\n    where attrelid = tg_relid and not attisdropped and (attname, atttypid) in (%s)\n'
    '  ) <> %s then\n    perform audit_private.refuse_drift(tg_relid);\n  end if;\n',
    string_agg(format('(%L::name, %s::oid)', name, type), ', ' order by place), count(*)
  ), '')
  from audit_private.captured_columns(target, excluded, masked)
  where built_in
  having count(*) > 0
$$;

create or replace function audit_private.unchanged_source(target regclass, excluded text[], masked text[]) returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select format('array_remove(array[%s]::text[], null)', string_agg(
    format(
      'case when not (%s) then %L end', audit_private.change_source(name, equality_is_identity, 'old_row', 'new_row'), name
    ), ', '
    order by place
  ))
  from audit_private.captured_columns(target, excluded, masked)
$$;

create or replace function audit_private.statement_source(
  watch_id bigint, target regclass, entity_type text, excluded text[], masked text[]
) returns text[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  -- A plan made for one row and kept would join 100,000 by a nested loop: seconds instead of a tenth.
  v_settings text := coalesce(audit_private.settings_source(target, excluded, masked), '') || E'set enable_nestloop = off\n';
  v_place text := audit_private.place_name(target);
  v_old_id text := audit_private.entity_id_source('old_row', target);
  v_new_id text := audit_private.entity_id_source('new_row', target);
  v_key_change text := audit_private.key_change_source(target, 'old_row', 'new_row');
  v_begin constant text :=
    -- A column may be called v_now; the columns that are meant are qualified, all of them.
    E'#variable_conflict use_variable\ndeclare\n  v_actor audit_private.actor := audit_private.current_actor();\n'
    '  v_now timestamptz := clock_timestamp();\n'
    '  v_metadata jsonb := case when v_actor.claim is not null then jsonb_build_object(''claim'', v_actor.claim) end;\nbegin\n'
    || audit_private.statement_guard_source(target, excluded, masked);
  v_insert constant text :=
    E'  insert into audit.audit_logs (created_at, recorded_at, action, user_id, actor_proof, entity_type, entity_id,\n'
    '    ip_address, request_id, changes, metadata)\n'
    '  select v_now, v_now, %L, v_actor.user_id, v_actor.proof, %L, %s,\n'
    '    v_actor.ip_address, v_actor.request_id, %s, %s\n';
  v_pairs text := format(
    E'  from (select row_number() over () as %1$I, * from indelible_old) as old_row\n'
    '  join (select row_number() over () as %1$I, * from indelible_new) as new_row using (%1$I)\n', v_place
  );
  v_columns bigint := (select count(*) from audit_private.captured_columns(target, excluded, masked));
  v_end constant text := E'  return null;\nend ';
begin
  return array[
    audit_private.function_source(watch_id, 'insert_statement', v_settings,
      v_begin || format(v_insert, 'ROW_INSERTED', entity_type, v_new_id,
        format('jsonb_build_object(''new'', %s)', audit_private.image_source('new_row', target, excluded, masked)), 'v_metadata')
      || E'  from indelible_new as new_row;\n' || v_end),
    audit_private.function_source(watch_id, 'update_statement', v_settings,
      v_begin || format(v_insert, 'ROW_UPDATED', entity_type, v_new_id,
        format(E'jsonb_build_object(\n      ''old'', (%s) - comparison.unchanged,\n      ''new'', (%s) - comparison.unchanged)',
          audit_private.image_source('old_row', target, excluded, masked),
          audit_private.image_source('new_row', target, excluded, masked)),
        case when v_key_change is null then 'v_metadata' else format(
          E'case when %s\n      then coalesce(v_metadata, ''{}'') || jsonb_build_object(''previous_entity_id'', %s) else v_metadata end',
          v_key_change, v_old_id
        ) end)
      || v_pairs
      || format(
        E'  cross join lateral (select %s as unchanged offset 0) as comparison\n'
        '  where cardinality(comparison.unchanged) < %s\n  order by %I;\n',
        audit_private.unchanged_source(target, excluded, masked), v_columns, v_place)
      || case when v_key_change is null then '' else format(
        E'  insert into audit_private.key_changes (entity_type, previous_entity_id, entity_id)\n  select %L, %s, %s\n',
        entity_type, v_old_id, v_new_id
      ) || v_pairs || format(E'  where %s;\n', v_key_change) end
      || v_end),
    audit_private.function_source(watch_id, 'delete_statement', v_settings,
      v_begin || format(v_insert, 'ROW_DELETED', entity_type, v_old_id,
        format('jsonb_build_object(''old'', %s)', audit_private.image_source('old_row', target, excluded, masked)), 'v_metadata')
      || E'  from indelible_old as old_row;\n' || v_end)
  ];
end $$;
