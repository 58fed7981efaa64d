//! Kept audio as samples: opened, decoded and forgotten again, in memory alone.

use crate::audio;
use crate::jobs::audio::sealed;
use crate::jobs::{JobError, Workshop};
use crate::keys::MeetingKey;
use crate::record::kept_audio::{self, Stretch};
use crate::record::{Capture, from_column};
use attune_engine::clock::SAMPLES_PER_MS;
use attune_engine::second_pass::joined;
use attune_engine::speaker::Track;
use attune_ingest::ports::KeptFrame;
use attune_ingest::sound::{SoundDecoder, SoundError};
use std::ops::Range;
use uuid::Uuid;

/// Audio before a stretch that is decoded for nothing: Opus predicts, and sounds wrong for a moment where it begins.
const WARM_UP: u64 = 500 * SAMPLES_PER_MS;

/// Opened stretches that are kept at hand, and all of a passage: passages follow each other, and an object holds a minute.
const AT_HAND: usize = 4;

/// The kept audio of one session.
pub(super) struct KeptSound {
    at: Capture,
    key: MeetingKey,
    /// In order within each track.
    stretches: Vec<Stretch>,
    at_hand: Vec<(Uuid, Vec<KeptFrame>)>,
}

impl KeptSound {
    pub(super) fn new(at: Capture, key: MeetingKey, mut stretches: Vec<Stretch>) -> Self {
        stretches.retain(|stretch| stretch.session_id == at.session);
        Self {
            at,
            key,
            stretches,
            at_hand: Vec::new(),
        }
    }

    fn of(&self, track: Track) -> impl Iterator<Item = &Stretch> {
        self.stretches
            .iter()
            .filter(move |stretch| stretch.track == track.as_str())
    }

    /// What is kept of a track.
    pub(super) fn kept(&self, track: Track) -> Vec<Range<u64>> {
        joined(self.of(track).map(range_of))
    }

    /// Whether the index no longer says what it said: audio was moved, or taken back.
    pub(super) async fn has_moved(&self, workshop: &Workshop) -> Result<bool, JobError> {
        let at = self.at;
        let listed = workshop
            .db
            .with_tenant(at.tenant, async |tx| kept_audio::list(tx, at.tenant, at.meeting).await);
        let now = Self::new(at, self.key.clone(), listed.await?);
        let places = |sound: &Self| {
            sound
                .stretches
                .iter()
                .map(|stretch| (stretch.id, stretch.stored))
                .collect::<Vec<_>>()
        };
        Ok(places(&now) != places(self))
    }

    /// The 16 kHz samples of a stretch all of which is kept. None where some of it is not where the index said: it was moved,
    /// taken back, or lost.
    pub(super) async fn samples(
        &mut self,
        workshop: &Workshop,
        track: Track,
        range: Range<u64>,
    ) -> Result<Option<Vec<i16>>, JobError> {
        let reach = range.start.saturating_sub(WARM_UP)..range.end;
        let overlaps = |stretch: &&Stretch| {
            let of = range_of(stretch);
            of.start < reach.end && reach.start < of.end
        };
        let wanted: Vec<Stretch> = self.of(track).filter(overlaps).cloned().collect();
        for stretch in &wanted {
            if !self.fetch(workshop, track, stretch).await? {
                return Ok(None);
            }
        }
        // Before audio is moved into objects a passage is in as many stretches as there were commits.
        let forgotten = self.at_hand.len().saturating_sub(wanted.len().max(AT_HAND));
        self.at_hand.drain(..forgotten);
        let frames = wanted
            .iter()
            .filter_map(|stretch| self.at_hand.iter().find(|(id, _)| *id == stretch.id))
            .flat_map(|(_, frames)| frames);
        match decode(frames, &range) {
            Ok(samples) => Ok(samples),
            Err(error) => {
                // Silence, in which nothing is understood: what was written live stands.
                tracing::warn!(meeting.id = %self.at.meeting, %error, "kept audio does not decode");
                Ok(Some(vec![0; (range.end - range.start) as usize]))
            }
        }
    }

    /// Has the frames of a stretch at hand; false where they are gone.
    async fn fetch(&mut self, workshop: &Workshop, track: Track, stretch: &Stretch) -> Result<bool, JobError> {
        if let Some(place) = self.at_hand.iter().position(|(id, _)| *id == stretch.id) {
            // Used last, forgotten last.
            let at_hand = self.at_hand.remove(place);
            self.at_hand.push(at_hand);
            return Ok(true);
        }
        let sealed = sealed(workshop, self.at.tenant, self.at.meeting, stretch).await?;
        let Some(sealed) = sealed else { return Ok(false) };
        let frames = audio::open(&self.key, stretch.id, track, &sealed)?;
        self.at_hand.push((stretch.id, frames));
        Ok(true)
    }
}

fn range_of(stretch: &Stretch) -> Range<u64> {
    from_column(stretch.from_sample)..from_column(stretch.to_sample)
}

/// The samples in `range`, from frames of one track in order; none where they leave some of it out.
fn decode<'a>(frames: impl Iterator<Item = &'a KeptFrame>, range: &Range<u64>) -> Result<Option<Vec<i16>>, SoundError> {
    let mut out = Samples::of(range);
    let wanted = frames.filter(|frame| frame.to_sample + WARM_UP > range.start && frame.from_sample < range.end);
    let wanted: Vec<&KeptFrame> = wanted.collect();
    // Another connection of the session may have declared another codec.
    for run in wanted.chunk_by(|one, next| (one.codec, one.rate_hz) == (next.codec, next.rate_hz)) {
        let mut decoder = SoundDecoder::new(run[0].codec, run[0].rate_hz, run[0].first_sample)?;
        let mut at = decoder.at_16_khz();
        for frame in run {
            if frame.first_sample < decoder.at() {
                continue;
            }
            if frame.first_sample > decoder.at() {
                out.put(at, &decoder.jump(frame.first_sample));
                at = decoder.at_16_khz();
            }
            let decoded = decoder.decode(&frame.payload)?;
            out.put(at, &decoded);
            at += decoded.len() as u64;
        }
        let end = decoder.at();
        out.put(at, &decoder.jump(end));
    }
    Ok(out.whole())
}

/// A stretch of samples that is filled piece by piece, in order.
struct Samples {
    from: u64,
    samples: Vec<i16>,
    put: usize,
}

impl Samples {
    fn of(range: &Range<u64>) -> Self {
        let length = (range.end - range.start) as usize;
        Self {
            from: range.start,
            samples: vec![0; length],
            put: 0,
        }
    }

    /// `piece` begins with the sample `at`; what of it lies outside is left out.
    fn put(&mut self, at: u64, piece: &[i16]) {
        let before = (self.from.saturating_sub(at) as usize).min(piece.len());
        let start = (at.saturating_sub(self.from) as usize).min(self.samples.len());
        let count = (piece.len() - before).min(self.samples.len() - start);
        self.samples[start..start + count].copy_from_slice(&piece[before..before + count]);
        self.put += count;
    }

    fn whole(self) -> Option<Vec<i16>> {
        (self.put == self.samples.len()).then_some(self.samples)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use attune_ingest::protocol::Codec;
    use zeroize::Zeroizing;

    /// 10 ms of plain samples, each its own number.
    fn frame(number: u64) -> KeptFrame {
        let samples = number * 160..(number + 1) * 160;
        KeptFrame {
            track: Track::Mic,
            codec: Codec::PcmS16le,
            rate_hz: 16_000,
            first_sample: samples.start,
            from_sample: samples.start,
            to_sample: samples.end,
            payload: Zeroizing::new(samples.flat_map(|sample| (sample as i16).to_le_bytes()).collect()),
        }
    }

    #[test]
    fn a_stretch_is_exactly_its_samples_or_nothing() {
        let frames: Vec<_> = (0..100).map(frame).collect();
        let numbers = |range: Range<u64>| range.map(|sample| sample as i16).collect::<Vec<_>>();
        for range in [0..160, 100..333, 15_000..16_000, 5..6] {
            assert_eq!(
                decode(frames.iter(), &range).unwrap(),
                Some(numbers(range.clone())),
                "{range:?}"
            );
        }
        assert_eq!(decode(frames.iter(), &(15_900..16_001)).unwrap(), None);
        let with_a_hole = frames[..50].iter().chain(&frames[51..]);
        assert_eq!(decode(with_a_hole.clone(), &(7_900..8_200)).unwrap(), None);
        assert_eq!(
            decode(with_a_hole, &(8_160..8_200)).unwrap(),
            Some(numbers(8_160..8_200))
        );
        // A frame that came twice is one.
        let twice = frames.iter().flat_map(|frame| [frame, frame]);
        assert_eq!(decode(twice, &(100..500)).unwrap(), Some(numbers(100..500)));
    }
}
