# The kernels of an activation for one choice of its parameters, and how many threads they pay for.

cdef int overrides = 0  # contexts that force a backend, anywhere: then Python decides
cdef int default_threads = 1
cdef int limits = 0  # contexts that limit threads, anywhere
cdef object limit_here  # the ContextVar of that limit, None in other contexts
cdef int omp_threads_at_start = omp_get_max_threads()


def add_override(int change):
    """Count the contexts that rule out the short way."""
    global overrides
    overrides += change


def add_limit(int change, object variable):
    """Count the contexts of ``threads``, whose limit is in ``variable``."""
    global limits, limit_here
    limit_here = variable
    limits += change


def set_default_threads(int threads):
    global default_threads
    default_threads = threads


def omp_limit():
    """Threads that OpenMP grants now, or 0 while nobody has lowered them.

    threadpoolctl, and what is built on it, limits a pool by this number.
    """
    cdef int now = omp_get_max_threads()
    return now if now < omp_threads_at_start else 0


cdef enum:
    SHORT = 512  # numbers that are computed faster than the GIL is given up and taken back
    MOST_PARAMETERS = 8
    MOST_REMEMBERED = 256
    MOST_IN_ROWS = 1 << 16
    LARGEST_HALF = 65504
    SOON = 20000  # nanoseconds after a call, in which the workers still look out for another

cdef enum:
    FORWARD, DERIVATIVE, BACKWARD, BACKWARD_FROM_OUTPUT, BY_FIRST, BY_SECOND
    BY_MASK, BY_SLOPES, WHICH, METHODS

cdef enum:
    ELEMENTS, ROWS, GATE, WEIGHTED, REDUCED, PAIRED, PIECES

cdef enum:
    MOST_AXES = 64
    FEW_ROWS = 16  # with halves: so many are computed one after the other by all threads

METHOD_NUMBERS = {
    "forward": FORWARD, "derivative": DERIVATIVE, "backward": BACKWARD,
    "backward_from_output": BACKWARD_FROM_OUTPUT, "by_first": BY_FIRST, "by_second": BY_SECOND,
    "backward_from_mask": BY_MASK, "backward_from_slopes": BY_SLOPES, "which": WHICH,
}
cdef enum:
    FLOAT32, FLOAT64, FLOAT16, BFLOAT16, DTYPES

DTYPE_NUMBERS = {
    "float32": FLOAT32, "float64": FLOAT64, "float16": FLOAT16, "bfloat16": BFLOAT16,
}
KINDS = {
    "elementwise": ELEMENTS, "random": ELEMENTS, "along axis": ROWS, "gate": GATE,
    "weighted": WEIGHTED, "reduction": REDUCED, "paired": PAIRED, "pieces": PIECES,
}


include "tables.pxi"


cdef struct Plan:
    loop_t loop
    const void* parameters
    Py_ssize_t item
    Py_ssize_t parallel_from
    Py_ssize_t awake_from  # the same soon after another call
    Py_ssize_t below  # longer arrays are sent to Python
    ColumnLoops columns  # along another axis; NULL: by the loop for rows
    int per_row[3]  # of regrouped rows, lengths in a row of a, b and the output; 0: one number
    Py_ssize_t short_row  # up to this length the loop for columns serves the last axis too
    recipe sixteen  # the parameters of a loop on 16 bits
    Table table  # and what may be looked up instead


# What ``where=`` wants: the loop of support.h, and what stands for what is left out.
cdef struct Masking:
    loop_t select
    const void* input
    const void* output


cdef inline const void* parameters_for(Plan* plan, Py_ssize_t n):
    """Those of the loop on so many numbers: a finished table, if there is one for them."""
    cdef const void* how = looked_up(&plan.table, plan.loop, &plan.sixteen, n)
    return plan.parameters if how == NULL else how


cdef class Plans:
    """The kernels of an activation for one choice of its parameters."""

    cdef int kind
    cdef Plan plans[METHODS][DTYPES]
    cdef ChannelLoops by_channel[METHODS][DTYPES]
    cdef Moves moves[DTYPES]
    cdef Half halves[DTYPES]
    cdef Masking masking[DTYPES]
    cdef float left_out32[2]
    cdef double left_out64[2]
    cdef float parameters32[MOST_PARAMETERS]
    cdef double parameters64[MOST_PARAMETERS]
    cdef Py_ssize_t axis  # of rows, or of what is halved
    cdef public Py_ssize_t pieces  # of which one number is made
    cdef public bint tells_which  # of the pieces it is
    cdef bint of_call_alone  # what other methods do not take
    cdef public bint keepdims  # the axis along which one number is made
    cdef public Py_ssize_t joined  # so many axes, of which ``axis`` is what they become; 0: all
    cdef public Contexts contexts  # None: they are Python's

    def __init__(self, str kind, singles, doubles, Py_ssize_t axis):
        self.kind, self.axis, self.joined = KINDS[kind], axis, 1
        for k in range(len(doubles)):
            self.parameters32[k] = singles[k]
            self.parameters64[k] = doubles[k]

    def add(
        self, str method, str dtype, size_t address, Py_ssize_t parallel_from,
        Py_ssize_t awake_from, Py_ssize_t below,
    ):
        """Use this kernel for fewer than ``below`` numbers; a method without one is Python's."""
        cdef Plan* plan = &self.plans[METHOD_NUMBERS[method]][DTYPE_NUMBERS[dtype]]
        plan.loop, plan.below = <loop_t>address, below
        plan.parallel_from, plan.awake_from = parallel_from, awake_from
        if dtype == "float64":
            plan.item, plan.parameters = sizeof(double), &self.parameters64[0]
        else:
            plan.item, plan.parameters = sizeof(float), &self.parameters32[0]

    def add_moves(self, str dtype, size_t copy, size_t transpose):
        self.moves[DTYPE_NUMBERS[dtype]] = Moves(<loop_t>copy, <loop_t>transpose)

    def add_masking(self, str dtype, size_t select, double input, double output):
        """Let calls with a mask be computed by this loop and these numbers."""
        cdef Masking* masking = &self.masking[DTYPE_NUMBERS[dtype]]
        masking.select = <loop_t>select
        if dtype == "float64":
            self.left_out64[0], self.left_out64[1] = input, output
            masking.input, masking.output = &self.left_out64[0], &self.left_out64[1]
        else:
            self.left_out32[0], self.left_out32[1] = input, output
            masking.input, masking.output = &self.left_out32[0], &self.left_out32[1]

    def add_row_sizes(self, str method, str dtype, int a, int b, int out):
        """Tell how many lengths of a row these have for it; 0: one number."""
        cdef Plan* plan = &self.plans[METHOD_NUMBERS[method]][DTYPE_NUMBERS[dtype]]
        plan.per_row[0], plan.per_row[1], plan.per_row[2] = a, b, out

    def add_columns(self, str method, str dtype, size_t wide, size_t narrow, Py_ssize_t short_row):
        """Use these loops for columns, and for rows up to this length."""
        cdef Plan* plan = &self.plans[METHOD_NUMBERS[method]][DTYPE_NUMBERS[dtype]]
        plan.columns, plan.short_row = ColumnLoops(<loop_t>wide, <loop_t>narrow), short_row

    def add_by_channel(self, str method, str dtype, tuple addresses):
        """Use these loops (main, term, plus, carry, sum) where an operand differs by channel."""
        cdef size_t main, term, plus, carry, total
        main, term, plus, carry, total = addresses
        self.by_channel[METHOD_NUMBERS[method]][DTYPE_NUMBERS[dtype]] = ChannelLoops(
            <loop_t>main, <loop_t>term, <loop_t>plus, <loop_t>carry, <loop_t>total)

    def add_half(self, str dtype, size_t widen, size_t narrow, size_t unpack):
        """Use these loops of sixteen.pyx between kernels."""
        self.halves[DTYPE_NUMBERS[dtype]] = Half(
            <loop_t>widen, <loop_t>narrow, <loop_t>unpack)

    def add_in_16_bits(
        self, str method, str dtype, size_t address, size_t own, int inputs, int doubt, int reach,
    ):
        """Use these loops of sixteen.pyx, which run the kernels that were added before."""
        cdef Plan* single = &self.plans[METHOD_NUMBERS[method]][FLOAT32]
        cdef Plan* wide = &self.plans[METHOD_NUMBERS[method]][FLOAT64]
        cdef Plan* plan = &self.plans[METHOD_NUMBERS[method]][DTYPE_NUMBERS[dtype]]
        if single.loop == NULL or wide.loop == NULL:
            return
        plan.loop, plan.item = <loop_t>address, 2
        plan.parallel_from, plan.below = single.parallel_from, single.below
        plan.awake_from = single.awake_from
        plan.sixteen = recipe(
            single.loop, wide.loop, <loop_t>own, &self.parameters32[0], &self.parameters64[0],
            inputs, doubt, reach, NULL,
        )
        plan.parameters = &plan.sixteen
        cdef ChannelLoops* loops = &self.by_channel[METHOD_NUMBERS[method]][DTYPE_NUMBERS[dtype]]
        loops[0] = self.by_channel[METHOD_NUMBERS[method]][FLOAT32]
        if loops.main != NULL:
            loops.main = plan.loop

    def add_table(
        self, str method, str dtype, size_t address, size_t slopes, size_t wide_slopes,
        bint of_ones,
    ):
        """Look up what these loops compute: results, or slopes for a product with an input."""
        cdef Plan* plan = &self.plans[METHOD_NUMBERS[method]][DTYPE_NUMBERS[dtype]]
        cdef Table* table = &plan.table
        table.loop, table.widen = <loop_t>address, self.halves[DTYPE_NUMBERS[dtype]].widen
        table.slopes, table.wide_slopes = <loop_t>slopes, <loop_t>wide_slopes
        table.of_ones = of_ones
        # An underflow of float32 is none that float16 would show.
        table.marked = dtype == "bfloat16"

    def __dealloc__(self):
        for method in range(METHODS):
            for dtype in (FLOAT16, BFLOAT16):
                drop_table(&self.plans[method][dtype].table)


# When the last call ended that could have used several threads.  Python threads may race for
# it: the worst that happens is one thread instead of two, or the other way round.
cdef long long last_end = 0


cdef int threads_wanted() noexcept with gil:
    limit = limit_here.get()
    return default_threads if limit is None else limit


cdef inline int threads_for(Plan* plan, Py_ssize_t n) noexcept nogil:
    cdef int wanted, granted
    if n < plan.awake_from or (default_threads == 1 and not limits):
        return 1
    if n < plan.parallel_from and pool_clock() - last_end > SOON:
        return 1
    wanted = threads_wanted() if limits else default_threads
    granted = omp_get_max_threads()
    return min(granted, wanted) if granted < omp_threads_at_start else wanted


cdef inline void note_end(Plan* plan, Py_ssize_t n) noexcept nogil:
    global last_end
    if n >= plan.awake_from:
        last_end = pool_clock()
