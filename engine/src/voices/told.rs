//! Whose a voice is, as far as captions tell: a voice that they name consistently names what they leave open, one that they
//! do not name is "Speaker 1", and one that they name now so, now otherwise is nobody's.
//!
//! A view, made anew whenever it is asked for, from committed labels and captions alone.

use super::VoiceLabel;
use super::clusters::SURE_S;
use crate::attribution::{Participant, ToldBy};
use crate::clock::Span;
use crate::conversation::Utterance;
use crate::page::Page;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// An utterance is a voice's if this much of what is sure in it is.
const MAINLY: f32 = 0.8;
/// And at least this much of the whole.
const MOSTLY: f32 = 0.5;
/// Captions name a voice by this much of its speech, seconds, each weighed by its own confidence,
const NAMED_S: f32 = 4.0;
/// in so many utterances,
const NAMED_TIMES: usize = 2;
/// and by one name at least so much of it.
const CONSISTENTLY: f32 = 0.8;
/// A name by voice is less sure than the captions that it comes from.
const BY_VOICE: f32 = 0.95;
/// What a voice without a name is called, before its number.
const NUMBERED: &str = "Speaker ";

/// Whose a voice is.
#[derive(Debug, Clone, PartialEq)]
enum Whose {
    Named { name: String, confidence: f32 },
    Numbered(usize),
    Nobodys,
}

/// To whom each of `utterances`, by start, is attributed, given whom `page` attributes it to.
pub(crate) fn told(
    utterances: &[Arc<Utterance>],
    by_page: Vec<Option<Participant>>,
    page: &Page,
) -> Vec<Option<Participant>> {
    let voices: Vec<Option<Share>> = utterances.iter().map(|utterance| voice_of(utterance)).collect();
    let whose = whose(utterances, &voices, &by_page, page);
    if whose.is_empty() {
        return by_page;
    }
    let are_several = are_several(&whose);
    let each = voices.into_iter().zip(by_page);
    each.map(|(voice, by_page)| {
        let Some(Share { voice, share, .. }) = voice else {
            return by_page;
        };
        match (whose.get(&voice), by_page) {
            (Some(Whose::Named { name, .. }), Some(page)) if *name != page.name => None,
            (_, Some(page)) => Some(page),
            (Some(Whose::Named { name, confidence }), None) => Some(Participant {
                name: name.clone(),
                confidence: confidence * share * BY_VOICE,
                told_by: ToldBy::Voice,
            }),
            (Some(Whose::Numbered(number)), None) if are_several => Some(Participant {
                name: format!("{NUMBERED}{number}"),
                confidence: share,
                told_by: ToldBy::Voice,
            }),
            (_, None) => None,
        }
    })
    .collect()
}

/// What a voice has of an utterance.
struct Share {
    voice: VoiceLabel,
    /// Of what is sure in it, 0 to 1.
    share: f32,
    seconds: f32,
}

/// The voice that an utterance mainly has.
fn voice_of(utterance: &Utterance) -> Option<Share> {
    let mut by_voice: BTreeMap<VoiceLabel, f32> = BTreeMap::new();
    for stretch in &utterance.voices {
        *by_voice.entry(stretch.voice).or_default() += seconds(stretch.span);
    }
    let sure: f32 = by_voice.values().sum();
    let all: f32 = utterance.ipus.iter().copied().map(seconds).sum();
    let (voice, most) = by_voice.into_iter().max_by(|one, other| one.1.total_cmp(&other.1))?;
    let share = most / sure;
    (share >= MAINLY && most >= MOSTLY * all).then_some(Share {
        voice,
        share,
        seconds: most,
    })
}

/// Whose each voice is of which there is enough. Numbers count in the order in which voices became sure, so that none changes;
/// those are left out with which a voice would be called as the page calls somebody.
fn whose(
    utterances: &[Arc<Utterance>],
    voices: &[Option<Share>],
    by_page: &[Option<Participant>],
    page: &Page,
) -> BTreeMap<VoiceLabel, Whose> {
    let taken: BTreeSet<usize> = page.names().filter_map(number_in).collect();
    let mut numbers = (1..).filter(|number| !taken.contains(number));
    let mut heard: BTreeMap<VoiceLabel, f32> = BTreeMap::new();
    let mut whose: BTreeMap<VoiceLabel, Whose> = BTreeMap::new();
    for stretch in utterances.iter().flat_map(|utterance| &utterance.voices) {
        let heard = heard.entry(stretch.voice).or_default();
        *heard += seconds(stretch.span);
        if *heard >= SURE_S
            && let Entry::Vacant(place) = whose.entry(stretch.voice)
        {
            place.insert(Whose::Numbered(numbers.next().unwrap_or(usize::MAX)));
        }
    }
    for (voice, names) in names(voices, by_page) {
        if let (Some(named), Some(whose)) = (named(names), whose.get_mut(&voice)) {
            *whose = named;
        }
    }
    whose
}

/// The number of a name that reads as that of a voice without one.
fn number_in(name: &str) -> Option<usize> {
    let (word, number) = name.trim().split_at_checked(NUMBERED.len())?;
    word.eq_ignore_ascii_case(NUMBERED).then(|| number.parse().ok())?
}

/// Speech of one name in a voice.
#[derive(Debug, Default)]
struct Named {
    seconds: f32,
    weighed_s: f32,
    times: usize,
}

fn names<'a>(
    voices: &[Option<Share>],
    by_page: &'a [Option<Participant>],
) -> BTreeMap<VoiceLabel, BTreeMap<&'a str, Named>> {
    let mut names: BTreeMap<VoiceLabel, BTreeMap<&str, Named>> = BTreeMap::new();
    for (share, participant) in voices.iter().zip(by_page) {
        let (Some(Share { voice, seconds, .. }), Some(participant)) = (share, participant) else {
            continue;
        };
        let named = names.entry(*voice).or_default().entry(&participant.name).or_default();
        named.seconds += seconds;
        named.weighed_s += seconds * participant.confidence;
        named.times += 1;
    }
    names
}

/// Whose a voice is that captions gave these names; none while they say too little.
fn named(names: BTreeMap<&str, Named>) -> Option<Whose> {
    let all: f32 = names.values().map(|named| named.weighed_s).sum();
    let times: usize = names.values().map(|named| named.times).sum();
    let (name, most) = names
        .into_iter()
        .max_by(|one, other| one.1.weighed_s.total_cmp(&other.1.weighed_s))?;
    let share = most.weighed_s / all;
    if all < NAMED_S || times < NAMED_TIMES {
        return None;
    }
    if share < CONSISTENTLY {
        return Some(Whose::Nobodys);
    }
    Some(Whose::Named {
        name: name.to_owned(),
        confidence: share * most.weighed_s / most.seconds,
    })
}

/// Whether the others are more than one: who is alone needs no number.
fn are_several(whose: &BTreeMap<VoiceLabel, Whose>) -> bool {
    let names: BTreeSet<&str> = whose
        .values()
        .filter_map(|whose| match whose {
            Whose::Named { name, .. } => Some(name.as_str()),
            Whose::Numbered(_) | Whose::Nobodys => None,
        })
        .collect();
    let unnamed = whose.values().filter(|whose| matches!(whose, Whose::Numbered(_)));
    names.len() + unnamed.count() > 1
}

fn seconds(span: Span) -> f32 {
    span.duration().as_secs_f32()
}

#[cfg(test)]
mod tests;
