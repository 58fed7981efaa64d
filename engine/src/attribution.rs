//! Who of the others spoke: names that the meeting's page showed, bound to segments of the tab by time and by text.
//!
//! The tab carries everyone else in one channel, and captions come late and in someone else's words. So evidence is counted
//! in seconds: each second of voice during which the page marked a name alone, and each word of a caption beside a name that
//! the segment holds too. A name needs enough of it, and far more than any other; without, nobody is named: "unknown" rather
//! than wrong. The person's own name is never bound to the tab.

mod align;

pub(crate) use align::{Pair, align};

use crate::clock::{MeetingTime, Span};
use crate::conversation::Utterance;
use crate::lexicon::{is_filled_pause, token};
use crate::page::{Caption, Page};
use crate::speaker::Speaker;
use crate::transcript::SegmentId;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// Evidence this far off in time counts 1/e: captions of Meet come one to three seconds after the word.
pub(crate) const CAPTION_DELAY: Duration = Duration::from_millis(2500);
/// A page marks who speaks this much later than they do.
const MARK_DELAY: Duration = Duration::from_millis(300);
/// Less evidence than this names nobody, seconds. Of that much nearly all words of a sentence agree, or the page shows one
/// name alone for that long.
const ENOUGH_S: f32 = 2.5;
/// A caption's word takes this long: 120 words a minute.
const WORD: Duration = Duration::from_millis(500);
/// Words of three letters and less are in everybody's sentences: they count this much of a word.
const SHORT_WORD: f32 = 0.4;
/// Of that many letters.
const SHORT_LETTERS: usize = 3;
/// Captions that appeared longer ago than this are over, unless they are as long.
const CAPTION_LASTS: Duration = Duration::from_secs(60);
/// Below this confidence nobody is named.
const NAMED: f32 = 0.6;
/// From this confidence on a name is counted by (measures.md, quality gate).
pub const TRUSTED: f32 = 0.8;
/// The page's own word for the person; other languages are told by who it is that speaks on the microphone.
const SELF: &str = "you";
/// Evidence on the microphone, and times that on the tab, that make a name the person's own, seconds.
const OWN_S: f32 = 5.0;
const OWN_TIMES: f32 = 2.0;

/// A participant to whom speech is attributed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Participant {
    /// The name as the meeting's page shows it, or `Speaker 1` for a voice that it does not name.
    pub name: String,
    /// How sure that is, 0 to 1: the share of all evidence that speaks for it.
    pub confidence: f32,
    /// What tells.
    #[serde(default, skip_serializing_if = "ToldBy::is_page")]
    pub told_by: ToldBy,
}

/// What tells who spoke.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ToldBy {
    /// The meeting's page: its captions, and whom it marks.
    #[default]
    Page,
    /// A voice that is heard elsewhere in the meeting too.
    Voice,
    /// The person whose meeting it is, who put it right.
    Person,
}

impl ToldBy {
    fn is_page(&self) -> bool {
        *self == Self::Page
    }
}

/// A segment and to whom it is attributed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Attributed {
    /// The segment's name.
    pub segment: SegmentId,
    /// Who spoke.
    #[serde(flatten)]
    pub participant: Participant,
}

/// The names that are the person's own: what the page calls them, and who is shown when the microphone is heard.
pub(crate) fn own_names(page: &Page, utterances: &[Arc<Utterance>]) -> BTreeSet<String> {
    let mut on: BTreeMap<String, (f32, f32)> = BTreeMap::new();
    for utterance in utterances {
        for (name, seconds) in evidence(page, utterance) {
            let on = on.entry(name).or_default();
            match utterance.speaker {
                Speaker::Me => on.0 += seconds,
                Speaker::Them => on.1 += seconds,
                Speaker::Unknown => {}
            }
        }
    }
    on.into_iter()
        .filter(|(_, (mic, tab))| *mic >= OWN_S && *mic >= OWN_TIMES * tab)
        .map(|(name, _)| name)
        .collect()
}

/// Whom `utterance` is attributed to; nobody where it is the person's own, or where the page does not tell. `own` are the
/// person's own names.
pub(crate) fn participant(page: &Page, utterance: &Utterance, own: &BTreeSet<String>) -> Option<Participant> {
    if utterance.speaker != Speaker::Them {
        return None;
    }
    let evidence = evidence(page, utterance)
        .into_iter()
        .filter(|(name, _)| !is_own(name, own));
    let evidence: Vec<(String, f32)> = evidence.collect();
    let all: f32 = evidence.iter().map(|(_, seconds)| seconds).sum();
    let (name, most) = evidence.into_iter().max_by(|one, other| one.1.total_cmp(&other.1))?;
    // What is needed counts against it as a quarter of itself: just enough, uncontested, is 0.8.
    let confidence = most / (all + ENOUGH_S / 4.0);
    (most >= ENOUGH_S && confidence >= NAMED).then_some(Participant {
        name,
        confidence,
        told_by: ToldBy::Page,
    })
}

/// Whether `name` is the person's.
pub(crate) fn is_own(name: &str, own: &BTreeSet<String>) -> bool {
    own.contains(name) || token(name) == SELF
}

/// Seconds that speak for each name.
fn evidence(page: &Page, utterance: &Utterance) -> BTreeMap<String, f32> {
    let mut seconds: BTreeMap<String, f32> = BTreeMap::new();
    for unit in &utterance.ipus {
        let seen = Span::new(unit.start.plus(MARK_DELAY), unit.end.plus(MARK_DELAY));
        for (names, shown) in page.marked(seen) {
            for name in names {
                let share = shown.duration().as_secs_f32() / names.len() as f32;
                *seconds.entry(name.clone()).or_default() += share;
            }
        }
    }
    let tokens: Vec<String> = utterance.words.iter().map(|word| token(&word.text)).collect();
    for caption in captions_near(page, utterance.span) {
        let agreed = align(&tokens, &caption.tokens);
        let agreed: f32 = agreed
            .iter()
            .filter(|pair| matches!(pair, Pair::Same(..)))
            .filter_map(|pair| tokens.get(pair.mine()?))
            .map(|token| weight(token))
            .sum();
        let off = distance(utterance.span, said_within(caption)).as_secs_f32();
        let near = (-off / CAPTION_DELAY.as_secs_f32()).exp();
        *seconds.entry(caption.speaker.clone()).or_default() += agreed * WORD.as_secs_f32() * near;
    }
    seconds
}

fn weight(token: &str) -> f32 {
    match token {
        pause if is_filled_pause(pause) => 0.0,
        short if short.chars().count() <= SHORT_LETTERS => SHORT_WORD,
        _ => 1.0,
    }
}

/// The captions that may hold words said in `span`.
pub(crate) fn captions_near(page: &Page, span: Span) -> impl Iterator<Item = &Caption> {
    page.captions(span.start.minus(CAPTION_LASTS), span.end.plus(2 * CAPTION_DELAY))
        .filter(move |caption| distance(span, said_within(caption)) <= 2 * CAPTION_DELAY)
}

/// When the words of a caption may have been said: its first word before it appeared, its last as late as its length takes.
fn said_within(caption: &Caption) -> Span {
    let length = WORD * u32::try_from(caption.tokens.len()).unwrap_or(u32::MAX);
    Span::new(caption.at.minus(CAPTION_DELAY), caption.at.plus(length))
}

/// How far two stretches are apart.
fn distance(one: Span, other: Span) -> Duration {
    let gap = |from: MeetingTime, to: MeetingTime| to.since(from);
    gap(one.end, other.start).max(gap(other.end, one.start))
}

#[cfg(test)]
mod tests;
