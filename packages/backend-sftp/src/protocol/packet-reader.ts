/** The answer ended before its fields did: what is at the other end does not speak this protocol. */
export class MalformedPacket extends Error {
  override readonly name = "MalformedPacket";
}

/** Reads the fields of one answer, which begin after its type. */
export class PacketReader {
  readonly #bytes: Buffer;
  #position = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get remaining(): number {
    return this.#bytes.byteLength - this.#position;
  }

  uint8(): number {
    const at = this.#advance(1);
    return this.#bytes.readUInt8(at);
  }

  uint32(): number {
    return this.#bytes.readUInt32BE(this.#advance(4));
  }

  /** Above 2^53 it is rounded. */
  uint64(): number {
    return this.uint32() * 0x1_0000_0000 + this.uint32();
  }

  /** A length and so many bytes; a view of the packet. */
  bytes(): Buffer {
    const length = this.uint32();
    const at = this.#advance(length);
    return this.#bytes.subarray(at, at + length);
  }

  text(): string {
    return this.bytes().toString();
  }

  /** What has not been read; a view of the packet. */
  rest(): Buffer {
    return this.#bytes.subarray(this.#advance(this.remaining));
  }

  #advance(count: number): number {
    const at = this.#position;
    if (count > this.#bytes.byteLength - at) throw new MalformedPacket("an answer is shorter than it says");
    this.#position = at + count;
    return at;
  }
}
