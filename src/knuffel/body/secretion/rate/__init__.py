"""Secretion from the mean firing rate: low-order filters around a table of the spiking terminals (`rate`)."""

from knuffel.body.secretion.rate.component import RateSecretion

__all__ = ["RateSecretion"]
