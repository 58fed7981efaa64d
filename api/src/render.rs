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
        match format {
            Format::Text => text::write(self),
            Format::Json => json::write(self),
            Format::Markdown => markdown::write(self),
            Format::Html => html::write(self),
        }
    }
}
