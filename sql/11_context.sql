-- Chapter 1, who: the request context of a transaction.
-- Called by applications (audit_app) right after BEGIN. Never raises over identity: what is not proven is not
-- shown as a user but kept as a claim, beside the login that made it.

create or replace function audit_private.claimed_actor(user_id text, ip_address inet, request_id text)
returns audit_private.actor
language sql
immutable
return row(
  nullif(audit_private.clean(claimed_actor.user_id, 200), ''), claimed_actor.ip_address,
  nullif(audit_private.clean(claimed_actor.request_id, 128), ''), 'service', null
)::audit_private.actor;
comment on function audit_private.claimed_actor(text, inet, text) is 'An actor on the word of an application.';

create or replace function audit_private.seal_context(user_id text, ip_address inet, request_id text, session_id bigint)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_actor constant audit_private.actor := audit_private.claimed_actor(
    seal_context.user_id, seal_context.ip_address, seal_context.request_id
  );
  v_until constant bigint := ceil(extract(epoch from clock_timestamp() + interval '2 minutes'));
  v_payload constant text := encode(convert_to(v_until || ',' || seal_context.session_id || v_actor::text, 'UTF8'), 'hex');
begin
  return v_payload || '.' || encode(audit_private.mac('handoff', convert_to(v_payload, 'UTF8')), 'hex');
end $$;
comment on function audit_private.seal_context is
  'What the application gets for an authenticated request: good for 2 minutes while the session lasts, at set_context alone.';

create or replace function audit_private.open_sealed(sealed text) returns audit_private.actor
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
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
comment on function audit_private.open_sealed(text) is 'The actor that seal_context sealed, or the claim that is not honoured.';

create or replace function audit_private.refuse_context(claim text, is_local boolean) returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
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
comment on function audit_private.refuse_context(text, boolean) is 'Keeps what was said and is not honoured, for the record.';

create or replace function audit.set_context(sealed text) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
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
comment on function audit.set_context(text) is
  'Acts, in this transaction, for the user whose session the database authenticated (iam.authenticate).';

create or replace function audit.set_context(user_id text, ip_address inet, request_id text) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
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
comment on function audit.set_context(text, inet, text) is
  'Acts, in this transaction, for a user on the word of an application with its own login system.';

create or replace function audit.set_session_context(user_id text, ip_address inet, request_id text) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
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
