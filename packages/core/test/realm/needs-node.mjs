// For the test of the realm itself: an import that must be refused.
import { readFileSync } from "node:fs";

export function run() {
  return typeof readFileSync;
}
