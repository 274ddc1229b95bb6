"""Reference from the docstrings: ``python -m sphinx -W --keep-going apps/guide/reference build/reference``."""

import importlib.metadata

project = "atomstat_widgets"
author = "The atomstat_widgets developers"
release = importlib.metadata.version("atomstat-widgets")
extensions = ["sphinx.ext.autodoc", "sphinx.ext.autosummary", "numpydoc"]
html_theme = "alabaster"
html_show_copyright = False

default_role = "py:obj"  # `name` in a docstring is a link, which has to lead somewhere
autosummary_generate = True
autosummary_ignore_module_all = False
autodoc_typehints = "none"  # numpydoc's sections tell the types
numpydoc_show_class_members = False
numpydoc_xref_param_type = False
