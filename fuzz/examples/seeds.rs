//! Writes `fuzz/seeds/` anew: messages of the published vectors, and messages that meet every fault by name.
//! Seeds that a fuzzer found are files of their own, and are left alone.
//!
//! `cargo run -p ammeter-fuzz --example seeds` from the root of the repository.

use std::{collections::HashSet, fs, io, path::Path};

use ammeter_fuzz::make;
use arbitrary::{Result, Unstructured};
use serde_json::Value;

fn main() -> io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = [
        ("frame-plain", "final_hop"),
        ("frame-basic", "final_hop"),
        ("frame-adaptive", "final_hop"),
        ("frame-committed", "final_hop"),
        ("frame-tree", "final_hop"),
        ("run", "run"),
        ("blob-pr31", "blob"),
        ("payload-tlv", "payload"),
    ];
    let mut writer = Seeds { root: root.join("seeds"), count: 0 };
    for (file, target) in files {
        let text = fs::read_to_string(root.join(format!("../vectors/{file}.json")))?;
        writer.published(file, target, &serde_json::from_str(&text).expect("a vector file"))?;
    }
    writer.streams()?;
    writer.rows()?;
    println!("{} seeds", writer.count);
    Ok(())
}

struct Seeds {
    root: std::path::PathBuf,
    count: usize,
}

impl Seeds {
    fn write(&mut self, target: &str, name: &str, bytes: &[u8]) -> io::Result<()> {
        let folder = self.root.join(target);
        fs::create_dir_all(&folder)?;
        self.count += 1;
        fs::write(folder.join(name), bytes)
    }

    /// Two valid messages of a file, and of the wrong ones the last for each reason.
    fn published(&mut self, file: &str, target: &str, vectors: &Value) -> io::Result<()> {
        let list = |key: &str| vectors[key].as_array().expect("a list").clone();
        for (number, vector) in list("valid").iter().take(2).enumerate() {
            self.write(target, &format!("{file}-valid-{number}"), &bytes(vector))?;
        }
        for vector in list("invalid") {
            let why = vector["why"].as_str().expect("a reason").replace(|c: char| !c.is_ascii_alphanumeric(), "-");
            self.write(target, &format!("{file}-{why}"), &bytes(&vector))?;
        }
        Ok(())
    }

    /// A payload's records and a record's value by themselves.
    fn streams(&mut self) -> io::Result<()> {
        let folder = self.root.join("payload");
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name().into_string().expect("our own names");
            let payload = fs::read(entry.path())?;
            if let [length @ ..=252, records @ ..] = &payload[..] {
                let stream = &records[..records.len().min(usize::from(*length))];
                self.write("payload_stream", &name, stream)?;
                self.write("extra", &name, stream)?;
                self.write("forward", &name, stream)?;
            }
        }
        Ok(())
    }

    /// What is made rather than published: the same on every run.
    fn rows(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn bytes(vector: &Value) -> Vec<u8> {
    let digits = vector["hex"].as_str().expect("hexadecimal digits");
    let pairs = digits.as_bytes().chunks_exact(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).expect("digits"), 16).expect("digits")).collect()
}
