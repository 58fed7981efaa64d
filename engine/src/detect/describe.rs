//! What bears on what a unit is: its words, and what the floor does before, during and after it.

use super::HORIZON;
use super::features::{DIGITS, Features, bin_of};
use super::floor::{Floor, Mark, Said};
use super::units::Unit;
use crate::lexicon::is_filled_pause;
use crate::questions;
use std::time::Duration;

/// How far back the floor is looked at.
const BACK: Duration = Duration::from_millis(3000);
/// A pause inside speech: who was silent for less is speaking.
const PAUSE: Duration = Duration::from_millis(250);

/// The tokens of a unit; without filled pauses, unless it is nothing but those.
pub(super) fn tokens<'a>(floor: &'a Floor, unit: &Unit) -> Vec<&'a str> {
    let words = || {
        floor
            .words_at(unit.speaker, unit.first..=unit.last)
            .map(|said| said.token.as_str())
            .filter(|token| !token.is_empty())
    };
    let spoken: Vec<&str> = words().filter(|token| !is_filled_pause(token)).collect();
    if spoken.is_empty() { words().collect() } else { spoken }
}

/// The facts of a unit.
pub(super) fn describe(floor: &Floor, unit: &Unit) -> Features {
    let tokens = tokens(floor, unit);
    let mark = floor
        .nth(unit.speaker, Some(unit.last))
        .map_or(Mark::None, |word| word.mark)
        .as_str();
    let mut features = Features::default();
    let length = DIGITS[bin_of(tokens.len() as f32, &[1.0, 2.0, 3.0, 4.0, 5.0, 7.0, 10.0, 15.0, 25.0])];
    features.add("b", &[]);
    features.add("m", &[mark]);
    features.add("n", &[length]);
    features.add("nm", &[length, mark]);
    let asks = wording(&tokens, mark, &mut features);
    let around = Around::of(floor, unit);
    around.add(&tokens, length, mark, &mut features);
    if let Some(next) = around.next {
        features.add("ntm", &[&next.token, mark]);
        features.add("ntq", &[&next.token, asks]);
    }
    let echo = echo(floor, unit, &tokens);
    features.add("ec", &[echo, mark]);
    features.add("ecl", &[echo, mark, length]);
    features.add("ecq", &[echo, asks]);
    features.0.sort_unstable();
    features.0.dedup();
    features
}

/// How many of the words that carry something others said just before: a question that repeats them checks whether they were
/// understood.
fn echo(floor: &Floor, unit: &Unit, tokens: &[&str]) -> &'static str {
    /// How far back an echo reaches.
    const ECHO: Duration = Duration::from_millis(6000);
    let heard: Vec<&str> = floor
        .others_before(unit.speaker, unit.span.start, ECHO)
        .map(|said| said.token.as_str())
        .collect();
    let carries = |token: &&&str| token.chars().count() > 2 && !questions::is_auxiliary(token) && class(token) != "Q";
    let all = tokens.iter().filter(carries).count();
    let said = tokens
        .iter()
        .filter(carries)
        .filter(|token| heard.contains(token))
        .count();
    match (all, said) {
        (0, _) => "nothing",
        (_, 0) => "none",
        (all, said) if said == all => "all",
        (all, said) if 2 * said >= all => "half",
        _ => "some",
    }
}

/// What the words are; says whether their order asks.
fn wording(tokens: &[&str], mark: &str, features: &mut Features) -> &'static str {
    let at = |place: usize| tokens.get(place).copied().unwrap_or("$");
    for token in tokens {
        features.add("u", &[token]);
    }
    for pair in tokens.windows(2) {
        features.add("2", pair);
    }
    for three in tokens.windows(3) {
        features.add("3", three);
    }
    if tokens.len() <= 4 {
        features.add("w", tokens);
    }
    features.add("f1", &[at(0)]);
    features.add("f1m", &[at(0), mark]);
    features.add("f2", &[at(0), at(1)]);
    features.add("f3", &[at(0), at(1), at(2)]);
    let opened = questions::without_openers(tokens);
    let open = |place: usize| opened.get(place).copied().unwrap_or("$");
    features.add("o1", &[open(0)]);
    features.add("o2", &[open(0), open(1)]);
    features.add("o3", &[open(0), open(1), open(2)]);
    let classes = [class(open(0)), class(open(1)), class(open(2))];
    features.add("c2", &classes[..2]);
    features.add("c3", &classes);
    let last = |back: usize| tokens.len().checked_sub(back).map_or("^", |place| tokens[place]);
    features.add("l1", &[last(1)]);
    features.add("l1m", &[last(1), mark]);
    features.add("l2", &[last(2), last(1)]);
    features.add("l3", &[last(3), last(2), last(1)]);
    let asks = match questions::cue(tokens) {
        Some(questions::QuestionKind::Open) => "open",
        Some(questions::QuestionKind::Closed) => "closed",
        None => "no",
    };
    features.add("q", &[asks]);
    features.add("qm", &[asks, mark]);
    asks
}

/// The grammar of a word, as far as questions need it.
fn class(token: &str) -> &'static str {
    if questions::is_question_word(token) {
        "Q"
    } else if questions::is_auxiliary(token) {
        "A"
    } else if questions::is_subject(token) {
        "S"
    } else if token == "$" {
        "$"
    } else {
        "-"
    }
}

/// What the floor does around a unit, in bins.
struct Around<'a> {
    own_before: usize,
    own_after: usize,
    other_before: usize,
    other_after: usize,
    over_start: bool,
    over_end: bool,
    inside: usize,
    same: bool,
    talk_before: usize,
    talk_after: usize,
    own_talk_before: usize,
    own_talk_after: usize,
    last: Option<&'a Said>,
    next: Option<&'a Said>,
    asked: bool,
    duration: usize,
}

impl<'a> Around<'a> {
    fn of(floor: &'a Floor, unit: &Unit) -> Self {
        let Unit { speaker, span, .. } = *unit;
        let words = [0.5, 2.0, 4.0, 8.0];
        let last = floor.others_before(speaker, span.start, BACK).next();
        let next = floor.others_after(speaker, span.end, HORIZON).next();
        let own_last = unit
            .first
            .checked_sub(1)
            .and_then(|place| floor.nth(speaker, Some(place)));
        let own_next = floor
            .nth(speaker, Some(unit.last + 1))
            .filter(|word| word.span.start < span.end.plus(HORIZON));
        let gap = |from: crate::clock::MeetingTime, to: crate::clock::MeetingTime| to.since(from).as_secs_f32();
        let count = |words: usize| words as f32;
        Self {
            own_before: own_last.map_or(9, |word| bin_of(gap(word.span.end, span.start), &[0.1, 0.5, 1.5, 4.0])),
            own_after: own_next.map_or(9, |word| bin_of(gap(span.end, word.span.start), &[0.1, 0.5, 1.0])),
            other_before: last.map_or(9, |word| {
                bin_of(gap(word.voiced_to, span.start), &[0.001, 0.25, 0.6, 1.2])
            }),
            other_after: next.map_or(9, |word| bin_of(gap(span.end, word.span.start), &[0.25, 0.6, 1.0])),
            over_start: floor.other_speaks_at(speaker, span.start, PAUSE).is_some(),
            over_end: floor.other_speaks_at(speaker, span.end, PAUSE).is_some(),
            inside: bin_of(
                count(floor.others_after(speaker, span.start, span.duration()).count()),
                &[1.0, 2.0, 4.0, 8.0],
            ),
            same: matches!((last, next), (Some(last), Some(next)) if last.speaker == next.speaker),
            talk_before: bin_of(count(floor.others_before(speaker, span.start, BACK).count()), &words),
            talk_after: bin_of(count(floor.others_after(speaker, span.end, HORIZON).count()), &words),
            own_talk_before: bin_of(count(floor.own_before(speaker, span.start, BACK)), &words),
            own_talk_after: bin_of(count(floor.own_after(speaker, span.end, HORIZON)), &words),
            last,
            next,
            asked: last.is_some_and(|last| asked(floor, speaker, unit, last)),
            duration: bin_of(
                span.duration().as_secs_f32(),
                &[0.15, 0.25, 0.35, 0.5, 0.8, 1.5, 3.0, 6.0],
            ),
        }
    }

    fn add(&self, tokens: &[&str], length: &str, mark: &str, features: &mut Features) {
        let bins = [
            ("ob", self.own_before),
            ("oa", self.own_after),
            ("xb", self.other_before),
            ("xa", self.other_after),
            ("in", self.inside),
            ("tb", self.talk_before),
            ("ta", self.talk_after),
            ("sb", self.own_talk_before),
            ("sa", self.own_talk_after),
            ("d", self.duration),
        ];
        let short = tokens.len() <= 3;
        let text = tokens.join(" ");
        for (name, bin) in bins {
            let bin = DIGITS[bin];
            features.add(name, &[bin]);
            features.add(name, &[bin, length]);
            features.add(name, &["m", bin, mark]);
            if short {
                features.add(name, &["w", bin, &text]);
            }
        }
        let yes = |fact: bool| if fact { "y" } else { "n" };
        let overlap = [yes(self.over_start), yes(self.over_end), yes(self.same)];
        let floor = [
            overlap[0],
            overlap[1],
            overlap[2],
            DIGITS[self.own_after],
            DIGITS[self.other_after],
            DIGITS[self.own_before],
        ];
        features.add("ov", &overlap);
        features.add("ovl", &[overlap[0], overlap[1], overlap[2], length]);
        features.add("fl", &floor);
        features.add("fl4", &floor[..5]);
        features.add("tt", &[DIGITS[self.talk_before], DIGITS[self.talk_after], length]);
        features.add(
            "ss",
            &[DIGITS[self.own_talk_before], DIGITS[self.own_talk_after], length],
        );
        features.add(
            "ts",
            &[DIGITS[self.talk_after], DIGITS[self.own_talk_after], overlap[1]],
        );
        if short {
            features.add("flw", &[&floor[..5], &[text.as_str()]].concat());
            features.add("ovw", &[overlap[0], overlap[1], overlap[2], &text]);
            features.add("tw", &[DIGITS[self.talk_before], DIGITS[self.talk_after], &text]);
            features.add(
                "sw",
                &[DIGITS[self.own_talk_before], DIGITS[self.own_talk_after], &text],
            );
            features.add("aw", &[yes(self.asked), &text]);
        }
        features.add("a", &[yes(self.asked), length]);
        if let Some(last) = self.last {
            features.add("pm", &[last.mark.as_str(), length]);
            features.add("pt", &[&last.token]);
        }
        if let Some(next) = self.next {
            features.add("nt", &[&next.token]);
            features.add("ntx", &[&next.token, DIGITS[self.other_after], DIGITS[self.own_after]]);
        }
        let ending = tokens.last().copied().unwrap_or("$");
        features.add("lx", &[ending, DIGITS[self.own_after], DIGITS[self.other_after]]);
        features.add("lo", &[ending, overlap[1], DIGITS[self.own_after]]);
    }
}

/// What was said right before by the one who spoke last asks something.
fn asked(floor: &Floor, speaker: usize, unit: &Unit, last: &Said) -> bool {
    /// Words of a question that are looked at.
    const WORDS: usize = 12;
    let mut heard: Vec<&Said> = floor
        .others_before(speaker, unit.span.start, BACK)
        .filter(|said| said.speaker == last.speaker)
        .take(WORDS)
        .collect();
    heard.reverse();
    if heard.iter().rev().take(4).any(|said| said.mark == Mark::Question) {
        return true;
    }
    // With punctuation, the last sentence alone.
    let from = heard[..heard.len().saturating_sub(1)]
        .iter()
        .rposition(|said| said.mark == Mark::Stop)
        .map_or(0, |place| place + 1);
    let tokens: Vec<&str> = heard[from..]
        .iter()
        .map(|said| said.token.as_str())
        .filter(|token| !token.is_empty() && !is_filled_pause(token))
        .collect();
    questions::cue(&tokens).is_some()
}
