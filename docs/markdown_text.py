"""Small pieces of Markdown: tables, numbers, first sentences."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["first_paragraph", "number", "table", "value"]


def table(headings: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    """Return a Markdown table; cells may be anything, None is empty."""
    heads = list(headings)
    lines = [heads, ["---"] * len(heads), *(list(row) for row in rows)]
    return "\n".join("| " + " | ".join(_cell(item) for item in line) + " |" for line in lines)


def _cell(item: Any) -> str:
    return "" if item is None else " ".join(str(item).replace("|", "\\|").split())


def number(item: Any) -> str:
    """Return a number, or a row of numbers, for reading; None is empty."""
    if item is None:
        return ""
    if isinstance(item, (list, tuple)):
        return (" … " if len(item) == 2 else ", ").join(number(part) for part in item)
    if isinstance(item, bool):
        return "yes" if item else "no"
    return f"{item:.6g}" if isinstance(item, (int, float)) else str(item)


def value(item: Any) -> str:
    """Return any JSON-like value for reading; what is empty stays empty."""
    if item in (None, (), {}, ""):
        return ""
    if isinstance(item, Mapping):
        return ", ".join(f"{key} {value(part)}" for key, part in item.items())
    return number(item)


def first_paragraph(text: str | None) -> str:
    """Return the first paragraph of a docstring on one line, with plain code marks."""
    line = " ".join((text or "").strip().split("\n\n")[0].split())
    return re.sub(r"`+", "`", line)
