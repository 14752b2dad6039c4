-- name: moment
-- A time as people write it: a timestamp, or how long ago ('1 hour ago').
select case
  when pg_catalog.pg_input_is_valid($1::text, 'timestamptz') then $1::text::timestamptz
  else pg_catalog.now() + $1::text::interval
end

-- name: last_events
-- The newest events that match, newest first. Parameters: actor, action, outcome, entity type, entity id, request id, since,
-- until, whether reads of the log count, how many.
select * from audit.v_events as event
where ($1::text is null or event.user_id = $1 or event.db_user = $1)
  and ($2::text is null or event.action like $2)
  and ($3::text is null or event.outcome = $3)
  and ($4::text is null or event.entity_type = $4)
  and ($5::text is null or event.entity_id = $5)
  and ($6::text is null or event.request_id = $6)
  and ($7::timestamptz is null or event.created_at >= $7)
  and ($8::timestamptz is null or event.created_at < $8)
  and ($9::boolean or event.action <> 'AUDIT_LOG_READ')
order by event.id desc
limit $10

-- name: look
-- The snapshot of this look at the log.
select pg_catalog.pg_current_snapshot()::text

-- name: events_between
-- What became visible since the look before, each event once, as far as it matches; the snapshots follow the same filters.
select * from audit.events_between($10::text::pg_snapshot, $11::text::pg_snapshot) as event
where ($1::text is null or event.user_id = $1 or event.db_user = $1)
  and ($2::text is null or event.action like $2)
  and ($3::text is null or event.outcome = $3)
  and ($4::text is null or event.entity_type = $4)
  and ($5::text is null or event.entity_id = $5)
  and ($6::text is null or event.request_id = $6)
  and ($7::timestamptz is null or event.created_at >= $7)
  and ($8::timestamptz is null or event.created_at < $8)
  and ($9::boolean or event.action <> 'AUDIT_LOG_READ')

-- name: history
-- Every version of one row: table, key.
select version, id, created_at, action, user_id, db_user, actor_proof, ip_address::text, request_id, entity_id, diff
from audit.history($1::text::regclass, $2)

-- name: blame
-- Who set each column of one row last: table, key.
select column_name, value, changed_at, action, user_id, db_user, actor_proof, ip_address::text, request_id, id
from audit.blame($1::text::regclass, $2)

-- name: as_of_statement
-- The statement that shows a table as it stood: table. Its parameters: moment, most rows.
select pg_catalog.format('select * from audit.as_of(null::%s, $1::timestamptz) limit $2', $1::text::regclass)
