#![no_main]
ammeter_libfuzzer::fuzz!("payment_data");
