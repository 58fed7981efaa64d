//! One rule per file. A rule hears every signal and tells what it sees for as long as it sees it; whether that is shown is
//! the governor's business. Once it counts as said (`told`) the rule is quiet until what it saw is over (hysteresis).
//!
//! Silence makes no moment. Live it is told as it passes, read back only as far as the next final knew of it: a rule that
//! spoke at one would speak otherwise after a resume.

mod bad_sound;
mod closed_streak;
mod cut_in;
mod filler_cluster;
mod flat_delivery;
mod follow_up;
mod hedge_run;
mod latch;
mod long_monologue;
mod monologue;
mod no_questions;
mod over_talking;
mod owner_date;
mod quick_on_the_trigger;
mod rushing;
mod share;
mod silent_participant;
mod someone_tried;
mod stacked_questions;
mod take_a_break;
mod talking_muted;
mod time_left;
mod too_fast;
mod too_quiet;
mod too_slow;
mod under_talking;
mod well_done;

use crate::coach::CoachSetup;
use crate::governor::Moment;
use crate::rule::Rule;
use attune_engine::signal::Signal;
use bad_sound::BadSound;
use closed_streak::ClosedStreak;
use cut_in::CutIn;
use filler_cluster::FillerCluster;
use flat_delivery::FlatDelivery;
use follow_up::FollowUp;
use hedge_run::HedgeRun;
use latch::Latch;
use long_monologue::LongMonologue;
use monologue::Monologue;
use no_questions::NoQuestions;
use over_talking::OverTalking;
use owner_date::OwnerDate;
use quick_on_the_trigger::QuickOnTheTrigger;
use rushing::Rushing;
use silent_participant::SilentParticipant;
use someone_tried::SomeoneTried;
use stacked_questions::StackedQuestions;
use take_a_break::TakeABreak;
use talking_muted::TalkingMuted;
use time_left::TimeLeft;
use too_fast::TooFast;
use too_quiet::TooQuiet;
use too_slow::TooSlow;
use under_talking::UnderTalking;
use well_done::WellDone;

pub use owner_date::Commitment;

/// A rule: hears every signal, tells what it sees, and is told when that counts as said.
pub(crate) trait Watch {
    /// What it sees at `signal`, for as long as it sees it.
    fn observe(&mut self, signal: &Signal) -> Option<Moment>;

    /// `moment` counts as said.
    fn told(&mut self, moment: &Moment);
}

/// Every rule that watches signals.
#[derive(Debug, Clone)]
pub(crate) struct Rules {
    goal: Option<Rule>,
    is_guarded: bool,
    too_fast: TooFast,
    too_slow: TooSlow,
    rushing: Rushing,
    filler_cluster: FillerCluster,
    monologue: Monologue,
    long_monologue: LongMonologue,
    over_talking: OverTalking,
    under_talking: UnderTalking,
    cut_in: CutIn,
    someone_tried: SomeoneTried,
    quick_on_the_trigger: QuickOnTheTrigger,
    no_questions: NoQuestions,
    stacked_questions: StackedQuestions,
    closed_streak: ClosedStreak,
    follow_up: FollowUp,
    too_quiet: TooQuiet,
    bad_sound: BadSound,
    flat_delivery: FlatDelivery,
    hedge_run: HedgeRun,
    owner_date: OwnerDate,
    silent_participant: SilentParticipant,
    time_left: TimeLeft,
    talking_muted: TalkingMuted,
    take_a_break: TakeABreak,
    well_done: WellDone,
}

impl Rules {
    pub(crate) fn new(setup: &CoachSetup) -> Self {
        let (kind, goal) = (setup.meeting_type, setup.goal);
        Self {
            goal,
            is_guarded: setup.is_guarded,
            too_fast: TooFast::new(setup.own.wpm),
            too_slow: TooSlow::new(setup.own.wpm, kind),
            rushing: Rushing::default(),
            filler_cluster: FillerCluster::default(),
            monologue: Monologue::new(kind),
            long_monologue: LongMonologue::new(kind),
            over_talking: OverTalking::new(kind),
            under_talking: UnderTalking::new(kind, goal),
            cut_in: CutIn::default(),
            someone_tried: SomeoneTried::default(),
            quick_on_the_trigger: QuickOnTheTrigger::default(),
            no_questions: NoQuestions::new(kind),
            stacked_questions: StackedQuestions::default(),
            closed_streak: ClosedStreak::default(),
            follow_up: FollowUp::default(),
            too_quiet: TooQuiet::new(setup.own.lufs),
            bad_sound: BadSound::default(),
            flat_delivery: FlatDelivery::new(setup.own.pitch_st, kind, goal),
            hedge_run: HedgeRun::new(goal),
            owner_date: OwnerDate::default(),
            silent_participant: SilentParticipant::new(setup.booked, setup.is_host),
            time_left: TimeLeft::new(setup.booked),
            talking_muted: TalkingMuted::default(),
            take_a_break: TakeABreak::default(),
            well_done: WellDone::default(),
        }
    }

    /// In the order in which they are asked where several see something at once: what is about now before what is about the last
    /// minutes.
    fn each(&mut self) -> [(Rule, &mut dyn Watch); 25] {
        [
            (Rule::TalkingMuted, &mut self.talking_muted),
            (Rule::BadSound, &mut self.bad_sound),
            (Rule::Break, &mut self.take_a_break),
            (Rule::LongMonologue, &mut self.long_monologue),
            (Rule::Monologue, &mut self.monologue),
            (Rule::SomeoneTried, &mut self.someone_tried),
            (Rule::CutIn, &mut self.cut_in),
            (Rule::Rushing, &mut self.rushing),
            (Rule::TooFast, &mut self.too_fast),
            (Rule::FillerCluster, &mut self.filler_cluster),
            (Rule::TooQuiet, &mut self.too_quiet),
            (Rule::StackedQuestions, &mut self.stacked_questions),
            (Rule::FollowUp, &mut self.follow_up),
            (Rule::OwnerDate, &mut self.owner_date),
            (Rule::TimeLeft, &mut self.time_left),
            (Rule::SilentParticipant, &mut self.silent_participant),
            (Rule::HedgeRun, &mut self.hedge_run),
            (Rule::ClosedStreak, &mut self.closed_streak),
            (Rule::QuickOnTheTrigger, &mut self.quick_on_the_trigger),
            (Rule::OverTalking, &mut self.over_talking),
            (Rule::UnderTalking, &mut self.under_talking),
            (Rule::NoQuestions, &mut self.no_questions),
            (Rule::FlatDelivery, &mut self.flat_delivery),
            (Rule::TooSlow, &mut self.too_slow),
            (Rule::WellDone, &mut self.well_done),
        ]
    }

    /// What the rules see at `signal`.
    pub(crate) fn observe(&mut self, signal: &Signal) -> Vec<Moment> {
        let is_guarded = self.is_guarded;
        let moments: Vec<Moment> = self
            .each()
            .into_iter()
            .filter_map(|(_, rule)| rule.observe(signal))
            .filter(|moment| !(is_guarded && moment.rule.has_target_of_others()))
            .collect();
        if let Some(out) = moments.iter().find(|moment| Some(moment.rule) == self.goal) {
            self.well_done.goal_was_out(out.true_at);
        }
        moments
    }

    /// What the meeting's page shows, to the rules that look at it.
    pub(crate) fn show(&mut self, shown: &Signal) {
        let look: [&mut dyn Watch; 3] = [
            &mut self.over_talking,
            &mut self.under_talking,
            &mut self.silent_participant,
        ];
        // They speak at the end of speech.
        look.into_iter().for_each(|rule| drop(rule.observe(shown)));
    }

    /// `moment` counts as said.
    pub(crate) fn told(&mut self, moment: &Moment) {
        let rule = self.each().into_iter().find(|(rule, _)| *rule == moment.rule);
        rule.into_iter().for_each(|(_, rule)| rule.told(moment));
    }

    /// A language model found a commitment.
    pub(crate) fn committed(&mut self, commitment: Commitment) {
        self.owner_date.committed(commitment);
    }
}

/// What `rule` sees at `signal`, where all it sees counts as said.
#[cfg(test)]
pub(crate) fn told_of(rule: &mut dyn Watch, signal: &Signal) -> Option<Moment> {
    let seen = rule.observe(signal);
    seen.inspect(|moment| rule.told(moment))
}

/// Seconds at which `rule` speaks, where all it sees counts as said.
#[cfg(test)]
pub(crate) fn spoke_at(rule: &mut dyn Watch, signals: &[Signal]) -> Vec<u64> {
    signals
        .iter()
        .filter(|signal| told_of(rule, signal).is_some())
        .map(|signal| signal.at().as_ms() / 1000)
        .collect()
}

#[cfg(test)]
pub(crate) mod tests {
    //! Signals as rules' tests write them down.

    use attune_engine::clock::MeetingTime;
    use attune_engine::questions::QuestionKind;
    use attune_engine::signal::{Signal, SoundHeard};
    use std::time::Duration;

    pub(crate) fn at(second: u64) -> MeetingTime {
        MeetingTime::from_ms(second * 1000)
    }

    /// Four seconds of speech that end at `second`.
    pub(crate) fn speech(second: u64, mine: bool) -> Signal {
        Signal::Speech {
            start: at(second.saturating_sub(4)),
            at: at(second),
            mine,
            voice: Duration::from_secs(4),
            trusted: true,
        }
    }

    /// A question of two seconds.
    pub(crate) fn question(second: u64, kind: QuestionKind) -> Signal {
        Signal::Question {
            at: at(second),
            end: at(second + 2),
            kind,
        }
    }

    /// `people` in the meeting: P0 Doe, P1 Doe and so on.
    pub(crate) fn present(second: u64, people: usize) -> Signal {
        let names: Vec<String> = (0..people).map(|index| format!("P{index} Doe")).collect();
        Signal::Present {
            at: at(second),
            names: names.into(),
        }
    }

    /// A segment of 5 s that ends at `second`, in a quiet room.
    pub(crate) fn sound(second: u64) -> SoundHeard {
        SoundHeard {
            start: at(second - 5),
            at: at(second),
            loudness_lufs: Some(-22.0),
            loudness_values: 50,
            clipped_samples: 0,
            samples: 80_000,
            floor_dbfs: Some(-60.0),
            voice_dbfs: Some(-25.0),
            pitch: None,
        }
    }
}
