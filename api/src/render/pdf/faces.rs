//! The fonts of a PDF: which has a character, how wide it is, which way it is read, and what is put where none has it.

use super::PdfError;
use crate::render::figures::steers;
use krilla::text::{Font, Tag};
use rustybuzz::{Direction, Face, UnicodeBuffer};
use skrifa::instance::Size;
use skrifa::{FontRef, MetadataProvider as _};
use std::collections::HashMap;
use unicode_bidi::{Level, ParagraphBidiInfo, get_base_direction};

/// One family in three files, each with a part of the Latin script; the first that has a character is used.
const FILES: [&[u8]; 3] = [
    include_bytes!("../../../fonts/hanken-grotesk-latin.ttf"),
    include_bytes!("../../../fonts/hanken-grotesk-latin-ext.ttf"),
    include_bytes!("../../../fonts/hanken-grotesk-vietnamese.ttf"),
];
/// Where none of them has it: Cyrillic, Greek, Hebrew, Arabic, Armenian, Georgian. One weight. East Asian scripts are in no file: a font
/// of one is larger than the rest of the program.
const FALLBACK: &[u8] = include_bytes!("../../../fonts/dejavu-sans.ttf");
/// Its place behind [`FILES`].
pub(super) const FALLBACK_FILE: usize = FILES.len();
/// What stands for words that no font has the characters of. Who listens, or copies, gets the words.
pub(super) const STAND_IN: &str = "[…]";
/// Characters that one stand-in stands for, at most: a string in a PDF has an end.
const STOOD_FOR: usize = 400;

/// How heavy text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Weight {
    Regular,
    Bold,
}

impl Weight {
    const fn place(self) -> usize {
        match self {
            Self::Regular => 0,
            Self::Bold => 1,
        }
    }
}

/// Which way a text as a whole is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reads {
    LeftToRight,
    RightToLeft,
}

impl Reads {
    /// As the first letter of `text` that has a way is read; from the left where none has.
    pub(super) fn of(text: &str) -> Self {
        match get_base_direction(text) {
            unicode_bidi::Direction::Rtl => Self::RightToLeft,
            unicode_bidi::Direction::Ltr | unicode_bidi::Direction::Mixed => Self::LeftToRight,
        }
    }

    fn level(self) -> Level {
        match self {
            Self::LeftToRight => Level::ltr(),
            Self::RightToLeft => Level::rtl(),
        }
    }
}

/// Text in one font that is read one way.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Run {
    /// Which of the files.
    pub(super) file: usize,
    /// What is drawn, in the order in which it is read.
    pub(super) text: String,
    /// What it stands for, where that is something else.
    pub(super) stands_for: Option<String>,
    /// Which way it is read.
    pub(super) reads: Reads,
    /// How wide it is at a size of 1.
    pub(super) width: f32,
    /// Grows in the order in which runs are read.
    pub(super) order: (usize, usize),
}

pub(super) struct Faces {
    /// By weight, then file.
    fonts: [Vec<Font>; 2],
    /// By weight: the file that has a character, and its width at a size of 1.
    widths: [HashMap<char, (usize, f32)>; 2],
    /// Of [`FALLBACK`], whose letters are as wide as their neighbours make them.
    shaper: Face<'static>,
}

impl Faces {
    pub(super) fn load() -> Result<Self, PdfError> {
        let mut faces = Self {
            fonts: [Vec::new(), Vec::new()],
            widths: [HashMap::new(), HashMap::new()],
            shaper: Face::from_slice(FALLBACK, 0).ok_or(PdfError::Font)?,
        };
        for (weight, value) in [(Weight::Regular, 400.0), (Weight::Bold, 640.0)] {
            for (file, data) in FILES.into_iter().chain([FALLBACK]).enumerate() {
                let weighs = [(Tag::new(b"wght"), value)];
                let varies = if file == FALLBACK_FILE {
                    &weighs[..0]
                } else {
                    &weighs[..]
                };
                let font = Font::new_variable(data.into(), 0, varies).ok_or(PdfError::Font)?;
                faces.fonts[weight.place()].push(font);
                let read = FontRef::new(data).map_err(|_| PdfError::Font)?;
                let location = read.axes().location([("wght", value)]);
                let metrics = read.glyph_metrics(Size::new(1.0), &location);
                for (code, glyph) in read.charmap().mappings() {
                    let (Some(c), Some(width)) = (char::from_u32(code), metrics.advance_width(glyph)) else {
                        continue;
                    };
                    faces.widths[weight.place()].entry(c).or_insert((file, width));
                }
            }
        }
        Ok(faces)
    }

    pub(super) fn font(&self, weight: Weight, file: usize) -> Font {
        self.fonts[weight.place()][file].clone()
    }

    /// Whether `text` has characters that no font has: something stands for them.
    pub(super) fn lacks(&self, text: &str) -> bool {
        let widths = &self.widths[Weight::Regular.place()];
        let seen = text.chars().filter(|c| !is_silent(*c) && !steers(*c));
        seen.into_iter().any(|c| !widths.contains_key(&c))
    }

    /// How wide `text` is at a size of 1; characters that no font has are no wider than what stands for them.
    pub(super) fn width(&self, text: &str, weight: Weight) -> f32 {
        let runs = self.runs(text, weight, Reads::LeftToRight);
        runs.iter().map(|run| run.width).sum()
    }

    /// `text`, which as a whole reads so, in the fonts that have it, as it stands on the line from left to right (Unicode's
    /// bidirectional algorithm). What does something to a text instead of being read is left out.
    pub(super) fn runs(&self, text: &str, weight: Weight, reads: Reads) -> Vec<Run> {
        let seen = text.chars().filter(|c| !is_silent(*c));
        let seen: String = seen.map(|c| if steers(c) { ' ' } else { c }).collect();
        // Most text: nothing in it is read the other way.
        if reads == Reads::LeftToRight && seen.chars().all(|c| c < FIRST_FROM_THE_RIGHT) {
            return self.in_fonts(&seen, weight, reads, 0);
        }
        let order = ParagraphBidiInfo::new(&seen, Some(reads.level()));
        let (levels, stretches) = order.visual_runs(0..seen.len());
        let mut runs = Vec::new();
        for stretch in stretches {
            let reads = match levels[stretch.start].is_rtl() {
                true => Reads::RightToLeft,
                false => Reads::LeftToRight,
            };
            let mut of_stretch = self.in_fonts(&seen[stretch.clone()], weight, reads, stretch.start);
            if reads == Reads::RightToLeft {
                of_stretch.reverse();
            }
            runs.append(&mut of_stretch);
        }
        runs
    }

    /// The same of a stretch that is read one way, in the order in which it is read.
    fn in_fonts(&self, text: &str, weight: Weight, reads: Reads, place: usize) -> Vec<Run> {
        let widths = &self.widths[weight.place()];
        let mut runs: Vec<Run> = Vec::new();
        let run = |file, text: String, stands_for: Option<String>| Run {
            file,
            text,
            reads: match &stands_for {
                Some(_) => Reads::LeftToRight,
                None => reads,
            },
            stands_for,
            width: 0.0,
            order: (place, 0),
        };
        for c in text.chars() {
            match (widths.get(&c), runs.last_mut()) {
                (Some((file, _)), Some(run))
                    if run.stands_for.is_none()
                        && (c == ' ' || run.file == *file && is_joined(c) == run.is_joined()) =>
                {
                    run.text.push(c);
                }
                (Some((file, _)), _) => runs.push(run(*file, c.to_string(), None)),
                (
                    None,
                    Some(Run {
                        stands_for: Some(hidden),
                        ..
                    }),
                ) if hidden.chars().count() < STOOD_FOR => hidden.push(c),
                (None, _) => runs.push(run(0, STAND_IN.to_owned(), Some(c.to_string()))),
            }
        }
        for (number, run) in runs.iter_mut().enumerate() {
            run.order.1 = number;
            run.width = match run.file {
                FALLBACK_FILE => self.shaped(&run.text, run.reads),
                _ => run
                    .text
                    .chars()
                    .filter_map(|c| widths.get(&c))
                    .map(|(_, width)| width)
                    .sum(),
            };
        }
        runs
    }

    /// How wide `text` is in [`FALLBACK`] at a size of 1.
    fn shaped(&self, text: &str, reads: Reads) -> f32 {
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(text);
        buffer.guess_segment_properties();
        buffer.set_direction(match reads {
            Reads::LeftToRight => Direction::LeftToRight,
            Reads::RightToLeft => Direction::RightToLeft,
        });
        let shaped = rustybuzz::shape(&self.shaper, &[], buffer);
        let units: i32 = shaped.glyph_positions().iter().map(|glyph| glyph.x_advance).sum();
        units as f32 / self.shaper.units_per_em() as f32
    }
}

/// Hebrew is the first script in Unicode that is read from right to left.
const FIRST_FROM_THE_RIGHT: char = '\u{590}';

/// Whether letters of its script join: they are shaped by themselves, not as those of the script in front of them.
const fn is_joined(c: char) -> bool {
    matches!(c, '\u{600}'..='\u{6ff}' | '\u{750}'..='\u{77f}' | '\u{8a0}'..='\u{8ff}' | '\u{fb50}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}')
}

impl Run {
    fn is_joined(&self) -> bool {
        let last = self.text.chars().rev().find(|c| *c != ' ');
        last.is_some_and(is_joined)
    }
}

/// Joiners, variation selectors and marks of order: nothing that is seen by itself.
const fn is_silent(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use Reads::{LeftToRight, RightToLeft};

    fn drawn(runs: &[Run]) -> Vec<&str> {
        let texts = runs.iter().map(|run| run.text.trim());
        texts.filter(|text| !text.is_empty()).collect()
    }

    #[test]
    fn words_of_a_script_that_no_font_has_are_stood_for_and_kept() {
        let faces = Faces::load().unwrap();
        let runs = faces.runs("Él said 会议 明天, Łódź", Weight::Regular, LeftToRight);
        let hidden: Vec<_> = runs.iter().filter_map(|run| run.stands_for.as_deref()).collect();
        assert_eq!(hidden, ["会议", "明天"]);
        let drawn: String = runs.iter().map(|run| run.text.as_str()).collect();
        assert_eq!(drawn, "Él said […] […], Łódź");
        assert!(runs.iter().any(|run| run.file == 1), "Ł and ź are in the second file");
        assert!(faces.lacks("Él said 会议") && !faces.lacks("Él said привет, γειά, שלום, سلام\u{200f}\n"));
        assert_eq!(
            faces.runs("a\u{202e}b\u{200b}c\n", Weight::Bold, LeftToRight)[0].text,
            "a bc "
        );
    }

    #[test]
    fn other_scripts_are_in_the_second_family_and_stand_as_they_are_read() {
        let faces = Faces::load().unwrap();
        for text in ["привет", "γειά", "שלום", "سلام", "բարև", "გამარჯობა"] {
            let runs = faces.runs(text, Weight::Bold, Reads::of(text));
            assert_eq!((runs.len(), runs[0].file), (1, FALLBACK_FILE), "{text}");
            assert!(runs[0].width > 1.0, "{text}");
        }
        let said = "he said שלום עולם twice";
        let runs = faces.runs(said, Weight::Regular, Reads::of(said));
        assert_eq!(drawn(&runs), ["he said", "שלום עולם", "twice"]);
        let reads: Vec<Reads> = runs.iter().map(|run| run.reads).collect();
        assert_eq!(reads, [LeftToRight, RightToLeft, LeftToRight]);
        // Read from the right: what comes first stands last.
        let said = "שלום Ann עולם";
        assert_eq!(Reads::of(said), RightToLeft);
        let runs = faces.runs(said, Weight::Regular, RightToLeft);
        assert_eq!(drawn(&runs), ["עולם", "Ann", "שלום"]);
        assert!(runs.windows(2).all(|pair| pair[0].order > pair[1].order));
    }

    #[test]
    fn letters_that_join_are_as_wide_as_they_stand_together() {
        let faces = Faces::load().unwrap();
        let apart: f32 = "سلام"
            .chars()
            .map(|c| faces.width(&c.to_string(), Weight::Regular))
            .sum();
        let together = faces.width("سلام", Weight::Regular);
        assert!(together < apart && together > apart / 3.0, "{together} of {apart}");
        // Also behind letters that do not join.
        let runs = faces.runs("שלום سلام", Weight::Regular, RightToLeft);
        let behind = runs.iter().find(|run| run.text == "سلام").unwrap();
        assert!((behind.width - together).abs() < 1e-6, "{behind:?}");
    }

    #[test]
    fn bold_is_wider_and_a_word_is_as_wide_as_its_letters() {
        let faces = Faces::load().unwrap();
        let width = |text, weight| faces.width(text, weight);
        assert!(width("Transcript", Weight::Bold) > width("Transcript", Weight::Regular));
        assert!((width("aa", Weight::Regular) - 2.0 * width("a", Weight::Regular)).abs() < 1e-6);
    }
}
