-- Chapter 4, seal: the log as strangers may fetch it, and its guards: but for salts, what is stored of it stays.
-- Called by whoever serves, exports or verifies it (audit_app, audit_sealer, audit_investigator). Nothing in it is secret, but
-- what read_leaf tells of an event, to those who may read events or ask for whom they do (audit_investigator, audit_writer).

create or replace function audit.read_tile(level int, number bigint) returns bytea
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select string_agg(tile.content, ''::bytea order by tile.start)
  from audit_private.tiles as tile
  where tile.level = read_tile.level and tile.number = read_tile.number
$$;
comment on function audit.read_tile(int, bigint) is
  'A tile of hashes (level 1 and up) or a bundle of entries (level -1) as far as it is filled; null if there is none.';

-- Witnesses come after the signature. For as long as they come, a checkpoint is published only with theirs, or else who asks
-- for a quorum would be refused for a moment after every batch.
create or replace function audit.read_checkpoint(size bigint default null) returns text
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select stored.note || coalesce(cosigned.lines, '')
  from audit_private.checkpoints as stored
  join audit_private.epochs as epoch on epoch.origin = stored.origin
  left join lateral (
    select string_agg(line, '' order by witness) as lines
    from audit_private.cosignatures as cosignature
    where cosignature.origin = stored.origin and cosignature.tree_size = stored.tree_size
  ) as cosigned on true
  where stored.tree_size = coalesce(read_checkpoint.size, (
    select max(cosignature.tree_size) from audit_private.cosignatures as cosignature
    where cosignature.origin = epoch.origin and cosignature.stored_at > now() - interval '1 hour'
  ), stored.tree_size)
  order by epoch.epoch desc, stored.tree_size desc
  limit 1
$$;
comment on function audit.read_checkpoint(bigint) is
  'The newest signed checkpoint with the signatures of its witnesses, or that of a size; null if there is none.';

create or replace function audit.read_leaf(event_id bigint) returns table (leaf_index bigint, salt bytea, content text)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select leaf.leaf_index, leaf.salt, audit_private.content_v1(log)
  from audit.audit_logs as log
  left join audit_private.leaves as leaf on leaf.id = log.id
  where log.id = read_leaf.event_id
  order by leaf.leaf_index
  limit 1
$$;
comment on function audit.read_leaf(bigint) is
  'What proves an event: its leaf, null while it is not sealed, and the salt and content that the leaf commits to.';

do $$
declare
  v_table text;
begin
  foreach v_table in array array['epochs', 'tiles', 'batches', 'checkpoints', 'cosignatures'] loop
    perform audit_private.ensure_trigger(
      format('audit_private.%I', v_table)::regclass, 'log_refuse_statement',
      'before update or delete or truncate on %s for each statement'
    );
  end loop;
  perform audit_private.ensure_trigger(
    'audit_private.leaves', 'log_refuse_statement',
    'before update of id, leaf_index or delete or truncate on %s for each statement'
  );
end $$;
