import { describe, expect, test } from "vitest";
import { failing, on, onFirst } from "../server/faults.ts";
import type { RequestHook } from "../server/request-control.ts";
import { mustEqual } from "./checks.ts";
import { bytes, contents, type Values } from "./contents.ts";
import { full } from "./scope.ts";
import { embedded } from "./services.ts";
import { failure, mustBeFailure } from "./settled.ts";
import { onOpenStage, onStage } from "./stage.ts";

const names = Array.from({ length: 20 }, (_, at) => `data/${String.fromCodePoint(97 + at)}`);
const values: Values = Object.fromEntries(names.map((name, at) => [name, bytes(100, at)]));

/** What a bulk request is answered with; nothing is deleted. */
function bulkAnswer(errors: Readonly<Record<string, string>>): string {
  const all = Object.entries(errors).map(
    ([name, code]) => `<Error><Key>store/${name}</Key><Code>${code}</Code><Message>no</Message></Error>`,
  );
  return `<?xml version="1.0"?><DeleteResult>${all.join("")}</DeleteResult>`;
}

describe.skipIf(full.isLeftOut).concurrent(`deletions by one request${full.tag}`, () => {
  const service = embedded();

  const refusals = [
    { status: 501, code: "NotImplemented", isRemembered: true },
    { status: 405, code: "MethodNotAllowed", isRemembered: true },
    { status: 400, code: "MissingContentMD5", isRemembered: false },
    { status: 400, code: "MalformedXML", isRemembered: false },
  ];

  test.each(refusals)(
    "become single ones where the service says $status $code",
    async ({ status, code, isRemembered }) => {
      await onOpenStage(service(), { values }, async (stage) => {
        await stage.during(failing("DeleteObjects", Infinity, status, code), async () => {
          const results = await stage.bare.deleteMany(names.slice(0, 10));
          expect(results, "results").toEqual(names.slice(0, 10).map((name) => ({ name })));
          await stage.bare.deleteMany(names.slice(10));
        });
        expect(stage.interceptor.count("DeleteObjects")).toBe(isRemembered ? 1 : 2);
        expect(stage.interceptor.count("DeleteObject")).toBe(20);
        expect(await stage.contents()).toEqual(contents({}));
      });
    },
  );

  test("of a whole storage become single ones there, too", async () => {
    await onStage(service(), { values }, async (stage) => {
      await stage.during(failing("DeleteObjects", Infinity, 501, "NotImplemented"), () =>
        stage.bare.destroy(),
      );
      expect(await stage.contents()).toEqual({});
    });
  });

  test("tell the failure of an object with that object only", async () => {
    await onOpenStage(service(), { values }, async (stage) => {
      const [first = "", second = "", third = "", fourth = ""] = names;
      const refused = {
        [first]: "AccessDenied",
        [second]: "InternalError",
        [third]: "SlowDown",
        [fourth]: "Unheard",
      };
      const hook = on("DeleteObjects", (_request, control) =>
        control.answer({ status: 200, body: bulkAnswer(refused) }),
      );
      const results = await stage.during(hook, () => stage.bare.deleteMany(names));
      expect(
        results.map(({ name }) => name),
        "the names",
      ).toEqual(names);
      const codes = ["PERMISSION_DENIED", "UNAVAILABLE", "RATE_LIMITED", "UNEXPECTED"] as const;
      for (const [at, code] of codes.entries()) {
        const error = mustBeFailure(results[at]?.error, code);
        // As the caller knows it, and not as the bucket does.
        expect(error.key).toBe(names[at]);
        expect(error.message).not.toContain("store/");
      }
      expect(results.slice(4).every(({ error }) => error === undefined)).toBe(true);
    });
  });

  test("are repeated for those that failed by chance only", async () => {
    await onOpenStage(service(), { values }, async (stage) => {
      const [first = "", second = ""] = names;
      const bodies: string[] = [];
      let isFirst = true;
      const hook: RequestHook = on("DeleteObjects", async (_request, control) => {
        bodies.push((await control.body()).toString());
        if (!isFirst) return;
        isFirst = false;
        control.alterAnswer((answer) =>
          answer.setBody(bulkAnswer({ [first]: "SlowDown", [second]: "InternalError" })),
        );
      });
      const results = await stage.during(hook, () => stage.backend.deleteMany(names));
      // The first one is really there no more: what was told as failed was done.
      expect(
        results.find(({ error }) => error !== undefined && !isNotFound(error)),
        "failures",
      ).toEqual(undefined);
      expect(bodies.length).toBeLessThanOrEqual(2);
      expect(await stage.contents()).toEqual(contents({}));
    });
  });

  test("that are not confirmed are no deletions", async () => {
    const playing = onOpenStage(service(), { values }, async (stage) => {
      for (const body of ["", "<html><body>Log in</body></html>", "ok"]) {
        const hook = on("DeleteObjects", (_request, control) => control.answer({ status: 200, body }));
        const results = await stage.during(hook, () => stage.bare.deleteMany(names));
        const found = await stage.contents();
        for (const { name, error } of results) {
          if (error === undefined) mustEqual(name in found, false, `${name} is still there after ${body}`);
          else mustBeFailure(error, "UNEXPECTED", body);
        }
        await stage.reset(values);
      }
    });
    await expect(playing).resolves.toBeUndefined();
  });

  test("of a whole storage fail with the first failure, and can be repeated", async () => {
    await onStage(service(), { values }, async (stage) => {
      const [first = ""] = names;
      const hook = onFirst("DeleteObjects", 2, (_request, control) => {
        control.answer({ status: 200, body: bulkAnswer({ [first]: "AccessDenied" }) });
      });
      await stage.during(hook, () => failure(stage.bare.destroy(), "PERMISSION_DENIED"));
      expect(await stage.contents()).toHaveProperty([first]);
      const chance = onFirst("DeleteObjects", 1, (_request, control) => {
        control.answer({ status: 200, body: bulkAnswer({ [first]: "InternalError" }) });
      });
      await stage.during(chance, () => stage.backend.destroy());
      expect(await stage.contents()).toEqual({});
      await failure(stage.bare.destroy(), "BACKEND_NOT_FOUND");
    });
  });
});

function isNotFound(error: unknown): boolean {
  return mustBeFailure(error, "NOT_FOUND").code === "NOT_FOUND";
}
