-- Chapter 1, who: the request context of a transaction.
-- Called by applications (audit_app) right after BEGIN. Never raises over identity: what is not proven is not
-- shown as a user but kept as a claim, beside the login that made it.

create or replace function audit_private.context_body(proof text, user_id text, ip_address inet, request_id text)
returns text
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
  return concat_ws(
    E'\x1f',
    context_body.proof,
    coalesce(audit_private.clean(context_body.user_id, 200), ''),
    coalesce(host(context_body.ip_address), ''),
    coalesce(audit_private.clean(context_body.request_id, 128), '')
  );
end $$;

create or replace function audit_private.seal_context(user_id text, ip_address inet, request_id text, session_id bigint)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_payload bytea := convert_to(
    ceil(extract(epoch from clock_timestamp() + interval '2 minutes'))::bigint::text || E'\x1f' || seal_context.session_id || E'\x1f'
    || audit_private.context_body('sealed', seal_context.user_id, seal_context.ip_address, seal_context.request_id),
    'UTF8'
  );
begin
  return encode(v_payload, 'hex') || '.' || encode(audit_private.mac('handoff', v_payload), 'hex');
end $$;
comment on function audit_private.seal_context is
  'What the application gets for an authenticated request: good for 2 minutes while the session lasts, at set_context alone.';

create or replace function audit_private.open_sealed(sealed text) returns audit_private.actor
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_payload bytea;
  v_field text[];
begin
  if open_sealed.sealed is null
    or length(open_sealed.sealed) not between 67 and 4000
    or open_sealed.sealed !~ '^[0-9a-f]+\.[0-9a-f]{64}$'
    or length(open_sealed.sealed) % 2 = 0
  then
    return row(null, null, null, 'direct', 'malformed sealed context')::audit_private.actor;
  end if;
  v_payload := decode(split_part(open_sealed.sealed, '.', 1), 'hex');
  if encode(audit_private.mac('handoff', v_payload), 'hex') <> split_part(open_sealed.sealed, '.', 2) then
    return row(null, null, null, 'direct', 'forged sealed context')::audit_private.actor;
  end if;
  v_field := string_to_array(convert_from(v_payload, 'UTF8'), E'\x1f', '');
  -- Whoever copied a context from pg_stat_activity has it no longer than the user is logged in.
  if not iam.session_is_open(v_field[2]::bigint) then
    return row(null, null, null, 'direct', 'sealed context of an ended session of ' || v_field[4])::audit_private.actor;
  end if;
  -- A request may outlive its sealed context; then what remains is the word of the application that still presents it.
  return row(
    v_field[4], v_field[5]::inet, v_field[6],
    case when v_field[1]::bigint > extract(epoch from clock_timestamp()) then 'sealed'::audit.actor_proof else 'service' end,
    null
  )::audit_private.actor;
end $$;

create or replace function audit_private.establish_context(actor audit_private.actor) returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_body text;
begin
  if not audit_private.is_application() then
    raise warning 'context not honoured: login % is not in audit_app', session_user
      using hint = 'What this transaction does is recorded under its own login.';
    perform set_config(
      'indelible.context', audit_private.clean(format('claim by %s: %s', session_user, (actor).user_id), 200), true
    );
    return;
  end if;
  if (actor).claim is not null then
    raise warning 'context not honoured: %', (actor).claim
      using hint = 'What this transaction does is recorded under its own login.';
    perform set_config('indelible.context', audit_private.clean((actor).claim, 200), true);
    return;
  end if;
  v_body := audit_private.context_body((actor).proof::text, (actor).user_id, (actor).ip_address, (actor).request_id);
  perform set_config(
    'indelible.context',
    v_body || E'\x1f' || encode(audit_private.mac('context', audit_private.context_message(v_body)), 'hex'),
    true
  );
end $$;

create or replace function audit.set_context(sealed text) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform audit_private.establish_context(audit_private.open_sealed(set_context.sealed));
end $$;
comment on function audit.set_context(text) is
  'Acts, in this transaction, for the user whose session the database authenticated (iam.authenticate).';

create or replace function audit.set_context(user_id text, ip_address inet, request_id text) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform audit_private.establish_context(
    row(set_context.user_id, set_context.ip_address, set_context.request_id, 'service', null)::audit_private.actor
  );
end $$;
comment on function audit.set_context(text, inet, text) is
  'Acts, in this transaction, for a user on the word of an application with its own login system.';

-- Runs for every captured row: one query for the key, everything else in simple expressions, which cost a tenth of one.
create or replace function audit_private.current_actor() returns audit_private.actor
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_raw constant text := current_setting('indelible.context', true);
  v_body text;
  v_inner_pad bytea;
  v_outer_pad bytea;
begin
  if v_raw is null or v_raw = '' then
    return row(null, null, null, 'direct', null)::audit_private.actor;
  end if;
  v_body := left(v_raw, -65);
  select inner_pad, outer_pad into v_inner_pad, v_outer_pad from audit_private.secrets where purpose = 'context';
  if encode(sha256(v_outer_pad || sha256(v_inner_pad || audit_private.context_message(v_body))), 'hex') <> right(v_raw, 64) then
    return row(null, null, null, 'direct', audit_private.clean(v_raw, 200))::audit_private.actor;
  end if;
  return row(
    nullif(split_part(v_body, E'\x1f', 2), ''),
    nullif(split_part(v_body, E'\x1f', 3), '')::inet,
    nullif(split_part(v_body, E'\x1f', 4), ''),
    split_part(v_body, E'\x1f', 1)::audit.actor_proof,
    null
  )::audit_private.actor;
end $$;
comment on function audit_private.current_actor() is 'The actor of this transaction, or the claim that failed.';

create or replace function audit_private.resolve_actor(
  sealed text, user_id text, ip_address inet, request_id text
) returns audit_private.actor
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
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
  return row(
    audit_private.clean(resolve_actor.user_id, 200), resolve_actor.ip_address,
    audit_private.clean(resolve_actor.request_id, 128), 'service', null
  )::audit_private.actor;
end $$;
comment on function audit_private.resolve_actor(text, text, inet, text) is
  'The actor of one call on the independent session: sealed, claimed, or that of the transaction.';
