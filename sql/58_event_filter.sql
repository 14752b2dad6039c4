-- Chapter 5, read: which events a reader wants. Lists, streams and exports share this one predicate; indelible's Python has the
-- model that it is made from (services/reading/filters.py). Called by functions of the owner. Refuses nothing.

create or replace function audit_private.parsed_filter(filter jsonb) returns audit_private.event_filter
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_wanted audit_private.event_filter := jsonb_populate_record(null::audit_private.event_filter, parsed_filter.filter);
begin
  v_wanted.entity_id := audit_private.entity_key(v_wanted.entity_id);
  return v_wanted;
end $$;
comment on function audit_private.parsed_filter(jsonb) is 'A filter from its JSON; {} wants everything but reads of the log.';

-- Events without a description of their own have that of their code.
create or replace function audit_private.described_actions(words text) returns text[]
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(array_agg(action.code), '{}')
  from audit.actions as action
  where to_tsvector('simple', action.description) @@ websearch_to_tsquery('simple', words)
$$;

-- A parsed body: no search_path can change its meaning, and the planner inlines it. What is not asked for then costs nothing.
create or replace function audit_private.is_wanted(
  log audit.audit_logs, wanted audit_private.event_filter, described text[]
) returns boolean
language sql
immutable
return ((wanted).actor is null or (wanted).actor in ((log).user_id, (log).db_user))
  and (
    (wanted).action is null or (log).action = (wanted).action
    or right((wanted).action, 1) = '*' and starts_with((log).action, rtrim((wanted).action, '*'))
  )
  and ((wanted).outcome is null or (log).outcome = (wanted).outcome)
  and ((wanted).entity_type is null or (log).entity_type = (wanted).entity_type)
  and ((wanted).entity_id is null or (log).entity_id = (wanted).entity_id)
  and ((wanted).network is null or (log).ip_address <<= (wanted).network)
  and ((wanted).since is null or (log).created_at >= (wanted).since)
  and ((wanted).until is null or (log).created_at < (wanted).until)
  and ((wanted).request_id is null or (log).request_id = (wanted).request_id)
  and (
    (wanted).text is null
    or case when (log).description is null then (log).action = any (described)
      else to_tsvector('simple', (log).description) @@ websearch_to_tsquery('simple', (wanted).text)
    end
  )
  -- Or whoever looks at the log would see mostly that.
  and ((wanted).reads is true or (wanted).action = 'AUDIT_LOG_READ' or (log).action <> 'AUDIT_LOG_READ');
comment on function audit_private.is_wanted is
  'Whether an event matches a filter. described: the codes whose description has the words of the filter.';
