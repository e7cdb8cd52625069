import { raceAbort } from "../abort.ts";
import { callSignal, type CallSignal } from "../call-abort.ts";
import { Session } from "../session.ts";
import type { Interceptor } from "./intercept.ts";
import type { IterationCall, OperationCall } from "./operation-call.ts";

/**
 * For layers that hold calls back after the backend has done them: makes `close` wait for the calls and steps that
 * it found in the layer, as the contract says, and not only for those that it found below. What comes
 * later is refused below and not waited for. An abort of `close` ends the waiting.
 */
export function waitOnClose(interceptor: Interceptor): Interceptor {
  /** What is under way since the last close. */
  let session = new Session();

  async function counted<T>(work: () => Promise<T>): Promise<T> {
    const mine = session;
    mine.enter();
    try {
      return await work();
    } finally {
      mine.leave();
    }
  }

  async function close<T>(closing: () => Promise<T>, signal: CallSignal | undefined): Promise<T> {
    const found = session;
    session = new Session();
    try {
      return await closing();
    } finally {
      await raceAbort(found.settle(), signal);
    }
  }

  return {
    label: interceptor.label,
    async call<T>(call: OperationCall, next: (call: OperationCall) => Promise<T>): Promise<T> {
      const work = async (): Promise<T> => await interceptor.call(call, next);
      return await (call.operation === "close" ? close(work, callSignal(call.options)) : counted(work));
    },
    async *iterate<T>(call: IterationCall, next: (call: IterationCall) => AsyncIterable<T>) {
      const steps = interceptor.iterate(call, next)[Symbol.asyncIterator]();
      let isBetweenSteps = false;
      try {
        while (true) {
          isBetweenSteps = false;
          const step = await counted(async () => await steps.next());
          if (step.done === true) return;
          isBetweenSteps = true;
          yield step.value;
        }
      } finally {
        // Somebody stopped early; what failed or ended has released itself.
        if (isBetweenSteps) await counted(async () => await steps.return?.());
      }
    },
  };
}
