/* Lies to the program that it is preloaded into, as a failing disk and a clock that is set anew would.
 *
 * The folder that FAULTS names holds what is wrong at the moment: a file named `fsync`, `write`, `rename`,
 * `unlink`, `open`, `read` or `opendir` makes that call fail with EIO, and a file named `clock` holds the seconds by
 * which the clock is wrong. Only files and folders fail, and of those that are opened only those that are written:
 * sockets and pipes work, so the program can still say what is wrong.
 *
 * In C, since every function here is one that Rust would have to call unsafe, and needs nothing that Rust has.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* The real function behind a name. */
#define REAL(name) \
    static __typeof__(name) *real; \
    if (!real) real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

static int path_of(char *path, size_t size, const char *name) {
    const char *folder = getenv("FAULTS");
    return folder && snprintf(path, size, "%s/%s", folder, name) < (int)size;
}

static int fails(const char *call) {
    char path[4096];
    int before = errno;
    int is_there = path_of(path, sizeof path, call) && access(path, F_OK) == 0;
    errno = is_there ? EIO : before;
    return is_there;
}

static int is_on_disk(int fd) {
    struct stat found;
    return fstat(fd, &found) == 0 && (S_ISREG(found.st_mode) || S_ISDIR(found.st_mode));
}

int fsync(int fd) {
    REAL(fsync);
    return is_on_disk(fd) && fails("fsync") ? -1 : real(fd);
}

ssize_t write(int fd, const void *bytes, size_t count) {
    REAL(write);
    return is_on_disk(fd) && fails("write") ? -1 : real(fd, bytes, count);
}

ssize_t read(int fd, void *bytes, size_t count) {
    REAL(read);
    return is_on_disk(fd) && fails("read") ? -1 : real(fd, bytes, count);
}

DIR *opendir(const char *path) {
    REAL(opendir);
    return fails("opendir") ? NULL : real(path);
}

int rename(const char *from, const char *to) {
    REAL(rename);
    return fails("rename") ? -1 : real(from, to);
}

int unlink(const char *path) {
    REAL(unlink);
    return fails("unlink") ? -1 : real(path);
}

int open64(const char *path, int flags, ...) {
    REAL(open64);
    va_list rest;
    va_start(rest, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return (flags & O_ACCMODE) != O_RDONLY && fails("open") ? -1 : real(path, flags, mode);
}

/* Seconds by which the clock is wrong. */
static long wrong_by(void) {
    char path[4096], text[32] = "";
    int before = errno;
    if (path_of(path, sizeof path, "clock")) {
        /* Not by the functions above, which fail. */
        int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
        if (fd >= 0) {
            if (syscall(SYS_read, fd, text, sizeof text - 1) < 0) text[0] = 0;
            close(fd);
        }
    }
    errno = before;
    return atol(text);
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    REAL(clock_gettime);
    int done = real(clock, now);
    if (done == 0 && clock == CLOCK_REALTIME) now->tv_sec += wrong_by();
    return done;
}
