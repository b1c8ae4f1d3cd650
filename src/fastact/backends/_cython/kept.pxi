# A forward pass that keeps a bit or a packed slope of each number, and the backward pass from
# these, each in one pass over memory (pack_... and the like in support.h).


cdef struct KeepingJob:
    loop_t at_once  # NULL, or computes all, with the place for what is kept as its second input
    loop_t forward  # NULL: what is kept is all that is wanted
    loop_t widen  # of 16 bits, whose mask or derivative is computed in float32; or NULL
    loop_t kept  # the derivative, or the mask as numbers 1 and 0
    loop_t pack
    const void* parameters
    const void* kept_parameters
    const char* x
    char* out
    char* packed
    Py_ssize_t n
    Py_ssize_t item
    Py_ssize_t packed_bits  # of a number
    Operands operands  # biases; without numbers if there are none
    Py_ssize_t chunk


cdef void keep_block(
    KeepingJob* job, const char* x, Py_ssize_t start, Py_ssize_t n
) noexcept nogil:
    """Of n numbers, which are those from ``start`` on with their bias."""
    cdef double[BLOCK] buffer
    cdef float[BLOCK] widened
    cdef char* out = job.out + start * job.item
    cdef char* packed = job.packed + start * job.packed_bits // 8
    cdef const void* given = x
    if job.at_once != NULL:
        job.at_once(x, packed, x, out, n, 1, job.parameters)
        return
    if job.widen != NULL:
        given = &widened[0]
        job.widen(x, NULL, NULL, &widened[0], n, 1, NULL)
    job.kept(given, given, given, &buffer[0], n, 1, job.kept_parameters)
    job.pack(&buffer[0], NULL, NULL, packed, n, 1, NULL)
    if job.forward != NULL:
        job.forward(x, x, x, out, n, 1, job.parameters)


cdef void keeping_chunk(void* pointer, Py_ssize_t k) noexcept nogil:
    cdef KeepingJob* job = <KeepingJob*>pointer
    cdef OperandRoom room
    cdef Py_ssize_t start = k * job.chunk, stop = min(job.n, start + job.chunk), n
    cdef const char* x
    if job.at_once != NULL and job.operands.numbers == NULL:
        keep_block(job, job.x + start * job.item, start, stop - start)
        return
    room.channel = -1
    while start < stop:
        n = min(<Py_ssize_t>BLOCK, stop - start)
        x = job.x + start * job.item
        if job.operands.numbers != NULL:
            x = with_bias(&job.operands, &room, job.x, start, n)
        keep_block(job, x, start, n)
        start += n


cdef void drive_keeping(KeepingJob* job, int threads) noexcept nogil:
    cdef Py_ssize_t k
    cdef char* room = spread(&job.operands, job.n)
    job.chunk = chunk_of(job.n, 1, threads)
    if threads == 1 or not pool_run(keeping_chunk, job, -(-job.n // job.chunk), threads):
        for k in range(-(-job.n // job.chunk)):
            keeping_chunk(job, k)
    free(room)


def forward_keeping(
    tuple addresses, const cython.floating[::1] x, const cython.floating[::1] biases,
    cython.floating[::1] out, unsigned char[::1] packed, Py_ssize_t packed_bits,
    const cython.floating[::1] parameters, tuple shape, int threads,
):
    """Run the loops (at_once, forward, kept, pack, plus), or the first of them if it is not 0.

    ``out`` may be x, or None with an at_once and forward of 0.  There may be no biases;
    else they are the channels of the shape (outer, count, inner).
    """
    cdef size_t at_once, forward, kept, pack, plus
    cdef Py_ssize_t n = x.shape[0], outer, count, inner
    cdef KeepingJob job
    cdef char* to = NULL
    cdef const char* numbers = NULL
    at_once, forward, kept, pack, plus = addresses
    outer, count, inner = shape
    if packed.shape[0] != -(-n * packed_bits // 8) or (forward and out.shape[0] != n):
        raise ValueError("arrays of a kernel must have the same size")
    if parameters.shape[0] < 1:
        raise ValueError("a kernel wants room for parameters")
    if biases.shape[0] and (biases.shape[0] != count or outer * count * inner != n):
        raise ValueError("a kernel wants a bias for each channel")
    if n == 0:
        return
    if forward:
        to = <char*>&out[0]
    if biases.shape[0]:
        numbers = <char*>&biases[0]
    job = KeepingJob(
        <loop_t>at_once, <loop_t>forward, NULL, <loop_t>kept, <loop_t>pack,
        &parameters[0], &parameters[0], <char*>&x[0], to, <char*>&packed[0], n,
        sizeof(cython.floating), packed_bits,
        Operands(BIAS, <loop_t>plus, no_half, numbers, count, inner, sizeof(cython.floating)), 0,
    )
    with nogil:
        drive_keeping(&job, threads)


cdef struct MaskJob:
    loop_t unpack
    loop_t backward
    const void* parameters
    const char* dy
    const char* mask
    char* out
    Py_ssize_t n
    Py_ssize_t item
    Py_ssize_t chunk


cdef void mask_chunk(void* pointer, Py_ssize_t k) noexcept nogil:
    cdef MaskJob* job = <MaskJob*>pointer
    cdef double[BLOCK] buffer
    cdef Py_ssize_t start = k * job.chunk, stop = min(job.n, start + job.chunk), n
    cdef const char* dy
    while start < stop:
        n = min(<Py_ssize_t>BLOCK, stop - start)
        dy = job.dy + start * job.item
        job.unpack(job.mask + start // 8, NULL, NULL, &buffer[0], n, 1, NULL)
        job.backward(dy, &buffer[0], dy, job.out + start * job.item, n, 1, job.parameters)
        start += n


cdef void drive_mask(MaskJob* job, int threads) noexcept nogil:
    cdef Py_ssize_t k
    job.chunk = chunk_of(job.n, 1, threads)
    if threads == 1 or not pool_run(mask_chunk, job, -(-job.n // job.chunk), threads):
        for k in range(-(-job.n // job.chunk)):
            mask_chunk(job, k)


def backward_from_mask(
    tuple addresses, const cython.floating[::1] dy, const unsigned char[::1] mask,
    cython.floating[::1] out, const cython.floating[::1] parameters, int threads,
):
    """Run the loops (unpack, backward); ``out`` may be dy."""
    cdef size_t unpack, backward
    cdef MaskJob job
    cdef Py_ssize_t n = dy.shape[0]
    unpack, backward = addresses
    if out.shape[0] != n or mask.shape[0] != -(-n // 8):
        raise ValueError("arrays of a kernel must have the same size")
    if parameters.shape[0] < 1:
        raise ValueError("a kernel wants room for parameters")
    if n == 0:
        return
    job = MaskJob(
        <loop_t>unpack, <loop_t>backward, &parameters[0], <char*>&dy[0], <char*>&mask[0],
        <char*>&out[0], n, sizeof(cython.floating), 0,
    )
    with nogil:
        drive_mask(&job, threads)


cdef struct SlopesJob:
    Half half
    loop_t times  # in float32
    const char* dy
    const char* slopes
    char* out
    Py_ssize_t n
    Py_ssize_t chunk


cdef void slopes_chunk(void* pointer, Py_ssize_t k) noexcept nogil:
    cdef SlopesJob* job = <SlopesJob*>pointer
    cdef Py_ssize_t start = k * job.chunk, n = min(job.chunk, job.n - start)
    times_slopes_in_16_bits(
        &job.half, job.times, job.dy + 2 * start, job.slopes + 2 * start, n,
        job.out + 2 * start)


cdef void drive_slopes(SlopesJob* job, int threads) noexcept nogil:
    """Multiply numbers of 16 bits by packed slopes."""
    cdef Py_ssize_t k
    job.chunk = chunk_of(job.n, 1, threads)
    if threads == 1 or not pool_run(slopes_chunk, job, -(-job.n // job.chunk), threads):
        for k in range(-(-job.n // job.chunk)):
            slopes_chunk(job, k)


def times_slopes(
    size_t address, const cython.floating[::1] dy, const unsigned char[::1] slopes,
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


FORWARD_KEEPING = {"float32": forward_keeping["float"], "float64": forward_keeping["double"]}
BACKWARD_FROM_MASK = {
    "float32": backward_from_mask["float"], "float64": backward_from_mask["double"],
}
TIMES_SLOPES = {"float32": times_slopes["float"], "float64": times_slopes["double"]}
