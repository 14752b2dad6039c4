-- Chapter 4, seal: the log as strangers may fetch it, and its guards: but for salts, what is stored of it stays.
-- Called by whoever serves, exports or verifies it (audit_app, audit_sealer, audit_investigator). Nothing in it is secret.

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

create or replace function audit.read_checkpoint(size bigint default null) returns text
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select stored.note
  from audit_private.checkpoints as stored
  join audit_private.epochs as epoch on epoch.origin = stored.origin
  where read_checkpoint.size is null or stored.tree_size = read_checkpoint.size
  order by epoch.epoch desc, stored.tree_size desc
  limit 1
$$;
comment on function audit.read_checkpoint(bigint) is 'The newest signed checkpoint, or that of a size; null if there is none.';

do $$
declare
  v_table text;
begin
  foreach v_table in array array['epochs', 'tiles', 'batches', 'checkpoints'] loop
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
