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
  dry_run => $6::boolean
)

-- name: unwatch_table
-- Stop capture of a table, as its owner; what is on record stays.
select audit.unwatch($1::text::regclass)

-- name: maintain
-- The regular upkeep, as audit_admin: next partitions, indexes, health; what was done, line by line.
select task, detail from audit.maintain()
