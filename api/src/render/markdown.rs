//! For notes: headings, two tables and the transcript.

use super::Analysis;
use super::figures::{
    clock, earlier, effect, estimate, heard, missed, missed_after, missing, missing_part, one_voice, participant,
    percent, point, share, speaker, speech, steers, target, terms, verdict, who,
};
use super::passages::passages;
use attune_engine::measures::Measures;
use attune_engine::report::{Coaching, MeetingRecord, Point, Source, Who};
use std::fmt::Write as _;

pub(super) fn compose(analysis: &Analysis, out: &mut String) -> std::fmt::Result {
    writeln!(out, "# {}\n", plain(&analysis.about.title))?;
    for (name, fact) in analysis.facts() {
        writeln!(out, "- {name}: {}", plain(&fact))?;
    }
    record(&analysis.record, out)?;
    if let Some(coaching) = &analysis.coaching {
        coach(coaching, out)?;
        stored(&analysis.about.stored, out)?;
    }
    transcript(&analysis.record, out)
}

fn record(record: &MeetingRecord, out: &mut String) -> std::fmt::Result {
    writeln!(out, "\n## Decisions\n")?;
    for decision in &record.decisions {
        statement(&decision.source, &decision.by, &decision.text, "", out)?;
    }
    none_of(&record.decisions, out)?;
    writeln!(out, "\n## To do\n")?;
    for action in &record.actions {
        statement(&action.source, &action.by, &action.text, &terms(action), out)?;
    }
    none_of(&record.actions, out)?;
    writeln!(out, "\n## Open questions\n")?;
    for question in &record.open_questions {
        statement(&question.source, &question.by, &question.text, "", out)?;
    }
    none_of(&record.open_questions, out)?;
    if !record.missing.is_empty() {
        writeln!(out, "\n## Not in this record\n")?;
    }
    for missing in &record.missing {
        writeln!(out, "- {}", plain(&missing_part(missing)))?;
    }
    writeln!(out, "\n## Heard\n")?;
    for track in heard(&record.coverage) {
        writeln!(out, "- {}", plain(&track))?;
    }
    Ok(())
}

fn statement(source: &Source, by: &Who, text: &str, terms: &str, out: &mut String) -> std::fmt::Result {
    let at = clock(source.span.start.as_ms());
    write!(out, "- **{at} {}** {}", plain(&who(by)), plain(text))?;
    match terms {
        "" => writeln!(out),
        terms => writeln!(out, " *({})*", plain(terms)),
    }
}

fn none_of<T>(found: &[T], out: &mut String) -> std::fmt::Result {
    match found.is_empty() {
        true => writeln!(out, "None was heard."),
        false => Ok(()),
    }
}

fn coach(coaching: &Coaching, out: &mut String) -> std::fmt::Result {
    writeln!(
        out,
        "\n## My coaching\n\nFor me alone: no part of the meeting record.\n"
    )?;
    if let Some(one) = &coaching.one_thing {
        writeln!(out, "**One thing:** {}\n", plain(&point(one, &coaching.measures)))?;
    }
    points("Went well", &coaching.strengths, coaching, out)?;
    points("Could be better", &coaching.growth, coaching, out)?;
    talk(coaching, out)?;
    table("Measures", coaching, &coaching.measures, out)?;
    if !coaching.attention.0.is_empty() {
        table("Attention", coaching, &coaching.attention, out)?;
    }
    if !coaching.questions.is_empty() {
        writeln!(out, "\n### My questions\n")?;
    }
    for asked in &coaching.questions {
        let at = clock(asked.source.span.start.as_ms());
        let kind = match asked.kind {
            attune_engine::questions::QuestionKind::Open => "open",
            attune_engine::questions::QuestionKind::Closed => "closed",
        };
        let follow_up = if asked.follow_up { ", follow-up" } else { "" };
        writeln!(out, "- **{at}** {} *({kind}{follow_up})*", plain(&asked.text))?;
    }
    if !coaching.missed_questions.is_empty() {
        writeln!(out, "\n### Questions I could have asked\n")?;
    }
    for one in &coaching.missed_questions {
        let at = clock(one.source.span.start.as_ms());
        writeln!(
            out,
            "- **{at}** {} *({})*",
            plain(&missed(one)),
            plain(&missed_after(one))
        )?;
    }
    nudges(coaching, out)?;
    for missing in &coaching.left_out {
        writeln!(out, "\n{}", plain(&missing_part(missing)))?;
    }
    Ok(())
}

fn stored(told: &[String], out: &mut String) -> std::fmt::Result {
    if !told.is_empty() {
        writeln!(
            out,
            "\n### My data\n\nAll of it is encrypted under the meeting's own key.\n"
        )?;
    }
    told.iter().try_for_each(|line| writeln!(out, "- {}", plain(line)))
}

fn points(name: &str, told: &[Point], coaching: &Coaching, out: &mut String) -> std::fmt::Result {
    if told.is_empty() {
        return Ok(());
    }
    writeln!(out, "### {name}\n")?;
    for one in told {
        let at = clock(one.source.span.start.as_ms());
        writeln!(out, "- {}", plain(&point(one, &coaching.measures)))?;
        writeln!(out, "  **{at}** {}", plain(&one.said))?;
        if let Some(why) = &one.why {
            writeln!(out, "  {}", plain(why))?;
        }
    }
    writeln!(out)
}

fn talk(coaching: &Coaching, out: &mut String) -> std::fmt::Result {
    writeln!(
        out,
        "### Talk\n\n| who | share | speech | words |\n| --- | ---: | ---: | ---: |"
    )?;
    for talk in &coaching.talk {
        writeln!(
            out,
            "| {} | {} | {} | {} |",
            speaker(talk.speaker),
            share(talk).as_deref().unwrap_or("–"),
            speech(talk.seconds),
            talk.words
        )?;
    }
    for part in &coaching.participants {
        writeln!(
            out,
            "| – {} | {} | {} | {} |",
            plain(participant(part)),
            percent(part.share),
            speech(part.seconds),
            part.words
        )?;
    }
    match one_voice(coaching) {
        Some(remark) => writeln!(out, "\n{remark}"),
        None => Ok(()),
    }
}

fn table(name: &str, coaching: &Coaching, measures: &Measures, out: &mut String) -> std::fmt::Result {
    writeln!(
        out,
        "\n### {name}\n\n| measure | value | target | | earlier meetings |\n| --- | --- | --- | --- | --- |"
    )?;
    for measure in &measures.0 {
        let target = target(measure).unwrap_or_default();
        writeln!(
            out,
            "| {} | {} | {target} | {} | {} |",
            plain(&measure.name),
            estimate(measure),
            plain(&verdict(measure)),
            earlier(coaching, measure).unwrap_or_default()
        )?;
    }
    Ok(())
}

fn nudges(coaching: &Coaching, out: &mut String) -> std::fmt::Result {
    if coaching.nudges.is_empty() && coaching.held_out.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "\n### Nudges\n\n| when | what | why | before and after | |\n| --- | --- | --- | --- | --- |"
    )?;
    for nudge in &coaching.nudges {
        writeln!(
            out,
            "| {} | {} | {} | {} | {} |",
            clock(nudge.at_ms),
            plain(&nudge.headline),
            plain(&nudge.evidence),
            effect(nudge.effect).unwrap_or_default(),
            plain(nudge.reaction.as_deref().unwrap_or_default())
        )?;
    }
    for held in &coaching.held_out {
        writeln!(
            out,
            "| {} | {} | | {} | held out, not shown |",
            clock(held.at_ms),
            plain(&held.headline),
            effect(held.effect).unwrap_or_default()
        )?;
    }
    Ok(())
}

fn transcript(record: &MeetingRecord, out: &mut String) -> std::fmt::Result {
    writeln!(out, "\n## Transcript\n")?;
    if let Some(missing) = missing(&record.coverage) {
        writeln!(out, "*{missing}*\n")?;
    }
    for passage in passages(&record.utterances) {
        writeln!(
            out,
            "**{} {}** {}\n",
            clock(passage.start_ms),
            plain(passage.who()),
            plain(&passage.text)
        )?;
    }
    if record.utterances.is_empty() {
        writeln!(out, "Nobody was understood.")?;
    }
    Ok(())
}

/// Text that Markdown takes for nothing but text.
fn plain(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '#' | '+' | '!' | '|' | '~' => {
                escaped.push('\\');
                escaped.push(c);
            }
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
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
    use super::*;

    #[test]
    fn what_was_said_is_text_and_never_markup() {
        let markdown = written(&analysis(), Format::Markdown);
        assert!(!markdown.contains("<script"), "{markdown}");
        assert!(markdown.contains("&lt;script&gt;"), "{markdown}");
        assert_eq!(plain("a|b [c](d)\n# e"), "a\\|b \\[c\\]\\(d\\) \\# e");
    }
}
