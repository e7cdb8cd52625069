import { TempNames } from "@borgstore/core";

/** The one source of names of temporary files, in all storages of this process. */
export const tempNames: TempNames = new TempNames();
