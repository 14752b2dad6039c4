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
