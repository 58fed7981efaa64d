//! What a person is told of the same meetings: each speaker in turn is the one whose microphone it is, everyone else comes
//! through the tab, segment by segment as it would be decided live; what the measures count then stands beside the labels.

use attune_engine::clock::{MeetingTime, SAMPLES_PER_MS, Span};
use attune_engine::conversation::{Conversation, Setup};
use attune_engine::detect::exchange::Input;
use attune_engine::meeting_type::MeetingType;
use attune_engine::recognize::RecognizerInfo;
use attune_engine::report::{ReportRest, report};
use attune_engine::speaker::{Speaker, Track};
use attune_engine::transcript::{Final, SegmentId, Word};
use attune_engine::voices::VoicesHeard;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

/// What a measure counts, by its part, and the label that it is beside.
const BESIDE: &[(&str, &str, &str)] = &[
    ("C6", "count", "fillers"),
    ("C16", "count", "backchannels"),
    ("C17", "count", "questions"),
    ("C14", "received", "interruptions"),
    ("C29", "count", "commitments"),
];

/// Silence that ends a segment, and how long one grows: as the listener has it.
const GAP: Duration = Duration::from_millis(550);
const LONGEST: Duration = Duration::from_secs(14);

/// What came of a folder.
#[derive(Debug, Default)]
pub(crate) struct Served {
    /// By label: of each speaker, what was counted and what is labelled.
    pub(crate) counts: BTreeMap<&'static str, Vec<(f64, f64)>>,
    /// What it took to take one segment in.
    pub(crate) segments: Vec<Duration>,
    /// What the reports took, and of how many hours they are.
    pub(crate) reports: Duration,
    pub(crate) hours: f64,
}

/// Every meeting of `folder`, through the ears of each of its speakers.
pub(crate) fn serve(folder: &Path) -> Served {
    let mut served = Served::default();
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .expect("a folder of transcripts")
        .map(|file| file.expect("a file").path())
        .filter(|path| path.to_string_lossy().ends_with(".input.json"))
        .collect();
    files.sort();
    for path in files {
        let text = std::fs::read_to_string(&path).expect("a transcript");
        let input: Input = serde_json::from_str(&text).expect("a timed transcript");
        let truth = path.to_string_lossy().replace(".input.json", ".truth.json");
        let truth: Value = serde_json::from_slice(&std::fs::read(truth).expect("labels")).expect("JSON");
        for me in 0..input.speakers.len() {
            served.listen(&input, me, &truth);
        }
    }
    served
}

impl Served {
    fn listen(&mut self, input: &Input, me: usize, truth: &Value) {
        let words = input.spoken().expect("a possible transcript");
        let mut finals = segments(&words, Track::Mic, |who| who == me);
        finals.extend(segments(&words, Track::Tab, |who| who != me));
        finals.sort_by_key(|decided| (decided.span.end, decided.track));
        let mut meeting = Conversation::new(setup());
        for decided in &finals {
            let began = Instant::now();
            meeting.observe(decided);
            self.segments.push(began.elapsed());
        }
        let began = Instant::now();
        let told = report(&meeting, ReportRest::default());
        self.reports += began.elapsed();
        self.hours += meeting.now().as_secs() / 3600.0;
        let name = input.speakers[me].id.as_str();
        for (measure, part, label) in BESIDE {
            let Some(labels) = truth[label].as_array() else {
                continue;
            };
            let whose = if *label == "interruptions" { "of" } else { "spk" };
            let labelled = labels.iter().filter(|label| label[whose] == name).count() as f64;
            let counted = told
                .coaching
                .measures
                .get(measure)
                .and_then(|measure| measure.parts.get(*part));
            if let Some(counted) = counted {
                self.counts.entry(label).or_default().push((*counted, labelled));
            }
        }
    }
}

fn setup() -> Setup {
    Setup {
        meeting_type: MeetingType::Other,
        tracks: vec![Track::Mic, Track::Tab],
        recognizer: RecognizerInfo {
            name: "scripted".into(),
            version: "1".into(),
            model: "transcript".into(),
            languages: vec!["en".into()],
            writes_fillers: true,
            weakness: "None.".into(),
        },
        voices: VoicesHeard::NotInstalled,
        profile: Default::default(),
    }
}

/// The words of those who are `heard` on a track, in segments as they are decided.
fn segments(words: &[(usize, Span, &str)], track: Track, heard: impl Fn(usize) -> bool) -> Vec<Final> {
    let mut finals: Vec<Final> = Vec::new();
    for (_, span, text) in words.iter().filter(|(who, ..)| heard(*who)) {
        let fits =
            |last: &&mut Final| span.start < last.span.end.plus(GAP) && span.end.since(last.span.start) <= LONGEST;
        let last_end = finals.last().map(|last| last.span.end);
        if let Some(last) = finals.last_mut().filter(fits) {
            last.span.end = last.span.end.max(span.end);
            last.voiced.push(*span);
            last.words.push(word(*span, text));
            continue;
        }
        // The tab's speakers overlap; its segments never do.
        let start = span.start.max(last_end.unwrap_or(MeetingTime::START));
        let span = Span::new(start, span.end);
        finals.push(Final {
            segment: SegmentId::new(track, span.start.as_ms() * SAMPLES_PER_MS),
            track,
            speaker: Speaker::from(track),
            span,
            words: vec![word(span, text)],
            voiced: vec![span],
            model: "scripted/transcript".into(),
            flags: Vec::new(),
            sound: None,
            voices: Vec::new(),
        });
    }
    finals
}

fn word(span: Span, text: &str) -> Word {
    Word {
        text: text.to_owned(),
        start: span.start,
        end: span.end,
        confidence: 0.9,
    }
}

/// How well the counts of speakers go with their labels: Pearson's r.
pub(crate) fn correlation(pairs: &[(f64, f64)]) -> f64 {
    let count = pairs.len() as f64;
    let mean = |side: fn(&(f64, f64)) -> f64| pairs.iter().map(side).sum::<f64>() / count;
    let (x, y) = (mean(|pair| pair.0), mean(|pair| pair.1));
    let sum = |of: &dyn Fn(&(f64, f64)) -> f64| pairs.iter().map(of).sum::<f64>();
    let both = sum(&|pair| (pair.0 - x) * (pair.1 - y));
    both / (sum(&|pair| (pair.0 - x).powi(2)) * sum(&|pair| (pair.1 - y).powi(2))).sqrt()
}
