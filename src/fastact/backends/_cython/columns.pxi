# Row kernels along an axis that is not the last.  Tiles of some columns are taken into the
# cache, where strides that are powers of two do no harm.  There a kernel for columns
# computes many at once, or, where there is none, a row kernel each as a row.

cdef enum:
    LINE = 64  # bytes of a line of the cache: fewer columns at a time would read it twice
    TILE = 1 << 19  # bytes of a tile at most: it stays in the second-level cache
    TASK = 1 << 16  # bytes of a task's tiles at least, where there are enough
    MOST_IN_COLUMNS = 1 << 21  # bytes of a line's columns; longer ones are Python's
    # Bytes of a tile's row at most.  Of a few rows the processor foresees what is read next,
    # and the shorter, the more stays in the first-level cache; of many, only in long runs.
    FEW_ROWS = 16
    RUN_OF_FEW = 512
    MOST_ROWS_OF_NARROW = 256
    RUN_OF_MANY = 2048


# What brings a tile into the cache and back (support.h).
cdef struct Moves:
    loop_t into_parts
    loop_t from_parts
    loop_t transpose


cdef struct ColumnJob:
    loop_t loop
    loop_t columns  # or NULL
    Moves moves
    const void* parameters
    const char* a
    const char* b
    char* out
    Py_ssize_t outer
    Py_ssize_t length
    Py_ssize_t inner
    Py_ssize_t item
    Py_ssize_t most_columns
    Py_ssize_t width  # columns of a tile
    Py_ssize_t part  # columns that are computed at once
    Py_ssize_t tiles
    Py_ssize_t per_task
    Py_ssize_t stride  # from row to row, in numbers; no power of two, for the cache's sake
    bint failed


cdef void run_columns(
    ColumnJob* job, Py_ssize_t at, Py_ssize_t width, char* a, char* b,
) noexcept nogil:
    cdef Py_ssize_t part = job.part * job.length * job.item, k
    cdef Py_ssize_t parts = -(-width // job.part)
    cdef Py_ssize_t[2] strides = [job.inner, job.part]
    cdef char* out = job.out + at
    if job.part == job.inner and job.b != job.a and job.b != job.out:
        # It is a tile as it lies.  Of one input, forward, that took 1.6 times as long.
        if job.out != job.a:
            memcpy(out, job.a + at, part)
        job.columns(out, job.b + at, out, out, job.part, job.length, job.parameters)
        return
    if job.b == job.a:
        b = a
    if width % job.part != 0:  # whatever stood there could be slow to compute with
        memset(a + (parts - 1) * part, 0, part)
        if b != a:
            memset(b + (parts - 1) * part, 0, part)
    job.moves.into_parts(job.a + at, NULL, NULL, a, job.length, width, &strides[0])
    if b != a:
        job.moves.into_parts(job.b + at, NULL, NULL, b, job.length, width, &strides[0])
    for k in range(parts):
        job.columns(
            a, b + k * part, a, a + k * part, job.part, job.length, job.parameters)
    job.moves.from_parts(a, NULL, NULL, out, job.length, width, &strides[0])


cdef void run_as_rows(
    ColumnJob* job, Py_ssize_t at, Py_ssize_t width, char* a, char* b,
) noexcept nogil:
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


cdef void column_task(void* pointer, Py_ssize_t k) noexcept nogil:
    cdef ColumnJob* job = <ColumnJob*>pointer
    cdef Py_ssize_t groups = -(-job.inner // job.width), tile, column, at, width
    cdef Py_ssize_t room = -(-job.width // job.part) * job.part * job.stride * job.item
    cdef char* allocated = <char*>malloc(2 * room + LINE)
    cdef char* a = allocated + (LINE - <size_t>allocated % LINE)
    if allocated == NULL:
        job.failed = True
        return
    for tile in range(k * job.per_task, min((k + 1) * job.per_task, job.tiles)):
        column = tile % groups * job.width
        width = min(job.width, job.inner - column)
        at = (tile // groups * job.length * job.inner + column) * job.item
        if job.columns != NULL:
            run_columns(job, at, width, a, a + room)
        else:
            run_as_rows(job, at, width, a, a + room)
    free(allocated)


cdef Py_ssize_t even_parts(Py_ssize_t n, Py_ssize_t most, Py_ssize_t line) noexcept nogil:
    """How long parts of n are, up to ``most``, whole lines, of which the last is no small rest."""
    cdef Py_ssize_t parts = -(-n // most)
    return -(-n // (parts * line)) * line


cdef void choose_width(ColumnJob* job, int threads) noexcept nogil:
    cdef Py_ssize_t line = LINE // job.item, longest
    job.stride = job.length
    if job.columns == NULL:
        job.stride = -(-job.length // line) * line
        if job.stride * job.item % 1024 == 0:
            job.stride += line
    job.width = TILE // (job.stride * job.item) // line * line
    if job.outer * job.inner < 4 * threads * job.width:  # enough tasks for all threads
        job.width = job.outer * job.inner // (4 * threads) // line * line
    if job.columns != NULL:
        longest = RUN_OF_FEW if job.length <= FEW_ROWS else RUN_OF_MANY
        job.width = min(job.width, longest // job.item)
    job.width = even_parts(job.inner, max(line, job.width), line)
    job.part = even_parts(job.width, max(line, min(job.width, job.most_columns)), line)
    job.tiles = job.outer * -(-job.inner // job.width)


cdef bint drive_columns(ColumnJob* job, int threads) noexcept nogil:
    """Run the job; False: no memory."""
    cdef Py_ssize_t k, tasks
    cdef Py_ssize_t run = job.inner * job.item
    # Tiles that would be empty for the most part, or narrow ones of many rows.
    if 2 * run < LINE or (run < RUN_OF_FEW and job.length > MOST_ROWS_OF_NARROW):
        job.columns = NULL
    choose_width(job, threads)
    job.per_task = TASK // (job.width * job.length * job.item)
    job.per_task = max(1, min(job.per_task, job.tiles // (4 * threads)))
    job.failed = False
    tasks = -(-job.tiles // job.per_task)
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
    TILE_OF_SHORT = 1 << 12  # numbers of 8 bytes
    TILES_PER_TASK = 2


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
    cdef char* first = <char*>&a[0]
    cdef char* second = first if job.b == job.a else <char*>&b[0]
    cdef Py_ssize_t row = k * TILES_PER_TASK * job.width, at, count, ahead
    cdef Py_ssize_t last = min(job.inner, row + TILES_PER_TASK * job.width)
    cdef Py_ssize_t[2] forth, back
    while row < last:
        count = min(job.width, last - row)
        forth[0], forth[1], back[0], back[1] = job.length, count, count, job.length
        at = row * job.length * job.item
        fetch_bytes(job.out + at, count * job.length * job.item)
        job.moves.transpose(job.a + at, NULL, NULL, first, count, job.length, &forth[0])
        if second != first:
            job.moves.transpose(job.b + at, NULL, NULL, second, count, job.length, &forth[0])
        at += count * job.length * job.item
        ahead = min(job.width, job.inner - row - count) * job.length * job.item
        fetch_bytes(job.a + at, ahead)
        if second != first:
            fetch_bytes(job.b + at, ahead)
        job.columns(first, second, first, first, count, job.length, job.parameters)
        at = row * job.length * job.item
        job.moves.transpose(first, NULL, NULL, job.out + at, job.length, count, &back[0])
        row += job.width


cdef void drive_short_rows(ColumnJob* job, int threads) noexcept nogil:
    """Run the job on ``inner`` rows."""
    cdef Py_ssize_t k, tasks
    job.width = min(job.most_columns, 8 * TILE_OF_SHORT // (job.length * job.item))
    tasks = -(-job.inner // (TILES_PER_TASK * job.width))
    if threads == 1 or not pool_run(short_rows_task, job, tasks, threads):
        for k in range(tasks):
            short_rows_task(job, k)
