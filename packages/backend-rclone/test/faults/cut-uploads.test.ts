import * as http from "node:http";
import { buffer } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { formEnd, formStart, formType } from "../../src/multipart.ts";
import type { RunningRcd } from "../../src/process/running-rcd.ts";
import { freshSettings, leaseForTest } from "../process/rcd-for-test.ts";
import { memory, newestRclone, s3, type Remote } from "../remotes.ts";
import type { RemotePlace } from "../servers/remote-place.ts";
import { bytes } from "./contents.ts";
import { full } from "./scope.ts";
import { until } from "./settled.ts";

const old = Buffer.from(bytes(50_000, 1));
const fresh = Buffer.from(bytes(50_000, 2));
const half = fresh.byteLength / 2;

/** As `src/uploads.ts` sends a value; `cutsOff`: the connection breaks after half of it. */
async function upload(
  { port, authorization }: RunningRcd,
  fs: string,
  value: Uint8Array,
  config: Readonly<Record<string, unknown>>,
  how: { readonly isAnnounced: boolean; readonly cutsOff: boolean },
): Promise<void> {
  const start = formStart("x");
  const query = new URLSearchParams({ fs, remote: "data", _config: JSON.stringify(config) });
  const length = start.byteLength + value.byteLength + formEnd.byteLength;
  const request = http.request({
    port,
    host: "127.0.0.1",
    agent: false,
    method: "POST",
    path: `/operations/uploadfile?${query.toString()}`,
    headers: {
      authorization,
      "content-type": formType,
      ...(how.isAnnounced && { "content-length": length }),
    },
  });
  const ended = new Promise<void>((resolve, reject) => {
    request.on("error", (error) => (how.cutsOff ? resolve() : reject(error)));
    request.on("response", (response) => void buffer(response).then(() => resolve(), reject));
  });
  request.write(start);
  if (how.cutsOff) {
    await new Promise((resolve) => void request.write(value.subarray(0, half), resolve));
    // What has arrived by then is what it has.
    await delay(100);
    request.destroy();
  } else {
    request.write(value);
    request.end(formEnd);
  }
  await ended;
}

async function load({ port, authorization }: RunningRcd, fs: string): Promise<Buffer> {
  return await new Promise((resolve, reject) => {
    const options = { port, host: "127.0.0.1", agent: false, headers: { authorization } };
    const request = http.get({ ...options, path: `/[${fs}]/data/x` }, (response) => {
      buffer(response).then(resolve, reject);
    });
    request.on("error", reject);
  });
}

/** @param isCutOffStored whether this setting makes the difference; S3 is told of the end itself. */
function register(remote: Remote, isCutOffStored: boolean): void {
  describe.skipIf(!remote.available)(`remote of ${remote.title}`, () => {
    let place: RemotePlace;
    beforeAll(async () => void (place = await remote.start()));
    afterAll(() => place.stop());

    async function cutOff(path: string, config: Readonly<Record<string, unknown>>, isAnnounced: boolean) {
      const { remote: fs, configFile } = place.options(path);
      const running = await leaseForTest(freshSettings({ program: newestRclone.program, configFile })).get(
        undefined,
      );
      await upload(running, fs, old, config, { isAnnounced, cutsOff: false });
      expect(await load(running, fs)).toEqual(old);
      await upload(running, fs, fresh, config, { isAnnounced, cutsOff: true });
      return async () => await load(running, fs);
    }

    test.each([true, false])(
      "leaves the old value, with our setting (length announced: %s)",
      async (isAnnounced) => {
        const config = { Inplace: true, StreamingUploadCutoff: 0 };
        const look = await cutOff(`with-${isAnnounced}`, config, isAnnounced);
        // That nothing happens has no event.
        for (let round = 0; round < 10; round++) {
          expect((await look()).equals(old)).toBe(true);
          await delay(50);
        }
      },
    );

    if (!isCutOffStored) return;
    test.each([true, false])(
      "stores half of the new one without it (length announced: %s)",
      async (isAnnounced) => {
        const look = await cutOff(`without-${isAnnounced}`, { Inplace: true }, isAnnounced);
        const isHalf = async (): Promise<boolean> => (await look()).equals(fresh.subarray(0, half));
        await expect(until(isHalf, "half of it is there")).resolves.toBeUndefined();
      },
    );
  });
}

describe.skipIf(full.isLeftOut || !newestRclone.available)(
  `an upload that is cut off, ${newestRclone.title}${full.tag}`,
  () => {
    register(memory, true);
    register(s3, false);
  },
);
