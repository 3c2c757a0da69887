/* agent.h — a running agent: sources, loops and server put together, until a signal.
 * Uses: all of agent.  Threads: main; it starts the others.  Owner: roles. */
#ifndef KG_AGENT_AGENT_H
#define KG_AGENT_AGENT_H

#include "agent/options/options.h"

/* Runs a serving role, with the options that were loaded from the command, until SIGTERM or SIGINT,
 * then drains. Returns the exit code: 0 after a signal, 1 when something could not be started, 2
 * when an option's value is at fault. */
int agent_run(const struct options *o, const struct options_command *command);

#endif
