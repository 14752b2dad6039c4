"""A request's transaction: BEGIN and who is asking in one round trip, one statement, COMMIT."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from indelible.services.login import hash_token
from tests.bench.figures import Figures
from tests.bench.identity import ADDRESS, REQUEST_ID, USER
from tests.bench.rivals import BASE, Rival
from tests.bench.rounds import Plan, complete_all, rotated, tell
from tests.bench.stage import stage
from tests.bench.work import SINGLE, Load, Manner, single

PLAIN: Final = "begin;\n{statement}\ncommit;\n"
IN_ONE: Final = "\\startpipeline\nbegin;\n{context};\n\\endpipeline\n{{statement}}\ncommit;\n"
AUTHENTICATE: Final = (
    f"select sealed from iam.authenticate(decode('{{token}}', 'hex'), '{ADDRESS}', '{REQUEST_ID}') \\gset"
)


@dataclass(frozen=True)
class Variant:
    """One way to make such a transaction. `proof` is what the log must say about it, None where nobody asks."""

    name: str
    title: str
    rival: Rival
    manner: Manner
    proof: str | None = None


def table_of(load: Load) -> str:
    """The name of the figures of requests' transactions under this load."""
    return f"request-{load.clients}"


def variants(rivals: dict[str, Rival], token: SecretStr) -> list[Variant]:
    """The unaudited one, ours, and that of each peer which has a context."""
    row = rivals["indelible_row"]
    trusted = f"select audit.set_context('{USER}', '{ADDRESS}', '{REQUEST_ID}')"
    sealed = Manner(
        AUTHENTICATE.format(token=hash_token(token).hex()), IN_ONE.format(context="select audit.set_context(:sealed)")
    )
    found = [
        Variant(BASE, "unaudited", rivals[BASE], Manner(wrap=PLAIN)),
        Variant("sealed", "Indelible, by row: sealed context, proven by the database", row, sealed, "sealed"),
        Variant("trusted", "Indelible, by row: without proof (trusted channel)", row,
                Manner(wrap=IN_ONE.format(context=trusted)), "service"),
        Variant("direct", "Indelible, by row: no context at all", row, Manner(wrap=PLAIN), "direct"),
    ]  # fmt: skip
    peers = [rival for rival in rivals.values() if rival.request]
    return found + [
        Variant(rival.name, f"{rival.title}, with context", rival, Manner(wrap=rival.request)) for rival in peers
    ]


def request_round(number: int, found: Sequence[Variant], plan: Plan, pgbench: Path, figures: Figures) -> None:
    """Each variant in a fresh database of its own."""
    with ExitStack() as stack:
        order = rotated(found, number)
        places = {variant.name: stack.enter_context(stage(variant.rival, variant.name)) for variant in order}
        changes = sum(load.changes for load in plan.loads) * len(SINGLE)
        stack.enter_context(complete_all(list(places.values()), changes))
        for load in plan.loads:
            for operation in SINGLE:
                tell(f"{table_of(load)} {operation}")
                for variant in order:
                    place = places[variant.name]
                    place.settle()
                    sample = single(place, pgbench, load, operation, variant.manner)
                    figures.add(table_of(load), operation, variant.name, sample)
        for variant in order:
            if variant.proof:
                places[variant.name].require_proof(variant.proof)
