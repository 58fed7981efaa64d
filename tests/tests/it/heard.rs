//! Sound through the whole listening path, without a server: the sample meeting against what is true of it, and real
//! recordings. Voice activity is Silero, the recognizer PocketSphinx: what every machine has.

use crate::filled_pauses::{self, Count, Said};
use attune_engine::clock::{MeetingTime, SAMPLE_RATE_HZ, Span};
use attune_engine::conversation::{Conversation, Setup};
use attune_engine::meeting_type::MeetingType;
use attune_engine::speaker::{Speaker, Track};
use attune_engine::wer::{self, TimedWord, WordErrors};
use attune_ingest::hearing::MayLeave;
use attune_ingest::offline::{self, Channel, Heard};
use attune_ingest::{media, protocol::SampleClass};
use attune_models::choose::{Choice, Wanted};
use attune_models::store::Store;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Decoders at work: one for each core of the smallest machine.
const WORKERS: usize = 2;

/// The real recordings that one channel carries.
pub const RECORDINGS: [&str; 7] = ["quilter", "beckett", "jfk", "dev01", "trn03", "trn05", "trn08"];

pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The real recordings, where this machine has them.
#[expect(clippy::print_stdout, reason = "a test that is skipped says so")]
pub fn real_audio() -> Option<PathBuf> {
    let folder = repository().join("../shared/data/audio");
    if !folder.is_dir() {
        println!(
            "skipped: the real recordings are not on this machine ({})",
            folder.display()
        );
        return None;
    }
    Some(folder)
}

/// Each channel of a file at 16 kHz.
pub fn channels_of(path: &Path) -> Vec<Vec<i16>> {
    media::decode(path, &mut |_| {})
        .expect("the file is a recording")
        .channels
}

pub(crate) fn hear(channels: Vec<Channel>) -> Heard {
    let store = Store::open();
    let voice = attune_models::voice_activity(&store).expect("make test fetches voice activity");
    let wanted = Wanted {
        choice: Choice::Sphinx,
        workers: WORKERS,
        ..Wanted::default()
    };
    let recognizers = attune_models::recognizers(&store, &wanted).expect("PocketSphinx is installed");
    offline::analyze(
        channels,
        voice,
        recognizers.into_full(),
        &MayLeave::never(),
        &mut |_| {},
    )
    .expect("the recording is heard")
}

pub(crate) fn channel(track: Track, speaker: Speaker, samples: Vec<i16>) -> Channel {
    Channel {
        track,
        speaker,
        samples,
    }
}

fn span_of(value: &Value) -> Span {
    let ms = |key: &str| MeetingTime::from_ms(value[key].as_u64().expect("milliseconds"));
    Span::new(ms("t0_ms"), ms("t1_ms"))
}

pub(crate) fn array<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().expect("an array")
}

/// What was heard of `speaker` against the words that are true, outside the `excluded` stretches.
fn errors_of(heard: &Heard, truth: &Value, speaker: Speaker, side: &str, excluded: &[Span]) -> WordErrors {
    let said = array(truth, "words")
        .iter()
        .filter(|word| word["speaker"] == side && word.get("filler").is_none());
    let said = said.map(|word| TimedWord {
        text: word["text"].as_str().expect("text"),
        span: span_of(word),
    });
    let words = heard
        .finals()
        .filter(|decided| decided.speaker == speaker)
        .flat_map(|decided| &decided.words);
    let words = words.map(|word| TimedWord {
        text: &word.text,
        span: Span::new(word.start, word.end),
    });
    wer::compare(&wer::comparable(said, excluded), &wer::comparable(words, excluded))
}

#[test]
fn the_sample_meeting_is_heard_as_it_was_spoken() {
    let folder = repository().join("tests/fixtures/sample");
    let truth = std::fs::read_to_string(folder.join("meeting.json")).expect("the truth is there");
    let truth: Value = serde_json::from_str(&truth).expect("the truth is JSON");
    let side = |name: &str| channels_of(&folder.join(format!("meeting.{name}.opus"))).remove(0);
    let (mine, theirs) = (side("mic"), side("tab"));
    let (mine_s, theirs_s) = (mine.len() as u64, theirs.len() as u64);
    let heard = hear(vec![
        channel(Track::Mic, Speaker::Me, mine),
        channel(Track::Tab, Speaker::Them, theirs),
    ]);

    // Words.
    let overlaps: Vec<Span> = array(&truth, "overlaps").iter().map(span_of).collect();
    let me = errors_of(&heard, &truth, Speaker::Me, "me", &overlaps);
    let them = errors_of(&heard, &truth, Speaker::Them, "them", &overlaps);
    println!(
        "word error rate: me {:.3}, them {:.3}, both {:.3}",
        me.rate(),
        them.rate(),
        (me + them).rate()
    );
    assert!((me + them).rate() <= 0.25, "word error rate {:.3}", (me + them).rate());
    let silence = span_of(&truth["silence"]);
    let in_silence = heard.finals().flat_map(|decided| &decided.words);
    let in_silence = in_silence.filter(|word| Span::new(word.start, word.end).overlap_ms(silence) > 200);
    assert_eq!(in_silence.count(), 0, "words were heard in the silence");

    // Filled pauses, by sound: the recognizer writes none of them.
    let fillers = array(&truth, "words")
        .iter()
        .filter(|word| word["filler"] == "acoustic");
    let said: Vec<Said> = fillers
        .map(|word| Said {
            span: span_of(word),
            is_backchannel: false,
        })
        .collect();
    let pauses = filled_pauses::count(heard.finals(), &said);
    println!("filled pauses: {pauses}");
    assert!(pauses.found >= 7 && pauses.wrong <= 2, "{pauses}");

    // Every sample in exactly one class, and none lost.
    for (track, samples) in [(Track::Mic, mine_s), (Track::Tab, theirs_s)] {
        let mut at = 0;
        for decided in heard.decided.iter().filter(|decided| decided.track == track) {
            assert_eq!(decided.from_sample, at, "a stretch of {track:?} is missing or doubled");
            at = decided.to_sample;
        }
        assert_eq!(at, samples);
    }
    assert!(heard.decided.iter().all(|decided| decided.class != SampleClass::Gap));

    // Measures.
    let mut conversation = Conversation::new(Setup {
        profile: Default::default(),
        meeting_type: MeetingType::Other,
        tracks: vec![Track::Mic, Track::Tab],
        recognizer: heard.recognizer.clone(),
        voices: heard.voices,
    });
    for decided in heard.finals() {
        conversation.observe(decided);
    }
    let measures = conversation.measures();
    let talk_share = measures.value("C1").expect("seven minutes are enough for C1");
    let true_share = 100.0 * truth["talk_share"]["me"].as_f64().expect("a share");
    println!("talk share {talk_share:.1} %, truly {true_share:.1} %");
    assert!((talk_share - true_share).abs() <= 2.0);
    let longest_s = measures.value("C10").expect("there are turns of mine");
    let true_longest_s = span_of(&truth["longest_monologue"]).duration().as_secs_f64();
    println!("longest monologue {longest_s:.1} s, truly {true_longest_s:.1} s");
    assert!((longest_s - true_longest_s).abs() <= 1.0);
    let pitch_range_st = measures.value("C24").expect("minutes of voice are enough for C24");
    let level_lufs = measures.value("C25").expect("and for C25");
    println!("pitch range {pitch_range_st:.2} semitones, level {level_lufs:.1} LUFS");
    // What a person can do at all; the voice is made, so that nothing truer is known of it.
    assert!((0.5..8.0).contains(&pitch_range_st) && (-50.0..0.0).contains(&level_lufs));
    let questions = measures.get("C17").expect("C17 is measured").parts["count"];
    let mine = array(&truth, "questions")
        .iter()
        .filter(|question| question["speaker"] == "me")
        .count();
    println!("questions of mine {questions}, truly {mine}");
    assert!(questions >= 4.0 && questions <= mine as f64 + 2.0);
    let interruptions = &measures.get("C14").expect("C14 is measured").parts;
    println!(
        "interruptions made {}, truly {}",
        interruptions["made"],
        array(&truth, "interruptions").len()
    );
    assert!((interruptions["made"] - array(&truth, "interruptions").len() as f64).abs() < 0.5);
}

#[test]
fn real_recordings_are_heard_and_their_word_error_rates_printed() {
    let Some(folder) = real_audio() else { return };
    let mut counted: Vec<Count> = Vec::new();
    for name in RECORDINGS {
        let samples = channels_of(&folder.join(format!("{name}.wav"))).remove(0);
        let seconds = samples.len() as f64 / f64::from(SAMPLE_RATE_HZ);
        let heard = hear(vec![channel(Track::Mic, Speaker::Unknown, samples)]);
        let pauses = filled_pauses::count(heard.finals(), &annotated_pauses(&folder.join(format!("{name}.json"))));
        println!("{name}: filled pauses: {pauses}");
        counted.push(pauses);
        let said = true_words(&folder, name);
        let words: Vec<String> = heard
            .finals()
            .flat_map(|decided| &decided.words)
            .map(|w| w.text.clone())
            .collect();
        let errors = wer::compare(&said, &wer::tokens(&words.join(" ").replace("mr ", "mister ")));
        println!(
            "{name}: {seconds:.0} s, {} words, word error rate {:.2}",
            errors.reference,
            errors.rate()
        );
        assert!(!words.is_empty(), "nothing was heard in {name}");
        assert!(
            errors.substitutions + errors.deletions < errors.reference,
            "not one word of {name} was right"
        );
    }
    let pauses: Count = counted.into_iter().sum();
    println!("all: filled pauses: {pauses}");
    assert!(pauses.wrong <= 2, "{pauses}");
}

/// What may sound like a filled pause in a recording; nothing in one that is read aloud and not annotated.
fn annotated_pauses(path: &Path) -> Vec<Said> {
    let Ok(annotation) = std::fs::read_to_string(path) else {
        return Vec::new();
    };
    let annotation: Value = serde_json::from_str(&annotation).expect("the annotation is JSON");
    filled_pauses::annotated(array(&annotation, "words"))
}

/// The words that are said in one of the [`RECORDINGS`].
pub fn true_words(folder: &Path, name: &str) -> Vec<String> {
    let texts = std::fs::read_to_string(folder.join("transcripts.json")).expect("the texts are there");
    let texts: Value = serde_json::from_str(&texts).expect("the texts are JSON");
    match texts[format!("{name}.wav")]["text"].as_str() {
        Some(text) => wer::tokens(&text.replace("Mr.", "mister")),
        None => annotated_words(&folder.join(format!("{name}.json"))),
    }
}

/// What people wrote down of an excerpt of a meeting.
pub(crate) fn annotation(path: &Path) -> Value {
    let annotation = std::fs::read_to_string(path).expect("the annotation is there");
    serde_json::from_str(&annotation).expect("the annotation is JSON")
}

/// The words that people wrote down for an excerpt of a meeting. Laughter and other sounds stand among them, and are none.
fn annotated_words(path: &Path) -> Vec<String> {
    let annotation = annotation(path);
    let words = array(&annotation, "words").iter().filter(|word| word["kind"] == "w");
    let words = words.filter_map(|word| word["t"].as_str());
    wer::tokens(&words.collect::<Vec<_>>().join(" "))
}

#[test]
fn the_channels_of_a_stereo_recording_are_kept_apart() {
    let Some(folder) = real_audio() else { return };
    let texts = std::fs::read_to_string(folder.join("transcripts.json")).expect("the texts are there");
    let texts: Value = serde_json::from_str(&texts).expect("the texts are JSON");
    let mut channels = channels_of(&folder.join("stereo_me_them.wav"));
    let (right, left) = (channels.remove(1), channels.remove(0));
    let heard = hear(vec![
        channel(Track::Mic, Speaker::Me, left),
        channel(Track::Tab, Speaker::Them, right),
    ]);
    let words_of = |speaker| {
        let words = heard
            .finals()
            .filter(move |decided| decided.speaker == speaker)
            .flat_map(|decided| &decided.words);
        wer::tokens(&words.map(|word| word.text.as_str()).collect::<Vec<_>>().join(" "))
    };
    for (speaker, own, other) in [(Speaker::Me, "left", "right"), (Speaker::Them, "right", "left")] {
        let text = |side: &str| wer::tokens(texts["stereo_me_them.wav"][side].as_str().expect("a text"));
        let words = words_of(speaker);
        println!(
            "stereo, {own}: word error rate {:.2}",
            wer::compare(&text(own), &words).rate()
        );
        let foreign = words
            .iter()
            .filter(|word| text(other).contains(word) && !text(own).contains(word))
            .count();
        assert_eq!(foreign, 0, "words of the {other} channel were heard on the {own}");
        assert!(text(own).iter().any(|word| words.contains(word)));
    }
}
