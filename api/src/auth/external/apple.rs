//! Apple's client secret: a statement of who we are, signed with our key each time it is needed.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use time::{Duration, OffsetDateTime};
use zeroize::Zeroizing;

/// It is used at once. Apple takes up to six months.
const LIFETIME: Duration = Duration::minutes(5);

/// The key is none.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("reading a private key for signing in: not a P-256 key in PKCS #8 and PEM")]
pub struct KeyError;

/// What signs the statement.
#[derive(Debug)]
pub(super) struct SigningKey {
    team_id: String,
    key_id: String,
    key: EcdsaKeyPair,
}

impl SigningKey {
    /// Reads a `.p8` file. A variable of the environment may have `\n` for its ends of lines.
    pub(super) fn read(team_id: &str, key_id: &str, pem: &SecretString) -> Result<Self, KeyError> {
        let text = Zeroizing::new(pem.expose_secret().replace("\\n", "\n"));
        let body: Zeroizing<String> = Zeroizing::new(
            text.lines()
                .map(str::trim)
                .filter(|line| !line.starts_with("-----"))
                .collect(),
        );
        let der = Zeroizing::new(BASE64_STANDARD.decode(body.as_bytes()).map_err(|_| KeyError)?);
        Ok(Self {
            team_id: team_id.to_owned(),
            key_id: key_id.to_owned(),
            key: EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &der).map_err(|_| KeyError)?,
        })
    }

    /// That it is `client_id` that asks `audience`, now.
    pub(super) fn statement(&self, client_id: &str, audience: &str, now: OffsetDateTime) -> Zeroizing<String> {
        let header = json!({ "alg": "ES256", "kid": self.key_id });
        let claims = json!({
            "iss": self.team_id,
            "iat": now.unix_timestamp(),
            "exp": (now + LIFETIME).unix_timestamp(),
            "aud": audience,
            "sub": client_id,
        });
        let [header, claims] = [header, claims].map(|part| BASE64_URL_SAFE_NO_PAD.encode(part.to_string()));
        let signed = format!("{header}.{claims}");
        let signature = self
            .key
            .sign(&SystemRandom::new(), signed.as_bytes())
            .expect("invariant: a P-256 key signs any bytes");
        let signature = BASE64_URL_SAFE_NO_PAD.encode(signature);
        Zeroizing::new(format!("{signed}.{signature}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, KeyPair as _, UnparsedPublicKey};
    use serde_json::Value;

    #[test]
    fn the_statement_says_who_asks_whom_and_verifies_under_the_key() {
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).unwrap();
        let encoded = BASE64_STANDARD.encode(pkcs8.as_ref());
        let (first, rest) = encoded.split_at(64);
        let now = OffsetDateTime::from_unix_timestamp(1_790_000_000).unwrap();
        for end in ["\n", "\\n"] {
            let pem = format!("-----BEGIN PRIVATE KEY-----{end}{first}{end}{rest}{end}-----END PRIVATE KEY-----{end}");
            let key = SigningKey::read("TEAM", "KEY", &pem.into()).unwrap();
            let text = key.statement("org.attune", "https://appleid.apple.com", now);
            let parts: Vec<&str> = text.split('.').collect();
            let read = |part: &str| -> Value {
                serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
            };
            assert_eq!(read(parts[0]), json!({ "alg": "ES256", "kid": "KEY" }));
            assert_eq!(
                read(parts[1]),
                json!({ "iss": "TEAM", "iat": 1_790_000_000, "exp": 1_790_000_300,
                        "aud": "https://appleid.apple.com", "sub": "org.attune" })
            );
            let signed = format!("{}.{}", parts[0], parts[1]);
            let signature = BASE64_URL_SAFE_NO_PAD.decode(parts[2]).unwrap();
            UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key.key.public_key().as_ref())
                .verify(signed.as_bytes(), &signature)
                .unwrap();
        }
        assert!(SigningKey::read("TEAM", "KEY", &"not a key".to_owned().into()).is_err());
    }
}
