//! What hearing it again brings on real recordings, with what every machine has: PocketSphinx.

use crate::heard::{RECORDINGS, channel, channels_of, hear, real_audio, true_words};
use attune_engine::recognize::{Recognizer as _, Speech};
use attune_engine::second_pass::{Heard, Live, joined, passages, rewrite, said_once};
use attune_engine::speaker::{Speaker, Track};
use attune_engine::transcript::Final;
use attune_engine::wer::{self, WordErrors};
use attune_ingest::offline;
use attune_ingest::protocol::SampleClass;
use attune_models::Sphinx;

/// The finals of a recording after a second pass over it.
fn again(first: &offline::Heard, samples: &[i16], sphinx: &mut Sphinx) -> Vec<Final> {
    let decided = first.decided.iter();
    let live: Vec<Live> = decided
        .clone()
        .filter_map(|stretch| {
            Some(Live {
                from_sample: stretch.from_sample,
                to_sample: stretch.to_sample,
                decided: stretch.outcome.clone()?,
            })
        })
        .collect();
    let audible = decided.filter(|stretch| matches!(stretch.class, SampleClass::Decoded | SampleClass::NonSpeech));
    let audible = joined(audible.map(|stretch| stretch.from_sample..stretch.to_sample));
    let mut known = vec![Heard::Stands; live.len()];
    for passage in passages(&live, &audible) {
        let audio = samples[passage.audio.start as usize..passage.audio.end as usize].to_vec();
        let segment = passage.segment(Track::Mic, audio);
        let recognition = sphinx.recognize(Speech::of(&segment.audio)).unwrap();
        let of = passage.segments;
        let heard = rewrite(&live, of.clone(), &segment, &recognition, sphinx.info());
        let before = of.start.checked_sub(1).map_or(&Heard::Stands, |index| &known[index]);
        let heard = said_once(&live, of.clone(), heard, before);
        known.splice(of, heard);
    }
    let finals = live.into_iter().zip(known).map(|(live, heard)| match heard {
        Heard::Anew(anew) => anew,
        Heard::Stands => live.decided,
    });
    finals.collect()
}

fn errors<'a>(said: &[String], finals: impl Iterator<Item = &'a Final>) -> WordErrors {
    let words: Vec<&str> = finals
        .flat_map(|decided| &decided.words)
        .map(|word| word.text.as_str())
        .collect();
    wer::compare(said, &wer::tokens(&words.join(" ").replace("mr ", "mister ")))
}

#[test]
fn real_recordings_are_heard_again_and_both_word_error_rates_printed() {
    let Some(folder) = real_audio() else { return };
    let mut sphinx = Sphinx::load().expect("PocketSphinx is installed");
    let (mut live, mut second) = (WordErrors::default(), WordErrors::default());
    for name in RECORDINGS {
        let samples = channels_of(&folder.join(format!("{name}.wav"))).remove(0);
        let first = hear(vec![channel(Track::Mic, Speaker::Unknown, samples.clone())]);
        let finals = again(&first, &samples, &mut sphinx);
        let said = true_words(&folder, name);
        let (before, after) = (errors(&said, first.finals()), errors(&said, finals.iter()));
        println!(
            "{name}: {} words, word error rate {:.3} live, {:.3} heard again",
            said.len(),
            before.rate(),
            after.rate()
        );
        (live, second) = (live + before, second + after);
    }
    println!(
        "all: word error rate {:.3} live, {:.3} heard again",
        live.rate(),
        second.rate()
    );
    // Not much worse, whatever recognizer it is; how much better is measured and said (docs/measured.md).
    assert!(second.rate() <= live.rate() + 0.05, "{} {}", live.rate(), second.rate());
}
