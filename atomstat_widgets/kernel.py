"""The kernel of a served session: IPython's, within the memory that a session may take."""

import gc
import os
import sys
from collections.abc import Mapping, Sequence

from atomstat_widgets.data.memory import limit_memory


def run(arguments: Sequence[str]) -> None:
    """Be a kernel.

    Parameters
    ----------
    arguments : sequence of str
        Of IPython's kernel.
    """
    from ipykernel.kernelapp import launch_new_instance  # not for the server, which only names this function

    limit_memory()
    launch_new_instance(argv=list(arguments))


def run_forked(arguments: Sequence[str], environment: Mapping[str, str], folder: str) -> None:
    """Be a kernel in a process that was forked for it.

    Parameters
    ----------
    arguments : sequence of str
        Of IPython's kernel.
    environment : mapping
        Variables, in place of those of the process forked from.
    folder : str
        Where to be.
    """
    os.setsid()  # Ctrl+C in a terminal is for the server
    gc.freeze()  # what is there now stays, and its memory is shared as long as nobody touches it
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    run(arguments)


if __name__ == "__main__":
    run(sys.argv[1:])
