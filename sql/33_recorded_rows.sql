-- Chapter 3, guard: whether a table holds what the log says it must. Called by the table's owner, and by investigators and
-- administrators who may read the table. The caller reads the table and audit_owner the log, in one statement, so writers
-- cause no false alarm, and no code of the table runs with audit_owner's rights. Refuses with 42501 and ID012.

create or replace aggregate audit_private.merged(jsonb) (sfunc = pg_catalog.jsonb_concat, stype = jsonb, initcond = '{}');

create or replace function audit_private.require_reader(target regclass) returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_caller name := coalesce(nullif(current_setting('role'), 'none'), session_user);
begin
  if exists (
    select from pg_catalog.pg_class where oid = require_reader.target and pg_has_role(v_caller, relowner, 'usage')
  ) then
    return;
  elsif not exists (
    select from pg_catalog.pg_class
    where oid = require_reader.target and not relrowsecurity and has_table_privilege(v_caller, oid, 'select')
      and (pg_has_role(v_caller, 'audit_investigator', 'usage') or pg_has_role(v_caller, 'audit_admin', 'usage'))
  ) then
    raise exception using
      errcode = '42501',
      message = format('must be owner of table %s to reconcile it', require_reader.target),
      hint = 'Or a member of audit_investigator or audit_admin who may read it, if it has no row security.';
  end if;
end $$;

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

-- What each record says of the rows under a key, in the order of id. From a moment on it is told backwards: as deletions that
-- bring a row, and insertions that take one; and a row comes from the key that it was given.
create or replace function audit_private.told_records(watch audit_private.watches, back_to timestamptz)
returns table (id bigint, entity_id text, begins boolean, ends boolean, previous_id text, image jsonb)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select
    id, entity_id, action in ('ROW_INSERTED', 'ROW_BASELINE') or previous_id is not null, action = 'ROW_DELETED', previous_id, image
  from audit_private.records_to_compare(watch, 'new')
  where back_to is null
  union all
  select
    -id, coalesce(previous_id, entity_id), action = 'ROW_DELETED' or previous_id is not null, action = 'ROW_INSERTED',
    case when previous_id is not null then entity_id end, image
  from audit_private.records_since(watch, back_to, 'old')
  where back_to is not null
$$;

-- A key names one row after another: each of its lives is a segment. A row whose key was changed brings along what is
-- known of it from the segment that it left with the same record. Origin is the key of the row from which the records set out,
-- null where they hold it from its beginning.
create or replace function audit_private.chained_rows(watch audit_private.watches, back_to timestamptz)
returns table (entity_id text, copies bigint, image jsonb, origin text)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  with recursive record as materialized (
    select * from audit_private.told_records(watch, back_to)
  ), step as (
    select id, entity_id, begins, ends, previous_id, image from record
    union all
    select id, previous_id, false, true, null, null from record where previous_id is not null
  ), numbered as (
    select *, count(*) filter (where begins) over (partition by entity_id order by id, begins) as segment from step
  ), segment as materialized (
    select
      entity_id, segment, min(id) filter (where begins) as begun, max(previous_id) as previous_id,
      (array_agg(ends order by id desc, begins desc))[1] as is_over,
      max(id) filter (where ends) as left_at, audit_private.merged(image order by id) as image
    from numbered
    group by entity_id, segment
  ), latest as (
    select distinct on (entity_id) * from segment order by entity_id, segment desc
  ), chain as (
    select entity_id as row_id, 0 as depth, entity_id, begun, previous_id, image from latest where not is_over
    union all
    select chain.row_id, chain.depth + 1, earlier.entity_id, earlier.begun, earlier.previous_id, earlier.image
    from chain
    join segment as earlier on earlier.entity_id = chain.previous_id and earlier.left_at = chain.begun
  ), state as (
    select
      row_id, audit_private.merged(image order by depth desc) as image, max(entity_id) filter (where begun is null) as origin
    from chain
    group by row_id
  )
  select latest.entity_id, (not latest.is_over)::int::bigint, state.image, state.origin
  from latest
  left join state on state.row_id = latest.entity_id
$$;

-- The same where no key was changed, at a third of the cost: the image with which a row begins is whole, so it hides what was
-- told of others that had the key before.
create or replace function audit_private.unchained_rows(watch audit_private.watches, back_to timestamptz)
returns table (entity_id text, copies bigint, image jsonb, origin text)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select
    entity_id, is_there::int::bigint, case when is_there then image end, case when is_there and not has_begun then entity_id end
  from (
    select
      entity_id, max(id) filter (where ends) is distinct from max(id) as is_there, bool_or(begins) as has_begun,
      audit_private.merged(image order by id) as image
    from audit_private.told_records(watch, back_to)
    group by entity_id
  ) as told
$$;

create or replace function audit_private.told_rows(watch audit_private.watches, back_to timestamptz)
returns table (entity_id text, copies bigint, image jsonb, origin text)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  if exists (
    select from audit_private.key_changes as change
    where change.entity_type = watch.entity_type and (told_rows.back_to is null or change.changed_at > told_rows.back_to)
  ) then
    return query select * from audit_private.chained_rows(watch, told_rows.back_to);
  else
    return query select * from audit_private.unchained_rows(watch, told_rows.back_to);
  end if;
end $$;
comment on function audit_private.told_rows is
  'The rows under each key as the log tells them, forwards or back to a moment; the key of the row that they were told from.';

create or replace function audit_private.rows_by_key(watch audit_private.watches)
returns table (entity_id text, copies bigint, image jsonb)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select entity_id, copies, image from audit_private.told_rows(watch, null)
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
begin
  perform audit_private.require_reader(recorded_rows.target);
  v_watch := audit_private.active_watch(recorded_rows.target);
  perform audit_private.require_reconcilable(v_watch);
  if audit_private.key_columns(v_watch.target) = '{}' then
    return query select * from audit_private.rows_by_image(v_watch);
  else
    return query select * from audit_private.rows_by_key(v_watch);
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
