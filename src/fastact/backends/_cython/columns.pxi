# Row kernels along an axis that is not the last: some columns at a time are brought to rows in
# the cache, and their results back.

cdef enum:
    LINE = 64  # bytes of a line of the cache: fewer columns at a time would read it twice
    TILE = 1 << 18  # bytes of the rows of a task: they stay in the second-level cache
    MOST_IN_COLUMNS = 1 << 21  # bytes of a line's columns; longer ones are Python's


cdef struct ColumnJob:
    loop_t loop
    loop_t transpose
    const void* parameters
    const char* a
    const char* b
    char* out
    Py_ssize_t outer
    Py_ssize_t length
    Py_ssize_t inner
    Py_ssize_t item
    Py_ssize_t width  # columns of a task
    Py_ssize_t stride  # from row to row, in numbers; no power of two, for the cache's sake
    bint failed


cdef void column_task(void* pointer, Py_ssize_t k) noexcept nogil:
    cdef ColumnJob* job = <ColumnJob*>pointer
    cdef Py_ssize_t groups = -(-job.inner // job.width), column = k % groups * job.width
    cdef Py_ssize_t width = min(job.width, job.inner - column), row = job.stride * job.item, w
    cdef Py_ssize_t at = (k // groups * job.length * job.inner + column) * job.item
    cdef Py_ssize_t[2] into_rows = [job.inner, job.stride]
    cdef Py_ssize_t[2] into_columns = [job.stride, job.inner]
    cdef char* a = <char*>malloc(2 * width * row)
    cdef char* b = a
    if a == NULL:
        job.failed = True
        return
    job.transpose(job.a + at, NULL, NULL, a, job.length, width, &into_rows[0])
    if job.b != job.a:
        b = a + width * row
        job.transpose(job.b + at, NULL, NULL, b, job.length, width, &into_rows[0])
    for w in range(width):
        job.loop(a + w * row, b + w * row, a + w * row, a + w * row, 1, job.length, job.parameters)
    job.transpose(a, NULL, NULL, job.out + at, width, job.length, &into_columns[0])
    free(a)


cdef bint drive_columns(ColumnJob* job, int threads) noexcept nogil:
    """Run the job; False: no memory."""
    cdef Py_ssize_t k, tasks
    cdef Py_ssize_t line = LINE // job.item
    job.stride = -(-job.length // line) * line
    if job.stride * job.item % 1024 == 0:
        job.stride += line
    job.width = TILE // (job.stride * job.item) // line * line
    if job.outer * job.inner < 8 * threads * job.width:  # enough tasks for all threads
        job.width = job.outer * job.inner // (8 * threads) // line * line
    job.width = min(job.inner, max(line, job.width))
    job.failed = False
    tasks = job.outer * -(-job.inner // job.width)
    if threads == 1 or not pool_run(column_task, job, tasks, threads):
        for k in range(tasks):
            column_task(job, k)
    return not job.failed
