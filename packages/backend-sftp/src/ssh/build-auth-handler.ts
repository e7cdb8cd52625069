import type { AnyAuthMethod, AuthHandlerMiddleware, AuthenticationType } from "ssh2";

import type { AuthAttempt } from "./auth-attempt.ts";
import { AuthReasons } from "./auth-reasons.ts";
import { passwordAttempts, type PasswordCallback } from "./password-attempts.ts";
import { type PassphraseCallback, publicKeyAttempts } from "./public-key-attempts.ts";
import type { SshHostConfig } from "./ssh-host-config.ts";

/** What authentication may use. */
export interface AuthHandlerOptions {
  readonly config: SshHostConfig;
  readonly passphrase?: PassphraseCallback | undefined;
  readonly password?: PasswordCallback | undefined;
  /** Asked before a password is sent; see `AcceptedHostKey.passwordForbidden`. */
  readonly isPasswordAllowed?: (() => boolean) | undefined;
  /** Instead of `process.env`, for `SSH_AUTH_SOCK`. */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
  /** Deadline of each question to the agent, 10 s unless given. */
  readonly agentDeadlineMs?: number | undefined;
  /** Once aborted, nothing more is tried and ssh2 is not called any more. */
  readonly signal?: AbortSignal | undefined;
}

/** Authentication of one connection. */
export interface AuthHandler {
  /** For ssh2's `ConnectConfig.authHandler`. */
  readonly handle: AuthHandlerMiddleware;
  /** What was tried and left out so far, and why: sentences without secrets, for a message about a refusal. */
  readonly reasons: readonly string[];
}

/**
 * Authentication for one connection, in OpenSSH's order: `none`, which makes the server tell its methods (RFC 4252,
 * section 5.2); public keys; keyboard-interactive; password. Methods that the server does not offer are not tried, and
 * nobody is asked for a passphrase or password that is not needed.
 *
 * When an agent fails to sign, ssh2 emits an `error` with `level: "agent"` on the client and goes on: it is not the
 * end of the connection.
 */
export function buildAuthHandler(options: AuthHandlerOptions): AuthHandler {
  const { config } = options;
  const isOver = (): boolean => options.signal?.aborted === true;
  const reasons = new AuthReasons();
  let serverMethods: readonly string[] | undefined;
  const offers = (method: string): boolean => serverMethods === undefined || serverMethods.includes(method);

  async function* allAttempts(): AsyncGenerator<AuthAttempt, void, undefined> {
    const none: AuthAttempt = {
      method: { type: "none", username: config.user },
      serverMethod: "none",
    };
    yield none;
    for await (const attempt of publicKeyAttempts(options, reasons, offers)) {
      yield attempt;
      if (attempt.isListStale?.() === true) yield none;
    }
    yield* passwordAttempts(options, reasons, offers);
  }

  const attempts = allAttempts();
  let current: AuthAttempt | undefined;

  const proceed = async (
    methodsLeft: readonly AuthenticationType[] | null,
    partialSuccess: boolean | null,
  ): Promise<AuthAttempt | undefined> => {
    if (methodsLeft !== null) serverMethods = methodsLeft;
    current?.refused?.(partialSuccess === true && current.isListStale === undefined);
    current = undefined;
    for (;;) {
      const { value } = await attempts.next();
      if (value === undefined) break;
      if (value.serverMethod !== "none" && !offers(value.serverMethod)) continue;
      current = value;
      return value;
    }
    if (serverMethods !== undefined)
      reasons.note(`the server offers ${serverMethods.join(", ") || "nothing"}`);
    return undefined;
  };

  const handle = async (
    methodsLeft: readonly AuthenticationType[] | null,
    partialSuccess: boolean | null,
    next: (method: AnyAuthMethod | false) => void,
  ): Promise<void> => {
    if (isOver()) return;
    let attempt: AuthAttempt | undefined;
    try {
      attempt = await proceed(methodsLeft, partialSuccess);
    } catch (error) {
      // A callback of the user failed. Its message may hold anything, so only its name is told.
      reasons.note(`asking for a secret failed (${error instanceof Error ? error.name : "not an Error"})`);
    }
    // ssh2 would emit errors on a connection that was given up meanwhile.
    if (!isOver()) next(attempt?.method ?? false);
  };

  return {
    // The types know neither the nulls of the first call nor `false` for the end.
    handle: (methodsLeft, partialSuccess, next) => {
      void handle(methodsLeft, partialSuccess, next as (method: AnyAuthMethod | false) => void);
    },
    get reasons() {
      return reasons.list();
    },
  };
}
