"""Where images come from: files, arrays and simulated samples."""

from atomstat_widgets.data import samples
from atomstat_widgets.data.image import Image
from atomstat_widgets.data.readers import ReadError, load

__all__ = ["Image", "ReadError", "load", "samples"]
