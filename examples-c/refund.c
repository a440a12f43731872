/*
 * Gives a paid order's money back, in one part or several.
 *
 *     cc -Wall -Wextra -pedantic examples-c/refund.c -Iinclude -Ltarget/release -lwxpay -o refund
 *     ./refund CONFIG ORDER_NUMBER TOTAL_FEN PART_FEN [PART_FEN ...]
 *
 * The refund numbers follow from the order's number: ORDER_NUMBER-R1, -R2 ... A part whose outcome is
 * not known is tried again under the very same number, which cannot refund it twice, and so this
 * program may be run again with the same arguments. A till keeps its refund numbers on record instead,
 * before it calls.
 *
 * Prints a line for each part:
 *
 *     REFUND name=WXPAY_REFUNDED out_refund_no=... refund_fee=300 refund_id=...
 *
 * Exit code: 0 every part has gone back or is on its way, 1 a part was refused, 2 in doubt (run it
 * again), 3 nothing was given back because of an error.
 */
#include <stdio.h>
#include <stdlib.h>
#include <wxpay.h>

#ifdef _WIN32
#include <windows.h>
#define wait_a_second() Sleep(1000)
#else
#include <unistd.h>
#define wait_a_second() sleep(1)
#endif

#define TRIES 3
/* Most refunds take longer than anybody stands at a till; the rest is for a later query, or for the
 * notification. */
#define LOOKS 5

/* Sends one part. As long as its outcome is not known it is sent again, under the same number. */
static wxpay_status give_back(wxpay_client *client, const wxpay_request *request,
                              wxpay_result **result)
{
    wxpay_status status;
    int tries;

    for (tries = 1;; tries++) {
        status = wxpay_refund(client, request, result);
        if ((status != WXPAY_UNKNOWN && status != WXPAY_E_NETWORK) || tries == TRIES) {
            return status;
        }
        fprintf(stderr, "%s; trying again\n", wxpay_result_message(*result));
        wxpay_result_free(*result);
        wait_a_second();
    }
}

/* Looks a few times whether a refund that was taken on has arrived. */
static wxpay_status look(wxpay_client *client, const char *out_refund_no, wxpay_result **result)
{
    wxpay_status status = WXPAY_ACCEPTED;
    int looks;

    for (looks = 0; looks < LOOKS && status == WXPAY_ACCEPTED; looks++) {
        wxpay_result_free(*result);
        wait_a_second();
        status = wxpay_refund_query(client, out_refund_no, result);
    }
    return status;
}

static const char *known(const wxpay_result *result, const char *field)
{
    const char *text = wxpay_result_get(result, field);
    return text != NULL ? text : "-";
}

static wxpay_status refund(wxpay_client *client, const char *order, const char *total, int part,
                           const char *fen)
{
    char out_refund_no[65];
    wxpay_request *request = wxpay_request_new();
    wxpay_result *result;
    wxpay_status status;

    sprintf(out_refund_no, "%.50s-R%d", order, part);
    wxpay_request_set(request, "out_refund_no", out_refund_no);
    wxpay_request_set(request, "out_trade_no", order);
    wxpay_request_set(request, "total_fee", total);
    wxpay_request_set(request, "refund_fee", fen);
    status = give_back(client, request, &result);
    wxpay_request_free(request);
    if (status == WXPAY_ACCEPTED) {
        status = look(client, out_refund_no, &result);
    }

    printf("%s\n", wxpay_result_prompt(result));
    fprintf(stderr, "%s\n", wxpay_result_message(result));
    printf("REFUND name=%s out_refund_no=%s refund_fee=%s refund_id=%s\n",
           wxpay_status_name(status), out_refund_no, fen, known(result, "refund_id"));
    wxpay_result_free(result);
    return status;
}

/* How bad an ending is, as this program's exit code. */
static int exit_code(wxpay_status status)
{
    switch (status) {
    case WXPAY_REFUNDED:
    case WXPAY_ACCEPTED:
        return 0;
    case WXPAY_DECLINED:
        return 1;
    default:
        return WXPAY_IS_ERROR(status) ? 3 : 2;
    }
}

int main(int argc, char **argv)
{
    wxpay_client *client;
    wxpay_result *result;
    wxpay_status status;
    int part, code = 0;

    if (argc < 5) {
        fprintf(stderr, "usage: refund CONFIG ORDER_NUMBER TOTAL_FEN PART_FEN [PART_FEN ...]\n");
        return 3;
    }
    status = wxpay_client_open(argv[1], &client, &result);
    if (status != WXPAY_OK) {
        fprintf(stderr, "%s: %s\n", wxpay_status_name(status), wxpay_result_message(result));
        wxpay_result_free(result);
        return 3;
    }
    wxpay_result_free(result);

    /* A part that did not go well ends it: the next one might exceed what is left of the order. */
    for (part = 1; part <= argc - 4 && code == 0; part++) {
        code = exit_code(refund(client, argv[2], argv[3], part, argv[part + 3]));
    }
    wxpay_client_close(client);
    return code;
}
