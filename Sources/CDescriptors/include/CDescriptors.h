// System calls that Swift's view of the C library leaves out: those on descriptors, those that are variadic, and fork.
#pragma once

#include <signal.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

// Swift hides it, for it is safe only in a process of one thread (fork(2)).
static inline pid_t fairlead_fork(void) {
    return fork();
}

// Whether the signal does nothing, as whoever started us may have wanted it.
static inline int fairlead_ignores(int number) {
    struct sigaction action;
    return sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

#if defined(__linux__)
#include <spawn.h>
#include <sys/prctl.h>

// Reads and writes that do not wait, for this call alone: the descriptor's own flags, which other programs may share,
// stay as they are (preadv2(2), RWF_NOWAIT).
extern ssize_t preadv2(int descriptor, const struct iovec *vectors, int count, off_t offset, int flags);
extern ssize_t pwritev2(int descriptor, const struct iovec *vectors, int count, off_t offset, int flags);

enum { fairlead_without_waiting = 8 };

// Closes every descriptor from `from` on in a child to be (glibc 2.34).
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);

// Keeps other processes of the user from reading this one's memory, and the memory out of core files (prctl(2)).
static inline int fairlead_hide_memory(void) {
    return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

// This signal, or none for 0, is what the end of the thread that started us sends (prctl(2)).
static inline int fairlead_follow_parent(int number) {
    return prctl(PR_SET_PDEATHSIG, number, 0, 0, 0);
}
#endif
