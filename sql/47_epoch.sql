-- Chapter 4, seal: on which server the log is, and its continuation on another one. Called by the sealer (audit_sealer), which
-- compares this with what it remembers itself and never continues a log by itself that is not the one it signed.

create or replace function audit_private.timeline() returns bigint
language sql
volatile
set search_path = pg_catalog, pg_temp
as $$
  -- Not that of pg_control_checkpoint(), which knows of a promotion only after the next checkpoint.
  select ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::bigint
$$;

create or replace function audit.log_head()
returns table (
  system_identifier bigint,
  timeline bigint,
  database oid,
  epoch int,
  origin text,
  tree_size bigint,
  root bytea,
  checkpoint_size bigint
)
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
  select
    control.system_identifier,
    audit_private.timeline(),
    (select oid from pg_catalog.pg_database where datname = current_database()),
    log_position.epoch,
    epoch.origin,
    log_position.tree_size,
    batch.root,
    (select max(tree_size) from audit_private.checkpoints as stored where stored.origin = epoch.origin)
  from pg_control_system() as control
  left join audit_private.log_position on true
  left join audit_private.epochs as epoch on epoch.epoch = log_position.epoch
  left join audit_private.batches as batch on batch.tree_size = log_position.tree_size
$$;
comment on function audit.log_head() is
  'Which server and database this is, and the log it holds: epoch (null before the log begins), size, root, newest checkpoint.';

create or replace function audit.begin_epoch(origin text, verifier_key text, reason text, lost jsonb default null) returns int
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_snapshot pg_snapshot;
  v_last_id bigint;
  v_head record;
  v_epoch int;
begin
  -- No batch comes between the snapshot and the position that is set from it.
  lock table audit_private.log_position in exclusive mode;
  -- A snapshot leaves out its own transaction, whose rows would then count as sealed.
  if pg_current_xact_id_if_assigned() is not null or current_setting('transaction_isolation') <> 'read committed' then
    perform audit_private.refuse_sealing('an epoch begins in a READ COMMITTED transaction of its own');
  end if;
  v_snapshot := pg_current_snapshot();
  if coalesce(length(begin_epoch.reason), 0) not between 1 and 500 then
    perform audit_private.refuse_sealing('an epoch begins for a reason of 1 to 500 characters');
  end if;
  select * into strict v_head from audit.log_head();
  select coalesce(max(id), 0) into strict v_last_id from audit.audit_logs;
  v_epoch := coalesce(v_head.epoch, 0) + 1;
  insert into audit_private.epochs (epoch, origin, system_identifier, timeline, database, last_id, snapshot, reason)
  values (
    v_epoch, begin_epoch.origin, v_head.system_identifier, v_head.timeline, v_head.database, v_last_id, v_snapshot,
    audit_private.clean(begin_epoch.reason, 500)
  );
  insert into audit_private.log_position (epoch, former_after_id, snapshot)
  values (v_epoch, -9223372036854775808, v_snapshot)
  on conflict (only_row) do update set
    epoch = excluded.epoch,
    former_after_id = excluded.former_after_id,
    snapshot = excluded.snapshot,
    target = null,
    after_xid = default,
    after_id = default;
  perform audit_private.note_epoch(v_epoch, begin_epoch.verifier_key, begin_epoch.lost);
  return v_epoch;
end $$;
comment on function audit.begin_epoch(text, text, text, jsonb) is
  'Begins the log, or continues it on this server, on record; lost is what was signed of a former log and is not here.';

create or replace function audit_private.note_epoch(epoch int, verifier_key text, lost jsonb) returns void
language sql
volatile
set search_path = pg_catalog, pg_temp
as $$
  select audit_private.append(
    actor => audit_private.current_actor(),
    action => 'AUDIT_EPOCH',
    entity_type => 'AUDIT_LOG',
    entity_id => begun.origin,
    description => begun.reason,
    metadata => jsonb_strip_nulls(jsonb_build_object(
      'epoch', begun.epoch,
      'key', note_epoch.verifier_key,
      'last_id', begun.last_id,
      'system_identifier', begun.system_identifier::text,
      'timeline', begun.timeline,
      'database', begun.database,
      'former', (
        select jsonb_build_object(
          'origin', former.origin,
          'system_identifier', former.system_identifier::text,
          'timeline', former.timeline,
          'database', former.database
        )
        from audit_private.epochs as former
        where former.epoch = begun.epoch - 1
      ),
      'lost', note_epoch.lost
    ))
  )
  from audit_private.epochs as begun
  where begun.epoch = note_epoch.epoch
$$;

create or replace function audit.note_key(verifier_key text, reason text) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform audit_private.append(
    actor => audit_private.current_actor(),
    action => 'AUDIT_KEY_ACCEPTED',
    entity_type => 'AUDIT_KEY',
    entity_id => note_key.verifier_key,
    description => note_key.reason
  );
end $$;
comment on function audit.note_key(text, text) is 'Puts on record which key signs the log from now on, and why.';
