"""The timeline of a scenario: what happens when, in words, with doses as typed and in mass units."""

from __future__ import annotations

from dataclasses import dataclass, replace

from knuffel.body.doses import BOLUS, INDUCING, INFUSION, WATER
from knuffel.evidence import load
from knuffel.scenario.dose_units import usual_units
from knuffel.scenario.model import DoseSpec, ProtocolSpec, Scenario, SignalSpec, StimulusSpec
from knuffel.scenario.nursing import DOSE_LIMITS
from knuffel.scenario.times import time_text
from knuffel.scenario.wording import DRUG_NAMES, ROUTE_NAMES, WORDS

__all__ = ["Moment", "timeline"]

_MOST_OF_TABLE = 24
"""Doses of a dosing table that are shown one by one; of more than these only how many there are is told."""

_SHOWN = ("gain", "slope", "rate", "rise")


@dataclass(frozen=True)
class Moment:
    """A line of the timeline: ``time`` in ms, what happens and how much, by language."""

    time: int
    what: dict[str, str]
    how: dict[str, str]


def timeline(scenario: Scenario) -> tuple[Moment, ...]:
    """Return stimuli, doses, an induction and prescribed outputs in order of time, without a long dosing table."""
    written: dict[str, list[StimulusSpec]] = {}
    for item in scenario.stimuli:
        written.setdefault(item.where, []).append(item)
    moments = [_stimulus(*same) for same in written.values()]
    table = scenario.dose_table
    hidden = 0 if table is None or table.doses <= _MOST_OF_TABLE else table.doses
    for dose in scenario.doses[: len(scenario.doses) - hidden]:
        if dose.subject is None:
            moments += _dose(dose)
            continue
        name = str(dose.subject + 1) if table is None else table.subject_names[dose.subject]
        moments += [_owned(moment, name) for moment in _dose(dose)]
    moments += [] if scenario.protocol is None else _induction(scenario.protocol)
    moments += [_prescribed(port, signal) for spec in scenario.rooms.values() for port, signal in spec.outputs.items()]
    return tuple(sorted(moments, key=lambda moment: moment.time))


def _stimulus(item: StimulusSpec, *again: StimulusSpec) -> Moment:
    profile = load.stimuli().get(item.kind)
    what, how = {}, {}
    for lang, words in WORDS.items():
        what[lang] = profile.title[lang] if profile is not None else words[item.kind]
        parts = (
            [words["for"].format(duration=time_text(item.duration))]
            if item.duration and "dose" not in item.values
            else []
        )
        if profile is None:
            parts = parts or [words["to_end"]]
        parts += [words[key].format(value=f"{item.values[key]:g}") for key in _SHOWN if key in item.values]
        parts += _nursing(item, words)
        if item.intensity != 1:
            parts.append(words["intensity"].format(value=f"{item.intensity:g}"))
        if profile is not None:
            parts += [words[item.partner]] if profile.social_touch else []
            parts.append(words["grade"].format(grade=profile.grade))
        if again:
            every = time_text(again[0].start - item.start)
            parts.insert(0, words["repeated"].format(count=1 + len(again), every=every))
        how[lang] = ", ".join(parts)
    return Moment(item.start, what, how)


def _nursing(item: StimulusSpec, words: dict[str, str]) -> list[str]:
    """Return the side, the young, the appetite, the vacuum, the cue and the dose, as far as they are there."""
    values, parts = item.values, []
    if "pups" in values:
        parts.append(words["pups"].format(pups=f"{values['pups']:g}", litter=f"{values['litter']:g}"))
    if "left" in values:
        sides = [side for side in ("left", "right") if values[side]]
        parts.append(words[sides[0] if len(sides) == 1 else "both"])
    if "suction" in values:
        names = {strength: name for name, strength in load.stimuli()[item.kind].strengths.items()}
        parts.append(words["vacuum"].format(value=words[names[values["suction"]]]))
    if "appetite" in values:
        parts.append(words["appetite"].format(value=f"{values['appetite']:g}"))
    if values.get("cue"):
        parts.append(words["cue"])
    if "dose" in values:
        parts.append(words["dose"].format(value=f"{values['dose']:g}", unit=DOSE_LIMITS[item.kind][0]))
    return parts


def _owned(moment: Moment, name: str) -> Moment:
    """Return a dose with the name of the subject that gets it."""
    what = {lang: words["whose"].format(name=name, what=moment.what[lang]) for lang, words in WORDS.items()}
    return replace(moment, what=what)


def _named(key: str, drug: str, **facts: str) -> dict[str, str]:
    """Return the words of a key by language, with the drug by its name there."""
    return {lang: words[key].format(drug=DRUG_NAMES[lang].get(drug, drug), **facts) for lang, words in WORDS.items()}


def _dose(dose: DoseSpec) -> list[Moment]:
    drug = dose.drug
    found = []
    for time, amount in dose.amounts:
        what = {
            lang: words["amount"].format(drug=DRUG_NAMES[lang].get(drug, drug), route=ROUTE_NAMES[lang][dose.route])
            for lang, words in WORDS.items()
        }
        found.append(Moment(time, what, dict.fromkeys(WORDS, f"{_typed(dose)} = {_mass(amount)}")))
    if not dose.segments:
        return found
    if dose.route != INFUSION:
        start, end, rate = dose.segments[0]
        what = _named("slow_bolus" if dose.route == BOLUS else "drunk", drug, duration=time_text(end - start))
        mass = "" if drug == WATER else f": {_mass(rate * (end - start) / 1000)}"
        return [*found, Moment(start, what, _with_sodium(dose, dict.fromkeys(WORDS, _typed(dose) + mass)))]
    what = _named("infusion", drug)
    for start, _, rate in dose.segments:
        found.append(Moment(start, what, _with_sodium(dose, dict.fromkeys(WORDS, _rate(drug, rate)))))
    found.append(Moment(dose.segments[-1][1], _named("infusion_end", drug), dict.fromkeys(WORDS, "")))
    return found


def _with_sodium(dose: DoseSpec, how: dict[str, str]) -> dict[str, str]:
    if not dose.sodium:
        return how
    return {lang: f"{text}, {WORDS[lang]['sodium'].format(value=f'{dose.sodium:g}')}" for lang, text in how.items()}


def _induction(plan: ProtocolSpec) -> list[Moment]:
    """Return when the pump starts, pauses and stops, and how it is turned."""
    (_, per_unit), _ = usual_units(INDUCING)
    facts = {name: f"{getattr(plan, name) / per_unit:.4g}" for name in ("first", "increment", "maximum")}
    facts["interval"] = time_text(plan.interval)
    how = {
        lang: words["induction_how"].format(rule=words[f"rule_{plan.rule}"], **facts) for lang, words in WORDS.items()
    }
    found = [Moment(plan.start, _named("induction", INDUCING, name=plan.name), how)]
    for begin, end in plan.pauses:
        until = {lang: words["pause_how"].format(end=time_text(end)) for lang, words in WORDS.items()}
        found.append(Moment(begin, _named("pause", INDUCING), until))
    return [*found, Moment(plan.end, _named("induction_end", INDUCING), dict.fromkeys(WORDS, ""))]


def _prescribed(port: str, signal: SignalSpec) -> Moment:
    what = {lang: words["prescribed_port"].format(port=port) for lang, words in WORDS.items()}
    if signal.kind == "events":
        times = signal.event_times or (0,)
        span = {"count": len(signal.event_times), "first": time_text(times[0]), "last": time_text(times[-1])}
        return Moment(times[0], what, {lang: words["events"].format(**span) for lang, words in WORDS.items()})
    if signal.kind == "table":
        rows = len(signal.times)
        return Moment(signal.times[0], what, {lang: words["table"].format(rows=rows) for lang, words in WORDS.items()})
    text = f"{signal.value:g} {signal.unit}" if signal.kind == "constant" else f"{signal.expression} {signal.unit}"
    return Moment(0, what, dict.fromkeys(WORDS, text))


def _typed(dose: DoseSpec) -> str:
    return dose.text.removeprefix(f"{dose.drug} {dose.route} ").split(" at ")[0]


def _mass(picograms: float) -> str:
    for size, unit in ((1e9, "mg"), (1e6, "ug"), (1e3, "ng")):
        if abs(picograms) >= size:
            return f"{picograms / size:.4g} {unit}"
    return f"{picograms:.4g} pg"


def _rate(drug: str, rate: float) -> str:
    (unit, per_unit), _ = usual_units(drug)
    return f"{rate / per_unit:.4g} {unit}" + ("" if drug == WATER else f" = {rate:.4g} pg/s")
