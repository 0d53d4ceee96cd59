import { UsageError } from '../text/errors.ts';
import { readText } from '../text/text-file.ts';
import { type StatusReport, statusSchema } from './status-schema.ts';

/** Reads what `status --output json` printed. @throws UsageError when there is no such file, or it holds no status. */
export async function readStatusReport(file: string): Promise<StatusReport> {
  const text = await readText(file);
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (cause) {
    throw new UsageError(`${file} is not JSON; expected what status --output json prints`, { cause });
  }
  const parsed = statusSchema.safeParse(content);
  if (parsed.success) return parsed.data;
  const [first] = parsed.error.issues;
  const where = first?.path.length ? `${first.path.join('.')}: ` : '';
  const what = first?.message.replace(/^Invalid input: /, '');
  throw new UsageError(
    `${file} holds no status of this version: ${where}${what}; expected what status --output json prints`,
  );
}
