# The short way of plain calls: contiguous float arrays of one shape and dtype, parameters at
# their defaults or seen before.  ``FastCall`` is the base of the public objects; it serves
# such a call without entering Python and hands all else to the methods of the subclass.

cdef int overrides = 0  # contexts in force anywhere: then Python decides
cdef int default_threads = 1
cdef int omp_threads_at_start = omp_get_max_threads()


def add_override(int change):
    """Count the contexts (forced backend, threads) that rule out the short way."""
    global overrides
    overrides += change


def set_default_threads(int threads):
    global default_threads
    default_threads = threads


def omp_limit():
    """Threads that OpenMP grants now, or 0 while nobody has lowered them.

    threadpoolctl, and what is built on it, limits a pool by this number.
    """
    cdef int now = omp_get_max_threads()
    return now if now < omp_threads_at_start else 0


cdef enum:
    SHORT = 512  # numbers that are computed faster than the GIL is given up and taken back
    BLOCK = 1024  # numbers of a gate's gradient that are computed at once
    MOST_PARAMETERS = 8
    MOST_REMEMBERED = 256
    MOST_IN_ROWS = 1 << 16

cdef enum:
    FORWARD, DERIVATIVE, BACKWARD, BACKWARD_FROM_OUTPUT, BY_FIRST, BY_SECOND, METHODS

cdef enum:
    ELEMENTS, ROWS, GATE

METHOD_NUMBERS = {
    "forward": FORWARD, "derivative": DERIVATIVE, "backward": BACKWARD,
    "backward_from_output": BACKWARD_FROM_OUTPUT, "by_first": BY_FIRST, "by_second": BY_SECOND,
}
cdef enum:
    FLOAT32, FLOAT64, FLOAT16, BFLOAT16, DTYPES

DTYPE_NUMBERS = {
    "float32": FLOAT32, "float64": FLOAT64, "float16": FLOAT16, "bfloat16": BFLOAT16,
}
KINDS = {"elementwise": ELEMENTS, "along axis": ROWS, "gate": GATE}


cdef struct Plan:
    loop_t loop
    const void* parameters
    Py_ssize_t item
    Py_ssize_t parallel_from
    Py_ssize_t below  # longer arrays are sent to Python
    recipe sixteen  # the parameters of a loop on 16 bits


cdef class Plans:
    """The kernels of an activation for one choice of its parameters."""

    cdef int kind
    cdef Plan plans[METHODS][DTYPES]
    cdef float parameters32[MOST_PARAMETERS]
    cdef double parameters64[MOST_PARAMETERS]
    cdef Py_ssize_t axis  # of rows, or of what is halved

    def __init__(self, str kind, singles, doubles, Py_ssize_t axis):
        self.kind, self.axis = KINDS[kind], axis
        for k in range(len(doubles)):
            self.parameters32[k] = singles[k]
            self.parameters64[k] = doubles[k]

    def add(
        self, str method, str dtype, size_t address, Py_ssize_t parallel_from, Py_ssize_t below,
    ):
        """Use this kernel for fewer than ``below`` numbers; a method without one is Python's."""
        cdef Plan* plan = &self.plans[METHOD_NUMBERS[method]][DTYPE_NUMBERS[dtype]]
        plan.loop, plan.parallel_from, plan.below = <loop_t>address, parallel_from, below
        if dtype == "float64":
            plan.item, plan.parameters = sizeof(double), &self.parameters64[0]
        else:
            plan.item, plan.parameters = sizeof(float), &self.parameters32[0]

    def add_in_16_bits(
        self, str method, str dtype, size_t address, int inputs, int doubt, int reach,
    ):
        """Use this loop of sixteen.pyx, which runs the kernels that were added before."""
        cdef Plan* single = &self.plans[METHOD_NUMBERS[method]][FLOAT32]
        cdef Plan* wide = &self.plans[METHOD_NUMBERS[method]][FLOAT64]
        cdef Plan* plan = &self.plans[METHOD_NUMBERS[method]][DTYPE_NUMBERS[dtype]]
        if single.loop == NULL or wide.loop == NULL:
            return
        plan.loop, plan.item = <loop_t>address, 2
        plan.parallel_from, plan.below = single.parallel_from, single.below
        plan.sixteen = recipe(
            single.loop, wide.loop, &self.parameters32[0], &self.parameters64[0],
            inputs, doubt, reach,
        )
        plan.parameters = &plan.sixteen


cdef inline int threads_for(Plan* plan, Py_ssize_t n) noexcept nogil:
    cdef int limit
    if n < plan.parallel_from or default_threads == 1:
        return 1
    limit = omp_get_max_threads()
    return min(limit, default_threads) if limit < omp_threads_at_start else default_threads


# --- checks --------------------------------------------------------------------------


cdef inline int plain_dtype(object x):
    """FLOAT32, ... of a base-class array, native, aligned, C-contiguous, not 0-d; or -1."""
    cdef int number
    if not cnp.PyArray_CheckExact(x) or not cnp.PyArray_ISCARRAY_RO(x):
        return -1
    if cnp.PyArray_NDIM(x) == 0:
        return -1
    number = cnp.PyArray_TYPE(x)
    if number == cnp.NPY_FLOAT32:
        return FLOAT32
    if number == cnp.NPY_FLOAT64:
        return FLOAT64
    if number == cnp.NPY_FLOAT16:
        return FLOAT16
    if (<cnp.ndarray>x).descr.type == c"E":  # of ml_dtypes, its number is not fixed
        return BFLOAT16
    return -1


cdef inline bint is_plain(object x):
    return plain_dtype(x) >= 0


cdef inline bint is_apart(cnp.ndarray x, cnp.ndarray y):
    cdef char* first = cnp.PyArray_BYTES(x)
    cdef char* second = cnp.PyArray_BYTES(y)
    return first + cnp.PyArray_NBYTES(x) <= second or second + cnp.PyArray_NBYTES(y) <= first


cdef inline bint is_apart_or_same(cnp.ndarray x, cnp.ndarray out):
    """No partial overlap; both are known to have the same size."""
    return cnp.PyArray_BYTES(x) == cnp.PyArray_BYTES(out) or is_apart(x, out)


cdef inline bint is_like(object x, object other):
    if not is_plain(other) or cnp.PyArray_TYPE(x) != cnp.PyArray_TYPE(other):
        return False
    return cnp.PyArray_SAMESHAPE(<cnp.ndarray>x, <cnp.ndarray>other)


cdef inline bint can_take(object x, object out):
    """Whether ``out``, like x, can be written while x is read."""
    return (
        (out is x or is_like(x, out)) and cnp.PyArray_ISWRITEABLE(out) and is_apart_or_same(x, out)
    )


cdef inline object new_like(object x):
    return cnp.PyArray_EMPTY(cnp.PyArray_NDIM(x), cnp.PyArray_DIMS(x), cnp.PyArray_TYPE(x), 0)


cdef inline bint is_last(Py_ssize_t axis, object x):
    return axis == -1 or axis == cnp.PyArray_NDIM(x) - 1


cdef inline Py_ssize_t last_length(object x):
    return cnp.PyArray_DIM(x, cnp.PyArray_NDIM(x) - 1)


cdef bint is_half_of(object half, object x):
    """Whether the last axis is half as long and all else alike."""
    cdef int k, ndim = cnp.PyArray_NDIM(x)
    if not is_plain(half) or cnp.PyArray_TYPE(half) != cnp.PyArray_TYPE(x):
        return False
    if cnp.PyArray_NDIM(half) != ndim or 2 * last_length(half) != last_length(x):
        return False
    for k in range(ndim - 1):
        if cnp.PyArray_DIM(half, k) != cnp.PyArray_DIM(x, k):
            return False
    return True


cdef object new_half(object x):
    cdef cnp.npy_intp[64] shape
    cdef int k, ndim = cnp.PyArray_NDIM(x)
    for k in range(ndim):
        shape[k] = cnp.PyArray_DIM(x, k)
    shape[ndim - 1] //= 2
    return cnp.PyArray_EMPTY(ndim, &shape[0], cnp.PyArray_TYPE(x), 0)


cdef object key_of(tuple args, dict options):
    """Parameters as a key; None if they cannot be told apart by one."""
    cdef list key = []
    for value in args:
        key.append(value)
        key.append(type(value))
    for name, value in options.items():
        if name != "out":
            key.append(name)
            key.append(value)
            key.append(type(value))
    for value in key:
        kind = type(value)
        if kind is float:
            if value == 0.0:  # or -0.0
                return None
        elif kind is not int and kind is not str and kind is not type:
            return None
    return tuple(key)


# --- calls ---------------------------------------------------------------------------


cdef struct GateJob:
    loop_t loops[2]
    const char* dy
    const char* first
    const char* second
    char* outs[2]
    Py_ssize_t n  # rows
    Py_ssize_t run  # numbers of each
    Py_ssize_t total  # numbers of all; the last row may be shorter
    Py_ssize_t dy_step
    Py_ssize_t step  # bytes between the rows of all other arrays
    Py_ssize_t item
    const void* parameters[2]
    Py_ssize_t chunk


cdef void gate_rows(GateJob* job, Py_ssize_t first, Py_ssize_t count) noexcept nogil:
    """Both gradients block by block, so that a result may lie over any input."""
    cdef double[BLOCK] buffer
    cdef Py_ssize_t row, start, end, n, there, here
    for row in range(first, first + count):
        start, end = 0, min(job.run, job.total - row * job.run)
        while start < end:
            n = min(<Py_ssize_t>BLOCK, end - start)
            there = row * job.dy_step + start * job.item
            here = row * job.step + start * job.item
            job.loops[0](
                job.dy + there, job.first + here, job.second + here, &buffer[0], n, 1,
                job.parameters[0])
            job.loops[1](
                job.dy + there, job.first + here, job.second + here, job.outs[1] + here, n, 1,
                job.parameters[1])
            memcpy(job.outs[0] + here, &buffer[0], n * job.item)
            start += n


cdef void gate_chunk(void* pointer, Py_ssize_t k) noexcept nogil:
    cdef GateJob* job = <GateJob*>pointer
    cdef Py_ssize_t first = k * job.chunk
    gate_rows(job, first, min(job.chunk, job.n - first))


cdef void drive_gate(GateJob* job, int threads) noexcept nogil:
    if threads > 1:
        job.chunk = chunk_of(job.n, job.run, threads)
        if pool_run(gate_chunk, job, -(-job.n // job.chunk), threads):
            return
    gate_rows(job, 0, job.n)


cdef bint serves_gradients(Plans plans, int dtype, object dy):
    for method in (BY_FIRST, BY_SECOND):
        if plans.plans[method][dtype].loop == NULL:
            return False
        if cnp.PyArray_SIZE(dy) >= plans.plans[method][dtype].below:
            return False
    return True


cdef class FastCall:
    """Base of the activations; the subclass has ``_forward``, ``_backward``, ``_derivative``."""

    cdef Plans plans  # of the defaults; None if no call is plain
    cdef dict remembered  # of other parameters

    def _take_plans(self, Plans plans):
        self.plans = plans
        self.remembered = {}

    def _remember(self, tuple args, dict options, values):
        """Take the short way when these parameters come again."""
        if self.plans is None:
            return
        key = key_of(args, options)
        if key is None or key in self.remembered:
            return
        if len(self.remembered) >= MOST_REMEMBERED:
            self.remembered.clear()
        self.remembered[key] = self._plans_for(values)

    cdef Plans plans_of(self, tuple args, dict options):
        """The plans for these parameters, or None."""
        if self.plans is None or (not args and not options):
            return self.plans
        key = key_of(args, options)
        return None if key is None else self.remembered.get(key)

    cdef object plain_call(
        self, Plans plans, int method, object first, object second, object out
    ):
        """The result, or None if the call is not plain."""
        cdef int dtype
        cdef Plan* plan
        cdef Py_ssize_t n, length = 1
        if overrides:
            return None
        dtype = plain_dtype(first)
        if dtype < 0:
            return None
        plan = &plans.plans[method][dtype]
        if plan.loop == NULL or (second is not first and not is_like(first, second)):
            return None
        n = cnp.PyArray_SIZE(first)
        if n >= plan.below:
            return None
        if plans.kind == ROWS:
            if n == 0 or not is_last(plans.axis, first):
                return None
            length = cnp.PyArray_DIM(first, cnp.PyArray_NDIM(first) - 1)
        if out is None:
            out = new_like(first)
        elif not can_take(first, out) or not is_apart_or_same(second, out):
            return None
        cdef Py_ssize_t step = length * plan.item
        cdef char* a = cnp.PyArray_BYTES(first)
        cdef Job job = Job(
            plan.loop, a, cnp.PyArray_BYTES(second), a, cnp.PyArray_BYTES(out),
            n // length, length, 0, step, step, step, step, plan.parameters, 0,
        )
        if n < SHORT:
            drive(&job, 1)
        else:
            with nogil:
                drive(&job, threads_for(plan, n))
        return out

    cdef object plain_halves(self, Plans plans, object x, object out):
        """A gate of the two halves of x along its last axis, or None."""
        if overrides or not is_plain(x) or not is_last(plans.axis, x):
            return None
        cdef Plan* plan = &plans.plans[FORWARD][plain_dtype(x)]
        cdef Py_ssize_t n = cnp.PyArray_SIZE(x) // 2
        cdef Py_ssize_t run = last_length(x) // 2
        if plan.loop == NULL or n == 0 or n >= plan.below or last_length(x) % 2:
            return None
        if out is None:
            out = new_half(x)
        elif not is_half_of(out, x) or not cnp.PyArray_ISWRITEABLE(out) or not is_apart(x, out):
            return None
        cdef Py_ssize_t step = run * plan.item
        cdef char* a = cnp.PyArray_BYTES(x)
        cdef Job job = Job(
            plan.loop, a, a + step, a, cnp.PyArray_BYTES(out),
            n // run, 1, run, 2 * step, 2 * step, 2 * step, step, plan.parameters, 0,
        )
        if n < SHORT:
            drive(&job, 1)
        else:
            with nogil:
                drive(&job, threads_for(plan, n))
        return out

    cdef object plain_gradients(self, Plans plans, object dy, object x, object out):
        """Of a gate of two halves, like x; or None."""
        if overrides or not is_plain(x) or not is_last(plans.axis, x) or not is_half_of(dy, x):
            return None
        cdef int dtype = plain_dtype(x)
        cdef Py_ssize_t run = last_length(dy)
        cdef Py_ssize_t step = run * plans.plans[BY_FIRST][dtype].item
        if cnp.PyArray_SIZE(dy) == 0 or not serves_gradients(plans, dtype, dy):
            return None
        if out is None:
            out = new_like(x)
        elif not can_take(x, out) or not is_apart(dy, out):
            return None
        cdef char* first = cnp.PyArray_BYTES(x)
        cdef char* into = cnp.PyArray_BYTES(out)
        cdef GateJob job
        job.first, job.second, job.outs[0], job.outs[1] = first, first + step, into, into + step
        job.n, job.run, job.dy_step, job.step = cnp.PyArray_SIZE(dy) // run, run, step, 2 * step
        self.start_gate(plans, dtype, dy, &job)
        return out

    cdef object plain_pair(
        self, Plans plans, object dy, object first, object second, object out
    ):
        """The gradients of a gate by two arrays, or None."""
        if overrides or not is_plain(dy) or not is_like(dy, first) or not is_like(dy, second):
            return None
        cdef int dtype = plain_dtype(dy)
        if not serves_gradients(plans, dtype, dy):
            return None
        if out is None:
            out = (new_like(dy), new_like(dy))
        elif type(out) is not tuple or len(out) != 2:
            return None
        else:
            for x in (dy, first, second):
                if not can_take(x, out[0]) or not can_take(x, out[1]):
                    return None
            if not is_apart(out[0], out[1]):
                return None
        cdef Py_ssize_t n = cnp.PyArray_SIZE(dy), item = plans.plans[BY_FIRST][dtype].item
        cdef GateJob job
        job.first, job.second = cnp.PyArray_BYTES(first), cnp.PyArray_BYTES(second)
        job.outs[0], job.outs[1] = cnp.PyArray_BYTES(out[0]), cnp.PyArray_BYTES(out[1])
        job.n, job.run, job.dy_step, job.step = -(-n // BLOCK), BLOCK, BLOCK * item, BLOCK * item
        self.start_gate(plans, dtype, dy, &job)
        return out

    cdef void start_gate(self, Plans plans, int dtype, object dy, GateJob* job):
        cdef Plan* plan = &plans.plans[BY_FIRST][dtype]
        cdef Plan* other = &plans.plans[BY_SECOND][dtype]
        job.loops[0], job.loops[1] = plan.loop, other.loop
        job.parameters[0], job.parameters[1] = plan.parameters, other.parameters
        job.dy, job.total, job.item = cnp.PyArray_BYTES(dy), cnp.PyArray_SIZE(dy), plan.item
        if job.total < SHORT:
            drive_gate(job, 1)
        else:
            with nogil:
                drive_gate(job, threads_for(plan, job.total))

    def __call__(self, *args, **kwargs):
        cdef object result = None
        cdef Plans plans
        cdef Py_ssize_t arrays = 1, count = len(args)
        if count and self.plans is not None:
            out = kwargs.get("out") if kwargs else None
            if self.plans.kind == GATE and count > 1:
                arrays = 2
            if count == arrays and len(kwargs) == (out is not None):
                plans = self.plans
            else:
                plans = self.plans_of(args[arrays:], kwargs)
            if plans is not None:
                if plans.kind == GATE and (arrays == 1 or args[1] is None):
                    result = self.plain_halves(plans, args[0], out)
                else:
                    result = self.plain_call(plans, FORWARD, args[0], args[arrays - 1], out)
            if result is not None:
                return result
        return self._forward(*args, **kwargs)

    def derivative(self, x, *args, out=None, **parameters):
        cdef Plans plans = self.plans_of(args, parameters)
        cdef object result = None
        if plans is not None:
            result = self.plain_call(plans, DERIVATIVE, x, x, out)
        return self._derivative(x, *args, out=out, **parameters) if result is None else result

    def backward(self, dy, input=None, *args, output=None, out=None, **parameters):
        cdef object result = None
        cdef Plans plans
        if self.plans is not None and (input is None) != (output is None):
            if self.plans.kind == GATE:
                plans = self.plans_of(args[1:], parameters)
                if plans is not None and output is None:
                    result = self.plain_gate(plans, dy, input, args[0] if args else None, out)
            else:
                plans = self.plans_of(args, parameters)
                if plans is not None:
                    result = self.plain_backward(plans, dy, input, output, out)
        if result is not None:
            return result
        return self._backward(dy, input, *args, output=output, out=out, **parameters)

    cdef object plain_gate(self, Plans plans, object dy, object first, object second, object out):
        if second is None:
            return self.plain_gradients(plans, dy, first, out)
        return self.plain_pair(plans, dy, first, second, out)

    cdef object plain_backward(
        self, Plans plans, object dy, object input, object output, object out
    ):
        if output is not None:
            return self.plain_call(plans, BACKWARD_FROM_OUTPUT, dy, output, out)
        if plans.kind != ROWS:
            return self.plain_call(plans, BACKWARD, dy, input, out)
        # Few numbers: the whole output is made once more.
        if not is_plain(dy) or not is_like(dy, input) or cnp.PyArray_SIZE(dy) > MOST_IN_ROWS:
            return None
        output = self.plain_call(plans, FORWARD, input, input, None)
        if output is None:
            return None
        return self.plain_call(plans, BACKWARD_FROM_OUTPUT, dy, output, out)
