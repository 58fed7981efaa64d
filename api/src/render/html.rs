//! For a browser: one page that fetches nothing and runs nothing, in the reader's light or dark, readable without colours
//! and without a mouse.

use super::Analysis;
use super::figures::{
    clock, estimate, heard, missing, number, one_voice, participant, percent, share, speaker, speech, target, verdict,
};
use super::passages::passages;
use attune_engine::measures::{Band, Standing};
use attune_engine::report::{PacePoint, Report};
use attune_engine::speaker::Speaker;
use std::fmt::Write as _;

/// The page's look. Both themes keep a contrast of 4.5 or more for text.
const STYLE: &str = include_str!("page.css");

/// The pace chart's size, in its own units.
const CHART_WIDTH: f64 = 900.0;
const CHART_HEIGHT: f64 = 220.0;
/// Room for the labels left of and under the chart.
const MARGIN: f64 = 44.0;

pub(super) fn compose(analysis: &Analysis, out: &mut String) -> std::fmt::Result {
    let report = &analysis.report;
    let title = escape(&analysis.title);
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
<h1>{title}</h1>
<p>{length}, recognized by {name} {version} ({model}). {weakness}</p>
</header>
<main>
"##,
        length = clock(report.duration_ms),
        name = escape(&report.recognizer.name),
        version = escape(&report.recognizer.version),
        model = escape(&report.recognizer.model),
        weakness = escape(&report.recognizer.weakness),
    )?;
    talk(report, out)?;
    pace(report, out)?;
    measures(report, out)?;
    capture(report, out)?;
    transcript(report, out)?;
    writeln!(out, "</main>\n</body>\n</html>")
}

fn talk(report: &Report, out: &mut String) -> std::fmt::Result {
    writeln!(out, "<section aria-labelledby=\"talk\">\n<h2 id=\"talk\">Talk</h2>")?;
    let shares: Vec<_> = report
        .talk
        .iter()
        .filter_map(|talk| Some((talk, talk.share?)))
        .collect();
    if !shares.is_empty() {
        writeln!(out, "<div class=\"shares\" aria-hidden=\"true\">")?;
        for (talk, share) in &shares {
            writeln!(
                out,
                "<span class=\"{}\" style=\"flex-grow:{share:.4}\"></span>",
                class(talk.speaker)
            )?;
        }
        writeln!(out, "</div>")?;
    }
    writeln!(
        out,
        "<table>\n<thead><tr><th scope=\"col\">Who</th><th scope=\"col\">Share</th><th scope=\"col\">Speech</th><th scope=\"col\">Words</th></tr></thead>\n<tbody>"
    )?;
    for talk in &report.talk {
        writeln!(
            out,
            "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td>{}</td></tr>",
            speaker(talk.speaker),
            share(talk).as_deref().unwrap_or("–"),
            speech(talk.seconds),
            talk.words
        )?;
    }
    for part in &report.participants {
        writeln!(
            out,
            "<tr><th scope=\"row\" class=\"part\">{}</th><td>{}</td><td>{}</td><td>{}</td></tr>",
            escape(participant(part)),
            percent(part.share),
            speech(part.seconds),
            part.words
        )?;
    }
    writeln!(out, "</tbody>\n</table>")?;
    if let Some(remark) = one_voice(report) {
        writeln!(out, "<p>{remark}</p>")?;
    }
    writeln!(out, "</section>")
}

/// My pace over the meeting, over the band where it should be.
fn pace(report: &Report, out: &mut String) -> std::fmt::Result {
    let measured: Vec<f64> = report.pace.iter().filter_map(|point| point.wpm).collect();
    let Some(most) = measured.iter().copied().reduce(f64::max) else {
        return Ok(());
    };
    let least = measured.iter().copied().fold(most, f64::min);
    let band = report.measures.get("C3").and_then(|measure| measure.target);
    let scale = Scale {
        length_ms: report.duration_ms.max(1) as f64,
        low: ((least.min(band.and_then(|band| band.low).unwrap_or(least)) - 10.0) / 20.0).floor() * 20.0,
        high: ((most.max(band.and_then(|band| band.high).unwrap_or(most)) + 10.0) / 20.0).ceil() * 20.0,
    };
    writeln!(
        out,
        "<section aria-labelledby=\"pace\">\n<h2 id=\"pace\">Pace</h2>\n<figure>\n<svg viewBox=\"0 0 {CHART_WIDTH} {CHART_HEIGHT}\" role=\"img\" aria-label=\"Words a minute over the meeting, from {} to {}\">",
        number(least),
        number(most)
    )?;
    if let Some(Band { low, high }) = band {
        let (top, bottom) = (scale.y(high.unwrap_or(scale.high)), scale.y(low.unwrap_or(scale.low)));
        let width = CHART_WIDTH - MARGIN;
        writeln!(
            out,
            "<rect class=\"band\" x=\"{MARGIN}\" y=\"{top:.1}\" width=\"{width}\" height=\"{:.1}\"/>",
            bottom - top
        )?;
    }
    for step in 0..=4 {
        let wpm = scale.low + (scale.high - scale.low) * f64::from(step) / 4.0;
        writeln!(
            out,
            "<text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{wpm:.0}</text>",
            MARGIN - 8.0,
            scale.y(wpm) + 4.0
        )?;
        let at_ms = scale.length_ms * f64::from(step) / 4.0;
        let anchor = if step == 4 { "end" } else { "middle" };
        writeln!(
            out,
            "<text x=\"{:.1}\" y=\"{}\" text-anchor=\"{anchor}\">{}</text>",
            scale.x(at_ms),
            CHART_HEIGHT - 6.0,
            clock(at_ms as u64)
        )?;
    }
    for stretch in report.pace.split(|point| point.wpm.is_none()) {
        line(stretch, &scale, out)?;
    }
    let caption = report
        .measures
        .get("C3")
        .and_then(target)
        .map_or_else(String::new, |target| {
            format!(" The band is the target, {}.", escape(&target))
        });
    writeln!(
        out,
        "</svg>\n<figcaption>Words a minute while speaking, around each moment.{caption}</figcaption>\n</figure>\n</section>"
    )
}

/// One unbroken stretch of the curve; a single point is a dot.
fn line(stretch: &[PacePoint], scale: &Scale, out: &mut String) -> std::fmt::Result {
    let points: Vec<_> = stretch
        .iter()
        .filter_map(|point| Some((scale.x(point.at_ms as f64), scale.y(point.wpm?))))
        .collect();
    match points.as_slice() {
        [] => Ok(()),
        [(x, y)] => writeln!(out, "<circle class=\"dot\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\"/>"),
        many => {
            let path: Vec<_> = many.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
            writeln!(out, "<polyline class=\"curve\" points=\"{}\"/>", path.join(" "))
        }
    }
}

/// From meeting time and words a minute to the chart.
struct Scale {
    length_ms: f64,
    low: f64,
    high: f64,
}

impl Scale {
    fn x(&self, at_ms: f64) -> f64 {
        MARGIN + (CHART_WIDTH - MARGIN) * (at_ms / self.length_ms).min(1.0)
    }

    fn y(&self, wpm: f64) -> f64 {
        let height = CHART_HEIGHT - MARGIN;
        8.0 + (height - 8.0) * (1.0 - (wpm - self.low) / (self.high - self.low).max(1.0))
    }
}

fn measures(report: &Report, out: &mut String) -> std::fmt::Result {
    writeln!(
        out,
        "<section aria-labelledby=\"measures\">\n<h2 id=\"measures\">Measures</h2>\n<table>\n<thead><tr><th scope=\"col\">Measure</th><th scope=\"col\">Value</th><th scope=\"col\">Target</th><th scope=\"col\">Standing</th></tr></thead>\n<tbody>"
    )?;
    for measure in &report.measures.0 {
        let state = match measure.standing() {
            Some(Standing::On) => " class=\"on\"",
            Some(Standing::Below | Standing::Above) => " class=\"off\"",
            None => "",
        };
        writeln!(
            out,
            "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td{state}>{}</td></tr>",
            escape(&measure.name),
            escape(&estimate(measure)),
            escape(&target(measure).unwrap_or_else(|| "–".to_owned())),
            escape(&verdict(measure))
        )?;
    }
    writeln!(out, "</tbody>\n</table>\n</section>")
}

fn capture(report: &Report, out: &mut String) -> std::fmt::Result {
    writeln!(
        out,
        "<section aria-labelledby=\"heard\">\n<h2 id=\"heard\">Heard</h2>\n<ul>"
    )?;
    for track in heard(&report.coverage) {
        writeln!(out, "<li>{}</li>", escape(&track))?;
    }
    writeln!(out, "</ul>\n</section>")
}

fn transcript(report: &Report, out: &mut String) -> std::fmt::Result {
    writeln!(
        out,
        "<section aria-labelledby=\"transcript\">\n<h2 id=\"transcript\" tabindex=\"-1\">Transcript</h2>"
    )?;
    if let Some(missing) = missing(&report.coverage) {
        writeln!(out, "<p class=\"missing\">{missing}</p>")?;
    }
    for passage in passages(&report.utterances) {
        writeln!(
            out,
            "<p class=\"said {}\"><span class=\"who\"><time>{}</time> {}</span> {}</p>",
            class(passage.speaker),
            clock(passage.start_ms),
            escape(passage.who()),
            escape(&passage.text)
        )?;
    }
    if report.utterances.is_empty() {
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
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::super::{Format, sample::analysis};

    #[test]
    fn what_was_said_or_named_is_text_and_never_markup() {
        let mut analysis = analysis();
        analysis.title = "\"><img src=x onerror=alert(1)>".to_owned();
        analysis.report.recognizer.weakness = "</style><script>1</script>".to_owned();
        let html = analysis.write(Format::Html);
        assert!(!html.contains("<script") && !html.contains("<img"), "{html}");
        assert!(html.contains("&lt;script&gt;"), "{html}");
    }

    #[test]
    fn the_page_stands_alone() {
        let html = analysis().write(Format::Html);
        for fetches in ["http://", "https://", "src=", "@import", "url("] {
            assert!(!html.contains(fetches), "the page would fetch something: {fetches}");
        }
        assert!(html.contains("prefers-color-scheme: dark"));
        assert!(html.contains("<html lang=\"en\">") && html.contains("<svg"));
    }
}
