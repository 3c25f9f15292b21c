/** Publishing and subscribing. libzmq: tests/test_xpub_*.cpp, test_xsub_verbose.cpp, test_sub_forward.cpp, test_pub_invert_matching.cpp, test_pubsub_topics_count.cpp. */
import { deepStrictEqual as same } from "node:assert/strict";
import { type Bench, drain, file, fill, nothing, type Sock } from "../support/bench.ts";

file("test_sub_forward", (test) => {
  test("test", async (b) => {
    const xpub = b.socket("XPUB");
    const xsub = b.socket("XSUB");
    const pub = b.socket("PUB");
    const sub = b.socket("SUB", { subscribe: "" });
    sub.connect(await xpub.bind(b.address("tcp")));
    pub.connect(await xsub.bind(b.address("tcp")));
    await xsub.send(...(await xpub.recv()));
    await b.settle();
    await pub.send("");
    await xpub.send(...(await xsub.recv()));
    same(await sub.recv(), [""]);
  });
});

/** Cases that MANUAL and MANUAL_LAST_VALUE share, on the transports that upstream chose. */
function manualCases(option: "xpub_manual" | "xpub_manual_last_value"): void {
  const lastValue = option === "xpub_manual_last_value";
  file(lastValue ? "test_xpub_manual_last_value" : "test_xpub_manual", (test) => {
    test("test_basic", async (b) => {
      const pub = b.socket("XPUB", { [option]: 1 });
      const sub = b.socket("XSUB");
      sub.connect(await pub.bind(b.address("inproc")));
      await sub.send("\x01A");
      same(await pub.recv(), ["\x01A"]);
      pub.set("subscribe", "B");
      await pub.send("A");
      await pub.send("B");
      same(await sub.recv(), ["B"]);
      await nothing(sub);
    });

    test("test_unsubscribe_manual", async (b) => {
      const pub = b.socket("XPUB", { [option]: 1 });
      const sub = b.socket("XSUB");
      sub.connect(await pub.bind(b.address("inproc")));
      for (const topic of ["A", "B"]) await sub.send(`\x01${topic}`);
      for (const topic of ["A", "B"]) {
        same(await pub.recv(), [`\x01${topic}`]);
        pub.set("subscribe", `X${topic}`);
      }
      await sub.send("\0A");
      same(await pub.recv(), ["\0A"]);
      pub.set("unsubscribe", "XA");
      await pub.send("XA");
      await pub.send("XB");
      same(await sub.recv(), ["XB"]);
      await nothing(sub);
      sub.close();
      same(await pub.recv(), ["\0B"]);
      // Its pipe is gone, but the socket still takes the answer.
      pub.set("unsubscribe", "XB");
    });

    test("test_xpub_proxy_unsubscribe_on_disconnect", async (b) => {
      const proxy = await manualProxy(b, option);
      const sub1 = await proxy.subscriber("1");
      const sub2 = await proxy.subscriber("1");
      await proxy.pub.send("1", "X");
      await b.settle();
      same(await proxy.xsub.recvNow(), ["1", "X"]);
      for (let count = 0; count < (lastValue ? 2 : 1); count++) await proxy.xpub.send("1", "X");
      await b.settle();
      const copy = ["1", "X"];
      same(await drain(sub2), lastValue ? [copy, copy] : [copy]);
      same(await drain(sub1), [copy]);
      sub1.close();
      sub2.close();
      await b.settle();
      for (const _ of [1, 2]) {
        same(await proxy.xpub.recv(), ["\x001"]);
        proxy.xpub.set("unsubscribe", "1");
        await proxy.xsub.send("\x001");
      }
      await b.settle();
      await proxy.pub.send("1", "X");
      await b.settle();
      await nothing(proxy.xsub);
    });

    test("test_missing_subscriptions", async (b) => {
      const proxy = await manualProxy(b, option);
      const sub1 = await proxy.subscriber("1");
      const sub2 = await proxy.subscriber("2");
      for (const topic of ["1", "2"]) await proxy.pub.send(topic, "X");
      await b.settle();
      for (const topic of ["1", "2"]) {
        same(await proxy.xsub.recvNow(), [topic, "X"]);
        await proxy.xpub.send(topic, "X");
      }
      await b.settle();
      same(await drain(sub2), [["2", "X"]]);
      same(await drain(sub1), lastValue ? [] : [["1", "X"]]);
    });

    test("test_unsubscribe_cleanup", async (b) => {
      const pub = b.socket("XPUB", { [option]: 1 });
      const address = await pub.bind(b.address("tcp"));
      for (const topic of ["A", "B"]) {
        const sub = b.socket("XSUB");
        sub.connect(address);
        await sub.send(`\x01${topic}`);
        same(await pub.recv(), [`\x01${topic}`]);
        pub.set("subscribe", `X${topic}`);
        await pub.send("XA");
        await pub.send("XB");
        same(await sub.recv(), [`X${topic}`]);
        await nothing(sub);
        sub.close();
        same(await pub.recv(), [`\0${topic}`]);
        pub.set("unsubscribe", "XA");
      }
    });

    if (lastValue) {
      test("test_manual_last_value", async (b) => {
        const pub = b.socket("XPUB", { sndhwm: 2000, [option]: 1 });
        const address = await pub.bind(b.address("inproc"));
        const subs = [b.socket("SUB"), b.socket("SUB")];
        for (const sub of subs) sub.connect(address);
        for (const sub of subs) {
          sub.set("subscribe", "A");
          same(await pub.recv(), ["\x01A"]);
          pub.set("subscribe", "A");
          await pub.send("A");
          same(await sub.recv(), ["A"]);
        }
        await nothing(subs[0] as Sock);
      });
      return;
    }
    test("test_user_message", async (b) => {
      const { pub, sub } = await xpubXsub(b);
      await sub.send("\x02A");
      same(await pub.recv(), ["\x02A"]);
    });

    test("test_user_message_multi", async (b) => {
      const { pub, sub } = await xpubXsub(b);
      for (const socket of [pub, sub]) socket.set("only_first_subscribe", 1);
      for (const second of ["\0BC", "\x01BC"]) {
        await sub.send("ABC", second);
        same(await pub.recv(), ["ABC", second]);
      }
      for (const [first, second] of [
        ["\x01BC", "\x01CD"],
        ["\0BC", "\0CD"],
      ] as const) {
        await sub.send(first, second);
        same(await pub.recv(), [first]);
        same(await pub.recv(), [second]);
      }
    });
  });
}
manualCases("xpub_manual");
manualCases("xpub_manual_last_value");

async function xpubXsub(b: Bench): Promise<{ pub: Sock; sub: Sock }> {
  const pub = b.socket("XPUB");
  const sub = b.socket("XSUB");
  sub.connect(await pub.bind(b.address("inproc")));
  return { pub, sub };
}

/** A proxy whose program confirms each subscription. */
async function manualProxy(b: Bench, option: string) {
  const xsub = b.socket("XSUB");
  const xpub = b.socket("XPUB", { [option]: 1 });
  const front = await xsub.bind(b.address("tcp"));
  const back = await xpub.bind(b.address("tcp"));
  const pub = b.socket("PUB");
  pub.connect(front);
  const subscriber = async (topic: string): Promise<Sock> => {
    const sub = b.socket("SUB");
    sub.connect(back);
    sub.set("subscribe", topic);
    await b.settle();
    same(await xpub.recvNow(), [`\x01${topic}`]);
    xpub.set("subscribe", topic);
    await xsub.send(`\x01${topic}`);
    await b.settle();
    return sub;
  };
  return { xsub, xpub, pub, subscriber };
}

file("test_xpub_nodrop", (test) => {
  test("test", async (b) => {
    const pub = b.socket("XPUB", { xpub_nodrop: 1, sndhwm: 2000 });
    const sub = b.socket("SUB");
    sub.connect(await pub.bind(b.address("inproc")));
    sub.set("subscribe", "");
    same(await pub.recv(), ["\x01"]);
    for (let count = 0; count < 1999; count++) await pub.send("");
    same((await drain(sub)).length, 1999);
    await b.settle(5);
    pub.set("sndtimeo", 0);
    // Room for 2000 and 1000; the reader has told of 1500 of its 1999 reads, a multiple of half the room.
    const accepted = await fill(pub, 20_000, "");
    same(accepted, 3000 - (1999 - 1500));
    same((await drain(sub)).length, accepted);
  });
});

file("test_xpub_topic", (test) => {
  test("test_xpub_subscribe_long_topic", async (b) => {
    const pub = b.socket("XPUB");
    const sub = b.socket("SUB");
    sub.connect(await pub.bind(b.address("tcp")));
    for (const length of [245, 246]) {
      const topic = "t".repeat(length);
      sub.set("subscribe", topic);
      same(await pub.recv(), [`\x01${topic}`]);
      sub.set("unsubscribe", topic);
      same(await pub.recv(), [`\0${topic}`]);
    }
  });
});

file("test_xpub_verbose", (test) => {
  const ready = async (b: Bench, count: number): Promise<{ pub: Sock; subs: Sock[] }> => {
    const pub = b.socket("XPUB");
    const address = await pub.bind(b.address("inproc"));
    const subs = Array.from({ length: count }, () => {
      const sub = b.socket("SUB");
      sub.connect(address);
      return sub;
    });
    return { pub, subs };
  };
  const tells = async (pub: Sock, text: string | null): Promise<void> => {
    if (text === null) await nothing(pub);
    else same(await pub.recv(), [text]);
  };

  test("test_xpub_verbose_one_sub", async (b) => {
    const { pub, subs } = await ready(b, 1);
    const [sub] = subs as [Sock];
    sub.set("subscribe", "A");
    await tells(pub, "\x01A");
    sub.set("subscribe", "B");
    await tells(pub, "\x01B");
    sub.set("subscribe", "A");
    await tells(pub, null);
    pub.set("xpub_verbose", 1);
    sub.set("subscribe", "A");
    await tells(pub, "\x01A");
    for (const topic of ["A", "B"]) {
      await pub.send(topic);
      same(await sub.recv(), [topic]);
    }
    await nothing(sub);
  });

  test("test_xpub_verbose_two_subs", async (b) => {
    const { pub, subs } = await ready(b, 2);
    const [sub0, sub1] = subs as [Sock, Sock];
    sub0.set("subscribe", "A");
    await tells(pub, "\x01A");
    sub1.set("subscribe", "A");
    await tells(pub, null);
    sub0.set("subscribe", "B");
    await tells(pub, "\x01B");
    pub.set("xpub_verbose", 1);
    sub1.set("subscribe", "A");
    await tells(pub, "\x01A");
    await pub.send("A");
    await pub.send("B");
    same(await sub0.recv(), ["A"]);
    same(await sub1.recv(), ["A"]);
    same(await sub0.recv(), ["B"]);
  });

  test("test_xpub_verboser_one_sub", async (b) => {
    const { pub, subs } = await ready(b, 1);
    const [sub] = subs as [Sock];
    sub.set("unsubscribe", "A");
    await tells(pub, null);
    sub.set("subscribe", "A");
    await tells(pub, "\x01A");
    sub.set("subscribe", "A");
    await tells(pub, null);
    sub.set("unsubscribe", "A");
    sub.set("unsubscribe", "A");
    await tells(pub, "\0A");
    await tells(pub, null);
    sub.set("unsubscribe", "A");
    await tells(pub, null);
    pub.set("xpub_verboser", 1);
    sub.set("subscribe", "A");
    await tells(pub, "\x01A");
    await pub.send("A");
    same(await sub.recv(), ["A"]);
    sub.set("unsubscribe", "A");
    await tells(pub, "\0A");
    sub.set("unsubscribe", "A");
    await tells(pub, null);
  });

  test("test_xpub_verboser_two_subs", async (b) => {
    const { pub, subs } = await ready(b, 2);
    const [sub0, sub1] = subs as [Sock, Sock];
    sub0.set("subscribe", "A");
    await tells(pub, "\x01A");
    sub1.set("subscribe", "A");
    await tells(pub, null);
    sub0.set("unsubscribe", "A");
    await tells(pub, null);
    sub1.set("unsubscribe", "A");
    await tells(pub, "\0A");
    await tells(pub, null);
    pub.set("xpub_verboser", 1);
    sub0.set("subscribe", "A");
    sub1.set("subscribe", "A");
    await tells(pub, "\x01A");
    await tells(pub, "\x01A");
    await pub.send("A");
    same(await sub0.recv(), ["A"]);
    same(await sub1.recv(), ["A"]);
    sub1.set("unsubscribe", "A");
    await tells(pub, "\0A");
    sub0.set("unsubscribe", "A");
    await tells(pub, "\0A");
    sub1.set("unsubscribe", "A");
    await tells(pub, null);
  });
});

file("test_xpub_welcome_msg", (test) => {
  test("test", async (b) => {
    const pub = b.socket("XPUB");
    const address = await pub.bind(b.address("inproc"));
    pub.set("xpub_welcome_msg", "W");
    const sub = b.socket("SUB", { subscribe: "W" });
    sub.connect(address);
    same(await pub.recv(), ["\x01W"]);
    same(await sub.recv(), ["W"]);
  });
});

file("test_xsub_verbose", (test) => {
  test("test_xsub_verbose_unsubscribe", async (b) => {
    const { pub, sub } = await xpubXsub(b);
    pub.set("xpub_verboser", 1);
    const step = async (text: string, told: boolean): Promise<void> => {
      await sub.send(text);
      if (told) same(await pub.recv(), [text]);
      else await nothing(pub);
    };
    await step("\0A", false);
    await step("\x01A", true);
    await step("\x01A", true);
    await step("\0A", false);
    await step("\0A", true);
    sub.set("xsub_verbose_unsubscribe", 1);
    await step("\0A", true);
    await step("\x01A", true);
    await step("\x01A", true);
    await step("\0A", true);
    await step("\0A", true);
  });
});

file("test_pub_invert_matching", (test) => {
  test("test", async (b) => {
    const pub = b.socket("PUB");
    const address = await pub.bind(b.address("inproc"));
    const subs = [b.socket("SUB"), b.socket("SUB")] as const;
    const prefixes = ["prefix1", "p2"] as const;
    for (const sub of subs) sub.connect(address);
    for (const index of [0, 1] as const) subs[index].set("subscribe", prefixes[index]);
    const round = async (inverted: 0 | 1): Promise<void> => {
      for (const index of [0, 1] as const) {
        await pub.send(prefixes[index]);
        await b.settle();
        same(await subs[(index ^ inverted) as 0 | 1].recvNow(), [prefixes[index]]);
        await nothing(subs[(1 - (index ^ inverted)) as 0 | 1]);
      }
    };
    await round(0);
    for (const socket of [pub, ...subs]) socket.set("invert_matching", 1);
    await round(1);
  });
});

file("test_pubsub_topics_count", (test) => {
  const ready = async (b: Bench) => {
    const pub = b.socket("PUB");
    const sub = b.socket("SUB");
    sub.connect(await pub.bind(b.address("inproc")));
    const count = async (expected: number): Promise<void> => {
      await b.settle(5);
      pub.events();
      same([sub.get("topics_count"), pub.get("topics_count")], [expected, expected]);
    };
    return { sub, count };
  };
  test("test_independent_topic_prefixes", async (b) => {
    const { sub, count } = await ready(b);
    for (const number of [1, 2, 3]) sub.set("subscribe", `topicprefix${number}`);
    await count(3);
    sub.set("unsubscribe", "topicprefix3");
    await count(2);
    for (const number of [1, 2]) sub.set("unsubscribe", `topicprefix${number}`);
    await count(0);
  });
  test("test_nested_topic_prefixes", async (b) => {
    const { sub, count } = await ready(b);
    for (const prefix of ["a", "ab", "abc"]) sub.set("subscribe", prefix);
    await count(3);
    for (const prefix of ["xyz", "xy", "x"]) sub.set("subscribe", prefix);
    await count(6);
  });
});
