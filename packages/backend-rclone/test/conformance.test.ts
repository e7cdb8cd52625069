import { fullScope, registerSuite } from "@borgstore/tools-peers";
import { describe, it } from "vitest";
import {
  casesOfNames,
  casesOfPages,
  casesOfThisSide,
  longCases,
  onLocal,
  register,
  type Skip,
} from "./register-remote.ts";
import { distributionRclone, local, newestRclone, type RcloneProgram } from "./remotes.ts";

const full = fullScope("what another rclone answers is no matter of Node's");

function registerLocal({ title, available, program }: RcloneProgram, skip: Skip): void {
  describe.skipIf(!available)(`a local directory, ${title}`, () => {
    register(`rclone, local, ${title}`, onLocal, local.start, true, { program, skip });
  });
}

// In a brief run the others are enough for the calls of Node.
registerLocal(distributionRclone, full.isLeftOut ? longCases : casesOfPages);
registerSuite(full, it, "rclone, local, the newest rclone", () =>
  registerLocal(newestRclone, { ...longCases, ...casesOfThisSide, ...casesOfNames }),
);
