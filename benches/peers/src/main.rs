//! Makes the documents that `run` compares, and times vconf and its peers on them in CPU time.
//!
//! `peers make FOLDER` writes the documents; `peers time OLD NEW ROUNDS SUBJECT...` prints a line for each subject: its
//! name and the median of its microseconds.

mod documents;
mod subjects;

use std::any::Any;
use std::fs;
use std::path::Path;

use rustix::time::{ClockId, clock_gettime};
use subjects::Subject;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["make", folder] => documents::make(Path::new(folder)),
        ["time", old, new, rounds, ref names @ ..] => {
            let read = |path| fs::read_to_string(path).expect("the document can be read");
            time(&read(old), &read(new), rounds.parse().expect("a number of rounds"), names);
        }
        _ => panic!("peers make FOLDER | peers time OLD NEW ROUNDS SUBJECT..."),
    }
}

/// Every round runs each subject, so that what disturbs the machine disturbs all.
fn time(old: &str, new: &str, rounds: usize, names: &[&str]) {
    let subjects: Vec<Subject> = names.iter().map(|name| subjects::find(name)).collect();
    // Small documents are compared many times in a round, since the clock's own cost would count.
    let times = (2_000_000 / (old.len() + new.len())).clamp(1, 500);
    let mut taken = vec![Vec::new(); names.len()];
    // The first round only fills caches.
    for round in 0..=rounds {
        for (subject, taken) in subjects.iter().zip(&mut taken) {
            // Copies of the sources and the freeing of what was made are no part of the work.
            let sources: Vec<_> = (0..times).map(|_| (old.to_owned(), new.to_owned())).collect();
            let mut made: Vec<Box<dyn Any>> = Vec::with_capacity(times);
            let start = cpu_us();
            for (old, new) in sources {
                made.push(subject(old, new));
            }
            if round > 0 {
                taken.push((cpu_us() - start) / times as f64);
            }
        }
    }
    for (name, mut taken) in names.iter().zip(taken) {
        taken.sort_by(f64::total_cmp);
        println!("{name} {}", taken[taken.len() / 2]);
    }
}

/// User and system time of this process so far, in microseconds.
fn cpu_us() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 * 1e6 + time.tv_nsec as f64 / 1e3
}
