//! RFC 9605's own vectors, as the crate under [`crate::seal`] runs them.

use super::{bytes, each, load};
use serde_json::Value;
use sframe::CipherSuite;
use sframe::frame::{EncryptedFrameView, MediaFrameView, SingleUseCounter};
use sframe::header::SframeHeader;
use sframe::key::{DecryptionKey, EncryptionKey};

fn number(value: &Value, field: &str) -> u64 {
    value[field].as_str().unwrap().parse().unwrap()
}

#[test]
fn headers_are_written_and_read_as_in_the_rfc() {
    let vectors = load("rfc9605");
    assert_eq!(each(&vectors, "header").len(), 289);
    for vector in each(&vectors, "header") {
        let header = SframeHeader::new(number(vector, "kid"), number(vector, "ctr"));
        assert_eq!(Vec::from(&header), bytes(vector, "encoded"));
        let read = SframeHeader::deserialize(bytes(vector, "encoded")).unwrap();
        assert_eq!((read.key_id(), read.counter()), (header.key_id(), header.counter()));
    }
}

#[test]
fn frames_of_suite_5_are_sealed_and_opened_as_in_the_rfc() {
    let suite = CipherSuite::AesGcm256Sha512;
    for vector in each(&load("rfc9605"), "sframe") {
        assert_eq!(vector["cipher_suite"], 5);
        let (kid, ctr) = (number(vector, "kid"), number(vector, "ctr"));
        let (metadata, plaintext) = (bytes(vector, "metadata"), bytes(vector, "pt"));
        let sealing = EncryptionKey::derive_from(suite, kid, bytes(vector, "base_key")).unwrap();
        let frame = MediaFrameView::try_with_meta_data(&mut SingleUseCounter::new(ctr), &plaintext, &metadata).unwrap();
        let mut sealed = Vec::new();
        let sealed = frame.encrypt_into(&sealing, &mut sealed).unwrap();
        assert_eq!(sealed.sframe_cipher_text(), bytes(vector, "ct"));
        let opening = DecryptionKey::derive_from(suite, kid, bytes(vector, "base_key")).unwrap();
        let received = bytes(vector, "ct");
        let received = EncryptedFrameView::try_with_meta_data(&received, &metadata).unwrap();
        assert_eq!(received.decrypt(&opening).unwrap().payload(), plaintext);
    }
}
