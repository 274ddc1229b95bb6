"""The part of a kernel that tells of failures: to the page in words, to the log of the server with their traceback.

Widgets show the traceback of what fails in them as IPython shows that of a cell, and so it would be sent to the page.
"""

import sys
import traceback

from ipykernel.ipkernel import IPythonKernel
from ipykernel.zmqshell import ZMQInteractiveShell
from traitlets import Type

FAILURE = "Something went wrong. What it was is in the log of the server."


class Shell(ZMQInteractiveShell):
    """Says that something failed, and not what."""

    def _showtraceback(self, etype: type[BaseException], evalue: BaseException, stb: list[str]) -> None:
        sys.stderr.write("".join(traceback.format_exception(evalue)))
        super()._showtraceback(RuntimeError, RuntimeError(FAILURE), [FAILURE])


class Kernel(IPythonKernel):
    """IPython's, with this shell."""

    shell_class = Type(Shell)
