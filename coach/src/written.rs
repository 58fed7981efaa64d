//! Nudges that a language model writes: a gate that says no unless there is something, a draft that cites a detail, a critic that
//! throws it out, and then the same governor as every other nudge. Waits for the coach's language model: until there is one nobody
//! implements [`Writer`] but the tests' script.
//!
//! Thresholds, the length and the day's limit are omi's, which runs this in the open (`[V]`): default no, 0.92 to 0.60 by how often
//! the person wants to hear, at most 12 a day, 300 s apart.

use crate::coach::Coach;
use crate::governor::Moment;
use crate::rule::Rule;
use crate::rules::Commitment;
use attune_engine::clock::MeetingTime;
use attune_engine::transcript::SegmentId;
use std::time::Duration;

/// The longest draft, in characters.
const LONGEST: usize = 100;
/// The longest headline, in characters: what is read in a glance.
const HEADLINE: usize = 40;
/// Words of a headline.
const HEADLINE_WORDS: usize = 4;
/// Most in a day.
const A_DAY: u32 = 12;
/// Between two of them.
const APART: Duration = Duration::from_secs(300);
/// How far back a commitment may lie that a passage is about.
const LOOKED_BACK: Duration = Duration::from_secs(120);
/// More than this is not agreed in a passage.
const MOST_COMMITMENTS: usize = 8;
/// What says nothing about this meeting.
const GENERIC: &[&str] = &[
    "remember to",
    "don't forget",
    "consider",
    "try to",
    "it might help",
    "you may want",
    "make sure",
    "great job",
    "keep in mind",
];

/// How often the person wants to hear something.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Level {
    /// Hardly ever.
    Rare,
    /// Seldom.
    Low,
    /// Now and then.
    #[default]
    Medium,
    /// Often.
    High,
    /// Whatever may be of use.
    Most,
}

impl Level {
    /// How sure the gate must be, 0 to 1.
    pub const fn threshold(self) -> f32 {
        match self {
            Self::Rare => 0.92,
            Self::Low => 0.85,
            Self::Medium => 0.78,
            Self::High => 0.70,
            Self::Most => 0.60,
        }
    }
}

/// What a writer is asked about: words by their segments, nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    /// How far the meeting has come.
    pub at: MeetingTime,
    /// The last segments: id and words.
    pub said: Vec<(SegmentId, String)>,
}

/// A draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// What to do, in a few words.
    pub headline: String,
    /// Why.
    pub text: String,
    /// A detail, as it was said.
    pub detail: String,
    /// Where it was said.
    pub evidence: Vec<SegmentId>,
}

/// Whatever writes: gate, draft, critic, each a call of its own. Blocking: runs where the coach's language model does, never in a
/// session's fold.
pub trait Writer {
    /// How sure it is that there is something worth saying, 0 to 1; 0 unless there is.
    fn gate(&mut self, passage: &Passage) -> f32;

    /// What it would say.
    fn draft(&mut self, passage: &Passage) -> Option<Draft>;

    /// Whether the draft stands up against the passage.
    fn approves(&mut self, passage: &Passage, draft: &Draft) -> bool;

    /// What was agreed in the passage, and what is agreed of it by now: for N20.
    fn commitments(&mut self, passage: &Passage) -> Vec<Commitment>;
}

/// Why nothing was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unwritten {
    /// The day's twelve are spent.
    Spent,
    /// The last one is less than five minutes ago.
    TooSoon,
    /// The gate said no.
    Gated,
    /// It had nothing to say.
    Nothing,
    /// Too long to read in a glance.
    TooLong,
    /// It would fit any meeting.
    Generic,
    /// It cites nothing that was said.
    Uncited,
    /// The critic threw it out.
    Criticised,
}

/// A draft that passed, for the governor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    pub(crate) at: MeetingTime,
    draft: Draft,
}

impl Offer {
    pub(crate) fn moment(&self) -> Moment {
        Moment::new(Rule::Written, self.at, self.at, self.draft.text.clone()).saying(&self.draft.headline)
    }
}

/// The way a draft goes. Remembers how many were written today and when in this meeting.
#[derive(Debug, Clone, Default)]
pub struct Desk {
    level: Level,
    today: u32,
    last: Option<MeetingTime>,
}

impl Desk {
    /// A desk on a day on which `today` nudges were written already.
    pub const fn new(level: Level, today: u32) -> Self {
        Self {
            level,
            today,
            last: None,
        }
    }

    /// Has `writer` look at `passage`.
    ///
    /// # Errors
    /// Why nothing came of it: the first of gate, draft, rules and critic that said no.
    pub fn ask(&mut self, writer: &mut impl Writer, passage: &Passage) -> Result<Offer, Unwritten> {
        if self.today >= A_DAY {
            return Err(Unwritten::Spent);
        }
        if self.last.is_some_and(|last| passage.at.since(last) < APART) {
            return Err(Unwritten::TooSoon);
        }
        let sure = writer.gate(passage);
        // A gate that says no number says no.
        if sure.is_nan() || sure < self.level.threshold() {
            return Err(Unwritten::Gated);
        }
        let draft = writer.draft(passage).ok_or(Unwritten::Nothing)?;
        check(&draft, passage)?;
        if !writer.approves(passage, &draft) {
            return Err(Unwritten::Criticised);
        }
        self.today += 1;
        self.last = Some(passage.at);
        Ok(Offer { at: passage.at, draft })
    }
}

/// Has `writer` look for what was agreed in `passage`, and tells `coach`, whose N20 watches what becomes of it. How many were told: none
/// that lies ahead of the passage or long before it.
pub fn look_for_commitments(writer: &mut impl Writer, passage: &Passage, coach: &mut Coach) -> usize {
    let found = writer.commitments(passage);
    let lately = |made: &Commitment| made.at <= passage.at && passage.at.since(made.at) <= LOOKED_BACK;
    let told = found.into_iter().filter(lately).take(MOST_COMMITMENTS);
    told.inspect(|made| coach.committed(*made)).count()
}

/// What needs no model to be seen.
fn check(draft: &Draft, passage: &Passage) -> Result<(), Unwritten> {
    let words = draft.headline.split_whitespace().count();
    let long = draft.text.chars().count() > LONGEST || draft.headline.chars().count() > HEADLINE;
    if long || words == 0 || words > HEADLINE_WORDS {
        return Err(Unwritten::TooLong);
    }
    let lower = draft.text.to_lowercase();
    if GENERIC.iter().any(|opener| lower.starts_with(opener)) {
        return Err(Unwritten::Generic);
    }
    let detail = draft.detail.trim().to_lowercase();
    let cited = passage
        .said
        .iter()
        .any(|(id, words)| draft.evidence.contains(id) && words.to_lowercase().contains(&detail));
    let known = draft
        .evidence
        .iter()
        .all(|id| passage.said.iter().any(|(said, _)| said == id));
    if detail.is_empty() || !cited || !known || !lower.contains(&detail) {
        return Err(Unwritten::Uncited);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Coach, CoachSetup, Mode};
    use attune_engine::speaker::Track;
    use rstest::rstest;

    /// A writer that says what it is told.
    struct Script {
        gate: f32,
        draft: Option<Draft>,
        approves: bool,
    }

    impl Writer for Script {
        fn gate(&mut self, _: &Passage) -> f32 {
            self.gate
        }

        fn draft(&mut self, _: &Passage) -> Option<Draft> {
            self.draft.clone()
        }

        fn approves(&mut self, _: &Passage, _: &Draft) -> bool {
            self.approves
        }

        fn commitments(&mut self, _: &Passage) -> Vec<Commitment> {
            Vec::new()
        }
    }

    /// A writer that finds what it is told, and has nothing to say.
    struct Finds(Vec<Commitment>);

    impl Writer for Finds {
        fn gate(&mut self, _: &Passage) -> f32 {
            0.0
        }

        fn draft(&mut self, _: &Passage) -> Option<Draft> {
            None
        }

        fn approves(&mut self, _: &Passage, _: &Draft) -> bool {
            false
        }

        fn commitments(&mut self, _: &Passage) -> Vec<Commitment> {
            self.0.clone()
        }
    }

    fn segment() -> SegmentId {
        SegmentId::new(Track::Tab, 1_600_000)
    }

    fn passage(second: u64) -> Passage {
        Passage {
            at: MeetingTime::from_ms(second * 1000),
            said: vec![(segment(), "the Rotterdam warehouse runs out in May".into())],
        }
    }

    fn draft(text: &str) -> Draft {
        Draft {
            headline: "Ask about Rotterdam".into(),
            text: text.into(),
            detail: "Rotterdam warehouse".into(),
            evidence: vec![segment()],
        }
    }

    const GOOD: &str = "They named the Rotterdam warehouse twice and nobody asked.";

    fn asked(script: Script) -> Result<Offer, Unwritten> {
        Desk::default().ask(&mut { script }, &passage(200))
    }

    #[rstest]
    #[case::good(0.78, Some(draft(GOOD)), true, None)]
    #[case::gated(0.77, Some(draft(GOOD)), true, Some(Unwritten::Gated))]
    #[case::no_number(f32::NAN, Some(draft(GOOD)), true, Some(Unwritten::Gated))]
    #[case::nothing(0.9, None, true, Some(Unwritten::Nothing))]
    #[case::criticised(0.9, Some(draft(GOOD)), false, Some(Unwritten::Criticised))]
    #[case::generic(
        0.9,
        Some(draft("Remember to ask about the Rotterdam warehouse.")),
        true,
        Some(Unwritten::Generic)
    )]
    #[case::cites_nothing(0.9, Some(draft("They named something twice.")), true, Some(Unwritten::Uncited))]
    #[case::made_up(0.9, Some(Draft { detail: "Antwerp".into(), ..draft("They named Antwerp.") }), true, Some(Unwritten::Uncited))]
    #[case::cites_no_segment(0.9, Some(Draft { evidence: vec![], ..draft(GOOD) }), true, Some(Unwritten::Uncited))]
    #[case::long(0.9, Some(Draft { headline: "Ask them now about Rotterdam please".into(), ..draft(GOOD) }), true, Some(Unwritten::TooLong))]
    fn a_draft_goes_through_gate_rules_and_critic(
        #[case] gate: f32,
        #[case] draft: Option<Draft>,
        #[case] approves: bool,
        #[case] refused: Option<Unwritten>,
    ) {
        assert_eq!(asked(Script { gate, draft, approves }).err(), refused);
    }

    #[test]
    fn twelve_a_day_five_minutes_apart() {
        let mut desk = Desk::new(Level::Most, 10);
        let mut script = Script {
            gate: 0.6,
            draft: Some(draft(GOOD)),
            approves: true,
        };
        let mut ask = |second| desk.ask(&mut script, &passage(second)).err();
        let told = [ask(200), ask(499), ask(500), ask(900)];
        assert_eq!(told, [None, Some(Unwritten::TooSoon), None, Some(Unwritten::Spent)]);
    }

    #[test]
    fn what_is_written_asks_the_same_governor() {
        let offer = asked(Script {
            gate: 1.0,
            draft: Some(draft(GOOD)),
            approves: true,
        })
        .unwrap();
        let coach = |mode| {
            Coach::new(CoachSetup {
                mode,
                ..CoachSetup::default()
            })
        };
        let said = coach(Mode::Balanced).offer(&offer).unwrap();
        assert_eq!(
            (said.headline.as_str(), said.evidence.as_str()),
            ("Ask about Rotterdam", GOOD)
        );
        assert_eq!(coach(Mode::Focus).offer(&offer), None);
        assert_eq!(coach(Mode::Off).offer(&offer), None);
    }

    #[rstest]
    #[case::agreed_just_now(198, 0.9, 1, true)]
    #[case::too_unsure(198, 0.8, 1, false)]
    #[case::ahead_of_what_was_said(201, 0.9, 0, false)]
    #[case::long_ago(79, 0.9, 0, false)]
    fn what_a_writer_finds_agreed_is_asked_about_through_the_same_governor(
        #[case] second: u64,
        #[case] certainty: f32,
        #[case] told: usize,
        #[case] speaks: bool,
    ) {
        use crate::rules::tests::{at, speech};
        let mut coach = Coach::new(CoachSetup {
            mode: Mode::Balanced,
            ..CoachSetup::default()
        });
        let made = Commitment {
            at: at(second),
            certainty,
            has_owner: true,
            has_date: false,
        };
        assert_eq!(
            look_for_commitments(&mut Finds(vec![made]), &passage(200), &mut coach),
            told
        );
        let said = coach.observe(&speech(220, true));
        assert_eq!(said.map(|nudge| nudge.rule), speaks.then_some(Rule::OwnerDate));
    }

    #[test]
    fn a_writer_that_finds_no_end_of_them_is_heard_out_for_eight() {
        let made = Commitment {
            at: MeetingTime::from_ms(199_000),
            certainty: 1.0,
            has_owner: false,
            has_date: false,
        };
        let mut coach = Coach::new(CoachSetup::default());
        let told = look_for_commitments(&mut Finds(vec![made; 10_000]), &passage(200), &mut coach);
        assert_eq!(told, MOST_COMMITMENTS);
    }

    #[test]
    fn who_wants_to_hear_less_hears_what_is_surer() {
        let levels = [Level::Rare, Level::Low, Level::Medium, Level::High, Level::Most];
        assert_eq!(levels.map(Level::threshold), [0.92, 0.85, 0.78, 0.70, 0.60]);
    }
}
