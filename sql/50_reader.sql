-- Chapter 5, read: who may read what of the log, and that reading is itself on record.
-- audit.note_read is called by the views and by the policy of the log, audit_private.tell_read by the functions for investigators:
-- one record for each login, view and minute. Where wal_level is logical and a superuser installed the guard it travels in the write-ahead log, out
-- of READ ONLY transactions and of those that are rolled back, to audit.drain(). Refuses tables of others (42501).

create or replace function audit_private.may_read(target oid) returns boolean
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  -- session_user: neither SET ROLE nor somebody's SECURITY DEFINER function lends a login its eyes.
  select exists (
    select
    from pg_catalog.pg_class as class
    join pg_catalog.pg_roles as reader on reader.rolname = session_user
    where class.oid = target
      and has_table_privilege(reader.oid, class.oid, 'select')
      and (
        not class.relrowsecurity or reader.rolsuper or reader.rolbypassrls
        or pg_has_role(reader.oid, class.relowner, 'usage') and not class.relforcerowsecurity
      )
  )
$$;
comment on function audit_private.may_read is 'Whether the login may read each row of a table.';

create or replace function audit_private.require_may_read(target regclass) returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  if not audit_private.may_read(require_may_read.target) then
    raise exception using
      errcode = '42501',
      message = format('%s may not read all of %s, nor its past', session_user, require_may_read.target),
      hint = 'SELECT on the table itself is needed and, if it has row security, to be exempt from it.';
  end if;
end $$;

-- What a session has told already stands in a setting, proven by the key of contexts, so that nobody can hush up a read. No
-- process has the number that the first four letters would be: a mark is no context.
create or replace function audit_private.read_mark(view text) returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select encode(audit_private.mac('context', convert_to(concat_ws(
    E'\x1f', 'read', pg_backend_pid(), session_user, extract(epoch from date_trunc('minute', clock_timestamp())), view
  ), 'UTF8')), 'hex')
$$;

create or replace function audit_private.tell_read(view text) returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_mark constant text := audit_private.read_mark(tell_read.view);
  v_told constant text := coalesce(current_setting('indelible.reads', true), '');
  v_actor audit_private.actor;
begin
  if strpos(v_told, v_mark) = 0 and not pg_is_in_recovery() and audit_private.guard_is_installed() then
    v_actor := audit_private.current_actor();
    perform audit_guard.emit_read(
      audit_private.clean(tell_read.view, 200), v_actor.user_id, v_actor.proof::text, v_actor.ip_address, v_actor.request_id
    );
    perform set_config('indelible.reads', left(v_mark || v_told, 1280), false);
  end if;
end $$;
comment on function audit_private.tell_read(text) is 'Puts on record what is read of the log, unless this session has told it this minute.';

-- Who reads may call it, so it takes no other names: they would fill the log.
create or replace function audit.note_read(view text) returns boolean
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform audit_private.tell_read(note_read.view)
  from pg_catalog.pg_class
  where relnamespace = 'audit'::regnamespace and relname = note_read.view;
  return true;
end $$;
comment on function audit.note_read(text) is 'Puts on record that the log is read through this view of it; true.';

-- Of a read that several sessions or transactions told of, the first message is recorded.
create or replace function audit_private.is_news(event jsonb) returns boolean
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  if is_news.event ->> 'action' <> 'AUDIT_LOG_READ' then
    return true;
  end if;
  insert into audit_private.noted_reads (reader, view, minute) values (
    is_news.event ->> 'db_user', is_news.event ->> 'entity_id', date_trunc('minute', (is_news.event ->> 'created_at')::timestamptz)
  ) on conflict do nothing;
  return found;
end $$;

create or replace function audit_private.forget_reads() returns void
language sql
volatile
set search_path = pg_catalog, pg_temp
as $$
  delete from audit_private.noted_reads where minute < clock_timestamp() - interval '1 day'
$$;

-- Once: to change a policy locks the log.
do $$
begin
  if (
    select pg_get_expr(polqual, polrelid) from pg_catalog.pg_policy
    where polrelid = 'audit.audit_logs'::regclass and polname = 'audit_logs_read'
  ) = 'true' then
    alter policy audit_logs_read on audit.audit_logs using ((select audit.note_read('audit_logs')));
  end if;
end $$;
