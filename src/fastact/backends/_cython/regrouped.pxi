# Plain calls of activations whose results are not as many as their inputs: one number for a row,
# two for each of it, one for every few.  The rows are along the last axis.


cdef bint copy_dims(object x, cnp.npy_intp* dims, int* ndim):
    """The shape of x, to be changed; False where it has too many axes."""
    cdef int k
    ndim[0] = cnp.PyArray_NDIM(x)
    if ndim[0] > MOST_AXES:
        return False
    for k in range(ndim[0]):
        dims[k] = cnp.PyArray_DIM(x, k)
    return True


cdef bint has_shape(object x, const cnp.npy_intp* dims, int ndim):
    cdef int k
    if cnp.PyArray_NDIM(x) != ndim:
        return False
    for k in range(ndim):
        if cnp.PyArray_DIM(x, k) != dims[k]:
            return False
    return True


cdef bint regroup(Plans plans, cnp.npy_intp* dims, int* ndim, Py_ssize_t* length):
    """From the shape of an input to that of its output; False where it has none."""
    cdef cnp.npy_intp last = dims[ndim[0] - 1]
    length[0] = last
    if plans.kind == REDUCED:
        ndim[0] -= 1
    elif plans.kind == PAIRED:
        dims[ndim[0] - 1] = 2 * last
    else:
        length[0] = plans.pieces
        if last % plans.pieces:
            return False
        dims[ndim[0] - 1] = last // plans.pieces
    return True


cdef object regrouped(Plans plans, object x, object out):
    """The output for x, or None if the call is not plain."""
    cdef cnp.npy_intp[MOST_AXES] dims
    cdef int ndim
    cdef Py_ssize_t length
    if overrides or not is_plain(x) or not is_last(plans.axis, x):
        return None
    cdef Plan* plan = &plans.plans[FORWARD][plain_dtype(x)]
    if not copy_dims(x, dims, &ndim) or not regroup(plans, dims, &ndim, &length):
        return None
    return in_rows(plan, length, cnp.PyArray_SIZE(x), x, x, dims, ndim, out)


cdef object regrouped_gradient(Plans plans, object dy, object x, object out):
    """The gradient for x, or None if the call is not plain."""
    cdef cnp.npy_intp[MOST_AXES] dims
    cdef int ndim
    cdef Py_ssize_t length
    if overrides or not is_plain(x) or not is_plain(dy) or not is_last(plans.axis, x):
        return None
    if cnp.PyArray_TYPE(x) != cnp.PyArray_TYPE(dy):
        return None
    cdef Plan* plan = &plans.plans[BACKWARD][plain_dtype(x)]
    if not copy_dims(x, dims, &ndim) or not regroup(plans, dims, &ndim, &length):
        return None
    if not has_shape(dy, dims, ndim):
        return None
    copy_dims(x, dims, &ndim)
    return in_rows(plan, length, cnp.PyArray_SIZE(x), dy, x, dims, ndim, out)


cdef object regrouped_gradient_from_output(Plans plans, object dy, object y, object out):
    """Of pairs, or None if the call is not plain."""
    cdef cnp.npy_intp[MOST_AXES] dims
    cdef int ndim
    if overrides or plans.kind != PAIRED or not is_plain(y) or not is_last(plans.axis, y):
        return None
    if not is_like(y, dy) or last_length(y) % 2 or not copy_dims(y, dims, &ndim):
        return None
    cdef Plan* plan = &plans.plans[BACKWARD_FROM_OUTPUT][plain_dtype(y)]
    dims[ndim - 1] //= 2
    return in_rows(
        plan, last_length(y) // 2, cnp.PyArray_SIZE(y) // 2, dy, y, dims, ndim, out)


cdef object in_rows(
    Plan* plan, Py_ssize_t length, Py_ssize_t n, object first, object second,
    cnp.npy_intp* dims, int ndim, object out,
):
    """Run a kernel on n numbers in rows of this length; the result, or None."""
    cdef Py_ssize_t steps[3]
    cdef int k
    if plan.loop == NULL or n == 0 or n >= plan.below:
        return None
    for k in range(3):
        steps[k] = plan.item * (plan.per_row[k] * length if plan.per_row[k] else 1)
    if out is None:
        result = new_array(ndim, dims, cnp.PyArray_TYPE(first), n // length * steps[2])
    elif (
        is_plain(out) and cnp.PyArray_TYPE(out) == cnp.PyArray_TYPE(first)
        and has_shape(out, dims, ndim) and cnp.PyArray_ISWRITEABLE(out)
        and is_apart(first, out) and is_apart(second, out)
    ):
        result = out
    else:
        return None
    cdef char* a = cnp.PyArray_BYTES(first)
    cdef Job job = Job(
        plan.loop, a, cnp.PyArray_BYTES(second), a, cnp.PyArray_BYTES(result),
        n // length, length, 0, steps[0], steps[1], steps[0], steps[2], plan.parameters, 0,
    )
    if n < SHORT:
        drive(&job, 1)
    else:
        with nogil:
            drive(&job, threads_for(plan, n))
            note_end(plan, n)
    return result if ndim else result[()]
