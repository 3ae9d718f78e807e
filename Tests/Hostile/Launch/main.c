// Starts a program and writes what it took to a file: `HostileLaunch REPORT SECONDS PROGRAM ARGUMENT...`
//
// The greatest memory of a process counts from before it became another program, so whoever starts one and wants to know
// must be small itself. After so many seconds the program is killed; what it started and left is killed in any case.
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
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

int main(int count, char **arguments) {
    if (count < 4) return 2;
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    child = fork();
    if (child < 0) return 1;
    if (child == 0) {
        setpgid(0, 0);
        execv(arguments[3], arguments + 3);
        _exit(127);
    }
    signal(SIGALRM, end);
    alarm((unsigned)atoi(arguments[2]));
    int status;
    struct rusage usage;
    while (wait4(child, &status, 0, &usage) < 0)
        if (errno != EINTR) return 1;
    kill(-child, SIGKILL);
    FILE *report = fopen(arguments[1], "w");
    if (report == NULL) return 1;
    long microseconds = (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000L + usage.ru_utime.tv_usec +
                        usage.ru_stime.tv_usec;
    fprintf(report, "%d %d %d %ld %ld\n", WIFEXITED(status) ? WEXITSTATUS(status) : -1,
            WIFSIGNALED(status) ? WTERMSIG(status) : 0, (int)is_late, usage.ru_maxrss, microseconds);
    return fclose(report) == 0 ? 0 : 1;
}
