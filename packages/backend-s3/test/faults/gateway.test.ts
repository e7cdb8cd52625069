import type { Backend } from "@borgstore/core";
import { describe, expect, test } from "vitest";
import { s3Backend, type S3Options } from "../../src/index.ts";
import { mustBeAmong, mustEqual } from "./checks.ts";
import { bytes, contents, partSize, print, type Contents } from "./contents.ts";
import { before, demanding, operations, type Operation } from "./operations.ts";
import { nothingMoreThan, resources, socketsTo } from "./resources.ts";
import { full } from "./scope.ts";
import { gateway, rgwPeer, startAgain } from "./services.ts";
import { failure, mustBeFailure, outcome, until } from "./settled.ts";
import { impatient, layered, onOpenStage, patient, type Stage } from "./stage.ts";
import { optionsFor } from "../place.ts";

const withinMs = 60_000;
const oldPrint = contents(before)["data/old"];
// What is tried out before may find nobody there; that is told by other tests.
const open = [...operations, ...demanding].filter(
  ({ isForClosed, title }) => isForClosed !== true && !title.includes("absent"),
);
/** Those whose effects do not depend on each other. */
const independent = open.filter(({ repeats, title }) => repeats === undefined && !title.startsWith("rmdir"));

/** A backend that talks to the gateway without anything in between. */
async function direct(stage: Stage, options: S3Options): Promise<Backend> {
  const { endpoint, region, credentials } = service();
  const backend = s3Backend(
    optionsFor({ endpoint, region, credentials, bucket: stage.bucket }, "store", { partSize, ...options }),
  );
  await layered(backend).open();
  return backend;
}

let service: ReturnType<typeof gateway>;

/** Any mixture of what the operations leave, each value whole. */
function mustBeWhole(found: Contents): void {
  const known = new Set(
    [...operations, ...demanding].flatMap(({ allowed }) => allowed.flatMap((one) => Object.values(one))),
  );
  for (const [name, value] of Object.entries(found)) mustBeAmong(value, [...known], name);
}

async function attempt(
  backend: Backend,
  { run, title }: Operation,
): Promise<{ title: string; error: unknown }> {
  return { title, error: await outcome(run(backend), title, withinMs) };
}

describe.skipIf(full.isLeftOut || !rgwPeer.available)(`a RADOS Gateway ${rgwPeer.tag}${full.tag}`, () => {
  service = gateway();

  test("that falls silent is given up by each call, and used again when it answers", async () => {
    const nothing = resources();
    const playing = onOpenStage(service(), { values: before }, async (stage) => {
      const bare = await direct(stage, impatient);
      service().freeze();
      try {
        const ended = await Promise.all(independent.map((operation) => attempt(bare, operation)));
        for (const { title, error } of ended) mustBeFailure(error, "TIMEOUT", title);
      } finally {
        service().thaw();
      }
      mustBeWhole(await stage.contents());
      await stage.reset(before);
      for (const operation of independent.slice(0, 4)) {
        await operation.run(layered(bare));
        await stage.reset(before);
      }
      await bare.close();
    });
    await expect(playing).resolves.toBeUndefined();
    await nothingMoreThan(nothing);
    await until(() => socketsTo(service().port) === 0, "no socket is left");
  });

  test("that falls silent in the middle of calls is waited for by the layers", async () => {
    const nothing = resources();
    await onOpenStage(service(), { values: before }, async (stage) => {
      const bare = await direct(stage, impatient);
      const backend = layered(bare);
      for (const delayMs of [0, 3, 10]) {
        const names = Array.from({ length: 40 }, (_, at) => `data/new-${delayMs}-${at}`);
        const value = bytes(100_000, delayMs);
        const storing = names.map((name) => backend.store(name, value));
        const loading = names.map(() => backend.load("data/old"));
        await new Promise((resolve) => void setTimeout(resolve, delayMs));
        service().freeze();
        setTimeout(() => service().thaw(), 2000);
        await Promise.all(storing);
        for (const loaded of await Promise.all(loading)) expect(print(loaded), "a load").toEqual(oldPrint);
        const found = await stage.contents();
        for (const name of names) mustEqual(found[name], print(value), name);
      }
      await bare.close();
    });
    await nothingMoreThan(nothing);
    await until(() => socketsTo(service().port) === 0, "no socket is left");
  });

  test("that is not there refuses each call, which has surely not begun", async () => {
    const nothing = resources();
    await onOpenStage(service(), { values: before }, async (stage) => {
      const bare = await direct(stage, patient);
      await service().stopGateway();
      try {
        const ended = await Promise.all(independent.map((operation) => attempt(bare, operation)));
        for (const { title, error } of ended) {
          mustBeFailure(error, "CONNECTION", title);
          expect(error).toMatchObject({ retryable: true });
        }
        const again = await failure(bare.load("data/old"), "CONNECTION");
        expect(again).toMatchObject({ unsent: true });
        const opening = s3Backend(stage.optionsFor(service(), { ...patient }));
        await failure(opening.open(), "CONNECTION", "open", withinMs);
      } finally {
        await startAgain(service());
      }
      expect(await stage.contents()).toEqual(contents(before));
      // Connections that were kept are of no use any more.
      expect(print(await layered(bare).load("data/old")), "a load").toEqual(oldPrint);
      await bare.close();
    });
    await nothingMoreThan(nothing);
    await until(() => socketsTo(service().port) === 0, "no socket is left");
  });

  test("that was restarted while nobody asked is no reason to fail, nor to do anything twice", async () => {
    const playing = onOpenStage(service(), { values: before }, async (stage) => {
      const bare = await direct(stage, patient);
      const backend = layered(bare);
      for (const operation of open) {
        await stage.reset(before);
        // So many connections are kept.
        await Promise.all(Array.from({ length: 4 }, () => bare.info("data/old")));
        if (operation === open[0] || operation.title === "move") {
          await service().stopGateway();
          await startAgain(service());
        }
        await operation.run(backend);
        mustEqual(await stage.contents(), operation.after, operation.title);
      }
      await bare.close();
    });
    await expect(playing).resolves.toBeUndefined();
  });

  test("that is restarted in the middle of 200 calls keeps all that it has acknowledged", async () => {
    const nothing = resources();
    await onOpenStage(service(), { values: before }, async (stage) => {
      const bare = await direct(stage, { ...patient, stallTimeoutMs: 3000, requestTimeoutMs: 3000 });
      const backend = layered(bare);
      const values = Array.from({ length: 200 }, (_, at) => bytes(20_000 + at, at));
      const acknowledged = new Set<number>();
      const storing = values.map(async (value, at) => {
        const error = await outcome(bare.store(`bare/${at}`, value), `store ${at}`, withinMs);
        if (error === undefined) acknowledged.add(at);
        return error;
      });
      const layeredStoring = values.map((value, at) =>
        outcome(backend.store(`layered/${at}`, value), `layered ${at}`, withinMs),
      );
      while (acknowledged.size < 20) await new Promise((resolve) => void setTimeout(resolve, 1));
      await service().stopGateway();
      await startAgain(service());
      for (const error of await Promise.all(storing)) {
        if (error !== undefined) mustBeFailure(error, ["CONNECTION", "TIMEOUT", "UNAVAILABLE"]);
      }
      for (const error of await Promise.all(layeredStoring)) if (error !== undefined) throw error;
      const found = await stage.contents();
      for (const [at, value] of values.entries()) {
        expect(found[`layered/${at}`], `layered ${at}`).toEqual(print(value));
        const one = found[`bare/${at}`];
        if (acknowledged.has(at)) mustEqual(one, print(value), `acknowledged ${at}`);
        else mustBeAmong(one, [undefined, print(value)], `${at}`);
      }
      await bare.close();
    });
    await nothingMoreThan(nothing);
    await until(() => socketsTo(service().port) === 0, "no socket is left");
  });
});
