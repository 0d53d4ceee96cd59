import { toYaml } from '../../text/yaml-writer.ts';

/**
 * A text as a scalar in a mapping or a list, as `toYaml` writes it. It does not depend on the position of the scalar,
 * as long as it fits one line.
 *
 * @returns undefined when the text needs several lines.
 */
export function scalar(text: string): string | undefined {
  if (isPlain(text)) return text;
  const written = toYaml({ in: { a: text } }).slice('in:\n  a: '.length, -1);
  return written.includes('\n') ? undefined : written;
}

/** Whether a text certainly needs no quotes. For the few others `toYaml` decides. */
function isPlain(text: string): boolean {
  return (
    (wordLike.test(text) && !reserved.test(text)) ||
    uuid.test(text) ||
    (numbered.test(text) && inNoNumber.test(text)) ||
    (digest.test(text) && !binary.test(text))
  );
}

const wordLike = /^[A-Za-z][A-Za-z0-9_./:-]*[A-Za-z0-9]$/;
/** Words of YAML 1.1, and exponents, which `toYaml` takes for numbers even without digits before them. */
const reserved = /^(true|false|yes|no|on|off|null|e-?[0-9]+)$/i;
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const numbered = /^[0-9][A-Za-z0-9_.-]*[A-Za-z0-9]$/;
/** Letters that no number of any base and no timestamp contains. */
const inNoNumber = /[g-npqrsu-wyG-NPQRSU-WY]/;
/** A SHA-256 is a number when it has no letter but an e, or begins as binary numbers do. */
const digest = /^(?=.*[acdf])[0-9a-f]{64}$/;
const binary = /^0b/;
