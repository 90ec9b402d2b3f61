"""A woman's breasts (`human-breast`)."""

from knuffel.body.breast.human.component import HumanBreast
from knuffel.body.breast.human.parameters import HumanBreastParameters, HumanBreastState

__all__ = ["HumanBreast", "HumanBreastParameters", "HumanBreastState"]
