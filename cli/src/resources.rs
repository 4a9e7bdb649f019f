//! Whether this machine has what the flags ask for. Asked later, a thread that does not start is a
//! panic, and memory that cannot be had an abort.

use std::{
    sync::mpsc::{self, Receiver},
    thread::{self, Builder},
};

use crate::console::Refusal;

/// Refuses `flag` if `count` threads would have to share cores: time off the core is taken off a
/// thread's time, and so each of them would look as fast as alone on one. What the system does not
/// tell is not refused.
pub fn cores(flag: &str, count: u64) -> Result<(), Refusal> {
    match thread::available_parallelism() {
        Ok(cores) if count > cores.get() as u64 => {
            let reason =
                format_args!("{count} threads would share {cores} cores; at most one a core");
            Err(Refusal::of(flag, reason))
        }
        _ => Ok(()),
    }
}

/// Starts `count` threads at once and lets them end, or refuses `flag`.
pub fn threads(flag: &str, count: u64) -> Result<(), Refusal> {
    let wait = |end: Receiver<()>| {
        let _ = end.recv();
    };
    thread::scope(|scope| {
        // Each thread lives until its sender is dropped, which is at the end of this scope.
        let mut ends = Vec::new();
        for started in 0..count {
            let (sender, end) = mpsc::channel();
            ends.push(sender);
            if let Err(error) = Builder::new().spawn_scoped(scope, move || wait(end)) {
                let reason = format_args!("only {started} of {count} threads start: {error}");
                return Err(Refusal::of(flag, reason));
            }
        }
        Ok(())
    })
}

/// Reserves `bytes` and gives them back, or refuses `flags`. What the system promises to too many
/// at once, it may still take back.
pub fn memory(flags: &str, bytes: u64) -> Result<(), Refusal> {
    let reserved = usize::try_from(bytes)
        .map_err(drop)
        .and_then(|bytes| Vec::<u8>::new().try_reserve_exact(bytes).map_err(drop));
    reserved.map_err(|()| {
        let mebibytes = bytes.div_ceil(1 << 20);
        Refusal::of(flags, format_args!("{mebibytes} MiB of memory are needed and not to be had"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_granted_and_what_is_not_refused() {
        assert_eq!(threads("--threads", 8), Ok(()));
        let cores_here = thread::available_parallelism().unwrap().get() as u64;
        assert_eq!(cores("--threads", cores_here), Ok(()));
        let refused = cores("--threads", cores_here + 1).unwrap_err().to_string();
        assert!(refused.starts_with("--threads: ") && refused.contains("cores"), "{refused}");
        assert_eq!(memory("--pairs", 1 << 20), Ok(()));
        let refused = memory("--pairs", u64::MAX).unwrap_err().to_string();
        assert!(refused.starts_with("--pairs: 17592186044416 MiB"), "{refused}");
    }
}
