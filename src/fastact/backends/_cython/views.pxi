# Plain calls on views: arrays whose numbers are not side by side, as those of x[:, :n] or x.T.
# Axes that follow each other in memory in all arrays are taken for one.  What is left is walked
# through, run by run of the innermost axis: a loop computes a run where it lies, and what is in
# steps or short is brought to a block first.

cdef enum:
    MOST_OPERANDS = 5  # inputs and outputs of a gate's gradients; a mask follows the output
    MOST_INPUTS = 3
    SHORTEST_RUN = 48  # numbers that are computed where they lie
    SHORTEST_RUN_16_BITS = 128  # what is doubtful is computed again at the end of a run
    TILE_OF_VIEW = 1 << 12  # numbers of rows that are computed at once
    FEWEST_IN_TILE = 16  # rows in steps: where they are columns, a line of the cache is used whole
    LONGEST_ROW_IN_STEPS = 1 << 17  # numbers; longer ones are Python's


cdef struct View:
    loop_t loops[2]  # one for each output
    const void* parameters[2]
    int inputs
    int operands  # the inputs, the outputs, and of rows a mask
    char* start[MOST_OPERANDS]
    Py_ssize_t steps[MOST_OPERANDS][VIEW_AXES]  # bytes
    Py_ssize_t shape[VIEW_AXES]
    int axes
    Py_ssize_t item
    Py_ssize_t n  # numbers, or rows
    Py_ssize_t shortest_run
    Py_ssize_t length  # of a row
    Py_ssize_t lengths[MOST_OPERANDS]  # 1 where there is one number for a row
    bint is_reduction
    Py_ssize_t along[MOST_OPERANDS]  # bytes from number to number of a row
    bint in_tiles  # rows are brought together first
    bint in_columns  # they are columns side by side, in a tile too
    const Plan* before  # of the forward pass that makes an output of the second input; or NULL
    const Plan* plan  # of float32, if the rows have 16 bits
    Half half
    Moves moves
    loop_t select  # NULL: there is no mask
    const void* left_out[3]  # what stands for it in the inputs and in the output; NULL: nothing
    Py_ssize_t chunk
    bint failed  # for want of memory


# Where all operands are.
cdef struct Walk:
    Py_ssize_t place[VIEW_AXES]
    char* at[MOST_OPERANDS]


cdef void begin_walk(const View* view, Py_ssize_t first, Walk* walk) noexcept nogil:
    cdef int axis, k
    for k in range(view.operands):
        walk.at[k] = view.start[k]
    for axis in range(view.axes - 1, -1, -1):
        walk.place[axis] = first % view.shape[axis]
        first //= view.shape[axis]
        for k in range(view.operands):
            walk.at[k] += walk.place[axis] * view.steps[k][axis]


cdef inline Py_ssize_t rest_of_run(const View* view, const Walk* walk) noexcept nogil:
    return view.shape[view.axes - 1] - walk.place[view.axes - 1]


cdef inline void walk_on(
    const View* view, Walk* walk, Py_ssize_t runs, Py_ssize_t n
) noexcept nogil:
    """Go on by so many numbers of the run, or by whole runs of so many; then to the next run."""
    cdef int axis = view.axes - 1, k
    if runs > 1:
        axis, n = axis - 1, runs
    walk.place[axis] += n
    for k in range(view.operands):
        walk.at[k] += n * view.steps[k][axis]
    while axis > 0 and walk.place[axis] == view.shape[axis]:
        walk.place[axis] = 0
        walk.place[axis - 1] += 1
        for k in range(view.operands):
            walk.at[k] += view.steps[k][axis - 1] - view.shape[axis] * view.steps[k][axis]
        axis -= 1


cdef inline bint lies_together(const View* view, int k) noexcept nogil:
    return view.steps[k][view.axes - 1] == view.item


# --- numbers ---------------------------------------------------------------------------

cdef extern from "moves.h":
    ctypedef struct steps_of_matrix:
        Py_ssize_t row
        Py_ssize_t number
    void move_matrix(
        const char* start, steps_of_matrix steps, char* to, steps_of_matrix to_steps,
        Py_ssize_t rows, Py_ssize_t n, Py_ssize_t item
    ) noexcept nogil


cdef void move(
    const View* view, const Walk* start, int k, Py_ssize_t n, char* block, bint back
) noexcept nogil:
    """Bring n numbers of an operand side by side, or back: whole runs together if there are."""
    cdef Walk walk = start[0]
    cdef int last = view.axes - 1
    cdef steps_of_matrix lies, together
    cdef Py_ssize_t count, runs
    lies.row, lies.number, together.number = 0, view.steps[k][last], view.item
    while n > 0:
        count, runs = min(n, rest_of_run(view, &walk)), 1
        if last > 0 and walk.place[last] == 0 and n > count:
            runs = min(n // count, view.shape[last - 1] - walk.place[last - 1])
            lies.row = view.steps[k][last - 1]
        together.row = count * view.item
        if back:
            move_matrix(block, together, walk.at[k], lies, runs, count, view.item)
        else:
            move_matrix(walk.at[k], lies, block, together, runs, count, view.item)
        walk_on(view, &walk, runs, count)
        block += runs * count * view.item
        n -= runs * count


cdef void run_block(const View* view, const Walk* walk, Py_ssize_t n) noexcept nogil:
    """Compute the next numbers, so few that each operand has a room."""
    cdef double rooms[MOST_INPUTS + 1][BLOCK]
    cdef char* inputs[MOST_INPUTS]
    cdef char* result = <char*>&rooms[MOST_INPUTS][0]
    cdef bint is_one_run = n <= rest_of_run(view, walk)
    cdef int k, last = view.operands - 1
    for k in range(view.inputs):
        inputs[k] = walk.at[k]
        if not (is_one_run and lies_together(view, k)):
            inputs[k] = <char*>&rooms[k][0]
            move(view, walk, k, n, inputs[k], False)
    for k in range(view.inputs, MOST_INPUTS):
        inputs[k] = inputs[0]
    if last > view.inputs:
        view.loops[0](inputs[0], inputs[1], inputs[2], result, n, 1, view.parameters[0])
    # Inputs are of no use any more, so that a result may lie over any of them.
    cdef bint in_place = is_one_run and lies_together(view, last)
    cdef char* out = walk.at[last] if in_place else <char*>&rooms[0][0]
    k = last - view.inputs
    view.loops[k](inputs[0], inputs[1], inputs[2], out, n, 1, view.parameters[k])
    if not in_place:
        move(view, walk, last, n, out, True)
    if last > view.inputs:
        move(view, walk, view.inputs, n, result, True)


cdef bint is_run_by_run(const View* view) noexcept nogil:
    """Whether there is one loop, of up to two inputs, that takes numbers where they lie."""
    cdef int k
    if view.operands > view.inputs + 1 or view.inputs == MOST_INPUTS:
        return False
    for k in range(view.operands):
        if not lies_together(view, k):
            return False
    return True


cdef void view_chunk(void* pointer, Py_ssize_t k) noexcept nogil:
    cdef View* view = <View*>pointer
    cdef Py_ssize_t at = k * view.chunk, end = min(at + view.chunk, view.n), n
    cdef bint is_long = view.shape[view.axes - 1] >= view.shortest_run
    cdef bint run_by_run = is_long and is_run_by_run(view)
    cdef Walk walk
    while at < end:
        begin_walk(view, at, &walk)
        n = min(end - at, rest_of_run(view, &walk)) if is_long else end - at
        if run_by_run:
            view.loops[0](
                walk.at[0], walk.at[view.inputs - 1], walk.at[0], walk.at[view.inputs], n, 1,
                view.parameters[0])
        else:
            n = min(<Py_ssize_t>BLOCK, n)
            run_block(view, &walk, n)
        at += n


cdef void drive_view(View* view, int threads) noexcept nogil:
    cdef Job job
    if view.axes == 1 and is_run_by_run(view):
        job = Job(
            view.loops[0], view.start[0], view.start[1 if view.inputs > 1 else 0], view.start[0],
            view.start[view.inputs], view.n, 1, 0,
            view.item, view.item, view.item, view.item, view.parameters[0], 0,
        )
        drive(&job, threads)
        return
    view.chunk = view.n
    if threads > 1:
        view.chunk = chunk_of(view.n, 1, threads)
        if pool_run(view_chunk, view, -(-view.n // view.chunk), threads):
            return
        view.chunk = view.n
    view_chunk(view, 0)


# --- rows ------------------------------------------------------------------------------


cdef bint run_tile_by(
    const View* view, const Plan* plan, char* a, char* b, char* out, Py_ssize_t n
) noexcept nogil:
    """A row kernel on the n rows of a tile; False: no memory."""
    if view.in_columns:
        return columns_by_plan(plan, &view.moves, a, b, out, 1, view.length, n)
    rows_by_plan(plan, &view.moves, a, b, out, n, view.length)
    return True


cdef inline void select(
    const View* view, int which, char* numbers, const char* mask, Py_ssize_t n
) noexcept nogil:
    if view.select != NULL and view.left_out[which] != NULL:
        view.select(numbers, mask, NULL, numbers, n, 1, view.left_out[which])


cdef bint rows_of_tile(
    const View* view, char* a, char* b, char* out, const char* mask, Py_ssize_t n, char* wide
) noexcept nogil:
    """Compute n rows; what is no reduction, in place.  False: no memory."""
    cdef Py_ssize_t size = n * view.length, room = (size + WIDENED) * sizeof(float)
    cdef Py_ssize_t results = n * view.lengths[view.inputs]
    cdef char* first = a
    cdef char* second = b
    cdef char* result = out
    if view.half.widen != NULL:
        first = wide
        second = first if b == a else wide + room
        result = first if out == a else wide + 2 * room
        view.half.widen(a, NULL, NULL, first, n * view.lengths[0], 1, NULL)
        if b != a:
            view.half.widen(b, NULL, NULL, second, n * view.lengths[1], 1, NULL)
    select(view, 0, first, mask, size)
    if b != a:
        select(view, 1, second, mask, size)
    if view.before != NULL and not run_tile_by(view, view.before, second, second, second, n):
        return False
    if not run_tile_by(view, view.plan, first, second, result, n):
        return False
    select(view, 2, result, mask, size)
    if view.half.widen != NULL:
        view.half.narrow(result, NULL, NULL, out, results, 1, NULL)
    return True


cdef void move_rows(
    const View* view, const Walk* start, int k, Py_ssize_t n, char* tile, bint back
) noexcept nogil:
    """Bring n rows of an operand together, or back."""
    cdef Walk walk = start[0]
    cdef steps_of_matrix lies, together
    cdef Py_ssize_t count, length = view.lengths[k], item = view.item
    if k > view.inputs:
        item = 1  # of a mask
    lies.row, lies.number = view.steps[k][view.axes - 1], view.along[k]
    together.row, together.number = length * item, item
    if view.in_columns:
        together.row, together.number = item, n * item
    while n > 0:
        count = min(n, rest_of_run(view, &walk))
        if back:
            move_matrix(tile, together, walk.at[k], lies, count, length, item)
        else:
            move_matrix(walk.at[k], lies, tile, together, count, length, item)
        walk_on(view, &walk, 1, count)
        tile += count * together.row
        n -= count


cdef bint rows_lie_together(const View* view) noexcept nogil:
    cdef int k
    for k in range(view.inputs + 1):
        if view.lengths[k] > 1 and view.along[k] != view.item:
            return False
    return True


cdef bint are_columns(const View* view) noexcept nogil:
    """Whether the rows of all arrays are side by side, each of them in steps."""
    cdef int k
    for k in range(view.inputs + 1):
        if not lies_together(view, k) or view.along[k] == view.item:
            return False
    return view.shape[view.axes - 1] >= FEWEST_IN_TILE and not view.is_reduction


cdef inline Py_ssize_t rooms_of(const View* view) noexcept nogil:
    """For the inputs, and for the results of a reduction; others are made in place."""
    return 3 if view.is_reduction else 2


cdef inline Py_ssize_t room_to_widen(const View* view, Py_ssize_t numbers) noexcept nogil:
    """Bytes for a tile of so many numbers of 16 bits."""
    if view.half.widen == NULL:
        return 0
    return rooms_of(view) * (numbers + WIDENED) * <Py_ssize_t>sizeof(float)


cdef void view_rows_chunk(void* pointer, Py_ssize_t k) noexcept nogil:
    cdef View* view = <View*>pointer
    cdef Py_ssize_t first = k * view.chunk, last = min(first + view.chunk, view.n)
    if not view.in_tiles and view.before == NULL:
        rows_where_they_lie(view, first, last - first, NULL)
        return
    cdef Py_ssize_t at_once = 1
    if view.in_columns:
        at_once = columns_of_tile(view.length)
    elif view.in_tiles:
        at_once = 1 if rows_lie_together(view) else FEWEST_IN_TILE
        at_once = max(at_once, TILE_OF_VIEW // view.length)
    at_once = min(at_once, last - first)
    cdef Py_ssize_t numbers = at_once * view.length
    cdef Py_ssize_t room = rooms_of(view) * numbers * view.item
    cdef Py_ssize_t mask = 0 if view.select == NULL else numbers
    cdef char* tile = <char*>malloc(room + room_to_widen(view, numbers) + mask)
    if tile == NULL:
        view.failed = True
    elif view.in_tiles:
        rows_by_tiles(view, first, last, at_once, tile, tile + room)
    else:
        rows_where_they_lie(view, first, last - first, tile)
    free(tile)


cdef void rows_where_they_lie(
    const View* view, Py_ssize_t first, Py_ssize_t n, char* output
) noexcept nogil:
    """Row by row; ``output`` takes what is made of the second input before."""
    cdef Walk walk
    cdef char* b
    begin_walk(view, first, &walk)
    for _ in range(n):
        b = walk.at[view.inputs - 1]
        if output != NULL:
            view.before.loop(b, b, b, output, 1, view.length, view.before.parameters)
            b = output
        view.loops[0](
            walk.at[0], b, walk.at[0], walk.at[view.inputs], 1, view.length, view.parameters[0])
        walk_on(view, &walk, 1, 1)


cdef void rows_by_tiles(
    View* view, Py_ssize_t first, Py_ssize_t last, Py_ssize_t at_once, char* a, char* more
) noexcept nogil:
    """Some rows at a time; ``more`` has room for what is wide, and then for the mask."""
    cdef Py_ssize_t n, numbers = at_once * view.length
    cdef char* b = a if view.inputs == 1 else a + numbers * view.item
    cdef char* out = a + 2 * numbers * view.item if view.is_reduction else a
    cdef char* mask = more + room_to_widen(view, numbers)
    cdef Walk walk
    while first < last:
        n = min(at_once, last - first)
        begin_walk(view, first, &walk)
        if view.in_columns:
            n = min(n, rest_of_run(view, &walk))
        move_rows(view, &walk, 0, n, a, False)
        if b != a:
            move_rows(view, &walk, 1, n, b, False)
        if view.select != NULL:
            move_rows(view, &walk, view.inputs + 1, n, mask, False)
        if not rows_of_tile(view, a, b, out, mask, n, more):
            view.failed = True
        move_rows(view, &walk, view.inputs, n, out, True)
        first += n


cdef void drive_view_rows(View* view, int threads) noexcept nogil:
    view.chunk, view.failed = view.n, False
    if threads > 1:
        view.chunk = chunk_of(view.n, view.length, threads)
        if pool_run(view_rows_chunk, view, -(-view.n // view.chunk), threads):
            return
        view.chunk = view.n
    view_rows_chunk(view, 0)
