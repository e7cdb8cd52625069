import { s3Request } from "@borgstore/tools-peers";
import * as fs from "node:fs";
import * as http from "node:http";
import { buffer } from "node:stream/consumers";
import type { RemotePlace } from "../servers/remote-place.ts";
import { print, type Contents } from "./contents.ts";

const temporary = /(?:^|\/)tmp[a-z0-9_]{8,}\.tmp$/;

/** Values of an rclone.conf with one remote. */
function settingsOf(configFile: string): Record<string, string> {
  const lines = fs.readFileSync(configFile, "utf8").matchAll(/^(\w+) = (.*)$/gm);
  return Object.fromEntries([...lines].map(([, key = "", value = ""]) => [key, value]));
}

function get(url: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const request = http.get(url, { agent: false }, (response) => {
      if (response.statusCode === 200) buffer(response).then(resolve, reject);
      else reject(new Error(`${url}: ${response.statusCode}`));
    });
    request.on("error", reject);
  });
}

/** A value as the medium has it, without rclone. */
async function valueOf(place: RemotePlace, path: string): Promise<Uint8Array> {
  const { remote, configFile } = place.options(path);
  const rest = remote.slice(remote.indexOf(":") + 1);
  const settings = settingsOf(configFile);
  if (settings["type"] === "webdav") return await get(`${settings["url"]}/${rest}`);
  if (settings["type"] !== "s3") return await fs.promises.readFile(rest);
  const credentials = {
    accessKeyId: settings["access_key_id"] ?? "",
    secretAccessKey: settings["secret_access_key"] ?? "",
  };
  const endpoint = settings["endpoint"] ?? "";
  const answer = await s3Request({ method: "GET", endpoint, path: `/${rest}`, credentials });
  if (answer.status !== 200) throw new Error(`${rest}: ${answer.status}`);
  return Buffer.from(answer.body);
}

/** What is below a path, without temporary files and empty directories. */
export async function contentsOf(place: RemotePlace, path: string): Promise<Contents> {
  const names = (await place.names(path)).filter((name) => !name.endsWith("/") && !temporary.test(name));
  const prints = names.map(async (name) => [name, print(await valueOf(place, `${path}/${name}`))] as const);
  return Object.fromEntries(await Promise.all(prints));
}

/** Temporary files below a path. */
export async function temporaryIn(place: RemotePlace, path: string): Promise<readonly string[]> {
  return (await place.names(path)).filter((name) => temporary.test(name));
}
