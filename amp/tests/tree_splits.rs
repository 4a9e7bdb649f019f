//! Promise: a leaf is split as the mail's reply of 12 February 2018 says, and its worked example
//! comes out. The reply does not say what PRNG(seed)\[i\] is; H(seed ‖ be32(i)) is ours.

#[path = "support/load.rs"]
mod load;

use core::convert::Infallible;

use ammeter_core::{
    BasePreimage, Hash, PaymentHash, Preimage, Scheme, Share, reference,
    shares::{DEPTH_MAX, Leaf, reduce},
};
use load::{array, entries, int32};
use rand_core::{TryCryptoRng, TryRng};
use serde_json::Value;

/// "Draws" the shares of a worked example.
struct Script(Vec<Share>);

impl TryRng for Script {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        unreachable!("shares are drawn whole")
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        unreachable!("shares are drawn whole")
    }

    fn try_fill_bytes(&mut self, target: &mut [u8]) -> Result<(), Infallible> {
        target.copy_from_slice(self.0.remove(0).as_bytes());
        Ok(())
    }
}

impl TryCryptoRng for Script {}

fn byte(value: &Value) -> u8 {
    int32(value).try_into().expect("one byte")
}

#[test]
fn indices_and_depths_follow_the_rule() {
    for vector in entries(&load::peers()["tree_splits"]["splits"]) {
        let state = &vector["state"];
        let (index, depth) = (byte(&state["index"]), byte(&state["depth"]));
        let split = Leaf { share: Share::ZERO, index, depth }.split(&mut Script(vec![Share::ZERO]));
        let fits = vector["right_index_fits_u8"].as_bool().expect("a verdict");
        assert_eq!(split.is_ok(), fits);
        for (leaf, side) in split.into_iter().flatten().zip(["left", "right"]) {
            let expected = (int32(&vector[side]["index"]), int32(&vector[side]["depth"]));
            assert_eq!((u32::from(leaf.index), u32::from(leaf.depth)), expected);
            assert!(leaf.depth <= DEPTH_MAX);
        }
    }
}

#[test]
fn the_worked_example_comes_out() {
    let example = &load::peers()["tree_splits"]["example"];
    let seed = BasePreimage(array(&example["seed"]));
    let mut script = Script(vec![Share(array(&example["X"])), Share(array(&example["Y"]))]);
    let [first, rest] = Leaf::whole(&seed).split(&mut script).expect("not deep");
    let [second, third] = rest.split(&mut script).expect("not deep");

    let leaves = [first, second, third];
    let branches = entries(&example["branches"]);
    assert_eq!(branches.len(), leaves.len());
    for (leaf, branch) in leaves.iter().zip(branches) {
        assert_eq!(leaf.share, Share(array(&branch["share"])));
        assert_eq!((leaf.index, leaf.depth), (byte(&branch["index"]), byte(&branch["depth"])));
    }
    let shares = leaves.map(|leaf| leaf.share);
    assert_eq!(BasePreimage::from(reduce(&shares)), seed);

    assert_eq!(entries(&example["claims"]).len(), branches.len());
    for claim in entries(&example["claims"]) {
        let pair = reference::pair(Hash::Sha256, Scheme::Tree, &seed, None, int32(&claim["index"]));
        let expected = (Preimage(array(&claim["preimage"])), PaymentHash(array(&claim["hash"])));
        assert_eq!(pair, expected);
    }
}
