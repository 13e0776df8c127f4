#include "CSourceKit.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// As in sourcekitd.h of the Swift project: opaque handles, and variants that are passed by value.
typedef void *request_t;
typedef void *response_t;
typedef struct {
    uint64_t data[3];
} variant_t;

struct service {
    void (*initialize)(void);
    request_t (*create)(const char *yaml, char **error);
    void (*release)(request_t);
    response_t (*send)(request_t);
    void (*dispose)(response_t);
    bool (*is_error)(response_t);
    variant_t (*value)(response_t);
    char *(*json)(variant_t);
};

static bool find(void *library, const char *name, void *function) {
    void *symbol = dlsym(library, name);
    memcpy(function, &symbol, sizeof symbol);
    return symbol != NULL;
}

static bool open_service(void *library, struct service *service) {
    return find(library, "sourcekitd_initialize", &service->initialize) && find(library, "sourcekitd_request_create_from_yaml", &service->create)
        && find(library, "sourcekitd_request_release", &service->release) && find(library, "sourcekitd_send_request_sync", &service->send)
        && find(library, "sourcekitd_response_dispose", &service->dispose) && find(library, "sourcekitd_response_is_error", &service->is_error)
        && find(library, "sourcekitd_response_get_value", &service->value)
        && find(library, "sourcekitd_variant_json_description_copy", &service->json);
}

static bool write_all(int output, const char *bytes, size_t count) {
    while (count) {
        ssize_t written = write(output, bytes, count);
        if (written < 0) {
            if (errno == EINTR) continue;
            return false;
        }
        bytes += written;
        count -= (size_t)written;
    }
    return true;
}

static char *answer(const struct service *service, const char *yaml) {
    char *problem = NULL;
    request_t request = service->create(yaml, &problem);
    free(problem);
    if (!request) return NULL;
    response_t response = service->send(request);
    service->release(request);
    if (!response) return NULL;
    char *text = service->is_error(response) ? NULL : service->json(service->value(response));
    service->dispose(response);
    return text;
}

static bool answer_file(const struct service *service, const char *path, int output) {
    FILE *file = fopen(path, "rb");
    if (!file) return false;
    char *yaml = NULL;
    size_t capacity = 0;
    bool is_written = true;
    while (is_written && getdelim(&yaml, &capacity, 0, file) > 0) {
        char *text = answer(service, yaml);
        is_written = (!text || write_all(output, text, strlen(text))) && write_all(output, "", 1);
        free(text);
    }
    free(yaml);
    fclose(file);
    return is_written;
}

enum galley_sourcekit_status galley_sourcekit_answer(const char *path, int input, int output) {
    FILE *paths = fdopen(input, "rb");
    if (!paths) return GALLEY_SOURCEKIT_NO_REQUESTS;
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    struct service service;
    if (!library || !open_service(library, &service)) {
        fclose(paths);
        return library ? GALLEY_SOURCEKIT_NO_SYMBOL : GALLEY_SOURCEKIT_NO_LIBRARY;
    }
    service.initialize();
    char *file = NULL;
    size_t capacity = 0;
    enum galley_sourcekit_status status = GALLEY_SOURCEKIT_OK;
    while (getdelim(&file, &capacity, 0, paths) > 0) {
        if (!answer_file(&service, file, output)) {
            status = GALLEY_SOURCEKIT_NO_REQUESTS;
            break;
        }
    }
    free(file);
    fclose(paths);
    return status;
}
