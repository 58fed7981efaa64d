//! The fonts of a PDF: which has a character, how wide it is, and what is put where none has it.

use super::PdfError;
use crate::render::figures::steers;
use krilla::text::{Font, Tag};
use skrifa::instance::Size;
use skrifa::{FontRef, MetadataProvider as _};
use std::collections::HashMap;

/// One family in three files, each with a part of the Latin script; the first that has a character is used.
const FILES: [&[u8]; 3] = [
    include_bytes!("../../../fonts/hanken-grotesk-latin.ttf"),
    include_bytes!("../../../fonts/hanken-grotesk-latin-ext.ttf"),
    include_bytes!("../../../fonts/hanken-grotesk-vietnamese.ttf"),
];
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

/// Text in one font.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Run {
    /// Which of the files.
    pub(super) file: usize,
    /// What is drawn.
    pub(super) text: String,
    /// What it stands for, where that is something else.
    pub(super) stands_for: Option<String>,
}

pub(super) struct Faces {
    /// By weight, then file.
    fonts: [Vec<Font>; 2],
    /// By weight: the file that has a character, and its width at a size of 1.
    widths: [HashMap<char, (usize, f32)>; 2],
}

impl Faces {
    pub(super) fn load() -> Result<Self, PdfError> {
        let mut faces = Self {
            fonts: [Vec::new(), Vec::new()],
            widths: [HashMap::new(), HashMap::new()],
        };
        for (weight, value) in [(Weight::Regular, 400.0), (Weight::Bold, 640.0)] {
            for (file, data) in FILES.into_iter().enumerate() {
                let font = Font::new_variable(data.into(), 0, &[(Tag::new(b"wght"), value)]).ok_or(PdfError::Font)?;
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

    /// How wide `text` is at a size of 1; characters that no font has are no wider than what stands for them.
    pub(super) fn width(&self, text: &str, weight: Weight) -> f32 {
        self.runs(text, weight)
            .iter()
            .flat_map(|run| run.text.chars())
            .filter_map(|c| self.widths[weight.place()].get(&c))
            .map(|(_, width)| width)
            .sum()
    }

    /// `text` in the fonts that have it. What does something to a text instead of being read is left out.
    pub(super) fn runs(&self, text: &str, weight: Weight) -> Vec<Run> {
        let widths = &self.widths[weight.place()];
        let mut runs: Vec<Run> = Vec::new();
        for c in text.chars().filter(|c| !is_silent(*c)) {
            let c = if steers(c) { ' ' } else { c };
            match (widths.get(&c), runs.last_mut()) {
                (Some((file, _)), Some(run)) if run.stands_for.is_none() && (run.file == *file || c == ' ') => {
                    run.text.push(c);
                }
                (Some((file, _)), _) => runs.push(Run {
                    file: *file,
                    text: c.to_string(),
                    stands_for: None,
                }),
                (
                    None,
                    Some(Run {
                        stands_for: Some(hidden),
                        ..
                    }),
                ) if hidden.chars().count() < STOOD_FOR => hidden.push(c),
                (None, _) => runs.push(Run {
                    file: 0,
                    text: STAND_IN.to_owned(),
                    stands_for: Some(c.to_string()),
                }),
            }
        }
        runs
    }
}

/// Joiners, variation selectors and marks of order: nothing that is seen by itself.
const fn is_silent(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_script_that_no_font_has_are_stood_for_and_kept() {
        let faces = Faces::load().unwrap();
        let runs = faces.runs("Él said שלום עולם, Łódź", Weight::Regular);
        let hidden: Vec<_> = runs.iter().filter_map(|run| run.stands_for.as_deref()).collect();
        assert_eq!(hidden, ["שלום", "עולם"]);
        let drawn: String = runs.iter().map(|run| run.text.as_str()).collect();
        assert_eq!(drawn, "Él said […] […], Łódź");
        assert!(runs.iter().any(|run| run.file == 1), "Ł and ź are in the second file");
        assert_eq!(faces.runs("a\u{202e}b\u{200b}c\n", Weight::Bold)[0].text, "a bc ");
    }

    #[test]
    fn bold_is_wider_and_a_word_is_as_wide_as_its_letters() {
        let faces = Faces::load().unwrap();
        let width = |text, weight| faces.width(text, weight);
        assert!(width("Transcript", Weight::Bold) > width("Transcript", Weight::Regular));
        assert!((width("aa", Weight::Regular) - 2.0 * width("a", Weight::Regular)).abs() < 1e-6);
    }
}
