//! What it costs to save the changes of many configs, one after the other and at once, turn by turn in one run.
//!
//! `cargo bench -p vconf --bench many`

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "the stores are made here, and the outcome is printed"
)]

#[expect(dead_code, reason = "other benches use the rest")]
mod shared;

use std::time::{Duration, Instant};

use shared::{Folder, SIZES, context, document};
use vconf::history::SaveOptions;
use vconf::model::name::ConfigName;
use vconf::worktree::{Worktree, WorktreeError};

const CONFIGS: usize = 100;
const TURNS: usize = 15;

/// How many times as fast saving at once is to be.
const BAR: f64 = 2.3;

fn main() {
    println!("{:22}{:>14}{:>14}{:>10}", format!("{CONFIGS} configs"), "one by one", "at once", "ratio");
    let mut is_missed = false;
    for size in &SIZES[..2] {
        let folder = Folder::new("many");
        let worktree = Worktree::new(folder.store(), &folder.0);
        let configs: Vec<_> =
            (0..CONFIGS).map(|at| ConfigName::new(&format!("app-{at}.yaml")).unwrap()).collect();
        let (mut one_by_one, mut at_once) = (Vec::new(), Vec::new());
        for turn in 0..=TURNS {
            change(&worktree, &configs, size.bytes, 2 * turn);
            let sequential = time(|| configs.iter().for_each(|config| save(&worktree, config).unwrap()));
            change(&worktree, &configs, size.bytes, 2 * turn + 1);
            let act = |config: &ConfigName| save(&worktree, config);
            let parallel = time(|| worktree.for_each(&configs, act, |_, saved| saved).unwrap());
            // The first turn makes the folders.
            if turn > 0 {
                one_by_one.push(sequential);
                at_once.push(parallel);
            }
        }
        let (one_by_one, at_once) = (median(one_by_one), median(at_once));
        let ratio = one_by_one.as_secs_f64() / at_once.as_secs_f64();
        is_missed |= ratio < BAR;
        let verdict = if ratio < BAR { "MISSED" } else { "ok" };
        println!(
            "{:22}{one_by_one:>14.1?}{at_once:>14.1?}{ratio:>10.2}   at least {BAR}   {verdict}",
            size.name
        );
    }
    std::process::exit(i32::from(is_missed));
}

fn change(worktree: &Worktree, configs: &[ConfigName], bytes: usize, edit: usize) {
    for config in configs {
        std::fs::write(worktree.path(config), document(bytes, edit)).unwrap();
    }
}

fn save(worktree: &Worktree, config: &ConfigName) -> Result<(), WorktreeError> {
    worktree.save(config, &SaveOptions::default(), &context()).map(drop)
}

fn time(act: impl FnOnce()) -> Duration {
    let start = Instant::now();
    act();
    start.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
