/*
 * Lets the contestants pay in turns, so that whatever else the machine does falls on all of them, and
 * prints tables of medians.
 *
 *     turns PROGRAMS SIMULATORS
 *
 * PROGRAMS: the folder of the contestants. SIMULATORS: the folder of the simulators' folders v2 and v3,
 * each with wxpay.toml (journal on disk) and memory.toml (journal in memory). BENCH_TURNS and
 * BENCH_PAYMENTS (a turn) choose other numbers than 21 and 60.
 */
#define _GNU_SOURCE /* pipe2 */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#define MOST_TURNS 1000
#define MOST_PAYMENTS 1000

/* Those before ONLY_PAY do every job. */
enum { WXPAY, MEMORY, PEER, FLOOR, ONLY_PAY, OFF = ONLY_PAY, SYNC, CONTESTANTS };

static const struct {
    const char *name, *program, *extra;
} roster[CONTESTANTS] = {
    {"wxpay", "wxpay", "wxpay.toml"},
    {"wxpay, journal in memory", "wxpay", "memory.toml"},
    {"libcurl and OpenSSL", "curl", ""},
    {"TLS alone", "floor", ""},
    {"wxpay, journal off", "unrecorded", "wxpay.toml"},
    {"one disk sync", "sync", "sync"},
};

typedef struct {
    FILE *to, *from;
    pid_t process;
} contestant;

/* All figures of one kind: CPU time of each turn (of one payment) and the time of each payment. */
typedef struct {
    double cpu[MOST_TURNS], wall[MOST_TURNS], times[MOST_TURNS * MOST_PAYMENTS];
    int turns, count;
} figures;

static const char *programs, *simulators;
static int turns = 21, payments = 60;

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static contestant start(const char *api, int which)
{
    contestant started;
    int in[2], out[2];

    if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0 || (started.process = fork()) < 0) {
        die("turns");
    }
    if (started.process == 0) {
        char program[4096], folder[4096], extra[8192], digit[2] = {(char)('1' + which), '\0'};
        snprintf(program, sizeof program, "%s/%s", programs, roster[which].program);
        snprintf(folder, sizeof folder, "%s/%s", simulators, api);
        snprintf(extra, sizeof extra, "%s/%s", folder, roster[which].extra);
        dup2(in[0], 0);
        dup2(out[1], 1);
        execl(program, program, api, folder, digit, extra, (char *)NULL);
        die(program);
    }
    close(in[0]);
    close(out[1]);
    started.to = fdopen(in[1], "w");
    started.from = fdopen(out[0], "r");
    return started;
}

static void stop(contestant *one)
{
    int status = 0;
    fclose(one->to);
    waitpid(one->process, &status, 0);
    fclose(one->from);
    if (status != 0) {
        fprintf(stderr, "a contestant failed\n");
        exit(1);
    }
}

static double number(contestant *one)
{
    double value;
    if (fscanf(one->from, "%lf", &value) != 1) {
        fprintf(stderr, "a contestant gave up\n");
        exit(1);
    }
    return value;
}

static void order(contestant *one, const char *job, int count)
{
    fprintf(one->to, "%s %d\n", job, count);
    fflush(one->to);
}

/* One turn; without figures it only warms up. */
static void turn(contestant *one, const char *job, int count, figures *figures)
{
    double cpu, wall = 0, time;
    int i;

    order(one, job, count);
    cpu = number(one) / count;
    for (i = 0; i < count; i++) {
        time = number(one);
        wall += time / count;
        if (figures != NULL) {
            figures->times[figures->count++] = time;
        }
    }
    if (figures != NULL) {
        figures->cpu[figures->turns] = cpu;
        figures->wall[figures->turns++] = wall;
    }
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* In microseconds; `part` of 0.5 is the median. */
static double quantile(double *values, int count, double part)
{
    qsort(values, (size_t)count, sizeof *values, by_size);
    return values[(int)(part * (count - 1) + 0.5)] / 1e3;
}

static figures *job(contestant *all, int contestants, const char *name, int rounds, int count)
{
    figures *results = calloc(CONTESTANTS, sizeof *results);
    int round, i;

    for (round = 0; round < rounds; round++) {
        for (i = 0; i < contestants; i++) {
            turn(&all[i], name, count, &results[i]);
        }
    }
    return results;
}

static void payments_of(const char *api, contestant *all)
{
    figures *results;
    double cpu[CONTESTANTS];
    int i;

    for (i = 0; i < CONTESTANTS; i++) {
        turn(&all[i], "pay", payments, NULL);
    }
    results = job(all, CONTESTANTS, "pay", turns, payments);
    for (i = 0; i < CONTESTANTS; i++) {
        cpu[i] = quantile(results[i].cpu, results[i].turns, 0.5);
    }
    for (i = 0; i < CONTESTANTS; i++) {
        double wall = quantile(results[i].wall, results[i].turns, 0.5);
        double p50 = quantile(results[i].times, results[i].count, 0.5);
        double p99 = quantile(results[i].times, results[i].count, 0.99);
        if (i == SYNC) {
            printf("| %s | %s | %.0f | | %.0f | %.0f | %.0f |\n", api, roster[i].name, cpu[i], wall,
                   p50, p99);
        } else {
            printf("| %s | %s | %.0f | %.2f | %.0f | %.0f | %.0f |\n", api, roster[i].name, cpu[i],
                   cpu[i] / cpu[PEER], wall, p50, p99);
        }
    }
    free(results);
    fflush(stdout);
}

/* The first client of a process, which pays for what the libraries do once. */
static figures *started(const char *api, int rounds)
{
    figures *results = calloc(CONTESTANTS, sizeof *results);
    int round, i;

    for (round = 0; round < rounds; round++) {
        for (i = 0; i < ONLY_PAY; i++) {
            contestant fresh = start(api, i);
            turn(&fresh, "open", 1, &results[i]);
            stop(&fresh);
        }
    }
    return results;
}

static void openings_of(const char *api, contestant *all)
{
    figures *first = started(api, turns), *open = job(all, ONLY_PAY, "open", turns, 5),
            *cold = job(all, ONLY_PAY, "cold", turns, 2),
            *warm = job(all, ONLY_PAY, "warm", turns, 2);
    int i;

    for (i = 0; i < ONLY_PAY; i++) {
        printf("| %s | %s | %.1f | %.1f | %.1f | %.1f | %.1f | %.1f |\n", api, roster[i].name,
               quantile(first[i].cpu, first[i].turns, 0.5) / 1e3,
               quantile(first[i].times, first[i].count, 0.5) / 1e3,
               quantile(open[i].cpu, open[i].turns, 0.5) / 1e3,
               quantile(open[i].times, open[i].count, 0.5) / 1e3,
               quantile(cold[i].times, cold[i].count, 0.5) / 1e3,
               quantile(warm[i].times, warm[i].count, 0.5) / 1e3);
    }
    free(first);
    free(open);
    free(cold);
    free(warm);
    fflush(stdout);
}

static void memory_of(const char *api, contestant *all)
{
    int i;
    for (i = 0; i < ONLY_PAY; i++) {
        double open, paid, waiting;
        order(&all[i], "clients", 50);
        open = number(&all[i]) / 1024;
        paid = number(&all[i]) / 1024;
        order(&all[i], "waiting", 500);
        waiting = number(&all[i]) / 1024;
        printf("| %s | %s | %.0f | %.0f | ", api, roster[i].name, open, paid);
        if (waiting > 0) {
            printf("%.1f |\n", waiting);
        } else {
            printf("|\n");
        }
        fflush(stdout);
    }
}

static int chosen(const char *name, int otherwise, int most)
{
    const char *text = getenv(name);
    int value = text == NULL ? otherwise : atoi(text);
    return value < 1 || value > most ? otherwise : value;
}

int main(int argc, char **argv)
{
    static const char *const apis[] = {"v2", "v3"};
    static const struct {
        const char *head;
        void (*fill)(const char *api, contestant *all);
    } tables[] = {
        {"| API | a payment | CPU, µs | ratio | mean, µs | p50, µs | p99, µs |\n"
         "|---|---|---|---|---|---|---|\n",
         payments_of},
        {"| API | ms | first open and close: CPU | elapsed | further ones: CPU | elapsed | first "
         "payment, cold | first payment, warmed |\n|---|---|---|---|---|---|---|---|\n",
         openings_of},
        {"| API | KiB | a client | with a connection | a payment that waits |\n"
         "|---|---|---|---|---|\n",
         memory_of},
    };
    size_t table, api;
    int i;

    if (argc != 3) {
        fprintf(stderr, "usage: turns PROGRAMS SIMULATORS\n");
        return 2;
    }
    programs = argv[1];
    simulators = argv[2];
    turns = chosen("BENCH_TURNS", turns, MOST_TURNS);
    payments = chosen("BENCH_PAYMENTS", payments, MOST_PAYMENTS);
    for (table = 0; table < sizeof tables / sizeof *tables; table++) {
        printf("%s", tables[table].head);
        fflush(stdout);
        for (api = 0; api < sizeof apis / sizeof *apis; api++) {
            contestant all[CONTESTANTS];
            for (i = 0; i < CONTESTANTS; i++) {
                all[i] = start(apis[api], i);
            }
            tables[table].fill(apis[api], all);
            for (i = 0; i < CONTESTANTS; i++) {
                stop(&all[i]);
            }
        }
        printf("\n");
    }
    return 0;
}
