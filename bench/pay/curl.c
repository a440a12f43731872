/*
 * The peer: a minimal payment client by hand on libcurl and OpenSSL. It keeps its connection, verifies
 * the server's certificate and the signature of every answer, and compares order, merchant and amount.
 * bench/README.md lists what it leaves out.
 */

#include "wechat.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct client {
    wechat *wechat;
    CURL *curl;
    struct curl_slist *headers; /* those that never change */
};

typedef struct {
    char body[16384];
    size_t length;
    v3_headers headers;
} answer;

static size_t on_body(char *data, size_t one, size_t size, void *context)
{
    answer *answer = context;

    (void)one;
    if (size >= sizeof answer->body - answer->length) {
        return 0;
    }
    memcpy(answer->body + answer->length, data, size);
    answer->length += size;
    answer->body[answer->length] = '\0';
    return size;
}

static size_t on_header(char *line, size_t one, size_t size, void *context)
{
    answer *answer = context;
    const struct {
        const char *name;
        char *value;
        size_t size;
    } wanted[] = {
        {"Wechatpay-Timestamp: ", answer->headers.timestamp, sizeof answer->headers.timestamp},
        {"Wechatpay-Nonce: ", answer->headers.nonce, sizeof answer->headers.nonce},
        {"Wechatpay-Signature: ", answer->headers.signature, sizeof answer->headers.signature},
        {"Wechatpay-Serial: ", answer->headers.serial, sizeof answer->headers.serial},
    };
    size_t i;

    (void)one;
    for (i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        size_t name = strlen(wanted[i].name);
        if (size > name + 2 && strncasecmp(line, wanted[i].name, name) == 0) {
            snprintf(wanted[i].value, wanted[i].size, "%.*s", (int)(size - name - 2), line + name);
        }
    }
    return size;
}

client *client_open(void)
{
    client *opened = calloc(1, sizeof *opened);
    char path[4096], line[256];
    CURL *curl = curl_easy_init();

    opened->wechat = wechat_open();
    opened->curl = curl;
    snprintf(path, sizeof path, "%s/ca.pem", folder);
    curl_easy_setopt(curl, CURLOPT_CAINFO, path);
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, USER_AGENT);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, 5L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, 20L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    if (strcmp(api, "v2") == 0) {
        /* Reverses need it, so the connection has it, as that of wxpay. */
        snprintf(path, sizeof path, "%s/apiclient_cert.pem", folder);
        curl_easy_setopt(curl, CURLOPT_SSLCERT, path);
        snprintf(path, sizeof path, "%s/apiclient_key.pem", folder);
        curl_easy_setopt(curl, CURLOPT_SSLKEY, path);
        snprintf(path, sizeof path, "%s%s", wechat_host(opened->wechat), V2_PATH);
        opened->headers = curl_slist_append(NULL, "Content-Type: text/xml");
        curl_easy_setopt(curl, CURLOPT_HTTPHEADER, opened->headers);
    } else {
        curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
        snprintf(path, sizeof path, "%s%s", wechat_host(opened->wechat), V3_PATH);
        opened->headers = curl_slist_append(NULL, "Content-Type: application/json");
        opened->headers = curl_slist_append(opened->headers, "Accept: application/json");
        snprintf(line, sizeof line, "Wechatpay-Serial: %s", v3_public_key_id(opened->wechat));
        opened->headers = curl_slist_append(opened->headers, line);
    }
    curl_easy_setopt(curl, CURLOPT_URL, path);
    return opened;
}

void client_close(client *client)
{
    curl_easy_cleanup(client->curl);
    curl_slist_free_all(client->headers);
    wechat_close(client->wechat);
    free(client);
}

/* A payment. */
void client_warm(client *client)
{
    sale sale;
    new_sale(&sale, "0000");
    pay(client, &sale, 0);
}

void prepare(const sale *sales, int count)
{
    (void)sales;
    (void)count;
}

void pay(client *client, const sale *sale, int index)
{
    static const char name[] = "Authorization: ";
    char body[4096], authorization[1024] = "";
    struct curl_slist signing = {authorization, client->headers};
    answer answer = {.length = 0};
    const char *wrong;
    int v2 = strcmp(api, "v2") == 0;
    size_t length;
    long status;
    CURLcode code;

    (void)index;
    if (v2) {
        length = v2_request(client->wechat, sale, body, sizeof body);
    } else {
        memcpy(authorization, name, sizeof name);
        length = v3_request(client->wechat, sale, body, sizeof body,
                            authorization + sizeof name - 1,
                            sizeof authorization - sizeof name + 1);
        curl_easy_setopt(client->curl, CURLOPT_HTTPHEADER, &signing);
        curl_easy_setopt(client->curl, CURLOPT_HEADERDATA, &answer);
    }
    curl_easy_setopt(client->curl, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(client->curl, CURLOPT_POSTFIELDSIZE, (long)length);
    curl_easy_setopt(client->curl, CURLOPT_WRITEDATA, &answer);
    code = curl_easy_perform(client->curl);
    if (code != CURLE_OK) {
        die("libcurl", curl_easy_strerror(code));
    }
    curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &status);
    if (status != 200) {
        die("not paid", answer.body);
    }
    wrong = v2 ? v2_paid(client->wechat, sale, answer.body, answer.length)
               : v3_paid(client->wechat, sale, &answer.headers, answer.body, answer.length);
    if (wrong != NULL) {
        die("not paid", wrong);
    }
}

/* It would have to be written: threads, queries and their times. */
int pay_later(client *client, const sale *sale)
{
    (void)client;
    (void)sale;
    return 0;
}
