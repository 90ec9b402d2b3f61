"""Which rooms a scenario asks for by what it observes or gives, so that they run without being named in the body."""

from __future__ import annotations

from collections.abc import Iterable

from knuffel.scenario.model import DoseSpec
from knuffel.scenario.schema_body import Document

__all__ = ["FLUIDS", "asked_rooms"]

FLUIDS = "fluids"
_PREFIXES = ("saliva.", "urine.")


def asked_rooms(document: Document, doses: Iterable[DoseSpec]) -> frozenset[str]:
    """Return the rooms that run because somebody samples or records their ports, or sprays oxytocin into the nose.

    The document is typed but not checked: names may be wrong.
    """
    observe = document.observe
    samples = () if observe is None else observe.samples or ()
    record = None if observe is None else observe.record
    names = [item.port for item in samples if item is not None and item.port is not None]
    names += [name for name in (record.variables if record is not None else None) or () if name is not None]
    sprayed = any(dose.drug == "oxytocin" and "nasal" in dose.route for dose in doses)
    return frozenset({FLUIDS} if sprayed or any(name.startswith(_PREFIXES) for name in names) else ())
