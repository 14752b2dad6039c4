-- Chapter 5, read: the log for export, all that matches a filter as one stream in order of id. Called by audit_reader and
-- audit_investigator, and by the audit service for its users (audit_writer, which names whom). That the log was exported is on
-- record: the service records it, readers by audit.note_export. Refuses users without the permission audit.event.export (42501).

-- A cursor hands out rows as they are found, whoever fetches from it: as the result of a function they would all be kept first.
create or replace function audit_private.open_export(filter jsonb) returns refcursor
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
-- The statistics of a log that grows are always old; its indexes are right. By default they have the order of ids, too.
set enable_seqscan = off
set jit = off
as $$
declare
  v_wanted constant audit_private.event_filter := audit_private.parsed_filter(open_export.filter);
  -- What names one record or one request has an index, and few rows to sort: the sum keeps the planner from reading all.
  v_order constant text := case
    when num_nonnulls(v_wanted.entity_id, v_wanted.request_id) > 0 then 'id + 0' else 'id'
  end;
  v_events refcursor := 'indelible_export';
begin
  open v_events no scroll for execute '
    select
      id, created_at, recorded_at, action, outcome, user_id, db_user, actor_proof, entity_type, entity_id, description,
      permission, reason, ip_address, request_id, transaction_id, changes, metadata, time_source
    from audit_private.flat_events
    where audit_private.is_wanted(record, $1, $2)
    order by ' || v_order
    using v_wanted, audit_private.described_actions(v_wanted.text);
  return v_events;
end $$;
comment on function audit_private.open_export is 'Opens the cursor indelible_export over the events that match a filter.';

create or replace function audit.open_export(filter jsonb) returns refcursor
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
  select audit_private.open_export(open_export.filter)
$$;
comment on function audit.open_export(jsonb) is
  'Opens the cursor indelible_export over the events that match a filter: FETCH from it in the same transaction.';

create or replace function audit.open_user_export(
  filter jsonb, sealed text, user_id text, ip_address inet, request_id text
) returns refcursor
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_actor constant audit_private.actor := audit_private.resolve_actor(
    open_user_export.sealed, open_user_export.user_id, open_user_export.ip_address, open_user_export.request_id
  );
begin
  perform from iam.judge_permission(v_actor.user_id, 'audit.event.export') as judged where judged.verdict = 'granted';
  if not found then
    raise exception using errcode = '42501', message = 'exporting the log needs the permission audit.event.export';
  end if;
  return audit_private.open_export(open_user_export.filter);
end $$;
comment on function audit.open_user_export is 'The same for a user of the service, who must have the permission audit.event.export.';

create or replace function audit.note_export(
  format text, filter jsonb, outcome text, rows bigint default null, began bigint default null
) returns bigint
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
  select audit_private.append(
    actor => audit_private.current_actor(),
    action => 'AUDIT_LOG_EXPORTED',
    entity_type => 'AUDIT_LOG',
    outcome => note_export.outcome,
    metadata => jsonb_strip_nulls(jsonb_build_object(
      'format', audit_private.clean(note_export.format, 200),
      'filter', to_jsonb(audit_private.parsed_filter(note_export.filter)),
      'rows', note_export.rows,
      'began', note_export.began
    ))
  )
$$;
comment on function audit.note_export(text, jsonb, text, bigint, bigint) is
  'Puts on record that this login exports events: attempted before the first one, success or failure with the rows at the end.';
