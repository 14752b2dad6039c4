-- Chapter 3, guard: what is not audited, or no longer as it was declared.
-- audit.doctor() and audit.allow_unwatched() are called by audit_admin, audit.v_coverage is read by readers. Changes
-- nothing but the list of exceptions, and that on record. Refuses an exception without a reason (ID005).

create or replace function audit.allow_unwatched(target regclass, reason text) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
  if allow_unwatched.target is null or coalesce(length(allow_unwatched.reason), 0) not between 1 and 500 then
    raise exception using errcode = 'ID005', message = 'a table needs no capture only for a reason of 1 to 500 characters';
  end if;
  insert into audit_private.unwatched_by_choice (target, reason)
  values (allow_unwatched.target, audit_private.clean(allow_unwatched.reason, 500))
  on conflict (target) do update set reason = excluded.reason, decided_at = excluded.decided_at
  where unwatched_by_choice.reason <> excluded.reason;
  if found then
    perform audit_private.append(
      actor => audit_private.current_actor(),
      action => 'AUDIT_COVERAGE_EXCEPTED',
      entity_type => 'AUDIT_WATCH',
      entity_id => allow_unwatched.target::text,
      metadata => jsonb_build_object('reason', allow_unwatched.reason)
    );
  end if;
end $$;
comment on function audit.allow_unwatched(regclass, text) is 'Declares, on record, that a table needs no capture, and why.';

-- Whether the code of capture is what would be written for the table as it is now.
create or replace function audit_private.has_drifted(watch audit_private.watches) returns boolean
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select exists (
    select from unnest(audit_private.all_source(watch)) as source
    where not exists (
      select from pg_catalog.pg_proc as function
      where function.pronamespace = 'audit_private'::regnamespace
        and function.proname like format('capture\_%s\_%%', (watch).watch_id)
        and strpos(source, function.prosrc) > 0
        and strpos(source, function.proname || '()') > 0
    )
  )
$$;

create or replace view audit.v_coverage as
select
  class.oid::regclass::text as table_name,
  case
    when watch.watch_id is not null then 'watched'
    when part.watch_id is not null then 'watched as a partition'
    when choice.target is not null then 'unwatched by choice'
    else 'unwatched'
  end as coverage,
  watch.entity_type,
  watch.capture,
  array_to_string(watch.excluded, ', ') as excluded_columns,
  array_to_string(watch.masked, ', ') as masked_columns,
  (
    select string_agg(attribute.attname, ', ' order by attribute.attnum)
    from pg_catalog.pg_attribute as attribute
    where attribute.attrelid = class.oid and attribute.attgenerated = 'v' and watch.watch_id is not null
  ) as virtual_columns,
  choice.reason,
  watch.started_at
from pg_catalog.pg_class as class
left join audit_private.watches as watch on watch.target = class.oid and watch.stopped_at is null
left join audit_private.unwatched_by_choice as choice on choice.target = class.oid
left join lateral (
  select above.watch_id
  from pg_catalog.pg_partition_ancestors(class.oid) as ancestor
  join audit_private.watches as above on above.target = ancestor.relid and above.stopped_at is null
  where class.relispartition
  limit 1
) as part on true
where class.relkind in ('r', 'p')
  and class.relpersistence <> 't'
  and class.relnamespace::regnamespace::text not in ('audit', 'audit_private', 'audit_guard', 'pg_catalog', 'information_schema', 'pg_toast');
comment on view audit.v_coverage is 'Every table of the database, and whether and how its changes are captured.';
