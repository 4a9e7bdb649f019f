/* Intel's multi-buffer library, in bursts of as many messages as it takes at once. */
#include <stdio.h>

#include <intel-ipsec-mb.h>

#include "derive.h"

static IMB_MGR *manager;
static uint8_t messages[IMB_MAX_BURST_SIZE][MESSAGE_MAX];

/* With the argument `vector`, the SHA extensions are left alone. */
const char *introduce(const char *way) {
    static char text[256];
    int is_vector = !strcmp(way, "vector");
    IMB_ARCH arch;
    manager = alloc_mb_mgr(is_vector ? IMB_FLAG_SHANI_OFF : 0);
    if (!manager)
        fail("no memory for a manager");
    init_mb_mgr_auto(manager, &arch);
    int has_sha = !is_vector && (manager->features & IMB_FEATURE_SHANI);
    const char *isa = arch == IMB_ARCH_AVX512 ? "avx512" : has_sha ? "shani" : arch == IMB_ARCH_AVX2 ? "avx2" : "sse";
    snprintf(text, sizeof text, "name ipsec-mb\nversion %s\nisa %s\ncall IMB_SUBMIT_BURST_NOCHECK, IMB_AUTH_SHA_256%s",
             imb_get_version_str(), isa, is_vector ? ", IMB_FLAG_SHANI_OFF" : "");
    return text;
}

/* Hashes `count` messages of `size` bytes, `stride` bytes apart, to digests one after the other. */
static void hash(const uint8_t *message, size_t stride, size_t size, uint8_t *digest, uint32_t count) {
    IMB_JOB *jobs[IMB_MAX_BURST_SIZE];
    if (IMB_GET_NEXT_BURST(manager, count, jobs) != count)
        fail("no room for a burst");
    for (uint32_t k = 0; k < count; k++, message += stride, digest += 32) {
        IMB_JOB *job = jobs[k];
        job->cipher_mode = IMB_CIPHER_NULL;
        job->cipher_direction = IMB_DIR_ENCRYPT;
        job->chain_order = IMB_ORDER_HASH_CIPHER;
        job->hash_alg = IMB_AUTH_SHA_256;
        job->src = message;
        job->hash_start_src_offset_in_bytes = 0;
        job->msg_len_to_hash_in_bytes = size;
        job->auth_tag_output = digest;
        job->auth_tag_output_len_in_bytes = 32;
#if IMB_VERSION_NUM >= IMB_VERSION(1, 4, 0)
        imb_set_session(manager, job);
#endif
    }
    uint32_t done = IMB_SUBMIT_BURST_NOCHECK(manager, count, jobs);
    while (done < count) {
        uint32_t more = IMB_FLUSH_BURST(manager, count - done, jobs);
        if (!more)
            fail("a burst was not completed");
        done += more;
    }
}

void derive(struct work *work, uint32_t counter) {
    for (uint64_t payment = 0, place = 0; payment < work->payments; payment++) {
        for (uint64_t child = 0; child < work->children;) {
            uint64_t left = work->children - child;
            uint32_t count = left < IMB_MAX_BURST_SIZE ? (uint32_t)left : IMB_MAX_BURST_SIZE;
            uint8_t *preimages = work->preimages + 32 * place;
            size_t size = 0;
            for (uint32_t k = 0; k < count; k++) {
                if (child == 0)
                    begin_message(work, payment, counter, messages[k]);
                size = end_message(work, place + k, child + k, messages[k]);
            }
            hash(messages[0], MESSAGE_MAX, size, preimages, count);
            hash(preimages, 32, 32, work->hashes + 32 * place, count);
            child += count, place += count;
        }
    }
}
