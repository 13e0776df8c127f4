#include "CCUDAShim.h"
#include "Loading.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

typedef int CUresult;
typedef int CUdevice;
typedef uint64_t CUdeviceptr;

// CUlaunchConfig and CUlaunchAttribute.
struct launch_attribute { unsigned id; unsigned unused; union { int value; void *pointer; char bytes[64]; } value; };
struct launch_config { unsigned grid[3], block[3], shared_bytes; void *stream; struct launch_attribute *attributes; unsigned count; };
_Static_assert(sizeof(struct launch_attribute) == 72 && sizeof(struct launch_config) == 56, "as cuda.h has them");
enum { PROGRAMMATIC_STREAM_SERIALIZATION = 6 };

// The names carry the ABI version that is meant: "cuMemAlloc" itself is the 32-bit entry point of CUDA 3.
#define ENTRY_POINTS(X) \
    X(init, "cuInit", (unsigned)) \
    X(driver_get_version, "cuDriverGetVersion", (int *)) \
    X(get_error_name, "cuGetErrorName", (CUresult, const char **)) \
    X(get_error_string, "cuGetErrorString", (CUresult, const char **)) \
    X(device_get_count, "cuDeviceGetCount", (int *)) \
    X(device_get, "cuDeviceGet", (CUdevice *, int)) \
    X(device_get_name, "cuDeviceGetName", (char *, int, CUdevice)) \
    X(device_total_mem, "cuDeviceTotalMem_v2", (size_t *, CUdevice)) \
    X(device_get_pci_bus_id, "cuDeviceGetPCIBusId", (char *, int, CUdevice)) \
    X(device_get_attribute, "cuDeviceGetAttribute", (int *, int, CUdevice)) \
    X(primary_ctx_retain, "cuDevicePrimaryCtxRetain", (void **, CUdevice)) \
    X(primary_ctx_release, "cuDevicePrimaryCtxRelease_v2", (CUdevice)) \
    X(ctx_set_current, "cuCtxSetCurrent", (void *)) \
    X(ctx_synchronize, "cuCtxSynchronize", (void)) \
    X(mem_get_info, "cuMemGetInfo_v2", (size_t *, size_t *)) \
    X(mem_alloc, "cuMemAlloc_v2", (CUdeviceptr *, size_t)) \
    X(mem_free, "cuMemFree_v2", (CUdeviceptr)) \
    X(mem_host_alloc, "cuMemHostAlloc", (void **, size_t, unsigned)) \
    X(mem_free_host, "cuMemFreeHost", (void *)) \
    X(mem_host_register, "cuMemHostRegister_v2", (void *, size_t, unsigned)) \
    X(mem_host_unregister, "cuMemHostUnregister", (void *)) \
    X(memcpy_htod_async, "cuMemcpyHtoDAsync_v2", (CUdeviceptr, const void *, size_t, void *)) \
    X(memcpy_dtoh_async, "cuMemcpyDtoHAsync_v2", (void *, CUdeviceptr, size_t, void *)) \
    X(memcpy_dtod_async, "cuMemcpyDtoDAsync_v2", (CUdeviceptr, CUdeviceptr, size_t, void *)) \
    X(memset_d8_async, "cuMemsetD8Async", (CUdeviceptr, unsigned char, size_t, void *)) \
    X(stream_create, "cuStreamCreate", (void **, unsigned)) \
    X(stream_destroy, "cuStreamDestroy_v2", (void *)) \
    X(stream_synchronize, "cuStreamSynchronize", (void *)) \
    X(stream_wait_event, "cuStreamWaitEvent", (void *, void *, unsigned)) \
    X(event_create, "cuEventCreate", (void **, unsigned)) \
    X(event_destroy, "cuEventDestroy_v2", (void *)) \
    X(event_record, "cuEventRecord", (void *, void *)) \
    X(event_query, "cuEventQuery", (void *)) \
    X(event_synchronize, "cuEventSynchronize", (void *)) \
    X(event_elapsed_time, "cuEventElapsedTime", (float *, void *, void *)) \
    X(module_load_data_ex, "cuModuleLoadDataEx", (void **, const void *, unsigned, int *, void **)) \
    X(module_unload, "cuModuleUnload", (void *)) \
    X(module_get_function, "cuModuleGetFunction", (void **, void *, const char *)) \
    X(func_set_attribute, "cuFuncSetAttribute", (void *, int, int)) \
    X(func_get_attribute, "cuFuncGetAttribute", (int *, int, void *)) \
    X(occupancy_max_blocks, "cuOccupancyMaxActiveBlocksPerMultiprocessor", (int *, void *, int, size_t)) \
    X(launch_kernel, "cuLaunchKernel", (void *, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, void *, void **, void **)) \
    X(launch_cooperative, "cuLaunchCooperativeKernel", (void *, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, void *, void **)) \
    X(launch_extended, "cuLaunchKernelEx", (const struct launch_config *, void *, void **, void **)) \
    X(stream_begin_capture, "cuStreamBeginCapture_v2", (void *, int)) \
    X(stream_end_capture, "cuStreamEndCapture", (void *, void **)) \
    X(graph_get_nodes, "cuGraphGetNodes", (void *, void **, size_t *)) \
    X(graph_destroy, "cuGraphDestroy", (void *)) \
    X(graph_instantiate, "cuGraphInstantiateWithFlags", (void **, void *, unsigned long long)) \
    X(graph_launch, "cuGraphLaunch", (void *, void *)) \
    X(graph_exec_destroy, "cuGraphExecDestroy", (void *))

struct ccuda_driver {
#define DECLARE(field, symbol, parameters) CUresult(*field) parameters;
    ENTRY_POINTS(DECLARE)
#undef DECLARE
};

// CUresult values that decide what a user can do about it (cuda.h, enum cudaError_enum).
enum { OUT_OF_MEMORY = 2, NOT_INITIALIZED = 3, DEINITIALIZED = 4, STUB_LIBRARY = 34, NO_DEVICE = 100, INVALID_DEVICE = 101,
       INVALID_IMAGE = 200, NO_BINARY_FOR_GPU = 209, ECC_UNCORRECTABLE = 214, INVALID_PTX = 218, JIT_COMPILER_NOT_FOUND = 221,
       UNSUPPORTED_PTX_VERSION = 222, NOT_FOUND = 500, NOT_READY = 600, ILLEGAL_ADDRESS = 700, LAUNCH_TIMEOUT = 702,
       HARDWARE_STACK_ERROR = 714, ILLEGAL_INSTRUCTION = 715, MISALIGNED_ADDRESS = 716, INVALID_ADDRESS_SPACE = 717,
       INVALID_PC = 718, LAUNCH_FAILED = 719, SYSTEM_NOT_READY = 802, SYSTEM_DRIVER_MISMATCH = 803 };

static ccuda_status status_of(CUresult code) {
    switch (code) {
    case 0: return CCUDA_OK;
    case OUT_OF_MEMORY: return CCUDA_OUT_OF_MEMORY;
    case NO_DEVICE: case INVALID_DEVICE: return CCUDA_NO_DEVICE;
    case STUB_LIBRARY: case SYSTEM_DRIVER_MISMATCH: return CCUDA_OLD_DRIVER;
    case ECC_UNCORRECTABLE: case SYSTEM_NOT_READY: case DEINITIALIZED: case 999: return CCUDA_DEVICE_LOST;
    case INVALID_IMAGE: case NO_BINARY_FOR_GPU: case INVALID_PTX: case JIT_COMPILER_NOT_FOUND:
    case UNSUPPORTED_PTX_VERSION: return CCUDA_BAD_MODULE;
    case NOT_FOUND: return CCUDA_MISSING_SYMBOL;
    case NOT_READY: return CCUDA_NOT_READY;
    case ILLEGAL_ADDRESS: case LAUNCH_TIMEOUT: case HARDWARE_STACK_ERROR: case ILLEGAL_INSTRUCTION: case MISALIGNED_ADDRESS:
    case INVALID_ADDRESS_SPACE: case INVALID_PC: case LAUNCH_FAILED: return CCUDA_KERNEL_FAULT;
    default: return CCUDA_FAILED;
    }
}

#define CALL(field, ...) checked(driver->field(__VA_ARGS__), symbols.field)

static const struct {
#define DECLARE(field, symbol, parameters) const char *field;
    ENTRY_POINTS(DECLARE)
#undef DECLARE
} symbols = {
#define NAME(field, symbol, parameters) .field = symbol,
    ENTRY_POINTS(NAME)
#undef NAME
};

static ccuda_result checked(CUresult code, const char *where) {
    return (ccuda_result){ .status = status_of(code), .code = code, .where = where };
}

// A context opens eight queues to the device unless told otherwise, which takes 60 ms longer than one (H100, driver 580). Work here
// goes through one stream. Who sets the variable keeps what they set, and programs that a cell starts do not see what is set here.
static const char queues[] = "CUDA_DEVICE_MAX_CONNECTIONS";
static pthread_mutex_t queues_lock = PTHREAD_MUTEX_INITIALIZER;
static int queues_are_ours;

static void begin_with_one_queue(void) {
    pthread_mutex_lock(&queues_lock);
    queues_are_ours = !getenv(queues) && setenv(queues, "1", 0) == 0;
}
static void end_with_one_queue(void) {
    if (queues_are_ours) unsetenv(queues);
    pthread_mutex_unlock(&queues_lock);
}

ccuda_result ccuda_open(const char *path, const ccuda_driver **result) {
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    // One table for each library path that was ever opened: tests open several fakes, users one driver.
    static struct { char path[1024]; struct ccuda_driver table; } opened[64];
    static int openedCount = 0;

    *result = NULL;
    const char *name = path ? path : "libcuda.so.1";
    pthread_mutex_lock(&lock);
    ccuda_result outcome = { CCUDA_OK, 0, name };
    for (int i = 0; i < openedCount; i++) {
        if (strcmp(opened[i].path, name) == 0) { *result = &opened[i].table; goto done; }
    }
    if (openedCount == 64 || strlen(name) >= sizeof opened[0].path) { outcome.status = CCUDA_NO_LIBRARY; outcome.where = "dlopen"; goto done; }

    void *library = ccuda_load_library(name);
    if (!library) { outcome.status = CCUDA_NO_LIBRARY; outcome.where = path ? "dlopen" : name; goto done; }
    struct ccuda_driver *driver = &opened[openedCount].table;
#define RESOLVE(field, symbol, parameters) \
    if (!ccuda_load_symbol(library, symbol, (void **)&driver->field)) { outcome.status = CCUDA_MISSING_SYMBOL; outcome.where = symbol; goto done; }
    ENTRY_POINTS(RESOLVE)
#undef RESOLVE

    // The version answers before cuInit does, so that an old driver is named as such and not as a failed start.
    int version = 0;
    outcome = CALL(driver_get_version, &version);
    if (outcome.status != CCUDA_OK) goto done;
    if (version < CCUDA_MINIMUM_VERSION) { outcome = (ccuda_result){ CCUDA_OLD_DRIVER, version, "cuDriverGetVersion" }; goto done; }
    begin_with_one_queue();
    outcome = CALL(init, 0);
    end_with_one_queue();
    if (outcome.status != CCUDA_OK) goto done;
    strcpy(opened[openedCount].path, name);
    openedCount++;
    *result = driver;
done:
    pthread_mutex_unlock(&lock);
    return outcome;
}

size_t ccuda_describe(const ccuda_driver *driver, ccuda_result result, char *text, size_t capacity) {
    const char *where = result.where ? result.where : "";
    const char *name = NULL, *meaning = NULL;
    if (driver && result.code != 0 && result.status != CCUDA_OLD_DRIVER) {
        if (driver->get_error_name(result.code, &name) != 0) name = NULL;
        if (driver->get_error_string(result.code, &meaning) != 0) meaning = NULL;
    }
    char cause[256];
    if (result.code == 0) cause[0] = 0;
    else snprintf(cause, sizeof cause, " (%s: %s%s%s, code %d)", where, name ? name : "unknown", meaning ? ", " : "", meaning ? meaning : "", result.code);
    int length;
    switch (result.status) {
    case CCUDA_OK: length = snprintf(text, capacity, "no error"); break;
    case CCUDA_NO_LIBRARY:
        length = snprintf(text, capacity, "NVIDIA's library could not be opened (%s): install the NVIDIA driver, start the container with its GPU, or use the CPU", where);
        break;
    case CCUDA_MISSING_SYMBOL:
        length = snprintf(text, capacity, "%s is not in the library that was opened: update the NVIDIA driver to 535 or newer%s", where, cause);
        break;
    case CCUDA_NO_DEVICE:
        length = snprintf(text, capacity, "no such NVIDIA GPU: check nvidia-smi and CUDA_VISIBLE_DEVICES, or use the CPU%s", cause);
        break;
    case CCUDA_OLD_DRIVER:
        length = snprintf(text, capacity, "the NVIDIA driver is for CUDA %d.%d; 12.2 (driver 535) is the oldest that loads the kernels: update the driver",
                          result.code / 1000, result.code % 1000 / 10);
        break;
    case CCUDA_OUT_OF_MEMORY:
        length = snprintf(text, capacity, "the GPU's memory is used up: free tensors, quantise the model, or shorten the context%s", cause);
        break;
    case CCUDA_DEVICE_LOST:
        length = snprintf(text, capacity, "the GPU was lost: check nvidia-smi and the kernel log for Xid messages, then restart the process%s", cause);
        break;
    case CCUDA_KERNEL_FAULT:
        length = snprintf(text, capacity, "a kernel faulted and this process can no longer use the GPU: restart it, and report the fault%s", cause);
        break;
    case CCUDA_BAD_MODULE:
        length = snprintf(text, capacity, "the driver refused the kernels: it needs CUDA 12.2 (driver 535) and a GPU of compute capability 8.0 or newer%s", cause);
        break;
    case CCUDA_OUT_OF_HOST_MEMORY: length = snprintf(text, capacity, "this machine's memory is used up: close other programs, or load a smaller model"); break;
    case CCUDA_NOT_READY: length = snprintf(text, capacity, "not finished yet"); break;
    case CCUDA_NOT_SUPPORTED: length = snprintf(text, capacity, "the device does not report this%s", cause); break;
    default: length = snprintf(text, capacity, "the NVIDIA driver reported an error%s", cause); break;
    }
    if (length < 0) return 0;
    return (size_t)length < capacity ? (size_t)length : (capacity ? capacity - 1 : 0);
}

ccuda_result ccuda_driver_version(const ccuda_driver *driver, int32_t *version) { return CALL(driver_get_version, version); }
ccuda_result ccuda_device_count(const ccuda_driver *driver, int32_t *count) { return CALL(device_get_count, count); }

// Ordinals are turned into CUdevice handles here, so that a wrong one is CCUDA_NO_DEVICE everywhere.
#define WITH_DEVICE \
    CUdevice handle; \
    { ccuda_result found = CALL(device_get, &handle, device); if (found.status != CCUDA_OK) return found; }

ccuda_result ccuda_device_name(const ccuda_driver *driver, int32_t device, char *name, int32_t capacity) {
    WITH_DEVICE return CALL(device_get_name, name, capacity, handle);
}
ccuda_result ccuda_device_total_memory(const ccuda_driver *driver, int32_t device, size_t *bytes) {
    WITH_DEVICE return CALL(device_total_mem, bytes, handle);
}
ccuda_result ccuda_device_pci_bus_id(const ccuda_driver *driver, int32_t device, char *text, int32_t capacity) {
    WITH_DEVICE return CALL(device_get_pci_bus_id, text, capacity, handle);
}
ccuda_result ccuda_device_attribute(const ccuda_driver *driver, int32_t device, ccuda_attribute attribute, int32_t *value) {
    WITH_DEVICE return CALL(device_get_attribute, value, attribute, handle);
}
ccuda_result ccuda_context_retain(const ccuda_driver *driver, int32_t device, ccuda_context *context) {
    *context = NULL;
    WITH_DEVICE
    begin_with_one_queue();
    ccuda_result outcome = CALL(primary_ctx_retain, context, handle);
    end_with_one_queue();
    return outcome;
}
ccuda_result ccuda_context_release(const ccuda_driver *driver, int32_t device) { WITH_DEVICE return CALL(primary_ctx_release, handle); }
ccuda_result ccuda_context_set_current(const ccuda_driver *driver, ccuda_context context) { return CALL(ctx_set_current, context); }
ccuda_result ccuda_context_synchronize(const ccuda_driver *driver) { return CALL(ctx_synchronize); }

ccuda_result ccuda_memory_info(const ccuda_driver *driver, size_t *free_bytes, size_t *total_bytes) { return CALL(mem_get_info, free_bytes, total_bytes); }
ccuda_result ccuda_memory_alloc(const ccuda_driver *driver, size_t bytes, ccuda_pointer *address) { *address = 0; return CALL(mem_alloc, address, bytes); }
ccuda_result ccuda_memory_free(const ccuda_driver *driver, ccuda_pointer address) { return CALL(mem_free, address); }

// Pages that are there and large are locked sooner than the driver allocates locked ones (32 MB: 1 ms once they were touched, beside
// 12 to 24 with cuMemHostAlloc; H100, driver 580).
enum { large_page = 2 << 20, PORTABLE = 1 };
static size_t whole_pages(size_t bytes) { return (bytes + large_page - 1) & ~(size_t)(large_page - 1); }

/// Memory in large pages that are there, or null.
static char *touched_pages(size_t bytes) {
    char *mapping = mmap(NULL, bytes + large_page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
    if (mapping == MAP_FAILED) return NULL;
    char *start = (char *)whole_pages((size_t)mapping);
    if (start > mapping) munmap(mapping, (size_t)(start - mapping));
    munmap(start + bytes, (size_t)(mapping + large_page - start));
#ifdef MADV_HUGEPAGE
    madvise(start, bytes, MADV_HUGEPAGE);
#endif
    for (size_t i = 0; i < bytes; i += 4096) ((volatile char *)start)[i] = 0;
    return start;
}

ccuda_result ccuda_host_alloc(const ccuda_driver *driver, size_t bytes, ccuda_host_memory *memory) {
    *memory = (ccuda_host_memory){ .bytes = whole_pages(bytes) };
    char *start = touched_pages(memory->bytes);
    if (!start) return (ccuda_result){ CCUDA_OUT_OF_HOST_MEMORY, 0, "mmap" };
    if (driver->mem_host_register(start, memory->bytes, PORTABLE) == 0) {
        memory->start = start;
        memory->is_registered = 1;
        return (ccuda_result){ CCUDA_OK, 0, symbols.mem_host_register };
    }
    // Not all systems can lock memory that is there already (WSL 2 could not for long).
    munmap(start, memory->bytes);
    return CALL(mem_host_alloc, &memory->start, memory->bytes, PORTABLE);
}
ccuda_result ccuda_host_free(const ccuda_driver *driver, ccuda_host_memory memory) {
    if (!memory.is_registered) return CALL(mem_free_host, memory.start);
    ccuda_result outcome = CALL(mem_host_unregister, memory.start);
    // Locked pages stay mapped: the device may still read them.
    if (outcome.status == CCUDA_OK) munmap(memory.start, memory.bytes);
    return outcome;
}

ccuda_result ccuda_copy_to_device(const ccuda_driver *driver, ccuda_pointer to, const void *from, size_t bytes, ccuda_stream stream) { return CALL(memcpy_htod_async, to, from, bytes, stream); }
ccuda_result ccuda_copy_to_host(const ccuda_driver *driver, void *to, ccuda_pointer from, size_t bytes, ccuda_stream stream) { return CALL(memcpy_dtoh_async, to, from, bytes, stream); }
ccuda_result ccuda_copy_on_device(const ccuda_driver *driver, ccuda_pointer to, ccuda_pointer from, size_t bytes, ccuda_stream stream) { return CALL(memcpy_dtod_async, to, from, bytes, stream); }
ccuda_result ccuda_fill(const ccuda_driver *driver, ccuda_pointer to, uint8_t value, size_t bytes, ccuda_stream stream) { return CALL(memset_d8_async, to, value, bytes, stream); }

ccuda_result ccuda_stream_create(const ccuda_driver *driver, ccuda_stream *stream) { *stream = NULL; return CALL(stream_create, stream, 1 /* non-blocking */); }
ccuda_result ccuda_stream_destroy(const ccuda_driver *driver, ccuda_stream stream) { return CALL(stream_destroy, stream); }
ccuda_result ccuda_stream_synchronize(const ccuda_driver *driver, ccuda_stream stream) { return CALL(stream_synchronize, stream); }
ccuda_result ccuda_stream_wait(const ccuda_driver *driver, ccuda_stream stream, ccuda_event event) { return CALL(stream_wait_event, stream, event, 0); }

ccuda_result ccuda_event_create(const ccuda_driver *driver, int32_t timed, ccuda_event *event) { *event = NULL; return CALL(event_create, event, timed ? 0 : 2); }
ccuda_result ccuda_event_destroy(const ccuda_driver *driver, ccuda_event event) { return CALL(event_destroy, event); }
ccuda_result ccuda_event_record(const ccuda_driver *driver, ccuda_event event, ccuda_stream stream) { return CALL(event_record, event, stream); }
ccuda_result ccuda_event_query(const ccuda_driver *driver, ccuda_event event) { return CALL(event_query, event); }
ccuda_result ccuda_event_synchronize(const ccuda_driver *driver, ccuda_event event) { return CALL(event_synchronize, event); }
ccuda_result ccuda_event_milliseconds(const ccuda_driver *driver, ccuda_event from, ccuda_event to, float *milliseconds) { return CALL(event_elapsed_time, milliseconds, from, to); }

ccuda_result ccuda_module_load(const ccuda_driver *driver, const void *image, char *log, size_t log_capacity, ccuda_module *module) {
    *module = NULL;
    if (log_capacity) log[0] = 0;
    // CU_JIT_ERROR_LOG_BUFFER, CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES: the size travels in the pointer itself.
    int options[2] = { 5, 6 };
    void *values[2] = { log, (void *)(uintptr_t)log_capacity };
    return CALL(module_load_data_ex, module, image, log_capacity ? 2 : 0, options, values);
}
ccuda_result ccuda_module_unload(const ccuda_driver *driver, ccuda_module module) { return CALL(module_unload, module); }
ccuda_result ccuda_module_function(const ccuda_driver *driver, ccuda_module module, const char *name, ccuda_function *function) { *function = NULL; return CALL(module_get_function, function, module, name); }
ccuda_result ccuda_function_set_shared(const ccuda_driver *driver, ccuda_function function, int32_t bytes) { return CALL(func_set_attribute, function, 8, bytes); }
ccuda_result ccuda_function_registers(const ccuda_driver *driver, ccuda_function function, int32_t *registers, int32_t *local_bytes) {
    ccuda_result outcome = CALL(func_get_attribute, local_bytes, 3, function);
    if (outcome.status != CCUDA_OK) return outcome;
    return CALL(func_get_attribute, registers, 4, function);
}
ccuda_result ccuda_function_occupancy(const ccuda_driver *driver, ccuda_function function, int32_t threads, size_t shared_bytes, int32_t *blocks) { return CALL(occupancy_max_blocks, blocks, function, threads, shared_bytes); }

ccuda_result ccuda_launch_kernel(const ccuda_driver *driver, ccuda_function function, ccuda_launch l, ccuda_stream stream, void **arguments) {
    if (l.cooperative) return CALL(launch_cooperative, function, l.grid[0], l.grid[1], l.grid[2], l.block[0], l.block[1], l.block[2], l.shared_bytes, stream, arguments);
    if (l.overlaps) {
        struct launch_attribute overlap = { .id = PROGRAMMATIC_STREAM_SERIALIZATION, .value.value = 1 };
        struct launch_config config = { { l.grid[0], l.grid[1], l.grid[2] }, { l.block[0], l.block[1], l.block[2] }, l.shared_bytes, stream, &overlap, 1 };
        return CALL(launch_extended, &config, function, arguments, NULL);
    }
    return CALL(launch_kernel, function, l.grid[0], l.grid[1], l.grid[2], l.block[0], l.block[1], l.block[2], l.shared_bytes, stream, arguments, NULL);
}

ccuda_result ccuda_capture_begin(const ccuda_driver *driver, ccuda_stream stream) { return CALL(stream_begin_capture, stream, 1 /* thread-local */); }
ccuda_result ccuda_capture_end(const ccuda_driver *driver, ccuda_stream stream, ccuda_graph *graph) { *graph = NULL; return CALL(stream_end_capture, stream, graph); }
ccuda_result ccuda_graph_node_count(const ccuda_driver *driver, ccuda_graph graph, size_t *count) { *count = 0; return CALL(graph_get_nodes, graph, NULL, count); }
ccuda_result ccuda_graph_destroy(const ccuda_driver *driver, ccuda_graph graph) { return CALL(graph_destroy, graph); }
ccuda_result ccuda_graph_instantiate(const ccuda_driver *driver, ccuda_graph graph, ccuda_graph_exec *exec) { *exec = NULL; return CALL(graph_instantiate, exec, graph, 0); }
ccuda_result ccuda_graph_launch(const ccuda_driver *driver, ccuda_graph_exec exec, ccuda_stream stream) { return CALL(graph_launch, exec, stream); }
ccuda_result ccuda_graph_exec_destroy(const ccuda_driver *driver, ccuda_graph_exec exec) { return CALL(graph_exec_destroy, exec); }
