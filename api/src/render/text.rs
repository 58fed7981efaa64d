//! For a terminal or a mail: 80 columns, no markup.

use super::Analysis;
use super::figures::{
    clock, effect, heard, missed, missed_after, missing, missing_part, one_voice, participant, percent, point, remark,
    share, speaker, speech, steers, target, terms, told_earlier, value, who,
};
use super::passages::passages;
use attune_engine::measures::{Measure, Standing};
use attune_engine::report::{Coaching, MeetingRecord, Point};
use std::fmt::Write as _;

/// Lines are no longer than this.
const COLUMNS: usize = 80;

pub(super) fn compose(analysis: &Analysis, out: &mut String) -> std::fmt::Result {
    writeln!(out, "{}", printable(&analysis.about.title))?;
    for (name, fact) in analysis.facts() {
        wrap(out, &format!("{name}: {fact}"), "")?;
    }
    record(&analysis.record, out)?;
    if let Some(coaching) = &analysis.coaching {
        coach(coaching, out)?;
        stored(&analysis.about.stored, out)?;
    }
    transcript(&analysis.record, out)
}

fn record(record: &MeetingRecord, out: &mut String) -> std::fmt::Result {
    writeln!(out, "\nDECISIONS")?;
    for decision in &record.decisions {
        let at = clock(decision.source.span.start.as_ms());
        wrap(out, &format!("{at} {}: {}", who(&decision.by), decision.text), "  ")?;
    }
    none_of(&record.decisions, out)?;
    writeln!(out, "\nTO DO")?;
    for action in &record.actions {
        let at = clock(action.source.span.start.as_ms());
        wrap(out, &format!("{at} {}: {}", who(&action.by), action.text), "  ")?;
        wrap(out, &terms(action), "       ")?;
    }
    none_of(&record.actions, out)?;
    writeln!(out, "\nOPEN QUESTIONS")?;
    for question in &record.open_questions {
        let at = clock(question.source.span.start.as_ms());
        wrap(out, &format!("{at} {}: {}", who(&question.by), question.text), "  ")?;
    }
    none_of(&record.open_questions, out)?;
    for missing in &record.missing {
        wrap(out, &missing_part(missing), "  ")?;
    }
    writeln!(out, "\nHEARD")?;
    for track in heard(&record.coverage) {
        wrap(out, &track, "  ")?;
    }
    Ok(())
}

fn none_of<T>(found: &[T], out: &mut String) -> std::fmt::Result {
    if found.is_empty() {
        writeln!(out, "  None was heard.")?;
    }
    Ok(())
}

fn coach(coaching: &Coaching, out: &mut String) -> std::fmt::Result {
    writeln!(out, "\nMY COACHING (for me alone)")?;
    if let Some(one) = &coaching.one_thing {
        wrap(out, &format!("One thing: {}", point(one, &coaching.measures)), "  ")?;
    }
    for (name, told) in [
        ("Went well", &coaching.strengths),
        ("Could be better", &coaching.growth),
    ] {
        for one in told {
            wrap(out, &format!("{name}: {}", point(one, &coaching.measures)), "  ")?;
            moment(one, out)?;
        }
    }
    writeln!(out, "\nTALK")?;
    for talk in &coaching.talk {
        writeln!(
            out,
            "  {:8} {:>6}  {} of speech, {} words",
            speaker(talk.speaker),
            share(talk).unwrap_or_default(),
            speech(talk.seconds),
            talk.words
        )?;
    }
    for part in &coaching.participants {
        writeln!(
            out,
            "    {:.40} · {} · {} of speech, {} words",
            printable(participant(part)),
            percent(part.share),
            speech(part.seconds),
            part.words
        )?;
    }
    if let Some(remark) = one_voice(coaching) {
        wrap(out, remark, "    ")?;
    }
    writeln!(out, "\nMEASURES")?;
    coaching
        .measures
        .0
        .iter()
        .try_for_each(|measure| line(coaching, measure, out))?;
    if !coaching.attention.0.is_empty() {
        writeln!(out, "\nATTENTION")?;
        coaching
            .attention
            .0
            .iter()
            .try_for_each(|measure| line(coaching, measure, out))?;
    }
    missed_questions(coaching, out)?;
    nudges(coaching, out)?;
    for missing in &coaching.left_out {
        wrap(out, &missing_part(missing), "  ")?;
    }
    Ok(())
}

fn stored(told: &[String], out: &mut String) -> std::fmt::Result {
    if !told.is_empty() {
        writeln!(out, "\nMY DATA, ENCRYPTED UNDER THE MEETING'S OWN KEY")?;
    }
    told.iter().try_for_each(|line| wrap(out, line, "  "))
}

fn moment(point: &Point, out: &mut String) -> std::fmt::Result {
    let at = clock(point.source.span.start.as_ms());
    wrap(out, &format!("{at} “{}”", point.said), "    ")?;
    match &point.why {
        Some(why) => wrap(out, why, "    "),
        None => Ok(()),
    }
}

fn missed_questions(coaching: &Coaching, out: &mut String) -> std::fmt::Result {
    if !coaching.missed_questions.is_empty() {
        writeln!(out, "\nQUESTIONS I COULD HAVE ASKED")?;
    }
    for one in &coaching.missed_questions {
        let at = clock(one.source.span.start.as_ms());
        wrap(out, &format!("{at} {}", missed_after(one)), "  ")?;
        wrap(out, &missed(one), "    ")?;
    }
    Ok(())
}

fn line(coaching: &Coaching, measure: &Measure, out: &mut String) -> std::fmt::Result {
    let target = target(measure).map_or_else(String::new, |target| format!("({target})"));
    let mark = match measure.standing() {
        Some(Standing::Below | Standing::Above) => "!",
        Some(Standing::On) | None => " ",
    };
    let line = format!("{mark} {:18} {:20} {target}", measure.name, value(measure));
    writeln!(out, "{}", line.trim_end())?;
    let told = remark(measure).into_iter().chain(told_earlier(coaching, measure));
    told.into_iter().try_for_each(|told| wrap(out, &told, "    "))
}

fn nudges(coaching: &Coaching, out: &mut String) -> std::fmt::Result {
    if coaching.nudges.is_empty() && coaching.held_out.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nNUDGES")?;
    for nudge in &coaching.nudges {
        let changed = effect(nudge.effect).map_or_else(String::new, |effect| format!(" · {effect}"));
        let reaction = nudge
            .reaction
            .as_deref()
            .map_or_else(String::new, |said| format!(" · {said}"));
        let told = format!(
            "{} {}. {}{changed}{reaction}",
            clock(nudge.at_ms),
            nudge.headline,
            nudge.evidence
        );
        wrap(out, &told, "  ")?;
    }
    for held in &coaching.held_out {
        let changed = effect(held.effect).map_or_else(String::new, |effect| format!(" · {effect}"));
        let told = format!("{} {} · held out, not shown{changed}", clock(held.at_ms), held.headline);
        wrap(out, &told, "  ")?;
    }
    Ok(())
}

fn transcript(record: &MeetingRecord, out: &mut String) -> std::fmt::Result {
    writeln!(out, "\nTRANSCRIPT")?;
    if let Some(missing) = missing(&record.coverage) {
        writeln!(out, "! {missing}")?;
    }
    for passage in passages(&record.utterances) {
        writeln!(out, "{:>8}  {:.60}", clock(passage.start_ms), printable(passage.who()))?;
        wrap(out, &passage.text, "          ")?;
    }
    if record.utterances.is_empty() {
        writeln!(out, "  Nobody was understood.")?;
    }
    Ok(())
}

/// `text` in lines that begin with `indent`.
fn wrap(out: &mut String, text: &str, indent: &str) -> std::fmt::Result {
    let mut column = 0;
    for word in text.split_whitespace() {
        let word = printable(word);
        let width = word.chars().count();
        if column > 0 && column + 1 + width > COLUMNS {
            writeln!(out)?;
            column = 0;
        }
        if column == 0 {
            out.push_str(indent);
            column = indent.len();
        } else {
            out.push(' ');
            column += 1;
        }
        out.push_str(&word);
        column += width;
    }
    if column > 0 { writeln!(out) } else { Ok(()) }
}

/// Without what would steer a terminal: a file's name may hold anything.
fn printable(text: &str) -> String {
    text.chars().map(|c| if steers(c) { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::super::Format;
    use super::super::sample::{HOSTILE, analysis, written};
    use super::*;

    #[test]
    fn nothing_that_was_said_or_named_steers_the_terminal() {
        let mut analysis = analysis();
        analysis.about.title = "\u{1b}[2Jmeeting.wav".to_owned();
        let text = written(&analysis, Format::Text);
        assert!(text.contains(HOSTILE), "the transcript is complete");
        assert!(text.chars().all(|c| c == '\n' || !c.is_control()));
    }

    #[test]
    fn lines_fit_a_terminal() {
        let text = written(&analysis(), Format::Text);
        assert!(text.lines().all(|line| line.chars().count() <= COLUMNS), "{text}");
    }

    #[test]
    fn who_of_the_others_spoke_is_told_where_it_is_known() {
        let text = written(&analysis(), Format::Text);
        assert!(text.contains("    Ana <script>\u{fffd}[2J · "), "{text}");
        assert!(text.contains("    0:02  Ana <script>"), "{text}");
    }

    #[test]
    fn what_has_no_value_says_why() {
        let text = written(&analysis(), Format::Text);
        assert!(text.contains("not enough speech"), "{text}");
        assert!(text.contains("not covered"), "{text}");
    }
}
