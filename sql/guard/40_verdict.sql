-- The guard, part 4: verdicts that cannot be un-recorded. A refusal raises, and all that its transaction wrote is undone, but
-- not a message in the write-ahead log. The key that proves it to be ours is the superuser's alone; the functions that read
-- the replication slot run as audit_drainer, which has REPLICATION and nothing else. audit.drain() puts them together.

do $$
begin
  if not exists (select from pg_catalog.pg_roles where rolname = 'audit_drainer') then
    create role audit_drainer nologin replication;
  end if;
  -- The output plugin wants a publication; one without tables, so that messages are all it gives.
  if not exists (select from pg_catalog.pg_publication where pubname = 'indelible_verdicts') then
    create publication indelible_verdicts;
  end if;
end $$;

create table if not exists audit_guard.keys (
  only_row boolean default true
    constraint keys_pkey primary key
    constraint keys_only_row check (only_row),
  inner_pad bytea not null
    constraint keys_inner_pad_block check (length(inner_pad) = 64),
  outer_pad bytea not null
    constraint keys_outer_pad_block check (length(outer_pad) = 64)
);
comment on table audit_guard.keys is 'The key of verdicts, as HMAC-SHA-256 pads (RFC 2104).';

do $$
declare
  -- Three random UUIDs hold 366 random bits from the server's strong generator.
  v_key bytea := sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()))
    || decode(repeat('00', 32), 'hex');
  v_inner bytea := v_key;
  v_outer bytea := v_key;
begin
  if exists (select from audit_guard.keys) then
    return;
  end if;
  for v_byte in 0..63 loop
    v_inner := set_byte(v_inner, v_byte, get_byte(v_key, v_byte) # 54);
    v_outer := set_byte(v_outer, v_byte, get_byte(v_key, v_byte) # 92);
  end loop;
  insert into audit_guard.keys (inner_pad, outer_pad) values (v_inner, v_outer);
end $$;

create or replace function audit_guard.mac(message bytea) returns bytea
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select sha256(outer_pad || sha256(inner_pad || message)) from audit_guard.keys
$$;

create or replace function audit_guard.open_verdict(content bytea) returns jsonb
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select convert_from(substr(content, 33), 'UTF8')::jsonb
  where substr(content, 1, 32) = audit_guard.mac(substr(content, 33))
$$;
comment on function audit_guard.open_verdict(bytea) is 'The event that emit() sent; null if it was somebody else.';

create or replace function audit_guard.await_flush(lsn pg_lsn) returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_give_up constant timestamptz := clock_timestamp() + interval '2 seconds';
begin
  -- PostgreSQL 16 cannot flush a message. A snapshot for standbys asks the WAL writer to, within wal_writer_delay.
  perform pg_log_standby_snapshot();
  while pg_current_wal_flush_lsn() < await_flush.lsn and clock_timestamp() < v_give_up loop
    perform pg_sleep(0.002);
  end loop;
end $$;

create or replace function audit_guard.emit(event jsonb) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_body constant bytea := convert_to(
    (emit.event || jsonb_build_object('db_user', session_user, 'created_at', clock_timestamp()))::text, 'UTF8'
  );
  v_message constant bytea := audit_guard.mac(v_body) || v_body;
begin
  if current_setting('wal_level') <> 'logical' then
    return;
  end if;
  if current_setting('server_version_num')::int >= 170000 then
    perform pg_logical_emit_message(false, 'indelible.verdict', v_message, true);
  else
    perform audit_guard.await_flush(pg_logical_emit_message(false, 'indelible.verdict', v_message));
  end if;
end $$;
comment on function audit_guard.emit(jsonb) is
  'Sends an event (an object by columns of the log) past the transaction, whatever becomes of that; durable when it returns.';

-- Nobody else sends messages in this database, unless a superuser lets him: a flood of them would delay ours. Not on 16, whose
-- function has other arguments: pg_upgrade would stop at a privilege on what its new server does not have.
do $$
declare
  v_function regprocedure;
begin
  for v_function in
    select function.oid
    from pg_catalog.pg_proc as function
    where function.proname = 'pg_logical_emit_message'
      and function.pronamespace = 'pg_catalog'::regnamespace
      and has_function_privilege('public', function.oid, 'execute')
      and current_setting('server_version_num')::int >= 170000
  loop
    execute format('revoke all on function %s from public', v_function);
  end loop;
end $$;

-- A slot that nobody drains keeps the write-ahead log for ever, so there is none where nothing bounds that, and none before
-- somebody drains.
create or replace function audit_guard.open_slot(out slot text, out next_lsn pg_lsn, out lost boolean)
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_name constant text := format('indelible_%s', (select oid from pg_catalog.pg_database where datname = current_database()));
begin
  lost := exists (select from pg_catalog.pg_replication_slots where slot_name = v_name and wal_status = 'lost');
  if lost then
    perform pg_drop_replication_slot(v_name);
  end if;
  if not exists (select from pg_catalog.pg_replication_slots where slot_name = v_name) then
    if current_setting('wal_level') <> 'logical' or current_setting('max_slot_wal_keep_size') = '-1' then
      return;
    end if;
    -- In a block of its own: PostgreSQL forgets whose snapshots are whose when others' DDL ends while a slot is made, and
    -- outside of a subtransaction the call then fails.
    begin
      if current_setting('server_version_num')::int >= 170000 then
        perform pg_create_logical_replication_slot(v_name, 'pgoutput', false, false, true);
      else
        perform pg_create_logical_replication_slot(v_name, 'pgoutput', false, false);
      end if;
    exception when duplicate_object then
      null;
    end;
  end if;
  select slot_name, confirmed_flush_lsn into slot, next_lsn from pg_catalog.pg_replication_slots where slot_name = v_name;
end $$;
comment on function audit_guard.open_slot is
  'The slot of this database, made where it may be; null where not. Lost: it fell too far behind, and is another.';

-- Message rows of pgoutput: 'M', a byte of flags, eight of position, the prefix with its zero, four of length, the content.
create or replace function audit_guard.read_slot(slot text, from_lsn pg_lsn, upto_lsn pg_lsn, most int)
returns table (lsn pg_lsn, content bytea)
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_prefix constant bytea := '\x00'::bytea || convert_to('indelible.verdict', 'UTF8') || '\x00'::bytea;
begin
  if from_lsn > (select confirmed_flush_lsn from pg_catalog.pg_replication_slots where slot_name = read_slot.slot) then
    perform pg_replication_slot_advance(read_slot.slot, from_lsn);
  end if;
  return query
    select
      change.lsn,
      case when substr(change.data, 1, 1) = 'M'::bytea and substr(change.data, 2, 1) = '\x00'::bytea
        and substr(change.data, 11, length(v_prefix) - 1) = substr(v_prefix, 2)
        then substr(change.data, 14 + length(v_prefix))
      end
    from pg_logical_slot_peek_binary_changes(
      read_slot.slot, upto_lsn, most, 'proto_version', '1', 'publication_names', 'indelible_verdicts', 'messages', 'true'
    ) as change;
end $$;
comment on function audit_guard.read_slot is 'Everything after from_lsn, which was recorded before; content of what is no verdict is null.';

do $$
begin
  alter function audit_guard.open_slot() owner to audit_drainer;
  alter function audit_guard.read_slot(text, pg_lsn, pg_lsn, int) owner to audit_drainer;
end $$;
