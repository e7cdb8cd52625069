import { StoreError } from "@borgstore/core";

import { matchPattern, matchPatternList } from "./match-pattern.ts";

/** With what `Host` and `Match` lines are compared, at the moment of the line. */
interface ConditionContext {
  /** As asked for. */
  readonly originalHost: string;
  /** After `HostName`, if one applied already. */
  readonly hostName: string;
  readonly remoteUser: string;
  readonly localUser: string;
  /** For messages. */
  readonly file: string;
}

/** Whether a `Host` line applies: compared with the name as asked for, case-sensitively, a negated match decides. */
export function hostApplies(patterns: readonly string[], context: ConditionContext): boolean {
  let applies = false;
  for (const pattern of patterns) {
    const negated = pattern.startsWith("!");
    if (!matchPattern(negated ? pattern.slice(1) : pattern, context.originalHost)) continue;
    if (negated) return false;
    applies = true;
  }
  return applies;
}

/**
 * Whether a `Match` line applies. Criteria are decided from left to right, and those after one that failed are not
 * looked at, as in OpenSSH.
 *
 * @throws StoreError `UNSUPPORTED` for a criterion that decides and that only OpenSSH can evaluate; commands of
 *   `exec` are never run. `INVALID_ARGUMENT` for a line that OpenSSH refuses.
 */
export function matchApplies(words: readonly string[], context: ConditionContext): boolean {
  const invalid = (detail: string): StoreError =>
    new StoreError("INVALID_ARGUMENT", { detail: `${context.file}: Match ${words.join(" ")}: ${detail}` });
  let applies = true;
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? "";
    const negated = word.startsWith("!");
    const criterion = (negated ? word.slice(1) : word).toLowerCase();
    if (criterion === "all") {
      if (words.length > 1 || negated) throw invalid("all stands alone");
      return true;
    }
    if (criterion === "canonical" || criterion === "final") {
      if (applies) throw onlyOpenSsh(criterion, context);
      continue;
    }
    index += 1;
    const argument = words[index];
    if (argument === undefined) throw invalid(`${criterion} needs an argument`);
    if (applies) applies = criterionHolds(criterion, argument, context) !== negated;
  }
  return applies;
}

function criterionHolds(criterion: string, argument: string, context: ConditionContext): boolean {
  const patterns = argument.split(",");
  const lower = (): string[] => patterns.map((pattern) => pattern.toLowerCase());
  switch (criterion) {
    case "host":
      return matchPatternList(lower(), context.hostName.toLowerCase());
    case "originalhost":
      return matchPatternList(lower(), context.originalHost.toLowerCase());
    case "user":
      return matchPatternList(patterns, context.remoteUser);
    case "localuser":
      return matchPatternList(patterns, context.localUser);
    default:
      throw onlyOpenSsh(criterion, context);
  }
}

/** The error for what cannot be decided without the client. */
function onlyOpenSsh(criterion: string, context: ConditionContext): StoreError {
  return new StoreError("UNSUPPORTED", {
    detail: `${context.file}: only the OpenSSH client can evaluate "Match ${criterion}"; install it`,
  });
}
