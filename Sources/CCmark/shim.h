// libcmark's one public header. A shim because the header's folder differs between systems;
// pkg-config supplies the search path.
#include <cmark.h>
