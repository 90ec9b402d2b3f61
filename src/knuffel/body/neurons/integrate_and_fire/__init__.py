"""The integrate-and-fire oxytocin neuron (`if-oxytocin`)."""

from knuffel.body.neurons.integrate_and_fire.component import IntegrateAndFireOxytocin

__all__ = ["IntegrateAndFireOxytocin"]
