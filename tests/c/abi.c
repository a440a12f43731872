/*
 * Drives every exported function with wrong arguments and without a gateway: nothing crashes,
 * nothing leaks (run it under valgrind), the status is the documented one, the result is always
 * set, and handles are freed in any order.
 *
 *     abi DIRECTORY        an empty directory for the journal
 *
 * Exit code: 0 if everything held.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wxpay.h>

static int failures;
static const char *directory;

#define CHECK(condition)                                                        \
    do {                                                                        \
        if (!(condition)) {                                                     \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
            failures++;                                                         \
        }                                                                       \
    } while (0)

/* An address that is no handle: a function that does not set its output leaves it there. */
#define NOT_SET(type) ((type *)(void *)&failures)

/* The call returned `expected`, and so says its result, which mentions `words`. Frees the result. */
static void check_result(int line, wxpay_status status, wxpay_status expected,
                         wxpay_result *result, const char *words)
{
    int64_t number = 1234;
    const char *message;

    if (status != expected) {
        fprintf(stderr, "%s:%d: %s instead of %s\n", __FILE__, line, wxpay_status_name(status),
                wxpay_status_name(expected));
        failures++;
    }
    if (result == NULL || result == NOT_SET(wxpay_result)) {
        fprintf(stderr, "%s:%d: the result is not set\n", __FILE__, line);
        failures++;
        return;
    }
    message = wxpay_result_message(result);
    if (message == NULL || strstr(message, words) == NULL) {
        fprintf(stderr, "%s:%d: '%s' does not mention '%s'\n", __FILE__, line,
                message == NULL ? "NULL" : message, words);
        failures++;
    }
    CHECK(wxpay_result_status(result) == status);
    CHECK(wxpay_result_get_int(result, "status", &number) == 1 && number == status);
    CHECK(strcmp(wxpay_result_get(result, "status_name"), wxpay_status_name(status)) == 0);
    CHECK(wxpay_result_get(result, "message") == message);
    CHECK(wxpay_result_prompt(result) != NULL);
    CHECK(wxpay_result_json(result)[0] == '{');
    CHECK(wxpay_result_json(result) == wxpay_result_json(result));
    wxpay_result_free(result);
}

#define EXPECT(expected, words, call)                                  \
    do {                                                               \
        wxpay_result *result = NOT_SET(wxpay_result);                  \
        wxpay_status status = (call);                                  \
        check_result(__LINE__, status, (expected), result, (words));   \
    } while (0)

static char *repeated(char c, size_t count)
{
    char *text = (char *)malloc(count + 1);

    if (text == NULL) {
        exit(2);
    }
    memset(text, c, count);
    text[count] = '\0';
    return text;
}

static void statuses_have_names(void)
{
#define NAMED(status) CHECK(strcmp(wxpay_status_name(status), #status) == 0)
    NAMED(WXPAY_OK);
    NAMED(WXPAY_DECLINED);
    NAMED(WXPAY_REVERSED);
    NAMED(WXPAY_PAYING);
    NAMED(WXPAY_NOT_PAID);
    NAMED(WXPAY_CLOSED);
    NAMED(WXPAY_REFUNDED);
    NAMED(WXPAY_NOT_FOUND);
    NAMED(WXPAY_ACCEPTED);
    NAMED(WXPAY_RUNNING);
    NAMED(WXPAY_UNKNOWN);
    NAMED(WXPAY_E_ARGUMENT);
    NAMED(WXPAY_E_CONFIG);
    NAMED(WXPAY_E_JOURNAL);
    NAMED(WXPAY_E_BUSY);
    NAMED(WXPAY_E_DUPLICATE);
    NAMED(WXPAY_E_NETWORK);
    NAMED(WXPAY_E_REJECTED);
    NAMED(WXPAY_E_FORGED);
    NAMED(WXPAY_E_CLOSED);
    NAMED(WXPAY_E_UNSUPPORTED);
    NAMED(WXPAY_E_INTERNAL);
    CHECK(strcmp(wxpay_status_name(4711), "WXPAY_?") == 0);
    CHECK(strcmp(wxpay_status_name(-4711), "WXPAY_?") == 0);
    CHECK(strcmp(wxpay_version(), WXPAY_VERSION) == 0);
    CHECK(wxpay_version_number() == WXPAY_VERSION_NUMBER);
}

static void null_is_harmless_everywhere(void)
{
    wxpay_client *client = NOT_SET(wxpay_client);
    wxpay_task *task = NOT_SET(wxpay_task);
    wxpay_request *request = wxpay_request_new();
    int64_t number = 7;

    CHECK(request != NULL);
    wxpay_client_close(NULL);
    wxpay_request_free(NULL);
    wxpay_task_free(NULL);
    wxpay_result_free(NULL);
    wxpay_client_on_event(NULL, NULL, NULL);
    wxpay_client_on_log(NULL, WXPAY_LOG_DEBUG, NULL, NULL);

    CHECK(wxpay_request_set(NULL, "body", "x") == WXPAY_E_ARGUMENT);
    CHECK(wxpay_request_set(request, NULL, "x") == WXPAY_E_ARGUMENT);
    CHECK(wxpay_request_set(request, "body", NULL) == WXPAY_E_ARGUMENT);
    CHECK(wxpay_request_set_int(NULL, "total_fee", 1) == WXPAY_E_ARGUMENT);
    CHECK(wxpay_request_set_int(request, NULL, 1) == WXPAY_E_ARGUMENT);

    CHECK(wxpay_result_status(NULL) == WXPAY_E_ARGUMENT);
    CHECK(wxpay_result_get(NULL, "status") == NULL);
    CHECK(wxpay_result_get_int(NULL, "status", &number) == 0 && number == 7);
    CHECK(wxpay_result_message(NULL) == NULL);
    CHECK(wxpay_result_prompt(NULL) == NULL);
    CHECK(wxpay_result_json(NULL) == NULL);

    EXPECT(WXPAY_E_ARGUMENT, "config_path", wxpay_client_open(NULL, &client, &result));
    CHECK(client == NULL);
    EXPECT(WXPAY_E_ARGUMENT, "config_toml", wxpay_client_open_toml(NULL, &client, &result));
    EXPECT(WXPAY_E_ARGUMENT, "client", wxpay_client_open("x", NULL, &result));
    EXPECT(WXPAY_E_ARGUMENT, "client", wxpay_client_open_toml("", NULL, &result));
    EXPECT(WXPAY_E_ARGUMENT, "client", wxpay_client_check(NULL, &result));
    EXPECT(WXPAY_E_ARGUMENT, "client", wxpay_micropay(NULL, request, &result));
    EXPECT(WXPAY_E_ARGUMENT, "client", wxpay_query(NULL, "A", &result));
    EXPECT(WXPAY_E_ARGUMENT, "client", wxpay_reverse(NULL, "A", &result));
    EXPECT(WXPAY_E_ARGUMENT, "client", wxpay_cancel(NULL, "A", &result));
    EXPECT(WXPAY_E_ARGUMENT, "client", wxpay_recover(NULL, &result));
    EXPECT(WXPAY_E_ARGUMENT, "client", wxpay_invoke(NULL, "recover", "{}", &result));
    EXPECT(WXPAY_E_ARGUMENT, "client", wxpay_micropay_start(NULL, request, &task, &result));
    CHECK(task == NULL);
    EXPECT(WXPAY_E_ARGUMENT, "task", wxpay_task_wait(NULL, -1, &result));
    EXPECT(WXPAY_E_ARGUMENT, "client", wxpay_prepay(NULL, request, &result));
    task = NOT_SET(wxpay_task);
    EXPECT(WXPAY_E_ARGUMENT, "client", wxpay_prepay_start(NULL, request, &task, &result));
    CHECK(task == NULL);
    EXPECT(WXPAY_E_ARGUMENT, "client", wxpay_close(NULL, "A", &result));
    EXPECT(WXPAY_E_ARGUMENT, "client", wxpay_refund(NULL, request, &result));
    EXPECT(WXPAY_E_ARGUMENT, "client", wxpay_refund_query(NULL, "A", &result));
    EXPECT(WXPAY_E_ARGUMENT, "client", wxpay_ride_pay(NULL, request, &result));
    EXPECT(WXPAY_E_ARGUMENT, "client", wxpay_notify_decode(NULL, "", "", 0, &result));

    /* And without a result. */
    CHECK(wxpay_client_open(NULL, NULL, NULL) == WXPAY_E_ARGUMENT);
    CHECK(wxpay_client_check(NULL, NULL) == WXPAY_E_ARGUMENT);
    CHECK(wxpay_micropay(NULL, NULL, NULL) == WXPAY_E_ARGUMENT);
    CHECK(wxpay_query(NULL, NULL, NULL) == WXPAY_E_ARGUMENT);
    CHECK(wxpay_reverse(NULL, NULL, NULL) == WXPAY_E_ARGUMENT);
    CHECK(wxpay_cancel(NULL, NULL, NULL) == WXPAY_E_ARGUMENT);
    CHECK(wxpay_recover(NULL, NULL) == WXPAY_E_ARGUMENT);
    CHECK(wxpay_invoke(NULL, NULL, NULL, NULL) == WXPAY_E_ARGUMENT);
    CHECK(wxpay_micropay_start(NULL, NULL, NULL, NULL) == WXPAY_E_ARGUMENT);
    CHECK(wxpay_task_wait(NULL, 0, NULL) == WXPAY_E_ARGUMENT);
    CHECK(wxpay_prepay(NULL, NULL, NULL) == WXPAY_E_ARGUMENT);
    CHECK(wxpay_prepay_start(NULL, NULL, NULL, NULL) == WXPAY_E_ARGUMENT);
    CHECK(wxpay_close(NULL, NULL, NULL) == WXPAY_E_ARGUMENT);
    CHECK(wxpay_refund(NULL, NULL, NULL) == WXPAY_E_ARGUMENT);
    CHECK(wxpay_refund_query(NULL, NULL, NULL) == WXPAY_E_ARGUMENT);
    CHECK(wxpay_ride_pay(NULL, NULL, NULL) == WXPAY_E_ARGUMENT);
    CHECK(wxpay_notify_decode(NULL, NULL, NULL, 0, NULL) == WXPAY_E_ARGUMENT);
    wxpay_request_free(request);
}

static void a_result_answers_odd_questions(void)
{
    wxpay_result *result = NULL;
    char *long_name = repeated('a', 100000);
    int64_t number = 7;

    wxpay_task_wait(NULL, 0, &result);
    CHECK(wxpay_result_get(result, NULL) == NULL);
    CHECK(wxpay_result_get(result, "") == NULL);
    CHECK(wxpay_result_get(result, ".") == NULL);
    CHECK(wxpay_result_get(result, "status.0.x") == NULL);
    CHECK(wxpay_result_get(result, "\xff\xfe") == NULL);
    CHECK(wxpay_result_get(result, long_name) == NULL);
    CHECK(strcmp(wxpay_result_get(result, "status"), "-1") == 0);
    CHECK(wxpay_result_get_int(result, NULL, &number) == 0);
    CHECK(wxpay_result_get_int(result, "message", &number) == 0);
    CHECK(wxpay_result_get_int(result, "total_fee", &number) == 0);
    CHECK(number == 7);
    CHECK(wxpay_result_get_int(result, "status", NULL) == 1);
    wxpay_result_free(result);
    free(long_name);
}

static void a_bad_configuration_opens_no_client(void)
{
    static const char *const bad[] = {
        "",
        "gateway = ",
        "gateway = \"no such gateway\"",
        "nonsense = 1",
        "gateway = \"wechat-v2\"\n[wechat_v2]\nappid = \"wx2421b1c4370ec43b\"\n",
        "gateway = \"wechat-v2\"\nencoding = \"latin1\"\n"
    };
    char *big = repeated('#', 1024 * 1024);
    char *too_big = repeated('#', 1024 * 1024 + 1);
    wxpay_client *client;
    size_t n;

    for (n = 0; n < sizeof bad / sizeof bad[0]; n++) {
        client = NOT_SET(wxpay_client);
        EXPECT(WXPAY_E_CONFIG, "", wxpay_client_open_toml(bad[n], &client, &result));
        CHECK(client == NULL);
        CHECK(wxpay_client_open_toml(bad[n], &client, NULL) == WXPAY_E_CONFIG);
    }
    EXPECT(WXPAY_E_CONFIG, "", wxpay_client_open_toml(big, &client, &result));
    EXPECT(WXPAY_E_ARGUMENT, "longer than 1048576",
           wxpay_client_open_toml(too_big, &client, &result));
    EXPECT(WXPAY_E_ARGUMENT, "config_toml: is not UTF-8",
           wxpay_client_open_toml("# \xb5\xea", &client, &result));
    EXPECT(WXPAY_E_CONFIG, "no-such-file.toml",
           wxpay_client_open("no-such-file.toml", &client, &result));
    EXPECT(WXPAY_E_ARGUMENT, "config_path", wxpay_client_open("", &client, &result));
    EXPECT(WXPAY_E_ARGUMENT, "config_path: is longer than 65536",
           wxpay_client_open(big, &client, &result));
    free(big);
    free(too_big);
}

/* A client that is complete but whose only host refuses every connection. */
static wxpay_client *open_client(const char *encoding)
{
    char toml[2048];
    wxpay_client *client = NULL;
    wxpay_result *result = NULL;

    sprintf(toml,
            "gateway = \"wechat-v2\"\nencoding = \"%s\"\n"
            "[journal]\npath = '%.900s/abi.db'\n"
            "[wechat_v2]\nappid = \"wx2421b1c4370ec43b\"\nmch_id = \"10000100\"\n"
            "api_key = \"0123456789abcdef0123456789abcdef\"\n"
            "hosts = [\"https://127.0.0.1:1\"]\n"
            "[policy]\nreverse = \"never\"\n"
            "[transport]\nconnect_timeout = \"200ms\"\n",
            encoding, directory);
    if (wxpay_client_open_toml(toml, &client, &result) != WXPAY_OK) {
        fprintf(stderr, "no client: %s\n", wxpay_result_message(result));
        exit(2);
    }
    wxpay_result_free(result);
    return client;
}

static wxpay_request *sale(const char *out_trade_no)
{
    wxpay_request *request = wxpay_request_new();

    CHECK(wxpay_request_set(request, "out_trade_no", out_trade_no) == WXPAY_OK);
    CHECK(wxpay_request_set(request, "auth_code", "134567890123456789") == WXPAY_OK);
    CHECK(wxpay_request_set_int(request, "total_fee", 888) == WXPAY_OK);
    CHECK(wxpay_request_set(request, "body", "coffee") == WXPAY_OK);
    return request;
}

static wxpay_request *order(const char *out_trade_no)
{
    wxpay_request *request = wxpay_request_new();

    CHECK(wxpay_request_set(request, "out_trade_no", out_trade_no) == WXPAY_OK);
    CHECK(wxpay_request_set(request, "trade_type", "NATIVE") == WXPAY_OK);
    CHECK(wxpay_request_set_int(request, "total_fee", 888) == WXPAY_OK);
    CHECK(wxpay_request_set(request, "body", "coffee") == WXPAY_OK);
    CHECK(wxpay_request_set(request, "product_id", "1001") == WXPAY_OK);
    CHECK(wxpay_request_set(request, "notify_url", "https://shop.example/wxpay") == WXPAY_OK);
    return request;
}

static wxpay_request *refund(const char *out_trade_no, const char *out_refund_no)
{
    wxpay_request *request = wxpay_request_new();

    CHECK(wxpay_request_set(request, "out_trade_no", out_trade_no) == WXPAY_OK);
    CHECK(wxpay_request_set(request, "out_refund_no", out_refund_no) == WXPAY_OK);
    CHECK(wxpay_request_set_int(request, "total_fee", 888) == WXPAY_OK);
    CHECK(wxpay_request_set_int(request, "refund_fee", 300) == WXPAY_OK);
    return request;
}

static void wrong_arguments_are_named(wxpay_client *client)
{
    static const char *const orders[] = { "query", "reverse", "cancel", "close", "refund_query",
                                          "notify_decode" };
    char *too_long = repeated('a', 65537);
    char *too_long_json = repeated(' ', 1024 * 1024 + 1);
    char name[16];
    wxpay_request *request;
    wxpay_task *task;
    size_t n;
    int field;

    EXPECT(WXPAY_E_ARGUMENT, "request", wxpay_micropay(client, NULL, &result));
    task = NOT_SET(wxpay_task);
    EXPECT(WXPAY_E_ARGUMENT, "request", wxpay_micropay_start(client, NULL, &task, &result));
    CHECK(task == NULL);
    request = sale("ABI0001");
    EXPECT(WXPAY_E_ARGUMENT, "task", wxpay_micropay_start(client, request, NULL, &result));
    wxpay_request_free(request);

    EXPECT(WXPAY_E_ARGUMENT, "out_trade_no", wxpay_query(client, NULL, &result));
    EXPECT(WXPAY_E_ARGUMENT, "out_trade_no", wxpay_query(client, "", &result));
    EXPECT(WXPAY_E_ARGUMENT, "out_trade_no", wxpay_query(client, too_long, &result));
    EXPECT(WXPAY_E_ARGUMENT, "out_trade_no: is not UTF-8", wxpay_query(client, "\xff", &result));
    EXPECT(WXPAY_E_ARGUMENT, "out_trade_no", wxpay_reverse(client, NULL, &result));
    EXPECT(WXPAY_E_ARGUMENT, "out_trade_no", wxpay_reverse(client, too_long, &result));
    EXPECT(WXPAY_E_ARGUMENT, "out_trade_no", wxpay_cancel(client, NULL, &result));
    EXPECT(WXPAY_NOT_FOUND, "", wxpay_cancel(client, "ABI0001", &result));

    EXPECT(WXPAY_E_ARGUMENT, "request", wxpay_prepay(client, NULL, &result));
    task = NOT_SET(wxpay_task);
    EXPECT(WXPAY_E_ARGUMENT, "request", wxpay_prepay_start(client, NULL, &task, &result));
    CHECK(task == NULL);
    request = sale("ABI0001");
    EXPECT(WXPAY_E_ARGUMENT, "task", wxpay_prepay_start(client, request, NULL, &result));
    wxpay_request_free(request);
    EXPECT(WXPAY_E_ARGUMENT, "out_trade_no", wxpay_close(client, NULL, &result));
    EXPECT(WXPAY_E_ARGUMENT, "out_trade_no", wxpay_close(client, too_long, &result));
    EXPECT(WXPAY_E_ARGUMENT, "request", wxpay_refund(client, NULL, &result));
    EXPECT(WXPAY_E_ARGUMENT, "request", wxpay_ride_pay(client, NULL, &result));
    EXPECT(WXPAY_E_ARGUMENT, "out_refund_no", wxpay_refund_query(client, NULL, &result));
    EXPECT(WXPAY_E_ARGUMENT, "out_refund_no: is not UTF-8",
           wxpay_refund_query(client, "\xff", &result));

    EXPECT(WXPAY_E_ARGUMENT, "operation", wxpay_invoke(client, NULL, "{}", &result));
    EXPECT(WXPAY_E_ARGUMENT, "operation", wxpay_invoke(client, "", "{}", &result));
    EXPECT(WXPAY_E_ARGUMENT, "micropay", wxpay_invoke(client, "Micropay", "{}", &result));
    EXPECT(WXPAY_E_ARGUMENT, "json", wxpay_invoke(client, "micropay", NULL, &result));
    EXPECT(WXPAY_E_ARGUMENT, "json", wxpay_invoke(client, "micropay", "", &result));
    EXPECT(WXPAY_E_ARGUMENT, "json", wxpay_invoke(client, "micropay", "[]", &result));
    EXPECT(WXPAY_E_ARGUMENT, "json", wxpay_invoke(client, "micropay", "{\"a\":", &result));
    EXPECT(WXPAY_E_ARGUMENT, "json", wxpay_invoke(client, "micropay", "{} x", &result));
    EXPECT(WXPAY_E_ARGUMENT, "json", wxpay_invoke(client, "micropay", too_long_json, &result));
    EXPECT(WXPAY_E_ARGUMENT, "json: is not UTF-8",
           wxpay_invoke(client, "micropay", "{\"body\":\"\xb5\xea\"}", &result));
    EXPECT(WXPAY_E_ARGUMENT, "total_fee: must be a whole number",
           wxpay_invoke(client, "micropay", "{\"total_fee\":8.88}", &result));
    for (n = 0; n < sizeof orders / sizeof orders[0]; n++) {
        EXPECT(WXPAY_E_ARGUMENT, "json", wxpay_invoke(client, orders[n], NULL, &result));
        EXPECT(WXPAY_E_ARGUMENT, "total_fee: is no argument",
               wxpay_invoke(client, orders[n], "{\"total_fee\":1}", &result));
    }
    EXPECT(WXPAY_E_ARGUMENT, "is no argument",
           wxpay_invoke(client, "recover", "{\"out_trade_no\":\"A\"}", &result));

    /* A field that could not be set is remembered and named, until it is set properly. */
    request = sale("ABI0002");
    CHECK(wxpay_request_set(request, "attach", too_long) == WXPAY_E_ARGUMENT);
    EXPECT(WXPAY_E_ARGUMENT, "attach: is longer than 65536",
           wxpay_micropay(client, request, &result));
    CHECK(wxpay_request_set(request, "attach", "\xff") == WXPAY_OK);
    EXPECT(WXPAY_E_ARGUMENT, "attach: is not UTF-8", wxpay_micropay(client, request, &result));
    CHECK(wxpay_request_set(request, "attach", "") == WXPAY_OK);
    CHECK(wxpay_request_set(request, "no such name", "x") == WXPAY_E_ARGUMENT);
    EXPECT(WXPAY_E_ARGUMENT, "name of a field", wxpay_micropay(client, request, &result));
    wxpay_request_free(request);

    request = wxpay_request_new();
    for (field = 0; field < 64; field++) {
        sprintf(name, "f%d", field);
        CHECK(wxpay_request_set_int(request, name, field) == WXPAY_OK);
    }
    CHECK(wxpay_request_set(request, "f64", "x") == WXPAY_E_ARGUMENT);
    wxpay_request_free(request);

    request = sale("ABI0003");
    CHECK(wxpay_request_set_int(request, "total_fee", -1) == WXPAY_OK);
    EXPECT(WXPAY_E_ARGUMENT, "total_fee", wxpay_micropay(client, request, &result));
    wxpay_request_free(request);
    free(too_long);
    free(too_long_json);
}

/* Bytes of every kind, with their length and not a NUL to end them. */
static void hostile_notifications_are_refused(wxpay_client *client)
{
    static const char *const headers[] = {
        "", "\n", ":", "Wechatpay-Serial", "Wechatpay-Serial:\r\nWechatpay-Serial: A\r\n",
        "Wechatpay-Timestamp: -1\nWechatpay-Nonce: \xff\nWechatpay-Signature: WECHATPAY/SIGNTEST/x\n"
    };
    static const char *const bodies[] = {
        "", "<", "<xml></xml>", "<xml><return_code>SUCCESS</return_code></xml>", "{", "{}", "[]",
        "{\"resource\":{\"ciphertext\":\"x\",\"nonce\":\"\",\"algorithm\":\"AEAD_AES_256_GCM\"}}",
        "<!DOCTYPE x [<!ENTITY y SYSTEM \"file:///etc/passwd\">]><xml><a>&y;</a></xml>"
    };
    size_t limit = 1024 * 1024, n, m, length;
    char *big = repeated('{', limit + 1), *exact;
    char *too_long = repeated('a', 65537);
    wxpay_status status;
    wxpay_result *result;

    for (n = 0; n < sizeof headers / sizeof headers[0]; n++) {
        for (m = 0; m < sizeof bodies / sizeof bodies[0]; m++) {
            /* Its very bytes and none behind them, so that valgrind sees who reads on. */
            length = strlen(bodies[m]);
            exact = (char *)malloc(length > 0 ? length : 1);
            if (exact == NULL) {
                exit(2);
            }
            memcpy(exact, bodies[m], length);
            result = NULL;
            status = wxpay_notify_decode(client, headers[n], exact, length, &result);
            CHECK(status == WXPAY_E_ARGUMENT || status == WXPAY_E_FORGED);
            CHECK(result != NULL && strstr(wxpay_result_json(result), "passwd") == NULL);
            wxpay_result_free(result);
            free(exact);
        }
    }
    for (n = 0; n < 256; n++) {
        big[0] = (char)n;
        status = wxpay_notify_decode(client, "", big, 2, NULL);
        CHECK(status == WXPAY_E_ARGUMENT || status == WXPAY_E_FORGED);
    }
    status = wxpay_notify_decode(client, "", NULL, 0, NULL);
    CHECK(status == WXPAY_E_ARGUMENT || status == WXPAY_E_FORGED);
    status = wxpay_notify_decode(client, "", big, limit, NULL);
    CHECK(status == WXPAY_E_ARGUMENT || status == WXPAY_E_FORGED);
    EXPECT(WXPAY_E_ARGUMENT, "body: is longer than 1048576",
           wxpay_notify_decode(client, "", big, limit + 1, &result));
    EXPECT(WXPAY_E_ARGUMENT, "body: is longer than 1048576",
           wxpay_notify_decode(client, "", "x", (size_t)-1, &result));
    EXPECT(WXPAY_E_ARGUMENT, "body: must not be NULL",
           wxpay_notify_decode(client, "", NULL, 1, &result));
    EXPECT(WXPAY_E_ARGUMENT, "headers", wxpay_notify_decode(client, NULL, "{}", 2, &result));
    EXPECT(WXPAY_E_ARGUMENT, "headers: is longer than 65536",
           wxpay_notify_decode(client, too_long, "{}", 2, &result));
    free(big);
    free(too_long);
}

static void WXPAY_CALL count_event(int32_t event, const char *out_trade_no, int32_t remaining_ms,
                                   void *user_data)
{
    CHECK(event >= WXPAY_EVENT_SUBMITTING && out_trade_no != NULL && remaining_ms >= 0);
    ++*(int *)user_data;
}

static void WXPAY_CALL count_log(int32_t level, const char *message, void *user_data)
{
    CHECK(level >= WXPAY_LOG_ERROR && level <= WXPAY_LOG_DEBUG && message != NULL);
    CHECK(strstr(message, "134567890123456789") == NULL);
    ++*(int *)user_data;
}

static void without_a_gateway_nothing_is_charged(wxpay_client *client)
{
    wxpay_request *request = sale("ABI0010");
    wxpay_task *task = NULL;
    wxpay_result *result = NULL;
    wxpay_status status;
    int events = 0, lines = 0, seen;

    wxpay_client_on_event(client, count_event, &events);
    wxpay_client_on_log(client, WXPAY_LOG_DEBUG, count_log, &lines);
    EXPECT(WXPAY_E_NETWORK, "", wxpay_micropay(client, request, &result));
    CHECK(events > 0);
    CHECK(lines > 0);

    wxpay_client_on_event(client, NULL, NULL);
    wxpay_client_on_log(client, 0, count_log, &lines);
    seen = lines;
    EXPECT(WXPAY_E_NETWORK, "", wxpay_query(client, "ABI0010", &result));
    CHECK(lines == seen);

    /* The request is free to go as soon as the task is started. */
    CHECK(wxpay_micropay_start(client, request, &task, &result) == WXPAY_RUNNING);
    wxpay_request_free(request);
    CHECK(wxpay_result_status(result) == WXPAY_RUNNING);
    CHECK(strcmp(wxpay_result_get(result, "out_trade_no"), "ABI0010") == 0);
    wxpay_result_free(result);
    do {
        status = wxpay_task_wait(task, 10, NULL);
    } while (status == WXPAY_RUNNING);
    CHECK(status == WXPAY_E_NETWORK);
    EXPECT(WXPAY_E_NETWORK, "", wxpay_task_wait(task, -1, &result));
    EXPECT(WXPAY_E_NETWORK, "", wxpay_task_wait(task, 0, &result));
    wxpay_task_free(task);

    request = order("ABI0011");
    EXPECT(WXPAY_E_NETWORK, "", wxpay_prepay(client, request, &result));
    task = NOT_SET(wxpay_task);
    EXPECT(WXPAY_E_NETWORK, "", wxpay_prepay_start(client, request, &task, &result));
    CHECK(task == NULL);
    EXPECT(WXPAY_UNKNOWN, "", wxpay_close(client, "ABI0011", &result));
    wxpay_request_free(request);
    /* Refunds need the client certificate that this configuration has not. */
    request = refund("ABI0010", "ABI0010-1");
    EXPECT(WXPAY_E_UNSUPPORTED, "", wxpay_refund(client, request, &result));
    EXPECT(WXPAY_E_NETWORK, "", wxpay_refund_query(client, "ABI0010-1", &result));
    wxpay_request_free(request);

    EXPECT(WXPAY_OK, "", wxpay_recover(client, &result));
    EXPECT(WXPAY_OK, "", wxpay_invoke(client, "recover", NULL, &result));
    EXPECT(WXPAY_OK, "", wxpay_invoke(client, "recover", "", &result));
}

static void handles_are_freed_in_any_order(void)
{
    wxpay_client *client = open_client("utf-8");
    wxpay_request *request = sale("ABI0020");
    wxpay_task *task = NULL;
    wxpay_result *started = NULL;
    wxpay_result *ended = NULL;

    CHECK(wxpay_micropay_start(client, request, &task, &started) == WXPAY_RUNNING);
    wxpay_client_close(client);
    CHECK(wxpay_task_wait(task, -1, &ended) < 0);
    wxpay_task_free(task);
    CHECK(wxpay_result_status(started) == WXPAY_RUNNING);
    CHECK(wxpay_result_prompt(ended) != NULL);
    wxpay_result_free(started);
    wxpay_request_free(request);
    wxpay_result_free(ended);

    client = open_client("utf-8");
    request = sale("ABI0021");
    CHECK(wxpay_micropay_start(client, request, &task, NULL) == WXPAY_RUNNING);
    wxpay_task_free(task);
    wxpay_client_close(client);
    wxpay_request_free(request);
}

static void WXPAY_CALL close_once(int32_t event, const char *out_trade_no, int32_t remaining_ms,
                                  void *user_data)
{
    wxpay_client **client = (wxpay_client **)user_data;

    (void)event, (void)out_trade_no, (void)remaining_ms;
    wxpay_client_close(*client); /* NULL the second time */
    *client = NULL;
}

static void closing_from_inside_a_callback_does_not_wait_for_itself(void)
{
    wxpay_client *client = open_client("utf-8");
    wxpay_client *handle = client;
    wxpay_request *request = sale("ABI0040");
    wxpay_status status;
    wxpay_result *result = NULL;

    wxpay_client_on_event(client, close_once, &handle);
    status = wxpay_micropay(client, request, &result);
    CHECK(handle == NULL);
    CHECK(status == WXPAY_E_CLOSED || status == WXPAY_E_NETWORK);
    CHECK(wxpay_result_prompt(result) != NULL);
    wxpay_result_free(result);
    wxpay_request_free(request);
}

static int is_ascii(const char *text)
{
    while (*text != '\0') {
        if ((unsigned char)*text++ > 127) {
            return 0;
        }
    }
    return 1;
}

static void a_gbk_till_is_answered_in_gbk(void)
{
    wxpay_client *client = open_client("gbk");
    wxpay_request *request = sale("ABI0030");
    wxpay_result *result = NULL;

    CHECK(wxpay_request_set(request, "body", "\xc4\xcc\xb2\xe8") == WXPAY_OK);
    CHECK(wxpay_micropay(client, request, &result) == WXPAY_E_NETWORK);
    CHECK(is_ascii(wxpay_result_json(result)));
    wxpay_result_free(result);

    CHECK(wxpay_request_set(request, "body", "\xc4") == WXPAY_OK);
    EXPECT(WXPAY_E_ARGUMENT, "body: is not GBK", wxpay_micropay(client, request, &result));
    wxpay_request_free(request);
    wxpay_client_close(client);
}

int main(int argc, char **argv)
{
    wxpay_client *client;

    if (argc != 2) {
        fprintf(stderr, "usage: abi DIRECTORY\n");
        return 2;
    }
    directory = argv[1];

    statuses_have_names();
    null_is_harmless_everywhere();
    a_result_answers_odd_questions();
    a_bad_configuration_opens_no_client();
    client = open_client("utf-8");
    wrong_arguments_are_named(client);
    hostile_notifications_are_refused(client);
    without_a_gateway_nothing_is_charged(client);
    wxpay_client_close(client);
    handles_are_freed_in_any_order();
    closing_from_inside_a_callback_does_not_wait_for_itself();
    a_gbk_till_is_answered_in_gbk();

    if (failures == 0) {
        printf("abi: ok\n");
    }
    return failures != 0;
}
