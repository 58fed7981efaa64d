//! Messages of the client: screened, opened and taken in. What does not belong closes the connection.

use super::intake::IntakeError;
use super::{Phase, Session};
use crate::protocol::{Caption, CloseCode, Frame, Insight, Malformed, Prefix, Stream};
use crate::seal::OpenError;
use attune_engine::speaker::Track;
use tokio::time::Instant;
use tracing::debug;
use zeroize::Zeroizing;

impl Session {
    /// A message of the client. Screened, opened and taken in, in one go; what does not belong closes the connection.
    pub fn on_message(&mut self, message: &[u8], now: Instant) {
        if self.closing.is_some() || matches!(self.phase, Phase::Withdrawn(_)) {
            return;
        }
        if !self.rate.take(message.len(), now) {
            self.overload();
            return;
        }
        let frame = match self.opener.open(message) {
            Ok(frame) => frame,
            Err(OpenError::Seen { stream, .. }) => {
                self.acks
                    .received(stream, self.opener.expected(stream).saturating_sub(1), now);
                return;
            }
            Err(OpenError::Ahead { stream, expected, .. }) => {
                self.acks.expected(stream, expected, now);
                return;
            }
            Err(error) => {
                debug!(error = %error, "a message did not open");
                self.close(error.close_code().unwrap_or(CloseCode::Malformed));
                return;
            }
        };
        let (stream, seq) = (frame.prefix.stream, frame.prefix.seq);
        let taken = match self.sink {
            Some(_) => self.sink_frame(frame),
            None => self.on_frame(frame, now),
        };
        match taken {
            Ok(()) => self.acks.received(stream, seq, now),
            Err(CloseCode::Overloaded) => self.overload(),
            Err(code) => self.close(code),
        }
    }

    fn on_frame(&mut self, frame: Frame, now: Instant) -> Result<(), CloseCode> {
        let prefix = frame.prefix;
        let payload = Zeroizing::new(frame.payload);
        if let Some(track) = prefix.stream.track() {
            return self.on_audio(track, &prefix, &payload, now);
        }
        let seq = prefix.seq;
        let taken = match prefix.stream {
            Stream::Insights => self.on_insight(seq, &payload),
            Stream::Captions => Caption::parse(&payload).map(|caption| self.on_caption(&prefix, caption)),
            Stream::Control | Stream::Mic | Stream::Tab => return self.on_control(seq, &payload, now),
        };
        taken.map_err(|malformed| malformed_code(&malformed))
    }

    fn on_audio(&mut self, track: Track, prefix: &Prefix, payload: &[u8], now: Instant) -> Result<(), CloseCode> {
        if matches!(self.phase, Phase::Ending | Phase::Ended) {
            return Err(CloseCode::Malformed);
        }
        let (Some(intake), Some(lane)) = (self.intakes.get_mut(&track), self.lanes.get_mut(track)) else {
            return Err(CloseCode::Malformed);
        };
        if intake.removed {
            return Err(CloseCode::Malformed);
        }
        let withheld = |end| self.controls.withheld(track, end);
        let most_ms = self.place.most_ms(&self.limits);
        intake
            .audio(lane, prefix, payload, most_ms, withheld, now)
            .map_err(|error| refuse(&error))?;
        self.take_room();
        Ok(())
    }

    fn on_insight(&mut self, seq: u64, payload: &[u8]) -> Result<(), Malformed> {
        let insight = Insight::parse(payload)?;
        if self.insight.is_some_and(|previous| !insight.follows(&previous)) {
            return Err(Malformed::RawBiometrics);
        }
        self.insight = Some(insight);
        let kept = self.controls.keeps(insight.at_ms).then_some(insight);
        self.commits.insight(seq, kept);
        Ok(())
    }

    /// A caption begins with its first word and grows: when the page showed it thus counts too.
    fn on_caption(&mut self, prefix: &Prefix, caption: Caption) {
        let shown_ms = caption.at_ms().max(prefix.capture_ms.into());
        let kept = self.controls.keeps(shown_ms).then_some(caption);
        self.commits.caption(prefix.seq, kept);
    }
}

/// The code for audio that does not belong; the reason is the client's fault, and is logged for its author.
pub(super) fn refuse(error: &IntakeError) -> CloseCode {
    debug!(error = %error, "refused a frame");
    match error {
        IntakeError::OverCredit { .. } => CloseCode::Overloaded,
        IntakeError::Sound(_) | IntakeError::Place { .. } | IntakeError::Beyond | IntakeError::Rate(_) => {
            CloseCode::Malformed
        }
    }
}

pub(super) fn malformed_code(malformed: &Malformed) -> CloseCode {
    debug!(error = %malformed, "refused a frame");
    malformed.close_code()
}
