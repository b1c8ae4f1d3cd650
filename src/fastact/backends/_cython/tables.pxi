# Arrays of 16 bits by a table: of all 65,536 results, or of all slopes for a product.
# It is made by the loops that it stands for, once a function has seen many numbers, so the
# bits are the same.  Without AVX-512 sigmoid takes 0.2 of the time so.

from libc.math cimport NAN, fabs
from libc.stdlib cimport free, malloc

cdef extern from "tables.h":
    bint is_first(char* claimed) noexcept nogil
    void show(const void** place, const void* table) noexcept nogil
    const void* shown(const void** place) noexcept nogil

cdef enum:
    PATTERNS = 1 << 16
    WORTH_A_TABLE = 1 << 19  # numbers after which to make one takes an eighth of their time
    LOOKED_UP_FROM = 1 << 12  # numbers; of fewer, most would wait for a line of the table
    MOST_TABLES = 64  # of 128 or 256 kB
    QUICKER = 4  # about how many times, so that more numbers are worth a second thread

cdef struct Table:
    loop_t loop  # of sixteen.pyx, NULL without tables
    loop_t slopes  # in float32, NULL for a table of results
    loop_t wide_slopes  # in float64
    bint of_ones  # whether the slopes are gradients of ones
    bint marked  # whether a slope that has lost digits is NaN
    loop_t widen
    Py_ssize_t seen
    const void* how  # NULL, or the recipe below with a finished table
    recipe ready
    char claimed

cdef int tables = 0


cdef inline const void* looked_up(Table* table, loop_t loop, const recipe* usual, Py_ssize_t n):
    """The recipe by which ``loop`` looks so many numbers up, or NULL."""
    if table.loop == NULL or n < LOOKED_UP_FROM:
        return NULL
    if shown(&table.how) == NULL:
        table.seen += n
        if table.seen >= WORTH_A_TABLE and is_first(&table.claimed):
            make_table(table, loop, usual)
    return shown(&table.how)


cdef void make_table(Table* table, loop_t loop, const recipe* usual):
    global tables
    cdef size_t room = PATTERNS * (2 if table.slopes == NULL else sizeof(float))
    cdef void* numbers = malloc(room) if tables < MOST_TABLES else NULL
    if numbers == NULL:
        return
    fill_table(table, loop, usual, numbers)
    tables += 1
    table.ready = usual[0]
    table.ready.own, table.ready.table = table.loop, numbers
    show(&table.how, &table.ready)


cdef void fill_table(
    Table* table, loop_t loop, const recipe* usual, void* numbers,
) noexcept nogil:
    cdef unsigned short[BLOCK] x
    cdef int block, start, k
    for block in range(PATTERNS // BLOCK):
        start = block * BLOCK
        for k in range(BLOCK):
            x[k] = <unsigned short>(start + k)
        if table.slopes == NULL:
            loop(x, x, x, <unsigned short*>numbers + start, BLOCK, 1, usual)
        else:
            fill_slopes(table, usual, x, <float*>numbers + start)


cdef void fill_slopes(
    Table* table, const recipe* usual, const unsigned short* patterns, float* slopes,
) noexcept nogil:
    """Those at BLOCK inputs, NaN where they are off by what a product may be, less its rounding."""
    cdef float[BLOCK] x, ones
    cdef double[BLOCK] wide_x, wide_ones, exact
    cdef float* first = &ones[0] if table.of_ones else &x[0]
    cdef double* wide_first = &wide_ones[0] if table.of_ones else &wide_x[0]
    cdef double most = (usual.reach - 0.5) * 2.0**-24
    cdef int k
    table.widen(patterns, patterns, patterns, x, BLOCK, 1, NULL)
    for k in range(BLOCK):
        wide_x[k], ones[k], wide_ones[k] = x[k], 1, 1
    table.slopes(first, x, x, slopes, BLOCK, 1, usual.single_parameters)
    if not table.marked:
        return
    table.wide_slopes(wide_first, wide_x, wide_x, exact, BLOCK, 1, usual.wide_parameters)
    for k in range(BLOCK):
        if not fabs(slopes[k] - exact[k]) <= most * fabs(exact[k]):
            slopes[k] = NAN


cdef void drop_table(Table* table) noexcept:
    global tables
    if table.how != NULL:
        free(<void*>table.ready.table)
        tables -= 1


def tables_made():
    """How many there are now."""
    return tables
