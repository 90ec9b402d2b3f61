"""What the evidence files hold, as frozen records: parameters, sets, sources, stimuli, assays, targets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf
from typing import Any

__all__ = [
    "GRADES",
    "STATUSES",
    "AssayPreset",
    "Number",
    "Parameter",
    "ParameterSet",
    "Source",
    "StimulusProfile",
    "Target",
]

GRADES = ("measured", "fitted", "derived", "unverified", "assumed", "hypothesis")
"""Kinds of evidence, from the strongest to the weakest."""

STATUSES = GRADES[:-1]
"""The kinds that a parameter may have; a whole mechanism may be a hypothesis."""

Number = float | tuple[float, ...]
"""A value: one number, or a row of numbers such as one for each centimetre of dilatation."""


@dataclass(frozen=True)
class Parameter:
    """One number with its unit and its evidence.

    ``id`` is room.quantity; ``bounds`` are hard limits (outside: error), ``plausible`` soft ones (outside: notice),
    both in ``unit``; ``spread`` is the variability between subjects, a table with ``kind`` (lognormal, normal, ...)
    and its numbers; ``status`` is one of `STATUSES`; ``source`` holds keys of the sources; ``why`` says which table
    was read, what was converted, or why the value was chosen; ``inputs`` names what a derived value is made of.
    """

    id: str
    value: Number
    unit: str
    title: str
    symbol: str = ""
    bounds: tuple[float, float] = (-inf, inf)
    plausible: tuple[float, float] = (-inf, inf)
    spread: Mapping[str, Any] = field(default_factory=dict)
    status: str = "assumed"
    species: str = ""
    source: tuple[str, ...] = ()
    why: str = ""
    inputs: tuple[str, ...] = ()


@dataclass(frozen=True)
class ParameterSet:
    """A population, state or paper: the parameters in which it differs from the defaults.

    ``kind`` groups sets of which one is chosen (kinetics, neurons, labour, ...); ``parameters`` are complete, with
    what the set does not say taken from the default entry; ``changes`` names, by id, the fields that the set gives.
    """

    name: str
    kind: str
    title: str
    parameters: Mapping[str, Parameter]
    species: str = ""
    sex: str = ""
    state: str = ""
    why: str = ""
    changes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Source:
    """A publication, label, or code repository.

    ``authors`` family names separated by ``;`` (empty when not known); ``doi`` without prefix; ``url`` the owner/name
    of a code repository; ``read`` how far it was read: abstract, label, table, code, title or memory; ``doi_checked``
    is False for a DOI that was written from memory; ``note`` anything else, such as journal and page of a paper
    without DOI.
    """

    key: str
    title: str
    authors: str = ""
    year: int | None = None
    doi: str = ""
    url: str = ""
    read: str = ""
    doi_checked: bool = True
    note: str = ""


@dataclass(frozen=True)
class StimulusProfile:
    """How an event of daily life or of the laboratory acts on the oxytocin neurons.

    ``excitation_gain`` and ``inhibition_gain`` are the relative rise of the synaptic input at full effect; ``lag_s``,
    ``rise_s``, ``decay_s``, ``habituation_s`` shape it in time (seconds); ``pulse`` marks events that make bursts;
    ``social_touch`` those whose effect depends on who touches; ``target_fold`` is the plasma fold to which the gain was
    calibrated with an event of ``reference_duration_s``, ``log_sd`` its spread between people (of the logarithm) and
    ``responders`` the share of people in whom anything happens; ``central_gain`` is the release in the brain; ``grade``
    A (replicated) to D (hardly measured). ``profile`` is ``event`` (rise, plateau, decay), ``bolus`` (a substance
    injected at once, whose effect fades from its start), ``injection`` (lasts ``reference_duration_s`` unless said),
    ``osmotic`` (gains for each mOsm/kg), ``train`` (antidromic spikes that reach the soma after the lag);
    ``released_fraction`` of the dendritic store is released at the start.

    Others act on levels and not on the synaptic input: ``suckling``, ``feed`` and ``pump`` (young or a pump at the
    breast, for subjects whose ``state`` is lactating), ``cue``, ``level``, and ``drug`` (levels of the modulators).
    ``levels`` is what full effect adds to each level; ``strengths`` the removal of milk at each vacuum of a pump;
    ``reference_dose`` the dose (mg or g/kg) of that effect; ``cue_lead_s`` and ``cue_window_s`` say how long before a
    feed a cue may bring a conditioned pulse, and within what time.
    """

    kind: str
    title: Mapping[str, str]
    species: str
    grade: str
    source: tuple[str, ...]
    status: str
    why: str
    profile: str = "event"
    state: str = ""
    excitation_gain: float = 0.0
    inhibition_gain: float = 0.0
    lag_s: float = 0.0
    rise_s: float = 0.0
    decay_s: float = 0.0
    habituation_s: float = 0.0
    levels: Mapping[str, float] = field(default_factory=dict)
    strengths: Mapping[str, float] = field(default_factory=dict)
    reference_dose: float | None = None
    cue_lead_s: float = 0.0
    cue_window_s: float = 0.0
    pulse: bool = False
    social_touch: bool = False
    target_fold: float | None = None
    reference_duration_s: float | None = None
    log_sd: float = 0.0
    responders: float = 1.0
    central_gain: float = 0.0
    released_fraction: float = 0.0


@dataclass(frozen=True)
class AssayPreset:
    """A laboratory method: what it makes of a true concentration. Concentrations in pg/mL.

    ``recovery`` is the share that survives extraction, and ``recovery_corrected`` says whether the laboratory divides
    by it; ``gain`` multiplies; ``offset_median`` and ``offset_logsd`` describe what else in a person's blood is read
    as oxytocin; ``cv_intra`` and ``cv_inter`` are the errors of one sample and of one run; ``lod`` and ``loq`` the
    limits of detection and quantification; ``ug_per_iu`` is the content of one unit by which its own units convert;
    ``unit`` is that of the ports that it measures.
    """

    name: str
    recovery: float
    gain: float
    offset_median: float
    offset_logsd: float
    cv_intra: float
    cv_inter: float
    lod: float
    loq: float
    ug_per_iu: float
    recovery_corrected: bool
    status: str
    why: str
    source: tuple[str, ...] = ()
    title: str = ""
    unit: str = "pg/mL"
    port: str = "plasma.oxytocin_concentration"


@dataclass(frozen=True)
class Target:
    """A number that the model is held against.

    ``published`` is one number, or the low and high end of an interval; ``tolerance`` one of ``{"relative": x}``,
    ``{"absolute": x}``, ``{"range": (low, high)}``; ``kind`` is ``reported`` (literature) or ``unit`` (an independent
    computation of the same equations); ``known_misfit`` says why the model is known to miss it (empty: it should not).
    """

    id: str
    study: str
    quantity: str
    published: float | tuple[float, float]
    unit: str
    tolerance: Mapping[str, Any]
    source: tuple[str, ...]
    kind: str
    known_misfit: str = ""
    note: str = ""

    @property
    def interval(self) -> tuple[float, float]:
        """The lowest and the highest value that count as agreement."""
        low, high = self.published if isinstance(self.published, tuple) else (self.published, self.published)
        if "range" in self.tolerance:
            low, high = self.tolerance["range"]
        elif "relative" in self.tolerance:
            share = self.tolerance["relative"]
            low, high = low - share * abs(low), high + share * abs(high)
        elif "absolute" in self.tolerance:
            low, high = low - self.tolerance["absolute"], high + self.tolerance["absolute"]
        return float(low), float(high)
