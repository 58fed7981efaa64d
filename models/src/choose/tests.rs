use super::*;
use crate::manifest::Manifest;
use crate::seeded::{self, Dims};
use tempfile::TempDir;

/// A store whose manifest takes the seeded model for `whisper-tiny.en`.
fn store_with_weights() -> (TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ggml-tiny.en.bin");
    seeded::write(&path, Dims::SMALL, 3).unwrap();
    let page = format!(
        "[[model]]\nname = \"whisper-tiny.en\"\nfile = \"ggml-tiny.en.bin\"\nbytes = {}\nsha1 = \"{}\"\nlicence = \"MIT\"\n\
         used_by = \"tests\"\n[[model.source]]\nhub = \"http://127.0.0.1:9/none\"\n",
        path.metadata().unwrap().len(),
        "00".repeat(20),
    );
    let store = Store::new(folder.path(), Manifest::parse(&page, "any").unwrap());
    (folder, store)
}

fn empty_store() -> (TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::new(folder.path(), Manifest::embedded());
    (folder, store)
}

#[test]
fn whisper_is_chosen_where_its_weights_are() {
    let (_folder, store) = store_with_weights();
    let chosen = recognizers(&store, Choice::Auto, 2).unwrap();
    assert_eq!(
        (chosen.info.name.as_str(), chosen.info.model.as_str()),
        ("whisper", "tiny.en")
    );
    assert_eq!((chosen.workers.len(), chosen.note), (2, None));
}

#[test]
fn sphinx_is_chosen_where_they_are_not_and_says_why() {
    let (_folder, store) = empty_store();
    let chosen = recognizers(&store, Choice::Auto, 2).unwrap();
    assert_eq!(chosen.info.name, "sphinx");
    assert!(chosen.workers.iter().all(|worker| *worker.info() == chosen.info));
    let note = chosen.note.unwrap();
    assert!(
        note.contains("PocketSphinx") && note.contains("weights") && !note.contains('\n'),
        "{note}"
    );
}

#[test]
fn weights_that_do_not_load_fall_back_too() {
    let (folder, store) = store_with_weights();
    let path = folder.path().join("ggml-tiny.en.bin");
    let bytes = path.metadata().unwrap().len() as usize;
    std::fs::write(&path, vec![0; bytes]).unwrap();
    let chosen = recognizers(&store, Choice::Auto, 1).unwrap();
    assert_eq!(chosen.info.name, "sphinx");
    assert!(chosen.note.unwrap().contains("ggml-tiny.en.bin"));
    assert!(matches!(
        recognizers(&store, Choice::Whisper, 1),
        Err(NoRecognizer::Whisper(_))
    ));
}

#[test]
fn what_is_asked_for_and_missing_is_an_error() {
    let (folder, store) = empty_store();
    let error = recognizers(&store, Choice::Whisper, 1).unwrap_err();
    assert!(matches!(error, NoRecognizer::NoWeights(_)), "{error}");
    let absent = folder.path().join("absent.bin");
    assert!(matches!(
        recognizers(&store, Choice::WhisperFile(absent), 1),
        Err(NoRecognizer::Whisper(_))
    ));
}

#[test]
fn sphinx_is_used_when_asked_for_although_whisper_is_here() {
    let (_folder, store) = store_with_weights();
    let chosen = recognizers(&store, Choice::Sphinx, 0).unwrap();
    assert_eq!(
        (chosen.info.name.as_str(), chosen.workers.len(), chosen.note),
        ("sphinx", 1, None)
    );
}

#[test]
fn a_choice_is_written_as_it_is_read() {
    for text in ["auto", "whisper", "sphinx", "whisper:/models/ggml-base.bin"] {
        assert_eq!(text.parse::<Choice>().unwrap().to_string(), text);
    }
    for text in ["", "Whisper", "whisper:", "captions"] {
        assert!(text.parse::<Choice>().is_err(), "{text}");
    }
}
