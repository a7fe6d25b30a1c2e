// Edits of a user's file: ranges of its text and what takes their place. Everything outside of the ranges stays byte for byte.

export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** The text with the edits made. They may come in any order and twice; they must not overlap. */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  const byPlace = new Map(edits.map((edit) => [`${edit.start}:${edit.end}`, edit]));
  const fromTheEnd = [...byPlace.values()].sort((a, b) => b.start - a.start || b.end - a.end);
  return fromTheEnd.reduce((now, edit) => now.slice(0, edit.start) + edit.text + now.slice(edit.end), text);
}
