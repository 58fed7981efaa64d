//! For a browser: one page that fetches nothing and runs nothing, in the reader's light or dark, readable without colours
//! and without a mouse.

use super::figures::{
    clock, earlier, effect, estimate, heard, missed, missed_after, missing, missing_part, number, one_voice,
    participant, percent, point, share, speaker, speech, steers, target, terms, verdict, who,
};
use super::passages::passages;
use super::{Analysis, chart, svg};
use attune_engine::measures::{Measures, Standing};
use attune_engine::questions::QuestionKind;
use attune_engine::report::{Coaching, MeetingRecord, Point, Source, Who};
use attune_engine::speaker::Speaker;
use std::fmt::Write as _;

/// The page's look. Both themes keep a contrast of 4.5 or more for text.
const STYLE: &str = include_str!("page.css");

pub(super) fn compose(analysis: &Analysis, out: &mut String) -> std::fmt::Result {
    let title = escape(&analysis.about.title);
    write!(
        out,
        r##"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="color-scheme" content="light dark">
<title>{title} – Attune</title>
<style>
{STYLE}</style>
</head>
<body>
<a class="skip" href="#transcript">Skip to the transcript</a>
<header>
<h1><bdi>{title}</bdi></h1>
<dl>
"##
    )?;
    for (name, fact) in analysis.facts() {
        writeln!(out, "<dt>{name}</dt><dd dir=\"auto\">{}</dd>", escape(&fact))?;
    }
    writeln!(out, "</dl>\n</header>\n<main>")?;
    record(&analysis.record, out)?;
    if let Some(coaching) = &analysis.coaching {
        coach(&analysis.record, coaching, out)?;
        stored(&analysis.about.stored, out)?;
    }
    transcript(&analysis.record, out)?;
    writeln!(out, "</main>\n</body>\n</html>")
}

/// Opens a section under a heading that names it.
fn open(id: &str, name: &str, level: u8, out: &mut String) -> std::fmt::Result {
    writeln!(
        out,
        "<section aria-labelledby=\"{id}\">\n<h{level} id=\"{id}\">{name}</h{level}>"
    )
}

fn close(out: &mut String) -> std::fmt::Result {
    writeln!(out, "</section>")
}

fn record(record: &MeetingRecord, out: &mut String) -> std::fmt::Result {
    open("decisions", "Decisions", 2, out)?;
    let decisions = record
        .decisions
        .iter()
        .map(|decision| (&decision.source, &decision.by, &decision.text, None));
    statements(decisions, out)?;
    close(out)?;
    open("actions", "To do", 2, out)?;
    let actions = record
        .actions
        .iter()
        .map(|action| (&action.source, &action.by, &action.text, Some(terms(action))));
    statements(actions, out)?;
    close(out)?;
    open("open-questions", "Open questions", 2, out)?;
    let open_questions = record.open_questions.iter();
    statements(
        open_questions.map(|question| (&question.source, &question.by, &question.text, None)),
        out,
    )?;
    close(out)?;
    open("heard", "Heard", 2, out)?;
    writeln!(out, "<ul>")?;
    for track in heard(&record.coverage) {
        writeln!(out, "<li>{}</li>", escape(&track))?;
    }
    for missing in &record.missing {
        writeln!(out, "<li>{}</li>", escape(&missing_part(missing)))?;
    }
    writeln!(out, "</ul>")?;
    close(out)
}

/// Each with its place in the transcript.
fn statements<'a>(
    told: impl Iterator<Item = (&'a Source, &'a Who, &'a String, Option<String>)>,
    out: &mut String,
) -> std::fmt::Result {
    let mut told = told.peekable();
    if told.peek().is_none() {
        return writeln!(out, "<p>None was heard.</p>");
    }
    writeln!(out, "<ul class=\"statements\">")?;
    for (source, by, text, terms) in told {
        writeln!(
            out,
            "<li><span class=\"who\">{} <bdi>{}</bdi></span> <span dir=\"auto\">{}</span>",
            moment(source),
            escape(&who(by)),
            escape(text)
        )?;
        if let Some(terms) = terms {
            writeln!(out, "<span class=\"terms\">{}</span>", escape(&terms))?;
        }
        writeln!(out, "</li>")?;
    }
    writeln!(out, "</ul>")
}

/// A time that leads to the passage it is in.
fn moment(source: &Source) -> String {
    let at = clock(source.span.start.as_ms());
    match source.utterances.first() {
        Some(said) => format!("<a href=\"#{}\"><time>{at}</time></a>", escape(said.as_str())),
        None => format!("<time>{at}</time>"),
    }
}

fn coach(record: &MeetingRecord, coaching: &Coaching, out: &mut String) -> std::fmt::Result {
    open("coaching", "My coaching", 2, out)?;
    writeln!(out, "<p>For me alone: no part of the meeting record.</p>")?;
    if let Some(one) = &coaching.one_thing {
        open("one-thing", "One thing", 3, out)?;
        points(std::slice::from_ref(one), coaching, out)?;
        close(out)?;
    }
    for (id, name, told) in [
        ("strengths", "Went well", &coaching.strengths),
        ("growth", "Could be better", &coaching.growth),
    ] {
        if !told.is_empty() {
            open(id, name, 3, out)?;
            points(told, coaching, out)?;
            close(out)?;
        }
    }
    talk(coaching, out)?;
    open("charts", "Over the meeting", 3, out)?;
    for drawing in chart::all(record, coaching) {
        writeln!(out, "<figure>")?;
        svg::write(&drawing, out)?;
        writeln!(
            out,
            "<figcaption>{}. {}</figcaption>\n</figure>",
            drawing.title,
            escape(&drawing.description)
        )?;
    }
    close(out)?;
    table("measures", "Measures", coaching, &coaching.measures, out)?;
    if !coaching.attention.0.is_empty() {
        table("attention", "Attention", coaching, &coaching.attention, out)?;
        minutes(coaching, out)?;
    }
    questions(coaching, out)?;
    missed_questions(coaching, out)?;
    nudges(coaching, out)?;
    writeln!(out, "<ul>")?;
    for missing in &coaching.left_out {
        writeln!(out, "<li>{}</li>", escape(&missing_part(missing)))?;
    }
    writeln!(out, "</ul>")?;
    close(out)
}

fn stored(told: &[String], out: &mut String) -> std::fmt::Result {
    if told.is_empty() {
        return Ok(());
    }
    open("my-data", "My data", 3, out)?;
    writeln!(out, "<p>All of it is encrypted under the meeting's own key.</p>\n<ul>")?;
    for line in told {
        writeln!(out, "<li>{}</li>", escape(line))?;
    }
    writeln!(out, "</ul>")?;
    close(out)
}

fn points(told: &[Point], coaching: &Coaching, out: &mut String) -> std::fmt::Result {
    writeln!(out, "<ul class=\"statements\">")?;
    for one in told {
        writeln!(
            out,
            "<li><strong>{}</strong> <span class=\"who\">{}</span> <span dir=\"auto\">{}</span>",
            escape(&point(one, &coaching.measures)),
            moment(&one.source),
            escape(&one.said)
        )?;
        if let Some(why) = &one.why {
            writeln!(out, "<span class=\"terms\">{}</span>", escape(why))?;
        }
        writeln!(out, "</li>")?;
    }
    writeln!(out, "</ul>")
}

fn talk(coaching: &Coaching, out: &mut String) -> std::fmt::Result {
    open("talk", "Talk", 3, out)?;
    writeln!(
        out,
        "<table>\n<thead><tr><th scope=\"col\">Who</th><th scope=\"col\">Share</th><th scope=\"col\">Speech</th><th scope=\"col\">Words</th></tr></thead>\n<tbody>"
    )?;
    for talk in &coaching.talk {
        writeln!(
            out,
            "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td>{}</td></tr>",
            speaker(talk.speaker),
            share(talk).as_deref().unwrap_or("–"),
            speech(talk.seconds),
            talk.words
        )?;
    }
    for part in &coaching.participants {
        writeln!(
            out,
            "<tr><th scope=\"row\" class=\"part\"><bdi>{}</bdi></th><td>{}</td><td>{}</td><td>{}</td></tr>",
            escape(participant(part)),
            percent(part.share),
            speech(part.seconds),
            part.words
        )?;
    }
    writeln!(out, "</tbody>\n</table>")?;
    if let Some(remark) = one_voice(coaching) {
        writeln!(out, "<p>{remark}</p>")?;
    }
    close(out)
}

fn table(id: &str, name: &str, coaching: &Coaching, measures: &Measures, out: &mut String) -> std::fmt::Result {
    open(id, name, 3, out)?;
    writeln!(
        out,
        "<table>\n<thead><tr><th scope=\"col\">Measure</th><th scope=\"col\">Value</th><th scope=\"col\">Target</th><th scope=\"col\">Standing</th><th scope=\"col\">Earlier meetings</th></tr></thead>\n<tbody>"
    )?;
    for measure in &measures.0 {
        let state = match measure.standing() {
            Some(Standing::On) => " class=\"on\"",
            Some(Standing::Below | Standing::Above) => " class=\"off\"",
            None => "",
        };
        writeln!(
            out,
            "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td{state}>{}</td><td>{}</td></tr>",
            escape(&measure.name),
            escape(&estimate(measure)),
            escape(&target(measure).unwrap_or_else(|| "–".to_owned())),
            escape(&verdict(measure)),
            earlier(coaching, measure).unwrap_or_else(|| "–".to_owned())
        )?;
    }
    writeln!(out, "</tbody>\n</table>")?;
    close(out)
}

/// A1 to A8 by minute, as far as they are known.
fn minutes(coaching: &Coaching, out: &mut String) -> std::fmt::Result {
    open("minutes", "Attention by minute", 3, out)?;
    writeln!(out, "<table>\n<thead><tr>")?;
    for head in [
        "Minute",
        "Gaze %",
        "Looks away",
        "Head °",
        "Blinks",
        "Long closures",
        "Eyes closed %",
        "Focus %",
        "RMSSD ms",
    ] {
        writeln!(out, "<th scope=\"col\">{head}</th>")?;
    }
    writeln!(out, "</tr></thead>\n<tbody>")?;
    for minute in &coaching.attention_minutes {
        write!(out, "<tr><th scope=\"row\">{}</th>", clock(minute.at_ms))?;
        for value in [
            minute.gaze,
            minute.looks_away,
            minute.head_deg,
            minute.blinks,
            minute.long_closures,
            minute.perclos,
            minute.focus,
            minute.rmssd_ms,
        ] {
            write!(out, "<td>{}</td>", value.map_or_else(|| "–".to_owned(), number))?;
        }
        writeln!(out, "</tr>")?;
    }
    writeln!(out, "</tbody>\n</table>")?;
    close(out)
}

fn questions(coaching: &Coaching, out: &mut String) -> std::fmt::Result {
    if coaching.questions.is_empty() {
        return Ok(());
    }
    open("my-questions", "My questions", 3, out)?;
    writeln!(out, "<ul class=\"statements\">")?;
    for asked in &coaching.questions {
        let kind = match asked.kind {
            QuestionKind::Open => "open",
            QuestionKind::Closed => "closed",
        };
        writeln!(
            out,
            "<li><span class=\"who\">{}</span> <span dir=\"auto\">{}</span> <span class=\"terms\">{kind}{}</span></li>",
            moment(&asked.source),
            escape(&asked.text),
            if asked.follow_up { ", follow-up" } else { "" }
        )?;
    }
    writeln!(out, "</ul>")?;
    close(out)
}

fn missed_questions(coaching: &Coaching, out: &mut String) -> std::fmt::Result {
    if coaching.missed_questions.is_empty() {
        return Ok(());
    }
    open("missed-questions", "Questions I could have asked", 3, out)?;
    writeln!(out, "<ul class=\"statements\">")?;
    for one in &coaching.missed_questions {
        writeln!(
            out,
            "<li><span class=\"who\">{}</span> <span dir=\"auto\">{}</span> <span class=\"terms\"><bdi>{}</bdi></span></li>",
            moment(&one.source),
            escape(&missed(one)),
            escape(&missed_after(one))
        )?;
    }
    writeln!(out, "</ul>")?;
    close(out)
}

fn nudges(coaching: &Coaching, out: &mut String) -> std::fmt::Result {
    if coaching.nudges.is_empty() && coaching.held_out.is_empty() {
        return Ok(());
    }
    open("nudges", "Nudges", 3, out)?;
    writeln!(
        out,
        "<table>\n<thead><tr><th scope=\"col\">When</th><th scope=\"col\">Nudge</th><th scope=\"col\">Before and after</th><th scope=\"col\">What became of it</th></tr></thead>\n<tbody>"
    )?;
    for nudge in &coaching.nudges {
        writeln!(
            out,
            "<tr><td>{}</td><td>{}. {}</td><td>{}</td><td>shown{}</td></tr>",
            clock(nudge.at_ms),
            escape(&nudge.headline),
            escape(&nudge.evidence),
            effect(nudge.effect).unwrap_or_default(),
            nudge
                .reaction
                .as_deref()
                .map_or_else(String::new, |said| format!(", {}", escape(said)))
        )?;
    }
    for held in &coaching.held_out {
        writeln!(
            out,
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>held out, not shown</td></tr>",
            clock(held.at_ms),
            escape(&held.headline),
            effect(held.effect).unwrap_or_default()
        )?;
    }
    writeln!(out, "</tbody>\n</table>")?;
    close(out)
}

fn transcript(record: &MeetingRecord, out: &mut String) -> std::fmt::Result {
    writeln!(
        out,
        "<section aria-labelledby=\"transcript\">\n<h2 id=\"transcript\" tabindex=\"-1\">Transcript</h2>"
    )?;
    if let Some(missing) = missing(&record.coverage) {
        writeln!(out, "<p class=\"missing\">{missing}</p>")?;
    }
    for passage in passages(&record.utterances) {
        write!(
            out,
            "<p class=\"said {}\" dir=\"auto\"><span class=\"who\"><time>{}</time> <bdi>{}</bdi></span>",
            class(passage.speaker),
            clock(passage.start_ms),
            escape(passage.who())
        )?;
        for piece in &passage.pieces {
            write!(
                out,
                " <span id=\"{}\">{}</span>",
                escape(piece.id.as_str()),
                escape(&piece.text)
            )?;
        }
        writeln!(out, "</p>")?;
    }
    if record.utterances.is_empty() {
        writeln!(out, "<p>Nobody was understood.</p>")?;
    }
    writeln!(out, "</section>")
}

const fn class(speaker: Speaker) -> &'static str {
    match speaker {
        Speaker::Me => "me",
        Speaker::Them => "them",
        Speaker::Unknown => "unknown",
    }
}

/// Text that a browser takes for nothing but text, in an element and in an attribute.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c if steers(c) => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::super::Format;
    use super::super::sample::{analysis, written};

    #[test]
    fn what_was_said_or_named_is_text_and_never_markup() {
        let mut analysis = analysis();
        analysis.about.title = "\"><img src=x onerror=alert(1)>".to_owned();
        analysis.record.recognizer.weakness = "</style><script>1</script>".to_owned();
        let html = written(&analysis, Format::Html);
        assert!(!html.contains("<script") && !html.contains("<img"), "{html}");
        assert!(html.contains("&lt;script&gt;"), "{html}");
    }

    #[test]
    fn the_page_stands_alone() {
        let html = written(&analysis(), Format::Html);
        for fetches in ["http://", "https://", "src=", "@import", "url("] {
            assert!(!html.contains(fetches), "the page would fetch something: {fetches}");
        }
        assert!(html.contains("prefers-color-scheme: dark"));
        assert!(html.contains("<html lang=\"en\">") && html.contains("<svg"));
    }

    #[test]
    fn every_chart_says_in_words_what_it_shows_and_every_moment_leads_to_a_passage() {
        let html = written(&analysis(), Format::Html);
        let charts = html.matches("<svg ").count();
        assert!(charts >= 3, "{charts}");
        for within in ["<title id=", "<desc id=", "role=\"img\"", "<figcaption>"] {
            assert_eq!(html.matches(within).count(), charts, "{within}");
        }
        let led = html.split("href=\"#").skip(1).filter_map(|link| link.split('"').next());
        for place in led {
            assert!(html.contains(&format!("id=\"{place}\"")), "nothing is at {place}");
        }
    }
}
