import { AssertionError } from "node:assert/strict";
import { StoreError, type Backend } from "@borgstore/core";
import type { CaseContext, ConformanceCase } from "./conformance-case.ts";
import type { ConformanceOptions, ConformanceSetup } from "./conformance-options.ts";
import { deriveSeed, Random } from "./random.ts";
import { wait, withTimeLimit } from "./time-limit.ts";

/** Time limit of a case in ms when the options give none. */
const defaultCaseTimeoutMs = 30_000;

/** A seed for a run whose options give none. */
export function newSeed(): number {
  return Math.floor(Math.random() * 0x1_0000_0000);
}

/**
 * Runs one case on a storage of its own: setup, the case, closing, teardown, each under the time limit. Rejects
 * with the first failure; its message then begins with the id and the seed of the run.
 */
export async function runCase<Setup extends ConformanceSetup>(
  definition: ConformanceCase,
  options: ConformanceOptions<Setup>,
  seed: number,
): Promise<void> {
  const limitMs = options.caseTimeoutMs ?? defaultCaseTimeoutMs;
  const label = `${definition.id} [seed ${seed}]`;
  let setup: Setup | undefined;
  const clients: Backend[] = [];
  const failures: unknown[] = [];
  const step = async (what: string, work: () => Promise<void>): Promise<boolean> => {
    try {
      await withTimeLimit(work(), limitMs, what);
      return true;
    } catch (error) {
      failures.push(error);
      return false;
    }
  };

  const isReady = await step("the setup", async () => {
    setup = await options.setup();
    clients.push(setup.backend);
    if (definition.state === "new") return;
    await setup.backend.create();
    if (definition.state !== "created") await setup.backend.open();
  });
  if (isReady && setup !== undefined) {
    const context = makeContext(options, setup, clients, new Random(deriveSeed(seed, definition.id)));
    await step("the case", () => definition.run(context));
  }
  await step("closing the clients", async () => {
    for (const client of clients) await client.close();
  });
  if (setup !== undefined) {
    const made = setup;
    await step("the teardown", async () => await (options.teardown ?? destroyStorage)(made));
  }
  if (failures.length > 0) throw labelled(failures[0], label);
}

function makeContext<Setup extends ConformanceSetup>(
  options: ConformanceOptions<Setup>,
  setup: Setup,
  clients: Backend[],
  random: Random,
): CaseContext {
  const join = async (client: Backend): Promise<Backend> => {
    clients.push(client);
    await client.open();
    return client;
  };
  const settle = async (): Promise<void> => {
    if (options.settleMs !== undefined && options.settleMs > 0) await wait(options.settleMs);
  };
  return {
    backend: setup.backend,
    capabilities: options.capabilities,
    random,
    anotherClient: async () => await join(await need(options.anotherBackend, "anotherBackend")(setup)),
    observer: async () => {
      await settle();
      return options.anotherBackend === undefined
        ? setup.backend
        : await join(await options.anotherBackend(setup));
    },
    plant: async (name, value) => {
      await need(options.plant, "plant")(setup, name, value);
      await settle();
    },
    deliveredBytes: () => need(options.deliveredBytes, "deliveredBytes")(setup),
    powerCut: async () => await join(await need(options.powerCut, "powerCut")(setup)),
  };
}

function need<T>(hook: T | undefined, name: string): T {
  if (hook === undefined) throw new Error(`this case must require the hook ${name}`);
  return hook;
}

async function destroyStorage({ backend }: ConformanceSetup): Promise<void> {
  try {
    await backend.destroy();
  } catch (error) {
    // Cases about storages that do not exist leave none.
    if (!StoreError.is(error, "BACKEND_NOT_FOUND")) throw error;
  }
}

/** Puts the label before the message. Assertions keep their identity, so that runners show their differences. */
function labelled(error: unknown, label: string): unknown {
  if (error instanceof AssertionError) {
    const message = `${label}: ${error.message}`;
    // Some runners print the stack, which holds the message as it was first, others the message.
    error.stack = error.stack?.replace(error.message, () => message) ?? message;
    error.message = message;
    return error;
  }
  const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new Error(`${label}: ${reason}`, { cause: error });
}
