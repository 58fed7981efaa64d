//! Recorded sessions, one for each rule: what was said, heard and shown, played through engine, rules and governor. Each file of
//! `coach/recorded` has the nudges that must come, when, and no others: it goes on after the first one for as long as it holds, which
//! must stay silent, and past what re-arms the rule, where it speaks once more if its kind ever does.

mod script;

use super::*;
use crate::governor::OF_A_KIND;
use attune_engine::conversation::{Conversation, Setup};
use attune_engine::recognize::RecognizerInfo;
use attune_engine::speaker::Track;
use attune_engine::transcript::SegmentFlag;
use attune_engine::voices::VoicesHeard;
use rstest::rstest;
use script::{Said, Script, Step};
use std::path::{Path, PathBuf};

/// Cuts at which a session is resumed: one in so many steps.
const CUTS: usize = 12;

/// Rules that judge what was said, or that something was not.
const OF_WORDS: [Rule; 12] = [
    Rule::TooFast,
    Rule::TooSlow,
    Rule::Rushing,
    Rule::FillerCluster,
    Rule::CutIn,
    Rule::NoQuestions,
    Rule::StackedQuestions,
    Rule::ClosedStreak,
    Rule::FollowUp,
    Rule::HedgeRun,
    Rule::TimeLeft,
    Rule::WellDone,
];

/// What a session came to.
#[derive(Debug, Clone, Default, PartialEq)]
struct Played {
    nudges: Vec<Nudge>,
    /// With the step after which each was taken.
    slots: Vec<(usize, Slot)>,
}

/// Engine and coach of a session, as the live path has them.
struct Player {
    conversation: Conversation,
    coach: Coach,
}

impl Player {
    fn new(setup: &CoachSetup) -> Self {
        let conversation = Conversation::new(Setup {
            meeting_type: setup.meeting_type,
            tracks: vec![Track::Mic, Track::Tab],
            recognizer: RecognizerInfo {
                name: "scripted".into(),
                version: "1".into(),
                model: "recorded".into(),
                languages: vec!["en".into()],
                writes_fillers: true,
                weakness: "None.".into(),
            },
            voices: VoicesHeard::NotInstalled,
            profile: Default::default(),
        });
        Self {
            conversation,
            coach: Coach::new(setup.clone()),
        }
    }

    fn take(&mut self, step: &Step) -> Vec<Nudge> {
        let signals = match step {
            Step::Final(decided) => self.conversation.observe(decided),
            Step::Signal(signal) => vec![signal.clone()],
            Step::Shown(shown) => {
                self.coach.show(shown);
                Vec::new()
            }
            Step::Committed(commitment) => {
                self.coach.committed(*commitment);
                Vec::new()
            }
            Step::Sharing(on) => {
                self.coach.sharing(*on);
                Vec::new()
            }
        };
        signals.iter().filter_map(|signal| self.coach.observe(signal)).collect()
    }

    /// Takes in what `steps` left behind, as a node does that takes a session over: words in their order, between them what was
    /// decided, then what the page and the device told, and last what the client says again.
    fn read_back(&mut self, steps: &[Step], slots: &[(usize, Slot)]) {
        self.coach.read_back(true);
        let mut slots = slots.iter().filter(|(after, _)| *after < steps.len()).peekable();
        let finals = steps
            .iter()
            .enumerate()
            .filter(|(_, step)| matches!(step, Step::Final(_)));
        for (place, step) in finals {
            while let Some((_, slot)) = slots.next_if(|(after, _)| *after < place) {
                self.coach.recall(slot.clone());
            }
            assert_eq!(self.take(step), [], "nothing is decided anew");
        }
        slots.for_each(|(_, slot)| self.coach.recall(slot.clone()));
        let kept = |step: &&Step| !matches!(step, Step::Final(_)) && step.is_kept();
        for step in steps.iter().filter(kept) {
            assert_eq!(self.take(step), []);
        }
        self.coach.read_back(false);
        drop((self.coach.take_slots(), self.coach.take_effects()));
        let sharing = steps.iter().rev().find(|step| matches!(step, Step::Sharing(_)));
        sharing.into_iter().for_each(|step| drop(self.take(step)));
    }

    fn play(&mut self, steps: &[Step], from: usize) -> Played {
        let mut played = Played::default();
        for (place, step) in steps.iter().enumerate().skip(from) {
            played.nudges.extend(self.take(step));
            let slots = self.coach.take_slots();
            played.slots.extend(slots.into_iter().map(|slot| (place, slot)));
        }
        played
    }
}

fn play(script: &Script, setup: &CoachSetup) -> Played {
    Player::new(setup).play(&script.steps, 0)
}

fn recorded(path: &Path) -> Script {
    let text = std::fs::read_to_string(path).expect("a recorded session is a text file");
    Script::read(&text).unwrap_or_else(|problem| panic!("{}: {problem}", path.display()))
}

#[rstest]
fn what_must_be_said_is_said_then_and_nothing_else(#[files("recorded/*.txt")] path: PathBuf) {
    let script = recorded(&path);
    let said: Vec<Said> = play(&script, &script.setup).nudges.iter().map(Said::of).collect();
    assert_eq!(said, script.says);
}

#[rstest]
fn a_node_that_takes_the_session_over_goes_on_as_if_nothing_had_happened(#[files("recorded/*.txt")] path: PathBuf) {
    let script = recorded(&path);
    for hold_out in [0.0, 0.5] {
        let setup = CoachSetup {
            hold_out,
            ..script.setup.clone()
        };
        let undisturbed = play(&script, &setup);
        let mut cuts: Vec<usize> = (0..CUTS).map(|cut| cut * script.steps.len() / CUTS).collect();
        // And behind each that was taken, shown or not.
        cuts.extend(undisturbed.slots.iter().map(|(after, _)| after + 1));
        for cut in cuts {
            let mut taken_over = Player::new(&setup);
            taken_over.read_back(&script.steps[..cut], &undisturbed.slots);
            let played = taken_over.play(&script.steps, cut);
            let rest = |slots: &[(usize, Slot)]| -> Vec<Slot> {
                let rest = slots.iter().filter(|(after, _)| *after >= cut);
                rest.map(|(_, slot)| slot.clone()).collect()
            };
            assert_eq!(
                rest(&played.slots),
                rest(&undisturbed.slots),
                "taken over at step {cut}"
            );
            let held_out = |nudge: &Nudge| {
                let mut all = undisturbed.slots.iter().chain(&played.slots);
                all.any(|(_, slot)| slot.held_out && slot.id == nudge.id)
            };
            assert!(!played.nudges.iter().any(held_out), "taken over at step {cut}");
        }
    }
}

#[rstest]
fn what_is_off_sensitive_shared_or_snoozed_is_silent(#[files("recorded/*.txt")] path: PathBuf) {
    let script = recorded(&path);
    let off = CoachSetup {
        mode: Mode::Off,
        ..script.setup.clone()
    };
    let sensitive = CoachSetup {
        is_sensitive: true,
        ..script.setup.clone()
    };
    for setup in [off, sensitive] {
        assert_eq!(play(&script, &setup), Played::default());
    }
    let mut sharing = Player::new(&script.setup);
    sharing.coach.sharing(true);
    let steps: Vec<Step> = script
        .steps
        .iter()
        .filter(|step| !matches!(step, Step::Sharing(_)))
        .cloned()
        .collect();
    assert_eq!(sharing.play(&steps, 0), Played::default());
    let mut snoozed = Player::new(&script.setup);
    snoozed.coach.snooze(MeetingTime::START, None);
    assert_eq!(snoozed.play(&script.steps, 0), Played::default());
}

#[rstest]
fn words_that_cannot_be_trusted_lead_to_no_nudge(#[files("recorded/*.txt")] path: PathBuf) {
    let mut script = recorded(&path);
    for step in &mut script.steps {
        if let Step::Final(decided) = step {
            decided.flags.push(SegmentFlag::LowConfidence);
        }
    }
    let played = play(&script, &script.setup);
    let of_words: Vec<&Nudge> = played
        .nudges
        .iter()
        .filter(|nudge| OF_WORDS.contains(&nudge.rule))
        .collect();
    assert!(of_words.is_empty(), "{of_words:?}");
}

#[test]
fn every_rule_has_a_recorded_session_that_it_speaks_in_and_falls_silent_in() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/recorded");
    let files = std::fs::read_dir(folder).expect("the folder of recorded sessions");
    let scripts: Vec<Script> = files.map(|file| recorded(&file.expect("a file").path())).collect();
    for rule in Rule::ALL.into_iter().filter(|rule| *rule != Rule::Written) {
        let spoke = |script: &&Script| script.says.iter().filter(|said| said.rule == rule).count();
        let most = scripts.iter().map(|script| spoke(&script)).max().unwrap_or(0);
        // N22 speaks once in a meeting, whatever is said.
        let times = if rule == Rule::TimeLeft { 1 } else { OF_A_KIND };
        assert_eq!(most, times, "{rule:?}");
    }
}
