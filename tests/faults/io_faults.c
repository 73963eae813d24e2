/* Fails the n-th call that writes, syncs or opens for writing a file whose path holds a word.
 *
 * LD_PRELOAD=io_faults.so FAULT_PATH=audit.jsonl FAULT_CALL=3 FAULT_ERRNO=5 command
 *
 * Calls are counted over all threads of a process, from 1; from the n-th on each fails, as a disk
 * that is gone fails, unless FAULT_ONCE is set.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static int calls;

static int fails(int file)
{
    const char *word = getenv("FAULT_PATH"), *call = getenv("FAULT_CALL");
    char link[64], path[4096];
    if (word == NULL || call == NULL)
        return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length <= 0)
        return 0;
    path[length] = 0;
    if (strstr(path, word) == NULL)
        return 0;
    int now = __sync_add_and_fetch(&calls, 1), at = atoi(call);
    if (getenv("FAULT_ONCE") ? now != at : now < at)
        return 0;
    const char *told = getenv("FAULT_ERRNO");
    errno = told ? atoi(told) : EIO;
    return 1;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t write(int file, const void *bytes, size_t count)
{
    return fails(file) ? -1 : REAL(write)(file, bytes, count);
}

ssize_t pwrite(int file, const void *bytes, size_t count, off_t at)
{
    return fails(file) ? -1 : REAL(pwrite)(file, bytes, count, at);
}

ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t at)
{
    return fails(file) ? -1 : REAL(pwrite64)(file, bytes, count, at);
}

int fsync(int file)
{
    return fails(file) ? -1 : REAL(fsync)(file);
}

int fdatasync(int file)
{
    return fails(file) ? -1 : REAL(fdatasync)(file);
}

int ftruncate(int file, off_t length)
{
    return fails(file) ? -1 : REAL(ftruncate)(file, length);
}

int ftruncate64(int file, off64_t length)
{
    return fails(file) ? -1 : REAL(ftruncate64)(file, length);
}
