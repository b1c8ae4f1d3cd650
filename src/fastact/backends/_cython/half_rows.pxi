# Rows of 16 bits: some are widened to a tile of float32, go through the kernels of float32, and
# are rounded as they go back, so that no array of float32 is made.

cdef enum:
    TILE_OF_HALVES = 1 << 12  # numbers of whole rows
    TILE_OF_COLUMNS = 1 << 15  # numbers: of three such tiles two stay in the second-level cache
    FEWEST_COLUMNS = 64  # of a strip, for which a line of the cache is used whole
    LONGEST_HALF_ROW = 1 << 18  # numbers; longer rows are Python's
    MOST_HALF_COLUMN = 1 << 13  # numbers of a column; longer ones are Python's


cdef struct HalfRows:
    Half half
    const Plan* before  # of the forward pass that makes an output of b; or NULL
    const Plan* plan  # of float32
    Moves moves
    const char* a
    const char* b  # the same as a where there is one input
    char* out
    Py_ssize_t outer  # rows, or arrays of columns
    Py_ssize_t length
    Py_ssize_t inner
    Py_ssize_t[3] sizes  # numbers of a, b and the output in a row
    Py_ssize_t at_once  # rows or arrays in a tile
    Py_ssize_t width  # columns in a tile
    Py_ssize_t chunk
    bint failed  # for want of memory


cdef void rows_by_plan(
    const Plan* plan, const Moves* moves, const void* a, const void* b, void* out,
    Py_ssize_t n, Py_ssize_t length,
) noexcept nogil:
    """A row kernel on n rows, or the kernel for columns where rows are short."""
    cdef ColumnJob job
    if not 1 < length <= plan.short_row or n < FEWEST_SHORT:
        plan.loop(a, b, a, out, n, length, plan.parameters)
        return
    job.columns, job.moves, job.item = plan.columns, moves[0], plan.item
    job.length, job.inner = length, n
    job.a, job.b, job.out = <char*>a, <char*>b, <char*>out
    drive_short_rows(&job, 1)


cdef bint columns_by_plan(
    const Plan* plan, const Moves* moves, const void* a, const void* b, void* out,
    Py_ssize_t outer, Py_ssize_t length, Py_ssize_t inner,
) noexcept nogil:
    """The same along the axis in the middle; False: no memory."""
    cdef ColumnJob job
    job.loop, job.parameters, job.columns = plan.loop, plan.parameters, plan.columns
    job.moves, job.item = moves[0], plan.item
    job.outer, job.length, job.inner = outer, length, inner
    job.a, job.b, job.out = <char*>a, <char*>b, <char*>out
    return drive_columns(&job, 1)


cdef inline bint is_single(const HalfRows* job) noexcept nogil:
    """Whether both inputs are the same; what is made of the second is not the first any more."""
    return job.b == job.a and job.before == NULL


cdef void half_rows_chunk(void* pointer, Py_ssize_t k) noexcept nogil:
    cdef HalfRows* job = <HalfRows*>pointer
    cdef Py_ssize_t row = k * job.chunk, last = min(job.outer, row + job.chunk), n
    cdef Py_ssize_t* sizes = job.sizes
    cdef float* a = <float*>malloc(
        4 * (job.at_once * (sizes[0] + sizes[1] + sizes[2]) + WIDENED))
    if a == NULL:
        job.failed = True
        return
    cdef float* b = a + job.at_once * sizes[0]
    cdef float* out = b + job.at_once * sizes[1]
    if is_single(job):
        b = a
    while row < last:
        n = min(job.at_once, last - row)
        job.half.widen(job.a + 2 * row * sizes[0], NULL, NULL, a, n * sizes[0], 1, NULL)
        if b != a:
            job.half.widen(job.b + 2 * row * sizes[1], NULL, NULL, b, n * sizes[1], 1, NULL)
        if job.before != NULL:
            rows_by_plan(job.before, &job.moves, b, b, b, n, job.length)
        rows_by_plan(job.plan, &job.moves, a, b, out, n, job.length)
        job.half.narrow(out, NULL, NULL, job.out + 2 * row * sizes[2], n * sizes[2], 1, NULL)
        row += n
    free(a)


cdef inline Py_ssize_t columns_of_tile(Py_ssize_t length) noexcept nogil:
    """As many as there is room for.

    An odd multiple, since rows that are a power of two apart share the first cache's lines.
    """
    cdef Py_ssize_t multiple = TILE_OF_COLUMNS // length // FEWEST_COLUMNS
    return max(<Py_ssize_t>1, multiple - (multiple % 2 == 0)) * FEWEST_COLUMNS


cdef void widen_tile(
    HalfRows* job, const char* start, float* tile, Py_ssize_t arrays, Py_ssize_t width
) noexcept nogil:
    """Bring so many columns of arrays that follow each other side by side."""
    cdef Py_ssize_t row
    if width == job.inner:
        job.half.widen(start, NULL, NULL, tile, arrays * job.length * width, 1, NULL)
        return
    for row in range(job.length):
        job.half.widen(start + 2 * row * job.inner, NULL, NULL, tile + row * width, width, 1, NULL)


cdef void narrow_tile(
    HalfRows* job, const float* tile, char* start, Py_ssize_t arrays, Py_ssize_t width
) noexcept nogil:
    cdef Py_ssize_t row
    if width == job.inner:
        job.half.narrow(tile, NULL, NULL, start, arrays * job.length * width, 1, NULL)
        return
    for row in range(job.length):
        job.half.narrow(tile + row * width, NULL, NULL, start + 2 * row * job.inner, width, 1, NULL)


cdef void half_columns_task(void* pointer, Py_ssize_t k) noexcept nogil:
    cdef HalfRows* job = <HalfRows*>pointer
    cdef Py_ssize_t across = -(-job.inner // job.width), column = k % across * job.width
    cdef Py_ssize_t first = k // across * job.at_once
    cdef Py_ssize_t arrays = min(job.at_once, job.outer - first)
    cdef Py_ssize_t width = min(job.width, job.inner - column), n = arrays * job.length * width
    cdef Py_ssize_t at = 2 * (first * job.length * job.inner + column)
    cdef float* a = <float*>malloc(4 * (2 * n + WIDENED))
    cdef float* b = a if is_single(job) else a + n
    cdef bint done = a != NULL
    if done:
        widen_tile(job, job.a + at, a, arrays, width)
        if b != a:
            widen_tile(job, job.b + at, b, arrays, width)
        if job.before != NULL:
            done = columns_by_plan(
                job.before, &job.moves, b, b, b, arrays, job.length, width)
        done = done and columns_by_plan(
            job.plan, &job.moves, a, b, a, arrays, job.length, width)
    if done:
        narrow_tile(job, a, job.out + at, arrays, width)
    else:
        job.failed = True
    free(a)


cdef bint drive_half_rows(HalfRows* job, int threads) noexcept nogil:
    """Run the job along the last axis; False: no memory."""
    cdef Py_ssize_t k, chunks, most = max(job.sizes[0], job.sizes[2])
    job.failed = False
    job.at_once = max(1, TILE_OF_HALVES // most)
    job.chunk = max(chunk_of(job.outer, most, threads), job.at_once)
    job.at_once = min(job.at_once, job.outer)
    chunks = -(-job.outer // job.chunk)
    if threads == 1 or not pool_run(half_rows_chunk, job, chunks, threads):
        for k in range(chunks):
            half_rows_chunk(job, k)
    return not job.failed


cdef bint drive_half_columns(HalfRows* job, int threads) noexcept nogil:
    """Run the job along an axis before the last; False: no memory."""
    cdef Py_ssize_t k, tasks, whole = job.length * job.inner
    job.failed = False
    job.at_once, job.width = max(1, TILE_OF_COLUMNS // whole), job.inner
    if whole > TILE_OF_COLUMNS:
        job.width = min(job.inner, columns_of_tile(job.length))
    if threads > 1:
        job.at_once = max(1, min(job.at_once, job.outer // (4 * threads)))
    tasks = -(-job.outer // job.at_once) * -(-job.inner // job.width)
    if threads == 1 or not pool_run(half_columns_task, job, tasks, threads):
        for k in range(tasks):
            half_columns_task(job, k)
    return not job.failed


cdef object half_rows_call(
    Plans plans, const Plan* before, int method, int dtype, object first, object second,
    object out,
):
    """Of 16 bits along one axis: the result, or None if the call is not plain."""
    cdef int axis = axis_in(plans.axis, first), threads
    cdef Py_ssize_t n = cnp.PyArray_SIZE(first)
    cdef Plan* plan = &plans.plans[method][FLOAT32]
    cdef HalfRows job
    cdef bint done
    if plan.loop == NULL or plans.halves[dtype].widen == NULL or not 0 < n < plan.below:
        return None
    if axis < 0 or (second is not first and not is_like(first, second)):
        return None
    cdef Layout layout = layout_around(first, axis)
    if layout.count > LONGEST_HALF_ROW or (layout.inner > 1 and layout.count > MOST_HALF_COLUMN):
        return None
    if out is None:
        out = new_like(first)
    elif not can_take(first, out) or not is_apart_or_same(second, out):
        return None
    start_half_rows(plans, dtype, plan, first, second, out, &job)
    job.before = before
    job.outer, job.length, job.inner = layout.outer, layout.count, layout.inner
    for k in range(3):
        job.sizes[k] = layout.count
    threads = threads_for(plan, n)
    with nogil:
        if job.inner == 1:
            done = drive_half_rows(&job, threads)
        else:
            done = drive_half_columns(&job, threads)
        note_end(plan, n)
    if not done:
        raise MemoryError("no room for a tile of rows")
    return out


cdef void start_half_rows(
    Plans plans, int dtype, const Plan* plan, object first, object second, object out,
    HalfRows* job,
):
    job.half, job.moves = plans.halves[dtype], plans.moves[FLOAT32]
    job.plan, job.before = plan, NULL
    job.a, job.b = cnp.PyArray_BYTES(first), cnp.PyArray_BYTES(second)
    job.out = cnp.PyArray_BYTES(out)
