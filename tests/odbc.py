"""ODBC as a BI tool speaks it: the driver manager's C interface, and PostgreSQL's driver where Debian has put it."""

import ctypes
import ctypes.util
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

# From sql.h and sqlext.h.
_ENVIRONMENT, _CONNECTION, _STATEMENT = 1, 2, 3
_ODBC_VERSION, _ODBC_3, _NO_PROMPT, _TO_ITS_END = 200, 3, 0, -3
_SUCCESS, _SUCCESS_WITH_MORE, _NO_DATA, _NULL = 0, 1, 100, -1
_WIDE_TEXT: Final = -8
TYPES: Final = {-1: "text", -10: "text", 12: "text", -9: "text", -5: "bigint", 93: "timestamp"}
PIECE: Final = 4096

DRIVER: Final = next(iter(sorted(Path("/usr/lib").glob("*/odbc/psqlodbcw.so"))), None)
MANAGER: Final = ctypes.util.find_library("odbc")
IS_THERE: Final = DRIVER is not None and MANAGER is not None


class OdbcError(Exception):
    """What the driver says, with its SQLSTATE first."""


@dataclass(frozen=True)
class Result:
    """Columns by name with the type that the driver tells, and the rows as texts."""

    columns: dict[str, str]
    rows: list[tuple[str | None, ...]]


@contextmanager
def connected(words: dict[str, str]) -> Iterator["Connection"]:
    """A connection by these words of a connection string, closed at the end of the block."""
    connection = Connection(ctypes.CDLL(str(MANAGER)))
    text = ";".join(f"{name}={value}" for name, value in {"DRIVER": str(DRIVER), **words}.items())
    connection.open(text)
    try:
        yield connection
    finally:
        connection.close()


class Connection:
    """One connection, and statements one after the other."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self._library = library
        self._environment = self._allocated(_ENVIRONMENT, None)
        self._call(_ENVIRONMENT, self._environment, "SQLSetEnvAttr", _ODBC_VERSION, ctypes.c_void_p(_ODBC_3), 0)
        self._connection = self._allocated(_CONNECTION, self._environment)

    def open(self, text: str) -> None:
        """Connect."""
        self._call(
            _CONNECTION,
            self._connection,
            "SQLDriverConnect",
            None,
            text.encode(),
            _TO_ITS_END,
            None,
            0,
            None,
            _NO_PROMPT,
        )

    def close(self) -> None:
        """Disconnect."""
        self._library.SQLDisconnect(self._connection)
        self._library.SQLFreeHandle(_CONNECTION, self._connection)
        self._library.SQLFreeHandle(_ENVIRONMENT, self._environment)

    def execute(self, query: str) -> Result:
        """All rows of a query.

        Raises:
            OdbcError: it was refused.
        """
        statement = self._allocated(_STATEMENT, self._connection)
        try:
            self._call(_STATEMENT, statement, "SQLExecDirect", query.encode(), _TO_ITS_END)
            columns = self._columns(statement)
            rows = []
            while self._call(_STATEMENT, statement, "SQLFetch") != _NO_DATA:
                rows.append(tuple(self._value(statement, place + 1) for place in range(len(columns))))
            return Result(columns, rows)
        finally:
            self._library.SQLFreeHandle(_STATEMENT, statement)

    def _columns(self, statement: ctypes.c_void_p) -> dict[str, str]:
        count = ctypes.c_short()
        self._call(_STATEMENT, statement, "SQLNumResultCols", ctypes.byref(count))
        columns = {}
        for place in range(1, count.value + 1):
            name, kind = ctypes.create_string_buffer(256), ctypes.c_short()
            self._call(
                _STATEMENT, statement, "SQLDescribeCol", place, name, 256, None, ctypes.byref(kind), None, None, None
            )
            columns[name.value.decode()] = TYPES.get(kind.value, str(kind.value))
        return columns

    def _value(self, statement: ctypes.c_void_p, place: int) -> str | None:
        """In pieces, for text may be long."""
        pieces = b""
        while True:
            piece, size = ctypes.create_string_buffer(PIECE), ctypes.c_ssize_t()
            done = self._call(
                _STATEMENT,
                statement,
                "SQLGetData",
                place,
                _WIDE_TEXT,
                piece,
                ctypes.c_ssize_t(PIECE),
                ctypes.byref(size),
            )
            if size.value == _NULL:
                return None
            # Two bytes end each piece.
            pieces += piece.raw[: min(size.value, PIECE - 2) if size.value >= 0 else PIECE - 2]
            if done != _SUCCESS_WITH_MORE:
                return pieces.decode("utf-16-le")

    def _allocated(self, kind: int, parent: ctypes.c_void_p | None) -> ctypes.c_void_p:
        handle = ctypes.c_void_p()
        if self._library.SQLAllocHandle(kind, parent, ctypes.byref(handle)) != _SUCCESS:
            raise OdbcError("no handle")
        return handle

    def _call(self, kind: int, handle: ctypes.c_void_p, function: str, *arguments: Any) -> int:
        result = getattr(self._library, function)(handle, *arguments)
        done = int(ctypes.c_short(result).value)
        if done not in (_SUCCESS, _SUCCESS_WITH_MORE, _NO_DATA):
            raise OdbcError(self._reason(kind, handle))
        return done

    def _reason(self, kind: int, handle: ctypes.c_void_p) -> str:
        state, text = ctypes.create_string_buffer(6), ctypes.create_string_buffer(1000)
        self._library.SQLGetDiagRec(kind, handle, 1, state, None, text, 1000, None)
        return f"{state.value.decode()} {text.value.decode()}"
