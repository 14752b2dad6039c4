-- Tables that need no capture, and why: what doctor leaves out of its findings.

create table audit_private.unwatched_by_choice (
  target regclass
    constraint unwatched_by_choice_pkey primary key,
  reason text not null
    constraint unwatched_by_choice_reason_given check (length(reason) between 1 and 500),
  decided_at timestamptz not null default clock_timestamp()
);
comment on table audit_private.unwatched_by_choice is 'Tables that somebody decided not to watch, with the reason.';

insert into audit.actions (code, origin, description) values
  ('AUDIT_COVERAGE_EXCEPTED', 'database', 'A table was declared to need no capture.');
