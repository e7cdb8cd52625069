import { fullScope, registerSuite } from "@borgstore/tools-peers";
import { describe, it } from "vitest";
import {
  casesOfCrowds,
  casesOfLocks,
  casesOfNames,
  casesOfThisSide,
  longCases,
  onDirectories,
  register,
  type Skip,
} from "./register-remote.ts";
import {
  distributionRclone,
  newestRclone,
  sftp,
  webdav,
  type RcloneProgram,
  type Remote,
} from "./remotes.ts";

const full = fullScope("the calls of Node are those with a local directory");

function registerServed(remote: Remote, { title, available, program }: RcloneProgram, skip: Skip): void {
  describe.skipIf(!remote.available || !available)(`${remote.title}, ${title}`, () => {
    registerSuite(full, it, `rclone, ${remote.title}`, () =>
      register(`rclone, ${remote.title}, ${title}`, onDirectories, remote.start, true, { program, skip }),
    );
  });
}

registerServed(sftp, distributionRclone, { ...longCases, ...casesOfThisSide });
registerServed(sftp, newestRclone, { ...longCases, ...casesOfThisSide, ...casesOfNames, ...casesOfCrowds });
registerServed(webdav, distributionRclone, {
  ...longCases,
  ...casesOfThisSide,
  ...casesOfNames,
  ...casesOfLocks,
});
