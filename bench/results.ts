import type { Row } from './part.ts';

/** The rows of the bench as a document for people. */

/** How many rounds the goals are for. */
const roundsOfTheGoals = 5;

/** What the numbers depend on. */
export interface Circumstances {
  /** What was typed. */
  readonly command: string;
  readonly commit: string;
  readonly machine: string;
  readonly rounds: number;
}

export function isMissed({ seen, goal }: Row): boolean {
  return !(seen <= goal);
}

export function asTable(rows: readonly Row[]): string {
  return [
    '| What | At most | Seen | Of processor time | | |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows.map(asLine),
  ].join('\n');
}

const digits: Readonly<Record<Row['unit'], number>> = { '×': 2, MB: 0, s: 1, '': 1 };

function asLine(row: Row): string {
  const number = (value: number | undefined) =>
    value === undefined ? '' : `${value.toFixed(digits[row.unit])} ${row.unit}`.trim();
  const cells = [
    row.what,
    ...[row.goal, row.seen, row.cpu].map(number),
    isMissed(row) ? 'missed' : 'met',
    row.details,
  ];
  return `| ${cells.join(' | ')} |`;
}

export function asDocument(
  rows: readonly Row[],
  { command, commit, machine, rounds }: Circumstances,
): string {
  const tooFew =
    rounds < roundsOfTheGoals ? ` (fewer rounds than the goals ask for: ${roundsOfTheGoals})` : '';
  return `# Results

Made by \`${command}\` at ${commit}, on ${machine}, with ${rounds}
${rounds === 1 ? 'round' : 'rounds'} after one that warms up${tooFew}.

Ratios are of the time until the process ends, of two things that ran in turns: the median of the rounds. Beside it
stands the same of processor time (user and system), which says more when the machine has other work; goals are for
the first. The floor reads the same source into plain objects by its own parser, makes the same documents as plain
objects, and writes them by \`JSON.stringify\` into the same files (bench/floor.ts). Every run writes into a new
directory, after what the one before left in memory has been written to the disk, and nothing is removed before the
end (bench/scene.ts).

${asTable(rows)}
`;
}
