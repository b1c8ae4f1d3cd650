"""gumbel_softmax and rrelu: noise from the caller's generator, gradients that know it."""

from __future__ import annotations

import numpy as np
import pytest

import fastact as fa
from cases import assert_same_bits

SLOPES = {"lower": 0.1, "upper": 0.3, "training": True}


def random(*shape, dtype=np.float64):
    return np.random.default_rng(0).standard_normal(shape).astype(dtype)


# --- the generator, for both -------------------------------------------------------------

DRAWS = [
    lambda x, rng, **p: fa.gumbel_softmax(x, rng=rng, **p),
    lambda x, rng, **p: fa.rrelu(x, training=True, rng=rng, **p)[1],
]


@pytest.mark.parametrize("draw", DRAWS, ids=["gumbel_softmax", "rrelu"])
def test_generator_seed_or_entropy(draw):
    x = -np.ones((50, 7))
    generator = np.random.default_rng(4)
    first = draw(x, generator)
    np.testing.assert_array_equal(first, draw(x, 4))
    np.testing.assert_array_equal(first, draw(x, np.int64(4)))
    assert (first != draw(x, generator)).any()  # the generator has gone on
    assert (draw(x, None) != draw(x, None)).any()
    own = np.random.Generator(np.random.Philox(1))
    assert (draw(x, own) != first).any()


@pytest.mark.parametrize("draw", DRAWS, ids=["gumbel_softmax", "rrelu"])
@pytest.mark.parametrize("rng", ["seed", 1.5, np.random.RandomState(0), np.random])
def test_unsuitable_generator(draw, rng):
    x = np.ones(3)
    with pytest.raises(TypeError, match=r"rng must be a numpy.random.Generator, an integer seed"):
        draw(x, rng, out=x)
    with pytest.raises(ValueError, match="a seed must not be negative, got rng=-1"):
        draw(x, -1, out=x)
    np.testing.assert_array_equal(x, np.ones(3))


@pytest.mark.parametrize("draw", DRAWS, ids=["gumbel_softmax", "rrelu"])
def test_noise_does_not_depend_on_layout_or_blocks(draw):
    x = -np.abs(random(700, 500))  # more than a block
    want = draw(x, 1)
    for other in (np.asfortranarray(x), np.repeat(x, 2, axis=1)[:, ::2], x[::-1][::-1]):
        np.testing.assert_array_equal(draw(other, 1), want)


# --- gumbel_softmax ----------------------------------------------------------------------


@pytest.mark.parametrize("tau", [0.3, 1.0, 5.0])
@pytest.mark.parametrize("axis", [-1, 0, None])
def test_sample_is_a_softmax_of_noisy_logits(tau, axis, dtype, formulas):
    x = random(6, 8, dtype=dtype)
    got = fa.gumbel_softmax(x, tau, axis=axis, rng=2)
    noise = np.random.default_rng(2).gumbel(size=x.size)  # row after row
    noise = noise.reshape(8, 6).T if axis == 0 else noise.reshape(6, 8)
    want = fa.softmax((x.astype(np.float64) + noise) / tau, axis=axis)
    np.testing.assert_allclose(got, want, rtol=1e-12 if dtype == "float64" else 1e-6)
    assert got.dtype == dtype
    hard = fa.gumbel_softmax(x, tau, hard=True, axis=axis, rng=2)
    np.testing.assert_array_equal(hard, fa.hardmax(want, axis=axis))


def test_hard_samples_have_the_softmaxs_probabilities():
    logits = np.log([0.5, 0.3, 0.15, 0.05])
    count = 40_000
    samples = fa.gumbel_softmax(np.broadcast_to(logits, (count, 4)), hard=True, rng=0)
    p = np.exp(logits)
    deviation = samples.mean(axis=0) - p
    assert (np.abs(deviation) < 4 * np.sqrt(p * (1 - p) / count)).all()


def test_straight_through_gradient(formulas):
    x, dy = random(5, 7), np.cos(random(5, 7))
    soft = fa.gumbel_softmax(x, 0.4, rng=3)
    want = fa.softmax.backward(dy, output=soft) / 0.4
    np.testing.assert_array_equal(fa.gumbel_softmax.backward(dy, output=soft, tau=0.4), want)
    for hard in (False, True):
        y, context = fa.gumbel_softmax.forward(x, 0.4, hard, rng=3)
        np.testing.assert_array_equal(y, fa.hardmax(soft) if hard else soft)
        np.testing.assert_array_equal(context.saved, soft)
        np.testing.assert_array_equal(context.backward(dy), want)
    fresh = dy.copy()
    assert context.backward(fresh, out=fresh) is fresh
    np.testing.assert_array_equal(fresh, want)
    assert context.parameters == {"tau": 0.4, "axis": -1}


def test_gradient_by_differences_with_the_noise_held():
    x, dy = random(3, 5), np.cos(random(3, 5))
    got = fa.gumbel_softmax.backward(dy, output=fa.gumbel_softmax(x, 0.7, rng=9), tau=0.7)
    for k in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[k] += 1e-6
        down[k] -= 1e-6
        change = fa.gumbel_softmax(up, 0.7, rng=9) - fa.gumbel_softmax(down, 0.7, rng=9)
        np.testing.assert_allclose((dy * change).sum() / 2e-6, got[k], atol=1e-8)


def test_sample_in_place_and_in_16_bits():
    x = random(4, 6, dtype=np.float16)
    soft = fa.gumbel_softmax(x.astype(np.float64), rng=1)
    np.testing.assert_array_equal(fa.gumbel_softmax(x, rng=1), soft.astype(np.float16))
    y, context = fa.gumbel_softmax.forward(x, hard=True, rng=1, out=x)
    assert y is x
    np.testing.assert_array_equal(x, fa.hardmax(soft))
    np.testing.assert_array_equal(context.saved, soft.astype(np.float16))


def test_sample_of_extreme_logits(formulas):
    x = np.array([1e300, -1e300, 0, -np.inf])
    np.testing.assert_array_equal(fa.gumbel_softmax(x, 1e-300, rng=0), [1, 0, 0, 0])
    assert np.isnan(fa.gumbel_softmax(np.array([np.nan, 1, 2]), rng=0)).all()
    assert np.isnan(fa.gumbel_softmax(np.array([np.nan, 1, 2]), hard=True, rng=0)).all()
    small = fa.gumbel_softmax(random(3, 4), 1e-6, rng=0)
    np.testing.assert_array_equal(small, fa.gumbel_softmax(random(3, 4), 1e-6, True, rng=0))
    assert fa.gumbel_softmax(np.zeros((3, 0)), rng=0).shape == (3, 0)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: fa.gumbel_softmax(x, 0, out=x), ValueError, "tau must be positive and finite"),
        (lambda x: fa.gumbel_softmax(x, -1.0), ValueError, "tau must be positive"),
        (lambda x: fa.gumbel_softmax(x, np.nan), ValueError, "tau must be positive"),
        (lambda x: fa.gumbel_softmax(x, "hot"), TypeError, "tau must be a number"),
        (lambda x: fa.gumbel_softmax(x, hard=1), TypeError, "hard must be True or False, got 1"),
        (lambda x: fa.gumbel_softmax(x, axis=2), ValueError, "axis 2 is out of range"),
        (lambda x: fa.gumbel_softmax(x, out=x[0]), ValueError, r"out has shape \(4,\)"),
        (lambda x: fa.gumbel_softmax.derivative(x), TypeError, "no elementwise derivative"),
        (lambda x: fa.gumbel_softmax.backward(x), TypeError, "wants output=, the soft sample"),
        (lambda x: fa.gumbel_softmax.backward(x, x), TypeError, "wants output=, the soft sample"),
        (lambda x: fa.gumbel_softmax.backward(x, output=x, tau=0), ValueError, "tau must be"),
        (lambda x: fa.gumbel_softmax.backward(x[0], output=x), ValueError, r"output \(3, 4\)"),
        (
            lambda x: fa.gumbel_softmax.backward(x, output=x, hard=True),
            TypeError,
            r"backward\(\) has no parameter 'hard'; it has \['tau', 'axis'\]",
        ),
        (lambda x: fa.gumbel_softmax.forward(x, save="input"), ValueError, "noise is not kept"),
    ],
)
def test_unsuitable_calls_of_gumbel_softmax(call, error, message):
    x = random(3, 4)
    before = x.copy()
    with pytest.raises(error, match=message):
        call(x)
    np.testing.assert_array_equal(x, before)


# --- rrelu -------------------------------------------------------------------------------


def test_evaluation_is_a_leaky_relu_of_the_mean_slope(dtype, formulas):
    x, dy = random(5, 40, dtype=dtype), np.cos(random(5, 40, dtype=dtype))
    x[0, :5] = 0, -0.0, np.inf, -np.inf, np.nan
    for given, mean in (({}, 11 / 48), ({"lower": -1, "upper": 0.5}, -0.25)):
        leaky = {"negative_slope": mean}
        np.testing.assert_array_equal(fa.rrelu(x, **given), fa.leaky_relu(x, **leaky))
        np.testing.assert_array_equal(
            fa.rrelu.backward(dy, x, **given), fa.leaky_relu.backward(dy, x, **leaky)
        )
        np.testing.assert_array_equal(
            fa.rrelu.derivative(x, **given), fa.leaky_relu.derivative(x, **leaky)
        )
        mask = fa.rrelu.mask(x)
        np.testing.assert_array_equal(
            fa.rrelu.backward(dy, mask=mask, **given),
            fa.leaky_relu.backward(dy, mask=mask, **leaky),
        )
    np.testing.assert_array_equal(
        fa.rrelu.backward(dy, output=fa.rrelu(x)), fa.rrelu.backward(dy, x)
    )
    with pytest.raises(ValueError, match=r"only for lower >= 0, got lower=-1"):
        fa.rrelu.backward(dy, output=x, lower=-1)


def test_training_multiplies_by_random_slopes(dtype, formulas):
    x = random(300, 40, dtype=dtype)
    x[0, :5] = 0, -0.0, np.inf, -np.inf, np.nan
    y, slopes = fa.rrelu(x, **SLOPES, rng=5)
    assert slopes.dtype == dtype
    assert_same_bits(y, x * slopes)
    steep = (x > 0) | np.isnan(x)
    assert (slopes[steep] == 1).all()
    flat = slopes[~steep]
    assert (flat >= flat.dtype.type(0.1)).all()
    assert (flat < 0.3).all()
    assert abs(flat.mean() - 0.2) < 4 * 0.2 / np.sqrt(12 * flat.size)
    assert np.unique(flat).size > 0.99 * flat.size
    drawn = np.random.default_rng(5).uniform(0.1, 0.3, x.shape).astype(dtype)
    np.testing.assert_array_equal(flat, drawn[~steep])


@pytest.mark.parametrize("kind", ["e", "bfloat16", "f", "d"])
def test_slopes_stay_below_the_upper_end(kind):
    if kind == "bfloat16":
        kind = pytest.importorskip("ml_dtypes").bfloat16
    x = -np.ones(20_000, kind)
    _, slopes = fa.rrelu(x, 0.25, 0.251, training=True, rng=0)
    below = np.asarray(slopes.max(), np.float64) < np.float64(np.array(0.251, kind))
    assert below
    _, slopes = fa.rrelu(x, 0.25, 0.25, training=True)
    assert (slopes == np.array(0.25, kind)).all()


def test_training_in_place_and_its_gradient(dtype):
    x, dy = random(6, 7, dtype=dtype), np.cos(random(6, 7, dtype=dtype))
    y, slopes = fa.rrelu(x, **SLOPES, rng=5)
    z, again = fa.rrelu(x, **SLOPES, rng=5, out=x)
    assert z is x
    assert_same_bits(x, y)
    assert_same_bits(again, slopes)
    want = dy * slopes
    assert_same_bits(fa.rrelu.backward(dy, slopes=slopes), want)
    assert fa.rrelu.backward(dy, slopes=slopes, out=dy) is dy
    assert_same_bits(dy, want)


def test_scalars_of_rrelu():
    y, slope = fa.rrelu(-2.0, training=True, rng=0)
    assert y == -2 * slope
    assert 1 / 8 <= slope < 1 / 3
    assert fa.rrelu(-48.0) == -11
    y, slopes = fa.rrelu(np.zeros((0, 3)), training=True)
    assert y.shape == slopes.shape == (0, 3)


def test_contexts_of_rrelu():
    x, dy = random(4, 40), np.cos(random(4, 40))
    y, context = fa.rrelu.forward(x, **SLOPES, rng=1)
    want, slopes = fa.rrelu(x, **SLOPES, rng=1)
    np.testing.assert_array_equal(y, want)
    assert context.save == "slopes"
    np.testing.assert_array_equal(context.backward(dy), dy * slopes)
    for save in ("auto", "input", "output", "mask"):
        _, context = fa.rrelu.forward(x, save=save)
        assert context.save == ("mask" if save == "auto" else save)
        np.testing.assert_array_equal(context.backward(dy), fa.rrelu.backward(dy, x))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda x: fa.rrelu(x, 0.5, 0.25, out=x),
            ValueError,
            "rrelu: lower <= upper must hold, got lower=0.5, upper=0.25",
        ),
        (lambda x: fa.rrelu(x, -np.inf, 0), ValueError, "lower must be finite, got -inf"),
        (lambda x: fa.rrelu(x, 0, np.nan), ValueError, "upper must be finite, got nan"),
        (lambda x: fa.rrelu(x, training="yes"), TypeError, "training must be True or False"),
        (
            lambda x: fa.rrelu(x, training=True, out=x[0]),
            ValueError,
            r"out has shape \(4,\), the result \(3, 4\)",
        ),
        (
            lambda x: fa.rrelu.backward(x, x, training=True),
            TypeError,
            r"backward\(\) has no parameter 'training'; it has \['lower', 'upper'\]",
        ),
        (lambda x: fa.rrelu.backward(x, x, slopes=x), TypeError, "wants slopes= after training"),
        (lambda x: fa.rrelu.backward(x, slopes=x[0]), ValueError, r"slopes \(4,\)"),
        (lambda x: fa.rrelu.backward(x, slopes=x + 1j), TypeError, "slopes has dtype complex"),
        (lambda x: fa.rrelu.forward(x, save="slopes"), ValueError, "only training draws slopes"),
        (
            lambda x: fa.rrelu.forward(x, training=True, save="mask", out=x),
            ValueError,
            "in training every element has a slope of its own",
        ),
    ],
)
def test_unsuitable_calls_of_rrelu(call, error, message):
    x = random(3, 4)
    before = x.copy()
    with pytest.raises(error, match=message):
        call(x)
    np.testing.assert_array_equal(x, before)


def test_evaluation_that_is_remembered():
    """Parameters that a call was seen with are not those of its other methods."""
    x, dy = random(6, 7, dtype=np.float32), random(6, 7, dtype=np.float32)
    for _ in range(2):
        y = fa.rrelu(x, 0.1, 0.3, training=False)
        assert_same_bits(y, fa.leaky_relu(x, 0.2))
        assert_same_bits(fa.rrelu(x, 0.1, 0.3, rng=3), y)
        for method in (fa.rrelu.backward, lambda _, x, **o: fa.rrelu.derivative(x, **o)):
            for option in ({"training": False}, {"rng": 3}):
                with pytest.raises(TypeError, match=f"has no parameter '{next(iter(option))}'"):
                    method(dy, x, lower=0.1, upper=0.3, **option)
        fa.rrelu(x, lower=0.1, upper=0.3, training=False)
        fa.rrelu(x, lower=0.1, upper=0.3, rng=3)
        assert type(fa.rrelu(x, 0.1, 0.3, training=True, rng=3)) is tuple
        assert_same_bits(fa.rrelu.backward(dy, x, 0.1, 0.3), fa.leaky_relu.backward(dy, x, 0.2))


def test_slopes_beyond_the_dtype():
    x = np.array([-1, 0, 1, np.nan], np.float16)
    with np.errstate(over="ignore", invalid="ignore"):
        _, slopes = fa.rrelu(x, 1e6, 2e6, training=True)
    np.testing.assert_array_equal(slopes, [np.inf, np.inf, 1, 1])


def test_slopes_that_cannot_be_drawn():
    with pytest.raises(OverflowError, match="upper - lower must be finite"):
        fa.rrelu(np.ones(3), -1.7e308, 1.7e308, training=True)
