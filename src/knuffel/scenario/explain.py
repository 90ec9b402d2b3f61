"""What a scenario will run, in plain words and tables, before anything is computed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from knuffel.body.contract import Kind
from knuffel.body.plan import component_class
from knuffel.evidence import load
from knuffel.scenario.explain_population import population_lines
from knuffel.scenario.fidelity import is_spiking
from knuffel.scenario.model import RoomSpec, SampleSpec, Scenario
from knuffel.scenario.samples import ports_of
from knuffel.scenario.timeline import Moment, timeline
from knuffel.scenario.times import clock_text, time_text
from knuffel.scenario.wording import ROOM_NAMES, WORDS

__all__ = ["Cost", "Explanation", "estimate", "explain"]

_SECONDS_PER_CELL_STEP = 8e-9
_SECONDS_PER_ENGINE_STEP = 3e-5
_SPIKES_PER_SECOND = 3
_BYTES_PER_SPIKE = 24
_BYTES_PER_VALUE = 8
_SLOWEST_STEP = 60_000
_LISTED = 8


@dataclass(frozen=True)
class Cost:
    """An estimate: steps of one cell over one ms, seconds of computing, bytes of results before compression."""

    cell_steps: int
    seconds: float
    result_bytes: int


@dataclass(frozen=True)
class Explanation:
    """What a scenario will run: the scenario, its timeline and its cost."""

    scenario: Scenario
    timeline: tuple[Moment, ...]
    cost: Cost

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain data."""
        item = self.scenario
        return {
            "name": item.name,
            "title": dict(item.title),
            "scenario": item.resolved,
            "hash": item.hash,
            "sets": list(item.sets),
            "timeline": [{"time_ms": moment.time, "what": moment.what, "how": moment.how} for moment in self.timeline],
            "cost": vars(self.cost),
            "notices": [vars(notice) for notice in item.notices],
            "text": {lang: self.text(lang) for lang in WORDS},
        }

    def text(self, lang: str = "en") -> str:
        """Return the explanation for a person, in English or Dutch."""
        words, item = WORDS[lang], self.scenario
        parts = [item.title[lang], *([item.description[lang]] if item.description[lang] else [])]
        parts += [_heading(words["who"]) + "\n" + _who(item, lang)]
        parts += [_heading(words["happens"]) + "\n" + self._happens(lang)]
        parts += [_heading(words["body"]) + "\n" + _body(item, lang)]
        parts += [_heading(words["observed"]) + "\n" + _observed(item, words)]
        parts += [_heading(words["cost"]) + "\n" + _cost(self.cost, words)]
        notes = [str(notice) for notice in item.notices] + _weak(item, lang)
        if notes:
            parts.append(_heading(words["notices"]) + "\n" + "\n".join(f"- {note}" for note in notes))
        if item.doses or item.protocol is not None or any(stimulus.kind in load.drugs() for stimulus in item.stimuli):
            parts.append(words["advice"])
        return "\n\n".join(parts)

    def _happens(self, lang: str) -> str:
        words = WORDS[lang]
        table = [] if self.scenario.dose_table is None else [_of_table(self.scenario, words)]
        if not self.timeline:
            return "".join(table) or words["nothing"]
        rows = [
            (
                time_text(item.time),
                clock_text(self.scenario.start_clock + item.time // 1000),
                item.what[lang],
                item.how[lang],
            )
            for item in self.timeline
        ]
        return "\n".join([*table, _table((words["time"], words["clock"], words["what"], words["how"]), rows)])


def explain(scenario: Scenario) -> Explanation:
    """Return what a scenario will run."""
    return Explanation(scenario, timeline(scenario), estimate(scenario))


def estimate(scenario: Scenario) -> Cost:
    """Return a rough estimate of what a run costs; the machine and the first compilation are not known."""
    count = scenario.subject.count
    running = [spec for spec in scenario.rooms.values() if spec.mode == "model"]
    kinds = [component_class(spec.room, spec.model) for spec in running]
    warm_up = scenario.engine.warm_up
    if warm_up is None:
        warm_up = max((kind.warm_up for kind in kinds), default=0)
    span = scenario.duration + warm_up
    cells = int(scenario.rooms["neurons"].settings.get("cells", 0)) if is_spiking(scenario.rooms) else 0
    steps = cells * count * span
    intervals = [scenario.engine.intervals.get(kind.room, kind.coupling_interval or _SLOWEST_STEP) for kind in kinds]
    engine = sum(span / interval for interval in intervals) * _SECONDS_PER_ENGINE_STEP
    ports = ports_of(scenario.rooms).values()
    columns = sum(1 for port in ports if port.kind not in (Kind.EVENTS, Kind.AMOUNT))
    if scenario.observe.variables is not None:
        columns = len(scenario.observe.variables)
    size = count * columns * _BYTES_PER_VALUE * (scenario.duration // scenario.observe.record_every + 1)
    if scenario.observe.spikes and cells:
        size += cells * count * _SPIKES_PER_SECOND * _BYTES_PER_SPIKE * scenario.duration // 1000
    cost = max((kind.relative_cost for kind in kinds if kind.room == "neurons"), default=1)
    return Cost(steps, steps * cost * _SECONDS_PER_CELL_STEP + engine, int(size))


def _heading(text: str) -> str:
    return f"{text}\n{'-' * len(text)}"


def _short(value: object) -> str:
    """Return a setting as text; of a long list only how long it is."""
    return f"{len(value)} entries" if isinstance(value, tuple) and len(value) > _LISTED else str(value)


def _table(header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    widths = [max(len(row[place]) for row in [header, *rows]) for place in range(len(header))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in [header, tuple("-" * width for width in widths), *rows]
    ]
    return "\n".join(lines)


def _who(item: Scenario, lang: str) -> str:
    words, subject = WORDS[lang], item.subject
    facts = {"week": f"{subject.gestational_week or 0:g}", "days": f"{subject.days_postpartum or 0:g}"}
    state = words[subject.state].format(**facts)
    weight = f"{subject.weight * 1000:g} g" if subject.species == "rat" else f"{subject.weight:g} kg"
    lines = [words["subject"].format(who=words[f"{subject.species}_{subject.sex}"], state=state, weight=weight)]
    if subject.count > 1:
        lines.append(words["subjects"].format(count=subject.count) + ".")
    lines += population_lines(item, lang)
    if subject.litter is not None:
        lines.append(words["litter"].format(count=subject.litter))
    lines.append(words["kinetics"].format(kinetics=subject.kinetics))
    if subject.labour_preset:
        lines.append(words["labour"].format(labour=subject.labour_preset))
    if subject.lactation:
        lines.append(words["lactation"].format(lactation=subject.lactation))
    start = clock_text(item.start_clock)
    lines.append(words["runs"].format(duration=time_text(item.duration), start=start, seed=item.seed))
    return "\n".join(lines)


def _of_table(item: Scenario, words: dict[str, str]) -> str:
    """Return how many doses of how many subjects a dosing table gave."""
    table, count = item.dose_table, item.subject.count
    assert table is not None
    several = words["subjects"].format(count=len(table.subject_names))
    one = words["one_subject" if count == 1 else "each_subject"]
    key = "one_dose_of_table" if table.doses == 1 else "doses_of_table"
    subjects = several if len(table.subject_names) > 1 else one
    return words[key].format(count=table.doses, subjects=subjects, file=table.name)


def _body(item: Scenario, lang: str) -> str:
    words = WORDS[lang]
    rows = []
    for room, spec in item.rooms.items():
        model = spec.model if spec.mode == "model" else words[spec.mode]
        rows.append((ROOM_NAMES[lang].get(room, room), model, "; ".join(_details(spec, item, words))))
    lines = [_table((words["room"], words["model"], words["details"]), rows)]
    if is_spiking(item.rooms):
        lines.append(words["fidelity_spiking"])
    if item.rate_table is not None:
        lines.append(words["fidelity_rate"].format(name=item.rate_table.set))
        lines += [words["own_table"].format(path=item.rate_table.path)] if item.rate_table.path else []
    return "\n".join(lines)


def _details(spec: RoomSpec, item: Scenario, words: dict[str, str]) -> list[str]:
    parts = []
    if "cells" in spec.settings and spec.mode != "off":
        cells = spec.settings["cells"]
        parts.append(words["cell" if cells == 1 else "cells"].format(cells=cells))
    if spec.mode == "model":
        wanted = spec.sets
        if spec.room != "neurons" or not wanted:
            wanted = (*component_class(spec.room, spec.model).default_sets, *wanted)
        if spec.room == "plasma":
            wanted = (item.subject.kinetics, *wanted)
        elif spec.room == "uterus" and item.subject.labour_preset:
            wanted = (item.subject.labour_preset, *wanted)
        parts += [words["set"].format(name=name) for name in wanted]
    parts += [f"{key} = {_short(value)}" for key, value in spec.settings.items() if key != "cells"]
    parts += [f"{name} = {value.value:g} {value.unit}" for name, value in spec.overrides.items()]
    parts += list(spec.outputs)
    return parts


def _observed(item: Scenario, words: dict[str, str]) -> str:
    kept = item.observe
    variables = words["all"] if kept.variables is None else words["some"].format(count=len(kept.variables))
    spikes = words["spikes"] if kept.spikes else ""
    lines = [words["record"].format(every=time_text(kept.record_every), variables=variables, spikes=spikes)]
    for series in kept.samples:
        if series.times:
            first, last = time_text(series.times[0]), time_text(series.times[-1])
            facts = {
                "count": len(series.times),
                "assay": series.assay,
                "first": first,
                "last": last,
                "port": "; ".join((series.port, *_laboratory(series))),
            }
            lines.append(words["sample"].format(**facts))
    if kept.tocograph:
        lines.append(words["tocograph"])
    return "\n".join(lines)


def _laboratory(series: SampleSpec) -> list[str]:
    """Return what is unusual about a sampling series, in signs that need no translation."""
    parts = [f"{series.tube}, {time_text(series.held)}"] if series.held else []
    if series.unit not in ("pg/mL", "1"):
        content = f", {series.ug_per_iu:g} ug/IU" if series.ug_per_iu is not None else ""
        parts.append(series.unit + content)
    return parts + ([f"x {series.gain:g}"] if series.gain != 1 else [])


def _cost(cost: Cost, words: dict[str, str]) -> str:
    seconds = words["moment"] if cost.seconds < 1 else f"± {time_text(round(cost.seconds) * 1000)}"
    size = cost.result_bytes
    shown = f"{size / 1e9:.3g} GB" if size >= 1e9 else f"{size / 1e6:.3g} MB" if size >= 1e6 else f"{size / 1e3:.3g} kB"
    lines = [words["estimate"].format(seconds=seconds, size=shown)]
    if cost.cell_steps:
        lines.append(words["cell_work"].format(work=f"{cost.cell_steps:.3g}"))
    return "; ".join(lines)[:1].upper() + "; ".join(lines)[1:] + "."


def _weak(item: Scenario, lang: str) -> list[str]:
    known = load.stimuli()
    kinds = dict.fromkeys(stimulus.kind for stimulus in item.stimuli if stimulus.kind in known)
    return [WORDS[lang]["weak"].format(what=known[kind].title[lang]) for kind in kinds if known[kind].grade == "D"]
