"""Rates against spikes: the models `rate` of neurons and secretion beside the spiking cells that they stand for.

Firing and secretion at constant inputs that lie between the points of the table, with the usual, less and more
inhibition for each excitation; and the plasma of a rat while its input is another for ten minutes.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from knuffel.body.contract import Inputs, Subjects
from knuffel.body.neurons.integrate_and_fire import IntegrateAndFireOxytocin
from knuffel.body.neurons.rate import RateNeurons
from knuffel.body.secretion.rate import RateSecretion
from knuffel.body.secretion.terminal import TerminalSecretion
from knuffel.engine.random import Streams
from knuffel.evidence.rate_table import rate_table
from knuffel.scenario import loads_scenario
from knuffel.simulation import simulate
from knuffel.validation.drive import numbers
from knuffel.validation.row import Row

__all__ = ["figures", "rows"]

Floats = npt.NDArray[np.float64]

SETS = {"oxytocin-2018": "oxytocin", "spikemod-2017like": "spikemod"}
GAINS = {1.0: (0.55, 0.95, 1.3, 2.2, 3.5, 5.5, 7.0, 11.0), 0.4: (0.65, 1.3, 3.4), 1.4: (0.95, 2.7, 5.5)}
"""Gains of the excitation, by the ratio of the gain of the inhibition to it."""

STEPS = {"oxytocin-2018": (0.6, 1.5, 3.0), "spikemod-2017like": (1.5,)}
"""Gains of both inputs for ten minutes."""

_CELLS, _WARM, _SECONDS, _STEP = 256, 200, 200, 1000
_COARSE = 20_000
_LEVEL = "plasma.oxytocin_concentration"
_SCENARIO = """
duration: 40 min
subject: {{species: rat, sex: female}}
stimuli: [{{kind: step, start: 10 min, duration: 10 min, gain: {gain}}}]
fidelity: {fidelity}
body: {{neurons: {{set: {set_name}{cells}}}}}
observe: {{record: {{every: 1 min, spikes: false}}}}
"""


def _inputs() -> tuple[Floats, Floats]:
    """Return both gains of every input, in the order of `GAINS`."""
    pairs = [(gain, ratio * gain) for ratio, gains in GAINS.items() for gain in gains]
    excitation, inhibition = np.array(pairs).T
    return excitation, inhibition


@lru_cache(maxsize=4)
def _steady(set_name: str, spiking: bool) -> tuple[Floats, Floats]:
    """Return mean firing rate (Hz) and secretion of the gland (pg/s) at every input, after 200 s."""
    excitation, inhibition = _inputs()
    levels = {"stimuli.excitation_gain": (excitation,) * 2, "stimuli.inhibition_gain": (inhibition,) * 2}
    for name in ("physiology.basal_concentration", "physiology.clearance"):
        levels[name] = (np.ones(len(excitation)),) * 2
    for name in ("modulators.mu_opioid_occupancy", "modulators.kappa_activity"):
        levels[name] = (np.zeros(len(excitation)),) * 2
    subjects, streams = Subjects(np.arange(len(excitation)), species="rat"), Streams(2, "neurons")
    neurons: Any
    gland: Any
    if spiking:
        cells = IntegrateAndFireOxytocin.Settings(cells=_CELLS)
        neurons = IntegrateAndFireOxytocin(numbers(IntegrateAndFireOxytocin.Parameters, set_name), cells)
        terminals = TerminalSecretion.Settings(species="rat", cells=_CELLS)
        gland = TerminalSecretion(numbers(TerminalSecretion.Parameters, set_name), terminals)
    else:
        table = rate_table(set_name)
        neurons = RateNeurons(numbers(RateNeurons.Parameters, set_name), RateNeurons.Settings(table))
        parameters = numbers(RateSecretion.Parameters, set_name)
        gland = RateSecretion(parameters, RateSecretion.Settings(species="rat", table=table))
    step = _STEP if spiking else _COARSE
    state, _ = neurons.init(subjects, Inputs(levels), streams)
    stores, _ = gland.init(subjects, Inputs(levels), streams)
    count, amount = np.zeros(len(excitation)), np.zeros(len(excitation))
    for begin in range(-_WARM * 1000, _SECONDS * 1000, step):
        fired = neurons.advance(state, Inputs(levels), begin, step, streams)
        given = Inputs(
            levels,
            {"neurons.firing_rate": fired["neurons.firing_rate"]},
            records={"neurons.spike": fired["neurons.spike"]},
        )
        released = gland.advance(stores, given, begin, step, streams)["secretion.gland_rate"]
        if begin >= 0:
            count += fired["neurons.firing_rate"]
            amount += released
    return count / _SECONDS, amount / _SECONDS


@lru_cache(maxsize=16)
def _course(set_name: str, gain: float, fidelity: str) -> Floats:
    """Return plasma oxytocin (pg/mL) every minute from the start, the step between minutes 10 and 20."""
    cells = f", cells: {2 * _CELLS}" if fidelity == "spiking" else ""
    text = _SCENARIO.format(gain=gain, fidelity=fidelity, set_name=set_name, cells=cells)
    found: Floats = np.asarray(simulate(loads_scenario(text)).dataset[_LEVEL].values)[0]
    return found


def rows() -> list[Row]:
    """Return the largest deviations of the rates from the spikes."""
    found = []
    for set_name, label in SETS.items():
        spiking, rates = (_steady(set_name, fidelity) for fidelity in (True, False))
        for place, name in enumerate(("rate", "secretion")):
            found.append(Row(f"RF_{label}_{name}", float(np.max(np.abs(rates[place] / spiking[place] - 1)))))
        found += [Row(f"RF_{label}_step_{gain:g}", _deviation(set_name, gain)) for gain in STEPS[set_name]]
    return found


def _deviation(set_name: str, gain: float) -> float:
    """Return the largest difference between the courses of plasma after a step, as a share of the largest change."""
    spiking, rates = (_course(set_name, gain, fidelity) for fidelity in ("spiking", "rate"))
    rest = spiking[:11].mean()
    return float(np.max(np.abs(rates - spiking)) / np.max(np.abs(spiking - rest)))


def figures() -> dict[str, Any]:
    """Return firing, secretion and the plasma after steps: spikes as dots, rates as lines."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 6), layout="constrained")
    axes = figure.subplots(2, 3)
    excitation, _ = _inputs()
    ratios = np.concatenate([np.full(len(gains), ratio) for ratio, gains in GAINS.items()])
    for row, set_name in enumerate(SETS):
        spiking, rates = (_steady(set_name, fidelity) for fidelity in (True, False))
        for colour, ratio in enumerate(GAINS):
            chosen = ratios == ratio
            for place in range(2):
                gain, dots, line = excitation[chosen], spiking[place][chosen], rates[place][chosen]
                axes[row, place].plot(gain, dots, "o", color=f"C{colour}", label=f"inhibition x {ratio:g}, spikes")
                axes[row, place].plot(gain, line, "-", color=f"C{colour}", label="rates" if colour == 0 else None)
        for colour, gain in enumerate(STEPS[set_name]):
            for fidelity, style in (("spiking", "o"), ("rate", "-")):
                course = _course(set_name, gain, fidelity)
                label = f"input x {gain:g}" if fidelity == "spiking" else None
                axes[row, 2].plot(np.arange(len(course)), course, style, markersize=3, color=f"C{colour}", label=label)
        axes[row, 0].set(ylabel="spikes/s", title=f"{set_name}: firing")
        axes[row, 1].set(ylabel="secretion of the gland (pg/s)", title="secretion", yscale="log")
        axes[row, 2].set(xlabel="minutes", ylabel="oxytocin in plasma (pg/mL)", title="ten minutes of another input")
        for place in range(2):
            axes[row, place].set(xlabel="gain of the excitation", xscale="log")
        axes[row, 2].set_yscale("log")
        axes[row, 2].axvspan(10, 20, color="grey", alpha=0.15)
    axes[0, 0].legend(fontsize="small", frameon=False)
    axes[0, 2].legend(fontsize="small", frameon=False)
    return {"rate_fidelity": figure}
