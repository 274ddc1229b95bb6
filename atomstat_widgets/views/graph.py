"""A transition matrix as a graph: states as discs, transitions as arrows."""

import math
from itertools import combinations
from typing import Any

import ipywidgets
from numpy.typing import NDArray

from atomstat_widgets.views.colors import COMPONENT_COLORS, GROUND, INK, letters_on, rgb

SMALLEST = 0.005  # probability of an arrow that is drawn
EDGE = 26  # pixels around the middles of the discs
THICKEST = 7.0  # pixels, of an arrow of probability 1


class TransitionGraph(ipywidgets.HTML):
    """States on a circle, as large as they are often; the thicker an arrow, the likelier the transition.

    Parameters
    ----------
    width, height : int
        In screen pixels.
    """

    def __init__(self, width: int, height: int) -> None:
        super().__init__(layout=ipywidgets.Layout(width=f"{width}px", height=f"{height}px"))
        self._size = width, height

    def show(self, probabilities: NDArray[Any], shares: NDArray[Any], remarks: list[str]) -> None:
        """Show a chain: probabilities (k, k), share of time in each state (k,), and a remark on each."""
        width, height = self._size
        count = len(shares)
        # From the top on, clockwise; the discs of neighbours leave room for arrows.
        turns = [2 * math.pi * n / count for n in range(count)]
        reach = (width / 2 - EDGE, height / 2 - EDGE) if count > 1 else (0.0, 0.0)
        places = [(width / 2 + reach[0] * math.sin(turn), height / 2 - reach[1] * math.cos(turn)) for turn in turns]
        closest = min((math.dist(one, other) for one, other in combinations(places, 2)), default=math.inf)
        largest = min(EDGE - 2.0, 0.36 * closest)
        radii = [
            max(min(9.0, largest), largest * math.sqrt(share / max(shares.max(), 1e-9))) for share in shares.tolist()
        ]
        arrows = [
            _arrow(places[i], places[j], radii[i], radii[j], float(probabilities[i, j]), count <= 4)
            for i in range(count)
            for j in range(count)
            if i != j and probabilities[i, j] >= SMALLEST
        ]
        discs = [
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="{COMPONENT_COLORS[n]}" stroke="{GROUND}">'
            f"<title>{remarks[n]}</title></circle>"
            f'<text x="{x:.1f}" y="{y + 4:.1f}" fill="{letters_on(rgb(COMPONENT_COLORS[n]))}" font-weight="bold" '
            f'style="pointer-events:none">{n + 1}</text>'
            for n, ((x, y), radius) in enumerate(zip(places, radii, strict=True))
        ]
        self.value = (
            f'<svg class="atomstat-graph" role="img" aria-label="Transition graph" width="{width}" height="{height}" '
            f'font-size="11" text-anchor="middle">{"".join([*arrows, *discs])}</svg>'
        )


def _arrow(
    start: tuple[float, float], end: tuple[float, float], start_radius: float, end_radius: float, probability: float,
    labelled: bool,
) -> str:  # fmt: skip
    """Arrow from the rim of one disc to that of another, bent to its left, so that the way back is beside it."""
    (x0, y0), (x1, y1) = start, end
    length = math.hypot(x1 - x0, y1 - y0)
    across = (y1 - y0) / length, -(x1 - x0) / length
    bend = 0.16 * length + 6
    top = ((x0 + x1) / 2 + bend * across[0], (y0 + y1) / 2 + bend * across[1])
    width = max(1.0, THICKEST * probability)
    head = 5 + width
    start = _towards(start, top, start_radius)
    tip = _towards(end, top, end_radius + 1)
    neck = _towards(tip, top, head)
    side = (0.55 * head * across[0], 0.55 * head * across[1])
    label = ""
    if labelled:
        at = (
            (x0 + x1) / 2 + (bend / 2 + width / 2 + 9) * across[0],
            (y0 + y1) / 2 + (bend / 2 + width / 2 + 9) * across[1],
        )
        label = f'<text x="{at[0]:.1f}" y="{at[1] + 4:.1f}" fill="{INK}">{probability:.2f}</text>'
    return (
        f'<path d="M{start[0]:.1f},{start[1]:.1f} Q{top[0]:.1f},{top[1]:.1f} {neck[0]:.1f},{neck[1]:.1f}" fill="none" '
        f'stroke="#777" stroke-width="{width:.1f}"><title>{probability:.3f}</title></path>'
        f'<path d="M{tip[0]:.1f},{tip[1]:.1f} L{neck[0] + side[0]:.1f},{neck[1] + side[1]:.1f} '
        f'L{neck[0] - side[0]:.1f},{neck[1] - side[1]:.1f} Z" fill="#777"/>{label}'
    )


def _towards(place: tuple[float, float], goal: tuple[float, float], distance: float) -> tuple[float, float]:
    length = math.hypot(goal[0] - place[0], goal[1] - place[1])
    share = distance / max(length, 1e-9)
    return place[0] + share * (goal[0] - place[0]), place[1] + share * (goal[1] - place[1])
