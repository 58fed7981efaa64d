//! A report as something to read: plain text, JSON, Markdown, or one HTML page that stands alone. For `attune analyze`;
//! the web app draws its own.

mod figures;
mod html;
mod json;
mod markdown;
mod passages;
mod text;

#[cfg(test)]
mod sample;

pub(crate) use figures::clock;

use attune_engine::report::Report;
use std::str::FromStr;

/// A report, and what it is about.
#[derive(Debug, Clone)]
pub struct Analysis {
    /// What was analysed, such as the name of the file.
    pub title: String,
    /// What came of it.
    pub report: Report,
}

/// How to write it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Format {
    /// For a terminal or a mail.
    #[default]
    Text,
    /// For programs.
    Json,
    /// For notes.
    Markdown,
    /// One page for a browser, with nothing to fetch.
    Html,
}

/// A name that is no format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no format {0:?}: choose text, json, md or html")]
pub struct UnknownFormat(String);

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, UnknownFormat> {
        match text {
            "text" | "txt" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            "md" | "markdown" => Ok(Self::Markdown),
            "html" => Ok(Self::Html),
            _ => Err(UnknownFormat(text.to_owned())),
        }
    }
}

impl Analysis {
    /// The whole report, ending in a newline.
    pub fn write(&self, format: Format) -> String {
        let mut out = String::new();
        let composed = match format {
            Format::Text => text::compose(self, &mut out),
            Format::Json => json::compose(self, &mut out),
            Format::Markdown => markdown::compose(self, &mut out),
            Format::Html => html::compose(self, &mut out),
        };
        composed.expect("invariant: writing into a string does not fail");
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FOR_PEOPLE: [Format; 3] = [Format::Text, Format::Markdown, Format::Html];

    #[test]
    fn speech_that_nobody_recognized_is_told_in_every_format() {
        let mut analysis = sample::analysis();
        for format in FOR_PEOPLE {
            assert!(
                !analysis.write(format).contains("could not be recognized"),
                "{format:?}"
            );
        }
        analysis.report.coverage[0].gap_s = 3.0;
        analysis.report.coverage[1].gap_s = 1.2;
        for format in FOR_PEOPLE {
            let written = analysis.write(format);
            assert!(written.contains("4.2 s of speech could not be recognized"), "{written}");
        }
    }

    #[test]
    fn a_meeting_in_which_nobody_spoke_has_a_report_too() {
        let mut analysis = sample::analysis();
        analysis.report.utterances.clear();
        analysis.report.pace.clear();
        analysis.report.duration_ms = 0;
        for format in FOR_PEOPLE {
            assert!(analysis.write(format).contains("Nobody was understood."), "{format:?}");
        }
    }
}
