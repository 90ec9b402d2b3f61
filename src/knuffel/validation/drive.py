"""Short runs of single rooms and of the way from blood to uterus, for the studies that need no more than that.

The rooms are the ones that a scenario runs, built from the same evidence; only the wiring is done here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from knuffel.body.circulation.plasma import PlasmaParameters, PlasmaSettings, PlasmaTwoCompartment
from knuffel.body.contract import Events, Inputs, Kind, Subjects
from knuffel.body.physiology import Adult, AdultParameters, AdultSettings
from knuffel.body.receptors.operational import OperationalReceptor, ReceptorParameters, ReceptorSettings
from knuffel.body.uterus.labour import LabourUterus, UterusParameters
from knuffel.engine.random import Streams
from knuffel.evidence import resolve
from knuffel.evidence.resolve import Override

__all__ = ["PG_PER_SECOND", "Blood", "Woman", "into_plasma", "numbers"]

Floats = npt.NDArray[np.float64]

PG_PER_SECOND = 1710 / 60
"""One mU/min of oxytocin in pg/s."""

_LEVEL_KINDS = (Kind.LEVEL, Kind.FRACTION)
_TOTAL = "plasma.oxytocin_concentration"
_BASAL, _CLEARANCE = "physiology.basal_concentration", "physiology.clearance"


def numbers(kind: type, *sets: str, **overrides: Override) -> Any:
    """Return a `Parameters` class built from the evidence of the sets; overrides by id with ``__`` for the dot."""
    changed = {name.replace("__", "."): value for name, value in overrides.items()}
    return resolve.numbers(kind, sets, changed)


def into_plasma(levels: dict[str, tuple[Any, Any]], flows: dict[str, Any], count: int = 1) -> Inputs:
    """Return what plasma reads: ``flows`` by port, rates as integrals and amounts as they are; the others are zero."""
    ports = PlasmaTwoCompartment.inputs
    given = {port.name: np.zeros(count) + flows.get(port.name, 0.0) for port in ports if port.kind not in _LEVEL_KINDS}
    rates = {port.name: given[port.name] for port in ports if port.kind is Kind.RATE}
    return Inputs(levels, rates, {port.name: given[port.name] for port in ports if port.kind is Kind.AMOUNT})


class Blood:
    """The plasma of one person or animal with a kinetic set, at rest at its basal level (or at ``basal`` pg/mL).

    A set of pregnancy belongs to a woman at term. ``given`` are the (drug, route) pairs that will be used, ``weight``
    (kg) that of the set unless given.
    """

    def __init__(
        self,
        name: str,
        basal: float | None = None,
        given: Sequence[tuple[str, str]] = (),
        weight: float | None = None,
        **overrides: Override,
    ) -> None:
        self.species = "rat" if name.startswith("rat") else "human"
        self.parameters = numbers(PlasmaParameters, name, **overrides)
        own = numbers(AdultParameters, name, **overrides)
        self._streams = Streams(0)
        heavy = np.array([own.reference_weight if weight is None else weight])
        state = "term" if name.startswith("term") else "resting"
        subjects = Subjects(np.arange(1), self.species, weight=heavy)
        _, levels = Adult(own, AdultSettings(self.species, state=state)).init(subjects, Inputs(), self._streams)
        self.basal = float(levels[_BASAL][0]) if basal is None else basal
        self.clearance = float(levels[_CLEARANCE][0])
        self._levels = {name: (value, value) for name, value in levels.items()}
        self._levels[_BASAL] = (np.array([self.basal]),) * 2
        self._secretion = self.basal * self.clearance
        self.room = PlasmaTwoCompartment(self.parameters, PlasmaSettings(tuple(given)))
        self.state, self.levels = self.room.init(subjects, Inputs(self._levels), self._streams)
        self.time = 0

    def advance(
        self, seconds: float, infusion: float = 0, bolus: float = 0, secretion: float | None = None, **doses: float
    ) -> float:
        """Return the oxytocin (pg/mL) after ``seconds`` more, with an infusion in pg/s and a bolus in pg.

        ``secretion`` (pg/s) replaces what holds the basal level; ``doses`` by drug_route are in pg or pg/s. All
        outputs stand in ``levels`` afterwards.
        """
        dt = round(seconds * 1000)
        flows = {f"doses.{name}": value for name, value in doses.items()}
        flows |= {"doses.oxytocin_iv_infusion": infusion, "doses.oxytocin_iv_bolus": bolus}
        flows["secretion.rate"] = self._secretion if secretion is None else secretion
        rates = {port.name for port in self.room.inputs if port.kind is Kind.RATE}
        inputs = into_plasma(
            self._levels, {name: value * (dt / 1000 if name in rates else 1) for name, value in flows.items()}
        )
        outputs = self.room.advance(self.state, inputs, self.time, dt, self._streams)
        self.levels = {name: value[1] if isinstance(value, tuple) else value for name, value in outputs.items()}
        self.time += dt
        return self.level(_TOTAL)

    @property
    def disposition(self) -> tuple[float, float, float, float]:
        """Clearance, central volume, exchange and volume of the tissues of this body, in mL/s and mL."""
        return self.of("oxytocin")

    def of(self, drug: str) -> tuple[float, float, float, float]:
        """Return the same of any drug that is given."""
        built = zip(self.room.places, self.room.kinetics(self.state), strict=True)
        numbers = next(found for place, (found, _) in built if place.drug == drug)
        clearance, central, exchange, peripheral = (float(np.ravel(value)[0]) for value in numbers)
        return clearance, central, exchange, peripheral

    def level(self, name: str) -> float:
        """Return the value of an output at the end of the last step."""
        return float(self.levels[name][0])

    def course(
        self, times: Floats, infusion: float = 0, bolus: float = 0, port: str = _TOTAL, **doses: float
    ) -> Floats:
        """Return the concentrations at ascending ``times`` (s from now) under infusions, after other doses now."""
        found, now = [], 0.0
        for time in times:
            if time > now:
                self.advance(time - now, infusion, bolus, **doses)
                bolus = 0
                doses = {name: value for name, value in doses.items() if name.endswith("iv_infusion")}
            found.append(self.level(port))
            now = float(time)
        return np.array(found)


class Woman:
    """Blood, receptors and uterus of women at term with a kinetic set and a labour preset, in steps of ten seconds.

    Receptors keep their number and stay coupled, as in the tables of the first chain that these runs are held against.
    """

    step = 10_000

    def __init__(self, *sets: str, count: int = 1, seed: int = 0, **overrides: Override) -> None:
        self._streams, self.count = Streams(seed), count
        own = numbers(AdultParameters, *sets)
        subjects = Subjects(np.arange(count), weight=np.full(count, own.reference_weight))
        self._adult = Adult(own, AdultSettings(state="term"))
        self.plasma = PlasmaTwoCompartment(numbers(PlasmaParameters, *sets))
        self._receptor = OperationalReceptor(numbers(ReceptorParameters, *sets), ReceptorSettings("off"))
        self.uterus = LabourUterus(numbers(UterusParameters, *sets, **overrides))
        none = np.zeros(count)
        self.levels: dict[str, tuple[Any, Any]] = {
            port.name: (none, none) for port in OperationalReceptor.inputs if port.default is not None
        }
        states: list[Any] = []
        for room in (self._adult, self.plasma, self._receptor, self.uterus):
            state, outputs = room.init(subjects, Inputs(self.levels), self._streams.of(room.room))
            states.append(state)
            self._update(outputs)
        _, self._blood, self._bound, self.state = states
        self._secretion = self.level(_BASAL) * self.level("physiology.clearance")
        self.time = 0

    def _update(self, outputs: dict[str, Any]) -> None:
        for name, value in outputs.items():
            if not isinstance(value, Events):
                before = self.levels[name][1] if name in self.levels else value
                self.levels[name] = value if isinstance(value, tuple) else (before, value)

    def level(self, name: str) -> Any:
        """Return the value of a port now, one for each woman."""
        return self.levels[name][1]

    def advance(self, infusion: float) -> Events:
        """Move all by one step under an infusion in mU/min and return the contractions that began."""
        seconds, t = self.step / 1000, self.time
        flows = {
            "secretion.rate": self._secretion * seconds,
            "doses.oxytocin_iv_infusion": np.full(self.count, infusion * PG_PER_SECOND * seconds),
        }
        given = into_plasma(self.levels, flows, self.count)
        self._update(self.plasma.advance(self._blood, given, t, self.step, self._streams.of("plasma")))
        self._update(self._receptor.advance(self._bound, Inputs(self.levels), t, self.step, self._streams))
        outputs = self.uterus.advance(self.state, Inputs(self.levels), t, self.step, self._streams.of("uterus"))
        self._update(outputs)
        self.time += self.step
        started: Events = outputs["uterus.contraction"]
        return started

    def run(self, infusion: float, hours: float) -> list[Events]:
        """Return the contractions of some hours under a constant infusion in mU/min."""
        return [self.advance(infusion) for _ in range(round(hours * 3600 * 1000 / self.step))]
