const kills = new Set<() => void>();

function killAll(): void {
  for (const kill of kills) kill();
}

/**
 * Runs `kill` when this process exits in an ordinary way. A child whose pipes end ends by itself, but may take its time
 * when its server is silent.
 *
 * @returns takes it back
 */
export function endWithProcess(kill: () => void): () => void {
  if (kills.size === 0) process.on("exit", killAll);
  kills.add(kill);
  return () => {
    kills.delete(kill);
    if (kills.size === 0) process.removeListener("exit", killAll);
  };
}
