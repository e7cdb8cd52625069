import { once } from "node:events";
import { connect, createServer, type AddressInfo } from "node:net";
import { setImmediate as nextTurn, setTimeout as wait } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import { startFaultProxy } from "../../src/index.ts";
import { answerLines, ToyPeer, toyNetwork } from "./toy-peers.ts";

/** Text in which each place looks different. */
function numbers(length: number): string {
  let text = "";
  for (let i = 0; text.length < length; i++) text += `${i},`;
  return text.slice(0, length);
}

/** What of this process is open and about connections or timers. */
function handles(): string[] {
  return process.getActiveResourcesInfo().filter((name) => /^(TCP|Timeout)/.test(name));
}

test("bytes pass in both directions, are counted, and connections as well", async () => {
  await using network = await toyNetwork();
  const { client, server } = await network.pair();
  client.send("question");
  await server.untilReceived("question");
  server.send("answer");
  await client.untilReceived("answer");
  expect(network.proxy.bytes).toEqual({ toServer: 8, toClient: 6 });
  await network.pair();
  expect(network.proxy).toMatchObject({ host: "127.0.0.1", connections: 2, acceptedConnections: 2 });
  client.socket.end();
  server.socket.end();
  await Promise.all([client.untilEvent("close"), server.untilEvent("close")]);
  await expect.poll(() => network.proxy.connections).toBe(1);
  expect(network.proxy.acceptedConnections).toBe(2);
});

test("a half close is forwarded, and the other direction stays open", async () => {
  await using network = await toyNetwork();
  const { client, server } = await network.pair();
  client.socket.end("last");
  await server.untilEvent("end");
  expect(server.events).toEqual(["data", "end"]);
  server.socket.end("answer");
  await client.untilEvent("close");
  expect(client).toMatchObject({ received: "answer", events: ["data", "end", "close"] });
});

test.each(["client", "server"] as const)(
  "a reset by the %s reaches the other side, after its bytes",
  async (who) => {
    await using network = await toyNetwork();
    const pair = await network.pair();
    const [from, to] = who === "client" ? [pair.client, pair.server] : [pair.server, pair.client];
    from.send("bytes");
    await to.untilReceived("bytes");
    from.socket.resetAndDestroy();
    await to.untilEvent("close");
    expect(to.events).toEqual(["data", "ECONNRESET", "close"]);
  },
);

test("a client is reset when there is no server", async () => {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => void server.close(resolve));
  await using proxy = await startFaultProxy({ port });
  const client = new ToyPeer(connect(proxy.port, proxy.host));
  client.send("for nobody");
  await client.untilEvent("close");
  expect(client.events).toEqual(["ECONNRESET", "close"]);
  await expect.poll(() => proxy.connections).toBe(0);
  expect(proxy.bytes.toServer).toBe(0);
});

test("a delay is for each direction, and nothing overtakes when it is taken away", async () => {
  await using network = await toyNetwork(answerLines, { delayMs: 40 });
  const { client } = await network.pair();
  const start = performance.now();
  await client.request("a");
  expect(performance.now() - start).toBeGreaterThanOrEqual(80);
  network.proxy.delayMs = 100;
  const late = client.request("late");
  // It has to be on its way, and the proxy is the only one that would tell.
  await wait(10);
  network.proxy.delayMs = 0;
  await Promise.all([late, client.request("soon")]);
  expect(client.received).toBe("re:a\nre:late\nre:soon\n");
});

test("a stall keeps everything back, ends too, and resuming loses nothing", async () => {
  await using network = await toyNetwork();
  const { client, server } = await network.pair();
  network.proxy.stall();
  const text = numbers(1_000_000);
  client.socket.end(text);
  server.send("from the server");
  const { client: second, server: secondServer } = await network.pair();
  second.send("from a new one");
  // What is not held up would be here by then.
  const direct = await network.connect(network.serverPort);
  direct.socket.end();
  await network.serverPeers[2]?.untilEvent("end");
  expect([client.events, server.events, secondServer.events]).toEqual([[], [], []]);
  expect(network.proxy.bytes).toEqual({ toServer: 0, toClient: 0 });
  network.proxy.resume();
  await server.untilEvent("end");
  await client.untilReceived("from the server");
  await secondServer.untilReceived("from a new one");
  expect(server.received === text).toBe(true);
});

test("a stall of one direction leaves the other alone", async () => {
  await using network = await toyNetwork(answerLines);
  const { client, server } = await network.pair();
  network.proxy.stall("toClient");
  const answer = client.request("a");
  await server.untilReceived("a\n");
  await nextTurn();
  expect(client.events).toEqual([]);
  network.proxy.resume();
  await answer;
});

test("a trickle delivers what was sent, piece by piece", async () => {
  await using network = await toyNetwork();
  const { client, server } = await network.pair();
  network.proxy.bytesPerSecond = 20_000;
  const text = numbers(3000);
  let pieces = 0;
  server.socket.on("data", () => pieces++);
  const start = performance.now();
  client.socket.end(text);
  await server.untilEvent("end");
  expect(server.received).toBe(text);
  expect(pieces).toBeGreaterThan(2);
  // The first piece goes at once, the others take their time.
  expect(performance.now() - start).toBeGreaterThanOrEqual(100);
  network.proxy.bytesPerSecond = 0.01;
  server.send(text);
  await client.untilReceived("0");
  network.proxy.bytesPerSecond = undefined;
  await client.untilReceived(text);
});

test("connections are refused as often as was said, or until they are accepted again", async () => {
  await using network = await toyNetwork();
  const { client, server } = await network.pair();
  network.proxy.refuse(2);
  const tryInVain = async (): Promise<void> => {
    const refused = new ToyPeer(connect(network.proxy.port, network.proxy.host));
    await refused.untilEvent("close");
    expect(refused.events).toEqual(["ECONNRESET", "close"]);
  };
  await tryInVain();
  await tryInVain();
  await network.pair();
  network.proxy.refuse();
  await tryInVain();
  network.proxy.accept();
  await network.pair();
  expect(network.proxy).toMatchObject({ acceptedConnections: 3, refusedConnections: 3 });
  client.send("still here");
  await server.untilReceived("still here");
});

test.each(["a receiver that does not read", "a stall"])("%s slows the sender down", async (what) => {
  await using network = await toyNetwork();
  const { client, server } = await network.pair();
  if (what === "a stall") network.proxy.stall();
  else server.socket.pause();
  const total = 64 * 1024 * 1024;
  const piece = Buffer.alloc(1024 * 1024, "x");
  let written = 0;
  const sendPieces = (): void => {
    client.socket.write(piece, () => {
      written += piece.length;
      if (written < total) sendPieces();
      else client.socket.end();
    });
  };
  sendPieces();
  // When the sender stops is seen by its doing nothing only; a look too early finds less, and passes.
  let before = -1;
  while (written !== before) {
    before = written;
    await wait(50);
  }
  expect(written).toBeLessThan(total / 2);
  let arrived = 0;
  server.socket.removeAllListeners("data").on("data", (text: string) => (arrived += text.length));
  server.socket.resume();
  network.proxy.resume();
  await server.untilEvent("end");
  expect(arrived).toBe(total);
});

test("a delay does not limit how much is on its way", async () => {
  await using network = await toyNetwork(undefined, { delayMs: 300 });
  const { client, server } = await network.pair();
  let arrived = 0;
  server.socket.removeAllListeners("data").on("data", (text: string) => (arrived += text.length));
  // In portions of what is read ahead without a delay, this would take longer than a test may.
  client.socket.end(Buffer.alloc(12 * 1024 * 1024));
  await server.untilEvent("end");
  expect(arrived).toBe(12 * 1024 * 1024);
});

test("closing closes connections, twice is once, and nothing is left that keeps the process alive", async () => {
  const before = handles();
  const network = await toyNetwork(undefined, { delayMs: 60_000 });
  const { client, server } = await network.pair();
  client.send("on its way for a minute");
  // The proxy has it, with a timer; nobody else would tell.
  await wait(10);
  const lost = network.proxy.cutAfter("toServer", 1, "reset");
  const lostUnheard = network.proxy.cutAfter("toClient", 1, "reset");
  expect(lostUnheard).toBeInstanceOf(Promise);
  await Promise.all([network.proxy.close(), network.proxy[Symbol.asyncDispose]()]);
  await expect(lost).rejects.toThrow("the proxy was closed before the cut");
  await Promise.all([client.untilEvent("end"), server.untilEvent("end")]);
  expect(network.proxy.connections).toBe(0);
  await network[Symbol.asyncDispose]();
  await vi.waitUntil(() => handles().length <= before.length, { timeout: 10_000 });
  expect(handles()).toEqual(before);
});

test("values out of range are refused", async () => {
  await expect(startFaultProxy({ port: 0 })).rejects.toThrow(RangeError);
  await expect(startFaultProxy({ port: 1, delayMs: -1 })).rejects.toThrow(RangeError);
  await expect(startFaultProxy({ port: 1, settleMs: 0 })).rejects.toThrow(RangeError);
  await using proxy = await startFaultProxy({ port: 1 });
  expect(() => (proxy.delayMs = Number.NaN)).toThrow(RangeError);
  expect(() => (proxy.bytesPerSecond = 0)).toThrow(RangeError);
  await expect(proxy.cutAfter("toServer", 0.5, "end")).rejects.toThrow(RangeError);
});
