import { fullScope, type TestScope } from "@borgstore/tools-peers";

/** Of the fault matrix. */
export const full: TestScope = fullScope("faults of requests meet the calls of Node that other tests make");
