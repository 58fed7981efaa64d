//! Who spoke how much over the last minutes (C1, rolling), and what is usual for a kind of meeting.

use attune_engine::clock::MeetingTime;
use attune_engine::meeting_type::MeetingType;
use attune_engine::signal::Signal;
use std::collections::VecDeque;
use std::time::Duration;

/// Speech needed in the window before a share means anything: C1's minimum is 5 minutes over a meeting, and a window of ten is
/// rarely spoken through `[D]`.
const ENOUGH: Duration = Duration::from_secs(180);

/// The speech of the last `window`.
#[derive(Debug, Clone)]
pub(crate) struct Share {
    window: Duration,
    began: Option<MeetingTime>,
    spoken: VecDeque<Spoken>,
}

#[derive(Debug, Clone, Copy)]
struct Spoken {
    at: MeetingTime,
    mine: bool,
    voice: Duration,
    trusted: bool,
}

impl Share {
    pub(crate) const fn over(window: Duration) -> Self {
        Self {
            window,
            began: None,
            spoken: VecDeque::new(),
        }
    }

    /// Takes speech in; true where it was some.
    pub(crate) fn observe(&mut self, signal: &Signal) -> bool {
        let Signal::Speech {
            at,
            mine,
            voice,
            trusted,
            ..
        } = *signal
        else {
            return false;
        };
        self.began = self.began.or(Some(at));
        self.spoken.push_back(Spoken {
            at,
            mine,
            voice,
            trusted,
        });
        while self
            .spoken
            .front()
            .is_some_and(|spoken| at.since(spoken.at) >= self.window)
        {
            self.spoken.pop_front();
        }
        true
    }

    /// My share of all speech, 0 to 1, once a whole window with enough of it has passed.
    pub(crate) fn mine(&self) -> Option<f64> {
        let now = self.spoken.back()?.at;
        let all = self.voice(|_| true);
        (now.since(self.began?) >= self.window && all >= ENOUGH)
            .then(|| self.voice(|spoken| spoken.mine).as_secs_f64() / all.as_secs_f64())
    }

    /// The share of my speech whose words can be trusted, 0 to 1.
    pub(crate) fn trusted(&self) -> f64 {
        let mine = self.voice(|spoken| spoken.mine);
        let trusted = self.voice(|spoken| spoken.mine && spoken.trusted);
        if mine.is_zero() {
            0.0
        } else {
            trusted.as_secs_f64() / mine.as_secs_f64()
        }
    }

    fn voice(&self, counts: impl Fn(&Spoken) -> bool) -> Duration {
        self.spoken
            .iter()
            .filter(|spoken| counts(spoken))
            .map(|spoken| spoken.voice)
            .sum()
    }
}

/// The usual share in percent, from and to (C1: types miniti `[V]`, else at most 65, Gong `[V]`). `people` as far as the page
/// shows them: a stand-up is shared evenly, give or take 40 %.
pub(crate) fn usual(meeting_type: MeetingType, people: Option<usize>) -> (Option<f64>, Option<f64>) {
    let between = |low, high| (Some(low), Some(high));
    match meeting_type {
        MeetingType::Discovery => between(35.0, 50.0),
        MeetingType::Demo | MeetingType::Candidate => between(50.0, 70.0),
        MeetingType::Interviewer => between(20.0, 30.0),
        MeetingType::OneOnOneManager => between(20.0, 40.0),
        MeetingType::OneOnOneReport => between(40.0, 60.0),
        MeetingType::StandUp => match people.filter(|people| *people > 1) {
            Some(people) => between(60.0 / people as f64, 140.0 / people as f64),
            None => (None, None),
        },
        MeetingType::Presentation => (None, None),
        MeetingType::InternalUpdate | MeetingType::Other => (None, Some(65.0)),
    }
}

/// Segments of ten seconds from `from` to `to` (seconds), `mine` of every ten of them mine.
#[cfg(test)]
pub(crate) fn shared(from: u64, to: u64, mine: u64) -> Vec<Signal> {
    (from / 10..to / 10)
        .map(|segment| Signal::Speech {
            start: MeetingTime::from_ms(segment * 10_000),
            at: MeetingTime::from_ms(segment * 10_000 + 9_000),
            mine: segment % 10 < mine,
            voice: Duration::from_secs(9),
            trusted: true,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_over_the_window_alone() {
        let mut share = Share::over(Duration::from_secs(600));
        for signal in [shared(0, 600, 10), shared(600, 1_300, 4)].concat() {
            share.observe(&signal);
        }
        assert!((share.mine().unwrap() - 0.4).abs() < 0.02, "{:?}", share.mine());
        assert!((share.trusted() - 1.0).abs() < 1e-6);
    }

    #[test]
    fn half_a_window_says_nothing() {
        let mut share = Share::over(Duration::from_secs(600));
        for signal in shared(0, 500, 9) {
            share.observe(&signal);
        }
        assert_eq!(share.mine(), None);
    }

    #[test]
    fn a_stand_up_is_shared_evenly() {
        assert_eq!(usual(MeetingType::StandUp, Some(5)), (Some(12.0), Some(28.0)));
        assert_eq!(usual(MeetingType::StandUp, None), (None, None));
    }
}
