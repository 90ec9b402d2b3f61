"""Labour: uterine activity, single contractions and intrauterine pressure."""

from knuffel.body.uterus.labour.component import LabourUterus, UterusState
from knuffel.body.uterus.labour.parameters import UterusParameters

__all__ = ["LabourUterus", "UterusParameters", "UterusState"]
