import numpy as np
import pytest

from atomstat_widgets.views.limits import amount_limits, common_limits, own_limits

PICTURES = np.array([[[1.0, 3.0], [np.nan, 2.0]], [[-5.0, 4.0], [0.0, 0.0]], [[0.0, 0.0], [0.0, 0.0]]])


def test_by_hand():
    assert own_limits(PICTURES).tolist() == [[1, 3], [-5, 4], [0, 0]]
    assert own_limits(PICTURES, signed=True).tolist() == [[-3, 3], [-5, 5], [-1, 1]]
    assert amount_limits(PICTURES).tolist() == [[0, 3], [0, 4], [0, 1]]
    assert amount_limits(PICTURES, signed=True).tolist() == [[-3, 3], [-5, 5], [-1, 1]]
    assert common_limits(PICTURES).tolist() == [[-5, 4]] * 3
    assert amount_limits(PICTURES[0, :1]).tolist() == [[0, 3]]  # of pieces as of maps


@pytest.mark.parametrize("dtype", [np.float32, np.uint8])
def test_of_other_numbers(dtype):
    assert amount_limits(np.array([[7, 2], [0, 0]], dtype)).tolist() == [[0, 7], [0, 1]]
