#![no_main]
ammeter_libfuzzer::fuzz!("final_hop");
