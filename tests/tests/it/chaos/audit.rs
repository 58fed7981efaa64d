//! What became of every sample, word and event, as the database has it afterwards: what the clients spoke must be in it,
//! each sample in exactly one class, once.

use super::fleet::Session;
use attune_ingest::protocol::Codec;
use serde_json::Value;
use sqlx::postgres::PgConnection;
use std::collections::BTreeSet;
use std::time::Duration;
use uuid::Uuid;

/// An Opus packet holds so many samples at 16 kHz; a last one that is not full is filled up with silence.
const PACKET: u64 = 320;

/// What is wrong, over all sessions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Faults {
    /// Samples in no class, or in that of a gap.
    pub lost: u64,
    /// Samples in two classes, or that nobody spoke.
    pub duplicated: u64,
    /// Words and events before what they come after.
    pub reordered: u64,
    /// Numbers of events that are missing or come twice.
    pub misnumbered: u64,
    /// What a client was told and the database does not have so.
    pub forgotten: u64,
}

/// What is kept of a session: the same for the same speech, whatever died meanwhile.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    /// Samples and their class; each decoded segment by itself, all else in one run.
    pub spans: Vec<(i64, i64, String)>,
    /// What was said: start, end, and the words with their times.
    pub said: Vec<Said>,
    /// Rule and meeting time of each nudge.
    pub nudges: Vec<(String, u64)>,
    /// The fingerprint of the record, which two meetings of the same words share.
    pub record: String,
}

/// A segment of speech.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    pub t0_ms: u64,
    pub t1_ms: u64,
    pub text: String,
    /// Text, start and end of each word.
    pub words: Vec<(String, u64, u64)>,
}

/// A word that is found again in another segment is timed anew, to the step of an envelope or two.
const NEAR_MS: u64 = 30;

impl Kept {
    fn words(&self) -> impl Iterator<Item = &(String, u64, u64)> {
        self.said.iter().flat_map(|said| &said.words)
    }

    /// Whether the same words begin at the same times, whatever segments they are in. A segment that was open when a server died
    /// may end elsewhere, and the word at its end with it.
    pub fn has_words_of(&self, other: &Self) -> bool {
        self.first_difference(other).is_none()
    }

    /// The first word that differs, with what the other has in its place.
    pub fn first_difference(&self, other: &Self) -> Option<String> {
        let (mut is, mut was) = (self.words(), other.words());
        loop {
            let pair = (is.next(), was.next());
            match pair {
                (None, None) => return None,
                (Some(is), Some(was)) if is.0 == was.0 && is.1.abs_diff(was.1) <= NEAR_MS => {}
                _ => return Some(format!("{:?} and not {:?}", pair.0, pair.1)),
            }
        }
    }

    /// Segments that the other does not have so.
    pub fn segments_beside(&self, other: &Self) -> usize {
        let stretch = |said: &Said| (said.t0_ms, said.t1_ms);
        let known: BTreeSet<_> = other.said.iter().map(stretch).collect();
        self.said.iter().filter(|said| !known.contains(&stretch(said))).count()
    }
}

impl Faults {
    fn add(&mut self, other: Self) {
        self.lost += other.lost;
        self.duplicated += other.duplicated;
        self.reordered += other.reordered;
        self.misnumbered += other.misnumbered;
        self.forgotten += other.forgotten;
    }
}

/// Looks at every session. Prints each that has a fault.
pub async fn audit(db: &mut PgConnection, sessions: &[Session]) -> (Faults, Vec<Kept>) {
    let (mut faults, mut kept) = (Faults::default(), Vec::with_capacity(sessions.len()));
    for session in sessions {
        let (of_this, is_kept) = audit_one(db, session).await;
        if of_this != Faults::default() {
            println!("  session {}: {of_this:?}", session.session);
        }
        faults.add(of_this);
        kept.push(is_kept);
    }
    (faults, kept)
}

async fn audit_one(db: &mut PgConnection, session: &Session) -> (Faults, Kept) {
    let spoken = match session.codec {
        Codec::PcmS16le => session.samples,
        Codec::Opus => session.samples.next_multiple_of(PACKET),
    };
    let spans = spans(db, session.session).await;
    let mut faults = of_samples(&spans, spoken as i64);
    let decided = utterances(db, session.session).await;
    // Each segment of words is one decoded stretch, and no stretch is decoded that has no segment.
    let decoded = spans.iter().filter(|span| span.2 == "decoded");
    let decoded: Vec<_> = decoded.map(|span| (span.0, span.1)).collect();
    if decoded != decided.iter().map(|said| (said.0, said.1)).collect::<Vec<_>>() {
        faults.forgotten += 1;
        println!(
            "  decoded stretches {} and segments {} differ",
            decoded.len(),
            decided.len()
        );
    }
    let events = events(db, session.meeting).await;
    let last: i64 = sqlx::query_scalar("SELECT last_event_number FROM meetings WHERE id = $1")
        .bind(session.meeting)
        .fetch_one(&mut *db)
        .await
        .unwrap();
    let numbers: Vec<i64> = events.iter().map(|event| event.0).collect();
    faults.misnumbered += u64::from(numbers != (1..=last).collect::<Vec<_>>());
    let finals: Vec<_> = events.iter().filter(|event| event.1 == "final").collect();
    faults.reordered += finals.windows(2).filter(|pair| pair[1].2 < pair[0].3).count() as u64;

    let report: Value = {
        let path = format!("/v1/meetings/{}/report", session.meeting);
        // The last kill may have been a moment ago, and the next server is not there yet.
        let mut tries = 0;
        loop {
            match session.api.get("asking for the report", &path).await {
                Ok(report) => break report,
                Err(error) if tries == 100 => panic!("{error}"),
                Err(_) => tokio::time::sleep(Duration::from_millis(200)).await,
            }
            tries += 1;
        }
    };
    let kept = kept(&spans, &report);
    faults.reordered += kept
        .said
        .windows(2)
        .filter(|pair| pair[1].t0_ms < pair[0].t1_ms)
        .count() as u64;
    let words: Vec<_> = kept.said.iter().flat_map(|said| &said.words).collect();
    faults.reordered += words.windows(2).filter(|pair| pair[1].1 < pair[0].1).count() as u64;
    faults.forgotten += u64::from(decided.len() != finals.len());
    faults.add(of_what_was_told(session, &decided, &kept));
    (faults, kept)
}

/// What a client was told stands: numbers rise, each final is a segment of the database, and its words are in the report.
fn of_what_was_told(session: &Session, decided: &[(i64, i64, i32)], kept: &Kept) -> Faults {
    let witness = session.witness();
    let mut faults = Faults {
        misnumbered: witness.numbers.windows(2).filter(|pair| pair[1] <= pair[0]).count() as u64,
        lost: witness.gaps as u64,
        ..Faults::default()
    };
    let said: BTreeSet<(&str, u64)> = (kept.said.iter().flat_map(|said| &said.words))
        .map(|(text, t0_ms, _)| (text.as_str(), *t0_ms))
        .collect();
    let mut told = BTreeSet::new();
    for r#final in &witness.finals {
        faults.duplicated += u64::from(!told.insert(r#final.segment.as_str()));
        let count = r#final.words.len() as i32;
        let is_segment = decided
            .iter()
            .any(|(from, _, words)| format!("mic-{from}") == r#final.segment.as_str() && *words == count);
        let missing = r#final
            .words
            .iter()
            .filter(|word| !said.contains(&(word.text.as_str(), word.start.as_ms())));
        let missing: Vec<_> = missing.collect();
        if !is_segment || !missing.is_empty() {
            faults.forgotten += 1;
            println!(
                "  {} was told, and is a segment: {is_segment}; missing: {missing:?}",
                r#final.segment.as_str()
            );
        }
    }
    faults
}

/// Holes, gaps and overlaps of a track of `spoken` samples.
fn of_samples(spans: &[(i64, i64, String)], spoken: i64) -> Faults {
    let mut faults = Faults::default();
    let mut reached = 0;
    for (from, to, class) in spans {
        faults.lost += (from - reached).max(0) as u64;
        faults.duplicated += (reached - from).max(0) as u64;
        if class == "gap" {
            faults.lost += (to - from) as u64;
        }
        reached = reached.max(*to);
    }
    faults.lost += (spoken - reached).max(0) as u64;
    faults.duplicated += (reached - spoken).max(0) as u64;
    faults
}

fn kept(spans: &[(i64, i64, String)], report: &Value) -> Kept {
    let number = |value: &Value| value.as_u64().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let list = |value: &Value| value.as_array().unwrap().clone();
    let words = |said: &Value| {
        let words = list(&said["words"]);
        let word = |word: &Value| (text(&word["text"]), number(&word["t0_ms"]), number(&word["t1_ms"]));
        words.iter().map(word).collect()
    };
    let said = list(&report["record"]["utterances"]);
    let nudges = list(&report["coaching"]["nudges"]);
    Kept {
        spans: runs(spans),
        said: (said.iter())
            .map(|said| Said {
                t0_ms: number(&said["t0_ms"]),
                t1_ms: number(&said["t1_ms"]),
                text: text(&said["text"]),
                words: words(said),
            })
            .collect(),
        nudges: nudges
            .iter()
            .map(|nudge| (text(&nudge["rule"]), number(&nudge["at_ms"])))
            .collect(),
        record: text(&report["hashes"]["record"]),
    }
}

/// Where one stretch ends and the next of its class begins is a matter of when was committed, but for segments.
fn runs(spans: &[(i64, i64, String)]) -> Vec<(i64, i64, String)> {
    let mut runs: Vec<(i64, i64, String)> = Vec::new();
    for span in spans {
        match runs.last_mut() {
            Some(last) if last.2 == span.2 && span.2 != "decoded" && last.1 == span.0 => last.1 = span.1,
            _ => runs.push(span.clone()),
        }
    }
    runs
}

async fn spans(db: &mut PgConnection, session: Uuid) -> Vec<(i64, i64, String)> {
    let spans = "SELECT from_sample, to_sample, class FROM sample_spans WHERE session_id = $1 ORDER BY from_sample";
    sqlx::query_as(spans).bind(session).fetch_all(db).await.unwrap()
}

/// First sample, the one after the last, and the number of words of each segment.
async fn utterances(db: &mut PgConnection, session: Uuid) -> Vec<(i64, i64, i32)> {
    let said = "SELECT from_sample, to_sample, word_count FROM utterances WHERE session_id = $1 ORDER BY from_sample";
    sqlx::query_as(said).bind(session).fetch_all(db).await.unwrap()
}

/// Number, kind, start and end of each event, in the order of their numbers.
async fn events(db: &mut PgConnection, meeting: Uuid) -> Vec<(i64, String, i64, i64)> {
    let events = "SELECT number, kind, t0_ms, t1_ms FROM meeting_events WHERE meeting_id = $1 ORDER BY number";
    sqlx::query_as(events).bind(meeting).fetch_all(db).await.unwrap()
}

#[test]
fn an_audit_finds_holes_overlaps_gaps_and_what_nobody_said() {
    let spans = |list: &[(i64, i64, &str)]| -> Vec<_> {
        list.iter()
            .map(|(from, to, class)| (*from, *to, (*class).to_owned()))
            .collect()
    };
    for (list, lost, duplicated) in [
        (&[(0, 10, "non_speech"), (10, 20, "decoded")][..], 0, 0),
        (&[(0, 10, "non_speech"), (12, 20, "decoded")], 2, 0),
        (&[(0, 10, "non_speech"), (7, 20, "decoded")], 0, 3),
        (&[(0, 10, "gap"), (10, 20, "decoded")], 10, 0),
        (&[(0, 15, "non_speech")], 5, 0),
        (&[(0, 25, "non_speech")], 0, 5),
        (&[], 20, 0),
    ] {
        let faults = of_samples(&spans(list), 20);
        assert_eq!((faults.lost, faults.duplicated), (lost, duplicated), "{list:?}");
    }
}
