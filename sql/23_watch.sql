-- Chapter 2, what: which tables are captured.
-- audit.watch and audit.unwatch are called by the table's owner and run with the owner's rights, so that nobody
-- ever lends a table to Indelible; their definer halves write the code. Refuses what is no table of the caller
-- (42501, ID006) and columns that do not exist or make the key (ID007).

create or replace function audit_private.require_owner(target regclass) returns void
language plpgsql
stable
set search_path = ''
as $$
declare
  -- In a definer function current_user is its owner; the caller is whom SET ROLE names, or the login.
  v_caller name := coalesce(nullif(current_setting('role'), 'none'), session_user);
begin
  if not exists (
    select from pg_catalog.pg_class
    where oid = require_owner.target and pg_has_role(v_caller, relowner, 'usage')
  ) then
    raise exception using
      errcode = '42501',
      message = format('must be owner of table %s', require_owner.target);
  end if;
end $$;

create or replace function audit_private.require_watchable(target regclass, capture text, excluded text[], masked text[])
returns void
language plpgsql
stable
set search_path = ''
as $$
declare
  v_column text;
begin
  if not exists (
    select from pg_catalog.pg_class as class
    where class.oid = target
      and class.relkind in ('r', 'p')
      and class.relpersistence <> 't'
      and class.relnamespace::regnamespace::text not in ('audit', 'audit_private', 'pg_catalog', 'information_schema', 'pg_toast')
  ) then
    raise exception using
      errcode = 'ID006',
      message = format('%s cannot be watched: only ordinary and partitioned tables outside audit and system schemas can', target),
      hint = 'Of a view, watch the tables beneath it.';
  end if;
  if capture is null or capture <> 'row' then
    raise exception using errcode = 'ID006', message = 'capture is ''row''';
  end if;
  foreach v_column in array excluded || masked loop
    if not exists (
      select from pg_catalog.pg_attribute
      where attrelid = target and attname = v_column and attnum > 0 and not attisdropped
    ) then
      raise exception using errcode = 'ID007', message = format('%s has no column %I', target, v_column);
    elsif v_column = any (audit_private.key_columns(target)) then
      raise exception using
        errcode = 'ID007',
        message = format('column %I is part of the key of %s and cannot be excluded or masked', v_column, target),
        hint = 'Without its key a record does not say which row it is about.';
    end if;
  end loop;
end $$;

create or replace function audit.prepare_watch(
  target regclass, entity_type text, capture text, exclude text[], mask text[], dry_run boolean
) returns text[]
language plpgsql
volatile
security definer
set search_path = ''
as $$
#variable_conflict use_column
declare
  v_before audit_private.watches;
  v_watch audit_private.watches;
begin
  perform audit_private.require_owner(prepare_watch.target);
  perform audit_private.require_watchable(
    prepare_watch.target, prepare_watch.capture, prepare_watch.exclude, prepare_watch.mask
  );
  select * into v_before from audit_private.watches where target = prepare_watch.target and stopped_at is null for update;
  v_watch := v_before;
  v_watch.target := prepare_watch.target;
  v_watch.target_name := prepare_watch.target::text;
  v_watch.entity_type := audit_private.clean(coalesce(prepare_watch.entity_type, v_before.entity_type, prepare_watch.target::text), 200);
  v_watch.capture := prepare_watch.capture;
  v_watch.excluded := prepare_watch.exclude;
  v_watch.masked := prepare_watch.mask;
  if exists (
    select from audit_private.watches
    where entity_type = v_watch.entity_type and stopped_at is null and target <> v_watch.target
  ) then
    raise exception using
      errcode = 'ID006',
      message = format('entity type %s already names another watched table', v_watch.entity_type);
  end if;
  v_watch.watch_id := coalesce(
    v_before.watch_id, nextval(pg_get_serial_sequence('audit_private.watches', 'watch_id'))
  );
  if not prepare_watch.dry_run then
    perform audit_private.save_watch(v_before, v_watch);
  end if;
  return audit_private.capture_source(
    v_watch.watch_id, v_watch.target, v_watch.entity_type, v_watch.excluded, v_watch.masked
  ) || (
    select array_agg(definition) from audit_private.capture_triggers(v_watch.watch_id, v_watch.target)
  );
end $$;
comment on function audit.prepare_watch is 'The definer half of audit.watch: registers the table and writes its capture.';
