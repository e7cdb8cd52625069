import { fullScope, registerSuite } from "@borgstore/tools-peers";
import { createHash } from "node:crypto";
import { rmSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, test } from "vitest";
import {
  distributionRclone,
  local,
  memory,
  newestRclone,
  s3,
  sftp,
  sftpWithShell,
  webdav,
  type Remote,
} from "../remotes.ts";
import type { RemotePlace, ServedPlace } from "./remote-place.ts";
import { runRclone } from "./run-rclone.ts";

const full = fullScope("it proves what the tests run on");
const programs = [distributionRclone, newestRclone];
const fine = { code: 0, stderr: "" };

function registerProgram(place: () => RemotePlace, program: string, folder: string): void {
  test("what rclone stores is among the names, and rclone can load it again", async () => {
    const at = place().options(`${folder}/stored/a/object`);
    expect(await runRclone(program, ["rcat"], at, "content")).toMatchObject(fine);
    expect(await place().names(`${folder}/stored`)).toEqual(["a/object"]);
    expect(await runRclone(program, ["cat"], at)).toEqual({ ...fine, stdout: "content" });
  });

  test("rclone finds what was planted, and an object planted again is another one", async () => {
    await place().plant(`${folder}/planted`, "a b/it's ü", Buffer.from("first"));
    await place().plant(`${folder}/planted`, "a b/it's ü", Buffer.from("second"));
    await place().plant(`${folder}/planted`, "empty", new Uint8Array(0));
    expect(await place().names(`${folder}/planted`)).toEqual(["a b/it's ü", "empty"]);
    const listed = await runRclone(
      program,
      ["lsf", "-R", "--files-only"],
      place().options(`${folder}/planted`),
    );
    expect(listed).toMatchObject(fine);
    expect(listed.stdout.trimEnd().split("\n").toSorted()).toEqual(["a b/it's ü", "empty"]);
    const at = place().options(`${folder}/planted/a b/it's ü`);
    expect(await runRclone(program, ["cat"], at)).toEqual({ ...fine, stdout: "second" });
  });

  test("a path that is not there has no names, and none of others whose names begin alike", async () => {
    await place().plant(`${folder}/pathology`, "object", Buffer.from("content"));
    expect(await place().names(`${folder}/path`)).toEqual([]);
  });
}

function registerRemote<Place extends RemotePlace>(
  remote: Remote<Place>,
  registerMore: (place: () => Place) => void = () => {},
): void {
  describe.skipIf(!remote.available)(`on ${remote.title}`, () => {
    let place: Place;
    beforeAll(async () => void (place = await remote.start()));
    afterAll(async () => {
      await place.stop();
      await place.stop();
    });

    for (const [at, { available, title, program }] of programs.entries()) {
      describe.skipIf(!available)(`with ${title}`, () => {
        registerProgram(() => place, program, `program-${at}`);
      });
    }
    registerMore(() => place);
  });
}

function registerFreezing(place: () => ServedPlace): void {
  test.skipIf(!distributionRclone.available)(
    `frozen nothing comes from it, until it thaws ${distributionRclone.title}`,
    async () => {
      await place().plant("frozen", "object", Buffer.from("content"));
      place().freeze();
      const pending = runRclone(distributionRclone.program, ["lsf"], place().options("frozen"));
      // That nothing happens has no event.
      expect(await Promise.race([pending, delay(1000, "silence")])).toBe("silence");
      place().thaw();
      expect(await pending).toEqual({ ...fine, stdout: "object\n" });
    },
  );
}

registerSuite(full, it, "remotes of the tests", () => {
  registerRemote(local, (place) => {
    test("a directory that holds nothing is among the names, with a slash", async () => {
      await place().plant("holding/folder/nothing", "object", Buffer.from("content"));
      rmSync(`${place().options("holding").remote}/folder/nothing/object`);
      expect(await place().names("holding")).toEqual(["folder/nothing/"]);
    });
  });

  registerRemote(sftp, (place) => {
    test.skipIf(!distributionRclone.available)(
      `only connections freeze ${distributionRclone.title}`,
      async () => {
        await place().plant("frozen", "object", Buffer.from("content"));
        place().freeze();
        const listed = await runRclone(distributionRclone.program, ["lsf"], place().options("frozen"));
        expect(listed).toEqual({ ...fine, stdout: "object\n" });
        place().thaw();
      },
    );
  });

  registerRemote(sftpWithShell, (place) => {
    test.skipIf(!distributionRclone.available)(
      `checksums are computed over there ${distributionRclone.title}`,
      async () => {
        await place().plant("sums", "object", Buffer.from("content"));
        const sums = await runRclone(distributionRclone.program, ["md5sum"], place().options("sums"));
        const expected = createHash("md5").update("content").digest("hex");
        expect(sums).toEqual({ ...fine, stdout: `${expected}  object\n` });
      },
    );
  });

  registerRemote(webdav, registerFreezing);

  registerRemote(s3, (place) => {
    registerFreezing(place);

    test("all names are there when the server hands them out in pages, also those that XML escapes", async () => {
      const names = Array.from({ length: 101 }, (_, at) => `<&>/${String(at).padStart(3, "0")}`);
      await Promise.all(names.map(async (name) => await place().plant("pages", name, new Uint8Array(0))));
      await place().plant("pages", "folder/", new Uint8Array(0));
      expect(await place().names("pages")).toEqual([...names, "folder/"]);
    });

    test("while it runs this process has no certificates of AWS in its environment", () => {
      expect(process.env["AWS_CA_BUNDLE"]).toBeUndefined();
    });
  });

  describe(`on ${memory.title}`, () => {
    for (const { title, available, program } of programs) {
      test.skipIf(!available)(`what one process stores another one does not see ${title}`, async () => {
        const place = await memory.start();
        onTestFinished(async () => await place.stop());
        const at = place.options("path/object");
        expect(await runRclone(program, ["rcat"], at, "content")).toMatchObject(fine);
        expect((await runRclone(program, ["lsf", "-R"], at)).stdout).toBe("");
        expect(place.canLookInside).toBe(false);
        await expect(place.names("path")).rejects.toThrow(/memory/);
      });
    }
  });
});
