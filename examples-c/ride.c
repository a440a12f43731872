/*
 * A bus validator: has one fare deducted by the WeChat ride code.
 *
 *     cc -Wall -Wextra -pedantic examples-c/ride.c -Iinclude -Ltarget/release -lwxpay -o ride
 *     ./ride CONFIG RIDE_NUMBER FEN LINE BOARDED PASSENGER_CODE
 *
 * BOARDED is the moment of the scan, yyyyMMddHHmmss in Beijing. The configuration needs [ride_code].
 *
 * Accepted is not paid: the ride's end comes as a callback, which notify_server.c receives. A ride is
 * never sent twice: run again with the same arguments, this program tells what is known by now. A
 * validator keeps its ride numbers on record before it calls.
 *
 * Prints a line:
 *
 *     RIDE name=WXPAY_ACCEPTED out_trade_no=... total_fee=200 transaction_id=-
 *
 * Exit code: 0 accepted, or paid by now; 1 not deducted, and it will not be; 2 in doubt; 3 nothing was
 * sent because of an error.
 */
#include <stdio.h>
#include <stdlib.h>
#include <wxpay.h>

static const char *known(const wxpay_result *result, const char *field)
{
    const char *text = wxpay_result_get(result, field);
    return text != NULL ? text : "-";
}

int main(int argc, char **argv)
{
    wxpay_client *client;
    wxpay_request *request;
    wxpay_result *result;
    wxpay_status status;

    if (argc != 7) {
        fprintf(stderr, "usage: ride CONFIG RIDE_NUMBER FEN LINE BOARDED PASSENGER_CODE\n");
        return 3;
    }
    status = wxpay_client_open(argv[1], &client, &result);
    if (status != WXPAY_OK) {
        fprintf(stderr, "%s: %s\n", wxpay_status_name(status), wxpay_result_message(result));
        wxpay_result_free(result);
        return 3;
    }
    wxpay_result_free(result);

    request = wxpay_request_new();
    wxpay_request_set(request, "out_trade_no", argv[2]);
    wxpay_request_set(request, "total_fee", argv[3]);    /* after discount */
    wxpay_request_set(request, "original_fee", argv[3]); /* before */
    wxpay_request_set(request, "line_name", argv[4]);
    wxpay_request_set(request, "qrcode", argv[6]);
    wxpay_request_set(request, "trade_scene", "BUS");
    wxpay_request_set(request, "start_time", argv[5]);
    status = wxpay_ride_pay(client, request, &result);
    wxpay_request_free(request);

    printf("%s\n", wxpay_result_prompt(result));
    fprintf(stderr, "%s: %s\n", wxpay_status_name(status), wxpay_result_message(result));
    printf("RIDE name=%s out_trade_no=%s total_fee=%s transaction_id=%s\n",
           wxpay_status_name(status), argv[2], argv[3], known(result, "transaction_id"));
    wxpay_result_free(result);
    wxpay_client_close(client);

    switch (status) {
    case WXPAY_OK:
    case WXPAY_ACCEPTED:
        return 0;
    case WXPAY_DECLINED:
        return 1;
    default:
        return WXPAY_IS_ERROR(status) ? 3 : 2;
    }
}
