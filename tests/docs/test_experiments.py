"""The experiments of the guide: networks whose gradients are right, fair comparisons."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("sklearn")
EXPERIMENTS = Path(__file__).parents[2] / "docs/experiments"
sys.path.append(str(EXPERIMENTS))

import data  # noqa: E402
import run  # noqa: E402
from functions import CURVES, Function, gain, mean_output, squared_slope  # noqa: E402
from gates import units_for, weights  # noqa: E402
from networks import Hidden, Linear, Networks, Plan, Samples  # noqa: E402
from scores import against, sign_test  # noqa: E402

SEEDS, STEP = 2, 1e-3


def plan(output="classes", rates=(1.0,), **options):
    return Plan((6, 4), output, rates, epochs=1, batch=8, optimizer="sgd", **options)


def samples(outputs, seeds=SEEDS):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((seeds, 8, 5)).astype(np.float32)
    return Samples(x, np.eye(outputs, dtype=np.float32)[rng.integers(outputs, size=(seeds, 8))])


def loss(networks, batch):
    """The mean cross-entropy of each network, in float64."""
    y = networks.predict(batch.x).astype(np.float64)
    return -np.mean(np.log(np.sum(y * batch.target, axis=-1)), axis=-1)


@pytest.mark.parametrize(
    "name", ["tanh", "prelu", "snake", "swiglu", "maxout", "crelu", "softplus"]
)
def test_a_step_follows_the_gradient(name):
    """The loss falls by rate times the squared gradient, to first order."""
    batch = samples(3)
    networks = Networks(plan(rates=(STEP,)), [Function(name)] * 2, (5, 3), SEEDS)
    before, parameters = loss(networks, batch), [p.copy() for p in networks.parameters()]
    networks.learn(*batch)
    moved = zip(parameters, networks.parameters(), strict=True)
    squares = [np.sum((p - q).reshape(SEEDS, -1) ** 2, axis=1) for p, q in moved]
    expected = np.sum(squares, axis=0) / STEP
    np.testing.assert_allclose(before - loss(networks, batch), expected, rtol=0.05)


def test_networks_of_one_seed_differ_by_their_rate_only():
    networks = Networks(plan(rates=(0.1, 0.2)), [Function("relu")] * 2, (5, 3), SEEDS)
    first = networks.parameters()[0]
    np.testing.assert_array_equal(first[0], first[1])
    assert (first[0] != first[2]).any()
    start = first.copy()
    networks.learn(*samples(3))
    steps = start - networks.parameters()[0]
    np.testing.assert_allclose(steps[1], 2 * steps[0], atol=1e-6)


def test_rrelu_is_random_in_training_only():
    networks = Networks(plan(), [Function("rrelu")] * 2, (5, 3), 1)
    batch = samples(3, seeds=1)
    np.testing.assert_array_equal(networks.predict(batch.x), networks.predict(batch.x))
    z = np.full((1, 2, 6), -1, np.float32)
    assert len(np.unique(networks.layers[1].forward(z))) > 6


def test_gains():
    assert gain(Function("relu")) == pytest.approx(2**0.5)
    assert gain(Function("leaky_relu", {"negative_slope": 0.1})) == pytest.approx((2 / 1.01) ** 0.5)
    assert gain(Function("selu")) == pytest.approx(1, rel=1e-6)
    assert gain(Function("bilinear")) == pytest.approx(1)
    assert gain(Function("crelu")) == pytest.approx(2**0.5)
    assert squared_slope(Function("relu")) == pytest.approx(0.5)
    centred = Function("softplus", offset=-mean_output(Function("softplus")))
    assert mean_output(centred) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("name", ["sigmoid", "softplus", "relu", "tanh", "gelu"])
def test_a_constant_added_leaves_the_gradient(name):
    """The context may keep the output, without the constant."""
    z = np.random.default_rng(0).standard_normal((1, 8, 6)).astype(np.float32)
    dy = np.ones_like(z)
    found = []
    for offset in (0.0, -0.8):
        layer = Hidden(Function(name, offset=offset), 1, 0)
        y = layer.forward(z)
        np.testing.assert_allclose(y - offset, layer.function.activation(z), atol=1e-6)
        found.append(layer.backward(dy)[0])
    np.testing.assert_array_equal(*found)


def test_a_gain_keeps_the_signal():
    rngs = [np.random.default_rng(0)]
    function = Function("gelu")
    layer = Linear(512, 512, gain(function) / 512**0.5, rngs, 1)
    z = np.random.default_rng(1).standard_normal((1, 256, 512)).astype(np.float32)
    assert np.var(layer.forward(function(z))) == pytest.approx(1, rel=0.03)


def test_what_can_stand_in_a_hidden_layer():
    assert {"relu", "identity", "rrelu", "exponential"} < set(CURVES)
    assert not {"step", "logit"} & set(CURVES)


def test_gated_networks_are_no_larger():
    budget = weights(Function("relu"), 64, 64, 10)
    assert units_for(Function("relu"), budget, 64, 10) == 64
    units = units_for(Function("swiglu"), budget, 64, 10)
    sizes = [weights(Function("swiglu"), n, 64, 10) for n in (units, units + 1)]
    assert sizes[0] <= budget < sizes[1]


def test_splits_do_not_overlap():
    parts = data.two_classes(3)
    for seed in range(3):
        rows = np.concatenate([part.x[seed] for part in parts])
        assert len(np.unique(rows, axis=0)) == 1000
    assert [part.x.shape[1] for part in parts] == [600, 200, 200]


@pytest.mark.parametrize(
    ("better", "worse", "p"), [(10, 0, 2 / 1024), (9, 1, 22 / 1024), (5, 5, 1.0), (0, 0, 1.0)]
)
def test_sign_test(better, worse, p):
    assert sign_test(better, worse) == pytest.approx(p)


def test_verdicts():
    ours, theirs = np.arange(10.0), np.arange(10.0) - 0.5
    assert against(ours, theirs)["verdict"] == "better"
    assert against(ours, theirs, sign=-1.0)["verdict"] == "worse"
    assert against(ours, ours)["verdict"] == "alike"
    assert against(ours, theirs, sign=-1.0)["difference"] == 0.5


@pytest.mark.parametrize("name", run.EXPERIMENTS)
def test_every_experiment_has_its_results(name):
    found = json.loads((EXPERIMENTS / f"{name}.json").read_text())
    assert {"kernel_hash", "machine", "date", "versions"} < set(found)


def results(name):
    return json.loads((EXPERIMENTS / f"{name}.json").read_text())


def test_what_the_guide_says_of_the_tasks():
    digits, classes = results("digits"), results("two_classes")
    assert digits["count"]["better"] == 0
    verdicts = {name: found["verdict"] for name, found in digits["functions"].items()}
    assert verdicts["leaky_relu"] == verdicts["tanh"] == verdicts["sigmoid"] == "alike"
    assert verdicts["identity"] == "worse"
    assert verdicts["prelu"] != "better"
    medians = {name: found["median"] for name, found in digits["functions"].items()}
    assert set(sorted(medians, key=lambda name: medians[name])[:2]) == {"identity", "exponential"}
    assert sum(97 <= median <= 98 for median in medians.values()) > len(medians) / 2
    assert digits["functions"]["sigmoid"]["rate"] > digits["functions"]["relu"]["rate"]
    assert classes["functions"]["leaky_relu_01"]["verdict"] == "alike"


def test_what_the_guide_says_of_dying_units():
    found = results("dying")
    rates, by_rate = found["rates"], found["by_rate"]
    dead = dict(zip(rates, (each["median"] for each in by_rate["relu"]["dead"]), strict=True))
    right = {
        name: dict(zip(rates, (e["median"] for e in by_rate[name]["accuracy"]), strict=True))
        for name in ("relu", "elu", "leaky_relu", "sigmoid")
    }
    assert max(dead[rate] for rate in rates if rate <= 0.4) < 2
    assert dead[0.7] > 10
    assert right["relu"][0.7] > 95
    assert right["relu"][1.0] < right["leaky_relu"][1.0] < 90
    assert right["elu"][0.5] < 50 < right["relu"][0.5]
    assert min(right["sigmoid"].values()) > 90
    assert max(found["by_shift"]["leaky_relu"]) == 0
    assert found["by_shift"]["relu"][3] > 20
    assert found["by_shift"]["gelu"][6] == 0 < found["by_shift"]["gelu"][7]


def test_what_the_guide_says_of_depth():
    functions = results("depth")["functions"]
    assert 0.5 < functions["relu"]["he"]["bottom_gradient"] < 2
    assert functions["relu"]["lecun"]["bottom_gradient"] < 1e-5
    assert functions["sigmoid"]["fitted"]["bottom_gradient"] < 1e-10
    for name in ("relu", "leaky_relu"):
        assert functions[name]["double"]["bottom_gradient"] > 1e4


def test_what_the_guide_says_of_centred_outputs():
    found = results("centred")
    verdicts = {
        (name, optimizer): of[optimizer]["verdict"]
        for name, of in found["functions"].items()
        for optimizer in ("sgd", "adam")
    }
    assert verdicts.pop(("relu", "adam")) == "alike"
    assert set(verdicts.values()) == {"better"}
    for name in ("sigmoid", "softplus"):
        for optimizer, tanh in found["tanh"].items():
            median = found["functions"][name][optimizer]["centred"]["median"]
            assert median <= tanh["median"] + 1


def test_what_the_guide_says_of_derivatives():
    functions = results("physics")["functions"]
    assert functions["relu"]["collocation"]["median"] == 1
    assert functions["relu"]["energy"]["median"] < 0.1
    for name in ("gelu", "silu", "tanh"):
        assert functions[name]["collocation"]["median"] < 1e-6
