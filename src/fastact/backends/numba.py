"""The same formulas compiled by Numba when first used.

A kernel becomes a C function with the signature of the Cython loops; one
parallel driver (prange) and its serial twin call it by address, so a kernel
costs one compile however it is run.  The result of a block goes through a
buffer on the stack: only so does LLVM see that output and inputs do not
overlap, and it then vectorises in-place calls too.

Numba is imported by the first call that needs it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import cache, cached_property
from typing import Any

import numpy as np

from ..formulas.kernels import Kernel, NearKernel
from ..formulas.primitives import LANES
from .base import KERNEL_DTYPES, Array, Backend

BLOCK = 512

# LLVM unrolls their loops over the lanes before it would vectorise them, if it knows how many
# there are: they took 1.8 and 2.5 times as long.  Other functions are slower if it does not know.
ROLLED = {"sum_of", "weighted_sum_of"}

# By pointers: arrays let an index be negative, which LLVM takes for a gather.  relu took 4 times
# as long with them, gelu in float64 3, and a compile 1.2.
_ELEMENTWISE = """
def loop(a, b, c, out, n, length, p):
    block = stack()
    {unpack}
    while n > 0:
        count = n if n < {block} else {block}
        for i in range(count):
            block[i] = {expression}
        for i in range(count):
            out[i] = block[i]
        a, b, c = after(a, count), after(b, count), after(c, count)
        out, n = after(out, count), n - count
"""
_NEAR = """
def loop(a, b, c, out, n, length, p):
    near, piece = stack(), stack_of_pieces()
    {unpack}
    by_table = {at_defaults}
    while n > 0:
        count = n if n < {block} else {block}
        far = 0
        if by_table:
            for i in range(count):
                t = {size}({argument})
                t = R({lowest}) if R({lowest}) > t else t
                t = R({highest}) if R({highest}) < t else t
                near[i] = t
                piece[i] = to_bits(fma(t, R({per_unit}), R({rounding}))) & {mask}
            for i in range(count, (count + 7) // 8 * 8):
                piece[i] = 0
            polynomials(near, piece, (count + 7) // 8)
            for i in range(count):
                far += {is_far}
            for i in range(count):
                near[i] = {near}
        if far:
            for i in range(count):
                near[i] = {beyond} if {is_far} else near[i]
        if not by_table:
            for i in range(count):
                near[i] = {expression}
        for i in range(count):
            out[i] = near[i]
        a, b, c = after(a, count), after(b, count), after(c, count)
        out, n = after(out, count), n - count
"""
_ROWS = """
def loop(a, b, c, out, n, length, p):
    lanes = stack()
    for row in range(n):
        {expression}(a, b, out, length, lanes)
        a, b, out = after(a, {a}), after(b, {b}), after(out, {out})
"""
_DRIVER = """
def drive(address, a, b, c, out, n, length, a_step, b_step, c_step, out_step, p, chunks):
    size = (n + chunks - 1) // chunks
    for k in {range}(chunks):
        first = k * size
        count = min(size, n - first)
        if count > 0:
            call(address, a + first * a_step, b + first * b_step, c + first * c_step,
                 out + first * out_step, count, length, p)
"""


def _define(source: str, namespace: dict[str, Any]) -> Any:
    """The function that ``source`` defines, with ``namespace`` as its globals."""
    name = source.split("(")[0].split()[1]
    exec(compile(source, f"<fastact {name}>", "exec"), namespace)
    return namespace[name]


@cache
def _intrinsics(dtype: str) -> dict[str, Any]:
    """The primitives for one dtype, as LLVM instructions."""
    from llvmlite import ir
    from numba import types
    from numba.core import cgutils
    from numba.extending import intrinsic

    real = types.float64 if dtype == "float64" else types.float32
    bits = types.int64 if dtype == "float64" else types.int32
    llvm_bits = ir.IntType(bits.bitwidth)
    llvm_real = ir.DoubleType() if dtype == "float64" else ir.FloatType()
    pointer = types.CPointer(real)

    @intrinsic  # type: ignore[untyped-decorator]
    def fma(typing: Any, a: Any, b: Any, c: Any) -> Any:
        return real(real, real, real), lambda _, builder, __, args: builder.fma(*args)

    def instruction(name: str) -> Any:
        def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            kind = ir.FunctionType(llvm_real, [llvm_real] * len(args))
            function = builder.module.declare_intrinsic(name, [llvm_real], kind)
            return builder.call(function, args)

        return emit

    @intrinsic  # type: ignore[untyped-decorator]
    def absolute(typing: Any, x: Any) -> Any:
        return real(real), instruction("llvm.fabs")

    @intrinsic  # type: ignore[untyped-decorator]
    def copysign(typing: Any, magnitude: Any, sign: Any) -> Any:
        return real(real, real), instruction("llvm.copysign")

    @intrinsic  # type: ignore[untyped-decorator]
    def sqrt(typing: Any, x: Any) -> Any:
        return real(real), instruction("llvm.sqrt")

    @intrinsic  # type: ignore[untyped-decorator]
    def to_bits(typing: Any, x: Any) -> Any:
        return bits(real), lambda _, builder, __, args: builder.bitcast(args[0], llvm_bits)

    @intrinsic  # type: ignore[untyped-decorator]
    def from_bits(typing: Any, value: Any) -> Any:
        # Numba widens int32 arithmetic to int64; the low half is what is meant.
        def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            low = args[0]
            if low.type.width > llvm_bits.width:
                low = builder.trunc(low, llvm_bits)
            return builder.bitcast(low, llvm_real)

        return real(value), emit

    @intrinsic  # type: ignore[untyped-decorator]
    def stack(typing: Any) -> Any:
        def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            return cgutils.alloca_once(builder, llvm_real, size=BLOCK)

        return pointer(), emit

    @intrinsic  # type: ignore[untyped-decorator]
    def stack_of_pieces(typing: Any) -> Any:
        def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            return cgutils.alloca_once(builder, ir.IntType(32), size=BLOCK)

        return types.CPointer(types.int32)(), emit

    @intrinsic  # type: ignore[untyped-decorator]
    def after(typing: Any, base: Any, count: Any) -> Any:
        def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            return builder.gep(args[0], [args[1]], source_etype=llvm_real)

        return pointer(pointer, types.intp), emit

    @intrinsic  # type: ignore[untyped-decorator]
    def lanes_count(typing: Any) -> Any:
        # By assembly of no instructions: LLVM does not know the number then.
        def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            size = ir.IntType(64)
            kind = ir.FunctionType(size, [size])
            return builder.asm(kind, "", "=r,0", [size(LANES)], side_effect=False)

        return types.intp(), emit

    return {
        "lanes_count": lanes_count,
        "fma": fma,
        "absolute": absolute,
        "copysign": copysign,
        "sqrt": sqrt,
        "to_bits": to_bits,
        "from_bits": from_bits,
        "stack": stack,
        "stack_of_pieces": stack_of_pieces,
        "after": after,
        "R": getattr(np, dtype),
    }


@cache
def _formulas(dtype: str) -> dict[str, Any]:
    """Every formula as an njit function, compiled when a kernel needs it.

    Only compiled code can call them: without wrappers a compile takes 0.8 of the time.
    """
    from numba import njit

    from ..formulas.translate import python_functions

    options = {
        "error_model": "numpy",
        "forceinline": True,
        "no_cpython_wrapper": True,
        "no_cfunc_wrapper": True,
    }
    namespace = _intrinsics(dtype).copy()
    for name, source in python_functions(dtype).items():
        if name in ROLLED:
            source = source.replace(f"range({LANES})", "range(lanes_count())")
        namespace[name] = njit(**options)(_define(source, namespace))
    return namespace


@cache
def _polynomials(name: str, by_slope: bool) -> Any:
    """Replaces t in a block by its polynomial in this table, or the slope there.

    It does so for eight numbers at a time.

    LLVM would do it number by number: so the rows of eight pieces are loaded and transposed
    here, in its vectors, which every processor has something for.
    """
    from llvmlite import ir
    from numba import types
    from numba.core import cgutils
    from numba.extending import intrinsic

    from ..formulas.segments import tables

    rows = tables()[name].by_piece()
    stride, numbers = len(rows[0]), tables()[name].degree + 2
    real, index, vector = ir.FloatType(), ir.IntType(32), ir.VectorType(ir.FloatType(), 8)
    flat = [number for row in rows for number in row]

    def columns(builder: Any, table: Any, places: list[Any], first: int) -> list[Any]:
        """Numbers ``first`` to first + 3 from each of eight places, as four vectors."""

        def shuffled(a: Any, b: Any, *lanes: int) -> Any:
            mask = ir.Constant(ir.VectorType(index, len(lanes)), list(lanes))
            return builder.shuffle_vector(a, b, mask)

        def four(place: Any) -> Any:
            at = builder.add(place, index(first))
            at = builder.gep(table, [at], source_etype=real)
            four_type = ir.VectorType(real, 4)
            return builder.load(builder.bitcast(at, four_type.as_pointer()), align=4, typ=four_type)

        rows = [shuffled(four(places[j]), four(places[j + 4]), *range(8)) for j in range(4)]
        low = [shuffled(*rows[j : j + 2], 0, 8, 1, 9, 4, 12, 5, 13) for j in (0, 2)]
        high = [shuffled(*rows[j : j + 2], 2, 10, 3, 11, 6, 14, 7, 15) for j in (0, 2)]
        ends = (0, 1, 8, 9, 4, 5, 12, 13), (2, 3, 10, 11, 6, 7, 14, 15)
        return [shuffled(*pair, *lanes) for pair in (low, high) for lanes in ends]

    @intrinsic  # type: ignore[untyped-decorator]
    def polynomials(typing: Any, values: Any, pieces: Any, eights: Any) -> Any:
        def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            constant = ir.Constant(ir.ArrayType(real, len(flat)), flat)
            table = cgutils.global_constant(builder, f"{name}_table", constant)
            table = builder.bitcast(table, real.as_pointer())
            kind = ir.FunctionType(vector, [vector] * 3)
            fma = cgutils.get_or_insert_function(builder.module, kind, "llvm.fma.v8f32")
            with cgutils.for_range(builder, args[2]) as loop:
                start = builder.mul(loop.index, loop.index.type(8))
                at = builder.gep(args[0], [start], source_etype=real)
                at = builder.bitcast(at, vector.as_pointer())
                places = []
                for lane in range(8):
                    piece = builder.add(start, loop.index.type(lane))
                    piece = builder.gep(args[1], [piece], source_etype=index)
                    places.append(builder.mul(builder.load(piece, typ=index), index(stride)))
                row = [
                    column
                    for first in range(0, numbers, 4)
                    for column in columns(builder, table, places, first)
                ]
                u = builder.fsub(builder.load(at, align=4, typ=vector), row[0])
                value = slope = row[1]
                for j, column in enumerate(row[2:numbers]):
                    if by_slope and j > 0:
                        slope = builder.call(fma, [slope, u, value])
                    value = builder.call(fma, [value, u, column])
                builder.store(slope if by_slope else value, at, align=4)
            return context.get_dummy_value()

        return types.void(values, pieces, eights), emit

    return polynomials


def _near_source(kernel: Kernel, near: NearKernel, unpack: str) -> str:
    from ..formulas.segments import SEGMENTS_COUNT, SEGMENTS_ROUND, tables

    table = tables()[near.table]

    return _NEAR.format(
        block=BLOCK,
        unpack=unpack,
        at_defaults=kernel.at_defaults,
        size="absolute" if table.is_symmetric else "",
        argument=near.argument,
        lowest=table.lowest,
        highest=table.highest,
        per_unit=table.per_unit,
        rounding=SEGMENTS_ROUND,
        mask=SEGMENTS_COUNT - 1,
        is_far=near.is_far(table),
        near=near.expression,
        beyond=near.beyond,
        expression=kernel.expression,
    )


@cache
def _loop(kernel: Kernel, dtype: str) -> Any:
    """The kernel as a C function; ``.address`` is what the drivers call."""
    from numba import cfunc, types

    from ..formulas.segments import has_tables

    namespace = dict(_formulas(dtype))
    if kernel.expression.isidentifier():
        a, b, out = kernel.per_row
        source = _ROWS.format(expression=kernel.expression, a=a, b=b, out=out)
    else:
        unpack = "; ".join(f"p{k} = p[{k}]" for k in range(kernel.parameters)) or "pass"
        if kernel.near and has_tables(dtype):
            source = _near_source(kernel, kernel.near, unpack)
            namespace["polynomials"] = _polynomials(kernel.near.table, kernel.near.by_slope)
        else:
            source = _ELEMENTWISE.format(
                expression=kernel.expression,
                block=BLOCK,
                unpack=unpack,
            )
    real = types.CPointer(types.float64 if dtype == "float64" else types.float32)
    signature = types.void(real, real, real, real, types.intp, types.intp, real)
    loop = _define(source, namespace)
    return cfunc(signature, error_model="numpy")(loop)


@cache
def _driver(parallel: bool) -> Callable[..., None]:
    from llvmlite import ir
    from numba import njit, prange, types
    from numba.extending import intrinsic

    @intrinsic  # type: ignore[untyped-decorator]
    def call(
        typing: Any, address: Any, a: Any, b: Any, c: Any, out: Any, n: Any, length: Any, p: Any
    ) -> Any:
        def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            pointer, size = ir.IntType(8).as_pointer(), ir.IntType(64)
            kinds = [pointer, pointer, pointer, pointer, size, size, pointer]
            function = ir.FunctionType(ir.VoidType(), kinds)
            target = builder.inttoptr(args[0], function.as_pointer())
            converted = [
                builder.inttoptr(value, kind) if kind is pointer else value
                for value, kind in zip(args[1:], kinds, strict=True)
            ]
            builder.call(target, converted)
            return context.get_dummy_value()

        return types.void(*[types.intp] * 8), emit

    source = _DRIVER.format(range="prange" if parallel else "range")
    drive = _define(source, {"call": call, "prange": prange})
    signature = types.void(*[types.intp] * 13)
    compiled: Callable[..., None] = njit(signature, parallel=parallel, nogil=True)(drive)
    return compiled


def _data(array: Array) -> int:
    """Where the numbers lie; ``array.ctypes.data`` would take four times as long."""
    address: int = array.__array_interface__["data"][0]
    return address


class NumbaBackend(Backend):
    """Parallel where that is safe: never in a forked child, and one call at a time."""

    name = "numba"
    instruction_set = ""

    def __init__(self) -> None:
        self._one_at_a_time = threading.Lock()
        self._compiling = threading.RLock()

    @cached_property
    def unavailable(self) -> str:
        from importlib.util import find_spec

        return "" if find_spec("numba") else "numba is not installed"

    def is_parallel(self) -> bool:
        # Numba's OpenMP layer ends a forked child, its workqueue layer hangs there.
        from ..threads import has_forked

        return not has_forked()

    def is_ready(self, kernel: Kernel, dtype: str) -> bool:
        return (kernel, dtype) in self._compiled

    @cached_property
    def _compiled(self) -> dict[tuple[Kernel, str], int]:
        return {}

    def _address(self, kernel: Kernel, dtype: str) -> int:
        key = (kernel, dtype)
        if key not in self._compiled:
            with self._compiling:
                self._compiled[key] = _loop(kernel, dtype).address
                _driver(parallel=False)
        return self._compiled[key]

    def run(
        self,
        kernel: Kernel,
        inputs: Sequence[Array],
        out: Array,
        length: int,
        parameters: Array,
        threads: int,
    ) -> None:
        address = self._address(kernel, KERNEL_DTYPES[out.dtype.char])
        a, b, c = (*inputs, inputs[0], inputs[0])[:3]
        a_size, b_size, out_size = kernel.row_sizes(length)
        steps = (size * out.itemsize for size in (a_size, b_size, a_size, out_size))
        *data, parameters_at = map(_data, (a, b, c, out, parameters))
        rows = a.size // a_size
        arguments = (address, *data, rows, length, *steps, parameters_at, threads)
        if threads <= 1 or not self.is_parallel() or not self._run_parallel(arguments, threads):
            _driver(parallel=False)(*arguments)

    def _run_parallel(self, arguments: tuple[int, ...], threads: int) -> bool:
        """Run on several threads, if no other call does so now.

        Callers that come together do not oversubscribe the machine then; and the workqueue
        layer would abort the process when two threads enter it.
        """
        import numba

        with self._compiling:
            drive = _driver(parallel=True)
        if not self._one_at_a_time.acquire(blocking=False):
            return False
        before = numba.get_num_threads()
        try:
            numba.set_num_threads(min(threads, numba.config.NUMBA_NUM_THREADS))
            drive(*arguments)
        finally:
            numba.set_num_threads(before)
            self._one_at_a_time.release()
        return True


def scalar_formula(name: str, dtype: str) -> Any:
    """A formula as an njit function of numbers, callable from Python too."""
    from numba import njit

    formula = _formulas(dtype)[name]
    return njit(error_model="numpy")(lambda *numbers: formula(*numbers))
