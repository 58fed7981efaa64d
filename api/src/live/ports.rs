//! What a connection needs of the world outside, on PostgreSQL and the key tree: tickets, devices' keys, consent, and
//! the ledger. Thousands may open at once, when a node comes back: each asks little, and in turn.

use crate::ids::TenantId;
use crate::live::Live;
use crate::live::ledger::PostgresLedger;
use crate::live::opening::{self, capture, device, member};
use crate::live::sink::{self, SinkLedger};
use crate::live::socket::Verdict;
use crate::record::sessions::{self, Agreed};
use crate::record::{streams, tickets, to_column};
use attune_ingest::ports::{
    Batch, Cause, Committed, ConsentRefused, Consented, Consents, DeviceRefused, Devices, Lap, Ledger, LedgerError,
    Ledgers, NotRedeemed, Reservation, Resumption, Stopwatch, TicketRefused, Tickets,
};
use attune_ingest::protocol::{Hello, ServerEvent};
use std::sync::{Mutex, PoisonError};
use tokio::sync::SemaphorePermit;
use zeroize::Zeroizing;

/// The world outside, as one connection sees it.
pub(super) struct Door {
    live: Live,
    /// Closes the connection when it loses its place.
    verdict: Verdict,
    /// What its ticket stands for, once that was looked up: before the upgrade, and not again after it.
    known: Mutex<Option<Known>>,
}

/// What a ticket stands for.
#[derive(Clone)]
struct Known {
    reservation: Reservation,
    /// The device's pre-shared key, wrapped.
    psk: Vec<u8>,
    /// Where its session stood when the ticket was used up; only where the server is a sink.
    stood: Option<Resumption>,
}

impl Door {
    pub(super) fn new(live: Live, verdict: Verdict) -> Self {
        Self {
            live,
            verdict,
            known: Mutex::default(),
        }
    }

    fn known(&self, ticket_sha256: &[u8; 32]) -> Option<Known> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known
            .clone()
            .filter(|known| known.reservation.ticket_sha256 == *ticket_sha256)
    }

    /// What a person who agrees to be recorded agrees to besides; the connection knows it from here on.
    fn consented(&self, agreed: &Agreed) -> Consented {
        let audio_may_leave = agreed.audio_may_leave;
        self.verdict.know_may_leave(audio_may_leave);
        Consented { audio_may_leave }
    }

    /// Waits for its turn to ask the database.
    async fn turn(&self) -> SemaphorePermit<'_> {
        let turn = self.live.turns.acquire().await;
        turn.expect("invariant: the semaphore is never closed")
    }
}

/// The ledger of a connection: of its meeting, or of digests where the server is measured.
#[derive(Debug)]
pub(super) enum OpenLedger {
    Meeting(Box<PostgresLedger>),
    Sink(Box<SinkLedger>),
}

/// The kind of device that may connect without an `Origin`.
const NATIVE: &str = "native";

/// Why a ticket was not used up.
enum Refusal {
    Db(sqlx::Error),
    NoConsent,
    TooLate,
}

impl From<sqlx::Error> for Refusal {
    fn from(error: sqlx::Error) -> Self {
        Self::Db(error)
    }
}

impl From<Refusal> for NotRedeemed {
    fn from(refused: Refusal) -> Self {
        match refused {
            Refusal::Db(error) => TicketRefused::Unavailable(cause(error)).into(),
            Refusal::NoConsent => ConsentRefused::Missing.into(),
            Refusal::TooLate => TicketRefused::Unknown.into(),
        }
    }
}

fn cause(error: sqlx::Error) -> Cause {
    Box::new(error)
}

impl Tickets for Door {
    async fn inspect(&self, ticket_sha256: [u8; 32]) -> Result<Reservation, TicketRefused> {
        if let Some(known) = self.known(&ticket_sha256) {
            return Ok(known.reservation);
        }
        let _turn = self.turn().await;
        let unavailable = |error| TicketRefused::Unavailable(cause(error));
        let lead = self
            .live
            .db
            .ask(async |db| tickets::find_connection(db, &ticket_sha256).await)
            .await;
        let lead = lead.map_err(unavailable)?.ok_or(TicketRefused::Unknown)?;
        let tenant = TenantId(lead.tenant_id);
        let reserved = self
            .live
            .db
            .with_tenant(tenant, async |tx| {
                sessions::reserved(tx, tenant, lead.session_id, &ticket_sha256).await
            })
            .await;
        let reserved = reserved.map_err(unavailable)?.ok_or(TicketRefused::Unknown)?;
        if reserved.next_epoch != lead.epoch {
            return Err(TicketRefused::Superseded);
        }
        let reservation = Reservation {
            tenant: lead.tenant_id,
            user: reserved.user_id,
            device: reserved.device_id,
            native: reserved.device_kind == NATIVE,
            session: lead.session_id,
            meeting: reserved.meeting_id,
            epoch: crate::record::from_column(lead.epoch),
            ticket_sha256,
        };
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some(Known {
            reservation: reservation.clone(),
            psk: reserved.device_psk,
            stood: None,
        });
        Ok(reservation)
    }

    async fn redeem(&self, reservation: &Reservation) -> Result<Consented, NotRedeemed> {
        let (at, epoch) = (capture(reservation), to_column(reservation.epoch));
        let digest = &reservation.ticket_sha256;
        let _turn = self.turn().await;
        let redeemed: Result<_, Refusal> = self
            .live
            .db
            .with_tenant(at.tenant, async |tx| {
                let agreed = sessions::agreed(&mut *tx, at).await?;
                let agreed = agreed.filter(|agreed| agreed.record).ok_or(Refusal::NoConsent)?;
                let redeemed = sessions::redeem(&mut *tx, at.tenant, at.session, digest, epoch).await?;
                let redeemed = redeemed.ok_or(Refusal::TooLate)?;
                if self.live.sink.is_none() {
                    return Ok((agreed, None));
                }
                // From here on this connection alone writes: what it reads now is what it goes on from.
                let positions = streams::positions(&mut *tx, at).await?;
                Ok((agreed, Some(sink::stood(&redeemed, positions))))
            })
            .await;
        let (agreed, stood) = redeemed?;
        if let Some(known) = &mut *self.known.lock().unwrap_or_else(PoisonError::into_inner) {
            known.stood = stood;
        }
        Ok(self.consented(&agreed))
    }
}

impl Devices for Door {
    async fn psk(&self, reservation: &Reservation) -> Result<Zeroizing<[u8; 32]>, DeviceRefused> {
        let (member, device) = (member(reservation), device(reservation));
        let known = self.known(&reservation.ticket_sha256).ok_or(DeviceRefused::Unknown)?;
        let _turn = self.turn().await;
        let key = self
            .live
            .keys
            .member(member)
            .await
            .map_err(|error| DeviceRefused::Unavailable(Box::new(error)))?;
        key.unwrap_psk(device, &known.psk)
            .map_err(|error| DeviceRefused::Unavailable(Box::new(error)))
    }

    fn identity_key_id(&self) -> u8 {
        self.live.keys.identity_key_id()
    }

    fn sign_offer(&self, offer: &[u8]) -> [u8; 64] {
        self.live.keys.sign_offer(offer).signature
    }
}

impl Consents for Door {
    async fn check(&self, reservation: &Reservation) -> Result<Consented, ConsentRefused> {
        let at = capture(reservation);
        let _turn = self.turn().await;
        let agreed: sqlx::Result<_> = self
            .live
            .db
            .with_tenant(at.tenant, async |tx| sessions::agreed(tx, at).await)
            .await;
        let agreed = agreed.map_err(|error| ConsentRefused::Unavailable(cause(error)))?;
        let agreed = agreed.filter(|agreed| agreed.record).ok_or(ConsentRefused::Missing)?;
        Ok(self.consented(&agreed))
    }
}

impl Stopwatch for Door {
    fn lap(&self, lap: &Lap) {
        self.live.metrics.meetings.lap(lap);
    }
}

impl Ledgers for Door {
    type Ledger = OpenLedger;

    async fn open(&self, reservation: &Reservation, hello: &Hello) -> Result<(OpenLedger, Resumption), LedgerError> {
        let known = self.known(&reservation.ticket_sha256);
        if let (Some(sink), Some(stood)) = (&self.live.sink, known.and_then(|known| known.stood)) {
            let ledger = sink::open(&self.live, sink, &self.verdict, reservation);
            return Ok((OpenLedger::Sink(Box::new(ledger)), stood));
        }
        let _turn = self.turn().await;
        let opening = Box::pin(opening::open(&self.live, &self.verdict, reservation, hello));
        let (ledger, resumption) = opening.await?;
        Ok((OpenLedger::Meeting(Box::new(ledger)), resumption))
    }
}

/// What a meeting's commit keeps while it waits is 16 kilobytes: in a box of its own, so that a sink's connection has no room
/// for it.
impl Ledger for OpenLedger {
    async fn commit(&mut self, batch: Batch) -> Result<Committed, LedgerError> {
        match self {
            Self::Meeting(ledger) => Box::pin(ledger.commit(batch)).await,
            Self::Sink(ledger) => ledger.commit(batch).await,
        }
    }

    fn measures(&self) -> Option<ServerEvent> {
        match self {
            Self::Meeting(ledger) => ledger.measures(),
            Self::Sink(ledger) => ledger.measures(),
        }
    }

    fn tell(&mut self, event: &ServerEvent) {
        match self {
            Self::Meeting(ledger) => ledger.tell(event),
            Self::Sink(ledger) => ledger.tell(event),
        }
    }

    async fn end(&mut self) -> Result<Committed, LedgerError> {
        match self {
            Self::Meeting(ledger) => Box::pin(ledger.end()).await,
            Self::Sink(ledger) => ledger.end().await,
        }
    }

    async fn report_ready(&mut self) -> Option<ServerEvent> {
        match self {
            Self::Meeting(ledger) => ledger.report_ready().await,
            Self::Sink(ledger) => ledger.report_ready().await,
        }
    }
}
