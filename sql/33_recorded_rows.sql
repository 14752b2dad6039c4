-- Chapter 3, guard: whether a table holds what the log says it must. Called by the table's owner, and by investigators and
-- administrators who may read the table. The caller reads the table and audit_owner the log, in one statement, so writers
-- cause no false alarm, and no code of the table runs with audit_owner's rights. Refuses with 42501 and ID012.

create or replace aggregate audit_private.merged(jsonb) (sfunc = pg_catalog.jsonb_concat, stype = jsonb, initcond = '{}');

create or replace function audit_private.require_reader(target regclass, caller name) returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  if exists (
    select from pg_catalog.pg_class where oid = require_reader.target and pg_has_role(caller, relowner, 'usage')
  ) then
    return;
  elsif not exists (
    select from pg_catalog.pg_class
    where oid = require_reader.target and not relrowsecurity and has_table_privilege(caller, oid, 'select')
      and (pg_has_role(caller, 'audit_investigator', 'usage') or pg_has_role(caller, 'audit_admin', 'usage'))
  ) then
    raise exception using
      errcode = '42501',
      message = format('must be owner of table %s to reconcile it', require_reader.target),
      hint = 'Or a member of audit_investigator or audit_admin who may read it, if it has no row security.';
  end if;
end $$;

-- Owners run their own code; whoever else reads a table, a superuser above all, must not run it for them.
create or replace function audit_private.require_harmless_code(target regclass, caller name) returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  if exists (
    select from pg_catalog.pg_class
    where oid = require_harmless_code.target and pg_get_userbyid(relowner) = require_harmless_code.caller
  ) then
    return;
  end if;
  perform audit_private.require_known_code(relid)
  from pg_catalog.pg_partition_tree(require_harmless_code.target) where not isleaf;
  perform audit_private.require_known_code(relation) from audit.captured_relations(require_harmless_code.target) as relation;
end $$;

-- Whose right to read comparison_source has found goes on to recorded_rows, in this transaction, for this table, once.
create or replace function audit_private.reading_permit(target regclass) returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select permit from audit_private.proven_context('read ' || target::oid) as permit
$$;

-- Where the records that count begin: at the watch or, without a key, at the baseline, which holds all rows.
create or replace function audit_private.comparison_start(watch audit_private.watches) returns bigint
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select greatest(min(known.since_id), case when audit_private.key_columns((watch).target) = '{}' then max(baseline.first_id) end)
  from audit_private.compared_columns as known
  left join audit_private.baselines as baseline
    on baseline.watch_id = known.watch_id and baseline.finished_at is not null
  where known.watch_id = (watch).watch_id
$$;

create or replace function audit_private.require_reconcilable(watch audit_private.watches) returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  if not (watch).operations @> '{insert,update,delete,truncate}' then
    raise exception using
      errcode = 'ID012',
      message = format('%s cannot be reconciled: not all of its operations are recorded', (watch).target);
  elsif exists (
    select from pg_catalog.pg_index where indrelid = (watch).target and indisprimary and not indimmediate
  ) then
    raise exception using
      errcode = 'ID012',
      message = format('%s cannot be reconciled: its key is deferrable, so that two rows may bear it for a while', (watch).target);
  elsif audit_private.comparison_start(watch) is null then
    raise exception using
      errcode = 'ID012',
      message = format('%s cannot be reconciled: no column of its is recorded with its values', (watch).target);
  end if;
end $$;

-- Columns that can be compared; without a key only those of which every record has a value.
create or replace function audit_private.columns_to_compare(watch audit_private.watches)
returns table (place int, name text, built_in boolean, type oid, since_id bigint)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select present.place, present.name, present.built_in, present.type, known.since_id
  from audit_private.comparable_columns(watch) as present
  join audit_private.compared_columns as known
    on (known.watch_id, known.name, known.type, known.typmod) = ((watch).watch_id, present.name, present.type, present.typmod)
  where audit_private.key_columns((watch).target) <> '{}' or known.since_id <= audit_private.comparison_start(watch)
$$;

create or replace function audit_private.records_to_compare(watch audit_private.watches, side text)
returns table (id bigint, action text, entity_id text, previous_id text, image jsonb)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_start constant bigint := audit_private.comparison_start(watch);
  v_names constant text[] := array(select name from audit_private.columns_to_compare(watch));
  v_late constant bigint := (select max(since_id) from audit_private.columns_to_compare(watch));
begin
  return query
  select
    log.id, log.action, log.entity_id::text, log.metadata ->> 'previous_entity_id',
    case
      when jsonb_typeof(log.changes -> side) = 'object' then (
        select jsonb_object_agg(field.key, field.value)
        from jsonb_each(log.changes -> side) as field
        where field.key = any (v_names) and (log.id > v_late or field.key in (
          select known.name from audit_private.compared_columns as known
          where known.watch_id = (watch).watch_id and known.since_id < log.id
        ))
      )
    end
  from audit.audit_logs as log
  where log.entity_type = (watch).entity_type and log.id > v_start
    and log.action in ('ROW_INSERTED', 'ROW_UPDATED', 'ROW_DELETED', 'ROW_BASELINE');
end $$;

-- Nobody waits for a mask to be lifted: whoever writes meanwhile still runs the code that masks, and where masks ever were a
-- value that looks like one says nothing.
create or replace function audit_private.without_masks(image jsonb) returns jsonb
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
  select jsonb_object_agg(field.key, field.value) from jsonb_each(image) as field where field.value <> '"***"'
$$;

create or replace function audit_private.was_ever_masked(watch audit_private.watches) returns boolean
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select exists (
    select from audit.audit_logs as log
    where log.entity_type = 'AUDIT_WATCH' and log.action in ('AUDIT_WATCH_STARTED', 'AUDIT_WATCH_CHANGED')
      and log.metadata ->> 'entity_type' = (watch).entity_type and log.metadata -> 'mask' <> '[]'
  )
$$;

create or replace function audit_private.rows_by_image(watch audit_private.watches)
returns table (entity_id text, copies bigint, image jsonb)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select null::text, sum(sign)::bigint, image::text::jsonb
  from (
    select 1 as sign, image from audit_private.records_to_compare(watch, 'new') where image is not null
    union all
    select -1, image from audit_private.records_to_compare(watch, 'old') where image is not null
  ) as change
  group by image::text
$$;

create or replace function audit.recorded_rows(target regclass) returns table (entity_id text, copies bigint, image jsonb)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_watch audit_private.watches;
  v_masked boolean;
begin
  if current_setting('indelible.permit', true) is distinct from audit_private.reading_permit(recorded_rows.target) then
    raise exception using errcode = '42501', message = 'audit.recorded_rows is a part of audit.reconcile',
      hint = 'Call audit.reconcile.';
  end if;
  perform set_config('indelible.permit', '', true);
  v_watch := audit_private.active_watch(recorded_rows.target);
  perform audit_private.require_reconcilable(v_watch);
  if audit_private.key_columns(v_watch.target) = '{}' then
    return query select * from audit_private.rows_by_image(v_watch);
  else
    v_masked := audit_private.was_ever_masked(v_watch);
    return query
      select known.entity_id, known.copies, case when v_masked then audit_private.without_masks(known.image) else known.image end
      from audit_private.rows_by_key(v_watch) as known;
  end if;
end $$;
comment on function audit.recorded_rows(regclass) is
  'What a table must hold by the log: of each key whether there is a row, or of each image how many, as far as is recorded.';

create or replace function audit.entity_key(key text) returns text
language sql
immutable
security definer
return audit_private.entity_key(key);
comment on function audit.entity_key(text) is 'A key as the log names it: long ones by their hash.';
