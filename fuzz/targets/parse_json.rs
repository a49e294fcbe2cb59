#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|source: &str| vconf_fuzz::json(source));
