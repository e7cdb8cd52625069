import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import { answerLines, toyNetwork, type ToyPeer } from "./toy-peers.ts";

/** Keeps the whole process from doing anything. */
function blockProcess(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** Answers so slowly that each piece could be the last for now. */
function answerInPieces(peer: ToyPeer): void {
  peer.socket.on("data", (line: string) => {
    ["re", ":", line].forEach((piece, at) => setTimeout(() => peer.send(piece), at * 60));
  });
}

test.each([1, 2, 3])("%i dependent exchanges are as many round trips", async (count) => {
  await using network = await toyNetwork(answerLines);
  const { client } = await network.pair();
  const { roundTrips } = await network.proxy.countRoundTrips(async () => {
    for (let i = 0; i < count; i++) await client.request(`request ${i}`);
  });
  expect(roundTrips).toBe(count);
});

test("work without a request has no round trip, and its result is handed on", async () => {
  await using network = await toyNetwork(answerLines);
  await network.pair();
  expect(await network.proxy.countRoundTrips(async () => "done")).toEqual({ result: "done", roundTrips: 0 });
});

test("requests that need no answer of each other are one round trip", async () => {
  await using network = await toyNetwork(answerLines);
  const { client } = await network.pair();
  const { roundTrips } = await network.proxy.countRoundTrips(async () => {
    await Promise.all(["a", "b", "c"].map((line) => client.request(line)));
    await Promise.all(["d", "e", "f"].map((line) => client.request(line)));
  });
  expect(roundTrips).toBe(2);
});

test("a client that is slow between such requests still makes one round trip", async () => {
  await using network = await toyNetwork(answerLines, { settleMs: 20 });
  const { client } = await network.pair();
  const { roundTrips } = await network.proxy.countRoundTrips(async () => {
    const answers = [];
    for (const line of ["a", "b", "c"]) {
      answers.push(client.request(line));
      for (let i = 0; i < 6; i++) {
        for (let turn = 0; turn < 5; turn++) await nextTurn();
        blockProcess(25);
      }
    }
    await Promise.all(answers);
  });
  expect(roundTrips).toBe(1);
});

test("the client's second part is waited for although the answer to the first is there", async () => {
  await using network = await toyNetwork(answerLines, { settleMs: 50 });
  const { client } = await network.pair();
  const { roundTrips } = await network.proxy.countRoundTrips(async () => {
    const first = client.request("a");
    // The server has it, and answers at once: its answer is held until the client is quiet as well.
    await network.serverPeers[0]?.untilReceived("a\n");
    await Promise.all([first, client.request("b")]);
  });
  expect(roundTrips).toBe(1);
});

test("two chains of requests at the same time are as many round trips as the longer one", async () => {
  await using network = await toyNetwork(answerLines, { delayMs: 60, settleMs: 10 });
  const { client } = await network.pair();
  const { roundTrips } = await network.proxy.countRoundTrips(async () => {
    const first = client.request("a").then(() => client.request("c"));
    // The second chain is always half a round trip behind the first.
    await network.serverPeers[0]?.untilReceived("a\n");
    await Promise.all([first, client.request("b").then(() => client.request("d"))]);
  });
  expect(roundTrips).toBe(2);
});

test("an answer in several pieces, with pauses, is one round trip", async () => {
  await using network = await toyNetwork(answerInPieces, { settleMs: 20 });
  const { client } = await network.pair();
  const { roundTrips } = await network.proxy.countRoundTrips(async () => {
    await client.request("a");
    await client.request("b");
  });
  expect(roundTrips).toBe(2);
});

test("a last request that nobody waits for does not count, nor does its answer in the next count", async () => {
  await using network = await toyNetwork(answerLines);
  const { client } = await network.pair();
  const operation = async (name: string): Promise<void> => {
    await client.request(name);
    client.send(`close ${name}\n`);
  };
  for (const name of ["a", "b"]) {
    const { roundTrips } = await network.proxy.countRoundTrips(() => operation(name));
    expect(roundTrips).toBe(1);
  }
  await client.untilReceived("re:close b\n");
});

test("counting begins when everything from before is over", async () => {
  await using network = await toyNetwork(answerLines, { delayMs: 40, settleMs: 10 });
  const { client } = await network.pair();
  client.send("a\n");
  const { roundTrips } = await network.proxy.countRoundTrips(() => client.untilReceived("re:a\n"));
  expect(roundTrips).toBe(0);
});

test("an answer that comes late, in the next count, does not count", async () => {
  await using network = await toyNetwork();
  const { client, server } = await network.pair();
  client.send("close\n");
  await server.untilReceived("close\n");
  const { roundTrips } = await network.proxy.countRoundTrips(async () => {
    server.send("re:close\n");
    answerLines(server);
    await client.untilReceived("re:close\n");
    await client.request("a");
  });
  expect(roundTrips).toBe(1);
});

test("what the server says unasked is no round trip", async () => {
  await using network = await toyNetwork((peer) => peer.send("banner\n"));
  const { result, roundTrips } = await network.proxy.countRoundTrips(async () => {
    const client = await network.connect();
    await client.untilReceived("banner\n");
    return client.received;
  });
  expect({ result, roundTrips }).toEqual({ result: "banner\n", roundTrips: 0 });
});

test("an end that is waited for is a round trip", async () => {
  await using network = await toyNetwork((peer) => {
    peer.socket.on("end", () => peer.socket.end("bye"));
  });
  const { client } = await network.pair();
  const { roundTrips } = await network.proxy.countRoundTrips(async () => {
    client.socket.end();
    await client.untilEvent("end");
  });
  expect({ roundTrips, received: client.received }).toEqual({ roundTrips: 1, received: "bye" });
});

test("a delay and a trickle do not change the count", async () => {
  await using network = await toyNetwork(answerLines, { delayMs: 40, settleMs: 10 });
  network.proxy.bytesPerSecond = 200;
  const { client } = await network.pair();
  const { roundTrips } = await network.proxy.countRoundTrips(async () => {
    await client.request("12345");
    await client.request("67890");
  });
  expect(roundTrips).toBe(2);
});

test("a megabyte there and back is one round trip", async () => {
  await using network = await toyNetwork((peer) => {
    peer.socket.on("data", () => {
      if (peer.received.endsWith("\n")) peer.send(`re:${peer.received}`);
    });
  });
  const { client } = await network.pair();
  const line = "x".repeat(1_000_000);
  const { roundTrips } = await network.proxy.countRoundTrips(() => client.request(line));
  expect(roundTrips).toBe(1);
});

test("a large answer is one, also to a client that confirms each piece", async () => {
  const large = "x".repeat(1_000_000);
  await using network = await toyNetwork((peer) => {
    peer.socket.once("data", () => peer.send(`${large}\n`));
  });
  const { client } = await network.pair();
  const { roundTrips } = await network.proxy.countRoundTrips(async () => {
    client.send("a\n");
    client.socket.on("data", () => client.send("got it\n"));
    await client.untilReceived("\n");
  });
  expect(roundTrips).toBe(1);
});

test("a second count is refused while one runs, and possible afterwards", async () => {
  await using network = await toyNetwork(answerLines);
  const { client } = await network.pair();
  const first = network.proxy.countRoundTrips(() => client.request("a"));
  await expect(network.proxy.countRoundTrips(async () => undefined)).rejects.toThrow(
    "another countRoundTrips",
  );
  expect((await first).roundTrips).toBe(1);
  expect((await network.proxy.countRoundTrips(() => client.request("b"))).roundTrips).toBe(1);
});

test("work that fails fails the count, and bytes flow again", async () => {
  await using network = await toyNetwork(answerLines);
  const { client } = await network.pair();
  const work = async (): Promise<void> => {
    client.send("a\n");
    throw new Error("broken");
  };
  await expect(network.proxy.countRoundTrips(work)).rejects.toThrow("broken");
  await client.untilReceived("re:a\n");
});
