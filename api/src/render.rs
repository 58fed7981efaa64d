//! A report as a file: plain text, JSON, Markdown, one HTML page that stands alone, captions, or a table of measures. For
//! `attune analyze` and to take away from the web app, which draws its own.

mod csv;
mod figures;
mod html;
mod json;
mod markdown;
mod passages;
mod text;
mod vtt;

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
    /// Captions for a player (WebVTT).
    Vtt,
    /// The measures for a spreadsheet.
    Csv,
}

impl Format {
    /// Every format.
    #[cfg(test)]
    const ALL: [Self; 6] = [Self::Text, Self::Json, Self::Markdown, Self::Html, Self::Vtt, Self::Csv];

    /// How a file of it is called at the end.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Text => "txt",
            Self::Json => "json",
            Self::Markdown => "md",
            Self::Html => "html",
            Self::Vtt => "vtt",
            Self::Csv => "csv",
        }
    }

    /// What a browser is told that it is.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; charset=utf-8",
            Self::Json => "application/json",
            Self::Markdown => "text/markdown; charset=utf-8",
            Self::Html => "text/html; charset=utf-8",
            Self::Vtt => "text/vtt; charset=utf-8",
            Self::Csv => "text/csv; charset=utf-8; header=present",
        }
    }
}

/// A name that is no format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no format {0:?}: choose text, json, md, html, vtt or csv")]
pub struct UnknownFormat(String);

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, UnknownFormat> {
        match text {
            "text" | "txt" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            "md" | "markdown" => Ok(Self::Markdown),
            "html" => Ok(Self::Html),
            "vtt" => Ok(Self::Vtt),
            "csv" => Ok(Self::Csv),
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
            Format::Vtt => vtt::compose(self, &mut out),
            Format::Csv => csv::compose(self, &mut out),
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
    fn every_format_is_found_by_the_end_of_a_file_s_name() {
        for format in Format::ALL {
            assert_eq!(format.extension().parse(), Ok(format));
        }
        assert!("exe".parse::<Format>().is_err());
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
