-- Chapter 5, read: from which id on the records of a time stand, found on the primary key: the current month has no index on
-- time. Called by 33_past_records.sql, and by readers who narrow a search by time. Refuses nothing.
--
-- Records of one statement bear the time at which it began to write them, so ids and times disagree for as long as that takes,
-- or as a clock is set back: an hour is allowed for it. A claimed time may be 30 days older than its record.

-- The newest record that was found older than a moment, among those of some months; null where none is.
create or replace function audit_private.newest_id_before(moment timestamptz, since timestamptz, until timestamptz) returns bigint
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
    select max(id) from audit.audit_logs where created_at >= newest_id_before.since and created_at < newest_id_before.until
  ), 0);
  v_middle bigint;
  v_id bigint;
  v_time timestamptz;
begin
  while v_low < v_high loop
    v_middle := v_low + (v_high - v_low + 1) / 2;
    select id, recorded_at into v_id, v_time
    from audit.audit_logs
    where id between v_middle and v_high and created_at >= newest_id_before.since and created_at < newest_id_before.until
    order by id
    limit 1;
    if v_time < newest_id_before.moment then
      v_low := v_id;
    else
      v_high := v_middle - 1;
    end if;
  end loop;
  return nullif(v_low, 0);
end $$;

-- What was recorded shortly before stands in the month of that moment or the one before it, whatever time it claims; where it is
-- not there, all months are searched.
create or replace function audit_private.id_before(moment timestamptz) returns bigint
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_moment constant timestamptz := id_before.moment - interval '1 hour';
  v_month constant timestamptz := date_trunc('month', v_moment, 'UTC');
  v_id bigint;
begin
  if isfinite(v_moment) then
    v_id := audit_private.newest_id_before(
      v_moment, date_trunc('month', v_month - interval '1 day', 'UTC'), date_trunc('month', v_month + interval '40 days', 'UTC')
    );
  end if;
  return coalesce(v_id, audit_private.newest_id_before(v_moment, '-infinity', 'infinity'), 0);
end $$;
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
