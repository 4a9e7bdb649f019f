//! Promise: the engine refuses a job that contradicts itself, and batches, streams and threads all
//! give the same children.

use ammeter_core::{
    BasePreimage, Engine, Hash, Indices, Isa, Job, JobError, Kernel, Pairs, PaymentHash, Preimage,
    Scheme, Share, dispatch::KernelError, engine::PARALLEL_MIN, reference,
};

const ROOT: BasePreimage = BasePreimage([9; 32]);

fn derive(
    scheme: Scheme,
    indices: Indices<'_>,
    shares: &[Share],
    places: usize,
) -> Result<(), JobError> {
    let mut preimages = vec![Preimage::ZERO; places];
    let mut payment_hashes = vec![PaymentHash::ZERO; places];
    let job = Job { scheme, root: &ROOT, indices, shares };
    let pairs = Pairs { preimages: &mut preimages, payment_hashes: &mut payment_hashes };
    let result = Engine::new(Hash::Sha256).unwrap().derive(&job, pairs);
    if result.is_err() {
        assert!(preimages.iter().all(|r| *r == Preimage::ZERO), "nothing is written");
    }
    result
}

#[test]
fn indices_outside_a_scheme_are_refused() {
    let last = u32::MAX;
    assert_eq!(
        Indices::range(last, 2).unwrap_err(),
        JobError::PastLastIndex { first: last, count: 2, last }
    );
    assert!(Indices::range(0, 1 << 32).is_ok());
    assert!(Indices::range(0, (1 << 32) + 1).is_err());
    assert!(Indices::range(1, u64::MAX).is_err());
    for (scheme, first, count) in [(Scheme::Og, 0, 1), (Scheme::Og, 0, 5)] {
        let indices = Indices::range(first, count).unwrap();
        let error = derive(scheme, indices, &[], count as usize).unwrap_err();
        assert_eq!(error, JobError::Index { scheme, position: 0, index: 0 });
    }
    for (scheme, last) in [(Scheme::Tree, 255), (Scheme::Bolts658, 65535)] {
        let inside = Indices::range(last - 1, 2).unwrap();
        assert_eq!(derive(scheme, inside, &[], 2), Ok(()));
        let past = Indices::range(last, 2).unwrap();
        assert_eq!(
            derive(scheme, past, &[], 2),
            Err(JobError::PastLastIndex { first: last, count: 2, last })
        );
        let list = [0, last, last + 1];
        assert_eq!(
            derive(scheme, Indices::list(&list), &[], 3),
            Err(JobError::Index { scheme, position: 2, index: last + 1 })
        );
    }
}

#[test]
fn lengths_that_differ_are_refused() {
    let indices = Indices::range(1, 3).unwrap();
    assert_eq!(
        derive(Scheme::Og, indices, &[], 2),
        Err(JobError::OutputLength { preimages: 2, payment_hashes: 2, children: 3 })
    );
    let shares = [Share([1; 32]), Share([2; 32])];
    assert_eq!(
        derive(Scheme::Lnd, indices, &shares, 3),
        Err(JobError::ShareCount { shares: 2, children: 3 })
    );
    assert_eq!(derive(Scheme::Og, Indices::range(1, 0).unwrap(), &[], 0), Ok(()));
    for error in [
        JobError::Index { scheme: Scheme::Og, position: 0, index: 0 },
        JobError::PastLastIndex { first: 1, count: 2, last: 3 },
        JobError::ShareCount { shares: 2, children: 3 },
        JobError::OutputLength { preimages: 1, payment_hashes: 2, children: 3 },
    ] {
        assert!(!error.to_string().contains('\n'));
    }
}

/// With and without threads, whole and streamed, as a range and as a list.
#[test]
fn all_ways_give_the_same_children() {
    let children = 2 * PARALLEL_MIN + 77;
    let list: Vec<u32> = (0..children as u32).map(|k| k + 5).collect();
    for hash in Hash::ALL {
        let engine = Engine::new(hash).unwrap();
        for scheme in [Scheme::Og, Scheme::Lnd] {
            let shares: Vec<Share> = list.iter().map(|k| Share([(k % 251) as u8; 32])).collect();
            let mut results = Vec::new();
            for (engine, indices) in [
                (engine, Indices::range(5, children as u64).unwrap()),
                (engine, Indices::list(&list)),
                (engine.single_threaded(), Indices::list(&list)),
            ] {
                let mut r = vec![Preimage::ZERO; children];
                let mut h = vec![PaymentHash::ZERO; children];
                let job = Job { scheme, root: &ROOT, indices, shares: &shares };
                let pairs = Pairs { preimages: &mut r, payment_hashes: &mut h };
                engine.derive(&job, pairs).unwrap();
                results.push((r, h));

                let (mut r, mut h) = (vec![Preimage::ZERO; 1000], vec![PaymentHash::ZERO; 1000]);
                let (mut all_r, mut all_h) = (Vec::new(), Vec::new());
                let pairs = Pairs { preimages: &mut r, payment_hashes: &mut h };
                engine
                    .stream(&job, pairs, |position, r, h| {
                        assert_eq!(position, all_r.len() as u64);
                        all_r.extend_from_slice(r);
                        all_h.extend_from_slice(h);
                        Ok::<(), JobError>(())
                    })
                    .unwrap();
                results.push((all_r, all_h));
            }
            for result in &results[1..] {
                assert!(*result == results[0], "{hash} {scheme}");
            }
            for position in [0, 1, PARALLEL_MIN - 1, PARALLEL_MIN, children - 1] {
                let (r, h) =
                    reference::pair(hash, scheme, &ROOT, Some(&shares[position]), list[position]);
                assert_eq!((results[0].0[position], results[0].1[position]), (r, h));
            }
        }
    }
}

#[test]
fn a_stream_ends_where_its_sink_says() {
    let (mut r, mut h) = ([Preimage::ZERO; 4], [PaymentHash::ZERO; 4]);
    let job = Job {
        scheme: Scheme::Og,
        root: &ROOT,
        indices: Indices::range(1, u64::from(u32::MAX)).unwrap(),
        shares: &[],
    };
    let mut calls = 0;
    let pairs = Pairs { preimages: &mut r, payment_hashes: &mut h };
    let result = Engine::new(Hash::Blake3).unwrap().stream(&job, pairs, |position, _, _| {
        calls += 1;
        if position == 8 { Err(Box::<dyn std::error::Error>::from("enough")) } else { Ok(()) }
    });
    assert_eq!((result.unwrap_err().to_string(), calls), ("enough".into(), 3));
}

#[test]
fn kernels_are_handed_out_by_name_or_refused_with_a_reason() {
    for hash in Hash::ALL {
        let portable = Kernel::named(hash, Isa::Portable).unwrap();
        assert_eq!((portable.hash(), portable.isa(), portable.lanes()), (hash, Isa::Portable, 1));
        assert_eq!(Kernel::available(hash).last().unwrap().isa(), Isa::Portable);
        for isa in Isa::ALL {
            match (Kernel::named(hash, isa), isa.lacking()) {
                (Ok(kernel), None) => assert_eq!(kernel.isa(), isa),
                (Err(KernelError::Feature { feature, .. }), Some(lacking)) => {
                    assert_eq!(feature, lacking);
                }
                (Err(KernelError::NotWritten { .. }), _) => {
                    assert!(!Kernel::census().any(|row| row.hash == hash && row.isa == isa));
                }
                other => panic!("{hash} {isa}: {other:?}"),
            }
        }
    }
}

/// The variable that forces a kernel is obeyed; CI runs all tests once with each name.
#[test]
fn a_forced_kernel_is_the_chosen_one() {
    let forced = std::env::var(ammeter_core::dispatch::KERNEL_VARIABLE).unwrap_or_default();
    for hash in Hash::ALL {
        let chosen = Kernel::chosen(hash).unwrap();
        let written = |isa| Kernel::census().any(|row| row.hash == hash && row.isa == isa);
        match forced.parse::<Isa>() {
            Ok(isa) if written(isa) => assert_eq!(chosen.isa(), isa),
            _ => assert_eq!(chosen.isa(), Kernel::available(hash).next().unwrap().isa()),
        }
    }
}

/// A calibrated engine goes by the clock that it was given, whatever that clock says.
#[test]
fn a_clock_that_says_nothing_leaves_all_to_the_first_kernel() {
    for hash in Hash::ALL {
        let mut ticks = 0;
        let engine = Engine::calibrated(hash, || {
            ticks += 1;
            ticks
        });
        let (engine, first) = (engine.unwrap(), Kernel::chosen(hash).unwrap());
        for children in 1..100 {
            assert_eq!(engine.kernel_for(children).isa(), first.isa(), "{hash}: {children}");
        }
        assert_eq!(engine.kernel().isa(), first.isa());
    }
}

/// Chosen by the table, and by clocks that lie: each count of children goes to some kernel.
fn engines(hash: Hash) -> Vec<Engine> {
    let mut engines = vec![Engine::new(hash).unwrap()];
    for seed in 0..4_u64 {
        let mut word = seed;
        let lying = Engine::calibrated(hash, || {
            word = word.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            word >> 40
        });
        engines.push(lying.unwrap());
    }
    engines
}

/// Small batches go to several kernels, whose seams must not show.
#[test]
fn every_small_batch_is_right_whatever_kernels_share_it() {
    for (hash, engine) in Hash::ALL
        .into_iter()
        .flat_map(|hash| engines(hash).into_iter().map(move |engine| (hash, engine)))
    {
        for scheme in Scheme::ALL {
            for children in 0..=100 {
                let shares: Vec<Share> = (0..children).map(|k| Share([k as u8; 32])).collect();
                let indices = Indices::range(1, children as u64).unwrap();
                let job = Job { scheme, root: &ROOT, indices, shares: &shares };
                let mut preimages = vec![Preimage::ZERO; children];
                let mut payment_hashes = vec![PaymentHash::ZERO; children];
                let pairs =
                    Pairs { preimages: &mut preimages, payment_hashes: &mut payment_hashes };
                engine.derive(&job, pairs).unwrap();
                for child in 0..children {
                    let index = child as u32 + 1;
                    let share = Some(&shares[child]);
                    let expected = reference::pair(hash, scheme, &ROOT, share, index);
                    let found = (preimages[child], payment_hashes[child]);
                    assert_eq!(found, expected, "{hash} {scheme}: {child} of {children}");
                }
            }
        }
    }
}

/// Whether whoever runs the tests chose the kernel.
fn is_forced() -> bool {
    std::env::var_os("AMMETER_KERNEL").is_some_and(|name| !name.is_empty())
}

/// No narrower kernel is left unused.
#[test]
fn a_wide_kernel_leaves_few_children_to_a_narrow_one() {
    for hash in Hash::ALL {
        let engine = Engine::new(hash).unwrap();
        let lanes = engine.kernel().lanes();
        if !is_forced() && lanes > 4 {
            assert!(engine.kernel_for(1).lanes() < lanes, "{hash}: one child, {lanes} lanes");
            assert_eq!(engine.kernel_for(2 * lanes).lanes(), lanes);
        }
    }
}

/// Intel's SHA instructions take so long that eight lanes are done first with eight children.
#[test]
#[cfg(target_arch = "x86_64")]
fn eight_children_go_to_lanes_on_intel_and_to_streams_elsewhere() {
    let has = |isa| Kernel::named(Hash::Sha256, isa).is_ok();
    let cpu = std::fs::read_to_string("/proc/cpuinfo");
    let Some(cpu) = cpu.ok().filter(|_| !is_forced() && has(Isa::ShaNi) && has(Isa::Avx512Vl))
    else {
        eprintln!("skipped: there is nothing to choose from here, or nobody says whose CPU it is");
        return;
    };
    let expected = match cpu.contains("GenuineIntel") {
        true => Isa::Avx512Vl,
        false => Isa::ShaNi,
    };
    let engine = Engine::new(Hash::Sha256).unwrap();
    assert_eq!(engine.kernel_for(8).isa(), expected);
    assert_eq!(engine.kernel_for(4).isa(), Isa::ShaNi);
}
