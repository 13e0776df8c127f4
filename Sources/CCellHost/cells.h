// What the parts of this target share.

#ifndef GALLEY_CELLS_H
#define GALLEY_CELLS_H

#include <stdint.h>

// Lets the main thread go on with `galley_serve_main`'s function on a new stack; what is on the present one stays as it is.
// May be called in a handler of a signal.
__attribute__((noreturn)) void galley_leave_stack(void);

// Tells where frames of the calling thread are looked for.
void galley_set_stack(uintptr_t low, uintptr_t high);

#endif
