"""The units of the columns: from the caller, the heading or a comment, never guessed; factors to what we keep."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from knuffel.dosing_tables.kinds import is_amount, is_observed
from knuffel.dosing_tables.source import Sheet
from knuffel.dosing_tables.wording import Mistakes
from knuffel.errors import Notice, UnitError, nearest
from knuffel.units import UG_PER_IU, unit_factor

__all__ = ["WITH_UNIT", "Units"]

WITH_UNIT = ("TIME", "AMT", "RATE", "II", "DUR", "DV", "WT")
"""The columns whose numbers have a unit."""

_EXAMPLES = {"TIME": "min", "AMT": "IU", "RATE": "mU/min", "II": "h", "DUR": "min", "DV": "pg/mL", "WT": "kg"}
_LIKE_TIME = ("II", "DUR")


class Units:
    """The units of one table. The caller's win over those of the heading, and those over a comment, with a notice.

    II and DUR are in the unit of TIME unless they have their own, as the format has it. A unit is asked for when a
    number of its column is used, so that an empty column needs none; each mistake is told once.
    """

    def __init__(self, sheet: Sheet, given: Mapping[str, str] | None, mistakes: Mistakes) -> None:
        self._sheet, self._mistakes = sheet, mistakes
        self._units = dict(sheet.units)
        self._told: set[str] = set()
        self._factors: dict[tuple[str, str], float | None] = {}
        self.notices: list[Notice] = []
        for name, unit in (given or {}).items():
            column = str(name).upper()
            if column not in WITH_UNIT:
                near = nearest(column, WITH_UNIT)
                mistakes.add(
                    "no unit is read for this column", column=column, allowed=", ".join(WITH_UNIT), suggestion=near
                )
                continue
            said = self._units.get(column)
            if said not in (None, unit):
                text = f"{column}: the file says {said}; {unit} was asked for and holds"
                self.notices.append(Notice("table_unit", text, mistakes.file))
            self._units[column] = str(unit)

    def unit(self, column: str) -> str | None:
        """Return the unit of a column; a missing one is taken down as a mistake."""
        unit = self._units.get(column)
        if unit is None and column in _LIKE_TIME:
            return self.unit("TIME")
        if unit is None:
            example = _EXAMPLES[column]
            allowed = f"a heading {column}[{example}], or units={{{column!r}: {example!r}}}"
            self._tell(column, "the unit of this column is not given", allowed=allowed)
        return unit

    def amount(self) -> str | None:
        """Return the unit of amounts, or None when there is no sound one."""
        return self._of_kind("AMT", is_amount, "a mass, IU or moles, such as IU or ug")

    def per(self) -> str:
        """Return the time in which rates are kept: s when they stand in the unit of amounts per second, else min."""
        return "s" if self._units.get("RATE") == f"{self._units.get('AMT')}/s" else "min"

    def observation(self) -> str | None:
        """Return the unit of observations: a concentration, or a unit that ports know."""
        return self._of_kind("DV", is_observed, "a concentration such as pg/mL")

    def factor(self, column: str, target: str, drug: str = "") -> float | None:
        """Return what a number of a column is multiplied by to be in ``target``; None after a mistake."""
        key = (column, drug)
        if key not in self._factors:
            unit = self.unit(column)
            self._factors[key] = None if unit is None else self._found(column, unit, target, drug)
        return self._factors[key]

    def _found(self, column: str, unit: str, target: str, drug: str) -> float | None:
        try:
            return unit_factor(unit, target, UG_PER_IU.get(drug))
        except UnitError as error:
            allowed = f"a unit like {target!r}"
            if "/" in target and drug not in UG_PER_IU:
                allowed += f"; how much an IU of {drug} weighs is not known"
            self._tell(column, error.message, found=unit, allowed=allowed)
        return None

    def _of_kind(self, column: str, fits: Callable[[str], bool], allowed: str) -> str | None:
        unit = self.unit(column)
        if unit is None or fits(unit):
            return unit
        self._tell(column, "this column cannot be in this unit", found=unit, allowed=allowed)
        return None

    def _tell(self, column: str, message: str, **facts: str) -> None:
        if column not in self._told:
            self._told.add(column)
            self._mistakes.add(message, line=self._sheet.line, column=column, **facts)
