-- The last page: who may do what, from nothing. Run by the owner after everything else; what is not granted here
-- is granted to nobody. A test tries every role, object and verb against this page.

do $$
declare
  v_role text;
  v_schema text;
begin
  alter default privileges revoke execute on functions from public;
  foreach v_schema in array array['audit', 'audit_private', 'iam'] loop
    foreach v_role in array array[
      'public', 'audit_app', 'audit_writer', 'audit_reader', 'audit_investigator', 'audit_admin', 'audit_sealer', 'iam_admin'
    ] loop
      execute format('revoke all on schema %I from %s', v_schema, v_role);
      execute format('revoke all on all tables in schema %I from %s', v_schema, v_role);
      execute format('revoke all on all sequences in schema %I from %s', v_schema, v_role);
      execute format('revoke all on all routines in schema %I from %s', v_schema, v_role);
    end loop;
  end loop;
end $$;

-- Table owners, whoever they are: capture of their own tables. The functions ask who owns the table.
grant usage on schema audit to public;
grant execute on function
  audit.watch(regclass, text, text, text[], text[], boolean, text[], text[], boolean),
  audit.prepare_watch(regclass, text, text, text[], text[], boolean, text[], text[], boolean),
  audit.captured_relations(regclass),
  audit.pending_capture(regclass),
  audit.surplus_capture(regclass),
  audit.enable_statement(regclass, text, text),
  audit.attach_capture(regclass),
  audit.attach_pending(regclass),
  audit.unwatch(regclass),
  audit.finish_unwatch(regclass),
  audit.drop_capture(regclass),
  audit.baseline(regclass, int),
  audit.record_baseline_batch(regclass, int),
  audit.reconcile(regclass),
  audit.comparison_source(regclass),
  audit.recorded_rows(regclass),
  audit.entity_key(text)
to public;

-- Anybody: what policies, triggers and functions of others demand of whoever is at work.
grant usage on schema iam to public;
grant execute on function iam.require_permission(text, text, text, inet, text) to public;

-- Applications: for whom they act, and what iam decides.
grant usage on schema iam to audit_app;
grant execute on function
  audit.set_context(text),
  audit.set_context(text, inet, text),
  audit.set_session_context(text, inet, text),
  audit.finish_attempt(bigint, uuid, uuid, text, jsonb, timestamptz),
  iam.login_begin(text, inet, text),
  iam.login_finish(uuid, bytea, bytea, jsonb),
  iam.authenticate(bytea, inet, text),
  iam.logout(bytea, inet, text),
  iam.check_permission(text, text, text, inet, text, jsonb)
to audit_app;
grant select on audit.installation to audit_app, audit_writer, audit_admin;

-- The audit service, on its independent session.
grant execute on function
  audit.record(text, text, text, text, text, jsonb, text, text, inet, text, timestamptz, text),
  audit.record_batch(
    uuid[], text[], text[], text[], text[], text[], text[], text[], text[], text[], text[], timestamptz[], text[]
  ),
  audit.ingest(bytea, jsonb, inet, text)
to audit_writer;

-- Readers.
grant select on
  audit.v_events, audit.v_data_changes, audit.v_authentication, audit.v_denials, audit.v_entity_history,
  audit.v_coverage
to audit_reader, audit_investigator;
grant execute on function
  audit.note_read(text), audit.events_between(pg_snapshot, pg_snapshot), audit.id_since(timestamptz)
to audit_reader, audit_investigator;
grant select on audit.audit_logs, audit.actions to audit_investigator;
grant execute on function
  audit.open_export(jsonb), audit.note_export(text, jsonb, text, bigint, bigint), audit.sealed_log(), audit.sealed_events(bigint, int)
to audit_reader, audit_investigator;
grant execute on function audit.open_user_export(jsonb, text, text, inet, text) to audit_writer;

-- The sealer. The log itself only so that it can lock it against being rearranged: row security shows it no row.
grant select on audit.audit_logs, audit.installation to audit_sealer;
grant execute on function
  audit.log_head(),
  audit.begin_epoch(text, text, text, jsonb),
  audit.seal_batch(int, bigint, bytea),
  audit.close_batch(bigint, bytea, int[], bigint[], int[], bytea[]),
  audit.store_checkpoint(text, bigint, text),
  audit.store_cosignatures(text, bigint, text[]),
  audit.note_key(text, text),
  audit.heartbeat(),
  audit.observe_capture()
to audit_sealer;

-- The transparency log, as anybody may fetch it.
grant execute on function audit.read_tile(int, bigint), audit.read_checkpoint(bigint)
to audit_app, audit_sealer, audit_investigator;

-- Proofs of events: to investigators, and to the service, which asks iam who may have one.
grant execute on function audit.read_leaf(bigint) to audit_investigator, audit_writer;

-- The log over HTTP: the service names the user for whom it asks, and iam decides.
grant execute on function
  audit.read_events(jsonb, bigint, int, text, text, inet, text),
  audit.read_entity_history(text, text, bigint, int, text, text, inet, text),
  audit.read_event(bigint, text, text, inet, text),
  audit.read_coverage(text, text, inet, text),
  audit.begin_stream(text, jsonb, bigint, text, text, inet, text),
  audit.end_stream(text, text, bigint, bigint, text, text, inet, text),
  audit.sealed_size(),
  audit.read_sealed(jsonb, bigint)
to audit_writer;

-- Investigators: of tables that the login may read.
grant execute on function
  audit.history(regclass, text), audit.blame(regclass, text), audit.undo_sql(regclass, text, bigint),
  audit.transaction(xid8), audit.request(text),
  audit.as_of(anyelement, timestamptz), audit.past_source(regclass, timestamptz), audit.past_rows(regclass, timestamptz)
to audit_investigator;

-- Administration, kept apart from use.
grant execute on function
  audit.maintain(), audit.define_action(text, text, text), audit.doctor(), audit.allow_unwatched(regclass, text),
  audit.drain(), audit.notes()
to audit_admin;
-- The service publishes it as a metric.
grant execute on function audit.verdict_lag() to audit_admin, audit_writer;
grant usage on schema iam to iam_admin;
grant execute on function
  iam.create_user(text, text, boolean),
  iam.set_password(text, bytea, int, int, int, bytea),
  iam.set_active(text, boolean),
  iam.set_policy(int, int, int, boolean),
  iam.create_role(text, text),
  iam.create_permission(text, text),
  iam.grant_permission(text, text),
  iam.revoke_permission(text, text),
  iam.grant_role(text, text),
  iam.revoke_role(text, text),
  iam.create_service_account(text, text),
  iam.set_service_account_active(text, boolean),
  iam.create_api_key(text, text, bytea, timestamptz),
  iam.revoke_api_key(text),
  iam.list_api_keys(),
  iam.grant_scope(text, text, text),
  iam.revoke_scope(text, text, text)
to iam_admin;
