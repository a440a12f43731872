/*
 * The floor: the same payments without any library but OpenSSL's TLS. The bytes of each request are
 * made before the clock runs; of an answer only its status and its length are read, so nothing of it
 * is proven.
 */
#define _DEFAULT_SOURCE

#include "wechat.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct {
    char bytes[8192];
    int length;
} request;

struct client {
    SSL_CTX *context;
    SSL *tls;
    char host[128], port[8];
};

static request *requests;

client *client_open(void)
{
    client *opened = calloc(1, sizeof *opened);
    wechat *wechat = wechat_open();
    char path[4096];

    if (sscanf(wechat_host(wechat), "https://%127[^:]:%7s", opened->host, opened->port) != 2) {
        die("no host and port", wechat_host(wechat));
    }
    wechat_close(wechat);
    opened->context = SSL_CTX_new(TLS_client_method());
    snprintf(path, sizeof path, "%s/ca.pem", folder);
    SSL_CTX_set_min_proto_version(opened->context, TLS1_2_VERSION);
    SSL_CTX_set_verify(opened->context, SSL_VERIFY_PEER, NULL);
    if (SSL_CTX_load_verify_locations(opened->context, path, NULL) != 1) {
        die(path, "is no CA");
    }
    if (strcmp(api, "v2") == 0) {
        snprintf(path, sizeof path, "%s/apiclient_cert.pem", folder);
        SSL_CTX_use_certificate_chain_file(opened->context, path);
        snprintf(path, sizeof path, "%s/apiclient_key.pem", folder);
        SSL_CTX_use_PrivateKey_file(opened->context, path, SSL_FILETYPE_PEM);
    }
    return opened;
}

void client_close(client *client)
{
    if (client->tls != NULL) {
        SSL_shutdown(client->tls);
        close(SSL_get_fd(client->tls));
        SSL_free(client->tls);
    }
    SSL_CTX_free(client->context);
    free(client);
}

static void client_connect(client *client)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found, *at;
    int stream = -1, one = 1;

    if (getaddrinfo(client->host, client->port, &hints, &found) != 0) {
        die(client->host, "is not found");
    }
    for (at = found; at != NULL && stream < 0; at = at->ai_next) {
        stream = socket(at->ai_family, at->ai_socktype, at->ai_protocol);
        if (stream >= 0 && connect(stream, at->ai_addr, at->ai_addrlen) != 0) {
            close(stream);
            stream = -1;
        }
    }
    freeaddrinfo(found);
    if (stream < 0) {
        die(client->host, "cannot be connected to");
    }
    setsockopt(stream, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    client->tls = SSL_new(client->context);
    SSL_set_fd(client->tls, stream);
    SSL_set_tlsext_host_name(client->tls, client->host);
    SSL_set1_host(client->tls, client->host);
    if (SSL_connect(client->tls) != 1) {
        die("TLS", ERR_error_string(ERR_get_error(), NULL));
    }
}

/* The connection. */
void client_warm(client *client)
{
    client_connect(client);
}

void prepare(const sale *sales, int count)
{
    wechat *wechat = wechat_open();
    const char *host = wechat_host(wechat) + strlen("https://");
    int i;

    free(requests);
    requests = calloc((size_t)count, sizeof *requests);
    for (i = 0; i < count; i++) {
        request *request = &requests[i];
        char body[4096], authorization[1024];

        if (strcmp(api, "v2") == 0) {
            size_t length = v2_request(wechat, &sales[i], body, sizeof body);
            request->length = snprintf(request->bytes, sizeof request->bytes,
                                       "POST %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: %s\r\n"
                                       "Accept: */*\r\nContent-Type: text/xml\r\n"
                                       "Content-Length: %zu\r\n\r\n%s",
                                       V2_PATH, host, USER_AGENT, length, body);
        } else {
            size_t length = v3_request(wechat, &sales[i], body, sizeof body, authorization,
                                       sizeof authorization);
            request->length = snprintf(request->bytes, sizeof request->bytes,
                                       "POST %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: %s\r\n"
                                       "Authorization: %s\r\nAccept: application/json\r\n"
                                       "Content-Type: application/json\r\nWechatpay-Serial: %s\r\n"
                                       "Content-Length: %zu\r\n\r\n%s",
                                       V3_PATH, host, USER_AGENT, authorization,
                                       v3_public_key_id(wechat), length, body);
        }
    }
    wechat_close(wechat);
}

void pay(client *client, const sale *sale, int index)
{
    char bytes[16384];
    int have = 0, whole = 0;

    (void)sale;
    if (client->tls == NULL) {
        client_connect(client);
    }
    if (SSL_write(client->tls, requests[index].bytes, requests[index].length) <= 0) {
        die("TLS", "cannot write");
    }
    while (whole == 0 || have < whole) {
        int got = SSL_read(client->tls, bytes + have, (int)sizeof bytes - 1 - have);
        char *end, *length;
        if (got <= 0) {
            die("TLS", "cannot read");
        }
        have += got;
        bytes[have] = '\0';
        if (whole == 0 && (end = strstr(bytes, "\r\n\r\n")) != NULL) {
            length = strstr(bytes, "content-length: ");
            if (length == NULL || strncmp(bytes, "HTTP/1.1 200 ", 13) != 0) {
                die("not paid", bytes);
            }
            whole = (int)(end + 4 - bytes) + atoi(length + strlen("content-length: "));
        }
    }
}

int pay_later(client *client, const sale *sale)
{
    (void)client;
    (void)sale;
    return 0;
}
