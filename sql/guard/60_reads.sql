-- The guard, part 6: reads of the log on their way into it. Like a refusal such a message leaves its transaction at once, which
-- may be READ ONLY. Called by audit.note_read(); the event is put together here, so that nothing else can be sent this way.

create or replace function audit_guard.emit_read(view text, user_id text, actor_proof text, ip_address inet, request_id text)
returns void
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
  select audit_guard.emit(jsonb_build_object(
    'action', 'AUDIT_LOG_READ',
    'outcome', 'success',
    'user_id', emit_read.user_id,
    'actor_proof', emit_read.actor_proof,
    'entity_type', 'AUDIT_VIEW',
    'entity_id', emit_read.view,
    'ip_address', emit_read.ip_address,
    'request_id', emit_read.request_id
  ))
$$;
comment on function audit_guard.emit_read is 'Sends word of a read past the transaction.';
