-- What readers of the log ask for, found by an index, newest first. Row changes, which are most of a log, stand in none of them but
-- that of users. Texts are compared byte by byte, whatever the database's collation. The price was measured, single statements:
-- an index on addresses and one on late events cost as much again, so months that are over get the one, and none the other.

create index audit_logs_user_idx on audit.audit_logs (user_id text_pattern_ops, id) where user_id is not null;
create index audit_logs_action_idx on audit.audit_logs (action text_pattern_ops, id)
  where action not in ('ROW_INSERTED', 'ROW_UPDATED', 'ROW_DELETED');
create index audit_logs_outcome_idx on audit.audit_logs (outcome, id) where outcome <> 'success';

-- Its callers ask for all versions of a table at once.
drop function if exists audit_private.present_changes(regclass, audit.audit_logs);
