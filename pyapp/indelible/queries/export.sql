-- name: open_export
-- Opens the cursor of an export for the login itself: filter as JSON.
select audit.open_export($1::text::jsonb)

-- name: open_user_export
-- Opens the cursor of an export for a user of the service: filter as JSON, sealed context, user, address, request.
select audit.open_user_export($1::text::jsonb, $2::text, $3::text, $4::text::inet, $5::text)

-- name: read_export
-- All that the cursor of an export has, as a stream.
fetch all from indelible_export

-- name: note_export
-- Puts on record how far an export of the login itself is: format, filter as JSON, outcome, rows, and with which event it began.
select audit.note_export($1::text, $2::text::jsonb, $3::text, $4::bigint, $5::bigint)

-- name: sealed_log
-- Which log is sealed here, and how many events it has.
select origin, tree_size from audit.sealed_log()

-- name: sealed_events
-- The next sealed events in order: from which leaf, how many at most. An event is null if its row is gone.
select sealed.leaf_index, (sealed.event).* from audit.sealed_events($1::bigint, $2::int) as sealed
