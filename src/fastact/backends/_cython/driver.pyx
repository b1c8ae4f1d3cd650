# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
# cython: freethreading_compatible=True
"""What calls the kernels: one parallel driver, and the short way for plain calls.

A kernel is the address of a C loop (see fastact.formulas.kernels).  ``run``
takes typed memoryviews, which check dtype and contiguity, and splits the range
over the threads of ``pool.h``.  The short way is in ``plain_calls.pxi``.
"""

import sys

import numpy as np

cimport cython
cimport numpy as cnp
from cpython.object cimport PyObject
from libc.string cimport memcmp, memcpy, memset

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
        loop_t own
        const float* single_parameters
        const double* wide_parameters
        int inputs
        int doubt
        int reach
        const void* table

cdef extern from "stream.h":
    bint CAN_STREAM
    void fetch_ahead(const char* start, Py_ssize_t bytes) noexcept nogil
    void stream(const char* line, char* to, Py_ssize_t bytes) noexcept nogil
    void end_of_stream() noexcept nogil

cdef extern from "pool.h":
    ctypedef void (*chunk_function)(void* job, Py_ssize_t chunk) noexcept nogil
    bint pool_run(chunk_function function, void* job, int chunks, int threads) noexcept nogil
    long long pool_clock() noexcept nogil
    long long pool_jobs

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
    BLOCK = 1024  # numbers that are computed at once where kernels are joined
    LINE_BYTES = 64
    WORTH_ALIGNING = 2048  # numbers
    WORTH_ALIGNING_16_BITS = 1 << 15
    STREAM_BLOCK = 1 << 11  # bytes of the output that are computed before they are streamed
    STREAMED_FROM = 1 << 25  # bytes of the output


cdef struct Job:
    loop_t loop
    const char* a
    const char* b
    const char* c
    char* out
    Py_ssize_t n
    Py_ssize_t length
    Py_ssize_t run  # 0, or how many numbers a row has that the loop gets one by one
    Py_ssize_t a_step  # bytes per row
    Py_ssize_t b_step
    Py_ssize_t c_step
    Py_ssize_t out_step
    const void* parameters
    Py_ssize_t chunk


cdef void run_rows(Job* job, Py_ssize_t first, Py_ssize_t count) noexcept nogil:
    cdef Py_ssize_t row
    if job.run == 0:
        job.loop(
            job.a + first * job.a_step, job.b + first * job.b_step, job.c + first * job.c_step,
            job.out + first * job.out_step, count, job.length, job.parameters,
        )
        return
    if job.out_step == 2 * job.run and 2 * job.run <= BLOCK:
        run_short_rows(job, first, count)
        return
    for row in range(first, first + count):
        job.loop(
            job.a + row * job.a_step, job.b + row * job.b_step, job.c + row * job.c_step,
            job.out + row * job.out_step, job.run, 1, job.parameters,
        )


cdef void run_short_rows(Job* job, Py_ssize_t first, Py_ssize_t count) noexcept nogil:
    """Rows of 16 bits, whose results are side by side: several at once.

    What is doubtful is computed again at the end of a loop, were it but one number.
    """
    cdef unsigned short[2][BLOCK] rows
    cdef Py_ssize_t row = first, size = job.run * 2, n, k
    while row < first + count:
        n = min(BLOCK // job.run, first + count - row)
        for k in range(n):
            memcpy(&rows[0][k * job.run], job.a + (row + k) * job.a_step, size)
            memcpy(&rows[1][k * job.run], job.b + (row + k) * job.b_step, size)
        job.loop(
            rows[0], rows[1], rows[0], job.out + row * job.out_step, n * job.run, 1,
            job.parameters,
        )
        row += n


cdef void run_streaming(Job* job, Py_ssize_t first, Py_ssize_t count) noexcept nogil:
    """The same by blocks in the first cache, which go to memory past the caches."""
    cdef char[STREAM_BLOCK + LINE_BYTES] room
    cdef char* block = &room[0] + (LINE_BYTES - <size_t>&room[0] % LINE_BYTES)
    cdef const char* a = job.a + first * job.a_step
    cdef const char* b = job.b + first * job.b_step
    cdef const char* c = job.c + first * job.c_step
    cdef char* out = job.out + first * job.out_step
    cdef Py_ssize_t numbers = STREAM_BLOCK // job.out_step, n
    while count > 0:
        n = min(count, numbers)
        fetch_ahead(a, n * job.a_step)
        if b != a:
            fetch_ahead(b, n * job.b_step)
        if c != a and c != b:
            fetch_ahead(c, n * job.c_step)
        job.loop(a, b, c, block, n, 1, job.parameters)
        stream(block, out, n * job.out_step)
        a += n * job.a_step
        b += n * job.b_step
        c += n * job.c_step
        out += n * job.out_step
        count -= n
    end_of_stream()


cdef inline bint is_past_caches(const char* out, Py_ssize_t bytes) noexcept nogil:
    return CAN_STREAM and bytes >= STREAMED_FROM and <size_t>out % LINE_BYTES == 0


cdef bint is_streamed(Job* job) noexcept nogil:
    """Whether the output is written past the caches, which could not hold it.

    A store to what is in no cache reads it first: relu on 16 million numbers took 1.4 times as
    long, its gradient 1.2 times.  Blocks of 4 KB instead of 2 lose that again.
    """
    if job.length != 1 or job.run != 0 or not is_past_caches(job.out, job.n * job.out_step):
        return False
    return job.out != job.a and job.out != job.b and job.out != job.c


cdef void run_part(Job* job, Py_ssize_t first, Py_ssize_t count) noexcept nogil:
    if is_streamed(job):
        run_streaming(job, first, count)
    else:
        run_rows(job, first, count)


cdef void run_chunk(void* pointer, Py_ssize_t k) noexcept nogil:
    cdef Job* job = <Job*>pointer
    cdef Py_ssize_t first = k * job.chunk
    run_part(job, first, min(job.chunk, job.n - first))


cdef Py_ssize_t chunk_of(Py_ssize_t n, Py_ssize_t length, int threads) noexcept nogil:
    """How many of n rows of this length one claim takes."""
    cdef Py_ssize_t smallest = max(1, SMALLEST_CHUNK // length)
    cdef Py_ssize_t chunk = max(smallest, -(-n // (threads * CHUNKS_PER_THREAD)))
    return -(-chunk // CACHE_LINE) * CACHE_LINE if length == 1 else chunk


cdef inline Py_ssize_t before_line(const char* out, Py_ssize_t n, Py_ssize_t item) noexcept nogil:
    """How many of n numbers are before the first line of the cache; 0 if that does not matter.

    Large arrays of NumPy begin 16 bytes behind one, and vectors that cross lines made relu
    on 65,536 numbers 1.4 times as slow.
    """
    cdef Py_ssize_t behind = <size_t>out % LINE_BYTES
    cdef Py_ssize_t worth = WORTH_ALIGNING if item > 2 else WORTH_ALIGNING_16_BITS
    return 0 if behind == 0 or n < worth else (LINE_BYTES - behind) // item


cdef void align_output(Job* job) noexcept nogil:
    """Compute the first numbers apart, so that the others begin with a line of the cache."""
    cdef Py_ssize_t head
    if job.length != 1 or job.run != 0:
        return
    head = before_line(job.out, job.n, job.out_step)
    if head == 0:
        return
    run_rows(job, 0, head)
    job.a += head * job.a_step
    job.b += head * job.b_step
    job.c += head * job.c_step
    job.out += head * job.out_step
    job.n -= head


cdef void drive(Job* job, int threads) noexcept nogil:
    """Run the loop, in chunks on several threads if wanted and the pool is free."""
    align_output(job)
    if threads > 1:
        job.chunk = chunk_of(job.n, max(job.length, job.run), threads)
        if pool_run(run_chunk, job, -(-job.n // job.chunk), threads):
            return
    run_part(job, 0, job.n)


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
        n, length, 0, a_size * item, b_size * item, a_size * item, out_size * item,
        &parameters[0], 0,
    )
    with nogil:
        drive(&job, threads)


def jobs_of_pool():
    """How many calls have run on several threads."""
    return pool_jobs


RUN = {"float32": run["float"], "float64": run["double"]}


def run_in_16_bits(
    size_t address, size_t single, size_t wide, size_t own, int inputs,
    const unsigned short[::1] a, const unsigned short[::1] b, const unsigned short[::1] c,
    unsigned short[::1] out, const float[::1] single_parameters,
    const double[::1] wide_parameters, int doubt, int reach, int threads,
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
        <loop_t>single, <loop_t>wide, <loop_t>own, &single_parameters[0], &wide_parameters[0],
        inputs, doubt, reach, NULL,
    )
    cdef Job job = Job(
        <loop_t>address, <char*>&a[0], <char*>&b[0], <char*>&c[0], <char*>&out[0],
        n, 1, 0, 2, 2, 2, 2, &how, 0,
    )
    with nogil:
        drive(&job, threads)


include "halves.pxi"
include "operands.pxi"
include "channels.pxi"
include "columns.pxi"
include "kept.pxi"
include "plans.pxi"
include "arrays.pxi"
include "half_rows.pxi"
include "regrouped.pxi"
include "pieces.pxi"
include "gates.pxi"
include "views.pxi"
include "view_calls.pxi"
include "copies.pxi"
include "plain_calls.pxi"
include "contexts.pxi"
