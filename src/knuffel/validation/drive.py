"""Short runs of single rooms and of the way from blood to uterus, for the studies that need no more than that.

The rooms are the ones that a scenario runs, built from the same evidence; only the wiring is done here.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from knuffel.body.circulation.plasma import PlasmaParameters, PlasmaTwoCompartment
from knuffel.body.contract import Events, Inputs, Subjects
from knuffel.body.physiology import Adult, AdultParameters, AdultSettings
from knuffel.body.receptors.operational import OperationalReceptor, ReceptorParameters, ReceptorSettings
from knuffel.body.uterus.labour import LabourUterus, UterusParameters
from knuffel.engine.random import Streams
from knuffel.evidence import resolve
from knuffel.evidence.resolve import Override

__all__ = ["PG_PER_SECOND", "Blood", "Woman", "numbers"]

Floats = npt.NDArray[np.float64]

PG_PER_SECOND = 1710 / 60
"""One mU/min of oxytocin in pg/s."""

_TOTAL = "plasma.oxytocin_concentration"
_BASAL = "physiology.basal_concentration"


def numbers(kind: type, *sets: str, **overrides: Override) -> Any:
    """Return a `Parameters` class built from the evidence of the sets; overrides by id with ``__`` for the dot."""
    changed = {name.replace("__", "."): value for name, value in overrides.items()}
    return resolve.numbers(kind, sets, changed)


class Blood:
    """The plasma of one person or animal with a kinetic set, at rest at its basal level (or at ``basal`` pg/mL)."""

    def __init__(self, name: str, basal: float | None = None) -> None:
        self.species = "rat" if name.startswith("rat") else "human"
        self.parameters = numbers(PlasmaParameters, name)
        self._streams, subjects = Streams(0), Subjects(np.arange(1), self.species)
        adult = Adult(
            numbers(AdultParameters, name),
            AdultSettings(self.species, state="term" if name.startswith("term") else None),
        )
        _, levels = adult.init(subjects, Inputs(), self._streams)
        self.basal = float(levels[_BASAL][0]) if basal is None else basal
        self._levels = {_BASAL: (np.array([self.basal]),) * 2}
        self._secretion = self.basal * self.parameters.clearance
        self.room = PlasmaTwoCompartment(self.parameters)
        self.state, _ = self.room.init(subjects, Inputs(self._levels), self._streams)
        self.time = 0

    def advance(self, seconds: float, infusion: float = 0, bolus: float = 0, secretion: float | None = None) -> float:
        """Return the concentration (pg/mL) after ``seconds`` more, with an infusion in pg/s and a bolus in pg.

        ``secretion`` (pg/s) replaces what holds the basal level.
        """
        dt = round(seconds * 1000)
        flows = {
            "secretion.rate": self._secretion if secretion is None else secretion,
            "pulses.rate": 0,
            "doses.iv_infusion": infusion,
        }
        inputs = Inputs(
            self._levels,
            {name: np.array([rate * dt / 1000]) for name, rate in flows.items()},
            {"doses.iv_bolus": np.array([bolus], dtype=float)},
        )
        level = self.room.advance(self.state, inputs, self.time, dt, self._streams)[_TOTAL]
        self.time += dt
        return float(level[1][0] if isinstance(level, tuple) else level[0])

    def course(self, times: Floats, infusion: float = 0, bolus: float = 0) -> Floats:
        """Return the concentrations at ascending ``times`` (s from now) under an infusion, after a bolus now."""
        found, now = [], 0.0
        for time in times:
            found.append(self.advance(time - now, infusion, bolus))
            now, bolus = float(time), 0
        return np.array(found)


class Woman:
    """Blood, receptors and uterus of women at term with a kinetic set and a labour preset, in steps of ten seconds.

    Receptors keep their number and stay coupled, as in the tables of the first chain that these runs are held against.
    """

    step = 10_000

    def __init__(self, *sets: str, count: int = 1, seed: int = 0, **overrides: Override) -> None:
        self._streams, self.count = Streams(seed), count
        subjects = Subjects(np.arange(count))
        self._adult = Adult(numbers(AdultParameters, *sets), AdultSettings(state="term"))
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
            "pulses.rate": np.zeros(self.count),
            "doses.iv_infusion": np.full(self.count, infusion * PG_PER_SECOND * seconds),
        }
        given = Inputs(self.levels, flows, {"doses.iv_bolus": np.zeros(self.count)})
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
