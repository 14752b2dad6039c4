-- The guard, last part: the event triggers, and who may reach into the schema: nobody, but for the owner's functions, which
-- open the door, send denials and drain verdicts.

do $$
declare
  v_wanted record;
  v_made text[] := '{}';
begin
  for v_wanted in
    select *
    from audit_private.guard_triggers() as wanted
    where not exists (
      select from pg_catalog.pg_event_trigger
      where evtname = wanted.name and evtevent = wanted.event and evtfoid = wanted.function::regprocedure
        and evtenabled = 'A' and evttags is null and evtowner = current_user::regrole
    )
    order by name
  loop
    execute format('drop event trigger if exists %I', v_wanted.name);
    execute format('create event trigger %I on %s execute function %s', v_wanted.name, v_wanted.event, v_wanted.function);
    -- Or session_replication_role would switch it off.
    execute format('alter event trigger %I enable always', v_wanted.name);
    v_made := v_made || v_wanted.name;
  end loop;
  if v_made <> '{}' then
    perform audit_private.note_guard(v_made);
  end if;
end $$;

do $$
begin
  revoke all on schema audit_guard from public;
  revoke all on all tables in schema audit_guard from public;
  revoke all on all routines in schema audit_guard from public;
  grant usage on schema audit_guard to audit_owner;
  grant execute on function
    audit_guard.open_door(), audit_guard.close_door(bigint), audit_guard.door_is_open(),
    audit_guard.open_slot(), audit_guard.read_slot(text, pg_lsn, pg_lsn, int), audit_guard.open_verdict(bytea),
    audit_guard.emit_read(text, text, text, inet, text), audit_guard.emit_denial(jsonb)
  to audit_owner;
end $$;
