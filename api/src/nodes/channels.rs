//! Whom this node attends to, and what it has heard of each: a packet counts once, from a node that has the person's key.

use super::lock;
use super::notice::{Notice, Packet, Unreadable};
use crate::keys::{FanOutKey, NodeName};
use std::collections::HashMap;
use std::sync::Mutex;

/// Nodes that are remembered of each person: more than restart while anybody is in a meeting.
const SENDERS: usize = 64;

/// The name of a person's channel, as the key gives it.
pub(super) type Name = [u8; 16];

/// What another node said.
#[derive(Debug)]
pub(crate) struct Heard {
    /// The key of the person it is about.
    pub(crate) key: FanOutKey,
    /// What it said.
    pub(crate) notice: Notice,
}

/// The persons this node attends to.
#[derive(Debug, Default)]
pub(super) struct Channels(Mutex<HashMap<Name, Channel>>);

#[derive(Debug)]
struct Channel {
    key: FanOutKey,
    /// Connections and readers of the person on this node.
    attending: usize,
    /// The number of the last packet of each node.
    heard: HashMap<NodeName, u64>,
}

impl Channels {
    /// One more attends to the person. True for the first.
    pub(super) fn attend(&self, key: &FanOutKey) -> bool {
        let mut channels = lock(&self.0);
        let channel = channels.entry(key.channel()).or_insert_with(|| Channel {
            key: key.clone(),
            attending: 0,
            heard: HashMap::new(),
        });
        channel.attending += 1;
        channel.attending == 1
    }

    /// One attends no longer. True for the last.
    pub(super) fn leave(&self, key: &FanOutKey) -> bool {
        let mut channels = lock(&self.0);
        let name = key.channel();
        let Some(channel) = channels.get_mut(&name) else {
            return false;
        };
        channel.attending -= 1;
        let is_last = channel.attending == 0;
        if is_last {
            channels.remove(&name);
        }
        is_last
    }

    /// The channels to listen to.
    pub(super) fn names(&self) -> Vec<Name> {
        lock(&self.0).keys().copied().collect()
    }

    /// What a packet says. Nothing where it is our own, or about somebody whom nobody attends to any more.
    pub(super) fn take_in(&self, me: &NodeName, name: &Name, packet: &[u8]) -> Result<Option<Heard>, Unreadable> {
        let packet = Packet::parse(packet)?;
        if packet.sender == *me {
            return Ok(None);
        }
        let Some(key) = lock(&self.0).get(name).map(|channel| channel.key.clone()) else {
            return Ok(None);
        };
        // Opened first: only then is its number anybody's.
        let notice = packet.open(&key)?;
        let mut channels = lock(&self.0);
        let Some(channel) = channels.get_mut(name) else {
            return Ok(None);
        };
        if channel
            .heard
            .get(&packet.sender)
            .is_some_and(|last| packet.count <= *last)
        {
            return Err(Unreadable);
        }
        if channel.heard.len() >= SENDERS && !channel.heard.contains_key(&packet.sender) {
            channel.heard.clear();
        }
        channel.heard.insert(packet.sender, packet.count);
        Ok(Some(Heard { key, notice }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::MeetingId;
    use crate::keys::MemberKey;

    const ME: NodeName = [1; 16];
    const OTHER: NodeName = [2; 16];

    fn notice() -> Notice {
        Notice::Followed {
            meeting: MeetingId::new(),
        }
    }

    #[test]
    fn what_another_node_says_is_heard_once_and_our_own_never() {
        let (channels, key, notice) = (Channels::default(), MemberKey::of_a_test().fan_out(), notice());
        assert!(channels.attend(&key));
        let name = key.channel();
        let take_in = |packet: &[u8]| channels.take_in(&ME, &name, packet);

        let later = notice.seal(&key, &OTHER, 8);
        let heard = take_in(&later).unwrap().unwrap();
        assert_eq!((heard.notice, heard.key.member()), (notice.clone(), key.member()));
        assert!(take_in(&later).is_err(), "a second time");
        assert!(take_in(&notice.seal(&key, &OTHER, 7)).is_err(), "an older one");
        assert!(take_in(&notice.seal(&key, &OTHER, 9)).unwrap().is_some());
        assert!(take_in(&notice.seal(&key, &ME, 10)).unwrap().is_none(), "our own");
    }

    #[test]
    fn a_packet_that_was_changed_cut_or_made_up_is_refused_and_moves_no_number() {
        let (channels, key) = (Channels::default(), MemberKey::of_a_test().fan_out());
        channels.attend(&key);
        let name = key.channel();
        let packet = notice().seal(&key, &OTHER, 1);
        for at in 0..packet.len() {
            let mut changed = packet.clone();
            changed[at] ^= 1;
            assert!(channels.take_in(&ME, &name, &changed).is_err(), "byte {at}");
            assert!(channels.take_in(&ME, &name, &packet[..at]).is_err(), "cut at {at}");
        }
        let strangers = notice().seal(&MemberKey::of_a_test().fan_out(), &OTHER, u64::MAX);
        assert!(channels.take_in(&ME, &name, &strangers).is_err());
        assert!(channels.take_in(&ME, &name, &packet).unwrap().is_some());
    }

    #[test]
    fn a_person_is_attended_to_until_the_last_one_leaves() {
        let (channels, key) = (Channels::default(), MemberKey::of_a_test().fan_out());
        assert!(channels.attend(&key) && !channels.attend(&key));
        assert!(!channels.leave(&key));
        assert_eq!(channels.names(), [key.channel()]);
        assert!(channels.leave(&key) && channels.names().is_empty());
        let packet = notice().seal(&key, &OTHER, 1);
        assert!(channels.take_in(&ME, &key.channel(), &packet).unwrap().is_none());
    }
}
