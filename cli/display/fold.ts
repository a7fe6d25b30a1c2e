// Long lines on a terminal: folded at spaces, what follows below a hanging indent, so that columns stay columns. Pure.
// Styles have no width and go on over the end of a line. What must hold: nothing is lost but the spaces at a fold.

/** One character with the styles before it; at the end perhaps styles only. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: styles begin with one
const PIECE = /(?:\u001b\[[0-9;]*m)*[^\u001b]|(?:\u001b\[[0-9;]*m)+$/gu;

/** A column of text narrower than this is worse than an indent that is too small. */
const LEAST_WIDTH = 24;
const SMALL_INDENT = 10;

/** @param indent columns before what is folded; a small one is taken where there is too little room behind it */
export function fold(text: string, columns: number, indent: number): string {
  const hang = Math.min(columns - indent < LEAST_WIDTH ? SMALL_INDENT : indent, columns >> 1);
  const lines = text.split('\n').flatMap((line) => foldLine(line.match(PIECE) ?? [], columns, hang));
  return lines.join('\n');
}

function foldLine(pieces: readonly string[], columns: number, hang: number): string[] {
  const lines: string[] = [];
  for (let at = 0; at < pieces.length || lines.length === 0; ) {
    const [from, least] = lines.length === 0 ? [0, hang] : [hang, 0];
    const end = at + fitting(pieces.slice(at), columns - from, least);
    lines.push(' '.repeat(from) + pieces.slice(at, end).join('').trimEnd());
    for (at = end; pieces[at] === ' '; ) at += 1;
  }
  return lines;
}

/** How many pieces fit: up to the last space behind `least`, or as many as there is room for. */
function fitting(pieces: readonly string[], room: number, least: number): number {
  if (pieces.length <= room) return pieces.length;
  const space = pieces.slice(0, room + 1).lastIndexOf(' ');
  return space > least ? space : room;
}
