//! The library through its public boundary, on real histories and conformance data where they are at hand.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panic")]

mod architecture;
mod branches;
mod canonical;
mod compose;
mod conformance;
mod contract;
mod crash;
mod crash_files;
mod damage;
mod diff_cases;
mod diff_histories;
mod diff_patch;
mod diff_support;
mod differential;
mod edit_histories;
mod edit_json;
mod edit_kept;
mod edit_lines;
mod edit_random;
mod edit_sources;
mod edit_support;
mod edit_toml;
mod edit_yaml;
mod faulty;
mod format_doc;
mod fuzzy;
mod histories;
mod json_patch;
mod merge_laws;
mod merge_real;
mod merge_sources;
mod model;
mod pairs;
mod printing;
mod python_import;
mod repair;
mod robustness;
mod saved_histories;
mod schema;
mod scratch;
mod state;
mod store_faults;
mod support;
mod switching;
