-- name: set_sealed_context
-- Acts, until the end of this transaction, for the user whose session the database itself authenticated.
select audit.set_context($1);

-- name: set_context
-- Acts, until the end of this transaction, for a user on this application's word: user, address, request id.
select audit.set_context($1, $2::text::inet, $3);
