-- Chapter 2, what: capture => 'statement', for tables that are changed in bulk. Still one record per changed row, but
-- written by one INSERT … SELECT over the transition tables, and with the actor proven once.
-- Called by 27_capture_attach.sql. The row functions stay beside it, ENABLE REPLICA: logical replication fires no
-- statement trigger, and a session is either one or the other, so that each change is recorded once.

-- The place of a row in both transition tables. The name must not be a column's.
create or replace function audit_private.place_name(target regclass) returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select case when bool_or(attname = 'place') then 'place_' || md5(string_agg(attname::text, '/' order by attnum)) else 'place' end
  from pg_catalog.pg_attribute
  where attrelid = target and attnum > 0
$$;

-- OLD and NEW pair by their place: both tables are filled in one pass. Pairing by the key would be wrong where a key changes.
create or replace function audit_private.pairs_source(target regclass) returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select format(
    E'(select row_number() over () as %1$I, * from indelible_old) as old_row\n'
    '    join (select row_number() over () as %1$I, * from indelible_new) as new_row using (%1$I)',
    audit_private.place_name(target)
  )
$$;

-- The changed values of one side as an image in which all else is null, for jsonb_strip_nulls to take out. jsonb values may
-- hold nulls of their own, so they are added afterwards.
create or replace function audit_private.changed_image_source(watch audit_private.watches, side text, other text) returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select format('row(%s)::audit_private.%I', coalesce(string_agg(
    case
      when audit_private.field_type(built_in, type, is_masked) = 'jsonb' then 'null'
      when equality_is_identity and not is_masked then format(
        'nullif(%s, %s)', audit_private.column_source(side, name), audit_private.column_source(other, name)
      )
      else format(
        'case when %s then %s end', audit_private.change_source(name, equality_is_identity, side, other),
        audit_private.value_source(side, name, built_in, type, is_masked)
      )
    end, ', ' order by place
  ), ''), audit_private.image_type(watch))
  from audit_private.captured_columns(watch)
$$;

create or replace function audit_private.null_fields(names text[]) returns jsonb
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(jsonb_object_agg(name, null), '{}') from unnest(names) as name where name is not null
$$;

-- What jsonb_strip_nulls took out too much: values that became null or were, and all of jsonb.
create or replace function audit_private.remainder_source(watch audit_private.watches, side text, other text) returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select concat_ws(
    ' || ',
    'audit_private.null_fields(array[' || string_agg(
      case
        when is_masked or not nullable or audit_private.field_type(built_in, type, is_masked) = 'jsonb' then null
        when built_in then format(
          'case when %s is null and %s is not null then %L end',
          audit_private.column_source(side, name), audit_private.column_source(other, name), name
        )
        else format(
          'case when num_nulls(%s) = 1 and num_nulls(%s) = 0 then %L end',
          audit_private.column_source(side, name), audit_private.column_source(other, name), name
        )
      end, ', ' order by place
    ) || ']::text[])',
    string_agg(
      case when audit_private.field_type(built_in, type, is_masked) = 'jsonb' then format(
        'case when %s then jsonb_build_object(%L, %s) else ''{}'' end',
        audit_private.change_source(name, equality_is_identity, side, other), name,
        audit_private.value_source(side, name, built_in, type, is_masked)
      ) end, ' || ' order by place
    )
  )
  from audit_private.captured_columns(watch)
$$;

create or replace function audit_private.pair_changes_source(watch audit_private.watches) returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select case
    when not audit_private.key_identifies((watch).target) then
      audit_private.changes_source(watch, 'both', 'old_row', 'new_row')
    when source.old_remainder = '' then source.stripped
    else format(
      E'audit_private.complete(%s,\n      %s,\n      %s)', source.stripped, source.old_remainder, source.new_remainder
    )
  end
  from (
    select
      format(
        E'jsonb_strip_nulls(to_jsonb(row(%s,\n      %s)::audit_private.%I))',
        audit_private.changed_image_source(watch, 'old_row', 'new_row'),
        audit_private.changed_image_source(watch, 'new_row', 'old_row'), audit_private.image_type(watch) || '_both'
      ) as stripped,
      audit_private.remainder_source(watch, 'old_row', 'new_row') as old_remainder,
      audit_private.remainder_source(watch, 'new_row', 'old_row') as new_remainder
  ) as source
$$;
comment on function audit_private.pair_changes_source is 'What changed between a pair: both sides, of the changed columns alone.';

create or replace function audit_private.complete(changes jsonb, old_remainder jsonb, new_remainder jsonb) returns jsonb
language sql
immutable
return case
  when old_remainder = '{}' and new_remainder = '{}' then changes
  else jsonb_build_object('old', (changes -> 'old') || old_remainder, 'new', (changes -> 'new') || new_remainder)
end;

create or replace function audit_private.statement_function_source(watch audit_private.watches, operation text, body text)
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select audit_private.function_source(
    watch, operation || '_statement',
    -- A plan made for one row and kept would join 100,000 by a nested loop: seconds instead of a tenth.
    audit_private.settings_source(watch) || E'set enable_nestloop = off\n',
    -- A column may be called v_now; the columns that are meant are qualified, all of them.
    E'#variable_conflict use_variable\ndeclare\n  v_actor audit_private.actor;\n  v_now timestamptz := clock_timestamp();\n'
    '  v_metadata jsonb;\n  v_rekeyed bigint := 0;\nbegin\n'
    || audit_private.statement_guard_source(watch) || audit_private.actor_source() || body || E'  return null;\nend '
  )
$$;

-- A rekeyed row's record must follow that of the row which gave up the key: only then is there an order to keep, and a sort.
create or replace function audit_private.statement_update_source(watch audit_private.watches) returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_key constant text[] := audit_private.key_columns((watch).target);
  v_old_id constant text := audit_private.entity_id_source(watch, 'old_row');
  v_new_id constant text := audit_private.entity_id_source(watch, 'new_row');
  v_key_change constant text := audit_private.any_change_source(watch, v_key, 'old_row', 'new_row');
  v_from constant text := E'\n  from ' || audit_private.pairs_source((watch).target) || E'\n  where ';
  v_counts constant text := case when (watch).record_unchanged then 'true' else audit_private.any_change_source(
    watch, array(select name from audit_private.captured_columns(watch) where name <> all ((watch).skipped)), 'old_row', 'new_row'
  ) end;
  v_insert constant text := audit_private.insert_source() || '  select ' || audit_private.record_source(
    watch, 'ROW_UPDATED', v_new_id, audit_private.pair_changes_source(watch)
  ) || v_from || v_counts;
begin
  if v_key = '{}' then
    return audit_private.statement_function_source(watch, 'update', v_insert || E';\n');
  end if;
  return audit_private.statement_function_source(
    watch, 'update',
    E'  insert into audit_private.key_changes (entity_type, previous_entity_id, entity_id)\n'
    || format('  select %L, %s, %s', (watch).entity_type, v_old_id, v_new_id) || v_from || v_key_change || E';\n'
    || E'  get diagnostics v_rekeyed = row_count;\n  if v_rekeyed = 0 then\n' || v_insert || E';\n  else\n'
    || audit_private.insert_source() || '  select ' || audit_private.record_source(
      watch, 'ROW_UPDATED', v_new_id, audit_private.pair_changes_source(watch), format(
        E'case when %s\n      then coalesce(v_metadata, ''{}'') || jsonb_build_object(''previous_entity_id'', %s) else v_metadata end',
        v_key_change, v_old_id
      )
    ) || v_from || v_counts || format(E'\n  order by %I;\n  end if;\n', audit_private.place_name((watch).target))
  );
end $$;

create or replace function audit_private.statement_source(watch audit_private.watches) returns text[]
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select array[
    audit_private.statement_function_source(
      watch, 'insert', audit_private.insert_source() || '  select ' || audit_private.record_source(
        watch, 'ROW_INSERTED', audit_private.entity_id_source(watch, 'new_row'),
        audit_private.changes_source(watch, 'new', '', 'new_row')
      ) || E'\n  from indelible_new as new_row;\n'
    ),
    audit_private.statement_update_source(watch),
    audit_private.statement_function_source(
      watch, 'delete', audit_private.insert_source() || '  select ' || audit_private.record_source(
        watch, 'ROW_DELETED', audit_private.entity_id_source(watch, 'old_row'),
        audit_private.changes_source(watch, 'old', 'old_row', '')
      ) || E'\n  from indelible_old as old_row;\n'
    )
  ]
$$;
