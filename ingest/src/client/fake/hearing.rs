//! What one connection hears, and when it becomes durable.

use super::RATE_HZ;
use super::serving::Serving;
use super::socket::Outcome;
use crate::protocol::{DEFERRED_STEP, PcmFrame, Prefix, ServerEvent, Skip, Stream, StreamPosition};
use std::collections::VecDeque;

/// A track on one connection.
pub(super) struct Hearing {
    /// From `base` on.
    samples: Vec<Option<i16>>,
    base: u64,
    /// Where each frame begins: `(seq, first sample)`.
    frames: VecDeque<(u64, u64)>,
}

impl Hearing {
    /// Goes on at `position`.
    pub(super) fn resumed(position: &StreamPosition) -> Self {
        Self {
            samples: Vec::new(),
            base: position.resume_sample,
            frames: VecDeque::new(),
        }
    }

    fn end(&self) -> u64 {
        self.base + self.samples.len() as u64
    }

    /// Goes on over the samples that `skips` of this `stream` account for.
    pub(super) fn fill(&mut self, stream: Stream, skips: &[Skip]) {
        while let Some(skip) = skips
            .iter()
            .find(|skip| Stream::from(skip.track) == stream && (skip.from_sample..skip.to_sample).contains(&self.end()))
        {
            let missing = skip.to_sample - self.end();
            self.samples.extend((0..missing).map(|_| None));
        }
    }
}

impl Serving<'_> {
    pub(super) fn hear(&mut self, prefix: &Prefix, payload: &[u8]) -> Outcome {
        let pcm = PcmFrame::parse(payload, RATE_HZ as u32).unwrap();
        let skips = &self.skips;
        let hearing = self.tracks.get_mut(&prefix.stream).unwrap();
        hearing.fill(prefix.stream, skips);
        if hearing.end() != prefix.first_sample {
            let what = format!(
                "{:?} goes on at {}, not at {}",
                prefix.stream,
                hearing.end(),
                prefix.first_sample
            );
            return self.violation(what);
        }
        hearing.frames.push_back((prefix.seq, prefix.first_sample));
        hearing.samples.extend(pcm.iter().map(Some));
        let (base, end) = (hearing.base, hearing.end());
        let decided = base.max(self.decided(prefix.stream));
        let heard_ms = end.saturating_sub(decided) * 1000 / RATE_HZ;
        let credit_ms = self.world.lock().unwrap().credit_ms;
        if heard_ms > u64::from(credit_ms) {
            return self.violation(format!("{heard_ms} ms undecided with a credit of {credit_ms} ms"));
        }
        self.audio_frames += 1;
        self.commit(RATE_HZ);
        let defers = self.world.lock().unwrap().defer_after == Some(self.audio_frames);
        if defers {
            self.say_status(DEFERRED_STEP);
        }
        self.fault()
    }

    fn decided(&self, stream: Stream) -> u64 {
        let world = self.world.lock().unwrap();
        world
            .durable
            .tracks
            .get(&stream)
            .map_or(0, |track| track.samples.len() as u64)
    }

    /// Makes durable what is older than `lag` samples, on every track.
    pub(super) fn commit(&mut self, lag: u64) {
        let mut events = Vec::new();
        for (stream, hearing) in &mut self.tracks {
            let mut world = self.world.lock().unwrap();
            let track = world.durable.tracks.entry(*stream).or_default();
            let from = track.samples.len() as u64;
            let to = hearing.end().saturating_sub(lag);
            if to <= from {
                continue;
            }
            let range = (from - hearing.base) as usize..(to - hearing.base) as usize;
            track.samples.extend_from_slice(&hearing.samples[range]);
            // Four seconds stay with the client to warm up with.
            let keep_from = to.saturating_sub(4 * RATE_HZ);
            while hearing.frames.get(1).is_some_and(|(_, first)| *first <= keep_from) {
                hearing.frames.pop_front();
            }
            if let Some((seq, first)) = hearing.frames.front() {
                (track.release_seq, track.release_sample) = (*seq, *first);
            }
            let release_seq = track.release_seq;
            events.push(ServerEvent::Committed {
                stream: *stream,
                sample: to,
                release_seq,
            });
        }
        for event in events {
            self.say(None, event);
        }
        self.release_control();
    }
}
