import { decodePercent, StoreError } from "@borgstore/core";

/** The place of a storage in a bucket. */
export interface S3Place {
  /** As in the URL. */
  readonly scheme: "s3" | "b2";
  readonly bucket: string;
  /** What all keys begin with; ends in exactly one slash. */
  readonly prefix: string;
  /** `http[s]://host[:port]` without a slash at the end; `undefined`: the service's own (AWS). */
  readonly endpoint: string | undefined;
  /** Name of a profile in the SDK's configuration files. */
  readonly profile: string | undefined;
  readonly accessKeyId: string | undefined;
  /** Secret. There whenever the `accessKeyId` is. */
  readonly secretAccessKey: string | undefined;
}

type PlaceErrorCode = "INVALID_URL" | "INVALID_ARGUMENT";

const schemes: readonly string[] = ["s3", "b2"] satisfies S3Place["scheme"][];
const bucketName = /^[A-Za-z0-9._-]{1,255}$/;
const hostName = /^[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_.])?$/;
const ipv6 = /^[0-9A-Fa-f:.]+$/;
const endpointForm = /^(https?:\/\/)(\[[^\]]*\]|[^:[\]]*)(?::(.*))?$/s;
// Half of a surrogate pair has no UTF-8.
const unprintable = /[\p{Cc}\p{Cs}]/u;

/** In bytes of UTF-8. A key has 1024 at most, and our names up to 100. */
const longestPrefix = 900;

const rightForm =
  "the form is s3:[profile@|key:secret@][http[s]://host[:port]]/bucket/path, or b2: with the same";

/**
 * The place that an `s3:` or `b2:` URL means, by the reference's rules: path, key and secret are percent-decoded (bad
 * escapes stay as they are), bucket and profile are not; `/` and `+` may stand in the secret as they are; slashes at
 * the end of the path count as one, all others stay, and so do `..`, `?` and `#`. Beyond the reference: IPv6 addresses
 * in brackets as endpoints. No message repeats any part of the URL that could be a secret.
 *
 * @throws StoreError `INVALID_URL` for everything else, with the right form in the message.
 */
export function placeOfUrl(url: string): S3Place {
  const scheme = typeof url === "string" ? url.slice(0, 2) : "";
  if (!isScheme(scheme) || url[2] !== ":") throw invalid("the scheme is s3: or b2: in lower case");
  const { login, rest } = splitLogin(url.slice(3), scheme);
  const { endpoint, path } = splitEndpoint(rest);
  const [, bucket = "", key = ""] = /^\/([^/]*)\/?(.*)$/s.exec(path) ?? [];
  if (bucket === "") throw invalid("the bucket is missing; exactly one slash stands before it");
  if (key === "") {
    throw invalid("the path is missing; use a path of its own for each storage, below the bucket");
  }
  return checkPlace(
    { scheme, bucket, prefix: decodePercent(key), endpoint, ...loginOf(login, rest) },
    "INVALID_URL",
  );
}

/**
 * Checks what came from a URL or an options object, and brings prefix and endpoint into their one form.
 *
 * @throws StoreError with the code given.
 */
export function checkPlace(place: S3Place, code: PlaceErrorCode): S3Place {
  const { scheme, bucket, prefix, profile, accessKeyId, secretAccessKey } = place;
  const refuse = (problem: string): never => {
    throw code === "INVALID_URL" ? invalid(problem) : new StoreError(code, { detail: problem });
  };
  if (!isScheme(scheme)) refuse("the scheme is s3 or b2");
  if (typeof bucket !== "string" || !bucketName.test(bucket) || bucket === "." || bucket === "..") {
    refuse("the bucket is a name of up to 255 letters, digits, dots, hyphens and underscores");
  }
  if (typeof prefix !== "string" || prefix === "" || unprintable.test(prefix)) {
    refuse("the path in the bucket is not empty and has no control characters");
  }
  const onePrefix = `${prefix.replace(/\/+$/, "")}/`;
  if (new TextEncoder().encode(onePrefix).length > longestPrefix) {
    refuse(`the path in the bucket has ${longestPrefix} bytes at most`);
  }
  if (profile !== undefined && !isText(profile)) {
    refuse("the profile is a name that is not empty and has no control characters");
  }
  if ((accessKeyId === undefined) !== (secretAccessKey === undefined)) {
    refuse("a key and a secret are given together or not at all");
  }
  if (accessKeyId !== undefined && (typeof accessKeyId !== "string" || !/^[\x21-\x7e]+$/.test(accessKeyId))) {
    refuse("the key is not empty, and has no blanks, no control characters and only ASCII");
  }
  if (secretAccessKey !== undefined && !isText(secretAccessKey)) {
    refuse("the secret is not empty, and has no control characters and no blanks at its ends");
  }
  if (profile !== undefined && accessKeyId !== undefined) {
    refuse("a profile and a key are not given together");
  }
  const endpoint = place.endpoint === undefined ? undefined : endpointOf(place.endpoint, refuse);
  return { scheme, bucket, prefix: onePrefix, endpoint, profile, accessKeyId, secretAccessKey };
}

/** The place as a URL without secrets, for messages. */
export function urlOfPlace({ scheme, bucket, prefix, endpoint, profile }: S3Place): string {
  const login = profile === undefined ? "" : `${profile}@`;
  const path = prefix === "/" ? prefix : prefix.slice(0, -1);
  return `${scheme}:${login}${endpoint ?? ""}/${bucket}/${path.replaceAll("%", "%25")}`;
}

function isScheme(text: string): text is S3Place["scheme"] {
  return schemes.includes(text);
}

function isText(value: unknown): boolean {
  return typeof value === "string" && value !== "" && value.trim() === value && !unprintable.test(value);
}

function invalid(problem: string): StoreError {
  return new StoreError("INVALID_URL", { detail: `${problem}; ${rightForm}` });
}

/** Whether this is `/bucket/path` with or without an endpoint before it. */
function isLocation(text: string): boolean {
  return text.startsWith("/") || /^https?:\/\//.test(text);
}

/** Parts what follows the scheme at the `@` after the login, if there is one. */
function splitLogin(text: string, scheme: string): { login: string | undefined; rest: string } {
  if (text.startsWith("///")) {
    throw invalid(`only one slash stands before the bucket: ${scheme}:/bucket/path`);
  }
  if (text.startsWith("//")) {
    throw invalid(`${scheme}://bucket/path is the form of other tools; write ${scheme}:/bucket/path`);
  }
  if (isLocation(text)) return { login: undefined, rest: text };
  const at = text.indexOf("@");
  if (at === -1) throw invalid(problemWithoutLogin(text, scheme));
  const rest = text.slice(at + 1);
  if (!isLocation(rest)) {
    throw invalid(
      "after the @ comes /bucket/path, or an endpoint that begins with http:// or https://; an @ in the key or secret is written as %40",
    );
  }
  return { login: text.slice(0, at), rest };
}

function problemWithoutLogin(text: string, scheme: string): string {
  if (text === "") return "the bucket is missing";
  if (/^[^/:]*:\/\//.test(text)) return "an endpoint begins with http:// or https:// in lower case";
  if (/^[^/]*:/.test(text)) {
    return "an endpoint begins with http:// or https://, and an @ stands after a key and its secret";
  }
  return `a slash stands before the bucket: ${scheme}:/bucket/path`;
}

function loginOf(
  login: string | undefined,
  rest: string,
): Pick<S3Place, "profile" | "accessKeyId" | "secretAccessKey"> {
  const none = { profile: undefined, accessKeyId: undefined, secretAccessKey: undefined };
  if (login === undefined) return none;
  if (login === "") throw invalid("before the @ stands a profile, or a key and its secret");
  const colon = login.indexOf(":");
  if (colon === -1) return { ...none, profile: login };
  const key = login.slice(0, colon);
  const secret = login.slice(colon + 1);
  if (key === "") throw invalid("the key before the colon is empty");
  if (secret === "") throw invalid("the secret after the colon is empty");
  // Else the end of a secret with an @ would be taken for a bucket and a path, and be shown in messages.
  if (/@(?:\/|https?:\/\/)/.test(rest)) {
    throw invalid("there are two @ that could end the secret; one in the secret or path is written as %40");
  }
  return { ...none, accessKeyId: decodePercent(key), secretAccessKey: decodePercent(secret) };
}

function splitEndpoint(text: string): { endpoint: string | undefined; path: string } {
  const [, endpoint, path = ""] = /^(?:(https?:\/\/[^/]*))?(.*)$/s.exec(text) ?? [];
  return { endpoint, path };
}

/** The endpoint in its one form, without a slash at the end and zeros before the port. */
function endpointOf(text: string, refuse: (problem: string) => never): string {
  if (typeof text !== "string" || !/^https?:\/\//.test(text)) {
    refuse("an endpoint begins with http:// or https:// in lower case");
  }
  const bare = text.replace(/\/+$/, "");
  if (bare.includes("@")) {
    refuse("credentials stand before the endpoint, as in s3:key:secret@https://host/bucket/path");
  }
  const [, scheme = "", host = "", portText] = endpointForm.exec(bare) ?? [];
  if (!isHost(host)) {
    refuse(
      "the endpoint's host is a name of letters, digits, dots and hyphens, or an address; IPv6 addresses stand in brackets",
    );
  }
  if (portText === undefined) return scheme + host;
  if (!/^\d{1,5}$/.test(portText) || Number(portText) < 1 || Number(portText) > 65_535) {
    refuse("the endpoint's port is a number from 1 to 65535, and no path follows it");
  }
  return `${scheme}${host}:${Number(portText)}`;
}

function isHost(text: string): boolean {
  const isForm = text.startsWith("[") ? ipv6.test(text.slice(1, -1)) : hostName.test(text);
  return isForm && URL.canParse(`http://${text}/`);
}
