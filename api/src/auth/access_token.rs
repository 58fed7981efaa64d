//! Access tokens: what a client that keeps its own secrets shows with each request, for a quarter of an hour. JSON web
//! tokens (RFC 7519, RFC 9068) that one key of ours signs with Ed25519; anything else about them is refused. They say which
//! sign-in they are of, and that is looked up each time, so that one that was ended is over at once.

use crate::ids::{FamilyId, Member, TenantId, UserId};
use crate::keys::Keys;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

/// How long one is good.
pub(crate) const LIFETIME: Duration = Duration::minutes(15);
/// How far the clocks of nodes may be apart.
const SKEW: Duration = Duration::seconds(30);
/// More than any of ours has.
const LONGEST: usize = 1_024;

const ISSUER: &str = "attune";
const AUDIENCE: &str = "attune-api";
const KIND: &str = "at+jwt";
/// There is one key, and this is its name.
const KEY: &str = "1";

/// Makes and reads access tokens.
pub struct AccessTokens {
    private: EncodingKey,
    public: DecodingKey,
    validation: Validation,
}

impl std::fmt::Debug for AccessTokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccessTokens").finish_non_exhaustive()
    }
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    iss: String,
    aud: String,
    sub: UserId,
    tenant: TenantId,
    family: FamilyId,
    iat: i64,
    exp: i64,
}

impl AccessTokens {
    /// Those that the server's key signs.
    pub fn new(keys: &Keys) -> Self {
        Self::of(&keys.access_token_private(), &keys.access_token_public())
    }

    fn of(private: &[u8], public: &[u8]) -> Self {
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.leeway = SKEW.whole_seconds().unsigned_abs();
        Self {
            private: EncodingKey::from_ed_der(private),
            public: DecodingKey::from_ed_der(public),
            validation,
        }
    }

    /// One of this sign-in, from now on.
    ///
    /// # Errors
    /// Only where the key cannot sign.
    pub fn issue(&self, member: Member, family: FamilyId) -> Result<String, jsonwebtoken::errors::Error> {
        let now = OffsetDateTime::now_utc();
        let claims = Claims {
            iss: ISSUER.into(),
            aud: AUDIENCE.into(),
            sub: member.user,
            tenant: member.tenant,
            family,
            iat: now.unix_timestamp(),
            exp: (now + LIFETIME).unix_timestamp(),
        };
        jsonwebtoken::encode(&header(), &claims, &self.private)
    }

    /// Of which sign-in a token is, if it is one of ours and not too old.
    pub fn read(&self, token: &str) -> Option<(Member, FamilyId)> {
        if token.len() > LONGEST {
            return None;
        }
        let read = jsonwebtoken::decode::<Claims>(token, &self.public, &self.validation).ok()?;
        let (claims, now) = (read.claims, OffsetDateTime::now_utc().unix_timestamp());
        let lives = claims.exp.checked_sub(claims.iat)?;
        let is_ours = read.header == header()
            && (0..=LIFETIME.whole_seconds()).contains(&lives)
            && claims.iat <= now + SKEW.whole_seconds();
        let member = Member {
            tenant: claims.tenant,
            user: claims.sub,
        };
        is_ours.then_some((member, claims.family))
    }
}

fn header() -> Header {
    Header {
        typ: Some(KIND.into()),
        kid: Some(KEY.into()),
        ..Header::new(Algorithm::EdDSA)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ed25519_dalek::SigningKey;
    use serde_json::{Value, json};

    fn tokens() -> AccessTokens {
        let key = SigningKey::from_bytes(&[7; 32]);
        let pkcs8 = crate::keys::pkcs8(&key);
        AccessTokens::of(&pkcs8, &key.verifying_key().to_bytes())
    }

    fn somebody() -> (Member, FamilyId) {
        let member = Member {
            tenant: TenantId::new(),
            user: UserId::new(),
        };
        (member, FamilyId::new())
    }

    #[test]
    fn a_token_says_of_which_sign_in_it_is() {
        let (tokens, (member, family)) = (tokens(), somebody());
        let token = tokens.issue(member, family).unwrap();
        assert_eq!(tokens.read(&token), Some((member, family)));
    }

    /// What is signed by our own key and still none of ours: by a version of this server that is wrong, or a key used twice.
    #[test]
    fn a_token_that_our_key_signed_is_refused_unless_all_of_it_is_right() {
        let (tokens, (member, family)) = (tokens(), somebody());
        let now = OffsetDateTime::now_utc().unix_timestamp();
        let right = json!({"iss": ISSUER, "aud": AUDIENCE, "sub": member.user, "tenant": member.tenant, "family": family,
            "iat": now, "exp": now + 600});
        let read = |header: &Header, claims: &Value| {
            tokens
                .read(&jsonwebtoken::encode(header, claims, &tokens.private).unwrap())
                .is_some()
        };
        assert!(read(&header(), &right));

        let wrong = [
            ("iss", json!("other")),
            ("iss", json!(["attune"])),
            ("aud", json!("other")),
            ("aud", json!(["attune-api"])),
            ("sub", json!("nobody")),
            ("tenant", json!(null)),
            ("family", json!(7)),
            ("iat", json!(now + 60)),
            ("iat", json!(now.to_string())),
            ("exp", json!(now - 60)),
            ("exp", json!((now + 600).to_string())),
            ("exp", json!(now + 60 * 60)),
            ("exp", json!(1.0e300)),
            ("exp", json!(i64::MAX)),
            ("iat", json!(i64::MIN)),
            ("admin", json!(true)),
        ];
        for (name, value) in wrong {
            let mut claims = right.clone();
            claims[name] = value.clone();
            assert!(!read(&header(), &claims), "{name} = {value}");
        }
        for name in ["iss", "aud", "sub", "tenant", "family", "iat", "exp"] {
            let mut claims = right.clone();
            claims.as_object_mut().unwrap().remove(name);
            assert!(!read(&header(), &claims), "without {name}");
        }
        let kid = |kid: &str| Header {
            kid: Some(kid.into()),
            ..header()
        };
        let headers = [
            kid("2"),
            kid("../../root.key"),
            Header { kid: None, ..header() },
            Header {
                typ: Some("JWT".into()),
                ..header()
            },
            Header { typ: None, ..header() },
            Header {
                jku: Some("https://example.com/keys".into()),
                ..header()
            },
            Header {
                crit: Some(vec!["exp".into()]),
                ..header()
            },
            Header {
                cty: Some("JWT".into()),
                ..header()
            },
        ];
        for header in headers {
            assert!(!read(&header, &right), "{header:?}");
        }
    }
}
