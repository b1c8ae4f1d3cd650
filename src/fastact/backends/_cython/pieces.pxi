# maxout: which of each few numbers along the last axis is the largest, and the ways back by it.
# Kernels tell and take that as numbers, arrays as bytes; between them are blocks in the cache.

cdef extern from "pieces.h":
    bint are_below(const unsigned char* bytes, Py_ssize_t n, int bound) noexcept nogil
    void bytes_of_numbers(
        const void* numbers, unsigned char* bytes, Py_ssize_t n, size_t item) noexcept nogil
    void numbers_of_bytes(
        const unsigned char* bytes, void* numbers, Py_ssize_t n, size_t item) noexcept nogil

cdef enum:
    MOST_PIECES = 256  # that a byte tells apart
    BLOCK_OF_PIECES = 1 << 10  # numbers


cdef struct PiecesJob:
    loop_t forward
    loop_t which
    loop_t backward
    Half half
    const char* x  # NULL: ``kept`` tells which
    const char* dy
    unsigned char* kept  # NULL: nobody wants to know
    char* y  # NULL: no output is wanted
    char* dx  # NULL: no gradient is wanted
    Py_ssize_t n  # outputs
    Py_ssize_t pieces
    Py_ssize_t item  # of the arrays
    Py_ssize_t wide  # of the kernels
    Py_ssize_t chunk


cdef inline const char* widened_block(
    const PiecesJob* job, const char* numbers, float* wide, Py_ssize_t n
) noexcept nogil:
    if job.half.widen == NULL:
        return numbers
    job.half.widen(numbers, NULL, NULL, wide, n, 1, NULL)
    return <const char*>wide


cdef inline void kernel_on_pieces(
    const PiecesJob* job, loop_t loop, const char* a, const void* b, char* out, float* wide,
    Py_ssize_t n, Py_ssize_t numbers,
) noexcept nogil:
    """A kernel on n groups of numbers, with so many results."""
    if job.half.widen == NULL:
        loop(a, b, a, out, n, job.pieces, NULL)
        return
    loop(a, b, a, wide, n, job.pieces, NULL)
    job.half.narrow(wide, NULL, NULL, out, numbers, 1, NULL)


cdef void pieces_block(const PiecesJob* job, Py_ssize_t at, Py_ssize_t n) noexcept nogil:
    cdef double[BLOCK_OF_PIECES] which
    cdef float[BLOCK_OF_PIECES + WIDENED] first, second
    cdef Py_ssize_t numbers = n * job.pieces, start = at * job.pieces * job.item
    cdef const char* x
    cdef const char* dy
    if job.x == NULL:
        numbers_of_bytes(job.kept + at, &which[0], n, job.wide)
    else:
        x = widened_block(job, job.x + start, &first[0], numbers)
        job.which(x, x, x, &which[0], n, job.pieces, NULL)
        if job.kept != NULL:
            bytes_of_numbers(&which[0], job.kept + at, n, job.wide)
        if job.y != NULL:
            kernel_on_pieces(job, job.forward, x, x, job.y + at * job.item, &second[0], n, n)
    if job.dx != NULL:
        dy = widened_block(job, job.dy + at * job.item, &first[0], n)
        kernel_on_pieces(job, job.backward, dy, &which[0], job.dx + start, &second[0], n, numbers)


cdef void pieces_chunk(void* pointer, Py_ssize_t k) noexcept nogil:
    cdef const PiecesJob* job = <const PiecesJob*>pointer
    cdef Py_ssize_t at = k * job.chunk, last = min(at + job.chunk, job.n), n
    while at < last:
        n = min(BLOCK_OF_PIECES // job.pieces, last - at)
        pieces_block(job, at, n)
        at += n


cdef void drive_pieces(PiecesJob* job, int threads) noexcept nogil:
    job.chunk = job.n
    if threads > 1:
        job.chunk = chunk_of(job.n, job.pieces, threads)
        if pool_run(pieces_chunk, job, -(-job.n // job.chunk), threads):
            return
        job.chunk = job.n
    pieces_chunk(job, 0)


cdef bint start_pieces(Plans plans, object x, Py_ssize_t n, PiecesJob* job):
    """Fill in all but the arrays, which are of so many outputs and as x; False: Python's."""
    cdef int dtype = plain_dtype(x), computed
    if overrides or dtype < 0 or not 0 < plans.pieces <= MOST_PIECES:
        return False
    computed = computed_in(dtype)
    memset(job, 0, sizeof(PiecesJob))
    job.forward = plans.plans[FORWARD][computed].loop
    job.which = plans.plans[WHICH][computed].loop
    job.backward = plans.plans[BACKWARD][computed].loop
    job.half = plans.halves[dtype]
    job.n, job.pieces = n, plans.pieces
    job.item, job.wide = cnp.PyArray_ITEMSIZE(x), plans.plans[FORWARD][computed].item
    if dtype > FLOAT64 and job.half.widen == NULL:
        return False
    return (
        job.forward != NULL and job.which != NULL and job.backward != NULL
        and 0 < n * job.pieces < plans.plans[FORWARD][computed].below
    )


cdef void run_pieces(Plans plans, int dtype, PiecesJob* job):
    cdef Plan* plan = &plans.plans[FORWARD][computed_in(dtype)]
    cdef Py_ssize_t n = job.n * job.pieces
    if n < SHORT:
        drive_pieces(job, 1)
    else:
        with nogil:
            drive_pieces(job, threads_for(plan, n))
            note_end(plan, n)


cdef tuple output_and_which(Plans plans, object x, object out):
    """The output for x, and which number each is; None if the call is not plain."""
    cdef Regrouping to
    cdef PiecesJob job
    if not is_plain(x) or not finds_regrouping(plans, x, &to):
        return None
    if not start_pieces(plans, x, cnp.PyArray_SIZE(x) // plans.pieces, &job):
        return None
    if out is None:
        out = new_array(to.ndim, to.dims, cnp.PyArray_TYPE(x), bytes_of(&to, x))
    elif not is_plain(out) or not has_shape(out, &to) or not can_fill(out, x, x):
        return None
    which = new_array(to.ndim, to.dims, cnp.NPY_UINT8, job.n)
    job.x, job.y = cnp.PyArray_BYTES(x), cnp.PyArray_BYTES(out)
    job.kept = <unsigned char*>cnp.PyArray_BYTES(which)
    run_pieces(plans, plain_dtype(x), &job)
    return out, which


cdef object gradient_of_pieces(Plans plans, object dy, object x, object out):
    """The gradient for x, or None if the call is not plain."""
    cdef Regrouping to
    cdef PiecesJob job
    if not is_plain(x) or not is_plain(dy) or cnp.PyArray_TYPE(x) != cnp.PyArray_TYPE(dy):
        return None
    if not finds_regrouping(plans, x, &to) or not has_shape(dy, &to):
        return None
    if not start_pieces(plans, x, cnp.PyArray_SIZE(dy), &job):
        return None
    if out is None:
        out = new_like(x)
    elif not can_take(x, out) or not is_apart(dy, out):
        return None
    job.x, job.dy, job.dx = (
        cnp.PyArray_BYTES(x), cnp.PyArray_BYTES(dy), cnp.PyArray_BYTES(out))
    run_pieces(plans, plain_dtype(x), &job)
    return out


cdef object gradient_by_which(Plans plans, object dy, object which, object out):
    """The gradient from what was kept, or None if the call is not plain."""
    cdef cnp.npy_intp[MOST_AXES] dims
    cdef PiecesJob job
    cdef int ndim
    cdef bint fits_pieces
    if not is_plain(dy) or not start_pieces(plans, dy, cnp.PyArray_SIZE(dy), &job):
        return None
    if not cnp.PyArray_CheckExact(which) or not cnp.PyArray_ISCARRAY_RO(which):
        return None
    if cnp.PyArray_TYPE(which) != cnp.NPY_UINT8 or not is_last(plans.axis, dy):
        return None
    if not cnp.PyArray_SAMESHAPE(<cnp.ndarray>which, <cnp.ndarray>dy):
        return None
    ndim = cnp.PyArray_NDIM(dy)
    memcpy(&dims[0], cnp.PyArray_DIMS(dy), ndim * sizeof(cnp.npy_intp))
    dims[ndim - 1] *= plans.pieces
    if out is None:
        out = new_array(
            ndim, &dims[0], cnp.PyArray_TYPE(dy), job.n * job.pieces * job.item)
    elif not is_plain(out) or cnp.PyArray_NDIM(out) != ndim or not can_fill(out, dy, which):
        return None
    elif memcmp(&dims[0], cnp.PyArray_DIMS(out), ndim * sizeof(cnp.npy_intp)) != 0:
        return None
    job.dy, job.dx = cnp.PyArray_BYTES(dy), cnp.PyArray_BYTES(out)
    job.kept = <unsigned char*>cnp.PyArray_BYTES(which)
    with nogil:
        fits_pieces = are_below(job.kept, job.n, min(job.pieces, MOST_PIECES))
    if not fits_pieces:
        return None
    run_pieces(plans, plain_dtype(dy), &job)
    return out
