import type { Store } from "@borgstore/core";
import { expect } from "vitest";
import type { PythonReference } from "./python-reference.ts";
import { seededRandom, type Random } from "./seeded-random.ts";
import { sha256 } from "./temp-directory.ts";

/** Who does an operation: our store, or that of the reference. */
export type Side = "ours" | "theirs";

const operations = ["store", "store", "store", "softDelete", "undelete", "delete", "move"] as const;

/**
 * One storage, used by a store of ours and one of the reference by turns, and what must be in it. Names are those of
 * one namespace.
 */
export class TwoSides {
  readonly namespace: string;
  readonly ours: Store;
  readonly theirs: PythonReference;
  readonly live: Map<string, Uint8Array> = new Map();
  readonly deleted: Map<string, Uint8Array> = new Map();

  constructor(namespace: string, ours: Store, theirs: PythonReference) {
    this.namespace = namespace;
    this.ours = ours;
    this.theirs = theirs;
  }

  /** Makes a name of the namespace. */
  randomName(random: Random): string {
    const key = Buffer.from(random.bytes(16)).toString("hex");
    return this.namespace === "" ? key : `${this.namespace}/${key}`;
  }

  async store(side: Side, name: string, value: Uint8Array): Promise<void> {
    if (side === "ours") await this.ours.store(name, value);
    else await this.theirs.store(name, value);
    this.live.set(name, value);
  }

  async load(side: Side, name: string): Promise<Uint8Array> {
    return new Uint8Array(await (side === "ours" ? this.ours : this.theirs).load(name));
  }

  async softDelete(side: Side, name: string): Promise<void> {
    const value = valueOf(this.live, name);
    if (side === "ours") await this.ours.softDelete(name);
    else await this.theirs.run("softDelete", { name });
    this.live.delete(name);
    this.deleted.set(name, value);
  }

  /** Replaces a live item of that name, as the reference does. */
  async undelete(side: Side, name: string): Promise<void> {
    const value = valueOf(this.deleted, name);
    if (side === "ours") await this.ours.undelete(name, { overwrite: true });
    else await this.theirs.run("undelete", { name });
    this.deleted.delete(name);
    this.live.set(name, value);
  }

  async delete(side: Side, name: string): Promise<void> {
    if (side === "ours") await this.ours.delete(name);
    else await this.theirs.run("delete", { name });
    this.live.delete(name);
  }

  async move(side: Side, name: string, newName: string): Promise<void> {
    const value = valueOf(this.live, name);
    if (side === "ours") await this.ours.move(name, newName);
    else await this.theirs.run("move", { name, newName });
    this.live.delete(name);
    this.live.set(newName, value);
  }

  /** One random operation on random ones of the names, by either side; nothing when it cannot be done. */
  async randomOperation(random: Random, names: readonly string[]): Promise<void> {
    const name = random.pick(names);
    const other = random.pick(names);
    const side: Side = random.below(2) === 0 ? "ours" : "theirs";
    const operation = random.pick(operations);
    const isLive = this.live.has(name);
    if (operation === "store") await this.store(side, name, random.bytes(random.below(300)));
    else if (operation === "softDelete" && isLive) await this.softDelete(side, name);
    else if (operation === "undelete" && this.deleted.has(name)) await this.undelete(side, name);
    else if (operation === "delete" && isLive) await this.delete(side, name);
    else if (operation === "move" && isLive && name !== other) await this.move(side, name, other);
  }
}

/** Both sides list exactly what must be there, in the order of the names. */
export async function expectSameListing({ namespace, ours, theirs, live, deleted }: TwoSides): Promise<void> {
  const keyOf = (name: string): string => (namespace === "" ? name : name.slice(namespace.length + 1));
  for (const [isDeleted, items] of [
    [false, live],
    [true, deleted],
  ] as const) {
    const wanted = [...items].map(([name, value]): [string, number] => [keyOf(name), value.byteLength]);
    wanted.sort(([a], [b]) => (a < b ? -1 : 1));
    const listed: [string, number][] = [];
    for await (const { name, size } of ours.list(namespace, { deleted: isDeleted }))
      listed.push([name, size]);
    expect(listed).toEqual(wanted);
    // The reference raises for a namespace that was never stored to.
    const listedThere = items.size > 0 ? await theirs.list(namespace, isDeleted) : [];
    expect(listedThere).toEqual(wanted);
  }
}

/** Both sides list, load and hash exactly what must be there. */
export async function expectSame(both: TwoSides): Promise<void> {
  await expectSameListing(both);
  const { ours, theirs, live, deleted } = both;
  for (const [isDeleted, items] of [
    [false, live],
    [true, deleted],
  ] as const) {
    for (const [name, value] of items) {
      // Comparing long arrays takes the test runner many times as long.
      const digest = sha256(value);
      expect(sha256(await ours.load(name, { deleted: isDeleted }))).toBe(digest);
      expect(sha256(await theirs.load(name, isDeleted))).toBe(digest);
      expect(await ours.hash(name, "sha256", { deleted: isDeleted })).toBe(digest);
      expect(await theirs.run("hash", { name, deleted: isDeleted })).toBe(digest);
    }
  }
}

/**
 * Items that one side has stored, soft-deleted and restored are read, changed, moved and deleted by the other. After
 * each half both sides have the same.
 */
export async function exchangeItems(both: TwoSides, creator: Side, random: Random): Promise<void> {
  const other: Side = creator === "ours" ? "theirs" : "ours";
  const name = {
    empty: both.randomName(random),
    moved: both.randomName(random),
    replaced: both.randomName(random),
    deleted: both.randomName(random),
    softDeleted: both.randomName(random),
    undeleted: both.randomName(random),
    besideItself: both.randomName(random),
  };
  for (const [at, each] of Object.values(name).entries()) {
    await both.store(creator, each, random.bytes(at === 0 ? 0 : 10 ** (at - 1)));
  }
  for (const each of [name.undeleted, name.besideItself]) await both.softDelete(creator, each);
  await both.store(creator, name.besideItself, random.bytes(50));
  await expectSame(both);

  await both.softDelete(other, name.softDeleted);
  await both.undelete(other, name.undeleted);
  await both.undelete(other, name.besideItself);
  await both.move(other, name.empty, both.randomName(random));
  await both.move(other, name.moved, both.randomName(random));
  await both.store(other, name.replaced, random.bytes(70_000));
  await both.delete(other, name.deleted);
  await expectSame(both);
}

/** Both sides have the same after each round of 40 random operations by either. */
export async function exchangeAtRandom(both: TwoSides, seed: number, rounds = 2): Promise<void> {
  const random = seededRandom(seed);
  const names = Array.from({ length: 12 }, () => both.randomName(random));
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < 40; i++) await both.randomOperation(random, names);
    await expectSame(both);
  }
}

function valueOf(items: ReadonlyMap<string, Uint8Array>, name: string): Uint8Array {
  const value = items.get(name);
  if (value === undefined) throw new Error(`the test knows no item ${name}`);
  return value;
}
