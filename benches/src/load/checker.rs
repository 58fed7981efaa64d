//! Holds what is durable against what was sent: nothing lost, nothing twice, nothing out of order, nothing foreign.

use super::paced::Sent;
use attune_ingest::protocol::Stream;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Bytes of a digest.
const DIGEST: usize = 32;

/// A stretch of frames as the database has it.
#[derive(Debug, Clone)]
pub struct Kept {
    /// Whose.
    pub session: Uuid,
    /// Of which stream.
    pub stream: Stream,
    /// The number of its first frame.
    pub from_seq: u64,
    /// The digests of its frames, one after the other.
    pub digests: Vec<u8>,
}

/// What the checker found, in frames.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Found {
    /// As they were sent, once and in their place.
    pub whole: u64,
    /// Sent, and not there.
    pub lost: u64,
    /// There more than once.
    pub twice: u64,
    /// There, and never sent as such: altered, in another's place, or of a session that nobody had.
    pub foreign: u64,
}

impl Found {
    /// Whether everything is as it was sent, and nothing else.
    pub const fn is_clean(self) -> bool {
        self.lost == 0 && self.twice == 0 && self.foreign == 0
    }
}

/// Compares what is durable with the logs of all who sent.
pub fn check(sent: &[Sent], kept: &[Kept]) -> Found {
    let mut found = Found::default();
    let mut there: BTreeMap<(Uuid, Stream), BTreeMap<u64, &[u8]>> = BTreeMap::new();
    for stretch in kept {
        let frames = there.entry((stretch.session, stretch.stream)).or_default();
        for (seq, digest) in (stretch.from_seq..).zip(stretch.digests.chunks(DIGEST)) {
            if frames.insert(seq, digest).is_some() {
                found.twice += 1;
            }
        }
    }
    for log in sent {
        let frames = there.remove(&(log.session, log.stream)).unwrap_or_default();
        for (seq, digest) in (0..).zip(&log.digests) {
            match frames.get(&seq) {
                Some(kept) if *kept == digest.as_slice() => found.whole += 1,
                Some(_) => found.foreign += 1,
                None => found.lost += 1,
            }
        }
        let beyond = frames.range(log.digests.len() as u64..).count();
        found.foreign += beyond as u64;
    }
    let of_nobody = there.values().map(BTreeMap::len).sum::<usize>();
    found.foreign += of_nobody as u64;
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADA: Uuid = Uuid::from_u128(1);
    const BOB: Uuid = Uuid::from_u128(2);

    fn sent(session: Uuid, bytes: &[u8]) -> Sent {
        Sent {
            session,
            stream: Stream::Mic,
            digests: bytes.iter().map(|byte| [*byte; DIGEST]).collect(),
        }
    }

    fn kept(session: Uuid, from_seq: u64, bytes: &[u8]) -> Kept {
        Kept {
            session,
            stream: Stream::Mic,
            from_seq,
            digests: bytes.iter().flat_map(|byte| [*byte; DIGEST]).collect(),
        }
    }

    #[test]
    fn what_is_there_as_it_was_sent_is_whole() {
        let found = check(
            &[sent(ADA, &[1, 2, 3, 4]), sent(BOB, &[9])],
            &[kept(ADA, 2, &[3, 4]), kept(BOB, 0, &[9]), kept(ADA, 0, &[1, 2])],
        );
        assert!(found.is_clean());
        assert_eq!(found.whole, 5);
    }

    #[test]
    fn what_is_lost_twice_or_foreign_is_found() {
        let log = [sent(ADA, &[1, 2, 3])];
        let lost = check(&log, &[kept(ADA, 0, &[1]), kept(ADA, 2, &[3])]);
        assert_eq!((lost.whole, lost.lost), (2, 1));
        let twice = check(&log, &[kept(ADA, 0, &[1, 2, 3]), kept(ADA, 1, &[2])]);
        assert_eq!((twice.whole, twice.twice), (3, 1));
        let altered = check(&log, &[kept(ADA, 0, &[1, 7, 3])]);
        assert_eq!((altered.whole, altered.foreign), (2, 1));
        let swapped = check(&log, &[kept(ADA, 0, &[2, 1, 3])]);
        assert_eq!((swapped.whole, swapped.foreign), (1, 2));
        let beyond = check(&log, &[kept(ADA, 0, &[1, 2, 3, 4])]);
        assert_eq!((beyond.whole, beyond.foreign), (3, 1));
        let of_nobody = check(&log, &[kept(ADA, 0, &[1, 2, 3]), kept(BOB, 0, &[1, 2])]);
        assert_eq!((of_nobody.whole, of_nobody.foreign), (3, 2));
        assert!(
            ![lost, twice, altered, swapped, beyond, of_nobody]
                .iter()
                .any(|found| found.is_clean())
        );
    }
}
