"""Pulses of women in pregnancy, in labour and after the birth."""

from knuffel.body.pulses.spontaneous.component import SpontaneousPulses
from knuffel.body.pulses.spontaneous.parameters import SpontaneousParameters, SpontaneousSettings, SpontaneousState

__all__ = ["SpontaneousParameters", "SpontaneousPulses", "SpontaneousSettings", "SpontaneousState"]
