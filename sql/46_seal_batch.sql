-- Chapter 4, seal: one batch of leaves. Called by the sealer (audit_sealer), which knows its own tree, hashes it itself and
-- signs only after the batch is committed: lock the log, seal_batch, close_batch, commit, sign, store_checkpoint.
-- Refuses with ID014 what would leave a gap or a fork: another isolation level, another epoch, a tree of another size.

create or replace function audit_private.refuse_sealing(reason text) returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  raise exception using errcode = 'ID014', message = refuse_sealing.reason;
end $$;

create or replace function audit_private.rows_to_seal(log_position audit_private.log_position, target pg_snapshot, most int)
returns table (id bigint, xid xid8, created_at timestamptz, content text)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_last_id constant bigint := (select epoch.last_id from audit_private.epochs as epoch where epoch.epoch = log_position.epoch);
begin
  if log_position.former_after_id is not null then
    return query select * from audit_private.former_rows(log_position.former_after_id, v_last_id, rows_to_seal.most);
  else
    return query select * from audit_private.finished_rows(
      log_position.snapshot, rows_to_seal.target, log_position.after_xid, log_position.after_id, v_last_id, rows_to_seal.most
    );
  end if;
end $$;

-- Rows that arrive one by one become leaves with their salts; what is returned are the entries in the order of the tree.
create or replace function audit_private.make_leaves(log_position audit_private.log_position, target pg_snapshot, salts bytea)
returns table (leaves int, entries bytea, last_xid xid8, last_id bigint)
language sql
volatile
set search_path = pg_catalog, pg_temp
as $$
  with picked as materialized (
    select picked.*, substring(make_leaves.salts from (ordinality::int - 1) * 16 + 1 for 16) as salt
    from audit_private.rows_to_seal(log_position, make_leaves.target, length(make_leaves.salts) / 16)
      with ordinality as picked
  ), stored as (
    insert into audit_private.leaves (id, leaf_index, salt)
    select id, (log_position).tree_size + ordinality - 1, salt from picked
  )
  select
    count(*)::int,
    string_agg(
      '\x01'::bytea
        || int4send((log_position).epoch - (id <= epoch.last_id)::int)
        || int8send(id) || xid8send(xid) || timestamptz_send(created_at)
        || sha256(salt || convert_to(content, 'UTF8')),
      ''::bytea order by ordinality
    ),
    (select xid from picked order by ordinality desc limit 1),
    (select id from picked order by ordinality desc limit 1)
  from picked
  cross join audit_private.epochs as epoch
  where epoch.epoch = (log_position).epoch
$$;

create or replace function audit.seal_batch(epoch int, tree_size bigint, salts bytea)
returns table (entries bytea, complete boolean)
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
-- The statistics of a log that grows are always old; its indexes are right.
set enable_seqscan = off
set plan_cache_mode = force_custom_plan
set jit = off
set work_mem = '64MB'
as $$
#variable_conflict use_column
declare
  v_position audit_private.log_position;
  v_target pg_snapshot;
  v_made record;
  v_all boolean;
begin
  -- Snapshot and rows must be of one moment, and of two batches at once one must fail.
  if current_setting('transaction_isolation') <> 'repeatable read' then
    perform audit_private.refuse_sealing('a batch is sealed in a REPEATABLE READ transaction');
  end if;
  select * into v_position from audit_private.log_position;
  if (v_position.epoch, v_position.tree_size) is distinct from (seal_batch.epoch, seal_batch.tree_size) then
    perform audit_private.refuse_sealing(format(
      'the log is at size %s in epoch %s, not at size %s in epoch %s',
      v_position.tree_size, v_position.epoch, seal_batch.tree_size, seal_batch.epoch
    ));
  end if;
  v_target := coalesce(v_position.target, pg_current_snapshot());
  select * into strict v_made from audit_private.make_leaves(v_position, v_target, seal_batch.salts);
  entries := coalesce(v_made.entries, '');
  v_all := v_made.leaves < length(seal_batch.salts) / 16;
  perform audit_private.advance_position(v_position, v_target, v_made.leaves, v_all, v_made.last_xid, v_made.last_id);
  -- After those of former epochs come the present one's.
  complete := v_all and v_position.former_after_id is null;
  return next;
end $$;
comment on function audit.seal_batch(int, bigint, bytea) is
  'Takes the next rows into the log, as many as there are salts at most, and returns their entries; complete if that is all.';

create or replace function audit_private.advance_position(
  log_position audit_private.log_position,
  target pg_snapshot,
  leaves int,
  all_taken boolean,
  last_xid xid8,
  last_id bigint
) returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
  if log_position.former_after_id is not null then
    update audit_private.log_position set
      tree_size = tree_size + advance_position.leaves,
      former_after_id = case when advance_position.all_taken then null else advance_position.last_id end;
  elsif not advance_position.all_taken then
    update audit_private.log_position set
      tree_size = tree_size + advance_position.leaves,
      target = advance_position.target,
      after_xid = advance_position.last_xid,
      after_id = advance_position.last_id;
  elsif advance_position.leaves > 0 or log_position.target is not null then
    update audit_private.log_position set
      tree_size = tree_size + advance_position.leaves,
      snapshot = advance_position.target,
      target = null,
      after_xid = default,
      after_id = default;
  end if;
end $$;
comment on function audit_private.advance_position is 'Remembers how far the log is sealed; an idle sealer writes nothing.';

create or replace function audit.close_batch(
  tree_size bigint,
  root bytea,
  levels int[],
  numbers bigint[],
  starts int[],
  contents bytea[]
) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_position audit_private.log_position;
begin
  select * into strict v_position from audit_private.log_position;
  if v_position.tree_size <> close_batch.tree_size then
    perform audit_private.refuse_sealing(
      format('the log has %s leaves, not %s', v_position.tree_size, close_batch.tree_size)
    );
  end if;
  insert into audit_private.tiles (level, number, start, content)
  select level, number, start, content
  from unnest(close_batch.levels, close_batch.numbers, close_batch.starts, close_batch.contents)
    as tile (level, number, start, content);
  insert into audit_private.batches (tree_size, epoch, root, snapshot)
  values (v_position.tree_size, v_position.epoch, close_batch.root, v_position.snapshot);
end $$;
comment on function audit.close_batch is 'Adds to the tiles what a batch brought, in the transaction of seal_batch.';

create or replace function audit.store_checkpoint(origin text, tree_size bigint, note text) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into audit_private.checkpoints (origin, tree_size, note)
  values (store_checkpoint.origin, store_checkpoint.tree_size, store_checkpoint.note)
  on conflict on constraint checkpoints_pkey do nothing;
end $$;
comment on function audit.store_checkpoint(text, bigint, text) is 'Publishes what the sealer has signed.';
