-- Chapter 5, read: a table as it stood, rebuilt backwards from its present rows. For members of audit_investigator who may read
-- the table. The caller reads the table and makes its values, audit_owner reads the log, in one statement: no code of the
-- table's runs with the rights of audit_owner. Refuses with 42501 and, where the log cannot know, with ID012.

-- The value of a column of the row that was rebuilt from an image. A json null, or a string, stands in an image as text.
create or replace function audit_private.rebuilt_source(name text, type oid, otherwise text) returns text
language sql
stable
set search_path = pg_catalog, pg_temp
set quote_all_identifiers = off
as $$
  with recursive base (type) as (
    select rebuilt_source.type
    union all
    select kind.typbasetype from base join pg_catalog.pg_type as kind on kind.oid = base.type where kind.typtype = 'd'
  )
  select case
    when exists (select from base where base.type in ('json'::regtype, 'jsonb'::regtype)) then format(
      'case when past.image ? %1$L then (past.image ->> %1$L)::%2$s else %3$s end', name, format_type(rebuilt_source.type, null), otherwise
    )
    else rebuilt_source.otherwise
  end
$$;

-- The image without values that a column, retyped since, cannot hold.
create or replace function audit_private.fitting_image_source(watch audit_private.watches, moment timestamptz) returns text
language sql
stable
set search_path = pg_catalog, pg_temp
set quote_all_identifiers = off
as $$
  select 'past.image' || coalesce(string_agg(format(
    E'\n      || case when pg_input_is_valid(past.image ->> %1$L, %2$L) is false then jsonb_build_object(%1$L, null) else ''{}'' end',
    name, format_type(type, typmod)
  ), '' order by place), '')
  from audit_private.columns_since(watch, moment)
  where known and (retyped or type >= 16384)
$$;

-- A partition that was attached since brought rows that were not in the table.
create or replace function audit_private.partition_condition(watch audit_private.watches, moment timestamptz) returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select case
    when (select relkind from pg_catalog.pg_class where oid = (watch).target) = 'r' then 'true'
    else (
      select format('present.tableoid = any (%L::oid[])', translate(version.shape ->> 'relations', '[]', '{}'))
      from audit_private.versions_since(watch, moment) as version
      order by version.version_id
      limit 1
    )
  end
$$;

create or replace function audit_private.keyed_past_source(watch audit_private.watches, moment timestamptz) returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select format(
    $source$
    select %3$s
    from %4$s as present
    full join audit.past_rows(%1$L::regclass, %2$L) as past on past.present_id = %5$s
    cross join lateral (
      -- Made once for each row that was another: offset 0 keeps the columns from making it each for itself.
      select case when past.copies = 1 then jsonb_populate_record(present.*, %7$s) end as made offset 0
    ) as rebuilt
    left join (select * from %4$s where false) as nothing on true
    where past.copies is distinct from 0 and (present.tableoid is null or %6$s)
    $source$,
    watch.target, moment,
    string_agg(
      case
        when was_there and known then audit_private.rebuilt_source(name, type, format(
          'case when past.copies = 1 then %s else %s end',
          audit_private.column_source('(rebuilt.made)', name), audit_private.column_source('present', name)
        ))
        else audit_private.column_source('nothing', name)
      end, ', ' order by place
    ),
    watch.target, audit_private.found_key_source(watch), audit_private.partition_condition(watch, moment),
    audit_private.fitting_image_source(watch, moment)
  )
  from audit_private.columns_since(watch, moment)
$$;

create or replace function audit_private.keyless_past_source(watch audit_private.watches, moment timestamptz) returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select format(
    $source$
    select %1$s
    from (
      select image::jsonb as image, sum(copies) as copies
      from (
        select %2$s::text collate "C" as image, 1 as copies from %3$s as present
        union all
        select (past.image - %4$L::text[])::text collate "C", past.copies from audit.past_rows(%5$L::regclass, %6$L) as past
      ) as counted
      group by 1
    ) as past
    cross join lateral generate_series(1, past.copies)
    left join (select * from %3$s where false) as nothing on true
    cross join lateral jsonb_populate_record(null::%3$s, past.image) as rebuilt
    $source$,
    string_agg(
      case
        when was_there and known and not retyped then
          audit_private.rebuilt_source(name, type, audit_private.column_source('rebuilt', name))
        else audit_private.column_source('nothing', name)
      end, ', ' order by place
    ),
    audit_private.found_image_source(watch, array_agg(name) filter (where was_there and known and not retyped)),
    watch.target, coalesce(array_agg(name) filter (where retyped), '{}'), watch.target, moment
  )
  from audit_private.columns_since(watch, moment)
$$;

create or replace function audit_private.note_unknown(watch audit_private.watches, moment timestamptz) returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_unknown text;
  v_retyped text;
begin
  select
    string_agg(quote_ident(name), ', ' order by place) filter (where was_there and not known),
    string_agg(quote_ident(name), ', ' order by place) filter (where was_there and known and retyped)
  into v_unknown, v_retyped
  from audit_private.columns_since(watch, moment);
  if v_unknown is not null then
    raise notice 'NULL, because their values are not on record: %', v_unknown
      using hint = 'They are masked, excluded, skipped or virtual, or were since then.';
  end if;
  if v_retyped is not null then
    raise notice 'of another type then: %', v_retyped
      using hint = 'Values that the present type cannot hold are NULL, and all of them in a table without a key.';
  end if;
end $$;

create or replace function audit.past_source(target regclass, moment timestamptz) returns text
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_watch audit_private.watches;
  v_context text;
  v_caller name;
begin
  get diagnostics v_context = pg_context;
  v_caller := audit_private.caller_of(v_context, 'audit.past_source', 'audit.as_of');
  perform audit_private.require_may_read(past_source.target);
  v_watch := audit_private.active_watch(past_source.target);
  perform audit_private.require_past(v_watch, past_source.moment);
  perform audit_private.require_harmless_code(past_source.target, v_caller);
  -- To make a value of a domain runs its checks.
  if v_caller <> (select pg_get_userbyid(relowner) from pg_catalog.pg_class where oid = past_source.target) then
    perform audit_private.require_harmless_types(past_source.target);
  end if;
  perform audit_private.note_unknown(v_watch, past_source.moment);
  perform audit_private.tell_read('as_of ' || v_watch.target_name);
  return case
    when audit_private.key_identifies(v_watch.target) then audit_private.keyed_past_source(v_watch, past_source.moment)
    else audit_private.keyless_past_source(v_watch, past_source.moment)
  end;
end $$;
comment on function audit.past_source(regclass, timestamptz) is 'The query by which the caller rebuilds a table as it stood.';

create or replace function audit.as_of(table_row anyelement, moment timestamptz) returns setof anyelement
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
set work_mem = '64MB'
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
  v_target constant regclass := (
    select class.oid from pg_catalog.pg_type as kind
    join pg_catalog.pg_class as class on class.oid = kind.typrelid
    where kind.oid = pg_typeof(as_of.table_row) and class.relkind in ('r', 'p')
  );
  v_source text;
begin
  if v_target is null then
    raise exception using
      errcode = '42804',
      message = format('audit.as_of wants a row of a table, not %s', pg_typeof(as_of.table_row)),
      hint = 'audit.as_of(null::schema.table, moment)';
  end if;
  -- Its columns stay as they are from here on.
  execute format('lock table %s in access share mode', v_target);
  perform set_config('indelible.caller', current_user, true);
  -- A simple assignment: between the halves nothing else stands on the stack.
  v_source := audit.past_source(v_target, coalesce(as_of.moment, clock_timestamp()));
  return query execute v_source;
end $$;
comment on function audit.as_of(anyelement, timestamptz) is
  'The rows of a watched table as they stood at a moment: select * from audit.as_of(null::shop.orders, now() - interval ''1 hour''). '
  'Called by investigators who may read the table; columns whose values are not on record are NULL, with a notice.';
