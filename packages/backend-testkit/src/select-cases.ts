import { StoreError, type Capabilities } from "@borgstore/core";
import { conformanceCases } from "./cases/conformance-cases.ts";
import type { CapabilityFlag, ConformanceCase, Hook, Requirement } from "./conformance-case.ts";
import type { ConformanceOptions, ConformanceSetup } from "./conformance-options.ts";

/** What shall become of a case: run it (when not skipped), and whether it is expected to fail. */
export interface SelectedCase {
  readonly definition: ConformanceCase;
  /** Why it is not run. */
  readonly skipReason: string | undefined;
  /** Why it is known to fail. */
  readonly knownFailure: string | undefined;
}

const hooks: Readonly<Record<Hook, string>> = {
  anotherBackend: "a second client of the storage",
  plant: "a way to put foreign objects onto the medium",
  deliveredBytes: "a count of the bytes that the medium delivers",
  powerCut: "a view of the medium after a power cut",
};

const flagNames: readonly CapabilityFlag[] = [
  "atomicReplace",
  "atomicMove",
  "createIfAbsent",
  "directories",
  "rangedLoad",
  "nativeHash",
  "accessTime",
  "durable",
  "remote",
];

/**
 * Decides for every case whether it is run.
 *
 * @throws StoreError `INVALID_ARGUMENT` when a flag is missing, a capability is of the wrong type, or for an id in
 *   `knownFailures` or `skip` that no case has or that both name.
 */
export function selectCases<Setup extends ConformanceSetup>(
  options: ConformanceOptions<Setup>,
): readonly SelectedCase[] {
  const { capabilities, knownFailures = {}, skip = {} } = options;
  for (const name of flagNames) {
    const value: unknown = (capabilities as Partial<Capabilities> | undefined)?.[name];
    if (typeof value !== "boolean" && !(name === "createIfAbsent" && value === "probe")) {
      throw invalid(`capabilities.${name} of the registration is a boolean, not ${String(value)}`);
    }
  }
  const { concurrency } = capabilities;
  if (concurrency !== undefined && (!Number.isSafeInteger(concurrency) || concurrency < 1)) {
    throw invalid(`capabilities.concurrency is an integer of at least 1, not ${String(concurrency)}`);
  }
  const ids = new Set(conformanceCases.map(({ id }) => id));
  for (const id of [...Object.keys(knownFailures), ...Object.keys(skip)]) {
    if (!ids.has(id)) throw invalid(`no conformance case has the id ${JSON.stringify(id)}`);
    if (id in knownFailures && id in skip) {
      throw invalid(`case ${JSON.stringify(id)} is both skipped and a known failure`);
    }
  }
  return conformanceCases.map((definition) => ({
    definition,
    skipReason: skip[definition.id] ?? firstUnmet(definition.requires ?? [], options),
    knownFailure: knownFailures[definition.id],
  }));
}

function firstUnmet<Setup extends ConformanceSetup>(
  requirements: readonly Requirement[],
  options: ConformanceOptions<Setup>,
): string | undefined {
  for (const requirement of requirements) {
    if (requirement in hooks) {
      const hook = requirement as Hook;
      if (options[hook] === undefined) return `needs ${hooks[hook]} (${hook})`;
    } else if (requirement === "createIfAbsent=probe") {
      if (options.capabilities.createIfAbsent !== "probe") {
        return "is for backends that find out at the first use whether they can create-if-absent";
      }
    } else if (requirement.startsWith("!")) {
      const name = requirement.slice(1) as CapabilityFlag;
      if (options.capabilities[name] !== false) return `is for backends without the capability ${name}`;
    } else if (options.capabilities[requirement as CapabilityFlag] === false) {
      return `needs the capability ${requirement}`;
    }
  }
  return undefined;
}

function invalid(detail: string): StoreError {
  return new StoreError("INVALID_ARGUMENT", { detail });
}
