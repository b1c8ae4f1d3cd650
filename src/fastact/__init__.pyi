"""Types of the public names.  Written by tools/generate.py from the catalogue."""

from collections.abc import Sequence
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from .dispatch import backends as backends
from .dispatch import use_backend as use_backend
from .names import Api as _Api
from .names import get as get
from .objects import Activation as Activation
from .objects import Context as Context
from .objects import Explanation as Explanation
from .objects import explain as explain
from .plotting import plot as plot
from .threads import get_num_threads as get_num_threads
from .threads import set_num_threads as set_num_threads
from .threads import threads as threads
from .tuning import Tuning as Tuning
from .tuning import tune as tune
from .version import __version__ as __version__

# A scalar for a scalar, else an array of x's shape.
_Result: TypeAlias = Any
_Out: TypeAlias = np.ndarray[Any, np.dtype[Any]] | None
_Mask: TypeAlias = np.ndarray[Any, np.dtype[np.uint8]]
class _identity(Activation):
    def __call__(
        self,
        x: ArrayLike,
        /,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
    ) -> _Result: ...
    def forward(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
        save: Literal["auto", "input", "output", "derivative"] = "auto",
    ) -> tuple[_Result, Context]: ...
    def backward(  # type: ignore[override]
        self,
        dy: ArrayLike,
        input: ArrayLike | None = None,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        output: ArrayLike | None = None,
        out: _Out = None,
        wrt: str | Sequence[str] | None = None,
    ) -> _Result: ...
    def derivative(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
    ) -> _Result: ...

identity: _identity

class _relu(Activation):
    def __call__(
        self,
        x: ArrayLike,
        /,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
    ) -> _Result: ...
    def forward(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
        save: Literal["auto", "input", "output", "mask", "derivative"] = "auto",
    ) -> tuple[_Result, Context]: ...
    def backward(  # type: ignore[override]
        self,
        dy: ArrayLike,
        input: ArrayLike | None = None,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        output: ArrayLike | None = None,
        mask: _Mask | None = None,
        out: _Out = None,
        wrt: str | Sequence[str] | None = None,
    ) -> _Result: ...
    def derivative(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
    ) -> _Result: ...
    def mask(
        self,
        x: ArrayLike,
        /,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
    ) -> _Mask: ...

relu: _relu

class _relu6(Activation):
    def __call__(
        self,
        x: ArrayLike,
        /,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
    ) -> _Result: ...
    def forward(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
        save: Literal["auto", "input", "output", "mask", "derivative"] = "auto",
    ) -> tuple[_Result, Context]: ...
    def backward(  # type: ignore[override]
        self,
        dy: ArrayLike,
        input: ArrayLike | None = None,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        output: ArrayLike | None = None,
        mask: _Mask | None = None,
        out: _Out = None,
        wrt: str | Sequence[str] | None = None,
    ) -> _Result: ...
    def derivative(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
    ) -> _Result: ...
    def mask(
        self,
        x: ArrayLike,
        /,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
    ) -> _Mask: ...

relu6: _relu6

class _relu2(Activation):
    def __call__(
        self,
        x: ArrayLike,
        /,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
    ) -> _Result: ...
    def forward(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
        save: Literal["auto", "input", "output", "derivative"] = "auto",
    ) -> tuple[_Result, Context]: ...
    def backward(  # type: ignore[override]
        self,
        dy: ArrayLike,
        input: ArrayLike | None = None,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        output: ArrayLike | None = None,
        out: _Out = None,
        wrt: str | Sequence[str] | None = None,
    ) -> _Result: ...
    def derivative(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
    ) -> _Result: ...

relu2: _relu2

class _leaky_relu(Activation):
    def __call__(
        self,
        x: ArrayLike,
        /,
        negative_slope: float = 0.01,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
    ) -> _Result: ...
    def forward(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        negative_slope: float = 0.01,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
        save: Literal["auto", "input", "output", "mask", "derivative"] = "auto",
    ) -> tuple[_Result, Context]: ...
    def backward(  # type: ignore[override]
        self,
        dy: ArrayLike,
        input: ArrayLike | None = None,
        negative_slope: float = 0.01,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        output: ArrayLike | None = None,
        mask: _Mask | None = None,
        out: _Out = None,
        wrt: str | Sequence[str] | None = None,
    ) -> _Result: ...
    def derivative(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        negative_slope: float = 0.01,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
    ) -> _Result: ...
    def mask(
        self,
        x: ArrayLike,
        /,
        negative_slope: float = 0.01,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
    ) -> _Mask: ...

leaky_relu: _leaky_relu

class _prelu(Activation):
    def __call__(
        self,
        x: ArrayLike,
        /,
        weight: ArrayLike = 0.25,
        axis: int | None = None,
        *,
        bias: ArrayLike | None = None,
        out: _Out = None,
    ) -> _Result: ...
    def forward(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        weight: ArrayLike = 0.25,
        axis: int | None = None,
        *,
        bias: ArrayLike | None = None,
        out: _Out = None,
        save: Literal["auto", "input", "mask"] = "auto",
    ) -> tuple[_Result, Context]: ...
    def backward(  # type: ignore[override]
        self,
        dy: ArrayLike,
        input: ArrayLike | None = None,
        weight: ArrayLike = 0.25,
        axis: int | None = None,
        *,
        bias: ArrayLike | None = None,
        output: ArrayLike | None = None,
        mask: _Mask | None = None,
        out: _Out = None,
        wrt: str | Sequence[str] | None = None,
    ) -> _Result: ...
    def derivative(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        weight: ArrayLike = 0.25,
        axis: int | None = None,
        *,
        bias: ArrayLike | None = None,
        out: _Out = None,
    ) -> _Result: ...
    def mask(
        self,
        x: ArrayLike,
        /,
        weight: ArrayLike = 0.25,
        axis: int | None = None,
        *,
        bias: ArrayLike | None = None,
    ) -> _Mask: ...

prelu: _prelu

class _threshold(Activation):
    def __call__(
        self,
        x: ArrayLike,
        /,
        threshold: float = 1.0,
        value: float = 0.0,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
    ) -> _Result: ...
    def forward(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        threshold: float = 1.0,
        value: float = 0.0,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
        save: Literal["auto", "input", "output", "mask", "derivative"] = "auto",
    ) -> tuple[_Result, Context]: ...
    def backward(  # type: ignore[override]
        self,
        dy: ArrayLike,
        input: ArrayLike | None = None,
        threshold: float = 1.0,
        value: float = 0.0,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        output: ArrayLike | None = None,
        mask: _Mask | None = None,
        out: _Out = None,
        wrt: str | Sequence[str] | None = None,
    ) -> _Result: ...
    def derivative(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        threshold: float = 1.0,
        value: float = 0.0,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
    ) -> _Result: ...
    def mask(
        self,
        x: ArrayLike,
        /,
        threshold: float = 1.0,
        value: float = 0.0,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
    ) -> _Mask: ...

threshold: _threshold

class _hardtanh(Activation):
    def __call__(
        self,
        x: ArrayLike,
        /,
        min_val: float = -1.0,
        max_val: float = 1.0,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
    ) -> _Result: ...
    def forward(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        min_val: float = -1.0,
        max_val: float = 1.0,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
        save: Literal["auto", "input", "output", "mask", "derivative"] = "auto",
    ) -> tuple[_Result, Context]: ...
    def backward(  # type: ignore[override]
        self,
        dy: ArrayLike,
        input: ArrayLike | None = None,
        min_val: float = -1.0,
        max_val: float = 1.0,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        output: ArrayLike | None = None,
        mask: _Mask | None = None,
        out: _Out = None,
        wrt: str | Sequence[str] | None = None,
    ) -> _Result: ...
    def derivative(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        min_val: float = -1.0,
        max_val: float = 1.0,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
    ) -> _Result: ...
    def mask(
        self,
        x: ArrayLike,
        /,
        min_val: float = -1.0,
        max_val: float = 1.0,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
    ) -> _Mask: ...

hardtanh: _hardtanh

class _hardsigmoid(Activation):
    def __call__(
        self,
        x: ArrayLike,
        /,
        slope: float = 0.16666666666666666,
        offset: float = 0.5,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
    ) -> _Result: ...
    def forward(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        slope: float = 0.16666666666666666,
        offset: float = 0.5,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
        save: Literal["auto", "input", "output", "mask", "derivative"] = "auto",
    ) -> tuple[_Result, Context]: ...
    def backward(  # type: ignore[override]
        self,
        dy: ArrayLike,
        input: ArrayLike | None = None,
        slope: float = 0.16666666666666666,
        offset: float = 0.5,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        output: ArrayLike | None = None,
        mask: _Mask | None = None,
        out: _Out = None,
        wrt: str | Sequence[str] | None = None,
    ) -> _Result: ...
    def derivative(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        slope: float = 0.16666666666666666,
        offset: float = 0.5,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
    ) -> _Result: ...
    def mask(
        self,
        x: ArrayLike,
        /,
        slope: float = 0.16666666666666666,
        offset: float = 0.5,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
    ) -> _Mask: ...

hardsigmoid: _hardsigmoid

class _sparse_sigmoid(Activation):
    def __call__(
        self,
        x: ArrayLike,
        /,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
    ) -> _Result: ...
    def forward(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
        save: Literal["auto", "input", "output", "mask", "derivative"] = "auto",
    ) -> tuple[_Result, Context]: ...
    def backward(  # type: ignore[override]
        self,
        dy: ArrayLike,
        input: ArrayLike | None = None,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        output: ArrayLike | None = None,
        mask: _Mask | None = None,
        out: _Out = None,
        wrt: str | Sequence[str] | None = None,
    ) -> _Result: ...
    def derivative(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
    ) -> _Result: ...
    def mask(
        self,
        x: ArrayLike,
        /,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
    ) -> _Mask: ...

sparse_sigmoid: _sparse_sigmoid

class _hardshrink(Activation):
    def __call__(
        self,
        x: ArrayLike,
        /,
        lambd: float = 0.5,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
    ) -> _Result: ...
    def forward(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        lambd: float = 0.5,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
        save: Literal["auto", "input", "output", "mask", "derivative"] = "auto",
    ) -> tuple[_Result, Context]: ...
    def backward(  # type: ignore[override]
        self,
        dy: ArrayLike,
        input: ArrayLike | None = None,
        lambd: float = 0.5,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        output: ArrayLike | None = None,
        mask: _Mask | None = None,
        out: _Out = None,
        wrt: str | Sequence[str] | None = None,
    ) -> _Result: ...
    def derivative(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        lambd: float = 0.5,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
    ) -> _Result: ...
    def mask(
        self,
        x: ArrayLike,
        /,
        lambd: float = 0.5,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
    ) -> _Mask: ...

hardshrink: _hardshrink

class _softshrink(Activation):
    def __call__(
        self,
        x: ArrayLike,
        /,
        lambd: float = 0.5,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
    ) -> _Result: ...
    def forward(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        lambd: float = 0.5,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
        save: Literal["auto", "input", "output", "mask", "derivative"] = "auto",
    ) -> tuple[_Result, Context]: ...
    def backward(  # type: ignore[override]
        self,
        dy: ArrayLike,
        input: ArrayLike | None = None,
        lambd: float = 0.5,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        output: ArrayLike | None = None,
        mask: _Mask | None = None,
        out: _Out = None,
        wrt: str | Sequence[str] | None = None,
    ) -> _Result: ...
    def derivative(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        lambd: float = 0.5,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
    ) -> _Result: ...
    def mask(
        self,
        x: ArrayLike,
        /,
        lambd: float = 0.5,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
    ) -> _Mask: ...

softshrink: _softshrink

class _step(Activation):
    def __call__(
        self,
        x: ArrayLike,
        /,
        threshold: float = 0.0,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
    ) -> _Result: ...
    def forward(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        threshold: float = 0.0,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
        save: Literal["auto", "input", "output", "derivative"] = "auto",
    ) -> tuple[_Result, Context]: ...
    def backward(  # type: ignore[override]
        self,
        dy: ArrayLike,
        input: ArrayLike | None = None,
        threshold: float = 0.0,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        output: ArrayLike | None = None,
        out: _Out = None,
        wrt: str | Sequence[str] | None = None,
    ) -> _Result: ...
    def derivative(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        threshold: float = 0.0,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
    ) -> _Result: ...

step: _step

class _hardswish(Activation):
    def __call__(
        self,
        x: ArrayLike,
        /,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
    ) -> _Result: ...
    def forward(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
        save: Literal["auto", "input", "derivative"] = "auto",
    ) -> tuple[_Result, Context]: ...
    def backward(  # type: ignore[override]
        self,
        dy: ArrayLike,
        input: ArrayLike | None = None,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        output: ArrayLike | None = None,
        out: _Out = None,
        wrt: str | Sequence[str] | None = None,
    ) -> _Result: ...
    def derivative(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
    ) -> _Result: ...

hardswish: _hardswish

class _sparse_plus(Activation):
    def __call__(
        self,
        x: ArrayLike,
        /,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
    ) -> _Result: ...
    def forward(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
        save: Literal["auto", "input", "output", "derivative"] = "auto",
    ) -> tuple[_Result, Context]: ...
    def backward(  # type: ignore[override]
        self,
        dy: ArrayLike,
        input: ArrayLike | None = None,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        output: ArrayLike | None = None,
        out: _Out = None,
        wrt: str | Sequence[str] | None = None,
    ) -> _Result: ...
    def derivative(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
    ) -> _Result: ...

sparse_plus: _sparse_plus

class _elu(Activation):
    def __call__(
        self,
        x: ArrayLike,
        /,
        alpha: float = 1.0,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
    ) -> _Result: ...
    def forward(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        alpha: float = 1.0,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
        save: Literal["auto", "input", "output", "derivative"] = "auto",
    ) -> tuple[_Result, Context]: ...
    def backward(  # type: ignore[override]
        self,
        dy: ArrayLike,
        input: ArrayLike | None = None,
        alpha: float = 1.0,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        output: ArrayLike | None = None,
        out: _Out = None,
        wrt: str | Sequence[str] | None = None,
    ) -> _Result: ...
    def derivative(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        alpha: float = 1.0,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
    ) -> _Result: ...

elu: _elu

class _selu(Activation):
    def __call__(
        self,
        x: ArrayLike,
        /,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
    ) -> _Result: ...
    def forward(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
        save: Literal["auto", "input", "output", "derivative"] = "auto",
    ) -> tuple[_Result, Context]: ...
    def backward(  # type: ignore[override]
        self,
        dy: ArrayLike,
        input: ArrayLike | None = None,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        output: ArrayLike | None = None,
        out: _Out = None,
        wrt: str | Sequence[str] | None = None,
    ) -> _Result: ...
    def derivative(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
    ) -> _Result: ...

selu: _selu

class _celu(Activation):
    def __call__(
        self,
        x: ArrayLike,
        /,
        alpha: float = 1.0,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
    ) -> _Result: ...
    def forward(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        alpha: float = 1.0,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
        save: Literal["auto", "input", "output", "derivative"] = "auto",
    ) -> tuple[_Result, Context]: ...
    def backward(  # type: ignore[override]
        self,
        dy: ArrayLike,
        input: ArrayLike | None = None,
        alpha: float = 1.0,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        output: ArrayLike | None = None,
        out: _Out = None,
        wrt: str | Sequence[str] | None = None,
    ) -> _Result: ...
    def derivative(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        alpha: float = 1.0,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
    ) -> _Result: ...

celu: _celu

class _softplus(Activation):
    def __call__(
        self,
        x: ArrayLike,
        /,
        beta: float = 1.0,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
    ) -> _Result: ...
    def forward(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        beta: float = 1.0,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
        save: Literal["auto", "input", "output", "derivative"] = "auto",
    ) -> tuple[_Result, Context]: ...
    def backward(  # type: ignore[override]
        self,
        dy: ArrayLike,
        input: ArrayLike | None = None,
        beta: float = 1.0,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        output: ArrayLike | None = None,
        out: _Out = None,
        wrt: str | Sequence[str] | None = None,
    ) -> _Result: ...
    def derivative(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        beta: float = 1.0,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
    ) -> _Result: ...

softplus: _softplus

class _squareplus(Activation):
    def __call__(
        self,
        x: ArrayLike,
        /,
        b: float = 4.0,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
    ) -> _Result: ...
    def forward(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        b: float = 4.0,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
        save: Literal["auto", "input", "output", "derivative"] = "auto",
    ) -> tuple[_Result, Context]: ...
    def backward(  # type: ignore[override]
        self,
        dy: ArrayLike,
        input: ArrayLike | None = None,
        b: float = 4.0,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        output: ArrayLike | None = None,
        out: _Out = None,
        wrt: str | Sequence[str] | None = None,
    ) -> _Result: ...
    def derivative(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        b: float = 4.0,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
    ) -> _Result: ...

squareplus: _squareplus

class _exponential(Activation):
    def __call__(
        self,
        x: ArrayLike,
        /,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
    ) -> _Result: ...
    def forward(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
        save: Literal["auto", "input", "output", "derivative"] = "auto",
    ) -> tuple[_Result, Context]: ...
    def backward(  # type: ignore[override]
        self,
        dy: ArrayLike,
        input: ArrayLike | None = None,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        output: ArrayLike | None = None,
        out: _Out = None,
        wrt: str | Sequence[str] | None = None,
    ) -> _Result: ...
    def derivative(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
    ) -> _Result: ...

exponential: _exponential

class _snake(Activation):
    def __call__(
        self,
        x: ArrayLike,
        /,
        a: ArrayLike = 1.0,
        axis: int | None = None,
        *,
        bias: ArrayLike | None = None,
        out: _Out = None,
    ) -> _Result: ...
    def forward(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        a: ArrayLike = 1.0,
        axis: int | None = None,
        *,
        bias: ArrayLike | None = None,
        out: _Out = None,
        save: Literal["auto", "input"] = "auto",
    ) -> tuple[_Result, Context]: ...
    def backward(  # type: ignore[override]
        self,
        dy: ArrayLike,
        input: ArrayLike | None = None,
        a: ArrayLike = 1.0,
        axis: int | None = None,
        *,
        bias: ArrayLike | None = None,
        output: ArrayLike | None = None,
        out: _Out = None,
        wrt: str | Sequence[str] | None = None,
    ) -> _Result: ...
    def derivative(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        a: ArrayLike = 1.0,
        axis: int | None = None,
        *,
        bias: ArrayLike | None = None,
        out: _Out = None,
    ) -> _Result: ...

snake: _snake

class _sigmoid(Activation):
    def __call__(
        self,
        x: ArrayLike,
        /,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
    ) -> _Result: ...
    def forward(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
        save: Literal["auto", "input", "output", "derivative"] = "auto",
    ) -> tuple[_Result, Context]: ...
    def backward(  # type: ignore[override]
        self,
        dy: ArrayLike,
        input: ArrayLike | None = None,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        output: ArrayLike | None = None,
        out: _Out = None,
        wrt: str | Sequence[str] | None = None,
    ) -> _Result: ...
    def derivative(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
    ) -> _Result: ...

sigmoid: _sigmoid

class _logsigmoid(Activation):
    def __call__(
        self,
        x: ArrayLike,
        /,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
    ) -> _Result: ...
    def forward(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
        save: Literal["auto", "input", "output", "derivative"] = "auto",
    ) -> tuple[_Result, Context]: ...
    def backward(  # type: ignore[override]
        self,
        dy: ArrayLike,
        input: ArrayLike | None = None,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        output: ArrayLike | None = None,
        out: _Out = None,
        wrt: str | Sequence[str] | None = None,
    ) -> _Result: ...
    def derivative(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
    ) -> _Result: ...

logsigmoid: _logsigmoid

class _tanh(Activation):
    def __call__(
        self,
        x: ArrayLike,
        /,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
    ) -> _Result: ...
    def forward(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
        save: Literal["auto", "input", "output", "derivative"] = "auto",
    ) -> tuple[_Result, Context]: ...
    def backward(  # type: ignore[override]
        self,
        dy: ArrayLike,
        input: ArrayLike | None = None,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        output: ArrayLike | None = None,
        out: _Out = None,
        wrt: str | Sequence[str] | None = None,
    ) -> _Result: ...
    def derivative(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
    ) -> _Result: ...

tanh: _tanh

class _stanh(Activation):
    def __call__(
        self,
        x: ArrayLike,
        /,
        scale_a: float = 0.6666666666666666,
        scale_b: float = 1.7159,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
    ) -> _Result: ...
    def forward(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        scale_a: float = 0.6666666666666666,
        scale_b: float = 1.7159,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
        save: Literal["auto", "input", "output", "derivative"] = "auto",
    ) -> tuple[_Result, Context]: ...
    def backward(  # type: ignore[override]
        self,
        dy: ArrayLike,
        input: ArrayLike | None = None,
        scale_a: float = 0.6666666666666666,
        scale_b: float = 1.7159,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        output: ArrayLike | None = None,
        out: _Out = None,
        wrt: str | Sequence[str] | None = None,
    ) -> _Result: ...
    def derivative(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        scale_a: float = 0.6666666666666666,
        scale_b: float = 1.7159,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
    ) -> _Result: ...

stanh: _stanh

class _tanhshrink(Activation):
    def __call__(
        self,
        x: ArrayLike,
        /,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
    ) -> _Result: ...
    def forward(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
        save: Literal["auto", "input", "derivative"] = "auto",
    ) -> tuple[_Result, Context]: ...
    def backward(  # type: ignore[override]
        self,
        dy: ArrayLike,
        input: ArrayLike | None = None,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        output: ArrayLike | None = None,
        out: _Out = None,
        wrt: str | Sequence[str] | None = None,
    ) -> _Result: ...
    def derivative(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
    ) -> _Result: ...

tanhshrink: _tanhshrink

class _softsign(Activation):
    def __call__(
        self,
        x: ArrayLike,
        /,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
    ) -> _Result: ...
    def forward(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
        save: Literal["auto", "input", "output", "derivative"] = "auto",
    ) -> tuple[_Result, Context]: ...
    def backward(  # type: ignore[override]
        self,
        dy: ArrayLike,
        input: ArrayLike | None = None,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        output: ArrayLike | None = None,
        out: _Out = None,
        wrt: str | Sequence[str] | None = None,
    ) -> _Result: ...
    def derivative(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
    ) -> _Result: ...

softsign: _softsign

class _logit(Activation):
    def __call__(
        self,
        x: ArrayLike,
        /,
        eps: float | None = None,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
    ) -> _Result: ...
    def forward(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        eps: float | None = None,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
        save: Literal["auto", "input", "output", "derivative"] = "auto",
    ) -> tuple[_Result, Context]: ...
    def backward(  # type: ignore[override]
        self,
        dy: ArrayLike,
        input: ArrayLike | None = None,
        eps: float | None = None,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        output: ArrayLike | None = None,
        out: _Out = None,
        wrt: str | Sequence[str] | None = None,
    ) -> _Result: ...
    def derivative(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        eps: float | None = None,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
    ) -> _Result: ...

logit: _logit

class _silu(Activation):
    def __call__(
        self,
        x: ArrayLike,
        /,
        beta: float = 1.0,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
    ) -> _Result: ...
    def forward(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        beta: float = 1.0,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
        save: Literal["auto", "input", "derivative"] = "auto",
    ) -> tuple[_Result, Context]: ...
    def backward(  # type: ignore[override]
        self,
        dy: ArrayLike,
        input: ArrayLike | None = None,
        beta: float = 1.0,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        output: ArrayLike | None = None,
        out: _Out = None,
        wrt: str | Sequence[str] | None = None,
    ) -> _Result: ...
    def derivative(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        beta: float = 1.0,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
    ) -> _Result: ...

silu: _silu

class _quick_gelu(Activation):
    def __call__(
        self,
        x: ArrayLike,
        /,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
    ) -> _Result: ...
    def forward(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
        save: Literal["auto", "input", "derivative"] = "auto",
    ) -> tuple[_Result, Context]: ...
    def backward(  # type: ignore[override]
        self,
        dy: ArrayLike,
        input: ArrayLike | None = None,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        output: ArrayLike | None = None,
        out: _Out = None,
        wrt: str | Sequence[str] | None = None,
    ) -> _Result: ...
    def derivative(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
    ) -> _Result: ...

quick_gelu: _quick_gelu

class _gelu(Activation):
    def __call__(
        self,
        x: ArrayLike,
        /,
        approximate: Literal["none", "tanh"] = "none",
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
    ) -> _Result: ...
    def forward(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        approximate: Literal["none", "tanh"] = "none",
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
        save: Literal["auto", "input", "derivative"] = "auto",
    ) -> tuple[_Result, Context]: ...
    def backward(  # type: ignore[override]
        self,
        dy: ArrayLike,
        input: ArrayLike | None = None,
        approximate: Literal["none", "tanh"] = "none",
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        output: ArrayLike | None = None,
        out: _Out = None,
        wrt: str | Sequence[str] | None = None,
    ) -> _Result: ...
    def derivative(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        approximate: Literal["none", "tanh"] = "none",
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
    ) -> _Result: ...

gelu: _gelu

class _mish(Activation):
    def __call__(
        self,
        x: ArrayLike,
        /,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
    ) -> _Result: ...
    def forward(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
        save: Literal["auto", "input", "derivative"] = "auto",
    ) -> tuple[_Result, Context]: ...
    def backward(  # type: ignore[override]
        self,
        dy: ArrayLike,
        input: ArrayLike | None = None,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        output: ArrayLike | None = None,
        out: _Out = None,
        wrt: str | Sequence[str] | None = None,
    ) -> _Result: ...
    def derivative(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
    ) -> _Result: ...

mish: _mish

class _dish(Activation):
    def __call__(
        self,
        x: ArrayLike,
        /,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
    ) -> _Result: ...
    def forward(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
        save: Literal["auto", "input", "derivative"] = "auto",
    ) -> tuple[_Result, Context]: ...
    def backward(  # type: ignore[override]
        self,
        dy: ArrayLike,
        input: ArrayLike | None = None,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        output: ArrayLike | None = None,
        out: _Out = None,
        wrt: str | Sequence[str] | None = None,
    ) -> _Result: ...
    def derivative(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        *,
        bias: ArrayLike | None = None,
        axis: int = -1,
        out: _Out = None,
    ) -> _Result: ...

dish: _dish

class _glu(Activation):
    def __call__(
        self,
        value: ArrayLike,
        gate: ArrayLike | None = None,
        /,
        axis: int = -1,
        *,
        out: _Out = None,
    ) -> _Result: ...
    def forward(  # type: ignore[override]
        self,
        value: ArrayLike,
        gate: ArrayLike | None = None,
        /,
        axis: int = -1,
        *,
        out: _Out = None,
        save: Literal["auto", "input"] = "auto",
    ) -> tuple[_Result, Context]: ...
    def backward(  # type: ignore[override]
        self,
        dy: ArrayLike,
        value: ArrayLike,
        gate: ArrayLike | None = None,
        /,
        axis: int = -1,
        *,
        out: _Out | tuple[_Out, _Out] = None,
        wrt: str | Sequence[str] | None = None,
    ) -> _Result: ...

glu: _glu

class _reglu(Activation):
    def __call__(
        self,
        gate: ArrayLike,
        value: ArrayLike | None = None,
        /,
        axis: int = -1,
        *,
        out: _Out = None,
    ) -> _Result: ...
    def forward(  # type: ignore[override]
        self,
        gate: ArrayLike,
        value: ArrayLike | None = None,
        /,
        axis: int = -1,
        *,
        out: _Out = None,
        save: Literal["auto", "input"] = "auto",
    ) -> tuple[_Result, Context]: ...
    def backward(  # type: ignore[override]
        self,
        dy: ArrayLike,
        gate: ArrayLike,
        value: ArrayLike | None = None,
        /,
        axis: int = -1,
        *,
        out: _Out | tuple[_Out, _Out] = None,
        wrt: str | Sequence[str] | None = None,
    ) -> _Result: ...

reglu: _reglu

class _geglu(Activation):
    def __call__(
        self,
        gate: ArrayLike,
        value: ArrayLike | None = None,
        /,
        approximate: Literal["none", "tanh"] = "none",
        axis: int = -1,
        *,
        out: _Out = None,
    ) -> _Result: ...
    def forward(  # type: ignore[override]
        self,
        gate: ArrayLike,
        value: ArrayLike | None = None,
        /,
        approximate: Literal["none", "tanh"] = "none",
        axis: int = -1,
        *,
        out: _Out = None,
        save: Literal["auto", "input"] = "auto",
    ) -> tuple[_Result, Context]: ...
    def backward(  # type: ignore[override]
        self,
        dy: ArrayLike,
        gate: ArrayLike,
        value: ArrayLike | None = None,
        /,
        approximate: Literal["none", "tanh"] = "none",
        axis: int = -1,
        *,
        out: _Out | tuple[_Out, _Out] = None,
        wrt: str | Sequence[str] | None = None,
    ) -> _Result: ...

geglu: _geglu

class _swiglu(Activation):
    def __call__(
        self,
        gate: ArrayLike,
        value: ArrayLike | None = None,
        /,
        beta: float = 1.0,
        axis: int = -1,
        *,
        out: _Out = None,
    ) -> _Result: ...
    def forward(  # type: ignore[override]
        self,
        gate: ArrayLike,
        value: ArrayLike | None = None,
        /,
        beta: float = 1.0,
        axis: int = -1,
        *,
        out: _Out = None,
        save: Literal["auto", "input"] = "auto",
    ) -> tuple[_Result, Context]: ...
    def backward(  # type: ignore[override]
        self,
        dy: ArrayLike,
        gate: ArrayLike,
        value: ArrayLike | None = None,
        /,
        beta: float = 1.0,
        axis: int = -1,
        *,
        out: _Out | tuple[_Out, _Out] = None,
        wrt: str | Sequence[str] | None = None,
    ) -> _Result: ...

swiglu: _swiglu

class _bilinear(Activation):
    def __call__(
        self,
        gate: ArrayLike,
        value: ArrayLike | None = None,
        /,
        axis: int = -1,
        *,
        out: _Out = None,
    ) -> _Result: ...
    def forward(  # type: ignore[override]
        self,
        gate: ArrayLike,
        value: ArrayLike | None = None,
        /,
        axis: int = -1,
        *,
        out: _Out = None,
        save: Literal["auto", "input"] = "auto",
    ) -> tuple[_Result, Context]: ...
    def backward(  # type: ignore[override]
        self,
        dy: ArrayLike,
        gate: ArrayLike,
        value: ArrayLike | None = None,
        /,
        axis: int = -1,
        *,
        out: _Out | tuple[_Out, _Out] = None,
        wrt: str | Sequence[str] | None = None,
    ) -> _Result: ...

bilinear: _bilinear

class _softmax(Activation):
    def __call__(
        self,
        x: ArrayLike,
        /,
        axis: int | tuple[int, ...] | None = -1,
        *,
        where: ArrayLike | None = None,
        out: _Out = None,
    ) -> _Result: ...
    def forward(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        axis: int | tuple[int, ...] | None = -1,
        *,
        where: ArrayLike | None = None,
        out: _Out = None,
        save: Literal["auto", "input", "output"] = "auto",
    ) -> tuple[_Result, Context]: ...
    def backward(  # type: ignore[override]
        self,
        dy: ArrayLike,
        input: ArrayLike | None = None,
        axis: int | tuple[int, ...] | None = -1,
        *,
        where: ArrayLike | None = None,
        output: ArrayLike | None = None,
        out: _Out = None,
    ) -> _Result: ...

softmax: _softmax

class _log_softmax(Activation):
    def __call__(
        self,
        x: ArrayLike,
        /,
        axis: int | tuple[int, ...] | None = -1,
        *,
        where: ArrayLike | None = None,
        out: _Out = None,
    ) -> _Result: ...
    def forward(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        axis: int | tuple[int, ...] | None = -1,
        *,
        where: ArrayLike | None = None,
        out: _Out = None,
        save: Literal["auto", "input", "output"] = "auto",
    ) -> tuple[_Result, Context]: ...
    def backward(  # type: ignore[override]
        self,
        dy: ArrayLike,
        input: ArrayLike | None = None,
        axis: int | tuple[int, ...] | None = -1,
        *,
        where: ArrayLike | None = None,
        output: ArrayLike | None = None,
        out: _Out = None,
    ) -> _Result: ...

log_softmax: _log_softmax

class _softmin(Activation):
    def __call__(
        self,
        x: ArrayLike,
        /,
        axis: int | tuple[int, ...] | None = -1,
        *,
        where: ArrayLike | None = None,
        out: _Out = None,
    ) -> _Result: ...
    def forward(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        axis: int | tuple[int, ...] | None = -1,
        *,
        where: ArrayLike | None = None,
        out: _Out = None,
        save: Literal["auto", "input", "output"] = "auto",
    ) -> tuple[_Result, Context]: ...
    def backward(  # type: ignore[override]
        self,
        dy: ArrayLike,
        input: ArrayLike | None = None,
        axis: int | tuple[int, ...] | None = -1,
        *,
        where: ArrayLike | None = None,
        output: ArrayLike | None = None,
        out: _Out = None,
    ) -> _Result: ...

softmin: _softmin

class _logsumexp(Activation):
    def __call__(
        self,
        x: ArrayLike,
        /,
        axis: int | tuple[int, ...] | None = -1,
        keepdims: bool = False,
        *,
        where: ArrayLike | None = None,
        out: _Out = None,
    ) -> _Result: ...
    def forward(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        axis: int | tuple[int, ...] | None = -1,
        keepdims: bool = False,
        *,
        where: ArrayLike | None = None,
        out: _Out = None,
        save: Literal["auto", "input"] = "auto",
    ) -> tuple[_Result, Context]: ...
    def backward(  # type: ignore[override]
        self,
        dy: ArrayLike,
        input: ArrayLike | None = None,
        axis: int | tuple[int, ...] | None = -1,
        keepdims: bool = False,
        *,
        where: ArrayLike | None = None,
        output: ArrayLike | None = None,
        out: _Out = None,
    ) -> _Result: ...

logsumexp: _logsumexp

class _sparsemax(Activation):
    def __call__(
        self,
        x: ArrayLike,
        /,
        axis: int | tuple[int, ...] | None = -1,
        *,
        where: ArrayLike | None = None,
        out: _Out = None,
    ) -> _Result: ...
    def forward(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        axis: int | tuple[int, ...] | None = -1,
        *,
        where: ArrayLike | None = None,
        out: _Out = None,
        save: Literal["auto", "input", "output"] = "auto",
    ) -> tuple[_Result, Context]: ...
    def backward(  # type: ignore[override]
        self,
        dy: ArrayLike,
        input: ArrayLike | None = None,
        axis: int | tuple[int, ...] | None = -1,
        *,
        where: ArrayLike | None = None,
        output: ArrayLike | None = None,
        out: _Out = None,
    ) -> _Result: ...

sparsemax: _sparsemax

class _hardmax(Activation):
    def __call__(
        self,
        x: ArrayLike,
        /,
        axis: int | tuple[int, ...] | None = -1,
        *,
        out: _Out = None,
    ) -> _Result: ...
    def forward(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        axis: int | tuple[int, ...] | None = -1,
        *,
        out: _Out = None,
        save: Literal["auto", "input", "output"] = "auto",
    ) -> tuple[_Result, Context]: ...
    def backward(  # type: ignore[override]
        self,
        dy: ArrayLike,
        input: ArrayLike | None = None,
        axis: int | tuple[int, ...] | None = -1,
        *,
        output: ArrayLike | None = None,
        out: _Out = None,
    ) -> _Result: ...

hardmax: _hardmax

class _gumbel_softmax(Activation):
    def __call__(
        self,
        x: ArrayLike,
        /,
        tau: float = 1.0,
        hard: bool = False,
        axis: int = -1,
        rng: np.random.Generator | int | None = None,
        *,
        out: _Out = None,
    ) -> _Result: ...
    def forward(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        tau: float = 1.0,
        hard: bool = False,
        axis: int = -1,
        rng: np.random.Generator | int | None = None,
        *,
        out: _Out = None,
        save: Literal["auto", "output"] = "auto",
    ) -> tuple[_Result, Context]: ...
    def backward(  # type: ignore[override]
        self,
        dy: ArrayLike,
        input: ArrayLike | None = None,
        tau: float = 1.0,
        axis: int = -1,
        *,
        output: ArrayLike | None = None,
        out: _Out = None,
    ) -> _Result: ...

gumbel_softmax: _gumbel_softmax

class _maxout(Activation):
    def __call__(
        self,
        x: ArrayLike,
        /,
        pieces: int = 2,
        axis: int = -1,
        return_argmax: bool = False,
        *,
        out: _Out = None,
    ) -> _Result: ...
    def forward(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        pieces: int = 2,
        axis: int = -1,
        return_argmax: bool = False,
        *,
        out: _Out = None,
        save: Literal["auto", "input", "which"] = "auto",
    ) -> tuple[_Result, Context]: ...
    def backward(  # type: ignore[override]
        self,
        dy: ArrayLike,
        input: ArrayLike | None = None,
        pieces: int = 2,
        axis: int = -1,
        *,
        output: ArrayLike | None = None,
        which: ArrayLike | None = None,
        out: _Out = None,
    ) -> _Result: ...

maxout: _maxout

class _crelu(Activation):
    def __call__(
        self,
        x: ArrayLike,
        /,
        axis: int = -1,
        *,
        out: _Out = None,
    ) -> _Result: ...
    def forward(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        axis: int = -1,
        *,
        out: _Out = None,
        save: Literal["auto", "input", "output"] = "auto",
    ) -> tuple[_Result, Context]: ...
    def backward(  # type: ignore[override]
        self,
        dy: ArrayLike,
        input: ArrayLike | None = None,
        axis: int = -1,
        *,
        output: ArrayLike | None = None,
        out: _Out = None,
    ) -> _Result: ...

crelu: _crelu

class _rrelu(Activation):
    def __call__(
        self,
        x: ArrayLike,
        /,
        lower: float = 0.125,
        upper: float = 0.3333333333333333,
        training: bool = False,
        rng: np.random.Generator | int | None = None,
        *,
        out: _Out = None,
    ) -> _Result: ...
    def forward(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        lower: float = 0.125,
        upper: float = 0.3333333333333333,
        training: bool = False,
        rng: np.random.Generator | int | None = None,
        *,
        out: _Out = None,
        save: Literal["auto", "input", "output", "mask", "derivative", "slopes"] = "auto",
    ) -> tuple[_Result, Context]: ...
    def backward(  # type: ignore[override]
        self,
        dy: ArrayLike,
        input: ArrayLike | None = None,
        lower: float = 0.125,
        upper: float = 0.3333333333333333,
        *,
        output: ArrayLike | None = None,
        mask: _Mask | None = None,
        slopes: ArrayLike | None = None,
        out: _Out = None,
        wrt: str | Sequence[str] | None = None,
    ) -> _Result: ...
    def derivative(  # type: ignore[override]
        self,
        x: ArrayLike,
        /,
        lower: float = 0.125,
        upper: float = 0.3333333333333333,
        *,
        out: _Out = None,
    ) -> _Result: ...
    def mask(
        self,
        x: ArrayLike,
        /,
        lower: float = 0.125,
        upper: float = 0.3333333333333333,
    ) -> _Mask: ...

rrelu: _rrelu

def list(
    api: _Api | None = None,
    *,
    elementwise: bool = ...,
    gate: bool = ...,
    along_axis: bool = ...,
    monotone: bool = ...,
    bounded: bool = ...,
    smooth: bool = ...,
    kinked: bool = ...,
    zero_centred: bool = ...,
    has_mask: bool = ...,
    from_output: bool = ...,
    learned: bool = ...,
) -> tuple[str, ...]: ...
