//! For calendars: what somebody is to do on a day that was named, one all-day event each (RFC 5545).
//!
//! Written by hand: of the format this needs one component with eight properties, and what makes it safe, folding and escaping,
//! is thirty lines; a crate for it would bring its own clock and its own ids. Events and not to-dos, because most calendars drop
//! those.

use super::Analysis;
use super::due::day_of;
use super::figures::{clock, steers, who};
use attune_engine::report::ActionItem;
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{Date, OffsetDateTime, UtcOffset};

/// A line is folded after so many octets, its end not counted.
const LINE_BYTES: usize = 75;
/// Letters of a title.
const SUMMARY: usize = 160;

const DAY: &[BorrowedFormatItem<'_>] = format_description!("[year][month][day]");
const MOMENT: &[BorrowedFormatItem<'_>] = format_description!("[year][month][day]T[hour][minute][second]Z");

pub(super) fn compose(analysis: &Analysis, out: &mut String) -> std::fmt::Result {
    let mut lines = vec![
        "BEGIN:VCALENDAR".to_owned(),
        "VERSION:2.0".to_owned(),
        "PRODID:-//Attune//Meeting record//EN".to_owned(),
        "CALSCALE:GREGORIAN".to_owned(),
        "METHOD:PUBLISH".to_owned(),
    ];
    // Spoken days count from the day of the meeting, on the clock that its beginning is told by. Of a recording of which nobody says
    // when it began there is no such day, and no event is made.
    if let Some(began) = analysis.about.started_at {
        for action in &analysis.record.actions {
            let due = action.due.as_deref().and_then(|words| day_of(words, began.date()));
            if let Some(due) = due {
                lines.extend(event(analysis, action, due, began));
            }
        }
    }
    lines.push("END:VCALENDAR".to_owned());
    lines.iter().try_for_each(|line| fold(line, out))
}

fn event(analysis: &Analysis, action: &ActionItem, due: Date, began: OffsetDateTime) -> Vec<String> {
    let written = |date: Date| date.format(DAY).unwrap_or_default();
    let at = clock(action.source.span.start.as_ms());
    let owner = action.owner.as_ref().map_or_else(|| "nobody by name".to_owned(), who);
    let said = action.due.as_deref().unwrap_or_default();
    let description = format!(
        "{} said at {at}: {}\nOwner: {owner}. By when, as it was said: {said}.\nFrom: {}",
        who(&action.by),
        action.text,
        analysis.about.title
    );
    vec![
        "BEGIN:VEVENT".to_owned(),
        format!("UID:{}@attune", uid(action, began)),
        format!(
            "DTSTAMP:{}",
            began.to_offset(UtcOffset::UTC).format(MOMENT).unwrap_or_default()
        ),
        format!("DTSTART;VALUE=DATE:{}", written(due)),
        format!("DTEND;VALUE=DATE:{}", written(due.next_day().unwrap_or(due))),
        format!("SUMMARY:{}", escape(&short(&action.text))),
        format!("DESCRIPTION:{}", escape(&description)),
        "TRANSP:TRANSPARENT".to_owned(),
        "END:VEVENT".to_owned(),
    ]
}

/// The same for the same words in the same place of the same meeting, so that a calendar which is given the file again has
/// nothing twice.
fn uid(action: &ActionItem, began: OffsetDateTime) -> String {
    let mut digest = Sha256::new();
    digest.update(began.unix_timestamp_nanos().to_be_bytes());
    digest.update(action.source.span.start.as_ms().to_be_bytes());
    digest.update(action.text.as_bytes());
    hex::encode(&digest.finalize()[..16])
}

fn short(text: &str) -> String {
    match text.chars().count() > SUMMARY {
        true => text.chars().take(SUMMARY - 1).chain(['…']).collect(),
        false => text.to_owned(),
    }
}

/// Text as a property has it: no character of it ends the property or begins another.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | ';' | ',' => {
                escaped.push('\\');
                escaped.push(c);
            }
            '\n' => escaped.push_str("\\n"),
            c if steers(c) => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

/// One content line, broken where it is too long, between characters.
fn fold(line: &str, out: &mut String) -> std::fmt::Result {
    let mut room = LINE_BYTES;
    for c in line.chars() {
        if c.len_utf8() > room {
            out.push_str("\r\n ");
            // The space counts.
            room = LINE_BYTES - 1;
        }
        room -= c.len_utf8();
        out.push(c);
    }
    write!(out, "\r\n")
}

#[cfg(test)]
mod tests {
    use super::super::sample::{analysis, written};
    use super::super::{Analysis, Format};
    use super::*;
    use attune_engine::clock::{MeetingTime, Span};
    use attune_engine::report::{Source, Who};
    use attune_engine::speaker::{Speaker, Track};
    use attune_engine::transcript::SegmentId;
    use time::macros::datetime;

    fn meeting(text: &str, due: Option<&str>) -> Analysis {
        let mut analysis = analysis();
        let by = Who {
            speaker: Speaker::Me,
            name: None,
        };
        analysis.about.started_at = Some(datetime!(2026-11-25 14:02 UTC));
        analysis.record.actions = vec![ActionItem {
            text: text.to_owned(),
            owner: Some(by.clone()),
            by,
            due: due.map(str::to_owned),
            source: Source {
                span: Span::new(MeetingTime::from_ms(5_000), MeetingTime::from_ms(9_000)),
                utterances: vec![SegmentId::new(Track::Mic, 80_000)],
            },
        }];
        analysis
    }

    /// The lines, unfolded.
    fn lines(written: &str) -> Vec<String> {
        written.replace("\r\n ", "").split("\r\n").map(str::to_owned).collect()
    }

    #[test]
    fn what_is_due_on_a_day_is_an_event_on_it_and_the_same_each_time() {
        let analysis = meeting("I'll send it by Friday.", Some("by friday"));
        let calendar = written(&analysis, Format::Ics);
        let lines = lines(&calendar);
        for line in [
            "BEGIN:VCALENDAR",
            "VERSION:2.0",
            "BEGIN:VEVENT",
            "DTSTART;VALUE=DATE:20261127",
            "DTEND;VALUE=DATE:20261128",
            "SUMMARY:I'll send it by Friday.",
            "DTSTAMP:20261125T140200Z",
            "END:VCALENDAR",
        ] {
            assert!(lines.contains(&line.to_owned()), "{line}: {calendar}");
        }
        assert_eq!(calendar, written(&analysis, Format::Ics));
    }

    #[test]
    fn days_count_from_the_day_that_it_was_where_the_meeting_was() {
        let mut early = meeting("I'll send it tomorrow.", Some("tomorrow"));
        // Still the 24th in UTC.
        early.about.started_at = Some(datetime!(2026-11-25 08:00 +13));
        let lines = lines(&written(&early, Format::Ics));
        for line in ["DTSTART;VALUE=DATE:20261126", "DTSTAMP:20261124T190000Z"] {
            assert!(lines.contains(&line.to_owned()), "{line}: {lines:?}");
        }
    }

    #[test]
    fn what_has_no_day_or_no_meeting_s_day_is_no_event() {
        for due in [None, Some("next week")] {
            assert!(!written(&meeting("I'll send it.", due), Format::Ics).contains("VEVENT"));
        }
        let mut recording = meeting("I'll send it by Friday.", Some("by friday"));
        recording.about.started_at = None;
        let calendar = written(&recording, Format::Ics);
        assert!(!calendar.contains("VEVENT") && calendar.ends_with("END:VCALENDAR\r\n"));
    }

    #[test]
    fn nothing_that_was_said_is_a_property_and_no_line_is_too_long() {
        let hostile = format!("pay; now, \\ \r\nATTENDEE:mailto:x@y\u{85}{}", "é🙂".repeat(60));
        let calendar = written(&meeting(&hostile, Some("tomorrow")), Format::Ics);
        assert!(
            calendar.split("\r\n").all(|line| line.len() <= LINE_BYTES),
            "{calendar}"
        );
        assert!(!calendar.replace("\r\n", "").contains(['\r', '\n']));
        let lines = lines(&calendar);
        assert!(!lines.iter().any(|line| line.starts_with("ATTENDEE")), "{calendar}");
        let summary = lines.iter().find(|line| line.starts_with("SUMMARY:")).unwrap();
        assert!(
            summary.starts_with("SUMMARY:pay\\; now\\, \\\\  \\nATTENDEE"),
            "{summary}"
        );
        assert!(
            lines.iter().all(|line| !line.contains('\u{fffd}')),
            "no character is cut in two"
        );
    }
}
