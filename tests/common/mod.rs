//! The C library as a till sees it: the shared library, loaded at run time, behind safe wrappers.
//!
//! `cargo test` does not build a cdylib for integration tests, so the first use builds it, unless
//! `WXPAY_LIBRARY` names the file to test (a packaged one, for example).

#![allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    unused_macros,
    reason = "every test binary includes this file and uses a part of it"
)]

pub mod program;
pub mod shop;

/// Tests that hold over every gateway: each `fn name(api: Api)` becomes the tests `v2::name`,
/// `v3::name` and `fubei::name`. Those behind `wechat:` are about what Fubei has not.
macro_rules! on_every_gateway {
    ($($name:ident),* $(,)? $(; wechat: $($wechat:ident),* $(,)?)?) => {
        mod v2 {
            $(#[test]
            fn $name() {
                super::$name(wxpay_simulator::Api::V2);
            })*
            $($(#[test]
            fn $wechat() {
                super::$wechat(wxpay_simulator::Api::V2);
            })*)?
        }
        mod v3 {
            $(#[test]
            fn $name() {
                super::$name(wxpay_simulator::Api::V3);
            })*
            $($(#[test]
            fn $wechat() {
                super::$wechat(wxpay_simulator::Api::V3);
            })*)?
        }
        mod fubei {
            $(#[test]
            fn $name() {
                super::$name(wxpay_simulator::Api::Fubei);
            })*
        }
    };
}
pub(crate) use on_every_gateway;

use std::ffi::{CStr, CString, c_char, c_void};
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use serde_json::Value;

pub const OK: i32 = 0;
pub const DECLINED: i32 = 1;
pub const REVERSED: i32 = 2;
pub const PAYING: i32 = 3;
pub const NOT_PAID: i32 = 4;
pub const CLOSED: i32 = 5;
pub const REFUNDED: i32 = 6;
pub const NOT_FOUND: i32 = 7;
pub const ACCEPTED: i32 = 8;
pub const RUNNING: i32 = 9;
pub const UNKNOWN: i32 = 20;
pub const E_ARGUMENT: i32 = -1;
pub const E_CONFIG: i32 = -2;
pub const E_JOURNAL: i32 = -3;
pub const E_BUSY: i32 = -4;
pub const E_DUPLICATE: i32 = -5;
pub const E_NETWORK: i32 = -6;
pub const E_REJECTED: i32 = -7;
pub const E_FORGED: i32 = -8;
pub const E_CLOSED: i32 = -9;
pub const E_UNSUPPORTED: i32 = -10;
pub const E_INTERNAL: i32 = -11;

/// Plays cases at the same time, as many as two processors can play without missing the seconds that
/// tests have.
pub fn each<T: Sync>(cases: &[T], play: impl Fn(&T) + Sync) {
    const CROWD: usize = 64;
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..cases.len().min(CROWD) {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    play(case);
                }
            });
        }
    });
}

/// Lets the simulator or another process go on, without keeping it from the processor.
#[expect(
    clippy::disallowed_methods,
    reason = "waits for somebody else's moment"
)]
pub fn pause(ms: u64) {
    std::thread::sleep(Duration::from_millis(ms));
}

/// For the largest crowds: of the tests of one program that ask for it, one goes on at a time.
pub fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    // Another test's failure is no reason to fail.
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

type Handle = *mut c_void;
type EventFn = unsafe extern "C" fn(i32, *const c_char, i32, *mut c_void);
type LogFn = unsafe extern "C" fn(i32, *const c_char, *mut c_void);

/// Declares [`Library`]: a field for each function, looked up by its name.
macro_rules! functions {
    ($($name:ident: fn($($argument:ty),*) $(-> $result:ty)?;)*) => {
        /// The functions of the C API.
        pub struct Library {
            $($name: unsafe extern "C" fn($($argument),*) $(-> $result)?,)*
        }

        impl Library {
            fn load(path: &Path) -> Self {
                // SAFETY: loading it runs no code of its own but the Rust runtime's.
                let library = unsafe { libloading::Library::new(path) }
                    .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
                // For the rest of the process, so that the functions can be copied out.
                let library: &'static libloading::Library = Box::leak(Box::new(library));
                Self {
                    // SAFETY: the signatures are those of include/wxpay.h.
                    $($name: unsafe { *library.get(stringify!($name)).expect(stringify!($name)) },)*
                }
            }
        }
    };
}

functions! {
    wxpay_version: fn() -> *const c_char;
    wxpay_version_number: fn() -> u32;
    wxpay_status_name: fn(i32) -> *const c_char;
    wxpay_client_open: fn(*const c_char, *mut Handle, *mut Handle) -> i32;
    wxpay_client_open_toml: fn(*const c_char, *mut Handle, *mut Handle) -> i32;
    wxpay_client_check: fn(Handle, *mut Handle) -> i32;
    wxpay_client_on_event: fn(Handle, Option<EventFn>, *mut c_void);
    wxpay_client_on_log: fn(Handle, i32, Option<LogFn>, *mut c_void);
    wxpay_client_close: fn(Handle);
    wxpay_request_new: fn() -> Handle;
    wxpay_request_set: fn(Handle, *const c_char, *const c_char) -> i32;
    wxpay_request_set_int: fn(Handle, *const c_char, i64) -> i32;
    wxpay_request_free: fn(Handle);
    wxpay_micropay: fn(Handle, Handle, *mut Handle) -> i32;
    wxpay_query: fn(Handle, *const c_char, *mut Handle) -> i32;
    wxpay_reverse: fn(Handle, *const c_char, *mut Handle) -> i32;
    wxpay_cancel: fn(Handle, *const c_char, *mut Handle) -> i32;
    wxpay_recover: fn(Handle, *mut Handle) -> i32;
    wxpay_micropay_start: fn(Handle, Handle, *mut Handle, *mut Handle) -> i32;
    wxpay_task_wait: fn(Handle, i32, *mut Handle) -> i32;
    wxpay_task_free: fn(Handle);
    wxpay_prepay: fn(Handle, Handle, *mut Handle) -> i32;
    wxpay_prepay_start: fn(Handle, Handle, *mut Handle, *mut Handle) -> i32;
    wxpay_close: fn(Handle, *const c_char, *mut Handle) -> i32;
    wxpay_refund: fn(Handle, Handle, *mut Handle) -> i32;
    wxpay_refund_query: fn(Handle, *const c_char, *mut Handle) -> i32;
    wxpay_ride_pay: fn(Handle, Handle, *mut Handle) -> i32;
    wxpay_notify_decode: fn(Handle, *const c_char, *const c_char, usize, *mut Handle) -> i32;
    wxpay_invoke: fn(Handle, *const c_char, *const c_char, *mut Handle) -> i32;
    wxpay_result_status: fn(Handle) -> i32;
    wxpay_result_get: fn(Handle, *const c_char) -> *const c_char;
    wxpay_result_get_int: fn(Handle, *const c_char, *mut i64) -> i32;
    wxpay_result_message: fn(Handle) -> *const c_char;
    wxpay_result_prompt: fn(Handle) -> *const c_char;
    wxpay_result_json: fn(Handle) -> *const c_char;
    wxpay_result_free: fn(Handle);
}

impl Library {
    /// The library under test, built and loaded once a process.
    pub fn get() -> &'static Self {
        static LIBRARY: OnceLock<Library> = OnceLock::new();
        LIBRARY.get_or_init(|| Self::load(&library_path()))
    }

    pub fn version(&self) -> String {
        // SAFETY: no arguments; the text is static.
        unsafe { text((self.wxpay_version)()) }.expect("a version is never NULL")
    }

    pub fn status_name(&self, status: i32) -> String {
        // SAFETY: any number is allowed; the text is static.
        unsafe { text((self.wxpay_status_name)(status)) }.expect("a name is never NULL")
    }
}

/// Where the shared library is; builds it first. For programs in C, too.
pub fn library_path() -> PathBuf {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| std::env::var_os("WXPAY_LIBRARY").map_or_else(build, PathBuf::from))
        .clone()
}

fn build() -> PathBuf {
    let mut cargo = Command::new(env!("CARGO"));
    // The whole workspace, as `make test` builds it: a part of it would choose other features for
    // the dependencies and compile them all again.
    cargo.current_dir(env!("CARGO_MANIFEST_DIR")).args([
        "build",
        "--workspace",
        "--message-format=json",
    ]);
    if !cfg!(debug_assertions) {
        cargo.arg("--release");
    }
    let output = cargo.output().expect("cargo runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "the library does not build:\n{errors}"
    );
    String::from_utf8(output.stdout)
        .expect("cargo writes UTF-8")
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["reason"] == "compiler-artifact")
        .filter(|message| message["target"]["name"] == "wxpay")
        .flat_map(|message| message["filenames"].as_array().cloned().unwrap_or_default())
        .filter_map(|file| file.as_str().map(PathBuf::from))
        .find(|file| {
            let extension = file.extension().unwrap_or_default();
            extension == std::env::consts::DLL_EXTENSION
        })
        .expect("the package has a cdylib")
}

/// # Safety
///
/// `text` is NULL or a C string.
unsafe fn bytes(text: *const c_char) -> Option<Vec<u8>> {
    // SAFETY: the caller's promise.
    (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) }.to_bytes().to_vec())
}

/// # Safety
///
/// `text` is NULL or a C string.
unsafe fn text(text: *const c_char) -> Option<String> {
    // SAFETY: the caller's promise.
    unsafe { bytes(text) }.map(|bytes| String::from_utf8(bytes).expect("the text is UTF-8"))
}

fn c_string(text: impl AsRef<[u8]>) -> CString {
    CString::new(text.as_ref()).expect("the test passes no NUL")
}

/// A `wxpay_client`; closed on drop.
pub struct Client {
    handle: Handle,
}

// SAFETY: the header allows any number of threads.
unsafe impl Send for Client {}
// SAFETY: as above.
unsafe impl Sync for Client {}

impl Client {
    pub fn open(config_path: impl AsRef<Path>) -> Result<Self, Outcome> {
        let path = config_path
            .as_ref()
            .to_str()
            .expect("the test's paths are UTF-8");
        Self::opened(Library::get().wxpay_client_open, path.as_bytes())
    }

    pub fn open_toml(config_toml: impl AsRef<[u8]>) -> Result<Self, Outcome> {
        Self::opened(Library::get().wxpay_client_open_toml, config_toml.as_ref())
    }

    fn opened(
        open: unsafe extern "C" fn(*const c_char, *mut Handle, *mut Handle) -> i32,
        argument: &[u8],
    ) -> Result<Self, Outcome> {
        let mut handle = ptr::dangling_mut();
        let argument = c_string(argument);
        // SAFETY: a C string, and variables that outlive the call.
        let outcome = Outcome::of(|result| unsafe { open(argument.as_ptr(), &mut handle, result) });
        assert_eq!(handle.is_null(), outcome.status() != OK, "{outcome:?}");
        if handle.is_null() {
            Err(outcome)
        } else {
            Ok(Self { handle })
        }
    }

    pub fn check(&self) -> Outcome {
        // SAFETY: an open client.
        Outcome::of(|result| unsafe { (Library::get().wxpay_client_check)(self.handle, result) })
    }

    /// Sets the event callback, for good: it is not freed.
    pub fn on_event(&self, callback: impl Fn(i32, &str, i32) + Send + Sync + 'static) {
        type Callback = Box<dyn Fn(i32, &str, i32) + Send + Sync>;
        unsafe extern "C" fn trampoline(
            event: i32,
            out_trade_no: *const c_char,
            remaining_ms: i32,
            user_data: *mut c_void,
        ) {
            // SAFETY: `user_data` is the leaked callback below, the text lives during the call.
            let (callback, out_trade_no) =
                unsafe { (&*user_data.cast::<Callback>(), text(out_trade_no)) };
            callback(event, &out_trade_no.expect("never NULL"), remaining_ms);
        }
        let callback: Box<Callback> = Box::new(Box::new(callback));
        let user_data = Box::into_raw(callback).cast();
        // SAFETY: the callback and its data live for ever.
        unsafe { (Library::get().wxpay_client_on_event)(self.handle, Some(trampoline), user_data) };
    }

    /// Sets the log callback, for good: it is not freed.
    pub fn on_log(&self, level: i32, callback: impl Fn(i32, &[u8]) + Send + Sync + 'static) {
        type Callback = Box<dyn Fn(i32, &[u8]) + Send + Sync>;
        unsafe extern "C" fn trampoline(
            level: i32,
            message: *const c_char,
            user_data: *mut c_void,
        ) {
            // SAFETY: `user_data` is the leaked callback below, the text lives during the call.
            let (callback, message) = unsafe { (&*user_data.cast::<Callback>(), bytes(message)) };
            callback(level, &message.expect("never NULL"));
        }
        let callback: Box<Callback> = Box::new(Box::new(callback));
        let user_data = Box::into_raw(callback).cast();
        let on_log = Library::get().wxpay_client_on_log;
        // SAFETY: the callback and its data live for ever.
        unsafe { on_log(self.handle, level, Some(trampoline), user_data) };
    }

    pub fn micropay(&self, request: &Request) -> Outcome {
        self.with_request(Library::get().wxpay_micropay, request)
    }

    pub fn prepay(&self, request: &Request) -> Outcome {
        self.with_request(Library::get().wxpay_prepay, request)
    }

    pub fn refund(&self, request: &Request) -> Outcome {
        self.with_request(Library::get().wxpay_refund, request)
    }

    pub fn ride_pay(&self, request: &Request) -> Outcome {
        self.with_request(Library::get().wxpay_ride_pay, request)
    }

    fn with_request(
        &self,
        function: unsafe extern "C" fn(Handle, Handle, *mut Handle) -> i32,
        request: &Request,
    ) -> Outcome {
        // SAFETY: an open client, and a request that only this thread uses.
        Outcome::of(|result| unsafe { function(self.handle, request.handle, result) })
    }

    pub fn query(&self, out_trade_no: impl AsRef<[u8]>) -> Outcome {
        self.with_number(Library::get().wxpay_query, out_trade_no.as_ref())
    }

    pub fn reverse(&self, out_trade_no: impl AsRef<[u8]>) -> Outcome {
        self.with_number(Library::get().wxpay_reverse, out_trade_no.as_ref())
    }

    pub fn cancel(&self, out_trade_no: impl AsRef<[u8]>) -> Outcome {
        self.with_number(Library::get().wxpay_cancel, out_trade_no.as_ref())
    }

    pub fn close_order(&self, out_trade_no: impl AsRef<[u8]>) -> Outcome {
        self.with_number(Library::get().wxpay_close, out_trade_no.as_ref())
    }

    pub fn refund_query(&self, out_refund_no: impl AsRef<[u8]>) -> Outcome {
        self.with_number(Library::get().wxpay_refund_query, out_refund_no.as_ref())
    }

    fn with_number(
        &self,
        function: unsafe extern "C" fn(Handle, *const c_char, *mut Handle) -> i32,
        number: &[u8],
    ) -> Outcome {
        let number = c_string(number);
        // SAFETY: an open client and a C string.
        Outcome::of(|result| unsafe { function(self.handle, number.as_ptr(), result) })
    }

    /// `headers` are lines, as [`Client::notify_decode`]'s C function takes them.
    pub fn notify_decode(&self, headers: impl AsRef<[u8]>, body: impl AsRef<[u8]>) -> Outcome {
        let (headers, body) = (c_string(headers), body.as_ref());
        let decode = Library::get().wxpay_notify_decode;
        // SAFETY: an open client, a C string, and as many bytes as are said.
        Outcome::of(|result| unsafe {
            decode(
                self.handle,
                headers.as_ptr(),
                body.as_ptr().cast(),
                body.len(),
                result,
            )
        })
    }

    pub fn recover(&self) -> Outcome {
        // SAFETY: an open client.
        Outcome::of(|result| unsafe { (Library::get().wxpay_recover)(self.handle, result) })
    }

    pub fn start(&self, request: &Request) -> Result<Task, Outcome> {
        self.started(Library::get().wxpay_micropay_start, request)
            .map(|(task, _)| task)
    }

    /// The task, and what there is to show.
    pub fn start_prepay(&self, request: &Request) -> Result<(Task, Outcome), Outcome> {
        self.started(Library::get().wxpay_prepay_start, request)
    }

    fn started(
        &self,
        start: unsafe extern "C" fn(Handle, Handle, *mut Handle, *mut Handle) -> i32,
        request: &Request,
    ) -> Result<(Task, Outcome), Outcome> {
        let mut handle = ptr::dangling_mut();
        // SAFETY: an open client, and a request that only this thread uses.
        let outcome = Outcome::of(|result| unsafe {
            start(self.handle, request.handle, &mut handle, result)
        });
        assert_eq!(handle.is_null(), outcome.status() != RUNNING, "{outcome:?}");
        if handle.is_null() {
            Err(outcome)
        } else {
            Ok((Task { handle }, outcome))
        }
    }

    pub fn invoke(&self, operation: &str, json: impl AsRef<[u8]>) -> Outcome {
        let (operation, json) = (c_string(operation), c_string(json));
        let invoke = Library::get().wxpay_invoke;
        // SAFETY: an open client and C strings.
        Outcome::of(|result| unsafe {
            invoke(self.handle, operation.as_ptr(), json.as_ptr(), result)
        })
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // SAFETY: an open client that nobody can use any more.
        unsafe { (Library::get().wxpay_client_close)(self.handle) };
    }
}

/// A `wxpay_request`; freed on drop.
pub struct Request {
    handle: Handle,
}

impl Request {
    pub fn new() -> Self {
        // SAFETY: no arguments.
        let handle = unsafe { (Library::get().wxpay_request_new)() };
        assert!(!handle.is_null());
        Self { handle }
    }

    /// A sale with all that is needed.
    pub fn sale(out_trade_no: &str, auth_code: &str, total_fee: i64) -> Self {
        Self::new()
            .with("out_trade_no", out_trade_no)
            .with("auth_code", auth_code)
            .with_int("total_fee", total_fee)
            .with("body", "coffee")
    }

    /// An order that the payer scans, with all that is needed.
    pub fn order(out_trade_no: &str, total_fee: i64) -> Self {
        Self::new()
            .with("out_trade_no", out_trade_no)
            .with("trade_type", "NATIVE")
            .with_int("total_fee", total_fee)
            .with("body", "coffee")
            .with("product_id", "1001")
            .with("notify_url", "https://shop.example/wxpay")
    }

    /// Money back, with all that is needed.
    pub fn refund(out_trade_no: &str, out_refund_no: &str, total: i64, back: i64) -> Self {
        Self::new()
            .with("out_trade_no", out_trade_no)
            .with("out_refund_no", out_refund_no)
            .with_int("total_fee", total)
            .with_int("refund_fee", back)
    }

    /// A bus ride with all that is needed.
    pub fn ride(out_trade_no: &str, qrcode: &str, total_fee: i64) -> Self {
        Self::new()
            .with("out_trade_no", out_trade_no)
            .with("qrcode", qrcode)
            .with_int("total_fee", total_fee)
            .with_int("original_fee", total_fee)
            .with("trade_scene", "BUS")
            .with("line_name", "M393")
            .with("start_time", "20261122090500")
    }

    pub fn with(mut self, field: &str, value: impl AsRef<[u8]>) -> Self {
        assert_eq!(self.set(field, value), OK, "{field}");
        self
    }

    pub fn with_int(self, field: &str, value: i64) -> Self {
        let name = c_string(field);
        let set_int = Library::get().wxpay_request_set_int;
        // SAFETY: a request that is borrowed for writing, and a C string.
        let status = unsafe { set_int(self.handle, name.as_ptr(), value) };
        assert_eq!(status, OK, "{field}");
        self
    }

    pub fn set(&mut self, field: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> i32 {
        let (field, value) = (c_string(field), c_string(value));
        // SAFETY: a request that is borrowed for writing, and C strings.
        unsafe { (Library::get().wxpay_request_set)(self.handle, field.as_ptr(), value.as_ptr()) }
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        // SAFETY: a request that nobody can use any more.
        unsafe { (Library::get().wxpay_request_free)(self.handle) };
    }
}

/// A `wxpay_task`; freed on drop.
pub struct Task {
    handle: Handle,
}

// SAFETY: the header allows one thread at a time, not only the one that made it.
unsafe impl Send for Task {}

impl Task {
    pub fn wait(&mut self, timeout_ms: i32) -> Outcome {
        // SAFETY: a task that is borrowed for writing.
        Outcome::of(|result| unsafe {
            (Library::get().wxpay_task_wait)(self.handle, timeout_ms, result)
        })
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        // SAFETY: a task that nobody can use any more.
        unsafe { (Library::get().wxpay_task_free)(self.handle) };
    }
}

/// A `wxpay_result`; freed on drop.
pub struct Outcome {
    handle: Handle,
}

// SAFETY: the header allows one thread at a time, not only the one that made it.
unsafe impl Send for Outcome {}

impl Outcome {
    /// Calls a function with a place for its result, which must be set and agree with the status.
    fn of(call: impl FnOnce(*mut Handle) -> i32) -> Self {
        let mut handle = ptr::null_mut();
        let status = call(&mut handle);
        assert!(
            !handle.is_null(),
            "the result is not set, the status is {status}"
        );
        let outcome = Self { handle };
        assert_eq!(outcome.status(), status, "{outcome:?}");
        outcome
    }

    pub fn status(&self) -> i32 {
        // SAFETY: a result that is alive.
        unsafe { (Library::get().wxpay_result_status)(self.handle) }
    }

    pub fn get(&self, field: &str) -> Option<String> {
        self.get_bytes(field)
            .map(|bytes| String::from_utf8(bytes).expect("the text is UTF-8"))
    }

    pub fn get_bytes(&self, field: &str) -> Option<Vec<u8>> {
        let field = c_string(field);
        // SAFETY: a result that is alive, a C string; the text is copied at once.
        unsafe {
            bytes((Library::get().wxpay_result_get)(
                self.handle,
                field.as_ptr(),
            ))
        }
    }

    pub fn get_int(&self, field: &str) -> Option<i64> {
        let field = c_string(field);
        let mut value = 0;
        let get_int = Library::get().wxpay_result_get_int;
        // SAFETY: a result that is alive, a C string, a variable.
        let found = unsafe { get_int(self.handle, field.as_ptr(), &mut value) };
        (found == 1).then_some(value)
    }

    /// Whether it carries this code of the gateway, in either API's spelling: they differ by
    /// underscores.
    pub fn has_code(&self, code: &str) -> bool {
        let bare = |code: &str| code.replace('_', "");
        self.get("code")
            .is_some_and(|have| bare(&have) == bare(code))
    }

    pub fn message(&self) -> String {
        // SAFETY: a result that is alive; the text is copied at once.
        unsafe { text((Library::get().wxpay_result_message)(self.handle)) }.expect("never NULL")
    }

    pub fn prompt(&self) -> String {
        // SAFETY: as above.
        unsafe { text((Library::get().wxpay_result_prompt)(self.handle)) }.expect("never NULL")
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.json_bytes()).expect("the result is JSON")
    }

    pub fn json_bytes(&self) -> Vec<u8> {
        // SAFETY: as above.
        unsafe { bytes((Library::get().wxpay_result_json)(self.handle)) }.expect("never NULL")
    }
}

impl fmt::Debug for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.json_bytes()))
    }
}

impl Drop for Outcome {
    fn drop(&mut self) {
        // SAFETY: a result that nobody can use any more.
        unsafe { (Library::get().wxpay_result_free)(self.handle) };
    }
}
