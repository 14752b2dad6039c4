-- What witnesses have signed under the checkpoints of the log, and the record of capture that was written anew.

create table audit_private.cosignatures (
  origin text not null,
  tree_size bigint not null,
  witness text not null
    constraint cosignatures_witness_short check (length(witness) between 1 and 255),
  line text not null
    constraint cosignatures_line_format check (line ~ '^— [^ +]+ [A-Za-z0-9+/]+={0,2}\n$' and length(line) <= 1000),
  stored_at timestamptz not null default clock_timestamp(),
  constraint cosignatures_pkey primary key (origin, tree_size, witness),
  constraint cosignatures_checkpoint_fkey foreign key (origin, tree_size) references audit_private.checkpoints
);
comment on table audit_private.cosignatures is
  'Signature lines of witnesses, of checkpoints that a whole quorum has cosigned.';

insert into audit.actions (code, origin, description) values
  ('AUDIT_CAPTURE_WRITTEN', 'database', 'The capture code of a watched table was written anew, as the table or the code had changed.');

insert into iam.permissions (permission, description) values
  ('audit.event.read', 'Read events of the audit log and have their proofs.');
