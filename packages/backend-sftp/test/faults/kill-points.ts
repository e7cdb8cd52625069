import type { SftpRequestInfo, SftpServerOptions } from "../server/sftp-server-options.ts";

/** A moment at which a connection is killed. */
export interface KillPoint {
  readonly type: string;
  /** The how-manieth request of this type since the counts were reset. */
  readonly count: number;
  /** Before the request is carried out, or after that and instead of its answer. */
  readonly when: "before" | "after";
}

/** Kills the connection of an in-process server at one request, and notes what requests there are. */
export class Killer {
  /** To be given to the server. */
  readonly hooks: Pick<SftpServerOptions, "before" | "after"> = {
    before: (request) => {
      this.#seen.push(request);
      return this.#hits(request, "before") ? "drop" : "proceed";
    },
    after: (request) => (this.#hits(request, "after") ? "drop" : "answer"),
  };
  #seen: SftpRequestInfo[] = [];
  #armed: (KillPoint & { readonly hit: () => void }) | undefined;

  /** Every moment at which the requests since the last call could be hit. */
  takePoints(): KillPoint[] {
    const seen = this.#seen;
    this.#seen = [];
    return seen.flatMap(({ type, count }) => [
      { type, count, when: "before" as const },
      { type, count, when: "after" as const },
    ]);
  }

  /** Kills once, at this point. Resolves when that is done. */
  arm(point: KillPoint): Promise<void> {
    return new Promise((resolve) => {
      this.#armed = { ...point, hit: () => setImmediate(resolve) };
    });
  }

  /** Kills no more. */
  disarm(): void {
    this.#armed = undefined;
  }

  #hits({ type, count }: SftpRequestInfo, when: KillPoint["when"]): boolean {
    const armed = this.#armed;
    if (armed?.type !== type || armed.count !== count || armed.when !== when) return false;
    this.#armed = undefined;
    armed.hit();
    return true;
  }
}
