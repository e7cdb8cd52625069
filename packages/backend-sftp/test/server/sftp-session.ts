import { setTimeout } from "node:timers/promises";
import type { ServerChannel } from "ssh2";
import { type Answer, okAnswer, type RequestContext } from "./answer.ts";
import { carryOut } from "./carry-out.ts";
import { encodeAnswer } from "./encode-answer.ts";
import { advertisedExtensions } from "./extensions.ts";
import type { Gate } from "./gate.ts";
import { HandleTable } from "./handle-table.ts";
import { MalformedPacket, PacketReader } from "./packet-reader.ts";
import { PacketSplitter } from "./packet-splitter.ts";
import { PacketWriter } from "./packet-writer.ts";
import { answerTypes, extendedType, initType, requestNames } from "./protocol-numbers.ts";
import type { RequestCounts } from "./request-counts.ts";
import { requestSubject } from "./request-subject.ts";
import type { ServerPaths } from "./server-paths.ts";
import { SftpChannel } from "./sftp-channel.ts";
import type { SftpRequestInfo } from "./sftp-server-options.ts";
import type { SftpSettings } from "./sftp-settings.ts";

/** What a session needs of the connection and of the server it belongs to. */
export interface SessionSurroundings {
  readonly settings: SftpSettings;
  readonly paths: ServerPaths;
  readonly counts: RequestCounts;
  /** Nothing is carried out while it is shut. */
  readonly gate: Gate;
  readonly connection: number;
  dropConnection(): void;
  countDelivered(bytes: number): void;
  /** Told of what is wrong with the server or a hook, and not with the client. */
  reportFault(fault: unknown): void;
}

/** One request of which type, id and all that follows are known. */
interface Request {
  readonly type: string;
  readonly id: number;
  readonly reader: PacketReader;
}

/** One sftp-server: what comes in on a channel is carried out strictly one after the other. */
export class SftpSession {
  /** Resolves when the session is over and all its handles are closed; never rejects. */
  readonly done: Promise<void>;
  readonly #around: SessionSurroundings;
  readonly #channel: SftpChannel;
  readonly #context: RequestContext;
  /** Answers held back until all requests that came in with them are carried out. */
  #held: Buffer[] = [];
  #isInitialized = false;

  constructor(channel: ServerChannel, around: SessionSurroundings) {
    this.#around = around;
    this.#channel = new SftpChannel(channel);
    const { settings, paths } = around;
    this.#context = { settings, paths, handles: new HandleTable(settings.maxOpenHandles) };
    this.done = this.#run();
  }

  get openHandles(): number {
    return this.#context.handles.size;
  }

  /** Ends the session after the request that is being carried out; nothing more is answered. */
  stop(): void {
    this.#channel.stop();
  }

  async #run(): Promise<void> {
    let exitCode = 0;
    try {
      await this.#serve();
    } catch (error) {
      exitCode = 255;
      const isExpected = error instanceof MalformedPacket || this.#channel.stopped.aborted;
      if (!isExpected) this.#around.reportFault(error);
    }
    await this.#context.handles.closeAll().catch((error: unknown) => this.#around.reportFault(error));
    if (!this.#channel.stopped.aborted) this.#channel.exit(exitCode);
  }

  async #serve(): Promise<void> {
    const { answersOutOfOrder, maxPacketBytes } = this.#context.settings;
    const splitter = new PacketSplitter(maxPacketBytes);
    for (;;) {
      const chunk = await this.#channel.read(answersOutOfOrder);
      if (chunk === undefined) return;
      for (const packet of splitter.take(chunk)) {
        await this.#channel.orStopped(this.#around.gate.opened);
        this.#channel.stopped.throwIfAborted();
        await this.#accept(new PacketReader(packet));
      }
      const held = this.#held.toReversed();
      this.#held = [];
      for (const packet of held) await this.#channel.write(packet);
    }
  }

  async #accept(reader: PacketReader): Promise<void> {
    const number = reader.byte();
    if (number === initType) {
      await this.#carryOut({ type: "init", id: reader.uint32(), reader });
      this.#isInitialized = true;
      return;
    }
    if (!this.#isInitialized) throw new MalformedPacket("a request before SSH_FXP_INIT");
    const id = reader.uint32();
    const type =
      number === extendedType
        ? `extended:${reader.name()}`
        : (requestNames.get(number) ?? `unknown:${number}`);
    await this.#carryOut({ type, id, reader });
  }

  async #carryOut(request: Request): Promise<void> {
    const { type, reader } = request;
    const info: SftpRequestInfo = {
      type,
      ...requestSubject(type, reader.copy(), this.#context.handles),
      connection: this.#around.connection,
      count: this.#around.counts.add(type),
    };
    const before = (await this.#channel.orStopped(this.#context.settings.before?.(info))) ?? "proceed";
    if (before === "ignore") return;
    if (before === "drop") return this.#around.dropConnection();
    if (typeof before === "object" && "status" in before) return await this.#send(request, before);
    if (typeof before === "object") {
      await setTimeout(before.delayMs, undefined, { signal: this.#channel.stopped });
    }
    const answer = type === "init" ? okAnswer : await carryOut(type, reader, this.#context);
    const after = (await this.#channel.orStopped(this.#context.settings.after?.(info))) ?? "answer";
    if (after === "drop") return this.#around.dropConnection();
    if (after === "answer" && answer !== undefined) await this.#send(request, answer);
  }

  async #send(request: Request, answer: Answer): Promise<void> {
    const packet = this.#packet(request, answer);
    if (this.#context.settings.answersOutOfOrder) this.#held.push(packet);
    else await this.#channel.write(packet);
    if ("type" in answer && answer.type === answerTypes.data)
      this.#around.countDelivered(answer.body.length - 4);
  }

  #packet({ type, id }: Request, answer: Answer): Buffer {
    const { settings } = this.#context;
    // SSH_FXP_VERSION has no id, and the version is always 3, whatever the client speaks.
    if (type !== "init" || answer !== okAnswer) return encodeAnswer(id, answer, settings.statusMessages);
    const body = new PacketWriter().byte(answerTypes.version).uint32(3).raw(advertisedExtensions(settings));
    return new PacketWriter().string(body.bytes()).bytes();
  }
}
