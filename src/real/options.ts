/** Socket options by the name that scenarios use: libzmq's number and how zeromq.js takes the value. libzmq: zmq.h. */

export interface RealOption {
  readonly id: number;
  readonly kind: "int" | "int64" | "uint64" | "text";
}

const of = (kind: RealOption["kind"], ids: Readonly<Record<string, number>>): (readonly [string, RealOption])[] =>
  Object.entries(ids).map(([name, id]) => [name, { id, kind }]);

export const REAL_OPTIONS: ReadonlyMap<string, RealOption> = new Map([
  ...of("uint64", { affinity: 4 }),
  ...of("int64", { maxmsgsize: 22 }),
  ...of("text", {
    ...{
      routing_id: 5,
      subscribe: 6,
      unsubscribe: 7,
      last_endpoint: 32,
      tcp_accept_filter: 38,
      connect_routing_id: 61,
      xpub_welcome_msg: 72,
    },
    ...{
      plain_username: 45,
      plain_password: 46,
      curve_publickey: 48,
      curve_secretkey: 49,
      curve_serverkey: 50,
      zap_domain: 55,
      socks_proxy: 68,
    },
    ...{
      bindtodevice: 92,
      socks_username: 99,
      socks_password: 100,
      hello_msg: 110,
      disconnect_msg: 111,
      hiccup_msg: 114,
      metadata: 95,
    },
  }),
  ...of("int", {
    ...{
      rate: 8,
      recovery_ivl: 9,
      sndbuf: 11,
      rcvbuf: 12,
      rcvmore: 13,
      events: 15,
      type: 16,
      linger: 17,
      reconnect_ivl: 18,
      backlog: 19,
    },
    ...{
      reconnect_ivl_max: 21,
      sndhwm: 23,
      rcvhwm: 24,
      multicast_hops: 25,
      rcvtimeo: 27,
      sndtimeo: 28,
      ipv4only: 31,
      router_mandatory: 33,
    },
    ...{
      tcp_keepalive: 34,
      tcp_keepalive_cnt: 35,
      tcp_keepalive_idle: 36,
      tcp_keepalive_intvl: 37,
      immediate: 39,
      xpub_verbose: 40,
    },
    ...{
      router_raw: 41,
      ipv6: 42,
      plain_server: 44,
      curve_server: 47,
      probe_router: 51,
      req_correlate: 52,
      req_relaxed: 53,
      conflate: 54,
    },
    ...{
      router_handover: 56,
      tos: 57,
      handshake_ivl: 66,
      xpub_nodrop: 69,
      xpub_manual: 71,
      stream_notify: 73,
      invert_matching: 74,
    },
    ...{
      heartbeat_ivl: 75,
      heartbeat_ttl: 76,
      heartbeat_timeout: 77,
      xpub_verboser: 78,
      connect_timeout: 79,
      tcp_maxrt: 80,
    },
    ...{
      multicast_maxtpdu: 84,
      use_fd: 89,
      loopback_fastpath: 94,
      multicast_loop: 96,
      router_notify: 97,
      xpub_manual_last_value: 98,
    },
    ...{
      in_batch_size: 101,
      out_batch_size: 102,
      only_first_subscribe: 108,
      reconnect_stop: 109,
      priority: 112,
      busy_poll: 113,
      xsub_verbose_unsubscribe: 115,
    },
    ...{ zap_enforce_domain: 93 },
  }),
]);

export const SNDTIMEO = 28;
export const RCVTIMEO = 27;
