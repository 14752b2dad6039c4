-- The transparency log: epochs, how far the log is sealed, leaves and their salts, tiles, and what was signed.

create table audit_private.epochs (
  epoch int
    constraint epochs_pkey primary key
    constraint epochs_epoch_positive check (epoch > 0),
  origin text not null,
  system_identifier bigint not null,
  timeline bigint not null,
  database oid not null,
  last_id bigint not null,
  snapshot pg_snapshot not null,
  reason text not null
    constraint epochs_reason_given check (length(reason) between 1 and 500),
  adopted_at timestamptz not null default clock_timestamp()
);
comment on table audit_private.epochs is
  'Each server on which the log was continued. Transaction ids and snapshots mean something within one epoch only.';
comment on column audit_private.epochs.last_id is 'The newest row when the epoch began: rows up to it are of former epochs.';
comment on column audit_private.epochs.snapshot is 'What it sees was written before the epoch began.';

create table audit_private.log_position (
  only_row boolean default true
    constraint log_position_pkey primary key
    constraint log_position_only_row check (only_row),
  epoch int not null
    constraint log_position_epoch_fkey references audit_private.epochs,
  tree_size bigint not null default 0,
  former_after_id bigint,
  snapshot pg_snapshot not null,
  target pg_snapshot,
  after_xid xid8 not null default '0',
  after_id bigint not null default 0
);
comment on table audit_private.log_position is 'How far the log is sealed. No row before the first sealer began.';
comment on column audit_private.log_position.former_after_id is
  'Rows of former epochs up to here are leaves; null: all are.';
comment on column audit_private.log_position.snapshot is 'Every row of a transaction that it sees as finished is a leaf.';
comment on column audit_private.log_position.target is
  'The snapshot whose rows are being sealed in several batches, up to after_xid and after_id; null: none is.';

create table audit_private.leaves (
  id bigint not null,
  leaf_index bigint not null,
  salt bytea
    constraint leaves_salt_size check (length(salt) = 16),
  constraint leaves_pkey primary key (id, leaf_index)
);
comment on table audit_private.leaves is 'Which leaf a row of the log is.';
comment on column audit_private.leaves.salt is
  'Hides the row''s content in its leaf. May be erased, and with it every way to guess that content.';

create table audit_private.tiles (
  level smallint not null
    constraint tiles_level_known check (level = -1 or level between 1 and 7),
  number bigint not null,
  start smallint not null
    constraint tiles_start_within check (start between 0 and 255),
  content bytea not null
    constraint tiles_content_present check (length(content) > 0),
  constraint tiles_pkey primary key (level, number, start)
);
alter table audit_private.tiles alter column content set storage external;
comment on table audit_private.tiles is
  'The tiles of the log in the pieces in which they grew. Level -1: entries; level 0, their hashes, is made from them.';

create table audit_private.batches (
  tree_size bigint
    constraint batches_pkey primary key,
  epoch int not null
    constraint batches_epoch_fkey references audit_private.epochs,
  root bytea not null
    constraint batches_root_size check (length(root) = 32),
  snapshot pg_snapshot not null,
  sealed_at timestamptz not null default clock_timestamp()
);
comment on table audit_private.batches is 'Every size and root that the tree has had, and the snapshot that was sealed then.';

create table audit_private.checkpoints (
  origin text not null,
  tree_size bigint not null
    constraint checkpoints_batch_fkey references audit_private.batches,
  note text not null,
  stored_at timestamptz not null default clock_timestamp(),
  constraint checkpoints_pkey primary key (origin, tree_size)
);
comment on table audit_private.checkpoints is 'Signed notes over size and root.';

create table audit_private.seen_capture (
  target regclass
    constraint seen_capture_pkey primary key,
  digest bytea not null,
  revision text not null,
  seen_at timestamptz not null default clock_timestamp()
);
comment on table audit_private.seen_capture is 'The capture triggers of each watched table as the sealer last saw them.';
comment on column audit_private.seen_capture.revision is
  'Which transactions wrote their catalogue entries: what was disabled and enabled again meanwhile differs here.';

-- Sealing looks for the rows of transactions, in whatever order these ended.
create index audit_logs_xid_idx on audit.audit_logs (xid);

insert into audit.actions (code, origin, description) values
  ('AUDIT_EPOCH', 'database', 'The transparency log began, or was continued on another server or after a recovery.'),
  ('AUDIT_KEY_ACCEPTED', 'database', 'A key began to sign the transparency log.'),
  ('AUDIT_HEARTBEAT', 'database', 'The sealer was at work, and this is what it had sealed.'),
  ('AUDIT_CAPTURE_SEEN', 'database', 'The capture triggers of a watched table were seen for the first time, or changed.');
