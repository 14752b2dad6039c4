-- Which events are in the log already: whoever did not hear the answer sends the same event again, and it is recorded once.

create table audit_private.event_ids (
  producer text collate "C" not null
    constraint event_ids_producer_known check (left(producer, 8) = 'service:' or left(producer, 7) = 'client:'),
  event_id uuid not null,
  digest bytea not null
    constraint event_ids_digest_sha256 check (octet_length(digest) = 32),
  log_id bigint,
  recorded_at timestamptz not null default clock_timestamp(),
  -- Ids first: of one time, they stand side by side whoever made them, and are compared faster than names.
  constraint event_ids_pkey primary key (event_id, producer)
);
comment on table audit_private.event_ids is 'The ids under which events came: each is recorded once for each producer.';
comment on column audit_private.event_ids.producer is 'service: and the login of an audit service, or client: and an account.';
comment on column audit_private.event_ids.digest is 'SHA-256 of the event as it came: other content under the same id is no repetition.';

insert into audit.actions (code, origin, description) values
  ('AUDIT_EVENT_CONFLICT', 'database', 'An event with other content came under the id of a recorded one; it was not recorded.');
