import { StoreError } from "@borgstore/core";
import { rcloneAvailable, requirePeer } from "@borgstore/tools-peers";
import { describe, expect, test } from "vitest";
import { leaseRcd } from "../../src/process/shared-rcd.ts";
import {
  expectNoneLeft,
  fakeProgram,
  freshSettings,
  leaseForTest,
  markName,
  pidOf,
  processesWith,
  withVariables,
} from "./rcd-for-test.ts";

const rclone = requirePeer("rclone", rcloneAvailable(), "rclone is not installed");

describe.skipIf(!rclone.available || process.platform !== "linux")(`a shared rclone ${rclone.tag}`, () => {
  test("one process serves all leases with equal settings, until the last is given back", async () => {
    const settings = freshSettings();
    const first = leaseForTest(settings);
    const second = leaseForTest({ ...settings, environment: { ...settings.environment } });
    expect(first.current).toBeUndefined();
    expect(processesWith(settings.environment[markName])).toEqual([]);

    const [one, two] = await Promise.all([first.get(undefined), second.get(undefined)]);
    expect(two).toBe(one);
    expect(second.current).toBe(one);
    let losses = 0;
    one.onLost(() => (losses += 1));
    const remove = one.onLost(() => (losses += 100));
    remove();

    await first.release();
    await first.release();
    expect(first.current).toBeUndefined();
    await expect(first.get(undefined)).rejects.toMatchObject({ code: "NOT_OPEN" });
    expect(await second.get(undefined)).toBe(one);
    expect([one.isLost, losses]).toEqual([false, 0]);

    await second.release();
    expect([one.isLost, losses]).toEqual([true, 1]);
    expect(one.whyLost()).toMatchObject({ code: "CONNECTION", retryable: true });
    one.onLost(() => (losses += 10));
    expect(losses).toBe(11);
    expect(() => process.kill(pidOf(one), 0)).toThrow("ESRCH");
    await expectNoneLeft(settings);
  });

  test("different settings, or another environment, mean different processes", async () => {
    const settings = freshSettings();
    const first = await leaseForTest(settings).get(undefined);
    const other = await leaseForTest({ ...settings, stallTimeoutMs: 31_000 }).get(undefined);
    withVariables({ RCLONE_TRANSFERS: "3" });
    const third = await leaseForTest(settings).get(undefined);
    expect(new Set([first, other, third].map(pidOf)).size).toBe(3);
  });

  test("a lease after the last release starts a new process, also while the old one ends", async () => {
    const settings = freshSettings();
    const first = leaseForTest(settings);
    const one = await first.get(undefined);
    const released = first.release();
    const two = await leaseForTest(settings).get(undefined);
    await released;
    expect(pidOf(two)).not.toBe(pidOf(one));
    expect(two.isLost).toBe(false);
  });

  test("a process that was killed is lost, and the next get starts another, once for all", async () => {
    const settings = freshSettings();
    const lease = leaseForTest(settings);
    const one = await lease.get(undefined);
    const lost = new Promise<void>((resolve) => void one.onLost(resolve));
    process.kill(pidOf(one), "SIGKILL");
    await lost;
    expect(one.isLost).toBe(true);
    expect(lease.current).toBeUndefined();
    expect(one.whyLost()).toMatchObject({ code: "CONNECTION", retryable: true, unsent: false });
    expect(one.whyLost().message).toContain("SIGKILL");
    expect(one.whyLost()).not.toBe(one.whyLost());
    // Its watchdog too, while our process goes on.
    await expectNoneLeft(settings);

    const [two, three] = await Promise.all([lease.get(undefined), lease.get(undefined)]);
    expect(three).toBe(two);
    expect(pidOf(two)).not.toBe(pidOf(one));
    await lease.release();
    await expectNoneLeft(settings);
  });

  test("an abort rejects at once and leaves the start to others", async () => {
    const lease = leaseForTest(freshSettings());
    const controller = new AbortController();
    const aborted = lease.get(controller.signal);
    const other = lease.get(new AbortController().signal);
    const reason = new Error("enough");
    controller.abort(reason);
    await expect(aborted).rejects.toBe(reason);
    await expect(lease.get(controller.signal)).rejects.toBe(reason);
    expect((await other).isLost).toBe(false);
  });

  test("the last release ends a start, which fails for those who wait", async () => {
    const settings = freshSettings({ program: fakeProgram("#!/bin/sh\nsleep 1000\n") });
    const lease = leaseRcd(settings);
    const waiting = lease.get(undefined).catch((error: unknown) => error);
    // The program itself, what it runs, and the watchdog.
    await expect.poll(() => processesWith(settings.environment[markName]).length).toBe(3);
    await lease.release();
    expect(await waiting).toMatchObject({ code: "CONNECTION", unsent: true });
    await expectNoneLeft(settings);
  });

  test("a release before the process was started leaves none", async () => {
    const settings = freshSettings();
    const lease = leaseRcd(settings);
    const waiting = lease.get(undefined).catch((error: unknown) => error);
    await lease.release();
    expect(await waiting).toMatchObject({ code: "CONNECTION", unsent: true });
    await expectNoneLeft(settings);
  });

  test("a process that ignores SIGTERM is killed", async () => {
    const settings = freshSettings();
    const lease = leaseForTest(settings);
    const pid = pidOf(await lease.get(undefined));
    process.kill(pid, "SIGSTOP");
    await lease.release();
    expect(() => process.kill(pid, 0)).toThrow("ESRCH");
    await expectNoneLeft(settings);
  });

  test("a script may stand for rclone, and leaves none when it ends", async () => {
    const program = fakeProgram('#!/bin/sh\nrclone "$@"\nexit 1\n');
    const settings = freshSettings({ program });
    const lease = leaseForTest(settings);
    expect((await lease.get(undefined)).version).toMatch(/^v1\./u);
    await lease.release();
    await expectNoneLeft(settings);

    const again = leaseForTest(settings);
    const running = await again.get(undefined);
    process.kill(pidOf(running), "SIGKILL");
    await expect.poll(() => running.isLost).toBe(true);
    await expectNoneLeft(settings);
  });

  test("all who wait for a start that fails get errors of their own, and the next call tries again", async () => {
    const settings = freshSettings({ program: fakeProgram('#!/bin/sh\necho tried >>"$0.log"\nexit 3\n') });
    const lease = leaseForTest(settings);
    const errors = await Promise.all([1, 2].map(() => lease.get(undefined).catch((error: unknown) => error)));
    expect(errors.every((error) => StoreError.is(error, "UNSUPPORTED"))).toBe(true);
    expect(errors[0]).not.toBe(errors[1]);
    await expect(lease.get(undefined)).rejects.toThrow("ended with code 3");
  });
});
