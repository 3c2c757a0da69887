/* The program: options, then what they ask for. */
#include "agent/options/options.h"
#include "agent/roles.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct options options;
    struct err err = { 0 };
    const struct options_command command = { argc - 1, argv + 1, environ };
    int code = EXIT_USAGE;
    /* A reader of --help or of a scrape that goes away is an error of write(2), not the end. */
    signal(SIGPIPE, SIG_IGN);
    if (options_init(&options, &err) < 0 ||
        options_load(&options, command.argc, command.argv, command.envp, &err) < 0) {
        fprintf(stderr, "kubegauge: %s\n", err_text(&err));
    } else {
        code = roles_run(&options, &command);
    }
    options_done(&options);
    return code;
}
