//! Finds PocketSphinx and says what to install where it is missing.

use std::path::Path;
use std::process::Command;

/// Where it lies when pkg-config does not say: Debian's folder is in the linker's own list; the others are Homebrew's on
/// Apple and Intel processors (untested) and a local build's.
const FOLDERS: [&str; 3] = ["/opt/homebrew/lib", "/usr/local/lib", "/usr/lib"];

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=PKG_CONFIG_PATH");
    let folder = by_pkg_config().or_else(by_folder);
    let Some(folder) = folder else {
        println!(
            "cargo::error=PocketSphinx, the offline recognizer, is not installed. Debian, Ubuntu: apt-get install \
             libpocketsphinx-dev pocketsphinx-en-us. macOS (untested): brew install cmu-pocketsphinx"
        );
        return;
    };
    println!("cargo:rustc-link-search=native={folder}");
    println!("cargo:rustc-link-lib=dylib=pocketsphinx");
    println!("cargo:rustc-link-lib=dylib=sphinxbase");
}

fn by_pkg_config() -> Option<String> {
    let output = Command::new("pkg-config")
        .args(["--variable=libdir", "pocketsphinx"])
        .output()
        .ok()?;
    let folder = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !folder.is_empty()).then_some(folder)
}

/// A bare machine may have the library and no pkg-config.
fn by_folder() -> Option<String> {
    let arch = std::env::var("CARGO_CFG_TARGET_ARCH").unwrap_or_default();
    let multiarch = format!("/usr/lib/{arch}-linux-gnu");
    let mut folders = FOLDERS.iter().copied().chain([multiarch.as_str()]);
    let found = folders.find(|folder| {
        ["so", "a", "dylib"]
            .iter()
            .any(|kind| Path::new(folder).join(format!("libpocketsphinx.{kind}")).exists())
    });
    found.map(str::to_owned)
}
