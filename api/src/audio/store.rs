//! The object store: for kept audio one object for a minute of a track, under the folder of its meeting; for an archive of
//! everything that is a person's one for each part, under the archive's. All of it is ciphertext.

use super::place::{AudioPlace, PlaceError};
use crate::ids::{ExportId, MeetingId, TenantId};
use futures_util::TryStreamExt as _;
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt as _};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// What one call of the store may take: a minute of PCM on a slow line. Jobs wait for it; live meetings never do.
const CALL_WITHIN: Duration = Duration::from_secs(30);

/// Why the store did not do what it was asked. The job that asked tries again.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    #[error("reaching the store of kept audio")]
    Store(#[from] object_store::Error),
    #[error("the store of kept audio took too long")]
    TooSlow(#[from] tokio::time::error::Elapsed),
}

/// What the objects of a folder belong to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Folder(Uuid);

impl From<MeetingId> for Folder {
    fn from(meeting: MeetingId) -> Self {
        Self(meeting.0)
    }
}

impl From<ExportId> for Folder {
    fn from(export: ExportId) -> Self {
        Self(export.0)
    }
}

/// The objects of every meeting and archive. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct AudioStore(Arc<dyn ObjectStore>);

impl AudioStore {
    pub(crate) fn open(place: &AudioPlace) -> Result<Self, PlaceError> {
        place.open().map(Self)
    }

    /// Stores an object, over one of the same name.
    pub(crate) async fn put(
        &self,
        tenant: TenantId,
        folder: impl Into<Folder>,
        id: Uuid,
        sealed: Vec<u8>,
    ) -> Result<(), StoreError> {
        let path = object(tenant, folder.into(), id);
        within(self.0.put(&path, sealed.into())).await.map(drop)
    }

    /// An object; none where it is gone.
    pub(crate) async fn get(
        &self,
        tenant: TenantId,
        folder: impl Into<Folder>,
        id: Uuid,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let path = object(tenant, folder.into(), id);
        match within(async { self.0.get(&path).await?.bytes().await }).await {
            Ok(bytes) => Ok(Some(bytes.into())),
            Err(StoreError::Store(object_store::Error::NotFound { .. })) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Deletes every object of the folder that the index does not name, also those of a try that died before it was known. The
    /// index is asked once it is known what is there: an object is in it before it is in the store.
    pub(crate) async fn delete_unknown<E: From<StoreError>>(
        &self,
        tenant: TenantId,
        folder: impl Into<Folder>,
        index: impl AsyncFnOnce() -> Result<Vec<Uuid>, E>,
    ) -> Result<usize, E> {
        let folder = folder.into();
        let listed = self.0.list(Some(&path(tenant, folder))).try_collect();
        let there: Vec<ObjectMeta> = within(listed).await?;
        let known: Vec<Path> = index().await?.iter().map(|id| object(tenant, folder, *id)).collect();
        let mut deleted = 0;
        for found in there.iter().filter(|found| !known.contains(&found.location)) {
            match within(self.0.delete(&found.location)).await {
                Ok(()) | Err(StoreError::Store(object_store::Error::NotFound { .. })) => deleted += 1,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(deleted)
    }
}

async fn within<T>(call: impl Future<Output = object_store::Result<T>>) -> Result<T, StoreError> {
    Ok(tokio::time::timeout(CALL_WITHIN, call).await??)
}

fn path(tenant: TenantId, folder: Folder) -> Path {
    Path::from_iter([tenant.to_string(), folder.0.to_string()])
}

fn object(tenant: TenantId, folder: Folder, id: Uuid) -> Path {
    path(tenant, folder).join(id.to_string())
}
