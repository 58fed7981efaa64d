//! Names of things that last: a type for each, so that a user is never taken for a tenant. All are UUIDv7, made here
//! and not in the database, so that their order is the order of creation.

use serde::{Deserialize, Serialize};
use std::fmt;
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
        #[serde(transparent)]
        #[sqlx(transparent)]
        #[schema(value_type = Uuid)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new one, later in order than every one before it.
            #[allow(clippy::new_without_default)]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }

            /// Its sixteen bytes, as they go into keys and frames.
            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

id! {
    /// A space that owns data.
    TenantId
}
id! {
    /// A person.
    UserId
}
id! {
    /// A capturing device.
    DeviceId
}
id! {
    /// One person's view of one call.
    MeetingId
}
id! {
    /// A recording of a person's heart that they uploaded.
    HeartRecordingId
}
id! {
    /// One thing agreed to, or taken back.
    ConsentId
}
id! {
    /// An archive of everything that is a person's.
    ExportId
}
id! {
    /// One sign-in, and every token issued from it.
    FamilyId
}
id! {
    /// One request, in the log and in the answer.
    RequestId
}

/// A person in a tenant: whose data it is, wherever that has to be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Member {
    /// The tenant.
    pub tenant: TenantId,
    /// The person.
    pub user: UserId,
}
