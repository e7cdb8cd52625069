/** What one client's names hold: live and soft-deleted values by name. */
export interface ModelWorld {
  readonly live: Readonly<Record<string, string>>;
  readonly deleted: Readonly<Record<string, string>>;
}

/** One operation of a store, as the model understands it. */
export type ModelStep =
  | { readonly kind: "store"; readonly name: string; readonly value: string; readonly ifAbsent: boolean }
  | { readonly kind: "load" | "delete"; readonly name: string; readonly deleted: boolean }
  | { readonly kind: "move"; readonly name: string; readonly newName: string; readonly ifAbsent: boolean }
  | { readonly kind: "softDelete" | "changeLevel"; readonly name: string }
  | { readonly kind: "undelete"; readonly name: string; readonly overwrite: boolean }
  | { readonly kind: "list" };

/** What an operation may answer, and what is there afterwards. */
export interface ModelOutcome {
  /** `ok`, an error's code, or `= ` and what was read. */
  readonly answer: string;
  readonly world: ModelWorld;
}

type Values = Readonly<Record<string, string>>;

function without(values: Values, name: string): Values {
  return Object.fromEntries(Object.entries(values).filter(([each]) => each !== name));
}

/**
 * All that a store may do in this world, without faults or with ones that were repeated.
 *
 * @param mayReplace whether the permissions have a W
 */
export function outcomes(world: ModelWorld, step: ModelStep, mayReplace: boolean): readonly ModelOutcome[] {
  const { live, deleted } = world;
  const same = (...answers: readonly string[]): readonly ModelOutcome[] =>
    answers.map((answer) => ({ answer, world }));
  const done = (after: ModelWorld): readonly ModelOutcome[] => [{ answer: "ok", world: after }];
  switch (step.kind) {
    case "list":
      return same(`= ${Object.keys(live).sort().join(" ")}`);
    case "load": {
      const value = (step.deleted ? deleted : live)[step.name];
      return same(value === undefined ? "NOT_FOUND" : `= ${value}`);
    }
    case "store":
      if (step.name in live && step.ifAbsent) return same("ALREADY_EXISTS");
      if (step.name in live && !mayReplace) return same("PERMISSION_DENIED");
      return done({ live: { ...live, [step.name]: step.value }, deleted });
    case "delete":
      // After a lost answer, what was never there passes for deleted.
      if (!(step.name in (step.deleted ? deleted : live))) return same("NOT_FOUND", "ok");
      return done(
        step.deleted
          ? { live, deleted: without(deleted, step.name) }
          : { live: without(live, step.name), deleted },
      );
    case "changeLevel":
      if (!(step.name in live)) return same("NOT_FOUND");
      return same("ok", ...(mayReplace ? [] : ["PERMISSION_DENIED"]));
    case "move": {
      const { [step.name]: value } = live;
      const isTaken = step.newName in live;
      // After a lost answer, what was never there passes for moved when the new name is there.
      if (value === undefined) {
        return same("NOT_FOUND", ...(isTaken ? ["ok", "ALREADY_EXISTS", "PERMISSION_DENIED"] : []));
      }
      if (isTaken && step.ifAbsent) return same("ALREADY_EXISTS");
      if (isTaken && !mayReplace) return same("PERMISSION_DENIED");
      return done({ live: { ...without(live, step.name), [step.newName]: value }, deleted });
    }
    case "softDelete": {
      const { [step.name]: value } = live;
      const isTaken = step.name in deleted;
      if (value === undefined) return same("NOT_FOUND", ...(isTaken ? ["ok", "PERMISSION_DENIED"] : []));
      if (isTaken && !mayReplace) return same("PERMISSION_DENIED");
      return done({ live: without(live, step.name), deleted: { ...deleted, [step.name]: value } });
    }
    case "undelete":
      break;
  }
  const { [step.name]: value } = deleted;
  const isTaken = step.name in live;
  if (value === undefined) {
    return same("NOT_FOUND", ...(isTaken ? ["ok", "ALREADY_EXISTS", "PERMISSION_DENIED"] : []));
  }
  if (isTaken && !step.overwrite) return same("ALREADY_EXISTS");
  if (isTaken && !mayReplace) return same("PERMISSION_DENIED");
  return done({ live: { ...live, [step.name]: value }, deleted: without(deleted, step.name) });
}
