"""The evidence as rows of plain data and as plain text, for the command line.

Rows are dictionaries that can be written as JSON; the text functions take them and return a table without colours.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import isinf
from typing import Any

from knuffel.errors import ParameterError, nearest
from knuffel.evidence.load import Number, Parameter, Source, parameters, sets, sources

__all__ = [
    "citation_rows",
    "citation_text",
    "facts_text",
    "number_text",
    "parameter_facts",
    "parameter_rows",
    "parameter_text",
    "text_table",
]

_BRACKETS = "A title in square brackets is our own description: the printed title was not recorded."


def parameter_rows(room: str | None = None) -> list[dict[str, Any]]:
    """Return a row for each parameter: id, value, unit, status, spread, source, why, and the sets that change it.

    ``room`` keeps the parameters of that room, or else those whose id holds the text. Raises `ParameterError` when
    nothing is left.
    """
    known = parameters()
    chosen = list(known) if room is None else [name for name in known if name.partition(".")[0] == room]
    if room is not None and not chosen:
        chosen = [name for name in known if room in name]
    if not chosen:
        guess = nearest(str(room), {name.partition(".")[0] for name in known} | set(known))
        raise ParameterError(f"no parameter matches {room!r}" + (f"; did you mean {guess!r}?" if guess else ""))
    changed = _changed_by()
    return [_row(known[name], changed.get(name, [])) for name in chosen]


def parameter_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the rows of `parameter_rows` as a table, without sources and reasons."""
    return text_table(
        ("id", "value", "unit", "status", "spread", "title"),
        (
            (
                row["id"],
                number_text(row["value"]),
                row["unit"],
                row["status"],
                _spread_text(row["spread"]),
                row["title"],
            )
            for row in rows
        ),
        widest=60,
    )


def parameter_facts(identifier: str) -> dict[str, Any]:
    """Return everything about one parameter, with its references and its value in each set that changes it.

    Raises `ParameterError` for an unknown id, with the nearest one.
    """
    known = parameters()
    if identifier not in known:
        guess = nearest(identifier, known)
        raise ParameterError(f"there is no parameter {identifier!r}" + (f"; did you mean {guess!r}?" if guess else ""))
    entry = known[identifier]
    facts = _row(entry, [])
    del facts["sets"]
    facts["bounds"], facts["plausible"] = list(entry.bounds), list(entry.plausible)
    facts["inputs"] = list(entry.inputs)
    facts["references"] = citation_rows(entry.source)
    facts["sets"] = [
        {"set": item.name, **_row(item.parameters[identifier], [])}
        for item in sets().values()
        if identifier in item.parameters
    ]
    return facts


def facts_text(facts: Mapping[str, Any]) -> str:
    """Return the facts of one parameter as lines of text, with the sets that change it as a table."""
    lines = [
        ("parameter", facts["id"]),
        ("meaning", facts["title"]),
        ("symbol", facts["symbol"]),
        ("value", f"{number_text(facts['value'])} {facts['unit']}"),
        ("status", facts["status"]),
        ("species", facts["species"]),
        ("spread", _spread_text(facts["spread"])),
        ("bounds", _limits_text(facts["bounds"])),
        ("plausible", _limits_text(facts["plausible"])),
        ("why", facts["why"]),
        ("made of", ", ".join(facts["inputs"])),
    ]
    width = max(len(name) for name, _ in lines)
    text = "\n".join(f"{name:<{width}}  {value}" for name, value in lines if value)
    if facts["references"]:
        text += "\n\nreferences\n" + citation_text(facts["references"])
    if facts["sets"]:
        rows = (
            (row["set"], number_text(row["value"]), row["unit"], row["status"], row["why"]) for row in facts["sets"]
        )
        text += "\n\n" + text_table(("set", "value", "unit", "status", "why"), rows)
    return text


def citation_rows(keys: Iterable[str] | None = None) -> list[dict[str, Any]]:
    """Return the references of the ``keys`` (all when None): key, reference, doi, url, read, doi_checked.

    A key that is not in the sources is left out; the checks of the package find it.
    """
    known = sources()
    chosen = known if keys is None else [key for key in keys if key in known]
    return [
        {
            "key": key,
            "reference": _reference(known[key]),
            "doi": known[key].doi,
            "url": known[key].url,
            "read": known[key].read,
            "doi_checked": known[key].doi_checked,
        }
        for key in chosen
    ]


def citation_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return references as text, one on each line, with its key in front.

    When a title stands in square brackets, a last line says what that means.
    """
    width = max((len(row["key"]) for row in rows), default=0)
    lines = [f"{row['key']:<{width}}  {row['reference']}" for row in rows]
    if any("[" in row["reference"] for row in rows):
        lines.append(_BRACKETS)
    return "\n".join(lines)


def text_table(headings: Sequence[str], rows: Iterable[Sequence[Any]], widest: int | None = None) -> str:
    """Return an aligned table in plain text. Cells longer than ``widest`` characters are cut and end in ``…``."""
    lines = [[str(cell) for cell in row] for row in (headings, *rows)]
    if widest is not None:
        lines = [[cell if len(cell) <= widest else cell[: widest - 1] + "…" for cell in line] for line in lines]
    widths = [max(len(line[column]) for line in lines) for column in range(len(headings))]
    lines.insert(1, ["-" * width for width in widths])
    return "\n".join(
        "  ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def number_text(value: Number | Sequence[float]) -> str:
    """Return a number with up to six digits, an interval as ``low to high``, a longer row with commas."""
    if isinstance(value, (int, float)):
        return f"{value:.6g}"
    shown = [f"{item:.6g}" for item in value]
    return " to ".join(shown) if len(shown) == 2 else ", ".join(shown)


def _row(entry: Parameter, changed: Sequence[str]) -> dict[str, Any]:
    return {
        "id": entry.id,
        "value": list(entry.value) if isinstance(entry.value, tuple) else entry.value,
        "unit": entry.unit,
        "title": entry.title,
        "symbol": entry.symbol,
        "status": entry.status,
        "species": entry.species,
        "spread": {key: list(item) if isinstance(item, tuple) else item for key, item in entry.spread.items()},
        "source": list(entry.source),
        "why": entry.why,
        "sets": list(changed),
    }


def _changed_by() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for item in sets().values():
        for name in item.parameters:
            found.setdefault(name, []).append(item.name)
    return found


def _spread_text(spread: Mapping[str, Any]) -> str:
    numbers = [
        f"{key} {value:g}"
        if isinstance(value, float)
        else f"{key.replace('_', ' ')} {' '.join(value) if isinstance(value, list) else value}"
        for key, value in spread.items()
        if key != "kind"
    ]
    return ", ".join([spread["kind"], *numbers]) if "kind" in spread else ", ".join(numbers)


def _limits_text(limits: Sequence[float]) -> str:
    low, high = limits
    return "" if isinf(low) and isinf(high) else f"{low:g} to {high:g}"


def _reference(source: Source) -> str:
    """Return authors, year, title, and where it is found, as far as known."""
    head = " ".join(
        part for part in (source.authors.replace(";", ","), f"({source.year})" if source.year else "") if part
    )
    place = f"doi:{source.doi}" if source.doi else f"GitHub {source.url}" if source.url else source.note
    if source.doi and not source.doi_checked:
        place += " (DOI from memory)"
    return ". ".join(part for part in (head, source.title, place) if part)
