/*
 * Goes before libc in a program's calls to the system (LD_PRELOAD; Linux), and lets one of them fail.
 *
 *   FAULT_TABLE=FILE   where each call is counted: records of 32 bytes, a name and a count; the first record's count is
 *                      how many calls were made to fail
 *   FAULT_CALL=NAME    which call fails,
 *   FAULT_ERRNO=NUMBER with which errno, and
 *   FAULT_NTH=N        the how manieth; 0 is every second one, -1 each
 *   FAULT_ALARM=1      a signal each millisecond, whose handler does nothing and restarts nothing
 *   FAULT_SIGN=1       a signature that libcrypto makes has one bit wrong
 *   FAULT_CLOCK=S      from the 20th look at the wall clock on, it tells S seconds more
 *
 * A call's arguments are passed on as they are: on Linux, integers and pointers travel in the same registers whatever their
 * types, and in the same ones for a variadic function. Ours have names of their own in C, for headers declare the others.
 */
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>

/* Those that answer -1. */
#define CALLS(X) \
    X(read) X(write) X(readv) X(writev) X(pread) X(pwrite) X(pread64) X(pwrite64) X(preadv2) X(pwritev2) \
    X(recv) X(recvfrom) X(recvmsg) X(recvmmsg) X(send) X(sendto) X(sendmsg) X(sendmmsg) X(sendfile) \
    X(socket) X(socketpair) X(bind) X(listen) X(connect) X(accept) X(accept4) X(shutdown) \
    X(getsockopt) X(setsockopt) X(getsockname) X(getpeername) \
    X(open) X(open64) X(openat) X(openat64) X(dup) X(dup2) X(dup3) X(pipe) X(pipe2) X(fcntl) X(fcntl64) X(ioctl) X(poll) \
    X(ppoll) X(select) X(epoll_create) X(epoll_create1) X(epoll_ctl) X(epoll_wait) X(eventfd) X(eventfd_read) \
    X(eventfd_write) X(timerfd_create) X(timerfd_settime) X(mmap) X(mmap64) X(munmap) X(mprotect) X(madvise) X(mlock) \
    X(fsync) X(fdatasync) X(ftruncate) X(ftruncate64) X(rename) X(link) X(linkat) X(symlink) X(unlink) X(mkdir) \
    X(fchmod) X(fchown) X(chmod) X(flock) X(lseek) X(lseek64) X(stat) X(lstat) X(fstat) X(fstatat) X(stat64) X(lstat64) \
    X(fstat64) X(statfs) X(readlink) X(access) X(getrandom) X(getentropy) X(syscall) X(prctl) X(getrlimit) X(setrlimit) \
    X(sigaction) X(sigaltstack) X(tcgetattr) X(tcsetattr) X(isatty) X(gethostname) X(uname) X(setsid) X(waitpid) \
    X(sched_setaffinity) X(getifaddrs) X(close)
/* Those that answer nil. */
#define POINTER_CALLS(X) X(getpwuid) X(getpwnam) X(opendir) X(fopen) X(fopen64) X(realpath)
/* Those that answer the errno itself. */
#define NUMBER_CALLS(X) \
    X(pthread_create) X(posix_spawn) X(posix_spawnp) X(pthread_sigmask) X(sigwait) X(pthread_getaffinity_np) \
    X(pthread_setname_np)
/* Answers one of its own errors, which says that errno tells more. */
#define ADDRESS_CALLS(X) X(getaddrinfo)
#define ALL_CALLS(X) CALLS(X) POINTER_CALLS(X) NUMBER_CALLS(X) ADDRESS_CALLS(X)

enum { FAILED,
#define X(name) CALL_##name,
ALL_CALLS(X)
#undef X
CALL_COUNT };

struct entry { char name[24]; atomic_long count; };

static const char *const names[] = { "failed",
#define X(name) #name,
ALL_CALLS(X)
#undef X
};

static struct entry *table;
static int failing_call;
static int failing_errno;
static long failing_nth;
static long clock_step;
static atomic_long clock_looks;

/*
 * Only a socket is reset, and what is no file, such as a timer, fails in ways of its own; of calls without a name of their
 * own, locks among them, only the one for random bytes may fail.
 */
static int can_fail(int call, long descriptor)
{
    static int (*ask)(int, struct stat *);
    struct stat status;
    if (call == CALL_syscall) return descriptor == SYS_getrandom;
    if (call != CALL_read && call != CALL_write) return 1;
    if (!ask) ask = (int (*)(int, struct stat *))dlsym(RTLD_NEXT, "fstat");
    if (ask((int)descriptor, &status)) return 1;
    return failing_errno == ECONNRESET ? S_ISSOCK(status.st_mode) : (status.st_mode & S_IFMT) != 0;
}

static int fails(int call, long first)
{
    if (!table) return 0;
    long count = atomic_fetch_add(&table[call].count, 1) + 1;
    int is_due = failing_nth > 0 ? count == failing_nth : failing_nth < 0 || count % 2;
    if (call != failing_call || !is_due || !can_fail(call, first)) return 0;
    atomic_fetch_add(&table[FAILED].count, 1);
    errno = failing_errno;
    return 1;
}

typedef long function(long, long, long, long, long, long, long);

#define DEFINE(name, failure) \
    long own_##name(long a, long b, long c, long d, long e, long f, long g) __asm__(#name); \
    long own_##name(long a, long b, long c, long d, long e, long f, long g) \
    { \
        static function *next; \
        if (!next) next = (function *)dlsym(RTLD_NEXT, #name); \
        if (CALL_##name == CALL_close) { \
            long result = next(a, b, c, d, e, f, g); \
            return fails(CALL_close, a) ? (failure) : result; \
        } \
        return fails(CALL_##name, a) ? (failure) : next(a, b, c, d, e, f, g); \
    }
#define X(name) DEFINE(name, -1)
CALLS(X)
#undef X
#define X(name) DEFINE(name, 0)
POINTER_CALLS(X)
#undef X
#define X(name) DEFINE(name, failing_errno)
NUMBER_CALLS(X)
#undef X
/* A negative number is an error of its own kind; another is told by errno: EAI_SYSTEM. */
#define X(name) DEFINE(name, failing_errno < 0 ? failing_errno : -11)
ADDRESS_CALLS(X)
#undef X

static long step(void)
{
    return clock_step && atomic_fetch_add(&clock_looks, 1) >= 20 ? clock_step : 0;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    static int (*next)(clockid_t, struct timespec *);
    if (!next) next = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int result = next(clock, now);
    if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += step();
    return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    static int (*next)(struct timeval *, void *);
    if (!next) next = (int (*)(struct timeval *, void *))dlsym(RTLD_NEXT, "gettimeofday");
    int result = next(now, zone);
    if (result == 0) now->tv_sec += step();
    return result;
}

time_t time(time_t *now)
{
    struct timeval value;
    gettimeofday(&value, 0);
    if (now) *now = value.tv_sec;
    return value.tv_sec;
}

static void nothing(int signal)
{
    (void)signal;
}

static int spoils_signatures;

int EVP_DigestSign(void *context, unsigned char *signature, size_t *count, const unsigned char *data, size_t size);
int EVP_DigestSign(void *context, unsigned char *signature, size_t *count, const unsigned char *data, size_t size)
{
    int (*sign)(void *, unsigned char *, size_t *, const unsigned char *, size_t) =
        (int (*)(void *, unsigned char *, size_t *, const unsigned char *, size_t))dlsym(RTLD_NEXT, "EVP_DigestSign");
    int result = sign(context, signature, count, data, size);
    if (spoils_signatures && result == 1 && signature) signature[*count - 1] ^= 1;
    return result;
}

static long number(const char *name)
{
    const char *text = getenv(name);
    return text ? atol(text) : 0;
}

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("FAULT_TABLE"), *call = getenv("FAULT_CALL");
    failing_errno = (int)number("FAULT_ERRNO");
    failing_nth = number("FAULT_NTH");
    clock_step = number("FAULT_CLOCK");
    spoils_signatures = (int)number("FAULT_SIGN");
    for (int index = FAILED + 1; call && index < CALL_COUNT; index++)
        if (!strcmp(names[index], call)) failing_call = index;
    if (number("FAULT_ALARM")) {
        struct sigaction action = { .sa_handler = nothing };
        int (*act)(int, const struct sigaction *, void *) =
            (int (*)(int, const struct sigaction *, void *))dlsym(RTLD_NEXT, "sigaction");
        act(SIGALRM, &action, 0);
        struct itimerval interval = { { 0, 1000 }, { 0, 1000 } };
        setitimer(ITIMER_REAL, &interval, 0);
    }
    /* What the program starts is none of ours. */
    unsetenv("LD_PRELOAD");
    if (!path) return;
    function *open_file = (function *)dlsym(RTLD_NEXT, "open"), *map = (function *)dlsym(RTLD_NEXT, "mmap");
    function *resize = (function *)dlsym(RTLD_NEXT, "ftruncate"), *close_file = (function *)dlsym(RTLD_NEXT, "close");
    /* O_RDWR | O_CREAT; PROT_READ | PROT_WRITE, MAP_SHARED */
    long file = (int)open_file((long)path, 0102, 0600, 0, 0, 0, 0);
    if (file < 0) return;
    resize(file, CALL_COUNT * sizeof(struct entry), 0, 0, 0, 0, 0);
    struct entry *mapped = (struct entry *)map(0, CALL_COUNT * sizeof(struct entry), 3, 1, file, 0, 0);
    close_file(file, 0, 0, 0, 0, 0, 0);
    if ((long)mapped == -1) return;
    for (int index = 0; index < CALL_COUNT; index++) strncpy(mapped[index].name, names[index], sizeof mapped->name - 1);
    table = mapped;
}
