import { StoreError } from "@borgstore/core";
import type { Link } from "../transport/link.ts";
import { FrameParser } from "./frame-parser.ts";
import { PacketReader } from "./packet-reader.ts";
import { packetType } from "./packet-types.ts";
import type { PacketWriter } from "./packet-writer.ts";
import type { Answer, PendingRequest } from "./pending-request.ts";

/** The greeting and its answer have no id; no request has this one. */
const greetingId = 0;
/** Larger batches go out as they are, instead of being copied into one buffer. */
const longestJoinedBytes = 64 * 1024;
/** How long is waited for the reason when a link has ended. */
const reasonWithinMs = 500;
/** How often it is looked whether anything has been waiting too long, at least. */
const longestCheckMs = 1000;

/** Limits for a connection, in ms. */
export interface ConnectionLimits {
  /** Longest time without a byte from the server, or one taken by it, while an answer is awaited. */
  readonly stallMs: number;
  /** Longest time for one answer. */
  readonly requestMs: number;
  /** The same for requests whose time grows with the data or the disk: syncing, hashing. */
  readonly longRequestMs: number;
}

/** How a request is sent. */
export interface RequestOptions {
  /** For messages. */
  readonly request: string;
  /** Whether it counts as a long one. */
  readonly isLong?: boolean;
  /** Where the data of a read goes. */
  readonly target?: Uint8Array;
  /** What follows the packet, see `PacketWriter.bytesBehind`; it must not change before the answer. */
  readonly behind?: Uint8Array | undefined;
  /** See `PendingRequest`. */
  readonly late?: (answer: Answer) => void;
}

/**
 * Requests and answers over one link, any number in flight at a time. Nothing waits for ever: every request is
 * answered, or fails at its limit, or when the link is lost or silent, and none is issued to a link that is lost.
 *
 * Requests go out in the order of the calls; those of one turn of the event loop leave together. "Requests relating to
 * the same file" are processed in that order (draft-ietf-secsh-filexfer-02, section 4.1), which pipelining relies on.
 */
export class SftpConnection {
  readonly #link: Link;
  readonly #limits: ConnectionLimits;
  readonly #parser: FrameParser;
  /** By id, in the order of sending. */
  readonly #pending = new Map<number, PendingRequest>();
  /** Requests that were given up, until their answers come. */
  readonly #givenUp = new Map<number, ((answer: Answer) => void) | undefined>();
  #outgoing: Buffer[] = [];
  #nextId: number;
  #nextSequence = 0;
  /** The earliest request that was answered since the last check. */
  #firstAnswered = Infinity;
  #longCount = 0;
  #lastProgressMs = performance.now();
  #checkTimer: NodeJS.Timeout | undefined;
  #makeReason: (() => StoreError) | undefined;
  readonly #whenLost: (() => void)[] = [];

  /** @param firstId where the ids begin; they go up to 2^32 - 1, and then on from 1 */
  constructor(link: Link, limits: ConnectionLimits, firstId = 1) {
    this.#link = link;
    this.#limits = limits;
    this.#nextId = firstId;
    this.#parser = new FrameParser({
      packet: (type, fields) => this.#receive(type, fields),
      dataTarget: (id, length) => this.#targetOf(id, length),
      dataComplete: (id, length) => this.#receiveData(id, length),
    });
    link.input.on("data", (chunk: Buffer) => this.#push(chunk));
    // Errors of the streams end the link, which tells why by itself.
    link.input.on("error", () => link.destroy());
    link.output.on("error", () => link.destroy());
    // That it has ended is known a moment before why.
    link.input.on("end", () => void setTimeout(() => link.destroy(), reasonWithinMs).unref());
    link.onLost((makeReason) => this.#lose(makeReason));
  }

  get isLost(): boolean {
    return this.#makeReason !== undefined;
  }

  /** How many answers are awaited. */
  get pendingCount(): number {
    return this.#pending.size;
  }

  /** Calls back when the link is lost, at once when it is already. */
  onLost(callback: () => void): void {
    if (this.isLost) callback();
    else this.#whenLost.push(callback);
  }

  /**
   * Sends a request and resolves to what `read` makes of the answer.
   *
   * @param start makes the packet, given the id
   * @param read runs at once when the answer is there; what it throws rejects
   */
  request<T>(
    start: (id: number) => PacketWriter,
    read: (answer: Answer) => T,
    options: RequestOptions,
  ): Promise<T> {
    const id = this.#nextId;
    this.#nextId = id === 0xffff_ffff ? 1 : id + 1;
    return this.#enqueue(id, start(id).finish(), read, options);
  }

  /**
   * Sends the greeting, which has no id, and resolves to what `read` makes of the answer to it. It has no limit: a program
   * that is to log in first says nothing meanwhile, and who connects has a limit for all of it.
   */
  greet<T>(packet: Buffer, read: (answer: Answer) => T): Promise<T> {
    return this.#enqueue(greetingId, packet, read, { request: "init", isLong: true });
  }

  /** Ends the connection for a reason of our own; everything pending fails with it. */
  fail(makeReason: () => StoreError): void {
    this.#lose(makeReason);
    this.#link.destroy();
  }

  #enqueue<T>(
    id: number,
    packet: Buffer,
    read: (answer: Answer) => T,
    { request, isLong = false, target, behind, late }: RequestOptions,
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const lost = this.#makeReason;
      if (lost !== undefined) {
        reject(lost());
        return;
      }
      if (isLong) this.#longCount++;
      const nowMs = performance.now();
      this.#pending.set(id, {
        request,
        sequence: this.#nextSequence++,
        sentMs: nowMs,
        turnMs: nowMs,
        limitMs: id === greetingId ? Infinity : this.#limits[isLong ? "longRequestMs" : "requestMs"],
        target,
        settle: (answer) => {
          if (isLong) this.#longCount--;
          try {
            resolve(read(answer));
          } catch (error) {
            reject(error);
          }
        },
        fail: (error) => {
          if (isLong) this.#longCount--;
          reject(error);
        },
        late,
      });
      this.#send(packet);
      if (behind !== undefined) {
        this.#outgoing.push(Buffer.from(behind.buffer, behind.byteOffset, behind.byteLength));
      }
    });
  }

  #send(packet: Buffer): void {
    this.#outgoing.push(packet);
    if (this.#outgoing.length === 1) {
      // After all that is ready to run now, so that what it sends leaves together.
      process.nextTick(() => this.#flush());
    }
    if (this.#checkTimer === undefined) this.#check();
  }

  #flush(): void {
    const packets = this.#outgoing;
    this.#outgoing = [];
    if (this.isLost) return;
    const { output } = this.#link;
    const progress = (): void => {
      this.#lastProgressMs = performance.now();
    };
    const [first] = packets;
    if (packets.length === 1 && first !== undefined) {
      output.write(first, progress);
      return;
    }
    const length = packets.reduce((sum, { byteLength }) => sum + byteLength, 0);
    if (length <= longestJoinedBytes) {
      output.write(Buffer.concat(packets, length), progress);
      return;
    }
    output.cork();
    for (const packet of packets) output.write(packet, progress);
    output.uncork();
  }

  #push(chunk: Buffer): void {
    if (this.isLost) return;
    this.#lastProgressMs = performance.now();
    try {
      this.#parser.push(chunk);
    } catch (cause) {
      this.fail(() => protocolError(cause));
    }
  }

  #receive(type: number, fields: Buffer): void {
    const reader = new PacketReader(fields);
    // The greeting has a version where all others have an id.
    const id = type === packetType.version ? greetingId : reader.uint32();
    this.#answer(id, { type, fields: reader });
  }

  #targetOf(id: number, length: number): Uint8Array | undefined {
    const pending = this.#pending.get(id);
    if (pending === undefined) return undefined;
    if (pending.target === undefined || length > pending.target.byteLength) {
      throw new Error(`data of ${length} bytes that were not asked for`);
    }
    return pending.target;
  }

  #receiveData(id: number, length: number): void {
    const fields = Buffer.allocUnsafe(4);
    fields.writeUInt32BE(length);
    this.#answer(id, { type: packetType.data, fields: new PacketReader(fields) });
  }

  #answer(id: number, answer: Answer): void {
    const pending = this.#pending.get(id);
    if (pending !== undefined) {
      this.#pending.delete(id);
      this.#firstAnswered = Math.min(this.#firstAnswered, pending.sequence);
      pending.settle(answer);
      return;
    }
    if (!this.#givenUp.has(id)) throw new Error(`an answer to request ${id}, which was not made`);
    const late = this.#givenUp.get(id);
    this.#givenUp.delete(id);
    late?.(answer);
  }

  #lose(makeReason: () => StoreError): void {
    if (this.isLost) return;
    this.#makeReason = makeReason;
    clearTimeout(this.#checkTimer);
    this.#outgoing = [];
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    this.#givenUp.clear();
    for (const { fail } of pending) fail(makeReason());
    for (const callback of this.#whenLost.splice(0)) callback();
  }

  /** Gives up what has been waiting too long, and comes again while anything is waiting. */
  #check(): void {
    this.#checkTimer = undefined;
    const nowMs = performance.now();
    const [oldest] = this.#pending.values();
    if (oldest === undefined || this.isLost) return;
    const silentSinceMs = Math.max(this.#lastProgressMs, oldest.sentMs);
    // A server that syncs or hashes says nothing meanwhile; a dead line is noticed by keepalive then.
    if (this.#longCount === 0 && nowMs - silentSinceMs > this.#limits.stallMs) {
      const { stallMs } = this.#limits;
      this.fail(() => new StoreError("TIMEOUT", { detail: `the server has said nothing for ${stallMs} ms` }));
      return;
    }
    for (const [id, pending] of this.#pending) {
      // On a slow line it waits for the transfers before it, as long as these get on.
      if (this.#firstAnswered < pending.sequence) pending.turnMs = nowMs;
      if (nowMs - pending.turnMs <= pending.limitMs) continue;
      this.#pending.delete(id);
      this.#givenUp.set(id, pending.late);
      pending.fail(
        new StoreError("TIMEOUT", { detail: `no answer to ${pending.request} within ${pending.limitMs} ms` }),
      );
    }
    this.#firstAnswered = Infinity;
    const { stallMs, requestMs } = this.#limits;
    this.#checkTimer = setTimeout(() => this.#check(), Math.min(longestCheckMs, stallMs / 4, requestMs / 4));
    // What is pending keeps the process alive by its socket.
    this.#checkTimer.unref();
  }
}

/** What to tell when the other end does not speak SFTP. */
function protocolError(cause: unknown): StoreError {
  const detail =
    "what the server sent is not SFTP; if a start-up script of the login shell prints something, it must not do so " +
    "without a terminal";
  return new StoreError("UNEXPECTED", { detail, cause });
}
