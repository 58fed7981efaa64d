//! Where the objects of kept audio lie: a folder, or a bucket that speaks S3.

use object_store::ObjectStore;
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::prefix::PrefixStore;
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

/// Where the objects of kept audio lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AudioPlace {
    /// A folder of this machine, made where it is missing.
    Folder(PathBuf),
    /// A bucket, with the folder in it. Access is the environment's to say: `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`,
    /// `AWS_REGION`, `AWS_ENDPOINT`.
    S3 {
        /// The bucket.
        bucket: String,
        /// What every object's name begins with; empty for nothing.
        prefix: String,
    },
}

/// Why the place cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// The folder cannot be made.
    #[error("making the folder of kept audio, {path}")]
    Folder {
        /// Which.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The store refuses its settings.
    #[error("opening the store of kept audio")]
    Store(#[from] object_store::Error),
}

/// `s3://bucket/prefix`, or else a path.
impl FromStr for AudioPlace {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let Some(rest) = text.strip_prefix("s3://") else {
            return Ok(Self::Folder(text.into()));
        };
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        Ok(Self::S3 {
            bucket: bucket.to_owned(),
            prefix: prefix.trim_matches('/').to_owned(),
        })
    }
}

impl AudioPlace {
    /// The store there. A bucket is not asked whether it is there: a server starts without it.
    pub(super) fn open(&self) -> Result<Arc<dyn ObjectStore>, PlaceError> {
        match self {
            Self::Folder(path) => {
                let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
                made.map_err(|source| PlaceError::Folder {
                    path: path.clone(),
                    source,
                })?;
                // The folders of a tenant and a meeting go with their last object.
                Ok(Arc::new(
                    LocalFileSystem::new_with_prefix(path)?.with_automatic_cleanup(true),
                ))
            }
            Self::S3 { bucket, prefix } => {
                let bucket = AmazonS3Builder::from_env().with_bucket_name(bucket).build()?;
                Ok(Arc::new(PrefixStore::new(bucket, prefix.as_str())))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_s3_address_names_a_bucket_and_anything_else_is_a_folder() {
        let s3 = |bucket: &str, prefix: &str| AudioPlace::S3 {
            bucket: bucket.into(),
            prefix: prefix.into(),
        };
        for (text, place) in [
            ("s3://heard", s3("heard", "")),
            ("s3://heard/attune/audio/", s3("heard", "attune/audio")),
            ("/var/lib/attune", AudioPlace::Folder("/var/lib/attune".into())),
        ] {
            assert_eq!(text.parse(), Ok(place), "{text}");
        }
    }
}
