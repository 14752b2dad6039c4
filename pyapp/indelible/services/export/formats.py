"""The formats by name, as `indelible export --format` and `GET /v1/audit/export?format=` know them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from indelible.services.export.cef import encode_cef
from indelible.services.export.csv import encode_csv
from indelible.services.export.ecs import encode_ecs
from indelible.services.export.jsonl import encode_jsonl
from indelible.services.export.ocsf import encode_ocsf
from indelible.services.export.parquet import encode_parquet
from indelible.services.export.row import EventRow

FormatName = Literal["csv", "jsonl", "parquet", "ocsf", "ecs", "cef"]


@dataclass(frozen=True)
class Format:
    """How rows become bytes, what these are called in HTTP, and how a file of them ends."""

    encode: Callable[[Iterable[EventRow]], Iterator[bytes]]
    media_type: str
    suffix: str


_NDJSON: Final = "application/x-ndjson"

FORMATS: Final[Mapping[str, Format]] = {
    "csv": Format(encode_csv, "text/csv; charset=utf-8; header=present", "csv"),
    "jsonl": Format(encode_jsonl, _NDJSON, "jsonl"),
    "parquet": Format(encode_parquet, "application/vnd.apache.parquet", "parquet"),
    "ocsf": Format(encode_ocsf, _NDJSON, "ocsf.jsonl"),
    "ecs": Format(encode_ecs, _NDJSON, "ecs.jsonl"),
    "cef": Format(encode_cef, "text/plain; charset=utf-8", "cef"),
}
