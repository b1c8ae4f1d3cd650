/* A small pool of threads that computes the chunks of one job at a time.

   Why not OpenMP: libgomp's workers spin for milliseconds after a region. Beside
   another library's spinning pool (OpenBLAS between two matrix products) they use
   up their time slice, and the next region waits for a slice of the scheduler: 7 to
   10 ms for 50 x 512 numbers on two cores. libgomp also hangs in a forked child.

   Here a worker spins for about 100 us and then sleeps (a spin of sched_yield after
   that lost: the worker then queues behind another pool that spins, while one that is
   woken goes first). Chunks are claimed one by
   one, by the caller too, so a worker that is late costs nothing: the caller does
   its share. Everybody begins with a part of his own, so that the next call on the
   same array finds it in the same processor's cache. A caller that finds the pool busy computes alone, so concurrent callers
   do not oversubscribe the machine. A forked child starts a pool of its own. */

typedef void (*chunk_function)(void *job, Py_ssize_t chunk);

/* Jobs that were given to several threads: for tests. */
static long long pool_jobs = 0;

#ifdef _WIN32

static long long pool_clock(void) { return -1; } /* never soon after another call */

static int pool_run(chunk_function function, void *job, int chunks, int threads) {
    int k;
    (void)threads;
#pragma omp parallel for num_threads(threads) schedule(dynamic, 1)
    for (k = 0; k < chunks; k++) function(job, k);
    return 1;
}

#else

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <time.h>

/* Nanoseconds. */
static long long pool_clock(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

enum { POOL_MAX = 256, SPINS = 5000 };

typedef struct {
    _Alignas(64) atomic_uint ticket; /* of the newest job this worker is called to */
    atomic_int sleeping;
    atomic_int cpu; /* where it last ran, or -1 */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
} pool_worker;

/* The chunks with which one participant begins: the caller is 0, worker k is k + 1. */
typedef struct {
    _Alignas(64) _Atomic uint64_t claim; /* ticket of the job << 32 | next chunk */
    atomic_uint end;
} pool_part;

enum { NO_CHUNK = 0xffffffffu };

static struct {
    pthread_mutex_t busy;
    int started;
    chunk_function function;
    void *job;
    atomic_int parts_used;
    _Alignas(64) atomic_uint done;
    pool_part parts[POOL_MAX];
    pool_worker workers[POOL_MAX];
} pool = {.busy = PTHREAD_MUTEX_INITIALIZER};

static inline void pool_pause(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

#ifdef __linux__
static inline int pool_cpu(void) { return sched_getcpu(); }

/* The scheduler likes to wake a worker on the processor of its waker, where it gets no
   turn before the caller has done all: then two threads are as slow as one, call after
   call. Such a worker is sent to the other processors that the caller may use. */
static void pool_spread(pool_worker *worker, int here) {
    cpu_set_t others;
    if (here < 0 || atomic_load(&worker->cpu) != here) return;
    if (sched_getaffinity(0, sizeof others, &others) != 0) return;
    CPU_CLR(here, &others);
    if (CPU_COUNT(&others) > 0) pthread_setaffinity_np(worker->thread, sizeof others, &others);
}
#else
static inline int pool_cpu(void) { return -1; }
static void pool_spread(pool_worker *worker, int here) { (void)worker, (void)here; }
#endif

/* Compute chunks of one part until none is left; whether that job is still current. A claim
   succeeds only while it is, and it stays so until every claimed chunk is done. */
static int pool_work_on(pool_part *part, unsigned ticket) {
    uint64_t claim = atomic_load(&part->claim);
    while ((unsigned)(claim >> 32) == ticket) {
        uint32_t chunk = (uint32_t)claim;
        if (chunk >= atomic_load(&part->end)) return 1;
        if (!atomic_compare_exchange_weak(&part->claim, &claim, claim + 1)) continue;
        pool.function(pool.job, chunk);
        atomic_fetch_add(&pool.done, 1);
        claim = atomic_load(&part->claim);
    }
    return 0;
}

/* One's own part first, then what is left of the others. */
static void pool_work(unsigned ticket, int me) {
    int parts = atomic_load(&pool.parts_used), k;
    for (k = 0; k < parts; k++)
        if (!pool_work_on(&pool.parts[(me + k) % parts], ticket)) return;
}

/* No claim of an older job succeeds between the change of an end and of its claim. */
static void pool_deal(unsigned ticket, uint32_t chunks, int parts) {
    int k;
    for (k = 0; k < parts; k++) {
        pool_part *part = &pool.parts[k];
        atomic_store(&part->claim, (uint64_t)ticket << 32 | NO_CHUNK);
        atomic_store(&part->end, (uint32_t)((uint64_t)chunks * (k + 1) / parts));
        atomic_store(&part->claim, (uint64_t)ticket << 32 | (uint64_t)chunks * k / parts);
    }
    atomic_store(&pool.parts_used, parts);
}

static void *pool_worker_main(void *argument) {
    pool_worker *self = argument;
    unsigned seen = 0;
    for (;;) {
        int spins;
        for (spins = 0; spins < SPINS && atomic_load(&self->ticket) == seen; spins++) pool_pause();
        if (atomic_load(&self->ticket) == seen) {
            pthread_mutex_lock(&self->lock);
            atomic_store(&self->sleeping, 1);
            while (atomic_load(&self->ticket) == seen)
                pthread_cond_wait(&self->wake, &self->lock);
            atomic_store(&self->sleeping, 0);
            pthread_mutex_unlock(&self->lock);
        }
        seen = atomic_load(&self->ticket);
        atomic_store(&self->cpu, pool_cpu());
        pool_work(seen, (int)(self - pool.workers) + 1);
    }
    return NULL;
}

/* The threads of the parent do not exist in the child: begin anew. */
static void pool_after_fork(void) {
    pthread_mutex_init(&pool.busy, NULL);
    pool.started = 0;
}

static int pool_start_worker(void) {
    pool_worker *worker = &pool.workers[pool.started];
    pthread_attr_t attributes;
    sigset_t all, before;
    int failed;
    atomic_store(&worker->ticket, 0);
    atomic_store(&worker->sleeping, 0);
    atomic_store(&worker->cpu, -1);
    pthread_mutex_init(&worker->lock, NULL);
    pthread_cond_init(&worker->wake, NULL);
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    sigfillset(&all); /* signals are for the threads that know Python */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    failed = pthread_create(&worker->thread, &attributes, pool_worker_main, worker);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    if (!failed) pool.started++;
    return !failed;
}

static void pool_call(pool_worker *worker, unsigned ticket, int here) {
    pool_spread(worker, here);
    atomic_store(&worker->ticket, ticket);
    if (atomic_load(&worker->sleeping)) {
        pthread_mutex_lock(&worker->lock);
        pthread_cond_signal(&worker->wake);
        pthread_mutex_unlock(&worker->lock);
    }
}

/* Compute the chunks with up to ``threads`` threads; 0 if the pool is busy. */
static int pool_run(chunk_function function, void *job, int chunks, int threads) {
    static unsigned ticket = 0;
    static int registered = 0;
    int k, spins = 0, here = pool_cpu();
    if (pthread_mutex_trylock(&pool.busy) != 0) return 0;
    pool_jobs++;
    if (!registered) registered = pthread_atfork(NULL, NULL, pool_after_fork) == 0;
    if (threads > POOL_MAX) threads = POOL_MAX;
    while (pool.started < threads - 1 && pool_start_worker()) {
    }
    if (++ticket == 0) ticket = 1; /* 0 is what a new worker has seen */
    pool.function = function;
    pool.job = job;
    atomic_store(&pool.done, 0);
    if (threads > pool.started + 1) threads = pool.started + 1;
    pool_deal(ticket, (uint32_t)chunks, threads);
    for (k = 0; k < threads - 1; k++) pool_call(&pool.workers[k], ticket, here);
    pool_work(ticket, 0);
    while (atomic_load(&pool.done) < (unsigned)chunks) {
        if (++spins < SPINS) pool_pause();
        else sched_yield();
    }
    pthread_mutex_unlock(&pool.busy);
    return 1;
}

#endif
