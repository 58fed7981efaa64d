//! Where wrapped keys are kept: a database of its own, reached through this trait alone, so that a backup of the data
//! revives nothing. Nothing here can read a key: what comes in and goes out is wrapped.

use crate::ids::{MeetingId, Member, TenantId};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use sqlx::PgPool;
use uuid::Uuid;

/// Why the store did not answer.
#[derive(Debug, thiserror::Error)]
#[error("asking the key store")]
pub struct KeyStoreError(#[from] sqlx::Error);

impl KeyStoreError {
    /// Whether asking again may help.
    pub fn is_transient(&self) -> bool {
        crate::db::is_transient(&self.0)
    }
}

/// A key to be stored.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// Its version; for a meeting's, the version of the member key that wraps it.
    pub version: i32,
    /// Wrapped by the key above it.
    pub wrapped: Vec<u8>,
}

/// A key as it is stored. `wrapped` is empty once it was erased.
#[derive(Debug, Clone)]
pub struct StoredKey {
    /// Its version; for a meeting's, the version of the member key that wraps it.
    pub version: i32,
    /// Wrapped by the key above it.
    pub wrapped: Vec<u8>,
}

/// An identity key as it is stored.
#[derive(Debug, Clone)]
pub struct StoredIdentity {
    /// Which one.
    pub key_id: u8,
    /// The root key that wraps it.
    pub root_key_id: String,
    /// Its public half.
    pub public: Vec<u8>,
    /// Its seed, wrapped by the root key.
    pub wrapped: Vec<u8>,
}

/// A key of the server's own as it is stored.
#[derive(Debug, Clone)]
pub struct StoredServiceKey {
    /// The root key that wraps it.
    pub root_key_id: String,
    /// Wrapped by the root key.
    pub wrapped: Vec<u8>,
}

/// What the root key wraps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UnderRoot {
    /// A tenant's key, and its version.
    Tenant(TenantId, i32),
    /// An identity key.
    Identity(u8),
    /// A key of the server's own, by its purpose.
    Service(String),
}

/// A key that the root key wraps.
#[derive(Debug, Clone)]
pub struct Wrapped {
    /// Which.
    pub what: UnderRoot,
    /// Wrapped by the root key.
    pub wrapped: Vec<u8>,
}

/// What there is in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    /// Root keys, and how many keys each wraps.
    pub roots: Vec<(String, i64)>,
    /// Keys of tenants, of people and of meetings that are in force.
    pub in_force: [i64; 3],
    /// Those that were erased.
    pub erased: [i64; 3],
}

/// What an answer of the store is.
pub type Answer<'a, T> = BoxFuture<'a, Result<T, KeyStoreError>>;

/// A store of wrapped keys. Adding a key that is there already changes nothing.
pub trait KeyStore: Send + Sync {
    /// The newest key of a tenant.
    fn tenant_key(&self, tenant: TenantId) -> Answer<'_, Option<StoredKey>>;
    /// Stores a tenant's key.
    fn add_tenant_key<'a>(&'a self, tenant: TenantId, root_key_id: &'a str, key: NewKey) -> Answer<'a, ()>;
    /// The newest key of a person in a tenant.
    fn member_key(&self, member: Member) -> Answer<'_, Option<StoredKey>>;
    /// Stores the key of a person in a tenant, wrapped by that version of the tenant's.
    fn add_member_key(&self, member: Member, tenant_version: i32, key: NewKey) -> Answer<'_, ()>;
    /// A meeting's key, as wrapped for one person.
    fn meeting_key(&self, member: Member, meeting: MeetingId) -> Answer<'_, Option<StoredKey>>;
    /// The keys of those of the meetings that have one, as wrapped for one person.
    fn meeting_keys<'a>(&'a self, member: Member, meetings: &'a [MeetingId])
    -> Answer<'a, Vec<(MeetingId, StoredKey)>>;
    /// Stores a meeting's key, wrapped for one person.
    fn add_meeting_key(&self, member: Member, meeting: MeetingId, key: NewKey) -> Answer<'_, ()>;
    /// Overwrites a meeting's key for everyone, and says so in the ledger.
    fn erase_meeting_key(&self, tenant: TenantId, meeting: MeetingId) -> Answer<'_, ()>;
    /// Overwrites the keys of a person in a tenant, and those of their meetings as wrapped for them, and says so in the ledger: its
    /// entry.
    fn erase_member_keys(&self, member: Member) -> Answer<'_, Uuid>;
    /// Overwrites what the ledger says was erased and a backup brought back. How many keys that were.
    fn erase_again(&self) -> Answer<'_, u64>;
    /// The identity keys in force, oldest first.
    fn identity_keys(&self) -> Answer<'_, Vec<StoredIdentity>>;
    /// Stores an identity key.
    fn add_identity_key(&self, key: StoredIdentity) -> Answer<'_, ()>;
    /// The server's own key for a purpose.
    fn service_key(&self, purpose: &'static str) -> Answer<'_, Option<StoredServiceKey>>;
    /// Stores the server's own key for a purpose.
    fn add_service_key(&self, purpose: &'static str, key: StoredServiceKey) -> Answer<'_, ()>;
}

/// The store on PostgreSQL, database `attune_keys`, role `attune_keys`.
#[derive(Debug, Clone)]
pub struct PostgresKeyStore(PgPool);

impl PostgresKeyStore {
    pub(crate) fn new(pool: PgPool) -> Self {
        Self(pool)
    }

    /// Whether anything was ever stored: then a root key exists, and losing it must not be covered up by a new one.
    pub async fn is_empty(&self) -> Result<bool, KeyStoreError> {
        let any = sqlx::query_scalar!(
            r#"SELECT EXISTS (SELECT FROM keys.tenant_keys) OR EXISTS (SELECT FROM keys.identity_keys) AS "any!""#
        )
        .fetch_one(&self.0)
        .await?;
        Ok(!any)
    }

    /// Waits until every connection is back, and closes them.
    pub async fn close(&self) {
        self.0.close().await;
    }

    /// Keys that this root key wraps, `most` at a time, in no order.
    pub async fn wrapped_by(&self, root_key_id: &str, most: i64) -> Result<Vec<Wrapped>, KeyStoreError> {
        let rows = sqlx::query!(
            r#"SELECT tenant_id AS "tenant_id?", version AS "number!", NULL AS "purpose?", wrapped AS "wrapped!"
               FROM keys.tenant_keys WHERE root_key_id = $1 AND erased_at IS NULL
               UNION ALL
               SELECT NULL, key_id, NULL, wrapped FROM keys.identity_keys WHERE root_key_id = $1
               UNION ALL
               SELECT NULL, 0, purpose, wrapped FROM keys.service_keys WHERE root_key_id = $1
               LIMIT $2"#,
            root_key_id,
            most
        )
        .fetch_all(&self.0)
        .await?;
        let what = |tenant: Option<Uuid>, number: i32, purpose: Option<String>| match (tenant, purpose) {
            (Some(tenant), _) => UnderRoot::Tenant(TenantId(tenant), number),
            (None, Some(purpose)) => UnderRoot::Service(purpose),
            (None, None) => UnderRoot::Identity(u8::try_from(number).expect("invariant: identity_keys_id_is_a_byte")),
        };
        Ok(rows
            .into_iter()
            .map(|row| Wrapped {
                what: what(row.tenant_id, row.number, row.purpose),
                wrapped: row.wrapped,
            })
            .collect())
    }

    /// Stores a key as another root key wraps it, unless somebody else did.
    pub async fn rewrap(&self, key: &Wrapped, old: &str, new: &str) -> Result<(), KeyStoreError> {
        let wrapped = &key.wrapped;
        match &key.what {
            UnderRoot::Tenant(tenant, version) => sqlx::query!(
                "UPDATE keys.tenant_keys SET root_key_id = $2, wrapped = $3
                 WHERE root_key_id = $1 AND tenant_id = $4 AND version = $5 AND erased_at IS NULL",
                old,
                new,
                wrapped,
                tenant.0,
                version
            ),
            UnderRoot::Identity(key_id) => sqlx::query!(
                "UPDATE keys.identity_keys SET root_key_id = $2, wrapped = $3 WHERE root_key_id = $1 AND key_id = $4",
                old,
                new,
                wrapped,
                i16::from(*key_id)
            ),
            UnderRoot::Service(purpose) => sqlx::query!(
                "UPDATE keys.service_keys SET root_key_id = $2, wrapped = $3 WHERE root_key_id = $1 AND purpose = $4",
                old,
                new,
                wrapped,
                purpose
            ),
        }
        .execute(&self.0)
        .await?;
        Ok(())
    }

    /// What there is.
    pub async fn contents(&self) -> Result<Contents, KeyStoreError> {
        let roots = sqlx::query!(
            r#"SELECT root_key_id AS "id!", count(*) AS "count!" FROM (
                   SELECT root_key_id FROM keys.tenant_keys WHERE erased_at IS NULL
                   UNION ALL SELECT root_key_id FROM keys.identity_keys
                   UNION ALL SELECT root_key_id FROM keys.service_keys) AS wrapped
               GROUP BY root_key_id ORDER BY root_key_id"#
        )
        .fetch_all(&self.0)
        .await?;
        let count = sqlx::query!(
            r#"SELECT (SELECT count(*) FROM keys.tenant_keys WHERE erased_at IS NULL) AS "tenants!",
                      (SELECT count(*) FROM keys.member_keys WHERE erased_at IS NULL) AS "members!",
                      (SELECT count(*) FROM keys.meeting_keys WHERE erased_at IS NULL) AS "meetings!",
                      (SELECT count(*) FROM keys.tenant_keys WHERE erased_at IS NOT NULL) AS "erased_tenants!",
                      (SELECT count(*) FROM keys.member_keys WHERE erased_at IS NOT NULL) AS "erased_members!",
                      (SELECT count(*) FROM keys.meeting_keys WHERE erased_at IS NOT NULL) AS "erased_meetings!""#
        )
        .fetch_one(&self.0)
        .await?;
        Ok(Contents {
            roots: roots.into_iter().map(|root| (root.id, root.count)).collect(),
            in_force: [count.tenants, count.members, count.meetings],
            erased: [count.erased_tenants, count.erased_members, count.erased_meetings],
        })
    }
}

impl KeyStore for PostgresKeyStore {
    fn tenant_key(&self, tenant: TenantId) -> Answer<'_, Option<StoredKey>> {
        async move {
            Ok(sqlx::query_as!(
                StoredKey,
                "SELECT version, wrapped FROM keys.tenant_keys WHERE tenant_id = $1 ORDER BY version DESC LIMIT 1",
                tenant.0
            )
            .fetch_optional(&self.0)
            .await?)
        }
        .boxed()
    }

    fn add_tenant_key<'a>(&'a self, tenant: TenantId, root_key_id: &'a str, key: NewKey) -> Answer<'a, ()> {
        async move {
            sqlx::query!(
                "INSERT INTO keys.tenant_keys (tenant_id, version, root_key_id, wrapped) VALUES ($1, $2, $3, $4)
                 ON CONFLICT ON CONSTRAINT tenant_keys_pk DO NOTHING",
                tenant.0,
                key.version,
                root_key_id,
                key.wrapped
            )
            .execute(&self.0)
            .await?;
            Ok(())
        }
        .boxed()
    }

    fn member_key(&self, member: Member) -> Answer<'_, Option<StoredKey>> {
        async move {
            Ok(sqlx::query_as!(
                StoredKey,
                "SELECT version, wrapped FROM keys.member_keys WHERE tenant_id = $1 AND user_id = $2
                 ORDER BY version DESC LIMIT 1",
                member.tenant.0,
                member.user.0
            )
            .fetch_optional(&self.0)
            .await?)
        }
        .boxed()
    }

    fn add_member_key(&self, member: Member, tenant_version: i32, key: NewKey) -> Answer<'_, ()> {
        async move {
            sqlx::query!(
                "INSERT INTO keys.member_keys (tenant_id, user_id, version, tenant_version, wrapped)
                 VALUES ($1, $2, $3, $4, $5)
                 ON CONFLICT ON CONSTRAINT member_keys_pk DO NOTHING",
                member.tenant.0,
                member.user.0,
                key.version,
                tenant_version,
                key.wrapped
            )
            .execute(&self.0)
            .await?;
            Ok(())
        }
        .boxed()
    }

    fn meeting_key(&self, member: Member, meeting: MeetingId) -> Answer<'_, Option<StoredKey>> {
        async move {
            Ok(sqlx::query_as!(
                StoredKey,
                "SELECT member_version AS version, wrapped FROM keys.meeting_keys
                 WHERE tenant_id = $1 AND meeting_id = $2 AND user_id = $3",
                member.tenant.0,
                meeting.0,
                member.user.0
            )
            .fetch_optional(&self.0)
            .await?)
        }
        .boxed()
    }

    fn meeting_keys<'a>(
        &'a self,
        member: Member,
        meetings: &'a [MeetingId],
    ) -> Answer<'a, Vec<(MeetingId, StoredKey)>> {
        async move {
            let ids: Vec<_> = meetings.iter().map(|meeting| meeting.0).collect();
            let rows = sqlx::query!(
                "SELECT meeting_id, member_version, wrapped FROM keys.meeting_keys
                 WHERE tenant_id = $1 AND meeting_id = ANY($2) AND user_id = $3",
                member.tenant.0,
                &ids,
                member.user.0
            )
            .fetch_all(&self.0)
            .await?;
            let key = |version, wrapped| StoredKey { version, wrapped };
            Ok(rows
                .into_iter()
                .map(|row| (MeetingId(row.meeting_id), key(row.member_version, row.wrapped)))
                .collect())
        }
        .boxed()
    }

    fn add_meeting_key(&self, member: Member, meeting: MeetingId, key: NewKey) -> Answer<'_, ()> {
        async move {
            sqlx::query!(
                "INSERT INTO keys.meeting_keys (tenant_id, meeting_id, user_id, member_version, wrapped)
                 VALUES ($1, $2, $3, $4, $5)",
                member.tenant.0,
                meeting.0,
                member.user.0,
                key.version,
                key.wrapped
            )
            .execute(&self.0)
            .await?;
            Ok(())
        }
        .boxed()
    }

    fn erase_meeting_key(&self, tenant: TenantId, meeting: MeetingId) -> Answer<'_, ()> {
        async move {
            let mut tx = self.0.begin().await?;
            sqlx::query!(
                "INSERT INTO keys.erasure_ledger (id, tenant_id, subject, object_id) VALUES ($1, $2, 'meeting', $3)",
                Uuid::now_v7(),
                tenant.0,
                meeting.0
            )
            .execute(&mut *tx)
            .await?;
            sqlx::query!(
                "UPDATE keys.meeting_keys SET wrapped = '', erased_at = now()
                 WHERE tenant_id = $1 AND meeting_id = $2 AND erased_at IS NULL",
                tenant.0,
                meeting.0
            )
            .execute(&mut *tx)
            .await?;
            Ok(tx.commit().await?)
        }
        .boxed()
    }

    fn erase_member_keys(&self, member: Member) -> Answer<'_, Uuid> {
        async move {
            let entry = Uuid::now_v7();
            let mut tx = self.0.begin().await?;
            sqlx::query!(
                "INSERT INTO keys.erasure_ledger (id, tenant_id, subject, object_id) VALUES ($1, $2, 'member', $3)",
                entry,
                member.tenant.0,
                member.user.0
            )
            .execute(&mut *tx)
            .await?;
            sqlx::query!(
                "WITH meetings AS (
                     UPDATE keys.meeting_keys SET wrapped = '', erased_at = now()
                     WHERE tenant_id = $1 AND user_id = $2 AND erased_at IS NULL)
                 UPDATE keys.member_keys SET wrapped = '', erased_at = now()
                 WHERE tenant_id = $1 AND user_id = $2 AND erased_at IS NULL",
                member.tenant.0,
                member.user.0
            )
            .execute(&mut *tx)
            .await?;
            tx.commit().await?;
            Ok(entry)
        }
        .boxed()
    }

    fn erase_again(&self) -> Answer<'_, u64> {
        async move {
            let mut tx = self.0.begin().await?;
            let meetings = sqlx::query!(
                "UPDATE keys.meeting_keys k SET wrapped = '', erased_at = now() FROM keys.erasure_ledger l
                 WHERE k.erased_at IS NULL AND l.tenant_id = k.tenant_id
                   AND (l.subject = 'meeting' AND l.object_id = k.meeting_id OR l.subject = 'member' AND l.object_id = k.user_id)"
            )
            .execute(&mut *tx)
            .await?;
            let members = sqlx::query!(
                "UPDATE keys.member_keys k SET wrapped = '', erased_at = now() FROM keys.erasure_ledger l
                 WHERE k.erased_at IS NULL AND l.tenant_id = k.tenant_id AND l.subject = 'member' AND l.object_id = k.user_id"
            )
            .execute(&mut *tx)
            .await?;
            tx.commit().await?;
            Ok(meetings.rows_affected() + members.rows_affected())
        }
        .boxed()
    }

    fn identity_keys(&self) -> Answer<'_, Vec<StoredIdentity>> {
        async move {
            let rows = sqlx::query!(
                "SELECT key_id, root_key_id, public, wrapped FROM keys.identity_keys
                 WHERE retired_at IS NULL ORDER BY key_id"
            )
            .fetch_all(&self.0)
            .await?;
            Ok(rows
                .into_iter()
                .map(|row| StoredIdentity {
                    key_id: u8::try_from(row.key_id).expect("invariant: identity_keys_id_is_a_byte"),
                    root_key_id: row.root_key_id,
                    public: row.public,
                    wrapped: row.wrapped,
                })
                .collect())
        }
        .boxed()
    }

    fn add_identity_key(&self, key: StoredIdentity) -> Answer<'_, ()> {
        async move {
            sqlx::query!(
                "INSERT INTO keys.identity_keys (key_id, root_key_id, public, wrapped) VALUES ($1, $2, $3, $4)
                 ON CONFLICT ON CONSTRAINT identity_keys_pk DO NOTHING",
                i16::from(key.key_id),
                key.root_key_id,
                key.public,
                key.wrapped
            )
            .execute(&self.0)
            .await?;
            Ok(())
        }
        .boxed()
    }

    fn service_key(&self, purpose: &'static str) -> Answer<'_, Option<StoredServiceKey>> {
        async move {
            Ok(sqlx::query_as!(
                StoredServiceKey,
                "SELECT root_key_id, wrapped FROM keys.service_keys WHERE purpose = $1",
                purpose
            )
            .fetch_optional(&self.0)
            .await?)
        }
        .boxed()
    }

    fn add_service_key(&self, purpose: &'static str, key: StoredServiceKey) -> Answer<'_, ()> {
        async move {
            sqlx::query!(
                "INSERT INTO keys.service_keys (purpose, root_key_id, wrapped) VALUES ($1, $2, $3)
                 ON CONFLICT ON CONSTRAINT service_keys_pk DO NOTHING",
                purpose,
                key.root_key_id,
                key.wrapped
            )
            .execute(&self.0)
            .await?;
            Ok(())
        }
        .boxed()
    }
}
