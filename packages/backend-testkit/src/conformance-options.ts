import type { Backend, Capabilities } from "@borgstore/core";

/** What `setup` returns: the backend, and whatever the other hooks need to know about its storage. */
export interface ConformanceSetup {
  /** Not open, over a storage that does not exist yet and that no other case uses. */
  readonly backend: Backend;
}

/** The part of a test runner that the suite uses; vitest, node:test, mocha and jest have it. */
export interface TestRunner {
  describe(name: string, body: () => void): unknown;
  readonly it: {
    (name: string, body: () => Promise<void>): unknown;
    skip(name: string, body: () => void): unknown;
  };
}

/** How to run the suite on one kind of backend. */
export interface ConformanceOptions<Setup extends ConformanceSetup = ConformanceSetup> {
  /** What is tested, for titles: the backend and how it is configured. */
  readonly name: string;
  /**
   * The capabilities that the backend is to have, all of them. They select the cases, and each is checked: the
   * backend must declare the same, and must behave so.
   */
  readonly capabilities: Capabilities;
  /** Called once per case. Must do what is needed for an isolated storage, but must not `create` it. */
  readonly setup: () => Setup | Promise<Setup>;
  /**
   * Called after every case, also after a failed one; clients are closed then, where closing worked.
   *
   * @default destroys the storage
   */
  readonly teardown?: (setup: Setup) => void | Promise<void>;
  /**
   * Makes another client of the same storage, not open: shows what other processes see. Without it, the cases
   * about other clients are skipped.
   */
  readonly anotherBackend?: (setup: Setup) => Backend | Promise<Backend>;
  /**
   * Puts an object onto the medium under a name that the backend would refuse, missing directories included:
   * a file, a key. Without it, the cases about foreign and temporary files are skipped.
   */
  readonly plant?: (setup: Setup, name: string, value: Uint8Array) => void | Promise<void>;
  /**
   * How many bytes of values the medium has delivered so far. Without it, it is not checked that ranged loads
   * transfer less than the whole.
   */
  readonly deliveredBytes?: (setup: Setup) => number;
  /**
   * Makes a backend, not open, over what the medium would hold after a power cut now: for media that can tell
   * (a recording file system, a snapshot of a disk). Without it, durability is not checked.
   */
  readonly powerCut?: (setup: Setup) => Backend | Promise<Backend>;
  /**
   * Cases that are known to fail, by id, with the reason. Strict: a listed case that passes is a failure.
   *
   * @default none
   */
  readonly knownFailures?: Readonly<Record<string, string>>;
  /**
   * Cases not to run, by id, with the reason, which is shown.
   *
   * @default none
   */
  readonly skip?: Readonly<Record<string, string>>;
  /**
   * Time in ms after which another client sees what was done. The contract says 0; for media that are late, this
   * long is waited before another client looks.
   *
   * @default 0
   */
  readonly settleMs?: number;
  /**
   * Time limit in ms for setup, case and teardown each. Give the runner's own limit more than three times as
   * much, so that the failure carries the case's id.
   *
   * @default 30_000
   */
  readonly caseTimeoutMs?: number;
  /**
   * Decides all random data, an integer. Give the one of a failure message to repeat it.
   *
   * @default a new one per run
   */
  readonly seed?: number;
}
