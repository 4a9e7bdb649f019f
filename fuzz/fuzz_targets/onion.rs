#![no_main]
ammeter_libfuzzer::fuzz!("onion");
