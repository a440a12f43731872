/* See wechat.h. OpenSSL for keys and digests, cJSON for JSON; XML is read by searching for the tags. */

#include "wechat.h"

#include <cjson/cJSON.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct wechat {
    char host[256], appid[64], mch_id[64], api_key[64];
    char serial_no[64], public_key_id[128];
    EVP_PKEY *private_key, *public_key;
};

/* The text between the quotes after `name`; this is no TOML reader. */
static void setting(const char *text, const char *name, char *value, size_t size)
{
    char pattern[64];
    const char *at;

    snprintf(pattern, sizeof pattern, "\n%s = ", name);
    at = strstr(text, pattern);
    at = at == NULL ? NULL : strchr(at, '"');
    if (at == NULL) {
        die("wxpay.toml lacks", name);
    }
    snprintf(value, size, "%.*s", (int)strcspn(at + 1, "\""), at + 1);
}

static EVP_PKEY *key_of(const char *name, int private)
{
    char *pem = read_file(folder, name);
    BIO *memory = BIO_new_mem_buf(pem, -1);
    EVP_PKEY *key = private ? PEM_read_bio_PrivateKey(memory, NULL, NULL, NULL)
                            : PEM_read_bio_PUBKEY(memory, NULL, NULL, NULL);
    if (key == NULL) {
        die(name, "is no key");
    }
    BIO_free(memory);
    free(pem);
    return key;
}

wechat *wechat_open(void)
{
    wechat *wechat = calloc(1, sizeof *wechat);
    char *toml = read_file(folder, "wxpay.toml");

    setting(toml, "hosts", wechat->host, sizeof wechat->host);
    setting(toml, "appid", wechat->appid, sizeof wechat->appid);
    if (strcmp(api, "v2") == 0) {
        char *key = read_file(folder, "api_key.txt");
        setting(toml, "mch_id", wechat->mch_id, sizeof wechat->mch_id);
        snprintf(wechat->api_key, sizeof wechat->api_key, "%.*s", (int)strcspn(key, "\r\n"), key);
        free(key);
    } else {
        setting(toml, "mchid", wechat->mch_id, sizeof wechat->mch_id);
        setting(toml, "serial_no", wechat->serial_no, sizeof wechat->serial_no);
        setting(toml, "public_key_id", wechat->public_key_id, sizeof wechat->public_key_id);
        wechat->private_key = key_of("apiclient_key.pem", 1);
        wechat->public_key = key_of("pub_key.pem", 0);
    }
    free(toml);
    return wechat;
}

void wechat_close(wechat *wechat)
{
    EVP_PKEY_free(wechat->private_key);
    EVP_PKEY_free(wechat->public_key);
    free(wechat);
}

const char *wechat_host(const wechat *wechat)
{
    return wechat->host;
}

const char *v3_public_key_id(const wechat *wechat)
{
    return wechat->public_key_id;
}

static void hex(const unsigned char *bytes, size_t count, const char *digits, char *text)
{
    size_t i;
    for (i = 0; i < count; i++) {
        text[2 * i] = digits[bytes[i] >> 4];
        text[2 * i + 1] = digits[bytes[i] & 15];
    }
    text[2 * count] = '\0';
}

static void nonce(char text[33])
{
    unsigned char bytes[16];
    RAND_bytes(bytes, sizeof bytes);
    hex(bytes, sizeof bytes, "0123456789abcdef", text);
}

/* ---- APIv2 ------------------------------------------------------------------------------- */

typedef struct {
    const char *name, *value;
} parameter;

static int by_name(const void *a, const void *b)
{
    return strcmp(((const parameter *)a)->name, ((const parameter *)b)->name);
}

/* HMAC-SHA256 over a=1&b=2&...&key=K; the parameters are in the order of their names. */
static void v2_sign(const wechat *wechat, const parameter *parameters, int count, char sign[65])
{
    char text[8192];
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length;
    size_t at = 0;
    int i;

    for (i = 0; i < count; i++) {
        if (parameters[i].value[0] != '\0' && strcmp(parameters[i].name, "sign") != 0) {
            at += (size_t)snprintf(text + at, sizeof text - at, "%s=%s&", parameters[i].name,
                                   parameters[i].value);
            if (at >= sizeof text) {
                die("v2", "too many parameters");
            }
        }
    }
    at += (size_t)snprintf(text + at, sizeof text - at, "key=%s", wechat->api_key);
    HMAC(EVP_sha256(), wechat->api_key, (int)strlen(wechat->api_key), (unsigned char *)text, at,
         digest, &length);
    hex(digest, length, "0123456789ABCDEF", sign);
}

size_t v2_request(const wechat *wechat, const sale *sale, char *body, size_t size)
{
    char nonce_str[33], sign[65], total_fee[24];
    parameter parameters[10] = {
        {"appid", wechat->appid},
        {"auth_code", sale->auth_code},
        {"body", BODY},
        {"mch_id", wechat->mch_id},
        {"nonce_str", nonce_str},
        {"out_trade_no", sale->out_trade_no},
        {"sign_type", "HMAC-SHA256"},
        {"spbill_create_ip", "127.0.0.1"},
        {"total_fee", total_fee},
    };
    size_t at;
    int i;

    nonce(nonce_str);
    snprintf(total_fee, sizeof total_fee, "%d", TOTAL_FEE);
    v2_sign(wechat, parameters, 9, sign);
    parameters[9].name = "sign";
    parameters[9].value = sign;
    at = (size_t)snprintf(body, size, "<xml>");
    for (i = 0; i < 10; i++) {
        at += (size_t)snprintf(body + at, size - at, "<%s>%s</%s>", parameters[i].name,
                               parameters[i].value, parameters[i].name);
    }
    return at + (size_t)snprintf(body + at, size - at, "</xml>");
}

/* The elements under <xml>, whose names and values are ended by NULs in place. -1: not understood. */
static int v2_read(char *body, parameter *parameters, int most)
{
    char *at = strstr(body, "<xml>");
    int count = 0;

    if (at == NULL) {
        return -1;
    }
    for (at += 5;; count++) {
        char *name, *value, *end;
        at += strspn(at, " \t\r\n");
        if (strncmp(at, "</xml>", 6) == 0) {
            return count;
        }
        if (*at != '<' || count == most) {
            return -1;
        }
        name = at + 1;
        value = strchr(name, '>');
        if (value == NULL) {
            return -1;
        }
        *value++ = '\0';
        if (strncmp(value, "<![CDATA[", 9) == 0) {
            value += 9;
            end = strstr(value, "]]>");
            at = end == NULL ? NULL : end + 3;
        } else {
            end = at = strchr(value, '<');
        }
        if (at == NULL || strncmp(at, "</", 2) != 0) {
            return -1;
        }
        at = strchr(at, '>');
        if (at == NULL) {
            return -1;
        }
        at++;
        *end = '\0';
        parameters[count].name = name;
        parameters[count].value = value;
    }
}

const char *v2_paid(const wechat *wechat, const sale *sale, char *body, size_t length)
{
    parameter parameters[64];
    const char *wanted[][2] = {
        {"return_code", "SUCCESS"},    {"result_code", "SUCCESS"},
        {"appid", wechat->appid},      {"mch_id", wechat->mch_id},
        {"out_trade_no", sale->out_trade_no}, {"total_fee", NULL},
        {"sign", NULL},                {"transaction_id", ""},
    };
    char sign[65], total_fee[24];
    int count, i;
    size_t which;

    (void)length;
    count = v2_read(body, parameters, 64);
    if (count < 0) {
        return "the answer is not understood";
    }
    qsort(parameters, (size_t)count, sizeof *parameters, by_name);
    v2_sign(wechat, parameters, count, sign);
    snprintf(total_fee, sizeof total_fee, "%d", TOTAL_FEE);
    wanted[5][1] = total_fee;
    wanted[6][1] = sign;
    for (which = 0; which < sizeof wanted / sizeof *wanted; which++) {
        for (i = 0; i < count && strcmp(parameters[i].name, wanted[which][0]) != 0; i++) {
        }
        if (i == count ||
            (wanted[which][1][0] != '\0' && strcmp(parameters[i].value, wanted[which][1]) != 0)) {
            return wanted[which][0];
        }
    }
    return NULL;
}

/* ---- APIv3 ------------------------------------------------------------------------------- */

size_t v3_request(const wechat *wechat, const sale *sale, char *body, size_t size,
                  char *authorization, size_t authorization_size)
{
    char nonce_str[33], message[4096], signature[512];
    unsigned char raw[512];
    size_t raw_length = sizeof raw, length;
    long timestamp = (long)time(NULL);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    cJSON *order = cJSON_CreateObject(), *part, *store;
    int written;

    cJSON_AddStringToObject(order, "appid", wechat->appid);
    cJSON_AddStringToObject(order, "mchid", wechat->mch_id);
    cJSON_AddStringToObject(order, "description", BODY);
    cJSON_AddStringToObject(order, "out_trade_no", sale->out_trade_no);
    part = cJSON_AddObjectToObject(order, "payer");
    cJSON_AddStringToObject(part, "auth_code", sale->auth_code);
    part = cJSON_AddObjectToObject(order, "amount");
    cJSON_AddNumberToObject(part, "total", TOTAL_FEE);
    part = cJSON_AddObjectToObject(order, "scene_info");
    cJSON_AddStringToObject(part, "device_ip", "127.0.0.1");
    store = cJSON_AddObjectToObject(part, "store_info");
    cJSON_AddStringToObject(store, "out_id", wechat->mch_id);
    if (!cJSON_PrintPreallocated(order, body, (int)size, 0)) {
        die("v3", "the body is too large");
    }
    cJSON_Delete(order);
    length = strlen(body);

    nonce(nonce_str);
    written = snprintf(message, sizeof message, "POST\n%s\n%ld\n%s\n%s\n", V3_PATH, timestamp,
                       nonce_str, body);
    if (EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, wechat->private_key) != 1 ||
        EVP_DigestSign(context, raw, &raw_length, (unsigned char *)message, (size_t)written) != 1) {
        die("v3", "cannot sign");
    }
    EVP_MD_CTX_free(context);
    EVP_EncodeBlock((unsigned char *)signature, raw, (int)raw_length);
    snprintf(authorization, authorization_size,
             "WECHATPAY2-SHA256-RSA2048 mchid=\"%s\",nonce_str=\"%s\",timestamp=\"%ld\","
             "serial_no=\"%s\",signature=\"%s\"",
             wechat->mch_id, nonce_str, timestamp, wechat->serial_no, signature);
    return length;
}

static int v3_proven(const wechat *wechat, const v3_headers *headers, const char *body,
                     size_t length)
{
    char message[16384];
    unsigned char raw[512];
    EVP_MD_CTX *context;
    size_t signature = strlen(headers->signature);
    int raw_length, written, proven;

    if (strcmp(headers->serial, wechat->public_key_id) != 0 ||
        labs(atol(headers->timestamp) - (long)time(NULL)) >= 300 || signature % 4 != 0 ||
        signature < 4) {
        return 0;
    }
    raw_length = EVP_DecodeBlock(raw, (const unsigned char *)headers->signature, (int)signature);
    raw_length -= headers->signature[signature - 1] == '=';
    raw_length -= headers->signature[signature - 2] == '=';
    written = snprintf(message, sizeof message, "%s\n%s\n%.*s\n", headers->timestamp,
                       headers->nonce, (int)length, body);
    if (raw_length <= 0 || written >= (int)sizeof message) {
        return 0;
    }
    context = EVP_MD_CTX_new();
    proven = EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, wechat->public_key) == 1 &&
             EVP_DigestVerify(context, raw, (size_t)raw_length, (unsigned char *)message,
                              (size_t)written) == 1;
    EVP_MD_CTX_free(context);
    return proven;
}

static int is(const cJSON *object, const char *name, const char *value)
{
    const char *have = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
    return have != NULL && strcmp(have, value) == 0;
}

const char *v3_paid(const wechat *wechat, const sale *sale, const v3_headers *headers,
                    const char *body, size_t length)
{
    const char *wrong = NULL;
    cJSON *answer;
    const cJSON *total;

    if (!v3_proven(wechat, headers, body, length)) {
        return "the answer is not signed by WeChat Pay";
    }
    answer = cJSON_ParseWithLength(body, length);
    total = cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(answer, "amount"),
                                             "total");
    if (!is(answer, "trade_state", "SUCCESS")) {
        wrong = "trade_state";
    } else if (!is(answer, "appid", wechat->appid) || !is(answer, "mchid", wechat->mch_id)) {
        wrong = "another merchant";
    } else if (!is(answer, "out_trade_no", sale->out_trade_no)) {
        wrong = "another order";
    } else if (!cJSON_IsNumber(total) || total->valueint != TOTAL_FEE) {
        wrong = "another amount";
    } else if (cJSON_GetObjectItemCaseSensitive(answer, "transaction_id") == NULL) {
        wrong = "no transaction_id";
    }
    cJSON_Delete(answer);
    return wrong;
}
