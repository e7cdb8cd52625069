import { MalformedPacket } from "./packet-reader.ts";

/** Finds the packets in a stream: each is a uint32 length and so many bytes, cut anywhere by the transport. */
export class PacketSplitter {
  readonly #maxPacketBytes: number;
  #chunks: Buffer[] = [];
  #buffered = 0;
  /** How many bytes must be there before joining them is worth it; keeps large packets from being copied often. */
  #wanted = 4;

  constructor(maxPacketBytes: number) {
    this.#maxPacketBytes = maxPacketBytes;
  }

  /**
   * The packets, without their length, that are complete now.
   * @throws {MalformedPacket} at a length above the limit, when the packets before it were taken
   */
  *take(chunk: Buffer): Generator<Buffer> {
    this.#chunks.push(chunk);
    this.#buffered += chunk.length;
    if (this.#buffered < this.#wanted) return;
    let rest = Buffer.concat(this.#chunks);
    try {
      for (;;) {
        this.#wanted = 4;
        if (rest.length < 4) return;
        const length = rest.readUInt32BE();
        if (length > this.#maxPacketBytes) throw new MalformedPacket(`a packet of ${length} bytes`);
        this.#wanted = 4 + length;
        if (rest.length < this.#wanted) return;
        const packet = rest.subarray(4, this.#wanted);
        rest = rest.subarray(this.#wanted);
        yield packet;
      }
    } finally {
      this.#chunks = [rest];
      this.#buffered = rest.length;
    }
  }
}
