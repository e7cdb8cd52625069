import { packetType } from "./packet-types.ts";
import { MalformedPacket } from "./packet-reader.ts";

/** Longest answer that is believed: OpenSSH sends at most 256 KiB of data and the fields around it. */
const longestPacket = 1024 * 1024;
/** Length, type, id, and the length of the data. */
const dataHeaderBytes = 13;

/** Takes what {@link FrameParser} finds. */
export interface FrameSink {
  /** One answer; the view is only good during the call. */
  packet(type: number, fields: Buffer): void;
  /**
   * Where the data of an answer to a read shall go; `undefined` when nobody waits for it, and it is dropped. `length`
   * bytes will come.
   */
  dataTarget(id: number, length: number): Uint8Array | undefined;
  /** All data of the answer has been written to its target. */
  dataComplete(id: number, length: number): void;
}

/** Data that is being received. */
interface IncomingData {
  readonly id: number;
  readonly length: number;
  readonly target: Uint8Array | undefined;
  at: number;
}

/** A packet other than data that is being received: its whole, and how much of it is there. */
interface IncomingPacket {
  readonly bytes: Buffer;
  at: number;
}

/**
 * Cuts the stream of bytes from a server into answers. Data of reads is copied once, to where its reader wants it.
 */
export class FrameParser {
  readonly #sink: FrameSink;
  /** The beginning of a packet that has not arrived whole. */
  #pending: Buffer = Buffer.alloc(0);
  #data: IncomingData | undefined;
  #large: IncomingPacket | undefined;

  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  /** @throws MalformedPacket when this cannot be SFTP. */
  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.byteLength) {
      if (this.#data !== undefined) at += this.#pushData(this.#data, chunk.subarray(at));
      else if (this.#large !== undefined) at += this.#pushLarge(this.#large, chunk.subarray(at));
      else at = this.#begin(chunk, at);
    }
  }

  /** Begins with the packet at `at`, or finishes it when it is there whole. Returns where to go on. */
  #begin(chunk: Buffer, at: number): number {
    if (this.#pending.byteLength > 0) {
      const missing = dataHeaderBytes - this.#pending.byteLength;
      const joined = Buffer.concat([this.#pending, chunk.subarray(at, at + missing)]);
      const before = this.#pending.byteLength;
      this.#pending = Buffer.alloc(0);
      // At most 13 bytes, so what is taken of them is either all, or a whole small packet.
      return at + this.#beginAt(joined, 0) - before;
    }
    return this.#beginAt(chunk, at);
  }

  #beginAt(chunk: Buffer, at: number): number {
    const available = chunk.byteLength - at;
    if (available < 5) return this.#keep(chunk, at);
    const length = chunk.readUInt32BE(at);
    if (length === 0 || length > longestPacket) {
      throw new MalformedPacket(`an answer of ${length} bytes`);
    }
    const type = chunk.readUInt8(at + 4);
    if (type === packetType.data) {
      if (available < dataHeaderBytes) {
        if (length < dataHeaderBytes - 4) throw new MalformedPacket("data without a length");
        return this.#keep(chunk, at);
      }
      const dataLength = chunk.readUInt32BE(at + 9);
      if (dataLength + dataHeaderBytes - 4 !== length) throw new MalformedPacket("data of another length");
      const id = chunk.readUInt32BE(at + 5);
      const target = this.#sink.dataTarget(id, dataLength);
      if (dataLength === 0) this.#sink.dataComplete(id, 0);
      else this.#data = { id, length: dataLength, target, at: 0 };
      return at + dataHeaderBytes;
    }
    const end = at + 4 + length;
    if (end <= chunk.byteLength) {
      this.#sink.packet(type, chunk.subarray(at + 5, end));
      return end;
    }
    // The joined beginning of a packet may be shorter than the packet: what follows it is still in the chunk.
    const bytes = Buffer.allocUnsafe(4 + length);
    chunk.copy(bytes, 0, at);
    this.#large = { bytes, at: available };
    return chunk.byteLength;
  }

  #keep(chunk: Buffer, at: number): number {
    this.#pending = Buffer.from(chunk.subarray(at));
    return chunk.byteLength;
  }

  #pushData(data: IncomingData, chunk: Buffer): number {
    const taken = Math.min(chunk.byteLength, data.length - data.at);
    data.target?.set(chunk.subarray(0, taken), data.at);
    data.at += taken;
    if (data.at === data.length) {
      this.#data = undefined;
      this.#sink.dataComplete(data.id, data.length);
    }
    return taken;
  }

  #pushLarge(large: IncomingPacket, chunk: Buffer): number {
    const taken = Math.min(chunk.byteLength, large.bytes.byteLength - large.at);
    chunk.copy(large.bytes, large.at, 0, taken);
    large.at += taken;
    if (large.at === large.bytes.byteLength) {
      this.#large = undefined;
      this.#sink.packet(large.bytes.readUInt8(4), large.bytes.subarray(5));
    }
    return taken;
  }
}
