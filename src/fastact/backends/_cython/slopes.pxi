# A forward pass that keeps the packed derivative, and the backward pass from it, each in one
# pass over memory (pack_slopes and times_slopes in support.h).


cdef struct SlopesJob:
    loop_t forward
    loop_t derivative
    loop_t pack
    const void* parameters
    const char* x
    char* out
    char* slopes
    Py_ssize_t n
    Py_ssize_t item
    Py_ssize_t chunk


cdef void slopes_chunk(void* pointer, Py_ssize_t k) noexcept nogil:
    cdef SlopesJob* job = <SlopesJob*>pointer
    cdef double[BLOCK] buffer
    cdef Py_ssize_t start = k * job.chunk, stop = min(job.n, start + job.chunk), n
    cdef const char* x
    while start < stop:
        n = min(<Py_ssize_t>BLOCK, stop - start)
        x = job.x + start * job.item
        job.derivative(x, x, x, &buffer[0], n, 1, job.parameters)
        job.pack(&buffer[0], NULL, NULL, job.slopes + start * job.item // 2, n, 1, NULL)
        job.forward(x, x, x, job.out + start * job.item, n, 1, job.parameters)
        start += n


def forward_with_slopes(
    tuple addresses, const cython.floating[::1] x, cython.floating[::1] out,
    signed char[::1] slopes, const cython.floating[::1] parameters, int threads,
):
    """Run the loops (forward, derivative, pack); ``out`` may be x."""
    cdef size_t forward, derivative, pack
    cdef SlopesJob job
    cdef Py_ssize_t k, n = x.shape[0]
    forward, derivative, pack = addresses
    if out.shape[0] != n or slopes.shape[0] * 2 != n * <Py_ssize_t>sizeof(cython.floating):
        raise ValueError("arrays of a kernel must have the same size")
    if parameters.shape[0] < 1:
        raise ValueError("a kernel wants room for parameters")
    if n == 0:
        return
    job = SlopesJob(
        <loop_t>forward, <loop_t>derivative, <loop_t>pack, &parameters[0], <char*>&x[0],
        <char*>&out[0], <char*>&slopes[0], n, sizeof(cython.floating), chunk_of(n, 1, threads),
    )
    with nogil:
        if threads == 1 or not pool_run(slopes_chunk, &job, -(-n // job.chunk), threads):
            for k in range(-(-n // job.chunk)):
                slopes_chunk(&job, k)


def times_slopes(
    size_t address, const cython.floating[::1] dy, const signed char[::1] slopes,
    cython.floating[::1] out, int threads,
):
    """Multiply by packed slopes; ``out`` may be dy."""
    cdef Py_ssize_t n = dy.shape[0], item = sizeof(cython.floating)
    if out.shape[0] != n or slopes.shape[0] * 2 != n * item:
        raise ValueError("arrays of a kernel must have the same size")
    if n == 0:
        return
    cdef Job job = Job(
        <loop_t>address, <char*>&dy[0], <char*>&slopes[0], <char*>&dy[0], <char*>&out[0],
        n, 1, 0, item, item // 2, item, item, NULL, 0,
    )
    with nogil:
        drive(&job, threads)


FORWARD_WITH_SLOPES = {
    "float32": forward_with_slopes["float"], "float64": forward_with_slopes["double"],
}
TIMES_SLOPES = {"float32": times_slopes["float"], "float64": times_slopes["double"]}
