//! N15, follow up: another ends an answer of 20 s and more, and what I say next takes up no word of it. Re-arms with the next
//! follow-up; cooldown 6 min (follow-ups drive being liked: Huang 2017 `[V]`; 20 s `[D]`).
//!
//! It says "Dig deeper". Naming what to dig into waits for a language model: see `written`.

use crate::governor::Moment;
use crate::rule::Rule;
use crate::rules::Watch;
use attune_engine::clock::MeetingTime;
use attune_engine::signal::Signal;
use std::time::Duration;

/// The change is asked about as long as it is news.
const NEWS: Duration = Duration::from_secs(15);

/// The rule's memory.
#[derive(Debug, Clone, Default)]
pub(crate) struct FollowUp {
    changed: Option<(MeetingTime, Duration)>,
    told: bool,
}

impl Watch for FollowUp {
    fn observe(&mut self, signal: &Signal) -> Option<Moment> {
        match *signal {
            Signal::TopicChanged { at, answer } if !self.told => self.changed = Some((at, answer)),
            Signal::FollowedUp { .. } => (self.changed, self.told) = (None, false),
            _ => {}
        }
        let (at, answer) = self.changed.filter(|(at, _)| signal.at().since(*at) <= NEWS)?;
        matches!(signal, Signal::Turn { .. } | Signal::Speech { .. }).then(|| {
            let evidence = format!(
                "They spoke for {} seconds, and you went on to something else.",
                answer.as_secs()
            );
            Moment::new(Rule::FollowUp, at, at, evidence)
        })
    }

    fn told(&mut self, _: &Moment) {
        (self.changed, self.told) = (None, true);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{
        spoke_at,
        tests::{at, speech},
    };

    fn changed(second: u64) -> [Signal; 2] {
        let answer = Duration::from_secs(25);
        [
            Signal::TopicChanged { at: at(second), answer },
            speech(second + 3, true),
        ]
    }

    #[test]
    fn a_change_of_topic_is_told_once_until_the_next_follow_up() {
        let followed = [Signal::FollowedUp { at: at(300) }];
        let spoke = |between: &[Signal]| {
            spoke_at(
                &mut FollowUp::default(),
                &[&changed(100), between, &changed(400)].concat(),
            )
        };
        assert_eq!(spoke(&[]), [103]);
        assert_eq!(spoke(&followed), [103, 403]);
    }

    #[test]
    fn it_gives_the_length_of_the_answer_as_its_reason() {
        let mut rule = FollowUp::default();
        let moment = changed(100).iter().find_map(|signal| rule.observe(signal)).unwrap();
        assert_eq!(
            moment.evidence,
            "They spoke for 25 seconds, and you went on to something else."
        );
    }

    #[test]
    fn what_is_no_news_is_not_told() {
        let heard = [
            Signal::TopicChanged {
                at: at(100),
                answer: Duration::from_secs(30),
            },
            speech(116, true),
        ];
        assert_eq!(spoke_at(&mut FollowUp::default(), &heard), [0; 0]);
    }
}
