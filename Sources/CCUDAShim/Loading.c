#include "Loading.h"

#include <dlfcn.h>
#include <stddef.h>

void *ccuda_load_library(const char *name) { return dlopen(name, RTLD_NOW | RTLD_LOCAL); }

int ccuda_load_symbol(void *library, const char *symbol, void **address) {
    *address = dlsym(library, symbol);
    return *address != NULL;
}
