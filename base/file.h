/* file.h — whole small files, and values read again and again through one descriptor.
 * Uses: buf, err.  Threads: any; a descriptor has one reader at a time.  Owner: the caller.
 *
 * Relative paths are relative to dirfd (AT_FDCWD for the working directory), so that a reader
 * started on a directory cannot be led elsewhere. */
#ifndef KG_BASE_FILE_H
#define KG_BASE_FILE_H

#include "base/buf.h"
#include "base/err.h"

#include <fcntl.h>

/* Appends the whole file to out; /proc files of size 0 included. Returns the bytes read.
 * Errors: those of open and read, -EFBIG when it does not fit into out's maximum. err names path.
 */
ssize_t file_read(int dirfd, const char *path, struct buf *out, struct err *err);

/* pread, but sets errno without being a point of cancellation, which makes it cheaper. */
ssize_t file_pread(int fd, char *out, size_t size, off_t at) KG_MUST_CHECK;

/* Reads up to size - 1 bytes at offset 0 of an open descriptor into out and NUL-terminates.
 * Sets *ret to the text. Errors: those of pread, -EFBIG when the file has more. No err: hot path.
 */
int file_pread_text(int fd, char *out, size_t size, struct str *ret) KG_MUST_CHECK;

/* As file_pread_text on a path, opened and closed. */
int file_read_text_at(int dirfd, const char *path, char *out, size_t size,
                      struct str *ret) KG_MUST_CHECK;

/* One number, with a newline or not: "42\n". Negative numbers give -ERANGE. Errors also: those of
 * file_read_text_at, -EINVAL when it is not a number. */
int file_read_u64_at(int dirfd, const char *path, uint64_t *ret) KG_MUST_CHECK;

/* Opens with O_CLOEXEC; returns the descriptor or a negative errno. */
int file_open_dir_at(int dirfd, const char *path);
int file_open_read_at(int dirfd, const char *path);

/* Opens path as a process would whose root is root: symbolic links on the way, absolute ones too,
 * stay below it. A kernel or a sandbox without openat2 (Linux 5.6) follows them as from here.
 * Returns the descriptor (O_CLOEXEC is added) or a negative errno. */
int file_open_in_root(const char *root, const char *path, int flags);

/* Joins root and an absolute or relative path into out ("/host" + "/proc/1" -> "/host/proc/1").
 * Errors: -ENAMETOOLONG. */
int file_join(char *out, size_t size, const char *root, const char *path) KG_MUST_CHECK;

#endif
