//! The way to a live connection: ticket, offer, hello, consent, and only then the epoch becomes live.

use super::{Arrival, Incoming, Outgoing, PORT_TIMEOUT, Socket};
use crate::hearing::{Hearing, MayLeave};
use crate::keys::{ConnectionKeys, HelloContext, HelloRefused, Offer, OfferKey};
use crate::ports::{
    ConsentRefused, DeviceRefused, LedgerError, Ledgers, NotRedeemed, Ports, Reservation, Resumption, TicketRefused,
};
use crate::protocol::{CloseCode, Hello, Limits};
use crate::seal::Opener;
use crate::session::{Session, Start};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use std::time::Duration;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::sync::CancellationToken;

/// How long a client may take to take the offer off our hands.
const OFFER_WITHIN: Duration = Duration::from_secs(5);

/// A live connection.
pub(super) struct Opened<L> {
    pub(super) reservation: Reservation,
    pub(super) ledger: L,
    pub(super) session: Session,
    pub(super) keys: ConnectionKeys,
    pub(super) may_leave: MayLeave,
    /// What its finals are prompted with, and nobody else's.
    pub(super) prompt: String,
}

/// Why a connection did not come to live.
#[derive(Debug, thiserror::Error)]
pub(super) enum Why {
    #[error(transparent)]
    Ticket(#[from] TicketRefused),
    #[error("no origin, from a device that is not native")]
    Origin,
    #[error("too much waits to be recognised")]
    Overloaded,
    #[error(transparent)]
    Device(#[from] DeviceRefused),
    #[error("the hello was late")]
    HelloLate,
    #[error("something other than a hello")]
    NotHello,
    #[error(transparent)]
    Hello(#[from] HelloRefused),
    #[error("no recognizer here knows the language")]
    Language,
    #[error(transparent)]
    Consent(#[from] ConsentRefused),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error("the tracks do not go on where they stood")]
    Tracks(CloseCode),
    #[error("a port did not answer in time")]
    Timeout,
    #[error("the node is going")]
    Leaving,
    #[error("the client left")]
    Gone,
}

impl From<NotRedeemed> for Why {
    fn from(refused: NotRedeemed) -> Self {
        match refused {
            NotRedeemed::Ticket(ticket) => ticket.into(),
            NotRedeemed::Consent(consent) => consent.into(),
        }
    }
}

/// A refusal, and whom it concerns as far as that is known.
#[derive(Debug, thiserror::Error)]
#[error("{why}")]
pub(super) struct Refused {
    pub(super) reservation: Option<Reservation>,
    #[source]
    pub(super) why: Why,
}

impl Why {
    pub(super) const fn close_code(&self) -> Option<CloseCode> {
        Some(match self {
            Self::Ticket(TicketRefused::Unknown) | Self::Origin | Self::Device(DeviceRefused::Unknown) => {
                CloseCode::NotAuthenticated
            }
            Self::Ticket(TicketRefused::Superseded) | Self::Ledger(LedgerError::Fenced) => CloseCode::TakenOver,
            Self::HelloLate => CloseCode::HelloLate,
            Self::NotHello | Self::Language => CloseCode::Malformed,
            Self::Hello(refused) => refused.close_code(),
            Self::Consent(ConsentRefused::Missing) | Self::Ledger(LedgerError::Withdrawn) => CloseCode::Consent,
            Self::Ledger(LedgerError::Closed) => CloseCode::Ended,
            Self::Tracks(code) => *code,
            Self::Ticket(TicketRefused::Unavailable(_))
            | Self::Device(DeviceRefused::Unavailable(_))
            | Self::Consent(ConsentRefused::Unavailable(_))
            | Self::Ledger(LedgerError::Unavailable(_))
            | Self::Overloaded
            | Self::Timeout => CloseCode::Overloaded,
            Self::Leaving => CloseCode::Resume,
            Self::Gone => return None,
        })
    }
}

impl Refused {
    pub(super) const fn close_code(&self) -> Option<CloseCode> {
        self.why.close_code()
    }
}

pub(super) async fn open<S: Socket, P: Ports>(
    sink: &mut SplitSink<S, Outgoing>,
    stream: &mut SplitStream<S>,
    arrival: Arrival,
    ports: &P,
    hearing: &Hearing,
    limits: Limits,
    cancel: &CancellationToken,
) -> Result<Opened<P::Ledger>, Refused> {
    let nobody = |why| Refused { reservation: None, why };
    let reservation = within(ports.inspect(arrival.ticket_sha256)).await.map_err(nobody)?;
    let opening = async {
        if !arrival.has_origin && !reservation.native {
            return Err(Why::Origin);
        }
        if hearing.is_overloaded() {
            return Err(Why::Overloaded);
        }
        let (hello, keys) = greet(sink, stream, ports, &reservation).await?;
        if !speaks(hearing, &hello) {
            return Err(Why::Language);
        }
        let consented = within(ports.redeem(&reservation)).await?;
        let (ledger, resumption) = within(Ledgers::open(ports, &reservation, &hello)).await?;
        let session = begin(&reservation, &keys, &hello, &resumption, limits, hearing)?;
        let may_leave = MayLeave::never();
        may_leave.set(consented.audio_may_leave);
        Ok((ledger, session, keys, may_leave, prompt_of(&hello.glossary)))
    };
    let opened = tokio::select! {
        opened = opening => opened,
        () = cancel.cancelled() => Err(Why::Leaving),
    };
    match opened {
        Ok((ledger, session, keys, may_leave, prompt)) => Ok(Opened {
            reservation,
            ledger,
            session,
            keys,
            may_leave,
            prompt,
        }),
        Err(why) => Err(Refused {
            reservation: Some(reservation),
            why,
        }),
    }
}

/// Offers a key, and opens the hello that is sealed to it.
async fn greet<S: Socket, P: Ports>(
    sink: &mut SplitSink<S, Outgoing>,
    stream: &mut SplitStream<S>,
    ports: &P,
    reservation: &Reservation,
) -> Result<(Hello, ConnectionKeys), Why> {
    let psk = within(ports.psk(reservation)).await?;
    let key = OfferKey::generate();
    let key_id = ports.identity_key_id();
    let signature = ports.sign_offer(&Offer::signed_bytes(key_id, key.public(), &reservation.ticket_sha256));
    let offer = Outgoing::Binary(key.offer(key_id, signature).encode().to_vec().into());
    timeout(OFFER_WITHIN, sink.send(offer))
        .await
        .map_err(|_| Why::Gone)?
        .map_err(|_| Why::Gone)?;
    let late_at = Instant::now() + Limits::HELLO_TIMEOUT;
    let message = loop {
        match timeout_at(late_at, stream.next()).await.map_err(|_| Why::HelloLate)? {
            Some(Ok(Incoming::Binary(message))) => break message,
            // Consent is looked up once the hello is there.
            Some(Ok(Incoming::Alive | Incoming::ConsentChanged)) => {}
            Some(Ok(Incoming::Text)) => return Err(Why::NotHello),
            Some(Ok(Incoming::Closed)) | Some(Err(_)) | None => return Err(Why::Gone),
        }
    };
    let context = HelloContext {
        tenant: reservation.tenant,
        user: reservation.user,
        device: reservation.device,
        session: reservation.session,
        epoch: reservation.epoch,
        ticket_sha256: reservation.ticket_sha256,
    };
    Ok(key.accept(&message, &psk, &context)?)
}

fn begin(
    reservation: &Reservation,
    keys: &ConnectionKeys,
    hello: &Hello,
    resumption: &Resumption,
    limits: Limits,
    hearing: &Hearing,
) -> Result<Session, Why> {
    Session::start(Start {
        epoch: reservation.epoch,
        opener: Opener::new(&keys.c2s, reservation.epoch, reservation.session),
        hello,
        resumption,
        limits,
        place: hearing.room().enter(reservation.tenant),
        recognizer: hearing.info().clone(),
        ahead: hearing.ahead(),
        now: Instant::now(),
    })
    .map_err(Why::Tracks)
}

/// What finals are prompted with: the terms of a glossary, the most important last. Whisper hears only the end of a long prompt,
/// and that end best. Nothing that was said is in it, so that a resumed session hears as an undisturbed one (ADR 8).
fn prompt_of(glossary: &[String]) -> String {
    let terms: Vec<&str> = glossary.iter().rev().map(String::as_str).collect();
    match terms.is_empty() {
        true => String::new(),
        false => format!("{}.", terms.join(", ")),
    }
}

/// Whether the recognizer knows the language, by its primary subtag.
fn speaks(hearing: &Hearing, hello: &Hello) -> bool {
    let primary = hello.language.split('-').next().unwrap_or_default();
    let mut known = hearing.info().languages.iter();
    known.any(|language| language.eq_ignore_ascii_case(primary))
}

/// A call to a port, which may take only so long.
async fn within<T, E: Into<Why>>(call: impl Future<Output = Result<T, E>>) -> Result<T, Why> {
    match timeout(PORT_TIMEOUT, call).await {
        Ok(answered) => answered.map_err(Into::into),
        Err(_) => Err(Why::Timeout),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_important_term_is_heard_last() {
        assert_eq!(prompt_of(&[]), "");
        assert_eq!(
            prompt_of(&["Kubernetes".into(), "Ada Lovelace".into()]),
            "Ada Lovelace, Kubernetes."
        );
    }
}
