//! Word error rate: how far a transcript is from what was said. Over lower case without punctuation, fillers removed,
//! numbers as spoken.

use crate::clock::Span;
use crate::lexicon::{is_filled_pause, token};

/// A reference and a hypothesis aligned word by word.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WordErrors {
    /// Words that were said.
    pub reference: usize,
    /// Said, heard as another word.
    pub substitutions: usize,
    /// Said, not heard.
    pub deletions: usize,
    /// Heard, not said.
    pub insertions: usize,
}

impl WordErrors {
    /// Errors over words said; can exceed 1. Zero where nothing was said and nothing heard.
    pub fn rate(&self) -> f64 {
        let errors = self.substitutions + self.deletions + self.insertions;
        if errors == 0 {
            0.0
        } else {
            errors as f64 / self.reference.max(1) as f64
        }
    }
}

impl std::ops::Add for WordErrors {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            reference: self.reference + other.reference,
            substitutions: self.substitutions + other.substitutions,
            deletions: self.deletions + other.deletions,
            insertions: self.insertions + other.insertions,
        }
    }
}

/// A word with its time, so that stretches can be left out.
#[derive(Debug, Clone, PartialEq)]
pub struct TimedWord<'a> {
    /// As written.
    pub text: &'a str,
    /// When it was said.
    pub span: Span,
}

/// The words of `words` to compare: those whose middle lies in none of the `excluded` stretches, as tokens, without
/// filled pauses, numbers in digits as spoken.
pub fn comparable<'a>(words: impl IntoIterator<Item = TimedWord<'a>>, excluded: &[Span]) -> Vec<String> {
    words
        .into_iter()
        .filter(|word| {
            let middle = u64::midpoint(word.span.start.as_ms(), word.span.end.as_ms());
            !excluded
                .iter()
                .any(|span| (span.start.as_ms()..span.end.as_ms()).contains(&middle))
        })
        .flat_map(|word| tokens(word.text))
        .collect()
}

/// The tokens of a text, ready to compare.
pub fn tokens(text: &str) -> Vec<String> {
    text.split(|c: char| c.is_whitespace() || c == '-')
        .map(token)
        .filter(|token| !token.is_empty() && !is_filled_pause(token))
        .flat_map(|token| match token.parse::<u32>() {
            Ok(number) if number < 1_000_000 => spoken(number),
            _ => vec![token],
        })
        .collect()
}

/// The least number of substitutions, deletions and insertions that turn `reference` into `hypothesis` (Levenshtein over
/// words).
pub fn compare(reference: &[String], hypothesis: &[String]) -> WordErrors {
    align(reference, hypothesis, |_| ())
}

/// The last step of an alignment.
#[derive(Clone, Copy)]
enum Step {
    /// A word said and a word heard, the same or not.
    Both,
    /// A word said.
    Said,
    /// A word heard.
    Heard,
}

/// Counts the errors of the best alignment. For each word said and in it for each word heard, `taken` is told the last step
/// of the best alignment up to both; of steps that are as good, the first of [`Step`].
fn align(reference: &[String], hypothesis: &[String], mut taken: impl FnMut(Step)) -> WordErrors {
    let start = WordErrors {
        reference: reference.len(),
        ..WordErrors::default()
    };
    let cost = |errors: &WordErrors| errors.substitutions + errors.deletions + errors.insertions;
    let mut row: Vec<WordErrors> = (0..=hypothesis.len())
        .map(|heard| WordErrors {
            insertions: heard,
            ..start
        })
        .collect();
    for (said_index, said) in reference.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = WordErrors {
            deletions: said_index + 1,
            ..start
        };
        for (heard_index, heard) in hypothesis.iter().enumerate() {
            let above = row[heard_index + 1];
            let left = row[heard_index];
            let matched = if said == heard {
                diagonal
            } else {
                WordErrors {
                    substitutions: diagonal.substitutions + 1,
                    ..diagonal
                }
            };
            let deleted = WordErrors {
                deletions: above.deletions + 1,
                ..above
            };
            let inserted = WordErrors {
                insertions: left.insertions + 1,
                ..left
            };
            let steps = [(deleted, Step::Said), (inserted, Step::Heard)].into_iter();
            let (best, step) = steps.fold((matched, Step::Both), |best, other| {
                if cost(&other.0) < cost(&best.0) { other } else { best }
            });
            taken(step);
            row[heard_index + 1] = best;
            diagonal = above;
        }
    }
    row[hypothesis.len()]
}

/// What became of a word that was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It was heard.
    Right,
    /// It was heard as another word.
    Substituted,
    /// It was not heard.
    Deleted,
}

/// What became of each word of `reference` in the alignment that [`compare`] counts. Takes as many bytes as words were said
/// times words heard.
pub fn fates(reference: &[String], hypothesis: &[String]) -> Vec<Fate> {
    let mut steps = Vec::with_capacity(reference.len() * hypothesis.len());
    align(reference, hypothesis, |step| steps.push(step));
    let (mut said, mut heard) = (reference.len(), hypothesis.len());
    let mut fates = Vec::with_capacity(said);
    while said > 0 {
        let step = match heard {
            0 => Step::Said,
            _ => steps[(said - 1) * hypothesis.len() + heard - 1],
        };
        if matches!(step, Step::Both | Step::Said) {
            said -= 1;
        }
        if matches!(step, Step::Both | Step::Heard) {
            heard -= 1;
        }
        match step {
            Step::Both if reference[said] == hypothesis[heard] => fates.push(Fate::Right),
            Step::Both => fates.push(Fate::Substituted),
            Step::Said => fates.push(Fate::Deleted),
            Step::Heard => {}
        }
    }
    fates.reverse();
    fates
}

/// A number below a million in words.
fn spoken(number: u32) -> Vec<String> {
    const SMALL: [&str; 20] = [
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
    ];
    const TENS: [&str; 10] = [
        "", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
    ];
    let rest = |number: u32| if number == 0 { Vec::new() } else { spoken(number) };
    match number {
        0..20 => vec![SMALL[number as usize].to_owned()],
        20..100 => [vec![TENS[(number / 10) as usize].to_owned()], rest(number % 10)].concat(),
        100..1000 => [spoken(number / 100), vec!["hundred".to_owned()], rest(number % 100)].concat(),
        _ => [spoken(number / 1000), vec!["thousand".to_owned()], rest(number % 1000)].concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::MeetingTime;

    fn errors(said: &str, heard: &str) -> (usize, usize, usize) {
        let found = compare(&tokens(said), &tokens(heard));
        (found.substitutions, found.deletions, found.insertions)
    }

    #[test]
    fn errors_are_counted_by_kind() {
        assert_eq!(errors("the cat sat down", "the cat sat down"), (0, 0, 0));
        assert_eq!(errors("the cat sat down", "the hat sat down"), (1, 0, 0));
        assert_eq!(errors("the cat sat down", "the sat down"), (0, 1, 0));
        assert_eq!(errors("the cat sat", "the big cat sat"), (0, 0, 1));
        assert_eq!(errors("", "hello there"), (0, 0, 2));
        assert_eq!(errors("hello there", ""), (0, 2, 0));
    }

    #[test]
    fn every_word_said_has_a_fate_and_together_they_are_what_is_counted() {
        use Fate::{Deleted, Right, Substituted};
        let fates_of = |said: &str, heard: &str| fates(&tokens(said), &tokens(heard));
        assert_eq!(
            fates_of("the cat sat down", "the hat down"),
            [Right, Deleted, Substituted, Right]
        );
        assert_eq!(fates_of("the cat sat", "well the cat"), [Right, Right, Deleted]);
        assert_eq!(fates_of("one two", ""), [Deleted, Deleted]);
        assert_eq!(fates_of("", "one two"), []);
        // Every text of up to four of three words, against every other.
        let mut texts: Vec<Vec<String>> = vec![Vec::new()];
        for longer in 0..4 {
            let shorter = texts.iter().filter(|text| text.len() == longer);
            let more = |text: &Vec<String>| ["a", "b", "c"].map(|word| [text.as_slice(), &[word.to_owned()]].concat());
            texts.extend(shorter.flat_map(more).collect::<Vec<_>>());
        }
        assert_eq!(texts.len(), 1 + 3 + 9 + 27 + 81);
        for said in &texts {
            for heard in &texts {
                let found = fates(said, heard);
                let count = |fate| found.iter().filter(|found| **found == fate).count();
                let (right, substitutions, deletions) = (count(Right), count(Substituted), count(Deleted));
                let together = WordErrors {
                    reference: found.len(),
                    substitutions,
                    deletions,
                    insertions: heard.len() - right - substitutions,
                };
                assert_eq!(together, compare(said, heard), "{said:?} / {heard:?}");
            }
        }
    }

    #[test]
    fn case_punctuation_fillers_and_digits_make_no_error() {
        assert_eq!(
            errors("Um, we have 9 steps — twenty-one!", "we have nine steps twenty one"),
            (0, 0, 0)
        );
        assert_eq!(
            tokens("1,5 340 12000"),
            ["1,5", "three", "hundred", "forty", "twelve", "thousand"]
        );
    }

    #[test]
    fn a_rate_can_exceed_one_and_is_zero_for_silence_heard_as_silence() {
        assert!((compare(&tokens("one"), &tokens("two three")).rate() - 2.0).abs() < 1e-9);
        assert_eq!(compare(&[], &[]).rate(), 0.0);
    }

    #[test]
    fn words_in_excluded_stretches_are_left_out() {
        let at = |text, ms| TimedWord {
            text,
            span: Span::new(MeetingTime::from_ms(ms), MeetingTime::from_ms(ms + 100)),
        };
        let excluded = [Span::new(MeetingTime::from_ms(200), MeetingTime::from_ms(300))];
        assert_eq!(
            comparable([at("keep", 0), at("drop", 200), at("this", 400)], &excluded),
            ["keep", "this"]
        );
    }

    #[test]
    fn the_errors_of_two_channels_add_up() {
        let both = compare(&tokens("one two"), &tokens("one")) + compare(&tokens("three"), &tokens("three for"));
        assert_eq!((both.reference, both.deletions, both.insertions), (3, 1, 1));
        assert!((both.rate() - 2.0 / 3.0).abs() < 1e-9);
    }
}
