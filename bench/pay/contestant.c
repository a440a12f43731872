/*
 * The main function of every contestant:
 *
 *     CONTESTANT v2|v3 FOLDER DIGIT [EXTRA]
 *
 * FOLDER is the simulator's, DIGIT keeps the contestants' payment codes apart. Each line of standard
 * input is a job, answered by a line of numbers:
 *
 *     pay N       N payments by the same client: CPU time, then the time of each
 *     open N      N clients opened and closed: CPU time, then the time of each
 *     cold N      N clients, the first payment of each: CPU time of them, then the time of each
 *     warm N      the same after client_warm
 *     clients N   bytes of memory for each of N clients that are open, and after a payment by each
 *     waiting N   bytes of memory for each of N payments whose payer types a password, or 0
 *
 * Times are nanoseconds. CPU time is that of the whole process, in user mode and in the kernel.
 */
#define _DEFAULT_SOURCE

#include "contestant.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

const char *api, *folder, *extra;
static const char *digit;

void die(const char *what, const char *why)
{
    fprintf(stderr, "%s: %s\n", what, why);
    exit(1);
}

char *read_file(const char *in, const char *name)
{
    char path[4096], *text = calloc(1, 65536);
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", in, name);
    file = fopen(path, "rb");
    if (file == NULL || text == NULL || fread(text, 1, 65535, file) == 0) {
        die(path, "cannot be read");
    }
    fclose(file);
    return text;
}

void new_sale(sale *sale, const char *ending)
{
    static unsigned count;
    unsigned process = (unsigned)getpid() % 100000;

    count++;
    snprintf(sale->out_trade_no, sizeof sale->out_trade_no, "B%s-%05u-%06u", digit, process,
             count % 1000000);
    snprintf(sale->auth_code, sizeof sale->auth_code, "13%s%05u%06u%s", digit, process,
             count % 1000000, ending);
}

static long long now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static long long cpu(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000000LL +
           (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000LL;
}

/* Memory that is in use, without what was freed and not given back. */
static long long resident(void)
{
    long long pages = 0;
    FILE *file;

    malloc_trim(0);
    file = fopen("/proc/self/statm", "r");
    if (file == NULL || fscanf(file, "%*d %lld", &pages) != 1) {
        die("/proc/self/statm", "cannot be read");
    }
    fclose(file);
    return pages * sysconf(_SC_PAGESIZE);
}

static sale *new_sales(int count)
{
    sale *sales = calloc((size_t)count, sizeof *sales);
    int i;
    for (i = 0; i < count; i++) {
        new_sale(&sales[i], "0000");
    }
    prepare(sales, count);
    return sales;
}

static void answer(long long used, const long long *times, int count)
{
    int i;
    printf("%lld", used);
    for (i = 0; i < count; i++) {
        printf(" %lld", times[i]);
    }
    printf("\n");
}

static void job_pay(int count)
{
    static client *standing;
    sale *sales = new_sales(count);
    long long *times = calloc((size_t)count, sizeof *times), used;
    int i;

    if (standing == NULL) {
        standing = client_open();
    }
    used = cpu();
    for (i = 0; i < count; i++) {
        times[i] = now();
        pay(standing, &sales[i], i);
        times[i] = now() - times[i];
    }
    used = cpu() - used;
    answer(used, times, count);
    free(times);
    free(sales);
}

static void job_open(int count)
{
    long long *times = calloc((size_t)count, sizeof *times), used = cpu();
    int i;

    for (i = 0; i < count; i++) {
        times[i] = now();
        client_close(client_open());
        times[i] = now() - times[i];
    }
    used = cpu() - used;
    answer(used, times, count);
    free(times);
}

static void job_first(int count, int warm)
{
    sale *sales = new_sales(count);
    long long *times = calloc((size_t)count, sizeof *times), used = 0;
    int i;

    for (i = 0; i < count; i++) {
        client *fresh = client_open();
        if (warm) {
            client_warm(fresh);
        }
        used -= cpu();
        times[i] = now();
        pay(fresh, &sales[i], i);
        times[i] = now() - times[i];
        used += cpu();
        client_close(fresh);
    }
    answer(used, times, count);
    free(times);
    free(sales);
}

static void job_clients(int count)
{
    client **clients = calloc((size_t)count, sizeof *clients);
    sale *sales = new_sales(count);
    long long before = resident(), open, paid;
    int i;

    for (i = 0; i < count; i++) {
        clients[i] = client_open();
    }
    open = resident() - before;
    for (i = 0; i < count; i++) {
        pay(clients[i], &sales[i], i);
    }
    paid = resident() - before;
    for (i = 0; i < count; i++) {
        client_close(clients[i]);
    }
    printf("%lld %lld\n", open / count, paid / count);
    free(clients);
    free(sales);
}

static void job_waiting(int count)
{
    client *one = client_open();
    long long before = resident(), after = before;
    int i;

    for (i = 0; i < count; i++) {
        sale sale;
        new_sale(&sale, "0103");
        if (!pay_later(one, &sale)) {
            break;
        }
    }
    if (i > 0) {
        /* All have been charged, and wait for the payer. */
        sleep(3);
        after = resident();
    }
    printf("%lld\n", (after - before) / count);
    client_close(one);
}

int main(int argc, char **argv)
{
    char line[64], job[16];
    int count;

    if (argc < 4) {
        die("usage", "CONTESTANT v2|v3 FOLDER DIGIT [EXTRA]");
    }
    api = argv[1];
    folder = argv[2];
    digit = argv[3];
    extra = argc > 4 ? argv[4] : "";
    while (fgets(line, sizeof line, stdin) != NULL) {
        if (sscanf(line, "%15s %d", job, &count) != 2 || count < 1) {
            die("no job", line);
        }
        if (strcmp(job, "pay") == 0) {
            job_pay(count);
        } else if (strcmp(job, "open") == 0) {
            job_open(count);
        } else if (strcmp(job, "cold") == 0) {
            job_first(count, 0);
        } else if (strcmp(job, "warm") == 0) {
            job_first(count, 1);
        } else if (strcmp(job, "clients") == 0) {
            job_clients(count);
        } else if (strcmp(job, "waiting") == 0) {
            job_waiting(count);
        } else {
            die("no job", line);
        }
        fflush(stdout);
    }
    return 0;
}
