/* SHA-256 (FIPS 180-4). */
#ifndef SHA256_H
#define SHA256_H

#include <stddef.h>
#include <stdint.h>

struct sha256 {
    uint32_t state[8];
    uint64_t size; /* bytes so far */
    uint8_t block[64];
};

void sha256_init(struct sha256 *hash);
void sha256_update(struct sha256 *hash, const uint8_t *bytes, size_t size);
void sha256_final(struct sha256 *hash, uint8_t digest[32]);
/* All three: the hash of one message. */
void sha256(const uint8_t *message, size_t size, uint8_t digest[32]);

#endif
