/*
 * The peer of ride.rs: the same two jobs as an integrator writes them by hand with OpenSSL and cJSON.
 *
 *     cc -O2 -Wall -Wextra bench/ride_peer.c -lcrypto -lcjson -o ride_peer
 *     ./ride_peer CALLBACK_FILE ROUNDS
 *
 * deduct: the body of a deduction and its address. callback: a callback verified (HMAC-SHA256),
 * decrypted (AES-256-CBC) and read. Prints a line for each: its name and nanoseconds a round.
 */
#define _POSIX_C_SOURCE 200112L

#include <cjson/cJSON.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SIGN_KEY "0123456789abcdef"
#define AES_KEY "0123456789abcdef0123456789abcdef"
#define ACCESS_TOKEN "74_Zk3vX0c9pQ7tN1bR5sW8yA2dF4gH6jK0lM9nB7vC5xZ1qW3eR5tY7uI9oP0aSdF"
#define PASSENGER "TXSIMULATED0000000000000000000000000000000000000000000000000000000000000000"

static void must(int condition, const char *what)
{
    if (!condition) {
        fprintf(stderr, "ride_peer: %s\n", what);
        exit(1);
    }
}

static double now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* ---- A deduction --------------------------------------------------------------------------- */

static void percent_encode(const char *text, char *out)
{
    static const char hex[] = "0123456789ABCDEF";

    for (; *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;

        if (strchr("-_.~", byte) != NULL || (byte >= '0' && byte <= '9') ||
            (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z')) {
            *out++ = (char)byte;
        } else {
            *out++ = '%';
            *out++ = hex[byte >> 4];
            *out++ = hex[byte & 15];
        }
    }
    *out = '\0';
}

static size_t deduct(void)
{
    char path[512], token[256], qrcode[256];
    cJSON *body = cJSON_CreateObject();
    char *text;
    size_t length;

    EVP_EncodeBlock((unsigned char *)qrcode, (const unsigned char *)PASSENGER,
                    (int)strlen(PASSENGER));
    percent_encode(ACCESS_TOKEN, token);
    snprintf(path, sizeof path, "/intp/transportcode/simulated?access_token=%s", token);
    cJSON_AddStringToObject(body, "qrcode", qrcode);
    cJSON_AddNumberToObject(body, "total_fee", 180);
    cJSON_AddNumberToObject(body, "original_fee", 200);
    cJSON_AddStringToObject(body, "machine_ip", "10.1.2.3");
    cJSON_AddNumberToObject(body, "machine_latitude", 22.543096);
    cJSON_AddNumberToObject(body, "machine_longitude", 114.057865);
    cJSON_AddStringToObject(body, "body", "\u516c\u4ea4\u4ee3\u6263");
    cJSON_AddStringToObject(body, "start_time", "20261122090500");
    cJSON_AddStringToObject(body, "line_name", "M393");
    cJSON_AddStringToObject(body, "trade_scene", "BUS");
    cJSON_AddStringToObject(body, "out_order_no", "RIDE-20261122-000001");
    cJSON_AddStringToObject(body, "attach", "RIDE-20261122-000001");
    text = cJSON_PrintUnformatted(body);
    must(text != NULL, "no body");
    length = strlen(text) + strlen(path);
    free(text);
    cJSON_Delete(body);
    return length;
}

/* ---- A callback ---------------------------------------------------------------------------- */

static const char *string(const cJSON *object, const char *name)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));

    must(text != NULL, name);
    return text;
}

static size_t decode_base64(const char *text, unsigned char *out)
{
    size_t length = strlen(text);
    int decoded = EVP_DecodeBlock(out, (const unsigned char *)text, (int)length);

    must(decoded >= 0, "no base64");
    while (length > 0 && text[--length] == '=') {
        decoded--;
    }
    return (size_t)decoded;
}

static long callback(const char *received)
{
    cJSON *outer = cJSON_Parse(received), *inner;
    char base[4096], sign[65];
    unsigned char digest[32], iv[64], sealed[2048], plain[2048];
    unsigned int digest_length = 0;
    size_t index, sealed_length;
    int length = 0, rest = 0;
    long fen;
    EVP_CIPHER_CTX *cipher;

    must(outer != NULL, "no JSON");
    snprintf(base, sizeof base, "appid=%s&encrypted_data=%s&iv=%s&mch_id=%s&nonce_str=%s&key=%s",
             string(outer, "appid"), string(outer, "encrypted_data"), string(outer, "iv"),
             string(outer, "mch_id"), string(outer, "nonce_str"), SIGN_KEY);
    HMAC(EVP_sha256(), SIGN_KEY, (int)strlen(SIGN_KEY), (const unsigned char *)base, strlen(base),
         digest, &digest_length);
    for (index = 0; index < sizeof digest; index++) {
        snprintf(sign + 2 * index, 3, "%02X", digest[index]);
    }
    must(strlen(string(outer, "sign")) == 64 &&
             CRYPTO_memcmp(sign, string(outer, "sign"), 64) == 0,
         "wrong signature");
    must(decode_base64(string(outer, "iv"), iv) == 16, "wrong iv");
    sealed_length = decode_base64(string(outer, "encrypted_data"), sealed);
    cipher = EVP_CIPHER_CTX_new();
    must(cipher != NULL &&
             EVP_DecryptInit_ex(cipher, EVP_aes_256_cbc(), NULL, (const unsigned char *)AES_KEY,
                                iv) == 1 &&
             EVP_DecryptUpdate(cipher, plain, &length, sealed, (int)sealed_length) == 1 &&
             EVP_DecryptFinal_ex(cipher, plain + length, &rest) == 1,
         "cannot be decrypted");
    EVP_CIPHER_CTX_free(cipher);
    plain[length + rest] = '\0';
    inner = cJSON_Parse((const char *)plain);
    must(inner != NULL && strcmp(string(inner, "trade_state"), "SUCCESS") == 0 &&
             *string(inner, "transaction_id") != '\0' && *string(inner, "attach") != '\0',
         "not paid");
    fen = (long)cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(inner, "total_fee"));
    cJSON_Delete(inner);
    cJSON_Delete(outer);
    return fen;
}

int main(int argc, char **argv)
{
    char received[4096];
    size_t length, sum = 0;
    long rounds, round;
    double begun;
    FILE *file;

    must(argc == 3, "usage: ride_peer CALLBACK_FILE ROUNDS");
    rounds = atol(argv[2]);
    file = fopen(argv[1], "rb");
    must(file != NULL && rounds > 0, "cannot begin");
    length = fread(received, 1, sizeof received - 1, file);
    received[length] = '\0';
    fclose(file);

    begun = now_ns();
    for (round = 0; round < rounds; round++) {
        sum += deduct();
    }
    printf("deduct %.0f\n", (now_ns() - begun) / (double)rounds);
    begun = now_ns();
    for (round = 0; round < rounds; round++) {
        sum += (size_t)callback(received);
    }
    printf("callback %.0f\n", (now_ns() - begun) / (double)rounds);
    return sum > 0 ? 0 : 1;
}
