import type { Socket } from "node:net";
import type { Line, LinePipe } from "./line.ts";
import { nowMs, startTimer, stopTimer, type Timer } from "./real-timers.ts";
import { resetSocket } from "./reset-socket.ts";

type Item =
  | { readonly kind: "bytes"; bytes: Uint8Array; readonly dueAtMs: number }
  | { readonly kind: "end" | "reset"; readonly dueAtMs: number };

/**
 * One direction of one connection. What the source sends (bytes, its end, its reset) reaches the target in this
 * order, when the line lets it. It stops reading when its queue is full, so that TCP slows the sender down.
 */
export class Pipe implements LinePipe {
  readonly #source: Socket;
  readonly #target: Socket;
  readonly #line: Line;
  readonly #queue: Item[] = [];
  #queuedBytes = 0;
  /** How many items at the head of the queue may pass although the line is held. */
  #releasedItems = 0;
  #needsDrain = false;
  /** The target was told that no more comes. */
  #isOver = false;
  #timer: Timer | undefined;

  constructor(source: Socket, target: Socket, line: Line) {
    this.#source = source;
    this.#target = target;
    this.#line = line;
    line.pipes.add(this);
    source.on("data", (bytes: Uint8Array) => this.#add({ kind: "bytes", bytes, dueAtMs: this.#dueAtMs() }));
    source.on("end", () => this.#add({ kind: "end", dueAtMs: this.#dueAtMs() }));
    // Also a server that cannot be reached. To the other side, all of these are a connection that broke.
    source.on("error", () => this.#add({ kind: "reset", dueAtMs: this.#dueAtMs() }));
    const goOn = (): void => {
      this.#needsDrain = false;
      this.pump();
    };
    for (const event of ["connect", "drain", "close"]) target.on(event, goOn);
  }

  get hasHeld(): boolean {
    return this.#line.isHeld && this.#queue.length > this.#releasedItems;
  }

  get isMoving(): boolean {
    return this.#queue.length > 0 && !this.#needsDrain && this.#isReleased;
  }

  release(): void {
    this.#releasedItems = this.#queue.length;
    this.pump();
  }

  pump(): void {
    stopTimer(this.#timer);
    if (this.#target.destroyed) this.#discard();
    for (let item = this.#queue[0]; item !== undefined && this.#mayPass; item = this.#queue[0]) {
      const waitMs = Math.max(item.dueAtMs, item.kind === "bytes" ? this.#line.freeAtMs : 0) - nowMs();
      if (waitMs > 0) {
        this.#timer = startTimer(Math.ceil(waitMs), () => this.pump());
        break;
      }
      this.#forward(item);
    }
    this.#pauseOrRead();
  }

  /** Ends the target now, whatever waits: it is dropped, as is what the source still sends. */
  end(): void {
    this.#discard();
    this.#endTarget();
    this.#source.resume();
  }

  /** Leaves the line; both sockets are closed. */
  leave(): void {
    this.#line.pipes.delete(this);
  }

  get #isReleased(): boolean {
    return !this.#line.isHeld || this.#releasedItems > 0;
  }

  get #mayPass(): boolean {
    return !this.#line.isBlocked && !this.#needsDrain && !this.#target.connecting && this.#isReleased;
  }

  #dueAtMs(): number {
    return this.#line.delayMs === 0 ? 0 : nowMs() + this.#line.delayMs;
  }

  #add(item: Item): void {
    this.#line.activity++;
    if (this.#isOver && item.kind !== "reset") return;
    this.#queue.push(item);
    if (item.kind === "bytes") this.#queuedBytes += item.bytes.length;
    this.pump();
  }

  #forward(item: Item): void {
    if (item.kind === "bytes") {
      this.#forwardBytes(item);
      return;
    }
    this.#shift();
    this.#line.activity++;
    if (item.kind === "end") this.#endTarget();
    else resetSocket(this.#target);
  }

  #forwardBytes(item: Item & { readonly kind: "bytes" }): void {
    const count = Math.min(item.bytes.length, this.#line.allowedBytes);
    if (count === 0) {
      this.#line.cut();
      return;
    }
    const part = item.bytes.subarray(0, count);
    item.bytes = item.bytes.subarray(count);
    this.#queuedBytes -= count;
    if (item.bytes.length === 0) this.#shift();
    const isBeforeCut = this.#line.spend(count);
    // A reset drops what the socket has not written, so the cut waits for that.
    this.#needsDrain = !this.#target.write(part, () => {
      if (isBeforeCut) this.#line.cutSoon();
    });
  }

  #endTarget(): void {
    this.#isOver = true;
    if (!this.#target.writableEnded) this.#target.end();
  }

  #shift(): void {
    this.#queue.shift();
    if (this.#releasedItems > 0) this.#releasedItems--;
  }

  #discard(): void {
    this.#queue.length = 0;
    this.#queuedBytes = 0;
    this.#releasedItems = 0;
    this.#needsDrain = false;
  }

  #pauseOrRead(): void {
    const isFull = this.#queuedBytes >= this.#line.readAheadBytes;
    if (isFull) this.#source.pause();
    else if (this.#source.isPaused() && this.#queuedBytes <= this.#line.readAheadBytes / 2)
      this.#source.resume();
  }
}
