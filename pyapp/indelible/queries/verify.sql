-- name: prepare_verification
-- One moment of the database for all that is read, with row security that hides nothing silently, and nothing found by a
-- name that is not written out. The tables of audit_private are read as they are, for no function or view is trusted.
select
  pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', false),
  pg_catalog.set_config('row_security', 'off', false),
  pg_catalog.set_config('statement_timeout', '0', false),
  pg_catalog.set_config('idle_in_transaction_session_timeout', '0', false)

-- name: act_as_owner
-- Becomes audit_owner where the login may say SET ROLE and is no superuser: only the owner sees salts.
select pg_catalog.set_config('role', 'audit_owner', false)
where not pg_catalog.pg_has_role('audit_owner', 'usage')
  and pg_catalog.pg_has_role('audit_owner', 'set')

-- name: export_snapshot
-- What other sessions need to see the same moment.
select pg_catalog.pg_export_snapshot()

-- name: relations_read
-- The relations that are read, and the log's partitions: whether they are tables of which no rule rewrites what is read,
-- and may be read.
with recursive read as (
  select class.oid, class.oid as top
  from pg_catalog.pg_class as class
  join pg_catalog.pg_namespace as namespace on namespace.oid = class.relnamespace
  where (namespace.nspname, class.relname) in (
    ('audit', 'audit_logs'), ('audit_private', 'leaves'), ('audit_private', 'tiles'), ('audit_private', 'batches'),
    ('audit_private', 'checkpoints'),
    ('audit_private', 'cosignatures'), ('audit_private', 'epochs'), ('audit_private', 'log_position')
  )
  union all
  select inherits.inhrelid, read.top
  from pg_catalog.pg_inherits as inherits
  join read on read.oid = inherits.inhparent
)
select
  namespace.nspname || '.' || class.relname,
  class.relkind in ('r', 'p') and not class.relhasrules and (class.oid = read.top or class.relispartition),
  has_table_privilege(class.oid, 'select')
from read
join pg_catalog.pg_class as class on class.oid = read.oid
join pg_catalog.pg_namespace as namespace on namespace.oid = class.relnamespace
order by 1

-- name: columns_read
-- The columns of the log and their types: a type of somebody else's would run somebody else's code.
select attribute.attname::text, namespace.nspname || '.' || type.typname
from pg_catalog.pg_attribute as attribute
join pg_catalog.pg_class as class on class.oid = attribute.attrelid
join pg_catalog.pg_namespace as home on home.oid = class.relnamespace
join pg_catalog.pg_type as type on type.oid = attribute.atttypid
join pg_catalog.pg_namespace as namespace on namespace.oid = type.typnamespace
where home.nspname = 'audit' and class.relname = 'audit_logs' and attribute.attnum > 0 and not attribute.attisdropped
order by 1

-- name: raw_origin
-- The log that is kept here now, and since which epoch: nothing before a sealer began.
select origin from audit_private.epochs order by epoch desc limit 1

-- name: raw_checkpoint
-- The newest signed checkpoint of a log: its origin, and whether it must be one that witnesses have cosigned.
select stored.note || coalesce(string_agg(cosignature.line, '' order by cosignature.witness), '')
from audit_private.checkpoints as stored
left join audit_private.cosignatures as cosignature
  on cosignature.origin = stored.origin and cosignature.tree_size = stored.tree_size
where stored.origin = $1 and (not $2 or cosignature.line is not null)
group by stored.tree_size, stored.note
order by stored.tree_size desc
limit 1

-- name: raw_checkpoints
-- All signed checkpoints of a log.
select note from audit_private.checkpoints where origin = $1 order by tree_size

-- name: raw_tile
-- The pieces of a tile: level, number.
select content from audit_private.tiles where level = $1 and number = $2 order by start

-- name: raw_position
-- What must be sealed: the epoch, how many leaves there are, the snapshot that was sealed, the last id of former epochs, and
-- the id after which these are not sealed yet; and the snapshot of this moment.
select
  position.epoch, position.tree_size, position.snapshot::text, epoch.last_id, position.former_after_id, pg_current_snapshot()::text
from audit_private.log_position as position
join audit_private.epochs as epoch on epoch.epoch = position.epoch

-- name: raw_epoch
-- The last id of former epochs, as the event says with which this epoch began.
select log.metadata ->> 'last_id'
from audit.audit_logs as log
where log.action = 'AUDIT_EPOCH' and log.metadata ->> 'epoch' = $1
order by log.id
limit 1

-- name: raw_heartbeats
-- The heartbeats of this epoch, the one that began after an id: transaction, and time in microseconds since 2000.
select log.xid::text, (extract(epoch from log.recorded_at) * 1000000)::bigint - 946684800000000
from audit.audit_logs as log
where log.action = 'AUDIT_HEARTBEAT' and log.id > $1 and isfinite(log.recorded_at)
order by log.xid, log.id

-- name: read_without_indexes
-- From now on in this transaction rows are found by looking at all of them, whatever indexes and bounds of partitions say.
select
  set_config('enable_indexscan', 'off', true),
  set_config('enable_indexonlyscan', 'off', true),
  set_config('enable_bitmapscan', 'off', true),
  set_config('enable_partition_pruning', 'off', true),
  set_config('constraint_exclusion', 'off', true)

-- name: read_by_indexes
-- The opposite.
select
  set_config('enable_seqscan', 'off', true),
  set_config('enable_indexscan', 'on', true),
  set_config('enable_indexonlyscan', 'on', true)

-- name: ids
-- The id of every row.
select id from audit.audit_logs where id is not null order by id

-- name: rows_by_partition
-- How many rows there are in each partition, and whether some may not belong there; of the default one nobody can tell so fast.
select
  placed.oid,
  placed.count,
  (bound.range[1]::timestamptz <= placed.first and placed.last < bound.range[2]::timestamptz) is not true
from (
  select tableoid as oid, count(*) as count, min(created_at) as first, max(created_at) as last
  from audit.audit_logs
  group by tableoid
) as placed
join (
  select
    oid,
    regexp_match(pg_get_expr(relpartbound, oid), '^FOR VALUES FROM \(''([^'']+)''\) TO \(''([^'']+)''\)$') as range
  from pg_catalog.pg_class
  where relispartition
) as bound on bound.oid = placed.oid

-- name: misplaced_rows
-- The first rows of some partitions that belong to another one.
with bound as materialized (
  select
    inhrelid as oid,
    regexp_match(pg_get_expr(relpartbound, oid), '^FOR VALUES FROM \(''([^'']+)''\) TO \(''([^'']+)''\)$') as range,
    pg_get_expr(relpartbound, oid) = 'DEFAULT' as is_default
  from pg_catalog.pg_inherits
  join pg_catalog.pg_class on oid = inhrelid
  where inhparent = 'audit.audit_logs'::regclass
)
select log.id, log.tableoid::regclass::text
from audit.audit_logs as log
left join bound as home
  on home.range[1]::timestamptz <= log.created_at and log.created_at < home.range[2]::timestamptz
where log.tableoid = any ($1)
  and log.tableoid is distinct from coalesce(home.oid, (select oid from bound where is_default))
order by log.id
limit 100

-- name: last_row
-- The highest id of the log, 0 without rows.
select coalesce(max(id), 0) from audit.audit_logs

-- name: raw_rows
-- Rows of the log by id, above the one and up to the other, each with its leaf: numbers as PostgreSQL keeps them, and of
-- each other column its own bytes, but for addresses, of which only the text form is in a leaf.
select
  log.id, log.xid, log.created_at, leaf.leaf_index, leaf.salt,
  log.recorded_at, log.action, log.outcome, log.user_id, log.db_user, log.actor_proof, log.entity_type, log.entity_id,
  log.description, log.permission, textin(inet_out(log.ip_address)), log.request_id, log.changes, log.metadata,
  log.time_source
from audit.audit_logs as log
left join audit_private.leaves as leaf on leaf.id = log.id
where log.id > $1 and log.id <= $2
order by log.id

-- name: hashed_rows
-- The same in blocks of 64 bytes a row, hashed by the functions that seal: quick, and no proof against whoever may replace
-- these. Leaf (-1: none), id, transaction, time, commitment.
select string_agg(
  coalesce(int8send(leaf.leaf_index), '\xffffffffffffffff')
    || int8send(log.id) || xid8send(log.xid) || timestamptz_send(log.created_at)
    || coalesce(
      sha256(leaf.salt || convert_to(audit_private.content_v1(log), 'UTF8')),
      '\x0000000000000000000000000000000000000000000000000000000000000000'
    ),
  ''::bytea
)
from audit.audit_logs as log
left join audit_private.leaves as leaf on leaf.id = log.id
where log.id > $1 and log.id <= $2
group by log.id / 1000

-- name: raw_capture_events
-- What the sealer has seen of capture triggers, and what explains that they changed.
select log.id, log.action, log.entity_id, log.metadata::text
from audit.audit_logs as log
where log.action in (
  'AUDIT_CAPTURE_SEEN', 'AUDIT_WATCH_STARTED', 'AUDIT_WATCH_CHANGED', 'AUDIT_WATCH_STOPPED',
  'AUDIT_CAPTURE_WRITTEN', 'AUDIT_SCHEMA_CHANGED', 'AUDIT_CAPTURE_DISABLED', 'AUDIT_INSTALLED', 'AUDIT_EPOCH'
)
  -- Of the tables of the audit itself nothing explains a change.
  and log.entity_type is distinct from 'AUDIT_TABLE'
order by log.id

-- name: raw_installation
-- The digest of the version that was installed last, and whether this is a standby.
select digest, pg_is_in_recovery() from audit_private.installations order by installation_id desc limit 1

-- name: stored_functions
-- The functions of Indelible's schemas, each with its body.
select namespace.nspname || '.' || function.proname, function.prosrc
from pg_catalog.pg_proc as function
join pg_catalog.pg_namespace as namespace on namespace.oid = function.pronamespace
where namespace.nspname in ('audit', 'audit_private', 'iam') and function.prokind = 'f'

-- name: same_view
-- Whether a view is spelled as the temporary one beside it, and named alike in its columns.
select coalesce(
  pg_get_viewdef('pg_temp.shipped'::regclass) = pg_get_viewdef(to_regclass($1))
    and (select relkind = 'v' and reloptions is null from pg_class where oid = to_regclass($1)),
  false
)

-- name: same_expression
-- Whether a function of one expression is spelled as the temporary one of its name: schema, name.
select count(distinct pg_get_function_sqlbody(function.oid)) = 1 and count(*) = 2
from pg_proc as function
where function.proname = $2 and function.pronamespace in (pg_my_temp_schema(), to_regnamespace($1))
