import { expect, test } from "vitest";
import { answerLines, toyNetwork } from "./toy-peers.ts";

const text = "0123456789".repeat(10_000);

const places = (["toServer", "toClient"] as const).flatMap((direction) =>
  [0, 1, 70_001].map((bytes) => [direction, bytes] as const),
);

test.each(places)("a reset %s comes after exactly %i bytes", async (direction, bytes) => {
  await using network = await toyNetwork();
  const { client, server } = await network.pair();
  const [from, to] = direction === "toServer" ? [client, server] : [server, client];
  const cut = network.proxy.cutAfter(direction, bytes, "reset");
  from.send(text);
  await cut;
  await Promise.all([from.untilEvent("close"), to.untilEvent("close")]);
  expect(to.received).toBe(text.slice(0, bytes));
  expect(to.events).toEqual([...(bytes > 0 ? ["data"] : []), "ECONNRESET", "close"]);
  expect(from.events.at(-1)).toBe("close");
  expect(network.proxy.bytes[direction]).toBe(bytes);
});

test.each(places)("an end %s comes after exactly %i bytes", async (direction, bytes) => {
  await using network = await toyNetwork();
  const { client, server } = await network.pair();
  const [from, to] = direction === "toServer" ? [client, server] : [server, client];
  const cut = network.proxy.cutAfter(direction, bytes, "end");
  from.send(text);
  await cut;
  await Promise.all([from.untilEvent("end"), to.untilEvent("end")]);
  expect(to.received).toBe(text.slice(0, bytes));
  expect(from.received).toBe("");
  to.socket.end("nobody gets this");
  await to.untilEvent("close");
  from.socket.end();
  await Promise.all([from.untilEvent("close"), to.untilEvent("close")]);
  expect([...from.events, ...to.events]).not.toContain("ECONNRESET");
  expect(network.proxy.bytes).toEqual({ toServer: 0, toClient: 0, [direction]: bytes });
});

test.each(places)("a stall %s comes after exactly %i bytes", async (direction, bytes) => {
  await using network = await toyNetwork();
  const { client, server } = await network.pair();
  const [from, to] = direction === "toServer" ? [client, server] : [server, client];
  const cut = network.proxy.cutAfter(direction, bytes, "stall");
  from.send(text);
  await cut;
  await to.until(() => to.received.length >= bytes);
  to.send("back");
  expect(network.proxy.bytes).toEqual({ toServer: 0, toClient: 0, [direction]: bytes });
  network.proxy.resume();
  await to.until(() => to.received.length >= text.length);
  await from.untilReceived("back");
  expect(to.received).toBe(text);
});

test("a cut counts the bytes of all connections, hits all of them, and later ones are whole", async () => {
  await using network = await toyNetwork(answerLines);
  const { client: first } = await network.pair();
  const { client: second } = await network.pair();
  const cut = network.proxy.cutAfter("toServer", 4, "reset");
  await first.request("a");
  second.send("b\nlost\n");
  await cut;
  await Promise.all([first.untilEvent("ECONNRESET"), second.untilEvent("ECONNRESET")]);
  expect(network.serverPeers.map((peer) => peer.received)).toEqual(["a\n", "b\n"]);
  await (await network.connect()).request("a longer line");
});

test("each direction has one cut at a time", async () => {
  await using network = await toyNetwork();
  const { client, server } = await network.pair();
  const cuts = [
    network.proxy.cutAfter("toServer", 3, "stall"),
    network.proxy.cutAfter("toClient", 2, "stall"),
  ];
  await expect(network.proxy.cutAfter("toServer", 5, "end")).rejects.toThrow("another cut in this direction");
  client.send("abcdef");
  await cuts[0];
  network.proxy.resume();
  server.send("abcdef");
  await cuts[1];
  await client.untilReceived("ab");
  expect(client.received).toBe("ab");
});

test("resetting and ending act on present connections, also when their peers do not read", async () => {
  await using network = await toyNetwork();
  const { client, server } = await network.pair();
  server.socket.pause();
  for (let i = 0; i < 200; i++) client.send(text);
  network.proxy.reset();
  await client.untilEvent("close");
  expect(client.events).toEqual(["ECONNRESET", "close"]);
  await expect.poll(() => network.proxy.connections).toBe(0);
  server.socket.resume();
  // It has bytes to read as well, so that it may find an end in place of the reset.
  await server.until(() => server.events.some((event) => event !== "data"));
  const next = await network.pair();
  network.proxy.end();
  await Promise.all([next.client.untilEvent("end"), next.server.untilEvent("end")]);
  expect([next.client.events, next.server.events]).toEqual([["end"], ["end"]]);
});

test("connections that are just being ended can be reset", async () => {
  await using network = await toyNetwork();
  const { client, server } = await network.pair();
  network.proxy.end();
  network.proxy.reset();
  await Promise.all([
    client.until(() => client.events.length > 0),
    server.until(() => server.events.length > 0),
  ]);
  await expect.poll(() => network.proxy.connections).toBe(0);
  expect(network.proxy.acceptedConnections).toBe(1);
});
