//! Opening, callbacks, closing.

use std::ffi::{c_char, c_void};
use std::sync::Arc;

use wxpay_core::client::{Client, EventSink, Level, LogSink};
use wxpay_core::config::{Config, ConfigError, Encoding};
use wxpay_core::guidance::Asked;
use wxpay_core::outcome::Outcome;
use wxpay_core::status::Status;

use crate::boundary::{self, DOCUMENT_LIMIT, InvalidArgument, contained, guarded};
use crate::encoding;
use crate::result::wxpay_result;
use crate::status::wxpay_status;

/// The charge is being sent.
pub const WXPAY_EVENT_SUBMITTING: i32 = 1;
/// The payer may be typing a password; remaining_ms counts down.
pub const WXPAY_EVENT_WAITING_FOR_PAYER: i32 = 2;
/// The gateway is being asked.
pub const WXPAY_EVENT_QUERYING: i32 = 3;
/// The payment is being undone.
pub const WXPAY_EVENT_REVERSING: i32 = 4;
/// Something failed and is tried again.
pub const WXPAY_EVENT_RETRYING: i32 = 5;
/// The outcome is known; the call is about to return.
pub const WXPAY_EVENT_DONE: i32 = 6;

/// Something is wrong and needs somebody.
pub const WXPAY_LOG_ERROR: i32 = 1;
/// Something is odd.
pub const WXPAY_LOG_WARNING: i32 = 2;
/// One line for each exchange and each outcome.
pub const WXPAY_LOG_INFO: i32 = 3;
/// Everything.
pub const WXPAY_LOG_DEBUG: i32 = 4;

/// One merchant's connection to one gateway. May be used by any number of threads at once. A
/// process may have several.
pub struct wxpay_client {
    pub(crate) core: Arc<Client>,
    pub(crate) encoding: Encoding,
}

/// Told what a call is doing, for a display. event: one of WXPAY_EVENT_. out_trade_no: the order,
/// valid during the callback only. remaining_ms: milliseconds until the library stops waiting and
/// goes on to the next stage, for a countdown; 0 if there is none.
///
/// Called on the thread that made the blocking call (a task: on the task's own thread), so by
/// several threads at once if several pay at once. No lock is held: any function may be called
/// from inside it, wxpay_cancel among them. It must return soon, since the payment waits for it,
/// and it must not throw or jump out.
pub type wxpay_event_fn = Option<
    unsafe extern "C" fn(
        event: i32,
        out_trade_no: *const c_char,
        remaining_ms: i32,
        user_data: *mut c_void,
    ),
>;

/// Takes a line of the log. level: one of WXPAY_LOG_. message: one line in the client's encoding,
/// without line end, valid during the callback only; it never holds a key, an auth code, a
/// signature or a payer's id. Called as wxpay_event_fn is, and on the library's own threads too.
pub type wxpay_log_fn =
    Option<unsafe extern "C" fn(level: i32, message: *const c_char, user_data: *mut c_void)>;

/// The till's own pointer, passed back to its callback.
#[derive(Clone, Copy)]
struct UserData(*mut c_void);

// SAFETY: the library never looks at what it points to; the documentation of the callbacks tells
// the till that they run on whatever thread makes the call.
unsafe impl Send for UserData {}
// SAFETY: as above.
unsafe impl Sync for UserData {}

impl UserData {
    /// Through a method, so that a closure captures the whole and not the bare pointer.
    fn pointer(&self) -> *mut c_void {
        self.0
    }
}

/// Opens a client from a configuration file (TOML; docs/configuration.md lists every key). Checks
/// everything that can be checked without sending: keys parse, the certificate fits its key and is
/// not expired, the journal can be written. Sends nothing.
///
/// config_path: UTF-8 (on Windows also the ANSI code page); relative paths inside the file are
/// relative to the file. client: where the handle goes; NULL is put there on failure. Close it
/// with wxpay_client_close. result: in the encoding of the configuration, or UTF-8 if that could
/// not be read.
///
/// Returns WXPAY_OK, WXPAY_E_CONFIG, WXPAY_E_JOURNAL or WXPAY_E_ARGUMENT. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wxpay_client_open(
    config_path: *const c_char,
    client: *mut *mut wxpay_client,
    result: *mut *mut wxpay_result,
) -> wxpay_status {
    // SAFETY: the pointers are as the header demands.
    unsafe {
        open(client, result, || {
            let path = boundary::path("config_path", config_path)?;
            Ok(Config::from_file(&path))
        })
    }
}

/// Opens a client from the text of a configuration. As wxpay_client_open, but relative paths are
/// relative to the working directory. config_toml: UTF-8 whatever the encoding that it chooses, at
/// most 262144 bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wxpay_client_open_toml(
    config_toml: *const c_char,
    client: *mut *mut wxpay_client,
    result: *mut *mut wxpay_result,
) -> wxpay_status {
    // SAFETY: the pointers are as the header demands.
    unsafe {
        open(client, result, || {
            let utf8 = Encoding::Utf8;
            let text = boundary::text("config_toml", config_toml, DOCUMENT_LIMIT, utf8)?;
            Ok(Config::from_toml(&text))
        })
    }
}

/// # Safety
///
/// `client` and `result` are NULL or may be written.
unsafe fn open(
    client: *mut *mut wxpay_client,
    result: *mut *mut wxpay_result,
    config: impl FnOnce() -> Result<Result<Config, ConfigError>, InvalidArgument>,
) -> wxpay_status {
    // SAFETY: the caller's promise.
    unsafe { boundary::output(client, std::ptr::null_mut()) };
    let mut encoding = Encoding::Utf8;
    let opened = contained(|| {
        if client.is_null() {
            return Err(InvalidArgument::null("client").outcome(None, Asked::Other));
        }
        let config = config()
            .map_err(|refused| refused.outcome(None, Asked::Other))?
            .map_err(|error| {
                boundary::refusal(None, Asked::Other, Status::Config, error.to_string())
            })?;
        encoding = config.encoding;
        Client::open(config).map_err(|outcome| *outcome)
    });
    let outcome = match opened {
        Ok(Ok(core)) => {
            // SAFETY: the caller's promise.
            unsafe { boundary::hand_over(client, wxpay_client { core, encoding }) };
            Outcome::with_message(Status::Ok, "the client is open")
        }
        Ok(Err(failed)) => failed,
        Err(bug) => boundary::refusal(None, Asked::Other, Status::Internal, bug.0),
    };
    // SAFETY: the caller's promise.
    unsafe { boundary::finish(outcome, encoding, result) }
}

/// The self-test, for set-up and support: the keys are accepted, the certificate is not about to
/// expire, this machine's clock is right, the hosts can be reached; of [ride_code], what is missing,
/// and whether its host can be reached. Asks the gateway about an order that does not exist; moves no
/// money.
///
/// Returns WXPAY_OK, or the first thing that is wrong (WXPAY_E_CONFIG, WXPAY_E_NETWORK,
/// WXPAY_E_JOURNAL), explained by wxpay_result_message; the result field checks lists everything
/// that was tried. Any thread. Blocks for two connect and one answer time-out a host at most (25 s
/// each by default).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wxpay_client_check(
    client: *mut wxpay_client,
    result: *mut *mut wxpay_result,
) -> wxpay_status {
    // SAFETY: the pointers are as the header demands.
    unsafe { boundary::call(client, Asked::Other, result, |core, _| Ok(core.check())) }
}

/// Sets who is told what calls are doing, in place of whoever was; NULL: nobody. user_data is
/// passed to the callback as it is. A call under way on another thread may still be using the
/// former callback and its user_data when this returns: keep both until its calls have returned.
/// Does nothing if client is NULL. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wxpay_client_on_event(
    client: *mut wxpay_client,
    callback: wxpay_event_fn,
    user_data: *mut c_void,
) {
    guarded((), || {
        // SAFETY: NULL, or an open client.
        let Some(client) = (unsafe { client.as_ref() }) else {
            return;
        };
        let (encoding, user_data) = (client.encoding, UserData(user_data));
        let sink = callback.map(|callback| -> EventSink {
            Arc::new(move |event, out_trade_no, remaining_ms| {
                let out_trade_no = encoding::encode(out_trade_no, encoding);
                // SAFETY: the till gave this function to be called with these arguments, on any
                // thread, until its client is closed.
                unsafe {
                    callback(
                        event as i32,
                        out_trade_no.as_ptr(),
                        remaining_ms,
                        user_data.pointer(),
                    );
                }
            })
        });
        client.core.on_event(sink);
    });
}

/// Sets who takes the log, in place of whoever did, and how much of it: lines up to level, one of
/// WXPAY_LOG_. Level 0 or a NULL callback: nobody. Otherwise as wxpay_client_on_event.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wxpay_client_on_log(
    client: *mut wxpay_client,
    level: i32,
    callback: wxpay_log_fn,
    user_data: *mut c_void,
) {
    guarded((), || {
        // SAFETY: NULL, or an open client.
        let Some(client) = (unsafe { client.as_ref() }) else {
            return;
        };
        let (encoding, user_data) = (client.encoding, UserData(user_data));
        let level = level_of(level);
        let sink = callback
            .filter(|_| level.is_some())
            .map(|callback| -> LogSink {
                Arc::new(move |level, message| {
                    let message = encoding::encode(message, encoding);
                    // SAFETY: as for events.
                    unsafe { callback(level as i32, message.as_ptr(), user_data.pointer()) };
                })
            });
        client.core.on_log(level.unwrap_or(Level::Error), sink);
    });
}

/// The level with this number; above the last one is still everything.
fn level_of(number: i32) -> Option<Level> {
    match number {
        ..=0 => None,
        WXPAY_LOG_ERROR => Some(Level::Error),
        WXPAY_LOG_WARNING => Some(Level::Warning),
        WXPAY_LOG_INFO => Some(Level::Info),
        WXPAY_LOG_DEBUG.. => Some(Level::Debug),
    }
}

/// Closes a client. Calls that are waiting in other threads end at once, as WXPAY_E_CLOSED, or as
/// WXPAY_UNKNOWN if they had sent something: their orders are in the journal for wxpay_recover.
/// Waits until those calls have ended, and no thread of the library outlives it. From inside a
/// callback of the same client it does not wait, since it would wait for itself. NULL is a no-op.
///
/// No other call may be started with the handle from here on. Results outlive the client; tasks
/// may be waited for and freed after it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wxpay_client_close(client: *mut wxpay_client) {
    // SAFETY: NULL, or an open client.
    if let Some(client) = unsafe { client.as_ref() } {
        guarded((), || client.core.close());
    }
    // SAFETY: NULL, or a client that the till does not use any more; calls in flight have their
    // own share of the core and do not come back to the handle.
    unsafe { boundary::take_back(client) };
}

#[cfg(test)]
mod tests {
    use wxpay_core::client::Event;

    use super::*;

    #[test]
    fn the_numbers_of_events_and_levels_are_those_of_the_core() {
        for (constant, event) in [
            (WXPAY_EVENT_SUBMITTING, Event::Submitting),
            (WXPAY_EVENT_WAITING_FOR_PAYER, Event::WaitingForPayer),
            (WXPAY_EVENT_QUERYING, Event::Querying),
            (WXPAY_EVENT_REVERSING, Event::Reversing),
            (WXPAY_EVENT_RETRYING, Event::Retrying),
            (WXPAY_EVENT_DONE, Event::Done),
        ] {
            assert_eq!(constant, event as i32);
        }
        for (constant, level) in [
            (WXPAY_LOG_ERROR, Level::Error),
            (WXPAY_LOG_WARNING, Level::Warning),
            (WXPAY_LOG_INFO, Level::Info),
            (WXPAY_LOG_DEBUG, Level::Debug),
        ] {
            assert_eq!(constant, level as i32);
            assert_eq!(level_of(constant), Some(level));
        }
        assert_eq!((level_of(0), level_of(-1)), (None, None));
        assert_eq!(level_of(i32::MAX), Some(Level::Debug));
    }
}
