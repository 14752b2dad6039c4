"""What `@audited` was told to record of a function's calls, checked when the function is decorated."""

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from indelible.codes import ACTION
from indelible.models import Durability

EntitySource = str | Callable[[Any], object] | None
MetadataSource = Sequence[str] | Callable[[Any], Mapping[str, Any] | None]


@dataclass(frozen=True, slots=True)
class Recipe:
    """The arguments of `@audited`. `entity_id` is "path:NAME", "arg:NAME" or a callable over the result."""

    action: str
    entity_type: str | None
    entity_id: EntitySource
    description: str | None
    metadata: MetadataSource
    durability: Durability | None = None

    def __post_init__(self) -> None:
        if self.durability not in (None, *get_args(Durability)):
            raise ValueError(f"durability is one of {', '.join(get_args(Durability))}")
        if not ACTION.fullmatch(self.action):
            raise ValueError(f"an action looks like FTMS_BOOKING_CREATED, not like {self.action!r}")
        if isinstance(self.entity_id, str):
            kind, _, name = self.entity_id.partition(":")
            if kind not in ("path", "arg") or not name:
                raise ValueError('entity_id is "path:NAME", "arg:NAME" or a callable; set_entity() takes the id itself')
        elif self.entity_id is not None and not callable(self.entity_id):
            raise TypeError('entity_id is "path:NAME", "arg:NAME" or a callable')
        if isinstance(self.metadata, str):
            raise TypeError("metadata is a callable or a tuple of the names of arguments")

    def fit(self, function: Callable[..., Any]) -> inspect.Signature | None:
        """The signature of `function`, None if it has none; refuses a function that this recipe cannot serve."""
        target = underlying(function)
        if inspect.isgeneratorfunction(target) or inspect.isasyncgenfunction(target):
            raise TypeError("audited cannot tell when a generator has ended: decorate the function that consumes it")
        if inspect.isclass(function) or not callable(function):
            raise TypeError("audited decorates functions: put it on the methods of a class, not on the class")
        try:
            signature = inspect.signature(function)
        except (ValueError, TypeError):  # some builtins have none
            return None
        parameters = signature.parameters
        if not any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()):
            for name in self._argument_names():
                if name not in parameters:
                    raise ValueError(f"{target!r} has no argument {name!r} to record")
        return signature

    def _argument_names(self) -> tuple[str, ...]:
        names = () if callable(self.metadata) else tuple(self.metadata)
        if isinstance(self.entity_id, str) and self.entity_id.startswith("arg:"):
            return (*names, self.entity_id.removeprefix("arg:"))
        return names


def underlying(function: Any) -> Any:
    """The function behind partials and behind an object's `__call__`."""
    while isinstance(function, functools.partial):
        function = function.func
    if inspect.isroutine(function) or inspect.isclass(function):
        return function
    return getattr(type(function), "__call__", function)  # noqa: B004  # the function itself is wanted
