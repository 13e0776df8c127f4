#pragma once

/// Opens a shared library by bare name or path; null if that fails.
void *ccuda_load_library(const char *name);
/// Looks up one entry point; 0 if the library has none of that name.
int ccuda_load_symbol(void *library, const char *symbol, void **address);
