"""Parameters that are finite numbers, and lengths: kept in pixels, and given in pixels or in a unit of length."""

import math
from typing import Any

import numpy as np
from traitlets import Float, HasTraits, Int, TraitError

from atomstat_widgets.data.calibration import in_pixels


class Finite(Float[Any, Any]):
    """Number that is neither infinite nor NaN, which no limits keep out."""

    def validate(self, obj: Any, value: Any) -> Any:
        """Refuse what is not finite."""
        value = super().validate(obj, float(value) if isinstance(value, np.floating) else value)
        if value is not None and not math.isfinite(value):
            raise TraitError(f"{self.name} = {value} is not finite")
        return value


class Length(Finite):
    """Length in pixels; assign a number of them, or words such as '0.3 nm'."""

    def validate(self, obj: Any, value: Any) -> Any:
        """Take words as a length of the data."""
        return super().validate(obj, _pixels(self, obj, value) if isinstance(value, str) else value)


class WholeLength(Int[Any, Any]):
    """Whole number of pixels; assign one, or words such as '2 nm', which are rounded."""

    def validate(self, obj: Any, value: Any) -> Any:
        """Take words as a length of the data."""
        return super().validate(obj, round(_pixels(self, obj, value)) if isinstance(value, str) else value)


def _pixels(trait: Any, model: HasTraits, length: str) -> float:
    try:
        return in_pixels(length, getattr(model, model.kind))  # type: ignore[attr-defined]
    except ValueError as error:
        raise TraitError(f"{trait.name} = {error}") from None
