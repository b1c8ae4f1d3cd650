# An operand per channel: a bias that is added before the activation, or a weight of it.
#
# An array lies in memory as (outer, count, inner), with ``count`` channels.  A kernel goes through
# it as it lies, block by block; the operands of a block are written side by side, but for those
# that lie so already.

from libc.stdlib cimport free, malloc

cdef enum:
    BIAS, WEIGHT, NO_OPERAND

cdef enum:
    MOST_SPREAD = 1 << 15  # numbers

OPERANDS = {"bias": BIAS, "weight": WEIGHT, "none": NO_OPERAND}


cdef struct Operands:
    int kind
    loop_t plus  # of a bias
    Half half
    const char* numbers  # by channel
    Py_ssize_t count
    Py_ssize_t inner
    Py_ssize_t item


# What a thread has for itself.
cdef struct OperandRoom:
    double[2 * BLOCK] operands
    double[BLOCK] sum
    Py_ssize_t channel  # with whose ``operands`` begin; -1: nothing there can be used again


cdef void repeat(char* into, const char* row, Py_ssize_t bytes, Py_ssize_t all) noexcept nogil:
    """Fill ``into`` with the row again and again, by doubling what is there."""
    cdef Py_ssize_t there = min(bytes, all)
    memcpy(into, row, there)
    while there < all:
        memcpy(into + there, into, min(there, all - there))
        there *= 2


cdef inline Py_ssize_t most_at_once(Py_ssize_t item) noexcept nogil:
    """Numbers of a block.  What is doubtful in 16 bits is computed again for each."""
    return 2 * BLOCK if item == 2 else BLOCK


cdef char* spread(Operands* operands, Py_ssize_t n) noexcept nogil:
    """Write the operands of (count, inner) side by side, if that is done once for many numbers.

    The caller frees what is returned, or NULL.  (64, 64, 7, 7) by prelu took 1.6 of the time
    when the runs of each block were written.
    """
    cdef Py_ssize_t run = operands.inner * operands.item, all = operands.count * operands.inner
    cdef Py_ssize_t channel
    cdef char* into
    if operands.inner == 1 or operands.inner > BLOCK or all > MOST_SPREAD or n < 4 * all:
        return NULL
    into = <char*>malloc(all * operands.item)
    if into == NULL:
        return NULL
    for channel in range(operands.count):
        repeat(into + channel * run, operands.numbers + channel * operands.item,
               operands.item, run)
    operands.numbers, operands.count, operands.inner = into, all, 1
    return into


cdef const char* operands_in_rows(
    const Operands* operands, OperandRoom* room, Py_ssize_t channel, Py_ssize_t n
) noexcept nogil:
    """Of an array whose last axis are the channels: n operands from ``channel`` on."""
    cdef Py_ssize_t item = operands.item, left = operands.count - channel, whole
    cdef const char* given = operands.numbers + channel * item
    cdef char* into = <char*>&room.operands[0]
    if n <= left:
        return given
    if operands.count > most_at_once(item):
        memcpy(into, given, left * item)
        memcpy(into + left * item, operands.numbers, (n - left) * item)
        return into
    if room.channel < 0:
        whole = operands.count + most_at_once(item)
        repeat(into, operands.numbers, operands.count * item, whole * item)
        room.channel = 0
    return into + channel * item


cdef const char* operands_of_runs(
    const Operands* operands, OperandRoom* room, Py_ssize_t first, Py_ssize_t n
) noexcept nogil:
    """Of an array with axes behind that of the channels."""
    cdef Py_ssize_t item = operands.item
    cdef Py_ssize_t channel = first // operands.inner % operands.count
    cdef Py_ssize_t left = operands.inner - first % operands.inner, whole
    cdef char* into = <char*>&room.operands[0]
    if n <= left:
        if room.channel != channel:
            whole = min(most_at_once(item), operands.inner)
            repeat(into, operands.numbers + channel * item, item, whole * item)
            room.channel = channel
        return into
    room.channel = -1
    while n > 0:
        left = min(left, n)
        repeat(into, operands.numbers + channel * item, item, left * item)
        into += left * item
        n -= left
        left = operands.inner
        channel = channel + 1 if channel + 1 < operands.count else 0
    return <char*>&room.operands[0]


cdef const char* operands_of(
    const Operands* operands, OperandRoom* room, Py_ssize_t first, Py_ssize_t n
) noexcept nogil:
    """The operands of the n numbers from ``first`` on, at most ``most_at_once``."""
    if operands.inner == 1:
        return operands_in_rows(operands, room, first % operands.count, n)
    return operands_of_runs(operands, room, first, n)


cdef const char* with_bias(
    const Operands* operands, OperandRoom* room, const char* x, Py_ssize_t first, Py_ssize_t n
) noexcept nogil:
    """The sums of n numbers and their biases; x is where the whole array begins."""
    cdef const char* biases = operands_of(operands, room, first, n)
    cdef char* out = <char*>&room.sum[0]
    x += first * operands.item
    if operands.half.widen == NULL:
        operands.plus(x, biases, x, out, n, 1, NULL)
    else:
        plus_in_16_bits(&operands.half, operands.plus, x, biases, n, out)
    return out


cdef struct OperandJob:
    loop_t loop
    const void* parameters
    Operands operands
    const char* dy  # NULL in the forward pass
    const char* x
    char* out
    Py_ssize_t n
    Py_ssize_t head  # numbers before the first line of the cache in ``out``
    bint streamed
    Py_ssize_t chunk


cdef void operand_block(
    OperandJob* job, OperandRoom* room, Py_ssize_t first, Py_ssize_t n, char* out
) noexcept nogil:
    cdef Py_ssize_t item = job.operands.item
    cdef const char* x = job.x + first * item
    cdef const char* given = x
    if job.operands.kind == BIAS:
        x = with_bias(&job.operands, room, job.x, first, n)
    elif job.operands.kind == WEIGHT:
        given = operands_of(&job.operands, room, first, n)
    if job.dy == NULL:
        job.loop(x, given, x, out, n, 1, job.parameters)
    else:
        job.loop(job.dy + first * item, x, given, out, n, 1, job.parameters)


cdef void stream_operand_block(
    OperandJob* job, OperandRoom* room, Py_ssize_t first, Py_ssize_t n
) noexcept nogil:
    cdef char[STREAM_BLOCK + LINE_BYTES] place
    cdef char* block = &place[0] + (LINE_BYTES - <size_t>&place[0] % LINE_BYTES)
    cdef Py_ssize_t at = first * job.operands.item, bytes = n * job.operands.item
    fetch_ahead(job.x + at, bytes)
    if job.dy != NULL:
        fetch_ahead(job.dy + at, bytes)
    operand_block(job, room, first, n, block)
    stream(block, job.out + at, bytes)


cdef void operand_part(OperandJob* job, Py_ssize_t first, Py_ssize_t stop) noexcept nogil:
    cdef OperandRoom room
    cdef Py_ssize_t item = job.operands.item, n
    cdef Py_ssize_t at_once = STREAM_BLOCK // item if job.streamed else most_at_once(item)
    room.channel = -1
    while first < stop:
        n = min(at_once, stop - first)
        if job.streamed:
            stream_operand_block(job, &room, first, n)
        else:
            operand_block(job, &room, first, n, job.out + first * item)
        first += n
    if job.streamed:
        end_of_stream()


cdef void operand_chunk(void* pointer, Py_ssize_t k) noexcept nogil:
    cdef OperandJob* job = <OperandJob*>pointer
    cdef Py_ssize_t first = job.head + k * job.chunk
    operand_part(job, first, min(job.n, first + job.chunk))


cdef void drive_operands(OperandJob* job, int threads) noexcept nogil:
    """Run a kernel whose operands differ by channel."""
    cdef char* room = spread(&job.operands, job.n)
    run_operands(job, threads)
    free(room)


cdef void run_operands(OperandJob* job, int threads) noexcept nogil:
    cdef Py_ssize_t item = job.operands.item
    job.streamed = False
    job.head = before_line(job.out, job.n, item)
    operand_part(job, 0, job.head)
    if job.out != job.x and job.out != job.dy:
        job.streamed = is_past_caches(job.out + job.head * item, job.n * item)
    if threads > 1:
        job.chunk = chunk_of(job.n - job.head, 1, threads)
        if pool_run(operand_chunk, job, -(-(job.n - job.head) // job.chunk), threads):
            return
    operand_part(job, job.head, job.n)


def run_with_operands(
    tuple addresses, str operand, const cython.floating[::1] dy, const cython.floating[::1] x,
    const cython.floating[::1] operands, cython.floating[::1] out,
    const cython.floating[::1] parameters, tuple shape, int threads,
):
    """Run the kernel of the loops (main, plus) on (outer, count, inner).

    A forward pass has an empty ``dy``.
    """
    cdef size_t main, plus
    cdef Py_ssize_t outer, count, inner
    main, plus = addresses
    outer, count, inner = shape
    if x.shape[0] != outer * count * inner or x.shape[0] == 0:
        raise ValueError("a kernel by channel wants as many numbers as its shape says")
    if out.shape[0] != x.shape[0] or dy.shape[0] not in (0, x.shape[0]):
        raise ValueError("arrays of a kernel must have the same size")
    if operands.shape[0] != count or parameters.shape[0] < 1:
        raise ValueError("a kernel wants an operand for each channel, and numbers")
    cdef OperandJob job
    job.loop, job.parameters = <loop_t>main, &parameters[0]
    job.operands = Operands(
        OPERANDS[operand], <loop_t>plus, no_half, <char*>&operands[0], count, inner,
        sizeof(cython.floating))
    job.dy = <char*>&dy[0] if dy.shape[0] else NULL
    job.x, job.out, job.n = <char*>&x[0], <char*>&out[0], x.shape[0]
    with nogil:
        drive_operands(&job, threads)


RUN_WITH_OPERANDS = {
    "float32": run_with_operands["float"], "float64": run_with_operands["double"],
}
