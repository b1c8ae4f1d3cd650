# Contexts of plain calls: what ``forward`` keeps without entering Python, and the way back from a
# mask or from packed slopes.  From the input and the output it is a plain call itself.

cdef enum:
    KEEPS_BITS, KEEPS_SLOPES, KEPT

cdef struct Keeping:
    loop_t at_once  # NULL, or forward and all that is kept
    loop_t kept
    loop_t pack  # NULL: this way is Python's
    loop_t unpack  # of bits

cdef Operands no_operands = Operands(NO_OPERAND, NULL, no_half, NULL, 1, 1, 1)


cdef class Contexts:
    """How an activation keeps and goes back, for one choice of its parameters."""

    cdef object make  # the class Context
    cdef dict parameters
    cdef bint of_defaults
    cdef str automatic, automatic_in_place
    cdef object ways
    cdef Keeping keeping[KEPT][2]  # by way, of float32 and float64

    def __init__(
        self, make, dict parameters, bint of_defaults, ways, str automatic, str automatic_in_place,
    ):
        self.make, self.parameters, self.of_defaults = make, parameters, of_defaults
        self.ways = ways
        self.automatic, self.automatic_in_place = automatic, automatic_in_place

    def add(
        self, str way, str dtype, size_t at_once, size_t kept, size_t pack, size_t unpack,
    ):
        """Keep this way by these loops."""
        cdef int what = KEEPS_BITS if way == "mask" else KEEPS_SLOPES
        self.keeping[what][DTYPE_NUMBERS[dtype]] = Keeping(
            <loop_t>at_once, <loop_t>kept, <loop_t>pack, <loop_t>unpack)

    cdef str way_for(self, object save, bint in_place):
        """The way to take, or None where Python decides."""
        if type(save) is str and save == "auto":
            return self.automatic_in_place if in_place else self.automatic
        return save if type(save) is str and save in self.ways else None

    cdef object made(self, FastCall activation, str way, object kept):
        return self.make(activation, way, kept, self.parameters.copy(), self.of_defaults)

    cdef object made_with(
        self, FastCall activation, str way, object kept, str name, object operand, object axis,
    ):
        """The same of a call with an operand by channel, which is in all ways but the input."""
        cdef dict parameters = self.parameters.copy()
        parameters[name], parameters[AXIS_NAME] = operand, axis
        return self.make(
            activation, way, kept, parameters, self.of_defaults and way != "input")


cdef inline object new_mask(Py_ssize_t n):
    cdef cnp.npy_intp room = (n + 7) // 8
    return new_array(1, &room, cnp.NPY_UINT8, room)


cdef inline int type_of_slopes(object x):
    return cnp.NPY_INT32 if cnp.PyArray_TYPE(x) == cnp.NPY_FLOAT64 else cnp.NPY_INT16


cdef inline object new_slopes(object x):
    cdef int number = type_of_slopes(x)
    cdef Py_ssize_t room = cnp.PyArray_SIZE(x) * (4 if number == cnp.NPY_INT32 else 2)
    return new_array(cnp.PyArray_NDIM(x), cnp.PyArray_DIMS(x), number, room)


def forward_with_context(FastCall activation, x, out, save, tuple args, dict options):
    """(y, context), or None if the call is not plain."""
    cdef Plans plans = activation.planned_calls()
    cdef bint in_place
    cdef str way
    cdef object bias = None, axis = -1
    if overrides or plans is None or view_dtype(x) < 0:
        return None
    if plans.kind == WEIGHTED:
        return forward_of_weighted(activation, plans, x, out, save, args, options)
    if options and BIAS_NAME in options:
        if plans.kind != ELEMENTS:
            return None
        bias, axis = options[BIAS_NAME], options.get(AXIS_NAME, -1)
        options = without_bias(options)
    plans = activation.plans_of(args, options)
    if plans is None or plans.contexts is None or plans.joined != 1 or plans.tells_which:
        return None
    if out is not None and (plans.kind > WEIGHTED or not can_be_result(x, out)):
        return None
    in_place = is_in_place(x, out)
    way = plans.contexts.way_for(save, in_place)
    if way is None:
        return None
    if way == "which":
        y, kept = output_and_which(plans, x, None) or (None, None)
    elif way == "mask" or way == "derivative":
        y, kept = forward_keeping_packed(plans, way, x, bias, axis, out)
    else:
        kept = x.copy() if in_place and way == "input" else x
        if plans.kind > WEIGHTED:
            y = regrouped(plans, x, None)
        elif bias is None:
            y = activation.plain_call(plans, FORWARD, x, x, out)
        else:
            y = activation.plain_operands(plans, FORWARD, None, x, BIAS, bias, axis, out)
        if way == "output":
            kept = y
    if y is None:
        return None
    if bias is None:
        return y, plans.contexts.made(activation, way, kept)
    return y, plans.contexts.made_with(activation, way, kept, BIAS_NAME, bias, axis)


cdef inline bint can_be_result(object x, object out):
    return can_take(x, out) or (can_fill_view(x, out) and can_write(x, out))


cdef inline bint is_in_place(object x, object out):
    return out is not None and not is_beside(x, out)


cdef object forward_of_weighted(
    FastCall activation, Plans plans, object x, object out, object save, tuple args, dict options,
):
    """The same with a weight, given by position: its gradient wants the input."""
    cdef bint in_place
    if len(args) > 1 or len(options) > (AXIS_NAME in options):
        return None
    if out is not None and not can_be_result(x, out):
        return None
    in_place = is_in_place(x, out)
    if plans.contexts.way_for(save, in_place) != "input":
        return None
    name = activation._row.learned[0].name
    weight = args[0] if args else activation._defaults[name]
    kept = x.copy() if in_place else x
    y = activation.channel_call(FORWARD, None, (x, *args), {**options, OUT: out})
    if y is None:
        return None
    axis = options.get(AXIS_NAME)
    return y, plans.contexts.made_with(activation, "input", kept, name, weight, axis)


def plain_mask(FastCall activation, x, tuple args, dict options):
    """One bit a number, or None if the call is not plain."""
    cdef Plans plans = activation.plans_back(args, options)
    if overrides or plans is None or plans.contexts is None or "mask" not in plans.contexts.ways:
        return None
    if plain_dtype(x) < 0:
        x = own_copy(x)
    return keep(plans, KEEPS_BITS, x, NULL, None) if can_keep(plans, KEEPS_BITS, x) else None


cdef tuple forward_keeping_packed(
    Plans plans, str way, object x, object bias, object axis, object out
):
    """(y, what is kept), or None for both."""
    cdef int what = KEEPS_BITS if way == "mask" else KEEPS_SLOPES, dtype
    cdef Operands operands
    cdef Layout layout
    if plain_dtype(x) < 0 or (out is not None and not is_like(x, out)):
        if bias is not None:
            return None, None
        if out is not None or not is_in_c_order(x):
            return keeping_of_view(plans, what, x, out)
        x = out = own_copy(x)
    if not can_keep(plans, what, x):
        return None, None
    dtype = plain_dtype(x)
    if bias is not None:
        if not finds_layout(x, bias, axis, &layout):
            return None, None
        operands = operands_by(plans, FORWARD, dtype, BIAS, bias, &layout)
    y = new_like(x) if out is None else out
    return y, keep(plans, what, x, NULL if bias is None else &operands, y)


cdef tuple keeping_of_view(Plans plans, int what, object x, object out):
    """The same where the result does not lie in C order, as what is kept does."""
    together = x.copy()
    if not can_keep(plans, what, together):
        return None, None
    kept = keep(plans, what, together, NULL, None)
    y = view_call(plans, FORWARD, x, x, out)
    return (None, None) if y is None else (y, kept)


cdef bint can_keep(Plans plans, int what, object x):
    cdef int dtype = plain_dtype(x)
    if dtype < 0:
        return False
    cdef Plan* plan = &plans.plans[FORWARD][dtype]
    if plan.loop == NULL or not 0 < cnp.PyArray_SIZE(x) < plan.below:
        return False
    if dtype > FLOAT64 and plans.halves[dtype].widen == NULL:
        return False
    return plans.contexts.keeping[what][computed_in(dtype)].pack != NULL


cdef object keep(Plans plans, int what, object x, const Operands* biases, object y):
    """What is kept of x; fill y, if there is one."""
    cdef int dtype = plain_dtype(x), computed = computed_in(dtype)
    cdef Py_ssize_t n = cnp.PyArray_SIZE(x)
    cdef Plan* plan = &plans.plans[FORWARD][dtype]
    cdef Keeping* keeping = &plans.contexts.keeping[what][computed]
    kept = new_mask(n) if what == KEEPS_BITS else new_slopes(x)
    cdef KeepingJob job = KeepingJob(
        NULL, NULL, plans.halves[dtype].widen, keeping.kept, keeping.pack,
        plan.parameters, plans.plans[FORWARD][computed].parameters,
        cnp.PyArray_BYTES(x), NULL, cnp.PyArray_BYTES(kept), n, plan.item,
        1 if what == KEEPS_BITS else 8 * cnp.PyArray_ITEMSIZE(kept), no_operands, 0,
    )
    if biases != NULL:
        job.operands = biases[0]
    if y is not None:
        job.forward, job.out = plan.loop, cnp.PyArray_BYTES(y)
        job.parameters = parameters_for(plan, n)
        if dtype <= FLOAT64:
            job.at_once = keeping.at_once
    if n < SHORT:
        drive_keeping(&job, 1)
    else:
        with nogil:
            drive_keeping(&job, threads_for(plan, n))
            note_end(plan, n)
    return kept


def sums_of_context(FastCall activation, str save, saved, dy, bias, axis, out):
    """The gradients by the input and by the bias, or None if the call is not plain.

    They are made of what is kept but for the input.
    """
    cdef Plans plans = activation.planned_calls()
    if plain_dtype(dy) < 0 and out is None and save != "output":
        dy = out = own_copy(dy)
    cdef int dtype = plain_dtype(dy)
    cdef bint by_mask = save == "mask"
    cdef ChannelJob job
    if overrides or plans is None or plans.contexts is None or dtype < 0:
        return None
    if save == "output":
        return activation.plain_sums(
            plans, BACKWARD_FROM_OUTPUT, dy, saved, NO_OPERAND, bias, axis, out)
    cdef Plan* plan = &plans.plans[BY_MASK][dtype]
    if not by_mask:
        plan = &plans.plans[BY_SLOPES][computed_in(dtype)]
    if plan.loop == NULL or not fits(saved, dy, by_mask):
        return None
    if out is not None and not (can_take(dy, out) and is_apart(saved, out)):
        return None
    job.loops, job.operand = plans.by_channel[FORWARD][dtype], NO_OPERAND
    job.half, job.unpack, job.of_results = plans.halves[dtype], NULL, True
    job.loops.main, job.parameters = plan.loop, plan.parameters
    job.x, job.x_bits = cnp.PyArray_BYTES(saved), 8 * cnp.PyArray_ITEMSIZE(saved)
    if by_mask:
        job.x_bits, job.unpack = 1, unpacking(plans, dtype)
    return sums_by_channel(plan, &job, dy, bias, axis, out)


cdef inline loop_t unpacking(Plans plans, int dtype):
    """The loop that makes numbers of the bits of a mask."""
    if dtype > FLOAT64:
        return plans.halves[dtype].unpack
    return plans.contexts.keeping[KEEPS_BITS][dtype].unpack


def backward_of_context(FastCall activation, str save, saved, dy, out):
    """The gradient from a mask or packed slopes, or None if the call is not plain."""
    cdef Plans plans = activation.planned_calls()
    if needs_copy(dy, out):
        return into_view(backward_of_context, activation, save, saved, dy, out)
    cdef int dtype = plain_dtype(dy)
    cdef bint by_mask = save == "mask"
    if overrides or plans is None or plans.contexts is None or dtype < 0:
        return None
    cdef Py_ssize_t n = cnp.PyArray_SIZE(dy)
    cdef Plan* plan = &plans.plans[BY_MASK][dtype]
    if not by_mask:
        plan = &plans.plans[BY_SLOPES][computed_in(dtype)]
    if dtype > FLOAT64 and plans.halves[dtype].widen == NULL:
        return None
    if plan.loop == NULL or not 0 < n < plan.below or not fits(saved, dy, by_mask):
        return None
    if out is not None and not (can_take(dy, out) and is_apart(saved, out)):
        return None
    dx = new_like(dy) if out is None else out
    if by_mask:
        from_mask(plans, plan, dtype, saved, dy, dx)
    else:
        from_slopes(plans, plan, dtype, saved, dy, dx)
    return dx


cdef inline bint needs_copy(object dy, object out):
    return plain_dtype(dy) < 0 or (out is not None and not is_like(dy, out))


cdef object into_view(
    function, FastCall activation, str save, object saved, object dy, object out
):
    """The same on a copy, whence the gradient goes to ``out`` if there is one."""
    if out is not None and not (can_fill_view(dy, out) and is_beside(saved, out)):
        return None
    dx = own_copy(dy)
    if dx is None or function(activation, save, saved, dx, dx) is None:
        return None
    if out is None:
        return dx
    cnp.PyArray_CopyInto(out, dx)
    return out


cdef bint fits(object saved, object dy, bint is_mask):
    """Whether this was kept of numbers like dy, and lies as it was made."""
    if not cnp.PyArray_CheckExact(saved) or not cnp.PyArray_ISCARRAY_RO(saved):
        return False
    if is_mask:
        return (
            cnp.PyArray_TYPE(saved) == cnp.NPY_UINT8 and cnp.PyArray_NDIM(saved) == 1
            and cnp.PyArray_SIZE(saved) == (cnp.PyArray_SIZE(dy) + 7) // 8
        )
    return (
        cnp.PyArray_TYPE(saved) == type_of_slopes(dy)
        and cnp.PyArray_SAMESHAPE(<cnp.ndarray>saved, <cnp.ndarray>dy)
    )


cdef void from_mask(Plans plans, Plan* plan, int dtype, object mask, object dy, object dx):
    cdef Py_ssize_t n = cnp.PyArray_SIZE(dy)
    cdef MaskJob job = MaskJob(
        unpacking(plans, dtype), plan.loop, plan.parameters,
        cnp.PyArray_BYTES(dy), cnp.PyArray_BYTES(mask), cnp.PyArray_BYTES(dx), n, plan.item, 0,
    )
    if n < SHORT:
        drive_mask(&job, 1)
    else:
        with nogil:
            drive_mask(&job, threads_for(plan, n))
            note_end(plan, n)


cdef void from_slopes(Plans plans, Plan* plan, int dtype, object slopes, object dy, object dx):
    cdef Py_ssize_t n = cnp.PyArray_SIZE(dy), item = plan.item
    cdef char* gradient = cnp.PyArray_BYTES(dy)
    cdef char* kept = cnp.PyArray_BYTES(slopes)
    cdef char* out = cnp.PyArray_BYTES(dx)
    cdef bint in_16_bits = dtype > FLOAT64
    cdef SlopesJob halves
    cdef Job job
    if in_16_bits:
        halves = SlopesJob(plans.halves[dtype], plan.loop, gradient, kept, out, n, 0)
    else:
        job = Job(
            plan.loop, gradient, kept, gradient, out,
            n, 1, 0, item, item // 2, item, item, NULL, 0,
        )
    if n < SHORT:
        run_slopes(in_16_bits, &job, &halves, 1)
    else:
        with nogil:
            run_slopes(in_16_bits, &job, &halves, threads_for(plan, n))
            note_end(plan, n)


cdef inline void run_slopes(
    bint in_16_bits, Job* job, SlopesJob* halves, int threads
) noexcept nogil:
    if in_16_bits:
        drive_slopes(halves, threads)
    else:
        drive(job, threads)
