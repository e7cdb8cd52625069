import type { AnyAuthMethod } from "ssh2";

/** One thing to try, and what to note when ssh2 asks for the next one, since then it was refused. */
export interface AuthAttempt {
  readonly method: AnyAuthMethod;
  /** As servers list them. */
  readonly serverMethod: string;
  readonly refused?: ((partialSuccess: boolean) => void) | undefined;
  /**
   * Whether ssh2's idea of what the server wants next is out of date after the attempt. It drops the server's list
   * (RFC 4252, section 5.1) after attempts with an agent.
   */
  readonly isListStale?: (() => boolean) | undefined;
}
