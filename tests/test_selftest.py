"""The checksums that ship with the package."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from cases import MACHINE_BACKENDS, bits
from fastact import dispatch, golden, selftest
from fastact.backends import ALL, NUMPY

FIRST = MACHINE_BACKENDS[0]


def test_every_kernel_and_call_has_its_checksum():
    for kind, checks in {"kernels": golden.kernel_checks(), "calls": golden.call_checks()}.items():
        wanted = golden.golden()[kind]
        there = [(name, dtype) for name, by_dtype in wanted.items() for dtype in by_dtype]
        assert [(check.name, check.dtype) for check in checks] == there


@pytest.mark.parametrize("backend", MACHINE_BACKENDS, ids=repr)
def test_golden_bits(backend):
    assert selftest.check_backend(backend, thorough=False).wrong == []


def test_golden_bits_of_plain_calls():
    if dispatch.DEFAULT.name == "cython":  # else all calls go one way
        assert selftest.check_plain_calls().wrong == []


def test_the_command_says_what_it_checked():
    run = subprocess.run(
        [sys.executable, "-m", "fastact", "selftest"], capture_output=True, text=True, timeout=120
    )
    assert run.returncode == selftest.EQUAL, run.stdout + run.stderr
    compared, _, verdict = run.stdout.partition("not compared:")
    for backend in MACHINE_BACKENDS:
        assert f"{backend!r}, " in compared
        assert repr(backend) in verdict.splitlines()[-1]
    assert "numpy: it agrees to a few ulp" in verdict
    assert "THE SAME BITS in all" in verdict
    assert run.stderr == ""


def test_one_backend_alone(capsys):
    name = f"{FIRST.name}:{FIRST.instruction_set}".rstrip(":")
    assert selftest.main(backend=name) == selftest.EQUAL
    compared, _, rest = capsys.readouterr().out.partition("not compared:")
    for backend in MACHINE_BACKENDS[1:]:
        assert f"  {backend!r}, " not in compared
        assert f"{backend!r}: --backend {name} leaves it out" in rest


def test_an_unknown_backend_is_refused():
    run = subprocess.run(
        [sys.executable, "-m", "fastact", "selftest", "--backend", "cuda"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert run.returncode == 2
    assert "no compiled backend 'cuda'; there are" in run.stderr


def test_nothing_compared_is_no_success(monkeypatch, capsys):
    monkeypatch.setattr(selftest, "ALL", (NUMPY,))
    monkeypatch.setattr(dispatch, "DEFAULT", NUMPY)
    assert selftest.main() == selftest.NOTHING_COMPARED
    assert "NOTHING WAS COMPARED: no compiled backend" in capsys.readouterr().out


def test_a_backend_that_is_not_there(monkeypatch, capsys):
    class Absent(type(ALL[0])):
        unavailable = "this machine does not run it"

    monkeypatch.setattr(selftest, "ALL", (Absent("x86-64-v9", 9), NUMPY))
    assert selftest.main() == selftest.NOTHING_COMPARED
    assert "cython (x86-64-v9): this machine does not run it" in capsys.readouterr().out


def test_one_wrong_bit_of_a_kernel_is_seen(monkeypatch):
    results = golden._of_elements

    def off_by_a_bit(kernel, dtype, backend):
        for result in results(kernel, dtype, backend):
            result[7] = np.nextafter(result[7], 9)
            yield result

    monkeypatch.setattr(golden, "_of_elements", off_by_a_bit)
    checks = [golden.kernel_check(name, "float32") for name in ("gelu", "softmax")]
    assert selftest.differing(checks, "kernels", FIRST) == ["gelu, float32"]


def test_one_wrong_bit_of_a_call_is_seen(monkeypatch):
    """As of a sum in another order: the last bit of a parameter's gradient."""
    backward = golden._by_parameter

    def off_by_a_bit(name, *rest):
        return [np.nextafter(gradient, 9) for gradient in backward(name, *rest)]

    monkeypatch.setattr(golden, "_by_parameter", off_by_a_bit)
    names = ("silu", "silu backward by beta")
    calls = [c for c in golden.call_checks() if c.name in names and c.dtype == "float32"]
    wrong = selftest.differing(calls, "calls", FIRST)
    assert wrong == ["silu backward by beta, float32"]


@pytest.mark.parametrize("dtype", golden.CALL_DTYPES)
def test_inputs_reach_every_exponent(dtype):
    x = golden.wide_numbers(dtype, 0)
    significand = {"float16": 10, "bfloat16": 7, "float32": 23, "float64": 52}[dtype]
    width = 8 * x.itemsize - 1 - significand
    exponents = bits(x) >> significand & (2**width - 1)
    assert np.unique(exponents).size > 0.99 * 2**width
    assert abs(golden.moderate_numbers(dtype, 1).astype(float)).max() <= 16
