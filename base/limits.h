/* limits.h — every maximum of what grows with the cluster or comes from outside, in one place.
 * Uses: nothing.  Threads: any.  Owner: the whole program.
 *
 * Reaching one of them degrades what is named there, is counted in a self metric and logged. */
#ifndef KG_BASE_LIMITS_H
#define KG_BASE_LIMITS_H

#define KIB ((size_t)1024)
#define MIB (1024 * KIB)

/* Text read from the API server. etcd refuses objects above 1.5 MiB; JSON of one is somewhat
 * longer. */
#define LIMIT_OBJECT_BYTES (8 * MIB)        /* one object's JSON; larger: dropped, counted */
#define LIMIT_PAGE_BYTES (1024 * MIB)       /* one list response; larger: list fails */
#define LIMIT_LIST_PAGE_OBJECTS 500         /* objects asked for a page */
#define LIMIT_JSON_DEPTH 128                /* nesting that the splitter follows */
#define LIMIT_ERROR_BODY_BYTES (64 * KIB)   /* body kept of a failed request */
#define LIMIT_HEADER_BYTES (64 * KIB)       /* of one answer; more: it fails */
#define LIMIT_CALL_BYTES (4 * MIB)          /* answer to a single call; larger: it fails */
#define LIMIT_TRANSFERS 256                 /* requests under way at once; more are refused */
#define LIMIT_DECODE_ARENA_BYTES (32 * MIB) /* one object's decoded struct */
#define LIMIT_TZ_FILE_BYTES (64 * KIB)      /* one file of the time zone database */
#define LIMIT_CRON_BYTES 1024               /* text of one schedule; longer: not a schedule */
#define LIMIT_QUANTITY_BYTES 256            /* text of one quantity; longer: not a quantity */

/* The store. */
#define LIMIT_BUDGET 1000000000             /* most that --max-objects and --max-series may say */
#define LIMIT_STORE_OBJECTS 2000000         /* objects of one resource; more: dropped, counted */
#define LIMIT_BLOCK_BYTES (16 * MIB)        /* one object's rendered samples */
#define LIMIT_LABEL_VALUE_BYTES (256 * KIB) /* one label value; longer: cut, counted */

/* The node. */
#define LIMIT_CGROUPS 20000 /* cgroup folders known; more: not read, counted */
#define LIMIT_CGROUP_DEPTH 32
#define LIMIT_RUNTIME_RECORD_BYTES                                                                 \
    (1 * MIB)                              /* one container's OCI config.json; larger: not read    \
                                            */
#define LIMIT_CGROUP_FILE_BYTES (64 * KIB) /* one cgroup or /proc file */
#define LIMIT_CGROUP_DEVICES 512           /* devices of one io.stat */
#define LIMIT_NET_INTERFACES 4096          /* lines of one /proc/PID/net/dev */
#define LIMIT_PIDS_PER_CGROUP 32768 /* processes whose /proc/PID/fd is counted in one reading */
#define LIMIT_SCRAPE_NAMES_BYTES (64 * MIB) /* names of all families of an answer */
#define LIMIT_NODE_ARENA_BYTES (256 * MIB)  /* one reading of the node */
#define LIMIT_SAMPLING_PARTS 200 /* a core's for looks between scrapes; beyond: fewer, counted */
#define LIMIT_PODS_PER_NODE 10000
#define LIMIT_CONTAINER_LABELS 32    /* columns of --container-labels */
#define LIMIT_ENGINE_CONTAINERS 5000 /* of one Docker or Podman; more: shown by id, counted */
#define LIMIT_ENGINE_LABELS 256      /* label columns of one of its containers; more: left out */
#define LIMIT_ENGINE_LIST_BYTES (32 * MIB)  /* its list of containers; larger: not read */
#define LIMIT_ENGINE_DETAIL_BYTES (4 * MIB) /* what it tells of one of them; larger: not read */
#define LIMIT_ENGINE_ASKED 256              /* new containers waiting to be asked for */
#define LIMIT_FILESYSTEMS 1024
#define LIMIT_VOLUMES 4096    /* claims of a node's pods that are asked; more: left out, told */
#define LIMIT_STUCK_MOUNTS 16 /* threads that wait for a statfs that does not come back */
#define LIMIT_NODE_FILE_BYTES (16 * MIB) /* one file of a node_* collector; larger: not read */
#define LIMIT_NODE_NAMES 65536           /* entries of one folder of a node_* collector */
#define LIMIT_NODE_KEPT_FILES 512        /* kept open by a collector; beyond: opened each time */
#define LIMIT_TEXTFILE_FILES 1000        /* files of the collector textfile; more: not read */
#define LIMIT_TEXTFILE_BYTES (32 * MIB)  /* all of them together; what goes beyond: not read */
#define LIMIT_TEXTFILE_SERIES 200000 /* all of them together; a file that goes beyond: not read */
#define LIMIT_BLOCKED_COLLECTORS 16  /* threads that wait for files of collectors */
#define LIMIT_OOM_CONTAINERS 4096    /* containers whose OOM kills are kept; then the oldest go */
#define LIMIT_BLOCK_DEVICES 4096     /* names under /sys/block */
#define LIMIT_WALK_DEPTH 128         /* folders in folders that are counted; deeper: left out */
#define LIMIT_WALK_FILES 10000000    /* files of one folder that are counted; more: left out */
#define LIMIT_WALK_LINKS 65536 /* files with several names in one folder; more: counted twice */
#define LIMIT_EPHEMERAL_FOLDERS 65536 /* folders of pods that are measured; more: left out */

/* Serving. */
#define LIMIT_CONNECTIONS 512                 /* more are refused */
#define LIMIT_SCRAPES 64                      /* concurrent; more get 503 with Retry-After */
#define LIMIT_SLOW_SCRAPES 8                  /* older than that; one more: the oldest is cut */
#define LIMIT_SCRAPE_PIECE_BYTES (256 * KIB)  /* bytes assembled and written at a time */
#define LIMIT_ANSWER_SCRATCH_BYTES (64 * MIB) /* a piece and its longest series; more: cut */
#define LIMIT_REQUEST_HEADER_BYTES 16384      /* path, query, headers of one; more: refused */
#define LIMIT_QUERY_ITEMS 256                 /* names in resources=, collect[]= … */
#define LIMIT_SHARDS 1000                     /* of one set */

#define LIMIT_LEASE_NOTE_BYTES 4096 /* a holder's note to its successor; longer: cut off */
#define LIMIT_SCRAPERS 64           /* followed by a handover; more: the oldest go */

/* Configuration. */
#define LIMIT_CONFIG_BYTES (4 * MIB) /* kubeconfig, configuration file, certificates, tokens */
#define LIMIT_RENDER_INPUT_BYTES (512 * MIB) /* render -f */
#define LIMIT_OPTION_LIST 4096               /* entries of one list option */
#define LIMIT_COLLECTOR_COUNT 1000000        /* most that a number among collectors' options says */
#define LIMIT_YAML_DEPTH 64
#define LIMIT_YAML_ALIAS_BYTES (64 * MIB) /* what the aliases of one document stand for */
#define LIMIT_LOG_LINE_BYTES 4096

#endif
