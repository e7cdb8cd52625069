import type { AuthAttempt } from "./auth-attempt.ts";
import type { AuthReasons } from "./auth-reasons.ts";
import { type Identity, isSsh2KeyType, readIdentity } from "./identities.ts";
import { type AgentContent, type AgentIdentity, readAgent, singleKeyAgent } from "./key-agent.ts";
import { loadPrivateKey } from "./load-private-key.ts";
import { fingerprintOf, sameKey } from "./public-key.ts";
import type { SshHostConfig } from "./ssh-host-config.ts";

/** Asks for the passphrase of a key file. `undefined` gives the key up. */
export type PassphraseCallback = (request: {
  readonly file: string;
  /** `SHA256:…`, when the public half can be read without the passphrase. */
  readonly publicKeyFingerprint?: string;
}) => string | undefined | Promise<string | undefined>;

/** What {@link publicKeyAttempts} needs. */
interface PublicKeyOptions {
  readonly config: SshHostConfig;
  readonly passphrase?: PassphraseCallback | undefined;
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
  readonly agentDeadlineMs?: number | undefined;
}

/**
 * Public keys in OpenSSH's order (`pubkey_prepare` in sshconnect2.c): keys of the agent that are configured as identity
 * files too; other keys of the agent, unless `IdentitiesOnly`; identity files whose key the agent does not hold. Files
 * and agent are looked at when the first attempt is asked for, passphrases are asked for at their key's turn.
 *
 * @param isOffered whether the server offers a method, as far as known at that moment.
 */
export async function* publicKeyAttempts(
  options: PublicKeyOptions,
  reasons: AuthReasons,
  isOffered: (method: string) => boolean,
): AsyncGenerator<AuthAttempt, void, undefined> {
  const { config } = options;
  if (!isOffered("publickey")) return;
  if (!config.pubkeyAuthentication) {
    reasons.note("PubkeyAuthentication no");
    return;
  }
  const content = await contentOfAgent(options);
  if (content.problem !== undefined) reasons.note(`agent: ${content.problem}`);
  const identities = await Promise.all(config.identityFiles.map(async (file) => readIdentity(file)));
  const { fromAgent, files } = orderKeys(config, content, identities);

  for (const identity of fromAgent) {
    if (!isOffered("publickey")) return;
    if (content.agent === undefined) break;
    if (!isAccepted(config, identity.keyType)) continue;
    const single = await singleKeyAgent(content.agent, identity, options.agentDeadlineMs);
    yield {
      method: { type: "agent", username: config.user, agent: single.agent },
      serverMethod: "publickey",
      isListStale: single.wasAsked,
      refused: () => {
        if (single.wasAsked()) {
          const problem = single.problem() ?? "accepted, but the server wants more";
          reasons.note(`agent: ${fingerprintOf(identity.publicKey)}: ${problem}`);
        } else {
          reasons.countRefusedAgentKey();
        }
      },
    };
  }
  for (const identity of files) {
    if (!isOffered("publickey")) return;
    const attempt = await fileAttempt(identity, options, reasons);
    if (attempt !== undefined) yield attempt;
  }
}

async function contentOfAgent(options: PublicKeyOptions): Promise<AgentContent> {
  const environment = options.environment ?? process.env;
  const socket = options.config.identityAgent ?? environment["SSH_AUTH_SOCK"] ?? "none";
  if (socket === "none" || socket === "") return { identities: [], agent: undefined, problem: undefined };
  return readAgent(socket, options.agentDeadlineMs);
}

function orderKeys(
  config: SshHostConfig,
  content: AgentContent,
  identities: readonly Identity[],
): { fromAgent: AgentIdentity[]; files: Identity[] } {
  const configured = content.identities.filter((held) =>
    identities.some((identity) => isHeldBy(identity, held)),
  );
  const others = content.identities.filter((held) => !configured.includes(held));
  return {
    fromAgent: config.identitiesOnly ? configured : [...configured, ...others],
    files: identities.filter((identity) => !configured.some((held) => isHeldBy(identity, held))),
  };
}

function isHeldBy(identity: Identity, held: AgentIdentity): boolean {
  return identity.publicKey !== undefined && sameKey(identity.publicKey, held.publicKey);
}

async function fileAttempt(
  identity: Identity,
  options: PublicKeyOptions,
  reasons: AuthReasons,
): Promise<AuthAttempt | undefined> {
  const { config } = options;
  const { file, privateKey, keyType } = identity;
  // Default files are looked for everywhere and mostly missing.
  if (identity.isMissing && !config.identityFilesConfigured) return undefined;
  const skip = (reason: string): undefined => reasons.note(`${file}: ${reason}`) as undefined;
  if (privateKey === undefined) return skip(identity.problem ?? "no private key");
  if (keyType !== undefined && !isSsh2KeyType(keyType)) {
    return skip(`keys of type ${keyType} need the OpenSSH client`);
  }
  if (keyType !== undefined && !isAccepted(config, keyType)) {
    return skip(`${keyType} is not among the PubkeyAcceptedAlgorithms`);
  }
  let passphrase: string | undefined;
  if (identity.isEncrypted) {
    if (options.passphrase === undefined) return skip("encrypted, and no passphrase callback");
    passphrase = await options.passphrase({
      file,
      ...(identity.publicKey && { publicKeyFingerprint: fingerprintOf(identity.publicKey) }),
    });
    if (passphrase === undefined) return skip("encrypted, and no passphrase was given");
  }
  const key = await loadPrivateKey(privateKey, passphrase);
  if (key === undefined) {
    return skip(
      identity.isEncrypted ? "wrong passphrase, or a damaged key" : "damaged, or of an unknown format",
    );
  }
  if (!isAccepted(config, key.type)) return skip(`${key.type} is not among the PubkeyAcceptedAlgorithms`);
  return {
    method: { type: "publickey", username: config.user, key },
    serverMethod: "publickey",
    refused: (partialSuccess) =>
      reasons.note(`${file}: ${partialSuccess ? "accepted, but the server wants more" : "refused"}`),
  };
}

/** RSA keys sign with several algorithms, one of which is enough; others have one of the same name. */
function isAccepted(config: SshHostConfig, keyType: string): boolean {
  const accepted = config.pubkeyAcceptedAlgorithms;
  if (accepted === undefined) return true;
  const algorithms = keyType === "ssh-rsa" ? ["rsa-sha2-512", "rsa-sha2-256", "ssh-rsa"] : [keyType];
  return algorithms.some((algorithm) => accepted.includes(algorithm));
}
