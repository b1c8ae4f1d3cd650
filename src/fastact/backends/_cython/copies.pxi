# Calls that go the short way on a copy, in which the result is made: of integers and of numbers
# of another byte order, and of views where a job takes runs alone.  And calls on one number.

cdef object float64_scalar = np.float64
cdef object float32_scalar = np.float32


cdef int type_of_result(object x):
    """NumPy's number of the float dtype that a ufunc gives for this array, or -1."""
    cdef int number = cnp.PyArray_TYPE(x)
    if number in (cnp.NPY_BOOL, cnp.NPY_INT8, cnp.NPY_UINT8):
        return cnp.NPY_FLOAT16
    if number in (cnp.NPY_INT16, cnp.NPY_UINT16):
        return cnp.NPY_FLOAT32
    if cnp.PyTypeNum_ISINTEGER(number):
        return cnp.NPY_FLOAT64
    return number if dtype_of(x) >= 0 else -1


cdef object own_copy(object x):
    """The numbers of x as a plain array, as a new result for x would lie; or None."""
    cdef int number
    if not cnp.PyArray_CheckExact(x) or cnp.PyArray_NDIM(x) == 0:
        return None
    number = type_of_result(x)
    if number < 0 or not is_in_c_order(x):
        return None
    cdef Py_ssize_t item = cnp.PyArray_DescrFromType(number).itemsize
    copy = new_array(
        cnp.PyArray_NDIM(x), cnp.PyArray_DIMS(x), number, cnp.PyArray_SIZE(x) * item)
    cnp.PyArray_CopyInto(copy, x)
    return copy


cdef object of_one_number(Plans plans, int method, object x):
    """The result for a float, a scalar of NumPy, or an array without axes; or None."""
    cdef double wide, wide_result
    cdef float single, result
    cdef Plan* plan
    if plans.kind != ELEMENTS:
        return None
    if cnp.PyArray_CheckExact(x) and cnp.PyArray_NDIM(x) == 0:
        x = x[()]
    if type(x) is float or type(x) is float64_scalar:
        plan, wide = &plans.plans[method][FLOAT64], x
        if plan.loop == NULL:
            return None
        plan.loop(&wide, &wide, &wide, &wide_result, 1, 1, plan.parameters)
        return float64_scalar(wide_result)
    if type(x) is float32_scalar:
        plan, single = &plans.plans[method][FLOAT32], x
        if plan.loop == NULL:
            return None
        plan.loop(&single, &single, &single, &result, 1, 1, plan.parameters)
        return float32_scalar(result)
    return None


cdef object as_array_of(object x):
    """A list or a tuple as an array; None if it cannot be one."""
    try:
        return np.asarray(x)
    except ValueError:  # ragged: Python says so
        return None
