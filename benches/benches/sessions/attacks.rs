//! Frames that nobody sealed for this place: altered, replayed, spliced, forged. None of them may be taken in, and none may keep
//! the genuine next frame out. Over real sockets; what was taken in is looked for in the database.

use crate::node::{Ask, Node};
use crate::transport::{storm, tape};
use crate::{Failure, asked_for, generator};
use attune_benches::live::Tape;
use attune_benches::load::{Captures, Opened, People, Refused, Sent, check};
use attune_benches::table::{Goal, Table};
use attune_engine::speaker::Track;
use attune_ingest::ports::Checked;
use attune_ingest::protocol::{FRAME_MS, Prefix, ServerEvent, Stream};
use attune_ingest::seal::Sealer;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use std::cell::RefCell;
use std::time::Duration;
use tokio::time::timeout;

/// Attacks in all.
const ATTACKS: u64 = 10_000;

/// Sessions that are attacked, and how many of them at once.
const VICTIMS: usize = 100;
const AT_ONCE: usize = 50;

/// How long an answer may take.
const ANSWERS_WITHIN: Duration = Duration::from_secs(20);

/// Ways to attack.
const KINDS: [&str; 9] = [
    "replayed on their connection",
    "replayed from an earlier connection",
    "altered in the ciphertext",
    "altered in the tag",
    "altered in the prefix",
    "of another session",
    "under another number",
    "cut short",
    "forged as number 2^40",
];
const FORGED: usize = KINDS.len() - 1;

/// Bytes of a frame's payload, all of one size, and of the tag behind it.
const PAYLOAD: usize = 745;
const TAG: usize = 16;

/// A frame as it goes over the wire.
type Raw = Vec<u8>;

/// A frame to attack with.
struct Attack {
    frame: Raw,
    /// It was sealed as the genuine next one, whose number is thereby used up on this connection.
    spends_next: bool,
}

/// A session that is attacked.
struct Victim<'a> {
    people: &'a People,
    captures: Captures,
    tape: &'a Tape,
    opened: Opened,
    /// Genuine frames so far.
    log: Vec<[u8; 32]>,
    /// Genuine frames of this connection and of an earlier one.
    sealed: Vec<Raw>,
    earlier: Option<Raw>,
    /// A genuine frame of somebody else's.
    others: &'a RefCell<Option<(usize, Raw)>>,
    number: usize,
    dice: Dice,
    tally: Tally,
}

/// What became of attacks.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    tried: [u64; KINDS.len()],
    /// Acks of frames that nobody had sent.
    acked: u64,
    /// Attacks that ended their connection.
    closed: u64,
    /// Genuine frames that were taken in right behind a number of 2^40.
    next_taken: u64,
}

/// xorshift64.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % sides
    }

    /// Flips a bit of the bytes from `from` on.
    fn flip(&mut self, bytes: &mut [u8], from: usize, to: usize) {
        let at = from + self.roll(to - from);
        bytes[at] ^= 1 << self.roll(8);
    }
}

pub(crate) fn measured(table: &mut Table) -> Result<(), Failure> {
    let attacks = asked_for("ATTUNE_BENCH_ATTACKS", ATTACKS)?;
    let node = Node::start(Ask { sink: true, people: 10 })?;
    let tape = tape();
    generator()?.block_on(async {
        let people = node.people().await?;
        let sessions = people.meet(VICTIMS).await?;
        let (opened, refused) = storm(people.call(&sessions, &[Track::Mic]).await?).await;
        if !refused.is_empty() {
            return Err(format!("{} were refused before any attack", refused.len()).into());
        }
        let others = RefCell::new(None);
        let each = attacks.div_ceil(VICTIMS as u64);
        let attacked = (0..).zip(opened).map(|(number, opened)| {
            let captures = sessions.iter().find(|captures| captures.session == opened.session);
            let victim = Victim {
                people: &people,
                captures: captures.expect("invariant: whoever is live has a session").clone(),
                tape: &tape,
                opened,
                log: Vec::new(),
                sealed: Vec::new(),
                earlier: None,
                others: &others,
                number,
                dice: Dice(0x9E37_79B9_7F4A_7C15 ^ number as u64),
                tally: Tally::default(),
            };
            victim.attacked(each)
        });
        let ended: Vec<(Sent, Tally)> = stream::iter(attacked).buffer_unordered(AT_ONCE).try_collect().await?;
        let (sent, tallies): (Vec<Sent>, Vec<Tally>) = ended.into_iter().unzip();
        let found = check(&sent, &node.kept().await?);
        let sum = |of: fn(&Tally) -> u64| tallies.iter().map(of).sum::<u64>();
        let tried: Vec<String> = (0..KINDS.len())
            .map(|kind| {
                let count: u64 = tallies.iter().map(|tally| tally.tried[kind]).sum();
                format!("{count} {}", KINDS[kind])
            })
            .collect();
        let forged: u64 = tallies.iter().map(|tally| tally.tried[FORGED]).sum();
        let accepted = found.foreign + found.twice + sum(|tally| tally.acked);
        if found.lost > 0 {
            return Err(format!("{} genuine frames were lost", found.lost).into());
        }
        let row = table.add("mutated_accepted", accepted as f64, "frames");
        row.goal(Goal::AtMost(0.0)).how(format!(
            "of {}; {} ended their connection; {} genuine frames around them are durable, once and in order, and none is lost",
            tried.join(", "),
            sum(|tally| tally.closed),
            found.whole,
        ));
        let row = table.add("next_after_forged_2_40", sum(|tally| tally.next_taken) as f64 / forged.max(1) as f64, "of all");
        row.goal(Goal::AtLeast(1.0)).how(format!("genuine frames taken in right behind one of {forged} forged as number 2^40"));
        Ok(())
    })
}

impl Victim<'_> {
    /// Attacks so often, each time followed by the genuine next frame; then waits until everything genuine is durable.
    async fn attacked(mut self, times: u64) -> Result<(Sent, Tally), Failure> {
        self.say_next().await?;
        for _ in 0..times {
            let kind = self.dice.roll(KINDS.len());
            let Some(attack) = self.attack(kind) else {
                // Nothing to replay or to splice yet: another time.
                continue;
            };
            self.tally.tried[kind] += 1;
            let left = self.opened.up.send(&attack.frame).is_ok();
            if attack.spends_next && left && self.until_acked(self.log.len() as u64).await? {
                return Err(format!("a frame {} was taken in", KINDS[kind]).into());
            }
            let survived = !attack.spends_next && left && self.say_next().await?;
            match survived {
                true if kind == FORGED => self.tally.next_taken += 1,
                true => {}
                false => {
                    self.tally.closed += 1;
                    self.come_again().await?;
                }
            }
        }
        self.until_durable().await?;
        let sent = Sent {
            session: self.captures.session,
            stream: Stream::Mic,
            digests: self.log,
        };
        Ok((sent, self.tally))
    }

    /// The genuine frame `seq`, sealed for this connection.
    fn genuine(&mut self, seq: u64) -> (Raw, [u8; 32]) {
        let at_ms = seq * u64::from(FRAME_MS);
        let prefix = Prefix::audio(Track::Mic, seq, at_ms * 16, at_ms as u32);
        let frame = (self.number + seq as usize) % self.tape.frames();
        let (_, payload) = self.tape.frame(frame).next().expect("invariant: the tape has a track");
        let sealed = self.opened.sealer.seal(&prefix, payload);
        let sealed = sealed.expect("each number is sealed once on a connection");
        (sealed, Checked::digest(&prefix, payload))
    }

    /// Sends the genuine next frame; whether it was acked, or the connection closed instead.
    async fn say_next(&mut self) -> Result<bool, Failure> {
        let seq = self.log.len() as u64;
        let (sealed, digest) = self.genuine(seq);
        self.log.push(digest);
        *self.others.borrow_mut() = Some((self.number, sealed.clone()));
        let left = self.opened.up.send(&sealed).is_ok();
        self.sealed.push(sealed);
        if !left {
            return Ok(false);
        }
        self.until_acked(seq).await
    }

    /// Waits until everything up to `seq` is acked; false where the connection closed before.
    async fn until_acked(&mut self, seq: u64) -> Result<bool, Failure> {
        loop {
            match timeout(ANSWERS_WITHIN, self.opened.down.next()).await? {
                Ok(envelope) => {
                    if let ServerEvent::Received { seq: acked, .. } = envelope.event {
                        self.tally.acked += u64::from(acked > seq);
                        if acked >= seq {
                            return Ok(true);
                        }
                    }
                }
                Err(Refused::Closed(_) | Refused::Broken(_)) => return Ok(false),
                Err(other) => return Err(other.into()),
            }
        }
    }

    /// Connects anew, and sends again what was not durable.
    async fn come_again(&mut self) -> Result<(), Failure> {
        let caller = self.people.call_again(&self.captures, &[Track::Mic]).await?;
        self.opened = caller.open().await?;
        self.earlier = self.sealed.pop().or(self.earlier.take());
        self.sealed.clear();
        let resume = self.opened.welcome.streams.get(&Stream::Mic);
        let from = resume.map_or(0, |place| place.resume_seq);
        if from > self.log.len() as u64 {
            return Err("the server has more frames than were sent".into());
        }
        for seq in from..self.log.len() as u64 {
            let (sealed, _) = self.genuine(seq);
            self.opened.up.send(&sealed)?;
            self.sealed.push(sealed);
        }
        let all_durable = from == self.log.len() as u64;
        if !all_durable && !self.until_acked(self.log.len() as u64 - 1).await? {
            return Err("the server closed on genuine frames".into());
        }
        Ok(())
    }

    async fn until_durable(&mut self) -> Result<(), Failure> {
        // One more, so that there is news to commit.
        if !self.say_next().await? {
            return Err("the server closed on a genuine frame".into());
        }
        loop {
            let told = timeout(ANSWERS_WITHIN, self.opened.down.next()).await??;
            if let ServerEvent::Committed { release_seq, .. } = told.event
                && release_seq == self.log.len() as u64
            {
                return Ok(());
            }
        }
    }

    /// A frame to attack with, if this kind has what it needs.
    fn attack(&mut self, kind: usize) -> Option<Attack> {
        let seq = self.log.len() as u64;
        let apart = |frame| Attack {
            frame,
            spends_next: false,
        };
        match kind {
            0 => {
                let at = self.dice.roll(self.sealed.len().max(1));
                self.sealed.get(at).cloned().map(apart)
            }
            1 => self.earlier.clone().map(apart),
            2..=4 | 7 => {
                let (mut frame, _) = self.genuine(seq);
                let tag = frame.len() - TAG;
                match kind {
                    2 => self.dice.flip(&mut frame, tag - PAYLOAD, tag),
                    3 => self.dice.flip(&mut frame, tag, tag + TAG),
                    4 => self.dice.flip(&mut frame, 0, Prefix::LEN),
                    _ => frame.truncate(self.dice.roll(tag + TAG)),
                }
                Some(Attack {
                    frame,
                    spends_next: true,
                })
            }
            5 => {
                let others = self.others.borrow();
                let (whose, frame) = others.as_ref()?;
                (*whose != self.number).then(|| apart(frame.clone()))
            }
            6 => self.renumbered(seq).map(apart),
            _ => Some(apart(self.forged(1 << 40))),
        }
    }

    /// A frame in every respect like one of this connection, but for the key.
    fn forged(&self, seq: u64) -> Raw {
        let mut stranger = Sealer::new(&[1; 32], self.opened.epoch, self.captures.session);
        let prefix = Prefix::audio(Track::Mic, seq, self.log.len() as u64 * u64::from(FRAME_MS) * 16, 0);
        let sealed = stranger.seal(&prefix, &[0; PAYLOAD]);
        sealed.expect("invariant: a stranger seals one frame")
    }

    /// The last genuine frame's ciphertext and tag under the prefix and header of number `seq`.
    fn renumbered(&self, seq: u64) -> Option<Raw> {
        let body = self.sealed.last()?;
        let mut frame = self.forged(seq);
        let (into, from) = (frame.len() - PAYLOAD - TAG, body.len() - PAYLOAD - TAG);
        frame[into..].copy_from_slice(&body[from..]);
        Some(frame)
    }
}
