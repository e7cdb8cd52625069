import { inspect } from "node:util";
import { StoreError } from "@borgstore/core";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { rclone, rcloneBackend, type RcloneBackendOptions } from "../src/index.ts";
import { checkPlace, placeOfUrl, secretsOf, urlOfPlace } from "../src/url.ts";

/** What `work` throws. */
function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error("it was accepted");
}

/** All that programs print of something. */
function printed(what: unknown): string {
  return [String(what), JSON.stringify({ what }), inspect(what, { depth: 9, showHidden: true })].join("\n");
}

// As the reference, which passes them on as they are; only a slash at the end is its own.
const accepted: readonly string[] = [
  "remote:",
  "remote:path",
  "remote:path/",
  "remote:path//",
  "remote:/path",
  "remote:a%20b",
  "remote:a b",
  "remote:a?b#c",
  "remote:a@b:c,d=e",
  "remote:ä/名🗄",
  "my remote:path",
  "Remote_1-2.3+4@x:path",
  "ümlaut:path",
  "/local/path",
  "/local/path/",
  "/a",
  "/a//b",
  "/a b/ä%20",
  "/with:colon",
  "/a,b=c",
  "/a..b/...",
  "remote:a..b",
  ":local:/x",
  ":memory:bucket/path",
  ":s3,provider=Ceph:bucket/path",
  ":s3:bucket",
  "r,opt=1:p",
  "r,flag:p",
  "r,flag,opt=:p",
  'r,url="http://host:80/x":p',
  "r,url='http://host:80/x':p",
  'r,pass="with ""quotes"" inside":p',
  "r,pass='it''s':p",
  'r,a="x:y",b=\'z:"\':p/q',
  "r,path=a/b/c:p",
  ':sftp,host=h,pass="a,b:c/d=e":/srv',
];

test.each(accepted)("%j is passed on as it is", (remote) => {
  expect(placeOfUrl(`rclone:${remote}`)).toEqual({ remote });
  expect(checkPlace({ remote }, "INVALID_ARGUMENT")).toEqual({ remote });
});

const refused: readonly (readonly [url: string, problem: RegExp])[] = [
  ["", /scheme/],
  ["rclone", /scheme/],
  ["RCLONE:remote:", /lower case/],
  ["Rclone:remote:", /lower case/],
  [" rclone:remote:", /scheme/],
  ["remote:path", /scheme/],
  ["/local", /scheme/],
  // The reference takes this for the root of the file system.
  ["rclone:", /remote is missing/],
  ["rclone:/", /root of the file system/],
  ["rclone://", /no slashes stand before/],
  ["rclone:///", /no slashes stand before/],
  // The form of other tools; the reference takes it for a local path.
  ["rclone://remote:path", /no slashes stand before/],
  ["rclone://x", /no slashes stand before/],
  ["rclone:///local", /no slashes stand before/],
  ["rclone:remote", /ends with a colon/],
  ["rclone:local/path", /ends with a colon/],
  ["rclone:./local", /ends with a colon/],
  ["rclone:~/local", /ends with a colon/],
  // A colon in the path of something that is no remote.
  ["rclone:local/path:x", /ends with a colon/],
  ["rclone::", /ends with a colon/],
  ["rclone:r,opt=1", /ends with a colon/],
  ["rclone::s3,provider=Ceph", /ends with a colon/],
  ['rclone:r,url="http://host:p', /ends with a colon/],
  ["rclone:r,url='http://host:p", /ends with a colon/],
  ['rclone:r,url="a"":p', /ends with a colon/],
  ["rclone:/.", /root of the file system/],
  ["rclone:/./", /root of the file system/],
  ["rclone::local:", /root of the file system/],
  ["rclone::local:/", /root of the file system/],
  ["rclone::local,links:/", /root of the file system/],
  // What comes out of it differs from one kind of remote to another.
  ["rclone:/..", /no component \.\./],
  ["rclone:/a/../b", /no component \.\./],
  ["rclone:remote:..", /no component \.\./],
  ["rclone:remote:a/..", /no component \.\./],
  ["rclone:remote:a\nb", /control/],
  ["rclone:remote:a\0b", /control/],
  ["rclone:re\tmote:a", /control/],
  ["rclone:/a\u007fb", /control/],
  ["rclone:remote:a\u0085b", /control/],
];

test.each(refused)("%j is refused with the right form", (url, problem) => {
  const error = thrownBy(() => rclone.fromUrl(url));
  expect(error).toBeInstanceOf(StoreError);
  expect(error).toMatchObject({ code: "INVALID_URL", retryable: false });
  const { message } = error as StoreError;
  expect(message).toMatch(problem);
  expect(message).toContain("the form is rclone:remote:path, or rclone:/absolute/path");
});

test.each([undefined, null, 5, {}, ["rclone:remote:"]])("%j is no URL", (url) => {
  expect(thrownBy(() => rclone.fromUrl(url as string))).toMatchObject({ code: "INVALID_URL" });
});

test.each(["", "/", "//x", "remote", "a/b:c", "a:\n", undefined, null, 5])(
  "%j is no remote for options either",
  (remote) => {
    const options = { remote } as RcloneBackendOptions;
    expect(thrownBy(() => rcloneBackend(options))).toMatchObject({ code: "INVALID_ARGUMENT" });
  },
);

test("the provider knows its scheme", () => {
  expect(rclone).toMatchObject({ name: "rclone", schemes: ["rclone"] });
});

describe("a backend tells its place", () => {
  test.each([
    ["remote:path", "rclone:remote:path"],
    ["remote:", "rclone:remote:"],
    ["/local/path", "rclone:/local/path"],
    [":memory:bucket", "rclone::memory:bucket"],
    ["remote:a@b:c", "rclone:remote:a@b:c"],
    ["remote:ä", "rclone:remote:?"],
    // Paths are not told from options, where they might be some.
    ["remote:a,b", "rclone:remote:a,***"],
    ["r,opt=1:p", "rclone:r,***:p"],
    ["r,flag:p", "rclone:r,***:p"],
    [":s3,secret_access_key=geheim5,endpoint='http://x:1':bucket/ü", "rclone::s3,***:bucket/?"],
    [':sftp,pass="a:b/c""d,e=f":/srv', "rclone::sftp,***:/srv"],
  ])("%j is %j", (remote, url) => {
    expect(urlOfPlace({ remote })).toBe(url);
    expect(String(rcloneBackend({ remote }))).toContain(url);
  });
});

describe("secrets", () => {
  const secret = "geheim5";

  test.each([
    `r,pass=${secret}:p`,
    `r,pass="${secret}":p`,
    `r,pass='${secret}':p`,
    `r,pass="x:/,=""${secret}":p`,
    `r,pass='x:/,=''${secret}':p`,
    `:webdav,url="https://me:${secret}@host:1/x":p`,
    `:s3,access_key_id=${secret},secret_access_key=${secret}:b/p`,
    `:s3,${secret}:b/p`,
  ])("of %j are in nothing that a backend tells", (remote) => {
    const backend = rcloneBackend({ remote, environment: { RCLONE_CONFIG_PASS: secret } });
    expect(printed(backend)).not.toContain(secret);
    expect(printed(rclone.fromUrl(`rclone:${remote}`))).not.toContain(secret);
  });

  test.each([
    `rclone:r,pass=${secret}`,
    `rclone:r,pass="${secret}:p`,
    `rclone:r,pass='${secret}:p`,
    `rclone:r,pass=${secret}:\n`,
    `rclone://r,pass=${secret}:p`,
    `RCLONE:r,pass=${secret}:p`,
    `rclone:${secret}`,
  ])("are not in the message when %j is refused", (url) => {
    expect(printed(thrownBy(() => rclone.fromUrl(url)))).not.toContain(secret);
  });

  test.each<readonly [remote: string, secrets: readonly string[]]>([
    ["remote:path", []],
    ["/local,pass=geheim5:p", []],
    ["remote:p,pass=geheim5", []],
    ["r,pass=geheim5:p", ["geheim5"]],
    ["r,a=geheim5,b=geheim6:p=geheim7", ["geheim5", "geheim6"]],
    ["r,a=\"gehe:im5\",b='gehe,im6':p", ["gehe:im5", "gehe,im6"]],
    ["r,a=gehe=im5:p", ["gehe=im5"]],
    ["r,a=gehe/im5:p", ["gehe/im5"]],
    // Of less, too much would be removed from messages.
    ["r,a=1,b=abc,c=,d:p", []],
  ])("of %j are %j", (remote, secrets) => {
    expect(secretsOf({ remote })).toEqual(secrets);
  });

  test.each([
    ['r,a="gehe""im5":p', 'gehe"im5'],
    ["r,a='gehe''im5':p", "gehe'im5"],
  ])("of %j are found as they are and as they are written", (remote, plain) => {
    expect(secretsOf({ remote })).toContain(plain);
  });

  const secretValue = fc.string({ maxLength: 12 }).map((text) => `${text.replaceAll(/\p{Cc}/gu, "")}GEHEIM`);
  const option = fc
    .tuple(fc.stringMatching(/^[a-z_]{1,8}$/), secretValue, fc.constantFrom('"', "'"))
    .map(([name, value, quote]) => ({
      text: `,${name}=${quote}${value.replaceAll(quote, quote + quote)}${quote}`,
      value,
    }));

  test("whatever the values are, none of them is told, and all of them are known", () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^:?[a-z0-9]{1,8}$/),
        fc.array(option, { minLength: 1, maxLength: 4 }),
        fc.stringMatching(/^[a-z:/="',]{0,8}$/),
        (name, options, path) => {
          const remote = `${name}${options.map(({ text }) => text).join("")}:${path}`;
          const place = placeOfUrl(`rclone:${remote}`);
          expect(place).toEqual({ remote });
          expect(urlOfPlace(place)).toBe(`rclone:${name},***:${path}`);
          expect(secretsOf(place)).toEqual(expect.arrayContaining(options.map(({ value }) => value)));
        },
      ),
    );
  });
});
