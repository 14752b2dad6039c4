-- Chapter 4, seal: what witnesses have signed under a checkpoint, so that it is published with it. Called by the sealer
-- (audit_sealer) once the quorum of its policy has signed. Checks no signature: whoever reads them does.
-- A line that is none, or of a checkpoint that is not there, is refused by constraints.

create or replace function audit.store_cosignatures(origin text, tree_size bigint, lines text[]) returns void
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
  insert into audit_private.cosignatures (origin, tree_size, witness, line)
  select store_cosignatures.origin, store_cosignatures.tree_size, split_part(line, ' ', 2), line
  from unnest(store_cosignatures.lines) as line
  on conflict on constraint cosignatures_pkey do nothing
$$;
comment on function audit.store_cosignatures(text, bigint, text[]) is 'Publishes the signatures of witnesses under a checkpoint.';
