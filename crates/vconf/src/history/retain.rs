//! Retention: which rule keeps a version.

use std::collections::BTreeSet;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::model::name::RefName;
use crate::model::time::Timestamp;

/// What is kept, besides what never goes. A version that no rule keeps is forgotten.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct KeepRules {
    /// So many of the newest versions.
    pub last: u64,
    /// The newest version of each of so many of the last days that have one.
    pub daily: u64,
    /// The same of weeks, which begin on Monday.
    pub weekly: u64,
    /// The same of months.
    pub monthly: u64,
    /// The same of years.
    pub yearly: u64,
    /// Each version that is not older than this.
    pub since: Option<Timestamp>,
}

impl KeepRules {
    /// Whether there is no rule at all.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Why a version is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Keep {
    /// It is the newest: its number says which is the next.
    Newest,
    /// It is a branch's head.
    Head(RefName),
    /// A tag names it.
    Tag(RefName),
    /// A branch parts from another with it.
    BranchPoint,
    /// It is a merge.
    Merge,
    /// The next undo, or the redo of the last one, goes back to it.
    Undo,
    /// It can't be read: what can't be looked at is not forgotten.
    Damaged,
    /// It is among the last.
    Last,
    /// It is the newest of its day.
    Daily,
    /// It is the newest of its week.
    Weekly,
    /// It is the newest of its month.
    Monthly,
    /// It is the newest of its year.
    Yearly,
    /// It is not old enough.
    Within,
}

/// The rules at work on versions from the newest down.
pub(super) struct Keeping<'a> {
    rules: &'a KeepRules,
    zone: &'a TimeZone,
    seen: u64,
    /// The periods of which the newest version is kept, by rule.
    periods: [BTreeSet<Date>; 4],
}

impl<'a> Keeping<'a> {
    pub(super) fn new(rules: &'a KeepRules, zone: &'a TimeZone) -> Self {
        Self { rules, zone, seen: 0, periods: Default::default() }
    }

    /// The rules that keep the next version.
    pub(super) fn next(&mut self, time: Timestamp) -> Vec<Keep> {
        let mut why = Vec::new();
        self.seen += 1;
        if self.seen <= self.rules.last {
            why.push(Keep::Last);
        }
        let date = time.as_jiff().to_zoned_datetime(self.zone.clone()).date();
        let back_to_monday = date.weekday().to_monday_zero_offset();
        let week = date.checked_sub(jiff::Span::new().days(back_to_monday)).unwrap_or(date);
        let month = date.first_of_month();
        let counted = [
            (self.rules.daily, date, Keep::Daily),
            (self.rules.weekly, week, Keep::Weekly),
            (self.rules.monthly, month, Keep::Monthly),
            (self.rules.yearly, date.first_of_year(), Keep::Yearly),
        ];
        for ((most, period, keep), periods) in counted.into_iter().zip(&mut self.periods) {
            if (periods.len() as u64) < most && periods.insert(period) {
                why.push(keep);
            }
        }
        if self.rules.since.is_some_and(|since| time >= since) {
            why.push(Keep::Within);
        }
        why
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(rules: &KeepRules, times: &[&str]) -> Vec<usize> {
        let zone = TimeZone::UTC;
        let mut keeping = Keeping::new(rules, &zone);
        let keeps = |time: &&str| !keeping.next(time.parse().unwrap()).is_empty();
        let kept: Vec<bool> = times.iter().map(keeps).collect();
        (0..times.len()).filter(|at| kept[*at]).collect()
    }

    #[test]
    fn each_rule_keeps_the_newest_of_its_periods() {
        let times = [
            "2026-11-24T12:00:00.000000Z",
            "2026-11-24T08:00:00.000000Z",
            "2026-11-23T23:00:00.000000Z",
            "2026-11-22T23:00:00.000000Z",
            "2026-10-31T10:00:00.000000Z",
            "2026-10-01T10:00:00.000000Z",
            "2025-12-31T10:00:00.000000Z",
            "2025-12-31T09:00:00.000000Z",
        ];
        let rules = KeepRules::default();
        assert_eq!(kept(&KeepRules { last: 3, ..rules.clone() }, &times), [0, 1, 2]);
        assert_eq!(kept(&KeepRules { daily: 3, ..rules.clone() }, &times), [0, 2, 3]);
        assert_eq!(kept(&KeepRules { weekly: 2, ..rules.clone() }, &times), [0, 3]);
        assert_eq!(kept(&KeepRules { monthly: 9, ..rules.clone() }, &times), [0, 4, 6]);
        assert_eq!(kept(&KeepRules { yearly: 9, ..rules.clone() }, &times), [0, 6]);
        let since = Some(times[2].parse().unwrap());
        assert_eq!(kept(&KeepRules { since, ..rules.clone() }, &times), [0, 1, 2]);
        assert_eq!(kept(&KeepRules { last: 1, yearly: 2, ..rules }, &times), [0, 6]);
        assert!(KeepRules::default().is_empty());
    }
}
