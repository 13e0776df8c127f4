#include "CCUDAShim.h"
