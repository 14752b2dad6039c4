-- Chapter 5, read: what each column of the flat views says, for whoever sees them in a BI tool. A name means the same in every
-- view. Changes nothing but comments; refuses a column that nobody described (ID005).

do $$
declare
  v_column record;
begin
  for v_column in
    select class.relname as view_name, attribute.attname as name, meaning.text
    from pg_catalog.pg_class as class
    join pg_catalog.pg_attribute as attribute on attribute.attrelid = class.oid and attribute.attnum > 0
    left join (values
      ('id', 'Number of the event; the order of history.'),
      ('created_at', 'When it happened. Row changes: the database''s clock; events of services: the time they claimed.'),
      ('recorded_at', 'When the database wrote it down, always by its own clock.'),
      ('action', 'Event code, such as ROW_UPDATED or AUTH_LOGIN_FAILED; audit.actions describes each.'),
      ('outcome', 'success, failure, denied; attempted for an intent that was recorded ahead.'),
      ('user_id', 'The acting user of the application; null where none is proven or claimed.'),
      ('db_user', 'The database login that really did it.'),
      ('actor_proof', 'How far user_id is proven: sealed by the database, the word of a service or client, or direct: none claimed.'),
      ('entity_type', 'What kind of record it was about, such as SHOP_ORDER.'),
      ('entity_id', 'Which record: its key, of several columns as a JSON object.'),
      ('description', 'What happened, in words: the event''s own or those of its code.'),
      ('permission', 'The permission that was missing, on denials.'),
      ('reason', 'Why it failed or was refused, as a code; of a table without capture, why it needs none.'),
      ('ip_address', 'The client''s address.'),
      ('request_id', 'The request it belonged to: the same for its business events and row changes.'),
      ('transaction_id', 'The database transaction that wrote it.'),
      ('changes', 'Row changes, as JSON text: {"old": {column: value}, "new": {column: value}}.'),
      ('metadata', 'What else is known, as JSON text.'),
      ('time_source', 'Whether created_at is the database''s, claimed, or clamped to what can be.'),
      ('columns', 'The columns that changed, or all of a row that came or went.'),
      ('old_values', 'Their values before, as JSON text; *** where masked.'),
      ('new_values', 'Their values after, as JSON text; *** where masked.'),
      ('table_name', 'The table, with its schema.'),
      ('coverage', 'watched, watched as a partition, unwatched by choice, or unwatched.'),
      ('capture', 'How it is captured: row or statement.'),
      ('excluded_columns', 'Columns that are never recorded.'),
      ('masked_columns', 'Columns of which only the fact of a change is recorded.'),
      ('virtual_columns', 'Columns that are computed when they are read, and so are not recorded.'),
      ('started_at', 'Since when it is watched.')
    ) as meaning (name, text) on meaning.name = attribute.attname
    where class.relnamespace = 'audit'::regnamespace and class.relkind = 'v' and class.relname like 'v\_%'
  loop
    if v_column.text is null then
      raise exception using
        errcode = 'ID005',
        message = format('column %I of view %I has no description', v_column.name, v_column.view_name);
    end if;
    execute format('comment on column audit.%I.%I is %L', v_column.view_name, v_column.name, v_column.text);
  end loop;
end $$;
