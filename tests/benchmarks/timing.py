"""Time a call. Imported before numpy: BLAS then has one thread, as in the served app."""

import os
import statistics
import time
from collections.abc import Callable
from typing import Any

for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")


def median_time(call: Callable[[], Any], repeats: int = 5) -> float:
    """Median of so many calls, in seconds."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times)
