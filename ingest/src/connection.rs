//! One socket, from its ticket to its Close. Everything that waits (the socket, the ledger, consent, the models, time)
//! meets in one task and one loop; what to do about it is the session's to say.

mod desk;
mod opening;
mod socket;
mod untold;

pub use socket::{Incoming, Outgoing, Socket, SocketError};

use crate::hearing::{Answer, Hearing, Job, MayLeave, Purpose};
use crate::ports::{ConsentRefused, Consented, Ledger, Ports, Reservation};
use crate::protocol::{CloseCode, Envelope, Limits, Prefix, ServerEvent, Stream};
use crate::seal::Sealer;
use crate::session::{QUIET_WITHIN, Session};
use desk::{Desk, Done};
use futures_util::StreamExt;
use futures_util::stream::{SplitSink, SplitStream};
use opening::Opened;
use socket::{GOODBYE_WITHIN, Outbox, say_goodbye};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at, sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};
use untold::Untold;

/// What any call to the outside may take: ten times a slow commit.
const PORT_TIMEOUT: Duration = Duration::from_secs(10);

/// What looking consent up may take while a person is being heard: withdrawn, it ends the connection within a second.
const CONSENT_WITHIN: Duration = Duration::from_secs(1);

/// How long a node that goes waits for a quiet moment of each connection: a third of what it drains for by default, so
/// that who keeps talking is told to resume, and not cut off.
const GOING_WITHIN: Duration = Duration::from_secs(3);

/// Listeners of a connection that may be away: both tracks.
const TRIPS: usize = 2;

/// Segments of a connection that may be with the recognizers: more than workers on any node, so that a client that
/// catches up is not held back by this.
const JOBS: usize = 16;

/// When models that took nothing more are asked again.
const BUSY_AGAIN: Duration = Duration::from_millis(50);

/// How a socket comes in.
#[derive(Debug, Clone, Copy)]
pub struct Arrival {
    /// SHA-256 of its ticket.
    pub ticket_sha256: [u8; 32],
    /// It named an allowed `Origin`. Only devices of kind `native` may come without.
    pub has_origin: bool,
}

/// How a connection ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Served {
    /// Whose it was, where its ticket was good.
    pub reservation: Option<Reservation>,
    /// Why the server closed it; nothing where the client left or vanished.
    pub closed: Option<CloseCode>,
}

/// Serves one socket until it is closed. Once `cancel` is cancelled, it closes with 1012 at a quiet moment. What it had
/// under way when it ends is abandoned: the client has everything that is not committed.
pub async fn serve<S: Socket, P: Ports>(
    socket: S,
    arrival: Arrival,
    ports: Arc<P>,
    hearing: Arc<Hearing>,
    limits: Limits,
    cancel: CancellationToken,
) -> Served {
    let (mut sink, mut stream) = socket.split();
    // In a box: what opening takes is many times what a live connection does, and it takes it for a moment.
    let opening = opening::open(&mut sink, &mut stream, arrival, &*ports, &hearing, limits, &cancel);
    let opened = Box::pin(opening).await;
    let Opened {
        reservation,
        ledger,
        session,
        keys,
        may_leave,
        prompt,
    } = match opened {
        Ok(opened) => opened,
        Err(refused) => {
            info!(reason = %refused, "refused a connection");
            if let Some(code) = refused.close_code() {
                say_goodbye(&mut sink, &mut stream, code, code.as_str()).await;
            }
            return Served {
                reservation: refused.reservation,
                closed: refused.why.close_code(),
            };
        }
    };
    info!(session.id = %reservation.session, epoch = reservation.epoch, "connection is live");
    let (trips, judged) = answers(&session, TRIPS);
    let (jobs, recognized) = answers(&session, JOBS);
    let connection = Box::new(Connection {
        sealer: Sealer::new(&keys.s2c, reservation.epoch, reservation.session),
        next_seq: 0,
        session,
        desk: Desk::Free(ledger),
        untold: Untold::default(),
        consent: None,
        ports,
        hearing,
        trips,
        jobs,
        busy_until: None,
        may_leave,
        prompt,
        reservation: reservation.clone(),
    });
    let closed = connection.run(sink, stream, judged, recognized, cancel).await;
    info!(session.id = %reservation.session, epoch = reservation.epoch, code = ?closed, "connection is closed");
    Served {
        reservation: Some(reservation),
        closed,
    }
}

type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send>>;

struct Connection<P: Ports> {
    sealer: Sealer,
    next_seq: u64,
    session: Session,
    desk: Desk<P::Ledger>,
    /// Events for the meeting's other readers, while the ledger is busy.
    untold: Untold,
    consent: Option<Boxed<Result<Consented, ConsentRefused>>>,
    ports: Arc<P>,
    hearing: Arc<Hearing>,
    trips: Option<mpsc::Sender<Answer>>,
    jobs: Option<mpsc::Sender<Answer>>,
    busy_until: Option<Instant>,
    may_leave: MayLeave,
    /// Names to expect: what this session's finals are prompted with.
    prompt: String,
    reservation: Reservation,
}

impl<P: Ports> Connection<P> {
    async fn run<S: Socket>(
        mut self: Box<Self>,
        mut sink: SplitSink<S, Outgoing>,
        mut stream: SplitStream<S>,
        mut judged: Option<mpsc::Receiver<Answer>>,
        mut recognized: Option<mpsc::Receiver<Answer>>,
        cancel: CancellationToken,
    ) -> Option<CloseCode> {
        let mut outbox = Outbox::default();
        let mut pings = every(Limits::PING_EVERY);
        let rekey_at = Instant::now() + Limits::REKEY_AFTER;
        let mut alive_at = Instant::now();
        let (mut going, mut keys_due) = (false, false);
        let mut close_by = None;
        let mut steps = self.hearing.steps();
        loop {
            let now = Instant::now();
            self.hand_out(now);
            self.fill(&mut outbox, now);
            let mut wake_at = self.wake_at(!outbox.is_full(), now);
            if let Some(code) = self.session.closing() {
                if outbox.is_idle() && self.session.is_silent() {
                    say_goodbye(&mut sink, &mut stream, code, code.as_str()).await;
                    return Some(code);
                }
                // A peer that does not read what is still to be told is cut off, however much it writes.
                wake_at = *close_by.get_or_insert(now + GOODBYE_WITHIN);
                if now >= wake_at {
                    return Some(code);
                }
            }
            tokio::select! {
                incoming = stream.next() => {
                    alive_at = Instant::now();
                    match incoming {
                        Some(Ok(Incoming::ConsentChanged)) => self.session.consent_changed(),
                        Some(Ok(Incoming::Binary(message))) => self.session.on_message(&message, alive_at),
                        Some(Ok(Incoming::Text)) => self.session.close(CloseCode::Malformed),
                        Some(Ok(Incoming::Alive)) => {}
                        Some(Ok(Incoming::Closed)) | Some(Err(_)) | None => return None,
                    }
                }
                Some(answer) = next_of(&mut judged) => self.session.on_answer(answer, Instant::now()),
                Some(answer) = next_of(&mut recognized) => self.session.on_answer(answer, Instant::now()),
                done = self.desk.done() => self.on_done(done),
                checked = pending(&mut self.consent) => {
                    self.consent = None;
                    self.on_consent(checked);
                }
                sent = outbox.drive(&mut sink), if !outbox.is_idle() => {
                    if sent.is_err() {
                        return None;
                    }
                }
                // Only to look up: what the node gives up is told at once.
                Ok(()) = steps.changed() => {}
                () = sleep_until(wake_at) => self.session.on_time(Instant::now()),
                _ = pings.tick() => {
                    if alive_at.elapsed() >= Limits::DEAD_AFTER {
                        return None;
                    }
                    outbox.ping();
                }
                () = cancel.cancelled(), if !going => {
                    going = true;
                    self.session.leave(Instant::now() + GOING_WITHIN);
                }
                () = sleep_until(rekey_at), if !keys_due => {
                    keys_due = true;
                    self.session.leave(Instant::now() + QUIET_WITHIN);
                }
            }
        }
    }

    fn wake_at(&self, sendable: bool, now: Instant) -> Instant {
        let session = self.session.wake_at(sendable, now);
        self.busy_until.map_or(session, |busy| session.min(busy))
    }

    /// Hands out what the session has for the models, the ledger and consent.
    fn hand_out(&mut self, now: Instant) {
        for lap in self.session.take_laps() {
            self.ports.lap(&lap);
        }
        if self.session.is_closing() {
            return;
        }
        self.session.see_step(self.hearing.step(), now);
        if self.busy_until.is_none_or(|busy| now >= busy) {
            let taken = self.hand_to_voice(now) && self.hand_to_words(now);
            self.busy_until = (!taken).then_some(now + BUSY_AGAIN);
        }
        if self.consent.is_none() && self.session.take_consent_check() {
            // Until it is known, it is no consent.
            self.may_leave.set(false);
            let (ports, reservation) = (Arc::clone(&self.ports), self.reservation.clone());
            self.consent = Some(Box::pin(async move {
                timeout(CONSENT_WITHIN, ports.check(&reservation))
                    .await
                    .unwrap_or_else(|elapsed| Err(ConsentRefused::Unavailable(elapsed.into())))
            }));
        }
        self.hand_to_ledger(now);
    }

    fn on_consent(&mut self, checked: Result<Consented, ConsentRefused>) {
        if let Ok(consented) = &checked {
            self.may_leave.set(consented.audio_may_leave);
        }
        self.session.on_consent(checked.map(drop), Instant::now());
    }

    fn hand_to_voice(&mut self, now: Instant) -> bool {
        let Some(trips) = &self.trips else { return true };
        while let Ok(place) = trips.clone().try_reserve_owned() {
            let Some((track, listener)) = self.session.take_trip(now) else {
                break;
            };
            if let Err(listener) = self.hearing.judge(track, listener, place) {
                self.session.stay(track, listener);
                return false;
            }
        }
        true
    }

    fn hand_to_words(&mut self, now: Instant) -> bool {
        let Some(jobs) = &self.jobs else { return true };
        while let Ok(place) = jobs.clone().try_reserve_owned() {
            let Some(task) = self.session.take_task(now) else {
                break;
            };
            let job = Job {
                session: self.reservation.session,
                segment: task.segment,
                purpose: task.purpose,
                due: task.due,
                prompt: match task.purpose {
                    Purpose::Final | Purpose::Likely => self.prompt.clone(),
                    // What is shown has to be there soon, and is thrown away.
                    Purpose::Partial | Purpose::Again => String::new(),
                },
                may_leave: self.may_leave.clone(),
                cancel: task.cancel,
            };
            if let Err(job) = self.hearing.recognize(job, place) {
                self.session.keep(job.into());
                return false;
            }
        }
        true
    }

    fn hand_to_ledger(&mut self, now: Instant) {
        let Desk::Free(_) = self.desk else { return };
        let work = self.session.take_work(now);
        let awaits_report = self.session.awaits_report();
        if work.is_none() && !awaits_report {
            return;
        }
        let Desk::Free(mut ledger) = std::mem::replace(&mut self.desk, Desk::Gone) else {
            return;
        };
        for event in self.untold.take() {
            ledger.tell(&event);
        }
        self.desk = Desk::begin(ledger, work);
    }

    fn on_done(&mut self, (ledger, done): (P::Ledger, Done)) {
        let measures = ledger.measures();
        match done {
            Done::Committed(Ok(committed)) => self.session.on_committed(committed, measures, Instant::now()),
            Done::Ended(Ok(committed)) => self.session.on_ended(committed, measures),
            Done::Reported(ready) => self.session.on_report(ready),
            Done::Committed(Err(error)) | Done::Ended(Err(error)) => {
                warn!(session.id = %self.reservation.session, error = %error, "the ledger refused");
                self.session.on_ledger_error(&error);
            }
        }
        self.desk = Desk::Free(ledger);
    }

    /// Puts the next events into the outbox, sealed.
    fn fill(&mut self, outbox: &mut Outbox, now: Instant) {
        while !outbox.is_full() {
            let Some(envelope) = self.session.take_event(now) else {
                return;
            };
            self.show(&envelope);
            let prefix = Prefix::json(Stream::Control, self.next_seq, 0);
            match self.sealer.seal(&prefix, &envelope.to_json()) {
                Ok(sealed) => {
                    self.next_seq += 1;
                    outbox.push(sealed);
                }
                Err(error) => warn!(error = %error, "dropped an event that could not be sealed"),
            }
        }
    }

    /// Shows an event that is not in the database to the meeting's other readers.
    fn show(&mut self, envelope: &Envelope) {
        let shown = matches!(
            envelope.event,
            ServerEvent::Speech { .. }
                | ServerEvent::Partial(_)
                | ServerEvent::Measures { .. }
                | ServerEvent::Status { .. }
                | ServerEvent::Troubles { .. }
                | ServerEvent::Ending { .. }
        );
        if !shown {
            return;
        }
        if let Desk::Free(ledger) = &mut self.desk {
            for event in self.untold.take() {
                ledger.tell(&event);
            }
            ledger.tell(&envelope.event);
            return;
        }
        self.untold.push(envelope.event.clone());
    }
}

/// A way for answers of the models, where the session has anything to ask them.
fn answers(session: &Session, places: usize) -> (Option<mpsc::Sender<Answer>>, Option<mpsc::Receiver<Answer>>) {
    if session.is_sink() {
        return (None, None);
    }
    let (to, from) = mpsc::channel(places);
    (Some(to), Some(from))
}

/// The next answer; never, where there are none.
async fn next_of(answers: &mut Option<mpsc::Receiver<Answer>>) -> Option<Answer> {
    match answers {
        Some(answers) => answers.recv().await,
        None => std::future::pending().await,
    }
}

fn every(period: Duration) -> Interval {
    let mut interval = interval_at(Instant::now() + period, period);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}

/// A future that may not be there.
async fn pending<T>(future: &mut Option<Boxed<T>>) -> T {
    match future {
        Some(future) => future.as_mut().await,
        None => std::future::pending().await,
    }
}
