use super::*;

/// Three nodes, channels 5 (0–1) and 0x1_0000_0005 (1–2); the second forwards one way only.
fn snapshot() -> Vec<u8> {
    let mut bytes = b"LDK\x01".to_vec();
    bytes.extend([7; 32]);
    bytes.extend(1_700_000_000_u32.to_be_bytes());
    bytes.extend(3_u32.to_be_bytes());
    bytes.extend([2; 99]);
    bytes.extend(2_u32.to_be_bytes());
    bytes.extend([0, 0, 5, 0, 1]);
    bytes.extend([0, 1, 9, 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 1, 2]);
    bytes.extend(3_u32.to_be_bytes());
    bytes.extend(40_u16.to_be_bytes());
    bytes.extend(1_u64.to_be_bytes());
    bytes.extend(1000_u32.to_be_bytes());
    bytes.extend(100_u32.to_be_bytes());
    bytes.extend(5_000_000_u64.to_be_bytes());
    bytes.extend([5, 0]);
    bytes.extend([0, 0b0111_1101]);
    bytes.extend(144_u16.to_be_bytes());
    bytes.extend(2_u64.to_be_bytes());
    bytes.extend(3_u32.to_be_bytes());
    bytes.extend(4_u32.to_be_bytes());
    bytes.extend(6_000_000_u64.to_be_bytes());
    bytes.extend([0xff, 0, 0, 0, 1, 0, 0, 0, 0, 1]);
    bytes
}

fn refused(bytes: &[u8]) -> Reason {
    parse(bytes).unwrap_err().reason
}

#[test]
fn a_snapshot_is_read_as_it_is_documented() {
    let Snapshot { network, latest_seen, left_out } = parse(&snapshot()).unwrap();
    assert_eq!((network.nodes(), latest_seen, left_out), (3, 1_700_000_000, 0));
    let defaults = Policy {
        cltv_expiry_delta: 40,
        htlc_minimum_msat: 1,
        fee_base_msat: 1000,
        fee_proportional_millionths: 100,
        htlc_maximum_msat: 5_000_000,
    };
    let other = Policy {
        cltv_expiry_delta: 144,
        htlc_minimum_msat: 2,
        fee_base_msat: 3,
        fee_proportional_millionths: 4,
        htlc_maximum_msat: 6_000_000,
    };
    let one =
        Channel { ends: [0, 1], capacity_msat: 6_000_000, policies: [Some(defaults), Some(other)] };
    let two = Channel { ends: [1, 2], capacity_msat: 5_000_000, policies: [None, Some(defaults)] };
    assert_eq!(network.channels(), [one, two]);
}

#[test]
fn every_prefix_is_truncated_and_says_where() {
    let whole = snapshot();
    for length in 0..whole.len() {
        let error = parse(&whole[..length]).unwrap_err();
        assert_eq!(error.reason, Reason::Truncated, "{length}");
        assert!(error.offset <= length && !error.to_string().is_empty());
    }
    let longer = [&whole[..], &[0]].concat();
    let end = GossipError { offset: whole.len(), field: "end", reason: Reason::Trailing };
    assert_eq!(parse(&longer), Err(end));
}

#[test]
fn any_change_of_a_byte_gives_a_network_or_a_named_error() {
    let whole = snapshot();
    for place in 0..whole.len() {
        for value in 0..=255 {
            let mut bytes = whole.clone();
            bytes[place] = value;
            if let Ok(Snapshot { network, .. }) = parse(&bytes) {
                assert!(network.channels().iter().all(|c| c.capacity_msat <= SUPPLY_MSAT));
            }
        }
    }
}

#[test]
fn each_fault_has_its_name() {
    let changed = |place: usize, value: u8| {
        let mut bytes = snapshot();
        bytes[place] = value;
        refused(&bytes)
    };
    // Offsets: announcements begin at 147, updates at 170, their defaults end at 196.
    assert_eq!(changed(0, b'l'), Reason::Prefix);
    assert_eq!(changed(3, 2), Reason::Version(2));
    assert_eq!(changed(150, 3), Reason::UnknownNode(3));
    assert_eq!(changed(151, 0), Reason::SameNode);
    assert_eq!(changed(159, 0), Reason::NonMinimal);
    assert_eq!(changed(196, 6), Reason::UnknownChannel(6));
    assert_eq!(changed(197, 0x80), Reason::Incremental);
    assert_eq!(changed(197, 1), Reason::DuplicateUpdate(5));
}

#[test]
fn counts_allocate_nothing() {
    let mut bytes = snapshot();
    bytes[40..44].fill(0xff);
    assert_eq!(refused(&bytes), Reason::Truncated);
    let mut bytes = snapshot();
    bytes[166..170].fill(0xff);
    assert_eq!(refused(&bytes), Reason::Truncated);
    let mut bytes = snapshot();
    bytes[147..149].fill(0xff);
    assert_eq!(refused(&bytes), Reason::Truncated);
}

#[test]
fn without_updates_there_is_nothing_to_route_over() {
    let whole = snapshot();
    let bytes = [&whole[..166], &[0; 4]].concat();
    assert_eq!(refused(&bytes), Reason::NoChannels);
}
