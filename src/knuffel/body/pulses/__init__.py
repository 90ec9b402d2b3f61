"""The room `pulses`: bursts of the human pituitary during a feed."""

from knuffel.body.pulses.component import BreastfeedingPulses

__all__ = ["BreastfeedingPulses"]
