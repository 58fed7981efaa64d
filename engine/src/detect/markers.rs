//! Single words that do no work where they stand: discourse markers, and filled pauses.

use super::HORIZON;
use super::features::{DIGITS, Features, bin_of};
use super::floor::{Floor, Said};
use super::units::Unit;
use crate::fillers::{self, Filler, FillerKind, Place};
use crate::transcript::Word;

/// Words that AMI's annotators call discourse markers somewhere; any other is none.
pub(super) fn may_be_marker(token: &str) -> bool {
    MARKERS.contains(&token)
}

const MARKERS: &[&str] = &[
    "so",
    "well",
    "like",
    "you",
    "know",
    "i",
    "mean",
    "okay",
    "ok",
    "'kay",
    "kay",
    "right",
    "actually",
    "kind",
    "sort",
    "of",
    "kinda",
    "sorta",
    "dunno",
    "basically",
    "anyway",
    "just",
    "yeah",
    "oh",
    "now",
    "then",
    "and",
    "but",
    "alright",
    "all",
    "see",
    "anyways",
    "say",
    "obviously",
    "really",
    "literally",
    "yes",
    "yep",
    "no",
    "ah",
    "maybe",
    "or",
    "because",
    "guess",
    "think",
    "suppose",
    "let's",
    "let",
    "me",
    "look",
    "though",
    "stuff",
    "hey",
    "cool",
    "uh",
    "um",
    "sure",
    "fine",
    "good",
    "great",
    "please",
    "the",
    "thing",
    "is",
    "it's",
    "that",
    "whatever",
    "something",
];

/// Whether a token may be a filled pause.
pub(super) fn may_be_filler(token: &str) -> bool {
    FILLERS.contains(&token)
}

const FILLERS: &[&str] = &[
    "um", "uh", "er", "erm", "ah", "hm", "hmm", "mm", "uhm", "umm", "uhh", "oh", "eh", "mm-hmm", "uh-huh", "huh",
    "hum", "mmm", "ooh", "aw", "ha", "ew", "well", "so", "like", "oops", "whoa", "wow", "ugh", "uh-oh", "yeah", "okay",
    "right",
];

/// What is known of the unit that a word lies in.
#[derive(Debug)]
pub(super) struct Around {
    /// By how much it breaks off.
    incomplete: f32,
    /// Of each of its words: the rules of lexical fillers hold it for one.
    is_lexical: Vec<bool>,
    /// What those rules found.
    lexical: Vec<Filler>,
}

impl Around {
    /// What is known of `unit`, which breaks off by the margin `incomplete`.
    pub(super) fn of(floor: &Floor, unit: &Unit, incomplete: f32) -> Self {
        let words: Vec<Word> = floor
            .words_at(unit.speaker, unit.first..=unit.last)
            .map(|said| Word {
                text: said.text.clone(),
                start: said.span.start,
                end: said.span.end,
                confidence: 1.0,
            })
            .collect();
        let mut lexical = fillers::find(&words, Place::TurnStart);
        lexical.retain(|filler| filler.kind == FillerKind::Lexical);
        let mut is_lexical = vec![false; words.len()];
        for filler in &lexical {
            is_lexical[filler.word..filler.word + filler.words].fill(true);
        }
        Self {
            incomplete,
            is_lexical,
            lexical,
        }
    }

    /// What the rules of lexical fillers hold for one, as though the unit began a turn.
    pub(super) fn lexical(&self) -> &[Filler] {
        &self.lexical
    }
}

/// What bears on the word at `place` of the speaker of `unit`, which lies in it.
pub(super) fn describe(floor: &Floor, unit: &Unit, place: usize, around: &Around) -> Features {
    let speaker = unit.speaker;
    let known = unit.span.end.plus(HORIZON);
    let word = |place: Option<usize>| floor.nth(speaker, place).filter(|said| said.span.start < known);
    let token = |place: Option<usize>| word(place).map_or("", |said| said.token.as_str());
    let near = |back: usize| token(place.checked_sub(back));
    let here = near(0);
    let (before, earlier) = (near(1), near(2));
    let (next, later) = (token(Some(place + 1)), token(Some(place + 2)));
    let this = word(Some(place));
    let pauses = [
        DIGITS[floor.lingers(speaker, place.checked_sub(1), known)],
        DIGITS[floor.lingers(speaker, Some(place), known)],
    ];
    let mark = |said: Option<&Said>| said.map_or("$", |said| said.mark.as_str());
    let marks = [
        mark(word(place.checked_sub(1))),
        mark(this),
        mark(word(Some(place + 1))),
    ];
    let seat = DIGITS[(place - unit.first).min(4)];
    let rest = DIGITS[(unit.last - place).min(4)];
    let mut features = Features::default();
    let mut add = |name: &str, parts: &[&str]| {
        let all = [&[here], parts].concat();
        features.add(name, &all);
    };
    add("k", &[]);
    add("kb", &[before]);
    add("kn", &[next]);
    add("kbn", &[before, next]);
    add("keb", &[earlier, before]);
    add("knl", &[next, later]);
    add("kebn", &[earlier, before, next]);
    add("kbnl", &[before, next, later]);
    add("kp0", &[pauses[0]]);
    add("kp1", &[pauses[1]]);
    add("kpp", &pauses);
    add("km", &[marks[0], marks[1]]);
    add("km1", &[marks[1]]);
    add("km0", &[marks[0]]);
    add("kmn", &[marks[2]]);
    add("kmp", &[marks[0], marks[1], pauses[0], pauses[1]]);
    add("ks", &[seat]);
    add("kr", &[rest]);
    add("ksr", &[seat, rest]);
    add("kdr", &[pauses[1], rest, seat]);
    add("ksn", &[seat, next]);
    add("ksm", &[seat, marks[1]]);
    add("krb", &[rest, before]);
    add("ksnl", &[seat, next, later]);
    let written = this.is_some_and(|said| said.text.starts_with(char::is_uppercase));
    add("ku", &[if written { "u" } else { "l" }, marks[0]]);
    // A restart: what follows was said before, or is a piece of what comes then.
    let repeats = (1..=3).any(|back| near(back) == next && !next.is_empty())
        || !later.is_empty() && (1..=3).any(|back| near(back) == later);
    let piece = next.chars().count() <= 2 && later.starts_with(next) && later != next && !next.is_empty();
    let broken = !before.is_empty() && next.starts_with(before) && next != before;
    let following = word(Some(place + 1));
    let opens = marks[1] == "-" && following.is_some_and(|said| said.text.starts_with(char::is_uppercase));
    let yes = |fact: bool| if fact { "y" } else { "n" };
    let restart = [yes(repeats), yes(piece), yes(broken), yes(opens)];
    features.add("r", &restart);
    features.add("rk", &[here, restart[0], restart[1], restart[2], restart[3]]);
    features.add("ro", &[restart[3], pauses[1], rest]);
    features.add("rr", &[restart[0], rest]);
    features.add("rl", &[DIGITS[next.chars().count().min(5)], restart[0]]);
    let broken_off = DIGITS[bin_of(around.incomplete, &[-3.0, -1.5, -0.5, 0.5, 1.5])];
    features.add("bo", &[broken_off]);
    features.add("bok", &[here, broken_off, rest]);
    features.add("bor", &[broken_off, restart[0], rest]);
    let rule = yes(around.is_lexical[place - unit.first]);
    features.add("y", &[rule]);
    features.add("yk", &[here, rule]);
    features.add("ym", &[rule, marks[0], marks[1]]);
    features.add("yn", &[here, rule, next]);
    features.add("gb", &[before]);
    features.add("gn", &[next]);
    features.add("gbn", &[before, next]);
    features.add("gs", &[seat]);
    features.add("gr", &[rest]);
    features.add("gm", &[marks[0], marks[1]]);
    features.add("gpp", &pauses);
    features
}
