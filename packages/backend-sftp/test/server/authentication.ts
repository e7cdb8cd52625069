import ssh2, {
  type AuthContext,
  type AuthenticationType,
  type ParsedKey,
  type PublicKeyAuthContext,
} from "ssh2";

/** Who is let in. */
export interface Credentials {
  /** In OpenSSH's text form. */
  readonly authorizedKeys: readonly string[];
  readonly password?: string;
  readonly keyboardInteractive?: string;
  readonly maxAuthTries: number;
}

/**
 * Decides about the attempts of one connection, as sshd does: asking whether a key would do is no attempt if it would,
 * and at the last failure the server hangs up instead of answering.
 */
export class Authentication {
  readonly #credentials: Credentials;
  readonly #keys: readonly ParsedKey[];
  readonly #hangUp: () => void;
  #failures = 0;
  #attempts = 0;

  constructor(credentials: Credentials, hangUp: () => void) {
    this.#credentials = credentials;
    this.#keys = credentials.authorizedKeys.map(parsePublicKey);
    this.#hangUp = hangUp;
  }

  decide(attempt: AuthContext): void {
    this.#attempts += 1;
    const { password, keyboardInteractive } = this.#credentials;
    const isIn =
      (attempt.method === "publickey" && this.#isAuthorized(attempt)) ||
      (attempt.method === "password" && attempt.password === password);
    if (isIn) {
      attempt.accept();
    } else if (attempt.method === "keyboard-interactive" && keyboardInteractive !== undefined) {
      // The callback is given an error when the client tries something else instead of answering.
      attempt.prompt([{ prompt: "Password: ", echo: false }], (answers: unknown) => {
        if (Array.isArray(answers) && answers.length === 1 && answers[0] === keyboardInteractive) {
          attempt.accept();
        } else {
          this.#fail(attempt);
        }
      });
    } else {
      this.#fail(attempt);
    }
  }

  #fail(attempt: AuthContext): void {
    // Clients start with "none" to learn the methods; sshd does not hold that against them.
    const isQuestion = attempt.method === "none" && this.#attempts === 1;
    if (!isQuestion) this.#failures += 1;
    if (this.#failures >= this.#credentials.maxAuthTries) this.#hangUp();
    else attempt.reject(this.#methods());
  }

  #methods(): AuthenticationType[] {
    const { authorizedKeys, password, keyboardInteractive } = this.#credentials;
    return [
      ...(authorizedKeys.length > 0 ? (["publickey"] as const) : []),
      ...(password === undefined ? [] : (["password"] as const)),
      ...(keyboardInteractive === undefined ? [] : (["keyboard-interactive"] as const)),
    ];
  }

  #isAuthorized({ key, signature, blob, hashAlgo }: PublicKeyAuthContext): boolean {
    const known = this.#keys.find((candidate) => candidate.getPublicSSH().equals(key.data));
    if (known === undefined) return false;
    if (signature === undefined || blob === undefined) return true;
    // Despite its type, `verify` returns an error where it cannot verify at all.
    const verified: unknown = known.verify(blob, signature, hashAlgo);
    return verified === true;
  }
}

function parsePublicKey(text: string): ParsedKey {
  const key = ssh2.utils.parseKey(text);
  if (key instanceof Error) throw new TypeError("authorizedKeys: not a public key", { cause: key });
  return key;
}
