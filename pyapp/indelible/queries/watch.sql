-- name: find_installation
-- Whether Indelible is installed in this database; null where it is not.
select pg_catalog.to_regclass('audit.installation')

-- name: watch_table
-- Start or change capture of a table, as its owner; returns the SQL that was run, or with dry_run only would be.
select audit.watch(
  target => $1::text::regclass,
  entity_type => $2::text,
  capture => $3::text,
  exclude => $4::text[],
  mask => $5::text[],
  skip => $6::text[],
  operations => $7::text[],
  record_unchanged => $8::boolean,
  dry_run => $9::boolean
)

-- name: is_watched
-- Whether a table is watched: it has capture triggers of its own, or ought to have some.
select exists (
  select from audit.pending_capture($1::text::regclass)
) or exists (
  select from pg_catalog.pg_trigger
  where tgrelid = $1::text::regclass and tgparentid = 0 and tgname like '!indelible\_capture\_%'
)

-- name: baseline_batch
-- Record the next rows that a watched table held already, as its owner; 0 when all are on record.
select audit.baseline($1::text::regclass)

-- name: act_as_table_owner
-- Becomes a table's owner where the login may say SET ROLE but has not the owner's rights by itself.
-- Not by ::regclass: the login may have no USAGE on the schema either.
select pg_catalog.set_config('role', pg_catalog.pg_get_userbyid(class.relowner), false)
from pg_catalog.pg_class as class
join pg_catalog.pg_namespace as namespace on namespace.oid = class.relnamespace
where $1::text in (
    pg_catalog.format('%I.%I', namespace.nspname, class.relname),
    case when pg_catalog.pg_table_is_visible(class.oid) then pg_catalog.format('%I', class.relname) end
  )
  and not pg_catalog.pg_has_role(class.relowner, 'usage')
  and pg_catalog.pg_has_role(class.relowner, 'set')

-- name: unwatch_table
-- Stop capture of a table, as its owner; what is on record stays.
select audit.unwatch($1::text::regclass)

-- name: act_as_maintainer
-- Becomes audit_owner where the login, as the migrating one, may say SET ROLE but may not maintain by itself.
select pg_catalog.set_config('role', 'audit_owner', false)
where not pg_catalog.has_function_privilege('audit.maintain()', 'execute')
  and pg_catalog.pg_has_role('audit_owner', 'set')

-- name: maintain
-- The regular upkeep, as audit_admin: next partitions, indexes, health; what was done, line by line.
select task, detail from audit.maintain()

-- name: doctor
-- What is not audited, disabled, drifted or open, each with its remedy.
select finding, object, detail, remedy from audit.doctor()

-- name: notes
-- What this server cannot do for Indelible, and what it would need.
select note, remedy from audit.notes()

-- name: drain
-- Refused attempts that wait in the write-ahead log, at most 10,000; how many were recorded. In a transaction of its own.
select audit.drain()
