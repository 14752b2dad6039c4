"""Run in the peers' environment: hangs PostgreSQL-Audit on public.bookings with its own code, and prints what it is.

Argument: row or statement; the DSN of the database is in PEER_DSN. Output: JSON with the version, the table of
activities, and the statement with which it says, in each transaction, who acts.
"""

import importlib.metadata
import json
import os
import sys
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from postgresql_audit import VersioningManager
from psycopg import ClientCursor
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, configure_mappers, mapped_column


class Base(DeclarativeBase):
    """Of the application's models."""


class Booking(Base):
    """The bookings as a user of PostgreSQL-Audit declares them."""

    __tablename__ = "bookings"
    __versioned__: dict[str, Any] = {}  # noqa: RUF012  # its own way to say that the model is audited

    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    reference: Mapped[str]
    passenger: Mapped[str]
    email: Mapped[str]
    route: Mapped[str]
    departs_at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True))
    seats: Mapped[int]
    fare: Mapped[Decimal]
    status: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True), server_default=sa.func.now())


def main(level: str) -> None:
    """Tables, functions and triggers by its versioning manager."""
    address = {key: str(value) for key, value in conninfo_to_dict(os.environ["PEER_DSN"]).items()}
    url = sa.URL.create(
        "postgresql+psycopg", address["user"], address["password"], address["host"], int(address["port"]),
        address["dbname"],
    )  # fmt: skip
    engine = sa.create_engine(url)
    manager = VersioningManager(use_statement_level_triggers=level == "statement")
    manager.init(Base)
    manager.values = {"actor_id": "7", "client_addr": "192.0.2.7"}
    configure_mappers()
    Base.metadata.create_all(engine, [manager.transaction_cls.__table__, manager.activity_cls.__table__])
    with engine.begin() as connection:
        connection.execute(manager.build_audit_table_query(Booking.__table__))
    version = importlib.metadata.version("PostgreSQL-Audit")
    print(json.dumps({"version": version, "log": "public.activity", "context": context_sql(engine)}))


def context_sql(engine: sa.Engine) -> str:
    """What it sends before the first change of a session: caught on its way to the database."""
    sent: list[str] = []

    @sa.event.listens_for(engine, "before_cursor_execute")
    def catch(connection: Any, _: Any, statement: str, parameters: Any, __: Any, ___: Any) -> None:
        sent.append(ClientCursor(connection.connection.driver_connection).mogrify(statement, parameters))

    with Session(engine) as session:
        session.add(
            Booking(
                reference="FT-0", passenger="P", email="p@example.org", route="ROS-DUN", departs_at=datetime.now(UTC),
                seats=1, fare=1, status="draft",
            )
        )  # fmt: skip
        session.flush()
        session.rollback()
    (statement,) = [statement for statement in sent if "INTO transaction" in statement]
    return statement


if __name__ == "__main__":
    main(*sys.argv[1:])
