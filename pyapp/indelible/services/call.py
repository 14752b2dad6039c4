"""One running call of an audited function, and the event that it becomes."""

import inspect
import json
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any, Final

from starlette.requests import HTTPConnection

from indelible.codes import SUCCESS
from indelible.context import Attempt, current
from indelible.models import Durability, EventFields
from indelible.services.metadata import Sanitiser
from indelible.services.outcome import Outcome
from indelible.services.recipe import Recipe

running: ContextVar["Call | None"] = ContextVar("indelible_audited_call", default=None)
# Stands for the result of a call that raised, since None is a result.
NO_RESULT: Final = object()


def set_entity(entity_id: object) -> None:
    """Name the entity that the innermost running audited call is about; outside of one it does nothing.

    Takes the key itself for a key of one column, a dict by column name for several.
    """
    call = running.get()
    if call is not None:
        call.entity_id = entity_id


class Call:
    """Made when an audited function is called; becomes an event when it has ended."""

    def __init__(
        self, recipe: Recipe, signature: inspect.Signature | None, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        self.entity_id: object = None
        self.attempt: Attempt | None = None
        self._recipe = recipe
        self._signature = signature
        self._args = args
        self._kwargs = kwargs

    @property
    def action(self) -> str:
        """The code that it is recorded under."""
        return self._recipe.action

    @property
    def durability(self) -> Durability | None:
        """What recording it waits for; None if that of the settings."""
        return self._recipe.durability

    def is_on_record(self, outcome: Outcome) -> bool:
        """Whether the transaction of a fail-closed call has recorded this already."""
        return outcome.word == SUCCESS and self.attempt is not None and self.attempt.succeeded

    def event(self, outcome: Outcome, result: Any) -> EventFields:
        """The fields of the event. What the application's own callables raise is noted in it, by class."""
        notes: dict[str, Any] = {}
        try:
            entity_id = _spell_key(self.entity_id if self.entity_id is not None else self._find_entity(result))
        except Exception as error:  # noqa: BLE001  # the business call must not feel it
            entity_id, notes["entity_id_error"] = None, type(error).__name__
        try:
            declared = self._declared_metadata(result)
        except Exception as error:  # noqa: BLE001  # nor this
            declared, notes["metadata_error"] = {}, type(error).__name__
        fields: EventFields = {
            "entity_type": self._recipe.entity_type,
            "entity_id": entity_id,
            "description": self._recipe.description,
            "outcome": outcome.word,
            "metadata": {**declared, **outcome.reason, **notes},
        }
        if self.attempt is not None:
            # The action is over, and nothing can be refused any more.
            fields |= {"intent_id": self.attempt.intent_id, "durability": "durable"}
        elif self.durability is not None:
            fields["durability"] = self.durability
        return fields

    def _find_entity(self, result: Any) -> object:
        source = self._recipe.entity_id
        if source is None:
            return None
        if callable(source):
            return None if result is NO_RESULT else source(result)
        kind, _, name = source.partition(":")
        return self._path_params().get(name) if kind == "path" else self._arguments().get(name)

    def _declared_metadata(self, result: Any) -> Mapping[str, Any]:
        source = self._recipe.metadata
        if callable(source):
            return {} if result is NO_RESULT else dict(source(result) or {})
        arguments = self._arguments() if source else {}
        return {name: arguments[name] for name in source if name in arguments}

    def _path_params(self) -> Mapping[str, Any]:
        for argument in (*self._args, *self._kwargs.values()):
            if isinstance(argument, HTTPConnection):
                return argument.path_params
        context = current()
        return context.path_params if context else {}

    def _arguments(self) -> Mapping[str, Any]:
        if self._signature is None:
            return self._kwargs
        bound = self._signature.bind(*self._args, **self._kwargs)
        bound.apply_defaults()
        return {**bound.kwargs, **bound.arguments}


def _spell_key(value: object) -> str | None:
    """A key of one column as its text, of several as a JSON object by column name."""
    if value is None:
        return None
    sanitiser = Sanitiser()
    clean = sanitiser.clean(value)
    if sanitiser.found & {"unserialisable", "too_deep"} or isinstance(clean, list):
        raise TypeError("not a key")
    return clean if isinstance(clean, str) else json.dumps(clean, ensure_ascii=False, sort_keys=True)
