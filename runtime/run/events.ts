// The bus between what happens and who tells of it. What must hold: a listener cannot break a run.
import type { AppEvents } from '../types.js';

export type Listener<E extends keyof AppEvents> = (data: AppEvents[E]) => void;

export class Events {
  readonly #listeners = new Map<keyof AppEvents, Set<(data: never) => void>>();

  on<E extends keyof AppEvents>(event: E, listener: Listener<E>): () => void {
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  emit<E extends keyof AppEvents>(event: E, data: AppEvents[E]): void {
    for (const listener of this.#listeners.get(event) ?? []) {
      try {
        (listener as Listener<E>)(data);
      } catch (error) {
        if (event !== 'bug') this.emit('bug', { error });
      }
    }
  }
}
