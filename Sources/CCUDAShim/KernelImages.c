// The compiled kernels, as Scripts/build-kernels packed them, and how they are unpacked.
#include "CCUDAShim.h"
#include "KernelFields.h"

#include <pthread.h>
#include <string.h>

#pragma clang diagnostic ignored "-Wc23-extensions"

// Little-endian, as everything that the kernels run beside: the magic, the count of images, an entry for each, the blocks.
static const unsigned char packed[] = {
#embed "../CUDABackend/Kernels/Compiled/Kernels.bin"
};

/// One image: "Rows.ptx", "Rows.sm_90.cubin".
struct entry {
    char name[40];
    /// Bytes from the start of `packed` to a block of LZ4, its size, and that of the image.
    uint32_t start, packed_bytes, bytes, unused;
};

static size_t entry_count(void) {
    uint32_t count;
    if (sizeof packed < 16 || memcmp(packed, "GALLEYK1", 8) != 0) return 0;
    memcpy(&count, packed + 8, sizeof count);
    return count <= (sizeof packed - 16) / sizeof(struct entry) ? count : 0;
}

static struct entry entry_at(size_t index) {
    struct entry entry;
    memcpy(&entry, packed + 16 + index * sizeof entry, sizeof entry);
    entry.name[sizeof entry.name - 1] = 0;
    return entry;
}

/// Whether there is an image of a module for a compute capability.
static int find(const char *name, int32_t major, int32_t minor, struct entry *found) {
    const char *end = major == 9 && minor == 0 ? ".sm_90.cubin" : ".ptx";
    const size_t length = strlen(name);
    for (size_t i = 0; i < entry_count(); i++) {
        *found = entry_at(i);
        if (strncmp(found->name, name, length) == 0 && strcmp(found->name + length, end) == 0)
            return found->start <= sizeof packed && found->packed_bytes <= sizeof packed - found->start;
    }
    return 0;
}

/// What a length in a token goes on with: bytes of 255, and one that is less.
static int extend(const unsigned char **in, const unsigned char *end, size_t *length) {
    unsigned char more;
    do {
        if (*in == end) return 0;
        more = *(*in)++;
        *length += more;
    } while (more == 255);
    return 1;
}

/// Unpacks a block of LZ4 (its block format, version 1.9): tokens of literals and of a match behind them, the last without a match.
static int unpack(const unsigned char *in, size_t in_bytes, unsigned char *out, size_t out_bytes) {
    const unsigned char *in_end = in + in_bytes;
    unsigned char *to = out, *out_end = out + out_bytes;
    while (in < in_end) {
        const unsigned token = *in++;
        size_t literals = token >> 4, length = token & 15;
        if (literals == 15 && !extend(&in, in_end, &literals)) return 0;
        if (literals > (size_t)(in_end - in) || literals > (size_t)(out_end - to)) return 0;
        // Most are short: 16 bytes are copied sooner than their number is looked at, where there is room for them.
        if (literals <= 16 && in_end - in >= 16 && out_end - to >= 16) memcpy(to, in, 16);
        else memcpy(to, in, literals);
        to += literals;
        in += literals;
        if (in == in_end) return to == out_end;
        if (in_end - in < 2) return 0;
        const size_t distance = in[0] | (size_t)in[1] << 8;
        in += 2;
        if (length == 15 && !extend(&in, in_end, &length)) return 0;
        length += 4;
        if (distance == 0 || distance > (size_t)(to - out) || length > (size_t)(out_end - to)) return 0;
        if (distance >= 16 && (size_t)(out_end - to) - length >= 16) {
            for (size_t done = 0; done < length; done += 16) memcpy(to + done, to + done - distance, 16);
        } else {
            // A match may reach into what it makes: pieces as long as what is there already double each time.
            for (size_t done = 0; done < length;) {
                const size_t there = distance + done, piece = there < length - done ? there : length - done;
                memcpy(to + done, to - distance, piece);
                done += piece;
            }
        }
        to += length;
    }
    return 0;
}

size_t ccuda_kernel_image_bytes(const char *name, int32_t major, int32_t minor) {
    struct entry entry;
    return find(name, major, minor, &entry) ? entry.bytes : 0;
}

int32_t ccuda_kernel_image_unpack(const char *name, int32_t major, int32_t minor, void *image) {
    struct entry entry;
    return find(name, major, minor, &entry) && unpack(packed + entry.start, entry.packed_bytes, image, entry.bytes);
}

ccuda_result ccuda_kernel_module_load(const ccuda_driver *driver, const char *name, int32_t major, int32_t minor, char *log, size_t log_capacity, ccuda_module *module) {
    // Kept, so that to load a module maps no memory; pages that no image has reached cost nothing.
    static unsigned char image[MOST_KERNEL_IMAGE_BYTES];
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    *module = NULL;
    if (ccuda_kernel_image_bytes(name, major, minor) > sizeof image) return (ccuda_result){ CCUDA_BAD_MODULE, 0, "unpacking" };
    pthread_mutex_lock(&lock);
    ccuda_result outcome = { CCUDA_BAD_MODULE, 0, "unpacking" };
    if (ccuda_kernel_image_unpack(name, major, minor, image)) outcome = ccuda_module_load(driver, (const char *)image, log, log_capacity, module);
    pthread_mutex_unlock(&lock);
    return outcome;
}

size_t ccuda_kernel_image_name(size_t index, char *name, size_t capacity) {
    if (index >= entry_count() || capacity == 0) return 0;
    struct entry entry = entry_at(index);
    size_t length = strlen(entry.name);
    if (length >= capacity) length = capacity - 1;
    memcpy(name, entry.name, length);
    name[length] = 0;
    return length;
}
