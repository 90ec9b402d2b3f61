"""A rat's mammary glands (`rat-mammary-gland`)."""

from knuffel.body.breast.rat.component import RatMammaryGland
from knuffel.body.breast.rat.parameters import RatMammaryParameters, RatMammaryState

__all__ = ["RatMammaryGland", "RatMammaryParameters", "RatMammaryState"]
