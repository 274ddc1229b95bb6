"""Numbers and signs of components, kept from one result to the next."""

import numpy as np
from numpy.typing import NDArray

from atomstat_widgets.stat import match_components, matching_signs


def arrangement_like(before: NDArray[np.floating], after: NDArray[np.floating], method: str) -> list[int]:
    """Numbers and signs by which components resemble those shown before, where the method leaves them open.

    Parameters
    ----------
    before, after : array, (k, n) and (m, n)
        Something of the components shown and of those found, one a row, over the same n positions.
    method : {'PCA', 'ICA', 'NMF', 'GMM'}

    Returns
    -------
    list of int, (m,)
        See `Decomposition.arranged`.
    """
    order = np.arange(len(after))
    if method != "PCA":  # principal components are numbered by their variance
        order = match_components(before, after, either_sign=method == "ICA")
    signs = matching_signs(before, after[order]) if method in ("PCA", "ICA") else 1
    return np.asarray((order + 1) * signs, int).tolist()
