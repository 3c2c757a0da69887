/* pause.c — the program of a pod's sandbox: holds its namespaces, reaps orphans, ends when told. */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    sigset_t wanted;
    int signal_number;

    sigfillset(&wanted);
    sigprocmask(SIG_BLOCK, &wanted, NULL);
    for (;;) {
        if (sigwait(&wanted, &signal_number) != 0) {
            continue;
        }
        if (signal_number == SIGCHLD) {
            while (waitpid(-1, NULL, WNOHANG) > 0) {
            }
        } else if (signal_number == SIGTERM || signal_number == SIGINT) {
            return 0;
        }
    }
}
