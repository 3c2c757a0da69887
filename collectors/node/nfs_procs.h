/* nfs_procs.h — what client and server of NFS have in common: lines of numbers, procedures by name.
 * Uses: node_rows.  Threads: any.  Owner: nfs and nfsd. */
#ifndef KG_COLLECTORS_NODE_NFS_PROCS_H
#define KG_COLLECTORS_NODE_NFS_PROCS_H

#include "base/str.h"
#include "metrics/writer.h"

#define NFS_NUMBERS_MAX 128

/* The numbers of one line, as many as it has. */
struct nfs_numbers {
    size_t n;
    uint64_t v[NFS_NUMBERS_MAX];
};

/* Reads all numbers of a line; those beyond NFS_NUMBERS_MAX are left out. Errors: -EBADMSG. */
int nfs_numbers_parse(struct str line, struct nfs_numbers *ret);

/* As nfs_numbers_parse for a line whose first number counts the others, which is left out.
 * Errors: -EBADMSG also when it is another. */
int nfs_procs_parse(struct str line, struct nfs_numbers *ret);

/* Puts a series a procedure that the line has and that has a name: method and proto. names has n
 * entries, those of "" are not served. */
void nfs_procs_put(const struct nfs_numbers *procs, const struct str *names, size_t n,
                   struct str proto, struct metric_writer *out);

#define NFS_V2_PROCS 18
#define NFS_V3_PROCS 22
extern const struct str nfs_v2_procs[NFS_V2_PROCS], nfs_v3_procs[NFS_V3_PROCS];

#endif
