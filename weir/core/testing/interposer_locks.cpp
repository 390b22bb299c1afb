// Locks and waits: an uncontended lock makes no system call, so only its name gives it away.
#include <pthread.h>
#include <semaphore.h>
#include <time.h>
#include <unistd.h>

#include "weir/core/testing/next.hpp"
#include "weir/core/testing/traps.hpp"

const char* weir::traps::calls_unavailable() noexcept {
#if defined(WEIR_SANITIZED)
  return "the sanitizer interposes the same functions";
#else
  return nullptr;
#endif
}

#if !defined(WEIR_SANITIZED)

// PARAMETERS and ARGUMENTS in their own parentheses. No noexcept on those that are cancellation points: a cancelled
// thread unwinds through them.
#define WEIR_INTERPOSE(RESULT, NAME, PARAMETERS, ARGUMENTS, EXCEPT)    \
  extern "C" RESULT NAME PARAMETERS EXCEPT {                           \
    static constinit weir::traps::Next<RESULT PARAMETERS> next{#NAME}; \
    weir::traps::held_against(#NAME);                                  \
    return next.get() ARGUMENTS;                                       \
  }

WEIR_INTERPOSE(int, pthread_mutex_lock, (pthread_mutex_t * m), (m), noexcept)
WEIR_INTERPOSE(int, pthread_mutex_trylock, (pthread_mutex_t * m), (m), noexcept)
WEIR_INTERPOSE(int, pthread_mutex_timedlock, (pthread_mutex_t * m, const timespec* t), (m, t), noexcept)
WEIR_INTERPOSE(int, pthread_mutex_clocklock, (pthread_mutex_t * m, clockid_t c, const timespec* t), (m, c, t), noexcept)
WEIR_INTERPOSE(int, pthread_spin_lock, (pthread_spinlock_t * s), (s), noexcept)

WEIR_INTERPOSE(int, pthread_rwlock_rdlock, (pthread_rwlock_t * l), (l), noexcept)
WEIR_INTERPOSE(int, pthread_rwlock_tryrdlock, (pthread_rwlock_t * l), (l), noexcept)
WEIR_INTERPOSE(int, pthread_rwlock_timedrdlock, (pthread_rwlock_t * l, const timespec* t), (l, t), noexcept)
WEIR_INTERPOSE(int, pthread_rwlock_wrlock, (pthread_rwlock_t * l), (l), noexcept)
WEIR_INTERPOSE(int, pthread_rwlock_trywrlock, (pthread_rwlock_t * l), (l), noexcept)
WEIR_INTERPOSE(int, pthread_rwlock_timedwrlock, (pthread_rwlock_t * l, const timespec* t), (l, t), noexcept)

WEIR_INTERPOSE(int, pthread_cond_wait, (pthread_cond_t * c, pthread_mutex_t* m), (c, m), )
WEIR_INTERPOSE(int, pthread_cond_timedwait, (pthread_cond_t * c, pthread_mutex_t* m, const timespec* t), (c, m, t), )
WEIR_INTERPOSE(int, pthread_cond_clockwait, (pthread_cond_t * c, pthread_mutex_t* m, clockid_t k, const timespec* t),
               (c, m, k, t), )
WEIR_INTERPOSE(int, pthread_barrier_wait, (pthread_barrier_t * b), (b), noexcept)
WEIR_INTERPOSE(int, pthread_join, (pthread_t t, void** r), (t, r), )

WEIR_INTERPOSE(int, sem_wait, (sem_t * s), (s), )
WEIR_INTERPOSE(int, sem_timedwait, (sem_t * s, const timespec* t), (s, t), )
WEIR_INTERPOSE(int, sem_clockwait, (sem_t * s, clockid_t c, const timespec* t), (s, c, t), )

WEIR_INTERPOSE(int, nanosleep, (const timespec* t, timespec* left), (t, left), )
WEIR_INTERPOSE(int, clock_nanosleep, (clockid_t c, int flags, const timespec* t, timespec* left), (c, flags, t, left), )
WEIR_INTERPOSE(int, usleep, (useconds_t us), (us), )

#endif
