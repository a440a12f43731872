/*
 * Compiled, not run: the header can be included twice, its types have the promised sizes, its
 * macros are constants, and every function can be called as its prototype says. As C and as C++.
 */
#include <wxpay.h>
#include <wxpay.h>

#define CHECK(name, condition) typedef char name[(condition) ? 1 : -1]

CHECK(status_has_four_bytes, sizeof(wxpay_status) == 4);
CHECK(status_is_signed, (wxpay_status)-1 < 0);
CHECK(ok_is_zero, WXPAY_OK == 0);
CHECK(numbers_survive_an_expression, 0 - WXPAY_E_INTERNAL == 11);
CHECK(version_is_positive, WXPAY_VERSION_NUMBER > 0);
CHECK(version_is_text, sizeof WXPAY_VERSION > 5);

CHECK(ok_is_paid, WXPAY_IS_PAID(WXPAY_OK));
CHECK(closed_is_not_paid, !WXPAY_IS_PAID(WXPAY_CLOSED));
CHECK(refunded_is_not_paid, !WXPAY_IS_PAID(WXPAY_REFUNDED));
CHECK(accepted_is_not_paid, !WXPAY_IS_PAID(WXPAY_ACCEPTED));
CHECK(reversed_is_not_paid, !WXPAY_IS_PAID(WXPAY_REVERSED));
CHECK(unknown_is_not_paid, !WXPAY_IS_PAID(WXPAY_UNKNOWN));
CHECK(unknown_is_no_error, !WXPAY_IS_ERROR(WXPAY_UNKNOWN));
CHECK(argument_is_an_error, WXPAY_IS_ERROR(WXPAY_E_ARGUMENT));
CHECK(ok_is_final, WXPAY_IS_FINAL(WXPAY_OK));
CHECK(declined_is_final, WXPAY_IS_FINAL(WXPAY_DECLINED));
CHECK(reversed_is_final, WXPAY_IS_FINAL(WXPAY_REVERSED));
CHECK(closed_is_final, WXPAY_IS_FINAL(WXPAY_CLOSED));
CHECK(refunded_is_final, WXPAY_IS_FINAL(WXPAY_REFUNDED));
CHECK(not_found_is_not_final, !WXPAY_IS_FINAL(WXPAY_NOT_FOUND));
CHECK(not_paid_is_not_final, !WXPAY_IS_FINAL(WXPAY_NOT_PAID));
CHECK(paying_is_not_final, !WXPAY_IS_FINAL(WXPAY_PAYING));
CHECK(accepted_is_not_final, !WXPAY_IS_FINAL(WXPAY_ACCEPTED));
CHECK(running_is_not_final, !WXPAY_IS_FINAL(WXPAY_RUNNING));
CHECK(unknown_is_not_final, !WXPAY_IS_FINAL(WXPAY_UNKNOWN));
CHECK(errors_are_not_final, !WXPAY_IS_FINAL(WXPAY_E_NETWORK));

static void WXPAY_CALL on_event(int32_t event, const char *out_trade_no, int32_t remaining_ms,
                                void *user_data)
{
    (void)event, (void)out_trade_no, (void)remaining_ms, (void)user_data;
}

static void WXPAY_CALL on_log(int32_t level, const char *message, void *user_data)
{
    (void)level, (void)message, (void)user_data;
}

int main(void)
{
    wxpay_client *client = NULL;
    wxpay_request *request = wxpay_request_new();
    wxpay_task *task = NULL;
    wxpay_result *result = NULL;
    wxpay_event_fn event_callback = on_event;
    wxpay_log_fn log_callback = on_log;
    wxpay_status status;
    int64_t number = 0;
    int32_t found;
    const char *text;
    uint32_t version;

    text = wxpay_version();
    version = wxpay_version_number();
    text = wxpay_status_name(WXPAY_OK);
    status = wxpay_client_open("", &client, &result);
    status = wxpay_client_open_toml("", &client, &result);
    status = wxpay_client_check(client, &result);
    wxpay_client_on_event(client, event_callback, NULL);
    wxpay_client_on_log(client, WXPAY_LOG_DEBUG, log_callback, NULL);
    status = wxpay_request_set(request, "", "");
    status = wxpay_request_set_int(request, "", number);
    status = wxpay_micropay(client, request, &result);
    status = wxpay_query(client, "", &result);
    status = wxpay_reverse(client, "", &result);
    status = wxpay_cancel(client, "", &result);
    status = wxpay_recover(client, &result);
    status = wxpay_micropay_start(client, request, &task, &result);
    status = wxpay_task_wait(task, 0, &result);
    status = wxpay_prepay(client, request, &result);
    status = wxpay_prepay_start(client, request, &task, &result);
    status = wxpay_close(client, "", &result);
    status = wxpay_refund(client, request, &result);
    status = wxpay_refund_query(client, "", &result);
    status = wxpay_ride_pay(client, request, &result);
    status = wxpay_notify_decode(client, "", "", (size_t)0, &result);
    status = wxpay_invoke(client, "", "", &result);
    status = wxpay_result_status(result);
    text = wxpay_result_get(result, "");
    found = wxpay_result_get_int(result, "", &number);
    text = wxpay_result_message(result);
    text = wxpay_result_prompt(result);
    text = wxpay_result_json(result);
    wxpay_result_free(result);
    wxpay_task_free(task);
    wxpay_request_free(request);
    wxpay_client_close(client);
    return status != 0 || text == NULL || found || version == 0;
}
