/** A packet whose fields do not fit into it. OpenSSH's sftp-server exits on one, so the session ends. */
export class MalformedPacket extends Error {
  override readonly name = "MalformedPacket";
}

/** Reads the fields of one packet from front to back. */
export class PacketReader {
  readonly #bytes: Buffer;
  #at: number;

  constructor(bytes: Buffer, at = 0) {
    this.#bytes = bytes;
    this.#at = at;
  }

  /** A second reader at the same place, to look ahead with. */
  copy(): PacketReader {
    return new PacketReader(this.#bytes, this.#at);
  }

  byte(): number {
    return this.#bytes.readUInt8(this.#advance(1));
  }

  uint32(): number {
    return this.#bytes.readUInt32BE(this.#advance(4));
  }

  uint64(): bigint {
    return this.#bytes.readBigUInt64BE(this.#advance(8));
  }

  /** A string as its bytes; they are a view into the packet. */
  string(): Buffer {
    const length = this.uint32();
    const start = this.#advance(length);
    return this.#bytes.subarray(start, start + length);
  }

  /** A string that cannot hold a zero byte, one character a byte: names need not be UTF-8. */
  name(): string {
    const text = this.string().toString("latin1");
    if (text.includes("\0")) throw new MalformedPacket("a zero byte in a name");
    return text;
  }

  #advance(length: number): number {
    const start = this.#at;
    if (start + length > this.#bytes.length) throw new MalformedPacket("the packet ends inside a field");
    this.#at = start + length;
    return start;
  }
}
