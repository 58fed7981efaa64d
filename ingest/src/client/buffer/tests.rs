//! The buffer under kills, damage and a full disk.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::protocol::Prefix;
use attune_engine::speaker::Track;
use proptest::prelude::*;

const SESSION: Uuid = Uuid::from_u128(5);

fn open(dir: &Path) -> (Buffer, Vec<Frame>) {
    let mut found = Vec::new();
    let buffer = Buffer::open(dir, SESSION, 64 << 20, |frame| found.push(frame.clone())).unwrap();
    (buffer, found)
}

fn frame(seq: u64) -> Frame {
    let track = if seq.is_multiple_of(2) { Track::Mic } else { Track::Tab };
    Frame {
        prefix: Prefix::audio(track, seq / 2, seq / 2 * 3_840, seq as u32 * 120),
        payload: vec![seq as u8; 700 + seq as usize % 50],
    }
}

fn push(buffer: &mut Buffer, frame: &Frame) {
    assert_eq!(buffer.push(&frame.prefix, &frame.payload).unwrap(), Pushed::Kept);
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = files
        .filter(|path| path.extension().is_some_and(|end| end == "frames"))
        .collect();
    files.sort();
    files
}

#[test]
fn what_is_kept_comes_back_in_order_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let frames: Vec<_> = (0..40).map(frame).collect();
    let (mut buffer, _) = open(dir.path());
    frames.iter().for_each(|frame| push(&mut buffer, frame));
    drop(buffer);
    let (mut buffer, found) = open(dir.path());
    assert_eq!(found, frames);
    for frame in &frames {
        let Prefix { stream, seq, .. } = frame.prefix;
        assert_eq!(buffer.read(stream, seq).unwrap().as_ref(), Some(&frame.payload));
    }
    assert_eq!(buffer.next_seq(Stream::Mic), 20);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_kill_in_the_middle_of_a_write_costs_only_that_write(cut in 0usize..800, more in 0u64..5) {
        let dir = tempfile::tempdir().unwrap();
        let frames: Vec<_> = (0..6).map(frame).collect();
        let (mut buffer, _) = open(dir.path());
        let before = (0..5).map(|at| { push(&mut buffer, &frames[at]); buffer.bytes() }).last().unwrap();
        push(&mut buffer, &frames[5]);
        let whole = buffer.bytes();
        drop(buffer);
        let left = (before as usize + cut).min(whole as usize - 1) as u64;
        fs::OpenOptions::new().write(true).open(&files(dir.path())[0]).unwrap().set_len(left).unwrap();

        let (mut buffer, found) = open(dir.path());
        prop_assert_eq!(&found, &frames[..5]);
        // The number that was cut off is used again, for something else.
        let again = Frame { payload: vec![0xEE; 10], ..frames[5].clone() };
        push(&mut buffer, &again);
        for seq in 6..6 + more {
            push(&mut buffer, &frame(seq));
        }
        drop(buffer);
        let (_, found) = open(dir.path());
        prop_assert_eq!(found.len() as u64, 6 + more);
        prop_assert_eq!(&found[5], &again);
    }

    #[test]
    fn damage_is_noticed_and_never_panics(at in 0usize..4_000, flip in 1u8..=255) {
        let dir = tempfile::tempdir().unwrap();
        let (mut buffer, _) = open(dir.path());
        let frames: Vec<_> = (0..5).map(frame).collect();
        frames.iter().for_each(|frame| push(&mut buffer, frame));
        drop(buffer);
        let file = &files(dir.path())[0];
        let mut bytes = fs::read(file).unwrap();
        let at = at % bytes.len();
        bytes[at] ^= flip;
        fs::write(file, bytes).unwrap();
        let (_, found) = open(dir.path());
        prop_assert!(found.len() < frames.len());
        prop_assert_eq!(&found[..], &frames[..found.len()]);
    }
}

#[test]
fn a_number_used_again_after_a_crash_is_sealed_under_another_key() {
    let dir = tempfile::tempdir().unwrap();
    let (mut buffer, _) = open(dir.path());
    push(&mut buffer, &frame(0));
    drop(buffer);
    let file = files(dir.path())[0].clone();
    let first = fs::read(&file).unwrap();
    // All of it is lost to the crash, and the same frame is made again.
    fs::OpenOptions::new()
        .write(true)
        .open(&file)
        .unwrap()
        .set_len(20)
        .unwrap();
    let (mut buffer, found) = open(dir.path());
    assert!(found.is_empty());
    push(&mut buffer, &frame(0));
    drop(buffer);
    let second = fs::read(&files(dir.path())[0]).unwrap();
    assert_eq!(first.len(), second.len());
    let sealed = 20 + 4 + Prefix::LEN;
    let same = first[sealed..]
        .iter()
        .zip(&second[sealed..])
        .filter(|(a, b)| a == b)
        .count();
    assert!(same < 40, "{same} bytes of the two ciphertexts agree");
}

#[test]
fn nothing_lies_in_the_clear() {
    let dir = tempfile::tempdir().unwrap();
    let (mut buffer, _) = open(dir.path());
    let marker = b"the quick brown fox".repeat(20);
    buffer.push(&Prefix::audio(Track::Mic, 0, 0, 0), &marker).unwrap();
    drop(buffer);
    for file in fs::read_dir(dir.path()).unwrap() {
        let bytes = fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(5).any(|window| window == b"quick"));
    }
}

#[test]
fn only_the_owner_may_read_the_key_and_the_frames() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("session");
    let (mut buffer, _) = open(&path);
    push(&mut buffer, &frame(0));
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o700);
    assert_eq!(mode(&path.join("key")), 0o600);
    assert_eq!(mode(&files(&path)[0]), 0o600);
}

#[test]
fn files_go_when_all_that_is_in_them_is_released_and_not_before() {
    let dir = tempfile::tempdir().unwrap();
    let (mut buffer, _) = open(dir.path());
    let big = vec![1; 200_000];
    for seq in 0..20 {
        buffer.push(&Prefix::audio(Track::Mic, seq, seq, 0), &big).unwrap();
    }
    let before = files(dir.path()).len();
    assert!(before >= 3, "{before} files");
    buffer.release(Stream::Mic, 3).unwrap();
    assert_eq!(files(dir.path()).len(), before);
    assert_eq!(buffer.read(Stream::Mic, 3).unwrap(), Some(big.clone()));
    buffer.release(Stream::Mic, 20).unwrap();
    assert_eq!(files(dir.path()).len(), 1);
    assert_eq!(buffer.first_seq(Stream::Mic), 20);
    drop(buffer);
    // What is released is not found again, but for what shares a file with what is not.
    let (_, found) = open(dir.path());
    assert!(found.len() < 6, "{}", found.len());
}

#[test]
fn numbers_go_on_after_a_restart_though_all_is_released() {
    let dir = tempfile::tempdir().unwrap();
    let (mut buffer, _) = open(dir.path());
    for seq in 0..3 {
        buffer.push(&Prefix::json(Stream::Control, seq, 0), b"{}").unwrap();
    }
    buffer.release(Stream::Control, 3).unwrap();
    let big = vec![1; 200_000];
    for seq in 0..20 {
        buffer.push(&Prefix::audio(Track::Mic, seq, seq, 0), &big).unwrap();
    }
    buffer.release(Stream::Mic, 20).unwrap();
    drop(buffer);
    let (buffer, _) = open(dir.path());
    assert_eq!(buffer.next_seq(Stream::Control), 3);
    assert_eq!(buffer.next_seq(Stream::Mic), 20);
}

#[test]
fn what_is_taken_back_is_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let (mut buffer, _) = open(dir.path());
    let control = |seq| Prefix::json(Stream::Control, seq, 0);
    for (seq, json) in [(0, b"one"), (1, b"end")] {
        buffer.push(&control(seq), json).unwrap();
    }
    buffer.take_back(Stream::Control).unwrap();
    assert_eq!(buffer.read(Stream::Control, 1).unwrap(), None);
    for (seq, json) in [(1, b"two"), (2, b"end")] {
        buffer.push(&control(seq), json).unwrap();
    }
    drop(buffer);
    let (mut buffer, _) = open(dir.path());
    let read: Vec<_> = (0..4).map(|seq| buffer.read(Stream::Control, seq).unwrap()).collect();
    let expected = [b"one", b"two", b"end"].map(|json| Some(json.to_vec()));
    assert_eq!(read, [expected.as_slice(), &[None]].concat());
}

#[test]
fn what_lies_before_a_hole_goes() {
    let dir = tempfile::tempdir().unwrap();
    let (mut buffer, _) = open(dir.path());
    let big = vec![1; 200_000];
    for seq in 0..20 {
        buffer.push(&Prefix::audio(Track::Mic, seq, seq, 0), &big).unwrap();
    }
    drop(buffer);
    fs::remove_file(&files(dir.path())[1]).unwrap();
    let (mut buffer, _) = open(dir.path());
    let first = buffer.first_seq(Stream::Mic);
    assert!(first > 6, "{first}");
    assert_eq!(buffer.read(Stream::Mic, first).unwrap(), Some(big));
    assert_eq!(files(dir.path()).len(), 3, "two of them hold frames, and one is new");
}

#[test]
fn at_the_cap_audio_is_refused_and_control_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let mut buffer = Buffer::open(dir.path(), SESSION, 5_000, |_| {}).unwrap();
    let mut seq = 0;
    while buffer.push(&Prefix::audio(Track::Mic, seq, 0, 0), &[0; 700]).unwrap() == Pushed::Kept {
        seq += 1;
    }
    assert!((5..8).contains(&seq), "{seq}");
    let control = Prefix::json(Stream::Control, 0, 0);
    assert_eq!(buffer.push(&control, b"{}").unwrap(), Pushed::Kept);
    assert_eq!(buffer.next_seq(Stream::Mic), seq, "a lost frame uses no number");
}

#[test]
fn after_a_failed_write_nothing_is_appended_to_the_same_file() {
    let dir = tempfile::tempdir().unwrap();
    let (mut buffer, _) = open(dir.path());
    push(&mut buffer, &frame(0));
    buffer.fill_disk();
    let lost = frame(1);
    assert_eq!(buffer.push(&lost.prefix, &lost.payload).unwrap(), Pushed::Full);
    let written = fs::metadata(&files(dir.path())[0]).unwrap().len();
    // There is room again. The number that found none is used for something else.
    push(
        &mut buffer,
        &Frame {
            payload: vec![0xEE; 10],
            ..lost
        },
    );
    assert_eq!(files(dir.path()).len(), 2);
    assert_eq!(fs::metadata(&files(dir.path())[0]).unwrap().len(), written);
    push(&mut buffer, &frame(2));
    drop(buffer);
    let (_, found) = open(dir.path());
    assert_eq!(found.len(), 3);
}

#[test]
fn two_processes_cannot_have_it_open() {
    let dir = tempfile::tempdir().unwrap();
    let (_buffer, _) = open(dir.path());
    let second = Buffer::open(dir.path(), SESSION, 1 << 20, |_| {});
    assert!(matches!(second, Err(BufferError::InUse(_))));
}

#[test]
fn a_frame_out_of_turn_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let (mut buffer, _) = open(dir.path());
    let early = buffer.push(&Prefix::audio(Track::Mic, 1, 0, 0), &[]);
    assert!(matches!(early, Err(BufferError::OutOfTurn { seq: 1, .. })));
}

#[test]
fn another_sessions_frames_do_not_open() {
    let dir = tempfile::tempdir().unwrap();
    let (mut buffer, _) = open(dir.path());
    push(&mut buffer, &frame(0));
    drop(buffer);
    let mut found = 0;
    Buffer::open(dir.path(), Uuid::from_u128(6), 1 << 20, |_| found += 1).unwrap();
    assert_eq!(found, 0);
}

#[test]
fn destroying_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("session");
    let (mut buffer, _) = open(&path);
    push(&mut buffer, &frame(0));
    buffer.destroy().unwrap();
    assert!(!path.exists());
}
