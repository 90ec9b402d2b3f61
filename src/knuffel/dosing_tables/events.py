"""What a row says: a dose, with its additional ones, an observation, or neither."""

from __future__ import annotations

from math import isnan

from knuffel.dosing_tables.records import INFUSED, LONGEST, MILLISECONDS, ROUTES, Dose, Observation, is_name
from knuffel.dosing_tables.source import Sheet
from knuffel.dosing_tables.units_of_columns import Units
from knuffel.dosing_tables.wording import Mistakes, number_of
from knuffel.errors import Notice, nearest

__all__ = ["Events"]

_MISSING = ("", ".")
_RESETS = {3: "a reset", 4: "a reset and dose"}
_MODELLED = {-1.0: "RATE -1 (a rate to be estimated)", -2.0: "RATE -2 without DUR"}
_MOST_DOSES = 1_000_000


class Events:
    """Collects the doses and observations of a table."""

    def __init__(
        self, sheet: Sheet, units: Units, mistakes: Mistakes, routes: dict[str, str], route: str | None, drug: str
    ) -> None:
        self._place = {name: place for place, name in enumerate(sheet.names)}
        self._units, self._mistakes = units, mistakes
        self._routes = {str(code): word for code, word in routes.items()}
        self._route, self._drug = route, drug
        self._of_doses = [name for name in ("RATE", "ADDL", "II", "SS") if name in self._place]
        self._neither = 0
        self.doses: list[Dose] = []
        self.observations: list[Observation] = []

    def notices(self) -> list[Notice]:
        """Return what was left out."""
        if not self._neither:
            return []
        text = f"{self._neither} rows with EVID 2 are neither dose nor observation"
        return [Notice("table_other_events", text, self._mistakes.file)]

    def take(self, line: int, row: list[str], owner: str, time: int) -> None:
        """Take one row; mistakes are taken down."""
        amount = self._number(line, row, "AMT", lowest=0.0)
        event = self._whole(line, row, "EVID")
        if amount is None or event is None:
            return
        if isnan(event):  # missing: a row with an amount is a dose
            event = 1.0 if amount > 0 else 0.0
        if event in _RESETS:
            message = f"{_RESETS[int(event)]} is not supported: the levels of a simulated body go on"
            self._tell(line, "EVID", message, row, "0, 1 or 2; a new subject for a new start")
        elif event == 2:
            self._neither += 1
        elif event == 1:
            self._take_dose(line, row, owner, time, amount)
        elif event == 0:
            self._take_observation(line, row, owner, time, amount)
        else:
            self._tell(line, "EVID", "there is no such event", row, "0 observation, 1 dose, 2 other")

    def _take_observation(self, line: int, row: list[str], owner: str, time: int, amount: float) -> None:
        if amount > 0:
            self._tell(line, "AMT", "an observation (EVID 0) has no amount", row, ". or 0, or EVID 1")
        for name in self._of_doses:
            if self._text(row, name) not in _MISSING and self._number(line, row, name) not in (None, 0):
                self._tell(line, name, "this belongs to a dose, and the row is an observation", row, ". or 0")
        value = self._number(line, row, "DV")
        left_out, below = self._number(line, row, "MDV"), self._number(line, row, "BLQ")
        if value is None or left_out is None or below is None:
            return
        if left_out not in (0, 1) and not isnan(left_out):
            self._tell(line, "MDV", "neither yes nor no", row, "0 or 1")
        if below not in (0, 1) and not isnan(below):
            self._tell(line, "BLQ", "neither yes nor no", row, "0 or 1")
        known = not isnan(value) and left_out != 1
        if known or not self.observations:
            self._units.observation()
        self.observations.append(Observation(owner, time, value if known else None, below == 1, line))

    def _take_dose(self, line: int, row: list[str], owner: str, time: int, amount: float) -> None:
        if not amount > 0:
            self._tell(line, "AMT", "a dose (EVID 1) needs an amount", row, "above 0")
            return
        seen = self._number(line, row, "DV")
        if seen is not None and not isnan(seen) and seen != 0 and self._number(line, row, "MDV") != 1:
            self._tell(line, "DV", "the row of a dose holds no observation", row, ". or MDV 1, and a row of its own")
        steady = self._number(line, row, "SS")
        if steady is not None and not isnan(steady) and steady != 0:
            message = "steady state is not supported: the body starts at rest"
            self._tell(line, "SS", message, row, "0; write the doses that lead to it with ADDL and II")
        drug, unit = self._drug_of(line, row), self._units.amount()
        rate = self._rate(line, row, amount, drug or "")
        route = self._route_of(line, row, infused=rate is not None)
        further = self._additional(line, row)
        if drug is None or unit is None or route is None or further is None or (rate is not None and rate < 0):
            return
        count, distance = further
        if len(self.doses) + count >= _MOST_DOSES or abs(time + count * distance) > LONGEST:
            allowed = f"{_MOST_DOSES:,} doses in all, within thirty years"
            self._tell(line, "ADDL", "these are too many doses", row, allowed)
            return
        per = "min" if rate is None else self._units.per()
        for number in range(int(count) + 1):
            when = round(time + number * distance)
            self.doses.append(Dose(owner, when, amount, unit, rate, route, drug, line, per))

    def _rate(self, line: int, row: list[str], amount: float, drug: str) -> float | None:
        """Return the rate in units of the amount per time; None for a dose given at once, -1 after a mistake."""
        rate, duration = self._number(line, row, "RATE"), self._number(line, row, "DUR", lowest=0.0)
        if rate is None or duration is None:
            return -1.0
        given = not isnan(rate) and rate != 0
        if given and rate < 0 and not (rate == -2 and duration > 0):
            message = f"{_MODELLED[rate]} is not supported" if rate in _MODELLED else "a rate below zero"
            self._tell(line, "RATE", message, row, "0, above 0, or -2 with a duration in DUR")
            return -1.0
        if rate > 0 and duration > 0:
            self._tell(line, "DUR", "RATE and DUR exclude each other", row, "one of them; RATE -2 with DUR")
            return -1.0
        if not given and not duration > 0:
            return None
        if rate > 0:
            unit = self._units.amount()
            factor = None if unit is None else self._units.factor("RATE", f"{unit}/{self._units.per()}", drug)
            found = -1.0 if factor is None else rate * factor
        else:
            factor = self._units.factor("DUR", "ms")
            lasts = 0.0 if factor is None else duration * factor
            found = amount * MILLISECONDS[self._units.per()] / lasts if lasts > 0 else -1.0
        if factor is not None and not (0 < found < float("inf") and amount / found <= LONGEST):
            self._tell(line, "RATE", "the infusion is too fast or too slow", row, "an end within thirty years")
            return -1.0
        return found

    def _route_of(self, line: int, row: list[str], *, infused: bool) -> str | None:
        column = "ROUTE" if "ROUTE" in self._place else "CMT"
        text = self._text(row, column)
        word = text.lower()
        if text in _MISSING:
            word = self._route or ""
        elif column == "CMT" and text not in ROUTES:
            word = self._routes.get(text, word)
        if infused and word == "iv_bolus" and (column == "CMT" or text in _MISSING):
            word = "iv_infusion"  # a compartment is where it goes; the rate says how
        if word not in ROUTES:
            allowed = ", ".join(ROUTES) + (
                "; or say what CMT means: routes={'1': 'iv_bolus'}" if column == "CMT" else ""
            )
            message = "the route of a dose is not given" if not word else "there is no such route"
            self._tell(line, column, message, row, allowed, nearest(word, ROUTES) if word else None)
            return None
        if infused and word not in INFUSED:
            self._tell(line, column, "a dose on this route has no rate", row, ", ".join(INFUSED))
            return None
        if not infused and word == "iv_infusion":
            self._tell(line, "RATE", "an infusion needs a rate", row, "RATE above 0, or RATE -2 with DUR")
            return None
        return word

    def _drug_of(self, line: int, row: list[str]) -> str | None:
        text = self._text(row, "DRUG")
        if text in _MISSING:
            return self._drug
        if not is_name(text):
            self._tell(line, "DRUG", "no name of a drug", row, "a plain word")
            return None
        return text.lower()

    def _additional(self, line: int, row: list[str]) -> tuple[float, float] | None:
        """Return how many doses follow and how far apart they are, in ms."""
        count, distance = self._whole(line, row, "ADDL", lowest=0.0), self._number(line, row, "II", lowest=0.0)
        if count is None or distance is None:
            return None
        if not count > 0:
            return 0.0, 0.0
        if not distance > 0:
            self._tell(line, "II", "additional doses (ADDL) need an interval", row, "above 0")
            return None
        factor = self._units.factor("II", "ms")
        return None if factor is None else (count, distance * factor)

    def _text(self, row: list[str], name: str) -> str:
        place = self._place.get(name)
        return "" if place is None else row[place]

    def _number(self, line: int, row: list[str], name: str, lowest: float | None = None) -> float | None:
        """Return a number of a row, NaN when it is missing, None after a mistake."""
        place = self._place.get(name)
        text = "" if place is None else row[place]
        if text in _MISSING:
            return 0.0 if name == "AMT" else float("nan")
        value = number_of(text)
        if isinstance(value, str):
            self._tell(line, name, value, row, "a number, or . when it is missing")
            return None
        if lowest is not None and value < lowest:
            self._tell(line, name, "below zero", row, "0 or more")
            return None
        return value

    def _whole(self, line: int, row: list[str], name: str, lowest: float | None = None) -> float | None:
        value = self._number(line, row, name, lowest)
        if value is not None and not isnan(value) and value != round(value):
            self._tell(line, name, "not a whole number", row, "a whole number")
            return None
        return value

    def _tell(
        self, line: int, column: str, message: str, row: list[str], allowed: str, suggestion: str | None = None
    ) -> None:
        found = self._text(row, column) or "nothing"
        self._mistakes.add(message, line=line, column=column, found=found, allowed=allowed, suggestion=suggestion)
