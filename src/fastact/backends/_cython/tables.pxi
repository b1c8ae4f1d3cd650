# Arrays of 16 bits by a table: of all 65,536 results, or of all slopes for a backward pass.
# It is made by the loops that it stands for, once a function has seen many numbers, so the
# bits are the same.  Without AVX-512 sigmoid takes 0.2 of the time so.

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
    cdef unsigned short* patterns = <unsigned short*>malloc(PATTERNS * 2)
    cdef void* numbers = malloc(room)
    if tables < MOST_TABLES and patterns != NULL and numbers != NULL:
        fill_table(table, loop, usual, patterns, numbers)
        tables += 1
        table.ready = usual[0]
        table.ready.own, table.ready.table = table.loop, numbers
        show(&table.how, &table.ready)
    else:
        free(numbers)
    free(patterns)


cdef void fill_table(
    Table* table, loop_t loop, const recipe* usual, unsigned short* patterns, void* numbers,
) noexcept nogil:
    cdef int k
    for k in range(PATTERNS):
        patterns[k] = <unsigned short>k
    if table.slopes == NULL:
        loop(patterns, patterns, patterns, numbers, PATTERNS, 1, usual)
    else:
        table.widen(patterns, patterns, patterns, numbers, PATTERNS, 1, NULL)
        table.slopes(numbers, numbers, numbers, numbers, PATTERNS, 1, usual.single_parameters)


cdef void drop_table(Table* table) noexcept:
    global tables
    if table.how != NULL:
        free(<void*>table.ready.table)
        tables -= 1


def tables_made():
    """How many there are now."""
    return tables
