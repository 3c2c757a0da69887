/* node_read.h — the collectors of a node loop: started, read and cut into parts.
 * Uses: node_loop.  Threads: the node loop's, but new and free.  Owner: the node loop. */
#ifndef KG_AGENT_NODE_READ_H
#define KG_AGENT_NODE_READ_H

#include "agent/node/node_loop.h"

struct pollfd;
struct node_reader;

/* config is borrowed. NULL on error. Errors: -ENOMEM. */
struct node_reader *node_reader_new(const struct node_loop_config *config, struct err *err);
void node_reader_free(struct node_reader *r);

/* Starts all enabled collectors; failures are logged and told in the reports. */
void node_reader_start(struct node_reader *r, uint64_t now_ns);
void node_reader_stop(struct node_reader *r);

/* Ticks those that run, tries again those that do not. */
void node_reader_tick(struct node_reader *r, uint64_t now_ns);

/* Lets those sample that do; missed as struct collector has it. */
void node_reader_sample(struct node_reader *r, uint64_t missed);

/* Fills fds with the descriptors to wait for; returns how many. */
size_t node_reader_watch(struct node_reader *r, struct pollfd *fds, size_t max);

/* Tells collectors whose descriptor became readable. fds as filled by node_reader_watch. */
void node_reader_changed(struct node_reader *r, const struct pollfd *fds, size_t n,
                         uint64_t now_ns);

/* Reads the collectors in mask. NULL only when there is no memory for the reading's frame. */
struct node_reading *node_reader_read(struct node_reader *r, uint64_t mask, uint64_t ticket);

/* The same reading for a later ticket. NULL when out of memory. */
struct node_reading *node_reading_again(const struct node_reading *last, uint64_t ticket);

#endif
