-- name: create_user
-- Creates a user of iam, if there is none of that name: username, display name.
select iam.create_user($1, $2)

-- name: set_password
-- username, salt, memory in KiB, iterations, parallelism, verifier = sha256 of the derived key.
select iam.set_password($1, $2, $3, $4, $5, $6)

-- name: passwords_set
-- When the password of each of these users was last set, in microseconds: usernames, as audit_investigator.
select entity_id, (extract(epoch from max(created_at)) * 1000000)::bigint
from audit.audit_logs
where entity_type = 'IAM_USER' and entity_id = any ($1::text[]) and action = 'IAM_PASSWORD_SET'
group by entity_id

-- name: set_active
-- username, whether the user may log in.
select iam.set_active($1, $2)

-- name: create_role
-- Creates a role of iam, if there is none of that name: role, description.
select iam.create_role($1, $2)

-- name: grant_permission
-- role, permission.
select iam.grant_permission($1, $2)

-- name: grant_role
-- username, role.
select iam.grant_role($1, $2)

-- name: last_event
-- The id of the newest event, 0 in an empty log.
select coalesce(max(id), 0) from audit.audit_logs

-- name: events_of_request
-- What one request left on record, in order: request id.
select * from audit.audit_logs where request_id = $1 order by id

-- name: events_of_transaction
-- What one transaction left on record, in order: its xid as text.
select * from audit.audit_logs where xid = $1::text::xid8 order by id

-- name: digest_of_log
-- Count and digest of all events up to an id: it changes if any of them does.
select count(*), md5(string_agg(log::text, '|' order by id)) from audit.audit_logs as log where id <= $1

-- name: create_service_account
-- Creates an account for another application, if there is none of that name: account, description.
select iam.create_service_account($1, $2)

-- name: grant_scope
-- Lets an account record more: account, kind (action or entity_type), pattern.
select iam.grant_scope($1, $2, $3)

-- name: create_api_key
-- Gives an account a key, if it has not got it: account, key id, digest.
select iam.create_api_key($1, $2, $3)

-- name: valid_api_keys
-- The ids of an account's keys that are not revoked: account.
select key_id from iam.list_api_keys() where account = $1 and revoked_at is null

-- name: revoke_api_key
-- Ends a key for ever: key id.
select iam.revoke_api_key($1)
