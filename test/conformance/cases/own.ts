/**
 * Cases of our own, counted apart from upstream's: rules that no case of upstream's notices when they are
 * broken (`npm run mutations`).
 */
import { ok, deepStrictEqual as same } from "node:assert/strict";
import { type Bench, drain, file, fill, nothing, outcome, type Sock } from "../support/bench.ts";

const OWN = { own: true } as const;

/** A PUSH and a PULL over inproc. */
async function pipeline(b: Bench, sndhwm: number, rcvhwm: number): Promise<{ push: Sock; pull: Sock }> {
  const pull = b.socket("PULL", { rcvhwm });
  const push = b.socket("PUSH", { sndhwm });
  push.connect(await pull.bind(b.address("inproc")));
  await b.settle(20);
  return { push, pull };
}

/** Reads one after the other from a full pipe: how many sends then fit after each. */
async function refills(b: Bench, { push, pull }: { push: Sock; pull: Sock }, reads: number): Promise<number[]> {
  const counts: number[] = [];
  for (let count = 0; count < reads; count++) {
    await pull.recvNow();
    await b.settle(10);
    push.events();
    counts.push(await fill(push, 100));
  }
  return counts;
}

file("own_pipe", (test) => {
  test(
    "credit_at_half_the_limit",
    async (b) => {
      // Limit 9: credit at every fifth read. Limit 4: at every second. Limit 1: at each.
      for (const [sndhwm, rcvhwm, staircase] of [
        [5, 4, [0, 0, 0, 0, 5, 0, 0, 0, 0, 5]],
        [2, 2, [0, 2, 0, 2, 0, 2]],
        [2, 3, [0, 0, 3, 0, 0, 3]],
      ] as const) {
        const pair = await pipeline(b, sndhwm, rcvhwm);
        same(await fill(pair.push, 100), sndhwm + rcvhwm);
        same(await refills(b, pair, staircase.length), staircase);
      }
    },
    OWN,
  );

  test(
    "limits_count_messages",
    async (b) => {
      // Limit 5 in messages of three frames each: five fit, and credit comes at every third.
      const { push, pull } = await pipeline(b, 2, 3);
      const filled = async (): Promise<number> => {
        for (let count = 0; ; count++) if ((await outcome(() => push.sendNow("a", "b", "c"))) !== "ok") return count;
      };
      same(await filled(), 5);
      const staircase: number[] = [];
      for (let read = 0; read < 6; read++) {
        same(await pull.recvNow(), ["a", "b", "c"]);
        await b.settle(10);
        push.events();
        staircase.push(await filled());
      }
      same(staircase, [0, 0, 3, 0, 0, 3]);
    },
    OWN,
  );

  test(
    "look_at_the_mailbox_once_a_millisecond",
    async (b) => {
      const { push, pull } = await pipeline(b, 2, 2);
      same(await fill(push, 100), 4);
      same((await drain(pull)).length, 4);
      // The credit is in the mailbox, at which the refused send has looked just now.
      same(await outcome(() => push.sendNow("x")), "EAGAIN");
      await b.settle(2);
      same(await outcome(() => push.sendNow("x")), "ok");
    },
    { ...OWN, simulatedOnly: "whether a real call comes within a millisecond of another is chance" },
  );
});

file("own_fair_queue", (test) => {
  test(
    "an_empty_pipe_changes_places_with_the_last",
    async (b) => {
      const pull = b.socket("PULL");
      const address = await pull.bind(b.address("inproc"));
      const pushes = ["a", "b", "c", "d"].map(() => {
        const push = b.socket("PUSH");
        push.connect(address);
        return push;
      });
      const load = async (counts: readonly number[]): Promise<void> => {
        for (const [index, push] of pushes.entries()) {
          for (let count = 0; count < (counts[index] as number); count++) await push.send("abcd"[index] as string);
        }
        await b.settle(20);
      };
      const order = async (): Promise<string> => (await drain(pull)).map(([text]) => text).join("");
      await load([1, 3, 2, 3]);
      // a is found empty in the second round and d comes in its place; then c is, and b.
      same(await order(), "abcddbcdb");
      await load([2, 2, 2, 2]);
      // Pipes come back in the order in which they are filled, each behind the active ones.
      same(await order(), "abcdabcd");
    },
    OWN,
  );
});

file("own_load_balancer", (test) => {
  test(
    "the_end_of_another_pipe_can_tear_a_message",
    async (b) => {
      const pulls = [b.socket("PULL"), b.socket("PULL"), b.socket("PULL")] as const;
      const push = b.socket("PUSH", { linger: 0 });
      const addresses: string[] = [];
      for (const pull of pulls) addresses.push(await pull.bind(b.address("inproc")));
      for (const address of addresses) push.connect(address);
      for (const text of ["1", "2"]) await push.send(text);
      await push.sendFrame("head", true);
      // The third has its turn. When the second goes, the third takes its place, and the turn begins anew.
      push.disconnect(addresses[1] as string);
      same(await pulls[1].recv(), ["2"]);
      for (const socket of [pulls[1], push, pulls[1]]) {
        await b.settle(10);
        socket.events();
      }
      await push.sendFrame("tail", false);
      await push.send("x", "y");
      await push.send("u", "v");
      same(await drain(pulls[0]), [["1"], ["tail"], ["u", "v"]]);
      same(await drain(pulls[2]), [["head", "x", "y"]]);
    },
    { ...OWN, simulatedOnly: "zeromq.js sends messages only whole; libzmq 4.3.4 under pyzmq does exactly this" },
  );
});

file("own_router", (test) => {
  test(
    "DIFFERS(abort-in-message): a disconnect after poll has taken the first frame",
    async (b) => {
      const dealer = b.socket("DEALER");
      const address = await dealer.bind(b.address("inproc"));
      const router = b.socket("ROUTER", { linger: 0 });
      router.connect(address);
      await b.settle(20);
      await dealer.send("head", "tail");
      await b.settle(20);
      same(router.events().in, true);
      router.disconnect(address);
      await b.settle(20);
      // Still readable, and then not.
      same(router.events().in, true);
      same(await outcome(() => router.recvNow()), "EAGAIN");
    },
    { ...OWN, simulatedOnly: "libzmq 4.3.5 aborts the process (fq.cpp:80)" },
  );
});

file("own_distributor", (test) => {
  test(
    "no_tail_for_who_joins_in_the_middle_of_a_message",
    async (b) => {
      // What an XSUB socket sends goes to all its peers; who is a peer is asked at every frame.
      const sub = b.socket("XSUB");
      const address = await sub.bind(b.address("inproc"));
      const publisher = async (): Promise<Sock> => {
        const pub = b.socket("XPUB");
        pub.connect(address);
        await b.settle(20);
        sub.events();
        return pub;
      };
      const first = await publisher();
      await sub.sendFrame("head", true);
      const second = await publisher();
      await sub.sendFrame("body", true);
      await sub.sendFrame("tail", false);
      same(await first.recv(), ["head", "body", "tail"]);
      await nothing(second);
      await sub.send("next", "whole");
      for (const pub of [first, second]) same(await pub.recv(), ["next", "whole"]);
    },
    { ...OWN, simulatedOnly: "zeromq.js sends messages only whole; libzmq 4.3.4 under pyzmq does exactly this" },
  );
});

file("own_subscriptions", (test) => {
  test(
    "a_prefix_goes_with_its_last_cancellation",
    async (b) => {
      const pub = b.socket("XPUB");
      const sub = b.socket("SUB");
      sub.connect(await pub.bind(b.address("inproc")));
      for (const _ of [1, 2]) sub.set("subscribe", "a");
      same(await pub.recv(), ["\x01a"]);
      sub.set("unsubscribe", "a");
      await nothing(pub);
      await pub.send("a1");
      same(await sub.recv(), ["a1"]);
      sub.set("unsubscribe", "a");
      same(await pub.recv(), ["\0a"]);
    },
    OWN,
  );

  test(
    "a_verboser_forwarder_keeps_what_was_subscribed_twice",
    async (b) => {
      const pub = b.socket("XPUB");
      const xsub = b.socket("XSUB");
      const xpub = b.socket("XPUB", { xpub_verboser: 1 });
      xsub.connect(await pub.bind(b.address("inproc")));
      const address = await xpub.bind(b.address("inproc"));
      const forward = async (): Promise<number> => {
        await b.settle(20);
        const told = await drain(xpub);
        for (const message of told) await xsub.send(...message);
        await b.settle(20);
        return told.length;
      };
      const sub = b.socket("SUB", { linger: 0 });
      sub.connect(address);
      for (const _ of [1, 2]) sub.set("subscribe", "a");
      same(await forward(), 2);
      same(await drain(pub), [["\x01a"]]);
      sub.close();
      // Two came in, one goes out: the publisher goes on sending to nobody.
      for (const _ of [1, 2]) {
        await b.settle(20);
        xpub.events();
      }
      same(await forward(), 1);
      same(await drain(pub), []);
      await pub.send("a1");
      same(await xsub.recv(), ["a1"]);
    },
    OWN,
  );

  test(
    "subscriptions_are_sent_again_after_a_reconnect",
    async (b) => {
      const first = b.socket("XPUB");
      const address = await first.bind(b.address("tcp"));
      const sub = b.socket("SUB", { reconnect_ivl: 20, subscribe: "a" });
      sub.connect(address);
      sub.set("subscribe", "b");
      same([await first.recv(), await first.recv()], [["\x01a"], ["\x01b"]]);
      first.close();
      await b.settle(50);
      sub.set("unsubscribe", "b");
      const second = b.socket("XPUB");
      await second.bind(address);
      await b.settle(150);
      // The subscriber does it, and only when it looks at its mailbox.
      await nothing(second);
      sub.events();
      same(await second.recv(), ["\x01a"]);
      await b.settle(50);
      await nothing(second);
      await second.send("a1");
      same(await sub.recv(), ["a1"]);
    },
    OWN,
  );
});

file("own_router", (test) => {
  test(
    "a_message_found_by_poll_keeps_the_id_of_before_the_handover",
    async (b) => {
      const router = b.socket("ROUTER", { router_handover: 1 });
      const address = await router.bind(b.address("inproc"));
      const dealers = ["first", "second"].map(() => b.socket("DEALER", { routing_id: "X" }));
      for (const [index, dealer] of dealers.entries()) {
        dealer.connect(address);
        await dealer.send(String(index));
        await b.settle(20);
        // Takes the message of the first, which then loses its id to the second.
        same(router.events().in, true);
      }
      same(await router.recv(), ["X", "0"]);
      same(await router.recv(), ["X", "1"]);
    },
    OWN,
  );
});

file("own_reconnect", (test) => {
  test(
    "the_interval_doubles_up_to_its_maximum",
    async (b) => {
      const gone = b.socket("PAIR", { linger: 0 });
      const address = await gone.bind(b.address("tcp"));
      await gone.unbind(address);
      const pair = b.socket("PAIR", { linger: 0, reconnect_ivl: 20, reconnect_ivl_max: 160 });
      pair.monitor();
      pair.connect(address);
      // Refused at 0, then after 20, 40, 80, 160 and again 160 ms: five retries by 400 ms, without doubling twenty.
      await b.settle(400);
      const retries = pair.monitored().filter((event) => event === "CONNECT_RETRIED").length;
      if (b.arm === "simulated") same(retries, 5);
      else ok(retries >= 3 && retries <= 6, `${retries}`);
    },
    OWN,
  );
});
