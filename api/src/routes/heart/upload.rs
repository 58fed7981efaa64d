//! RR intervals as a person sends them: JSON, or a table as apps of chest straps export it. Every byte of it is somebody else's.

use crate::error::{ApiError, FieldProblem};
use attune_engine::hrv::Beat;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_TYPE;
use serde::Deserialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use utoipa::ToSchema;

/// The largest body: as many intervals as may come, each with its time.
pub(super) const BODY_BYTES: usize = 2 * 1024 * 1024;
/// The most intervals: five hours at 67 a minute.
const INTERVALS: usize = 20_000;
/// What an interval may be, ms. Outside of a heart's own range it is an artefact; outside of this it is no number of milliseconds.
const RR_MS: std::ops::RangeInclusive<f64> = 100.0..=10_000.0;
/// The longest recording.
const LONGEST: time::Duration = time::Duration::hours(24);
/// How far a device's clock may run ahead.
const AHEAD: time::Duration = time::Duration::minutes(10);
/// No device of before wrote times.
const FIRST_YEAR: i32 = 2000;

/// RR intervals, in order of time.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::routes) struct CreateHeartRecording {
    /// 2 to 20,000 of them.
    intervals: Vec<RrInterval>,
}

/// Time from one beat of the heart to the next.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::routes) struct RrInterval {
    /// When it ended.
    #[serde(with = "time::serde::rfc3339")]
    time: OffsetDateTime,
    /// How long it is, ms, 100 to 10,000.
    rr_ms: f64,
}

/// A recording that is in order.
#[derive(Debug)]
pub(in crate::routes) struct Upload {
    /// When its first interval ended.
    pub(in crate::routes) started_at: OffsetDateTime,
    pub(in crate::routes) beats: Vec<Beat>,
}

impl<S: Send + Sync> FromRequest<S> for Upload {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let kind = kind
            .and_then(|kind| kind.split(';').next())
            .map(str::trim)
            .unwrap_or_default();
        let read = match kind.to_ascii_lowercase().as_str() {
            "application/json" => read_json,
            "text/csv" => read_csv,
            _ => return Err(ApiError::NotJson),
        };
        let body = Bytes::from_request(request, state).await;
        let body = body.map_err(|rejection| ApiError::from_status(rejection.status()))?;
        checked(&read(&body)?, OffsetDateTime::now_utc())
    }
}

fn read_json(body: &[u8]) -> Result<Vec<RrInterval>, ApiError> {
    let read: Result<CreateHeartRecording, _> = serde_json::from_slice(body);
    read.map(|recording| recording.intervals)
        .map_err(|_| ApiError::Malformed("its body is no list of intervals, each with time and rr_ms".into()))
}

/// A table with the columns `time` (RFC 3339) and `rr_ms`; others do not matter.
fn read_csv(body: &[u8]) -> Result<Vec<RrInterval>, ApiError> {
    let no_table = || ApiError::Malformed("its body is no table with the columns time and rr_ms".into());
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(body);
    let headers = reader.headers().map_err(|_| no_table())?;
    let column = |name: &str| {
        headers
            .iter()
            .position(|header| header.trim_start_matches('\u{feff}') == name)
    };
    let (Some(time), Some(rr_ms)) = (column("time"), column("rr_ms")) else {
        return Err(no_table());
    };
    let mut intervals = Vec::new();
    for record in reader.records() {
        let interval = record.ok().and_then(|record| {
            Some(RrInterval {
                time: OffsetDateTime::parse(record.get(time)?, &Rfc3339).ok()?,
                rr_ms: record.get(rr_ms)?.parse().ok()?,
            })
        });
        intervals
            .push(interval.ok_or_else(|| ApiError::Malformed(format!("row {} of its table", intervals.len() + 1)))?);
        if intervals.len() > INTERVALS {
            break;
        }
    }
    Ok(intervals)
}

fn checked(intervals: &[RrInterval], now: OffsetDateTime) -> Result<Upload, ApiError> {
    let (Some(first), Some(last)) = (intervals.first(), intervals.last()) else {
        return Err(not_right("intervals".into(), "has none".into()));
    };
    if intervals.len() > INTERVALS {
        return Err(not_right("intervals".into(), format!("has more than {INTERVALS}")));
    }
    if let Some(index) = intervals.iter().position(|interval| !RR_MS.contains(&interval.rr_ms)) {
        let problem = format!("is not within {} and {} ms", RR_MS.start(), RR_MS.end());
        return Err(not_right(format!("intervals[{index}].rr_ms"), problem));
    }
    let back = intervals.windows(2).position(|pair| pair[1].time < pair[0].time);
    if let Some(index) = back {
        let problem = "is before the one before it".to_owned();
        return Err(not_right(format!("intervals[{}].time", index + 1), problem));
    }
    if last.time > now + AHEAD || first.time.year() < FIRST_YEAR {
        return Err(not_right(
            "intervals".into(),
            "lies in no time that a device was worn in".into(),
        ));
    }
    if last.time - first.time > LONGEST {
        return Err(not_right("intervals".into(), "is of more than a day".into()));
    }
    let beat = |interval: &RrInterval| Beat {
        at_ms: (interval.time - first.time).as_seconds_f64() * 1000.0,
        rr_ms: interval.rr_ms,
    };
    Ok(Upload {
        started_at: first.time,
        beats: intervals.iter().map(beat).collect(),
    })
}

/// A field that is not right.
pub(super) fn not_right(field: String, problem: String) -> ApiError {
    ApiError::Invalid(vec![FieldProblem { field, problem }])
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    const NOW: OffsetDateTime = datetime!(2026-12-01 12:00 UTC);

    fn interval(time: OffsetDateTime, rr_ms: f64) -> RrInterval {
        RrInterval { time, rr_ms }
    }

    #[test]
    fn what_is_not_right_is_named() {
        let many = (0..=INTERVALS).map(|_| interval(NOW, 800.0)).collect();
        let now = || interval(NOW, 800.0);
        let ago = |ago| interval(NOW - ago, 800.0);
        for (intervals, named) in [
            (vec![], "intervals"),
            (vec![interval(NOW, 0.81)], "intervals[0].rr_ms"),
            (vec![now(), interval(NOW, f64::NAN)], "intervals[1].rr_ms"),
            (vec![interval(NOW, f64::INFINITY)], "intervals[0].rr_ms"),
            (vec![now(), ago(time::Duration::SECOND)], "intervals[1].time"),
            (vec![ago(-time::Duration::DAY)], "intervals"),
            (vec![interval(datetime!(1999-12-31 23:59 UTC), 800.0)], "intervals"),
            (vec![interval(datetime!(0000-01-01 0:00 UTC), 800.0)], "intervals"),
            (vec![interval(datetime!(9999-12-31 23:59 UTC), 800.0)], "intervals"),
            (vec![ago(time::Duration::days(2)), now()], "intervals"),
            (many, "intervals"),
        ] {
            match checked(&intervals, NOW).unwrap_err() {
                ApiError::Invalid(problems) => assert_eq!(problems[0].field, named),
                other => panic!("{other}"),
            }
        }
    }

    const JSON: &[u8] = br#"{"intervals": [{"time": "2026-12-01T08:00:00Z", "rr_ms": 812},
        {"time": "2026-12-01T08:00:00.83Z", "rr_ms": 830.5}]}"#;
    const TABLE: &[u8] = b"\xef\xbb\xbfdevice,rr_ms,time\r\nstrap, 812 ,2026-12-01T08:00:00Z\r\n\
        strap,830.5,2026-12-01T09:00:00.83+01:00\r\n";

    #[test]
    fn json_and_a_table_say_the_same() {
        let read = [read_json(JSON), read_csv(TABLE)];
        let [json, table] = read.map(|read| checked(&read.unwrap(), NOW).unwrap());
        assert_eq!((json.started_at, &json.beats), (table.started_at, &table.beats));
        let rounded: Vec<(f64, f64)> = json.beats.iter().map(|beat| (beat.at_ms.round(), beat.rr_ms)).collect();
        assert_eq!(rounded, [(0.0, 812.0), (830.0, 830.5)]);
    }

    #[test]
    fn a_table_that_cannot_be_read_says_where() {
        for (table, says) in [
            ("812\n830\n", "columns"),
            ("", "columns"),
            ("time,rr_ms\n2026-12-01T08:00:00Z,812\n,830\n", "row 2"),
            ("time,rr_ms\n2026-12-01T08:00:00Z\n", "row 1"),
            ("time,rr_ms\n2026-12-01T08:00:00Z,fast\n", "row 1"),
        ] {
            let refused = read_csv(table.as_bytes()).unwrap_err().to_string();
            assert!(refused.contains(says), "{refused}");
        }
    }

    #[test]
    fn broken_bytes_are_read_or_refused() {
        type Read = fn(&[u8]) -> Result<Vec<RrInterval>, ApiError>;
        for (whole, read) in [(JSON, read_json as Read), (TABLE, read_csv as Read)] {
            for at in 0..whole.len() {
                let mut broken = whole.to_vec();
                for byte in [0, b'"', b',', 0xff, b'9'] {
                    broken[at] = byte;
                    for bytes in [&broken[..], &broken[..at]] {
                        if let Ok(intervals) = read(bytes) {
                            let _ = checked(&intervals, NOW);
                        }
                    }
                }
            }
        }
    }
}
