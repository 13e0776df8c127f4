#define _GNU_SOURCE
#include "CCellHost.h"
#include "CProcess.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#if defined(__linux__)
#include <link.h>
#endif
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

uint64_t galley_process_start_clock(void) { return galley_process_clock(); }

void galley_end_processes(uint64_t since) { galley_signal_descendants(getpid(), SIGKILL, since); }

static int signal_pipe[2] = {-1, -1};

static void tell_signal(int number) {
    unsigned char byte = (unsigned char)number;
    ssize_t written = write(signal_pipe[1], &byte, 1);
    (void)written;
}

int galley_open_signals(void) {
    if (pipe(signal_pipe)) return -1;
    for (int i = 0; i < 2; i++) fcntl(signal_pipe[i], F_SETFD, FD_CLOEXEC);
    static const int numbers[] = {SIGTERM, SIGHUP, SIGINT};
    struct sigaction action;
    memset(&action, 0, sizeof action);
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_RESTART;
    action.sa_handler = tell_signal;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) sigaction(numbers[i], &action, NULL);
    return signal_pipe[0];
}

uintptr_t galley_find_image(uintptr_t address, char *name, size_t capacity) {
    Dl_info info;
    if (!capacity) return 0;
    name[0] = 0;
    if (!dladdr((void *)address, &info) || !info.dli_fbase) return 0;
    snprintf(name, capacity, "%s", info.dli_fname ? info.dli_fname : "");
    return (uintptr_t)info.dli_fbase;
}

#if defined(__linux__)
static int add_ranges(struct dl_phdr_info *info, size_t size, void *base) {
    (void)size;
    if (info->dlpi_addr != *(ElfW(Addr) *)base) return 0;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        if (segment->p_type != PT_LOAD || !(segment->p_flags & PF_X)) continue;
        galley_add_code_range(info->dlpi_addr + segment->p_vaddr, info->dlpi_addr + segment->p_vaddr + segment->p_memsz);
    }
    return 1;
}
#endif

void *galley_open_image(const char *path) {
    void *image = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
#if defined(__linux__)
    struct link_map *map = NULL;
    if (image && !dlinfo(image, RTLD_DI_LINKMAP, &map) && map) dl_iterate_phdr(add_ranges, &map->l_addr);
#endif
    return image;
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *walk) {
    (void)status, (void)kind, (void)walk;
    return remove(path);
}

void galley_remove_folder(const char *path) { nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS); }

void galley_add_waiting_functions(void) {
#if defined(__linux__)
    // They hold no lock while they wait, and a signal brings them back at once, so that a thread that sleeps again and again
    // would hardly ever be seen in its own code.
    static const char *const names[] = {"nanosleep", "clock_nanosleep", "usleep",     "sleep",   "pause",
                                        "poll",      "ppoll",           "select",     "pselect", "epoll_wait",
                                        "sigsuspend"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        void *address = dlsym(RTLD_DEFAULT, names[i]);
        Dl_info info;
        ElfW(Sym) *symbol = NULL;
        if (address && dladdr1(address, &info, (void **)&symbol, RTLD_DL_SYMENT) && symbol && symbol->st_size)
            galley_add_code_range((uintptr_t)address, (uintptr_t)address + symbol->st_size);
    }
#endif
}

void *galley_find_symbol(void *image, const char *name) { return dlsym(image, name); }

const char *galley_loading_error(void) {
    const char *message = dlerror();
    return message ? message : "unknown error of the dynamic linker";
}
