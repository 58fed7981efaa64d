//! A file over HTTP, resumed where it broke off.

use super::Progress;
use super::fetch::{SourceFailed, length_of};
use crate::manifest::{Model, host_of};
use reqwest::StatusCode;
use reqwest::blocking::{Client, Response};
use reqwest::header::{CONTENT_RANGE, RANGE};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;
use std::time::Duration;

/// A hub that takes longer to connect to is as good as absent: the next source is tried.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Silence in the middle of a transfer after which it counts as broken off.
const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// A transfer that breaks off is taken up again this often before the next source is tried.
const TRIES: usize = 4;

/// Between two calls of [`Progress::at`].
const BLOCK_BYTES: usize = 64 * 1024;

/// Brings `address` into `part`, going on from what is already there. What came stays there if it breaks off.
pub(super) fn download(
    address: &str,
    model: &Model,
    part: &Path,
    progress: &mut dyn Progress,
) -> Result<(), SourceFailed> {
    let host = host_of(address);
    let client = Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(READ_TIMEOUT)
        .user_agent(concat!("attune/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| SourceFailed::Disk(io::Error::other(error)))?;
    progress.began(&model.file, host, model.bytes);
    for _ in 0..TRIES {
        if length_of(part) > model.bytes {
            fs::remove_file(part)?;
        }
        let have = length_of(part);
        if have == model.bytes {
            return Ok(());
        }
        let mut request = client.get(address);
        if have > 0 {
            request = request.header(RANGE, format!("bytes={have}-"));
        }
        let response = match request.send() {
            Ok(response) => response,
            // Nobody is there: another try costs as long again.
            Err(error) if have == 0 || error.is_connect() => {
                return Err(SourceFailed::Unreachable(host.to_owned()));
            }
            Err(_) => continue,
        };
        let status = response.status();
        if status == StatusCode::RANGE_NOT_SATISFIABLE {
            fs::remove_file(part)?;
            continue;
        }
        if !status.is_success() {
            return Err(SourceFailed::Refused {
                host: host.to_owned(),
                status: status.as_u16(),
            });
        }
        let mut file = opened(part, have, &response)?;
        append(response, &mut file, model.bytes, progress)?;
    }
    match length_of(part) {
        0 => Err(SourceFailed::Unreachable(host.to_owned())),
        // One byte too many is kept, so that the digest says what is wrong with the file.
        bytes if bytes >= model.bytes => Ok(()),
        bytes => Err(SourceFailed::BrokeOff {
            host: host.to_owned(),
            bytes,
        }),
    }
}

/// The partial file, positioned where the body of `response` belongs.
fn opened(part: &Path, have: u64, response: &Response) -> io::Result<File> {
    let resumes = response.status() == StatusCode::PARTIAL_CONTENT
        && response
            .headers()
            .get(CONTENT_RANGE)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|range| range.starts_with(&format!("bytes {have}-")));
    let mut options = File::options();
    options.create(true);
    if resumes {
        options.append(true).open(part)
    } else {
        options.write(true).truncate(true).open(part)
    }
}

/// Writes the body to `file` until it ends, breaks off or is longer than it may be. Only the disk's errors are errors.
fn append(response: Response, file: &mut File, bytes: u64, progress: &mut dyn Progress) -> io::Result<()> {
    let mut length = file.metadata()?.len();
    // One byte more than is due shows that the file is another one; no more than that is ever written.
    let mut body = response.take(bytes + 1 - length);
    let mut block = vec![0; BLOCK_BYTES];
    loop {
        let Ok(read) = body.read(&mut block) else {
            return Ok(());
        };
        if read == 0 {
            return Ok(());
        }
        file.write_all(&block[..read])?;
        length += read as u64;
        progress.at(length);
    }
}
