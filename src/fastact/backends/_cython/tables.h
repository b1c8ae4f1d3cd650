/* What a thread needs to be the only one that makes a table, and to show it to the others. */
#include <stdint.h>

#ifdef _MSC_VER
#include <intrin.h>
static inline int is_first(char *claimed) { return !_InterlockedExchange8(claimed, 1); }
static inline void show(const void *volatile *place, const void *table) {
    _InterlockedExchangePointer((void *volatile *)place, (void *)table);
}
static inline const void *shown(const void *volatile *place) { return *place; }
#else
static inline int is_first(char *claimed) {
    return !__atomic_exchange_n(claimed, 1, __ATOMIC_ACQ_REL);
}
static inline void show(const void *volatile *place, const void *table) {
    __atomic_store_n(place, table, __ATOMIC_RELEASE);
}
static inline const void *shown(const void *volatile *place) {
    return __atomic_load_n(place, __ATOMIC_ACQUIRE);
}
#endif
