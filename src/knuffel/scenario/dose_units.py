"""What was typed as a dose becomes pg or pg/s: mass, moles, and international units of what has them."""

from __future__ import annotations

import re

from knuffel.body.doses import WATER
from knuffel.errors import UnitError
from knuffel.evidence import load
from knuffel.scenario.quantities import quantity_of
from knuffel.units import UG_PER_IU, unit_factor

__all__ = ["amount_of", "concentration_of", "pg_per", "rate_of", "unit_names", "unit_word", "usual_units"]

_MASS = ("mg", "ug", "ng", "pg", "nmol", "pmol")
_ACTIVITY = ("IU", "mU", "uU")
_VOLUME = ("mL", "L")
_PER = ("min", "h", "s")
_UNIT = re.compile(r"^\s*[-+]?[\d.]+(?:[eE][-+]?\d+)?\s*(.*?)\s*$")


def unit_names(drug: str, *, rate: bool = False) -> tuple[str, ...]:
    """Return the units in which a dose of a drug may be typed."""
    names = _VOLUME if drug == WATER else (*_ACTIVITY, *_MASS) if drug in UG_PER_IU else _MASS
    return tuple(f"{name}/{time}" for name in names for time in _PER) if rate else names


def unit_word(text: str) -> str:
    """Return what stands after the number; empty when there is no number or nothing after it."""
    found = _UNIT.match(text)
    return found.group(1) if found else ""


def amount_of(text: str, drug: str) -> float:
    """Return the pg of a drug in a text such as ``5 IU``, ``100 ug`` or ``20 nmol``; of water the mL of ``500 mL``.

    Raises `UnitError`.
    """
    if drug == WATER:
        return quantity_of(text, "mL", allowed="a volume in mL, L")
    return _dose(text, drug, "pg", "pmol", f"an amount in {', '.join(unit_names(drug))}")


def rate_of(text: str, drug: str) -> float:
    """Return the pg/s of a drug in a text such as ``10 mU/min`` or ``300 ug/min``; of water the mL/s of ``5 mL/min``.

    Raises `UnitError`.
    """
    if drug == WATER:
        return quantity_of(text, "mL/s", allowed="a volume per time, such as '5 mL/min'")
    example = "10 mU/min" if drug in UG_PER_IU else "300 ug/min"
    return _dose(text, drug, "pg/s", "pmol/s", f"an amount per time, such as '{example}'")


def concentration_of(text: str, drug: str) -> float:
    """Return the pg/mL of a drug in a text such as ``10 IU/L`` or ``17 ug/L``. Raises `UnitError`."""
    example = "10 IU/L" if drug in UG_PER_IU else "750 ug/mL"
    allowed = f"an amount per volume, such as '{example}'"
    return quantity_of(text, "pg/mL", ug_per_iu=UG_PER_IU.get(drug), allowed=allowed)


def usual_units(drug: str) -> tuple[tuple[str, float], tuple[str, float]]:
    """Return the units in which people read a rate and an amount, each with how much of ours is in one.

    Ours are pg/s and pg, of water mL/s and mL.
    """
    if drug == WATER:
        return ("mL/min", unit_factor("mL/min", "mL/s")), ("mL", 1.0)
    rate, amount = ("mU/min", "IU") if drug in UG_PER_IU else ("ug/min", "ug")
    return (rate, pg_per(rate, drug)), (amount, pg_per(amount, drug))


def _dose(text: str, drug: str, unit: str, molar_unit: str, allowed: str) -> float:
    content = UG_PER_IU.get(drug)
    try:
        return quantity_of(text, unit, ug_per_iu=content, allowed=allowed)
    except UnitError as error:
        try:
            return quantity_of(text, molar_unit) * _molar_mass(drug)
        except UnitError:
            if content is None and _has_units(text, unit):
                message = f"there are no international units of {drug}"
                raise UnitError(message, found=error.found, allowed=allowed) from error
            raise error from None


def _has_units(text: str, unit: str) -> bool:
    """Whether the text would do for a drug with international units."""
    try:
        quantity_of(text, unit, ug_per_iu=1.0)
    except UnitError:
        return False
    return True


def _molar_mass(drug: str) -> float:
    value = load.parameters()[f"receptors.{drug}_molar_mass"].value
    assert isinstance(value, float)
    return value


def pg_per(unit: str, drug: str = "oxytocin") -> float:
    """Return the pg (or pg/s) of a drug in one ``unit``."""
    return unit_factor(unit, "pg/s" if "/" in unit else "pg", UG_PER_IU.get(drug))
