/*
 * One sale, from start to end.
 *
 *     cc sale.c -lwxpay -o sale
 *     ./sale wxpay.toml T1-000042 888 134567890123456789
 */
#include <stdio.h>
#include <stdlib.h>
#include <wxpay.h>

int main(int argc, char **argv)
{
    wxpay_client *client;
    wxpay_request *request;
    wxpay_result *result;
    wxpay_status status;

    if (argc != 5) {
        fprintf(stderr, "usage: sale CONFIG ORDER_NUMBER FEN AUTH_CODE\n");
        return 3;
    }

    /* Once, when the till starts. Whatever a power cut left open is settled first. */
    if (wxpay_client_open(argv[1], &client, &result) != WXPAY_OK) {
        fprintf(stderr, "%s\n", wxpay_result_message(result));
        wxpay_result_free(result);
        return 3;
    }
    wxpay_result_free(result);
    wxpay_recover(client, &result);
    printf("%s\n", wxpay_result_json(result));
    wxpay_result_free(result);

    /* For each sale: an order number that the till has on record and never used before. */
    request = wxpay_request_new();
    wxpay_request_set(request, "out_trade_no", argv[2]);
    wxpay_request_set_int(request, "total_fee", atol(argv[3]));
    wxpay_request_set(request, "auth_code", argv[4]);
    wxpay_request_set(request, "body", "coffee");
    status = wxpay_micropay(client, request, &result);
    wxpay_request_free(request);

    if (WXPAY_IS_PAID(status)) {
        printf("PAID, hand over the goods: %s\n", wxpay_result_get(result, "transaction_id"));
    } else {
        printf("DO NOT HAND OVER THE GOODS: %s\n", wxpay_result_prompt(result));
    }
    fprintf(stderr, "%s: %s\n", wxpay_status_name(status), wxpay_result_message(result));
    wxpay_result_free(result);

    wxpay_client_close(client);
    return WXPAY_IS_PAID(status) ? 0 : status == WXPAY_UNKNOWN ? 2 : 1;
}
