//! What an archive holds, but for sound: files of JSON, Markdown, CSV and captions, read from the database and opened.

use crate::db::meetings::MeetingRow;
use crate::db::{audit, consents, devices, heart, signing_in, users};
use crate::ids::Member;
use crate::jobs::{JobError, Workshop};
use crate::keys::{MeetingKey, MemberKey, Place};
use crate::live::{self, Unreadable, sealed};
use crate::record::observations::{self, Kind};
use crate::render::{Format, Part, WriteError};
use crate::routes;
use crate::speech::Speech;
use serde::Serialize;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A name and what the file holds.
type File = (String, Vec<u8>);

const README: &str = include_str!("README.txt");

/// Recordings of the heart that go into an archive: as many as a person can have.
const HEARTS: i64 = 4_000;

/// What is the person's and no meeting's.
pub(super) async fn of_person(workshop: &Workshop, member: Member, key: &MemberKey) -> Result<Vec<File>, JobError> {
    let all = OffsetDateTime::now_utc() + time::Duration::DAY;
    let (role, consents, devices, sign_ins, acts, hearts, speech) = workshop
        .db
        .with_tenant(member.tenant, async |tx| {
            Ok::<_, JobError>((
                users::find_role(&mut *tx, member).await?,
                consents::history(&mut *tx, member).await?,
                devices::list(&mut *tx, member).await?,
                signing_in::list_families(&mut *tx, member).await?,
                audit::of_person(&mut *tx, member).await?,
                heart::list_until(&mut *tx, member, all, HEARTS).await?,
                Speech::load(&mut *tx, workshop.live.keys(), member).await?,
            ))
        })
        .await?;
    let consents = consents
        .iter()
        .map(|said| json!({"kind": said.kind, "granted": said.granted, "at": at(said.created_at)}));
    let sign_ins = sign_ins.iter().map(
        |family| json!({"client": family.client, "signed_in_at": at(family.created_at), "used_at": at(family.used_at)}),
    );
    let acts = acts
        .iter()
        .map(|act| json!({"action": act.action, "object_id": act.object_id, "at": at(act.created_at)}));
    let devices = devices.iter().map(|device| {
        let name = text(key, routes::device_name(device.id), &device.name)?;
        Ok(json!({"kind": device.kind, "name": name, "enrolled_at": at(device.created_at), "recorded_at": device.seen_at.map(at)}))
    });
    let hearts = hearts.iter().map(|row| {
        let variability: Value = opened(key, routes::heart_body(row.id), &row.body)?;
        Ok(json!({"started_at": at(row.started_at), "variability": variability}))
    });
    let (devices, hearts): (Vec<Value>, Vec<Value>) = (
        devices.collect::<Result<_, JobError>>()?,
        hearts.collect::<Result<_, JobError>>()?,
    );
    let person = json!({"user_id": member.user, "tenant_id": member.tenant, "role": role, "exported_at": at(OffsetDateTime::now_utc())});
    Ok(vec![
        ("README.txt".into(), README.into()),
        ("person.json".into(), written(&person)),
        ("speech.json".into(), written(&speech)),
        ("consents.json".into(), written(&consents.collect::<Vec<_>>())),
        ("devices.json".into(), written(&devices)),
        ("sign-ins.json".into(), written(&sign_ins.collect::<Vec<_>>())),
        ("acts.json".into(), written(&acts.collect::<Vec<_>>())),
        ("heart-recordings.json".into(), written(&hearts)),
    ])
}

/// The folder of a meeting. No title is in it: that may be anything, and a name in an archive must not.
pub(super) fn folder(row: &MeetingRow) -> String {
    let day = row.started_at.unwrap_or(row.created_at).date();
    format!("meetings/{day} {}", row.id)
}

/// What there is of a meeting.
pub(super) async fn of_meeting(
    workshop: &Workshop,
    member: Member,
    key: &MeetingKey,
    row: MeetingRow,
) -> Result<Vec<File>, JobError> {
    let (report, insights, captions) = workshop
        .db
        .with_tenant(member.tenant, async |tx| {
            let report = live::stored::<JobError>(&mut *tx, member, key, row.id, None).await?;
            let insights = observations::of_kind(&mut *tx, member.tenant, row.id, Kind::Insights).await?;
            let captions = observations::of_kind(&mut *tx, member.tenant, row.id, Kind::Captions).await?;
            Ok::<_, JobError>((report, insights, captions))
        })
        .await?;
    let title = String::from_utf8_lossy(
        &key.open(routes::title_of(row.id), &row.title)
            .map_err(Unreadable::from)?,
    )
    .into_owned();
    let about = json!({
        "id": row.id, "title": title, "meeting_type": row.meeting_type, "language": row.language, "state": row.state,
        "others_told": row.others_told, "created_at": at(row.created_at), "started_at": row.started_at.map(at),
        "ended_at": row.ended_at.map(at), "duration_ms": row.duration_ms,
    });
    let mut files = vec![("meeting.json".to_owned(), written(&about))];
    for (name, bodies) in [("insights.json", insights), ("captions.json", captions)] {
        let mut all: Vec<Value> = Vec::new();
        for body in &bodies {
            let some: Vec<Value> = sealed::open(key, sealed::observations(body.id), &body.body)?;
            all.extend(some);
        }
        if !all.is_empty() {
            files.push((name.into(), written(&all)));
        }
    }
    if let Some(report) = report {
        files.push(("report.json".into(), written(&report)));
        let analysis = live::analysis(title, &row, report, Vec::new(), Part::All);
        let formats = [
            ("report.md", Format::Markdown),
            ("transcript.vtt", Format::Vtt),
            ("measures.csv", Format::Csv),
        ];
        // Writing a long meeting takes a while: not on a thread that live meetings wait for.
        let written = tokio::task::spawn_blocking(move || {
            let write = |(name, format): (&str, Format)| Ok((name.to_owned(), analysis.write(format)?));
            formats
                .into_iter()
                .map(write)
                .collect::<Result<Vec<File>, WriteError>>()
        });
        files.extend(written.await??);
    }
    Ok(files)
}

fn at(time: OffsetDateTime) -> String {
    time.format(&Rfc3339).unwrap_or_default()
}

fn written(what: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec_pretty(what).expect("invariant: what is stored has string keys and finite numbers")
}

fn text(key: &MemberKey, place: Place, stored: &[u8]) -> Result<String, JobError> {
    let name = key.open(place, stored).map_err(Unreadable::from)?;
    Ok(String::from_utf8_lossy(&name).into_owned())
}

fn opened(key: &MemberKey, place: Place, stored: &[u8]) -> Result<Value, JobError> {
    let body = key.open(place, stored).map_err(Unreadable::from)?;
    serde_json::from_slice(&body).map_err(|_| Unreadable::Shape.into())
}
