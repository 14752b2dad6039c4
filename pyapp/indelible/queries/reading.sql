-- name: read_events
-- A page of events, newest first, as JSON; perhaps a last row without event, from where to go on.
-- Parameters: filter (JSON), before which id or null, most rows, then the reader: seal, user, address, request id.
select id, event::text
from audit.read_events($1::text::jsonb, $2, $3, $4, $5, $6::text::inet, $7);

-- name: read_entity_history
-- A page of what happened to one record: entity type, entity id, before which id or null, most rows, reader.
select id, event::text
from audit.read_entity_history($1, $2, $3, $4, $5, $6, $7::text::inet, $8);

-- name: read_event
-- One event and what is known of its proof: id, reader. No row: no such event.
select event::text, leaf_index, checkpoint_size
from audit.read_event($1, $2, $3, $4::text::inet, $5);

-- name: read_coverage
-- Every table and its coverage, as JSON: reader.
select coverage::text
from audit.read_coverage($1, $2, $3::text::inet, $4);

-- name: sealed_size
-- How many events are sealed.
select audit.sealed_size() as size;

-- name: read_sealed
-- The next sealed events that match, in order, as JSON; a last row without event says from which leaf to go on: filter, leaf.
select leaf_index, event::text from audit.read_sealed($1::text::jsonb, $2);

-- name: begin_stream
-- Lets a reader follow the log, and puts that on record: id of the stream, filter, first leaf, reader.
select audit.begin_stream($1, $2::text::jsonb, $3, $4, $5, $6::text::inet, $7);

-- name: end_stream
-- Puts the end of a stream on record: id of the stream, why, the leaf to go on from, events that it told, reader.
select audit.end_stream($1, $2, $3, $4, $5, $6, $7::text::inet, $8);
