"""Which cell a spike belongs to, when a column of the file says so."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import numpy as np
import numpy.typing as npt

from knuffel.recordings.header import Layout, is_number
from knuffel.recordings.soundness import refuse

__all__ = ["Owners", "word_of"]

_MOST_CELLS = 100_000
_PIECE = re.compile(r"(\d+)")
_WHOLE = re.compile(r"[+-]?\d{1,18}", re.ASCII)
_FEW = 4  # rows, below which nothing can be said
_MANY = 20  # cells that a column without a name may hold at any length


class Owners:
    """The cells of a file, by the words in its columns of subject and cell."""

    def __init__(self, file: str, layout: Layout) -> None:
        self.file, self.layout = file, layout
        self.codes: dict[tuple[str, ...], int] = {}
        self._order: list[int] = []

    def codes_of(self, rows: npt.NDArray[Any]) -> npt.NDArray[np.int32]:
        """Return the code of the cell of each row of ``owner0``, ``owner1``, …"""
        owner = np.zeros(len(rows), dtype=np.int64)
        keys: list[tuple[str, ...]] = [()]
        for number in range(len(self.layout.owners)):
            values, inverse = np.unique(rows[f"owner{number}"], return_inverse=True)
            pairs, owner = np.unique(owner * max(len(values), 1) + inverse, return_inverse=True)
            words = [word_of(str(value)) for value in values]
            keys = [(*keys[pair // len(words)], words[pair % len(words)]) for pair in pairs.tolist()]
        codes = [self.codes.setdefault(key, len(self.codes)) for key in keys if key]
        if len(self.codes) > _MOST_CELLS:
            allowed = f"at most {_MOST_CELLS}; is the comma a decimal sign, or is another column the cell?"
            refuse("more cells than can be", self.file, found=f"{len(self.codes)} and more", allowed=allowed)
        return np.array(codes, dtype=np.int32)[owner] if codes else owner.astype(np.int32)

    def split(
        self, time: npt.NDArray[np.float64], owner: npt.NDArray[np.int32]
    ) -> tuple[list[npt.NDArray[np.float64]], list[str]]:
        """Return the times of each cell in the order of the file, and the names; cells in the order of their names."""
        keys = list(self.codes)
        self._check(time, keys)
        one_subject = len(self.layout.owners) == 1 or len({key[0] for key in keys}) == 1
        names = [key[-1] if one_subject else "/".join(key) for key in keys]
        double = next((name for name, count in Counter(names).items() if count > 1), None)
        if double is not None:
            refuse("two cells have the same name", self.file, found=repr(double), allowed="a name a cell")
        self._order = sorted(range(len(keys)), key=lambda code: _natural(keys[code]))
        ends = np.cumsum(np.bincount(owner, minlength=len(keys)))
        parts = np.split(time[np.argsort(owner, kind="stable")], ends[:-1])
        return [parts[code] for code in self._order], [names[code] for code in self._order]

    def _check(self, time: npt.NDArray[np.float64], keys: list[tuple[str, ...]]) -> None:
        """Refuse a second column that does not look like cells when no header says that it is."""
        if self.layout.named:
            return
        fractions = [key[-1] for key in keys if is_number(key[-1]) and not key[-1].lstrip("+-").isdigit()]
        whole = len(time) >= _FEW and not np.mod(time[np.isfinite(time)], 1).any()
        crowd = len(keys) > _MANY and (whole or len(keys) > len(time) / 2)
        if fractions or crowd or (whole and self.layout.separator == "," and len(keys) > len(time) / 2):
            found = f"{len(keys)} different values" + (f", such as {fractions[0]}" if fractions else "")
            allowed = "a header that says so (time_s,cell); or is the comma a decimal sign?"
            refuse("the second column does not look like the names of cells", self.file, found=found, allowed=allowed)

    def key_of(self, cell: int) -> tuple[str, ...] | None:
        """Return the words that stand for a cell, or None when there is no column of cells."""
        return list(self.codes)[self._order[cell]] if self._order else None


def word_of(field: str) -> str:
    """Return the name of a cell as it is written, whole numbers without zeros in front."""
    text = field.strip()
    return str(int(text)) if _WHOLE.fullmatch(text) else text


def _natural(key: tuple[str, ...]) -> list[tuple[int, int, str]]:
    """Return a key that puts cell 2 before cell 10."""
    pieces = [piece for part in key for piece in _PIECE.split(part)]
    return [(0, int(piece), "") if piece.isascii() and piece.isdigit() else (1, 0, piece) for piece in pieces]
