"""Rounds: every rival does the same in turn, operation by operation, and each round begins with another rival."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import psycopg

from tests.bench.figures import Figures
from tests.bench.rivals import Rival
from tests.bench.stage import Stage, complete, stage
from tests.bench.work import BULK, SINGLE, Load, Manner, bulk, single, warm_up

BULK_TABLE: Final = "bulk"
T = TypeVar("T")


@dataclass(frozen=True)
class Plan:
    """How much is measured: rounds, changes of each kind that every log begins with, loads of single statements, rows
    of a bulk statement, changes whose bytes are counted, requests over HTTP."""

    rounds: int
    history: int
    loads: tuple[Load, ...]
    rows: int
    weighed: int
    requests: int

    @classmethod
    def of(cls, rounds: int, *, quick: bool) -> "Plan":
        """A real run takes seconds for each measurement; a quick one only shows that everything works."""
        if quick:
            return cls(rounds, 20, (Load(8, 5), Load(1, 10)), rows=200, weighed=40, requests=16)
        return cls(rounds, 5000, (Load(8, 4000), Load(1, 8000)), rows=100_000, weighed=10_000, requests=3000)


def table_of(load: Load) -> str:
    """The name of the figures of single statements under this load."""
    return f"single-{load.clients}"


def rotated(rivals: Sequence[T], number: int) -> list[T]:
    """The order of round `number`: whoever was first comes last in the next."""
    turn = number % len(rivals)
    return [*rivals[turn:], *rivals[:turn]]


def give_history(rival: Rival, changes: int, pgbench: Path) -> None:
    """Some past for the template: plans made for a log that is known to be empty would be bad ones for ever after."""
    manner = Manner(wrap=rival.request) if rival.request else manner_of(rival)
    with psycopg.connect(rival.server.admin(rival.template), autocommit=True) as admin:
        place = Stage(rival.template, rival, admin)
        with complete(place, changes * len(SINGLE)):
            for operation in SINGLE:
                single(place, pgbench, Load(1, changes), operation, manner)
        place.settle()


def manner_of(rival: Rival) -> Manner:
    """How a rival is used in autocommit: its context set once for each client."""
    return Manner(once=f"{rival.session};" if rival.session else "")


def capture_round(number: int, rivals: Sequence[Rival], plan: Plan, pgbench: Path, figures: Figures) -> None:
    """Single statements and bulk statements, each rival in a fresh database of its own.

    Raises:
        IncompleteLogError: a rival that claims to record has not recorded every change.
        WrongProofError: we recorded another proof than the table will say.
    """
    with ExitStack() as stack:
        places = [stack.enter_context(stage(rival)) for rival in rotated(rivals, number)]
        for load in plan.loads:
            _singles(places, load, pgbench, figures)
        _bulks(places, plan.rows, figures)
        for place in places:
            if place.rival.proof:
                place.require_proof(place.rival.proof)


def _singles(places: list[Stage], load: Load, pgbench: Path, figures: Figures) -> None:
    with complete_all(places, load.changes * len(SINGLE)):
        for operation in SINGLE:
            tell(f"{table_of(load)} {operation}")
            for place in places:
                place.settle()
                sample = single(place, pgbench, load, operation, manner_of(place.rival))
                figures.add(table_of(load), operation, place.rival.name, sample)


def _bulks(places: list[Stage], rows: int, figures: Figures) -> None:
    with ExitStack() as stack:
        clients = [stack.enter_context(psycopg.connect(place.client_dsn, autocommit=True)) for place in places]
        for place, client in zip(places, clients, strict=True):
            warm_up(client, place.rival.session)
        stack.enter_context(complete_all(places, rows * len(BULK), statements=len(BULK)))
        for operation in BULK:
            tell(f"{BULK_TABLE} {operation}")
            for place, client in zip(places, clients, strict=True):
                place.settle()
                figures.add(BULK_TABLE, operation, place.rival.name, bulk(place, client, operation, rows))


@contextmanager
def complete_all(places: list[Stage], changes: int, statements: int = 0) -> Iterator[None]:
    """Holds for each of them that so many changes are on record at the end of the block."""
    with ExitStack() as stack:
        for place in places:
            by_statement = statements and place.rival.by_statement
            stack.enter_context(complete(place, statements if by_statement else changes))
        yield


def tell(what: str) -> None:
    """Progress, apart from the figures."""
    print(f"  {what}", file=sys.stderr, flush=True)
