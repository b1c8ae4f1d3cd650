# Gradients and their sums by channel, in one pass over memory: of a bias that was added before the
# activation, and of a learned weight.  What has no sums is in operands.pxi.
#
# The sums have the tree of ``sum_of`` in formulas/reductions.py, as if the numbers of a channel
# lay in a row: blocks of 1024, number i of a block in lane i % 32, the lanes folded in halves,
# the blocks' sums carried on.  So they have the same bits as with any other backend.
#
# Gradients of 16 bits are summed in float32, before they are rounded.

from libc.stdlib cimport calloc, free, malloc

cdef enum:
    LANES = 32
    STRIP = 1024  # channels side by side: their lanes stay in the second-level cache
    AT_ONCE = 2048  # numbers of a step where there are few channels
    BLOCKS_PER_TASK = 16
    SHORTEST_INNER = 16  # shorter runs are slower than a transposition

cdef struct ChannelLoops:
    loop_t main
    loop_t term  # of the gradient by the weight; of 16 bits, the kernel of float32
    loop_t plus
    loop_t carry
    loop_t sum


cdef struct ChannelJob:
    ChannelLoops loops
    Half half
    loop_t unpack  # of the bits of a mask; else NULL
    bint of_results  # whether the gradients are summed as they are rounded to 16 bits
    const void* parameters
    const void* term_parameters
    int operand
    const char* dy
    const char* x  # or the output, packed slopes, a mask
    Py_ssize_t x_bits  # of a number
    char* out
    char* operands  # of ``at_once`` rows of channels
    char* sums  # by channel and block
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


cdef const char* channel_step(
    ChannelJob* job, Py_ssize_t first, const char* operand, Py_ssize_t n, char* buffer,
) noexcept nogil:
    """Compute n gradients from ``first`` on; return where the terms of the sums are."""
    cdef const char* dy = job.dy + first * job.item
    cdef const char* x = job.x + first * job.x_bits // 8
    cdef char* out = job.out + first * job.item
    if job.loops.main == NULL:
        return dy
    if job.half.widen != NULL:
        half_step(job, dy, x, operand, n, first % 8, out, buffer)
        return buffer
    if job.unpack != NULL:
        job.unpack(x, NULL, NULL, buffer, first % 8 + n, 1, NULL)
        x = buffer + first % 8 * job.item
    if job.operand == BIAS:
        job.loops.plus(x, operand, x, buffer, n, 1, NULL)
        x = buffer
    if job.operand == WEIGHT:  # first, for out may be dy or x
        job.loops.term(dy, x, operand, buffer, n, 1, job.term_parameters)
    job.loops.main(dy, x, operand, out, n, 1, job.parameters)
    return buffer if job.operand == WEIGHT else out


cdef void half_step(
    ChannelJob* job, const char* dy, const char* x, const char* operand, Py_ssize_t n,
    Py_ssize_t bit, char* out, char* terms,
) noexcept nogil:
    """The same of 16 bits."""
    cdef unsigned short[AT_ONCE + 8] given
    if job.unpack != NULL:
        job.unpack(x, NULL, NULL, &given[0], bit + n, 1, NULL)
        x = <char*>&given[bit]
    elif job.operand == BIAS:
        plus_in_16_bits(&job.half, job.loops.plus, x, operand, n, <char*>&given[0])
        x = <char*>&given[0]
    if not job.of_results:
        widened_terms(job, dy, x, operand, n, terms)
    if job.of_results and job.unpack == NULL:
        times_slopes_in_16_bits(&job.half, job.loops.main, dy, x, n, out)
    else:
        job.loops.main(dy, x, operand, out, n, 1, job.parameters)
    if job.of_results:
        job.half.widen(out, NULL, NULL, terms, n, 1, NULL)


cdef void widened_terms(
    ChannelJob* job, const char* dy, const char* x, const char* operand, Py_ssize_t n, char* terms,
) noexcept nogil:
    cdef float[AT_ONCE] dy32, x32, operand32
    job.half.widen(dy, NULL, NULL, &dy32[0], n, 1, NULL)
    job.half.widen(x, NULL, NULL, &x32[0], n, 1, NULL)
    if job.operand == WEIGHT:
        job.half.widen(operand, NULL, NULL, &operand32[0], n, 1, NULL)
    job.loops.term(&dy32[0], &x32[0], &operand32[0], terms, n, 1, job.term_parameters)


cdef void fold_strip(
    ChannelJob* job, char* lanes, Py_ssize_t block, Py_ssize_t column, Py_ssize_t width,
) noexcept nogil:
    """The sums of a block from its lanes, which are overwritten."""
    cdef Py_ssize_t n = LANES // 2 * width, c
    while n >= width:
        job.loops.plus(lanes, lanes + n * job.term_item, lanes, lanes, n, 1, NULL)
        n //= 2
    for c in range(width):
        memcpy(
            job.sums + ((column + c) * job.blocks + block) * job.term_item,
            lanes + c * job.term_item, job.term_item)


cdef void strip_task(void* pointer, Py_ssize_t k) noexcept nogil:
    """Of arrays whose last axis are the channels: the rows of a block that go to some lanes."""
    cdef ChannelJob* job = <ChannelJob*>pointer
    cdef double[AT_ONCE + 8] buffer
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
        lanes = job.lanes + (block * job.count + column) * LANES * job.term_item
    else:
        lanes = <char*>calloc(LANES * width, job.term_item)
        if lanes == NULL:
            job.failed = True
            return
    start += first
    while start < stop:
        row, last = start, min(stop, start + of_group)
        lane = lanes + first * width * job.term_item
        while row < last:
            n = min(job.at_once, last - row) * width
            terms = channel_step(
                job, row * job.count + column, job.operands + column * job.item, n,
                <char*>&buffer[0])
            job.loops.plus(lane, terms, lane, lane, n, 1, NULL)
            lane += n * job.term_item
            row += job.at_once
        start += LANES
    if job.lanes == NULL:
        fold_strip(job, lanes, block, column, width)
        free(lanes)


cdef void run_task(void* pointer, Py_ssize_t k) noexcept nogil:
    """Of arrays with axes behind that of the channels: some blocks of one channel."""
    cdef ChannelJob* job = <ChannelJob*>pointer
    cdef double[BLOCK] operand, gathered
    cdef double[BLOCK + 8] buffer
    cdef Py_ssize_t size = job.outer * job.inner
    cdef Py_ssize_t tasks = -(-job.blocks // BLOCKS_PER_TASK)
    cdef Py_ssize_t channel = k // tasks, block = k % tasks * BLOCKS_PER_TASK
    cdef Py_ssize_t last = min(job.blocks, block + BLOCKS_PER_TASK)
    cdef Py_ssize_t at, stop, i, n
    cdef const char* terms
    repeat(
        <char*>&operand[0], job.operands + channel * job.item, job.item,
        min(<Py_ssize_t>BLOCK, job.inner) * job.item)
    while block < last:
        at, stop = block * BLOCK, min(size, (block + 1) * BLOCK)
        while at < stop:
            i = at % job.inner
            n = min(job.inner - i, stop - at)
            terms = channel_step(
                job, (at // job.inner * job.count + channel) * job.inner + i,
                <char*>&operand[0], n, <char*>&buffer[0])
            memcpy(<char*>&gathered[0] + at % BLOCK * job.term_item, terms, n * job.term_item)
            at += n
        job.loops.sum(
            &gathered[0], &gathered[0], &gathered[0],
            job.sums + (channel * job.blocks + block) * job.term_item,
            1, stop - block * BLOCK, NULL)
        block += 1


cdef Py_ssize_t plan_strips(ChannelJob* job, int threads) noexcept nogil:
    """Choose the steps for arrays whose last axis are the channels; return how many tasks."""
    cdef Py_ssize_t strips = -(-job.count // STRIP)
    job.rows = BLOCK
    job.blocks = -(-job.outer // job.rows)
    if threads > 1:
        while job.groups < LANES and job.blocks * strips * job.groups < 2 * threads:
            job.groups *= 2
    job.at_once = LANES // job.groups
    while job.at_once > 1 and (job.at_once * job.count > AT_ONCE or job.at_once > job.outer):
        job.at_once //= 2
    return job.blocks * strips * job.groups


cdef bint has_room(ChannelJob* job, const char* operands) noexcept nogil:
    """Get the memory that the tasks share."""
    cdef Py_ssize_t row = job.count * job.item
    job.operands = <char*>malloc(job.at_once * row)
    job.sums = <char*>malloc(job.blocks * job.count * job.term_item)
    if job.groups > 1:
        job.lanes = <char*>calloc(job.blocks * LANES * job.count, job.term_item)
    if job.operands == NULL or job.sums == NULL or (job.groups > 1 and job.lanes == NULL):
        return False
    repeat(job.operands, operands, row, job.at_once * row)
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
                    job, job.lanes + (block * job.count + column) * LANES * job.term_item,
                    block, column, min(<Py_ssize_t>STRIP, job.count - column))
                column += STRIP


cdef bint drive_channels(
    ChannelJob* job, const char* operands, char* sums, int threads
) noexcept nogil:
    """Run the job; ``sums`` gets the sum of each channel.  False: no memory."""
    cdef Py_ssize_t tasks
    job.at_once = job.groups = 1
    job.sums = job.lanes = NULL
    job.failed = False
    if job.inner == 1:
        tasks = plan_strips(job, threads)
    else:
        job.blocks = -(-(job.outer * job.inner) // BLOCK)
        tasks = job.count * -(-job.blocks // BLOCKS_PER_TASK)
    if has_room(job, operands):
        run_tasks(job, strip_task if job.inner == 1 else run_task, tasks, threads)
        if not job.failed:
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
    """Run kernels (main, term) with the loops (plus, carry, sum) on (outer, count, inner).

    With a main of 0 ``dy`` is summed, and x and out are not used.
    """
    cdef size_t main, term, plus, carry, total
    cdef ChannelJob job
    cdef bint done
    main, term, plus, carry, total = addresses
    job.loops = ChannelLoops(
        <loop_t>main, <loop_t>term, <loop_t>plus, <loop_t>carry, <loop_t>total)
    job.outer, job.count, job.inner = shape
    if dy.shape[0] != job.outer * job.count * job.inner or dy.shape[0] == 0:
        raise ValueError("a kernel by channel wants as many numbers as its shape says")
    if x.shape[0] != dy.shape[0] or out.shape[0] != dy.shape[0]:
        raise ValueError("arrays of a kernel must have the same size")
    if operands.shape[0] != job.count or sums.shape[0] != job.count or parameters.shape[0] < 1:
        raise ValueError("a kernel wants an operand and a sum for each channel, and numbers")
    job.operand, job.item = OPERANDS[operand], sizeof(cython.floating)
    job.term_item, job.x_bits = job.item, 8 * job.item
    job.half, job.unpack, job.of_results = no_half, NULL, False
    job.parameters = job.term_parameters = &parameters[0]
    job.dy, job.x, job.out = <char*>&dy[0], <char*>&x[0], <char*>&out[0]
    with nogil:
        done = drive_channels(&job, <char*>&operands[0], <char*>&sums[0], threads)
    if not done:
        raise MemoryError("no room for the operands and sums of the channels")


RUN_BY_CHANNEL = {"float32": run_by_channel["float"], "float64": run_by_channel["double"]}
