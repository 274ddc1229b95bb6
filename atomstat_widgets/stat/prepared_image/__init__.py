"""An image made ready to be analysed: border, scan-line jitter, background and dark atoms, each said in words."""

from atomstat_widgets.stat.prepared_image.prepare import PreparedImage, prepare_image

__all__ = [
    "PreparedImage",
    "prepare_image",
]
