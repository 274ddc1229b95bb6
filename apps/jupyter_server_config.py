"""Settings for a Jupyter server that has Voila as an extension, as on Binder.

Of ``voila.json`` the extension reads its own settings only. Those of the server and its kernels are handed on here; the
two files belong into one folder of ``jupyter --paths``, under "config".
"""

import json
import os
from pathlib import Path

c = get_config()  # noqa: F821  # of Jupyter

settings = json.loads(Path(__file__).with_name("voila.json").read_text())

for section in ("VoilaExecutor", "MappingKernelManager", "KernelManager", "KernelRestarter"):
    c[section].update(settings[section])
for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, str(settings["Server"]["threads_per_session"]))
