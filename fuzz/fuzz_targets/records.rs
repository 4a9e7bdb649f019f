#![no_main]
ammeter_libfuzzer::fuzz!("records");
