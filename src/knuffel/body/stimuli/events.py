"""Stimulus events as data, and how they are made from what a scenario says and what the evidence knows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from math import inf, isfinite
from typing import Any

from knuffel.body.stimuli import equations
from knuffel.body.stimuli.levels import Effect, Timed
from knuffel.errors import ParameterError, nearest

__all__ = [
    "PROFILE_KEYS",
    "PROTOCOLS",
    "AntidromicTrain",
    "EventProfile",
    "LevelProfile",
    "Protocol",
    "StimulusEvent",
    "from_specifications",
    "valence_weight",
]

PROTOCOLS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "constant": (("gain",), ()),
    "step": (("gain",), ("after",)),
    "ramp": (("gain",), ("slope", "from", "after")),
    "saturating_ramp": (("gain", "time_constant"), ("from", "after")),
    "exponential": (("gain", "time_constant"), ()),
}
"""The protocols by name: (values that are needed, values that can be given). Gains are multiples of the resting rate,
times are in seconds; ``from`` and ``after`` are 1 unless given. A ramp can have a slope (Hz/s) in place of the gain."""

PROFILE_KEYS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "train": (("rate",), ()),
    "osmotic": (("rise",), ()),
    "suckling": (("left", "right", "pups", "litter"), ()),
    "feed": (("left", "right"), ("appetite", "cue")),
    "pump": (("left", "right"), ("suction",)),
}
"""What an event with such a profile needs beside its times, and what it can have: stimuli per second (Hz), rise of
osmolality (mOsm/kg), sides (1 when used), number of young and of the litter, appetite (mL), cue (1 when it comes),
removal of milk by a pump (0 to 1)."""

_LEVEL_PROFILES = ("suckling", "feed", "pump", "cue", "level")
_SIDED = ("suckling", "suction")

_STRONGEST = 100
"""Largest multiple of the resting rate that a slope may reach."""

_FADED = 746
"""exp(-746) is zero in double precision."""

_STRAIGHT = 1e-3
_SHORTEST = 1000
_VALENCE = {"wanted": 1, "neutral": 0, "unwanted": -1}


@dataclass(frozen=True)
class EventProfile:
    """The course of a natural event: gains at full strength (1), lag, rise, decay and habituation in seconds.

    ``habituation`` 0 means none. The drive of the excitatory input is multiplied by 1 + gain * strength; that of the
    inhibitory input likewise with its own gain. ``released_fraction`` of the dendritic store is released at the start.
    """

    excitation_gain: float
    inhibition_gain: float = 0
    lag: float = 0
    rise: float = 0
    decay: float = 0
    habituation: float = 0
    released_fraction: float = 0

    def __post_init__(self) -> None:
        for name in ("excitation_gain", "inhibition_gain"):
            _check(name, getattr(self, name), -inf)
        if not 0 <= self.released_fraction <= 1:
            raise ParameterError(f"released_fraction = {self.released_fraction} is not between 0 and 1")
        for name in ("lag", "rise", "decay", "habituation"):
            _check(name, getattr(self, name), 0)

    def excess(self, u: float, duration: float, *, left: bool = False) -> tuple[float, float]:
        """Return what is added to the excitatory and the inhibitory gain ``u`` seconds after the start."""
        if u < 0:
            return 0.0, 0.0
        strength = equations.event_course(u, duration, self.lag, self.rise, self.decay, left=left)
        strength *= equations.habituated(u, self.lag, self.habituation)
        return self.excitation_gain * strength, self.inhibition_gain * strength

    @property
    def fading(self) -> float:
        """The time (s) after its end in which an event fades to exactly nothing."""
        return _FADED * self.decay

    def edges(self, start: int, duration: int) -> list[int]:
        """Return the times (ms) at which the course or its slope jumps."""
        lag = start + round(self.lag * 1000)
        return [start, lag, start + duration] if lag < start + duration else [start, start + duration]


@dataclass(frozen=True)
class Protocol:
    """An experimenter's course of the whole synaptic input: both gains move together, so their ratio is kept.

    ``form`` is a key of `PROTOCOLS`; gains are multiples of the resting rate; ``time_constant`` in seconds. A duration
    of 0 lasts to the end of the run (not for a ramp).
    """

    form: str
    gain: float
    begin: float = 1
    after: float = 1
    time_constant: float = 0

    def __post_init__(self) -> None:
        if self.form not in PROTOCOLS:
            raise ParameterError(f"protocol {self.form!r} is not one of {', '.join(PROTOCOLS)}")
        for name in ("gain", "begin", "after"):
            _check(f"{self.form}: {name}", getattr(self, name), 0)
        if "time_constant" in PROTOCOLS[self.form][0]:
            _check(f"{self.form}: time_constant", self.time_constant, 0)
            if self.time_constant == 0:
                raise ParameterError(f"{self.form}: time_constant has to be above zero")

    def excess(self, u: float, duration: float, *, left: bool = False) -> tuple[float, float]:
        """Return what is added to both gains ``u`` seconds after the start."""
        span = duration if duration > 0 else inf
        if self.form == "exponential":
            gain = equations.exponential(u, self.gain, self.time_constant, left=left)
        elif self.form == "ramp":
            gain = equations.ramp(u, span, self.begin, self.gain, self.after, left=left)
        elif self.form == "saturating_ramp":
            gain = equations.saturating_ramp(u, span, self.begin, self.gain, self.time_constant, self.after, left=left)
        else:
            gain = equations.step(u, span, self.gain, self.after, left=left)
        return gain - 1, gain - 1

    @property
    def fading(self) -> float:
        """The time (s) after its end in which it fades: a protocol may leave the input changed for good."""
        return inf

    def edges(self, start: int, duration: int) -> list[int]:
        """Return the times (ms) at which the course or its slope jumps."""
        return [start, start + duration] if duration > 0 and self.form != "exponential" else [start]


@dataclass(frozen=True)
class AntidromicTrain:
    """Stimuli of the axons at a ``rate`` in Hz; each makes a spike that reaches the soma after ``latency`` seconds."""

    rate: float
    latency: float = 0

    def __post_init__(self) -> None:
        _check("latency", self.latency, 0)
        if not 0 < self.rate <= 1000:
            raise ParameterError(f"antidromic: rate = {self.rate} Hz has to be above 0 and at most 1000")

    @property
    def fading(self) -> float:
        """It adds nothing to the synaptic input, and so has nothing to fade."""
        return 0.0

    def excess(self, u: float, duration: float, *, left: bool = False) -> tuple[float, float]:
        """Return nothing: the synaptic input stays what it is."""
        return 0.0, 0.0

    def edges(self, start: int, duration: int) -> list[int]:
        """Return no times: the spikes lie inside intervals."""
        return []


@dataclass(frozen=True)
class LevelProfile:
    """An event that sets levels past the synaptic input, by its ``effects``.

    ``cue`` is None, or how long before the start a cue comes and how long after it a conditioned pulse may come (s).
    """

    effects: tuple[Effect, ...]
    cue: tuple[float, float] | None = None

    @property
    def fading(self) -> float:
        """The time (s) after its end in which its levels fade to exactly nothing."""
        return _FADED * max((effect.decay for effect in self.effects), default=0)

    def excess(self, u: float, duration: float, *, left: bool = False) -> tuple[float, float]:
        """Return nothing: the synaptic input stays what it is."""
        return 0.0, 0.0

    def edges(self, start: int, duration: int) -> list[int]:
        """Return the times (ms) at which a level or its slope jumps."""
        return [start, start + duration] if self.effects else []


@dataclass(frozen=True)
class StimulusEvent:
    """One event: what, when (``start``, ``duration`` in ms), how strong, how welcome (``weight``), and its shape."""

    kind: str
    start: int
    duration: int
    shape: EventProfile | Protocol | AntidromicTrain | LevelProfile
    intensity: float = 1
    weight: float = 1

    def __post_init__(self) -> None:
        _check(f"{self.kind}: duration", self.duration, 0)
        _check(f"{self.kind}: intensity", self.intensity, 0)
        _check(f"{self.kind}: weight", self.weight, 0)
        if isinstance(self.shape, Protocol) and self.shape.form == "ramp" and self.duration == 0:
            raise ParameterError(f"{self.kind}: a ramp needs a duration above zero")

    def excess(self, t: int, *, left: bool = False) -> tuple[float, float]:
        """Return what this event adds to the excitatory and the inhibitory gain at ``t`` ms."""
        excitation, inhibition = self.shape.excess((t - self.start) / 1000, self.duration / 1000, left=left)
        scale = self.intensity * self.weight
        return scale * excitation, scale * inhibition

    @property
    def last(self) -> float:
        """The time (ms) after which it adds exactly nothing; infinite when it may go on."""
        return self.start + self.duration + 1000 * self.shape.fading

    def edges(self) -> list[int]:
        """Return the times (ms) at which something jumps."""
        return self.shape.edges(self.start, self.duration)

    def bends(self, interval: int) -> list[int]:
        """Return further times (ms) between which the course is straight, as well as it matters.

        ``interval`` (ms) is that of a reader, which takes the gains as straight from one of its multiples to the next;
        a piece is halved down to 1 s until a straight line misses its middle by no more than a thousandth of the input.
        """
        edges, found = self.edges(), list[int]()
        for begin, stop in zip(edges, [*edges[1:], None], strict=True):
            first = begin
            while stop is None or first < stop:
                last = (first // interval + 1) * interval
                inner = self._halved(first, last if stop is None else min(last, stop))
                if stop is None and not inner:
                    break  # what fades or settles becomes ever straighter
                found += inner
                first = last
        return found

    def _halved(self, first: int, last: int) -> list[int]:
        middle = (first + last) // 2
        if last - first < 2 * _SHORTEST:
            return []
        ends = zip(self.excess(first), self.excess(last, left=True), self.excess(middle), strict=True)
        if all(abs(between - 0.5 * (start + end)) <= _STRAIGHT for start, end, between in ends):
            return []
        return [*self._halved(first, middle), middle, *self._halved(middle, last)]

    def forced_spikes(self) -> list[int]:
        """Return the times (ms) at which antidromic spikes reach the somata."""
        if not isinstance(self.shape, AntidromicTrain):
            return []
        begin = self.start + round(self.shape.latency * 1000)
        return [begin + time for time in equations.train(self.duration, self.shape.rate)]

    def releases(self) -> list[tuple[int, float]]:
        """Return the times (ms) at which dendrites release without a spike, and the fractions of their store."""
        fraction = self.shape.released_fraction if isinstance(self.shape, EventProfile) else 0
        return [(self.start, min(self.intensity * fraction, 1))] if fraction > 0 else []

    def effects(self) -> list[Timed]:
        """Return what it adds to levels: start and duration (ms), the end of everything (ms), and each effect."""
        if not isinstance(self.shape, LevelProfile):
            return []
        return [
            (self.start, self.duration, self.last, replace(effect, size=effect.size * self.intensity))
            for effect in self.shape.effects
        ]

    def cues(self) -> list[tuple[int, float]]:
        """Return the times (ms) of cues, and within how many seconds a conditioned pulse may follow."""
        if not isinstance(self.shape, LevelProfile) or self.shape.cue is None:
            return []
        lead, window = self.shape.cue
        return [(self.start - round(lead * 1000), window)]


def valence_weight(partner: str, social_touch: bool) -> float:
    """Return how much of an event counts: (1 + v)/2 for touch by a partner with valence v, 1 for anything else.

    v is 1 for wanted, 0 for neutral, -1 for unwanted touch. Assumed: our design.
    """
    if not social_touch:
        return 1.0
    if partner not in _VALENCE:
        raise ParameterError(f"partner {partner!r} is not one of {', '.join(_VALENCE)}")
    return 0.5 * (1 + _VALENCE[partner])


def from_specifications(
    specifications: Iterable[Any], profiles: Mapping[str, Any], psp_rate: float | None = None
) -> tuple[StimulusEvent, ...]:
    """Return the events of a scenario.

    A specification has kind, start and duration (ms), intensity, partner and values; ``profiles`` maps the kinds of
    natural events to their evidence (gains, ``lag_s``, ``rise_s``, ``decay_s``, ``habituation_s``, ``social_touch``,
    ``profile``, ``released_fraction``). ``psp_rate`` is the resting rate of the neurons (Hz),
    by which a slope becomes a gain. Raises `ParameterError` for an unknown kind, or a value that is missing or unknown.
    """
    return tuple(_event(item, profiles, psp_rate) for item in specifications)


def _event(item: Any, profiles: Mapping[str, Any], psp_rate: float | None) -> StimulusEvent:
    kind, values = str(item.kind), dict(item.values or {})
    if kind in PROTOCOLS:
        if "slope" in values:
            values = _with_gain(values, item.duration / 1000, psp_rate)
        return StimulusEvent(kind, item.start, item.duration, _protocol(kind, values))
    if kind not in profiles:
        known = [*profiles, *PROTOCOLS]
        raise ParameterError(f"stimulus {kind!r} is not known; nearest: {nearest(kind, known)}")
    known_profile = profiles[kind]
    _check_keys(kind, values, *PROFILE_KEYS.get(known_profile.profile, ((), ())))
    if known_profile.profile in _LEVEL_PROFILES:
        shape = _level_profile(known_profile, values)
        return StimulusEvent(kind, item.start, item.duration, shape, item.intensity)
    if known_profile.profile == "train":
        return StimulusEvent(kind, item.start, item.duration, AntidromicTrain(values["rate"], known_profile.lag_s))
    course = EventProfile(
        excitation_gain=known_profile.excitation_gain,
        inhibition_gain=known_profile.inhibition_gain,
        lag=known_profile.lag_s,
        rise=known_profile.rise_s,
        decay=known_profile.decay_s,
        habituation=known_profile.habituation_s,
        released_fraction=known_profile.released_fraction,
    )
    weight = valence_weight(item.partner or "wanted", known_profile.social_touch)
    # A substance injected at once has no end of its own: its effect dies away from the start.
    duration = 0 if known_profile.profile == "bolus" else item.duration
    return StimulusEvent(kind, item.start, duration, course, values.get("rise", item.intensity), weight)


def _level_profile(known: Any, values: Mapping[str, float]) -> LevelProfile:
    share = values["pups"] / values["litter"] if "pups" in values else 1.0
    effects = []
    for name, size in known.levels.items():
        if name in _SIDED:
            strength = share * (values.get("suction", 1) if name == "suction" else 1)
            rise = known.rise_s if name == "suckling" else 0
            sides = [side for side in ("left", "right") if values[side]]
            effects += [Effect(f"{name}_{side}", size * strength, rise) for side in sides]
        elif known.profile == "level":
            effects.append(Effect(name, size, known.rise_s, known.decay_s))
        else:
            effects.append(Effect(name, size))
    if "appetite" in values:
        effects.append(Effect("appetite", values["appetite"]))
    cue = (known.cue_lead_s, known.cue_window_s) if known.profile == "cue" or values.get("cue") else None
    return LevelProfile(tuple(effects), cue)


def _with_gain(values: dict[str, float], seconds: float, psp_rate: float | None) -> dict[str, float]:
    """Return the values of a ramp with its last gain in place of its slope."""
    if "gain" in values:
        raise ParameterError("ramp: give either gain or slope")
    if not psp_rate:
        raise ParameterError("ramp: slope is in Hz/s and needs neurons with a psp_rate above 0; give gain instead")
    rest = {name: value for name, value in values.items() if name != "slope"}
    gain = values.get("from", 1) + values["slope"] * seconds / psp_rate
    if not 0 <= gain <= _STRONGEST:
        raise ParameterError(f"ramp: slope leads to {gain:g} times the resting input; allowed: 0 to {_STRONGEST}")
    return {**rest, "gain": gain}


def _protocol(kind: str, values: dict[str, float]) -> Protocol:
    needed, possible = PROTOCOLS[kind]
    _check_keys(kind, values, needed, possible)
    return Protocol(
        form=kind,
        gain=values["gain"],
        begin=values.get("from", 1),
        after=values.get("after", 1),
        time_constant=values.get("time_constant", 0),
    )


def _check_keys(
    kind: str, values: Mapping[str, float], needed: tuple[str, ...], possible: tuple[str, ...] = ()
) -> None:
    for name in needed:
        if name not in values:
            raise ParameterError(f"{kind}: {name} is missing")
    for name in values:
        if name not in (*needed, *possible):
            raise ParameterError(f"{kind}: {name!r} is not one of {', '.join((*needed, *possible)) or 'no values'}")


def _check(name: str, value: float, lowest: float) -> None:
    if not isfinite(value) or value < lowest:
        raise ParameterError(f"{name} = {value} is not a finite number of at least {lowest}")
