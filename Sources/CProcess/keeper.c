#define _GNU_SOURCE
#include "CProcess.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#if defined(__linux__)
#include <linux/close_range.h>
#include <sys/syscall.h>
#endif

int galley_limit(unsigned long cpu_seconds, unsigned long memory_bytes) {
    if (cpu_seconds) {
        struct rlimit limit = {cpu_seconds, cpu_seconds + 2};
        if (setrlimit(RLIMIT_CPU, &limit)) return errno;
    }
#if defined(__linux__)
    if (memory_bytes) {
        struct rlimit limit = {memory_bytes, memory_bytes};
        if (setrlimit(RLIMIT_AS, &limit)) return errno;
    }
#endif
    return 0;
}

void galley_keep_descriptors(int kept) {
#if defined(__linux__)
    // In one call, before and after the one that is kept.
    if (kept < 3) kept = 2;
    if ((kept == 2 || kept == 3 || !syscall(SYS_close_range, 3, kept - 1, CLOSE_RANGE_CLOEXEC)) &&
        !syscall(SYS_close_range, kept + 1, ~0U, CLOSE_RANGE_CLOEXEC))
        return;
#endif
    long count = sysconf(_SC_OPEN_MAX);
    if (count < 0 || count > 1 << 16) count = 1 << 16;
    for (int descriptor = 3; descriptor < count; descriptor++)
        if (descriptor != kept) fcntl(descriptor, F_SETFD, FD_CLOEXEC);
}

#if defined(__linux__)
#include <sys/prctl.h>
#include <sys/signalfd.h>

// Milliseconds that the child has to end by itself, and that the kernel has to end what was killed.
enum { PATIENCE = 1000, KILLING = 3000 };

static long now_in_milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// Takes the status of everything that has ended; 1 once nothing is left.
static int reap(pid_t child, int *status, int *has_ended) {
    for (;;) {
        int one;
        pid_t process = waitpid(-1, &one, WNOHANG);
        if (process == 0) return 0;
        if (process < 0) return errno == ECHILD;
        if (process == child) {
            *status = one;
            *has_ended = 1;
        }
    }
}

static __attribute__((noreturn)) void end_as(int status) {
    if (WIFSIGNALED(status)) {
        struct rlimit none = {0, 0};
        setrlimit(RLIMIT_CORE, &none);
        sigset_t all;
        sigemptyset(&all);
        signal(WTERMSIG(status), SIG_DFL);
        sigprocmask(SIG_SETMASK, &all, NULL);
        kill(getpid(), WTERMSIG(status));
        _exit(128 + WTERMSIG(status));
    }
    _exit(WEXITSTATUS(status));
}

static __attribute__((noreturn)) void keep(pid_t child, int life, int signals) {
    int status = 0, has_ended = 0, is_watching = life >= 0;
    long due = -1;
    while (!has_ended) {
        struct pollfd watched[2] = {{signals, POLLIN, 0}, {is_watching ? life : -1, 0, 0}};
        long rest = due < 0 ? -1 : due - now_in_milliseconds();
        int count = due >= 0 && rest <= 0 ? 0 : poll(watched, 2, (int)rest);
        if (count == 0) {
            kill(child, SIGKILL);
            due = now_in_milliseconds() + KILLING;
        }
        int is_asked = 0;
        if (count > 0 && watched[1].revents) is_asked = 1, is_watching = 0;
        if (count > 0 && watched[0].revents) {
            struct signalfd_siginfo info;
            if (read(signals, &info, sizeof info) == sizeof info && info.ssi_signo != SIGCHLD) is_asked = 1;
        }
        if (is_asked && due < 0) {
            kill(child, SIGTERM);
            due = now_in_milliseconds() + PATIENCE;
        }
        if (reap(child, &status, &has_ended)) break;
    }
    long end = now_in_milliseconds() + KILLING;
    while (!reap(child, &status, &has_ended) && now_in_milliseconds() < end) {
        galley_signal_descendants(getpid(), SIGKILL, 0);
        struct pollfd ended = {signals, POLLIN, 0};
        struct signalfd_siginfo info;
        if (poll(&ended, 1, 20) > 0) (void)!read(signals, &info, sizeof info);
    }
    end_as(status);
}

int galley_keep(int life) {
    sigset_t watched, before;
    sigemptyset(&watched);
    static const int numbers[] = {SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGQUIT};
    for (unsigned i = 0; i < sizeof numbers / sizeof *numbers; i++) sigaddset(&watched, numbers[i]);
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    int signals = signalfd(-1, &watched, SFD_CLOEXEC);
    if (nothing < 0 || signals < 0 || sigprocmask(SIG_BLOCK, &watched, &before)) return -1;
    int was_adopting = 0;
    prctl(PR_GET_CHILD_SUBREAPER, &was_adopting);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    pid_t keeper = getpid();
    pid_t child = fork();
    if (child > 0) {
        // The streams are the child's: whoever reads them must see their end when the child ends, or soon after.
        if (life != 1) dup2(nothing, 1);
        dup2(nothing, 2);
        if (life != 0) dup2(nothing, 0);
        keep(child, life, signals);
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    close(signals);
    close(nothing);
    if (child < 0) {
        prctl(PR_SET_CHILD_SUBREAPER, was_adopting);
        return -1;
    }
    // A keeper that is killed takes the child along; what that started is left to the next that adopts.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != keeper) _exit(137);
    return 0;
}
#else
int galley_keep(int life) {
    (void)life;
    return -1;
}
#endif
