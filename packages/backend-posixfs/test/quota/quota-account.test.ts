import * as fs from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { FileAccess } from "../../src/file-access.ts";
import { IoMode } from "../../src/io-mode.ts";
import { FileLocks } from "../../src/quota/file-lock.ts";
import { QuotaAccount } from "../../src/quota/quota-account.ts";
import { freshDirectory } from "../fresh-directory.ts";
import { quotaFileOf } from "./storage-files.ts";

const MiB = 1024 * 1024;

async function accountIn(base: string, limit: number, idleMs?: number): Promise<QuotaAccount> {
  const access = new FileAccess(new IoMode("sync"), 16, 60_000);
  const locks = new FileLocks(access, base, 60_000);
  const account = new QuotaAccount({
    access,
    locks,
    base,
    limit,
    durable: false,
    followLinks: false,
    idleMs,
  });
  await account.open(undefined);
  return account;
}

const countIn = (base: string): number => Number.parseInt(quotaFileOf(base) ?? "", 10);

/** Says what an operation of this size does: it reserves, and all of it comes to be used. */
async function use(account: QuotaAccount, bytes: number): Promise<void> {
  await account.reserve(bytes, "a", undefined);
  await account.settle(bytes, bytes);
}

test("within the lease nothing is written, and the file never says less than is in use", async () => {
  const base = freshDirectory();
  const account = await accountIn(base, 1024 * MiB);
  await use(account, 1000);
  expect(countIn(base)).toBe(1000 + 4 * MiB);
  const { ino } = fs.statSync(join(base, "quota.hid"));
  for (let used = 2000; used <= 4 * MiB; used += 1000) await use(account, 1000);
  expect(fs.statSync(join(base, "quota.hid")).ino).toBe(ino);
  await use(account, MiB);
  expect(countIn(base)).toBeGreaterThan(5 * MiB);
  await account.close();
});

test("the lease is a 64th of the limit, a quarter of the room, and nothing at the end", async () => {
  const base = freshDirectory();
  const account = await accountIn(base, 64_000);
  await use(account, 1);
  expect(countIn(base)).toBe(1001);
  await use(account, 61_999);
  expect(countIn(base)).toBe(62_500);
  await use(account, 1999);
  expect(countIn(base)).toBe(63_999);
  await use(account, 1);
  await expect(use(account, 1)).rejects.toMatchObject({ code: "QUOTA_EXCEEDED" });
  // Near the limit what is freed goes back at once.
  await account.settle(0, -1);
  expect(countIn(base)).toBe(63_999);
  await account.close();
});

test("what is freed goes back in batches", async () => {
  const base = freshDirectory();
  const account = await accountIn(base, 64_000_000);
  await use(account, 10_000_000);
  expect(countIn(base)).toBe(11_000_000);
  await account.settle(0, -1_000_000);
  expect(countIn(base)).toBe(11_000_000);
  await account.settle(0, -1);
  expect(countIn(base)).toBe(9_999_999);
  expect(await account.quota()).toEqual({ limit: 64_000_000, usage: 8_999_999 });
  await account.close();
  expect(quotaFileOf(base)).toBe("8999999");
});

test("a session that does nothing gives back its lease by itself", async () => {
  const base = freshDirectory();
  const account = await accountIn(base, 64_000, 5);
  await use(account, 10);
  await expect.poll(() => countIn(base)).toBe(10);
  await use(account, 10);
  await account.close();
  expect(quotaFileOf(base)).toBe("20");
});

test("reservations that are made and settled at the same time add up", async () => {
  const base = freshDirectory();
  const account = await accountIn(base, 1_000_000);
  await Promise.all(
    Array.from({ length: 500 }, async (_, i) => {
      await account.reserve(i, "a", undefined);
      await new Promise(setImmediate);
      await account.settle(i, i % 3 === 0 ? 0 : i);
      if (i % 3 === 1) await account.settle(0, -i);
    }),
  );
  const used = Array.from({ length: 500 }, (_, i) => (i % 3 === 2 ? i : 0)).reduce((sum, i) => sum + i, 0);
  expect(await account.quota()).toMatchObject({ usage: used });
  await account.close();
  expect(quotaFileOf(base)).toBe(String(used));
});

test("of those who want the last bytes at the same time, as many get them as there is room for", async () => {
  const base = freshDirectory();
  const accounts = [await accountIn(base, 1000), await accountIn(base, 1000)];
  const results = await Promise.allSettled(
    Array.from({ length: 40 }, (_, i) => use(accounts[i % 2] as QuotaAccount, 50)),
  );
  const done = results.filter(({ status }) => status === "fulfilled").length;
  // The other session may hold a lease of a 64th of the limit.
  expect(done).toBeGreaterThanOrEqual(19);
  expect(done).toBeLessThanOrEqual(20);
  for (const account of accounts) await account.close();
  expect(quotaFileOf(base)).toBe(String(done * 50));
});

test("a close with operations under way leaves the file in doubt", async () => {
  const base = freshDirectory();
  const account = await accountIn(base, 1000);
  await account.reserve(100, "a", undefined);
  await account.close();
  expect(quotaFileOf(base)).toBe("100 !");
  await account.settle(100, 100);
  await expect(account.reserve(1000, "a", undefined)).rejects.toMatchObject({ code: "NOT_OPEN" });
});

test("a failure to give back costs nothing: close does it", async () => {
  const base = freshDirectory();
  const account = await accountIn(base, 64_000);
  await use(account, 10_000);
  // Nothing can be renamed onto a directory that is not empty.
  fs.rmSync(join(base, "quota.hid"));
  fs.mkdirSync(join(base, "quota.hid/in the way"), { recursive: true });
  await account.settle(0, -10_000);
  await expect(account.reserve(20_000, "a", undefined)).rejects.toMatchObject({ code: "IS_DIRECTORY" });
  fs.rmSync(join(base, "quota.hid"), { recursive: true });
  await account.close();
  expect(quotaFileOf(base)).toBe("0 !");
});
