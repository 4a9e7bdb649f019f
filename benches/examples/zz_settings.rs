use ammeter_bench::receive::*;
fn main() {
    for (batch, n) in [(256usize, 65536usize), (16, 8192), (1, 1024)] {
        let d = tempfile::tempdir_in(std::env::var("TMPDIR").unwrap_or("/tmp".into())).unwrap();
        let r = durable(d.path(), 1, n, 16, batch).unwrap();
        println!(
            "batch {batch}: {:.0}/s of raw {:.2} {:?}",
            r.flow.rate(),
            r.of_raw(),
            r.flow.latency
        );
    }
    for n in [1000, 10_000, 100_000, 1_000_000] {
        let d = tempfile::tempdir_in(std::env::var("TMPDIR").unwrap_or("/tmp".into())).unwrap();
        let h = held(d.path(), 1, n).unwrap();
        println!("{h:?} reopen/raw {:.2}", h.reopen.as_secs_f64() / h.raw_read.as_secs_f64());
    }
    for s in [1, 4, 16, 256] {
        println!("{s} {:.0}/s", in_memory(1, 200_000, s).rate());
    }
}
