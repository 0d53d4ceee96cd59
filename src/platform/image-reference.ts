const repositoryForm = '[a-z0-9.-]+(?::[0-9]+)?(?:/[a-z0-9._-]+)*';
const tagForm = '[A-Za-z0-9_][A-Za-z0-9._-]{0,127}';
const form = new RegExp(`^(${repositoryForm})(?::(${tagForm}))?(@sha256:[0-9a-f]{64})?$`);

/**
 * What is wrong with an image reference, or undefined. It must name exactly one version, so that a change of the image
 * is a change in Git.
 */
export function imageProblem(reference: string): string | undefined {
  const match = form.exec(reference);
  if (match === null) return 'is not an image reference';
  const [, repository = '', tag, digest] = match;
  if (digest !== undefined) return undefined;
  if (tag === undefined) return 'has no tag; name the version, so that a change of it is a change in Git';
  if (tag === 'latest')
    return 'has the tag latest; name the version, so that a change of it is a change in Git';
  // Lakekeeper's own tags begin with v; without it the pull fails with ErrImagePull (incident 20).
  if (repository.endsWith('lakekeeper/catalog') && /^[0-9]+\.[0-9]+/.test(tag))
    return `has the tag ${tag}; Lakekeeper's tags begin with a v: v${tag}`;
  return undefined;
}
