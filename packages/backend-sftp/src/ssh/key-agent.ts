import type { BaseAgent, ParsedKey, SignCallback, SigningRequestOptions } from "ssh2";

/** A confirmation or a PIN may be typed into the agent's window, but a dead agent must not hang us. */
const defaultDeadlineMs = 10_000;

/** A key that an agent holds. */
export interface AgentIdentity {
  readonly publicKey: Uint8Array;
  readonly keyType: string;
  readonly comment: string;
}

/** The keys of an agent, or why there are none. */
export interface AgentContent {
  readonly identities: readonly AgentIdentity[];
  /** Signs with the keys; `undefined` when the agent does not answer. */
  readonly agent: BaseAgent | undefined;
  readonly problem: string | undefined;
}

/** One key of an agent, as an agent for ssh2, and what became of it. */
interface SingleKeyAgent {
  readonly agent: BaseAgent;
  /** Whether the server accepted the key and asked for a signature. */
  readonly wasAsked: () => boolean;
  /** Why the agent did not sign. */
  readonly problem: () => string | undefined;
}

/**
 * Asks an agent for its keys. Never rejects: an agent that is not there, or does not answer in time, has no keys, and
 * `problem` says why. Keys of types that ssh2 does not know (FIDO, certificates) are left out by it.
 */
export async function readAgent(
  socket: string,
  deadlineMs: number = defaultDeadlineMs,
): Promise<AgentContent> {
  try {
    const { default: ssh2 } = await import("ssh2");
    const agent = ssh2.createAgent(socket);
    const keys = await withDeadline<readonly ParsedKey[]>(deadlineMs, (settle, fail) => {
      agent.getIdentities((error, found) => {
        if (error) fail(error);
        else settle((found ?? []) as ParsedKey[]);
      });
    });
    const identities = keys.map((key) => ({
      publicKey: key.getPublicSSH(),
      keyType: key.type,
      comment: key.comment,
    }));
    return { identities, agent, problem: undefined };
  } catch (error) {
    return { identities: [], agent: undefined, problem: (error as Error).message };
  }
}

/**
 * An agent that holds one key of another one. One for each key, because ssh2 tells its caller nothing between two keys
 * of an agent, and because what the server accepted must be known to explain a refusal.
 */
export async function singleKeyAgent(
  real: BaseAgent,
  identity: AgentIdentity,
  deadlineMs: number = defaultDeadlineMs,
): Promise<SingleKeyAgent> {
  const { default: ssh2 } = await import("ssh2");
  const publicKey = Buffer.from(identity.publicKey);
  let wasAsked = false;
  let problem: string | undefined;

  const signOnce = async (
    data: Buffer,
    options: SigningRequestOptions,
    callback: SignCallback,
  ): Promise<void> => {
    wasAsked = true;
    let signature: Buffer | undefined;
    let failure: Error | undefined;
    try {
      signature = await withDeadline<Buffer>(deadlineMs, (settle, fail) => {
        real.sign(publicKey, data, options, (error, result) => {
          if (error) fail(error);
          else if (result === undefined) fail(new Error("no signature"));
          else settle(result);
        });
      });
    } catch (error) {
      failure = error as Error;
      problem = failure.message;
    }
    callback(failure, signature);
  };

  // ssh2 accepts only instances of its own BaseAgent, which is loaded just now: the class cannot stand outside.
  class OneKey extends ssh2.BaseAgent<Buffer> {
    override getIdentities(callback: (error: Error | null, keys?: Buffer[]) => void): void {
      callback(null, [publicKey]);
    }

    override sign(
      _key: Buffer | ParsedKey,
      data: Buffer,
      options: SigningRequestOptions | SignCallback,
      callback?: SignCallback,
    ): void {
      if (typeof options === "function") void signOnce(data, {}, options);
      else if (callback !== undefined) void signOnce(data, options, callback);
    }
  }
  return { agent: new OneKey(), wasAsked: () => wasAsked, problem: () => problem };
}

/** What `start` settles with, or a rejection after a time. */
async function withDeadline<Result>(
  deadlineMs: number,
  start: (settle: (result: Result) => void, fail: (error: Error) => void) => void,
): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<Result>((resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${deadlineMs / 1000} s`)), deadlineMs);
      start(resolve, reject);
    });
  } finally {
    clearTimeout(timer);
  }
}
