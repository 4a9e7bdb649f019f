#![no_main]
ammeter_libfuzzer::fuzz!("canary_compares");
