/* The shortest receiver there is, and a bad one: it holds every HTLC and never claims any.
 *
 *     cc -shared -fPIC -I fuzz/include -o forgetful.so fuzz/examples/library/forgetful.c
 *     cargo run --release -- attack --receiver library:./forgetful.so
 */
#include "ammeter_receiver.h"

static int nothing;

static void *open(const char *folder, const ammeter_policy *policy, const ammeter_effects *effects) {
    (void)folder, (void)policy, (void)effects;
    return &nothing;
}

static int htlc(void *receiver, const ammeter_htlc *htlc, const ammeter_effects *effects) {
    (void)receiver;
    effects->hold(effects->context, htlc->key);
    return 0;
}

static int block(void *receiver, uint32_t height, const ammeter_effects *effects) {
    return (void)receiver, (void)height, (void)effects, 0;
}

static int clock(void *receiver, uint64_t now_ms, const ammeter_effects *effects) {
    return (void)receiver, (void)now_ms, (void)effects, 0;
}

static int invoice(void *receiver, const ammeter_invoice *invoice, const ammeter_effects *effects) {
    return (void)receiver, (void)invoice, (void)effects, 0;
}

static int cancel(void *receiver, const uint8_t name[32], const ammeter_effects *effects) {
    return (void)receiver, (void)name, (void)effects, 0;
}

static int resolved(void *receiver, ammeter_key key, const ammeter_effects *effects) {
    return (void)receiver, (void)key, (void)effects, 0;
}

static void kill(void *receiver) { (void)receiver; }

const ammeter_receiver_api ammeter_receiver = {
    .version = AMMETER_RECEIVER_VERSION,
    .open = open,
    .htlc = htlc,
    .block = block,
    .clock = clock,
    .invoice = invoice,
    .cancel = cancel,
    .resolved = resolved,
    .kill = kill,
};
