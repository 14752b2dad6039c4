-- Identity and access: users, what proves them, what they may do, and their sessions.

create table iam.users (
  username text
    constraint users_pkey primary key
    constraint users_username_format check (username ~ '^[a-z0-9][a-z0-9._@+-]{0,99}$'),
  display_name text not null
    constraint users_display_name_short check (length(display_name) between 1 and 200),
  active boolean not null default true,
  created_at timestamptz not null default clock_timestamp()
);
comment on table iam.users is 'People and service accounts. A username is for ever: deactivated, never reused.';

create table iam.credentials (
  username text
    constraint credentials_pkey primary key
    constraint credentials_user_fkey references iam.users,
  salt bytea not null
    constraint credentials_salt_size check (length(salt) between 16 and 64),
  memory_kib int not null
    constraint credentials_memory_sane check (memory_kib between 8192 and 1048576),
  iterations int not null
    constraint credentials_iterations_sane check (iterations between 1 and 20),
  parallelism int not null
    constraint credentials_parallelism_sane check (parallelism between 1 and 8),
  verifier bytea not null
    constraint credentials_verifier_size check (length(verifier) = 32),
  changed_at timestamptz not null default clock_timestamp()
);
comment on table iam.credentials is 'argon2id parameters and sha256(derived key); neither leaves the database.';

create table iam.roles (
  role text
    constraint roles_pkey primary key
    constraint roles_role_format check (role ~ '^[a-z][a-z0-9_.-]{0,99}$'),
  description text not null
);

create table iam.permissions (
  permission text
    constraint permissions_pkey primary key
    constraint permissions_permission_format check (
      permission ~ '^[a-z][a-z0-9_]*(\.[a-z0-9_]+)+$' and length(permission) <= 100
    ),
  description text not null
);

create table iam.role_permissions (
  role text not null
    constraint role_permissions_role_fkey references iam.roles,
  permission text not null
    constraint role_permissions_permission_fkey references iam.permissions,
  constraint role_permissions_pkey primary key (role, permission)
);

create table iam.user_roles (
  username text not null
    constraint user_roles_user_fkey references iam.users,
  role text not null
    constraint user_roles_role_fkey references iam.roles,
  constraint user_roles_pkey primary key (username, role)
);

create table iam.sessions (
  session_id bigint generated always as identity
    constraint sessions_pkey primary key,
  token_digest bytea not null
    constraint sessions_token_digest_key unique
    constraint sessions_token_digest_size check (length(token_digest) = 32),
  username text not null
    constraint sessions_user_fkey references iam.users,
  ip_address inet,
  started_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null,
  ended_at timestamptz
);
create index sessions_username_idx on iam.sessions (username) where ended_at is null;
comment on column iam.sessions.token_digest is 'sha256(sha256(token)): neither the token nor its hash is stored.';

create table iam.login_attempts (
  attempt_id uuid
    constraint login_attempts_pkey primary key,
  subject bytea not null,
  username text
    constraint login_attempts_user_fkey references iam.users,
  unknown_name text,
  ip_address inet,
  request_id text,
  xid xid8 not null default pg_current_xact_id(),
  started_at timestamptz not null default clock_timestamp(),
  finished_at timestamptz,
  verdict text
    constraint login_attempts_verdict_known check (
      verdict in ('succeeded', 'failed', 'unknown', 'inactive', 'locked', 'abandoned')
    )
);
create index login_attempts_subject_idx on iam.login_attempts (subject, started_at);
comment on column iam.login_attempts.subject is
  'Keyed digest of the name that was typed: an unknown name may be a password in the wrong field.';
comment on column iam.login_attempts.unknown_name is 'The name itself, only where iam.policy says to keep it.';

create table iam.policy (
  only_row boolean default true
    constraint policy_pkey primary key
    constraint policy_only_row check (only_row),
  max_failures int not null default 5
    constraint policy_max_failures_sane check (max_failures between 1 and 100),
  lock_minutes int not null default 15
    constraint policy_lock_minutes_sane check (lock_minutes between 1 and 1440),
  session_hours int not null default 12
    constraint policy_session_hours_sane check (session_hours between 1 and 720),
  keep_unknown_names boolean not null default false
);
comment on table iam.policy is 'Lock-out, session length, and whether unknown user names are kept verbatim.';
insert into iam.policy default values;
