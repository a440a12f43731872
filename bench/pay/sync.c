/* One disk sync: as many bytes as a commit of the journal appends, and then fdatasync. EXTRA is the
 * file to write, on the journal's disk. It pays nothing. */

#include "contestant.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct client {
    int file;
};

client *client_open(void)
{
    client *opened = calloc(1, sizeof *opened);
    opened->file = open(extra, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (opened->file < 0) {
        die(extra, "cannot be written");
    }
    return opened;
}

void client_close(client *client)
{
    close(client->file);
    free(client);
}

void client_warm(client *client)
{
    (void)client;
}

void prepare(const sale *sales, int count)
{
    (void)sales;
    (void)count;
}

/* A frame of SQLite's log: a page and its header. */
void pay(client *client, const sale *sale, int index)
{
    char frame[4096 + 24];

    (void)sale;
    memset(frame, index, sizeof frame);
    if (write(client->file, frame, sizeof frame) != (ssize_t)sizeof frame ||
        fdatasync(client->file) != 0) {
        die(extra, "cannot be written");
    }
}

int pay_later(client *client, const sale *sale)
{
    (void)client;
    (void)sale;
    return 0;
}
