/** The choices for a new repository of manifests. */
export interface Choices {
  /** Where the orgs come from. */
  readonly source: 'file' | 'postgres';
  readonly ci: 'github' | 'gitlab' | 'none';
  /** Address of the repository, for Argo CD; without it nothing is rendered for Argo CD. */
  readonly repository: string | undefined;
  /** Settings of the source, as YAML: the orgs come from a table that has columns of its own. */
  readonly mapping: string | undefined;
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
  if (choices.source === 'file' && choices.mapping === undefined)
    files.set('warehouses.yaml', examples('init/warehouses.yaml'));
  if (choices.ci === 'github') files.set('.github/workflows/catalogs.yml', examples('ci/github.yml'));
  if (choices.ci === 'gitlab') files.set('.gitlab-ci.yml', examples('ci/gitlab.yml'));
  return files;
}

function platform({ source, repository, mapping }: Choices, examples: Examples): string {
  const standard = examples('init/platform.yaml');
  const recording = examples('init/record-postgres.yaml');
  const recorded = (text: string) => standard.replace('  record: { configMap: true }\n', text);
  const settings =
    mapping !== undefined
      ? `${recorded(recording.replace('warehouseDatabase:', 'table:'))}\n${mapping}`
      : source === 'file'
        ? standard
        : recorded(recording);
  if (repository === undefined) return settings;
  return `${settings}
# Renders the objects with which Argo CD syncs the files.
argocd:
  repoURL: ${JSON.stringify(repository)}
`;
}
