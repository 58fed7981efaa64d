//! The echo gate through the whole listening path: voice activity, segments, words, the order in which they leave. One voice
//! is played through a loudspeaker into the microphone of another, in a small room; counted are the words of one's own that
//! stay, and those of the loudspeaker that are said twice.
//!
//! The sample meeting and a recognizer that knows the script are heard always; real recordings and PocketSphinx under
//! `ATTUNE_LONG_TESTS=1`, which prints the table of docs/measured.md.

mod room;
mod scripted;

use crate::heard::{annotation, array, channel, channels_of, real_audio, repository};
use attune_engine::recognize::Recognizer;
use attune_engine::speaker::{Speaker, Track};
use attune_engine::transcript::Word;
use attune_engine::voice::VoiceActivity;
use attune_ingest::hearing::MayLeave;
use attune_ingest::offline::{self, Heard};
use attune_ingest::protocol::SampleClass;
use attune_models::Sphinx;
use attune_models::store::Store;
use room::{Room, Spoken};
use scripted::Scripted;

/// Decoders at work, one for each core of the smallest machine.
const WORKERS: usize = 2;

/// A loudspeaker as loud as -3 dB, -10 dB and -20 dB of what one's own voice is; and headphones.
const BLEEDS_DB: [Option<f32>; 4] = [Some(-3.0), Some(-10.0), Some(-20.0), None];

/// One's own recording and that of the others, and how long after the others one begins to speak: alone, both, alone.
const PAIRS: [(&str, &str); 4] = [
    ("dev01", "trn03"),
    ("trn05", "trn08"),
    ("trn03", "trn05"),
    ("trn08", "dev01"),
];
const APART_MS: u64 = 12_000;

/// Fewer words in a row are no turn.
const TURN_WORDS: usize = 3;

/// Words on the microphone, with the gate and without.
#[derive(Debug, Default, Clone, Copy)]
struct Counted {
    own: usize,
    own_kept: usize,
    theirs: usize,
    doubled: usize,
    /// Most words of the loudspeaker that stayed without one of them between that did not.
    in_a_row: usize,
}

impl std::ops::Add for Counted {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            own: self.own + other.own,
            own_kept: self.own_kept + other.own_kept,
            theirs: self.theirs + other.theirs,
            doubled: self.doubled + other.doubled,
            in_a_row: self.in_a_row.max(other.in_a_row),
        }
    }
}

impl std::fmt::Display for Counted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            own,
            own_kept,
            theirs,
            doubled,
            in_a_row,
        } = self;
        write!(
            f,
            "{own_kept} of {own} own words kept, {doubled} of {theirs} words of the loudspeaker doubled, {in_a_row} in a row"
        )
    }
}

fn hear(room: &Room, tracks: &[Track], recognizers: Vec<Box<dyn Recognizer>>) -> Heard {
    let voice: Box<dyn VoiceActivity> =
        attune_models::voice_activity(&Store::open()).expect("make test fetches voice activity");
    let channels = tracks.iter().map(|track| {
        let samples = match track {
            Track::Mic => room.mic.clone(),
            Track::Tab => room.tab.clone(),
        };
        channel(*track, Speaker::from(*track), samples)
    });
    offline::analyze(channels.collect(), voice, recognizers, &MayLeave::never(), &mut |_| {})
        .expect("the meeting is heard")
}

fn words_of(heard: &Heard) -> Vec<Word> {
    let finals = heard.finals().filter(|decided| decided.track == Track::Mic);
    finals.flat_map(|decided| decided.words.clone()).collect()
}

/// Hears the microphone without the tab and with it: the gate sees the second alone.
fn count(room: &Room, recognizers: impl Fn() -> Vec<Box<dyn Recognizer>>) -> Counted {
    let before = words_of(&hear(room, &[Track::Mic], recognizers()));
    let heard = hear(room, &[Track::Mic, Track::Tab], recognizers());
    let after = words_of(&heard);
    assert_accounted(&heard, room);
    let (own, theirs): (Vec<&Word>, Vec<&Word>) = before.iter().partition(|word| room.is_own(word));
    let left = |words: &[&Word]| words.iter().filter(|word| after.contains(word)).count();
    let runs = theirs.chunk_by(|one, next| after.contains(one) == after.contains(next));
    let runs = runs.filter(|run| after.contains(run[0]));
    assert_eq!(left(&own) + left(&theirs), after.len(), "the gate made a word up");
    Counted {
        own: own.len(),
        own_kept: left(&own),
        theirs: theirs.len(),
        doubled: left(&theirs),
        in_a_row: runs.map(<[&Word]>::len).max().unwrap_or(0),
    }
}

fn assert_accounted(heard: &Heard, room: &Room) {
    for (track, samples) in [(Track::Mic, room.mic.len()), (Track::Tab, room.tab.len())] {
        let mut at = 0;
        for decided in heard.decided.iter().filter(|decided| decided.track == track) {
            assert_eq!(decided.from_sample, at, "a stretch of {track:?} is missing or doubled");
            at = decided.to_sample;
        }
        assert_eq!(at, samples as u64);
    }
    let echoes = heard
        .decided
        .iter()
        .filter(|decided| decided.class == SampleClass::Suppressed);
    assert!(
        echoes
            .into_iter()
            .all(|decided| decided.reason.is_some() && decided.outcome.is_none())
    );
}

fn scripted(room: &Room) -> Vec<Box<dyn Recognizer>> {
    (0..WORKERS)
        .map(|_| Box::new(Scripted::of(room)) as Box<dyn Recognizer>)
        .collect()
}

fn sphinx() -> Vec<Box<dyn Recognizer>> {
    let one = |_| Box::new(Sphinx::load().expect("PocketSphinx is installed")) as Box<dyn Recognizer>;
    (0..WORKERS).map(one).collect()
}

/// What the issue asks for: no turn doubled at -3 dB, and nine words of ten kept. A softer loudspeaker is missed more often, but
/// for the most part found out.
fn assert_good_enough(bleed_db: Option<f32>, counted: Counted) {
    let share = |part: usize, of: usize| part as f32 / of.max(1) as f32;
    let Counted {
        own,
        own_kept,
        theirs,
        doubled,
        in_a_row,
    } = counted;
    let (kept_at_least, doubled_at_most) = match bleed_db {
        Some(db) if db >= -3.0 => (0.9, 0.05),
        Some(db) if db >= -10.0 => (0.9, 0.15),
        Some(_) => (0.95, 0.4),
        None => (0.98, 0.0),
    };
    assert!(share(own_kept, own) >= kept_at_least, "{bleed_db:?} dB: {counted}");
    assert!(share(doubled, theirs) <= doubled_at_most, "{bleed_db:?} dB: {counted}");
    if bleed_db.is_some_and(|db| db >= -3.0) {
        assert!(in_a_row < TURN_WORDS, "{bleed_db:?} dB: {counted}");
    }
}

/// A minute and a half of the sample meeting, in which the two take turns.
#[test]
fn the_sample_meeting_over_a_loudspeaker_has_no_turn_twice() {
    let folder = repository().join("tests/fixtures/sample");
    let truth = annotation(&folder.join("meeting.json"));
    let side = |name: &str, speaker: &str| {
        let samples = channels_of(&folder.join(format!("meeting.{name}.opus"))).remove(0);
        let words = array(&truth, "words").iter().filter(|word| word["speaker"] == speaker);
        Spoken::new(
            samples,
            words.map(|word| (&word["text"], word["t0_ms"].as_f64(), word["t1_ms"].as_f64())),
        )
        .between(50_000, 140_000)
    };
    let (mine, theirs) = (side("mic", "me"), side("tab", "them"));
    for bleed_db in BLEEDS_DB {
        let room = Room::new(&mine, &theirs, bleed_db);
        let counted = count(&room, || scripted(&room));
        println!("sample, bleed {bleed_db:?} dB: {counted}");
        assert_good_enough(bleed_db, counted);
    }
}

/// Real voices that talk over each other for much of the time.
#[test]
fn of_real_voices_over_a_loudspeaker_ones_own_words_stay() {
    let Some(folder) = real_audio() else { return };
    let is_long = std::env::var_os("ATTUNE_LONG_TESTS").is_some();
    let spoken = |name: &str| {
        let samples = channels_of(&folder.join(format!("{name}.wav"))).remove(0);
        let annotation = annotation(&folder.join(format!("{name}.json")));
        let words = array(&annotation, "words").iter().filter(|word| word["kind"] == "w");
        let ms = |seconds: Option<f64>| seconds.map(|seconds| seconds * 1_000.0);
        Spoken::new(
            samples,
            words.map(|word| (&word["t"], ms(word["s"].as_f64()), ms(word["e"].as_f64()))),
        )
    };
    for bleed_db in BLEEDS_DB {
        let (mut by_script, mut by_sphinx) = (Counted::default(), Counted::default());
        for (mine, theirs) in &PAIRS {
            let room = Room::new(&spoken(mine).after(APART_MS), &spoken(theirs), bleed_db);
            let counted = count(&room, || scripted(&room));
            println!("{mine} over {theirs}, bleed {bleed_db:?} dB, scripted: {counted}");
            by_script = by_script + counted;
            if is_long {
                let counted = count(&room, sphinx);
                println!("{mine} over {theirs}, bleed {bleed_db:?} dB, PocketSphinx: {counted}");
                by_sphinx = by_sphinx + counted;
            }
        }
        println!("all, bleed {bleed_db:?} dB, scripted: {by_script}");
        assert_good_enough(bleed_db, by_script);
        if is_long {
            println!("all, bleed {bleed_db:?} dB, PocketSphinx: {by_sphinx}");
            // It writes words down at moments at which the two are about as loud: a little more of them goes.
            assert!(
                by_sphinx.own_kept * 20 >= by_sphinx.own * 17,
                "{bleed_db:?} dB: {by_sphinx}"
            );
        }
    }
}
