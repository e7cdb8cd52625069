import { copyFileSync, mkdirSync } from "node:fs";
import path from "node:path";
import { sftp, type SftpOptions } from "@borgstore/backend-sftp";
import { openStore, type Store } from "@borgstore/core";
import {
  findPythonReference,
  fullScope,
  opensshAvailable,
  opensshReason,
  requirePeer,
  startSshd,
  type Sshd,
} from "@borgstore/tools-peers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkGoldenItems, checkGoldenListing } from "./golden-reading.ts";
import { goldenStores, unpackGoldenStores, type GoldenStore } from "./golden.ts";
import { PythonReference } from "./python-reference.ts";
import { seededRandom } from "./seeded-random.ts";
import { filesBelow, lastingFiles, temporaryDirectory } from "./temp-directory.ts";
import { exchangeAtRandom, exchangeItems, TwoSides, type Side } from "./two-sides.ts";

type Transport = NonNullable<SftpOptions["transport"]>;

const transports: readonly Transport[] = ["ssh2", "openssh"];
const openssh = requirePeer("openssh", opensshAvailable(), opensshReason());
const python = findPythonReference();
const peer = requirePeer("python borgstore", python !== undefined, "no Python that can import borgstore");
const full = fullScope("the same files are made as by the sftp package's own tests");
const root = temporaryDirectory();
const home = path.join(root, "home");
let sshd: Sshd;
let count = 0;

beforeAll(async () => {
  if (!openssh.available) return;
  sshd = await startSshd({ directory: path.join(root, "sshd") });
  // The reference reads these, and no file that could be named to it.
  const folder = path.join(home, ".ssh");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  copyFileSync(sshd.sshConfigFile, path.join(folder, "config"));
  copyFileSync(sshd.knownHostsFile, path.join(folder, "known_hosts"));
});

afterAll(async () => {
  if (openssh.available) await sshd.stop();
});

/** The URL, the same for both sides: an alias, and after the slash that only separates an absolute path. */
function urlOf(directory: string): string {
  return `sftp://borgstore-test/${directory}`;
}

async function here(
  directory: string,
  transport: Transport,
  namespaces: GoldenStore["config"],
  create = false,
): Promise<Store> {
  const backendOptions: SftpOptions = { sshConfigFile: sshd.sshConfigFile, transport };
  return await openStore(urlOf(directory), { backends: [sftp], backendOptions, namespaces, create });
}

function reference(directory: string, config: GoldenStore["config"]): PythonReference {
  const { SSH_AUTH_SOCK: _, ...env } = process.env;
  return new PythonReference(python as string, { url: urlOf(directory), config }, { ...env, HOME: home });
}

/** A new storage, made by the creator and opened by both. */
async function withBoth(
  layout: { namespace: string; level: number; transport: Transport; creator: Side },
  work: (both: TwoSides, directory: string) => Promise<void>,
): Promise<void> {
  const { namespace, level, transport, creator } = layout;
  const directory = path.join(root, `live-${count++}`);
  const config = { [namespace]: { levels: [level] } };
  await using there = reference(directory, config);
  if (creator === "theirs") await there.run("create");
  await using store = await here(directory, transport, config, creator === "ours");
  await there.run("open");
  await work(new TwoSides(namespace, store, there), directory);
  await there.run("close");
}

/** Each transport with each level and each creator, though not with every pair of them. */
const exchanges = transports.flatMap((transport, at) =>
  [0, 1, 2].map((level) =>
    (at + level) % 2 === 0
      ? { transport, level, creator: "theirs" as const }
      : { transport, level, creator: "ours" as const },
  ),
);

describe.skipIf(full.isLeftOut || !openssh.available || !peer.available)(
  `SFTP, live with the Python reference ${peer.tag} ${openssh.tag}${full.tag}`,
  () => {
    for (const { creator, level, transport } of exchanges) {
      const [maker, reader] =
        creator === "ours" ? ["here", "by the reference"] : ["by the reference", "here"];
      test(`what is stored ${maker} on level ${level} is read and changed ${reader}, with ${transport}`, async () => {
        await withBoth({ namespace: "data", level, transport, creator }, async (both, directory) => {
          await exchangeItems(both, creator, seededRandom(level));
          // And nothing else has been left there.
          expect(Object.keys(filesBelow(directory))).toHaveLength(both.live.size + both.deleted.size);
        });
      });
    }

    test.each([
      { namespace: "data", level: 2, transport: "ssh2" as const, creator: "theirs" as const },
      { namespace: "deep/er", level: 3, transport: "ssh2" as const, creator: "ours" as const },
      { namespace: "", level: 1, transport: "openssh" as const, creator: "theirs" as const },
    ])(
      "both sides agree after random operations by either ($namespace, level $level, transport $transport)",
      async (layout) => {
        await withBoth(layout, async (both, directory) => {
          const seed = 2000 + layout.level;
          await exchangeAtRandom(both, seed);
          expect(both.live.size + both.deleted.size, `seed ${seed}`).toBeGreaterThan(0);
          expect(Object.keys(filesBelow(directory))).toHaveLength(both.live.size + both.deleted.size);
        });
      },
    );
  },
);

describe.skipIf(full.isLeftOut || !openssh.available)(
  `the reference's stores over SFTP ${openssh.tag}${full.tag}`,
  () => {
    const golden = path.join(root, "golden");
    beforeAll(() => {
      mkdirSync(golden);
      unpackGoldenStores(golden);
    });

    test.each(Object.entries(goldenStores))(
      "%s is read item by item, and left as it was",
      async (name, expected) => {
        const directory = path.join(golden, name);
        const before = lastingFiles(directory);
        for (const transport of name === "multi" ? transports : transports.slice(0, 1)) {
          await using store = await here(directory, transport, expected.config);
          expect(await checkGoldenItems(store, expected)).toBeGreaterThan(0);
          expect(await checkGoldenListing(store, expected)).toBe(expected.items.length);
        }
        expect(lastingFiles(directory)).toEqual(before);
      },
    );
  },
);
