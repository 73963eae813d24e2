/* Fails the n-th call that writes, syncs or opens for writing a file whose path holds a word.
 *
 * LD_PRELOAD=io_faults.so FAULT_PATH=audit.jsonl FAULT_CALL=3 FAULT_ERRNO=5 command
 *
 * LD_PRELOAD=io_faults.so SYNC_INTO=/folder command
 *
 * The second keeps, of each file that is synced, its bytes at that moment under its inode's number:
 * what a disk would have of it if the power went. A file that is removed takes its copy with it.
 *
 * Calls are counted over all threads of a process, from 1; from the n-th on each fails, as a disk
 * that is gone fails, unless FAULT_ONCE is set.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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

static int copy_of(const struct stat *file, char *path, size_t size)
{
    const char *folder = getenv("SYNC_INTO");
    if (folder == NULL || !S_ISREG(file->st_mode))
        return 0;
    snprintf(path, size, "%s/%lu", folder, (unsigned long)file->st_ino);
    return 1;
}

/* Written beside and renamed: whoever kills this process finds a whole copy, the old or the new. */
static void keep(int file)
{
    struct stat told;
    char path[4096], staging[4120], link[64], bytes[1 << 16];
    if (fstat(file, &told) || !copy_of(&told, path, sizeof path))
        return;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    snprintf(staging, sizeof staging, "%s.%d", path, gettid());
    int from = open(link, O_RDONLY), into = open(staging, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ssize_t count;
    while (from >= 0 && into >= 0 && (count = read(from, bytes, sizeof bytes)) > 0)
        if (REAL(write)(into, bytes, count) != count)
            abort();
    close(from);
    close(into);
    if (REAL(rename)(staging, path))
        abort();
}

static void forget(int folder, const char *name)
{
    struct stat told;
    char path[4096];
    if (!fstatat(folder, name, &told, AT_SYMLINK_NOFOLLOW) && told.st_nlink == 1
        && copy_of(&told, path, sizeof path))
        REAL(unlink)(path);
}

int fsync(int file)
{
    int done = fails(file) ? -1 : REAL(fsync)(file);
    if (done == 0 && getenv("SYNC_INTO"))
        keep(file);
    return done;
}

int fdatasync(int file)
{
    int done = fails(file) ? -1 : REAL(fdatasync)(file);
    if (done == 0 && getenv("SYNC_INTO"))
        keep(file);
    return done;
}

int unlink(const char *name)
{
    forget(AT_FDCWD, name);
    return REAL(unlink)(name);
}

int unlinkat(int folder, const char *name, int flags)
{
    forget(folder, name);
    return REAL(unlinkat)(folder, name, flags);
}

int rename(const char *before, const char *name)
{
    forget(AT_FDCWD, name);
    return REAL(rename)(before, name);
}

int ftruncate(int file, off_t length)
{
    return fails(file) ? -1 : REAL(ftruncate)(file, length);
}

int ftruncate64(int file, off64_t length)
{
    return fails(file) ? -1 : REAL(ftruncate64)(file, length);
}
