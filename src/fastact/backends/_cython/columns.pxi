# Row kernels along an axis that is not the last.  A kernel for columns computes whole strips as
# they lie in memory; what is no whole strip is copied to a tile first.  All in tiles took 1.0 to
# 1.4 times as long, even where rows lie on lines that a cache cannot hold together.  Where there
# is no such kernel, or columns are few, a row kernel computes each as a row of a tile.

cdef enum:
    LINE = 64  # bytes of a line of the cache
    STRIP_BYTES = 4 * LINE  # of a row of a wide strip, as the kernels have it
    TASK = 1 << 16  # bytes of a task at least, where there are enough
    MOST_IN_COLUMNS = 1 << 21  # bytes of a line's columns; longer ones are Python's
    MOST_ROWS_OF_NARROW = 256  # of columns that are no whole strip
    TILE_OF_ROWS = 1 << 19  # bytes at most: it stays in the second-level cache


# What brings a tile into the cache and back (support.h).
cdef struct Moves:
    loop_t copy
    loop_t transpose


# Kernels of strips, narrow ones half as wide; or NULL.
cdef struct ColumnLoops:
    loop_t wide
    loop_t narrow


cdef struct ColumnJob:
    loop_t loop
    ColumnLoops columns
    Moves moves
    const void* parameters
    const char* a
    const char* b
    char* out
    Py_ssize_t outer
    Py_ssize_t length
    Py_ssize_t inner
    Py_ssize_t item
    Py_ssize_t strip  # columns of a wide strip
    Py_ssize_t width  # columns of a unit, which a task has some of
    Py_ssize_t beside  # narrow arrays side by side in a strip
    Py_ssize_t units
    Py_ssize_t per_task
    Py_ssize_t stride  # of rows in a tile, in numbers; no power of two, for the cache's sake
    bint failed


cdef void strip_as_it_lies(ColumnJob* job, Py_ssize_t at) noexcept nogil:
    cdef Py_ssize_t[2] strides = [job.inner, job.inner]
    cdef char* out = job.out + at
    job.columns.wide(job.a + at, job.b + at, out, out, 1, job.length, &strides[0])


cdef void clear_tile(ColumnJob* job, Py_ssize_t columns, char* tile) noexcept nogil:
    """Whatever stands beside so many columns could be slow to compute with."""
    if columns != job.strip and 2 * columns != job.strip:
        memset(tile, 0, job.length * STRIP_BYTES)


cdef void run_tile(ColumnJob* job, Py_ssize_t columns, char* a, char* b) noexcept nogil:
    cdef Py_ssize_t[2] strides = [job.strip, job.strip]
    if 2 * columns <= job.strip:
        job.columns.narrow(a, b, a, a, 1, job.length, &strides[0])
    else:
        job.columns.wide(a, b, a, a, 1, job.length, &strides[0])


cdef void strip_in_a_tile(
    ColumnJob* job, Py_ssize_t at, Py_ssize_t width, Py_ssize_t beside, char* a, char* b,
) noexcept nogil:
    """Columns of one array, or of some that are side by side here and one after the other there."""
    cdef Py_ssize_t[2] forth = [job.inner, job.strip]
    cdef Py_ssize_t[2] back = [job.strip, job.inner]
    cdef Py_ssize_t k, step = job.length * job.inner * job.item
    if job.b == job.a:
        b = a
    clear_tile(job, width * beside, a)
    clear_tile(job, width * beside, b)
    for k in range(beside):
        job.moves.copy(
            job.a + at + k * step, NULL, NULL, a + k * width * job.item,
            job.length, width, &forth[0])
        if b != a:
            job.moves.copy(
                job.b + at + k * step, NULL, NULL, b + k * width * job.item,
                job.length, width, &forth[0])
    run_tile(job, width * beside, a, b)
    for k in range(beside):
        job.moves.copy(
            a + k * width * job.item, NULL, NULL, job.out + at + k * step,
            job.length, width, &back[0])


cdef void unit_of_strips(ColumnJob* job, Py_ssize_t unit, char* a, char* b) noexcept nogil:
    cdef Py_ssize_t across = -(-job.inner // job.width)
    cdef Py_ssize_t first = unit // across * job.beside, column = unit % across * job.width
    cdef Py_ssize_t width = min(job.width, job.inner - column)
    cdef Py_ssize_t at = (first * job.length * job.inner + column) * job.item
    if width < job.strip:
        strip_in_a_tile(job, at, width, min(job.beside, job.outer - first), a, b)
    else:
        strip_as_it_lies(job, at)


cdef void unit_as_rows(ColumnJob* job, Py_ssize_t unit, char* a, char* b) noexcept nogil:
    cdef Py_ssize_t across = -(-job.inner // job.width)
    cdef Py_ssize_t column = unit % across * job.width
    cdef Py_ssize_t width = min(job.width, job.inner - column)
    cdef Py_ssize_t at = (unit // across * job.length * job.inner + column) * job.item
    cdef Py_ssize_t[2] into_rows = [job.inner, job.stride]
    cdef Py_ssize_t[2] into_columns = [job.stride, job.inner]
    cdef Py_ssize_t w, row = job.stride * job.item
    job.moves.transpose(job.a + at, NULL, NULL, a, job.length, width, &into_rows[0])
    if job.b != job.a:
        job.moves.transpose(job.b + at, NULL, NULL, b, job.length, width, &into_rows[0])
    else:
        b = a
    for w in range(width):
        job.loop(a + w * row, b + w * row, a + w * row, a + w * row, 1, job.length, job.parameters)
    job.moves.transpose(a, NULL, NULL, job.out + at, width, job.length, &into_columns[0])


cdef char* next_line(char* address) noexcept nogil:
    return address + (LINE - <size_t>address % LINE)


cdef void column_task(void* pointer, Py_ssize_t k) noexcept nogil:
    cdef ColumnJob* job = <ColumnJob*>pointer
    cdef Py_ssize_t unit, room = job.strip * job.length * job.item
    if job.columns.wide == NULL:
        room = job.width * job.stride * job.item
    cdef char* allocated = <char*>malloc(2 * room + LINE)
    cdef char* a = next_line(allocated)
    if allocated == NULL:
        job.failed = True
        return
    for unit in range(k * job.per_task, min((k + 1) * job.per_task, job.units)):
        if job.columns.wide != NULL:
            unit_of_strips(job, unit, a, a + room)
        else:
            unit_as_rows(job, unit, a, a + room)
    free(allocated)


cdef void choose_strips(ColumnJob* job) noexcept nogil:
    job.strip = STRIP_BYTES // job.item
    job.width = min(job.strip, job.inner)
    job.beside = max(1, job.strip // job.inner)
    job.units = -(-job.outer // job.beside) * -(-job.inner // job.width)


cdef bint few_columns(ColumnJob* job) noexcept nogil:
    if job.width < job.strip and job.length > MOST_ROWS_OF_NARROW:
        return True
    return 4 * job.width * min(job.outer, job.beside) < job.strip


cdef void choose_rows(ColumnJob* job, int threads) noexcept nogil:
    cdef Py_ssize_t line = LINE // job.item, parts
    job.beside = 1
    job.stride = -(-job.length // line) * line
    if job.stride * job.item % 1024 == 0:
        job.stride += line
    job.width = TILE_OF_ROWS // (job.stride * job.item) // line * line
    if job.outer * job.inner < 4 * threads * job.width:  # enough tasks for all threads
        job.width = job.outer * job.inner // (4 * threads) // line * line
    parts = -(-job.inner // max(line, job.width))
    job.width = -(-job.inner // (parts * line)) * line
    job.units = job.outer * -(-job.inner // job.width)


cdef bint drive_columns(ColumnJob* job, int threads) noexcept nogil:
    """Run the job; False: no memory."""
    cdef Py_ssize_t k, tasks
    choose_strips(job)
    if job.columns.wide == NULL or few_columns(job):
        job.columns.wide = NULL
        choose_rows(job, threads)
    job.per_task = TASK // (job.width * job.beside * job.length * job.item)
    job.per_task = max(1, min(job.per_task, job.units // (4 * threads)))
    job.failed = False
    tasks = -(-job.units // job.per_task)
    if threads == 1 or not pool_run(column_task, job, tasks, threads):
        for k in range(tasks):
            column_task(job, k)
    return not job.failed


# --- short rows ------------------------------------------------------------------------

# A row kernel spends most of a short row on folding its lanes.  So the rows of a tile are
# turned to columns, computed at once, and turned back.  What comes next is fetched meanwhile:
# the processor does not foresee it, and 64 numbers of a row took 2.0 ns each for 1.3.

cdef enum:
    FEWEST_SHORT = 8  # rows
    TILE_OF_SHORT = (1 << 12) + 8  # numbers of 8 bytes, with room to begin on a line


cdef extern from *:
    """
    #ifdef __GNUC__
    #define FETCH(address) __builtin_prefetch(address, 0, 2)
    #else
    #define FETCH(address) ((void)(address))
    #endif
    static void fetch_bytes(const char *from, Py_ssize_t n) {
        Py_ssize_t k;
        for (k = 0; k < n; k += 64) FETCH(from + k);
    }
    """
    void fetch_bytes(const char* start, Py_ssize_t n) noexcept nogil


cdef void short_rows_task(void* pointer, Py_ssize_t k) noexcept nogil:
    cdef ColumnJob* job = <ColumnJob*>pointer
    cdef double[TILE_OF_SHORT] a, b
    cdef char* first = next_line(<char*>&a[0])
    cdef char* second = first if job.b == job.a else next_line(<char*>&b[0])
    cdef Py_ssize_t row = k * job.per_task * job.strip, at, count, ahead
    cdef Py_ssize_t last = min(job.inner, row + job.per_task * job.strip)
    cdef Py_ssize_t step = job.length * job.item
    cdef Py_ssize_t[2] forth = [job.length, job.strip]
    cdef Py_ssize_t[2] back = [job.strip, job.length]
    while row < last:
        count = min(job.strip, last - row)
        at = row * step
        clear_tile(job, count, first)
        clear_tile(job, count, second)
        fetch_bytes(job.out + at, count * step)
        job.moves.transpose(job.a + at, NULL, NULL, first, count, job.length, &forth[0])
        if second != first:
            job.moves.transpose(job.b + at, NULL, NULL, second, count, job.length, &forth[0])
        ahead = min(job.strip, job.inner - row - count) * step
        fetch_bytes(job.a + at + count * step, ahead)
        if second != first:
            fetch_bytes(job.b + at + count * step, ahead)
        run_tile(job, count, first, second)
        job.moves.transpose(first, NULL, NULL, job.out + at, job.length, count, &back[0])
        row += count


cdef void drive_short_rows(ColumnJob* job, int threads) noexcept nogil:
    """Run the job on ``inner`` rows."""
    cdef Py_ssize_t k, tasks, tiles
    job.strip = STRIP_BYTES // job.item
    tiles = -(-job.inner // job.strip)
    job.per_task = min(TASK // (job.length * STRIP_BYTES), tiles // (4 * threads))
    job.per_task = max(1, job.per_task)
    tasks = -(-tiles // job.per_task)
    if threads == 1 or not pool_run(short_rows_task, job, tasks, threads):
        for k in range(tasks):
            short_rows_task(job, k)
