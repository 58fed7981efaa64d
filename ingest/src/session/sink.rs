//! The session of a server that is measured: each frame is opened in its turn, its place among the samples is checked, and what is
//! made durable of it is its digest. Nothing is decoded, heard or kept of what it says. An operator turns a whole server
//! into such a sink; no client can ask for it, and each is told in `welcome` and `status`.

use super::frames::malformed_code;
use super::{Phase, Session};
use crate::ports::{Checked, Position};
use crate::protocol::{
    ClientControl, CloseCode, Codec, Frame, Limits, Prefix, Skip, Stream, TrackChange, TrackControl, TrackDeclaration,
};
use crate::sound::at_16_khz;
use attune_engine::speaker::Track;
use std::collections::BTreeMap;
use tracing::debug;
use zeroize::Zeroizing;

/// Credit is told in steps of this much: what waits for the next commit, which is at most a third of it, is no news.
const CREDIT_STEP_MS: u64 = 15_000;

/// Where the streams of a session stand.
#[derive(Debug, Default)]
pub(super) struct Sink {
    tracks: BTreeMap<Track, Place>,
    /// The next frame of streams without sound.
    next_seqs: BTreeMap<Stream, u64>,
}

/// Where a track stands.
#[derive(Debug)]
struct Place {
    declared: TrackDeclaration,
    next_seq: u64,
    /// The sample that comes next, at the declared rate, and the one up to which all is durable.
    at: u64,
    durable: u64,
}

/// Audio that does not belong where it came.
#[derive(Debug)]
struct OutOfPlace;

impl Place {
    fn open(declared: TrackDeclaration, position: Option<&Position>) -> Self {
        let at = position.map_or(0, |position| position.release_first_sample);
        Self {
            declared,
            next_seq: position.map_or(0, |position| position.release_seq),
            at,
            durable: at,
        }
    }

    fn audio(&mut self, prefix: &Prefix, payload: &[u8]) -> Result<(), OutOfPlace> {
        let TrackDeclaration { codec, rate_hz, .. } = self.declared;
        let samples = codec.samples(payload, rate_hz).map_err(|_| OutOfPlace)?;
        if prefix.first_sample != self.at {
            return Err(OutOfPlace);
        }
        self.at += samples;
        self.next_seq = prefix.seq + 1;
        Ok(())
    }

    fn skip(&mut self, skip: &Skip) -> Result<(), OutOfPlace> {
        if skip.from_sample > self.at {
            return Err(OutOfPlace);
        }
        self.at = self.at.max(skip.to_sample);
        Ok(())
    }

    const fn held_ms(&self) -> u64 {
        (self.at - self.durable) * 1000 / self.declared.rate_hz as u64
    }

    fn position(&self) -> Position {
        Position {
            stream: self.declared.track.into(),
            decided_sample: at_16_khz(self.at, self.declared.rate_hz),
            release_seq: self.next_seq,
            release_first_sample: self.at,
            line: None,
        }
    }
}

impl Sink {
    /// A sink that goes on where `positions` say.
    pub(super) fn open(tracks: &[TrackDeclaration], positions: &BTreeMap<Stream, Position>) -> Self {
        let place = |declared: &TrackDeclaration| {
            let position = positions.get(&Stream::from(declared.track));
            (declared.track, Place::open(*declared, position))
        };
        let silent = positions.values().filter(|position| position.stream.track().is_none());
        Self {
            tracks: tracks.iter().map(place).collect(),
            next_seqs: silent.map(|position| (position.stream, position.release_seq)).collect(),
        }
    }

    /// Sound of a track that came in and is not durable, as far as its credit is told, in milliseconds.
    pub(super) fn held_ms(&self) -> u64 {
        let most = self.tracks.values().map(Place::held_ms).max().unwrap_or(0);
        most.max(1).next_multiple_of(CREDIT_STEP_MS)
    }

    /// Where each stream stands once everything that was checked is durable.
    pub(super) fn positions(&self) -> Vec<Position> {
        let silent = self.next_seqs.iter().map(|(&stream, &release_seq)| Position {
            stream,
            decided_sample: 0,
            release_seq,
            release_first_sample: 0,
            line: None,
        });
        self.tracks.values().map(Place::position).chain(silent).collect()
    }

    /// `position` is durable.
    pub(super) fn on_committed(&mut self, position: &Position) {
        let place = position.stream.track().and_then(|track| self.tracks.get_mut(&track));
        if let Some(place) = place {
            place.durable = position.release_first_sample;
        }
    }

    fn is_over_credit(&self, limits: &Limits) -> bool {
        let most = u64::from(limits.undecided_ms) + u64::from(limits.over_credit_ms);
        self.tracks.values().any(|place| place.held_ms() > most)
    }

    fn audio(&mut self, track: Track, prefix: &Prefix, payload: &[u8]) -> Result<(), OutOfPlace> {
        self.tracks.get_mut(&track).ok_or(OutOfPlace)?.audio(prefix, payload)
    }

    fn skip(&mut self, skip: &Skip) -> Result<(), OutOfPlace> {
        self.tracks.get_mut(&skip.track).ok_or(OutOfPlace)?.skip(skip)
    }

    fn add(&mut self, track: Track, (codec, rate_hz): (Codec, u32), position: Option<&Position>) {
        let declared = TrackDeclaration { track, codec, rate_hz };
        self.tracks
            .entry(track)
            .or_insert_with(|| Place::open(declared, position));
    }
}

impl Session {
    /// Takes a frame that was opened in its turn into the sink.
    pub(super) fn sink_frame(&mut self, frame: Frame) -> Result<(), CloseCode> {
        let prefix = frame.prefix;
        let payload = Zeroizing::new(frame.payload);
        let sha256 = Checked::digest(&prefix, &payload);
        if matches!(self.phase, Phase::Ending | Phase::Ended) && prefix.stream != Stream::Control {
            return Err(CloseCode::Malformed);
        }
        match prefix.stream.track() {
            Some(track) => self.sink_audio(track, &prefix, &payload)?,
            None if prefix.stream == Stream::Control => {
                let control = ClientControl::parse(&payload).map_err(|malformed| malformed_code(&malformed))?;
                // Said again on each connection until the session has ended, and so never behind a position.
                if matches!(control, ClientControl::End {}) {
                    self.on_end();
                    return Ok(());
                }
                self.sink_control(control)?;
            }
            None => {}
        }
        if let (Some(sink), None) = (&mut self.sink, prefix.stream.track()) {
            sink.next_seqs.insert(prefix.stream, prefix.seq + 1);
        }
        self.commits.checked(Checked {
            stream: prefix.stream,
            seq: prefix.seq,
            sha256,
        });
        Ok(())
    }

    fn sink_audio(&mut self, track: Track, prefix: &Prefix, payload: &[u8]) -> Result<(), CloseCode> {
        let Some(sink) = &mut self.sink else {
            return Err(CloseCode::Malformed);
        };
        sink.audio(track, prefix, payload).map_err(|OutOfPlace| misplaced())?;
        match sink.is_over_credit(&self.limits) {
            true => Err(CloseCode::Overloaded),
            false => Ok(()),
        }
    }

    /// What moves a place, or concerns the person's consent; nothing else means anything here.
    fn sink_control(&mut self, control: ClientControl) -> Result<(), CloseCode> {
        let Some(sink) = &mut self.sink else {
            return Err(CloseCode::Malformed);
        };
        match control {
            ClientControl::Skip(skip) => sink.skip(&skip).map_err(|OutOfPlace| misplaced())?,
            ClientControl::Track(TrackControl {
                track,
                change: TrackChange::Added { codec, rate_hz },
            }) => sink.add(track, (codec, rate_hz), self.commits.position(track)),
            ClientControl::ConsentChanged {} => self.consent_changed(),
            _ => {}
        }
        Ok(())
    }
}

fn misplaced() -> CloseCode {
    debug!("refused a frame that does not go on where its track stood");
    CloseCode::Malformed
}
