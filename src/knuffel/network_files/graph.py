"""The connections of a network: a line ``neurons,dendrites,bundles``, then the bundles of each neuron."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from knuffel.network_files.lines import lines_of, refuse

__all__ = ["graph_text", "read_graph"]

_DENDRITES = 2
_MOST = 1_000_000


def read_graph(file: Path) -> tuple[tuple[tuple[int, int], ...], int]:
    """Return the two bundles of every neuron, and the number of bundles.

    Raises `DataError` with file and line for anything that is no whole network: counts that do not fit, missing or
    extra rows, bundles that do not exist, or both dendrites of a neuron in one bundle.
    """
    lines = lines_of(file)
    if not lines:
        refuse("the file is empty", file, allowed="neurons,dendrites,bundles, then a line for each neuron")
    number, text = lines[0]
    head = _whole(text, file, number, "neurons, dendrites and bundles", 3)
    cells, dendrites, bundles = head
    if dendrites != _DENDRITES:
        refuse("neurons of this network have two dendrites", file, line=number, found=str(dendrites), allowed="2")
    if not 1 <= cells <= _MOST:
        refuse("not a possible number of neurons", file, line=number, found=str(cells), allowed=f"1 to {_MOST}")
    if not _DENDRITES <= bundles <= _MOST:
        found, allowed = str(bundles), f"{_DENDRITES} to {_MOST}"
        refuse("not a possible number of bundles", file, line=number, found=found, allowed=allowed)
    rows = lines[1:]
    if len(rows) != cells:
        last = rows[-1][0] if rows else number
        refuse(
            "the number of rows is not that of the neurons", file, line=last, found=f"{len(rows)} rows",
            allowed=f"{cells}, as line {number} says",
        )  # fmt: skip
    graph = []
    for neuron, (number, text) in enumerate(rows):
        pair = _whole(text, file, number, f"the two bundles of neuron {neuron}", _DENDRITES)
        for bundle in pair:
            if not 0 <= bundle < bundles:
                allowed = f"0 to {bundles - 1}"
                refuse("there is no such bundle", file, line=number, found=str(bundle), allowed=allowed)
        if pair[0] == pair[1]:
            message = f"both dendrites of neuron {neuron} lie in one bundle"
            refuse(message, file, line=number, found=text, allowed="two different bundles")
        graph.append((pair[0], pair[1]))
    return tuple(graph), bundles


def _whole(text: str, file: Path, line: int, what: str, count: int) -> list[int]:
    """Return the whole numbers of a line."""
    fields = [field.strip() for field in text.split(",")]
    if len(fields) != count:
        refuse(f"this line does not hold {what}", file, line=line, found=text[:60], allowed=f"{count} whole numbers")
    found = []
    for field in fields:
        if not field.removeprefix("-").isdecimal() or len(field) > 12:
            refuse("not a whole number", file, line=line, found=repr(field[:40]))
        found.append(int(field))
    return found


def graph_text(graph: Sequence[Sequence[int]], bundles: int) -> str:
    """Return a graph as the published engine writes it."""
    rows = [f"{len(graph)},{_DENDRITES},{bundles}", *(f"{first}, {second}" for first, second in graph)]
    return "\n".join(rows) + "\n"
