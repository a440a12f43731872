/*
 * Loaded before the C library (LD_PRELOAD), it counts the changes that a process makes to files beside
 * and of a journal (those with WXPAY_IO_FILES in their name): writes, truncations and syncs. At the one
 * numbered WXPAY_IO_AT, counted from 1, it does what WXPAY_IO_FAULT says:
 *
 *     eio      that one fails with EIO, and nothing else
 *     enospc   from there on writes fail with ENOSPC: the disk is full; syncs go on
 *     short    that write stores half of its bytes and says so; the next one fails with ENOSPC
 *     kill     the process dies before that one takes place
 *     lose     the power goes: the process dies, and of what was written since a file's last sync each
 *              sector of 512 bytes is on the disk or not, as WXPAY_IO_SEED has it
 *
 * When that happens the file WXPAY_IO_FIRED is created. Without WXPAY_IO_AT nothing is changed. The file
 * WXPAY_IO_FOLDER_SYNCED is created when a folder is synced, so that the names in it are on the disk.
 */
#define _GNU_SOURCE

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECTOR 512
#define PATH_ROOM 512

/* What a sector held before a write that no sync has followed. */
struct old_sector {
    struct old_sector *older;
    dev_t device;
    ino_t inode;
    off_t start;
    size_t length; /* of the file within it: less at its end */
    char path[PATH_ROOM];
    unsigned char bytes[SECTOR];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct old_sector *unsynced;
static long count, at = -1;
static int full;
static const char *fault = "", *files = "";

static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static int (*real_ftruncate)(int, off_t);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);

static void prepare(void)
{
    const char *text;

    if (at >= 0) {
        return;
    }
    /* dlsym gives an object pointer; POSIX lets it be a function's. */
    *(void **)&real_write = dlsym(RTLD_NEXT, "write");
    *(void **)&real_pwrite = dlsym(RTLD_NEXT, "pwrite");
    *(void **)&real_ftruncate = dlsym(RTLD_NEXT, "ftruncate");
    *(void **)&real_fsync = dlsym(RTLD_NEXT, "fsync");
    *(void **)&real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
    text = getenv("WXPAY_IO_FILES");
    files = text != NULL ? text : "";
    text = getenv("WXPAY_IO_FAULT");
    fault = text != NULL ? text : "";
    text = getenv("WXPAY_IO_AT");
    at = text != NULL ? atol(text) : 0;
}

static int is(const char *name)
{
    return strcmp(fault, name) == 0;
}

/* Whether a descriptor's file is watched; its path is written to `path`. */
static int is_watched(int fd, char *path)
{
    char link[40];
    const char *name;
    ssize_t length;

    if (at == 0 || *files == '\0') {
        return 0;
    }
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    length = readlink(link, path, PATH_ROOM - 1);
    if (length <= 0) {
        return 0;
    }
    path[length] = '\0';
    name = strrchr(path, '/');
    return strstr(name != NULL ? name : path, files) != NULL;
}

/* Creates the file that a variable names. */
static void mark(const char *variable)
{
    const char *path = getenv(variable);
    int fd = path != NULL ? open(path, O_WRONLY | O_CREAT, 0600) : -1;

    if (fd >= 0) {
        close(fd);
    }
}

static void die(void)
{
    kill(getpid(), SIGKILL);
    for (;;) {
        pause();
    }
}

/* Remembers what a write or a truncation is about to change. */
static void remember(int fd, const char *path, off_t start, off_t end)
{
    struct old_sector *old;
    struct stat file;
    ssize_t length;

    if (!is("lose") || fstat(fd, &file) != 0) {
        return;
    }
    for (start -= start % SECTOR; start < end; start += SECTOR) {
        old = calloc(1, sizeof *old);
        if (old == NULL) {
            abort();
        }
        /* The descriptor may be for writing only; SQLite's are not. */
        length = pread(fd, old->bytes, SECTOR, start);
        old->length = length > 0 ? (size_t)length : 0;
        old->device = file.st_dev;
        old->inode = file.st_ino;
        old->start = start;
        strcpy(old->path, path);
        old->older = unsynced;
        unsynced = old;
    }
}

static void forget(int fd)
{
    struct old_sector **place = &unsynced, *old;
    struct stat file;

    if (fstat(fd, &file) != 0) {
        return;
    }
    while ((old = *place) != NULL) {
        if (old->device == file.st_dev && old->inode == file.st_ino) {
            *place = old->older;
            free(old);
        } else {
            place = &old->older;
        }
    }
}

static int is_lost(const struct old_sector *old, unsigned long seed)
{
    unsigned long hash = seed * 0x9e3779b97f4a7c15UL;

    if (seed == 0) {
        return 1; /* everything */
    }
    hash ^= (unsigned long)old->start / SECTOR + (unsigned long)old->inode;
    hash *= 0xbf58476d1ce4e5b9UL;
    hash ^= hash >> 31;
    hash *= 0x94d049bb133111ebUL;
    return (hash >> 33) % 2;
}

/* Newest first, so that a lost sector ends as it was at the last sync. */
static void lose(void)
{
    const char *text = getenv("WXPAY_IO_SEED");
    unsigned long seed = text != NULL ? strtoul(text, NULL, 10) : 0;
    struct old_sector *old;
    struct stat file;

    for (old = unsynced; old != NULL; old = old->older) {
        int fd = is_lost(old, seed) ? open(old->path, O_RDWR) : -1;

        /* Deleted meanwhile: then its content does not matter. */
        if (fd < 0) {
            continue;
        }
        if (fstat(fd, &file) == 0 && file.st_ino == old->inode) {
            if (old->length > 0
                && real_pwrite(fd, old->bytes, old->length, old->start) != (ssize_t)old->length) {
                abort();
            }
            /* It was the end of the file, and nothing that came after it has survived. */
            if (old->length < SECTOR && file.st_size <= old->start + SECTOR
                && file.st_size > old->start + (off_t)old->length
                && real_ftruncate(fd, old->start + (off_t)old->length) != 0) {
                abort();
            }
            /* In front of something that has survived there are zeros. */
            if (old->length < SECTOR && file.st_size > old->start + SECTOR) {
                static const unsigned char zeros[SECTOR];
                size_t rest = SECTOR - old->length;

                if (real_pwrite(fd, zeros, rest, old->start + (off_t)old->length)
                    != (ssize_t)rest) {
                    abort();
                }
            }
        }
        close(fd);
    }
}

/* Counts a change. Returns 0 if it takes place, 1 if half of it does, or the error. */
static int fate(int is_write)
{
    if (full && is_write) {
        return ENOSPC;
    }
    if (++count != at) {
        return 0;
    }
    mark("WXPAY_IO_FIRED");
    if (is("lose")) {
        lose();
        die();
    }
    if (is("kill")) {
        die();
    }
    if (is("eio")) {
        return EIO;
    }
    full = 1;
    if (!is_write) {
        return 0;
    }
    return is("short") ? 1 : ENOSPC;
}

/* Calls with the lock held: what was written and what is remembered of it are one. */
static ssize_t put(int fd, const void *bytes, size_t length, off_t offset, int positioned)
{
    char path[PATH_ROOM];
    ssize_t done;
    int error;

    prepare();
    if (!is_watched(fd, path)) {
        return positioned ? real_pwrite(fd, bytes, length, offset) : real_write(fd, bytes, length);
    }
    pthread_mutex_lock(&lock);
    error = fate(1);
    if (error > 1) {
        pthread_mutex_unlock(&lock);
        errno = error;
        return -1;
    }
    if (error == 1) {
        length = length > 1 ? length / 2 : 1;
    }
    if (!positioned) {
        offset = lseek(fd, 0, SEEK_CUR);
    }
    remember(fd, path, offset, offset + (off_t)length);
    done = positioned ? real_pwrite(fd, bytes, length, offset) : real_write(fd, bytes, length);
    pthread_mutex_unlock(&lock);
    return done;
}

ssize_t write(int fd, const void *bytes, size_t length)
{
    return put(fd, bytes, length, 0, 0);
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset)
{
    return put(fd, bytes, length, offset, 1);
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off_t offset)
{
    return put(fd, bytes, length, offset, 1);
}

static int cut(int fd, off_t length)
{
    char path[PATH_ROOM];
    struct stat file;
    int error, done;

    prepare();
    if (!is_watched(fd, path)) {
        return real_ftruncate(fd, length);
    }
    pthread_mutex_lock(&lock);
    error = fate(1);
    if (error != 0) {
        pthread_mutex_unlock(&lock);
        errno = error > 1 ? error : ENOSPC;
        return -1;
    }
    if (fstat(fd, &file) == 0 && file.st_size > length) {
        remember(fd, path, length, file.st_size);
    }
    done = real_ftruncate(fd, length);
    pthread_mutex_unlock(&lock);
    return done;
}

int ftruncate(int fd, off_t length)
{
    return cut(fd, length);
}

int ftruncate64(int fd, off_t length)
{
    return cut(fd, length);
}

static int sync_file(int fd, int (*sync)(int))
{
    char path[PATH_ROOM];
    struct stat file;
    int error, done;

    if (!is_watched(fd, path)) {
        done = sync(fd);
        if (done == 0 && fstat(fd, &file) == 0 && S_ISDIR(file.st_mode)) {
            mark("WXPAY_IO_FOLDER_SYNCED");
        }
        return done;
    }
    pthread_mutex_lock(&lock);
    error = fate(0);
    if (error != 0) {
        pthread_mutex_unlock(&lock);
        errno = error;
        return -1;
    }
    done = sync(fd);
    if (done == 0) {
        forget(fd);
    }
    pthread_mutex_unlock(&lock);
    return done;
}

int fsync(int fd)
{
    prepare();
    return sync_file(fd, real_fsync);
}

int fdatasync(int fd)
{
    prepare();
    return sync_file(fd, real_fdatasync);
}
