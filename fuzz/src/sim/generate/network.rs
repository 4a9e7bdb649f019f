//! HTLCs in their order of arrival, and what happens between them.

use ammeter_amp::receiver::Policy;
use ammeter_core::HtlcKey;

use crate::sim::{
    generate::{
        adversary,
        swarm::{Feature, Swarm},
    },
    history::{Arrival, EXPIRY, Fault, HEIGHT, History, NOW_MS, Operation},
    random::Random,
};

/// The next HTLC id of each channel, and the keys that are used.
struct Keys {
    next: [u64; 3],
    used: Vec<HtlcKey>,
    channels: u64,
}

impl Keys {
    /// A new key. Each channel counts from 0, so that HTLC ids repeat across channels.
    fn draw(&mut self, random: &mut Random) -> HtlcKey {
        let channel = random.below(self.channels);
        let htlc_id = self.next[channel as usize];
        self.next[channel as usize] += 1;
        let key = HtlcKey { channel_id: channel + 1, htlc_id };
        self.used.push(key);
        key
    }
}

/// Each part of each payment: most arrive once, a few twice or not at all, and some have twists.
pub(super) fn arrivals(history: &History, swarm: &Swarm, random: &mut Random) -> Vec<Arrival> {
    let margin = history.policy.expiry_margin_blocks;
    let channels = if swarm.has(Feature::OneChannel) { 1 } else { 3 };
    let mut keys = Keys { next: [0; 3], used: Vec::new(), channels };
    let mut arrivals = Vec::new();
    for (payment, position) in history.payments.iter().zip(0..) {
        let mut arrive = |part, twisted: bool, random: &mut Random| {
            let twists = if twisted {
                adversary::twists(payment, history.payments.len(), margin, swarm, random)
            } else if swarm.does(Feature::Legs, random, 3) {
                adversary::leg(margin, random)
            } else {
                Vec::new()
            };
            arrivals.push(Arrival { key: keys.draw(random), payment: position, part, twists });
        };
        for part in 0..payment.parts {
            if swarm.does(Feature::Drop, random, 6) {
                continue;
            }
            let twisted = random.once_in(8);
            arrive(part, twisted, random);
            if swarm.does(Feature::Retry, random, 4) {
                arrive(part, false, random);
            }
        }
        // HTLCs of an adversary who knows the payment's name.
        while swarm.does(Feature::Probes, random, 2) {
            let part = random.below(u64::from(payment.parts) + 1) as u8;
            arrive(part, true, random);
        }
    }
    if swarm.has(Feature::Reorder) {
        random.shuffle(&mut arrivals);
    }
    arrivals
}

/// Appends arrivals and everything else to the operations.
pub(super) fn schedule(
    history: &mut History,
    arrivals: Vec<Arrival>,
    swarm: &Swarm,
    random: &mut Random,
) {
    let mut late = Vec::new();
    let mut keys: Vec<HtlcKey> = Vec::new();
    let policy = history.policy;
    let mut time = Time { now_ms: NOW_MS, height: HEIGHT, policy };
    for arrival in arrivals {
        if swarm.does(Feature::Late, random, 5) {
            late.push(arrival);
            continue;
        }
        keys.push(arrival.key);
        meanwhile(&mut history.operations, &keys, &mut time, swarm, random);
        history.operations.push(Operation::Htlc(arrival));
    }
    for arrival in late {
        history.operations.push(Operation::Acknowledge);
        if swarm.does(Feature::Retention, random, 2) {
            let passed_ms = policy.retention_ms.saturating_add(random.below(2));
            time.now_ms = time.now_ms.saturating_add(passed_ms);
            history.operations.push(Operation::Clock { now_ms: time.now_ms });
        }
        keys.push(arrival.key);
        meanwhile(&mut history.operations, &keys, &mut time, swarm, random);
        history.operations.push(Operation::Htlc(arrival));
    }
    for _ in 0..random.below(4) {
        meanwhile(&mut history.operations, &keys, &mut time, swarm, random);
    }
}

/// The time, the height, and the policy that they are chosen for.
struct Time {
    now_ms: u64,
    height: u32,
    policy: Policy,
}

/// Appends what happens between two arrivals: nothing, or a few operations.
fn meanwhile(
    operations: &mut Vec<Operation>,
    keys: &[HtlcKey],
    time: &mut Time,
    swarm: &Swarm,
    random: &mut Random,
) {
    if keys.is_empty() {
        return;
    }
    use Operation::{Acknowledge, AcknowledgeOne, Again, Block, Cancel, Clock, Crash, Gone};
    if random.once_in(4) {
        operations.push(if random.once_in(2) {
            Acknowledge
        } else {
            AcknowledgeOne(random.pick(keys))
        });
    }
    if swarm.does(Feature::Again, random, 5) {
        operations.push(Again(random.pick(keys)));
    }
    if swarm.does(Feature::Clocks, random, 6) {
        let hold = time.policy.hold_ms;
        let one_more = hold.saturating_add(1);
        let passed_ms = random.pick(&[1, 1_000, hold / 2, hold.saturating_sub(1), hold, one_more]);
        time.now_ms = time.now_ms.saturating_add(passed_ms);
        operations.push(Clock { now_ms: time.now_ms });
    }
    if swarm.does(Feature::ClocksBack, random, 8) {
        let back_ms = random.pick(&[1, time.policy.hold_ms, NOW_MS]);
        operations.push(Clock { now_ms: time.now_ms.saturating_sub(back_ms) });
    }
    if swarm.does(Feature::Blocks, random, 6) {
        let margin = time.policy.expiry_margin_blocks;
        let to = [
            HEIGHT - 5,
            time.height + 1,
            HEIGHT + 20,
            HEIGHT + 40,
            EXPIRY - margin - 1,
            EXPIRY - margin,
            EXPIRY + 1,
        ];
        time.height = random.pick(&to);
        operations.push(Block { height: time.height });
    }
    if swarm.does(Feature::Cancel, random, 10) {
        operations.push(Cancel { number: random.below(2) as u8 });
    }
    if swarm.does(Feature::Gone, random, 12) {
        operations.push(Gone(random.pick(keys)));
    }
    if swarm.has(Feature::Crashes) && swarm.does(Feature::Clocks, random, 8) {
        let hold = time.policy.hold_ms;
        let duration_ms = random.pick(&[1, hold / 2, hold]);
        operations.push(Operation::Downtime { duration_ms });
    }
    if swarm.does(Feature::Crashes, random, 8) {
        operations.push(Crash);
    }
    if swarm.does(Feature::Faults, random, 4) {
        operations.push(Operation::Fault(fault(swarm, random)));
    }
}

fn fault(swarm: &Swarm, random: &mut Random) -> Fault {
    match random.below(if swarm.has(Feature::LyingSync) { 7 } else { 6 }) {
        0 => Fault::BeforeCommit,
        1 => Fault::Torn { writes: random.below(4) as u8 },
        2 => Fault::AfterCommit,
        3 => Fault::AfterEffects { sent: random.below(3) as u8 },
        4 => Fault::WriteError,
        5 => Fault::DiskFull,
        _ => Fault::SyncLies,
    }
}
