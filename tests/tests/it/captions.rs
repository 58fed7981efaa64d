//! Captions against real meetings: whom segments are attributed to, and what a second opinion does to words. The captions are
//! made from what people wrote down, as a page would show them: block by block, late, and with every tenth word wrong.

use crate::heard::{annotation, array, channel, channels_of, hear, real_audio};
use attune_engine::clock::{MeetingTime, Span};
use attune_engine::conversation::{Conversation, Setup, Utterance};
use attune_engine::meeting_type::MeetingType;
use attune_engine::page::Shown;
use attune_engine::speaker::{Speaker, Track};
use attune_engine::wer::{self, WordErrors};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// How late the first word of a block appears.
const LATE_MS: u64 = 1_500;
/// A pause of a speaker that begins a new block.
const BLOCK_PAUSE_MS: u64 = 2_000;
/// One word in so many is wrong.
const WRONG_EVERY: usize = 10;

/// A word that somebody said.
#[derive(Debug, Clone)]
struct Said {
    person: String,
    text: String,
    span: Span,
}

/// What people wrote down of an excerpt, in order of time.
fn truth(path: &Path) -> Vec<Said> {
    let annotation = annotation(path);
    let ms = |value: &Value| MeetingTime::from_ms((value.as_f64().expect("seconds") * 1000.0) as u64);
    let words = array(&annotation, "words").iter().filter(|word| word["kind"] == "w");
    let mut words: Vec<Said> = words
        .map(|word| Said {
            person: word["person"].as_str().expect("a person").to_owned(),
            text: word["t"].as_str().expect("text").to_owned(),
            span: Span::new(ms(&word["s"]), ms(&word["e"])),
        })
        .collect();
    words.sort_by_key(|word| word.span.start);
    words
}

/// The captions that a page would show of it.
fn captions(said: &[Said]) -> Vec<Shown> {
    let mut blocks: BTreeMap<&str, Vec<Vec<&Said>>> = BTreeMap::new();
    for word in said {
        let of_person = blocks.entry(&word.person).or_default();
        let last = of_person.last().and_then(|block| block.last());
        let goes_on = last.is_some_and(|last| word.span.start.as_ms() < last.span.end.as_ms() + BLOCK_PAUSE_MS);
        match of_person.last_mut() {
            Some(block) if goes_on => block.push(word),
            _ => of_person.push(vec![word]),
        }
    }
    let mut count = 0;
    let blocks = blocks.into_values().flatten().enumerate();
    blocks
        .map(|(id, block)| {
            let texts = block.iter().filter_map(|word| {
                count += 1;
                // Wrong in turn: another word, none, one too many.
                match (count % WRONG_EVERY, count / WRONG_EVERY % 3) {
                    (0, 0) => Some("something".to_owned()),
                    (0, 1) => None,
                    (0, _) => Some(format!("{} and", word.text)),
                    _ => Some(word.text.clone()),
                }
            });
            Shown::Caption {
                id: id.to_string(),
                at: MeetingTime::from_ms(block[0].span.end.as_ms() + LATE_MS),
                speaker: block[0].person.clone(),
                text: texts.collect::<Vec<_>>().join(" "),
            }
        })
        .collect()
}

/// Who said most of an utterance.
fn speaker_of<'a>(utterance: &Utterance, said: &'a [Said]) -> Option<&'a str> {
    let mut shared: BTreeMap<&str, u64> = BTreeMap::new();
    for word in said {
        *shared.entry(&word.person).or_default() += word.span.overlap_ms(utterance.span);
    }
    let most = shared.into_iter().max_by_key(|(_, ms)| *ms)?;
    (most.1 > 0).then_some(most.0)
}

fn errors(said: &[Said], conversation: &Conversation) -> WordErrors {
    let said: Vec<&str> = said.iter().map(|word| word.text.as_str()).collect();
    let heard: Vec<&str> = conversation
        .utterances()
        .iter()
        .map(|utterance| utterance.text.as_str())
        .collect();
    wer::compare(&wer::tokens(&said.join(" ")), &wer::tokens(&heard.join(" ")))
}

/// Seconds of speech whose speaker was named rightly, wrongly, and not at all.
#[derive(Debug, Default)]
struct Named {
    right: f64,
    wrong: f64,
    nobody: f64,
}

#[test]
fn captions_name_who_spoke_and_mend_words_of_real_meetings() {
    let Some(folder) = real_audio() else { return };
    let (mut alone, mut with_captions) = (WordErrors::default(), WordErrors::default());
    let mut named = Named::default();
    for clip in ["dev01", "trn03", "trn05", "trn08"] {
        let said = truth(&folder.join(format!("{clip}.json")));
        let samples = channels_of(&folder.join(format!("{clip}.wav"))).remove(0);
        let heard = hear(vec![channel(Track::Tab, Speaker::Them, samples)]);
        let mut meeting = Conversation::new(Setup {
            profile: Default::default(),
            meeting_type: MeetingType::Other,
            tracks: vec![Track::Mic, Track::Tab],
            recognizer: heard.recognizer.clone(),
            voices: heard.voices,
        });
        for decided in heard.finals() {
            meeting.observe(decided);
        }
        captions(&said).into_iter().for_each(|shown| meeting.show(shown));
        let read = meeting.with_page();
        let (before, after) = (errors(&said, &meeting), errors(&said, &read));
        println!(
            "{clip}: word error rate {:.3}, with captions {:.3}",
            before.rate(),
            after.rate()
        );
        (alone, with_captions) = (alone + before, with_captions + after);
        for utterance in read.utterances() {
            let seconds = utterance
                .ipus
                .iter()
                .map(|unit| unit.duration().as_secs_f64())
                .sum::<f64>();
            match (&utterance.participant, speaker_of(utterance, &said)) {
                (Some(found), Some(truly)) if found.name == truly => named.right += seconds,
                (Some(_), _) => named.wrong += seconds,
                (None, _) => named.nobody += seconds,
            }
        }
    }
    println!(
        "word error rate {:.3}, with captions {:.3}; speech named rightly {:.1} s, wrongly {:.1} s, not at all {:.1} s",
        alone.rate(),
        with_captions.rate(),
        named.right,
        named.wrong,
        named.nobody
    );
    assert!(with_captions.rate() <= alone.rate(), "captions made words worse");
    assert!(
        named.wrong <= 0.05 * (named.right + named.wrong + named.nobody),
        "{named:?}"
    );
    assert!(named.right >= 10.0 * named.wrong, "{named:?}");
}
