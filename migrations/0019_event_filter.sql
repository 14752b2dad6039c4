-- What readers of the log over HTTP ask for.

create type audit_private.event_filter as (
  actor text,
  action text,
  outcome audit.outcome,
  entity_type text,
  entity_id text,
  network inet,
  since timestamptz,
  until timestamptz,
  request_id text,
  text text,
  reads boolean
);
comment on type audit_private.event_filter is 'Which events a reader wants: those that match all members that are not null.';

update audit.actions set description = 'The log was read; at most one for each reader, what was read, and minute.'
where code = 'AUDIT_LOG_READ';
