import { fullScope, type TestScope } from "@borgstore/tools-peers";

/** Of the faults. */
export const full: TestScope = fullScope("faults meet the calls of Node that other tests make");
