import { StoreError, type Backend } from "@borgstore/core";
import { s3Backend } from "../../src/index.ts";
import type { RequestHook } from "../server/request-control.ts";
import type { S3Operation } from "../server/s3-operation.ts";
import { mustBeAmong, mustEqual } from "./checks.ts";
import type { Operation } from "./operations.ts";
import { mustBeFailure, outcome } from "./settled.ts";
import { codeAt, type SingleFault } from "./single-faults.ts";
import { type Service, type Stage, type StageSetup, onStage } from "./stage.ts";

/** One request of an operation. */
interface Point {
  readonly request: S3Operation;
  /** Among those of its kind, from 1. */
  readonly count: number;
}

/** The requests of an operation when nothing is wrong. */
async function pointsOf(service: Service, stage: Stage, operation: Operation): Promise<readonly Point[]> {
  const patientOne = s3Backend(stage.optionsFor(service));
  const run = async (): Promise<void> => {
    await operation.run(patientOne);
    await stage.reset(operation.before);
  };
  if (operation.isForClosed !== true) await patientOne.open();
  // What is tried out only once is no part of it.
  await run();
  stage.interceptor.clear();
  await run();
  if (patientOne.isOpen) await patientOne.close();
  const counts = new Map<S3Operation, number>();
  return stage.interceptor.requests.map(({ operation: request }) => {
    const count = (counts.get(request) ?? 0) + 1;
    counts.set(request, count);
    return { request, count };
  });
}

/** Inflicts a fault on one request, and tells whether it has come to that. */
function hitting(
  { repeats = [] }: Operation,
  { request, count }: Point,
  fault: SingleFault,
): { hook: RequestHook; hasHit: () => boolean } {
  let seen = 0;
  // What the backend repeats by itself has waits that nobody can make shorter.
  const times = repeats.includes(request) ? Math.min(fault.times ?? 1, 2) : (fault.times ?? 1);
  return {
    hook: (asked, control) => {
      if (asked.operation !== request) return;
      seen += 1;
      if (seen >= count && seen < count + times) fault.inflict(control);
    },
    hasHit: () => seen >= count,
  };
}

/** Whether the bare backend is to succeed all the same. */
function survives({ repeats = [] }: Operation, { request }: Point, fault: SingleFault): boolean {
  return fault.isRepeatable && repeats.includes(request);
}

/** So often a busy machine may be silent by itself before a fault is inflicted. */
const mostFalseAlarms = 5;

/** Runs an operation until it was hit, and gives what it failed with. An end before that, by a limit, is a false alarm. */
async function strikeOne(
  stage: Stage,
  operation: Operation,
  point: Point,
  fault: SingleFault,
  backend: Backend,
  about: string,
): Promise<{ readonly error: unknown; readonly falseAlarms: number }> {
  for (let falseAlarms = 0; ; falseAlarms++) {
    const { hook, hasHit } = hitting(operation, point, fault);
    const error = await stage.during(hook, () => outcome(operation.run(backend), about));
    const isFalse = !hasHit() && fault.isSilent === true && StoreError.is(error, "TIMEOUT");
    if (!isFalse || falseAlarms >= mostFalseAlarms) {
      mustEqual(hasHit(), true, `${about}: whether it was hit`);
      return { error, falseAlarms };
    }
    await mustHaveEnded(stage, operation, error, `${about}: a false alarm`);
  }
}

/** Nobody knows the id of an upload whose begin was not answered. */
function leavesUpload({ request }: Point, fault: SingleFault): boolean {
  return request === "CreateMultipartUpload" && fault.isDone === true;
}

async function mustHaveEnded(
  stage: Stage,
  operation: Operation,
  error: unknown,
  about: string,
): Promise<void> {
  const found = await stage.contents();
  if (error === undefined) mustEqual(found, operation.after, `${about}: contents`);
  else mustBeAmong(found, operation.allowed, `${about}: contents`);
  await stage.reset(operation.before, found);
}

async function strike(
  stage: Stage,
  operation: Operation,
  point: Point,
  fault: SingleFault,
  countsUploads: boolean,
): Promise<void> {
  const at = `${fault.title} at ${point.request} ${point.count}`;
  const uploadsBefore = countsUploads ? await stage.unfinishedUploads() : 0;

  const codes = [codeAt(fault, point.request), ...(fault.isRepeatable ? (operation.otherCodes ?? []) : [])];

  const { error: bareError, ...bare } = await strikeOne(
    stage,
    operation,
    point,
    fault,
    stage.bare,
    `bare, ${at}`,
  );
  if (survives(operation, point, fault)) mustEqual(bareError, undefined, `bare, ${at}`);
  else mustBeFailure(bareError, codes, `bare, ${at}`);
  await mustHaveEnded(stage, operation, bareError, `bare, ${at}`);

  const { error, falseAlarms } = await strikeOne(stage, operation, point, fault, stage.backend, at);
  if (fault.isRepeatable) {
    if (error !== undefined) throw new Error(`layered, ${at}`, { cause: error });
  } else mustBeFailure(error, codes, `layered, ${at}`);
  await mustHaveEnded(stage, operation, error, `layered, ${at}`);

  if (!countsUploads) return;
  const left = (await stage.unfinishedUploads()) - uploadsBefore;
  const expected = leavesUpload(point, fault) ? 2 : 0;
  // What was given up too early may have been such a begin.
  const possible = Array.from({ length: 1 + bare.falseAlarms + falseAlarms }, (_, more) => expected + more);
  mustBeAmong(left, possible, `${at}: uploads that nobody ended`);
}

/** Inflicts each fault on each request of an operation, bare and under layers. */
export async function strikeEverywhere(
  service: Service,
  operation: Operation,
  faults: readonly SingleFault[],
  setup: StageSetup & { readonly countsUploads?: boolean } = {},
): Promise<void> {
  const { countsUploads = false, ...rest } = setup;
  await onStage(service, { ...rest, values: operation.before }, async (stage) => {
    // Those with little patience may need more than one attempt.
    if (operation.isForClosed !== true) await stage.backend.open();
    for (const point of await pointsOf(service, stage, operation)) {
      for (const fault of faults) await strike(stage, operation, point, fault, countsUploads);
    }
  });
}
