//! The whole C library, driven by a script: a till that does anything in any order, with a gateway that
//! refuses every connection.
//!
//! A line is a step: a letter, a digit for the handle (5 and more: without a place for the result), and
//! texts parted by tabs; a text that is missing is NULL, a carriage return stands for a line feed. What
//! must hold: nothing crashes or hangs, no panic is contained, every result can be read, and nothing is
//! paid, given back or proven.

use std::ffi::{CStr, CString, c_char, c_void};
use std::path::Path;
use std::time::Duration;
use std::{fs, ptr};

use serde_json::Value;
use tempfile::TempDir;
use wxpay_core::config::{Config, GatewayConfig, PolicyConfig};
use wxpay_surface::client::{
    wxpay_client, wxpay_client_check, wxpay_client_close, wxpay_client_on_event,
    wxpay_client_on_log, wxpay_client_open, wxpay_client_open_toml,
};
use wxpay_surface::invoke::wxpay_invoke;
use wxpay_surface::notify::wxpay_notify_decode;
use wxpay_surface::payment::{
    wxpay_cancel, wxpay_micropay, wxpay_query, wxpay_recover, wxpay_reverse,
};
use wxpay_surface::prepay::{wxpay_close, wxpay_prepay, wxpay_prepay_start};
use wxpay_surface::refund::{wxpay_refund, wxpay_refund_query};
use wxpay_surface::request::{
    wxpay_request, wxpay_request_free, wxpay_request_new, wxpay_request_set, wxpay_request_set_int,
};
use wxpay_surface::result::{
    wxpay_result, wxpay_result_free, wxpay_result_get, wxpay_result_get_int, wxpay_result_json,
    wxpay_result_message, wxpay_result_prompt, wxpay_result_status,
};
use wxpay_surface::ride::wxpay_ride_pay;
use wxpay_surface::status::{
    WXPAY_E_FORGED, WXPAY_E_INTERNAL, WXPAY_E_NETWORK, WXPAY_OK, WXPAY_RUNNING, wxpay_status,
    wxpay_status_name,
};
use wxpay_surface::task::{wxpay_micropay_start, wxpay_task, wxpay_task_free, wxpay_task_wait};

use crate::reached::reached;

const MOST_STEPS: usize = 64;
const SLOTS: usize = 3;
/// What a configuration may name.
const FILES: [(&str, &[u8]); 2] = [
    (
        "key.pem",
        include_bytes!("../../../core/tests/fixtures/rsa.key.pem"),
    ),
    (
        "pub.pem",
        include_bytes!("../../../core/tests/fixtures/ca.pub.pem"),
    ),
];
/// No call may take longer to find out that there is nobody.
const PATIENCE: Duration = Duration::from_millis(20);

/// Any bytes as a script.
pub fn run(data: &[u8]) {
    let mut till = Till::new();
    for line in data.split(|byte| *byte == b'\n').take(MOST_STEPS) {
        till.step(line);
    }
}

struct Till {
    folder: TempDir,
    clients: [*mut wxpay_client; SLOTS],
    requests: [*mut wxpay_request; SLOTS],
    tasks: [*mut wxpay_task; SLOTS],
    /// Of the last call.
    result: *mut wxpay_result,
}

impl Till {
    fn new() -> Self {
        // In memory, where there is such a place: a journal syncs often.
        let memory = Path::new("/dev/shm");
        let folder = match memory.is_dir() {
            true => tempfile::tempdir_in(memory),
            false => tempfile::tempdir(),
        };
        let folder = folder.expect("there is room for a folder");
        for (name, file) in FILES {
            fs::write(folder.path().join(name), file).expect("the folder is ours");
        }
        Self {
            folder,
            clients: [ptr::null_mut(); SLOTS],
            requests: [ptr::null_mut(); SLOTS],
            tasks: [ptr::null_mut(); SLOTS],
            result: ptr::null_mut(),
        }
    }

    fn step(&mut self, line: &[u8]) {
        let [letter, digit, rest @ ..] = line else {
            return;
        };
        let digit = usize::from(digit.wrapping_sub(b'0'));
        let (slot, with_result) = (digit % SLOTS, digit < 5);
        let texts: Vec<CString> = match rest {
            [] => Vec::new(),
            rest => rest.split(|byte| *byte == b'\t').map(text).collect(),
        };
        let at = |index: usize| texts.get(index).map_or(ptr::null(), |text| text.as_ptr());
        let number = |index: usize| {
            let text = texts.get(index).and_then(|text| text.to_str().ok());
            text.and_then(|text| text.parse::<i64>().ok())
                .unwrap_or_default()
        };
        let (client, request) = (self.clients[slot], self.requests[slot]);
        let (mut opened, mut task) = (self.clients[slot], self.tasks[slot]);
        let mut result = ptr::null_mut();
        let place: *mut *mut wxpay_result = match with_result {
            true => &mut result,
            false => ptr::null_mut(),
        };
        // SAFETY: every handle is NULL or one that was given out and not freed since, texts end with a
        // NUL and outlive the call, and places are variables of this function.
        let status = unsafe {
            match letter {
                b'o' | b'O' => {
                    let toml = texts.first().and_then(|text| self.tame(text));
                    let file = self.folder.path().join("wxpay.toml");
                    let Some(toml) = toml.filter(|_| client.is_null()) else {
                        return;
                    };
                    let status = if *letter == b'o' {
                        wxpay_client_open_toml(toml.as_ptr(), &mut opened, place)
                    } else {
                        fs::write(&file, toml.as_bytes()).expect("the folder is ours");
                        let path = text(file.as_os_str().as_encoded_bytes());
                        wxpay_client_open(path.as_ptr(), &mut opened, place)
                    };
                    assert_eq!(status == WXPAY_OK, !opened.is_null());
                    self.clients[slot] = opened;
                    if status == WXPAY_OK {
                        reached("open");
                    }
                    status
                }
                b'c' => {
                    wxpay_client_close(client);
                    self.clients[slot] = ptr::null_mut();
                    return;
                }
                b'e' => {
                    let callback = (number(0) != 0).then_some(event as EventFn);
                    return wxpay_client_on_event(client, callback, ptr::null_mut());
                }
                b'l' => {
                    let callback = (number(0) != 0).then_some(log as LogFn);
                    let level = number(0) as i32;
                    return wxpay_client_on_log(client, level, callback, ptr::null_mut());
                }
                b'n' => {
                    wxpay_request_free(request);
                    self.requests[slot] = wxpay_request_new();
                    return;
                }
                b'f' => {
                    wxpay_request_free(request);
                    self.requests[slot] = ptr::null_mut();
                    return;
                }
                b's' => {
                    wxpay_request_set(request, at(0), at(1));
                    return;
                }
                b'i' => {
                    wxpay_request_set_int(request, at(0), number(1));
                    return;
                }
                b'm' => unpaid(wxpay_micropay(client, request, place)),
                b'p' => unpaid(wxpay_prepay(client, request, place)),
                b'd' => unpaid(wxpay_refund(client, request, place)),
                b'R' => unpaid(wxpay_ride_pay(client, request, place)),
                b'q' => unpaid(wxpay_query(client, at(0), place)),
                b'D' => unpaid(wxpay_refund_query(client, at(0), place)),
                b'r' => wxpay_reverse(client, at(0), place),
                b'x' => wxpay_cancel(client, at(0), place),
                b'k' => wxpay_close(client, at(0), place),
                b'v' => wxpay_recover(client, place),
                b'h' => wxpay_client_check(client, place),
                b'N' => {
                    let length = texts.get(1).map_or(0, |body| body.as_bytes().len());
                    unpaid(wxpay_notify_decode(client, at(0), at(1), length, place))
                }
                b'I' => wxpay_invoke(client, at(0), at(1), place),
                b'T' | b'P' if task.is_null() => {
                    let start = match letter {
                        b'T' => wxpay_micropay_start,
                        _ => wxpay_prepay_start,
                    };
                    let status = unpaid(start(client, request, &mut task, place));
                    self.tasks[slot] = task;
                    status
                }
                b'W' => unpaid(wxpay_task_wait(task, number(0).clamp(0, 20) as i32, place)),
                b'F' => {
                    wxpay_task_free(task);
                    self.tasks[slot] = ptr::null_mut();
                    return;
                }
                b'g' => {
                    let mut value = 0;
                    read(wxpay_result_get(self.result, at(0)));
                    wxpay_result_get_int(self.result, at(0), &mut value);
                    return;
                }
                _ => return,
            }
        };
        self.take(status, result, with_result);
    }

    /// Reads a result as far as it goes.
    fn take(&mut self, status: wxpay_status, result: *mut wxpay_result, with_result: bool) {
        assert_ne!(status, WXPAY_E_INTERNAL, "a panic was contained");
        match status {
            WXPAY_E_NETWORK => reached("nobody there"),
            WXPAY_E_FORGED => reached("forged"),
            WXPAY_RUNNING => reached("running"),
            _ => {}
        }
        // SAFETY: the last result is not used any more, and the new one came from the call just now.
        unsafe {
            assert_ne!(read(wxpay_status_name(status)), Some(b"WXPAY_?".to_vec()));
            if !with_result {
                return;
            }
            wxpay_result_free(self.result);
            self.result = result;
            assert!(!result.is_null(), "no result");
            assert_eq!(wxpay_result_status(result), status);
            let message = read(wxpay_result_message(result)).expect("a message");
            let bug = b"a bug in wxpay".as_slice();
            assert!(!message.windows(bug.len()).any(|part| part == bug));
            read(wxpay_result_prompt(result)).expect("a prompt");
            let json = read(wxpay_result_json(result)).expect("JSON");
            let json: Value = serde_json::from_slice(&json).expect("JSON");
            assert_eq!(json["status"], status);
            let mut value = 0;
            let there = wxpay_result_get_int(result, c"status".as_ptr(), &mut value);
            assert!(there == 1 && value == i64::from(status));
        }
    }

    /// A configuration that is safe to open: with a journal of ours, nobody to talk to, and no patience;
    /// or one that will be refused. `@` stands for the folder.
    fn tame(&self, toml: &CStr) -> Option<CString> {
        let folder = self.folder.path();
        let toml = toml.to_bytes().to_vec();
        let toml = String::from_utf8_lossy(&toml).replace('@', &folder.to_string_lossy());
        let ours = |path: &Path| path.parent() == Some(folder);
        let tame = Config::from_toml(&toml).ok().is_none_or(|config| {
            let transport = &config.transport;
            let dead = |url: &_| format!("{url}") == "https://127.0.0.1:1/";
            let cache = match &config.gateway {
                GatewayConfig::WechatV3(gateway) => gateway.platform_certificates.as_ref(),
                _ => None,
            };
            let rides = config.ride_code.as_ref();
            let deduct_url = rides.and_then(|rides| rides.deduct_url.as_ref());
            ours(&config.journal.path)
                && cache.is_none_or(|cache| ours(&cache.cache))
                && transport.hosts.iter().all(dead)
                && transport.proxy.is_none()
                && deduct_url.is_none_or(|url| dead(&url.host))
                && is_impatient(&config.policy)
        });
        tame.then(|| text(toml.as_bytes()))
    }
}

impl Drop for Till {
    fn drop(&mut self) {
        // SAFETY: every handle is NULL or was not freed before, and none is used afterwards.
        unsafe {
            for client in self.clients {
                wxpay_client_close(client);
            }
            for task in self.tasks {
                // It has ended with its client; otherwise this hangs, and is found.
                wxpay_task_wait(task, -1, ptr::null_mut());
                wxpay_task_free(task);
            }
            for request in self.requests {
                wxpay_request_free(request);
            }
            wxpay_result_free(self.result);
        }
    }
}

fn is_impatient(policy: &PolicyConfig) -> bool {
    [
        policy.first_query,
        policy.query_interval,
        policy.window,
        policy.reverse_budget,
        policy.reverse_interval,
        policy.confirm_interval,
        policy.prepay_window,
    ]
    .into_iter()
    .all(|duration| duration <= PATIENCE)
}

/// There is nobody who could have said so.
fn unpaid(status: wxpay_status) -> wxpay_status {
    assert_ne!(status, WXPAY_OK);
    status
}

fn text(bytes: &[u8]) -> CString {
    let until_nul = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
    let lines = until_nul.iter().map(|byte| match byte {
        b'\r' => b'\n',
        byte => *byte,
    });
    CString::new(lines.collect::<Vec<u8>>()).expect("it ends before the first NUL")
}

/// What a text says; `None` for NULL.
///
/// # Safety
///
/// `text` is NULL or ends with a NUL.
unsafe fn read(text: *const c_char) -> Option<Vec<u8>> {
    // SAFETY: says the caller.
    (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) }.to_bytes().to_vec())
}

type EventFn = unsafe extern "C" fn(i32, *const c_char, i32, *mut c_void);
type LogFn = unsafe extern "C" fn(i32, *const c_char, *mut c_void);

unsafe extern "C" fn event(event: i32, out_trade_no: *const c_char, _: i32, _: *mut c_void) {
    assert!((1..=6).contains(&event));
    // SAFETY: the library passes a text.
    assert!(unsafe { read(out_trade_no) }.is_some());
}

unsafe extern "C" fn log(level: i32, message: *const c_char, _: *mut c_void) {
    assert!((1..=4).contains(&level));
    // SAFETY: the library passes a text.
    assert!(unsafe { read(message) }.is_some());
}
