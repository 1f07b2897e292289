/* A fault layer under an unmodified binary: LD_PRELOAD=build/faultlayer.so.
 *
 * It watches the regular files and folders below FAULT_DIR. It makes calls fail as a disk may make them
 * fail, and it writes down every change, with the bytes before and after, in FAULT_STATE/log, so that
 * loss.py can afterwards take back what a power cut may take back. It decides nothing about what is lost:
 * the process is dead by then.
 *
 *   FAULT_DIR         the folder to watch; nothing is done when it is unset
 *   FAULT_STATE       a folder on the same file system, outside FAULT_DIR: the log, links to unlinked
 *                     files
 *   FAULT_SEED        seed of the chances below
 *   FAULT_KILL_AT     dies by SIGKILL in place of the Nth change or sync (counted from 1)
 *   FAULT_SPACE       bytes that the watched files may grow by; then ENOSPC, after a short write of what
 *                     still fits
 *   FAULT_REFILL      a path: as soon as it exists there is space again
 *   FAULT_ENOSPC_AT   the Nth write fails once with ENOSPC
 *   FAULT_SHORT       chance in percent that a write of more than one byte is cut short
 *   FAULT_EINTR       chance in percent that a write is interrupted before it wrote anything
 *   FAULT_EIO_SYNC_AT the Nth fsync or fdatasync fails once with EIO
 *
 * System calls are made directly, so nothing here can call itself. Files named *-shm are left alone:
 * SQLite maps them and rebuilds them, and loss.py treats them as garbage. A shared writable map of any
 * other watched file is noted in the log, and loss.py refuses to reason about it. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define SECTOR 512
#define MAGIC 0x31544c46u /* "FLT1" */

/* One record; `first` and `second` bytes follow it. Little-endian, read by loss.py. */
struct record {
    uint32_t magic;
    uint32_t kind;
    uint64_t op, inode, offset, length, old_size;
    uint32_t first, second;
} __attribute__((packed));

static char root[PATH_MAX];
static char state[PATH_MAX];
static const char *refill;
static int log_fd = -1;
static uint64_t op, kill_at, writes, enospc_at, syncs, eio_sync_at;
static int64_t space = -1;
static unsigned short_chance, eintr_chance;
static uint64_t dice;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void fail(const char *what) {
    char line[256];
    int n = snprintf(line, sizeof line, "faultlayer: %s: %s\n", what, strerror(errno));
    syscall(SYS_write, 2, line, n);
    _exit(99);
}

static uint64_t number(const char *name, uint64_t otherwise) {
    const char *text = getenv(name);
    return text && *text ? strtoull(text, NULL, 10) : otherwise;
}

__attribute__((constructor)) static void start(void) {
    const char *dir = getenv("FAULT_DIR"), *where = getenv("FAULT_STATE");
    if (!dir) return;
    char path[PATH_MAX + 16], real[PATH_MAX];
    if (!where || !realpath(dir, real) || !realpath(where, state)) fail("FAULT_DIR and FAULT_STATE");
    snprintf(path, sizeof path, "%s/log", state);
    int fd = syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) fail(path);
    log_fd = fcntl(fd, F_DUPFD_CLOEXEC, 900);
    if (log_fd < 0) fail("a high descriptor");
    close(fd);
    refill = getenv("FAULT_REFILL");
    kill_at = number("FAULT_KILL_AT", 0);
    enospc_at = number("FAULT_ENOSPC_AT", 0);
    eio_sync_at = number("FAULT_EIO_SYNC_AT", 0);
    space = (int64_t)number("FAULT_SPACE", UINT64_MAX);
    short_chance = number("FAULT_SHORT", 0);
    eintr_chance = number("FAULT_EINTR", 0);
    dice = number("FAULT_SEED", 1) * 0x9e3779b97f4a7c15u + 1;
    strcpy(root, real); /* last: from here on files are watched */
}

static unsigned roll(unsigned sides) { /* xorshift64* */
    dice ^= dice >> 12, dice ^= dice << 25, dice ^= dice >> 27;
    return (unsigned)((dice * 0x2545f4914f6cdd1du) >> 33) % sides;
}

static int below_root(const char *path) {
    size_t n = strlen(root);
    return n && !strncmp(path, root, n) && (path[n] == '/' || !path[n]);
}

static int is_shm(const char *path) {
    size_t n = strlen(path);
    return n > 4 && !strcmp(path + n - 4, "-shm");
}

/* Whether the descriptor is a watched file or folder; fills its path and status. */
static int watched(int fd, char *path, struct stat *st) {
    if (!root[0] || fd == log_fd || fstat(fd, st)) return 0;
    if (!S_ISREG(st->st_mode) && !S_ISDIR(st->st_mode)) return 0;
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = syscall(SYS_readlinkat, AT_FDCWD, link, path, PATH_MAX - 1);
    if (n < 0) return 0;
    path[n] = 0;
    return below_root(path) && !is_shm(path);
}

/* The absolute path meant by (folder, path), its parent resolved; whether it lies below the root. */
static int absolute(int folder, const char *path, char *out) {
    char joined[2 * PATH_MAX], parent[PATH_MAX];
    if (!root[0] || !path || !*path || strlen(path) >= PATH_MAX) return 0;
    if (path[0] == '/') {
        strcpy(joined, path);
    } else {
        if (folder == AT_FDCWD) {
            if (!getcwd(parent, sizeof parent)) return 0;
        } else {
            char link[64];
            snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
            ssize_t n = syscall(SYS_readlinkat, AT_FDCWD, link, parent, PATH_MAX - 1);
            if (n < 0) return 0;
            parent[n] = 0;
        }
        snprintf(joined, sizeof joined, "%s/%s", parent, path);
    }
    for (size_t n = strlen(joined); n > 1 && joined[n - 1] == '/'; n--) joined[n - 1] = 0;
    char *slash = strrchr(joined, '/');
    char base[PATH_MAX];
    snprintf(base, sizeof base, "%.*s", (int)sizeof base - 1, slash + 1);
    *slash = 0;
    if (!realpath(joined[0] ? joined : "/", parent)) return 0;
    if (strlen(parent) + strlen(base) + 2 > PATH_MAX) return 0;
    sprintf(out, "%s/%s", parent, base);
    return below_root(out) && !is_shm(out);
}

/* Appends one record in one write, so that a killed process leaves whole records or a cut tail. */
static void note(char kind, uint64_t inode, uint64_t offset, uint64_t length, uint64_t old_size,
                 const void *first, size_t first_size, const void *second, size_t second_size) {
    unsigned char letter = kind;
    struct record r = {MAGIC, letter, op, inode, offset, length, old_size, first_size, second_size};
    struct iovec parts[3] = {{&r, sizeof r}, {(void *)first, first_size}, {(void *)second, second_size}};
    ssize_t want = sizeof r + first_size + second_size;
    if (syscall(SYS_writev, log_fd, parts, 3) != want) fail("the log");
}

/* Dies in place of the change or sync that was just counted, when its time has come. */
static void reach(void) {
    if (op == kill_at) {
        syscall(SYS_kill, getpid(), SIGKILL);
        for (;;) pause();
    }
}

/* The bytes of [from, to) that exist, freshly allocated. */
static void *before(int fd, uint64_t from, uint64_t to, size_t *size) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd); /* the descriptor itself may be write-only */
    int reader = syscall(SYS_openat, AT_FDCWD, link, O_RDONLY | O_CLOEXEC, 0);
    char *bytes = malloc(to > from ? to - from : 1);
    *size = 0;
    if (reader < 0 || !bytes) fail("reading what was there before");
    while (from + *size < to) {
        ssize_t n = syscall(SYS_pread64, reader, bytes + *size, to - from - *size, from + *size);
        if (n < 0) fail("reading what was there before");
        if (n == 0) break;
        *size += n;
    }
    close(reader);
    return bytes;
}

static int out_of_space(int64_t growth) {
    if (space < 0 || growth <= 0) return 0;
    if (refill && syscall(SYS_faccessat, AT_FDCWD, refill, F_OK) == 0) {
        space = -1;
        return 0;
    }
    return growth > space;
}

/* ---- writes ---- */

/* `at` < 0: at the file position. */
static ssize_t put(int fd, const void *bytes, size_t length, int64_t at) {
    char path[PATH_MAX];
    struct stat st;
    int saved = errno;
    if (!watched(fd, path, &st) || length == 0) {
        errno = saved;
        if (at < 0) return syscall(SYS_write, fd, bytes, length);
        return syscall(SYS_pwrite64, fd, bytes, length, at);
    }
    pthread_mutex_lock(&lock);
    fstat(fd, &st);
    writes++;
    ssize_t result = -1;
    int64_t offset = at;
    if (at < 0) offset = fcntl(fd, F_GETFL) & O_APPEND ? st.st_size : lseek(fd, 0, SEEK_CUR);
    if (writes == enospc_at) {
        errno = ENOSPC;
        goto done;
    }
    if (roll(100) < eintr_chance) {
        errno = EINTR;
        goto done;
    }
    if (length > 1 && roll(100) < short_chance) length = 1 + roll(length - 1);
    int64_t growth = offset + (int64_t)length - st.st_size;
    if (out_of_space(growth)) {
        int64_t fits = (int64_t)length - (growth - space);
        if (fits <= 0) {
            errno = ENOSPC;
            goto done;
        }
        length = fits;
        growth = space;
    }
    if (space >= 0 && growth > 0) space -= growth;
    uint64_t from = offset / SECTOR * SECTOR, to = (offset + length + SECTOR - 1) / SECTOR * SECTOR;
    size_t size;
    void *old = before(fd, from, to, &size);
    op++;
    note('W', st.st_ino, offset, length, st.st_size, bytes, length, old, size);
    free(old);
    reach();
    if (at < 0) result = syscall(SYS_write, fd, bytes, length);
    else result = syscall(SYS_pwrite64, fd, bytes, length, at);
    if (result != (ssize_t)length) fail("the file system under the layer failed by itself");
    errno = saved;
done:
    pthread_mutex_unlock(&lock);
    return result;
}

static ssize_t gather(int fd, const struct iovec *parts, int count, int64_t at) {
    char path[PATH_MAX];
    struct stat st;
    if (!watched(fd, path, &st)) {
        if (at < 0) return syscall(SYS_writev, fd, parts, count);
        return syscall(SYS_pwritev, fd, parts, count, at, 0);
    }
    size_t total = 0, done = 0;
    for (int i = 0; i < count; i++) total += parts[i].iov_len;
    char *flat = malloc(total ? total : 1);
    if (!flat) fail("memory");
    for (int i = 0; i < count; done += parts[i++].iov_len)
        memcpy(flat + done, parts[i].iov_base, parts[i].iov_len);
    ssize_t result = put(fd, flat, total, at);
    int saved = errno;
    free(flat);
    errno = saved;
    return result;
}

ssize_t write(int fd, const void *b, size_t n) { return put(fd, b, n, -1); }
ssize_t pwrite(int fd, const void *b, size_t n, off_t at) { return put(fd, b, n, at); }
ssize_t pwrite64(int fd, const void *b, size_t n, off64_t at) { return put(fd, b, n, at); }
ssize_t writev(int fd, const struct iovec *v, int n) { return gather(fd, v, n, -1); }
ssize_t pwritev(int fd, const struct iovec *v, int n, off_t at) { return gather(fd, v, n, at); }
ssize_t pwritev64(int fd, const struct iovec *v, int n, off64_t at) { return gather(fd, v, n, at); }

static int cut(int fd, int64_t length) {
    char path[PATH_MAX];
    struct stat st;
    if (!watched(fd, path, &st)) return syscall(SYS_ftruncate, fd, length);
    pthread_mutex_lock(&lock);
    fstat(fd, &st);
    int result = -1;
    if (out_of_space(length - st.st_size)) {
        errno = ENOSPC;
    } else {
        if (space >= 0) space -= length - st.st_size;
        size_t size = 0;
        uint64_t from = length / SECTOR * SECTOR;
        void *old = before(fd, from, length < st.st_size ? (uint64_t)st.st_size : from, &size);
        op++;
        note('T', st.st_ino, length, 0, st.st_size, "", 0, old, size);
        free(old);
        reach();
        result = syscall(SYS_ftruncate, fd, length);
    }
    pthread_mutex_unlock(&lock);
    return result;
}

int ftruncate(int fd, off_t length) { return cut(fd, length); }
int ftruncate64(int fd, off64_t length) { return cut(fd, length); }

int truncate(const char *path, off_t length) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return -1;
    int result = cut(fd, length), saved = errno;
    close(fd);
    errno = saved;
    return result;
}
int truncate64(const char *path, off64_t length) { return truncate(path, length); }

/* ---- syncs ---- */

static int make_last(int fd, int number) {
    char path[PATH_MAX];
    struct stat st;
    if (!watched(fd, path, &st)) return syscall(number, fd);
    pthread_mutex_lock(&lock);
    int result = -1;
    op++;
    reach();
    int failed = ++syncs == eio_sync_at;
    if (failed) {
        errno = EIO; /* as on Linux: what was dirty is dropped, and the next sync will not mention it */
    } else {
        result = syscall(number, fd);
    }
    int saved = errno;
    note(failed ? 'X' : 'Y', st.st_ino, S_ISDIR(st.st_mode), 0, st.st_size, path, strlen(path), "", 0);
    errno = saved;
    pthread_mutex_unlock(&lock);
    return result;
}

int fsync(int fd) { return make_last(fd, SYS_fsync); }
int fdatasync(int fd) { return make_last(fd, SYS_fdatasync); }

/* ---- names ---- */

static int reopen(int folder, const char *path, int flags, mode_t mode) {
    char full[PATH_MAX];
    int writes_names = flags & (O_CREAT | O_TRUNC);
    if (!writes_names || (flags & O_TMPFILE) == O_TMPFILE || !absolute(folder, path, full))
        return syscall(SYS_openat, folder, path, flags, mode);
    pthread_mutex_lock(&lock);
    struct stat st;
    int existed = fstatat(folder, path, &st, 0) == 0;
    int fd = -1;
    if (!existed && (flags & O_CREAT)) {
        if (out_of_space(1) && space == 0) {
            errno = ENOSPC;
            goto done;
        }
        op++;
        reach();
    }
    fd = syscall(SYS_openat, folder, path, flags & ~O_TRUNC, mode);
    if (fd >= 0 && !existed) {
        fstat(fd, &st);
        note('C', st.st_ino, 0, 0, 0, full, strlen(full), "", 0);
    }
done:
    pthread_mutex_unlock(&lock);
    if (fd >= 0 && existed && (flags & O_TRUNC) && S_ISREG(st.st_mode) && cut(fd, 0)) {
        int saved = errno;
        close(fd);
        errno = saved;
        return -1;
    }
    return fd;
}

#define MODE(flags, last) \
    mode_t mode = 0; \
    if ((flags) & (O_CREAT | __O_TMPFILE)) { \
        va_list rest; \
        va_start(rest, last); \
        mode = va_arg(rest, mode_t); \
        va_end(rest); \
    }
int open(const char *p, int f, ...) { MODE(f, f) return reopen(AT_FDCWD, p, f, mode); }
int open64(const char *p, int f, ...) { MODE(f, f) return reopen(AT_FDCWD, p, f, mode); }
int openat(int d, const char *p, int f, ...) { MODE(f, f) return reopen(d, p, f, mode); }
int openat64(int d, const char *p, int f, ...) { MODE(f, f) return reopen(d, p, f, mode); }
int __open_2(const char *p, int f) { return reopen(AT_FDCWD, p, f, 0); }
int __open64_2(const char *p, int f) { return reopen(AT_FDCWD, p, f, 0); }
int __openat_2(int d, const char *p, int f) { return reopen(d, p, f, 0); }
int __openat64_2(int d, const char *p, int f) { return reopen(d, p, f, 0); }
int creat(const char *p, mode_t mode) { return reopen(AT_FDCWD, p, O_CREAT | O_WRONLY | O_TRUNC, mode); }
int creat64(const char *p, mode_t mode) { return reopen(AT_FDCWD, p, O_CREAT | O_WRONLY | O_TRUNC, mode); }

/* Keeps the bytes of a name that is about to go, under its inode, so that the name can come back. */
static void stash(const char *path, ino_t inode) {
    char kept[PATH_MAX + 32];
    snprintf(kept, sizeof kept, "%s/%llu", state, (unsigned long long)inode);
    if (syscall(SYS_linkat, AT_FDCWD, path, AT_FDCWD, kept, 0) && errno != EEXIST) fail(kept);
}

static int forget(int folder, const char *path, int flags) {
    char full[PATH_MAX];
    struct stat st;
    int there = absolute(folder, path, full) && fstatat(folder, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
    if (!there) return syscall(SYS_unlinkat, folder, path, flags);
    pthread_mutex_lock(&lock);
    op++;
    if (!S_ISDIR(st.st_mode)) stash(full, st.st_ino);
    reach();
    int result = syscall(SYS_unlinkat, folder, path, flags), saved = errno;
    if (!result) note(S_ISDIR(st.st_mode) ? 'd' : 'U', st.st_ino, 0, 0, 0, full, strlen(full), "", 0);
    errno = saved;
    pthread_mutex_unlock(&lock);
    return result;
}

int unlink(const char *p) { return forget(AT_FDCWD, p, 0); }
int unlinkat(int d, const char *p, int f) { return forget(d, p, f); }
int rmdir(const char *p) { return forget(AT_FDCWD, p, AT_REMOVEDIR); }
int remove(const char *p) {
    int result = forget(AT_FDCWD, p, 0);
    return result && errno == EISDIR ? forget(AT_FDCWD, p, AT_REMOVEDIR) : result;
}

static int move(int from_folder, const char *from, int to_folder, const char *to, unsigned flags) {
    char old_path[PATH_MAX], new_path[PATH_MAX];
    struct stat st, over;
    int ours = absolute(from_folder, from, old_path), theirs = absolute(to_folder, to, new_path);
    if (!ours && !theirs) return syscall(SYS_renameat2, from_folder, from, to_folder, to, flags);
    if (!ours || !theirs || (flags & ~RENAME_NOREPLACE)) {
        errno = EXDEV; /* across the border of the watched folder: as if it were another file system */
        return -1;
    }
    pthread_mutex_lock(&lock);
    int there = fstatat(AT_FDCWD, new_path, &over, AT_SYMLINK_NOFOLLOW) == 0;
    int result = fstatat(AT_FDCWD, old_path, &st, AT_SYMLINK_NOFOLLOW), saved = errno;
    if (!result) {
        op++;
        if (there && !S_ISDIR(over.st_mode)) stash(new_path, over.st_ino);
        reach();
        result = syscall(SYS_renameat2, from_folder, from, to_folder, to, flags), saved = errno;
    }
    if (!result)
        note('R', st.st_ino, there ? over.st_ino : 0, 0, 0, old_path, strlen(old_path), new_path,
             strlen(new_path));
    errno = saved;
    pthread_mutex_unlock(&lock);
    return result;
}

int rename(const char *a, const char *b) { return move(AT_FDCWD, a, AT_FDCWD, b, 0); }
int renameat(int x, const char *a, int y, const char *b) { return move(x, a, y, b, 0); }
int renameat2(int x, const char *a, int y, const char *b, unsigned f) { return move(x, a, y, b, f); }

/* A new name made by `call`: noted when it worked. */
#define NEW_NAME(kind, folder, path, call) \
    char full[PATH_MAX]; \
    if (!absolute(folder, path, full)) return call; \
    pthread_mutex_lock(&lock); \
    op++; \
    reach(); \
    struct stat st; \
    int result = call, saved = errno; \
    if (!result && !fstatat(AT_FDCWD, full, &st, AT_SYMLINK_NOFOLLOW)) \
        note(kind, st.st_ino, 0, 0, 0, full, strlen(full), "", 0); \
    errno = saved; \
    pthread_mutex_unlock(&lock); \
    return result;

static int new_folder(int d, const char *p, mode_t m) { NEW_NAME('D', d, p, syscall(SYS_mkdirat, d, p, m)) }
static int new_link(int x, const char *a, int y, const char *b, int f) {
    NEW_NAME('L', y, b, syscall(SYS_linkat, x, a, y, b, f))
}
int mkdir(const char *p, mode_t m) { return new_folder(AT_FDCWD, p, m); }
int mkdirat(int d, const char *p, mode_t m) { return new_folder(d, p, m); }
int link(const char *a, const char *b) { return new_link(AT_FDCWD, a, AT_FDCWD, b, 0); }
int linkat(int x, const char *a, int y, const char *b, int f) { return new_link(x, a, y, b, f); }

/* ---- ways round write, closed so that callers fall back to it ---- */

ssize_t copy_file_range(int in, off64_t *from, int out, off64_t *to, size_t n, unsigned f) {
    char path[PATH_MAX];
    struct stat st;
    if (!watched(out, path, &st)) return syscall(SYS_copy_file_range, in, from, out, to, n, f);
    errno = EXDEV;
    return -1;
}

static ssize_t send_into(int out, int in, off_t *at, size_t n) {
    char path[PATH_MAX];
    struct stat st;
    if (!watched(out, path, &st)) return syscall(SYS_sendfile, out, in, at, n);
    errno = EINVAL;
    return -1;
}
ssize_t sendfile(int out, int in, off_t *at, size_t n) { return send_into(out, in, at, n); }
ssize_t sendfile64(int out, int in, off64_t *at, size_t n) { return send_into(out, in, at, n); }

static int allocate(int fd, int mode, off_t at, off_t n) {
    char path[PATH_MAX];
    struct stat st;
    if (!watched(fd, path, &st)) return syscall(SYS_fallocate, fd, mode, at, n);
    errno = EOPNOTSUPP;
    return -1;
}
int fallocate(int fd, int mode, off_t at, off_t n) { return allocate(fd, mode, at, n); }
int fallocate64(int fd, int mode, off64_t at, off64_t n) { return allocate(fd, mode, at, n); }
int posix_fallocate(int fd, off_t at, off_t n) { return allocate(fd, 0, at, n) ? errno : 0; }
int posix_fallocate64(int fd, off64_t at, off64_t n) { return allocate(fd, 0, at, n) ? errno : 0; }

static void *map(void *where, size_t n, int protection, int flags, int fd, off_t at) {
    char path[PATH_MAX];
    struct stat st;
    int shared = (flags & MAP_TYPE) == MAP_SHARED || (flags & MAP_TYPE) == MAP_SHARED_VALIDATE;
    if (fd >= 0 && shared && (protection & PROT_WRITE) && watched(fd, path, &st)) {
        pthread_mutex_lock(&lock);
        op++;
        note('M', st.st_ino, at, n, st.st_size, path, strlen(path), "", 0);
        pthread_mutex_unlock(&lock);
    }
    return (void *)syscall(SYS_mmap, where, n, protection, flags, fd, at);
}
void *mmap(void *w, size_t n, int p, int f, int fd, off_t at) { return map(w, n, p, f, fd, at); }
void *mmap64(void *w, size_t n, int p, int f, int fd, off64_t at) { return map(w, n, p, f, fd, at); }
