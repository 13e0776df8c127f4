#define _GNU_SOURCE
#include "CCellHost.h"
#include "cells.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

// Cells run on the process's first thread, as a program's top level does: libraries ask which thread that is, and the main queue
// belongs to it. A cell that traps or is stopped cannot give the thread back, since what it was in the middle of is unknown. So
// the thread leaves the stack with all that is on it as it stands, and goes on with another one.

enum { GUARD = 1 << 16, SMALLEST = 1 << 20 };

static void (*service)(void);
static size_t wanted_size;
static size_t current_size;
static sigset_t usual_mask;
static _Thread_local int is_main;

extern void swift_beginAccess(void *location, void **buffer, uintptr_t flags, void *place);
extern void swift_endAccess(void **buffer);

int galley_runs_cells(void) { return is_main; }
size_t galley_stack_size(void) { return current_size; }

#if defined(__linux__)
__attribute__((noreturn)) extern void galley_switch_stack(void *top, void (*body)(void));

// The return address is marked as unknown, so that what follows frames stops here.
#if defined(__x86_64__)
__asm__(".text\n.type galley_switch_stack,@function\n.hidden galley_switch_stack\n.globl galley_switch_stack\n"
        "galley_switch_stack:\n.cfi_startproc\n.cfi_undefined rip\n"
        "xorl %ebp, %ebp\nmovq %rdi, %rsp\ncall *%rsi\nud2\n"
        ".cfi_endproc\n.size galley_switch_stack, .-galley_switch_stack\n");
#elif defined(__aarch64__)
__asm__(".text\n.type galley_switch_stack,%function\n.hidden galley_switch_stack\n.globl galley_switch_stack\n"
        "galley_switch_stack:\n.cfi_startproc\n.cfi_undefined x30\n"
        "mov x29, #0\nmov x30, #0\nmov sp, x0\nblr x1\nbrk #1\n"
        ".cfi_endproc\n.size galley_switch_stack, .-galley_switch_stack\n");
#endif

// The limit of memory is the cells', not that of the stack which the next one needs: the hard limit leaves room for some.
static void *map_stack(size_t *size) {
    struct rlimit limit, raised;
    int is_limited = !getrlimit(RLIMIT_AS, &limit) && limit.rlim_cur != limit.rlim_max;
    if (is_limited) {
        raised = limit;
        raised.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_AS, &raised);
    }
    void *low = MAP_FAILED;
    for (*size = wanted_size; *size >= SMALLEST; *size /= 2) {
        low = mmap(NULL, *size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
        if (low != MAP_FAILED) break;
    }
    if (is_limited) {
        if (low != MAP_FAILED) limit.rlim_cur = *size < limit.rlim_max - limit.rlim_cur ? limit.rlim_cur + *size : limit.rlim_max;
        setrlimit(RLIMIT_AS, &limit);
    }
    if (low == MAP_FAILED) return NULL;
    mprotect(low, GUARD, PROT_NONE);
    return low;
}

__attribute__((noreturn)) static void serve_on_new_stack(void) {
    size_t size;
    char *low = map_stack(&size);
    if (!low) _exit(GALLEY_NO_STACK);
    current_size = size;
    galley_set_stack((uintptr_t)low + GUARD, (uintptr_t)low + size);
    galley_switch_stack(low + size, service);
}
#else
// Elsewhere the first stack is the only one, and a cell that traps takes its process along.
__attribute__((noreturn)) static void serve_on_new_stack(void) {
    static int has_served;
    if (has_served++) _exit(GALLEY_NO_STACK);
    service();
    _exit(0);
}
#endif

void galley_serve_main(void (*serve)(void), size_t stack_size) {
    is_main = 1;
    service = serve;
    wanted_size = current_size = stack_size;
    pthread_sigmask(SIG_SETMASK, NULL, &usual_mask);
    sigdelset(&usual_mask, SIGUSR2);
    serve_on_new_stack();
}

void galley_leave_stack(void) {
    pthread_sigmask(SIG_SETMASK, &usual_mask, NULL);
    serve_on_new_stack();
}

// Swift's runtime keeps the accesses to variables that are in progress on a thread in a list that runs through its stack. Those
// of a stack that was left would stand in the way of the next cell's for ever: an access of our own, which comes first in the
// list, is cut from the rest, and ends.
void galley_forget_accesses(void) {
    enum { MODIFY = 1, TRACKING = 32 };
    static char location;
    void *buffer[3] = {NULL, NULL, NULL};
    swift_beginAccess(&location, buffer, MODIFY | TRACKING, (void *)&galley_forget_accesses);
    // Three words: the location, the place in the code, and the next access with the kind of this one in the lowest bit.
    buffer[2] = (void *)((uintptr_t)buffer[2] & 1);
    swift_endAccess(buffer);
}
