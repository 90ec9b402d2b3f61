"""Water, urine and serum sodium (`antidiuresis`)."""

from knuffel.body.water.component import Antidiuresis, AntidiuresisParameters, AntidiuresisState

__all__ = ["Antidiuresis", "AntidiuresisParameters", "AntidiuresisState"]
