//! Waiting for a payment without blocking, for hosts with a single thread.

use std::sync::Arc;
use std::time::Duration;

use wxpay_core::client::{Client, Task};
use wxpay_core::config::Encoding;
use wxpay_core::guidance::Asked;
use wxpay_core::outcome::Outcome;
use wxpay_core::status::Status;

use crate::boundary::{self, InvalidArgument, contained, in_doubt};
use crate::client::wxpay_client;
use crate::request::wxpay_request;
use crate::result::wxpay_result;
use crate::status::wxpay_status;

/// A payment under way on a thread of the library. A task belongs to one thread at a time.
pub struct wxpay_task {
    task: Task,
    core: Arc<Client>,
    encoding: Encoding,
}

impl wxpay_task {
    pub(crate) fn new(task: Task, core: &Arc<Client>, encoding: Encoding) -> Self {
        Self {
            task,
            core: Arc::clone(core),
            encoding,
        }
    }

    fn wait(&self, timeout_ms: i32) -> Outcome {
        let timeout = u64::try_from(timeout_ms).ok().map(Duration::from_millis);
        let outcome = self.task.wait(timeout);
        outcome.unwrap_or_else(|| running(&self.core, &self.task))
    }
}

fn running(core: &Client, task: &Task) -> Outcome {
    let message = "the payment is under way".into();
    let mut outcome = boundary::refusal(Some(core), Asked::Payment, Status::Running, message);
    outcome.set("out_trade_no", task.out_trade_no());
    outcome
}

/// Starts wxpay_micropay on a thread of the library and returns at once. Events of the payment come
/// on that thread.
///
/// request: it is copied, and may be changed or freed at once. task: where the handle goes; NULL is
/// put there if nothing was started. Free it with wxpay_task_free.
///
/// Returns WXPAY_RUNNING; or below zero, and nothing was sent. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wxpay_micropay_start(
    client: *mut wxpay_client,
    request: *const wxpay_request,
    task: *mut *mut wxpay_task,
    result: *mut *mut wxpay_result,
) -> wxpay_status {
    // SAFETY: the pointers are as the header demands.
    unsafe {
        boundary::output(task, std::ptr::null_mut());
        boundary::call(client, Asked::Payment, result, |core, encoding| {
            if task.is_null() {
                return Err(InvalidArgument::null("task"));
            }
            let request = request.as_ref();
            let fields = request
                .ok_or_else(|| InvalidArgument::null("request"))?
                .decode(encoding)?;
            let started = match contained(|| core.start_micropay(fields)) {
                Ok(started) => started.map_err(|refused| *refused),
                Err(bug) => Err(boundary::refusal(
                    Some(core),
                    Asked::Payment,
                    Status::Unknown,
                    bug.0,
                )),
            };
            Ok(match started {
                Err(outcome) => outcome,
                Ok(started) => {
                    let outcome = running(core, &started);
                    boundary::hand_over(task, wxpay_task::new(started, core, encoding));
                    outcome
                }
            })
        })
    }
}

/// Waits until a payment that was started is done, for timeout_ms milliseconds at most; 0 only
/// looks, a negative number waits until the end.
///
/// Returns WXPAY_RUNNING if it is not done yet (call again), otherwise what wxpay_micropay would
/// have returned, with the same result (for wxpay_prepay_start, see there); then every further call
/// returns that again. While polling, result may be NULL: the result can still be had when it is
/// done. A NULL task is WXPAY_E_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wxpay_task_wait(
    task: *mut wxpay_task,
    timeout_ms: i32,
    result: *mut *mut wxpay_result,
) -> wxpay_status {
    // SAFETY: NULL, or a task that no other thread uses now.
    let (outcome, encoding) = match unsafe { task.as_ref() } {
        None => (
            InvalidArgument::null("task").outcome(None, Asked::Payment),
            Encoding::Utf8,
        ),
        Some(task) => (
            in_doubt(&task.core, Asked::Payment, || task.wait(timeout_ms)),
            task.encoding,
        ),
    };
    // SAFETY: `result` is as the header demands.
    unsafe { boundary::finish(outcome, encoding, result) }
}

/// Frees a task. NULL is a no-op. A payment that is still running is not stopped by this: it goes
/// on to its end in the background, and since nobody learns of that end, wxpay_recover reports
/// it. To stop it, call wxpay_cancel and wait.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wxpay_task_free(task: *mut wxpay_task) {
    // SAFETY: NULL, or a task that the till does not use any more.
    unsafe { boundary::take_back(task) };
}
