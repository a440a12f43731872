/*
 * A payment in a host with a single thread: a timer looks whether it is done, and everything else
 * goes on meanwhile.
 *
 *     cc -Wall -Wextra -pedantic examples-c/nonblocking.c -Iinclude -Ltarget/release -lwxpay \
 *         -o nonblocking
 *     ./nonblocking CONFIG ORDER_NUMBER FEN AUTH_CODE
 *
 * Ctrl-C stands for the cashier's cancel button. The last line of output is for programs:
 *
 *     RESULT status=0 name=WXPAY_OK ticks=12
 *
 * Exit code: 0 paid, 1 not paid, 2 in doubt, 3 nothing was charged because of an error.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <wxpay.h>

static volatile sig_atomic_t cancel_pressed;

/* A handler does no more than note the signal; the loop, outside of it, calls the library. */
static void on_interrupt(int signal_number)
{
    (void)signal_number;
    cancel_pressed = 1;
}

/* What a host's timer does every 100 ms. Returns 0 when the payment is done. */
static int tick(wxpay_client *client, wxpay_task *task, const char *order)
{
    if (cancel_pressed) {
        /* Returns at once; the payment itself tells how it ended. */
        cancel_pressed = 0;
        wxpay_cancel(client, order, NULL);
    }
    /*
     * A host that has a timer passes 0 here, which only looks. This loop has none, so it lets the
     * library do the waiting. The result is fetched later, when there is one.
     */
    return wxpay_task_wait(task, 100, NULL) == WXPAY_RUNNING;
}

int main(int argc, char **argv)
{
    wxpay_client *client;
    wxpay_request *request;
    wxpay_task *task;
    wxpay_result *result;
    wxpay_status status;
    unsigned long ticks = 0;

    if (argc != 5) {
        fprintf(stderr, "usage: nonblocking CONFIG ORDER_NUMBER FEN AUTH_CODE\n");
        return 3;
    }
    signal(SIGINT, on_interrupt);

    status = wxpay_client_open(argv[1], &client, &result);
    if (status != WXPAY_OK) {
        fprintf(stderr, "%s: %s\n", wxpay_status_name(status), wxpay_result_message(result));
        wxpay_result_free(result);
        return 3;
    }
    wxpay_result_free(result);

    request = wxpay_request_new();
    wxpay_request_set(request, "out_trade_no", argv[2]);
    wxpay_request_set_int(request, "total_fee", atol(argv[3]));
    wxpay_request_set(request, "auth_code", argv[4]);
    wxpay_request_set(request, "body", "goods");
    status = wxpay_micropay_start(client, request, &task, &result);
    wxpay_request_free(request);

    if (status == WXPAY_RUNNING) {
        wxpay_result_free(result);
        while (tick(client, task, argv[2])) {
            ticks++; /* repaint, answer the keyboard ... */
        }
        status = wxpay_task_wait(task, 0, &result);
        wxpay_task_free(task);
    }
    printf("%s\n", wxpay_result_prompt(result));
    fprintf(stderr, "%s\n", wxpay_result_message(result));
    printf("RESULT status=%ld name=%s ticks=%lu\n", (long)status, wxpay_status_name(status), ticks);
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
