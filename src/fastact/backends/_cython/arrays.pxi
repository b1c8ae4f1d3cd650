# What an array is to a plain call: of which dtype, how it lies, whether it can take a result.


cdef inline int dtype_of(object x):
    """FLOAT32, ... of an array, or -1."""
    cdef int number = cnp.PyArray_TYPE(x)
    if number == cnp.NPY_FLOAT32:
        return FLOAT32
    if number == cnp.NPY_FLOAT64:
        return FLOAT64
    if number == cnp.NPY_FLOAT16:
        return FLOAT16
    if (<cnp.ndarray>x).descr.type == c"E":  # of ml_dtypes, its number is not fixed
        return BFLOAT16
    return -1


cdef inline int plain_dtype(object x):
    """The same of a base-class array, native, aligned, C-contiguous, not 0-d; or -1."""
    if not cnp.PyArray_CheckExact(x) or not cnp.PyArray_ISCARRAY_RO(x):
        return -1
    return -1 if cnp.PyArray_NDIM(x) == 0 else dtype_of(x)


cdef inline bint is_plain(object x):
    return plain_dtype(x) >= 0


cdef inline int computed_in(int dtype):
    return FLOAT64 if dtype == FLOAT64 else FLOAT32


cdef inline bint is_apart(cnp.ndarray x, cnp.ndarray y):
    cdef char* first = cnp.PyArray_BYTES(x)
    cdef char* second = cnp.PyArray_BYTES(y)
    return first + cnp.PyArray_NBYTES(x) <= second or second + cnp.PyArray_NBYTES(y) <= first


cdef inline bint is_apart_or_same(cnp.ndarray x, cnp.ndarray out):
    """No partial overlap; both are known to have the same size."""
    return cnp.PyArray_BYTES(x) == cnp.PyArray_BYTES(out) or is_apart(x, out)


cdef inline bint is_like(object x, object other):
    if not is_plain(other) or cnp.PyArray_TYPE(x) != cnp.PyArray_TYPE(other):
        return False
    return cnp.PyArray_SAMESHAPE(<cnp.ndarray>x, <cnp.ndarray>other)


cdef inline bint can_take(object x, object out):
    """Whether ``out``, like x, can be written while x is read."""
    return (
        (out is x or is_like(x, out)) and cnp.PyArray_ISWRITEABLE(out) and is_apart_or_same(x, out)
    )


cdef extern from "large_arrays.h":
    object new_array(int ndim, cnp.npy_intp* shape, int type, size_t bytes)
    object new_array_like(object x)


cdef inline object new_like(object x):
    return new_array(
        cnp.PyArray_NDIM(x), cnp.PyArray_DIMS(x), cnp.PyArray_TYPE(x), cnp.PyArray_NBYTES(x))


cdef inline bint is_last(Py_ssize_t axis, object x):
    return axis == -1 or axis == cnp.PyArray_NDIM(x) - 1


cdef inline Py_ssize_t last_length(object x):
    return cnp.PyArray_DIM(x, cnp.PyArray_NDIM(x) - 1)


cdef inline int axis_in(Py_ssize_t axis, object x):
    """The axis counted from 0, or -1 if x has no such axis."""
    cdef Py_ssize_t ndim = cnp.PyArray_NDIM(x)
    if not -ndim <= axis < ndim:
        return -1
    return <int>(axis + ndim if axis < 0 else axis)


cdef Py_ssize_t size_from(object x, int axis):
    """The numbers of this axis and those behind it: of a row, where they are taken for one."""
    cdef Py_ssize_t size = 1
    cdef int k
    for k in range(axis, cnp.PyArray_NDIM(x)):
        size *= cnp.PyArray_DIM(x, k)
    return size


cdef bint is_plain_half_of(object half, object x, int axis):
    return is_plain(half) and is_half_of(half, x, axis)


cdef bint is_half_of(object half, object x, int axis):
    """Whether this axis of an array is half as long and all else alike."""
    cdef int k, ndim = cnp.PyArray_NDIM(x)
    if cnp.PyArray_NDIM(half) != ndim or cnp.PyArray_TYPE(half) != cnp.PyArray_TYPE(x):
        return False
    for k in range(ndim):
        if cnp.PyArray_DIM(half, k) * (1 + (k == axis)) != cnp.PyArray_DIM(x, k):
            return False
    return True


cdef object new_half(object x, int axis):
    cdef cnp.npy_intp[MOST_AXES] shape
    cdef int ndim = cnp.PyArray_NDIM(x)
    memcpy(&shape[0], cnp.PyArray_DIMS(x), ndim * sizeof(cnp.npy_intp))
    shape[axis] //= 2
    return new_array(ndim, &shape[0], cnp.PyArray_TYPE(x), cnp.PyArray_NBYTES(x) // 2)


cdef bint finds_joined(Plans plans, object x, int* first, int* behind):
    """Which axes of a plain array are joined; False if it has no such axes."""
    cdef Py_ssize_t ndim, count
    if not is_plain(x):
        return False
    ndim = cnp.PyArray_NDIM(x)
    count = plans.joined if plans.joined else ndim
    first[0] = <int>(plans.axis if plans.axis >= 0 else ndim + plans.axis - count + 1)
    behind[0] = <int>(first[0] + count)
    return 0 <= first[0] and behind[0] <= ndim


cdef object with_joined_axes(Plans plans, object x):
    """A view with one axis for those along which the activation goes; or None."""
    cdef int first, behind
    if not finds_joined(plans, x, &first, &behind):
        return None
    return x.reshape((*x.shape[:first], -1 if x.size else 0, *x.shape[behind:]))


cdef tuple shape_with_ones(Plans plans, object x):
    cdef int first, behind
    finds_joined(plans, x, &first, &behind)
    return (*x.shape[:first], *(1,) * (behind - first), *x.shape[behind:])


cdef bint fits_joined(Plans plans, object x, object other, bint is_like_x):
    """Whether an array has the shape of x, or that of one number for each row of it.

    Without the axes themselves the latter is seen once those of x are joined.
    """
    if is_like_x:
        return is_like(x, other)
    return not plans.keepdims or (is_plain(other) and other.shape == shape_with_ones(plans, x))


cdef struct Layout:
    Py_ssize_t outer
    Py_ssize_t count
    Py_ssize_t inner


cdef Layout layout_around(object x, int axis):
    cdef Layout layout = Layout(1, cnp.PyArray_DIM(x, axis), 1)
    cdef int k
    for k in range(cnp.PyArray_NDIM(x)):
        if k < axis:
            layout.outer *= cnp.PyArray_DIM(x, k)
        elif k > axis:
            layout.inner *= cnp.PyArray_DIM(x, k)
    return layout


cdef bint finds_layout(object x, object operand, object axis, Layout* layout):
    """How x lies around the channels of a plain operand; False where Python decides.

    Without an axis the operand belongs to the last one.
    """
    cdef int ndim = cnp.PyArray_NDIM(x), place = ndim - 1
    cdef Py_ssize_t size
    if not is_plain(operand) or cnp.PyArray_NDIM(operand) != 1:
        return False
    if cnp.PyArray_TYPE(operand) != cnp.PyArray_TYPE(x):
        return False
    if axis is not None:
        if type(axis) is not int or not -ndim <= axis < ndim:
            return False
        place = axis % ndim
    size = cnp.PyArray_SIZE(operand)
    if size != 1 and size != cnp.PyArray_DIM(x, place):
        return False
    if size == 1:
        layout[0] = Layout(1, 1, cnp.PyArray_SIZE(x))
        return True
    layout[0] = layout_around(x, place)
    return True


# --- arrays that lie anyhow ------------------------------------------------------------

cdef enum:
    VIEW_AXES = 8


cdef inline int view_dtype(object x):
    """FLOAT32, ... of a base-class array, native and aligned, of some axes and numbers; or -1."""
    if not cnp.PyArray_CheckExact(x) or not cnp.PyArray_ISBEHAVED_RO(x):
        return -1
    if not 0 < cnp.PyArray_NDIM(x) <= VIEW_AXES or cnp.PyArray_SIZE(x) == 0:
        return -1
    return dtype_of(x)


cdef inline bint is_view_like(object x, object other):
    if view_dtype(other) < 0 or cnp.PyArray_TYPE(x) != cnp.PyArray_TYPE(other):
        return False
    return cnp.PyArray_SAMESHAPE(<cnp.ndarray>x, <cnp.ndarray>other)


cdef inline Py_ssize_t size_of_step(object x, int axis):
    return abs(cnp.PyArray_STRIDE(x, axis))


cdef bint is_in_c_order(object x):
    """Whether a new array like it is C-contiguous, though x itself need not be."""
    cdef int axis
    cdef Py_ssize_t before = 0
    for axis in range(cnp.PyArray_NDIM(x) - 1, -1, -1):
        if cnp.PyArray_DIM(x, axis) > 1:
            if size_of_step(x, axis) < before:
                return False
            before = size_of_step(x, axis)
    return True


cdef int axes_by_step(object x, int* order):
    """The axes of more than one number, from the smallest step on; how many there are."""
    cdef int axis, count = 0, k
    for axis in range(cnp.PyArray_NDIM(x)):
        if cnp.PyArray_DIM(x, axis) == 1:
            continue
        k = count
        while k > 0 and size_of_step(x, order[k - 1]) > size_of_step(x, axis):
            order[k] = order[k - 1]
            k -= 1
        order[k] = axis
        count += 1
    return count


cdef bint is_injective(object x):
    """Whether no two numbers share memory, as far as that is seen easily."""
    cdef int[VIEW_AXES] order
    cdef int k
    cdef Py_ssize_t span = cnp.PyArray_ITEMSIZE(x)
    for k in range(axes_by_step(x, &order[0])):
        if size_of_step(x, order[k]) < span:
            return False
        span += (cnp.PyArray_DIM(x, order[k]) - 1) * size_of_step(x, order[k])
    return True


cdef Py_ssize_t bytes_before(object x):
    """From the first byte in memory to the first number: more than 0 where steps are negative."""
    cdef Py_ssize_t before = 0
    cdef int axis
    for axis in range(cnp.PyArray_NDIM(x)):
        if cnp.PyArray_STRIDE(x, axis) < 0:
            before -= (cnp.PyArray_DIM(x, axis) - 1) * cnp.PyArray_STRIDE(x, axis)
    return before


cdef Py_ssize_t bytes_within(object x):
    """From the first byte in memory to the end of the last."""
    cdef Py_ssize_t span = cnp.PyArray_ITEMSIZE(x)
    cdef int axis
    for axis in range(cnp.PyArray_NDIM(x)):
        span += (cnp.PyArray_DIM(x, axis) - 1) * size_of_step(x, axis)
    return span


cdef bint has_steps_of(object x, object other):
    """Whether arrays of one shape have the same steps along all axes of more than one number."""
    cdef int axis
    for axis in range(cnp.PyArray_NDIM(x)):
        if cnp.PyArray_DIM(x, axis) > 1:
            if cnp.PyArray_STRIDE(x, axis) != cnp.PyArray_STRIDE(other, axis):
                return False
    return True


cdef bint is_between(object x, Py_ssize_t distance):
    """Whether an array with the same steps, no larger and so far away, lies in the gaps of x.

    As x[:, :n] and x[:, n:] do: the smaller axes fit into the step of a larger one, and
    further steps are multiples of that.
    """
    cdef int[VIEW_AXES] order
    cdef int count = axes_by_step(x, &order[0]), k, j
    cdef Py_ssize_t span = cnp.PyArray_ITEMSIZE(x), step, behind
    for k in range(count):
        step = size_of_step(x, order[k])
        if step == 0:
            return False
        behind = distance % step
        for j in range(k + 1, count):
            if size_of_step(x, order[j]) % step != 0:
                break
        else:
            if span <= behind <= step - span:
                return True
        span += (cnp.PyArray_DIM(x, order[k]) - 1) * step
    return False


cdef bint is_beside(object x, object out):
    """Whether all of one lies before the other."""
    cdef char* first = cnp.PyArray_BYTES(x) - bytes_before(x)
    cdef char* second = cnp.PyArray_BYTES(out) - bytes_before(out)
    return first + bytes_within(x) <= second or second + bytes_within(out) <= first


cdef bint is_apart_from(object x, object other):
    """Whether these share no memory, as far as that is seen easily; ``other`` is no larger."""
    cdef char* first = cnp.PyArray_BYTES(x) - bytes_before(x)
    cdef char* second = cnp.PyArray_BYTES(other) - bytes_before(other)
    return is_beside(x, other) or (has_steps_of(x, other) and is_between(x, abs(second - first)))


cdef bint can_write(object x, object out):
    """Whether each number of ``out`` can be written once that of x is read."""
    if cnp.PyArray_BYTES(x) == cnp.PyArray_BYTES(out) and has_steps_of(x, out):
        return True
    return is_apart_from(x, out)


cdef bint can_fill_view(object like, object out):
    return is_view_like(like, out) and cnp.PyArray_ISWRITEABLE(out) and is_injective(out)
