// Trees of processes: a keeper that ends all that a program started, whatever end the program comes to. Plain C, because it
// works between fork and exec, and beside threads that may hold any lock.

#ifndef GALLEY_CPROCESS_H
#define GALLEY_CPROCESS_H

#include <stdint.h>

#if defined(__cplusplus)
extern "C" {
#endif

// Puts a keeper between this process and its parent: forks, and returns in the child alone. The keeper adopts what the child
// leaves behind, and ends, with the child's status, once all that the child started has ended: it is killed when the child ends,
// when the other end of the descriptor `life` is closed (of a pipe that is read or written; -1 for none), and at SIGTERM, SIGINT, SIGHUP and SIGQUIT. Then the
// child has a second to end by itself, from SIGTERM on. To be called while the process has one thread. Where there are no
// keepers (not Linux), or none can be started, it returns -1 and nothing has happened; else 0.
int galley_keep(int life);

// Limits what this process and those that it becomes may use. 0 is no limit; returns 0 or an error number.
int galley_limit(unsigned long cpu_seconds, unsigned long memory_bytes);

// Lets no descriptor above 2 pass to the program that this process becomes, but `kept` (-1 for none).
void galley_keep_descriptors(int kept);

// Sends a signal to every process below `root`. Returns their count.
//
// `since` is a moment of galley_process_clock: processes that started before are spared; 0 for all.
int galley_signal_descendants(int root, int signal, uint64_t since);

// What /proc counts the start of processes in.
uint64_t galley_process_clock(void);

#if defined(__cplusplus)
}
#endif
#endif
