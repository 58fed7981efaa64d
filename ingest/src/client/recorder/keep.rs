//! From what is captured to what lies in the buffer: numbered frames, and a skip for every hole between them.

use super::{Recorder, RecorderError};
use crate::client::buffer::{BufferError, Pushed};
use crate::client::recording::Captured;
use crate::protocol::{ClientControl, Prefix, Skip, SkipReason, Stream};
use attune_engine::clock::SAMPLE_RATE_HZ;
use attune_engine::speaker::Track;

impl Recorder {
    /// Puts what was captured into the buffer.
    pub(super) fn keep(&mut self, at_ms: u64, what: Captured) -> Result<(), RecorderError> {
        match what {
            Captured::Audio {
                track,
                first_sample,
                samples,
                payload,
                hole,
            } => {
                // The server may be ahead of a buffer that was lost.
                if first_sample < self.next_sample[&track] {
                    return Ok(());
                }
                self.skip_to(track, first_sample, hole)?;
                let prefix = Prefix {
                    seq: self.buffer.next_seq(track.into()),
                    ..Prefix::audio(track, 0, first_sample, self.capture_ms(track, first_sample))
                };
                match self.buffer.push(&prefix, &payload)? {
                    Pushed::Kept => drop(self.next_sample.insert(track, first_sample + samples)),
                    Pushed::Full => drop(self.full.insert(track)),
                }
                Ok(())
            }
            Captured::TrackEnd { track, sample, hole } => self.skip_to(track, sample, hole),
            Captured::Control(control) => {
                if is_urgent(&control) {
                    self.urgent.insert(self.buffer.next_seq(Stream::Control));
                }
                self.push_json(Stream::Control, at_ms, &control.to_json())
            }
            Captured::Insight(insight) => self.push_json(Stream::Insights, at_ms, &insight.to_json()),
            Captured::Caption(caption) => self.push_json(Stream::Captions, at_ms, &caption.to_json()),
        }
    }

    /// Accounts for samples of `track` below `to_sample` that no frame holds.
    pub(super) fn skip_to(&mut self, track: Track, to_sample: u64, hole: SkipReason) -> Result<(), RecorderError> {
        let from_sample = self.next_sample[&track];
        if to_sample <= from_sample {
            return Ok(());
        }
        let reason = if self.full.remove(&track) {
            SkipReason::BufferFull
        } else {
            hole
        };
        let skip = ClientControl::Skip(Skip {
            track,
            from_sample,
            to_sample,
            class: reason.class(),
            reason,
        });
        self.push_json(
            Stream::Control,
            self.capture_ms(track, to_sample).into(),
            &skip.to_json(),
        )?;
        self.next_sample.insert(track, to_sample);
        Ok(())
    }

    /// Says that the meeting is over, once.
    pub(super) fn end(&mut self) -> Result<(), RecorderError> {
        if !std::mem::replace(&mut self.ended, true) {
            let ends = self.next_sample.iter();
            let at_ms = ends
                .map(|(track, sample)| self.capture_ms(*track, *sample))
                .max()
                .unwrap_or(0);
            self.push_json(Stream::Control, at_ms.into(), &ClientControl::End {}.to_json())?;
        }
        Ok(())
    }

    fn push_json(&mut self, stream: Stream, at_ms: u64, json: &[u8]) -> Result<(), RecorderError> {
        let at_ms = u32::try_from(at_ms).unwrap_or(u32::MAX);
        let prefix = Prefix::json(stream, self.buffer.next_seq(stream), at_ms);
        match self.buffer.push(&prefix, json)? {
            Pushed::Kept => Ok(()),
            Pushed::Full => Err(RecorderError::Buffer(BufferError::Disk {
                tried: "writing a control frame",
                dir: self.options.buffer_dir.clone(),
                source: std::io::ErrorKind::StorageFull.into(),
            })),
        }
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
        | ClientControl::OffTheRecord(_)
        | ClientControl::Pause(_)
        | ClientControl::ConsentChanged {} => true,
        ClientControl::Track(_) | ClientControl::Skip(_) | ClientControl::End {} => false,
    }
}
