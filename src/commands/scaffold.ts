/** The choices for a new repository of manifests. */
export interface Choices {
  /** Where the orgs come from. */
  readonly source: 'file' | 'postgres';
  readonly ci: 'github' | 'gitlab' | 'none';
  /** Address of the repository, for Argo CD; without it nothing is rendered for Argo CD. */
  readonly repository: string | undefined;
}

/** Reads a file of `examples/`, by its path there. */
export type Examples = (path: string) => string;

/** The files of a new repository, by path. It is complete: synth renders it as it is. */
export function scaffold(choices: Choices, examples: Examples): Map<string, string> {
  const files = new Map([
    ['platform.yaml', platform(choices, examples)],
    ['.gitattributes', examples('init/gitattributes')],
    ['README.md', examples('init/README.md')],
  ]);
  if (choices.source === 'file') files.set('warehouses.yaml', examples('init/warehouses.yaml'));
  if (choices.ci === 'github') files.set('.github/workflows/catalogs.yml', examples('ci/github.yml'));
  if (choices.ci === 'gitlab') files.set('.gitlab-ci.yml', examples('ci/gitlab.yml'));
  return files;
}

function platform({ source, repository }: Choices, examples: Examples): string {
  const standard = examples('init/platform.yaml');
  const recording = examples('init/record-postgres.yaml');
  const settings =
    source === 'file' ? standard : standard.replace('  record: { configMap: true }\n', recording);
  if (repository === undefined) return settings;
  return `${settings}
# Renders the objects with which Argo CD syncs the files.
argocd:
  repoURL: ${JSON.stringify(repository)}
`;
}
