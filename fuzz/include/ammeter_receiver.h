/* A receiver of Atomic Multi-Path payments in a shared library, for `ammeter attack --receiver library:PATH`.
 *
 * The library defines `ammeter_receiver`, with every function set. Calls come from one thread at a time for each
 * receiver; several receivers may be open in as many threads, each over a folder of its own.
 *
 * What a call points at is good until it returns, the effects included. They are told during the call, on its thread.
 * `onion` may be anything if `onion_size` is 0. No exception or panic may leave the library.
 *
 * A library that crashes, or never answers, takes the attack down with it: one that does is better attacked as a
 * program (`process:CMD`).
 */
#ifndef AMMETER_RECEIVER_H
#define AMMETER_RECEIVER_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define AMMETER_RECEIVER_VERSION 1

/* What to accept; amp/docs/receiver.md says what each means. */
typedef struct {
    uint32_t hash;                   /* 0: SHA-256, 1: BLAKE3 */
    uint32_t deviants_fail_set;      /* 0: only the newcomer fails */
    uint32_t sets_span_realms;       /* 0: a set stays on one chain */
    uint32_t spontaneous;            /* 0: only invoices are paid */
    uint32_t overpayment_factor_max;
    uint32_t expiry_margin_blocks;
    uint64_t hold_ms;
    uint64_t retention_ms;
    uint64_t bytes_max;
    uint32_t sets_max;
    uint32_t set_htlcs_max;
    uint32_t channel_htlcs_max;
    uint32_t htlcs_max;
    uint32_t part_count_max;
    uint32_t refusals_max;           /* refused HTLCs that are remembered one by one */
} ammeter_policy;

typedef struct {
    uint64_t channel_id;
    uint64_t htlc_id;
} ammeter_key;

typedef struct {
    ammeter_key key;
    uint8_t payment_hash[32];
    uint64_t amount_msat;
    uint32_t expiry;
    uint32_t is_payload; /* 0: legacy frames, 1: a TLV payload */
    const uint8_t *onion;
    size_t onion_size;
} ammeter_htlc;

typedef struct {
    uint8_t name[32];
    uint64_t amount_msat;
    uint32_t reusable;
    uint32_t reserved;
} ammeter_invoice;

/* Where effects go. Each is durable before it is told. `reason` is one of amp/docs/receiver.md, or NULL; `preimage` is never
 * NULL. */
typedef struct {
    void *context;
    void (*hold)(void *context, ammeter_key key);
    void (*settle)(void *context, ammeter_key key, const uint8_t preimage[32]);
    void (*fail)(void *context, ammeter_key key, const char *reason);
} ammeter_effects;

/* Events return 0 once what follows from them is durable and told, anything else if the receiver is dead. */
typedef struct {
    uint32_t version; /* AMMETER_RECEIVER_VERSION */
    /* Over the records in `folder`, which are none at first. Tells again what was decided and not carried out. NULL: it
     * cannot. */
    void *(*open)(const char *folder, const ammeter_policy *policy, const ammeter_effects *effects);
    int (*htlc)(void *receiver, const ammeter_htlc *htlc, const ammeter_effects *effects);
    int (*block)(void *receiver, uint32_t height, const ammeter_effects *effects);
    int (*clock)(void *receiver, uint64_t now_ms, const ammeter_effects *effects);
    int (*invoice)(void *receiver, const ammeter_invoice *invoice, const ammeter_effects *effects);
    int (*cancel)(void *receiver, const uint8_t name[32], const ammeter_effects *effects);
    int (*resolved)(void *receiver, ammeter_key key, const ammeter_effects *effects);
    /* As if its process had been killed: nothing is decided, nothing is told, memory is given back. Files may be closed,
     * which is kinder than a real kill: attack a program, or the store itself, for that. */
    void (*kill)(void *receiver);
} ammeter_receiver_api;

extern const ammeter_receiver_api ammeter_receiver;

#ifdef __cplusplus
}
#endif

#endif
