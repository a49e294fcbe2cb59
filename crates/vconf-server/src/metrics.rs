//! Numbers for Prometheus: how much was asked for, how it ended, how long it took.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use crate::routes;

/// Counts what the server does.
#[derive(Debug)]
pub(crate) struct Metrics {
    routes: Vec<RouteNumbers>,
    pub(crate) connections: AtomicI64,
    pub(crate) watchers: AtomicI64,
    pub(crate) refused_connections: AtomicU64,
    pub(crate) wrong_tokens: AtomicU64,
}

#[derive(Debug)]
struct RouteNumbers {
    name: &'static str,
    /// By the first digit of the status.
    statuses: [AtomicU64; 6],
    /// By how long it took: up to each bound, and longer.
    buckets: [AtomicU64; BOUNDS.len() + 1],
    microseconds: AtomicU64,
}

/// Seconds.
const BOUNDS: [f64; 8] = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0];

impl Default for Metrics {
    fn default() -> Self {
        let numbers = |name| RouteNumbers {
            name,
            statuses: Default::default(),
            buckets: Default::default(),
            microseconds: AtomicU64::new(0),
        };
        Self {
            routes: routes::all().map(|route| numbers(route.name)).chain([numbers(OTHER)]).collect(),
            connections: AtomicI64::new(0),
            watchers: AtomicI64::new(0),
            refused_connections: AtomicU64::new(0),
            wrong_tokens: AtomicU64::new(0),
        }
    }
}

/// What is no route.
const OTHER: &str = "other";

impl Metrics {
    /// Counts an answer.
    pub(crate) fn count(&self, route: Option<&str>, status: u16, took: Duration) {
        let wanted = route.unwrap_or(OTHER);
        // A name is mostly the very one of the table; the texts are compared only where it is not.
        let is_it = |numbers: &&RouteNumbers| std::ptr::eq(numbers.name, wanted);
        let by_text = || self.routes.iter().find(|numbers| numbers.name == wanted);
        let Some(numbers) = self.routes.iter().find(is_it).or_else(by_text) else { return };
        numbers.statuses[usize::from(status / 100).min(5)].fetch_add(1, Ordering::Relaxed);
        let seconds = took.as_secs_f64();
        let bucket = BOUNDS.iter().position(|bound| seconds <= *bound).unwrap_or(BOUNDS.len());
        numbers.buckets[bucket].fetch_add(1, Ordering::Relaxed);
        numbers.microseconds.fetch_add(took.as_micros() as u64, Ordering::Relaxed);
    }

    /// All of them, in Prometheus' text format.
    pub(crate) fn to_text(&self) -> String {
        let mut text = String::new();
        head(&mut text, "vconf_requests_total", "counter", "Requests by route and status.");
        for numbers in &self.routes {
            for (class, count) in numbers.statuses.iter().enumerate() {
                let count = count.load(Ordering::Relaxed);
                if count > 0 {
                    let name = numbers.name;
                    line(
                        &mut text,
                        &format!("vconf_requests_total{{route=\"{name}\",status=\"{class}xx\"}}"),
                        count,
                    );
                }
            }
        }
        head(&mut text, "vconf_request_seconds", "histogram", "How long requests took.");
        for numbers in &self.routes {
            numbers.histogram(&mut text);
        }
        let gauges = [
            ("vconf_connections", "Connections that are open.", &self.connections),
            ("vconf_watchers", "Clients that wait for events.", &self.watchers),
        ];
        for (name, about, gauge) in gauges {
            head(&mut text, name, "gauge", about);
            line(&mut text, name, gauge.load(Ordering::Relaxed));
        }
        let counters = [
            (
                "vconf_refused_connections_total",
                "Connections refused for there were too many.",
                &self.refused_connections,
            ),
            ("vconf_wrong_tokens_total", "Requests with a token that does not count.", &self.wrong_tokens),
        ];
        for (name, about, counter) in counters {
            head(&mut text, name, "counter", about);
            line(&mut text, name, counter.load(Ordering::Relaxed));
        }
        text
    }
}

impl RouteNumbers {
    fn histogram(&self, text: &mut String) {
        let counts: Vec<_> = self.buckets.iter().map(|count| count.load(Ordering::Relaxed)).collect();
        let total: u64 = counts.iter().sum();
        if total == 0 {
            return;
        }
        let name = self.name;
        let mut so_far = 0;
        let bounds = BOUNDS.iter().map(ToString::to_string).chain(["+Inf".to_owned()]);
        for (bound, count) in bounds.zip(counts) {
            so_far += count;
            line(text, &format!("vconf_request_seconds_bucket{{route=\"{name}\",le=\"{bound}\"}}"), so_far);
        }
        let seconds = self.microseconds.load(Ordering::Relaxed) as f64 / 1e6;
        line(text, &format!("vconf_request_seconds_sum{{route=\"{name}\"}}"), seconds);
        line(text, &format!("vconf_request_seconds_count{{route=\"{name}\"}}"), total);
    }
}

fn head(text: &mut String, name: &str, kind: &str, about: &str) {
    // Writing to a string does not fail.
    let _ = writeln!(text, "# HELP {name} {about}\n# TYPE {name} {kind}");
}

fn line(text: &mut String, name: &str, value: impl std::fmt::Display) {
    let _ = writeln!(text, "{name} {value}");
}
