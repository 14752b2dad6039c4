-- Chapter 5, read: flat views for people and BI tools.
-- Granted to audit_reader and audit_investigator. Only text, bigint and timestamptz: other types are shown wrongly
-- or cut short by common drivers. A view's columns are interface: a change is a new view. That a view is read is on record.

-- What an event looks like to everybody, beside the record that it is made from; that it is read is for whoever uses it to note.
create or replace view audit_private.flat_events as
select
  log as record,
  log.id,
  log.created_at,
  log.recorded_at,
  log.action,
  log.outcome::text as outcome,
  log.user_id,
  log.db_user,
  log.actor_proof::text as actor_proof,
  log.entity_type,
  log.entity_id,
  coalesce(log.description, action.description) as description,
  log.permission,
  log.metadata ->> 'reason' as reason,
  host(log.ip_address) as ip_address,
  log.request_id,
  log.xid::text as transaction_id,
  log.changes::text as changes,
  log.metadata::text as metadata,
  log.time_source::text as time_source
from audit.audit_logs as log
left join audit.actions as action on action.code = log.action;

create or replace view audit.v_events as
select
  id, created_at, recorded_at, action, outcome, user_id, db_user, actor_proof, entity_type, entity_id, description, permission,
  reason, ip_address, request_id, transaction_id, changes, metadata, time_source
from audit_private.flat_events
where (select audit.note_read('v_events'));
comment on view audit.v_events is 'Everything on record, one row per event.';

create or replace view audit.v_data_changes as
select
  log.id,
  log.created_at,
  log.action,
  log.user_id,
  log.db_user,
  log.actor_proof::text as actor_proof,
  log.entity_type,
  log.entity_id,
  array_to_string(
    array(select jsonb_object_keys(coalesce(log.changes -> 'new', log.changes -> 'old'))), ', '
  ) as columns,
  (log.changes -> 'old')::text as old_values,
  (log.changes -> 'new')::text as new_values,
  host(log.ip_address) as ip_address,
  log.request_id,
  log.xid::text as transaction_id
from audit.audit_logs as log
where log.action in ('ROW_INSERTED', 'ROW_UPDATED', 'ROW_DELETED', 'TABLE_TRUNCATED')
  and (select audit.note_read('v_data_changes'));
comment on view audit.v_data_changes is 'Row changes of watched tables, with the values before and after.';

create or replace view audit.v_authentication as
select
  log.id,
  log.created_at,
  log.action,
  log.outcome::text as outcome,
  log.user_id,
  log.metadata ->> 'reason' as reason,
  host(log.ip_address) as ip_address,
  log.request_id,
  log.db_user,
  log.actor_proof::text as actor_proof
from audit.audit_logs as log
where log.action like 'AUTH\_%'
  -- Says nothing new, but that the index without row changes serves.
  and log.action not in ('ROW_INSERTED', 'ROW_UPDATED', 'ROW_DELETED')
  and (select audit.note_read('v_authentication'));
comment on view audit.v_authentication is 'Logins, refused logins and logouts.';

create or replace view audit.v_denials as
select
  log.id,
  log.created_at,
  log.action,
  log.user_id,
  log.permission,
  log.metadata ->> 'reason' as reason,
  log.entity_type,
  log.entity_id,
  host(log.ip_address) as ip_address,
  log.request_id,
  log.db_user,
  log.actor_proof::text as actor_proof
from audit.audit_logs as log
where log.outcome = 'denied'
  and (select audit.note_read('v_denials'));
comment on view audit.v_denials is 'What was attempted and refused, with the permission that was missing.';

create or replace view audit.v_entity_history as
select
  log.entity_type,
  log.entity_id,
  log.id,
  log.created_at,
  log.action,
  log.outcome::text as outcome,
  log.user_id,
  log.db_user,
  log.actor_proof::text as actor_proof,
  (log.changes -> 'old')::text as old_values,
  (log.changes -> 'new')::text as new_values,
  log.description,
  host(log.ip_address) as ip_address,
  log.request_id,
  log.xid::text as transaction_id
from audit.audit_logs as log
where log.entity_type is not null and log.entity_id is not null
  and (select audit.note_read('v_entity_history'));
comment on view audit.v_entity_history is 'All that happened to one record: business events and row changes in order of id.';
