#![no_main]

use libfuzzer_sys::fuzz_target;
use vconf::format::Format;

fuzz_target!(|source: &str| vconf_fuzz::parse(Format::Properties, source));
