/** The choices for a new repository of manifests. */
export interface Choices {
  /** Where the orgs come from. */
  readonly source: 'file' | 'postgres';
  readonly ci: 'github' | 'gitlab' | 'none';
  /** Address of the repository, for Argo CD; without it nothing is rendered for Argo CD. */
  readonly repository: string | undefined;
}

/** Reads a file of `examples/` in the package, by its path. */
export type Examples = (path: string) => Promise<string>;

/** The files of a new repository, by path. It is complete: synth renders it as it is. */
export async function scaffold(choices: Choices, examples: Examples): Promise<Map<string, string>> {
  const files = new Map([
    ['platform.yaml', await platform(choices, examples)],
    ['.gitattributes', await examples('init/gitattributes')],
    ['README.md', await examples('init/README.md')],
  ]);
  if (choices.source === 'file') files.set('warehouses.yaml', await examples('init/warehouses.yaml'));
  if (choices.ci === 'github') files.set('.github/workflows/catalogs.yml', await examples('ci/github.yml'));
  if (choices.ci === 'gitlab') files.set('.gitlab-ci.yml', await examples('ci/gitlab.yml'));
  return files;
}

async function platform({ source, repository }: Choices, examples: Examples): Promise<string> {
  const standard = await examples('init/platform.yaml');
  const recording = await examples('init/record-postgres.yaml');
  const settings =
    source === 'file' ? standard : standard.replace('  record: { configMap: true }\n', recording);
  if (repository === undefined) return settings;
  return `${settings}
# Renders the objects with which Argo CD syncs the files.
argocd:
  repoURL: ${JSON.stringify(repository)}
`;
}
