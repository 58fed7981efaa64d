//! For players: WebVTT, one cue for what is read in a glance, with who speaks.

use super::Analysis;
use super::figures::{speaker, steers};
use attune_engine::report::Line;
use attune_engine::transcript::Word;
use std::fmt::Write as _;

/// A cue has at most two lines of 42 characters, as subtitles do.
const LONGEST_TEXT: usize = 84;
/// And stands for no longer than this.
const LONGEST_MS: u64 = 7_000;
/// A pause of this length begins a new one.
const PAUSE_MS: u64 = 700;

pub(super) fn compose(analysis: &Analysis, out: &mut String) -> std::fmt::Result {
    writeln!(out, "WEBVTT\n\nNOTE\n{}", escape(&analysis.about.title))?;
    let mut cues: Vec<Cue> = analysis.record.utterances.iter().flat_map(cues).collect();
    // Two people may speak at once; a player wants cues in order of start.
    cues.sort_by_key(|cue| (cue.start_ms, cue.end_ms));
    for cue in &cues {
        write!(
            out,
            "\n{} --> {}\n<v {}>{}\n",
            time(cue.start_ms),
            time(cue.end_ms.max(cue.start_ms + 1)),
            escape(&cue.who),
            escape(&cue.text)
        )?;
    }
    Ok(())
}

struct Cue {
    start_ms: u64,
    end_ms: u64,
    who: String,
    text: String,
}

fn cues(utterance: &Line) -> Vec<Cue> {
    let who = match &utterance.participant {
        Some(participant) => participant.name.as_str(),
        None => speaker(utterance.speaker),
    };
    let mut cues: Vec<Cue> = Vec::new();
    for word in &utterance.words {
        let (start_ms, end_ms) = (word.start.as_ms(), word.end.as_ms());
        match cues.last_mut().filter(|cue| cue.takes(word)) {
            Some(cue) => {
                cue.text.push(' ');
                cue.text.push_str(&word.text);
                cue.end_ms = cue.end_ms.max(end_ms);
            }
            None => cues.push(Cue {
                start_ms,
                end_ms,
                who: who.to_owned(),
                text: word.text.clone(),
            }),
        }
    }
    cues
}

impl Cue {
    /// Whether `word` still belongs to it.
    fn takes(&self, word: &Word) -> bool {
        let length = self.text.chars().count() + 1 + word.text.chars().count();
        length <= LONGEST_TEXT
            && word.end.as_ms() <= self.start_ms + LONGEST_MS
            && word.start.as_ms() < self.end_ms + PAUSE_MS
    }
}

/// `01:02:03.456`.
fn time(ms: u64) -> String {
    let (hours, minutes, seconds) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60);
    format!("{hours:02}:{minutes:02}:{seconds:02}.{:03}", ms % 1000)
}

/// On one line, without what a cue is made of.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            c if steers(c) => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::super::sample::{HOSTILE, NAMED, analysis};
    use super::super::{Format, sample};
    use super::*;
    use attune_engine::clock::MeetingTime;

    #[test]
    fn a_cue_says_when_who_and_what_and_no_markup_of_theirs() {
        let written = sample::written(&analysis(), Format::Vtt);
        assert!(written.starts_with("WEBVTT\n\n"), "{written}");
        assert!(!written.contains(HOSTILE) && !written.contains(NAMED) && !written.contains('\u{1b}'));
        assert!(written.contains("&lt;script&gt;alert"), "{written}");
        let cues: Vec<&str> = written.split("\n\n").skip(2).collect();
        assert!(!cues.is_empty());
        for cue in cues {
            let mut lines = cue.trim_end().lines();
            let (times, text) = (lines.next().unwrap(), lines.next().unwrap());
            let (start, end) = times.split_once(" --> ").unwrap();
            assert!(start < end, "{times}");
            assert!(text.starts_with("<v "), "{text}");
            assert_eq!(lines.next(), None, "{cue}");
        }
    }

    #[test]
    fn long_speech_is_several_cues_and_every_word_is_in_one() {
        let mut utterance = analysis().record.utterances[0].clone();
        let word = utterance.words[0].clone();
        let at = |ms: u64| MeetingTime::from_ms(ms);
        utterance.words = (0..60)
            .map(|index| Word {
                text: format!("word{index}"),
                // A breath after the fortieth.
                start: at(index * 300 + if index >= 40 { 2_000 } else { 0 }),
                end: at(index * 300 + 280 + if index >= 40 { 2_000 } else { 0 }),
                ..word.clone()
            })
            .collect();
        let cues = cues(&utterance);
        let words: Vec<&str> = cues.iter().flat_map(|cue| cue.text.split(' ')).collect();
        assert_eq!(words.len(), 60);
        assert!(
            cues.iter()
                .all(|cue| cue.text.len() <= LONGEST_TEXT && cue.end_ms - cue.start_ms <= LONGEST_MS)
        );
        assert!(cues.iter().any(|cue| cue.text.starts_with("word40 ")));
    }

    #[test]
    fn times_have_hours_and_milliseconds() {
        assert_eq!(time(0), "00:00:00.000");
        assert_eq!(time(3_723_045), "01:02:03.045");
    }
}
