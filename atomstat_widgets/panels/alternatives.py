"""Views that take turns in one place."""

from collections.abc import Sequence

import ipywidgets
from traitlets import Bunch


class Alternatives(ipywidgets.VBox):
    """Widgets in one place, of which a row of buttons above shows one group at a time.

    A hidden figure does not know its size, so the other groups are not on the page at all.

    Parameters
    ----------
    groups : sequence of (str, str, sequence of Widget)
        Name, tooltip, and widgets from top to bottom; the first group is shown at first.

    Attributes
    ----------
    choice : ToggleButtons
        Its value is the number of the group that is shown.
    all_children : list of Widget
        Those of all groups.
    """

    def __init__(self, groups: Sequence[tuple[str, str, Sequence[ipywidgets.Widget]]]) -> None:
        self._groups = [list(widgets) for _, _, widgets in groups]
        self.choice = ipywidgets.ToggleButtons(
            options=[(name, number) for number, (name, _, _) in enumerate(groups)],
            tooltips=[tooltip for _, tooltip, _ in groups], style={"button_width": "auto"},
            layout=ipywidgets.Layout(width="auto"),
        )  # fmt: skip
        self.choice.add_class("atomstat-alternatives")
        self.all_children = [self.choice, *(one for widgets in self._groups for one in widgets)]
        super().__init__([self.choice, *self._groups[0]])
        self.choice.observe(self._show, "value")

    def _show(self, change: Bunch) -> None:
        self.children = [self.choice, *self._groups[change.new]]
