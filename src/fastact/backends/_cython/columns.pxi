# Row kernels along an axis that is not the last.  A task takes some columns at a time into
# the cache, where strides that are powers of two do no harm.  There a kernel for columns
# computes them all at once, or, where there is none, each as a row.

cdef enum:
    LINE = 64  # bytes of a line of the cache: fewer columns at a time would read it twice
    TILE = 1 << 19  # bytes of the rows of a task: they stay in the second-level cache
    MOST_IN_COLUMNS = 1 << 21  # bytes of a line's columns; longer ones are Python's
    TASK = 1 << 16  # bytes of a task at least; a claim and the room cost some 200 ns


cdef struct ColumnJob:
    loop_t loop
    loop_t columns  # or NULL
    loop_t transpose
    const void* parameters
    const char* a
    const char* b
    char* out
    Py_ssize_t outer
    Py_ssize_t length
    Py_ssize_t inner
    Py_ssize_t item
    Py_ssize_t most_columns
    Py_ssize_t width  # columns at a time
    Py_ssize_t tiles  # parts of this width of all columns
    Py_ssize_t per_task
    Py_ssize_t stride  # from row to row, in numbers; no power of two, for the cache's sake
    bint failed


cdef inline void copy_rows(
    const char* source, Py_ssize_t step, char* target, Py_ssize_t target_step,
    Py_ssize_t size, Py_ssize_t rows,
) noexcept nogil:
    cdef Py_ssize_t row
    for row in range(rows):
        memcpy(target + row * target_step, source + row * step, size)


cdef void run_columns(
    ColumnJob* job, Py_ssize_t at, Py_ssize_t width, char* a, char* b,
) noexcept nogil:
    cdef Py_ssize_t step = job.inner * job.item, size = width * job.item
    cdef Py_ssize_t line = LINE // job.item
    cdef Py_ssize_t whole = -(-width // line) * line
    cdef Py_ssize_t row = whole * job.item
    if whole != width:  # whatever stood there could be slow to compute with
        memset(a, 0, job.length * row)
        memset(b, 0, job.length * row)
    copy_rows(job.a + at, step, a, row, size, job.length)
    if job.b != job.a:
        copy_rows(job.b + at, step, b, row, size, job.length)
    job.columns(a, b, a, a, whole, job.length, job.parameters)
    copy_rows(a, row, job.out + at, step, size, job.length)


cdef void run_as_rows(
    ColumnJob* job, Py_ssize_t at, Py_ssize_t width, char* a, char* b,
) noexcept nogil:
    cdef Py_ssize_t[2] into_rows = [job.inner, job.stride]
    cdef Py_ssize_t[2] into_columns = [job.stride, job.inner]
    cdef Py_ssize_t w, row = job.stride * job.item
    job.transpose(job.a + at, NULL, NULL, a, job.length, width, &into_rows[0])
    if job.b != job.a:
        job.transpose(job.b + at, NULL, NULL, b, job.length, width, &into_rows[0])
    else:
        b = a
    for w in range(width):
        job.loop(a + w * row, b + w * row, a + w * row, a + w * row, 1, job.length, job.parameters)
    job.transpose(a, NULL, NULL, job.out + at, width, job.length, &into_columns[0])


cdef void column_task(void* pointer, Py_ssize_t k) noexcept nogil:
    cdef ColumnJob* job = <ColumnJob*>pointer
    cdef Py_ssize_t groups = -(-job.inner // job.width), tile, column, at, width
    cdef Py_ssize_t room = job.width * job.stride * job.item
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


cdef void choose_width(ColumnJob* job, int threads) noexcept nogil:
    cdef Py_ssize_t line = LINE // job.item, parts
    job.stride = job.length
    if job.columns == NULL:
        job.stride = -(-job.length // line) * line
        if job.stride * job.item % 1024 == 0:
            job.stride += line
    job.width = TILE // (job.stride * job.item) // line * line
    if job.outer * job.inner < 4 * threads * job.width:  # enough tasks for all threads
        job.width = job.outer * job.inner // (4 * threads) // line * line
    if job.columns != NULL:
        job.width = min(job.width, job.most_columns)
    job.width = max(line, job.width)
    parts = -(-job.inner // job.width)
    job.width = -(-job.inner // (parts * line)) * line  # the last part is then no small rest
    job.tiles = job.outer * -(-job.inner // job.width)


cdef bint drive_columns(ColumnJob* job, int threads) noexcept nogil:
    """Run the job; False: no memory."""
    cdef Py_ssize_t k, tasks
    if 2 * job.inner * job.item < LINE:  # such tiles would be empty for the most part
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
