# Gates of halves of an array, and the two gradients of a gate: many short rows, or few long ones.


cdef struct GateJob:
    loop_t loops[2]
    const char* dy
    const char* first
    const char* second
    char* outs[2]
    Py_ssize_t n  # rows
    Py_ssize_t run  # numbers of each
    Py_ssize_t total  # numbers of all; the last row may be shorter
    Py_ssize_t dy_step
    Py_ssize_t step  # bytes between the rows of all other arrays
    Py_ssize_t item
    const void* parameters[2]
    Py_ssize_t chunk


cdef void gate_rows(GateJob* job, Py_ssize_t first, Py_ssize_t count) noexcept nogil:
    """Both gradients block by block, so that a result may lie over any input."""
    cdef double[BLOCK] buffer
    cdef Py_ssize_t row, start, end, n, there, here
    if job.item == 2 and 2 * job.run <= BLOCK:
        short_gate_rows(job, first, count)
        return
    for row in range(first, first + count):
        start, end = 0, min(job.run, job.total - row * job.run)
        while start < end:
            n = min(<Py_ssize_t>BLOCK, end - start)
            there = row * job.dy_step + start * job.item
            here = row * job.step + start * job.item
            job.loops[0](
                job.dy + there, job.first + here, job.second + here, &buffer[0], n, 1,
                job.parameters[0])
            job.loops[1](
                job.dy + there, job.first + here, job.second + here, job.outs[1] + here, n, 1,
                job.parameters[1])
            memcpy(job.outs[0] + here, &buffer[0], n * job.item)
            start += n


cdef void short_gate_rows(GateJob* job, Py_ssize_t first, Py_ssize_t count) noexcept nogil:
    """The same of 16 bits, several rows side by side.

    What is doubtful is computed again at the end of a loop, were it but one number.
    """
    cdef unsigned short[4][BLOCK] rows
    cdef Py_ssize_t n, k, row = first, at_once = BLOCK // job.run, size = job.run * job.item
    cdef const char* dy
    while row < first + count:
        n = min(at_once, first + count - row)
        dy = job.dy + row * job.dy_step
        for k in range(n):
            memcpy(&rows[0][k * job.run], job.first + (row + k) * job.step, size)
            memcpy(&rows[1][k * job.run], job.second + (row + k) * job.step, size)
        for k in range(2):
            job.loops[k](
                dy, &rows[0][0], &rows[1][0], &rows[2 + k][0], n * job.run, 1, job.parameters[k]
            )
        for k in range(n):
            memcpy(job.outs[0] + (row + k) * job.step, &rows[2][k * job.run], size)
            memcpy(job.outs[1] + (row + k) * job.step, &rows[3][k * job.run], size)
        row += n


cdef void gate_chunk(void* pointer, Py_ssize_t k) noexcept nogil:
    cdef GateJob* job = <GateJob*>pointer
    cdef Py_ssize_t first = k * job.chunk
    gate_rows(job, first, min(job.chunk, job.n - first))


cdef void drive_gate(GateJob* job, int threads) noexcept nogil:
    cdef GateJob row
    cdef Py_ssize_t k
    if job.n >= FEW_ROWS or threads == 1:
        drive_gate_rows(job, threads)
        return
    for k in range(job.n):
        row = job[0]
        row.dy += k * job.dy_step
        row.first += k * job.step
        row.second += k * job.step
        row.outs[0] += k * job.step
        row.outs[1] += k * job.step
        row.n, row.run, row.total = -(-job.run // BLOCK), BLOCK, job.run
        row.dy_step = row.step = BLOCK * job.item
        drive_gate_rows(&row, threads)


cdef void drive_gate_rows(GateJob* job, int threads) noexcept nogil:
    if threads > 1:
        job.chunk = chunk_of(job.n, job.run, threads)
        if pool_run(gate_chunk, job, -(-job.n // job.chunk), threads):
            return
    gate_rows(job, 0, job.n)


cdef void drive_long_halves(Job* job, Py_ssize_t item, int threads) noexcept nogil:
    """Few rows, which are divided among the threads."""
    cdef Job row
    cdef Py_ssize_t k
    for k in range(job.n):
        row = job[0]
        row.a += k * job.a_step
        row.b += k * job.b_step
        row.c += k * job.c_step
        row.out += k * job.out_step
        row.n, row.run = job.run, 0
        row.a_step = row.b_step = row.c_step = row.out_step = item
        drive(&row, threads)


cdef bint serves_gradients(Plans plans, int dtype, object dy):
    for method in (BY_FIRST, BY_SECOND):
        if plans.plans[method][dtype].loop == NULL:
            return False
        if cnp.PyArray_SIZE(dy) >= plans.plans[method][dtype].below:
            return False
    return True
