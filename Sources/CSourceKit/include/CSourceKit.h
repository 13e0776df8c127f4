// Swift's own service for editors, opened at run time: no header or library of it is needed to build.

#ifndef GALLEY_CSOURCEKIT_H
#define GALLEY_CSOURCEKIT_H

#if defined(__cplusplus)
extern "C" {
#endif

enum galley_sourcekit_status {
    GALLEY_SOURCEKIT_OK = 0,
    GALLEY_SOURCEKIT_NO_LIBRARY = 1,
    GALLEY_SOURCEKIT_NO_SYMBOL = 2,
    GALLEY_SOURCEKIT_NO_REQUESTS = 3,
};

// Answers requests in order.
//
// `library` is the path of libsourcekitdInProc. `requests` is the path of a file of requests in YAML, each ended by a
// zero byte. For each one, its answer in JSON and a zero byte are written to `output`; nothing but the zero byte where
// the service refuses it. Blocks until all are answered.
enum galley_sourcekit_status galley_sourcekit_answer(const char *_Nonnull library, const char *_Nonnull requests, int output);

#if defined(__cplusplus)
}
#endif

#endif
