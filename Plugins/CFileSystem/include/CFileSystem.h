// System calls that Swift cannot call by itself: those that glibc has no function for, that take a variable number of
// arguments, or whose constants are macros that Swift does not import. Each returns what the system call does: -1 with
// errno set on failure.
#ifndef BERTH_CFILESYSTEM_H
#define BERTH_CFILESYSTEM_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// openat2(2), path resolution confined to `directory`: no "..", absolute path or symbolic link leads out of it, since
// no symbolic link is followed at all. `stays_on_mount` also refuses to enter another mount (EXDEV).
int cfs_open_beneath(int directory, const char *path, int flags, mode_t mode, int stays_on_mount);

// renameat2(2) with RENAME_NOREPLACE: EEXIST rather than replacing what is there.
int cfs_rename_new(int old_directory, const char *old_path, int new_directory, const char *new_path);

// What this process is willing to do with a directory entry, from dirent's d_type.
int cfs_is_directory_type(unsigned char type);
int cfs_is_unknown_type(unsigned char type);

// Whether `descriptor` is the root of a mount (statx(2), STATX_ATTR_MOUNT_ROOT): 1, 0, or -1.
int cfs_is_mount_root(int descriptor);

// Attaches `image` to a free loop device that detaches itself at the last unmount (loop(4), LO_FLAGS_AUTOCLEAR).
// Returns the device's descriptor, to be closed after mounting, and its path in `device`.
int cfs_loop_attach(int image, const char *name, char *device, size_t size);

// The loop device behind a mounted file system: its path in `device`, and the device and inode of its image.
int cfs_loop_of(dev_t mounted, char *device, size_t size, dev_t *image_device, ino_t *image_inode);

// Lets the loop device see that its image has grown (LOOP_SET_CAPACITY).
int cfs_loop_update_capacity(const char *device);

// mount(2); `flags` as cfs_mount_flag gives them.
int cfs_mount(const char *source, const char *target, const char *type, unsigned long flags, const char *data);

// Mounts what is at `source` at `target` too (mount(2), MS_BIND), with `flags` added to those that the mount of `source`
// has. Where `target` is such a mount already, it is given the flags alone.
int cfs_bind(const char *source, const char *target, int is_bound, unsigned long flags);

// umount2(2) with UMOUNT_NOFOLLOW.
int cfs_unmount(const char *target);

// The size of a block device in bytes (BLKGETSIZE64).
int cfs_device_size(int device, uint64_t *bytes);

// The two parts of a device's number (makedev(3)).
unsigned cfs_major(dev_t device);
unsigned cfs_minor(dev_t device);

// The flag of a mount option's name, as "noatime"; 0 for one that is the file system's own.
unsigned long cfs_mount_flag(const char *option);

// Whether this process has CAP_SYS_RESOURCE in effect (capabilities(7)), without which ext4 is not grown while mounted.
int cfs_may_grow_mounted_ext4(void);

// Runs a program without a shell, with empty standard input, and waits for it. Its output and errors, as much as fits,
// are in `output`, terminated. The program has `file`, unless that is -1, as its descriptor 3. It is killed after
// `timeout` milliseconds (-1: never), and when `cancel` (cfs_event_open; -1: never) was signalled.
//
// Returns the wait status, or -1: ETIMEDOUT and ECANCELED say that it was killed.
int cfs_run(const char *const arguments[], int file, int cancel, int timeout, char *output, size_t size);

// eventfd(2): the descriptor, to be closed; and its signal, from any thread.
int cfs_event_open(void);
void cfs_event_signal(int event);

// open(2)'s O_PATH.
extern const int cfs_path_only;

// For copies: a file's holes (lseek(2)).
extern const int cfs_seek_data;
extern const int cfs_seek_hole;

// Shares or copies a range without going through this process (copy_file_range(2)).
ssize_t cfs_copy_range(int from, off_t from_offset, int to, off_t to_offset, size_t length);

#endif
