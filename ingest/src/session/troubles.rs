//! What stands against the tracks: what the client said of them, and a track that is silent while the meeting goes on.

use super::intake::Intake;
use crate::lanes::{Lane, Lanes};
use crate::protocol::{TrackTrouble, Trouble, TroubleKind};
use attune_engine::clock::MeetingTime;
use attune_engine::speaker::Track;
use std::collections::BTreeMap;
use tokio::time::Instant;

/// A track in which nothing sounds for this long is in trouble: a working microphone is not so quiet even in a still room,
/// and a call in which nobody speaks is quieter on both sides.
const SILENT_MS: u64 = 60_000;

/// How long a change of device is shown: time to look, and then it is the device that is used.
const CHANGED_SHOWN_MS: u64 = 60_000;

/// What the client said of its tracks. It says so again on each connection, as long as it holds.
#[derive(Debug, Default)]
pub(super) struct Troubles {
    told: BTreeMap<(Track, TroubleKind), Told>,
}

#[derive(Debug)]
struct Told {
    at_ms: u64,
    heard_at: Instant,
}

impl Troubles {
    /// The client says that something is wrong with a track.
    pub(super) fn tell(&mut self, trouble: TrackTrouble, now: Instant) {
        let TrackTrouble { track, kind, at_ms } = trouble;
        self.told.insert((track, kind), Told { at_ms, heard_at: now });
    }

    /// All that stands now.
    pub(super) fn standing(&mut self, lanes: &Lanes, intakes: &BTreeMap<Track, Intake>) -> Vec<Trouble> {
        let now = lanes.iter().map(|lane| lane.timeline().at(lane.received())).max();
        self.told
            .retain(|&(track, kind), told| told.holds(kind, intakes.get(&track), now.unwrap_or_default()));
        let told = self.told.iter().map(|(&(track, kind), told)| Trouble {
            track,
            kind,
            since_ms: told.at_ms,
        });
        let mut standing: Vec<_> = silent(lanes, intakes).into_iter().chain(told).collect();
        standing.sort_by_key(|trouble| (trouble.track, trouble.kind));
        standing
    }
}

impl Told {
    fn holds(&self, kind: TroubleKind, intake: Option<&Intake>, now: MeetingTime) -> bool {
        match kind {
            TroubleKind::Changed => now.as_ms() < self.at_ms + CHANGED_SHOWN_MS,
            // Over once sound of the track comes in again.
            _ => intake.is_none_or(|intake| intake.removed || intake.heard_at <= self.heard_at),
        }
    }
}

/// The tracks that are silent while another one sounds, or while there is no other.
fn silent(lanes: &Lanes, intakes: &BTreeMap<Track, Intake>) -> Vec<Trouble> {
    let is_there = |lane: &&Lane| intakes.get(&lane.track()).is_some_and(|intake| !intake.removed);
    let there: Vec<&Lane> = lanes.iter().filter(is_there).collect();
    let is_silent = |lane: &Lane| lane.silence().0 >= SILENT_MS;
    if there.len() > 1 && there.iter().all(|lane| is_silent(lane)) {
        return Vec::new();
    }
    there
        .into_iter()
        .filter(|lane| is_silent(lane))
        .map(|lane| Trouble {
            track: lane.track(),
            kind: TroubleKind::Silent,
            since_ms: lane.silence().1.as_ms(),
        })
        .collect()
}
