//! What nodes tell each other of a person is sealed on its way: whoever carries it reads nothing, and makes nothing up.

use super::seal::{OpenError, Secret, open, seal};
use crate::ids::Member;
use std::sync::Arc;
use zeroize::Zeroizing;

/// Names a node for as long as it runs: random, so that no two nodes ever seal under the same key.
pub(crate) type NodeName = [u8; 16];

/// The key of what nodes tell each other of one person. Any node that can reach the person's key derives it.
#[derive(Clone)]
pub struct FanOutKey {
    member: Member,
    secret: Arc<Secret>,
}

impl FanOutKey {
    pub(super) fn new(member: Member, of_member: &Secret) -> Self {
        Self {
            member,
            secret: Arc::new(of_member.derived("fan-out", member.user.as_bytes())),
        }
    }

    /// Whose it is.
    pub(crate) const fn member(&self) -> Member {
        self.member
    }

    /// Names the person to those who have the key, and nobody to all others.
    pub(crate) fn channel(&self) -> [u8; 16] {
        let name = self.secret.derived("channel", &[]);
        *name
            .bytes()
            .first_chunk()
            .expect("invariant: a key is longer than a name")
    }

    /// Seals what `sender` says as its message number `count`: nonce ‖ ciphertext ‖ tag.
    pub(crate) fn seal(&self, sender: &NodeName, count: u64, plaintext: &[u8]) -> Vec<u8> {
        // A key of each sender's own: 2^32 random nonces are more than a node says of a person while it runs.
        seal(
            self.secret.derived("sender", sender).bytes(),
            &self.aad(sender, count),
            plaintext,
        )
    }

    /// Opens what [`FanOutKey::seal`] made of the same sender and number.
    pub(crate) fn open(&self, sender: &NodeName, count: u64, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        open(
            self.secret.derived("sender", sender).bytes(),
            &self.aad(sender, count),
            sealed,
        )
    }

    fn aad(&self, sender: &NodeName, count: u64) -> Vec<u8> {
        let mut aad = b"attune/v1|fan-out|".to_vec();
        aad.extend_from_slice(self.member.tenant.as_bytes());
        aad.extend_from_slice(self.member.user.as_bytes());
        aad.extend_from_slice(sender);
        aad.extend_from_slice(&count.to_be_bytes());
        aad
    }
}

impl std::fmt::Debug for FanOutKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FanOutKey")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{TenantId, UserId};

    const US: NodeName = [1; 16];

    fn somebody() -> Member {
        Member {
            tenant: TenantId::new(),
            user: UserId::new(),
        }
    }

    fn key_of(member: Member, secret: [u8; 32]) -> FanOutKey {
        FanOutKey::new(member, &Secret::from_plaintext(&secret).unwrap())
    }

    #[test]
    fn every_node_derives_the_same_key_and_what_it_seals_shows_nothing() {
        let member = somebody();
        let (here, there) = (key_of(member, [7; 32]), key_of(member, [7; 32]));
        assert_eq!(here.channel(), there.channel());
        let sealed = here.seal(&US, 3, b"quarterly zebra");
        assert_eq!(there.open(&US, 3, &sealed).unwrap().as_slice(), b"quarterly zebra");
        assert!(!sealed.windows(5).any(|window| window == b"zebra"));
    }

    #[test]
    fn a_message_of_another_person_sender_or_number_does_not_open() {
        let member = somebody();
        let sealed = key_of(member, [7; 32]).seal(&US, 3, b"ours");
        let colleague = Member {
            user: UserId::new(),
            ..member
        };
        for (key, sender, count) in [
            (key_of(colleague, [7; 32]), US, 3),
            (key_of(member, [8; 32]), US, 3),
            (key_of(member, [7; 32]), [2; 16], 3),
            (key_of(member, [7; 32]), US, 4),
        ] {
            assert_eq!(key.open(&sender, count, &sealed), Err(OpenError));
        }
        assert_ne!(key_of(colleague, [7; 32]).channel(), key_of(member, [7; 32]).channel());
    }
}
