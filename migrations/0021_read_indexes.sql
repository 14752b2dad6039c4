-- What readers of the log ask for, found by an index, newest first. Row changes, which are most of a log, pay for their user and
-- address alone: the other indexes have none of them. Texts are compared byte by byte, whatever the database's collation.

create index audit_logs_user_idx on audit.audit_logs (user_id text_pattern_ops, id) where user_id is not null;
create index audit_logs_ip_address_idx on audit.audit_logs (ip_address) where ip_address is not null;
create index audit_logs_action_idx on audit.audit_logs (action text_pattern_ops, id)
  where action not in ('ROW_INSERTED', 'ROW_UPDATED', 'ROW_DELETED');
create index audit_logs_outcome_idx on audit.audit_logs (outcome, id) where outcome <> 'success';

-- Recorded more than an hour after the time that they bear: their ids say nothing of it.
create index audit_logs_late_idx on audit.audit_logs (created_at, id) where recorded_at - created_at > interval '1 hour';

-- Its callers ask for all versions of a table at once.
drop function if exists audit_private.present_changes(regclass, audit.audit_logs);
