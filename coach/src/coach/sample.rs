//! The sample meeting, as its ground truth has it, through the engine and the coach: what is said is said for the right
//! reason.

use crate::rules::Rules;
use crate::{Coach, CoachSetup, Mode, Nudge, Rule};
use attune_engine::clock::{MeetingTime, SAMPLES_PER_MS, Span};
use attune_engine::conversation::{Conversation, Setup};
use attune_engine::recognize::RecognizerInfo;
use attune_engine::speaker::{Speaker, Track};
use attune_engine::transcript::{Final, SegmentId, Word};
use serde::Deserialize;

#[derive(Deserialize)]
struct Truth {
    duration_ms: u64,
    words: Vec<TrueWord>,
    questions: Vec<TrueQuestion>,
    longest_monologue: Stretch,
    fast_passage: Stretch,
    talk_share: std::collections::BTreeMap<Speaker, f64>,
    interruptions: Vec<Stretch>,
    failed_attempts: Vec<Stretch>,
}

#[derive(Deserialize)]
struct TrueWord {
    speaker: Speaker,
    text: String,
    t0_ms: u64,
    t1_ms: u64,
}

#[derive(Deserialize)]
struct TrueQuestion {
    speaker: Speaker,
}

#[derive(Deserialize)]
struct Stretch {
    t0_ms: u64,
    t1_ms: u64,
}

fn truth() -> Truth {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/sample/meeting.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// The words as the live path decides them: lower case, without punctuation, in segments that end at 550 ms of silence or,
/// where they grow long, between two words; in order of their ends. Not every recognizer writes filled pauses.
fn finals(truth: &Truth, writes_fillers: bool) -> Vec<Final> {
    let mut finals = Vec::new();
    for (speaker, track) in [(Speaker::Me, Track::Mic), (Speaker::Them, Track::Tab)] {
        let is_heard = |word: &&TrueWord| writes_fillers || !matches!(word.text.as_str(), "um" | "uh");
        let mut words: Vec<&TrueWord> = truth
            .words
            .iter()
            .filter(|word| word.speaker == speaker)
            .filter(is_heard)
            .collect();
        words.sort_by_key(|word| word.t0_ms);
        let ends = |pair: &&[&TrueWord], from_ms: u64| {
            pair[1].t0_ms.saturating_sub(pair[0].t1_ms) > 550 || pair[1].t1_ms - from_ms > 11_000
        };
        let mut rest = words.as_slice();
        while !rest.is_empty() {
            let at = rest
                .windows(2)
                .position(|pair| ends(&pair, rest[0].t0_ms))
                .map_or(rest.len(), |at| at + 1);
            let (segment, later) = rest.split_at(at);
            finals.push(decided(speaker, track, segment));
            rest = later;
        }
    }
    finals.sort_by_key(|decided: &Final| (decided.span.end, decided.track));
    finals
}

fn decided(speaker: Speaker, track: Track, words: &[&TrueWord]) -> Final {
    let span = |from_ms: u64, to_ms: u64| Span::new(MeetingTime::from_ms(from_ms), MeetingTime::from_ms(to_ms));
    let whole = span(words[0].t0_ms, words[words.len() - 1].t1_ms);
    let word = |word: &&TrueWord| Word {
        text: word.text.clone(),
        start: MeetingTime::from_ms(word.t0_ms),
        end: MeetingTime::from_ms(word.t1_ms),
        confidence: 0.9,
    };
    Final {
        segment: SegmentId::new(track, words[0].t0_ms * SAMPLES_PER_MS),
        track,
        speaker,
        span: whole,
        words: words.iter().map(word).collect(),
        voiced: words.iter().map(|word| span(word.t0_ms, word.t1_ms)).collect(),
        model: "scripted/truth".into(),
        flags: Vec::new(),
        sound: None,
        voices: Vec::new(),
    }
}

fn listen(writes_fillers: bool, setup: CoachSetup) -> (Conversation, Vec<Nudge>) {
    let truth = truth();
    let mut conversation = Conversation::new(Setup {
        profile: Default::default(),
        voices: attune_engine::voices::VoicesHeard::NotInstalled,
        meeting_type: setup.meeting_type,
        tracks: vec![Track::Mic, Track::Tab],
        recognizer: RecognizerInfo {
            name: "scripted".into(),
            version: "1".into(),
            model: "truth".into(),
            languages: vec!["en".into()],
            writes_fillers,
            weakness: "None.".into(),
        },
    });
    let mut coach = Coach::new(setup);
    let mut nudges = Vec::new();
    for decided in finals(&truth, writes_fillers) {
        let signals = conversation.observe(&decided);
        nudges.extend(signals.iter().filter_map(|signal| coach.observe(signal)));
    }
    let signals = conversation.advance(MeetingTime::from_ms(truth.duration_ms));
    nudges.extend(signals.iter().filter_map(|signal| coach.observe(signal)));
    (conversation, nudges)
}

fn balanced() -> CoachSetup {
    CoachSetup {
        mode: Mode::Balanced,
        ..CoachSetup::default()
    }
}

#[test]
fn the_monologue_of_the_sample_is_nudged_where_the_recognizer_drops_filled_pauses() {
    let truth = truth();
    let (conversation, nudges) = listen(false, balanced());
    assert!(conversation.measures().value("C6").is_none());
    let nudge = &nudges[0];
    let at_ms = nudge.at.as_ms();
    assert_eq!(nudge.rule, Rule::Monologue);
    assert!(
        at_ms > truth.longest_monologue.t0_ms + 75_000 && at_ms <= truth.longest_monologue.t1_ms,
        "{at_ms}"
    );
    assert_eq!(nudge.evidence, "You have had the floor for 79 seconds.");
}

#[test]
fn the_first_fillers_of_the_sample_are_nudged_where_they_are_heard() {
    let (_, nudges) = listen(true, balanced());
    let first = &nudges[0];
    // um at 82.8 s, uh at 86.6 s, um at 89.6 s, in a phrase that ends at 94 s.
    assert_eq!((first.rule, first.at.as_ms() / 1000), (Rule::FillerCluster, 93));
    assert_eq!(first.evidence, "3 filler words in 7 seconds.");
}

#[test]
fn the_fast_passage_and_the_fillers_are_told_and_what_is_said_keeps_its_distance() {
    let truth = truth();
    let practice = CoachSetup {
        mode: Mode::Practice,
        ..CoachSetup::default()
    };
    let (_, nudges) = listen(true, practice);
    let said: Vec<(Rule, u64)> = nudges.iter().map(|nudge| (nudge.rule, nudge.at.as_ms())).collect();
    let passage = truth.fast_passage.t0_ms..=truth.fast_passage.t1_ms + 15_000;
    assert!(
        said.iter()
            .any(|(rule, at_ms)| *rule == Rule::TooFast && passage.contains(at_ms)),
        "{said:?}"
    );
    assert!(said.iter().any(|(rule, _)| *rule == Rule::FillerCluster), "{said:?}");
    assert!(
        nudges
            .windows(2)
            .all(|pair| pair[1].at.since(pair[0].at).as_secs() >= 45)
    );
}

#[test]
fn the_measures_of_the_sample_are_its_truth() {
    let truth = truth();
    let (conversation, _) = listen(true, balanced());
    let measures = conversation.measures();
    let share = measures.value("C1").unwrap();
    assert!(
        (share - 100.0 * truth.talk_share[&Speaker::Me]).abs() < 2.0,
        "C1 {share}"
    );
    let monologue_s = (truth.longest_monologue.t1_ms - truth.longest_monologue.t0_ms) as f64 / 1000.0;
    let longest = measures.value("C10").unwrap();
    assert!((longest - monologue_s).abs() < 1.0, "C10 {longest}, not {monologue_s}");
    let mine = truth
        .questions
        .iter()
        .filter(|question| question.speaker == Speaker::Me)
        .count() as f64;
    let questions = measures.get("C17").unwrap().parts["count"];
    assert!((questions - mine).abs() <= 1.0, "C17 counts {questions}, not {mine}");
    let interruptions = &measures.get("C14").unwrap().parts;
    assert_eq!(
        (interruptions["made"], interruptions["received"]),
        (truth.interruptions.len() as f64, 0.0)
    );
    assert_eq!(measures.get("C6").unwrap().parts["count"], 9.0);
}

/// When each rule first sees something in the recorded meeting, in seconds, whatever the governor makes of it.
fn first_seen(setup: &CoachSetup) -> std::collections::BTreeMap<Rule, u64> {
    let truth = truth();
    let (conversation, _) = listen(true, setup.clone());
    let mut again = Conversation::new(conversation.setup().clone());
    let mut rules = Rules::new(setup);
    let mut seen = std::collections::BTreeMap::new();
    for decided in finals(&truth, true) {
        for signal in again.observe(&decided) {
            for moment in rules.observe(&signal) {
                rules.told(&moment);
                seen.entry(moment.rule).or_insert(moment.true_at.as_ms() / 1000);
            }
        }
    }
    seen
}

#[test]
fn every_rule_sees_in_the_recorded_meeting_what_is_there_and_nothing_else() {
    let truth = truth();
    let seen = first_seen(&balanced());
    // One interruption, no turn over 150 s, questions all along, two sides within the usual: N6, N9, N12 and the rest are silent.
    let rules: Vec<Rule> = seen.keys().copied().collect();
    assert_eq!(
        rules,
        [Rule::TooFast, Rule::FillerCluster, Rule::Monologue, Rule::SomeoneTried]
    );
    let within = |second: u64, stretch: &Stretch| (stretch.t0_ms..=stretch.t1_ms).contains(&(second * 1000));
    assert!(within(seen[&Rule::TooFast], &truth.fast_passage));
    assert!(within(seen[&Rule::Monologue], &truth.longest_monologue));
    let tried = &truth.failed_attempts[0];
    assert_eq!(seen[&Rule::SomeoneTried], tried.t1_ms / 1000);
}
