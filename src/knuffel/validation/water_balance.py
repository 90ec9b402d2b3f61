"""Urine and serum sodium under infusions of oxytocin, against ten men and the doses behind severe hyponatraemia.

Concentrations are closed forms of the kinetics and the drive is an equation of the room of receptors: nothing depends
on the engine. The kidney is the room that a scenario runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from knuffel.body.circulation.plasma.equations import infusion_concentration
from knuffel.body.contract import Inputs, Subjects
from knuffel.body.receptors.operational import ReceptorParameters
from knuffel.body.receptors.operational.equations import picomolar, v2_drive
from knuffel.body.water import Antidiuresis, AntidiuresisParameters
from knuffel.engine.random import Streams
from knuffel.evidence.load import parameters
from knuffel.validation.drive import PG_PER_SECOND, Blood, numbers
from knuffel.validation.row import Row

__all__ = ["Balance", "balance", "drive", "figures", "rows"]

Floats = npt.NDArray[np.float64]

_STEP = 60
_HOUR = 3600
_MEN = ("human_men", 20.0, 2.5)
_WOMEN = ("human_women_np", "term_A", "term_B")


@dataclass(frozen=True)
class Balance:
    """A course every minute: ``time`` s, ``osmolality`` mOsm/kg, ``urine`` mL so far, ``sodium`` mmol/L."""

    time: Floats
    osmolality: Floats
    urine: Floats
    sodium: Floats

    def between(self, start: float, end: float) -> float:
        """Return the urine made between two times (s) in mL."""
        return float(np.interp(end, self.time, self.urine) - np.interp(start, self.time, self.urine))


def drive(concentration: Any) -> Any:
    """Return the drive of the V2 receptor for oxytocin in plasma, pg/mL."""
    own = numbers(ReceptorParameters)
    oxytocin = picomolar(concentration, own.molar_mass)
    return v2_drive(own.v2_vasopressin, oxytocin, own.v2_potency_ratio, own.v2_half_concentration)


def balance(kinetics: str, milliunits: float, hours: float, water: float = 0.0) -> Balance:
    """Return what an infusion in mU/min does over some hours, with ``water`` mL given evenly over the same time."""
    room = Antidiuresis(numbers(AntidiuresisParameters, kinetics))
    kinetic = Blood(kinetics).disposition
    seconds = hours * _HOUR
    time = np.arange(0, seconds + 1, _STEP)
    rise = infusion_concentration(milliunits * PG_PER_SECOND, seconds, time, *kinetic)
    drives = drive(float(np.asarray(parameters()["physiology.basal_concentration"].value)) + rise)
    driven, water_in, sodium_in = (port.name for port in room.inputs)
    sex = "male" if kinetics == "human_men" else "female"
    streams, start = Streams(0), drives[:1]
    state, levels = room.init(Subjects(np.arange(1), sex=sex), Inputs({driven: (start, start)}), streams)
    sodium, osmolality, *_ = (port.name for port in room.outputs)
    found = [[float(levels[osmolality][0]), 0.0, float(levels[sodium][0])]]
    flows = {water_in: np.array([water / seconds * _STEP]), sodium_in: np.zeros(1)}
    for place in range(len(time) - 1):
        ends = (drives[place : place + 1], drives[place + 1 : place + 2])
        outputs = room.advance(state, Inputs({driven: ends}, flows), 1000 * _STEP * place, 1000 * _STEP, streams)
        found.append([float(outputs[osmolality][1][0]), float(state.urine[0]), float(outputs[sodium][0])])
    return Balance(time.astype(np.float64), *np.array(found).T)


def rows() -> list[Row]:
    """Return every obtained number of the study."""
    kinetics, rate, hours = _MEN
    before, during = balance(kinetics, 0, hours), balance(kinetics, rate, hours)
    end = hours * _HOUR
    found = [
        Row("PK32a", float(before.osmolality[-1])),
        Row("PK32b", float(during.osmolality[-1])),
        Row("PK32c", before.between(end - 2 * _HOUR, end)),
        Row("PK32d", during.between(end - 2 * _HOUR, end)),
        Row("PK32e", float(before.sodium[-1])),
    ]
    found += [Row(f"PK32_{name}", float(balance(name, 50, 7, 3000).sodium[-1])) for name in _WOMEN]
    return [*found, Row("PK32_closed", _closed_form() - float(balance("human_women_np", 0, 7, 3000).sodium[-1]))]


def _closed_form() -> float:
    """Return the sodium after 3 l in 7 h at the resting drive, where what is drunk balances what is lost."""
    p = numbers(AntidiuresisParameters, "human_women_np")
    start = float(Subjects(np.arange(1)).weight[0]) * p.share_of_women * 1000
    return float(p.start_sodium * start / (start + 3000))


def figures() -> dict[str, Any]:
    """Return the figure of the study: urine of men under 20 mU/min, and sodium of women under 50 mU/min with water."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    men = balance(*_MEN)
    left.plot(men.time / 60, men.osmolality, label="model")
    left.plot([0, men.time[-1] / 60], [223, 427], "ko", label="published: ten men")
    left.set(xlabel="minutes of 20 mU/min", ylabel="osmolality of urine (mOsm/kg)", ylim=(0, None))
    left.legend(fontsize="small")
    for name in _WOMEN:
        women = balance(name, 50, 7, 3000)
        right.plot(women.time / _HOUR, women.sodium, label=name)
    right.axhline(130, color="orange", linestyle="--", linewidth=0.8)
    right.axhline(125, color="red", linestyle="--", linewidth=0.8)
    right.set(xlabel="hours of 50 mU/min with 3 l of water", ylabel="sodium in serum (mmol/L)")
    right.legend(fontsize="small")
    return {"water_balance": figure}
