/* page.h — the page at "/": web/index.html, put into the program when it is built.
 * Uses: base.  Threads: any (constant).  Owner: none; cmake/embed.cmake writes the source. */
#ifndef KG_AGENT_PAGE_H
#define KG_AGENT_PAGE_H

#include "base/str.h"

extern const struct str page_html; /* the whole page, UTF-8 */

#endif
