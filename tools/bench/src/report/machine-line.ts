import type { Machine } from "../measure/machine.ts";

/**
 * Where and when figures were measured, in one line.
 *
 * @param dates days, `YYYY-MM-DD`
 */
export function machineLine(machine: Machine, dates: readonly string[] = [machine.date]): string {
  const { cpu, cores, memoryGiB, system, kernel, node } = machine;
  return `${cpu}, ${cores} cores, ${memoryGiB} GiB, ${system} ${kernel}, Node ${node}, ${dates.join(" and ")}`;
}
