-- name: record_batch
-- Records events on the independent session, each once for its id; one row for each, in order: stored, known, conflict or
-- refused, the id of its row in the log, and why it was refused. Columns in the order of models.Event.
select verdict, log_id, state
from audit.record_batch(
  event_ids => $1,
  actions => $2,
  entity_types => $3,
  entity_ids => $4,
  descriptions => $5,
  outcomes => $6,
  metadata => $7,
  permissions => $8,
  user_ids => $9,
  ip_addresses => $10,
  request_ids => $11,
  created_ats => $12,
  sealed => $13
);

-- name: finish_attempt
-- Puts the success of a fail-closed action on record, in the transaction of its business: row and id of the attempt, id of
-- this event, entity, metadata, time.
select audit.finish_attempt($1, $2, $3, $4, $5::text::jsonb, $6);

-- name: ingest_events
-- Hands events of another application over: sha256 of its API key, a JSON array of events, the address they came from, the
-- request id. A refusal, or for each event a verdict and the id of its row.
select account, key_id, refusal, verdicts, log_ids
from audit.ingest(key_hash => $1, events => $2::text::jsonb, ip_address => $3::text::inet, request_id => $4);
