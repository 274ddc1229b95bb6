"""Reference from the docstrings: ``python -m sphinx -n -W --keep-going apps/guide/reference build/reference``."""

import importlib.metadata
import inspect
import re

project = "atomstat_widgets"
author = "The atomstat_widgets developers"
release = importlib.metadata.version("atomstat-widgets")
extensions = ["sphinx.ext.autodoc", "numpydoc"]
html_theme = "alabaster"
html_show_copyright = False

default_role = "py:obj"  # `name` in a docstring leads to an object, or is a parameter or an attribute
autodoc_typehints = "none"  # numpydoc's sections tell the types
numpydoc_show_class_members = False

described = set()  # parameters and attributes


def gather(app, what, name, found, options, lines):
    """Remember the parameters and attributes of what is documented."""
    if inspect.isclass(found):
        described.update(dir(found), getattr(found, "__dataclass_fields__", ()))
    elif inspect.isfunction(found):
        described.update(inspect.signature(found).parameters)
    for line in lines:
        if names := re.match(r"(\*{0,2}\w+(?:, \w+)*) : ", line):
            described.update(names[1].strip("*").split(", "))


def resolve(app, env, node, content):
    """Lead `factorize` to ``atomstat_widgets.stat.matrices.factorize``; nothing is left to warn of a parameter."""
    target = node.get("reftarget", "")
    python = env.get_domain("py")
    full = sorted((name for name in python.objects if name.endswith(f".{target}")), key=lambda name: (len(name), name))
    if full:
        return python.resolve_xref(env, node["refdoc"], app.builder, "obj", full[0], node, content)
    return content if target in described else None


def setup(app):
    """Take part in the build."""
    app.connect("autodoc-process-docstring", gather, priority=100)  # before numpydoc rewrites it
    app.connect("missing-reference", resolve)
