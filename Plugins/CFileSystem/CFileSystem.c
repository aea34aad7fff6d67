#define _GNU_SOURCE
#include "CFileSystem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/loop.h>
#include <linux/openat2.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int cfs_open_beneath(int directory, const char *path, int flags, mode_t mode, int stays_on_mount) {
    struct open_how how = {
        .flags = (uint64_t)flags | O_CLOEXEC,
        .mode = (flags & O_CREAT) ? mode : 0,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS
            | (stays_on_mount ? RESOLVE_NO_XDEV : 0),
    };
    for (;;) {
        long descriptor = syscall(SYS_openat2, directory, path, &how, sizeof how);
        // EAGAIN: a rename elsewhere in the tree made the kernel unsure whether ".." was safe; openat2(2) says retry.
        if (descriptor < 0 && (errno == EAGAIN || errno == EINTR)) continue;
        return (int)descriptor;
    }
}

int cfs_rename_new(int old_directory, const char *old_path, int new_directory, const char *new_path) {
    return renameat2(old_directory, old_path, new_directory, new_path, RENAME_NOREPLACE);
}

int cfs_is_directory_type(unsigned char type) { return type == DT_DIR; }
int cfs_is_unknown_type(unsigned char type) { return type == DT_UNKNOWN; }

int cfs_is_mount_root(int descriptor) {
    struct statx status;
    if (statx(descriptor, "", AT_EMPTY_PATH, STATX_INO, &status) < 0) return -1;
    if (!(status.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT)) {
        errno = ENOTSUP;
        return -1;
    }
    return (status.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

int cfs_loop_attach(int image, const char *name, char *device, size_t size) {
    int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
    if (control < 0) return -1;
    struct loop_config config = { .fd = (uint32_t)image };
    config.info.lo_flags = LO_FLAGS_AUTOCLEAR;
    strncpy((char *)config.info.lo_file_name, name, LO_NAME_SIZE - 1);
    int loop = -1;
    // Another process may take the free device between the two calls.
    for (int attempt = 0; attempt < 64; attempt++) {
        int number = ioctl(control, LOOP_CTL_GET_FREE);
        if (number < 0) break;
        snprintf(device, size, "/dev/loop%d", number);
        loop = open(device, O_RDWR | O_CLOEXEC);
        if (loop < 0) break;
        if (ioctl(loop, LOOP_CONFIGURE, &config) == 0) break;
        int reason = errno;
        close(loop);
        loop = -1;
        errno = reason;
        if (reason != EBUSY) break;
    }
    int reason = errno;
    close(control);
    errno = reason;
    return loop;
}

int cfs_loop_of(dev_t mounted, char *device, size_t size, dev_t *image_device, ino_t *image_inode) {
    if (major(mounted) != 7) {
        errno = ENODEV;
        return -1;
    }
    // The kernel gives loop devices one minor each unless it was told to make partitions, which Berth does not use.
    snprintf(device, size, "/dev/loop%u", minor(mounted));
    int loop = open(device, O_RDONLY | O_CLOEXEC);
    if (loop < 0) return -1;
    struct loop_info64 info;
    int result = ioctl(loop, LOOP_GET_STATUS64, &info);
    int reason = errno;
    close(loop);
    errno = reason;
    if (result < 0) return -1;
    *image_device = (dev_t)info.lo_device;
    *image_inode = (ino_t)info.lo_inode;
    return 0;
}

int cfs_loop_update_capacity(const char *device) {
    int loop = open(device, O_RDWR | O_CLOEXEC);
    if (loop < 0) return -1;
    int result = ioctl(loop, LOOP_SET_CAPACITY, 0);
    int reason = errno;
    close(loop);
    errno = reason;
    return result;
}

int cfs_mount(const char *source, const char *target, const char *type, unsigned long flags, const char *data) {
    return mount(source, target, type, flags, data);
}

int cfs_bind(const char *source, const char *target, int is_bound, unsigned long flags) {
    if (!is_bound && mount(source, target, NULL, MS_BIND, NULL) < 0) return -1;
    if (flags == 0) return 0;
    struct statvfs status;
    if (statvfs(target, &status) < 0) return -1;
    // A remount replaces the flags. statvfs(3) and mount(2) write them differently.
    static const struct { unsigned long has, flag; } kept[] = {
        { ST_RDONLY, MS_RDONLY }, { ST_NOSUID, MS_NOSUID }, { ST_NODEV, MS_NODEV }, { ST_NOEXEC, MS_NOEXEC },
        { ST_NOATIME, MS_NOATIME }, { ST_NODIRATIME, MS_NODIRATIME }, { ST_RELATIME, MS_RELATIME },
    };
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        if (status.f_flag & kept[i].has) flags |= kept[i].flag;
    return mount(NULL, target, NULL, MS_REMOUNT | MS_BIND | flags, NULL);
}

int cfs_device_size(int device, uint64_t *bytes) { return ioctl(device, BLKGETSIZE64, bytes); }

unsigned cfs_major(dev_t device) { return major(device); }
unsigned cfs_minor(dev_t device) { return minor(device); }

int cfs_unmount(const char *target) { return umount2(target, UMOUNT_NOFOLLOW); }

unsigned long cfs_mount_flag(const char *option) {
    static const struct { const char *name; unsigned long flag; } flags[] = {
        { "ro", MS_RDONLY }, { "nosuid", MS_NOSUID }, { "nodev", MS_NODEV }, { "noexec", MS_NOEXEC },
        { "sync", MS_SYNCHRONOUS }, { "dirsync", MS_DIRSYNC }, { "noatime", MS_NOATIME },
        { "nodiratime", MS_NODIRATIME }, { "relatime", MS_RELATIME }, { "strictatime", MS_STRICTATIME },
        { "lazytime", MS_LAZYTIME },
    };
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (strcmp(flags[i].name, option) == 0) return flags[i].flag;
    return 0;
}

int cfs_may_grow_mounted_ext4(void) {
    struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3, .pid = 0 };
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
    if (syscall(SYS_capget, &header, data) < 0) return 0;
    return (data[CAP_TO_INDEX(CAP_SYS_RESOURCE)].effective & CAP_TO_MASK(CAP_SYS_RESOURCE)) != 0;
}

int cfs_event_open(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

void cfs_event_signal(int event) { (void)eventfd_write(event, 1); }

static int64_t milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static pid_t start(const char *const arguments[], int file, int output) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
    if (file >= 0) posix_spawn_file_actions_adddup2(&actions, file, 3);
    posix_spawn_file_actions_addclosefrom_np(&actions, file >= 0 ? 4 : 3);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t defaults;
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    char *environment[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", NULL, NULL };
    // By which the host finds what a call has started (specification, section 13).
    for (char **variable = environ; *variable; variable++)
        if (strncmp(*variable, "BERTH_CALL=", strlen("BERTH_CALL=")) == 0) environment[2] = *variable;
    pid_t child;
    int failure = posix_spawn(&child, arguments[0], &actions, &attributes, (char *const *)arguments, environment);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    if (failure == 0) return child;
    errno = failure;
    return -1;
}

// Reads the program's output until it has ended, or must end. Returns 0, or why it must.
static int follow(int output, int process, int cancel, int timeout, char *text, size_t size) {
    int64_t end = timeout < 0 ? INT64_MAX : milliseconds() + timeout;
    size_t used = 0;
    char rest[512];
    struct pollfd events[] = {
        { .fd = output, .events = POLLIN }, { .fd = process, .events = POLLIN }, { .fd = cancel, .events = POLLIN },
    };
    for (;;) {
        int64_t left = end == INT64_MAX ? -1 : end - milliseconds();
        if (end != INT64_MAX && left <= 0) return ETIMEDOUT;
        if (poll(events, 3, (int)left) < 0 && errno != EINTR) return errno;
        if (events[2].revents) return ECANCELED;
        if (events[0].revents) {
            // What does not fit is read all the same, so that the program does not wait for it to be taken.
            int fits = used + 1 < size;
            ssize_t count = read(output, fits ? text + used : rest, fits ? size - used - 1 : sizeof rest);
            if (count > 0 && fits) {
                used += (size_t)count;
                text[used] = 0;
            }
            if (count > 0 || (count < 0 && errno == EINTR)) continue;
            events[0].fd = -1;
        }
        // Not before its output was taken; and what it started may keep the pipe open.
        if (events[1].revents) return 0;
    }
}

int cfs_run(const char *const arguments[], int file, int cancel, int timeout, char *output, size_t size) {
    if (size > 0) output[0] = 0;
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0) return -1;
    pid_t child = start(arguments, file, ends[1]);
    int reason = errno;
    close(ends[1]);
    int process = child < 0 ? -1 : (int)syscall(SYS_pidfd_open, child, 0);
    int failure = child < 0 ? reason : process < 0 ? errno : 0;
    if (failure == 0) failure = follow(ends[0], process, cancel, timeout, output, size);
    close(ends[0]);
    int status = -1;
    if (child > 0) {
        if (failure != 0) kill(child, SIGKILL);
        // A program that the kernel holds in an endless read or write does not end even so; it is left then.
        struct pollfd ended = { .fd = process, .events = POLLIN };
        if (failure == 0 || process < 0 || poll(&ended, 1, 5000) > 0)
            while (waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    }
    if (process >= 0) close(process);
    if (failure == 0) return status;
    errno = failure;
    return -1;
}

const int cfs_path_only = O_PATH;
const int cfs_seek_data = SEEK_DATA;
const int cfs_seek_hole = SEEK_HOLE;

ssize_t cfs_copy_range(int from, off_t from_offset, int to, off_t to_offset, size_t length) {
    return copy_file_range(from, &from_offset, to, &to_offset, length, 0);
}
