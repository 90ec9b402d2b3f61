"""What the columns of a text file are: separator, header, times, cells, unit."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass

from knuffel.recordings.soundness import refuse

__all__ = ["Layout", "fields_of", "is_number", "layout_of"]

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[+-]?(?:nan|inf|infinity)", re.ASCII | re.IGNORECASE)
_SPELT = {
    "s": ("s", "sec", "secs", "second", "seconds", "seconden"),
    "ms": ("ms", "msec", "msecs", "millisecond", "milliseconds", "milliseconden"),
    "us": ("us", "µs", "μs", "usec", "microsecond", "microseconds"),
}
_UNIT_OF = {word: unit for unit, words in _SPELT.items() for word in words}
_IN_BRACKETS = re.compile(r"^(.*?)[\s_]*[(\[]\s*([^()\[\]]*?)\s*[)\]]$", re.DOTALL)
_AT_THE_END = re.compile(rf"^(.*?)[\s_.-]+({'|'.join(_UNIT_OF)})$", re.IGNORECASE | re.DOTALL)
_BLANK_BEFORE_BRACKET = re.compile(r"\s+(?=[(\[])|(?<=[(\[])\s+|\s+(?=[)\]])")
_TIMES = frozenset(
    (
        "time",
        "times",
        "t",
        "timestamp",
        "timestamps",
        "spike",
        "spikes",
        "spiketime",
        "spiketimes",
        "tijd",
        "tijden",
        "spiketijden",
    )
)
_CELLS = frozenset(
    (
        "cell",
        "cells",
        "cellid",
        "cellname",
        "unit",
        "units",
        "unitid",
        "unitname",
        "neuron",
        "neurons",
        "neuronid",
        "id",
        "train",
        "cluster",
        "clusterid",
        "channel",
        "cel",
        "cellen",
    )
)
_SUBJECTS = frozenset(("subject", "animal", "rat", "proefdier"))


@dataclass(frozen=True)
class Layout:
    """How to read the lines of a file.

    ``separator`` is None for blanks; ``columns`` how many there are; ``times`` the columns that hold times, ``owners``
    those that name subject and cell. With several columns of times each is a cell, and ``names`` are their names.
    ``unit`` is None when no header says it; ``named`` whether there is a header; ``ignored`` are the columns that are
    not read.
    """

    separator: str | None
    decimal_comma: bool
    columns: int
    times: tuple[int, ...]
    owners: tuple[int, ...] = ()
    names: tuple[str, ...] = ()
    unit: str | None = None
    named: bool = True
    ignored: tuple[str, ...] = ()


def is_number(text: str) -> bool:
    """Whether a field is a number (or says that it is none: nan, inf)."""
    return _NUMBER.fullmatch(text) is not None


def fields_of(line: str, separator: str | None) -> list[str]:
    """Return the fields of a line without blanks and quotes around them."""
    if separator is None:
        return [field.strip('"') for field in line.split()]
    try:
        return [field.strip() for field in next(csv.reader([line], delimiter=separator, skipinitialspace=True), [])]
    except csv.Error:
        return [field.strip() for field in line.split(separator)]


def layout_of(header: str | None, comment: str | None, data: Sequence[str], file: str, line: int) -> Layout:
    """Return the layout of a file from its header, the last comment before the data, and its first lines of data.

    ``line`` is the number of the first line, for messages. Raises `DataError` when it is not clear which column holds
    the times.
    """
    separator = _separator([*data, header or ""])
    widths = [len(_without_empty_end(fields_of(text, separator))) for text in data]
    single = separator is None and set(widths) == {1}
    names = _names(header, separator, single=single)
    width = max(widths, key=widths.count, default=0)
    columns = len(names) if len(names) in widths else max(len(names), width)
    comma = separator in (";", "\t") and any("," in text for text in data)
    if separator == "," and len(names) == 1 and widths and set(widths) == {2}:
        comma, columns, separator = True, 1, None  # one column of numbers such as 0,25
    if not names and comment is not None:
        said = _names(comment, separator, single=single)
        names = said if len(said) == columns and any(_is_time(name) for name in said) else []
    if names:
        return _named(names, separator, comma, columns, file, line)
    if columns <= 2:
        return Layout(separator, comma, columns, (0,), (1,) if columns == 2 else (), named=False)
    refuse(
        f"{columns} columns and no header: which one holds the times?",
        file,
        line=line,
        allowed="one column of times; times and cell; or a header such as time_s,cell",
    )


def _separator(lines: Sequence[str]) -> str | None:
    text = next((line for line in lines if line.strip()), "")
    return next((sign for sign in (";", "\t", ",") if sign in text.strip()), None)


def _without_empty_end(fields: list[str]) -> list[str]:
    while fields and not fields[-1]:
        fields = fields[:-1]
    return fields


def _names(header: str | None, separator: str | None, *, single: bool) -> list[str]:
    """Return the names of the columns; above a single column a title of several words is one name."""
    if header is None:
        return []
    text = header.lstrip("# ")
    if single:
        return [text.strip('" ')]
    return _without_empty_end(fields_of(_BLANK_BEFORE_BRACKET.sub("", text) if separator is None else text, separator))


def _split_unit(name: str) -> tuple[str, str | None]:
    """Return the name without its unit, and the word for the unit, if there is one."""
    match = _IN_BRACKETS.match(name) or _AT_THE_END.match(name)
    if match:
        return match[1].strip(" _"), match[2].lower()
    return ("", name.lower()) if name.lower() in _UNIT_OF else (name, None)


def _plain(name: str) -> str:
    return re.sub(r"[\W_]", "", _split_unit(name)[0]).lower()


def _is_time(name: str) -> bool:
    return _plain(name) in _TIMES or name.lower() in _UNIT_OF


def _named(names: list[str], separator: str | None, comma: bool, columns: int, file: str, line: int) -> Layout:
    if len(names) < columns:
        found = f"{len(names)} names, {columns} columns"
        refuse("the header does not fit the lines below it", file, line=line, found=found, allowed="a name a column")
    times = [place for place, name in enumerate(names) if _is_time(name)]
    owners = [place for place, name in enumerate(names) if _plain(name) in _SUBJECTS]
    owners += [place for place, name in enumerate(names) if _plain(name) in _CELLS]
    if len(times) == 1:
        unit = _unit(names[times[0]], file, line)
        ignored = [name for place, name in enumerate(names) if place not in (*times, *owners)]
        return Layout(separator, comma, columns, tuple(times), tuple(owners), (), unit, ignored=tuple(ignored))
    if owners or not all(names):
        allowed = "a column such as time_s or spike_times_ms, or one named column for each cell"
        refuse("the header names no column of times", file, line=line, found=", ".join(names), allowed=allowed)
    units = {_unit(name, file, line) for name in names}
    if len(units) > 1:
        found = ", ".join(sorted(str(unit) for unit in units))
        refuse("the columns of cells are in different units", file, line=line, found=found, allowed="one unit")
    cells = [_split_unit(name)[0] or name for name in names]
    if len(set(cells)) < len(cells):
        refuse("two columns have the same name", file, line=line, found=", ".join(names), allowed="a name a cell")
    return Layout(separator, comma, columns, tuple(range(columns)), (), tuple(cells), units.pop())


def _unit(name: str, file: str, line: int) -> str | None:
    bare, word = _split_unit(name)
    if word is None or word in _UNIT_OF:
        return None if word is None else _UNIT_OF[word]
    if _plain(bare) in _TIMES:
        refuse("times of spikes are not read in this unit", file, line=line, found=repr(word), allowed="s, ms, us")
    return None
