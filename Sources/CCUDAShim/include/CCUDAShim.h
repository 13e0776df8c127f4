// NVIDIA's driver (libcuda) and management library (libnvidia-ml), opened at run time.
//
// Nothing of CUDA is needed to compile, link or start: the few entry points in use are declared in
// CCUDAShim.c and looked up by name when `ccuda_open` or `ccuda_nvml_open` is called.
//
// Status: every call that can fail returns a `ccuda_result`. `status` says what kind of failure it is,
// `code` is the library's own code (CUresult or nvmlReturn_t, 0 if it was never reached) and `where` names
// the entry point (a string constant, never freed). `ccuda_describe` makes a sentence with a way out.
//
// Ownership: a `ccuda_driver` and a `ccuda_nvml` live until the process ends and are never freed; both are
// immutable after opening and may be used from any thread. What `ccuda_*_create`, `_load`, `_alloc` return
// belongs to the caller and goes back through the call named beside it.
//
// Nullability: pointers are non-null unless marked `_Nullable`.
#pragma once

#include "KernelArguments.h"

#include <stddef.h>
#include <stdint.h>

#if defined(__clang__)
#pragma clang assume_nonnull begin
#else
#define _Nullable
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef enum ccuda_status : int32_t {
    CCUDA_OK = 0,
    /// The shared library could not be opened.
    CCUDA_NO_LIBRARY = 1,
    /// The library lacks an entry point; `where` names it.
    CCUDA_MISSING_SYMBOL = 2,
    /// The driver runs, but sees no device, or not the one asked for.
    CCUDA_NO_DEVICE = 3,
    /// The driver is older than the kernels need; `code` is its CUDA version (12020 is 12.2).
    CCUDA_OLD_DRIVER = 4,
    CCUDA_OUT_OF_MEMORY = 5,
    /// The device fell off the bus, or hit an uncorrectable memory error, or must be reset.
    CCUDA_DEVICE_LOST = 6,
    /// A kernel faulted; the context is unusable from now on.
    CCUDA_KERNEL_FAULT = 7,
    /// The driver could not compile or load a module for this device.
    CCUDA_BAD_MODULE = 8,
    /// An asynchronous operation has not finished (queries only).
    CCUDA_NOT_READY = 9,
    /// The library does not know this figure for this device (NVML only).
    CCUDA_NOT_SUPPORTED = 10,
    CCUDA_FAILED = 11,
    /// The host has no memory left.
    CCUDA_OUT_OF_HOST_MEMORY = 12,
} ccuda_status;

typedef struct ccuda_result {
    ccuda_status status;
    int32_t code;
    const char *_Nullable where;
} ccuda_result;

/// The oldest CUDA version of a driver that loads the kernels' PTX (ISA 8.2).
#define CCUDA_MINIMUM_VERSION 12020

// ---------------------------------------------------------------- driver

typedef struct ccuda_driver ccuda_driver;
typedef void *ccuda_context;
typedef void *ccuda_stream;
typedef void *ccuda_event;
typedef void *ccuda_module;
typedef void *ccuda_function;
typedef void *ccuda_graph;
typedef void *ccuda_graph_exec;
typedef uint64_t ccuda_pointer;

/// Opens the driver, checks its entry points and version, and initialises it.
///
/// `path` overrides the library's name; null means `libcuda.so.1`. On failure `*driver` is null.
ccuda_result ccuda_open(const char *_Nullable path, const ccuda_driver *_Nullable *_Nonnull driver);

/// Writes a sentence about `result` with a way out; returns its length in bytes, at most `capacity - 1`.
size_t ccuda_describe(const ccuda_driver *_Nullable driver, ccuda_result result, char *text, size_t capacity);

/// The CUDA version that the driver implements, as 1000 × major + 10 × minor.
ccuda_result ccuda_driver_version(const ccuda_driver *driver, int32_t *version);

ccuda_result ccuda_device_count(const ccuda_driver *driver, int32_t *count);
ccuda_result ccuda_device_name(const ccuda_driver *driver, int32_t device, char *name, int32_t capacity);
ccuda_result ccuda_device_total_memory(const ccuda_driver *driver, int32_t device, size_t *bytes);
/// The PCI address, as "0000:41:00.0"; the key that ties a device to NVML's.
ccuda_result ccuda_device_pci_bus_id(const ccuda_driver *driver, int32_t device, char *text, int32_t capacity);

typedef enum ccuda_attribute : int32_t {
    CCUDA_MAX_THREADS_PER_BLOCK = 1,
    CCUDA_MULTIPROCESSOR_COUNT = 16,
    CCUDA_L2_BYTES = 38,
    CCUDA_COMPUTE_MAJOR = 75,
    CCUDA_COMPUTE_MINOR = 76,
    CCUDA_COOPERATIVE_LAUNCH = 95,
    CCUDA_SHARED_BYTES_PER_BLOCK_OPTIN = 97,
} ccuda_attribute;

ccuda_result ccuda_device_attribute(const ccuda_driver *driver, int32_t device, ccuda_attribute attribute, int32_t *value);

/// Retains the device's primary context, which other users in the process share; `ccuda_context_release` gives it back.
ccuda_result ccuda_context_retain(const ccuda_driver *driver, int32_t device, ccuda_context _Nullable *_Nonnull context);
ccuda_result ccuda_context_release(const ccuda_driver *driver, int32_t device);
/// Makes a context current on the calling thread; needed before any call below.
ccuda_result ccuda_context_set_current(const ccuda_driver *driver, ccuda_context context);
ccuda_result ccuda_context_synchronize(const ccuda_driver *driver);

/// Free and total bytes of the current context's device, as the driver counts them.
ccuda_result ccuda_memory_info(const ccuda_driver *driver, size_t *free_bytes, size_t *total_bytes);
/// Device memory, aligned to at least 256 bytes; goes back through `ccuda_memory_free`, which waits for the device.
ccuda_result ccuda_memory_alloc(const ccuda_driver *driver, size_t bytes, ccuda_pointer *address);
ccuda_result ccuda_memory_free(const ccuda_driver *driver, ccuda_pointer address);
/// Page-locked host memory, in whole pages of 2 MiB.
typedef struct ccuda_host_memory {
    void *_Nullable start;
    size_t bytes;
    /// Whether the driver locked memory of this process; otherwise it is the driver's own.
    int32_t is_registered;
} ccuda_host_memory;
ccuda_result ccuda_host_alloc(const ccuda_driver *driver, size_t bytes, ccuda_host_memory *memory);
ccuda_result ccuda_host_free(const ccuda_driver *driver, ccuda_host_memory memory);

ccuda_result ccuda_copy_to_device(const ccuda_driver *driver, ccuda_pointer to, const void *from, size_t bytes, ccuda_stream _Nullable stream);
ccuda_result ccuda_copy_to_host(const ccuda_driver *driver, void *to, ccuda_pointer from, size_t bytes, ccuda_stream _Nullable stream);
ccuda_result ccuda_copy_on_device(const ccuda_driver *driver, ccuda_pointer to, ccuda_pointer from, size_t bytes, ccuda_stream _Nullable stream);
ccuda_result ccuda_fill(const ccuda_driver *driver, ccuda_pointer to, uint8_t value, size_t bytes, ccuda_stream _Nullable stream);

/// A stream that does not wait for the legacy default stream; back through `ccuda_stream_destroy`.
ccuda_result ccuda_stream_create(const ccuda_driver *driver, ccuda_stream _Nullable *_Nonnull stream);
ccuda_result ccuda_stream_destroy(const ccuda_driver *driver, ccuda_stream stream);
ccuda_result ccuda_stream_synchronize(const ccuda_driver *driver, ccuda_stream _Nullable stream);
ccuda_result ccuda_stream_wait(const ccuda_driver *driver, ccuda_stream _Nullable stream, ccuda_event event);

ccuda_result ccuda_event_create(const ccuda_driver *driver, int32_t timed, ccuda_event _Nullable *_Nonnull event);
ccuda_result ccuda_event_destroy(const ccuda_driver *driver, ccuda_event event);
ccuda_result ccuda_event_record(const ccuda_driver *driver, ccuda_event event, ccuda_stream _Nullable stream);
/// `CCUDA_NOT_READY` until the work before the event is done.
ccuda_result ccuda_event_query(const ccuda_driver *driver, ccuda_event event);
ccuda_result ccuda_event_synchronize(const ccuda_driver *driver, ccuda_event event);
ccuda_result ccuda_event_milliseconds(const ccuda_driver *driver, ccuda_event from, ccuda_event to, float *milliseconds);

/// Loads PTX (text that ends in a zero byte) or machine code, which may go once this returns; back through `ccuda_module_unload`.
///
/// On failure `log` holds what the driver's assembler said.
ccuda_result ccuda_module_load(const ccuda_driver *driver, const void *image, char *log, size_t log_capacity, ccuda_module _Nullable *_Nonnull module);
ccuda_result ccuda_module_unload(const ccuda_driver *driver, ccuda_module module);
/// A function lives as long as its module. `CCUDA_MISSING_SYMBOL` if the module has none of that name.
ccuda_result ccuda_module_function(const ccuda_driver *driver, ccuda_module module, const char *name, ccuda_function _Nullable *_Nonnull function);
/// Raises the dynamic shared memory that a launch of `function` may ask for.
ccuda_result ccuda_function_set_shared(const ccuda_driver *driver, ccuda_function function, int32_t bytes);
ccuda_result ccuda_function_registers(const ccuda_driver *driver, ccuda_function function, int32_t *registers, int32_t *local_bytes);
/// Blocks of `threads` threads that one multiprocessor holds at a time.
ccuda_result ccuda_function_occupancy(const ccuda_driver *driver, ccuda_function function, int32_t threads, size_t shared_bytes, int32_t *blocks);

typedef struct ccuda_launch {
    uint32_t grid[3];
    uint32_t block[3];
    uint32_t shared_bytes;
    /// Not 0: all blocks must be resident at once (a cooperative launch).
    uint32_t cooperative;
    /// Not 0: blocks may begin before the kernel launched before has ended, where that one says so; this one waits by itself
    /// (programmatic dependent launch). Not with `cooperative`.
    uint32_t overlaps;
} ccuda_launch;

/// Launches `function`; `arguments` points to one pointer for each parameter, read before the call returns.
ccuda_result ccuda_launch_kernel(const ccuda_driver *driver, ccuda_function function, ccuda_launch launch, ccuda_stream _Nullable stream, void *_Nullable *_Nonnull arguments);

/// Records what is issued on `stream` from now on, instead of running it.
ccuda_result ccuda_capture_begin(const ccuda_driver *driver, ccuda_stream stream);
/// Ends the recording; the graph goes back through `ccuda_graph_destroy`.
ccuda_result ccuda_capture_end(const ccuda_driver *driver, ccuda_stream stream, ccuda_graph _Nullable *_Nonnull graph);
ccuda_result ccuda_graph_node_count(const ccuda_driver *driver, ccuda_graph graph, size_t *count);
ccuda_result ccuda_graph_destroy(const ccuda_driver *driver, ccuda_graph graph);
/// Makes a graph runnable; back through `ccuda_graph_exec_destroy`.
ccuda_result ccuda_graph_instantiate(const ccuda_driver *driver, ccuda_graph graph, ccuda_graph_exec _Nullable *_Nonnull exec);
ccuda_result ccuda_graph_launch(const ccuda_driver *driver, ccuda_graph_exec exec, ccuda_stream stream);
ccuda_result ccuda_graph_exec_destroy(const ccuda_driver *driver, ccuda_graph_exec exec);

// ---------------------------------------------------------------- kernels

/// The bytes of a module's image for a compute capability: machine code where it was made (9.0), PTX text and a zero byte otherwise.
/// 0 if there is none of that name.
size_t ccuda_kernel_image_bytes(const char *name, int32_t major, int32_t minor);
/// Unpacks it to `image`, which has room for so many bytes; 0 where what was built in is damaged.
int32_t ccuda_kernel_image_unpack(const char *name, int32_t major, int32_t minor, void *image);
/// Unpacks a module and loads it, as `ccuda_module_load`; `CCUDA_BAD_MODULE` of "unpacking" where there is none or what was built in is
/// damaged.
ccuda_result ccuda_kernel_module_load(const ccuda_driver *driver, const char *name, int32_t major, int32_t minor, char *log, size_t log_capacity, ccuda_module _Nullable *_Nonnull module);
/// The names of all images, by number from 0: a module's name and ".ptx" or ".sm_90.cubin". Returns the length, 0 past the last.
size_t ccuda_kernel_image_name(size_t index, char *name, size_t capacity);

/// Calls `body` with the numbers below `count`, at most 64, on a thread each, and with 0 on the calling one; returns when all have
/// ended. Where the system gives no more threads the highest numbers are left out.
void ccuda_run_threads(int32_t count, void *_Nullable context, void (*body)(void *_Nullable context, int32_t index));

// ---------------------------------------------------------------- NVML

typedef struct ccuda_nvml ccuda_nvml;

/// What nvidia-smi prints about one device. A figure that the device does not report is -1 or an empty string.
typedef struct ccuda_device_report {
    char name[96];
    char bus_id[32];
    /// °C.
    int32_t temperature;
    /// Percent of full speed.
    int32_t fan;
    /// 0 (fastest) to 15, as in "P0".
    int32_t performance_state;
    /// Milliwatts.
    int32_t power, power_limit;
    /// Bytes, as nvidia-smi counts them (without what the driver keeps for itself).
    int64_t memory_used, memory_total, memory_reserved;
    /// Percent of the last sample period.
    int32_t utilization;
    int32_t persistence, display_active, compute_mode, mig_mode;
    /// Volatile uncorrected errors; -1 where ECC is off or unknown.
    int64_t ecc_errors;
} ccuda_device_report;

/// One process that holds memory on a device, as the driver reports it (none, inside many containers).
typedef struct ccuda_process_report {
    uint32_t pid;
    /// Bytes; -1 if the driver does not say.
    int64_t memory;
} ccuda_process_report;

/// Opens and initialises NVML. `path` overrides the library's name; null means `libnvidia-ml.so.1`.
ccuda_result ccuda_nvml_open(const char *_Nullable path, const ccuda_nvml *_Nullable *_Nonnull nvml);
/// The driver's version, such as "580.159.04", and the newest CUDA version it implements.
ccuda_result ccuda_nvml_versions(const ccuda_nvml *nvml, char *driver, uint32_t capacity, int32_t *cuda);
ccuda_result ccuda_nvml_device_count(const ccuda_nvml *nvml, uint32_t *count);
ccuda_result ccuda_nvml_report(const ccuda_nvml *nvml, uint32_t index, ccuda_device_report *report);
/// Fills at most `*count` entries and sets `*count` to how many there are.
ccuda_result ccuda_nvml_processes(const ccuda_nvml *nvml, uint32_t index, ccuda_process_report *processes, uint32_t *count);

#ifdef __cplusplus
}
#endif

#if defined(__clang__)
#pragma clang assume_nonnull end
#endif
