//! For spreadsheets: the measures, one row each (RFC 4180).

use attune_engine::measures::{Measure, MeasureState};
use attune_engine::report::Coaching;
use csv::{Terminator, WriterBuilder};

const HEAD: [&str; 12] = [
    "id",
    "name",
    "value",
    "unit",
    "state",
    "target_low",
    "target_high",
    "have",
    "need",
    "of",
    "note",
    "earlier",
];

pub(super) fn compose(coaching: &Coaching, out: &mut String) -> std::fmt::Result {
    let mut writer = WriterBuilder::new()
        .terminator(Terminator::CRLF)
        .from_writer(Vec::new());
    writer.write_record(HEAD).map_err(|_| std::fmt::Error)?;
    for measure in &coaching.measures.0 {
        let earlier = earlier(coaching, measure);
        writer
            .write_record(row(measure, earlier))
            .map_err(|_| std::fmt::Error)?;
    }
    let written = writer.into_inner().map_err(|_| std::fmt::Error)?;
    out.push_str(&String::from_utf8_lossy(&written));
    Ok(())
}

/// The values of earlier meetings, the oldest first, with spaces between: a comma is the table's own.
fn earlier(coaching: &Coaching, measure: &Measure) -> String {
    let trend = coaching.trends.iter().find(|trend| trend.measure == measure.id);
    let values = trend.into_iter().flat_map(|trend| &trend.values);
    values.map(|value| format!("{value:.4}")).collect::<Vec<_>>().join(" ")
}

fn row(measure: &Measure, earlier: String) -> [String; HEAD.len()] {
    let number = |value: Option<f64>| value.map_or_else(String::new, |value| format!("{value:.4}"));
    let target = measure.target.unwrap_or_default();
    let state = match measure.state {
        MeasureState::Ok => "ok",
        MeasureState::NotEnoughSpeech => "not_enough_speech",
        MeasureState::NotCovered => "not_covered",
    };
    [
        words(&measure.id),
        words(&measure.name),
        number(measure.value),
        words(&measure.unit),
        state.to_owned(),
        number(target.low),
        number(target.high),
        number(Some(measure.exposure.have)),
        number(Some(measure.exposure.need)),
        words(&measure.exposure.unit),
        words(measure.note.as_deref().unwrap_or_default()),
        // One that is negative is no formula.
        words(&earlier),
    ]
}

/// Text that a spreadsheet takes for nothing but text: what begins like a formula gets an apostrophe, as spreadsheets themselves
/// write it.
fn words(text: &str) -> String {
    match text.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']) {
        true => format!("'{text}"),
        false => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Format, sample};

    #[test]
    fn every_measure_is_a_row_with_its_target_and_what_it_rests_on() {
        let mut analysis = sample::analysis();
        let coaching = analysis.coaching.as_mut().unwrap();
        coaching.measures.0[0].note = Some("Says \"so\", and\nmore.".to_owned());
        coaching.measures.0[1].note = Some("=HYPERLINK(\"http://x\")".to_owned());
        let measures = coaching.measures.0.clone();
        let written = sample::written(&analysis, Format::Csv);
        let mut reader = csv::Reader::from_reader(written.as_bytes());
        assert_eq!(reader.headers().unwrap(), &super::HEAD[..]);
        let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        assert_eq!(rows.len(), measures.len());
        for (place, (row, measure)) in rows.iter().zip(&measures).enumerate() {
            assert_eq!(&row[0], measure.id.as_str());
            let value = row[2].parse::<f64>().ok();
            assert_eq!(value.is_some(), measure.value.is_some(), "{row:?}");
            let note = measure.note.as_deref().unwrap_or_default();
            assert_eq!(row[10].trim_start_matches('\''), note);
            assert_eq!(row[10].starts_with('\''), place == 1);
        }
    }
}
