# Kernels with an operand that belongs to a channel, and sums of results per channel, in one
# pass over memory: a bias added before the activation, a learned slope, their gradients.
#
# An array lies in memory as (outer, count, inner), with ``count`` channels.  The sums have the
# tree of ``sum_of`` in formulas/reductions.py, as if the numbers of a channel lay in a row:
# blocks of 1024, number i of a block in lane i % 32, the lanes folded in halves, the blocks'
# sums carried on.  So they have the same bits as with any other backend.
#
# Arrays of 16 bits have their gradients by a weight summed in float32; of them only runs of a
# channel are served, not the channels side by side.

from libc.stdlib cimport calloc, free, malloc

cdef enum:
    LANES = 32
    STRIP = 1024  # channels side by side: their lanes stay in the second-level cache
    AT_ONCE = 2048  # numbers of a step where there are few channels
    FORWARD_NUMBERS = 1 << 14  # of a task without sums
    BLOCKS_PER_TASK = 16
    SHORTEST_INNER = 16  # shorter runs are slower than a transposition

cdef enum:
    BIAS, WEIGHT, NO_OPERAND

OPERANDS = {"bias": BIAS, "weight": WEIGHT, "none": NO_OPERAND}


cdef struct ChannelLoops:
    loop_t main
    loop_t term  # of the gradient by the weight
    loop_t plus
    loop_t sum
    loop_t carry
    loop_t widen  # of arrays of 16 bits, whose terms and sums are float32; else NULL


cdef struct ChannelJob:
    ChannelLoops loops
    const void* parameters
    const void* term_parameters
    int operand
    const char* dy  # NULL in the forward pass
    const char* x
    char* out
    char* operands  # of ``at_once`` rows of channels
    char* sums  # by channel and block; NULL if none are wanted
    Py_ssize_t outer
    Py_ssize_t count
    Py_ssize_t inner
    Py_ssize_t item
    Py_ssize_t term_item
    Py_ssize_t at_once
    Py_ssize_t rows  # of a task
    Py_ssize_t groups  # of lanes, among which the rows of a block are divided
    char* lanes  # of all blocks, where there are several groups
    Py_ssize_t blocks
    bint failed  # for want of memory


cdef void widened_terms(
    ChannelJob* job, const char* dy, const char* x, const char* operand, Py_ssize_t n, char* terms,
) noexcept nogil:
    cdef float[BLOCK] dy32, x32, operand32
    job.loops.widen(dy, dy, dy, &dy32[0], n, 1, NULL)
    job.loops.widen(x, x, x, &x32[0], n, 1, NULL)
    job.loops.widen(operand, operand, operand, &operand32[0], n, 1, NULL)
    job.loops.term(&dy32[0], &x32[0], &operand32[0], terms, n, 1, job.term_parameters)


cdef const char* channel_step(
    ChannelJob* job, Py_ssize_t first, const char* operand, Py_ssize_t n, char* buffer,
) noexcept nogil:
    """Compute n numbers from ``first`` on; return where the terms of the sums are."""
    cdef const char* dy = job.dy
    cdef const char* x = job.x + first * job.item
    cdef char* out = job.out + first * job.item
    if job.operand == BIAS:
        job.loops.plus(x, operand, x, buffer, n, 1, NULL)
        x = buffer
    if dy == NULL:
        job.loops.main(x, operand, x, out, n, 1, job.parameters)
        return out
    dy += first * job.item
    if job.operand == WEIGHT and job.sums != NULL:  # first, for out may be dy or x
        if job.loops.widen == NULL:
            job.loops.term(dy, x, operand, buffer, n, 1, job.term_parameters)
        else:
            widened_terms(job, dy, x, operand, n, buffer)
        job.loops.main(dy, x, operand, out, n, 1, job.parameters)
        return buffer
    job.loops.main(dy, x, operand, out, n, 1, job.parameters)
    return out


cdef void fold_strip(
    ChannelJob* job, char* lanes, Py_ssize_t block, Py_ssize_t column, Py_ssize_t width,
) noexcept nogil:
    """The sums of a block from its lanes, which are overwritten."""
    cdef Py_ssize_t n = LANES // 2 * width, c
    while n >= width:
        job.loops.plus(lanes, lanes + n * job.item, lanes, lanes, n, 1, NULL)
        n //= 2
    for c in range(width):
        memcpy(
            job.sums + ((column + c) * job.blocks + block) * job.item,
            lanes + c * job.item, job.item)


cdef void strip_task(void* pointer, Py_ssize_t k) noexcept nogil:
    """Of arrays whose last axis are the channels: the rows of a block that go to some lanes."""
    cdef ChannelJob* job = <ChannelJob*>pointer
    cdef double[AT_ONCE] buffer
    cdef Py_ssize_t strips = -(-job.count // STRIP), of_group = LANES // job.groups
    cdef Py_ssize_t first = k % job.groups * of_group
    cdef Py_ssize_t block = k // job.groups // strips, column = k // job.groups % strips * STRIP
    cdef Py_ssize_t width = min(<Py_ssize_t>STRIP, job.count - column)
    cdef Py_ssize_t start = block * job.rows, stop = min(job.outer, start + job.rows)
    cdef Py_ssize_t row, last, n
    cdef char* lane
    cdef char* lanes = NULL
    cdef const char* terms
    if job.lanes != NULL:
        lanes = job.lanes + (block * job.count + column) * LANES * job.item
    elif job.sums != NULL:
        lanes = <char*>calloc(LANES * width, job.item)
        if lanes == NULL:
            job.failed = True
            return
    start += first
    while start < stop:
        row, last = start, min(stop, start + of_group)
        lane = lanes + first * width * job.item
        while row < last:
            n = min(job.at_once, last - row) * width
            terms = channel_step(
                job, row * job.count + column, job.operands + column * job.item, n,
                <char*>&buffer[0])
            if lanes != NULL:
                job.loops.plus(lane, terms, lane, lane, n, 1, NULL)
                lane += n * job.item
            row += job.at_once
        start += LANES
    if job.sums != NULL and job.lanes == NULL:
        fold_strip(job, lanes, block, column, width)
        free(lanes)


cdef void repeat(char* into, const char* number, Py_ssize_t n, Py_ssize_t item) noexcept nogil:
    """Fill ``into`` with n times the number, by doubling what is there."""
    cdef Py_ssize_t there = item
    memcpy(into, number, item)
    while there < n * item:
        memcpy(into + there, into, min(there, n * item - there))
        there *= 2


cdef void run_task(void* pointer, Py_ssize_t k) noexcept nogil:
    """Of arrays with axes behind that of the channels: some blocks of one channel."""
    cdef ChannelJob* job = <ChannelJob*>pointer
    cdef double[BLOCK] operand, buffer, gathered
    cdef Py_ssize_t size = job.outer * job.inner
    cdef Py_ssize_t tasks = -(-job.blocks // BLOCKS_PER_TASK)
    cdef Py_ssize_t channel = k // tasks, block = k % tasks * BLOCKS_PER_TASK
    cdef Py_ssize_t last = min(job.blocks, block + BLOCKS_PER_TASK)
    cdef Py_ssize_t at, stop, i, n
    cdef const char* terms
    repeat(
        <char*>&operand[0], job.operands + channel * job.item,
        min(<Py_ssize_t>BLOCK, job.inner), job.item)
    while block < last:
        at, stop = block * BLOCK, min(size, (block + 1) * BLOCK)
        while at < stop:
            i = at % job.inner
            n = min(job.inner - i, stop - at)
            terms = channel_step(
                job, (at // job.inner * job.count + channel) * job.inner + i,
                <char*>&operand[0], n, <char*>&buffer[0])
            if job.sums != NULL:
                memcpy(
                    <char*>&gathered[0] + at % BLOCK * job.term_item, terms, n * job.term_item)
            at += n
        if job.sums != NULL:
            job.loops.sum(
                &gathered[0], &gathered[0], &gathered[0],
                job.sums + (channel * job.blocks + block) * job.term_item,
                1, stop - block * BLOCK, NULL)
        block += 1


cdef Py_ssize_t plan_strips(ChannelJob* job, bint with_sums, int threads) noexcept nogil:
    """Choose the steps for arrays whose last axis are the channels; return how many tasks."""
    cdef Py_ssize_t strips = -(-job.count // STRIP)
    job.rows = BLOCK
    if not with_sums:
        job.rows = max(1, FORWARD_NUMBERS // min(<Py_ssize_t>STRIP, job.count) // LANES) * LANES
    job.blocks = -(-job.outer // job.rows)
    if with_sums and threads > 1:
        while job.groups < LANES and job.blocks * strips * job.groups < 2 * threads:
            job.groups *= 2
    job.at_once = LANES // job.groups
    while job.at_once > 1 and (job.at_once * job.count > AT_ONCE or job.at_once > job.outer):
        job.at_once //= 2
    return job.blocks * strips * job.groups


cdef bint has_room(ChannelJob* job, const char* operands, bint with_sums) noexcept nogil:
    """Get the memory that the tasks share."""
    cdef Py_ssize_t k, row = job.count * job.item
    job.operands = <char*>malloc(job.at_once * row)
    if with_sums:
        job.sums = <char*>malloc(job.blocks * job.count * job.term_item)
    if job.groups > 1:
        job.lanes = <char*>calloc(job.blocks * LANES, row)
    if job.operands == NULL or (with_sums and job.sums == NULL):
        return False
    if job.groups > 1 and job.lanes == NULL:
        return False
    for k in range(job.at_once):
        memcpy(job.operands + k * row, operands, row)
    return True


cdef void run_tasks(
    ChannelJob* job, chunk_function task, Py_ssize_t tasks, int threads
) noexcept nogil:
    cdef Py_ssize_t k, block, column = 0
    if threads == 1 or not pool_run(task, job, tasks, threads):
        for k in range(tasks):
            task(job, k)
    if job.groups > 1:
        for block in range(job.blocks):
            column = 0
            while column < job.count:
                fold_strip(
                    job, job.lanes + (block * job.count + column) * LANES * job.item,
                    block, column, min(<Py_ssize_t>STRIP, job.count - column))
                column += STRIP


cdef bint drive_channels(
    ChannelJob* job, const char* operands, char* sums, int threads
) noexcept nogil:
    """Run the job; ``sums`` gets the sum of each channel unless it is NULL.  False: no memory."""
    cdef Py_ssize_t tasks
    job.at_once = job.groups = 1
    job.sums = job.lanes = NULL
    job.failed = False
    if job.inner == 1:
        tasks = plan_strips(job, sums != NULL, threads)
    else:
        job.blocks = -(-(job.outer * job.inner) // BLOCK)
        tasks = job.count * -(-job.blocks // BLOCKS_PER_TASK)
    if has_room(job, operands, sums != NULL):
        run_tasks(job, strip_task if job.inner == 1 else run_task, tasks, threads)
        if sums != NULL and not job.failed:
            job.loops.carry(job.sums, job.sums, job.sums, sums, job.count, job.blocks, NULL)
    else:
        job.failed = True
    free(job.operands)
    free(job.sums)
    free(job.lanes)
    return not job.failed


def run_by_channel(
    tuple addresses, str operand, const cython.floating[::1] dy, const cython.floating[::1] x,
    const cython.floating[::1] operands, cython.floating[::1] out, cython.floating[::1] sums,
    const cython.floating[::1] parameters, tuple shape, int threads,
):
    """Run kernels (main, term) with the loops (plus, sum, carry) on (outer, count, inner).

    A forward pass has an empty ``dy``, a call without sums an empty ``sums``.
    """
    cdef size_t main, term, plus, total, carry
    cdef ChannelJob job
    cdef bint done
    main, term, plus, total, carry = addresses
    job.loops = ChannelLoops(
        <loop_t>main, <loop_t>term, <loop_t>plus, <loop_t>total, <loop_t>carry, NULL)
    job.outer, job.count, job.inner = shape
    if x.shape[0] != job.outer * job.count * job.inner or out.shape[0] != x.shape[0]:
        raise ValueError("arrays of a kernel must have the same size")
    if dy.shape[0] not in (0, x.shape[0]) or sums.shape[0] not in (0, job.count):
        raise ValueError("gradients and sums of a kernel do not fit its input")
    if operands.shape[0] != job.count or parameters.shape[0] < 1 or x.shape[0] == 0:
        raise ValueError("a kernel wants an operand for each channel, and numbers")
    job.operand, job.item = OPERANDS[operand], sizeof(cython.floating)
    job.term_item = job.item
    job.parameters = job.term_parameters = &parameters[0]
    job.x, job.out = <char*>&x[0], <char*>&out[0]
    job.dy = <char*>&dy[0] if dy.shape[0] else NULL
    cdef char* into = <char*>&sums[0] if sums.shape[0] else NULL
    with nogil:
        done = drive_channels(&job, <char*>&operands[0], into, threads)
    if not done:
        raise MemoryError("no room for the operands and sums of the channels")


RUN_BY_CHANNEL = {"float32": run_by_channel["float"], "float64": run_by_channel["double"]}
