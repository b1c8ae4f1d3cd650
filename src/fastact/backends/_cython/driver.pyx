# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
# cython: freethreading_compatible=True
"""What calls the kernels: one parallel driver, and the short way for plain calls.

A kernel is the address of a C loop (see fastact.formulas.kernels).  ``run``
takes typed memoryviews, which check dtype and contiguity, and splits the range
over the threads of ``pool.h``.  ``FastCall`` is the base of the public objects:
it serves the common call (a plain contiguous float array, default parameters)
without entering Python and hands all else to the methods of the subclass.
"""

cimport cython
cimport numpy as cnp

cnp.import_array()

ctypedef void (*loop_t)(
    const void* a, const void* b, const void* c, void* out,
    Py_ssize_t n, Py_ssize_t length, const void* parameters,
) noexcept nogil

cdef extern from "cpu.h":
    int x86_64_level() noexcept nogil

cdef extern from "recipe.h":
    ctypedef struct recipe:
        loop_t single
        loop_t wide
        const float* single_parameters
        const double* wide_parameters
        int inputs
        int doubt
        int reach

cdef extern from "pool.h":
    ctypedef void (*chunk_function)(void* job, Py_ssize_t chunk) noexcept nogil
    bint pool_run(chunk_function function, void* job, int chunks, int threads) noexcept nogil

# OpenMP is linked for one number only: the limit that threadpoolctl sets.
cdef extern from *:
    """
    #ifdef _OPENMP
    #include <omp.h>
    #else
    static int omp_get_max_threads(void) { return 1; }
    #endif
    """
    int omp_get_max_threads() noexcept nogil

X86_64_LEVEL = x86_64_level()

cdef enum:
    CACHE_LINE = 64  # in items: no two threads then write the same line
    CHUNKS_PER_THREAD = 4  # so that a thread that comes late still finds work
    SMALLEST_CHUNK = 1024  # items; a claim costs some 50 ns


cdef struct Job:
    loop_t loop
    const char* a
    const char* b
    const char* c
    char* out
    Py_ssize_t n
    Py_ssize_t length
    Py_ssize_t a_step  # bytes per row
    Py_ssize_t b_step
    Py_ssize_t c_step
    Py_ssize_t out_step
    const void* parameters
    Py_ssize_t chunk


cdef void run_chunk(void* pointer, Py_ssize_t k) noexcept nogil:
    cdef Job* job = <Job*>pointer
    cdef Py_ssize_t first = k * job.chunk
    job.loop(
        job.a + first * job.a_step, job.b + first * job.b_step, job.c + first * job.c_step,
        job.out + first * job.out_step, min(job.chunk, job.n - first), job.length, job.parameters,
    )


cdef void drive(Job* job, int threads) noexcept nogil:
    """Run the loop, in chunks on several threads if wanted and the pool is free."""
    cdef Py_ssize_t smallest = max(1, SMALLEST_CHUNK // job.length)
    cdef Py_ssize_t chunk
    if threads > 1:
        chunk = max(smallest, -(-job.n // (threads * CHUNKS_PER_THREAD)))
        if job.length == 1:
            chunk = -(-chunk // CACHE_LINE) * CACHE_LINE
        job.chunk = chunk
        if pool_run(run_chunk, job, -(-job.n // chunk), threads):
            return
    job.loop(job.a, job.b, job.c, job.out, job.n, job.length, job.parameters)


def run(
    size_t address, const cython.floating[::1] a, const cython.floating[::1] b,
    const cython.floating[::1] c, cython.floating[::1] out, Py_ssize_t length,
    Py_ssize_t a_size, Py_ssize_t b_size, Py_ssize_t out_size,
    const cython.floating[::1] parameters, int threads,
):
    """Run a kernel on rows of ``length``; unused inputs repeat ``a``.

    The sizes tell how many numbers of an array belong to a row.
    """
    cdef Py_ssize_t n = a.shape[0] // a_size
    cdef Py_ssize_t item = sizeof(cython.floating)
    if n * a_size != a.shape[0] or n * b_size != b.shape[0] or c.shape[0] != a.shape[0]:
        raise ValueError("inputs of a kernel must have the same whole number of rows")
    if n * out_size != out.shape[0] or parameters.shape[0] < 1:
        raise ValueError("the output of a kernel does not fit its inputs")
    if n == 0:
        return
    cdef Job job = Job(
        <loop_t>address, <char*>&a[0], <char*>&b[0], <char*>&c[0], <char*>&out[0],
        n, length, a_size * item, b_size * item, a_size * item, out_size * item,
        &parameters[0], 0,
    )
    with nogil:
        drive(&job, threads)


RUN = {"float32": run["float"], "float64": run["double"]}


def run_in_16_bits(
    size_t address, size_t single, size_t wide, int inputs, const unsigned short[::1] a,
    const unsigned short[::1] b, const unsigned short[::1] c, unsigned short[::1] out,
    const float[::1] single_parameters, const double[::1] wide_parameters, int doubt, int reach,
    int threads,
):
    """Run a loop of sixteen.pyx on arrays of 16 bits; unused inputs repeat ``a``."""
    cdef Py_ssize_t n = out.shape[0]
    if a.shape[0] != n or b.shape[0] != n or c.shape[0] != n:
        raise ValueError("arrays of a kernel must have the same size")
    if single_parameters.shape[0] < 1 or wide_parameters.shape[0] < 1:
        raise ValueError("a kernel wants room for parameters")
    if n == 0:
        return
    cdef recipe how = recipe(
        <loop_t>single, <loop_t>wide, &single_parameters[0], &wide_parameters[0],
        inputs, doubt, reach,
    )
    cdef Job job = Job(
        <loop_t>address, <char*>&a[0], <char*>&b[0], <char*>&c[0], <char*>&out[0],
        n, 1, 2, 2, 2, 2, &how, 0,
    )
    with nogil:
        drive(&job, threads)


# --- the short way -------------------------------------------------------------------

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


cdef struct Plan:
    loop_t loop
    const void* parameters
    Py_ssize_t item
    Py_ssize_t parallel_from
    recipe sixteen  # the parameters of a loop on 16 bits


cdef enum:
    FLOAT32, FLOAT64, FLOAT16, BFLOAT16, KINDS

KIND_NUMBERS = {
    "float32": FLOAT32, "float64": FLOAT64, "float16": FLOAT16, "bfloat16": BFLOAT16,
}


cdef enum:
    FORWARD, DERIVATIVE, BACKWARD, BACKWARD_FROM_OUTPUT, METHODS

METHOD_NUMBERS = {
    "forward": FORWARD, "derivative": DERIVATIVE,
    "backward": BACKWARD, "backward_from_output": BACKWARD_FROM_OUTPUT,
}


cdef inline int threads_for(Plan* plan, Py_ssize_t n) noexcept nogil:
    cdef int limit
    if n < plan.parallel_from or default_threads == 1:
        return 1
    limit = omp_get_max_threads()
    return min(limit, default_threads) if limit < omp_threads_at_start else default_threads


cdef inline int plain_kind(object x):
    """FLOAT32, ... of a base-class array, native, aligned and C-contiguous; or -1."""
    cdef int number
    if not cnp.PyArray_CheckExact(x) or not cnp.PyArray_ISCARRAY_RO(x):
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


cdef inline bint is_apart_or_same(cnp.ndarray x, cnp.ndarray out):
    """No partial overlap; both are known to have the same size."""
    cdef char* first = cnp.PyArray_BYTES(x)
    cdef char* second = cnp.PyArray_BYTES(out)
    cdef Py_ssize_t size = cnp.PyArray_NBYTES(x)
    return first == second or first + size <= second or second + size <= first


cdef inline bint is_like(object x, object out):
    if plain_kind(out) < 0 or cnp.PyArray_TYPE(x) != cnp.PyArray_TYPE(out):
        return False
    return cnp.PyArray_SAMESHAPE(<cnp.ndarray>x, <cnp.ndarray>out)


cdef class FastCall:
    """Base of the activations; the subclass has ``_forward``, ``_backward``, ``_derivative``."""

    cdef Plan plans[METHODS][KINDS]
    cdef float parameters32[4]
    cdef double parameters64[4]

    def _plan(self, int method, int kind, size_t address, Py_ssize_t parallel_from):
        """Use this kernel of float32 or float64 for plain calls; 0 sends them to Python."""
        cdef Plan* plan = &self.plans[method][kind]
        plan.loop = <loop_t>address
        plan.parallel_from = parallel_from
        if kind == FLOAT64:
            plan.item = sizeof(double)
            plan.parameters = &self.parameters64[0]
        else:
            plan.item = sizeof(float)
            plan.parameters = &self.parameters32[0]

    def _plan_in_16_bits(
        self, int method, int kind, size_t address, int inputs, int doubt, int reach,
    ):
        """Use this loop of sixteen.pyx for plain calls, on the kernels planned before."""
        cdef Plan* single = &self.plans[method][FLOAT32]
        cdef Plan* plan = &self.plans[method][kind]
        plan.loop = <loop_t>address
        plan.parallel_from = single.parallel_from
        plan.item = 2
        plan.sixteen = recipe(
            single.loop, self.plans[method][FLOAT64].loop,
            &self.parameters32[0], &self.parameters64[0], inputs, doubt, reach,
        )
        plan.parameters = &plan.sixteen

    def _set_parameters(self, singles, doubles):
        for k in range(len(doubles)):
            self.parameters32[k] = singles[k]
            self.parameters64[k] = doubles[k]

    cdef object plain_call(self, int method, object first, object second, object out):
        """The result, or None if the call is not plain."""
        cdef int kind
        cdef Plan* plan
        cdef Py_ssize_t n
        if overrides:
            return None
        kind = plain_kind(first)
        if kind < 0:
            return None
        plan = &self.plans[method][kind]
        if plan.loop == NULL or cnp.PyArray_NDIM(first) == 0:
            return None
        if second is not first and not is_like(first, second):
            return None
        if out is None:
            out = cnp.PyArray_EMPTY(
                cnp.PyArray_NDIM(first), cnp.PyArray_DIMS(first), cnp.PyArray_TYPE(first), 0)
        elif not (
            (out is first or is_like(first, out)) and cnp.PyArray_ISWRITEABLE(out)
            and is_apart_or_same(first, out) and is_apart_or_same(second, out)
        ):
            return None
        n = cnp.PyArray_SIZE(first)
        cdef Py_ssize_t step = plan.item
        cdef char* a = cnp.PyArray_BYTES(first)
        cdef Job job = Job(
            plan.loop, a, cnp.PyArray_BYTES(second), a, cnp.PyArray_BYTES(out),
            n, 1, step, step, step, step, plan.parameters, 0,
        )
        if n < 512:  # shorter than giving up the GIL and taking it back
            drive(&job, 1)
        else:
            with nogil:
                drive(&job, threads_for(plan, n))
        return out

    def __call__(self, *args, **kwargs):
        cdef object result
        if len(args) == 1:
            if not kwargs:
                result = self.plain_call(FORWARD, args[0], args[0], None)
                if result is not None:
                    return result
            elif len(kwargs) == 1 and "out" in kwargs:
                result = self.plain_call(FORWARD, args[0], args[0], kwargs["out"])
                if result is not None:
                    return result
        return self._forward(*args, **kwargs)

    def derivative(self, x, *args, out=None, **parameters):
        cdef object result
        if not args and not parameters:
            result = self.plain_call(DERIVATIVE, x, x, out)
            if result is not None:
                return result
        return self._derivative(x, *args, out=out, **parameters)

    def backward(self, dy, input=None, *args, output=None, out=None, **parameters):
        cdef object result = None
        if not args and not parameters:
            if output is None and input is not None:
                result = self.plain_call(BACKWARD, dy, input, out)
            elif input is None and output is not None:
                result = self.plain_call(BACKWARD_FROM_OUTPUT, dy, output, out)
            if result is not None:
                return result
        return self._backward(dy, input, *args, output=output, out=out, **parameters)
