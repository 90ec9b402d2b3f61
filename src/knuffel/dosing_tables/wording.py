"""Fields of a text table: what is missing, what is a number, and the mistakes that are told together."""

from __future__ import annotations

import re
from math import isfinite

from knuffel.errors import DataError, Problem

__all__ = ["MOST_MISTAKES", "Mistakes", "is_number", "number_of"]

MOST_MISTAKES = 20
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eEdD][+-]?\d+)?", re.ASCII)
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+", re.ASCII)
_SHOWN = 40


def is_number(text: str) -> bool:
    """Whether a field is a number; nan and inf are none."""
    return _NUMBER.fullmatch(text) is not None


def number_of(text: str) -> float | str:
    """Return the finite number that a field holds, or why it holds none. The D of an exponent is read like E."""
    if _NUMBER.fullmatch(text) is None:
        if _DECIMAL_COMMA.fullmatch(text):
            return "a number with a decimal comma"
        if text.lower().lstrip("+-") in ("nan", "inf", "infinity", "na"):
            return "not a finite number"
        return "not a number"
    try:
        value = float(text)
    except ValueError:
        value = float(text.upper().replace("D", "E"))
    return value if isfinite(value) else "not a finite number"


class Mistakes:
    """Collects the mistakes of one file and refuses them together, at most twenty."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []

    def add(
        self,
        message: str,
        *,
        line: int | None = None,
        column: str = "",
        found: str | None = None,
        allowed: str | None = None,
        suggestion: str | None = None,
    ) -> None:
        """Take down one mistake; the twentieth ends the reading with `DataError`."""
        shown = None if found is None else (found if len(found) <= _SHOWN else found[:_SHOWN] + "…")
        key = f"column {column[:_SHOWN]}" if column else ""
        problem = Problem(message, self.file, line, key=key, found=shown, allowed=allowed, suggestion=suggestion)
        self.problems.append(problem)
        if len(self.problems) >= MOST_MISTAKES:
            self.refuse()

    def refuse(self) -> None:
        """Raise `DataError` when there was a mistake."""
        count = len(self.problems)
        if not count:
            return
        more = " or more" if count >= MOST_MISTAKES else ""
        head = [f"{count}{more} problems in the table:"] if count > 1 else []
        ordered = sorted(self.problems, key=lambda problem: problem.line or 0)
        raise DataError("\n".join([*head, *map(str, ordered)]), ordered)
