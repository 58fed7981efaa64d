//! Kept audio of a commit, as stretches that the index can name.

use crate::audio;
use crate::keys::MeetingKey;
use crate::record::kept_audio::{NewStretch, Touched};
use attune_engine::speaker::Track;
use attune_ingest::ports::KeptFrame;
use std::ops::Range;
use uuid::Uuid;

/// Frames in order as stretches without a hole, sealed: the index says exactly which samples there are.
pub(super) fn kept(frames: &[KeptFrame], key: &MeetingKey) -> Vec<NewStretch> {
    let unbroken = frames.chunk_by(|one, next| one.track == next.track && one.to_sample == next.from_sample);
    let stretch = |frames: &[KeptFrame]| {
        let (first, last) = (frames.first()?, frames.last()?);
        let id = Uuid::now_v7();
        Some(NewStretch {
            id,
            track: first.track,
            from_sample: first.from_sample,
            to_sample: last.to_sample,
            audio: audio::seal(key, id, frames),
        })
    };
    unbroken.filter_map(stretch).collect()
}

/// The whole frames of a stretch that lie outside what is `withheld`. None of one that is in an object: those go whole, and
/// hold nothing that may still be taken back.
pub(super) fn on_the_record(
    stretch: &Touched,
    key: &MeetingKey,
    track: Track,
    withheld: &Range<u64>,
) -> Vec<NewStretch> {
    let sealed = stretch.audio.as_deref().unwrap_or_default();
    // What does not open is gone all the same.
    let mut frames = audio::open(key, stretch.id, track, sealed).unwrap_or_default();
    frames.retain(|frame| frame.to_sample <= withheld.start || frame.from_sample >= withheld.end);
    kept(&frames, key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use attune_ingest::protocol::Codec;
    use time::OffsetDateTime;
    use zeroize::Zeroizing;

    fn frame(number: u64) -> KeptFrame {
        KeptFrame {
            track: Track::Mic,
            codec: Codec::PcmS16le,
            rate_hz: 16_000,
            first_sample: number * 320,
            from_sample: number * 320,
            to_sample: number * 320 + 320,
            payload: Zeroizing::new(vec![number as u8; 640]),
        }
    }

    #[test]
    fn of_a_stretch_that_a_withdrawal_touches_the_whole_frames_beside_it_stay() {
        let key = MeetingKey::of_a_test();
        let frames: Vec<KeptFrame> = (0..8).map(frame).collect();
        let stretch = kept(&frames, &key).pop().unwrap();
        let touched = |audio| Touched {
            id: stretch.id,
            audio,
            expires_at: OffsetDateTime::UNIX_EPOCH,
        };
        let rest = on_the_record(&touched(Some(stretch.audio.clone())), &key, Track::Mic, &(700..1_700));
        let left = rest.iter().map(|rest| {
            let opened = audio::open(&key, rest.id, Track::Mic, &rest.audio).unwrap();
            (rest.from_sample, rest.to_sample, opened)
        });
        let expected = [(0, 640, frames[..2].to_vec()), (1_920, 2_560, frames[6..].to_vec())];
        assert_eq!(left.collect::<Vec<_>>(), expected);

        assert!(on_the_record(&touched(None), &key, Track::Mic, &(700..1_700)).is_empty());
        assert!(on_the_record(&touched(Some(vec![0; 40])), &key, Track::Mic, &(700..1_700)).is_empty());
    }
}
