# The short way of plain calls: contiguous float arrays of one shape and dtype, parameters at
# their defaults or seen before.  ``FastCall`` is the base of the public objects; it serves
# such a call without entering Python and hands all else to the methods of the subclass.

cdef extern from "fast_calls.h":
    ctypedef struct PyTypeObject:
        void* tp_call
    ctypedef struct PyMethodDef:
        pass
    void fast_calls_of(PyTypeObject*, Py_ssize_t)
    bint has_fast_calls(PyTypeObject*)
    int add_fast_method(PyTypeObject*, PyMethodDef*, void*) except -1
    PyMethodDef fast_derivative, fast_backward
    PyTypeObject* Py_TYPE(PyObject*)
    Py_ssize_t PyVectorcall_NARGS(size_t)
    PyObject* PyTuple_GET_ITEM(PyObject*, Py_ssize_t)
    Py_ssize_t PyTuple_GET_SIZE(PyObject*)

cdef str OUT = sys.intern("out")
cdef str OUTPUT = sys.intern("output")
cdef str BIAS_NAME = sys.intern("bias")
cdef str AXIS_NAME = sys.intern("axis")
cdef str WRT = sys.intern("wrt")
cdef str WHERE = sys.intern("where")
cdef str WHICH_NAME = sys.intern("which")
cdef frozenset WITH_BIAS = frozenset((BIAS_NAME, AXIS_NAME, WRT, OUT))

# Of these, what is equal and of one type is the same; a key holds the types too.
cdef frozenset PLAIN_PARAMETERS = frozenset((int, str, bool, type))


cdef bint is_tuple_of_integers(object value):
    if type(value) is not tuple:
        return False
    for k in value:
        if type(k) is not int:
            return False
    return True


cdef object key_of(tuple args, dict options, bint along_axes):
    """Parameters as a key; None if they cannot be told apart by one.

    Axes may be several, or None for all.
    """
    cdef list key = []
    for value in args:
        key.append(value)
        key.append(type(value))
    for name, value in options.items():
        if name != "out":
            key.append(name)
            key.append(value)
            key.append(type(value))
    for value in key:
        kind = type(value)
        if kind is float or kind is float64_scalar or kind is float32_scalar:
            if value == 0.0:  # or -0.0
                return None
        elif kind not in PLAIN_PARAMETERS:
            if not along_axes or not (value is None or is_tuple_of_integers(value)):
                return None
    return tuple(key)


cdef dict without_mask(dict options):
    return {name: v for name, v in options.items() if name != WHERE and name != OUT}


cdef dict without_bias(dict options):
    """The parameters besides a bias and what belongs to it."""
    return {name: v for name, v in options.items() if name not in WITH_BIAS}


cdef Operands operands_by(
    Plans plans, int method, int dtype, int kind, object operand, const Layout* layout
):
    return Operands(
        kind, plans.by_channel[method][dtype].plus, plans.halves[dtype],
        cnp.PyArray_BYTES(operand), layout.count, layout.inner, cnp.PyArray_ITEMSIZE(operand))


cdef object sums_by_channel(
    Plan* plan, ChannelJob* job, object dy, object operand, object axis, object out
):
    """Gradients and their sums, or None; the job has its loops and what belongs to x."""
    cdef Layout layout
    cdef Py_ssize_t n = cnp.PyArray_SIZE(dy)
    cdef int threads
    cdef bint done, is_half = job.half.widen != NULL
    if plan.loop == NULL or job.loops.main == NULL or n == 0 or n >= plan.below:
        return None
    if not finds_layout(dy, operand, axis, &layout):
        return None
    if layout.count > 1 and 1 < layout.inner < SHORTEST_INNER:
        return None
    if out is None:
        out = new_like(dy)
    elif not can_take(dy, out):
        return None
    job.outer, job.count, job.inner = layout.outer, layout.count, layout.inner
    sums = cnp.PyArray_EMPTY(
        1, cnp.PyArray_DIMS(operand), cnp.NPY_FLOAT32 if is_half else cnp.PyArray_TYPE(dy), 0)
    job.item, job.term_item = cnp.PyArray_ITEMSIZE(dy), cnp.PyArray_ITEMSIZE(sums)
    job.dy, job.out = cnp.PyArray_BYTES(dy), cnp.PyArray_BYTES(out)
    cdef char* into = cnp.PyArray_BYTES(sums)
    cdef const char* operands = cnp.PyArray_BYTES(operand)
    threads = threads_for(plan, n)
    with nogil:
        done = drive_channels(job, operands, into, threads)
        note_end(plan, n)
    if not done:
        raise MemoryError("no room for the operands and sums of the channels")
    return out, sums.astype(dy.dtype) if is_half else sums


cdef inline bint only_out(PyObject* names):
    """Whether ``out`` is all that is given by name, or nothing is."""
    return names == NULL or (
        PyTuple_GET_SIZE(names) == 1 and PyTuple_GET_ITEM(names, 0) == <PyObject*>OUT
    )


cdef inline bint is_output_first(PyObject* names):
    """Whether ``output`` alone is given by name, or ``output`` and then ``out``."""
    if names == NULL or PyTuple_GET_ITEM(names, 0) != <PyObject*>OUTPUT:
        return False
    return PyTuple_GET_SIZE(names) == 1 or (
        PyTuple_GET_SIZE(names) == 2 and PyTuple_GET_ITEM(names, 1) == <PyObject*>OUT
    )


cdef tuple by_position(PyObject** args, Py_ssize_t count):
    return tuple([<object>args[k] for k in range(count)])


cdef dict by_name(PyObject** args, PyObject* names):
    if names == NULL:
        return {}
    return {name: <object>args[k] for k, name in enumerate(<tuple><object>names)}


cdef object fast_call(FastCall self, PyObject** args, size_t flags, PyObject* names):
    cdef Py_ssize_t count = PyVectorcall_NARGS(flags)
    cdef Plans plans = self.plans
    cdef object result
    if count == 1 and plans is not None and plans.kind <= ROWS and only_out(names):
        x = <object>args[0]
        result = self.plain_call(plans, FORWARD, x, x, None if names == NULL else <object>args[1])
        if result is not None:
            return result
    return self.call_with(by_position(args, count), by_name(args + count, names))


cdef object fast_derivative_call(FastCall self, PyObject** args, Py_ssize_t count, PyObject* names):
    cdef object result
    if count == 1 and self.plans is not None and self.plans.kind <= ROWS and only_out(names):
        x = <object>args[0]
        out = None if names == NULL else <object>args[1]
        result = self.plain_call(self.plans, DERIVATIVE, x, x, out)
        if result is not None:
            return result
    return self.derivative_with(*by_position(args, count), **by_name(args + count, names))


cdef object fast_backward_call(FastCall self, PyObject** args, Py_ssize_t count, PyObject* names):
    cdef Plans plans = self.plans
    cdef object result = None
    if plans is not None and count == 2 and plans.kind == ELEMENTS and only_out(names):
        out = None if names == NULL else <object>args[2]
        result = self.plain_call(plans, BACKWARD, <object>args[0], <object>args[1], out)
    elif plans is not None and count == 1 and plans.kind <= ROWS and is_output_first(names):
        out = None if PyTuple_GET_SIZE(names) == 1 else <object>args[2]
        result = self.plain_call(plans, BACKWARD_FROM_OUTPUT, <object>args[0], <object>args[1], out)
    if result is not None:
        return result
    return self.backward_with(*by_position(args, count), **by_name(args + count, names))


cdef object as_operand(object x, double number):
    """The number as an array of the dtype of x, or None if that is for Python to decide."""
    cdef cnp.npy_intp one = 1
    if view_dtype(x) < 0 or not -LARGEST_HALF <= number <= LARGEST_HALF:
        return None
    operand = cnp.PyArray_EMPTY(1, &one, cnp.PyArray_TYPE(x), 0)
    operand[0] = number
    return operand


cdef class FastCall:
    """Base of the activations; the subclass has ``_forward``, ``_backward``, ``_derivative``."""

    cdef void* vectorcall
    cdef Plans plans  # of the defaults; None if no call is plain, or none was made
    cdef bint planned  # at the first call: for all activations it would take 10 ms of the import
    cdef dict remembered  # of other parameters

    def __cinit__(self, *args, **options):
        cdef PyTypeObject* kind = Py_TYPE(<PyObject*>self)
        self.vectorcall = <void*>fast_call
        if not has_fast_calls(kind) and kind.tp_call == (<PyTypeObject*>FastCall).tp_call:
            fast_calls_of(kind, <char*>&self.vectorcall - <char*><PyObject*>self)

    def _take_plans(self, Plans plans):
        self.plans, self.planned = plans, True
        self.remembered = {}

    def _forget_plans(self):
        """Make them anew when they are needed."""
        self.plans, self.planned = None, False

    cdef Plans planned_calls(self):
        """The plans of the defaults, made if need be."""
        if not self.planned:
            self._plan_plain_calls()
        return self.plans

    def _remember(self, tuple args, dict options, values):
        """Take the short way when these parameters come again."""
        if self.planned_calls() is None:
            return
        if WHERE in options:
            options = without_mask(options)
            if not args and not options:
                return
            values = {**values, WHERE: None}
        if BIAS_NAME in options:
            options = without_bias(options)
            if not args and not options:
                return
            values = {**values, BIAS_NAME: None, AXIS_NAME: -1}
        key = key_of(args, options, self.is_along_axes())
        if key is None or key in self.remembered:
            return
        if len(self.remembered) >= MOST_REMEMBERED:
            self.remembered.clear()
        cdef Plans plans = self._plans_for(values)
        if plans is not None:
            plans.of_call_alone = self._names_call_options(args, options)
        self.remembered[key] = plans

    cdef Plans plans_of(self, tuple args, dict options):
        """The plans for these parameters, or None."""
        if self.planned_calls() is None or (not args and not options):
            return self.plans
        key = key_of(args, options, self.is_along_axes())
        return None if key is None else self.remembered.get(key)

    cdef Plans plans_back(self, tuple args, dict options):
        """The same for other methods than a call, which do not take all of its parameters."""
        cdef Plans plans = self.plans_of(args, options)
        return None if plans is None or plans.of_call_alone else plans

    cdef inline bint is_along_axes(self):
        return self.plans.kind == ROWS or self.plans.kind == REDUCED

    cdef object plain_call(
        self, Plans plans, int method, object first, object second, object out
    ):
        """The result, or None if the call is not plain."""
        cdef int dtype
        cdef Plan* plan
        cdef Py_ssize_t n, length = 1
        if overrides:
            return None
        dtype = plain_dtype(first)
        if dtype < 0:
            return self.call_on_others(plans, method, first, second, out)
        if dtype > FLOAT64 and plans.kind == ROWS:
            return half_rows_call(plans, NULL, method, dtype, first, second, out)
        plan = &plans.plans[method][dtype]
        if plan.loop == NULL:
            return None
        if second is not first and not is_like(first, second):
            return view_call(plans, method, first, second, out)
        n = cnp.PyArray_SIZE(first)
        if n >= plan.below:
            return None
        if plans.kind == ROWS:
            if n == 0:
                return None
            if not is_last(plans.axis, first):
                return self.plain_columns(plans, method, dtype, first, second, out)
            length = cnp.PyArray_DIM(first, cnp.PyArray_NDIM(first) - 1)
        if out is None:
            out = new_like(first)
        elif not can_take(first, out) or not is_apart_or_same(second, out):
            return view_call(plans, method, first, second, out)
        if 1 < length <= plan.short_row and n >= FEWEST_SHORT * length:
            self.plain_short_rows(plans, plan, dtype, first, second, out)
            return out
        cdef Py_ssize_t step = length * plan.item, work = n
        cdef const void* parameters = parameters_for(plan, n)
        if parameters != plan.parameters:
            work //= QUICKER
        cdef char* a = cnp.PyArray_BYTES(first)
        cdef Job job = Job(
            plan.loop, a, cnp.PyArray_BYTES(second), a, cnp.PyArray_BYTES(out),
            n // length, length, 0, step, step, step, step, parameters, 0,
        )
        if n < SHORT:
            drive(&job, 1)
        else:
            with nogil:
                drive(&job, threads_for(plan, work))
                note_end(plan, work)
        return out

    cdef object call_on_others(
        self, Plans plans, int method, object first, object second, object out
    ):
        """The same where ``first`` is no plain array."""
        cdef object result = view_call(plans, method, first, second, out)
        if result is not None or out is not None or second is not first:
            return result
        if type(first) is list or type(first) is tuple:
            first = as_array_of(first)
            if plain_dtype(first) >= 0:
                return self.plain_call(plans, method, first, first, None)
        else:
            result = of_one_number(plans, method, first)
        if result is not None or view_dtype(first) >= 0:
            return result
        first = own_copy(first)
        return None if first is None else self.plain_call(plans, method, first, first, first)

    cdef void plain_short_rows(
        self, Plans plans, Plan* plan, int dtype, object first, object second, object out
    ):
        """The same where a kernel for columns is faster."""
        cdef ColumnJob job
        cdef Py_ssize_t n = cnp.PyArray_SIZE(first)
        job.columns, job.moves = plan.columns, plans.moves[dtype]
        job.item, job.length = plan.item, last_length(first)
        job.inner = n // job.length
        job.a, job.b = cnp.PyArray_BYTES(first), cnp.PyArray_BYTES(second)
        job.out = cnp.PyArray_BYTES(out)
        if n < SHORT:
            drive_short_rows(&job, 1)
        else:
            with nogil:
                drive_short_rows(&job, threads_for(plan, n))
                note_end(plan, n)

    cdef object plain_columns(
        self, Plans plans, int method, int dtype, object first, object second, object out
    ):
        """The same along an axis before the last one."""
        cdef int axis = axis_in(plans.axis, first), threads
        cdef Plan* plan = &plans.plans[method][dtype]
        cdef ColumnJob job
        cdef bint done
        if axis < 0 or plans.moves[dtype].transpose == NULL:
            return None
        job.loop, job.moves, job.parameters = plan.loop, plans.moves[dtype], plan.parameters
        job.columns, job.item = plan.columns, plan.item
        cdef Layout layout = layout_around(first, axis)
        job.outer, job.length, job.inner = layout.outer, layout.count, layout.inner
        if job.length * LINE > MOST_IN_COLUMNS:
            return None
        if out is None:
            out = new_like(first)
        elif not can_take(first, out) or not is_apart_or_same(second, out):
            return None
        job.a, job.b = cnp.PyArray_BYTES(first), cnp.PyArray_BYTES(second)
        job.out = cnp.PyArray_BYTES(out)
        cdef Py_ssize_t n = cnp.PyArray_SIZE(first)
        threads = threads_for(plan, n)
        with nogil:
            done = drive_columns(&job, threads)
            note_end(plan, n)
        if not done:
            raise MemoryError("no room for the rows of some columns")
        return out

    cdef object channel_call(self, int method, object dy, tuple args, dict options):
        """A call with a bias, or a weight as second argument: the result, or None."""
        cdef Plans plans = self.plans
        cdef bint sums = plans.kind == WEIGHTED and method == BACKWARD, is_number
        cdef int kind = WEIGHT if plans.kind == WEIGHTED else BIAS
        cdef object operand, result, out = options.get(OUT), wrt = options.get(WRT)
        if overrides or not args:
            return None
        if kind == WEIGHT:
            if len(args) > 2 or len(options) > (OUT in options) + (AXIS_NAME in options):
                return None
            operand = args[1] if len(args) == 2 else self._defaults[self._row.learned[0].name]
        else:
            operand = options[BIAS_NAME]
            plans = self.plans_of(args[1:], without_bias(options))
            sums = type(wrt) is str and wrt == BIAS_NAME and dy is not None
            if plans is None or (WRT in options and not sums):
                return None
            if method == BACKWARD_FROM_OUTPUT:  # the output has the bias in it
                kind = NO_OPERAND
        axis = options.get(AXIS_NAME, None if kind == WEIGHT else -1)
        is_number = kind == WEIGHT and type(operand) is float
        if is_number:
            operand = as_operand(args[0], operand)
        if sums:
            result = self.plain_sums(plans, method, dy, args[0], kind, operand, axis, out)
            return (result[0], result[1][0]) if is_number and result is not None else result
        return self.plain_operands(plans, method, dy, args[0], kind, operand, axis, out)

    cdef object plain_operands(
        self, Plans plans, int method, object dy, object x, int kind, object operand, object axis,
        object out,
    ):
        """A call without sums by channel, or None."""
        cdef OperandJob job
        cdef Layout layout
        cdef int dtype
        if plain_dtype(x) < 0 or (out is not None and not is_like(x, out)):
            copy = own_copy(x)
            if copy is None or (out is not None and not can_fill_view(copy, out)):
                return None
            copy = self.plain_operands(plans, method, dy, copy, kind, operand, axis, copy)
            if out is None or copy is None:
                return copy
            cnp.PyArray_CopyInto(out, copy)
            return out
        if dy is not None and plain_dtype(dy) < 0:
            dy = own_copy(dy)
            if dy is None:
                return None
        dtype = plain_dtype(x)
        if dtype < 0 or not finds_layout(x, operand, axis, &layout):
            return None
        cdef Plan* plan = &plans.plans[method][dtype]
        cdef Py_ssize_t n = cnp.PyArray_SIZE(x)
        job.loop = plans.by_channel[method][dtype].main
        if plan.loop == NULL or job.loop == NULL or n == 0 or n >= plan.below:
            return None
        if dy is not None and not is_like(x, dy):
            return None
        if out is None:
            out = new_like(x)
        elif not can_take(x, out) or (dy is not None and not is_apart_or_same(dy, out)):
            return None
        job.parameters = plan.parameters if kind == WEIGHT else parameters_for(plan, n)
        job.operands = operands_by(plans, method, dtype, kind, operand, &layout)
        job.dy = NULL if dy is None else cnp.PyArray_BYTES(dy)
        job.x, job.out, job.n = cnp.PyArray_BYTES(x), cnp.PyArray_BYTES(out), n
        if n < SHORT:
            drive_operands(&job, 1)
        else:
            with nogil:
                drive_operands(&job, threads_for(plan, n))
                note_end(plan, n)
        return out

    cdef object plain_sums(
        self, Plans plans, int method, object dy, object x, int kind, object operand, object axis,
        object out,
    ):
        """The gradients by x and by the operand, or None."""
        cdef ChannelJob job
        cdef int dtype
        if plain_dtype(x) < 0:
            x = own_copy(x)
        if plain_dtype(dy) < 0:
            dy = own_copy(dy)
        dtype = plain_dtype(x)
        if dtype < 0 or not is_like(x, dy) or (out is not None and not can_take(x, out)):
            return None
        cdef Plan* plan = &plans.plans[method][dtype]
        job.loops, job.half = plans.by_channel[method][dtype], plans.halves[dtype]
        job.unpack, job.of_results = NULL, False
        job.parameters = job.term_parameters = plan.parameters
        if dtype > FLOAT64:
            job.term_parameters = plan.sixteen.single_parameters
            if kind != WEIGHT:
                job.parameters = parameters_for(plan, cnp.PyArray_SIZE(x))
        job.operand, job.x = kind, cnp.PyArray_BYTES(x)
        job.x_bits = 8 * cnp.PyArray_ITEMSIZE(x)
        return sums_by_channel(plan, &job, dy, operand, axis, out)

    cdef object plain_halves(self, Plans plans, object x, object out):
        """A gate of the two halves of x along an axis, or None."""
        if overrides:
            return None
        if not is_plain(x):
            return view_halves(plans, x, out)
        cdef int axis = axis_in(plans.axis, x)
        if axis < 0 or cnp.PyArray_DIM(x, axis) % 2:
            return None
        cdef Plan* plan = &plans.plans[FORWARD][plain_dtype(x)]
        cdef Py_ssize_t n = cnp.PyArray_SIZE(x) // 2
        cdef Py_ssize_t run = size_from(x, axis) // 2
        if plan.loop == NULL or n == 0 or n >= plan.below:
            return None
        if out is None:
            out = new_half(x, axis)
        elif not is_plain_half_of(out, x, axis) or not can_fill(out, x, x):
            return view_halves(plans, x, out)
        cdef Py_ssize_t step = run * plan.item, rows = n // run
        cdef char* a = cnp.PyArray_BYTES(x)
        cdef Job job = Job(
            plan.loop, a, a + step, a, cnp.PyArray_BYTES(out),
            rows, 1, run, 2 * step, 2 * step, 2 * step, step, parameters_for(plan, n), 0,
        )
        if n < SHORT:
            drive(&job, 1)
        else:
            with nogil:
                if rows < FEW_ROWS:
                    drive_long_halves(&job, plan.item, threads_for(plan, n))
                else:
                    drive(&job, threads_for(plan, n))
                note_end(plan, n)
        return out

    cdef object plain_gradients(self, Plans plans, object dy, object x, object out):
        """Of a gate of two halves, like x; or None."""
        if overrides:
            return None
        if not is_plain(x):
            return view_gradients(plans, dy, x, out)
        cdef int dtype = plain_dtype(x), axis = axis_in(plans.axis, x)
        if axis < 0:
            return None
        if not is_plain_half_of(dy, x, axis):
            return view_gradients(plans, dy, x, out)
        cdef Py_ssize_t run = size_from(dy, axis)
        cdef Py_ssize_t step = run * plans.plans[BY_FIRST][dtype].item
        if cnp.PyArray_SIZE(dy) == 0 or not serves_gradients(plans, dtype, dy):
            return None
        if out is None:
            out = new_like(x)
        elif not can_take(x, out) or not is_apart(dy, out):
            return view_gradients(plans, dy, x, out)
        cdef char* first = cnp.PyArray_BYTES(x)
        cdef char* into = cnp.PyArray_BYTES(out)
        cdef Py_ssize_t rows = cnp.PyArray_SIZE(dy) // run
        cdef GateJob job
        job.dy, job.first, job.second = cnp.PyArray_BYTES(dy), first, first + step
        job.outs[0], job.outs[1] = into, into + step
        job.n, job.run, job.dy_step, job.step, job.total = rows, run, step, 2 * step, rows * run
        self.start_gate(plans, dtype, &job)
        return out

    cdef object plain_pair(
        self, Plans plans, object dy, object first, object second, object out
    ):
        """The gradients of a gate by two arrays, or None."""
        if overrides:
            return None
        if not is_plain(dy) or not is_like(dy, first) or not is_like(dy, second):
            return view_pair(plans, dy, first, second, out)
        cdef int dtype = plain_dtype(dy)
        if not serves_gradients(plans, dtype, dy):
            return None
        if out is None:
            out = (new_like(dy), new_like(dy))
        elif type(out) is not tuple or len(out) != 2:
            return None
        else:
            for x in (dy, first, second):
                if not can_take(x, out[0]) or not can_take(x, out[1]):
                    return view_pair(plans, dy, first, second, out)
            if not is_apart(out[0], out[1]):
                return None
        cdef Py_ssize_t n = cnp.PyArray_SIZE(dy), item = plans.plans[BY_FIRST][dtype].item
        cdef GateJob job
        job.dy = cnp.PyArray_BYTES(dy)
        job.first, job.second = cnp.PyArray_BYTES(first), cnp.PyArray_BYTES(second)
        job.outs[0], job.outs[1] = cnp.PyArray_BYTES(out[0]), cnp.PyArray_BYTES(out[1])
        job.n, job.run, job.dy_step, job.step, job.total = 1, n, n * item, n * item, n
        self.start_gate(plans, dtype, &job)
        return out

    cdef void start_gate(self, Plans plans, int dtype, GateJob* job):
        cdef Plan* plan = &plans.plans[BY_FIRST][dtype]
        cdef Plan* other = &plans.plans[BY_SECOND][dtype]
        job.loops[0], job.loops[1] = plan.loop, other.loop
        cdef Py_ssize_t n = job.total
        job.parameters[0], job.parameters[1] = parameters_for(plan, n), parameters_for(other, n)
        job.item = plan.item
        if job.total < SHORT:
            drive_gate(job, 1)
        else:
            with nogil:
                drive_gate(job, threads_for(plan, job.total))
                note_end(plan, job.total)

    cdef object call_on_joined(
        self, Plans plans, int method, object first, object second, object out
    ):
        """A call along several axes, on arrays where these are one; None if Python must."""
        cdef bint is_sum = plans.kind == REDUCED, like_x = not is_sum or method != FORWARD
        cdef object x = with_joined_axes(plans, second), a = x, y, place
        if x is None or (is_sum and method == BACKWARD_FROM_OUTPUT):
            return None
        if first is not second and not fits_joined(plans, second, first, not is_sum):
            return None
        if out is None and like_x:
            out = new_like(second)
        elif out is not None and not fits_joined(plans, second, out, like_x):
            return None
        if first is not second:
            a = with_joined_axes(plans, first) if not is_sum or plans.keepdims else first
        place = out
        if out is not None and (like_x or plans.keepdims):
            place = with_joined_axes(plans, out)
        if method == FORWARD and is_sum:
            y = regrouped(plans, x, place)
        elif method == FORWARD:
            y = self.plain_call(plans, FORWARD, x, x, place)
        elif method == BACKWARD:
            y = self.backward_on_one_axis(plans, a, x, None, place)
        else:
            y = self.backward_on_one_axis(plans, a, None, x, place)
        if y is None or out is not None:
            return None if y is None else out
        return y.reshape(shape_with_ones(plans, second)) if plans.keepdims else y

    cdef object masked_call(
        self, int method, object first, object second, tuple args, dict options, object out,
        bint from_input
    ):
        """A call along rows with a mask, or with None for it; None if Python must."""
        cdef Plans plans = self.plans_of(args, without_mask(options))
        cdef object mask = options[WHERE]
        if plans is None or plans.masking[FLOAT32].select == NULL:
            return None
        if mask is None:
            if method == FORWARD:
                return self.plain_forward(plans, first, out)
            if from_input:
                return self.plain_backward(plans, first, second, None, out)
            return self.plain_backward(plans, first, None, second, out)
        if plans.joined != 1:
            return None
        if plans.kind == ROWS:
            return call_on_views(plans, method, first, second, out, from_input, mask)
        if method == FORWARD:
            return reduced_view(plans, first, out, mask)
        return reduced_view_gradient(plans, first, second, out, mask) if from_input else None

    cdef object plain_forward(self, Plans plans, object x, object out):
        """Of one array; the result, or None."""
        if plans.joined != 1:
            return self.call_on_joined(plans, FORWARD, x, x, out)
        if plans.kind > WEIGHTED:
            return regrouped(plans, x, out)
        return self.plain_call(plans, FORWARD, x, x, out)

    def __call__(self, *args, **options):
        return self.call_with(args, options)

    cdef object call_with(self, tuple args, dict kwargs):
        cdef object result = None
        cdef Plans plans
        cdef Py_ssize_t arrays = 1, count = len(args)
        if count and self.planned_calls() is not None:
            out = kwargs.get(OUT) if kwargs else None
            if self.plans.kind == WEIGHTED or (kwargs and BIAS_NAME in kwargs):
                result = self.channel_call(FORWARD, None, args, kwargs)
                return self._forward(*args, **kwargs) if result is None else result
            if self.plans.kind in (ROWS, REDUCED) and kwargs and WHERE in kwargs:
                result = self.masked_call(
                    FORWARD, args[0], args[0], args[1:], kwargs, out, False)
                return self._forward(*args, **kwargs) if result is None else result
            if self.plans.kind == GATE and count > 1:
                arrays = 2
            if count == arrays and len(kwargs) == (out is not None):
                plans = self.plans
            else:
                plans = self.plans_of(args[arrays:], kwargs)
            if plans is not None:
                if plans.kind != GATE:
                    result = self.plain_forward(plans, args[0], out)
                elif arrays == 1 or args[1] is None:
                    result = self.plain_halves(plans, args[0], out)
                else:
                    result = self.plain_call(plans, FORWARD, args[0], args[1], out)
            if result is not None:
                return result
        return self._forward(*args, **kwargs)

    def derivative_with(self, x, *args, out=None, **parameters):
        cdef Plans plans = self.plans_back(args, parameters)
        cdef object result = None
        if plans is not None and plans.kind <= ROWS:
            result = self.plain_call(plans, DERIVATIVE, x, x, out)
        return self._derivative(x, *args, out=out, **parameters) if result is None else result

    def backward_with(self, dy, input=None, *args, output=None, out=None, **parameters):
        cdef object result = None
        cdef Plans plans
        if (input is None) != (output is None) and self.planned_calls() is not None:
            if self.plans.kind == WEIGHTED or BIAS_NAME in parameters:
                options = parameters if out is None else {**parameters, OUT: out}
                if output is None:
                    result = self.channel_call(BACKWARD, dy, (input, *args), options)
                else:
                    result = self.channel_call(BACKWARD_FROM_OUTPUT, dy, (output, *args), options)
            elif self.plans.kind in (ROWS, REDUCED) and WHERE in parameters:
                result = self.masked_call(
                    BACKWARD_FROM_OUTPUT, dy, input if output is None else output, args,
                    parameters, out, output is None)
            elif self.plans.kind == GATE:
                plans = self.plans_of(args[1:], parameters)
                if plans is not None and output is None:
                    result = self.plain_gate(plans, dy, input, args[0] if args else None, out)
            else:
                plans = self.plans_back(args, parameters)
                if plans is not None:
                    result = self.plain_backward(plans, dy, input, output, out)
        elif input is None and output is None and WHICH_NAME in parameters:
            result = self.backward_by_which(dy, args, dict(parameters), out)
        if result is not None:
            return result
        return self._backward(dy, input, *args, output=output, out=out, **parameters)

    cdef object backward_by_which(self, object dy, tuple args, dict options, object out):
        """From what was kept of the pieces, or None."""
        cdef object which = options.pop(WHICH_NAME)
        cdef Plans plans = self.plans_back(args, options)
        if plans is None or plans.kind != PIECES:
            return None
        return gradient_by_which(plans, dy, which, out)

    cdef object plain_gate(self, Plans plans, object dy, object first, object second, object out):
        if second is None:
            return self.plain_gradients(plans, dy, first, out)
        return self.plain_pair(plans, dy, first, second, out)

    cdef object plain_backward(
        self, Plans plans, object dy, object input, object output, object out
    ):
        if plans.joined != 1:
            if output is None:
                return self.call_on_joined(plans, BACKWARD, dy, input, out)
            return self.call_on_joined(plans, BACKWARD_FROM_OUTPUT, dy, output, out)
        return self.backward_on_one_axis(plans, dy, input, output, out)

    cdef object backward_on_one_axis(
        self, Plans plans, object dy, object input, object output, object out
    ):
        cdef object result
        if plans.kind > WEIGHTED:
            if output is None:
                return regrouped_gradient(plans, dy, input, out)
            return regrouped_gradient_from_output(plans, dy, output, out)
        if output is not None:
            return self.plain_call(plans, BACKWARD_FROM_OUTPUT, dy, output, out)
        if plans.kind != ROWS:
            return self.plain_call(plans, BACKWARD, dy, input, out)
        cdef int dtype = plain_dtype(dy)
        if dtype > FLOAT64 and not overrides:
            result = half_rows_call(
                plans, &plans.plans[FORWARD][FLOAT32], BACKWARD_FROM_OUTPUT, dtype, dy, input, out)
            if result is not None:
                return result
        # Few numbers: the whole output is made once more.
        if 0 <= dtype <= FLOAT64 and is_like(dy, input) and cnp.PyArray_SIZE(dy) <= MOST_IN_ROWS:
            output = self.plain_call(plans, FORWARD, input, input, None)
            if output is None:
                return None
            return self.plain_call(plans, BACKWARD_FROM_OUTPUT, dy, output, out)
        return call_on_views(plans, BACKWARD_FROM_OUTPUT, dy, input, out, True, None)


add_fast_method(<PyTypeObject*>FastCall, &fast_derivative, <void*>fast_derivative_call)
add_fast_method(<PyTypeObject*>FastCall, &fast_backward, <void*>fast_backward_call)
