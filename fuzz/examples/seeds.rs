//! Writes `fuzz/seeds/` anew: messages of the published vectors, and messages that meet every fault
//! by name. Seeds that a fuzzer found are files of their own, and are left alone.
//!
//! `cargo run -p ammeter-fuzz --example seeds` from the root of the repository.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

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
    writer.made()?;
    println!("{} seeds", writer.count);
    Ok(())
}

struct Seeds {
    root: PathBuf,
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
            let why = vector["why"]
                .as_str()
                .expect("a reason")
                .replace(|c: char| !c.is_ascii_alphanumeric(), "-");
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
    fn made(&mut self) -> io::Result<()> {
        for (name, message) in [
            ("forward-valid", hex("020101 040101 0608 0102030405060708 0701aa")),
            ("forward-no-channel", hex("020101 040101")),
            ("forward-channel-too-short", hex("020101 040101 0607 01020304050607")),
            ("forward-amp", [hex("020101 040101 0e40"), vec![1; 64]].concat()),
            ("forward-payment-data", [hex("020101 040101 0820"), vec![1; 32]].concat()),
        ] {
            self.write("forward", name, &message)?;
        }
        for (name, value) in [
            ("valid", vec![1; 65]),
            ("no-index", vec![1; 64]),
            ("longest-index", vec![1; 68]),
            ("too-short", vec![1; 63]),
            ("too-long", vec![1; 69]),
            ("zero-set-id", [vec![1; 32], vec![0; 32]].concat()),
            ("index-not-minimal", [vec![1; 64], vec![0, 1]].concat()),
        ] {
            self.write("amp", name, &value)?;
        }
        for (name, value) in [
            ("valid", vec![1; 33]),
            ("no-total", vec![1; 32]),
            ("longest-total", vec![1; 40]),
            ("too-short", vec![1; 31]),
            ("too-long", vec![1; 41]),
            ("total-not-minimal", [vec![1; 32], vec![0, 1]].concat()),
        ] {
            self.write("payment_data", name, &value)?;
        }
        self.numbers()?;
        for target in ["crashes", "histories", "kernels", "matching", "mutated", "sender", "shares"]
        {
            for row in 0..6 {
                // Byte 0 picks a scheme, a format or a plan.
                let any = |byte: u32| (byte * (2 * row + 1) * 0x9d + (byte >> 3)) as u8;
                let input: Vec<u8> = (0..480).map(any).collect();
                self.write(target, &format!("any-{row}"), &[&[row as u8], &input[..]].concat())?;
            }
        }
        Ok(())
    }

    /// A BigSize of each width, at its edges, as a type and as a length; and each of them too long.
    fn numbers(&mut self) -> io::Result<()> {
        let numbers = [
            "fd00fd",
            "fdffff",
            "fe00010001",
            "feffffffff",
            "ff0000000100000001",
            "ffffffffffffffffff",
            "fd00fb",
            "fe0000ffff",
            "ff00000000ffffffff",
            "fd00",
            "fe000100",
            "ff00000001000000",
        ];
        for number in numbers {
            let kind = [hex("0201010401010608"), vec![9; 8], hex(number), hex("01aa")].concat();
            self.write("forward", &format!("type-{number}"), &kind)?;
            let kind = [hex("020101040101"), hex(number), hex("01aa")].concat();
            self.write("payload_stream", &format!("type-{number}"), &kind)?;
            let length = [hex("020101040101fd0101"), hex(number), vec![0xaa; 300]].concat();
            self.write("payload_stream", &format!("length-{number}"), &length)?;
            self.write("extra", &format!("length-{number}"), &length)?;
            let payload = [hex(number), hex("020101040101"), vec![0xaa; 300]].concat();
            self.write("payload", &format!("length-{number}"), &payload)?;
        }
        // 253 bytes of records, and 65536: payloads whose own length is longer.
        for size in [0xfd - 6 - 4, 0x1_0000 - 6 - 4 - 2] {
            let records =
                [hex("020101040101 05fd"), (size as u16).to_be_bytes().to_vec(), vec![1; size]]
                    .concat();
            let length = if size < 1000 { hex("fd00fd") } else { hex("fe0000fffe") };
            let payload = [length, records, vec![0; 32]].concat();
            self.write("payload", &format!("records-of-{size}"), &payload)?;
        }
        Ok(())
    }
}

fn bytes(vector: &Value) -> Vec<u8> {
    hex(vector["hex"].as_str().expect("hexadecimal digits"))
}

fn hex(digits: &str) -> Vec<u8> {
    let digits = digits.replace(' ', "");
    let pairs = digits.as_bytes().chunks_exact(2);
    pairs
        .map(|pair| {
            u8::from_str_radix(std::str::from_utf8(pair).expect("digits"), 16).expect("digits")
        })
        .collect()
}
