"""Query parameters and parts of the path, judged by a model: what is unknown, repeated or malformed is refused."""

from collections import Counter
from collections.abc import Mapping
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from starlette.convertors import IntegerConvertor, PathConvertor, register_url_convertor
from starlette.requests import Request

from indelible.errors import Problem
from indelible.http.findings import findings_of
from indelible.http.json import MAX_FINDINGS, join

Model = TypeVar("Model", bound=BaseModel)
INVALID = "Invalid parameters"


class EventIdConvertor(IntegerConvertor):
    """What can be the id of an event: a longer number is no path of ours."""

    regex = "[0-9]{1,18}"


class EntityIdConvertor(PathConvertor):
    """What can be the key of a record: any text, with slashes and line ends."""

    regex = "(?s:.+)"


register_url_convertor("event_id", EventIdConvertor())
register_url_convertor("entity_id", EntityIdConvertor())


def parse_query(request: Request, model: type[Model]) -> Model:
    """The request's query parameters as `model`.

    Raises:
        Problem: 422 with `errors` by field: one that is not known, that is given twice, or does not fit. A filter that
            was mistyped must not show everything. No value is ever repeated.
    """
    items = request.query_params.multi_items()
    counts = Counter(name for name, _ in items)
    if repeated := [name for name, count in counts.items() if count > 1]:
        errors = [
            {"field": join("", name), "reason": "repeated", "message": "Given more than once"}
            for name in repeated[:MAX_FINDINGS]
        ]
        raise Problem(422, INVALID, errors=errors)
    return parse_values(dict(items), model)


def parse_values(values: Mapping[str, object], model: type[Model]) -> Model:
    """`values` as `model`; the same Problem if they do not fit."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        findings = findings_of(error)
    # Outside of the handler: the validation error holds what was sent, and must not travel as context.
    raise Problem(422, INVALID, errors=findings)
