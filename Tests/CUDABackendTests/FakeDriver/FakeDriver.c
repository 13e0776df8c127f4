// The entry points of libcuda and libnvidia-ml that CCUDAShim uses, over host memory: nothing is computed, everything is
// logged, and any call can be made to fail. Tests compile it, with -DOLD, -DEMPTY or -DINCOMPLETE for libraries that
// cannot be used.
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef int CUresult;
typedef uint64_t CUdeviceptr;

static char log_text[1 << 20];
static size_t log_length;
static char failing[64];
static int failing_code, failing_after;
static size_t memory_used, memory_limit = (size_t)256 << 20;
static int capturing, nodes;

static void note(const char *format, ...) {
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    va_list arguments;
    va_start(arguments, format);
    pthread_mutex_lock(&lock);
    int n = vsnprintf(log_text + log_length, sizeof log_text - log_length, format, arguments);
    va_end(arguments);
    if (n > 0 && log_length + (size_t)n < sizeof log_text) log_length += (size_t)n;
    pthread_mutex_unlock(&lock);
}

// What tests call.
const char *fake_log(void) { return log_text; }
void fake_clear(void) { log_length = 0; log_text[0] = 0; failing[0] = 0; }
/// Lets the call `name` fail with `code`, after `after` more calls that succeed.
void fake_fail(const char *name, int code, int after) { snprintf(failing, sizeof failing, "%s", name); failing_code = code; failing_after = after; }
void fake_set_memory(size_t bytes) { memory_limit = bytes; }
size_t fake_memory_used(void) { return memory_used; }

#define CALL(name) do { if (strcmp(failing, name) == 0 && failing_after-- <= 0) return failing_code; } while (0)

CUresult cuInit(unsigned flags) { (void)flags; CALL("cuInit"); return 0; }
CUresult cuDriverGetVersion(int *version) {
#ifdef OLD
    *version = 12010;
#else
    *version = 12020;
#endif
    return 0;
}
CUresult cuGetErrorName(CUresult code, const char **name) { static char text[32]; snprintf(text, sizeof text, "FAKE_%d", code); *name = text; return 0; }
CUresult cuGetErrorString(CUresult code, const char **text) { (void)code; *text = "injected"; return 0; }
CUresult cuDeviceGetCount(int *count) {
#ifdef EMPTY
    *count = 0;
#else
    *count = 1;
#endif
    return 0;
}
CUresult cuDeviceGet(int *device, int ordinal) { int count; cuDeviceGetCount(&count); if (ordinal < 0 || ordinal >= count) return 101; *device = ordinal; return 0; }
CUresult cuDeviceGetName(char *name, int capacity, int device) { (void)device; snprintf(name, (size_t)capacity, "Fake <GPU>"); return 0; }
CUresult cuDeviceTotalMem_v2(size_t *bytes, int device) { (void)device; *bytes = memory_limit; return 0; }
CUresult cuDeviceGetPCIBusId(char *text, int capacity, int device) { (void)device; snprintf(text, (size_t)capacity, "0000:41:00.0"); return 0; }
CUresult cuDeviceGetAttribute(int *value, int attribute, int device) {
    (void)device;
    switch (attribute) {
    case 16: *value = 4; break;
    case 75: *value = 9; break;
    case 76: *value = 0; break;
    case 95: *value = 1; break;
    case 97: *value = 232448; break;
    default: *value = 1024;
    }
    return 0;
}
CUresult cuDevicePrimaryCtxRetain(void **context, int device) { (void)device; CALL("cuDevicePrimaryCtxRetain"); *context = (void *)0x10; const char *queues = getenv("CUDA_DEVICE_MAX_CONNECTIONS"); note("retain with %s\n", queues ? queues : "all"); return 0; }
CUresult cuDevicePrimaryCtxRelease_v2(int device) { (void)device; note("release\n"); return 0; }
CUresult cuCtxSetCurrent(void *context) { return context ? 0 : 201; }
CUresult cuCtxSynchronize(void) { return 0; }
CUresult cuMemGetInfo_v2(size_t *free_bytes, size_t *total) { *total = memory_limit; *free_bytes = memory_limit - memory_used; return 0; }

// Each piece carries its size in front.
CUresult cuMemAlloc_v2(CUdeviceptr *address, size_t bytes) {
    CALL("cuMemAlloc_v2");
    if (memory_used + bytes > memory_limit) return 2;
    char *p = aligned_alloc(4096, 4096 + ((bytes + 4095) & ~(size_t)4095));
    if (!p) return 2;
    memset(p, 0, 4096 + bytes);
    *(size_t *)p = bytes;
    memory_used += bytes;
    *address = (CUdeviceptr)(uintptr_t)(p + 4096);
    return 0;
}
CUresult cuMemFree_v2(CUdeviceptr address) { char *p = (char *)(uintptr_t)address - 4096; memory_used -= *(size_t *)p; free(p); return 0; }
CUresult cuMemHostAlloc(void **host, size_t bytes, unsigned flags) { (void)flags; CALL("cuMemHostAlloc"); note("locked %zu\n", bytes); *host = malloc(bytes); return *host ? 0 : 2; }
CUresult cuMemFreeHost(void *host) { note("free locked\n"); free(host); return 0; }
CUresult cuMemHostRegister_v2(void *host, size_t bytes, unsigned flags) { (void)flags; CALL("cuMemHostRegister_v2"); note("lock %zu, %zu past a large page\n", bytes, (size_t)host % (2 << 20)); return 0; }
CUresult cuMemHostUnregister(void *host) { (void)host; note("unlock\n"); return 0; }
CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void *from, size_t bytes, void *stream) { (void)stream; CALL("cuMemcpyHtoDAsync_v2"); if (capturing) nodes++; memcpy((void *)(uintptr_t)to, from, bytes); return 0; }
CUresult cuMemcpyDtoHAsync_v2(void *to, CUdeviceptr from, size_t bytes, void *stream) { (void)stream; CALL("cuMemcpyDtoHAsync_v2"); memcpy(to, (void *)(uintptr_t)from, bytes); return 0; }
CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr to, CUdeviceptr from, size_t bytes, void *stream) { (void)stream; memmove((void *)(uintptr_t)to, (void *)(uintptr_t)from, bytes); return 0; }
CUresult cuMemsetD8Async(CUdeviceptr to, unsigned char value, size_t bytes, void *stream) { (void)stream; if (capturing) { nodes++; return 0; } memset((void *)(uintptr_t)to, value, bytes); return 0; }
CUresult cuStreamCreate(void **stream, unsigned flags) { (void)flags; CALL("cuStreamCreate"); *stream = (void *)0x20; return 0; }
CUresult cuStreamDestroy_v2(void *stream) { (void)stream; return 0; }
CUresult cuStreamSynchronize(void *stream) { (void)stream; CALL("cuStreamSynchronize"); return 0; }
CUresult cuStreamWaitEvent(void *stream, void *event, unsigned flags) { (void)stream; (void)event; (void)flags; return 0; }
CUresult cuEventCreate(void **event, unsigned flags) { (void)flags; *event = (void *)0x30; return 0; }
CUresult cuEventDestroy_v2(void *event) { (void)event; return 0; }
CUresult cuEventRecord(void *event, void *stream) { (void)event; (void)stream; return 0; }
CUresult cuEventQuery(void *event) { (void)event; return 0; }
CUresult cuEventSynchronize(void *event) { (void)event; return 0; }
CUresult cuEventElapsedTime(float *milliseconds, void *a, void *b) { (void)a; (void)b; *milliseconds = 1.5f; return 0; }
CUresult cuModuleLoadDataEx(void **module, const void *image, unsigned count, int *options, void **values) {
    (void)image;
    if (strcmp(failing, "cuModuleLoadDataEx") == 0) {
        for (unsigned i = 0; i < count; i++) if (options[i] == 5) strcpy(values[i], "ptxas says no");
    }
    CALL("cuModuleLoadDataEx");
    *module = (void *)0x40;
    return 0;
}
CUresult cuModuleUnload(void *module) { (void)module; note("unload\n"); return 0; }
CUresult cuModuleGetFunction(void **function, void *module, const char *name) { (void)module; CALL("cuModuleGetFunction"); *function = strdup(name); return 0; }
CUresult cuFuncSetAttribute(void *function, int attribute, int value) { (void)function; (void)attribute; (void)value; return 0; }
CUresult cuFuncGetAttribute(int *value, int attribute, void *function) { (void)attribute; (void)function; *value = 32; return 0; }
CUresult cuOccupancyMaxActiveBlocksPerMultiprocessor(int *blocks, void *function, int threads, size_t shared) { (void)function; (void)threads; (void)shared; *blocks = 1; return 0; }
static CUresult launch(const char *kind, void *function, unsigned gx, unsigned gy, unsigned bx, unsigned shared, void **parameters) {
    if (capturing) nodes++;
    note("%s %s %ux%u %u %u %llx\n", kind, (const char *)function, gx, gy, bx, shared, *(unsigned long long *)parameters[0]);
    return 0;
}
CUresult cuLaunchKernel(void *function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz, unsigned shared, void *stream, void **parameters, void **extra) {
    (void)gz; (void)by; (void)bz; (void)stream; (void)extra;
    CALL("cuLaunchKernel");
    return launch("launch", function, gx, gy, bx, shared, parameters);
}
CUresult cuLaunchCooperativeKernel(void *function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz, unsigned shared, void *stream, void **parameters) {
    (void)gz; (void)by; (void)bz; (void)stream;
    CALL("cuLaunchCooperativeKernel");
    return launch("together", function, gx, gy, bx, shared, parameters);
}
struct launch_config { unsigned grid[3], block[3], shared; void *stream; struct { unsigned id, unused; int value; char rest[60]; } *attributes; unsigned count; };
CUresult cuLaunchKernelEx(const struct launch_config *config, void *function, void **parameters, void **extra) {
    (void)extra;
    CALL("cuLaunchKernelEx");
    // Programmatic stream serialization, and nothing else, is asked for.
    if (config->count != 1 || config->attributes->id != 6 || config->attributes->value != 1) return 1;
    return launch("overlap", function, config->grid[0], config->grid[1], config->block[0], config->shared, parameters);
}
CUresult cuStreamBeginCapture_v2(void *stream, int mode) { (void)stream; (void)mode; CALL("cuStreamBeginCapture_v2"); capturing = 1; nodes = 0; return 0; }
CUresult cuStreamEndCapture(void *stream, void **graph) { (void)stream; capturing = 0; note("captured %d\n", nodes); *graph = (void *)0x50; return 0; }
CUresult cuGraphGetNodes(void *graph, void **list, size_t *count) { (void)graph; (void)list; *count = (size_t)nodes; return 0; }
CUresult cuGraphDestroy(void *graph) { (void)graph; note("graph gone\n"); return 0; }
CUresult cuGraphInstantiateWithFlags(void **exec, void *graph, unsigned long long flags) { (void)graph; (void)flags; CALL("cuGraphInstantiateWithFlags"); *exec = (void *)0x60; return 0; }
CUresult cuGraphLaunch(void *exec, void *stream) { (void)exec; (void)stream; note("graph\n"); return 0; }
#ifndef INCOMPLETE
CUresult cuGraphExecDestroy(void *exec) { (void)exec; note("exec gone\n"); return 0; }
#endif

// NVML
typedef struct { unsigned long long total, free, used; } Memory;
typedef struct { unsigned version; unsigned long long total, reserved, free, used; } Memory2;
typedef struct { char legacy[16]; unsigned domain, bus, device, id, subsystem; char busId[32]; } Pci;
int nvmlInit_v2(void) { CALL("nvmlInit_v2"); return 0; }
int nvmlSystemGetDriverVersion(char *text, unsigned n) { snprintf(text, n, "535.54.03"); return 0; }
int nvmlSystemGetCudaDriverVersion_v2(int *version) { *version = 12020; return 0; }
int nvmlDeviceGetCount_v2(unsigned *count) { *count = 1; return 0; }
int nvmlDeviceGetHandleByIndex_v2(unsigned i, void **device) { (void)i; *device = (void *)1; return 0; }
int nvmlDeviceGetName(void *d, char *text, unsigned n) { (void)d; snprintf(text, n, "Fake <GPU>"); return 0; }
int nvmlDeviceGetMemoryInfo(void *d, Memory *m) { (void)d; m->total = 1ull << 34; m->used = 3ull << 30; m->free = m->total - m->used; return 0; }
int nvmlDeviceGetMemoryInfo_v2(void *d, Memory2 *m) { (void)d; if (m->version != (sizeof *m | 2u << 24)) return 25; m->total = 1ull << 34; m->used = 2ull << 30; m->reserved = 1ull << 30; m->free = m->total - m->used - m->reserved; return 0; }
int nvmlDeviceGetPciInfo_v3(void *d, Pci *pci) { (void)d; strcpy(pci->busId, "00000000:41:00.0"); return 0; }
int nvmlDeviceGetTemperature(void *d, int sensor, unsigned *t) { (void)d; (void)sensor; *t = 41; return 0; }
int nvmlDeviceGetFanSpeed(void *d, unsigned *f) { (void)d; (void)f; return 3; }
int nvmlDeviceGetPerformanceState(void *d, int *p) { (void)d; *p = 2; return 0; }
int nvmlDeviceGetPowerUsage(void *d, unsigned *p) { (void)d; *p = 70499; return 0; }
int nvmlDeviceGetEnforcedPowerLimit(void *d, unsigned *p) { (void)d; *p = 700000; return 0; }
int nvmlDeviceGetUtilizationRates(void *d, unsigned *r) { (void)d; r[0] = 7; r[1] = 3; return 0; }
int nvmlDeviceGetPersistenceMode(void *d, int *p) { (void)d; *p = 1; return 0; }
int nvmlDeviceGetDisplayActive(void *d, int *p) { (void)d; *p = 0; return 0; }
int nvmlDeviceGetComputeMode(void *d, int *p) { (void)d; *p = 0; return 0; }
int nvmlDeviceGetMigMode(void *d, unsigned *now, unsigned *later) { (void)d; *now = *later = 0; return 0; }
int nvmlDeviceGetTotalEccErrors(void *d, int type, int counter, unsigned long long *n) { (void)d; (void)type; (void)counter; *n = 0; return 0; }
