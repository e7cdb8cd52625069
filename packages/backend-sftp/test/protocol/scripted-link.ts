import type { StoreError } from "@borgstore/core";
import { PassThrough, Writable } from "node:stream";
import { PacketReader } from "../../src/protocol/packet-reader.ts";
import { packetType } from "../../src/protocol/packet-types.ts";
import { PacketWriter } from "../../src/protocol/packet-writer.ts";
import { LinkFate } from "../../src/transport/link-fate.ts";
import type { Link } from "../../src/transport/link.ts";

/** A request as the server finds it. */
export interface SentRequest {
  readonly type: number;
  readonly id: number;
  /** What follows the id. */
  readonly fields: PacketReader;
}

/** A link whose other end is the test: it sees each write, and gives the answers that it wants. */
export class ScriptedLink implements Link {
  readonly transport = "scripted";
  readonly input: PassThrough = new PassThrough();
  readonly output: Writable;
  /** What was written, a piece for each write. */
  readonly writes: Buffer[] = [];
  /** Whether writes are not taken off: then they make no progress. */
  isFull = false;
  destroyedTimes = 0;
  endedWithin: number | undefined;
  readonly #fate = new LinkFate();
  #waiting: (() => void)[] = [];

  constructor() {
    const take = (bytes: Buffer, done: () => void): void => {
      this.writes.push(bytes);
      if (this.isFull) this.#waiting.push(done);
      else done();
    };
    this.output = new Writable({
      write: (chunk: Buffer, _encoding, done) => take(chunk, done),
      writev: (chunks, done) =>
        take(Buffer.concat(chunks.map(({ chunk }: { chunk: unknown }) => chunk as Buffer)), done),
    });
  }

  /** Takes off what has waited. */
  drain(): void {
    this.isFull = false;
    for (const done of this.#waiting.splice(0)) done();
  }

  /** All requests so far; the greeting has no id, and counts as 0 here. */
  get requests(): SentRequest[] {
    const all = Buffer.concat(this.writes);
    const found: SentRequest[] = [];
    for (let at = 0; at < all.byteLength;) {
      const length = all.readUInt32BE(at);
      const fields = new PacketReader(all.subarray(at + 4, at + 4 + length));
      const type = fields.uint8();
      found.push({ type, id: type === packetType.init ? 0 : fields.uint32(), fields });
      at += 4 + length;
    }
    return found;
  }

  /** Hands bytes over as if they had come from the server, in one piece. */
  receive(...packets: readonly Buffer[]): void {
    this.input.emit("data", Buffer.concat(packets));
  }

  lose(makeReason: () => StoreError): void {
    this.#fate.lose(makeReason);
  }

  onLost(callback: (makeReason: () => StoreError) => void): void {
    this.#fate.onLost(callback);
  }

  destroy(): void {
    this.destroyedTimes++;
  }

  end(graceMs: number): Promise<void> {
    this.endedWithin = graceMs;
    return Promise.resolve();
  }
}

/** Answers as a server packs them. */
export const answers = {
  version: (version: number, extensions: readonly string[] = []): Buffer => {
    const writer = new PacketWriter(packetType.version, 100).uint32(version);
    for (const name of extensions) writer.text(name).text("1");
    return writer.finish();
  },
  status: (id: number, code: number, text = "as the server says it"): Buffer =>
    new PacketWriter(packetType.status, 100).uint32(id).uint32(code).text(text).text("en").finish(),
  handle: (id: number, handle: string): Buffer =>
    new PacketWriter(packetType.handle, 20).uint32(id).text(handle).finish(),
  data: (id: number, bytes: Uint8Array): Buffer =>
    new PacketWriter(packetType.data, bytes.byteLength).uint32(id).bytes(bytes).finish(),
  /** With a size and nothing else. */
  attrs: (id: number, size: number): Buffer =>
    new PacketWriter(packetType.attrs, 20).uint32(id).uint32(1).uint64(size).finish(),
  extendedReply: (id: number, fill: (writer: PacketWriter) => PacketWriter): Buffer =>
    fill(new PacketWriter(packetType.extendedReply, 100).uint32(id)).finish(),
};
