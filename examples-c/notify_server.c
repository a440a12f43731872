/*
 * Receives WeChat Pay's notifications: a small HTTP server for a private address, behind the web
 * server that has the shop's name and certificate and passes one path on to it.
 *
 *     cc -Wall -Wextra -pedantic examples-c/notify_server.c -Iinclude -Ltarget/release -lwxpay \
 *         -o notify_server
 *     ./notify_server CONFIG PORT         on 127.0.0.1; port 0 takes a free one
 *
 * It uses the configuration of the tills, and their journal if it runs on the same machine: then a
 * notification settles the order that a till waits for. What comes in may come from anybody. So nothing
 * is believed that wxpay_notify_decode does not prove, and sizes and times are limited. One request is
 * served at a time, which is plenty for a shop. Prints a line for each one:
 *
 *     NOTICE name=WXPAY_OK notification=payment out_trade_no=... out_refund_no=- total_fee=888
 *
 * Ctrl-C or SIGTERM ends it. POSIX.
 */
#define _POSIX_C_SOURCE 200112L

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <wxpay.h>

#define HEAD_LIMIT 32768UL
#define BODY_LIMIT 1048576UL
/* A sender that has not delivered its request, or taken its answer, by then is hung up on. */
#define SECONDS 10

static volatile sig_atomic_t stopping;

static void on_signal(int signal_number)
{
    (void)signal_number;
    stopping = 1;
}

/* ---- One HTTP request ---------------------------------------------------------------------- */

/* What was received: the head up to and with the blank line, then the body. */
struct request {
    char data[HEAD_LIMIT + BODY_LIMIT];
    size_t length;
    time_t deadline;
    const char *headers; /* lines, ended by a NUL */
    const char *body;
    size_t body_length;
};

static int wait_for(int connection, short what, time_t deadline)
{
    struct pollfd polled;
    time_t now = time(NULL);
    int ready;

    polled.fd = connection;
    polled.events = what;
    do {
        ready = now < deadline ? poll(&polled, 1, (int)(deadline - now) * 1000) : 0;
        now = time(NULL);
    } while (ready < 0 && errno == EINTR && !stopping);
    return ready > 0;
}

/* Receives a piece more. 0 if nothing more comes, in time or at all. */
static int receive(int connection, struct request *request, size_t limit)
{
    ssize_t got;

    if (request->length >= limit || !wait_for(connection, POLLIN, request->deadline)) {
        return 0;
    }
    got = recv(connection, request->data + request->length, limit - request->length, 0);
    if (got <= 0) {
        return 0;
    }
    request->length += (size_t)got;
    return 1;
}

/* The length of the head, its blank line included, or 0 if it has not ended yet. */
static size_t head_length(const struct request *request)
{
    size_t at;

    for (at = 3; at < request->length; at++) {
        if (memcmp(request->data + at - 3, "\r\n\r\n", 4) == 0) {
            return at + 1;
        }
    }
    return 0;
}

/* The body's length as its one header tells; -1 if there is none, or more, or no plain number. */
static long content_length(const char *headers)
{
    static const char name[] = "content-length:";
    const char *line = headers;
    long length = -1;

    while (*line != '\0') {
        if (strncasecmp(line, name, sizeof name - 1) == 0) {
            const char *digit = line + sizeof name - 1;

            if (length >= 0) {
                return -1;
            }
            digit += strspn(digit, " \t");
            for (length = 0; isdigit((unsigned char)*digit); digit++) {
                length = length * 10 + (*digit - '0');
                if (length > (long)BODY_LIMIT) {
                    return length;
                }
            }
            digit += strspn(digit, " \t");
            if (strncmp(digit, "\r\n", 2) != 0) {
                return -1;
            }
        }
        line = strstr(line, "\r\n") + 2;
    }
    return length;
}

/* Reads a request. Returns 200, or the HTTP status to refuse it with, or 0 to hang up. */
static int read_request(int connection, struct request *request)
{
    size_t head;
    long length;
    char *line_end;

    request->length = 0;
    request->deadline = time(NULL) + SECONDS;
    while ((head = head_length(request)) == 0) {
        if (!receive(connection, request, HEAD_LIMIT)) {
            return request->length >= HEAD_LIMIT ? 431 : 0;
        }
    }
    if (memchr(request->data, '\0', head) != NULL) {
        return 400;
    }
    request->data[head - 2] = '\0'; /* the blank line */
    line_end = strstr(request->data, "\r\n");
    if (strncmp(request->data, "POST ", 5) != 0) {
        return 405;
    }
    request->headers = line_end + 2;
    length = content_length(request->headers);
    if (length < 0) {
        return 411; /* a web server in front knows the length; this one reads nothing in chunks */
    }
    if (length > (long)BODY_LIMIT) {
        return 413;
    }
    while (request->length < head + (size_t)length) {
        if (!receive(connection, request, head + (size_t)length)) {
            return 0;
        }
    }
    request->body = request->data + head;
    request->body_length = (size_t)length;
    return 200;
}

static void send_all(int connection, const char *data, size_t length, time_t deadline)
{
    while (length > 0 && wait_for(connection, POLLOUT, deadline)) {
        ssize_t sent = send(connection, data, length, 0);

        if (sent <= 0) {
            return;
        }
        data += sent;
        length -= (size_t)sent;
    }
}

static void answer(int connection, long status, const char *type, const char *body)
{
    char head[256];
    time_t deadline = time(NULL) + SECONDS;

    sprintf(head,
            "HTTP/1.1 %ld %s\r\nContent-Type: %.80s\r\nContent-Length: %lu\r\n"
            "Connection: close\r\n\r\n",
            status, status < 300 ? "OK" : "Refused", type, (unsigned long)strlen(body));
    send_all(connection, head, strlen(head), deadline);
    send_all(connection, body, strlen(body), deadline);
}

/* ---- What it says -------------------------------------------------------------------------- */

static const char *known(const wxpay_result *result, const char *field)
{
    const char *text = wxpay_result_get(result, field);
    return text != NULL ? text : "-";
}

static void take(wxpay_client *client, int connection, const struct request *request)
{
    wxpay_result *result;
    int64_t reply_status = 500;
    const char *reply;
    wxpay_status status = wxpay_notify_decode(client, request->headers, request->body,
                                              request->body_length, &result);

    /*
     * Here a shop brings its own books up to date, by the order's number and only once: the same
     * notification may come several times. If that fails, it answers 500, and WeChat sends it again.
     */
    printf("NOTICE name=%s notification=%s out_trade_no=%s out_refund_no=%s total_fee=%s\n",
           wxpay_status_name(status), known(result, "notification"), known(result, "out_trade_no"),
           known(result, "out_refund_no"), known(result, "total_fee"));
    fflush(stdout);
    fprintf(stderr, "%s\n", wxpay_result_message(result));

    wxpay_result_get_int(result, "reply_status", &reply_status);
    reply = wxpay_result_get(result, "reply");
    answer(connection, (long)reply_status, known(result, "reply_type"), reply != NULL ? reply : "");
    wxpay_result_free(result);
}

static void serve(wxpay_client *client, int connection, struct request *request)
{
    int status = read_request(connection, request);

    if (status == 200) {
        take(client, connection, request);
    } else if (status != 0) {
        answer(connection, status, "text/plain", "");
    }
}

/* ---- The server ---------------------------------------------------------------------------- */

static int listen_on(unsigned port)
{
    struct sockaddr_in address;
    socklen_t length = sizeof address;
    int on = 1;
    int listener = socket(AF_INET, SOCK_STREAM, 0);

    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons((unsigned short)port);
    if (listener < 0 || setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(listener, 16) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) != 0) {
        perror("cannot listen");
        return -1;
    }
    printf("listening on http://127.0.0.1:%u/\n", (unsigned)ntohs(address.sin_port));
    fflush(stdout);
    return listener;
}

/* Signals interrupt the waiting for a connection. */
static void handle_signals(void)
{
    struct sigaction action;

    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, NULL); /* a sender that hangs up is no reason to end */
}

int main(int argc, char **argv)
{
    static struct request request;
    wxpay_client *client;
    wxpay_result *result;
    wxpay_status status;
    struct pollfd polled;

    if (argc != 3 || atol(argv[2]) < 0 || atol(argv[2]) > 65535) {
        fprintf(stderr, "usage: notify_server CONFIG PORT\n");
        return 3;
    }
    status = wxpay_client_open(argv[1], &client, &result);
    if (status != WXPAY_OK) {
        fprintf(stderr, "%s: %s\n", wxpay_status_name(status), wxpay_result_message(result));
        wxpay_result_free(result);
        return 3;
    }
    wxpay_result_free(result);
    handle_signals();
    polled.fd = listen_on((unsigned)atol(argv[2]));
    polled.events = POLLIN;
    /* Not accept by itself: a signal between the test and the call would be slept over. */
    while (polled.fd >= 0 && !stopping) {
        int connection;

        if (poll(&polled, 1, 1000) > 0 && (connection = accept(polled.fd, NULL, NULL)) >= 0) {
            serve(client, connection, &request);
            close(connection);
        }
    }
    if (polled.fd >= 0) {
        close(polled.fd);
    }
    wxpay_client_close(client);
    return polled.fd >= 0 ? 0 : 3;
}
