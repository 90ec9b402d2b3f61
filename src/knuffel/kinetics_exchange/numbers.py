"""Numbers of the evidence as global parameters of the document."""

from __future__ import annotations

from knuffel.kinetics_exchange.contents import Contents, Running
from knuffel.kinetics_exchange.document import Document, spelled

__all__ = ["add_number"]


def add_number(document: Document, found: Contents, room: Running, identifier: str) -> str:
    """Add a number of a room by its evidence id, once, and return its identifier in the document."""
    name = identifier.replace(".", "_")
    if name not in document:
        number = room.numbers[identifier]
        value, unit = spelled(number.value, number.unit)
        document.parameter(name, value, unit, number.meaning, found.notes(identifier))
    return name
