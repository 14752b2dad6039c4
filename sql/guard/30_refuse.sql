-- The guard, part 3: refusals (ID013), each on record before it is raised, where the write-ahead log can carry it out of the
-- transaction that is rolled back (40_verdict.sql).

create or replace function audit_guard.refuse(command text, object text, reason text) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  -- Names are chosen by others: no line of the server's log may be made of one.
  v_object constant text := left(
    regexp_replace(
      refuse.object,
      E'[\\u0001-\\u001f\\u007f-\\u009f\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069]', chr(65533), 'g'
    ),
    300
  );
begin
  perform audit_guard.emit(jsonb_build_object(
    'action', 'AUDIT_TAMPERING_REFUSED',
    'outcome', 'denied',
    'entity_type', 'AUDIT_OBJECT',
    'entity_id', v_object,
    'metadata', jsonb_build_object('command', refuse.command, 'reason', refuse.reason, 'role', current_setting('role'))
  ));
  raise exception using
    errcode = 'ID013',
    message = format('%s is refused: %s', refuse.command, case refuse.reason
      when 'guarded' then format('%s belongs to the audit', v_object)
      when 'owner' then 'nobody makes or changes anything as ' || v_object
      when 'privileges' then 'it changes who may do what with the audit'
      when 'concurrently' then 'who inherits the rights of audit_owner does nothing CONCURRENTLY, which cannot be undone'
      when 'door' then 'only functions of Indelible itself change the audit'
    end),
    hint = 'Only a superuser changes the audit itself, with indelible migrate.';
end $$;

-- Before the command: whoever has become the owner makes nothing at all, lest it come back as a function with the owner's
-- rights; and what leaves traces although it is refused at its end.
create or replace function audit_guard.tg__refuse_start() returns event_trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if current_setting('role') = 'audit_owner' or session_user = 'audit_owner' then
    if not audit_guard.may_change() then
      perform audit_guard.refuse(tg_tag, 'audit_owner', 'owner');
    end if;
  elsif audit_guard.is_about_privileges(tg_tag) then
    -- Whether there are members is asked at the end: somebody else may make one meanwhile.
    if not audit_guard.may_change() then
      perform set_config(
        'audit_guard.privileges', audit_guard.privileges_digest(pg_current_xact_id_if_assigned()::text::bigint), true
      );
    end if;
  elsif tg_tag in ('CREATE INDEX', 'DROP INDEX', 'REINDEX', 'ALTER TABLE', 'REFRESH MATERIALIZED VIEW')
    and current_query() ~* 'concurrently'
    and exists (
      select from unnest(audit_guard.owners()) as owner
      where pg_has_role(coalesce(nullif(current_setting('role'), 'none'), session_user), owner, 'usage')
    )
    and not audit_guard.may_change()
  then
    perform audit_guard.refuse(tg_tag, null, 'concurrently');
  end if;
end $$;

create or replace function audit_guard.tg__refuse_end() returns event_trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_owners constant oid[] := audit_guard.owners();
  v_command record;
begin
  for v_command in select classid, objid, schema_name, object_identity from pg_event_trigger_ddl_commands() loop
    if v_command.objid is not null
      and audit_guard.is_guarded(v_command.classid, v_command.objid, v_command.schema_name, v_owners)
    then
      if audit_guard.may_change() then
        return;
      end if;
      perform audit_guard.refuse(tg_tag, v_command.object_identity, 'guarded');
    end if;
  end loop;
  if audit_guard.is_about_privileges(tg_tag)
    and audit_guard.has_members() and not audit_guard.may_change()
    and audit_guard.privileges_digest(pg_current_xact_id_if_assigned()::text::bigint)
      is distinct from current_setting('audit_guard.privileges', true)
  then
    perform audit_guard.refuse(tg_tag, null, 'privileges');
  end if;
end $$;

create or replace function audit_guard.tg__refuse_drop() returns event_trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_object text;
begin
  select object_identity into v_object
  from pg_event_trigger_dropped_objects()
  where audit_guard.is_guarded_schema(schema_name)
    or (object_type = 'schema' and audit_guard.is_guarded_schema(object_name))
    -- These have no schema of their own, but that of their table.
    or (
      object_type in ('trigger', 'rule', 'policy', 'table constraint', 'default value', 'publication relation')
      and audit_guard.is_guarded_schema(address_names[1])
    )
  limit 1;
  if v_object is not null and not audit_guard.may_change() then
    perform audit_guard.refuse(tg_tag, v_object, 'guarded');
  end if;
end $$;
