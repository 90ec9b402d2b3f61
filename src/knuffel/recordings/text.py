"""Spike times from text: CSV, TSV, columns with blanks. Numpy reads blocks of lines; mistakes are looked for after."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import numpy.typing as npt

from knuffel.errors import Notice
from knuffel.recordings.header import Layout, fields_of, is_number, layout_of
from knuffel.recordings.owners import Owners, word_of
from knuffel.recordings.soundness import Numbers, refuse

__all__ = ["read_text"]

_BLOCK = 200_000  # lines read at once
_SAMPLE = 50  # lines of data that show the layout
_LONGEST_NAME = 64
_EMPTY = re.compile(r"^(?=[;,\t])|(?<=[;,\t])(?=[;,\t]|$)", re.MULTILINE)
_NOT_A_NUMBER = re.compile(r"nan|inf", re.IGNORECASE)
_COMMENT = re.compile(r"(?:^|\s)#.*")  # a name of a cell may hold the sign

Array = npt.NDArray[np.float64]


def read_text(path: Path, file: str) -> Numbers:
    """Return the numbers of a text file. Raises `DataError` with file, line and column of what is not a number."""
    with _opened(path, file) as handle:
        layout, skip = _layout(handle, file)
    reader = _Reader(path, file, layout, skip)
    columns, cells = reader.columns()
    notices = []
    if layout.ignored:
        notices.append(Notice("columns_ignored", f"columns not read: {', '.join(layout.ignored)}", file))
    return Numbers(columns, cells, file, layout.unit, place=reader.place, notices=notices)


@contextmanager
def _opened(path: Path, file: str) -> Iterator[TextIO]:
    """Open a text; the first byte that is not UTF-8 is refused with its line."""
    try:
        with path.open(encoding="utf-8-sig") as handle:
            yield handle
            return
    except UnicodeDecodeError:
        pass
    with path.open("rb") as raw:
        for number, line in enumerate(raw, 1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as error:
                found = f"byte 0x{line[error.start]:02x}"
                refuse("the file is not UTF-8 text", file, line=number, found=found, allowed="UTF-8 text")
    refuse("the file is not UTF-8 text", file, allowed="UTF-8 text")


def _data(lines: Iterator[str] | Sequence[str], first: int = 1) -> Iterator[tuple[int, str]]:
    """Yield number and text of every line that holds something, without comments."""
    for number, line in enumerate(lines, first):
        text = _COMMENT.sub("", line.strip("\r\n"))
        if text.strip():
            yield number, text


def _layout(handle: TextIO, file: str) -> tuple[Layout, int]:
    """Return the layout and how many lines stand before the data."""
    header: str | None = None
    comment: str | None = None
    sample: list[str] = []
    skip, first = 0, 1
    for number, line in enumerate(handle, 1):
        text = _COMMENT.sub("", line.strip("\r\n"))
        if line.lstrip().startswith("#"):
            comment = comment if sample else line.strip()
        elif not text.strip():
            continue
        elif header is None and not sample and _is_header(text):
            header, skip, first = text, number, number
        else:
            first = number if header is None and not sample else first
            sample.append(text)
        if len(sample) == _SAMPLE:
            break
    if header is None and not sample:
        refuse("the file holds no times", file, allowed="a column of spike times, or a header and no spikes")
    return layout_of(header, comment, sample, file, first), skip


def _is_header(text: str) -> bool:
    fields = re.split(r"[;,\t]", text)
    if re.match(r"[-+.]?\d", fields[0].strip('" ')):
        return False  # a number with a typo: taken as a header, it would be lost
    return not any(is_number(field.strip('" ')) for field in (fields if len(fields) > 1 else text.split()[:1]))


class _Reader:
    """Reads one file, after its layout is known."""

    def __init__(self, path: Path, file: str, layout: Layout, skip: int) -> None:
        self.path, self.file, self.layout, self.skip = path, file, layout, skip
        self.owners = Owners(file, layout)
        self.wide = len(layout.times) > 1

    def columns(self) -> tuple[list[Array], list[str]]:
        """Return the numbers of each cell, and the names of the cells."""
        blocks, owners, first = [], [], self.skip + 1
        with _opened(self.path, self.file) as handle:
            for _ in islice(handle, self.skip):
                pass
            while lines := list(islice(handle, _BLOCK)):
                if self.wide:
                    blocks.append(self._table(lines, first))
                elif self.layout.owners:
                    rows = self._owned(lines, first)
                    blocks.append(np.ascontiguousarray(rows["time"]))
                    owners.append(self.owners.codes_of(rows))
                else:
                    blocks.append(self._block(lines, first))
                first += len(lines)
        if self.wide:
            table = np.concatenate([np.empty((0, self.layout.columns)), *blocks])
            return [column[~np.isnan(column)] for column in table.T], list(self.layout.names)
        time = np.concatenate([np.empty(0), *blocks])
        if not self.owners.codes:
            return [time], [next(iter(self.layout.names), self.path.stem)]
        return self.owners.split(time, np.concatenate(owners))

    def _block(self, lines: list[str], first: int) -> Array:
        """Return the numbers of a block of one column of times."""
        rows = self._numbers(lines, first, np.dtype(np.float64), self.layout.times)
        if rows.ndim > 1:
            self._find_mistake(lines, first, f"{rows.shape[1]} columns")
        return rows

    def _owned(self, lines: list[str], first: int) -> npt.NDArray[Any]:
        """Return a block with ``time`` and ``owner0``, …, which are whole numbers or texts."""
        layout = self.layout
        places = sorted((*layout.times, *layout.owners))
        for kind in ("i8", f"U{_LONGEST_NAME}"):
            named = {place: (f"owner{number}", kind) for number, place in enumerate(layout.owners)}
            dtype = np.dtype([named.get(place, ("time", "f8")) for place in places])
            last = kind != "i8"
            text = [line for _, line in _data(lines)] if last else lines
            try:
                rows = self._numbers(text, first, dtype, places, comments=None, found=lines)
            except _NotWholeError:
                continue
            if last and any((np.char.strip(rows[f"owner{n}"]) == "").any() for n in range(len(named))):
                self._find_mistake(lines, first, "a spike without a cell")
            if last and any((np.char.str_len(rows[f"owner{n}"]) == _LONGEST_NAME).any() for n in range(len(named))):
                allowed = f"fewer than {_LONGEST_NAME} characters"
                refuse("a name of a cell is too long", self.file, line=first, allowed=allowed)
            return rows
        raise AssertionError

    def _table(self, lines: list[str], first: int) -> Array:
        """Return a block of one column for each cell; a cell with fewer spikes leaves its fields empty (NaN)."""
        layout, rows = self.layout, []
        for _, text in _data(lines):
            if layout.separator is not None:
                text = text.replace(" ", "")
                text += layout.separator * (layout.columns - 1 - text.count(layout.separator))
            rows.append(text)
        body = "\n".join(rows)
        if _NOT_A_NUMBER.search(body):
            self._find_mistake(lines, first, "a number that is none")
        if layout.separator is not None and rows:
            rows = _EMPTY.sub("nan", body).split("\n")
        return self._numbers(rows, first, np.dtype(np.float64), layout.times, found=lines).reshape(-1, layout.columns)

    def _numbers(
        self,
        text: list[str],
        first: int,
        dtype: np.dtype[Any],
        places: Sequence[int],
        *,
        comments: str | None = "#",
        found: list[str] | None = None,
    ) -> npt.NDArray[Any]:
        """Return lines as numpy reads them; when it does not, refuse what is wrong in the lines as they were found."""
        layout = self.layout
        fields: Any = tuple(places) if layout.ignored else None
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of blocks without data
                return np.loadtxt(
                    [line.replace(",", ".") for line in text] if layout.decimal_comma else text,
                    dtype,
                    comments=comments,
                    delimiter=layout.separator,
                    usecols=fields,
                    quotechar='"',
                    ndmin=1,
                )
        except (ValueError, OverflowError, IndexError) as error:
            if dtype.names is not None and any(dtype[name].kind == "i" for name in dtype.names):
                raise _NotWholeError from error
            self._find_mistake(text if found is None else found, first, str(error))
            raise AssertionError from error

    def _find_mistake(self, lines: list[str], first: int, reason: str) -> None:
        """Refuse the first field of a block that is not a number, or the first line of another width."""
        layout = self.layout
        for number, text in _data(lines, first):
            fields = fields_of(text.replace(",", ".") if layout.decimal_comma else text, layout.separator)
            where: dict[str, Any] = {"file": self.file, "line": number}
            fits = len(fields) == layout.columns or (self.wide and len(fields) < layout.columns)
            if not fits and not layout.ignored:
                allowed = f"{layout.columns}, as in the lines before"
                refuse("another number of columns", found=str(len(fields)), allowed=allowed, **where)
            for place in layout.times:
                field = fields[place] if place < len(fields) else ""
                sound = is_number(field) and (not self.wide or np.isfinite(float(field)))
                if not sound and (field or not self.wide):
                    shown = repr(field[:40]) if field else "nothing"
                    key = f"column {place + 1}"
                    refuse("not a number", key=key, found=shown, allowed="a spike time", **where)
            for place in layout.owners:
                if place >= len(fields) or not fields[place]:
                    allowed = "the name of a cell"
                    refuse("nothing stands here", key=f"column {place + 1}", allowed=allowed, **where)
        refuse("the file cannot be read", self.file, line=first, found=reason, allowed="a column of spike times")

    def place(self, cell: int, number: int) -> dict[str, Any]:
        """Return line and column of a number of a cell, by going through the file once more."""
        layout, seen = self.layout, 0
        column = layout.times[cell if self.wide else 0]
        key = self.owners.key_of(cell)
        with _opened(self.path, self.file) as handle:
            for _ in islice(handle, self.skip):
                pass
            for line, text in _data(handle, self.skip + 1):
                fields = fields_of(text, layout.separator)
                there = column < len(fields) and fields[column] != ""
                mine = there and (key is None or tuple(word_of(fields[at]) for at in layout.owners) == key)
                if mine and seen == number:
                    return {"line": line, "key": f"column {column + 1}"}
                seen += mine
        return {}


class _NotWholeError(Exception):
    """The names of cells are not whole numbers: read them as texts."""
