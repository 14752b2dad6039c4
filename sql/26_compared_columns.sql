-- Chapter 2, what: since when the log can say what a column must hold.
-- Called by audit_private.write_capture, as audit_owner. A column that is new, retyped or no longer masked is comparable from
-- the present end of the log on; after another key or entity type the log says nothing of the rows before.

create or replace function audit_private.comparable_columns(watch audit_private.watches)
returns table (place int, name text, built_in boolean, type oid, typmod int, is_key boolean)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select captured.place, captured.name, captured.built_in, captured.type, attribute.atttypmod,
    captured.name = any (audit_private.key_columns((watch).target))
  from audit_private.captured_columns(watch) as captured
  join pg_catalog.pg_attribute as attribute on attribute.attrelid = (watch).target and attribute.attnum = captured.place
  where not captured.is_masked and captured.name <> all ((watch).skipped)
    -- Values of regclass and its kin are written as the names of objects, which change without them.
    and not exists (
      select from audit_private.types_within(captured.type) as part (type)
      join pg_catalog.pg_type as kind on kind.oid = part.type
      where kind.typnamespace = 'pg_catalog'::regnamespace and kind.typname ~ '^_?reg'
    )
    -- What is not recorded cannot be missed.
    and (watch).operations @> '{insert,update,delete,truncate}'
$$;
comment on function audit_private.comparable_columns is 'Columns whose every change is recorded with its value, which says the same for ever.';

create or replace function audit_private.remember_columns(watch audit_private.watches) returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_id constant bigint := coalesce((select max(id) from audit.audit_logs), 0);
begin
  if exists (
    select from audit_private.compared_columns as known
    left join audit_private.comparable_columns(watch) as present using (name)
    where known.watch_id = (watch).watch_id
      and (known.entity_type <> (watch).entity_type or known.is_key <> coalesce(present.is_key, false))
  ) then
    delete from audit_private.compared_columns where watch_id = (watch).watch_id;
    delete from audit_private.baselines where watch_id = (watch).watch_id;
  end if;
  delete from audit_private.compared_columns as known
  where known.watch_id = (watch).watch_id and not exists (
    select from audit_private.comparable_columns(watch) as present
    where (present.name, present.type, present.typmod) = (known.name, known.type, known.typmod)
  );
  insert into audit_private.compared_columns (watch_id, name, type, typmod, is_key, entity_type, since_id)
  select (watch).watch_id, present.name, present.type, present.typmod, present.is_key, (watch).entity_type, v_id
  from audit_private.comparable_columns(watch) as present
  on conflict do nothing;
end $$;
comment on function audit_private.remember_columns is 'Notes what became comparable now; forgets what no longer is.';

-- Where a label was renamed or an attribute added, the same value is written differently: the log no longer says how.
create or replace function audit_private.forget_rewritten(watch_id bigint, before jsonb, after jsonb) returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_names constant text[] := array(
    select old.value ->> 'name'
    from jsonb_each(before -> 'columns') as old
    join jsonb_each(after -> 'columns') as new using (key)
    where not (new.value -> 'type_parts' @> (old.value -> 'type_parts'))
  );
begin
  -- A key that is written differently names other rows.
  if exists (
    select from audit_private.compared_columns as known
    where known.watch_id = forget_rewritten.watch_id and known.name = any (v_names) and known.is_key
  ) then
    delete from audit_private.compared_columns as known where known.watch_id = forget_rewritten.watch_id;
    delete from audit_private.baselines as baseline where baseline.watch_id = forget_rewritten.watch_id;
  end if;
  delete from audit_private.compared_columns as known
  where known.watch_id = forget_rewritten.watch_id and known.name = any (v_names);
end $$;
comment on function audit_private.forget_rewritten is 'Called where the shape of a table changed, before its capture is written anew.';
