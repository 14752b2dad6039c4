-- Chapter 3, guard: what is different of a watched table from how it looked. Pure. Called by 36_follow.sql.

create or replace function audit_private.column_differences(before jsonb, after jsonb) returns jsonb
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
  select jsonb_agg(
    case
      when old.value is null then
        jsonb_build_object('column', new.value -> 'name', 'added', new.value -> 'type')
      when new.value is null then
        jsonb_build_object('column', old.value -> 'name', 'dropped', old.value -> 'type')
      else jsonb_build_object('column', new.value -> 'name') || (
        select jsonb_object_agg(
          case property when 'name' then 'renamed_from' else property end,
          case property
            when 'name' then old.value -> 'name'
            when 'default' then to_jsonb('changed'::text)
            when 'definition' then to_jsonb('changed'::text)
            else jsonb_build_array(old.value -> property, new.value -> property)
          end
        )
        from jsonb_object_keys(old.value || new.value) as property
        where old.value -> property is distinct from new.value -> property
      )
    end
    order by key::int
  )
  from jsonb_each(before) as old
  full join jsonb_each(after) as new using (key)
  where old.value is distinct from new.value
$$;

-- Of relatives the value is the name, of what is attached the key.
create or replace function audit_private.name_differences(section text, before jsonb, after jsonb) returns jsonb
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
  select jsonb_object_agg(change, names)
  from (
    select
      case when old.value is null then 'added' when new.value is null then 'removed' else 'changed' end as change,
      jsonb_agg(
        case when section in ('parents', 'children', 'partitions') then coalesce(new.value, old.value) else to_jsonb(key) end
        order by key
      ) as names
    from jsonb_each(coalesce(before, '{}')) as old
    full join jsonb_each(coalesce(after, '{}')) as new using (key)
    where old.value is distinct from new.value
    group by 1
  ) as changes
$$;

create or replace function audit_private.shape_difference(before jsonb, after jsonb) returns jsonb
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(jsonb_object_agg(
    section,
    case
      when section = 'columns' then audit_private.column_differences(before -> section, after -> section)
      when jsonb_typeof(coalesce(after -> section, before -> section)) = 'object' then
        audit_private.name_differences(section, before -> section, after -> section)
      else jsonb_build_array(before -> section, after -> section)
    end
  ), '{}')
  from jsonb_object_keys(before || after) as section
  where before -> section is distinct from after -> section
$$;
comment on function audit_private.shape_difference is 'What changed of a table, by column; empty if nothing did.';

-- Declared names follow their columns; one that was dropped is remembered, for a column of that name may come back.
create or replace function audit_private.follow_names(
  names text[], once text[], before jsonb, after jsonb, out names_now text[], out once_now text[]
)
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
  with moved as materialized (
    select old.value ->> 'name' as old_name, new.value ->> 'name' as new_name
    from jsonb_each(before -> 'columns') as old
    full join jsonb_each(after -> 'columns') as new using (key)
  )
  select
    array(
      select new_name from moved
      where new_name is not null
        and (old_name = any (names) or new_name = any (names) or old_name is null and new_name = any (once))
      order by new_name
    ),
    array(
      select old_name from moved where new_name is null and old_name = any (names)
      union
      select name from unnest(once) as name where name not in (select new_name from moved where new_name is not null)
    )
$$;
