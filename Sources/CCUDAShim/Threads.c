#include "CCUDAShim.h"

#include <pthread.h>

enum { most_threads = 64 };

struct task { void (*body)(void *context, int32_t index); void *context; int32_t index; };

static void *start(void *task) {
    struct task *own = task;
    own->body(own->context, own->index);
    return NULL;
}

void ccuda_run_threads(int32_t count, void *context, void (*body)(void *context, int32_t index)) {
    pthread_t threads[most_threads];
    struct task tasks[most_threads];
    int32_t started = 1;
    for (; started < count && started < most_threads; started++) {
        tasks[started] = (struct task){ body, context, started };
        if (pthread_create(&threads[started], NULL, start, &tasks[started]) != 0) break;
    }
    body(context, 0);
    for (int32_t i = 1; i < started; i++) pthread_join(threads[i], NULL);
}
