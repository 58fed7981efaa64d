//! Where a result goes: standard output, or a file that is whole or as it was before.

use super::failure::Failure;
use super::terminal;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// A place that can be written.
#[derive(Debug)]
pub(super) enum Output {
    Standard,
    /// An ordinary file, old or new: it is written beside its place and moved there.
    File {
        path: PathBuf,
        draft: PathBuf,
    },
    /// What is no ordinary file, such as `/dev/stdout`, is written to and never replaced.
    Device(PathBuf),
}

impl Output {
    /// Standard output, or `path` once it is certain that it can be written: it should not turn out after an hour of work
    /// that it cannot. A result must not replace what it was made from.
    pub(super) fn open(path: Option<&Path>, inputs: &[PathBuf]) -> Result<Self, Failure> {
        let Some(path) = path else {
            return Ok(Self::Standard);
        };
        let failed = |error: io::Error| Failure::while_doing(path.display(), &error);
        // A link is followed: what it points to is replaced, and not the link.
        let path = match path.canonicalize() {
            Ok(there)
                if inputs
                    .iter()
                    .any(|input| input.canonicalize().is_ok_and(|input| input == there)) =>
            {
                return Err(Failure::new(format!("{} is the recording itself", path.display())));
            }
            Ok(there) if there.is_dir() => return Err(failed(io::ErrorKind::IsADirectory.into())),
            Ok(there) if !there.is_file() => return Ok(Self::Device(there)),
            Ok(there) => there,
            Err(_) => path.to_owned(),
        };
        let mut draft = path.clone().into_os_string();
        draft.push(".draft");
        let draft = PathBuf::from(draft);
        // Not left there: a work that is broken off leaves nothing behind.
        File::create(&draft)
            .and_then(|_| fs::remove_file(&draft))
            .map_err(failed)?;
        Ok(Self::File { path, draft })
    }

    /// Writes the whole result.
    pub(super) fn write(&self, result: impl AsRef<[u8]>) -> Result<(), Failure> {
        let (path, written) = match self {
            Self::Standard => {
                terminal::raw(result.as_ref());
                return Ok(());
            }
            Self::Device(path) => (path, fs::write(path, &result)),
            Self::File { path, draft } => (path, fs::write(draft, &result).and_then(|()| fs::rename(draft, path))),
        };
        written.map_err(|error| Failure::while_doing(path.display(), &error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_at_the_end_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("call.html");
        fs::write(&path, "before").unwrap();
        let output = Output::open(Some(&path), &[]).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "before");
        output.write("after").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "after");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_place_that_cannot_be_written_is_refused_before_the_work() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Output::open(Some(folder.path()), &[]).is_err());
        assert!(Output::open(Some(&folder.path().join("none/call.html")), &[]).is_err());
        let call = folder.path().join("call.wav");
        fs::write(&call, "sound").unwrap();
        let detour = folder
            .path()
            .join("../")
            .join(folder.path().file_name().unwrap())
            .join("call.wav");
        let refused = Output::open(Some(&detour), std::slice::from_ref(&call)).unwrap_err();
        assert!(refused.to_string().contains("is the recording itself"), "{refused}");
        assert_eq!(fs::read_to_string(call).unwrap(), "sound");
    }

    #[test]
    fn a_device_is_written_to_and_stays_one() {
        let null = Path::new("/dev/null");
        Output::open(Some(null), &[]).unwrap().write("lost").unwrap();
        assert!(!null.metadata().unwrap().is_file());
    }
}
