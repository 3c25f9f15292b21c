/** What the RFCs ask of the request-reply and pipeline types. libzmq: tests/test_spec_*.cpp. */
import { ok, deepStrictEqual as same } from "node:assert/strict";
import { type Bench, drain, fails, file, nothing, outcome, type Sock } from "../support/bench.ts";

type Transport = "tcp" | "inproc";
const TRANSPORTS: readonly Transport[] = ["inproc", "tcp"];
const FIVE = [0, 1, 2, 3, 4] as const;

/** Five sockets of a type, connected one after the other. */
async function five(b: Bench, type: Sock["type"], address: string, options = {}): Promise<Sock[]> {
  const sockets: Sock[] = [];
  for (const _ of FIVE) {
    const socket = b.socket(type, options);
    socket.connect(address);
    sockets.push(socket);
    // Connections made at once may be accepted in any order.
    await b.settle(address.startsWith("tcp") ? 20 : 0);
  }
  await b.settle();
  return sockets;
}

/** Upstream's has a transport in its name but uses none: nobody binds or connects. */
async function blocksWithoutPeers(b: Bench, type: Sock["type"]): Promise<void> {
  const socket = b.socket(type, { sndtimeo: 250 });
  await fails("EAGAIN", () => socket.sendNow(""));
  const began = b.now();
  await fails("EAGAIN", () => socket.send(""));
  ok(b.now() - began >= 240, "did not wait");
}

file("test_spec_dealer", (test) => {
  for (const transport of TRANSPORTS) {
    test(`test_round_robin_out_${transport}`, async (b) => {
      const dealer = b.socket("DEALER");
      const reps = await five(b, "REP", await dealer.bind(b.address(transport)), { rcvtimeo: 2000 });
      for (const _ of reps) await dealer.send("", "ABC");
      for (const rep of reps) same(await rep.recv(), ["ABC"]);
      await b.settle();
      for (const rep of reps) await fails("EFSM", () => rep.recvNow());
    });

    test(`test_fair_queue_in_${transport}`, async (b) => {
      const receiver = b.socket("DEALER", { rcvtimeo: 2000 });
      const senders = await five(b, "DEALER", await receiver.bind(b.address(transport)));
      await (senders[0] as Sock).send("A");
      same(await receiver.recv(), ["A"]);
      await (senders[0] as Sock).send("A");
      same(await receiver.recv(), ["A"]);
      for (const sender of senders) await sender.send("B");
      await b.settle();
      for (const _ of senders) same(await receiver.recv(), ["B"]);
    });

    test(`test_block_on_send_no_peers_${transport}`, (b) => blocksWithoutPeers(b, "DEALER"));
  }
});

file("test_spec_pushpull", (test) => {
  for (const transport of TRANSPORTS) {
    test(`${transport}_push_round_robin_out`, async (b) => {
      const push = b.socket("PUSH");
      const pulls = await five(b, "PULL", await push.bind(b.address(transport)));
      for (const text of ["ABC", "DEF"]) for (const _ of pulls) await push.send(text);
      for (const text of ["ABC", "DEF"]) for (const pull of pulls) same(await pull.recv(), [text]);
    });

    test(`${transport}_pull_fair_queue_in`, async (b) => {
      const pull = b.socket("PULL");
      const pushes = await five(b, "PUSH", await pull.bind(b.address(transport)));
      for (const [index, push] of pushes.entries()) {
        for (const letter of [65 + index, 65 + index + pushes.length]) await push.send(String.fromCharCode(letter));
      }
      await b.settle();
      const got = (await drain(pull)).map(([text]) => text);
      same(got.slice(0, 5).sort().join(""), "ABCDE");
      same(got.slice(5).sort().join(""), "FGHIJ");
    });

    test(`${transport}_push_block_on_send_no_peers`, (b) => blocksWithoutPeers(b, "PUSH"));

    const atomic = async (b: Bench, block: boolean): Promise<void> => {
      const big = 16 * 1024 * 1024;
      const push = b.socket("PUSH", { linger: 0, sndhwm: 1 });
      const address = await push.bind(b.address(transport));
      const pull = b.socket("PULL", { linger: 0, rcvhwm: 1 });
      pull.connect(address);
      await b.settle();
      const events = (): void => {
        push.events();
        pull.events();
      };
      const shape = (message: readonly string[]): string =>
        message.map((part) => (part.length === big ? "big" : part)).join(" ");
      const settle = async (): Promise<void> => {
        events();
        await b.settle();
        events();
      };
      await push.send("0", "0", big);
      same(shape(await pull.recv()), "0 0 big");
      await push.send("1");
      await push.send("2", "2", big);
      pull.disconnect(address);
      await settle();
      pull.connect(address);
      // The pipe may end between two frames: the rest is dropped in silence, unless a call does not wait.
      for (const part of ["3", "3"]) await push.sendFrame(part, true);
      if (block) await push.sendFrame(big, true);
      else if ((await outcome(() => push.sendFrame(big, true, true))) !== "ok") {
        for (const part of ["3", "3", big]) await push.sendFrame(part, true);
      }
      await push.sendFrame("3b", false);
      await settle();
      await push.send("5", "5", big);
      const first = shape(await pull.recv());
      ok(first === "3 3 big 3b" || first === "5 5 big", first);
      if (first.startsWith("3")) same(shape(await pull.recv()), "5 5 big");
      await nothing(pull);
    };
    test(`${transport}_push_multipart_atomic_drop_block`, (b) => atomic(b, true));
    test(`${transport}_push_multipart_atomic_drop_non_block`, (b) => atomic(b, false));
  }
});

file("test_spec_rep", (test) => {
  for (const transport of TRANSPORTS) {
    test(`test_fair_queue_in_${transport}`, async (b) => {
      const rep = b.socket("REP");
      const [req] = (await five(b, "REQ", await rep.bind(b.address(transport)))) as [Sock];
      for (const _ of [1, 2]) {
        await req.send("A");
        same(await rep.recv(), ["A"]);
        await rep.send("A");
        same(await req.recv(), ["A"]);
      }
    });

    test(`test_envelope_${transport}`, async (b) => {
      const rep = b.socket("REP");
      const dealer = b.socket("DEALER");
      dealer.connect(await rep.bind(b.address(transport)));
      for (const envelope of [[""], ["X", "Y", ""]]) {
        await dealer.send(...envelope, "A");
        same(await rep.recv(), ["A"]);
        await rep.send("A");
        same(await dealer.recv(), [...envelope, "A"]);
      }
    });
  }
});

file("test_spec_req", (test) => {
  for (const transport of TRANSPORTS) {
    test(`test_round_robin_out_${transport}`, async (b) => {
      const req = b.socket("REQ");
      for (const rep of await five(b, "REP", await req.bind(b.address(transport)))) {
        await req.send("ABC");
        same(await rep.recv(), ["ABC"]);
        await rep.send("DEF");
        same(await req.recv(), ["DEF"]);
      }
    });

    test(`test_req_message_format_${transport}`, async (b) => {
      const req = b.socket("REQ");
      const router = b.socket("ROUTER");
      router.connect(await req.bind(b.address(transport)));
      await req.send("ABC", "DEF");
      const [id, ...rest] = await router.recv();
      same(rest, ["", "ABC", "DEF"]);
      await router.send(id as string, "", "GHI");
      same(await req.recv(), ["GHI"]);
    });
  }

  test("test_block_on_send_no_peers", (b) => blocksWithoutPeers(b, "REQ"));
});

file("test_spec_router", (test) => {
  for (const transport of ["tcp", "inproc"] as const) {
    test(`test_fair_queue_in_${transport}`, async (b) => {
      const router = b.socket("ROUTER");
      const address = await router.bind(b.address(transport));
      const senders = FIVE.map((index) => {
        const dealer = b.socket("DEALER", { routing_id: String.fromCharCode(65 + index) });
        dealer.connect(address);
        return dealer;
      });
      await b.settle();
      for (const _ of [1, 2]) {
        await (senders[0] as Sock).send("M");
        same(await router.recv(), ["A", "M"]);
      }
      for (const sender of senders) await sender.send("M");
      const got = [];
      for (const _ of senders) got.push((await router.recv()).join(""));
      same(got.sort(), ["AM", "BM", "CM", "DM", "EM"]);
    });
  }
});

file("test_req_correlate", (test) => {
  test("test_req_correlate", async (b) => {
    const req = b.socket("REQ", { req_correlate: 1 });
    const router = b.socket("ROUTER");
    req.connect(await router.bind(b.address("tcp")));
    await req.send("ABC", "DEF");
    const [id, requestId, ...rest] = (await router.recv()) as [string, string];
    same(requestId.length, 4);
    same(rest, ["", "ABC", "DEF"]);
    const wrong = String.fromCharCode((requestId.charCodeAt(0) + 1) & 255) + requestId.slice(1);
    await router.send(id, wrong, "", "DEF");
    await router.send(id, requestId, "", "GHI");
    same(await req.recv(), ["GHI"]);
  });
});

file("test_req_relaxed", (test) => {
  const REPS = 5;
  const ready = async (b: Bench): Promise<{ req: Sock; reps: Sock[] }> => {
    const req = b.socket("REQ", { req_relaxed: 1, req_correlate: 1 });
    const address = await req.bind(b.address("tcp"));
    const reps: Sock[] = [];
    for (let index = 0; index < REPS; index++) {
      const rep = b.socket("REP", { rcvtimeo: 1000 });
      rep.connect(address);
      reps.push(rep);
      await b.settle();
    }
    return { req, reps };
  };
  const one = async ({ req, reps }: { req: Sock; reps: Sock[] }): Promise<void> => {
    const [first, second, third] = reps as [Sock, Sock, Sock];
    const OUT = { in: false, out: true };
    same(req.events(), OUT);
    await req.send("A", "B");
    same(await first.recv(), ["A", "B"]);
    same(req.events(), OUT);
    await req.send("C", "D");
    same(await second.recv(), ["C", "D"]);
    same(req.events(), OUT);
    await first.send("WRONG");
    await second.send("OK");
    same(await req.recv(), ["OK"]);
    await req.send("E");
    same(await third.recv(), ["E"]);
    await third.send("F", "G");
    same(await req.recv(), ["F", "G"]);
  };
  const two = async (b: Bench, all: { req: Sock; reps: Sock[] }): Promise<void> => {
    await one(all);
    const { req, reps } = all;
    await req.send("H");
    same(await (reps[3] as Sock).recv(), ["H"]);
    await (reps[3] as Sock).send("BAD");
    await b.settle();
    await req.send("I");
    same(await (reps[4] as Sock).recv(), ["I"]);
    await (reps[4] as Sock).send("GOOD");
    same(await req.recv(), ["GOOD"]);
  };
  test("test_case_1", async (b) => one(await ready(b)));
  test("test_case_2", async (b) => two(b, await ready(b)));
  test("test_case_3", async (b) => {
    const all = await ready(b);
    await two(b, all);
    await all.req.send("J");
    same(await (all.reps[0] as Sock).recv(), ["J"]);
    await (all.reps[0] as Sock).send("OK");
    same(await all.req.recv(), ["OK"]);
  });

  test("test_case_4", async (b) => {
    const probe = b.socket("ROUTER");
    const address = await probe.bind(b.address("tcp"));
    await probe.unbind(address);
    probe.close();
    await b.settle(20);
    const req = b.socket("REQ", { req_relaxed: 1, req_correlate: 1 });
    req.connect(address);
    await req.send("TO_BE_DISCARDED");
    await req.send("TO_BE_ANSWERED");
    const router = b.socket("ROUTER");
    await router.bind(address);
    for (const _ of [1, 2]) await router.send(...(await router.recv()));
    same(await req.recv(), ["TO_BE_ANSWERED"]);
    await b.settle();
    await nothing(router);
  });
});

file("test_invalid_rep", (test) => {
  test("test_invalid_rep", async (b) => {
    const router = b.socket("ROUTER", { linger: 0 });
    const req = b.socket("REQ", { linger: 0 });
    req.connect(await router.bind(b.address("inproc")));
    await req.send("r");
    const [id, ...rest] = (await router.recv()) as [string];
    same(rest, ["", "r"]);
    await router.send(id);
    await router.send(id, "", "b");
    same(await req.recv(), ["b"]);
  });
});

file("test_timeo", (test) => {
  test("test_timeo", async (b) => {
    const frontend = b.socket("DEALER");
    const address = await frontend.bind(b.address("inproc"));
    await nothing(frontend);
    frontend.set("rcvtimeo", 250);
    const began = b.now();
    await fails("EAGAIN", () => frontend.recv());
    const waited = b.now() - began;
    same(b.arm === "simulated" ? waited === 250 : waited > 200 && waited < 400, true, `waited ${waited}`);
    frontend.set("rcvtimeo", -1);
    const backend = b.socket("DEALER");
    backend.connect(address);
    await backend.send("Hello");
    same(await frontend.recv(), ["Hello"]);
  });
});
