"""All readers, imported: for a process from which others are forked, so that these need not.

What a package is missing for says so when it is needed.
"""

import importlib
from contextlib import suppress

import PIL.Image
from rsciio import IO_PLUGINS

from atomstat_widgets.data.readers.images import OWN_PLUGINS, as_blocks
from atomstat_widgets.data.readers.quiet import quiet

# What the reader of emd compiles is a module that it imports late: what was compiled once is found from here.
for module in (*(plugin["api"] for plugin in (*IO_PLUGINS, *OWN_PLUGINS)), "rsciio.utils._fei_stream_readers"):
    with quiet(), suppress(ImportError):  # some log that they are slow without Numba
        importlib.import_module(module)
as_blocks(None)  # imports what tells arrays in blocks from others
PIL.Image.init()  # the formats of pictures, of which each is a module
