//! The frames of a track that the ledger is to keep, from when they come in until all of each is decided. In memory only;
//! what is withheld meanwhile never leaves here.

use super::Session;
use crate::ports::{Batch, Decided, KeptFrame};
use crate::protocol::{SampleClass, TrackDeclaration};
use std::collections::VecDeque;
use zeroize::Zeroizing;

/// The frames of one track that wait to be decided. Their audio is bounded by the track's credit.
#[derive(Debug)]
pub(super) struct Keeping {
    declared: TrackDeclaration,
    /// Frames that end here or before were handed out by an earlier connection.
    from: u64,
    frames: VecDeque<KeptFrame>,
}

impl Keeping {
    /// Keeps the frames of a track that end after the 16 kHz sample `decided`.
    pub(super) const fn from(declared: TrackDeclaration, decided: u64) -> Self {
        Self {
            declared,
            from: decided,
            frames: VecDeque::new(),
        }
    }

    /// One more frame, which covers the 16 kHz samples `from..to`.
    pub(super) fn push(&mut self, first_sample: u64, (from, to): (u64, u64), payload: &[u8]) {
        if to <= self.from {
            return;
        }
        self.frames.push_back(KeptFrame {
            track: self.declared.track,
            codec: self.declared.codec,
            rate_hz: self.declared.rate_hz,
            first_sample,
            from_sample: from,
            to_sample: to,
            payload: Zeroizing::new(payload.to_vec()),
        });
    }

    /// The frames all of whose samples lie before `decided`.
    pub(super) fn take(&mut self, decided: u64) -> Vec<KeptFrame> {
        let ready = self.frames.partition_point(|frame| frame.to_sample <= decided);
        self.frames.drain(..ready).collect()
    }

    /// Destroys the frames that reach beyond `from`.
    pub(super) fn forget(&mut self, from: u64) {
        let untouched = self.frames.partition_point(|frame| frame.to_sample <= from);
        self.frames.truncate(untouched);
    }
}

impl Session {
    /// The audio of what `batch` decides, without the frames of which any of it is withheld.
    pub(super) fn take_kept(&mut self, batch: &Batch) -> Vec<KeptFrame> {
        let lanes = &self.lanes;
        let decided = self.intakes.iter_mut().flat_map(|(track, intake)| {
            let to = lanes.get(*track).map_or(0, crate::lanes::Lane::decided);
            intake.take_kept(to)
        });
        decided.filter(|frame| !is_withheld(frame, &batch.decided)).collect()
    }
}

fn is_withheld(frame: &KeptFrame, decided: &[Decided]) -> bool {
    decided.iter().any(|decided| {
        decided.class == SampleClass::Withheld
            && decided.track == frame.track
            && decided.from_sample < frame.to_sample
            && frame.from_sample < decided.to_sample
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Codec;
    use attune_engine::speaker::Track;

    fn keeping(decided: u64) -> Keeping {
        let declared = TrackDeclaration {
            track: Track::Mic,
            codec: Codec::PcmS16le,
            rate_hz: 16_000,
        };
        let mut keeping = Keeping::from(declared, decided);
        for frame in 0..4 {
            keeping.push(frame * 100, (frame * 100, frame * 100 + 100), &[frame as u8]);
        }
        keeping
    }

    fn firsts(frames: &[KeptFrame]) -> Vec<u64> {
        frames.iter().map(|frame| frame.first_sample).collect()
    }

    #[test]
    fn a_frame_is_handed_out_once_all_of_it_is_decided() {
        let mut keeping = keeping(0);
        assert_eq!(firsts(&keeping.take(199)), [0]);
        assert_eq!(firsts(&keeping.take(300)), [100, 200]);
        assert_eq!(firsts(&keeping.take(300)), [0; 0]);
    }

    #[test]
    fn a_resumed_track_hands_out_no_frame_that_was_handed_out_before() {
        assert_eq!(firsts(&keeping(250).take(400)), [200, 300]);
    }

    #[test]
    fn a_frame_that_reaches_into_what_is_forgotten_is_destroyed() {
        let mut keeping = keeping(0);
        keeping.forget(150);
        assert_eq!(firsts(&keeping.take(400)), [0]);
    }
}
