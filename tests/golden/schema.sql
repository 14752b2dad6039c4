--
-- PostgreSQL database dump
--

\restrict golden


SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET transaction_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: audit; Type: SCHEMA; Schema: -; Owner: audit_owner
--

CREATE SCHEMA audit;


ALTER SCHEMA audit OWNER TO audit_owner;

--
-- Name: audit_guard; Type: SCHEMA; Schema: -; Owner: postgres
--

CREATE SCHEMA audit_guard;


ALTER SCHEMA audit_guard OWNER TO postgres;

--
-- Name: audit_private; Type: SCHEMA; Schema: -; Owner: audit_owner
--

CREATE SCHEMA audit_private;


ALTER SCHEMA audit_private OWNER TO audit_owner;

--
-- Name: iam; Type: SCHEMA; Schema: -; Owner: audit_owner
--

CREATE SCHEMA iam;


ALTER SCHEMA iam OWNER TO audit_owner;

--
-- Name: actor_proof; Type: TYPE; Schema: audit; Owner: audit_owner
--

CREATE TYPE audit.actor_proof AS ENUM (
    'sealed',
    'service',
    'client',
    'direct'
);


ALTER TYPE audit.actor_proof OWNER TO audit_owner;

--
-- Name: outcome; Type: TYPE; Schema: audit; Owner: audit_owner
--

CREATE TYPE audit.outcome AS ENUM (
    'success',
    'failure',
    'denied',
    'attempted'
);


ALTER TYPE audit.outcome OWNER TO audit_owner;

--
-- Name: time_source; Type: TYPE; Schema: audit; Owner: audit_owner
--

CREATE TYPE audit.time_source AS ENUM (
    'database',
    'claimed',
    'clamped'
);


ALTER TYPE audit.time_source OWNER TO audit_owner;

--
-- Name: actor; Type: TYPE; Schema: audit_private; Owner: audit_owner
--

CREATE TYPE audit_private.actor AS (
	user_id text,
	ip_address inet,
	request_id text,
	proof audit.actor_proof,
	claim text
);


ALTER TYPE audit_private.actor OWNER TO audit_owner;

--
-- Name: TYPE actor; Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON TYPE audit_private.actor IS 'Who acts, as far as proven. claim holds what was asserted and not honoured, for the record.';


--
-- Name: event_filter; Type: TYPE; Schema: audit_private; Owner: audit_owner
--

CREATE TYPE audit_private.event_filter AS (
	actor text,
	action text,
	outcome audit.outcome,
	entity_type text,
	entity_id text,
	network inet,
	since timestamp with time zone,
	until timestamp with time zone,
	request_id text,
	text text,
	reads boolean
);


ALTER TYPE audit_private.event_filter OWNER TO audit_owner;

--
-- Name: TYPE event_filter; Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON TYPE audit_private.event_filter IS 'Which events a reader wants: those that match all members that are not null.';


--
-- Name: image_10_5d227dc9; Type: TYPE; Schema: audit_private; Owner: audit_owner
--

CREATE TYPE audit_private.image_10_5d227dc9 AS (
	account text,
	kind text,
	pattern text
);


ALTER TYPE audit_private.image_10_5d227dc9 OWNER TO audit_owner;

--
-- Name: image_10_5d227dc9_both; Type: TYPE; Schema: audit_private; Owner: audit_owner
--

CREATE TYPE audit_private.image_10_5d227dc9_both AS (
	old audit_private.image_10_5d227dc9,
	new audit_private.image_10_5d227dc9
);


ALTER TYPE audit_private.image_10_5d227dc9_both OWNER TO audit_owner;

--
-- Name: image_10_5d227dc9_new; Type: TYPE; Schema: audit_private; Owner: audit_owner
--

CREATE TYPE audit_private.image_10_5d227dc9_new AS (
	new audit_private.image_10_5d227dc9
);


ALTER TYPE audit_private.image_10_5d227dc9_new OWNER TO audit_owner;

--
-- Name: image_10_5d227dc9_old; Type: TYPE; Schema: audit_private; Owner: audit_owner
--

CREATE TYPE audit_private.image_10_5d227dc9_old AS (
	old audit_private.image_10_5d227dc9
);


ALTER TYPE audit_private.image_10_5d227dc9_old OWNER TO audit_owner;

--
-- Name: image_1_97d0fc4f; Type: TYPE; Schema: audit_private; Owner: audit_owner
--

CREATE TYPE audit_private.image_1_97d0fc4f AS (
	username text,
	display_name text,
	active boolean,
	created_at timestamp with time zone
);


ALTER TYPE audit_private.image_1_97d0fc4f OWNER TO audit_owner;

--
-- Name: image_1_97d0fc4f_both; Type: TYPE; Schema: audit_private; Owner: audit_owner
--

CREATE TYPE audit_private.image_1_97d0fc4f_both AS (
	old audit_private.image_1_97d0fc4f,
	new audit_private.image_1_97d0fc4f
);


ALTER TYPE audit_private.image_1_97d0fc4f_both OWNER TO audit_owner;

--
-- Name: image_1_97d0fc4f_new; Type: TYPE; Schema: audit_private; Owner: audit_owner
--

CREATE TYPE audit_private.image_1_97d0fc4f_new AS (
	new audit_private.image_1_97d0fc4f
);


ALTER TYPE audit_private.image_1_97d0fc4f_new OWNER TO audit_owner;

--
-- Name: image_1_97d0fc4f_old; Type: TYPE; Schema: audit_private; Owner: audit_owner
--

CREATE TYPE audit_private.image_1_97d0fc4f_old AS (
	old audit_private.image_1_97d0fc4f
);


ALTER TYPE audit_private.image_1_97d0fc4f_old OWNER TO audit_owner;

--
-- Name: image_2_2a219968; Type: TYPE; Schema: audit_private; Owner: audit_owner
--

CREATE TYPE audit_private.image_2_2a219968 AS (
	username text,
	salt text,
	memory_kib integer,
	iterations integer,
	parallelism integer,
	verifier text,
	changed_at timestamp with time zone
);


ALTER TYPE audit_private.image_2_2a219968 OWNER TO audit_owner;

--
-- Name: image_2_2a219968_both; Type: TYPE; Schema: audit_private; Owner: audit_owner
--

CREATE TYPE audit_private.image_2_2a219968_both AS (
	old audit_private.image_2_2a219968,
	new audit_private.image_2_2a219968
);


ALTER TYPE audit_private.image_2_2a219968_both OWNER TO audit_owner;

--
-- Name: image_2_2a219968_new; Type: TYPE; Schema: audit_private; Owner: audit_owner
--

CREATE TYPE audit_private.image_2_2a219968_new AS (
	new audit_private.image_2_2a219968
);


ALTER TYPE audit_private.image_2_2a219968_new OWNER TO audit_owner;

--
-- Name: image_2_2a219968_old; Type: TYPE; Schema: audit_private; Owner: audit_owner
--

CREATE TYPE audit_private.image_2_2a219968_old AS (
	old audit_private.image_2_2a219968
);


ALTER TYPE audit_private.image_2_2a219968_old OWNER TO audit_owner;

--
-- Name: image_3_11cc7a8a; Type: TYPE; Schema: audit_private; Owner: audit_owner
--

CREATE TYPE audit_private.image_3_11cc7a8a AS (
	role text,
	description text
);


ALTER TYPE audit_private.image_3_11cc7a8a OWNER TO audit_owner;

--
-- Name: image_3_11cc7a8a_both; Type: TYPE; Schema: audit_private; Owner: audit_owner
--

CREATE TYPE audit_private.image_3_11cc7a8a_both AS (
	old audit_private.image_3_11cc7a8a,
	new audit_private.image_3_11cc7a8a
);


ALTER TYPE audit_private.image_3_11cc7a8a_both OWNER TO audit_owner;

--
-- Name: image_3_11cc7a8a_new; Type: TYPE; Schema: audit_private; Owner: audit_owner
--

CREATE TYPE audit_private.image_3_11cc7a8a_new AS (
	new audit_private.image_3_11cc7a8a
);


ALTER TYPE audit_private.image_3_11cc7a8a_new OWNER TO audit_owner;

--
-- Name: image_3_11cc7a8a_old; Type: TYPE; Schema: audit_private; Owner: audit_owner
--

CREATE TYPE audit_private.image_3_11cc7a8a_old AS (
	old audit_private.image_3_11cc7a8a
);


ALTER TYPE audit_private.image_3_11cc7a8a_old OWNER TO audit_owner;

--
-- Name: image_4_16df66d2; Type: TYPE; Schema: audit_private; Owner: audit_owner
--

CREATE TYPE audit_private.image_4_16df66d2 AS (
	permission text,
	description text
);


ALTER TYPE audit_private.image_4_16df66d2 OWNER TO audit_owner;

--
-- Name: image_4_16df66d2_both; Type: TYPE; Schema: audit_private; Owner: audit_owner
--

CREATE TYPE audit_private.image_4_16df66d2_both AS (
	old audit_private.image_4_16df66d2,
	new audit_private.image_4_16df66d2
);


ALTER TYPE audit_private.image_4_16df66d2_both OWNER TO audit_owner;

--
-- Name: image_4_16df66d2_new; Type: TYPE; Schema: audit_private; Owner: audit_owner
--

CREATE TYPE audit_private.image_4_16df66d2_new AS (
	new audit_private.image_4_16df66d2
);


ALTER TYPE audit_private.image_4_16df66d2_new OWNER TO audit_owner;

--
-- Name: image_4_16df66d2_old; Type: TYPE; Schema: audit_private; Owner: audit_owner
--

CREATE TYPE audit_private.image_4_16df66d2_old AS (
	old audit_private.image_4_16df66d2
);


ALTER TYPE audit_private.image_4_16df66d2_old OWNER TO audit_owner;

--
-- Name: image_5_c5135413; Type: TYPE; Schema: audit_private; Owner: audit_owner
--

CREATE TYPE audit_private.image_5_c5135413 AS (
	role text,
	permission text
);


ALTER TYPE audit_private.image_5_c5135413 OWNER TO audit_owner;

--
-- Name: image_5_c5135413_both; Type: TYPE; Schema: audit_private; Owner: audit_owner
--

CREATE TYPE audit_private.image_5_c5135413_both AS (
	old audit_private.image_5_c5135413,
	new audit_private.image_5_c5135413
);


ALTER TYPE audit_private.image_5_c5135413_both OWNER TO audit_owner;

--
-- Name: image_5_c5135413_new; Type: TYPE; Schema: audit_private; Owner: audit_owner
--

CREATE TYPE audit_private.image_5_c5135413_new AS (
	new audit_private.image_5_c5135413
);


ALTER TYPE audit_private.image_5_c5135413_new OWNER TO audit_owner;

--
-- Name: image_5_c5135413_old; Type: TYPE; Schema: audit_private; Owner: audit_owner
--

CREATE TYPE audit_private.image_5_c5135413_old AS (
	old audit_private.image_5_c5135413
);


ALTER TYPE audit_private.image_5_c5135413_old OWNER TO audit_owner;

--
-- Name: image_6_c183f119; Type: TYPE; Schema: audit_private; Owner: audit_owner
--

CREATE TYPE audit_private.image_6_c183f119 AS (
	username text,
	role text
);


ALTER TYPE audit_private.image_6_c183f119 OWNER TO audit_owner;

--
-- Name: image_6_c183f119_both; Type: TYPE; Schema: audit_private; Owner: audit_owner
--

CREATE TYPE audit_private.image_6_c183f119_both AS (
	old audit_private.image_6_c183f119,
	new audit_private.image_6_c183f119
);


ALTER TYPE audit_private.image_6_c183f119_both OWNER TO audit_owner;

--
-- Name: image_6_c183f119_new; Type: TYPE; Schema: audit_private; Owner: audit_owner
--

CREATE TYPE audit_private.image_6_c183f119_new AS (
	new audit_private.image_6_c183f119
);


ALTER TYPE audit_private.image_6_c183f119_new OWNER TO audit_owner;

--
-- Name: image_6_c183f119_old; Type: TYPE; Schema: audit_private; Owner: audit_owner
--

CREATE TYPE audit_private.image_6_c183f119_old AS (
	old audit_private.image_6_c183f119
);


ALTER TYPE audit_private.image_6_c183f119_old OWNER TO audit_owner;

--
-- Name: image_7_c18ba6ca; Type: TYPE; Schema: audit_private; Owner: audit_owner
--

CREATE TYPE audit_private.image_7_c18ba6ca AS (
	only_row boolean,
	max_failures integer,
	lock_minutes integer,
	session_hours integer,
	keep_unknown_names boolean
);


ALTER TYPE audit_private.image_7_c18ba6ca OWNER TO audit_owner;

--
-- Name: image_7_c18ba6ca_both; Type: TYPE; Schema: audit_private; Owner: audit_owner
--

CREATE TYPE audit_private.image_7_c18ba6ca_both AS (
	old audit_private.image_7_c18ba6ca,
	new audit_private.image_7_c18ba6ca
);


ALTER TYPE audit_private.image_7_c18ba6ca_both OWNER TO audit_owner;

--
-- Name: image_7_c18ba6ca_new; Type: TYPE; Schema: audit_private; Owner: audit_owner
--

CREATE TYPE audit_private.image_7_c18ba6ca_new AS (
	new audit_private.image_7_c18ba6ca
);


ALTER TYPE audit_private.image_7_c18ba6ca_new OWNER TO audit_owner;

--
-- Name: image_7_c18ba6ca_old; Type: TYPE; Schema: audit_private; Owner: audit_owner
--

CREATE TYPE audit_private.image_7_c18ba6ca_old AS (
	old audit_private.image_7_c18ba6ca
);


ALTER TYPE audit_private.image_7_c18ba6ca_old OWNER TO audit_owner;

--
-- Name: image_8_a54003ca; Type: TYPE; Schema: audit_private; Owner: audit_owner
--

CREATE TYPE audit_private.image_8_a54003ca AS (
	account text,
	description text,
	active boolean,
	created_at timestamp with time zone
);


ALTER TYPE audit_private.image_8_a54003ca OWNER TO audit_owner;

--
-- Name: image_8_a54003ca_both; Type: TYPE; Schema: audit_private; Owner: audit_owner
--

CREATE TYPE audit_private.image_8_a54003ca_both AS (
	old audit_private.image_8_a54003ca,
	new audit_private.image_8_a54003ca
);


ALTER TYPE audit_private.image_8_a54003ca_both OWNER TO audit_owner;

--
-- Name: image_8_a54003ca_new; Type: TYPE; Schema: audit_private; Owner: audit_owner
--

CREATE TYPE audit_private.image_8_a54003ca_new AS (
	new audit_private.image_8_a54003ca
);


ALTER TYPE audit_private.image_8_a54003ca_new OWNER TO audit_owner;

--
-- Name: image_8_a54003ca_old; Type: TYPE; Schema: audit_private; Owner: audit_owner
--

CREATE TYPE audit_private.image_8_a54003ca_old AS (
	old audit_private.image_8_a54003ca
);


ALTER TYPE audit_private.image_8_a54003ca_old OWNER TO audit_owner;

--
-- Name: image_9_210078ed; Type: TYPE; Schema: audit_private; Owner: audit_owner
--

CREATE TYPE audit_private.image_9_210078ed AS (
	key_id text,
	account text,
	key_digest text,
	created_at timestamp with time zone,
	expires_at timestamp with time zone,
	revoked_at timestamp with time zone,
	last_used_at timestamp with time zone
);


ALTER TYPE audit_private.image_9_210078ed OWNER TO audit_owner;

--
-- Name: image_9_210078ed_both; Type: TYPE; Schema: audit_private; Owner: audit_owner
--

CREATE TYPE audit_private.image_9_210078ed_both AS (
	old audit_private.image_9_210078ed,
	new audit_private.image_9_210078ed
);


ALTER TYPE audit_private.image_9_210078ed_both OWNER TO audit_owner;

--
-- Name: image_9_210078ed_new; Type: TYPE; Schema: audit_private; Owner: audit_owner
--

CREATE TYPE audit_private.image_9_210078ed_new AS (
	new audit_private.image_9_210078ed
);


ALTER TYPE audit_private.image_9_210078ed_new OWNER TO audit_owner;

--
-- Name: image_9_210078ed_old; Type: TYPE; Schema: audit_private; Owner: audit_owner
--

CREATE TYPE audit_private.image_9_210078ed_old AS (
	old audit_private.image_9_210078ed
);


ALTER TYPE audit_private.image_9_210078ed_old OWNER TO audit_owner;

--
-- Name: allow_unwatched(regclass, text); Type: FUNCTION; Schema: audit; Owner: audit_owner
--

CREATE FUNCTION audit.allow_unwatched(target regclass, reason text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
  if allow_unwatched.target is null or coalesce(length(allow_unwatched.reason), 0) not between 1 and 500 then
    raise exception using errcode = 'ID005', message = 'a table needs no capture only for a reason of 1 to 500 characters';
  end if;
  insert into audit_private.unwatched_by_choice (target, reason)
  values (allow_unwatched.target, audit_private.clean(allow_unwatched.reason, 500))
  on conflict (target) do update set reason = excluded.reason, decided_at = excluded.decided_at
  where unwatched_by_choice.reason <> excluded.reason;
  if found then
    perform audit_private.append(
      actor => audit_private.current_actor(),
      action => 'AUDIT_COVERAGE_EXCEPTED',
      entity_type => 'AUDIT_WATCH',
      entity_id => allow_unwatched.target::text,
      metadata => jsonb_build_object('reason', allow_unwatched.reason)
    );
  end if;
end $$;


ALTER FUNCTION audit.allow_unwatched(target regclass, reason text) OWNER TO audit_owner;

--
-- Name: FUNCTION allow_unwatched(target regclass, reason text); Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON FUNCTION audit.allow_unwatched(target regclass, reason text) IS 'Declares, on record, that a table needs no capture, and why.';


--
-- Name: as_of(anyelement, timestamp with time zone); Type: FUNCTION; Schema: audit; Owner: audit_owner
--

CREATE FUNCTION audit.as_of(table_row anyelement, moment timestamp with time zone) RETURNS SETOF anyelement
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET work_mem TO '64MB'
    SET row_security TO 'off'
    SET constraint_exclusion TO 'off'
    SET extra_float_digits TO '1'
    SET "TimeZone" TO 'UTC'
    SET bytea_output TO 'hex'
    SET "DateStyle" TO 'ISO, YMD'
    SET "IntervalStyle" TO 'postgres'
    SET lc_monetary TO 'C'
    SET xmlbinary TO 'base64'
    SET quote_all_identifiers TO 'off'
    AS $$
declare
  v_target constant regclass := (
    select class.oid from pg_catalog.pg_type as kind
    join pg_catalog.pg_class as class on class.oid = kind.typrelid
    where kind.oid = pg_typeof(as_of.table_row) and class.relkind in ('r', 'p')
  );
  v_source text;
begin
  if v_target is null then
    raise exception using
      errcode = '42804',
      message = format('audit.as_of wants a row of a table, not %s', pg_typeof(as_of.table_row)),
      hint = 'audit.as_of(null::schema.table, moment)';
  end if;
  -- Its columns stay as they are from here on.
  execute format('lock table %s in access share mode', v_target);
  perform set_config('indelible.caller', current_user, true);
  -- A simple assignment: between the halves nothing else stands on the stack.
  v_source := audit.past_source(v_target, coalesce(as_of.moment, clock_timestamp()));
  return query execute v_source;
end $$;


ALTER FUNCTION audit.as_of(table_row anyelement, moment timestamp with time zone) OWNER TO audit_owner;

--
-- Name: FUNCTION as_of(table_row anyelement, moment timestamp with time zone); Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON FUNCTION audit.as_of(table_row anyelement, moment timestamp with time zone) IS 'The rows of a watched table as they stood at a moment: select * from audit.as_of(null::shop.orders, now() - interval ''1 hour''). Called by investigators who may read the table; columns whose values are not on record are NULL, with a notice.';


--
-- Name: attach_capture(regclass); Type: FUNCTION; Schema: audit; Owner: audit_owner
--

CREATE FUNCTION audit.attach_capture(target regclass) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_door constant bigint := audit_private.open_door();
  v_definition text;
  v_attached boolean := false;
begin
  perform audit_private.require_owner(attach_capture.target);
  if exists (
    select from pg_catalog.pg_partition_tree(attach_capture.target) as tree
    where not tree.isleaf and not audit_private.holds_lock(tree.relid)
  ) then
    raise exception using
      errcode = 'ID012', message = format('%s must be locked, with all of its partitions', attach_capture.target),
      hint = 'audit.watch() does so.';
  end if;
  -- Under the lock, so that no partition comes along whose code would run while the triggers are made.
  perform audit_private.require_known_partitioning(attach_capture.target);
  for v_definition in select definition from audit.pending_capture(attach_capture.target) loop
    execute v_definition;
    v_attached := true;
  end loop;
  if v_attached then
    perform audit_private.restart_version(watch)
    from audit_private.watches as watch
    where watch.target = attach_capture.target and watch.stopped_at is null;
  end if;
  perform audit_private.close_door(v_door);
end $$;


ALTER FUNCTION audit.attach_capture(target regclass) OWNER TO audit_owner;

--
-- Name: FUNCTION attach_capture(target regclass); Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON FUNCTION audit.attach_capture(target regclass) IS 'Makes the missing triggers, while the owner lends the privilege.';


--
-- Name: attach_pending(regclass); Type: FUNCTION; Schema: audit; Owner: audit_owner
--

CREATE FUNCTION audit.attach_pending(target regclass) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_enable text[] := array(
    select audit.enable_statement(relation, name, enabled) from audit.pending_capture(attach_pending.target)
  );
  v_schema regnamespace;
  v_relations constant regclass[] := array(select audit.captured_relations(attach_pending.target));
  v_lend constant regclass[] := array(
    -- Those between, too, which hold no rows: triggers pass through them.
    select relation from (
      select attach_pending.target as relation union select relid from pg_catalog.pg_partition_tree(attach_pending.target)
    ) as tree
    where not has_table_privilege('audit_owner', relation, 'trigger')
  );
  v_statement text;
  v_relation regclass;
begin
  for v_statement in
    select format('drop trigger %I on %s', name, relation) from audit.surplus_capture(attach_pending.target)
  loop
    execute v_statement;
  end loop;
  for v_schema in
    select distinct relnamespace from pg_catalog.pg_class
    where oid = any (v_relations) and not has_schema_privilege('audit_owner', relnamespace, 'usage')
  loop
    -- To whoever may not give it GRANT says a warning, or a refusal that does not say for whom.
    if not has_schema_privilege(v_schema, 'usage with grant option') then
      raise exception using
        errcode = '42501',
        message = format('%s cannot be watched: audit_owner may not use schema %s', attach_pending.target, v_schema),
        hint = format('As the owner of the schema: grant usage on schema %s to audit_owner', v_schema);
    end if;
    execute format('grant usage on schema %s to audit_owner', v_schema);
  end loop;
  foreach v_relation in array v_relations loop
    if not has_table_privilege('audit_owner', v_relation, 'select') then
      execute format('grant select on %s to audit_owner', v_relation);
    end if;
  end loop;
  if v_enable = '{}' then
    return;
  end if;
  foreach v_relation in array v_lend loop
    execute format('grant trigger on %s to audit_owner', v_relation);
  end loop;
  if exists (select from pg_catalog.pg_partition_tree(attach_pending.target)) then
    execute format('lock table %s in share row exclusive mode', attach_pending.target);
  end if;
  perform audit.attach_capture(attach_pending.target);
  foreach v_statement in array v_enable loop
    execute v_statement;
  end loop;
  foreach v_relation in array v_lend loop
    execute format('revoke trigger on %s from audit_owner', v_relation);
  end loop;
end $$;


ALTER FUNCTION audit.attach_pending(target regclass) OWNER TO audit_owner;

--
-- Name: FUNCTION attach_pending(target regclass); Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON FUNCTION audit.attach_pending(target regclass) IS 'The invoker half of audit.watch: attaches what is missing, as the table''s owner.';


--
-- Name: baseline(regclass, integer); Type: FUNCTION; Schema: audit; Owner: audit_owner
--

CREATE FUNCTION audit.baseline(target regclass, rows integer DEFAULT 10000) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET lock_timeout TO '5s'
    AS $$
begin
  -- No writer is in flight meanwhile, so each record stands where it belongs in the order of the log; no index is made either.
  execute format('lock table %s in share row exclusive mode', baseline.target);
  return audit.record_baseline_batch(baseline.target, baseline.rows);
end $$;


ALTER FUNCTION audit.baseline(target regclass, rows integer) OWNER TO audit_owner;

--
-- Name: FUNCTION baseline(target regclass, rows integer); Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON FUNCTION audit.baseline(target regclass, rows integer) IS 'Records the next rows that a watched table held already, as ROW_BASELINE; called by its owner until it returns 0. Each batch locks out writers for its time; commit after each. A table without a key is recorded in one batch.';


--
-- Name: begin_epoch(text, text, text, jsonb); Type: FUNCTION; Schema: audit; Owner: audit_owner
--

CREATE FUNCTION audit.begin_epoch(origin text, verifier_key text, reason text, lost jsonb DEFAULT NULL::jsonb) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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


ALTER FUNCTION audit.begin_epoch(origin text, verifier_key text, reason text, lost jsonb) OWNER TO audit_owner;

--
-- Name: FUNCTION begin_epoch(origin text, verifier_key text, reason text, lost jsonb); Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON FUNCTION audit.begin_epoch(origin text, verifier_key text, reason text, lost jsonb) IS 'Begins the log, or continues it on this server, on record; lost is what was signed of a former log and is not here.';


--
-- Name: begin_stream(text, jsonb, bigint, text, text, inet, text); Type: FUNCTION; Schema: audit; Owner: audit_owner
--

CREATE FUNCTION audit.begin_stream(stream text, filter jsonb, from_leaf bigint, sealed text, user_id text, ip_address inet, request_id text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_actor constant audit_private.actor := audit_private.resolve_actor(
    begin_stream.sealed, begin_stream.user_id, begin_stream.ip_address, begin_stream.request_id
  );
begin
  perform audit_private.require_http_reader(v_actor);
  perform audit_private.note_http_read(
    v_actor, 'http stream', begin_stream.filter,
    jsonb_build_object('stream', begin_stream.stream, 'phase', 'begun', 'from_leaf', begin_stream.from_leaf)
  );
end $$;


ALTER FUNCTION audit.begin_stream(stream text, filter jsonb, from_leaf bigint, sealed text, user_id text, ip_address inet, request_id text) OWNER TO audit_owner;

--
-- Name: FUNCTION begin_stream(stream text, filter jsonb, from_leaf bigint, sealed text, user_id text, ip_address inet, request_id text); Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON FUNCTION audit.begin_stream(stream text, filter jsonb, from_leaf bigint, sealed text, user_id text, ip_address inet, request_id text) IS 'Lets a user follow the log who may, and puts on record that a stream begins.';


--
-- Name: history(regclass, text); Type: FUNCTION; Schema: audit; Owner: audit_owner
--

CREATE FUNCTION audit.history(target regclass, key text) RETURNS TABLE(version bigint, id bigint, created_at timestamp with time zone, action text, user_id text, db_user text, actor_proof text, ip_address inet, request_id text, transaction xid8, entity_id text, diff jsonb, known jsonb, taken_by bigint)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET quote_all_identifiers TO 'off'
    AS $$
#variable_conflict use_column
begin
  perform audit_private.require_may_read(history.target);
  perform audit_private.tell_read('history ' || history.target::text);
  return query
  with version as materialized (
    select * from audit_private.present_names(history.target)
  ), told as (
    select
      (past.record).*, past.taken_by,
      case
        when version.names is null then (past.record).changes
        else audit_private.renamed_changes((past.record).changes, version.names)
      end as present
    from audit_private.records_of(
      audit_private.entity_types_of(history.target), audit_private.named_key(history.target, history.key)
    ) as past
    left join version on (past.record).id > version.since_id
      and (version.until_id is null or (past.record).id <= version.until_id)
  )
  select
    row_number() over (order by told.id), told.id, told.created_at, told.action, told.user_id, told.db_user,
    told.actor_proof::text, told.ip_address, told.request_id, told.xid, told.entity_id::text,
    audit_private.field_changes(told.present),
    case when told.action <> 'ROW_DELETED' then
      audit_private.merged(nullif(told.present -> 'new', 'null')) over (partition by told.taken_by order by told.id)
    end,
    told.taken_by
  from told
  order by told.id;
end $$;


ALTER FUNCTION audit.history(target regclass, key text) OWNER TO audit_owner;

--
-- Name: FUNCTION history(target regclass, key text); Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON FUNCTION audit.history(target regclass, key text) IS 'Every version of a row that the log has: who made it, what changed by column ({"old": …, "new": …}), and the row after it as far as it is known. A row whose key was changed is followed back; taken_by tells rows apart that bore the key in turn. select * from audit.history(''shop.orders'', ''7'').';


--
-- Name: blame(regclass, text); Type: FUNCTION; Schema: audit; Owner: audit_owner
--

CREATE FUNCTION audit.blame(target regclass, key text) RETURNS TABLE(column_name text, value text, changed_at timestamp with time zone, action text, user_id text, db_user text, actor_proof text, ip_address inet, request_id text, id bigint)
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'pg_temp'
    BEGIN ATOMIC
 WITH version AS MATERIALIZED (
          SELECT history.version,
             history.id,
             history.created_at,
             history.action,
             history.user_id,
             history.db_user,
             history.actor_proof,
             history.ip_address,
             history.request_id,
             history.transaction,
             history.entity_id,
             history.diff,
             history.known,
             history.taken_by
            FROM audit.history(blame.target, blame.key) history(version, id, created_at, action, user_id, db_user, actor_proof, ip_address, request_id, transaction, entity_id, diff, known, taken_by)
         ), present AS (
          SELECT version.version,
             version.id,
             version.created_at,
             version.action,
             version.user_id,
             version.db_user,
             version.actor_proof,
             version.ip_address,
             version.request_id,
             version.transaction,
             version.entity_id,
             version.diff,
             version.known,
             version.taken_by
            FROM version
           WHERE (version.taken_by = ( SELECT max(latest.taken_by) AS max
                    FROM version latest))
         )
  SELECT DISTINCT ON (field.key) field.key,
     (field.value ->> 'new'::text),
     present.created_at,
     present.action,
     present.user_id,
     present.db_user,
     present.actor_proof,
     present.ip_address,
     present.request_id,
     present.id
    FROM (present
      CROSS JOIN LATERAL jsonb_each(present.diff) field(key, value))
   WHERE (present.action <> 'ROW_DELETED'::text)
   ORDER BY field.key, present.id DESC;
END;


ALTER FUNCTION audit.blame(target regclass, key text) OWNER TO audit_owner;

--
-- Name: FUNCTION blame(target regclass, key text); Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON FUNCTION audit.blame(target regclass, key text) IS 'Of each column of a row who set its present value, when, from where and in which request: select * from audit.blame(''shop.orders'', ''7''). ROW_BASELINE: it was so before the table was watched.';


--
-- Name: captured_relations(regclass); Type: FUNCTION; Schema: audit; Owner: audit_owner
--

CREATE FUNCTION audit.captured_relations(target regclass) RETURNS SETOF regclass
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select target
  union
  select tree.relid
  from pg_catalog.pg_partition_tree(target) as tree
  join pg_catalog.pg_class as class on class.oid = tree.relid
  where class.relkind = 'r'
$$;


ALTER FUNCTION audit.captured_relations(target regclass) OWNER TO audit_owner;

--
-- Name: FUNCTION captured_relations(target regclass); Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON FUNCTION audit.captured_relations(target regclass) IS 'A table and, of a partitioned one, the partitions that hold rows.';


--
-- Name: close_batch(bigint, bytea, integer[], bigint[], integer[], bytea[]); Type: FUNCTION; Schema: audit; Owner: audit_owner
--

CREATE FUNCTION audit.close_batch(tree_size bigint, root bytea, levels integer[], numbers bigint[], starts integer[], contents bytea[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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


ALTER FUNCTION audit.close_batch(tree_size bigint, root bytea, levels integer[], numbers bigint[], starts integer[], contents bytea[]) OWNER TO audit_owner;

--
-- Name: FUNCTION close_batch(tree_size bigint, root bytea, levels integer[], numbers bigint[], starts integer[], contents bytea[]); Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON FUNCTION audit.close_batch(tree_size bigint, root bytea, levels integer[], numbers bigint[], starts integer[], contents bytea[]) IS 'Adds to the tiles what a batch brought, in the transaction of seal_batch.';


--
-- Name: comparison_source(regclass); Type: FUNCTION; Schema: audit; Owner: audit_owner
--

CREATE FUNCTION audit.comparison_source(target regclass) RETURNS text
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET quote_all_identifiers TO 'off'
    AS $$
declare
  v_watch audit_private.watches;
  v_baseline audit_private.baselines;
  v_context text;
  v_caller name;
begin
  get diagnostics v_context = pg_context;
  v_caller := audit_private.caller_of(v_context, 'audit.comparison_source', 'audit.reconcile');
  perform audit_private.require_reader(comparison_source.target, v_caller);
  v_watch := audit_private.active_watch(comparison_source.target);
  perform audit_private.require_reconcilable(v_watch);
  perform audit_private.require_harmless_code(comparison_source.target, v_caller);
  select * into v_baseline from audit_private.baselines where watch_id = v_watch.watch_id and finished_at is not null;
  perform set_config('indelible.permit', audit_private.reading_permit(comparison_source.target), true);
  return case
    when audit_private.key_columns(v_watch.target) = '{}' then audit_private.keyless_comparison_source(
      v_watch, v_baseline.watch_id is not null and audit_private.next_relation(v_baseline, v_watch.target) is null
    )
    else audit_private.keyed_comparison_source(v_watch, coalesce(v_baseline.visited, '{}'))
  end;
end $$;


ALTER FUNCTION audit.comparison_source(target regclass) OWNER TO audit_owner;

--
-- Name: FUNCTION comparison_source(target regclass); Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON FUNCTION audit.comparison_source(target regclass) IS 'The query by which the caller compares a table with the log.';


--
-- Name: define_action(text, text, text); Type: FUNCTION; Schema: audit; Owner: audit_owner
--

CREATE FUNCTION audit.define_action(code text, description text, origin text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
#variable_conflict use_column
begin
  if exists (
    select from audit.actions
    where code = define_action.code and description = define_action.description and origin = define_action.origin
  ) then
    return;
  end if;
  if define_action.origin is null or define_action.origin not in ('service', 'client')
    or define_action.code ~ '^(AUTH|RBAC|IAM|ROW|TABLE|AUDIT)_'
  then
    raise exception using
      errcode = 'ID003',
      message = 'only actions of origin service or client can be defined, outside AUTH, RBAC, IAM, ROW, TABLE and AUDIT',
      hint = 'The rest belongs to Indelible itself.';
  end if;
  if define_action.code is null or define_action.code !~ '^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$'
    or length(define_action.code) > 100 or coalesce(define_action.description, '') = ''
  then
    raise exception using
      errcode = 'ID005',
      message = 'an action needs a code such as FTMS_BOOKING_CREATED and a description';
  end if;
  if exists (select from audit.actions where code = define_action.code and origin <> define_action.origin) then
    raise exception using
      errcode = 'ID003',
      message = format('action %s is taken by another origin', define_action.code);
  end if;
  insert into audit.actions (code, description, origin)
  values (define_action.code, audit_private.clean(define_action.description, 500), define_action.origin)
  on conflict (code) do update set description = excluded.description;
  perform audit_private.append(
    actor => audit_private.current_actor(),
    action => 'AUDIT_ACTION_DEFINED',
    entity_type => 'AUDIT_ACTION',
    entity_id => define_action.code,
    metadata => jsonb_build_object('origin', define_action.origin, 'description', define_action.description)
  );
end $_$;


ALTER FUNCTION audit.define_action(code text, description text, origin text) OWNER TO audit_owner;

--
-- Name: FUNCTION define_action(code text, description text, origin text); Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON FUNCTION audit.define_action(code text, description text, origin text) IS 'Adds a code of origin service or client to the catalogue, or betters its description. Idempotent.';


--
-- Name: doctor(); Type: FUNCTION; Schema: audit; Owner: audit_owner
--

CREATE FUNCTION audit.doctor() RETURNS TABLE(finding text, object text, detail text, remedy text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select * from audit_private.findings_of_capture()
  union all
  select * from audit_private.findings_of_log()
  union all
  select * from audit_private.findings_of_roles()
  union all
  select * from audit_private.findings_of_drift()
  union all
  select * from audit_private.findings_of_guard()
  union all
  select * from audit_private.findings_of_owner()
  union all
  select * from audit_private.findings_of_verdicts()
  order by 1, 2, 3
$$;


ALTER FUNCTION audit.doctor() OWNER TO audit_owner;

--
-- Name: FUNCTION doctor(); Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON FUNCTION audit.doctor() IS 'What is not audited, disabled, drifted or open, each with its remedy; no row is good news.';


--
-- Name: drain(); Type: FUNCTION; Schema: audit; Owner: audit_owner
--

CREATE FUNCTION audit.drain() RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET lock_timeout TO '30s'
    AS $$
declare
  v_slot record;
  v_stored pg_lsn;
begin
  if not audit_private.guard_is_installed() then
    return 0;
  end if;
  -- The slot is moved on to what is stored; a commit that a crash could take back would take verdicts with it.
  if current_setting('synchronous_commit') = 'off' then
    perform set_config('synchronous_commit', 'on', true);
  end if;
  lock table audit_private.drains in exclusive mode;
  select * into v_slot from audit_guard.open_slot();
  if v_slot.slot is null then
    return 0;
  end if;
  select next_lsn into v_stored
  from audit_private.drains
  where slot_name = v_slot.slot and system_identifier = (select system_identifier::text from pg_control_system());
  -- A slot that is ahead of what was drained was made anew or moved on by others: whoever has REPLICATION can.
  if v_slot.lost or v_slot.next_lsn > v_stored then
    perform audit_private.note_drain('AUDIT_VERDICTS_LOST', jsonb_build_object('slot', v_slot.slot));
    -- Told once: progress is stored anew.
    delete from audit_private.drains where slot_name = v_slot.slot;
  end if;
  return audit_private.drain_slot(v_slot.slot, greatest(v_slot.next_lsn, v_stored));
end $$;


ALTER FUNCTION audit.drain() OWNER TO audit_owner;

--
-- Name: FUNCTION drain(); Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON FUNCTION audit.drain() IS 'Records the refused attempts that wait in the write-ahead log, up to 10,000 at a time; returns how many it recorded.';


--
-- Name: drop_capture(regclass); Type: FUNCTION; Schema: audit; Owner: audit_owner
--

CREATE FUNCTION audit.drop_capture(target regclass) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  perform audit_private.require_owner(drop_capture.target);
  perform audit_private.drop_code(watch.watch_id)
  from audit_private.watches as watch
  where watch.target = drop_capture.target and watch.stopped_at is not null;
end $$;


ALTER FUNCTION audit.drop_capture(target regclass) OWNER TO audit_owner;

--
-- Name: FUNCTION drop_capture(target regclass); Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON FUNCTION audit.drop_capture(target regclass) IS 'Removes the code of ended watches, once no trigger uses it.';


--
-- Name: enable_statement(regclass, text, text); Type: FUNCTION; Schema: audit; Owner: audit_owner
--

CREATE FUNCTION audit.enable_statement(target regclass, name text, enabled text) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select format(
    'alter table %s enable %strigger %I', target, case enabled when 'A' then 'always ' when 'R' then 'replica ' else '' end, name
  )
$$;


ALTER FUNCTION audit.enable_statement(target regclass, name text, enabled text) OWNER TO audit_owner;

--
-- Name: FUNCTION enable_statement(target regclass, name text, enabled text); Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON FUNCTION audit.enable_statement(target regclass, name text, enabled text) IS 'The statement that enables a capture trigger as it must be.';


--
-- Name: end_stream(text, text, bigint, bigint, text, text, inet, text); Type: FUNCTION; Schema: audit; Owner: audit_owner
--

CREATE FUNCTION audit.end_stream(stream text, reason text, next_leaf bigint, events bigint, sealed text, user_id text, ip_address inet, request_id text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  perform audit_private.note_http_read(
    audit_private.resolve_actor(end_stream.sealed, end_stream.user_id, end_stream.ip_address, end_stream.request_id),
    'http stream', null,
    jsonb_build_object(
      'stream', audit_private.clean(end_stream.stream, 100), 'phase', 'ended', 'reason', audit_private.clean(end_stream.reason, 100),
      'next_leaf', end_stream.next_leaf, 'events', end_stream.events
    )
  );
end $$;


ALTER FUNCTION audit.end_stream(stream text, reason text, next_leaf bigint, events bigint, sealed text, user_id text, ip_address inet, request_id text) OWNER TO audit_owner;

--
-- Name: FUNCTION end_stream(stream text, reason text, next_leaf bigint, events bigint, sealed text, user_id text, ip_address inet, request_id text); Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON FUNCTION audit.end_stream(stream text, reason text, next_leaf bigint, events bigint, sealed text, user_id text, ip_address inet, request_id text) IS 'Puts on record that a stream ended, why, and how much it told.';


--
-- Name: entity_key(text); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.entity_key(key text) RETURNS text
    LANGUAGE sql IMMUTABLE
    RETURN CASE WHEN (octet_length(key) <= 1000) THEN key ELSE ('sha256:'::text || encode(sha256(convert_to(key, 'UTF8'::name)), 'hex'::text)) END;


ALTER FUNCTION audit_private.entity_key(key text) OWNER TO audit_owner;

--
-- Name: entity_key(text); Type: FUNCTION; Schema: audit; Owner: audit_owner
--

CREATE FUNCTION audit.entity_key(key text) RETURNS text
    LANGUAGE sql IMMUTABLE SECURITY DEFINER
    RETURN audit_private.entity_key(key);


ALTER FUNCTION audit.entity_key(key text) OWNER TO audit_owner;

--
-- Name: FUNCTION entity_key(key text); Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON FUNCTION audit.entity_key(key text) IS 'A key as the log names it: long ones by their hash.';


--
-- Name: note_read(text); Type: FUNCTION; Schema: audit; Owner: audit_owner
--

CREATE FUNCTION audit.note_read(view text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  perform audit_private.tell_read(note_read.view)
  from pg_catalog.pg_class
  where relnamespace = 'audit'::regnamespace and relname = note_read.view;
  return true;
end $$;


ALTER FUNCTION audit.note_read(view text) OWNER TO audit_owner;

--
-- Name: FUNCTION note_read(view text); Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON FUNCTION audit.note_read(view text) IS 'Puts on record that the log is read through this view of it; true.';


SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: actions; Type: TABLE; Schema: audit; Owner: audit_owner
--

CREATE TABLE audit.actions (
    code text NOT NULL,
    description text NOT NULL,
    origin text NOT NULL,
    defined_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT actions_code_format CHECK (((code ~ '^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$'::text) AND (length(code) <= 100))),
    CONSTRAINT actions_description_present CHECK ((description <> ''::text)),
    CONSTRAINT actions_origin_known CHECK ((origin = ANY (ARRAY['trigger'::text, 'database'::text, 'service'::text, 'client'::text])))
);


ALTER TABLE audit.actions OWNER TO audit_owner;

--
-- Name: TABLE actions; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON TABLE audit.actions IS 'The event codes that may stand in the log; never renamed, never reused.';


--
-- Name: COLUMN actions.origin; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.actions.origin IS 'Which door may record the code: capture triggers, database functions, the audit service, or ingest clients.';


--
-- Name: audit_logs; Type: TABLE; Schema: audit; Owner: audit_owner
--

CREATE TABLE audit.audit_logs (
    id bigint NOT NULL,
    created_at timestamp with time zone NOT NULL,
    recorded_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    action text NOT NULL,
    outcome audit.outcome DEFAULT 'success'::audit.outcome NOT NULL,
    user_id text,
    db_user text DEFAULT SESSION_USER NOT NULL,
    actor_proof audit.actor_proof NOT NULL,
    entity_type text COLLATE pg_catalog."C",
    entity_id text COLLATE pg_catalog."C",
    description text,
    permission text,
    ip_address inet,
    request_id text,
    changes jsonb,
    metadata jsonb,
    time_source audit.time_source DEFAULT 'database'::audit.time_source NOT NULL
)
PARTITION BY RANGE (created_at);


ALTER TABLE audit.audit_logs OWNER TO audit_owner;

--
-- Name: TABLE audit_logs; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON TABLE audit.audit_logs IS 'Who did what, to which record, from where, and whether it worked. Append-only; written by functions alone.';


--
-- Name: COLUMN audit_logs.id; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.audit_logs.id IS 'Order of recording; the order of history.';


--
-- Name: COLUMN audit_logs.created_at; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.audit_logs.created_at IS 'When it happened (UTC). Row changes: the database''s clock.';


--
-- Name: COLUMN audit_logs.recorded_at; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.audit_logs.recorded_at IS 'When the database wrote it down, always by its own clock.';


--
-- Name: COLUMN audit_logs.xid; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.audit_logs.xid IS 'The transaction that wrote this row: joins what belonged together.';


--
-- Name: COLUMN audit_logs.action; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.audit_logs.action IS 'Event code, see audit.actions.';


--
-- Name: COLUMN audit_logs.outcome; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.audit_logs.outcome IS 'success, failure, denied; attempted for a durable intent.';


--
-- Name: COLUMN audit_logs.user_id; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.audit_logs.user_id IS 'The acting user, or null where none is proven or claimed.';


--
-- Name: COLUMN audit_logs.db_user; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.audit_logs.db_user IS 'session_user: the login that really did it.';


--
-- Name: COLUMN audit_logs.actor_proof; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.audit_logs.actor_proof IS 'How far user_id is proven: sealed (the database authenticated the session), service (the word of a trusted application), client (the word of an ingest client), direct (no user claimed; db_user is the actor).';


--
-- Name: COLUMN audit_logs.entity_id; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.audit_logs.entity_id IS 'The key''s text for one column, a JSON object by column name for several.';


--
-- Name: COLUMN audit_logs.permission; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.audit_logs.permission IS 'The permission that was attempted, on denials.';


--
-- Name: COLUMN audit_logs.ip_address; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.audit_logs.ip_address IS 'The client, as a trusted proxy or the socket named it.';


--
-- Name: COLUMN audit_logs.request_id; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.audit_logs.request_id IS 'Made by the middleware for each request, never by the client.';


--
-- Name: COLUMN audit_logs.changes; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.audit_logs.changes IS 'Row changes: {"old": {column: value}, "new": {column: value}}.';


--
-- Name: COLUMN audit_logs.time_source; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.audit_logs.time_source IS 'Whether created_at is the database''s, claimed, or clamped.';


--
-- Name: flat_events; Type: VIEW; Schema: audit_private; Owner: audit_owner
--

CREATE VIEW audit_private.flat_events AS
 SELECT log.*::audit.audit_logs AS record,
    log.id,
    log.created_at,
    log.recorded_at,
    log.action,
    (log.outcome)::text AS outcome,
    log.user_id,
    log.db_user,
    (log.actor_proof)::text AS actor_proof,
    log.entity_type,
    log.entity_id,
    COALESCE(log.description, action.description) AS description,
    log.permission,
    (log.metadata ->> 'reason'::text) AS reason,
    host(log.ip_address) AS ip_address,
    log.request_id,
    (log.xid)::text AS transaction_id,
    (log.changes)::text AS changes,
    (log.metadata)::text AS metadata,
    (log.time_source)::text AS time_source
   FROM (audit.audit_logs log
     LEFT JOIN audit.actions action ON ((action.code = log.action)));


ALTER VIEW audit_private.flat_events OWNER TO audit_owner;

--
-- Name: v_events; Type: VIEW; Schema: audit; Owner: audit_owner
--

CREATE VIEW audit.v_events AS
 SELECT id,
    created_at,
    recorded_at,
    action,
    outcome,
    user_id,
    db_user,
    actor_proof,
    entity_type,
    entity_id,
    description,
    permission,
    reason,
    ip_address,
    request_id,
    transaction_id,
    changes,
    metadata,
    time_source
   FROM audit_private.flat_events
  WHERE ( SELECT audit.note_read('v_events'::text) AS note_read);


ALTER VIEW audit.v_events OWNER TO audit_owner;

--
-- Name: VIEW v_events; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON VIEW audit.v_events IS 'Everything on record, one row per event.';


--
-- Name: COLUMN v_events.id; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_events.id IS 'Number of the event; the order of history.';


--
-- Name: COLUMN v_events.created_at; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_events.created_at IS 'When it happened. Row changes: the database''s clock; events of services: the time they claimed.';


--
-- Name: COLUMN v_events.recorded_at; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_events.recorded_at IS 'When the database wrote it down, always by its own clock.';


--
-- Name: COLUMN v_events.action; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_events.action IS 'Event code, such as ROW_UPDATED or AUTH_LOGIN_FAILED; audit.actions describes each.';


--
-- Name: COLUMN v_events.outcome; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_events.outcome IS 'success, failure, denied; attempted for an intent that was recorded ahead.';


--
-- Name: COLUMN v_events.user_id; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_events.user_id IS 'The acting user of the application; null where none is proven or claimed.';


--
-- Name: COLUMN v_events.db_user; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_events.db_user IS 'The database login that really did it.';


--
-- Name: COLUMN v_events.actor_proof; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_events.actor_proof IS 'How far user_id is proven: sealed by the database, the word of a service or client, or direct: none claimed.';


--
-- Name: COLUMN v_events.entity_type; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_events.entity_type IS 'What kind of record it was about, such as SHOP_ORDER.';


--
-- Name: COLUMN v_events.entity_id; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_events.entity_id IS 'Which record: its key, of several columns as a JSON object.';


--
-- Name: COLUMN v_events.description; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_events.description IS 'What happened, in words: the event''s own or those of its code.';


--
-- Name: COLUMN v_events.permission; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_events.permission IS 'The permission that was missing, on denials.';


--
-- Name: COLUMN v_events.reason; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_events.reason IS 'Why it failed or was refused, as a code; of a table without capture, why it needs none.';


--
-- Name: COLUMN v_events.ip_address; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_events.ip_address IS 'The client''s address.';


--
-- Name: COLUMN v_events.request_id; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_events.request_id IS 'The request it belonged to: the same for its business events and row changes.';


--
-- Name: COLUMN v_events.transaction_id; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_events.transaction_id IS 'The database transaction that wrote it.';


--
-- Name: COLUMN v_events.changes; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_events.changes IS 'Row changes, as JSON text: {"old": {column: value}, "new": {column: value}}.';


--
-- Name: COLUMN v_events.metadata; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_events.metadata IS 'What else is known, as JSON text.';


--
-- Name: COLUMN v_events.time_source; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_events.time_source IS 'Whether created_at is the database''s, claimed, or clamped to what can be.';


--
-- Name: events_between(pg_snapshot, pg_snapshot); Type: FUNCTION; Schema: audit; Owner: audit_owner
--

CREATE FUNCTION audit.events_between(previous pg_snapshot, present pg_snapshot) RETURNS SETOF audit.v_events
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select event.*
  from audit_private.records_between(events_between.previous, events_between.present) as record
  join audit.v_events as event on event.id = record.id and event.created_at = record.created_at
  order by event.id
$$;


ALTER FUNCTION audit.events_between(previous pg_snapshot, present pg_snapshot) OWNER TO audit_owner;

--
-- Name: FUNCTION events_between(previous pg_snapshot, present pg_snapshot); Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON FUNCTION audit.events_between(previous pg_snapshot, present pg_snapshot) IS 'What became visible between two values of pg_current_snapshot(), each event once, however late it was committed. To follow the log: keep the snapshot of the last look, take the present one, then call this.';


--
-- Name: finish_attempt(bigint, uuid, uuid, text, jsonb, timestamp with time zone); Type: FUNCTION; Schema: audit; Owner: audit_owner
--

CREATE FUNCTION audit.finish_attempt(attempt_id bigint, intent_id uuid, event_id uuid, entity_id text, metadata jsonb, created_at timestamp with time zone) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
  v_attempt audit.audit_logs;
begin
  -- What can be said is what was attempted; the id is known to nobody but who attempted it.
  select * into v_attempt
  from audit.audit_logs as log
  where log.id = finish_attempt.attempt_id
    and log.outcome = 'attempted'
    and log.metadata ->> 'event_id' = finish_attempt.intent_id::text;
  if not found then
    raise exception using errcode = 'ID016', message = 'no such attempt is on record';
  end if;
  return audit_private.append(
    actor => audit_private.current_actor(),
    action => v_attempt.action,
    entity_type => v_attempt.entity_type,
    entity_id => coalesce(finish_attempt.entity_id, v_attempt.entity_id),
    description => v_attempt.description,
    metadata => coalesce(audit_private.require_metadata(finish_attempt.metadata) - 'claim', '{}')
      || jsonb_build_object('event_id', finish_attempt.event_id, 'intent_id', finish_attempt.intent_id),
    created_at => finish_attempt.created_at
  );
end $$;


ALTER FUNCTION audit.finish_attempt(attempt_id bigint, intent_id uuid, event_id uuid, entity_id text, metadata jsonb, created_at timestamp with time zone) OWNER TO audit_owner;

--
-- Name: FUNCTION finish_attempt(attempt_id bigint, intent_id uuid, event_id uuid, entity_id text, metadata jsonb, created_at timestamp with time zone); Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON FUNCTION audit.finish_attempt(attempt_id bigint, intent_id uuid, event_id uuid, entity_id text, metadata jsonb, created_at timestamp with time zone) IS 'Records, in this transaction, that an action succeeded whose attempt is on record; returns the id of the new row.';


--
-- Name: finish_unwatch(regclass); Type: FUNCTION; Schema: audit; Owner: audit_owner
--

CREATE FUNCTION audit.finish_unwatch(target regclass) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET quote_all_identifiers TO 'off'
    AS $$
#variable_conflict use_column
declare
  v_watch audit_private.watches;
  v_context text;
begin
  get diagnostics v_context = pg_context;
  perform audit_private.require_owner(
    finish_unwatch.target, audit_private.caller_of(v_context, 'audit.finish_unwatch', 'audit.unwatch')
  );
  update audit_private.watches set stopped_at = clock_timestamp()
  where target = finish_unwatch.target and stopped_at is null
  returning * into v_watch;
  if v_watch.watch_id is null then
    return;
  end if;
  perform audit_private.append(
    actor => audit_private.current_actor(),
    action => 'AUDIT_WATCH_STOPPED',
    entity_type => 'AUDIT_WATCH',
    entity_id => v_watch.target_name,
    metadata => jsonb_build_object('entity_type', v_watch.entity_type)
  );
end $$;


ALTER FUNCTION audit.finish_unwatch(target regclass) OWNER TO audit_owner;

--
-- Name: FUNCTION finish_unwatch(target regclass); Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON FUNCTION audit.finish_unwatch(target regclass) IS 'The definer half of audit.unwatch: ends the watch, on record.';


--
-- Name: heartbeat(); Type: FUNCTION; Schema: audit; Owner: audit_owner
--

CREATE FUNCTION audit.heartbeat() RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  perform audit_private.append(
    actor => audit_private.current_actor(),
    action => 'AUDIT_HEARTBEAT',
    entity_type => 'AUDIT_LOG',
    entity_id => head.origin,
    metadata => jsonb_build_object('epoch', head.epoch, 'size', head.tree_size, 'root', encode(head.root, 'base64'))
  )
  from audit.log_head() as head
  where head.epoch is not null;
end $$;


ALTER FUNCTION audit.heartbeat() OWNER TO audit_owner;

--
-- Name: FUNCTION heartbeat(); Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON FUNCTION audit.heartbeat() IS 'An event that says how far the log is sealed: without it, silence would look like peace.';


--
-- Name: id_since(timestamp with time zone); Type: FUNCTION; Schema: audit; Owner: audit_owner
--

CREATE FUNCTION audit.id_since(moment timestamp with time zone) RETURNS bigint
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select audit_private.id_before(moment)
$$;


ALTER FUNCTION audit.id_since(moment timestamp with time zone) OWNER TO audit_owner;

--
-- Name: FUNCTION id_since(moment timestamp with time zone); Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON FUNCTION audit.id_since(moment timestamp with time zone) IS 'Events of that moment and later have ids above this one: … where created_at >= $1 and id > (select audit.id_since($1)).';


--
-- Name: ingest(bytea, jsonb, inet, text); Type: FUNCTION; Schema: audit; Owner: audit_owner
--

CREATE FUNCTION audit.ingest(key_hash bytea, events jsonb, ip_address inet DEFAULT NULL::inet, request_id text DEFAULT NULL::text, OUT account text, OUT key_id text, OUT refusal text, OUT verdicts text[], OUT log_ids bigint[]) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_item record;
begin
  if jsonb_typeof(events) is distinct from 'array' or jsonb_array_length(events) > 1000 then
    raise exception using errcode = 'ID005', message = 'events are a JSON array of at most 1000';
  end if;
  -- What is answered must be on disk, whatever the login or the database has been set to.
  if current_setting('synchronous_commit') = 'off' then
    perform set_config('synchronous_commit', 'on', true);
  end if;
  select proven.account, proven.key_id, proven.refusal into ingest.account, ingest.key_id, ingest.refusal
  from iam.authenticate_key(ingest.key_hash) as proven;
  if ingest.refusal is not null then
    return;
  end if;
  select claimed.verdicts, claimed.log_ids into ingest.verdicts, ingest.log_ids
  from audit_private.claim_incoming(ingest.account, events) as claimed;
  -- In the order of the call, which is that of the history; what repeats an event of this same call finds it stored.
  for v_item in
    select given.position, given.item, audit_private.event_uuid(given.item ->> 'event_id') as event_id
    from jsonb_array_elements(events) with ordinality as given (item, position)
    where ingest.verdicts[given.position] in ('new', 'known', 'conflict') and ingest.log_ids[given.position] is null
    order by given.position
  loop
    if ingest.verdicts[v_item.position] = 'new' then
      ingest.log_ids[v_item.position] := audit_private.store_incoming(
        ingest.account, v_item.item, ingest.ip_address, ingest.request_id
      );
      ingest.verdicts[v_item.position] := 'stored';
      perform audit_private.settle_event('client:' || ingest.account, v_item.event_id, ingest.log_ids[v_item.position]);
    else
      ingest.log_ids[v_item.position] := (
        select known.log_id from audit_private.event_ids as known
        where known.producer = 'client:' || ingest.account and known.event_id = v_item.event_id
      );
    end if;
  end loop;
  if ingest.verdicts && array['conflict', 'action_out_of_scope', 'entity_type_out_of_scope', 'wrong_origin'] then
    perform audit_private.record_incoming_refusals(
      ingest.account, events, ingest.verdicts, ingest.log_ids, ingest.ip_address, ingest.request_id
    );
  end if;
end $$;


ALTER FUNCTION audit.ingest(key_hash bytea, events jsonb, ip_address inet, request_id text, OUT account text, OUT key_id text, OUT refusal text, OUT verdicts text[], OUT log_ids bigint[]) OWNER TO audit_owner;

--
-- Name: FUNCTION ingest(key_hash bytea, events jsonb, ip_address inet, request_id text, OUT account text, OUT key_id text, OUT refusal text, OUT verdicts text[], OUT log_ids bigint[]); Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON FUNCTION audit.ingest(key_hash bytea, events jsonb, ip_address inet, request_id text, OUT account text, OUT key_id text, OUT refusal text, OUT verdicts text[], OUT log_ids bigint[]) IS 'Records the events of the service account whose key has this sha256. For each event: stored, known (it was before), conflict (its id has other content) or why it was refused; and the id of its row. A refusal in place of that: the key opens nothing.';


--
-- Name: log_head(); Type: FUNCTION; Schema: audit; Owner: audit_owner
--

CREATE FUNCTION audit.log_head() RETURNS TABLE(system_identifier bigint, timeline bigint, database oid, epoch integer, origin text, tree_size bigint, root bytea, checkpoint_size bigint)
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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


ALTER FUNCTION audit.log_head() OWNER TO audit_owner;

--
-- Name: FUNCTION log_head(); Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON FUNCTION audit.log_head() IS 'Which server and database this is, and the log it holds: epoch (null before the log begins), size, root, newest checkpoint.';


--
-- Name: maintain(); Type: FUNCTION; Schema: audit; Owner: audit_owner
--

CREATE FUNCTION audit.maintain() RETURNS TABLE(task text, detail text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "TimeZone" TO 'UTC'
    SET lock_timeout TO '3s'
    AS $$
begin
  return query
    select split_part(done, ': ', 1), split_part(done, ': ', 2) from unnest(audit_private.maintain_partitions()) as done;
  perform iam.forget_attempts();
  perform audit_private.forget_reads();
end $$;


ALTER FUNCTION audit.maintain() OWNER TO audit_owner;

--
-- Name: FUNCTION maintain(); Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON FUNCTION audit.maintain() IS 'Makes the partitions of last month to three months ahead, empties the net, forgets old attempts and sessions.';


--
-- Name: note_export(text, jsonb, text, bigint, bigint); Type: FUNCTION; Schema: audit; Owner: audit_owner
--

CREATE FUNCTION audit.note_export(format text, filter jsonb, outcome text, rows bigint DEFAULT NULL::bigint, began bigint DEFAULT NULL::bigint) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select audit_private.append(
    actor => audit_private.current_actor(),
    action => 'AUDIT_LOG_EXPORTED',
    entity_type => 'AUDIT_LOG',
    outcome => note_export.outcome,
    metadata => jsonb_strip_nulls(jsonb_build_object(
      'format', audit_private.clean(note_export.format, 200),
      'filter', to_jsonb(audit_private.parsed_filter(note_export.filter)),
      'rows', note_export.rows,
      'began', note_export.began
    ))
  )
$$;


ALTER FUNCTION audit.note_export(format text, filter jsonb, outcome text, rows bigint, began bigint) OWNER TO audit_owner;

--
-- Name: FUNCTION note_export(format text, filter jsonb, outcome text, rows bigint, began bigint); Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON FUNCTION audit.note_export(format text, filter jsonb, outcome text, rows bigint, began bigint) IS 'Puts on record that this login exports events: attempted before the first one, success or failure with the rows at the end.';


--
-- Name: note_key(text, text); Type: FUNCTION; Schema: audit; Owner: audit_owner
--

CREATE FUNCTION audit.note_key(verifier_key text, reason text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  perform audit_private.append(
    actor => audit_private.current_actor(),
    action => 'AUDIT_KEY_ACCEPTED',
    entity_type => 'AUDIT_KEY',
    entity_id => note_key.verifier_key,
    description => note_key.reason
  );
end $$;


ALTER FUNCTION audit.note_key(verifier_key text, reason text) OWNER TO audit_owner;

--
-- Name: FUNCTION note_key(verifier_key text, reason text); Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON FUNCTION audit.note_key(verifier_key text, reason text) IS 'Puts on record which key signs the log from now on, and why.';


--
-- Name: notes(); Type: FUNCTION; Schema: audit; Owner: audit_owner
--

CREATE FUNCTION audit.notes() RETURNS TABLE(note text, remedy text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select
    'the guard is not installed: a change of a watched table is followed at the next migrate, and it leaves no record, '
      || 'nor does what iam.require_permission() refuses (iam.check_permission() records)',
    'as a superuser: indelible migrate'
  where not exists (select from audit_private.guards)
$$;


ALTER FUNCTION audit.notes() OWNER TO audit_owner;

--
-- Name: FUNCTION notes(); Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON FUNCTION audit.notes() IS 'What Indelible cannot do on this server, and what it would need; no finding, for not everybody can change it.';


--
-- Name: observe_capture(); Type: FUNCTION; Schema: audit; Owner: audit_owner
--

CREATE FUNCTION audit.observe_capture() RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
  v_seen record;
  v_changes bigint := 0;
begin
  for v_seen in
    with changed as (
      select watch.target, watch.target_name, looked.*, former.digest as former_digest
      from (
        select target, target_name from audit_private.watches where stopped_at is null
        union all
        select 'audit.audit_logs'::regclass, 'audit.audit_logs'
      ) as watch
      cross join lateral audit_private.triggers_of(watch.target) as looked
      left join audit_private.seen_capture as former on former.target = watch.target
      where (former.digest, former.revision) is distinct from (looked.digest, looked.revision)
    ), noted as (
      insert into audit_private.seen_capture (target, digest, revision)
      select target, digest, revision from changed
      on conflict (target) do update set digest = excluded.digest, revision = excluded.revision, seen_at = excluded.seen_at
    )
    select * from changed
  loop
    v_changes := v_changes + 1;
    perform audit_private.append(
      actor => audit_private.current_actor(),
      action => 'AUDIT_CAPTURE_SEEN',
      entity_type => 'AUDIT_WATCH',
      entity_id => v_seen.target_name,
      metadata => jsonb_strip_nulls(jsonb_build_object(
        'digest', encode(v_seen.digest, 'hex'),
        'former_digest', encode(v_seen.former_digest, 'hex'),
        'triggers', v_seen.triggers,
        'disabled', v_seen.disabled
      ))
    );
  end loop;
  return v_changes;
end $$;


ALTER FUNCTION audit.observe_capture() OWNER TO audit_owner;

--
-- Name: FUNCTION observe_capture(); Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON FUNCTION audit.observe_capture() IS 'Records the capture triggers of watched tables, and the guards of the log, that are new or changed; returns how many.';


--
-- Name: open_export(jsonb); Type: FUNCTION; Schema: audit; Owner: audit_owner
--

CREATE FUNCTION audit.open_export(filter jsonb) RETURNS refcursor
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select audit_private.open_export(open_export.filter)
$$;


ALTER FUNCTION audit.open_export(filter jsonb) OWNER TO audit_owner;

--
-- Name: FUNCTION open_export(filter jsonb); Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON FUNCTION audit.open_export(filter jsonb) IS 'Opens the cursor indelible_export over the events that match a filter: FETCH from it in the same transaction.';


--
-- Name: open_user_export(jsonb, text, text, inet, text); Type: FUNCTION; Schema: audit; Owner: audit_owner
--

CREATE FUNCTION audit.open_user_export(filter jsonb, sealed text, user_id text, ip_address inet, request_id text) RETURNS refcursor
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_actor constant audit_private.actor := audit_private.resolve_actor(
    open_user_export.sealed, open_user_export.user_id, open_user_export.ip_address, open_user_export.request_id
  );
begin
  perform from iam.judge_permission(v_actor.user_id, 'audit.event.export') as judged where judged.verdict = 'granted';
  if not found then
    raise exception using errcode = '42501', message = 'exporting the log needs the permission audit.event.export';
  end if;
  return audit_private.open_export(open_user_export.filter);
end $$;


ALTER FUNCTION audit.open_user_export(filter jsonb, sealed text, user_id text, ip_address inet, request_id text) OWNER TO audit_owner;

--
-- Name: FUNCTION open_user_export(filter jsonb, sealed text, user_id text, ip_address inet, request_id text); Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON FUNCTION audit.open_user_export(filter jsonb, sealed text, user_id text, ip_address inet, request_id text) IS 'The same for a user of the service, who must have the permission audit.event.export.';


--
-- Name: past_rows(regclass, timestamp with time zone); Type: FUNCTION; Schema: audit; Owner: audit_owner
--

CREATE FUNCTION audit.past_rows(target regclass, moment timestamp with time zone) RETURNS TABLE(present_id text, copies bigint, image jsonb)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
  v_watch audit_private.watches;
begin
  perform audit_private.require_may_read(past_rows.target);
  v_watch := audit_private.active_watch(past_rows.target);
  perform audit_private.require_past(v_watch, past_rows.moment);
  if audit_private.key_identifies(v_watch.target) then
    return query
      with told as materialized (select * from audit_private.told_rows(v_watch, past_rows.moment))
      select told.origin, 1::bigint, coalesce(told.image, '{}') from told where told.copies = 1
      union all
      -- Rows of now that were not there yet.
      select told.entity_id, 0::bigint, null
      from told
      where not exists (select from told as other where other.origin = told.entity_id);
  else
    return query
      select null::text, sign, image
      from (
        select 1::bigint as sign, image from audit_private.records_since(v_watch, past_rows.moment, 'old')
        union all
        select -1, image from audit_private.records_since(v_watch, past_rows.moment, 'new')
      ) as change
      where image is not null;
  end if;
end $$;


ALTER FUNCTION audit.past_rows(target regclass, moment timestamp with time zone) OWNER TO audit_owner;

--
-- Name: FUNCTION past_rows(target regclass, moment timestamp with time zone); Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON FUNCTION audit.past_rows(target regclass, moment timestamp with time zone) IS 'What was different of the rows of a table: by the key of the row as it is now, 0 copies for one that was not there; without a key, how many rows of an image there were more or less.';


--
-- Name: past_source(regclass, timestamp with time zone); Type: FUNCTION; Schema: audit; Owner: audit_owner
--

CREATE FUNCTION audit.past_source(target regclass, moment timestamp with time zone) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_watch audit_private.watches;
  v_context text;
  v_caller name;
begin
  get diagnostics v_context = pg_context;
  v_caller := audit_private.caller_of(v_context, 'audit.past_source', 'audit.as_of');
  perform audit_private.require_may_read(past_source.target);
  v_watch := audit_private.active_watch(past_source.target);
  perform audit_private.require_past(v_watch, past_source.moment);
  perform audit_private.require_harmless_code(past_source.target, v_caller);
  -- To make a value of a domain runs its checks.
  if v_caller <> (select pg_get_userbyid(relowner) from pg_catalog.pg_class where oid = past_source.target) then
    perform audit_private.require_harmless_types(past_source.target);
  end if;
  perform audit_private.note_unknown(v_watch, past_source.moment);
  perform audit_private.tell_read('as_of ' || v_watch.target_name);
  return case
    when audit_private.key_identifies(v_watch.target) then audit_private.keyed_past_source(v_watch, past_source.moment)
    else audit_private.keyless_past_source(v_watch, past_source.moment)
  end;
end $$;


ALTER FUNCTION audit.past_source(target regclass, moment timestamp with time zone) OWNER TO audit_owner;

--
-- Name: FUNCTION past_source(target regclass, moment timestamp with time zone); Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON FUNCTION audit.past_source(target regclass, moment timestamp with time zone) IS 'The query by which the caller rebuilds a table as it stood.';


--
-- Name: pending_capture(regclass); Type: FUNCTION; Schema: audit; Owner: audit_owner
--

CREATE FUNCTION audit.pending_capture(target regclass) RETURNS TABLE(relation regclass, name text, enabled text, definition text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select wanted.relation, wanted.name, wanted.enabled, wanted.definition
  from audit_private.watches as watch
  cross join audit_private.capture_triggers(watch) as wanted
  where watch.target = pending_capture.target
    and watch.stopped_at is null
    and not exists (
      select from pg_catalog.pg_trigger as existing
      where existing.tgrelid = wanted.relation
        and existing.tgname = wanted.name
        and existing.tgenabled = wanted.enabled::"char"
        and existing.tgfoid = to_regprocedure(wanted.function)
    )
$$;


ALTER FUNCTION audit.pending_capture(target regclass) OWNER TO audit_owner;

--
-- Name: FUNCTION pending_capture(target regclass); Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON FUNCTION audit.pending_capture(target regclass) IS 'The capture triggers that a watched table ought to have and has not.';


--
-- Name: prepare_watch(regclass, text, text, text[], text[], boolean, text[], text[], boolean); Type: FUNCTION; Schema: audit; Owner: audit_owner
--

CREATE FUNCTION audit.prepare_watch(target regclass, entity_type text, capture text, exclude text[], mask text[], dry_run boolean, skip text[] DEFAULT NULL::text[], operations text[] DEFAULT NULL::text[], record_unchanged boolean DEFAULT NULL::boolean) RETURNS text[]
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET quote_all_identifiers TO 'off'
    AS $$
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


ALTER FUNCTION audit.prepare_watch(target regclass, entity_type text, capture text, exclude text[], mask text[], dry_run boolean, skip text[], operations text[], record_unchanged boolean) OWNER TO audit_owner;

--
-- Name: FUNCTION prepare_watch(target regclass, entity_type text, capture text, exclude text[], mask text[], dry_run boolean, skip text[], operations text[], record_unchanged boolean); Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON FUNCTION audit.prepare_watch(target regclass, entity_type text, capture text, exclude text[], mask text[], dry_run boolean, skip text[], operations text[], record_unchanged boolean) IS 'The definer half of audit.watch: registers the table and writes its capture.';


--
-- Name: read_checkpoint(bigint); Type: FUNCTION; Schema: audit; Owner: audit_owner
--

CREATE FUNCTION audit.read_checkpoint(size bigint DEFAULT NULL::bigint) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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


ALTER FUNCTION audit.read_checkpoint(size bigint) OWNER TO audit_owner;

--
-- Name: FUNCTION read_checkpoint(size bigint); Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON FUNCTION audit.read_checkpoint(size bigint) IS 'The newest signed checkpoint with the signatures of its witnesses, or that of a size; null if there is none.';


--
-- Name: read_coverage(text, text, inet, text); Type: FUNCTION; Schema: audit; Owner: audit_owner
--

CREATE FUNCTION audit.read_coverage(sealed text, user_id text, ip_address inet, request_id text) RETURNS TABLE(coverage json)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "TimeZone" TO 'UTC'
    AS $$
begin
  perform audit_private.admit_http_reader(
    'http coverage', '{}', read_coverage.sealed, read_coverage.user_id, read_coverage.ip_address, read_coverage.request_id
  );
  return query
    select row_to_json(covered) from audit.v_coverage as covered order by covered.table_name;
end $$;


ALTER FUNCTION audit.read_coverage(sealed text, user_id text, ip_address inet, request_id text) OWNER TO audit_owner;

--
-- Name: FUNCTION read_coverage(sealed text, user_id text, ip_address inet, request_id text); Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON FUNCTION audit.read_coverage(sealed text, user_id text, ip_address inet, request_id text) IS 'Every table, and whether and how its changes are captured. On record.';


--
-- Name: read_entity_history(text, text, bigint, integer, text, text, inet, text); Type: FUNCTION; Schema: audit; Owner: audit_owner
--

CREATE FUNCTION audit.read_entity_history(entity_type text, entity_id text, before bigint, most integer, sealed text, user_id text, ip_address inet, request_id text) RETURNS TABLE(id bigint, event json)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "TimeZone" TO 'UTC'
    SET enable_seqscan TO 'off'
    SET plan_cache_mode TO 'force_custom_plan'
    SET jit TO 'off'
    AS $$
declare
  v_filter constant jsonb := jsonb_build_object(
    'entity_type', read_entity_history.entity_type, 'entity_id', read_entity_history.entity_id
  );
begin
  perform audit_private.admit_http_reader(
    'http entity history', v_filter,
    read_entity_history.sealed, read_entity_history.user_id, read_entity_history.ip_address, read_entity_history.request_id
  );
  return query
    select * from audit_private.page_of_events(
      v_filter || '{"reads": true}', read_entity_history.before, read_entity_history.most, true
    );
end $$;


ALTER FUNCTION audit.read_entity_history(entity_type text, entity_id text, before bigint, most integer, sealed text, user_id text, ip_address inet, request_id text) OWNER TO audit_owner;

--
-- Name: FUNCTION read_entity_history(entity_type text, entity_id text, before bigint, most integer, sealed text, user_id text, ip_address inet, request_id text); Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON FUNCTION audit.read_entity_history(entity_type text, entity_id text, before bigint, most integer, sealed text, user_id text, ip_address inet, request_id text) IS 'What happened to one record, newest first, each with what changed by column: {"old": …, "new": …}. On record.';


--
-- Name: read_event(bigint, text, text, inet, text); Type: FUNCTION; Schema: audit; Owner: audit_owner
--

CREATE FUNCTION audit.read_event(id bigint, sealed text, user_id text, ip_address inet, request_id text) RETURNS TABLE(event json, leaf_index bigint, checkpoint_size bigint)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "TimeZone" TO 'UTC'
    AS $$
#variable_conflict use_column
begin
  perform audit_private.admit_http_reader(
    'http event', jsonb_build_object('id', read_event.id),
    read_event.sealed, read_event.user_id, read_event.ip_address, read_event.request_id
  );
  return query
    select
      audit_private.event_json(log, audit_private.action_descriptions()),
      leaf.leaf_index,
      split_part(audit.read_checkpoint(), E'\n', 2)::bigint
    from audit.audit_logs as log
    left join audit_private.leaves as leaf on leaf.id = log.id
    where log.id = read_event.id
    order by leaf.leaf_index
    limit 1;
end $$;


ALTER FUNCTION audit.read_event(id bigint, sealed text, user_id text, ip_address inet, request_id text) OWNER TO audit_owner;

--
-- Name: FUNCTION read_event(id bigint, sealed text, user_id text, ip_address inet, request_id text); Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON FUNCTION audit.read_event(id bigint, sealed text, user_id text, ip_address inet, request_id text) IS 'One event, its leaf if it is sealed, and the size of the published checkpoint. On record.';


--
-- Name: read_events(jsonb, bigint, integer, text, text, inet, text); Type: FUNCTION; Schema: audit; Owner: audit_owner
--

CREATE FUNCTION audit.read_events(filter jsonb, before bigint, most integer, sealed text, user_id text, ip_address inet, request_id text) RETURNS TABLE(id bigint, event json)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "TimeZone" TO 'UTC'
    SET enable_seqscan TO 'off'
    SET plan_cache_mode TO 'force_custom_plan'
    SET jit TO 'off'
    AS $$
begin
  perform audit_private.admit_http_reader(
    'http events', read_events.filter,
    read_events.sealed, read_events.user_id, read_events.ip_address, read_events.request_id
  );
  return query select * from audit_private.page_of_events(read_events.filter, read_events.before, read_events.most, false);
end $$;


ALTER FUNCTION audit.read_events(filter jsonb, before bigint, most integer, sealed text, user_id text, ip_address inet, request_id text) OWNER TO audit_owner;

--
-- Name: FUNCTION read_events(filter jsonb, before bigint, most integer, sealed text, user_id text, ip_address inet, request_id text); Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON FUNCTION audit.read_events(filter jsonb, before bigint, most integer, sealed text, user_id text, ip_address inet, request_id text) IS 'The newest events before an id that match a filter; a last row without event says from where to go on. On record.';


--
-- Name: read_leaf(bigint); Type: FUNCTION; Schema: audit; Owner: audit_owner
--

CREATE FUNCTION audit.read_leaf(event_id bigint) RETURNS TABLE(leaf_index bigint, salt bytea, content text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select leaf.leaf_index, leaf.salt, audit_private.content_v1(log)
  from audit.audit_logs as log
  left join audit_private.leaves as leaf on leaf.id = log.id
  where log.id = read_leaf.event_id
  order by leaf.leaf_index
  limit 1
$$;


ALTER FUNCTION audit.read_leaf(event_id bigint) OWNER TO audit_owner;

--
-- Name: FUNCTION read_leaf(event_id bigint); Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON FUNCTION audit.read_leaf(event_id bigint) IS 'What proves an event: its leaf, null while it is not sealed, and the salt and content that the leaf commits to.';


--
-- Name: read_sealed(jsonb, bigint); Type: FUNCTION; Schema: audit; Owner: audit_owner
--

CREATE FUNCTION audit.read_sealed(filter jsonb, from_leaf bigint) RETURNS TABLE(leaf_index bigint, event json)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "TimeZone" TO 'UTC'
    SET enable_seqscan TO 'off'
    SET plan_cache_mode TO 'force_custom_plan'
    SET jit TO 'off'
    AS $$
#variable_conflict use_column
declare
  v_wanted constant audit_private.event_filter := audit_private.parsed_filter(read_sealed.filter);
  v_described constant text[] := audit_private.described_actions(v_wanted.text);
  v_last constant bigint := greatest(read_sealed.from_leaf, least(read_sealed.from_leaf + 500, audit.sealed_size())) - 1;
  v_descriptions constant jsonb := audit_private.action_descriptions();
  v_room bigint := 4194304;
  v_sealed record;
begin
  leaf_index := read_sealed.from_leaf - 1;
  for v_sealed in
    select found.leaf_index, audit_private.event_json(found.log, v_descriptions) as event
    from audit_private.wanted_between(read_sealed.from_leaf, v_last, v_wanted, v_described) as found
  loop
    leaf_index := v_sealed.leaf_index;
    event := v_sealed.event;
    return next;
    v_room := v_room - octet_length(event::text);
    exit when v_room < 0;
  end loop;
  if v_room >= 0 then
    leaf_index := v_last;
  end if;
  leaf_index := leaf_index + 1;
  event := null;
  return next;
end $$;


ALTER FUNCTION audit.read_sealed(filter jsonb, from_leaf bigint) OWNER TO audit_owner;

--
-- Name: FUNCTION read_sealed(filter jsonb, from_leaf bigint); Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON FUNCTION audit.read_sealed(filter jsonb, from_leaf bigint) IS 'The next sealed events that match a filter, in order, from a leaf on; the last row has no event, but the leaf to go on from.';


--
-- Name: read_tile(integer, bigint); Type: FUNCTION; Schema: audit; Owner: audit_owner
--

CREATE FUNCTION audit.read_tile(level integer, number bigint) RETURNS bytea
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select string_agg(tile.content, ''::bytea order by tile.start)
  from audit_private.tiles as tile
  where tile.level = read_tile.level and tile.number = read_tile.number
$$;


ALTER FUNCTION audit.read_tile(level integer, number bigint) OWNER TO audit_owner;

--
-- Name: FUNCTION read_tile(level integer, number bigint); Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON FUNCTION audit.read_tile(level integer, number bigint) IS 'A tile of hashes (level 1 and up) or a bundle of entries (level -1) as far as it is filled; null if there is none.';


--
-- Name: reconcile(regclass); Type: FUNCTION; Schema: audit; Owner: audit_owner
--

CREATE FUNCTION audit.reconcile(target regclass) RETURNS TABLE(entity_id text, finding text, columns text, recorded jsonb, found jsonb)
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET row_security TO 'off'
    SET constraint_exclusion TO 'off'
    SET extra_float_digits TO '1'
    SET "TimeZone" TO 'UTC'
    SET bytea_output TO 'hex'
    SET "DateStyle" TO 'ISO, YMD'
    SET "IntervalStyle" TO 'postgres'
    SET lc_monetary TO 'C'
    SET xmlbinary TO 'base64'
    SET quote_all_identifiers TO 'off'
    AS $$
declare
  v_source text;
begin
  perform set_config('indelible.caller', current_user, true);
  -- A simple assignment: between the halves nothing else stands on the stack.
  v_source := audit.comparison_source(reconcile.target);
  return query execute v_source;
end $$;


ALTER FUNCTION audit.reconcile(target regclass) OWNER TO audit_owner;

--
-- Name: FUNCTION reconcile(target regclass); Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON FUNCTION audit.reconcile(target regclass) IS 'Rows that are not what the log says they must be, because they were changed behind the back of capture: changed, missing or unexpected. Called by the table''s owner, or by an investigator or administrator who may read it.';


--
-- Name: record(text, text, text, text, text, jsonb, text, text, inet, text, timestamp with time zone, text); Type: FUNCTION; Schema: audit; Owner: audit_owner
--

CREATE FUNCTION audit.record(action text, entity_type text DEFAULT NULL::text, entity_id text DEFAULT NULL::text, description text DEFAULT NULL::text, outcome text DEFAULT 'success'::text, metadata jsonb DEFAULT NULL::jsonb, permission text DEFAULT NULL::text, user_id text DEFAULT NULL::text, ip_address inet DEFAULT NULL::inet, request_id text DEFAULT NULL::text, created_at timestamp with time zone DEFAULT NULL::timestamp with time zone, sealed text DEFAULT NULL::text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  perform audit_private.require_event(record.action, record.outcome);
  return audit_private.append(
    actor => audit_private.resolve_actor(record.sealed, record.user_id, record.ip_address, record.request_id),
    action => record.action,
    entity_type => record.entity_type,
    entity_id => record.entity_id,
    description => record.description,
    outcome => record.outcome,
    permission => record.permission,
    metadata => case when jsonb_typeof(record.metadata) = 'object' then record.metadata - 'claim' else record.metadata end,
    created_at => record.created_at
  );
end $$;


ALTER FUNCTION audit.record(action text, entity_type text, entity_id text, description text, outcome text, metadata jsonb, permission text, user_id text, ip_address inet, request_id text, created_at timestamp with time zone, sealed text) OWNER TO audit_owner;

--
-- Name: FUNCTION record(action text, entity_type text, entity_id text, description text, outcome text, metadata jsonb, permission text, user_id text, ip_address inet, request_id text, created_at timestamp with time zone, sealed text); Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON FUNCTION audit.record(action text, entity_type text, entity_id text, description text, outcome text, metadata jsonb, permission text, user_id text, ip_address inet, request_id text, created_at timestamp with time zone, sealed text) IS 'Records an event of origin service and returns its id; the independent session of an application calls it.';


--
-- Name: record_baseline_batch(regclass, integer); Type: FUNCTION; Schema: audit; Owner: audit_owner
--

CREATE FUNCTION audit.record_baseline_batch(target regclass, rows integer) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET row_security TO 'off'
    SET constraint_exclusion TO 'off'
    SET extra_float_digits TO '1'
    SET "TimeZone" TO 'UTC'
    SET bytea_output TO 'hex'
    SET "DateStyle" TO 'ISO, YMD'
    SET "IntervalStyle" TO 'postgres'
    SET lc_monetary TO 'C'
    SET xmlbinary TO 'base64'
    SET quote_all_identifiers TO 'off'
    AS $$
#variable_conflict use_column
declare
  v_watch audit_private.watches;
  v_baseline audit_private.baselines;
  v_before bigint;
begin
  perform audit_private.require_owner(record_baseline_batch.target);
  perform audit_private.require_baseline_lock(record_baseline_batch.target);
  v_watch := audit_private.active_watch(record_baseline_batch.target);
  perform audit_private.require_readable(relation) from audit.captured_relations(record_baseline_batch.target) as relation;
  perform audit_private.require_types(v_watch);
  v_baseline := audit_private.begin_baseline(v_watch);
  if v_baseline.finished_at is not null then
    return 0;
  end if;
  v_before := v_baseline.rows;
  v_baseline := audit_private.advance_baseline(v_watch, v_baseline, greatest(coalesce(record_baseline_batch.rows, 1), 1));
  if v_baseline.relation is null then
    v_baseline := audit_private.finish_baseline(v_watch, v_baseline);
  end if;
  update audit_private.baselines set
    visited = v_baseline.visited, relation = v_baseline.relation, filenode = v_baseline.filenode,
    next_block = v_baseline.next_block, rows = v_baseline.rows, finished_at = v_baseline.finished_at
  where watch_id = v_baseline.watch_id;
  return v_baseline.rows - v_before;
end $$;


ALTER FUNCTION audit.record_baseline_batch(target regclass, rows integer) OWNER TO audit_owner;

--
-- Name: FUNCTION record_baseline_batch(target regclass, rows integer); Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON FUNCTION audit.record_baseline_batch(target regclass, rows integer) IS 'The definer half of audit.baseline: reads and records, under the caller''s lock.';


--
-- Name: record_batch(uuid[], text[], text[], text[], text[], text[], text[], text[], text[], text[], text[], timestamp with time zone[], text[]); Type: FUNCTION; Schema: audit; Owner: audit_owner
--

CREATE FUNCTION audit.record_batch(event_ids uuid[], actions text[], entity_types text[], entity_ids text[], descriptions text[], outcomes text[], metadata text[], permissions text[], user_ids text[], ip_addresses text[], request_ids text[], created_ats timestamp with time zone[], sealed text[]) RETURNS TABLE(verdict text, log_id bigint, state text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
  v_producer constant text := 'service:' || session_user;
  v_verdicts text[];
  v_log_ids bigint[];
begin
  -- The answer is believed to be durable: nobody keeps what it says is stored.
  if current_setting('synchronous_commit') = 'off' then
    perform set_config('synchronous_commit', 'on', true);
  end if;
  begin
    select verdicts, log_ids into strict v_verdicts, v_log_ids
    from audit_private.record_events(
      v_producer, record_batch.event_ids, record_batch.actions, record_batch.entity_types, record_batch.entity_ids,
      record_batch.descriptions, record_batch.outcomes, record_batch.metadata, record_batch.metadata,
      record_batch.permissions, record_batch.user_ids, record_batch.ip_addresses, record_batch.request_ids,
      record_batch.created_ats, record_batch.sealed
    );
    return query select said.verdict, said.log_id, null::text from unnest(v_verdicts, v_log_ids) as said (verdict, log_id);
    return;
  exception
    -- What is an event's own fault. Everything else is the server's: then no verdict is given, and nothing recorded.
    when data_exception or integrity_constraint_violation or program_limit_exceeded or sqlstate 'ID000' then null;
  end;
  return query
    select alone.verdict, alone.log_id, alone.state
    from unnest(
      record_batch.event_ids, record_batch.actions, record_batch.entity_types, record_batch.entity_ids,
      record_batch.descriptions, record_batch.outcomes, record_batch.metadata, record_batch.permissions,
      record_batch.user_ids, record_batch.ip_addresses, record_batch.request_ids, record_batch.created_ats,
      record_batch.sealed
    ) as said (
      event_id, action, entity_type, entity_id, description, outcome, metadata, permission, user_id, ip_address,
      request_id, created_at, sealed
    )
    cross join lateral audit_private.record_event_alone(
      v_producer, event_id, action, entity_type, entity_id, description, outcome, metadata, permission, user_id,
      ip_address, request_id, created_at, sealed
    ) as alone;
end $$;


ALTER FUNCTION audit.record_batch(event_ids uuid[], actions text[], entity_types text[], entity_ids text[], descriptions text[], outcomes text[], metadata text[], permissions text[], user_ids text[], ip_addresses text[], request_ids text[], created_ats timestamp with time zone[], sealed text[]) OWNER TO audit_owner;

--
-- Name: FUNCTION record_batch(event_ids uuid[], actions text[], entity_types text[], entity_ids text[], descriptions text[], outcomes text[], metadata text[], permissions text[], user_ids text[], ip_addresses text[], request_ids text[], created_ats timestamp with time zone[], sealed text[]); Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON FUNCTION audit.record_batch(event_ids uuid[], actions text[], entity_types text[], entity_ids text[], descriptions text[], outcomes text[], metadata text[], permissions text[], user_ids text[], ip_addresses text[], request_ids text[], created_ats timestamp with time zone[], sealed text[]) IS 'Records events of origin service, each once for its id; of each, in order: stored, known, conflict or refused, the id of its row, and for a refused one the SQLSTATE. Metadata that cannot be stored is left out, and the event says so.';


--
-- Name: recorded_rows(regclass); Type: FUNCTION; Schema: audit; Owner: audit_owner
--

CREATE FUNCTION audit.recorded_rows(target regclass) RETURNS TABLE(entity_id text, copies bigint, image jsonb)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
  v_watch audit_private.watches;
  v_masked boolean;
begin
  if current_setting('indelible.permit', true) is distinct from audit_private.reading_permit(recorded_rows.target) then
    raise exception using errcode = '42501', message = 'audit.recorded_rows is a part of audit.reconcile',
      hint = 'Call audit.reconcile.';
  end if;
  perform set_config('indelible.permit', '', true);
  v_watch := audit_private.active_watch(recorded_rows.target);
  perform audit_private.require_reconcilable(v_watch);
  if audit_private.key_columns(v_watch.target) = '{}' then
    return query select * from audit_private.rows_by_image(v_watch);
  else
    v_masked := audit_private.was_ever_masked(v_watch);
    return query
      select known.entity_id, known.copies, case when v_masked then audit_private.without_masks(known.image) else known.image end
      from audit_private.rows_by_key(v_watch) as known;
  end if;
end $$;


ALTER FUNCTION audit.recorded_rows(target regclass) OWNER TO audit_owner;

--
-- Name: FUNCTION recorded_rows(target regclass); Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON FUNCTION audit.recorded_rows(target regclass) IS 'What a table must hold by the log: of each key whether there is a row, or of each image how many, as far as is recorded.';


--
-- Name: request(text); Type: FUNCTION; Schema: audit; Owner: audit_owner
--

CREATE FUNCTION audit.request(request_id text) RETURNS SETOF audit.audit_logs
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
  v_hidden constant text[] := audit_private.hidden_entity_types();
begin
  perform audit_private.tell_read('request');
  return query
    select * from audit_private.records_of_request(request.request_id) as log
    where entity_type = any (v_hidden) is not true order by id;
  perform audit_private.note_hidden(
    (select count(*) from audit_private.records_of_request(request.request_id) where entity_type = any (v_hidden))
  );
end $$;


ALTER FUNCTION audit.request(request_id text) OWNER TO audit_owner;

--
-- Name: FUNCTION request(request_id text); Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON FUNCTION audit.request(request_id text) IS 'All records of a request, whatever transaction wrote them: select * from audit.request(''…'').';


--
-- Name: seal_batch(integer, bigint, bytea); Type: FUNCTION; Schema: audit; Owner: audit_owner
--

CREATE FUNCTION audit.seal_batch(epoch integer, tree_size bigint, salts bytea) RETURNS TABLE(entries bytea, complete boolean)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET enable_seqscan TO 'off'
    SET plan_cache_mode TO 'force_custom_plan'
    SET jit TO 'off'
    SET work_mem TO '64MB'
    AS $$
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


ALTER FUNCTION audit.seal_batch(epoch integer, tree_size bigint, salts bytea) OWNER TO audit_owner;

--
-- Name: FUNCTION seal_batch(epoch integer, tree_size bigint, salts bytea); Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON FUNCTION audit.seal_batch(epoch integer, tree_size bigint, salts bytea) IS 'Takes the next rows into the log, as many as there are salts at most, and returns their entries; complete if that is all.';


--
-- Name: sealed_events(bigint, integer); Type: FUNCTION; Schema: audit; Owner: audit_owner
--

CREATE FUNCTION audit.sealed_events(from_leaf bigint, most integer) RETURNS TABLE(leaf_index bigint, event audit.v_events)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET enable_seqscan TO 'off'
    SET plan_cache_mode TO 'force_custom_plan'
    SET jit TO 'off'
    AS $$
#variable_conflict use_column
declare
  v_last constant bigint := least(
    sealed_events.from_leaf + least(sealed_events.most, 1000), (select tree_size from audit.sealed_log())
  ) - 1;
  v_room bigint := 4194304;
  v_sealed record;
begin
  for v_sealed in
    select leaf.leaf_index, found.event
    from audit_private.sealed_between(sealed_events.from_leaf, v_last) as leaf
    -- One by one, by the key of the log: LIMIT keeps the planner from joining otherwise.
    left join lateral (
      select row(
        flat.id, flat.created_at, flat.recorded_at, flat.action, flat.outcome, flat.user_id, flat.db_user, flat.actor_proof,
        flat.entity_type, flat.entity_id, flat.description, flat.permission, flat.reason, flat.ip_address, flat.request_id,
        flat.transaction_id, flat.changes, flat.metadata, flat.time_source
      )::audit.v_events as event
      from audit_private.flat_events as flat
      where flat.id = leaf.id and flat.created_at = leaf.created_at
      limit 1
    ) as found on true
    order by leaf.leaf_index
  loop
    leaf_index := v_sealed.leaf_index;
    event := v_sealed.event;
    return next;
    v_room := v_room - coalesce(length((event).changes), 0) - coalesce(length((event).metadata), 0);
    exit when v_room < 0;
  end loop;
end $$;


ALTER FUNCTION audit.sealed_events(from_leaf bigint, most integer) OWNER TO audit_owner;

--
-- Name: FUNCTION sealed_events(from_leaf bigint, most integer); Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON FUNCTION audit.sealed_events(from_leaf bigint, most integer) IS 'The next sealed events in order, from a leaf on; null for one whose row is gone, which `indelible verify` says more of.';


--
-- Name: sealed_log(); Type: FUNCTION; Schema: audit; Owner: audit_owner
--

CREATE FUNCTION audit.sealed_log() RETURNS TABLE(origin text, tree_size bigint)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select epoch.origin, log_position.tree_size
  from audit_private.log_position
  join audit_private.epochs as epoch using (epoch)
$$;


ALTER FUNCTION audit.sealed_log() OWNER TO audit_owner;

--
-- Name: FUNCTION sealed_log(); Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON FUNCTION audit.sealed_log() IS 'The name of the sealed log and how many events it has; no row before it begins.';


--
-- Name: sealed_size(); Type: FUNCTION; Schema: audit; Owner: audit_owner
--

CREATE FUNCTION audit.sealed_size() RETURNS bigint
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select coalesce((select tree_size from audit_private.log_position), 0)
$$;


ALTER FUNCTION audit.sealed_size() OWNER TO audit_owner;

--
-- Name: FUNCTION sealed_size(); Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON FUNCTION audit.sealed_size() IS 'How many events are sealed: the leaves from 0 up to this, without it.';


--
-- Name: set_context(text); Type: FUNCTION; Schema: audit; Owner: audit_owner
--

CREATE FUNCTION audit.set_context(sealed text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_actor constant audit_private.actor := audit_private.open_sealed(set_context.sealed);
begin
  perform set_config('indelible.context', context, true)
  from audit_private.proven_context(v_actor::text) as context
  where v_actor.claim is null and audit_private.is_application();
  if not found then
    perform audit_private.refuse_context(coalesce(v_actor.claim, v_actor.user_id), true);
  end if;
end $$;


ALTER FUNCTION audit.set_context(sealed text) OWNER TO audit_owner;

--
-- Name: FUNCTION set_context(sealed text); Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON FUNCTION audit.set_context(sealed text) IS 'Acts, in this transaction, for the user whose session the database authenticated (iam.authenticate).';


--
-- Name: set_context(text, inet, text); Type: FUNCTION; Schema: audit; Owner: audit_owner
--

CREATE FUNCTION audit.set_context(user_id text, ip_address inet, request_id text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  perform set_config('indelible.context', context, true)
  from audit_private.proven_context(
    audit_private.claimed_actor(set_context.user_id, set_context.ip_address, set_context.request_id)::text
  ) as context
  where audit_private.is_application();
  if not found then
    perform audit_private.refuse_context(set_context.user_id, true);
  end if;
end $$;


ALTER FUNCTION audit.set_context(user_id text, ip_address inet, request_id text) OWNER TO audit_owner;

--
-- Name: FUNCTION set_context(user_id text, ip_address inet, request_id text); Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON FUNCTION audit.set_context(user_id text, ip_address inet, request_id text) IS 'Acts, in this transaction, for a user on the word of an application with its own login system.';


--
-- Name: set_session_context(text, inet, text); Type: FUNCTION; Schema: audit; Owner: audit_owner
--

CREATE FUNCTION audit.set_session_context(user_id text, ip_address inet, request_id text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_context constant text := 'session' || audit_private.claimed_actor(
    set_session_context.user_id, set_session_context.ip_address, set_session_context.request_id
  )::text;
begin
  if not audit_private.is_application() then
    perform audit_private.refuse_context(set_session_context.user_id, false);
    return;
  end if;
  -- The number is this session's alone: nobody else reads it, and nobody but the owner sets it.
  perform setval('audit_private.session_context', hashtextextended(v_context, 0));
  perform set_config('indelible.context', v_context, false);
end $$;


ALTER FUNCTION audit.set_session_context(user_id text, ip_address inet, request_id text) OWNER TO audit_owner;

--
-- Name: FUNCTION set_session_context(user_id text, ip_address inet, request_id text); Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON FUNCTION audit.set_session_context(user_id text, ip_address inet, request_id text) IS 'Acts, until the session ends or resets, for a user on the word of an application that keeps one connection for each.';


--
-- Name: store_checkpoint(text, bigint, text); Type: FUNCTION; Schema: audit; Owner: audit_owner
--

CREATE FUNCTION audit.store_checkpoint(origin text, tree_size bigint, note text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  insert into audit_private.checkpoints (origin, tree_size, note)
  values (store_checkpoint.origin, store_checkpoint.tree_size, store_checkpoint.note)
  on conflict on constraint checkpoints_pkey do nothing;
end $$;


ALTER FUNCTION audit.store_checkpoint(origin text, tree_size bigint, note text) OWNER TO audit_owner;

--
-- Name: FUNCTION store_checkpoint(origin text, tree_size bigint, note text); Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON FUNCTION audit.store_checkpoint(origin text, tree_size bigint, note text) IS 'Publishes what the sealer has signed.';


--
-- Name: store_cosignatures(text, bigint, text[]); Type: FUNCTION; Schema: audit; Owner: audit_owner
--

CREATE FUNCTION audit.store_cosignatures(origin text, tree_size bigint, lines text[]) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  insert into audit_private.cosignatures (origin, tree_size, witness, line)
  select store_cosignatures.origin, store_cosignatures.tree_size, split_part(line, ' ', 2), line
  from unnest(store_cosignatures.lines) as line
  on conflict on constraint cosignatures_pkey do nothing
$$;


ALTER FUNCTION audit.store_cosignatures(origin text, tree_size bigint, lines text[]) OWNER TO audit_owner;

--
-- Name: FUNCTION store_cosignatures(origin text, tree_size bigint, lines text[]); Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON FUNCTION audit.store_cosignatures(origin text, tree_size bigint, lines text[]) IS 'Publishes the signatures of witnesses under a checkpoint.';


--
-- Name: surplus_capture(regclass); Type: FUNCTION; Schema: audit; Owner: audit_owner
--

CREATE FUNCTION audit.surplus_capture(target regclass) RETURNS TABLE(relation regclass, name text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select existing.tgrelid::regclass, existing.tgname::text
  from pg_catalog.pg_trigger as existing
  where existing.tgrelid in (select audit.captured_relations(surplus_capture.target))
    and existing.tgname ~ '^!?indelible_capture_'
    and existing.tgparentid = 0
    and (existing.tgrelid, existing.tgname::text) not in (
      select wanted.relation, wanted.name
      from audit_private.watches as watch
      cross join audit_private.capture_triggers(watch) as wanted
      where watch.target = surplus_capture.target and watch.stopped_at is null
    )
$$;


ALTER FUNCTION audit.surplus_capture(target regclass) OWNER TO audit_owner;

--
-- Name: FUNCTION surplus_capture(target regclass); Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON FUNCTION audit.surplus_capture(target regclass) IS 'Capture triggers on a table that it ought not to have: all of them, once it is not watched.';


--
-- Name: transaction(xid8); Type: FUNCTION; Schema: audit; Owner: audit_owner
--

CREATE FUNCTION audit.transaction(transaction xid8) RETURNS SETOF audit.audit_logs
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
  v_hidden constant text[] := audit_private.hidden_entity_types();
begin
  perform audit_private.tell_read('transaction');
  return query
    select * from audit_private.records_of_transaction(transaction.transaction) as log
    where entity_type = any (v_hidden) is not true order by id;
  perform audit_private.note_hidden(
    (select count(*) from audit_private.records_of_transaction(transaction.transaction) where entity_type = any (v_hidden))
  );
end $$;


ALTER FUNCTION audit.transaction(transaction xid8) OWNER TO audit_owner;

--
-- Name: FUNCTION transaction(transaction xid8); Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON FUNCTION audit.transaction(transaction xid8) IS 'All records of a transaction, and of the requests that it served: select * from audit.transaction(''4711'').';


--
-- Name: undo_sql(regclass, text, bigint); Type: FUNCTION; Schema: audit; Owner: audit_owner
--

CREATE FUNCTION audit.undo_sql(target regclass, key text, id bigint DEFAULT NULL::bigint) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET quote_all_identifiers TO 'off'
    AS $$
declare
  v_record audit.audit_logs;
  v_source text;
  v_lost text;
begin
  perform audit_private.require_may_read(undo_sql.target);
  perform audit_private.tell_read('undo_sql ' || undo_sql.target::text);
  select (past.record).* into v_record
  from audit_private.records_of(
    audit_private.entity_types_of(undo_sql.target), audit_private.named_key(undo_sql.target, undo_sql.key)
  ) as past
  where (past.record).id = undo_sql.id or undo_sql.id is null
  order by (past.record).id desc
  limit 1;
  v_source := audit_private.undo_source(undo_sql.target, v_record);
  if v_source is null then
    raise exception using
      errcode = 'ID012',
      message = format('nothing to undo: no recorded change of this row of %s can be taken back', undo_sql.target),
      hint = 'audit.history() has its changes; masked values and those of dropped columns are not to be had.';
  end if;
  select string_agg(quote_ident(name), ', ') into v_lost
  from audit_private.restorable_values(undo_sql.target, v_record, 'old')
  where not restorable;
  if v_lost is not null then
    raise notice 'not restored, because the value is not on record or the column is gone: %', v_lost;
  end if;
  return v_source;
end $$;


ALTER FUNCTION audit.undo_sql(target regclass, key text, id bigint) OWNER TO audit_owner;

--
-- Name: FUNCTION undo_sql(target regclass, key text, id bigint); Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON FUNCTION audit.undo_sql(target regclass, key text, id bigint) IS 'The statement that would take back a change of a row, the last one unless an id of audit.history() is given: select audit.undo_sql(''shop.orders'', ''7''). It is not executed, and says nothing of what came after that change.';


--
-- Name: unwatch(regclass); Type: FUNCTION; Schema: audit; Owner: audit_owner
--

CREATE FUNCTION audit.unwatch(target regclass) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET quote_all_identifiers TO 'off'
    AS $$
declare
  v_statement text;
begin
  perform set_config('indelible.caller', current_user, true);
  -- A simple assignment: between the halves nothing else stands on the stack.
  v_statement := audit.finish_unwatch(unwatch.target);
  for v_statement in select format('drop trigger %I on %s', name, relation) from audit.surplus_capture(unwatch.target) loop
    execute v_statement;
  end loop;
  for v_statement in
    select format('revoke select on %s from audit_owner', class.oid::regclass)
    from audit.captured_relations(unwatch.target) as relation
    join pg_catalog.pg_class as class on class.oid = relation
    where class.relowner <> 'audit_owner'::regrole
  loop
    execute v_statement;
  end loop;
  perform audit.drop_capture(unwatch.target);
end $$;


ALTER FUNCTION audit.unwatch(target regclass) OWNER TO audit_owner;

--
-- Name: FUNCTION unwatch(target regclass); Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON FUNCTION audit.unwatch(target regclass) IS 'Ends the capture of a table; called by its owner. The history stays, and the end is on record.';


--
-- Name: verdict_lag(); Type: FUNCTION; Schema: audit; Owner: audit_owner
--

CREATE FUNCTION audit.verdict_lag() RETURNS TABLE(slot text, waiting_bytes bigint, waiting_seconds bigint, safe_bytes bigint, kept_bytes bigint, status text, failover boolean)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select
    found.slot_name::text,
    greatest(pg_current_wal_lsn() - greatest(found.confirmed_flush_lsn, drain.next_lsn), 0)::bigint,
    greatest(extract(epoch from clock_timestamp() - drain.drained_at), 0)::bigint,
    found.safe_wal_size,
    nullif(greatest(pg_size_bytes(current_setting('max_slot_wal_keep_size')), 0), 0),
    found.wal_status,
    -- 16 has no such column, and no such slots.
    coalesce((to_jsonb(found) ->> 'failover')::boolean, false)
  from pg_catalog.pg_replication_slots as found
  left join audit_private.drains as drain
    on drain.slot_name = found.slot_name
    and drain.system_identifier = (select system_identifier::text from pg_control_system())
  where found.slot_name = format('indelible_%s', (select oid from pg_catalog.pg_database where datname = current_database()))
    and not pg_is_in_recovery()
$$;


ALTER FUNCTION audit.verdict_lag() OWNER TO audit_owner;

--
-- Name: FUNCTION verdict_lag(); Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON FUNCTION audit.verdict_lag() IS 'How much of the write-ahead log waits to be drained, since when, and how much more may be written before verdicts are lost.';


--
-- Name: watch(regclass, text, text, text[], text[], boolean, text[], text[], boolean); Type: FUNCTION; Schema: audit; Owner: audit_owner
--

CREATE FUNCTION audit.watch(target regclass, entity_type text DEFAULT NULL::text, capture text DEFAULT NULL::text, exclude text[] DEFAULT NULL::text[], mask text[] DEFAULT NULL::text[], dry_run boolean DEFAULT false, skip text[] DEFAULT NULL::text[], operations text[] DEFAULT NULL::text[], record_unchanged boolean DEFAULT NULL::boolean) RETURNS text
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET quote_all_identifiers TO 'off'
    AS $$
declare
  v_source text[];
begin
  perform set_config('indelible.caller', current_user, true);
  -- A simple assignment: between the halves nothing else stands on the stack.
  v_source := audit.prepare_watch(
    watch.target, watch.entity_type, watch.capture, watch.exclude, watch.mask, watch.dry_run, watch.skip, watch.operations,
    watch.record_unchanged
  );
  if not watch.dry_run then
    perform audit.attach_pending(watch.target);
  end if;
  return array_to_string(v_source, E';\n\n') || E';\n';
end $$;


ALTER FUNCTION audit.watch(target regclass, entity_type text, capture text, exclude text[], mask text[], dry_run boolean, skip text[], operations text[], record_unchanged boolean) OWNER TO audit_owner;

--
-- Name: FUNCTION watch(target regclass, entity_type text, capture text, exclude text[], mask text[], dry_run boolean, skip text[], operations text[], record_unchanged boolean); Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON FUNCTION audit.watch(target regclass, entity_type text, capture text, exclude text[], mask text[], dry_run boolean, skip text[], operations text[], record_unchanged boolean) IS 'Records every row change of a table from now on; called by its owner. Idempotent: what is not given stays as declared. exclude: columns never recorded; mask: only that they changed; skip: their change alone is no record; operations: some of insert, update, delete, truncate. Returns the SQL; dry_run only returns it.';


--
-- Name: await_drain(); Type: FUNCTION; Schema: audit_guard; Owner: postgres
--

CREATE FUNCTION audit_guard.await_drain() RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_name constant text := format('indelible_%s', (select oid from pg_catalog.pg_database where datname = current_database()));
  v_bound constant bigint := pg_size_bytes(current_setting('max_slot_wal_keep_size'));
  v_give_up constant timestamptz := clock_timestamp() + interval '1 second';
begin
  while v_bound > 0 and clock_timestamp() < v_give_up and exists (
    select from pg_catalog.pg_replication_slots
    where slot_name = v_name and pg_current_wal_lsn() - confirmed_flush_lsn > v_bound / 2
  ) loop
    perform pg_sleep(0.05);
  end loop;
end $$;


ALTER FUNCTION audit_guard.await_drain() OWNER TO postgres;

--
-- Name: await_flush(pg_lsn); Type: FUNCTION; Schema: audit_guard; Owner: postgres
--

CREATE FUNCTION audit_guard.await_flush(lsn pg_lsn) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_give_up constant timestamptz := clock_timestamp() + interval '2 seconds';
begin
  -- PostgreSQL 16 cannot flush a message. A snapshot for standbys asks the WAL writer to, within wal_writer_delay.
  perform pg_log_standby_snapshot();
  while pg_current_wal_flush_lsn() < await_flush.lsn and clock_timestamp() < v_give_up loop
    perform pg_sleep(0.002);
  end loop;
end $$;


ALTER FUNCTION audit_guard.await_flush(lsn pg_lsn) OWNER TO postgres;

--
-- Name: belongs_to(oid, oid, oid[]); Type: FUNCTION; Schema: audit_guard; Owner: postgres
--

CREATE FUNCTION audit_guard.belongs_to(class oid, object oid, owners oid[]) RETURNS boolean
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  return exists (
    select from pg_catalog.pg_shdepend
    where dbid = (select oid from pg_catalog.pg_database where datname = current_database())
      and classid = class and objid = object and deptype = 'o'
      and refclassid = 'pg_authid'::regclass and refobjid = any (owners)
  );
end $$;


ALTER FUNCTION audit_guard.belongs_to(class oid, object oid, owners oid[]) OWNER TO postgres;

--
-- Name: close_door(bigint); Type: FUNCTION; Schema: audit_guard; Owner: postgres
--

CREATE FUNCTION audit_guard.close_door(door bigint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  delete from audit_guard.doors where door_id = close_door.door and backend = pg_backend_pid();
end $$;


ALTER FUNCTION audit_guard.close_door(door bigint) OWNER TO postgres;

--
-- Name: door_is_open(); Type: FUNCTION; Schema: audit_guard; Owner: postgres
--

CREATE FUNCTION audit_guard.door_is_open() RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select exists (
    select from audit_guard.doors where backend = pg_backend_pid() and xid = pg_current_xact_id_if_assigned()
  )
$$;


ALTER FUNCTION audit_guard.door_is_open() OWNER TO postgres;

--
-- Name: emit(jsonb); Type: FUNCTION; Schema: audit_guard; Owner: postgres
--

CREATE FUNCTION audit_guard.emit(event jsonb) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  -- The UUID tells two equal refusals of one moment from a copy.
  v_body constant bytea := convert_to(
    (
      emit.event
      || jsonb_build_object('db_user', session_user, 'created_at', clock_timestamp(), 'message', gen_random_uuid())
    )::text,
    'UTF8'
  );
  v_message constant bytea := audit_guard.mac(v_body) || v_body;
begin
  if current_setting('wal_level') <> 'logical' or pg_is_in_recovery() then
    return;
  end if;
  perform audit_guard.await_drain();
  if current_setting('server_version_num')::int >= 170000 then
    perform pg_logical_emit_message(false, 'indelible.verdict', v_message, true);
  else
    perform audit_guard.await_flush(pg_logical_emit_message(false, 'indelible.verdict', v_message));
  end if;
end $$;


ALTER FUNCTION audit_guard.emit(event jsonb) OWNER TO postgres;

--
-- Name: FUNCTION emit(event jsonb); Type: COMMENT; Schema: audit_guard; Owner: postgres
--

COMMENT ON FUNCTION audit_guard.emit(event jsonb) IS 'Sends an event (an object by columns of the log) past the transaction, whatever becomes of that; durable when it returns.';


--
-- Name: emit_denial(jsonb); Type: FUNCTION; Schema: audit_guard; Owner: postgres
--

CREATE FUNCTION audit_guard.emit_denial(denial jsonb) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET lc_messages TO 'C'
    AS $$
declare
  v_context text;
  v_caller text;
begin
  get diagnostics v_context = pg_context;
  v_caller := split_part(v_context, E'\n', 2);
  if not starts_with(v_caller, 'PL/pgSQL function iam.require_permission(')
    and not starts_with(v_caller, 'PL/pgSQL function "iam"."require_permission"(')
  then
    perform audit_guard.refuse('audit_guard.emit_denial()', v_caller, 'door');
  end if;
  perform audit_guard.emit(emit_denial.denial || jsonb_build_object('outcome', 'denied'));
  return true;
end $$;


ALTER FUNCTION audit_guard.emit_denial(denial jsonb) OWNER TO postgres;

--
-- Name: FUNCTION emit_denial(denial jsonb); Type: COMMENT; Schema: audit_guard; Owner: postgres
--

COMMENT ON FUNCTION audit_guard.emit_denial(denial jsonb) IS 'Puts a denied permission on record, past the transaction of its caller.';


--
-- Name: emit_read(text, text, text, inet, text); Type: FUNCTION; Schema: audit_guard; Owner: postgres
--

CREATE FUNCTION audit_guard.emit_read(view text, user_id text, actor_proof text, ip_address inet, request_id text) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select audit_guard.emit(jsonb_build_object(
    'action', 'AUDIT_LOG_READ',
    'outcome', 'success',
    'user_id', emit_read.user_id,
    'actor_proof', emit_read.actor_proof,
    'entity_type', 'AUDIT_VIEW',
    'entity_id', emit_read.view,
    'ip_address', emit_read.ip_address,
    'request_id', emit_read.request_id
  ))
$$;


ALTER FUNCTION audit_guard.emit_read(view text, user_id text, actor_proof text, ip_address inet, request_id text) OWNER TO postgres;

--
-- Name: FUNCTION emit_read(view text, user_id text, actor_proof text, ip_address inet, request_id text); Type: COMMENT; Schema: audit_guard; Owner: postgres
--

COMMENT ON FUNCTION audit_guard.emit_read(view text, user_id text, actor_proof text, ip_address inet, request_id text) IS 'Sends word of a read past the transaction.';


--
-- Name: give_overdue(regclass, bigint); Type: FUNCTION; Schema: audit_guard; Owner: postgres
--

CREATE FUNCTION audit_guard.give_overdue(target regclass, truncate_of bigint) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET quote_all_identifiers TO 'off'
    AS $$
declare
  v_schema constant regnamespace := (select relnamespace from pg_catalog.pg_class where oid = give_overdue.target);
begin
  if not audit_guard.is_captured(give_overdue.target) then
    return;
  end if;
  if not has_schema_privilege('audit_owner', v_schema, 'usage') then
    execute format('grant usage on schema %s to audit_owner', v_schema);
  end if;
  if not has_table_privilege('audit_owner', give_overdue.target, 'select') then
    execute format('grant select on %s to audit_owner', give_overdue.target);
  end if;
  if give_overdue.truncate_of is not null
    and (select relispartition and relkind = 'r' from pg_catalog.pg_class where oid = give_overdue.target)
    and not exists (
      select from pg_catalog.pg_trigger
      where tgrelid = give_overdue.target and tgname = '!indelible_capture_truncate'
    )
  then
    execute format(
      'create trigger "!indelible_capture_truncate" before truncate on %s for each statement '
      'execute function audit_private.capture_%s_truncate()', give_overdue.target, give_overdue.truncate_of
    );
    execute format('alter table %s enable always trigger "!indelible_capture_truncate"', give_overdue.target);
  end if;
end $$;


ALTER FUNCTION audit_guard.give_overdue(target regclass, truncate_of bigint) OWNER TO postgres;

--
-- Name: has_members(); Type: FUNCTION; Schema: audit_guard; Owner: postgres
--

CREATE FUNCTION audit_guard.has_members() RETURNS boolean
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  return exists (select from pg_catalog.pg_auth_members where roleid = any (audit_guard.owners()));
end $$;


ALTER FUNCTION audit_guard.has_members() OWNER TO postgres;

--
-- Name: FUNCTION has_members(); Type: COMMENT; Schema: audit_guard; Owner: postgres
--

COMMENT ON FUNCTION audit_guard.has_members() IS 'Whether anybody but a superuser has the rights of the owner: only they could grant some.';


--
-- Name: has_taken_in(oid); Type: FUNCTION; Schema: audit_guard; Owner: postgres
--

CREATE FUNCTION audit_guard.has_taken_in(extension oid) RETURNS boolean
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  return exists (
    select from pg_catalog.pg_depend as member
    cross join lateral pg_identify_object(member.classid, member.objid, member.objsubid) as object
    where member.refclassid = 'pg_extension'::regclass and member.refobjid = has_taken_in.extension and member.deptype = 'e'
      and audit_guard.is_guarded_schema(case object.type when 'schema' then object.name else object.schema end)
  );
end $$;


ALTER FUNCTION audit_guard.has_taken_in(extension oid) OWNER TO postgres;

--
-- Name: is_about_privileges(text); Type: FUNCTION; Schema: audit_guard; Owner: postgres
--

CREATE FUNCTION audit_guard.is_about_privileges(tag text) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    RETURN (tag = ANY (ARRAY['GRANT'::text, 'REVOKE'::text, 'ALTER DEFAULT PRIVILEGES'::text, 'DROP OWNED'::text, 'CREATE SCHEMA'::text]));


ALTER FUNCTION audit_guard.is_about_privileges(tag text) OWNER TO postgres;

--
-- Name: is_captured(regclass); Type: FUNCTION; Schema: audit_guard; Owner: postgres
--

CREATE FUNCTION audit_guard.is_captured(relation regclass) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select exists (
    select from pg_catalog.pg_trigger as trigger
    join pg_catalog.pg_proc as function on function.oid = trigger.tgfoid
    where trigger.tgrelid in (select relation union select relid from pg_catalog.pg_partition_ancestors(relation))
      and trigger.tgname like '!indelible_capture_%'
      and function.pronamespace = 'audit_private'::regnamespace
  )
$$;


ALTER FUNCTION audit_guard.is_captured(relation regclass) OWNER TO postgres;

--
-- Name: is_guarded(oid, oid, text, oid[]); Type: FUNCTION; Schema: audit_guard; Owner: postgres
--

CREATE FUNCTION audit_guard.is_guarded(class oid, object oid, schema_name text, owners oid[]) RETURNS boolean
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if audit_guard.is_guarded_schema(schema_name) then
    return true;
  end if;
  case class
    when 'pg_class'::regclass then
      return audit_guard.is_guarded_table(object, owners);
    when 'pg_trigger'::regclass then
      return audit_guard.is_guarded_trigger(object);
    when 'pg_rewrite'::regclass then
      return audit_guard.is_guarded_relation((select ev_class from pg_catalog.pg_rewrite where oid = object));
    when 'pg_policy'::regclass then
      return audit_guard.is_guarded_relation((select polrelid from pg_catalog.pg_policy where oid = object));
    when 'pg_publication_rel'::regclass then
      return audit_guard.is_guarded_relation((select prrelid from pg_catalog.pg_publication_rel where oid = object));
    when 'pg_cast'::regclass then
      return exists (
        select from pg_catalog.pg_cast
        where oid = object and (audit_guard.is_guarded_type(castsource) or audit_guard.is_guarded_type(casttarget))
      );
    else
      return audit_guard.belongs_to(class, object, owners)
        or (class = 'pg_namespace'::regclass and exists (
          select from pg_catalog.pg_namespace where oid = object and audit_guard.is_guarded_schema(nspname)
        ))
        or (class = 'pg_statistic_ext'::regclass and audit_guard.is_guarded_relation(
          (select stxrelid from pg_catalog.pg_statistic_ext where oid = object)
        ))
        or (class = 'pg_publication'::regclass and exists (
          select from pg_catalog.pg_publication_rel where prpubid = object and audit_guard.is_guarded_relation(prrelid)
        ))
        or (class = 'pg_extension'::regclass and audit_guard.has_taken_in(object));
  end case;
end $$;


ALTER FUNCTION audit_guard.is_guarded(class oid, object oid, schema_name text, owners oid[]) OWNER TO postgres;

--
-- Name: FUNCTION is_guarded(class oid, object oid, schema_name text, owners oid[]); Type: COMMENT; Schema: audit_guard; Owner: postgres
--

COMMENT ON FUNCTION audit_guard.is_guarded(class oid, object oid, schema_name text, owners oid[]) IS 'Whether only a superuser, or Indelible itself, may have touched this object.';


--
-- Name: is_guarded_relation(oid); Type: FUNCTION; Schema: audit_guard; Owner: postgres
--

CREATE FUNCTION audit_guard.is_guarded_relation(relation oid) RETURNS boolean
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  return exists (
    select from pg_catalog.pg_class as class
    join pg_catalog.pg_namespace as namespace on namespace.oid = class.relnamespace
    where class.oid = relation and audit_guard.is_guarded_schema(namespace.nspname)
  );
end $$;


ALTER FUNCTION audit_guard.is_guarded_relation(relation oid) OWNER TO postgres;

--
-- Name: is_guarded_schema(text); Type: FUNCTION; Schema: audit_guard; Owner: postgres
--

CREATE FUNCTION audit_guard.is_guarded_schema(name text) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    RETURN (name = ANY (ARRAY['audit'::text, 'audit_private'::text, 'iam'::text, 'audit_guard'::text]));


ALTER FUNCTION audit_guard.is_guarded_schema(name text) OWNER TO postgres;

--
-- Name: is_guarded_table(oid, oid[]); Type: FUNCTION; Schema: audit_guard; Owner: postgres
--

CREATE FUNCTION audit_guard.is_guarded_table(table_oid oid, owners oid[]) RETURNS boolean
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  return exists (select from pg_catalog.pg_class where oid = table_oid and relowner = any (owners))
    or exists (
      select from pg_catalog.pg_inherits
      where (inhrelid = table_oid and audit_guard.is_guarded_relation(inhparent))
        or (inhparent = table_oid and audit_guard.is_guarded_relation(inhrelid))
    )
    -- The checks of a foreign key run with the rights of the owner of the table it points to, and so do its casts.
    or exists (
      select from pg_catalog.pg_constraint
      where conrelid = table_oid and contype = 'f' and audit_guard.is_guarded_relation(confrelid)
    );
end $$;


ALTER FUNCTION audit_guard.is_guarded_table(table_oid oid, owners oid[]) OWNER TO postgres;

--
-- Name: is_guarded_trigger(oid); Type: FUNCTION; Schema: audit_guard; Owner: postgres
--

CREATE FUNCTION audit_guard.is_guarded_trigger(trigger oid) RETURNS boolean
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  return exists (
    select from pg_catalog.pg_trigger as found
    join pg_catalog.pg_proc as function on function.oid = found.tgfoid
    join pg_catalog.pg_namespace as namespace on namespace.oid = function.pronamespace
    where found.oid = is_guarded_trigger.trigger
      and (audit_guard.is_guarded_schema(namespace.nspname) or audit_guard.is_guarded_relation(found.tgrelid))
  );
end $$;


ALTER FUNCTION audit_guard.is_guarded_trigger(trigger oid) OWNER TO postgres;

--
-- Name: is_guarded_type(oid); Type: FUNCTION; Schema: audit_guard; Owner: postgres
--

CREATE FUNCTION audit_guard.is_guarded_type(type oid) RETURNS boolean
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  return exists (
    select from pg_catalog.pg_type as kind
    join pg_catalog.pg_namespace as namespace on namespace.oid = kind.typnamespace
    where kind.oid = type and audit_guard.is_guarded_schema(namespace.nspname)
  );
end $$;


ALTER FUNCTION audit_guard.is_guarded_type(type oid) OWNER TO postgres;

--
-- Name: is_mine(xid, bigint); Type: FUNCTION; Schema: audit_guard; Owner: postgres
--

CREATE FUNCTION audit_guard.is_mine(xmin xid, top bigint) RETURNS boolean
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  return pg_xact_status((top + audit_guard.youth(xmin, top))::text::xid8) = 'in progress';
exception when invalid_parameter_value then
  -- The number of a frozen row, of an earlier round of the counter, lies in the future of this one.
  return false;
end $$;


ALTER FUNCTION audit_guard.is_mine(xmin xid, top bigint) OWNER TO postgres;

--
-- Name: mac(bytea); Type: FUNCTION; Schema: audit_guard; Owner: postgres
--

CREATE FUNCTION audit_guard.mac(message bytea) RETURNS bytea
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select sha256(outer_pad || sha256(inner_pad || message)) from audit_guard.keys
$$;


ALTER FUNCTION audit_guard.mac(message bytea) OWNER TO postgres;

--
-- Name: may_change(); Type: FUNCTION; Schema: audit_guard; Owner: postgres
--

CREATE FUNCTION audit_guard.may_change() RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select audit_guard.door_is_open()
    or (
      exists (select from pg_catalog.pg_roles where rolname = session_user and rolsuper)
      -- A superuser's ANALYZE, and autovacuum, run a table owner's code as that owner: this is not the superuser at work.
      and exists (
        select from pg_catalog.pg_roles
        where rolname = current_setting('audit_guard.caller', true) and (rolsuper or rolname = current_setting('role'))
      )
    )
$$;


ALTER FUNCTION audit_guard.may_change() OWNER TO postgres;

--
-- Name: FUNCTION may_change(); Type: COMMENT; Schema: audit_guard; Owner: postgres
--

COMMENT ON FUNCTION audit_guard.may_change() IS 'Whether a superuser''s session, or Indelible itself, is at work.';


--
-- Name: open_door(); Type: FUNCTION; Schema: audit_guard; Owner: postgres
--

CREATE FUNCTION audit_guard.open_door() RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET lc_messages TO 'C'
    AS $$
declare
  v_context text;
  v_frames text[];
  v_door bigint;
begin
  get diagnostics v_context = pg_context;
  v_frames := string_to_array(v_context, E'\n');
  if v_frames[2] !~ '^PL/pgSQL function ("?)audit_private\1\.("?)open_door\2\(\) line '
    or coalesce(v_frames[3], '') !~ '^PL/pgSQL function ("?)(audit|audit_private|iam)\1\.("?)[a-z_]+\3\('
  then
    perform audit_guard.refuse('audit_private.open_door()', v_frames[3], 'door');
  end if;
  insert into audit_guard.doors (backend, xid) values (pg_backend_pid(), pg_current_xact_id()) returning door_id into v_door;
  return v_door;
end $$;


ALTER FUNCTION audit_guard.open_door() OWNER TO postgres;

--
-- Name: FUNCTION open_door(); Type: COMMENT; Schema: audit_guard; Owner: postgres
--

COMMENT ON FUNCTION audit_guard.open_door() IS 'Lets the calling function of Indelible change audit objects, in this transaction.';


--
-- Name: open_slot(); Type: FUNCTION; Schema: audit_guard; Owner: audit_drainer
--

CREATE FUNCTION audit_guard.open_slot(OUT slot text, OUT next_lsn pg_lsn, OUT lost boolean) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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


ALTER FUNCTION audit_guard.open_slot(OUT slot text, OUT next_lsn pg_lsn, OUT lost boolean) OWNER TO audit_drainer;

--
-- Name: FUNCTION open_slot(OUT slot text, OUT next_lsn pg_lsn, OUT lost boolean); Type: COMMENT; Schema: audit_guard; Owner: audit_drainer
--

COMMENT ON FUNCTION audit_guard.open_slot(OUT slot text, OUT next_lsn pg_lsn, OUT lost boolean) IS 'The slot of this database, made where it may be; null where not. Lost: it fell too far behind, and is another.';


--
-- Name: open_verdict(bytea); Type: FUNCTION; Schema: audit_guard; Owner: postgres
--

CREATE FUNCTION audit_guard.open_verdict(content bytea) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_mac constant bytea := substr(open_verdict.content, 1, 32);
  v_body constant bytea := substr(open_verdict.content, 33);
begin
  if v_mac is distinct from audit_guard.mac(v_body) then
    return null;
  end if;
  insert into audit_guard.opened (mac) values (v_mac) on conflict do nothing;
  return case when found then convert_from(v_body, 'UTF8')::jsonb end;
end $$;


ALTER FUNCTION audit_guard.open_verdict(content bytea) OWNER TO postgres;

--
-- Name: FUNCTION open_verdict(content bytea); Type: COMMENT; Schema: audit_guard; Owner: postgres
--

COMMENT ON FUNCTION audit_guard.open_verdict(content bytea) IS 'The event that emit() sent; null if it was somebody else, or a copy.';


--
-- Name: owners(); Type: FUNCTION; Schema: audit_guard; Owner: postgres
--

CREATE FUNCTION audit_guard.owners() RETURNS oid[]
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  return array(
    select role.oid
    from pg_catalog.pg_roles as role
    where (
      role.rolname = 'audit_owner'
      or role.oid in (select nspowner from pg_catalog.pg_namespace where nspname in ('audit', 'audit_private', 'iam'))
    ) and not role.rolsuper
  );
end $$;


ALTER FUNCTION audit_guard.owners() OWNER TO postgres;

--
-- Name: privileges_digest(bigint); Type: FUNCTION; Schema: audit_guard; Owner: postgres
--

CREATE FUNCTION audit_guard.privileges_digest(top bigint) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select coalesce(encode(sha256(convert_to(string_agg(entry, E'\n' order by entry), 'UTF8')), 'hex'), '')
  from (
    select concat_ws(' ', 'schema', nspname, nspacl)
    from pg_catalog.pg_namespace as namespace
    where audit_guard.is_guarded_schema(nspname) and audit_guard.youth(namespace.xmin, top) >= 0 and audit_guard.is_mine(namespace.xmin, top)
    union all
    select concat_ws(' ', 'relation', class.oid, class.relacl)
    from pg_catalog.pg_class as class
    join pg_catalog.pg_namespace as namespace on namespace.oid = class.relnamespace
    where audit_guard.is_guarded_schema(namespace.nspname) and audit_guard.youth(class.xmin, top) >= 0 and audit_guard.is_mine(class.xmin, top)
    union all
    select concat_ws(' ', 'column', attribute.attrelid, attribute.attnum, attribute.attacl)
    from pg_catalog.pg_attribute as attribute
    join pg_catalog.pg_class as class on class.oid = attribute.attrelid
    join pg_catalog.pg_namespace as namespace on namespace.oid = class.relnamespace
    where audit_guard.is_guarded_schema(namespace.nspname)
      and audit_guard.youth(attribute.xmin, top) >= 0 and audit_guard.is_mine(attribute.xmin, top)
    union all
    select concat_ws(' ', 'function', function.oid, function.proacl)
    from pg_catalog.pg_proc as function
    join pg_catalog.pg_namespace as namespace on namespace.oid = function.pronamespace
    where audit_guard.is_guarded_schema(namespace.nspname) and audit_guard.youth(function.xmin, top) >= 0 and audit_guard.is_mine(function.xmin, top)
    union all
    select concat_ws(' ', 'type', kind.oid, kind.typacl)
    from pg_catalog.pg_type as kind
    join pg_catalog.pg_namespace as namespace on namespace.oid = kind.typnamespace
    where audit_guard.is_guarded_schema(namespace.nspname) and audit_guard.youth(kind.xmin, top) >= 0 and audit_guard.is_mine(kind.xmin, top)
    union all
    select concat_ws(' ', 'default', setting.oid, setting.defaclacl)
    from pg_catalog.pg_default_acl as setting
    left join pg_catalog.pg_namespace as namespace on namespace.oid = setting.defaclnamespace
    -- All of them: what was taken back to PostgreSQL's own defaults has left no row.
    where setting.defaclrole = any (audit_guard.owners()) or audit_guard.is_guarded_schema(namespace.nspname)
  ) as entries (entry)
$$;


ALTER FUNCTION audit_guard.privileges_digest(top bigint) OWNER TO postgres;

--
-- Name: read_slot(text, pg_lsn, pg_lsn, integer); Type: FUNCTION; Schema: audit_guard; Owner: audit_drainer
--

CREATE FUNCTION audit_guard.read_slot(slot text, from_lsn pg_lsn, upto_lsn pg_lsn, most integer) RETURNS TABLE(lsn pg_lsn, content bytea)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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


ALTER FUNCTION audit_guard.read_slot(slot text, from_lsn pg_lsn, upto_lsn pg_lsn, most integer) OWNER TO audit_drainer;

--
-- Name: FUNCTION read_slot(slot text, from_lsn pg_lsn, upto_lsn pg_lsn, most integer); Type: COMMENT; Schema: audit_guard; Owner: audit_drainer
--

COMMENT ON FUNCTION audit_guard.read_slot(slot text, from_lsn pg_lsn, upto_lsn pg_lsn, most integer) IS 'Everything after from_lsn, which was recorded before; content of what is no verdict is null.';


--
-- Name: refuse(text, text, text); Type: FUNCTION; Schema: audit_guard; Owner: postgres
--

CREATE FUNCTION audit_guard.refuse(command text, object text, reason text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  -- Names are chosen by others: no line of the server's log may be made of one.
  v_object constant text := left(
    regexp_replace(
      refuse.object,
      E'[\\u0001-\\u001f\\u007f-\\u009f\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069]', chr(65533), 'g'
    ),
    300
  );
begin
  perform audit_guard.emit(jsonb_build_object(
    'action', 'AUDIT_TAMPERING_REFUSED',
    'outcome', 'denied',
    'entity_type', 'AUDIT_OBJECT',
    'entity_id', v_object,
    'metadata', jsonb_build_object('command', refuse.command, 'reason', refuse.reason, 'role', current_setting('role'))
  ));
  raise exception using
    errcode = 'ID013',
    message = format('%s is refused: %s', refuse.command, case refuse.reason
      when 'guarded' then format('%s belongs to the audit', v_object)
      when 'owner' then 'nobody makes or changes anything as ' || v_object
      when 'privileges' then 'it changes who may do what with the audit'
      when 'concurrently' then 'who inherits the rights of audit_owner does nothing CONCURRENTLY, which cannot be undone'
      when 'door' then 'only functions of Indelible itself change the audit'
    end),
    hint = 'Only a superuser changes the audit itself, with indelible migrate.';
end $$;


ALTER FUNCTION audit_guard.refuse(command text, object text, reason text) OWNER TO postgres;

--
-- Name: tg__give_overdue(); Type: FUNCTION; Schema: audit_guard; Owner: postgres
--

CREATE FUNCTION audit_guard.tg__give_overdue() RETURNS event_trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_late record;
  v_door bigint;
begin
  -- A superuser may drop the schemas, in any order.
  if to_regprocedure('audit_private.take_overdue()') is null then
    return;
  end if;
  for v_late in select * from audit_private.take_overdue() loop
    insert into audit_guard.doors (backend, xid) values (pg_backend_pid(), pg_current_xact_id()) returning door_id into v_door;
    perform audit_guard.give_overdue(v_late.relation, v_late.truncate_of);
    perform audit_guard.close_door(v_door);
  end loop;
end $$;


ALTER FUNCTION audit_guard.tg__give_overdue() OWNER TO postgres;

--
-- Name: tg__note_caller(); Type: FUNCTION; Schema: audit_guard; Owner: postgres
--

CREATE FUNCTION audit_guard.tg__note_caller() RETURNS event_trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  perform set_config('audit_guard.caller', current_user, true);
end $$;


ALTER FUNCTION audit_guard.tg__note_caller() OWNER TO postgres;

--
-- Name: tg__refuse_drop(); Type: FUNCTION; Schema: audit_guard; Owner: postgres
--

CREATE FUNCTION audit_guard.tg__refuse_drop() RETURNS event_trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_object text;
begin
  select object_identity into v_object
  from pg_event_trigger_dropped_objects()
  where audit_guard.is_guarded_schema(schema_name)
    or (object_type = 'schema' and audit_guard.is_guarded_schema(object_name))
    -- These have no schema of their own, but that of their table.
    or (
      object_type in ('trigger', 'rule', 'policy', 'table constraint', 'default value', 'publication relation')
      and audit_guard.is_guarded_schema(address_names[1])
    )
  limit 1;
  if v_object is not null and not audit_guard.may_change() then
    perform audit_guard.refuse(tg_tag, v_object, 'guarded');
  end if;
end $$;


ALTER FUNCTION audit_guard.tg__refuse_drop() OWNER TO postgres;

--
-- Name: tg__refuse_end(); Type: FUNCTION; Schema: audit_guard; Owner: postgres
--

CREATE FUNCTION audit_guard.tg__refuse_end() RETURNS event_trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_owners constant oid[] := audit_guard.owners();
  v_command record;
begin
  for v_command in select classid, objid, schema_name, object_identity from pg_event_trigger_ddl_commands() loop
    if v_command.objid is not null
      and audit_guard.is_guarded(v_command.classid, v_command.objid, v_command.schema_name, v_owners)
    then
      if audit_guard.may_change() then
        return;
      end if;
      perform audit_guard.refuse(tg_tag, v_command.object_identity, 'guarded');
    end if;
  end loop;
  if audit_guard.is_about_privileges(tg_tag)
    and audit_guard.has_members() and not audit_guard.may_change()
    and audit_guard.privileges_digest(pg_current_xact_id_if_assigned()::text::bigint)
      is distinct from current_setting('audit_guard.privileges', true)
  then
    perform audit_guard.refuse(tg_tag, null, 'privileges');
  end if;
end $$;


ALTER FUNCTION audit_guard.tg__refuse_end() OWNER TO postgres;

--
-- Name: tg__refuse_start(); Type: FUNCTION; Schema: audit_guard; Owner: postgres
--

CREATE FUNCTION audit_guard.tg__refuse_start() RETURNS event_trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if current_setting('role') = 'audit_owner' or session_user = 'audit_owner' then
    if not audit_guard.may_change() then
      perform audit_guard.refuse(tg_tag, 'audit_owner', 'owner');
    end if;
  elsif audit_guard.is_about_privileges(tg_tag) then
    -- Whether there are members is asked at the end: somebody else may make one meanwhile.
    if not audit_guard.may_change() then
      perform set_config(
        'audit_guard.privileges', audit_guard.privileges_digest(pg_current_xact_id_if_assigned()::text::bigint), true
      );
    end if;
  elsif tg_tag in ('CREATE INDEX', 'DROP INDEX', 'REINDEX', 'ALTER TABLE', 'REFRESH MATERIALIZED VIEW')
    and current_query() ~* 'concurrently'
    and exists (
      select from unnest(audit_guard.owners()) as owner
      where pg_has_role(coalesce(nullif(current_setting('role'), 'none'), session_user), owner, 'usage')
    )
    and not audit_guard.may_change()
  then
    perform audit_guard.refuse(tg_tag, null, 'concurrently');
  end if;
end $$;


ALTER FUNCTION audit_guard.tg__refuse_start() OWNER TO postgres;

--
-- Name: youth(xid, bigint); Type: FUNCTION; Schema: audit_guard; Owner: postgres
--

CREATE FUNCTION audit_guard.youth(xmin xid, top bigint) RETURNS bigint
    LANGUAGE sql STABLE
    RETURN ((((((xmin)::text)::bigint - (top % '4294967296'::bigint)) + '6442450944'::bigint) % '4294967296'::bigint) - '2147483648'::bigint);


ALTER FUNCTION audit_guard.youth(xmin xid, top bigint) OWNER TO postgres;

--
-- Name: action_descriptions(); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.action_descriptions() RETURNS jsonb
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select jsonb_object_agg(code, description) from audit.actions
$$;


ALTER FUNCTION audit_private.action_descriptions() OWNER TO audit_owner;

--
-- Name: watches; Type: TABLE; Schema: audit_private; Owner: audit_owner
--

CREATE TABLE audit_private.watches (
    watch_id bigint NOT NULL,
    target regclass NOT NULL,
    target_name text NOT NULL,
    entity_type text NOT NULL,
    capture text NOT NULL,
    excluded text[] DEFAULT '{}'::text[] NOT NULL,
    masked text[] DEFAULT '{}'::text[] NOT NULL,
    started_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    stopped_at timestamp with time zone,
    skipped text[] DEFAULT '{}'::text[] NOT NULL,
    operations text[] DEFAULT '{insert,update,delete,truncate}'::text[] NOT NULL,
    record_unchanged boolean DEFAULT false NOT NULL,
    CONSTRAINT watches_capture_known CHECK ((capture = ANY (ARRAY['row'::text, 'statement'::text]))),
    CONSTRAINT watches_entity_type_short CHECK (((length(entity_type) >= 1) AND (length(entity_type) <= 200))),
    CONSTRAINT watches_operations_known CHECK (((operations <@ '{insert,update,delete,truncate}'::text[]) AND (cardinality(operations) > 0)))
);


ALTER TABLE audit_private.watches OWNER TO audit_owner;

--
-- Name: TABLE watches; Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON TABLE audit_private.watches IS 'Tables under capture, and those that were.';


--
-- Name: COLUMN watches.target_name; Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON COLUMN audit_private.watches.target_name IS 'The table''s name when it was last watched.';


--
-- Name: COLUMN watches.skipped; Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON COLUMN audit_private.watches.skipped IS 'Columns whose change alone is not recorded.';


--
-- Name: COLUMN watches.operations; Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON COLUMN audit_private.watches.operations IS 'Which operations are recorded.';


--
-- Name: COLUMN watches.record_unchanged; Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON COLUMN audit_private.watches.record_unchanged IS 'Whether updates that change nothing are recorded, too.';


--
-- Name: active_watch(regclass); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.active_watch(target regclass) RETURNS audit_private.watches
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
  v_watch audit_private.watches;
begin
  select * into v_watch from audit_private.watches where target = active_watch.target and stopped_at is null;
  if v_watch.watch_id is null then
    raise exception using
      errcode = 'ID012',
      message = format('%s is not watched', active_watch.target),
      hint = 'Watch it with audit.watch(); a partition belongs to its partitioned table.';
  elsif to_regtype(format('audit_private.%I', audit_private.image_type(v_watch))) is null then
    perform audit_private.refuse_drift(active_watch.target);
  end if;
  return v_watch;
end $$;


ALTER FUNCTION audit_private.active_watch(target regclass) OWNER TO audit_owner;

--
-- Name: actor_source(); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.actor_source() RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select
    E'  if current_setting(''indelible.context'', true) <> '''' then\n    v_actor := audit_private.current_actor();\n'
    '    if v_actor.claim is not null then\n'
    '      v_metadata := coalesce(v_metadata, ''{}'') || jsonb_build_object(''claim'', v_actor.claim);\n'
    '    end if;\n'
    '  else\n    v_actor.proof := ''direct'';\n  end if;\n'
$$;


ALTER FUNCTION audit_private.actor_source() OWNER TO audit_owner;

--
-- Name: FUNCTION actor_source(); Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON FUNCTION audit_private.actor_source() IS 'Sets v_actor, and in v_metadata the claim that was not honoured.';


--
-- Name: admit_http_reader(text, jsonb, text, text, inet, text); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.admit_http_reader(view text, filter jsonb, sealed text, user_id text, ip_address inet, request_id text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
  v_actor constant audit_private.actor := audit_private.resolve_actor(
    admit_http_reader.sealed, admit_http_reader.user_id, admit_http_reader.ip_address, admit_http_reader.request_id
  );
begin
  perform audit_private.require_http_reader(v_actor);
  insert into audit_private.noted_reads (reader, view, minute) values (
    format('%s/%s', session_user, v_actor.user_id),
    format('%s %s', admit_http_reader.view, encode(sha256(convert_to(admit_http_reader.filter::text, 'UTF8')), 'hex')),
    date_trunc('minute', clock_timestamp())
  ) on conflict do nothing;
  if found then
    perform audit_private.note_http_read(v_actor, admit_http_reader.view, admit_http_reader.filter);
  end if;
end $$;


ALTER FUNCTION audit_private.admit_http_reader(view text, filter jsonb, sealed text, user_id text, ip_address inet, request_id text) OWNER TO audit_owner;

--
-- Name: FUNCTION admit_http_reader(view text, filter jsonb, sealed text, user_id text, ip_address inet, request_id text); Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON FUNCTION audit_private.admit_http_reader(view text, filter jsonb, sealed text, user_id text, ip_address inet, request_id text) IS 'Lets a user read who may, and puts that on record unless it is.';


--
-- Name: baselines; Type: TABLE; Schema: audit_private; Owner: audit_owner
--

CREATE TABLE audit_private.baselines (
    watch_id bigint NOT NULL,
    start_snapshot pg_snapshot NOT NULL,
    first_id bigint NOT NULL,
    visited oid[] DEFAULT '{}'::oid[] NOT NULL,
    relation oid,
    filenode oid,
    next_block bigint DEFAULT 0 NOT NULL,
    rows bigint DEFAULT 0 NOT NULL,
    started_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    finished_at timestamp with time zone
);


ALTER TABLE audit_private.baselines OWNER TO audit_owner;

--
-- Name: TABLE baselines; Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON TABLE audit_private.baselines IS 'How far the rows that a table held when it was watched are on record.';


--
-- Name: COLUMN baselines.start_snapshot; Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON COLUMN audit_private.baselines.start_snapshot IS 'What it does not see was written after the first batch began.';


--
-- Name: COLUMN baselines.first_id; Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON COLUMN audit_private.baselines.first_id IS 'The newest record before the first batch.';


--
-- Name: COLUMN baselines.visited; Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON COLUMN audit_private.baselines.visited IS 'Relations that were read to their end.';


--
-- Name: COLUMN baselines.filenode; Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON COLUMN audit_private.baselines.filenode IS 'The file that next_block counts in: a rewritten table is read anew.';


--
-- Name: advance_baseline(audit_private.watches, audit_private.baselines, integer); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.advance_baseline(watch audit_private.watches, baseline audit_private.baselines, rows integer) RETURNS audit_private.baselines
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
declare
  v_goal constant bigint := baseline.rows + rows;
  -- Without a key nothing tells a row recorded twice from two rows: one batch takes them all.
  v_whole constant boolean := audit_private.key_columns(watch.target) = '{}';
  v_step constant bigint := greatest(1, rows / 100);
  v_blocks bigint;
begin
  loop
    baseline.relation := audit_private.next_relation(baseline, watch.target);
    exit when baseline.relation is null;
    if baseline.filenode is distinct from pg_relation_filenode(baseline.relation) then
      baseline.filenode := pg_relation_filenode(baseline.relation);
      baseline.next_block := 0;
    end if;
    v_blocks := pg_relation_size(baseline.relation) / current_setting('block_size')::bigint;
    while baseline.next_block < v_blocks loop
      if not v_whole and baseline.rows >= v_goal then
        return baseline;
      end if;
      baseline.rows := baseline.rows + audit_private.record_baseline(
        watch, baseline.relation, 'present.ctid >= $4 and present.ctid < $5',
        baseline.next_block, least(baseline.next_block + v_step, v_blocks)
      );
      baseline.next_block := baseline.next_block + v_step;
    end loop;
    baseline.visited := baseline.visited || baseline.relation;
    baseline.filenode := null;
  end loop;
  return baseline;
end $_$;


ALTER FUNCTION audit_private.advance_baseline(watch audit_private.watches, baseline audit_private.baselines, rows integer) OWNER TO audit_owner;

--
-- Name: log_position; Type: TABLE; Schema: audit_private; Owner: audit_owner
--

CREATE TABLE audit_private.log_position (
    only_row boolean DEFAULT true NOT NULL,
    epoch integer NOT NULL,
    tree_size bigint DEFAULT 0 NOT NULL,
    former_after_id bigint,
    snapshot pg_snapshot NOT NULL,
    target pg_snapshot,
    after_xid xid8 DEFAULT '0'::xid8 NOT NULL,
    after_id bigint DEFAULT 0 NOT NULL,
    CONSTRAINT log_position_only_row CHECK (only_row)
);


ALTER TABLE audit_private.log_position OWNER TO audit_owner;

--
-- Name: TABLE log_position; Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON TABLE audit_private.log_position IS 'How far the log is sealed. No row before the first sealer began.';


--
-- Name: COLUMN log_position.former_after_id; Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON COLUMN audit_private.log_position.former_after_id IS 'Rows of former epochs up to here are leaves; null: all are.';


--
-- Name: COLUMN log_position.snapshot; Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON COLUMN audit_private.log_position.snapshot IS 'Every row of a transaction that it sees as finished is a leaf.';


--
-- Name: COLUMN log_position.target; Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON COLUMN audit_private.log_position.target IS 'The snapshot whose rows are being sealed in several batches, up to after_xid and after_id; null: none is.';


--
-- Name: advance_position(audit_private.log_position, pg_snapshot, integer, boolean, xid8, bigint); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.advance_position(log_position audit_private.log_position, target pg_snapshot, leaves integer, all_taken boolean, last_xid xid8, last_id bigint) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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


ALTER FUNCTION audit_private.advance_position(log_position audit_private.log_position, target pg_snapshot, leaves integer, all_taken boolean, last_xid xid8, last_id bigint) OWNER TO audit_owner;

--
-- Name: FUNCTION advance_position(log_position audit_private.log_position, target pg_snapshot, leaves integer, all_taken boolean, last_xid xid8, last_id bigint); Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON FUNCTION audit_private.advance_position(log_position audit_private.log_position, target pg_snapshot, leaves integer, all_taken boolean, last_xid xid8, last_id bigint) IS 'Remembers how far the log is sealed; an idle sealer writes nothing.';


--
-- Name: all_source(audit_private.watches); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.all_source(watch audit_private.watches) RETURNS text[]
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select audit_private.capture_source(watch)
    || case when (watch).capture = 'statement' then audit_private.statement_source(watch) else '{}' end
    || audit_private.truncate_source(watch)
$$;


ALTER FUNCTION audit_private.all_source(watch audit_private.watches) OWNER TO audit_owner;

--
-- Name: any_change_source(audit_private.watches, text[], text, text); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.any_change_source(watch audit_private.watches, names text[] DEFAULT NULL::text[], old_name text DEFAULT 'old'::text, new_name text DEFAULT 'new'::text) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select coalesce(
    string_agg(audit_private.change_source(name, equality_is_identity, old_name, new_name), E'\n    or ' order by place),
    'false'
  )
  from audit_private.captured_columns(watch)
  where names is null or name = any (names)
$$;


ALTER FUNCTION audit_private.any_change_source(watch audit_private.watches, names text[], old_name text, new_name text) OWNER TO audit_owner;

--
-- Name: FUNCTION any_change_source(watch audit_private.watches, names text[], old_name text, new_name text); Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON FUNCTION audit_private.any_change_source(watch audit_private.watches, names text[], old_name text, new_name text) IS 'The condition that any of these columns, or of all, has changed.';


--
-- Name: append(audit_private.actor, text, text, text, text, text, text, jsonb, timestamp with time zone); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.append(actor audit_private.actor, action text, entity_type text DEFAULT NULL::text, entity_id text DEFAULT NULL::text, description text DEFAULT NULL::text, outcome text DEFAULT 'success'::text, permission text DEFAULT NULL::text, metadata jsonb DEFAULT NULL::jsonb, created_at timestamp with time zone DEFAULT NULL::timestamp with time zone) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
  v_now timestamptz := clock_timestamp();
  v_created_at timestamptz := audit_private.clamped_time(append.created_at, v_now);
  v_metadata jsonb := nullif(audit_private.require_metadata(append.metadata), '{}');
  v_id bigint;
begin
  if (actor).claim is not null then
    v_metadata := coalesce(v_metadata, '{}') || jsonb_build_object('claim', (actor).claim);
  end if;
  insert into audit.audit_logs (
    created_at, recorded_at, action, outcome, user_id, actor_proof, entity_type, entity_id,
    description, permission, ip_address, request_id, metadata, time_source
  ) values (
    v_created_at,
    v_now,
    append.action,
    append.outcome::audit.outcome,
    (actor).user_id,
    (actor).proof,
    audit_private.clean(append.entity_type, 200),
    audit_private.entity_key(audit_private.clean(append.entity_id, 1000)),
    audit_private.clean(append.description, 2000),
    audit_private.clean(append.permission, 100),
    (actor).ip_address,
    (actor).request_id,
    v_metadata,
    audit_private.time_source(append.created_at, v_now)
  )
  returning id into v_id;
  return v_id;
end $$;


ALTER FUNCTION audit_private.append(actor audit_private.actor, action text, entity_type text, entity_id text, description text, outcome text, permission text, metadata jsonb, created_at timestamp with time zone) OWNER TO audit_owner;

--
-- Name: FUNCTION append(actor audit_private.actor, action text, entity_type text, entity_id text, description text, outcome text, permission text, metadata jsonb, created_at timestamp with time zone); Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON FUNCTION audit_private.append(actor audit_private.actor, action text, entity_type text, entity_id text, description text, outcome text, permission text, metadata jsonb, created_at timestamp with time zone) IS 'Writes one event; the database stamps who wrote it, when, and in which transaction.';


--
-- Name: attachment_shapes(regclass); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.attachment_shapes(target regclass) RETURNS jsonb
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select jsonb_build_object(
    'constraints', (
      select jsonb_object_agg(conname, audit_private.expression_digest(
        concat_ws('/', contype, condeferrable, condeferred, convalidated, conkey, confrelid::regclass, confkey, conbin)
      ))
      from pg_catalog.pg_constraint
      where conrelid = target and contype <> 'n'
    ),
    'triggers', (
      select jsonb_object_agg(tgname, audit_private.expression_digest(
        concat_ws('/', tgenabled, tgtype, tgfoid::regprocedure, tgattr, encode(tgargs, 'hex'), tgqual, tgdeferrable, tginitdeferred)
      ))
      from pg_catalog.pg_trigger
      where tgrelid = target and not tgisinternal
        -- Of capture, and in the place of capture, follow_capture tells; a name like capture's hides nothing else.
        and not exists (
          select from pg_catalog.pg_proc where oid = tgfoid and pronamespace = 'audit_private'::regnamespace
        )
        and not exists (
          select from audit_private.watches as watch
          cross join audit_private.capture_triggers(watch) as wanted
          where watch.target = tgrelid and watch.stopped_at is null and wanted.name = tgname
        )
    ),
    'rules', (
      select jsonb_object_agg(rulename, audit_private.expression_digest(
        concat_ws('/', ev_type, ev_enabled, is_instead, ev_qual, ev_action)
      ))
      from pg_catalog.pg_rewrite
      where ev_class = target
    ),
    'policies', (
      select jsonb_object_agg(polname, audit_private.expression_digest(
        concat_ws('/', polcmd, polpermissive, polroles, polqual, polwithcheck)
      ))
      from pg_catalog.pg_policy
      where polrelid = target
    )
  )
$$;


ALTER FUNCTION audit_private.attachment_shapes(target regclass) OWNER TO audit_owner;

--
-- Name: begin_baseline(audit_private.watches); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.begin_baseline(watch audit_private.watches) RETURNS audit_private.baselines
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
  v_has_key constant boolean := audit_private.key_columns(watch.target) <> '{}';
  v_baseline audit_private.baselines;
begin
  insert into audit_private.baselines (watch_id, start_snapshot, first_id)
  select watch.watch_id, pg_current_snapshot(), coalesce((select max(id) from audit.audit_logs), 0)
  on conflict do nothing;
  -- Without a key a row that is on record could not be told from one that is not: then from the beginning.
  update audit_private.baselines as baseline set
    start_snapshot = pg_current_snapshot(), finished_at = null,
    first_id = case when v_has_key then first_id else coalesce((select max(id) from audit.audit_logs), 0) end,
    visited = case when v_has_key then visited else '{}' end
  where watch_id = watch.watch_id and finished_at is not null
    and audit_private.next_relation(baseline, watch.target) is not null;
  select * into v_baseline from audit_private.baselines where watch_id = watch.watch_id for update;
  return v_baseline;
end $$;


ALTER FUNCTION audit_private.begin_baseline(watch audit_private.watches) OWNER TO audit_owner;

--
-- Name: caller_of(text, text, text); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.caller_of(context text, definer_half text, invoker_half text) RETURNS name
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_frames constant text[] := string_to_array(context, E'\n');
begin
  if starts_with(v_frames[2], split_part(v_frames[1], definer_half || '(', 1) || invoker_half || '(') then
    return current_setting('indelible.caller');
  end if;
  raise exception using errcode = '42501', message = format('%s is a part of %s', definer_half, invoker_half),
    hint = format('Call %s.', invoker_half);
end $$;


ALTER FUNCTION audit_private.caller_of(context text, definer_half text, invoker_half text) OWNER TO audit_owner;

--
-- Name: capture_10_delete(); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.capture_10_delete() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_actor audit_private.actor;
  v_now timestamptz := clock_timestamp();
  v_metadata jsonb;
begin
  if array[pg_typeof(old."account"), pg_typeof(old."kind"), pg_typeof(old."pattern")] <> '{25,25,25}'::regtype[] then
    perform audit_private.refuse_drift(tg_relid);
  end if;
  if current_setting('indelible.context', true) <> '' then
    v_actor := audit_private.current_actor();
    if v_actor.claim is not null then
      v_metadata := coalesce(v_metadata, '{}') || jsonb_build_object('claim', v_actor.claim);
    end if;
  else
    v_actor.proof := 'direct';
  end if;
  insert into audit.audit_logs (created_at, recorded_at, action, user_id, actor_proof, entity_type, entity_id,
    ip_address, request_id, changes, metadata)
  values (v_now, v_now, 'ROW_DELETED', v_actor.user_id, v_actor.proof, 'IAM_SCOPE_ROW', audit_private.entity_key(jsonb_build_object('account', old."account", 'kind', old."kind", 'pattern', old."pattern")::text),
    v_actor.ip_address, v_actor.request_id, to_jsonb(row(row(old."account", old."kind", old."pattern")::audit_private.image_10_5d227dc9)::audit_private.image_10_5d227dc9_old), v_metadata);
  return null;
end $$;


ALTER FUNCTION audit_private.capture_10_delete() OWNER TO audit_owner;

--
-- Name: capture_10_insert(); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.capture_10_insert() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_actor audit_private.actor;
  v_now timestamptz := clock_timestamp();
  v_metadata jsonb;
begin
  if array[pg_typeof(new."account"), pg_typeof(new."kind"), pg_typeof(new."pattern")] <> '{25,25,25}'::regtype[] then
    perform audit_private.refuse_drift(tg_relid);
  end if;
  if current_setting('indelible.context', true) <> '' then
    v_actor := audit_private.current_actor();
    if v_actor.claim is not null then
      v_metadata := coalesce(v_metadata, '{}') || jsonb_build_object('claim', v_actor.claim);
    end if;
  else
    v_actor.proof := 'direct';
  end if;
  insert into audit.audit_logs (created_at, recorded_at, action, user_id, actor_proof, entity_type, entity_id,
    ip_address, request_id, changes, metadata)
  values (v_now, v_now, 'ROW_INSERTED', v_actor.user_id, v_actor.proof, 'IAM_SCOPE_ROW', audit_private.entity_key(jsonb_build_object('account', new."account", 'kind', new."kind", 'pattern', new."pattern")::text),
    v_actor.ip_address, v_actor.request_id, to_jsonb(row(row(new."account", new."kind", new."pattern")::audit_private.image_10_5d227dc9)::audit_private.image_10_5d227dc9_new), v_metadata);
  return null;
end $$;


ALTER FUNCTION audit_private.capture_10_insert() OWNER TO audit_owner;

--
-- Name: capture_10_truncate(); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.capture_10_truncate() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET row_security TO 'off'
    SET constraint_exclusion TO 'off'
    AS $_$
declare
  v_actor audit_private.actor;
  v_now timestamptz := clock_timestamp();
  v_metadata jsonb;
  v_relation regclass;
  v_count bigint;
  v_rows bigint := 0;
begin
  if (
    select count(*) from pg_catalog.pg_attribute
    where attrelid = tg_relid and not attisdropped and (attname, atttypid) in (('account'::name, 25::oid), ('kind'::name, 25::oid), ('pattern'::name, 25::oid))
  ) <> 3 then
    perform audit_private.refuse_drift(tg_relid);
  end if;
  if current_setting('indelible.context', true) <> '' then
    v_actor := audit_private.current_actor();
    if v_actor.claim is not null then
      v_metadata := coalesce(v_metadata, '{}') || jsonb_build_object('claim', v_actor.claim);
    end if;
  else
    v_actor.proof := 'direct';
  end if;
  for v_relation in select audit_private.partitions_to_record(tg_relid, 'audit_private.capture_10_truncate'::regproc) loop
    perform audit_private.require_readable(v_relation);
    execute '  insert into audit.audit_logs (created_at, recorded_at, action, user_id, actor_proof, entity_type, entity_id,
    ip_address, request_id, changes, metadata)
  select $1, $1, ''ROW_DELETED'', ($2).user_id, ($2).proof, ''IAM_SCOPE_ROW'', audit_private.entity_key(jsonb_build_object(''account'', removed."account", ''kind'', removed."kind", ''pattern'', removed."pattern")::text),
    ($2).ip_address, ($2).request_id, to_jsonb(row(row(removed."account", removed."kind", removed."pattern")::audit_private.image_10_5d227dc9)::audit_private.image_10_5d227dc9_old), $3
  from only ' || v_relation::text || ' as removed' using v_now, v_actor, v_metadata;
    get diagnostics v_count = row_count;
    v_rows := v_rows + v_count;
  end loop;
  v_metadata := coalesce(v_metadata, '{}') || jsonb_build_object('table', tg_relid::regclass::text, 'rows', v_rows);
  insert into audit.audit_logs (created_at, recorded_at, action, user_id, actor_proof, entity_type, entity_id,
    ip_address, request_id, changes, metadata)
  values (v_now, v_now, 'TABLE_TRUNCATED', v_actor.user_id, v_actor.proof, 'IAM_SCOPE_ROW', null,
    v_actor.ip_address, v_actor.request_id, null, v_metadata);
  return null;
end $_$;


ALTER FUNCTION audit_private.capture_10_truncate() OWNER TO audit_owner;

--
-- Name: capture_10_update(); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.capture_10_update() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_actor audit_private.actor;
  v_now timestamptz := clock_timestamp();
  v_metadata jsonb;
  v_old text;
  v_new text;
  v_rekeyed boolean;
begin
  if array[pg_typeof(new."account"), pg_typeof(new."kind"), pg_typeof(new."pattern")] <> '{25,25,25}'::regtype[] then
    perform audit_private.refuse_drift(tg_relid);
  end if;
  if old."account" is distinct from new."account" then
    v_old := concat(v_old, ',"account":', coalesce(to_json(old."account"), 'null'));
    v_new := concat(v_new, ',"account":', coalesce(to_json(new."account"), 'null'));
    v_rekeyed := true;
  end if;
  if old."kind" is distinct from new."kind" then
    v_old := concat(v_old, ',"kind":', coalesce(to_json(old."kind"), 'null'));
    v_new := concat(v_new, ',"kind":', coalesce(to_json(new."kind"), 'null'));
    v_rekeyed := true;
  end if;
  if old."pattern" is distinct from new."pattern" then
    v_old := concat(v_old, ',"pattern":', coalesce(to_json(old."pattern"), 'null'));
    v_new := concat(v_new, ',"pattern":', coalesce(to_json(new."pattern"), 'null'));
    v_rekeyed := true;
  end if;
  if v_new is null then
    return null;
  end if;
  if v_rekeyed then
    v_metadata := jsonb_build_object('previous_entity_id', audit_private.entity_key(jsonb_build_object('account', old."account", 'kind', old."kind", 'pattern', old."pattern")::text));
    insert into audit_private.key_changes (entity_type, previous_entity_id, entity_id) values ('IAM_SCOPE_ROW', audit_private.entity_key(jsonb_build_object('account', old."account", 'kind', old."kind", 'pattern', old."pattern")::text), audit_private.entity_key(jsonb_build_object('account', new."account", 'kind', new."kind", 'pattern', new."pattern")::text));
  end if;
  if current_setting('indelible.context', true) <> '' then
    v_actor := audit_private.current_actor();
    if v_actor.claim is not null then
      v_metadata := coalesce(v_metadata, '{}') || jsonb_build_object('claim', v_actor.claim);
    end if;
  else
    v_actor.proof := 'direct';
  end if;
  insert into audit.audit_logs (created_at, recorded_at, action, user_id, actor_proof, entity_type, entity_id,
    ip_address, request_id, changes, metadata)
  values (v_now, v_now, 'ROW_UPDATED', v_actor.user_id, v_actor.proof, 'IAM_SCOPE_ROW', audit_private.entity_key(jsonb_build_object('account', new."account", 'kind', new."kind", 'pattern', new."pattern")::text),
    v_actor.ip_address, v_actor.request_id, format('{"old":{%s},"new":{%s}}', substr(v_old, 2), substr(v_new, 2))::jsonb, v_metadata);
  return null;
end $$;


ALTER FUNCTION audit_private.capture_10_update() OWNER TO audit_owner;

--
-- Name: capture_1_delete(); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.capture_1_delete() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "TimeZone" TO 'UTC'
    AS $$
declare
  v_actor audit_private.actor;
  v_now timestamptz := clock_timestamp();
  v_metadata jsonb;
begin
  if array[pg_typeof(old."username"), pg_typeof(old."display_name"), pg_typeof(old."active"), pg_typeof(old."created_at")] <> '{25,25,16,1184}'::regtype[] then
    perform audit_private.refuse_drift(tg_relid);
  end if;
  if current_setting('indelible.context', true) <> '' then
    v_actor := audit_private.current_actor();
    if v_actor.claim is not null then
      v_metadata := coalesce(v_metadata, '{}') || jsonb_build_object('claim', v_actor.claim);
    end if;
  else
    v_actor.proof := 'direct';
  end if;
  insert into audit.audit_logs (created_at, recorded_at, action, user_id, actor_proof, entity_type, entity_id,
    ip_address, request_id, changes, metadata)
  values (v_now, v_now, 'ROW_DELETED', v_actor.user_id, v_actor.proof, 'IAM_USER_ROW', audit_private.entity_key(old."username"::text),
    v_actor.ip_address, v_actor.request_id, to_jsonb(row(row(old."username", old."display_name", old."active", old."created_at")::audit_private.image_1_97d0fc4f)::audit_private.image_1_97d0fc4f_old), v_metadata);
  return null;
end $$;


ALTER FUNCTION audit_private.capture_1_delete() OWNER TO audit_owner;

--
-- Name: capture_1_insert(); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.capture_1_insert() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "TimeZone" TO 'UTC'
    AS $$
declare
  v_actor audit_private.actor;
  v_now timestamptz := clock_timestamp();
  v_metadata jsonb;
begin
  if array[pg_typeof(new."username"), pg_typeof(new."display_name"), pg_typeof(new."active"), pg_typeof(new."created_at")] <> '{25,25,16,1184}'::regtype[] then
    perform audit_private.refuse_drift(tg_relid);
  end if;
  if current_setting('indelible.context', true) <> '' then
    v_actor := audit_private.current_actor();
    if v_actor.claim is not null then
      v_metadata := coalesce(v_metadata, '{}') || jsonb_build_object('claim', v_actor.claim);
    end if;
  else
    v_actor.proof := 'direct';
  end if;
  insert into audit.audit_logs (created_at, recorded_at, action, user_id, actor_proof, entity_type, entity_id,
    ip_address, request_id, changes, metadata)
  values (v_now, v_now, 'ROW_INSERTED', v_actor.user_id, v_actor.proof, 'IAM_USER_ROW', audit_private.entity_key(new."username"::text),
    v_actor.ip_address, v_actor.request_id, to_jsonb(row(row(new."username", new."display_name", new."active", new."created_at")::audit_private.image_1_97d0fc4f)::audit_private.image_1_97d0fc4f_new), v_metadata);
  return null;
end $$;


ALTER FUNCTION audit_private.capture_1_insert() OWNER TO audit_owner;

--
-- Name: capture_1_truncate(); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.capture_1_truncate() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "TimeZone" TO 'UTC'
    SET row_security TO 'off'
    SET constraint_exclusion TO 'off'
    AS $_$
declare
  v_actor audit_private.actor;
  v_now timestamptz := clock_timestamp();
  v_metadata jsonb;
  v_relation regclass;
  v_count bigint;
  v_rows bigint := 0;
begin
  if (
    select count(*) from pg_catalog.pg_attribute
    where attrelid = tg_relid and not attisdropped and (attname, atttypid) in (('username'::name, 25::oid), ('display_name'::name, 25::oid), ('active'::name, 16::oid), ('created_at'::name, 1184::oid))
  ) <> 4 then
    perform audit_private.refuse_drift(tg_relid);
  end if;
  if current_setting('indelible.context', true) <> '' then
    v_actor := audit_private.current_actor();
    if v_actor.claim is not null then
      v_metadata := coalesce(v_metadata, '{}') || jsonb_build_object('claim', v_actor.claim);
    end if;
  else
    v_actor.proof := 'direct';
  end if;
  for v_relation in select audit_private.partitions_to_record(tg_relid, 'audit_private.capture_1_truncate'::regproc) loop
    perform audit_private.require_readable(v_relation);
    execute '  insert into audit.audit_logs (created_at, recorded_at, action, user_id, actor_proof, entity_type, entity_id,
    ip_address, request_id, changes, metadata)
  select $1, $1, ''ROW_DELETED'', ($2).user_id, ($2).proof, ''IAM_USER_ROW'', audit_private.entity_key(removed."username"::text),
    ($2).ip_address, ($2).request_id, to_jsonb(row(row(removed."username", removed."display_name", removed."active", removed."created_at")::audit_private.image_1_97d0fc4f)::audit_private.image_1_97d0fc4f_old), $3
  from only ' || v_relation::text || ' as removed' using v_now, v_actor, v_metadata;
    get diagnostics v_count = row_count;
    v_rows := v_rows + v_count;
  end loop;
  v_metadata := coalesce(v_metadata, '{}') || jsonb_build_object('table', tg_relid::regclass::text, 'rows', v_rows);
  insert into audit.audit_logs (created_at, recorded_at, action, user_id, actor_proof, entity_type, entity_id,
    ip_address, request_id, changes, metadata)
  values (v_now, v_now, 'TABLE_TRUNCATED', v_actor.user_id, v_actor.proof, 'IAM_USER_ROW', null,
    v_actor.ip_address, v_actor.request_id, null, v_metadata);
  return null;
end $_$;


ALTER FUNCTION audit_private.capture_1_truncate() OWNER TO audit_owner;

--
-- Name: capture_1_update(); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.capture_1_update() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "TimeZone" TO 'UTC'
    AS $$
declare
  v_actor audit_private.actor;
  v_now timestamptz := clock_timestamp();
  v_metadata jsonb;
  v_old text;
  v_new text;
  v_rekeyed boolean;
begin
  if array[pg_typeof(new."username"), pg_typeof(new."display_name"), pg_typeof(new."active"), pg_typeof(new."created_at")] <> '{25,25,16,1184}'::regtype[] then
    perform audit_private.refuse_drift(tg_relid);
  end if;
  if old."username" is distinct from new."username" then
    v_old := concat(v_old, ',"username":', coalesce(to_json(old."username"), 'null'));
    v_new := concat(v_new, ',"username":', coalesce(to_json(new."username"), 'null'));
    v_rekeyed := true;
  end if;
  if old."display_name" is distinct from new."display_name" then
    v_old := concat(v_old, ',"display_name":', coalesce(to_json(old."display_name"), 'null'));
    v_new := concat(v_new, ',"display_name":', coalesce(to_json(new."display_name"), 'null'));
  end if;
  if old."active" is distinct from new."active" then
    v_old := concat(v_old, ',"active":', coalesce(old."active"::text, 'null'));
    v_new := concat(v_new, ',"active":', coalesce(new."active"::text, 'null'));
  end if;
  if old."created_at" is distinct from new."created_at" then
    v_old := concat(v_old, ',"created_at":', coalesce(to_json(old."created_at"), 'null'));
    v_new := concat(v_new, ',"created_at":', coalesce(to_json(new."created_at"), 'null'));
  end if;
  if v_new is null then
    return null;
  end if;
  if v_rekeyed then
    v_metadata := jsonb_build_object('previous_entity_id', audit_private.entity_key(old."username"::text));
    insert into audit_private.key_changes (entity_type, previous_entity_id, entity_id) values ('IAM_USER_ROW', audit_private.entity_key(old."username"::text), audit_private.entity_key(new."username"::text));
  end if;
  if current_setting('indelible.context', true) <> '' then
    v_actor := audit_private.current_actor();
    if v_actor.claim is not null then
      v_metadata := coalesce(v_metadata, '{}') || jsonb_build_object('claim', v_actor.claim);
    end if;
  else
    v_actor.proof := 'direct';
  end if;
  insert into audit.audit_logs (created_at, recorded_at, action, user_id, actor_proof, entity_type, entity_id,
    ip_address, request_id, changes, metadata)
  values (v_now, v_now, 'ROW_UPDATED', v_actor.user_id, v_actor.proof, 'IAM_USER_ROW', audit_private.entity_key(new."username"::text),
    v_actor.ip_address, v_actor.request_id, format('{"old":{%s},"new":{%s}}', substr(v_old, 2), substr(v_new, 2))::jsonb, v_metadata);
  return null;
end $$;


ALTER FUNCTION audit_private.capture_1_update() OWNER TO audit_owner;

--
-- Name: capture_2_delete(); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.capture_2_delete() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET bytea_output TO 'hex'
    SET "TimeZone" TO 'UTC'
    AS $$
declare
  v_actor audit_private.actor;
  v_now timestamptz := clock_timestamp();
  v_metadata jsonb;
begin
  if array[pg_typeof(old."username"), pg_typeof(old."salt"), pg_typeof(old."memory_kib"), pg_typeof(old."iterations"), pg_typeof(old."parallelism"), pg_typeof(old."verifier"), pg_typeof(old."changed_at")] <> '{25,17,23,23,23,17,1184}'::regtype[] then
    perform audit_private.refuse_drift(tg_relid);
  end if;
  if current_setting('indelible.context', true) <> '' then
    v_actor := audit_private.current_actor();
    if v_actor.claim is not null then
      v_metadata := coalesce(v_metadata, '{}') || jsonb_build_object('claim', v_actor.claim);
    end if;
  else
    v_actor.proof := 'direct';
  end if;
  insert into audit.audit_logs (created_at, recorded_at, action, user_id, actor_proof, entity_type, entity_id,
    ip_address, request_id, changes, metadata)
  values (v_now, v_now, 'ROW_DELETED', v_actor.user_id, v_actor.proof, 'IAM_CREDENTIAL_ROW', audit_private.entity_key(old."username"::text),
    v_actor.ip_address, v_actor.request_id, to_jsonb(row(row(old."username", '***'::text, old."memory_kib", old."iterations", old."parallelism", '***'::text, old."changed_at")::audit_private.image_2_2a219968)::audit_private.image_2_2a219968_old), v_metadata);
  return null;
end $$;


ALTER FUNCTION audit_private.capture_2_delete() OWNER TO audit_owner;

--
-- Name: capture_2_insert(); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.capture_2_insert() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET bytea_output TO 'hex'
    SET "TimeZone" TO 'UTC'
    AS $$
declare
  v_actor audit_private.actor;
  v_now timestamptz := clock_timestamp();
  v_metadata jsonb;
begin
  if array[pg_typeof(new."username"), pg_typeof(new."salt"), pg_typeof(new."memory_kib"), pg_typeof(new."iterations"), pg_typeof(new."parallelism"), pg_typeof(new."verifier"), pg_typeof(new."changed_at")] <> '{25,17,23,23,23,17,1184}'::regtype[] then
    perform audit_private.refuse_drift(tg_relid);
  end if;
  if current_setting('indelible.context', true) <> '' then
    v_actor := audit_private.current_actor();
    if v_actor.claim is not null then
      v_metadata := coalesce(v_metadata, '{}') || jsonb_build_object('claim', v_actor.claim);
    end if;
  else
    v_actor.proof := 'direct';
  end if;
  insert into audit.audit_logs (created_at, recorded_at, action, user_id, actor_proof, entity_type, entity_id,
    ip_address, request_id, changes, metadata)
  values (v_now, v_now, 'ROW_INSERTED', v_actor.user_id, v_actor.proof, 'IAM_CREDENTIAL_ROW', audit_private.entity_key(new."username"::text),
    v_actor.ip_address, v_actor.request_id, to_jsonb(row(row(new."username", '***'::text, new."memory_kib", new."iterations", new."parallelism", '***'::text, new."changed_at")::audit_private.image_2_2a219968)::audit_private.image_2_2a219968_new), v_metadata);
  return null;
end $$;


ALTER FUNCTION audit_private.capture_2_insert() OWNER TO audit_owner;

--
-- Name: capture_2_truncate(); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.capture_2_truncate() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET bytea_output TO 'hex'
    SET "TimeZone" TO 'UTC'
    SET row_security TO 'off'
    SET constraint_exclusion TO 'off'
    AS $_$
declare
  v_actor audit_private.actor;
  v_now timestamptz := clock_timestamp();
  v_metadata jsonb;
  v_relation regclass;
  v_count bigint;
  v_rows bigint := 0;
begin
  if (
    select count(*) from pg_catalog.pg_attribute
    where attrelid = tg_relid and not attisdropped and (attname, atttypid) in (('username'::name, 25::oid), ('salt'::name, 17::oid), ('memory_kib'::name, 23::oid), ('iterations'::name, 23::oid), ('parallelism'::name, 23::oid), ('verifier'::name, 17::oid), ('changed_at'::name, 1184::oid))
  ) <> 7 then
    perform audit_private.refuse_drift(tg_relid);
  end if;
  if current_setting('indelible.context', true) <> '' then
    v_actor := audit_private.current_actor();
    if v_actor.claim is not null then
      v_metadata := coalesce(v_metadata, '{}') || jsonb_build_object('claim', v_actor.claim);
    end if;
  else
    v_actor.proof := 'direct';
  end if;
  for v_relation in select audit_private.partitions_to_record(tg_relid, 'audit_private.capture_2_truncate'::regproc) loop
    perform audit_private.require_readable(v_relation);
    execute '  insert into audit.audit_logs (created_at, recorded_at, action, user_id, actor_proof, entity_type, entity_id,
    ip_address, request_id, changes, metadata)
  select $1, $1, ''ROW_DELETED'', ($2).user_id, ($2).proof, ''IAM_CREDENTIAL_ROW'', audit_private.entity_key(removed."username"::text),
    ($2).ip_address, ($2).request_id, to_jsonb(row(row(removed."username", ''***''::text, removed."memory_kib", removed."iterations", removed."parallelism", ''***''::text, removed."changed_at")::audit_private.image_2_2a219968)::audit_private.image_2_2a219968_old), $3
  from only ' || v_relation::text || ' as removed' using v_now, v_actor, v_metadata;
    get diagnostics v_count = row_count;
    v_rows := v_rows + v_count;
  end loop;
  v_metadata := coalesce(v_metadata, '{}') || jsonb_build_object('table', tg_relid::regclass::text, 'rows', v_rows);
  insert into audit.audit_logs (created_at, recorded_at, action, user_id, actor_proof, entity_type, entity_id,
    ip_address, request_id, changes, metadata)
  values (v_now, v_now, 'TABLE_TRUNCATED', v_actor.user_id, v_actor.proof, 'IAM_CREDENTIAL_ROW', null,
    v_actor.ip_address, v_actor.request_id, null, v_metadata);
  return null;
end $_$;


ALTER FUNCTION audit_private.capture_2_truncate() OWNER TO audit_owner;

--
-- Name: capture_2_update(); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.capture_2_update() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET bytea_output TO 'hex'
    SET "TimeZone" TO 'UTC'
    AS $$
declare
  v_actor audit_private.actor;
  v_now timestamptz := clock_timestamp();
  v_metadata jsonb;
  v_old text;
  v_new text;
  v_rekeyed boolean;
begin
  if array[pg_typeof(new."username"), pg_typeof(new."salt"), pg_typeof(new."memory_kib"), pg_typeof(new."iterations"), pg_typeof(new."parallelism"), pg_typeof(new."verifier"), pg_typeof(new."changed_at")] <> '{25,17,23,23,23,17,1184}'::regtype[] then
    perform audit_private.refuse_drift(tg_relid);
  end if;
  if old."username" is distinct from new."username" then
    v_old := concat(v_old, ',"username":', coalesce(to_json(old."username"), 'null'));
    v_new := concat(v_new, ',"username":', coalesce(to_json(new."username"), 'null'));
    v_rekeyed := true;
  end if;
  if old."salt" is distinct from new."salt" then
    v_old := concat(v_old, ',"salt":', '"***"');
    v_new := concat(v_new, ',"salt":', '"***"');
  end if;
  if old."memory_kib" is distinct from new."memory_kib" then
    v_old := concat(v_old, ',"memory_kib":', coalesce(old."memory_kib"::text, 'null'));
    v_new := concat(v_new, ',"memory_kib":', coalesce(new."memory_kib"::text, 'null'));
  end if;
  if old."iterations" is distinct from new."iterations" then
    v_old := concat(v_old, ',"iterations":', coalesce(old."iterations"::text, 'null'));
    v_new := concat(v_new, ',"iterations":', coalesce(new."iterations"::text, 'null'));
  end if;
  if old."parallelism" is distinct from new."parallelism" then
    v_old := concat(v_old, ',"parallelism":', coalesce(old."parallelism"::text, 'null'));
    v_new := concat(v_new, ',"parallelism":', coalesce(new."parallelism"::text, 'null'));
  end if;
  if old."verifier" is distinct from new."verifier" then
    v_old := concat(v_old, ',"verifier":', '"***"');
    v_new := concat(v_new, ',"verifier":', '"***"');
  end if;
  if old."changed_at" is distinct from new."changed_at" then
    v_old := concat(v_old, ',"changed_at":', coalesce(to_json(old."changed_at"), 'null'));
    v_new := concat(v_new, ',"changed_at":', coalesce(to_json(new."changed_at"), 'null'));
  end if;
  if v_new is null then
    return null;
  end if;
  if v_rekeyed then
    v_metadata := jsonb_build_object('previous_entity_id', audit_private.entity_key(old."username"::text));
    insert into audit_private.key_changes (entity_type, previous_entity_id, entity_id) values ('IAM_CREDENTIAL_ROW', audit_private.entity_key(old."username"::text), audit_private.entity_key(new."username"::text));
  end if;
  if current_setting('indelible.context', true) <> '' then
    v_actor := audit_private.current_actor();
    if v_actor.claim is not null then
      v_metadata := coalesce(v_metadata, '{}') || jsonb_build_object('claim', v_actor.claim);
    end if;
  else
    v_actor.proof := 'direct';
  end if;
  insert into audit.audit_logs (created_at, recorded_at, action, user_id, actor_proof, entity_type, entity_id,
    ip_address, request_id, changes, metadata)
  values (v_now, v_now, 'ROW_UPDATED', v_actor.user_id, v_actor.proof, 'IAM_CREDENTIAL_ROW', audit_private.entity_key(new."username"::text),
    v_actor.ip_address, v_actor.request_id, format('{"old":{%s},"new":{%s}}', substr(v_old, 2), substr(v_new, 2))::jsonb, v_metadata);
  return null;
end $$;


ALTER FUNCTION audit_private.capture_2_update() OWNER TO audit_owner;

--
-- Name: capture_3_delete(); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.capture_3_delete() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_actor audit_private.actor;
  v_now timestamptz := clock_timestamp();
  v_metadata jsonb;
begin
  if array[pg_typeof(old."role"), pg_typeof(old."description")] <> '{25,25}'::regtype[] then
    perform audit_private.refuse_drift(tg_relid);
  end if;
  if current_setting('indelible.context', true) <> '' then
    v_actor := audit_private.current_actor();
    if v_actor.claim is not null then
      v_metadata := coalesce(v_metadata, '{}') || jsonb_build_object('claim', v_actor.claim);
    end if;
  else
    v_actor.proof := 'direct';
  end if;
  insert into audit.audit_logs (created_at, recorded_at, action, user_id, actor_proof, entity_type, entity_id,
    ip_address, request_id, changes, metadata)
  values (v_now, v_now, 'ROW_DELETED', v_actor.user_id, v_actor.proof, 'IAM_ROLE_ROW', audit_private.entity_key(old."role"::text),
    v_actor.ip_address, v_actor.request_id, to_jsonb(row(row(old."role", old."description")::audit_private.image_3_11cc7a8a)::audit_private.image_3_11cc7a8a_old), v_metadata);
  return null;
end $$;


ALTER FUNCTION audit_private.capture_3_delete() OWNER TO audit_owner;

--
-- Name: capture_3_insert(); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.capture_3_insert() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_actor audit_private.actor;
  v_now timestamptz := clock_timestamp();
  v_metadata jsonb;
begin
  if array[pg_typeof(new."role"), pg_typeof(new."description")] <> '{25,25}'::regtype[] then
    perform audit_private.refuse_drift(tg_relid);
  end if;
  if current_setting('indelible.context', true) <> '' then
    v_actor := audit_private.current_actor();
    if v_actor.claim is not null then
      v_metadata := coalesce(v_metadata, '{}') || jsonb_build_object('claim', v_actor.claim);
    end if;
  else
    v_actor.proof := 'direct';
  end if;
  insert into audit.audit_logs (created_at, recorded_at, action, user_id, actor_proof, entity_type, entity_id,
    ip_address, request_id, changes, metadata)
  values (v_now, v_now, 'ROW_INSERTED', v_actor.user_id, v_actor.proof, 'IAM_ROLE_ROW', audit_private.entity_key(new."role"::text),
    v_actor.ip_address, v_actor.request_id, to_jsonb(row(row(new."role", new."description")::audit_private.image_3_11cc7a8a)::audit_private.image_3_11cc7a8a_new), v_metadata);
  return null;
end $$;


ALTER FUNCTION audit_private.capture_3_insert() OWNER TO audit_owner;

--
-- Name: capture_3_truncate(); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.capture_3_truncate() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET row_security TO 'off'
    SET constraint_exclusion TO 'off'
    AS $_$
declare
  v_actor audit_private.actor;
  v_now timestamptz := clock_timestamp();
  v_metadata jsonb;
  v_relation regclass;
  v_count bigint;
  v_rows bigint := 0;
begin
  if (
    select count(*) from pg_catalog.pg_attribute
    where attrelid = tg_relid and not attisdropped and (attname, atttypid) in (('role'::name, 25::oid), ('description'::name, 25::oid))
  ) <> 2 then
    perform audit_private.refuse_drift(tg_relid);
  end if;
  if current_setting('indelible.context', true) <> '' then
    v_actor := audit_private.current_actor();
    if v_actor.claim is not null then
      v_metadata := coalesce(v_metadata, '{}') || jsonb_build_object('claim', v_actor.claim);
    end if;
  else
    v_actor.proof := 'direct';
  end if;
  for v_relation in select audit_private.partitions_to_record(tg_relid, 'audit_private.capture_3_truncate'::regproc) loop
    perform audit_private.require_readable(v_relation);
    execute '  insert into audit.audit_logs (created_at, recorded_at, action, user_id, actor_proof, entity_type, entity_id,
    ip_address, request_id, changes, metadata)
  select $1, $1, ''ROW_DELETED'', ($2).user_id, ($2).proof, ''IAM_ROLE_ROW'', audit_private.entity_key(removed."role"::text),
    ($2).ip_address, ($2).request_id, to_jsonb(row(row(removed."role", removed."description")::audit_private.image_3_11cc7a8a)::audit_private.image_3_11cc7a8a_old), $3
  from only ' || v_relation::text || ' as removed' using v_now, v_actor, v_metadata;
    get diagnostics v_count = row_count;
    v_rows := v_rows + v_count;
  end loop;
  v_metadata := coalesce(v_metadata, '{}') || jsonb_build_object('table', tg_relid::regclass::text, 'rows', v_rows);
  insert into audit.audit_logs (created_at, recorded_at, action, user_id, actor_proof, entity_type, entity_id,
    ip_address, request_id, changes, metadata)
  values (v_now, v_now, 'TABLE_TRUNCATED', v_actor.user_id, v_actor.proof, 'IAM_ROLE_ROW', null,
    v_actor.ip_address, v_actor.request_id, null, v_metadata);
  return null;
end $_$;


ALTER FUNCTION audit_private.capture_3_truncate() OWNER TO audit_owner;

--
-- Name: capture_3_update(); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.capture_3_update() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_actor audit_private.actor;
  v_now timestamptz := clock_timestamp();
  v_metadata jsonb;
  v_old text;
  v_new text;
  v_rekeyed boolean;
begin
  if array[pg_typeof(new."role"), pg_typeof(new."description")] <> '{25,25}'::regtype[] then
    perform audit_private.refuse_drift(tg_relid);
  end if;
  if old."role" is distinct from new."role" then
    v_old := concat(v_old, ',"role":', coalesce(to_json(old."role"), 'null'));
    v_new := concat(v_new, ',"role":', coalesce(to_json(new."role"), 'null'));
    v_rekeyed := true;
  end if;
  if old."description" is distinct from new."description" then
    v_old := concat(v_old, ',"description":', coalesce(to_json(old."description"), 'null'));
    v_new := concat(v_new, ',"description":', coalesce(to_json(new."description"), 'null'));
  end if;
  if v_new is null then
    return null;
  end if;
  if v_rekeyed then
    v_metadata := jsonb_build_object('previous_entity_id', audit_private.entity_key(old."role"::text));
    insert into audit_private.key_changes (entity_type, previous_entity_id, entity_id) values ('IAM_ROLE_ROW', audit_private.entity_key(old."role"::text), audit_private.entity_key(new."role"::text));
  end if;
  if current_setting('indelible.context', true) <> '' then
    v_actor := audit_private.current_actor();
    if v_actor.claim is not null then
      v_metadata := coalesce(v_metadata, '{}') || jsonb_build_object('claim', v_actor.claim);
    end if;
  else
    v_actor.proof := 'direct';
  end if;
  insert into audit.audit_logs (created_at, recorded_at, action, user_id, actor_proof, entity_type, entity_id,
    ip_address, request_id, changes, metadata)
  values (v_now, v_now, 'ROW_UPDATED', v_actor.user_id, v_actor.proof, 'IAM_ROLE_ROW', audit_private.entity_key(new."role"::text),
    v_actor.ip_address, v_actor.request_id, format('{"old":{%s},"new":{%s}}', substr(v_old, 2), substr(v_new, 2))::jsonb, v_metadata);
  return null;
end $$;


ALTER FUNCTION audit_private.capture_3_update() OWNER TO audit_owner;

--
-- Name: capture_4_delete(); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.capture_4_delete() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_actor audit_private.actor;
  v_now timestamptz := clock_timestamp();
  v_metadata jsonb;
begin
  if array[pg_typeof(old."permission"), pg_typeof(old."description")] <> '{25,25}'::regtype[] then
    perform audit_private.refuse_drift(tg_relid);
  end if;
  if current_setting('indelible.context', true) <> '' then
    v_actor := audit_private.current_actor();
    if v_actor.claim is not null then
      v_metadata := coalesce(v_metadata, '{}') || jsonb_build_object('claim', v_actor.claim);
    end if;
  else
    v_actor.proof := 'direct';
  end if;
  insert into audit.audit_logs (created_at, recorded_at, action, user_id, actor_proof, entity_type, entity_id,
    ip_address, request_id, changes, metadata)
  values (v_now, v_now, 'ROW_DELETED', v_actor.user_id, v_actor.proof, 'IAM_PERMISSION_ROW', audit_private.entity_key(old."permission"::text),
    v_actor.ip_address, v_actor.request_id, to_jsonb(row(row(old."permission", old."description")::audit_private.image_4_16df66d2)::audit_private.image_4_16df66d2_old), v_metadata);
  return null;
end $$;


ALTER FUNCTION audit_private.capture_4_delete() OWNER TO audit_owner;

--
-- Name: capture_4_insert(); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.capture_4_insert() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_actor audit_private.actor;
  v_now timestamptz := clock_timestamp();
  v_metadata jsonb;
begin
  if array[pg_typeof(new."permission"), pg_typeof(new."description")] <> '{25,25}'::regtype[] then
    perform audit_private.refuse_drift(tg_relid);
  end if;
  if current_setting('indelible.context', true) <> '' then
    v_actor := audit_private.current_actor();
    if v_actor.claim is not null then
      v_metadata := coalesce(v_metadata, '{}') || jsonb_build_object('claim', v_actor.claim);
    end if;
  else
    v_actor.proof := 'direct';
  end if;
  insert into audit.audit_logs (created_at, recorded_at, action, user_id, actor_proof, entity_type, entity_id,
    ip_address, request_id, changes, metadata)
  values (v_now, v_now, 'ROW_INSERTED', v_actor.user_id, v_actor.proof, 'IAM_PERMISSION_ROW', audit_private.entity_key(new."permission"::text),
    v_actor.ip_address, v_actor.request_id, to_jsonb(row(row(new."permission", new."description")::audit_private.image_4_16df66d2)::audit_private.image_4_16df66d2_new), v_metadata);
  return null;
end $$;


ALTER FUNCTION audit_private.capture_4_insert() OWNER TO audit_owner;

--
-- Name: capture_4_truncate(); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.capture_4_truncate() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET row_security TO 'off'
    SET constraint_exclusion TO 'off'
    AS $_$
declare
  v_actor audit_private.actor;
  v_now timestamptz := clock_timestamp();
  v_metadata jsonb;
  v_relation regclass;
  v_count bigint;
  v_rows bigint := 0;
begin
  if (
    select count(*) from pg_catalog.pg_attribute
    where attrelid = tg_relid and not attisdropped and (attname, atttypid) in (('permission'::name, 25::oid), ('description'::name, 25::oid))
  ) <> 2 then
    perform audit_private.refuse_drift(tg_relid);
  end if;
  if current_setting('indelible.context', true) <> '' then
    v_actor := audit_private.current_actor();
    if v_actor.claim is not null then
      v_metadata := coalesce(v_metadata, '{}') || jsonb_build_object('claim', v_actor.claim);
    end if;
  else
    v_actor.proof := 'direct';
  end if;
  for v_relation in select audit_private.partitions_to_record(tg_relid, 'audit_private.capture_4_truncate'::regproc) loop
    perform audit_private.require_readable(v_relation);
    execute '  insert into audit.audit_logs (created_at, recorded_at, action, user_id, actor_proof, entity_type, entity_id,
    ip_address, request_id, changes, metadata)
  select $1, $1, ''ROW_DELETED'', ($2).user_id, ($2).proof, ''IAM_PERMISSION_ROW'', audit_private.entity_key(removed."permission"::text),
    ($2).ip_address, ($2).request_id, to_jsonb(row(row(removed."permission", removed."description")::audit_private.image_4_16df66d2)::audit_private.image_4_16df66d2_old), $3
  from only ' || v_relation::text || ' as removed' using v_now, v_actor, v_metadata;
    get diagnostics v_count = row_count;
    v_rows := v_rows + v_count;
  end loop;
  v_metadata := coalesce(v_metadata, '{}') || jsonb_build_object('table', tg_relid::regclass::text, 'rows', v_rows);
  insert into audit.audit_logs (created_at, recorded_at, action, user_id, actor_proof, entity_type, entity_id,
    ip_address, request_id, changes, metadata)
  values (v_now, v_now, 'TABLE_TRUNCATED', v_actor.user_id, v_actor.proof, 'IAM_PERMISSION_ROW', null,
    v_actor.ip_address, v_actor.request_id, null, v_metadata);
  return null;
end $_$;


ALTER FUNCTION audit_private.capture_4_truncate() OWNER TO audit_owner;

--
-- Name: capture_4_update(); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.capture_4_update() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_actor audit_private.actor;
  v_now timestamptz := clock_timestamp();
  v_metadata jsonb;
  v_old text;
  v_new text;
  v_rekeyed boolean;
begin
  if array[pg_typeof(new."permission"), pg_typeof(new."description")] <> '{25,25}'::regtype[] then
    perform audit_private.refuse_drift(tg_relid);
  end if;
  if old."permission" is distinct from new."permission" then
    v_old := concat(v_old, ',"permission":', coalesce(to_json(old."permission"), 'null'));
    v_new := concat(v_new, ',"permission":', coalesce(to_json(new."permission"), 'null'));
    v_rekeyed := true;
  end if;
  if old."description" is distinct from new."description" then
    v_old := concat(v_old, ',"description":', coalesce(to_json(old."description"), 'null'));
    v_new := concat(v_new, ',"description":', coalesce(to_json(new."description"), 'null'));
  end if;
  if v_new is null then
    return null;
  end if;
  if v_rekeyed then
    v_metadata := jsonb_build_object('previous_entity_id', audit_private.entity_key(old."permission"::text));
    insert into audit_private.key_changes (entity_type, previous_entity_id, entity_id) values ('IAM_PERMISSION_ROW', audit_private.entity_key(old."permission"::text), audit_private.entity_key(new."permission"::text));
  end if;
  if current_setting('indelible.context', true) <> '' then
    v_actor := audit_private.current_actor();
    if v_actor.claim is not null then
      v_metadata := coalesce(v_metadata, '{}') || jsonb_build_object('claim', v_actor.claim);
    end if;
  else
    v_actor.proof := 'direct';
  end if;
  insert into audit.audit_logs (created_at, recorded_at, action, user_id, actor_proof, entity_type, entity_id,
    ip_address, request_id, changes, metadata)
  values (v_now, v_now, 'ROW_UPDATED', v_actor.user_id, v_actor.proof, 'IAM_PERMISSION_ROW', audit_private.entity_key(new."permission"::text),
    v_actor.ip_address, v_actor.request_id, format('{"old":{%s},"new":{%s}}', substr(v_old, 2), substr(v_new, 2))::jsonb, v_metadata);
  return null;
end $$;


ALTER FUNCTION audit_private.capture_4_update() OWNER TO audit_owner;

--
-- Name: capture_5_delete(); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.capture_5_delete() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_actor audit_private.actor;
  v_now timestamptz := clock_timestamp();
  v_metadata jsonb;
begin
  if array[pg_typeof(old."role"), pg_typeof(old."permission")] <> '{25,25}'::regtype[] then
    perform audit_private.refuse_drift(tg_relid);
  end if;
  if current_setting('indelible.context', true) <> '' then
    v_actor := audit_private.current_actor();
    if v_actor.claim is not null then
      v_metadata := coalesce(v_metadata, '{}') || jsonb_build_object('claim', v_actor.claim);
    end if;
  else
    v_actor.proof := 'direct';
  end if;
  insert into audit.audit_logs (created_at, recorded_at, action, user_id, actor_proof, entity_type, entity_id,
    ip_address, request_id, changes, metadata)
  values (v_now, v_now, 'ROW_DELETED', v_actor.user_id, v_actor.proof, 'IAM_ROLE_PERMISSION_ROW', audit_private.entity_key(jsonb_build_object('role', old."role", 'permission', old."permission")::text),
    v_actor.ip_address, v_actor.request_id, to_jsonb(row(row(old."role", old."permission")::audit_private.image_5_c5135413)::audit_private.image_5_c5135413_old), v_metadata);
  return null;
end $$;


ALTER FUNCTION audit_private.capture_5_delete() OWNER TO audit_owner;

--
-- Name: capture_5_insert(); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.capture_5_insert() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_actor audit_private.actor;
  v_now timestamptz := clock_timestamp();
  v_metadata jsonb;
begin
  if array[pg_typeof(new."role"), pg_typeof(new."permission")] <> '{25,25}'::regtype[] then
    perform audit_private.refuse_drift(tg_relid);
  end if;
  if current_setting('indelible.context', true) <> '' then
    v_actor := audit_private.current_actor();
    if v_actor.claim is not null then
      v_metadata := coalesce(v_metadata, '{}') || jsonb_build_object('claim', v_actor.claim);
    end if;
  else
    v_actor.proof := 'direct';
  end if;
  insert into audit.audit_logs (created_at, recorded_at, action, user_id, actor_proof, entity_type, entity_id,
    ip_address, request_id, changes, metadata)
  values (v_now, v_now, 'ROW_INSERTED', v_actor.user_id, v_actor.proof, 'IAM_ROLE_PERMISSION_ROW', audit_private.entity_key(jsonb_build_object('role', new."role", 'permission', new."permission")::text),
    v_actor.ip_address, v_actor.request_id, to_jsonb(row(row(new."role", new."permission")::audit_private.image_5_c5135413)::audit_private.image_5_c5135413_new), v_metadata);
  return null;
end $$;


ALTER FUNCTION audit_private.capture_5_insert() OWNER TO audit_owner;

--
-- Name: capture_5_truncate(); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.capture_5_truncate() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET row_security TO 'off'
    SET constraint_exclusion TO 'off'
    AS $_$
declare
  v_actor audit_private.actor;
  v_now timestamptz := clock_timestamp();
  v_metadata jsonb;
  v_relation regclass;
  v_count bigint;
  v_rows bigint := 0;
begin
  if (
    select count(*) from pg_catalog.pg_attribute
    where attrelid = tg_relid and not attisdropped and (attname, atttypid) in (('role'::name, 25::oid), ('permission'::name, 25::oid))
  ) <> 2 then
    perform audit_private.refuse_drift(tg_relid);
  end if;
  if current_setting('indelible.context', true) <> '' then
    v_actor := audit_private.current_actor();
    if v_actor.claim is not null then
      v_metadata := coalesce(v_metadata, '{}') || jsonb_build_object('claim', v_actor.claim);
    end if;
  else
    v_actor.proof := 'direct';
  end if;
  for v_relation in select audit_private.partitions_to_record(tg_relid, 'audit_private.capture_5_truncate'::regproc) loop
    perform audit_private.require_readable(v_relation);
    execute '  insert into audit.audit_logs (created_at, recorded_at, action, user_id, actor_proof, entity_type, entity_id,
    ip_address, request_id, changes, metadata)
  select $1, $1, ''ROW_DELETED'', ($2).user_id, ($2).proof, ''IAM_ROLE_PERMISSION_ROW'', audit_private.entity_key(jsonb_build_object(''role'', removed."role", ''permission'', removed."permission")::text),
    ($2).ip_address, ($2).request_id, to_jsonb(row(row(removed."role", removed."permission")::audit_private.image_5_c5135413)::audit_private.image_5_c5135413_old), $3
  from only ' || v_relation::text || ' as removed' using v_now, v_actor, v_metadata;
    get diagnostics v_count = row_count;
    v_rows := v_rows + v_count;
  end loop;
  v_metadata := coalesce(v_metadata, '{}') || jsonb_build_object('table', tg_relid::regclass::text, 'rows', v_rows);
  insert into audit.audit_logs (created_at, recorded_at, action, user_id, actor_proof, entity_type, entity_id,
    ip_address, request_id, changes, metadata)
  values (v_now, v_now, 'TABLE_TRUNCATED', v_actor.user_id, v_actor.proof, 'IAM_ROLE_PERMISSION_ROW', null,
    v_actor.ip_address, v_actor.request_id, null, v_metadata);
  return null;
end $_$;


ALTER FUNCTION audit_private.capture_5_truncate() OWNER TO audit_owner;

--
-- Name: capture_5_update(); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.capture_5_update() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_actor audit_private.actor;
  v_now timestamptz := clock_timestamp();
  v_metadata jsonb;
  v_old text;
  v_new text;
  v_rekeyed boolean;
begin
  if array[pg_typeof(new."role"), pg_typeof(new."permission")] <> '{25,25}'::regtype[] then
    perform audit_private.refuse_drift(tg_relid);
  end if;
  if old."role" is distinct from new."role" then
    v_old := concat(v_old, ',"role":', coalesce(to_json(old."role"), 'null'));
    v_new := concat(v_new, ',"role":', coalesce(to_json(new."role"), 'null'));
    v_rekeyed := true;
  end if;
  if old."permission" is distinct from new."permission" then
    v_old := concat(v_old, ',"permission":', coalesce(to_json(old."permission"), 'null'));
    v_new := concat(v_new, ',"permission":', coalesce(to_json(new."permission"), 'null'));
    v_rekeyed := true;
  end if;
  if v_new is null then
    return null;
  end if;
  if v_rekeyed then
    v_metadata := jsonb_build_object('previous_entity_id', audit_private.entity_key(jsonb_build_object('role', old."role", 'permission', old."permission")::text));
    insert into audit_private.key_changes (entity_type, previous_entity_id, entity_id) values ('IAM_ROLE_PERMISSION_ROW', audit_private.entity_key(jsonb_build_object('role', old."role", 'permission', old."permission")::text), audit_private.entity_key(jsonb_build_object('role', new."role", 'permission', new."permission")::text));
  end if;
  if current_setting('indelible.context', true) <> '' then
    v_actor := audit_private.current_actor();
    if v_actor.claim is not null then
      v_metadata := coalesce(v_metadata, '{}') || jsonb_build_object('claim', v_actor.claim);
    end if;
  else
    v_actor.proof := 'direct';
  end if;
  insert into audit.audit_logs (created_at, recorded_at, action, user_id, actor_proof, entity_type, entity_id,
    ip_address, request_id, changes, metadata)
  values (v_now, v_now, 'ROW_UPDATED', v_actor.user_id, v_actor.proof, 'IAM_ROLE_PERMISSION_ROW', audit_private.entity_key(jsonb_build_object('role', new."role", 'permission', new."permission")::text),
    v_actor.ip_address, v_actor.request_id, format('{"old":{%s},"new":{%s}}', substr(v_old, 2), substr(v_new, 2))::jsonb, v_metadata);
  return null;
end $$;


ALTER FUNCTION audit_private.capture_5_update() OWNER TO audit_owner;

--
-- Name: capture_6_delete(); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.capture_6_delete() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_actor audit_private.actor;
  v_now timestamptz := clock_timestamp();
  v_metadata jsonb;
begin
  if array[pg_typeof(old."username"), pg_typeof(old."role")] <> '{25,25}'::regtype[] then
    perform audit_private.refuse_drift(tg_relid);
  end if;
  if current_setting('indelible.context', true) <> '' then
    v_actor := audit_private.current_actor();
    if v_actor.claim is not null then
      v_metadata := coalesce(v_metadata, '{}') || jsonb_build_object('claim', v_actor.claim);
    end if;
  else
    v_actor.proof := 'direct';
  end if;
  insert into audit.audit_logs (created_at, recorded_at, action, user_id, actor_proof, entity_type, entity_id,
    ip_address, request_id, changes, metadata)
  values (v_now, v_now, 'ROW_DELETED', v_actor.user_id, v_actor.proof, 'IAM_USER_ROLE_ROW', audit_private.entity_key(jsonb_build_object('username', old."username", 'role', old."role")::text),
    v_actor.ip_address, v_actor.request_id, to_jsonb(row(row(old."username", old."role")::audit_private.image_6_c183f119)::audit_private.image_6_c183f119_old), v_metadata);
  return null;
end $$;


ALTER FUNCTION audit_private.capture_6_delete() OWNER TO audit_owner;

--
-- Name: capture_6_insert(); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.capture_6_insert() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_actor audit_private.actor;
  v_now timestamptz := clock_timestamp();
  v_metadata jsonb;
begin
  if array[pg_typeof(new."username"), pg_typeof(new."role")] <> '{25,25}'::regtype[] then
    perform audit_private.refuse_drift(tg_relid);
  end if;
  if current_setting('indelible.context', true) <> '' then
    v_actor := audit_private.current_actor();
    if v_actor.claim is not null then
      v_metadata := coalesce(v_metadata, '{}') || jsonb_build_object('claim', v_actor.claim);
    end if;
  else
    v_actor.proof := 'direct';
  end if;
  insert into audit.audit_logs (created_at, recorded_at, action, user_id, actor_proof, entity_type, entity_id,
    ip_address, request_id, changes, metadata)
  values (v_now, v_now, 'ROW_INSERTED', v_actor.user_id, v_actor.proof, 'IAM_USER_ROLE_ROW', audit_private.entity_key(jsonb_build_object('username', new."username", 'role', new."role")::text),
    v_actor.ip_address, v_actor.request_id, to_jsonb(row(row(new."username", new."role")::audit_private.image_6_c183f119)::audit_private.image_6_c183f119_new), v_metadata);
  return null;
end $$;


ALTER FUNCTION audit_private.capture_6_insert() OWNER TO audit_owner;

--
-- Name: capture_6_truncate(); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.capture_6_truncate() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET row_security TO 'off'
    SET constraint_exclusion TO 'off'
    AS $_$
declare
  v_actor audit_private.actor;
  v_now timestamptz := clock_timestamp();
  v_metadata jsonb;
  v_relation regclass;
  v_count bigint;
  v_rows bigint := 0;
begin
  if (
    select count(*) from pg_catalog.pg_attribute
    where attrelid = tg_relid and not attisdropped and (attname, atttypid) in (('username'::name, 25::oid), ('role'::name, 25::oid))
  ) <> 2 then
    perform audit_private.refuse_drift(tg_relid);
  end if;
  if current_setting('indelible.context', true) <> '' then
    v_actor := audit_private.current_actor();
    if v_actor.claim is not null then
      v_metadata := coalesce(v_metadata, '{}') || jsonb_build_object('claim', v_actor.claim);
    end if;
  else
    v_actor.proof := 'direct';
  end if;
  for v_relation in select audit_private.partitions_to_record(tg_relid, 'audit_private.capture_6_truncate'::regproc) loop
    perform audit_private.require_readable(v_relation);
    execute '  insert into audit.audit_logs (created_at, recorded_at, action, user_id, actor_proof, entity_type, entity_id,
    ip_address, request_id, changes, metadata)
  select $1, $1, ''ROW_DELETED'', ($2).user_id, ($2).proof, ''IAM_USER_ROLE_ROW'', audit_private.entity_key(jsonb_build_object(''username'', removed."username", ''role'', removed."role")::text),
    ($2).ip_address, ($2).request_id, to_jsonb(row(row(removed."username", removed."role")::audit_private.image_6_c183f119)::audit_private.image_6_c183f119_old), $3
  from only ' || v_relation::text || ' as removed' using v_now, v_actor, v_metadata;
    get diagnostics v_count = row_count;
    v_rows := v_rows + v_count;
  end loop;
  v_metadata := coalesce(v_metadata, '{}') || jsonb_build_object('table', tg_relid::regclass::text, 'rows', v_rows);
  insert into audit.audit_logs (created_at, recorded_at, action, user_id, actor_proof, entity_type, entity_id,
    ip_address, request_id, changes, metadata)
  values (v_now, v_now, 'TABLE_TRUNCATED', v_actor.user_id, v_actor.proof, 'IAM_USER_ROLE_ROW', null,
    v_actor.ip_address, v_actor.request_id, null, v_metadata);
  return null;
end $_$;


ALTER FUNCTION audit_private.capture_6_truncate() OWNER TO audit_owner;

--
-- Name: capture_6_update(); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.capture_6_update() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_actor audit_private.actor;
  v_now timestamptz := clock_timestamp();
  v_metadata jsonb;
  v_old text;
  v_new text;
  v_rekeyed boolean;
begin
  if array[pg_typeof(new."username"), pg_typeof(new."role")] <> '{25,25}'::regtype[] then
    perform audit_private.refuse_drift(tg_relid);
  end if;
  if old."username" is distinct from new."username" then
    v_old := concat(v_old, ',"username":', coalesce(to_json(old."username"), 'null'));
    v_new := concat(v_new, ',"username":', coalesce(to_json(new."username"), 'null'));
    v_rekeyed := true;
  end if;
  if old."role" is distinct from new."role" then
    v_old := concat(v_old, ',"role":', coalesce(to_json(old."role"), 'null'));
    v_new := concat(v_new, ',"role":', coalesce(to_json(new."role"), 'null'));
    v_rekeyed := true;
  end if;
  if v_new is null then
    return null;
  end if;
  if v_rekeyed then
    v_metadata := jsonb_build_object('previous_entity_id', audit_private.entity_key(jsonb_build_object('username', old."username", 'role', old."role")::text));
    insert into audit_private.key_changes (entity_type, previous_entity_id, entity_id) values ('IAM_USER_ROLE_ROW', audit_private.entity_key(jsonb_build_object('username', old."username", 'role', old."role")::text), audit_private.entity_key(jsonb_build_object('username', new."username", 'role', new."role")::text));
  end if;
  if current_setting('indelible.context', true) <> '' then
    v_actor := audit_private.current_actor();
    if v_actor.claim is not null then
      v_metadata := coalesce(v_metadata, '{}') || jsonb_build_object('claim', v_actor.claim);
    end if;
  else
    v_actor.proof := 'direct';
  end if;
  insert into audit.audit_logs (created_at, recorded_at, action, user_id, actor_proof, entity_type, entity_id,
    ip_address, request_id, changes, metadata)
  values (v_now, v_now, 'ROW_UPDATED', v_actor.user_id, v_actor.proof, 'IAM_USER_ROLE_ROW', audit_private.entity_key(jsonb_build_object('username', new."username", 'role', new."role")::text),
    v_actor.ip_address, v_actor.request_id, format('{"old":{%s},"new":{%s}}', substr(v_old, 2), substr(v_new, 2))::jsonb, v_metadata);
  return null;
end $$;


ALTER FUNCTION audit_private.capture_6_update() OWNER TO audit_owner;

--
-- Name: capture_7_delete(); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.capture_7_delete() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_actor audit_private.actor;
  v_now timestamptz := clock_timestamp();
  v_metadata jsonb;
begin
  if array[pg_typeof(old."only_row"), pg_typeof(old."max_failures"), pg_typeof(old."lock_minutes"), pg_typeof(old."session_hours"), pg_typeof(old."keep_unknown_names")] <> '{16,23,23,23,16}'::regtype[] then
    perform audit_private.refuse_drift(tg_relid);
  end if;
  if current_setting('indelible.context', true) <> '' then
    v_actor := audit_private.current_actor();
    if v_actor.claim is not null then
      v_metadata := coalesce(v_metadata, '{}') || jsonb_build_object('claim', v_actor.claim);
    end if;
  else
    v_actor.proof := 'direct';
  end if;
  insert into audit.audit_logs (created_at, recorded_at, action, user_id, actor_proof, entity_type, entity_id,
    ip_address, request_id, changes, metadata)
  values (v_now, v_now, 'ROW_DELETED', v_actor.user_id, v_actor.proof, 'IAM_POLICY_ROW', format('%s', old."only_row"),
    v_actor.ip_address, v_actor.request_id, to_jsonb(row(row(old."only_row", old."max_failures", old."lock_minutes", old."session_hours", old."keep_unknown_names")::audit_private.image_7_c18ba6ca)::audit_private.image_7_c18ba6ca_old), v_metadata);
  return null;
end $$;


ALTER FUNCTION audit_private.capture_7_delete() OWNER TO audit_owner;

--
-- Name: capture_7_insert(); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.capture_7_insert() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_actor audit_private.actor;
  v_now timestamptz := clock_timestamp();
  v_metadata jsonb;
begin
  if array[pg_typeof(new."only_row"), pg_typeof(new."max_failures"), pg_typeof(new."lock_minutes"), pg_typeof(new."session_hours"), pg_typeof(new."keep_unknown_names")] <> '{16,23,23,23,16}'::regtype[] then
    perform audit_private.refuse_drift(tg_relid);
  end if;
  if current_setting('indelible.context', true) <> '' then
    v_actor := audit_private.current_actor();
    if v_actor.claim is not null then
      v_metadata := coalesce(v_metadata, '{}') || jsonb_build_object('claim', v_actor.claim);
    end if;
  else
    v_actor.proof := 'direct';
  end if;
  insert into audit.audit_logs (created_at, recorded_at, action, user_id, actor_proof, entity_type, entity_id,
    ip_address, request_id, changes, metadata)
  values (v_now, v_now, 'ROW_INSERTED', v_actor.user_id, v_actor.proof, 'IAM_POLICY_ROW', format('%s', new."only_row"),
    v_actor.ip_address, v_actor.request_id, to_jsonb(row(row(new."only_row", new."max_failures", new."lock_minutes", new."session_hours", new."keep_unknown_names")::audit_private.image_7_c18ba6ca)::audit_private.image_7_c18ba6ca_new), v_metadata);
  return null;
end $$;


ALTER FUNCTION audit_private.capture_7_insert() OWNER TO audit_owner;

--
-- Name: capture_7_truncate(); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.capture_7_truncate() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET row_security TO 'off'
    SET constraint_exclusion TO 'off'
    AS $_$
declare
  v_actor audit_private.actor;
  v_now timestamptz := clock_timestamp();
  v_metadata jsonb;
  v_relation regclass;
  v_count bigint;
  v_rows bigint := 0;
begin
  if (
    select count(*) from pg_catalog.pg_attribute
    where attrelid = tg_relid and not attisdropped and (attname, atttypid) in (('only_row'::name, 16::oid), ('max_failures'::name, 23::oid), ('lock_minutes'::name, 23::oid), ('session_hours'::name, 23::oid), ('keep_unknown_names'::name, 16::oid))
  ) <> 5 then
    perform audit_private.refuse_drift(tg_relid);
  end if;
  if current_setting('indelible.context', true) <> '' then
    v_actor := audit_private.current_actor();
    if v_actor.claim is not null then
      v_metadata := coalesce(v_metadata, '{}') || jsonb_build_object('claim', v_actor.claim);
    end if;
  else
    v_actor.proof := 'direct';
  end if;
  for v_relation in select audit_private.partitions_to_record(tg_relid, 'audit_private.capture_7_truncate'::regproc) loop
    perform audit_private.require_readable(v_relation);
    execute '  insert into audit.audit_logs (created_at, recorded_at, action, user_id, actor_proof, entity_type, entity_id,
    ip_address, request_id, changes, metadata)
  select $1, $1, ''ROW_DELETED'', ($2).user_id, ($2).proof, ''IAM_POLICY_ROW'', format(''%s'', removed."only_row"),
    ($2).ip_address, ($2).request_id, to_jsonb(row(row(removed."only_row", removed."max_failures", removed."lock_minutes", removed."session_hours", removed."keep_unknown_names")::audit_private.image_7_c18ba6ca)::audit_private.image_7_c18ba6ca_old), $3
  from only ' || v_relation::text || ' as removed' using v_now, v_actor, v_metadata;
    get diagnostics v_count = row_count;
    v_rows := v_rows + v_count;
  end loop;
  v_metadata := coalesce(v_metadata, '{}') || jsonb_build_object('table', tg_relid::regclass::text, 'rows', v_rows);
  insert into audit.audit_logs (created_at, recorded_at, action, user_id, actor_proof, entity_type, entity_id,
    ip_address, request_id, changes, metadata)
  values (v_now, v_now, 'TABLE_TRUNCATED', v_actor.user_id, v_actor.proof, 'IAM_POLICY_ROW', null,
    v_actor.ip_address, v_actor.request_id, null, v_metadata);
  return null;
end $_$;


ALTER FUNCTION audit_private.capture_7_truncate() OWNER TO audit_owner;

--
-- Name: capture_7_update(); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.capture_7_update() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_actor audit_private.actor;
  v_now timestamptz := clock_timestamp();
  v_metadata jsonb;
  v_old text;
  v_new text;
  v_rekeyed boolean;
begin
  if array[pg_typeof(new."only_row"), pg_typeof(new."max_failures"), pg_typeof(new."lock_minutes"), pg_typeof(new."session_hours"), pg_typeof(new."keep_unknown_names")] <> '{16,23,23,23,16}'::regtype[] then
    perform audit_private.refuse_drift(tg_relid);
  end if;
  if old."only_row" is distinct from new."only_row" then
    v_old := concat(v_old, ',"only_row":', coalesce(old."only_row"::text, 'null'));
    v_new := concat(v_new, ',"only_row":', coalesce(new."only_row"::text, 'null'));
    v_rekeyed := true;
  end if;
  if old."max_failures" is distinct from new."max_failures" then
    v_old := concat(v_old, ',"max_failures":', coalesce(old."max_failures"::text, 'null'));
    v_new := concat(v_new, ',"max_failures":', coalesce(new."max_failures"::text, 'null'));
  end if;
  if old."lock_minutes" is distinct from new."lock_minutes" then
    v_old := concat(v_old, ',"lock_minutes":', coalesce(old."lock_minutes"::text, 'null'));
    v_new := concat(v_new, ',"lock_minutes":', coalesce(new."lock_minutes"::text, 'null'));
  end if;
  if old."session_hours" is distinct from new."session_hours" then
    v_old := concat(v_old, ',"session_hours":', coalesce(old."session_hours"::text, 'null'));
    v_new := concat(v_new, ',"session_hours":', coalesce(new."session_hours"::text, 'null'));
  end if;
  if old."keep_unknown_names" is distinct from new."keep_unknown_names" then
    v_old := concat(v_old, ',"keep_unknown_names":', coalesce(old."keep_unknown_names"::text, 'null'));
    v_new := concat(v_new, ',"keep_unknown_names":', coalesce(new."keep_unknown_names"::text, 'null'));
  end if;
  if v_new is null then
    return null;
  end if;
  if v_rekeyed then
    v_metadata := jsonb_build_object('previous_entity_id', format('%s', old."only_row"));
    insert into audit_private.key_changes (entity_type, previous_entity_id, entity_id) values ('IAM_POLICY_ROW', format('%s', old."only_row"), format('%s', new."only_row"));
  end if;
  if current_setting('indelible.context', true) <> '' then
    v_actor := audit_private.current_actor();
    if v_actor.claim is not null then
      v_metadata := coalesce(v_metadata, '{}') || jsonb_build_object('claim', v_actor.claim);
    end if;
  else
    v_actor.proof := 'direct';
  end if;
  insert into audit.audit_logs (created_at, recorded_at, action, user_id, actor_proof, entity_type, entity_id,
    ip_address, request_id, changes, metadata)
  values (v_now, v_now, 'ROW_UPDATED', v_actor.user_id, v_actor.proof, 'IAM_POLICY_ROW', format('%s', new."only_row"),
    v_actor.ip_address, v_actor.request_id, format('{"old":{%s},"new":{%s}}', substr(v_old, 2), substr(v_new, 2))::jsonb, v_metadata);
  return null;
end $$;


ALTER FUNCTION audit_private.capture_7_update() OWNER TO audit_owner;

--
-- Name: capture_8_delete(); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.capture_8_delete() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "TimeZone" TO 'UTC'
    AS $$
declare
  v_actor audit_private.actor;
  v_now timestamptz := clock_timestamp();
  v_metadata jsonb;
begin
  if array[pg_typeof(old."account"), pg_typeof(old."description"), pg_typeof(old."active"), pg_typeof(old."created_at")] <> '{25,25,16,1184}'::regtype[] then
    perform audit_private.refuse_drift(tg_relid);
  end if;
  if current_setting('indelible.context', true) <> '' then
    v_actor := audit_private.current_actor();
    if v_actor.claim is not null then
      v_metadata := coalesce(v_metadata, '{}') || jsonb_build_object('claim', v_actor.claim);
    end if;
  else
    v_actor.proof := 'direct';
  end if;
  insert into audit.audit_logs (created_at, recorded_at, action, user_id, actor_proof, entity_type, entity_id,
    ip_address, request_id, changes, metadata)
  values (v_now, v_now, 'ROW_DELETED', v_actor.user_id, v_actor.proof, 'IAM_ACCOUNT_ROW', audit_private.entity_key(old."account"::text),
    v_actor.ip_address, v_actor.request_id, to_jsonb(row(row(old."account", old."description", old."active", old."created_at")::audit_private.image_8_a54003ca)::audit_private.image_8_a54003ca_old), v_metadata);
  return null;
end $$;


ALTER FUNCTION audit_private.capture_8_delete() OWNER TO audit_owner;

--
-- Name: capture_8_insert(); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.capture_8_insert() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "TimeZone" TO 'UTC'
    AS $$
declare
  v_actor audit_private.actor;
  v_now timestamptz := clock_timestamp();
  v_metadata jsonb;
begin
  if array[pg_typeof(new."account"), pg_typeof(new."description"), pg_typeof(new."active"), pg_typeof(new."created_at")] <> '{25,25,16,1184}'::regtype[] then
    perform audit_private.refuse_drift(tg_relid);
  end if;
  if current_setting('indelible.context', true) <> '' then
    v_actor := audit_private.current_actor();
    if v_actor.claim is not null then
      v_metadata := coalesce(v_metadata, '{}') || jsonb_build_object('claim', v_actor.claim);
    end if;
  else
    v_actor.proof := 'direct';
  end if;
  insert into audit.audit_logs (created_at, recorded_at, action, user_id, actor_proof, entity_type, entity_id,
    ip_address, request_id, changes, metadata)
  values (v_now, v_now, 'ROW_INSERTED', v_actor.user_id, v_actor.proof, 'IAM_ACCOUNT_ROW', audit_private.entity_key(new."account"::text),
    v_actor.ip_address, v_actor.request_id, to_jsonb(row(row(new."account", new."description", new."active", new."created_at")::audit_private.image_8_a54003ca)::audit_private.image_8_a54003ca_new), v_metadata);
  return null;
end $$;


ALTER FUNCTION audit_private.capture_8_insert() OWNER TO audit_owner;

--
-- Name: capture_8_truncate(); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.capture_8_truncate() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "TimeZone" TO 'UTC'
    SET row_security TO 'off'
    SET constraint_exclusion TO 'off'
    AS $_$
declare
  v_actor audit_private.actor;
  v_now timestamptz := clock_timestamp();
  v_metadata jsonb;
  v_relation regclass;
  v_count bigint;
  v_rows bigint := 0;
begin
  if (
    select count(*) from pg_catalog.pg_attribute
    where attrelid = tg_relid and not attisdropped and (attname, atttypid) in (('account'::name, 25::oid), ('description'::name, 25::oid), ('active'::name, 16::oid), ('created_at'::name, 1184::oid))
  ) <> 4 then
    perform audit_private.refuse_drift(tg_relid);
  end if;
  if current_setting('indelible.context', true) <> '' then
    v_actor := audit_private.current_actor();
    if v_actor.claim is not null then
      v_metadata := coalesce(v_metadata, '{}') || jsonb_build_object('claim', v_actor.claim);
    end if;
  else
    v_actor.proof := 'direct';
  end if;
  for v_relation in select audit_private.partitions_to_record(tg_relid, 'audit_private.capture_8_truncate'::regproc) loop
    perform audit_private.require_readable(v_relation);
    execute '  insert into audit.audit_logs (created_at, recorded_at, action, user_id, actor_proof, entity_type, entity_id,
    ip_address, request_id, changes, metadata)
  select $1, $1, ''ROW_DELETED'', ($2).user_id, ($2).proof, ''IAM_ACCOUNT_ROW'', audit_private.entity_key(removed."account"::text),
    ($2).ip_address, ($2).request_id, to_jsonb(row(row(removed."account", removed."description", removed."active", removed."created_at")::audit_private.image_8_a54003ca)::audit_private.image_8_a54003ca_old), $3
  from only ' || v_relation::text || ' as removed' using v_now, v_actor, v_metadata;
    get diagnostics v_count = row_count;
    v_rows := v_rows + v_count;
  end loop;
  v_metadata := coalesce(v_metadata, '{}') || jsonb_build_object('table', tg_relid::regclass::text, 'rows', v_rows);
  insert into audit.audit_logs (created_at, recorded_at, action, user_id, actor_proof, entity_type, entity_id,
    ip_address, request_id, changes, metadata)
  values (v_now, v_now, 'TABLE_TRUNCATED', v_actor.user_id, v_actor.proof, 'IAM_ACCOUNT_ROW', null,
    v_actor.ip_address, v_actor.request_id, null, v_metadata);
  return null;
end $_$;


ALTER FUNCTION audit_private.capture_8_truncate() OWNER TO audit_owner;

--
-- Name: capture_8_update(); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.capture_8_update() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "TimeZone" TO 'UTC'
    AS $$
declare
  v_actor audit_private.actor;
  v_now timestamptz := clock_timestamp();
  v_metadata jsonb;
  v_old text;
  v_new text;
  v_rekeyed boolean;
begin
  if array[pg_typeof(new."account"), pg_typeof(new."description"), pg_typeof(new."active"), pg_typeof(new."created_at")] <> '{25,25,16,1184}'::regtype[] then
    perform audit_private.refuse_drift(tg_relid);
  end if;
  if old."account" is distinct from new."account" then
    v_old := concat(v_old, ',"account":', coalesce(to_json(old."account"), 'null'));
    v_new := concat(v_new, ',"account":', coalesce(to_json(new."account"), 'null'));
    v_rekeyed := true;
  end if;
  if old."description" is distinct from new."description" then
    v_old := concat(v_old, ',"description":', coalesce(to_json(old."description"), 'null'));
    v_new := concat(v_new, ',"description":', coalesce(to_json(new."description"), 'null'));
  end if;
  if old."active" is distinct from new."active" then
    v_old := concat(v_old, ',"active":', coalesce(old."active"::text, 'null'));
    v_new := concat(v_new, ',"active":', coalesce(new."active"::text, 'null'));
  end if;
  if old."created_at" is distinct from new."created_at" then
    v_old := concat(v_old, ',"created_at":', coalesce(to_json(old."created_at"), 'null'));
    v_new := concat(v_new, ',"created_at":', coalesce(to_json(new."created_at"), 'null'));
  end if;
  if v_new is null then
    return null;
  end if;
  if v_rekeyed then
    v_metadata := jsonb_build_object('previous_entity_id', audit_private.entity_key(old."account"::text));
    insert into audit_private.key_changes (entity_type, previous_entity_id, entity_id) values ('IAM_ACCOUNT_ROW', audit_private.entity_key(old."account"::text), audit_private.entity_key(new."account"::text));
  end if;
  if current_setting('indelible.context', true) <> '' then
    v_actor := audit_private.current_actor();
    if v_actor.claim is not null then
      v_metadata := coalesce(v_metadata, '{}') || jsonb_build_object('claim', v_actor.claim);
    end if;
  else
    v_actor.proof := 'direct';
  end if;
  insert into audit.audit_logs (created_at, recorded_at, action, user_id, actor_proof, entity_type, entity_id,
    ip_address, request_id, changes, metadata)
  values (v_now, v_now, 'ROW_UPDATED', v_actor.user_id, v_actor.proof, 'IAM_ACCOUNT_ROW', audit_private.entity_key(new."account"::text),
    v_actor.ip_address, v_actor.request_id, format('{"old":{%s},"new":{%s}}', substr(v_old, 2), substr(v_new, 2))::jsonb, v_metadata);
  return null;
end $$;


ALTER FUNCTION audit_private.capture_8_update() OWNER TO audit_owner;

--
-- Name: capture_9_delete(); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.capture_9_delete() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET bytea_output TO 'hex'
    SET "TimeZone" TO 'UTC'
    AS $$
declare
  v_actor audit_private.actor;
  v_now timestamptz := clock_timestamp();
  v_metadata jsonb;
begin
  if array[pg_typeof(old."key_id"), pg_typeof(old."account"), pg_typeof(old."key_digest"), pg_typeof(old."created_at"), pg_typeof(old."expires_at"), pg_typeof(old."revoked_at"), pg_typeof(old."last_used_at")] <> '{25,25,17,1184,1184,1184,1184}'::regtype[] then
    perform audit_private.refuse_drift(tg_relid);
  end if;
  if current_setting('indelible.context', true) <> '' then
    v_actor := audit_private.current_actor();
    if v_actor.claim is not null then
      v_metadata := coalesce(v_metadata, '{}') || jsonb_build_object('claim', v_actor.claim);
    end if;
  else
    v_actor.proof := 'direct';
  end if;
  insert into audit.audit_logs (created_at, recorded_at, action, user_id, actor_proof, entity_type, entity_id,
    ip_address, request_id, changes, metadata)
  values (v_now, v_now, 'ROW_DELETED', v_actor.user_id, v_actor.proof, 'IAM_KEY_ROW', audit_private.entity_key(old."key_id"::text),
    v_actor.ip_address, v_actor.request_id, to_jsonb(row(row(old."key_id", old."account", '***'::text, old."created_at", old."expires_at", old."revoked_at", old."last_used_at")::audit_private.image_9_210078ed)::audit_private.image_9_210078ed_old), v_metadata);
  return null;
end $$;


ALTER FUNCTION audit_private.capture_9_delete() OWNER TO audit_owner;

--
-- Name: capture_9_insert(); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.capture_9_insert() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET bytea_output TO 'hex'
    SET "TimeZone" TO 'UTC'
    AS $$
declare
  v_actor audit_private.actor;
  v_now timestamptz := clock_timestamp();
  v_metadata jsonb;
begin
  if array[pg_typeof(new."key_id"), pg_typeof(new."account"), pg_typeof(new."key_digest"), pg_typeof(new."created_at"), pg_typeof(new."expires_at"), pg_typeof(new."revoked_at"), pg_typeof(new."last_used_at")] <> '{25,25,17,1184,1184,1184,1184}'::regtype[] then
    perform audit_private.refuse_drift(tg_relid);
  end if;
  if current_setting('indelible.context', true) <> '' then
    v_actor := audit_private.current_actor();
    if v_actor.claim is not null then
      v_metadata := coalesce(v_metadata, '{}') || jsonb_build_object('claim', v_actor.claim);
    end if;
  else
    v_actor.proof := 'direct';
  end if;
  insert into audit.audit_logs (created_at, recorded_at, action, user_id, actor_proof, entity_type, entity_id,
    ip_address, request_id, changes, metadata)
  values (v_now, v_now, 'ROW_INSERTED', v_actor.user_id, v_actor.proof, 'IAM_KEY_ROW', audit_private.entity_key(new."key_id"::text),
    v_actor.ip_address, v_actor.request_id, to_jsonb(row(row(new."key_id", new."account", '***'::text, new."created_at", new."expires_at", new."revoked_at", new."last_used_at")::audit_private.image_9_210078ed)::audit_private.image_9_210078ed_new), v_metadata);
  return null;
end $$;


ALTER FUNCTION audit_private.capture_9_insert() OWNER TO audit_owner;

--
-- Name: capture_9_truncate(); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.capture_9_truncate() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET bytea_output TO 'hex'
    SET "TimeZone" TO 'UTC'
    SET row_security TO 'off'
    SET constraint_exclusion TO 'off'
    AS $_$
declare
  v_actor audit_private.actor;
  v_now timestamptz := clock_timestamp();
  v_metadata jsonb;
  v_relation regclass;
  v_count bigint;
  v_rows bigint := 0;
begin
  if (
    select count(*) from pg_catalog.pg_attribute
    where attrelid = tg_relid and not attisdropped and (attname, atttypid) in (('key_id'::name, 25::oid), ('account'::name, 25::oid), ('key_digest'::name, 17::oid), ('created_at'::name, 1184::oid), ('expires_at'::name, 1184::oid), ('revoked_at'::name, 1184::oid), ('last_used_at'::name, 1184::oid))
  ) <> 7 then
    perform audit_private.refuse_drift(tg_relid);
  end if;
  if current_setting('indelible.context', true) <> '' then
    v_actor := audit_private.current_actor();
    if v_actor.claim is not null then
      v_metadata := coalesce(v_metadata, '{}') || jsonb_build_object('claim', v_actor.claim);
    end if;
  else
    v_actor.proof := 'direct';
  end if;
  for v_relation in select audit_private.partitions_to_record(tg_relid, 'audit_private.capture_9_truncate'::regproc) loop
    perform audit_private.require_readable(v_relation);
    execute '  insert into audit.audit_logs (created_at, recorded_at, action, user_id, actor_proof, entity_type, entity_id,
    ip_address, request_id, changes, metadata)
  select $1, $1, ''ROW_DELETED'', ($2).user_id, ($2).proof, ''IAM_KEY_ROW'', audit_private.entity_key(removed."key_id"::text),
    ($2).ip_address, ($2).request_id, to_jsonb(row(row(removed."key_id", removed."account", ''***''::text, removed."created_at", removed."expires_at", removed."revoked_at", removed."last_used_at")::audit_private.image_9_210078ed)::audit_private.image_9_210078ed_old), $3
  from only ' || v_relation::text || ' as removed' using v_now, v_actor, v_metadata;
    get diagnostics v_count = row_count;
    v_rows := v_rows + v_count;
  end loop;
  v_metadata := coalesce(v_metadata, '{}') || jsonb_build_object('table', tg_relid::regclass::text, 'rows', v_rows);
  insert into audit.audit_logs (created_at, recorded_at, action, user_id, actor_proof, entity_type, entity_id,
    ip_address, request_id, changes, metadata)
  values (v_now, v_now, 'TABLE_TRUNCATED', v_actor.user_id, v_actor.proof, 'IAM_KEY_ROW', null,
    v_actor.ip_address, v_actor.request_id, null, v_metadata);
  return null;
end $_$;


ALTER FUNCTION audit_private.capture_9_truncate() OWNER TO audit_owner;

--
-- Name: capture_9_update(); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.capture_9_update() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET bytea_output TO 'hex'
    SET "TimeZone" TO 'UTC'
    AS $$
declare
  v_actor audit_private.actor;
  v_now timestamptz := clock_timestamp();
  v_metadata jsonb;
  v_old text;
  v_new text;
  v_rekeyed boolean;
begin
  if array[pg_typeof(new."key_id"), pg_typeof(new."account"), pg_typeof(new."key_digest"), pg_typeof(new."created_at"), pg_typeof(new."expires_at"), pg_typeof(new."revoked_at"), pg_typeof(new."last_used_at")] <> '{25,25,17,1184,1184,1184,1184}'::regtype[] then
    perform audit_private.refuse_drift(tg_relid);
  end if;
  if old."key_id" is distinct from new."key_id" then
    v_old := concat(v_old, ',"key_id":', coalesce(to_json(old."key_id"), 'null'));
    v_new := concat(v_new, ',"key_id":', coalesce(to_json(new."key_id"), 'null'));
    v_rekeyed := true;
  end if;
  if old."account" is distinct from new."account" then
    v_old := concat(v_old, ',"account":', coalesce(to_json(old."account"), 'null'));
    v_new := concat(v_new, ',"account":', coalesce(to_json(new."account"), 'null'));
  end if;
  if old."key_digest" is distinct from new."key_digest" then
    v_old := concat(v_old, ',"key_digest":', '"***"');
    v_new := concat(v_new, ',"key_digest":', '"***"');
  end if;
  if old."created_at" is distinct from new."created_at" then
    v_old := concat(v_old, ',"created_at":', coalesce(to_json(old."created_at"), 'null'));
    v_new := concat(v_new, ',"created_at":', coalesce(to_json(new."created_at"), 'null'));
  end if;
  if old."expires_at" is distinct from new."expires_at" then
    v_old := concat(v_old, ',"expires_at":', coalesce(to_json(old."expires_at"), 'null'));
    v_new := concat(v_new, ',"expires_at":', coalesce(to_json(new."expires_at"), 'null'));
  end if;
  if old."revoked_at" is distinct from new."revoked_at" then
    v_old := concat(v_old, ',"revoked_at":', coalesce(to_json(old."revoked_at"), 'null'));
    v_new := concat(v_new, ',"revoked_at":', coalesce(to_json(new."revoked_at"), 'null'));
  end if;
  if v_new is null then
    return null;
  end if;
  if old."last_used_at" is distinct from new."last_used_at" then
    v_old := concat(v_old, ',"last_used_at":', coalesce(to_json(old."last_used_at"), 'null'));
    v_new := concat(v_new, ',"last_used_at":', coalesce(to_json(new."last_used_at"), 'null'));
  end if;
  if v_rekeyed then
    v_metadata := jsonb_build_object('previous_entity_id', audit_private.entity_key(old."key_id"::text));
    insert into audit_private.key_changes (entity_type, previous_entity_id, entity_id) values ('IAM_KEY_ROW', audit_private.entity_key(old."key_id"::text), audit_private.entity_key(new."key_id"::text));
  end if;
  if current_setting('indelible.context', true) <> '' then
    v_actor := audit_private.current_actor();
    if v_actor.claim is not null then
      v_metadata := coalesce(v_metadata, '{}') || jsonb_build_object('claim', v_actor.claim);
    end if;
  else
    v_actor.proof := 'direct';
  end if;
  insert into audit.audit_logs (created_at, recorded_at, action, user_id, actor_proof, entity_type, entity_id,
    ip_address, request_id, changes, metadata)
  values (v_now, v_now, 'ROW_UPDATED', v_actor.user_id, v_actor.proof, 'IAM_KEY_ROW', audit_private.entity_key(new."key_id"::text),
    v_actor.ip_address, v_actor.request_id, format('{"old":{%s},"new":{%s}}', substr(v_old, 2), substr(v_new, 2))::jsonb, v_metadata);
  return null;
end $$;


ALTER FUNCTION audit_private.capture_9_update() OWNER TO audit_owner;

--
-- Name: capture_code(audit_private.watches); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.capture_code(watch audit_private.watches) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select string_agg(prosrc, E'\n' order by proname)
  from pg_catalog.pg_proc
  where pronamespace = 'audit_private'::regnamespace and proname like format('capture\_%s\_%%', (watch).watch_id)
$$;


ALTER FUNCTION audit_private.capture_code(watch audit_private.watches) OWNER TO audit_owner;

--
-- Name: capture_places(audit_private.watches); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.capture_places(watch audit_private.watches) RETURNS TABLE(place text, label text, relation regclass, trigger text, right_there boolean, found text)
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET quote_all_identifiers TO 'off'
    AS $$
  select
    concat_ws(' ', wanted.name, nullif(wanted.relation::oid, (watch).target::oid)),
    concat_ws(' on ', wanted.name, nullif(wanted.relation, (watch).target)::regclass),
    wanted.relation,
    wanted.name,
    coalesce(existing.tgfoid = to_regprocedure(wanted.function) and existing.tgenabled::text = wanted.enabled, false),
    case
      when existing.oid is null then 'missing'
      when existing.tgfoid is distinct from to_regprocedure(wanted.function) then 'replaced'
      when existing.tgenabled = 'D' then 'disabled'
      else 'enabled as ' || existing.tgenabled::text
    end
  from (
    select relation, name, enabled, function from audit_private.capture_triggers(watch)
    union all
    select tree.relid, row.name, row.enabled, row.function
    from pg_catalog.pg_partition_tree((watch).target) as tree
    cross join audit_private.capture_triggers(watch) as row
    where tree.level > 0 and row.name <> '!indelible_capture_truncate'
  ) as wanted
  left join pg_catalog.pg_trigger as existing
    on existing.tgrelid = wanted.relation and existing.tgname = wanted.name
$$;


ALTER FUNCTION audit_private.capture_places(watch audit_private.watches) OWNER TO audit_owner;

--
-- Name: capture_shape(audit_private.watches); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.capture_shape(watch audit_private.watches) RETURNS jsonb
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select jsonb_build_object(
    'frame', jsonb_build_object(
      'entity_type', (watch).entity_type,
      'whole', (watch).operations @> '{insert,update,delete,truncate}',
      'key_identifies', audit_private.key_identifies((watch).target),
      'key', audit_private.key_version((watch).target)
    ),
    'columns', audit_private.column_versions(watch),
    'relations', (select jsonb_agg(relation::oid order by relation::oid) from audit.captured_relations((watch).target) as relation)
  )
$$;


ALTER FUNCTION audit_private.capture_shape(watch audit_private.watches) OWNER TO audit_owner;

--
-- Name: capture_source(audit_private.watches); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.capture_source(watch audit_private.watches) RETURNS text[]
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select array[
    audit_private.whole_row_source(watch, 'insert', 'ROW_INSERTED', 'new'),
    audit_private.update_source(watch),
    audit_private.whole_row_source(watch, 'delete', 'ROW_DELETED', 'old')
  ]
$$;


ALTER FUNCTION audit_private.capture_source(watch audit_private.watches) OWNER TO audit_owner;

--
-- Name: capture_triggers(audit_private.watches); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.capture_triggers(watch audit_private.watches) RETURNS TABLE(relation regclass, name text, enabled text, function text, definition text)
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select trigger.relation, trigger.name, trigger.enabled, trigger.function, format(
    'create or replace trigger %I %s on %s %s execute function %s',
    trigger.name, trigger.event, trigger.relation, trigger.scope, trigger.function
  )
  from (
    select
      (watch).target as relation,
      '!indelible_capture_' || operation as name,
      case when by_statement then 'O' else 'A' end as enabled,
      format(
        'audit_private.capture_%s_%s()', (watch).watch_id, operation || case when by_statement then '_statement' else '' end
      ) as function,
      'after ' || operation as event,
      case when by_statement then concat_ws(
        ' ', 'referencing',
        case when operation in ('update', 'delete') then 'old table as indelible_old' end,
        case when operation in ('update', 'insert') then 'new table as indelible_new' end,
        'for each statement'
      ) else 'for each row' end as scope
    from (values ((watch).capture = 'statement')) as chosen (by_statement)
    cross join unnest((watch).operations) as operation
    where operation <> 'truncate'
    union all
    select
      (watch).target, '!indelible_capture_' || operation || '_replica', 'R',
      format('audit_private.capture_%s_%s()', (watch).watch_id, operation), 'after ' || operation, 'for each row'
    from unnest((watch).operations) as operation
    where (watch).capture = 'statement' and operation <> 'truncate'
    union all
    -- Statement triggers do not pass to partitions, which can be emptied one by one.
    select
      relation, '!indelible_capture_truncate', 'A', format('audit_private.capture_%s_truncate()', (watch).watch_id),
      'before truncate', 'for each statement'
    from audit.captured_relations((watch).target) as relation
    where 'truncate' = any ((watch).operations)
  ) as trigger
$$;


ALTER FUNCTION audit_private.capture_triggers(watch audit_private.watches) OWNER TO audit_owner;

--
-- Name: captured_columns(audit_private.watches); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.captured_columns(watch audit_private.watches) RETURNS TABLE(place integer, name text, built_in boolean, type oid, equality_is_identity boolean, nullable boolean, is_masked boolean)
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select
    attribute.attnum::int,
    attribute.attname::text,
    attribute.atttypid < 16384 and kind.typnamespace = 'pg_catalog'::regnamespace
      and kind.typcategory <> 'A' and kind.typtype <> 'c',
    attribute.atttypid,
    -- Elsewhere 1.0 equals 1.00, '1 day' equals '24 hours', and json has no equality at all.
    attribute.atttypid = any (array[
      'bool', 'int2', 'int4', 'int8', 'oid', 'uuid', 'date', 'time', 'timestamp', 'timestamptz', 'bytea', 'macaddr'
    ]::regtype[])
    or attribute.atttypid = 'numeric'::regtype and attribute.atttypmod >= 0
    or attribute.atttypid = any (array['text', 'varchar']::regtype[]) and coll.collisdeterministic,
    not attribute.attnotnull,
    attribute.attname = any ((watch).masked)
  from pg_catalog.pg_attribute as attribute
  join pg_catalog.pg_type as kind on kind.oid = attribute.atttypid
  left join pg_catalog.pg_collation as coll on coll.oid = attribute.attcollation
  where attribute.attrelid = (watch).target
    and attribute.attnum > 0
    and not attribute.attisdropped
    and attribute.attgenerated <> 'v'
    and attribute.attname <> all ((watch).excluded)
  order by attribute.attnum
$$;


ALTER FUNCTION audit_private.captured_columns(watch audit_private.watches) OWNER TO audit_owner;

--
-- Name: FUNCTION captured_columns(watch audit_private.watches); Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON FUNCTION audit_private.captured_columns(watch audit_private.watches) IS 'Columns in table order. Virtual generated columns read as NULL in triggers and are left out.';


--
-- Name: chained_rows(audit_private.watches, timestamp with time zone); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.chained_rows(watch audit_private.watches, back_to timestamp with time zone) RETURNS TABLE(entity_id text, copies bigint, image jsonb, origin text)
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  with recursive record as materialized (
    select * from audit_private.told_records(watch, back_to)
  ), step as (
    select id, entity_id, begins, ends, previous_id, image from record
    union all
    select id, previous_id, false, true, null, null from record where previous_id is not null
  ), numbered as (
    select *, count(*) filter (where begins) over (partition by entity_id order by id, begins) as segment from step
  ), segment as materialized (
    select
      entity_id, segment, min(id) filter (where begins) as begun, max(previous_id) as previous_id,
      (array_agg(ends order by id desc, begins desc))[1] as is_over,
      max(id) filter (where ends) as left_at, audit_private.merged(image order by id) as image
    from numbered
    group by entity_id, segment
  ), latest as (
    select distinct on (entity_id) * from segment order by entity_id, segment desc
  ), chain as (
    select entity_id as row_id, 0 as depth, entity_id, begun, previous_id, image from latest where not is_over
    union all
    select chain.row_id, chain.depth + 1, earlier.entity_id, earlier.begun, earlier.previous_id, earlier.image
    from chain
    join segment as earlier on earlier.entity_id = chain.previous_id and earlier.left_at = chain.begun
  ), state as (
    select
      row_id, audit_private.merged(image order by depth desc) as image, max(entity_id) filter (where begun is null) as origin
    from chain
    group by row_id
  )
  select latest.entity_id, (not latest.is_over)::int::bigint, state.image, state.origin
  from latest
  left join state on state.row_id = latest.entity_id
$$;


ALTER FUNCTION audit_private.chained_rows(watch audit_private.watches, back_to timestamp with time zone) OWNER TO audit_owner;

--
-- Name: change_source(text, boolean, text, text); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.change_source(name text, equality_is_identity boolean, old_name text DEFAULT 'old'::text, new_name text DEFAULT 'new'::text) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select format(
    case when equality_is_identity then '%s is distinct from %s' else 'record_image_ne(row(%s), row(%s))' end,
    audit_private.column_source(old_name, name), audit_private.column_source(new_name, name)
  )
$$;


ALTER FUNCTION audit_private.change_source(name text, equality_is_identity boolean, old_name text, new_name text) OWNER TO audit_owner;

--
-- Name: changed_image_source(audit_private.watches, text, text); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.changed_image_source(watch audit_private.watches, side text, other text) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select format('row(%s)::audit_private.%I', coalesce(string_agg(
    case
      when audit_private.field_type(built_in, type, is_masked) = 'jsonb' then 'null'
      when equality_is_identity and not is_masked then format(
        'nullif(%s, %s)', audit_private.column_source(side, name), audit_private.column_source(other, name)
      )
      else format(
        'case when %s then %s end', audit_private.change_source(name, equality_is_identity, side, other),
        audit_private.value_source(side, name, built_in, type, is_masked)
      )
    end, ', ' order by place
  ), ''), audit_private.image_type(watch))
  from audit_private.captured_columns(watch)
$$;


ALTER FUNCTION audit_private.changed_image_source(watch audit_private.watches, side text, other text) OWNER TO audit_owner;

--
-- Name: changes_source(audit_private.watches, text, text, text); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.changes_source(watch audit_private.watches, side text, old_name text, new_name text) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select format(
    'to_jsonb(row(%s)::audit_private.%I)',
    concat_ws(
      ', ',
      case when side in ('old', 'both') then audit_private.image_source(watch, old_name) end,
      case when side in ('new', 'both') then audit_private.image_source(watch, new_name) end
    ),
    audit_private.image_type(watch) || '_' || side
  )
$$;


ALTER FUNCTION audit_private.changes_source(watch audit_private.watches, side text, old_name text, new_name text) OWNER TO audit_owner;

--
-- Name: FUNCTION changes_source(watch audit_private.watches, side text, old_name text, new_name text); Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON FUNCTION audit_private.changes_source(watch audit_private.watches, side text, old_name text, new_name text) IS 'An expression for changes with whole images: old, new or both.';


--
-- Name: claim_event(text, uuid, bytea); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.claim_event(producer text, event_id uuid, digest bytea, OUT verdict text, OUT log_id bigint) RETURNS record
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
  insert into audit_private.event_ids (producer, event_id, digest)
  values (claim_event.producer, claim_event.event_id, claim_event.digest)
  on conflict (producer, event_id) do nothing;
  if found then
    claim_event.verdict := 'new';
    return;
  end if;
  select case when known.digest = claim_event.digest then 'known' else 'conflict' end, known.log_id
  into strict claim_event.verdict, claim_event.log_id
  from audit_private.event_ids as known
  where known.producer = claim_event.producer and known.event_id = claim_event.event_id;
end $$;


ALTER FUNCTION audit_private.claim_event(producer text, event_id uuid, digest bytea, OUT verdict text, OUT log_id bigint) OWNER TO audit_owner;

--
-- Name: FUNCTION claim_event(producer text, event_id uuid, digest bytea, OUT verdict text, OUT log_id bigint); Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON FUNCTION audit_private.claim_event(producer text, event_id uuid, digest bytea, OUT verdict text, OUT log_id bigint) IS 'Whether an event is new (then it is claimed, and settle_event is due), known (with its row''s id) or in conflict with a known one.';


--
-- Name: claim_incoming(text, jsonb); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.claim_incoming(account text, events jsonb, OUT verdicts text[], OUT log_ids bigint[]) RETURNS record
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
  v_actions constant text := iam.scope_expression(claim_incoming.account, 'action');
  v_entity_types constant text := iam.scope_expression(claim_incoming.account, 'entity_type');
  v_item record;
  v_claim record;
begin
  claim_incoming.verdicts := array_fill(null::text, array[jsonb_array_length(claim_incoming.events)]);
  claim_incoming.log_ids := array_fill(null::bigint, array[jsonb_array_length(claim_incoming.events)]);
  for v_item in
    select given.position, given.item, judged.refusal,
      case when judged.refusal is null then audit_private.event_uuid(given.item ->> 'event_id') end as event_id
    from jsonb_array_elements(claim_incoming.events) with ordinality as given (item, position)
    left join audit.actions as known on known.code = given.item ->> 'action'
    cross join lateral (
      -- Not to be taken apart by the planner, which would judge twice.
      select audit_private.refusal_of(given.item, known.origin, v_actions, v_entity_types) as refusal offset 0
    ) as judged
    -- Two calls with the same ids, in whatever order, wait for each other and never both for the other.
    order by event_id, position
  loop
    if v_item.refusal is not null then
      verdicts[v_item.position] := v_item.refusal;
      continue;
    end if;
    v_claim := audit_private.claim_event(
      'client:' || claim_incoming.account, v_item.event_id, sha256(convert_to((v_item.item - 'event_id')::text, 'UTF8'))
    );
    verdicts[v_item.position] := v_claim.verdict;
    log_ids[v_item.position] := v_claim.log_id;
  end loop;
end $$;


ALTER FUNCTION audit_private.claim_incoming(account text, events jsonb, OUT verdicts text[], OUT log_ids bigint[]) OWNER TO audit_owner;

--
-- Name: FUNCTION claim_incoming(account text, events jsonb, OUT verdicts text[], OUT log_ids bigint[]); Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON FUNCTION audit_private.claim_incoming(account text, events jsonb, OUT verdicts text[], OUT log_ids bigint[]) IS 'For each event: new (claimed, to be stored), known, conflict, or why it is refused; and the row that a known id became.';


--
-- Name: clean(text, integer); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.clean(value text, length integer) RETURNS text
    LANGUAGE sql IMMUTABLE
    RETURN "left"(regexp_replace(value, '[\u0001-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]'::text, chr(65533), 'g'::text), length);


ALTER FUNCTION audit_private.clean(value text, length integer) OWNER TO audit_owner;

--
-- Name: FUNCTION clean(value text, length integer); Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON FUNCTION audit_private.clean(value text, length integer) IS 'Control characters become U+FFFD; cut to so many characters.';


--
-- Name: claimed_actor(text, inet, text); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.claimed_actor(user_id text, ip_address inet, request_id text) RETURNS audit_private.actor
    LANGUAGE sql IMMUTABLE
    RETURN ROW(NULLIF(audit_private.clean(user_id, 200), ''::text), ip_address, NULLIF(audit_private.clean(request_id, 128), ''::text), 'service'::audit.actor_proof, NULL::text)::audit_private.actor;


ALTER FUNCTION audit_private.claimed_actor(user_id text, ip_address inet, request_id text) OWNER TO audit_owner;

--
-- Name: FUNCTION claimed_actor(user_id text, ip_address inet, request_id text); Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON FUNCTION audit_private.claimed_actor(user_id text, ip_address inet, request_id text) IS 'An actor on the word of an application.';


--
-- Name: clamped_time(timestamp with time zone, timestamp with time zone); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.clamped_time(claimed timestamp with time zone, now timestamp with time zone) RETURNS timestamp with time zone
    LANGUAGE sql STABLE
    RETURN LEAST(GREATEST(COALESCE(claimed, now), (now - '30 days'::interval)), now);


ALTER FUNCTION audit_private.clamped_time(claimed timestamp with time zone, now timestamp with time zone) OWNER TO audit_owner;

--
-- Name: FUNCTION clamped_time(claimed timestamp with time zone, now timestamp with time zone); Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON FUNCTION audit_private.clamped_time(claimed timestamp with time zone, now timestamp with time zone) IS 'When it happened: within the last 30 days.';


--
-- Name: close_door(bigint); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.close_door(door bigint) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if close_door.door is not null then
    perform audit_guard.close_door(close_door.door);
  end if;
end $$;


ALTER FUNCTION audit_private.close_door(door bigint) OWNER TO audit_owner;

--
-- Name: close_watch(audit_private.watches, text); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.close_watch(watch audit_private.watches, command text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
  update audit_private.watches set stopped_at = clock_timestamp() where watch_id = (watch).watch_id;
  perform audit_private.note_changes('AUDIT_WATCH_STOPPED', watch, command, '{"reason": "table_dropped"}');
  perform audit_private.drop_code((watch).watch_id);
end $$;


ALTER FUNCTION audit_private.close_watch(watch audit_private.watches, command text) OWNER TO audit_owner;

--
-- Name: FUNCTION close_watch(watch audit_private.watches, command text); Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON FUNCTION audit_private.close_watch(watch audit_private.watches, command text) IS 'Ends the watch of a table that is gone.';


--
-- Name: code_of_others(regclass, oid); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.code_of_others(class regclass, object oid) RETURNS regprocedure
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select function.oid
  from pg_catalog.pg_depend as dependency
  left join pg_catalog.pg_operator as operator
    on dependency.refclassid = 'pg_operator'::regclass and operator.oid = dependency.refobjid
  join pg_catalog.pg_proc as function
    on function.oid = case when dependency.refclassid = 'pg_proc'::regclass then dependency.refobjid else operator.oprcode end
  join pg_catalog.pg_roles as author on author.oid = function.proowner
  where dependency.classid = code_of_others.class and dependency.objid = code_of_others.object
    and not author.rolsuper and function.proowner <> 'audit_owner'::regrole
  limit 1
$$;


ALTER FUNCTION audit_private.code_of_others(class regclass, object oid) OWNER TO audit_owner;

--
-- Name: FUNCTION code_of_others(class regclass, object oid); Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON FUNCTION audit_private.code_of_others(class regclass, object oid) IS 'A function of neither a superuser nor the owner of the log that an object calls.';


--
-- Name: column_differences(jsonb, jsonb); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.column_differences(before jsonb, after jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select jsonb_agg(
    case
      when old.value is null then
        jsonb_build_object('column', new.value -> 'name', 'added', new.value -> 'type')
      when new.value is null then
        jsonb_build_object('column', old.value -> 'name', 'dropped', old.value -> 'type')
      else jsonb_build_object('column', new.value -> 'name') || (
        select jsonb_object_agg(
          case property when 'name' then 'renamed_from' else property end,
          case property
            when 'name' then old.value -> 'name'
            when 'default' then to_jsonb('changed'::text)
            else jsonb_build_array(old.value -> property, new.value -> property)
          end
        )
        from jsonb_object_keys(old.value || new.value) as property
        where old.value -> property is distinct from new.value -> property
      )
    end
    order by key::int
  )
  from jsonb_each(before) as old
  full join jsonb_each(after) as new using (key)
  where old.value is distinct from new.value
$$;


ALTER FUNCTION audit_private.column_differences(before jsonb, after jsonb) OWNER TO audit_owner;

--
-- Name: column_shapes(regclass); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.column_shapes(target regclass) RETURNS jsonb
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select coalesce(jsonb_object_agg(attribute.attnum, jsonb_strip_nulls(jsonb_build_object(
    'name', attribute.attname,
    'type', format_type(attribute.atttypid, attribute.atttypmod),
    'type_parts', case when attribute.atttypid >= 16384 then audit_private.type_parts(attribute.atttypid) end,
    'collation', case when attribute.attcollation <> kind.typcollation then attribute.attcollation::regcollation::text end,
    'not_null', nullif(attribute.attnotnull, false),
    'generated', nullif(attribute.attgenerated, ''),
    'identity', nullif(attribute.attidentity, ''),
    'default', audit_private.expression_digest(value.adbin::text)
  ))), '{}')
  from pg_catalog.pg_attribute as attribute
  join pg_catalog.pg_type as kind on kind.oid = attribute.atttypid
  left join pg_catalog.pg_attrdef as value on value.adrelid = attribute.attrelid and value.adnum = attribute.attnum
  where attribute.attrelid = target and attribute.attnum > 0 and not attribute.attisdropped
$$;


ALTER FUNCTION audit_private.column_shapes(target regclass) OWNER TO audit_owner;

--
-- Name: column_source(text, text); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.column_source(record_name text, name text) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select record_name || '."' || replace(name, '"', '""') || '"'
$$;


ALTER FUNCTION audit_private.column_source(record_name text, name text) OWNER TO audit_owner;

--
-- Name: column_versions(audit_private.watches); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.column_versions(watch audit_private.watches) RETURNS jsonb
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select coalesce(jsonb_object_agg(attribute.attnum, jsonb_build_object(
    'name', attribute.attname, 'type', attribute.atttypid, 'typmod', attribute.atttypmod, 'known', comparable.name is not null
  )), '{}')
  from pg_catalog.pg_attribute as attribute
  left join audit_private.comparable_columns(watch) as comparable on comparable.place = attribute.attnum
  where attribute.attrelid = (watch).target and attribute.attnum > 0 and not attribute.attisdropped
$$;


ALTER FUNCTION audit_private.column_versions(watch audit_private.watches) OWNER TO audit_owner;

--
-- Name: columns_before(regclass, bigint); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.columns_before(target regclass, id bigint) RETURNS jsonb
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select version.shape -> 'columns'
  from audit_private.capture_versions as version
  join audit_private.watches as watch on watch.watch_id = version.watch_id
  where watch.target = columns_before.target and version.since_id < columns_before.id
  order by version.version_id desc
  limit 1
$$;


ALTER FUNCTION audit_private.columns_before(target regclass, id bigint) OWNER TO audit_owner;

--
-- Name: FUNCTION columns_before(target regclass, id bigint); Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON FUNCTION audit_private.columns_before(target regclass, id bigint) IS 'The columns of a table, by number, as they were captured for a record.';


--
-- Name: columns_since(audit_private.watches, timestamp with time zone); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.columns_since(watch audit_private.watches, moment timestamp with time zone) RETURNS TABLE(place integer, name text, type oid, typmod integer, was_there boolean, known boolean, retyped boolean)
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select
    attribute.attnum::int, attribute.attname::text, attribute.atttypid, attribute.atttypmod, past.was_there, past.known, past.retyped
  from pg_catalog.pg_attribute as attribute
  cross join lateral (
    select
      bool_and(version.shape -> 'columns' ? attribute.attnum::text) as was_there,
      bool_and(coalesce((version.shape #>> array['columns', attribute.attnum::text, 'known'])::boolean, false)) as known,
      bool_or(
        (version.shape #>> array['columns', attribute.attnum::text, 'type'])::oid <> attribute.atttypid
        or (version.shape #>> array['columns', attribute.attnum::text, 'typmod'])::int <> attribute.atttypmod
      ) as retyped
    from audit_private.versions_since(watch, moment) as version
  ) as past
  where attribute.attrelid = (watch).target and attribute.attnum > 0 and not attribute.attisdropped
$$;


ALTER FUNCTION audit_private.columns_since(watch audit_private.watches, moment timestamp with time zone) OWNER TO audit_owner;

--
-- Name: columns_to_compare(audit_private.watches); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.columns_to_compare(watch audit_private.watches) RETURNS TABLE(place integer, name text, built_in boolean, type oid, since_id bigint)
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select present.place, present.name, present.built_in, present.type, known.since_id
  from audit_private.comparable_columns(watch) as present
  join audit_private.compared_columns as known
    on (known.watch_id, known.name, known.type, known.typmod) = ((watch).watch_id, present.name, present.type, present.typmod)
  where audit_private.key_columns((watch).target) <> '{}' or known.since_id <= audit_private.comparison_start(watch)
$$;


ALTER FUNCTION audit_private.columns_to_compare(watch audit_private.watches) OWNER TO audit_owner;

--
-- Name: comparable_columns(audit_private.watches); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.comparable_columns(watch audit_private.watches) RETURNS TABLE(place integer, name text, built_in boolean, type oid, typmod integer, is_key boolean)
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select captured.place, captured.name, captured.built_in, captured.type, attribute.atttypmod,
    captured.name = any (audit_private.key_columns((watch).target))
  from audit_private.captured_columns(watch) as captured
  join pg_catalog.pg_attribute as attribute on attribute.attrelid = (watch).target and attribute.attnum = captured.place
  where not captured.is_masked and captured.name <> all ((watch).skipped)
    -- Values of regclass and its kin are written as the names of objects, which change without them.
    and not exists (
      select from audit_private.types_within(captured.type) as part (type)
      join pg_catalog.pg_type as kind on kind.oid = part.type
      where kind.typnamespace = 'pg_catalog'::regnamespace and kind.typname ~ '^_?reg'
    )
    -- What is not recorded cannot be missed.
    and (watch).operations @> '{insert,update,delete,truncate}'
$$;


ALTER FUNCTION audit_private.comparable_columns(watch audit_private.watches) OWNER TO audit_owner;

--
-- Name: FUNCTION comparable_columns(watch audit_private.watches); Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON FUNCTION audit_private.comparable_columns(watch audit_private.watches) IS 'Columns whose every change is recorded with its value, which says the same for ever.';


--
-- Name: comparison_start(audit_private.watches); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.comparison_start(watch audit_private.watches) RETURNS bigint
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select greatest(min(known.since_id), case when audit_private.key_columns((watch).target) = '{}' then max(baseline.first_id) end)
  from audit_private.compared_columns as known
  left join audit_private.baselines as baseline
    on baseline.watch_id = known.watch_id and baseline.finished_at is not null
  where known.watch_id = (watch).watch_id
$$;


ALTER FUNCTION audit_private.comparison_start(watch audit_private.watches) OWNER TO audit_owner;

--
-- Name: complete(jsonb, jsonb, jsonb); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.complete(changes jsonb, old_remainder jsonb, new_remainder jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE
    RETURN CASE WHEN ((old_remainder = '{}'::jsonb) AND (new_remainder = '{}'::jsonb)) THEN changes ELSE jsonb_build_object('old', ((changes -> 'old'::text) || old_remainder), 'new', ((changes -> 'new'::text) || new_remainder)) END;


ALTER FUNCTION audit_private.complete(changes jsonb, old_remainder jsonb, new_remainder jsonb) OWNER TO audit_owner;

--
-- Name: content_v1(audit.audit_logs); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.content_v1(log audit.audit_logs) RETURNS text
    LANGUAGE sql STABLE
    RETURN concat('16:', encode(timestamptz_send((log).recorded_at), 'hex'::text), octet_length((log).action), ':', (log).action, octet_length(((log).outcome)::text), ':', (log).outcome, octet_length((log).user_id), ':', (log).user_id, octet_length((log).db_user), ':', (log).db_user, octet_length(((log).actor_proof)::text), ':', (log).actor_proof, octet_length((log).entity_type), ':', (log).entity_type, octet_length((log).entity_id), ':', (log).entity_id, octet_length((log).description), ':', (log).description, octet_length((log).permission), ':', (log).permission, CASE WHEN ((log).ip_address IS NOT NULL) THEN octet_length(concat((log).ip_address)) ELSE NULL::integer END, ':', (log).ip_address, octet_length((log).request_id), ':', (log).request_id, octet_length(((log).changes)::text), ':', (log).changes, octet_length(((log).metadata)::text), ':', (log).metadata, octet_length(((log).time_source)::text), ':', (log).time_source);


ALTER FUNCTION audit_private.content_v1(log audit.audit_logs) OWNER TO audit_owner;

--
-- Name: FUNCTION content_v1(log audit.audit_logs); Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON FUNCTION audit_private.content_v1(log audit.audit_logs) IS 'The canonical form of a row''s content, version 1.';


--
-- Name: current_actor(); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.current_actor() RETURNS audit_private.actor
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_raw constant text := current_setting('indelible.context', true);
  v_actor audit_private.actor;
begin
  if v_raw is null or v_raw = '' then
    return row(null, null, null, 'direct', null)::audit_private.actor;
  end if;
  if starts_with(v_raw, 'session') then
    begin
      if hashtextextended(v_raw, 0) = currval('audit_private.session_context') then
        v_actor := substr(v_raw, 8)::audit_private.actor;
        -- The number is no signature: an application could make another body that matches it. All of it is its own word.
        v_actor.proof := 'service';
        return v_actor;
      end if;
    exception
      -- No context was set in this session: somebody wrote the setting by hand.
      when object_not_in_prerequisite_state then null;
    end;
  else
    perform from audit_private.proven_context(substr(v_raw, 65)) as context where context = v_raw;
    if found then
      return substr(v_raw, 65)::audit_private.actor;
    end if;
  end if;
  return row(null, null, null, 'direct', audit_private.clean(v_raw, 200))::audit_private.actor;
end $$;


ALTER FUNCTION audit_private.current_actor() OWNER TO audit_owner;

--
-- Name: FUNCTION current_actor(); Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON FUNCTION audit_private.current_actor() IS 'The actor of this transaction, or the claim that failed.';


--
-- Name: described_actions(text); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.described_actions(words text) RETURNS text[]
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select coalesce(array_agg(action.code), '{}')
  from audit.actions as action
  where to_tsvector('simple', action.description) @@ websearch_to_tsquery('simple', words)
$$;


ALTER FUNCTION audit_private.described_actions(words text) OWNER TO audit_owner;

--
-- Name: difference_source(audit_private.watches, boolean); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.difference_source(watch audit_private.watches, skipped boolean) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
  select coalesce(string_agg(
    format(
      E'  if %s then\n    v_old := concat(v_old, %L, %s);\n    v_new := concat(v_new, %2$L, %4$s);\n%s  end if;\n',
      audit_private.change_source(name, equality_is_identity),
      format(',%s:', to_json(name)),
      audit_private.json_source('old', name, built_in, type, is_masked),
      audit_private.json_source('new', name, built_in, type, is_masked),
      case when name = any (audit_private.key_columns((watch).target)) then E'    v_rekeyed := true;\n' else '' end
    ), '' order by place
  ), '')
  from audit_private.captured_columns(watch)
  where (name = any ((watch).skipped)) = skipped
$_$;


ALTER FUNCTION audit_private.difference_source(watch audit_private.watches, skipped boolean) OWNER TO audit_owner;

--
-- Name: FUNCTION difference_source(watch audit_private.watches, skipped boolean); Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON FUNCTION audit_private.difference_source(watch audit_private.watches, skipped boolean) IS 'Collects what changed of the columns that count, or of those whose change alone is skipped.';


--
-- Name: door_is_open(); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.door_is_open() RETURNS boolean
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  return audit_private.guard_is_installed() and audit_guard.door_is_open();
end $$;


ALTER FUNCTION audit_private.door_is_open() OWNER TO audit_owner;

--
-- Name: drain_slot(text, pg_lsn); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.drain_slot(slot text, from_lsn pg_lsn) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_most constant int := 10000;
  v_upto constant pg_lsn := greatest(pg_current_wal_flush_lsn(), from_lsn);
  v_next pg_lsn := from_lsn;
  v_message record;
  v_event jsonb;
  v_seen bigint := 0;
  v_recorded bigint := 0;
  v_forged bigint := 0;
begin
  for v_message in select * from audit_guard.read_slot(slot, from_lsn, v_upto, v_most) order by lsn loop
    v_seen := v_seen + 1;
    -- Where the message ends, which is where the next one may begin.
    v_next := greatest(v_next, v_message.lsn);
    continue when v_message.content is null;
    v_event := audit_guard.open_verdict(v_message.content);
    if v_event is null then
      v_forged := v_forged + 1;
    elsif audit_private.is_news(v_event) then
      perform audit_private.record_verdict(v_event);
      v_recorded := v_recorded + 1;
    end if;
  end loop;
  if v_forged > 0 then
    perform audit_private.note_drain('AUDIT_VERDICTS_FORGED', jsonb_build_object('messages', v_forged));
  end if;
  -- Of a full portion there may be more before v_upto.
  perform audit_private.store_progress(
    slot,
    case when v_seen < v_most then greatest(v_next, v_upto) else v_next end,
    v_seen >= v_most or v_recorded + v_forged > 0
  );
  return v_recorded;
end $$;


ALTER FUNCTION audit_private.drain_slot(slot text, from_lsn pg_lsn) OWNER TO audit_owner;

--
-- Name: drop_code(bigint); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.drop_code(watch_id bigint) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_door constant bigint := audit_private.open_door();
  v_function regprocedure;
  v_type regtype;
begin
  for v_function in
    select function.oid
    from pg_catalog.pg_proc as function
    where function.proname like format('capture\_%s\_%%', drop_code.watch_id)
      and function.pronamespace = 'audit_private'::regnamespace
      and function.prorettype = 'trigger'::regtype
  loop
    -- A partition that was detached has kept its TRUNCATE trigger.
    execute format('drop function %s cascade', v_function);
  end loop;
  for v_type in
    select type.oid
    from pg_catalog.pg_type as type
    where type.typname like format('image\_%s\_%%', drop_code.watch_id)
      and type.typnamespace = 'audit_private'::regnamespace
    -- The types of whole changes hold the image, so they go first.
    order by length(type.typname) desc
  loop
    execute format('drop type %s', v_type);
  end loop;
  perform audit_private.close_door(v_door);
end $$;


ALTER FUNCTION audit_private.drop_code(watch_id bigint) OWNER TO audit_owner;

--
-- Name: FUNCTION drop_code(watch_id bigint); Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON FUNCTION audit_private.drop_code(watch_id bigint) IS 'Removes the functions and types of an ended watch, which no trigger uses any longer.';


--
-- Name: empty_net(date[]); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.empty_net(months date[]) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_month date;
  v_rows bigint;
  v_moved bigint;
begin
  alter table audit.audit_logs detach partition audit_private.audit_logs_default;
  alter table audit_private.audit_logs_default rename to audit_logs_net;
  foreach v_month in array months loop
    perform audit_private.make_partition(v_month);
  end loop;
  create table audit_private.audit_logs_default
    (like audit.audit_logs including defaults including constraints including storage);
  alter table audit.audit_logs attach partition audit_private.audit_logs_default default;
  perform audit_private.guard_partition('audit_private.audit_logs_default');
  insert into audit.audit_logs overriding system value select * from audit_private.audit_logs_net;
  get diagnostics v_moved = row_count;
  select count(*) into strict v_rows from audit_private.audit_logs_net;
  if v_moved <> v_rows then
    raise exception using errcode = 'ID010', message = format('the net held %s rows and %s were moved: nothing was done', v_rows, v_moved);
  end if;
  drop table audit_private.audit_logs_net;
  return v_moved;
end $$;


ALTER FUNCTION audit_private.empty_net(months date[]) OWNER TO audit_owner;

--
-- Name: end_dropped_watch(text); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.end_dropped_watch(entity_type text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  perform audit_private.close_watch(watch, 'audit.watch')
  from audit_private.watches as watch
  where watch.stopped_at is null
    and watch.entity_type = end_dropped_watch.entity_type
    and not exists (select from pg_catalog.pg_class as class where class.oid = watch.target);
end $$;


ALTER FUNCTION audit_private.end_dropped_watch(entity_type text) OWNER TO audit_owner;

--
-- Name: ensure_trigger(regclass, text, text); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.ensure_trigger(target regclass, name text, event text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  -- Attaching locks out writers, and CREATE OR REPLACE silently resets ENABLE ALWAYS: only where needed.
  if exists (
    select from pg_catalog.pg_trigger
    where tgrelid = ensure_trigger.target and tgname = ensure_trigger.name and tgenabled = 'A'
      and tgfoid = 'audit_private.tg__refuse_change()'::regprocedure
  ) then
    return;
  end if;
  execute format(
    'create or replace trigger %I %s execute function audit_private.tg__refuse_change()',
    ensure_trigger.name, format(ensure_trigger.event, ensure_trigger.target)
  );
  execute format('alter table %s enable always trigger %I', ensure_trigger.target, ensure_trigger.name);
end $$;


ALTER FUNCTION audit_private.ensure_trigger(target regclass, name text, event text) OWNER TO audit_owner;

--
-- Name: entity_id_source(audit_private.watches, text); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.entity_id_source(watch audit_private.watches, record_name text) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select format(
    case
      when key = '{}' then 'null'
      when (
        select bool_and((select typlen from pg_catalog.pg_type where oid = type) > 0)
        from audit_private.captured_columns(watch)
        where name = any (key)
      ) then '%s'
      else 'audit_private.entity_key(%s)'
    end,
    audit_private.key_source(watch, record_name)
  )
  from audit_private.key_columns((watch).target) as key
$$;


ALTER FUNCTION audit_private.entity_id_source(watch audit_private.watches, record_name text) OWNER TO audit_owner;

--
-- Name: entity_types_of(regclass); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.entity_types_of(target regclass) RETURNS text[]
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
  v_types constant text[] := array(
    select entity_type from audit_private.watches where target = entity_types_of.target
    union
    select version.shape #>> '{frame,entity_type}'
    from audit_private.capture_versions as version
    join audit_private.watches as watch using (watch_id)
    where watch.target = entity_types_of.target
  );
begin
  if v_types = '{}' then
    raise exception using
      errcode = 'ID012',
      message = format('%s was never watched', entity_types_of.target),
      hint = 'Its changes are on record from audit.watch() on; a partition belongs to its partitioned table.';
  end if;
  return v_types;
end $$;


ALTER FUNCTION audit_private.entity_types_of(target regclass) OWNER TO audit_owner;

--
-- Name: event_actor(text, text, inet, text); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.event_actor(sealed text, user_id text, ip_address inet, request_id text) RETURNS audit_private.actor
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_actor audit_private.actor := audit_private.resolve_actor(
    event_actor.sealed, event_actor.user_id, event_actor.ip_address, event_actor.request_id
  );
  v_claim constant text := v_actor.claim;
begin
  -- An event may wait in a spool for longer than its user is logged in; what remains is the word of the application.
  if starts_with(v_claim, 'sealed context of an ended session') and event_actor.user_id is not null then
    v_actor := audit_private.claimed_actor(event_actor.user_id, event_actor.ip_address, event_actor.request_id);
    v_actor.claim := v_claim;
  end if;
  return v_actor;
end $$;


ALTER FUNCTION audit_private.event_actor(sealed text, user_id text, ip_address inet, request_id text) OWNER TO audit_owner;

--
-- Name: FUNCTION event_actor(sealed text, user_id text, ip_address inet, request_id text); Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON FUNCTION audit_private.event_actor(sealed text, user_id text, ip_address inet, request_id text) IS 'resolve_actor for events that may come late.';


--
-- Name: event_digest(text, text, text, text, text, text, text, text, text, text, timestamp with time zone, text); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.event_digest(action text, entity_type text, entity_id text, description text, outcome text, metadata text, permission text, user_id text, ip_address text, request_id text, created_at timestamp with time zone, sealed text) RETURNS bytea
    LANGUAGE sql STABLE
    RETURN sha256((convert_to(concat(action, '', entity_type, '', entity_id, '', description, '', outcome, '', metadata, '', permission, '', user_id, '', ip_address, '', request_id, '', sealed, ''), 'UTF8'::name) || COALESCE(timestamptz_send(created_at), '\x'::bytea)));


ALTER FUNCTION audit_private.event_digest(action text, entity_type text, entity_id text, description text, outcome text, metadata text, permission text, user_id text, ip_address text, request_id text, created_at timestamp with time zone, sealed text) OWNER TO audit_owner;

--
-- Name: field_changes(jsonb); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.field_changes(changes jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE
    RETURN (SELECT jsonb_object_agg(changed.name, changed.sides) AS jsonb_object_agg FROM (SELECT field.key AS name, jsonb_object_agg(side.key, field.value) AS sides FROM (jsonb_each(field_changes.changes) side(key, value) CROSS JOIN LATERAL jsonb_each(side.value) field(key, value)) WHERE (jsonb_typeof(side.value) = 'object'::text) GROUP BY field.key) changed WHERE ((((changed.sides -> 'old'::text))::text IS DISTINCT FROM ((changed.sides -> 'new'::text))::text) OR ((changed.sides ->> 'new'::text) = '***'::text)));


ALTER FUNCTION audit_private.field_changes(changes jsonb) OWNER TO audit_owner;

--
-- Name: FUNCTION field_changes(changes jsonb); Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON FUNCTION audit_private.field_changes(changes jsonb) IS 'By column: {"old": value, "new": value}, of what changed.';


--
-- Name: event_json(audit.audit_logs, jsonb, boolean); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.event_json(log audit.audit_logs, descriptions jsonb, with_diff boolean DEFAULT false) RETURNS json
    LANGUAGE sql STABLE
    RETURN json_build_object('id', (log).id, 'created_at', (log).created_at, 'recorded_at', (log).recorded_at, 'action', (log).action, 'outcome', (log).outcome, 'user_id', (log).user_id, 'db_user', (log).db_user, 'actor_proof', (log).actor_proof, 'entity_type', (log).entity_type, 'entity_id', (log).entity_id, 'description', COALESCE((log).description, (descriptions ->> (log).action)), 'permission', (log).permission, 'reason', ((log).metadata ->> 'reason'::text), 'ip_address', host((log).ip_address), 'request_id', (log).request_id, 'transaction_id', ((log).xid)::text, CASE WHEN with_diff THEN 'diff'::text ELSE 'changes'::text END, CASE WHEN with_diff THEN audit_private.field_changes((log).changes) ELSE (log).changes END, 'metadata', (log).metadata, 'time_source', (log).time_source);


ALTER FUNCTION audit_private.event_json(log audit.audit_logs, descriptions jsonb, with_diff boolean) OWNER TO audit_owner;

--
-- Name: event_uuid(text); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.event_uuid(event_id text) RETURNS uuid
    LANGUAGE sql IMMUTABLE
    RETURN CASE WHEN (event_id ~ '^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$'::text) THEN (event_id)::uuid ELSE (OVERLAY(OVERLAY(encode(substr(sha256(convert_to(event_id, 'UTF8'::name)), 1, 16), 'hex'::text) PLACING '8'::text FROM 13) PLACING '8'::text FROM 17))::uuid END;


ALTER FUNCTION audit_private.event_uuid(event_id text) OWNER TO audit_owner;

--
-- Name: events_by_id(audit_private.event_filter, bigint, bigint, integer); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.events_by_id(wanted audit_private.event_filter, first_id bigint, last_id bigint, most integer) RETURNS SETOF audit.audit_logs
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_described constant text[] := audit_private.described_actions((wanted).text);
begin
  return query
    select log.*
    from audit.audit_logs as log
    where log.id between first_id and last_id and audit_private.is_wanted(log, wanted, v_described)
    order by log.id desc
    limit events_by_id.most;
end $$;


ALTER FUNCTION audit_private.events_by_id(wanted audit_private.event_filter, first_id bigint, last_id bigint, most integer) OWNER TO audit_owner;

--
-- Name: events_by_index(audit_private.event_filter, bigint, integer); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.events_by_index(wanted audit_private.event_filter, before bigint, most integer) RETURNS SETOF audit.audit_logs
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_described constant text[] := audit_private.described_actions((wanted).text);
begin
  return query
    select log.*
    from audit.audit_logs as log
    where log.id < events_by_index.before and audit_private.is_wanted(log, wanted, v_described)
    order by log.id + 0 desc
    limit events_by_index.most;
end $$;


ALTER FUNCTION audit_private.events_by_index(wanted audit_private.event_filter, before bigint, most integer) OWNER TO audit_owner;

--
-- Name: expression_digest(text); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.expression_digest(expression text) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select left(encode(sha256(convert_to(expression, 'UTF8')), 'hex'), 32)
$$;


ALTER FUNCTION audit_private.expression_digest(expression text) OWNER TO audit_owner;

--
-- Name: family_shapes(regclass); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.family_shapes(target regclass) RETURNS jsonb
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select jsonb_build_object(
    'parents', (
      select jsonb_object_agg(inhparent::oid, inhparent::regclass::text)
      from pg_catalog.pg_inherits
      where inhrelid = target
    ),
    'children', (
      select jsonb_object_agg(inhrelid::oid, inhrelid::regclass::text)
      from pg_catalog.pg_inherits
      join pg_catalog.pg_class as child on child.oid = inhrelid and not child.relispartition
      where inhparent = target
    ),
    'partitions', (
      select jsonb_object_agg(relid::oid, relid::text) from pg_catalog.pg_partition_tree(target) where level > 0
    )
  )
$$;


ALTER FUNCTION audit_private.family_shapes(target regclass) OWNER TO audit_owner;

--
-- Name: field_type(boolean, oid, boolean); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.field_type(built_in boolean, type oid, is_masked boolean) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select case
    when is_masked or not built_in or type = 'json'::regtype then 'text'
    when type in ('float4'::regtype, 'float8'::regtype) then 'jsonb'
    -- Not format_type: it says character of bpchar, which is another type.
    else (select format('pg_catalog.%I', typname) from pg_catalog.pg_type where oid = type)
  end
$$;


ALTER FUNCTION audit_private.field_type(built_in boolean, type oid, is_masked boolean) OWNER TO audit_owner;

--
-- Name: findings_of_capture(); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.findings_of_capture() RETURNS TABLE(finding text, object text, detail text, remedy text)
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
  select 'table not watched', table_name, 'its changes leave no record',
    format('as its owner: select audit.watch(%L); or, with a reason: select audit.allow_unwatched(%1$L, …)', table_name)
  from audit.v_coverage
  -- Sessions and login attempts are events of their own.
  where coverage = 'unwatched' and table_name not in ('iam.sessions', 'iam.login_attempts')
  union all
  select 'capture disabled', watch.target::text, format('trigger %s is missing, disabled or another', pending.name),
    format('as its owner: select audit.watch(%L)', watch.target::text)
  from audit_private.watches as watch
  join pg_catalog.pg_class as class on class.oid = watch.target
  cross join audit.pending_capture(watch.target) as pending
  where watch.stopped_at is null
  union all
  select 'capture drifted', watch.target::text, 'the table has changed since its capture was written',
    format('indelible migrate, or as its owner: select audit.watch(%L)', watch.target::text)
  from audit_private.watches as watch
  join pg_catalog.pg_class as class on class.oid = watch.target
  where watch.stopped_at is null and audit_private.has_drifted(watch)
  union all
  select 'table without key', watch.target::text, 'its records do not say which row they are about', 'add a primary key'
  from audit_private.watches as watch
  join pg_catalog.pg_class as class on class.oid = watch.target
  where watch.stopped_at is null and audit_private.key_columns(watch.target) = '{}'
  union all
  select 'columns not captured', table_name, format('virtual generated columns: %s', virtual_columns),
    'they follow from other columns; make them stored if their values must be on record'
  from audit.v_coverage
  where virtual_columns is not null
$_$;


ALTER FUNCTION audit_private.findings_of_capture() OWNER TO audit_owner;

--
-- Name: findings_of_drift(); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.findings_of_drift() RETURNS TABLE(finding text, object text, detail text, remedy text)
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select 'capture disabled', place.relation::text, format('trigger %s is %s', place.trigger, place.found),
    'as its owner: ' || case
      -- Of a partition's there is only what its table has.
      when place.found in ('missing', 'replaced') then format('select audit.watch(%L)', watch.target::text)
      else format('alter table %s enable always trigger %I', place.relation, place.trigger)
    end
  from audit_private.watches as watch
  cross join audit_private.capture_places(watch) as place
  where watch.stopped_at is null and not place.right_there
    and place.relation <> watch.target and place.trigger <> '!indelible_capture_truncate'
  union all
  select 'capture drifted', watch.target::text, 'it is captured by statement, and what is written through its parent is not',
    format('as its owner: select audit.watch(%L, capture => ''row'')', watch.target::text)
  from audit_private.watches as watch
  where watch.stopped_at is null and watch.capture = 'statement'
    and exists (select from pg_catalog.pg_inherits where inhrelid = watch.target)
  union all
  select 'capture drifted', watch.target::text, 'its new owner could not make a partition',
    format('indelible migrate, or as its owner: select audit.watch(%L)', watch.target::text)
  from audit_private.watches as watch
  join pg_catalog.pg_class as class on class.oid = watch.target and class.relkind = 'p'
  where watch.stopped_at is null
    -- Of a function that is gone this is null: has_drifted tells of it.
    and not has_function_privilege(
      class.relowner, to_regprocedure(format('audit_private.capture_%s_insert()', watch.watch_id))::oid, 'execute'
    )
  union all
  select 'capture drifted', relation::text, 'audit_owner may not read it, and TRUNCATE would fail', case
    when not has_schema_privilege('audit_owner', class.relnamespace, 'usage')
      and not has_schema_privilege(class.relowner, class.relnamespace, 'usage with grant option')
    then format('as the owner of the schema: grant usage on schema %s to audit_owner', class.relnamespace::regnamespace)
    else format('as its owner: select audit.watch(%L)', watch.target::text)
  end
  from audit_private.watches as watch
  cross join audit.captured_relations(watch.target) as relation
  join pg_catalog.pg_class as class on class.oid = relation
  where watch.stopped_at is null
    and not (has_table_privilege('audit_owner', class.oid, 'select') and has_schema_privilege('audit_owner', class.relnamespace, 'usage'))
  union all
  select 'capture drifted', watch.target_name, 'the table is gone, and its watch is not', 'indelible migrate'
  from audit_private.watches as watch
  where watch.stopped_at is null and not exists (select from pg_catalog.pg_class where oid = watch.target)
$$;


ALTER FUNCTION audit_private.findings_of_drift() OWNER TO audit_owner;

--
-- Name: findings_of_guard(); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.findings_of_guard() RETURNS TABLE(finding text, object text, detail text, remedy text)
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select 'guard missing', wanted.name, 'the event trigger is not there, not ALWAYS, or another', 'as a superuser: indelible migrate'
  from audit_private.guard_triggers() as wanted
  where exists (select from audit_private.guards)
    and not exists (
      select from pg_catalog.pg_event_trigger
      where evtname = wanted.name and evtenabled = 'A' and evtfoid = to_regprocedure(wanted.function) and evttags is null
    )
  union all
  select 'guard open', 'audit_guard', format('%s may change the guard', coalesce(nullif(acl.grantee, 0)::regrole::text, 'public')),
    'as a superuser: take it back; is audit_guard a superuser''s?'
  from pg_catalog.pg_namespace as namespace
  join pg_catalog.pg_roles as keeper on keeper.oid = namespace.nspowner
  cross join lateral (
    select grantee from aclexplode(namespace.nspacl) where privilege_type = 'CREATE'
    union
    select keeper.oid
  ) as acl
  where namespace.nspname = 'audit_guard'
    and not exists (select from pg_catalog.pg_roles where oid = acl.grantee and rolsuper)
  union all
  select 'guard open', parameter.parname, format('%s may set it', coalesce(nullif(acl.grantee, 0)::regrole::text, 'public')),
    format('as a superuser: revoke set on parameter %s', parameter.parname)
  from pg_catalog.pg_parameter_acl as parameter
  cross join aclexplode(parameter.paracl) as acl
  where parameter.parname in ('event_triggers', 'session_replication_role')
    and not exists (select from pg_catalog.pg_roles where oid = acl.grantee and rolsuper)
  union all
  select 'guard open', function.oid::regprocedure::text, 'anybody may send messages that delay verdicts', 'as a superuser: indelible migrate'
  from pg_catalog.pg_proc as function
  where audit_private.guard_is_installed()
    and current_setting('server_version_num')::int >= 170000
    and function.proname = 'pg_logical_emit_message' and function.pronamespace = 'pg_catalog'::regnamespace
    and has_function_privilege('public', function.oid, 'execute')
$$;


ALTER FUNCTION audit_private.findings_of_guard() OWNER TO audit_owner;

--
-- Name: findings_of_log(); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.findings_of_log() RETURNS TABLE(finding text, object text, detail text, remedy text)
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select 'log open', tree.relid::text, format('%s may %s', acl.grantee::regrole, acl.privilege_type), 'indelible migrate'
  from pg_catalog.pg_partition_tree('audit.audit_logs') as tree
  join pg_catalog.pg_class as class on class.oid = tree.relid
  cross join aclexplode(class.relacl) as acl
  where acl.grantee <> class.relowner
    and not (tree.level = 0 and acl.privilege_type = 'SELECT' and acl.grantee in ('audit_investigator'::regrole, 'audit_sealer'::regrole))
  union all
  select 'guard missing', tree.relid::text, format('%s is not there or not ALWAYS', guard), 'indelible migrate'
  from pg_catalog.pg_partition_tree('audit.audit_logs') as tree
  cross join unnest(array['log_refuse_change', 'log_refuse_statement']) as guard
  where not exists (
    select from pg_catalog.pg_trigger
    where tgrelid = tree.relid and tgname = guard and tgenabled = 'A'
  )
  union all
  select 'row security off', tree.relid::text, 'members of pg_write_all_data could insert', 'indelible migrate'
  from pg_catalog.pg_partition_tree('audit.audit_logs') as tree
  join pg_catalog.pg_class as class on class.oid = tree.relid
  where not class.relrowsecurity
  union all
  select 'rows in the net', 'audit_private.audit_logs_default', 'events of months without a partition', 'indelible maintain'
  where exists (select from audit_private.audit_logs_default)
$$;


ALTER FUNCTION audit_private.findings_of_log() OWNER TO audit_owner;

--
-- Name: findings_of_owner(); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.findings_of_owner() RETURNS TABLE(finding text, object text, detail text, remedy text)
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select 'owner open', membership.member::regrole::text, 'may act as audit_owner: read its keys, and write into the log',
    format('as a superuser: revoke audit_owner from %s', membership.member::regrole)
  from pg_catalog.pg_auth_members as membership
  join pg_catalog.pg_roles as role on role.oid = membership.member and not role.rolsuper
  where membership.roleid = 'audit_owner'::regrole and audit_private.guard_is_installed()
  union
  select 'owner open', membership.roleid::regrole::text, 'audit_owner is a member of it: objects can be passed between them',
    format('revoke %s from audit_owner', membership.roleid::regrole)
  from pg_catalog.pg_auth_members as membership
  where membership.member = 'audit_owner'::regrole
  union all
  select 'ownership changed', thing.identity, format('belongs to %s', thing.owner::regrole), 'as a superuser: give it back to audit_owner'
  from (
    select nspname as schema, nspname::text as identity, nspowner as owner from pg_catalog.pg_namespace
    union all
    select nspname, class.oid::regclass::text, class.relowner
    from pg_catalog.pg_class as class join pg_catalog.pg_namespace as namespace on namespace.oid = class.relnamespace
    union all
    select nspname, function.oid::regprocedure::text, function.proowner
    from pg_catalog.pg_proc as function join pg_catalog.pg_namespace as namespace on namespace.oid = function.pronamespace
    union all
    select nspname, kind.oid::regtype::text, kind.typowner
    from pg_catalog.pg_type as kind join pg_catalog.pg_namespace as namespace on namespace.oid = kind.typnamespace
    where kind.typrelid = 0 and kind.typelem = 0
  ) as thing
  where thing.schema in ('audit', 'audit_private', 'iam') and thing.owner <> 'audit_owner'::regrole
  union all
  select 'ownership changed', thing.identity, 'belongs to audit_owner, and is none of its', 'as a superuser: drop it, after a look at it'
  from pg_catalog.pg_shdepend as owner
  cross join lateral pg_identify_object(owner.classid, owner.objid, owner.objsubid) as thing
  where owner.deptype = 'o' and owner.refclassid = 'pg_authid'::regclass and owner.refobjid = 'audit_owner'::regrole
    and owner.classid <> 'pg_default_acl'::regclass
    and owner.dbid = (select oid from pg_catalog.pg_database where datname = current_database())
    and coalesce(case thing.type when 'schema' then thing.name else thing.schema end, '')
      not in ('audit', 'audit_private', 'iam', 'pg_temp')
  union all
  select 'log altered', tree.relid::text, format('trigger %s is none of the log''s', trigger.tgname),
    format('drop trigger %I on %s', trigger.tgname, tree.relid)
  from pg_catalog.pg_partition_tree('audit.audit_logs') as tree
  join pg_catalog.pg_trigger as trigger on trigger.tgrelid = tree.relid
  where trigger.tgname not in ('log_refuse_change', 'log_refuse_statement') and trigger.tgparentid = 0
  union all
  select 'log altered', tree.relid::text, format('rule %s is none of the log''s', rule.rulename),
    format('drop rule %I on %s', rule.rulename, tree.relid)
  from pg_catalog.pg_partition_tree('audit.audit_logs') as tree
  join pg_catalog.pg_rewrite as rule on rule.ev_class = tree.relid
  union all
  select 'log altered', tree.relid::text, format('policy %s is none of the log''s', policy.polname),
    format('drop policy %I on %s', policy.polname, tree.relid)
  from pg_catalog.pg_partition_tree('audit.audit_logs') as tree
  join pg_catalog.pg_policy as policy on policy.polrelid = tree.relid
  where policy.polname <> 'audit_logs_read'
$$;


ALTER FUNCTION audit_private.findings_of_owner() OWNER TO audit_owner;

--
-- Name: findings_of_roles(); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.findings_of_roles() RETURNS TABLE(finding text, object text, detail text, remedy text)
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
  select 'application can bypass', login.rolname::text, powers.held, 'give the application a login of its own without these'
  from pg_catalog.pg_roles as login
  cross join lateral (
    select nullif(concat_ws(
      ', ',
      case when login.rolsuper then 'is superuser' end,
      case when login.rolbypassrls then 'has BYPASSRLS' end,
      case when login.rolreplication then 'has REPLICATION' end,
      case when pg_has_role(login.oid, 'audit_owner', 'member') then 'is a member of audit_owner' end,
      case when pg_has_role(login.oid, 'pg_write_all_data', 'member') then 'is a member of pg_write_all_data' end,
      case when exists (
        select from audit_private.watches as watch
        join pg_catalog.pg_class as class on class.oid = watch.target
        where watch.stopped_at is null and pg_has_role(login.oid, class.relowner, 'member')
      ) then 'owns a watched table' end
    ), '') as held
  ) as powers
  where login.rolcanlogin
    and powers.held is not null
    and exists (
      -- Not by pg_has_role: superusers are members of everything. Through groups of the application's own, too.
      with recursive held (role) as (
        select login.oid
        union
        select membership.roleid
        from held
        join pg_catalog.pg_auth_members as membership on membership.member = held.role
        -- Whoever made the roles administers them, and is no application for that.
        where membership.inherit_option or membership.set_option
      )
      select from held where held.role in ('audit_app'::regrole, 'audit_writer'::regrole)
    )
  union all
  select 'unsafe definer function', function.oid::regprocedure::text,
    case
      when path.names is null then 'SECURITY DEFINER without a fixed search_path'
      else 'SECURITY DEFINER with a search_path in which others may create what it calls'
    end,
    format('alter function %s set search_path = pg_catalog, pg_temp', function.oid::regprocedure)
  from pg_catalog.pg_proc as function
  left join lateral (
    select regexp_split_to_array(replace(substr(setting, length('search_path=') + 1), '"', ''), ', *') as names
    from unnest(function.proconfig) as setting
    where setting like 'search\_path=%'
  ) as path on true
  where function.prosecdef
    and function.prosqlbody is null
    and function.pronamespace::regnamespace::text not in ('pg_catalog', 'information_schema')
    and (
      path.names is null
      or '$user' = any (path.names)
      or exists (
        select from pg_catalog.pg_namespace as namespace
        where namespace.nspname = any (path.names) and has_schema_privilege('public', namespace.oid, 'create')
      )
    )
$_$;


ALTER FUNCTION audit_private.findings_of_roles() OWNER TO audit_owner;

--
-- Name: findings_of_verdicts(); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.findings_of_verdicts() RETURNS TABLE(finding text, object text, detail text, remedy text)
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  -- A quarter of what may be kept is well before the slot, and verdicts with it, would be thrown away.
  select 'verdicts wait', lag.slot,
    case
      when lag.status = 'lost' then 'too much was written since anybody drained: refusals were lost'
      else concat_ws(
        ', ', format('%s behind', pg_size_pretty(lag.waiting_bytes)),
        format('drained %s ago', justify_hours(date_trunc('minute', make_interval(secs => lag.waiting_seconds)))),
        format('lost in %s', pg_size_pretty(lag.safe_bytes))
      )
    end,
    case
      when lag.status <> 'lost' and lag.waiting_bytes < lag.kept_bytes / 4
        and lag.waiting_seconds < 90000
      then 'if it stays so: end the transaction that has been open for longest, or raise max_slot_wal_keep_size'
      else 'indelible maintain, at least every night; indelible up drains all the time'
    end
  from audit.verdict_lag() as lag
  where lag.status in ('unreserved', 'lost')
    or lag.waiting_bytes > coalesce(lag.kept_bytes / 4, 1073741824)
    or lag.safe_bytes < lag.kept_bytes / 2
    -- A night was left out.
    or lag.waiting_seconds >= 90000
  union all
  select 'verdicts not kept', 'iam.require_permission',
    'its denials, refused changes of the audit, and reads of the log leave no record: ' || missing.what, missing.remedy
  from (
    select
      case
        when current_setting('wal_level') <> 'logical' then 'wal_level is not logical'
        when current_setting('max_slot_wal_keep_size') = '-1' then 'nothing bounds what a replication slot keeps'
        else 'nobody has drained yet'
      end,
      case
        when current_setting('wal_level') <> 'logical' then 'wal_level = logical, max_slot_wal_keep_size = 4GB, and a restart'
        when current_setting('max_slot_wal_keep_size') = '-1' then 'max_slot_wal_keep_size = 4GB'
        else 'indelible maintain, at least every night; indelible up drains all the time'
      end
    where audit_private.guard_is_installed() and not pg_is_in_recovery() and not exists (select from audit.verdict_lag())
  ) as missing (what, remedy)
  union all
  select 'verdicts wait', 'indelible_verdicts', 'the publication is missing, or has tables', 'as a superuser: drop it, and indelible migrate'
  where audit_private.guard_is_installed()
    and (
      not exists (select from pg_catalog.pg_publication where pubname = 'indelible_verdicts' and not puballtables)
      or exists (select from pg_catalog.pg_publication_tables where pubname = 'indelible_verdicts')
    )
$$;


ALTER FUNCTION audit_private.findings_of_verdicts() OWNER TO audit_owner;

--
-- Name: finish_baseline(audit_private.watches, audit_private.baselines); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.finish_baseline(watch audit_private.watches, baseline audit_private.baselines) RETURNS audit_private.baselines
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
declare
  v_relation oid;
begin
  foreach v_relation in array baseline.visited loop
    if audit_private.key_columns(watch.target) <> '{}'
      and v_relation in (select audit.captured_relations(watch.target))
    then
      baseline.rows := baseline.rows + audit_private.record_baseline(
        watch, v_relation, 'not pg_visible_in_snapshot(audit_private.full_xid(present.xmin), $6)',
        start_snapshot => baseline.start_snapshot
      );
    end if;
  end loop;
  baseline.finished_at := clock_timestamp();
  perform audit_private.append(
    actor => audit_private.current_actor(),
    action => 'AUDIT_BASELINE_FINISHED',
    entity_type => 'AUDIT_WATCH',
    entity_id => watch.target_name,
    metadata => jsonb_build_object('entity_type', watch.entity_type, 'rows', baseline.rows)
  );
  return baseline;
end $_$;


ALTER FUNCTION audit_private.finish_baseline(watch audit_private.watches, baseline audit_private.baselines) OWNER TO audit_owner;

--
-- Name: finished_rows(pg_snapshot, pg_snapshot, xid8, bigint, bigint, integer); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.finished_rows(snapshot pg_snapshot, target pg_snapshot, after_xid xid8, after_id bigint, last_id bigint, most integer) RETURNS TABLE(id bigint, xid xid8, created_at timestamp with time zone, content text)
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
  v_ended constant xid8[] := array(
    select ended from pg_snapshot_xip(finished_rows.snapshot) as ended
    where pg_visible_in_snapshot(ended, finished_rows.target) and ended >= finished_rows.after_xid
  );
  v_first constant xid8 := case
    when pg_snapshot_xmax(finished_rows.snapshot) > finished_rows.after_xid then pg_snapshot_xmax(finished_rows.snapshot)
    else finished_rows.after_xid
  end;
begin
  return query
    with candidates as (
      (
        select log.id, log.xid, log.created_at, audit_private.content_v1(log) as content
        from audit.audit_logs as log
        where log.xid = any (v_ended)
          and (log.xid > finished_rows.after_xid or log.id > finished_rows.after_id)
          and (log.id > finished_rows.last_id or not exists (select from audit_private.leaves as leaf where leaf.id = log.id))
        order by log.xid, log.id, log.created_at
        limit finished_rows.most
      )
      union all
      (
        select log.id, log.xid, log.created_at, audit_private.content_v1(log)
        from audit.audit_logs as log
        where log.xid >= v_first
          and pg_visible_in_snapshot(log.xid, finished_rows.target)
          and (log.xid > finished_rows.after_xid or log.id > finished_rows.after_id)
          and (log.id > finished_rows.last_id or not exists (select from audit_private.leaves as leaf where leaf.id = log.id))
        order by log.xid, log.id, log.created_at
        limit finished_rows.most
      )
    )
    select id, xid, created_at, content from candidates
    order by xid, id, created_at
    limit finished_rows.most;
end $$;


ALTER FUNCTION audit_private.finished_rows(snapshot pg_snapshot, target pg_snapshot, after_xid xid8, after_id bigint, last_id bigint, most integer) OWNER TO audit_owner;

--
-- Name: fitting_image_source(audit_private.watches, timestamp with time zone); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.fitting_image_source(watch audit_private.watches, moment timestamp with time zone) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET quote_all_identifiers TO 'off'
    AS $_$
  select 'past.image' || coalesce(string_agg(format(
    E'\n      || case when pg_input_is_valid(past.image ->> %1$L, %2$L) is false then jsonb_build_object(%1$L, null) else ''{}'' end',
    name, format_type(type, typmod)
  ), '' order by place), '')
  from audit_private.columns_since(watch, moment)
  where known and (retyped or type >= 16384)
$_$;


ALTER FUNCTION audit_private.fitting_image_source(watch audit_private.watches, moment timestamp with time zone) OWNER TO audit_owner;

--
-- Name: follow_capture(audit_private.watches, text); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.follow_capture(watch audit_private.watches, command text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
  v_known audit_private.shapes;
  v_wanted text[];
  v_attached text[];
  v_lost text[];
  v_restored text[];
begin
  select * into strict v_known from audit_private.shapes where watch_id = (watch).watch_id for update;
  -- Of another kind of capture the triggers are others, which nobody has attached yet.
  if v_known.capture <> (watch).capture then
    v_known.attached := '{}';
  end if;
  select coalesce(array_agg(place), '{}'), coalesce(array_agg(place) filter (where right_there), '{}')
  into v_wanted, v_attached
  from audit_private.capture_places(watch);
  v_lost := array(select unnest(v_known.attached) intersect select unnest(v_wanted) except select unnest(v_attached) order by 1);
  v_restored := array(select unnest(v_known.disabled) intersect select unnest(v_attached) order by 1);
  if v_lost <> '{}' then
    perform audit_private.note_changes('AUDIT_CAPTURE_DISABLED', watch, command, jsonb_build_object('triggers', (
      select jsonb_object_agg(label, found) from audit_private.capture_places(watch) where place = any (v_lost)
    )));
  end if;
  if v_restored <> '{}' then
    perform audit_private.note_changes('AUDIT_CAPTURE_ENABLED', watch, command, jsonb_build_object('triggers', (
      select jsonb_agg(label order by label) from audit_private.capture_places(watch) where place = any (v_restored)
    )));
  end if;
  if v_lost <> '{}' or v_restored <> '{}' then
    perform audit_private.remember_version(watch, starts => true);
  end if;
  update audit_private.shapes set
    capture = (watch).capture,
    attached = v_attached,
    disabled = array(
      select unnest(v_known.disabled || v_lost) intersect select unnest(v_wanted) except select unnest(v_attached)
    )
  where watch_id = (watch).watch_id
    and (capture, attached, disabled) is distinct from ((watch).capture, v_attached, v_known.disabled);
end $$;


ALTER FUNCTION audit_private.follow_capture(watch audit_private.watches, command text) OWNER TO audit_owner;

--
-- Name: shapes; Type: TABLE; Schema: audit_private; Owner: audit_owner
--

CREATE TABLE audit_private.shapes (
    watch_id bigint NOT NULL,
    shape jsonb NOT NULL,
    capture text NOT NULL,
    attached text[] DEFAULT '{}'::text[] NOT NULL,
    disabled text[] DEFAULT '{}'::text[] NOT NULL,
    once_excluded text[] DEFAULT '{}'::text[] NOT NULL,
    once_masked text[] DEFAULT '{}'::text[] NOT NULL,
    overdue oid[] DEFAULT '{}'::oid[] NOT NULL,
    noted_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);


ALTER TABLE audit_private.shapes OWNER TO audit_owner;

--
-- Name: TABLE shapes; Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON TABLE audit_private.shapes IS 'How each watched table looked when it was last looked at; without expressions.';


--
-- Name: COLUMN shapes.attached; Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON COLUMN audit_private.shapes.attached IS 'Its capture triggers that were as they must be.';


--
-- Name: COLUMN shapes.disabled; Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON COLUMN audit_private.shapes.disabled IS 'Those of which it is on record that they no longer were.';


--
-- Name: COLUMN shapes.once_masked; Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON COLUMN audit_private.shapes.once_masked IS 'Columns that were masked when they were dropped: one of the same name is masked again.';


--
-- Name: COLUMN shapes.overdue; Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON COLUMN audit_private.shapes.overdue IS 'Partitions that came, or tables that moved, until they are given what their capture needs of their owner.';


--
-- Name: follow_columns(audit_private.watches, audit_private.shapes, jsonb); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.follow_columns(watch audit_private.watches, known audit_private.shapes, shape jsonb) RETURNS audit_private.watches
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
  v_excluded record := audit_private.follow_names((watch).excluded, (known).once_excluded, (known).shape, shape);
  v_masked record := audit_private.follow_names((watch).masked, (known).once_masked, (known).shape, shape);
  v_skipped record := audit_private.follow_names((watch).skipped, '{}', (known).shape, shape);
  v_watch audit_private.watches := watch;
begin
  v_watch.excluded := v_excluded.names_now;
  v_watch.masked := v_masked.names_now;
  v_watch.skipped := v_skipped.names_now;
  update audit_private.watches set
    excluded = v_watch.excluded, masked = v_watch.masked, skipped = v_watch.skipped
  where watch_id = v_watch.watch_id;
  update audit_private.shapes set once_excluded = v_excluded.once_now, once_masked = v_masked.once_now
  where watch_id = v_watch.watch_id;
  return v_watch;
end $$;


ALTER FUNCTION audit_private.follow_columns(watch audit_private.watches, known audit_private.shapes, shape jsonb) OWNER TO audit_owner;

--
-- Name: follow_declaration(audit_private.watches, audit_private.shapes, jsonb); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.follow_declaration(watch audit_private.watches, known audit_private.shapes, shape jsonb) RETURNS audit_private.watches
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
  v_watch audit_private.watches := audit_private.follow_columns(watch, known, shape);
begin
  v_watch.target_name := shape ->> 'name';
  if v_watch.capture = 'statement' and shape ? 'parents' then
    raise exception using
      errcode = 'ID006',
      message = format('%s is captured by statement and cannot get a parent', v_watch.target_name),
      hint = 'Its statement triggers would not see what is written through the parent; audit.watch(…, capture => ''row'') first.';
  end if;
  perform audit_private.require_columns(v_watch);
  update audit_private.watches set target_name = v_watch.target_name where watch_id = v_watch.watch_id;
  update audit_private.shapes set
    shape = follow_declaration.shape,
    overdue = audit_private.overdue_relations(v_watch.target, known), noted_at = clock_timestamp()
  where watch_id = v_watch.watch_id;
  return v_watch;
end $$;


ALTER FUNCTION audit_private.follow_declaration(watch audit_private.watches, known audit_private.shapes, shape jsonb) OWNER TO audit_owner;

--
-- Name: follow_names(text[], text[], jsonb, jsonb); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.follow_names(names text[], once text[], before jsonb, after jsonb, OUT names_now text[], OUT once_now text[]) RETURNS record
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  with moved as materialized (
    select old.value ->> 'name' as old_name, new.value ->> 'name' as new_name
    from jsonb_each(before -> 'columns') as old
    full join jsonb_each(after -> 'columns') as new using (key)
  )
  select
    array(
      select new_name from moved
      where new_name is not null
        and (old_name = any (names) or new_name = any (names) or old_name is null and new_name = any (once))
      order by new_name
    ),
    array(
      select old_name from moved where new_name is null and old_name = any (names)
      union
      select name from unnest(once) as name where name not in (select new_name from moved where new_name is not null)
    )
$$;


ALTER FUNCTION audit_private.follow_names(names text[], once text[], before jsonb, after jsonb, OUT names_now text[], OUT once_now text[]) OWNER TO audit_owner;

--
-- Name: follow_partitions(audit_private.watches); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.follow_partitions(watch audit_private.watches) RETURNS void
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  update audit_private.baselines as baseline set visited = array(
    select class.oid
    from audit.captured_relations(watch.target) as captured
    join pg_catalog.pg_class as class on class.oid = captured
    where class.oid = any (baseline.visited) or class.relkind = 'r' and pg_relation_size(class.oid) = 0
  )
  where baseline.watch_id = watch.watch_id and baseline.finished_at is not null
$$;


ALTER FUNCTION audit_private.follow_partitions(watch audit_private.watches) OWNER TO audit_owner;

--
-- Name: follow_relations(oid[], text); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.follow_relations(relations oid[], command text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_watch audit_private.watches;
  v_table regclass;
begin
  if exists (select from audit_private.watches where stopped_at is null and target = any (relations))
    or exists (select from pg_catalog.pg_inherits where inhparent = any (relations) or inhrelid = any (relations))
  then
    for v_watch in select * from audit_private.watches_of(relations) loop
      perform audit_private.follow_watch(v_watch, command);
    end loop;
  end if;
  for v_table in
    select class.oid
    from pg_catalog.pg_class as class
    join pg_catalog.pg_namespace as namespace on namespace.oid = class.relnamespace
    where class.oid = any (relations)
      and namespace.nspname in ('audit', 'audit_private', 'iam')
      and class.relkind in ('r', 'p')
      and not exists (select from audit_private.watches where target = class.oid and stopped_at is null)
  loop
    perform audit_private.note_own_table(v_table, command);
  end loop;
end $$;


ALTER FUNCTION audit_private.follow_relations(relations oid[], command text) OWNER TO audit_owner;

--
-- Name: follow_watch(audit_private.watches, text); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.follow_watch(watch audit_private.watches, command text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
  v_shape jsonb;
  v_known audit_private.shapes;
  v_watch audit_private.watches := watch;
begin
  -- First the lock: what was read before would undo what another session, which held it, has declared or followed.
  select * into v_known from audit_private.shapes where watch_id = (watch).watch_id for update;
  select * into strict v_watch from audit_private.watches where watch_id = (watch).watch_id;
  if v_watch.stopped_at is not null then
    return;
  end if;
  v_shape := audit_private.table_shape(v_watch.target);
  if v_known.watch_id is null then
    insert into audit_private.shapes (watch_id, shape, capture) values (v_watch.watch_id, v_shape, v_watch.capture);
  elsif v_known.shape <> v_shape then
    v_watch := audit_private.follow_declaration(v_watch, v_known, v_shape);
    perform audit_private.forget_rewritten(v_watch.watch_id, v_known.shape, v_shape);
    perform audit_private.follow_partitions(v_watch);
    perform audit_private.write_capture(v_watch);
    perform audit_private.note_changes(
      'AUDIT_SCHEMA_CHANGED', v_watch, command,
      jsonb_build_object('changes', audit_private.shape_difference(v_known.shape, v_shape))
    );
  end if;
  perform audit_private.follow_capture(v_watch, command);
end $$;


ALTER FUNCTION audit_private.follow_watch(watch audit_private.watches, command text) OWNER TO audit_owner;

--
-- Name: FUNCTION follow_watch(watch audit_private.watches, command text); Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON FUNCTION audit_private.follow_watch(watch audit_private.watches, command text) IS 'Brings the capture of a table up to what the table is now, and records what changed; nothing if nothing did.';


--
-- Name: forget_reads(); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.forget_reads() RETURNS void
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  delete from audit_private.noted_reads where minute < clock_timestamp() - interval '1 day'
$$;


ALTER FUNCTION audit_private.forget_reads() OWNER TO audit_owner;

--
-- Name: forget_rewritten(bigint, jsonb, jsonb); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.forget_rewritten(watch_id bigint, before jsonb, after jsonb) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
  v_names constant text[] := array(
    select old.value ->> 'name'
    from jsonb_each(before -> 'columns') as old
    join jsonb_each(after -> 'columns') as new using (key)
    where not (new.value -> 'type_parts' @> (old.value -> 'type_parts'))
  );
begin
  -- A key that is written differently names other rows.
  if exists (
    select from audit_private.compared_columns as known
    where known.watch_id = forget_rewritten.watch_id and known.name = any (v_names) and known.is_key
  ) then
    delete from audit_private.compared_columns as known where known.watch_id = forget_rewritten.watch_id;
    delete from audit_private.baselines as baseline where baseline.watch_id = forget_rewritten.watch_id;
  end if;
  delete from audit_private.compared_columns as known
  where known.watch_id = forget_rewritten.watch_id and known.name = any (v_names);
end $$;


ALTER FUNCTION audit_private.forget_rewritten(watch_id bigint, before jsonb, after jsonb) OWNER TO audit_owner;

--
-- Name: FUNCTION forget_rewritten(watch_id bigint, before jsonb, after jsonb); Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON FUNCTION audit_private.forget_rewritten(watch_id bigint, before jsonb, after jsonb) IS 'Called where the shape of a table changed, before its capture is written anew.';


--
-- Name: former_rows(bigint, bigint, integer); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.former_rows(after_id bigint, last_id bigint, most integer) RETURNS TABLE(id bigint, xid xid8, created_at timestamp with time zone, content text)
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
  return query
    select log.id, log.xid, log.created_at, audit_private.content_v1(log)
    from audit.audit_logs as log
    where log.id > former_rows.after_id
      and log.id <= former_rows.last_id
      and not exists (select from audit_private.leaves as leaf where leaf.id = log.id)
    order by log.id, log.created_at
    limit former_rows.most;
end $$;


ALTER FUNCTION audit_private.former_rows(after_id bigint, last_id bigint, most integer) OWNER TO audit_owner;

--
-- Name: found_image_source(audit_private.watches); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.found_image_source(watch audit_private.watches) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select audit_private.found_image_source(watch, array(select name from audit_private.columns_to_compare(watch)))
$$;


ALTER FUNCTION audit_private.found_image_source(watch audit_private.watches) OWNER TO audit_owner;

--
-- Name: found_image_source(audit_private.watches, text[]); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.found_image_source(watch audit_private.watches, names text[]) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select format('(select to_jsonb(image.*) from (select %s) as image)', coalesce(string_agg(
    format('%s as %I', audit_private.value_source('present', name, built_in, type, false), name), ', ' order by place
  ), ''))
  from audit_private.captured_columns(watch)
  where name = any (names)
$$;


ALTER FUNCTION audit_private.found_image_source(watch audit_private.watches, names text[]) OWNER TO audit_owner;

--
-- Name: FUNCTION found_image_source(watch audit_private.watches, names text[]); Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON FUNCTION audit_private.found_image_source(watch audit_private.watches, names text[]) IS 'An expression for what the log would hold of the row called present, in these columns.';


--
-- Name: found_key_source(audit_private.watches); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.found_key_source(watch audit_private.watches) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select format(
    '((%s) collate "C")',
    replace(audit_private.entity_id_source(watch, 'present'), 'audit_private.entity_key(', 'audit.entity_key(')
  )
$$;


ALTER FUNCTION audit_private.found_key_source(watch audit_private.watches) OWNER TO audit_owner;

--
-- Name: FUNCTION found_key_source(watch audit_private.watches); Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON FUNCTION audit_private.found_key_source(watch audit_private.watches) IS 'An expression for the key of the row called present, as the log names it.';


--
-- Name: full_xid(xid); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.full_xid(short xid) RETURNS xid8
    LANGUAGE sql STABLE
    RETURN (((((pg_snapshot_xmax(pg_current_snapshot()))::text)::bigint - ((((((pg_snapshot_xmax(pg_current_snapshot()))::text)::bigint - ((short)::text)::bigint) % '4294967296'::bigint) + '4294967296'::bigint) % '4294967296'::bigint)))::text)::xid8;


ALTER FUNCTION audit_private.full_xid(short xid) OWNER TO audit_owner;

--
-- Name: function_source(audit_private.watches, text, text, text); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.function_source(watch audit_private.watches, operation text, settings text, body text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
declare
  -- A column may be called "$capture$" to break out of the quotes and run code as the owner.
  v_quote text := case when strpos(body, '$capture$') = 0 then '$capture$' else '$capture_' || md5(body) || '$' end;
begin
  return format(
    E'create or replace function audit_private.capture_%s_%s() returns trigger\n'
    'language plpgsql\nvolatile\nsecurity definer\nset search_path = pg_catalog, pg_temp\n%sas %s\n%s%s',
    (watch).watch_id, operation, settings, v_quote, body, v_quote
  );
end $_$;


ALTER FUNCTION audit_private.function_source(watch audit_private.watches, operation text, settings text, body text) OWNER TO audit_owner;

--
-- Name: guard_is_installed(); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.guard_is_installed() RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  -- Anybody with CREATE on the database could have made a schema of that name, whose functions the owner would then run.
  select exists (
    select from pg_catalog.pg_namespace as namespace
    join pg_catalog.pg_roles as keeper on keeper.oid = namespace.nspowner and keeper.rolsuper
    where namespace.nspname = 'audit_guard'
  ) and to_regprocedure('audit_guard.open_door()') is not null
$$;


ALTER FUNCTION audit_private.guard_is_installed() OWNER TO audit_owner;

--
-- Name: guard_partition(regclass); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.guard_partition(partition regclass) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_grantee text;
begin
  -- Statement triggers, row security and revokes do not pass from the parent, and default privileges open new tables.
  perform audit_private.ensure_trigger(
    guard_partition.partition, 'log_refuse_statement', 'before update or delete or truncate on %s for each statement'
  );
  if not (select relrowsecurity from pg_catalog.pg_class where oid = guard_partition.partition) then
    execute format('alter table %s enable row level security', guard_partition.partition);
  end if;
  for v_grantee in
    select distinct case acl.grantee when 0 then 'public' else acl.grantee::regrole::text end
    from pg_catalog.pg_class as class
    cross join aclexplode(class.relacl) as acl
    where class.oid = guard_partition.partition and acl.grantee <> class.relowner
  loop
    execute format('revoke all on %s from %s', guard_partition.partition, v_grantee);
  end loop;
end $$;


ALTER FUNCTION audit_private.guard_partition(partition regclass) OWNER TO audit_owner;

--
-- Name: guard_triggers(); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.guard_triggers() RETURNS TABLE(name text, event text, function text)
    LANGUAGE sql IMMUTABLE
    BEGIN ATOMIC
 VALUES ('audit_caller_start'::text,'ddl_command_start'::text,'audit_guard.tg__note_caller()'::text), ('audit_caller_end'::text,'ddl_command_end'::text,'audit_guard.tg__note_caller()'::text), ('audit_caller_drop'::text,'sql_drop'::text,'audit_guard.tg__note_caller()'::text), ('audit_guard_start'::text,'ddl_command_start'::text,'audit_guard.tg__refuse_start()'::text), ('audit_guard_end'::text,'ddl_command_end'::text,'audit_guard.tg__refuse_end()'::text), ('audit_guard_drop'::text,'sql_drop'::text,'audit_guard.tg__refuse_drop()'::text), ('audit_watch_end'::text,'ddl_command_end'::text,'audit_private.tg__follow_command()'::text), ('audit_watch_finish'::text,'ddl_command_end'::text,'audit_guard.tg__give_overdue()'::text), ('audit_watch_drop'::text,'sql_drop'::text,'audit_private.tg__follow_drop()'::text), ('audit_watch_rewrite'::text,'table_rewrite'::text,'audit_private.tg__follow_rewrite()'::text);
END;


ALTER FUNCTION audit_private.guard_triggers() OWNER TO audit_owner;

--
-- Name: has_drifted(audit_private.watches); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.has_drifted(watch audit_private.watches) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select exists (
    select from unnest(audit_private.all_source(watch)) as source
    where not exists (
      select from pg_catalog.pg_proc as function
      where function.pronamespace = 'audit_private'::regnamespace
        and function.proname like format('capture\_%s\_%%', (watch).watch_id)
        and strpos(source, function.prosrc) > 0
        and strpos(source, function.proname || '()') > 0
    )
  )
$$;


ALTER FUNCTION audit_private.has_drifted(watch audit_private.watches) OWNER TO audit_owner;

--
-- Name: hidden_entity_types(); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.hidden_entity_types() RETURNS text[]
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select coalesce(array_agg(distinct hidden.entity_type), '{}')
  from (
    select watch.entity_type, watch.target from audit_private.watches as watch
    union
    select version.shape #>> '{frame,entity_type}', watch.target
    from audit_private.capture_versions as version
    join audit_private.watches as watch using (watch_id)
  ) as hidden
  where not audit_private.may_read(hidden.target)
$$;


ALTER FUNCTION audit_private.hidden_entity_types() OWNER TO audit_owner;

--
-- Name: holds_lock(regclass); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.holds_lock(relation regclass) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select exists (
    select from pg_catalog.pg_locks as held
    where held.pid = pg_backend_pid() and held.locktype = 'relation' and held.granted and held.relation = holds_lock.relation
      and held.database = (select oid from pg_catalog.pg_database where datname = current_database())
      and held.mode in ('ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
  )
$$;


ALTER FUNCTION audit_private.holds_lock(relation regclass) OWNER TO audit_owner;

--
-- Name: FUNCTION holds_lock(relation regclass); Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON FUNCTION audit_private.holds_lock(relation regclass) IS 'Whether this session has locked out all others that write to a table, or change it.';


--
-- Name: id_before(timestamp with time zone); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.id_before(moment timestamp with time zone) RETURNS bigint
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_moment constant timestamptz := id_before.moment - interval '1 hour';
  v_month constant timestamptz := date_trunc('month', v_moment, 'UTC');
  v_id bigint;
begin
  if isfinite(v_moment) then
    v_id := audit_private.newest_id_before(
      v_moment, date_trunc('month', v_month - interval '1 day', 'UTC'), date_trunc('month', v_month + interval '40 days', 'UTC')
    );
  end if;
  return coalesce(v_id, audit_private.newest_id_before(v_moment, '-infinity', 'infinity'), 0);
end $$;


ALTER FUNCTION audit_private.id_before(moment timestamp with time zone) OWNER TO audit_owner;

--
-- Name: FUNCTION id_before(moment timestamp with time zone); Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON FUNCTION audit_private.id_before(moment timestamp with time zone) IS 'A record such that it and all before it are older than a moment; 0 if there is none.';


--
-- Name: image_source(audit_private.watches, text); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.image_source(watch audit_private.watches, record_name text) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select format(
    'row(%s)::audit_private.%I',
    coalesce(
      string_agg(audit_private.value_source(record_name, name, built_in, type, is_masked), ', ' order by place), ''
    ),
    audit_private.image_type(watch)
  )
  from audit_private.captured_columns(watch)
$$;


ALTER FUNCTION audit_private.image_source(watch audit_private.watches, record_name text) OWNER TO audit_owner;

--
-- Name: FUNCTION image_source(watch audit_private.watches, record_name text); Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON FUNCTION audit_private.image_source(watch audit_private.watches, record_name text) IS 'An expression for the image of a whole row, as a composite.';


--
-- Name: image_type(audit_private.watches); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.image_type(watch audit_private.watches) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select format('image_%s_%s', (watch).watch_id, left(md5(coalesce(string_agg(
    format('%I %s', name, audit_private.field_type(built_in, type, is_masked)), ', ' order by place
  ), '')), 8))
  from audit_private.captured_columns(watch)
$$;


ALTER FUNCTION audit_private.image_type(watch audit_private.watches) OWNER TO audit_owner;

--
-- Name: image_types_source(audit_private.watches); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.image_types_source(watch audit_private.watches) RETURNS text[]
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
  select array[
    format('create type audit_private.%I as (%s)', image, fields),
    format('create type audit_private.%I as (new audit_private.%I)', image || '_new', image),
    format('create type audit_private.%I as (old audit_private.%I)', image || '_old', image),
    format('create type audit_private.%I as (old audit_private.%2$I, new audit_private.%2$I)', image || '_both', image)
  ]
  from (
    select
      audit_private.image_type(watch) as image,
      coalesce(string_agg(
        format('%I %s', name, audit_private.field_type(built_in, type, is_masked)), ', ' order by place
      ), '') as fields
    from audit_private.captured_columns(watch)
  ) as source
$_$;


ALTER FUNCTION audit_private.image_types_source(watch audit_private.watches) OWNER TO audit_owner;

--
-- Name: index_past_months(date); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.index_past_months(this_month date) RETURNS text[]
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
declare
  v_partition regclass;
  v_index text;
  v_what text;
  v_on text;
  v_done text[] := '{}';
begin
  for v_partition, v_index, v_what, v_on in
    select tree.relid, class.relname || made.suffix, made.what, made.on
    from pg_catalog.pg_partition_tree('audit.audit_logs') as tree
    join pg_catalog.pg_class as class on class.oid = tree.relid
    cross join (values
      ('_created_at_idx', 'time', 'using brin (created_at)'),
      ('_ip_address_idx', 'addresses', '(ip_address) where ip_address is not null')
    ) as made (suffix, what, "on")
    where tree.isleaf
      and class.relname ~ '^audit_logs_[0-9]{4}_[0-9]{2}$'
      -- Claimed times reach 30 days back.
      and class.relname < 'audit_logs_' || to_char(this_month - interval '1 month', 'YYYY_MM')
      and to_regclass(format('audit_private.%I', class.relname || made.suffix)) is null
    order by class.relname, made.what desc
  loop
    execute format('create index %I on %s %s', v_index, v_partition, v_on);
    v_done := v_done || format('index: %s of %s', v_what, v_partition);
  end loop;
  return v_done;
end $_$;


ALTER FUNCTION audit_private.index_past_months(this_month date) OWNER TO audit_owner;

--
-- Name: insert_source(); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.insert_source() RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select
    E'  insert into audit.audit_logs (created_at, recorded_at, action, user_id, actor_proof, entity_type, entity_id,\n'
    '    ip_address, request_id, changes, metadata)\n'
$$;


ALTER FUNCTION audit_private.insert_source() OWNER TO audit_owner;

--
-- Name: is_application(); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.is_application() RETURNS boolean
    LANGUAGE sql STABLE
    RETURN ((pg_has_role(SESSION_USER, 'audit_app'::name, 'usage'::text) OR pg_has_role(SESSION_USER, 'audit_app'::name, 'set'::text)) AND (NOT pg_has_role(SESSION_USER, 'audit_owner'::name, 'usage'::text)));


ALTER FUNCTION audit_private.is_application() OWNER TO audit_owner;

--
-- Name: FUNCTION is_application(); Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON FUNCTION audit_private.is_application() IS 'Whether this login may say for whom it acts.';


--
-- Name: is_event(jsonb); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.is_event(item jsonb) RETURNS boolean
    LANGUAGE sql STABLE
    RETURN CASE WHEN (jsonb_typeof(item) IS DISTINCT FROM 'object'::text) THEN false WHEN ((item - ARRAY['event_id'::text, 'action'::text, 'entity_type'::text, 'entity_id'::text, 'description'::text, 'outcome'::text, 'permission'::text, 'user_id'::text, 'ip_address'::text, 'request_id'::text, 'created_at'::text, 'metadata'::text]) <> '{}'::jsonb) THEN false WHEN ((item - 'metadata'::text) @? 'strict $.*?(@.type() != "string" && @.type() != "null")'::jsonpath) THEN false WHEN (((item ->> 'entity_id'::text) IS NOT NULL) AND ((item ->> 'entity_type'::text) IS NULL)) THEN false ELSE (((COALESCE(length((item ->> 'event_id'::text)), 0) >= 1) AND (COALESCE(length((item ->> 'event_id'::text)), 0) <= 200)) AND ((COALESCE(length((item ->> 'action'::text)), 0) >= 1) AND (COALESCE(length((item ->> 'action'::text)), 0) <= 100)) AND (COALESCE((item ->> 'outcome'::text), 'success'::text) = ANY (ARRAY['success'::text, 'failure'::text, 'denied'::text, 'attempted'::text])) AND ((COALESCE(length((item ->> 'entity_type'::text)), 1) >= 1) AND (COALESCE(length((item ->> 'entity_type'::text)), 1) <= 100)) AND ((COALESCE(length((item ->> 'entity_id'::text)), 1) >= 1) AND (COALESCE(length((item ->> 'entity_id'::text)), 1) <= 1000)) AND ((COALESCE(length((item ->> 'description'::text)), 1) >= 1) AND (COALESCE(length((item ->> 'description'::text)), 1) <= 2000)) AND ((COALESCE(length((item ->> 'permission'::text)), 1) >= 1) AND (COALESCE(length((item ->> 'permission'::text)), 1) <= 100)) AND ((COALESCE(length((item ->> 'user_id'::text)), 1) >= 1) AND (COALESCE(length((item ->> 'user_id'::text)), 1) <= 200)) AND ((COALESCE(length((item ->> 'request_id'::text)), 1) >= 1) AND (COALESCE(length((item ->> 'request_id'::text)), 1) <= 128)) AND (((item ->> 'ip_address'::text) IS NULL) OR ((strpos((item ->> 'ip_address'::text), '/'::text) = 0) AND pg_input_is_valid((item ->> 'ip_address'::text), 'pg_catalog.inet'::text))) AND (((item ->> 'created_at'::text) IS NULL) OR (((item ->> 'created_at'::text) ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})$'::text) AND pg_input_is_valid((item ->> 'created_at'::text), 'pg_catalog.timestamptz'::text))) AND (COALESCE(jsonb_typeof((item -> 'metadata'::text)), 'null'::text) = ANY (ARRAY['object'::text, 'null'::text])) AND (COALESCE(octet_length(((item -> 'metadata'::text))::text), 0) <= 60000) AND ((COALESCE((item -> 'metadata'::text), '{}'::jsonb) ?| ARRAY['claim'::text, 'client_request_id'::text, 'event_id'::text, 'producer'::text, 'producer_address'::text]) = false)) END;


ALTER FUNCTION audit_private.is_event(item jsonb) OWNER TO audit_owner;

--
-- Name: FUNCTION is_event(item jsonb); Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON FUNCTION audit_private.is_event(item jsonb) IS 'Whether this is an event as docs/ingest.md describes it.';


--
-- Name: is_news(jsonb); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.is_news(event jsonb) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if is_news.event ->> 'action' <> 'AUDIT_LOG_READ' then
    return true;
  end if;
  insert into audit_private.noted_reads (reader, view, minute) values (
    is_news.event ->> 'db_user', is_news.event ->> 'entity_id', date_trunc('minute', (is_news.event ->> 'created_at')::timestamptz)
  ) on conflict do nothing;
  return found;
end $$;


ALTER FUNCTION audit_private.is_news(event jsonb) OWNER TO audit_owner;

--
-- Name: is_wanted(audit.audit_logs, audit_private.event_filter, text[]); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.is_wanted(log audit.audit_logs, wanted audit_private.event_filter, described text[]) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    RETURN ((((wanted).actor IS NULL) OR ((wanted).actor = ANY (ARRAY[(log).user_id, (log).db_user]))) AND (((wanted).action IS NULL) OR ((log).action = (wanted).action) OR (("right"((wanted).action, 1) = '*'::text) AND starts_with((log).action, rtrim((wanted).action, '*'::text)))) AND (((wanted).outcome IS NULL) OR ((log).outcome = (wanted).outcome)) AND (((wanted).entity_type IS NULL) OR ((log).entity_type = (wanted).entity_type)) AND (((wanted).entity_id IS NULL) OR ((log).entity_id = (wanted).entity_id)) AND (((wanted).network IS NULL) OR ((log).ip_address <<= (wanted).network)) AND (((wanted).since IS NULL) OR ((log).created_at >= (wanted).since)) AND (((wanted).until IS NULL) OR ((log).created_at < (wanted).until)) AND (((wanted).request_id IS NULL) OR ((log).request_id = (wanted).request_id)) AND (((wanted).text IS NULL) OR CASE WHEN ((log).description IS NULL) THEN ((log).action = ANY (described)) ELSE (to_tsvector('simple'::regconfig, (log).description) @@ websearch_to_tsquery('simple'::regconfig, (wanted).text)) END) AND (((wanted).reads IS TRUE) OR ((wanted).action = 'AUDIT_LOG_READ'::text) OR ((log).action <> 'AUDIT_LOG_READ'::text)));


ALTER FUNCTION audit_private.is_wanted(log audit.audit_logs, wanted audit_private.event_filter, described text[]) OWNER TO audit_owner;

--
-- Name: FUNCTION is_wanted(log audit.audit_logs, wanted audit_private.event_filter, described text[]); Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON FUNCTION audit_private.is_wanted(log audit.audit_logs, wanted audit_private.event_filter, described text[]) IS 'Whether an event matches a filter. described: the codes whose description has the words of the filter.';


--
-- Name: json_source(text, text, boolean, oid, boolean); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.json_source(record_name text, name text, built_in boolean, type oid, is_masked boolean) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select case
    when is_masked then '''"***"'''
    when built_in and type in ('bool'::regtype, 'int2'::regtype, 'int4'::regtype, 'int8'::regtype) then
      format('coalesce(%s::text, ''null'')', audit_private.column_source(record_name, name))
    else format(
      'coalesce(to_json(%s), ''null'')', audit_private.value_source(record_name, name, built_in, type, is_masked)
    )
  end
$$;


ALTER FUNCTION audit_private.json_source(record_name text, name text, built_in boolean, type oid, is_masked boolean) OWNER TO audit_owner;

--
-- Name: FUNCTION json_source(record_name text, name text, built_in boolean, type oid, is_masked boolean); Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON FUNCTION audit_private.json_source(record_name text, name text, built_in boolean, type oid, is_masked boolean) IS 'An expression for a column''s value as JSON text.';


--
-- Name: key_columns(regclass); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.key_columns(target regclass) RETURNS text[]
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select coalesce(array_agg(attribute.attname::text order by key.ordinality), '{}')
  from pg_catalog.pg_index as index
  cross join unnest(index.indkey::int2[]) with ordinality as key (attnum, ordinality)
  join pg_catalog.pg_attribute as attribute
    on attribute.attrelid = index.indrelid and attribute.attnum = key.attnum
  where index.indrelid = target and index.indisprimary and key.ordinality <= index.indnkeyatts
$$;


ALTER FUNCTION audit_private.key_columns(target regclass) OWNER TO audit_owner;

--
-- Name: key_identifies(regclass); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.key_identifies(target regclass) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select exists (
    select from pg_catalog.pg_index as index where index.indrelid = target and index.indisprimary and index.indimmediate
  )
$$;


ALTER FUNCTION audit_private.key_identifies(target regclass) OWNER TO audit_owner;

--
-- Name: FUNCTION key_identifies(target regclass); Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON FUNCTION audit_private.key_identifies(target regclass) IS 'Whether no two rows ever share a key: without one, or with a deferrable one, only whole images tell which row was changed.';


--
-- Name: key_source(audit_private.watches, text); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.key_source(watch audit_private.watches, record_name text) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select case
    when count(*) > 1 then format('jsonb_build_object(%s)::text', string_agg(
      quote_literal(name) || ', ' || audit_private.value_source(record_name, name, built_in, type, false), ', '
      order by array_position(key, name)
    ))
    when bool_and(built_in and type = any (array['int2', 'int4', 'int8', 'uuid', 'text', 'varchar']::regtype[])) then
      min(audit_private.column_source(record_name, name)) || '::text'
    else format('format(''%%s'', %s)', min(audit_private.column_source(record_name, name)))
  end
  from audit_private.key_columns((watch).target) as key
  join audit_private.captured_columns(watch) on name = any (key)
$$;


ALTER FUNCTION audit_private.key_source(watch audit_private.watches, record_name text) OWNER TO audit_owner;

--
-- Name: FUNCTION key_source(watch audit_private.watches, record_name text); Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON FUNCTION audit_private.key_source(watch audit_private.watches, record_name text) IS 'An expression for the key of a row that has one, however long that is.';


--
-- Name: key_version(regclass); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.key_version(target regclass) RETURNS jsonb
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select coalesce(jsonb_agg(jsonb_build_array(
    attribute.attnum,
    case
      when attribute.atttypid = any (array['int2', 'int4', 'int8']::regtype[]) then 'integer'
      when attribute.atttypid = any (array['text', 'varchar']::regtype[]) then 'text'
      else format('%s,%s', attribute.atttypid, attribute.atttypmod)
    end,
    case when cardinality(key.names) > 1 then attribute.attname end
  ) order by attribute.attnum), '[]')
  from audit_private.key_columns(target) as key (names)
  join pg_catalog.pg_attribute as attribute on attribute.attrelid = target and attribute.attname = any (key.names)
$$;


ALTER FUNCTION audit_private.key_version(target regclass) OWNER TO audit_owner;

--
-- Name: keyed_comparison_source(audit_private.watches, oid[]); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.keyed_comparison_source(watch audit_private.watches, baselined oid[]) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
  select format(
    $source$
    select coalesce(recorded.entity_id, found.entity_id), finding.name, array_to_string(nullif(difference.names, '{}'), ', '),
      recorded.image, found.image
    from audit.recorded_rows(%1$L::regclass) as recorded
    full join (
      select %2$s as entity_id, %3$s as image, present.tableoid as relation from %4$s as present
    ) as found
      on found.entity_id = recorded.entity_id
    cross join lateral (
      select array(
        select field.key from jsonb_each(recorded.image) as field
        where found.image ? field.key and field.value::text <> (found.image -> field.key)::text
        order by field.key collate "C"
      ) as names
    ) as difference
    cross join lateral (
      select case
        when recorded.entity_id is null then case when found.relation = any (%5$L::oid[]) then 'unexpected' end
        when recorded.copies = 0 then case when found.entity_id is not null then 'unexpected' end
        when found.entity_id is null then 'missing'
        when difference.names <> '{}' then 'changed'
      end as name
    ) as finding
    where finding.name is not null
    order by 1
    $source$,
    watch.target, audit_private.found_key_source(watch),
    audit_private.found_image_source(watch), watch.target, baselined
  )
$_$;


ALTER FUNCTION audit_private.keyed_comparison_source(watch audit_private.watches, baselined oid[]) OWNER TO audit_owner;

--
-- Name: keyed_past_source(audit_private.watches, timestamp with time zone); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.keyed_past_source(watch audit_private.watches, moment timestamp with time zone) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
  select format(
    $source$
    select %3$s
    from %4$s as present
    full join audit.past_rows(%1$L::regclass, %2$L) as past on past.present_id = %5$s
    cross join lateral (
      -- Made once for each row that was another: offset 0 keeps the columns from making it each for itself.
      select case when past.copies = 1 then jsonb_populate_record(present.*, %7$s) end as made offset 0
    ) as rebuilt
    left join (select * from %4$s where false) as nothing on true
    where past.copies is distinct from 0 and (present.tableoid is null or %6$s)
    $source$,
    watch.target, moment,
    string_agg(
      case
        when was_there and known then audit_private.rebuilt_source(name, type, format(
          'case when past.copies = 1 then %s else %s end',
          audit_private.column_source('(rebuilt.made)', name), audit_private.column_source('present', name)
        ))
        else audit_private.column_source('nothing', name)
      end, ', ' order by place
    ),
    watch.target, audit_private.found_key_source(watch), audit_private.partition_condition(watch, moment),
    audit_private.fitting_image_source(watch, moment)
  )
  from audit_private.columns_since(watch, moment)
$_$;


ALTER FUNCTION audit_private.keyed_past_source(watch audit_private.watches, moment timestamp with time zone) OWNER TO audit_owner;

--
-- Name: keyless_comparison_source(audit_private.watches, boolean); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.keyless_comparison_source(watch audit_private.watches, baselined boolean) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
  select format(
    $source$
    select null::text, finding.name, null::text,
      case finding.name when 'missing' then recorded.image end, case finding.name when 'unexpected' then found.image::jsonb end
    from audit.recorded_rows(%1$L::regclass) as recorded
    full join (
      select (%2$s)::text collate "C" as image, count(*) as copies from %3$s as present group by 1
    ) as found on found.image = (recorded.image::text collate "C")
    cross join lateral (select greatest(recorded.copies, 0) - coalesce(found.copies, 0) as lacking) as difference
    cross join lateral (
      select case
        when difference.lacking > 0 then 'missing'
        when difference.lacking < 0 and %4$s then 'unexpected'
      end as name
    ) as finding
    cross join generate_series(1, abs(difference.lacking))
    where finding.name is not null
    $source$,
    watch.target, audit_private.found_image_source(watch), watch.target, baselined::text
  )
$_$;


ALTER FUNCTION audit_private.keyless_comparison_source(watch audit_private.watches, baselined boolean) OWNER TO audit_owner;

--
-- Name: keyless_past_source(audit_private.watches, timestamp with time zone); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.keyless_past_source(watch audit_private.watches, moment timestamp with time zone) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
  select format(
    $source$
    select %1$s
    from (
      select image::jsonb as image, sum(copies) as copies
      from (
        select %2$s::text collate "C" as image, 1 as copies from %3$s as present
        union all
        select (past.image - %4$L::text[])::text collate "C", past.copies from audit.past_rows(%5$L::regclass, %6$L) as past
      ) as counted
      group by 1
    ) as past
    cross join lateral generate_series(1, past.copies)
    left join (select * from %3$s where false) as nothing on true
    cross join lateral jsonb_populate_record(null::%3$s, past.image) as rebuilt
    $source$,
    string_agg(
      case
        when was_there and known and not retyped then
          audit_private.rebuilt_source(name, type, audit_private.column_source('rebuilt', name))
        else audit_private.column_source('nothing', name)
      end, ', ' order by place
    ),
    audit_private.found_image_source(watch, array_agg(name) filter (where was_there and known and not retyped)),
    watch.target, coalesce(array_agg(name) filter (where retyped), '{}'), watch.target, moment
  )
  from audit_private.columns_since(watch, moment)
$_$;


ALTER FUNCTION audit_private.keyless_past_source(watch audit_private.watches, moment timestamp with time zone) OWNER TO audit_owner;

--
-- Name: mac(text, bytea); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.mac(purpose text, message bytea) RETURNS bytea
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
  v_mac bytea;
begin
  select sha256(outer_pad || sha256(inner_pad || mac.message)) into strict v_mac
  from audit_private.secrets
  where purpose = mac.purpose;
  return v_mac;
end $$;


ALTER FUNCTION audit_private.mac(purpose text, message bytea) OWNER TO audit_owner;

--
-- Name: FUNCTION mac(purpose text, message bytea); Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON FUNCTION audit_private.mac(purpose text, message bytea) IS 'HMAC-SHA-256 (RFC 2104) under the key of that purpose.';


--
-- Name: maintain_partitions(); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.maintain_partitions() RETURNS text[]
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_door constant bigint := audit_private.open_door();
  v_this_month date := date_trunc('month', clock_timestamp())::date;
  v_late date[];
  v_months date[];
  v_month date;
  v_done text[] := '{}';
begin
  -- Not an advisory lock: anybody can hold those.
  lock table audit_private.installations in exclusive mode;
  -- A maintenance that was forgotten for long has left months behind, too; a name has four digits for the year.
  v_late := array(
    select distinct date_trunc('month', created_at)::date from audit_private.audit_logs_default
    where created_at >= '0001-01-01' and created_at < '10000-01-01'
  );
  -- Claimed times reach 30 days back; three months ahead outlast a forgotten job.
  select array_agg(distinct month order by month) into v_months
  from unnest(v_late || array(select (v_this_month + make_interval(months => step))::date from generate_series(-1, 3) as step)) as month;
  if v_late <> '{}' then
    v_done := v_done || format('net: %s rows moved into their months', audit_private.empty_net(v_months));
  end if;
  foreach v_month in array v_months loop
    if audit_private.make_partition(v_month) then
      v_done := v_done || format('partition: audit_logs_%s made', to_char(v_month, 'YYYY_MM'));
    end if;
  end loop;
  v_done := v_done || audit_private.index_past_months(v_this_month);
  if v_done <> '{}' then
    perform audit_private.append(
      actor => audit_private.current_actor(),
      action => 'AUDIT_PARTITIONS_MAINTAINED',
      metadata => jsonb_build_object('done', v_done)
    );
  end if;
  perform audit_private.close_door(v_door);
  return v_done;
end $$;


ALTER FUNCTION audit_private.maintain_partitions() OWNER TO audit_owner;

--
-- Name: make_leaves(audit_private.log_position, pg_snapshot, bytea); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.make_leaves(log_position audit_private.log_position, target pg_snapshot, salts bytea) RETURNS TABLE(leaves integer, entries bytea, last_xid xid8, last_id bigint)
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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


ALTER FUNCTION audit_private.make_leaves(log_position audit_private.log_position, target pg_snapshot, salts bytea) OWNER TO audit_owner;

--
-- Name: make_partition(date); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.make_partition(month date) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_name text := format('audit_private.%I', 'audit_logs_' || to_char(month, 'YYYY_MM'));
  v_from text := format('%s 00:00:00+00', month);
  v_to text := format('%s 00:00:00+00', (month + interval '1 month')::date);
begin
  if to_regclass(v_name) is not null then
    return false;
  end if;
  -- Made apart and attached: CREATE TABLE … PARTITION OF would lock out every writer of the log.
  execute format('create table %s (like audit.audit_logs including defaults including constraints including storage)', v_name);
  execute format('alter table audit.audit_logs attach partition %s for values from (%L) to (%L)', v_name, v_from, v_to);
  perform audit_private.guard_partition(v_name::regclass);
  return true;
end $$;


ALTER FUNCTION audit_private.make_partition(month date) OWNER TO audit_owner;

--
-- Name: may_read(oid); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.may_read(target oid) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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


ALTER FUNCTION audit_private.may_read(target oid) OWNER TO audit_owner;

--
-- Name: FUNCTION may_read(target oid); Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON FUNCTION audit_private.may_read(target oid) IS 'Whether the login may read each row of a table.';


--
-- Name: name_differences(text, jsonb, jsonb); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.name_differences(section text, before jsonb, after jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select jsonb_object_agg(change, names)
  from (
    select
      case when old.value is null then 'added' when new.value is null then 'removed' else 'changed' end as change,
      jsonb_agg(
        case when section in ('parents', 'children', 'partitions') then coalesce(new.value, old.value) else to_jsonb(key) end
        order by key
      ) as names
    from jsonb_each(coalesce(before, '{}')) as old
    full join jsonb_each(coalesce(after, '{}')) as new using (key)
    where old.value is distinct from new.value
    group by 1
  ) as changes
$$;


ALTER FUNCTION audit_private.name_differences(section text, before jsonb, after jsonb) OWNER TO audit_owner;

--
-- Name: named_key(regclass, text); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.named_key(target regclass, key text) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if cardinality(audit_private.key_columns(named_key.target)) > 1 and pg_input_is_valid(named_key.key, 'jsonb') then
    return audit_private.entity_key(named_key.key::jsonb::text);
  end if;
  return audit_private.entity_key(named_key.key);
end $$;


ALTER FUNCTION audit_private.named_key(target regclass, key text) OWNER TO audit_owner;

--
-- Name: names_since(audit_private.watches, timestamp with time zone); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.names_since(watch audit_private.watches, moment timestamp with time zone) RETURNS TABLE(since_id bigint, until_id bigint, unknown text[], renamed jsonb)
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select
    version.since_id,
    lead(version.since_id) over (order by version.version_id),
    coalesce(array_agg(past.name) filter (where present.known is not true), '{}'),
    jsonb_object_agg(past.name, present.name) filter (where present.known and past.name <> present.name)
  from audit_private.versions_since(watch, moment) as version
  cross join jsonb_each(version.shape -> 'columns') as field
  cross join lateral (select field.value ->> 'name' as name) as past
  left join audit_private.columns_since(watch, moment) as present on present.place = field.key::int
  group by version.version_id, version.since_id
$$;


ALTER FUNCTION audit_private.names_since(watch audit_private.watches, moment timestamp with time zone) OWNER TO audit_owner;

--
-- Name: FUNCTION names_since(watch audit_private.watches, moment timestamp with time zone); Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON FUNCTION audit_private.names_since(watch audit_private.watches, moment timestamp with time zone) IS 'Of each version the columns whose values say nothing of the present ones, and those that have another name now.';


--
-- Name: newest_before(bigint, audit_private.event_filter); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.newest_before(before bigint, wanted audit_private.event_filter) RETURNS bigint
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select log.id
  from audit.audit_logs as log
  where log.id < newest_before.before
    and log.created_at >= coalesce(date_trunc('month', (wanted).since, 'UTC'), '-infinity')
    and log.created_at < coalesce(
      date_trunc('month', date_trunc('month', (wanted).until - interval '1 microsecond', 'UTC') + interval '32 days', 'UTC'), 'infinity'
    )
  order by log.id desc
  limit 1
$$;


ALTER FUNCTION audit_private.newest_before(before bigint, wanted audit_private.event_filter) OWNER TO audit_owner;

--
-- Name: newest_id_before(timestamp with time zone, timestamp with time zone, timestamp with time zone); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.newest_id_before(moment timestamp with time zone, since timestamp with time zone, until timestamp with time zone) RETURNS bigint
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET enable_bitmapscan TO 'off'
    SET enable_sort TO 'off'
    AS $$
#variable_conflict use_column
declare
  v_low bigint := 0;
  v_high bigint := coalesce((
    select max(id) from audit.audit_logs where created_at >= newest_id_before.since and created_at < newest_id_before.until
  ), 0);
  v_middle bigint;
  v_id bigint;
  v_time timestamptz;
begin
  while v_low < v_high loop
    v_middle := v_low + (v_high - v_low + 1) / 2;
    select id, recorded_at into v_id, v_time
    from audit.audit_logs
    where id between v_middle and v_high and created_at >= newest_id_before.since and created_at < newest_id_before.until
    order by id
    limit 1;
    if v_time < newest_id_before.moment then
      v_low := v_id;
    else
      v_high := v_middle - 1;
    end if;
  end loop;
  return nullif(v_low, 0);
end $$;


ALTER FUNCTION audit_private.newest_id_before(moment timestamp with time zone, since timestamp with time zone, until timestamp with time zone) OWNER TO audit_owner;

--
-- Name: next_relation(audit_private.baselines, regclass); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.next_relation(baseline audit_private.baselines, target regclass) RETURNS oid
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select min(class.oid)
  from audit.captured_relations(target) as captured
  join pg_catalog.pg_class as class on class.oid = captured
  where class.relkind = 'r' and class.oid <> all ((baseline).visited)
$$;


ALTER FUNCTION audit_private.next_relation(baseline audit_private.baselines, target regclass) OWNER TO audit_owner;

--
-- Name: note_changes(text, audit_private.watches, text, jsonb); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.note_changes(action text, watch audit_private.watches, command text, changes jsonb) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  perform audit_private.append(
    actor => audit_private.current_actor(),
    action => note_changes.action,
    entity_type => 'AUDIT_WATCH',
    entity_id => (watch).target_name,
    metadata => jsonb_build_object('entity_type', (watch).entity_type, 'command', command) || case
      when octet_length(changes::text) < 60000 then changes
      else jsonb_build_object('abridged', (select jsonb_agg(section) from jsonb_object_keys(changes) as section))
    end
  );
end $$;


ALTER FUNCTION audit_private.note_changes(action text, watch audit_private.watches, command text, changes jsonb) OWNER TO audit_owner;

--
-- Name: note_conflict(audit_private.actor, text, uuid, bigint); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.note_conflict(actor audit_private.actor, producer text, event_id uuid, log_id bigint) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  perform audit_private.append(
    actor => actor,
    action => 'AUDIT_EVENT_CONFLICT',
    outcome => 'denied',
    entity_type => 'AUDIT_EVENT',
    entity_id => note_conflict.log_id::text,
    metadata => jsonb_build_object('producer', note_conflict.producer, 'event_id', note_conflict.event_id)
  );
end $$;


ALTER FUNCTION audit_private.note_conflict(actor audit_private.actor, producer text, event_id uuid, log_id bigint) OWNER TO audit_owner;

--
-- Name: FUNCTION note_conflict(actor audit_private.actor, producer text, event_id uuid, log_id bigint); Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON FUNCTION audit_private.note_conflict(actor audit_private.actor, producer text, event_id uuid, log_id bigint) IS 'Puts on record that other content came under the id of a recorded event.';


--
-- Name: note_drain(text, jsonb); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.note_drain(action text, metadata jsonb) RETURNS void
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select audit_private.append(actor => audit_private.current_actor(), action => action, metadata => metadata)
$$;


ALTER FUNCTION audit_private.note_drain(action text, metadata jsonb) OWNER TO audit_owner;

--
-- Name: note_epoch(integer, text, jsonb); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.note_epoch(epoch integer, verifier_key text, lost jsonb) RETURNS void
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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


ALTER FUNCTION audit_private.note_epoch(epoch integer, verifier_key text, lost jsonb) OWNER TO audit_owner;

--
-- Name: note_guard(text[]); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.note_guard(made text[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  insert into audit_private.guards (made) values (note_guard.made);
  perform audit_private.append(
    actor => audit_private.current_actor(),
    action => 'AUDIT_GUARD_INSTALLED',
    metadata => jsonb_build_object('event_triggers', note_guard.made)
  );
end $$;


ALTER FUNCTION audit_private.note_guard(made text[]) OWNER TO audit_owner;

--
-- Name: FUNCTION note_guard(made text[]); Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON FUNCTION audit_private.note_guard(made text[]) IS 'Called by migrate where a superuser installs or restores the guard.';


--
-- Name: note_hidden(bigint); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.note_hidden(hidden bigint) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if note_hidden.hidden > 0 then
    raise notice '% more of tables that % may not read', note_hidden.hidden, session_user;
  end if;
end $$;


ALTER FUNCTION audit_private.note_hidden(hidden bigint) OWNER TO audit_owner;

--
-- Name: note_http_read(audit_private.actor, text, jsonb, jsonb); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.note_http_read(actor audit_private.actor, view text, filter jsonb DEFAULT NULL::jsonb, metadata jsonb DEFAULT '{}'::jsonb) RETURNS void
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select audit_private.append(
    actor => actor,
    action => 'AUDIT_LOG_READ',
    entity_type => 'AUDIT_VIEW',
    entity_id => view,
    metadata => jsonb_strip_nulls(jsonb_build_object('filter', nullif(filter, '{}'))) || metadata
  )
$$;


ALTER FUNCTION audit_private.note_http_read(actor audit_private.actor, view text, filter jsonb, metadata jsonb) OWNER TO audit_owner;

--
-- Name: note_installation(text, text); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.note_installation(digest text, version text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if exists (
    select from audit.installation as current
    where current.digest = note_installation.digest and current.version = note_installation.version
  ) then
    return;
  end if;
  insert into audit_private.installations (digest, version) values (note_installation.digest, note_installation.version);
  perform audit_private.append(
    actor => audit_private.current_actor(),
    action => 'AUDIT_INSTALLED',
    metadata => jsonb_build_object('digest', note_installation.digest, 'version', note_installation.version)
  );
end $$;


ALTER FUNCTION audit_private.note_installation(digest text, version text) OWNER TO audit_owner;

--
-- Name: FUNCTION note_installation(digest text, version text); Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON FUNCTION audit_private.note_installation(digest text, version text) IS 'Called by migrate, at the end.';


--
-- Name: note_own_table(regclass, text); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.note_own_table(target regclass, command text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET quote_all_identifiers TO 'off'
    AS $$
begin
  -- A superuser may have moved or dropped the log itself; then there is nowhere left to record it, but the sealer notices.
  if not audit_private.door_is_open()
    and exists (select from pg_catalog.pg_class where oid = to_regclass('audit.audit_logs') and relkind = 'p')
  then
    perform audit_private.append(
      actor => audit_private.current_actor(),
      action => 'AUDIT_SCHEMA_CHANGED',
      entity_type => 'AUDIT_TABLE',
      entity_id => note_own_table.target::text,
      metadata => jsonb_build_object('command', note_own_table.command)
    );
  end if;
end $$;


ALTER FUNCTION audit_private.note_own_table(target regclass, command text) OWNER TO audit_owner;

--
-- Name: note_unknown(audit_private.watches, timestamp with time zone); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.note_unknown(watch audit_private.watches, moment timestamp with time zone) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
  v_unknown text;
  v_retyped text;
begin
  select
    string_agg(quote_ident(name), ', ' order by place) filter (where was_there and not known),
    string_agg(quote_ident(name), ', ' order by place) filter (where was_there and known and retyped)
  into v_unknown, v_retyped
  from audit_private.columns_since(watch, moment);
  if v_unknown is not null then
    raise notice 'NULL, because their values are not on record: %', v_unknown
      using hint = 'They are masked, excluded, skipped or virtual, or were since then.';
  end if;
  if v_retyped is not null then
    raise notice 'of another type then: %', v_retyped
      using hint = 'Values that the present type cannot hold are NULL, and all of them in a table without a key.';
  end if;
end $$;


ALTER FUNCTION audit_private.note_unknown(watch audit_private.watches, moment timestamp with time zone) OWNER TO audit_owner;

--
-- Name: null_fields(text[]); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.null_fields(names text[]) RETURNS jsonb
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select coalesce(jsonb_object_agg(name, null), '{}') from unnest(names) as name where name is not null
$$;


ALTER FUNCTION audit_private.null_fields(names text[]) OWNER TO audit_owner;

--
-- Name: open_door(); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.open_door() RETURNS bigint
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_door bigint;
begin
  if audit_private.guard_is_installed() then
    v_door := audit_guard.open_door();
  end if;
  return v_door;
end $$;


ALTER FUNCTION audit_private.open_door() OWNER TO audit_owner;

--
-- Name: FUNCTION open_door(); Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON FUNCTION audit_private.open_door() IS 'Lets the function that assigns it change audit objects, until it closes the door.';


--
-- Name: open_export(jsonb); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.open_export(filter jsonb) RETURNS refcursor
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    AS $_$
declare
  v_wanted constant audit_private.event_filter := audit_private.parsed_filter(open_export.filter);
  -- What names one record or one request has an index, and few rows to sort: the sum keeps the planner from reading all.
  v_order constant text := case
    when num_nonnulls(v_wanted.entity_id, v_wanted.request_id) > 0 then 'id + 0' else 'id'
  end;
  v_events refcursor := 'indelible_export';
begin
  open v_events no scroll for execute '
    select
      id, created_at, recorded_at, action, outcome, user_id, db_user, actor_proof, entity_type, entity_id, description,
      permission, reason, ip_address, request_id, transaction_id, changes, metadata, time_source
    from audit_private.flat_events
    where audit_private.is_wanted(record, $1, $2)
    order by ' || v_order
    using v_wanted, audit_private.described_actions(v_wanted.text);
  return v_events;
end $_$;


ALTER FUNCTION audit_private.open_export(filter jsonb) OWNER TO audit_owner;

--
-- Name: FUNCTION open_export(filter jsonb); Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON FUNCTION audit_private.open_export(filter jsonb) IS 'Opens the cursor indelible_export over the events that match a filter.';


--
-- Name: open_sealed(text); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.open_sealed(sealed text) RETURNS audit_private.actor
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_payload text := left(open_sealed.sealed, -65);
  v_actor audit_private.actor;
begin
  perform from audit_private.secrets
  where purpose = 'handoff' and octet_length(open_sealed.sealed) <= 4000
    and v_payload || '.' || encode(sha256(outer_pad || sha256(inner_pad || convert_to(v_payload, 'UTF8'))), 'hex')
      = open_sealed.sealed;
  if not found then
    return row(null, null, null, 'direct', 'forged sealed context')::audit_private.actor;
  end if;
  v_payload := convert_from(decode(v_payload, 'hex'), 'UTF8');
  v_actor := substr(v_payload, strpos(v_payload, '('))::audit_private.actor;
  -- Whoever copied a context from pg_stat_activity has it no longer than the user is logged in.
  perform from iam.open_sessions as session
  where session.session_id = split_part(split_part(v_payload, '(', 1), ',', 2)::bigint;
  if not found then
    return row(null, null, null, 'direct', 'sealed context of an ended session of ' || v_actor.user_id)::audit_private.actor;
  end if;
  -- A request may outlive its sealed context; then what remains is the word of the application that still presents it.
  if split_part(v_payload, ',', 1)::bigint > extract(epoch from clock_timestamp()) then
    v_actor.proof := 'sealed';
  end if;
  return v_actor;
end $$;


ALTER FUNCTION audit_private.open_sealed(sealed text) OWNER TO audit_owner;

--
-- Name: FUNCTION open_sealed(sealed text); Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON FUNCTION audit_private.open_sealed(sealed text) IS 'The actor that seal_context sealed, or the claim that is not honoured.';


--
-- Name: overdue_relations(regclass, audit_private.shapes); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.overdue_relations(target regclass, known audit_private.shapes) RETURNS oid[]
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select coalesce(array_agg(class.oid), '{}')
  from audit.captured_relations(target) as relation
  join pg_catalog.pg_class as class on class.oid = relation
  where (class.oid <> target and not coalesce((known).shape -> 'partitions' ? class.oid::text, false))
    or not has_table_privilege('audit_owner', class.oid, 'select')
    or not has_schema_privilege('audit_owner', class.relnamespace, 'usage')
$$;


ALTER FUNCTION audit_private.overdue_relations(target regclass, known audit_private.shapes) OWNER TO audit_owner;

--
-- Name: page_of_events(jsonb, bigint, integer, boolean); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.page_of_events(filter jsonb, before bigint, most integer, with_diff boolean) RETURNS TABLE(id bigint, event json)
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
  v_wanted constant audit_private.event_filter := audit_private.parsed_filter(page_of_events.filter);
  v_indexed constant boolean := v_wanted.entity_id is not null or v_wanted.request_id is not null;
  v_before constant bigint := coalesce(page_of_events.before, 9223372036854775807);
  v_last bigint := v_before - 1;
  -- So many rows take some milliseconds.
  v_looked_at constant bigint := 5000;
  v_room bigint := 4194304;
  v_found int := 0;
  v_descriptions constant jsonb := audit_private.action_descriptions();
  v_log audit.audit_logs;
begin
  if not v_indexed then
    v_last := audit_private.newest_before(v_before, v_wanted);
  end if;
  for v_log in
    select * from audit_private.events_by_index(v_wanted, v_before, page_of_events.most) where v_indexed
    union all
    select * from audit_private.events_by_id(v_wanted, v_last - v_looked_at + 1, v_last, page_of_events.most) where not v_indexed
  loop
    id := v_log.id;
    event := audit_private.event_json(v_log, v_descriptions, page_of_events.with_diff);
    return next;
    v_found := v_found + 1;
    v_room := v_room - octet_length(event::text);
    exit when v_room < 0;
  end loop;
  if v_found < page_of_events.most and (v_room < 0 or not v_indexed) then
    if v_room >= 0 then
      id := v_last - v_looked_at + 1;
    end if;
    event := null;
    if audit_private.newest_before(id, v_wanted) is not null then
      return next;
    end if;
  end if;
end $$;


ALTER FUNCTION audit_private.page_of_events(filter jsonb, before bigint, most integer, with_diff boolean) OWNER TO audit_owner;

--
-- Name: pair_changes_source(audit_private.watches); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.pair_changes_source(watch audit_private.watches) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select case
    when not audit_private.key_identifies((watch).target) then
      audit_private.changes_source(watch, 'both', 'old_row', 'new_row')
    when source.old_remainder = '' then source.stripped
    else format(
      E'audit_private.complete(%s,\n      %s,\n      %s)', source.stripped, source.old_remainder, source.new_remainder
    )
  end
  from (
    select
      format(
        E'jsonb_strip_nulls(to_jsonb(row(%s,\n      %s)::audit_private.%I))',
        audit_private.changed_image_source(watch, 'old_row', 'new_row'),
        audit_private.changed_image_source(watch, 'new_row', 'old_row'), audit_private.image_type(watch) || '_both'
      ) as stripped,
      audit_private.remainder_source(watch, 'old_row', 'new_row') as old_remainder,
      audit_private.remainder_source(watch, 'new_row', 'old_row') as new_remainder
  ) as source
$$;


ALTER FUNCTION audit_private.pair_changes_source(watch audit_private.watches) OWNER TO audit_owner;

--
-- Name: FUNCTION pair_changes_source(watch audit_private.watches); Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON FUNCTION audit_private.pair_changes_source(watch audit_private.watches) IS 'What changed between a pair: both sides, of the changed columns alone.';


--
-- Name: pairs_source(regclass); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.pairs_source(target regclass) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
  select format(
    E'(select row_number() over () as %1$I, * from indelible_old) as old_row\n'
    '    join (select row_number() over () as %1$I, * from indelible_new) as new_row using (%1$I)',
    audit_private.place_name(target)
  )
$_$;


ALTER FUNCTION audit_private.pairs_source(target regclass) OWNER TO audit_owner;

--
-- Name: parsed_filter(jsonb); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.parsed_filter(filter jsonb) RETURNS audit_private.event_filter
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_wanted audit_private.event_filter := jsonb_populate_record(null::audit_private.event_filter, parsed_filter.filter);
begin
  v_wanted.entity_id := audit_private.entity_key(v_wanted.entity_id);
  return v_wanted;
end $$;


ALTER FUNCTION audit_private.parsed_filter(filter jsonb) OWNER TO audit_owner;

--
-- Name: FUNCTION parsed_filter(filter jsonb); Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON FUNCTION audit_private.parsed_filter(filter jsonb) IS 'A filter from its JSON; {} wants everything but reads of the log.';


--
-- Name: partition_condition(audit_private.watches, timestamp with time zone); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.partition_condition(watch audit_private.watches, moment timestamp with time zone) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select case
    when (select relkind from pg_catalog.pg_class where oid = (watch).target) = 'r' then 'true'
    else (
      select format('present.tableoid = any (%L::oid[])', translate(version.shape ->> 'relations', '[]', '{}'))
      from audit_private.versions_since(watch, moment) as version
      order by version.version_id
      limit 1
    )
  end
$$;


ALTER FUNCTION audit_private.partition_condition(watch audit_private.watches, moment timestamp with time zone) OWNER TO audit_owner;

--
-- Name: partitions_to_record(regclass, regproc); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.partitions_to_record(relation regclass, function regproc) RETURNS SETOF regclass
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select tree.relid
  from pg_catalog.pg_partition_tree(relation) as tree
  where tree.isleaf
    and (tree.relid = relation or not exists (
      select from pg_catalog.pg_trigger as own
      where own.tgrelid = tree.relid and own.tgfoid = function and own.tgenabled = 'A'
    ))
  union all
  select relation where not exists (select from pg_catalog.pg_partition_tree(relation))
$$;


ALTER FUNCTION audit_private.partitions_to_record(relation regclass, function regproc) OWNER TO audit_owner;

--
-- Name: place_name(regclass); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.place_name(target regclass) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select case when bool_or(attname = 'place') then 'place_' || md5(string_agg(attname::text, '/' order by attnum)) else 'place' end
  from pg_catalog.pg_attribute
  where attrelid = target and attnum > 0
$$;


ALTER FUNCTION audit_private.place_name(target regclass) OWNER TO audit_owner;

--
-- Name: present_names(regclass); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.present_names(target regclass) RETURNS TABLE(since_id bigint, until_id bigint, names jsonb)
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select version.since_id, lead(version.since_id) over (order by version.version_id), renamed.names
  from audit_private.capture_versions as version
  join audit_private.watches as watch on watch.watch_id = version.watch_id
  cross join lateral (
    select jsonb_object_agg(past.value ->> 'name', attribute.attname) as names
    from jsonb_each(version.shape -> 'columns') as past
    join pg_catalog.pg_attribute as attribute
      on attribute.attrelid = present_names.target and attribute.attnum = past.key::int and not attribute.attisdropped
    where past.value ->> 'name' <> attribute.attname
  ) as renamed
  where watch.target = present_names.target
$$;


ALTER FUNCTION audit_private.present_names(target regclass) OWNER TO audit_owner;

--
-- Name: secrets; Type: TABLE; Schema: audit_private; Owner: audit_owner
--

CREATE TABLE audit_private.secrets (
    purpose text NOT NULL,
    inner_pad bytea NOT NULL,
    outer_pad bytea NOT NULL,
    CONSTRAINT secrets_inner_pad_block CHECK ((length(inner_pad) = 64)),
    CONSTRAINT secrets_outer_pad_block CHECK ((length(outer_pad) = 64)),
    CONSTRAINT secrets_purpose_known CHECK ((purpose = ANY (ARRAY['context'::text, 'handoff'::text, 'login'::text])))
);


ALTER TABLE audit_private.secrets OWNER TO audit_owner;

--
-- Name: TABLE secrets; Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON TABLE audit_private.secrets IS 'One key per purpose: context (a transaction), handoff (a request), login.';


--
-- Name: proven_context(text); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.proven_context(body text) RETURNS SETOF text
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 SELECT (encode(sha256((secrets.outer_pad || sha256((((secrets.inner_pad || int4send(pg_backend_pid())) || timestamptz_send(now())) || convert_to((((SESSION_USER)::text || ''::text) || proven_context.body), 'UTF8'::name))))), 'hex'::text) || proven_context.body)
    FROM audit_private.secrets
   WHERE (secrets.purpose = 'context'::text);
END;


ALTER FUNCTION audit_private.proven_context(body text) OWNER TO audit_owner;

--
-- Name: FUNCTION proven_context(body text); Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON FUNCTION audit_private.proven_context(body text) IS 'A context for this transaction: 64 hexadecimal digits, its HMAC-SHA-256, and the body.';


--
-- Name: read_mark(text); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.read_mark(view text) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select encode(audit_private.mac('context', convert_to(concat_ws(
    E'\x1f', 'read', pg_backend_pid(), session_user, extract(epoch from date_trunc('minute', clock_timestamp())), view
  ), 'UTF8')), 'hex')
$$;


ALTER FUNCTION audit_private.read_mark(view text) OWNER TO audit_owner;

--
-- Name: reading_permit(regclass); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.reading_permit(target regclass) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select permit from audit_private.proven_context('read ' || target::oid) as permit
$$;


ALTER FUNCTION audit_private.reading_permit(target regclass) OWNER TO audit_owner;

--
-- Name: rebuilt_source(text, oid, text); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.rebuilt_source(name text, type oid, otherwise text) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET quote_all_identifiers TO 'off'
    AS $_$
  with recursive base (type) as (
    select rebuilt_source.type
    union all
    select kind.typbasetype from base join pg_catalog.pg_type as kind on kind.oid = base.type where kind.typtype = 'd'
  )
  select case
    when exists (select from base where base.type in ('json'::regtype, 'jsonb'::regtype)) then format(
      'case when past.image ? %1$L then (past.image ->> %1$L)::%2$s else %3$s end', name, format_type(rebuilt_source.type, null), otherwise
    )
    else rebuilt_source.otherwise
  end
$_$;


ALTER FUNCTION audit_private.rebuilt_source(name text, type oid, otherwise text) OWNER TO audit_owner;

--
-- Name: record_baseline(audit_private.watches, regclass, text, bigint, bigint, pg_snapshot); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.record_baseline(watch audit_private.watches, relation regclass, condition text, from_block bigint DEFAULT NULL::bigint, to_block bigint DEFAULT NULL::bigint, start_snapshot pg_snapshot DEFAULT NULL::pg_snapshot) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
declare
  v_actor constant audit_private.actor := audit_private.current_actor();
  v_rows bigint;
begin
  perform audit_private.require_baseline_lock(relation);
  execute audit_private.insert_source() || '  select ' || audit_private.record_source(
    watch, 'ROW_BASELINE', audit_private.entity_id_source(watch, 'present'),
    audit_private.changes_source(watch, 'new', '', 'present'), metadata => '$3', now => '$1', actor => '($2)'
  ) || format(E'\n  from only %s as present where %s', relation, condition)
  using
    clock_timestamp(), v_actor, case when v_actor.claim is not null then jsonb_build_object('claim', v_actor.claim) end,
    format('(%s,0)', from_block)::tid, format('(%s,0)', to_block)::tid, start_snapshot;
  get diagnostics v_rows = row_count;
  return v_rows;
end $_$;


ALTER FUNCTION audit_private.record_baseline(watch audit_private.watches, relation regclass, condition text, from_block bigint, to_block bigint, start_snapshot pg_snapshot) OWNER TO audit_owner;

--
-- Name: record_event_alone(text, uuid, text, text, text, text, text, text, text, text, text, text, timestamp with time zone, text); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.record_event_alone(producer text, event_id uuid, action text, entity_type text, entity_id text, description text, outcome text, metadata text, permission text, user_id text, ip_address text, request_id text, created_at timestamp with time zone, sealed text, OUT verdict text, OUT log_id bigint, OUT state text) RETURNS record
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_refused constant text := '{"metadata_sanitised": ["refused"]}';
  v_metadata text := record_event_alone.metadata;
begin
  loop
    begin
      select verdicts[1], log_ids[1] into strict verdict, log_id
      from audit_private.record_events(
        producer, array[event_id], array[action], array[entity_type], array[entity_id], array[description],
        array[outcome], array[metadata], array[v_metadata], array[permission], array[user_id], array[ip_address],
        array[request_id], array[created_at], array[sealed]
      );
      state := null;
      return;
    exception
      when data_exception or integrity_constraint_violation or program_limit_exceeded or sqlstate 'ID000' then
        verdict := 'refused';
        state := sqlstate;
    end;
    -- An event is worth more than its metadata.
    exit when v_metadata is null or v_metadata = v_refused
      or state not in ('ID005', '22P02', '22P05', '22003', '54000', '54001');
    v_metadata := v_refused;
  end loop;
end $$;


ALTER FUNCTION audit_private.record_event_alone(producer text, event_id uuid, action text, entity_type text, entity_id text, description text, outcome text, metadata text, permission text, user_id text, ip_address text, request_id text, created_at timestamp with time zone, sealed text, OUT verdict text, OUT log_id bigint, OUT state text) OWNER TO audit_owner;

--
-- Name: record_events(text, uuid[], text[], text[], text[], text[], text[], text[], text[], text[], text[], text[], text[], timestamp with time zone[], text[]); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.record_events(producer text, event_ids uuid[], actions text[], entity_types text[], entity_ids text[], descriptions text[], outcomes text[], metadata text[], stored_metadata text[], permissions text[], user_ids text[], ip_addresses text[], request_ids text[], created_ats timestamp with time zone[], sealed text[], OUT verdicts text[], OUT log_ids bigint[]) RETURNS record
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
  v_now constant timestamptz := clock_timestamp();
  v_application constant boolean := audit_private.is_application();
  v_actors audit_private.actor[];
  v_claimed bigint[];
  v_all boolean;
begin
  perform audit_private.require_event(action, outcome)
  from (select distinct action, outcome from unnest(record_events.actions, record_events.outcomes) as said (action, outcome)) as said;

  record_events.log_ids := array(
    select nextval('audit.audit_logs_id_seq') from generate_series(1, cardinality(record_events.event_ids))
  );
  with claimed as (
    insert into audit_private.event_ids (producer, event_id, digest, log_id, recorded_at)
    select
      record_events.producer, event_id,
      audit_private.event_digest(
        action, entity_type, entity_id, description, outcome, metadata, permission, user_id, ip_address, request_id,
        created_at, sealed
      ),
      log_id, v_now
    from unnest(
      record_events.event_ids, record_events.log_ids, record_events.actions, record_events.entity_types,
      record_events.entity_ids, record_events.descriptions, record_events.outcomes, record_events.metadata,
      record_events.permissions, record_events.user_ids, record_events.ip_addresses, record_events.request_ids,
      record_events.created_ats, record_events.sealed
    ) as said (
      event_id, log_id, action, entity_type, entity_id, description, outcome, metadata, permission, user_id, ip_address,
      request_id, created_at, sealed
    )
    -- In one order for all: whoever sends the same events at the same time waits, and does not deadlock.
    order by event_id, log_id
    on conflict (producer, event_id) do nothing
    returning log_id
  )
  select array_agg(log_id) into v_claimed from claimed;
  v_all := cardinality(v_claimed) = cardinality(record_events.event_ids);

  -- What has to be proven is, once for each context. The plain word of an application costs nothing and is taken below.
  if not v_application or array_remove(record_events.sealed, null) <> '{}' then
    select array_agg(actor order by place) into v_actors
    from (
      select
        unnest(array_agg(place)) as place,
        audit_private.event_actor(sealed, user_id, ip_address::inet, request_id) as actor
      from unnest(
        record_events.sealed, record_events.user_ids, record_events.ip_addresses, record_events.request_ids
      ) with ordinality as said (sealed, user_id, ip_address, request_id, place)
      group by sealed, user_id, ip_address, request_id
    ) as told;
  end if;

  insert into audit.audit_logs (
    id, created_at, recorded_at, action, outcome, user_id, actor_proof, entity_type, entity_id,
    description, permission, ip_address, request_id, metadata, time_source
  )
  overriding system value
  select
    log_id,
    audit_private.clamped_time(created_at, v_now),
    v_now,
    action,
    outcome::audit.outcome,
    (actor).user_id,
    (actor).proof,
    audit_private.clean(entity_type, 200),
    audit_private.entity_key(audit_private.clean(entity_id, 1000)),
    audit_private.clean(description, 2000),
    audit_private.clean(permission, 100),
    (actor).ip_address,
    (actor).request_id,
    coalesce(audit_private.require_metadata(metadata::jsonb) - 'claim', '{}')
      || case
        when (actor).claim is null then jsonb_build_object('event_id', event_id)
        else jsonb_build_object('event_id', event_id, 'claim', (actor).claim)
      end,
    audit_private.time_source(created_at, v_now)
  from (
    select
      said.*,
      case
        when v_actors is not null
          then row(told_user_id, told_ip_address, told_request_id, told_proof, told_claim)::audit_private.actor
        when num_nonnulls(user_id, ip_address, request_id) = 0 then audit_private.current_actor()
        else audit_private.claimed_actor(user_id, ip_address::inet, request_id)
      end as actor
    from unnest(
      record_events.event_ids, record_events.log_ids, record_events.actions, record_events.entity_types,
      record_events.entity_ids, record_events.descriptions, record_events.outcomes, record_events.stored_metadata,
      record_events.permissions, record_events.user_ids, record_events.ip_addresses, record_events.request_ids,
      record_events.created_ats, v_actors
    ) as said (
      event_id, log_id, action, entity_type, entity_id, description, outcome, metadata, permission, user_id, ip_address,
      request_id, created_at, told_user_id, told_ip_address, told_request_id, told_proof, told_claim
    )
    where v_all or log_id = any (v_claimed)
    offset 0
  ) as said;

  record_events.verdicts := array_fill('stored'::text, array[cardinality(record_events.event_ids)]);
  if v_all is not true then
    select
      array_agg(
        case when known.log_id = log_id_said then 'stored' when known.digest = digest_said then 'known' else 'conflict' end
        order by place
      ),
      array_agg(known.log_id order by place)
    into record_events.verdicts, record_events.log_ids
    from (
      select
        event_id, log_id as log_id_said, place,
        audit_private.event_digest(
          action, entity_type, entity_id, description, outcome, metadata, permission, user_id, ip_address, request_id,
          created_at, sealed
        ) as digest_said
      from unnest(
        record_events.event_ids, record_events.log_ids, record_events.actions, record_events.entity_types,
        record_events.entity_ids, record_events.descriptions, record_events.outcomes, record_events.metadata,
        record_events.permissions, record_events.user_ids, record_events.ip_addresses, record_events.request_ids,
        record_events.created_ats, record_events.sealed
      ) with ordinality as said (
        event_id, log_id, action, entity_type, entity_id, description, outcome, metadata, permission, user_id, ip_address,
        request_id, created_at, sealed, place
      )
    ) as said
    join audit_private.event_ids as known
      on known.producer = record_events.producer and known.event_id = said.event_id;
    perform audit_private.note_conflict(audit_private.current_actor(), record_events.producer, event_id, log_id)
    from unnest(record_events.event_ids, record_events.verdicts, record_events.log_ids) as said (event_id, verdict, log_id)
    where verdict = 'conflict';
  end if;
end $$;


ALTER FUNCTION audit_private.record_events(producer text, event_ids uuid[], actions text[], entity_types text[], entity_ids text[], descriptions text[], outcomes text[], metadata text[], stored_metadata text[], permissions text[], user_ids text[], ip_addresses text[], request_ids text[], created_ats timestamp with time zone[], sealed text[], OUT verdicts text[], OUT log_ids bigint[]) OWNER TO audit_owner;

--
-- Name: FUNCTION record_events(producer text, event_ids uuid[], actions text[], entity_types text[], entity_ids text[], descriptions text[], outcomes text[], metadata text[], stored_metadata text[], permissions text[], user_ids text[], ip_addresses text[], request_ids text[], created_ats timestamp with time zone[], sealed text[], OUT verdicts text[], OUT log_ids bigint[]); Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON FUNCTION audit_private.record_events(producer text, event_ids uuid[], actions text[], entity_types text[], entity_ids text[], descriptions text[], outcomes text[], metadata text[], stored_metadata text[], permissions text[], user_ids text[], ip_addresses text[], request_ids text[], created_ats timestamp with time zone[], sealed text[], OUT verdicts text[], OUT log_ids bigint[]) IS 'Records those events that are new, all or none of them; of each: stored, known or conflict, and the id of its row.';


--
-- Name: record_incoming_refusals(text, jsonb, text[], bigint[], inet, text); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.record_incoming_refusals(account text, events jsonb, verdicts text[], log_ids bigint[], ip_address inet, request_id text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_actor constant audit_private.actor := row(
    null, record_incoming_refusals.ip_address, audit_private.clean(record_incoming_refusals.request_id, 128), 'client', null
  )::audit_private.actor;
  v_denied constant text[] := array['action_out_of_scope', 'entity_type_out_of_scope', 'wrong_origin'];
begin
  perform audit_private.append(
    actor => v_actor,
    action => 'AUDIT_EVENT_CONFLICT',
    entity_type => 'AUDIT_EVENT',
    entity_id => log_ids[given.position]::text,
    outcome => 'failure',
    metadata => jsonb_build_object(
      'producer', record_incoming_refusals.account,
      'event_id', audit_private.clean(given.item ->> 'event_id', 200),
      'action', audit_private.clean(given.item ->> 'action', 100)
    )
  )
  from jsonb_array_elements(events) with ordinality as given (item, position)
  where verdicts[given.position] = 'conflict';
  -- One record for each call, whatever was tried in it.
  perform audit_private.append(
    actor => v_actor,
    action => 'AUDIT_EVENT_DENIED',
    entity_type => 'IAM_ACCOUNT',
    entity_id => record_incoming_refusals.account,
    outcome => 'denied',
    metadata => jsonb_build_object(
      'producer', record_incoming_refusals.account, 'count', denied.count, 'first', denied.attempts -> 0
    )
  )
  from (
    select count(*), jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
      'reason', verdicts[given.position],
      'action', audit_private.clean(given.item ->> 'action', 100),
      'entity_type', audit_private.clean(given.item ->> 'entity_type', 100)
    )) order by given.position) as attempts
    from jsonb_array_elements(events) with ordinality as given (item, position)
    where verdicts[given.position] = any (v_denied)
  ) as denied
  where denied.count > 0;
end $$;


ALTER FUNCTION audit_private.record_incoming_refusals(account text, events jsonb, verdicts text[], log_ids bigint[], ip_address inet, request_id text) OWNER TO audit_owner;

--
-- Name: record_source(audit_private.watches, text, text, text, text, text, text); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.record_source(watch audit_private.watches, action text, entity_id text, changes text, metadata text DEFAULT 'v_metadata'::text, now text DEFAULT 'v_now'::text, actor text DEFAULT 'v_actor'::text) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
  select format(
    E'%1$s, %1$s, %3$L, %2$s.user_id, %2$s.proof, %4$L, %5$s,\n    %2$s.ip_address, %2$s.request_id, %6$s, %7$s',
    now, actor, action, (watch).entity_type, entity_id, changes, metadata
  )
$_$;


ALTER FUNCTION audit_private.record_source(watch audit_private.watches, action text, entity_id text, changes text, metadata text, now text, actor text) OWNER TO audit_owner;

--
-- Name: record_verdict(jsonb); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.record_verdict(event jsonb) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  -- Not append(): login and time are those of the attempt.
  insert into audit.audit_logs (
    created_at, recorded_at, action, outcome, user_id, db_user, actor_proof, entity_type, entity_id,
    description, permission, ip_address, request_id, metadata
  ) values (
    (event ->> 'created_at')::timestamptz,
    clock_timestamp(),
    event ->> 'action',
    (event ->> 'outcome')::audit.outcome,
    event ->> 'user_id',
    event ->> 'db_user',
    coalesce(event ->> 'actor_proof', 'direct')::audit.actor_proof,
    event ->> 'entity_type',
    audit_private.entity_key(event ->> 'entity_id'),
    event ->> 'description',
    event ->> 'permission',
    (event ->> 'ip_address')::inet,
    event ->> 'request_id',
    nullif(event -> 'metadata', 'null')
  );
end $$;


ALTER FUNCTION audit_private.record_verdict(event jsonb) OWNER TO audit_owner;

--
-- Name: records_between(pg_snapshot, pg_snapshot); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.records_between(previous pg_snapshot, present pg_snapshot) RETURNS TABLE(id bigint, created_at timestamp with time zone)
    LANGUAGE sql STABLE ROWS 100
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select log.id, log.created_at
  from audit.audit_logs as log
  where log.xid = any (array(select pg_snapshot_xip(records_between.previous)))
    and pg_visible_in_snapshot(log.xid, records_between.present)
  union all
  select log.id, log.created_at
  from audit.audit_logs as log
  where log.xid >= pg_snapshot_xmax(records_between.previous)
    and pg_visible_in_snapshot(log.xid, records_between.present)
$$;


ALTER FUNCTION audit_private.records_between(previous pg_snapshot, present pg_snapshot) OWNER TO audit_owner;

--
-- Name: records_of(text[], text); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.records_of(entity_types text[], key text) RETURNS TABLE(taken_by bigint, record audit.audit_logs)
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
#variable_conflict use_column
begin
  return query
  with recursive life (entity_id, since_id, until_id, taken_by) as (
    select records_of.key, 0::bigint, 9223372036854775807, null::bigint
    union
    select rekeyed.previous_id, coalesce(beginning.id, 0), rekeyed.id, coalesce(life.taken_by, rekeyed.id)
    from life
    cross join lateral (
      select log.id, log.metadata ->> 'previous_entity_id' as previous_id
      from audit.audit_logs as log
      where log.entity_id = life.entity_id and log.entity_type = any (records_of.entity_types)
        and log.id >= life.since_id and log.id < life.until_id and log.metadata ? 'previous_entity_id'
    ) as rekeyed
    left join lateral (
      select max(log.id) as id
      from audit.audit_logs as log
      where log.entity_id = rekeyed.previous_id and log.entity_type = any (records_of.entity_types)
        and log.id < rekeyed.id and (log.action = 'ROW_INSERTED' or log.metadata ? 'previous_entity_id')
    ) as beginning on true
  ), told (taken_by, record) as (
    select life.taken_by, log
    from life
    join audit.audit_logs as log
      on log.entity_id = life.entity_id and log.entity_type = any (records_of.entity_types)
      and log.id >= life.since_id and log.id < life.until_id
    union all
    -- Where a row gave the key up.
    select null, log
    from (
      select distinct change.entity_type, change.entity_id
      from audit_private.key_changes as change
      where change.previous_entity_id = records_of.key and change.entity_type = any (records_of.entity_types)
    ) as change
    join audit.audit_logs as log
      on log.entity_id = change.entity_id and log.entity_type = change.entity_type
      and log.metadata ->> 'previous_entity_id' = records_of.key
  )
  select
    coalesce(told.taken_by, max((told.record).id) filter (
      where told.taken_by is null and (told.record).entity_id = records_of.key
        and ((told.record).action in ('ROW_INSERTED', 'ROW_BASELINE') or (told.record).metadata ? 'previous_entity_id')
    ) over (order by (told.record).id), 0),
    told.record
  from told
  where (told.record).action in ('ROW_INSERTED', 'ROW_UPDATED', 'ROW_DELETED', 'ROW_BASELINE');
end $$;


ALTER FUNCTION audit_private.records_of(entity_types text[], key text) OWNER TO audit_owner;

--
-- Name: records_of_request(text); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.records_of_request(request_id text) RETURNS SETOF audit.audit_logs
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select log.* from audit.audit_logs as log where log.request_id = records_of_request.request_id
$$;


ALTER FUNCTION audit_private.records_of_request(request_id text) OWNER TO audit_owner;

--
-- Name: records_of_transaction(xid8); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.records_of_transaction(transaction xid8) RETURNS SETOF audit.audit_logs
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select log.*
  from audit.audit_logs as log
  where log.xid = records_of_transaction.transaction
  union all
  -- What the request told on its independent session. An array: joined, the log might be read from end to end.
  select log.*
  from audit.audit_logs as log
  where log.xid <> records_of_transaction.transaction
    and log.request_id = any (array(
      select distinct own.request_id from audit.audit_logs as own
      where own.xid = records_of_transaction.transaction and own.request_id is not null
    ))
$$;


ALTER FUNCTION audit_private.records_of_transaction(transaction xid8) OWNER TO audit_owner;

--
-- Name: records_since(audit_private.watches, timestamp with time zone, text); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.records_since(watch audit_private.watches, moment timestamp with time zone, side text) RETURNS TABLE(id bigint, action text, entity_id text, previous_id text, image jsonb)
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
  v_before constant bigint := audit_private.id_before(records_since.moment);
begin
  return query
  select
    log.id, log.action, log.entity_id::text, log.metadata ->> 'previous_entity_id',
    case
      when version.renamed is null then (log.changes -> side) - version.unknown
      else audit_private.renamed_image((log.changes -> side) - version.unknown, version.renamed)
    end
  from audit.audit_logs as log
  join audit_private.names_since(watch, moment) as version
    on log.id > version.since_id and (version.until_id is null or log.id <= version.until_id)
  where log.id > v_before
    and log.created_at > records_since.moment
    and log.entity_type = (watch).entity_type
    and log.action in ('ROW_INSERTED', 'ROW_UPDATED', 'ROW_DELETED');
end $$;


ALTER FUNCTION audit_private.records_since(watch audit_private.watches, moment timestamp with time zone, side text) OWNER TO audit_owner;

--
-- Name: FUNCTION records_since(watch audit_private.watches, moment timestamp with time zone, side text); Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON FUNCTION audit_private.records_since(watch audit_private.watches, moment timestamp with time zone, side text) IS 'Row changes after a moment, each with the image of that side.';


--
-- Name: records_to_compare(audit_private.watches, text); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.records_to_compare(watch audit_private.watches, side text) RETURNS TABLE(id bigint, action text, entity_id text, previous_id text, image jsonb)
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
  v_start constant bigint := audit_private.comparison_start(watch);
  v_names constant text[] := array(select name from audit_private.columns_to_compare(watch));
  v_late constant bigint := (select max(since_id) from audit_private.columns_to_compare(watch));
begin
  return query
  select
    log.id, log.action, log.entity_id::text, log.metadata ->> 'previous_entity_id',
    case
      when jsonb_typeof(log.changes -> side) = 'object' then (
        select jsonb_object_agg(field.key, field.value)
        from jsonb_each(log.changes -> side) as field
        where field.key = any (v_names) and (log.id > v_late or field.key in (
          select known.name from audit_private.compared_columns as known
          where known.watch_id = (watch).watch_id and known.since_id < log.id
        ))
      )
    end
  from audit.audit_logs as log
  where log.entity_type = (watch).entity_type and log.id > v_start
    and log.action in ('ROW_INSERTED', 'ROW_UPDATED', 'ROW_DELETED', 'ROW_BASELINE');
end $$;


ALTER FUNCTION audit_private.records_to_compare(watch audit_private.watches, side text) OWNER TO audit_owner;

--
-- Name: refusal_of(jsonb, text, text, text); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.refusal_of(item jsonb, origin text, actions text, entity_types text) RETURNS text
    LANGUAGE sql STABLE
    RETURN CASE WHEN (NOT audit_private.is_event(item)) THEN 'invalid_event'::text WHEN (((item ->> 'action'::text) ~ actions) IS NOT TRUE) THEN 'action_out_of_scope'::text WHEN (((item ->> 'entity_type'::text) IS NOT NULL) AND (((item ->> 'entity_type'::text) ~ entity_types) IS NOT TRUE)) THEN 'entity_type_out_of_scope'::text WHEN (origin IS NULL) THEN 'unknown_action'::text WHEN (origin <> 'client'::text) THEN 'wrong_origin'::text ELSE NULL::text END;


ALTER FUNCTION audit_private.refusal_of(item jsonb, origin text, actions text, entity_types text) OWNER TO audit_owner;

--
-- Name: FUNCTION refusal_of(item jsonb, origin text, actions text, entity_types text); Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON FUNCTION audit_private.refusal_of(item jsonb, origin text, actions text, entity_types text) IS 'Why an event of a service account is not recorded, null if it is; the scope first, so that nobody probes the catalogue.';


--
-- Name: refuse_context(text, boolean); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.refuse_context(claim text, is_local boolean) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_claim constant text := audit_private.clean(
    case
      when audit_private.is_application() then refuse_context.claim
      else format('claim by %s: %s', session_user, refuse_context.claim)
    end,
    200
  );
begin
  raise warning 'context not honoured: %', v_claim
    using hint = 'What is done is recorded under the login itself; only members of audit_app act for others.';
  perform set_config('indelible.context', v_claim, refuse_context.is_local);
end $$;


ALTER FUNCTION audit_private.refuse_context(claim text, is_local boolean) OWNER TO audit_owner;

--
-- Name: FUNCTION refuse_context(claim text, is_local boolean); Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON FUNCTION audit_private.refuse_context(claim text, is_local boolean) IS 'Keeps what was said and is not honoured, for the record.';


--
-- Name: refuse_drift(regclass); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.refuse_drift(target regclass) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  raise exception using
    errcode = 'ID011',
    message = format('the columns of %s have changed since it was watched', target),
    hint = 'Run audit.watch() on it again, or indelible migrate.';
end $$;


ALTER FUNCTION audit_private.refuse_drift(target regclass) OWNER TO audit_owner;

--
-- Name: refuse_sealing(text); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.refuse_sealing(reason text) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  raise exception using errcode = 'ID014', message = refuse_sealing.reason;
end $$;


ALTER FUNCTION audit_private.refuse_sealing(reason text) OWNER TO audit_owner;

--
-- Name: rekey_source(audit_private.watches); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.rekey_source(watch audit_private.watches) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
  select format(
    E'  if v_rekeyed then\n'
    '    v_metadata := jsonb_build_object(''previous_entity_id'', %s);\n'
    '    insert into audit_private.key_changes (entity_type, previous_entity_id, entity_id) values (%L, %1$s, %3$s);\n'
    '  end if;\n',
    audit_private.entity_id_source(watch, 'old'), (watch).entity_type, audit_private.entity_id_source(watch, 'new')
  )
$_$;


ALTER FUNCTION audit_private.rekey_source(watch audit_private.watches) OWNER TO audit_owner;

--
-- Name: remainder_source(audit_private.watches, text, text); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.remainder_source(watch audit_private.watches, side text, other text) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select concat_ws(
    ' || ',
    'audit_private.null_fields(array[' || string_agg(
      case
        when is_masked or not nullable or audit_private.field_type(built_in, type, is_masked) = 'jsonb' then null
        when built_in then format(
          'case when %s is null and %s is not null then %L end',
          audit_private.column_source(side, name), audit_private.column_source(other, name), name
        )
        else format(
          'case when num_nulls(%s) = 1 and num_nulls(%s) = 0 then %L end',
          audit_private.column_source(side, name), audit_private.column_source(other, name), name
        )
      end, ', ' order by place
    ) || ']::text[])',
    string_agg(
      case when audit_private.field_type(built_in, type, is_masked) = 'jsonb' then format(
        'case when %s then jsonb_build_object(%L, %s) else ''{}'' end',
        audit_private.change_source(name, equality_is_identity, side, other), name,
        audit_private.value_source(side, name, built_in, type, is_masked)
      ) end, ' || ' order by place
    )
  )
  from audit_private.captured_columns(watch)
$$;


ALTER FUNCTION audit_private.remainder_source(watch audit_private.watches, side text, other text) OWNER TO audit_owner;

--
-- Name: remember_columns(audit_private.watches); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.remember_columns(watch audit_private.watches) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
  v_id constant bigint := coalesce((select max(id) from audit.audit_logs), 0);
begin
  if exists (
    select from audit_private.compared_columns as known
    left join audit_private.comparable_columns(watch) as present using (name)
    where known.watch_id = (watch).watch_id
      and (known.entity_type <> (watch).entity_type or known.is_key <> coalesce(present.is_key, false))
  ) then
    delete from audit_private.compared_columns where watch_id = (watch).watch_id;
    delete from audit_private.baselines where watch_id = (watch).watch_id;
  end if;
  delete from audit_private.compared_columns as known
  where known.watch_id = (watch).watch_id and not exists (
    select from audit_private.comparable_columns(watch) as present
    where (present.name, present.type, present.typmod) = (known.name, known.type, known.typmod)
  );
  insert into audit_private.compared_columns (watch_id, name, type, typmod, is_key, entity_type, since_id)
  select (watch).watch_id, present.name, present.type, present.typmod, present.is_key, (watch).entity_type, v_id
  from audit_private.comparable_columns(watch) as present
  on conflict do nothing;
end $$;


ALTER FUNCTION audit_private.remember_columns(watch audit_private.watches) OWNER TO audit_owner;

--
-- Name: FUNCTION remember_columns(watch audit_private.watches); Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON FUNCTION audit_private.remember_columns(watch audit_private.watches) IS 'Notes what became comparable now; forgets what no longer is.';


--
-- Name: remember_version(audit_private.watches, boolean); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.remember_version(watch audit_private.watches, starts boolean DEFAULT false) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_shape constant jsonb := audit_private.capture_shape(watch);
  v_known jsonb;
begin
  select version.shape into v_known
  from audit_private.capture_versions as version
  where version.watch_id = (watch).watch_id
  order by version.version_id desc
  limit 1;
  if v_known is distinct from v_shape or starts then
    insert into audit_private.capture_versions (watch_id, since_id, is_start, shape)
    select
      (watch).watch_id, coalesce((select max(id) from audit.audit_logs), 0),
      starts or v_known is null or v_known -> 'frame' <> v_shape -> 'frame', v_shape;
  end if;
end $$;


ALTER FUNCTION audit_private.remember_version(watch audit_private.watches, starts boolean) OWNER TO audit_owner;

--
-- Name: FUNCTION remember_version(watch audit_private.watches, starts boolean); Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON FUNCTION audit_private.remember_version(watch audit_private.watches, starts boolean) IS 'Notes how the capture of a table is now, if that is new; starts: changes before may be missing from the log.';


--
-- Name: renamed_changes(jsonb, jsonb); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.renamed_changes(changes jsonb, names jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select jsonb_object_agg(side.key, audit_private.renamed_image(side.value, names))
  from jsonb_each(changes) as side
  where jsonb_typeof(side.value) = 'object'
$$;


ALTER FUNCTION audit_private.renamed_changes(changes jsonb, names jsonb) OWNER TO audit_owner;

--
-- Name: renamed_image(jsonb, jsonb); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.renamed_image(image jsonb, renamed jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select jsonb_object_agg(coalesce(renamed ->> field.key, field.key), field.value) from jsonb_each(image) as field
$$;


ALTER FUNCTION audit_private.renamed_image(image jsonb, renamed jsonb) OWNER TO audit_owner;

--
-- Name: renew_capture(audit_private.watches); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.renew_capture(watch audit_private.watches) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_former_code constant text := audit_private.capture_code(watch);
begin
  perform audit_private.write_capture(watch);
  if v_former_code <> audit_private.capture_code(watch) then
    perform audit_private.append(
      actor => audit_private.current_actor(),
      action => 'AUDIT_CAPTURE_WRITTEN',
      entity_type => 'AUDIT_WATCH',
      entity_id => (watch).target_name
    );
  end if;
end $$;


ALTER FUNCTION audit_private.renew_capture(watch audit_private.watches) OWNER TO audit_owner;

--
-- Name: FUNCTION renew_capture(watch audit_private.watches); Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON FUNCTION audit_private.renew_capture(watch audit_private.watches) IS 'Writes the capture functions again, as the table or this code has changed.';


--
-- Name: require_alone(regclass, text); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.require_alone(target regclass, capture text) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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


ALTER FUNCTION audit_private.require_alone(target regclass, capture text) OWNER TO audit_owner;

--
-- Name: require_baseline_lock(regclass); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.require_baseline_lock(relation regclass) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if current_setting('transaction_isolation') <> 'read committed' or not audit_private.holds_lock(relation) then
    raise exception using
      errcode = 'ID012',
      message = format('a baseline of %s needs its lock and the isolation READ COMMITTED', relation),
      hint = 'Call audit.baseline() outside of transactions of another isolation.';
  end if;
end $$;


ALTER FUNCTION audit_private.require_baseline_lock(relation regclass) OWNER TO audit_owner;

--
-- Name: require_columns(audit_private.watches); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.require_columns(watch audit_private.watches) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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


ALTER FUNCTION audit_private.require_columns(watch audit_private.watches) OWNER TO audit_owner;

--
-- Name: require_entity_type(text, regclass); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.require_entity_type(entity_type text, target regclass) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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


ALTER FUNCTION audit_private.require_entity_type(entity_type text, target regclass) OWNER TO audit_owner;

--
-- Name: require_event(text, text); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.require_event(action text, outcome text) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  perform audit_private.require_origin(require_event.action, 'service');
  if require_event.outcome is null or require_event.outcome not in ('success', 'failure', 'denied', 'attempted') then
    raise exception using
      errcode = 'ID005',
      message = 'an outcome is success, failure, denied or attempted';
  end if;
  if require_event.action like 'AUTH\_%' and require_event.outcome <> 'failure' then
    raise exception using
      errcode = 'ID005',
      message = 'only the database records that a login succeeded or was denied';
  end if;
end $$;


ALTER FUNCTION audit_private.require_event(action text, outcome text) OWNER TO audit_owner;

--
-- Name: FUNCTION require_event(action text, outcome text); Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON FUNCTION audit_private.require_event(action text, outcome text) IS 'Refuses what the audit service may not say.';


--
-- Name: require_harmless_code(regclass, name); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.require_harmless_code(target regclass, caller name) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if exists (
    select from pg_catalog.pg_class
    where oid = require_harmless_code.target and pg_get_userbyid(relowner) = require_harmless_code.caller
  ) then
    return;
  end if;
  perform audit_private.require_known_code(relid)
  from pg_catalog.pg_partition_tree(require_harmless_code.target) where not isleaf;
  perform audit_private.require_known_code(relation) from audit.captured_relations(require_harmless_code.target) as relation;
end $$;


ALTER FUNCTION audit_private.require_harmless_code(target regclass, caller name) OWNER TO audit_owner;

--
-- Name: require_harmless_types(regclass); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.require_harmless_types(target regclass) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
  v_function regprocedure;
begin
  with recursive made (type) as (
    select atttypid from pg_catalog.pg_attribute
    where attrelid = require_harmless_types.target and attnum > 0 and not attisdropped
    union
    select part.type
    from made
    join pg_catalog.pg_type as kind on kind.oid = made.type
    left join pg_catalog.pg_range as range on kind.oid in (range.rngtypid, range.rngmultitypid)
    left join pg_catalog.pg_attribute as field on field.attrelid = kind.typrelid and field.attnum > 0 and not field.attisdropped
    cross join unnest(array[kind.typelem, kind.typbasetype, range.rngsubtype, field.atttypid]) as part (type)
    where part.type <> 0
  )
  select called into v_function
  from made
  join pg_catalog.pg_constraint as rule on rule.contypid = made.type
  cross join audit_private.code_of_others('pg_constraint', rule.oid) as called
  where called is not null
  limit 1;
  if v_function is not null then
    raise exception using
      errcode = 'ID012',
      message = format('rows of %s are not rebuilt for others than its owner: a domain of its calls %s', require_harmless_types.target, v_function);
  end if;
end $$;


ALTER FUNCTION audit_private.require_harmless_types(target regclass) OWNER TO audit_owner;

--
-- Name: require_http_reader(audit_private.actor); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.require_http_reader(actor audit_private.actor) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  perform from iam.judge_permission((actor).user_id, 'audit.event.read') as judged where judged.verdict = 'granted';
  if not found then
    raise exception using errcode = '42501', message = 'reading the log over HTTP needs the permission audit.event.read';
  end if;
end $$;


ALTER FUNCTION audit_private.require_http_reader(actor audit_private.actor) OWNER TO audit_owner;

--
-- Name: require_known_code(regclass); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.require_known_code(relation regclass) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_function regprocedure;
begin
  perform audit_private.require_present(relation);
  select audit_private.code_of_others(class, object) into v_function
  from (
    select 'pg_class'::regclass as class, indexrelid as object from pg_catalog.pg_index where indrelid = relation
    union all
    select 'pg_statistic_ext'::regclass, oid from pg_catalog.pg_statistic_ext where stxrelid = relation
    union all
    -- Of the table itself: its partition key.
    select 'pg_class'::regclass, relation
  ) as part
  where audit_private.code_of_others(class, object) is not null
  limit 1;
  if v_function is not null then
    raise exception using
      errcode = 'ID012',
      message = format('the rows of %s cannot be read: its indexes, statistics or partition key call %s', relation, v_function),
      hint = 'Its owner can reconcile it; instead of TRUNCATE use DELETE, which records each row, or leave truncate out of the operations.';
  end if;
end $$;


ALTER FUNCTION audit_private.require_known_code(relation regclass) OWNER TO audit_owner;

--
-- Name: FUNCTION require_known_code(relation regclass); Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON FUNCTION audit_private.require_known_code(relation regclass) IS 'Whether a table can be read without running code of others.';


--
-- Name: require_known_partitioning(regclass); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.require_known_partitioning(target regclass) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_relation regclass;
begin
  for v_relation in select relid from pg_catalog.pg_partition_tree(target) where not isleaf loop
    perform audit_private.require_present(v_relation);
    if audit_private.code_of_others('pg_class', v_relation) is not null then
      raise exception using
        errcode = 'ID012',
        message = format(
          'the partitions of %s cannot be recorded: its partition key calls %s', v_relation,
          audit_private.code_of_others('pg_class', v_relation)
        ),
        hint = 'Partition by a column, or by functions of a superuser.';
    end if;
  end loop;
end $$;


ALTER FUNCTION audit_private.require_known_partitioning(target regclass) OWNER TO audit_owner;

--
-- Name: require_may_read(regclass); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.require_may_read(target regclass) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if not audit_private.may_read(require_may_read.target) then
    raise exception using
      errcode = '42501',
      message = format('%s may not read all of %s, nor its past', session_user, require_may_read.target),
      hint = 'SELECT on the table itself is needed and, if it has row security, to be exempt from it.';
  end if;
end $$;


ALTER FUNCTION audit_private.require_may_read(target regclass) OWNER TO audit_owner;

--
-- Name: require_metadata(jsonb); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.require_metadata(metadata jsonb) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if jsonb_typeof(require_metadata.metadata) <> 'object' or octet_length(require_metadata.metadata::text) > 65536 then
    raise exception using
      errcode = 'ID005',
      message = 'metadata is a JSON object of at most 65536 bytes';
  end if;
  return require_metadata.metadata;
end $$;


ALTER FUNCTION audit_private.require_metadata(metadata jsonb) OWNER TO audit_owner;

--
-- Name: require_origin(text, text); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.require_origin(code text, origin text) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
  v_origin text;
begin
  select origin into v_origin from audit.actions where code = require_origin.code;
  if v_origin is null then
    raise exception using
      errcode = 'ID002',
      message = format('unknown action %s', coalesce(audit_private.clean(require_origin.code, 100), 'null')),
      hint = 'Define it with audit.define_action().';
  elsif v_origin <> require_origin.origin then
    raise exception using
      errcode = 'ID003',
      message = format('action %s may only be recorded by origin %s', require_origin.code, v_origin),
      hint = 'Row changes, logins and denials are recorded by the database itself.';
  end if;
end $$;


ALTER FUNCTION audit_private.require_origin(code text, origin text) OWNER TO audit_owner;

--
-- Name: require_owner(regclass); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.require_owner(target regclass) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  perform audit_private.require_owner(require_owner.target, coalesce(nullif(current_setting('role'), 'none'), session_user)::name);
end $$;


ALTER FUNCTION audit_private.require_owner(target regclass) OWNER TO audit_owner;

--
-- Name: require_owner(regclass, name); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.require_owner(target regclass, caller name) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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


ALTER FUNCTION audit_private.require_owner(target regclass, caller name) OWNER TO audit_owner;

--
-- Name: require_past(audit_private.watches, timestamp with time zone); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.require_past(watch audit_private.watches, moment timestamp with time zone) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
  v_start constant timestamptz := (
    select max(since) from audit_private.capture_versions where watch_id = (watch).watch_id and is_start
  );
begin
  if v_start is null or require_past.moment < v_start then
    raise exception using
      errcode = 'ID012',
      message = format('how %s stood at %s is not on record', (watch).target, require_past.moment),
      hint = format('Its changes are recorded, without a gap, since %s.', v_start);
  elsif not (watch).operations @> '{insert,update,delete,truncate}' then
    raise exception using
      errcode = 'ID012',
      message = format('how %s stood is not on record: not all of its operations are', (watch).target);
  elsif exists (select from audit_private.capture_places(watch) where not right_there) then
    raise exception using
      errcode = 'ID012',
      message = format('how %s stood is not on record: its capture was disabled or replaced', (watch).target),
      hint = 'indelible doctor says more.';
  elsif exists (
    select from audit_private.versions_since(watch, require_past.moment) as version
    cross join jsonb_array_elements_text(version.shape -> 'relations') as part
    where part::oid not in (select audit.captured_relations((watch).target))
  ) then
    raise exception using
      errcode = 'ID012',
      message = format('how %s stood at %s is not on record: a partition was dropped or detached since', (watch).target, require_past.moment);
  end if;
end $$;


ALTER FUNCTION audit_private.require_past(watch audit_private.watches, moment timestamp with time zone) OWNER TO audit_owner;

--
-- Name: require_present(regclass); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.require_present(relation regclass) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception using
      errcode = 'ID012',
      message = format('%s cannot be opened safely in the isolation %s', relation, current_setting('transaction_isolation')),
      hint = 'Do so in READ COMMITTED, or use DELETE instead of TRUNCATE.';
  end if;
end $$;


ALTER FUNCTION audit_private.require_present(relation regclass) OWNER TO audit_owner;

--
-- Name: require_readable(regclass); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.require_readable(relation regclass) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  perform audit_private.require_known_code(relation);
  if not has_table_privilege('audit_owner', relation, 'select')
    or (select relrowsecurity from pg_catalog.pg_class where oid = relation)
      and not (select rolbypassrls or rolsuper from pg_catalog.pg_roles where rolname = 'audit_owner')
  then
    raise exception using
      errcode = 'ID012',
      message = format('the rows of %s cannot be recorded: audit_owner may not read all of them', relation),
      hint = 'Run audit.watch() on it again; for tables with row security audit_owner needs BYPASSRLS.';
  end if;
end $$;


ALTER FUNCTION audit_private.require_readable(relation regclass) OWNER TO audit_owner;

--
-- Name: FUNCTION require_readable(relation regclass); Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON FUNCTION audit_private.require_readable(relation regclass) IS 'Whether the owner of the log may read a table without running code of others.';


--
-- Name: require_reader(regclass, name); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.require_reader(target regclass, caller name) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if exists (
    select from pg_catalog.pg_class where oid = require_reader.target and pg_has_role(caller, relowner, 'usage')
  ) then
    return;
  elsif not exists (
    select from pg_catalog.pg_class
    where oid = require_reader.target and not relrowsecurity and has_table_privilege(caller, oid, 'select')
      and (pg_has_role(caller, 'audit_investigator', 'usage') or pg_has_role(caller, 'audit_admin', 'usage'))
  ) then
    raise exception using
      errcode = '42501',
      message = format('must be owner of table %s to reconcile it', require_reader.target),
      hint = 'Or a member of audit_investigator or audit_admin who may read it, if it has no row security.';
  end if;
end $$;


ALTER FUNCTION audit_private.require_reader(target regclass, caller name) OWNER TO audit_owner;

--
-- Name: require_reconcilable(audit_private.watches); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.require_reconcilable(watch audit_private.watches) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if not (watch).operations @> '{insert,update,delete,truncate}' then
    raise exception using
      errcode = 'ID012',
      message = format('%s cannot be reconciled: not all of its operations are recorded', (watch).target);
  elsif exists (
    select from pg_catalog.pg_index where indrelid = (watch).target and indisprimary and not indimmediate
  ) then
    raise exception using
      errcode = 'ID012',
      message = format('%s cannot be reconciled: its key is deferrable, so that two rows may bear it for a while', (watch).target);
  elsif audit_private.comparison_start(watch) is null then
    raise exception using
      errcode = 'ID012',
      message = format('%s cannot be reconciled: no column of its is recorded with its values', (watch).target);
  end if;
end $$;


ALTER FUNCTION audit_private.require_reconcilable(watch audit_private.watches) OWNER TO audit_owner;

--
-- Name: require_types(audit_private.watches); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.require_types(watch audit_private.watches) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_matches boolean;
  v_query constant text := (
    select format(
      'select array[%s]::regtype[] = ''{%s}''::regtype[] from (select null::%s as probe) as probes',
      string_agg(format('pg_typeof(%s)', audit_private.column_source('(probe)', name)), ', ' order by place),
      string_agg(type::text, ',' order by place), (watch).target
    )
    from audit_private.captured_columns(watch)
    where built_in
  );
begin
  execute v_query into v_matches;
  if not v_matches then
    perform audit_private.refuse_drift((watch).target);
  end if;
end $$;


ALTER FUNCTION audit_private.require_types(watch audit_private.watches) OWNER TO audit_owner;

--
-- Name: require_watchable(audit_private.watches); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.require_watchable(watch audit_private.watches) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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


ALTER FUNCTION audit_private.require_watchable(watch audit_private.watches) OWNER TO audit_owner;

--
-- Name: resolve_actor(text, text, inet, text); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.resolve_actor(sealed text, user_id text, ip_address inet, request_id text) RETURNS audit_private.actor
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if num_nonnulls(resolve_actor.sealed, resolve_actor.user_id, resolve_actor.ip_address, resolve_actor.request_id) = 0 then
    return audit_private.current_actor();
  end if;
  if not audit_private.is_application() then
    return row(
      null, null, null, 'direct',
      audit_private.clean(format('claim by %s: %s', session_user, resolve_actor.user_id), 200)
    )::audit_private.actor;
  end if;
  if resolve_actor.sealed is not null then
    return audit_private.open_sealed(resolve_actor.sealed);
  end if;
  return audit_private.claimed_actor(resolve_actor.user_id, resolve_actor.ip_address, resolve_actor.request_id);
end $$;


ALTER FUNCTION audit_private.resolve_actor(sealed text, user_id text, ip_address inet, request_id text) OWNER TO audit_owner;

--
-- Name: FUNCTION resolve_actor(sealed text, user_id text, ip_address inet, request_id text); Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON FUNCTION audit_private.resolve_actor(sealed text, user_id text, ip_address inet, request_id text) IS 'The actor of one call on the independent session: sealed, claimed, or that of the transaction.';


--
-- Name: restart_version(audit_private.watches); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.restart_version(watch audit_private.watches) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
  if exists (
    select from audit_private.capture_versions where watch_id = (watch).watch_id and is_start and since >= now()
  ) then
    perform audit_private.remember_version(watch, starts => true);
  end if;
end $$;


ALTER FUNCTION audit_private.restart_version(watch audit_private.watches) OWNER TO audit_owner;

--
-- Name: FUNCTION restart_version(watch audit_private.watches); Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON FUNCTION audit_private.restart_version(watch audit_private.watches) IS 'Once triggers are attached: a version that this transaction began begins now.';


--
-- Name: restorable_values(regclass, audit.audit_logs, text); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.restorable_values(target regclass, record audit.audit_logs, side text) RETURNS TABLE(place integer, name text, value text, restorable boolean)
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select
    attribute.attnum::int, coalesce(attribute.attname::text, field.key), field.value,
    attribute.attnum is not null and (past.value ->> 'known')::boolean
  from jsonb_each_text((record).changes -> side) as field
  join jsonb_each(audit_private.columns_before(restorable_values.target, (record).id)) as past
    on past.value ->> 'name' = field.key
  left join pg_catalog.pg_attribute as attribute
    on attribute.attrelid = restorable_values.target and attribute.attnum = past.key::int and not attribute.attisdropped
  where attribute.attgenerated is distinct from 's'
$$;


ALTER FUNCTION audit_private.restorable_values(target regclass, record audit.audit_logs, side text) OWNER TO audit_owner;

--
-- Name: row_condition(regclass, text); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.row_condition(target regclass, entity_id text) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_key constant text[] := audit_private.key_columns(row_condition.target);
begin
  if starts_with(row_condition.entity_id, 'sha256:') then
    return (
      select format('audit.entity_key(%s) = %L', audit_private.key_source(watch, quote_ident(relname)), row_condition.entity_id)
      from audit_private.watches as watch
      join pg_catalog.pg_class as class on class.oid = watch.target
      where watch.target = row_condition.target
      order by watch.watch_id desc
      limit 1
    );
  elsif cardinality(v_key) > 1 then
    return (
      select string_agg(format('%I = %L', field.key, field.value), ' and ' order by array_position(v_key, field.key))
      from jsonb_each_text(row_condition.entity_id::jsonb) as field
    );
  end if;
  return format('%I = %L', v_key[1], row_condition.entity_id);
end $$;


ALTER FUNCTION audit_private.row_condition(target regclass, entity_id text) OWNER TO audit_owner;

--
-- Name: rows_by_image(audit_private.watches); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.rows_by_image(watch audit_private.watches) RETURNS TABLE(entity_id text, copies bigint, image jsonb)
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select null::text, sum(sign)::bigint, image::text::jsonb
  from (
    select 1 as sign, image from audit_private.records_to_compare(watch, 'new') where image is not null
    union all
    select -1, image from audit_private.records_to_compare(watch, 'old') where image is not null
  ) as change
  group by image::text
$$;


ALTER FUNCTION audit_private.rows_by_image(watch audit_private.watches) OWNER TO audit_owner;

--
-- Name: rows_by_key(audit_private.watches); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.rows_by_key(watch audit_private.watches) RETURNS TABLE(entity_id text, copies bigint, image jsonb)
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select entity_id, copies, image from audit_private.told_rows(watch, null)
$$;


ALTER FUNCTION audit_private.rows_by_key(watch audit_private.watches) OWNER TO audit_owner;

--
-- Name: rows_to_seal(audit_private.log_position, pg_snapshot, integer); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.rows_to_seal(log_position audit_private.log_position, target pg_snapshot, most integer) RETURNS TABLE(id bigint, xid xid8, created_at timestamp with time zone, content text)
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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


ALTER FUNCTION audit_private.rows_to_seal(log_position audit_private.log_position, target pg_snapshot, most integer) OWNER TO audit_owner;

--
-- Name: save_watch(audit_private.watches, audit_private.watches); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.save_watch(before audit_private.watches, after audit_private.watches) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_is_declared constant boolean := (before).watch_id is not null
    and to_jsonb(before) - 'target_name' - 'started_at' = to_jsonb(after) - 'target_name' - 'started_at';
  v_declared constant jsonb := jsonb_build_object(
    'entity_type', (after).entity_type, 'capture', (after).capture, 'exclude', (after).excluded, 'mask', (after).masked,
    'skip', (after).skipped, 'operations', (after).operations, 'record_unchanged', (after).record_unchanged
  );
begin
  perform audit_private.end_dropped_watch((after).entity_type);
  insert into audit_private.watches (
    watch_id, target, target_name, entity_type, capture, excluded, masked, skipped, operations, record_unchanged
  ) overriding system value
  values (
    (after).watch_id, (after).target, (after).target_name, (after).entity_type, (after).capture, (after).excluded,
    (after).masked, (after).skipped, (after).operations, (after).record_unchanged
  )
  on conflict (watch_id) do update set
    target_name = excluded.target_name, entity_type = excluded.entity_type, capture = excluded.capture,
    excluded = excluded.excluded, masked = excluded.masked, skipped = excluded.skipped, operations = excluded.operations,
    record_unchanged = excluded.record_unchanged;
  if v_is_declared then
    perform audit_private.renew_capture(after);
  else
    perform audit_private.write_capture(after);
  end if;
  perform audit_private.follow_watch(after, 'audit.watch');
  if not v_is_declared then
    perform audit_private.append(
      actor => audit_private.current_actor(),
      action => case when (before).watch_id is null then 'AUDIT_WATCH_STARTED' else 'AUDIT_WATCH_CHANGED' end,
      entity_type => 'AUDIT_WATCH',
      entity_id => (after).target_name,
      metadata => v_declared
    );
  end if;
end $$;


ALTER FUNCTION audit_private.save_watch(before audit_private.watches, after audit_private.watches) OWNER TO audit_owner;

--
-- Name: seal_context(text, inet, text, bigint); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.seal_context(user_id text, ip_address inet, request_id text, session_id bigint) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_actor constant audit_private.actor := audit_private.claimed_actor(
    seal_context.user_id, seal_context.ip_address, seal_context.request_id
  );
  v_until constant bigint := ceil(extract(epoch from clock_timestamp() + interval '2 minutes'));
  v_payload constant text := encode(convert_to(v_until || ',' || seal_context.session_id || v_actor::text, 'UTF8'), 'hex');
begin
  return v_payload || '.' || encode(audit_private.mac('handoff', convert_to(v_payload, 'UTF8')), 'hex');
end $$;


ALTER FUNCTION audit_private.seal_context(user_id text, ip_address inet, request_id text, session_id bigint) OWNER TO audit_owner;

--
-- Name: FUNCTION seal_context(user_id text, ip_address inet, request_id text, session_id bigint); Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON FUNCTION audit_private.seal_context(user_id text, ip_address inet, request_id text, session_id bigint) IS 'What the application gets for an authenticated request: good for 2 minutes while the session lasts, at set_context alone.';


--
-- Name: sealed_between(bigint, bigint); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.sealed_between(first_leaf bigint, last_leaf bigint) RETURNS TABLE(leaf_index bigint, id bigint, created_at timestamp with time zone)
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select
    leaf.index,
    ('x' || encode(substring(leaf.entry from 6 for 8), 'hex'))::bit(64)::bigint,
    timestamptz '2000-01-01 00:00:00+00'
      + ('x' || encode(substring(leaf.entry from 22 for 8), 'hex'))::bit(64)::bigint * interval '1 microsecond'
  from (
    select tile.number * 256 + tile.start + place as index, substring(tile.content from place * 63 + 3 for 61) as entry
    from audit_private.tiles as tile
    cross join generate_series(0, length(tile.content) / 63 - 1) as place
    where tile.level = -1 and tile.number between first_leaf / 256 and last_leaf / 256
  ) as leaf
  where leaf.index between first_leaf and last_leaf
  order by leaf.index
$$;


ALTER FUNCTION audit_private.sealed_between(first_leaf bigint, last_leaf bigint) OWNER TO audit_owner;

--
-- Name: settings_source(audit_private.watches); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.settings_source(watch audit_private.watches) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  -- The text of a value must not depend on what the client has set; each pinned setting costs, so only those that can matter.
  select coalesce(string_agg(setting, '' order by setting), '')
  from (
    select distinct case
      when built_in and type in ('float4'::regtype, 'float8'::regtype) then E'set extra_float_digits = 1\n'
      when built_in and type = 'timestamptz'::regtype and name <> all (audit_private.key_columns((watch).target))
        then E'set timezone = ''UTC''\n'
      when built_in and type = 'bytea'::regtype then E'set bytea_output = ''hex''\n'
      else pinned.setting
    end as setting
    from audit_private.captured_columns(watch)
    cross join (values
      (E'set extra_float_digits = 1\n'), (E'set timezone = ''UTC''\n'), (E'set bytea_output = ''hex''\n'),
      (E'set datestyle = ''ISO, YMD''\n'), (E'set intervalstyle = ''postgres''\n'), (E'set lc_monetary = ''C''\n'),
      (E'set xmlbinary = ''base64''\n'), (E'set quote_all_identifiers = off\n')
    ) as pinned (setting)
    where not (built_in and type = any (array[
      'bool', 'int2', 'int4', 'int8', 'oid', 'uuid', 'text', 'varchar', 'bpchar', 'name', 'numeric', 'json', 'jsonb',
      'time', 'inet', 'cidr', 'macaddr'
    ]::regtype[]))
      -- As JSON these are ISO 8601 whatever the settings; as an entity id they are text.
      and not (
        built_in and type in ('date'::regtype, 'timestamp'::regtype)
        and name <> all (audit_private.key_columns((watch).target))
      )
  ) as needed
$$;


ALTER FUNCTION audit_private.settings_source(watch audit_private.watches) OWNER TO audit_owner;

--
-- Name: settle_event(text, uuid, bigint); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.settle_event(producer text, event_id uuid, log_id bigint) RETURNS void
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  update audit_private.event_ids set log_id = settle_event.log_id
  where producer = settle_event.producer and event_id = settle_event.event_id
$$;


ALTER FUNCTION audit_private.settle_event(producer text, event_id uuid, log_id bigint) OWNER TO audit_owner;

--
-- Name: FUNCTION settle_event(producer text, event_id uuid, log_id bigint); Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON FUNCTION audit_private.settle_event(producer text, event_id uuid, log_id bigint) IS 'Keeps which row of the log a claimed event became.';


--
-- Name: shape_difference(jsonb, jsonb); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.shape_difference(before jsonb, after jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select coalesce(jsonb_object_agg(
    section,
    case
      when section = 'columns' then audit_private.column_differences(before -> section, after -> section)
      when jsonb_typeof(coalesce(after -> section, before -> section)) = 'object' then
        audit_private.name_differences(section, before -> section, after -> section)
      else jsonb_build_array(before -> section, after -> section)
    end
  ), '{}')
  from jsonb_object_keys(before || after) as section
  where before -> section is distinct from after -> section
$$;


ALTER FUNCTION audit_private.shape_difference(before jsonb, after jsonb) OWNER TO audit_owner;

--
-- Name: FUNCTION shape_difference(before jsonb, after jsonb); Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON FUNCTION audit_private.shape_difference(before jsonb, after jsonb) IS 'What changed of a table, by column; empty if nothing did.';


--
-- Name: statement_function_source(audit_private.watches, text, text); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.statement_function_source(watch audit_private.watches, operation text, body text) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select audit_private.function_source(
    watch, operation || '_statement',
    -- A plan made for one row and kept would join 100,000 by a nested loop: seconds instead of a tenth.
    audit_private.settings_source(watch) || E'set enable_nestloop = off\n',
    -- A column may be called v_now; the columns that are meant are qualified, all of them.
    E'#variable_conflict use_variable\ndeclare\n  v_actor audit_private.actor;\n  v_now timestamptz := clock_timestamp();\n'
    '  v_metadata jsonb;\n  v_rekeyed bigint := 0;\nbegin\n'
    || audit_private.statement_guard_source(watch) || audit_private.actor_source() || body || E'  return null;\nend '
  )
$$;


ALTER FUNCTION audit_private.statement_function_source(watch audit_private.watches, operation text, body text) OWNER TO audit_owner;

--
-- Name: statement_guard_source(audit_private.watches); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.statement_guard_source(watch audit_private.watches) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select case when count(*) = 0 then '' else format(
    E'  if (\n    select count(*) from pg_catalog.pg_attribute\n    where attrelid = tg_relid and not attisdropped and (attname, atttypid) in (%s)\n'
    '  ) <> %s then\n    perform audit_private.refuse_drift(tg_relid);\n  end if;\n',
    string_agg(format('(%L::name, %s::oid)', name, type), ', ' order by place), count(*)
  ) end
  from audit_private.captured_columns(watch)
  where built_in
$$;


ALTER FUNCTION audit_private.statement_guard_source(watch audit_private.watches) OWNER TO audit_owner;

--
-- Name: statement_source(audit_private.watches); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.statement_source(watch audit_private.watches) RETURNS text[]
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select array[
    audit_private.statement_function_source(
      watch, 'insert', audit_private.insert_source() || '  select ' || audit_private.record_source(
        watch, 'ROW_INSERTED', audit_private.entity_id_source(watch, 'new_row'),
        audit_private.changes_source(watch, 'new', '', 'new_row')
      ) || E'\n  from indelible_new as new_row;\n'
    ),
    audit_private.statement_update_source(watch),
    audit_private.statement_function_source(
      watch, 'delete', audit_private.insert_source() || '  select ' || audit_private.record_source(
        watch, 'ROW_DELETED', audit_private.entity_id_source(watch, 'old_row'),
        audit_private.changes_source(watch, 'old', 'old_row', '')
      ) || E'\n  from indelible_old as old_row;\n'
    )
  ]
$$;


ALTER FUNCTION audit_private.statement_source(watch audit_private.watches) OWNER TO audit_owner;

--
-- Name: statement_update_source(audit_private.watches); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.statement_update_source(watch audit_private.watches) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_key constant text[] := audit_private.key_columns((watch).target);
  v_old_id constant text := audit_private.entity_id_source(watch, 'old_row');
  v_new_id constant text := audit_private.entity_id_source(watch, 'new_row');
  v_key_change constant text := audit_private.any_change_source(watch, v_key, 'old_row', 'new_row');
  v_from constant text := E'\n  from ' || audit_private.pairs_source((watch).target) || E'\n  where ';
  v_counts constant text := case when (watch).record_unchanged then 'true' else audit_private.any_change_source(
    watch, array(select name from audit_private.captured_columns(watch) where name <> all ((watch).skipped)), 'old_row', 'new_row'
  ) end;
  v_insert constant text := audit_private.insert_source() || '  select ' || audit_private.record_source(
    watch, 'ROW_UPDATED', v_new_id, audit_private.pair_changes_source(watch)
  ) || v_from || v_counts;
begin
  if v_key = '{}' then
    return audit_private.statement_function_source(watch, 'update', v_insert || E';\n');
  end if;
  return audit_private.statement_function_source(
    watch, 'update',
    E'  insert into audit_private.key_changes (entity_type, previous_entity_id, entity_id)\n'
    || format('  select %L, %s, %s', (watch).entity_type, v_old_id, v_new_id) || v_from || v_key_change || E';\n'
    || E'  get diagnostics v_rekeyed = row_count;\n  if v_rekeyed = 0 then\n' || v_insert || E';\n  else\n'
    || audit_private.insert_source() || '  select ' || audit_private.record_source(
      watch, 'ROW_UPDATED', v_new_id, audit_private.pair_changes_source(watch), format(
        E'case when %s\n      then coalesce(v_metadata, ''{}'') || jsonb_build_object(''previous_entity_id'', %s) else v_metadata end',
        v_key_change, v_old_id
      )
    ) || v_from || v_counts || format(E'\n  order by %I;\n  end if;\n', audit_private.place_name((watch).target))
  );
end $$;


ALTER FUNCTION audit_private.statement_update_source(watch audit_private.watches) OWNER TO audit_owner;

--
-- Name: store_incoming(text, jsonb, inet, text); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.store_incoming(account text, item jsonb, ip_address inet, request_id text) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  return audit_private.append(
    actor => row(
      audit_private.clean(item ->> 'user_id', 200), (item ->> 'ip_address')::inet,
      audit_private.clean(store_incoming.request_id, 128), 'client', null
    )::audit_private.actor,
    action => item ->> 'action',
    entity_type => item ->> 'entity_type',
    entity_id => item ->> 'entity_id',
    description => item ->> 'description',
    outcome => coalesce(item ->> 'outcome', 'success'),
    permission => item ->> 'permission',
    metadata => coalesce(nullif(item -> 'metadata', 'null'), '{}') || jsonb_strip_nulls(jsonb_build_object(
      'producer', store_incoming.account,
      'producer_address', host(store_incoming.ip_address),
      'event_id', audit_private.clean(item ->> 'event_id', 200),
      'client_request_id', audit_private.clean(item ->> 'request_id', 128)
    )),
    created_at => (item ->> 'created_at')::timestamptz
  );
end $$;


ALTER FUNCTION audit_private.store_incoming(account text, item jsonb, ip_address inet, request_id text) OWNER TO audit_owner;

--
-- Name: store_progress(text, pg_lsn, boolean); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.store_progress(slot text, next_lsn pg_lsn, matters boolean) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
  insert into audit_private.drains (slot_name, system_identifier, next_lsn)
  values (store_progress.slot, (select system_identifier from pg_control_system()), store_progress.next_lsn)
  on conflict (slot_name) do update set
    system_identifier = excluded.system_identifier, next_lsn = excluded.next_lsn, drained_at = excluded.drained_at
  where store_progress.matters
    or drains.system_identifier <> excluded.system_identifier
    or excluded.next_lsn - drains.next_lsn > 16777216
    or excluded.drained_at - drains.drained_at > interval '1 minute';
end $$;


ALTER FUNCTION audit_private.store_progress(slot text, next_lsn pg_lsn, matters boolean) OWNER TO audit_owner;

--
-- Name: table_shape(regclass); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.table_shape(target regclass) RETURNS jsonb
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET quote_all_identifiers TO 'off'
    AS $$
  select jsonb_strip_nulls(
    jsonb_build_object(
      'columns', audit_private.column_shapes(target),
      'key', to_jsonb(audit_private.key_columns(target)),
      'name', target::text,
      'owner', pg_get_userbyid(class.relowner),
      'persistence', class.relpersistence,
      'replica_identity', class.relreplident,
      'row_security', class.relrowsecurity,
      'forced_row_security', class.relforcerowsecurity
    ) || audit_private.attachment_shapes(target) || audit_private.family_shapes(target)
  )
  from pg_catalog.pg_class as class
  where class.oid = target
$$;


ALTER FUNCTION audit_private.table_shape(target regclass) OWNER TO audit_owner;

--
-- Name: FUNCTION table_shape(target regclass); Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON FUNCTION audit_private.table_shape(target regclass) IS 'How a table looks now: columns by number, key, name, owner, what is attached, relatives.';


--
-- Name: take_overdue(); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.take_overdue() RETURNS TABLE(relation regclass, truncate_of bigint)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
  if not exists (select from audit_private.shapes where overdue <> '{}') then
    return;
  end if;
  return query
    select late.relation::regclass, case when 'truncate' = any (watch.operations) then watch.watch_id end
    from audit_private.shapes as shape
    join audit_private.watches as watch using (watch_id)
    cross join unnest(shape.overdue) as late (relation)
    where watch.stopped_at is null;
  update audit_private.shapes set overdue = '{}' where overdue <> '{}';
end $$;


ALTER FUNCTION audit_private.take_overdue() OWNER TO audit_owner;

--
-- Name: FUNCTION take_overdue(); Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON FUNCTION audit_private.take_overdue() IS 'Which tables lack what their owner has to give, and the watch whose TRUNCATE trigger they ought to have; told once.';


--
-- Name: tell_read(text); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.tell_read(view text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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


ALTER FUNCTION audit_private.tell_read(view text) OWNER TO audit_owner;

--
-- Name: FUNCTION tell_read(view text); Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON FUNCTION audit_private.tell_read(view text) IS 'Puts on record what is read of the log, unless this session has told it this minute.';


--
-- Name: tg__follow_command(); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.tg__follow_command() RETURNS event_trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_command record;
  v_objects oid[] := '{}';
  v_relations oid[] := '{}';
begin
  for v_command in select classid, objid, schema_name from pg_event_trigger_ddl_commands() loop
    case v_command.classid
      when 'pg_class'::regclass then
        if v_command.schema_name is distinct from 'pg_temp' then
          v_relations := v_relations || v_command.objid;
        end if;
        -- A composite type is a relation, too.
        v_objects := v_objects || (select reltype from pg_catalog.pg_class where oid = v_command.objid);
      when 'pg_trigger'::regclass then
        v_relations := v_relations || (select tgrelid from pg_catalog.pg_trigger where oid = v_command.objid);
      when 'pg_rewrite'::regclass then
        v_relations := v_relations || (select ev_class from pg_catalog.pg_rewrite where oid = v_command.objid);
      when 'pg_policy'::regclass then
        v_relations := v_relations || (select polrelid from pg_catalog.pg_policy where oid = v_command.objid);
      else
        v_objects := v_objects || v_command.objid;
    end case;
  end loop;
  if tg_tag in ('ALTER SCHEMA', 'ALTER TYPE', 'ALTER DOMAIN') then
    v_relations := v_relations || audit_private.watched_users_of(tg_tag, v_objects || v_relations);
  end if;
  if v_relations <> '{}' then
    perform audit_private.follow_relations(v_relations, tg_tag);
  end if;
end $$;


ALTER FUNCTION audit_private.tg__follow_command() OWNER TO audit_owner;

--
-- Name: FUNCTION tg__follow_command(); Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON FUNCTION audit_private.tg__follow_command() IS 'After each DDL command: capture of the watched tables it was about.';


--
-- Name: tg__follow_drop(); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.tg__follow_drop() RETURNS event_trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_dropped record;
  v_tables oid[] := '{}';
  v_relations oid[] := '{}';
  v_watch audit_private.watches;
begin
  for v_dropped in
    select object_type, objid, address_names from pg_event_trigger_dropped_objects() where not is_temporary
  loop
    case
      when v_dropped.object_type = 'table' then
        v_tables := v_tables || v_dropped.objid;
      when v_dropped.object_type = 'table column' then
        v_relations := v_relations || v_dropped.objid;
      when v_dropped.object_type in ('trigger', 'rule', 'policy', 'table constraint') then
        v_relations := v_relations || (
          select class.oid
          from pg_catalog.pg_class as class
          join pg_catalog.pg_namespace as namespace on namespace.oid = class.relnamespace
          where namespace.nspname = v_dropped.address_names[1] and class.relname = v_dropped.address_names[2]
        );
      else
        null;
    end case;
  end loop;
  if v_tables <> '{}' then
    for v_watch in
      select * from audit_private.watches where stopped_at is null and target = any (v_tables)
    loop
      perform audit_private.close_watch(v_watch, tg_tag);
    end loop;
    v_relations := v_relations || audit_private.watches_that_lost(v_tables);
  end if;
  if v_relations <> '{}' then
    perform audit_private.follow_relations(v_relations, tg_tag);
  end if;
end $$;


ALTER FUNCTION audit_private.tg__follow_drop() OWNER TO audit_owner;

--
-- Name: FUNCTION tg__follow_drop(); Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON FUNCTION audit_private.tg__follow_drop() IS 'After each command that dropped something: watches end with their tables, and capture follows.';


--
-- Name: tg__follow_rewrite(); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.tg__follow_rewrite() RETURNS event_trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET quote_all_identifiers TO 'off'
    AS $$
declare
  v_changes constant jsonb := jsonb_build_object('changes', jsonb_build_object(
    'rewritten', jsonb_build_array(pg_event_trigger_table_rewrite_oid()::regclass::text)
  ));
  v_watch audit_private.watches;
begin
  -- 4: AT_REWRITE_COLUMN_REWRITE, values that are computed anew.
  if pg_event_trigger_table_rewrite_reason() & 4 = 0 then
    return;
  end if;
  for v_watch in select * from audit_private.watches_of(array[pg_event_trigger_table_rewrite_oid()]) loop
    if not exists (
      select from audit_private.shapes as known
      cross join jsonb_each(known.shape -> 'columns') as old
      join jsonb_each(audit_private.column_shapes(v_watch.target)) as new using (key)
      where known.watch_id = v_watch.watch_id and old.value -> 'type' <> new.value -> 'type'
    ) then
      perform audit_private.note_changes('AUDIT_SCHEMA_CHANGED', v_watch, tg_tag, v_changes);
    end if;
  end loop;
end $$;


ALTER FUNCTION audit_private.tg__follow_rewrite() OWNER TO audit_owner;

--
-- Name: FUNCTION tg__follow_rewrite(); Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON FUNCTION audit_private.tg__follow_rewrite() IS 'Before a watched table is rewritten with other values and the types it had: that it is, on record.';


--
-- Name: tg__refuse_change(); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.tg__refuse_change() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  raise exception using
    errcode = 'ID001',
    message = format('%s on the audit log is refused: it is append-only', tg_op),
    hint = 'Events are recorded through audit.record() and by capture alone.';
end $$;


ALTER FUNCTION audit_private.tg__refuse_change() OWNER TO audit_owner;

--
-- Name: FUNCTION tg__refuse_change(); Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON FUNCTION audit_private.tg__refuse_change() IS 'Refuses what would change, empty or bypass the log.';


--
-- Name: time_source(timestamp with time zone, timestamp with time zone); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.time_source(claimed timestamp with time zone, now timestamp with time zone) RETURNS audit.time_source
    LANGUAGE sql STABLE
    RETURN CASE WHEN (claimed IS NULL) THEN 'database'::audit.time_source WHEN (claimed = audit_private.clamped_time(claimed, now)) THEN 'claimed'::audit.time_source ELSE 'clamped'::audit.time_source END;


ALTER FUNCTION audit_private.time_source(claimed timestamp with time zone, now timestamp with time zone) OWNER TO audit_owner;

--
-- Name: timeline(); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.timeline() RETURNS bigint
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  -- Not that of pg_control_checkpoint(), which knows of a promotion only after the next checkpoint.
  select ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::bigint
$$;


ALTER FUNCTION audit_private.timeline() OWNER TO audit_owner;

--
-- Name: told_records(audit_private.watches, timestamp with time zone); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.told_records(watch audit_private.watches, back_to timestamp with time zone) RETURNS TABLE(id bigint, entity_id text, begins boolean, ends boolean, previous_id text, image jsonb)
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select
    id, entity_id, action in ('ROW_INSERTED', 'ROW_BASELINE') or previous_id is not null, action = 'ROW_DELETED', previous_id, image
  from audit_private.records_to_compare(watch, 'new')
  where back_to is null
  union all
  select
    -id, coalesce(previous_id, entity_id), action = 'ROW_DELETED' or previous_id is not null, action = 'ROW_INSERTED',
    case when previous_id is not null then entity_id end, image
  from audit_private.records_since(watch, back_to, 'old')
  where back_to is not null
$$;


ALTER FUNCTION audit_private.told_records(watch audit_private.watches, back_to timestamp with time zone) OWNER TO audit_owner;

--
-- Name: told_rows(audit_private.watches, timestamp with time zone); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.told_rows(watch audit_private.watches, back_to timestamp with time zone) RETURNS TABLE(entity_id text, copies bigint, image jsonb, origin text)
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if exists (
    select from audit_private.key_changes as change
    where change.entity_type = watch.entity_type and (told_rows.back_to is null or change.changed_at > told_rows.back_to)
  ) then
    return query select * from audit_private.chained_rows(watch, told_rows.back_to);
  else
    return query select * from audit_private.unchained_rows(watch, told_rows.back_to);
  end if;
end $$;


ALTER FUNCTION audit_private.told_rows(watch audit_private.watches, back_to timestamp with time zone) OWNER TO audit_owner;

--
-- Name: FUNCTION told_rows(watch audit_private.watches, back_to timestamp with time zone); Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON FUNCTION audit_private.told_rows(watch audit_private.watches, back_to timestamp with time zone) IS 'The rows under each key as the log tells them, forwards or back to a moment; the key of the row that they were told from.';


--
-- Name: triggers_of(regclass); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.triggers_of(target regclass) RETURNS TABLE(digest bytea, revision text, triggers bigint, disabled bigint)
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select
    sha256(convert_to(coalesce(string_agg(
      concat_ws(E'\n', pg_get_triggerdef(trigger.oid), trigger.tgenabled, function.prosrc, function.proconfig), E'\n\n'
      order by relation.oid, trigger.tgname
    ), ''), 'UTF8')),
    coalesce(string_agg(trigger.xmin::text, ' ' order by relation.oid, trigger.tgname), ''),
    count(*),
    count(*) filter (where trigger.tgenabled = 'D')
  from (
    select triggers_of.target as oid union select relid from pg_catalog.pg_partition_tree(triggers_of.target)
  ) as relation
  join pg_catalog.pg_trigger as trigger on trigger.tgrelid = relation.oid and trigger.tgname ~ '^(!?indelible_capture|log_refuse)_'
  join pg_catalog.pg_proc as function on function.oid = trigger.tgfoid
$$;


ALTER FUNCTION audit_private.triggers_of(target regclass) OWNER TO audit_owner;

--
-- Name: truncate_source(audit_private.watches); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.truncate_source(watch audit_private.watches) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
  select audit_private.function_source(
    watch, 'truncate', audit_private.settings_source(watch) || E'set row_security = off\nset constraint_exclusion = off\n',
    E'declare\n  v_actor audit_private.actor;\n  v_now timestamptz := clock_timestamp();\n  v_metadata jsonb;\n'
    '  v_relation regclass;\n  v_count bigint;\n  v_rows bigint := 0;\nbegin\n'
    || audit_private.statement_guard_source(watch) || audit_private.actor_source()
    || format(
      E'  for v_relation in select audit_private.partitions_to_record(tg_relid, ''audit_private.capture_%s_truncate''::regproc) loop\n'
      '    perform audit_private.require_readable(v_relation);\n'
      '    execute %L || v_relation::text || '' as removed'' using v_now, v_actor, v_metadata;\n'
      '    get diagnostics v_count = row_count;\n    v_rows := v_rows + v_count;\n  end loop;\n',
      (watch).watch_id,
      audit_private.insert_source() || '  select ' || audit_private.record_source(
        watch, 'ROW_DELETED', audit_private.entity_id_source(watch, 'removed'),
        audit_private.changes_source(watch, 'old', 'removed', ''), metadata => '$3', now => '$1', actor => '($2)'
      ) || E'\n  from only '
    )
    || E'  v_metadata := coalesce(v_metadata, ''{}'') || jsonb_build_object(''table'', tg_relid::regclass::text, ''rows'', v_rows);\n'
    || audit_private.insert_source()
    || format(E'  values (%s);\n  return null;\nend ', audit_private.record_source(watch, 'TABLE_TRUNCATED', 'null', 'null'))
  )
$_$;


ALTER FUNCTION audit_private.truncate_source(watch audit_private.watches) OWNER TO audit_owner;

--
-- Name: type_guard_source(audit_private.watches, text); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.type_guard_source(watch audit_private.watches, record_name text) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select case when count(*) = 0 then '' else format(
    E'  if array[%s] <> ''{%s}''::regtype[] then\n    perform audit_private.refuse_drift(tg_relid);\n  end if;\n',
    string_agg(format('pg_typeof(%s)', audit_private.column_source(record_name, name)), ', ' order by place),
    string_agg(type::text, ',' order by place)
  ) end
  from audit_private.captured_columns(watch)
  where built_in
$$;


ALTER FUNCTION audit_private.type_guard_source(watch audit_private.watches, record_name text) OWNER TO audit_owner;

--
-- Name: type_parts(oid); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.type_parts(type oid) RETURNS jsonb
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select jsonb_object_agg(part.number, part.text)
  from (
    select label.oid, label.enumlabel::text
    from pg_catalog.pg_enum as label
    where label.enumtypid in (select audit_private.types_within(type_parts.type))
    union all
    select kind.oid, string_agg(attribute.attname || ' ' || format_type(attribute.atttypid, attribute.atttypmod), ', ' order by attribute.attnum)
    from pg_catalog.pg_type as kind
    join pg_catalog.pg_attribute as attribute
      on attribute.attrelid = kind.typrelid and attribute.attnum > 0 and not attribute.attisdropped
    where kind.oid in (select audit_private.types_within(type_parts.type))
    group by kind.oid
  ) as part (number, text)
$$;


ALTER FUNCTION audit_private.type_parts(type oid) OWNER TO audit_owner;

--
-- Name: types_within(oid); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.types_within(type oid) RETURNS SETOF oid
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  with recursive part (type) as (
    select type
    union
    select inner_type.oid
    from part
    join pg_catalog.pg_type as kind on kind.oid = part.type
    cross join lateral (
      select kind.typbasetype where kind.typtype = 'd'
      union all
      select kind.typelem where kind.typcategory = 'A'
      union all
      select atttypid from pg_catalog.pg_attribute where attrelid = kind.typrelid and attnum > 0 and not attisdropped
      union all
      select rngsubtype from pg_catalog.pg_range where kind.oid in (rngtypid, rngmultitypid)
    ) as inner_type (oid)
    where kind.oid >= 16384
  )
  select part.type from part
$$;


ALTER FUNCTION audit_private.types_within(type oid) OWNER TO audit_owner;

--
-- Name: unchained_rows(audit_private.watches, timestamp with time zone); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.unchained_rows(watch audit_private.watches, back_to timestamp with time zone) RETURNS TABLE(entity_id text, copies bigint, image jsonb, origin text)
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select
    entity_id, is_there::int::bigint, case when is_there then image end, case when is_there and not has_begun then entity_id end
  from (
    select
      entity_id, max(id) filter (where ends) is distinct from max(id) as is_there, bool_or(begins) as has_begun,
      audit_private.merged(image order by id) as image
    from audit_private.told_records(watch, back_to)
    group by entity_id
  ) as told
$$;


ALTER FUNCTION audit_private.unchained_rows(watch audit_private.watches, back_to timestamp with time zone) OWNER TO audit_owner;

--
-- Name: undo_source(regclass, audit.audit_logs); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.undo_source(target regclass, record audit.audit_logs) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select case (record).action
    when 'ROW_INSERTED' then format('delete from %s where %s;', target, audit_private.row_condition(target, (record).entity_id))
    when 'ROW_UPDATED' then format(
      'update %s set %s where %s;', target, string_agg(format('%I = %L', name, value), ', ' order by place),
      audit_private.row_condition(target, (record).entity_id)
    )
    when 'ROW_DELETED' then format(
      'insert into %s (%s) overriding system value values (%s);', target, string_agg(format('%I', name), ', ' order by place),
      string_agg(format('%L', value), ', ' order by place)
    )
  end
  from audit_private.restorable_values(target, record, 'old')
  where restorable
$$;


ALTER FUNCTION audit_private.undo_source(target regclass, record audit.audit_logs) OWNER TO audit_owner;

--
-- Name: update_source(audit_private.watches); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.update_source(watch audit_private.watches) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_key constant text[] := audit_private.key_columns((watch).target);
  v_has_key constant boolean := audit_private.key_identifies((watch).target);
  v_counting constant text[] := array(
    select name from audit_private.captured_columns(watch) where name <> all ((watch).skipped)
  );
begin
  return audit_private.function_source(
    watch, 'update', audit_private.settings_source(watch),
    E'declare\n  v_actor audit_private.actor;\n  v_now timestamptz := clock_timestamp();\n  v_metadata jsonb;\n'
    || E'  v_old text;\n  v_new text;\n  v_rekeyed boolean;\n'
    || E'begin\n' || audit_private.type_guard_source(watch, 'new')
    || case
      when v_has_key then
        audit_private.difference_source(watch, skipped => false)
        || case when (watch).record_unchanged then '' else E'  if v_new is null then\n    return null;\n  end if;\n' end
        || audit_private.difference_source(watch, skipped => true)
        || audit_private.rekey_source(watch)
      -- Without a key only the whole row says which one it was.
      when not (watch).record_unchanged then
        format(E'  if not (%s) then\n    return null;\n  end if;\n', audit_private.any_change_source(watch, v_counting))
      else ''
    end
    || case when v_has_key or v_key = '{}' then '' else
      format(E'  v_rekeyed := %s;\n', audit_private.any_change_source(watch, v_key)) || audit_private.rekey_source(watch)
    end
    || audit_private.actor_source() || audit_private.insert_source()
    || format(E'  values (%s);\n  return null;\nend ', audit_private.record_source(
      watch, 'ROW_UPDATED', audit_private.entity_id_source(watch, 'new'),
      case when v_has_key then 'format(''{"old":{%s},"new":{%s}}'', substr(v_old, 2), substr(v_new, 2))::jsonb'
        else audit_private.changes_source(watch, 'both', 'old', 'new') end
    ))
  );
end $$;


ALTER FUNCTION audit_private.update_source(watch audit_private.watches) OWNER TO audit_owner;

--
-- Name: value_source(text, text, boolean, oid, boolean); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.value_source(record_name text, name text, built_in boolean, type oid, is_masked boolean) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
  select format(
    case
      when is_masked then '''***''::text'
      when type = 'pg_catalog.json'::regtype then '%1$s::text'
      -- A jsonb null would read as no value at all, so strings and null stand as their JSON text.
      when type = 'pg_catalog.jsonb'::regtype then
        'case when jsonb_typeof(%1$s) in (''null'', ''string'') then to_jsonb(%1$s::text) else %1$s end'
      when type in ('pg_catalog.float4'::regtype, 'pg_catalog.float8'::regtype) then
        'case when %1$s::text = ''-0'' then to_jsonb(''-0''::text) else to_jsonb(%1$s) end'
      when built_in then '%1$s'
      -- IS NULL is true of a composite of nulls, too.
      else 'case when num_nulls(%1$s) = 1 then null else format(''%%s'', %1$s) end'
    end,
    audit_private.column_source(record_name, name)
  )
$_$;


ALTER FUNCTION audit_private.value_source(record_name text, name text, built_in boolean, type oid, is_masked boolean) OWNER TO audit_owner;

--
-- Name: FUNCTION value_source(record_name text, name text, built_in boolean, type oid, is_masked boolean); Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON FUNCTION audit_private.value_source(record_name text, name text, built_in boolean, type oid, is_masked boolean) IS 'An expression for a column''s value, of the type that field_type names.';


--
-- Name: capture_versions; Type: TABLE; Schema: audit_private; Owner: audit_owner
--

CREATE TABLE audit_private.capture_versions (
    version_id bigint NOT NULL,
    watch_id bigint NOT NULL,
    since timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    since_id bigint NOT NULL,
    is_start boolean NOT NULL,
    shape jsonb NOT NULL
);


ALTER TABLE audit_private.capture_versions OWNER TO audit_owner;

--
-- Name: TABLE capture_versions; Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON TABLE audit_private.capture_versions IS 'What was captured of a watched table, and under which names, from when on.';


--
-- Name: COLUMN capture_versions.since_id; Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON COLUMN audit_private.capture_versions.since_id IS 'The newest record before it.';


--
-- Name: COLUMN capture_versions.is_start; Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON COLUMN audit_private.capture_versions.is_start IS 'Whether changes before it may be missing, or cannot be followed across it.';


--
-- Name: COLUMN capture_versions.shape; Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON COLUMN audit_private.capture_versions.shape IS 'frame: what makes rows comparable at all; columns by number, with name, type and whether each change is recorded; relations.';


--
-- Name: versions_since(audit_private.watches, timestamp with time zone); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.versions_since(watch audit_private.watches, moment timestamp with time zone) RETURNS SETOF audit_private.capture_versions
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select version.*
  from audit_private.capture_versions as version
  where version.watch_id = (watch).watch_id
    and version.version_id >= (
      select max(earlier.version_id) from audit_private.capture_versions as earlier
      where earlier.watch_id = (watch).watch_id and earlier.since <= moment
    )
$$;


ALTER FUNCTION audit_private.versions_since(watch audit_private.watches, moment timestamp with time zone) OWNER TO audit_owner;

--
-- Name: FUNCTION versions_since(watch audit_private.watches, moment timestamp with time zone); Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON FUNCTION audit_private.versions_since(watch audit_private.watches, moment timestamp with time zone) IS 'How capture was at that moment, and how it was changed since.';


--
-- Name: wanted_between(bigint, bigint, audit_private.event_filter, text[]); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.wanted_between(first_leaf bigint, last_leaf bigint, wanted audit_private.event_filter, described text[]) RETURNS TABLE(leaf_index bigint, log audit.audit_logs)
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
  return query
    select leaf.leaf_index, row(found.*)::audit.audit_logs
    from audit_private.sealed_between(wanted_between.first_leaf, wanted_between.last_leaf) as leaf
    -- One by one, by the key of the log: LIMIT keeps the planner from any other way to join.
    cross join lateral (
      select log.* from audit.audit_logs as log where log.id = leaf.id and log.created_at = leaf.created_at limit 1
    ) as found
    where audit_private.is_wanted(row(found.*)::audit.audit_logs, wanted, wanted_between.described)
    order by leaf.leaf_index;
end $$;


ALTER FUNCTION audit_private.wanted_between(first_leaf bigint, last_leaf bigint, wanted audit_private.event_filter, described text[]) OWNER TO audit_owner;

--
-- Name: was_ever_masked(audit_private.watches); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.was_ever_masked(watch audit_private.watches) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select exists (
    select from audit.audit_logs as log
    where log.entity_type = 'AUDIT_WATCH' and log.action in ('AUDIT_WATCH_STARTED', 'AUDIT_WATCH_CHANGED')
      and log.metadata ->> 'entity_type' = (watch).entity_type and log.metadata -> 'mask' <> '[]'
  )
$$;


ALTER FUNCTION audit_private.was_ever_masked(watch audit_private.watches) OWNER TO audit_owner;

--
-- Name: watched_users_of(text, oid[]); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.watched_users_of(command text, objects oid[]) RETURNS oid[]
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select array_agg(watch.target::oid)
  from audit_private.watches as watch
  where watch.stopped_at is null
    and (
      -- Any of them may have a part, a function say, in the schema. Of the rest nothing is locked: anybody may have a schema.
      command = 'ALTER SCHEMA' and exists (
        select from audit_private.shapes as known
        where known.watch_id = watch.watch_id and known.shape <> audit_private.table_shape(watch.target)
      )
      or exists (
        select from pg_catalog.pg_attribute as attribute
        cross join audit_private.types_within(attribute.atttypid) as part (type)
        -- A composite type is altered as the relation that it is.
        join pg_catalog.pg_type as kind on kind.oid = part.type
        where attribute.attrelid = watch.target and attribute.attnum > 0 and not attribute.attisdropped
          and attribute.atttypid >= 16384 and (kind.oid = any (objects) or kind.typrelid = any (objects))
      )
      or exists (select from pg_catalog.pg_class where oid = watch.target and reloftype = any (objects))
    )
$$;


ALTER FUNCTION audit_private.watched_users_of(command text, objects oid[]) OWNER TO audit_owner;

--
-- Name: watches_of(oid[]); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.watches_of(relations oid[]) RETURNS SETOF audit_private.watches
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  with recursive concerned (relation) as (
    select unnest(relations)
    union
    select child.inhrelid from concerned join pg_catalog.pg_inherits as child on child.inhparent = concerned.relation
  )
  select watch.*
  from audit_private.watches as watch
  where watch.stopped_at is null
    and watch.target in (
      select relation from concerned
      union
      select inhparent from pg_catalog.pg_inherits where inhrelid = any (relations)
      union
      select ancestor.relid
      from pg_catalog.pg_class as class
      cross join pg_catalog.pg_partition_ancestors(class.oid) as ancestor
      where class.oid = any (relations) and class.relispartition
    )
  order by watch.watch_id
$$;


ALTER FUNCTION audit_private.watches_of(relations oid[]) OWNER TO audit_owner;

--
-- Name: FUNCTION watches_of(relations oid[]); Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON FUNCTION audit_private.watches_of(relations oid[]) IS 'The watches that a change of these tables concerns.';


--
-- Name: watches_that_lost(oid[]); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.watches_that_lost(tables oid[]) RETURNS oid[]
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select array_agg(watch.target::oid)
  from audit_private.watches as watch
  join audit_private.shapes as shape using (watch_id)
  where watch.stopped_at is null
    and (
      coalesce(shape.shape -> 'partitions', '{}') ?| tables::text[]
      or coalesce(shape.shape -> 'children', '{}') ?| tables::text[]
    )
$$;


ALTER FUNCTION audit_private.watches_that_lost(tables oid[]) OWNER TO audit_owner;

--
-- Name: whole_row_source(audit_private.watches, text, text, text); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.whole_row_source(watch audit_private.watches, operation text, action text, side text) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select audit_private.function_source(
    watch, operation, audit_private.settings_source(watch),
    E'declare\n  v_actor audit_private.actor;\n  v_now timestamptz := clock_timestamp();\n  v_metadata jsonb;\nbegin\n'
    || audit_private.type_guard_source(watch, side) || audit_private.actor_source() || audit_private.insert_source()
    || format(E'  values (%s);\n  return null;\nend ', audit_private.record_source(
      watch, action, audit_private.entity_id_source(watch, side), audit_private.changes_source(watch, side, 'old', 'new')
    ))
  )
$$;


ALTER FUNCTION audit_private.whole_row_source(watch audit_private.watches, operation text, action text, side text) OWNER TO audit_owner;

--
-- Name: FUNCTION whole_row_source(watch audit_private.watches, operation text, action text, side text); Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON FUNCTION audit_private.whole_row_source(watch audit_private.watches, operation text, action text, side text) IS 'The function for inserts or deletes: the whole row, as side.';


--
-- Name: without_masks(jsonb); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.without_masks(image jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select jsonb_object_agg(field.key, field.value) from jsonb_each(image) as field where field.value <> '"***"'
$$;


ALTER FUNCTION audit_private.without_masks(image jsonb) OWNER TO audit_owner;

--
-- Name: write_capture(audit_private.watches); Type: FUNCTION; Schema: audit_private; Owner: audit_owner
--

CREATE FUNCTION audit_private.write_capture(watch audit_private.watches) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_door constant bigint := audit_private.open_door();
  v_source text;
  v_owner_of_partitioned name := (
    select pg_get_userbyid(relowner) from pg_catalog.pg_class where oid = (watch).target and relkind = 'p'
  );
  v_operation text;
begin
  if to_regtype(format('audit_private.%I', audit_private.image_type(watch))) is null then
    foreach v_source in array audit_private.image_types_source(watch) loop
      execute v_source;
    end loop;
  end if;
  foreach v_source in array audit_private.all_source(watch) loop
    execute v_source;
  end loop;
  perform audit_private.remember_columns(watch);
  perform audit_private.remember_version(watch);
  if v_owner_of_partitioned is not null then
    -- New partitions copy the triggers with the owner's rights. Without USAGE on the schema the owner can do nothing else with this.
    foreach v_operation in array array['insert', 'update', 'delete'] loop
      execute format(
        'grant execute on function audit_private.capture_%s_%s() to %I', (watch).watch_id, v_operation, v_owner_of_partitioned
      );
    end loop;
  end if;
  perform audit_private.close_door(v_door);
end $$;


ALTER FUNCTION audit_private.write_capture(watch audit_private.watches) OWNER TO audit_owner;

--
-- Name: FUNCTION write_capture(watch audit_private.watches); Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON FUNCTION audit_private.write_capture(watch audit_private.watches) IS 'Writes or renews a table''s capture functions; blocks nobody.';


--
-- Name: authenticate(bytea, inet, text); Type: FUNCTION; Schema: iam; Owner: audit_owner
--

CREATE FUNCTION iam.authenticate(token_hash bytea, ip_address inet, request_id text) RETURNS TABLE(username text, display_name text, sealed text, expires_at timestamp with time zone)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
  return query
  select
    session.username,
    session.display_name,
    audit_private.seal_context(
      session.username, authenticate.ip_address, authenticate.request_id, session.session_id
    ),
    session.expires_at
  from iam.open_sessions as session
  where session.token_digest = sha256(authenticate.token_hash);
end $$;


ALTER FUNCTION iam.authenticate(token_hash bytea, ip_address inet, request_id text) OWNER TO audit_owner;

--
-- Name: FUNCTION authenticate(token_hash bytea, ip_address inet, request_id text); Type: COMMENT; Schema: iam; Owner: audit_owner
--

COMMENT ON FUNCTION iam.authenticate(token_hash bytea, ip_address inet, request_id text) IS 'The user of a session, and the sealed context that lets one request act for that user. No row: not authenticated.';


--
-- Name: authenticate_key(bytea); Type: FUNCTION; Schema: iam; Owner: audit_owner
--

CREATE FUNCTION iam.authenticate_key(key_hash bytea, OUT account text, OUT key_id text, OUT refusal text) RETURNS record
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
  select
    owner.account, known.key_id,
    case
      when known.revoked_at is not null then 'revoked'
      when known.expires_at <= clock_timestamp() then 'expired'
      when not owner.active then 'inactive'
    end
  into authenticate_key.account, authenticate_key.key_id, authenticate_key.refusal
  from iam.api_keys as known
  join iam.service_accounts as owner using (account)
  where known.key_digest = sha256(authenticate_key.key_hash);
  if not found then
    authenticate_key.refusal := 'unknown';
  elsif authenticate_key.refusal is null then
    -- Somebody else is writing it down already, or did within the minute: events wait for neither.
    update iam.api_keys as used set last_used_at = clock_timestamp()
    where used.key_id = (
      select stale.key_id from iam.api_keys as stale
      where stale.key_id = authenticate_key.key_id
        and coalesce(stale.last_used_at, '-infinity') < clock_timestamp() - interval '1 minute'
      for no key update skip locked
    );
  end if;
end $$;


ALTER FUNCTION iam.authenticate_key(key_hash bytea, OUT account text, OUT key_id text, OUT refusal text) OWNER TO audit_owner;

--
-- Name: FUNCTION authenticate_key(key_hash bytea, OUT account text, OUT key_id text, OUT refusal text); Type: COMMENT; Schema: iam; Owner: audit_owner
--

COMMENT ON FUNCTION iam.authenticate_key(key_hash bytea, OUT account text, OUT key_id text, OUT refusal text) IS 'Whose API key this is, and why it opens nothing: unknown, revoked, expired or inactive.';


--
-- Name: check_permission(text, text, text, inet, text, jsonb); Type: FUNCTION; Schema: iam; Owner: audit_owner
--

CREATE FUNCTION iam.check_permission(permission text, sealed text DEFAULT NULL::text, user_id text DEFAULT NULL::text, ip_address inet DEFAULT NULL::inet, request_id text DEFAULT NULL::text, metadata jsonb DEFAULT NULL::jsonb) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_actor audit_private.actor := audit_private.resolve_actor(
    check_permission.sealed, check_permission.user_id, check_permission.ip_address, check_permission.request_id
  );
  v_verdict text;
  v_reason text;
begin
  select judged.verdict, judged.reason into strict v_verdict, v_reason
  from iam.judge_permission(v_actor.user_id, check_permission.permission) as judged;
  if v_verdict <> 'granted' then
    perform audit_private.append(
      actor => v_actor,
      action => iam.denial_action(v_verdict),
      entity_type => case when v_actor.user_id is not null then 'IAM_USER' end,
      entity_id => v_actor.user_id,
      outcome => 'denied',
      permission => check_permission.permission,
      metadata => coalesce(check_permission.metadata, '{}') || jsonb_build_object('reason', v_reason)
    );
  end if;
  return v_verdict;
end $$;


ALTER FUNCTION iam.check_permission(permission text, sealed text, user_id text, ip_address inet, request_id text, metadata jsonb) OWNER TO audit_owner;

--
-- Name: FUNCTION check_permission(permission text, sealed text, user_id text, ip_address inet, request_id text, metadata jsonb); Type: COMMENT; Schema: iam; Owner: audit_owner
--

COMMENT ON FUNCTION iam.check_permission(permission text, sealed text, user_id text, ip_address inet, request_id text, metadata jsonb) IS 'granted, denied, no_role, inactive or unauthenticated; whatever is not granted is recorded.';


--
-- Name: create_api_key(text, text, bytea, timestamp with time zone); Type: FUNCTION; Schema: iam; Owner: audit_owner
--

CREATE FUNCTION iam.create_api_key(account text, key_id text, key_digest bytea, expires_at timestamp with time zone DEFAULT NULL::timestamp with time zone) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
  perform iam.require_service_account(create_api_key.account);
  if exists (
    select from iam.api_keys as known
    where known.account = create_api_key.account and known.key_id = create_api_key.key_id
      and known.key_digest = create_api_key.key_digest and known.expires_at is not distinct from create_api_key.expires_at
  ) then
    return;
  end if;
  insert into iam.api_keys (key_id, account, key_digest, expires_at)
  values (create_api_key.key_id, create_api_key.account, create_api_key.key_digest, create_api_key.expires_at);
  perform iam.record_change(
    'IAM_KEY_CREATED', 'IAM_ACCOUNT', create_api_key.account,
    jsonb_strip_nulls(jsonb_build_object('key_id', create_api_key.key_id, 'expires_at', create_api_key.expires_at))
  );
exception when check_violation or not_null_violation or unique_violation then
  raise exception using
    errcode = 'ID009',
    message = 'a key has an id of 12 of a-z 0-9 and a digest of 32 bytes, which no other key has';
end $$;


ALTER FUNCTION iam.create_api_key(account text, key_id text, key_digest bytea, expires_at timestamp with time zone) OWNER TO audit_owner;

--
-- Name: FUNCTION create_api_key(account text, key_id text, key_digest bytea, expires_at timestamp with time zone); Type: COMMENT; Schema: iam; Owner: audit_owner
--

COMMENT ON FUNCTION iam.create_api_key(account text, key_id text, key_digest bytea, expires_at timestamp with time zone) IS 'Gives an account a further key: the digest is sha256(sha256(key)), and the key never comes here.';


--
-- Name: create_permission(text, text); Type: FUNCTION; Schema: iam; Owner: audit_owner
--

CREATE FUNCTION iam.create_permission(permission text, description text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
  insert into iam.permissions (permission, description)
  values (create_permission.permission, create_permission.description)
  on conflict (permission) do nothing;
  if found then
    perform iam.record_change('IAM_PERMISSION_CREATED', 'IAM_PERMISSION', create_permission.permission, null);
  end if;
exception when check_violation or not_null_violation then
  raise exception using
    errcode = 'ID009', message = 'a permission is named like ftms.booking.create and has a description';
end $$;


ALTER FUNCTION iam.create_permission(permission text, description text) OWNER TO audit_owner;

--
-- Name: FUNCTION create_permission(permission text, description text); Type: COMMENT; Schema: iam; Owner: audit_owner
--

COMMENT ON FUNCTION iam.create_permission(permission text, description text) IS 'Makes a permission known.';


--
-- Name: create_role(text, text); Type: FUNCTION; Schema: iam; Owner: audit_owner
--

CREATE FUNCTION iam.create_role(role text, description text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
  insert into iam.roles (role, description) values (create_role.role, create_role.description)
  on conflict (role) do nothing;
  if found then
    perform iam.record_change('IAM_ROLE_CREATED', 'IAM_ROLE', create_role.role, null);
  end if;
exception when check_violation or not_null_violation then
  raise exception using errcode = 'ID009', message = 'a role is 1 to 100 of a-z 0-9 _ . - and has a description';
end $$;


ALTER FUNCTION iam.create_role(role text, description text) OWNER TO audit_owner;

--
-- Name: FUNCTION create_role(role text, description text); Type: COMMENT; Schema: iam; Owner: audit_owner
--

COMMENT ON FUNCTION iam.create_role(role text, description text) IS 'Creates a role of the application.';


--
-- Name: create_service_account(text, text); Type: FUNCTION; Schema: iam; Owner: audit_owner
--

CREATE FUNCTION iam.create_service_account(account text, description text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
  insert into iam.service_accounts (account, description)
  values (create_service_account.account, audit_private.clean(create_service_account.description, 500))
  on conflict (account) do nothing;
  if found then
    perform iam.record_change('IAM_ACCOUNT_CREATED', 'IAM_ACCOUNT', create_service_account.account, null);
  end if;
exception when check_violation or not_null_violation then
  raise exception using
    errcode = 'ID009',
    message = 'a service account is 1 to 100 of a-z 0-9 . _ - in lower case and has a description';
end $$;


ALTER FUNCTION iam.create_service_account(account text, description text) OWNER TO audit_owner;

--
-- Name: FUNCTION create_service_account(account text, description text); Type: COMMENT; Schema: iam; Owner: audit_owner
--

COMMENT ON FUNCTION iam.create_service_account(account text, description text) IS 'Creates an account for an application, which can record nothing before iam.grant_scope() and iam.create_api_key().';


--
-- Name: create_user(text, text, boolean); Type: FUNCTION; Schema: iam; Owner: audit_owner
--

CREATE FUNCTION iam.create_user(username text, display_name text, active boolean DEFAULT true) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
  if exists (select from iam.users as account where account.username = create_user.username) then
    return;
  end if;
  insert into iam.users (username, display_name, active)
  values (create_user.username, audit_private.clean(create_user.display_name, 200), create_user.active);
  perform iam.record_change(
    'IAM_USER_CREATED', 'IAM_USER', create_user.username, jsonb_build_object('active', create_user.active)
  );
exception when check_violation or not_null_violation then
  raise exception using
    errcode = 'ID009',
    message = 'a username is 1 to 100 of a-z 0-9 . _ @ + - in lower case, a display name 1 to 200 characters';
end $$;


ALTER FUNCTION iam.create_user(username text, display_name text, active boolean) OWNER TO audit_owner;

--
-- Name: FUNCTION create_user(username text, display_name text, active boolean); Type: COMMENT; Schema: iam; Owner: audit_owner
--

COMMENT ON FUNCTION iam.create_user(username text, display_name text, active boolean) IS 'Creates a user, who cannot log in before iam.set_password().';


--
-- Name: denial_action(text); Type: FUNCTION; Schema: iam; Owner: audit_owner
--

CREATE FUNCTION iam.denial_action(verdict text) RETURNS text
    LANGUAGE sql IMMUTABLE
    RETURN CASE verdict WHEN 'no_role'::text THEN 'RBAC_ROLE_MISSING'::text ELSE 'RBAC_PERMISSION_DENIED'::text END;


ALTER FUNCTION iam.denial_action(verdict text) OWNER TO audit_owner;

--
-- Name: end_sessions(text); Type: FUNCTION; Schema: iam; Owner: audit_owner
--

CREATE FUNCTION iam.end_sessions(username text) RETURNS void
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  update iam.sessions as session set ended_at = clock_timestamp()
  where session.username = end_sessions.username and session.ended_at is null
$$;


ALTER FUNCTION iam.end_sessions(username text) OWNER TO audit_owner;

--
-- Name: forget_attempts(); Type: FUNCTION; Schema: iam; Owner: audit_owner
--

CREATE FUNCTION iam.forget_attempts() RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  perform iam.record_abandoned(null);
  delete from iam.login_attempts where started_at < now() - interval '30 days';
  delete from iam.sessions where coalesce(ended_at, expires_at) < now() - interval '30 days';
end $$;


ALTER FUNCTION iam.forget_attempts() OWNER TO audit_owner;

--
-- Name: grant_permission(text, text); Type: FUNCTION; Schema: iam; Owner: audit_owner
--

CREATE FUNCTION iam.grant_permission(role text, permission text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
  insert into iam.role_permissions (role, permission) values (grant_permission.role, grant_permission.permission)
  on conflict do nothing;
  if found then
    perform iam.record_change(
      'IAM_PERMISSION_GRANTED', 'IAM_ROLE', grant_permission.role,
      jsonb_build_object('permission', grant_permission.permission)
    );
  end if;
exception when foreign_key_violation or not_null_violation then
  raise exception using errcode = 'ID009', message = 'no such role or permission';
end $$;


ALTER FUNCTION iam.grant_permission(role text, permission text) OWNER TO audit_owner;

--
-- Name: FUNCTION grant_permission(role text, permission text); Type: COMMENT; Schema: iam; Owner: audit_owner
--

COMMENT ON FUNCTION iam.grant_permission(role text, permission text) IS 'Gives a permission to a role.';


--
-- Name: grant_role(text, text); Type: FUNCTION; Schema: iam; Owner: audit_owner
--

CREATE FUNCTION iam.grant_role(username text, role text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
  insert into iam.user_roles (username, role) values (grant_role.username, grant_role.role)
  on conflict do nothing;
  if found then
    perform iam.record_change(
      'IAM_ROLE_GRANTED', 'IAM_USER', grant_role.username, jsonb_build_object('role', grant_role.role)
    );
  end if;
exception when foreign_key_violation or not_null_violation then
  raise exception using errcode = 'ID009', message = 'no such user or role';
end $$;


ALTER FUNCTION iam.grant_role(username text, role text) OWNER TO audit_owner;

--
-- Name: FUNCTION grant_role(username text, role text); Type: COMMENT; Schema: iam; Owner: audit_owner
--

COMMENT ON FUNCTION iam.grant_role(username text, role text) IS 'Gives a role to a user.';


--
-- Name: grant_scope(text, text, text); Type: FUNCTION; Schema: iam; Owner: audit_owner
--

CREATE FUNCTION iam.grant_scope(account text, kind text, pattern text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
  perform iam.require_service_account(grant_scope.account);
  insert into iam.scopes (account, kind, pattern) values (grant_scope.account, grant_scope.kind, grant_scope.pattern)
  on conflict do nothing;
  if found then
    perform iam.record_change(
      'IAM_SCOPE_GRANTED', 'IAM_ACCOUNT', grant_scope.account, jsonb_build_object(grant_scope.kind, grant_scope.pattern)
    );
  end if;
exception when check_violation or not_null_violation then
  raise exception using
    errcode = 'ID009',
    message = 'a scope is an action or an entity_type such as SHOP_ORDER_PLACED, or SHOP_* for all that begin with SHOP_';
end $$;


ALTER FUNCTION iam.grant_scope(account text, kind text, pattern text) OWNER TO audit_owner;

--
-- Name: FUNCTION grant_scope(account text, kind text, pattern text); Type: COMMENT; Schema: iam; Owner: audit_owner
--

COMMENT ON FUNCTION iam.grant_scope(account text, kind text, pattern text) IS 'Lets an account record an action or entity_type: one, or with _* at its end all that begin so.';


--
-- Name: login_attempts; Type: TABLE; Schema: iam; Owner: audit_owner
--

CREATE TABLE iam.login_attempts (
    attempt_id uuid NOT NULL,
    subject bytea NOT NULL,
    username text,
    unknown_name text,
    ip_address inet,
    request_id text,
    xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    started_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    finished_at timestamp with time zone,
    verdict text,
    CONSTRAINT login_attempts_verdict_known CHECK ((verdict = ANY (ARRAY['succeeded'::text, 'failed'::text, 'unknown'::text, 'inactive'::text, 'locked'::text, 'abandoned'::text])))
);


ALTER TABLE iam.login_attempts OWNER TO audit_owner;

--
-- Name: COLUMN login_attempts.subject; Type: COMMENT; Schema: iam; Owner: audit_owner
--

COMMENT ON COLUMN iam.login_attempts.subject IS 'Keyed digest of the name that was typed: an unknown name may be a password in the wrong field.';


--
-- Name: COLUMN login_attempts.unknown_name; Type: COMMENT; Schema: iam; Owner: audit_owner
--

COMMENT ON COLUMN iam.login_attempts.unknown_name IS 'The name itself, only where iam.policy says to keep it.';


--
-- Name: is_locked(iam.login_attempts); Type: FUNCTION; Schema: iam; Owner: audit_owner
--

CREATE FUNCTION iam.is_locked(attempt iam.login_attempts) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  -- Unfinished attempts count as failures: whoever abandons or rolls back login_finish has guessed all the same.
  select coalesce(count(*) >= max(policy.max_failures), false)
  from iam.policy as policy
  cross join iam.login_attempts as other
  where other.subject = (attempt).subject
    and other.attempt_id <> (attempt).attempt_id
    and other.started_at > clock_timestamp() - make_interval(mins => policy.lock_minutes)
    and (other.verdict is null or other.verdict in ('failed', 'unknown', 'abandoned'))
    and other.started_at > coalesce(
      (
        select max(success.finished_at) from iam.login_attempts as success
        where success.subject = (attempt).subject and success.verdict = 'succeeded'
      ),
      '-infinity'
    )
$$;


ALTER FUNCTION iam.is_locked(attempt iam.login_attempts) OWNER TO audit_owner;

--
-- Name: judge_attempt(iam.login_attempts, bytea); Type: FUNCTION; Schema: iam; Owner: audit_owner
--

CREATE FUNCTION iam.judge_attempt(attempt iam.login_attempts, derived_key bytea) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
  v_matches boolean;
  v_active boolean;
begin
  select credential.verifier = sha256(judge_attempt.derived_key), account.active into v_matches, v_active
  from iam.credentials as credential
  join iam.users as account using (username)
  where credential.username = (attempt).username;
  return case
    when iam.is_locked(attempt) then 'locked'
    when v_active is null then 'unknown'
    when not v_active then 'inactive'
    when v_matches then 'succeeded'
    else 'failed'
  end;
end $$;


ALTER FUNCTION iam.judge_attempt(attempt iam.login_attempts, derived_key bytea) OWNER TO audit_owner;

--
-- Name: judge_permission(text, text); Type: FUNCTION; Schema: iam; Owner: audit_owner
--

CREATE FUNCTION iam.judge_permission(username text, permission text) RETURNS TABLE(verdict text, reason text)
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select judged.verdict, judged.reason
  from (values (1)) as one
  left join iam.users as account on account.username = judge_permission.username
  cross join lateral (
    select
      exists (select from iam.user_roles as held where held.username = account.username) as has_role,
      exists (select from iam.permissions as known where known.permission = judge_permission.permission) as known,
      exists (
        select from iam.user_roles as held
        join iam.role_permissions as given using (role)
        where held.username = account.username and given.permission = judge_permission.permission
      ) as granted
  ) as fact
  cross join lateral (
    select
      case
        when judge_permission.username is null then 'unauthenticated'
        when not account.active then 'inactive'
        when not fact.has_role then 'no_role'
        when fact.granted then 'granted'
        else 'denied'
      end as verdict,
      case
        when judge_permission.username is null then 'unauthenticated'
        when account.username is null then 'unknown_user'
        when not account.active then 'inactive'
        when not fact.has_role then 'no_role'
        when not fact.known then 'unknown_permission'
        else 'not_granted'
      end as reason
  ) as judged
$$;


ALTER FUNCTION iam.judge_permission(username text, permission text) OWNER TO audit_owner;

--
-- Name: list_api_keys(); Type: FUNCTION; Schema: iam; Owner: audit_owner
--

CREATE FUNCTION iam.list_api_keys() RETURNS TABLE(account text, active boolean, key_id text, created_at timestamp with time zone, expires_at timestamp with time zone, revoked_at timestamp with time zone, last_used_at timestamp with time zone)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select known.account, owner.active, known.key_id, known.created_at, known.expires_at, known.revoked_at, known.last_used_at
  from iam.api_keys as known
  join iam.service_accounts as owner on owner.account = known.account
  order by known.account, known.created_at, known.key_id
$$;


ALTER FUNCTION iam.list_api_keys() OWNER TO audit_owner;

--
-- Name: FUNCTION list_api_keys(); Type: COMMENT; Schema: iam; Owner: audit_owner
--

COMMENT ON FUNCTION iam.list_api_keys() IS 'All keys by their ids, and when each was used last, to the minute.';


--
-- Name: login_begin(text, inet, text); Type: FUNCTION; Schema: iam; Owner: audit_owner
--

CREATE FUNCTION iam.login_begin(username text, ip_address inet, request_id text) RETURNS TABLE(attempt_id uuid, salt bytea, memory_kib integer, iterations integer, parallelism integer)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
  v_name text := iam.normal_username(left(coalesce(login_begin.username, ''), 1000));
  v_known iam.credentials;
begin
  perform iam.record_abandoned(audit_private.mac('login', convert_to('name:' || v_name, 'UTF8')));
  select credential.* into v_known from iam.credentials as credential where credential.username = v_name;
  -- A name nobody has gets a salt that stays the same, or its changing would tell.
  attempt_id := gen_random_uuid();
  salt := coalesce(v_known.salt, substr(audit_private.mac('login', convert_to('salt:' || v_name, 'UTF8')), 1, 16));
  memory_kib := coalesce(v_known.memory_kib, 19456);
  iterations := coalesce(v_known.iterations, 2);
  parallelism := coalesce(v_known.parallelism, 1);
  insert into iam.login_attempts (attempt_id, subject, username, unknown_name, ip_address, request_id)
  select
    login_begin.attempt_id,
    audit_private.mac('login', convert_to('name:' || v_name, 'UTF8')),
    v_known.username,
    case when v_known.username is null and policy.keep_unknown_names then audit_private.clean(v_name, 200) end,
    login_begin.ip_address,
    audit_private.clean(login_begin.request_id, 128)
  from iam.policy as policy;
  return next;
end $$;


ALTER FUNCTION iam.login_begin(username text, ip_address inet, request_id text) OWNER TO audit_owner;

--
-- Name: FUNCTION login_begin(username text, ip_address inet, request_id text); Type: COMMENT; Schema: iam; Owner: audit_owner
--

COMMENT ON FUNCTION iam.login_begin(username text, ip_address inet, request_id text) IS 'Opens an attempt; returns the argon2id parameters, true or convincing, of that name.';


--
-- Name: login_finish(uuid, bytea, bytea, jsonb); Type: FUNCTION; Schema: iam; Owner: audit_owner
--

CREATE FUNCTION iam.login_finish(attempt_id uuid, derived_key bytea, token_hash bytea, metadata jsonb DEFAULT NULL::jsonb) RETURNS TABLE(verdict text, username text, expires_at timestamp with time zone)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
  v_attempt iam.login_attempts;
begin
  select attempt.* into v_attempt from iam.login_attempts as attempt
  where attempt.attempt_id = login_finish.attempt_id
    and attempt.verdict is null
    and attempt.xid <> pg_current_xact_id()
    and attempt.started_at > clock_timestamp() - interval '2 minutes'
  for update;
  if v_attempt.attempt_id is null or length(login_finish.token_hash) is distinct from 32 then
    raise exception using
      errcode = 'ID008',
      message = 'no such open login attempt',
      hint = 'Call iam.login_begin() first and commit it; a token hash has 32 bytes.';
  end if;
  verdict := iam.judge_attempt(v_attempt, login_finish.derived_key);
  update iam.login_attempts as attempt
  set verdict = login_finish.verdict, finished_at = clock_timestamp()
  where attempt.attempt_id = v_attempt.attempt_id;
  if verdict = 'succeeded' then
    username := v_attempt.username;
    insert into iam.sessions as session (token_digest, username, ip_address, expires_at)
    select sha256(login_finish.token_hash), v_attempt.username, v_attempt.ip_address,
      clock_timestamp() + make_interval(hours => policy.session_hours)
    from iam.policy as policy
    returning session.expires_at into expires_at;
  end if;
  perform iam.record_attempt(v_attempt, verdict, login_finish.metadata);
  return next;
end $$;


ALTER FUNCTION iam.login_finish(attempt_id uuid, derived_key bytea, token_hash bytea, metadata jsonb) OWNER TO audit_owner;

--
-- Name: FUNCTION login_finish(attempt_id uuid, derived_key bytea, token_hash bytea, metadata jsonb); Type: COMMENT; Schema: iam; Owner: audit_owner
--

COMMENT ON FUNCTION iam.login_finish(attempt_id uuid, derived_key bytea, token_hash bytea, metadata jsonb) IS 'Decides an attempt and records it; on success the session of that token begins. The verdict is not for the client.';


--
-- Name: logout(bytea, inet, text); Type: FUNCTION; Schema: iam; Owner: audit_owner
--

CREATE FUNCTION iam.logout(token_hash bytea, ip_address inet, request_id text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
  v_username text;
begin
  update iam.sessions as session set ended_at = clock_timestamp()
  where session.token_digest = sha256(logout.token_hash)
    and session.ended_at is null
    and session.expires_at > clock_timestamp()
  returning session.username into v_username;
  if v_username is null then
    return false;
  end if;
  perform audit_private.append(
    actor => row(v_username, logout.ip_address, logout.request_id, 'sealed', null)::audit_private.actor,
    action => 'AUTH_LOGOUT',
    entity_type => 'IAM_USER',
    entity_id => v_username
  );
  return true;
end $$;


ALTER FUNCTION iam.logout(token_hash bytea, ip_address inet, request_id text) OWNER TO audit_owner;

--
-- Name: FUNCTION logout(token_hash bytea, ip_address inet, request_id text); Type: COMMENT; Schema: iam; Owner: audit_owner
--

COMMENT ON FUNCTION iam.logout(token_hash bytea, ip_address inet, request_id text) IS 'Ends a session; false where there was none.';


--
-- Name: normal_username(text); Type: FUNCTION; Schema: iam; Owner: audit_owner
--

CREATE FUNCTION iam.normal_username(username text) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select lower(normalize(btrim(username), nfkc))
$$;


ALTER FUNCTION iam.normal_username(username text) OWNER TO audit_owner;

--
-- Name: record_abandoned(bytea); Type: FUNCTION; Schema: iam; Owner: audit_owner
--

CREATE FUNCTION iam.record_abandoned(subject bytea) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
  v_attempt iam.login_attempts;
begin
  for v_attempt in
    update iam.login_attempts as attempt set verdict = 'abandoned', finished_at = clock_timestamp()
    where attempt.verdict is null
      and attempt.started_at < clock_timestamp() - interval '2 minutes'
      and (record_abandoned.subject is null or attempt.subject = record_abandoned.subject)
    returning attempt.*
  loop
    perform iam.record_attempt(v_attempt, 'abandoned', null);
  end loop;
end $$;


ALTER FUNCTION iam.record_abandoned(subject bytea) OWNER TO audit_owner;

--
-- Name: record_attempt(iam.login_attempts, text, jsonb); Type: FUNCTION; Schema: iam; Owner: audit_owner
--

CREATE FUNCTION iam.record_attempt(attempt iam.login_attempts, verdict text, metadata jsonb) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  perform audit_private.append(
    actor => row(
      (attempt).username, (attempt).ip_address, (attempt).request_id,
      case record_attempt.verdict when 'succeeded' then 'sealed' else 'service' end, null
    )::audit_private.actor,
    action => case record_attempt.verdict
      when 'succeeded' then 'AUTH_LOGIN_SUCCEEDED'
      when 'inactive' then 'AUTH_LOGIN_INACTIVE'
      when 'locked' then 'AUTH_LOGIN_LOCKED'
      else 'AUTH_LOGIN_FAILED'
    end,
    entity_type => 'IAM_USER',
    entity_id => (attempt).username,
    outcome => case record_attempt.verdict when 'succeeded' then 'success' else 'failure' end,
    metadata => coalesce(record_attempt.metadata, '{}') || case
      when record_attempt.verdict = 'succeeded' then '{}'::jsonb
      else jsonb_build_object('reason', case record_attempt.verdict
        when 'failed' then 'wrong_password' when 'unknown' then 'unknown_user' else record_attempt.verdict
      end)
    end || case
      when (attempt).username is not null then '{}'::jsonb
      else jsonb_strip_nulls(jsonb_build_object(
        'name_digest', encode((attempt).subject, 'hex'), 'name', (attempt).unknown_name
      ))
    end
  );
end $$;


ALTER FUNCTION iam.record_attempt(attempt iam.login_attempts, verdict text, metadata jsonb) OWNER TO audit_owner;

--
-- Name: record_change(text, text, text, jsonb); Type: FUNCTION; Schema: iam; Owner: audit_owner
--

CREATE FUNCTION iam.record_change(action text, entity_type text, entity_id text, metadata jsonb) RETURNS void
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select audit_private.append(
    actor => audit_private.current_actor(),
    action => record_change.action,
    entity_type => record_change.entity_type,
    entity_id => record_change.entity_id,
    metadata => record_change.metadata
  )
$$;


ALTER FUNCTION iam.record_change(action text, entity_type text, entity_id text, metadata jsonb) OWNER TO audit_owner;

--
-- Name: require_permission(text, text, text, inet, text); Type: FUNCTION; Schema: iam; Owner: audit_owner
--

CREATE FUNCTION iam.require_permission(permission text, sealed text DEFAULT NULL::text, user_id text DEFAULT NULL::text, ip_address inet DEFAULT NULL::inet, request_id text DEFAULT NULL::text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  v_actor constant audit_private.actor := audit_private.resolve_actor(
    require_permission.sealed, require_permission.user_id, require_permission.ip_address, require_permission.request_id
  );
  v_verdict text;
  v_reason text;
  v_sent boolean;
begin
  select judged.verdict, judged.reason into strict v_verdict, v_reason
  from iam.judge_permission(v_actor.user_id, require_permission.permission) as judged;
  if v_verdict = 'granted' then
    return;
  end if;
  if audit_private.guard_is_installed() then
    -- By a simple assignment: so the guard sees who asks.
    v_sent := audit_guard.emit_denial(jsonb_build_object(
      'action', iam.denial_action(v_verdict),
      'user_id', v_actor.user_id,
      'actor_proof', v_actor.proof,
      'entity_type', case when v_actor.user_id is not null then 'IAM_USER' end,
      'entity_id', v_actor.user_id,
      'permission', audit_private.clean(require_permission.permission, 100),
      'ip_address', v_actor.ip_address,
      'request_id', v_actor.request_id,
      'metadata', jsonb_strip_nulls(jsonb_build_object('reason', v_reason, 'claim', v_actor.claim))
    ));
  end if;
  raise exception using errcode = 'ID015', message = 'permission denied';
end $$;


ALTER FUNCTION iam.require_permission(permission text, sealed text, user_id text, ip_address inet, request_id text) OWNER TO audit_owner;

--
-- Name: FUNCTION require_permission(permission text, sealed text, user_id text, ip_address inet, request_id text); Type: COMMENT; Schema: iam; Owner: audit_owner
--

COMMENT ON FUNCTION iam.require_permission(permission text, sealed text, user_id text, ip_address inet, request_id text) IS 'Nothing where the permission is held; else ID015, and the denial is recorded whatever becomes of the transaction.';


--
-- Name: require_service_account(text); Type: FUNCTION; Schema: iam; Owner: audit_owner
--

CREATE FUNCTION iam.require_service_account(account text) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if not exists (select from iam.service_accounts as known where known.account = require_service_account.account) then
    raise exception using
      errcode = 'ID009',
      message = format('no service account %s', coalesce(audit_private.clean(require_service_account.account, 100), 'null'));
  end if;
end $$;


ALTER FUNCTION iam.require_service_account(account text) OWNER TO audit_owner;

--
-- Name: require_user(text); Type: FUNCTION; Schema: iam; Owner: audit_owner
--

CREATE FUNCTION iam.require_user(username text) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if not exists (select from iam.users as account where account.username = require_user.username) then
    raise exception using
      errcode = 'ID009',
      message = format('no user %s', coalesce(audit_private.clean(require_user.username, 100), 'null'));
  end if;
end $$;


ALTER FUNCTION iam.require_user(username text) OWNER TO audit_owner;

--
-- Name: revoke_api_key(text); Type: FUNCTION; Schema: iam; Owner: audit_owner
--

CREATE FUNCTION iam.revoke_api_key(key_id text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
  v_account text;
begin
  if not exists (select from iam.api_keys as known where known.key_id = revoke_api_key.key_id) then
    raise exception using errcode = 'ID009', message = 'no API key of this id';
  end if;
  update iam.api_keys as known set revoked_at = clock_timestamp()
  where known.key_id = revoke_api_key.key_id and known.revoked_at is null
  returning known.account into v_account;
  if v_account is not null then
    perform iam.record_change(
      'IAM_KEY_REVOKED', 'IAM_ACCOUNT', v_account, jsonb_build_object('key_id', revoke_api_key.key_id)
    );
  end if;
end $$;


ALTER FUNCTION iam.revoke_api_key(key_id text) OWNER TO audit_owner;

--
-- Name: FUNCTION revoke_api_key(key_id text); Type: COMMENT; Schema: iam; Owner: audit_owner
--

COMMENT ON FUNCTION iam.revoke_api_key(key_id text) IS 'Ends a key for ever; the account''s other keys stay.';


--
-- Name: revoke_permission(text, text); Type: FUNCTION; Schema: iam; Owner: audit_owner
--

CREATE FUNCTION iam.revoke_permission(role text, permission text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
  delete from iam.role_permissions
  where role = revoke_permission.role and permission = revoke_permission.permission;
  if found then
    perform iam.record_change(
      'IAM_PERMISSION_REVOKED', 'IAM_ROLE', revoke_permission.role,
      jsonb_build_object('permission', revoke_permission.permission)
    );
  end if;
end $$;


ALTER FUNCTION iam.revoke_permission(role text, permission text) OWNER TO audit_owner;

--
-- Name: FUNCTION revoke_permission(role text, permission text); Type: COMMENT; Schema: iam; Owner: audit_owner
--

COMMENT ON FUNCTION iam.revoke_permission(role text, permission text) IS 'Takes a permission from a role.';


--
-- Name: revoke_role(text, text); Type: FUNCTION; Schema: iam; Owner: audit_owner
--

CREATE FUNCTION iam.revoke_role(username text, role text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
  delete from iam.user_roles where username = revoke_role.username and role = revoke_role.role;
  if found then
    perform iam.record_change(
      'IAM_ROLE_REVOKED', 'IAM_USER', revoke_role.username, jsonb_build_object('role', revoke_role.role)
    );
  end if;
end $$;


ALTER FUNCTION iam.revoke_role(username text, role text) OWNER TO audit_owner;

--
-- Name: FUNCTION revoke_role(username text, role text); Type: COMMENT; Schema: iam; Owner: audit_owner
--

COMMENT ON FUNCTION iam.revoke_role(username text, role text) IS 'Takes a role from a user.';


--
-- Name: revoke_scope(text, text, text); Type: FUNCTION; Schema: iam; Owner: audit_owner
--

CREATE FUNCTION iam.revoke_scope(account text, kind text, pattern text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
  delete from iam.scopes as held
  where held.account = revoke_scope.account and held.kind = revoke_scope.kind and held.pattern = revoke_scope.pattern;
  if found then
    perform iam.record_change(
      'IAM_SCOPE_REVOKED', 'IAM_ACCOUNT', revoke_scope.account, jsonb_build_object(revoke_scope.kind, revoke_scope.pattern)
    );
  end if;
end $$;


ALTER FUNCTION iam.revoke_scope(account text, kind text, pattern text) OWNER TO audit_owner;

--
-- Name: FUNCTION revoke_scope(account text, kind text, pattern text); Type: COMMENT; Schema: iam; Owner: audit_owner
--

COMMENT ON FUNCTION iam.revoke_scope(account text, kind text, pattern text) IS 'Takes back what iam.grant_scope() gave, by the same words.';


--
-- Name: scope_expression(text, text); Type: FUNCTION; Schema: iam; Owner: audit_owner
--

CREATE FUNCTION iam.scope_expression(account text, kind text) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
  -- A pattern holds capitals, digits and _ alone, besides the * at its end: nothing else to escape.
  select '^(' || string_agg(replace(held.pattern, '*', '[A-Z0-9]+(_[A-Z0-9]+)*'), '|') || ')$'
  from iam.scopes as held
  where held.account = scope_expression.account and held.kind = scope_expression.kind
$_$;


ALTER FUNCTION iam.scope_expression(account text, kind text) OWNER TO audit_owner;

--
-- Name: FUNCTION scope_expression(account text, kind text); Type: COMMENT; Schema: iam; Owner: audit_owner
--

COMMENT ON FUNCTION iam.scope_expression(account text, kind text) IS 'What an account may record, as a regular expression; null for nothing.';


--
-- Name: set_active(text, boolean); Type: FUNCTION; Schema: iam; Owner: audit_owner
--

CREATE FUNCTION iam.set_active(username text, active boolean) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
  perform iam.require_user(set_active.username);
  update iam.users as account set active = set_active.active
  where account.username = set_active.username and account.active <> set_active.active;
  if not found then
    return;
  end if;
  if not set_active.active then
    perform iam.end_sessions(set_active.username);
  end if;
  perform iam.record_change(
    case when set_active.active then 'IAM_USER_ACTIVATED' else 'IAM_USER_DEACTIVATED' end,
    'IAM_USER', set_active.username, null
  );
end $$;


ALTER FUNCTION iam.set_active(username text, active boolean) OWNER TO audit_owner;

--
-- Name: FUNCTION set_active(username text, active boolean); Type: COMMENT; Schema: iam; Owner: audit_owner
--

COMMENT ON FUNCTION iam.set_active(username text, active boolean) IS 'Activates or deactivates a user; deactivation ends all sessions at once.';


--
-- Name: set_password(text, bytea, integer, integer, integer, bytea); Type: FUNCTION; Schema: iam; Owner: audit_owner
--

CREATE FUNCTION iam.set_password(username text, salt bytea, memory_kib integer, iterations integer, parallelism integer, verifier bytea) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
  perform iam.require_user(set_password.username);
  insert into iam.credentials (username, salt, memory_kib, iterations, parallelism, verifier)
  values (
    set_password.username, set_password.salt, set_password.memory_kib,
    set_password.iterations, set_password.parallelism, set_password.verifier
  )
  on conflict (username) do update set
    salt = excluded.salt, memory_kib = excluded.memory_kib, iterations = excluded.iterations,
    parallelism = excluded.parallelism, verifier = excluded.verifier, changed_at = clock_timestamp();
  perform iam.end_sessions(set_password.username);
  perform iam.record_change('IAM_PASSWORD_SET', 'IAM_USER', set_password.username, null);
exception when check_violation or not_null_violation then
  raise exception using
    errcode = 'ID009',
    message = 'argon2id needs a salt of 16 to 64 bytes, at least 8192 KiB, 1 to 20 iterations, and a 32-byte verifier';
end $$;


ALTER FUNCTION iam.set_password(username text, salt bytea, memory_kib integer, iterations integer, parallelism integer, verifier bytea) OWNER TO audit_owner;

--
-- Name: FUNCTION set_password(username text, salt bytea, memory_kib integer, iterations integer, parallelism integer, verifier bytea); Type: COMMENT; Schema: iam; Owner: audit_owner
--

COMMENT ON FUNCTION iam.set_password(username text, salt bytea, memory_kib integer, iterations integer, parallelism integer, verifier bytea) IS 'verifier = sha256(argon2id key of 32 bytes): the password never comes here. Ends all sessions.';


--
-- Name: set_policy(integer, integer, integer, boolean); Type: FUNCTION; Schema: iam; Owner: audit_owner
--

CREATE FUNCTION iam.set_policy(max_failures integer DEFAULT NULL::integer, lock_minutes integer DEFAULT NULL::integer, session_hours integer DEFAULT NULL::integer, keep_unknown_names boolean DEFAULT NULL::boolean) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
  v_before iam.policy;
  v_after iam.policy;
begin
  select * into strict v_before from iam.policy for update;
  update iam.policy set
    max_failures = coalesce(set_policy.max_failures, max_failures),
    lock_minutes = coalesce(set_policy.lock_minutes, lock_minutes),
    session_hours = coalesce(set_policy.session_hours, session_hours),
    keep_unknown_names = coalesce(set_policy.keep_unknown_names, keep_unknown_names)
  returning * into strict v_after;
  if v_after is distinct from v_before then
    perform iam.record_change(
      'IAM_POLICY_CHANGED', 'IAM_POLICY', null,
      jsonb_build_object('old', to_jsonb(v_before) - 'only_row', 'new', to_jsonb(v_after) - 'only_row')
    );
  end if;
exception when check_violation then
  raise exception using
    errcode = 'ID009',
    message = 'policy: 1 to 100 failures, locked for 1 to 1440 minutes, sessions of 1 to 720 hours';
end $$;


ALTER FUNCTION iam.set_policy(max_failures integer, lock_minutes integer, session_hours integer, keep_unknown_names boolean) OWNER TO audit_owner;

--
-- Name: FUNCTION set_policy(max_failures integer, lock_minutes integer, session_hours integer, keep_unknown_names boolean); Type: COMMENT; Schema: iam; Owner: audit_owner
--

COMMENT ON FUNCTION iam.set_policy(max_failures integer, lock_minutes integer, session_hours integer, keep_unknown_names boolean) IS 'Changes lock-out, session length, or whether unknown names are kept verbatim.';


--
-- Name: set_service_account_active(text, boolean); Type: FUNCTION; Schema: iam; Owner: audit_owner
--

CREATE FUNCTION iam.set_service_account_active(account text, active boolean) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
  perform iam.require_service_account(set_service_account_active.account);
  update iam.service_accounts as known set active = set_service_account_active.active
  where known.account = set_service_account_active.account and known.active <> set_service_account_active.active;
  if found then
    perform iam.record_change(
      case when set_service_account_active.active then 'IAM_ACCOUNT_ACTIVATED' else 'IAM_ACCOUNT_DEACTIVATED' end,
      'IAM_ACCOUNT', set_service_account_active.account, null
    );
  end if;
end $$;


ALTER FUNCTION iam.set_service_account_active(account text, active boolean) OWNER TO audit_owner;

--
-- Name: FUNCTION set_service_account_active(account text, active boolean); Type: COMMENT; Schema: iam; Owner: audit_owner
--

COMMENT ON FUNCTION iam.set_service_account_active(account text, active boolean) IS 'Activates or deactivates an account; from its deactivation on, none of its keys opens anything.';


--
-- Name: merged(jsonb); Type: AGGREGATE; Schema: audit_private; Owner: audit_owner
--

CREATE AGGREGATE audit_private.merged(jsonb) (
    SFUNC = jsonb_concat,
    STYPE = jsonb,
    INITCOND = '{}'
);


ALTER AGGREGATE audit_private.merged(jsonb) OWNER TO audit_owner;

--
-- Name: audit_logs_id_seq; Type: SEQUENCE; Schema: audit; Owner: audit_owner
--

ALTER TABLE audit.audit_logs ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME audit.audit_logs_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: installations; Type: TABLE; Schema: audit_private; Owner: audit_owner
--

CREATE TABLE audit_private.installations (
    installation_id bigint NOT NULL,
    digest text NOT NULL,
    version text NOT NULL,
    installed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);


ALTER TABLE audit_private.installations OWNER TO audit_owner;

--
-- Name: TABLE installations; Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON TABLE audit_private.installations IS 'Which state of sql/ and migrations/ this database runs, newest last.';


--
-- Name: installation; Type: VIEW; Schema: audit; Owner: audit_owner
--

CREATE VIEW audit.installation AS
 SELECT digest,
    version,
    installed_at
   FROM audit_private.installations
  ORDER BY installation_id DESC
 LIMIT 1;


ALTER VIEW audit.installation OWNER TO audit_owner;

--
-- Name: VIEW installation; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON VIEW audit.installation IS 'The state of the audit objects in this database; applications compare it with their own.';


--
-- Name: v_authentication; Type: VIEW; Schema: audit; Owner: audit_owner
--

CREATE VIEW audit.v_authentication AS
 SELECT id,
    created_at,
    action,
    (outcome)::text AS outcome,
    user_id,
    (metadata ->> 'reason'::text) AS reason,
    host(ip_address) AS ip_address,
    request_id,
    db_user,
    (actor_proof)::text AS actor_proof
   FROM audit.audit_logs log
  WHERE ((action ~~ 'AUTH\_%'::text) AND (action <> ALL (ARRAY['ROW_INSERTED'::text, 'ROW_UPDATED'::text, 'ROW_DELETED'::text])) AND ( SELECT audit.note_read('v_authentication'::text) AS note_read));


ALTER VIEW audit.v_authentication OWNER TO audit_owner;

--
-- Name: VIEW v_authentication; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON VIEW audit.v_authentication IS 'Logins, refused logins and logouts.';


--
-- Name: COLUMN v_authentication.id; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_authentication.id IS 'Number of the event; the order of history.';


--
-- Name: COLUMN v_authentication.created_at; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_authentication.created_at IS 'When it happened. Row changes: the database''s clock; events of services: the time they claimed.';


--
-- Name: COLUMN v_authentication.action; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_authentication.action IS 'Event code, such as ROW_UPDATED or AUTH_LOGIN_FAILED; audit.actions describes each.';


--
-- Name: COLUMN v_authentication.outcome; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_authentication.outcome IS 'success, failure, denied; attempted for an intent that was recorded ahead.';


--
-- Name: COLUMN v_authentication.user_id; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_authentication.user_id IS 'The acting user of the application; null where none is proven or claimed.';


--
-- Name: COLUMN v_authentication.reason; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_authentication.reason IS 'Why it failed or was refused, as a code; of a table without capture, why it needs none.';


--
-- Name: COLUMN v_authentication.ip_address; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_authentication.ip_address IS 'The client''s address.';


--
-- Name: COLUMN v_authentication.request_id; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_authentication.request_id IS 'The request it belonged to: the same for its business events and row changes.';


--
-- Name: COLUMN v_authentication.db_user; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_authentication.db_user IS 'The database login that really did it.';


--
-- Name: COLUMN v_authentication.actor_proof; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_authentication.actor_proof IS 'How far user_id is proven: sealed by the database, the word of a service or client, or direct: none claimed.';


--
-- Name: unwatched_by_choice; Type: TABLE; Schema: audit_private; Owner: audit_owner
--

CREATE TABLE audit_private.unwatched_by_choice (
    target regclass NOT NULL,
    reason text NOT NULL,
    decided_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT unwatched_by_choice_reason_given CHECK (((length(reason) >= 1) AND (length(reason) <= 500)))
);


ALTER TABLE audit_private.unwatched_by_choice OWNER TO audit_owner;

--
-- Name: TABLE unwatched_by_choice; Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON TABLE audit_private.unwatched_by_choice IS 'Tables that somebody decided not to watch, with the reason.';


--
-- Name: v_coverage; Type: VIEW; Schema: audit; Owner: audit_owner
--

CREATE VIEW audit.v_coverage AS
 SELECT ((class.oid)::regclass)::text AS table_name,
        CASE
            WHEN (watch.watch_id IS NOT NULL) THEN 'watched'::text
            WHEN (part.watch_id IS NOT NULL) THEN 'watched as a partition'::text
            WHEN (choice.target IS NOT NULL) THEN 'unwatched by choice'::text
            ELSE 'unwatched'::text
        END AS coverage,
    watch.entity_type,
    watch.capture,
    array_to_string(watch.excluded, ', '::text) AS excluded_columns,
    array_to_string(watch.masked, ', '::text) AS masked_columns,
    ( SELECT string_agg((attribute.attname)::text, ', '::text ORDER BY attribute.attnum) AS string_agg
           FROM pg_attribute attribute
          WHERE ((attribute.attrelid = class.oid) AND (attribute.attgenerated = 'v'::"char") AND (watch.watch_id IS NOT NULL))) AS virtual_columns,
    choice.reason,
    watch.started_at
   FROM (((pg_class class
     LEFT JOIN audit_private.watches watch ON ((((watch.target)::oid = class.oid) AND (watch.stopped_at IS NULL))))
     LEFT JOIN audit_private.unwatched_by_choice choice ON (((choice.target)::oid = class.oid)))
     LEFT JOIN LATERAL ( SELECT above.watch_id
           FROM (pg_partition_ancestors((class.oid)::regclass) ancestor(relid)
             JOIN audit_private.watches above ON ((((above.target)::oid = (ancestor.relid)::oid) AND (above.stopped_at IS NULL))))
          WHERE class.relispartition
         LIMIT 1) part ON (true))
  WHERE ((class.relkind = ANY (ARRAY['r'::"char", 'p'::"char"])) AND (class.relpersistence <> 't'::"char") AND (((class.relnamespace)::regnamespace)::text <> ALL (ARRAY['audit'::text, 'audit_private'::text, 'audit_guard'::text, 'pg_catalog'::text, 'information_schema'::text, 'pg_toast'::text])));


ALTER VIEW audit.v_coverage OWNER TO audit_owner;

--
-- Name: VIEW v_coverage; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON VIEW audit.v_coverage IS 'Every table of the database, and whether and how its changes are captured.';


--
-- Name: COLUMN v_coverage.table_name; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_coverage.table_name IS 'The table, with its schema.';


--
-- Name: COLUMN v_coverage.coverage; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_coverage.coverage IS 'watched, watched as a partition, unwatched by choice, or unwatched.';


--
-- Name: COLUMN v_coverage.entity_type; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_coverage.entity_type IS 'What kind of record it was about, such as SHOP_ORDER.';


--
-- Name: COLUMN v_coverage.capture; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_coverage.capture IS 'How it is captured: row or statement.';


--
-- Name: COLUMN v_coverage.excluded_columns; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_coverage.excluded_columns IS 'Columns that are never recorded.';


--
-- Name: COLUMN v_coverage.masked_columns; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_coverage.masked_columns IS 'Columns of which only the fact of a change is recorded.';


--
-- Name: COLUMN v_coverage.virtual_columns; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_coverage.virtual_columns IS 'Columns that are computed when they are read, and so are not recorded.';


--
-- Name: COLUMN v_coverage.reason; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_coverage.reason IS 'Why it failed or was refused, as a code; of a table without capture, why it needs none.';


--
-- Name: COLUMN v_coverage.started_at; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_coverage.started_at IS 'Since when it is watched.';


--
-- Name: v_data_changes; Type: VIEW; Schema: audit; Owner: audit_owner
--

CREATE VIEW audit.v_data_changes AS
 SELECT id,
    created_at,
    action,
    user_id,
    db_user,
    (actor_proof)::text AS actor_proof,
    entity_type,
    entity_id,
    array_to_string(ARRAY( SELECT jsonb_object_keys(COALESCE((log.changes -> 'new'::text), (log.changes -> 'old'::text))) AS jsonb_object_keys), ', '::text) AS columns,
    ((changes -> 'old'::text))::text AS old_values,
    ((changes -> 'new'::text))::text AS new_values,
    host(ip_address) AS ip_address,
    request_id,
    (xid)::text AS transaction_id
   FROM audit.audit_logs log
  WHERE ((action = ANY (ARRAY['ROW_INSERTED'::text, 'ROW_UPDATED'::text, 'ROW_DELETED'::text, 'TABLE_TRUNCATED'::text])) AND ( SELECT audit.note_read('v_data_changes'::text) AS note_read));


ALTER VIEW audit.v_data_changes OWNER TO audit_owner;

--
-- Name: VIEW v_data_changes; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON VIEW audit.v_data_changes IS 'Row changes of watched tables, with the values before and after.';


--
-- Name: COLUMN v_data_changes.id; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_data_changes.id IS 'Number of the event; the order of history.';


--
-- Name: COLUMN v_data_changes.created_at; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_data_changes.created_at IS 'When it happened. Row changes: the database''s clock; events of services: the time they claimed.';


--
-- Name: COLUMN v_data_changes.action; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_data_changes.action IS 'Event code, such as ROW_UPDATED or AUTH_LOGIN_FAILED; audit.actions describes each.';


--
-- Name: COLUMN v_data_changes.user_id; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_data_changes.user_id IS 'The acting user of the application; null where none is proven or claimed.';


--
-- Name: COLUMN v_data_changes.db_user; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_data_changes.db_user IS 'The database login that really did it.';


--
-- Name: COLUMN v_data_changes.actor_proof; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_data_changes.actor_proof IS 'How far user_id is proven: sealed by the database, the word of a service or client, or direct: none claimed.';


--
-- Name: COLUMN v_data_changes.entity_type; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_data_changes.entity_type IS 'What kind of record it was about, such as SHOP_ORDER.';


--
-- Name: COLUMN v_data_changes.entity_id; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_data_changes.entity_id IS 'Which record: its key, of several columns as a JSON object.';


--
-- Name: COLUMN v_data_changes.columns; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_data_changes.columns IS 'The columns that changed, or all of a row that came or went.';


--
-- Name: COLUMN v_data_changes.old_values; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_data_changes.old_values IS 'Their values before, as JSON text; *** where masked.';


--
-- Name: COLUMN v_data_changes.new_values; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_data_changes.new_values IS 'Their values after, as JSON text; *** where masked.';


--
-- Name: COLUMN v_data_changes.ip_address; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_data_changes.ip_address IS 'The client''s address.';


--
-- Name: COLUMN v_data_changes.request_id; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_data_changes.request_id IS 'The request it belonged to: the same for its business events and row changes.';


--
-- Name: COLUMN v_data_changes.transaction_id; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_data_changes.transaction_id IS 'The database transaction that wrote it.';


--
-- Name: v_denials; Type: VIEW; Schema: audit; Owner: audit_owner
--

CREATE VIEW audit.v_denials AS
 SELECT id,
    created_at,
    action,
    user_id,
    permission,
    (metadata ->> 'reason'::text) AS reason,
    entity_type,
    entity_id,
    host(ip_address) AS ip_address,
    request_id,
    db_user,
    (actor_proof)::text AS actor_proof
   FROM audit.audit_logs log
  WHERE ((outcome = 'denied'::audit.outcome) AND ( SELECT audit.note_read('v_denials'::text) AS note_read));


ALTER VIEW audit.v_denials OWNER TO audit_owner;

--
-- Name: VIEW v_denials; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON VIEW audit.v_denials IS 'What was attempted and refused, with the permission that was missing.';


--
-- Name: COLUMN v_denials.id; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_denials.id IS 'Number of the event; the order of history.';


--
-- Name: COLUMN v_denials.created_at; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_denials.created_at IS 'When it happened. Row changes: the database''s clock; events of services: the time they claimed.';


--
-- Name: COLUMN v_denials.action; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_denials.action IS 'Event code, such as ROW_UPDATED or AUTH_LOGIN_FAILED; audit.actions describes each.';


--
-- Name: COLUMN v_denials.user_id; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_denials.user_id IS 'The acting user of the application; null where none is proven or claimed.';


--
-- Name: COLUMN v_denials.permission; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_denials.permission IS 'The permission that was missing, on denials.';


--
-- Name: COLUMN v_denials.reason; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_denials.reason IS 'Why it failed or was refused, as a code; of a table without capture, why it needs none.';


--
-- Name: COLUMN v_denials.entity_type; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_denials.entity_type IS 'What kind of record it was about, such as SHOP_ORDER.';


--
-- Name: COLUMN v_denials.entity_id; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_denials.entity_id IS 'Which record: its key, of several columns as a JSON object.';


--
-- Name: COLUMN v_denials.ip_address; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_denials.ip_address IS 'The client''s address.';


--
-- Name: COLUMN v_denials.request_id; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_denials.request_id IS 'The request it belonged to: the same for its business events and row changes.';


--
-- Name: COLUMN v_denials.db_user; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_denials.db_user IS 'The database login that really did it.';


--
-- Name: COLUMN v_denials.actor_proof; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_denials.actor_proof IS 'How far user_id is proven: sealed by the database, the word of a service or client, or direct: none claimed.';


--
-- Name: v_entity_history; Type: VIEW; Schema: audit; Owner: audit_owner
--

CREATE VIEW audit.v_entity_history AS
 SELECT entity_type,
    entity_id,
    id,
    created_at,
    action,
    (outcome)::text AS outcome,
    user_id,
    db_user,
    (actor_proof)::text AS actor_proof,
    ((changes -> 'old'::text))::text AS old_values,
    ((changes -> 'new'::text))::text AS new_values,
    description,
    host(ip_address) AS ip_address,
    request_id,
    (xid)::text AS transaction_id
   FROM audit.audit_logs log
  WHERE ((entity_type IS NOT NULL) AND (entity_id IS NOT NULL) AND ( SELECT audit.note_read('v_entity_history'::text) AS note_read));


ALTER VIEW audit.v_entity_history OWNER TO audit_owner;

--
-- Name: VIEW v_entity_history; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON VIEW audit.v_entity_history IS 'All that happened to one record: business events and row changes in order of id.';


--
-- Name: COLUMN v_entity_history.entity_type; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_entity_history.entity_type IS 'What kind of record it was about, such as SHOP_ORDER.';


--
-- Name: COLUMN v_entity_history.entity_id; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_entity_history.entity_id IS 'Which record: its key, of several columns as a JSON object.';


--
-- Name: COLUMN v_entity_history.id; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_entity_history.id IS 'Number of the event; the order of history.';


--
-- Name: COLUMN v_entity_history.created_at; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_entity_history.created_at IS 'When it happened. Row changes: the database''s clock; events of services: the time they claimed.';


--
-- Name: COLUMN v_entity_history.action; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_entity_history.action IS 'Event code, such as ROW_UPDATED or AUTH_LOGIN_FAILED; audit.actions describes each.';


--
-- Name: COLUMN v_entity_history.outcome; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_entity_history.outcome IS 'success, failure, denied; attempted for an intent that was recorded ahead.';


--
-- Name: COLUMN v_entity_history.user_id; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_entity_history.user_id IS 'The acting user of the application; null where none is proven or claimed.';


--
-- Name: COLUMN v_entity_history.db_user; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_entity_history.db_user IS 'The database login that really did it.';


--
-- Name: COLUMN v_entity_history.actor_proof; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_entity_history.actor_proof IS 'How far user_id is proven: sealed by the database, the word of a service or client, or direct: none claimed.';


--
-- Name: COLUMN v_entity_history.old_values; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_entity_history.old_values IS 'Their values before, as JSON text; *** where masked.';


--
-- Name: COLUMN v_entity_history.new_values; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_entity_history.new_values IS 'Their values after, as JSON text; *** where masked.';


--
-- Name: COLUMN v_entity_history.description; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_entity_history.description IS 'What happened, in words: the event''s own or those of its code.';


--
-- Name: COLUMN v_entity_history.ip_address; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_entity_history.ip_address IS 'The client''s address.';


--
-- Name: COLUMN v_entity_history.request_id; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_entity_history.request_id IS 'The request it belonged to: the same for its business events and row changes.';


--
-- Name: COLUMN v_entity_history.transaction_id; Type: COMMENT; Schema: audit; Owner: audit_owner
--

COMMENT ON COLUMN audit.v_entity_history.transaction_id IS 'The database transaction that wrote it.';


--
-- Name: doors; Type: TABLE; Schema: audit_guard; Owner: postgres
--

CREATE UNLOGGED TABLE audit_guard.doors (
    door_id bigint NOT NULL,
    backend integer NOT NULL,
    xid xid8 NOT NULL
);


ALTER TABLE audit_guard.doors OWNER TO postgres;

--
-- Name: TABLE doors; Type: COMMENT; Schema: audit_guard; Owner: postgres
--

COMMENT ON TABLE audit_guard.doors IS 'Doors that stand open: only ever seen by the transaction that opened them.';


--
-- Name: doors_door_id_seq; Type: SEQUENCE; Schema: audit_guard; Owner: postgres
--

ALTER TABLE audit_guard.doors ALTER COLUMN door_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME audit_guard.doors_door_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: keys; Type: TABLE; Schema: audit_guard; Owner: postgres
--

CREATE TABLE audit_guard.keys (
    only_row boolean DEFAULT true NOT NULL,
    inner_pad bytea NOT NULL,
    outer_pad bytea NOT NULL,
    CONSTRAINT keys_inner_pad_block CHECK ((length(inner_pad) = 64)),
    CONSTRAINT keys_only_row CHECK (only_row),
    CONSTRAINT keys_outer_pad_block CHECK ((length(outer_pad) = 64))
);


ALTER TABLE audit_guard.keys OWNER TO postgres;

--
-- Name: TABLE keys; Type: COMMENT; Schema: audit_guard; Owner: postgres
--

COMMENT ON TABLE audit_guard.keys IS 'The key of verdicts, as HMAC-SHA-256 pads (RFC 2104).';


--
-- Name: opened; Type: TABLE; Schema: audit_guard; Owner: postgres
--

CREATE TABLE audit_guard.opened (
    mac bytea NOT NULL
);


ALTER TABLE audit_guard.opened OWNER TO postgres;

--
-- Name: TABLE opened; Type: COMMENT; Schema: audit_guard; Owner: postgres
--

COMMENT ON TABLE audit_guard.opened IS 'The codes of verdicts that are in the log: who sends the same message again adds nothing.';


--
-- Name: _yoyo_log; Type: TABLE; Schema: audit_private; Owner: audit_owner
--

CREATE TABLE audit_private._yoyo_log (
    id character varying(36) NOT NULL,
    migration_hash character varying(64),
    migration_id character varying(255),
    operation character varying(10),
    username character varying(255),
    hostname character varying(255),
    comment character varying(255),
    created_at_utc timestamp without time zone
);


ALTER TABLE audit_private._yoyo_log OWNER TO audit_owner;

--
-- Name: _yoyo_migration; Type: TABLE; Schema: audit_private; Owner: audit_owner
--

CREATE TABLE audit_private._yoyo_migration (
    migration_hash character varying(64) NOT NULL,
    migration_id character varying(255),
    applied_at_utc timestamp without time zone
);


ALTER TABLE audit_private._yoyo_migration OWNER TO audit_owner;

--
-- Name: _yoyo_version; Type: TABLE; Schema: audit_private; Owner: audit_owner
--

CREATE TABLE audit_private._yoyo_version (
    version integer NOT NULL,
    installed_at_utc timestamp without time zone
);


ALTER TABLE audit_private._yoyo_version OWNER TO audit_owner;

--
-- Name: batches; Type: TABLE; Schema: audit_private; Owner: audit_owner
--

CREATE TABLE audit_private.batches (
    tree_size bigint NOT NULL,
    epoch integer NOT NULL,
    root bytea NOT NULL,
    snapshot pg_snapshot NOT NULL,
    sealed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT batches_root_size CHECK ((length(root) = 32))
);


ALTER TABLE audit_private.batches OWNER TO audit_owner;

--
-- Name: TABLE batches; Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON TABLE audit_private.batches IS 'Every size and root that the tree has had, and the snapshot that was sealed then.';


--
-- Name: capture_versions_version_id_seq; Type: SEQUENCE; Schema: audit_private; Owner: audit_owner
--

ALTER TABLE audit_private.capture_versions ALTER COLUMN version_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME audit_private.capture_versions_version_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: checkpoints; Type: TABLE; Schema: audit_private; Owner: audit_owner
--

CREATE TABLE audit_private.checkpoints (
    origin text NOT NULL,
    tree_size bigint NOT NULL,
    note text NOT NULL,
    stored_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);


ALTER TABLE audit_private.checkpoints OWNER TO audit_owner;

--
-- Name: TABLE checkpoints; Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON TABLE audit_private.checkpoints IS 'Signed notes over size and root.';


--
-- Name: compared_columns; Type: TABLE; Schema: audit_private; Owner: audit_owner
--

CREATE TABLE audit_private.compared_columns (
    watch_id bigint NOT NULL,
    name text NOT NULL,
    type oid NOT NULL,
    typmod integer NOT NULL,
    is_key boolean NOT NULL,
    entity_type text NOT NULL,
    since_id bigint NOT NULL
);


ALTER TABLE audit_private.compared_columns OWNER TO audit_owner;

--
-- Name: TABLE compared_columns; Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON TABLE audit_private.compared_columns IS 'Columns of watched tables whose recorded values can be compared with the table, from the record after since_id on.';


--
-- Name: cosignatures; Type: TABLE; Schema: audit_private; Owner: audit_owner
--

CREATE TABLE audit_private.cosignatures (
    origin text NOT NULL,
    tree_size bigint NOT NULL,
    witness text NOT NULL,
    line text NOT NULL,
    stored_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT cosignatures_line_format CHECK (((line ~ '^— [^ +]+ [A-Za-z0-9+/]+={0,2}\n$'::text) AND (length(line) <= 1000))),
    CONSTRAINT cosignatures_witness_short CHECK (((length(witness) >= 1) AND (length(witness) <= 255)))
);


ALTER TABLE audit_private.cosignatures OWNER TO audit_owner;

--
-- Name: TABLE cosignatures; Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON TABLE audit_private.cosignatures IS 'Signature lines of witnesses, of checkpoints that a whole quorum has cosigned.';


--
-- Name: drains; Type: TABLE; Schema: audit_private; Owner: audit_owner
--

CREATE TABLE audit_private.drains (
    slot_name text NOT NULL,
    system_identifier text NOT NULL,
    next_lsn pg_lsn NOT NULL,
    drained_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);


ALTER TABLE audit_private.drains OWNER TO audit_owner;

--
-- Name: TABLE drains; Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON TABLE audit_private.drains IS 'Up to where verdicts were taken from the write-ahead log into the audit log.';


--
-- Name: COLUMN drains.system_identifier; Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON COLUMN audit_private.drains.system_identifier IS 'Positions of another cluster, from which this one was restored, mean nothing.';


--
-- Name: epochs; Type: TABLE; Schema: audit_private; Owner: audit_owner
--

CREATE TABLE audit_private.epochs (
    epoch integer NOT NULL,
    origin text NOT NULL,
    system_identifier bigint NOT NULL,
    timeline bigint NOT NULL,
    database oid NOT NULL,
    last_id bigint NOT NULL,
    snapshot pg_snapshot NOT NULL,
    reason text NOT NULL,
    adopted_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT epochs_epoch_positive CHECK ((epoch > 0)),
    CONSTRAINT epochs_reason_given CHECK (((length(reason) >= 1) AND (length(reason) <= 500)))
);


ALTER TABLE audit_private.epochs OWNER TO audit_owner;

--
-- Name: TABLE epochs; Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON TABLE audit_private.epochs IS 'Each server on which the log was continued. Transaction ids and snapshots mean something within one epoch only.';


--
-- Name: COLUMN epochs.last_id; Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON COLUMN audit_private.epochs.last_id IS 'The newest row when the epoch began: rows up to it are of former epochs.';


--
-- Name: COLUMN epochs.snapshot; Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON COLUMN audit_private.epochs.snapshot IS 'What it sees was written before the epoch began.';


--
-- Name: event_ids; Type: TABLE; Schema: audit_private; Owner: audit_owner
--

CREATE TABLE audit_private.event_ids (
    producer text NOT NULL COLLATE pg_catalog."C",
    event_id uuid NOT NULL,
    digest bytea NOT NULL,
    log_id bigint,
    recorded_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT event_ids_digest_sha256 CHECK ((octet_length(digest) = 32)),
    CONSTRAINT event_ids_producer_known CHECK ((("left"(producer, 8) = 'service:'::text) OR ("left"(producer, 7) = 'client:'::text)))
);


ALTER TABLE audit_private.event_ids OWNER TO audit_owner;

--
-- Name: TABLE event_ids; Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON TABLE audit_private.event_ids IS 'The ids under which events came: each is recorded once for each producer.';


--
-- Name: COLUMN event_ids.producer; Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON COLUMN audit_private.event_ids.producer IS 'service: and the login of an audit service, or client: and an account.';


--
-- Name: COLUMN event_ids.digest; Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON COLUMN audit_private.event_ids.digest IS 'SHA-256 of the event as it came: other content under the same id is no repetition.';


--
-- Name: guards; Type: TABLE; Schema: audit_private; Owner: audit_owner
--

CREATE TABLE audit_private.guards (
    installed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    installed_by text DEFAULT SESSION_USER NOT NULL,
    made text[] NOT NULL
);


ALTER TABLE audit_private.guards OWNER TO audit_owner;

--
-- Name: TABLE guards; Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON TABLE audit_private.guards IS 'When a superuser installed or restored event triggers of the guard: since then they must be there.';


--
-- Name: installations_installation_id_seq; Type: SEQUENCE; Schema: audit_private; Owner: audit_owner
--

ALTER TABLE audit_private.installations ALTER COLUMN installation_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME audit_private.installations_installation_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: key_changes; Type: TABLE; Schema: audit_private; Owner: audit_owner
--

CREATE TABLE audit_private.key_changes (
    changed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    entity_type text NOT NULL,
    previous_entity_id text NOT NULL,
    entity_id text NOT NULL
);


ALTER TABLE audit_private.key_changes OWNER TO audit_owner;

--
-- Name: TABLE key_changes; Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON TABLE audit_private.key_changes IS 'Old and new identity of rows whose key was changed.';


--
-- Name: leaves; Type: TABLE; Schema: audit_private; Owner: audit_owner
--

CREATE TABLE audit_private.leaves (
    id bigint NOT NULL,
    leaf_index bigint NOT NULL,
    salt bytea,
    CONSTRAINT leaves_salt_size CHECK ((length(salt) = 16))
);


ALTER TABLE audit_private.leaves OWNER TO audit_owner;

--
-- Name: TABLE leaves; Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON TABLE audit_private.leaves IS 'Which leaf a row of the log is.';


--
-- Name: COLUMN leaves.salt; Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON COLUMN audit_private.leaves.salt IS 'Hides the row''s content in its leaf. May be erased, and with it every way to guess that content.';


--
-- Name: noted_reads; Type: TABLE; Schema: audit_private; Owner: audit_owner
--

CREATE TABLE audit_private.noted_reads (
    reader text NOT NULL,
    view text NOT NULL,
    minute timestamp with time zone NOT NULL
);


ALTER TABLE audit_private.noted_reads OWNER TO audit_owner;

--
-- Name: TABLE noted_reads; Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON TABLE audit_private.noted_reads IS 'Reads of the log that are on record, of the last day: one for each reader, view and minute.';


--
-- Name: seen_capture; Type: TABLE; Schema: audit_private; Owner: audit_owner
--

CREATE TABLE audit_private.seen_capture (
    target regclass NOT NULL,
    digest bytea NOT NULL,
    revision text NOT NULL,
    seen_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);


ALTER TABLE audit_private.seen_capture OWNER TO audit_owner;

--
-- Name: TABLE seen_capture; Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON TABLE audit_private.seen_capture IS 'The capture triggers of each watched table as the sealer last saw them.';


--
-- Name: COLUMN seen_capture.revision; Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON COLUMN audit_private.seen_capture.revision IS 'Which transactions wrote their catalogue entries: what was disabled and enabled again meanwhile differs here.';


--
-- Name: session_context; Type: SEQUENCE; Schema: audit_private; Owner: audit_owner
--

CREATE UNLOGGED SEQUENCE audit_private.session_context
    START WITH -9223372036854775808
    INCREMENT BY 1
    MINVALUE -9223372036854775808
    NO MAXVALUE
    CACHE 1;


ALTER SEQUENCE audit_private.session_context OWNER TO audit_owner;

--
-- Name: tiles; Type: TABLE; Schema: audit_private; Owner: audit_owner
--

CREATE TABLE audit_private.tiles (
    level smallint NOT NULL,
    number bigint NOT NULL,
    start smallint NOT NULL,
    content bytea NOT NULL,
    CONSTRAINT tiles_content_present CHECK ((length(content) > 0)),
    CONSTRAINT tiles_level_known CHECK (((level = '-1'::integer) OR ((level >= 1) AND (level <= 7)))),
    CONSTRAINT tiles_start_within CHECK (((start >= 0) AND (start <= 255)))
);
ALTER TABLE ONLY audit_private.tiles ALTER COLUMN content SET STORAGE EXTERNAL;


ALTER TABLE audit_private.tiles OWNER TO audit_owner;

--
-- Name: TABLE tiles; Type: COMMENT; Schema: audit_private; Owner: audit_owner
--

COMMENT ON TABLE audit_private.tiles IS 'The tiles of the log in the pieces in which they grew. Level -1: entries; level 0, their hashes, is made from them.';


--
-- Name: watches_watch_id_seq; Type: SEQUENCE; Schema: audit_private; Owner: audit_owner
--

ALTER TABLE audit_private.watches ALTER COLUMN watch_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME audit_private.watches_watch_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: yoyo_lock; Type: TABLE; Schema: audit_private; Owner: audit_owner
--

CREATE TABLE audit_private.yoyo_lock (
    locked integer DEFAULT 1 NOT NULL,
    ctime timestamp without time zone,
    pid integer NOT NULL
);


ALTER TABLE audit_private.yoyo_lock OWNER TO audit_owner;

--
-- Name: api_keys; Type: TABLE; Schema: iam; Owner: audit_owner
--

CREATE TABLE iam.api_keys (
    key_id text NOT NULL,
    account text NOT NULL,
    key_digest bytea NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    expires_at timestamp with time zone,
    revoked_at timestamp with time zone,
    last_used_at timestamp with time zone,
    CONSTRAINT api_keys_key_digest_size CHECK ((length(key_digest) = 32)),
    CONSTRAINT api_keys_key_id_format CHECK ((key_id ~ '^[a-z0-9]{12}$'::text))
);


ALTER TABLE iam.api_keys OWNER TO audit_owner;

--
-- Name: COLUMN api_keys.key_id; Type: COMMENT; Schema: iam; Owner: audit_owner
--

COMMENT ON COLUMN iam.api_keys.key_id IS 'The part of the key that may be known: by it a key is named and revoked.';


--
-- Name: COLUMN api_keys.key_digest; Type: COMMENT; Schema: iam; Owner: audit_owner
--

COMMENT ON COLUMN iam.api_keys.key_digest IS 'sha256(sha256(key)): neither the key nor its hash is stored.';


--
-- Name: COLUMN api_keys.last_used_at; Type: COMMENT; Schema: iam; Owner: audit_owner
--

COMMENT ON COLUMN iam.api_keys.last_used_at IS 'To the minute, so that events do not wait for each other to write it down.';


--
-- Name: credentials; Type: TABLE; Schema: iam; Owner: audit_owner
--

CREATE TABLE iam.credentials (
    username text NOT NULL,
    salt bytea NOT NULL,
    memory_kib integer NOT NULL,
    iterations integer NOT NULL,
    parallelism integer NOT NULL,
    verifier bytea NOT NULL,
    changed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT credentials_iterations_sane CHECK (((iterations >= 1) AND (iterations <= 20))),
    CONSTRAINT credentials_memory_sane CHECK (((memory_kib >= 8192) AND (memory_kib <= 1048576))),
    CONSTRAINT credentials_parallelism_sane CHECK (((parallelism >= 1) AND (parallelism <= 8))),
    CONSTRAINT credentials_salt_size CHECK (((length(salt) >= 16) AND (length(salt) <= 64))),
    CONSTRAINT credentials_verifier_size CHECK ((length(verifier) = 32))
);


ALTER TABLE iam.credentials OWNER TO audit_owner;

--
-- Name: TABLE credentials; Type: COMMENT; Schema: iam; Owner: audit_owner
--

COMMENT ON TABLE iam.credentials IS 'argon2id parameters and sha256(derived key); neither leaves the database.';


--
-- Name: sessions; Type: TABLE; Schema: iam; Owner: audit_owner
--

CREATE TABLE iam.sessions (
    session_id bigint NOT NULL,
    token_digest bytea NOT NULL,
    username text NOT NULL,
    ip_address inet,
    started_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    CONSTRAINT sessions_token_digest_size CHECK ((length(token_digest) = 32))
);


ALTER TABLE iam.sessions OWNER TO audit_owner;

--
-- Name: COLUMN sessions.token_digest; Type: COMMENT; Schema: iam; Owner: audit_owner
--

COMMENT ON COLUMN iam.sessions.token_digest IS 'sha256(sha256(token)): neither the token nor its hash is stored.';


--
-- Name: users; Type: TABLE; Schema: iam; Owner: audit_owner
--

CREATE TABLE iam.users (
    username text NOT NULL,
    display_name text NOT NULL,
    active boolean DEFAULT true NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT users_display_name_short CHECK (((length(display_name) >= 1) AND (length(display_name) <= 200))),
    CONSTRAINT users_username_format CHECK ((username ~ '^[a-z0-9][a-z0-9._@+-]{0,99}$'::text))
);


ALTER TABLE iam.users OWNER TO audit_owner;

--
-- Name: TABLE users; Type: COMMENT; Schema: iam; Owner: audit_owner
--

COMMENT ON TABLE iam.users IS 'People. A username is for ever: deactivated, never reused.';


--
-- Name: open_sessions; Type: VIEW; Schema: iam; Owner: audit_owner
--

CREATE VIEW iam.open_sessions AS
 SELECT session.session_id,
    session.token_digest,
    session.expires_at,
    account.username,
    account.display_name
   FROM (iam.sessions session
     JOIN iam.users account USING (username))
  WHERE ((session.ended_at IS NULL) AND (session.expires_at > clock_timestamp()) AND account.active);


ALTER VIEW iam.open_sessions OWNER TO audit_owner;

--
-- Name: VIEW open_sessions; Type: COMMENT; Schema: iam; Owner: audit_owner
--

COMMENT ON VIEW iam.open_sessions IS 'Sessions that say who somebody is; for functions of the owner alone.';


--
-- Name: permissions; Type: TABLE; Schema: iam; Owner: audit_owner
--

CREATE TABLE iam.permissions (
    permission text NOT NULL,
    description text NOT NULL,
    CONSTRAINT permissions_permission_format CHECK (((permission ~ '^[a-z][a-z0-9_]*(\.[a-z0-9_]+)+$'::text) AND (length(permission) <= 100)))
);


ALTER TABLE iam.permissions OWNER TO audit_owner;

--
-- Name: policy; Type: TABLE; Schema: iam; Owner: audit_owner
--

CREATE TABLE iam.policy (
    only_row boolean DEFAULT true NOT NULL,
    max_failures integer DEFAULT 5 NOT NULL,
    lock_minutes integer DEFAULT 15 NOT NULL,
    session_hours integer DEFAULT 12 NOT NULL,
    keep_unknown_names boolean DEFAULT false NOT NULL,
    CONSTRAINT policy_lock_minutes_sane CHECK (((lock_minutes >= 1) AND (lock_minutes <= 1440))),
    CONSTRAINT policy_max_failures_sane CHECK (((max_failures >= 1) AND (max_failures <= 100))),
    CONSTRAINT policy_only_row CHECK (only_row),
    CONSTRAINT policy_session_hours_sane CHECK (((session_hours >= 1) AND (session_hours <= 720)))
);


ALTER TABLE iam.policy OWNER TO audit_owner;

--
-- Name: TABLE policy; Type: COMMENT; Schema: iam; Owner: audit_owner
--

COMMENT ON TABLE iam.policy IS 'Lock-out, session length, and whether unknown user names are kept verbatim.';


--
-- Name: role_permissions; Type: TABLE; Schema: iam; Owner: audit_owner
--

CREATE TABLE iam.role_permissions (
    role text NOT NULL,
    permission text NOT NULL
);


ALTER TABLE iam.role_permissions OWNER TO audit_owner;

--
-- Name: roles; Type: TABLE; Schema: iam; Owner: audit_owner
--

CREATE TABLE iam.roles (
    role text NOT NULL,
    description text NOT NULL,
    CONSTRAINT roles_role_format CHECK ((role ~ '^[a-z][a-z0-9_.-]{0,99}$'::text))
);


ALTER TABLE iam.roles OWNER TO audit_owner;

--
-- Name: scopes; Type: TABLE; Schema: iam; Owner: audit_owner
--

CREATE TABLE iam.scopes (
    account text NOT NULL,
    kind text NOT NULL,
    pattern text NOT NULL,
    CONSTRAINT scopes_kind_known CHECK ((kind = ANY (ARRAY['action'::text, 'entity_type'::text]))),
    CONSTRAINT scopes_pattern_format CHECK (((pattern ~ '^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*(_\*)?$'::text) AND (length(pattern) <= 100)))
);


ALTER TABLE iam.scopes OWNER TO audit_owner;

--
-- Name: TABLE scopes; Type: COMMENT; Schema: iam; Owner: audit_owner
--

COMMENT ON TABLE iam.scopes IS 'What a service account may record: nothing that is not named here.';


--
-- Name: COLUMN scopes.pattern; Type: COMMENT; Schema: iam; Owner: audit_owner
--

COMMENT ON COLUMN iam.scopes.pattern IS 'A code or an entity type; with _* at its end, all that begin so.';


--
-- Name: service_accounts; Type: TABLE; Schema: iam; Owner: audit_owner
--

CREATE TABLE iam.service_accounts (
    account text NOT NULL,
    description text NOT NULL,
    active boolean DEFAULT true NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT service_accounts_account_format CHECK ((account ~ '^[a-z0-9][a-z0-9._-]{0,99}$'::text)),
    CONSTRAINT service_accounts_description_short CHECK (((length(description) >= 1) AND (length(description) <= 500)))
);


ALTER TABLE iam.service_accounts OWNER TO audit_owner;

--
-- Name: TABLE service_accounts; Type: COMMENT; Schema: iam; Owner: audit_owner
--

COMMENT ON TABLE iam.service_accounts IS 'Applications that record events over HTTP. A name is for ever: deactivated, never reused.';


--
-- Name: sessions_session_id_seq; Type: SEQUENCE; Schema: iam; Owner: audit_owner
--

ALTER TABLE iam.sessions ALTER COLUMN session_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME iam.sessions_session_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: user_roles; Type: TABLE; Schema: iam; Owner: audit_owner
--

CREATE TABLE iam.user_roles (
    username text NOT NULL,
    role text NOT NULL
);


ALTER TABLE iam.user_roles OWNER TO audit_owner;

--
-- Name: actions actions_pkey; Type: CONSTRAINT; Schema: audit; Owner: audit_owner
--

ALTER TABLE ONLY audit.actions
    ADD CONSTRAINT actions_pkey PRIMARY KEY (code);


--
-- Name: audit_logs audit_logs_pkey; Type: CONSTRAINT; Schema: audit; Owner: audit_owner
--

ALTER TABLE ONLY audit.audit_logs
    ADD CONSTRAINT audit_logs_pkey PRIMARY KEY (id, created_at);


--
-- Name: doors doors_pkey; Type: CONSTRAINT; Schema: audit_guard; Owner: postgres
--

ALTER TABLE ONLY audit_guard.doors
    ADD CONSTRAINT doors_pkey PRIMARY KEY (door_id);


--
-- Name: keys keys_pkey; Type: CONSTRAINT; Schema: audit_guard; Owner: postgres
--

ALTER TABLE ONLY audit_guard.keys
    ADD CONSTRAINT keys_pkey PRIMARY KEY (only_row);


--
-- Name: opened opened_pkey; Type: CONSTRAINT; Schema: audit_guard; Owner: postgres
--

ALTER TABLE ONLY audit_guard.opened
    ADD CONSTRAINT opened_pkey PRIMARY KEY (mac);


--
-- Name: _yoyo_log _yoyo_log_pkey; Type: CONSTRAINT; Schema: audit_private; Owner: audit_owner
--

ALTER TABLE ONLY audit_private._yoyo_log
    ADD CONSTRAINT _yoyo_log_pkey PRIMARY KEY (id);


--
-- Name: _yoyo_migration _yoyo_migration_pkey; Type: CONSTRAINT; Schema: audit_private; Owner: audit_owner
--

ALTER TABLE ONLY audit_private._yoyo_migration
    ADD CONSTRAINT _yoyo_migration_pkey PRIMARY KEY (migration_hash);


--
-- Name: _yoyo_version _yoyo_version_pkey; Type: CONSTRAINT; Schema: audit_private; Owner: audit_owner
--

ALTER TABLE ONLY audit_private._yoyo_version
    ADD CONSTRAINT _yoyo_version_pkey PRIMARY KEY (version);


--
-- Name: baselines baselines_pkey; Type: CONSTRAINT; Schema: audit_private; Owner: audit_owner
--

ALTER TABLE ONLY audit_private.baselines
    ADD CONSTRAINT baselines_pkey PRIMARY KEY (watch_id);


--
-- Name: batches batches_pkey; Type: CONSTRAINT; Schema: audit_private; Owner: audit_owner
--

ALTER TABLE ONLY audit_private.batches
    ADD CONSTRAINT batches_pkey PRIMARY KEY (tree_size);


--
-- Name: capture_versions capture_versions_pkey; Type: CONSTRAINT; Schema: audit_private; Owner: audit_owner
--

ALTER TABLE ONLY audit_private.capture_versions
    ADD CONSTRAINT capture_versions_pkey PRIMARY KEY (version_id);


--
-- Name: checkpoints checkpoints_pkey; Type: CONSTRAINT; Schema: audit_private; Owner: audit_owner
--

ALTER TABLE ONLY audit_private.checkpoints
    ADD CONSTRAINT checkpoints_pkey PRIMARY KEY (origin, tree_size);


--
-- Name: compared_columns compared_columns_pkey; Type: CONSTRAINT; Schema: audit_private; Owner: audit_owner
--

ALTER TABLE ONLY audit_private.compared_columns
    ADD CONSTRAINT compared_columns_pkey PRIMARY KEY (watch_id, name);


--
-- Name: cosignatures cosignatures_pkey; Type: CONSTRAINT; Schema: audit_private; Owner: audit_owner
--

ALTER TABLE ONLY audit_private.cosignatures
    ADD CONSTRAINT cosignatures_pkey PRIMARY KEY (origin, tree_size, witness);


--
-- Name: drains drains_pkey; Type: CONSTRAINT; Schema: audit_private; Owner: audit_owner
--

ALTER TABLE ONLY audit_private.drains
    ADD CONSTRAINT drains_pkey PRIMARY KEY (slot_name);


--
-- Name: epochs epochs_pkey; Type: CONSTRAINT; Schema: audit_private; Owner: audit_owner
--

ALTER TABLE ONLY audit_private.epochs
    ADD CONSTRAINT epochs_pkey PRIMARY KEY (epoch);


--
-- Name: event_ids event_ids_pkey; Type: CONSTRAINT; Schema: audit_private; Owner: audit_owner
--

ALTER TABLE ONLY audit_private.event_ids
    ADD CONSTRAINT event_ids_pkey PRIMARY KEY (event_id, producer);


--
-- Name: installations installations_pkey; Type: CONSTRAINT; Schema: audit_private; Owner: audit_owner
--

ALTER TABLE ONLY audit_private.installations
    ADD CONSTRAINT installations_pkey PRIMARY KEY (installation_id);


--
-- Name: leaves leaves_pkey; Type: CONSTRAINT; Schema: audit_private; Owner: audit_owner
--

ALTER TABLE ONLY audit_private.leaves
    ADD CONSTRAINT leaves_pkey PRIMARY KEY (id, leaf_index);


--
-- Name: log_position log_position_pkey; Type: CONSTRAINT; Schema: audit_private; Owner: audit_owner
--

ALTER TABLE ONLY audit_private.log_position
    ADD CONSTRAINT log_position_pkey PRIMARY KEY (only_row);


--
-- Name: noted_reads noted_reads_pkey; Type: CONSTRAINT; Schema: audit_private; Owner: audit_owner
--

ALTER TABLE ONLY audit_private.noted_reads
    ADD CONSTRAINT noted_reads_pkey PRIMARY KEY (reader, view, minute);


--
-- Name: secrets secrets_pkey; Type: CONSTRAINT; Schema: audit_private; Owner: audit_owner
--

ALTER TABLE ONLY audit_private.secrets
    ADD CONSTRAINT secrets_pkey PRIMARY KEY (purpose);


--
-- Name: seen_capture seen_capture_pkey; Type: CONSTRAINT; Schema: audit_private; Owner: audit_owner
--

ALTER TABLE ONLY audit_private.seen_capture
    ADD CONSTRAINT seen_capture_pkey PRIMARY KEY (target);


--
-- Name: shapes shapes_pkey; Type: CONSTRAINT; Schema: audit_private; Owner: audit_owner
--

ALTER TABLE ONLY audit_private.shapes
    ADD CONSTRAINT shapes_pkey PRIMARY KEY (watch_id);


--
-- Name: tiles tiles_pkey; Type: CONSTRAINT; Schema: audit_private; Owner: audit_owner
--

ALTER TABLE ONLY audit_private.tiles
    ADD CONSTRAINT tiles_pkey PRIMARY KEY (level, number, start);


--
-- Name: unwatched_by_choice unwatched_by_choice_pkey; Type: CONSTRAINT; Schema: audit_private; Owner: audit_owner
--

ALTER TABLE ONLY audit_private.unwatched_by_choice
    ADD CONSTRAINT unwatched_by_choice_pkey PRIMARY KEY (target);


--
-- Name: watches watches_pkey; Type: CONSTRAINT; Schema: audit_private; Owner: audit_owner
--

ALTER TABLE ONLY audit_private.watches
    ADD CONSTRAINT watches_pkey PRIMARY KEY (watch_id);


--
-- Name: yoyo_lock yoyo_lock_pkey; Type: CONSTRAINT; Schema: audit_private; Owner: audit_owner
--

ALTER TABLE ONLY audit_private.yoyo_lock
    ADD CONSTRAINT yoyo_lock_pkey PRIMARY KEY (locked);


--
-- Name: api_keys api_keys_key_digest_key; Type: CONSTRAINT; Schema: iam; Owner: audit_owner
--

ALTER TABLE ONLY iam.api_keys
    ADD CONSTRAINT api_keys_key_digest_key UNIQUE (key_digest);


--
-- Name: api_keys api_keys_pkey; Type: CONSTRAINT; Schema: iam; Owner: audit_owner
--

ALTER TABLE ONLY iam.api_keys
    ADD CONSTRAINT api_keys_pkey PRIMARY KEY (key_id);


--
-- Name: credentials credentials_pkey; Type: CONSTRAINT; Schema: iam; Owner: audit_owner
--

ALTER TABLE ONLY iam.credentials
    ADD CONSTRAINT credentials_pkey PRIMARY KEY (username);


--
-- Name: login_attempts login_attempts_pkey; Type: CONSTRAINT; Schema: iam; Owner: audit_owner
--

ALTER TABLE ONLY iam.login_attempts
    ADD CONSTRAINT login_attempts_pkey PRIMARY KEY (attempt_id);


--
-- Name: permissions permissions_pkey; Type: CONSTRAINT; Schema: iam; Owner: audit_owner
--

ALTER TABLE ONLY iam.permissions
    ADD CONSTRAINT permissions_pkey PRIMARY KEY (permission);


--
-- Name: policy policy_pkey; Type: CONSTRAINT; Schema: iam; Owner: audit_owner
--

ALTER TABLE ONLY iam.policy
    ADD CONSTRAINT policy_pkey PRIMARY KEY (only_row);


--
-- Name: role_permissions role_permissions_pkey; Type: CONSTRAINT; Schema: iam; Owner: audit_owner
--

ALTER TABLE ONLY iam.role_permissions
    ADD CONSTRAINT role_permissions_pkey PRIMARY KEY (role, permission);


--
-- Name: roles roles_pkey; Type: CONSTRAINT; Schema: iam; Owner: audit_owner
--

ALTER TABLE ONLY iam.roles
    ADD CONSTRAINT roles_pkey PRIMARY KEY (role);


--
-- Name: scopes scopes_pkey; Type: CONSTRAINT; Schema: iam; Owner: audit_owner
--

ALTER TABLE ONLY iam.scopes
    ADD CONSTRAINT scopes_pkey PRIMARY KEY (account, kind, pattern);


--
-- Name: service_accounts service_accounts_pkey; Type: CONSTRAINT; Schema: iam; Owner: audit_owner
--

ALTER TABLE ONLY iam.service_accounts
    ADD CONSTRAINT service_accounts_pkey PRIMARY KEY (account);


--
-- Name: sessions sessions_pkey; Type: CONSTRAINT; Schema: iam; Owner: audit_owner
--

ALTER TABLE ONLY iam.sessions
    ADD CONSTRAINT sessions_pkey PRIMARY KEY (session_id);


--
-- Name: sessions sessions_token_digest_key; Type: CONSTRAINT; Schema: iam; Owner: audit_owner
--

ALTER TABLE ONLY iam.sessions
    ADD CONSTRAINT sessions_token_digest_key UNIQUE (token_digest);


--
-- Name: user_roles user_roles_pkey; Type: CONSTRAINT; Schema: iam; Owner: audit_owner
--

ALTER TABLE ONLY iam.user_roles
    ADD CONSTRAINT user_roles_pkey PRIMARY KEY (username, role);


--
-- Name: users users_pkey; Type: CONSTRAINT; Schema: iam; Owner: audit_owner
--

ALTER TABLE ONLY iam.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (username);


--
-- Name: audit_logs_action_idx; Type: INDEX; Schema: audit; Owner: audit_owner
--

CREATE INDEX audit_logs_action_idx ON ONLY audit.audit_logs USING btree (action text_pattern_ops, id) WHERE (action <> ALL (ARRAY['ROW_INSERTED'::text, 'ROW_UPDATED'::text, 'ROW_DELETED'::text]));


--
-- Name: audit_logs_entity_idx; Type: INDEX; Schema: audit; Owner: audit_owner
--

CREATE INDEX audit_logs_entity_idx ON ONLY audit.audit_logs USING btree (entity_id, entity_type);


--
-- Name: audit_logs_outcome_idx; Type: INDEX; Schema: audit; Owner: audit_owner
--

CREATE INDEX audit_logs_outcome_idx ON ONLY audit.audit_logs USING btree (outcome, id) WHERE (outcome <> 'success'::audit.outcome);


--
-- Name: audit_logs_request_id_idx; Type: INDEX; Schema: audit; Owner: audit_owner
--

CREATE INDEX audit_logs_request_id_idx ON ONLY audit.audit_logs USING btree (request_id) WHERE (request_id IS NOT NULL);


--
-- Name: audit_logs_user_idx; Type: INDEX; Schema: audit; Owner: audit_owner
--

CREATE INDEX audit_logs_user_idx ON ONLY audit.audit_logs USING btree (user_id text_pattern_ops, id) WHERE (user_id IS NOT NULL);


--
-- Name: audit_logs_xid_idx; Type: INDEX; Schema: audit; Owner: audit_owner
--

CREATE INDEX audit_logs_xid_idx ON ONLY audit.audit_logs USING btree (xid);


--
-- Name: capture_versions_watch_idx; Type: INDEX; Schema: audit_private; Owner: audit_owner
--

CREATE INDEX capture_versions_watch_idx ON audit_private.capture_versions USING btree (watch_id, version_id);


--
-- Name: key_changes_entity_idx; Type: INDEX; Schema: audit_private; Owner: audit_owner
--

CREATE INDEX key_changes_entity_idx ON audit_private.key_changes USING btree (entity_type, entity_id);


--
-- Name: key_changes_previous_idx; Type: INDEX; Schema: audit_private; Owner: audit_owner
--

CREATE INDEX key_changes_previous_idx ON audit_private.key_changes USING btree (entity_type, previous_entity_id);


--
-- Name: shapes_overdue_idx; Type: INDEX; Schema: audit_private; Owner: audit_owner
--

CREATE INDEX shapes_overdue_idx ON audit_private.shapes USING btree (watch_id) WHERE (overdue <> '{}'::oid[]);


--
-- Name: watches_active_entity_type_key; Type: INDEX; Schema: audit_private; Owner: audit_owner
--

CREATE UNIQUE INDEX watches_active_entity_type_key ON audit_private.watches USING btree (entity_type) WHERE (stopped_at IS NULL);


--
-- Name: watches_active_target_key; Type: INDEX; Schema: audit_private; Owner: audit_owner
--

CREATE UNIQUE INDEX watches_active_target_key ON audit_private.watches USING btree (target) WHERE (stopped_at IS NULL);


--
-- Name: api_keys_account_idx; Type: INDEX; Schema: iam; Owner: audit_owner
--

CREATE INDEX api_keys_account_idx ON iam.api_keys USING btree (account);


--
-- Name: login_attempts_subject_idx; Type: INDEX; Schema: iam; Owner: audit_owner
--

CREATE INDEX login_attempts_subject_idx ON iam.login_attempts USING btree (subject, started_at);


--
-- Name: sessions_username_idx; Type: INDEX; Schema: iam; Owner: audit_owner
--

CREATE INDEX sessions_username_idx ON iam.sessions USING btree (username) WHERE (ended_at IS NULL);


--
-- Name: audit_logs log_refuse_change; Type: TRIGGER; Schema: audit; Owner: audit_owner
--

CREATE TRIGGER log_refuse_change BEFORE DELETE OR UPDATE ON audit.audit_logs FOR EACH ROW EXECUTE FUNCTION audit_private.tg__refuse_change();

ALTER TABLE audit.audit_logs ENABLE ALWAYS TRIGGER log_refuse_change;


--
-- Name: audit_logs log_refuse_statement; Type: TRIGGER; Schema: audit; Owner: audit_owner
--

CREATE TRIGGER log_refuse_statement BEFORE DELETE OR UPDATE OR TRUNCATE ON audit.audit_logs FOR EACH STATEMENT EXECUTE FUNCTION audit_private.tg__refuse_change();

ALTER TABLE audit.audit_logs ENABLE ALWAYS TRIGGER log_refuse_statement;


--
-- Name: batches log_refuse_statement; Type: TRIGGER; Schema: audit_private; Owner: audit_owner
--

CREATE TRIGGER log_refuse_statement BEFORE DELETE OR UPDATE OR TRUNCATE ON audit_private.batches FOR EACH STATEMENT EXECUTE FUNCTION audit_private.tg__refuse_change();

ALTER TABLE audit_private.batches ENABLE ALWAYS TRIGGER log_refuse_statement;


--
-- Name: checkpoints log_refuse_statement; Type: TRIGGER; Schema: audit_private; Owner: audit_owner
--

CREATE TRIGGER log_refuse_statement BEFORE DELETE OR UPDATE OR TRUNCATE ON audit_private.checkpoints FOR EACH STATEMENT EXECUTE FUNCTION audit_private.tg__refuse_change();

ALTER TABLE audit_private.checkpoints ENABLE ALWAYS TRIGGER log_refuse_statement;


--
-- Name: cosignatures log_refuse_statement; Type: TRIGGER; Schema: audit_private; Owner: audit_owner
--

CREATE TRIGGER log_refuse_statement BEFORE DELETE OR UPDATE OR TRUNCATE ON audit_private.cosignatures FOR EACH STATEMENT EXECUTE FUNCTION audit_private.tg__refuse_change();

ALTER TABLE audit_private.cosignatures ENABLE ALWAYS TRIGGER log_refuse_statement;


--
-- Name: epochs log_refuse_statement; Type: TRIGGER; Schema: audit_private; Owner: audit_owner
--

CREATE TRIGGER log_refuse_statement BEFORE DELETE OR UPDATE OR TRUNCATE ON audit_private.epochs FOR EACH STATEMENT EXECUTE FUNCTION audit_private.tg__refuse_change();

ALTER TABLE audit_private.epochs ENABLE ALWAYS TRIGGER log_refuse_statement;


--
-- Name: leaves log_refuse_statement; Type: TRIGGER; Schema: audit_private; Owner: audit_owner
--

CREATE TRIGGER log_refuse_statement BEFORE DELETE OR UPDATE OF id, leaf_index OR TRUNCATE ON audit_private.leaves FOR EACH STATEMENT EXECUTE FUNCTION audit_private.tg__refuse_change();

ALTER TABLE audit_private.leaves ENABLE ALWAYS TRIGGER log_refuse_statement;


--
-- Name: tiles log_refuse_statement; Type: TRIGGER; Schema: audit_private; Owner: audit_owner
--

CREATE TRIGGER log_refuse_statement BEFORE DELETE OR UPDATE OR TRUNCATE ON audit_private.tiles FOR EACH STATEMENT EXECUTE FUNCTION audit_private.tg__refuse_change();

ALTER TABLE audit_private.tiles ENABLE ALWAYS TRIGGER log_refuse_statement;


--
-- Name: api_keys !indelible_capture_delete; Type: TRIGGER; Schema: iam; Owner: audit_owner
--

CREATE TRIGGER "!indelible_capture_delete" AFTER DELETE ON iam.api_keys FOR EACH ROW EXECUTE FUNCTION audit_private.capture_9_delete();

ALTER TABLE iam.api_keys ENABLE ALWAYS TRIGGER "!indelible_capture_delete";


--
-- Name: credentials !indelible_capture_delete; Type: TRIGGER; Schema: iam; Owner: audit_owner
--

CREATE TRIGGER "!indelible_capture_delete" AFTER DELETE ON iam.credentials FOR EACH ROW EXECUTE FUNCTION audit_private.capture_2_delete();

ALTER TABLE iam.credentials ENABLE ALWAYS TRIGGER "!indelible_capture_delete";


--
-- Name: permissions !indelible_capture_delete; Type: TRIGGER; Schema: iam; Owner: audit_owner
--

CREATE TRIGGER "!indelible_capture_delete" AFTER DELETE ON iam.permissions FOR EACH ROW EXECUTE FUNCTION audit_private.capture_4_delete();

ALTER TABLE iam.permissions ENABLE ALWAYS TRIGGER "!indelible_capture_delete";


--
-- Name: policy !indelible_capture_delete; Type: TRIGGER; Schema: iam; Owner: audit_owner
--

CREATE TRIGGER "!indelible_capture_delete" AFTER DELETE ON iam.policy FOR EACH ROW EXECUTE FUNCTION audit_private.capture_7_delete();

ALTER TABLE iam.policy ENABLE ALWAYS TRIGGER "!indelible_capture_delete";


--
-- Name: role_permissions !indelible_capture_delete; Type: TRIGGER; Schema: iam; Owner: audit_owner
--

CREATE TRIGGER "!indelible_capture_delete" AFTER DELETE ON iam.role_permissions FOR EACH ROW EXECUTE FUNCTION audit_private.capture_5_delete();

ALTER TABLE iam.role_permissions ENABLE ALWAYS TRIGGER "!indelible_capture_delete";


--
-- Name: roles !indelible_capture_delete; Type: TRIGGER; Schema: iam; Owner: audit_owner
--

CREATE TRIGGER "!indelible_capture_delete" AFTER DELETE ON iam.roles FOR EACH ROW EXECUTE FUNCTION audit_private.capture_3_delete();

ALTER TABLE iam.roles ENABLE ALWAYS TRIGGER "!indelible_capture_delete";


--
-- Name: scopes !indelible_capture_delete; Type: TRIGGER; Schema: iam; Owner: audit_owner
--

CREATE TRIGGER "!indelible_capture_delete" AFTER DELETE ON iam.scopes FOR EACH ROW EXECUTE FUNCTION audit_private.capture_10_delete();

ALTER TABLE iam.scopes ENABLE ALWAYS TRIGGER "!indelible_capture_delete";


--
-- Name: service_accounts !indelible_capture_delete; Type: TRIGGER; Schema: iam; Owner: audit_owner
--

CREATE TRIGGER "!indelible_capture_delete" AFTER DELETE ON iam.service_accounts FOR EACH ROW EXECUTE FUNCTION audit_private.capture_8_delete();

ALTER TABLE iam.service_accounts ENABLE ALWAYS TRIGGER "!indelible_capture_delete";


--
-- Name: user_roles !indelible_capture_delete; Type: TRIGGER; Schema: iam; Owner: audit_owner
--

CREATE TRIGGER "!indelible_capture_delete" AFTER DELETE ON iam.user_roles FOR EACH ROW EXECUTE FUNCTION audit_private.capture_6_delete();

ALTER TABLE iam.user_roles ENABLE ALWAYS TRIGGER "!indelible_capture_delete";


--
-- Name: users !indelible_capture_delete; Type: TRIGGER; Schema: iam; Owner: audit_owner
--

CREATE TRIGGER "!indelible_capture_delete" AFTER DELETE ON iam.users FOR EACH ROW EXECUTE FUNCTION audit_private.capture_1_delete();

ALTER TABLE iam.users ENABLE ALWAYS TRIGGER "!indelible_capture_delete";


--
-- Name: api_keys !indelible_capture_insert; Type: TRIGGER; Schema: iam; Owner: audit_owner
--

CREATE TRIGGER "!indelible_capture_insert" AFTER INSERT ON iam.api_keys FOR EACH ROW EXECUTE FUNCTION audit_private.capture_9_insert();

ALTER TABLE iam.api_keys ENABLE ALWAYS TRIGGER "!indelible_capture_insert";


--
-- Name: credentials !indelible_capture_insert; Type: TRIGGER; Schema: iam; Owner: audit_owner
--

CREATE TRIGGER "!indelible_capture_insert" AFTER INSERT ON iam.credentials FOR EACH ROW EXECUTE FUNCTION audit_private.capture_2_insert();

ALTER TABLE iam.credentials ENABLE ALWAYS TRIGGER "!indelible_capture_insert";


--
-- Name: permissions !indelible_capture_insert; Type: TRIGGER; Schema: iam; Owner: audit_owner
--

CREATE TRIGGER "!indelible_capture_insert" AFTER INSERT ON iam.permissions FOR EACH ROW EXECUTE FUNCTION audit_private.capture_4_insert();

ALTER TABLE iam.permissions ENABLE ALWAYS TRIGGER "!indelible_capture_insert";


--
-- Name: policy !indelible_capture_insert; Type: TRIGGER; Schema: iam; Owner: audit_owner
--

CREATE TRIGGER "!indelible_capture_insert" AFTER INSERT ON iam.policy FOR EACH ROW EXECUTE FUNCTION audit_private.capture_7_insert();

ALTER TABLE iam.policy ENABLE ALWAYS TRIGGER "!indelible_capture_insert";


--
-- Name: role_permissions !indelible_capture_insert; Type: TRIGGER; Schema: iam; Owner: audit_owner
--

CREATE TRIGGER "!indelible_capture_insert" AFTER INSERT ON iam.role_permissions FOR EACH ROW EXECUTE FUNCTION audit_private.capture_5_insert();

ALTER TABLE iam.role_permissions ENABLE ALWAYS TRIGGER "!indelible_capture_insert";


--
-- Name: roles !indelible_capture_insert; Type: TRIGGER; Schema: iam; Owner: audit_owner
--

CREATE TRIGGER "!indelible_capture_insert" AFTER INSERT ON iam.roles FOR EACH ROW EXECUTE FUNCTION audit_private.capture_3_insert();

ALTER TABLE iam.roles ENABLE ALWAYS TRIGGER "!indelible_capture_insert";


--
-- Name: scopes !indelible_capture_insert; Type: TRIGGER; Schema: iam; Owner: audit_owner
--

CREATE TRIGGER "!indelible_capture_insert" AFTER INSERT ON iam.scopes FOR EACH ROW EXECUTE FUNCTION audit_private.capture_10_insert();

ALTER TABLE iam.scopes ENABLE ALWAYS TRIGGER "!indelible_capture_insert";


--
-- Name: service_accounts !indelible_capture_insert; Type: TRIGGER; Schema: iam; Owner: audit_owner
--

CREATE TRIGGER "!indelible_capture_insert" AFTER INSERT ON iam.service_accounts FOR EACH ROW EXECUTE FUNCTION audit_private.capture_8_insert();

ALTER TABLE iam.service_accounts ENABLE ALWAYS TRIGGER "!indelible_capture_insert";


--
-- Name: user_roles !indelible_capture_insert; Type: TRIGGER; Schema: iam; Owner: audit_owner
--

CREATE TRIGGER "!indelible_capture_insert" AFTER INSERT ON iam.user_roles FOR EACH ROW EXECUTE FUNCTION audit_private.capture_6_insert();

ALTER TABLE iam.user_roles ENABLE ALWAYS TRIGGER "!indelible_capture_insert";


--
-- Name: users !indelible_capture_insert; Type: TRIGGER; Schema: iam; Owner: audit_owner
--

CREATE TRIGGER "!indelible_capture_insert" AFTER INSERT ON iam.users FOR EACH ROW EXECUTE FUNCTION audit_private.capture_1_insert();

ALTER TABLE iam.users ENABLE ALWAYS TRIGGER "!indelible_capture_insert";


--
-- Name: api_keys !indelible_capture_truncate; Type: TRIGGER; Schema: iam; Owner: audit_owner
--

CREATE TRIGGER "!indelible_capture_truncate" BEFORE TRUNCATE ON iam.api_keys FOR EACH STATEMENT EXECUTE FUNCTION audit_private.capture_9_truncate();

ALTER TABLE iam.api_keys ENABLE ALWAYS TRIGGER "!indelible_capture_truncate";


--
-- Name: credentials !indelible_capture_truncate; Type: TRIGGER; Schema: iam; Owner: audit_owner
--

CREATE TRIGGER "!indelible_capture_truncate" BEFORE TRUNCATE ON iam.credentials FOR EACH STATEMENT EXECUTE FUNCTION audit_private.capture_2_truncate();

ALTER TABLE iam.credentials ENABLE ALWAYS TRIGGER "!indelible_capture_truncate";


--
-- Name: permissions !indelible_capture_truncate; Type: TRIGGER; Schema: iam; Owner: audit_owner
--

CREATE TRIGGER "!indelible_capture_truncate" BEFORE TRUNCATE ON iam.permissions FOR EACH STATEMENT EXECUTE FUNCTION audit_private.capture_4_truncate();

ALTER TABLE iam.permissions ENABLE ALWAYS TRIGGER "!indelible_capture_truncate";


--
-- Name: policy !indelible_capture_truncate; Type: TRIGGER; Schema: iam; Owner: audit_owner
--

CREATE TRIGGER "!indelible_capture_truncate" BEFORE TRUNCATE ON iam.policy FOR EACH STATEMENT EXECUTE FUNCTION audit_private.capture_7_truncate();

ALTER TABLE iam.policy ENABLE ALWAYS TRIGGER "!indelible_capture_truncate";


--
-- Name: role_permissions !indelible_capture_truncate; Type: TRIGGER; Schema: iam; Owner: audit_owner
--

CREATE TRIGGER "!indelible_capture_truncate" BEFORE TRUNCATE ON iam.role_permissions FOR EACH STATEMENT EXECUTE FUNCTION audit_private.capture_5_truncate();

ALTER TABLE iam.role_permissions ENABLE ALWAYS TRIGGER "!indelible_capture_truncate";


--
-- Name: roles !indelible_capture_truncate; Type: TRIGGER; Schema: iam; Owner: audit_owner
--

CREATE TRIGGER "!indelible_capture_truncate" BEFORE TRUNCATE ON iam.roles FOR EACH STATEMENT EXECUTE FUNCTION audit_private.capture_3_truncate();

ALTER TABLE iam.roles ENABLE ALWAYS TRIGGER "!indelible_capture_truncate";


--
-- Name: scopes !indelible_capture_truncate; Type: TRIGGER; Schema: iam; Owner: audit_owner
--

CREATE TRIGGER "!indelible_capture_truncate" BEFORE TRUNCATE ON iam.scopes FOR EACH STATEMENT EXECUTE FUNCTION audit_private.capture_10_truncate();

ALTER TABLE iam.scopes ENABLE ALWAYS TRIGGER "!indelible_capture_truncate";


--
-- Name: service_accounts !indelible_capture_truncate; Type: TRIGGER; Schema: iam; Owner: audit_owner
--

CREATE TRIGGER "!indelible_capture_truncate" BEFORE TRUNCATE ON iam.service_accounts FOR EACH STATEMENT EXECUTE FUNCTION audit_private.capture_8_truncate();

ALTER TABLE iam.service_accounts ENABLE ALWAYS TRIGGER "!indelible_capture_truncate";


--
-- Name: user_roles !indelible_capture_truncate; Type: TRIGGER; Schema: iam; Owner: audit_owner
--

CREATE TRIGGER "!indelible_capture_truncate" BEFORE TRUNCATE ON iam.user_roles FOR EACH STATEMENT EXECUTE FUNCTION audit_private.capture_6_truncate();

ALTER TABLE iam.user_roles ENABLE ALWAYS TRIGGER "!indelible_capture_truncate";


--
-- Name: users !indelible_capture_truncate; Type: TRIGGER; Schema: iam; Owner: audit_owner
--

CREATE TRIGGER "!indelible_capture_truncate" BEFORE TRUNCATE ON iam.users FOR EACH STATEMENT EXECUTE FUNCTION audit_private.capture_1_truncate();

ALTER TABLE iam.users ENABLE ALWAYS TRIGGER "!indelible_capture_truncate";


--
-- Name: api_keys !indelible_capture_update; Type: TRIGGER; Schema: iam; Owner: audit_owner
--

CREATE TRIGGER "!indelible_capture_update" AFTER UPDATE ON iam.api_keys FOR EACH ROW EXECUTE FUNCTION audit_private.capture_9_update();

ALTER TABLE iam.api_keys ENABLE ALWAYS TRIGGER "!indelible_capture_update";


--
-- Name: credentials !indelible_capture_update; Type: TRIGGER; Schema: iam; Owner: audit_owner
--

CREATE TRIGGER "!indelible_capture_update" AFTER UPDATE ON iam.credentials FOR EACH ROW EXECUTE FUNCTION audit_private.capture_2_update();

ALTER TABLE iam.credentials ENABLE ALWAYS TRIGGER "!indelible_capture_update";


--
-- Name: permissions !indelible_capture_update; Type: TRIGGER; Schema: iam; Owner: audit_owner
--

CREATE TRIGGER "!indelible_capture_update" AFTER UPDATE ON iam.permissions FOR EACH ROW EXECUTE FUNCTION audit_private.capture_4_update();

ALTER TABLE iam.permissions ENABLE ALWAYS TRIGGER "!indelible_capture_update";


--
-- Name: policy !indelible_capture_update; Type: TRIGGER; Schema: iam; Owner: audit_owner
--

CREATE TRIGGER "!indelible_capture_update" AFTER UPDATE ON iam.policy FOR EACH ROW EXECUTE FUNCTION audit_private.capture_7_update();

ALTER TABLE iam.policy ENABLE ALWAYS TRIGGER "!indelible_capture_update";


--
-- Name: role_permissions !indelible_capture_update; Type: TRIGGER; Schema: iam; Owner: audit_owner
--

CREATE TRIGGER "!indelible_capture_update" AFTER UPDATE ON iam.role_permissions FOR EACH ROW EXECUTE FUNCTION audit_private.capture_5_update();

ALTER TABLE iam.role_permissions ENABLE ALWAYS TRIGGER "!indelible_capture_update";


--
-- Name: roles !indelible_capture_update; Type: TRIGGER; Schema: iam; Owner: audit_owner
--

CREATE TRIGGER "!indelible_capture_update" AFTER UPDATE ON iam.roles FOR EACH ROW EXECUTE FUNCTION audit_private.capture_3_update();

ALTER TABLE iam.roles ENABLE ALWAYS TRIGGER "!indelible_capture_update";


--
-- Name: scopes !indelible_capture_update; Type: TRIGGER; Schema: iam; Owner: audit_owner
--

CREATE TRIGGER "!indelible_capture_update" AFTER UPDATE ON iam.scopes FOR EACH ROW EXECUTE FUNCTION audit_private.capture_10_update();

ALTER TABLE iam.scopes ENABLE ALWAYS TRIGGER "!indelible_capture_update";


--
-- Name: service_accounts !indelible_capture_update; Type: TRIGGER; Schema: iam; Owner: audit_owner
--

CREATE TRIGGER "!indelible_capture_update" AFTER UPDATE ON iam.service_accounts FOR EACH ROW EXECUTE FUNCTION audit_private.capture_8_update();

ALTER TABLE iam.service_accounts ENABLE ALWAYS TRIGGER "!indelible_capture_update";


--
-- Name: user_roles !indelible_capture_update; Type: TRIGGER; Schema: iam; Owner: audit_owner
--

CREATE TRIGGER "!indelible_capture_update" AFTER UPDATE ON iam.user_roles FOR EACH ROW EXECUTE FUNCTION audit_private.capture_6_update();

ALTER TABLE iam.user_roles ENABLE ALWAYS TRIGGER "!indelible_capture_update";


--
-- Name: users !indelible_capture_update; Type: TRIGGER; Schema: iam; Owner: audit_owner
--

CREATE TRIGGER "!indelible_capture_update" AFTER UPDATE ON iam.users FOR EACH ROW EXECUTE FUNCTION audit_private.capture_1_update();

ALTER TABLE iam.users ENABLE ALWAYS TRIGGER "!indelible_capture_update";


--
-- Name: baselines baselines_watch_fkey; Type: FK CONSTRAINT; Schema: audit_private; Owner: audit_owner
--

ALTER TABLE ONLY audit_private.baselines
    ADD CONSTRAINT baselines_watch_fkey FOREIGN KEY (watch_id) REFERENCES audit_private.watches(watch_id);


--
-- Name: batches batches_epoch_fkey; Type: FK CONSTRAINT; Schema: audit_private; Owner: audit_owner
--

ALTER TABLE ONLY audit_private.batches
    ADD CONSTRAINT batches_epoch_fkey FOREIGN KEY (epoch) REFERENCES audit_private.epochs(epoch);


--
-- Name: capture_versions capture_versions_watch_fkey; Type: FK CONSTRAINT; Schema: audit_private; Owner: audit_owner
--

ALTER TABLE ONLY audit_private.capture_versions
    ADD CONSTRAINT capture_versions_watch_fkey FOREIGN KEY (watch_id) REFERENCES audit_private.watches(watch_id);


--
-- Name: checkpoints checkpoints_batch_fkey; Type: FK CONSTRAINT; Schema: audit_private; Owner: audit_owner
--

ALTER TABLE ONLY audit_private.checkpoints
    ADD CONSTRAINT checkpoints_batch_fkey FOREIGN KEY (tree_size) REFERENCES audit_private.batches(tree_size);


--
-- Name: compared_columns compared_columns_watch_fkey; Type: FK CONSTRAINT; Schema: audit_private; Owner: audit_owner
--

ALTER TABLE ONLY audit_private.compared_columns
    ADD CONSTRAINT compared_columns_watch_fkey FOREIGN KEY (watch_id) REFERENCES audit_private.watches(watch_id);


--
-- Name: cosignatures cosignatures_checkpoint_fkey; Type: FK CONSTRAINT; Schema: audit_private; Owner: audit_owner
--

ALTER TABLE ONLY audit_private.cosignatures
    ADD CONSTRAINT cosignatures_checkpoint_fkey FOREIGN KEY (origin, tree_size) REFERENCES audit_private.checkpoints(origin, tree_size);


--
-- Name: log_position log_position_epoch_fkey; Type: FK CONSTRAINT; Schema: audit_private; Owner: audit_owner
--

ALTER TABLE ONLY audit_private.log_position
    ADD CONSTRAINT log_position_epoch_fkey FOREIGN KEY (epoch) REFERENCES audit_private.epochs(epoch);


--
-- Name: shapes shapes_watch_fkey; Type: FK CONSTRAINT; Schema: audit_private; Owner: audit_owner
--

ALTER TABLE ONLY audit_private.shapes
    ADD CONSTRAINT shapes_watch_fkey FOREIGN KEY (watch_id) REFERENCES audit_private.watches(watch_id);


--
-- Name: api_keys api_keys_account_fkey; Type: FK CONSTRAINT; Schema: iam; Owner: audit_owner
--

ALTER TABLE ONLY iam.api_keys
    ADD CONSTRAINT api_keys_account_fkey FOREIGN KEY (account) REFERENCES iam.service_accounts(account);


--
-- Name: credentials credentials_user_fkey; Type: FK CONSTRAINT; Schema: iam; Owner: audit_owner
--

ALTER TABLE ONLY iam.credentials
    ADD CONSTRAINT credentials_user_fkey FOREIGN KEY (username) REFERENCES iam.users(username);


--
-- Name: login_attempts login_attempts_user_fkey; Type: FK CONSTRAINT; Schema: iam; Owner: audit_owner
--

ALTER TABLE ONLY iam.login_attempts
    ADD CONSTRAINT login_attempts_user_fkey FOREIGN KEY (username) REFERENCES iam.users(username);


--
-- Name: role_permissions role_permissions_permission_fkey; Type: FK CONSTRAINT; Schema: iam; Owner: audit_owner
--

ALTER TABLE ONLY iam.role_permissions
    ADD CONSTRAINT role_permissions_permission_fkey FOREIGN KEY (permission) REFERENCES iam.permissions(permission);


--
-- Name: role_permissions role_permissions_role_fkey; Type: FK CONSTRAINT; Schema: iam; Owner: audit_owner
--

ALTER TABLE ONLY iam.role_permissions
    ADD CONSTRAINT role_permissions_role_fkey FOREIGN KEY (role) REFERENCES iam.roles(role);


--
-- Name: scopes scopes_account_fkey; Type: FK CONSTRAINT; Schema: iam; Owner: audit_owner
--

ALTER TABLE ONLY iam.scopes
    ADD CONSTRAINT scopes_account_fkey FOREIGN KEY (account) REFERENCES iam.service_accounts(account);


--
-- Name: sessions sessions_user_fkey; Type: FK CONSTRAINT; Schema: iam; Owner: audit_owner
--

ALTER TABLE ONLY iam.sessions
    ADD CONSTRAINT sessions_user_fkey FOREIGN KEY (username) REFERENCES iam.users(username);


--
-- Name: user_roles user_roles_role_fkey; Type: FK CONSTRAINT; Schema: iam; Owner: audit_owner
--

ALTER TABLE ONLY iam.user_roles
    ADD CONSTRAINT user_roles_role_fkey FOREIGN KEY (role) REFERENCES iam.roles(role);


--
-- Name: user_roles user_roles_user_fkey; Type: FK CONSTRAINT; Schema: iam; Owner: audit_owner
--

ALTER TABLE ONLY iam.user_roles
    ADD CONSTRAINT user_roles_user_fkey FOREIGN KEY (username) REFERENCES iam.users(username);


--
-- Name: audit_logs; Type: ROW SECURITY; Schema: audit; Owner: audit_owner
--

ALTER TABLE audit.audit_logs ENABLE ROW LEVEL SECURITY;

--
-- Name: audit_logs audit_logs_read; Type: POLICY; Schema: audit; Owner: audit_owner
--

CREATE POLICY audit_logs_read ON audit.audit_logs FOR SELECT TO audit_investigator USING (( SELECT audit.note_read('audit_logs'::text) AS note_read));


--
-- Name: SCHEMA audit; Type: ACL; Schema: -; Owner: audit_owner
--

GRANT USAGE ON SCHEMA audit TO PUBLIC;


--
-- Name: SCHEMA audit_guard; Type: ACL; Schema: -; Owner: postgres
--

GRANT USAGE ON SCHEMA audit_guard TO audit_owner;


--
-- Name: SCHEMA iam; Type: ACL; Schema: -; Owner: audit_owner
--

GRANT USAGE ON SCHEMA iam TO PUBLIC;
GRANT USAGE ON SCHEMA iam TO audit_app;
GRANT USAGE ON SCHEMA iam TO iam_admin;


--
-- Name: FUNCTION allow_unwatched(target regclass, reason text); Type: ACL; Schema: audit; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit.allow_unwatched(target regclass, reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.allow_unwatched(target regclass, reason text) TO audit_admin;


--
-- Name: FUNCTION as_of(table_row anyelement, moment timestamp with time zone); Type: ACL; Schema: audit; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit.as_of(table_row anyelement, moment timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.as_of(table_row anyelement, moment timestamp with time zone) TO audit_investigator;


--
-- Name: FUNCTION begin_epoch(origin text, verifier_key text, reason text, lost jsonb); Type: ACL; Schema: audit; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit.begin_epoch(origin text, verifier_key text, reason text, lost jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.begin_epoch(origin text, verifier_key text, reason text, lost jsonb) TO audit_sealer;


--
-- Name: FUNCTION begin_stream(stream text, filter jsonb, from_leaf bigint, sealed text, user_id text, ip_address inet, request_id text); Type: ACL; Schema: audit; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit.begin_stream(stream text, filter jsonb, from_leaf bigint, sealed text, user_id text, ip_address inet, request_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.begin_stream(stream text, filter jsonb, from_leaf bigint, sealed text, user_id text, ip_address inet, request_id text) TO audit_writer;


--
-- Name: FUNCTION history(target regclass, key text); Type: ACL; Schema: audit; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit.history(target regclass, key text) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.history(target regclass, key text) TO audit_investigator;


--
-- Name: FUNCTION blame(target regclass, key text); Type: ACL; Schema: audit; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit.blame(target regclass, key text) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.blame(target regclass, key text) TO audit_investigator;


--
-- Name: FUNCTION close_batch(tree_size bigint, root bytea, levels integer[], numbers bigint[], starts integer[], contents bytea[]); Type: ACL; Schema: audit; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit.close_batch(tree_size bigint, root bytea, levels integer[], numbers bigint[], starts integer[], contents bytea[]) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.close_batch(tree_size bigint, root bytea, levels integer[], numbers bigint[], starts integer[], contents bytea[]) TO audit_sealer;


--
-- Name: FUNCTION define_action(code text, description text, origin text); Type: ACL; Schema: audit; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit.define_action(code text, description text, origin text) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.define_action(code text, description text, origin text) TO audit_admin;


--
-- Name: FUNCTION doctor(); Type: ACL; Schema: audit; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit.doctor() FROM PUBLIC;
GRANT ALL ON FUNCTION audit.doctor() TO audit_admin;


--
-- Name: FUNCTION drain(); Type: ACL; Schema: audit; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit.drain() FROM PUBLIC;
GRANT ALL ON FUNCTION audit.drain() TO audit_admin;


--
-- Name: FUNCTION end_stream(stream text, reason text, next_leaf bigint, events bigint, sealed text, user_id text, ip_address inet, request_id text); Type: ACL; Schema: audit; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit.end_stream(stream text, reason text, next_leaf bigint, events bigint, sealed text, user_id text, ip_address inet, request_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.end_stream(stream text, reason text, next_leaf bigint, events bigint, sealed text, user_id text, ip_address inet, request_id text) TO audit_writer;


--
-- Name: FUNCTION entity_key(key text); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.entity_key(key text) FROM PUBLIC;


--
-- Name: FUNCTION note_read(view text); Type: ACL; Schema: audit; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit.note_read(view text) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.note_read(view text) TO audit_reader;
GRANT ALL ON FUNCTION audit.note_read(view text) TO audit_investigator;


--
-- Name: TABLE actions; Type: ACL; Schema: audit; Owner: audit_owner
--

GRANT SELECT ON TABLE audit.actions TO audit_investigator;


--
-- Name: TABLE audit_logs; Type: ACL; Schema: audit; Owner: audit_owner
--

GRANT SELECT ON TABLE audit.audit_logs TO audit_investigator;
GRANT SELECT ON TABLE audit.audit_logs TO audit_sealer;


--
-- Name: TABLE v_events; Type: ACL; Schema: audit; Owner: audit_owner
--

GRANT SELECT ON TABLE audit.v_events TO audit_reader;
GRANT SELECT ON TABLE audit.v_events TO audit_investigator;


--
-- Name: FUNCTION events_between(previous pg_snapshot, present pg_snapshot); Type: ACL; Schema: audit; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit.events_between(previous pg_snapshot, present pg_snapshot) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.events_between(previous pg_snapshot, present pg_snapshot) TO audit_reader;
GRANT ALL ON FUNCTION audit.events_between(previous pg_snapshot, present pg_snapshot) TO audit_investigator;


--
-- Name: FUNCTION finish_attempt(attempt_id bigint, intent_id uuid, event_id uuid, entity_id text, metadata jsonb, created_at timestamp with time zone); Type: ACL; Schema: audit; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit.finish_attempt(attempt_id bigint, intent_id uuid, event_id uuid, entity_id text, metadata jsonb, created_at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.finish_attempt(attempt_id bigint, intent_id uuid, event_id uuid, entity_id text, metadata jsonb, created_at timestamp with time zone) TO audit_app;


--
-- Name: FUNCTION heartbeat(); Type: ACL; Schema: audit; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit.heartbeat() FROM PUBLIC;
GRANT ALL ON FUNCTION audit.heartbeat() TO audit_sealer;


--
-- Name: FUNCTION id_since(moment timestamp with time zone); Type: ACL; Schema: audit; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit.id_since(moment timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.id_since(moment timestamp with time zone) TO audit_reader;
GRANT ALL ON FUNCTION audit.id_since(moment timestamp with time zone) TO audit_investigator;


--
-- Name: FUNCTION ingest(key_hash bytea, events jsonb, ip_address inet, request_id text, OUT account text, OUT key_id text, OUT refusal text, OUT verdicts text[], OUT log_ids bigint[]); Type: ACL; Schema: audit; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit.ingest(key_hash bytea, events jsonb, ip_address inet, request_id text, OUT account text, OUT key_id text, OUT refusal text, OUT verdicts text[], OUT log_ids bigint[]) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.ingest(key_hash bytea, events jsonb, ip_address inet, request_id text, OUT account text, OUT key_id text, OUT refusal text, OUT verdicts text[], OUT log_ids bigint[]) TO audit_writer;


--
-- Name: FUNCTION log_head(); Type: ACL; Schema: audit; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit.log_head() FROM PUBLIC;
GRANT ALL ON FUNCTION audit.log_head() TO audit_sealer;


--
-- Name: FUNCTION maintain(); Type: ACL; Schema: audit; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit.maintain() FROM PUBLIC;
GRANT ALL ON FUNCTION audit.maintain() TO audit_admin;


--
-- Name: FUNCTION note_export(format text, filter jsonb, outcome text, rows bigint, began bigint); Type: ACL; Schema: audit; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit.note_export(format text, filter jsonb, outcome text, rows bigint, began bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.note_export(format text, filter jsonb, outcome text, rows bigint, began bigint) TO audit_reader;
GRANT ALL ON FUNCTION audit.note_export(format text, filter jsonb, outcome text, rows bigint, began bigint) TO audit_investigator;


--
-- Name: FUNCTION note_key(verifier_key text, reason text); Type: ACL; Schema: audit; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit.note_key(verifier_key text, reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.note_key(verifier_key text, reason text) TO audit_sealer;


--
-- Name: FUNCTION notes(); Type: ACL; Schema: audit; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit.notes() FROM PUBLIC;
GRANT ALL ON FUNCTION audit.notes() TO audit_admin;


--
-- Name: FUNCTION observe_capture(); Type: ACL; Schema: audit; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit.observe_capture() FROM PUBLIC;
GRANT ALL ON FUNCTION audit.observe_capture() TO audit_sealer;


--
-- Name: FUNCTION open_export(filter jsonb); Type: ACL; Schema: audit; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit.open_export(filter jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.open_export(filter jsonb) TO audit_reader;
GRANT ALL ON FUNCTION audit.open_export(filter jsonb) TO audit_investigator;


--
-- Name: FUNCTION open_user_export(filter jsonb, sealed text, user_id text, ip_address inet, request_id text); Type: ACL; Schema: audit; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit.open_user_export(filter jsonb, sealed text, user_id text, ip_address inet, request_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.open_user_export(filter jsonb, sealed text, user_id text, ip_address inet, request_id text) TO audit_writer;


--
-- Name: FUNCTION past_rows(target regclass, moment timestamp with time zone); Type: ACL; Schema: audit; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit.past_rows(target regclass, moment timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.past_rows(target regclass, moment timestamp with time zone) TO audit_investigator;


--
-- Name: FUNCTION past_source(target regclass, moment timestamp with time zone); Type: ACL; Schema: audit; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit.past_source(target regclass, moment timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.past_source(target regclass, moment timestamp with time zone) TO audit_investigator;


--
-- Name: FUNCTION read_checkpoint(size bigint); Type: ACL; Schema: audit; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit.read_checkpoint(size bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.read_checkpoint(size bigint) TO audit_app;
GRANT ALL ON FUNCTION audit.read_checkpoint(size bigint) TO audit_sealer;
GRANT ALL ON FUNCTION audit.read_checkpoint(size bigint) TO audit_investigator;


--
-- Name: FUNCTION read_coverage(sealed text, user_id text, ip_address inet, request_id text); Type: ACL; Schema: audit; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit.read_coverage(sealed text, user_id text, ip_address inet, request_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.read_coverage(sealed text, user_id text, ip_address inet, request_id text) TO audit_writer;


--
-- Name: FUNCTION read_entity_history(entity_type text, entity_id text, before bigint, most integer, sealed text, user_id text, ip_address inet, request_id text); Type: ACL; Schema: audit; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit.read_entity_history(entity_type text, entity_id text, before bigint, most integer, sealed text, user_id text, ip_address inet, request_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.read_entity_history(entity_type text, entity_id text, before bigint, most integer, sealed text, user_id text, ip_address inet, request_id text) TO audit_writer;


--
-- Name: FUNCTION read_event(id bigint, sealed text, user_id text, ip_address inet, request_id text); Type: ACL; Schema: audit; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit.read_event(id bigint, sealed text, user_id text, ip_address inet, request_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.read_event(id bigint, sealed text, user_id text, ip_address inet, request_id text) TO audit_writer;


--
-- Name: FUNCTION read_events(filter jsonb, before bigint, most integer, sealed text, user_id text, ip_address inet, request_id text); Type: ACL; Schema: audit; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit.read_events(filter jsonb, before bigint, most integer, sealed text, user_id text, ip_address inet, request_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.read_events(filter jsonb, before bigint, most integer, sealed text, user_id text, ip_address inet, request_id text) TO audit_writer;


--
-- Name: FUNCTION read_leaf(event_id bigint); Type: ACL; Schema: audit; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit.read_leaf(event_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.read_leaf(event_id bigint) TO audit_investigator;
GRANT ALL ON FUNCTION audit.read_leaf(event_id bigint) TO audit_writer;


--
-- Name: FUNCTION read_sealed(filter jsonb, from_leaf bigint); Type: ACL; Schema: audit; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit.read_sealed(filter jsonb, from_leaf bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.read_sealed(filter jsonb, from_leaf bigint) TO audit_writer;


--
-- Name: FUNCTION read_tile(level integer, number bigint); Type: ACL; Schema: audit; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit.read_tile(level integer, number bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.read_tile(level integer, number bigint) TO audit_app;
GRANT ALL ON FUNCTION audit.read_tile(level integer, number bigint) TO audit_sealer;
GRANT ALL ON FUNCTION audit.read_tile(level integer, number bigint) TO audit_investigator;


--
-- Name: FUNCTION record(action text, entity_type text, entity_id text, description text, outcome text, metadata jsonb, permission text, user_id text, ip_address inet, request_id text, created_at timestamp with time zone, sealed text); Type: ACL; Schema: audit; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit.record(action text, entity_type text, entity_id text, description text, outcome text, metadata jsonb, permission text, user_id text, ip_address inet, request_id text, created_at timestamp with time zone, sealed text) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.record(action text, entity_type text, entity_id text, description text, outcome text, metadata jsonb, permission text, user_id text, ip_address inet, request_id text, created_at timestamp with time zone, sealed text) TO audit_writer;


--
-- Name: FUNCTION record_batch(event_ids uuid[], actions text[], entity_types text[], entity_ids text[], descriptions text[], outcomes text[], metadata text[], permissions text[], user_ids text[], ip_addresses text[], request_ids text[], created_ats timestamp with time zone[], sealed text[]); Type: ACL; Schema: audit; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit.record_batch(event_ids uuid[], actions text[], entity_types text[], entity_ids text[], descriptions text[], outcomes text[], metadata text[], permissions text[], user_ids text[], ip_addresses text[], request_ids text[], created_ats timestamp with time zone[], sealed text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.record_batch(event_ids uuid[], actions text[], entity_types text[], entity_ids text[], descriptions text[], outcomes text[], metadata text[], permissions text[], user_ids text[], ip_addresses text[], request_ids text[], created_ats timestamp with time zone[], sealed text[]) TO audit_writer;


--
-- Name: FUNCTION request(request_id text); Type: ACL; Schema: audit; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit.request(request_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.request(request_id text) TO audit_investigator;


--
-- Name: FUNCTION seal_batch(epoch integer, tree_size bigint, salts bytea); Type: ACL; Schema: audit; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit.seal_batch(epoch integer, tree_size bigint, salts bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.seal_batch(epoch integer, tree_size bigint, salts bytea) TO audit_sealer;


--
-- Name: FUNCTION sealed_events(from_leaf bigint, most integer); Type: ACL; Schema: audit; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit.sealed_events(from_leaf bigint, most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.sealed_events(from_leaf bigint, most integer) TO audit_reader;
GRANT ALL ON FUNCTION audit.sealed_events(from_leaf bigint, most integer) TO audit_investigator;


--
-- Name: FUNCTION sealed_log(); Type: ACL; Schema: audit; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit.sealed_log() FROM PUBLIC;
GRANT ALL ON FUNCTION audit.sealed_log() TO audit_reader;
GRANT ALL ON FUNCTION audit.sealed_log() TO audit_investigator;


--
-- Name: FUNCTION sealed_size(); Type: ACL; Schema: audit; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit.sealed_size() FROM PUBLIC;
GRANT ALL ON FUNCTION audit.sealed_size() TO audit_writer;


--
-- Name: FUNCTION set_context(sealed text); Type: ACL; Schema: audit; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit.set_context(sealed text) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.set_context(sealed text) TO audit_app;


--
-- Name: FUNCTION set_context(user_id text, ip_address inet, request_id text); Type: ACL; Schema: audit; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit.set_context(user_id text, ip_address inet, request_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.set_context(user_id text, ip_address inet, request_id text) TO audit_app;


--
-- Name: FUNCTION set_session_context(user_id text, ip_address inet, request_id text); Type: ACL; Schema: audit; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit.set_session_context(user_id text, ip_address inet, request_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.set_session_context(user_id text, ip_address inet, request_id text) TO audit_app;


--
-- Name: FUNCTION store_checkpoint(origin text, tree_size bigint, note text); Type: ACL; Schema: audit; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit.store_checkpoint(origin text, tree_size bigint, note text) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.store_checkpoint(origin text, tree_size bigint, note text) TO audit_sealer;


--
-- Name: FUNCTION store_cosignatures(origin text, tree_size bigint, lines text[]); Type: ACL; Schema: audit; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit.store_cosignatures(origin text, tree_size bigint, lines text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.store_cosignatures(origin text, tree_size bigint, lines text[]) TO audit_sealer;


--
-- Name: FUNCTION transaction(transaction xid8); Type: ACL; Schema: audit; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit.transaction(transaction xid8) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.transaction(transaction xid8) TO audit_investigator;


--
-- Name: FUNCTION undo_sql(target regclass, key text, id bigint); Type: ACL; Schema: audit; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit.undo_sql(target regclass, key text, id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.undo_sql(target regclass, key text, id bigint) TO audit_investigator;


--
-- Name: FUNCTION verdict_lag(); Type: ACL; Schema: audit; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit.verdict_lag() FROM PUBLIC;
GRANT ALL ON FUNCTION audit.verdict_lag() TO audit_admin;
GRANT ALL ON FUNCTION audit.verdict_lag() TO audit_writer;


--
-- Name: FUNCTION await_drain(); Type: ACL; Schema: audit_guard; Owner: postgres
--

REVOKE ALL ON FUNCTION audit_guard.await_drain() FROM PUBLIC;


--
-- Name: FUNCTION await_flush(lsn pg_lsn); Type: ACL; Schema: audit_guard; Owner: postgres
--

REVOKE ALL ON FUNCTION audit_guard.await_flush(lsn pg_lsn) FROM PUBLIC;


--
-- Name: FUNCTION belongs_to(class oid, object oid, owners oid[]); Type: ACL; Schema: audit_guard; Owner: postgres
--

REVOKE ALL ON FUNCTION audit_guard.belongs_to(class oid, object oid, owners oid[]) FROM PUBLIC;


--
-- Name: FUNCTION close_door(door bigint); Type: ACL; Schema: audit_guard; Owner: postgres
--

REVOKE ALL ON FUNCTION audit_guard.close_door(door bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_guard.close_door(door bigint) TO audit_owner;


--
-- Name: FUNCTION door_is_open(); Type: ACL; Schema: audit_guard; Owner: postgres
--

REVOKE ALL ON FUNCTION audit_guard.door_is_open() FROM PUBLIC;
GRANT ALL ON FUNCTION audit_guard.door_is_open() TO audit_owner;


--
-- Name: FUNCTION emit(event jsonb); Type: ACL; Schema: audit_guard; Owner: postgres
--

REVOKE ALL ON FUNCTION audit_guard.emit(event jsonb) FROM PUBLIC;


--
-- Name: FUNCTION emit_denial(denial jsonb); Type: ACL; Schema: audit_guard; Owner: postgres
--

REVOKE ALL ON FUNCTION audit_guard.emit_denial(denial jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_guard.emit_denial(denial jsonb) TO audit_owner;


--
-- Name: FUNCTION emit_read(view text, user_id text, actor_proof text, ip_address inet, request_id text); Type: ACL; Schema: audit_guard; Owner: postgres
--

REVOKE ALL ON FUNCTION audit_guard.emit_read(view text, user_id text, actor_proof text, ip_address inet, request_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_guard.emit_read(view text, user_id text, actor_proof text, ip_address inet, request_id text) TO audit_owner;


--
-- Name: FUNCTION give_overdue(target regclass, truncate_of bigint); Type: ACL; Schema: audit_guard; Owner: postgres
--

REVOKE ALL ON FUNCTION audit_guard.give_overdue(target regclass, truncate_of bigint) FROM PUBLIC;


--
-- Name: FUNCTION has_members(); Type: ACL; Schema: audit_guard; Owner: postgres
--

REVOKE ALL ON FUNCTION audit_guard.has_members() FROM PUBLIC;


--
-- Name: FUNCTION has_taken_in(extension oid); Type: ACL; Schema: audit_guard; Owner: postgres
--

REVOKE ALL ON FUNCTION audit_guard.has_taken_in(extension oid) FROM PUBLIC;


--
-- Name: FUNCTION is_about_privileges(tag text); Type: ACL; Schema: audit_guard; Owner: postgres
--

REVOKE ALL ON FUNCTION audit_guard.is_about_privileges(tag text) FROM PUBLIC;


--
-- Name: FUNCTION is_captured(relation regclass); Type: ACL; Schema: audit_guard; Owner: postgres
--

REVOKE ALL ON FUNCTION audit_guard.is_captured(relation regclass) FROM PUBLIC;


--
-- Name: FUNCTION is_guarded(class oid, object oid, schema_name text, owners oid[]); Type: ACL; Schema: audit_guard; Owner: postgres
--

REVOKE ALL ON FUNCTION audit_guard.is_guarded(class oid, object oid, schema_name text, owners oid[]) FROM PUBLIC;


--
-- Name: FUNCTION is_guarded_relation(relation oid); Type: ACL; Schema: audit_guard; Owner: postgres
--

REVOKE ALL ON FUNCTION audit_guard.is_guarded_relation(relation oid) FROM PUBLIC;


--
-- Name: FUNCTION is_guarded_schema(name text); Type: ACL; Schema: audit_guard; Owner: postgres
--

REVOKE ALL ON FUNCTION audit_guard.is_guarded_schema(name text) FROM PUBLIC;


--
-- Name: FUNCTION is_guarded_table(table_oid oid, owners oid[]); Type: ACL; Schema: audit_guard; Owner: postgres
--

REVOKE ALL ON FUNCTION audit_guard.is_guarded_table(table_oid oid, owners oid[]) FROM PUBLIC;


--
-- Name: FUNCTION is_guarded_trigger(trigger oid); Type: ACL; Schema: audit_guard; Owner: postgres
--

REVOKE ALL ON FUNCTION audit_guard.is_guarded_trigger(trigger oid) FROM PUBLIC;


--
-- Name: FUNCTION is_guarded_type(type oid); Type: ACL; Schema: audit_guard; Owner: postgres
--

REVOKE ALL ON FUNCTION audit_guard.is_guarded_type(type oid) FROM PUBLIC;


--
-- Name: FUNCTION is_mine(xmin xid, top bigint); Type: ACL; Schema: audit_guard; Owner: postgres
--

REVOKE ALL ON FUNCTION audit_guard.is_mine(xmin xid, top bigint) FROM PUBLIC;


--
-- Name: FUNCTION mac(message bytea); Type: ACL; Schema: audit_guard; Owner: postgres
--

REVOKE ALL ON FUNCTION audit_guard.mac(message bytea) FROM PUBLIC;


--
-- Name: FUNCTION may_change(); Type: ACL; Schema: audit_guard; Owner: postgres
--

REVOKE ALL ON FUNCTION audit_guard.may_change() FROM PUBLIC;


--
-- Name: FUNCTION open_door(); Type: ACL; Schema: audit_guard; Owner: postgres
--

REVOKE ALL ON FUNCTION audit_guard.open_door() FROM PUBLIC;
GRANT ALL ON FUNCTION audit_guard.open_door() TO audit_owner;


--
-- Name: FUNCTION open_slot(OUT slot text, OUT next_lsn pg_lsn, OUT lost boolean); Type: ACL; Schema: audit_guard; Owner: audit_drainer
--

REVOKE ALL ON FUNCTION audit_guard.open_slot(OUT slot text, OUT next_lsn pg_lsn, OUT lost boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_guard.open_slot(OUT slot text, OUT next_lsn pg_lsn, OUT lost boolean) TO audit_owner;


--
-- Name: FUNCTION open_verdict(content bytea); Type: ACL; Schema: audit_guard; Owner: postgres
--

REVOKE ALL ON FUNCTION audit_guard.open_verdict(content bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_guard.open_verdict(content bytea) TO audit_owner;


--
-- Name: FUNCTION owners(); Type: ACL; Schema: audit_guard; Owner: postgres
--

REVOKE ALL ON FUNCTION audit_guard.owners() FROM PUBLIC;


--
-- Name: FUNCTION privileges_digest(top bigint); Type: ACL; Schema: audit_guard; Owner: postgres
--

REVOKE ALL ON FUNCTION audit_guard.privileges_digest(top bigint) FROM PUBLIC;


--
-- Name: FUNCTION read_slot(slot text, from_lsn pg_lsn, upto_lsn pg_lsn, most integer); Type: ACL; Schema: audit_guard; Owner: audit_drainer
--

REVOKE ALL ON FUNCTION audit_guard.read_slot(slot text, from_lsn pg_lsn, upto_lsn pg_lsn, most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_guard.read_slot(slot text, from_lsn pg_lsn, upto_lsn pg_lsn, most integer) TO audit_owner;


--
-- Name: FUNCTION refuse(command text, object text, reason text); Type: ACL; Schema: audit_guard; Owner: postgres
--

REVOKE ALL ON FUNCTION audit_guard.refuse(command text, object text, reason text) FROM PUBLIC;


--
-- Name: FUNCTION tg__give_overdue(); Type: ACL; Schema: audit_guard; Owner: postgres
--

REVOKE ALL ON FUNCTION audit_guard.tg__give_overdue() FROM PUBLIC;


--
-- Name: FUNCTION tg__note_caller(); Type: ACL; Schema: audit_guard; Owner: postgres
--

REVOKE ALL ON FUNCTION audit_guard.tg__note_caller() FROM PUBLIC;


--
-- Name: FUNCTION tg__refuse_drop(); Type: ACL; Schema: audit_guard; Owner: postgres
--

REVOKE ALL ON FUNCTION audit_guard.tg__refuse_drop() FROM PUBLIC;


--
-- Name: FUNCTION tg__refuse_end(); Type: ACL; Schema: audit_guard; Owner: postgres
--

REVOKE ALL ON FUNCTION audit_guard.tg__refuse_end() FROM PUBLIC;


--
-- Name: FUNCTION tg__refuse_start(); Type: ACL; Schema: audit_guard; Owner: postgres
--

REVOKE ALL ON FUNCTION audit_guard.tg__refuse_start() FROM PUBLIC;


--
-- Name: FUNCTION youth(xmin xid, top bigint); Type: ACL; Schema: audit_guard; Owner: postgres
--

REVOKE ALL ON FUNCTION audit_guard.youth(xmin xid, top bigint) FROM PUBLIC;


--
-- Name: FUNCTION action_descriptions(); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.action_descriptions() FROM PUBLIC;


--
-- Name: FUNCTION active_watch(target regclass); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.active_watch(target regclass) FROM PUBLIC;


--
-- Name: FUNCTION actor_source(); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.actor_source() FROM PUBLIC;


--
-- Name: FUNCTION admit_http_reader(view text, filter jsonb, sealed text, user_id text, ip_address inet, request_id text); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.admit_http_reader(view text, filter jsonb, sealed text, user_id text, ip_address inet, request_id text) FROM PUBLIC;


--
-- Name: FUNCTION advance_baseline(watch audit_private.watches, baseline audit_private.baselines, rows integer); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.advance_baseline(watch audit_private.watches, baseline audit_private.baselines, rows integer) FROM PUBLIC;


--
-- Name: FUNCTION advance_position(log_position audit_private.log_position, target pg_snapshot, leaves integer, all_taken boolean, last_xid xid8, last_id bigint); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.advance_position(log_position audit_private.log_position, target pg_snapshot, leaves integer, all_taken boolean, last_xid xid8, last_id bigint) FROM PUBLIC;


--
-- Name: FUNCTION all_source(watch audit_private.watches); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.all_source(watch audit_private.watches) FROM PUBLIC;


--
-- Name: FUNCTION any_change_source(watch audit_private.watches, names text[], old_name text, new_name text); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.any_change_source(watch audit_private.watches, names text[], old_name text, new_name text) FROM PUBLIC;


--
-- Name: FUNCTION append(actor audit_private.actor, action text, entity_type text, entity_id text, description text, outcome text, permission text, metadata jsonb, created_at timestamp with time zone); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.append(actor audit_private.actor, action text, entity_type text, entity_id text, description text, outcome text, permission text, metadata jsonb, created_at timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION attachment_shapes(target regclass); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.attachment_shapes(target regclass) FROM PUBLIC;


--
-- Name: FUNCTION begin_baseline(watch audit_private.watches); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.begin_baseline(watch audit_private.watches) FROM PUBLIC;


--
-- Name: FUNCTION caller_of(context text, definer_half text, invoker_half text); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.caller_of(context text, definer_half text, invoker_half text) FROM PUBLIC;


--
-- Name: FUNCTION capture_10_delete(); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.capture_10_delete() FROM PUBLIC;


--
-- Name: FUNCTION capture_10_insert(); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.capture_10_insert() FROM PUBLIC;


--
-- Name: FUNCTION capture_10_truncate(); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.capture_10_truncate() FROM PUBLIC;


--
-- Name: FUNCTION capture_10_update(); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.capture_10_update() FROM PUBLIC;


--
-- Name: FUNCTION capture_1_delete(); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.capture_1_delete() FROM PUBLIC;


--
-- Name: FUNCTION capture_1_insert(); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.capture_1_insert() FROM PUBLIC;


--
-- Name: FUNCTION capture_1_truncate(); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.capture_1_truncate() FROM PUBLIC;


--
-- Name: FUNCTION capture_1_update(); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.capture_1_update() FROM PUBLIC;


--
-- Name: FUNCTION capture_2_delete(); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.capture_2_delete() FROM PUBLIC;


--
-- Name: FUNCTION capture_2_insert(); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.capture_2_insert() FROM PUBLIC;


--
-- Name: FUNCTION capture_2_truncate(); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.capture_2_truncate() FROM PUBLIC;


--
-- Name: FUNCTION capture_2_update(); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.capture_2_update() FROM PUBLIC;


--
-- Name: FUNCTION capture_3_delete(); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.capture_3_delete() FROM PUBLIC;


--
-- Name: FUNCTION capture_3_insert(); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.capture_3_insert() FROM PUBLIC;


--
-- Name: FUNCTION capture_3_truncate(); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.capture_3_truncate() FROM PUBLIC;


--
-- Name: FUNCTION capture_3_update(); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.capture_3_update() FROM PUBLIC;


--
-- Name: FUNCTION capture_4_delete(); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.capture_4_delete() FROM PUBLIC;


--
-- Name: FUNCTION capture_4_insert(); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.capture_4_insert() FROM PUBLIC;


--
-- Name: FUNCTION capture_4_truncate(); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.capture_4_truncate() FROM PUBLIC;


--
-- Name: FUNCTION capture_4_update(); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.capture_4_update() FROM PUBLIC;


--
-- Name: FUNCTION capture_5_delete(); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.capture_5_delete() FROM PUBLIC;


--
-- Name: FUNCTION capture_5_insert(); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.capture_5_insert() FROM PUBLIC;


--
-- Name: FUNCTION capture_5_truncate(); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.capture_5_truncate() FROM PUBLIC;


--
-- Name: FUNCTION capture_5_update(); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.capture_5_update() FROM PUBLIC;


--
-- Name: FUNCTION capture_6_delete(); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.capture_6_delete() FROM PUBLIC;


--
-- Name: FUNCTION capture_6_insert(); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.capture_6_insert() FROM PUBLIC;


--
-- Name: FUNCTION capture_6_truncate(); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.capture_6_truncate() FROM PUBLIC;


--
-- Name: FUNCTION capture_6_update(); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.capture_6_update() FROM PUBLIC;


--
-- Name: FUNCTION capture_7_delete(); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.capture_7_delete() FROM PUBLIC;


--
-- Name: FUNCTION capture_7_insert(); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.capture_7_insert() FROM PUBLIC;


--
-- Name: FUNCTION capture_7_truncate(); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.capture_7_truncate() FROM PUBLIC;


--
-- Name: FUNCTION capture_7_update(); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.capture_7_update() FROM PUBLIC;


--
-- Name: FUNCTION capture_8_delete(); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.capture_8_delete() FROM PUBLIC;


--
-- Name: FUNCTION capture_8_insert(); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.capture_8_insert() FROM PUBLIC;


--
-- Name: FUNCTION capture_8_truncate(); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.capture_8_truncate() FROM PUBLIC;


--
-- Name: FUNCTION capture_8_update(); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.capture_8_update() FROM PUBLIC;


--
-- Name: FUNCTION capture_9_delete(); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.capture_9_delete() FROM PUBLIC;


--
-- Name: FUNCTION capture_9_insert(); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.capture_9_insert() FROM PUBLIC;


--
-- Name: FUNCTION capture_9_truncate(); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.capture_9_truncate() FROM PUBLIC;


--
-- Name: FUNCTION capture_9_update(); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.capture_9_update() FROM PUBLIC;


--
-- Name: FUNCTION capture_code(watch audit_private.watches); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.capture_code(watch audit_private.watches) FROM PUBLIC;


--
-- Name: FUNCTION capture_places(watch audit_private.watches); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.capture_places(watch audit_private.watches) FROM PUBLIC;


--
-- Name: FUNCTION capture_shape(watch audit_private.watches); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.capture_shape(watch audit_private.watches) FROM PUBLIC;


--
-- Name: FUNCTION capture_source(watch audit_private.watches); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.capture_source(watch audit_private.watches) FROM PUBLIC;


--
-- Name: FUNCTION capture_triggers(watch audit_private.watches); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.capture_triggers(watch audit_private.watches) FROM PUBLIC;


--
-- Name: FUNCTION captured_columns(watch audit_private.watches); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.captured_columns(watch audit_private.watches) FROM PUBLIC;


--
-- Name: FUNCTION chained_rows(watch audit_private.watches, back_to timestamp with time zone); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.chained_rows(watch audit_private.watches, back_to timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION change_source(name text, equality_is_identity boolean, old_name text, new_name text); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.change_source(name text, equality_is_identity boolean, old_name text, new_name text) FROM PUBLIC;


--
-- Name: FUNCTION changed_image_source(watch audit_private.watches, side text, other text); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.changed_image_source(watch audit_private.watches, side text, other text) FROM PUBLIC;


--
-- Name: FUNCTION changes_source(watch audit_private.watches, side text, old_name text, new_name text); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.changes_source(watch audit_private.watches, side text, old_name text, new_name text) FROM PUBLIC;


--
-- Name: FUNCTION claim_event(producer text, event_id uuid, digest bytea, OUT verdict text, OUT log_id bigint); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.claim_event(producer text, event_id uuid, digest bytea, OUT verdict text, OUT log_id bigint) FROM PUBLIC;


--
-- Name: FUNCTION claim_incoming(account text, events jsonb, OUT verdicts text[], OUT log_ids bigint[]); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.claim_incoming(account text, events jsonb, OUT verdicts text[], OUT log_ids bigint[]) FROM PUBLIC;


--
-- Name: FUNCTION clean(value text, length integer); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.clean(value text, length integer) FROM PUBLIC;


--
-- Name: FUNCTION claimed_actor(user_id text, ip_address inet, request_id text); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.claimed_actor(user_id text, ip_address inet, request_id text) FROM PUBLIC;


--
-- Name: FUNCTION clamped_time(claimed timestamp with time zone, now timestamp with time zone); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.clamped_time(claimed timestamp with time zone, now timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION close_door(door bigint); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.close_door(door bigint) FROM PUBLIC;


--
-- Name: FUNCTION close_watch(watch audit_private.watches, command text); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.close_watch(watch audit_private.watches, command text) FROM PUBLIC;


--
-- Name: FUNCTION code_of_others(class regclass, object oid); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.code_of_others(class regclass, object oid) FROM PUBLIC;


--
-- Name: FUNCTION column_differences(before jsonb, after jsonb); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.column_differences(before jsonb, after jsonb) FROM PUBLIC;


--
-- Name: FUNCTION column_shapes(target regclass); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.column_shapes(target regclass) FROM PUBLIC;


--
-- Name: FUNCTION column_source(record_name text, name text); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.column_source(record_name text, name text) FROM PUBLIC;


--
-- Name: FUNCTION column_versions(watch audit_private.watches); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.column_versions(watch audit_private.watches) FROM PUBLIC;


--
-- Name: FUNCTION columns_before(target regclass, id bigint); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.columns_before(target regclass, id bigint) FROM PUBLIC;


--
-- Name: FUNCTION columns_since(watch audit_private.watches, moment timestamp with time zone); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.columns_since(watch audit_private.watches, moment timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION columns_to_compare(watch audit_private.watches); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.columns_to_compare(watch audit_private.watches) FROM PUBLIC;


--
-- Name: FUNCTION comparable_columns(watch audit_private.watches); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.comparable_columns(watch audit_private.watches) FROM PUBLIC;


--
-- Name: FUNCTION comparison_start(watch audit_private.watches); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.comparison_start(watch audit_private.watches) FROM PUBLIC;


--
-- Name: FUNCTION complete(changes jsonb, old_remainder jsonb, new_remainder jsonb); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.complete(changes jsonb, old_remainder jsonb, new_remainder jsonb) FROM PUBLIC;


--
-- Name: FUNCTION content_v1(log audit.audit_logs); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.content_v1(log audit.audit_logs) FROM PUBLIC;


--
-- Name: FUNCTION current_actor(); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.current_actor() FROM PUBLIC;


--
-- Name: FUNCTION described_actions(words text); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.described_actions(words text) FROM PUBLIC;


--
-- Name: FUNCTION difference_source(watch audit_private.watches, skipped boolean); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.difference_source(watch audit_private.watches, skipped boolean) FROM PUBLIC;


--
-- Name: FUNCTION door_is_open(); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.door_is_open() FROM PUBLIC;


--
-- Name: FUNCTION drain_slot(slot text, from_lsn pg_lsn); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.drain_slot(slot text, from_lsn pg_lsn) FROM PUBLIC;


--
-- Name: FUNCTION drop_code(watch_id bigint); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.drop_code(watch_id bigint) FROM PUBLIC;


--
-- Name: FUNCTION empty_net(months date[]); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.empty_net(months date[]) FROM PUBLIC;


--
-- Name: FUNCTION end_dropped_watch(entity_type text); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.end_dropped_watch(entity_type text) FROM PUBLIC;


--
-- Name: FUNCTION ensure_trigger(target regclass, name text, event text); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.ensure_trigger(target regclass, name text, event text) FROM PUBLIC;


--
-- Name: FUNCTION entity_id_source(watch audit_private.watches, record_name text); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.entity_id_source(watch audit_private.watches, record_name text) FROM PUBLIC;


--
-- Name: FUNCTION entity_types_of(target regclass); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.entity_types_of(target regclass) FROM PUBLIC;


--
-- Name: FUNCTION event_actor(sealed text, user_id text, ip_address inet, request_id text); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.event_actor(sealed text, user_id text, ip_address inet, request_id text) FROM PUBLIC;


--
-- Name: FUNCTION event_digest(action text, entity_type text, entity_id text, description text, outcome text, metadata text, permission text, user_id text, ip_address text, request_id text, created_at timestamp with time zone, sealed text); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.event_digest(action text, entity_type text, entity_id text, description text, outcome text, metadata text, permission text, user_id text, ip_address text, request_id text, created_at timestamp with time zone, sealed text) FROM PUBLIC;


--
-- Name: FUNCTION field_changes(changes jsonb); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.field_changes(changes jsonb) FROM PUBLIC;


--
-- Name: FUNCTION event_json(log audit.audit_logs, descriptions jsonb, with_diff boolean); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.event_json(log audit.audit_logs, descriptions jsonb, with_diff boolean) FROM PUBLIC;


--
-- Name: FUNCTION event_uuid(event_id text); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.event_uuid(event_id text) FROM PUBLIC;


--
-- Name: FUNCTION events_by_id(wanted audit_private.event_filter, first_id bigint, last_id bigint, most integer); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.events_by_id(wanted audit_private.event_filter, first_id bigint, last_id bigint, most integer) FROM PUBLIC;


--
-- Name: FUNCTION events_by_index(wanted audit_private.event_filter, before bigint, most integer); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.events_by_index(wanted audit_private.event_filter, before bigint, most integer) FROM PUBLIC;


--
-- Name: FUNCTION expression_digest(expression text); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.expression_digest(expression text) FROM PUBLIC;


--
-- Name: FUNCTION family_shapes(target regclass); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.family_shapes(target regclass) FROM PUBLIC;


--
-- Name: FUNCTION field_type(built_in boolean, type oid, is_masked boolean); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.field_type(built_in boolean, type oid, is_masked boolean) FROM PUBLIC;


--
-- Name: FUNCTION findings_of_capture(); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.findings_of_capture() FROM PUBLIC;


--
-- Name: FUNCTION findings_of_drift(); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.findings_of_drift() FROM PUBLIC;


--
-- Name: FUNCTION findings_of_guard(); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.findings_of_guard() FROM PUBLIC;


--
-- Name: FUNCTION findings_of_log(); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.findings_of_log() FROM PUBLIC;


--
-- Name: FUNCTION findings_of_owner(); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.findings_of_owner() FROM PUBLIC;


--
-- Name: FUNCTION findings_of_roles(); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.findings_of_roles() FROM PUBLIC;


--
-- Name: FUNCTION findings_of_verdicts(); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.findings_of_verdicts() FROM PUBLIC;


--
-- Name: FUNCTION finish_baseline(watch audit_private.watches, baseline audit_private.baselines); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.finish_baseline(watch audit_private.watches, baseline audit_private.baselines) FROM PUBLIC;


--
-- Name: FUNCTION finished_rows(snapshot pg_snapshot, target pg_snapshot, after_xid xid8, after_id bigint, last_id bigint, most integer); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.finished_rows(snapshot pg_snapshot, target pg_snapshot, after_xid xid8, after_id bigint, last_id bigint, most integer) FROM PUBLIC;


--
-- Name: FUNCTION fitting_image_source(watch audit_private.watches, moment timestamp with time zone); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.fitting_image_source(watch audit_private.watches, moment timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION follow_capture(watch audit_private.watches, command text); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.follow_capture(watch audit_private.watches, command text) FROM PUBLIC;


--
-- Name: FUNCTION follow_columns(watch audit_private.watches, known audit_private.shapes, shape jsonb); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.follow_columns(watch audit_private.watches, known audit_private.shapes, shape jsonb) FROM PUBLIC;


--
-- Name: FUNCTION follow_declaration(watch audit_private.watches, known audit_private.shapes, shape jsonb); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.follow_declaration(watch audit_private.watches, known audit_private.shapes, shape jsonb) FROM PUBLIC;


--
-- Name: FUNCTION follow_names(names text[], once text[], before jsonb, after jsonb, OUT names_now text[], OUT once_now text[]); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.follow_names(names text[], once text[], before jsonb, after jsonb, OUT names_now text[], OUT once_now text[]) FROM PUBLIC;


--
-- Name: FUNCTION follow_partitions(watch audit_private.watches); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.follow_partitions(watch audit_private.watches) FROM PUBLIC;


--
-- Name: FUNCTION follow_relations(relations oid[], command text); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.follow_relations(relations oid[], command text) FROM PUBLIC;


--
-- Name: FUNCTION follow_watch(watch audit_private.watches, command text); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.follow_watch(watch audit_private.watches, command text) FROM PUBLIC;


--
-- Name: FUNCTION forget_reads(); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.forget_reads() FROM PUBLIC;


--
-- Name: FUNCTION forget_rewritten(watch_id bigint, before jsonb, after jsonb); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.forget_rewritten(watch_id bigint, before jsonb, after jsonb) FROM PUBLIC;


--
-- Name: FUNCTION former_rows(after_id bigint, last_id bigint, most integer); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.former_rows(after_id bigint, last_id bigint, most integer) FROM PUBLIC;


--
-- Name: FUNCTION found_image_source(watch audit_private.watches); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.found_image_source(watch audit_private.watches) FROM PUBLIC;


--
-- Name: FUNCTION found_image_source(watch audit_private.watches, names text[]); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.found_image_source(watch audit_private.watches, names text[]) FROM PUBLIC;


--
-- Name: FUNCTION found_key_source(watch audit_private.watches); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.found_key_source(watch audit_private.watches) FROM PUBLIC;


--
-- Name: FUNCTION full_xid(short xid); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.full_xid(short xid) FROM PUBLIC;


--
-- Name: FUNCTION function_source(watch audit_private.watches, operation text, settings text, body text); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.function_source(watch audit_private.watches, operation text, settings text, body text) FROM PUBLIC;


--
-- Name: FUNCTION guard_is_installed(); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.guard_is_installed() FROM PUBLIC;


--
-- Name: FUNCTION guard_partition(partition regclass); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.guard_partition(partition regclass) FROM PUBLIC;


--
-- Name: FUNCTION guard_triggers(); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.guard_triggers() FROM PUBLIC;


--
-- Name: FUNCTION has_drifted(watch audit_private.watches); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.has_drifted(watch audit_private.watches) FROM PUBLIC;


--
-- Name: FUNCTION hidden_entity_types(); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.hidden_entity_types() FROM PUBLIC;


--
-- Name: FUNCTION holds_lock(relation regclass); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.holds_lock(relation regclass) FROM PUBLIC;


--
-- Name: FUNCTION id_before(moment timestamp with time zone); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.id_before(moment timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION image_source(watch audit_private.watches, record_name text); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.image_source(watch audit_private.watches, record_name text) FROM PUBLIC;


--
-- Name: FUNCTION image_type(watch audit_private.watches); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.image_type(watch audit_private.watches) FROM PUBLIC;


--
-- Name: FUNCTION image_types_source(watch audit_private.watches); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.image_types_source(watch audit_private.watches) FROM PUBLIC;


--
-- Name: FUNCTION index_past_months(this_month date); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.index_past_months(this_month date) FROM PUBLIC;


--
-- Name: FUNCTION insert_source(); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.insert_source() FROM PUBLIC;


--
-- Name: FUNCTION is_application(); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.is_application() FROM PUBLIC;


--
-- Name: FUNCTION is_event(item jsonb); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.is_event(item jsonb) FROM PUBLIC;


--
-- Name: FUNCTION is_news(event jsonb); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.is_news(event jsonb) FROM PUBLIC;


--
-- Name: FUNCTION is_wanted(log audit.audit_logs, wanted audit_private.event_filter, described text[]); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.is_wanted(log audit.audit_logs, wanted audit_private.event_filter, described text[]) FROM PUBLIC;


--
-- Name: FUNCTION json_source(record_name text, name text, built_in boolean, type oid, is_masked boolean); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.json_source(record_name text, name text, built_in boolean, type oid, is_masked boolean) FROM PUBLIC;


--
-- Name: FUNCTION key_columns(target regclass); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.key_columns(target regclass) FROM PUBLIC;


--
-- Name: FUNCTION key_identifies(target regclass); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.key_identifies(target regclass) FROM PUBLIC;


--
-- Name: FUNCTION key_source(watch audit_private.watches, record_name text); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.key_source(watch audit_private.watches, record_name text) FROM PUBLIC;


--
-- Name: FUNCTION key_version(target regclass); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.key_version(target regclass) FROM PUBLIC;


--
-- Name: FUNCTION keyed_comparison_source(watch audit_private.watches, baselined oid[]); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.keyed_comparison_source(watch audit_private.watches, baselined oid[]) FROM PUBLIC;


--
-- Name: FUNCTION keyed_past_source(watch audit_private.watches, moment timestamp with time zone); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.keyed_past_source(watch audit_private.watches, moment timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION keyless_comparison_source(watch audit_private.watches, baselined boolean); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.keyless_comparison_source(watch audit_private.watches, baselined boolean) FROM PUBLIC;


--
-- Name: FUNCTION keyless_past_source(watch audit_private.watches, moment timestamp with time zone); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.keyless_past_source(watch audit_private.watches, moment timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION mac(purpose text, message bytea); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.mac(purpose text, message bytea) FROM PUBLIC;


--
-- Name: FUNCTION maintain_partitions(); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.maintain_partitions() FROM PUBLIC;


--
-- Name: FUNCTION make_leaves(log_position audit_private.log_position, target pg_snapshot, salts bytea); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.make_leaves(log_position audit_private.log_position, target pg_snapshot, salts bytea) FROM PUBLIC;


--
-- Name: FUNCTION make_partition(month date); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.make_partition(month date) FROM PUBLIC;


--
-- Name: FUNCTION may_read(target oid); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.may_read(target oid) FROM PUBLIC;


--
-- Name: FUNCTION name_differences(section text, before jsonb, after jsonb); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.name_differences(section text, before jsonb, after jsonb) FROM PUBLIC;


--
-- Name: FUNCTION named_key(target regclass, key text); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.named_key(target regclass, key text) FROM PUBLIC;


--
-- Name: FUNCTION names_since(watch audit_private.watches, moment timestamp with time zone); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.names_since(watch audit_private.watches, moment timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION newest_before(before bigint, wanted audit_private.event_filter); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.newest_before(before bigint, wanted audit_private.event_filter) FROM PUBLIC;


--
-- Name: FUNCTION newest_id_before(moment timestamp with time zone, since timestamp with time zone, until timestamp with time zone); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.newest_id_before(moment timestamp with time zone, since timestamp with time zone, until timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION next_relation(baseline audit_private.baselines, target regclass); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.next_relation(baseline audit_private.baselines, target regclass) FROM PUBLIC;


--
-- Name: FUNCTION note_changes(action text, watch audit_private.watches, command text, changes jsonb); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.note_changes(action text, watch audit_private.watches, command text, changes jsonb) FROM PUBLIC;


--
-- Name: FUNCTION note_conflict(actor audit_private.actor, producer text, event_id uuid, log_id bigint); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.note_conflict(actor audit_private.actor, producer text, event_id uuid, log_id bigint) FROM PUBLIC;


--
-- Name: FUNCTION note_drain(action text, metadata jsonb); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.note_drain(action text, metadata jsonb) FROM PUBLIC;


--
-- Name: FUNCTION note_epoch(epoch integer, verifier_key text, lost jsonb); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.note_epoch(epoch integer, verifier_key text, lost jsonb) FROM PUBLIC;


--
-- Name: FUNCTION note_guard(made text[]); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.note_guard(made text[]) FROM PUBLIC;


--
-- Name: FUNCTION note_hidden(hidden bigint); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.note_hidden(hidden bigint) FROM PUBLIC;


--
-- Name: FUNCTION note_http_read(actor audit_private.actor, view text, filter jsonb, metadata jsonb); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.note_http_read(actor audit_private.actor, view text, filter jsonb, metadata jsonb) FROM PUBLIC;


--
-- Name: FUNCTION note_installation(digest text, version text); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.note_installation(digest text, version text) FROM PUBLIC;


--
-- Name: FUNCTION note_own_table(target regclass, command text); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.note_own_table(target regclass, command text) FROM PUBLIC;


--
-- Name: FUNCTION note_unknown(watch audit_private.watches, moment timestamp with time zone); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.note_unknown(watch audit_private.watches, moment timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION null_fields(names text[]); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.null_fields(names text[]) FROM PUBLIC;


--
-- Name: FUNCTION open_door(); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.open_door() FROM PUBLIC;


--
-- Name: FUNCTION open_export(filter jsonb); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.open_export(filter jsonb) FROM PUBLIC;


--
-- Name: FUNCTION open_sealed(sealed text); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.open_sealed(sealed text) FROM PUBLIC;


--
-- Name: FUNCTION overdue_relations(target regclass, known audit_private.shapes); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.overdue_relations(target regclass, known audit_private.shapes) FROM PUBLIC;


--
-- Name: FUNCTION page_of_events(filter jsonb, before bigint, most integer, with_diff boolean); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.page_of_events(filter jsonb, before bigint, most integer, with_diff boolean) FROM PUBLIC;


--
-- Name: FUNCTION pair_changes_source(watch audit_private.watches); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.pair_changes_source(watch audit_private.watches) FROM PUBLIC;


--
-- Name: FUNCTION pairs_source(target regclass); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.pairs_source(target regclass) FROM PUBLIC;


--
-- Name: FUNCTION parsed_filter(filter jsonb); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.parsed_filter(filter jsonb) FROM PUBLIC;


--
-- Name: FUNCTION partition_condition(watch audit_private.watches, moment timestamp with time zone); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.partition_condition(watch audit_private.watches, moment timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION partitions_to_record(relation regclass, function regproc); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.partitions_to_record(relation regclass, function regproc) FROM PUBLIC;


--
-- Name: FUNCTION place_name(target regclass); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.place_name(target regclass) FROM PUBLIC;


--
-- Name: FUNCTION present_names(target regclass); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.present_names(target regclass) FROM PUBLIC;


--
-- Name: FUNCTION proven_context(body text); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.proven_context(body text) FROM PUBLIC;


--
-- Name: FUNCTION read_mark(view text); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.read_mark(view text) FROM PUBLIC;


--
-- Name: FUNCTION reading_permit(target regclass); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.reading_permit(target regclass) FROM PUBLIC;


--
-- Name: FUNCTION rebuilt_source(name text, type oid, otherwise text); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.rebuilt_source(name text, type oid, otherwise text) FROM PUBLIC;


--
-- Name: FUNCTION record_baseline(watch audit_private.watches, relation regclass, condition text, from_block bigint, to_block bigint, start_snapshot pg_snapshot); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.record_baseline(watch audit_private.watches, relation regclass, condition text, from_block bigint, to_block bigint, start_snapshot pg_snapshot) FROM PUBLIC;


--
-- Name: FUNCTION record_event_alone(producer text, event_id uuid, action text, entity_type text, entity_id text, description text, outcome text, metadata text, permission text, user_id text, ip_address text, request_id text, created_at timestamp with time zone, sealed text, OUT verdict text, OUT log_id bigint, OUT state text); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.record_event_alone(producer text, event_id uuid, action text, entity_type text, entity_id text, description text, outcome text, metadata text, permission text, user_id text, ip_address text, request_id text, created_at timestamp with time zone, sealed text, OUT verdict text, OUT log_id bigint, OUT state text) FROM PUBLIC;


--
-- Name: FUNCTION record_events(producer text, event_ids uuid[], actions text[], entity_types text[], entity_ids text[], descriptions text[], outcomes text[], metadata text[], stored_metadata text[], permissions text[], user_ids text[], ip_addresses text[], request_ids text[], created_ats timestamp with time zone[], sealed text[], OUT verdicts text[], OUT log_ids bigint[]); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.record_events(producer text, event_ids uuid[], actions text[], entity_types text[], entity_ids text[], descriptions text[], outcomes text[], metadata text[], stored_metadata text[], permissions text[], user_ids text[], ip_addresses text[], request_ids text[], created_ats timestamp with time zone[], sealed text[], OUT verdicts text[], OUT log_ids bigint[]) FROM PUBLIC;


--
-- Name: FUNCTION record_incoming_refusals(account text, events jsonb, verdicts text[], log_ids bigint[], ip_address inet, request_id text); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.record_incoming_refusals(account text, events jsonb, verdicts text[], log_ids bigint[], ip_address inet, request_id text) FROM PUBLIC;


--
-- Name: FUNCTION record_source(watch audit_private.watches, action text, entity_id text, changes text, metadata text, now text, actor text); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.record_source(watch audit_private.watches, action text, entity_id text, changes text, metadata text, now text, actor text) FROM PUBLIC;


--
-- Name: FUNCTION record_verdict(event jsonb); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.record_verdict(event jsonb) FROM PUBLIC;


--
-- Name: FUNCTION records_between(previous pg_snapshot, present pg_snapshot); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.records_between(previous pg_snapshot, present pg_snapshot) FROM PUBLIC;


--
-- Name: FUNCTION records_of(entity_types text[], key text); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.records_of(entity_types text[], key text) FROM PUBLIC;


--
-- Name: FUNCTION records_of_request(request_id text); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.records_of_request(request_id text) FROM PUBLIC;


--
-- Name: FUNCTION records_of_transaction(transaction xid8); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.records_of_transaction(transaction xid8) FROM PUBLIC;


--
-- Name: FUNCTION records_since(watch audit_private.watches, moment timestamp with time zone, side text); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.records_since(watch audit_private.watches, moment timestamp with time zone, side text) FROM PUBLIC;


--
-- Name: FUNCTION records_to_compare(watch audit_private.watches, side text); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.records_to_compare(watch audit_private.watches, side text) FROM PUBLIC;


--
-- Name: FUNCTION refusal_of(item jsonb, origin text, actions text, entity_types text); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.refusal_of(item jsonb, origin text, actions text, entity_types text) FROM PUBLIC;


--
-- Name: FUNCTION refuse_context(claim text, is_local boolean); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.refuse_context(claim text, is_local boolean) FROM PUBLIC;


--
-- Name: FUNCTION refuse_drift(target regclass); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.refuse_drift(target regclass) FROM PUBLIC;


--
-- Name: FUNCTION refuse_sealing(reason text); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.refuse_sealing(reason text) FROM PUBLIC;


--
-- Name: FUNCTION rekey_source(watch audit_private.watches); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.rekey_source(watch audit_private.watches) FROM PUBLIC;


--
-- Name: FUNCTION remainder_source(watch audit_private.watches, side text, other text); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.remainder_source(watch audit_private.watches, side text, other text) FROM PUBLIC;


--
-- Name: FUNCTION remember_columns(watch audit_private.watches); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.remember_columns(watch audit_private.watches) FROM PUBLIC;


--
-- Name: FUNCTION remember_version(watch audit_private.watches, starts boolean); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.remember_version(watch audit_private.watches, starts boolean) FROM PUBLIC;


--
-- Name: FUNCTION renamed_changes(changes jsonb, names jsonb); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.renamed_changes(changes jsonb, names jsonb) FROM PUBLIC;


--
-- Name: FUNCTION renamed_image(image jsonb, renamed jsonb); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.renamed_image(image jsonb, renamed jsonb) FROM PUBLIC;


--
-- Name: FUNCTION renew_capture(watch audit_private.watches); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.renew_capture(watch audit_private.watches) FROM PUBLIC;


--
-- Name: FUNCTION require_alone(target regclass, capture text); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.require_alone(target regclass, capture text) FROM PUBLIC;


--
-- Name: FUNCTION require_baseline_lock(relation regclass); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.require_baseline_lock(relation regclass) FROM PUBLIC;


--
-- Name: FUNCTION require_columns(watch audit_private.watches); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.require_columns(watch audit_private.watches) FROM PUBLIC;


--
-- Name: FUNCTION require_entity_type(entity_type text, target regclass); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.require_entity_type(entity_type text, target regclass) FROM PUBLIC;


--
-- Name: FUNCTION require_event(action text, outcome text); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.require_event(action text, outcome text) FROM PUBLIC;


--
-- Name: FUNCTION require_harmless_code(target regclass, caller name); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.require_harmless_code(target regclass, caller name) FROM PUBLIC;


--
-- Name: FUNCTION require_harmless_types(target regclass); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.require_harmless_types(target regclass) FROM PUBLIC;


--
-- Name: FUNCTION require_http_reader(actor audit_private.actor); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.require_http_reader(actor audit_private.actor) FROM PUBLIC;


--
-- Name: FUNCTION require_known_code(relation regclass); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.require_known_code(relation regclass) FROM PUBLIC;


--
-- Name: FUNCTION require_known_partitioning(target regclass); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.require_known_partitioning(target regclass) FROM PUBLIC;


--
-- Name: FUNCTION require_may_read(target regclass); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.require_may_read(target regclass) FROM PUBLIC;


--
-- Name: FUNCTION require_metadata(metadata jsonb); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.require_metadata(metadata jsonb) FROM PUBLIC;


--
-- Name: FUNCTION require_origin(code text, origin text); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.require_origin(code text, origin text) FROM PUBLIC;


--
-- Name: FUNCTION require_owner(target regclass); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.require_owner(target regclass) FROM PUBLIC;


--
-- Name: FUNCTION require_owner(target regclass, caller name); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.require_owner(target regclass, caller name) FROM PUBLIC;


--
-- Name: FUNCTION require_past(watch audit_private.watches, moment timestamp with time zone); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.require_past(watch audit_private.watches, moment timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION require_present(relation regclass); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.require_present(relation regclass) FROM PUBLIC;


--
-- Name: FUNCTION require_readable(relation regclass); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.require_readable(relation regclass) FROM PUBLIC;


--
-- Name: FUNCTION require_reader(target regclass, caller name); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.require_reader(target regclass, caller name) FROM PUBLIC;


--
-- Name: FUNCTION require_reconcilable(watch audit_private.watches); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.require_reconcilable(watch audit_private.watches) FROM PUBLIC;


--
-- Name: FUNCTION require_types(watch audit_private.watches); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.require_types(watch audit_private.watches) FROM PUBLIC;


--
-- Name: FUNCTION require_watchable(watch audit_private.watches); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.require_watchable(watch audit_private.watches) FROM PUBLIC;


--
-- Name: FUNCTION resolve_actor(sealed text, user_id text, ip_address inet, request_id text); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.resolve_actor(sealed text, user_id text, ip_address inet, request_id text) FROM PUBLIC;


--
-- Name: FUNCTION restart_version(watch audit_private.watches); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.restart_version(watch audit_private.watches) FROM PUBLIC;


--
-- Name: FUNCTION restorable_values(target regclass, record audit.audit_logs, side text); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.restorable_values(target regclass, record audit.audit_logs, side text) FROM PUBLIC;


--
-- Name: FUNCTION row_condition(target regclass, entity_id text); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.row_condition(target regclass, entity_id text) FROM PUBLIC;


--
-- Name: FUNCTION rows_by_image(watch audit_private.watches); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.rows_by_image(watch audit_private.watches) FROM PUBLIC;


--
-- Name: FUNCTION rows_by_key(watch audit_private.watches); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.rows_by_key(watch audit_private.watches) FROM PUBLIC;


--
-- Name: FUNCTION rows_to_seal(log_position audit_private.log_position, target pg_snapshot, most integer); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.rows_to_seal(log_position audit_private.log_position, target pg_snapshot, most integer) FROM PUBLIC;


--
-- Name: FUNCTION save_watch(before audit_private.watches, after audit_private.watches); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.save_watch(before audit_private.watches, after audit_private.watches) FROM PUBLIC;


--
-- Name: FUNCTION seal_context(user_id text, ip_address inet, request_id text, session_id bigint); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.seal_context(user_id text, ip_address inet, request_id text, session_id bigint) FROM PUBLIC;


--
-- Name: FUNCTION sealed_between(first_leaf bigint, last_leaf bigint); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.sealed_between(first_leaf bigint, last_leaf bigint) FROM PUBLIC;


--
-- Name: FUNCTION settings_source(watch audit_private.watches); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.settings_source(watch audit_private.watches) FROM PUBLIC;


--
-- Name: FUNCTION settle_event(producer text, event_id uuid, log_id bigint); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.settle_event(producer text, event_id uuid, log_id bigint) FROM PUBLIC;


--
-- Name: FUNCTION shape_difference(before jsonb, after jsonb); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.shape_difference(before jsonb, after jsonb) FROM PUBLIC;


--
-- Name: FUNCTION statement_function_source(watch audit_private.watches, operation text, body text); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.statement_function_source(watch audit_private.watches, operation text, body text) FROM PUBLIC;


--
-- Name: FUNCTION statement_guard_source(watch audit_private.watches); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.statement_guard_source(watch audit_private.watches) FROM PUBLIC;


--
-- Name: FUNCTION statement_source(watch audit_private.watches); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.statement_source(watch audit_private.watches) FROM PUBLIC;


--
-- Name: FUNCTION statement_update_source(watch audit_private.watches); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.statement_update_source(watch audit_private.watches) FROM PUBLIC;


--
-- Name: FUNCTION store_incoming(account text, item jsonb, ip_address inet, request_id text); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.store_incoming(account text, item jsonb, ip_address inet, request_id text) FROM PUBLIC;


--
-- Name: FUNCTION store_progress(slot text, next_lsn pg_lsn, matters boolean); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.store_progress(slot text, next_lsn pg_lsn, matters boolean) FROM PUBLIC;


--
-- Name: FUNCTION table_shape(target regclass); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.table_shape(target regclass) FROM PUBLIC;


--
-- Name: FUNCTION take_overdue(); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.take_overdue() FROM PUBLIC;


--
-- Name: FUNCTION tell_read(view text); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.tell_read(view text) FROM PUBLIC;


--
-- Name: FUNCTION tg__follow_command(); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.tg__follow_command() FROM PUBLIC;


--
-- Name: FUNCTION tg__follow_drop(); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.tg__follow_drop() FROM PUBLIC;


--
-- Name: FUNCTION tg__follow_rewrite(); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.tg__follow_rewrite() FROM PUBLIC;


--
-- Name: FUNCTION tg__refuse_change(); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.tg__refuse_change() FROM PUBLIC;


--
-- Name: FUNCTION time_source(claimed timestamp with time zone, now timestamp with time zone); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.time_source(claimed timestamp with time zone, now timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION timeline(); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.timeline() FROM PUBLIC;


--
-- Name: FUNCTION told_records(watch audit_private.watches, back_to timestamp with time zone); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.told_records(watch audit_private.watches, back_to timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION told_rows(watch audit_private.watches, back_to timestamp with time zone); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.told_rows(watch audit_private.watches, back_to timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION triggers_of(target regclass); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.triggers_of(target regclass) FROM PUBLIC;


--
-- Name: FUNCTION truncate_source(watch audit_private.watches); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.truncate_source(watch audit_private.watches) FROM PUBLIC;


--
-- Name: FUNCTION type_guard_source(watch audit_private.watches, record_name text); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.type_guard_source(watch audit_private.watches, record_name text) FROM PUBLIC;


--
-- Name: FUNCTION type_parts(type oid); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.type_parts(type oid) FROM PUBLIC;


--
-- Name: FUNCTION types_within(type oid); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.types_within(type oid) FROM PUBLIC;


--
-- Name: FUNCTION unchained_rows(watch audit_private.watches, back_to timestamp with time zone); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.unchained_rows(watch audit_private.watches, back_to timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION undo_source(target regclass, record audit.audit_logs); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.undo_source(target regclass, record audit.audit_logs) FROM PUBLIC;


--
-- Name: FUNCTION update_source(watch audit_private.watches); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.update_source(watch audit_private.watches) FROM PUBLIC;


--
-- Name: FUNCTION value_source(record_name text, name text, built_in boolean, type oid, is_masked boolean); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.value_source(record_name text, name text, built_in boolean, type oid, is_masked boolean) FROM PUBLIC;


--
-- Name: FUNCTION versions_since(watch audit_private.watches, moment timestamp with time zone); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.versions_since(watch audit_private.watches, moment timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION wanted_between(first_leaf bigint, last_leaf bigint, wanted audit_private.event_filter, described text[]); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.wanted_between(first_leaf bigint, last_leaf bigint, wanted audit_private.event_filter, described text[]) FROM PUBLIC;


--
-- Name: FUNCTION was_ever_masked(watch audit_private.watches); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.was_ever_masked(watch audit_private.watches) FROM PUBLIC;


--
-- Name: FUNCTION watched_users_of(command text, objects oid[]); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.watched_users_of(command text, objects oid[]) FROM PUBLIC;


--
-- Name: FUNCTION watches_of(relations oid[]); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.watches_of(relations oid[]) FROM PUBLIC;


--
-- Name: FUNCTION watches_that_lost(tables oid[]); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.watches_that_lost(tables oid[]) FROM PUBLIC;


--
-- Name: FUNCTION whole_row_source(watch audit_private.watches, operation text, action text, side text); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.whole_row_source(watch audit_private.watches, operation text, action text, side text) FROM PUBLIC;


--
-- Name: FUNCTION without_masks(image jsonb); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.without_masks(image jsonb) FROM PUBLIC;


--
-- Name: FUNCTION write_capture(watch audit_private.watches); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.write_capture(watch audit_private.watches) FROM PUBLIC;


--
-- Name: FUNCTION authenticate(token_hash bytea, ip_address inet, request_id text); Type: ACL; Schema: iam; Owner: audit_owner
--

REVOKE ALL ON FUNCTION iam.authenticate(token_hash bytea, ip_address inet, request_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION iam.authenticate(token_hash bytea, ip_address inet, request_id text) TO audit_app;


--
-- Name: FUNCTION authenticate_key(key_hash bytea, OUT account text, OUT key_id text, OUT refusal text); Type: ACL; Schema: iam; Owner: audit_owner
--

REVOKE ALL ON FUNCTION iam.authenticate_key(key_hash bytea, OUT account text, OUT key_id text, OUT refusal text) FROM PUBLIC;


--
-- Name: FUNCTION check_permission(permission text, sealed text, user_id text, ip_address inet, request_id text, metadata jsonb); Type: ACL; Schema: iam; Owner: audit_owner
--

REVOKE ALL ON FUNCTION iam.check_permission(permission text, sealed text, user_id text, ip_address inet, request_id text, metadata jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION iam.check_permission(permission text, sealed text, user_id text, ip_address inet, request_id text, metadata jsonb) TO audit_app;


--
-- Name: FUNCTION create_api_key(account text, key_id text, key_digest bytea, expires_at timestamp with time zone); Type: ACL; Schema: iam; Owner: audit_owner
--

REVOKE ALL ON FUNCTION iam.create_api_key(account text, key_id text, key_digest bytea, expires_at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION iam.create_api_key(account text, key_id text, key_digest bytea, expires_at timestamp with time zone) TO iam_admin;


--
-- Name: FUNCTION create_permission(permission text, description text); Type: ACL; Schema: iam; Owner: audit_owner
--

REVOKE ALL ON FUNCTION iam.create_permission(permission text, description text) FROM PUBLIC;
GRANT ALL ON FUNCTION iam.create_permission(permission text, description text) TO iam_admin;


--
-- Name: FUNCTION create_role(role text, description text); Type: ACL; Schema: iam; Owner: audit_owner
--

REVOKE ALL ON FUNCTION iam.create_role(role text, description text) FROM PUBLIC;
GRANT ALL ON FUNCTION iam.create_role(role text, description text) TO iam_admin;


--
-- Name: FUNCTION create_service_account(account text, description text); Type: ACL; Schema: iam; Owner: audit_owner
--

REVOKE ALL ON FUNCTION iam.create_service_account(account text, description text) FROM PUBLIC;
GRANT ALL ON FUNCTION iam.create_service_account(account text, description text) TO iam_admin;


--
-- Name: FUNCTION create_user(username text, display_name text, active boolean); Type: ACL; Schema: iam; Owner: audit_owner
--

REVOKE ALL ON FUNCTION iam.create_user(username text, display_name text, active boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION iam.create_user(username text, display_name text, active boolean) TO iam_admin;


--
-- Name: FUNCTION denial_action(verdict text); Type: ACL; Schema: iam; Owner: audit_owner
--

REVOKE ALL ON FUNCTION iam.denial_action(verdict text) FROM PUBLIC;


--
-- Name: FUNCTION end_sessions(username text); Type: ACL; Schema: iam; Owner: audit_owner
--

REVOKE ALL ON FUNCTION iam.end_sessions(username text) FROM PUBLIC;


--
-- Name: FUNCTION forget_attempts(); Type: ACL; Schema: iam; Owner: audit_owner
--

REVOKE ALL ON FUNCTION iam.forget_attempts() FROM PUBLIC;


--
-- Name: FUNCTION grant_permission(role text, permission text); Type: ACL; Schema: iam; Owner: audit_owner
--

REVOKE ALL ON FUNCTION iam.grant_permission(role text, permission text) FROM PUBLIC;
GRANT ALL ON FUNCTION iam.grant_permission(role text, permission text) TO iam_admin;


--
-- Name: FUNCTION grant_role(username text, role text); Type: ACL; Schema: iam; Owner: audit_owner
--

REVOKE ALL ON FUNCTION iam.grant_role(username text, role text) FROM PUBLIC;
GRANT ALL ON FUNCTION iam.grant_role(username text, role text) TO iam_admin;


--
-- Name: FUNCTION grant_scope(account text, kind text, pattern text); Type: ACL; Schema: iam; Owner: audit_owner
--

REVOKE ALL ON FUNCTION iam.grant_scope(account text, kind text, pattern text) FROM PUBLIC;
GRANT ALL ON FUNCTION iam.grant_scope(account text, kind text, pattern text) TO iam_admin;


--
-- Name: FUNCTION is_locked(attempt iam.login_attempts); Type: ACL; Schema: iam; Owner: audit_owner
--

REVOKE ALL ON FUNCTION iam.is_locked(attempt iam.login_attempts) FROM PUBLIC;


--
-- Name: FUNCTION judge_attempt(attempt iam.login_attempts, derived_key bytea); Type: ACL; Schema: iam; Owner: audit_owner
--

REVOKE ALL ON FUNCTION iam.judge_attempt(attempt iam.login_attempts, derived_key bytea) FROM PUBLIC;


--
-- Name: FUNCTION judge_permission(username text, permission text); Type: ACL; Schema: iam; Owner: audit_owner
--

REVOKE ALL ON FUNCTION iam.judge_permission(username text, permission text) FROM PUBLIC;


--
-- Name: FUNCTION list_api_keys(); Type: ACL; Schema: iam; Owner: audit_owner
--

REVOKE ALL ON FUNCTION iam.list_api_keys() FROM PUBLIC;
GRANT ALL ON FUNCTION iam.list_api_keys() TO iam_admin;


--
-- Name: FUNCTION login_begin(username text, ip_address inet, request_id text); Type: ACL; Schema: iam; Owner: audit_owner
--

REVOKE ALL ON FUNCTION iam.login_begin(username text, ip_address inet, request_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION iam.login_begin(username text, ip_address inet, request_id text) TO audit_app;


--
-- Name: FUNCTION login_finish(attempt_id uuid, derived_key bytea, token_hash bytea, metadata jsonb); Type: ACL; Schema: iam; Owner: audit_owner
--

REVOKE ALL ON FUNCTION iam.login_finish(attempt_id uuid, derived_key bytea, token_hash bytea, metadata jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION iam.login_finish(attempt_id uuid, derived_key bytea, token_hash bytea, metadata jsonb) TO audit_app;


--
-- Name: FUNCTION logout(token_hash bytea, ip_address inet, request_id text); Type: ACL; Schema: iam; Owner: audit_owner
--

REVOKE ALL ON FUNCTION iam.logout(token_hash bytea, ip_address inet, request_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION iam.logout(token_hash bytea, ip_address inet, request_id text) TO audit_app;


--
-- Name: FUNCTION normal_username(username text); Type: ACL; Schema: iam; Owner: audit_owner
--

REVOKE ALL ON FUNCTION iam.normal_username(username text) FROM PUBLIC;


--
-- Name: FUNCTION record_abandoned(subject bytea); Type: ACL; Schema: iam; Owner: audit_owner
--

REVOKE ALL ON FUNCTION iam.record_abandoned(subject bytea) FROM PUBLIC;


--
-- Name: FUNCTION record_attempt(attempt iam.login_attempts, verdict text, metadata jsonb); Type: ACL; Schema: iam; Owner: audit_owner
--

REVOKE ALL ON FUNCTION iam.record_attempt(attempt iam.login_attempts, verdict text, metadata jsonb) FROM PUBLIC;


--
-- Name: FUNCTION record_change(action text, entity_type text, entity_id text, metadata jsonb); Type: ACL; Schema: iam; Owner: audit_owner
--

REVOKE ALL ON FUNCTION iam.record_change(action text, entity_type text, entity_id text, metadata jsonb) FROM PUBLIC;


--
-- Name: FUNCTION require_service_account(account text); Type: ACL; Schema: iam; Owner: audit_owner
--

REVOKE ALL ON FUNCTION iam.require_service_account(account text) FROM PUBLIC;


--
-- Name: FUNCTION require_user(username text); Type: ACL; Schema: iam; Owner: audit_owner
--

REVOKE ALL ON FUNCTION iam.require_user(username text) FROM PUBLIC;


--
-- Name: FUNCTION revoke_api_key(key_id text); Type: ACL; Schema: iam; Owner: audit_owner
--

REVOKE ALL ON FUNCTION iam.revoke_api_key(key_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION iam.revoke_api_key(key_id text) TO iam_admin;


--
-- Name: FUNCTION revoke_permission(role text, permission text); Type: ACL; Schema: iam; Owner: audit_owner
--

REVOKE ALL ON FUNCTION iam.revoke_permission(role text, permission text) FROM PUBLIC;
GRANT ALL ON FUNCTION iam.revoke_permission(role text, permission text) TO iam_admin;


--
-- Name: FUNCTION revoke_role(username text, role text); Type: ACL; Schema: iam; Owner: audit_owner
--

REVOKE ALL ON FUNCTION iam.revoke_role(username text, role text) FROM PUBLIC;
GRANT ALL ON FUNCTION iam.revoke_role(username text, role text) TO iam_admin;


--
-- Name: FUNCTION revoke_scope(account text, kind text, pattern text); Type: ACL; Schema: iam; Owner: audit_owner
--

REVOKE ALL ON FUNCTION iam.revoke_scope(account text, kind text, pattern text) FROM PUBLIC;
GRANT ALL ON FUNCTION iam.revoke_scope(account text, kind text, pattern text) TO iam_admin;


--
-- Name: FUNCTION scope_expression(account text, kind text); Type: ACL; Schema: iam; Owner: audit_owner
--

REVOKE ALL ON FUNCTION iam.scope_expression(account text, kind text) FROM PUBLIC;


--
-- Name: FUNCTION set_active(username text, active boolean); Type: ACL; Schema: iam; Owner: audit_owner
--

REVOKE ALL ON FUNCTION iam.set_active(username text, active boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION iam.set_active(username text, active boolean) TO iam_admin;


--
-- Name: FUNCTION set_password(username text, salt bytea, memory_kib integer, iterations integer, parallelism integer, verifier bytea); Type: ACL; Schema: iam; Owner: audit_owner
--

REVOKE ALL ON FUNCTION iam.set_password(username text, salt bytea, memory_kib integer, iterations integer, parallelism integer, verifier bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION iam.set_password(username text, salt bytea, memory_kib integer, iterations integer, parallelism integer, verifier bytea) TO iam_admin;


--
-- Name: FUNCTION set_policy(max_failures integer, lock_minutes integer, session_hours integer, keep_unknown_names boolean); Type: ACL; Schema: iam; Owner: audit_owner
--

REVOKE ALL ON FUNCTION iam.set_policy(max_failures integer, lock_minutes integer, session_hours integer, keep_unknown_names boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION iam.set_policy(max_failures integer, lock_minutes integer, session_hours integer, keep_unknown_names boolean) TO iam_admin;


--
-- Name: FUNCTION set_service_account_active(account text, active boolean); Type: ACL; Schema: iam; Owner: audit_owner
--

REVOKE ALL ON FUNCTION iam.set_service_account_active(account text, active boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION iam.set_service_account_active(account text, active boolean) TO iam_admin;


--
-- Name: FUNCTION merged(jsonb); Type: ACL; Schema: audit_private; Owner: audit_owner
--

REVOKE ALL ON FUNCTION audit_private.merged(jsonb) FROM PUBLIC;


--
-- Name: TABLE installation; Type: ACL; Schema: audit; Owner: audit_owner
--

GRANT SELECT ON TABLE audit.installation TO audit_app;
GRANT SELECT ON TABLE audit.installation TO audit_writer;
GRANT SELECT ON TABLE audit.installation TO audit_admin;
GRANT SELECT ON TABLE audit.installation TO audit_sealer;


--
-- Name: TABLE v_authentication; Type: ACL; Schema: audit; Owner: audit_owner
--

GRANT SELECT ON TABLE audit.v_authentication TO audit_reader;
GRANT SELECT ON TABLE audit.v_authentication TO audit_investigator;


--
-- Name: TABLE v_coverage; Type: ACL; Schema: audit; Owner: audit_owner
--

GRANT SELECT ON TABLE audit.v_coverage TO audit_reader;
GRANT SELECT ON TABLE audit.v_coverage TO audit_investigator;


--
-- Name: TABLE v_data_changes; Type: ACL; Schema: audit; Owner: audit_owner
--

GRANT SELECT ON TABLE audit.v_data_changes TO audit_reader;
GRANT SELECT ON TABLE audit.v_data_changes TO audit_investigator;


--
-- Name: TABLE v_denials; Type: ACL; Schema: audit; Owner: audit_owner
--

GRANT SELECT ON TABLE audit.v_denials TO audit_reader;
GRANT SELECT ON TABLE audit.v_denials TO audit_investigator;


--
-- Name: TABLE v_entity_history; Type: ACL; Schema: audit; Owner: audit_owner
--

GRANT SELECT ON TABLE audit.v_entity_history TO audit_reader;
GRANT SELECT ON TABLE audit.v_entity_history TO audit_investigator;


--
-- PostgreSQL database dump complete
--

\unrestrict golden

