// What Swift's Glibc module does not expose.
#ifndef BERTH_CFILETRUST_H
#define BERTH_CFILETRUST_H

// Whether the file has a POSIX access control list (acl(5)) beyond its mode. Symbolic links are followed.
int cft_has_access_list(const char *path);

#endif
