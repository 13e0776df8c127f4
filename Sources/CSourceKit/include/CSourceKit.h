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

// Answers requests in order, as they come.
//
// `library` is the path of libsourcekitdInProc. From `input` paths of files are read, each ended by a zero byte; such a
// file holds requests in YAML, each ended by a zero byte. For each one, its answer in JSON and a zero byte are written to
// `output`; nothing but the zero byte where the service refuses it. Returns when `input` has ended and all are answered.
enum galley_sourcekit_status galley_sourcekit_answer(const char *_Nonnull library, int input, int output);

#if defined(__cplusplus)
}
#endif

#endif
