/** What `core/version` says. */
export interface RcloneVersion {
  /** `"v1.60.1-DEV"` */
  readonly version: string;
  /** `[1, 60, 1]` */
  readonly decomposed: readonly number[];
}

/** Reads the answer of `core/version`; `undefined` when it is none. */
export function readVersion(text: string): RcloneVersion | undefined {
  const answer = parsed(text);
  if (typeof answer !== "object" || answer === null) return undefined;
  const { version, decomposed } = answer as { version?: unknown; decomposed?: unknown };
  if (typeof version !== "string" || !isNumbers(decomposed)) return undefined;
  return { version, decomposed };
}

/** What an answer says that is an error: without the words in which newer versions wrap it. */
export function errorOf(text: string): string {
  const answer = parsed(text);
  if (typeof answer !== "object" || answer === null) return text;
  const { error } = answer as { error?: unknown };
  return typeof error === "string" ? error.replace("panic received: fatal error: ", "") : text;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isNumbers(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((each) => typeof each === "number");
}
