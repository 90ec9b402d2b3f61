"""The Hodgkin-Huxley oxytocin neuron (`hh-oxytocin`)."""

from knuffel.body.neurons.hodgkin_huxley.component import HodgkinHuxleyOxytocin

__all__ = ["HodgkinHuxleyOxytocin"]
