//! One connection: what it takes, says and forgets.

use super::Fault;
use super::hearing::Hearing;
use super::socket::Outcome;
use super::world::World;
use crate::keys::ConnectionKeys;
use crate::protocol::{
    ClientControl, CloseCode, DEFERRED_STEP, Envelope, Insight, Level, Prefix, ServerEvent, Skip, Stream, Welcome,
};
use crate::seal::{OpenError, Opener, Sealer};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;
use tokio_tungstenite::tungstenite::Message;
use uuid::Uuid;

/// A connection being served.
pub(super) struct Serving<'a> {
    pub(super) world: &'a Mutex<World>,
    sealer: Sealer,
    opener: Opener,
    epoch: u64,
    next_event: u64,
    pub(super) tracks: BTreeMap<Stream, Hearing>,
    /// Skips that no frame has come after yet.
    pub(super) skips: Vec<Skip>,
    controls: VecDeque<(u64, Option<Skip>)>,
    pub(super) audio_frames: u32,
    pub(super) outgoing: Vec<Message>,
}

impl<'a> Serving<'a> {
    pub(super) fn new(
        world: &'a Mutex<World>,
        epoch: u64,
        welcome: &Welcome,
        keys: ConnectionKeys,
        session: Uuid,
    ) -> Self {
        let mut opener = Opener::new(&keys.c2s, epoch, session);
        let mut tracks = BTreeMap::new();
        for stream in Stream::ALL {
            let position = welcome.streams.get(&stream).copied().unwrap_or_default();
            opener.expect(stream, position.resume_seq);
            if stream.track().is_some() {
                tracks.insert(stream, Hearing::resumed(&position));
            }
        }
        Self {
            world,
            sealer: Sealer::new(&keys.s2c, epoch, session),
            opener,
            epoch,
            next_event: 0,
            tracks,
            skips: Vec::new(),
            controls: VecDeque::new(),
            audio_frames: 0,
            outgoing: Vec::new(),
        }
    }

    pub(super) fn seal(&mut self, number: Option<u64>, event: ServerEvent) -> Message {
        let prefix = Prefix::json(Stream::Control, self.next_event, 0);
        self.next_event += 1;
        let envelope = Envelope {
            number,
            epoch: self.epoch,
            event,
        };
        Message::Binary(self.sealer.seal(&prefix, &envelope.to_json()).unwrap().into())
    }

    pub(super) fn say(&mut self, number: Option<u64>, event: ServerEvent) {
        let message = self.seal(number, event);
        self.outgoing.push(message);
    }

    pub(super) fn say_status(&mut self, step: u8) {
        let level = match step {
            DEFERRED_STEP => Level::Overloaded,
            _ => Level::Normal,
        };
        let credit_ms = self.world.lock().unwrap().credit_ms;
        self.say(
            None,
            ServerEvent::Status {
                level,
                lag_ms: 0,
                credit_ms,
                step,
                samples: BTreeMap::new(),
                sink: false,
            },
        );
    }

    pub(super) fn violation(&self, what: impl Into<String>) -> Outcome {
        self.world.lock().unwrap().violations.push(what.into());
        Outcome::Close(CloseCode::Malformed)
    }

    pub(super) fn take(&mut self, message: &[u8]) -> Outcome {
        let frame = match self.opener.open(message) {
            Ok(frame) => frame,
            Err(OpenError::Seen { stream, seq }) => {
                self.say(None, ServerEvent::Received { stream, seq });
                return Outcome::GoOn;
            }
            Err(error) => return self.violation(error.to_string()),
        };
        let (stream, seq) = (frame.prefix.stream, frame.prefix.seq);
        self.say(None, ServerEvent::Received { stream, seq });
        match stream {
            Stream::Mic | Stream::Tab => return self.hear(&frame.prefix, &frame.payload),
            Stream::Control => return self.control(seq, &frame.payload),
            Stream::Insights => {
                let insight = Insight::parse(&frame.payload).unwrap();
                self.world.lock().unwrap().durable.insights.push(insight);
            }
            Stream::Captions => {}
        }
        self.world.lock().unwrap().durable.next.insert(stream, seq + 1);
        let release_seq = seq + 1;
        self.say(
            None,
            ServerEvent::Committed {
                stream,
                sample: 0,
                release_seq,
            },
        );
        Outcome::GoOn
    }

    /// A skip is released once no resume begins before its end.
    pub(super) fn release_control(&mut self) {
        let released = |world: &World, skip: &Skip| {
            let track = world.durable.tracks.get(&Stream::from(skip.track));
            track.is_some_and(|track| track.release_sample >= skip.to_sample)
        };
        let mut release = None;
        {
            let mut world = self.world.lock().unwrap();
            while let Some((seq, skip)) = self.controls.front() {
                if skip.as_ref().is_some_and(|skip| !released(&world, skip)) {
                    break;
                }
                release = Some(seq + 1);
                self.controls.pop_front();
            }
            if let Some(release) = release {
                world.durable.next.insert(Stream::Control, release);
            }
        }
        if let Some(release_seq) = release {
            let stream = Stream::Control;
            self.say(
                None,
                ServerEvent::Committed {
                    stream,
                    sample: 0,
                    release_seq,
                },
            );
        }
    }

    fn control(&mut self, seq: u64, json: &[u8]) -> Outcome {
        let control = ClientControl::parse(json).unwrap();
        let mut skip = None;
        match control {
            ClientControl::Skip(skipped) => {
                self.skips.push(skipped);
                skip = Some(skipped);
                let mut world = self.world.lock().unwrap();
                if !world.durable.skips.contains(&skipped) {
                    world.durable.skips.push(skipped);
                }
            }
            ClientControl::Mark(mark) => {
                let (at_ms, note) = (mark.at_ms, mark.note.clone());
                let number = {
                    let mut world = self.world.lock().unwrap();
                    if !world.durable.marks.contains(&mark) {
                        world.durable.marks.push(mark);
                    }
                    world.next_number()
                };
                self.say(Some(number), ServerEvent::Marked { at_ms, note });
                if self.world.lock().unwrap().defer_after.is_some() {
                    self.say_status(0);
                }
            }
            ClientControl::End {} => return self.end(),
            _ => {}
        }
        self.controls.push_back((seq, skip));
        self.release_control();
        Outcome::GoOn
    }

    fn end(&mut self) -> Outcome {
        self.say(None, ServerEvent::Ending { left_ms: 1_000 });
        for (stream, hearing) in &mut self.tracks {
            hearing.fill(*stream, &self.skips);
        }
        self.commit(0);
        self.world.lock().unwrap().durable.ended = true;
        self.say(None, ServerEvent::ReportReady { version: 1 });
        Outcome::Close(CloseCode::Ended)
    }

    pub(super) fn fault(&mut self) -> Outcome {
        let mut world = self.world.lock().unwrap();
        let Some(fault) = world.faults.front().copied() else {
            return Outcome::GoOn;
        };
        let (Fault::Break { after_frames }
        | Fault::Close { after_frames, .. }
        | Fault::Unavailable { after_frames, .. }
        | Fault::Withdrawn { after_frames }
        | Fault::Garble { after_frames }) = fault;
        if self.audio_frames < after_frames {
            return Outcome::GoOn;
        }
        world.faults.pop_front();
        match fault {
            Fault::Break { .. } => Outcome::Break,
            Fault::Close { code, .. } => Outcome::Close(code),
            Fault::Unavailable { requests, .. } => {
                world.unavailable = requests;
                Outcome::Break
            }
            Fault::Withdrawn { .. } => {
                world.withdrawn = true;
                Outcome::Break
            }
            Fault::Garble { .. } => {
                let track = world.durable.tracks.get_mut(&Stream::Mic).unwrap();
                track.release_seq += 1_000;
                Outcome::Break
            }
        }
    }
}
