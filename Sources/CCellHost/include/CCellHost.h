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

typedef int (*galley_entry)(int, char *_Nullable *_Nonnull);

// Runs `entry` on the main thread. A fault on it ends this call for good: the function of galley_serve_main is called anew, and
// galley_take_fault tells. The first fault on another thread meanwhile writes a record to `fault_fd` (see galley_read_fault), and
// every thread that faults stays where it is.
enum galley_outcome galley_run_cell(galley_entry _Nonnull entry, int fault_fd);

// The error that ended the last cell on this thread, a retained swift::SwiftError, or NULL. The caller owns it.
void *_Nullable galley_take_error(void);

// The addresses at which the last error of this thread was thrown. Returns their count.
size_t galley_copy_throw_frames(uintptr_t *_Nonnull frames, size_t capacity);

// Ends the cell that runs on the calling thread, from inside it.
void galley_stop_cell(void);

// Installs the handlers of faults and of the interrupt, once for the process.
void galley_install_handlers(void);

// Asks the main thread to stop its cell where it is, as a fault does, with SIGUSR2 for the signal. Only inside the ranges set by
// galley_add_code_range, or by `force`, it obeys; otherwise nothing happens. Returns 0 when the signal was sent.
int galley_interrupt_cell(int force);

// Adds the address range of code in which a cell may be stopped without holding a lock of the system.
void galley_add_code_range(uintptr_t start, uintptr_t end);

// Set in the signal of a fault that came of a stack that was used up.
enum { GALLEY_STACK_OVERFLOW = 1 << 16 };

// In the place of a signal: the cell called `exit`, with the status in the lowest byte.
enum { GALLEY_EXIT = 1 << 17 };

// Reads one record of a fault: the signal's number, with the flags above, and the frames. Blocks. Returns the count of
// frames, or -1 at the end of the file.
long galley_read_fault(int fd, int *_Nonnull signal, uintptr_t *_Nonnull frames, size_t capacity);

// What ended the cell that ran on the main thread: the signal's number with the flags above, and the frames. Returns their count,
// or -1 where nothing did since the last call.
long galley_take_fault(int *_Nonnull signal, uintptr_t *_Nonnull frames, size_t capacity);

// Says that the calling thread belongs to the host: a fault on it ends the process.
void galley_mark_host_thread(void);

// Makes the calling thread, the process's first, the one that runs cells: calls `serve`, which never returns, on a stack of
// `stack_size` bytes, and again on a new one whenever a fault or an interrupt ended a cell. A new stack may be smaller where
// memory is limited; where there is none the process ends with GALLEY_NO_STACK.
void galley_serve_main(void (*_Nonnull serve)(void), size_t stack_size) __attribute__((noreturn));
enum { GALLEY_NO_STACK = 71 };

// Whether the calling thread is the one of galley_serve_main.
int galley_runs_cells(void);

// Bytes of the main thread's present stack.
size_t galley_stack_size(void);

// Makes Swift's runtime forget which variables were being accessed on a stack that was left.
void galley_forget_accesses(void);

// Makes this process serve the main queue of libdispatch, which runs the main actor, by the functions below: once, on the main
// thread.
void galley_adopt_main_queue(void);

// Waits until something is in the main queue, and runs what is in it then. On the main thread.
void galley_serve_main_queue(void);

// Lets the main queue be served again after a fault in what it ran; what waited behind that is lost. Returns 1 where a fault
// struck there, 0 where none did, and -1 where it cannot be told.
int galley_leave_main_queue(void);

// Writes out what the C library still buffers, of every stream.
void galley_flush_streams(void);

// Makes standard output write line by line although it is a pipe.
void galley_buffer_by_line(void);

// A moment by which processes that were started later can be told.
uint64_t galley_process_start_clock(void);

// Kills every process that this one started, or that one of those did, at or after a moment of galley_process_start_clock.
void galley_end_processes(uint64_t since);

// A descriptor that gives the number of a signal that asks this process to end, as a byte, when one comes; -1 where there is none.
int galley_open_signals(void);

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
