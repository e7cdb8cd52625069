import { cephPrograms } from "./ceph-cluster.ts";
import { findProgram } from "./find-program.ts";

/** Whether {@link startRgw} can work here: all programs of Ceph that it needs are there. Root is not needed. */
export function rgwAvailable(): boolean {
  return cephPrograms.every((program) => findProgram(program) !== undefined);
}
