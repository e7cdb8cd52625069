import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Sshd } from "@borgstore/tools-peers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { describePlace, urlOf } from "../../src/sftp-bench/sftp-place.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "place-test-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

test("a place behind a proxy has the server's host key under the proxy's port, and a home that is private", () => {
  const knownHostsFile = join(directory, "known_hosts");
  writeFileSync(knownHostsFile, "[127.0.0.1]:2222 ssh-ed25519 AAAA2222\n");
  const sshd = { port: 2222, user: "me", clientKeyFile: "key", knownHostsFile } as Sshd;
  const place = describePlace(sshd, join(directory, "home"), 3333);
  const known = readFileSync(join(place.home, ".ssh", "known_hosts"), "utf8");
  expect(known).toBe("[127.0.0.1]:3333 ssh-ed25519 AAAA2222\n");
  const config = readFileSync(place.sshConfigFile, "utf8");
  expect(config).toMatch(/^Host 127\.0\.0\.1\n {2}Port 3333\n {2}User me\n/);
  expect(config).toContain("StrictHostKeyChecking yes");
  expect(statSync(join(place.home, ".ssh")).mode & 0o777).toBe(0o700);
});

test("the URL of a directory has its absolute path, and escapes the user", () => {
  const place = { host: "127.0.0.1", port: 22, user: "a@b", keyFile: "", home: "", sshConfigFile: "" };
  expect(urlOf(place, "/srv/store")).toBe("sftp://a%40b@127.0.0.1:22//srv/store");
});
