/*
 * A small till: takes one payment, shows what is going on, and can be interrupted.
 *
 *     cc -Wall -Wextra -pedantic examples-c/pay.c -Iinclude -Ltarget/release -lwxpay -o pay
 *     ./pay [AMOUNT [AUTH_CODE]]          such as ./pay 8.88 134567890123456789
 *
 * The configuration is the file named by WXPAY_CONFIG, otherwise wxpay.toml. What is missing on the
 * command line is asked for. Ctrl-C stops waiting for the payer and undoes the payment.
 *
 * The till's own record of its orders is till-orders.txt (or what TILL_ORDERS names): a line before
 * and a line after each payment. The last line of output is for programs:
 *
 *     RESULT status=0 name=WXPAY_OK out_trade_no=... transaction_id=... total_fee=888
 *
 * Exit code: 0 paid, 1 not paid, 2 in doubt, 3 nothing was charged because of an error.
 */
#ifndef _WIN32
#define _POSIX_C_SOURCE 200112L /* pthread_sigmask, sigwait */
#endif

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wxpay.h>

#ifdef _WIN32
#include <process.h>
#include <windows.h>
#define process_id() ((unsigned long)_getpid())
#else
#include <pthread.h>
#include <signal.h>
#include <unistd.h>
#define process_id() ((unsigned long)getpid())
#endif

static wxpay_client *client;
static char order[33];

/* ---- The cashier's side ------------------------------------------------------------------ */

/* On the thread that pays: this one. */
static void WXPAY_CALL show_progress(int32_t event, const char *out_trade_no, int32_t remaining_ms,
                                     void *user_data)
{
    (void)user_data;
    switch (event) {
    case WXPAY_EVENT_SUBMITTING:
        printf("%s: charging ...\n", out_trade_no);
        break;
    case WXPAY_EVENT_WAITING_FOR_PAYER:
        printf("%s: waiting for the payer, %ld s left\n", out_trade_no,
               ((long)remaining_ms + 999) / 1000);
        break;
    case WXPAY_EVENT_REVERSING:
        printf("%s: undoing ...\n", out_trade_no);
        break;
    case WXPAY_EVENT_RETRYING:
        printf("%s: connection trouble, trying again ...\n", out_trade_no);
        break;
    default: /* there may be more in a later version */
        break;
    }
    fflush(stdout);
}

static void ask(const char *question, char *answer, size_t size)
{
    printf("%s: ", question);
    fflush(stdout);
    if (fgets(answer, (int)size, stdin) == NULL) {
        answer[0] = '\0';
    }
    answer[strcspn(answer, "\r\n")] = '\0';
}

/* Yuan to fen, without floating point. 0 if the text is no amount of money. */
static long parse_amount(const char *text)
{
    long fen = 0;
    int decimals = -1; /* no decimal point seen */

    for (; *text != '\0'; text++) {
        if (*text == '.' && decimals < 0) {
            decimals = 0;
        } else if (isdigit((unsigned char)*text) && decimals < 2 && fen < 10000000L) {
            fen = fen * 10 + (*text - '0');
            decimals += decimals >= 0;
        } else {
            return 0;
        }
    }
    if (decimals <= 0) {
        return fen * 100;
    }
    return decimals == 1 ? fen * 10 : fen;
}

/* ---- The till's own orders --------------------------------------------------------------- */

static const char *orders_path(void)
{
    const char *path = getenv("TILL_ORDERS");
    return path != NULL && *path != '\0' ? path : "till-orders.txt";
}

/* The lines so far number the orders, so a clock that was set back makes no number twice. */
static unsigned long count_lines(void)
{
    unsigned long lines = 0;
    int c;
    FILE *file = fopen(orders_path(), "r");

    if (file == NULL) {
        return 0;
    }
    while ((c = getc(file)) != EOF) {
        lines += c == '\n';
    }
    fclose(file);
    return lines;
}

static int note(const char *what, const char *detail)
{
    FILE *file = fopen(orders_path(), "a");
    int written;

    if (file == NULL) {
        return 0;
    }
    written = fprintf(file, "%s %s %s\n", order, what, detail) > 0 && fflush(file) == 0;
#ifndef _WIN32
    written = written && fsync(fileno(file)) == 0;
#endif
    return fclose(file) == 0 && written;
}

static void new_order_number(void)
{
    time_t now = time(NULL);
    char stamp[16];

    strftime(stamp, sizeof stamp, "%Y%m%d%H%M%S", localtime(&now));
    sprintf(order, "T1%s%06lu%06lu", stamp, process_id() % 1000000, count_lines() % 1000000);
}

/* ---- Ctrl-C ------------------------------------------------------------------------------ */

/*
 * wxpay_cancel must not be called in a signal handler: like most functions it takes locks. It may
 * be called on any other thread, so one waits for the signal in the ordinary way.
 */
#ifdef _WIN32

static CRITICAL_SECTION watching_lock;
static int watching;

/* Windows calls this on a thread of its own. */
static BOOL WINAPI on_interrupt(DWORD event)
{
    if (event != CTRL_C_EVENT) {
        return FALSE;
    }
    EnterCriticalSection(&watching_lock);
    if (watching) {
        wxpay_cancel(client, order, NULL);
    }
    LeaveCriticalSection(&watching_lock);
    return TRUE;
}

static void set_watching(int on)
{
    EnterCriticalSection(&watching_lock);
    watching = on;
    LeaveCriticalSection(&watching_lock);
}

static void prepare_interrupt(void)
{
    InitializeCriticalSection(&watching_lock);
    SetConsoleCtrlHandler(on_interrupt, TRUE);
}

static void watch_interrupt(void)
{
    set_watching(1);
}

/* No cancel is under way when this returns, so the client may be closed. */
static void unwatch_interrupt(void)
{
    set_watching(0);
}

#else

static sigset_t interrupts;
static pthread_t watcher;

static void *wait_for_interrupt(void *unused)
{
    int signal_number;

    while (sigwait(&interrupts, &signal_number) == 0 && signal_number == SIGINT) {
        wxpay_cancel(client, order, NULL);
    }
    return unused; /* SIGUSR1: the payment is over */
}

/* Before the first thread is started, so that no other one is given the signals. */
static void prepare_interrupt(void)
{
    sigemptyset(&interrupts);
    sigaddset(&interrupts, SIGINT);
    sigaddset(&interrupts, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &interrupts, NULL);
}

static void watch_interrupt(void)
{
    if (pthread_create(&watcher, NULL, wait_for_interrupt, NULL) != 0) {
        fprintf(stderr, "cannot watch for Ctrl-C\n");
        exit(3);
    }
}

/* The watcher is gone before the client is closed. */
static void unwatch_interrupt(void)
{
    pthread_kill(watcher, SIGUSR1);
    pthread_join(watcher, NULL);
}

#endif

/* ---- The sale ---------------------------------------------------------------------------- */

static const char *known(const wxpay_result *result, const char *field)
{
    const char *text = wxpay_result_get(result, field);
    return text != NULL ? text : "-";
}

static int exit_code(wxpay_status status)
{
    if (WXPAY_IS_PAID(status)) {
        return 0;
    }
    if (WXPAY_IS_ERROR(status)) {
        return 3;
    }
    return WXPAY_IS_FINAL(status) ? 1 : 2;
}

static wxpay_status pay(long fen, const char *auth_code)
{
    wxpay_request *request = wxpay_request_new();
    wxpay_result *result;
    wxpay_status status;

    /* A field that cannot be set makes wxpay_micropay refuse the request and name the field. */
    wxpay_request_set(request, "out_trade_no", order);
    wxpay_request_set_int(request, "total_fee", fen);
    wxpay_request_set(request, "auth_code", auth_code);
    wxpay_request_set(request, "body", "goods");

    watch_interrupt();
    status = wxpay_micropay(client, request, &result);
    unwatch_interrupt();
    wxpay_request_free(request);

    note("ended", wxpay_status_name(status));
    printf("%s\n", wxpay_result_prompt(result));
    fprintf(stderr, "%s\n", wxpay_result_message(result));
    printf("RESULT status=%ld name=%s out_trade_no=%s transaction_id=%s total_fee=%s\n",
           (long)status, wxpay_status_name(status), order, known(result, "transaction_id"),
           known(result, "total_fee"));
    wxpay_result_free(result);
    return status;
}

int main(int argc, char **argv)
{
    const char *config = getenv("WXPAY_CONFIG");
    char amount[32] = "", auth_code[64] = "", fen_text[32];
    wxpay_result *result;
    wxpay_status status;
    long fen;

    prepare_interrupt();
    if (config == NULL || *config == '\0') {
        config = "wxpay.toml";
    }
    status = wxpay_client_open(config, &client, &result);
    if (status != WXPAY_OK) {
        fprintf(stderr, "%s: %s\n", wxpay_status_name(status), wxpay_result_message(result));
        wxpay_result_free(result);
        return 3;
    }
    wxpay_result_free(result);
    wxpay_client_on_event(client, show_progress, NULL);

    if (argc < 2) {
        ask("Amount in yuan", amount, sizeof amount);
    }
    fen = parse_amount(argc > 1 ? argv[1] : amount);
    if (fen == 0) {
        fprintf(stderr, "the amount must be in yuan, such as 8.88\n");
        wxpay_client_close(client);
        return 3;
    }
    if (argc < 3) {
        ask("Scan the payer's code", auth_code, sizeof auth_code);
    }

    new_order_number();
    sprintf(fen_text, "%ld", fen);
    if (!note("charging", fen_text)) {
        fprintf(stderr, "%s cannot be written: nothing is charged\n", orders_path());
        wxpay_client_close(client);
        return 3;
    }
    status = pay(fen, argc > 2 ? argv[2] : auth_code);
    wxpay_client_close(client);
    return exit_code(status);
}
