//! placeholder until the page lands
use crate::record::Record;
pub fn page(_: &Record) -> String {
    String::new()
}
