-- name: record_event
-- Records one event on the independent session and returns its id. Parameters in the order of models.Event.
select audit.record(
  action => $1,
  entity_type => $2,
  entity_id => $3,
  description => $4,
  outcome => $5,
  metadata => $6::text::jsonb,
  permission => $7,
  user_id => $8,
  ip_address => $9::text::inet,
  request_id => $10,
  created_at => $11,
  sealed => $12
);

-- name: ingest_events
-- Hands events of another application over: sha256 of its API key, a JSON array of events, the address they came from, the
-- request id. A refusal, or for each event a verdict and the id of its row.
select account, key_id, refusal, verdicts, log_ids
from audit.ingest(key_hash => $1, events => $2::text::jsonb, ip_address => $3::text::inet, request_id => $4);
