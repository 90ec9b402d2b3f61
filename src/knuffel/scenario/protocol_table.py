"""The protocols that a dose may name, as rows and as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from knuffel.scenario.protocols import is_induction, protocols

__all__ = ["protocol_rows", "protocol_text"]

_COLUMNS = ("name", "for", "first", "increment", "interval", "maximum", "mark", "source")
_MARKS = "mark: S read in the source, M from memory, D our design"
_ADVICE = "Presets for research and teaching, not medical advice."


def protocol_rows() -> list[dict[str, Any]]:
    """Return every protocol as plain data: an induction with its rates and its interval, others with what they give.

    Rates are in mU/min, intervals in min; a list of two is a range. ``maximum`` is None when the protocol names none.
    """
    rows = []
    for name, entry in protocols().items():
        row: dict[str, Any] = {"name": name, "for": entry["for"], "drug": entry["drug"]}
        row["kind"] = "induction" if is_induction(entry) else "doses"
        if is_induction(entry):
            row |= {"first": entry["start"], "increment": entry["increment"], "interval": entry["interval_min"]}
            row |= {"maximum": entry.get("max"), "rate_unit": "mU/min", "interval_unit": "min"}
        else:
            known = ("for", "drug", "mark", "source")
            row["given"] = {key: value for key, value in entry.items() if key not in known}
        rows.append(row | {"source": entry.get("source", ""), "mark": entry["mark"]})
    return rows


def protocol_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return two tables for the shell: inductions, and what gives doses."""
    inductions = [row for row in rows if row["kind"] == "induction"]
    pumped = [_COLUMNS, *(tuple(_cell(row, column) for column in _COLUMNS) for row in inductions)]
    others = [("name", "for", "drug", "gives", "mark", "source")]
    others += [
        (row["name"], row["for"], row["drug"], _given(row["given"]), row["mark"], row["source"])
        for row in rows
        if row["kind"] != "induction"
    ]
    head = "Inductions of labour (a pump follows them; rates in mU/min, intervals in min):"
    return "\n".join([head, "", *_lines(pumped), "", "Doses:", "", *_lines(others), "", f"{_MARKS}. {_ADVICE}"])


def _cell(row: Mapping[str, Any], column: str) -> str:
    value = row[column]
    if value is None:
        return "none"
    return " to ".join(f"{item:g}" for item in dict.fromkeys(value)) if isinstance(value, list) else str(value)


def _given(content: Mapping[str, Any]) -> str:
    parts = []
    for key, value in content.items():
        listed = value if isinstance(value, list) else [value]
        shown = [_given(item) if isinstance(item, Mapping) else str(item) for item in listed]
        parts.append(f"{key} {' / '.join(shown)}")
    return ", ".join(parts)


def _lines(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
