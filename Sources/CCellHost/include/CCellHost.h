// What a host of compiled cells needs below Swift: jumping out of a cell's frame, handlers of
// signals, which may call nothing that is not async-signal-safe, and the wrapper that the linker puts
// in the place of swift_errorInMain.

#ifndef GALLEY_CCELLHOST_H
#define GALLEY_CCELLHOST_H

#include <stddef.h>
#include <stdint.h>

#if defined(__cplusplus)
extern "C" {
#endif

// How a cell's entry point ended.
enum galley_outcome {
    GALLEY_RETURNED = 0,
    // An uncaught error: galley_take_error gives it.
    GALLEY_THREW = 1,
    // galley_stop_cell was called on the cell's thread.
    GALLEY_STOPPED = 2,
};

// What is told when a thread is stopped in the middle: called in a signal handler, on an alternate
// stack; only async-signal-safe functions may be called.
struct galley_fault {
    int signal;
    // Return addresses, the innermost first.
    const uintptr_t *_Nonnull frames;
    size_t frame_count;
};

typedef int (*galley_entry)(int, char *_Nullable *_Nonnull);

// Runs `entry` on the calling thread. Faults on it, and on other threads while it runs, write a record
// to `fault_fd` (see galley_read_fault) and park the thread that faulted for good.
enum galley_outcome galley_run_cell(galley_entry _Nonnull entry, int fault_fd);

// The error that ended the last cell on this thread, a retained swift::SwiftError, or NULL. The caller owns it.
void *_Nullable galley_take_error(void);

// The addresses at which the last error of this thread was thrown. Returns their count.
size_t galley_copy_throw_frames(uintptr_t *_Nonnull frames, size_t capacity);

// Ends the cell that runs on the calling thread, from inside it.
void galley_stop_cell(void);

// Installs the handlers of faults and of the interrupt, once for the process.
void galley_install_handlers(void);

// Asks the thread that runs a cell to stop where it is: it parks for good. Only a thread that is
// inside the ranges set by galley_add_code_range, or `force`, parks; otherwise nothing happens.
// Returns 0 when the signal was sent.
int galley_interrupt_cell(int force);

// Adds the address range of code in which a thread may be parked without holding a lock of the system.
void galley_add_code_range(uintptr_t start, uintptr_t end);

// Set in the signal of a fault that came of a stack that was used up.
enum { GALLEY_STACK_OVERFLOW = 1 << 16 };

// In the place of a signal: the cell called `exit`, with the status in the lowest byte.
enum { GALLEY_EXIT = 1 << 17 };

// Reads one record of a fault: the signal's number, with the flags above, and the frames. Blocks. Returns the count of
// frames, or -1 at the end of the file.
long galley_read_fault(int fd, int *_Nonnull signal, uintptr_t *_Nonnull frames, size_t capacity);

// Says that the calling thread belongs to the host: a fault on it ends the process.
void galley_mark_host_thread(void);

// Gives the calling thread to the main queue of libdispatch, which runs the main actor.
void galley_serve_main_queue(void) __attribute__((noreturn));

// Writes out what the C library still buffers, of every stream.
void galley_flush_streams(void);

// Makes standard output write line by line although it is a pipe.
void galley_buffer_by_line(void);

// Starts `/bin/sh -c command` with this process's standard output and error and an empty standard
// input, in a process group of its own. Returns 0 or an error number; `process` is set on success.
int galley_spawn_shell(const char *_Nonnull command, int *_Nonnull process);

// Waits for a child. Returns its exit status, or 128 + the signal that ended it, or -1.
int galley_wait(int process);

// The image that an address lies in: its load address (0 if none), and its file name copied to `name`.
uintptr_t galley_find_image(uintptr_t address, char *_Nonnull name, size_t capacity);

// Adds the system's functions that wait without holding a lock to the ranges of galley_add_code_range.
void galley_add_waiting_functions(void);

// Puts a stream in the place of `stderr` that calls `fence` before and after it writes to descriptor 2, with all of
// standard output written out: so what a program writes to its two streams keeps its order.
void galley_order_standard_error(void (*_Nonnull fence)(void));

// Removes a folder with all that is in it; links are removed, not followed.
void galley_remove_folder(const char *_Nonnull path);

// Opens an image with its symbols visible to the images opened later. Returns NULL with a message from
// galley_loading_error.
void *_Nullable galley_open_image(const char *_Nonnull path);
void *_Nullable galley_find_symbol(void *_Nonnull image, const char *_Nonnull name);
const char *_Nonnull galley_loading_error(void);

#if defined(__cplusplus)
}
#endif
#endif
