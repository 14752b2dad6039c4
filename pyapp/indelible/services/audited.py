"""`@audited`: one event for each call of a function, whatever becomes of the call."""

import functools
import inspect
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

from indelible.context import attempting, current, current_audit
from indelible.models import Durability
from indelible.services.attempt import attempt, attempt_sync
from indelible.services.call import NO_RESULT, Call, running
from indelible.services.event import compose
from indelible.services.fallback import report_loss
from indelible.services.outcome import Outcome, of_error, of_result
from indelible.services.recipe import EntitySource, MetadataSource, Recipe, underlying

Function = TypeVar("Function", bound=Callable[..., Any])


def audited(
    action: str,
    *,
    entity_type: str | None = None,
    entity_id: EntitySource = None,
    description: str | None = None,
    metadata: MetadataSource | None = None,
    durability: Durability | None = None,
) -> Callable[[Function], Function]:
    """Record `action` once for each call of the decorated function, when the call has ended.

    For sync and async functions, methods, partials, callable objects and Starlette endpoints. Put it outside the
    transaction, so that an error at commit counts. The result and the exception pass through untouched.

    Args:
        action: code from the catalogue, of origin service.
        entity_type: what kind of thing the call is about, for example "FTMS_BOOKING".
        entity_id: a callable that finds the id in the result, "path:NAME" for a path parameter, "arg:NAME" for an
            argument; `set_entity(id)` inside the call wins over all of them.
        description: a sentence for people.
        metadata: a callable that makes a dict from the result, or a tuple of the names of arguments to record.
            Nothing of the arguments is recorded unless named here.
        durability: "durable", "fast" or "fail_closed" (INDELIBLE_DURABILITY unless given). With fail_closed the call
            begins only when its attempt is committed in the database; its success is then recorded in the first
            `transaction()` that begins and commits during the call, and there `entity_id` and `metadata` must not wait
            for the result: name the entity by `set_entity`, "path:" or "arg:".

    Raises:
        ValueError, TypeError: at decoration: the action is malformed, an argument does not exist, or the function
            is a generator, whose end nobody can tell.
        AuditUnavailable: by a fail_closed function when it is called and its attempt cannot be recorded: 503.
    """
    recipe = Recipe(action, entity_type, entity_id, description, () if metadata is None else metadata, durability)

    def decorate(function: Any) -> Any:
        if isinstance(function, (staticmethod, classmethod)):
            return type(function)(decorate(function.__func__))
        wrap = _wrap_async if _is_async(function) else _wrap_sync
        wrapper = functools.wraps(function)(wrap(recipe, recipe.fit(function), function))
        wrapper.__name__ = _name(function)
        return wrapper

    return decorate


def _is_async(function: Any) -> bool:
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(underlying(function))


def _name(function: Any) -> str:
    """Partials and objects have no name of their own, but routers name routes by it."""
    while isinstance(function, functools.partial):
        function = function.func
    return str(getattr(function, "__name__", type(function).__name__))


def _wrap_async(
    recipe: Recipe, signature: inspect.Signature | None, function: Callable[..., Any]
) -> Callable[..., Any]:
    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        return await _begin(Call(recipe, signature, args, kwargs), lambda: function(*args, **kwargs))

    return wrapper


def _wrap_sync(recipe: Recipe, signature: inspect.Signature | None, function: Callable[..., Any]) -> Callable[..., Any]:
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        call = Call(recipe, signature, args, kwargs)
        call.attempt = attempt_sync(call)
        try:
            with _as_running(call):
                result = function(*args, **kwargs)
        except BaseException as error:
            _record_sync(call, of_error(error), NO_RESULT)
            raise
        if inspect.iscoroutine(result):
            return _follow(call, lambda: result)
        _record_sync(call, of_result(result), result)
        return result

    return wrapper


async def _begin(call: Call, begin: Callable[[], Awaitable[Any]]) -> Any:
    call.attempt = await attempt(call)
    return await _follow(call, begin)


async def _follow(call: Call, begin: Callable[[], Awaitable[Any]]) -> Any:
    """Await what `begin` returns, and record how it ended."""
    try:
        with _as_running(call):
            result = await begin()
    except Exception as error:
        await _record(call, of_error(error), NO_RESULT)
        raise
    except BaseException as error:
        # Cancelled, or closed by the garbage collector: nothing may be awaited any more.
        _record_soon(call, of_error(error), NO_RESULT)
        raise
    await _record(call, of_result(result), result)
    return result


@contextmanager
def _as_running(call: Call) -> Iterator[None]:
    token = running.set(call)
    try:
        with attempting(call.attempt):
            yield
    finally:
        # A coroutine that the garbage collector closes ends in another context than it began in.
        with suppress(ValueError):
            running.reset(token)


async def _record(call: Call, outcome: Outcome, result: Any) -> None:
    if not call.is_on_record(outcome):
        if (audit := current_audit()) is not None:
            await audit.record(call.action, **call.event(outcome, result))
        else:
            _report(call, outcome, result)


def _record_sync(call: Call, outcome: Outcome, result: Any) -> None:
    if not call.is_on_record(outcome):
        if (audit := current_audit()) is not None:
            audit.record_sync(call.action, **call.event(outcome, result))
        else:
            _report(call, outcome, result)


def _record_soon(call: Call, outcome: Outcome, result: Any) -> None:
    if (audit := current_audit()) is not None:
        audit.record_soon(call.action, **call.event(outcome, result))
    else:
        _report(call, outcome, result)


def _report(call: Call, outcome: Outcome, result: Any) -> None:
    report_loss(compose(call.action, current(), call.event(outcome, result)), "no_audit_service")
