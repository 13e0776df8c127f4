#define _GNU_SOURCE
#include "CCellHost.h"
#include "cells.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <ucontext.h>
#include <unwind.h>

// Exported by libswiftCore for tools that observe errors; Swift Testing uses it too.
extern void _swift_setWillThrowHandler(void (*handler)(void *));
extern void *swift_retain(void *);

enum { MAX_FRAMES = 64, MAX_RANGES = 1 << 16, NEAR_STACK = 1 << 16 };

// A record: the signal, the count, the frames; small enough for one atomic write to a pipe.
struct fault_record {
    int signal;
    uint32_t count;
    uintptr_t frames[MAX_FRAMES];
};

static _Thread_local sigjmp_buf cell_exit;
static _Thread_local volatile int runs_cell;
static _Thread_local void *cell_error;
static _Thread_local uintptr_t throw_frames[MAX_FRAMES];
static _Thread_local size_t throw_frame_count;
static _Thread_local uintptr_t stack_low, stack_high;

static _Thread_local int is_host_thread;

static pthread_t cell_thread;
static pid_t host_process;
static atomic_int fault_fd_of_cell = -1;
static atomic_int cell_is_running;
// Of threads beside the main one that fault in a cell the first tells.
static atomic_int is_told;
static struct fault_record main_fault;
static int has_main_fault;
static atomic_int interrupt_mode; // 0 none, 1 only inside the ranges, 2 forced
static struct { uintptr_t start, end; } ranges[MAX_RANGES];
static atomic_size_t range_count;

// Follows frame pointers, which Swift code keeps, as far as they stay on this thread's stack.
static size_t walk_frames(uintptr_t pc, uintptr_t fp, uintptr_t *frames, size_t capacity) {
    size_t count = 0;
    if (pc && count < capacity) frames[count++] = pc;
    while (count < capacity && fp >= stack_low && fp + 16 <= stack_high && (fp & 7) == 0) {
        uintptr_t next = ((uintptr_t *)fp)[0];
        uintptr_t address = ((uintptr_t *)fp)[1];
        if (!address) break;
        frames[count++] = address;
        if (next <= fp) break;
        fp = next;
    }
    return count;
}

static void will_throw(void *error) {
    (void)error;
    if (!runs_cell) return;
    throw_frame_count = walk_frames(0, (uintptr_t)__builtin_frame_address(0), throw_frames, MAX_FRAMES);
}

static void find_stack(void) {
    if (stack_high) return;
#if defined(__linux__)
    pthread_attr_t attributes;
    void *address;
    size_t size;
    if (pthread_getattr_np(pthread_self(), &attributes)) return;
    if (!pthread_attr_getstack(&attributes, &address, &size)) {
        stack_low = (uintptr_t)address;
        stack_high = stack_low + size;
    }
    pthread_attr_destroy(&attributes);
#else
    stack_high = (uintptr_t)pthread_get_stackaddr_np(pthread_self());
    stack_low = stack_high - pthread_get_stacksize_np(pthread_self());
#endif
}

void galley_set_stack(uintptr_t low, uintptr_t high) {
    stack_low = low;
    stack_high = high;
}

static void use_alternate_stack(void) {
    stack_t stack;
    if (!sigaltstack(NULL, &stack) && !(stack.ss_flags & SS_DISABLE)) return;
    memset(&stack, 0, sizeof stack);
    stack.ss_size = 128 * 1024;
    stack.ss_sp = malloc(stack.ss_size);
    if (stack.ss_sp) sigaltstack(&stack, NULL);
}

enum galley_outcome galley_run_cell(galley_entry entry, int fault_fd) {
    static char name[] = "cell";
    char *arguments[] = {name, NULL};
    find_stack();
    use_alternate_stack();
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGUSR2);
    pthread_sigmask(SIG_UNBLOCK, &signals, NULL);
    atomic_store(&fault_fd_of_cell, fault_fd);
    cell_error = NULL;
    throw_frame_count = 0;
    cell_thread = pthread_self();
    int jumped = sigsetjmp(cell_exit, 1);
    if (!jumped) {
        runs_cell = 1;
        atomic_store(&interrupt_mode, 0);
        atomic_store(&is_told, 0);
        atomic_store(&cell_is_running, 1);
        entry(1, arguments);
    }
    atomic_store(&cell_is_running, 0);
    runs_cell = 0;
    return (enum galley_outcome)jumped;
}

void *galley_take_error(void) {
    void *error = cell_error;
    cell_error = NULL;
    return error;
}

size_t galley_copy_throw_frames(uintptr_t *frames, size_t capacity) {
    size_t count = throw_frame_count < capacity ? throw_frame_count : capacity;
    memcpy(frames, throw_frames, count * sizeof *frames);
    return count;
}

void galley_stop_cell(void) {
    if (runs_cell) siglongjmp(cell_exit, GALLEY_STOPPED);
}

// The frames between here and galley_run_cell are the cell's main function alone: the error has
// passed all others, so nothing that would have to be undone is jumped over.
__attribute__((noreturn)) void __wrap_swift_errorInMain(void *error) {
    cell_error = error;
    if (runs_cell) siglongjmp(cell_exit, GALLEY_THREW);
    abort();
}

// `caller` is where the return address of a function without a frame of its own stands, such as the
// linker's stubs between images; elsewhere it means nothing.
static void context_registers(void *context, uintptr_t *pc, uintptr_t *fp, uintptr_t *stack, uintptr_t *caller) {
    *caller = 0;
    *stack = 0;
#if defined(__linux__) && defined(__x86_64__)
    ucontext_t *c = context;
    *pc = (uintptr_t)c->uc_mcontext.gregs[REG_RIP];
    *fp = (uintptr_t)c->uc_mcontext.gregs[REG_RBP];
    uintptr_t sp = (uintptr_t)c->uc_mcontext.gregs[REG_RSP];
    *stack = sp;
    if (sp >= stack_low && sp + 8 <= stack_high && (sp & 7) == 0) *caller = *(uintptr_t *)sp;
#elif defined(__linux__) && defined(__aarch64__)
    ucontext_t *c = context;
    *pc = (uintptr_t)c->uc_mcontext.pc;
    *fp = (uintptr_t)c->uc_mcontext.regs[29];
    *stack = (uintptr_t)c->uc_mcontext.sp;
    *caller = (uintptr_t)c->uc_mcontext.regs[30];
#elif defined(__APPLE__) && defined(__aarch64__)
    ucontext_t *c = context;
    *pc = (uintptr_t)__darwin_arm_thread_state64_get_pc(c->uc_mcontext->__ss);
    *fp = (uintptr_t)__darwin_arm_thread_state64_get_fp(c->uc_mcontext->__ss);
    *stack = (uintptr_t)__darwin_arm_thread_state64_get_sp(c->uc_mcontext->__ss);
#else
    (void)context;
    *pc = 0;
    *fp = 0;
#endif
}

static int is_cell_code(uintptr_t address) {
    size_t count = atomic_load(&range_count);
    for (size_t i = 0; i < count; i++)
        if (address >= ranges[i].start && address < ranges[i].end) return 1;
    return 0;
}

static _Unwind_Reason_Code add_frame(struct _Unwind_Context *context, void *target) {
    struct fault_record *record = target;
    uintptr_t address = (uintptr_t)_Unwind_GetIP(context);
    if (is_cell_code(address)) record->frames[record->count++] = address;
    return record->count < MAX_FRAMES ? _URC_NO_REASON : _URC_END_OF_STACK;
}

// The system's libraries keep no frame pointers: from inside them the tables that unwind exceptions lead back to the cell.
static void add_cell_frames(struct fault_record *record) {
    for (uint32_t i = 0; i < record->count; i++)
        if (is_cell_code(record->frames[i])) return;
    if (record->count < MAX_FRAMES) _Unwind_Backtrace(add_frame, record);
}

// Ends what the calling thread does: the main thread goes on with the next cell, any other stays where it is for good.
__attribute__((noreturn)) static void report(struct fault_record *record) {
    if (galley_runs_cells()) {
        atomic_store(&cell_is_running, 0);
        runs_cell = 0;
        main_fault = *record;
        has_main_fault = 1;
        galley_leave_stack();
    }
    if (!atomic_exchange(&is_told, 1)) {
        ssize_t written = write(atomic_load(&fault_fd_of_cell), record, sizeof *record);
        (void)written;
    }
    for (;;) pause();
}

long galley_take_fault(int *signal, uintptr_t *frames, size_t capacity) {
    if (!has_main_fault) return -1;
    has_main_fault = 0;
    size_t count = main_fault.count < capacity ? main_fault.count : capacity;
    memcpy(frames, main_fault.frames, count * sizeof *frames);
    *signal = main_fault.signal;
    return (long)count;
}

static void park(int signal, void *context, const void *touched) {
    struct fault_record record;
    uintptr_t pc, fp, sp, caller;
    context_registers(context, &pc, &fp, &sp, &caller);
    record.signal = signal;
    // A stack that is used up ends in memory that cannot be touched.
    uintptr_t distance = sp > (uintptr_t)touched ? sp - (uintptr_t)touched : (uintptr_t)touched - sp;
    if ((signal == SIGSEGV || signal == SIGBUS) && distance < NEAR_STACK) record.signal |= GALLEY_STACK_OVERFLOW;
    record.frames[0] = pc;
    record.frames[1] = caller ? caller : pc;
    record.count = 2 + (uint32_t)walk_frames(0, fp, record.frames + 2, MAX_FRAMES - 2);
    // A stack without room, or a thread that an interrupt met anywhere, is not looked into further.
    if (signal != SIGUSR2 && !(record.signal & GALLEY_STACK_OVERFLOW)) add_cell_frames(&record);
    report(&record);
}

// What cells call as `exit`: it would take the host and every later cell along.
__attribute__((noreturn)) void __wrap_exit(int status) {
    if (!is_host_thread && atomic_load(&cell_is_running) && getpid() == host_process) {
        struct fault_record record;
        record.signal = GALLEY_EXIT | (status & 0xff);
        record.frames[0] = (uintptr_t)__builtin_return_address(0);
        record.count = 1 + (uint32_t)walk_frames(0, (uintptr_t)__builtin_frame_address(0), record.frames + 1, MAX_FRAMES - 1);
        report(&record);
    }
    exit(status);
}

static void on_fault(int signal, siginfo_t *info, void *context) {
    // A thread that works for the cell, such as one of Swift's concurrency pool, counts as the cell.
    if (!is_host_thread && atomic_load(&cell_is_running)) park(signal, context, info->si_addr);
    // The host itself: nobody could go on after it.
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = SIG_DFL;
    sigaction(signal, &action, NULL);
    raise(signal);
}

static void on_interrupt(int signal, siginfo_t *info, void *context) {
    (void)info;
    int saved = errno;
    if (runs_cell) {
        uintptr_t pc, fp, sp, caller;
        context_registers(context, &pc, &fp, &sp, &caller);
        if (atomic_load(&interrupt_mode) == 2 || is_cell_code(pc)) park(signal, context, NULL);
    }
    errno = saved;
}

void galley_install_handlers(void) {
    host_process = getpid();
    static const int faults[] = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE, SIGABRT};
    struct sigaction action;
    memset(&action, 0, sizeof action);
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
    action.sa_sigaction = on_fault;
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) sigaction(faults[i], &action, NULL);
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
    action.sa_sigaction = on_interrupt;
    sigaction(SIGUSR2, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    _swift_setWillThrowHandler(will_throw);
}

int galley_interrupt_cell(int force) {
    if (!atomic_load(&cell_is_running)) return ESRCH;
    atomic_store(&interrupt_mode, force ? 2 : 1);
    return pthread_kill(cell_thread, SIGUSR2);
}

void galley_add_code_range(uintptr_t start, uintptr_t end) {
    size_t count = atomic_load(&range_count);
    if (count >= MAX_RANGES) return;
    ranges[count].start = start;
    ranges[count].end = end;
    atomic_store(&range_count, count + 1);
}

long galley_read_fault(int fd, int *signal, uintptr_t *frames, size_t capacity) {
    struct fault_record record;
    char *bytes = (char *)&record;
    size_t done = 0;
    while (done < sizeof record) {
        ssize_t count = read(fd, bytes + done, sizeof record - done);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return -1;
        done += (size_t)count;
    }
    size_t count = record.count < capacity ? record.count : capacity;
    if (count > MAX_FRAMES) count = MAX_FRAMES;
    memcpy(frames, record.frames, count * sizeof *frames);
    *signal = record.signal;
    return (long)count;
}

void galley_mark_host_thread(void) { is_host_thread = 1; }

void galley_flush_streams(void) { fflush(NULL); }

#if defined(__linux__)
static void (*order_fence)(void);

static ssize_t write_in_order(void *cookie, const char *bytes, size_t size) {
    (void)cookie;
    fflush(stdout);
    order_fence();
    size_t written = 0;
    while (written < size) {
        ssize_t count = write(2, bytes + written, size - written);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) break;
        written += (size_t)count;
    }
    order_fence();
    return (ssize_t)written;
}

void galley_order_standard_error(void (*fence)(void)) {
    cookie_io_functions_t functions = {.write = write_in_order};
    order_fence = fence;
    FILE *stream = fopencookie(NULL, "w", functions);
    if (!stream) return;
    setvbuf(stream, NULL, _IONBF, 0);
    stderr = stream;
}
#else
void galley_order_standard_error(void (*fence)(void)) { (void)fence; }
#endif

void galley_buffer_by_line(void) { setvbuf(stdout, NULL, _IOLBF, 1 << 16); }
