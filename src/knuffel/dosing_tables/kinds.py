"""What a unit in a dosing table may be: of an amount, or of something observed."""

from __future__ import annotations

from functools import lru_cache

from knuffel.errors import UnitError
from knuffel.units import PORT_UNITS, unit_factor

__all__ = ["is_amount", "is_observed"]

_AMOUNTS = ("ug", "nmol")
_CONCENTRATIONS = ("pg/mL", "nmol/L")
_ANY = 1.0  # ug in an IU, where only the kind of a unit is asked for


@lru_cache(maxsize=256)
def is_amount(unit: str) -> bool:
    """Whether a unit is one of mass, moles or international units."""
    return any(_fits(unit, kind) for kind in _AMOUNTS)


@lru_cache(maxsize=256)
def is_observed(unit: str) -> bool:
    """Whether a unit is one of concentration, or one that ports know."""
    return unit in PORT_UNITS or any(_fits(unit, kind) for kind in _CONCENTRATIONS)


def _fits(unit: str, kind: str) -> bool:
    try:
        return unit == unit.strip() and unit_factor(unit, kind, _ANY) > 0
    except UnitError:
        return False
