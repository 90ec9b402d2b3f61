"""The phasic vasopressin neuron (`if-vasopressin`), experimental."""

from knuffel.body.neurons.vasopressin.component import IntegrateAndFireVasopressin

__all__ = ["IntegrateAndFireVasopressin"]
