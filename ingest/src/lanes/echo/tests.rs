//! A meeting whose loudspeaker is heard on the microphone: words swell and fade, a recognizer that knows the script, and
//! lanes that are fed, stopped and gone on with at any place.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::hearing::{Ahead, NoWords, Step};
use crate::lanes::{Class, Lanes};
use crate::ports::lately_said;
use attune_engine::recognize::RecognizedWord;
use attune_engine::speaker::Speaker;
use proptest::prelude::*;
use std::collections::BTreeMap;
use tokio::time::Instant;

/// How much later, and how much softer, the microphone hears the tab.
const LATE_MS: u64 = 96;
const SOFTER: f32 = 0.7;

/// The length of a meeting here.
const LENGTH_MS: u64 = 20_000;

/// A word, when it begins and ends, and how loud it is at most, 0 to 1.
type Said = (String, u64, u64, f32);

/// Words of 300 ms from `from_ms` on, each as loud as its letters have it.
fn say(from_ms: u64, text: &str) -> Vec<Said> {
    let starts = (0..).map(|index| from_ms + index * 320);
    let word = |(word, at): (&str, u64)| {
        let loud = word.bytes().map(u32::from).sum::<u32>() % 10;
        (word.to_owned(), at, at + 300, 0.04 + 0.02 * loud as f32)
    };
    text.split(' ').zip(starts).map(word).collect()
}

/// What is heard of `words` at a sample, 0 to 1: each swells and fades.
fn sounds(words: &[Said], sample: u64) -> f32 {
    let ms = sample as f32 / 16.0;
    let level = |(_, from, to, loud): &Said| {
        let (from, to) = (*from as f32, *to as f32);
        if ms < from || ms >= to {
            return 0.0;
        }
        loud * (ms - from).min(to - ms) / (to - from) * 2.0
    };
    words.iter().map(level).sum()
}

#[derive(Debug, Clone)]
struct Meeting {
    mine: Vec<Said>,
    theirs: Vec<Said>,
    /// The loudspeaker on the microphone, as an amplitude; none with headphones.
    bleed: f32,
}

impl Meeting {
    /// They speak, I answer over their end, they speak again.
    fn over_loudspeakers() -> Self {
        let mut theirs = say(1_000, "and then you had to read up on the whole crozier affair");
        theirs.extend(say(13_000, "nobody would have thought of that before"));
        Self {
            mine: say(8_000, "we could ship it on friday if the report holds"),
            theirs,
            bleed: SOFTER,
        }
    }

    fn late(&self) -> Vec<Said> {
        let late = |(text, from, to, loud): &Said| (text.clone(), from + LATE_MS, to + LATE_MS, loud * self.bleed);
        self.theirs.iter().map(late).collect()
    }

    /// Samples of a track over a room.
    fn sound(&self, track: Track) -> Vec<i16> {
        let (own, late) = match track {
            Track::Mic => (&self.mine, self.late()),
            Track::Tab => (&self.theirs, Vec::new()),
        };
        let sample = |sample: u64| {
            let level = 0.000_5 + sounds(own, sample) + sounds(&late, sample);
            // A rough tone of 200 Hz: pre-emphasis leaves its edges.
            (if sample % 80 < 40 { level } else { -level } * 32_000.0) as i16
        };
        (0..LENGTH_MS * SAMPLES_PER_MS).map(sample).collect()
    }

    /// What a recognizer hears on a track: where both sound at once on the microphone, the louder one.
    fn heard(&self, track: Track) -> Vec<Said> {
        if track == Track::Tab {
            return self.theirs.clone();
        }
        let late = if self.bleed > 0.01 { self.late() } else { Vec::new() };
        let louder = |word: &Said, others: &[Said]| {
            let over = |other: &&Said| word.1 < other.2 && other.1 < word.2;
            others.iter().filter(over).all(|other| word.3 > other.3)
        };
        let mine = self.mine.iter().filter(|word| louder(word, &late));
        let theirs = late.iter().filter(|word| louder(word, &self.mine));
        let mut words: Vec<Said> = mine.chain(theirs).cloned().collect();
        words.sort_by_key(|word| word.1);
        words
    }

    fn recognize(&self, segment: &Segment) -> Recognition {
        let from = segment.audio_from_sample / SAMPLES_PER_MS;
        let to = from + segment.audio.len() as u64 / SAMPLES_PER_MS;
        let words = self.heard(segment.track).into_iter();
        let inside = words.filter(|(_, start, end, _)| (from..to).contains(&u64::midpoint(*start, *end)));
        Recognition {
            words: inside
                .map(|(text, start, end, _)| RecognizedWord {
                    text,
                    start_ms: start.saturating_sub(from) as u32,
                    end_ms: (end.min(to) - from) as u32,
                    confidence: 0.9,
                })
                .collect(),
            ..Recognition::default()
        }
    }
}

/// Lanes that hear a meeting.
struct Hearing<'a> {
    meeting: &'a Meeting,
    lanes: Lanes,
    sounds: BTreeMap<Track, Vec<i16>>,
    decided: Vec<Decided>,
    /// Of which segment, and what.
    partials: Vec<(String, String)>,
    now: Instant,
}

impl<'a> Hearing<'a> {
    fn of(meeting: &'a Meeting, tracks: &[Track], ahead: Ahead) -> Self {
        let mut lanes = Lanes::new(info(), ahead);
        for track in tracks {
            lanes.add(Lane::resumed(*track, Speaker::from(*track), 0, 0, None));
        }
        Self {
            meeting,
            lanes,
            sounds: tracks.iter().map(|track| (*track, meeting.sound(*track))).collect(),
            decided: Vec::new(),
            partials: Vec::new(),
            now: Instant::now(),
        }
    }

    /// The same after a resume: lanes that begin where they are sent again, and know what was committed.
    fn resumed(self) -> Self {
        let mut lanes = Lanes::new(info(), Ahead::Nothing);
        for lane in self.lanes.iter() {
            let again = self.lanes.again_from(lane);
            let (track, speaker) = (lane.track(), lane.speaker());
            lanes.add(Lane::resumed(
                track,
                speaker,
                again,
                lane.decided(),
                lane.timeline().line(),
            ));
        }
        let finals: Vec<Final> = self
            .decided
            .iter()
            .filter_map(|decided| decided.outcome.clone())
            .collect();
        for said in lately_said(finals.iter()) {
            lanes.recall(&said);
        }
        Self { lanes, ..self }
    }

    /// Hears up to `to_ms`, so much at a time.
    fn hear(&mut self, to_ms: u64, tick_ms: u64) {
        let behind = |lanes: &Lanes| lanes.iter().map(Lane::received).min().unwrap() / SAMPLES_PER_MS;
        while behind(&self.lanes) < to_ms {
            let to = ((behind(&self.lanes) + tick_ms).min(to_ms) * SAMPLES_PER_MS) as usize;
            for lane in self.lanes.iter_mut() {
                let from = lane.received() as usize;
                if from < to {
                    lane.push(self.sounds[&lane.track()][from..to].to_vec());
                }
            }
            self.work();
        }
    }

    fn end(mut self) -> Self {
        self.hear(LENGTH_MS, 100);
        self.lanes.iter_mut().for_each(Lane::finish);
        self.work();
        assert!(self.lanes.is_over());
        self.lanes.settle(&mut self.decided);
        self
    }

    /// Judges and recognises until nothing is left to do.
    fn work(&mut self) {
        loop {
            let mut shown = Vec::new();
            if let Some((track, mut listener)) = self.lanes.take_trip(self.now, &mut shown) {
                let mut heard = Vec::new();
                while let Some(frame) = listener.next_frame() {
                    let level = (frame.iter().map(|s| s * s).sum::<f32>() / frame.len() as f32).sqrt();
                    heard.extend(listener.decide(if level > 0.005 { 0.95 } else { 0.02 }));
                }
                let drained = true;
                let answer = Answer::Judged {
                    track,
                    listener,
                    heard,
                    drained,
                };
                shown.extend(self.lanes.on_answer(answer, self.now).unwrap());
            } else if let Some(task) = self.lanes.take_task(Step::All, self.now) {
                let outcome: Result<Recognition, NoWords> = Ok(self.meeting.recognize(&task.segment));
                let answer = Answer::Recognized {
                    segment: task.segment,
                    purpose: task.purpose,
                    outcome,
                    took: Duration::ZERO,
                };
                shown.extend(self.lanes.on_answer(answer, self.now).unwrap());
            } else {
                break;
            }
            for shown in shown {
                if let Shown::Partial(partial) = shown {
                    self.partials.push((partial.segment.as_str().to_owned(), partial.text));
                }
            }
        }
        self.lanes.release(|_| false, &mut self.decided);
    }

    fn words(&self, track: Track) -> Vec<&str> {
        let finals = self.decided.iter().filter(|decided| decided.track == track);
        let words = finals
            .filter_map(|decided| decided.outcome.as_ref())
            .flat_map(|said| &said.words);
        words.map(|word| word.text.as_str()).collect()
    }

    fn assert_every_sample_once(&self) {
        for track in self.sounds.keys() {
            let mut at = 0;
            for decided in self.decided.iter().filter(|decided| decided.track == *track) {
                assert_eq!(decided.from_sample, at, "{track:?}");
                assert_eq!(decided.outcome.is_some(), decided.class == SampleClass::Decoded);
                at = decided.to_sample;
            }
            assert_eq!(at, LENGTH_MS * SAMPLES_PER_MS, "{track:?}");
        }
    }
}

fn info() -> RecognizerInfo {
    RecognizerInfo {
        name: "scripted".to_owned(),
        version: "1".to_owned(),
        model: "script".to_owned(),
        languages: vec!["en".to_owned()],
        writes_fillers: true,
        weakness: String::new(),
    }
}

fn texts(words: &[Said]) -> Vec<&str> {
    words.iter().map(|(text, ..)| text.as_str()).collect()
}

const BOTH: [Track; 2] = [Track::Mic, Track::Tab];

#[test]
fn what_the_loudspeaker_said_is_suppressed_as_an_echo_and_my_answer_stays() {
    let meeting = Meeting::over_loudspeakers();
    for tracks in [BOTH, [Track::Tab, Track::Mic]] {
        let heard = Hearing::of(&meeting, &tracks, Ahead::Shown).end();
        assert_eq!(heard.words(Track::Mic), texts(&meeting.mine));
        assert_eq!(heard.words(Track::Tab), texts(&meeting.theirs));
        let suppressed = heard
            .decided
            .iter()
            .filter(|decided| decided.class == SampleClass::Suppressed);
        let suppressed: Vec<_> = suppressed
            .map(|decided| (decided.track, decided.reason.as_deref()))
            .collect();
        assert_eq!(suppressed, [(Track::Mic, Some("echo")); 2]);
        heard.assert_every_sample_once();
    }
}

#[test]
fn of_a_segment_that_is_partly_an_echo_my_words_stay() {
    let mut meeting = Meeting::over_loudspeakers();
    // I break in, louder than they are heard here.
    let loud = say(3_000, "wait a moment").into_iter();
    meeting.mine = loud.map(|(text, from, to, _)| (text, from, to, 0.5)).collect();
    let heard = Hearing::of(&meeting, &BOTH, Ahead::Shown).end();
    assert_eq!(heard.words(Track::Mic), ["wait", "a", "moment"]);
    heard.assert_every_sample_once();
}

#[test]
fn with_headphones_and_without_a_tab_nothing_is_taken_out() {
    let mut meeting = Meeting::over_loudspeakers();
    let alone = Hearing::of(&meeting, &[Track::Mic], Ahead::Shown).end();
    assert_eq!(alone.words(Track::Mic), texts(&meeting.heard(Track::Mic)));
    meeting.bleed = 0.0;
    meeting.mine.extend(say(14_000, "so it was"));
    let heard = Hearing::of(&meeting, &BOTH, Ahead::Shown).end();
    assert_eq!(heard.words(Track::Mic), texts(&meeting.mine));
    assert_eq!(heard.words(Track::Tab), texts(&meeting.theirs));
}

#[test]
fn an_echo_is_not_shown_while_it_is_heard_and_my_speech_is() {
    let meeting = Meeting::over_loudspeakers();
    let heard = Hearing::of(&meeting, &BOTH, Ahead::Shown).end();
    let of = |track: &str| {
        let partials = heard.partials.iter().filter(|(segment, _)| segment.starts_with(track));
        partials.map(|(_, text)| text.as_str()).collect::<Vec<_>>()
    };
    assert!(
        of("mic")
            .iter()
            .any(|text| text.starts_with("we could ship it on friday")),
        "{:?}",
        of("mic")
    );
    assert!(
        of("mic").iter().all(|text| text.starts_with("we could")),
        "{:?}",
        of("mic")
    );
    assert!(
        of("tab").iter().any(|text| text.starts_with("nobody would")),
        "{:?}",
        of("tab")
    );
}

#[test]
fn what_the_tab_said_off_the_record_decides_nothing() {
    let meeting = Meeting::over_loudspeakers();
    let off = Class {
        class: SampleClass::Withheld,
        reason: "off_the_record",
    };
    let mut heard = Hearing::of(&meeting, &BOTH, Ahead::Nothing);
    // Their first sentence and its echo have come in and wait; then the tab, and it alone, goes off the record.
    heard.hear(4_000, 100);
    heard.lanes.get_mut(Track::Tab).unwrap().withhold(0, off);
    let span = Span::new(MeetingTime::START, MeetingTime::from_ms(4_000));
    heard.lanes.forget(Track::Tab, span);
    let heard = heard.end();
    let mic = heard.words(Track::Mic);
    assert!(mic.starts_with(&["and", "then", "you"]), "{mic:?}");
}

#[test]
fn a_tab_that_is_not_heard_for_hours_does_not_lose_what_was_before() {
    let meeting = Meeting::over_loudspeakers();
    let mut heard = Hearing::of(&meeting, &BOTH, Ahead::Nothing);
    // Their sentence is over, its echo not decided yet; then both tracks stand still for two hours.
    let to = 5_500 * SAMPLES_PER_MS;
    for lane in heard.lanes.iter_mut() {
        lane.push(heard.sounds[&lane.track()][..to as usize].to_vec());
        lane.skip(
            7_200_000 * SAMPLES_PER_MS,
            Class {
                class: SampleClass::Withheld,
                reason: "paused",
            },
        );
    }
    heard.work();
    assert_eq!(heard.words(Track::Mic), [] as [&str; 0]);
    assert_eq!(
        heard
            .decided
            .iter()
            .filter(|decided| decided.class == SampleClass::Suppressed)
            .count(),
        1
    );
}

fn meetings() -> impl Strategy<Value = Meeting> {
    let starts = prop::collection::vec((0u64..17_000, 1usize..9), 0..4);
    let side = move |words: [&'static str; 8]| {
        starts.clone().prop_map(move |starts| {
            let mut said: Vec<Said> = Vec::new();
            for (at, count) in starts {
                // One mouth says one word at a time.
                let from = said.last().map_or(at, |(_, _, to, _)| at.max(to + 700));
                let more = say(from, &words[..count.min(8)].join(" "));
                said.extend(more.into_iter().filter(|(_, _, to, _)| to + 200 < LENGTH_MS));
            }
            said
        })
    };
    let mine = side(["we", "could", "ship", "it", "on", "friday", "at", "last"]);
    let theirs = side(["nobody", "would", "have", "thought", "of", "that", "before", "now"]);
    (mine, theirs, 0.0f32..1.0).prop_map(|(mine, theirs, bleed)| Meeting { mine, theirs, bleed })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn every_sample_has_one_class_and_a_resume_anywhere_decides_the_same(
        meeting in meetings(),
        stops in prop::collection::vec(100u64..LENGTH_MS, 1..4),
        tick_ms in 20u64..700,
    ) {
        let undisturbed = Hearing::of(&meeting, &BOTH, Ahead::Nothing).end();
        undisturbed.assert_every_sample_once();
        let mut resumed = Hearing::of(&meeting, &BOTH, Ahead::Nothing);
        let mut stops = stops.clone();
        stops.sort_unstable();
        for stop in stops {
            resumed.hear(stop, tick_ms);
            resumed = resumed.resumed();
        }
        let resumed = resumed.end();
        resumed.assert_every_sample_once();
        let finals = |heard: &Hearing<'_>| {
            let finals = heard.decided.iter().filter(|decided| decided.class != SampleClass::NonSpeech);
            finals.cloned().collect::<Vec<_>>()
        };
        prop_assert_eq!(finals(&undisturbed), finals(&resumed));
        // Nothing but echoes is taken out, and nothing of the tab's.
        let all = meeting.heard(Track::Mic);
        let mut rest = all.iter();
        for word in undisturbed.words(Track::Mic) {
            prop_assert!(rest.any(|(text, ..)| text == word));
        }
        prop_assert_eq!(undisturbed.words(Track::Tab), texts(&meeting.theirs));
    }
}
