/* config_files.h — the credentials of a kube_config that stand in files of their own.
 * Uses: base, kube/client/config.  Threads: the kube loop.  Owner: config.c and kubeconfig.c. */
#ifndef KG_KUBE_CONFIG_FILES_H
#define KG_KUBE_CONFIG_FILES_H

#include "base/buf.h"
#include "kube/client/config.h"

/* Reads what *_file name into *_pem and token; what has no file stays as it is. Returns 1 when
 * something changed (generations grow), 0 when not, or an error (everything stays).
 * Errors: those of open and read · -EBADMSG not PEM, or not a token · -ENOTSUP an encrypted key ·
 * -EAGAIN certificate and key are being exchanged right now. */
int config_files_read(struct kube_config *c, struct err *err);

/* Makes a token out of text: blanks around it are cut off. Sets *ret, on the heap.
 * Errors: -EBADMSG empty, or a character that a header cannot carry · -ENOMEM. */
int config_token(struct str text, char **ret, struct err *err);

/* Makes a PEM out of text. Sets *ret, on the heap. Errors: -EBADMSG no PEM in it · -ENOMEM. */
int config_pem(struct str text, char **ret, struct err *err);

/* As config_pem for a private key. Errors also: -ENOTSUP it is encrypted. */
int config_key(struct str text, char **ret, struct err *err);

#endif
