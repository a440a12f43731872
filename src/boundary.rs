//! What every exported function goes through: foreign memory is read here, and panics stop here.

use std::borrow::Cow;
use std::ffi::c_char;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;

use wxpay_core::client::{self, Client};
use wxpay_core::config::{Encoding, Language};
use wxpay_core::guidance::Asked;
use wxpay_core::outcome::Outcome;
use wxpay_core::status::Status;

use crate::client::wxpay_client;
use crate::encoding;
use crate::result::wxpay_result;
use crate::status::wxpay_status;

/// The longest string that is taken, in bytes; longer ones are most likely not terminated.
pub(crate) const TEXT_LIMIT: usize = 64 * 1024;
/// The longest JSON or TOML document that is taken, in bytes.
pub(crate) const DOCUMENT_LIMIT: usize = 1024 * 1024;

/// An argument that cannot be used: which one and the rule it breaks, never its value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {rule}")]
pub(crate) struct InvalidArgument {
    name: Cow<'static, str>,
    rule: Cow<'static, str>,
}

impl InvalidArgument {
    pub(crate) fn new(
        name: impl Into<Cow<'static, str>>,
        rule: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            name: name.into(),
            rule: rule.into(),
        }
    }

    pub(crate) fn null(name: &'static str) -> Self {
        Self::new(name, "must not be NULL")
    }

    /// The outcome of a call that was given this; see [`refusal`].
    pub(crate) fn outcome(self, core: Option<&Client>, asked: Asked) -> Outcome {
        let mut outcome = refusal(core, asked, Status::Argument, self.to_string());
        outcome.set("field", self.name.into_owned());
        outcome
    }

    /// The same rule, broken by something that the till knows by another name.
    pub(crate) fn about(self, name: &str) -> Self {
        Self::new(name.to_owned(), self.rule)
    }
}

/// The bytes of a C string, without its NUL.
///
/// # Safety
///
/// `text` is NULL or points to bytes that are readable up to a NUL (or up to `limit` bytes) and
/// that nobody changes during `'a`.
pub(crate) unsafe fn bytes<'a>(
    name: &'static str,
    text: *const c_char,
    limit: usize,
) -> Result<&'a [u8], InvalidArgument> {
    if text.is_null() {
        return Err(InvalidArgument::null(name));
    }
    let length = (0..=limit)
        // SAFETY: no byte before this one was the NUL, so this one is readable.
        .find(|&at| unsafe { text.add(at).read() } == 0)
        .ok_or_else(|| {
            let rule = format!("is longer than {limit} bytes, or has no NUL at its end");
            InvalidArgument::new(name, rule)
        })?;
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the file that reads foreign memory"
    )]
    // SAFETY: `length` bytes were read just now; the caller vouches for `'a`.
    Ok(unsafe { std::slice::from_raw_parts(text.cast(), length) })
}

/// `length` bytes of any kind. NULL is as good as any pointer where there are none.
///
/// # Safety
///
/// `data` is NULL or points to `length` bytes that are readable and that nobody changes during `'a`.
pub(crate) unsafe fn data<'a>(
    name: &'static str,
    data: *const c_char,
    length: usize,
    limit: usize,
) -> Result<&'a [u8], InvalidArgument> {
    if length == 0 {
        return Ok(&[]);
    }
    if data.is_null() {
        return Err(InvalidArgument::null(name));
    }
    if length > limit {
        let rule = format!("is longer than {limit} bytes");
        return Err(InvalidArgument::new(name, rule));
    }
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the file that reads foreign memory"
    )]
    // SAFETY: the caller vouches for `length` bytes.
    Ok(unsafe { std::slice::from_raw_parts(data.cast(), length) })
}

/// A C string in the client's encoding.
///
/// # Safety
///
/// As for [`bytes`], for the duration of the call.
pub(crate) unsafe fn text(
    name: &'static str,
    text: *const c_char,
    limit: usize,
    encoding: Encoding,
) -> Result<String, InvalidArgument> {
    // SAFETY: the caller's promise.
    let bytes = unsafe { bytes(name, text, limit) }?;
    encoding::decode(bytes, encoding).map_err(|rule| InvalidArgument::new(name, rule))
}

/// A path: UTF-8, or else what the system takes narrow paths for.
///
/// # Safety
///
/// As for [`bytes`], for the duration of the call.
pub(crate) unsafe fn path(
    name: &'static str,
    text: *const c_char,
) -> Result<PathBuf, InvalidArgument> {
    // SAFETY: the caller's promise.
    let bytes = unsafe { bytes(name, text, TEXT_LIMIT) }?;
    if bytes.is_empty() {
        return Err(InvalidArgument::new(name, "must not be empty"));
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(PathBuf::from(text)),
        Err(_) => narrow_path(bytes).ok_or_else(|| {
            InvalidArgument::new(name, "is neither UTF-8 nor in the ANSI code page")
        }),
    }
}

#[cfg(unix)]
#[expect(
    clippy::unnecessary_wraps,
    reason = "a Unix path may be any bytes; elsewhere it may not"
)]
fn narrow_path(bytes: &[u8]) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStrExt;
    Some(PathBuf::from(std::ffi::OsStr::from_bytes(bytes)))
}

#[cfg(windows)]
fn narrow_path(bytes: &[u8]) -> Option<PathBuf> {
    use std::os::windows::ffi::OsStringExt;
    use windows_sys::Win32::Globalization::{CP_ACP, MB_ERR_INVALID_CHARS, MultiByteToWideChar};

    let length = i32::try_from(bytes.len()).ok()?;
    // An ANSI code page never needs more UTF-16 units than bytes.
    let mut wide = vec![0_u16; bytes.len()];
    // SAFETY: both buffers are valid for the `length` units that are named.
    let written = unsafe {
        MultiByteToWideChar(
            CP_ACP,
            MB_ERR_INVALID_CHARS,
            bytes.as_ptr(),
            length,
            wide.as_mut_ptr(),
            length,
        )
    };
    wide.truncate(usize::try_from(written).ok()?);
    (written > 0).then(|| std::ffi::OsString::from_wide(&wide).into())
}

/// Writes an output parameter, unless the caller passed NULL for it.
///
/// # Safety
///
/// `output` is NULL or may be written.
pub(crate) unsafe fn output<T>(output: *mut *mut T, value: *mut T) {
    if !output.is_null() {
        // SAFETY: not NULL, and the caller vouches for the rest.
        unsafe { output.write(value) };
    }
}

/// Gives `value` to the till, if it left room for it.
///
/// # Safety
///
/// As for [`output`].
pub(crate) unsafe fn hand_over<T>(at: *mut *mut T, value: T) {
    if !at.is_null() {
        // SAFETY: the caller's promise.
        unsafe { output(at, Box::into_raw(Box::new(value))) };
    }
}

/// Takes back what [`hand_over`] gave, to drop it. NULL is nothing.
///
/// # Safety
///
/// `handle` is NULL, or came from [`hand_over`] and is not used any more.
pub(crate) unsafe fn take_back<T>(handle: *mut T) {
    if !handle.is_null() {
        // SAFETY: not NULL, so it is the Box that `hand_over` made.
        let handle = unsafe { Box::from_raw(handle) };
        guarded((), || drop(handle));
    }
}

/// Sets the result parameter and returns the status: the end of every function that has a result.
///
/// # Safety
///
/// As for [`output`].
pub(crate) unsafe fn finish(
    outcome: Outcome,
    encoding: Encoding,
    result: *mut *mut wxpay_result,
) -> wxpay_status {
    let status = outcome.status.code();
    if !result.is_null() {
        // SAFETY: the caller's promise.
        unsafe { hand_over(result, wxpay_result::new(outcome, encoding)) };
    }
    status
}

/// The whole of a function that uses a client: checks the handle, keeps the client alive, contains
/// panics, fills in what the cashier reads about what was `asked`, and sets the result.
///
/// # Safety
///
/// `client` is NULL or open; `result` as for [`output`].
pub(crate) unsafe fn call(
    client: *const wxpay_client,
    asked: Asked,
    result: *mut *mut wxpay_result,
    body: impl FnOnce(&Arc<Client>, Encoding) -> Result<Outcome, InvalidArgument>,
) -> wxpay_status {
    // SAFETY: NULL or open, says the caller.
    let Some(client) = (unsafe { client.as_ref() }) else {
        // SAFETY: the caller's promise.
        return unsafe {
            let outcome = InvalidArgument::null("client").outcome(None, asked);
            finish(outcome, Encoding::Utf8, result)
        };
    };
    // From here on the handle is not touched: a callback may close it during the call.
    let (core, encoding) = (Arc::clone(&client.core), client.encoding);
    let outcome = match contained(|| body(&core, encoding)) {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(refused)) => refused.outcome(Some(&core), asked),
        Err(bug) => refusal(Some(&core), asked, Status::Internal, bug.0),
    };
    guarded((), || drop(core));
    // SAFETY: the caller's promise.
    unsafe { finish(outcome, encoding, result) }
}

/// Runs a part of a call that may move money. A panic that escapes it leaves open what was sent, so
/// it is not an error of the kind that "charged nothing".
pub(crate) fn in_doubt(core: &Client, asked: Asked, body: impl FnOnce() -> Outcome) -> Outcome {
    contained(body).unwrap_or_else(|bug| refusal(Some(core), asked, Status::Unknown, bug.0))
}

/// An outcome with prompt and advice. Without a client, the prompt is in English: pure ASCII is
/// right in every encoding.
pub(crate) fn refusal(
    core: Option<&Client>,
    asked: Asked,
    status: Status,
    message: String,
) -> Outcome {
    contained(|| {
        let language = core.map_or(Language::English, Client::language);
        client::refusal_of(language, asked, status, message.as_str())
    })
    .unwrap_or_else(|_| Outcome::with_message(status, message))
}

/// A panic that went no further; for the log.
#[derive(Debug)]
pub(crate) struct Bug(pub(crate) String);

/// Runs `body` and stops a panic.
pub(crate) fn contained<T>(body: impl FnOnce() -> T) -> Result<T, Bug> {
    // What a panic leaves half done is dropped here or guarded by the core's own locks.
    catch_unwind(AssertUnwindSafe(body)).map_err(|payload| {
        // A formatted text may quote what the till passed in, such as an auth code; a literal
        // cannot.
        let what = payload
            .downcast_ref::<&'static str>()
            .copied()
            .unwrap_or("the details went to standard error");
        Bug(format!(
            "a bug in wxpay was contained, please report it: {what}"
        ))
    })
}

/// Runs `body`; a panic becomes `fallback`.
pub(crate) fn guarded<T>(fallback: T, body: impl FnOnce() -> T) -> T {
    contained(body).unwrap_or(fallback)
}

#[cfg(test)]
mod tests {
    use std::ptr;

    use super::*;

    #[test]
    fn a_contained_panic_keeps_literals_and_drops_formatted_values() {
        let literal = contained(|| panic!("index table is empty")).map(|()| 0);
        assert!(literal.unwrap_err().0.contains("index table is empty"));

        let code = "134567890123456789";
        let formatted = contained(|| panic!("bad code {code}")).map(|()| 0);
        assert!(!formatted.unwrap_err().0.contains(code));
    }

    #[test]
    fn a_refusal_without_a_client_reads_right_in_every_encoding() {
        let outcome = InvalidArgument::null("client").outcome(None, Asked::Other);
        assert_eq!(outcome.status, Status::Argument);
        assert_eq!(outcome.message(), "client: must not be NULL");
        assert_eq!(outcome.text("field"), Some("client"));
        assert!(!outcome.prompt().is_empty() && outcome.prompt().is_ascii());
    }

    #[test]
    fn a_bug_in_one_call_is_an_answer_and_leaves_the_client_usable() {
        let directory = tempfile::tempdir().unwrap();
        let journal = directory.path().join("journal.db");
        let config = wxpay_core::config::Config::from_toml(&format!(
            r#"
            gateway = "wechat-v2"
            journal.path = '{}'
            policy.reverse = "never"
            [wechat_v2]
            appid = "wx2421b1c4370ec43b"
            mch_id = "10000100"
            api_key = "0123456789abcdef0123456789abcdef"
            "#,
            journal.display()
        ))
        .unwrap();
        let encoding = config.encoding;
        let core = Client::open(config).unwrap();
        let client = wxpay_client { core, encoding };
        let status_of = |body: fn(&Client) -> Outcome| {
            let mut result = ptr::null_mut();
            // SAFETY: an open client, and a variable for the result.
            let status = unsafe {
                call(&client, Asked::Payment, &mut result, |core, _| {
                    Ok(body(core))
                })
            };
            assert!(!result.is_null());
            // SAFETY: the result of this call.
            unsafe { take_back(result) };
            status
        };

        let internal = status_of(|_| panic!("index table is empty"));
        assert_eq!(internal, Status::Internal.code());
        let unknown =
            status_of(|core| in_doubt(core, Asked::Payment, || panic!("index table is empty")));
        assert_eq!(unknown, Status::Unknown.code());
        assert_eq!(status_of(Client::recover), Status::Ok.code());
        client.core.close();
    }

    #[test]
    fn a_string_ends_at_its_nul_and_one_without_is_given_up_at_the_limit() {
        // SAFETY: every pointer is NULL or points to more than `limit` readable bytes.
        unsafe {
            assert_eq!(bytes("a", c"abc".as_ptr(), 3), Ok(&b"abc"[..]));
            assert_eq!(bytes("a", c"".as_ptr(), 0), Ok(&b""[..]));
            let too_long = bytes("a", c"abc".as_ptr(), 2).unwrap_err();
            assert_eq!(
                too_long.to_string(),
                "a: is longer than 2 bytes, or has no NUL at its end"
            );
            let null = bytes("a", ptr::null(), 2).unwrap_err();
            assert_eq!(null.to_string(), "a: must not be NULL");
        }
    }

    #[test]
    fn data_has_its_length_and_may_hold_any_byte() {
        // SAFETY: every pointer is NULL, or points to as many bytes as are said.
        unsafe {
            let body = b"a\0\xff";
            assert_eq!(data("a", body.as_ptr().cast(), 3, 3), Ok(&body[..]));
            assert_eq!(data("a", ptr::null(), 0, 3), Ok(&b""[..]));
            let long = data("a", body.as_ptr().cast(), 3, 2).unwrap_err();
            assert_eq!(long.to_string(), "a: is longer than 2 bytes");
            let null = data("a", ptr::null(), 1, 3).unwrap_err();
            assert_eq!(null.to_string(), "a: must not be NULL");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_unix_path_may_be_any_bytes_but_not_none() {
        use std::os::unix::ffi::OsStrExt;
        // SAFETY: literals with a NUL.
        let path_of = |text: &std::ffi::CStr| unsafe { path("config_path", text.as_ptr()) };
        assert_eq!(path_of(c"/etc/till").unwrap(), PathBuf::from("/etc/till"));
        assert_eq!(
            path_of(c"\xb5\xea").unwrap().as_os_str().as_bytes(),
            b"\xb5\xea"
        );
        assert!(path_of(c"").is_err());
    }
}
