"""What a scenario file may hold: stimuli and doses."""

from __future__ import annotations

from pydantic import Field

from knuffel.scenario.quantities import Amount, Frequency, Number, Osmolality, Rate, Slope, Time, choice
from knuffel.scenario.schema import Section

__all__ = ["Dose", "DoseStep", "Stimulus"]


class Stimulus(Section):
    """Something that happens to the subject, or an experimenter's course of the synaptic input."""

    REQUIRED = ("kind",)

    kind: str | None = Field(
        None,
        description="an event (hug, touch_affective, massage, cck_iv, …) or a protocol: constant, step, ramp, "
        "saturating_ramp, exponential",
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
    rate: Frequency | None = Field(None, description="antidromic: stimuli a second")
    rise: Osmolality | None = Field(None, description="osmotic: how far above rest the osmolality would come")


class DoseStep(Section):
    """A new rate of an infusion."""

    REQUIRED = ("at", "rate")

    at: Time | None = Field(None, description="from when")
    rate: Rate | None = Field(None, description="the rate from then on")


class Dose(Section):
    """A drug. 1 IU of oxytocin is 1.71 micrograms."""

    REQUIRED = ("drug", "route")

    drug: str | None = Field(None, description="oxytocin", examples=["oxytocin"])
    route: str | None = Field(None, description="iv_bolus or iv_infusion", examples=["iv_bolus", "iv_infusion"])
    amount: Amount | None = Field(None, description="iv_bolus: how much")
    at: Time | None = Field(None, description="iv_bolus: when")
    over: Time | None = Field(None, description="iv_bolus: given slowly over this time")
    rate: Rate | None = Field(None, description="iv_infusion: the rate, when it does not change")
    start: Time | None = Field(None, description="iv_infusion: from when")
    end: Time | None = Field(None, description="iv_infusion: until when")
    duration: Time | None = Field(None, description="iv_infusion: how long, in place of `end`")
    steps: list[DoseStep | None] | None = Field(None, description="iv_infusion: rates that change, in order of time")
