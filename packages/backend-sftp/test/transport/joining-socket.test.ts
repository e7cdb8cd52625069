import { once } from "node:events";
import { createServer, Socket, type AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { expect, onTestFinished, test, vi } from "vitest";
import { connectSocket } from "../../src/transport/joining-socket.ts";
import { hostConfig } from "../ssh/host-keys.ts";

async function connectToServer(): Promise<{ readonly socket: Socket; readonly received: Promise<Buffer> }> {
  const server = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const received = once(server, "connection").then(async ([peer]: Socket[]) => {
    if (peer === undefined) throw new Error("nobody came");
    const all = await buffer(peer);
    peer.end();
    return all;
  });
  const { port } = server.address() as AddressInfo;
  const socket = connectSocket(hostConfig({ hostName: "127.0.0.1", port }));
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  return { socket, received };
}

test("what is written in one turn leaves in one system call, in its order", async () => {
  const { socket, received } = await connectToServer();
  const together = vi.spyOn(socket, "_writev");
  const alone = vi.spyOn(socket, "_write");
  for (const text of ["length", "content", "tag"]) socket.write(Buffer.from(text));
  await once(socket.end(), "finish");
  expect([together.mock.calls.length, alone.mock.calls.length]).toEqual([1, 0]);
  expect((await received).toString()).toBe("lengthcontenttag");
});

test("each turn's writes leave by themselves, and tell when they have", async () => {
  const { socket, received } = await connectToServer();
  for (const text of ["one", "two"]) {
    await new Promise<void>((resolve, reject) => {
      socket.write(text, "utf8", (error) => (error ? reject(error) : resolve()));
    });
  }
  socket.end();
  expect((await received).toString()).toBe("onetwo");
});

test("a host that refuses ends the socket, not the process", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  const socket = connectSocket(hostConfig({ hostName: "127.0.0.1", port }));
  await new Promise<void>((resolve) => socket.once("close", () => resolve()));
  expect(socket.destroyed).toBe(true);
});
