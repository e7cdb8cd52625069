import { inspect } from "node:util";
import { StoreError } from "@borgstore/core";
import { describe, expect, test } from "vitest";
import { checkPlace, placeOfUrl, urlOfPlace, type S3Place } from "../src/url.ts";

type Row = readonly [url: string, bucket: string, prefix: string, more: Partial<S3Place>];

function place(bucket: string, prefix: string, more: Partial<S3Place> = {}): S3Place {
  return {
    scheme: "s3",
    bucket,
    prefix,
    endpoint: undefined,
    profile: undefined,
    accessKeyId: undefined,
    secretAccessKey: undefined,
    ...more,
  };
}

function login(accessKeyId: string, secretAccessKey: string): Partial<S3Place> {
  return { accessKeyId, secretAccessKey };
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

/** All that programs print of an error. */
function printed(error: unknown): string {
  return [messageOf(error), JSON.stringify({ error }), inspect(error, { depth: 9, showHidden: true })].join(
    "\n",
  );
}

const keyAndSecret = login("AK", "SK");

// What the reference makes of these. Its default endpoint is the SDK's here, and its profiles are found later.
const asTheReference: readonly Row[] = [
  ["s3:/bucket/path", "bucket", "path/", {}],
  ["s3:/bucket/path/", "bucket", "path/", {}],
  ["s3:/bucket/path//", "bucket", "path/", {}],
  ["s3:prof@/bucket/path", "bucket", "path/", { profile: "prof" }],
  ["s3:my-prof@/bucket/path", "bucket", "path/", { profile: "my-prof" }],
  ["s3:noprof@/bucket/path", "bucket", "path/", { profile: "noprof" }],
  ["s3:AK:SK@/bucket/path", "bucket", "path/", keyAndSecret],
  ["s3:AK:S%2FK%3A@/bucket/path", "bucket", "path/", login("AK", "S/K:")],
  ["s3:AK:S/K+x=@/bucket/path", "bucket", "path/", login("AK", "S/K+x=")],
  [
    "s3:AK:SK@http://127.0.0.1:9000/bucket/path",
    "bucket",
    "path/",
    { ...keyAndSecret, endpoint: "http://127.0.0.1:9000" },
  ],
  ["s3:AK:SK@https://host/bucket/a/b/c", "bucket", "a/b/c/", { ...keyAndSecret, endpoint: "https://host" }],
  ["s3:http://host:9000/bucket/path", "bucket", "path/", { endpoint: "http://host:9000" }],
  ["s3:prof@http://host/bucket/path", "bucket", "path/", { profile: "prof", endpoint: "http://host" }],
  ["s3:/bucket/my%20path", "bucket", "my path/", {}],
  ["s3:/bucket//path", "bucket", "/path/", {}],
  ["s3:/bucket/../path", "bucket", "../path/", {}],
  [
    "b2:AK:SK@https://s3.us-east-005.backblazeb2.com/bucket/path",
    "bucket",
    "path/",
    { scheme: "b2", ...keyAndSecret, endpoint: "https://s3.us-east-005.backblazeb2.com" },
  ],
  // Not in its list, but what it does.
  ["s3:/bucket/my path", "bucket", "my path/", {}],
  ["s3:/bucket//", "bucket", "/", {}],
  ["s3:/bucket/a//b", "bucket", "a//b/", {}],
  ["s3:/bucket/path%2F", "bucket", "path/", {}],
  ["s3:/bucket/p?q=1#f", "bucket", "p?q=1#f/", {}],
  ["s3:/bucket/p%3Fq%23f", "bucket", "p?q#f/", {}],
  ["s3:/bucket/me@host:1", "bucket", "me@host:1/", {}],
  ["s3:prof@/bucket/me@host", "bucket", "me@host/", { profile: "prof" }],
  ["s3:AK:SK@/bucket/me@host", "bucket", "me@host/", keyAndSecret],
  ["s3:AK:S:K@/bucket/path", "bucket", "path/", login("AK", "S:K")],
  ["s3:A%4BX:S%40K%25@/bucket/path", "bucket", "path/", login("AKX", "S@K%")],
  ["s3:AK://SK@/bucket/path", "bucket", "path/", login("AK", "//SK")],
  ["s3:AK:S%@/bucket/path", "bucket", "path/", login("AK", "S%")],
  ["s3:my prof@/bucket/path", "bucket", "path/", { profile: "my prof" }],
  ["s3:prof%20x@/bucket/path", "bucket", "path/", { profile: "prof%20x" }],
  ["s3:team/prof@/bucket/path", "bucket", "path/", { profile: "team/prof" }],
  ["s3:/My_Bucket.x/path", "My_Bucket.x", "path/", {}],
  ["s3:/bucket/a%C3%A4", "bucket", "aä/", {}],
  ["s3:/bucket/ä", "bucket", "ä/", {}],
  ["s3:/bucket/%F0%9F%97%84", "bucket", "🗄/", {}],
  ["s3:/bucket/a%", "bucket", "a%/", {}],
  ["s3:/bucket/a%zz", "bucket", "a%zz/", {}],
  ["s3:/bucket/a%2525", "bucket", "a%25/", {}],
  ["s3:/bucket/a%ff", "bucket", "a\uFFFD/", {}],
  ["s3:https://Host.Example.ORG/bucket/path", "bucket", "path/", { endpoint: "https://Host.Example.ORG" }],
  ["s3:http://my_host:9000/bucket/path", "bucket", "path/", { endpoint: "http://my_host:9000" }],
  ["s3:https://host/bucket/http://x", "bucket", "http://x/", { endpoint: "https://host" }],
  ["b2:/bucket/path", "bucket", "path/", { scheme: "b2" }],
];

test.each(asTheReference)("%j is in %s below %s, as in the reference", (url, bucket, prefix, more) => {
  expect(placeOfUrl(url)).toEqual(place(bucket, prefix, more));
});

// The reference takes no brackets, and keeps zeros.
const beyondTheReference: readonly Row[] = [
  [
    "s3:AK:SK@http://[::1]:9000/bucket/path",
    "bucket",
    "path/",
    { ...keyAndSecret, endpoint: "http://[::1]:9000" },
  ],
  ["s3:https://[2001:DB8::1]/bucket/path", "bucket", "path/", { endpoint: "https://[2001:DB8::1]" }],
  ["s3:http://[::ffff:192.0.2.1]/bucket/path", "bucket", "path/", { endpoint: "http://[::ffff:192.0.2.1]" }],
  ["s3:http://host:09000/bucket/path", "bucket", "path/", { endpoint: "http://host:9000" }],
  ["s3:http://host:65535/bucket/path", "bucket", "path/", { endpoint: "http://host:65535" }],
  // For the reference all before the last @ is a profile.
  ["s3:/bucket/a@/b/c", "bucket", "a@/b/c/", {}],
];

test.each(beyondTheReference)("%j is in %s below %s, beyond the reference", (url, bucket, prefix, more) => {
  expect(placeOfUrl(url)).toEqual(place(bucket, prefix, more));
});

const refused: readonly (readonly [url: string, problem: RegExp])[] = [
  ["", /scheme/],
  ["s3", /scheme/],
  ["S3:/bucket/path", /lower case/],
  ["B2:/bucket/path", /lower case/],
  ["s3a:/bucket/path", /scheme/],
  [" s3:/bucket/path", /scheme/],
  ["r2:/bucket/path", /scheme/],
  ["/bucket/path", /scheme/],
  ["s3:", /bucket is missing/],
  ["s3:/", /bucket is missing/],
  ["s3:/bucket", /path is missing/],
  ["s3:/bucket/", /path is missing/],
  ["s3:prof@/bucket", /path is missing/],
  ["s3:https://host", /bucket is missing/],
  ["s3:https://host/", /bucket is missing/],
  ["s3:https://host/bucket", /path is missing/],
  ["s3:https://host/bucket/", /path is missing/],
  ["s3:https://host//bucket/path", /bucket is missing; exactly one slash/],
  ["s3:prof@//bucket/path", /bucket is missing; exactly one slash/],
  ["s3://bucket/path", /form of other tools; write s3:\/bucket\/path/],
  ["s3://bucket", /form of other tools/],
  ["b2://bucket/path", /form of other tools; write b2:\/bucket\/path/],
  ["s3:///bucket/path", /only one slash stands before the bucket: s3:\/bucket\/path/],
  ["s3:////bucket/path", /only one slash/],
  ["s3:bucket/path", /slash stands before the bucket: s3:\/bucket\/path/],
  ["b2:bucket/path", /slash stands before the bucket: b2:\/bucket\/path/],
  ["s3:bucket", /slash stands before the bucket/],
  ["s3:bucket/me@host", /after the @/],
  ["s3:@/bucket/path", /before the @ stands a profile/],
  ["s3:@https://host/bucket/path", /before the @ stands a profile/],
  ["s3:AK:@/bucket/path", /secret after the colon is empty/],
  ["s3::SK@/bucket/path", /key before the colon is empty/],
  ["s3::@/bucket/path", /key before the colon is empty/],
  ["s3:AK:S@K@/bucket/path", /%40/],
  ["s3:AK:S@/K@/bucket/path", /%40/],
  ["s3:AK:S@/K/x@/bucket/path", /%40/],
  ["s3:AK:S@/K/x@https://host/bucket/path", /%40/],
  ["s3:AK:S@http://K@/bucket/path", /%40/],
  ["s3:A@K:SK@/bucket/path", /%40/],
  ["s3:AK:SK/bucket/path", /@ stands after a key and its secret/],
  ["s3:AK%20:SK@/bucket/path", /key/],
  ["s3:AK%0A:SK@/bucket/path", /key/],
  ["s3:Ä:SK@/bucket/path", /key/],
  ["s3:AK:SK%0A@/bucket/path", /secret/],
  ["s3:AK:SK @/bucket/path", /secret/],
  ["s3:AK:S\0K@/bucket/path", /secret/],
  ["s3: prof@/bucket/path", /profile/],
  ["s3:pr\nof@/bucket/path", /profile/],
  ["s3:AK:SK@host:9000/bucket/path", /endpoint that begins with http:\/\/ or https:\/\//],
  ["s3:AK:SK@host/bucket/path", /endpoint that begins with http:\/\/ or https:\/\//],
  ["s3:AK:SK@ftp://host/bucket/path", /endpoint that begins with http:\/\/ or https:\/\//],
  ["s3:prof@HTTPS://host/bucket/path", /endpoint that begins with http:\/\/ or https:\/\//],
  ["s3:host:9000/bucket/path", /endpoint begins with http:\/\/ or https:\/\//],
  ["s3:ftp://host/bucket/path", /endpoint begins with http:\/\/ or https:\/\/ in lower case/],
  ["s3:HTTP://host/bucket/path", /endpoint begins with http:\/\/ or https:\/\/ in lower case/],
  ["s3:://host/bucket/path", /endpoint begins with http:\/\/ or https:\/\/ in lower case/],
  ["s3:https:/host/bucket/path", /endpoint begins with http:\/\/ or https:\/\//],
  ["s3:https://AK:SK@host/bucket/path", /credentials stand before the endpoint/],
  ["s3:https://prof@host/bucket/path", /credentials stand before the endpoint/],
  ["s3:https:///bucket/path", /host/],
  ["s3:https://:9000/bucket/path", /host/],
  ["s3:https://-host/bucket/path", /host/],
  ["s3:https://ho st/bucket/path", /host/],
  ["s3:https://ho%73t/bucket/path", /host/],
  ["s3:https://höst/bucket/path", /host/],
  ["s3:https://host?x/bucket/path", /host/],
  ["s3:https://1.2.3.4.5/bucket/path", /host/],
  ["s3:https://::1/bucket/path", /brackets/],
  ["s3:https://[::1/bucket/path", /brackets/],
  ["s3:https://[]/bucket/path", /brackets/],
  ["s3:https://[host]/bucket/path", /brackets/],
  ["s3:https://[1.2.3.4]/bucket/path", /brackets/],
  ["s3:https://[::1]x/bucket/path", /brackets/],
  ["s3:https://[fe80::1%25eth0]/bucket/path", /brackets/],
  ["s3:https://[1::2::3]/bucket/path", /brackets/],
  ["s3:https://host:/bucket/path", /port/],
  ["s3:https://host:abc/bucket/path", /port/],
  ["s3:https://host:0/bucket/path", /port/],
  ["s3:https://host:65536/bucket/path", /port/],
  ["s3:https://host:-1/bucket/path", /port/],
  ["s3:https://host:+22/bucket/path", /port/],
  ["s3:https://host:22 /bucket/path", /port/],
  ["s3:https://host:9000:9000/bucket/path", /port/],
  ["s3:https://[::1]:x/bucket/path", /port/],
  // The reference takes this one, which no service has.
  ["s3:/buc%20ket/path", /bucket is a name/],
  ["s3:/buc ket/path", /bucket is a name/],
  ["s3:/bücket/path", /bucket is a name/],
  ["s3:/buc\0ket/path", /bucket is a name/],
  ["s3:/buc:ket/path", /bucket is a name/],
  ["s3:/buc?ket/path", /bucket is a name/],
  ["s3:/prof@/bucket/path", /bucket is a name/],
  ["s3:/./path", /bucket is a name/],
  ["s3:/../path", /bucket is a name/],
  [`s3:/${"b".repeat(256)}/path`, /bucket is a name of up to 255/],
  ["s3:/bucket/p\0q", /control characters/],
  ["s3:/bucket/p%00q", /control characters/],
  ["s3:/bucket/p%0Aq", /control characters/],
  ["s3:/bucket/p\u007Fq", /control characters/],
  ["s3:/bucket/p%C2%85q", /control characters/],
  ["s3:/bucket/p\uD800q", /control characters/],
  [`s3:/bucket/${"p".repeat(900)}`, /900 bytes/],
  [`s3:/bucket/${"ä".repeat(450)}`, /900 bytes/],
];

test.each(refused)("%j is refused with what is wrong and the right form", (url, problem) => {
  const error = thrownBy(() => placeOfUrl(url));
  expect(error).toBeInstanceOf(StoreError);
  expect(error).toMatchObject({ code: "INVALID_URL", retryable: false });
  expect(messageOf(error)).toMatch(problem);
  expect(messageOf(error)).toContain("s3:[profile@|key:secret@][http[s]://host[:port]]/bucket/path");
});

test.each([undefined, null, 1, {}, ["s3:/bucket/path"]])("%j is no URL", (url) => {
  expect(thrownBy(() => placeOfUrl(url as string))).toMatchObject({ code: "INVALID_URL" });
});

test.each([
  [`s3:/${"b".repeat(255)}/path`, 255, 5],
  [`s3:/b/${"p".repeat(899)}`, 1, 900],
  [`s3:/b/${"ä".repeat(449)}//`, 1, 450],
])("the longest bucket and path are accepted", (url, bucketLength, prefixLength) => {
  const { bucket, prefix } = placeOfUrl(url);
  expect([bucket.length, prefix.length]).toEqual([bucketLength, prefixLength]);
});

describe("secrets", () => {
  const secret = "geheim5";
  const key = "AKIAKENNUNG";

  // The place where a parser takes it for something else.
  test.each([
    `s3:${key}:${secret}@/bucket`,
    `s3:${key}:${secret}@/bucket/`,
    `s3:${key}:${secret}@/buc:ket/path`,
    `s3:${key}:${secret}@/bucket/p%00`,
    `s3:${key}:${secret}@//bucket/path`,
    `s3:${key}:${secret}@host/bucket/path`,
    `s3:${key}:${secret}@host:9000/bucket/path`,
    `s3:${key}:${secret}@ftp://host/bucket/path`,
    `s3:${key}:${secret}@HTTPS://host/bucket/path`,
    `s3:${key}:${secret}@https://ho st/bucket/path`,
    `s3:${key}:${secret}@https://host:abc/bucket/path`,
    `s3:${key}:${secret}@https://[::1/bucket/path`,
    `s3:${key}:${secret}@https://host`,
    `s3:${key}:x@${secret}@/bucket/path`,
    `s3:${key}:${secret}@x@/bucket/path`,
    `s3:${key}:x@/${secret}@/bucket/path`,
    `s3:${key}:x@/${secret}/x@/bucket/path`,
    `s3:${key}:x@/b/${secret}@https://host/bucket/path`,
    `s3:${key}:x@http://${secret}@/bucket/path`,
    `s3:${key}:x@http://h:${secret}/bucket/path`,
    `s3:${key}:${secret}%0A@/bucket/path`,
    `s3:${key}:${secret} @/bucket/path`,
    `s3:${key}%0A:${secret}@/bucket/path`,
    `s3:${key}@:${secret}@/bucket/path`,
    `s3:${key}:${secret}`,
    `s3:${key}:${secret}/bucket/path`,
    `s3:${key}:x/${secret}/bucket/path`,
    `s3::${secret}@/bucket/path`,
    `s3:/${key}:${secret}@/bucket/path`,
    `s3://${key}:${secret}@/bucket/path`,
    `s3://${key}:${secret}@bucket/path`,
    `s3:///${key}:${secret}@/bucket/path`,
    `s3:prof@${key}:${secret}@/bucket/path`,
    `s3:https://${key}:${secret}@host/bucket/path`,
    `s3:https://${key}:x/${secret}@host/bucket/path`,
    `s3:https://${secret}@host/bucket/path`,
    `s3:https://[${secret}]/bucket/path`,
    `s3:https://-${secret}/bucket/path`,
    `s3:https://host/${key}:${secret}@/bucket/path`,
    `s3:https://host:9000/${secret}@/bucket/path`,
    `s3:${key}://${secret}/bucket/path`,
    `S3:${key}:${secret}@/bucket/path`,
    `s3;${key}:${secret}@/bucket/path`,
    `${key}:${secret}@/bucket/path`,
  ])("no message about %s repeats the secret or the key", (url) => {
    const text = printed(thrownBy(() => placeOfUrl(url)));
    expect(text).not.toContain(secret);
    expect(text).not.toContain(key);
  });

  // One character too many or too few, at each place outside of the secret.
  test.each([
    `s3:${key}:${secret}@/bucket/path`,
    `s3:${key}:${secret}@https://host:9000/bucket/path`,
    `b2:${key}:${secret}@http://[::1]/bucket/path`,
  ])("neither an error about anything like %s nor the URL that is shown has the secret", (url) => {
    const start = url.indexOf(secret);
    const places = Array.from(url, (_, at) => at).filter((at) => at <= start || at >= start + secret.length);
    const texts = ["", "@", ":", "/", "//", " ", "%", "%00", "\0", "[", "]", "#", "?", "https://"];
    const mistakes = places.flatMap((at) =>
      texts.flatMap((text) => [
        url.slice(0, at) + text + url.slice(at),
        url.slice(0, at) + text + url.slice(at + 1),
      ]),
    );
    const outcomes = mistakes
      .filter((mistake) => mistake.includes(secret))
      .map((mistake) => {
        try {
          const accepted = placeOfUrl(mistake);
          // What has lost its colon is a profile.
          return accepted.profile === undefined ? urlOfPlace(accepted) : "profile";
        } catch (error) {
          return printed(error);
        }
      });
    expect(outcomes.length).toBeGreaterThan(500);
    expect(outcomes.filter((text) => text.includes(secret))).toEqual([]);
  });

  test("the URL that is shown has no credentials, but the profile", () => {
    const url = `s3:${key}:${secret}@https://host:9000/bucket/a/b`;
    expect(urlOfPlace(placeOfUrl(url))).toBe("s3:https://host:9000/bucket/a/b");
    expect(urlOfPlace(placeOfUrl("b2:prof@/bucket/a%25/"))).toBe("b2:prof@/bucket/a%25");
  });
});

describe("a place in parts", () => {
  const good = place("bucket", "path/");

  test.each<readonly [Partial<S3Place>, Partial<S3Place>]>([
    [{ prefix: "path" }, { prefix: "path/" }],
    [{ prefix: "a/b///" }, { prefix: "a/b/" }],
    [{ prefix: "a%20b" }, { prefix: "a%20b/" }],
    [{ endpoint: "https://host/" }, { endpoint: "https://host" }],
    [{ endpoint: "http://[::1]:9000" }, { endpoint: "http://[::1]:9000" }],
    [login("A%4B", "S%40K"), login("A%4B", "S%40K")],
    [{ profile: "my:prof@x" }, { profile: "my:prof@x" }],
    [{ scheme: "b2" }, { scheme: "b2" }],
  ])("%j becomes %j", (changes, result) => {
    expect(checkPlace({ ...good, ...changes }, "INVALID_ARGUMENT")).toEqual({ ...good, ...result });
  });

  test.each([
    { scheme: "s4" },
    { scheme: undefined },
    { bucket: "" },
    { bucket: "a/b" },
    { bucket: ".." },
    { bucket: "arn:aws:s3:::bucket" },
    { bucket: undefined },
    { bucket: 1 },
    { prefix: "" },
    { prefix: "a\0b" },
    { prefix: "a\u0007b" },
    { prefix: "p".repeat(900) },
    { prefix: undefined },
    { prefix: 1 },
    { endpoint: "" },
    { endpoint: "host:9000" },
    { endpoint: "ftp://host" },
    { endpoint: "HTTPS://host" },
    { endpoint: "https://" },
    { endpoint: "https://host/path" },
    { endpoint: "https://host:9000/path" },
    { endpoint: "https://host?x" },
    { endpoint: "https://me@host" },
    { endpoint: 1 },
    { endpoint: null },
    { profile: "" },
    { profile: "a\nb" },
    { profile: 1 },
    { accessKeyId: "AK" },
    { secretAccessKey: "SK" },
    { accessKeyId: "", secretAccessKey: "SK" },
    { accessKeyId: "AK", secretAccessKey: "" },
    { accessKeyId: "AK", secretAccessKey: "SK\n" },
    { accessKeyId: 1, secretAccessKey: "SK" },
    { accessKeyId: "AK", secretAccessKey: 1 },
    { accessKeyId: "AK", secretAccessKey: "SK", profile: "prof" },
  ])("%j is refused", (changes) => {
    const given = { ...good, ...changes } as unknown as S3Place;
    const error = thrownBy(() => checkPlace(given, "INVALID_ARGUMENT"));
    expect(error).toMatchObject({ code: "INVALID_ARGUMENT", retryable: false });
    expect(messageOf(error)).not.toMatch(/SK|the form is/);
  });
});

test.each(
  [...asTheReference, ...beyondTheReference]
    .filter(([url]) => !/:S|:\/\/SK|%4B/.test(url))
    .map(([url]) => url),
)("the URL that is shown for %j means the same place", (url) => {
  const meant = placeOfUrl(url);
  expect(placeOfUrl(urlOfPlace(meant))).toEqual(meant);
});
