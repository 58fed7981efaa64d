//! The ports in memory: tickets, consent and a ledger with real fencing, for tests and benches of everything above
//! storage. Holds every rule that the database holds by constraint, and refuses a batch that breaks one.

use crate::keys::Offer;
use crate::ports::{
    Batch, Checked, Committed, ConsentRefused, Consented, Consents, Decided, DeviceRefused, Devices, Lap, Ledger,
    LedgerError, Ledgers, NotRedeemed, Numbered, Position, Reservation, Resumption, Stopwatch, TicketRefused, Tickets,
    lately_said,
};
use crate::protocol::{
    Account, Caption, GapNotice, Hello, Insight, SampleClass, ServerEvent, Stream, SuppressedNotice,
};
use attune_engine::speaker::Track;
use attune_engine::transcript::Final;
use ed25519_dalek::{Signer, SigningKey};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use uuid::Uuid;
use zeroize::Zeroizing;

/// The id of the one identity key.
const KEY_ID: u8 = 1;

/// Storage in memory. Clones share it.
#[derive(Debug, Clone)]
pub struct Memory {
    identity: SigningKey,
    shared: Arc<Mutex<Shared>>,
}

#[derive(Debug, Default)]
struct Shared {
    tickets: HashMap<[u8; 32], Reservation>,
    sessions: HashMap<Uuid, Record>,
    consent_withdrawn: bool,
    audio_may_leave: bool,
    device_revoked: bool,
    failing: bool,
    browsers_only: bool,
    sink: bool,
    laps: Vec<Lap>,
}

/// What is durable of one session.
#[derive(Debug, Clone, Default)]
pub struct Record {
    /// The newest connection that redeemed its ticket.
    pub live_epoch: u64,
    /// Every sample's class, per track, in order.
    pub decided: BTreeMap<Track, Vec<Decided>>,
    /// Numbered events, in order.
    pub events: Vec<Numbered>,
    /// Where streams stand.
    pub positions: BTreeMap<Stream, Position>,
    /// Insights, in order of arrival.
    pub insights: Vec<Insight>,
    /// Captions, in order of arrival.
    pub captions: Vec<Caption>,
    /// Frames that were checked, in order of arrival; only on a sink.
    pub checked: Vec<Checked>,
    /// Batches committed.
    pub commits: u64,
    /// Events without a number that were shown to other readers.
    pub told: Vec<ServerEvent>,
    /// The session has ended.
    pub ended: bool,
}

/// A batch that no database would take.
#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error("{} goes on at {found}, not at {expected}", .track.as_str())]
    NotContiguous { track: Track, expected: u64, found: u64 },
    #[error("an empty or reversed stretch of {}", .0.as_str())]
    Empty(Track),
    #[error("words outside decoded speech on {}", .0.as_str())]
    Words(Track),
    #[error("{} moved back", .0.as_str())]
    MovedBack(Stream),
    #[error("{} is said to be decided to where it is not", .0.as_str())]
    NotDecided(Stream),
    #[error("frame {found} of {} was checked where {expected} was next", .stream.as_str())]
    NotInTurn { stream: Stream, expected: u64, found: u64 },
    #[error("told to fail")]
    Failing,
}

impl Default for Memory {
    fn default() -> Self {
        Self {
            identity: SigningKey::from_bytes(&[7; 32]),
            shared: Arc::default(),
        }
    }
}

impl Memory {
    /// The pre-shared key of every device here.
    pub const PSK: [u8; 32] = [42; 32];

    /// The server's identity, for a client to pin.
    pub fn pinned(&self) -> [(u8, [u8; 32]); 1] {
        [(KEY_ID, self.identity.verifying_key().to_bytes())]
    }

    /// Reserves the next connection of `session`: its ticket and what it stands for. An earlier one that is not used
    /// yet is void.
    pub fn reserve(&self, session: Uuid, epoch: u64) -> Reservation {
        let reservation = Reservation {
            tenant: Uuid::from_u128(1),
            user: Uuid::from_u128(2),
            device: Uuid::from_u128(3),
            native: !self.lock().browsers_only,
            session,
            meeting: Uuid::from_u128(4),
            epoch,
            ticket_sha256: Sha256::digest([session.as_bytes().as_slice(), &epoch.to_be_bytes()].concat()).into(),
        };
        let mut shared = self.lock();
        shared.tickets.retain(|_, other| other.session != session);
        shared.tickets.insert(reservation.ticket_sha256, reservation.clone());
        reservation
    }

    /// What is durable of `session`.
    pub fn record(&self, session: Uuid) -> Record {
        self.lock().sessions.get(&session).cloned().unwrap_or_default()
    }

    /// What connections timed, over all sessions.
    pub fn laps(&self) -> Vec<Lap> {
        self.lock().laps.clone()
    }

    /// Gives consent, and leave, to send audio to a recognizer elsewhere, or takes it back.
    pub fn let_audio_leave(&self, may: bool) {
        self.lock().audio_may_leave = may;
    }

    /// Withdraws consent to record.
    pub fn withdraw_consent(&self) {
        self.lock().consent_withdrawn = true;
    }

    /// Revokes the device.
    pub fn revoke_device(&self) {
        self.lock().device_revoked = true;
    }

    /// Makes devices reserved from now on ones that must name an origin.
    pub fn browsers_only(&self) {
        self.lock().browsers_only = true;
    }

    /// Makes sessions that connect from now on sinks.
    pub fn sink(&self) {
        self.lock().sink = true;
    }

    /// Makes commits fail, or work again.
    pub fn fail_commits(&self, failing: bool) {
        self.lock().failing = failing;
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Record {
    /// Committed segments with their words, in the order of their numbers.
    pub fn finals(&self) -> Vec<Final> {
        let finals = self.events.iter().filter_map(|numbered| match &numbered.event {
            ServerEvent::Final(decided) => Some(decided.clone()),
            _ => None,
        });
        finals.collect()
    }

    /// The 16 kHz sample up to which `track` is decided.
    pub fn decided_to(&self, track: Track) -> u64 {
        self.decided
            .get(&track)
            .and_then(|spans| spans.last())
            .map_or(0, |last| last.to_sample)
    }

    /// What became of every sample that is committed.
    pub fn samples(&self) -> BTreeMap<Track, Account> {
        let mut samples = BTreeMap::new();
        for span in self.decided.values().flatten() {
            span.count_in(&mut samples);
        }
        samples
    }

    fn apply(&mut self, batch: Batch) -> Result<Committed, Broken> {
        // All or nothing, like a transaction.
        let mut next = self.clone();
        let mut events = Vec::new();
        next.forget(&batch, &mut events);
        for decided in batch.decided {
            next.decide(decided, &mut events)?;
        }
        let is_sink = !batch.checked.is_empty();
        for checked in batch.checked {
            next.check(checked)?;
        }
        for position in batch.positions {
            next.move_to(position, is_sink)?;
        }
        next.insights.extend(batch.insights);
        next.captions.extend(batch.captions);
        events.extend(batch.marks.into_iter().map(|mark| ServerEvent::Marked {
            at_ms: mark.at_ms,
            note: mark.note,
        }));
        let number = next.events.last().map_or(0, |last| last.number);
        let numbered: Vec<Numbered> = (number + 1..)
            .zip(events)
            .map(|(number, event)| Numbered { number, event })
            .collect();
        next.events.extend(numbered.iter().cloned());
        next.commits += 1;
        *self = next;
        Ok(Committed {
            events: numbered,
            samples: self.samples(),
        })
    }

    fn forget(&mut self, batch: &Batch, events: &mut Vec<ServerEvent>) {
        for withdrawal in &batch.withdrawals {
            let spans = self.decided.entry(withdrawal.track).or_default();
            let touched = spans.iter().filter(|span| span.is_touched_by(withdrawal));
            let words = touched.filter_map(|span| span.outcome.as_ref());
            let ids: Vec<String> = words.map(|words| words.segment.as_str().to_owned()).collect();
            *spans = std::mem::take(spans)
                .into_iter()
                .flat_map(|span| span.without(withdrawal))
                .collect();
            let before = |at_ms: u64| at_ms < withdrawal.span.start.as_ms();
            self.insights.retain(|insight| before(insight.at_ms));
            self.captions.retain(|caption| before(caption.at_ms()));
            self.events.retain(|numbered| match &numbered.event {
                ServerEvent::Final(words) => !ids.iter().any(|id| id == words.segment.as_str()),
                ServerEvent::Marked { at_ms, .. } => before(*at_ms),
                _ => true,
            });
            if !ids.is_empty() {
                events.push(ServerEvent::Retracted { ids });
            }
        }
    }

    fn decide(&mut self, decided: Decided, events: &mut Vec<ServerEvent>) -> Result<(), Broken> {
        let track = decided.track;
        let expected = self.decided_to(track);
        if decided.from_sample != expected {
            return Err(Broken::NotContiguous {
                track,
                expected,
                found: decided.from_sample,
            });
        }
        if decided.to_sample <= decided.from_sample {
            return Err(Broken::Empty(track));
        }
        if decided.outcome.is_some() != (decided.class == SampleClass::Decoded) {
            return Err(Broken::Words(track));
        }
        if let Some(words) = &decided.outcome {
            events.push(ServerEvent::Final(words.clone()));
        }
        if decided.class == SampleClass::Gap {
            events.push(ServerEvent::Gap(GapNotice {
                track,
                t0_ms: decided.span.start.as_ms(),
                t1_ms: decided.span.end.as_ms(),
                reason: decided.reason.clone().unwrap_or_default(),
            }));
        }
        if decided.class == SampleClass::Suppressed {
            events.push(ServerEvent::Suppressed(SuppressedNotice {
                track,
                t0_ms: decided.span.start.as_ms(),
                t1_ms: decided.span.end.as_ms(),
                reason: decided.reason.clone().unwrap_or_default(),
            }));
        }
        self.decided.entry(track).or_default().push(decided);
        Ok(())
    }

    fn check(&mut self, checked: Checked) -> Result<(), Broken> {
        let Checked { stream, seq: found, .. } = checked;
        let expected = self.checked.iter().filter(|other| other.stream == stream).count() as u64;
        if found != expected {
            return Err(Broken::NotInTurn {
                stream,
                expected,
                found,
            });
        }
        self.checked.push(checked);
        Ok(())
    }

    fn move_to(&mut self, position: Position, is_sink: bool) -> Result<(), Broken> {
        let stream = position.stream;
        if let Some(track) = stream.track()
            && !is_sink
            && position.decided_sample != self.decided_to(track)
        {
            return Err(Broken::NotDecided(stream));
        }
        let before = self.positions.get(&stream);
        let back = |before: &Position| {
            before.release_seq > position.release_seq || before.decided_sample > position.decided_sample
        };
        if before.is_some_and(back) {
            return Err(Broken::MovedBack(stream));
        }
        self.positions.insert(stream, position);
        Ok(())
    }
}

impl Tickets for Memory {
    async fn inspect(&self, ticket_sha256: [u8; 32]) -> Result<Reservation, TicketRefused> {
        let found = self.lock().tickets.get(&ticket_sha256).cloned();
        found.ok_or(TicketRefused::Unknown)
    }

    async fn redeem(&self, reservation: &Reservation) -> Result<Consented, NotRedeemed> {
        let consented = self.check(reservation).await?;
        let mut shared = self.lock();
        shared
            .tickets
            .remove(&reservation.ticket_sha256)
            .ok_or(TicketRefused::Unknown)?;
        let record = shared.sessions.entry(reservation.session).or_default();
        if record.live_epoch >= reservation.epoch {
            return Err(TicketRefused::Superseded.into());
        }
        record.live_epoch = reservation.epoch;
        Ok(consented)
    }
}

impl Devices for Memory {
    async fn psk(&self, _: &Reservation) -> Result<Zeroizing<[u8; 32]>, DeviceRefused> {
        if self.lock().device_revoked {
            return Err(DeviceRefused::Unknown);
        }
        Ok(Zeroizing::new(Self::PSK))
    }

    fn identity_key_id(&self) -> u8 {
        KEY_ID
    }

    fn sign_offer(&self, offer: &[u8]) -> [u8; 64] {
        debug_assert!(offer.len() > Offer::LEN - 64, "an offer's signed bytes name its ticket");
        self.identity.sign(offer).to_bytes()
    }
}

impl Consents for Memory {
    async fn check(&self, _: &Reservation) -> Result<Consented, ConsentRefused> {
        let shared = self.lock();
        if shared.consent_withdrawn {
            return Err(ConsentRefused::Missing);
        }
        Ok(Consented {
            audio_may_leave: shared.audio_may_leave,
        })
    }
}

impl Stopwatch for Memory {
    fn lap(&self, lap: &Lap) {
        self.lock().laps.push(lap.clone());
    }
}

impl Ledgers for Memory {
    type Ledger = MemoryLedger;

    async fn open(&self, reservation: &Reservation, _: &Hello) -> Result<(MemoryLedger, Resumption), LedgerError> {
        let record = self.record(reservation.session);
        if record.live_epoch != reservation.epoch {
            return Err(LedgerError::Fenced);
        }
        let ledger = MemoryLedger {
            memory: self.clone(),
            session: reservation.session,
            epoch: reservation.epoch,
        };
        let resumption = Resumption {
            samples: record.samples(),
            said: lately_said(record.finals().iter()),
            streams: record.positions,
            ended: record.ended,
            keep_audio: false,
            sink: self.lock().sink,
        };
        Ok((ledger, resumption))
    }
}

/// The ledger of one connection.
#[derive(Debug)]
pub struct MemoryLedger {
    memory: Memory,
    session: Uuid,
    epoch: u64,
}

impl MemoryLedger {
    fn transaction<T>(&self, apply: impl FnOnce(&mut Record) -> Result<T, Broken>) -> Result<T, LedgerError> {
        let mut shared = self.memory.lock();
        if shared.failing {
            return Err(LedgerError::Unavailable(Box::new(Broken::Failing)));
        }
        let record = shared.sessions.entry(self.session).or_default();
        if record.live_epoch != self.epoch {
            return Err(LedgerError::Fenced);
        }
        if record.ended {
            return Err(LedgerError::Closed);
        }
        apply(record).map_err(|broken| LedgerError::Unavailable(Box::new(broken)))
    }
}

impl Ledger for MemoryLedger {
    async fn commit(&mut self, batch: Batch) -> Result<Committed, LedgerError> {
        self.transaction(|record| record.apply(batch))
    }

    fn measures(&self) -> Option<ServerEvent> {
        let record = self.memory.record(self.session);
        Some(ServerEvent::Measures {
            at_ms: record.finals().last()?.span.end.as_ms(),
            measures: serde_json::json!({ "segments": record.finals().len() }),
        })
    }

    fn tell(&mut self, event: &ServerEvent) {
        let mut shared = self.memory.lock();
        let record = shared.sessions.entry(self.session).or_default();
        record.told.push(event.clone());
    }

    async fn end(&mut self) -> Result<Committed, LedgerError> {
        self.transaction(|record| {
            record.ended = true;
            Ok(Committed::default())
        })
    }

    async fn report_ready(&mut self) -> Option<ServerEvent> {
        Some(ServerEvent::ReportReady { version: 1 })
    }
}
