import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dispatchTokens, type ForgeDispatch } from './forge-dispatch.ts';

/** The recipes of docs/ci.md that start CI, word by word. */

const document = await readFile('docs/ci.md', 'utf8');
const blocks = (language: string) =>
  [...document.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map(
    ([, text = '']) => text,
  );

/** The files of options for curl: a workflow of GitHub, an event of GitHub, a pipeline of GitLab. */
const [workflow = '', repository = '', pipeline = ''] = blocks('curl');
export const calls = {
  workflow: workflow.replace('<token>', dispatchTokens.actions),
  repository: repository.replace('<token>', dispatchTokens.contents),
  pipeline: pipeline.replace('<token>', dispatchTokens.trigger),
} as const;
export const [callCommand = ''] = blocks('bash');
export const [triggerSql = ''] = blocks('sql');

/**
 * Writes a call into a directory, and what leads curl from the forge's host to the stand-in.
 *
 * @returns the environment of curl.
 */
export async function writeCall(
  directory: string,
  call: string,
  { ca, port }: ForgeDispatch,
): Promise<NodeJS.ProcessEnv> {
  await writeFile(join(directory, 'call'), call);
  await writeFile(join(directory, 'ca.pem'), ca);
  await writeFile(
    join(directory, '.curlrc'),
    `connect-to = "::127.0.0.1:${port}"\ncacert = "${join(directory, 'ca.pem')}"\nnoproxy = "*"\n`,
  );
  return { PATH: process.env.PATH, CURL_HOME: directory };
}
