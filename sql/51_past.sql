-- Chapter 5, read: what the log says of a table as it stood, and whether it can. audit.past_rows is called within the query that
-- audit.as_of executes, so in its snapshot. Refuses tables of others (42501) and what is not on record (ID012).

create or replace function audit_private.require_past(watch audit_private.watches, moment timestamptz) returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_start constant timestamptz := (
    select max(since) from audit_private.capture_versions where watch_id = (watch).watch_id and is_start
  );
begin
  if v_start is null or require_past.moment < v_start then
    raise exception using
      errcode = 'ID012',
      message = format('how %s stood at %s is not on record', (watch).target, require_past.moment),
      hint = format('Its changes are recorded, without a gap, since %s.', v_start);
  elsif not (watch).operations @> '{insert,update,delete,truncate}' then
    raise exception using
      errcode = 'ID012',
      message = format('how %s stood is not on record: not all of its operations are', (watch).target);
  elsif exists (select from audit_private.capture_places(watch) where not right_there) then
    raise exception using
      errcode = 'ID012',
      message = format('how %s stood is not on record: its capture was disabled or replaced', (watch).target),
      hint = 'indelible doctor says more.';
  elsif exists (
    select from audit_private.versions_since(watch, require_past.moment) as version
    cross join jsonb_array_elements_text(version.shape -> 'relations') as part
    where part::oid not in (select audit.captured_relations((watch).target))
  ) then
    raise exception using
      errcode = 'ID012',
      message = format('how %s stood at %s is not on record: a partition was dropped or detached since', (watch).target, require_past.moment);
  end if;
end $$;

-- To make a value of a domain runs its checks. A plain SELECT does not, so nobody expects that as_of would.
create or replace function audit_private.require_harmless_types(target regclass) returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_function regprocedure;
begin
  with recursive made (type) as (
    select atttypid from pg_catalog.pg_attribute
    where attrelid = require_harmless_types.target and attnum > 0 and not attisdropped
    union
    select part.type
    from made
    join pg_catalog.pg_type as kind on kind.oid = made.type
    left join pg_catalog.pg_range as range on kind.oid in (range.rngtypid, range.rngmultitypid)
    left join pg_catalog.pg_attribute as field on field.attrelid = kind.typrelid and field.attnum > 0 and not field.attisdropped
    cross join unnest(array[kind.typelem, kind.typbasetype, range.rngsubtype, field.atttypid]) as part (type)
    where part.type <> 0
  )
  select called into v_function
  from made
  join pg_catalog.pg_constraint as rule on rule.contypid = made.type
  cross join audit_private.code_of_others('pg_constraint', rule.oid) as called
  where called is not null
  limit 1;
  if v_function is not null then
    raise exception using
      errcode = 'ID012',
      message = format('rows of %s are not rebuilt for others than its owner: a domain of its calls %s', require_harmless_types.target, v_function);
  end if;
end $$;

create or replace function audit.past_rows(target regclass, moment timestamptz)
returns table (present_id text, copies bigint, image jsonb)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_watch audit_private.watches;
begin
  perform audit_private.require_may_read(past_rows.target);
  v_watch := audit_private.active_watch(past_rows.target);
  perform audit_private.require_past(v_watch, past_rows.moment);
  if audit_private.key_identifies(v_watch.target) then
    return query
      with told as materialized (select * from audit_private.told_rows(v_watch, past_rows.moment))
      select told.origin, 1::bigint, coalesce(told.image, '{}') from told where told.copies = 1
      union all
      -- Rows of now that were not there yet.
      select told.entity_id, 0::bigint, null
      from told
      where not exists (select from told as other where other.origin = told.entity_id);
  else
    return query
      select null::text, sign, image
      from (
        select 1::bigint as sign, image from audit_private.records_since(v_watch, past_rows.moment, 'old')
        union all
        select -1, image from audit_private.records_since(v_watch, past_rows.moment, 'new')
      ) as change
      where image is not null;
  end if;
end $$;
comment on function audit.past_rows(regclass, timestamptz) is
  'What was different of the rows of a table: by the key of the row as it is now, 0 copies for one that was not there; without '
  'a key, how many rows of an image there were more or less.';
