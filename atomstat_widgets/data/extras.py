"""What to install for files that few have: their readers need packages that only an extra of this project brings."""

import re
from importlib.util import find_spec

EXTRAS = {
    "skimage": "blockfile",  # which RosettaSciIO's reader of blo imports
    "sparse": "eds",  # spectra in Velox's emd files
    "numba": "eds",  # comes with sparse
    "zarr": "zarr",
    "numcodecs": "zarr",
}

# Read event by event: by Numba in a second, without it for minutes.
COMPILED = ("pts",)


def what_to_install(words: object) -> str:
    """Command that installs the package that an error names, or nothing where no extra brings it."""
    for word in re.findall(r"\w+", str(words)):
        if word in EXTRAS:
            return f"pip install 'atomstat-widgets[{EXTRAS[word]}]'"
    return ""


def missing_for(extension: str) -> str:
    """Command that installs what files with this extension are not read without, or nothing where it is there."""
    return what_to_install("numba") if extension in COMPILED and find_spec("numba") is None else ""
