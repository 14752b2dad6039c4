"""One scene: what was done, and whether exactly what must be on record is on record."""

from dataclasses import dataclass

from indelible.cli.demo.client import Answer, Client, Row


@dataclass(frozen=True)
class Scene:
    """One played scene: `steps` that were taken and how they were answered, `expected` against `recorded` events.

    An expected event names the columns that count; all other columns are free. `rules` are further conditions by name.
    """

    title: str
    steps: list[tuple[str, str]]
    expected: list[Row]
    recorded: list[Row]
    rules: dict[str, bool]

    @property
    def kept(self) -> bool:
        """Whether exactly what must be on record is on record, in order, and every rule holds."""
        return (
            all(self.rules.values())
            and len(self.expected) == len(self.recorded)
            and all(
                want.items() <= _seen(event).items() for want, event in zip(self.expected, self.recorded, strict=True)
            )
        )


def http_step(request: str, answer: Answer) -> tuple[str, str]:
    """A request and how it was answered."""
    return request, f"{answer.status} {answer.body.get('title', '')}".strip()


def events_of(client: Client, *answers: Answer) -> list[Row]:
    """What these requests left on record, in order."""
    return [event for answer in answers for event in client.recorded("events_of_request", answer.request_id)]


def _seen(event: Row) -> Row:
    """A recorded event as expectations speak of it."""
    address = event["ip_address"]
    return event | {"ip_address": str(address) if address else None, "reason": (event["metadata"] or {}).get("reason")}
