/* LD_PRELOAD: a wall clock that a file sets ahead or back, and waits that end by it as the kernel's do.

The file FAKE_CLOCK holds a long: nanoseconds that the wall clock is ahead. The monotonic clock stays.
A wait with a deadline of the wall clock looks at it again every 20 ms, so that it lasts longer when the
clock is set back, and ends when it is set beyond the deadline. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

#define SECOND 1000000000L
#define LOOK_NANOSECONDS 20000000L
#define FIRST_UNIX_SECOND 1000000000L /* A deadline below this is of the monotonic clock. */

static volatile long *ahead;

__attribute__((constructor)) static void open_file(void) {
    const char *path = getenv("FAKE_CLOCK");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    void *mapped = file < 0 ? MAP_FAILED : mmap(NULL, sizeof(long), PROT_READ, MAP_SHARED, file, 0);
    if (mapped != MAP_FAILED)
        ahead = mapped;
    if (file >= 0)
        close(file);
}

static struct timespec plus(struct timespec moment, long nanoseconds) {
    long left = moment.tv_nsec + nanoseconds % SECOND;
    moment.tv_sec += nanoseconds / SECOND + (left >= SECOND) - (left < 0);
    moment.tv_nsec = (left + SECOND) % SECOND;
    return moment;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    long failed = syscall(SYS_clock_gettime, clock, now);
    if (!failed && ahead && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        *now = plus(*now, *ahead);
    return (int)failed;
}

int timespec_get(struct timespec *now, int base) {
    return base == TIME_UTC && !clock_gettime(CLOCK_REALTIME, now) ? base : 0;
}

int gettimeofday(struct timeval *now, void *zone) {
    struct timespec found;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &found);
    now->tv_sec = found.tv_sec;
    now->tv_usec = found.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *place) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (place)
        *place = now.tv_sec;
    return now.tv_sec;
}

static int wait_until(pthread_cond_t *condition, pthread_mutex_t *mutex, const struct timespec *end) {
    for (;;) {
        struct timespec now, look_at;
        clock_gettime(CLOCK_REALTIME, &now);
        if (now.tv_sec > end->tv_sec || (now.tv_sec == end->tv_sec && now.tv_nsec >= end->tv_nsec))
            return ETIMEDOUT;
        clock_gettime(CLOCK_MONOTONIC, &look_at);
        look_at = plus(look_at, LOOK_NANOSECONDS);
        int outcome = pthread_cond_clockwait(condition, mutex, CLOCK_MONOTONIC, &look_at);
        if (outcome != ETIMEDOUT)
            return outcome;
    }
}

int pthread_cond_timedwait(
    pthread_cond_t *condition, pthread_mutex_t *mutex, const struct timespec *end) {
    static int (*real)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *);
    if (ahead && end->tv_sec >= FIRST_UNIX_SECOND)
        return wait_until(condition, mutex, end);
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "pthread_cond_timedwait");
    return real(condition, mutex, end);
}

int cnd_timedwait(cnd_t *condition, mtx_t *mutex, const struct timespec *end) {
    int outcome = wait_until((pthread_cond_t *)condition, (pthread_mutex_t *)mutex, end);
    return outcome == 0 ? thrd_success : outcome == ETIMEDOUT ? thrd_timedout : thrd_error;
}
