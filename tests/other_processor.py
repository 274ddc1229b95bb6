"""Which type of processor OpenBLAS can be told to take this one for, by OPENBLAS_CORETYPE, to round differently.

    python tests/other_processor.py

prints it, or nothing where there is none, and says why.
"""

import platform
import sys

import numpy  # noqa: F401  # its library is asked for
from threadpoolctl import threadpool_info

# On these the kernels of Haswell run, and on every x86-64 those of Prescott, which call themselves Katmai.
BEYOND_HASWELL, LEAST = {"Zen", "SkylakeX", "Cooperlake", "SapphireRapids"}, {"Prescott", "Katmai"}


def other_processor() -> str:
    """Type for OPENBLAS_CORETYPE, or an empty string."""
    types = {library.get("architecture") for library in threadpool_info() if library["internal_api"] == "openblas"}
    if platform.machine().lower() not in ("x86_64", "amd64") or not types or types <= LEAST:
        return ""
    return "Haswell" if types <= BEYOND_HASWELL else "Prescott"


if __name__ == "__main__":
    found = other_processor()
    if not found:
        print("no other type of processor: that takes OpenBLAS, on x86-64 with more than SSE3", file=sys.stderr)
    print(found)
