//! What the client is told, and the last it hears.

use super::sink::Sink;
use super::{Phase, Session};
use crate::lanes::Shown;
use crate::ports::Committed;
use crate::protocol::{CloseCode, Envelope, ErrorNotice, ServerEvent};
use tokio::time::Instant;

/// How long a client that sent too much should wait: by then half a minute of speech is recognised even at real time.
const RETRY_AFTER_S: u32 = 30;

/// Events that may wait for a client that does not read: at 20 a second it has been dead for minutes.
const WAITING_EVENTS: usize = 8_192;

impl Session {
    /// The next event for the client.
    pub fn take_event(&mut self, now: Instant) -> Option<Envelope> {
        if let Some(event) = self.outbox.pop_front() {
            return Some(event);
        }
        if self.closing.is_some() {
            return None;
        }
        if let Some(ack) = self.take_ack(now) {
            return Some(ack);
        }
        if !self.pulse.is_due(now) {
            return None;
        }
        // `status` counts from the last frame that is acknowledged.
        self.acks.hurry(now);
        if let Some(ack) = self.take_ack(now) {
            return Some(ack);
        }
        self.pulse.troubles(self.troubles.standing(&self.lanes, &self.intakes));
        let ending = self.phase == Phase::Ending;
        let held_ms = self.sink.as_ref().map_or(0, Sink::held_ms);
        let most_ms = self.place.allows_ms(self.limits.undecided_ms);
        let event = self.pulse.take(&self.lanes, held_ms, most_ms, ending, now)?;
        Some(Envelope::unnumbered(self.epoch, event))
    }

    fn take_ack(&mut self, now: Instant) -> Option<Envelope> {
        let event = self.acks.take(now)?;
        if let Some(waited) = self.acks.take_waited() {
            self.lap_received(waited);
        }
        Some(Envelope::unnumbered(self.epoch, event))
    }

    /// Why the connection closes, if it does: nothing more is taken in, and what is still to be told leaves first.
    pub const fn closing(&self) -> Option<CloseCode> {
        self.closing
    }

    /// Nothing waits to be told.
    pub fn is_silent(&self) -> bool {
        self.outbox.is_empty()
    }

    pub(super) fn tell_shown(&mut self, shown: Vec<Shown>) {
        for shown in shown {
            self.tell(match shown {
                Shown::Speech { track, state, at } => ServerEvent::Speech {
                    track,
                    state,
                    at_ms: at.as_ms(),
                },
                Shown::Partial(partial) => ServerEvent::Partial(partial),
            });
        }
    }

    pub(super) fn overload(&mut self) {
        self.close_with(CloseCode::Overloaded, Some(RETRY_AFTER_S));
    }

    /// Closes the connection from outside: it is dead, or has been taken over.
    pub fn close(&mut self, code: CloseCode) {
        self.close_with(code, None);
    }

    fn close_with(&mut self, code: CloseCode, retry_after_s: Option<u32>) {
        if self.closing.is_some() {
            return;
        }
        if code != CloseCode::Ended {
            self.tell(ServerEvent::Error(ErrorNotice {
                code: code.as_str().to_owned(),
                message: message_of(code).to_owned(),
                retryable: code.invites_resume(),
                retry_after_s,
            }));
        }
        self.closing = Some(code);
    }

    pub(super) fn tell(&mut self, event: ServerEvent) {
        self.send(Envelope::unnumbered(self.epoch, event));
    }

    pub(super) fn tell_numbered(&mut self, committed: Committed) {
        for numbered in committed.events {
            self.send(Envelope {
                number: Some(numbered.number),
                epoch: self.epoch,
                event: numbered.event,
            });
        }
    }

    fn send(&mut self, envelope: Envelope) {
        if self.outbox.len() < WAITING_EVENTS {
            self.outbox.push_back(envelope);
        } else if self.closing.is_none() {
            self.outbox.clear();
            self.close(CloseCode::Resume);
        }
    }
}

const fn message_of(code: CloseCode) -> &'static str {
    match code {
        CloseCode::Ended => "the session has ended",
        CloseCode::Resume => "connect again to go on",
        CloseCode::Overloaded => "too much audio for now",
        CloseCode::Malformed => "a message was not of the protocol",
        CloseCode::NotAuthenticated => "the ticket or the hello does not hold",
        CloseCode::Consent => "consent to record is missing or withdrawn",
        CloseCode::HelloLate => "the hello did not come in time",
        CloseCode::TakenOver => "another connection took the session over",
        CloseCode::TooLarge => "a message was too large",
        CloseCode::RawBiometrics => "only interpretations are taken, never raw biometrics",
    }
}
