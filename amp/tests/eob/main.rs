//! Promise: payloads are read and written byte for byte, whatever the bytes. Each module says how.

mod check;
mod faults;
mod peers;
mod reference;
mod totality;
mod values;

#[path = "../support/load.rs"]
mod load;
#[path = "../support/random.rs"]
mod random;
