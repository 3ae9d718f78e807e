#ifndef C_SUPPORT_H
#define C_SUPPORT_H

#include <stddef.h>
#include <sys/types.h>

/// Calls that Swift does not see on Linux, for tests only. Each returns 0 or an error number.

/// Both ends of a pipe, neither inherited.
int support_pipe(int ends[2]);

/// A new pseudo-terminal: its master, not inherited, and the path of its other side.
int support_open_terminal(int *master, char *path, size_t path_size);

/// What to start. The child gets a session of its own, no descriptor that is not listed, and no signal ignored or blocked.
struct support_plan {
    const char *path;
    char *const *arguments;
    char *const *environment;
    /// The working directory, or NULL for ours.
    const char *directory;
    /// Opened first, as descriptors 0, 1 and 2, so that it becomes the controlling terminal; or NULL.
    const char *terminal;
    /// Pairs of the child's descriptor number and ours; ours lie above all of the child's.
    const int *descriptors;
    size_t descriptor_count;
};

int support_spawn(const struct support_plan *plan, pid_t *child);

/// The same under a keeper, which is to the program what a shell is: it leads the session, and the program has the terminal's
/// foreground in a group of its own, which can be stopped and continued. The keeper ends as the program ended.
int support_spawn_kept(const struct support_plan *plan, pid_t *keeper, pid_t *child);

/// Gives the pages that the allocator keeps free back to the system, where it can.
void support_release_free_memory(void);

/// Bytes that the allocator has given out and not got back; 0 where it cannot tell.
size_t support_heap_byte_count(void);

/// Whether valgrind's memcheck runs us (on x86_64; elsewhere never).
int support_is_watched(void);

/// To memcheck, secret bytes are undefined ones: it reports a branch on them, and an address made of them.
void support_make_secret(const void *bytes, size_t count);
void support_make_public(const void *bytes, size_t count);

/// Whether every bit is secret.
int support_is_secret(const void *bytes, size_t count);

/// What no code may do with a secret, for memcheck to find.
void support_branch_on(const unsigned char *secret);
void support_index_by(const unsigned char *secret);

/// Bytes to look for, up to 4,096 of them, and how often they were found.
struct support_needle {
    const unsigned char *bytes;
    size_t size;
    size_t count;
};

/// Looks through all that a process has mapped, protected pages included (Linux, as root).
int support_scan_memory(pid_t process, struct support_needle *needles, size_t count, size_t *scanned);

#endif
