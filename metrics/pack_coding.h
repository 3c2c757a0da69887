/* pack_coding.h — what pack.c asks of a coding.
 * Uses: pack.  Threads: one at a time per packer.  Owner: the file of each coding. */
#ifndef KG_METRICS_PACK_CODING_H
#define KG_METRICS_PACK_CODING_H

#include "metrics/pack.h"

/* Text of one piece at most: ends what the libraries' calls take of 32-bit lengths. */
#define PACK_PIECE_BYTES ((size_t)64 << 20)

struct pack_ops {
    const char *name;

    /* A packer of the coding's own kind, of which pack.c sets what it begins with; or NULL. */
    struct packer *(*create)(void);
    void (*destroy)(struct packer *p);

    /* Bytes that a piece of so much text takes at most. */
    size_t (*most)(size_t text_bytes);

    /* Writes the text, 1 to PACK_PIECE_BYTES, as a piece to out, where `most` of it has room.
     * Returns its bytes. Errors: -ENOMEM · -EIO. */
    ssize_t (*piece)(struct packer *p, struct str text, unsigned char *out, size_t room);

    /* Of the text; what it makes of a CRC before it. NULL: the pieces hold checksums of their own,
     * the body has none. */
    struct pack_sum (*sum)(struct str text);
    uint32_t (*join)(uint32_t crc, const struct pack_sum *sum);

    /* The first and the last bytes of a body. */
    struct str head;
    void (*end)(const struct pack_body *b, struct buf *out);
};

/* The first member of each coding's packer. */
struct packer {
    const struct pack_ops *ops;
    enum pack_coding coding;
    struct buf out; /* of a segment in the making */
    uint64_t n_raw;
};

extern const struct pack_ops pack_gzip, pack_zstd;

#endif
