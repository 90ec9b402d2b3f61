"""Firing rates from a table of the spiking cells (`rate`)."""

from knuffel.body.neurons.rate.component import RateNeurons

__all__ = ["RateNeurons"]
