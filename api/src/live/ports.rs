//! What a connection needs of the world outside, on PostgreSQL and the key tree: tickets, devices' keys, consent, and
//! the ledger.

use crate::db::{consents, devices, tenants};
use crate::ids::TenantId;
use crate::live::Live;
use crate::live::ledger::PostgresLedger;
use crate::live::opening::{self, capture, device, member};
use crate::live::socket::Verdict;
use crate::record::{sessions, tickets, to_column};
use attune_ingest::ports::{
    Cause, ConsentRefused, Consented, Consents, DeviceRefused, Devices, Lap, LedgerError, Ledgers, Reservation,
    Resumption, Stopwatch, TicketRefused, Tickets,
};
use attune_ingest::protocol::Hello;
use zeroize::Zeroizing;

/// The world outside, as one connection sees it.
pub(super) struct Door {
    pub(super) live: Live,
    /// Closes the connection when it loses its place.
    pub(super) verdict: Verdict,
}

/// The kind of device that may connect without an `Origin`.
const NATIVE: &str = "native";

fn cause(error: sqlx::Error) -> Cause {
    Box::new(error)
}

impl Tickets for Door {
    async fn inspect(&self, ticket_sha256: [u8; 32]) -> Result<Reservation, TicketRefused> {
        let unavailable = |error| TicketRefused::Unavailable(cause(error));
        let lead = self
            .live
            .db
            .without_tenant(async |tx| tickets::find_connection(tx, &ticket_sha256).await)
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
        Ok(Reservation {
            tenant: lead.tenant_id,
            user: reserved.user_id,
            device: reserved.device_id,
            native: reserved.device_kind == NATIVE,
            session: lead.session_id,
            meeting: reserved.meeting_id,
            epoch: crate::record::from_column(lead.epoch),
            ticket_sha256,
        })
    }

    async fn redeem(&self, reservation: &Reservation) -> Result<(), TicketRefused> {
        let (at, epoch) = (capture(reservation), to_column(reservation.epoch));
        let digest = &reservation.ticket_sha256;
        let redeemed = self
            .live
            .db
            .with_tenant(at.tenant, async |tx| {
                let redeemed = sessions::redeem(&mut *tx, at.tenant, at.session, digest, epoch).await?;
                tickets::forget_connections(&mut *tx, at.tenant, at.session, epoch).await?;
                Ok(redeemed)
            })
            .await
            .map_err(|error| TicketRefused::Unavailable(cause(error)))?;
        if redeemed { Ok(()) } else { Err(TicketRefused::Unknown) }
    }
}

impl Devices for Door {
    async fn psk(&self, reservation: &Reservation) -> Result<Zeroizing<[u8; 32]>, DeviceRefused> {
        let (member, device) = (member(reservation), device(reservation));
        let found = self
            .live
            .db
            .with_tenant(member.tenant, async |tx| devices::find(tx, member, device).await)
            .await;
        let found = found
            .map_err(|error| DeviceRefused::Unavailable(cause(error)))?
            .ok_or(DeviceRefused::Unknown)?;
        let key = self
            .live
            .keys
            .member(member)
            .await
            .map_err(|error| DeviceRefused::Unavailable(Box::new(error)))?;
        key.unwrap_psk(device, &found.psk)
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
        let (member, at) = (member(reservation), capture(reservation));
        let (granted, audio_may_leave) = self
            .live
            .db
            .with_tenant(member.tenant, async |tx| {
                let own = consents::is_granted(&mut *tx, member, "record_self").await?;
                let meeting = crate::db::meetings::find(&mut *tx, member, at.meeting).await?;
                let audio_may_leave = tenants::audio_may_leave(&mut *tx, member).await?;
                Ok((
                    own && meeting.is_some_and(|meeting| meeting.others_told),
                    audio_may_leave,
                ))
            })
            .await
            .map_err(|error| ConsentRefused::Unavailable(cause(error)))?;
        if !granted {
            return Err(ConsentRefused::Missing);
        }
        self.verdict.know_may_leave(audio_may_leave);
        Ok(Consented { audio_may_leave })
    }
}

impl Stopwatch for Door {
    fn lap(&self, lap: &Lap) {
        self.live.metrics.meetings.lap(lap);
    }
}

impl Ledgers for Door {
    type Ledger = PostgresLedger;

    async fn open(
        &self,
        reservation: &Reservation,
        hello: &Hello,
    ) -> Result<(PostgresLedger, Resumption), LedgerError> {
        opening::open(&self.live, &self.verdict, reservation, hello).await
    }
}
