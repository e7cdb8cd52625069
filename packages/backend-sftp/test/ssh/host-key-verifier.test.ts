import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { verifyHostKey } from "../../src/ssh/host-key-verifier.ts";
import { KnownHosts, parseKnownHosts } from "../../src/ssh/known-hosts.ts";
import type { SshHostConfig } from "../../src/ssh/ssh-host-config.ts";
import { blobOf, hostConfig, hostKeys } from "./host-keys.ts";

const { ed25519, ecdsa, other } = hostKeys;

async function refusal(pending: Promise<unknown>): Promise<string> {
  const failure = await pending.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(failure).toMatchObject({ code: "HOST_KEY", retryable: false });
  return String(failure);
}

describe("verifyHostKey", () => {
  let directory = "";
  let file = "";

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "host-key-"));
    file = join(directory, "known hosts");
  });

  afterEach(async () => rm(directory, { recursive: true, force: true }));

  function knownHosts(text: string): KnownHosts {
    return new KnownHosts(parseKnownHosts(text, file));
  }

  function config(changes: Partial<SshHostConfig> = {}): SshHostConfig {
    return hostConfig({ userKnownHostsFiles: [file], ...changes });
  }

  it("accepts a trusted key and says which", async () => {
    const accepted = await verifyHostKey(
      blobOf("ed25519"),
      config(),
      knownHosts(`host.example ${ed25519.line}`),
    );
    expect(accepted).toEqual({
      keyType: "ssh-ed25519",
      fingerprint: ed25519.fingerprint,
      passwordForbidden: false,
      warnings: [],
    });
  });

  it.each(["yes", "ask"] as const)(
    "refuses an unknown key under %s, and says how to trust it",
    async (strictness) => {
      const message = await refusal(
        verifyHostKey(
          blobOf("ed25519"),
          config({ strictHostKeyChecking: strictness, port: 2222, host: "alias" }),
          knownHosts(""),
        ),
      );
      expect(message).toContain("[host.example]:2222");
      expect(message).toContain(`ssh-ed25519 key ${ed25519.fingerprint}`);
      expect(message).toContain('"ssh -p 2222 user@alias"');
      expect(message).toContain('"ssh-keyscan -p 2222 host.example"');
      expect(message).toContain(file);
    },
  );

  it("says that an authority on file is not enough", async () => {
    const known = knownHosts(`@cert-authority *.example ${other.line}`);
    expect(await refusal(verifyHostKey(blobOf("ed25519"), config(), known))).toContain(
      "certificate authority",
    );
  });

  it.each(["yes", "ask", "accept-new"] as const)(
    "refuses a changed key under %s, and says where the old one is",
    async (strictness) => {
      const known = knownHosts(`# x\nhost.example ${ecdsa.line}`);
      const message = await refusal(
        verifyHostKey(blobOf("ed25519"), config({ strictHostKeyChecking: strictness }), known),
      );
      expect(message).toContain(`ecdsa-sha2-nistp256 in ${file}:2`);
      expect(message).toContain(`ssh-keygen -f '${file}' -R 'host.example'`);
    },
  );

  it.each(["yes", "accept-new", "no"] as const)("refuses a revoked key under %s", async (strictness) => {
    const known = knownHosts(`@revoked * ${ed25519.line}`);
    const message = await refusal(
      verifyHostKey(blobOf("ed25519"), config({ strictHostKeyChecking: strictness }), known),
    );
    expect(message).toContain("revoked");
  });

  it.each(["accept-new", "no"] as const)(
    "writes an unknown key down under %s, and trusts it from then on",
    async (strictness) => {
      const known = knownHosts("");
      const settings = config({ strictHostKeyChecking: strictness });
      expect((await verifyHostKey(blobOf("ed25519"), settings, known)).warnings).toEqual([]);
      expect(await readFile(file, "utf8")).toBe(`host.example ${ed25519.line}\n`);
      expect(known.check({ name: "host.example", plainName: undefined }, blobOf("ed25519"))).toBe("trusted");
      await refusal(verifyHostKey(blobOf("other"), config({ strictHostKeyChecking: "accept-new" }), known));
    },
  );

  it("accepts a key that cannot be written down, with a warning", async () => {
    await writeFile(file, "");
    const settings = config({ strictHostKeyChecking: "accept-new", userKnownHostsFiles: [join(file, "x")] });
    const { warnings } = await verifyHostKey(blobOf("ed25519"), settings, knownHosts(""));
    expect(warnings).toEqual([expect.stringContaining("could not be written")]);
  });

  it("accepts a changed key under no, but forbids passwords and writes nothing", async () => {
    const accepted = await verifyHostKey(
      blobOf("ed25519"),
      config({ strictHostKeyChecking: "no" }),
      knownHosts(`host.example ${other.line}`),
    );
    expect(accepted.passwordForbidden).toBe(true);
    expect(accepted.warnings).toEqual([expect.stringContaining("no password")]);
    await expect(readFile(file)).rejects.toThrow(/ENOENT/);
  });

  it("lets pinned fingerprints alone count", async () => {
    const known = knownHosts(`host.example ${ed25519.line}`);
    const pinned = [`${other.fingerprint}=`];
    await expect(verifyHostKey(blobOf("other"), config(), known, pinned)).resolves.toMatchObject({
      passwordForbidden: false,
    });
    expect(await refusal(verifyHostKey(blobOf("ed25519"), config(), known, pinned))).toContain(
      "none of the keys",
    );
    await refusal(verifyHostKey(blobOf("ed25519"), config({ strictHostKeyChecking: "no" }), known, []));
  });
});
