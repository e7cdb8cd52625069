import { StoreError } from "@borgstore/core";
import { describe, expect, test } from "vitest";
import { sftp, sftpBackend, type SftpBackendOptions } from "../src/index.ts";
import { checkPlace, placeOfUrl, urlOfPlace, type SftpPlace } from "../src/url.ts";

type Row = readonly [url: string, host: string, path: string, more: Partial<SftpPlace>];

function place(host: string, path: string, more: Partial<SftpPlace> = {}): SftpPlace {
  return { host, path, user: undefined, port: undefined, ...more };
}

/** What `work` throws. */
function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error("it was accepted");
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : "";
}

// What the reference makes of these.
const asTheReference: readonly Row[] = [
  ["sftp://host/p", "host", "p", {}],
  ["sftp://host//p", "host", "/p", {}],
  ["sftp://user@host/p", "host", "p", { user: "user" }],
  ["sftp://us%40er@host/p", "host", "p", { user: "us@er" }],
  ["sftp://us%3Aer@host/p", "host", "p", { user: "us:er" }],
  ["sftp://us%2Fer@host/p", "host", "p", { user: "us/er" }],
  ["sftp://user@host:2222/p", "host", "p", { user: "user", port: 2222 }],
  ["sftp://host:2222//srv/store", "host", "/srv/store", { port: 2222 }],
  ["sftp://user@host:0/p", "host", "p", { user: "user" }],
  ["sftp://host:00022/p", "host", "p", { port: 22 }],
  ["sftp://host:65535/p", "host", "p", { port: 65_535 }],
  ["sftp://1.2.3.4/p", "1.2.3.4", "p", {}],
  ["sftp://Host.Example.ORG/p", "Host.Example.ORG", "p", {}],
  ["sftp://host.example.org./p", "host.example.org.", "p", {}],
  ["sftp://my_alias/p", "my_alias", "p", {}],
  ["sftp://host/my%20path", "host", "my path", {}],
  ["sftp://host/my path", "host", "my path", {}],
  ["sftp://host/p?q#f", "host", "p?q#f", {}],
  ["sftp://host/p%3Fq%23f", "host", "p?q#f", {}],
  ["sftp://host/~/p", "host", "~/p", {}],
  ["sftp://host/~user/p", "host", "~user/p", {}],
  ["sftp://host/../p", "host", "../p", {}],
  ["sftp://host/p%2Fq", "host", "p/q", {}],
  ["sftp://host/%2Fp", "host", "/p", {}],
  ["sftp://host/a@b:c", "host", "a@b:c", {}],
  ["sftp://user@host/a@b", "host", "a@b", { user: "user" }],
  ["sftp://host/a%C3%A4", "host", "aä", {}],
  ["sftp://host/ä", "host", "ä", {}],
  ["sftp://host/%F0%9F%97%84", "host", "🗄", {}],
  // Escapes that are none stay as they are, and what is no UTF-8 is replaced.
  ["sftp://host/a%", "host", "a%", {}],
  ["sftp://host/a%zz", "host", "a%zz", {}],
  ["sftp://host/a%2", "host", "a%2", {}],
  ["sftp://host/a%2525", "host", "a%25", {}],
  ["sftp://host/a%ff", "host", "a\uFFFD", {}],
  ["sftp://host/a\nb", "host", "a\nb", {}],
];

test.each(asTheReference)("%j is on %s at %s, as in the reference", (url, host, path, more) => {
  expect(placeOfUrl(url)).toEqual(place(host, path, more));
});

// The reference takes no brackets, and keeps slashes.
const beyondTheReference: readonly Row[] = [
  ["sftp://[::1]/p", "::1", "p", {}],
  ["sftp://[::1]:2222/p", "::1", "p", { port: 2222 }],
  ["sftp://user@[2001:DB8::1]:22//p", "2001:DB8::1", "/p", { user: "user", port: 22 }],
  ["sftp://[::ffff:192.0.2.1]/p", "::ffff:192.0.2.1", "p", {}],
  ["sftp://user@[fe80::1%25eth0]/p", "fe80::1%eth0", "p", { user: "user" }],
  ["sftp://[fe80::1%eth0]/p", "fe80::1%eth0", "p", {}],
  ["sftp://host///p", "host", "/p", {}],
  ["sftp://host//", "host", "/", {}],
  ["sftp://host/p/", "host", "p", {}],
  ["sftp://host//a//b/", "host", "/a/b", {}],
];

test.each(beyondTheReference)("%j is on %s at %s, beyond the reference", (url, host, path, more) => {
  expect(placeOfUrl(url)).toEqual(place(host, path, more));
});

const refused: readonly (readonly [url: string, problem: RegExp])[] = [
  ["", /scheme/],
  ["host:/p", /scheme/],
  ["sftp:host/p", /scheme/],
  ["sftp:/host/p", /scheme/],
  ["SFTP://host/p", /scheme/],
  [" sftp://host/p", /scheme/],
  ["ssh://host/p", /scheme/],
  ["sftp://host/", /path is missing/],
  ["sftp://host", /path is missing/],
  ["sftp://user@host", /path is missing/],
  ["sftp://", /path is missing/],
  ["sftp:///p", /host/],
  ["sftp://user@/p", /host/],
  ["sftp://@host/p", /user before the @ is empty/],
  ["sftp://a@b@host/p", /%40/],
  ["sftp://%20user@host/p", /login name/],
  ["sftp://us%00er@host/p", /login name/],
  ["sftp://us%0Aer@host/p", /login name/],
  ["sftp://-oProxyCommand=x@host/p", /hyphen/],
  ["sftp://%2DoProxyCommand=x@host/p", /hyphen/],
  ["sftp://-oProxyCommand=x/p", /host/],
  ["sftp://user@-oProxyCommand=x/p", /host/],
  ["sftp://-host/p", /host/],
  ["sftp://ho st/p", /host/],
  ["sftp://ho%73t/p", /host/],
  ["sftp://höst/p", /host/],
  ["sftp://host;x/p", /host/],
  ["sftp://::1/p", /brackets|port/],
  ["sftp://[::1/p", /brackets/],
  ["sftp://[]/p", /IPv6/],
  ["sftp://[host]/p", /IPv6/],
  ["sftp://[1.2.3.4]/p", /IPv6/],
  ["sftp://[::1%25]/p", /IPv6/],
  ["sftp://[::1%25-x y]/p", /IPv6/],
  ["sftp://[::1]x/p", /host/],
  ["sftp://user@host:/p", /port/],
  ["sftp://user@host:abc/p", /port/],
  ["sftp://user@host:99999/p", /port/],
  ["sftp://user@host:-1/p", /port/],
  ["sftp://user@host:+22/p", /port/],
  ["sftp://user@host:22 /p", /port/],
  ["sftp://user@host:2e3/p", /port/],
  ["sftp://host/p%00q", /NUL/],
  ["sftp://host/p\0q", /NUL/],
];

test.each(refused)("%j is refused with what is wrong", (url, problem) => {
  const error = thrownBy(() => sftp.fromUrl(url));
  expect(error).toBeInstanceOf(StoreError);
  expect(error).toMatchObject({ code: "INVALID_URL", retryable: false });
  expect(messageOf(error)).toMatch(problem);
});

test.each(["sftp:host/p", "sftp://host/", "sftp://host:abc/p", "sftp://user:pw@host/p", "sftp://-host/p"])(
  "the message about %j says the right form",
  (url) => {
    expect(messageOf(thrownBy(() => sftp.fromUrl(url)))).toContain("sftp://[user@]host[:port]/path");
  },
);

test.each([undefined, null, 1, {}])("%j is no URL", (url) => {
  expect(thrownBy(() => sftp.fromUrl(url as string))).toMatchObject({ code: "INVALID_URL" });
});

describe("a password in the URL", () => {
  const secret = "geheim5";

  test.each([
    `sftp://user:${secret}@host/p`,
    `sftp://:${secret}@host/p`,
    `sftp://user:${secret}:${secret}@host:22/p`,
  ])("%s is refused with the advice what to do instead", (url) => {
    const error = thrownBy(() => sftp.fromUrl(url));
    expect(error).toMatchObject({ code: "INVALID_URL" });
    expect(messageOf(error)).toMatch(/password option/);
    expect(messageOf(error)).toMatch(/key or the ssh agent/);
  });

  // The place where a parser takes it for something else.
  test.each([
    `sftp://user:${secret}@host/p`,
    `sftp://user:${secret}@host`,
    `sftp://user:${secret}@host:abc/p`,
    `sftp://user:${secret}@ho st/p`,
    `sftp://user:${secret}@host/p%00`,
    `sftp://user:${secret}@x@host/p`,
    `sftp://user:x@${secret}@host/p`,
    `sftp://user:${secret}/x@host/p`,
    `sftp://user:x/${secret}@host`,
    `sftp://user:${secret}`,
    `sftp://${secret}@-host/p`,
    `sftp://[${secret}]/p`,
    `sftp://-${secret}@host/p`,
    `sftp://host:${secret}/p`,
    `sftp:user:${secret}@host/p`,
    `SFTP://user:${secret}@host/p`,
    `sftp://user:${secret}@[::1/p`,
  ])("no message about %s repeats it", (url) => {
    let error: unknown;
    try {
      sftp.fromUrl(url);
    } catch (thrown) {
      error = thrown;
    }
    expect(messageOf(error)).not.toContain(secret);
    expect(JSON.stringify({ error })).not.toContain(secret);
  });
});

describe("a place in parts", () => {
  const good: SftpBackendOptions = { host: "host", path: "/srv/store" };

  test.each([
    [{}, "sftp(sftp://host//srv/store)"],
    [{ path: "relative/store/" }, "sftp(sftp://host/relative/store)"],
    [{ user: "me", port: 2222 }, "sftp(sftp://me@host:2222//srv/store)"],
    [{ user: "me@corp" }, "sftp(sftp://me%40corp@host//srv/store)"],
    [{ host: "::1" }, "sftp(sftp://[::1]//srv/store)"],
    [{ host: "fe80::1%eth0", port: 22 }, "sftp(sftp://[fe80::1%25eth0]:22//srv/store)"],
    [{ password: () => "geheim" }, "sftp(sftp://host//srv/store)"],
  ])("with %j the backend says where it is", (changes, text) => {
    expect(String(sftpBackend({ ...good, ...changes }))).toBe(text);
  });

  test.each([
    { host: "" },
    { host: "-oProxyCommand=x" },
    { host: "[::1]" },
    { host: "a/b" },
    { host: "user@host" },
    { host: "host:22" },
    { host: "ho\nst" },
    { host: undefined },
    { host: 1 },
    { user: "" },
    { user: "-l" },
    { user: " me" },
    { user: "m\u0007e" },
    { user: 1 },
    { port: 0 },
    { port: 65_536 },
    { port: 22.5 },
    { port: Number.NaN },
    { port: "22" },
    { path: "" },
    { path: "a\0b" },
    { path: undefined },
    { path: 1 },
  ])("%j is refused", (changes) => {
    const options = { ...good, ...changes } as unknown as SftpBackendOptions;
    expect(thrownBy(() => sftpBackend(options))).toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  test("no percent is decoded in them", () => {
    expect(checkPlace(place("host", "a%20b", { user: "a%40b" }), "INVALID_ARGUMENT")).toMatchObject({
      path: "a%20b",
      user: "a%40b",
    });
  });
});

test.each([...asTheReference, ...beyondTheReference].filter(([, , path]) => !/[%\uFFFD]/.test(path)))(
  "the URL that is shown for %j means the same place",
  (url) => {
    const meant = placeOfUrl(url);
    expect(placeOfUrl(urlOfPlace(meant))).toEqual(meant);
  },
);
