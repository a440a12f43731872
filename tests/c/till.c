/*
 * A till that does as docs/tills.md says, and keeps its own record: what it is about to ask, and what it
 * was told. It is made to be killed at any moment.
 *
 *     ./till CONFIG PLAN RECORD THREADS
 *
 * PLAN has a line a job. `recover` comes first if it comes, and is done before the threads start, which
 * share the rest:
 *
 *     recover TIMES                  until nothing is open, so often at most
 *     pay NUMBER FEN CODE            NUMBER chooses what else is done, see below
 *     task NUMBER FEN CODE           the same without blocking
 *     refund NUMBER FEN CODE PART    a payment, and if it is paid a part of it back, as NUMBER-R1
 *     undo NUMBER FEN CODE           a payment, and if it is paid all of it back
 *     back NUMBER FEN PART           the refund alone
 *     query NUMBER
 *     ride NUMBER FEN
 *
 * A payment whose number begins with C is cancelled while the payer is asked for the password; at the
 * same place one with W brings the process down, one with S just before it is sent, and one with V when
 * it is being undone. Not so in a recovery.
 *
 * RECORD has a line each: `before CALL NUMBER`, `after CALL NUMBER STATUS`, with `FEN TRANSACTION` behind it
 * if it is paid, `listed BOOK NUMBER STATUS` (the same) for what a recovery has found, `note TEXT`. `opened STATUS` is the
 * first line, `closed` the last.
 * Exit code: 0, or 3 if the client could not be opened.
 */
#define _POSIX_C_SOURCE 200809L

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <wxpay.h>

#define MOST_THREADS 1000

static wxpay_client *client;
static int record;
static FILE *plan;
static int recovering;
static pthread_mutex_t plan_lock = PTHREAD_MUTEX_INITIALIZER;

/* One write a line: whole, or not there, whenever the process dies. */
static void note(const char *kind, const char *call, const char *number, const char *rest)
{
    char line[1000];
    int length = snprintf(line, sizeof line, "%s %s %s%s%.700s\n", kind, call, number,
                          *rest ? " " : "", rest);

    if (length < 0 || write(record, line, (size_t)length) != length) {
        _exit(4);
    }
}

static void before(const char *call, const char *number)
{
    note("before", call, number, "");
}

static void told(const char *kind, const char *call, const char *number, const char *status,
                 const char *fen, const char *transaction)
{
    char text[120];
    int paid = strcmp(status, "0") == 0 && fen != NULL && transaction != NULL;

    sprintf(text, paid ? "%.20s %.20s %.60s" : "%.20s", status, fen, transaction);
    note(kind, call, number, text);
}

static wxpay_status after(const char *call, const char *number, wxpay_status status,
                          wxpay_result *result)
{
    char text[20];

    sprintf(text, "%ld", (long)status);
    told("after", call, number, text, wxpay_result_get(result, "total_fee"),
         wxpay_result_get(result, "transaction_id"));
    if (status != WXPAY_OK) {
        note("note", call, number, wxpay_result_message(result));
    }
    wxpay_result_free(result);
    return status;
}

static wxpay_request *sale(const char *number, const char *fen, const char *code)
{
    wxpay_request *request = wxpay_request_new();

    wxpay_request_set(request, "out_trade_no", number);
    wxpay_request_set(request, "total_fee", fen);
    wxpay_request_set(request, "auth_code", code);
    wxpay_request_set(request, "body", "coffee");
    return request;
}

static wxpay_status pay(const char *number, const char *fen, const char *code)
{
    wxpay_request *request = sale(number, fen, code);
    wxpay_result *result;
    wxpay_status status;

    before("micropay", number);
    status = wxpay_micropay(client, request, &result);
    wxpay_request_free(request);
    return after("micropay", number, status, result);
}

/* As a host with one thread does: looks in from a timer. */
static void run_task(const char *number, const char *fen, const char *code)
{
    static const struct timespec tick = {0, 100 * 1000 * 1000};
    wxpay_request *request = sale(number, fen, code);
    wxpay_task *task;
    wxpay_result *result;
    wxpay_status status;

    before("micropay", number);
    status = wxpay_micropay_start(client, request, &task, &result);
    wxpay_request_free(request);
    if (status == WXPAY_RUNNING) {
        do {
            wxpay_result_free(result);
            nanosleep(&tick, NULL);
            status = wxpay_task_wait(task, 0, &result);
        } while (status == WXPAY_RUNNING);
        wxpay_task_free(task);
    }
    after("micropay", number, status, result);
}

static void give_back(const char *number, const char *fen, const char *part)
{
    wxpay_request *request = wxpay_request_new();
    wxpay_result *result;
    wxpay_status status;
    char refund[80];

    sprintf(refund, "%.60s-R1", number);
    wxpay_request_set(request, "out_refund_no", refund);
    wxpay_request_set(request, "out_trade_no", number);
    wxpay_request_set(request, "total_fee", fen);
    wxpay_request_set(request, "refund_fee", part);
    before("refund", refund);
    status = wxpay_refund(client, request, &result);
    wxpay_request_free(request);
    after("refund", refund, status, result);
}

static void ride(const char *number, const char *fen)
{
    wxpay_request *request = wxpay_request_new();
    wxpay_result *result;
    wxpay_status status;

    wxpay_request_set(request, "out_trade_no", number);
    wxpay_request_set(request, "total_fee", fen);
    wxpay_request_set(request, "original_fee", fen);
    wxpay_request_set(request, "line_name", "M393");
    wxpay_request_set(request, "qrcode", "TXRIDECODE0123456789");
    wxpay_request_set(request, "trade_scene", "BUS");
    wxpay_request_set(request, "start_time", "20261122090500");
    before("ride_pay", number);
    status = wxpay_ride_pay(client, request, &result);
    wxpay_request_free(request);
    after("ride_pay", number, status, result);
}

static wxpay_status about(const char *call,
                          wxpay_status (WXPAY_CALL *function)(wxpay_client *, const char *,
                                                              wxpay_result **),
                          const char *number)
{
    wxpay_result *result;
    wxpay_status status;

    before(call, number);
    status = function(client, number, &result);
    return after(call, number, status, result);
}

static const char *fact(const wxpay_result *result, unsigned long place, const char *name)
{
    char path[64];

    sprintf(path, "orders.%lu.%.32s", place, name);
    return wxpay_result_get(result, path);
}

static void list(const wxpay_result *result)
{
    const char *status, *number, *gateway;
    unsigned long place;

    for (place = 0; (status = fact(result, place, "status")) != NULL; place++) {
        number = fact(result, place, "out_refund_no");
        gateway = fact(result, place, "gateway");
        if (number != NULL) {
            note("listed", "refund", number, status);
            continue;
        }
        number = fact(result, place, "out_trade_no");
        told("listed", gateway != NULL && strcmp(gateway, "ride-code") == 0 ? "ride" : "order",
             number != NULL ? number : "-", status, fact(result, place, "total_fee"),
             fact(result, place, "transaction_id"));
    }
}

static void recover(int times)
{
    wxpay_result *result;
    wxpay_status status;

    recovering = 1;
    do {
        before("recover", "-");
        status = wxpay_recover(client, &result);
        list(result);
        after("recover", "-", status, result);
    } while (status != WXPAY_OK && --times > 0);
    recovering = 0;
}

static void WXPAY_CALL on_event(int32_t event, const char *out_trade_no, int32_t remaining_ms,
                                void *user_data)
{
    int at_password = event == WXPAY_EVENT_WAITING_FOR_PAYER;

    (void)remaining_ms;
    (void)user_data;
    if (recovering) {
        return;
    }
    if (at_password && *out_trade_no == 'C') {
        wxpay_cancel(client, out_trade_no, NULL);
    }
    if ((at_password && *out_trade_no == 'W')
        || (event == WXPAY_EVENT_SUBMITTING && *out_trade_no == 'S')
        || (event == WXPAY_EVENT_REVERSING && *out_trade_no == 'V')) {
        _exit(9);
    }
}

static void job(const char *line)
{
    char what[20], number[70], first[30] = "", second[30] = "", third[30] = "";

    if (sscanf(line, "%19s %69s %29s %29s %29s", what, number, first, second, third) < 2) {
        return;
    }
    if (strcmp(what, "pay") == 0) {
        pay(number, first, second);
    } else if (strcmp(what, "task") == 0) {
        run_task(number, first, second);
    } else if (strcmp(what, "refund") == 0) {
        if (WXPAY_IS_PAID(pay(number, first, second))) {
            give_back(number, first, third);
        }
    } else if (strcmp(what, "undo") == 0) {
        if (WXPAY_IS_PAID(pay(number, first, second))) {
            about("reverse", wxpay_reverse, number);
        }
    } else if (strcmp(what, "back") == 0) {
        give_back(number, first, second);
    } else if (strcmp(what, "query") == 0) {
        about("query", wxpay_query, number);
    } else if (strcmp(what, "ride") == 0) {
        ride(number, first);
    } else {
        note("note", "no-such-job", what, "");
        _exit(4);
    }
}

static int next(char *line, int size)
{
    int found;

    pthread_mutex_lock(&plan_lock);
    found = fgets(line, size, plan) != NULL;
    pthread_mutex_unlock(&plan_lock);
    return found;
}

static void *work(void *unused)
{
    char line[200];

    (void)unused;
    while (next(line, sizeof line)) {
        job(line);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    static pthread_t threads[MOST_THREADS];
    wxpay_result *result;
    wxpay_status status;
    char line[200];
    int times, place, count;

    if (argc != 5 || (count = atoi(argv[4])) < 1 || count > MOST_THREADS) {
        fprintf(stderr, "usage: till CONFIG PLAN RECORD THREADS\n");
        return 4;
    }
    plan = fopen(argv[2], "r");
    record = open(argv[3], O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (plan == NULL || record < 0) {
        perror("till");
        return 4;
    }
    status = wxpay_client_open(argv[1], &client, &result);
    sprintf(line, "%ld", (long)status);
    note("opened", "-", line, status != WXPAY_OK ? wxpay_result_message(result) : "");
    wxpay_result_free(result);
    if (status != WXPAY_OK) {
        return 3;
    }
    wxpay_client_on_event(client, on_event, NULL);
    if (next(line, sizeof line)) {
        if (sscanf(line, "recover %d", &times) == 1) {
            recover(times);
        } else {
            job(line);
        }
    }
    for (place = 0; place < count; place++) {
        if (pthread_create(&threads[place], NULL, work, NULL) != 0) {
            return 4;
        }
    }
    for (place = 0; place < count; place++) {
        pthread_join(threads[place], NULL);
    }
    wxpay_client_close(client);
    note("closed", "-", "-", "");
    return 0;
}
