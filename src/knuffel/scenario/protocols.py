"""Protocols by name: an induction for the pump, or doses as a label or a study gives them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from knuffel.body.doses import BOLUS, INFUSION
from knuffel.evidence import load
from knuffel.scenario.dose import MOST_STEPS, DoseReader, Segment
from knuffel.scenario.dose_units import pg_per
from knuffel.scenario.model import DoseSpec, ProtocolSpec, SubjectSpec
from knuffel.scenario.schema_events import Dose
from knuffel.scenario.times import Times, time_text
from knuffel.scenario.tree import Path, Problems

__all__ = ["is_induction", "protocols", "read_protocol"]

_PREFIX = "induction_"
_RATE, _HOURLY = "mU/min", "IU/h"
_MINUTE, _HOUR = 60_000, 3_600_000
_HIGHEST = "oxytocin_rate_amber"
_USUAL_INTERVAL = 30
_INDUCTION_KEYS = ("start", "end", "duration", "first", "increment", "interval", "maximum", "pauses", "rule")
_WHO = {
    "pregnant": ("a pregnant woman", "subject.state: pregnant or term"),
    "woman": ("a woman", "subject: {species: human, sex: female}"),
    "human": ("people", "subject.species: human"),
}


@lru_cache(maxsize=1)
def protocols() -> Mapping[str, Mapping[str, Any]]:
    """Return the protocols of the evidence by name; those of an induction without that word."""
    text = (load.root() / "data" / "pk" / "protocols.json").read_text(encoding="utf-8")
    table = {name: entry for name, entry in json.loads(text).items() if isinstance(entry, dict)}
    return {name.removeprefix(_PREFIX): entry for name, entry in table.items()}


def read_protocol(
    item: Dose, path: Path, subject: SubjectSpec | None, times: Times, problems: Problems
) -> tuple[list[DoseSpec], ProtocolSpec | None]:
    """Return the doses of a protocol, or the induction that a pump has to run."""
    names = {name.casefold(): name for name in protocols()}
    wanted = str(item.protocol).strip().casefold().removeprefix(_PREFIX)
    if wanted not in names:
        problems.add((*path, "protocol"), "there is no such protocol", allowed=protocols(), near=str(item.protocol))
        return [], None
    name = names[wanted]
    reader = _Reader(name, protocols()[name], item, path, subject, times, problems)
    if not reader.fits():
        return [], None
    return reader.induction() if is_induction(reader.entry) else (reader.doses(), None)


def is_induction(entry: Mapping[str, Any]) -> bool:
    """Whether an entry is raised step by step by a pump, rather than given as doses."""
    return "interval_min" in entry


class _Reader:
    """Reads one protocol."""

    def __init__(
        self,
        name: str,
        entry: Mapping[str, Any],
        item: Dose,
        path: Path,
        subject: SubjectSpec | None,
        times: Times,
        problems: Problems,
    ) -> None:
        self.name, self.entry, self.item, self.path = name, entry, item, path
        self.subject, self.times, self.problems = subject, times, problems
        drug = str(entry["drug"])
        self._dose = DoseReader(
            item.model_copy(update={"drug": drug, "route": INFUSION}), path, subject, times, problems
        )

    def fits(self) -> bool:
        """Whether the protocol is one for this subject, and every key means something."""
        who = self.subject
        wanted = str(self.entry["for"])
        if who is not None:
            human = who.species == "human"
            right = {
                "human": human,
                "woman": human and who.sex == "female",
                "pregnant": human and who.state in ("pregnant", "term"),
            }
            if not right[wanted]:
                text, hint = _WHO[wanted]
                self.problems.add((*self.path, "protocol"), f"this protocol is for {text}", allowed=hint)
                return False
        known = {"protocol", *(_INDUCTION_KEYS if is_induction(self.entry) else self._fixed_keys())}
        for key, value in self.item:
            written = type(self.item).model_fields[key].alias or key
            if value is not None and written not in known:
                allowed = ", ".join(sorted(known))
                self.problems.add(
                    (*self.path, written), f"{self.name} does not read this key", allowed=allowed, at_key=True
                )
        return True

    def _fixed_keys(self) -> tuple[str, ...]:
        entry = self.entry
        if "infusion_IU_per_h" in entry:
            return ("at", "rate", "duration", "subject")
        keys = ("at", "over", "subject") if "duration_s" in entry else ("at", "subject")
        return (*keys, "route") if isinstance(entry.get("route"), list) else keys

    def induction(self) -> tuple[list[DoseSpec], ProtocolSpec | None]:
        """Return the induction: lowest start, largest increment and 30 min unless the scenario chooses."""
        item, entry, where = self.item, self.entry, self.problems.where(self.path)
        start = self.times.moment(item.start, (*self.path, "start"), inside=True)
        if item.start is None and not self.problems.spoiled_below(*self.path, "start"):
            self.problems.add((*self.path, "start"), f"{self.name} needs this key", show_found=False)
        end = self._dose.end(start)
        first = self._chosen("first", _lowest(entry["start"]), entry["start"])
        increment = self._chosen("increment", _highest(entry["increment"]), entry["increment"])
        limit = load.parameters()[f"doses.{_HIGHEST}"].value
        assert not isinstance(limit, tuple)
        maximum = self._chosen("maximum", entry.get("max") or limit, None)
        usual = min(max(_USUAL_INTERVAL, _lowest(entry["interval_min"])), _highest(entry["interval_min"]))
        interval = self.times.span(item.interval, (*self.path, "interval")) or round(usual * _MINUTE)
        low, high = _lowest(entry["interval_min"]) * _MINUTE, _highest(entry["interval_min"]) * _MINUTE
        if not low <= interval <= high:
            self._unusual("interval", time_text(interval), f"{time_text(round(low))} to {time_text(round(high))}")
        pauses = self._pauses(start, end)
        if start is None or end is None or None in (first, increment, maximum):
            return [], None
        assert first is not None and increment is not None and maximum is not None
        if not self._sensible(start, end, interval, first, maximum):
            return [], None
        stop = self._dose.clipped(end, "duration" if item.duration is not None else "end")
        self._dose.notice_rate(maximum, "maximum" if item.maximum is not None else "protocol")
        unit = pg_per(_RATE)
        text = f"oxytocin {INFUSION} {self.name}: {first / unit:.4g} {_RATE}, +{increment / unit:.4g} every "
        text += f"{time_text(interval)} up to {maximum / unit:.4g}, {time_text(start)} to {time_text(end)}"
        rule = item.rule or "contractions"
        spec = ProtocolSpec(self.name, start, stop, first, increment, interval, maximum, pauses, rule, text, where)
        return [], spec

    def _sensible(self, start: int, end: int, interval: int, first: float, maximum: float) -> bool:
        """Whether the first rate is below the maximum, and the steps are not without number."""
        if first > maximum:
            key = "first" if self.item.first is not None else "maximum"
            text = f"the first rate ({first / pg_per(_RATE):.4g} {_RATE}) is above the maximum"
            self.problems.add((*self.path, key), text, allowed=f"at most {maximum / pg_per(_RATE):.4g} {_RATE}")
            return False
        if (end - start) // interval > MOST_STEPS:
            shortest = time_text(-((start - end) // MOST_STEPS))
            self.problems.add((*self.path, "interval"), "there are too many steps", allowed=f"at least {shortest}")
            return False
        return True

    def _chosen(self, key: str, usual: float, published: Any) -> float | None:
        """Return a rate in pg/s: the user's, with a notice when it lies outside the protocol, or the usual one."""
        given = getattr(self.item, key)
        if given is None:
            return float(usual) * pg_per(_RATE)
        quantity = self._dose.quantity(given, (*self.path, key), rate=True)
        if quantity is not None and published is not None:
            value = quantity.value / pg_per(_RATE)
            if not _lowest(published) <= value * (1 + 1e-9) or not value <= _highest(published) * (1 + 1e-9):
                self._unusual(key, quantity.text, f"{_lowest(published):g} to {_highest(published):g} {_RATE}")
        return None if quantity is None else quantity.value

    def _unusual(self, key: str, found: str, published: str) -> None:
        text = f"{found} is outside what {self.name} says ({published})"
        self.problems.notice("outside_protocol", (*self.path, key), text)

    def _pauses(self, start: int | None, end: int | None) -> tuple[tuple[int, int], ...]:
        found: list[tuple[int, int]] = []
        for place, pause in enumerate(self.item.pauses or ()):
            if pause is None or pause.from_ is None or pause.to is None:
                continue
            where: Path = (*self.path, "pauses", place)
            begin, stop = self.times.moment(pause.from_, (*where, "from")), self.times.moment(pause.to, (*where, "to"))
            if begin is None or stop is None or start is None or end is None:
                continue
            if stop <= begin:
                self.problems.add((*where, "to"), "the pause ends before it starts", allowed="a later time")
            elif not start <= begin < end:
                span = f"{time_text(start)} to {time_text(end)}"
                self.problems.add((*where, "from"), "this pause lies outside the infusion", allowed=span)
            else:
                found.append((begin, stop))
        return tuple(sorted(found))

    def doses(self) -> list[DoseSpec]:
        """Return the doses of a protocol that does not look at anything."""
        at = self.times.moment(self.item.at, (*self.path, "at"), inside=True)
        if self.item.at is None and not self.problems.spoiled_below(*self.path, "at"):
            self.problems.add((*self.path, "at"), f"{self.name} needs this key", show_found=False)
        if at is None:
            return []
        entry, drug = self.entry, str(self.entry["drug"])
        if "bolus_mg" in entry:
            return self._course(at)
        if "infusion_IU_per_h" in entry:
            return self._bolus_then_infusion(at)
        routes = entry["route"] if isinstance(entry["route"], list) else [entry["route"]]
        route = self.item.route or routes[0]
        if route not in routes:
            self.problems.add((*self.path, "route"), f"{self.name} is not given this way", allowed=routes, near=route)
            return []
        unit = "IU" if "dose_IU" in entry else "ug"
        typed = f"{entry[f'dose_{unit}']:g} {unit}"
        amount = entry[f"dose_{unit}"] * pg_per(unit, drug)
        text = f"{drug} {route} {typed} at {time_text(at)} ({self.name})"
        over = self.times.span(self.item.over, (*self.path, "over"), zero=True)
        if over is None and route == BOLUS and "duration_s" in entry:
            over = round(_lowest(entry["duration_s"]) * 1000)
        if over:
            end = self._dose.clipped(at + over, "at")
            return [self._spec(drug, route, text, segments=((at, end, amount * 1000 / over),))]
        return [self._spec(drug, route, text, amounts=((at, amount),))]

    def _spec(
        self,
        drug: str,
        route: str,
        text: str,
        segments: tuple[Segment, ...] = (),
        amounts: tuple[tuple[int, float], ...] = (),
    ) -> DoseSpec:
        return DoseSpec(drug, route, segments, amounts, text, self.problems.where(self.path), self._dose.who())

    def _course(self, at: int) -> list[DoseSpec]:
        """Return a bolus over a while and then infusions one after the other."""
        entry, drug = self.entry, str(self.entry["drug"])
        begin, pieces = at + round(entry["bolus_duration_min"] * _MINUTE), []
        first = entry["bolus_mg"] * pg_per("mg", drug) * 1000 / (begin - at)
        bolus = f"{drug} {BOLUS} {entry['bolus_mg']:g} mg over {time_text(begin - at)} ({self.name})"
        for part in entry["infusion"]:
            end = begin + round(part["hours"] * _HOUR)
            pieces.append((begin, end, part["ug_min"] * pg_per("ug/min", drug)))
            begin = end
        stop = self.times.duration or begin
        kept = tuple((start, min(end, stop), rate) for start, end, rate in pieces if start < stop)
        self._dose.clipped(begin, "at")
        rates = " then ".join(f"{part['ug_min']:g} ug/min" for part in entry["infusion"])
        return [
            self._spec(drug, BOLUS, bolus, segments=((at, min(pieces[0][0], stop), first),)),
            self._spec(drug, INFUSION, f"{drug} {INFUSION} {rates} ({self.name})", segments=kept),
        ]

    def _bolus_then_infusion(self, at: int) -> list[DoseSpec]:
        entry, drug = self.entry, str(self.entry["drug"])
        length = self.times.span(self.item.duration, (*self.path, "duration"))
        if self.item.duration is None and not self.problems.spoiled_below(*self.path, "duration"):
            self.problems.add((*self.path, "duration"), f"{self.name} needs this key", show_found=False)
        rate = self._dose.quantity(self.item.rate, (*self.path, "rate"), rate=True)
        published = entry["infusion_IU_per_h"]
        flow = _lowest(published) * pg_per(_HOURLY) if rate is None else rate.value
        hourly = flow / pg_per(_HOURLY)
        if not _lowest(published) <= hourly <= _highest(published):
            self._unusual(
                "rate", f"{hourly:.4g} {_HOURLY}", f"{_lowest(published):g} to {_highest(published):g} {_HOURLY}"
            )
        if length is None:
            return []
        bolus, amount = f"{entry['bolus_IU']:g} IU", entry["bolus_IU"] * pg_per("IU", drug)
        end = self._dose.clipped(at + length, "duration")
        text = f"{drug} {INFUSION} {hourly:.4g} {_HOURLY} from {time_text(at)} ({self.name})"
        return [
            self._spec(
                drug, BOLUS, f"{drug} {BOLUS} {bolus} at {time_text(at)} ({self.name})", amounts=((at, amount),)
            ),
            self._spec(drug, INFUSION, text, segments=((at, end, flow),)),
        ]


def _lowest(value: Any) -> float:
    return float(value[0] if isinstance(value, list) else value)


def _highest(value: Any) -> float:
    return float(value[-1] if isinstance(value, list) else value)
