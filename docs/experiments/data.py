"""The data, from scikit-learn, split anew for each seed: 60 % to learn, 20 % and 20 %."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits, make_classification, make_friedman1

from networks import Array, Data, Samples

SHARES = (0.6, 0.8)


def digits(seeds: int) -> Data:
    """1,797 pictures of handwritten digits, 8 by 8; mean 0 and variance 1 over all pixels."""
    pixels, labels = load_digits(return_X_y=True)
    return split(_standardised(pixels), np.eye(10)[labels], seeds)


def raw_digits(seeds: int) -> Data:
    """The same with pixels from 0 to 16, as they come."""
    pixels, labels = load_digits(return_X_y=True)
    return split(pixels, np.eye(10)[labels], seeds)


def two_classes(seeds: int) -> Data:
    """1,000 samples of 20 features, 10 of them informative."""
    x, y = make_classification(
        n_samples=1000, n_features=20, n_informative=10, n_redundant=10, random_state=1
    )
    return split(x, y[:, None], seeds)


def friedman(seeds: int) -> Data:
    """1,500 samples of 10 features; the target has a product, a sine and a square in it."""
    x, y = make_friedman1(n_samples=1500, noise=0.5, random_state=1)
    return split(_standardised(x), _standardised(y)[:, None], seeds)


def _standardised(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return (x - x.mean()) / x.std()


def split(x: NDArray[np.float64], target: NDArray[np.float64], seeds: int) -> Data:
    count = len(x)
    ends = [round(share * count) for share in SHARES]
    orders = np.stack([np.random.default_rng(seed).permutation(count) for seed in range(seeds)])
    parts = np.split(orders, ends, axis=1)
    return Data(*(Samples(_single(x[part]), _single(target[part])) for part in parts))


def _single(x: NDArray[np.float64]) -> Array:
    return np.ascontiguousarray(x, dtype=np.float32)
