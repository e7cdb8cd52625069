import type { AuthAttempt } from "./auth-attempt.ts";
import type { AuthReasons } from "./auth-reasons.ts";
import type { SshHostConfig } from "./ssh-host-config.ts";

/** Asks for the password of an account. `undefined` gives up. */
export type PasswordCallback = (request: {
  readonly user: string;
  readonly host: string;
}) => string | undefined | Promise<string | undefined>;

/** What {@link passwordAttempts} needs. */
interface PasswordOptions {
  readonly config: SshHostConfig;
  readonly password?: PasswordCallback | undefined;
  readonly isPasswordAllowed?: (() => boolean) | undefined;
}

/**
 * The password, first as the answer to a keyboard-interactive question (RFC 4256), which is how PAM asks for it, then
 * by the method `password` (RFC 4252, section 8): OpenSSH's order. It is asked for once, when a method is at hand.
 *
 * @param isOffered whether the server offers a method, as far as known at that moment.
 */
export async function* passwordAttempts(
  options: PasswordOptions,
  reasons: AuthReasons,
  isOffered: (method: string) => boolean,
): AsyncGenerator<AuthAttempt, void, undefined> {
  const { config } = options;
  const interactive = (): boolean => config.kbdInteractiveAuthentication && isOffered("keyboard-interactive");
  const plain = (): boolean => config.passwordAuthentication && isOffered("password");
  if (!interactive() && !plain()) return;
  if (options.password === undefined) {
    reasons.note("no password was given");
    return;
  }
  if (options.isPasswordAllowed?.() === false) {
    reasons.note("no password is sent to a host whose key has changed");
    return;
  }
  const password = await options.password({ user: config.user, host: config.hostName });
  if (password === undefined) {
    reasons.note("no password was given");
    return;
  }
  if (interactive()) yield interactiveAttempt(config.user, password, reasons);
  if (plain()) {
    yield {
      method: { type: "password", username: config.user, password },
      serverMethod: "password",
      refused: () => reasons.note("password: refused"),
    };
  }
}

/** Answers one hidden question with the password. A second one asks for something else, a code for instance. */
function interactiveAttempt(user: string, password: string, reasons: AuthReasons): AuthAttempt {
  let answered = false;
  let askedForMore = false;
  return {
    method: {
      type: "keyboard-interactive",
      username: user,
      prompt: (_name, _instructions, _language, prompts, finish) => {
        const isPassword = !answered && prompts.length === 1 && prompts[0]?.echo !== true;
        if (isPassword) answered = true;
        else askedForMore = true;
        finish(isPassword ? [password] : prompts.map(() => ""));
      },
    },
    serverMethod: "keyboard-interactive",
    refused: () =>
      reasons.note(`keyboard-interactive: ${askedForMore ? "asks for more than a password" : "refused"}`),
  };
}
