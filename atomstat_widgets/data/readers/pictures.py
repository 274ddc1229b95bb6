"""Pictures in all the colours they have: RosettaSciIO takes those whose green equals their blue for grey."""

from typing import Any

# What a picture may be, whatever its name: others, as EPS, are opened by starting another program.
FORMATS = ("PNG", "JPEG", "BMP", "DIB", "GIF", "WEBP")


def file_reader(filename: str) -> list[dict[str, Any]]:
    """Describe the picture as RosettaSciIO does, with its channels last."""
    import imageio.v3 as iio
    import PIL.Image
    from rsciio.image import file_reader as read

    try:
        PIL.Image.open(filename, formats=FORMATS).close()
    except PIL.UnidentifiedImageError:
        raise ValueError("it is no picture") from None  # imageio would list what else could be installed
    (signal,) = read(filename)
    if signal["data"].ndim == 2 and len(iio.improps(filename).shape) == 3:
        signal["data"] = iio.imread(filename)
    return [signal]
