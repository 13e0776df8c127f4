#include "CCUDAShim.h"
#include "Loading.h"

#include <pthread.h>
#include <string.h>

typedef int nvmlReturn;
typedef void *nvmlDevice;
typedef struct { unsigned long long total, free, used; } nvmlMemory;
typedef struct { unsigned version; unsigned long long total, reserved, free, used; } nvmlMemory2;
typedef struct { unsigned gpu, memory; } nvmlUtilization;
typedef struct { char busIdLegacy[16]; unsigned domain, bus, device, pciDeviceId, pciSubSystemId; char busId[32]; } nvmlPci;
typedef struct { unsigned pid; unsigned long long used; unsigned gpuInstance, computeInstance; } nvmlProcess;

#define REQUIRED(X) \
    X(init, "nvmlInit_v2", (void)) \
    X(driver_version, "nvmlSystemGetDriverVersion", (char *, unsigned)) \
    X(cuda_version, "nvmlSystemGetCudaDriverVersion_v2", (int *)) \
    X(count, "nvmlDeviceGetCount_v2", (unsigned *)) \
    X(handle, "nvmlDeviceGetHandleByIndex_v2", (unsigned, nvmlDevice *)) \
    X(name, "nvmlDeviceGetName", (nvmlDevice, char *, unsigned)) \
    X(memory, "nvmlDeviceGetMemoryInfo", (nvmlDevice, nvmlMemory *))

// A figure whose entry point is missing is a figure that is not reported.
#define OPTIONAL(X) \
    X(memory2, "nvmlDeviceGetMemoryInfo_v2", (nvmlDevice, nvmlMemory2 *)) \
    X(pci, "nvmlDeviceGetPciInfo_v3", (nvmlDevice, nvmlPci *)) \
    X(temperature, "nvmlDeviceGetTemperature", (nvmlDevice, int, unsigned *)) \
    X(fan, "nvmlDeviceGetFanSpeed", (nvmlDevice, unsigned *)) \
    X(performance, "nvmlDeviceGetPerformanceState", (nvmlDevice, int *)) \
    X(power, "nvmlDeviceGetPowerUsage", (nvmlDevice, unsigned *)) \
    X(power_limit, "nvmlDeviceGetEnforcedPowerLimit", (nvmlDevice, unsigned *)) \
    X(utilization, "nvmlDeviceGetUtilizationRates", (nvmlDevice, nvmlUtilization *)) \
    X(persistence, "nvmlDeviceGetPersistenceMode", (nvmlDevice, int *)) \
    X(display, "nvmlDeviceGetDisplayActive", (nvmlDevice, int *)) \
    X(compute_mode, "nvmlDeviceGetComputeMode", (nvmlDevice, int *)) \
    X(mig, "nvmlDeviceGetMigMode", (nvmlDevice, unsigned *, unsigned *)) \
    X(ecc, "nvmlDeviceGetTotalEccErrors", (nvmlDevice, int, int, unsigned long long *)) \
    X(processes, "nvmlDeviceGetComputeRunningProcesses_v3", (nvmlDevice, unsigned *, nvmlProcess *))

struct ccuda_nvml {
#define DECLARE(field, symbol, parameters) nvmlReturn(*field) parameters;
    REQUIRED(DECLARE)
    OPTIONAL(DECLARE)
#undef DECLARE
};

static ccuda_result checked(nvmlReturn code, const char *where) {
    ccuda_status status;
    switch (code) {
    case 0: status = CCUDA_OK; break;
    case 3: case 25: status = CCUDA_NOT_SUPPORTED; break;
    case 6: status = CCUDA_NO_DEVICE; break;
    case 9: case 12: case 18: status = CCUDA_NO_LIBRARY; break;
    case 15: case 16: status = CCUDA_DEVICE_LOST; break;
    default: status = CCUDA_FAILED; break;
    }
    return (ccuda_result){ status, code, where };
}

ccuda_result ccuda_nvml_open(const char *path, const ccuda_nvml **result) {
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static struct { char path[1024]; struct ccuda_nvml table; } opened[64];
    static int openedCount = 0;

    *result = NULL;
    const char *name = path ? path : "libnvidia-ml.so.1";
    pthread_mutex_lock(&lock);
    ccuda_result outcome = { CCUDA_OK, 0, name };
    for (int i = 0; i < openedCount; i++) {
        if (strcmp(opened[i].path, name) == 0) { *result = &opened[i].table; goto done; }
    }
    if (openedCount == 64 || strlen(name) >= sizeof opened[0].path) { outcome.status = CCUDA_NO_LIBRARY; outcome.where = "dlopen"; goto done; }
    void *library = ccuda_load_library(name);
    if (!library) { outcome.status = CCUDA_NO_LIBRARY; outcome.where = path ? "dlopen" : name; goto done; }
    struct ccuda_nvml *nvml = &opened[openedCount].table;
#define RESOLVE(field, symbol, parameters) \
    if (!ccuda_load_symbol(library, symbol, (void **)&nvml->field)) { outcome.status = CCUDA_MISSING_SYMBOL; outcome.where = symbol; goto done; }
    REQUIRED(RESOLVE)
#undef RESOLVE
#define TRY(field, symbol, parameters) ccuda_load_symbol(library, symbol, (void **)&nvml->field);
    OPTIONAL(TRY)
#undef TRY
    outcome = checked(nvml->init(), "nvmlInit_v2");
    if (outcome.status != CCUDA_OK) goto done;
    strcpy(opened[openedCount].path, name);
    openedCount++;
    *result = nvml;
done:
    pthread_mutex_unlock(&lock);
    return outcome;
}

ccuda_result ccuda_nvml_versions(const ccuda_nvml *nvml, char *driver, uint32_t capacity, int32_t *cuda) {
    ccuda_result outcome = checked(nvml->driver_version(driver, capacity), "nvmlSystemGetDriverVersion");
    if (outcome.status != CCUDA_OK) return outcome;
    return checked(nvml->cuda_version(cuda), "nvmlSystemGetCudaDriverVersion_v2");
}

ccuda_result ccuda_nvml_device_count(const ccuda_nvml *nvml, uint32_t *count) { return checked(nvml->count(count), "nvmlDeviceGetCount_v2"); }

ccuda_result ccuda_nvml_report(const ccuda_nvml *nvml, uint32_t index, ccuda_device_report *report) {
    memset(report, 0, sizeof *report);
    nvmlDevice device;
    ccuda_result outcome = checked(nvml->handle(index, &device), "nvmlDeviceGetHandleByIndex_v2");
    if (outcome.status != CCUDA_OK) return outcome;
    outcome = checked(nvml->name(device, report->name, sizeof report->name), "nvmlDeviceGetName");
    if (outcome.status != CCUDA_OK) return outcome;

    nvmlMemory2 memory2 = { .version = (unsigned)(sizeof(nvmlMemory2) | 2u << 24) };
    report->memory_reserved = -1;
    if (nvml->memory2 && nvml->memory2(device, &memory2) == 0) {
        report->memory_used = (int64_t)memory2.used;
        report->memory_total = (int64_t)memory2.total;
        report->memory_reserved = (int64_t)memory2.reserved;
    } else {
        nvmlMemory memory;
        outcome = checked(nvml->memory(device, &memory), "nvmlDeviceGetMemoryInfo");
        if (outcome.status != CCUDA_OK) return outcome;
        report->memory_used = (int64_t)memory.used;
        report->memory_total = (int64_t)memory.total;
    }

    unsigned u;
    int i;
    nvmlPci pci;
    nvmlUtilization rates;
    unsigned long long errors;
    unsigned pending;
    if (nvml->pci && nvml->pci(device, &pci) == 0) memcpy(report->bus_id, pci.busId, sizeof report->bus_id - 1);
#define FIGURE(field, entry, value, ...) report->field = nvml->entry && nvml->entry(device, __VA_ARGS__) == 0 ? (value) : -1
    FIGURE(temperature, temperature, (int32_t)u, 0, &u);
    FIGURE(fan, fan, (int32_t)u, &u);
    FIGURE(performance_state, performance, i, &i);
    FIGURE(power, power, (int32_t)u, &u);
    FIGURE(power_limit, power_limit, (int32_t)u, &u);
    FIGURE(utilization, utilization, (int32_t)rates.gpu, &rates);
    FIGURE(persistence, persistence, i, &i);
    FIGURE(display_active, display, i, &i);
    FIGURE(compute_mode, compute_mode, i, &i);
    FIGURE(mig_mode, mig, (int32_t)u, &u, &pending);
    FIGURE(ecc_errors, ecc, (int64_t)errors, 1 /* uncorrected */, 0 /* volatile */, &errors);
#undef FIGURE
    return (ccuda_result){ CCUDA_OK, 0, NULL };
}

ccuda_result ccuda_nvml_processes(const ccuda_nvml *nvml, uint32_t index, ccuda_process_report *processes, uint32_t *count) {
    enum { most = 256 };
    nvmlProcess found[most];
    unsigned number = most;
    uint32_t capacity = *count;
    *count = 0;
    if (!nvml->processes) return (ccuda_result){ CCUDA_NOT_SUPPORTED, 0, "nvmlDeviceGetComputeRunningProcesses_v3" };
    nvmlDevice device;
    ccuda_result outcome = checked(nvml->handle(index, &device), "nvmlDeviceGetHandleByIndex_v2");
    if (outcome.status != CCUDA_OK) return outcome;
    outcome = checked(nvml->processes(device, &number, found), "nvmlDeviceGetComputeRunningProcesses_v3");
    if (outcome.status != CCUDA_OK) return outcome;
    for (unsigned i = 0; i < number && i < capacity; i++) {
        processes[i] = (ccuda_process_report){ found[i].pid, found[i].used == ~0ull ? -1 : (int64_t)found[i].used };
    }
    *count = number;
    return outcome;
}
