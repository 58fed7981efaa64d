//! Sealing: AES-256-GCM under a key derived for one object, with everything that says where the ciphertext belongs as
//! additional data, so that one moved to another row, column or person does not open.

use super::fan_out::FanOutKey;
use crate::ids::{DeviceId, MeetingId, Member};
use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
use std::sync::Arc;
use uuid::Uuid;
use zeroize::Zeroizing;

/// Bytes of every key here.
const KEY_LEN: usize = 32;
/// Bytes that a ciphertext begins with: the version of the key that made it.
const VERSION_LEN: usize = 4;

/// Where a ciphertext is kept: a column of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The table.
    pub table: &'static str,
    /// The column.
    pub column: &'static str,
    /// The row's id.
    pub object: Uuid,
}

/// Why a ciphertext did not open. Says no more: which of the reasons it was helps only an attacker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a ciphertext does not open: another key, another place, or changed")]
pub struct OpenError;

/// A key in the clear.
pub(crate) struct Secret(Zeroizing<[u8; KEY_LEN]>);

impl Secret {
    pub(super) fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = Zeroizing::new([0; KEY_LEN]);
        getrandom::fill(bytes.as_mut())?;
        Ok(Self(bytes))
    }

    pub(super) fn from_plaintext(bytes: &[u8]) -> Result<Self, OpenError> {
        Ok(Self(Zeroizing::new(bytes.try_into().map_err(|_| OpenError)?)))
    }

    pub(super) fn bytes(&self) -> &[u8; KEY_LEN] {
        &self.0
    }

    /// Seals under the key derived for `label` and `salt`: nonce ‖ ciphertext ‖ tag.
    pub(super) fn wrap(&self, label: &str, salt: &[u8], aad: &[u8], plaintext: &[u8]) -> Vec<u8> {
        seal(&self.derive(label, salt), aad, plaintext)
    }

    pub(super) fn unwrap(&self, label: &str, salt: &[u8], aad: &[u8], wrapped: &[u8]) -> Result<Self, OpenError> {
        Self::from_plaintext(&open(&self.derive(label, salt), aad, wrapped)?)
    }

    /// A key that this one gives rise to.
    pub(super) fn derived(&self, label: &str, salt: &[u8]) -> Self {
        Self(self.derive(label, salt))
    }

    fn derive(&self, label: &str, salt: &[u8]) -> Zeroizing<[u8; KEY_LEN]> {
        let mut derived = Zeroizing::new([0; KEY_LEN]);
        Salt::new(HKDF_SHA256, salt)
            .extract(self.bytes())
            .expand(&[label.as_bytes()], HKDF_SHA256)
            .and_then(|okm| okm.fill(derived.as_mut()))
            .expect("invariant: HKDF gives 32 bytes for any input");
        derived
    }
}

/// AES-256-GCM with a random nonce in front. Each derived key seals one object's versions, far below 2^32 of them.
pub(super) fn seal(key: &[u8; KEY_LEN], aad: &[u8], plaintext: &[u8]) -> Vec<u8> {
    let key = RandomizedNonceKey::new(&AES_256_GCM, key).expect("invariant: the key has the algorithm's length");
    let mut sealed = Vec::with_capacity(NONCE_LEN + plaintext.len() + AES_256_GCM.tag_len());
    sealed.extend_from_slice(&[0; NONCE_LEN]);
    sealed.extend_from_slice(plaintext);
    let (nonce, tag) = key
        .seal_in_place_separate_tag(Aad::from(aad), &mut sealed[NONCE_LEN..])
        .expect("invariant: a plaintext is far shorter than AES-GCM's limit");
    sealed[..NONCE_LEN].copy_from_slice(nonce.as_ref());
    sealed.extend_from_slice(tag.as_ref());
    sealed
}

pub(super) fn open(key: &[u8; KEY_LEN], aad: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    let (nonce, ciphertext) = sealed.split_at_checked(NONCE_LEN).ok_or(OpenError)?;
    let key = RandomizedNonceKey::new(&AES_256_GCM, key).expect("invariant: the key has the algorithm's length");
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| OpenError)?;
    let mut buffer = Zeroizing::new(ciphertext.to_vec());
    let length = key
        .open_in_place(nonce, Aad::from(aad), &mut buffer)
        .map_err(|_| OpenError)?
        .len();
    buffer.truncate(length);
    Ok(buffer)
}

/// Seals what only the holder of a secret shall read, who is not us: `purpose` keeps one use of it from another.
pub(crate) fn seal_with(secret: &[u8; KEY_LEN], purpose: &str, plaintext: &[u8]) -> Vec<u8> {
    Secret(Zeroizing::new(*secret)).wrap(purpose, b"", purpose.as_bytes(), plaintext)
}

/// Opens what [`seal_with`] made with the same secret for the same purpose.
pub(crate) fn open_with(secret: &[u8; KEY_LEN], purpose: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    open(
        &Secret(Zeroizing::new(*secret)).derive(purpose, b""),
        purpose.as_bytes(),
        sealed,
    )
}

/// A key for data at rest, with whose it is and which version.
#[derive(Clone)]
struct AtRest {
    member: Member,
    version: i32,
    secret: Arc<Secret>,
}

impl AtRest {
    fn seal(&self, place: Place, plaintext: &[u8]) -> Vec<u8> {
        let mut stored = self.version.to_be_bytes().to_vec();
        let key = self.secret.derive(&label(place), place.object.as_bytes());
        stored.extend(seal(&key, &self.aad(place), plaintext));
        stored
    }

    fn open(&self, place: Place, stored: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let (version, sealed) = stored.split_at_checked(VERSION_LEN).ok_or(OpenError)?;
        if version != self.version.to_be_bytes() {
            return Err(OpenError);
        }
        open(
            &self.secret.derive(&label(place), place.object.as_bytes()),
            &self.aad(place),
            sealed,
        )
    }

    /// Fixed-length fields first, names last and separated, so that no two places give the same bytes.
    fn aad(&self, place: Place) -> Vec<u8> {
        let mut aad = b"attune/v1|at-rest|".to_vec();
        aad.extend_from_slice(self.member.tenant.as_bytes());
        aad.extend_from_slice(self.member.user.as_bytes());
        aad.extend_from_slice(place.object.as_bytes());
        aad.extend_from_slice(&self.version.to_be_bytes());
        aad.extend_from_slice(place.table.as_bytes());
        aad.push(b'|');
        aad.extend_from_slice(place.column.as_bytes());
        aad
    }
}

fn label(place: Place) -> String {
    format!("at-rest|{}|{}", place.table, place.column)
}

/// The key of one meeting: utterances, events, record, title, names.
#[derive(Clone)]
pub struct MeetingKey(AtRest);

impl MeetingKey {
    pub(super) fn new(member: Member, version: i32, secret: Arc<Secret>) -> Self {
        Self(AtRest {
            member,
            version,
            secret,
        })
    }

    /// One that seals nothing of anyone's.
    #[cfg(test)]
    pub(crate) fn of_a_test() -> Self {
        let member = Member {
            tenant: crate::ids::TenantId::new(),
            user: crate::ids::UserId::new(),
        };
        Self::new(member, 1, Arc::new(Secret(Zeroizing::new([7; KEY_LEN]))))
    }

    /// Seals `plaintext` for one place: version ‖ nonce ‖ ciphertext ‖ tag.
    pub fn seal(&self, place: Place, plaintext: &[u8]) -> Vec<u8> {
        self.0.seal(place, plaintext)
    }

    /// Opens what [`MeetingKey::seal`] made for the same place.
    pub fn open(&self, place: Place, stored: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        self.0.open(place, stored)
    }
}

/// The key of one person in one tenant: coaching, devices, and the meeting keys they are entitled to.
#[derive(Clone)]
pub struct MemberKey(AtRest);

impl MemberKey {
    pub(super) fn new(member: Member, version: i32, secret: Arc<Secret>) -> Self {
        Self(AtRest {
            member,
            version,
            secret,
        })
    }

    /// One of a person whom nobody knows.
    #[cfg(test)]
    pub(crate) fn of_a_test() -> Self {
        let MeetingKey(at_rest) = MeetingKey::of_a_test();
        Self(at_rest)
    }

    pub(super) fn version(&self) -> i32 {
        self.0.version
    }

    /// Seals `plaintext` for one place: version ‖ nonce ‖ ciphertext ‖ tag.
    pub fn seal(&self, place: Place, plaintext: &[u8]) -> Vec<u8> {
        self.0.seal(place, plaintext)
    }

    /// Opens what [`MemberKey::seal`] made for the same place.
    pub fn open(&self, place: Place, stored: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        self.0.open(place, stored)
    }

    /// Wraps a device's pre-shared key, as `devices.psk` keeps it.
    pub fn wrap_psk(&self, device: DeviceId, psk: &[u8; 32]) -> Vec<u8> {
        let mut stored = self.0.version.to_be_bytes().to_vec();
        stored.extend(
            self.0
                .secret
                .wrap("device-psk", device.as_bytes(), &self.psk_aad(device), psk),
        );
        stored
    }

    /// Unwraps what [`MemberKey::wrap_psk`] made for the same device.
    pub fn unwrap_psk(&self, device: DeviceId, stored: &[u8]) -> Result<Zeroizing<[u8; 32]>, OpenError> {
        let (version, wrapped) = stored.split_at_checked(VERSION_LEN).ok_or(OpenError)?;
        if version != self.0.version.to_be_bytes() {
            return Err(OpenError);
        }
        Ok(self
            .0
            .secret
            .unwrap("device-psk", device.as_bytes(), &self.psk_aad(device), wrapped)?
            .0)
    }

    /// The key of what nodes tell each other of this person.
    pub fn fan_out(&self) -> FanOutKey {
        FanOutKey::new(self.0.member, &self.0.secret)
    }

    pub(super) fn wrap_meeting(&self, meeting: MeetingId, secret: &[u8; KEY_LEN]) -> Vec<u8> {
        self.0
            .secret
            .wrap("meeting-key", meeting.as_bytes(), &self.meeting_aad(meeting), secret)
    }

    pub(super) fn unwrap_meeting(&self, meeting: MeetingId, wrapped: &[u8]) -> Result<Secret, OpenError> {
        self.0
            .secret
            .unwrap("meeting-key", meeting.as_bytes(), &self.meeting_aad(meeting), wrapped)
    }

    fn psk_aad(&self, device: DeviceId) -> Vec<u8> {
        self.0.aad(Place {
            table: "devices",
            column: "psk",
            object: device.0,
        })
    }

    fn meeting_aad(&self, meeting: MeetingId) -> Vec<u8> {
        self.0.aad(Place {
            table: "meeting_keys",
            column: "wrapped",
            object: meeting.0,
        })
    }
}

impl std::fmt::Debug for MeetingKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MeetingKey")
    }
}

impl std::fmt::Debug for MemberKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MemberKey")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{TenantId, UserId};

    fn member() -> Member {
        Member {
            tenant: TenantId::new(),
            user: UserId::new(),
        }
    }

    fn key_of(member: Member, version: i32, secret: [u8; KEY_LEN]) -> MeetingKey {
        MeetingKey::new(member, version, Arc::new(Secret(Zeroizing::new(secret))))
    }

    fn title_of(object: Uuid) -> Place {
        Place {
            table: "meetings",
            column: "title",
            object,
        }
    }

    #[test]
    fn what_was_sealed_opens_in_its_place_and_shows_nothing_of_itself() {
        let key = key_of(member(), 1, [7; KEY_LEN]);
        let place = title_of(Uuid::now_v7());
        let stored = key.seal(place, b"quarterly zebra");
        assert_eq!(key.open(place, &stored).unwrap().as_slice(), b"quarterly zebra");
        assert!(!stored.windows(5).any(|window| window == b"zebra"));
        assert_ne!(stored, key.seal(place, b"quarterly zebra"), "a nonce was used twice");
    }

    #[test]
    fn a_ciphertext_moved_to_another_row_column_table_person_tenant_or_version_does_not_open() {
        let someone = member();
        let row = Uuid::now_v7();
        let stored = key_of(someone, 1, [7; KEY_LEN]).seal(title_of(row), b"ours");

        let colleague = Member {
            user: UserId::new(),
            ..someone
        };
        let elsewhere = Member {
            tenant: TenantId::new(),
            ..someone
        };
        let moves = [
            (key_of(someone, 1, [7; KEY_LEN]), title_of(Uuid::now_v7())),
            (
                key_of(someone, 1, [7; KEY_LEN]),
                Place {
                    column: "notes",
                    ..title_of(row)
                },
            ),
            (
                key_of(someone, 1, [7; KEY_LEN]),
                Place {
                    table: "utterances",
                    ..title_of(row)
                },
            ),
            (key_of(colleague, 1, [7; KEY_LEN]), title_of(row)),
            (key_of(elsewhere, 1, [7; KEY_LEN]), title_of(row)),
            (key_of(someone, 2, [7; KEY_LEN]), title_of(row)),
            (key_of(someone, 1, [8; KEY_LEN]), title_of(row)),
        ];
        for (key, place) in moves {
            assert_eq!(key.open(place, &stored), Err(OpenError), "{place:?}");
        }
    }

    #[test]
    fn no_pair_of_twenty_ciphertexts_can_be_swapped() {
        let key = key_of(member(), 1, [7; KEY_LEN]);
        let rows: Vec<_> = (0..20).map(|_| title_of(Uuid::now_v7())).collect();
        let stored: Vec<_> = rows.iter().map(|place| key.seal(*place, b"same words")).collect();
        for (i, place) in rows.iter().enumerate() {
            for (j, ciphertext) in stored.iter().enumerate() {
                assert_eq!(key.open(*place, ciphertext).is_ok(), i == j);
            }
        }
    }

    #[test]
    fn changed_or_cut_bytes_do_not_open() {
        let key = key_of(member(), 1, [7; KEY_LEN]);
        let place = title_of(Uuid::now_v7());
        let stored = key.seal(place, b"ours");
        for at in 0..stored.len() {
            let mut changed = stored.clone();
            changed[at] ^= 1;
            assert_eq!(key.open(place, &changed), Err(OpenError));
            assert_eq!(key.open(place, &stored[..at]), Err(OpenError));
        }
    }

    #[test]
    fn a_device_key_opens_for_its_own_device_only() {
        let key = MemberKey::new(member(), 1, Arc::new(Secret(Zeroizing::new([7; KEY_LEN]))));
        let (device, other) = (DeviceId::new(), DeviceId::new());
        let stored = key.wrap_psk(device, &[3; 32]);
        assert_eq!(*key.unwrap_psk(device, &stored).unwrap(), [3; 32]);
        assert_eq!(key.unwrap_psk(other, &stored), Err(OpenError));
    }
}
