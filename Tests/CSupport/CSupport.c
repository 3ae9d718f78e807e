#define _GNU_SOURCE
#include "CSupport.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

int support_pipe(int ends[2]) {
#ifdef __linux__
    return pipe2(ends, O_CLOEXEC) == 0 ? 0 : errno;
#else
    if (pipe(ends) != 0) return errno;
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    return 0;
#endif
}

void support_release_free_memory(void) {
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}

size_t support_heap_byte_count(void) {
#ifdef __GLIBC__
    struct mallinfo2 heap = mallinfo2();
    return heap.uordblks + heap.hblkhd;
#else
    return 0;
#endif
}

int support_open_terminal(int *master, char *path, size_t path_size) {
    *master = posix_openpt(O_RDWR | O_NOCTTY);
    if (*master < 0) return errno;
    fcntl(*master, F_SETFD, FD_CLOEXEC);
    if (grantpt(*master) != 0 || unlockpt(*master) != 0) return errno;
#ifdef __linux__
    return ptsname_r(*master, path, path_size);
#else
    const char *name = ptsname(*master);
    if (name == NULL) return errno;
    snprintf(path, path_size, "%s", name);
    return 0;
#endif
}

#ifdef __linux__
static int is_listed(const struct support_plan *plan, int number) {
    for (size_t i = 0; i < plan->descriptor_count; i++)
        if (plan->descriptors[2 * i] == number) return 1;
    return 0;
}
#endif

static void add_actions(const struct support_plan *plan, posix_spawn_file_actions_t *actions) {
    if (plan->directory != NULL) posix_spawn_file_actions_addchdir_np(actions, plan->directory);
    if (plan->terminal != NULL) {
        posix_spawn_file_actions_addopen(actions, 0, plan->terminal, O_RDWR, 0);
        posix_spawn_file_actions_adddup2(actions, 0, 1);
        posix_spawn_file_actions_adddup2(actions, 0, 2);
    }
    int last = 2;
    for (size_t i = 0; i < plan->descriptor_count; i++) {
        int number = plan->descriptors[2 * i];
        posix_spawn_file_actions_adddup2(actions, plan->descriptors[2 * i + 1], number);
        if (number > last) last = number;
    }
#ifdef __linux__
    // What others forgot to mark as not inherited; closing a number that is not open does no harm here.
    for (int number = 3; number < last; number++)
        if (!is_listed(plan, number)) posix_spawn_file_actions_addclose(actions, number);
    posix_spawn_file_actions_addclosefrom_np(actions, last + 1);
#endif
}

static void set_attributes(posix_spawnattr_t *attributes, short group) {
    sigset_t all, none;
    sigfillset(&all);
    sigdelset(&all, SIGKILL);
    sigdelset(&all, SIGSTOP);
    sigemptyset(&none);
    posix_spawnattr_setsigdefault(attributes, &all);
    posix_spawnattr_setsigmask(attributes, &none);
    short flags = group | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;
#ifdef __APPLE__
    flags |= POSIX_SPAWN_CLOEXEC_DEFAULT;
#endif
    posix_spawnattr_setflags(attributes, flags);
}

static int spawn(const struct support_plan *plan, short group, pid_t *child) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int result = posix_spawn_file_actions_init(&actions);
    if (result != 0) return result;
    result = posix_spawnattr_init(&attributes);
    if (result == 0) {
        add_actions(plan, &actions);
#ifdef __linux__
        if (group == POSIX_SPAWN_SETPGROUP) posix_spawn_file_actions_addtcsetpgrp_np(&actions, 0);
#endif
        set_attributes(&attributes, group);
        result = posix_spawn(child, plan->path, &actions, &attributes, plan->arguments, plan->environment);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    return result;
}

int support_spawn(const struct support_plan *plan, pid_t *child) {
    return spawn(plan, POSIX_SPAWN_SETSID, child);
}

#ifdef __linux__
// A copy of a process with many threads: system calls only.
static void keep(const struct support_plan *plan, int report) {
    for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    // Pipes of other tests must not be held open here.
    dup2(report, 3);
    close_range(4, ~0U, 0);
    setsid();
    // The first terminal that is opened becomes the session's.
    int terminal = open(plan->terminal, O_RDWR);
    if (terminal < 0) _exit(127);
    for (int number = 0; number < 3; number++) dup2(terminal, number);
    close(terminal);
    fcntl(3, F_SETFD, FD_CLOEXEC);
    pid_t child;
    int result = spawn(plan, POSIX_SPAWN_SETPGROUP, &child);
    int words[2] = {result, child};
    if (write(3, words, sizeof words) != sizeof words || result != 0) _exit(127);
    for (int number = 0; number < 4; number++) close(number);
    int status;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    if (WIFEXITED(status)) _exit(WEXITSTATUS(status));
    struct rlimit limit = {0, 0};
    setrlimit(RLIMIT_CORE, &limit);
    kill(getpid(), WTERMSIG(status));
    _exit(128 + WTERMSIG(status));
}

int support_spawn_kept(const struct support_plan *plan, pid_t *keeper, pid_t *child) {
    int ends[2];
    int result = support_pipe(ends);
    if (result != 0) return result;
    *keeper = fork();
    if (*keeper == 0) keep(plan, ends[1]);
    result = *keeper < 0 ? errno : 0;
    close(ends[1]);
    int words[2] = {0, 0};
    if (result == 0) result = read(ends[0], words, sizeof words) == sizeof words ? words[0] : EIO;
    close(ends[0]);
    *child = words[1];
    return result;
}
#else
int support_spawn_kept(const struct support_plan *plan, pid_t *keeper, pid_t *child) {
    int result = support_spawn(plan, keeper);
    *child = *keeper;
    return result;
}
#endif
