#define _GNU_SOURCE
#include "CCellHost.h"
#include "cells.h"

#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if defined(__linux__)
#include <link.h>

// The functions by which a run loop serves the main queue; Foundation's calls the same.
extern int _dispatch_get_main_queue_port_4CF(void);
extern void _dispatch_main_queue_callback_4CF(void *);
extern void dispatch_async_f(void *queue, void *context, void (*work)(void *));
extern char _dispatch_main_q[];

enum { MAX_WORDS = 32, MAX_NOTES = 8 };

// What libdispatch holds of the main queue and of this thread, as it is outside of the queue's work and inside.
struct picture {
    uint64_t queue[MAX_WORDS], thread[MAX_WORDS];
};

static int port = -1;
static size_t queue_words, thread_words;
static uint64_t *thread_data;
// Where it notes that the queue is being served, and what; `is_known` once they are found.
static int is_known;
static volatile uint64_t *serving;
static struct { uint64_t *place, outside; } notes[MAX_NOTES];
static size_t note_count;

static int find_thread_data(struct dl_phdr_info *info, size_t size, void *library) {
    (void)size;
    if (info->dlpi_addr != *(ElfW(Addr) *)library) return 0;
    thread_data = info->dlpi_tls_data;
    for (int i = 0; i < info->dlpi_phnum; i++)
        if (info->dlpi_phdr[i].p_type == PT_TLS) thread_words = info->dlpi_phdr[i].p_memsz / sizeof(uint64_t);
    return 1;
}

static void look(void *picture) {
    memcpy(((struct picture *)picture)->queue, _dispatch_main_q, queue_words * sizeof(uint64_t));
    memcpy(((struct picture *)picture)->thread, thread_data, thread_words * sizeof(uint64_t));
}

static void serve(void) {
    uint64_t count;
    ssize_t got = read(port, &count, sizeof count);
    (void)got;
    _dispatch_main_queue_callback_4CF(NULL);
}

// The library has no call that leaves the main queue's work in the middle, and its notes have no names. They are found by looking
// from outside and from inside, the second time, when nothing but them changes: one word of the queue, from 0 to 1, and few of the thread.
static void find_notes(void) {
    Dl_info info;
    ElfW(Sym) *symbol = NULL;
    if (!dladdr1(_dispatch_main_q, &info, (void **)&symbol, RTLD_DL_SYMENT) || !symbol) return;
    queue_words = symbol->st_size / sizeof(uint64_t);
    ElfW(Addr) base = (ElfW(Addr))(uintptr_t)info.dli_fbase;
    dl_iterate_phdr(find_thread_data, &base);
    if (!thread_data || queue_words > MAX_WORDS || thread_words > MAX_WORDS) return;
    struct picture outside, inside;
    for (int i = 0; i < 2; i++) {
        look(&outside);
        dispatch_async_f(_dispatch_main_q, &inside, look);
        serve();
    }
    size_t changes = 0;
    for (size_t i = 0; i < queue_words; i++) {
        if (outside.queue[i] == inside.queue[i]) continue;
        changes++;
        if (outside.queue[i] == 0 && inside.queue[i] == 1) serving = (uint64_t *)_dispatch_main_q + i;
    }
    for (size_t i = 0; i < thread_words; i++) {
        if (outside.thread[i] == inside.thread[i]) continue;
        if (note_count == MAX_NOTES) return;
        notes[note_count].place = thread_data + i;
        notes[note_count++].outside = outside.thread[i];
    }
    is_known = serving && changes == 1;
}

void galley_adopt_main_queue(void) {
    port = _dispatch_get_main_queue_port_4CF();
    find_notes();
}

void galley_serve_main_queue(void) {
    struct pollfd queue = {port, POLLIN, 0};
    if (poll(&queue, 1, -1) > 0) serve();
}

int galley_leave_main_queue(void) {
    if (!is_known) return -1;
    if (!*serving) return 0;
    *serving = 0;
    for (size_t i = 0; i < note_count; i++) *notes[i].place = notes[i].outside;
    // What was added meanwhile may have been announced to whom never comes back.
    uint64_t one = 1;
    ssize_t written = write(port, &one, sizeof one);
    (void)written;
    return 1;
}
#else
void galley_adopt_main_queue(void) {}
void galley_serve_main_queue(void) { usleep(1000); }
int galley_leave_main_queue(void) { return 0; }
#endif
