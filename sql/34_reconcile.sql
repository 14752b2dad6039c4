-- Chapter 3, guard: a table compared with its log, in one statement and so in one snapshot: concurrent writers cause no false
-- alarm. Read with the rights of whoever calls, so that no code of the table's runs with audit_owner's. Refuses with 42501
-- and ID012.

create or replace function audit_private.found_image_source(watch audit_private.watches, names text[]) returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select format('(select to_jsonb(image.*) from (select %s) as image)', coalesce(string_agg(
    format('%s as %I', audit_private.value_source('present', name, built_in, type, false), name), ', ' order by place
  ), ''))
  from audit_private.captured_columns(watch)
  where name = any (names)
$$;
comment on function audit_private.found_image_source(audit_private.watches, text[]) is
  'An expression for what the log would hold of the row called present, in these columns.';

create or replace function audit_private.found_image_source(watch audit_private.watches) returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select audit_private.found_image_source(watch, array(select name from audit_private.columns_to_compare(watch)))
$$;

create or replace function audit_private.found_key_source(watch audit_private.watches) returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select format(
    '((%s) collate "C")',
    replace(audit_private.entity_id_source(watch, 'present'), 'audit_private.entity_key(', 'audit.entity_key(')
  )
$$;
comment on function audit_private.found_key_source is 'An expression for the key of the row called present, as the log names it.';

create or replace function audit_private.keyed_comparison_source(watch audit_private.watches, baselined oid[]) returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select format(
    $source$
    select coalesce(recorded.entity_id, found.entity_id), finding.name, array_to_string(nullif(difference.names, '{}'), ', '),
      recorded.image, found.image
    from audit.recorded_rows(%1$L::regclass) as recorded
    full join (
      select %2$s as entity_id, %3$s as image, present.tableoid as relation from %4$s as present
    ) as found
      on found.entity_id = recorded.entity_id
    cross join lateral (
      select array(
        select field.key from jsonb_each(recorded.image) as field
        where found.image ? field.key and field.value::text <> (found.image -> field.key)::text
        order by field.key collate "C"
      ) as names
    ) as difference
    cross join lateral (
      select case
        when recorded.entity_id is null then case when found.relation = any (%5$L::oid[]) then 'unexpected' end
        when recorded.copies = 0 then case when found.entity_id is not null then 'unexpected' end
        when found.entity_id is null then 'missing'
        when difference.names <> '{}' then 'changed'
      end as name
    ) as finding
    where finding.name is not null
    order by 1
    $source$,
    watch.target, audit_private.found_key_source(watch),
    audit_private.found_image_source(watch), watch.target, baselined
  )
$$;

create or replace function audit_private.keyless_comparison_source(watch audit_private.watches, baselined boolean) returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select format(
    $source$
    select null::text, finding.name, null::text,
      case finding.name when 'missing' then recorded.image end, case finding.name when 'unexpected' then found.image::jsonb end
    from audit.recorded_rows(%1$L::regclass) as recorded
    full join (
      select (%2$s)::text collate "C" as image, count(*) as copies from %3$s as present group by 1
    ) as found on found.image = (recorded.image::text collate "C")
    cross join lateral (select greatest(recorded.copies, 0) - coalesce(found.copies, 0) as lacking) as difference
    cross join lateral (
      select case
        when difference.lacking > 0 then 'missing'
        when difference.lacking < 0 and %4$s then 'unexpected'
      end as name
    ) as finding
    cross join generate_series(1, abs(difference.lacking))
    where finding.name is not null
    $source$,
    watch.target, audit_private.found_image_source(watch), watch.target, baselined::text
  )
$$;

create or replace function audit.comparison_source(target regclass) returns text
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set quote_all_identifiers = off
as $$
declare
  v_watch audit_private.watches;
  v_baseline audit_private.baselines;
  v_context text;
  v_caller name;
begin
  get diagnostics v_context = pg_context;
  v_caller := audit_private.caller_of(v_context, 'audit.comparison_source', 'audit.reconcile');
  perform audit_private.require_reader(comparison_source.target, v_caller);
  v_watch := audit_private.active_watch(comparison_source.target);
  perform audit_private.require_reconcilable(v_watch);
  perform audit_private.require_harmless_code(comparison_source.target, v_caller);
  select * into v_baseline from audit_private.baselines where watch_id = v_watch.watch_id and finished_at is not null;
  perform set_config('indelible.permit', audit_private.reading_permit(comparison_source.target), true);
  return case
    when audit_private.key_columns(v_watch.target) = '{}' then audit_private.keyless_comparison_source(
      v_watch, v_baseline.watch_id is not null and audit_private.next_relation(v_baseline, v_watch.target) is null
    )
    else audit_private.keyed_comparison_source(v_watch, coalesce(v_baseline.visited, '{}'))
  end;
end $$;
comment on function audit.comparison_source(regclass) is 'The query by which the caller compares a table with the log.';

create or replace function audit.reconcile(target regclass)
returns table (entity_id text, finding text, columns text, recorded jsonb, found jsonb)
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
set row_security = off
set constraint_exclusion = off
set extra_float_digits = 1
set timezone = 'UTC'
set bytea_output = 'hex'
set datestyle = 'ISO, YMD'
set intervalstyle = 'postgres'
set lc_monetary = 'C'
set xmlbinary = 'base64'
set quote_all_identifiers = off
as $$
declare
  v_source text;
begin
  perform set_config('indelible.caller', current_user, true);
  -- A simple assignment: between the halves nothing else stands on the stack.
  v_source := audit.comparison_source(reconcile.target);
  return query execute v_source;
end $$;
comment on function audit.reconcile(regclass) is
  'Rows that are not what the log says they must be, because they were changed behind the back of capture: changed, missing '
  'or unexpected. Called by the table''s owner, or by an investigator or administrator who may read it.';
