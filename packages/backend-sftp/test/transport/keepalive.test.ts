import { expect, test } from "vitest";
import { checkOptions } from "../../src/options.ts";
import { keepaliveOf } from "../../src/transport/keepalive.ts";
import { hostConfig } from "../ssh/host-keys.ts";

test.each([
  // The option wins, also to switch it off.
  [5000, 15_000, 5000],
  [0, 15_000, 0],
  [5000, 0, 5000],
  // Then the configuration, then ours: OpenSSH's own default would never notice a dead line.
  [undefined, 15_000, 15_000],
  [undefined, 0, 30_000],
])("with the option %j and %i ms in the configuration it is %i ms", (option, configured, expected) => {
  const settings = checkOptions({ keepaliveIntervalMs: option });
  expect(keepaliveOf(hostConfig({ serverAliveIntervalMs: configured }), settings)).toBe(expected);
});
