/* roles.h — what the command line asks for: a page of text, a rendering, or a running agent.
 * Uses: agent/options, all of agent.  Threads: main.  Owner: main. */
#ifndef KG_AGENT_ROLES_H
#define KG_AGENT_ROLES_H

#include "agent/options/options.h"

/* Exit codes of the program. */
enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

/* Does what the options ask for and returns the program's exit code. Faults are told on standard
 * error. */
int roles_run(const struct options *o, const struct options_command *command);

/* `kubegauge render`: the exposition of the objects in --file, on standard output. */
int render_run(const struct options *o);

/* Writes all of text to standard output. Returns EXIT_OK or EXIT_FAILED. */
int roles_print(struct str text);

#endif
