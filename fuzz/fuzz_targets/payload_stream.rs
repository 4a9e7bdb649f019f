#![no_main]
ammeter_libfuzzer::fuzz!("payload_stream");
