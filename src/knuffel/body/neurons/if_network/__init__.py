"""The network with the companion cell (`if-network`, experimental)."""

from knuffel.body.neurons.if_network.component import CompanionNetwork
from knuffel.body.neurons.if_network.parameters import CompanionNetworkParameters, CompanionNetworkState

__all__ = ["CompanionNetwork", "CompanionNetworkParameters", "CompanionNetworkState"]
