import type { Bar } from "../bars.ts";
import { againstPeers } from "../peers/peer-bars.ts";
import { sftpPeerNames } from "../peers/sftp-adapters.ts";

/** Each bar is met by the better of our two transports. */
const stores = ["Store ssh2", "Store openssh"] as const;
const backends = ["Backend ssh2", "Backend openssh"] as const;

const better = ([subject, orSubject]: readonly [string, string]) => ({ subject, orSubject });

const againstBare = (what: string, callers: number, limit: number): Bar => ({
  bench: "sftp",
  kind: "ratio",
  what,
  callers,
  ...better(stores),
  bound: { what, callers, subject: "bare ssh2" },
  limit,
});

/** Never slower than any peer, even with TCP_NODELAY, which none sets by itself. */
const againstPeer = (what: string, callers: number): Bar => ({
  ...againstPeers("sftp", what, callers, sftpPeerNames),
  ...better(stores),
});

/** At least so many times the speed of the `sftp` program. */
const againstProgram = (what: string, subjects: readonly [string, string] | string, speed: number): Bar => ({
  bench: "sftp",
  kind: "ratio",
  what,
  callers: 1,
  ...(typeof subjects === "string" ? { subject: subjects } : better(subjects)),
  bound: { what: what.replace("Stream", ""), callers: 1, subject: "sftp program" },
  limit: 1 / speed,
});

/** A third of the time at most. */
const againstReference = (what: string): Bar => ({
  bench: "sftp",
  kind: "ratio",
  what,
  callers: 16,
  ...better(stores),
  bound: { what, callers: 16, subject: "python borgstore" },
  limit: 1 / 3,
});

const calls = ["store", "load", "info", "delete"].map((call) => `${call} 1KiB`);

/** The bars of SFTP, against an sshd on the same machine. */
export const sftpBars: readonly Bar[] = [
  ...[1, 16].flatMap((callers) => [
    againstBare("store 1KiB", callers, 1.25),
    againstBare("load 1KiB", callers, 1.4),
  ]),
  ...[1, 16, 64].flatMap((callers) => calls.map((what) => againstPeer(what, callers))),
  ...["list, 1 level", "list, 2 levels"].map((what) => againstPeer(what, 1)),
  ...["store 64MiB", "load 64MiB"].flatMap((what) => [
    againstProgram(what, stores, 0.9),
    // Without its native part.
    againstProgram(what, "Store ssh2", 0.6),
    againstPeer(what, 1),
  ]),
  ...["storeStream 64MiB", "loadStream 64MiB"].map((what) => againstProgram(what, backends, 0.9)),
  ...["store 1KiB", "load 1KiB"].map(againstReference),
];
