/** Collects, for a message about a refused login, what was tried and what was left out. Never holds a secret. */
export class AuthReasons {
  readonly #notes: string[] = [];
  #agentKeysRefused = 0;
  #agentPosition = 0;

  /** Adds a sentence, once. */
  note(text: string): void {
    if (!this.#notes.includes(text)) this.#notes.push(text);
  }

  /** Counts a refused key of the agent: agents may hold many, and a line for each would hide the rest. */
  countRefusedAgentKey(): void {
    if (this.#agentKeysRefused === 0) this.#agentPosition = this.#notes.length;
    this.#agentKeysRefused += 1;
  }

  /** All sentences, in the order of the attempts. */
  list(): string[] {
    const count = this.#agentKeysRefused;
    if (count === 0) return [...this.#notes];
    const refused = `agent: ${count} ${count === 1 ? "key" : "keys"} refused`;
    return [...this.#notes.slice(0, this.#agentPosition), refused, ...this.#notes.slice(this.#agentPosition)];
  }
}
