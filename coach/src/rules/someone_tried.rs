//! N10, someone tried to speak: another began during my turn and gave up (C15, failed interruption, Microsoft `[V]`). Re-arms once
//! they have spoken for 3 s; cooldown 3 min. Whether they are still unmuted the page does not tell of others; that they tried says
//! that they were.

use crate::governor::Moment;
use crate::rule::Rule;
use crate::rules::Watch;
use attune_engine::clock::MeetingTime;
use attune_engine::signal::Signal;
use std::time::Duration;

/// Another has had their say.
const THEIR_SAY: Duration = Duration::from_secs(3);

/// The rule's memory.
#[derive(Debug, Clone, Default)]
pub(crate) struct SomeoneTried {
    tried: Option<MeetingTime>,
    told: bool,
}

impl Watch for SomeoneTried {
    fn observe(&mut self, signal: &Signal) -> Option<Moment> {
        match *signal {
            Signal::Tried { at } => {
                self.tried = Some(at).filter(|_| !self.told);
                None
            }
            Signal::Speech {
                start,
                mine: false,
                voice,
                ..
            } => {
                if voice >= THEIR_SAY && self.tried.is_none_or(|tried| start >= tried) {
                    (self.tried, self.told) = (None, false);
                }
                None
            }
            // While I go on.
            Signal::Turn { .. } => self.tried.map(|tried| {
                let evidence = "Someone began to speak and gave up.".to_owned();
                Moment::new(Rule::SomeoneTried, tried, tried, evidence)
            }),
            _ => None,
        }
    }

    fn told(&mut self, _: &Moment) {
        (self.tried, self.told) = (None, true);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{
        spoke_at,
        tests::{at, speech},
    };

    fn tried(second: u64) -> [Signal; 2] {
        [
            Signal::Tried { at: at(second) },
            Signal::Turn {
                start: at(100),
                at: at(second + 3),
            },
        ]
    }

    #[test]
    fn it_speaks_once_until_they_have_had_their_say() {
        let spoke = |between: &[Signal]| {
            spoke_at(
                &mut SomeoneTried::default(),
                &[&tried(200), between, &tried(400)].concat(),
            )
        };
        assert_eq!(spoke(&[]), [203]);
        assert_eq!(spoke(&[speech(300, false)]), [203, 403]);
    }

    #[test]
    fn whoever_got_the_floor_by_themselves_needs_no_help() {
        let heard = [
            Signal::Tried { at: at(200) },
            speech(220, false),
            Signal::Turn {
                start: at(225),
                at: at(230),
            },
        ];
        assert_eq!(spoke_at(&mut SomeoneTried::default(), &heard), [0; 0]);
    }
}
