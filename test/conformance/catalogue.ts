/** Upstream's cases that a simulator should reproduce, by file. libzmq: tests/. */
export const CATALOGUE: Readonly<
  Record<string, { readonly semantic?: readonly string[]; readonly timing?: readonly string[] }>
> = {
  test_hwm: {
    semantic: [
      "test_defaults",
      "test_infinite_both_inproc_bind_first",
      "test_infinite_both_inproc_connect_first",
      "test_infinite_receive_inproc_bind_first",
      "test_infinite_receive_inproc_connect_first",
      "test_infinite_send_inproc_bind_first",
      "test_infinite_send_inproc_connect_first",
      "test_finite_both_bind_first",
      "test_finite_both_connect_first",
      "test_infinite_recv_connect_and_close_first",
      "test_infinite_recv_bind_and_close_first",
    ],
  },
  test_hwm_pubsub: {
    semantic: [
      "test_defaults_large_tcp",
      "test_defaults_small_tcp",
      "test_blocking_tcp",
      "test_defaults_large_inproc",
      "test_defaults_small_inproc",
      "test_blocking_inproc",
      "test_defaults_large_ipc",
      "test_defaults_small_ipc",
      "test_blocking_ipc",
      "test_reset_hwm",
    ],
  },
  test_sockopt_hwm: {
    semantic: ["test_change_before_connected", "test_change_after_connected", "test_decrease_when_full"],
  },
  test_conflate: {
    semantic: ["test_conflate"],
  },
  test_immediate: {
    semantic: ["test_immediate_1", "test_immediate_2", "test_immediate_3"],
  },
  test_inproc_connect: {
    semantic: [
      "test_bind_before_connect",
      "test_connect_before_bind",
      "test_connect_before_bind_pub_sub",
      "test_connect_before_bind_ctx_term",
      "test_multiple_connects",
      "test_multiple_threads",
      "test_routing_id",
      "test_connect_only",
      "test_unbind",
      "test_shutdown_during_pend",
    ],
    timing: ["test_simultaneous_connect_bind_threads"],
  },
  test_router_handover: {
    semantic: ["test_with_handover", "test_without_handover"],
  },
  test_router_mandatory: {
    semantic: ["test_basic"],
  },
  test_router_mandatory_hwm: {
    semantic: ["test_router_mandatory_hwm"],
  },
  test_router_notify: {
    semantic: [
      "test_sockopt_router_notify",
      "test_router_notify_connect",
      "test_router_notify_disconnect",
      "test_router_notify_both",
      "test_handshake_fail",
      "test_error_during_multipart",
    ],
  },
  test_spec_dealer: {
    semantic: [
      "test_round_robin_out_inproc",
      "test_fair_queue_in_inproc",
      "test_block_on_send_no_peers_inproc",
      "test_round_robin_out_tcp",
      "test_fair_queue_in_tcp",
      "test_block_on_send_no_peers_tcp",
    ],
  },
  test_spec_pushpull: {
    semantic: [
      "inproc_push_round_robin_out",
      "tcp_push_round_robin_out",
      "inproc_pull_fair_queue_in",
      "tcp_pull_fair_queue_in",
      "inproc_push_block_on_send_no_peers",
      "tcp_push_block_on_send_no_peers",
      "inproc_push_multipart_atomic_drop_block",
      "inproc_push_multipart_atomic_drop_non_block",
      "tcp_push_multipart_atomic_drop_block",
      "tcp_push_multipart_atomic_drop_non_block",
    ],
  },
  test_spec_rep: {
    semantic: ["test_fair_queue_in_inproc", "test_fair_queue_in_tcp", "test_envelope_inproc", "test_envelope_tcp"],
  },
  test_spec_req: {
    semantic: [
      "test_round_robin_out_inproc",
      "test_round_robin_out_tcp",
      "test_req_message_format_inproc",
      "test_req_message_format_tcp",
      "test_block_on_send_no_peers",
    ],
  },
  test_spec_router: {
    semantic: ["test_fair_queue_in_tcp", "test_fair_queue_in_inproc"],
  },
  test_req_correlate: {
    semantic: ["test_req_correlate"],
  },
  test_req_relaxed: {
    semantic: ["test_case_1", "test_case_2", "test_case_3", "test_case_4"],
  },
  test_invalid_rep: {
    semantic: ["test_invalid_rep"],
  },
  test_sub_forward: {
    semantic: ["test"],
  },
  test_xpub_manual: {
    semantic: [
      "test_basic",
      "test_unsubscribe_manual",
      "test_xpub_proxy_unsubscribe_on_disconnect",
      "test_missing_subscriptions",
      "test_unsubscribe_cleanup",
      "test_user_message",
      "test_user_message_multi",
    ],
  },
  test_xpub_manual_last_value: {
    semantic: [
      "test_basic",
      "test_unsubscribe_manual",
      "test_xpub_proxy_unsubscribe_on_disconnect",
      "test_missing_subscriptions",
      "test_unsubscribe_cleanup",
      "test_manual_last_value",
    ],
  },
  test_xpub_nodrop: {
    semantic: ["test"],
  },
  test_xpub_topic: {
    semantic: ["test_xpub_subscribe_long_topic"],
  },
  test_xpub_verbose: {
    semantic: [
      "test_xpub_verbose_one_sub",
      "test_xpub_verbose_two_subs",
      "test_xpub_verboser_one_sub",
      "test_xpub_verboser_two_subs",
    ],
  },
  test_xpub_welcome_msg: {
    semantic: ["test"],
  },
  test_xsub_verbose: {
    semantic: ["test_xsub_verbose_unsubscribe"],
  },
  test_pub_invert_matching: {
    semantic: ["test"],
  },
  test_pubsub_topics_count: {
    semantic: ["test_independent_topic_prefixes", "test_nested_topic_prefixes"],
  },
  test_pair_inproc: {
    semantic: ["test_roundtrip", "test_zmq_send_const"],
  },
  test_pair_tcp: {
    semantic: ["test_pair_tcp_regular", "test_pair_tcp_connect_by_name"],
  },
  test_reqrep_inproc: {
    semantic: ["test_roundtrip"],
  },
  test_reqrep_tcp: {
    semantic: [
      "test_single_connect_ipv4",
      "test_multi_connect_ipv4",
      "test_multi_connect_same_port_ipv4",
      "test_single_connect_ipv6",
      "test_multi_connect_ipv6",
      "test_multi_connect_same_port_ipv6",
    ],
  },
  test_reqrep_ipc: {
    semantic: ["test_simple", "test_leak"],
  },
  test_reqrep_device: {
    semantic: ["test_roundtrip"],
  },
  test_probe_router: {
    semantic: ["test_probe_router_router", "test_probe_router_dealer"],
  },
  test_connect_rid: {
    semantic: [
      "test_stream_2_stream",
      "test_router_2_router_unnamed",
      "test_router_2_router_named",
      "test_router_2_router_while_receiving",
    ],
  },
  test_issue_566: {
    semantic: ["test_issue_566"],
  },
  test_disconnect_inproc: {
    semantic: ["test_disconnect_inproc"],
  },
  test_disconnect_msg: {
    semantic: ["test_tcp", "test_inproc", "test_inproc_disconnect"],
  },
  test_hello_msg: {
    semantic: ["test_tcp", "test_inproc", "test_inproc_late_bind"],
  },
  test_hiccup_msg: {
    semantic: ["test"],
  },
  test_last_endpoint: {
    semantic: ["test_last_endpoint"],
  },
  test_term_endpoint: {
    semantic: [
      "test_send_after_unbind_fails",
      "test_send_after_disconnect_fails",
      "test_unbind_via_last_endpoint",
      "test_wildcard_unbind_fails",
    ],
  },
  test_unbind_wildcard: {
    semantic: [
      "test_address_wildcard_ipv4",
      "test_address_wildcard_ipv6",
      "test_port_wildcard_ipv4_address",
      "test_port_wildcard_ipv4_address_ipv6",
      "test_port_wildcard_ipv6_address",
    ],
  },
  test_bind_after_connect_tcp: {
    semantic: ["test_x"],
  },
  test_peer: {
    semantic: ["test_peer"],
  },
  test_peer_disconnect: {
    semantic: ["test_peer_disconnect"],
  },
  test_proxy: {
    semantic: ["test_proxy"],
  },
  test_proxy_hwm: {
    semantic: ["main"],
  },
  test_proxy_single_socket: {
    semantic: ["test_proxy_single_socket"],
  },
  test_proxy_steerable: {
    semantic: ["test_proxy_steerable"],
  },
  test_proxy_terminate: {
    semantic: ["test_proxy_terminate"],
  },
  test_scatter_gather: {
    semantic: ["test_scatter_gather", "test_scatter_gather_multipart_fails"],
  },
  test_client_server: {
    semantic: ["test_client_sndmore_fails", "test_server_sndmore_fails", "test_routing_id"],
  },
  test_channel: {
    semantic: ["test_roundtrip", "test_sndmore_fails"],
  },
  test_reconnect_ivl: {
    semantic: ["test_reconnect_ivl_ipc", "test_reconnect_ivl_tcp_ipv4", "test_reconnect_ivl_tcp_ipv6"],
  },
  test_reconnect_options: {
    timing: [
      "reconnect_default",
      "reconnect_success",
      "reconnect_stop_on_refused",
      "reconnect_stop_on_handshake_failed",
      "reconnect_stop_after_disconnect",
    ],
  },
  test_monitor: {
    semantic: [
      "test_monitor_basic",
      "test_monitor_versioned_basic_tcp_ipv4",
      "test_monitor_versioned_basic_tcp_ipv6",
      "test_monitor_versioned_basic_ipc",
    ],
  },
  test_heartbeats: {
    timing: [
      "test_heartbeat_timeout_router",
      "test_heartbeat_ttl_dealer_router",
      "test_heartbeat_ttl_req_rep",
      "test_heartbeat_ttl_pull_push",
      "test_heartbeat_ttl_sub_pub",
      "test_heartbeat_ttl_pair_pair",
      "test_heartbeat_notimeout_dealer_router",
      "test_heartbeat_notimeout_req_rep",
      "test_heartbeat_notimeout_pull_push",
      "test_heartbeat_notimeout_sub_pub",
      "test_heartbeat_notimeout_pair_pair",
      "test_heartbeat_ttl_client_server",
      "test_heartbeat_ttl_gather_scatter",
      "test_heartbeat_notimeout_client_server",
      "test_heartbeat_notimeout_gather_scatter",
    ],
    semantic: [
      "test_setsockopt_heartbeat_ttl_max",
      "test_setsockopt_heartbeat_ttl_more_than_max_fails",
      "test_setsockopt_heartbeat_ttl_near_zero",
    ],
  },
  test_timeo: {
    timing: ["test_timeo"],
  },
  test_stream_timeout: {
    timing: ["test_stream_handshake_timeout_accept", "test_stream_handshake_timeout_connect"],
  },
  test_stream: {
    semantic: ["test_stream_to_stream"],
  },
  test_stream_disconnect: {
    semantic: ["test_stream_disconnect"],
  },
  test_stream_empty: {
    semantic: ["test_stream_empty"],
  },
  test_ctx_destroy: {
    semantic: [
      "test_ctx_shutdown",
      "test_ctx_shutdown_socket_opened_after",
      "test_ctx_shutdown_only_socket_opened_after",
    ],
  },
  test_ctx_options: {
    semantic: [
      "test_ctx_option_max_sockets",
      "test_ctx_option_socket_limit",
      "test_ctx_option_io_threads",
      "test_ctx_option_ipv6",
      "test_ctx_option_ipv6_set",
      "test_ctx_option_blocky",
      "test_ctx_option_invalid",
    ],
  },
  test_setsockopt: {
    semantic: ["test_setsockopt_tcp_recv_buffer", "test_setsockopt_tcp_send_buffer"],
  },
  test_poller: {
    semantic: ["test_poll_basic", "test_poll_client_server"],
  },
  test_msg_flags: {
    semantic: ["test_more"],
  },
  test_radio_dish: {
    semantic: [
      "test_leave_unjoined_fails",
      "test_join_too_long_fails",
      "test_long_group",
      "test_join_twice_fails",
      "test_radio_bind_fails_ipv4",
      "test_radio_bind_fails_ipv6",
      "test_dish_connect_fails_ipv4",
      "test_dish_connect_fails_ipv6",
      "test_radio_dish_tcp_poll_ipv4",
      "test_radio_dish_tcp_poll_ipv6",
      "test_radio_dish_udp_ipv4",
      "test_radio_dish_udp_ipv6",
    ],
  },
  test_dgram: {
    semantic: ["test_connect_fails", "test_roundtrip"],
  },
  test_connect_resolve: {
    semantic: [
      "test_hostname_ipv4",
      "test_loopback_ipv6",
      "test_hostname_with_spaces_fails",
      "test_no_hostname_fails",
      "test_invalid_service_fails",
      "test_invalid_proto_fails",
    ],
  },
  test_rebind_ipc: {
    semantic: ["test_rebind_ipc"],
  },
  test_ipc_wildcard: {
    semantic: ["test_ipc_wildcard"],
  },
  test_pair_ipc: {
    semantic: ["test_roundtrip"],
  },
  test_many_sockets: {
    semantic: ["test_zmq_default_max"],
  },
};
