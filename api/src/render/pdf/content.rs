//! What a PDF says, in its order: the record, the person's own coaching where it is theirs, the transcript.

use super::faces::Faces;
use super::layout::{BODY, FAINT, Laid, Layout, STRONG, Style};
use crate::render::figures::{
    clock, effect, estimate, heard, missed, missed_after, missing, missing_part, number, one_voice, participant,
    percent, point, share, speaker, speech, target, terms, told_earlier, verdict, who,
};
use crate::render::passages::passages;
use crate::render::{Analysis, chart};
use attune_engine::measures::Measures;
use attune_engine::questions::QuestionKind;
use attune_engine::report::{Coaching, MeetingRecord, Point, Source, Who};

pub(super) fn lay_out(analysis: &Analysis, faces: &Faces) -> Laid {
    let mut layout = Layout::new(faces);
    let title = analysis.about.title.trim();
    layout.heading(1, if title.is_empty() { "Meeting" } else { title });
    for (name, fact) in analysis.facts() {
        layout.paragraph(&format!("{name}: {fact}"), FAINT);
    }
    if lacks(analysis, faces) {
        layout.paragraph(LACKS, STRONG);
    }
    record(&analysis.record, &mut layout);
    if let Some(coaching) = &analysis.coaching {
        coach(&analysis.record, coaching, &mut layout);
        stored(&analysis.about.stored, &mut layout);
    }
    transcript(&analysis.record, &mut layout);
    layout.finish()
}

/// What to know where words are in a script that no font here has the letters of.
const LACKS: &str = "Some words are in a script that this file has no letters of, and stand here as […]. Whoever copies them, or listens \
                     to the file, has them all the same; the other formats show them.";

/// Whether anything that was said, or anybody's name, cannot be shown. What we say ourselves can.
fn lacks(analysis: &Analysis, faces: &Faces) -> bool {
    let record = &analysis.record;
    let names = record.people.iter().filter_map(|who| who.name.as_deref());
    let said = record.utterances.iter().map(|line| line.text.as_str());
    let mut texts = names.chain(said).chain([analysis.about.title.as_str()]);
    texts.any(|text| faces.lacks(text))
}

fn record(record: &MeetingRecord, layout: &mut Layout<'_>) {
    let decisions = record.decisions.iter();
    let decisions = decisions.map(|decision| said(&decision.source, &decision.by, &decision.text));
    statements("Decisions", decisions.collect(), layout);
    let actions = record.actions.iter().map(|action| {
        let mut lines = said(&action.source, &action.by, &action.text);
        lines.push((terms(action), FAINT));
        lines
    });
    statements("To do", actions.collect(), layout);
    let questions = record.open_questions.iter();
    let questions = questions.map(|question| said(&question.source, &question.by, &question.text));
    statements("Open questions", questions.collect(), layout);
    layout.heading(2, "Heard");
    let told = heard(&record.coverage)
        .into_iter()
        .chain(record.missing.iter().map(missing_part));
    let told: Vec<_> = told.map(|line| vec![(line, BODY)]).collect();
    layout.list(&told);
}

fn said(source: &Source, by: &Who, text: &str) -> Vec<(String, Style)> {
    let at = clock(source.span.start.as_ms());
    vec![(format!("{at} {}", who(by)), FAINT), (text.to_owned(), BODY)]
}

fn statements(name: &str, told: Vec<Vec<(String, Style)>>, layout: &mut Layout<'_>) {
    layout.heading(2, name);
    match told.is_empty() {
        true => layout.paragraph("None was heard.", BODY),
        false => layout.list(&told),
    }
}

fn coach(record: &MeetingRecord, coaching: &Coaching, layout: &mut Layout<'_>) {
    layout.heading(2, "My coaching");
    layout.paragraph("For me alone: no part of the meeting record.", FAINT);
    let one: Vec<Point> = coaching.one_thing.iter().cloned().collect();
    for (name, told) in [
        ("One thing", &one),
        ("Went well", &coaching.strengths),
        ("Could be better", &coaching.growth),
    ] {
        if !told.is_empty() {
            layout.heading(3, name);
            let told: Vec<_> = told.iter().map(|told| stands_out(told, &coaching.measures)).collect();
            layout.list(&told);
        }
    }
    talk(coaching, layout);
    let charts = chart::all(record, coaching);
    if !charts.is_empty() {
        layout.heading(3, "Over the meeting");
    }
    charts.into_iter().for_each(|drawing| layout.figure(drawing));
    table("Measures", coaching, &coaching.measures, layout);
    if !coaching.attention.0.is_empty() {
        table("Attention", coaching, &coaching.attention, layout);
        minutes(coaching, layout);
    }
    questions(coaching, layout);
    missed_questions(coaching, layout);
    nudges(coaching, layout);
    let left_out: Vec<_> = coaching
        .left_out
        .iter()
        .map(|part| vec![(missing_part(part), FAINT)])
        .collect();
    layout.space(6.0);
    layout.list(&left_out);
}

fn stored(told: &[String], layout: &mut Layout<'_>) {
    if told.is_empty() {
        return;
    }
    layout.heading(3, "My data");
    layout.paragraph("All of it is encrypted under the meeting's own key.", FAINT);
    let told: Vec<_> = told.iter().map(|line| vec![(line.clone(), BODY)]).collect();
    layout.list(&told);
}

fn stands_out(told: &Point, measures: &Measures) -> Vec<(String, Style)> {
    let at = clock(told.source.span.start.as_ms());
    let mut lines = vec![(point(told, measures), STRONG), (format!("{at} {}", told.said), BODY)];
    lines.extend(told.why.iter().map(|why| (why.clone(), FAINT)));
    lines
}

fn talk(coaching: &Coaching, layout: &mut Layout<'_>) {
    layout.heading(3, "Talk");
    let sides = coaching.talk.iter().map(|talk| {
        [
            speaker(talk.speaker).to_owned(),
            share(talk).unwrap_or_default(),
            speech(talk.seconds),
            talk.words.to_string(),
        ]
    });
    let parts = coaching.participants.iter().map(|part| {
        [
            participant(part).to_owned(),
            percent(part.share),
            speech(part.seconds),
            part.words.to_string(),
        ]
    });
    let rows: Vec<_> = sides.chain(parts).collect();
    layout.table(["Who", "Share", "Speech", "Words"], &rows, [0.4, 0.2, 0.2, 0.2]);
    if let Some(remark) = one_voice(coaching) {
        layout.paragraph(remark, FAINT);
    }
}

fn table(name: &str, coaching: &Coaching, measures: &Measures, layout: &mut Layout<'_>) {
    layout.heading(3, name);
    let rows: Vec<_> = measures
        .0
        .iter()
        .map(|measure| {
            [
                measure.name.clone(),
                estimate(measure),
                target(measure).unwrap_or_default(),
                [verdict(measure)]
                    .into_iter()
                    .chain(told_earlier(coaching, measure))
                    .filter(|told| !told.is_empty())
                    .collect::<Vec<_>>()
                    .join("; "),
            ]
        })
        .collect();
    layout.table(
        ["Measure", "Value", "Target", "Standing"],
        &rows,
        [0.24, 0.24, 0.22, 0.3],
    );
}

fn minutes(coaching: &Coaching, layout: &mut Layout<'_>) {
    layout.heading(3, "Attention by minute");
    let told = |value: Option<f64>| value.map_or_else(String::new, number);
    let rows: Vec<_> = coaching
        .attention_minutes
        .iter()
        .map(|minute| {
            [
                clock(minute.at_ms),
                told(minute.gaze),
                told(minute.looks_away),
                told(minute.head_deg),
                told(minute.blinks),
                told(minute.long_closures),
                told(minute.perclos),
                told(minute.focus),
                told(minute.rmssd_ms),
            ]
        })
        .collect();
    let head = [
        "Minute", "Gaze %", "Away", "Head °", "Blinks", "Closures", "Closed %", "Focus %", "RMSSD",
    ];
    layout.table(head, &rows, [0.12, 0.11, 0.11, 0.11, 0.11, 0.11, 0.11, 0.11, 0.11]);
}

fn questions(coaching: &Coaching, layout: &mut Layout<'_>) {
    if coaching.questions.is_empty() {
        return;
    }
    layout.heading(3, "My questions");
    let told = coaching.questions.iter().map(|asked| {
        let at = clock(asked.source.span.start.as_ms());
        let kind = match asked.kind {
            QuestionKind::Open => "open",
            QuestionKind::Closed => "closed",
        };
        let follow_up = if asked.follow_up { ", follow-up" } else { "" };
        vec![(format!("{at} {kind}{follow_up}"), FAINT), (asked.text.clone(), BODY)]
    });
    layout.list(&told.collect::<Vec<_>>());
}

fn missed_questions(coaching: &Coaching, layout: &mut Layout<'_>) {
    if coaching.missed_questions.is_empty() {
        return;
    }
    layout.heading(3, "Questions I could have asked");
    let told = coaching.missed_questions.iter().map(|one| {
        let at = clock(one.source.span.start.as_ms());
        vec![(format!("{at} {}", missed_after(one)), FAINT), (missed(one), BODY)]
    });
    layout.list(&told.collect::<Vec<_>>());
}

fn nudges(coaching: &Coaching, layout: &mut Layout<'_>) {
    if coaching.nudges.is_empty() && coaching.held_out.is_empty() {
        return;
    }
    layout.heading(3, "Nudges");
    let shown = coaching.nudges.iter().map(|nudge| {
        [
            clock(nudge.at_ms),
            format!("{}. {}", nudge.headline, nudge.evidence),
            effect(nudge.effect).unwrap_or_default(),
            match &nudge.reaction {
                Some(reaction) => format!("shown, {reaction}"),
                None => "shown".to_owned(),
            },
        ]
    });
    let held_out = coaching.held_out.iter().map(|held| {
        [
            clock(held.at_ms),
            held.headline.clone(),
            effect(held.effect).unwrap_or_default(),
            "held out, not shown".to_owned(),
        ]
    });
    let rows: Vec<_> = shown.chain(held_out).collect();
    let head = ["When", "Nudge", "Before and after", "What became of it"];
    layout.table(head, &rows, [0.1, 0.45, 0.2, 0.25]);
}

fn transcript(record: &MeetingRecord, layout: &mut Layout<'_>) {
    layout.heading(2, "Transcript");
    if let Some(missing) = missing(&record.coverage) {
        layout.paragraph(&missing, STRONG);
    }
    for passage in passages(&record.utterances) {
        let label = format!("{} {}", clock(passage.start_ms), passage.who());
        layout.passage(&label, &passage.text);
    }
    if record.utterances.is_empty() {
        layout.paragraph("Nobody was understood.", BODY);
    }
}
