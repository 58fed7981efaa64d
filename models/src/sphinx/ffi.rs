//! The few calls to libpocketsphinx (0.8+5prealpha, Debian's) that recognising one utterance takes, behind a safe type.
//!
//! The crates that bind it are older than the library. Everything unsafe about it is in this file.

use std::ffi::{CStr, CString, c_char, c_double, c_int, c_void};
use std::ptr::{self, NonNull};
use std::sync::Once;

#[repr(C)]
struct PsDecoder {
    _opaque: [u8; 0],
}

#[repr(C)]
struct PsSegment {
    _opaque: [u8; 0],
}

#[repr(C)]
struct CommandLine {
    _opaque: [u8; 0],
}

#[repr(C)]
struct Argument {
    _opaque: [u8; 0],
}

#[repr(C)]
struct LogMath {
    _opaque: [u8; 0],
}

/// What the library calls with each line of its log, were it not for [`silence`].
type LogCallback = Option<unsafe extern "C" fn(*mut c_void, c_int, *const c_char, ...)>;

unsafe extern "C" {
    fn ps_args() -> *const Argument;
    fn ps_init(config: *mut CommandLine) -> *mut PsDecoder;
    fn ps_free(decoder: *mut PsDecoder) -> c_int;
    fn ps_get_logmath(decoder: *mut PsDecoder) -> *mut LogMath;
    fn ps_start_stream(decoder: *mut PsDecoder) -> c_int;
    fn ps_start_utt(decoder: *mut PsDecoder) -> c_int;
    fn ps_process_raw(
        decoder: *mut PsDecoder,
        data: *const i16,
        samples: usize,
        no_search: c_int,
        full_utterance: c_int,
    ) -> c_int;
    fn ps_end_utt(decoder: *mut PsDecoder) -> c_int;
    fn ps_seg_iter(decoder: *mut PsDecoder) -> *mut PsSegment;
    fn ps_seg_next(segment: *mut PsSegment) -> *mut PsSegment;
    fn ps_seg_word(segment: *mut PsSegment) -> *const c_char;
    fn ps_seg_frames(segment: *mut PsSegment, first: *mut c_int, last: *mut c_int);
    fn ps_seg_prob(segment: *mut PsSegment, acoustic: *mut i32, language: *mut i32, back_off: *mut i32) -> i32;
    fn cmd_ln_parse_r(
        into: *mut CommandLine,
        definitions: *const Argument,
        count: i32,
        values: *mut *mut c_char,
        strict: i32,
    ) -> *mut CommandLine;
    fn cmd_ln_free_r(config: *mut CommandLine) -> c_int;
    fn logmath_exp(math: *mut LogMath, value: c_int) -> c_double;
    fn err_set_callback(callback: LogCallback, user: *mut c_void);
    fn err_set_logfp(file: *mut c_void);
}

/// What one call to the library refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("libpocketsphinx refused {0}")]
pub struct Refused(pub(super) &'static str);

/// One entry of a recognition, fillers and silences included.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    /// As the dictionary writes it.
    pub(super) word: String,
    /// First frame of 10 ms.
    pub(super) first: u32,
    /// Last frame, inclusive.
    pub(super) last: u32,
    /// Posterior probability.
    pub(super) posterior: f64,
}

/// A decoder with its models.
#[derive(Debug)]
pub(super) struct Decoder {
    raw: NonNull<PsDecoder>,
}

// SAFETY: a decoder is one heap object without ties to the thread that made it; the library keeps no other state but the
// log's, which `silence` turns off for good. `&mut self` keeps it with one thread at a time.
unsafe impl Send for Decoder {}

impl Decoder {
    /// A decoder set up with `-name value` pairs.
    pub(super) fn new(settings: &[(&str, &str)]) -> Result<Self, Refused> {
        silence();
        let mut words = Vec::with_capacity(settings.len() * 2);
        for (name, value) in settings {
            words.push(CString::new(*name).map_err(|_| Refused("a setting's name"))?);
            words.push(CString::new(*value).map_err(|_| Refused("a setting's value"))?);
        }
        let mut values: Vec<*mut c_char> = words.iter().map(|word| word.as_ptr().cast_mut()).collect();
        // SAFETY: the pointers are to C strings that outlive the call, which copies what it keeps and writes to none of them;
        // `ps_args` is a static table.
        let config = unsafe { cmd_ln_parse_r(ptr::null_mut(), ps_args(), values.len() as i32, values.as_mut_ptr(), 1) };
        if config.is_null() {
            return Err(Refused("its settings"));
        }
        // SAFETY: `config` is valid; the decoder takes a count on it of its own, and the second call gives up ours.
        let raw = unsafe {
            let raw = ps_init(config);
            cmd_ln_free_r(config);
            raw
        };
        NonNull::new(raw)
            .map(|raw| Self { raw })
            .ok_or(Refused("to load its models"))
    }

    /// What is said in `samples` (16 kHz), which are one whole utterance. Nothing of an earlier utterance is left: the stream
    /// starts anew, and with a whole utterance the cepstral mean is its own.
    pub(super) fn recognize(&mut self, samples: &[i16]) -> Result<Vec<Entry>, Refused> {
        let decoder = self.raw.as_ptr();
        // SAFETY: the decoder is valid and ours alone; `samples` is read within its length only.
        unsafe {
            accepted(ps_start_stream(decoder), "a new stream")?;
            accepted(ps_start_utt(decoder), "to begin")?;
            let searched = ps_process_raw(decoder, samples.as_ptr(), samples.len(), 0, 1);
            // The utterance is ended even if its audio was refused: the next one must be able to begin.
            let ended = ps_end_utt(decoder);
            accepted(searched, "the audio")?;
            accepted(ended, "to end")?;
        }
        Ok(self.entries())
    }

    fn entries(&mut self) -> Vec<Entry> {
        let decoder = self.raw.as_ptr();
        let mut entries = Vec::new();
        // SAFETY: the decoder is valid; the iterator is advanced until the library frees it by returning null, and what it
        // points at is copied before that.
        unsafe {
            let math = ps_get_logmath(decoder);
            let mut segment = ps_seg_iter(decoder);
            while !segment.is_null() {
                let (mut first, mut last) = (0, 0);
                ps_seg_frames(segment, &raw mut first, &raw mut last);
                let log = ps_seg_prob(segment, ptr::null_mut(), ptr::null_mut(), ptr::null_mut());
                let word = ps_seg_word(segment);
                if !word.is_null() {
                    entries.push(Entry {
                        word: CStr::from_ptr(word).to_string_lossy().into_owned(),
                        first: u32::try_from(first).unwrap_or(0),
                        last: u32::try_from(last).unwrap_or(0),
                        posterior: logmath_exp(math, log),
                    });
                }
                segment = ps_seg_next(segment);
            }
        }
        entries
    }
}

impl Drop for Decoder {
    fn drop(&mut self) {
        // SAFETY: ours alone, freed once.
        unsafe {
            ps_free(self.raw.as_ptr());
        }
    }
}

fn accepted(outcome: c_int, what: &'static str) -> Result<(), Refused> {
    if outcome < 0 { Err(Refused(what)) } else { Ok(()) }
}

/// The library writes its settings and what it recognised to standard error; no log of ours may hold that.
fn silence() {
    static ONCE: Once = Once::new();
    // SAFETY: without a callback the library formats and prints no line; set once, before the first decoder.
    ONCE.call_once(|| unsafe { err_set_callback(None, ptr::null_mut()) });
    // SAFETY: no file is what the library takes for "print nowhere". Settings go past the callback to a file of each thread's
    // own, so it is set on every thread that makes a decoder.
    unsafe { err_set_logfp(ptr::null_mut()) };
}
