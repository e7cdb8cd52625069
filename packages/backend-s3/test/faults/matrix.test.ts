import { describe, expect, test } from "vitest";
import type { S3Options } from "../../src/index.ts";
import { strikeEverywhere } from "./matrix.ts";
import { demanding, operations } from "./operations.ts";
import { full } from "./scope.ts";
import { embedded, gateway, rgwPeer } from "./services.ts";
import { fewFaults, silences, singleFaults } from "./single-faults.ts";
import { impatient, lessImpatient } from "./stage.ts";

// What ends by a limit before it was hit is told from what was hit, and many of these ends are waited for.
const veryImpatient: S3Options = { ...impatient, stallTimeoutMs: 200, requestTimeoutMs: 200 };

describe.skipIf(full.isLeftOut).concurrent(`at each request of each operation${full.tag}`, () => {
  const service = embedded();
  test.each(operations)("$title survives a single fault", async (operation) => {
    await expect(strikeEverywhere(service(), operation, singleFaults)).resolves.toBeUndefined();
  });

  test.each(operations)("$title survives silence", async (operation) => {
    await expect(
      strikeEverywhere(service(), operation, silences, { options: veryImpatient }),
    ).resolves.toBeUndefined();
  });
});

describe
  .skipIf(full.isLeftOut || !rgwPeer.available)
  .concurrent(`at each request of what needs more of a service ${rgwPeer.tag}${full.tag}`, () => {
    const service = gateway();
    test.each(demanding)("$title survives a single fault", async (operation) => {
      await expect(
        strikeEverywhere(service(), operation, fewFaults, { countsUploads: true }),
      ).resolves.toBeUndefined();
    });

    test.each(demanding)("$title survives silence", async (operation) => {
      await expect(
        strikeEverywhere(service(), operation, silences, { options: lessImpatient, countsUploads: true }),
      ).resolves.toBeUndefined();
    });
  });
