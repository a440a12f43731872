/* What the contestants have in common: each is a process that pays when it is told to, and says what
 * that took. See contestant.c. */
#ifndef CONTESTANT_H
#define CONTESTANT_H

typedef struct {
    char out_trade_no[33];
    char auth_code[19];
} sale;

/* The amount of every sale, in fen, and what is sold. */
#define TOTAL_FEE 888
#define BODY "coffee"

/* A sale that nobody has made before; ending: what happens to it, see `wxpay-simulator scenarios`. */
void new_sale(sale *sale, const char *ending);

void die(const char *what, const char *why);

/* Room of its own for the file's bytes, ended by a NUL. */
char *read_file(const char *folder, const char *name);

/* What each contestant has. Memory is measured, so a client is all that it keeps. */
typedef struct client client;
/* Sends nothing. */
client *client_open(void);
void client_close(client *client);
/* What a till can do before the first customer comes. */
void client_warm(client *client);
/* Before the clock runs: what a contestant has no part in. */
void prepare(const sale *sales, int count);
/* Ends the process unless the sale is paid, and proven to be. */
void pay(client *client, const sale *sale, int index);
/* Begins to pay and leaves it. 0 if the contestant cannot do that. */
int pay_later(client *client, const sale *sale);

/* From the command line. */
extern const char *api;    /* v2 or v3 */
extern const char *folder; /* of the simulator */
extern const char *extra;  /* the configuration of wxpay; the file to write of sync */

#endif
