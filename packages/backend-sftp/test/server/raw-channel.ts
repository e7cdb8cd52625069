import type { Client, ClientChannel } from "ssh2";
import { result } from "./callbacks.ts";
import { PacketSplitter } from "./packet-splitter.ts";
import { PacketWriter } from "./packet-writer.ts";

/** A channel on which the test itself speaks SFTP; the versions are exchanged already. */
export async function rawChannel(client: Client): Promise<ClientChannel> {
  const channel = await result<ClientChannel>((done) => client.subsys("sftp", done));
  await exchange(channel, [new PacketWriter().byte(1).uint32(3).bytes()]);
  return channel;
}

/** Sends requests all at once, and gives the packets that come back. */
export async function exchange(channel: ClientChannel, requests: readonly Buffer[]): Promise<Buffer[]> {
  const splitter = new PacketSplitter(1_000_000);
  const answers: Buffer[] = [];
  await new Promise<void>((resolve) => {
    const take = (chunk: Buffer): void => {
      answers.push(...splitter.take(chunk));
      if (answers.length < requests.length) return;
      channel.off("data", take);
      resolve();
    };
    channel.on("data", take);
    channel.write(Buffer.concat(requests.map((request) => new PacketWriter().string(request).bytes())));
  });
  return answers;
}
