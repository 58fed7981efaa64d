//! Records a meeting: captures, keeps, sends, and comes back after every kind of loss.
//!
//! Capturing never waits for the network: what is captured goes into the [`Buffer`] first, and what is sent comes out of
//! it. A connection only moves a cursor over the buffer; losing one moves the cursor back to where the next one's
//! `welcome` says.

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod absence;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod deferral;
mod error;
mod keep;
mod outbox;
mod phase;
mod retry;

pub use error::{RecorderError, RetryCause};

use super::api::Connection;
use super::buffer::{Buffer, BufferError, DEFAULT_CAP_BYTES, Pushed};
use super::device::Device;
use super::encode::EncodeError;
use super::event::{ClientEvent, Finished};
use super::link::Link;
use super::recording::{Captured, Due, Playback, Recording};
use super::way::Way;
use crate::protocol::{ClientControl, Codec, Envelope, Hello, ServerEvent, SkipReason, Stream, Welcome};
use attune_engine::clock::MeetingTime;
use attune_engine::speaker::Track;
use keep::is_urgent;
use outbox::Outbox;
use phase::{Live, Opening, Phase, Step};
use retry::Retry;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Frames encoded ahead of their time: four seconds of two tracks.
const CAPTURED_AHEAD: usize = 32;

/// A meeting of an hour takes four days at the slowest, and four seconds at the fastest.
const SLOWEST: f64 = 0.01;
const FASTEST: f64 = 1_000.0;

/// How often a control frame that the disk has no room for is tried again. Capturing waits meanwhile.
const LOOK_FOR_ROOM_EVERY: Duration = Duration::from_secs(1);

/// How long after `report_ready` the server may take to close.
const CLOSE_AFTER_REPORT: Duration = Duration::from_secs(5);

/// How a recording is run.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where the session's buffer lies; one folder per session.
    pub buffer_dir: PathBuf,
    /// What may lie there.
    pub buffer_cap_bytes: u64,
    /// How long to try without a connection before giving up. The buffer stays.
    pub give_up_after: Duration,
    /// What the client calls itself, such as `attune-replay/0.1.0`.
    pub client: String,
}

impl Options {
    /// The usual, with the buffer in `buffer_dir`.
    pub fn new(buffer_dir: impl Into<PathBuf>) -> Self {
        Self {
            buffer_dir: buffer_dir.into(),
            buffer_cap_bytes: DEFAULT_CAP_BYTES,
            // The server suspends a session that has had no connection for as long.
            give_up_after: Duration::from_secs(15 * 60),
            client: concat!("attune-client/", env!("CARGO_PKG_VERSION")).to_owned(),
        }
    }
}

/// A session being recorded.
pub struct Recorder {
    way: Arc<dyn Way>,
    device: Device,
    session: Uuid,
    options: Options,
    recording: Recording,
    hello: Hello,
    events: mpsc::Sender<ClientEvent>,
    cancel: CancellationToken,

    buffer: Buffer,
    /// Per track, the sample that the next frame must begin at.
    next_sample: BTreeMap<Track, u64>,
    /// What happened below this is in the buffer.
    kept_to_ms: u64,
    /// Per track that lost frames to a full buffer, the sample at which the last of them ended, until a frame fits again.
    lost_to: BTreeMap<Track, u64>,
    /// Control frames that wait for no audio.
    urgent: BTreeSet<u64>,
    /// `end` is in the buffer.
    ended: bool,
    /// The number of the last numbered event that was passed on.
    last_number: u64,
    report_version: Option<u32>,
    /// The server takes no audio for the moment, and that was told.
    deferred: bool,
    retry: Retry,
}

/// What comes after a step.
enum Next {
    Phase(Phase),
    Finished,
}

impl Recorder {
    /// Opens the buffer of `session` and prepares to record it. A session whose buffer is there already goes on where
    /// it was left. `events` may be slow: only what the next event of its kind replaces is dropped then.
    ///
    /// # Errors
    /// When the buffer cannot be opened.
    pub fn new(
        way: impl Way,
        device: Device,
        session: Uuid,
        recording: Recording,
        options: Options,
        events: mpsc::Sender<ClientEvent>,
        cancel: CancellationToken,
    ) -> Result<Self, RecorderError> {
        let speed = recording.speed;
        if !(SLOWEST..=FASTEST).contains(&speed) {
            return Err(RecorderError::Speed(speed, SLOWEST, FASTEST));
        }
        let hello = Hello {
            client: options.client.clone(),
            language: recording.language.clone(),
            tracks: recording.declarations(),
            meeting_type: recording.meeting_type.clone(),
            glossary: recording.glossary.clone(),
        };
        Hello::parse(&hello.to_json()).map_err(RecorderError::Recording)?;
        let declared: BTreeMap<Track, (Codec, u32)> = recording
            .tracks
            .iter()
            .map(|audio| (audio.track, (audio.codec, audio.rate_hz)))
            .collect();
        let mut next_sample: BTreeMap<Track, u64> = declared.keys().map(|track| (*track, 0)).collect();
        let mut kept_to_ms = 0;
        let mut ended = false;
        let mut urgent = BTreeSet::new();
        let buffer = Buffer::open(&options.buffer_dir, session, options.buffer_cap_bytes, |frame| {
            if let Some(track) = frame.prefix.stream.track() {
                let samples = declared
                    .get(&track)
                    .and_then(|(codec, rate_hz)| codec.samples(&frame.payload, *rate_hz).ok());
                next_sample.insert(track, frame.prefix.first_sample + samples.unwrap_or(0));
            } else {
                kept_to_ms = kept_to_ms.max(u64::from(frame.prefix.capture_ms) + 1);
            }
            if frame.prefix.stream == Stream::Control {
                let control = ClientControl::parse(&frame.payload);
                // An end that was taken back has something behind it.
                ended = matches!(control, Ok(ClientControl::End {}));
                match control {
                    Ok(ClientControl::Skip(skip)) => drop(next_sample.insert(skip.track, skip.to_sample)),
                    Ok(control) if is_urgent(&control) => drop(urgent.insert(frame.prefix.seq)),
                    _ => {}
                }
            }
        })?;
        let retry = Retry::new(options.give_up_after);
        Ok(Self {
            way: Arc::new(way),
            device,
            session,
            options,
            recording,
            hello,
            events,
            cancel,
            buffer,
            next_sample,
            kept_to_ms,
            lost_to: BTreeMap::new(),
            urgent,
            ended,
            last_number: 0,
            report_version: None,
            deferred: false,
            retry,
        })
    }

    /// Records until the server has decided everything and closed.
    ///
    /// # Errors
    /// When it stops before that; see [`RecorderError`] for what to do.
    pub async fn run(mut self) -> Result<Finished, RecorderError> {
        let ended = self.record().await;
        // Everything is decided, or must not be kept. In all other cases the buffer waits for the next start.
        if matches!(ended, Ok(_) | Err(RecorderError::Consent)) {
            self.buffer.destroy()?;
        }
        ended
    }

    async fn record(&mut self) -> Result<Finished, RecorderError> {
        let mut captured = self.capture()?;
        let started = Instant::now();
        let mut from_ms = None;
        let mut pending: Option<Due> = None;
        let mut room_at = started;
        let mut capturing = !self.ended;
        let cancel = self.cancel.clone();
        let mut phase = Phase::Opening(self.open());
        loop {
            let due = pending.as_ref().map(|due| {
                self.due_at(started, *from_ms.get_or_insert(due.at_ms), due.at_ms)
                    .max(room_at)
            });
            tokio::select! {
                () = cancel.cancelled() => {
                    if let Phase::Live(live) = phase {
                        live.link.up.close().await;
                    }
                    return Err(RecorderError::Cancelled);
                }
                () = sleep_until(due.unwrap_or(started)), if due.is_some() => {
                    if let Some(due) = pending.take()
                        && self.keep(due.at_ms, &due.what)? == Pushed::Full
                    {
                        room_at = Instant::now() + LOOK_FOR_ROOM_EVERY;
                        pending = Some(due);
                    }
                }
                next = captured.recv(), if capturing && pending.is_none() => {
                    let next = next.ok_or(RecorderError::CaptureStopped)??;
                    capturing = next.is_some();
                    pending = Some(next.unwrap_or(Due { at_ms: 0, what: Captured::End }));
                }
                step = phase.step(&self.buffer, &self.urgent) => match self.take(phase, step).await? {
                    Next::Phase(next) => phase = next,
                    Next::Finished => {
                        return Ok(Finished {
                            report_version: self.report_version,
                            connections: self.retry.connections(),
                        });
                    }
                },
            }
        }
    }

    /// Starts the thread that encodes, from where the buffer ends. Hands over nothing at the end, and only there.
    fn capture(&self) -> Result<mpsc::Receiver<Result<Option<Due>, EncodeError>>, RecorderError> {
        let mut playback = Playback::new(&self.recording, &self.next_sample, self.kept_to_ms)?;
        let (handed_over, captured) = mpsc::channel(CAPTURED_AHEAD);
        let play = move || {
            loop {
                let next = playback.next();
                let is_last = !matches!(next, Ok(Some(_)));
                if handed_over.blocking_send(next).is_err() || is_last {
                    return;
                }
            }
        };
        let thread = std::thread::Builder::new().name("attune-encode".to_owned());
        thread.spawn(play).map_err(RecorderError::Thread)?;
        Ok(captured)
    }

    /// When `at_ms` of the meeting is, if its `from_ms` was at `started`.
    fn due_at(&self, started: Instant, from_ms: u64, at_ms: u64) -> Instant {
        let ms = at_ms.saturating_sub(from_ms) as f64 / self.recording.speed;
        started + Duration::from_secs_f64(ms / 1000.0)
    }

    /// Begins to open a connection.
    fn open(&self) -> Opening {
        let (way, device) = (Arc::clone(&self.way), self.device.clone());
        let (session, hello) = (self.session, self.hello.clone());
        Box::pin(async move {
            let connection = way.reserve(session).await?;
            let (link, welcome) = Link::open(&*way, &device, session, &connection, &hello).await?;
            Ok((connection, link, welcome))
        })
    }

    async fn take(&mut self, phase: Phase, step: Step) -> Result<Next, RecorderError> {
        match (phase, step) {
            (_, Step::Retry) => Ok(Next::Phase(Phase::Opening(self.open()))),
            (_, Step::Opened(opened)) => match *opened {
                Ok((connection, link, welcome)) => self.on_welcome(&connection, link, welcome).await,
                Err(cause) => self.on_lost(cause).await,
            },
            (Phase::Live(live), Step::Event(Ok(envelope))) => self.on_event(live, envelope).await,
            (_, Step::Event(Err(end))) => self.on_lost(end.into()).await,
            (Phase::Live(mut live), Step::Send(stream, seq)) => {
                self.send(&mut live, stream, seq)?;
                Ok(Next::Phase(Phase::Live(live)))
            }
            (phase, Step::Send(..) | Step::Event(Ok(_))) => Ok(Next::Phase(phase)),
            (_, Step::CloseLate) => Ok(Next::Finished),
        }
    }

    async fn on_welcome(
        &mut self,
        connection: &Connection,
        link: Link,
        welcome: Welcome,
    ) -> Result<Next, RecorderError> {
        self.retry.connected(Instant::now());
        let end_was_kept = self.ended && !welcome.ended;
        for stream in Stream::ALL {
            let position = welcome.streams.get(&stream).copied().unwrap_or_default();
            let kept = self.buffer.first_seq(stream)..=self.buffer.next_seq(stream);
            if !kept.contains(&position.resume_seq) {
                tracing::warn!(
                    stream = stream.as_str(),
                    resume_seq = position.resume_seq,
                    first_seq = kept.start(),
                    next_seq = kept.end(),
                    "the buffer does not have what the server asks for; what is missing becomes a gap"
                );
                self.buffer.restart_at(stream, position.resume_seq)?;
                if let Some(track) = stream.track() {
                    let behind = self.next_sample.insert(track, position.resume_sample).unwrap_or(0);
                    if self.ended && end_was_kept {
                        self.buffer.take_back(Stream::Control)?;
                        self.ended = false;
                    }
                    let declared = self.skip_to(track, behind, SkipReason::BufferLost)?;
                    self.must_be_kept(declared)?;
                }
                if stream == Stream::Control {
                    self.ended &= welcome.ended;
                    self.urgent.clear();
                }
            }
        }
        if end_was_kept {
            let declared = self.end()?;
            self.must_be_kept(declared)?;
        }
        let outbox = Outbox::new(&welcome, self.recording.declarations(), Instant::now());
        let epoch = connection.epoch;
        let ended = welcome.ended;
        self.tell(ClientEvent::Connected {
            epoch,
            welcome: Box::new(welcome),
        })
        .await;
        let close_by = ended.then(|| Instant::now() + CLOSE_AFTER_REPORT);
        Ok(Next::Phase(Phase::Live(Box::new(Live {
            epoch,
            link,
            outbox,
            close_by,
        }))))
    }

    /// What a lost buffer leaves to declare cannot wait for room: the next frame to leave may depend on it.
    fn must_be_kept(&self, declared: Pushed) -> Result<(), RecorderError> {
        match declared {
            Pushed::Kept => Ok(()),
            Pushed::Full => Err(RecorderError::Buffer(BufferError::Disk {
                tried: "declaring what was lost",
                dir: self.options.buffer_dir.clone(),
                source: std::io::ErrorKind::StorageFull.into(),
            })),
        }
    }

    async fn on_event(&mut self, mut live: Box<Live>, envelope: Envelope) -> Result<Next, RecorderError> {
        debug_assert_eq!(envelope.epoch, live.epoch, "the link drops events of other connections");
        if let Some(number) = envelope.number {
            if number <= self.last_number {
                return Ok(Next::Phase(Phase::Live(live)));
            }
            self.last_number = number;
        }
        match &envelope.event {
            ServerEvent::Received { stream, seq } => live.outbox.received(*stream, *seq),
            ServerEvent::Committed {
                stream,
                sample,
                release_seq,
            } => {
                live.outbox.committed(*stream, *sample);
                // What has not been sent on this connection cannot be released by it.
                self.buffer
                    .release(*stream, (*release_seq).min(live.outbox.next_seq(*stream)))?;
                self.retry.progressed();
            }
            ServerEvent::Status { credit_ms, step, .. } => {
                live.outbox.status(*credit_ms, *step);
                // Also over a lost connection: what was told holds until something else is.
                let was_deferred = std::mem::replace(&mut self.deferred, live.outbox.is_deferred());
                match (was_deferred, self.deferred) {
                    (false, true) => self.tell(ClientEvent::Deferred).await,
                    (true, false) => self.tell(ClientEvent::Draining).await,
                    _ => {}
                }
            }
            ServerEvent::Expected { stream, seq } if *seq < live.outbox.next_seq(*stream) => {
                return self.on_lost(RetryCause::LostCount).await;
            }
            ServerEvent::ReportReady { version } => {
                self.report_version = Some(*version);
                live.close_by = Some(Instant::now() + CLOSE_AFTER_REPORT);
            }
            ServerEvent::Error(notice) => self.retry.wait_at_least(notice.retry_after_s),
            _ => {}
        }
        self.tell(ClientEvent::Server(Box::new(envelope))).await;
        Ok(Next::Phase(Phase::Live(live)))
    }

    fn send(&mut self, live: &mut Live, stream: Stream, seq: u64) -> Result<(), RecorderError> {
        let Some((_, prefix)) = self.buffer.peek(stream, seq) else {
            return Ok(());
        };
        let Some(payload) = self.buffer.read(stream, seq)? else {
            return Ok(());
        };
        if !live.link.up.send(&prefix, &payload)? {
            return Ok(());
        }
        let end_16k = live.outbox.sent(&prefix, &payload, Instant::now());
        if let Some(track) = stream.track() {
            let sent = ClientEvent::Sent {
                track,
                to: MeetingTime::from_sample(end_16k),
                at: std::time::Instant::now(),
            };
            let _ = self.events.try_send(sent);
        }
        Ok(())
    }

    /// The connection is gone, or did not come about: whether another one is worth a try.
    async fn on_lost(&mut self, cause: RetryCause) -> Result<Next, RecorderError> {
        match self.retry.verdict(&cause) {
            retry::Verdict::Ended => return Ok(Next::Finished),
            retry::Verdict::Fatal => return Err(cause.into()),
            retry::Verdict::Retry => {}
        }
        let retry_in = match self.retry.next(&cause, Instant::now()) {
            Some(retry_in) => retry_in,
            None => return Err(RecorderError::GaveUp(self.options.give_up_after, Box::new(cause))),
        };
        let mut reason = cause.to_string();
        if let Some(source) = std::error::Error::source(&cause) {
            reason = format!("{reason}: {source}");
        }
        self.tell(ClientEvent::Disconnected { reason, retry_in }).await;
        Ok(Next::Phase(Phase::Waiting(Instant::now() + retry_in)))
    }

    /// Passes an event on. What the next one of its kind replaces is dropped where the caller is slow; all else waits.
    async fn tell(&self, event: ClientEvent) {
        let replaceable = match &event {
            ClientEvent::Sent { .. } => true,
            ClientEvent::Connected { .. }
            | ClientEvent::Disconnected { .. }
            | ClientEvent::Deferred
            | ClientEvent::Draining => false,
            ClientEvent::Server(envelope) => matches!(
                envelope.event,
                ServerEvent::Received { .. }
                    | ServerEvent::Partial(_)
                    | ServerEvent::Measures { .. }
                    | ServerEvent::Status { .. }
                    | ServerEvent::Speech { .. }
            ),
        };
        // A caller that no longer listens does not stop the recording.
        if replaceable {
            let _ = self.events.try_send(event);
        } else {
            tokio::select! {
                _ = self.events.send(event) => {}
                () = self.cancel.cancelled() => {}
            }
        }
    }
}

#[cfg(test)]
mod tests;
