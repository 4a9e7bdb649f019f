#include "sha256.h"

#include <string.h>

/* Section 4.2.2: the first 32 bits of the fractions of the cube roots of the first 64 primes. */
static const uint32_t round_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

/* Section 5.3.3: of the square roots of the first eight. */
static const uint32_t initial_state[8] = {
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

static uint32_t rotate(uint32_t word, int by) { return word >> by | word << (32 - by); }

static uint32_t load_be32(const uint8_t *from) {
    return (uint32_t)from[0] << 24 | (uint32_t)from[1] << 16 | (uint32_t)from[2] << 8 | from[3];
}

static void store_be32(uint8_t *to, uint32_t word) {
    for (int i = 0; i < 4; i++)
        to[i] = (uint8_t)(word >> (24 - 8 * i));
}

/* Section 6.2.2. The schedule is made as it is used: sixteen words of it are alive at a time. */
static void compress(uint32_t state[8], const uint8_t block[64]) {
    uint32_t w[16], a = state[0], b = state[1], c = state[2], d = state[3];
    uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
    for (int t = 0; t < 64; t++) {
        uint32_t *word = &w[t % 16];
        if (t < 16) {
            *word = load_be32(block + 4 * t);
        } else {
            uint32_t w2 = w[(t - 2) % 16], w15 = w[(t - 15) % 16];
            *word += (rotate(w2, 17) ^ rotate(w2, 19) ^ w2 >> 10) + w[(t - 7) % 16]
                     + (rotate(w15, 7) ^ rotate(w15, 18) ^ w15 >> 3);
        }
        uint32_t choice = g ^ (e & (f ^ g)), majority = (a & b) | (c & (a | b));
        uint32_t t1 = h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + choice + round_constants[t] + *word;
        uint32_t t2 = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + majority;
        h = g, g = f, f = e, e = d + t1, d = c, c = b, b = a, a = t1 + t2;
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d;
    state[4] += e, state[5] += f, state[6] += g, state[7] += h;
}

void sha256_init(struct sha256 *hash) {
    memcpy(hash->state, initial_state, sizeof initial_state);
    hash->size = 0;
}

void sha256_update(struct sha256 *hash, const uint8_t *bytes, size_t size) {
    size_t used = hash->size % 64;
    hash->size += size;
    if (used && used + size >= 64) {
        memcpy(hash->block + used, bytes, 64 - used);
        compress(hash->state, hash->block);
        bytes += 64 - used, size -= 64 - used, used = 0;
    }
    for (; used == 0 && size >= 64; bytes += 64, size -= 64)
        compress(hash->state, bytes);
    memcpy(hash->block + used, bytes, size);
}

/* Section 5.1.1: a one bit, zeroes, the size in bits. */
void sha256_final(struct sha256 *hash, uint8_t digest[32]) {
    size_t used = hash->size % 64;
    uint64_t bits = hash->size * 8;
    hash->block[used++] = 0x80;
    if (used > 56) {
        memset(hash->block + used, 0, 64 - used);
        compress(hash->state, hash->block);
        used = 0;
    }
    memset(hash->block + used, 0, 56 - used);
    store_be32(hash->block + 56, (uint32_t)(bits >> 32));
    store_be32(hash->block + 60, (uint32_t)bits);
    compress(hash->state, hash->block);
    for (int i = 0; i < 8; i++)
        store_be32(digest + 4 * i, hash->state[i]);
}

void sha256(const uint8_t *message, size_t size, uint8_t digest[32]) {
    struct sha256 hash;
    sha256_init(&hash);
    sha256_update(&hash, message, size);
    sha256_final(&hash, digest);
}
