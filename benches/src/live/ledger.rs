//! Storage that forgets: it numbers events and counts samples as the database does and keeps nothing else, so that what
//! grows or costs in a bench is the server's. With a coach it folds what is decided as the server does, and tells of nudges.

use attune_coach::{Coach, CoachSetup};
use attune_engine::conversation::{Conversation, Setup};
use attune_engine::speaker::Track;
use attune_ingest::memory::Memory;
use attune_ingest::ports::{
    Batch, Committed, ConsentRefused, Consented, Consents, Decided, DeviceRefused, Devices, Lap, Ledger, LedgerError,
    Ledgers, NotRedeemed, Numbered, Reservation, Resumption, Stopwatch, TicketRefused, Tickets,
};
use attune_ingest::protocol::{Account, GapNotice, Hello, Nudge, SampleClass, ServerEvent, SuppressedNotice};
use std::collections::BTreeMap;
use zeroize::Zeroizing;

/// The ports of a node: tickets and keys in memory, ledgers that forget.
#[derive(Debug, Default)]
pub(super) struct Forgetful {
    pub(super) memory: Memory,
    /// What every meeting is coached as; none where nobody is.
    pub(super) coached: Option<(Setup, CoachSetup)>,
}

impl Tickets for Forgetful {
    async fn inspect(&self, ticket_sha256: [u8; 32]) -> Result<Reservation, TicketRefused> {
        self.memory.inspect(ticket_sha256).await
    }

    async fn redeem(&self, reservation: &Reservation) -> Result<Consented, NotRedeemed> {
        self.memory.redeem(reservation).await
    }
}

impl Devices for Forgetful {
    async fn psk(&self, reservation: &Reservation) -> Result<Zeroizing<[u8; 32]>, DeviceRefused> {
        self.memory.psk(reservation).await
    }

    fn identity_key_id(&self) -> u8 {
        self.memory.identity_key_id()
    }

    fn sign_offer(&self, offer: &[u8]) -> [u8; 64] {
        self.memory.sign_offer(offer)
    }
}

impl Consents for Forgetful {
    async fn check(&self, reservation: &Reservation) -> Result<Consented, ConsentRefused> {
        self.memory.check(reservation).await
    }
}

impl Ledgers for Forgetful {
    type Ledger = Counting;

    async fn open(&self, _: &Reservation, _: &Hello) -> Result<(Counting, Resumption), LedgerError> {
        let nothing_yet = Resumption {
            streams: BTreeMap::new(),
            samples: BTreeMap::new(),
            ended: false,
            keep_audio: false,
            said: Vec::new(),
            sink: false,
        };
        let fold = |(setup, coach): &(Setup, CoachSetup)| (Conversation::new(setup.clone()), Coach::new(coach.clone()));
        let counting = Counting {
            fold: self.coached.as_ref().map(fold),
            ..Counting::default()
        };
        Ok((counting, nothing_yet))
    }
}

impl Stopwatch for Forgetful {
    fn lap(&self, _: &Lap) {}
}

/// The ledger of one meeting.
#[derive(Debug, Default)]
pub(super) struct Counting {
    last: u64,
    samples: BTreeMap<Track, Account>,
    fold: Option<(Conversation, Coach)>,
}

impl Counting {
    /// What the coach says of a stretch. The fold is copied first, as the server does: a commit that fails changes nothing.
    fn coach(&mut self, decided: &Decided) -> Vec<ServerEvent> {
        let (Some((conversation, coach)), Some(said)) = (&self.fold, &decided.outcome) else {
            return Vec::new();
        };
        let (mut conversation, mut coach) = (conversation.clone(), coach.clone());
        let signals = conversation.observe(said);
        let nudges = signals.iter().filter_map(|signal| coach.observe(signal));
        let told = nudges.map(|nudge| {
            ServerEvent::Nudge(Nudge {
                id: nudge.id,
                rule: nudge.rule.as_str().to_owned(),
                headline: nudge.headline,
                evidence: nudge.evidence,
                at_ms: nudge.at.as_ms(),
                expires_at_ms: nudge.expires_at.as_ms(),
            })
        });
        let told = told.collect();
        self.fold = Some((conversation, coach));
        told
    }

    fn number(&mut self, event: ServerEvent) -> Numbered {
        self.last += 1;
        Numbered {
            number: self.last,
            event,
        }
    }
}

impl Ledger for Counting {
    async fn commit(&mut self, batch: Batch) -> Result<Committed, LedgerError> {
        let mut events = Vec::new();
        for decided in batch.decided {
            decided.count_in(&mut self.samples);
            let nudges = self.coach(&decided);
            for event in told_of(decided).into_iter().chain(nudges) {
                events.push(self.number(event));
            }
        }
        Ok(Committed {
            events,
            samples: self.samples.clone(),
        })
    }

    fn measures(&self) -> Option<ServerEvent> {
        None
    }

    fn tell(&mut self, _: &ServerEvent) {}

    async fn end(&mut self) -> Result<Committed, LedgerError> {
        Ok(Committed::default())
    }

    async fn report_ready(&mut self) -> Option<ServerEvent> {
        Some(ServerEvent::ReportReady { version: 1 })
    }
}

/// What a client is told of a stretch that is decided.
fn told_of(decided: Decided) -> Option<ServerEvent> {
    let (track, t0_ms, t1_ms) = (decided.track, decided.span.start.as_ms(), decided.span.end.as_ms());
    let reason = decided.reason.unwrap_or_default();
    match decided.class {
        SampleClass::Decoded => decided.outcome.map(ServerEvent::Final),
        SampleClass::Gap => Some(ServerEvent::Gap(GapNotice {
            track,
            t0_ms,
            t1_ms,
            reason,
        })),
        SampleClass::Suppressed => Some(ServerEvent::Suppressed(SuppressedNotice {
            track,
            t0_ms,
            t1_ms,
            reason,
        })),
        SampleClass::NonSpeech | SampleClass::Withheld => None,
    }
}
