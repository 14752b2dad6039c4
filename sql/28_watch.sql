-- Chapter 2, what: which tables are captured.
-- The definer half of audit.watch: who may, what can be watched, and what is declared. Refuses what is no table of the caller
-- (42501, ID006) and columns that do not exist or make the key (ID007).

-- Who calls the definer half of a function. In it current_user is its owner, and session_user may be a superuser in whose
-- ANALYZE, or autovacuum, code of others runs with the rights of others. So the invoker half sets indelible.caller, and the
-- definer half believes it if it was called by that half, which the stack shows, in whatever language.
create or replace function audit_private.caller_of(context text, definer_half text, invoker_half text) returns name
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_frames constant text[] := string_to_array(context, E'\n');
begin
  if starts_with(v_frames[2], split_part(v_frames[1], definer_half || '(', 1) || invoker_half || '(') then
    return current_setting('indelible.caller');
  end if;
  raise exception using errcode = '42501', message = format('%s is a part of %s', definer_half, invoker_half),
    hint = format('Call %s.', invoker_half);
end $$;

create or replace function audit_private.require_owner(target regclass, caller name) returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  if not exists (
    select from pg_catalog.pg_class
    where oid = require_owner.target and pg_has_role(require_owner.caller, relowner, 'usage')
  ) then
    raise exception using
      errcode = '42501',
      message = format('must be owner of table %s', require_owner.target);
  end if;
end $$;

-- Where nothing is at stake: whom SET ROLE names, or the login.
create or replace function audit_private.require_owner(target regclass) returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  perform audit_private.require_owner(require_owner.target, coalesce(nullif(current_setting('role'), 'none'), session_user)::name);
end $$;

create or replace function audit_private.require_columns(watch audit_private.watches) returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_column text;
begin
  foreach v_column in array (watch).excluded || (watch).masked || (watch).skipped loop
    if not exists (
      select from pg_catalog.pg_attribute
      where attrelid = (watch).target and attname = v_column and attnum > 0 and not attisdropped
    ) then
      raise exception using errcode = 'ID007', message = format('%s has no column %I', (watch).target, v_column);
    elsif v_column = any (audit_private.key_columns((watch).target)) then
      raise exception using
        errcode = 'ID007',
        message = format('column %I is part of the key of %s and cannot be excluded, masked or skipped', v_column, (watch).target),
        hint = 'Without its key a record does not say which row it is about.';
    end if;
  end loop;
end $$;

create or replace function audit_private.require_watchable(watch audit_private.watches) returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  if not exists (
    select from pg_catalog.pg_class as class
    where class.oid = (watch).target
      and class.relkind in ('r', 'p')
      and class.relpersistence <> 't'
      and class.relnamespace::regnamespace::text not in (
        'audit', 'audit_private', 'audit_guard', 'pg_catalog', 'information_schema', 'pg_toast'
      )
  ) then
    raise exception using
      errcode = 'ID006',
      message = format('%s cannot be watched: only ordinary and partitioned tables outside audit and system schemas can', (watch).target),
      hint = 'Of a view, watch the tables beneath it.';
  end if;
  if (watch).capture not in ('row', 'statement') then
    raise exception using errcode = 'ID006', message = 'capture is row or statement';
  end if;
  if not ((watch).operations <@ '{insert,update,delete,truncate}' and cardinality((watch).operations) > 0) then
    raise exception using errcode = 'ID006', message = 'operations are some of insert, update, delete and truncate';
  end if;
  perform audit_private.require_alone((watch).target, (watch).capture);
  perform audit_private.require_known_partitioning((watch).target);
  perform audit_private.require_columns(watch);
end $$;

create or replace function audit_private.require_alone(target regclass, capture text) returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_kind "char" := (select relkind from pg_catalog.pg_class where oid = target);
begin
  if v_kind = 'r' and exists (select from pg_catalog.pg_inherits where inhparent = target) then
    raise exception using
      errcode = 'ID006',
      message = format('%s cannot be watched: tables inherit from it, and changes through it to their rows fire no trigger of its', target),
      hint = 'Watch each child, or make it a partitioned table.';
  elsif v_kind = 'p' and capture = 'statement' then
    raise exception using
      errcode = 'ID006',
      message = format('%s is partitioned and can only be captured by row', target),
      hint = 'Its statement triggers do not see what is written to a partition directly.';
  elsif capture = 'statement' and exists (select from pg_catalog.pg_inherits where inhrelid = target) then
    raise exception using
      errcode = 'ID006',
      message = format('%s has a parent table and can only be captured by row', target),
      hint = 'What is written through the parent fires no statement trigger of its.';
  elsif exists (
    select from audit_private.watches as watch
    where watch.stopped_at is null and watch.target in (select relid from pg_catalog.pg_partition_ancestors(require_alone.target))
      and watch.target <> require_alone.target
  ) then
    raise exception using
      errcode = 'ID006', message = format('%s is a partition of a watched table and captured with it', target);
  end if;
end $$;

-- A table may not pass for another one, nor for Indelible's own records, in the history of an entity.
create or replace function audit_private.require_entity_type(entity_type text, target regclass) returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
  if exists (
    select from audit_private.watches as watch
    where watch.entity_type = require_entity_type.entity_type and watch.target <> require_entity_type.target
      and watch.target_name <> require_entity_type.target::text
  ) then
    raise exception using
      errcode = 'ID006',
      message = format('entity type %s names another table, watched now or once', require_entity_type.entity_type);
  elsif require_entity_type.entity_type ~ '^(IAM|AUDIT)_' and not exists (
    select from pg_catalog.pg_class
    where oid = require_entity_type.target and relowner = 'audit_owner'::regrole
  ) then
    raise exception using
      errcode = 'ID006', message = 'entity types that begin with IAM_ or AUDIT_ belong to Indelible itself';
  end if;
end $$;

create or replace function audit.prepare_watch(
  target regclass, entity_type text, capture text, exclude text[], mask text[], dry_run boolean,
  skip text[] default null, operations text[] default null, record_unchanged boolean default null
) returns text[]
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set quote_all_identifiers = off
as $$
#variable_conflict use_column
declare
  v_before audit_private.watches;
  v_watch audit_private.watches;
  v_context text;
begin
  get diagnostics v_context = pg_context;
  perform audit_private.require_owner(
    prepare_watch.target, audit_private.caller_of(v_context, 'audit.prepare_watch', 'audit.watch')
  );
  select * into v_before from audit_private.watches where target = prepare_watch.target and stopped_at is null for update;
  -- Where no event trigger told: what was declared of a column that was renamed or dropped since.
  if v_before.watch_id is not null and not prepare_watch.dry_run then
    v_before := audit_private.follow_columns(v_before, known, audit_private.table_shape(v_before.target))
    from audit_private.shapes as known
    where known.watch_id = v_before.watch_id;
  end if;
  v_watch := v_before;
  v_watch.target := prepare_watch.target;
  v_watch.target_name := prepare_watch.target::text;
  v_watch.entity_type := audit_private.clean(coalesce(prepare_watch.entity_type, v_before.entity_type, prepare_watch.target::text), 200);
  -- What is not said stays as it was declared: a second call must not bring a masked secret into the log.
  v_watch.capture := coalesce(prepare_watch.capture, v_before.capture, 'row');
  v_watch.excluded := coalesce(prepare_watch.exclude, v_before.excluded, '{}');
  v_watch.masked := coalesce(prepare_watch.mask, v_before.masked, '{}');
  v_watch.skipped := coalesce(prepare_watch.skip, v_before.skipped, '{}');
  v_watch.operations := coalesce(prepare_watch.operations, v_before.operations, '{insert,update,delete,truncate}');
  v_watch.record_unchanged := coalesce(prepare_watch.record_unchanged, v_before.record_unchanged, false);
  perform audit_private.require_watchable(v_watch);
  perform audit_private.require_entity_type(v_watch.entity_type, v_watch.target);
  v_watch.watch_id := coalesce(
    v_before.watch_id, nextval(pg_get_serial_sequence('audit_private.watches', 'watch_id'))
  );
  if not prepare_watch.dry_run then
    perform audit_private.save_watch(v_before, v_watch);
  end if;
  return audit_private.image_types_source(v_watch) || audit_private.all_source(v_watch) || (
    select array_agg(definition) || array_agg(audit.enable_statement(relation, name, enabled))
    from audit_private.capture_triggers(v_watch)
  );
end $$;
comment on function audit.prepare_watch is 'The definer half of audit.watch: registers the table and writes its capture.';
