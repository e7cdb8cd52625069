export { commandWorks } from "./command-works.ts";
export { findPythonReference } from "./find-python-reference.ts";
export { requirePeer, type Peer, type PeerName } from "./require-peer.ts";
