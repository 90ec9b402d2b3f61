"""Which rooms a scenario asks for by what it observes or gives, so that they run without being named in the body."""

from __future__ import annotations

from collections.abc import Iterable

from knuffel.evidence import load
from knuffel.scenario.model import DoseSpec, ProtocolSpec
from knuffel.scenario.schema_body import Document

__all__ = ["FLUIDS", "PUMP", "asked_rooms", "usual_port"]

FLUIDS, PUMP = "fluids", "pump"
_PREFIXES = ("saliva.", "urine.")
_DEFAULT_PORT = "plasma.oxytocin_concentration"


def asked_rooms(document: Document, doses: Iterable[DoseSpec], protocol: ProtocolSpec | None) -> frozenset[str]:
    """Return the rooms that run because somebody samples or records their ports, sprays, or induces labour.

    The document is typed but not checked: names may be wrong.
    """
    observe = document.observe
    samples = () if observe is None else observe.samples or ()
    record = None if observe is None else observe.record
    names = [item.port or usual_port(item.assay) for item in samples if item is not None]
    names += [name for name in (record.variables if record is not None else None) or () if name is not None]
    sprayed = any(dose.drug == "oxytocin" and "nasal" in dose.route for dose in doses)
    looked_at = sprayed or any(name.startswith(_PREFIXES) for name in names)
    return frozenset(room for room, wanted in ((FLUIDS, looked_at), (PUMP, protocol is not None)) if wanted)


def usual_port(assay: str | None) -> str:
    """Return what an assay measures unless a sample says otherwise."""
    preset = load.assays().get(str(assay))
    return _DEFAULT_PORT if preset is None else preset.port
