-- Chapter 4, seal: what a leaf of the transparency log says of a row, and which rows are to become leaves next.
-- Called by audit.seal_batch alone. The bytes are specified in docs/sealing.md and fixed for ever; indelible.tlog.leaf
-- makes the same from raw columns, and that is what verifiers believe.

-- A parsed body: no search_path can change its meaning, and the planner can inline it.
create or replace function audit_private.content_v1(log audit.audit_logs) returns text
language sql
stable
return concat(
  '16:', encode(timestamptz_send(log.recorded_at), 'hex'),
  octet_length(log.action), ':', log.action,
  octet_length(log.outcome::text), ':', log.outcome,
  octet_length(log.user_id), ':', log.user_id,
  octet_length(log.db_user), ':', log.db_user,
  octet_length(log.actor_proof::text), ':', log.actor_proof,
  octet_length(log.entity_type), ':', log.entity_type,
  octet_length(log.entity_id), ':', log.entity_id,
  octet_length(log.description), ':', log.description,
  octet_length(log.permission), ':', log.permission,
  -- Not ::text, which shows the length of every mask.
  case when log.ip_address is not null then octet_length(concat(log.ip_address)) end, ':', log.ip_address,
  octet_length(log.request_id), ':', log.request_id,
  octet_length(log.changes::text), ':', log.changes,
  octet_length(log.metadata::text), ':', log.metadata,
  octet_length(log.time_source::text), ':', log.time_source
);
comment on function audit_private.content_v1(audit.audit_logs) is 'The canonical form of a row''s content, version 1.';

-- Rows that were there before the epoch began: their transaction ids may be those of another server.
create or replace function audit_private.former_rows(after_id bigint, last_id bigint, most int)
returns table (id bigint, xid xid8, created_at timestamptz, content text)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
  return query
    select log.id, log.xid, log.created_at, audit_private.content_v1(log)
    from audit.audit_logs as log
    where log.id > former_rows.after_id
      and log.id <= former_rows.last_id
      and not exists (select from audit_private.leaves as leaf where leaf.id = log.id)
    order by log.id, log.created_at
    limit former_rows.most;
end $$;

-- The rows of transactions that `target` sees as finished and `snapshot` did not. A transaction's id is in every snapshot
-- from before its first row on, and finished transactions add no rows: so each row comes exactly once, whoever overtakes
-- whom. Two ranges of the index, for the oldest transaction in progress may be old.
create or replace function audit_private.finished_rows(
  snapshot pg_snapshot,
  target pg_snapshot,
  after_xid xid8,
  after_id bigint,
  last_id bigint,
  most int
)
returns table (id bigint, xid xid8, created_at timestamptz, content text)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_ended constant xid8[] := array(
    select ended from pg_snapshot_xip(finished_rows.snapshot) as ended
    where pg_visible_in_snapshot(ended, finished_rows.target) and ended >= finished_rows.after_xid
  );
  v_first constant xid8 := case
    when pg_snapshot_xmax(finished_rows.snapshot) > finished_rows.after_xid then pg_snapshot_xmax(finished_rows.snapshot)
    else finished_rows.after_xid
  end;
begin
  return query
    with candidates as (
      (
        select log.id, log.xid, log.created_at, audit_private.content_v1(log) as content
        from audit.audit_logs as log
        where log.xid = any (v_ended)
          and (log.xid > finished_rows.after_xid or log.id > finished_rows.after_id)
          and (log.id > finished_rows.last_id or not exists (select from audit_private.leaves as leaf where leaf.id = log.id))
        order by log.xid, log.id, log.created_at
        limit finished_rows.most
      )
      union all
      (
        select log.id, log.xid, log.created_at, audit_private.content_v1(log)
        from audit.audit_logs as log
        where log.xid >= v_first
          and pg_visible_in_snapshot(log.xid, finished_rows.target)
          and (log.xid > finished_rows.after_xid or log.id > finished_rows.after_id)
          and (log.id > finished_rows.last_id or not exists (select from audit_private.leaves as leaf where leaf.id = log.id))
        order by log.xid, log.id, log.created_at
        limit finished_rows.most
      )
    )
    select id, xid, created_at, content from candidates
    order by xid, id, created_at
    limit finished_rows.most;
end $$;
