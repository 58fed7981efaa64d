//! N18, flat delivery: presenting, and where it is the goal, my pitch (C24) varies by less than 1.5 semitones over a minute of voice,
//! and by less than 0.6 of my own. Re-arms above 2.5; cooldown 8 min (feedback on this raised variation, and it lasted: Hincks &
//! Edlund 2009 `[V]`; cut-offs `[D]`).

use crate::governor::Moment;
use crate::rule::Rule;
use crate::rules::{Latch, Watch};
use attune_engine::clock::MeetingTime;
use attune_engine::meeting_type::MeetingType;
use attune_engine::signal::{PitchHeard, Signal};
use std::collections::VecDeque;
use std::time::Duration;

/// Below this a minute is monotone, semitones.
const FLAT_ST: f32 = 1.5;
/// Someone who always speaks evenly is flat only this far below their own.
const FLAT_FACTOR: f32 = 0.6;
/// Where it is lively again, semitones.
const LIVELY_ST: f32 = 2.5;
/// The window.
const WINDOW: Duration = Duration::from_secs(60);
/// Voiced frames of 10 ms that make a melody of a minute: 20 s.
const FRAMES: u32 = 2_000;

/// The rule's memory.
#[derive(Debug, Clone)]
pub(crate) struct FlatDelivery {
    applies: bool,
    flat_st: f32,
    /// When my voice was first heard.
    began: Option<MeetingTime>,
    recent: VecDeque<(MeetingTime, PitchHeard)>,
    latch: Latch,
}

impl FlatDelivery {
    pub(crate) fn new(own_st: Option<f32>, meeting_type: MeetingType, goal: Option<Rule>) -> Self {
        Self {
            applies: meeting_type == MeetingType::Presentation && goal == Some(Rule::FlatDelivery),
            flat_st: own_st.map_or(FLAT_ST, |own| FLAT_ST.min(own * FLAT_FACTOR)),
            began: None,
            recent: VecDeque::new(),
            latch: Latch::new(Duration::ZERO, Duration::ZERO, WINDOW),
        }
    }
}

impl Watch for FlatDelivery {
    fn observe(&mut self, signal: &Signal) -> Option<Moment> {
        let Signal::Sound(sound) = *signal else {
            return None;
        };
        let began = *self.began.get_or_insert(sound.start);
        self.recent.extend(sound.pitch.map(|pitch| (sound.at, pitch)));
        self.recent.retain(|(earlier, _)| sound.at.since(*earlier) < WINDOW);
        let covered = sound.at.since(began) >= WINDOW;
        let pitch = PitchHeard::joined(self.recent.iter().map(|(_, pitch)| *pitch))?;
        if !self.applies || !covered || pitch.frames < FRAMES {
            return None;
        }
        let spread = pitch.spread_st();
        let since = self.latch.feed(sound.at, spread < self.flat_st, spread > LIVELY_ST)?;
        let evidence = format!("Your pitch moved by {spread:.1} semitones over the last minute.");
        Some(Moment::new(Rule::FlatDelivery, since, sound.at, evidence))
    }

    fn told(&mut self, _: &Moment) {
        self.latch.told();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{spoke_at, tests::sound};
    use attune_engine::signal::SoundHeard;
    use rstest::rstest;

    /// Segments of 5 s each, 3 s of them voiced.
    fn spread(from: u64, segments: u64, st: f32) -> Vec<Signal> {
        let pitch = PitchHeard {
            frames: 300,
            mean_st: 4.0,
            variance_st2: st * st,
        };
        let segment = |index| {
            Signal::Sound(SoundHeard {
                pitch: Some(pitch),
                ..sound(from + 6 * index)
            })
        };
        (1..=segments).map(segment).collect()
    }

    const PRESENTING: MeetingType = MeetingType::Presentation;
    const GOAL: Option<Rule> = Some(Rule::FlatDelivery);

    #[rstest]
    #[case::flat(PRESENTING, GOAL, None, 1.2, true)]
    #[case::lively(PRESENTING, GOAL, None, 1.6, false)]
    #[case::not_presenting(MeetingType::Other, GOAL, None, 1.2, false)]
    #[case::not_the_goal(PRESENTING, None, None, 1.2, false)]
    #[case::flat_is_their_way(PRESENTING, GOAL, Some(1.9), 1.2, false)]
    fn a_flat_minute_is_told(
        #[case] kind: MeetingType,
        #[case] goal: Option<Rule>,
        #[case] own: Option<f32>,
        #[case] st: f32,
        #[case] speaks: bool,
    ) {
        let spoke = spoke_at(&mut FlatDelivery::new(own, kind, goal), &spread(100, 15, st));
        assert_eq!(spoke.len(), usize::from(speaks), "{spoke:?}");
        assert!(spoke.iter().all(|second| *second >= 160));
    }

    #[test]
    fn it_speaks_again_only_after_a_lively_minute() {
        let heard = [spread(100, 20, 1.0), spread(220, 15, 3.0), spread(310, 20, 1.0)].concat();
        let spoke = spoke_at(&mut FlatDelivery::new(None, PRESENTING, GOAL), &heard);
        assert_eq!(spoke.len(), 2, "{spoke:?}");
        assert!(spoke[1] > 330);
    }
}
