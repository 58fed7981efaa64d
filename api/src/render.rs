//! A report as a file: plain text, JSON, Markdown, one HTML page that stands alone, a PDF, captions, dates for a calendar, or a
//! table of measures. For `attune analyze` and to take away from the web app, which draws its own.
//!
//! Each is of the meeting record alone, to hand to others, or of record and coaching, for the person whose they are.

mod calendar;
mod chart;
mod csv;
mod due;
mod figures;
mod hash;
mod html;
mod json;
mod markdown;
mod passages;
mod pdf;
mod svg;
mod text;
mod vtt;

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod sample;

pub(crate) use figures::clock;
pub(crate) use hash::{Hashes, hashes};

use attune_engine::report::{Coaching, MeetingRecord, Report};
use std::str::FromStr;
use time::OffsetDateTime;

/// What a report is of, as far as others know it than the engine.
#[derive(Debug, Clone, Default)]
pub struct About {
    /// What the meeting is called, or what was analysed, such as the name of the file.
    pub title: String,
    /// When the first sound came; none of a recording.
    pub started_at: Option<OffsetDateTime>,
    /// When it ended.
    pub ended_at: Option<OffsetDateTime>,
    /// Whether the others were told that they are heard; none where nobody asked.
    pub others_told: Option<bool>,
    /// The report's fingerprints; none of reports that are older than these.
    pub hashes: Option<Hashes>,
    /// What is stored of the meeting, where, and until when, a line each; nothing in a record, nor where nothing is stored.
    pub stored: Vec<String>,
}

/// A report, and what it is about.
#[derive(Debug, Clone)]
pub struct Analysis {
    /// What it is about.
    pub about: About,
    /// What others may read.
    pub record: MeetingRecord,
    /// What is the person's own; none in what is handed to others.
    pub coaching: Option<Coaching>,
}

/// Which of the two parts of a report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Part {
    /// The meeting record alone: nothing that measures or advises anybody.
    Record,
    /// The record and the person's own coaching.
    #[default]
    All,
}

/// A name that is no part.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no part {0:?}: choose record or all")]
pub struct UnknownPart(String);

impl FromStr for Part {
    type Err = UnknownPart;

    fn from_str(text: &str) -> Result<Self, UnknownPart> {
        match text {
            "record" => Ok(Self::Record),
            "all" => Ok(Self::All),
            _ => Err(UnknownPart(text.to_owned())),
        }
    }
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
    /// Pages to print or to keep, tagged for who listens to them.
    Pdf,
    /// Captions for a player (WebVTT).
    Vtt,
    /// What is due on a day, for a calendar (iCalendar).
    Ics,
    /// The measures for a spreadsheet.
    Csv,
}

impl Format {
    /// Every format.
    #[cfg(test)]
    const ALL: [Self; 8] = [
        Self::Text,
        Self::Json,
        Self::Markdown,
        Self::Html,
        Self::Pdf,
        Self::Vtt,
        Self::Ics,
        Self::Csv,
    ];

    /// How a file of it is called at the end.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Text => "txt",
            Self::Json => "json",
            Self::Markdown => "md",
            Self::Html => "html",
            Self::Pdf => "pdf",
            Self::Vtt => "vtt",
            Self::Ics => "ics",
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
            Self::Pdf => "application/pdf",
            Self::Vtt => "text/vtt; charset=utf-8",
            Self::Ics => "text/calendar; charset=utf-8",
            Self::Csv => "text/csv; charset=utf-8; header=present",
        }
    }
}

/// A name that is no format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no format {0:?}: choose text, json, md, html, pdf, vtt, ics or csv")]
pub struct UnknownFormat(String);

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, UnknownFormat> {
        match text {
            "text" | "txt" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            "md" | "markdown" => Ok(Self::Markdown),
            "html" => Ok(Self::Html),
            "pdf" => Ok(Self::Pdf),
            "vtt" => Ok(Self::Vtt),
            "ics" => Ok(Self::Ics),
            "csv" => Ok(Self::Csv),
            _ => Err(UnknownFormat(text.to_owned())),
        }
    }
}

/// Why a report is not written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// A table of measures is coaching from end to end.
    #[error("a table of measures is coaching, which a meeting record holds none of")]
    NoCoaching,
    /// The pages could not be made.
    #[error("making a PDF")]
    Pdf(#[from] pdf::PdfError),
}

impl Analysis {
    /// That of `report`, or of the part of it that others may read.
    pub fn of(about: About, report: Report, part: Part) -> Self {
        Self {
            about,
            record: report.record,
            coaching: Some(report.coaching).filter(|_| part == Part::All),
        }
    }

    /// The whole report; text ends in a newline.
    pub fn write(&self, format: Format) -> Result<Vec<u8>, WriteError> {
        let mut out = String::new();
        let composed = match format {
            Format::Text => text::compose(self, &mut out),
            Format::Json => json::compose(self, &mut out),
            Format::Markdown => markdown::compose(self, &mut out),
            Format::Html => html::compose(self, &mut out),
            Format::Pdf => return Ok(pdf::compose(self)?),
            Format::Vtt => vtt::compose(self, &mut out),
            Format::Ics => calendar::compose(self, &mut out),
            Format::Csv => csv::compose(self.coaching.as_ref().ok_or(WriteError::NoCoaching)?, &mut out),
        };
        composed.expect("invariant: writing into a string does not fail");
        Ok(out.into_bytes())
    }

    /// When it was and how long, who was there, who was told, and how well it was heard: what stands at the head of a record.
    fn facts(&self) -> Vec<(&'static str, String)> {
        let About {
            started_at,
            ended_at,
            others_told,
            ..
        } = &self.about;
        let record = &self.record;
        let at = |moment: &OffsetDateTime| {
            let minute = time::macros::format_description!("[year]-[month]-[day] [hour]:[minute] UTC");
            moment
                .to_offset(time::UtcOffset::UTC)
                .format(minute)
                .unwrap_or_default()
        };
        let recognizer = &record.recognizer;
        let heard = match figures::captured(&record.coverage) {
            Some(captured) if record.incomplete => format!("{captured}; the meeting was cut off"),
            Some(captured) => captured,
            None => "not known".to_owned(),
        };
        let mut facts = vec![("Length", clock(record.duration_ms))];
        facts.extend(started_at.as_ref().map(|started| ("Began", at(started))));
        facts.extend(ended_at.as_ref().map(|ended| ("Ended", at(ended))));
        facts.push(("People", figures::people(&record.people)));
        facts.extend(others_told.map(|told| {
            let consent = match told {
                true => "the others were told that they are heard",
                false => "nobody said that the others were told",
            };
            ("Consent", consent.to_owned())
        }));
        facts.push(("Captured", heard));
        facts.push((
            "Heard by",
            format!(
                "{} {} ({}). {}",
                recognizer.name, recognizer.version, recognizer.model, recognizer.weakness
            ),
        ));
        facts.retain(|(_, value)| !value.is_empty());
        facts
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
                !sample::written(&analysis, format).contains("could not be recognized"),
                "{format:?}"
            );
        }
        analysis.record.coverage[0].gap_s = 3.0;
        analysis.record.coverage[1].gap_s = 1.2;
        for format in FOR_PEOPLE {
            let written = sample::written(&analysis, format);
            assert!(written.contains("4.2 s of speech could not be recognized"), "{written}");
        }
    }

    #[test]
    fn earlier_meetings_and_missed_questions_are_told_in_every_format() {
        let analysis = sample::analysis();
        for format in FOR_PEOPLE {
            let written = sample::written(&analysis, format);
            assert!(written.contains("148, 155"), "{format:?} {written}");
            assert!(
                written.to_lowercase().contains("questions i could have asked"),
                "{format:?}"
            );
            assert!(
                written.to_lowercase().contains("my data") && written.contains("2 kB"),
                "{format:?}"
            );
            assert!(
                written.contains("then I spoke of something else at 0:05"),
                "{format:?} {written}"
            );
        }
        let csv = sample::written(&analysis, Format::Csv);
        assert!(csv.contains(",148.0000 155.2500\r\n"), "{csv}");
        let json: serde_json::Value = serde_json::from_str(&sample::written(&analysis, Format::Json)).unwrap();
        assert_eq!(json["coaching"]["trends"][0]["measure"], "C3");
        assert_eq!(json["coaching"]["missed_questions"][0]["replied_at_ms"], 5_000);
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
        analysis.record.utterances.clear();
        analysis.record.duration_ms = 0;
        if let Some(coaching) = &mut analysis.coaching {
            coaching.pace.clear();
        }
        for format in FOR_PEOPLE {
            assert!(
                sample::written(&analysis, format).contains("Nobody was understood."),
                "{format:?}"
            );
        }
        assert!(analysis.write(Format::Pdf).is_ok());
    }

    #[test]
    fn what_is_handed_to_others_holds_no_coaching_in_any_format() {
        let all = sample::analysis();
        let shared = Analysis {
            coaching: None,
            ..all.clone()
        };
        for format in FOR_PEOPLE {
            let (all, shared) = (sample::written(&all, format), sample::written(&shared, format));
            let [all, shared] = [all, shared].map(|written| written.to_lowercase());
            for of_coaching in ["talk share", "speaking rate", "coaching"] {
                assert!(all.contains(of_coaching), "{format:?} {of_coaching}");
                assert!(!shared.contains(of_coaching), "{format:?} {of_coaching}: {shared}");
            }
            assert!(shared.contains("transcript"));
        }
        let json: serde_json::Value = serde_json::from_str(&sample::written(&shared, Format::Json)).unwrap();
        assert_eq!(json["coaching"], serde_json::Value::Null);
        assert!(matches!(shared.write(Format::Csv), Err(WriteError::NoCoaching)));
    }
}
