//! AMI meetings of the training part: words and what people said of them.

use attune_engine::clock::{MeetingTime, Span};
use attune_engine::detect::exchange::Input;
use attune_engine::detect::{Floor, Punctuation, Unit, training};
use serde::Deserialize;
use std::collections::HashMap;
use std::path::Path;

/// A meeting with its labels.
pub(crate) struct Meeting {
    pub(crate) id: String,
    pub(crate) speakers: usize,
    words: Vec<(usize, Span, String)>,
    /// By speaker, by start: dialogue acts.
    pub(crate) acts: Option<Vec<Vec<Act>>>,
    pub(crate) fillers: Option<Vec<(usize, Span)>>,
    pub(crate) markers: Option<Vec<(usize, Span)>>,
    /// Stretches that are evidence of action items.
    pub(crate) actions: Option<Vec<(usize, Span)>>,
    /// Stretches that are evidence of decisions.
    pub(crate) decisions: Option<Vec<(usize, Span)>>,
}

/// A dialogue act; some have no tag.
#[derive(Debug, Clone)]
pub(crate) struct Act {
    pub(crate) span: Span,
    pub(crate) tag: Option<String>,
    /// A question mark is written in it.
    pub(crate) marked: bool,
}

/// Speaker, start, end, tag.
type Labelling = (String, f64, f64, Option<String>);

#[derive(Deserialize)]
struct Truth {
    dialogue_acts: Option<Vec<Labelling>>,
    fillers: Option<Vec<Labelled>>,
    discourse_markers: Option<Vec<Labelled>>,
    actions: Option<Vec<Item>>,
    decisions: Option<Vec<Item>>,
}

#[derive(Deserialize)]
struct Labelled {
    spk: String,
    s: f64,
    e: f64,
}

#[derive(Deserialize)]
struct Item {
    evidence: Vec<Labelled>,
}

impl Meeting {
    /// The floor as a recognizer of that kind writes it.
    pub(crate) fn floor(&self, punctuation: Punctuation) -> Floor {
        match punctuation {
            Punctuation::Written => training::floor(self.speakers, &self.words),
            Punctuation::Absent => {
                let bare = |text: &str| {
                    text.to_lowercase()
                        .trim_matches(|c: char| !c.is_alphanumeric() && c != '\'' && c != '-')
                        .to_owned()
                };
                let words: Vec<_> = self
                    .words
                    .iter()
                    .map(|(speaker, span, text)| (*speaker, *span, bare(text)))
                    .collect();
                training::floor(self.speakers, &words)
            }
        }
    }

    /// The act that most of `unit` lies in.
    pub(crate) fn act_of(&self, unit: &Unit) -> Option<&Act> {
        let acts = &self.acts.as_ref()?[unit.speaker];
        acts.iter()
            .filter(|act| act.span.overlap_ms(unit.span) > 0)
            .max_by_key(|act| act.span.overlap_ms(unit.span))
    }

    /// The place of the act that a word lies in.
    pub(crate) fn act_at(&self, speaker: usize, word: Span) -> Option<usize> {
        let middle = (word.start.as_ms() + word.end.as_ms()) / 2;
        let acts = &self.acts.as_ref()?[speaker];
        acts.iter()
            .position(|act| (act.span.start.as_ms()..=act.span.end.as_ms()).contains(&middle))
    }

    /// The series that the meeting belongs to: the same people, the same project.
    pub(crate) fn series(&self) -> &str {
        &self.id[..self.id.len() - 1]
    }
}

/// The meetings of `folder` whose inputs say that they are AMI's; no other corpus may be trained on.
pub(crate) fn ami(folder: &Path) -> Result<Vec<Meeting>, Box<dyn std::error::Error>> {
    let mut meetings = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let Some(id) = name.strip_suffix(".input.json") else {
            continue;
        };
        let text = std::fs::read_to_string(&path)?;
        let source: serde_json::Value = serde_json::from_str(&text)?;
        if !source["source"]
            .as_str()
            .is_some_and(|source| source.starts_with("AMI"))
        {
            return Err(format!("{} is not of AMI", path.display()).into());
        }
        let input: Input = serde_json::from_str(&text)?;
        let truth: Truth = serde_json::from_str(&std::fs::read_to_string(folder.join(format!("{id}.truth.json")))?)?;
        meetings.push(meeting(id, &input, truth)?);
    }
    meetings.sort_by(|one, other| one.id.cmp(&other.id));
    Ok(meetings)
}

fn meeting(id: &str, input: &Input, truth: Truth) -> Result<Meeting, Box<dyn std::error::Error>> {
    let places: HashMap<&str, usize> = input
        .speakers
        .iter()
        .enumerate()
        .map(|(place, who)| (who.id.as_str(), place))
        .collect();
    let span = |s: f64, e: f64| {
        let at = |seconds: f64| MeetingTime::from_ms((seconds.max(0.0) * 1000.0).round() as u64);
        Span::new(at(s), at(e))
    };
    let labelled = |labels: Vec<Labelled>| -> Vec<(usize, Span)> {
        let labels = labels.into_iter();
        labels
            .filter_map(|label| Some((*places.get(label.spk.as_str())?, span(label.s, label.e))))
            .collect()
    };
    let items = |items: Vec<Item>| labelled(items.into_iter().flat_map(|item| item.evidence).collect());
    let words = input.spoken()?;
    let marks: Vec<(usize, Span)> = words
        .iter()
        .filter(|(_, _, text)| text.contains('?'))
        .map(|(speaker, span, _)| (*speaker, *span))
        .collect();
    let acts = truth.dialogue_acts.map(|acts| {
        let mut by_speaker = vec![Vec::new(); input.speakers.len()];
        for (speaker, s, e, tag) in acts {
            if let Some(&place) = places.get(speaker.as_str()) {
                let span = span(s, e);
                let marked = marks
                    .iter()
                    .any(|(who, word)| *who == place && word.start >= span.start && word.end <= span.end);
                by_speaker[place].push(Act { span, tag, marked });
            }
        }
        for acts in &mut by_speaker {
            acts.sort_by_key(|act: &Act| act.span.start);
        }
        by_speaker
    });
    Ok(Meeting {
        id: id.to_owned(),
        speakers: input.speakers.len(),
        words: words
            .into_iter()
            .filter(|(_, _, text)| !text.trim().is_empty())
            .map(|(speaker, span, text)| (speaker, span, text.to_owned()))
            .collect(),
        acts,
        fillers: truth.fillers.map(labelled),
        markers: truth.discourse_markers.map(labelled),
        actions: truth.actions.map(items),
        decisions: truth.decisions.map(items),
    })
}
