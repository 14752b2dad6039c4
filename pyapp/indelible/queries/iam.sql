-- name: begin_login
-- Commits a login attempt and returns what argon2id needs; a false but steady salt for unknown names.
select attempt_id, salt, memory_kib, iterations, parallelism
from iam.login_begin(username => $1, ip_address => $2::text::inet, request_id => $3);

-- name: finish_login
-- Hands the derived key over; the database decides, records its verdict, and on success begins the session.
select verdict, username, expires_at
from iam.login_finish(attempt_id => $1, derived_key => $2, token_hash => $3);

-- name: authenticate
-- Whose bearer token this is, with the sealed context for this request; no row if it is not valid.
select username, display_name, sealed, expires_at
from iam.authenticate(token_hash => $1, ip_address => $2::text::inet, request_id => $3);

-- name: log_out
-- Ends the token's session and records it; false if there was none.
select iam.logout(token_hash => $1, ip_address => $2::text::inet, request_id => $3) as ended;

-- name: check_permission
-- The verdict on one permission, for whom the sealed context proves or else for the named user; records a refusal.
select iam.check_permission(
  permission => $1,
  sealed => $2,
  user_id => $3,
  ip_address => $4::text::inet,
  request_id => $5
) as verdict;
