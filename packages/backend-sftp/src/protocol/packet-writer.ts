/** Longest text of a request that is counted on without measuring: names of three bytes a character, twice. */
const spareBytes = 64;

/**
 * Builds one request: length, type, id, then fields. The buffer is made for the fields that come, so that nothing is
 * copied twice.
 */
export class PacketWriter {
  #buffer: Buffer;
  #length = 4;
  #bytesBehind = 0;

  /** @param roomBytes how much the fields will about take; it grows when they take more. */
  constructor(type: number, roomBytes: number) {
    this.#buffer = Buffer.allocUnsafe(roomBytes + spareBytes);
    this.uint8(type);
  }

  uint8(value: number): this {
    this.#reserve(1);
    this.#buffer[this.#length] = value;
    this.#length += 1;
    return this;
  }

  uint32(value: number): this {
    this.#reserve(4);
    this.#length = this.#buffer.writeUInt32BE(value, this.#length);
    return this;
  }

  /** @param value a safe integer of at least 0 */
  uint64(value: number): this {
    return this.uint32(Math.floor(value / 0x1_0000_0000)).uint32(value % 0x1_0000_0000);
  }

  /** A length, then the bytes. They are copied. */
  bytes(value: Uint8Array): this {
    this.uint32(value.byteLength);
    this.#reserve(value.byteLength);
    this.#buffer.set(value, this.#length);
    this.#length += value.byteLength;
    return this;
  }

  /** A length; the bytes are sent behind the packet, which ends with this field, and not copied. */
  bytesBehind(value: Uint8Array): this {
    this.#bytesBehind = value.byteLength;
    return this.uint32(value.byteLength);
  }

  /** A length in bytes, then the text in UTF-8. */
  text(value: string): this {
    const length = Buffer.byteLength(value);
    this.uint32(length);
    this.#reserve(length);
    this.#length += this.#buffer.write(value, this.#length);
    return this;
  }

  /** The finished packet. Nothing may be added after it. */
  finish(): Buffer {
    this.#buffer.writeUInt32BE(this.#length - 4 + this.#bytesBehind, 0);
    return this.#buffer.subarray(0, this.#length);
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#buffer.byteLength) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.#buffer.byteLength));
    larger.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = larger;
  }
}
