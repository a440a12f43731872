/*
 * What a till does when it starts: settles the orders that were in flight when it last stopped, and
 * lists them, so that the till can correct its own records.
 *
 *     cc -Wall -Wextra -pedantic examples-c/recover.c -Iinclude -Ltarget/release -lwxpay -o recover
 *     ./recover [CONFIG]        otherwise the file named by WXPAY_CONFIG, otherwise wxpay.toml
 *
 * Prints one line an order: its number, its status, the amount in fen, the gateway's number.
 * Exit code: 0 nothing is open any more, 2 some orders are still open (run it again later), 3 error.
 */
#include <stdio.h>
#include <stdlib.h>
#include <wxpay.h>

/* A fact of the order at this place in the list; NULL if the list has ended or it is not known. */
static const char *fact(const wxpay_result *result, unsigned long place, const char *name)
{
    char path[64];

    sprintf(path, "orders.%lu.%.32s", place, name);
    return wxpay_result_get(result, path);
}

static const char *or_dash(const char *text)
{
    return text != NULL ? text : "-";
}

int main(int argc, char **argv)
{
    const char *config = argc > 1 ? argv[1] : getenv("WXPAY_CONFIG");
    const char *out_trade_no;
    wxpay_client *client;
    wxpay_result *result;
    wxpay_status status;
    unsigned long place;

    status = wxpay_client_open(config != NULL ? config : "wxpay.toml", &client, &result);
    if (status != WXPAY_OK) {
        fprintf(stderr, "%s: %s\n", wxpay_status_name(status), wxpay_result_message(result));
        wxpay_result_free(result);
        return 3;
    }
    wxpay_result_free(result);

    status = wxpay_recover(client, &result);
    for (place = 0; (out_trade_no = fact(result, place, "out_trade_no")) != NULL; place++) {
        printf("%s %s %s %s\n", out_trade_no, or_dash(fact(result, place, "status_name")),
               or_dash(fact(result, place, "total_fee")),
               or_dash(fact(result, place, "transaction_id")));
    }
    fprintf(stderr, "%lu settled or listed, %s still open; %s\n", place,
            or_dash(wxpay_result_get(result, "open")), wxpay_result_message(result));
    wxpay_result_free(result);
    wxpay_client_close(client);

    if (status == WXPAY_OK) {
        return 0;
    }
    return WXPAY_IS_ERROR(status) ? 3 : 2;
}
