-- Functions of earlier states of sql/ that are there no more. Replaying sql/ makes and replaces, but drops nothing: what it left
-- behind would be ambiguous beside its successor, and is no function that this version ships.

drop function if exists
  audit.prepare_watch(regclass, text, text, text[], text[], boolean),
  audit.watch(regclass, text, text, text[], text[], boolean),
  audit_private.capture_source(bigint, regclass, text, text[], text[]),
  audit_private.capture_triggers(bigint, regclass),
  audit_private.captured_columns(regclass, text[], text[]),
  audit_private.context_body(text, text, inet, text),
  audit_private.context_mac(text),
  audit_private.context_message(text),
  audit_private.difference_source(regclass, text[], text[]),
  audit_private.entity_id_source(text, regclass),
  audit_private.establish_context(audit_private.actor),
  audit_private.function_source(bigint, text, text, text),
  audit_private.image_source(text, regclass, text[], text[]),
  audit_private.key_change_source(regclass, text, text),
  audit_private.keyed_comparison_source(audit_private.watches, boolean),
  audit_private.refused_claim(audit_private.actor),
  audit_private.require_reader(regclass),
  audit_private.require_watchable(regclass, text, text[], text[]),
  audit_private.seal_context(text, inet, text),
  audit_private.settings_source(regclass, text[], text[]),
  audit_private.statement_guard_source(regclass, text[], text[]),
  audit_private.statement_source(bigint, regclass, text, text[], text[]),
  audit_private.type_guard_source(text, regclass, text[], text[]),
  audit_private.unchanged_source(regclass, text[], text[]),
  iam.session_is_open(bigint);

-- These return something else now, which CREATE OR REPLACE refuses.
drop function if exists
  audit.pending_capture(regclass),
  audit.surplus_capture(regclass),
  audit_private.capture_triggers(audit_private.watches);
