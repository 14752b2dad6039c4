-- What a table must hold by the log: since when each column is comparable, and how far its existing rows are recorded.

create table audit_private.compared_columns (
  watch_id bigint not null
    constraint compared_columns_watch_fkey references audit_private.watches,
  name text not null,
  type oid not null,
  typmod int not null,
  is_key boolean not null,
  entity_type text not null,
  since_id bigint not null,
  constraint compared_columns_pkey primary key (watch_id, name)
);
comment on table audit_private.compared_columns is
  'Columns of watched tables whose recorded values can be compared with the table, from the record after since_id on.';

create table audit_private.baselines (
  watch_id bigint
    constraint baselines_pkey primary key
    constraint baselines_watch_fkey references audit_private.watches,
  start_snapshot pg_snapshot not null,
  first_id bigint not null,
  visited oid[] not null default '{}',
  relation oid,
  filenode oid,
  next_block bigint not null default 0,
  rows bigint not null default 0,
  started_at timestamptz not null default clock_timestamp(),
  finished_at timestamptz
);
comment on table audit_private.baselines is 'How far the rows that a table held when it was watched are on record.';
comment on column audit_private.baselines.start_snapshot is 'What it does not see was written after the first batch began.';
comment on column audit_private.baselines.first_id is 'The newest record before the first batch.';
comment on column audit_private.baselines.visited is 'Relations that were read to their end.';
comment on column audit_private.baselines.filenode is 'The file that next_block counts in: a rewritten table is read anew.';

insert into audit.actions (code, origin, description) values
  ('ROW_BASELINE', 'trigger', 'A row existed when its table came under capture.'),
  ('AUDIT_BASELINE_FINISHED', 'database', 'The rows that a watched table held are all on record.');
