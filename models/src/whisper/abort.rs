//! Stops a decode in the middle: whisper.cpp asks after the encoder and after every token whether to go on (not within
//! either: its scheduler does not pass the question on to ggml).

use std::ffi::c_void;
use whisper_rs::FullParams;

/// Asks somebody whether a decode is still waited for.
pub(super) struct Abort<'a>(&'a (dyn Fn() -> bool + Sync));

impl<'a> Abort<'a> {
    /// Stops when `cancelled` says so.
    pub(super) const fn when(cancelled: &'a (dyn Fn() -> bool + Sync)) -> Self {
        Self(cancelled)
    }

    /// Makes a decode with `parameters` ask, which therefore must not outlive this.
    pub(super) fn attach<'b, 'tokens>(&'b self, mut parameters: FullParams<'b, 'tokens>) -> FullParams<'b, 'tokens> {
        let asked: *const Self = self;
        // SAFETY: the callback has the signature that whisper.cpp calls, from the thread of the decode, and only reads `self`,
        // which the lifetime of the parameters keeps borrowed until the decode is over.
        unsafe {
            parameters.set_abort_callback(Some(is_cancelled));
            parameters.set_abort_callback_user_data(asked.cast_mut().cast());
        }
        parameters
    }
}

/// What whisper.cpp calls.
unsafe extern "C" fn is_cancelled(abort: *mut c_void) -> bool {
    // SAFETY: `attach` put a live `Abort` there. Its lifetime is erased, and it is only called while that is borrowed.
    let abort = unsafe { &*abort.cast::<Abort<'_>>() };
    (abort.0)()
}
