//! The stretches of a track that are not heard, and why: what the client skipped, and what was withheld after it came in.

use crate::protocol::SampleClass;
use std::collections::VecDeque;

/// The class of a stretch that is not heard, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Class {
    pub(crate) class: SampleClass,
    pub(crate) reason: &'static str,
}

/// Stretches of 16 kHz samples, in order and disjoint.
#[derive(Debug, Default)]
pub(super) struct Unheard {
    stretches: VecDeque<Stretch>,
}

#[derive(Debug, Clone, Copy)]
struct Stretch {
    from: u64,
    to: u64,
    class: Class,
    /// It was withheld after it had come in: speech that reaches into it is withheld with it.
    forgotten: bool,
}

impl Unheard {
    /// `from..to` does not come; it lies behind everything known.
    pub(super) fn skip(&mut self, from: u64, to: u64, class: Class) {
        self.add(from, to, class, false);
    }

    /// `from..to` is withheld after all, except for what is not heard anyway.
    pub(super) fn forget(&mut self, from: u64, to: u64, class: Class) {
        let behind = self.stretches.iter().position(|stretch| stretch.to > from);
        let later = self.stretches.split_off(behind.unwrap_or(self.stretches.len()));
        let mut at = from;
        for stretch in later {
            self.add(at, stretch.from, class, true);
            self.stretches.push_back(stretch);
            at = stretch.to;
        }
        self.add(at, to, class, true);
    }

    fn add(&mut self, from: u64, to: u64, class: Class, forgotten: bool) {
        if from < to {
            self.stretches.push_back(Stretch {
                from,
                to,
                class,
                forgotten,
            });
        }
    }

    /// What `sample` is, if it is not heard, and how far that holds: at most up to `to`.
    pub(super) fn at(&self, sample: u64, to: u64) -> (u64, Option<Class>) {
        match self.stretches.iter().find(|stretch| stretch.to > sample) {
            Some(stretch) if stretch.from <= sample => (stretch.to.min(to), Some(stretch.class)),
            Some(stretch) => (stretch.from.min(to), None),
            None => (to, None),
        }
    }

    /// Why speech in `from..to` is withheld, if it is.
    pub(super) fn forgotten(&self, from: u64, to: u64) -> Option<Class> {
        self.stretches
            .iter()
            .find(|stretch| stretch.forgotten && stretch.from < to && from < stretch.to)
            .map(|stretch| stretch.class)
    }

    /// How many samples from `sample` on are not heard.
    pub(super) fn samples_from(&self, sample: u64) -> u64 {
        self.stretches
            .iter()
            .map(|stretch| stretch.to.saturating_sub(stretch.from.max(sample)))
            .sum()
    }

    /// Nobody asks for what lies before `sample` any more.
    pub(super) fn let_go_before(&mut self, sample: u64) {
        while self.stretches.front().is_some_and(|stretch| stretch.to <= sample) {
            self.stretches.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MUTED: Class = Class {
        class: SampleClass::Withheld,
        reason: "muted",
    };
    const OFF: Class = Class {
        class: SampleClass::Withheld,
        reason: "off_the_record",
    };

    fn classes(unheard: &Unheard, to: u64) -> Vec<(u64, u64, Option<&'static str>)> {
        let mut at = 0;
        let mut found = Vec::new();
        while at < to {
            let (end, class) = unheard.at(at, to);
            found.push((at, end, class.map(|class| class.reason)));
            at = end;
        }
        found
    }

    #[test]
    fn forgetting_fills_what_was_heard_and_leaves_what_was_not() {
        let mut unheard = Unheard::default();
        unheard.skip(10, 20, MUTED);
        unheard.skip(40, 50, MUTED);
        unheard.forget(15, 60, OFF);
        assert_eq!(
            classes(&unheard, 70),
            [
                (0, 10, None),
                (10, 20, Some("muted")),
                (20, 40, Some("off_the_record")),
                (40, 50, Some("muted")),
                (50, 60, Some("off_the_record")),
                (60, 70, None),
            ]
        );
        assert_eq!(unheard.forgotten(0, 15), None);
        assert_eq!(unheard.forgotten(0, 21), Some(OFF));
        assert_eq!(unheard.samples_from(45), 15);
    }

    proptest! {
        #[test]
        fn stretches_stay_in_order_and_disjoint(steps in prop::collection::vec((any::<bool>(), 0u64..50, 1u64..30), 1..20)) {
            let mut unheard = Unheard::default();
            let mut received = 0;
            for (skips, back, more) in steps {
                if skips {
                    unheard.skip(received, received + more, MUTED);
                    received += more;
                } else {
                    received += more;
                    unheard.forget(received.saturating_sub(back), received, OFF);
                }
            }
            let mut at = 0;
            for stretch in &unheard.stretches {
                prop_assert!(stretch.from >= at && stretch.from < stretch.to);
                at = stretch.to;
            }
        }
    }
}
