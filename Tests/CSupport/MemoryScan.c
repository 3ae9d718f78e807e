#define _GNU_SOURCE
#include "CSupport.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { block = 1 << 20, overlap = 4096, page = 4096 };

static void count_in(const unsigned char *bytes, size_t size, struct support_needle *needles, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const unsigned char *from = bytes, *end = bytes + size, *found;
        while ((found = memmem(from, (size_t)(end - from), needles[i].bytes, needles[i].size)) != NULL) {
            needles[i].count++;
            from = found + 1;
        }
    }
}

static int is_zero(const unsigned char *bytes, size_t size) {
    return bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0;
}

/* What cannot be read reads as nothing, a page at a time. */
static void scan_range(
    int memory, uint64_t start, uint64_t end, unsigned char *buffer, struct support_needle *needles, size_t count) {
    size_t kept = 0;
    while (start < end) {
        size_t wanted = end - start < block ? (size_t)(end - start) : block;
        ssize_t got = pread(memory, buffer + kept, wanted, (off_t)start);
        if (got <= 0) {
            count_in(buffer, kept, needles, count);
            kept = 0;
            start += page;
            continue;
        }
        start += (uint64_t)got;
        /* Most of what is mapped was never touched. */
        if (is_zero(buffer + kept, (size_t)got)) {
            kept = 0;
            continue;
        }
        size_t size = kept + (size_t)got;
        count_in(buffer, size, needles, count);
        /* An occurrence across two blocks is kept together, and one in the kept part is not counted again. */
        size_t rest = size < overlap ? size : overlap;
        for (size_t i = 0; i < count && start < end; i++) {
            struct support_needle again = needles[i];
            again.count = 0;
            count_in(buffer + size - rest, rest, &again, 1);
            needles[i].count -= again.count;
        }
        if (start >= end) return;
        memmove(buffer, buffer + size - rest, rest);
        kept = rest;
    }
    count_in(buffer, kept, needles, count);
}

int support_scan_memory(pid_t process, struct support_needle *needles, size_t count, size_t *scanned) {
    char path[64], line[1024];
    snprintf(path, sizeof path, "/proc/%d/maps", (int)process);
    FILE *maps = fopen(path, "re");
    if (maps == NULL) return errno;
    snprintf(path, sizeof path, "/proc/%d/mem", (int)process);
    int memory = open(path, O_RDONLY | O_CLOEXEC);
    unsigned char *buffer = malloc(overlap + block);
    int result = memory < 0 || buffer == NULL ? errno : 0;
    *scanned = 0;
    while (result == 0 && fgets(line, sizeof line, maps) != NULL) {
        uint64_t start, end;
        if (sscanf(line, "%" SCNx64 "-%" SCNx64, &start, &end) != 2 || strstr(line, "[v") != NULL) continue;
        scan_range(memory, start, end, buffer, needles, count);
        *scanned += (size_t)(end - start);
    }
    free(buffer);
    if (memory >= 0) close(memory);
    fclose(maps);
    return result;
}
