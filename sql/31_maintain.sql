-- Chapter 3, guard: the log's partitions, made ahead of time.
-- Called by audit_admin (indelible maintain, up, a nightly job); idempotent, one at a time, gives way to writers.

create or replace function audit_private.make_partition(month date) returns boolean
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_name text := format('audit_private.%I', 'audit_logs_' || to_char(month, 'YYYY_MM'));
  v_from text := format('%s 00:00:00+00', month);
  v_to text := format('%s 00:00:00+00', (month + interval '1 month')::date);
begin
  if to_regclass(v_name) is not null then
    return false;
  end if;
  -- Made apart and attached: CREATE TABLE … PARTITION OF would lock out every writer of the log.
  execute format('create table %s (like audit.audit_logs including defaults including constraints including storage)', v_name);
  execute format('alter table audit.audit_logs attach partition %s for values from (%L) to (%L)', v_name, v_from, v_to);
  perform audit_private.guard_partition(v_name::regclass);
  return true;
end $$;

-- Rows in the net belong into a month of their own, but no row of the log is ever deleted, not even to move it:
-- the net itself is exchanged, its rows are inserted as they were, and the old net goes once all are counted.
create or replace function audit_private.empty_net(months date[]) returns bigint
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_month date;
  v_rows bigint;
  v_moved bigint;
begin
  alter table audit.audit_logs detach partition audit_private.audit_logs_default;
  alter table audit_private.audit_logs_default rename to audit_logs_net;
  foreach v_month in array months loop
    perform audit_private.make_partition(v_month);
  end loop;
  create table audit_private.audit_logs_default
    (like audit.audit_logs including defaults including constraints including storage);
  alter table audit.audit_logs attach partition audit_private.audit_logs_default default;
  perform audit_private.guard_partition('audit_private.audit_logs_default');
  insert into audit.audit_logs overriding system value select * from audit_private.audit_logs_net;
  get diagnostics v_moved = row_count;
  select count(*) into strict v_rows from audit_private.audit_logs_net;
  if v_moved <> v_rows then
    raise exception using errcode = 'ID010', message = format('the net held %s rows and %s were moved: nothing was done', v_rows, v_moved);
  end if;
  drop table audit_private.audit_logs_net;
  return v_moved;
end $$;

-- Months that are over get their indexes on time and addresses once, and no writer of the current one pays for them.
create or replace function audit_private.index_past_months(this_month date) returns text[]
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_partition regclass;
  v_index text;
  v_what text;
  v_on text;
  v_done text[] := '{}';
begin
  for v_partition, v_index, v_what, v_on in
    select tree.relid, class.relname || made.suffix, made.what, made.on
    from pg_catalog.pg_partition_tree('audit.audit_logs') as tree
    join pg_catalog.pg_class as class on class.oid = tree.relid
    cross join (values
      ('_created_at_idx', 'time', 'using brin (created_at)'),
      ('_ip_address_idx', 'addresses', '(ip_address) where ip_address is not null')
    ) as made (suffix, what, "on")
    where tree.isleaf
      and class.relname ~ '^audit_logs_[0-9]{4}_[0-9]{2}$'
      -- Claimed times reach 30 days back.
      and class.relname < 'audit_logs_' || to_char(this_month - interval '1 month', 'YYYY_MM')
      and to_regclass(format('audit_private.%I', class.relname || made.suffix)) is null
    order by class.relname, made.what desc
  loop
    execute format('create index %I on %s %s', v_index, v_partition, v_on);
    v_done := v_done || format('index: %s of %s', v_what, v_partition);
  end loop;
  return v_done;
end $$;

create or replace function audit_private.maintain_partitions() returns text[]
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_door constant bigint := audit_private.open_door();
  v_this_month date := date_trunc('month', clock_timestamp())::date;
  v_late date[];
  v_months date[];
  v_month date;
  v_done text[] := '{}';
begin
  -- Not an advisory lock: anybody can hold those.
  lock table audit_private.installations in exclusive mode;
  -- A maintenance that was forgotten for long has left months behind, too; a name has four digits for the year.
  v_late := array(
    select distinct date_trunc('month', created_at)::date from audit_private.audit_logs_default
    where created_at >= '0001-01-01' and created_at < '10000-01-01'
  );
  -- Claimed times reach 30 days back; three months ahead outlast a forgotten job.
  select array_agg(distinct month order by month) into v_months
  from unnest(v_late || array(select (v_this_month + make_interval(months => step))::date from generate_series(-1, 3) as step)) as month;
  if v_late <> '{}' then
    v_done := v_done || format('net: %s rows moved into their months', audit_private.empty_net(v_months));
  end if;
  foreach v_month in array v_months loop
    if audit_private.make_partition(v_month) then
      v_done := v_done || format('partition: audit_logs_%s made', to_char(v_month, 'YYYY_MM'));
    end if;
  end loop;
  v_done := v_done || audit_private.index_past_months(v_this_month);
  if v_done <> '{}' then
    perform audit_private.append(
      actor => audit_private.current_actor(),
      action => 'AUDIT_PARTITIONS_MAINTAINED',
      metadata => jsonb_build_object('done', v_done)
    );
  end if;
  perform audit_private.close_door(v_door);
  return v_done;
end $$;

create or replace function audit.maintain() returns table (task text, detail text)
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
set lock_timeout = '3s'
as $$
begin
  return query
    select split_part(done, ': ', 1), split_part(done, ': ', 2) from unnest(audit_private.maintain_partitions()) as done;
  perform iam.forget_attempts();
  perform audit_private.forget_reads();
end $$;
comment on function audit.maintain() is
  'Makes the partitions of last month to three months ahead, empties the net, forgets old attempts and sessions.';

-- From the first migrate on there is a place for every event.
do $$
begin
  set local timezone = 'UTC';
  perform audit_private.maintain_partitions();
end $$;
