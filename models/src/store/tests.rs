//! The store against a hub of our own: a thread that answers on a port of the loopback.

use super::*;
use crate::store::fetch::SourceFailed;
use sha2::Digest as _;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

const CONTENT: &[u8] = b"the weights of a very small model, long enough to be broken off in the middle";

/// What the hub does with one request.
#[derive(Clone, Copy)]
enum Answer {
    /// All of it, or from where it was asked.
    Whole(&'static [u8]),
    /// Promises all of it and breaks off after so many bytes.
    BreaksOff(usize),
    /// Says the status, and nothing else.
    Status(u16),
    /// Ignores the range and sends everything.
    IgnoresRange,
}

/// A hub that gives `answers` in turn, the last one for ever, and remembers the ranges that it was asked for.
struct Hub {
    address: SocketAddr,
    ranges: Arc<Mutex<Vec<Option<usize>>>>,
}

impl Hub {
    fn new(answers: Vec<Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let ranges = Arc::new(Mutex::new(Vec::new()));
        let asked = Arc::clone(&ranges);
        thread::spawn(move || {
            for (index, stream) in listener.incoming().enumerate() {
                let stream = stream.unwrap();
                let answer = answers[index.min(answers.len() - 1)];
                let range = read_range(&stream);
                asked.lock().unwrap().push(range);
                give(stream, answer, range);
            }
        });
        Self { address, ranges }
    }

    fn url(&self) -> String {
        format!("http://{}/model.bin", self.address)
    }

    fn ranges(&self) -> Vec<Option<usize>> {
        self.ranges.lock().unwrap().clone()
    }
}

/// The start of the range that the request asks for.
fn read_range(stream: &TcpStream) -> Option<usize> {
    let lines = BufReader::new(stream).lines().map_while(Result::ok);
    let mut range = None;
    for line in lines.take_while(|line| !line.is_empty()) {
        if let Some(from) = line.to_lowercase().strip_prefix("range: bytes=") {
            range = from.strip_suffix('-').and_then(|from| from.parse().ok());
        }
    }
    range
}

fn give(mut stream: TcpStream, answer: Answer, range: Option<usize>) {
    let mut reply = |status: &str, extra: &str, promised: usize, body: &[u8]| {
        let head = format!("HTTP/1.1 {status}\r\nContent-Length: {promised}\r\nConnection: close\r\n{extra}\r\n");
        // The client may hang up as soon as it has enough.
        let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body));
    };
    match (answer, range) {
        (Answer::Status(status), _) => reply(&format!("{status} no"), "", 0, b""),
        (Answer::IgnoresRange, _) | (Answer::Whole(_), None) => {
            let body = if let Answer::Whole(body) = answer {
                body
            } else {
                CONTENT
            };
            reply("200 OK", "", body.len(), body);
        }
        (Answer::Whole(body), Some(from)) => {
            let total = body.len();
            let extra = format!("Content-Range: bytes {from}-{}/{total}\r\n", total - 1);
            reply("206 Partial Content", &extra, total - from, &body[from..]);
        }
        (Answer::BreaksOff(after), from) => {
            let from = from.unwrap_or(0);
            let status = if from > 0 { "206 Partial Content" } else { "200 OK" };
            let extra = format!(
                "Content-Range: bytes {from}-{}/{}\r\n",
                CONTENT.len() - 1,
                CONTENT.len()
            );
            reply(status, &extra, CONTENT.len() - from, &CONTENT[from..from + after]);
        }
    }
}

/// Keeps what a fetch said.
#[derive(Default)]
struct Noted {
    began: Vec<String>,
    most: u64,
    notes: Vec<String>,
    done: usize,
}

impl Progress for Noted {
    fn began(&mut self, _: &str, source: &str, _: u64) {
        self.began.push(source.to_owned());
    }

    fn at(&mut self, bytes: u64) {
        self.most = self.most.max(bytes);
    }

    fn note(&mut self, line: &str) {
        self.notes.push(line.to_owned());
    }

    fn done(&mut self) {
        self.done += 1;
    }
}

fn store(folder: &Path, urls: &[String]) -> Store {
    let sources: String = urls
        .iter()
        .map(|url| format!("[[model.source]]\nhub = {url:?}\n"))
        .collect();
    let page = format!(
        "[[model]]\nname = \"m\"\nfile = \"m.bin\"\nbytes = {}\nsha256 = \"{}\"\nlicence = \"MIT\"\nused_by = \"tests\"\n{sources}",
        CONTENT.len(),
        hex::encode(sha2::Sha256::digest(CONTENT)),
    );
    let mut store = Store::new(folder, Manifest::parse(&page, "any").unwrap());
    store.offline = false;
    store
}

/// An address that nobody listens on: the port of `discard`, which no test is given.
fn nobody() -> String {
    "http://127.0.0.1:9/model.bin".to_owned()
}

#[test]
fn a_file_is_fetched_verified_and_put_in_place() {
    let folder = tempfile::tempdir().unwrap();
    let hub = Hub::new(vec![Answer::Whole(CONTENT)]);
    let store = store(&folder.path().join("not/there/yet"), &[hub.url()]);
    assert!(matches!(store.path("m"), Err(Missing::Absent { .. })));
    let mut noted = Noted::default();
    let path = store.fetch("m", &mut noted).unwrap();
    assert_eq!(fs::read(&path).unwrap(), CONTENT);
    assert_eq!(store.path("m").unwrap(), path);
    assert_eq!((noted.most, noted.done), (CONTENT.len() as u64, 1));
    assert_eq!(noted.began, [hub.address.to_string()]);
    assert_eq!(store.verify().next().unwrap().state, State::Good);
    // A second fetch asks nobody.
    store.fetch("m", &mut noted).unwrap();
    assert_eq!(hub.ranges(), [None]);
}

#[test]
fn a_transfer_that_breaks_off_goes_on_where_it_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let hub = Hub::new(vec![
        Answer::BreaksOff(10),
        Answer::BreaksOff(7),
        Answer::Whole(CONTENT),
    ]);
    let path = store(folder.path(), &[hub.url()]).fetch("m", &mut Quiet).unwrap();
    assert_eq!(fs::read(path).unwrap(), CONTENT);
    assert_eq!(hub.ranges(), [None, Some(10), Some(17)]);
}

#[test]
fn what_an_earlier_process_left_is_taken_up_again() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(".m.bin.part"), &CONTENT[..30]).unwrap();
    let hub = Hub::new(vec![Answer::Whole(CONTENT)]);
    let path = store(folder.path(), &[hub.url()]).fetch("m", &mut Quiet).unwrap();
    assert_eq!(fs::read(path).unwrap(), CONTENT);
    assert_eq!(hub.ranges(), [Some(30)]);
}

#[test]
fn a_hub_without_ranges_begins_again() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(".m.bin.part"), b"something else").unwrap();
    let hub = Hub::new(vec![Answer::IgnoresRange]);
    let path = store(folder.path(), &[hub.url()]).fetch("m", &mut Quiet).unwrap();
    assert_eq!(fs::read(path).unwrap(), CONTENT);
}

#[test]
fn a_range_that_is_refused_begins_again() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(".m.bin.part"), b"too much").unwrap();
    let hub = Hub::new(vec![Answer::Status(416), Answer::Whole(CONTENT)]);
    let path = store(folder.path(), &[hub.url()]).fetch("m", &mut Quiet).unwrap();
    assert_eq!(fs::read(path).unwrap(), CONTENT);
    assert_eq!(hub.ranges(), [Some(8), None]);
}

#[test]
fn a_transfer_that_always_breaks_off_fails_and_keeps_what_came() {
    let folder = tempfile::tempdir().unwrap();
    let hub = Hub::new(vec![Answer::BreaksOff(5)]);
    let store = store(folder.path(), &[hub.url()]);
    let Err(FetchError::NoSource { failures, .. }) = store.fetch("m", &mut Quiet) else {
        panic!("it cannot have been fetched");
    };
    assert!(matches!(failures[..], [SourceFailed::BrokeOff { bytes: 20, .. }]));
    assert_eq!(fs::read(folder.path().join(".m.bin.part")).unwrap(), &CONTENT[..20]);
    assert!(store.path("m").is_err());
}

#[test]
fn a_file_with_another_digest_is_refused_and_removed() {
    let other: &'static [u8] = &[b'x'; CONTENT.len()];
    let longer: &'static [u8] = &[b'x'; CONTENT.len() + 1000];
    for content in [other, longer] {
        let folder = tempfile::tempdir().unwrap();
        let hub = Hub::new(vec![Answer::Whole(content)]);
        let store = store(folder.path(), &[hub.url()]);
        let error = store.fetch("m", &mut Quiet).unwrap_err();
        assert!(error.to_string().contains("another sha256; it was removed"), "{error}");
        let left: Vec<_> = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(left, [".m.bin.lock"]);
    }
}

#[test]
fn a_source_that_fails_falls_through_to_the_next_and_says_so_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let refusing = Hub::new(vec![Answer::Status(404)]);
    let giving = Hub::new(vec![Answer::Whole(CONTENT)]);
    let mut noted = Noted::default();
    let store = store(folder.path(), &[nobody(), refusing.url(), giving.url()]);
    let path = store.fetch("m", &mut noted).unwrap();
    assert_eq!(fs::read(path).unwrap(), CONTENT);
    assert_eq!(noted.notes.len(), 2, "{:?}", noted.notes);
    assert!(noted.notes[0].ends_with("cannot be reached"), "{:?}", noted.notes);
    assert!(noted.notes[1].ends_with("answered 404"), "{:?}", noted.notes);
}

#[test]
fn a_host_that_did_not_answer_is_not_asked_twice() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path(), &[nobody()]);
    assert!(store.fetch("m", &mut Quiet).is_err());
    let mut noted = Noted::default();
    assert!(store.fetch("m", &mut noted).is_err());
    assert_eq!(noted.began, [""; 0]);
}

#[test]
fn a_host_that_is_not_there_is_asked_once_also_for_the_rest_of_a_file() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(".m.bin.part"), &CONTENT[..30]).unwrap();
    let Err(FetchError::NoSource { failures, .. }) = store(folder.path(), &[nobody()]).fetch("m", &mut Quiet) else {
        panic!("it cannot have been fetched");
    };
    assert!(matches!(failures[..], [SourceFailed::Unreachable(_)]), "{failures:?}");
    assert_eq!(fs::read(folder.path().join(".m.bin.part")).unwrap(), &CONTENT[..30]);
}

#[test]
fn offline_no_hub_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    let hub = Hub::new(vec![Answer::Whole(CONTENT)]);
    let mut store = store(folder.path(), &[hub.url()]);
    store.offline = true;
    let error = store.fetch("m", &mut Quiet).unwrap_err();
    assert!(error.to_string().contains("ATTUNE_OFFLINE"), "{error}");
    assert_eq!(hub.ranges(), []);
}

#[test]
fn two_that_fetch_at_once_ask_once() {
    let folder = tempfile::tempdir().unwrap();
    let hub = Hub::new(vec![Answer::Whole(CONTENT)]);
    let stores: Vec<Store> = (0..4).map(|_| store(folder.path(), &[hub.url()])).collect();
    thread::scope(|scope| {
        let fetches: Vec<_> = stores
            .iter()
            .map(|store| scope.spawn(|| store.fetch("m", &mut Quiet)))
            .collect();
        for fetch in fetches {
            assert_eq!(fs::read(fetch.join().unwrap().unwrap()).unwrap(), CONTENT);
        }
    });
    assert_eq!(hub.ranges(), [None]);
}

#[test]
fn a_file_that_was_changed_is_found_and_fetched_again() {
    let folder = tempfile::tempdir().unwrap();
    let hub = Hub::new(vec![Answer::Whole(CONTENT)]);
    let store = store(folder.path(), &[hub.url()]);
    fs::write(folder.path().join("m.bin"), [b'x'; CONTENT.len()]).unwrap();
    assert_eq!(store.verify().next().unwrap().state, State::Changed);
    let mut noted = Noted::default();
    store.fetch("m", &mut noted).unwrap();
    assert_eq!(store.verify().next().unwrap().state, State::Good);
    assert_eq!(noted.notes.len(), 1);
}

#[test]
fn a_folder_that_cannot_be_written_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, b"").unwrap();
    let error = store(&file.join("below"), &[nobody()])
        .fetch("m", &mut Quiet)
        .unwrap_err();
    assert!(
        matches!(&error, FetchError::Store { root, .. } if root.starts_with(&file)),
        "{error}"
    );
}

#[test]
fn a_name_that_the_manifest_does_not_have_is_unknown() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path(), &[nobody()]);
    assert_eq!(store.path("n"), Err(Missing::Unknown("n".to_owned())));
}

#[test]
fn the_store_is_where_the_environment_says() {
    let set = |pairs: &'static [(&str, &str)]| {
        move |name: &str| {
            pairs
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| OsString::from(value))
        }
    };
    let both = [("ATTUNE_MODELS", "/models"), ("HOME", "/home/nora")];
    assert_eq!(root_from(set(Box::leak(Box::new(both)))), Path::new("/models"));
    assert_eq!(
        root_from(set(&[("ATTUNE_MODELS", ""), ("HOME", "/home/nora")])),
        Path::new("/home/nora/.cache/attune")
    );
}
