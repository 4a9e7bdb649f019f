/* Portable C, as CLN hashes. */
#include "derive.h"
#include "sha256.h"

const char *introduce(const char *way) {
    (void)way;
    return "name c-portable\nversion FIPS 180-4 by hand, compiler " __VERSION__
           "\nisa portable\ncall sha256(message, size, digest)";
}

void derive(struct work *work, uint32_t counter) {
    uint8_t message[MESSAGE_MAX];
    for (uint64_t payment = 0, place = 0; payment < work->payments; payment++) {
        begin_message(work, payment, counter, message);
        for (uint64_t child = 0; child < work->children; child++, place++) {
            size_t size = end_message(work, place, child, message);
            sha256(message, size, work->preimages + 32 * place);
            sha256(work->preimages + 32 * place, 32, work->hashes + 32 * place);
        }
    }
}
