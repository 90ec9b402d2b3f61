"""Pulses before and during labour against counts in plasma, and how an isolated pulse falls."""

from __future__ import annotations

from typing import Any

import numpy as np

from knuffel.analysis.pulses import detect_pulses
from knuffel.body.circulation.plasma import PlasmaParameters, PlasmaTwoCompartment
from knuffel.body.contract import Inputs, Subjects
from knuffel.body.physiology import Adult, AdultParameters, AdultSettings
from knuffel.body.pulses.spontaneous import SpontaneousParameters, SpontaneousPulses, SpontaneousSettings
from knuffel.engine.random import Streams
from knuffel.evidence import load
from knuffel.validation.drive import Blood, Floats, into_plasma, numbers
from knuffel.validation.row import Row

__all__ = ["figures", "rows"]

_RUNS, _SEED = 200, 1
_STEP, _WINDOW = 1000, 1_800_000
"""ms."""
_STAGES = {"PK27a": "term", "PK27b": "first_stage", "PK27c": "second_third"}
_SETS = {"A": "term_A", "B": "term_B"}
_TOTAL = "plasma.oxytocin_concentration"
_SHARE = 0.25
_ASSAY = "ria_extracted"


def rows() -> list[Row]:
    """Return every obtained number of the study."""
    return [*_counts(), *_isolated(), *_birth()]


class _Women:
    """Women at term with a kinetic set: basal secretion and pulses into plasma, second by second."""

    def __init__(self, name: str, settings: SpontaneousSettings, count: int = _RUNS) -> None:
        own = numbers(AdultParameters, name)
        subjects = Subjects(np.arange(count), weight=np.full(count, own.reference_weight))
        _, levels = Adult(own, AdultSettings(state="term")).init(subjects, Inputs(), Streams(_SEED))
        self._levels = {port: (level, level) for port, level in levels.items()}
        self._pulses = SpontaneousPulses(numbers(SpontaneousParameters, name), settings)
        self._plasma = PlasmaTwoCompartment(numbers(PlasmaParameters, name))
        self._streams = Streams(_SEED, "pulses")
        self._state, _ = self._pulses.init(subjects, Inputs(self._levels), self._streams)
        self._blood, start = self._plasma.init(subjects, Inputs(self._levels), self._streams)
        self._count, self._start = count, start[_TOTAL]
        self.basal = levels["physiology.basal_concentration"] * levels["physiology.clearance"]

    def run(self) -> tuple[Floats, Floats, Floats]:
        """Return pulses of each woman, secretion (pg/s) by pulses (time, woman), and plasma (pg/mL) likewise."""
        counts, secreted, levels = np.zeros(self._count), [], [self._start]
        for t in range(0, _WINDOW, _STEP):
            outputs = self._pulses.advance(self._state, Inputs(self._levels), t, _STEP, self._streams)
            events = outputs["pulses.pulse"]
            counts += np.bincount(events.subject[events.index >= 0], minlength=self._count)
            rate = outputs["pulses.rate"]
            flows = {"secretion.rate": self.basal * _STEP / 1000, "pulses.rate": rate}
            given = into_plasma(self._levels, flows, self._count)
            levels.append(self._plasma.advance(self._blood, given, t, _STEP, self._streams)[_TOTAL])
            secreted.append(rate * 1000 / _STEP)
        return counts, np.array(secreted), np.array(levels)


def _seen(levels: Floats) -> float:
    """Return the mean number of pulses that samples of every minute would show, with the scatter of an assay."""
    times = np.arange(0, _WINDOW + 1, 60_000)
    scatter = load.assays()[_ASSAY].cv_intra
    women = np.arange(levels.shape[1])
    noise = Streams(_SEED, "observe")("samples").normal(np.arange(len(times))[:, np.newaxis], subject=women)
    samples = levels[times // _STEP] * np.exp(scatter * noise)
    found = [detect_pulses(times / 1000, column, scatter * column) for column in samples.T]
    return float(np.mean([len(pulses) for pulses in found]))


def _counts() -> list[Row]:
    found, false = [], _seen(np.ones((_WINDOW // _STEP + 1, _RUNS)))
    for target, stage in _STAGES.items():
        counts, _, levels = _Women("term_A", SpontaneousSettings(stage)).run()
        found.append(Row(target, float(counts.mean()), "returns the mean count, an input"))
        how = f"{_ASSAY}, plasma of term_A every minute; a level that never changes would count {false:.1f}"
        found.append(Row(f"{target}_counted", _seen(levels), how))
    return found


def _course(name: str, seconds: float) -> tuple[Floats, Floats]:
    """Return times (min) and the rise (pg/mL) after a pulse that lasts some seconds; 0 is all at once."""
    blood, own = Blood(name, basal=0), numbers(SpontaneousParameters, name)
    mass = float(own.amplitude) * blood.disposition[1]
    times = np.arange(0.5, 1200, 0.5)
    if not seconds:
        return times / 60, blood.course(times, bolus=mass)
    levels = [blood.advance(0.5, secretion=mass / seconds if time <= seconds else 0) for time in times]
    return times / 60, np.array(levels)


def _fall(times: Floats, levels: Floats, peak: float) -> float:
    """Return when (min) a curve has fallen below a quarter of its ``peak`` for good."""
    above = int(np.flatnonzero(levels >= _SHARE * peak)[-1])
    return float(np.interp(-_SHARE * peak, -levels[above : above + 2], times[above : above + 2]))


def _isolated() -> list[Row]:
    found = []
    for label, name in _SETS.items():
        own = numbers(SpontaneousParameters, name)
        at_once = _fall(*_course(name, 0), float(own.amplitude))
        times, levels = _course(name, float(own.duration))
        slow = _fall(times, levels, float(levels.max())) - float(times[levels.argmax()])
        note = f"when it comes at once; {slow:.1f} min after the peak of a simulated pulse, which lasts half a minute"
        found.append(Row(f"LP_isolated_{label}", at_once, note))
    return found


def _birth() -> list[Row]:
    with_birth, without = (_Women("term_A", SpontaneousSettings("second_third", birth), 1) for birth in (0.0, np.inf))
    (_, more, _), (_, usual, _) = with_birth.run(), without.run()
    train = (more - usual)[: 15 * 60, 0]
    return [Row("LP_birth", float(1 + train.mean() / with_birth.basal[0]))]


def figures() -> dict[str, Any]:
    """Return the figure of the study: three women, the counts of all, and an isolated pulse."""
    from matplotlib.figure import Figure

    targets = load.targets()
    figure = Figure(figsize=(11, 4), layout="constrained")
    left, middle, right = figure.subplots(1, 3)
    minutes = np.arange(0, _WINDOW + 1, _STEP) / 60_000
    for place, (target, stage) in enumerate(_STAGES.items()):
        counts, _, levels = _Women("term_A", SpontaneousSettings(stage)).run()
        left.plot(minutes, levels[:, 0], label=stage.replace("_", " "))
        middle.bar(place, counts.mean(), color=f"C{place}", alpha=0.5)
        middle.errorbar(place, counts.mean(), counts.std(), color=f"C{place}", capsize=4)
        middle.plot(place, targets[target].published, "ko", label="published" if place == 0 else None)
    left.set(xlabel="minutes", ylabel="oxytocin (pg/mL)", title="One woman (term_A)")
    left.set_ylim(bottom=0)
    left.legend(fontsize="small")
    middle.set(ylabel="pulses in 30 min", title="200 women, mean and spread")
    middle.set_xticks(range(len(_STAGES)), [stage.replace("_", " ") for stage in _STAGES.values()], fontsize="small")
    middle.legend(fontsize="small")
    for name in _SETS.values():
        times, levels = _course(name, 30)
        right.plot(times, levels / levels.max(), label=name)
    right.axvspan(1.2, 2.0, alpha=0.2, label="published: width of pulses")
    right.axhline(_SHARE, color="grey", linestyle=":")
    right.set(xlabel="minutes", ylabel="share of the peak", title="An isolated pulse", xlim=(0, 12))
    right.legend(fontsize="small")
    return {"labour_pulses": figure}
