import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { createInterface, type Interface } from "node:readline";
import { fileURLToPath } from "node:url";

const script = fileURLToPath(new URL("reference.py", import.meta.url));

/** What a store of the reference is set up with. */
export interface ReferenceSetup {
  readonly url: string;
  readonly config: Record<string, { readonly levels: readonly number[] }>;
  /** With a limit in bytes the store is made on `path` instead of `url`. */
  readonly quota?: number;
  readonly path?: string;
}

/** A store of the Python reference in a child process, one operation at a time. */
export class PythonReference implements AsyncDisposable {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: Interface;
  readonly #answers: AsyncIterator<string>;
  #errors = "";

  /** @param env the child's whole environment; by default this process's. */
  constructor(python: string, setup: ReferenceSetup, env: NodeJS.ProcessEnv = process.env) {
    this.#child = spawn(python, [script], { stdio: "pipe", env });
    this.#child.stderr.on("data", (text: Buffer) => (this.#errors += text.toString()));
    this.#lines = createInterface({ input: this.#child.stdout });
    this.#answers = this.#lines[Symbol.asyncIterator]();
    this.#child.stdin.write(`${JSON.stringify(setup)}\n`);
  }

  /** Runs one operation and returns what the reference returned. Throws what it raised, with its class name. */
  async run(operation: string, parameters: Record<string, unknown> = {}): Promise<unknown> {
    this.#child.stdin.write(`${JSON.stringify({ operation, ...parameters })}\n`);
    const line = await this.#answers.next();
    if (line.done === true) throw new Error(`the reference ended: ${this.#errors}`);
    const answer = JSON.parse(line.value) as { result?: unknown; error?: string; message?: string };
    if (answer.error !== undefined) throw new Error(`${answer.error}: ${answer.message ?? ""}`);
    return answer.result;
  }

  async store(name: string, value: Uint8Array): Promise<void> {
    await this.run("store", { name, value: Buffer.from(value).toString("base64") });
  }

  async load(name: string, deleted = false): Promise<Uint8Array> {
    return new Uint8Array(Buffer.from((await this.run("load", { name, deleted })) as string, "base64"));
  }

  /** Names and sizes of a namespace. */
  async list(name: string, deleted = false): Promise<[string, number][]> {
    return (await this.run("list", { name, deleted })) as [string, number][];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once("close", resolve));
    this.#child.stdin.end();
    this.#lines.close();
    await ended;
  }
}
