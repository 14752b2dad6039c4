-- Chapter 5, read: what was committed between two looks at the log, each record once. For members of audit_reader and
-- audit_investigator who follow it. A cursor on ids would miss what was numbered early and committed late.

create or replace function audit_private.records_between(previous pg_snapshot, present pg_snapshot)
returns table (id bigint, created_at timestamptz)
language sql
stable
rows 100
set search_path = pg_catalog, pg_temp
as $$
  select log.id, log.created_at
  from audit.audit_logs as log
  where log.xid = any (array(select pg_snapshot_xip(records_between.previous)))
    and pg_visible_in_snapshot(log.xid, records_between.present)
  union all
  select log.id, log.created_at
  from audit.audit_logs as log
  where log.xid >= pg_snapshot_xmax(records_between.previous)
    and pg_visible_in_snapshot(log.xid, records_between.present)
$$;

create or replace function audit.events_between(previous pg_snapshot, present pg_snapshot) returns setof audit.v_events
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select event.*
  from audit_private.records_between(events_between.previous, events_between.present) as record
  join audit.v_events as event on event.id = record.id and event.created_at = record.created_at
  order by event.id
$$;
comment on function audit.events_between(pg_snapshot, pg_snapshot) is
  'What became visible between two values of pg_current_snapshot(), each event once, however late it was committed. To follow the '
  'log: keep the snapshot of the last look, take the present one, then call this.';
