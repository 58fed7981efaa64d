//! Speech for tests, spoken by `flite`, which `make test` installs and a user need not have.

use std::process::Command;

/// `text` spoken by `voice` (`slt`, `rms`, `awb`), 16 kHz mono.
pub(crate) fn spoken(voice: &str, text: &str) -> Vec<i16> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("speech.wav");
    let outcome = Command::new("flite")
        .args(["-voice", voice, "-t", text, "-o"])
        .arg(&path)
        .status();
    match outcome {
        Ok(status) => assert!(status.success(), "flite failed"),
        Err(error) => panic!("flite does not run here ({error}); apt-get install flite"),
    }
    let wav = std::fs::read(&path).unwrap();
    assert_eq!(&wav[24..28], &16_000_u32.to_le_bytes(), "the voice is not at 16 kHz");
    let data = wav.windows(4).position(|tag| tag == b"data").unwrap() + 8;
    wav[data..]
        .chunks_exact(2)
        .map(|pair| i16::from_le_bytes([pair[0], pair[1]]))
        .collect()
}
