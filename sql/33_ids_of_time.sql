-- Chapter 5, read: between which ids the records of a time stand, found on the primary key: the current month has no index on
-- time. Called by 33_past_records.sql, and by readers who narrow a search by time. Refuses nothing.
--
-- Records of one statement bear the time at which it began to write them, so ids and times disagree for as long as that takes,
-- or as a clock is set back: an hour is allowed for it. A claimed time may be 30 days older than its record.

-- The newest record that was found older than a moment, and the oldest that was found newer, among those of some months.
create or replace function audit_private.ids_around(
  moment timestamptz, since timestamptz, until timestamptz, out older bigint, out newer bigint
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
-- Its plan is made once, before it is known how far the ids are apart: only their order finds the first of them.
set enable_bitmapscan = off
set enable_sort = off
as $$
#variable_conflict use_column
declare
  v_low bigint := 0;
  v_high bigint := coalesce((
    select max(id) from audit.audit_logs where created_at >= ids_around.since and created_at < ids_around.until
  ), 0);
  v_middle bigint;
  v_id bigint;
  v_time timestamptz;
begin
  while v_low < v_high loop
    v_middle := v_low + (v_high - v_low + 1) / 2;
    select id, recorded_at into v_id, v_time
    from audit.audit_logs
    where id between v_middle and v_high and created_at >= ids_around.since and created_at < ids_around.until
    order by id
    limit 1;
    if v_time < ids_around.moment then
      v_low := v_id;
    else
      v_high := v_middle - 1;
      newer := coalesce(v_id, newer);
    end if;
  end loop;
  older := nullif(v_low, 0);
end $$;

-- What was recorded about then stands in the month of that moment or the one before, whatever time it claims; where they
-- are empty, all months are searched.
create or replace function audit_private.ids_about(moment timestamptz, out older bigint, out newer bigint)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_month constant timestamptz := date_trunc('month', ids_about.moment, 'UTC');
begin
  if isfinite(ids_about.moment) then
    select around.older, around.newer into older, newer
    from audit_private.ids_around(
      ids_about.moment, date_trunc('month', v_month - interval '1 day', 'UTC'), date_trunc('month', v_month + interval '40 days', 'UTC')
    ) as around;
  end if;
  if older is null or newer is null and ids_about.moment <= clock_timestamp() then
    select around.older, around.newer into older, newer
    from audit_private.ids_around(ids_about.moment, '-infinity', 'infinity') as around;
  end if;
end $$;

create or replace function audit_private.id_before(moment timestamptz) returns bigint
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(older, 0) from audit_private.ids_about(moment - interval '1 hour')
$$;
comment on function audit_private.id_before(timestamptz) is 'A record such that it and all before it are older than a moment; 0 if there is none.';

create or replace function audit.id_since(moment timestamptz) returns bigint
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select audit_private.id_before(moment)
$$;
comment on function audit.id_since(timestamptz) is
  'Events of that moment and later have ids above this one: … where created_at >= $1 and id > (select audit.id_since($1)).';

create or replace function audit.id_until(moment timestamptz) returns bigint
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select greatest(
    coalesce(about.newer, 9223372036854775807),
    -- Recorded more than an hour after the time that they bear.
    (
      select max(log.id) from audit.audit_logs as log
      where log.created_at >= moment - interval '31 days' and log.created_at < moment
        and log.recorded_at - log.created_at > interval '1 hour'
    )
  )
  -- An hour for what is as late as that, and one for ids and times that disagree.
  from audit_private.ids_about(moment + interval '2 hours') as about
$$;
comment on function audit.id_until(timestamptz) is
  'Events before that moment have ids up to this one: … where created_at < $1 and id <= (select audit.id_until($1)).';
