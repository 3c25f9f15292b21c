/** Raw connections. libzmq: tests/test_stream*.cpp. */
import { deepStrictEqual as same } from "node:assert/strict";
import { type Bench, file, nothing, type Sock } from "../support/bench.ts";

async function connected(b: Bench): Promise<{ server: Sock; client: Sock; atServer: string; atClient: string }> {
  const server = b.socket("STREAM", { stream_notify: 1 });
  const client = b.socket("STREAM", { stream_notify: 1 });
  client.connect(await server.bind(b.address("tcp")));
  const [atClient, first] = (await client.recv()) as [string, string];
  const [atServer, second] = (await server.recv()) as [string, string];
  same([atClient.length, first, atServer.length, second], [5, "", 5, ""]);
  return { server, client, atServer, atClient };
}

file("test_stream", (test) => {
  test("test_stream_to_stream", async (b) => {
    const { server, client, atServer, atClient } = await connected(b);
    // Its own id for the connection is the socket's routing id, too; zeromq.js reads no text that begins with a zero byte.
    if (b.arm === "simulated") same(client.get("routing_id"), atClient);
    await client.send(atClient, "GET /\n\n");
    same(await server.recv(), [atServer, "GET /\n\n"]);
    const response = "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nHello, World!\0";
    await server.send(atServer, response);
    await server.send(atServer, "");
    same(await client.recv(), [atClient, response]);
  });
});

file("test_stream_disconnect", (test) => {
  test("test_stream_disconnect", async (b) => {
    const { server, client, atServer, atClient } = await connected(b);
    await client.send(atClient, "i can haz cheez burger?");
    same(await server.recv(), [atServer, "i can haz cheez burger?"]);
    await server.send(atServer, "y u no disonnect?");
    same(await client.recv(), [atClient, "y u no disonnect?"]);
    await client.send(atClient, "");
    await b.settle(10);
    client.events();
    same(await server.recv(), [atServer, ""]);
  });
});

file("test_stream_empty", (test) => {
  test("test_stream_empty", async (b) => {
    const stream = b.socket("STREAM");
    const dealer = b.socket("DEALER", { linger: 0 });
    dealer.connect(await stream.bind(b.address("tcp")));
    await dealer.send("");
    const [id] = (await stream.recv()) as [string];
    await stream.send(id, "");
    await b.settle(20);
    stream.events();
  });
});

file("test_stream_timeout", (test) => {
  test("test_stream_handshake_timeout_accept", async (b) => {
    const dealer = b.socket("DEALER");
    same(dealer.get("handshake_ivl"), 30_000);
    dealer.set("handshake_ivl", 100);
    same(dealer.get("handshake_ivl"), 100);
    dealer.monitor();
    const stream = b.socket("STREAM");
    stream.connect(await dealer.bind(b.address("tcp")));
    await b.settle(250);
    same(
      dealer
        .monitored()
        .filter((event) => event === "ACCEPTED" || event === "DISCONNECTED")
        .slice(0, 2),
      ["ACCEPTED", "DISCONNECTED"],
    );
    await nothing(dealer);
  });
  test("test_stream_handshake_timeout_connect", async (b) => {
    const stream = b.socket("STREAM");
    const address = await stream.bind(b.address("tcp"));
    const dealer = b.socket("DEALER", { handshake_ivl: 100 });
    dealer.monitor();
    dealer.connect(address);
    await b.settle(250);
    same(
      dealer
        .monitored()
        .filter((event) => event === "CONNECTED" || event === "DISCONNECTED")
        .slice(0, 2),
      ["CONNECTED", "DISCONNECTED"],
    );
  });
});
