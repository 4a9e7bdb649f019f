#ifndef DERIVE_H
#define DERIVE_H

#include <stdint.h>
#include <string.h>

enum { ROOT = 32, SHARE = 32, MESSAGE_MAX = ROOT + SHARE + 4 };

/* What is loaded, and the outputs of the last call: 32 bytes each, payment by payment. */
struct work {
    uint64_t payments, children, first, index_size, has_shares, pairs;
    uint8_t *roots, *shares, *preimages, *hashes;
};

/* Lines `name`, `version`, `isa` and `call`, separated by ends of lines; `way` is the program's argument. */
const char *introduce(const char *way);
/* One call: every child of every payment. */
void derive(struct work *work, uint32_t counter);
/* Says why to the harness, and ends. */
void fail(const char *why);

static inline void be32(uint8_t *to, uint32_t number) {
    for (int i = 0; i < 4; i++)
        to[i] = (uint8_t)(number >> (24 - 8 * i));
}

/* What all children of a payment begin with. */
static inline void begin_message(const struct work *work, uint64_t payment, uint32_t counter, uint8_t *message) {
    memcpy(message, work->roots + ROOT * payment, ROOT);
    be32(message, counter);
}

/* What one child changes: its share, and its index. Returns the size. */
static inline size_t end_message(const struct work *work, uint64_t place, uint64_t child, uint8_t *message) {
    size_t prefix = ROOT, size = work->index_size;
    uint8_t index[4];
    if (work->has_shares) {
        memcpy(message + ROOT, work->shares + SHARE * place, SHARE);
        prefix += SHARE;
    }
    be32(index, (uint32_t)(work->first + child));
    memcpy(message + prefix, index + 4 - size, size);
    return prefix + size;
}

#endif
