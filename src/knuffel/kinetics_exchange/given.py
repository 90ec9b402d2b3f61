"""What is given: doses and the steps of infusions as events."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from knuffel.body.circulation.plasma.systems import CENTRAL, Layout
from knuffel.body.contract import Events, Inputs, Kind
from knuffel.body.doses import BOLUS, BRAIN_ROUTES, NASAL, NOSE_LAG, WATER, lag_of
from knuffel.engine.random import Streams
from knuffel.kinetics_exchange.blood import IN_FLUID, amount_id, fast_share, write_bioavailability
from knuffel.kinetics_exchange.contents import Contents
from knuffel.kinetics_exchange.document import Document
from knuffel.kinetics_exchange.fluid import IN_NOSE
from knuffel.kinetics_exchange.numbers import add_number
from knuffel.scenario.model import DoseSpec
from knuffel.units import unit_factor

__all__ = ["write_doses"]

Steps = list[tuple[int, float]]
"""From when (ms) which rate (pg/s) holds."""


def write_doses(document: Document, found: Contents) -> None:
    """Write all doses of the subject, and an induction that looks at nothing."""
    doses = [
        (f"dose_{place + 1}", dose)
        for place, dose in enumerate(found.scenario.doses)
        if dose.subject in (None, found.row) and dose.drug != WATER
    ]
    _write_amounts(document, found, doses)
    flows: dict[str, list[tuple[str, str, Steps]]] = {}
    for name, dose in doses:
        if dose.segments:
            flows.setdefault(dose.drug, []).append((name, dose.text, _steps(dose)))
    if found.scenario.protocol is not None and (steps := _pumped(found)):
        flows.setdefault("oxytocin", []).append(("induction", found.scenario.protocol.text, steps))
    for drug, infusions in flows.items():
        for name, text, steps in infusions:
            _write_infusion(document, name, text, steps)
        total = f"{drug}_infusion"
        document.parameter(total, None, "pg/s", f"{drug} infused into a vein", constant=False)
        document.assign(total, " + ".join(f"{name}_infusion" for name, _, _ in infusions))
        target = amount_id(_given(found, drug), CENTRAL)
        document.reaction(f"infusion_of_{drug}", f"infusion of {drug}", total, target=target)


def _given(found: Contents, drug: str) -> Layout:
    """Return the system that a dose of a drug enters."""
    place: Layout = next(
        item for item in found.plasma.component.places if item.drug == drug and item.copy != "endogenous"
    )
    return place


def _write_amounts(document: Document, found: Contents, doses: list[tuple[str, DoseSpec]]) -> None:
    """Write single amounts; those that go the same way at the same time are one event."""
    together: dict[tuple[int, str, str], list[str]] = {}
    for name, dose in doses:
        for place, (time, amount) in enumerate(dose.amounts):
            label = name if len(dose.amounts) == 1 else f"{name}_{place + 1}"
            document.parameter(f"{label}_amount", amount, "pg", dose.text)
            together.setdefault((time, dose.drug, dose.route), []).append(f"{label}_amount")
    for number, ((time, drug, route), names) in enumerate(together.items(), start=1):
        total = " + ".join(names)
        for suffix, lag, changes in _ways(document, found, drug, route, total):
            trigger = f"time >= {_seconds(time)}" + (f" + {_lag(document, found, lag)}" if lag else "")
            text = f"{drug} {route} at {time / 1000:.10g} s" + suffix.replace("_", " ")
            document.event(f"giving_{number}{suffix}", text, trigger, changes)


def _ways(
    document: Document, found: Contents, drug: str, route: str, total: str
) -> list[tuple[str, str, dict[str, str]]]:
    """Return the ways that a dose takes: a suffix, the id of its lag ("" without), and what it changes."""
    if route in BRAIN_ROUTES.get(drug, ()):
        return [("", "", {IN_FLUID: f"{IN_FLUID} + {total}"})] if IN_FLUID in document else []
    place = _given(found, drug)
    if route == BOLUS:
        target = amount_id(place, CENTRAL)
        return [("", "", {target: f"{target} + {total}"})]
    share, target, lag = (
        write_bioavailability(document, found, drug, route),
        amount_id(place, route),
        lag_of(drug, route),
    )
    lag = lag if lag in found.model.resolved else ""
    fast = fast_share(document, found, drug)
    if fast is None:
        ways = [("", lag, {target: f"{target} + ({total}) * {share}"})]
    else:
        slow = amount_id(place, f"{route}_slow")
        first, second = f"({total}) * {share} * {fast}", f"({total}) * {share} * (1 dimensionless - {fast})"
        ways = [("", lag, {target: f"{target} + {first}", slow: f"{slow} + {second}"})]
    if route == NASAL and found.fluid is not None:
        part = add_number(document, found, found.fluid, "csf.nose_to_brain_fraction")
        ways.append(("_to_brain", NOSE_LAG, {IN_NOSE: f"{IN_NOSE} + ({total}) * {part}"}))
    return ways


def _lag(document: Document, found: Contents, identifier: str) -> str:
    """Write a lag in whole milliseconds, as a run has it, and return its identifier."""
    name = identifier.replace(".", "_")
    if name not in document:
        item = found.model.resolved[identifier]
        value = float(np.ravel(item.value)[0])
        seconds = round(value * unit_factor(item.unit, "ms")) / 1000
        document.parameter(name, seconds, "s", item.parameter.title, found.notes(identifier))
    return name


def _seconds(time: int) -> str:
    return f"{time / 1000!r} second"


def _steps(dose: DoseSpec) -> Steps:
    """Return the rate of a dose as steps; pieces that overlap add."""
    edges = sorted({time for start, end, _ in dose.segments for time in (start, end)})
    return [(edge, sum(rate for start, end, rate in dose.segments if start <= edge < end)) for edge in edges]


def _pumped(found: Contents) -> Steps:
    """Return the rate of the pump as steps, as the component itself gives it when it looks at nothing."""
    pump = next((part.component for part in found.model.wiring.parts if part.room == "pump"), None)
    if pump is None:
        return []
    blind = {port.name: port for port in pump.inputs}
    nothing = np.zeros(len(found.model.subjects))
    levels = {name: (nothing, nothing) for name, port in blind.items() if port.kind is not Kind.EVENTS}
    events = {
        name: Events.none([column for column, _ in port.columns])
        for name, port in blind.items()
        if port.kind is Kind.EVENTS
    }
    streams, inputs = Streams(found.scenario.seed).of("pump"), Inputs(levels, records=events)
    state, _ = pump.init(found.model.subjects, inputs, streams)
    steps: Steps = []
    edges = sorted({time for time in pump.edges() if time >= 0})
    for begin, end in pairwise([*edges, edges[-1] + 1]):
        outputs = pump.advance(state, inputs, begin, end - begin, streams)
        rate = float(outputs["pump.rate"][0][found.row])
        if not steps or steps[-1][1] != rate:
            steps.append((begin, rate))
    return steps


def _write_infusion(document: Document, name: str, text: str, steps: Steps) -> None:
    """Write one infusion: a rate that events set."""
    begins = dict(steps)
    document.parameter(f"{name}_infusion", begins.get(0, 0.0), "pg/s", text, constant=False)
    for place, (time, rate) in enumerate(steps, start=1):
        if time == 0:
            continue
        value = "0 pg_per_s"
        if rate:
            value = f"{name}_rate_{place}"
            document.parameter(value, rate, "pg/s", f"rate from {time / 1000:.10g} s on")
        words = f"{rate:.6g} pg/s" if rate else "stop"
        document.event(
            f"{name}_step_{place}", f"{name}: {words}", f"time >= {_seconds(time)}", {f"{name}_infusion": value}
        )
