"""Receptors that drugs block and stimulation wears down: antagonists, loss of receptors, recovery."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from knuffel.body.contract import Inputs, Subjects
from knuffel.body.physiology import AdultParameters
from knuffel.body.receptors.operational import OperationalReceptor, ReceptorParameters, ReceptorSettings
from knuffel.body.receptors.operational.equations import desensitised
from knuffel.engine.random import Streams
from knuffel.evidence.resolve import Override
from knuffel.validation.drive import Floats, numbers
from knuffel.validation.row import Row

__all__ = ["figures", "rows"]

LEVELS = (2.0, 5.0, 10.0)
PLATEAU = 442_000.0
"""Atosiban in plasma under 300 ug/min, pg/mL."""

LABOUR = 12 * 60
WASHOUT = 4 * 60
DRIVES = {"PK28a": 0.8, "PK28b": 1.0}
BARUSIBAN, ATOSIBAN = 2.5, 250.0
"""In a bath, nM."""

_PLAIN: Mapping[str, Override] = {}


@lru_cache(maxsize=1)
def _term() -> float:
    """Return the receptors before labour at term, fmol/mg."""
    return float(numbers(AdultParameters).late_density)


def _baths() -> dict[str, dict[str, Override]]:
    """Return what is in the bath of each strip, by target."""
    molar_mass = numbers(ReceptorParameters).atosiban_molar_mass
    return {
        "PK31a": {"receptors__barusiban_concentration": Override(BARUSIBAN, "nM")},
        "PK31b": {
            "receptors__atosiban_concentration": Override(ATOSIBAN * molar_mass / 1000, "ng/mL"),
            "receptors__atosiban_free_fraction": Override(1.0, "1"),
        },
    }


def rows() -> list[Row]:
    """Return every obtained number of the study."""
    return [
        Row("PK17", max(_effect(level, PLATEAU) / _effect(level) for level in LEVELS), "highest of 2, 5 and 10 pg/mL"),
        *(Row(target, float(_remaining(LABOUR, drive))) for target, drive in DRIVES.items()),
        Row("PK29", float(_recovered(WASHOUT))),
        *(Row(target, _half_level(bath) / _half_level()) for target, bath in _baths().items()),
    ]


def _effect(level: float, atosiban: float = 0, bath: Mapping[str, Override] = _PLAIN) -> float:
    """Return the effect of oxytocin (pg/mL) on fresh receptors at term, with atosiban (pg/mL) in plasma."""
    room = OperationalReceptor(numbers(ReceptorParameters, **bath), ReceptorSettings("off"))
    now = {
        "plasma.oxytocin_concentration": level,
        "plasma.atosiban_concentration": atosiban,
        "physiology.receptor_density_set": _term(),
    }
    inputs = Inputs({port.name: (np.array([now.get(port.name, 0.0)]),) * 2 for port in room.inputs})
    _, outputs = room.init(Subjects(np.arange(1)), inputs, Streams(0))
    return float(outputs["receptors.myometrium_effect"][0])


def _half_level(bath: Mapping[str, Override] = _PLAIN) -> float:
    """Return the oxytocin (pg/mL) of effect one half, by bisection on the component."""
    low, high = 1e-3, 1e6
    for _ in range(50):
        middle = float(np.sqrt(low * high))
        low, high = (middle, high) if _effect(middle, bath=bath) < 0.5 else (low, middle)
    return high


def _remaining(minutes: Any, drive: float) -> Any:
    """Return the share of the receptors that is left after a constant drive of desensitisation."""
    own = numbers(ReceptorParameters)
    return desensitised(1.0, drive, minutes, own.turnover_rate, own.loss_rate)


def _coupled(minutes: Any, drive: float, start: float = 1) -> Any:
    own = numbers(ReceptorParameters)
    return desensitised(start, drive, minutes, own.recoupling_rate, own.uncoupling_rate)


def _recovered(minutes: float) -> Any:
    """Return how much of the coupling that full drive took is back after a washout."""
    worn = _coupled(1e5, 1)
    return (_coupled(minutes, 0, worn) - worn) / (1 - worn)


def figures() -> dict[str, Any]:
    """Return the figure of the study: loss and recovery of receptors, and effect with and without antagonists."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 4), layout="constrained")
    left, middle, right = figure.subplots(1, 3)
    hours: Floats = np.linspace(0, 20, 101)
    for drive in (0.4, 0.8, 1.0):
        left.plot(hours, _remaining(hours * 60, drive), label=f"drive {drive:g}")
    left.axhspan(0.25, 0.29, alpha=0.2, label="published: after augmented or induced labour")
    left.set(xlabel="hours", ylabel="receptors left", title="loss under stimulation", ylim=(0, 1))
    left.legend(fontsize="small")
    worn = _coupled(1e5, 1)
    back = (_coupled(hours[hours <= 8] * 60, 0, worn) - worn) / (1 - worn)
    middle.plot(hours[hours <= 8], back)
    middle.plot(4, 0.85, "ko", label="published: cells, 4 h")
    middle.set(xlabel="hours after washout", ylabel="coupling regained", title="recovery", ylim=(0, 1))
    middle.legend(fontsize="small")
    grid = np.geomspace(0.1, 1000, 40)
    right.semilogx(grid, [_effect(level) for level in grid], label="no antagonist")
    right.semilogx(grid, [_effect(level, PLATEAU) for level in grid], label="atosiban 442 ng/mL in plasma")
    for target, words in (("PK31a", "barusiban 2.5 nM in a bath"), ("PK31b", "atosiban 250 nM in a bath")):
        right.semilogx(grid, [_effect(level, bath=_baths()[target]) for level in grid], "--", label=words)
    right.set(xlabel="oxytocin (pg/mL)", ylabel="effect", title="at term: no published curve")
    right.legend(fontsize="small")
    return {"receptor_states": figure}
