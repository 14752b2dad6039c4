-- Service accounts: other applications that hand events over, the keys they prove themselves with, and what they may record.

create table iam.service_accounts (
  account text
    constraint service_accounts_pkey primary key
    constraint service_accounts_account_format check (account ~ '^[a-z0-9][a-z0-9._-]{0,99}$'),
  description text not null
    constraint service_accounts_description_short check (length(description) between 1 and 500),
  active boolean not null default true,
  created_at timestamptz not null default clock_timestamp()
);
comment on table iam.service_accounts is 'Applications that record events over HTTP. A name is for ever: deactivated, never reused.';
comment on table iam.users is 'People. A username is for ever: deactivated, never reused.';

create table iam.api_keys (
  key_id text
    constraint api_keys_pkey primary key
    constraint api_keys_key_id_format check (key_id ~ '^[a-z0-9]{12}$'),
  account text not null
    constraint api_keys_account_fkey references iam.service_accounts,
  key_digest bytea not null
    constraint api_keys_key_digest_key unique
    constraint api_keys_key_digest_size check (length(key_digest) = 32),
  created_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz,
  revoked_at timestamptz,
  last_used_at timestamptz
);
create index api_keys_account_idx on iam.api_keys (account);
comment on column iam.api_keys.key_id is 'The part of the key that may be known: by it a key is named and revoked.';
comment on column iam.api_keys.key_digest is 'sha256(sha256(key)): neither the key nor its hash is stored.';
comment on column iam.api_keys.last_used_at is 'To the minute, so that events do not wait for each other to write it down.';

create table iam.scopes (
  account text not null
    constraint scopes_account_fkey references iam.service_accounts,
  kind text not null
    constraint scopes_kind_known check (kind in ('action', 'entity_type')),
  pattern text not null
    constraint scopes_pattern_format check (pattern ~ '^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*(_\*)?$' and length(pattern) <= 100),
  constraint scopes_pkey primary key (account, kind, pattern)
);
comment on table iam.scopes is 'What a service account may record: nothing that is not named here.';
comment on column iam.scopes.pattern is 'A code or an entity type; with _* at its end, all that begin so.';

insert into audit.actions (code, origin, description) values
  ('AUTH_KEY_REFUSED', 'service', 'A request without a valid API key was refused.'),
  ('IAM_ACCOUNT_CREATED', 'database', 'A service account was created.'),
  ('IAM_ACCOUNT_ACTIVATED', 'database', 'A service account was activated.'),
  ('IAM_ACCOUNT_DEACTIVATED', 'database', 'A service account was deactivated.'),
  ('IAM_KEY_CREATED', 'database', 'A service account was given an API key.'),
  ('IAM_KEY_REVOKED', 'database', 'An API key was revoked.'),
  ('IAM_SCOPE_GRANTED', 'database', 'A service account was allowed to record more.'),
  ('IAM_SCOPE_REVOKED', 'database', 'A service account was allowed to record less.'),
  ('AUDIT_EVENT_DENIED', 'database', 'A service account tried to record what it may not.');
