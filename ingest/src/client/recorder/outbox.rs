//! What may leave next on a connection: a cursor per stream over the buffer, held back by credit, by the server's rate
//! limits and by the order that control must keep.

use super::super::window::Window;
use crate::client::Buffer;
use crate::protocol::{DEFERRED_STEP, FRAME_MS, Limits, Prefix, Stream, TrackDeclaration, Welcome};
use attune_engine::clock::SAMPLE_RATE_HZ;
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::time::Instant;

/// Share of the server's limits that a client uses: its clock and the server's do not agree on when a second begins.
const SHARE: f64 = 0.9;

/// The way out of one connection.
pub(super) struct Outbox {
    cursor: [u64; Stream::ALL.len()],
    window: Window,
    /// The server takes no audio at all until it has caught up.
    deferred: bool,
    tracks: Vec<TrackDeclaration>,
    frames: Bucket,
    bytes: Bucket,
}

impl Outbox {
    /// What leaves on a connection that began with `welcome`.
    pub(super) fn new(welcome: &Welcome, tracks: Vec<TrackDeclaration>, now: Instant) -> Self {
        let Limits {
            frames_per_s,
            bytes_per_s,
            burst_frames,
            ..
        } = welcome.limits;
        let mut window = Window::new(welcome.credit_ms);
        for (stream, position) in &welcome.streams {
            window.committed(*stream, position.decided_sample);
        }
        let resume = |stream| welcome.streams.get(&stream).map_or(0, |position| position.resume_seq);
        Self {
            cursor: Stream::ALL.map(resume),
            window,
            deferred: false,
            tracks,
            frames: Bucket::new(f64::from(frames_per_s) * SHARE, f64::from(burst_frames) * SHARE, now),
            bytes: Bucket::new(f64::from(bytes_per_s) * SHARE, f64::from(bytes_per_s) * SHARE, now),
        }
    }

    /// The frame to send next, if one may be sent: the oldest of those that may. Audio waits for credit, for a server that
    /// is deferring, and for control made before it. Control that audio made before it gives its place (a skip, a track, the end) waits for that
    /// audio; what is `urgent` waits for nothing.
    pub(super) fn next(&self, buffer: &Buffer, urgent: &BTreeSet<u64>) -> Option<(Stream, u64)> {
        let head = |stream: Stream| {
            let (ordinal, _) = buffer.peek(stream, self.next_seq(stream))?;
            Some(ordinal)
        };
        let control = head(Stream::Control);
        let oldest_audio = [Stream::Mic, Stream::Tab].into_iter().filter_map(head).min();
        let may_leave = |stream: Stream, ordinal: u64| match stream {
            Stream::Control => {
                urgent.contains(&self.next_seq(stream)) || oldest_audio.is_none_or(|audio| audio > ordinal)
            }
            Stream::Mic | Stream::Tab => {
                !self.deferred && control.is_none_or(|control| control > ordinal) && self.window.takes(stream, FRAME_MS)
            }
            Stream::Insights | Stream::Captions => true,
        };
        let heads = Stream::ALL
            .into_iter()
            .filter_map(|stream| Some((head(stream)?, stream)));
        let (_, stream) = heads.filter(|(ordinal, stream)| may_leave(*stream, *ordinal)).min()?;
        Some((stream, self.next_seq(stream)))
    }

    /// When the server's rate limits let the next frame leave.
    pub(super) fn ready_at(&self) -> Instant {
        self.frames.ready_at().max(self.bytes.ready_at())
    }

    /// A frame has left. Says at which 16 kHz sample it ends.
    pub(super) fn sent(&mut self, prefix: &Prefix, payload: &[u8], now: Instant) -> u64 {
        let stream = prefix.stream;
        self.cursor[usize::from(stream.byte())] = prefix.seq + 1;
        self.frames.take(1.0, now);
        self.bytes
            .take((payload.len() + crate::seal::MAX_OVERHEAD_BYTES) as f64, now);
        let Some(declared) = self
            .tracks
            .iter()
            .find(|declared| Some(declared.track) == stream.track())
        else {
            return 0;
        };
        let rate_hz = u64::from(declared.rate_hz);
        let samples = declared.codec.samples(payload, declared.rate_hz).unwrap_or(0);
        let end_16k = (prefix.first_sample + samples) * u64::from(SAMPLE_RATE_HZ) / rate_hz;
        let ms = u32::try_from(samples * 1000 / rate_hz).unwrap_or(FRAME_MS);
        self.window.sent(stream, prefix.seq, end_16k, ms);
        end_16k
    }

    /// The frame of `stream` that is next to leave.
    pub(super) fn next_seq(&self, stream: Stream) -> u64 {
        self.cursor[usize::from(stream.byte())]
    }

    /// The frames of `stream` up to `seq` have arrived.
    pub(super) fn received(&mut self, stream: Stream, seq: u64) {
        self.window.received(stream, seq);
    }

    /// Everything of `stream` before the 16 kHz sample `sample` is decided.
    pub(super) fn committed(&mut self, stream: Stream, sample: u64) {
        self.window.committed(stream, sample);
    }

    /// The server takes `credit_ms` beyond what it has acknowledged, at this step of its overload ladder.
    pub(super) fn status(&mut self, credit_ms: u32, step: u8) {
        self.window.credit(credit_ms);
        self.deferred = step >= DEFERRED_STEP;
    }

    /// Audio waits here until the server has caught up.
    pub(super) const fn is_deferred(&self) -> bool {
        self.deferred
    }
}

/// So much a second, and so much at once.
struct Bucket {
    per_s: f64,
    most: f64,
    left: f64,
    at: Instant,
}

impl Bucket {
    fn new(per_s: f64, most: f64, now: Instant) -> Self {
        Self {
            per_s: per_s.max(1.0),
            most: most.max(1.0),
            left: most.max(1.0),
            at: now,
        }
    }

    fn take(&mut self, amount: f64, now: Instant) {
        let gained = now.saturating_duration_since(self.at).as_secs_f64() * self.per_s;
        self.left = (self.left + gained).min(self.most) - amount;
        self.at = now;
    }

    fn ready_at(&self) -> Instant {
        // Something may leave as long as anything is left; a large frame is paid off afterwards.
        self.at + Duration::from_secs_f64((-self.left).max(0.0) / self.per_s)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::client::Pushed;
    use crate::protocol::Codec;
    use attune_engine::speaker::Track;
    use std::collections::BTreeMap;
    use uuid::Uuid;

    struct Bench {
        _dir: tempfile::TempDir,
        buffer: Buffer,
        outbox: Outbox,
        urgent: BTreeSet<u64>,
        now: Instant,
    }

    impl Bench {
        fn new(credit_ms: u32) -> Self {
            let dir = tempfile::tempdir().unwrap();
            let buffer = Buffer::open(&dir.path().join("b"), Uuid::nil(), 1 << 20, |_| {}).unwrap();
            let welcome = Welcome {
                streams: BTreeMap::new(),
                credit_ms,
                limits: Limits::default(),
                ended: false,
                sink: false,
            };
            let declare = |track| TrackDeclaration {
                track,
                codec: Codec::PcmS16le,
                rate_hz: 16_000,
            };
            let now = Instant::now();
            let outbox = Outbox::new(&welcome, vec![declare(Track::Mic), declare(Track::Tab)], now);
            Self {
                _dir: dir,
                buffer,
                outbox,
                urgent: BTreeSet::new(),
                now,
            }
        }

        fn audio(&mut self, track: Track) {
            let seq = self.buffer.next_seq(track.into());
            let prefix = Prefix::audio(track, seq, seq * 3_840, 0);
            assert_eq!(self.buffer.push(&prefix, &[0; 7_680]).unwrap(), Pushed::Kept);
        }

        fn control(&mut self, urgent: bool) {
            let seq = self.buffer.next_seq(Stream::Control);
            if urgent {
                self.urgent.insert(seq);
            }
            self.buffer.push(&Prefix::json(Stream::Control, seq, 0), b"{}").unwrap();
        }

        fn drain(&mut self) -> Vec<Stream> {
            let mut left = Vec::new();
            while let Some((stream, seq)) = self.outbox.next(&self.buffer, &self.urgent) {
                let (_, prefix) = self.buffer.peek(stream, seq).unwrap();
                let payload = self.buffer.read(stream, seq).unwrap().unwrap();
                self.outbox.sent(&prefix, &payload, self.now);
                left.push(stream);
            }
            left
        }
    }

    #[tokio::test]
    async fn frames_leave_in_the_order_in_which_they_were_made() {
        let mut bench = Bench::new(60_000);
        bench.audio(Track::Mic);
        bench.audio(Track::Tab);
        bench.control(false);
        bench.audio(Track::Mic);
        assert_eq!(bench.drain(), [Stream::Mic, Stream::Tab, Stream::Control, Stream::Mic]);
    }

    #[tokio::test]
    async fn without_credit_no_audio_leaves_but_an_urgent_control_does() {
        let mut bench = Bench::new(0);
        bench.audio(Track::Mic);
        bench.control(true);
        bench.control(false);
        assert_eq!(
            bench.drain(),
            [Stream::Control],
            "the second one waits for the audio before it"
        );
    }

    #[tokio::test]
    async fn while_the_server_defers_no_audio_leaves_whatever_its_credit_and_all_of_it_does_afterwards() {
        let mut bench = Bench::new(60_000);
        bench.audio(Track::Mic);
        bench.outbox.status(60_000, DEFERRED_STEP);
        bench.control(true);
        bench.audio(Track::Mic);
        assert_eq!(bench.drain(), [Stream::Control]);
        assert!(bench.outbox.is_deferred());
        bench.outbox.status(60_000, DEFERRED_STEP - 1);
        assert_eq!(bench.drain(), [Stream::Mic, Stream::Mic]);
    }

    #[tokio::test]
    async fn no_audio_overtakes_a_skip_that_was_made_before_it() {
        let mut bench = Bench::new(240);
        bench.audio(Track::Mic);
        bench.audio(Track::Mic);
        bench.control(false);
        bench.audio(Track::Tab);
        assert_eq!(
            bench.drain(),
            [Stream::Mic],
            "the second mic frame lacks credit, and all else comes after it"
        );
    }

    #[tokio::test]
    async fn the_servers_rate_is_not_exceeded() {
        let mut bench = Bench::new(u32::MAX);
        bench.outbox.frames = Bucket::new(100.0, 3.0, bench.now);
        for _ in 0..5 {
            bench.control(true);
        }
        assert_eq!(bench.outbox.ready_at(), bench.now);
        bench.drain();
        let wait = bench.outbox.ready_at() - bench.now;
        assert_eq!(
            wait,
            Duration::from_millis(20),
            "five left where three may at once and a hundred a second"
        );
    }
}
