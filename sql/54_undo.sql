-- Chapter 5, read: the statement that would take a change back. It is written, never executed: whoever runs it does so with
-- rights of their own, and is on record for it. For members of audit_investigator who may read the table. Refuses tables of
-- others (42501) and what cannot be taken back (ID012).

-- The values of one side of a record that its table can be given, under the names that columns have now.
create or replace function audit_private.restorable_values(target regclass, record audit.audit_logs, side text)
returns table (place int, name text, value text, restorable boolean)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select
    attribute.attnum::int, coalesce(attribute.attname::text, field.key), field.value,
    attribute.attnum is not null and (past.value ->> 'known')::boolean
  from jsonb_each_text((record).changes -> side) as field
  join jsonb_each(audit_private.columns_before(restorable_values.target, (record).id)) as past
    on past.value ->> 'name' = field.key
  left join pg_catalog.pg_attribute as attribute
    on attribute.attrelid = restorable_values.target and attribute.attnum = past.key::int and not attribute.attisdropped
  where attribute.attgenerated is distinct from 's'
$$;

create or replace function audit_private.row_condition(target regclass, entity_id text) returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_key constant text[] := audit_private.key_columns(row_condition.target);
begin
  if starts_with(row_condition.entity_id, 'sha256:') then
    return (
      select format('audit.entity_key(%s) = %L', audit_private.key_source(watch, quote_ident(relname)), row_condition.entity_id)
      from audit_private.watches as watch
      join pg_catalog.pg_class as class on class.oid = watch.target
      where watch.target = row_condition.target
      order by watch.watch_id desc
      limit 1
    );
  elsif cardinality(v_key) > 1 then
    return (
      select string_agg(format('%I = %L', field.key, field.value), ' and ' order by array_position(v_key, field.key))
      from jsonb_each_text(row_condition.entity_id::jsonb) as field
    );
  end if;
  return format('%I = %L', v_key[1], row_condition.entity_id);
end $$;

create or replace function audit_private.undo_source(target regclass, record audit.audit_logs) returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select case (record).action
    when 'ROW_INSERTED' then format('delete from %s where %s;', target, audit_private.row_condition(target, (record).entity_id))
    when 'ROW_UPDATED' then format(
      'update %s set %s where %s;', target, string_agg(format('%I = %L', name, value), ', ' order by place),
      audit_private.row_condition(target, (record).entity_id)
    )
    when 'ROW_DELETED' then format(
      'insert into %s (%s) overriding system value values (%s);', target, string_agg(format('%I', name), ', ' order by place),
      string_agg(format('%L', value), ', ' order by place)
    )
  end
  from audit_private.restorable_values(target, record, 'old')
  where restorable
$$;

create or replace function audit.undo_sql(target regclass, key text, id bigint default null) returns text
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set quote_all_identifiers = off
as $$
declare
  v_record audit.audit_logs;
  v_source text;
  v_lost text;
begin
  perform audit_private.require_may_read(undo_sql.target);
  perform audit_private.tell_read('undo_sql ' || undo_sql.target::text);
  select (past.record).* into v_record
  from audit_private.records_of(
    audit_private.entity_types_of(undo_sql.target), audit_private.named_key(undo_sql.target, undo_sql.key)
  ) as past
  where (past.record).id = undo_sql.id or undo_sql.id is null
  order by (past.record).id desc
  limit 1;
  v_source := audit_private.undo_source(undo_sql.target, v_record);
  if v_source is null then
    raise exception using
      errcode = 'ID012',
      message = format('nothing to undo: no recorded change of this row of %s can be taken back', undo_sql.target),
      hint = 'audit.history() has its changes; masked values and those of dropped columns are not to be had.';
  end if;
  select string_agg(quote_ident(name), ', ') into v_lost
  from audit_private.restorable_values(undo_sql.target, v_record, 'old')
  where not restorable;
  if v_lost is not null then
    raise notice 'not restored, because the value is not on record or the column is gone: %', v_lost;
  end if;
  return v_source;
end $$;
comment on function audit.undo_sql(regclass, text, bigint) is
  'The statement that would take back a change of a row, the last one unless an id of audit.history() is given: select '
  'audit.undo_sql(''shop.orders'', ''7''). It is not executed, and says nothing of what came after that change.';
