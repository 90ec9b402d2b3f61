"""From a file to its heading and its rows of texts: encoding, separator, comments, number of columns."""

from __future__ import annotations

import csv
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from knuffel.dosing_tables.records import bare
from knuffel.dosing_tables.wording import Mistakes
from knuffel.errors import DataError, Problem

__all__ = ["Sheet", "read_sheet"]

_LARGEST = 200_000_000  # bytes
_MOST_LINES = 5_000_000
_MOST_COLUMNS = 500
_COMMENT = "#"
_UNIT_IN_TEXT = re.compile(r"([A-Za-z_]\w*)\s*\[\s*([^\[\],;]+?)\s*\]")
_ALLOWED = "a text table with the columns ID, TIME, AMT, DV, ..."

Row = tuple[int, list[str]]


@dataclass(frozen=True)
class Sheet:
    """Names of the columns in capitals, the units that stand beside them, and the rows with their line numbers.

    ``headings`` are the names with their units as they stand in the file; ``line`` is that of the heading.
    """

    names: tuple[str, ...]
    headings: tuple[str, ...]
    units: dict[str, str]
    rows: list[Row]
    line: int


def read_sheet(path: str | os.PathLike[str], mistakes: Mistakes) -> Sheet:
    """Return the texts of a table. Raises `DataError` when there is no table to speak of."""
    lines = _lines(path, mistakes.file)
    head, comments = _heading(lines, mistakes.file)
    number, text = lines[head]
    separator = next((sign for sign in (",", ";", "\t") if sign in text), None)
    text = text.strip().lstrip(_COMMENT) if text.lstrip().startswith(_COMMENT) else text
    if (text.count(separator) if separator else len(text.split())) >= _MOST_COLUMNS:
        _refuse("the table is too wide", mistakes.file, number, allowed=f"at most {_MOST_COLUMNS} columns")
    headings = tuple(_fields(text, separator) or ())
    names = tuple(bare(heading)[0] for heading in headings)
    units = {name: unit for comment in comments for name, unit in _units_in(comment)}
    units.update({name: unit for name, unit in map(bare, headings) if unit})
    _check_names(names, number, mistakes)
    rows = _rows(lines[head + 1 :], separator, len(names), mistakes)
    if not rows and not mistakes.problems:
        _refuse("the table has no rows", mistakes.file, number, allowed="a line for each event")
    return Sheet(names, headings, units, rows, number)


def _refuse(message: str, file: str, line: int | None = None, **facts: Any) -> None:
    problem = Problem(message, file, line, **facts)
    raise DataError(str(problem), [problem])


def _lines(path: str | os.PathLike[str], file: str) -> list[tuple[int, str]]:
    """Return number and text of every line that is not blank."""
    content = b""
    if not file or "\0" in file:
        _refuse("no file is given", file.replace("\0", "?"), allowed=_ALLOWED)
    try:
        # Not blocking, so that a named pipe without a writer is refused and does not hang.
        handle = os.open(Path(path), os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            _refuse("a table has to be a file", file, allowed=_ALLOWED)
        with os.fdopen(handle, "rb") as raw:
            content = raw.read(_LARGEST + 1)
    except FileNotFoundError:
        _refuse("there is no such file", file, allowed=_ALLOWED)
    except OSError as error:
        _refuse(f"the file cannot be read: {error.strerror or error}", file)
    if len(content) > _LARGEST:
        _refuse("the file is too large for this", file, allowed=f"at most {_LARGEST // 10**6} MB")
    if content.count(b"\n") > _MOST_LINES:
        _refuse("the table is too long", file, allowed=f"at most {_MOST_LINES:,} lines")
    if b"\0" in content:
        line = content[: content.index(b"\0")].count(b"\n") + 1
        _refuse("the file is not text", file, line, found="a zero byte", allowed="UTF-8 text")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        found = f"byte 0x{error.object[error.start]:02x}"
        _refuse("the file is not UTF-8 text", file, line, found=found, allowed="UTF-8 text")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return [(number, line) for number, line in enumerate(lines, 1) if line.strip()]


def _heading(lines: list[tuple[int, str]], file: str) -> tuple[int, list[str]]:
    """Return the place of the heading, and the comments before it.

    It is the first line that is no comment, or the last comment before it when only that one names ID and TIME.
    """
    first = next((place for place, (_, text) in enumerate(lines) if not text.lstrip().startswith(_COMMENT)), None)
    comments = [text for _, text in lines[:first]]
    if first is None and not comments:
        _refuse("the file is empty", file, allowed=_ALLOWED)
    if first is None:
        first = len(lines)
    if comments and _names_columns(comments[-1]) and not (first < len(lines) and _names_columns(lines[first][1])):
        return first - 1, comments
    if first == len(lines):
        _refuse("the table has no heading", file, allowed=_ALLOWED)
    return first, comments


def _names_columns(text: str) -> bool:
    words = {bare(word)[0] for word in re.split(r"[,;\t ]+", text.lstrip(_COMMENT + " ")[:10_000])}
    return "TIME" in words and ("ID" in words or "DV" in words)


def _units_in(comment: str) -> list[tuple[str, str]]:
    return [(name.upper(), unit) for name, unit in _UNIT_IN_TEXT.findall(comment[:10_000])]


def _fields(text: str, separator: str | None) -> list[str] | None:
    """Return the fields of a line without the blanks around them; None when quotes do not close."""
    if '"' not in text:
        parts = text.split() if separator is None else text.split(separator)
        return [part.strip() for part in parts]
    try:
        return [part.strip() for part in next(csv.reader([text], delimiter=separator or " ", strict=True), [])]
    except csv.Error:
        return None


def _check_names(names: tuple[str, ...], line: int, mistakes: Mistakes) -> None:
    if not names:
        mistakes.add("the heading cannot be read", line=line, allowed=_ALLOWED)
    for place, name in enumerate(names, 1):
        if not name:
            mistakes.add("a column without a name", line=line, column=str(place), allowed="a name for each column")
        elif name in names[: place - 1]:
            mistakes.add("two columns have the same name", line=line, column=name, allowed="each name once")
    mistakes.refuse()


def _rows(lines: list[tuple[int, str]], separator: str | None, width: int, mistakes: Mistakes) -> list[Row]:
    rows = []
    for number, text in lines:
        if text.lstrip().startswith(_COMMENT):
            continue
        fields = _fields(text, separator) if len(text) < 100_000 else [text]
        if fields is None:
            mistakes.add("quotes are opened and not closed", line=number, found=text)
        elif len(fields) != width:
            found = f"{len(fields)} fields"
            mistakes.add("another number of columns than in the heading", line=number, found=found, allowed=str(width))
        else:
            rows.append((number, fields))
    return rows
