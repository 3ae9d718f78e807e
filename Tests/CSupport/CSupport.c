#define _GNU_SOURCE
#include "CSupport.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

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

static void set_attributes(posix_spawnattr_t *attributes) {
    sigset_t all, none;
    sigfillset(&all);
    sigdelset(&all, SIGKILL);
    sigdelset(&all, SIGSTOP);
    sigemptyset(&none);
    posix_spawnattr_setsigdefault(attributes, &all);
    posix_spawnattr_setsigmask(attributes, &none);
    short flags = POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;
#ifdef __APPLE__
    flags |= POSIX_SPAWN_CLOEXEC_DEFAULT;
#endif
    posix_spawnattr_setflags(attributes, flags);
}

int support_spawn(const struct support_plan *plan, pid_t *child) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int result = posix_spawn_file_actions_init(&actions);
    if (result != 0) return result;
    result = posix_spawnattr_init(&attributes);
    if (result == 0) {
        add_actions(plan, &actions);
        set_attributes(&attributes);
        result = posix_spawn(child, plan->path, &actions, &attributes, plan->arguments, plan->environment);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    return result;
}
