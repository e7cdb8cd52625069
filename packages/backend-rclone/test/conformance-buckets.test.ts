import { fullScope, registerSuite } from "@borgstore/tools-peers";
import { describe, it } from "vitest";
import {
  casesOfCrowds,
  casesOfNames,
  casesOfThisSide,
  longCases,
  onBuckets,
  register,
  type Skip,
} from "./register-remote.ts";
import { distributionRclone, memory, newestRclone, s3, type RcloneProgram, type Remote } from "./remotes.ts";

const full = fullScope("the calls of Node are those with a local directory");

function registerBuckets(
  remote: Remote,
  { title, available, program }: RcloneProgram,
  canLookInside: boolean,
  skip: Skip,
): void {
  describe.skipIf(!remote.available || !available)(`${remote.title}, ${title}`, () => {
    registerSuite(full, it, `rclone, ${remote.title}`, () =>
      register(`rclone, ${remote.title}, ${title}`, onBuckets, remote.start, canLookInside, {
        program,
        skip,
      }),
    );
  });
}

registerBuckets(s3, distributionRclone, true, { ...longCases, ...casesOfThisSide });
registerBuckets(s3, newestRclone, true, {
  ...longCases,
  ...casesOfThisSide,
  ...casesOfNames,
  ...casesOfCrowds,
});
// Not with the distribution's rclone: that of 1.60 leaves subdirectories out of what it lists below a prefix.
registerBuckets(memory, newestRclone, false, { ...longCases, ...casesOfThisSide });
