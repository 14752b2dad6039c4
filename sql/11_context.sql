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

create or replace function audit_private.claimed_actor(user_id text, ip_address inet, request_id text)
returns audit_private.actor
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
  return row(
    nullif(audit_private.clean(claimed_actor.user_id, 200), ''), claimed_actor.ip_address,
    nullif(audit_private.clean(claimed_actor.request_id, 128), ''), 'service', null
  )::audit_private.actor;
end $$;
comment on function audit_private.claimed_actor(text, inet, text) is 'An actor on the word of an application.';

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
    or length(open_sealed.sealed) % 2 = 0
    -- A regular expression would cost more than all the rest.
    or translate(open_sealed.sealed, '0123456789abcdef', '') <> '.'
    or strpos(open_sealed.sealed, '.') <> length(open_sealed.sealed) - 64
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

-- What of a context may not be honoured; null for one that is.
create or replace function audit_private.refused_claim(actor audit_private.actor) returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  if not audit_private.is_application() then
    raise warning 'context not honoured: login % is not in audit_app', session_user
      using hint = 'What this transaction does is recorded under its own login.';
    return audit_private.clean(format('claim by %s: %s', session_user, (actor).user_id), 200);
  elsif (actor).claim is not null then
    raise warning 'context not honoured: %', (actor).claim
      using hint = 'What this transaction does is recorded under its own login.';
    return audit_private.clean((actor).claim, 200);
  end if;
  return null;
end $$;

-- The context is the actor as a literal, behind the code that proves it: 64 hexadecimal digits for this transaction.
create or replace function audit_private.establish_context(actor audit_private.actor) returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_claim constant text := audit_private.refused_claim(actor);
  v_body constant text := actor::text;
begin
  perform set_config(
    'indelible.context',
    coalesce(v_claim, encode(audit_private.mac('context', audit_private.context_message(v_body)), 'hex') || v_body),
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
    audit_private.claimed_actor(set_context.user_id, set_context.ip_address, set_context.request_id)
  );
end $$;
comment on function audit.set_context(text, inet, text) is
  'Acts, in this transaction, for a user on the word of an application with its own login system.';

create or replace function audit.set_session_context(user_id text, ip_address inet, request_id text) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_actor constant audit_private.actor := audit_private.claimed_actor(
    set_session_context.user_id, set_session_context.ip_address, set_session_context.request_id
  );
  v_claim constant text := audit_private.refused_claim(v_actor);
  v_context constant text := coalesce(v_claim, 'session' || v_actor::text);
begin
  -- The number is this session's alone: nobody else reads it, and nobody but the owner sets it.
  if v_claim is null then
    perform setval('audit_private.session_context', hashtextextended(v_context, 0));
  end if;
  perform set_config('indelible.context', v_context, false);
end $$;
comment on function audit.set_session_context(text, inet, text) is
  'Acts, until the session ends or resets, for a user on the word of an application that keeps one connection for each.';

-- Runs for every captured row, in single-statement transactions at full price: few functions, no regular expression.
create or replace function audit_private.current_actor() returns audit_private.actor
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_raw constant text := current_setting('indelible.context', true);
  v_actor audit_private.actor;
  v_proven boolean;
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
    select encode(sha256(
      outer_pad || sha256(inner_pad || audit_private.context_message(substr(v_raw, 65)))
    ), 'hex') = left(v_raw, 64) into v_proven
    from audit_private.secrets where purpose = 'context';
    if v_proven then
      return substr(v_raw, 65)::audit_private.actor;
    end if;
  end if;
  return row(null, null, null, 'direct', audit_private.clean(v_raw, 200))::audit_private.actor;
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
  return audit_private.claimed_actor(resolve_actor.user_id, resolve_actor.ip_address, resolve_actor.request_id);
end $$;
comment on function audit_private.resolve_actor(text, text, inet, text) is
  'The actor of one call on the independent session: sealed, claimed, or that of the transaction.';
