"""What a scenario file may hold: stimuli and doses."""

from __future__ import annotations

from pydantic import Field

from knuffel.scenario.quantities import (
    AmountText,
    ConcentrationText,
    Flag,
    Frequency,
    Number,
    Osmolality,
    RateText,
    Slope,
    Sodium,
    Time,
    Typed,
    Volume,
    Whole,
    choice,
)
from knuffel.scenario.schema import Section

__all__ = ["Dose", "DoseStep", "DoseTable", "Pause", "Repeat", "Stimulus"]


class Repeat(Section):
    """The same again, at equal distances."""

    REQUIRED = ("every",)

    every: Time | None = Field(None, description="from one start to the next", examples=["1 day"])
    count: Whole | None = Field(
        None, description="how many in all, the first included; as many as fit unless given", examples=[30]
    )


class Stimulus(Section):
    """Something that happens to the subject, or an experimenter's course of the synaptic input."""

    REQUIRED = ("kind",)

    kind: str | None = Field(
        None,
        description="an event (hug, touch_affective, massage, feed, pump, suckling, mental_arithmetic, alcohol, …) "
        "or a protocol: constant, step, ramp, saturating_ramp, exponential",
        examples=["hug", "step"],
    )
    start: Time | None = Field(None, description="when it begins")
    duration: Time | None = Field(None, description="how long it lasts; a protocol without one lasts to the end")
    intensity: Number | None = Field(None, description="strength, 0 to 1.5; 1 unless given")
    partner: choice("wanted", "neutral", "unwanted") | None = Field(  # type: ignore[valid-type]
        None, description="how welcome a touch is: wanted (unless given), neutral or unwanted"
    )
    gain: Number | None = Field(None, description="protocols: multiple of the resting input that is reached")
    slope: Slope | None = Field(None, description="ramp: change of the PSP rate per second, in place of the gain")
    from_: Number | None = Field(None, alias="from", description="ramps: multiple at the beginning; 1 unless given")
    after: Number | None = Field(None, description="step and ramps: multiple after the end; 1 unless given")
    time_constant: Time | None = Field(None, description="saturating_ramp and exponential: how fast")
    repeat: Repeat | None = Field(None, description="the same again, for instance every day")
    rate: Frequency | None = Field(None, description="antidromic: stimuli a second")
    rise: Osmolality | None = Field(None, description="osmotic: how far above rest the osmolality would come")
    side: choice("both", "left", "right") | None = Field(  # type: ignore[valid-type]
        None, description="feed, pump, suckling: the breast or side; both unless given"
    )
    pups: Whole | None = Field(None, description="suckling: how many pups; the whole litter unless given")
    appetite: Volume | None = Field(
        None, description="feed: the milk after which the baby stops; no limit unless given"
    )
    cue: Flag | None = Field(
        None, description="feed: a cue that brings a pulse 3 to 10 min before the baby latches; no unless given"
    )
    vacuum: choice("full", "half", "none") | None = Field(  # type: ignore[valid-type]
        None, description="pump: how strong; full (the most that is comfortable) unless given"
    )
    dose: Typed | None = Field(None, description="alcohol: g/kg of body weight; morphine_iv: mg")


class DoseStep(Section):
    """A new rate of an infusion."""

    REQUIRED = ("at", "rate")

    at: Time | None = Field(None, description="from when")
    rate: RateText | None = Field(None, description="the rate from then on")


class Pause(Section):
    """A time without infusion."""

    REQUIRED = ("from", "to")

    from_: Time | None = Field(None, alias="from", description="from when")
    to: Time | None = Field(None, description="until when")


class DoseTable(Section):
    """A table of doses and samples as programs for population kinetics use it. Short form: the name of the file."""

    REQUIRED = ("file",)

    file: str | None = Field(
        None, description="the table; its folder counts from that of the scenario", examples=["study.csv"]
    )
    units: dict[str, str | None] | None = Field(
        None,
        description="column -> unit, where the file does not say: TIME, AMT, RATE, II, DUR, DV, WT",
        examples=[{"TIME": "h", "AMT": "ug"}],
    )
    drug: str | None = Field(None, description="where the table names none; oxytocin unless given")
    route: str | None = Field(None, description="where the table names none", examples=["im"])
    routes: dict[str, str | None] | None = Field(
        None, description="what a number in CMT means", examples=[{"1": "im", "2": "iv_bolus"}]
    )
    sex: dict[str, str | None] | None = Field(
        None, description="what a code in SEX means", examples=[{"0": "male", "1": "female"}]
    )
    observations: str | None = Field(
        None, description="the assay at the times of the observations; truth unless given", examples=["ria_extracted"]
    )


class Dose(Section):
    """A drug, water, or a protocol by its name. 1 IU of oxytocin is 1.71 micrograms."""

    drug: str | None = Field(None, description="oxytocin, carbetocin, atosiban or water", examples=["oxytocin"])
    route: str | None = Field(
        None,
        description="iv_bolus, iv_infusion, im, subcutaneous, intranasal_spray, inhaled_dry_powder, sublingual, "
        "buccal, oral, vaginal_gel or icv; water: iv_infusion or oral",
        examples=["iv_bolus", "iv_infusion", "im"],
    )
    protocol: str | None = Field(
        None,
        description="in place of drug and route: acog_low, high_reference, pph_im_10IU, atosiban, …",
        examples=["acog_low", "carbetocin_100ug"],
    )
    subject: Whole | None = Field(
        None, description="who of several subjects gets it, counted from 1; everybody unless given"
    )
    amount: AmountText | None = Field(None, description="all routes but iv_infusion: how much")
    at: Time | None = Field(None, description="all routes but iv_infusion: when")
    over: Time | None = Field(
        None, description="iv_bolus: given slowly over this time; water to drink: 5 min unless given"
    )
    rate: RateText | None = Field(None, description="iv_infusion: the rate, when it does not change")
    start: Time | None = Field(None, description="iv_infusion, protocol: from when")
    end: Time | None = Field(None, description="iv_infusion, protocol of an induction: until when")
    duration: Time | None = Field(
        None, description="iv_infusion, protocol of an induction: how long, in place of `end`"
    )
    steps: list[DoseStep | None] | None = Field(None, description="iv_infusion: rates that change, in order of time")
    concentration: ConcentrationText | None = Field(
        None, description="iv_infusion of a drug: what the bag holds; the fluid is then given as water"
    )
    sodium: Sodium | None = Field(None, description="water, and fluid of an infusion: what it holds; none unless given")
    first: RateText | None = Field(None, description="protocol of an induction: the first rate")
    increment: RateText | None = Field(None, description="protocol of an induction: what a step adds")
    interval: Time | None = Field(None, description="protocol of an induction: from step to step")
    maximum: RateText | None = Field(None, description="protocol of an induction: the highest rate")
    pauses: list[Pause | None] | None = Field(None, description="protocol of an induction: times without infusion")
    rule: choice("contractions", "none") | None = Field(  # type: ignore[valid-type]
        None,
        description="protocol of an induction: hold, halve and stop by the contractions (unless given, when there is a "
        "uterus), or none",
    )
