"""What nursing, stress and drugs of the laboratory set beside the synaptic input: levels at ports of their own."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf

from knuffel.body.contract import Kind, Port
from knuffel.body.stimuli.equations import event_course

__all__ = ["CUE", "LEVEL_PORTS", "SUCKLING", "Effect", "LevelCourses", "Timed"]

SUCKLING = Port(
    "stimuli.suckling", "1", Kind.LEVEL, "afferent stimulus of both sides; a full litter or a baby is 1", default=0,
    range=(0, inf),
)  # fmt: skip
CUE = Port(
    "stimuli.baby_cue", "ms", Kind.EVENTS, "a cue of the baby; a conditioned pulse may come within the window",
    default=0, columns=(("window", "s"),),
)  # fmt: skip


def _level(name: str, doc: str) -> Port:
    return Port(f"stimuli.{name}", "1", Kind.LEVEL, doc, default=0, range=(0, inf))


def _share(name: str, doc: str, neutral: float = 0) -> Port:
    return Port(f"stimuli.{name}", "1", Kind.FRACTION, doc, default=neutral, range=(0, 1))


LEVEL_PORTS = (
    _level("suckling_left", "afferent stimulus of the left side"),
    _level("suckling_right", "afferent stimulus of the right side"),
    _share("latched", "1 while young or a pump are at the breast"),
    _share("pumping", "1 while what is at the breast is a pump"),
    _share("suction_left", "removal of milk on the left; in a rat the share of the young"),
    _share("suction_right", "removal of milk on the right; in a rat the share of the young"),
    Port(
        "stimuli.appetite", "mL", Kind.LEVEL, "milk after which the baby stops in this feed; 0 is no limit", default=0,
        range=(0, inf),
    ),
    _share("sleep_gate", "rat: 1 with a synchronised EEG (drowsy), 0 aroused", neutral=1),
    _share("arousal", "psychological stress or pain, Z"),
    _share("mammary_perfusion", "blood flow of the gland as a share of that at rest", neutral=1),
    _level("icv_oxytocin", "oxytocin in the brain, as a multiple of the dose of reference"),
)  # fmt: skip
"""One port for each level; its default is the neutral value, to which effects are added."""

_NAMES = tuple(port.name.partition(".")[2] for port in LEVEL_PORTS)
_LARGEST = frozenset({"appetite", "mammary_perfusion", "latched"})
"""Levels of which the largest effect counts; the effects on the others add."""


@dataclass(frozen=True)
class Effect:
    """What an event at full strength adds to a level: ``size``, and how it comes and goes (s; 0 is a jump)."""

    level: str
    size: float
    rise: float = 0
    decay: float = 0

    @property
    def place(self) -> int:
        """The number of the level in `LEVEL_PORTS`. Raises ValueError for an unknown level."""
        return _NAMES.index(self.level)


Timed = tuple[int, int, float, Effect]
"""Start and duration (ms), the time after which it adds exactly nothing, and the effect."""


class LevelCourses:
    """All effects of a run on a clock: the level of every port at any time."""

    def __init__(self, timed: Sequence[Timed], species: str | None) -> None:
        self._rat = species == "rat"
        self._rest = {port.name: float(port.default or 0) for port in (SUCKLING, *LEVEL_PORTS)}
        marks = sorted({time for start, _, last, _ in timed for time in (start, last)})
        self._marks: list[float] = marks
        self._active: list[list[Timed]] = [[] for _ in marks]
        place = {mark: number for number, mark in enumerate(marks)}
        for item in timed:
            for number in range(place[item[0]], place[item[2]]):
                self._active[number].append(item)

    def at(self, t: int, *, left: bool = False) -> Mapping[str, float]:
        """Return the level of every port at ``t`` ms: the right limit, or the left one when asked."""
        piece = (bisect_left if left else bisect_right)(self._marks, t) - 1
        active = self._active[piece] if piece >= 0 else ()
        if not active:
            return self._rest
        return self._sum(active, t, left)

    def _sum(self, active: Sequence[Timed], t: int, left: bool) -> Mapping[str, float]:
        values = list(self._rest.values())[1:]
        largest: dict[int, float] = {}
        for start, duration, _, effect in active:
            course = event_course((t - start) / 1000, duration / 1000, 0, effect.rise, effect.decay, left=left)
            place, size = effect.place, effect.size * course
            if effect.level in _LARGEST:
                largest[place] = max(largest.get(place, 0.0), size, key=abs)
            else:
                values[place] += size
        for place, size in largest.items():
            values[place] += size
        found = {SUCKLING.name: 0.0} | {
            port.name: min(max(value, port.range[0]), port.range[1])
            for port, value in zip(LEVEL_PORTS, values, strict=True)
        }
        sides = found["stimuli.suckling_left"], found["stimuli.suckling_right"]
        # A baby at one breast is the whole stimulus; of a litter, each side carries its part.
        found[SUCKLING.name] = 0.5 * (sides[0] + sides[1]) if self._rat else max(sides)
        return found
