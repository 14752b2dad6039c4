-- Chapter 3, guard: what the log says of a table since a moment, in the names that its columns have now.
-- Called as audit_owner by 33_recorded_rows.sql and 52_as_of.sql. Reads the log and the catalogue, changes nothing.

create or replace function audit_private.versions_since(watch audit_private.watches, moment timestamptz)
returns setof audit_private.capture_versions
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select version.*
  from audit_private.capture_versions as version
  where version.watch_id = (watch).watch_id
    and version.version_id >= (
      select max(earlier.version_id) from audit_private.capture_versions as earlier
      where earlier.watch_id = (watch).watch_id and earlier.since <= moment
    )
$$;
comment on function audit_private.versions_since is 'How capture was at that moment, and how it was changed since.';

-- Known: each change since the moment is on record with its value. Columns go by number, which survives a renaming.
create or replace function audit_private.columns_since(watch audit_private.watches, moment timestamptz)
returns table (place int, name text, type oid, typmod int, was_there boolean, known boolean, retyped boolean)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select
    attribute.attnum::int, attribute.attname::text, attribute.atttypid, attribute.atttypmod, past.was_there, past.known, past.retyped
  from pg_catalog.pg_attribute as attribute
  cross join lateral (
    select
      bool_and(version.shape -> 'columns' ? attribute.attnum::text) as was_there,
      bool_and(coalesce((version.shape #>> array['columns', attribute.attnum::text, 'known'])::boolean, false)) as known,
      bool_or(
        (version.shape #>> array['columns', attribute.attnum::text, 'type'])::oid <> attribute.atttypid
        or (version.shape #>> array['columns', attribute.attnum::text, 'typmod'])::int <> attribute.atttypmod
      ) as retyped
    from audit_private.versions_since(watch, moment) as version
  ) as past
  where attribute.attrelid = (watch).target and attribute.attnum > 0 and not attribute.attisdropped
$$;

create or replace function audit_private.names_since(watch audit_private.watches, moment timestamptz)
returns table (since_id bigint, until_id bigint, unknown text[], renamed jsonb)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select
    version.since_id,
    lead(version.since_id) over (order by version.version_id),
    coalesce(array_agg(past.name) filter (where present.known is not true), '{}'),
    jsonb_object_agg(past.name, present.name) filter (where present.known and past.name <> present.name)
  from audit_private.versions_since(watch, moment) as version
  cross join jsonb_each(version.shape -> 'columns') as field
  cross join lateral (select field.value ->> 'name' as name) as past
  left join audit_private.columns_since(watch, moment) as present on present.place = field.key::int
  group by version.version_id, version.since_id
$$;
comment on function audit_private.names_since is
  'Of each version the columns whose values say nothing of the present ones, and those that have another name now.';

create or replace function audit_private.renamed_image(image jsonb, renamed jsonb) returns jsonb
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
  select jsonb_object_agg(coalesce(renamed ->> field.key, field.key), field.value) from jsonb_each(image) as field
$$;

create or replace function audit_private.records_since(watch audit_private.watches, moment timestamptz, side text)
returns table (id bigint, action text, entity_id text, previous_id text, image jsonb)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_before constant bigint := audit_private.id_before(records_since.moment);
begin
  return query
  select
    log.id, log.action, log.entity_id::text, log.metadata ->> 'previous_entity_id',
    case
      when version.renamed is null then (log.changes -> side) - version.unknown
      else audit_private.renamed_image((log.changes -> side) - version.unknown, version.renamed)
    end
  from audit.audit_logs as log
  join audit_private.names_since(watch, moment) as version
    on log.id > version.since_id and (version.until_id is null or log.id <= version.until_id)
  where log.id > v_before
    and log.created_at > records_since.moment
    and log.entity_type = (watch).entity_type
    and log.action in ('ROW_INSERTED', 'ROW_UPDATED', 'ROW_DELETED');
end $$;
comment on function audit_private.records_since is 'Row changes after a moment, each with the image of that side.';
