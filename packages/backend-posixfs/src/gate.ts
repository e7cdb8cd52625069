/**
 * The gate that keeps synchronous work from holding up the event loop. There is one for the whole process (that
 * is, per thread), because budgets for each caller or backend would add up: when the callers together have spent
 * the budget since the loop last turned, all of them wait for the same turn.
 */
const budgetMs = 1;

/** A monotonic clock in ms. Bound once: the global is looked up through a getter, and this is called twice a call. */
export const nowMs: () => number = performance.now.bind(performance);

let spentMs = 0;
let turn: Promise<void> | undefined;

/** Whether the budget is spent: then wait for {@link nextTurn} before any more synchronous work. */
export function mustYield(): boolean {
  return spentMs >= budgetMs;
}

/** Adds the duration of a piece of synchronous work, in ms. */
export function addSpent(ms: number): void {
  spentMs += ms;
}

/**
 * Resolves when the event loop has turned. Those who waited are woken one after the other and may spend the new
 * budget before the last of them: so always as `while (mustYield()) await nextTurn()`.
 */
export function nextTurn(): Promise<void> {
  turn ??= new Promise((resolve) => {
    setImmediate(() => {
      spentMs = 0;
      turn = undefined;
      resolve();
    });
  });
  return turn;
}
