"""The sweep's own measure of error, against the oracle's."""

from __future__ import annotations

import numpy as np
import pytest

import fastact as fa
import sweep
from fastact.formulas.catalogue import ROWS
from oracle import derivative_floor, error_in_ulp


@pytest.mark.parametrize("derivative", [False, True])
@pytest.mark.parametrize("name", ["gelu", "exponential", "logit", "hardtanh", "snake"])
def test_errors_are_the_oracles(name, derivative):
    rng = np.random.default_rng(0)
    xs = rng.integers(0, 1 << 32, 200_000, dtype=np.uint32).view(np.float32)
    row = ROWS[name]
    kernel = sweep.Kernel(row, name, derivative)
    floor = derivative_floor(row, name, xs) if derivative else 0.0
    with np.errstate(invalid="ignore"):
        result, reference = kernel.function(xs), kernel.function(xs.astype(np.float64))
        want = error_in_ulp(result, reference, floor)
        np.testing.assert_array_equal(sweep.error_in_ulp(result, reference, floor), want)


def test_a_block_finds_its_worst():
    kernel = sweep.Kernel(ROWS["sigmoid"], "sigmoid", False)
    worst, at = kernel.worst_of(0x3F800000)
    xs = np.arange(0x3F800000, 0x3F800000 + sweep.BLOCK, dtype=np.uint32).view(np.float32)
    error = error_in_ulp(fa.sigmoid(xs), fa.sigmoid(xs.astype(np.float64)))
    assert (worst, at) == (error.max(), xs[error.argmax()])


def test_a_sweep_goes_on_where_it_stopped(tmp_path, monkeypatch):
    """Blocks done before are not done again; a changed kernel begins anew."""
    done = []

    class Counted(sweep.Kernel):
        def worst_of(self, first):
            done.append(first)
            if len(done) == 3:
                raise KeyboardInterrupt
            return float(first), 0.0

    monkeypatch.setattr(sweep, "STATE", tmp_path)
    monkeypatch.setattr(sweep, "PART", 1 << 31)
    monkeypatch.setattr(sweep, "BLOCK", 1 << 30)
    kernel = Counted(ROWS["relu"], "relu", False)
    with sweep.ThreadPoolExecutor(1) as pool:
        with pytest.raises(KeyboardInterrupt):
            sweep.swept(kernel, pool)
        done.clear()
        done.append(-1)
        done.append(-1)
        done.append(-1)
        assert sweep.swept(kernel, pool)["max_ulp"] == 3 * (1 << 30)
    assert done[3:] == [1 << 31, 3 << 30]
