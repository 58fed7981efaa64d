use super::*;
use crate::manifest::Manifest;
use crate::seeded::{self, Dims};
use tempfile::TempDir;

/// A store whose manifest takes the seeded model for `whisper-tiny.en`.
fn store_with_weights() -> (TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ggml-tiny.en.bin");
    seeded::write(&path, Dims::SMALL, 3).unwrap();
    let manifest = Manifest::parse(&page(&folder, &["tiny.en"]), "any").unwrap();
    let store = Store::new(folder.path(), manifest);
    (folder, store)
}

/// A manifest of the models that lie in `folder`.
fn page(folder: &TempDir, models: &[&str]) -> String {
    let entry = |model: &&str| {
        let file = format!("ggml-{model}.bin");
        let bytes = folder.path().join(&file).metadata().unwrap().len();
        let sha1 = "00".repeat(20);
        format!(
            "[[model]]\nname = \"whisper-{model}\"\nfile = \"{file}\"\nbytes = {bytes}\nsha1 = \"{sha1}\"\n\
             licence = \"MIT\"\nused_by = \"tests\"\n[[model.source]]\nhub = \"http://127.0.0.1:9/none\"\n"
        )
    };
    models.iter().map(entry).collect()
}

fn empty_store() -> (TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::new(folder.path(), Manifest::embedded());
    (folder, store)
}

fn wanted(choice: Choice, workers: usize) -> Wanted {
    Wanted {
        choice,
        workers,
        ..Wanted::default()
    }
}

#[test]
fn whisper_is_chosen_where_its_weights_are() {
    let (_folder, store) = store_with_weights();
    let chosen = recognizers(&store, &wanted(Choice::Auto, 2)).unwrap();
    assert_eq!(
        (chosen.info.name.as_str(), chosen.info.model.as_str()),
        ("whisper", "tiny.en")
    );
    assert_eq!((chosen.workers.len(), chosen.note), (2, None));
}

#[test]
fn sphinx_is_chosen_where_they_are_not_and_says_why() {
    let (_folder, store) = empty_store();
    let chosen = recognizers(&store, &wanted(Choice::Auto, 2)).unwrap();
    assert_eq!(chosen.info.name, "sphinx");
    assert!(chosen.workers.iter().all(|worker| *worker.full.info() == chosen.info));
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
    let chosen = recognizers(&store, &wanted(Choice::Auto, 1)).unwrap();
    assert_eq!(chosen.info.name, "sphinx");
    assert!(chosen.note.unwrap().contains("ggml-tiny.en.bin"));
    assert!(matches!(
        recognizers(&store, &wanted(Choice::Whisper, 1)),
        Err(NoRecognizer::Whisper(_))
    ));
}

#[test]
fn what_is_asked_for_and_missing_is_an_error() {
    let (folder, store) = empty_store();
    let error = recognizers(&store, &wanted(Choice::Whisper, 1)).unwrap_err();
    assert!(matches!(error, NoRecognizer::NoWeights(_)), "{error}");
    let absent = folder.path().join("absent.bin");
    assert!(matches!(
        recognizers(&store, &wanted(Choice::WhisperFile(absent), 1)),
        Err(NoRecognizer::Whisper(_))
    ));
}

#[test]
fn sphinx_is_used_when_asked_for_although_whisper_is_here() {
    let (_folder, store) = store_with_weights();
    let chosen = recognizers(&store, &wanted(Choice::Sphinx, 0)).unwrap();
    assert_eq!(
        (chosen.info.name.as_str(), chosen.workers.len(), chosen.note),
        ("sphinx", 1, None)
    );
}

#[test]
fn a_quick_recognizer_stands_beside_the_full_one_only_where_partials_are_wanted_and_it_is_quicker() {
    let partials = |choice| Wanted {
        partials: true,
        ..wanted(choice, 2)
    };
    let quick_of = |chosen: &Recognizers| -> Vec<Option<String>> {
        let quick = chosen.workers.iter().map(|worker| worker.quick.as_ref());
        quick.map(|quick| Some(quick?.info().label())).collect()
    };
    let (folder, store) = store_with_weights();
    let sphinx = |wanted: &Wanted| quick_of(&recognizers(&store, wanted).unwrap());
    assert_eq!(sphinx(&wanted(Choice::Sphinx, 1)), [None]);
    assert_eq!(
        sphinx(&partials(Choice::Sphinx)),
        [Some("sphinx/en-us".to_owned()), Some("sphinx/en-us".to_owned())]
    );

    // tiny.en alone: nothing is quicker than it.
    let alone = recognizers(&store, &partials(Choice::Whisper)).unwrap();
    assert_eq!(
        (alone.info.model.as_str(), quick_of(&alone)),
        ("tiny.en", vec![None, None])
    );

    // Beside base.en it is the quick one.
    let base = folder.path().join("ggml-base.en.bin");
    seeded::write(&base, Dims::SMALL, 4).unwrap();
    let store = Store::new(
        folder.path(),
        Manifest::parse(&page(&folder, &["base.en", "tiny.en"]), "any").unwrap(),
    );
    let both = recognizers(&store, &partials(Choice::Whisper)).unwrap();
    assert_eq!(both.info.model, "base.en");
    assert_eq!(quick_of(&both), vec![Some("whisper/tiny.en".to_owned()); 2]);
}

#[test]
fn a_server_elsewhere_is_used_only_where_the_settings_name_one_and_that_is_said() {
    let (_folder, store) = store_with_weights();
    let server = RemoteSettings::at("http://gpu.example:8000/v1".parse().unwrap());
    for choice in [Choice::Auto, Choice::Remote] {
        let chosen = recognizers(
            &store,
            &Wanted {
                remote: Some(server.clone()),
                ..wanted(choice, 2)
            },
        )
        .unwrap();
        assert_eq!(
            (chosen.info.label().as_str(), chosen.workers.len()),
            ("remote/whisper-1", 2)
        );
        assert_eq!(chosen.elsewhere.as_deref(), Some("gpu.example:8000"));
        let note = chosen.note.unwrap();
        for said in ["gpu.example:8000", "not encrypted", "whisper/tiny.en"] {
            assert!(note.contains(said), "{note}");
        }
    }
    // Who asks for a recognizer of this machine gets that.
    let here = recognizers(
        &store,
        &Wanted {
            remote: Some(server),
            ..wanted(Choice::Whisper, 1)
        },
    )
    .unwrap();
    assert_eq!((here.info.name.as_str(), here.elsewhere), ("whisper", None));
    let unset = recognizers(&store, &wanted(Choice::Remote, 1)).unwrap_err();
    assert!(matches!(unset, NoRecognizer::NoServer) && unset.to_string().contains("STT_BASE_URL"));
}

#[test]
fn a_choice_is_written_as_it_is_read() {
    for text in [
        "auto",
        "whisper",
        "sphinx",
        "remote",
        "whisper:/models/ggml-base.bin",
        "scripted:/tmp/script.json",
    ] {
        assert_eq!(text.parse::<Choice>().unwrap().to_string(), text);
    }
    for text in ["", "Whisper", "whisper:", "captions", "scripted", "scripted:"] {
        assert!(text.parse::<Choice>().is_err(), "{text}");
    }
}
