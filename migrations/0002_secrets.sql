-- Keys that never leave the database, kept as HMAC-SHA-256 pads (RFC 2104) so that a MAC costs two hashes;
-- and the actor, as the context proves it.

create table audit_private.secrets (
  purpose text
    constraint secrets_pkey primary key
    constraint secrets_purpose_known check (purpose in ('context', 'handoff', 'login')),
  inner_pad bytea not null
    constraint secrets_inner_pad_block check (length(inner_pad) = 64),
  outer_pad bytea not null
    constraint secrets_outer_pad_block check (length(outer_pad) = 64)
);
comment on table audit_private.secrets is 'One key per purpose: context (a transaction), handoff (a request), login.';

do $$
declare
  v_purpose text;
  v_key bytea;
  v_inner bytea;
  v_outer bytea;
begin
  foreach v_purpose in array array['context', 'handoff', 'login'] loop
    -- Three random UUIDs hold 366 random bits from the server's strong generator.
    v_key := sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()))
      || decode(repeat('00', 32), 'hex');
    v_inner := v_key;
    v_outer := v_key;
    for v_byte in 0..63 loop
      v_inner := set_byte(v_inner, v_byte, get_byte(v_key, v_byte) # 54);
      v_outer := set_byte(v_outer, v_byte, get_byte(v_key, v_byte) # 92);
    end loop;
    insert into audit_private.secrets (purpose, inner_pad, outer_pad) values (v_purpose, v_inner, v_outer);
  end loop;
end $$;

create type audit_private.actor as (
  user_id text,
  ip_address inet,
  request_id text,
  proof audit.actor_proof,
  claim text
);
comment on type audit_private.actor is
  'Who acts, as far as proven. claim holds what was asserted and not honoured, for the record.';
