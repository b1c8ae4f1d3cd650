# Plain calls of activations whose results are not as many as their inputs: one number for a row,
# two for each of it, one for every few.  The rows of few are along the last axis; those of two for
# each along any, for what is behind the axis belongs to it; one number is made of columns too.


cdef struct Regrouping:
    cnp.npy_intp[MOST_AXES] dims  # of the output
    int ndim
    Py_ssize_t length  # of a row of the input


cdef bint finds_regrouping(Plans plans, object x, Regrouping* to):
    """How the output is made of x; False where Python decides."""
    cdef int k, axis = axis_in(plans.axis, x)
    to.ndim = cnp.PyArray_NDIM(x)
    if axis < 0 or to.ndim > MOST_AXES or (axis < to.ndim - 1 and plans.kind == PIECES):
        return False
    memcpy(&to.dims[0], cnp.PyArray_DIMS(x), to.ndim * sizeof(cnp.npy_intp))
    to.length = size_from(x, axis)
    if plans.kind == REDUCED and plans.keepdims:
        to.dims[axis] = 1
    elif plans.kind == REDUCED:
        to.ndim -= 1
        for k in range(axis, to.ndim):
            to.dims[k] = to.dims[k + 1]
    elif plans.kind == PAIRED:
        to.dims[axis] *= 2
    else:
        if to.length % plans.pieces:
            return False
        to.length = plans.pieces
        to.dims[axis] //= plans.pieces
    return True


cdef bint has_shape(object x, const Regrouping* to):
    cdef int k
    if cnp.PyArray_NDIM(x) != to.ndim:
        return False
    for k in range(to.ndim):
        if cnp.PyArray_DIM(x, k) != to.dims[k]:
            return False
    return True


cdef object regrouped(Plans plans, object x, object out):
    """The output for x, or None if the call is not plain."""
    cdef Regrouping to
    if overrides or not is_plain(x):
        return reduced_view(plans, x, out, None)
    if plans.tells_which:
        return output_and_which(plans, x, out)
    if not finds_regrouping(plans, x, &to):
        return None
    if out is None:
        out = new_array(to.ndim, to.dims, cnp.PyArray_TYPE(x), bytes_of(&to, x))
    elif not is_plain(out) or not has_shape(out, &to) or not can_fill(out, x, x):
        return reduced_view(plans, x, out, None)
    if plans.kind == REDUCED and not is_last(plans.axis, x):
        return reduced_columns(plans, axis_in(plans.axis, x), x, out)
    return in_rows(plans, FORWARD, to.length, x, x, out)


cdef object regrouped_gradient(Plans plans, object dy, object x, object out):
    """The gradient for x, or None if the call is not plain."""
    cdef Regrouping to
    if plans.kind == PIECES:
        return gradient_of_pieces(plans, dy, x, out)
    if overrides or not is_plain(x) or not is_plain(dy):
        return reduced_view_gradient(plans, dy, x, out, None)
    if plans.kind == REDUCED and not is_last(plans.axis, x):
        return reduced_view_gradient(plans, dy, x, out, None)
    if not finds_regrouping(plans, x, &to):
        return None
    if cnp.PyArray_TYPE(x) != cnp.PyArray_TYPE(dy) or not has_shape(dy, &to):
        return None
    if out is None:
        out = new_like(x)
    elif not is_like(x, out) or not can_fill(out, dy, x):
        return reduced_view_gradient(plans, dy, x, out, None)
    return in_rows(plans, BACKWARD, to.length, dy, x, out)


cdef object regrouped_gradient_from_output(Plans plans, object dy, object y, object out):
    """Of pairs, or None if the call is not plain."""
    cdef int axis
    if overrides or plans.kind != PAIRED or not is_plain(y) or not is_like(y, dy):
        return None
    axis = axis_in(plans.axis, y)
    if axis < 0 or cnp.PyArray_DIM(y, axis) % 2:
        return None
    if out is None:
        out = new_half(y, axis)
    elif not is_plain_half_of(out, y, axis) or not can_fill(out, dy, y):
        return None
    return in_rows(plans, BACKWARD_FROM_OUTPUT, size_from(y, axis) // 2, dy, y, out)


cdef size_t bytes_of(const Regrouping* to, object x):
    cdef size_t bytes = cnp.PyArray_ITEMSIZE(x)
    cdef int k
    for k in range(to.ndim):
        bytes *= to.dims[k]
    return bytes


cdef bint can_fill(object out, object first, object second):
    return (
        cnp.PyArray_TYPE(out) == cnp.PyArray_TYPE(first) and cnp.PyArray_ISWRITEABLE(out)
        and is_apart(first, out) and is_apart(second, out)
    )


cdef object in_rows(
    Plans plans, int method, Py_ssize_t length, object first, object second, object out
):
    """Run a kernel on rows that are so long in the array that is not regrouped; or None."""
    cdef int dtype = plain_dtype(first), computed = computed_in(dtype), k
    cdef Plan* plan = &plans.plans[method][computed]
    cdef Py_ssize_t n = max(cnp.PyArray_SIZE(second), cnp.PyArray_SIZE(out))
    cdef Py_ssize_t[3] sizes
    if plan.loop == NULL or cnp.PyArray_SIZE(second) == 0 or n >= plan.below:
        return None
    if dtype > FLOAT64 and (plans.halves[dtype].widen == NULL or length > LONGEST_HALF_ROW):
        return None
    for k in range(3):
        sizes[k] = plan.per_row[k] * length if plan.per_row[k] else 1
    cdef Py_ssize_t rows = cnp.PyArray_SIZE(out) // sizes[2], item = plan.item
    cdef char* a = cnp.PyArray_BYTES(first)
    cdef Job job
    cdef HalfRows halves
    cdef bint done = True
    if dtype > FLOAT64:
        start_half_rows(plans, dtype, plan, first, second, out, &halves)
        halves.outer, halves.length, halves.sizes = rows, length, sizes
    else:
        job = Job(
            plan.loop, a, cnp.PyArray_BYTES(second), a, cnp.PyArray_BYTES(out), rows, length, 0,
            sizes[0] * item, sizes[1] * item, sizes[0] * item, sizes[2] * item,
            plan.parameters, 0,
        )
    if n < SHORT:
        done = run_in_rows(dtype, &job, &halves, 1)
    else:
        with nogil:
            done = run_in_rows(dtype, &job, &halves, threads_for(plan, n))
            note_end(plan, n)
    if not done:
        raise MemoryError("no room for a tile of rows")
    return out if cnp.PyArray_NDIM(out) else out[()]


cdef inline bint run_in_rows(int dtype, Job* job, HalfRows* halves, int threads) noexcept nogil:
    if dtype > FLOAT64:
        return drive_half_rows(halves, threads)
    drive(job, threads)
    return True


# --- one number for each column ---------------------------------------------------------

cdef enum:
    COLUMNS_REDUCED = 64  # at once: their lines of the cache are then used whole
    LONGEST_REDUCED_COLUMN = 1 << 14  # numbers; longer ones are Python's


cdef struct ReducedColumns:
    loop_t loop
    loop_t transpose
    Half half
    const void* parameters
    const char* x
    char* out
    Py_ssize_t outer
    Py_ssize_t length
    Py_ssize_t inner
    Py_ssize_t item  # of the kernel's numbers
    Py_ssize_t stride  # of rows in a tile; no power of two, for the cache's sake
    bint failed  # for want of memory


cdef void reduced_columns_task(void* pointer, Py_ssize_t k) noexcept nogil:
    """Some columns, turned to rows in a tile; those of 16 bits are widened in another."""
    cdef ReducedColumns* job = <ReducedColumns*>pointer
    cdef Py_ssize_t across = -(-job.inner // COLUMNS_REDUCED)
    cdef Py_ssize_t column = k % across * COLUMNS_REDUCED
    cdef Py_ssize_t width = min(<Py_ssize_t>COLUMNS_REDUCED, job.inner - column), w, row
    cdef Py_ssize_t in_item = 2 if job.half.widen != NULL else job.item
    cdef Py_ssize_t at = k // across * job.inner + column
    cdef Py_ssize_t[2] strides = [job.inner, job.stride]
    cdef double[COLUMNS_REDUCED] results
    cdef const char* x = job.x + (k // across * job.length * job.inner + column) * in_item
    cdef Py_ssize_t tile = width * job.stride * job.item
    cdef char* rows = <char*>malloc(tile + job.length * width * job.item + WIDENED * 4)
    cdef char* wide = rows + tile
    cdef char* out = job.out + at * in_item
    if rows == NULL:
        job.failed = True
        return
    if job.half.widen != NULL:
        for row in range(job.length):
            job.half.widen(
                x + row * job.inner * 2, NULL, NULL, wide + row * width * 4, width, 1, NULL)
        x, strides[0], out = wide, width, <char*>&results[0]
    job.transpose(x, NULL, NULL, rows, job.length, width, &strides[0])
    for w in range(width):
        x = rows + w * job.stride * job.item
        job.loop(x, x, x, out + w * job.item, 1, job.length, job.parameters)
    if job.half.widen != NULL:
        job.half.narrow(out, NULL, NULL, job.out + at * 2, width, 1, NULL)
    free(rows)


cdef bint drive_reduced_columns(ReducedColumns* job, int threads) noexcept nogil:
    """Run the job; False: no memory."""
    cdef Py_ssize_t k, line = LINE // job.item
    cdef Py_ssize_t tasks = job.outer * -(-job.inner // COLUMNS_REDUCED)
    job.stride = -(-job.length // line) * line
    if job.stride * job.item % 1024 == 0:
        job.stride += line
    job.failed = False
    if threads == 1 or not pool_run(reduced_columns_task, job, tasks, threads):
        for k in range(tasks):
            reduced_columns_task(job, k)
    return not job.failed


cdef object reduced_columns(Plans plans, int axis, object x, object out):
    """The output for x along an axis that is not the last, or None."""
    cdef int dtype = plain_dtype(x), computed = computed_in(dtype), threads
    cdef Plan* plan = &plans.plans[FORWARD][computed]
    cdef Layout layout = layout_around(x, axis)
    cdef Py_ssize_t n = cnp.PyArray_SIZE(x)
    cdef ReducedColumns job
    cdef bint done
    if plan.loop == NULL or not 0 < n < plan.below or layout.count > LONGEST_REDUCED_COLUMN:
        return None
    if dtype > FLOAT64 and plans.halves[dtype].widen == NULL:
        return None
    job.loop, job.transpose, job.half = (
        plan.loop, plans.moves[computed].transpose, plans.halves[dtype])
    job.parameters, job.item = plan.parameters, plan.item
    job.x, job.out = cnp.PyArray_BYTES(x), cnp.PyArray_BYTES(out)
    job.outer, job.length, job.inner = layout.outer, layout.count, layout.inner
    threads = threads_for(plan, n)
    with nogil:
        done = drive_reduced_columns(&job, threads)
        note_end(plan, n)
    if not done:
        raise MemoryError("no room for a tile of columns")
    return out
