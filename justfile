# Short names for longer commands. `cargo run --release` and `cargo test --workspace` need none of them.

# show the menu
default:
    @just --list

# compare hash backends: table, record, page
compare *FLAGS:
    cargo run --release -- compare {{FLAGS}}

# compare with programs in other languages: builds what this machine can, and says what it skipped
backends *FLAGS:
    cargo run --release -- compare --hash sha256 --backends benches/backends/backends.toml {{FLAGS}}

# another commit and the working tree in one run; fails if a kernel is slower: just against main --hash sha256
against REV *FLAGS:
    cargo run --release -- compare --against {{REV}} --fail-above 3% {{FLAGS}}

# compare over many sizes of payment (`just sweep n`) or over threads (`just sweep threads`)
sweep OVER="n" *FLAGS:
    cargo run --release -- compare --sweep {{OVER}} {{FLAGS}}

# derive preimages and payment hashes
derive *FLAGS:
    cargo run --release -- derive {{FLAGS}}

# receive payments: events in, effects out, as JSON lines
receive *FLAGS:
    cargo run --release -- receive {{FLAGS}}

# the receiver's crash tests, with the number of crash points
crash:
    cargo test -p ammeter-amp --test crash --test crash_faults -- --nocapture at_every_write while_the_file growth_without_a_sync

# what this machine can run, and what would make its timings unreliable
doctor *FLAGS:
    cargo run --release -- doctor {{FLAGS}}

# attack the built-in receiver, or another: just attack --receiver specimen:sum-wraps
attack *FLAGS:
    cargo run --release -- attack {{FLAGS}}

# the detection and ablation tables
specimens *FLAGS:
    cargo run --release -- attack --specimens {{FLAGS}}

# all tests, once
test:
    cargo test --workspace

# the core's and targets' tests again with each kernel forced
kernels:
    .ci/kernels

# the kernels that this machine may not have: aarch64 under qemu, AVX-512 in an emulated CPU
emulators:
    .ci/emulators

# licences, sources and known vulnerabilities of what is linked
deny:
    .ci/deny

# compile with the oldest Rust that Cargo.toml promises
msrv:
    .ci/msrv

# each combination of the libraries' features
features:
    .ci/features

# the oldest release of each dependency that the manifests allow
minimal:
    .ci/minimal

# a static binary, a Debian package, a wheel, licences, a bill of materials, both libraries: in target/package
package *TARGET:
    .ci/package {{TARGET}}

# the pages as a book with search, in target/book
book:
    .ci/book

# one commit built in two folders gives the same bytes: minutes
reproducible:
    .ci/reproducible

# the public interface against the commit in which the version became what it is, or another one
semver *REV:
    .ci/semver {{REV}}

# what CI runs
ci:
    .ci/run

# one fuzz target until it fails or is stopped; its corpus is kept in fuzz/corpus
fuzz TARGET *OPTIONS:
    mkdir -p fuzz/corpus/{{TARGET}}
    .ci/libfuzzer run {{TARGET}} fuzz/corpus/{{TARGET}} fuzz/seeds/{{TARGET}} -- {{OPTIONS}}

# the same target under AFL++ (installs it on Debian)
afl TARGET *OPTIONS:
    .ci/afl {{TARGET}} {{OPTIONS}}

# every fuzz target for so many minutes, one after the other
fuzz-all MINUTES:
    for target in $(ls fuzz/seeds); do .ci/nightly $target {{MINUTES}} || exit 1; done

# lines of parsers and receiver that seeds and saved histories alone reach, and a page in coverage-page/
coverage:
    .ci/coverage coverage-page

# what runs every night: a long run of every target, coverage, mutation testing, the public interface, two builds
nightly MINUTES="30": (fuzz-all MINUTES) coverage mutants semver reproducible

# mutation testing with cargo-mutants; lists the changes that no test notices: `just mutants receiver`
mutants *ROOMS:
    .ci/mutants {{ROOMS}}

# criterion benches: kernels, batches, matching, shares; each wire format; the receiver, durable HTLCs a second
bench *ARGUMENTS:
    cargo bench -p ammeter-bench {{ARGUMENTS}}

# the table of docs/method.md: a backend compared with itself
method *ARGUMENTS:
    cargo run --release -p ammeter-bench --example method {{ARGUMENTS}}

# how often a planted slow-down is seen, and one where there is none: `just power --runs 100 --load 2`
power *ARGUMENTS:
    cargo run --release -p ammeter-bench --example power -- {{ARGUMENTS}}

# what a pair costs, counted: the numbers in docs/performance.md
operations:
    cargo run --release -p ammeter-core --features operations --example operations

# write the published vectors anew, and check them with both implementations
vectors:
    cargo run --release -- vectors write vectors
    .ci/vectors

# compare with the system's OpenSSL as well (installs its headers on Debian)
openssl *FLAGS:
    dpkg -s libssl-dev > /dev/null 2>&1 || apt-get install -y libssl-dev
    cargo run --release --features openssl -- compare {{FLAGS}}

# one page of all committed records, or of those that are named
report *RECORDS="reports/records/*.json":
    cargo run --release -- report {{RECORDS}}

# every kind of page in Chromium; pictures of them stay in target/pages/
pages:
    .ci/browser

# a two-minute comparison whose record is kept under reports/records/
record NAME:
    cargo run --release -- compare --out ammeter-out --json reports/records/{{NAME}}.json

# the assembly of a kernel, by name (avx512, avx512vl, shani, avx2, sse41, portable; on aarch64 neon, sha2)
asm KERNEL:
    cargo build --release
    objdump -d --no-show-raw-insn -C target/release/ammeter | awk '/^[0-9a-f]+ <ammeter_core::arch::.*{{KERNEL}}::/{p=1} /^$/{p=0} p'
