"""Close a widget with all that is in it: of what is not closed, ipywidgets keeps hold."""

from typing import Any

import ipywidgets


def close_all_in(widget: ipywidgets.Widget) -> None:
    """Close a widget and every widget that it holds, in its traits or in the attributes of our own objects."""
    found: dict[int, Any] = {}
    waiting: list[Any] = [widget]
    while waiting:
        item = waiting.pop()
        ours = type(item).__module__.startswith("atomstat_widgets.")
        if id(item) in found or not (ours or isinstance(item, ipywidgets.Widget | list | tuple | dict)):
            continue
        found[id(item)] = item  # kept, so that no other gets its id
        match item:
            case dict():
                waiting.extend(item.values())
            case list() | tuple():
                waiting.extend(item)
            case _:
                waiting.extend(getattr(item, "__dict__", {}).values())
    for item in found.values():
        if isinstance(item, ipywidgets.Widget):
            ipywidgets.Widget.close(item)
