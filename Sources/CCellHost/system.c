#define _GNU_SOURCE
#include "CCellHost.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

int galley_spawn_shell(const char *command, int *process) {
    char *const arguments[] = {"sh", "-c", (char *)command, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    pid_t child = -1;
    int code = posix_spawn_file_actions_init(&actions);
    if (code) return code;
    code = posix_spawnattr_init(&attributes);
    if (code) {
        posix_spawn_file_actions_destroy(&actions);
        return code;
    }
    // The host ignores SIGPIPE; its children must not.
    sigset_t defaults;
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    code = posix_spawn(&child, "/bin/sh", &actions, &attributes, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    if (!code) *process = child;
    return code;
}

int galley_wait(int process) {
    int status;
    while (waitpid(process, &status, 0) < 0)
        if (errno != EINTR) return -1;
    if (WIFEXITED(status)) return WEXITSTATUS(status);
    if (WIFSIGNALED(status)) return 128 + WTERMSIG(status);
    return -1;
}

uintptr_t galley_find_image(uintptr_t address, char *name, size_t capacity) {
    Dl_info info;
    if (!capacity) return 0;
    name[0] = 0;
    if (!dladdr((void *)address, &info) || !info.dli_fbase) return 0;
    snprintf(name, capacity, "%s", info.dli_fname ? info.dli_fname : "");
    return (uintptr_t)info.dli_fbase;
}

void *galley_open_image(const char *path) { return dlopen(path, RTLD_NOW | RTLD_GLOBAL); }

void *galley_find_symbol(void *image, const char *name) { return dlsym(image, name); }

const char *galley_loading_error(void) {
    const char *message = dlerror();
    return message ? message : "unknown error of the dynamic linker";
}
