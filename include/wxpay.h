/*
 * wxpay.h - in-person WeChat payments for tills. Version 0.1.0.
 *
 * Generated from the library's sources by its build; do not edit.
 *
 * The money
 *   0 (WXPAY_OK) means that the money is there, proven. WXPAY_DECLINED and WXPAY_REVERSED mean that
 *   the order was not charged and never will be. What is not known is called WXPAY_UNKNOWN: hold
 *   the goods; the order is in the journal on disk, and wxpay_recover or wxpay_query settles it.
 *   One sale is never charged twice for one order number, one refund number never gives money back
 *   twice, and a ride is never sent twice. Amounts are whole numbers of minor units (fen): 888 is 8.88 yuan.
 *
 * Results
 *   A function that can fail returns a wxpay_status and takes "wxpay_result **result" as its last
 *   parameter. Pass NULL if you do not want it. Otherwise it is always set, on failure too, to an
 *   object that says what happened, which you free with wxpay_result_free. There is no last error
 *   kept anywhere, and no other global state.
 *
 * Strings
 *   NUL-terminated; UTF-8, or GBK in both directions if the configuration says encoding = "gbk".
 *   Strings that you pass in are read during the call and not kept. A "const char *" that you get
 *   belongs to the handle it came from: do not free it, it lives until that handle is freed. At
 *   most 65536 bytes each, except JSON and TOML. What GBK has no character for comes back as '?'.
 *
 * Handles
 *   Each is made by one function and freed by one: wxpay_client_close, wxpay_request_free,
 *   wxpay_task_free, wxpay_result_free. In any order. Freeing NULL is a no-op, freeing twice is
 *   not allowed. Free with these functions only, never with free().
 *
 * Wrong arguments
 *   NULL, malformed or over-long arguments are answered by WXPAY_E_ARGUMENT with a message that
 *   names the argument and the rule, and change nothing. What cannot be checked is your part: a
 *   pointer is NULL or valid, a handle is not used after it was freed.
 *
 * Threads
 *   A wxpay_client may be used by any number of threads at once. A request, a task, a result
 *   belongs to one thread at a time. A call blocks its thread until the outcome is known: how long
 *   at most stands beside each function, and follows from the configuration.
 */

#ifndef WXPAY_H
#define WXPAY_H

#include <stddef.h>
#include <stdint.h>

/** The version of this header; wxpay_version tells that of the library which is loaded. */
#define WXPAY_VERSION "0.1.0"
/** The same as one number: major * 1000000 + minor * 1000 + patch. See wxpay_version_number. */
#define WXPAY_VERSION_NUMBER 1000

/* Define WXPAY_STATIC before including this header if you link the static library on Windows. */
#ifndef WXPAY_API
#if defined(_WIN32) && !defined(WXPAY_STATIC)
#define WXPAY_API __declspec(dllimport)
#else
#define WXPAY_API
#endif
#endif

/* The calling convention of every function, and of every callback that you pass in. */
#ifndef WXPAY_CALL
#ifdef _WIN32
#define WXPAY_CALL __cdecl
#else
#define WXPAY_CALL
#endif
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- The library ------------------------------------------------------------------------- */

/**
 * The version of the library that is loaded, such as "0.1.0": ASCII, static, never NULL. Works
 * before anything else does. Any thread.
 */
WXPAY_API const char *WXPAY_CALL wxpay_version(void);

/**
 * The version of the library that is loaded as one number: major * 1000000 + minor * 1000 +
 * patch. A program may compare it with WXPAY_VERSION_NUMBER, the version of the header that it
 * was compiled with: a library of the same major version that is not older serves it. Any thread.
 */
WXPAY_API uint32_t WXPAY_CALL wxpay_version_number(void);

/* ---- Statuses ---------------------------------------------------------------------------- */

/**
 * How a call ended: one of the WXPAY_ constants below. Numbers are for ever: new ones are added,
 * none is reused, so treat a number that you do not know like WXPAY_UNKNOWN if it is above zero,
 * and like WXPAY_E_INTERNAL if it is below. Below zero means: this call charged nothing and gave
 * nothing back.
 */
typedef int32_t wxpay_status;

/**
 * wxpay_micropay, wxpay_task_wait, wxpay_query, wxpay_notify_decode: THE MONEY IS THERE; signature,
 * order number, merchant and amount were compared with what was asked. wxpay_prepay: there is
 * something to show, AND NOBODY HAS PAID YET. Any other call: done; those that reverse, close or
 * refund never end so.
 */
#define WXPAY_OK 0

/**
 * Not charged, and this order number never will be. The next attempt needs a new one. (refund)
 * Refused or failed: no money has gone back.
 */
#define WXPAY_DECLINED 1

/**
 * Closed for ever, or the money went back: the good ending of wxpay_reverse, and of a payment
 * that had to be undone. The next attempt needs a new order number.
 */
#define WXPAY_REVERSED 2

/** (query) The payer is at the password prompt. */
#define WXPAY_PAYING 3

/** (query) The order exists and is unpaid, now. */
#define WXPAY_NOT_PAID 4

/** (query, close, task) The order is closed: it was not paid and never will be. */
#define WXPAY_CLOSED 5

/**
 * (query, payment) The order was paid, and a refund was opened since. (refund, notification) The
 * money went back.
 */
#define WXPAY_REFUNDED 6

/**
 * (query) The gateway has no such order or refund, now. (cancel) This client has no such order in
 * flight.
 */
#define WXPAY_NOT_FOUND 7

/** (refund, notification) Taken on: the money goes back later. */
#define WXPAY_ACCEPTED 8

/** (task) Started, not done yet. */
#define WXPAY_RUNNING 9

/**
 * In doubt: hold the goods. Whether money moved is not known yet; the order is in the journal,
 * and wxpay_recover or wxpay_query settles it. Never charge the sale again meanwhile. (refund) The
 * money may be on its way back: never refund it under another refund number.
 */
#define WXPAY_UNKNOWN 20

/**
 * An argument or a field is missing, malformed or too long; wxpay_result_message names it and
 * the rule. Nothing was sent.
 */
#define WXPAY_E_ARGUMENT (-1)

/** The configuration cannot be read, or is incomplete or wrong: a file, a key, a certificate. */
#define WXPAY_E_CONFIG (-2)

/**
 * The journal cannot be opened or written. A charge or refund was not sent, because it could not
 * have been remembered.
 */
#define WXPAY_E_JOURNAL (-3)

/** This order or refund number is in flight in another thread or process. */
#define WXPAY_E_BUSY (-4)

/**
 * This order number belongs to another sale; the result shows that sale's state. It was left
 * alone. Find out first whether that sale is this one under other parameters (a code scanned
 * again): if it is not settled, hold the goods; only then charge under a new order number.
 * (refund) The refund number was used for another refund.
 */
#define WXPAY_E_DUPLICATE (-5)

/**
 * A charge, a refund: nothing was sent, and the same number may be tried again. A query: no usable
 * answer.
 */
#define WXPAY_E_NETWORK (-6)

/**
 * The gateway refused the request itself without executing it: signature, credentials,
 * permission, parameters. Something in the set-up is wrong.
 */
#define WXPAY_E_REJECTED (-7)

/** A notification, or the answer to a query, failed verification and was not believed. */
#define WXPAY_E_FORGED (-8)

/** The client is closing and this call had sent nothing. (One that had ends as WXPAY_UNKNOWN.) */
#define WXPAY_E_CLOSED (-9)

/** The gateway, as it is configured, does not offer the operation. */
#define WXPAY_E_UNSUPPORTED (-10)

/**
 * A bug in the library, contained; the client stays usable. (After a charge or refund was sent a
 * bug ends as WXPAY_UNKNOWN.)
 */
#define WXPAY_E_INTERNAL (-11)

/**
 * The name of a status, such as "WXPAY_DECLINED": ASCII, static, never NULL. For a number that
 * is no status of this version: "WXPAY_?". Any thread.
 */
WXPAY_API const char *WXPAY_CALL wxpay_status_name(wxpay_status status);

/**
 * Paid? For wxpay_micropay, wxpay_task_wait, wxpay_query, wxpay_ride_pay, wxpay_notify_decode, and
 * the orders of wxpay_recover. NOT for wxpay_prepay, whose WXPAY_OK says that there is something to
 * show.
 */
#define WXPAY_IS_PAID(status) ((status) == WXPAY_OK)

/** An error: the call charged nothing and gave nothing back. */
#define WXPAY_IS_ERROR(status) ((status) < 0)

/**
 * Of a payment call or a query: the order has come to its end, and waiting or asking again will
 * not change the answer (short of a later refund). NOT for wxpay_prepay. The macro uses its argument
 * several times.
 */
#define WXPAY_IS_FINAL(status) \
    ((status) == WXPAY_OK || (status) == WXPAY_DECLINED || (status) == WXPAY_REVERSED || \
     (status) == WXPAY_CLOSED || (status) == WXPAY_REFUNDED)

/* ---- Results ----------------------------------------------------------------------------- */

/**
 * What a call ended with: its status and everything that is known, by name. A result belongs to
 * one thread at a time; it does not change, and it outlives the client that it came from.
 *
 * Names, each present only where it means something: status, status_name, out_trade_no,
 * transaction_id (the gateway's number), total_fee, payer_total, fee_type, paid_at (RFC 3339),
 * trade_state, openid, bank_type, attach, promotion_detail, gateway, code and code_message (the
 * gateway's own), message, prompt, advice (hand_over, hold, rescan, other_card, call_support or
 * fix_setup), request_id, host, attempts, elapsed_ms, replayed, cancel_requested, reversal (none,
 * required or completed), field (the argument or field that was refused), other_status (of the sale
 * that has the order number); of wxpay_prepay also code_url, h5_url, prepay_id, pay_params
 * (docs/prepay.md); of refunds out_refund_no, refund_id, refund_fee, refund_status,
 * refunded_at; of wxpay_notify_decode notification (payment or refund), reply, reply_status,
 * reply_type; of wxpay_recover orders and open; of wxpay_client_check checks. Amounts are whole numbers of
 * minor units (fen).
 */
typedef struct wxpay_result wxpay_result;

/** The status that the call returned. WXPAY_E_ARGUMENT if result is NULL. */
WXPAY_API wxpay_status WXPAY_CALL wxpay_result_status(const wxpay_result *result);

/**
 * A fact by its name, as text in the client's encoding: numbers as decimal digits, objects and
 * lists as JSON. A part of an object or list is reached with dots and with positions counted from
 * 0, such as "orders.0.out_trade_no". Returns NULL if there is no such fact, or if an argument is
 * NULL. The text belongs to the result and lives until it is freed.
 */
WXPAY_API const char *WXPAY_CALL wxpay_result_get(const wxpay_result *result,
    const char *field);

/**
 * A fact that is a whole number (money: minor units), or yes (1) or no (0). Returns 1 if there is
 * one, and writes it to value unless value is NULL. Otherwise returns 0 and leaves value alone.
 * Names as for wxpay_result_get.
 */
WXPAY_API int32_t WXPAY_CALL wxpay_result_get_int(const wxpay_result *result, const char *field,
    int64_t *value);

/**
 * For the log: what happened, in English, with the gateway's code and request id; holds no secret.
 * Empty if there is nothing to add to the status, NULL only if result is NULL. Belongs to the
 * result and lives until it is freed.
 */
WXPAY_API const char *WXPAY_CALL wxpay_result_message(const wxpay_result *result);

/**
 * For the cashier's display: what to do now, in the client's language. May be empty, NULL only if
 * result is NULL. Belongs to the result and lives until it is freed.
 */
WXPAY_API const char *WXPAY_CALL wxpay_result_prompt(const wxpay_result *result);

/**
 * Everything, as one JSON object; pure ASCII if the client's encoding is GBK. NULL only if result
 * is NULL. Belongs to the result and lives until it is freed.
 */
WXPAY_API const char *WXPAY_CALL wxpay_result_json(const wxpay_result *result);

/** Frees a result and every text that came from it. NULL is a no-op. */
WXPAY_API void WXPAY_CALL wxpay_result_free(wxpay_result *result);

/* ---- Client ------------------------------------------------------------------------------ */

/** The charge is being sent. */
#define WXPAY_EVENT_SUBMITTING 1

/** The payer may be typing a password; remaining_ms counts down. */
#define WXPAY_EVENT_WAITING_FOR_PAYER 2

/** The gateway is being asked. */
#define WXPAY_EVENT_QUERYING 3

/** The payment is being undone. */
#define WXPAY_EVENT_REVERSING 4

/** Something failed and is tried again. */
#define WXPAY_EVENT_RETRYING 5

/** The outcome is known; the call is about to return. */
#define WXPAY_EVENT_DONE 6

/** Something is wrong and needs somebody. */
#define WXPAY_LOG_ERROR 1

/** Something is odd. */
#define WXPAY_LOG_WARNING 2

/** One line for each exchange and each outcome. */
#define WXPAY_LOG_INFO 3

/** Everything. */
#define WXPAY_LOG_DEBUG 4

/**
 * One merchant's connection to one gateway. May be used by any number of threads at once. A
 * process may have several.
 */
typedef struct wxpay_client wxpay_client;

/**
 * Told what a call is doing, for a display. event: one of WXPAY_EVENT_. out_trade_no: the order,
 * valid during the callback only. remaining_ms: milliseconds until the library stops waiting and
 * goes on to the next stage, for a countdown; 0 if there is none.
 *
 * Called on the thread that made the blocking call (a task: on the task's own thread), so by
 * several threads at once if several pay at once. No lock is held: any function may be called
 * from inside it, wxpay_cancel among them. It must return soon, since the payment waits for it,
 * and it must not throw or jump out.
 */
typedef void (WXPAY_CALL *wxpay_event_fn)(int32_t event, const char *out_trade_no,
    int32_t remaining_ms, void *user_data);

/**
 * Takes a line of the log. level: one of WXPAY_LOG_. message: one line in the client's encoding,
 * without line end, valid during the callback only; it never holds a key, an auth code, a
 * signature or a payer's id. Called as wxpay_event_fn is, and on the library's own threads too.
 */
typedef void (WXPAY_CALL *wxpay_log_fn)(int32_t level, const char *message, void *user_data);

/**
 * Opens a client from a configuration file (TOML; docs/configuration.md lists every key). Checks
 * everything that can be checked without sending: keys parse, the certificate fits its key and is
 * not expired, the journal can be written. Sends nothing.
 *
 * config_path: UTF-8 (on Windows also the ANSI code page); relative paths inside the file are
 * relative to the file. client: where the handle goes; NULL is put there on failure. Close it
 * with wxpay_client_close. result: in the encoding of the configuration, or UTF-8 if that could
 * not be read.
 *
 * Returns WXPAY_OK, WXPAY_E_CONFIG, WXPAY_E_JOURNAL or WXPAY_E_ARGUMENT. Any thread.
 */
WXPAY_API wxpay_status WXPAY_CALL wxpay_client_open(const char *config_path,
    wxpay_client **client, wxpay_result **result);

/**
 * Opens a client from the text of a configuration. As wxpay_client_open, but relative paths are
 * relative to the working directory. config_toml: UTF-8 whatever the encoding that it chooses, at
 * most 262144 bytes.
 */
WXPAY_API wxpay_status WXPAY_CALL wxpay_client_open_toml(const char *config_toml,
    wxpay_client **client, wxpay_result **result);

/**
 * The self-test, for set-up and support: the keys are accepted, the certificate is not about to
 * expire, this machine's clock is right, the hosts can be reached; of [ride_code], what is missing,
 * and whether its host can be reached. Asks the gateway about an order that does not exist; moves no
 * money.
 *
 * Returns WXPAY_OK, or the first thing that is wrong (WXPAY_E_CONFIG, WXPAY_E_NETWORK,
 * WXPAY_E_JOURNAL), explained by wxpay_result_message; the result field checks lists everything
 * that was tried. Any thread. Blocks for two connect and one answer time-out a host at most (25 s
 * each by default).
 */
WXPAY_API wxpay_status WXPAY_CALL wxpay_client_check(wxpay_client *client,
    wxpay_result **result);

/**
 * Sets who is told what calls are doing, in place of whoever was; NULL: nobody. user_data is
 * passed to the callback as it is. A call under way on another thread may still be using the
 * former callback and its user_data when this returns: keep both until its calls have returned.
 * Does nothing if client is NULL. Any thread.
 */
WXPAY_API void WXPAY_CALL wxpay_client_on_event(wxpay_client *client, wxpay_event_fn callback,
    void *user_data);

/**
 * Sets who takes the log, in place of whoever did, and how much of it: lines up to level, one of
 * WXPAY_LOG_. Level 0 or a NULL callback: nobody. Otherwise as wxpay_client_on_event.
 */
WXPAY_API void WXPAY_CALL wxpay_client_on_log(wxpay_client *client, int32_t level,
    wxpay_log_fn callback, void *user_data);

/**
 * Closes a client. Calls that are waiting in other threads end at once, as WXPAY_E_CLOSED, or as
 * WXPAY_UNKNOWN if they had sent something: their orders are in the journal for wxpay_recover.
 * Waits until those calls have ended, and no thread of the library outlives it. From inside a
 * callback of the same client it does not wait, since it would wait for itself. NULL is a no-op.
 *
 * No other call may be started with the handle from here on. Results outlive the client; tasks
 * may be waited for and freed after it.
 */
WXPAY_API void WXPAY_CALL wxpay_client_close(wxpay_client *client);

/* ---- Request ----------------------------------------------------------------------------- */

/**
 * The fields of one sale, refund or ride, by name. A request belongs to one thread at a time; it may
 * be used for any number of calls, with any number of clients, and changed between them.
 */
typedef struct wxpay_request wxpay_request;

/**
 * A new request without fields. Returns NULL only after a bug in the library. Free it with
 * wxpay_request_free. Any thread.
 */
WXPAY_API wxpay_request *WXPAY_CALL wxpay_request_new(void);

/**
 * Sets one field; a field that is set twice keeps the second value, and an empty value is the
 * same as none. Needed for wxpay_micropay (what wxpay_prepay, wxpay_refund and wxpay_ride_pay need
 * stands there):
 *
 *   out_trade_no  the till's own order number, 1 to 32 characters, never used before; the till
 *                 keeps it with the sale before it pays
 *   auth_code     what the scanner read from the payer's phone
 *   total_fee     the amount in minor units (fen): 888 is 8.88 yuan
 *   body          what is sold, for the payer's bill
 *
 * Further fields, all optional: fee_type, detail, attach, device_info, goods_tag,
 * spbill_create_ip, scene_info.store_id, scene_info.store_name, sub_appid, sub_mch_id,
 * profit_sharing, receipt, and whatever the gateway has beyond these, by the gateway's own name.
 * The names are the same for every gateway; docs/fields.md lists them.
 *
 * field: ASCII. value: in the client's encoding, at most 65536 bytes; both are copied, and the
 * value is decoded and checked when the request is used with a client.
 *
 * Returns WXPAY_OK; or WXPAY_E_ARGUMENT if an argument is NULL, the name is not one to 64 letters,
 * digits, '_', '-' and '.', the value is too long, or the request would have more than 64 fields.
 * That failure need not be checked at once: a request with a field that could not be set is
 * refused when it is used, naming that field, until the field is set properly.
 */
WXPAY_API wxpay_status WXPAY_CALL wxpay_request_set(wxpay_request *request, const char *field,
    const char *value);

/** Sets one field to a whole number: wxpay_request_set with the number's decimal digits. */
WXPAY_API wxpay_status WXPAY_CALL wxpay_request_set_int(wxpay_request *request,
    const char *field, int64_t value);

/** Frees a request. NULL is a no-op. */
WXPAY_API void WXPAY_CALL wxpay_request_free(wxpay_request *request);

/* ---- In-person payment ------------------------------------------------------------------- */

/**
 * Takes a payment: sends the charge once, waits while the payer types a password, asks until the
 * outcome is clear, and undoes the payment if it does not become clear in time.
 *
 * WXPAY_OK               paid: hand over the goods
 * WXPAY_DECLINED         not charged; repeat with a new order number, if at all
 * WXPAY_REVERSED         it had to be undone (time over, cancelled ...); as after WXPAY_DECLINED
 * WXPAY_REFUNDED         it was paid, and somebody refunded it meanwhile
 * WXPAY_UNKNOWN          in doubt: hold the goods and settle it with wxpay_recover, wxpay_query
 *                        or this call again, with the same order number
 * below zero             this call charged nothing: after WXPAY_E_NETWORK, WXPAY_E_JOURNAL and
 *                        WXPAY_E_CLOSED the same order number may be tried again,
 *                        WXPAY_E_DUPLICATE tells about another sale (look at it before charging
 *                        under a new number), WXPAY_E_BUSY means that it is being paid already,
 *                        WXPAY_E_ARGUMENT and WXPAY_E_REJECTED need another request or another
 *                        set-up, and then the same number serves
 *
 * request: see wxpay_request_set; it is only read. The same order number with the same fields
 * never charges twice: a finished payment is reported again (replayed is 1), one that is in doubt
 * goes on being settled. With other fields it is WXPAY_E_DUPLICATE. The order is in the journal,
 * on disk, before the first byte leaves; should the machine lose power during the call,
 * wxpay_recover settles the order after the restart.
 *
 * Any thread. Blocks for a second or two if the payer need not type a password, and with the
 * default configuration at most about 140 s: connecting to two hosts (5 s each), then 45 s for
 * the payer, 45 s for undoing, and one connect (5 s) and one answer (15 s) time-out a host for the
 * last request. wxpay_cancel ends the waiting sooner; wxpay_client_on_event shows what is going
 * on.
 */
WXPAY_API wxpay_status WXPAY_CALL wxpay_micropay(wxpay_client *client,
    const wxpay_request *request, wxpay_result **result);

/**
 * Asks the gateway what became of an order, once. An order that the journal holds open is settled
 * there if the answer allows it.
 *
 * Works for orders of wxpay_prepay, too. Returns WXPAY_OK (paid: the answer is verified, and amount
 * and attach agree with what this journal knows of the order; it knows nothing of another till's),
 * WXPAY_PAYING, WXPAY_NOT_PAID, WXPAY_CLOSED, WXPAY_REVERSED, WXPAY_REFUNDED, WXPAY_NOT_FOUND;
 * WXPAY_UNKNOWN if the order is being undone or was paid with an unexpected amount;
 * WXPAY_E_DUPLICATE if it was paid by another sale; WXPAY_E_NETWORK, WXPAY_E_REJECTED,
 * WXPAY_E_FORGED if there was no answer to go by. WXPAY_NOT_PAID and WXPAY_NOT_FOUND are the state
 * at this moment: an order that is in flight may still become paid.
 *
 * out_trade_no: the order number. Any thread. Blocks for one connect and one answer time-out a
 * host at most (20 s each by default).
 */
WXPAY_API wxpay_status WXPAY_CALL wxpay_query(wxpay_client *client, const char *out_trade_no,
    wxpay_result **result);

/**
 * Undoes an order, whatever state it is in: an unpaid one is closed for ever, for a paid one the
 * money goes back. Waits until the order is old enough to be undone (15 s by default), repeats
 * until the gateway has done it, and asks to be sure.
 *
 * Returns WXPAY_REVERSED; or WXPAY_UNKNOWN if that is not certain yet: the journal keeps the
 * order, and wxpay_recover or this call again goes on. WXPAY_E_BUSY: the order is in flight in
 * another call (use wxpay_cancel) or process. WXPAY_E_UNSUPPORTED: the client is configured never
 * to reverse. Never WXPAY_OK, so an undone payment cannot be taken for a good one.
 *
 * out_trade_no: the order number. Any thread. Blocks for about 100 s at most with the default
 * configuration.
 */
WXPAY_API wxpay_status WXPAY_CALL wxpay_reverse(wxpay_client *client, const char *out_trade_no,
    wxpay_result **result);

/**
 * From another thread (or from inside a callback): asks the call or task that is paying this order
 * to stop waiting and to undo the payment (an order of wxpay_prepay_start: to close it). Returns
 * at once; the paying call tells the ending. That may still be WXPAY_OK, if the money turns out to
 * be there: then the result has cancel_requested set, and wxpay_reverse gives it back (wxpay_refund,
 * if the payer scanned or opened the order).
 *
 * Returns WXPAY_OK (delivered) or WXPAY_NOT_FOUND (this client has no such order in flight). Not
 * safe in a signal handler: set a flag there, and cancel from a callback or thread that sees it.
 */
WXPAY_API wxpay_status WXPAY_CALL wxpay_cancel(wxpay_client *client, const char *out_trade_no,
    wxpay_result **result);

/**
 * To be called when the till starts: settles every order and refund that was in flight when the last
 * process ended, and reports those whose outcome the till may not have seen. Safe to interrupt
 * and to repeat at any time.
 *
 * Returns WXPAY_OK (nothing is open any more), or WXPAY_UNKNOWN (some are still open: call it again
 * later). The result's orders is a list of results: orders.0.out_trade_no, orders.0.status,
 * orders.0.total_fee, then orders.1 and so on; a refund has out_refund_no, which an order has not;
 * open is how many of both remain.
 *
 * Any thread. Blocks as long as undoing takes, one order after the other, and for one
 * journal.lease (10 s) if another process holds or held some of them; with nothing open it returns
 * at once.
 */
WXPAY_API wxpay_status WXPAY_CALL wxpay_recover(wxpay_client *client, wxpay_result **result);

/* ---- In-person payment without blocking -------------------------------------------------- */

/** A payment under way on a thread of the library. A task belongs to one thread at a time. */
typedef struct wxpay_task wxpay_task;

/**
 * Starts wxpay_micropay on a thread of the library and returns at once. Events of the payment come
 * on that thread.
 *
 * request: it is copied, and may be changed or freed at once. task: where the handle goes; NULL is
 * put there if nothing was started. Free it with wxpay_task_free.
 *
 * Returns WXPAY_RUNNING; or below zero, and nothing was sent. Any thread.
 */
WXPAY_API wxpay_status WXPAY_CALL wxpay_micropay_start(wxpay_client *client,
    const wxpay_request *request, wxpay_task **task, wxpay_result **result);

/**
 * Waits until a payment that was started is done, for timeout_ms milliseconds at most; 0 only
 * looks, a negative number waits until the end.
 *
 * Returns WXPAY_RUNNING if it is not done yet (call again), otherwise what wxpay_micropay would
 * have returned, with the same result (for wxpay_prepay_start, see there); then every further call
 * returns that again. While polling, result may be NULL: the result can still be had when it is
 * done. A NULL task is WXPAY_E_ARGUMENT.
 */
WXPAY_API wxpay_status WXPAY_CALL wxpay_task_wait(wxpay_task *task, int32_t timeout_ms,
    wxpay_result **result);

/**
 * Frees a task. NULL is a no-op. A payment that is still running is not stopped by this: it goes
 * on to its end in the background, and since nobody learns of that end, wxpay_recover reports
 * it. To stop it, call wxpay_cancel and wait.
 */
WXPAY_API void WXPAY_CALL wxpay_task_free(wxpay_task *task);

/* ---- Orders that the payer scans or opens ------------------------------------------------ */

/**
 * Makes an order that the payer pays on the phone: by scanning a code that the shop shows
 * (trade_type NATIVE), in WeChat or in a mini program (JSAPI), in the phone's browser (H5) or in
 * the shop's own app (APP). docs/prepay.md has the fields of each. Fubei has NATIVE alone, and makes
 * codes for WeChat and for Alipay.
 *
 * WXPAY_OK               THERE IS SOMETHING TO SHOW, AND NOBODY HAS PAID YET: WXPAY_IS_PAID is not
 *                        for this status. The result has code_url (draw it as a QR code), h5_url
 *                        (open it), or prepay_id and pay_params: what the front end needs, signed,
 *                        as JSON, and one by one as pay.timeStamp, pay.paySign and so on
 * WXPAY_E_DUPLICATE      the order number was paid, closed, or used with other fields before
 * other below zero       this call has nothing to show, so nobody can pay because of it. After
 *                        WXPAY_E_NETWORK, WXPAY_E_FORGED, WXPAY_E_JOURNAL and WXPAY_E_CLOSED the
 *                        same call again, with the same fields, is safe. What was shown before
 *                        under this number may still be paid
 *
 * The money is proven by wxpay_query, by wxpay_notify_decode, or by waiting with
 * wxpay_prepay_start; what a front end says about its payment proves nothing. An order that is not
 * wanted any more is ended by wxpay_close.
 *
 * request: see wxpay_request_set, with trade_type and without auth_code; it is only read. The same
 * order number with the same fields may be asked for again as long as it is unpaid, which renews what
 * is shown. The order is in the journal before anything is sent. wxpay_recover leaves it alone.
 *
 * Any thread. Blocks for a second or so. If the gateway does not answer, it is asked three times: for
 * three connect and three answer time-outs a host at most (20 s each by default), and one more of
 * each if the order number is taken.
 */
WXPAY_API wxpay_status WXPAY_CALL wxpay_prepay(wxpay_client *client,
    const wxpay_request *request, wxpay_result **result);

/**
 * Makes an order as wxpay_prepay does, and waits for its payment on a thread of the library: asks
 * until it is paid, and closes the order when time is over (policy.prepay_window) or when
 * wxpay_cancel is called for it. Events come on that thread.
 *
 * Returns WXPAY_RUNNING, and the result has what to show, as that of wxpay_prepay; task is where
 * the handle goes, to be freed with wxpay_task_free. Otherwise returns what wxpay_prepay returns,
 * and puts NULL into task: nothing is waited for.
 *
 * wxpay_task_wait then returns WXPAY_OK (paid: hand over the goods), WXPAY_REVERSED (closed unpaid:
 * it never will be paid), WXPAY_REFUNDED, or WXPAY_UNKNOWN (in doubt: hold the goods; wxpay_recover
 * or wxpay_query settles it). A task that dies with its process leaves the order to wxpay_recover,
 * which reports it or closes it.
 *
 * Any thread. Blocks as wxpay_prepay does.
 */
WXPAY_API wxpay_status WXPAY_CALL wxpay_prepay_start(wxpay_client *client,
    const wxpay_request *request, wxpay_task **task, wxpay_result **result);

/**
 * Ends an unpaid order of wxpay_prepay, so that nobody can pay it any more.
 *
 * Returns WXPAY_CLOSED, confirmed by a query. WXPAY_E_REJECTED: it was not closed, as code says; with
 * code ORDERPAID it is paid, and was left alone (wxpay_refund gives the money back). WXPAY_REFUNDED:
 * it was paid, and a refund was opened. WXPAY_NOT_FOUND: there is no such order. WXPAY_UNKNOWN: that
 * it is closed is not certain (call it again; if this journal knows the order, wxpay_recover goes on,
 * too). WXPAY_E_BUSY: the order is being waited for in a task (use wxpay_cancel) or in another
 * process. WXPAY_E_ARGUMENT: an order of wxpay_micropay cannot be closed; use wxpay_reverse. Never
 * WXPAY_OK.
 *
 * out_trade_no: the order number. Any thread. Blocks as wxpay_reverse does at most, and for a second
 * or so if the gateway answers.
 */
WXPAY_API wxpay_status WXPAY_CALL wxpay_close(wxpay_client *client, const char *out_trade_no,
    wxpay_result **result);

/* ---- Refunds ----------------------------------------------------------------------------- */

/**
 * Gives money back for a paid order, whole or in part, several times if need be.
 *
 * WXPAY_REFUNDED         the money went back
 * WXPAY_ACCEPTED         the gateway has taken the refund on, and the money goes back later (minutes
 *                        for a balance, days for a bank card): the usual answer. wxpay_refund_query
 *                        and the notification tell the end
 * WXPAY_DECLINED         no money has gone back; code says why. Without refund_status it was refused
 *                        (the merchant's balance is too low ...): remove the cause and call again
 *                        with the SAME refund number. With refund_status it was taken on and failed
 *                        for good: settle it in the merchant platform
 * WXPAY_UNKNOWN          in doubt: the refund is in the journal. Call this again with the SAME
 *                        refund number and the same fields, or wxpay_refund_query, or
 *                        wxpay_recover. A NEW NUMBER WOULD BE A SECOND REFUND. Fubei does not
 *                        promise that one number pays once, so there all of these only ask; what
 *                        Fubei never heard of stays in doubt until somebody looks there
 * below zero             this call gave nothing back: after WXPAY_E_NETWORK, WXPAY_E_JOURNAL and
 *                        WXPAY_E_CLOSED the same refund number may be tried again,
 *                        WXPAY_E_DUPLICATE means that it was used for another refund, WXPAY_E_BUSY
 *                        that it is under way elsewhere, WXPAY_E_UNSUPPORTED that this
 *                        configuration cannot refund (APIv2 without client certificate)
 *
 * Never WXPAY_OK. request needs
 *
 *   out_refund_no  the till's own number of this refund, 1 to 64 characters (Fubei: 32), never used
 *                  before; the till keeps it before it calls, and repeats it when it tries again
 *   out_trade_no   the order's number, or transaction_id, the gateway's number of it
 *   total_fee      what the order cost, in minor units (fen); Fubei knows it
 *   refund_fee     what goes back; the sum of all refunds of an order is at most total_fee
 *
 * and may have refund_desc, notify_url and what else docs/refunds.md lists. It is only read. The
 * refund is in the journal, on disk, before the first byte leaves; the same number with other
 * fields is refused. One that was taken on is not sent again: it is asked for.
 *
 * Any thread. Blocks for a second or so. If the gateway asks for the same request again, or does not
 * answer clearly, for about 90 s at most with the default configuration: 45 s (policy.reverse_budget), and one
 * connect and one answer time-out a host for the last request. Closing the client ends it; it cannot
 * be cancelled. Events name the refund number.
 */
WXPAY_API wxpay_status WXPAY_CALL wxpay_refund(wxpay_client *client,
    const wxpay_request *request, wxpay_result **result);

/**
 * Asks the gateway what became of a refund, once. A refund that the journal holds open is settled
 * there if the answer allows it.
 *
 * Returns WXPAY_REFUNDED, WXPAY_ACCEPTED, WXPAY_DECLINED as wxpay_refund does; WXPAY_NOT_FOUND (the
 * gateway has no such refund, now: one that is under way may still arrive, so this is no licence for a
 * new number); WXPAY_E_DUPLICATE if the number is another refund's; WXPAY_E_NETWORK,
 * WXPAY_E_REJECTED, WXPAY_E_FORGED, WXPAY_E_CLOSED if there was no answer to go by; WXPAY_E_ARGUMENT
 * with Fubei 1.0, which has to be told the order, too, if the journal does not know the refund.
 *
 * out_refund_no: the refund's number. Any thread. Blocks for one connect and one answer time-out a
 * host at most (20 s each by default).
 */
WXPAY_API wxpay_status WXPAY_CALL wxpay_refund_query(wxpay_client *client,
    const char *out_refund_no, wxpay_result **result);

/* ---- Rides ------------------------------------------------------------------------------- */

/**
 * Asks for the fare of a ride to be deducted, from the WeChat ride code (chengchema) that a reader on
 * a bus or at a gate has scanned. Needs the section [ride_code] of the configuration, beside any
 * gateway.
 *
 * WXPAY_ACCEPTED         the usual answer, and the best one: the deduction was taken on. THAT IS NO
 *                        PAYMENT: the callback tells whether it succeeds, see wxpay_notify_decode
 * WXPAY_UNKNOWN          in doubt: it may have been deducted. It is in the journal and is never sent
 *                        again; the callback tells. DO NOT DEDUCT IT UNDER ANOTHER NUMBER
 * WXPAY_OK, WXPAY_DECLINED
 *                        with replayed = 1 only: the same ride was asked for before, and its
 *                        callback has come since
 * below zero             this call deducted nothing: after WXPAY_E_NETWORK, WXPAY_E_REJECTED (the
 *                        access token ...), WXPAY_E_JOURNAL and WXPAY_E_CLOSED the number may be used
 *                        again, WXPAY_E_DUPLICATE means that it was used for another ride,
 *                        WXPAY_E_BUSY that it is under way elsewhere, WXPAY_E_UNSUPPORTED that there
 *                        is no [ride_code], WXPAY_E_CONFIG that something in it is missing, and what
 *                        to ask Tencent for
 *
 * Never WXPAY_OK for a ride that was not asked for before. There is no query and no refund: nobody
 * has published one. request needs
 *
 *   out_trade_no    the operator's own number of this ride, 1 to 32 characters, never used before;
 *                   sent as out_order_no
 *   qrcode          the scanned code as text; or qrcode_base64, its bytes in base64
 *   total_fee       the fare after discount, in fen
 *   original_fee    the fare before discount, in fen
 *   trade_scene     BUS or METRO
 *   line_name       the line
 *   start_time      when the ride began, yyyyMMddHHmmss
 *
 * and may have access_token (it lives for two hours and is the host's to renew; it goes before the
 * configured one, and a renewed one asks for the same ride), attach (brought back by the callback; the
 * number unless given, and else unlike that of any other ride), end_time with start_qrcode (the second
 * scan), body, machine_ip, machine_latitude and machine_longitude, see docs/ride-code.md. It is only
 * read. The ride is in the journal, on disk, before the first byte leaves; neither code nor token is.
 *
 * The same number with the same fields again sends nothing: it returns what is known by now, with
 * replayed = 1. With other fields it is refused, and other_status tells what became of the other ride.
 *
 * Any thread. Blocks until there is an answer: for one connect and one answer time-out at most (20 s
 * by default). Closing the client ends it; it cannot be cancelled. Events name the number, and count
 * nothing down.
 *
 * Source: the ride code's document for deductions (Tencent, 2022-05-11).
 */
WXPAY_API wxpay_status WXPAY_CALL wxpay_ride_pay(wxpay_client *client,
    const wxpay_request *request, wxpay_result **result);

/* ---- Notifications ----------------------------------------------------------------------- */

/**
 * Proves and decrypts a notification that the till's own web server received, compares it with the
 * journal, and brings that up to date. Nothing in it is believed before its signature is verified;
 * a proven message about an amount or order that does not agree with the journal is no payment.
 *
 * WXPAY_OK               notification is "payment": THE MONEY IS THERE for out_trade_no; "ride": the
 *                        fare was deducted
 * WXPAY_REFUNDED         "refund": the money of out_refund_no went back
 * WXPAY_ACCEPTED         "refund": still under way
 * WXPAY_DECLINED         "refund": it failed, no money went back; "payment": it failed; "ride": the
 *                        fare could not be deducted
 * WXPAY_UNKNOWN          proven, but it does not agree with what this journal knows: another amount,
 *                        an order that is being undone, or a callback about a ride that contradicts
 *                        an earlier one
 * WXPAY_E_DUPLICATE      proven, but the order number was paid by another sale
 * WXPAY_E_FORGED         not proven: signature, key, age or encryption is wrong
 * WXPAY_E_ARGUMENT       not a notification at all
 * other below zero       WXPAY_E_JOURNAL, WXPAY_E_CLOSED, WXPAY_E_UNSUPPORTED
 *
 * Whatever it returns, answer the HTTP request with the result's fields reply_status (an HTTP
 * status), reply_type (a content type) and reply (the body, possibly empty), within 5 seconds: they
 * tell the gateway that it is done, or to send it again. The journal may not know the order (known is 0):
 * then compare total_fee with the sale yourself. A notification may come twice, late, or never, so
 * bring the books up to date once for each order, and wxpay_query remains the way to be sure.
 *
 * Callbacks of the ride code are told from the gateway's own by their form, and need the section
 * [ride_code] (WXPAY_E_UNSUPPORTED without it, WXPAY_E_CONFIG if keys are missing); headers are not
 * looked at. out_trade_no is the operator's own number of the ride if the journal knows it (known is 1),
 * and else the callback's. Nothing else tells what became of a ride. The first WXPAY_OK or
 * WXPAY_DECLINED settles it; a failure that is made good later becomes WXPAY_OK.
 *
 * headers: the request's header lines, "Name: value", ended by LF or CR LF, as they were received,
 * at most 65536 bytes; ASCII whatever the client's encoding. body: its body_length bytes, exactly
 * as they were received, which may be any; at most 1048576. NULL if body_length is 0.
 *
 * Any thread. Sends nothing and does not block, save with APIv3: the first time it asks the gateway
 * for its time (3 s at most), and a key that is not known yet is fetched once (one connect and one
 * answer time-out a host at most).
 */
WXPAY_API wxpay_status WXPAY_CALL wxpay_notify_decode(wxpay_client *client, const char *headers,
    const char *body, size_t body_length, wxpay_result **result);

/* ---- Any operation by name --------------------------------------------------------------- */

/**
 * Any operation by its name, with its arguments as a JSON object: one entry point for languages in
 * which building requests is a chore.
 *
 *   "micropay"  the fields of wxpay_request_set: {"out_trade_no": "T1-000042", "total_fee": 888,
 *               "auth_code": "134567890123456789", "body": "coffee"}
 *   "prepay"    the fields of wxpay_prepay
 *   "refund"    the fields of wxpay_refund
 *   "ride_pay"  the fields of wxpay_ride_pay
 *   "query", "reverse", "cancel", "close"   {"out_trade_no": "T1-000042"}
 *   "query"     also by the gateway's own number, which only a paid order has:
 *               {"transaction_id": "4200001234202611221234567890"}
 *   "refund_query"                      {"out_refund_no": "T1-000042-1"}
 *   "notify_decode"                     {"headers": "Name: value\n...", "body": "..."}; the body
 *               here is text, which goes on as UTF-8, of at most 65536 bytes
 *   "recover", "check"                  {}, or nothing (NULL or empty)
 *
 * Numbers must be whole. The object scene_info may be nested or written with dots; any other
 * object or list is passed on as its JSON text. A null is the same as none. A name that occurs
 * twice, or one that the operation does not have, is WXPAY_E_ARGUMENT.
 *
 * operation, json: in the client's encoding; json at most 1048576 bytes.
 *
 * Returns and blocks as the function of that name does (wxpay_micropay, wxpay_query ...,
 * wxpay_client_check); WXPAY_E_ARGUMENT for an operation that does not exist. Any thread.
 */
WXPAY_API wxpay_status WXPAY_CALL wxpay_invoke(wxpay_client *client, const char *operation,
    const char *json, wxpay_result **result);

#ifdef __cplusplus
}
#endif

#endif /* WXPAY_H */
