"""Blood pressure and heart rate after oxytocin and carbetocin (`vasodilation`)."""

from knuffel.body.circulation.pressure.component import (
    Vasodilation,
    VasodilationParameters,
    VasodilationSettings,
    VasodilationState,
)

__all__ = ["Vasodilation", "VasodilationParameters", "VasodilationSettings", "VasodilationState"]
