# The short way of calls on views (views.pxi): what is run on them, and where its results go.

MOST_AXES_OF_VIEWS = VIEW_AXES


# --- what is to be done ----------------------------------------------------------------


cdef void begin_view(object like, View* view):
    """Of numbers as many as those of an array."""
    memcpy(&view.shape[0], cnp.PyArray_DIMS(like), cnp.PyArray_NDIM(like) * sizeof(Py_ssize_t))
    view.n, view.item = cnp.PyArray_SIZE(like), cnp.PyArray_ITEMSIZE(like)
    view.inputs = view.operands = 0


cdef void add_operand(View* view, object x):
    cdef int axis
    view.start[view.operands] = cnp.PyArray_BYTES(x)
    for axis in range(cnp.PyArray_NDIM(x)):
        view.steps[view.operands][axis] = cnp.PyArray_STRIDE(x, axis)
    view.operands += 1


cdef void take_axis(View* view, const View* given, int axis, int onto):
    cdef int k
    view.shape[onto] = given.shape[axis]
    for k in range(view.operands):
        view.steps[k][onto] = given.steps[k][axis]


cdef void arrange(View* view, object by, int of_rows):
    """Sort the axes by the steps of an array, the smallest last, and join what follows in memory.

    Those of one number are dropped, and so is the axis of rows, if there is one.
    """
    cdef View given = view[0]
    cdef int[VIEW_AXES] order
    cdef int count = axes_by_step(by, &order[0]), k
    view.axes = 0
    for k in range(count - 1, -1, -1):
        if order[k] != of_rows and given.shape[order[k]] != 1:
            take_axis(view, &given, order[k], view.axes)
            view.axes += 1
            join_last_axes(view)
    if view.axes == 0:  # one number, or row
        view.axes, view.shape[0] = 1, 1
        for k in range(view.operands):
            view.steps[k][0] = view.item


cdef void join_last_axes(View* view):
    """Make one of two that follow each other in memory in all arrays."""
    cdef int last = view.axes - 1, k
    cdef Py_ssize_t length
    if last == 0:
        return
    for k in range(view.operands):
        if view.steps[k][last - 1] != view.shape[last] * view.steps[k][last]:
            return
    length = view.shape[last - 1]
    take_axis(view, view, last, last - 1)
    view.shape[last - 1] *= length
    view.axes = last


cdef void take_rows(View* view, int axis):
    """Let the rows be along this axis."""
    cdef int k
    view.length = view.shape[axis]
    view.n //= view.length
    for k in range(view.operands):
        view.along[k], view.lengths[k] = view.steps[k][axis], view.length


cdef double nothing = 0.0  # and of float32 in its first bytes


cdef object view_call(Plans plans, int method, object first, object second, object out):
    """What ``plain_call`` does, of arrays that lie anyhow; None if Python must."""
    return call_on_views(plans, method, first, second, out, False, None)


cdef object call_on_views(
    Plans plans, int method, object first, object second, object out, bint from_input, object mask
):
    """The same, or the gradient along rows from ``second`` as input; a mask is for rows too."""
    cdef int dtype = view_dtype(first)
    cdef View view
    if overrides or dtype < 0 or (second is not first and not is_view_like(first, second)):
        return None
    cdef Plan* plan = &plans.plans[method][FLOAT32 if is_half_row(plans, dtype) else dtype]
    cdef Py_ssize_t n = cnp.PyArray_SIZE(first)
    if plan.loop == NULL or n >= plan.below:
        return None
    if plans.kind == ROWS and axis_in(plans.axis, first) < 0:
        return None
    if out is None:
        out = new_array_like(first if plans.kind == GATE else second)
    elif not can_fill_view(first, out) or not can_write(first, out) or not can_write(second, out):
        return None
    begin_view(first, &view)
    add_operand(&view, first)
    if second is not first or from_input:
        add_operand(&view, second)
    view.inputs = view.operands
    add_operand(&view, out)
    view.loops[0], view.parameters[0] = plan.loop, plan.parameters
    if plans.kind == ROWS:
        view.is_reduction = False
        view.before = &plans.plans[FORWARD][computed_in(dtype)] if from_input else NULL
        if not takes_mask(plans, method, computed_in(dtype), mask, first, out, &view):
            return None
        take_rows(&view, axis_in(plans.axis, out))
        return out if runs_rows(plans, plan, dtype, out, &view) else None
    start_view(plan, out, &view)
    return out


cdef bint takes_mask(
    Plans plans, int method, int dtype, object mask, object x, object out, View* view
):
    """Let the view leave out what the mask does, if there is one; False if Python must."""
    cdef Masking* masking = &plans.masking[dtype]
    view.select = NULL
    if mask is None:
        return True
    if masking.select == NULL or not add_mask(view, mask, x) or not is_beside(mask, out):
        return False
    view.select = masking.select
    if method == FORWARD:
        view.left_out[0], view.left_out[2] = masking.input, masking.output
    else:
        view.left_out[0] = view.left_out[2] = &nothing
        view.left_out[1] = masking.input if view.before != NULL else masking.output
    return True


cdef bint add_mask(View* view, object mask, object x):
    """Take a bool array that broadcasts to x for the last operand."""
    cdef int axis, before
    if not cnp.PyArray_CheckExact(mask) or cnp.PyArray_TYPE(mask) != cnp.NPY_BOOL:
        return False
    before = cnp.PyArray_NDIM(x) - cnp.PyArray_NDIM(mask)
    if before < 0:
        return False
    view.start[view.operands] = cnp.PyArray_BYTES(mask)
    for axis in range(cnp.PyArray_NDIM(x)):
        view.steps[view.operands][axis] = 0
        if axis < before or cnp.PyArray_DIM(mask, axis - before) == 1:
            continue
        if cnp.PyArray_DIM(mask, axis - before) != cnp.PyArray_DIM(x, axis):
            return False
        view.steps[view.operands][axis] = cnp.PyArray_STRIDE(mask, axis - before)
    view.operands += 1
    return True


cdef inline bint is_half_row(Plans plans, int dtype):
    return plans.kind == ROWS and dtype > FLOAT64


cdef void start_view(Plan* plan, object out, View* view):
    """Run the view; its only loop is that of the plan, or one of two alike."""
    cdef Py_ssize_t work = view.n
    if view.operands == view.inputs + 1:
        view.parameters[0] = parameters_for(plan, view.n)
    if view.parameters[0] != plan.parameters:
        work //= QUICKER
    view.shortest_run = SHORTEST_RUN if view.item > 2 else SHORTEST_RUN_16_BITS
    arrange(view, out, -1)
    if view.n < SHORT:
        drive_view(view, 1)
    else:
        with nogil:
            drive_view(view, threads_for(plan, work))
            note_end(plan, work)


cdef bint runs_rows(Plans plans, Plan* plan, int dtype, object by, View* view):
    """Run the view along the axis of the plans; False if that is left to Python.

    Rows are taken in the order in which they lie in an array.
    """
    cdef Py_ssize_t n = view.n * view.length
    view.plan, view.moves = plan, plans.moves[computed_in(dtype)]
    view.half = plans.halves[dtype]
    view.in_tiles = (
        dtype > FLOAT64 or view.length <= plan.short_row or view.select != NULL
        or not rows_lie_together(view))
    if (view.in_tiles or view.before != NULL) and view.length > LONGEST_ROW_IN_STEPS:
        return False
    if dtype > FLOAT64 and view.half.widen == NULL:
        return False
    arrange(view, by, axis_in(plans.axis, by))
    view.in_columns = view.in_tiles and view.length <= MOST_HALF_COLUMN and are_columns(view)
    with nogil:
        drive_view_rows(view, threads_for(plan, n))
        note_end(plan, n)
    if view.failed:
        raise MemoryError("no room for a tile of rows")
    return True


# --- one number for each row ------------------------------------------------------------


cdef void add_reduced(View* view, object y, int axis, bint keeps_axis):
    """Take an array with one number for each row along an axis."""
    cdef int k, there = 0
    view.start[view.operands] = cnp.PyArray_BYTES(y)
    for k in range(VIEW_AXES):
        view.steps[view.operands][k] = 0
        if k == axis and not keeps_axis:
            continue
        if there < cnp.PyArray_NDIM(y):
            view.steps[view.operands][k] = cnp.PyArray_STRIDE(y, there)
            there += 1
    view.operands += 1


cdef Plan* plan_of_reduction(Plans plans, int method, object x, int* dtype):
    """The plan for x, which lies anyhow; NULL if Python must."""
    cdef Plan* plan
    dtype[0] = view_dtype(x)
    if overrides or dtype[0] < 0 or plans.kind != REDUCED:
        return NULL
    plan = &plans.plans[method][computed_in(dtype[0])]
    return NULL if plan.loop == NULL or cnp.PyArray_SIZE(x) >= plan.below else plan


cdef object reduced_view(Plans plans, object x, object out, object mask):
    """One number for each row of x, which lies anyhow; None if Python must."""
    cdef Regrouping to
    cdef View view
    cdef int dtype
    cdef Plan* plan = plan_of_reduction(plans, FORWARD, x, &dtype)
    if plan == NULL or not finds_regrouping(plans, x, &to):
        return None
    if out is None:
        out = new_array(to.ndim, to.dims, cnp.PyArray_TYPE(x), bytes_of(&to, x))
    elif view_dtype(out) != dtype or not has_shape(out, &to) or not cnp.PyArray_ISWRITEABLE(out):
        return None
    elif not is_injective(out) or not is_beside(x, out):
        return None
    begin_view(x, &view)
    add_operand(&view, x)
    view.inputs = 1
    add_reduced(&view, out, axis_in(plans.axis, x), plans.keepdims)
    view.before = NULL
    if not takes_mask(plans, FORWARD, computed_in(dtype), mask, x, out, &view):
        return None
    view.left_out[2] = NULL
    begin_reduction(plans, plan, x, &view)
    view.lengths[1] = 1
    if not runs_rows(plans, plan, dtype, x, &view):
        return None
    return out if cnp.PyArray_NDIM(out) else out[()]


cdef object reduced_view_gradient(
    Plans plans, object dy, object x, object out, object mask
):
    """Its gradient for x, or None."""
    cdef Regrouping to
    cdef View view
    cdef int dtype
    cdef Plan* plan = plan_of_reduction(plans, BACKWARD, x, &dtype)
    if plan == NULL or view_dtype(dy) != dtype or not finds_regrouping(plans, x, &to):
        return None
    if not has_shape(dy, &to):
        return None
    if out is None:
        out = new_array_like(x)
    elif not can_fill_view(x, out) or not can_write(x, out) or not is_beside(dy, out):
        return None
    begin_view(x, &view)
    add_reduced(&view, dy, axis_in(plans.axis, x), plans.keepdims)
    add_operand(&view, x)
    view.inputs = 2
    add_operand(&view, out)
    view.before = NULL
    if not takes_mask(plans, BACKWARD, computed_in(dtype), mask, x, out, &view):
        return None
    view.left_out[0], view.left_out[1] = NULL, plans.masking[computed_in(dtype)].input
    begin_reduction(plans, plan, x, &view)
    view.lengths[0] = 1
    return out if runs_rows(plans, plan, dtype, x, &view) else None


cdef void begin_reduction(Plans plans, Plan* plan, object x, View* view):
    view.loops[0], view.parameters[0] = plan.loop, plan.parameters
    view.is_reduction = True
    take_rows(view, axis_in(plans.axis, x))


# --- gates -----------------------------------------------------------------------------


cdef void add_halves(View* view, object x, int axis):
    cdef int k
    for k in range(2):
        add_operand(view, x)
        view.start[view.operands - 1] += (
            k * (cnp.PyArray_DIM(x, axis) // 2) * cnp.PyArray_STRIDE(x, axis))


cdef bint has_halves(object x, int axis):
    return axis >= 0 and cnp.PyArray_DIM(x, axis) % 2 == 0


cdef bint is_half_view(object half, object x, int axis):
    return view_dtype(half) >= 0 and is_half_of(half, x, axis)


cdef object view_halves(Plans plans, object x, object out):
    """A gate of the halves of x, which lies anyhow; None if Python must."""
    cdef int dtype = view_dtype(x), axis
    cdef View view
    if overrides or dtype < 0:
        return None
    axis = axis_in(plans.axis, x)
    cdef Plan* plan = &plans.plans[FORWARD][dtype]
    if not has_halves(x, axis) or plan.loop == NULL or cnp.PyArray_SIZE(x) // 2 >= plan.below:
        return None
    if out is None:
        if not is_in_c_order(x):
            return None
        out = new_half(x, axis)
    elif not is_half_view(out, x, axis) or not cnp.PyArray_ISWRITEABLE(out):
        return None
    elif not is_injective(out) or not is_apart_from(x, out):
        return None
    begin_view(out, &view)
    add_halves(&view, x, axis)
    view.inputs = view.operands
    add_operand(&view, out)
    view.loops[0], view.parameters[0] = plan.loop, plan.parameters
    start_view(plan, out, &view)
    return out


cdef object view_gradients(Plans plans, object dy, object x, object out):
    """Those of a gate of two halves, like x; or None."""
    cdef int dtype = view_dtype(x), axis
    cdef View view
    if overrides or dtype < 0:
        return None
    axis = axis_in(plans.axis, x)
    if not has_halves(x, axis) or not is_half_view(dy, x, axis):
        return None
    if not serves_gradients(plans, dtype, dy):
        return None
    if out is None:
        out = new_array_like(x)
    elif not can_fill_view(x, out) or not can_write(x, out) or not is_apart_from(out, dy):
        return None
    begin_view(dy, &view)
    add_operand(&view, dy)
    add_halves(&view, x, axis)
    view.inputs = view.operands
    add_halves(&view, out, axis)
    start_gradients(plans, dtype, out, &view)
    return out


cdef object view_pair(Plans plans, object dy, object first, object second, object out):
    """The gradients of a gate by two arrays, or None."""
    cdef int dtype = view_dtype(dy)
    cdef View view
    if overrides or dtype < 0 or not is_view_like(dy, first) or not is_view_like(dy, second):
        return None
    if not serves_gradients(plans, dtype, dy):
        return None
    if out is None:
        out = (new_array_like(first), new_array_like(second))
    elif type(out) is not tuple or len(out) != 2:
        return None
    for result in out:
        if not can_fill_view(dy, result):
            return None
        for x in (dy, first, second):
            if not can_write(x, result):
                return None
    if not is_apart_from(out[0], out[1]):
        return None
    begin_view(dy, &view)
    for x in (dy, first, second, *out):
        add_operand(&view, x)
    view.inputs = view.operands - 2
    start_gradients(plans, dtype, out[1], &view)
    return out


cdef void start_gradients(Plans plans, int dtype, object out, View* view):
    cdef int k
    cdef Plan* plan
    for k in range(2):
        plan = &plans.plans[BY_FIRST + k][dtype]
        view.loops[k], view.parameters[k] = plan.loop, parameters_for(plan, view.n)
    start_view(&plans.plans[BY_FIRST][dtype], out, view)
