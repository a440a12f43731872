/*
 * A payment that the payer scans: makes an order, draws its code in the terminal, and waits until it is
 * paid.
 *
 *     cc -Wall -Wextra -pedantic examples-c/native.c -Iinclude -Ltarget/release -lwxpay -o native
 *     ./native CONFIG ORDER_NUMBER FEN [SECONDS]
 *
 * Ctrl-C stops waiting and closes the order, and so do SECONDS without a payment; otherwise the
 * library closes it when its own time is over (policy.prepay_window).
 *
 * The code is drawn by the command that QR_ENCODER names, which gets the text on its standard input
 * (otherwise "qrencode -t ANSIUTF8", a package of most systems). NOTIFY_URL is where WeChat shall send
 * its notification; notify_server.c receives it. The last line of output is for programs:
 *
 *     RESULT status=0 name=WXPAY_OK out_trade_no=... transaction_id=... total_fee=888
 *
 * Exit code: 0 paid, 1 not paid, 2 in doubt, 3 nothing was charged because of an error.
 */
#ifndef _WIN32
#define _POSIX_C_SOURCE 200112L /* popen */
#endif

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <wxpay.h>

#ifdef _WIN32
#define popen _popen
#define pclose _pclose
#endif

static volatile sig_atomic_t cancel_pressed;

/* A handler does no more than note the signal; the loop, outside of it, calls the library. */
static void on_interrupt(int signal_number)
{
    (void)signal_number;
    cancel_pressed = 1;
}

static const char *setting(const char *name, const char *otherwise)
{
    const char *value = getenv(name);
    return value != NULL && *value != '\0' ? value : otherwise;
}

/* A till would draw it on the customer's display. */
static void show(const char *code_url)
{
    FILE *encoder;

    printf("%s\n", code_url);
    fflush(stdout);
    encoder = popen(setting("QR_ENCODER", "qrencode -t ANSIUTF8"), "w");
    if (encoder == NULL) {
        return;
    }
    fputs(code_url, encoder);
    if (pclose(encoder) != 0) {
        fprintf(stderr, "the code cannot be drawn: set QR_ENCODER\n");
    }
}

/* Waits for the end; what a host with a timer does in its timer. */
static wxpay_status wait_for_payment(wxpay_client *client, wxpay_task *task, const char *order,
                                     long seconds, wxpay_result **result)
{
    time_t begun = time(NULL);

    while (wxpay_task_wait(task, 100, NULL) == WXPAY_RUNNING) {
        if (cancel_pressed || (seconds > 0 && time(NULL) - begun >= seconds)) {
            /* Returns at once; the task itself tells how it ended. */
            wxpay_cancel(client, order, NULL);
            cancel_pressed = 0;
            seconds = 0;
        }
    }
    return wxpay_task_wait(task, 0, result);
}

static const char *known(const wxpay_result *result, const char *field)
{
    const char *text = wxpay_result_get(result, field);
    return text != NULL ? text : "-";
}

int main(int argc, char **argv)
{
    wxpay_client *client;
    wxpay_request *request;
    wxpay_task *task;
    wxpay_result *result;
    wxpay_status status;

    if (argc != 4 && argc != 5) {
        fprintf(stderr, "usage: native CONFIG ORDER_NUMBER FEN [SECONDS]\n");
        return 3;
    }
    signal(SIGINT, on_interrupt);
#ifndef _WIN32
    signal(SIGPIPE, SIG_IGN); /* an encoder that is not there is no reason to end */
#endif
    status = wxpay_client_open(argv[1], &client, &result);
    if (status != WXPAY_OK) {
        fprintf(stderr, "%s: %s\n", wxpay_status_name(status), wxpay_result_message(result));
        wxpay_result_free(result);
        return 3;
    }
    wxpay_result_free(result);

    request = wxpay_request_new();
    wxpay_request_set(request, "trade_type", "NATIVE");
    wxpay_request_set(request, "out_trade_no", argv[2]);
    wxpay_request_set_int(request, "total_fee", atol(argv[3]));
    wxpay_request_set(request, "body", "coffee");
    wxpay_request_set(request, "notify_url",
                      setting("NOTIFY_URL", "https://shop.example/wxpay/notify"));
    status = wxpay_prepay_start(client, request, &task, &result);
    wxpay_request_free(request);

    if (status == WXPAY_RUNNING) {
        show(wxpay_result_get(result, "code_url"));
        printf("%s\n", wxpay_result_prompt(result));
        fflush(stdout);
        wxpay_result_free(result);
        status = wait_for_payment(client, task, argv[2], argc == 5 ? atol(argv[4]) : 0, &result);
        wxpay_task_free(task);
    }
    printf("%s\n", wxpay_result_prompt(result));
    fprintf(stderr, "%s\n", wxpay_result_message(result));
    printf("RESULT status=%ld name=%s out_trade_no=%s transaction_id=%s total_fee=%s\n",
           (long)status, wxpay_status_name(status), argv[2], known(result, "transaction_id"),
           known(result, "total_fee"));
    wxpay_result_free(result);
    wxpay_client_close(client);

    if (WXPAY_IS_PAID(status)) {
        return 0;
    }
    if (WXPAY_IS_ERROR(status)) {
        return 3;
    }
    return WXPAY_IS_FINAL(status) ? 1 : 2;
}
