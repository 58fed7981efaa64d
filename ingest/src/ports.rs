//! What a live connection needs of the world outside: tickets, devices' keys, consent, and a ledger that makes what
//! was heard durable. `api` implements these on Postgres, [`crate::memory`] in memory, so that everything between the
//! socket and the transaction is tested without a database.
//!
//! Sample numbers here are 16 kHz samples since the session began, whatever rate a track declares.

use crate::hearing::Purpose;
use crate::protocol::{
    Account, Caption, Coaching, Codec, Hello, Insight, Mark, Prefix, SampleClass, ServerEvent, SkipReason, Stream,
};
use attune_engine::clock::{MeetingTime, Span};
use attune_engine::speaker::Track;
use attune_engine::transcript::Final;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::future::Future;
use std::time::Duration;
use uuid::Uuid;
use zeroize::Zeroizing;

/// Why something outside did not answer; never shown to a client.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// A connection that a client may open: what its ticket stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reservation {
    /// The organisation.
    pub tenant: Uuid,
    /// Whose meeting it is.
    pub user: Uuid,
    /// The device that captures.
    pub device: Uuid,
    /// A device of kind `native`: it may connect without an `Origin`.
    pub native: bool,
    /// One device in one meeting.
    pub session: Uuid,
    /// The meeting.
    pub meeting: Uuid,
    /// Number of the connection within the session, rising; commits are fenced on it.
    pub epoch: u64,
    /// SHA-256 of the ticket, which itself is never stored.
    pub ticket_sha256: [u8; 32],
}

/// Why a ticket opens nothing.
#[derive(Debug, thiserror::Error)]
pub enum TicketRefused {
    /// Never issued, expired, or used before.
    #[error("the ticket is unknown, expired or used")]
    Unknown,
    /// A later connection of the session is live already.
    #[error("a later connection is live")]
    Superseded,
    /// The store did not answer.
    #[error("looking a ticket up")]
    Unavailable(#[source] Cause),
}

/// Why a ticket was not used up.
#[derive(Debug, thiserror::Error)]
pub enum NotRedeemed {
    /// It opens nothing.
    #[error(transparent)]
    Ticket(#[from] TicketRefused),
    /// Its person is not to be recorded.
    #[error(transparent)]
    Consent(#[from] ConsentRefused),
}

/// Tickets: each opens one connection, once.
pub trait Tickets {
    /// What the ticket stands for. Changes nothing.
    fn inspect(&self, ticket_sha256: [u8; 32]) -> impl Future<Output = Result<Reservation, TicketRefused>> + Send;

    /// Uses the ticket up and makes its epoch the live one, in a single statement that a later epoch fences, if the person agrees to
    /// be recorded (see [`Consents`]): else nothing changes.
    fn redeem(&self, reservation: &Reservation) -> impl Future<Output = Result<Consented, NotRedeemed>> + Send;
}

/// Why a device has no key.
#[derive(Debug, thiserror::Error)]
pub enum DeviceRefused {
    /// Unknown or revoked.
    #[error("the device is unknown or revoked")]
    Unknown,
    /// The key store did not answer.
    #[error("fetching a device's key")]
    Unavailable(#[source] Cause),
}

/// What binds a connection to a device, and the server to its identity.
pub trait Devices {
    /// The key shared with the device at its enrolment.
    fn psk(&self, reservation: &Reservation)
    -> impl Future<Output = Result<Zeroizing<[u8; 32]>, DeviceRefused>> + Send;

    /// The identity key that signs offers now; its id stands inside the bytes that it signs.
    fn identity_key_id(&self) -> u8;

    /// The Ed25519 signature of that key over [`crate::keys::Offer::signed_bytes`].
    fn sign_offer(&self, offer: &[u8]) -> [u8; 64];
}

/// Why nothing may be recorded.
#[derive(Debug, thiserror::Error)]
pub enum ConsentRefused {
    /// Not given, or withdrawn.
    #[error("consent is missing or withdrawn")]
    Missing,
    /// The store did not answer.
    #[error("checking consent")]
    Unavailable(#[source] Cause),
}

/// What a person who is recorded agrees to besides.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Consented {
    /// Audio may be sent to a recognizer elsewhere: the person agrees to it, and their organisation allows it.
    pub audio_may_leave: bool,
}

/// Consent to be recorded, looked up again when it may have changed.
pub trait Consents {
    /// The person's own, and for this meeting that the others were told.
    fn check(&self, reservation: &Reservation) -> impl Future<Output = Result<Consented, ConsentRefused>> + Send;
}

/// Why a ledger did not open, or did not commit. Nothing of the batch is durable then.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// A later epoch is live: this connection was taken over.
    #[error("a later connection is live")]
    Fenced,
    /// The person took their consent back: what the batch tells of them is not kept.
    #[error("consent is withdrawn")]
    Withdrawn,
    /// The session ended for good: `session_closed`.
    #[error("the session is closed")]
    Closed,
    /// The store did not answer or refused; another try may work.
    #[error("committing to the ledger")]
    Unavailable(#[source] Cause),
}

/// Opens ledgers.
pub trait Ledgers {
    /// The ledger of one connection.
    type Ledger: Ledger + 'static;

    /// The ledger of the reservation's session and where the session stands. Called once its ticket is redeemed.
    fn open(
        &self,
        reservation: &Reservation,
        hello: &Hello,
    ) -> impl Future<Output = Result<(Self::Ledger, Resumption), LedgerError>> + Send;
}

/// Where a session stands: nothing for a new one.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Resumption {
    /// The last committed position of every stream that ever had one, as it was in [`Batch::positions`].
    pub streams: BTreeMap<Stream, Position>,
    /// What became of every sample that is committed.
    pub samples: BTreeMap<Track, Account>,
    /// It has ended: nothing more is taken.
    pub ended: bool,
    /// The person chose to keep the audio: frames that are decided are handed to the ledger too.
    pub keep_audio: bool,
    /// What the tab said last, by end: the echo gate knows its words again. [`lately_said`] says how much of it.
    pub said: Vec<Final>,
    /// Only digests are kept: frames are checked and not heard.
    pub sink: bool,
}

/// The finals of the tab that a resumed session is told of: what may be heard again in a segment of the microphone that is
/// not decided. `finals` are a meeting's committed ones in their order.
pub fn lately_said<'a>(finals: impl DoubleEndedIterator<Item = &'a Final>) -> Vec<Final> {
    let mut said: Vec<Final> = finals
        .rev()
        .filter(|said| said.track == Track::Tab)
        .take(LATELY_SAID)
        .cloned()
        .collect();
    said.reverse();
    said
}

/// Finals told to a resumed session: a segment of a tab is 0.7 s and more with the pause behind it, the microphone's
/// longest 14 s.
const LATELY_SAID: usize = 32;

/// Where a stream stands in a commit, and what a resume needs to go on from there. Stored as it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Position {
    /// The stream.
    pub stream: Stream,
    /// Audio: every 16 kHz sample before it is decided. Control: every frame before it has had its effect, and what is
    /// sent again of them only places audio that is sent again. Else zero.
    pub decided_sample: u64,
    /// The client must keep frames from this `seq` on; a resumed connection sends from it.
    pub release_seq: u64,
    /// What `first_sample` the frame `release_seq` has, at the declared rate; a later one is covered by a skip.
    pub release_first_sample: u64,
    /// The line from samples to meeting time in force just before that frame.
    pub line: Option<Line>,
}

/// A straight line from 16 kHz samples to meeting time: `sample` happened at `at_ms`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// A 16 kHz sample.
    pub sample: u64,
    /// Its meeting time in milliseconds.
    pub at_ms: u64,
    /// No sample after `sample` happened before this: time does not run back where a line was lowered.
    pub floor_ms: u64,
}

/// What happened to a stretch of a track, for good. Within a track these are contiguous, in order and disjoint: every
/// sample is in exactly one.
#[derive(Debug, Clone, PartialEq)]
pub struct Decided {
    /// The track.
    pub track: Track,
    /// First 16 kHz sample.
    pub from_sample: u64,
    /// The sample after the last.
    pub to_sample: u64,
    /// When that was.
    pub span: Span,
    /// What became of it.
    pub class: SampleClass,
    /// Why, where the class alone does not say: `muted`, `buffer_full`, `recognizer_failed`, `noise`, `echo`.
    pub reason: Option<String>,
    /// The words, where it is decoded speech.
    pub outcome: Option<Final>,
}

impl Decided {
    /// Counts its samples where they belong.
    pub fn count_in(&self, samples: &mut BTreeMap<Track, Account>) {
        let account = samples.entry(self.track).or_default();
        account.add(self.class, self.reason.as_deref(), self.to_sample - self.from_sample);
    }

    /// Whether some of it is to be forgotten.
    pub(crate) fn is_touched_by(&self, withdrawal: &Withdrawal) -> bool {
        self.track == withdrawal.track
            && self.from_sample < withdrawal.to_sample
            && withdrawal.from_sample < self.to_sample
    }

    /// What it is once a stretch is forgotten. Speech goes as a whole, because its words do; of anything else only the part
    /// inside the stretch; and a loss stays a loss.
    pub(crate) fn without(self, withdrawal: &Withdrawal) -> Vec<Self> {
        if !self.is_touched_by(withdrawal) || self.class == SampleClass::Gap {
            return vec![self];
        }
        let (before, mut inside, after) = match self.class {
            SampleClass::Decoded | SampleClass::Suppressed => (None, Some(self), None),
            SampleClass::NonSpeech | SampleClass::Withheld | SampleClass::Gap => {
                let (before, rest) = self.cut(withdrawal.from_sample, withdrawal.span.start);
                let (inside, after) =
                    rest.map_or((None, None), |rest| rest.cut(withdrawal.to_sample, withdrawal.span.end));
                (before, inside, after)
            }
        };
        if let Some(inside) = &mut inside {
            inside.class = SampleClass::Withheld;
            inside.reason = Some(SkipReason::OffTheRecord.as_str().to_owned());
            inside.outcome = None;
        }
        [before, inside, after].into_iter().flatten().collect()
    }

    /// The part before `sample`, which was at `at`, and the part from it on.
    fn cut(self, sample: u64, at: MeetingTime) -> (Option<Self>, Option<Self>) {
        if sample <= self.from_sample {
            return (None, Some(self));
        }
        if sample >= self.to_sample {
            return (Some(self), None);
        }
        let middle = at.clamp(self.span.start, self.span.end);
        let before = Self {
            to_sample: sample,
            span: Span::new(self.span.start, middle),
            ..self.clone()
        };
        let after = Self {
            from_sample: sample,
            span: Span::new(middle, self.span.end),
            ..self
        };
        (Some(before), Some(after))
    }
}

/// The person asked that what was said on a track be forgotten: words, events, nudges and quotes that overlap it, and
/// whatever was marked or observed since it began, which may be ahead of the audio. The stretch is empty where no audio of
/// it has come yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Withdrawal {
    /// The track.
    pub track: Track,
    /// First 16 kHz sample to forget.
    pub from_sample: u64,
    /// The sample after the last.
    pub to_sample: u64,
    /// When that was.
    pub span: Span,
}

/// A frame of a track as it came in, for a ledger that keeps audio. All of it is decided, and none of it withheld.
#[derive(Clone, PartialEq)]
pub struct KeptFrame {
    /// The track.
    pub track: Track,
    /// How `payload` is coded.
    pub codec: Codec,
    /// The rate that `first_sample` counts at.
    pub rate_hz: u32,
    /// Its first sample, at that rate.
    pub first_sample: u64,
    /// Its first 16 kHz sample.
    pub from_sample: u64,
    /// The 16 kHz sample after its last.
    pub to_sample: u64,
    /// The audio, in the clear: it is sealed before it rests anywhere.
    pub payload: Zeroizing<Vec<u8>>,
}

impl std::fmt::Debug for KeptFrame {
    /// Where it lies; never what is heard in it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeptFrame")
            .field("track", &self.track)
            .field("from_sample", &self.from_sample)
            .field("to_sample", &self.to_sample)
            .finish_non_exhaustive()
    }
}

/// How a node keeps up with one connection, by the clock on the wall.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pressure {
    /// How late words come, beyond what closing a segment takes.
    pub lag: Duration,
    /// The node has given partials up, or more, to keep up.
    pub is_pressed: bool,
}

/// What one transaction makes durable: all of it or nothing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Batch {
    /// In the order in which the meeting's fold sees it: speech by its end, over all tracks.
    pub decided: Vec<Decided>,
    /// The new position of every stream that moved.
    pub positions: Vec<Position>,
    /// Everything before this is decided on all tracks.
    pub decided_to: MeetingTime,
    /// What the device read off the camera.
    pub insights: Vec<Insight>,
    /// What the meeting's own page showed.
    pub captions: Vec<Caption>,
    /// Moments marked.
    pub marks: Vec<Mark>,
    /// What the client told the coach.
    pub coaching: Vec<Coaching>,
    /// How the node keeps up. No part of what is replayed.
    pub pressure: Pressure,
    /// What to forget of earlier commits, before anything of this one is added.
    pub withdrawals: Vec<Withdrawal>,
    /// The audio of what is decided, in order within each track; only where [`Resumption::keep_audio`] asks for it.
    pub kept: Vec<KeptFrame>,
    /// The frames that were checked, in order within each stream; only where [`Resumption::sink`] asks for them, and then there
    /// is nothing else but positions.
    pub checked: Vec<Checked>,
}

/// A frame that was opened in its turn, and is known by its digest alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checked {
    /// The stream.
    pub stream: Stream,
    /// Its number.
    pub seq: u64,
    /// See [`Checked::digest`].
    pub sha256: [u8; 32],
}

impl Checked {
    /// SHA-256 over a frame's prefix, as it travels, and its payload.
    pub fn digest(prefix: &Prefix, payload: &[u8]) -> [u8; 32] {
        Sha256::new()
            .chain_update(prefix.encode())
            .chain_update(payload)
            .finalize()
            .into()
    }
}

/// A durable event: what its transaction numbered, from a counter of the meeting.
#[derive(Debug, Clone, PartialEq)]
pub struct Numbered {
    /// The cursor of `/v1/live`.
    pub number: u64,
    /// The event.
    pub event: ServerEvent,
}

/// What a transaction gave rise to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Committed {
    /// To be sent in this order: finals, gaps, nudges, marks, retractions.
    pub events: Vec<Numbered>,
    /// What became of every sample that is committed by now, this transaction's included.
    pub samples: BTreeMap<Track, Account>,
}

/// The durable side of one live connection. Holds the fold over the meeting's committed events.
pub trait Ledger: Send {
    /// Makes a batch durable in one transaction that a later epoch fences.
    fn commit(&mut self, batch: Batch) -> impl Future<Output = Result<Committed, LedgerError>> + Send;

    /// The `measures` event as of the last commit; nothing before there is anything to show.
    fn measures(&self) -> Option<ServerEvent>;

    /// Shows an event without a number (`speech`, `measures`, `status`, `ending`) to the other readers of the meeting.
    /// Does not wait; may drop it.
    fn tell(&mut self, event: &ServerEvent);

    /// Everything is decided: ends the session and has the report made.
    fn end(&mut self) -> impl Future<Output = Result<Committed, LedgerError>> + Send;

    /// The `report_ready` event once the report is made; the connection waits for it a while after the end.
    fn report_ready(&mut self) -> impl Future<Output = Option<ServerEvent>> + Send;
}

/// Something that a connection timed. Sound counts from when it came in: what a client kept back has not.
#[derive(Debug, Clone, PartialEq)]
pub enum Lap {
    /// Frames were acked, the oldest of them this long after it came in.
    Received(Duration),
    /// The words of some speech are durable, and on their way: this long after the last sound of it.
    Final(Duration),
    /// Open speech is shown: this long after the last sound that was heard for it.
    Partial(Duration),
    /// A segment was recognised.
    Recognized {
        /// By what, as [`attune_engine::recognize::RecognizerInfo::label`].
        model: String,
        /// What its words are for.
        purpose: Purpose,
        /// How long what was recognised lasts.
        audio: Duration,
        /// How long a worker was at it.
        took: Duration,
    },
}

/// Counts how long things take, for whoever runs the node.
pub trait Stopwatch {
    /// A connection timed something. Does not wait.
    fn lap(&self, lap: &Lap);
}

/// All of them: what serving a connection takes.
pub trait Ports: Tickets + Devices + Consents + Ledgers + Stopwatch + Send + Sync + 'static {}

impl<P: Tickets + Devices + Consents + Ledgers + Stopwatch + Send + Sync + 'static> Ports for P {}
