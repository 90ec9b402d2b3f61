"""Turn TOML tables into records, refusing what is missing, misspelt or of the wrong kind.

Every problem is a `DataError` that names the file and the entry.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from dataclasses import MISSING, Field, fields
from importlib.resources.abc import Traversable
from math import isfinite
from typing import Any, TypeVar

from knuffel.errors import DataError, nearest
from knuffel.evidence.entries import STATUSES, Number, Parameter, StimulusProfile

__all__ = ["entries_of", "make_record", "named_tables", "read_values", "toml_files", "toml_table"]

_Record = TypeVar("_Record")
_TEXTS = frozenset({
    "unit", "port", "title", "symbol", "status", "species", "why", "name", "kind", "sex", "state", "authors", "doi",
    "url", "read", "note", "grade", "profile", "study", "quantity", "known_misfit",
})  # fmt: skip
_KEYS = frozenset({"source", "inputs"})
_LIMITS = frozenset({"bounds", "plausible"})
_TABLES = frozenset({"spread", "tolerance", "levels", "strengths"})
_ROWS = frozenset({"value", "published"})
_FLAGS = frozenset({"doi_checked", "pulse", "social_touch", "recovery_corrected"})


def toml_files(folder: Traversable, name: str) -> list[Traversable]:
    """Return the TOML files of a sub-folder by name; none when there is no such folder."""
    place = folder / name
    if not place.is_dir():
        return []
    return sorted((file for file in place.iterdir() if file.name.endswith(".toml")), key=lambda file: file.name)


def toml_table(file: Traversable) -> dict[str, Any]:
    """Return the content of a TOML file. Raises `DataError`."""
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataError(f"{file.name}: not a TOML file: {error}") from error


def entries_of(file: Traversable) -> Iterator[tuple[str, dict[str, Any]]]:
    """Return name and content of each table of a file. Raises `DataError` for anything that is not a table."""
    return named_tables(toml_table(file), file.name)


def named_tables(table: Any, where: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Return name and content of each table inside a table. Raises `DataError` for anything that is not a table."""
    if not isinstance(table, dict):
        raise DataError(f"{where}: expected tables, found {table!r}")
    for name, entry in table.items():
        if not isinstance(entry, dict):
            raise DataError(f"{where}: {name} is not a table but {entry!r}")
        yield name, entry


def make_record(kind: type[_Record], entry: dict[str, Any], where: str, /, **given: Any) -> _Record:
    """Return a record of what the entry says; nothing may be missing, misspelt or of the wrong kind."""
    values = read_values(kind, {key: value for key, value in entry.items() if key not in given}, where) | given
    declared: tuple[Field[Any], ...] = fields(kind)  # type: ignore[arg-type]
    needed = [item.name for item in declared if item.default is MISSING and item.default_factory is MISSING]
    for name in needed:
        if name not in values:
            raise DataError(f"{where}: {name} is missing")
    return kind(**values)


def read_values(kind: type[Any], entry: dict[str, Any], where: str) -> dict[str, Any]:
    """Return the fields of a record that an entry gives. Raises `DataError` for unknown keys and unfit values."""
    known = {item.name for item in fields(kind)} - {"changes"}
    values = {}
    for key, value in entry.items():
        if key not in known:
            guess = nearest(key, known)
            raise DataError(f"{where}: unknown key {key!r}" + (f"; did you mean {guess!r}?" if guess else ""))
        try:
            values[key] = _reader(kind, key)(value)
        except (TypeError, ValueError) as error:
            raise DataError(f"{where}: {key} = {value!r}: {error}") from error
    if kind is Parameter and values.get("status", STATUSES[0]) not in STATUSES:
        raise DataError(f"{where}: status = {values['status']!r} is not one of {', '.join(STATUSES)}")
    return values


def _reader(kind: type[Any], key: str) -> Callable[[Any], Any]:
    if key == "title":
        return _translated if kind is StimulusProfile else _text
    if key == "year":
        return _year
    if key in _KEYS:
        return _words
    if key in _TEXTS:
        return _text
    if key in _LIMITS:
        return _limits
    if key in _TABLES:
        return _mapping
    if key in _FLAGS:
        return _flag
    return _number if key in _ROWS else _scalar


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("expected a text")
    return value


def _words(value: Any) -> tuple[str, ...]:
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, list):
        raise TypeError("expected a list of names")
    return tuple(_text(item) for item in items)


def _translated(value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or not {"en", "nl"} <= value.keys():
        raise TypeError("expected a text in en and in nl")
    return {key: _text(text) for key, text in value.items()}


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError("expected true or false")
    return value


def _year(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError("expected a year")
    return value


def _number(value: Any) -> Number:
    """Return a float, or a tuple of floats for a list."""
    if isinstance(value, list):
        if not value:
            raise ValueError("the list is empty")
        return tuple(_scalar(item) for item in value)
    return _scalar(value)


def _scalar(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError("expected a number")
    if not isfinite(value):
        raise ValueError("expected a finite number")
    return float(value)


def _limits(value: Any) -> tuple[float, float]:
    if not isinstance(value, list) or len(value) != 2:
        raise TypeError("expected [lowest, highest]")
    low, high = (float(item) for item in value)
    if not low <= high:
        raise ValueError("expected [lowest, highest]")
    return low, high


def _mapping(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError("expected a table")
    return {key: tuple(item) if isinstance(item, list) else item for key, item in value.items()}
