import type { Backend } from "@borgstore/core";
import { everyScope, fullScope } from "@borgstore/tools-peers";
import { afterAll, beforeAll, describe, onTestFinished } from "vitest";
import { rcloneBackend, type RcloneOptions } from "../src/index.ts";
import { distributionRclone, local, newestRclone, type RcloneProgram, type Remote } from "./remotes.ts";
import type { RemotePlace } from "./servers/remote-place.ts";

/** An open storage. */
export interface Opened {
  readonly backend: Backend;
  /** Of the place. */
  readonly path: string;
}

/** A remote with the rclone that reaches it, for all tests of a group. */
export class Site<Place extends RemotePlace = RemotePlace> {
  readonly #start: () => Promise<Place>;
  /** Of rclone. */
  readonly program: string;
  #place: Place | undefined;
  #holder: Backend | undefined;
  #count = 0;

  constructor(start: () => Promise<Place>, program: string) {
    this.#start = start;
    this.program = program;
  }

  get place(): Place {
    if (this.#place === undefined) throw new Error("the place has not been started");
    return this.#place;
  }

  async start(): Promise<void> {
    this.#place = await this.#start();
    // Keeps one process of rclone running for all tests.
    this.#holder = this.backendAt("holder");
    await this.#holder.create();
    await this.#holder.open();
  }

  async stop(): Promise<void> {
    await this.#holder?.close();
    await this.#place?.stop();
  }

  /** Of a storage that nobody else uses. */
  newPath(): string {
    return `test-${++this.#count}/store`;
  }

  /** Not open. */
  backendAt(path: string, options: RcloneOptions = {}): Backend {
    return rcloneBackend({ ...this.place.options(path), rcloneProgram: this.program, ...options });
  }

  /** One that is closed when the test has ended; not open. */
  backend(path: string = this.newPath(), options: RcloneOptions = {}): Backend {
    const backend = this.backendAt(path, options);
    onTestFinished(() => backend.close());
    return backend;
  }

  /** One at a remote of its own, with the configuration of the place; closed when the test has ended. */
  backendOf(remote: string): Backend {
    const backend = rcloneBackend({ ...this.place.options(""), remote, rcloneProgram: this.program });
    onTestFinished(() => backend.close());
    return backend;
  }

  /** A new storage, open until the test has ended. */
  async open(options: RcloneOptions = {}, path: string = this.newPath()): Promise<Opened> {
    const backend = this.backend(path, options);
    await backend.create();
    await backend.open();
    return { backend, path };
  }

  /** What is in a storage, where the place can be looked into. */
  async namesAt(path: string): Promise<string[]> {
    return await this.place.names(path);
  }
}

const fullOfPrograms = fullScope("what another rclone answers is no matter of Node's");
const fullOfRemotes = fullScope("rclone talks to it, and Node to rclone as with a local directory");

/**
 * Registers tests for one remote reached by one rclone: in brief runs only for local directories, and not by the
 * newest.
 */
export function describeAt<Place extends RemotePlace>(
  remote: Remote<Place>,
  { program, title, available }: RcloneProgram,
  register: (site: Site<Place>) => void,
): void {
  const scopeOfRemote = remote.title === local.title ? everyScope : fullOfRemotes;
  const scope = program === distributionRclone.program ? scopeOfRemote : fullOfPrograms;
  const isLeftOut = !remote.available || !available || scope.isLeftOut;
  describe.skipIf(isLeftOut)(`${remote.title}, by ${title}${scope.tag}`, () => {
    const site = new Site(remote.start, program);
    beforeAll(() => site.start());
    afterAll(() => site.stop());
    register(site);
  });
}

/** The same by both versions. */
export function describeAtBoth<Place extends RemotePlace>(
  remote: Remote<Place>,
  register: (site: Site<Place>, program: RcloneProgram) => void,
): void {
  for (const program of [distributionRclone, newestRclone]) {
    describeAt(remote, program, (site) => register(site, program));
  }
}
