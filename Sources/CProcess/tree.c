#define _GNU_SOURCE
#include "CProcess.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#if defined(__linux__)
#include <stdio.h>
#include <sys/syscall.h>

enum { MAX_PROCESSES = 1 << 15 };

struct process {
    int id, parent;
    uint64_t start;
    int is_below;
};

struct entry {
    uint64_t inode;
    int64_t offset;
    unsigned short length;
    unsigned char type;
    char name[];
};

// Reads what /proc/ID/stat says: the name stands in brackets and may hold any byte, so fields are counted from the last bracket.
static int read_process(const char *name, struct process *process) {
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%s/stat", name);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return 0;
    ssize_t count = read(file, text, sizeof text - 1);
    close(file);
    if (count <= 0) return 0;
    text[count] = 0;
    char *field = strrchr(text, ')');
    if (!field) return 0;
    process->id = atoi(text);
    process->is_below = 0;
    // After the bracket: the state, the parent, and the start as the 20th.
    for (int number = 0; number < 20 && field; number++) {
        field = strchr(field + 1, ' ');
        if (!field) return 0;
        if (number == 1) process->parent = atoi(field + 1);
        if (number == 19) process->start = strtoull(field + 1, NULL, 10);
    }
    return 1;
}

// Without malloc: whoever holds its lock may be a thread that was stopped for good.
static int list_processes(struct process *processes) {
    int folder = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return 0;
    _Alignas(8) char buffer[8192];
    int count = 0;
    for (;;) {
        long size = syscall(SYS_getdents64, folder, buffer, sizeof buffer);
        if (size <= 0) break;
        for (long offset = 0; offset < size;) {
            struct entry *entry = (struct entry *)(buffer + offset);
            offset += entry->length;
            if (entry->name[0] < '0' || entry->name[0] > '9') continue;
            if (count < MAX_PROCESSES && read_process(entry->name, &processes[count])) count++;
        }
    }
    close(folder);
    return count;
}

int galley_signal_descendants(int root, int signal, uint64_t since) {
    static struct process processes[MAX_PROCESSES];
    int count = list_processes(processes);
    for (int changed = 1; changed;) {
        changed = 0;
        for (int i = 0; i < count; i++) {
            if (processes[i].is_below) continue;
            int is_below = processes[i].parent == root;
            for (int j = 0; j < count && !is_below; j++) is_below = processes[j].is_below && processes[j].id == processes[i].parent;
            if (is_below) processes[i].is_below = changed = 1;
        }
    }
    int sent = 0;
    for (int i = 0; i < count; i++)
        if (processes[i].is_below && processes[i].start >= since && processes[i].id != getpid() && !kill(processes[i].id, signal)) sent++;
    return sent;
}

uint64_t galley_process_clock(void) {
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    long ticks = sysconf(_SC_CLK_TCK);
    return (uint64_t)now.tv_sec * (uint64_t)ticks + (uint64_t)now.tv_nsec * (uint64_t)ticks / 1000000000;
}
#else
int galley_signal_descendants(int root, int signal, uint64_t since) {
    (void)root, (void)signal, (void)since;
    return 0;
}

uint64_t galley_process_clock(void) { return 0; }
#endif
