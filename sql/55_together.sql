-- Chapter 5, read: everything that belonged together, the business event and its row changes. For members of audit_investigator;
-- rows of tables that the login may not read are left out, with a notice.

-- Tables that are gone can be read by nobody.
create or replace function audit_private.hidden_entity_types() returns text[]
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(array_agg(distinct hidden.entity_type), '{}')
  from (
    select watch.entity_type, watch.target from audit_private.watches as watch
    union
    select version.shape #>> '{frame,entity_type}', watch.target
    from audit_private.capture_versions as version
    join audit_private.watches as watch using (watch_id)
  ) as hidden
  where not audit_private.may_read(hidden.target)
$$;

create or replace function audit_private.note_hidden(hidden bigint) returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  if note_hidden.hidden > 0 then
    raise notice '% more of tables that % may not read', note_hidden.hidden, session_user;
  end if;
end $$;

create or replace function audit_private.records_of_transaction(transaction xid8) returns setof audit.audit_logs
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select log.*
  from audit.audit_logs as log
  where log.xid = records_of_transaction.transaction
  union all
  -- What the request told on its independent session. An array: joined, the log might be read from end to end.
  select log.*
  from audit.audit_logs as log
  where log.xid <> records_of_transaction.transaction
    and log.request_id = any (array(
      select distinct own.request_id from audit.audit_logs as own
      where own.xid = records_of_transaction.transaction and own.request_id is not null
    ))
$$;

create or replace function audit_private.records_of_request(request_id text) returns setof audit.audit_logs
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select log.* from audit.audit_logs as log where log.request_id = records_of_request.request_id
$$;

create or replace function audit.transaction(transaction xid8) returns setof audit.audit_logs
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_hidden constant text[] := audit_private.hidden_entity_types();
begin
  perform audit_private.tell_read('transaction');
  return query
    select * from audit_private.records_of_transaction(transaction.transaction) as log
    where entity_type = any (v_hidden) is not true order by id;
  perform audit_private.note_hidden(
    (select count(*) from audit_private.records_of_transaction(transaction.transaction) where entity_type = any (v_hidden))
  );
end $$;
comment on function audit.transaction(xid8) is
  'All records of a transaction, and of the requests that it served: select * from audit.transaction(''4711'').';

create or replace function audit.request(request_id text) returns setof audit.audit_logs
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_hidden constant text[] := audit_private.hidden_entity_types();
begin
  perform audit_private.tell_read('request');
  return query
    select * from audit_private.records_of_request(request.request_id) as log
    where entity_type = any (v_hidden) is not true order by id;
  perform audit_private.note_hidden(
    (select count(*) from audit_private.records_of_request(request.request_id) where entity_type = any (v_hidden))
  );
end $$;
comment on function audit.request(text) is 'All records of a request, whatever transaction wrote them: select * from audit.request(''…'').';
