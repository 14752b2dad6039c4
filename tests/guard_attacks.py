"""What somebody tries on the audit who has, or inherits, the rights of its owner."""

from typing import Any

import psycopg
import pytest

from tests.support import Row, events

# What somebody who comes with the owner's rights has in a schema of his own.
LAIR = """
    create table lair.t (id int primary key, code text);
    create function lair.evil() returns trigger language plpgsql as 'begin return null; end';
    create function lair.evil(text) returns text language sql immutable as 'select $1';
    create type lair.e as enum ('a');
    create function lair.evil(lair.e) returns text language sql immutable as $$ select 'x' $$;
    create function lair.helper() returns int language sql security definer as 'select 1';
    create table lair.whole (like audit_private.key_changes) partition by list (entity_type);
"""

ATTACKS = [
    # The log's own guards
    "alter table audit.audit_logs disable trigger all",
    "alter table audit.audit_logs disable trigger log_refuse_change",
    "alter table audit.audit_logs enable trigger log_refuse_change",
    "alter table audit_private.audit_logs_default disable trigger log_refuse_statement",
    "drop trigger log_refuse_change on audit.audit_logs",
    "drop trigger log_refuse_statement on audit_private.audit_logs_default",
    "alter trigger log_refuse_change on audit.audit_logs rename to harmless",
    "create trigger evil before insert on audit.audit_logs for each row execute function lair.evil()",
    "create trigger evil before insert on audit_private.audit_logs_default for each row execute function lair.evil()",
    "create rule evil as on insert to audit_private.watches do instead nothing",
    "create policy evil on audit.audit_logs for all using (true)",
    "alter policy audit_logs_read on audit.audit_logs to public",
    "drop policy audit_logs_read on audit.audit_logs",
    "alter table audit.audit_logs disable row level security",
    "alter table audit.audit_logs force row level security",
    # Its tables
    "drop table audit.audit_logs cascade",
    "drop table audit_private.audit_logs_default",
    "drop table audit_private.secrets cascade",
    "alter table audit.audit_logs detach partition audit_private.audit_logs_default",
    "alter table audit.audit_logs rename to gone",
    "alter table audit.audit_logs rename column user_id to nobody",
    "alter table audit.audit_logs set schema lair",
    "alter table audit.audit_logs owner to {me}",
    "alter table audit.audit_logs drop column user_id cascade",
    "alter table audit_private.key_changes alter column entity_id type varchar using null",
    "alter table audit.audit_logs alter column db_user set default 'somebody else'",
    "alter table audit.audit_logs add constraint stop check (action is null) not valid",
    "alter table audit_private.audit_logs_default set (autovacuum_enabled = false)",
    "alter table audit_private.watches add column evil int",
    "alter sequence audit.audit_logs_id_seq restart",
    "drop index audit.audit_logs_entity_idx",
    "create index evil on audit.actions (lair.evil(code))",
    "create statistics lair.evil on (lair.evil(code)), description from audit.actions",
    "comment on table audit.audit_logs is 'nothing to see'",
    # New relatives of its tables
    "create table lair.child () inherits (audit.actions)",
    "create temp table child () inherits (audit_private.secrets)",
    (
        "create temp table bait (a int); create trigger evil before insert on bait "
        "for each row execute function audit_private.tg__refuse_change()"
    ),
    "alter table lair.t add constraint evil foreign key (code) references audit.actions",
    "create table lair.u (c text references iam.users)",
    "create table lair.part partition of audit.audit_logs for values from ('1990-01-01') to ('1990-02-01')",
    "alter table lair.whole attach partition audit_private.key_changes default",
    "create publication evil for table audit.audit_logs",
    # Its functions and types
    (
        "create or replace function audit_private.tg__refuse_change() returns trigger "
        "language plpgsql as 'begin return old; end'"
    ),
    "drop function audit_private.tg__refuse_change() cascade",
    "drop function audit.record cascade",
    "drop routine audit.maintain",
    "alter function audit_private.mac(text, bytea) rename to mac2",
    "alter function audit_private.mac(text, bytea) owner to {me}",
    "alter function audit_private.mac(text, bytea) set schema lair",
    "alter function audit.record security invoker",
    "alter function audit.record set search_path = lair",
    "create function audit_private.evil() returns int language sql security definer as 'select 1'",
    "create function audit.watch(text) returns int language sql as 'select 1'",
    "alter function lair.helper() owner to audit_owner",
    "alter function lair.helper() set schema audit_private",
    "create table audit.more (a int)",
    "create view iam.more as select 1",
    "create table audit_private.more as select 1",
    "select 1 as a into audit_private.more",
    "create type audit.more as enum ('a')",
    "alter table lair.t set schema audit",
    "alter table lair.t owner to audit_owner",
    "alter type lair.e owner to audit_owner",
    "alter type audit.outcome add value 'forgiven'",
    "alter type audit.outcome rename value 'denied' to 'success2'",
    (
        "create or replace view audit.installation as select 'x'::text as digest, 'y'::text as version, now() "
        "as installed_at"
    ),
    "drop view audit.v_events cascade",
    "create cast (audit.outcome as lair.e) with inout",
    "create cast (lair.e as audit.actor_proof) with inout as implicit",
    "create trigger evil after insert on lair.t for each row execute function audit_private.tg__refuse_change()",
    # Everything at once
    "drop schema audit cascade",
    "drop schema audit_private cascade",
    "drop schema audit, audit_private, iam, lair cascade",
    "alter schema audit rename to audit2",
    "alter schema iam owner to {me}",
    "create schema evil authorization audit_owner",
    "create schema authorization audit_owner create table made (a int)",
    "drop owned by audit_owner cascade",
    # Privileges
    "grant select on audit.audit_logs to public",
    "grant insert (action) on audit.audit_logs to public",
    "grant execute on function audit_private.append to public",
    "grant execute on all functions in schema audit_private to {me}",
    "grant create on schema audit to public",
    "grant usage on schema audit_private to public",
    "revoke all on function audit.record from audit_writer",
    "revoke all on type audit.outcome from public",
    "alter default privileges for role audit_owner grant select on tables to public",
    "alter default privileges in schema audit_private grant all on tables to public",
    "alter default privileges for role audit_owner grant execute on functions to public",
    "create schema evil grant select on audit.audit_logs to public",
    "create schema evil create table made (a int) grant all on audit_private.secrets to {me}",
]


def attempt(connection: psycopg.Connection[Any], name: str) -> None:
    """One attempt on the audit, by the name of what would be made."""
    with pytest.raises(psycopg.Error) as refusal:
        connection.execute(f"create table audit.{name} ()".encode())
    assert refusal.value.sqlstate == "ID013"


def refusals(connection: psycopg.Connection[Any], mark: int = 0) -> list[Row]:
    return events(connection, "id > %s and action = 'AUDIT_TAMPERING_REFUSED'", mark)
