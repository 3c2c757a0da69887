/* node_infiniband_*: /sys/class/infiniband/DEVICE and its ports/N, whose counters are files of one
 * number. Which of them there are differs by driver and kernel; before 4.5 the 64 bit ones stood in
 * counters_ext. A counter that the driver has not may read "N/A (no PMA)". */
#include "base/num.h"
#include "collectors/node/node_file.h"
#include "collectors/node/node_rows.h"

#include <stdio.h>

#define VALUES 63
#define PHYSICAL_STATE 23
#define RATE 36
#define STATE 58

#define GIGABIT_BYTES 125e6

struct port_sample {
    uint64_t present;
    struct str device, port;
    uint64_t v[VALUES];
};

static void port_common(const void *sample, struct metric_writer *out)
{
    const struct port_sample *s = sample;
    metric_common(out, s->device);
    metric_common(out, s->port);
}

static const struct metric_family port_rows[VALUES] = {
    NODE_VALUE(struct port_sample, "node_infiniband_duplicate_requests_packets_total", COUNTER,
               BIT(0), v[0], 1, "/sys/class/infiniband/*/ports/*/hw_counters/duplicate_request",
               "Received requests that had been carried out before."),
    NODE_VALUE(struct port_sample, "node_infiniband_excessive_buffer_overrun_errors_total", COUNTER,
               BIT(1), v[1], 1,
               "/sys/class/infiniband/*/ports/*/counters/excessive_buffer_overrun_errors",
               "Times buffers overran in too many periods one after the other."),
    NODE_VALUE(struct port_sample, "node_infiniband_implied_nak_seq_errors_total", COUNTER, BIT(2),
               v[2], 1, "/sys/class/infiniband/*/ports/*/hw_counters/implied_nak_seq_err",
               "Acknowledgements beyond the expected sequence number of a read or response."),
    NODE_VALUE(struct port_sample, "node_infiniband_legacy_data_received_bytes_total", COUNTER,
               BIT(3), v[3], 4, "/sys/class/infiniband/*/ports/*/counters_ext/port_rcv_data_64",
               "Bytes received, by the older counters."),
    NODE_VALUE(struct port_sample, "node_infiniband_legacy_data_transmitted_bytes_total", COUNTER,
               BIT(4), v[4], 4, "/sys/class/infiniband/*/ports/*/counters_ext/port_xmit_data_64",
               "Bytes sent, by the older counters."),
    NODE_VALUE(struct port_sample, "node_infiniband_legacy_multicast_packets_received_total",
               COUNTER, BIT(5), v[5], 1,
               "/sys/class/infiniband/*/ports/*/counters_ext/port_multicast_rcv_packets",
               "Multicast packets received, by the older counters."),
    NODE_VALUE(struct port_sample, "node_infiniband_legacy_multicast_packets_transmitted_total",
               COUNTER, BIT(6), v[6], 1,
               "/sys/class/infiniband/*/ports/*/counters_ext/port_multicast_xmit_packets",
               "Multicast packets sent, by the older counters."),
    NODE_VALUE(struct port_sample, "node_infiniband_legacy_packets_received_total", COUNTER, BIT(7),
               v[7], 1, "/sys/class/infiniband/*/ports/*/counters_ext/port_rcv_packets_64",
               "Packets received, by the older counters."),
    NODE_VALUE(struct port_sample, "node_infiniband_legacy_packets_transmitted_total", COUNTER,
               BIT(8), v[8], 1, "/sys/class/infiniband/*/ports/*/counters_ext/port_xmit_packets_64",
               "Packets sent, by the older counters."),
    NODE_VALUE(struct port_sample, "node_infiniband_legacy_unicast_packets_received_total", COUNTER,
               BIT(9), v[9], 1,
               "/sys/class/infiniband/*/ports/*/counters_ext/port_unicast_rcv_packets",
               "Unicast packets received, by the older counters."),
    NODE_VALUE(struct port_sample, "node_infiniband_legacy_unicast_packets_transmitted_total",
               COUNTER, BIT(10), v[10], 1,
               "/sys/class/infiniband/*/ports/*/counters_ext/port_unicast_xmit_packets",
               "Unicast packets sent, by the older counters."),
    NODE_VALUE(struct port_sample, "node_infiniband_lifespan_seconds", GAUGE, BIT(11), v[11], 1e-3,
               "/sys/class/infiniband/*/ports/*/hw_counters/lifespan",
               "How old the hardware counters may be when they are read."),
    NODE_VALUE(struct port_sample, "node_infiniband_link_downed_total", COUNTER, BIT(12), v[12], 1,
               "/sys/class/infiniband/*/ports/*/counters/link_downed",
               "Times the link went down after it could not recover."),
    NODE_VALUE(struct port_sample, "node_infiniband_link_error_recovery_total", COUNTER, BIT(13),
               v[13], 1, "/sys/class/infiniband/*/ports/*/counters/link_error_recovery",
               "Times the link recovered from an error."),
    NODE_VALUE(struct port_sample, "node_infiniband_local_ack_timeout_errors_total", COUNTER,
               BIT(14), v[14], 1,
               "/sys/class/infiniband/*/ports/*/hw_counters/local_ack_timeout_err",
               "Times the sender's acknowledgement timer ran out."),
    NODE_VALUE(struct port_sample, "node_infiniband_local_link_integrity_errors_total", COUNTER,
               BIT(15), v[15], 1,
               "/sys/class/infiniband/*/ports/*/counters/local_link_integrity_errors",
               "Times local physical errors passed their threshold."),
    NODE_VALUE(struct port_sample, "node_infiniband_multicast_packets_received_total", COUNTER,
               BIT(16), v[16], 1, "/sys/class/infiniband/*/ports/*/counters/multicast_rcv_packets",
               "Multicast packets received, those with errors too."),
    NODE_VALUE(struct port_sample, "node_infiniband_multicast_packets_transmitted_total", COUNTER,
               BIT(17), v[17], 1, "/sys/class/infiniband/*/ports/*/counters/multicast_xmit_packets",
               "Multicast packets sent, those with errors too."),
    NODE_VALUE(struct port_sample, "node_infiniband_np_cnp_packets_sent_total", COUNTER, BIT(18),
               v[18], 1, "/sys/class/infiniband/*/ports/*/hw_counters/np_cnp_sent",
               "Congestion notifications sent as notification point."),
    NODE_VALUE(struct port_sample, "node_infiniband_np_ecn_marked_roce_packets_received_total",
               COUNTER, BIT(19), v[19], 1,
               "/sys/class/infiniband/*/ports/*/hw_counters/np_ecn_marked_roce_packets",
               "RoCEv2 packets received that were marked for congestion."),
    NODE_VALUE(struct port_sample, "node_infiniband_out_of_buffer_drops_total", COUNTER, BIT(20),
               v[20], 1, "/sys/class/infiniband/*/ports/*/hw_counters/out_of_buffer",
               "Packets dropped because no work queue element was there."),
    NODE_VALUE(struct port_sample, "node_infiniband_out_of_sequence_packets_received_total",
               COUNTER, BIT(21), v[21], 1,
               "/sys/class/infiniband/*/ports/*/hw_counters/out_of_sequence",
               "Packets received out of sequence."),
    NODE_VALUE(struct port_sample, "node_infiniband_packet_sequence_errors_total", COUNTER, BIT(22),
               v[22], 1, "/sys/class/infiniband/*/ports/*/hw_counters/packet_seq_err",
               "Negative acknowledgements received for a sequence error."),
    NODE_VALUE(struct port_sample, "node_infiniband_physical_state_id", GAUGE, BIT(23), v[23], 1,
               "/sys/class/infiniband/*/ports/*/phys_state",
               "Physical state of the port: 1 sleep, 2 polling, 3 disabled, 4 training, 5 up, 6 "
               "error recovery, 7 test."),
    NODE_VALUE(struct port_sample, "node_infiniband_port_constraint_errors_received_total", COUNTER,
               BIT(24), v[24], 1,
               "/sys/class/infiniband/*/ports/*/counters/port_rcv_constraint_errors",
               "Received packets that a constraint made the port drop."),
    NODE_VALUE(struct port_sample, "node_infiniband_port_constraint_errors_transmitted_total",
               COUNTER, BIT(25), v[25], 1,
               "/sys/class/infiniband/*/ports/*/counters/port_xmit_constraint_errors",
               "Packets that a constraint kept the port from sending."),
    NODE_VALUE(struct port_sample, "node_infiniband_port_data_received_bytes_total", COUNTER,
               BIT(26), v[26], 4, "/sys/class/infiniband/*/ports/*/counters/port_rcv_data",
               "Bytes received on all lanes."),
    NODE_VALUE(struct port_sample, "node_infiniband_port_data_transmitted_bytes_total", COUNTER,
               BIT(27), v[27], 4, "/sys/class/infiniband/*/ports/*/counters/port_xmit_data",
               "Bytes sent on all lanes."),
    NODE_VALUE(struct port_sample, "node_infiniband_port_discards_received_total", COUNTER, BIT(28),
               v[28], 1, "/sys/class/infiniband/*/ports/*/counters/port_rcv_discards",
               "Received packets dropped because the port was down or congested."),
    NODE_VALUE(struct port_sample, "node_infiniband_port_discards_transmitted_total", COUNTER,
               BIT(29), v[29], 1, "/sys/class/infiniband/*/ports/*/counters/port_xmit_discards",
               "Packets to be sent dropped because the port was down or congested."),
    NODE_VALUE(struct port_sample, "node_infiniband_port_errors_received_total", COUNTER, BIT(30),
               v[30], 1, "/sys/class/infiniband/*/ports/*/counters/port_rcv_errors",
               "Packets received with an error."),
    NODE_VALUE(struct port_sample, "node_infiniband_port_packets_received_total", COUNTER, BIT(31),
               v[31], 1, "/sys/class/infiniband/*/ports/*/counters/port_rcv_packets",
               "Packets received on all virtual lanes, those with errors too."),
    NODE_VALUE(struct port_sample, "node_infiniband_port_packets_transmitted_total", COUNTER,
               BIT(32), v[32], 1, "/sys/class/infiniband/*/ports/*/counters/port_xmit_packets",
               "Packets sent on all virtual lanes, those with errors too."),
    NODE_VALUE(struct port_sample, "node_infiniband_port_receive_remote_physical_errors_total",
               COUNTER, BIT(33), v[33], 1,
               "/sys/class/infiniband/*/ports/*/counters/port_rcv_remote_physical_errors",
               "Packets received that a sender had marked as bad."),
    NODE_VALUE(struct port_sample, "node_infiniband_port_receive_switch_relay_errors_total",
               COUNTER, BIT(34), v[34], 1,
               "/sys/class/infiniband/*/ports/*/counters/port_rcv_switch_relay_errors",
               "Packets that the switch could not forward."),
    NODE_VALUE(struct port_sample, "node_infiniband_port_transmit_wait_total", COUNTER, BIT(35),
               v[35], 1, "/sys/class/infiniband/*/ports/*/counters/port_xmit_wait",
               "Ticks in which data waited and none was sent."),
    NODE_VALUE(struct port_sample, "node_infiniband_rate_bytes_per_second", GAUGE, BIT(36), v[36],
               1, "/sys/class/infiniband/*/ports/*/rate", "Most that the link can carry."),
    NODE_VALUE(struct port_sample, "node_infiniband_req_cqes_errors_total", COUNTER, BIT(37), v[37],
               1, "/sys/class/infiniband/*/ports/*/hw_counters/req_cqe_error",
               "Completions with an error, as requester."),
    NODE_VALUE(struct port_sample, "node_infiniband_req_cqes_flush_errors_total", COUNTER, BIT(38),
               v[38], 1, "/sys/class/infiniband/*/ports/*/hw_counters/req_cqe_flush_error",
               "Completions that were flushed with an error, as requester."),
    NODE_VALUE(struct port_sample, "node_infiniband_req_remote_access_errors_total", COUNTER,
               BIT(39), v[39], 1,
               "/sys/class/infiniband/*/ports/*/hw_counters/req_remote_access_errors",
               "Remote access errors, as requester."),
    NODE_VALUE(struct port_sample, "node_infiniband_req_remote_invalid_request_errors_total",
               COUNTER, BIT(40), v[40], 1,
               "/sys/class/infiniband/*/ports/*/hw_counters/req_remote_invalid_request",
               "Requests that the other side called invalid."),
    NODE_VALUE(struct port_sample, "node_infiniband_resp_cqes_errors_total", COUNTER, BIT(41),
               v[41], 1, "/sys/class/infiniband/*/ports/*/hw_counters/resp_cqe_error",
               "Completions with an error, as responder."),
    NODE_VALUE(struct port_sample, "node_infiniband_resp_cqes_flush_errors_total", COUNTER, BIT(42),
               v[42], 1, "/sys/class/infiniband/*/ports/*/hw_counters/resp_cqe_flush_error",
               "Completions that were flushed with an error, as responder."),
    NODE_VALUE(struct port_sample, "node_infiniband_resp_local_length_errors_total", COUNTER,
               BIT(43), v[43], 1,
               "/sys/class/infiniband/*/ports/*/hw_counters/resp_local_length_error",
               "Local length errors, as responder."),
    NODE_VALUE(struct port_sample, "node_infiniband_resp_remote_access_errors_total", COUNTER,
               BIT(44), v[44], 1,
               "/sys/class/infiniband/*/ports/*/hw_counters/resp_remote_access_errors",
               "Remote access errors, as responder."),
    NODE_VALUE(struct port_sample, "node_infiniband_rnr_nak_retry_packets_received_total", COUNTER,
               BIT(45), v[45], 1, "/sys/class/infiniband/*/ports/*/hw_counters/rnr_nak_retry_err",
               "Negative acknowledgements received because a receiver was not ready."),
    NODE_VALUE(struct port_sample, "node_infiniband_roce_adp_retransmits_timeout_total", COUNTER,
               BIT(46), v[46], 1, "/sys/class/infiniband/*/ports/*/hw_counters/roce_adp_retrans_to",
               "Times adaptive retransmission of RoCE ran into its timeout."),
    NODE_VALUE(struct port_sample, "node_infiniband_roce_adp_retransmits_total", COUNTER, BIT(47),
               v[47], 1, "/sys/class/infiniband/*/ports/*/hw_counters/roce_adp_retrans",
               "Adaptive retransmissions of RoCE."),
    NODE_VALUE(struct port_sample, "node_infiniband_roce_slow_restart_cnps_total", COUNTER, BIT(48),
               v[48], 1, "/sys/class/infiniband/*/ports/*/hw_counters/roce_slow_restart_cnps",
               "Congestion notifications that slow restart of RoCE made."),
    NODE_VALUE(struct port_sample, "node_infiniband_roce_slow_restart_total", COUNTER, BIT(49),
               v[49], 1, "/sys/class/infiniband/*/ports/*/hw_counters/roce_slow_restart_trans",
               "Times the state of RoCE became slow restart."),
    NODE_VALUE(struct port_sample, "node_infiniband_roce_slow_restart_used_total", COUNTER, BIT(50),
               v[50], 1, "/sys/class/infiniband/*/ports/*/hw_counters/roce_slow_restart",
               "Times slow restart of RoCE was used."),
    NODE_VALUE(struct port_sample, "node_infiniband_rp_cnp_ignored_packets_received_total", COUNTER,
               BIT(51), v[51], 1, "/sys/class/infiniband/*/ports/*/hw_counters/rp_cnp_ignored",
               "Congestion notifications received and ignored."),
    NODE_VALUE(struct port_sample, "node_infiniband_rp_cnp_packets_handled_total", COUNTER, BIT(52),
               v[52], 1, "/sys/class/infiniband/*/ports/*/hw_counters/rp_cnp_handled",
               "Congestion notifications that slowed sending down."),
    NODE_VALUE(struct port_sample, "node_infiniband_rx_atomic_requests_total", COUNTER, BIT(53),
               v[53], 1, "/sys/class/infiniband/*/ports/*/hw_counters/rx_atomic_requests",
               "ATOMIC requests received."),
    NODE_VALUE(struct port_sample, "node_infiniband_rx_dct_connect_requests_total", COUNTER,
               BIT(54), v[54], 1, "/sys/class/infiniband/*/ports/*/hw_counters/rx_dct_connect",
               "Connection requests received for dynamically connected transports."),
    NODE_VALUE(struct port_sample, "node_infiniband_rx_icrc_encapsulated_errors_total", COUNTER,
               BIT(55), v[55], 1,
               "/sys/class/infiniband/*/ports/*/hw_counters/rx_icrc_encapsulated",
               "RoCE packets received with a wrong ICRC."),
    NODE_VALUE(struct port_sample, "node_infiniband_rx_read_requests_total", COUNTER, BIT(56),
               v[56], 1, "/sys/class/infiniband/*/ports/*/hw_counters/rx_read_requests",
               "READ requests received."),
    NODE_VALUE(struct port_sample, "node_infiniband_rx_write_requests_total", COUNTER, BIT(57),
               v[57], 1, "/sys/class/infiniband/*/ports/*/hw_counters/rx_write_requests",
               "WRITE requests received."),
    NODE_VALUE(struct port_sample, "node_infiniband_state_id", GAUGE, BIT(58), v[58], 1,
               "/sys/class/infiniband/*/ports/*/state",
               "State of the port: 1 down, 2 init, 3 armed, 4 active, 5 deferred."),
    NODE_VALUE(struct port_sample, "node_infiniband_symbol_error_total", COUNTER, BIT(59), v[59], 1,
               "/sys/class/infiniband/*/ports/*/counters/symbol_error",
               "Minor errors on physical lanes."),
    NODE_VALUE(struct port_sample, "node_infiniband_unicast_packets_received_total", COUNTER,
               BIT(60), v[60], 1, "/sys/class/infiniband/*/ports/*/counters/unicast_rcv_packets",
               "Unicast packets received, those with errors too."),
    NODE_VALUE(struct port_sample, "node_infiniband_unicast_packets_transmitted_total", COUNTER,
               BIT(61), v[61], 1, "/sys/class/infiniband/*/ports/*/counters/unicast_xmit_packets",
               "Unicast packets sent, those with errors too."),
    NODE_VALUE(struct port_sample, "node_infiniband_vl15_dropped_total", COUNTER, BIT(62), v[62], 1,
               "/sys/class/infiniband/*/ports/*/counters/VL15_dropped",
               "Management packets (VL15) dropped for want of resources."),
};

NODE_SUBJECT_OF(port_subject, "node_infiniband_port", struct port_sample, port_rows, port_common,
                METRIC_LABELS("device", "port"));

struct device_sample {
    uint64_t present;
    struct str device, board, firmware, type;
};

static void put_info(const void *sample, struct metric_writer *out)
{
    const struct device_sample *s = sample;
    metric_put(out, 1, s->board, s->device, s->firmware, s->type);
}

static const struct metric_family device_rows[] = {
    NODE_SERIES("node_infiniband_info", GAUGE, 0, put_info,
                METRIC_LABELS("board_id", "device", "firmware_version", "hca_type"),
                "/sys/class/infiniband/*", "What the device is: 1."),
};

NODE_SUBJECT(device_subject, "node_infiniband", struct device_sample, device_rows);

static const struct {
    const char *file;
    size_t row;
} counters[] = {
    { "hw_counters/duplicate_request", 0 },
    { "counters/excessive_buffer_overrun_errors", 1 },
    { "hw_counters/implied_nak_seq_err", 2 },
    { "counters_ext/port_rcv_data_64", 3 },
    { "counters_ext/port_xmit_data_64", 4 },
    { "counters_ext/port_multicast_rcv_packets", 5 },
    { "counters_ext/port_multicast_xmit_packets", 6 },
    { "counters_ext/port_rcv_packets_64", 7 },
    { "counters_ext/port_xmit_packets_64", 8 },
    { "counters_ext/port_unicast_rcv_packets", 9 },
    { "counters_ext/port_unicast_xmit_packets", 10 },
    { "hw_counters/lifespan", 11 },
    { "counters/link_downed", 12 },
    { "counters/link_error_recovery", 13 },
    { "hw_counters/local_ack_timeout_err", 14 },
    { "counters/local_link_integrity_errors", 15 },
    { "counters/multicast_rcv_packets", 16 },
    { "counters/multicast_xmit_packets", 17 },
    { "hw_counters/np_cnp_sent", 18 },
    { "hw_counters/np_ecn_marked_roce_packets", 19 },
    { "hw_counters/out_of_buffer", 20 },
    { "hw_counters/out_of_sequence", 21 },
    { "hw_counters/packet_seq_err", 22 },
    { "counters/port_rcv_constraint_errors", 24 },
    { "counters/port_xmit_constraint_errors", 25 },
    { "counters/port_rcv_data", 26 },
    { "counters/port_xmit_data", 27 },
    { "counters/port_rcv_discards", 28 },
    { "counters/port_xmit_discards", 29 },
    { "counters/port_rcv_errors", 30 },
    { "counters/port_rcv_packets", 31 },
    { "counters/port_xmit_packets", 32 },
    { "counters/port_rcv_remote_physical_errors", 33 },
    { "counters/port_rcv_switch_relay_errors", 34 },
    { "counters/port_xmit_wait", 35 },
    { "hw_counters/req_cqe_error", 37 },
    { "hw_counters/req_cqe_flush_error", 38 },
    { "hw_counters/req_remote_access_errors", 39 },
    { "hw_counters/req_remote_invalid_request", 40 },
    { "hw_counters/resp_cqe_error", 41 },
    { "hw_counters/resp_cqe_flush_error", 42 },
    { "hw_counters/resp_local_length_error", 43 },
    { "hw_counters/resp_remote_access_errors", 44 },
    { "hw_counters/rnr_nak_retry_err", 45 },
    { "hw_counters/roce_adp_retrans_to", 46 },
    { "hw_counters/roce_adp_retrans", 47 },
    { "hw_counters/roce_slow_restart_cnps", 48 },
    { "hw_counters/roce_slow_restart_trans", 49 },
    { "hw_counters/roce_slow_restart", 50 },
    { "hw_counters/rp_cnp_ignored", 51 },
    { "hw_counters/rp_cnp_handled", 52 },
    { "hw_counters/rx_atomic_requests", 53 },
    { "hw_counters/rx_dct_connect", 54 },
    { "hw_counters/rx_icrc_encapsulated", 55 },
    { "hw_counters/rx_read_requests", 56 },
    { "hw_counters/rx_write_requests", 57 },
    { "counters/symbol_error", 59 },
    { "counters/unicast_rcv_packets", 60 },
    { "counters/unicast_xmit_packets", 61 },
    { "counters/VL15_dropped", 62 },
};

#define EXCLUDE "collector.infiniband.device-exclude"
#define INCLUDE "collector.infiniband.device-include"

struct infiniband {
    int fd;
    struct node_filter filter;
};

extern const struct collector collector_infiniband;

static void infiniband_stop(void *state)
{
    struct infiniband *b = state;
    kg_close_cleanup(&b->fd);
    node_filter_done(&b->filter);
    free(b);
}

static int infiniband_start(const struct collector_env *env, void **ret_state, struct err *err)
{
    struct infiniband *b = calloc(1, sizeof(*b));
    if (!b) {
        return node_no_memory(err, "infiniband");
    }
    int r = node_filter_init(&b->filter, env, &collector_infiniband, EXCLUDE, INCLUDE, err);
    b->fd = r < 0 ? r : node_dir_open(env->sysfs, "class/infiniband", err);
    if (b->fd < 0) {
        r = b->fd;
        infiniband_stop(b);
        return r;
    }
    *ret_state = b;
    return 0;
}

/* "4: ACTIVE" */
static void read_state(int fd, const char *file, struct port_sample *s, size_t row)
{
    char text[64];
    struct str line = { 0 };
    if (node_line_at(fd, file, text, sizeof(text), &line) >= 0 &&
        num_scan_u64(str_cut(&line, ':'), &s->v[row]) == 0) {
        s->present |= BIT(row);
    }
}

/* "100 Gb/sec (4X EDR)" */
static void read_rate(int fd, struct port_sample *s)
{
    char text[64];
    struct str line = { 0 };
    double gigabits;
    if (node_line_at(fd, "rate", text, sizeof(text), &line) >= 0 &&
        num_scan_double(str_word(&line), &gigabits) == 0 && gigabits >= 0 && gigabits < 1e9) {
        s->v[RATE] = (uint64_t)(gigabits * GIGABIT_BYTES);
        s->present |= BIT(RATE);
    }
}

static int add_port(int fd, struct str device, struct str port, struct metric_sink *sink,
                    struct err *err)
{
    struct port_sample *s = metric_sink_add(sink, &port_subject, NULL, 0, err);
    if (!s) {
        return -ENOMEM;
    }
    s->device = device;
    s->port = port;
    read_state(fd, "state", s, STATE);
    read_state(fd, "phys_state", s, PHYSICAL_STATE);
    read_rate(fd, s);
    for (size_t i = 0; i < KG_ARRAY_LEN(counters); i++) {
        if (node_u64_at(fd, counters[i].file, &s->v[counters[i].row]) >= 0) {
            s->present |= BIT(counters[i].row);
        }
    }
    return 0;
}

static int add_ports(int fd, struct str device, struct metric_sink *sink, struct err *err)
{
    struct str *names = NULL;
    size_t n = 0;
    auto_close int ports = file_open_dir_at(fd, "ports");
    int r = ports < 0 ? 0 : node_dir_names(ports, metric_sink_arena(sink), &names, &n);
    for (size_t i = 0; i < n && r >= 0; i++) {
        auto_close int port = file_open_dir_at(ports, names[i].p);
        if (port >= 0) {
            r = add_port(port, device, names[i], sink, err);
        }
    }
    return r;
}

static int add_device(int fd, struct str device, struct metric_sink *sink, struct err *err)
{
    struct device_sample values = { .device = device };
    struct arena *mem = metric_sink_arena(sink);
    /* Not all drivers have all of them. */
    if (node_text_at(fd, "board_id", mem, &values.board) == -ENOMEM ||
        node_text_at(fd, "fw_ver", mem, &values.firmware) == -ENOMEM ||
        node_text_at(fd, "hca_type", mem, &values.type) == -ENOMEM) {
        return -ENOMEM;
    }
    struct device_sample *s = metric_sink_add(sink, &device_subject, NULL, 0, err);
    if (!s) {
        return -ENOMEM;
    }
    *s = values;
    return add_ports(fd, device, sink, err);
}

static int infiniband_read(void *state, struct metric_sink *sink, struct err *err)
{
    const struct infiniband *b = state;
    struct str *names = NULL;
    size_t n = 0;
    int r = node_dir_names(b->fd, metric_sink_arena(sink), &names, &n);
    for (size_t i = 0; i < n && r >= 0; i++) {
        auto_close int fd =
            node_filter_takes(&b->filter, names[i]) ? file_open_dir_at(b->fd, names[i].p) : -1;
        if (fd >= 0) {
            r = add_device(fd, names[i], sink, err);
        }
    }
    return r < 0 ? err_set_errno(err, -r, "class/infiniband") : 0;
}

static const struct collector_option options[] = {
    { EXCLUDE, COLLECTOR_PATTERN, "", "Devices to leave out." },
    { INCLUDE, COLLECTOR_PATTERN, "", "Devices to take; others are left out." },
    { 0 },
};

static const struct metric_subject *const subjects[] = { &device_subject, &port_subject, NULL };

const struct collector collector_infiniband = {
    .name = "infiniband",
    .on_by_default = true,
    .subjects = subjects,
    .options = options,
    .may_block = true,
    .start = infiniband_start,
    .read = infiniband_read,
    .stop = infiniband_stop,
};
