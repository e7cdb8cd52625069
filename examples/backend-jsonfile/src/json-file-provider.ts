import { StoreError } from "@borgstore/core";
import type { BackendProvider } from "@borgstore/core";
import { jsonFileBackend } from "./json-file-backend.ts";

/** Provider of `jsonfile:/absolute/path`. */
export const jsonFile: BackendProvider = {
  name: "jsonfile",
  schemes: ["jsonfile"],
  fromUrl(url) {
    const path = /^jsonfile:(\/.+)$/.exec(url)?.[1];
    if (path === undefined) {
      throw new StoreError("INVALID_URL", { detail: "the form is jsonfile:/absolute/path" });
    }
    return jsonFileBackend(path);
  },
};
