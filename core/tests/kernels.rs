//! Promise: every kernel gives what the slow twin gives, for every scheme and every length.

use ammeter_core::{
    dispatch::{Kernel, KernelError},
    testing,
};

#[test]
fn every_kernel_agrees_with_its_twin() {
    // What fails its self-test is not handed out, so the checker would never see it.
    for row in Kernel::census() {
        assert!(!matches!(row.kernel, Err(KernelError::SelfTest { .. })), "wrong: {row:?}");
    }
    let checked = testing::check_all().unwrap_or_else(|wrong| panic!("{wrong}"));
    assert!(checked >= 2, "the portable kernels run everywhere");
}
