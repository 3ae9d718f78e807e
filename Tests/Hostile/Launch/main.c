// Starts a program and writes what it took to a file: `HostileLaunch REPORT SECONDS PROGRAM ARGUMENT...`
//
// The greatest memory of a process counts from before it became another program, so whoever starts one and wants to know
// must be small itself. After so many seconds the program is killed; what it started and left is killed in any case, and
// counted where it is still there some seconds later. On a terminal the program is in the foreground.
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t child;
static volatile sig_atomic_t is_late;

static void end(int number) {
    (void)number;
    is_late = 1;
    kill(child, SIGKILL);
}

// The children of this process, its orphaned grandchildren among them, that still run.
static int running_children(pid_t *some) {
    char path[64];
    snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    FILE *list = fopen(path, "r");
    if (list == NULL) return 0;
    int count = 0, number;
    while (fscanf(list, "%d", &number) == 1) {
        *some = number;
        count++;
    }
    fclose(list);
    return count;
}

// How many processes the program left; it may have told them to end a moment ago.
static int left_behind(void) {
    for (int look = 0; look < 500; look++) {
        pid_t ended;
        while ((ended = waitpid(-1, NULL, WNOHANG)) > 0) {}
        if (ended < 0 && errno == ECHILD && kill(-child, 0) != 0) return 0;
        usleep(10000);
    }
    pid_t next = 0;
    int count = running_children(&next);
    for (int round = 0; round < 1000 && running_children(&next) > 0; round++) {
        kill(next, SIGKILL);
        waitpid(next, NULL, 0);
    }
    return count > 0 ? count : 1;
}

int main(int count, char **arguments) {
    if (count < 4) return 2;
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
#ifdef __linux__
    // Whoever loses its parent becomes a child of this process, whatever its group.
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
#endif
    child = fork();
    if (child < 0) return 1;
    if (child == 0) {
        setpgid(0, 0);
        if (isatty(0)) {
            signal(SIGTTOU, SIG_IGN);
            tcsetpgrp(0, getpid());
            signal(SIGTTOU, SIG_DFL);
        }
        execv(arguments[3], arguments + 3);
        _exit(127);
    }
    signal(SIGALRM, end);
    alarm((unsigned)atoi(arguments[2]));
    int status;
    struct rusage usage;
    while (wait4(child, &status, 0, &usage) < 0)
        if (errno != EINTR) return 1;
    alarm(0);
    int left = is_late ? 0 : left_behind();
    kill(-child, SIGKILL);
    FILE *report = fopen(arguments[1], "w");
    if (report == NULL) return 1;
    long microseconds = (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000L + usage.ru_utime.tv_usec +
                        usage.ru_stime.tv_usec;
    fprintf(report, "%d %d %d %ld %ld %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : -1,
            WIFSIGNALED(status) ? WTERMSIG(status) : 0, (int)is_late, usage.ru_maxrss, microseconds, left);
    return fclose(report) == 0 ? 0 : 1;
}
