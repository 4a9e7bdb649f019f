//! Promise: every kernel gives what the slow twin gives, for every scheme and every length.

#[test]
fn every_kernel_agrees_with_its_twin() {
    let checked = ammeter_core::testing::check_all().unwrap_or_else(|wrong| panic!("{wrong}"));
    assert!(checked >= 2, "the portable kernels run everywhere");
}
