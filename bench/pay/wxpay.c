/* wxpay, by its C functions. EXTRA is the configuration. */

#include "contestant.h"

#include <stdlib.h>
#include <wxpay.h>

struct client {
    wxpay_client *handle;
};

static void expect(wxpay_status wanted, wxpay_result *result)
{
    wxpay_status status = wxpay_result_status(result);
    if (status != wanted) {
        die(wxpay_status_name(status), wxpay_result_message(result));
    }
    wxpay_result_free(result);
}

client *client_open(void)
{
    client *opened = calloc(1, sizeof *opened);
    wxpay_result *result;

    wxpay_client_open(extra, &opened->handle, &result);
    expect(WXPAY_OK, result);
    return opened;
}

void client_close(client *client)
{
    wxpay_client_close(client->handle);
    free(client);
}

/* The self-test. */
void client_warm(client *client)
{
    wxpay_result *result;

    wxpay_client_check(client->handle, &result);
    expect(WXPAY_OK, result);
}

void prepare(const sale *sales, int count)
{
    (void)sales;
    (void)count;
}

static wxpay_request *request_of(const sale *sale)
{
    wxpay_request *request = wxpay_request_new();

    wxpay_request_set(request, "out_trade_no", sale->out_trade_no);
    wxpay_request_set(request, "auth_code", sale->auth_code);
    wxpay_request_set_int(request, "total_fee", TOTAL_FEE);
    wxpay_request_set(request, "body", BODY);
    return request;
}

void pay(client *client, const sale *sale, int index)
{
    wxpay_request *request = request_of(sale);
    wxpay_result *result;

    (void)index;
    if (wxpay_micropay(client->handle, request, &result) == WXPAY_OK && wxpay_result_get(result, "transaction_id") == NULL) {
        die(sale->out_trade_no, "has no transaction_id");
    }
    expect(WXPAY_OK, result);
    wxpay_request_free(request);
}

int pay_later(client *client, const sale *sale)
{
    wxpay_request *request = request_of(sale);
    wxpay_result *result;
    wxpay_task *task;

    wxpay_micropay_start(client->handle, request, &task, &result);
    expect(WXPAY_RUNNING, result);
    wxpay_request_free(request);
    wxpay_task_free(task); /* goes on in the background */
    return 1;
}
