-- Chapter 3, guard: the rows under each key as their records tell them, forwards for audit.reconcile() or back to a moment for
-- audit.as_of(). Called by 33_recorded_rows.sql and 51_past.sql.

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
