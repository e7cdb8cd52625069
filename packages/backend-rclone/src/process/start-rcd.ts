import { raceAbort, throwIfAborted } from "@borgstore/core";
import { randomBytes } from "node:crypto";
import { stat } from "node:fs/promises";
import { askRcd, type RcdAnswer } from "./ask-rcd.ts";
import { findProgram, hasFolder, searchedFolders } from "./find-program.ts";
import { startChild, type RcdChild } from "./rcd-child.ts";
import { rcdArguments, rcdEnvironment, type RcdCredentials } from "./rcd-command.ts";
import type { RcdSettings } from "./rcd-settings.ts";
import { errorOf, readVersion } from "./read-answer.ts";
import {
  configFileMissing,
  configProblem,
  endedAtStart,
  isOldVersion,
  noAnswer,
  oldVersion,
  programMissing,
  said,
  strangeAnswer,
  unprotected,
} from "./start-errors.ts";
import type { StartFailure } from "./start-failure.ts";
import { StartedRcd } from "./started-rcd.ts";
import { secretValues, withoutSecrets } from "./without-secrets.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** How much of an answer a message gets. */
const quotedCharacters = 300;
/** How long after a broken connection the end of the process is waited for, in milliseconds. */
const endGraceMs = 1000;

/**
 * Starts `rclone rcd` and resolves when it has answered, has refused to answer without the password, and has read its
 * configuration. Whatever else happens, no process is left.
 *
 * @param inherited the environment to give to it, with that of the settings
 * @throws StartFailure, or the reason of the signal
 */
export async function startRcd(
  settings: RcdSettings,
  inherited: Environment,
  signal: AbortSignal,
): Promise<StartedRcd> {
  const late = new AbortController();
  let start: Start | undefined;
  const timer = setTimeout(() => {
    late.abort(noAnswer(settings.program, settings.startTimeoutMs, start?.lastLines() ?? ""));
  }, settings.startTimeoutMs);
  const either = AbortSignal.any([signal, late.signal]);
  try {
    await raceAbort(checkConfigFile(settings.configFile), either);
    const program = await raceAbort(programFile(settings, inherited), either);
    const credentials = { user: randomText(), password: randomText() };
    const environment = rcdEnvironment(inherited, settings, credentials);
    const secrets = secretsOf(environment, credentials);
    const child = await startChild(program, rcdArguments(settings, environment), environment);
    start = new Start(program, child, secrets);
    return await start.run(authorizationOf(credentials), either);
  } finally {
    clearTimeout(timer);
  }
}

async function checkConfigFile(file: string | undefined): Promise<void> {
  if (file === undefined) return;
  try {
    await stat(file);
  } catch (error) {
    throw configFileMissing(file, error);
  }
}

async function programFile({ program, environment }: RcdSettings, inherited: Environment): Promise<string> {
  const variables = { ...inherited, ...environment };
  const file = await findProgram(program, variables);
  if (file !== undefined) return file;
  throw programMissing(program, hasFolder(program) ? undefined : searchedFolders(variables));
}

function randomText(): string {
  return randomBytes(32).toString("base64url");
}

function authorizationOf({ user, password }: RcdCredentials): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
}

function secretsOf(environment: Environment, credentials: RcdCredentials): readonly string[] {
  const { user, password } = credentials;
  return [user, password, authorizationOf(credentials), ...secretValues(environment)];
}

/** One start, from the process to its answers. */
class Start {
  readonly #program: string;
  readonly #child: RcdChild;
  readonly #secrets: readonly string[];

  constructor(program: string, child: RcdChild, secrets: readonly string[]) {
    this.#program = program;
    this.#child = child;
    this.#secrets = secrets;
  }

  async run(authorization: string, signal: AbortSignal): Promise<StartedRcd> {
    try {
      const port = await raceAbort(this.#port(), signal);
      const version = await this.#version(port, authorization, signal);
      await this.#checkPassword(port, signal);
      await this.#checkConfiguration(port, authorization, signal);
      this.#child.keepUsAlive(false);
      return new StartedRcd(this.#child, { port, authorization, version, secrets: this.#secrets });
    } catch (error) {
      await this.#child.stop();
      throw error;
    }
  }

  lastLines(): string {
    return this.#child.tail.lastLines(this.#secrets);
  }

  /** From the notice that it prints. */
  async #port(): Promise<number> {
    const child = this.#child;
    const told = new Promise<number>((resolve) => {
      child.onSaid = () => {
        const port = /Serving remote control on http:\/\/127\.0\.0\.1:(\d+)\//u.exec(child.tail.text)?.[1];
        if (port !== undefined) resolve(Number(port));
      };
      child.onSaid();
    });
    try {
      return await Promise.race([told, child.ended.then(() => Promise.reject(this.#whyEnded()))]);
    } finally {
      child.onSaid = undefined;
    }
  }

  async #version(port: number, authorization: string, signal: AbortSignal): Promise<string> {
    const { status, text } = await this.#ask(port, "core/version", authorization, signal);
    const answer = status === 200 ? readVersion(text) : undefined;
    if (answer === undefined) {
      throw strangeAnswer(this.#program, `the answer to core/version has status ${status}`);
    }
    if (isOldVersion(answer.decomposed)) throw oldVersion(this.#program, answer.version);
    return answer.version;
  }

  async #checkPassword(port: number, signal: AbortSignal): Promise<void> {
    const { status } = await this.#ask(port, "core/version", undefined, signal);
    if (status === 200) throw unprotected(this.#program);
    if (status !== 401) {
      throw strangeAnswer(this.#program, `the answer without a password has status ${status}`);
    }
  }

  /**
   * rclone reads its configuration when the first call needs it. When it cannot, 1.60 ends, whatever else it is doing,
   * and 1.75 answers with a stack trace: better now than in the middle of the work.
   */
  async #checkConfiguration(port: number, authorization: string, signal: AbortSignal): Promise<void> {
    const method = "config/listremotes";
    const { status, text } = await this.#ask(port, method, authorization, signal);
    if (status === 200) return;
    const problem = withoutSecrets(errorOf(text), this.#secrets).slice(0, quotedCharacters);
    throw (
      configProblem(problem) ?? strangeAnswer(this.#program, `${method} has status ${status}${said(problem)}`)
    );
  }

  async #ask(
    port: number,
    method: string,
    authorization: string | undefined,
    signal: AbortSignal,
  ): Promise<RcdAnswer> {
    try {
      return await askRcd(port, method, authorization, signal);
    } catch (error) {
      throwIfAborted(signal);
      // A process that ends takes its connections along, and the news of its end comes after that.
      await Promise.race([this.#child.ended, after(endGraceMs)]);
      throw this.#child.end === undefined
        ? strangeAnswer(this.#program, `${method} failed`, error)
        : this.#whyEnded();
    }
  }

  #whyEnded(): StartFailure {
    const { end } = this.#child;
    if (end === undefined) throw new Error("it has not ended");
    return endedAtStart(this.#program, end, this.lastLines());
  }
}

function after(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
