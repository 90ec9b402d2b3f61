"""Units: the list that ports use, parsing what a user types, and conversion.

pint does the work and is imported only when a quantity is parsed. International units are converted with the content
of one unit in micrograms (`UG_PER_IU`), which belongs to the substance and can be given by a data set.
"""

from __future__ import annotations

import re
from functools import lru_cache
from math import isfinite
from typing import Any

from knuffel.errors import UnitError

__all__ = ["PORT_UNITS", "UG_PER_IU", "convert", "parse_quantity", "unit_factor"]

_TIME_UNITS = ("s", "ms", "Hz", "1/s", "1/min", "week", "day")
_AMOUNT_UNITS = (
    "pg",
    "pg/s",
    "pg/mL",
    "pg/(mL*s)",
    "ng/mL",
    "nmol/L",
    "mmol/L",
    "mmol/s",
    "IU/mL",
    "fmol/mg",
    "mM",
    "nM",
    "pM",
)
_BODY_UNITS = ("kg", "mL", "mL/s", "mV", "mmHg", "MVU", "uN", "mm", "cm", "mOsm/kg", "g/kg")
PORT_UNITS = frozenset({"1", *_TIME_UNITS, *_AMOUNT_UNITS, *_BODY_UNITS})
"""The units that may stand at a port. One spelling each, so that equal units are equal strings."""

UG_PER_IU = {"oxytocin": 1.71}
"""Micrograms in one international unit, by substance (WHO 4th standard; conventions, section 1)."""

_QUANTITY = re.compile(r"^\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(.*?)\s*$")
# A power only of a unit name, by one digit: a tower of powers would keep the unit parser busy for ever.
_UNIT_SHAPE = re.compile(r"^[A-Za-zµμΩ°%/*^()·.\s0-9-]*$")
_UNIT_TRAP = re.compile(r"\d\d|[\d)]\s*(?:\*\*|\^)|(?:\*\*|\^)\s*[(-]*\s*[^\d\s(-]|(?:\*\*|\^)\s*-?\s*\(")
_LONGEST = 60
_IU = re.compile(r"(?<![A-Za-z])(m|u|µ|μ|k)?I?U(?![A-Za-z])")
_IU_PREFIX = {None: "", "": "", "m": "milli", "u": "micro", "µ": "micro", "μ": "micro", "k": "kilo"}
_EXTRA = (
    "international_unit = [biological_activity]",
    "osmole = mole = Osm",
    "millimetre_of_water = 9.80665 Pa",
    "montevideo_unit = [uterine_activity] = MVU",
)


@lru_cache(maxsize=1)
def _registry() -> Any:
    import pint

    registry: Any = pint.UnitRegistry(cache_folder=":auto:")
    for line in _EXTRA:
        registry.define(line)
    return registry


@lru_cache(maxsize=2048)
def unit_factor(unit: str, target: str, ug_per_iu: float | None = None) -> float:
    """Return the number by which a value in ``unit`` is multiplied to give ``target``.

    ``ug_per_iu`` turns international units into mass; without it, IU only convert to IU.
    Raises `UnitError` when a unit is unknown or the dimensions differ.
    """
    if unit == target:
        return 1.0
    if len(unit) > _LONGEST or not _UNIT_SHAPE.match(unit) or _UNIT_TRAP.search(unit):
        raise UnitError("not a unit", found=repr(unit[:_LONGEST]), allowed=f"a unit like {target!r}")
    registry = _registry()
    try:
        source = registry.parse_units(_spell(unit))
        wanted = registry.parse_units(_spell(target))
    except Exception as error:  # pint raises many classes, tokenizer errors among them
        raise UnitError(f"unknown unit in {unit!r}", found=repr(unit), allowed=f"a unit like {target!r}") from error
    activity = source.dimensionality.get("[biological_activity]", 0) - wanted.dimensionality.get(
        "[biological_activity]", 0
    )
    try:
        quantity = registry.Quantity(1.0, source)
        if activity and ug_per_iu is not None:
            quantity = quantity * registry.Quantity(ug_per_iu, "microgram / international_unit") ** activity
        if quantity.dimensionality == wanted.dimensionality:
            return float(quantity.to(wanted).magnitude)
    except (ArithmeticError, ValueError) as error:  # offsets and powers that pint cannot take
        raise UnitError("not a unit", found=repr(unit), allowed=f"a unit like {target!r}") from error
    raise UnitError("wrong kind of unit", found=repr(unit), allowed=f"a unit like {target!r}")


def convert(value: float, unit: str, target: str, ug_per_iu: float | None = None) -> float:
    """Return ``value`` given in ``unit``, expressed in ``target``. Raises `UnitError`."""
    return value * unit_factor(unit, target, ug_per_iu)


def parse_quantity(text: str, target: str, ug_per_iu: float | None = None) -> float:
    """Return the number in ``target`` units for a text like ``"10 mU/min"``.

    Raises `UnitError` when there is no number, no unit, an unknown unit, another dimension, or a non-finite value.
    """
    match = _QUANTITY.match(str(text))
    if match is None:
        raise UnitError("not a quantity", found=repr(text), allowed=f"a number and a unit like {target!r}")
    number, unit = match.groups()
    if unit[:1].isdigit() and unit != "1" and not unit.startswith("1/"):
        raise UnitError("not a quantity: two numbers", found=repr(text), allowed=f"a number and a unit like {target!r}")
    if not unit and target != "1":
        raise UnitError("the unit is missing", found=repr(text), allowed=f"a number and a unit like {target!r}")
    value = convert(float(number), unit or "1", target, ug_per_iu)
    if not isfinite(value):
        raise UnitError("not a finite quantity", found=repr(text), allowed="a finite number")
    return value


def _spell(unit: str) -> str:
    """Return the unit in pint's spelling: IU per substance, one for dimensionless."""
    text = unit.strip()
    if text == "1":
        return "dimensionless"
    if text.startswith("1/"):
        text = "dimensionless" + text[1:]
    return _IU.sub(lambda match: f"{_IU_PREFIX[match.group(1)]}international_unit", text)
