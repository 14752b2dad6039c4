-- Chapter 1, who: the request context of a transaction.
-- Called by applications (audit_app) right after BEGIN. Never raises over identity: what is not proven is not
-- shown as a user but kept as a claim, beside the login that made it.

create or replace function audit_private.context_body(proof text, user_id text, ip_address inet, request_id text)
returns text
language plpgsql
immutable
set search_path = ''
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

create or replace function audit_private.seal_context(user_id text, ip_address inet, request_id text) returns text
language plpgsql
stable
set search_path = ''
as $$
declare
  v_payload bytea := convert_to(
    ceil(extract(epoch from clock_timestamp() + interval '15 minutes'))::bigint::text || E'\x1f'
    || audit_private.context_body('sealed', seal_context.user_id, seal_context.ip_address, seal_context.request_id),
    'UTF8'
  );
begin
  return encode(v_payload, 'hex') || '.' || encode(audit_private.mac('handoff', v_payload), 'hex');
end $$;
comment on function audit_private.seal_context(text, inet, text) is
  'What the application gets for an authenticated request: good for 15 minutes, at set_context alone.';

create or replace function audit_private.open_sealed(sealed text) returns audit_private.actor
language plpgsql
stable
set search_path = ''
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
  if v_field[1]::bigint < extract(epoch from clock_timestamp()) then
    return row(null, v_field[4]::inet, v_field[5], 'direct', 'expired sealed context of ' || v_field[3])::audit_private.actor;
  end if;
  return row(v_field[3], v_field[4]::inet, v_field[5], 'sealed', null)::audit_private.actor;
end $$;

create or replace function audit_private.establish_context(actor audit_private.actor) returns void
language plpgsql
volatile
set search_path = ''
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
  perform set_config('indelible.context', v_body || E'\x1f' || audit_private.context_mac(v_body), true);
end $$;

create or replace function audit.set_context(sealed text) returns void
language plpgsql
volatile
security definer
set search_path = ''
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
set search_path = ''
as $$
begin
  perform audit_private.establish_context(
    row(set_context.user_id, set_context.ip_address, set_context.request_id, 'service', null)::audit_private.actor
  );
end $$;
comment on function audit.set_context(text, inet, text) is
  'Acts, in this transaction, for a user on the word of an application with its own login system.';

create or replace function audit_private.current_actor() returns audit_private.actor
language plpgsql
stable
set search_path = ''
as $$
declare
  v_raw text := current_setting('indelible.context', true);
  v_body text;
  v_field text[];
begin
  if v_raw is null or v_raw = '' then
    return row(null, null, null, 'direct', null)::audit_private.actor;
  end if;
  v_body := left(v_raw, -65);
  if audit_private.context_mac(v_body) <> right(v_raw, 64) then
    return row(null, null, null, 'direct', audit_private.clean(v_raw, 200))::audit_private.actor;
  end if;
  v_field := string_to_array(v_body, E'\x1f', '');
  return row(v_field[2], v_field[3]::inet, v_field[4], v_field[1]::audit.actor_proof, null)::audit_private.actor;
end $$;
comment on function audit_private.current_actor() is 'The actor of this transaction, or the claim that failed.';

create or replace function audit_private.resolve_actor(
  sealed text, user_id text, ip_address inet, request_id text
) returns audit_private.actor
language plpgsql
stable
set search_path = ''
as $$
declare
  v_actor audit_private.actor;
  v_claimed boolean :=
    num_nonnulls(resolve_actor.user_id, resolve_actor.ip_address, resolve_actor.request_id) > 0;
begin
  if resolve_actor.sealed is null and not v_claimed then
    return audit_private.current_actor();
  end if;
  if not audit_private.is_application() then
    return row(
      null, null, null, 'direct',
      audit_private.clean(format('claim by %s: %s', session_user, resolve_actor.user_id), 200)
    )::audit_private.actor;
  end if;
  if resolve_actor.sealed is not null then
    v_actor := audit_private.open_sealed(resolve_actor.sealed);
    if v_actor.claim is null or not v_claimed or v_actor.claim not like 'expired%' then
      return v_actor;
    end if;
  end if;
  -- A request may outlive its sealed context; then the trusted application's word remains, and the row says so.
  return row(
    audit_private.clean(resolve_actor.user_id, 200), resolve_actor.ip_address,
    audit_private.clean(resolve_actor.request_id, 128), 'service', v_actor.claim
  )::audit_private.actor;
end $$;
comment on function audit_private.resolve_actor(text, text, inet, text) is
  'The actor of one call on the independent session: sealed, claimed, or that of the transaction.';
