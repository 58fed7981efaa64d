//! From what is captured to what lies in the buffer: numbered frames, and a skip for every hole between them.

use super::{Recorder, RecorderError};
use crate::client::buffer::Pushed;
use crate::client::recording::Captured;
use crate::protocol::{ClientControl, Prefix, Skip, SkipReason, Stream};
use attune_engine::clock::SAMPLE_RATE_HZ;
use attune_engine::speaker::Track;

impl Recorder {
    /// Puts what was captured into the buffer. Audio, insights and captions that find no place are lost, and the audio is
    /// declared as a gap once there is room. For control that finds none this says so: without it what follows cannot be
    /// accounted for, so the caller tries again before anything else.
    pub(super) fn keep(&mut self, at_ms: u64, what: &Captured) -> Result<Pushed, RecorderError> {
        match what {
            Captured::Audio {
                track,
                first_sample,
                samples,
                payload,
                hole,
            } => {
                let (track, first_sample) = (*track, *first_sample);
                // The server may be ahead of a buffer that was lost.
                if first_sample < self.next_sample[&track] {
                    return Ok(Pushed::Kept);
                }
                let end = first_sample + samples;
                match self.keep_audio(track, first_sample, payload, *hole)? {
                    Pushed::Kept => drop(self.next_sample.insert(track, end)),
                    Pushed::Full => drop(self.lost_to.insert(track, end)),
                }
                Ok(Pushed::Kept)
            }
            Captured::TrackEnd { track, sample, hole } => self.skip_to(*track, *sample, *hole),
            Captured::Control(control) => {
                let seq = self.buffer.next_seq(Stream::Control);
                let pushed = self.push_json(Stream::Control, at_ms, &control.to_json())?;
                if pushed == Pushed::Kept && is_urgent(control) {
                    self.urgent.insert(seq);
                }
                Ok(pushed)
            }
            Captured::Insight(insight) => {
                self.push_json(Stream::Insights, at_ms, &insight.to_json())?;
                Ok(Pushed::Kept)
            }
            Captured::Caption(caption) => {
                self.push_json(Stream::Captions, at_ms, &caption.to_json())?;
                Ok(Pushed::Kept)
            }
            Captured::End => self.end(),
        }
    }

    fn keep_audio(
        &mut self,
        track: Track,
        first_sample: u64,
        payload: &[u8],
        hole: SkipReason,
    ) -> Result<Pushed, RecorderError> {
        // One skip stands for all frames that are lost in a row, so it comes with the next one that has a place.
        if self.lost_to.contains_key(&track) && !self.buffer.takes(payload) {
            return Ok(Pushed::Full);
        }
        if self.skip_to(track, first_sample, hole)? == Pushed::Full {
            return Ok(Pushed::Full);
        }
        let prefix = Prefix {
            seq: self.buffer.next_seq(track.into()),
            ..Prefix::audio(track, 0, first_sample, self.capture_ms(track, first_sample))
        };
        Ok(self.buffer.push(&prefix, payload)?)
    }

    /// Accounts for samples of `track` below `to_sample` that no frame holds: what was lost to a full buffer, then what
    /// `hole` says.
    pub(super) fn skip_to(&mut self, track: Track, to_sample: u64, hole: SkipReason) -> Result<Pushed, RecorderError> {
        if let Some(lost_to) = self.lost_to.get(&track).copied() {
            if self.skip(track, lost_to, SkipReason::BufferFull)? == Pushed::Full {
                return Ok(Pushed::Full);
            }
            self.lost_to.remove(&track);
        }
        self.skip(track, to_sample, hole)
    }

    fn skip(&mut self, track: Track, to_sample: u64, reason: SkipReason) -> Result<Pushed, RecorderError> {
        let from_sample = self.next_sample[&track];
        if to_sample <= from_sample {
            return Ok(Pushed::Kept);
        }
        let skip = ClientControl::Skip(Skip {
            track,
            from_sample,
            to_sample,
            class: reason.class(),
            reason,
        });
        let at_ms = self.capture_ms(track, to_sample).into();
        let pushed = self.push_json(Stream::Control, at_ms, &skip.to_json())?;
        if pushed == Pushed::Kept {
            self.next_sample.insert(track, to_sample);
        }
        Ok(pushed)
    }

    /// Says that the meeting is over, once.
    pub(super) fn end(&mut self) -> Result<Pushed, RecorderError> {
        if self.ended {
            return Ok(Pushed::Kept);
        }
        let ends = self.next_sample.iter();
        let at_ms = ends
            .map(|(track, sample)| self.capture_ms(*track, *sample))
            .max()
            .unwrap_or(0);
        let pushed = self.push_json(Stream::Control, at_ms.into(), &ClientControl::End {}.to_json())?;
        self.ended = pushed == Pushed::Kept;
        Ok(pushed)
    }

    fn push_json(&mut self, stream: Stream, at_ms: u64, json: &[u8]) -> Result<Pushed, RecorderError> {
        let at_ms = u32::try_from(at_ms).unwrap_or(u32::MAX);
        let prefix = Prefix::json(stream, self.buffer.next_seq(stream), at_ms);
        Ok(self.buffer.push(&prefix, json)?)
    }

    /// When `sample` of `track` was captured, on the session's clock.
    fn capture_ms(&self, track: Track, sample: u64) -> u32 {
        let captured = self.recording.tracks.iter().find(|audio| audio.track == track);
        let rate_hz = captured.map_or(SAMPLE_RATE_HZ, |audio| audio.rate_hz);
        u32::try_from(sample * 1000 / u64::from(rate_hz)).unwrap_or(u32::MAX)
    }
}

/// Whether a control frame has no place among the audio: it says by itself when it holds.
pub(super) const fn is_urgent(control: &ClientControl) -> bool {
    match control {
        ClientControl::Mark(_)
        | ClientControl::Trouble(_)
        | ClientControl::Coaching(_)
        | ClientControl::ConsentChanged {} => true,
        ClientControl::OffTheRecord(off) => off.on,
        ClientControl::Track(_) | ClientControl::Skip(_) | ClientControl::Pause(_) | ClientControl::End {} => false,
    }
}
