//! C8, filler clusters.

use super::{Band, Draft, Evidence, Found, Moment, ONLY_ENGLISH, exposure};
use crate::clock::{MeetingTime, Span};
use crate::fillers::FillerKind;
use std::time::Duration;

/// This many fillers make a cluster,
const FILLERS: usize = 3;
/// within this. `[D]`
const WINDOW: Duration = Duration::from_secs(10);

/// How often my fillers crowd: stretches in which any three of C6 and C7 lie within 10 s, per 10 minutes of my speech. Where they
/// go on crowding it is one stretch.
///
/// Needs 5 minutes of my speech. At most 1 (Altura `[V]`; the window `[D]`).
pub(super) fn measure(evidence: &Evidence<'_>) -> Found {
    let conversation = evidence.conversation;
    let writes = conversation.setup().recognizer.writes_fillers;
    let fillers = conversation.trusted().flat_map(|said| &said.fillers);
    let mut at: Vec<MeetingTime> = fillers
        .filter(|filler| writes || filler.kind == FillerKind::Lexical)
        .map(|filler| filler.at)
        .collect();
    at.sort_unstable();
    let clusters = clusters(&at);
    let speech = evidence.speech_ms_by_turn(conversation.me());
    let minutes = speech.iter().sum::<f64>() / 60_000.0;
    let count = evidence.mine_by_turn(clusters.iter().map(|cluster| cluster.start));
    let draft = Draft::new(
        "C8",
        "Filler clusters",
        "per 10 min of speech",
        exposure(minutes, 5.0, "minutes of my speech"),
    )
    .target(Band::at_most(1.0));
    if !evidence.is_english() {
        return draft.not_covered(ONLY_ENGLISH);
    }
    draft
        .part("count", clusters.len() as f64)
        .note((!writes).then_some("Without um and uh, which this recognizer does not write down."))
        .moments(clusters.into_iter().map(Moment::at).collect())
        .value(Evidence::rate(600_000.0, count, speech))
}

/// From the first to the last filler of each cluster. `at` is in order.
fn clusters(at: &[MeetingTime]) -> Vec<Span> {
    let crowded = at.windows(FILLERS).map(|crowd| Span::new(crowd[0], crowd[FILLERS - 1]));
    let mut clusters: Vec<Span> = Vec::new();
    for crowd in crowded.filter(|crowd| crowd.duration() <= WINDOW) {
        match clusters.last_mut() {
            Some(last) if crowd.start <= last.end => last.end = crowd.end,
            _ => clusters.push(crowd),
        }
    }
    clusters
}
