"""Types of the public names.  Written by tools/generate.py from the catalogue."""

from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from .dispatch import backends as backends
from .dispatch import use_backend as use_backend
from .objects import Activation as Activation
from .objects import Explanation as Explanation
from .objects import explain as explain
from .threads import get_num_threads as get_num_threads
from .threads import set_num_threads as set_num_threads
from .threads import threads as threads

__version__: str

# A scalar for a scalar, else an array of x's shape.
_Result: TypeAlias = Any
_Out: TypeAlias = np.ndarray[Any, np.dtype[Any]] | None
class _identity(Activation):
    def __call__(
        self,
        x: ArrayLike,
        /,
        *,
        out: _Out = None,
    ) -> _Result: ...
    def backward(  # type: ignore[override]
        self,
        dy: ArrayLike,
        input: ArrayLike | None = None,
        *,
        output: ArrayLike | None = None,
        out: _Out = None,
    ) -> _Result: ...
    def derivative(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        *,
        out: _Out = None,
    ) -> _Result: ...

identity: _identity

class _relu(Activation):
    def __call__(
        self,
        x: ArrayLike,
        /,
        *,
        out: _Out = None,
    ) -> _Result: ...
    def backward(  # type: ignore[override]
        self,
        dy: ArrayLike,
        input: ArrayLike | None = None,
        *,
        output: ArrayLike | None = None,
        out: _Out = None,
    ) -> _Result: ...
    def derivative(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        *,
        out: _Out = None,
    ) -> _Result: ...

relu: _relu

class _leaky_relu(Activation):
    def __call__(
        self,
        x: ArrayLike,
        /,
        negative_slope: float = 0.01,
        *,
        out: _Out = None,
    ) -> _Result: ...
    def backward(  # type: ignore[override]
        self,
        dy: ArrayLike,
        input: ArrayLike | None = None,
        negative_slope: float = 0.01,
        *,
        output: ArrayLike | None = None,
        out: _Out = None,
    ) -> _Result: ...
    def derivative(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        negative_slope: float = 0.01,
        *,
        out: _Out = None,
    ) -> _Result: ...

leaky_relu: _leaky_relu

class _prelu(Activation):
    def __call__(
        self,
        x: ArrayLike,
        /,
        weight: ArrayLike = 0.25,
        axis: int | None = None,
        *,
        out: _Out = None,
    ) -> _Result: ...
    def backward(  # type: ignore[override]
        self,
        dy: ArrayLike,
        input: ArrayLike | None = None,
        weight: ArrayLike = 0.25,
        axis: int | None = None,
        *,
        output: ArrayLike | None = None,
        out: _Out = None,
    ) -> tuple[_Result, _Result]: ...
    def derivative(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        weight: ArrayLike = 0.25,
        axis: int | None = None,
        *,
        out: _Out = None,
    ) -> _Result: ...

prelu: _prelu

class _elu(Activation):
    def __call__(
        self,
        x: ArrayLike,
        /,
        alpha: float = 1.0,
        *,
        out: _Out = None,
    ) -> _Result: ...
    def backward(  # type: ignore[override]
        self,
        dy: ArrayLike,
        input: ArrayLike | None = None,
        alpha: float = 1.0,
        *,
        output: ArrayLike | None = None,
        out: _Out = None,
    ) -> _Result: ...
    def derivative(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        alpha: float = 1.0,
        *,
        out: _Out = None,
    ) -> _Result: ...

elu: _elu

class _sigmoid(Activation):
    def __call__(
        self,
        x: ArrayLike,
        /,
        *,
        out: _Out = None,
    ) -> _Result: ...
    def backward(  # type: ignore[override]
        self,
        dy: ArrayLike,
        input: ArrayLike | None = None,
        *,
        output: ArrayLike | None = None,
        out: _Out = None,
    ) -> _Result: ...
    def derivative(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        *,
        out: _Out = None,
    ) -> _Result: ...

sigmoid: _sigmoid

class _tanh(Activation):
    def __call__(
        self,
        x: ArrayLike,
        /,
        *,
        out: _Out = None,
    ) -> _Result: ...
    def backward(  # type: ignore[override]
        self,
        dy: ArrayLike,
        input: ArrayLike | None = None,
        *,
        output: ArrayLike | None = None,
        out: _Out = None,
    ) -> _Result: ...
    def derivative(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        *,
        out: _Out = None,
    ) -> _Result: ...

tanh: _tanh

class _softplus(Activation):
    def __call__(
        self,
        x: ArrayLike,
        /,
        beta: float = 1.0,
        *,
        out: _Out = None,
    ) -> _Result: ...
    def backward(  # type: ignore[override]
        self,
        dy: ArrayLike,
        input: ArrayLike | None = None,
        beta: float = 1.0,
        *,
        output: ArrayLike | None = None,
        out: _Out = None,
    ) -> _Result: ...
    def derivative(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        beta: float = 1.0,
        *,
        out: _Out = None,
    ) -> _Result: ...

softplus: _softplus

class _silu(Activation):
    def __call__(
        self,
        x: ArrayLike,
        /,
        *,
        out: _Out = None,
    ) -> _Result: ...
    def backward(  # type: ignore[override]
        self,
        dy: ArrayLike,
        input: ArrayLike | None = None,
        *,
        output: ArrayLike | None = None,
        out: _Out = None,
    ) -> _Result: ...
    def derivative(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        *,
        out: _Out = None,
    ) -> _Result: ...

silu: _silu

class _gelu(Activation):
    def __call__(
        self,
        x: ArrayLike,
        /,
        approximate: Literal["none", "tanh"] = "none",
        *,
        out: _Out = None,
    ) -> _Result: ...
    def backward(  # type: ignore[override]
        self,
        dy: ArrayLike,
        input: ArrayLike | None = None,
        approximate: Literal["none", "tanh"] = "none",
        *,
        output: ArrayLike | None = None,
        out: _Out = None,
    ) -> _Result: ...
    def derivative(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        approximate: Literal["none", "tanh"] = "none",
        *,
        out: _Out = None,
    ) -> _Result: ...

gelu: _gelu

class _mish(Activation):
    def __call__(
        self,
        x: ArrayLike,
        /,
        *,
        out: _Out = None,
    ) -> _Result: ...
    def backward(  # type: ignore[override]
        self,
        dy: ArrayLike,
        input: ArrayLike | None = None,
        *,
        output: ArrayLike | None = None,
        out: _Out = None,
    ) -> _Result: ...
    def derivative(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        *,
        out: _Out = None,
    ) -> _Result: ...

mish: _mish

class _softmax(Activation):
    def __call__(
        self,
        x: ArrayLike,
        /,
        axis: int = -1,
        *,
        out: _Out = None,
    ) -> _Result: ...
    def backward(  # type: ignore[override]
        self,
        dy: ArrayLike,
        input: ArrayLike | None = None,
        axis: int = -1,
        *,
        output: ArrayLike | None = None,
        out: _Out = None,
    ) -> _Result: ...

softmax: _softmax

def list() -> tuple[str, ...]: ...
