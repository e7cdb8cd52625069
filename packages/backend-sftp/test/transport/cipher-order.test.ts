import { expect, test } from "vitest";
import { checkOptions } from "../../src/options.ts";
import { fastCiphersFirst } from "../../src/ssh/transport-choice.ts";
import { opensshArguments } from "../../src/transport/openssh-transport.ts";

test("AES-GCM comes first, and nothing is added or lost", () => {
  const ciphers = ["chacha20-poly1305@openssh.com", "aes256-gcm@openssh.com", "aes128-ctr"];
  expect(fastCiphersFirst(ciphers)).toEqual([
    "aes256-gcm@openssh.com",
    "chacha20-poly1305@openssh.com",
    "aes128-ctr",
  ]);
  expect(fastCiphersFirst(["aes128-ctr"])).toEqual(["aes128-ctr"]);
});

test("the ssh program gets the configured ciphers behind what users say, whose own order counts", () => {
  const place = { host: "host", user: undefined, port: undefined, path: "path" };
  const settings = checkOptions({ sshOptions: { Ciphers: "aes256-ctr" } });
  const times = { keepaliveIntervalMs: 30_000, connectTimeoutMs: 30_000 };
  const ciphers = ["aes128-ctr", "aes128-gcm@openssh.com"];
  const found = opensshArguments(place, settings, { ...times, ciphers });
  expect(found.filter((argument) => argument.startsWith("Ciphers="))).toEqual([
    "Ciphers=aes256-ctr",
    "Ciphers=aes128-gcm@openssh.com,aes128-ctr",
  ]);
});
