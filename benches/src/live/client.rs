//! The clients' side: sealed frames of 240 ms, sent at the pace of a clock, and every event opened as it comes.

use attune_engine::clock::{MeetingTime, SAMPLE_RATE_HZ};
use attune_engine::speaker::Track;
use attune_engine::transcript::Final;
use attune_ingest::client::TrackEncoder;
use attune_ingest::connection::{Incoming, Outgoing};
use attune_ingest::keys::{HelloContext, Offer, say_hello};
use attune_ingest::memory::Memory;
use attune_ingest::ports::Reservation;
use attune_ingest::protocol::{
    ClientControl, Codec, Envelope, FRAME_MS, Hello, Partial, Prefix, ServerEvent, Stream, TrackDeclaration,
};
use attune_ingest::seal::{Opener, Sealer};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tokio::time::{Instant, sleep_until};

/// How long after the last of its sound a meeting may take to end.
const ENDS_WITHIN: Duration = Duration::from_secs(120);

/// What a client sends: the frames of its tracks, side by side, encoded beforehand.
#[derive(Debug)]
pub struct Tape {
    tracks: Vec<(Track, Vec<Vec<u8>>)>,
}

impl Tape {
    /// Encodes tracks of one length.
    ///
    /// # Panics
    /// When libopus does not take 16 kHz.
    pub fn new(tracks: &[(Track, &[i16])]) -> Self {
        let encoded = tracks.iter().map(|&(track, samples)| {
            let mut encoder = TrackEncoder::new(Codec::Opus, SAMPLE_RATE_HZ).expect("Opus encodes 16 kHz");
            let frames = samples.chunks_exact(encoder.frame_samples());
            let payload = |frame| encoder.encode(frame).expect("a frame of samples encodes").0;
            (track, frames.map(payload).collect())
        });
        Self {
            tracks: encoded.collect(),
        }
    }

    /// How much of each track it holds.
    pub fn lasts(&self) -> Duration {
        Duration::from_millis(self.frames() as u64 * u64::from(FRAME_MS))
    }

    /// Frame `index` of each track.
    ///
    /// # Panics
    /// Where there are not so many.
    pub fn frame(&self, index: usize) -> impl Iterator<Item = (Track, &[u8])> {
        let frames = self.tracks.iter();
        frames.map(move |(track, frames)| (*track, frames[index].as_slice()))
    }

    /// How many of them each track has.
    pub fn frames(&self) -> usize {
        self.tracks.iter().map(|(_, frames)| frames.len()).min().unwrap_or(0)
    }
}

/// When a frame leaves: when its last sample was spoken, in a meeting that began at `start`.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// When the meeting begins.
    pub start: Instant,
    /// Seconds of sound in a second.
    pub speed: f64,
}

/// Something that a client was told, and when.
#[derive(Debug, Default)]
pub struct Seen {
    /// Decided segments.
    pub finals: Vec<(Final, Instant)>,
    /// What was shown before.
    pub partials: Vec<(Partial, Instant)>,
    /// Segments that were taken for no speech, or lost.
    pub unheard: usize,
    /// The largest lag that was told.
    pub lag_ms: u64,
}

impl Seen {
    /// Takes an event in.
    pub fn note(&mut self, event: ServerEvent, at: Instant) {
        match event {
            ServerEvent::Final(decided) => self.finals.push((decided, at)),
            ServerEvent::Partial(partial) => self.partials.push((partial, at)),
            ServerEvent::Suppressed(_) | ServerEvent::Gap(_) => self.unheard += 1,
            ServerEvent::Status { lag_ms, .. } => self.lag_ms = self.lag_ms.max(lag_ms),
            _ => {}
        }
    }
}

/// A client of one meeting.
pub struct Client {
    to: UnboundedSender<Incoming>,
    from: UnboundedReceiver<Outgoing>,
    sealer: Sealer,
    opener: Opener,
    controls: u64,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client")
            .field("controls", &self.controls)
            .finish_non_exhaustive()
    }
}

impl Client {
    pub(super) async fn greet(
        to: UnboundedSender<Incoming>,
        mut from: UnboundedReceiver<Outgoing>,
        memory: &Memory,
        reservation: &Reservation,
        tracks: &[Track],
    ) -> Self {
        let Some(Outgoing::Binary(offer)) = from.recv().await else {
            panic!("a server offers a key before anything else");
        };
        let offer = Offer::parse(&offer).expect("what a server sends first is its offer");
        let context = HelloContext {
            tenant: reservation.tenant,
            user: reservation.user,
            device: reservation.device,
            session: reservation.session,
            epoch: reservation.epoch,
            ticket_sha256: reservation.ticket_sha256,
        };
        offer
            .verify(&memory.pinned(), &reservation.ticket_sha256)
            .expect("the offer is signed");
        let declared = tracks.iter().map(|&track| TrackDeclaration {
            track,
            codec: Codec::Opus,
            rate_hz: SAMPLE_RATE_HZ,
        });
        let hello = Hello {
            client: "bench/1".to_owned(),
            language: "en".to_owned(),
            tracks: declared.collect(),
            meeting_type: None,
            glossary: Vec::new(),
        };
        let (message, keys) = say_hello(&offer, &Memory::PSK, &context, &hello).expect("the offer is taken");
        to.send(Incoming::Binary(message.into())).expect("the server listens");
        let (epoch, session) = (reservation.epoch, reservation.session);
        Self {
            to,
            from,
            sealer: Sealer::new(&keys.c2s, epoch, session),
            opener: Opener::new(&keys.s2c, epoch, session),
            controls: 0,
        }
    }

    /// Plays `tape` so many times in a row, ends the meeting, and hears the server out: `note` is told of every event.
    ///
    /// # Panics
    /// When the server closes before the end, or does not end within two minutes.
    pub async fn play(mut self, tape: &Tape, times: usize, pace: Pace, mut note: impl FnMut(ServerEvent, Instant)) {
        let frames = tape.frames();
        for index in 0..frames * times {
            self.wait_for(index, pace, &mut note).await;
            for (track, payloads) in &tape.tracks {
                let at_ms = index as u64 * u64::from(FRAME_MS);
                let first_sample = MeetingTime::from_ms(at_ms).as_sample();
                let prefix = Prefix::audio(*track, index as u64, first_sample, at_ms as u32);
                self.send(&prefix, &payloads[index % frames]);
            }
        }
        let end = Prefix::json(Stream::Control, self.controls, 0);
        self.controls += 1;
        self.send(&end, &ClientControl::End {}.to_json());
        let heard_out = async {
            while let Some(event) = self.event().await {
                note(event, Instant::now());
            }
        };
        let ended = tokio::time::timeout(ENDS_WITHIN, heard_out).await;
        assert!(ended.is_ok(), "the server did not end the meeting");
    }

    /// Takes events in until frame `index` may leave.
    async fn wait_for(&mut self, index: usize, pace: Pace, note: &mut impl FnMut(ServerEvent, Instant)) {
        let spoken_ms = (index as u64 + 1) * u64::from(FRAME_MS);
        let leaves_at = pace.start + Duration::from_millis(spoken_ms).div_f64(pace.speed);
        loop {
            if leaves_at <= Instant::now() {
                return;
            }
            tokio::select! {
                event = self.event() => {
                    let event = event.expect("the server does not close before the end");
                    note(event, Instant::now());
                }
                () = sleep_until(leaves_at) => return,
            }
        }
    }

    fn send(&mut self, prefix: &Prefix, payload: &[u8]) {
        let sealed = self.sealer.seal(prefix, payload).expect("each number is sealed once");
        self.to
            .send(Incoming::Binary(sealed.into()))
            .expect("the server listens until it has closed");
    }

    /// The next event; nothing once the server has closed. Nothing is lost where the caller turns to something else.
    async fn event(&mut self) -> Option<ServerEvent> {
        loop {
            match self.from.recv().await? {
                Outgoing::Ping => {
                    let _ = self.to.send(Incoming::Alive);
                }
                Outgoing::Close { .. } => {
                    let _ = self.to.send(Incoming::Closed);
                    return None;
                }
                Outgoing::Binary(message) => {
                    let frame = self.opener.open(&message).expect("what the server seals opens");
                    let envelope = Envelope::parse(&frame.payload).expect("the server tells events");
                    return Some(envelope.event);
                }
            }
        }
    }
}
