/* Payment messages by hand: what a minimal client has to build and to check. */
#ifndef WECHAT_H
#define WECHAT_H

#include <stddef.h>

#include "contestant.h"

#define USER_AGENT "bench/1"
#define V2_PATH "/pay/micropay"
#define V3_PATH "/v3/pay/transactions/codepay"

/* Keys and accounts, from the simulator's folder. */
typedef struct wechat wechat;
wechat *wechat_open(void);
void wechat_close(wechat *wechat);
/* Such as https://localhost:40001. */
const char *wechat_host(const wechat *wechat);

/* Both return the body's length; `authorization` is the header of that name. */
size_t v2_request(const wechat *wechat, const sale *sale, char *body, size_t size);
size_t v3_request(const wechat *wechat, const sale *sale, char *body, size_t size,
                  char *authorization, size_t authorization_size);
const char *v3_public_key_id(const wechat *wechat);

/* The values of the headers that sign an answer of APIv3. */
typedef struct {
    char timestamp[32], nonce[64], signature[512], serial[128];
} v3_headers;

/* NULL if the answer proves that the sale is paid, otherwise what is wrong with it. */
const char *v2_paid(const wechat *wechat, const sale *sale, char *body, size_t length);
const char *v3_paid(const wechat *wechat, const sale *sale, const v3_headers *headers,
                    const char *body, size_t length);

#endif
