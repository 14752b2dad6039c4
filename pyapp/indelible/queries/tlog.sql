-- name: act_as_sealer
-- Becomes audit_sealer where the login, as the migrating one, may say SET ROLE but may not seal by itself.
select pg_catalog.set_config('role', 'audit_sealer', false)
where not pg_catalog.pg_has_role('audit_sealer', 'usage')
  and pg_catalog.pg_has_role('audit_sealer', 'set')

-- name: try_to_lead
-- Whether this session is now the one that seals this database, until it ends.
select pg_catalog.pg_try_advisory_lock(7597120008194583664)

-- name: log_head
-- Which server and database this is, and how far the log is sealed.
select system_identifier, timeline, database, epoch, origin, tree_size, root, checkpoint_size from audit.log_head()

-- name: begin_epoch
-- Begins or continues the log on this server: origin, verifier key, reason, what was signed and lost (JSON or null).
select audit.begin_epoch($1, $2, $3, $4::text::jsonb)

-- name: lock_log
-- Before the snapshot of a batch is taken: nobody moves rows between partitions under it.
lock table audit.audit_logs in access share mode

-- name: seal_batch
-- Takes the next rows into the log: epoch, size of the tree so far, 16 bytes of salt for each row at most.
select entries, complete from audit.seal_batch($1, $2, $3)

-- name: close_batch
-- Stores what the batch added: size and root of the tree, and pieces of tiles (levels, numbers, starts, contents).
select audit.close_batch($1, $2, $3::int[], $4::bigint[], $5::int[], $6::bytea[])

-- name: store_checkpoint
-- Publishes a signed checkpoint: origin, size, note.
select audit.store_checkpoint($1, $2, $3)

-- name: store_cosignatures
-- Publishes the signature lines of witnesses under a checkpoint: origin, size, lines.
select audit.store_cosignatures($1, $2, $3::text[])

-- name: note_key
-- Puts on record that a key signs from now on: verifier key, reason.
select audit.note_key($1, $2)

-- name: heartbeat
-- Puts on record that the sealer is at work.
select audit.heartbeat()

-- name: observe_capture
-- Puts on record the capture triggers that changed since they were last seen.
select audit.observe_capture()

-- name: read_tile
-- A tile of hashes (level 1 and up) or a bundle of entries (level -1), as far as it is filled: level, number.
select audit.read_tile($1, $2) as content

-- name: read_checkpoint
-- The newest signed checkpoint, or the one of a size.
select audit.read_checkpoint($1) as note

-- name: read_leaf
-- What proves an event: its leaf (null while it is not sealed), the salt, and the canonical content. No row: no such event.
select leaf_index, salt, content from audit.read_leaf($1)
